#include "bench.h"
bool bench_plot(const char *path, const bench_row *rows, int n) { return false; }
