/* activation.c: erfc and functions of neural networks; the formulas are in activation_rows.h. Their
 * slopes stay finite for infinite x, also those of higher order. */
#include "binary_op.h"
#include "unary_op.h"
#include "activation_rows.h"

static dl_val within(dl_val x);
static dl_val tanh_softplus(dl_val x);
static dl_val normal_below(dl_val x);
static dl_val prelu_slope(dl_val a, dl_val b);
static dl_val at_most(dl_val a, dl_val b);
static dl_val not_below(dl_val a, dl_val b);

static dl_val zero(dl_val x) { return dl_constant(x.tape, dl_dtype_of(x), 0); }

/* min(x, 0), with the slope 1 at 0. */
static dl_val negative_part(dl_val x) { return at_most(x, zero(x)); }

/* 1 where a < b, else 0. */
static dl_val below(dl_val a, dl_val b) { return dl_shift(dl_neg(not_below(a, b)), 1); }

/* e^(-x^2 / 2) / (2 pi)^(1/2) */
static dl_val normal_density(dl_val x)
{
    return dl_scale(dl_exp(dl_scale(dl_square(within(x)), -0.5)), 0.39894228040143270);
}

/* s + x s (1 - s), s = sigmoid x */
static dl_val silu_slope(dl_val x)
{
    dl_val s = dl_sigmoid(x);
    return dl_add(s, dl_mul(within(x), dl__times_one_minus(s)));
}

/* t + x (1 - t^2) sigmoid x, t = tanh(softplus x) */
static dl_val mish_slope(dl_val x)
{
    dl_val t = tanh_softplus(x);
    return dl_add(t, dl_mul(within(x), dl_mul(dl__one_minus_square(t), dl_sigmoid(x))));
}

/* s + x u' s (1 - s), s = sigmoid u, u = 2 (2 / pi)^(1/2) (x + 0.044715 x^3) */
static dl_val gelu_tanh_slope(dl_val x)
{
    const double k = 1.5957691216057308, cubic = 0.044715;
    dl_val w = within(x), square = dl_square(w);
    dl_val s = dl_sigmoid(dl_mul(w, dl_shift(dl_scale(square, k * cubic), k)));
    dl_val slope = dl_shift(dl_scale(square, 3 * k * cubic), k);
    return dl_add(s, dl_mul(dl_mul(w, slope), dl__times_one_minus(s)));
}

/* (2 x + 3) / 6 within (-3, 3), 0 below and 1 above */
static dl_val hardswish_slope(dl_val x)
{
    dl_val inside = dl_shift(dl_neg(dl_abs(x)), 3);
    return dl_add(dl_hard_sigmoid(x), dl__gate(dl_scale(x, 1.0 / 6), inside));
}

ACTIVATION(DEFINE_UNARY)

/* Labels have been matched by dl__align. */
static void pair_infer(dl_infer *c)
{
    if (dl__computing(c)) dl__broadcast(c);
}

#define BROADCAST(NAME, VALUE, VJP_A, VJP_B) \
    DEFINE_BINARY(NAME, #VALUE, VJP_A, VJP_B, .shapes = "any any -> broadcast", .infer = pair_infer)

ACTIVATION_BINARY(BROADCAST)

static const dl_op *const rows[] = { ACTIVATION(UNARY_ADDRESS) ACTIVATION_BINARY(BINARY_ADDRESS)
                                         NULL };
const dl_family dl__activation_family = { "activation", rows };

static dl_val within(dl_val x) { return dl_apply(&within_op, NULL, x); }
static dl_val tanh_softplus(dl_val x) { return dl_apply(&tanh_softplus_op, NULL, x); }
static dl_val normal_below(dl_val x) { return dl_apply(&normal_below_op, NULL, x); }
static dl_val prelu_slope(dl_val a, dl_val b) { return dl_apply(&prelu_slope_op, NULL, a, b); }
static dl_val at_most(dl_val a, dl_val b) { return dl_apply(&at_most_op, NULL, a, b); }
static dl_val not_below(dl_val a, dl_val b) { return dl_apply(&not_below_op, NULL, a, b); }

dl_val dl_erfc(dl_val x) { return dl_apply(&erfc_op, NULL, x); }
dl_val dl_softplus(dl_val x) { return dl_apply(&softplus_op, NULL, x); }
dl_val dl_log_sigmoid(dl_val x) { return dl_apply(&log_sigmoid_op, NULL, x); }
dl_val dl_softsign(dl_val x) { return dl_apply(&softsign_op, NULL, x); }
dl_val dl_silu(dl_val x) { return dl_apply(&silu_op, NULL, x); }
dl_val dl_mish(dl_val x) { return dl_apply(&mish_op, NULL, x); }
dl_val dl_gelu(dl_val x) { return dl_apply(&gelu_op, NULL, x); }
dl_val dl_gelu_tanh(dl_val x) { return dl_apply(&gelu_tanh_op, NULL, x); }
dl_val dl_hardtanh(dl_val x) { return dl_apply(&hardtanh_op, NULL, x); }
dl_val dl_hard_sigmoid(dl_val x) { return dl_apply(&hard_sigmoid_op, NULL, x); }
dl_val dl_hardswish(dl_val x) { return dl_apply(&hardswish_op, NULL, x); }

dl_val dl_prelu(dl_val x, dl_val slope)
{
    if (!dl__align("prelu", &x, &slope)) return dl_none(x.tape);
    return dl_apply(&prelu_op, NULL, x, slope);
}

dl_val dl_leaky_relu(dl_val x, double slope)
{
    return dl_apply(&prelu_op, NULL, x, dl_scalar_like("leaky_relu", x, slope));
}

/* ---- of several ops -------------------------------------------------------------------------- */

/* e^min(x, 0) - 1: 0 where relu is not, so that a sum of multiples of both is exact. */
static dl_val negative_expm1(dl_val x) { return dl_expm1(negative_part(x)); }

dl_val dl_elu(dl_val x, double alpha)
{
    if (!dl__operands("elu", &x, 1)) return dl_none(x.tape);
    return dl_add(dl_relu(x), dl_scale(negative_expm1(x), alpha));
}

dl_val dl_selu(dl_val x)
{
    if (!dl__operands("selu", &x, 1)) return dl_none(x.tape);
    return dl_add(dl__times(dl_relu(x), 1.0507009873554805),
                  dl__times(negative_expm1(x), 1.7580993408473768));
}

dl_val dl_clamp(dl_val x, double lo, double hi)
{
    if (!dl__operands("clamp", &x, 1)) return dl_none(x.tape);
    if (!(lo <= hi))
        return dl_fail(x.tape, DL_EARG, "clamp", "bounds %g and %g, wanted a <= b", lo, hi);
    return dl__cut(x, dl_scalar_like("clamp", x, lo), dl_scalar_like("clamp", x, hi));
}

dl_val dl__cut(dl_val x, dl_val lo, dl_val hi)
{
    return at_most(dl_apply(&at_least_op, NULL, x, lo), hi);
}
