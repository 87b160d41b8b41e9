/* report.c: rows as a table. */
#include "bench.h"

const char *bench_scaled(double seconds, char *text, size_t n)
{
    if (seconds < 1e-6) snprintf(text, n, "%.1f ns", seconds * 1e9);
    else if (seconds < 1e-3) snprintf(text, n, "%.2f us", seconds * 1e6);
    else snprintf(text, n, "%.2f ms", seconds * 1e3);
    return text;
}

static const char *number_or_dash(double x, bool there, char *text, size_t n)
{
    if (there) snprintf(text, n, x < 0.1 && x > 0 ? "%.1g" : x < 10 ? "%.2f" : "%.1f", x);
    else snprintf(text, n, "-");
    return text;
}

void bench_print(const bench_workload *w, const bench_row *rows, int n)
{
    char median[32], least[32], hand[32], torch[32], peak[32], mode[64];
    printf("\n%s: %s (%s)\n", w->name, w->title, w->unit);
    printf("  %-9s %-32s %11s %11s %9s %12s %9s\n", "system", "mode", "median", "minimum",
           "to hand", "to libtorch", "peak MiB");
    for (int k = 0; k < n; k++) {
        const bench_row *r = &rows[k];
        snprintf(mode, sizeof mode, r->threads > 1 ? "%s, %d threads" : "%s", r->mode, r->threads);
        printf("  %-9s %-32s %11s %11s %9s %12s %9s\n", r->system, mode,
               bench_scaled(r->median, median, sizeof median),
               bench_scaled(r->least, least, sizeof least),
               number_or_dash(r->to_hand, r->to_hand > 0, hand, sizeof hand),
               number_or_dash(r->to_libtorch, r->to_libtorch > 0, torch, sizeof torch),
               number_or_dash(r->peak, r->peak >= 0, peak, sizeof peak));
    }
    fflush(stdout);
}
