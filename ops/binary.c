/* binary.c: elementwise ops of two operands with broadcasting; the formulas are in binary_rows.h.
 */
#include "support.h"
#include "binary_rows.h"

#include <math.h>

/* Labels have been matched by dl__align: here axes are matched by position. */
static void binary_infer(dl_infer *c)
{
    const dl_shape *a = c->in[0], *b = c->in[1];
    if (!dl__computing(c)) return;
    if (a == b) {
        c->same = 0;
        return;
    }
    const dl_shape *labelled = a->labels[0] ? a : b->labels[0] ? b : NULL;
    c->out.dtype = a->dtype;
    c->out.rank = a->rank > b->rank ? a->rank : b->rank;
    for (int i = 0; i < c->out.rank; i++) {
        int64_t m = dl__dim(a, i), n = dl__dim(b, i);
        if (m != n && m != 1 && n != 1) {
            dl_reject(c, DL_ESHAPE, "sizes %lld and %lld of axis %d neither match nor are 1",
                      (long long)m, (long long)n, i);
            return;
        }
        c->out.dim[i] = m == 1 ? n : m;
    }
    if (!labelled) return;
    if (labelled->rank < c->out.rank) {
        dl_reject(c, DL_ELABEL, "the operand without labels has more axes than the labelled one");
        return;
    }
    memcpy(c->out.labels, labelled->labels, sizeof c->out.labels);
}

static dl_val apply(const dl_op *op, dl_val a, dl_val b)
{
    dl_val y;
    if (dl_repeats(op, a, b, &y)) return y;
    if (!dl__align(op->name, &a, &b)) return dl_none(a.tape);
    return dl_apply(op, NULL, a, b);
}

static dl_val mul_or_zero(dl_val a, dl_val b);
static dl_val power_slope(dl_val a, dl_val b);
static dl_val power_log(dl_val a, dl_val b);
static dl_val larger(dl_val a, dl_val b);

static void rewrite(dl_rewrite *w);

#define DEFINE(NAME, VALUE, VJP_A, VJP_B)                                \
    DL_DECLARE_STRIPS(dl__##NAME);                                       \
    static dl_val NAME##_vjp(const dl_node *node, int i, dl_val g)       \
    {                                                                    \
        dl_val a = dl_in(node, 0), b = dl_in(node, 1), y = dl_out(node); \
        (void)a, (void)b, (void)y;                                       \
        return i == 0 ? VJP_A : VJP_B;                                   \
    }                                                                    \
    static const dl_op NAME##_op = {                                     \
        .name = #NAME,                                                   \
        .nin = 2,                                                        \
        .flags = DL_STRIDED,                                             \
        .shapes = "any any -> broadcast",                                \
        .infer = binary_infer,                                           \
        .strip = DL_KERNELS(dl__##NAME),                                 \
        .formula = #VALUE,                                               \
        .rewrite = rewrite,                                              \
        .vjp = NAME##_vjp,                                               \
    };

BINARY(DEFINE)

/* ---- rewrites -------------------------------------------------------------------------------- */

/* One number everywhere; the product has the other operand's sizes. */
static bool constant_operand(const dl_rewrite *w, const dl_term *x, double *number, int *which)
{
    for (*which = 0; *which < 2; ++*which)
        if (dl__same_dims(dl_term_of(w, x->in[1 - *which]).shape, x->shape)
            && dl_term_constant(w, x->in[*which], number))
            return true;
    return false;
}

/* Far from where a product would overflow or lose digits. */
static bool moderate(double x) { return fabs(x) < 0x1p32 && fabs(x) > 0x1p-32; }

/* x 1 is x. (x c) d is x (c d), with one rounding less, unless every bit counts. */
static void mul_rewrite(dl_rewrite *w)
{
    double outer, inner;
    int i, k;
    if (!constant_operand(w, &w->node, &outer, &i)) return;
    dl_term x = dl_term_of(w, w->node.in[1 - i]);
    if (outer == 1) w->same = w->node.in[1 - i];
    if (outer == 1 || w->strict || x.op != w->node.op || x.uses > 1) return;
    if (!constant_operand(w, &x, &inner, &k) || !moderate(outer) || !moderate(inner)) return;
    w->node.in[1 - i] = x.in[1 - k];
    w->node.in[i] = dl_term_number(w, outer * inner);
}

static void rewrite(dl_rewrite *w)
{
    if (w->node.op == &mul_op) mul_rewrite(w);
    if (w->node.op == &sub_op) dl__subtracts_mean(w);
}

bool dl__is_square(const dl_term *x)
{
    return dl__is_square_op(x->op) || (x->op == &mul_op && x->in[0] == x->in[1]);
}

#define ROW_ADDRESS(NAME, VALUE, VJP_A, VJP_B) &NAME##_op,
static const dl_op *const rows[] = { BINARY(ROW_ADDRESS) NULL };
const dl_family dl__binary_family = { "binary", rows };

dl_val dl_add(dl_val a, dl_val b) { return apply(&add_op, a, b); }
dl_val dl_sub(dl_val a, dl_val b) { return apply(&sub_op, a, b); }
dl_val dl_mul(dl_val a, dl_val b) { return apply(&mul_op, a, b); }
dl_val dl_div(dl_val a, dl_val b) { return apply(&div_op, a, b); }
dl_val dl_power(dl_val a, dl_val b) { return apply(&power_op, a, b); }
dl_val dl_max(dl_val a, dl_val b) { return apply(&max_op, a, b); }
dl_val dl_min(dl_val a, dl_val b) { return apply(&min_op, a, b); }
dl_val dl__gate(dl_val g, dl_val x) { return apply(&gate_op, g, x); }
dl_val dl__div_or_zero(dl_val a, dl_val b) { return apply(&div_or_zero_op, a, b); }
static dl_val mul_or_zero(dl_val a, dl_val b) { return apply(&mul_or_zero_op, a, b); }
static dl_val power_slope(dl_val a, dl_val b) { return apply(&power_slope_op, a, b); }
static dl_val power_log(dl_val a, dl_val b) { return apply(&power_log_op, a, b); }
static dl_val larger(dl_val a, dl_val b) { return apply(&larger_op, a, b); }

dl_val dl_scale(dl_val x, double s)
{
    return dl_apply(&mul_op, NULL, x, dl_scalar_like("scale", x, s));
}

dl_val dl_shift(dl_val x, double s)
{
    return dl_apply(&add_op, NULL, x, dl_scalar_like("shift", x, s));
}

dl_val dl_power_scalar(dl_val x, double p)
{
    return dl_apply(&power_op, NULL, x, dl_scalar_like("power_scalar", x, p));
}

/* The halves do not wait for each other. */
static dl_val add_halves(const dl_val *x, int n)
{
    if (n == 1) return *x;
    dl_val first = add_halves(x, n - n / 2), second = add_halves(x + n - n / 2, n / 2);
    return dl_add(first, second);
}

dl_val dl_add_list(const dl_val *x, int n)
{
    dl_tape *t = dl_any_tape(x, n);
    if (n < 1 || !x) return dl_fail(t, DL_EARG, "add_list", "no values");
    return add_halves(x, n);
}
