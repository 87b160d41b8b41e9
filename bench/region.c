/* What a region of dl_parallel costs: dltape_region [THREADS]. */
#include "autodiff/op.h"
#include "bench.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 2001 };
static const double pause_s = 1e-3;

static void nothing(void *context, int64_t k)
{
    (void)context;
    (void)k;
}

/* Each part waits until all have begun: a region that needs all threads at once. */
static void meet(void *begun, int64_t k)
{
    (void)k;
    atomic_fetch_add((atomic_int *)begun, 1);
    while (atomic_load((atomic_int *)begun) < dl_threads()) {
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sleep_for(double seconds)
{
    nanosleep(&(struct timespec){ .tv_nsec = (long)(seconds * 1e9) }, NULL);
}

static void measure(const char *what, void (*part)(void *context, int64_t k), double pause)
{
    static double spent[ROUNDS];
    for (int k = 0; k < ROUNDS; k++) {
        atomic_int begun = 0;
        if (pause > 0) sleep_for(pause);
        double start = bench_now();
        dl_parallel(dl_threads(), part, &begun);
        spent[k] = bench_now() - start;
    }
    qsort(spent, ROUNDS, sizeof *spent, ascending);
    printf("  %-40s %9.3f %9.3f %9.3f\n", what, spent[0] * 1e6, spent[ROUNDS / 2] * 1e6,
           spent[ROUNDS * 9 / 10] * 1e6);
}

int main(int argc, char **argv)
{
    dl_set_threads(argc > 1 ? atoi(argv[1]) : 2);
    printf("%d threads, a region of as many parts, us %10s %9s %9s\n", dl_threads(), "least",
           "median", "90 %");
    measure("empty", nothing, 0);
    measure("parts meet", meet, 0);
    measure("empty, after a pause of 1 ms", nothing, pause_s);
    measure("parts meet, after a pause of 1 ms", meet, pause_s);
    dl_set_threads(1);
    measure("one thread", nothing, 0);
    return 0;
}
