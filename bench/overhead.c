/* overhead.c: what the tape costs beside the arithmetic: recording a node, making a plan, finding
 * one, running one; and how time and memory grow with the tape. */
#include "bench.h"

#include "dltape.h"
#include "tests/harness/counting.h"

#include <stdint.h>
#include <string.h>

enum { NODES = 1000 };

static dl_tape *tape;
static dl_array *input;
static float data[16];

static void begin_data(void)
{
    for (int i = 0; i < 16; i++) data[i] = 0.01f * (float)i;
}

static void begin(unsigned disabled)
{
    begin_data();
    tape = dl_tape_new();
    dl_tape_disable(tape, disabled);
    input = dl_array_wrap(data, DL_F32, NULL, DL_DIMS(4, 4));
}

static void end(void)
{
    dl_array_free(input);
    dl_tape_free(tape);
    tape = NULL;
}

/* Each system has a tape of its own while the others' wait. */
static dl_tape *tapes[3];
static dl_array *inputs[3];

static void begin_as(int k, unsigned disabled)
{
    begin(disabled);
    tapes[k] = tape;
    inputs[k] = input;
}

static void switch_to(int k)
{
    tape = tapes[k];
    input = inputs[k];
}

static void end_as(int k)
{
    switch_to(k);
    end();
}

/* ---- recording ------------------------------------------------------------------------------- */

static dl_val record(void)
{
    dl_tape_reset(tape);
    dl_val x = dl_leaf(tape, input), y = x;
    for (int i = 1; i < NODES; i += 4) {
        y = dl_mul(y, x);
        y = dl_add(y, x);
        y = dl_tanh(y);
        y = dl_sub(y, x);
    }
    return y;
}

/* The floor: 40 bytes written for each node, nothing checked. */
typedef struct bare {
    const void *op;
    uint32_t in[4], shape, attr;
    const char *place;
} bare;

static double step_bare(double *seconds)
{
    static bare nodes[NODES + 4];
    (void)seconds;
    for (uint32_t i = 1; i < NODES; i++) {
        nodes[i] = (bare){ &nodes, { i - 1, 0 }, 1, 0, DL_PLACE };
        __asm__ volatile("" ::: "memory");
    }
    return 0;
}

static double step_record(int k)
{
    switch_to(k);
    return (double)record().id;
}

static void begin_follow(void) { begin_as(0, 0); }
static void begin_by_key(void) { begin_as(1, DL_FOLLOW); }
static void begin_no_cache(void) { begin_as(2, DL_FOLLOW | DL_CACHE); }
static void end_follow(void) { end_as(0); }
static void end_by_key(void) { end_as(1); }
static void end_no_cache(void) { end_as(2); }
static double record_follow(double *seconds) { return (void)seconds, step_record(0); }
static double record_new(double *seconds) { return (void)seconds, step_record(1); }

static const bench_system recorders[] = {
    { "floor", "40 bytes a node", NULL, step_bare, NULL },
    { "dltape", "the step repeats", begin_follow, record_follow, end_follow },
    { "dltape", "the step is new", begin_by_key, record_new, end_by_key },
};

const bench_workload bench_record = {
    "record",  "recording mul, add, tanh, sub of 4x4 values", "per node", NODES, -1, 20,
    recorders, sizeof recorders / sizeof *recorders,
};

/* ---- evaluating what was recorded ------------------------------------------------------------ */

/* The floor: the same arithmetic in plain loops. */
static double step_loops(double *seconds)
{
    float y[16];
    memcpy(y, data, sizeof y);
    double start = bench_now();
    for (int i = 1; i < NODES; i += 4) {
        for (int j = 0; j < 16; j++) y[j] *= data[j];
        for (int j = 0; j < 16; j++) y[j] += data[j];
        for (int j = 0; j < 16; j++) y[j] = -y[j];
        for (int j = 0; j < 16; j++) y[j] -= data[j];
    }
    *seconds = bench_now() - start;
    return (double)y[5];
}

static double step_evaluate(int k, double *seconds)
{
    switch_to(k);
    dl_tape_reset(tape);
    dl_val x = dl_leaf(tape, input), y = x;
    for (int i = 1; i < NODES; i += 4) y = dl_sub(dl_neg(dl_add(dl_mul(y, x), x)), x);
    double start = bench_now();
    const float *p = dl_data(y);
    *seconds = bench_now() - start;
    return p ? (double)p[5] : 0;
}

static double evaluate_follow(double *seconds) { return step_evaluate(0, seconds); }
static double evaluate_by_key(double *seconds) { return step_evaluate(1, seconds); }
static double evaluate_no_cache(double *seconds) { return step_evaluate(2, seconds); }

static const bench_system evaluators[] = {
    { "hand", "plain loops", begin_data, step_loops, NULL },
    { "dltape", "plan followed", begin_follow, evaluate_follow, end_follow },
    { "dltape", "plan found by key", begin_by_key, evaluate_by_key, end_by_key },
    { "dltape", "plan made", begin_no_cache, evaluate_no_cache, end_no_cache },
};

const bench_workload bench_evaluate = {
    "evaluate", "dl_data of a chain of mul, add, neg, sub of 4x4 values, without recording",
    "per node", NODES,
    1e-6,       20,
    evaluators, sizeof evaluators / sizeof *evaluators,
};

/* ---- growth ---------------------------------------------------------------------------------- */

/* Records, and computes if `seconds` is not null. */
static size_t chain(int n, double *seconds)
{
    double start = bench_now();
    dl_tape_reset(tape);
    dl_val x = dl_scalar(tape, DL_F64, 0.5), y = x, g;
    for (int i = 0; i < n; i++) y = dl_mul(y, x);
    dl_grad(y, &x, 1, &g);
    if (seconds) {
        dl_item(g);
        *seconds = bench_now() - start;
    }
    if (dl_tape_status(tape)) fprintf(stderr, "growth: %s\n", dl_tape_message(tape));
    return dl_tape_nodes(tape);
}

int bench_growth(bench_row *rows)
{
    static const char *const names[] = { "growth 1e3", "growth 1e4", "growth 1e5", "growth 1e6" };
    static const int sizes[] = { 1000, 10000, 100000, 1000000 };
    int n = 0;
    printf("\ngrowth: a scalar chain of mul with its gradient, all per node\n");
    printf("  %10s %14s %14s %12s %12s %12s\n", "nodes", "first step", "next steps", "tape",
           "with plan", "at most");
    for (int k = 0; k < 4; k++) {
        double first, next = 1, once;
        counting memory;
        counting_begin(&memory);
        tape = dl_tape_new();
        double nodes = (double)chain(sizes[k] / 4 * 3 / 2, NULL);
        double recorded = (double)memory.bytes;
        dl_tape_free(tape);
        tape = dl_tape_new();
        chain(sizes[k] / 4 * 3 / 2, &first);
        for (int i = 0; i < (k < 3 ? 20 : 3); i++) {
            chain(sizes[k] / 4 * 3 / 2, &once);
            if (once < next) next = once;
        }
        printf("  %10.0f %11.1f ns %11.1f ns %10.1f B %10.1f B %10.1f B\n", nodes,
               first / nodes * 1e9, next / nodes * 1e9, recorded / nodes,
               (double)memory.bytes / nodes, (double)memory.peak / nodes);
        dl_tape_free(tape);
        counting_end();
        rows[n++] =
            (bench_row){ names[k], "dltape", "first step", first / nodes, first / nodes, 0 };
        rows[n++] = (bench_row){ names[k], "dltape", "next steps", next / nodes, next / nodes, 0 };
    }
    return n;
}
