/* loss.c: W1 to W3 and the curve over sizes: the reference loss of an n-n-n network, loss and all
 * gradients, f32. With H = W1 X + b1, Q = W2 H + b2, C(A) the covariance of the rows of A, | | the
 * Frobenius norm and lambda = 1:
 * loss = |C(H) - I| + |H/4 + |W1 W1' - I|| + |C(Q) - I| + sum (Q - T)^2 / 2. */
#include "hand.h"

#include "dltape.h"

enum { X, T, W1, B1, W2, B2, INPUTS };

static void record(dl_tape *t, const dl_val *in, dl_val *out)
{
    const double lambda = 1;
    dl_val h = dl_add(dl_matmul(in[W1], in[X]), in[B1]);
    dl_val q = dl_add(dl_matmul(in[W2], h), in[B2]);
    dl_val cov_h = dl_cov(dl_transpose(h)), cov_q = dl_cov(dl_transpose(q));
    dl_val eye = dl_eye_like(cov_h);
    dl_val ortho = dl_norm_fro(dl_sub(dl_matmul(in[W1], dl_transpose(in[W1])), eye));
    dl_val l1 = dl_norm_fro(dl_sub(dl_scale(cov_h, lambda), eye));
    dl_val l2 = dl_norm_fro(dl_add(dl_scale(h, 0.25), dl_scale(ortho, lambda)));
    dl_val l3 = dl_norm_fro(dl_sub(cov_q, eye));
    dl_val l4 = dl_mse(q, in[T]);
    out[0] = dl_add_n(l1, dl_scale(l2, lambda), dl_scale(l3, lambda), l4);
    dl_grad(out[0], in + W1, 4, out + 1);
}

/* Weights within 1/sqrt(n), so that activations keep their size. */
#define INPUT(N, COLUMNS, W)                                                                  \
    (const bench_array[INPUTS])                                                               \
    {                                                                                         \
        { "x", 2, { N, COLUMNS } }, { "t", 2, { N, COLUMNS } }, { "w1", 2, { N, N }, -W, W }, \
            { "b1", 2, { N, 1 } }, { "w2", 2, { N, N }, -W, W }, { "b2", 2, { N, 1 } },       \
    }
#define OUTPUT(N)                                                                           \
    (const bench_array[])                                                                   \
    {                                                                                       \
        { "loss" }, { "dw1", 2, { N, N } }, { "db1", 2, { N, 1 } }, { "dw2", 2, { N, N } }, \
            { "db2", 2, { N, 1 } },                                                         \
    }
#define LOSS(N, COLUMNS, W)                                                                     \
    .unit = "per step", .in = INPUT(N, COLUMNS, W), .out = OUTPUT(N), .nin = INPUTS, .nout = 5, \
    .record = record

/* ---- W1, W2, W3 ------------------------------------------------------------------------------ */

static const bench_system w1_systems[] = { BENCH_BY_HAND("fixed sizes", w1_by_hand) };
static const bench_system systems[] = { BENCH_PRODUCTS(loss) };
static const bench_system fastest[] = { BENCH_FASTEST(loss) };

const bench_workload bench_w1 = {
    .name = "W1",
    .label = "loss 4x10",
    .title = "the reference loss 4-4-4 x 10 columns, loss and all gradients, f32",
    LOSS(4, 10, 1),
    .tolerance = 1e-5,
    .systems = w1_systems,
    .n = 1,
};

const bench_workload bench_w2 = {
    .name = "W2",
    .label = "loss 64x256",
    .title = "the reference loss 64-64-64 x 256 columns, loss and all gradients, f32",
    LOSS(64, 256, 0.125),
    .tolerance = 1e-5,
    .systems = systems,
    .n = sizeof systems / sizeof *systems,
};

const bench_workload bench_w3 = {
    .name = "W3",
    .label = "loss 512x1024",
    .title = "the reference loss 512-512-512 x 1024 columns, loss and all gradients, f32",
    LOSS(512, 1024, 0.044),
    .tolerance = 1e-5,
    .seconds = 6,
    .threads = true,
    .systems = fastest,
    .n = 1,
};

/* ---- the curve ------------------------------------------------------------------------------- */

#define SIZE(N, W)                                                                                 \
    {                                                                                              \
        .name = "size " #N, LOSS(N, 2 * N, W), .tolerance = 1e-4, .seconds = 0.6, .growing = true, \
        .peer = "size", .systems = fastest, .n = 1                                                 \
    }
const bench_workload bench_loss_sizes[] = {
    SIZE(4, 0.5),     SIZE(8, 0.35),    SIZE(16, 0.25),   SIZE(32, 0.18),    SIZE(64, 0.125),
    SIZE(128, 0.088), SIZE(256, 0.063), SIZE(512, 0.044), SIZE(1024, 0.031),
};
const int bench_loss_sizes_n = sizeof bench_loss_sizes / sizeof *bench_loss_sizes;
