/* recurrent.c: recurrent layers, composed of ops and unrolled in time. The products with x are one
 * product for all steps. */
#include "support.h"

typedef struct state {
    dl_val h, c;
} state;

/* A layer: how many gates, whether it has a cell state, and one step of n hidden units; z is w x +
 * b. */
typedef struct layer {
    const char *name;
    int gates;
    bool cell;
    state (*step)(dl_val z, dl_val r, state s, int64_t n);
} layer;

static dl_val gate(dl_val z, int k, int64_t n) { return dl_slice(z, "0", k * n, (k + 1) * n); }

static state rnn_step(dl_val z, dl_val r, state s, int64_t n)
{
    (void)n;
    return (state){ dl_tanh(dl_add(z, dl_matmul(r, s.h))), s.c };
}

/* Reset, update, candidate. */
static state gru_step(dl_val z, dl_val r, state s, int64_t n)
{
    dl_val a = dl_matmul(r, s.h), both = dl_slice(dl_add(z, a), "0", 0, 2 * n);
    dl_val reset = dl_sigmoid(gate(both, 0, n)), keep = dl_sigmoid(gate(both, 1, n));
    dl_val candidate = dl_tanh(dl_add(gate(z, 2, n), dl_mul(reset, gate(a, 2, n))));
    return (state){ dl_add(candidate, dl_mul(keep, dl_sub(s.h, candidate))), s.c };
}

/* Input, forget, cell, output. */
static state lstm_step(dl_val z, dl_val r, state s, int64_t n)
{
    dl_val a = dl_add(z, dl_matmul(r, s.h));
    dl_val take = dl_sigmoid(gate(a, 0, n)), keep = dl_sigmoid(gate(a, 1, n));
    dl_val c = dl_add(dl_mul(keep, s.c), dl_mul(take, dl_tanh(gate(a, 2, n))));
    return (state){ dl_mul(dl_sigmoid(gate(a, 3, n)), dl_tanh(c)), c };
}

static const layer rnn = { "rnn", 1, false, rnn_step }, gru = { "gru", 3, false, gru_step },
                   lstm = { "lstm", 4, true, lstm_step };

/* The n parts of `width` columns each, by halves: a gradient is then padded log2(n) times only. */
static void split(dl_val z, int64_t width, int64_t n, dl_val *to)
{
    if (n == 0) return;
    if (n == 1) {
        *to = z;
        return;
    }
    int64_t half = n / 2;
    split(dl_slice(z, "1", 0, half * width), width, half, to);
    split(dl_slice(z, "1", half * width, n * width), width, n - half, to + half);
}

typedef struct sizes {
    int64_t inputs, hidden, batch, steps;
} sizes;

static bool shaped(dl_val v, int64_t rows, int64_t cols)
{
    const dl_shape *s = dl_shape_of(v);
    return s->rank >= 1 && s->rank <= 2 && s->dim[0] == rows && dl__dim(s, 1) == cols;
}

static bool wrong(const layer *l, dl_val v, const char *what, int64_t rows, int64_t cols)
{
    char text[DL_SHAPE_TEXT];
    if (shaped(v, rows, cols)) return false;
    dl_fail(v.tape, DL_ESHAPE, l->name, "%s %s, wanted (%lld,%lld)", what,
            dl_shape_text(dl_shape_of(v), text, sizeof text), (long long)rows, (long long)cols);
    return true;
}

/* The sizes, after all operands have been found to have them. in: x, h, w, r, b and c. */
static bool measure(const layer *l, const dl_val *in, sizes *n)
{
    char text[DL_SHAPE_TEXT];
    const dl_shape *x = dl_shape_of(in[0]);
    if (strcmp(x->labels, "CBT") != 0)
        return dl_fail(in[0].tape, DL_ELABEL, l->name, "x %s: wanted labels CBT",
                       dl_shape_text(x, text, sizeof text)),
               false;
    int64_t rows = dl_rank(in[2]) ? dl_size(in[2], 0) : 0;
    *n = (sizes){ x->dim[0], rows / l->gates, x->dim[1], x->dim[2] };
    rows = n->hidden * l->gates;
    return !(wrong(l, in[2], "weights", rows, n->inputs)
             || wrong(l, in[3], "recurrent weights", rows, n->hidden)
             || wrong(l, in[4], "bias", rows, 1)
             || wrong(l, in[1], "hidden state", n->hidden, n->batch)
             || (l->cell && wrong(l, in[5], "cell state", n->hidden, n->batch)));
}

static dl_val labelled(dl_val h, const sizes *n)
{
    return dl_label(dl_reshape(h, DL_DIMS(n->hidden, n->batch)), "CB");
}

static dl_status unroll(const layer *l, dl_val *in, dl_val *y, dl_val *h, dl_val *c)
{
    sizes n;
    int operands = l->cell ? 6 : 5;
    dl_tape *t = dl_any_tape(in, operands);
    dl_val *const out[] = { y, h, c };
    for (int i = 0; i < 3; i++)
        if (out[i]) *out[i] = dl_none(t);
    if (!dl__operands(l->name, in, operands) || !measure(l, in, &n)) return dl_tape_status(t);
    dl_val *list = dl_work_list(t, 2 * n.steps + 1);
    if (!list) return dl_fail(t, DL_ENOMEM, l->name, "out of memory"), dl_tape_status(t);
    dl_val *z = list + n.steps;
    for (int i = 1; i < operands; i++) in[i] = dl_stripdims(in[i]);
    const int64_t order[] = { 0, 2, 1 };
    dl_val x = dl_permute(dl_stripdims(in[0]), 3, order);
    dl_val all = dl_matmul(in[2], dl_reshape(x, DL_DIMS(n.inputs, n.steps * n.batch)));
    all = dl_add(all, dl_reshape(in[4], DL_DIMS(n.hidden * l->gates, 1)));
    split(all, n.batch, n.steps, z);
    state s = { dl_reshape(in[1], DL_DIMS(n.hidden, n.batch)), in[1] };
    if (l->cell) s.c = dl_reshape(in[5], DL_DIMS(n.hidden, n.batch));
    for (int64_t k = 0; k < n.steps; k++) {
        s = l->step(z[k], in[3], s, n.hidden);
        list[k] = s.h;
    }
    dl_val joined = n.steps ? dl_cat(list, (int)n.steps, "0")
                            : dl_zeros(t, dl_dtype_of(in[0]), DL_DIMS(0, n.batch));
    if (y) *y = dl_label(dl_reshape(joined, DL_DIMS(n.steps, n.hidden, n.batch)), "TCB");
    if (h) *h = labelled(s.h, &n);
    if (c && l->cell) *c = labelled(s.c, &n);
    return dl_finish(t);
}

dl_status dl_rnn(dl_val x, dl_val h0, dl_val w, dl_val r, dl_val b, dl_val *y, dl_val *h)
{
    return unroll(&rnn, (dl_val[]){ x, h0, w, r, b }, y, h, NULL);
}

dl_status dl_gru(dl_val x, dl_val h0, dl_val w, dl_val r, dl_val b, dl_val *y, dl_val *h)
{
    return unroll(&gru, (dl_val[]){ x, h0, w, r, b }, y, h, NULL);
}

dl_status dl_lstm(dl_val x, dl_val h0, dl_val c0, dl_val w, dl_val r, dl_val b, dl_val *y,
                  dl_val *h, dl_val *c)
{
    return unroll(&lstm, (dl_val[]){ x, h0, w, r, b, c0 }, y, h, c);
}
