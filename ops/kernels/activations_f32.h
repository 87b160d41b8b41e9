/* activations_f32.h: erfc and functions of neural networks of float.
 *
 * Straight-line C99 as in elementary_f32.h. In double whatever could cancel or lose its tail, with
 * errors of 2^-30, and rounded once: where nothing else is said, 0.52 ulp. Beyond the bounds that
 * operands are cut to, a result is rounded to its limit. */
#ifndef DLTAPE_ACTIVATIONS_F32_H
#define DLTAPE_ACTIVATIONS_F32_H

#include "elementary_f32.h"

/* ---- softplus and softsign ------------------------------------------------------------------- */

/* max(x, 0) + log(1 + e), e = e^-|x|: the logarithm is 2 atanh(e / (2 + e)). */
static inline float dl_softplus_f32(float x)
{
    float a = fabsf(x);
    double e = dl_wide_exp_f32((double)(a > 150.0f ? -150.0f : -a)), s = e / (2.0 + e), z = s * s;
    double p = 0.24393908084023025;
    p = p * z + 0.21398560506678543;
    p = p * z + 0.28620207408437237;
    p = p * z + 0.39998711246862334;
    p = p * z + 0.6666667902643397;
    p = p * z + 1.9999999998090061;
    return (float)((double)(x > 0.0f ? x : 0.0f) + s * p);
}

/* In float: 1.5 ulp. */
static inline float dl_softsign_f32(float x)
{
    float y = x / (1.0f + fabsf(x));
    return fabsf(x) < INFINITY ? y : dl_with_sign_f32(x == x ? 1.0f : x, x);
}

/* ---- silu, mish and the approximation of gelu ------------------------------------------------ */

static inline float dl_silu_f32(float x)
{
    float c = x < -150.0f ? -150.0f : x;
    return (float)((double)c / (1.0 + dl_wide_exp_f32((double)(c > 150.0f ? -150.0f : -c))));
}

/* x / (1 + e^-u), u = 2 (2 / pi)^(1/2) x (1 + 0.044715 x^2) */
static inline float dl_gelu_tanh_f32(float x)
{
    float c = x < -15.0f ? -15.0f : x;
    double d = (double)(c > 15.0f ? 15.0f : c);
    double u = d * (-1.5957691216057308 - d * d * 0.071354816272600247);
    return (float)((double)c / (1.0 + dl_wide_exp_f32(u)));
}

/* f tanh(log(1 + e^x)) = f n / (n + 2), n = e^x (2 + e^x) */
static inline double dl_times_tanh_softplus_f32(double f, float x)
{
    float c = x < -150.0f ? -150.0f : x;
    double e = dl_wide_exp_f32((double)(c > 150.0f ? 150.0f : c)), n = e * (2.0 + e);
    return f * n / (n + 2.0);
}

static inline float dl_tanh_softplus_f32(float x)
{
    return (float)dl_times_tanh_softplus_f32(1.0, x);
}

static inline float dl_mish_f32(float x)
{
    return (float)dl_times_tanh_softplus_f32((double)(x < -150.0f ? -150.0f : x), x);
}

/* ---- erfc, the normal distribution, gelu ----------------------------------------------------- */

/* e^-s e^(a^2) erfc a, 0 <= a < 10.7, 0 <= s < 700: (a + 3) times that is a polynomial of
 * t = (a - 3) / (a + 3), as in activations_f64.h. */
static inline double dl_erfc_times_f32(double a, double s)
{
    double q = 1.0 / (a + 3.0), t = (a - 3.0) * q, z = t * t;
    double p = (-0.0005471384047474214 - t * 0.000286844621174184)
               + z * (9.776620069576537e-05 + t * 4.0397790050142345e-05);
    p = ((0.11952771769121469 - t * 0.026827621332042844)
         + z * (-0.0012122124164636663 + t * 0.003037165585472853))
        + (z * z) * p;
    p = ((1.0740069070793523 - t * 0.8833944532705404)
         + z * (0.5902283588786638 - t * 0.3104672450075779))
        + (z * z) * p;
    return q * p * dl_wide_exp_f32(-s);
}

static inline float dl_erfc_f32(float x)
{
    float a = fabsf(x);
    double c = (double)(a > 10.5f ? 10.5f : a), y = dl_erfc_times_f32(c, c * c);
    return (float)(x < 0.0f ? 2.0 - y : y);
}

/* The probability that a normal variate is below x. */
static inline double dl_wide_ndtr_f32(float x)
{
    float a = fabsf(x);
    double c = (double)(a > 15.0f ? 15.0f : a);
    double y = 0.5 * dl_erfc_times_f32(c * 0.70710678118654757, 0.5 * c * c);
    return x > 0.0f ? 1.0 - y : y;
}

static inline float dl_ndtr_f32(float x) { return (float)dl_wide_ndtr_f32(x); }

static inline float dl_gelu_f32(float x)
{
    return (float)((double)(x < -15.0f ? -15.0f : x) * dl_wide_ndtr_f32(x));
}

#endif
