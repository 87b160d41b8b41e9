/* recurrent_cases.c: recurrent layers, one case for each result, and averages over windows. */
#include "driver.h"

/* Four inputs, so the rest is cut out of them: in is x, h0, weights (w beside r beside b). */
static dl_val part(dl_val w, int64_t begin, int64_t end) { return dl_slice(w, "1", begin, end); }

static dl_val build(const dl_val *in, const char *arg, bool cell, int gates)
{
    dl_val out[3], w = in[2];
    int64_t c = dl_size(in[0], 0), h = dl_size(in[1], 0);
    dl_val wx = part(w, 0, c), r = part(w, c, c + h), b = part(w, c + h, c + h + 1);
    if (cell) dl_lstm(in[0], in[1], in[3], wx, r, b, &out[0], &out[1], &out[2]);
    else (gates == 1 ? dl_rnn : dl_gru)(in[0], in[1], wx, r, b, &out[0], &out[1]);
    return out[*arg - '0'];
}

static dl_val build_rnn(dl_tape *t, const dl_val *in, const char *arg)
{
    return build(in, arg, false, 1);
}
static dl_val build_gru(dl_tape *t, const dl_val *in, const char *arg)
{
    return build(in, arg, false, 3);
}
static dl_val build_lstm(dl_tape *t, const dl_val *in, const char *arg)
{
    return build(in, arg, true, 4);
}

/* ---- the reference: one observation, one unit at a time -------------------------------------- */

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

typedef struct cellular {
    const op_case *c;
    const double *const *x;
    int64_t C, B, T, H, gates;
} cellular;

static cellular cellular_of(const op_case *c, const double *const *x, int64_t gates)
{
    int64_t d[DL_MAX_RANK], h[DL_MAX_RANK];
    op_sizes(c->in[0].dims, d);
    op_sizes(c->in[1].dims, h);
    return (cellular){ c, x, d[0], d[1], d[2], h[0], gates };
}

/* Row i of w x, of r h and of b. */
static void row(const cellular *n, int64_t i, int64_t b, int64_t t, const double *h, double *wx,
                double *rh)
{
    const double *w = n->x[2] + i * (n->C + n->H + 1);
    *wx = w[n->C + n->H], *rh = 0;
    for (int64_t k = 0; k < n->C; k++) *wx += w[k] * n->x[0][(k * n->B + b) * n->T + t];
    for (int64_t k = 0; k < n->H; k++) *rh += w[n->C + k] * h[k];
}

static void unit(const cellular *n, int64_t u, int64_t b, int64_t t, const double *h, double *to,
                 double *cell)
{
    double wx[4], rh[4], a[4];
    for (int64_t k = 0; k < n->gates; k++) {
        row(n, k * n->H + u, b, t, h, &wx[k], &rh[k]);
        a[k] = wx[k] + rh[k];
    }
    if (n->gates == 1) *to = tanh(a[0]);
    else if (n->gates == 3) {
        double z = sigmoid(a[1]);
        *to = (1 - z) * tanh(wx[2] + sigmoid(a[0]) * rh[2]) + z * h[u];
    } else {
        *cell = sigmoid(a[1]) * *cell + sigmoid(a[0]) * tanh(a[2]);
        *to = sigmoid(a[3]) * tanh(*cell);
    }
}

static void recur(const cellular *n, double *y)
{
    for (int64_t b = 0; b < n->B; b++) {
        double h[8] = { 0 }, next[8] = { 0 }, cell[8] = { 0 };
        for (int64_t u = 0; u < n->H; u++) {
            h[u] = n->x[1][u * n->B + b];
            if (n->gates == 4) cell[u] = n->x[3][u * n->B + b];
        }
        for (int64_t t = 0; t < n->T; t++) {
            for (int64_t u = 0; u < n->H; u++) unit(n, u, b, t, h, &next[u], &cell[u]);
            memcpy(h, next, sizeof h);
            for (int64_t u = 0; u < n->H; u++)
                if (*n->c->arg == '0') y[(u * n->B + b) * n->T + t] = h[u];
        }
        for (int64_t u = 0; u < n->H; u++)
            if (*n->c->arg != '0') y[u * n->B + b] = *n->c->arg == '1' ? h[u] : cell[u];
    }
}

#define REFERENCE(NAME, GATES)                                                        \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        cellular n = cellular_of(c, x, GATES);                                        \
        recur(&n, y);                                                                 \
    }
REFERENCE(rnn, 1)
REFERENCE(gru, 3)
REFERENCE(lstm, 4)

/* ---- averages over windows ------------------------------------------------------------------- */

static dl_val build_avgpool(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_conv_options o = { .stride = { 2, 1, 1 }, .before = { 1 } };
    return dl_avgpool(in[0], (const int64_t[]){ 3, 2, 1 }, o);
}
static dl_val build_global_avgpool(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_global_avgpool(in[0]);
}

/* Windows of 3 by 2, strides 2 and 1, a row of zeros before. */
static void avgpool_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t from[DL_MAX_RANK], to[DL_MAX_RANK], rest = 1;
    for (int k = op_sizes(c->in[0].dims, from); k-- > 2;) rest *= from[k];
    op_sizes(c->dims, to);
    for (int64_t i = 0; i < to[0] * to[1] * rest; i++) {
        int64_t r0 = i / rest / to[1] * 2 - 1, c0 = i / rest % to[1];
        y[i] = 0;
        for (int64_t k = 0; k < 6; k++) {
            int64_t r = r0 + k / 2, q = c0 + k % 2;
            if (r >= 0 && r < from[0]) y[i] += x[0][(r * from[1] + q) * rest + i % rest] / 6;
        }
    }
}

static void global_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t d[DL_MAX_RANK], rest = 1;
    for (int k = op_sizes(c->in[0].dims, d); k-- > 2;) rest *= d[k];
    for (int64_t i = 0; i < rest; i++) {
        y[i] = 0;
        for (int64_t k = 0; k < d[0] * d[1]; k++)
            y[i] += x[0][k * rest + i] / (double)(d[0] * d[1]);
    }
}

static dl_val build_maxpool(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_conv_options o = { .stride = { 2, 1, 1 }, .before = { 1 } };
    return dl_maxpool(in[0], (const int64_t[]){ 3, 2, 1 }, o);
}
/* Twice what pooling took, back in its place. */
static dl_val build_maxunpool(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val y, index;
    dl_conv_options o = { .stride = { 2, 1, 1 }, .before = { 1 } };
    dl_maxpool_indices(in[0], (const int64_t[]){ 3, 2, 1 }, o, &y, &index);
    return dl_maxunpool(dl_square(y), index, in[0]);
}

static void maxima(const op_case *c, const double *x, double *y, bool back)
{
    int64_t from[DL_MAX_RANK], rest = 1;
    for (int k = op_sizes(c->in[0].dims, from); k-- > 2;) rest *= from[k];
    int64_t rows = (from[0] - 2) / 2 + 1, cols = from[1] - 1;
    for (int64_t i = 0; back && i < from[0] * from[1] * rest; i++) y[i] = 0;
    for (int64_t i = 0; i < rows * cols * rest; i++) {
        int64_t r0 = i / rest / cols * 2 - 1, c0 = i / rest % cols, best = -1;
        for (int64_t k = 0; k < 6; k++) {
            int64_t r = r0 + k / 2, at = (r * from[1] + c0 + k % 2) * rest + i % rest;
            if (r >= 0 && r < from[0] && (best < 0 || x[at] > x[best])) best = at;
        }
        if (back) y[best] += x[best] * x[best];
        else y[i] = x[best];
    }
}
static void maxpool_reference(const op_case *c, const double *const *x, double *y)
{
    maxima(c, x[0], y, false);
}
static void maxunpool_reference(const op_case *c, const double *const *x, double *y)
{
    maxima(c, x[0], y, true);
}

#define RECURRENT(NAME, CASE, RESULT, X, H, W, Y, L)                                             \
    OP_CASE(#NAME, CASE, build_##NAME,                                                           \
            (OP_X(X, "CBT", op_mixed), OP_X(H, "CB", op_other), OP_X(W, "", op_positive)), Y, L, \
            .reference = NAME##_reference, .arg = RESULT, .flags = OP_COMPOSED | OP_FIXED)
#define LSTM(CASE, RESULT, X, H, W, Y, L)                                                 \
    OP_CASE("lstm", CASE, build_lstm,                                                     \
            (OP_X(X, "CBT", op_mixed), OP_X(H, "CB", op_other), OP_X(W, "", op_positive), \
             OP_X(H, "CB", op_mixed)),                                                    \
            Y, L, .reference = lstm_reference, .arg = RESULT, .flags = OP_COMPOSED | OP_FIXED)

static const op_case cases[] = {
    RECURRENT(rnn, "outputs", "0", "235", "33", "36", "335", "CBT"),
    RECURRENT(rnn, "hidden state", "1", "234", "33", "36", "33", "CB"),
    RECURRENT(gru, "outputs", "0", "233", "23", "65", "233", "CBT"),
    RECURRENT(gru, "hidden state", "1", "214", "21", "65", "21", "CB"),
    LSTM("outputs", "0", "133", "23", "84", "233", "CBT"),
    LSTM("hidden state", "1", "132", "23", "84", "23", "CB"),
    LSTM("cell state", "2", "132", "23", "84", "23", "CB"),
    OP_CASE("avgpool", "two axes", build_avgpool, (OP_X("4321", "SSCB", op_mixed)), "2221", "SSCB",
            .reference = avgpool_reference, .flags = OP_COMPOSED | OP_FIXED),
    OP_CASE("maxpool", "two axes", build_maxpool, (OP_X("4321", "SSCB", op_mixed)), "2221", "SSCB",
            .reference = maxpool_reference, .flags = OP_COMPOSED | OP_FIXED),
    OP_CASE("maxunpool", "two axes", build_maxunpool, (OP_X("4321", "SSCB", op_mixed)), "4321",
            "SSCB", .reference = maxunpool_reference, .flags = OP_COMPOSED | OP_FIXED),
    OP_CASE("global_avgpool", "two axes", build_global_avgpool, (OP_X("3222", "SSCB", op_mixed)),
            "1122", "SSCB", .reference = global_reference, .flags = OP_COMPOSED | OP_FIXED),
};
const op_table op_recurrent = OP_TABLE(cases);
OP_TESTS(recurrent)

TEST(recurrent, bad_calls_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("rnn", build_rnn, "0",
               (OP_X("234", "", NULL), OP_X("33", "", NULL), OP_X("36", "", NULL)), DL_ELABEL,
               "x (2,3,4): wanted labels CBT"),
        OP_BAD("gru", build_gru, "0",
               (OP_X("234", "CBT", NULL), OP_X("33", "", NULL), OP_X("66", "", NULL)), DL_ESHAPE,
               "recurrent weights (6,3), wanted (6,2)"),
        OP_BAD("lstm", build_lstm, "0",
               (OP_X("234", "CBT", NULL), OP_X("23", "", NULL), OP_X("85", "", NULL),
                OP_X("24", "", NULL)),
               DL_ESHAPE, "cell state (2,4), wanted (2,3)"),
        OP_BAD("global_avgpool", build_global_avgpool, NULL, (OP_X("34", "", NULL)), DL_ELABEL,
               "x (3,4): wanted axes S"),
        OP_BAD("avgpool", build_avgpool, NULL, (OP_X("34", "CB", NULL)), DL_ELABEL,
               "wanted one to three axes S"),
    };
    OP_REJECTS(bad);
}

TEST(recurrent, no_steps_give_no_outputs_and_keep_the_state)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, "CBT", DL_DIMS(2, 3, 0));
    dl_val y, h, c, h0 = dl_full(t, DL_F64, 2, DL_DIMS(4, 3)), g;
    dl_lstm(dl_leaf(t, a), h0, h0, dl_ones(t, DL_F64, DL_DIMS(16, 2)),
            dl_ones(t, DL_F64, DL_DIMS(16, 4)), dl_ones(t, DL_F64, DL_DIMS(16)), &y, &h, &c);
    CHECK_INT(dl_numel(y), 0);
    CHECK_STR(dl_dims(y), "CBT");
    dl_grad(dl_add(dl_sum(h, "all"), dl_sum(y, "all")), &h0, 1, &g);
    CHECK_CLOSE(dl_item(dl_sum(h, "all")), 24, 0);
    CHECK_CLOSE(dl_item(dl_sum(g, "all")), 12, 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
}
