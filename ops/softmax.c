/* softmax.c: logsumexp, softmax, log_softmax over axes. */
#include "span.h"

static dl_val softmax_vjp(const dl_node *y, int i, dl_val g);
static dl_val logsumexp_vjp(const dl_node *y, int i, dl_val g);
static dl_val log_softmax_vjp(const dl_node *y, int i, dl_val g);

SPAN_ROW(softmax, 1, SPAN_SAME, dl__span_same_infer, 1)
SPAN_ROW(logsumexp, 1, SPAN_REDUCED, dl__span_reduced_infer, 1)
SPAN_ROW(log_softmax, 1, SPAN_SAME, dl__span_same_infer, 1)

static dl_val softmax_vjp(const dl_node *node, int i, dl_val g)
{
    dl_val y = dl_out(node);
    (void)i;
    return dl_mul(y, dl_sub(g, dl__span_sum(node, dl_mul(g, y))));
}

static dl_val logsumexp_vjp(const dl_node *node, int i, dl_val g)
{
    dl_val x = dl_in(node, i);
    return dl_mul(g, dl__span_again(node, &softmax_op, 1, &x));
}

static dl_val log_softmax_vjp(const dl_node *node, int i, dl_val g)
{
    (void)i;
    return dl_sub(g, dl_mul(dl_exp(dl_out(node)), dl__span_sum(node, g)));
}

dl_val dl_logsumexp(dl_val x, const char *axes)
{
    dl_span s;
    if (!dl__span_begin(&s, "logsumexp", x, axes, 0)) return dl_none(x.tape);
    return dl__span_reduced(&s, dl__span_apply(&s, &logsumexp_op, 0, &s.x));
}

static dl_val same(const dl_op *op, dl_val x, const char *axes)
{
    dl_span s;
    if (!dl__span_begin(&s, op->name, x, axes, 0)) return dl_none(x.tape);
    return dl__span_like(&s, dl__span_apply(&s, op, 0, &s.x));
}

dl_val dl_softmax(dl_val x, const char *axes) { return same(&softmax_op, x, axes); }
dl_val dl_log_softmax(dl_val x, const char *axes) { return same(&log_softmax_op, x, axes); }

static const dl_op *const rows[] = { &logsumexp_op, &softmax_op, &log_softmax_op, NULL };
const dl_family dl__softmax_family = { "softmax", rows };
