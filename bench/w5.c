/* w5.c: W5, a training step of a 784-256-10 perceptron, batch 128, f32: relu, cross entropy, Adam.
 * Columns are observations, t is one-hot. The update of algorithm 1 of Kingma and Ba is written in
 * ops; its two scalars that depend on the step come in. The states start as if training had gone on
 * for a while: while they are zero Adam steps by the sign of the gradient, and rounding would
 * decide about the elements near zero. */
#include "hand.h"

#include "dltape.h"

#include <math.h>
#include <string.h>

enum { INPUTS = 784, HIDDEN = 256, CLASSES = 10, BATCH = 128 };
enum { X, T, RATE, CORRECTION, W, M = W + 4, S = M + 4 };
static const double rate = 1e-4, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

static void record(dl_tape *t, const dl_val *in, dl_val *out)
{
    const dl_val *w = in + W, *m = in + M, *s = in + S;
    dl_val *loss = out, *new_w = out + 1, *new_m = out + 5, *new_s = out + 9, g[4];
    dl_val h = dl_relu(dl_add(dl_matmul(w[0], in[X]), w[1]));
    dl_val z = dl_add(dl_matmul(w[2], h), w[3]);
    dl_val log_sum_exp = dl_log(dl_sum(dl_exp(z), "0"));
    dl_val all = dl_sub(dl_sum(log_sum_exp, "all"), dl_sum(dl_mul(z, in[T]), "all"));
    *loss = dl_scale(all, 1.0 / BATCH);
    dl_grad(*loss, w, 4, g);
    for (int i = 0; i < 4; i++) {
        new_m[i] = dl_add(dl_scale(m[i], beta1), dl_scale(g[i], 1 - beta1));
        new_s[i] = dl_add(dl_scale(s[i], beta2), dl_scale(dl_square(g[i]), 1 - beta2));
        dl_val root = dl_shift(dl_sqrt(dl_mul(new_s[i], in[CORRECTION])), epsilon);
        new_w[i] = dl_sub(w[i], dl_mul(dl_div(new_m[i], root), in[RATE]));
    }
}

static void make(const bench_workload *w, void *const *in)
{
    float *t = in[T];
    memset(t, 0, CLASSES * BATCH * sizeof *t);
    for (int j = 0; j < BATCH; j++) t[(j * 7 % CLASSES) * BATCH + j] = 1;
}

/* A thousand steps have been made before. */
static void advance(void *const *in, long step)
{
    *(float *)in[RATE] = (float)(rate / (1 - pow(beta1, (double)(1000 + step))));
    *(float *)in[CORRECTION] = (float)(1 / (1 - pow(beta2, (double)(1000 + step))));
}

#define PARAMETERS(P, LOW, HIGH)                                                           \
    { P "w1", 2, { HIDDEN, INPUTS }, LOW, HIGH }, { P "b1", 2, { HIDDEN, 1 }, LOW, HIGH }, \
        { P "w2", 2, { CLASSES, HIDDEN }, LOW, HIGH },                                     \
    {                                                                                      \
        P "b2", 2, { CLASSES, 1 }, LOW, HIGH                                               \
    }
static const bench_array in[] = {
    { "x", 2, { INPUTS, BATCH } },
    { "t", 2, { CLASSES, BATCH } },
    { "rate" },
    { "correction" },
    PARAMETERS("", -0.04, 0.04),
    PARAMETERS("m ", -1e-3, 1e-3),
    PARAMETERS("s ", 1e-6, 2e-6),
};
static const bench_array out[] = {
    { "loss" },
    PARAMETERS("", 0, 0),
    PARAMETERS("m ", 0, 0),
    PARAMETERS("s ", 0, 0),
};
static const bench_system systems[] = { BENCH_FASTEST(w5) };

const bench_workload bench_w5 = {
    .name = "W5",
    .label = "perceptron",
    .title = "784-256-10 perceptron, batch 128, relu, cross entropy, Adam step, f32",
    .unit = "per step",
    .in = in,
    .out = out,
    .nin = sizeof in / sizeof *in,
    .nout = sizeof out / sizeof *out,
    .tolerance = 1e-5,
    .make = make,
    .advance = advance,
    .record = record,
    .systems = systems,
    .n = 1,
};
