/* w7.c: W7, a plain recurrent cell unrolled: h = tanh(Wx x_t + Wh h + b), 100 steps, 32 inputs, 64
 * units, batch 32, half the squared distance of the last h to a target; gradients of Wx, Wh, b. The
 * steps of x stand below each other. */
#include "hand.h"

#include "dltape.h"

enum { STEPS = 100, INPUTS = 32, UNITS = 64, BATCH = 32 };
enum { X, TARGET, WX, WH, B, NIN };

static void record(dl_tape *t, const dl_val *in, dl_val *out)
{
    dl_val h = { 0 };
    for (int k = 0; k < STEPS; k++) {
        dl_val x = dl_slice(in[X], "0", k * INPUTS, (k + 1) * INPUTS);
        dl_val z = dl_add(dl_matmul(in[WX], x), in[B]);
        h = dl_tanh(k == 0 ? z : dl_add(z, dl_matmul(in[WH], h)));
    }
    out[0] = dl_mse(h, in[TARGET]);
    dl_grad(out[0], in + WX, 3, out + 1);
}

static const bench_array in[] = {
    { "x", 2, { STEPS * INPUTS, BATCH } },     { "target", 2, { UNITS, BATCH } },
    { "wx", 2, { UNITS, INPUTS }, -0.2, 0.2 }, { "wh", 2, { UNITS, UNITS }, -0.2, 0.2 },
    { "b", 2, { UNITS, 1 }, -0.1, 0.1 },
};
static const bench_array out[] = {
    { "loss" },
    { "dwx", 2, { UNITS, INPUTS } },
    { "dwh", 2, { UNITS, UNITS } },
    { "db", 2, { UNITS, 1 } },
};
static const bench_system systems[] = { BENCH_FASTEST(w7) };

const bench_workload bench_w7 = {
    .name = "W7",
    .label = "recurrent",
    .title = "recurrent cell, tanh, 100 steps, 32 inputs, 64 units, batch 32, gradients, f32",
    .unit = "per step",
    .in = in,
    .out = out,
    .nin = NIN,
    .nout = 4,
    .tolerance = 1e-5,
    .record = record,
    .systems = systems,
    .n = 1,
};
