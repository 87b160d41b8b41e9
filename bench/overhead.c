/* overhead.c: what the tape costs beside the arithmetic: recording a node, making a plan, finding
 * one, following one. */
#include "bench.h"

#include "dltape.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 1000 };

typedef struct overhead {
    dl_tape *tape;
    dl_array *input;
    float data[16], y[16];
    const void *result;
} overhead;

static void *begin(const bench_system *s, const bench_workload *w, void *const *in)
{
    overhead *o = calloc(1, sizeof *o);
    for (int i = 0; i < 16; i++) o->data[i] = 0.01f * (float)i;
    o->tape = dl_tape_new();
    dl_tape_disable(o->tape, s->disabled);
    o->input = dl_array_wrap(o->data, DL_F32, NULL, DL_DIMS(4, 4));
    return o;
}

static void end(void *state)
{
    overhead *o = state;
    dl_array_free(o->input);
    dl_tape_free(o->tape);
    free(o);
}

static const void *result(void *state, int k) { return ((overhead *)state)->result; }

/* ---- recording ------------------------------------------------------------------------------- */

/* The floor: 40 bytes written for each node, nothing checked. */
typedef struct bare {
    const void *op;
    uint32_t in[4], shape, attr;
    const char *place;
} bare;

static double write_nodes(void *state)
{
    static bare nodes[NODES + 4];
    for (uint32_t i = 1; i < NODES; i++) {
        nodes[i] = (bare){ &nodes, { i - 1, 0 }, 1, 0, DL_PLACE };
        __asm__ volatile("" ::: "memory");
    }
    return 0;
}

static double record(void *state)
{
    overhead *o = state;
    dl_tape_reset(o->tape);
    dl_val x = dl_leaf(o->tape, o->input), y = x;
    for (int i = 1; i < NODES; i += 4) {
        y = dl_mul(y, x);
        y = dl_add(y, x);
        y = dl_tanh(y);
        y = dl_sub(y, x);
    }
    return dl_tape_status(o->tape) ? -1 : 0;
}

#define RECORDING .begin = begin, .step = record, .end = end
static const bench_system recorders[] = {
    { "floor", "40 bytes a node", .begin = begin, .step = write_nodes, .end = end },
    { "dltape", "the step repeats", RECORDING },
    { "dltape", "the step is new", RECORDING, .disabled = DL_FOLLOW },
};

const bench_workload bench_record = {
    .name = "record",
    .title = "recording mul, add, tanh, sub of 4x4 values",
    .unit = "per node",
    .per = NODES,
    .seconds = 1,
    .systems = recorders,
    .n = sizeof recorders / sizeof *recorders,
};

/* ---- evaluating what was recorded ------------------------------------------------------------ */

/* The floor: the same arithmetic in plain loops. */
static double loop(void *state)
{
    overhead *o = state;
    const float *x = o->data;
    float *y = o->y;
    double start = bench_now();
    memcpy(y, x, sizeof o->y);
    for (int i = 1; i < NODES; i += 4) {
        for (int j = 0; j < 16; j++) y[j] *= x[j];
        for (int j = 0; j < 16; j++) y[j] += x[j];
        for (int j = 0; j < 16; j++) y[j] = -y[j];
        for (int j = 0; j < 16; j++) y[j] -= x[j];
    }
    o->result = y;
    return bench_now() - start;
}

static double evaluate(void *state)
{
    overhead *o = state;
    dl_tape_reset(o->tape);
    dl_val x = dl_leaf(o->tape, o->input), y = x;
    for (int i = 1; i < NODES; i += 4) y = dl_sub(dl_neg(dl_add(dl_mul(y, x), x)), x);
    double start = bench_now();
    o->result = dl_data(y);
    return o->result ? bench_now() - start : -1;
}

#define EVALUATING .begin = begin, .step = evaluate, .output = result, .end = end
static const bench_system evaluators[] = {
    { "hand", "plain loops", .begin = begin, .step = loop, .output = result, .end = end },
    { "dltape", "plan followed", EVALUATING },
    { "dltape", "plan found by key", EVALUATING, .disabled = DL_FOLLOW },
    { "dltape", "plan made", EVALUATING, .disabled = DL_FOLLOW | DL_CACHE },
};

static const bench_array evaluated[] = { { "y", 2, { 4, 4 } } };

const bench_workload bench_evaluate = {
    .name = "evaluate",
    .title = "dl_data of a chain of mul, add, neg, sub of 4x4 values, without recording",
    .unit = "per node",
    .out = evaluated,
    .nout = 1,
    .per = NODES,
    .seconds = 1,
    .tolerance = 1e-6,
    .systems = evaluators,
    .n = sizeof evaluators / sizeof *evaluators,
};
