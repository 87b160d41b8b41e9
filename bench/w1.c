/* w1.c: W1, the reference loss of 4-4-4 with 10 columns, loss and all gradients, f32. */
#include "w1.h"
#include "bench.h"

#include "dltape.h"

#include <string.h>

static w1_params params, gradient;
static w1_data data;
static const float lambda = 1;

/* One tape and its arrays for each system. */
typedef struct recorder {
    dl_tape *tape;
    dl_array *x, *t, *w1, *b1, *w2, *b2;
} recorder;
static recorder define_by_run, by_key;

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

static void begin_hand(void) { w1_make(&params, &data); }

static double step_hand(double *seconds)
{
    (void)seconds;
    float loss = w1_by_hand(&params, &data, lambda, &gradient);
    return checksum(loss);
}

static void begin(recorder *r, unsigned disabled)
{
    w1_make(&params, &data);
    *r = (recorder){
        .tape = dl_tape_new(),
        .x = dl_array_wrap(data.x, DL_F32, NULL, DL_DIMS(W1_N, W1_T)),
        .t = dl_array_wrap(data.t, DL_F32, NULL, DL_DIMS(W1_N, W1_T)),
        .w1 = dl_array_wrap(params.w1, DL_F32, NULL, DL_DIMS(W1_N, W1_N)),
        .b1 = dl_array_wrap(params.b1, DL_F32, NULL, DL_DIMS(W1_N, 1)),
        .w2 = dl_array_wrap(params.w2, DL_F32, NULL, DL_DIMS(W1_N, W1_N)),
        .b2 = dl_array_wrap(params.b2, DL_F32, NULL, DL_DIMS(W1_N, 1)),
    };
    dl_tape_disable(r->tape, disabled);
}

static void end(recorder *r)
{
    dl_array *const arrays[] = { r->x, r->t, r->w1, r->b1, r->w2, r->b2 };
    for (int i = 0; i < 6; i++) dl_array_free(arrays[i]);
    dl_tape_free(r->tape);
}

/* y: the gradients of w1, b1, w2, b2, and the loss. */
static void record(const recorder *r, dl_val y[5])
{
    dl_tape_reset(r->tape);
    dl_val w1 = dl_leaf(r->tape, r->w1), b1 = dl_leaf(r->tape, r->b1);
    dl_val w2 = dl_leaf(r->tape, r->w2), b2 = dl_leaf(r->tape, r->b2);
    dl_val h = dl_add(dl_matmul(w1, dl_leaf(r->tape, r->x)), b1);
    dl_val q = dl_add(dl_matmul(w2, h), b2);
    dl_val cov_h = dl_cov(dl_transpose(h)), cov_q = dl_cov(dl_transpose(q));
    dl_val eye = dl_eye_like(cov_h);
    dl_val ortho = dl_norm_fro(dl_sub(dl_matmul(w1, dl_transpose(w1)), eye));
    dl_val l1 = dl_norm_fro(dl_sub(dl_scale(cov_h, lambda), eye));
    dl_val l2 = dl_norm_fro(dl_add(dl_scale(h, 0.25), dl_scale(ortho, lambda)));
    dl_val l3 = dl_norm_fro(dl_sub(cov_q, eye));
    dl_val l4 = dl_mse(q, dl_leaf(r->tape, r->t));
    y[4] = dl_add_n(l1, dl_scale(l2, lambda), dl_scale(l3, lambda), l4);
    dl_grad(y[4], DL_VALS(w1, b1, w2, b2), y);
}

static double step(const recorder *r)
{
    dl_val y[5];
    record(r, y);
    dl_eval(r->tape, y, 5);
    memcpy(gradient.w1, dl_data(y[0]), sizeof gradient.w1);
    memcpy(gradient.b1, dl_data(y[1]), sizeof gradient.b1);
    memcpy(gradient.w2, dl_data(y[2]), sizeof gradient.w2);
    memcpy(gradient.b2, dl_data(y[3]), sizeof gradient.b2);
    return checksum((float)dl_item(y[4]));
}

static void begin_define_by_run(void) { begin(&define_by_run, 0); }
static void begin_by_key(void) { begin(&by_key, DL_FOLLOW); }
static void end_define_by_run(void) { end(&define_by_run); }
static void end_by_key(void) { end(&by_key); }
static double step_define_by_run(double *seconds) { return (void)seconds, step(&define_by_run); }
static double step_by_key(double *seconds) { return (void)seconds, step(&by_key); }

static const bench_system systems[] = {
    { "hand", "strict", begin_hand, step_hand, NULL },
    { "dltape", "define-by-run", begin_define_by_run, step_define_by_run, end_define_by_run },
    { "dltape", "define-by-run, by key", begin_by_key, step_by_key, end_by_key },
};

const bench_workload bench_w1 = {
    "W1",       "the reference loss 4-4-4 x 10 columns, loss and all gradients, f32",
    "per step", 1,
    1e-4,       500,
    systems,    sizeof systems / sizeof *systems,
};
