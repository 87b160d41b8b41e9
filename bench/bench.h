/* bench.h: workloads, systems, and how they are timed.
 *
 * A workload is a list of systems that compute the same thing. All are warmed up, their results are
 * compared, and then they are timed in turn, round by round, so that a slow phase of the machine
 * meets them all; only ratios within a run count. */
#ifndef DLTAPE_BENCH_H
#define DLTAPE_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct bench_system {
    const char *system, *mode;
    void (*begin)(void); /* before the first step; may be null */
    /* One step; returns what the systems must agree on. It may set *seconds to the part that
     * counts. */
    double (*step)(double *seconds);
    void (*end)(void); /* may be null */
} bench_system;

typedef struct bench_workload {
    const char *name, *title, *unit;
    double per;       /* the time of a step is divided by this: nodes, or 1 */
    double tolerance; /* of the relative difference of results; negative: they are not compared */
    int steps;        /* in a round */
    const bench_system *systems; /* the first is the floor that ratios are taken to */
    int n;
} bench_workload;

typedef struct bench_row {
    const char *workload, *system, *mode;
    double median, least; /* seconds, divided by `per` */
    double ratio;         /* of the medians of rounds, to the floor */
} bench_row;

enum { BENCH_ROWS = 64 };

double bench_now(void);
/* Times a workload and prints its table; the number of rows, or -1 if the systems disagree. */
int bench_time(const bench_workload *w, bench_row *rows);
/* Time and memory over the length of the tape; prints its table. */
int bench_growth(bench_row *rows);

extern const bench_workload bench_w1, bench_record, bench_evaluate;

#endif
