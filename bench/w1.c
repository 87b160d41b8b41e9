/* w1.c: W1, the reference loss of 4-4-4 with 10 columns, loss and all gradients, f32. */
#include "w1.h"
#include "bench.h"

#include "dltape.h"

#include <string.h>

static w1_params params, gradient;
static w1_data data;
static const float lambda = 1;

static dl_tape *tape;
static dl_array *x, *t, *w1, *b1, *w2, *b2;

void w1_make(w1_params *p, w1_data *d)
{
    unsigned state = 12345;
    float *const part[] = { &p->w1[0][0], p->b1, &p->w2[0][0], p->b2, &d->x[0][0], &d->t[0][0] };
    const int n[] = { 16, 4, 16, 4, 40, 40 };
    for (int k = 0; k < 6; k++)
        for (int i = 0; i < n[k]; i++) {
            state = state * 1664525u + 1013904223u;
            part[k][i] = (float)(state >> 8) / 8388608.0f - 1;
        }
}

static double checksum(float loss)
{
    const float *g = (const float *)&gradient;
    double sum = (double)loss;
    for (size_t i = 0; i < sizeof gradient / sizeof *g; i++) sum += (double)g[i] * (1 + (double)i);
    return sum;
}

static void begin_hand(void)
{
    w1_make(&params, &data);
}

static double step_hand(void)
{
    float loss = w1_by_hand(&params, &data, lambda, &gradient);
    return checksum(loss);
}

static void begin_tape(void)
{
    w1_make(&params, &data);
    tape = dl_tape_new();
    x = dl_array_wrap(data.x, DL_F32, NULL, DL_DIMS(W1_N, W1_T));
    t = dl_array_wrap(data.t, DL_F32, NULL, DL_DIMS(W1_N, W1_T));
    w1 = dl_array_wrap(params.w1, DL_F32, NULL, DL_DIMS(W1_N, W1_N));
    b1 = dl_array_wrap(params.b1, DL_F32, NULL, DL_DIMS(W1_N, 1));
    w2 = dl_array_wrap(params.w2, DL_F32, NULL, DL_DIMS(W1_N, W1_N));
    b2 = dl_array_wrap(params.b2, DL_F32, NULL, DL_DIMS(W1_N, 1));
}

static void begin_lookup(void)
{
    begin_tape();
    dl_tape_disable(tape, DL_FOLLOW);
}

static void end_tape(void)
{
    dl_array *const arrays[] = { x, t, w1, b1, w2, b2 };
    for (int i = 0; i < 6; i++) dl_array_free(arrays[i]);
    dl_tape_free(tape);
}

static dl_val loss(const dl_val p[4])
{
    dl_val h = dl_add(dl_matmul(p[0], dl_leaf(tape, x)), p[1]);
    dl_val q = dl_add(dl_matmul(p[2], h), p[3]);
    dl_val cov_h = dl_cov(dl_transpose(h)), cov_q = dl_cov(dl_transpose(q)), eye = dl_eye_like(cov_h);
    dl_val ortho = dl_norm_fro(dl_sub(dl_matmul(p[0], dl_transpose(p[0])), eye));
    dl_val l1 = dl_norm_fro(dl_sub(dl_scale(cov_h, lambda), eye));
    dl_val l2 = dl_norm_fro(dl_add(dl_scale(h, 0.25), dl_scale(ortho, lambda)));
    dl_val l3 = dl_norm_fro(dl_sub(cov_q, eye));
    dl_val l4 = dl_mse(q, dl_leaf(tape, t));
    return dl_add_n(l1, dl_scale(l2, lambda), dl_scale(l3, lambda), l4);
}

static double step_tape(void)
{
    dl_tape_reset(tape);
    dl_val p[4] = { dl_leaf(tape, w1), dl_leaf(tape, b1), dl_leaf(tape, w2), dl_leaf(tape, b2) };
    dl_val y[5];
    y[4] = loss(p);
    dl_grad(y[4], p, 4, y);
    dl_eval(tape, y, 5);
    memcpy(gradient.w1, dl_data(y[0]), sizeof gradient.w1);
    memcpy(gradient.b1, dl_data(y[1]), sizeof gradient.b1);
    memcpy(gradient.w2, dl_data(y[2]), sizeof gradient.w2);
    memcpy(gradient.b2, dl_data(y[3]), sizeof gradient.b2);
    return checksum((float)dl_item(y[4]));
}

/* Only what a step records: to tell recording from running. */
static double step_record(void)
{
    dl_tape_reset(tape);
    dl_val p[4] = { dl_leaf(tape, w1), dl_leaf(tape, b1), dl_leaf(tape, w2), dl_leaf(tape, b2) };
    dl_val g[4];
    dl_grad(loss(p), p, 4, g);
    return 0;
}

static const bench_system systems[] = {
    { "hand", "strict", begin_hand, step_hand, NULL, 1 },
    { "dltape", "define-by-run", begin_tape, step_tape, end_tape, 1 },
    { "dltape", "by key", begin_lookup, step_tape, end_tape, 1 },
    { "dltape", "recording only", begin_tape, step_record, end_tape, 1 },
};

const bench_workload bench_w1 = {
    "W1", "the reference loss 4-4-4 x 10, loss and all gradients, f32", "us per step", 1e6, 1e-4,
    systems, sizeof systems / sizeof *systems,
};
