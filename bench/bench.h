/* bench.h: workloads, systems, and how they are timed.
 *
 * A workload is a list of systems that compute the same thing. All of them are warmed up, agree on the
 * result, and are then timed in turn, round by round, so that a slow phase of the machine meets them
 * all; only ratios within a run count. */
#ifndef DLTAPE_BENCH_H
#define DLTAPE_BENCH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct bench_system {
    const char *system, *mode;
    void (*begin)(void);   /* before the first step; may be null */
    double (*step)(void);  /* one step; returns what the systems must agree on */
    void (*end)(void);     /* may be null */
    double work;           /* the time is divided by this: nodes in a step, or 1 */
} bench_system;

typedef struct bench_workload {
    const char *name, *title, *unit; /* unit: "us per step", "ns per node" */
    double scale;                    /* of seconds: 1e6 for us */
    double tolerance;                /* of the relative difference of results; negative: none */
    const bench_system *systems;     /* the first is the one that ratios are taken to */
    int n;
} bench_workload;

typedef struct bench_row {
    const char *workload, *system, *mode;
    double median, least, ratio; /* of the medians, to the workload's first system; in its unit */
    double median_us, least_us;
} bench_row;

/* Times a workload; false if the systems disagree. rows has room for w->n. */
bool bench_time(const bench_workload *w, bench_row *rows);
double bench_now(void);

extern const bench_workload bench_w1, bench_record, bench_plan, bench_lookup;
/* Memory and time over tape length, printed as a table; the JSON rows go with the others. */
int bench_growth(bench_row *rows, int room);

#endif
