/* w9.c: W9, Rosenbrock's function of 40 scalars, each a number on the tape: value and gradient,
 * f64: sum over i of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2. */
#include "hand.h"

#include "dltape.h"

enum { N = 40 };

static void record(dl_tape *t, const dl_val *x, dl_val *out)
{
    dl_val term[2 * (N - 1)];
    for (int i = 0; i + 1 < N; i++) {
        term[2 * i] = dl_scale(dl_square(dl_sub(x[i + 1], dl_square(x[i]))), 100);
        term[2 * i + 1] = dl_square(dl_shift(dl_neg(x[i]), 1));
    }
    out[0] = dl_add_list(term, 2 * (N - 1));
    dl_grad(out[0], x, N, out + 1);
}

static const bench_array in[N] = { [0 ... N - 1] = { "x" } };
static const bench_array out[1 + N] = { { "y" }, [1 ... N] = { "dx" } };
static const bench_system systems[] = { BENCH_BY_HAND("fixed size", w9_by_hand) };

const bench_workload bench_w9 = {
    .name = "W9",
    .label = "Rosenbrock",
    .title = "Rosenbrock's function of 40 scalars, value and gradient, f64",
    .unit = "per step",
    .in = in,
    .out = out,
    .nin = N,
    .nout = 1 + N,
    .f64 = true,
    .seconds = 3,
    .tolerance = 1e-12,
    .record = record,
    .systems = systems,
    .n = 1,
};
