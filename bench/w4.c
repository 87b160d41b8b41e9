/* w4.c: W4, elementwise work over 10^6 elements: with d = x - t the mean of
 * sqrt(d^2 + 1e-6) + log(cosh d) + d tanh d, and its gradient in x, f32. log(cosh d) is written
 * |d| + log(1 + exp(-2 |d|)) - log 2, which cannot overflow. */
#include "hand.h"

#include "dltape.h"

#include <math.h>

enum { N = 1000000 };

static void record(dl_tape *t, const dl_val *in, dl_val *out)
{
    dl_val d = dl_sub(in[0], in[1]), a = dl_abs(d);
    dl_val root = dl_sqrt(dl_shift(dl_square(d), 1e-6));
    dl_val log_cosh = dl_add(a, dl_log(dl_shift(dl_exp(dl_scale(a, -2)), 1)));
    dl_val all = dl_add_n(root, log_cosh, dl_mul(d, dl_tanh(d)));
    out[0] = dl_shift(dl_mean(all, "all"), -0.69314718055994531);
    dl_grad(out[0], in, 1, out + 1);
}

static const bench_array in[] = { { "x", 1, { N }, -3, 3 }, { "t", 1, { N }, -1, 1 } };
static const bench_array out[] = { { "loss" }, { "dx", 1, { N } } };
static const bench_system systems[] = { BENCH_BY_HAND("fused loop", w4_by_hand) };

const bench_workload bench_w4 = {
    .name = "W4",
    .label = "elementwise",
    .title = "mean of sqrt(d^2+1e-6) + log(cosh d) + d tanh d over 10^6 elements, gradient, f32",
    .unit = "per step",
    .in = in,
    .out = out,
    .nin = 2,
    .nout = 2,
    .threads = true,
    .tolerance = 1e-5,
    .record = record,
    .systems = systems,
    .n = 1,
};
