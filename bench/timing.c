/* timing.c: warming up, comparing, rounds, medians. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 101, LEAST_ROUNDS = 5, LEAST_OF_CURVE = 3, WARM_UP = 3 };

typedef struct clocked {
    int rounds, n, steps[BENCH_SYSTEMS];
    double time[BENCH_SYSTEMS][MOST_ROUNDS]; /* of a step, seconds over `per` */
} clocked;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *x, int n, double *least)
{
    double sorted[MOST_ROUNDS];
    for (int i = 0; i < n; i++) sorted[i] = x[i];
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    if (least) *least = sorted[0];
    return sorted[n / 2];
}

/* The median over the rounds of one system's time to another's. */
static double ratio(const clocked *c, int system, int to)
{
    double x[MOST_ROUNDS];
    for (int r = 0; r < c->rounds; r++) x[r] = c->time[system][r] / c->time[to][r];
    return median(x, c->rounds, NULL);
}

/* Seconds of `steps` steps; below 0: one failed. */
static double seconds_of(bench_run *run, int steps)
{
    double start = bench_now(), own = 0;
    for (int i = 0; i < steps; i++) {
        double seconds = bench_step(run);
        if (seconds < 0) return -1;
        own += seconds;
    }
    return own > 0 ? own : bench_now() - start;
}

static bool warm_up_and_compare(bench_run *runs, int n)
{
    for (int k = 0; k < n; k++) {
        if (seconds_of(&runs[k], WARM_UP) < 0) return false;
        if (!bench_agree(&runs[k], &runs[0])) return false;
    }
    return true;
}

/* Wall time of a step, from at least a millisecond of them. */
static double step_time(bench_run *run)
{
    for (int steps = 1;; steps *= 2) {
        double start = bench_now();
        seconds_of(run, steps);
        double took = bench_now() - start;
        if (took > 1e-3) return took / steps;
    }
}

/* As many rounds as the time allows, each of equal shares; a system slower than its share does one
 * step. */
static void plan(clocked *c, const bench_workload *w, bench_run *runs)
{
    double seconds = w->seconds > 0 ? w->seconds : 4, once[BENCH_SYSTEMS], all = 0;
    int least = w->growing ? LEAST_OF_CURVE : LEAST_ROUNDS;
    for (int k = 0; k < c->n; k++) {
        once[k] = step_time(&runs[k]);
        all += once[k];
    }
    c->rounds = (int)fmin(MOST_ROUNDS, fmax(least, seconds / all));
    double share = seconds / c->rounds / c->n;
    for (int k = 0; k < c->n; k++) c->steps[k] = (int)fmax(1, share / once[k]);
}

static bool time_rounds(clocked *c, const bench_workload *w, bench_run *runs)
{
    plan(c, w, runs);
    for (int r = 0; r < c->rounds; r++)
        for (int k = 0; k < c->n; k++) {
            double seconds = seconds_of(&runs[k], c->steps[k]);
            if (seconds < 0) return false;
            c->time[k][r] = seconds / c->steps[k] / (w->per > 0 ? w->per : 1);
        }
    return true;
}

static int find(const bench_system *systems, int n, const char *name)
{
    for (int k = 0; k < n; k++)
        if (strcmp(systems[k].system, name) == 0) return k;
    return -1;
}

int bench_time(const bench_workload *w, int threads, bench_row *rows)
{
    static clocked c;
    bench_system systems[BENCH_SYSTEMS];
    bench_run runs[BENCH_SYSTEMS];
    int opened = 0;
    c.n = bench_systems(w, NULL, threads, systems);
    while (opened < c.n && bench_open(&runs[opened], w, &systems[opened])) opened++;
    bool fine = opened == c.n && warm_up_and_compare(runs, c.n) && time_rounds(&c, w, runs);
    for (int k = 0; k < opened; k++) bench_close(&runs[k]);
    if (!fine) return -1;
    int torch = find(systems, c.n, bench_peer_names[BENCH_LIBTORCH]);
    for (int k = 0; k < c.n; k++) {
        rows[k] = (bench_row){ w->name, w->label, systems[k].system, systems[k].mode,
                               systems[k].threads };
        rows[k].median = median(c.time[k], c.rounds, &rows[k].least);
        rows[k].to_hand = ratio(&c, k, 0);
        rows[k].to_libtorch = torch < 0 ? 0 : ratio(&c, k, torch);
        rows[k].peak = w->nin == 0 || w->growing ? -1 : bench_peak(w, &systems[k]);
    }
    return c.n;
}
