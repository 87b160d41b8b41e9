/* timing.c: rounds, medians, tables. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 101, SYSTEMS = 8 };

double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, ascending);
    return x[n / 2];
}

static double round_of(const bench_workload *w, const bench_system *s)
{
    double start = bench_now(), own = 0;
    bool timed = false;
    for (int i = 0; i < w->steps; i++) {
        double seconds = -1;
        s->step(&seconds);
        if (seconds >= 0) own += seconds, timed = true;
    }
    return (timed ? own : bench_now() - start) / (double)w->steps / w->per;
}

static bool agree(const bench_workload *w)
{
    double first = 0;
    for (int k = 0; k < w->n; k++) {
        const bench_system *s = &w->systems[k];
        double result = 0, unused;
        if (s->begin) s->begin();
        for (int i = 0; i < w->steps; i++) result = s->step(&unused);
        if (k == 0) first = result;
        if (w->tolerance >= 0 && !(fabs(result - first) <= w->tolerance * fabs(first))) {
            fprintf(stderr, "%s: %s (%s) gives %.9g, %s gives %.9g\n", w->name, s->system, s->mode,
                    result, w->systems[0].system, first);
            return false;
        }
    }
    return true;
}

static const char *scaled(double seconds, char *text, size_t n)
{
    if (seconds < 1e-6) snprintf(text, n, "%.1f ns", seconds * 1e9);
    else if (seconds < 1e-3) snprintf(text, n, "%.2f us", seconds * 1e6);
    else snprintf(text, n, "%.2f ms", seconds * 1e3);
    return text;
}

static void print(const bench_workload *w, const bench_row *rows)
{
    char median_text[32], least_text[32];
    printf("\n%s: %s (%s)\n", w->name, w->title, w->unit);
    printf("  %-10s %-24s %12s %12s %9s\n", "system", "mode", "median", "minimum", "ratio");
    for (int k = 0; k < w->n; k++)
        printf("  %-10s %-24s %12s %12s %9.2f\n", rows[k].system, rows[k].mode,
               scaled(rows[k].median, median_text, sizeof median_text),
               scaled(rows[k].least, least_text, sizeof least_text), rows[k].ratio);
}

int bench_time(const bench_workload *w, bench_row *rows)
{
    static double time[SYSTEMS][ROUNDS], ratio[SYSTEMS][ROUNDS];
    if (!agree(w)) return -1;
    for (int r = 0; r < ROUNDS; r++)
        for (int k = 0; k < w->n; k++) {
            time[k][r] = round_of(w, &w->systems[k]);
            ratio[k][r] = time[k][r] / time[0][r];
        }
    for (int k = 0; k < w->n; k++) {
        const bench_system *s = &w->systems[k];
        if (s->end) s->end();
        rows[k] = (bench_row){ w->name, s->system, s->mode, .ratio = median(ratio[k], ROUNDS) };
        rows[k].median = median(time[k], ROUNDS);
        rows[k].least = time[k][0];
    }
    print(w, rows);
    return w->n;
}
