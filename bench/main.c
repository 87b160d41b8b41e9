/* main.c: runs the benchmarks and prints their tables; --json FILE keeps the rows, --only NAME
 * picks. */
#include "bench.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const bench_workload *const workloads[] = { &bench_record, &bench_evaluate, &bench_w1 };
enum { WORKLOADS = sizeof workloads / sizeof *workloads };

static int usage(FILE *to, int status)
{
    fprintf(to, "usage: run [--only NAME] [--json FILE]\nworkloads:");
    for (int k = 0; k < WORKLOADS; k++) fprintf(to, " %s", workloads[k]->name);
    fprintf(to, " growth\n");
    return status;
}

static bool write_json(const char *path, const bench_row *rows, int n)
{
    FILE *f = fopen(path, "w");
    if (!f) return false;
    fprintf(f, "[\n");
    for (int i = 0; i < n; i++)
        fprintf(f,
                "  {\"workload\": \"%s\", \"system\": \"%s\", \"mode\": \"%s\", \"threads\": 1, "
                "\"median_us\": %.6g, \"min_us\": %.6g, \"ratio_to_hand\": %.4g}%s\n",
                rows[i].workload, rows[i].system, rows[i].mode, rows[i].median * 1e6,
                rows[i].least * 1e6, rows[i].ratio, i + 1 < n ? "," : "");
    fprintf(f, "]\n");
    return fclose(f) == 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = { { "only", required_argument, NULL, 'o' },
                                             { "json", required_argument, NULL, 'j' },
                                             { "help", no_argument, NULL, 'h' },
                                             { 0 } };
    static bench_row rows[BENCH_ROWS];
    const char *only = NULL, *json = NULL;
    int n = 0;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'o') only = optarg;
        else if (c == 'j') json = optarg;
        else return usage(c == 'h' ? stdout : stderr, c == 'h' ? 0 : 2);
    }
    if (optind < argc) return usage(stderr, 2);
    for (int k = 0; k < WORKLOADS; k++) {
        if (only && strcmp(only, workloads[k]->name) != 0) continue;
        int rows_of = bench_time(workloads[k], rows + n);
        if (rows_of < 0) return 1;
        n += rows_of;
    }
    if (!only || strcmp(only, "growth") == 0) n += bench_growth(rows + n);
    if (n == 0) return usage(stderr, 2);
    if (json && !write_json(json, rows, n)) {
        perror(json);
        return 1;
    }
    return 0;
}
