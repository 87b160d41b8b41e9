/* binary.c: elementwise ops of two operands with broadcasting; the formulas are in binary_rows.h.
 */
#include "binary_op.h"
#include "binary_rows.h"

#include <math.h>

/* Labels have been matched by dl__align: here axes are matched by position. */
static void binary_infer(dl_infer *c)
{
    if (!dl__computing(c)) return;
    if (c->in[0] == c->in[1]) c->same = 0;
    else dl__broadcast(c);
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
static dl_val smaller(dl_val a, dl_val b);
static dl_val floors(dl_val a, dl_val b);
static dl_val fixes(dl_val a, dl_val b);
static dl_val angle_slope(dl_val a, dl_val b);
static dl_val sign_bit(dl_val x);

static void rewrite(dl_rewrite *w);

#define BROADCAST(NAME, VALUE, VJP_A, VJP_B)                                    \
    DEFINE_BINARY(NAME, #VALUE, VJP_A, VJP_B, .shapes = "any any -> broadcast", \
                  .infer = binary_infer, .rewrite = rewrite)

BINARY(BROADCAST)

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

static const dl_op *const rows[] = { BINARY(BINARY_ADDRESS) NULL };
const dl_family dl__binary_family = { "binary", rows };

dl_val dl_add(dl_val a, dl_val b) { return apply(&add_op, a, b); }
dl_val dl_sub(dl_val a, dl_val b) { return apply(&sub_op, a, b); }
dl_val dl_mul(dl_val a, dl_val b) { return apply(&mul_op, a, b); }
dl_val dl_div(dl_val a, dl_val b) { return apply(&div_op, a, b); }
dl_val dl_power(dl_val a, dl_val b) { return apply(&power_op, a, b); }
dl_val dl_max(dl_val a, dl_val b) { return apply(&max_op, a, b); }
dl_val dl_min(dl_val a, dl_val b) { return apply(&min_op, a, b); }
dl_val dl_atan2(dl_val y, dl_val x) { return apply(&atan2_op, y, x); }
dl_val dl_hypot(dl_val a, dl_val b) { return apply(&hypot_op, a, b); }
dl_val dl_mod(dl_val a, dl_val b) { return apply(&mod_op, a, b); }
dl_val dl_rem(dl_val a, dl_val b) { return apply(&rem_op, a, b); }
dl_val dl_copysign(dl_val a, dl_val b) { return apply(&copysign_op, a, b); }
dl_val dl__gate(dl_val g, dl_val x) { return apply(&gate_op, g, x); }
dl_val dl__div_or_zero(dl_val a, dl_val b) { return apply(&div_or_zero_op, a, b); }
static dl_val mul_or_zero(dl_val a, dl_val b) { return apply(&mul_or_zero_op, a, b); }
static dl_val power_slope(dl_val a, dl_val b) { return apply(&power_slope_op, a, b); }
static dl_val power_log(dl_val a, dl_val b) { return apply(&power_log_op, a, b); }
static dl_val larger(dl_val a, dl_val b) { return apply(&larger_op, a, b); }
static dl_val smaller(dl_val a, dl_val b) { return apply(&smaller_op, a, b); }
static dl_val floors(dl_val a, dl_val b) { return apply(&floors_op, a, b); }
static dl_val fixes(dl_val a, dl_val b) { return apply(&fixes_op, a, b); }

/* a / (a^2 + b^2), 0 at the origin, without overflow of a square. */
static dl_val angle_slope(dl_val a, dl_val b)
{
    dl_val h = dl_hypot(a, b);
    return dl__div_or_zero(dl__div_or_zero(a, h), h);
}

/* 1, or -1 where the sign bit of x is set. */
static dl_val sign_bit(dl_val x) { return dl_copysign(dl_constant(x.tape, dl_dtype_of(x), 1), x); }

/* With a number that may change without a new plan. */
static dl_val with_number(const dl_op *op, const char *name, dl_val x, double s)
{
    return dl_apply(op, NULL, x, dl_scalar_like(name, x, s));
}

dl_val dl_scale(dl_val x, double s) { return with_number(&mul_op, "scale", x, s); }
dl_val dl_shift(dl_val x, double s) { return with_number(&add_op, "shift", x, s); }
dl_val dl_power_scalar(dl_val x, double p) { return with_number(&power_op, "power_scalar", x, p); }
dl_val dl_max_scalar(dl_val x, double s) { return with_number(&max_op, "max_scalar", x, s); }
dl_val dl_min_scalar(dl_val x, double s) { return with_number(&min_op, "min_scalar", x, s); }

dl_val dl_fma(dl_val a, dl_val b, dl_val c) { return dl_add(dl_mul(a, b), c); }
dl_val dl_lerp(dl_val a, dl_val b, dl_val t) { return dl_add(a, dl_mul(t, dl_sub(b, a))); }

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
