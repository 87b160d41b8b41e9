/* w8.c: W8, Dense(2,2) on 128 columns: half the squared error and the gradients of W and b, f32. */
#include "hand.h"

#include "dltape.h"

enum { N = 2, COLUMNS = 128 };
enum { X, T, W, B, NIN };

static void record(dl_tape *t, const dl_val *in, dl_val *out)
{
    out[0] = dl_mse(dl_add(dl_matmul(in[W], in[X]), in[B]), in[T]);
    dl_grad(out[0], in + W, 2, out + 1);
}

static const bench_array in[] = { { "x", 2, { N, COLUMNS } },
                                  { "t", 2, { N, COLUMNS } },
                                  { "w", 2, { N, N } },
                                  { "b", 2, { N, 1 } } };
static const bench_array out[] = { { "loss" }, { "dw", 2, { N, N } }, { "db", 2, { N, 1 } } };
static const bench_system systems[] = { BENCH_BY_HAND("fixed sizes", w8_by_hand) };

const bench_workload bench_w8 = {
    .name = "W8",
    .label = "Dense(2,2)",
    .title = "Dense(2,2) on 128 columns, half the squared error, gradients, f32",
    .unit = "per step",
    .in = in,
    .out = out,
    .nin = NIN,
    .nout = 3,
    .seconds = 3,
    .tolerance = 1e-5,
    .record = record,
    .systems = systems,
    .n = 1,
};
