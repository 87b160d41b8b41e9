/* activations.h: references for the functions of neural networks, from their definitions; the value
 * of one that would be infinity times 0 is its limit. */
#ifndef DLTAPE_ACTIVATIONS_H
#define DLTAPE_ACTIVATIONS_H

#include <math.h>

#define SELU_SCALE 1.0507009873554804934193349852946L
#define SELU_ALPHA 1.6732632423543772848170429916717L

static inline long double softplus_l(long double x)
{
    return fmaxl(x, 0) + log1pl(expl(-fabsl(x)));
}
static inline long double log_sigmoid_l(long double x) { return -softplus_l(-x); }
static inline long double softsign_l(long double x)
{
    return isinf(x) ? copysignl(1, x) : x / (1 + fabsl(x));
}
static inline long double silu_l(long double x)
{
    return isinf(x) && x < 0 ? -0.0L : x / (1 + expl(-x));
}
static inline long double mish_l(long double x)
{
    return isinf(x) && x < 0 ? -0.0L : x * tanhl(softplus_l(x));
}
static inline long double gelu_l(long double x)
{
    return isinf(x) && x < 0 ? -0.0L : x * erfcl(-x * 0.7071067811865475244008443621048490393L) / 2;
}
static inline long double gelu_tanh_l(long double x)
{
    const long double root_8_by_pi = 1.595769121605730711759784239737527474L;
    if (isinf(x)) return x < 0 ? -0.0L : x;
    return x / (1 + expl(-root_8_by_pi * (x + 0.044715L * x * x * x)));
}
static inline long double elu_l(long double x) { return x > 0 || isnan(x) ? x : expm1l(x); }
static inline long double selu_l(long double x)
{
    return SELU_SCALE * (x > 0 || isnan(x) ? x : SELU_ALPHA * expm1l(x));
}

/* Name, op, where things happen. */
#define ACTIVATIONS(ROW)                         \
    ROW(softplus, (dl_softplus), -746, 40)       \
    ROW(log_sigmoid, (dl_log_sigmoid), -40, 746) \
    ROW(softsign, (dl_softsign), -4, 4)          \
    ROW(silu, (dl_silu), -746, 40)               \
    ROW(mish, (dl_mish), -746, 40)               \
    ROW(gelu, (dl_gelu), -39, 9)                 \
    ROW(gelu_tanh, (dl_gelu_tanh), -22, 9)       \
    ROW(elu, elu_1, -40, 4)                      \
    ROW(selu, (dl_selu), -40, 4)

/* For floats. */
#define IN_DOUBLE(NAME, OP, FROM, TO) \
    static double NAME##_d(double x) { return (double)NAME##_l((long double)x); }
ACTIVATIONS(IN_DOUBLE)

#endif
