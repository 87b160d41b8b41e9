/* w6.c: W6, a scalar chain y = sin(y) x of 1000 ops, value and derivative in x, f64. */
#include "hand.h"

#include "dltape.h"

enum { OPS = 1000 };

static void record(dl_tape *t, const dl_val *in, dl_val *out)
{
    dl_val y = in[0];
    for (int i = 0; i < OPS; i += 2) y = dl_mul(dl_sin(y), in[0]);
    out[0] = y;
    dl_grad(y, in, 1, out + 1);
}

static const bench_array in[] = { { "x", .low = 1.5, .high = 1.6 } };
static const bench_array out[] = { { "y" }, { "dx" } };
static const bench_system systems[] = { BENCH_BY_HAND("array of values", w6_by_hand) };

const bench_workload bench_w6 = {
    .name = "W6",
    .label = "scalar chain",
    .title = "a scalar chain of 1000 ops, sin and mul in turn, value and derivative, f64",
    .unit = "per op",
    .per = OPS,
    .in = in,
    .out = out,
    .nin = 1,
    .nout = 2,
    .f64 = true,
    .tolerance = 1e-12,
    .record = record,
    .systems = systems,
    .n = 1,
};
