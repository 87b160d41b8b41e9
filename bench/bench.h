/* bench.h: workloads, the systems that compute them, and how they are timed.
 *
 * A workload is arrays that go in and come out, and how each system computes the one from the
 * other. Every system gets a copy of the inputs of its own. All are warmed up, every element of
 * every output is compared with the first system's, and then they are timed in turn, round by
 * round, so that a slow phase of the machine meets them all; only ratios within a run count. */
#ifndef DLTAPE_BENCH_H
#define DLTAPE_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dl_tape;
struct dl_val;
typedef struct bench_system bench_system;
typedef struct bench_workload bench_workload;

enum { BENCH_ARRAYS = 48, BENCH_SYSTEMS = 16, BENCH_ROWS = 1024 };

/* Row-major. Inputs are filled with uniform numbers between low and high, -1 and 1 if both are 0;
 * those of rank 0 that stand together lie without gaps. An output named like an input is what that
 * input is in the next step. */
typedef struct bench_array {
    const char *name;
    int rank;
    int64_t dims[3];
    double low, high;
} bench_array;

typedef void bench_function(const bench_workload *w, void *const *in, void *const *out);

struct bench_system {
    const char *system, *mode;
    int threads;
    /* A state, null if it cannot be made. `in` may be written where an output takes an input over.
     */
    void *(*begin)(const bench_system *s, const bench_workload *w, void *const *in);
    /* Seconds that count; 0: all that the call took; below 0: it failed, and has said why. */
    double (*step)(void *state);
    /* What the last step computed; null: not to be compared. */
    const void *(*output)(void *state, int k);
    void (*end)(void *state);
    bool f64;            /* its outputs are double, whatever the workload's are */
    unsigned disabled;   /* dltape: parts of the engine */
    const char *only;    /* dltape: the workload that it is for */
    bench_function *run; /* by hand: the function */
};

struct bench_workload {
    const char *name, *title, *unit;
    const char *label; /* two words, for a plot */
    const bench_array *in, *out;
    int nin, nout;
    bool f64;         /* the dtype of all arrays, else f32 */
    bool threads;     /* has rows for more than one thread */
    bool growing;     /* part of a table of many: no memory, fewer rounds */
    bool plain;       /* of dltape define-by-run only */
    const char *peer; /* its name for peers, if that is another */
    double per;       /* the time of a step is divided by this; 0: 1 */
    double seconds;   /* to be spent on timing, about; 0: 4 */
    double tolerance; /* of an element, relative to itself plus the largest of its array */
    void (*make)(const bench_workload *w, void *const *in); /* inputs that are not uniform */
    /* Before every step, counted from 1: inputs that change by themselves. */
    void (*advance)(void *const *in, long step);
    void (*record)(struct dl_tape *t, const struct dl_val *in, struct dl_val *out);
    const bench_system *systems; /* its own; the first is the floor that ratios are taken to */
    int n;
};

typedef struct bench_row {
    const char *workload, *label, *system, *mode;
    int threads;
    double median, least;        /* seconds, divided by `per` */
    double to_hand, to_libtorch; /* ratios, of the medians of rounds; 0: none */
    double peak;                 /* MiB; below 0: not measured */
} bench_row;

/* ---- a system at work on a workload ---------------------------------------------------------- */

typedef struct bench_run {
    const bench_workload *w;
    const bench_system *s;
    void *in[BENCH_ARRAYS];
    void *block, *state;
    long steps;
} bench_run;

bool bench_open(bench_run *r, const bench_workload *w, const bench_system *s);
double bench_step(bench_run *r); /* as bench_system.step */
void bench_close(bench_run *r);
/* Output k, null if it is not to be compared, and whether it is double. */
const void *bench_output(bench_run *r, int k, bool *f64);

size_t bench_numel(const bench_array *a);
/* The input that output k takes over, -1 if none. */
int bench_taken_over(const bench_workload *w, int k);
/* Memory for the outputs; those that take an input over lie where it lies. To be freed. */
void *bench_make_outputs(const bench_workload *w, void *const *in, void **out);
/* Whether a agrees with b in every output; says where it does not. */
bool bench_agree(bench_run *a, bench_run *b);

/* ---- systems --------------------------------------------------------------------------------- */

/* A function of the workload's arrays. */
void *bench_function_begin(const bench_system *s, const bench_workload *w, void *const *in);
double bench_function_step(void *state);
const void *bench_function_output(void *state, int k);
void bench_function_end(void *state);

#define BENCH_BY_HAND(MODE, FUNCTION)                                                            \
    {                                                                                            \
        .system = "hand", .mode = MODE, .begin = bench_function_begin,                           \
        .step = bench_function_step, .output = bench_function_output, .end = bench_function_end, \
        .run = FUNCTION                                                                          \
    }

/* Those of dltape; one that serves a workload has `only` null or its name. */
extern const bench_system bench_dltape[];
extern const int bench_dltape_n;

/* Peers are modules beside the executable, loaded when first asked for; each has one function: */
typedef const bench_system *bench_peer(const char *workload); /* null: none for this workload */
const bench_system *bench_peer_system(int peer, const char *workload);
enum { BENCH_LIBTORCH, BENCH_ADOLC, BENCH_SACADO, BENCH_PEERS };
extern const char *const bench_peer_names[BENCH_PEERS];

/* The systems of a workload, its own first; how many. Those called `name` only, if it is not null:
 * other peers are not loaded then. */
int bench_systems(const bench_workload *w, const char *name, int threads, bench_system *systems);

/* ---- measuring ------------------------------------------------------------------------------- */

double bench_now(void);
/* Times a workload; the number of rows, or -1 if a system failed or they disagree. */
int bench_time(const bench_workload *w, int threads, bench_row *rows);
void bench_print(const bench_workload *w, const bench_row *rows, int n);
const char *bench_scaled(double seconds, char *text, size_t n);
/* Time and memory over the length of the tape, and time over the size of the loss; both print their
 * tables. */
int bench_growth(bench_row *rows);
int bench_sizes(bench_row *rows);
/* Single ops with their gradients, beside libtorch; prints its table. */
int bench_ops(bench_row *rows);
/* Peak memory in MiB of one system of a workload, measured in a process of its own. */
double bench_peak(const bench_workload *w, const bench_system *s);
/* What that process does: prints the number. */
int bench_peak_child(const bench_workload *w, const bench_system *s);
/* Draws the ratios to hand by gnuplot: an svg or png by the suffix. */
bool bench_plot(const char *path, const bench_row *rows, int n);

extern const bench_workload bench_record, bench_evaluate, bench_w1, bench_w2, bench_w3, bench_w4,
    bench_w5, bench_w6, bench_w7, bench_w8, bench_w9;
extern const bench_workload bench_loss_sizes[];
extern const int bench_loss_sizes_n;

#ifdef __cplusplus
}
#endif
#endif
