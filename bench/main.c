/* main.c: runs the benchmarks and prints their tables. */
#include "bench.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const bench_workload *const workloads[] = {
    &bench_record, &bench_evaluate, &bench_w1, &bench_w2, &bench_w3, &bench_w4,
    &bench_w5,     &bench_w6,       &bench_w7, &bench_w8, &bench_w9,
};
enum { WORKLOADS = sizeof workloads / sizeof *workloads };

/* Curves print tables of their own. */
static const struct {
    const char *name;
    int (*run)(bench_row *rows);
} curves[] = { { "sizes", bench_sizes }, { "growth", bench_growth },
             { "ops", bench_ops } };
enum { CURVES = sizeof curves / sizeof *curves };

static int usage(FILE *to, int status)
{
    fprintf(to, "usage: run [--only NAME] [--threads N] [--json FILE] [--plot FILE.svg or .png]\n"
                "           [--install-peers]\n"
                "       run --list | --count ROW STEPS\n"
                "names:");
    for (int k = 0; k < WORKLOADS; k++) fprintf(to, " %s", workloads[k]->name);
    for (int k = 0; k < CURVES; k++) fprintf(to, " %s", curves[k].name);
    fprintf(to, "\n");
    return status;
}

/* A ratio or a size; null where there is none. */
static void json_number(FILE *f, const char *key, double x, bool there)
{
    if (there) fprintf(f, ", \"%s\": %.4g", key, x);
    else fprintf(f, ", \"%s\": null", key);
}

static bool write_json(const char *path, const bench_row *rows, int n)
{
    FILE *f = fopen(path, "w");
    if (!f) return false;
    fprintf(f, "[\n");
    for (int i = 0; i < n; i++) {
        const bench_row *r = &rows[i];
        fprintf(f,
                "  {\"workload\": \"%s\", \"system\": \"%s\", \"mode\": \"%s\", \"threads\": %d, "
                "\"median_us\": %.6g, \"min_us\": %.6g",
                r->workload, r->system, r->mode, r->threads, r->median * 1e6, r->least * 1e6);
        json_number(f, "ratio_to_hand", r->to_hand, r->to_hand > 0);
        json_number(f, "ratio_to_libtorch", r->to_libtorch, r->to_libtorch > 0);
        json_number(f, "peak_mib", r->peak, r->peak >= 0);
        fprintf(f, "}%s\n", i + 1 < n ? "," : "");
    }
    fprintf(f, "]\n");
    return fclose(f) == 0;
}

/* ---- what counting and measuring of memory ask of a process of their own --------------------- */

/* "W3:dltape:define-by-run:2": workload, system, mode, threads, as --list shows them. */
static const bench_workload *pick(const char *text, bench_system *picked)
{
    char workload[32], system[32], mode[64];
    int threads;
    if (sscanf(text, "%31[^:]:%31[^:]:%63[^:]:%d", workload, system, mode, &threads) != 4)
        return NULL;
    for (int i = 0; i < WORKLOADS; i++) {
        bench_system systems[BENCH_SYSTEMS];
        if (strcmp(workloads[i]->name, workload) != 0) continue;
        int n = bench_systems(workloads[i], system, threads, systems);
        for (int k = 0; k < n; k++) {
            if (strcmp(systems[k].mode, mode) != 0 || systems[k].threads != threads) continue;
            *picked = systems[k];
            return workloads[i];
        }
    }
    return NULL;
}

static int count(const char *text, int steps)
{
    bench_system s;
    bench_run run;
    const bench_workload *w = pick(text, &s);
    if (!w) return usage(stderr, 2);
    if (!bench_open(&run, w, &s)) return 1;
    for (int i = 0; i < steps; i++)
        if (bench_step(&run) < 0) return 1;
    bench_close(&run);
    return 0;
}

static int peak(const char *text)
{
    bench_system s;
    const bench_workload *w = pick(text, &s);
    return w ? bench_peak_child(w, &s) : usage(stderr, 2);
}

static int list(int threads)
{
    for (int i = 0; i < WORKLOADS; i++) {
        bench_system systems[BENCH_SYSTEMS];
        int n = bench_systems(workloads[i], NULL, threads, systems);
        for (int k = 0; k < n; k++)
            printf("%s:%s:%s:%d\n", workloads[i]->name, systems[k].system, systems[k].mode,
                   systems[k].threads);
    }
    return 0;
}

/* ---- all ------------------------------------------------------------------------------------- */

static void name_missing_peers(void)
{
    int missing = 0;
    for (int k = 0; k < BENCH_PEERS; k++)
        if (!bench_peer_system(k, "W6"))
            printf("%s%s", missing++ ? ", " : "\nleft out: ", bench_peer_names[k]);
    if (missing) printf(" (bench/run --install-peers fetches and builds them)\n");
}

/* The number of rows, or -1. */
static int run(const char *only, int threads, bench_row *rows)
{
    int n = 0;
    for (int k = 0; k < WORKLOADS; k++) {
        if (only && strcmp(only, workloads[k]->name) != 0) continue;
        int added = bench_time(workloads[k], threads, rows + n);
        if (added < 0) return -1;
        bench_print(workloads[k], rows + n, added);
        n += added;
    }
    for (int k = 0; k < CURVES; k++) {
        if (only && strcmp(only, curves[k].name) != 0) continue;
        int added = curves[k].run(rows + n);
        if (added < 0) return -1;
        n += added;
    }
    if (n > 0) name_missing_peers();
    return n;
}

int main(int argc, char **argv)
{
    static const struct option options[] = { { "only", required_argument, NULL, 'o' },
                                             { "json", required_argument, NULL, 'j' },
                                             { "plot", required_argument, NULL, 'g' },
                                             { "threads", required_argument, NULL, 't' },
                                             { "count", required_argument, NULL, 'c' },
                                             { "peak", required_argument, NULL, 'm' },
                                             { "list", no_argument, NULL, 'l' },
                                             { "help", no_argument, NULL, 'h' },
                                             { 0 } };
    static const char *given[128];
    static bench_row rows[BENCH_ROWS];
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == '?' || c == 'h') return usage(c == 'h' ? stdout : stderr, c == 'h' ? 0 : 2);
        given[c] = optarg ? optarg : "";
    }
    int threads = given['t'] ? atoi(given['t']) : 2;
    if (threads < 1) return usage(stderr, 2);
    if (given['l']) return list(threads);
    if (given['m']) return peak(given['m']);
    if (given['c']) return count(given['c'], optind < argc ? atoi(argv[optind]) : 1);
    if (optind < argc) return usage(stderr, 2);

    int n = run(given['o'], threads, rows);
    if (n < 0) return 1;
    if (n == 0) return usage(stderr, 2);
    if (given['j'] && !write_json(given['j'], rows, n)) return perror(given['j']), 1;
    return given['g'] && !bench_plot(given['g'], rows, n);
}
