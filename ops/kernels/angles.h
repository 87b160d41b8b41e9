/* angles.h: functions of angles, and angles of numbers, at most 2 ulp, special values as in C99.
 *
 * Straight-line C99 as in elementary_f64.h; those of float are computed in double and rounded once.
 * Far angles are libm's: see sin and cos in elementary_f64.h. */
#ifndef DLTAPE_ANGLES_H
#define DLTAPE_ANGLES_H

#include "exponential.h"

/* ---- tan, cot, sec and csc ------------------------------------------------------------------- */

/* Sine and cosine of r + rest, |r| <= pi / 4, as two doubles each. */
static inline double dl_sine_two_f64(double r, double rest, double *low)
{
    double z = r * r, w = z * z, cube = z * r;
    double s = (2.7557316211773327e-06 - z * 2.5051148857413758e-08) + w * 1.5919091123189428e-10;
    s = (0.0083333333333312984 - z * 0.00019841269837064817) + w * s;
    double small = (rest - 0.5 * z * rest) + cube * (z * s - 0.16666666666666666);
    double y = r + small;
    *low = (r - y) + small;
    return y;
}

static inline double dl_cosine_two_f64(double r, double rest, double *low)
{
    double lost, z = dl_two_product_f64(r, r, &lost), w = z * z;
    double c = 2.0876126460218345e-09 - z * 1.1381441895943882e-11;
    c = (2.4801587298448696e-05 - z * 2.7557317151917337e-07) + w * c;
    c = (0.041666666666666664 - z * 0.0013888888888887055) + w * c;
    double half = 0.5 * z, top = 1.0 - half, small = ((1.0 - top) - half) - 0.5 * lost;
    small = small + (w * c - r * rest);
    double y = top + small;
    *low = (top - y) + small;
    return y;
}

/* x = n pi / 2 + r + *rest, |x| <= DL_NEAR_F64: returns r, and a number whose low bits are n. */
static inline double dl_angle_f64(double x, double *rest, uint64_t *n)
{
    double t = x * 0.63661977236758138 + 6755399441055744.0, k = t - 6755399441055744.0;
    double lost, lost_too, r = x - k * 1.5707963267341256;
    r = dl_difference_f64(r, k * 6.077100506303966e-11, &lost);
    r = dl_difference_f64(r, k * 2.0222662487111665e-21, &lost_too);
    *rest = (lost + lost_too) - k * 8.4784276603688996e-32;
    *n = dl_bits_f64(t);
    return r;
}

/* The tangent of x, or its cotangent if `turn` is 1. */
static inline double dl_tangent_f64(double x, uint64_t turn)
{
    double rest, sl, cl, lost;
    uint64_t n;
    double r = dl_angle_f64(x, &rest, &n);
    double s = dl_sine_two_f64(r, rest, &sl), c = dl_cosine_two_f64(r, rest, &cl);
    int odd = (n + turn) & 1, minus = n & 1;
    double a = odd ? c : s, al = odd ? cl : sl, b = odd ? s : c, bl = odd ? sl : cl;
    double y = dl_two_quotient_f64(a, al, b, bl, &lost) + lost;
    return minus ? -y : y;
}

static inline double dl_near_tan_f64(double x)
{
    double y = dl_tangent_f64(x, 0);
    return fabs(x) < 1e-150 ? x : y;
}

static inline double dl_near_cot_f64(double x)
{
    double y = dl_tangent_f64(x, 1);
    return fabs(x) < 1e-150 ? 1.0 / x : y;
}

/* 1 / cos x, or 1 / sin x if `turn` is 1. */
static inline double dl_secant_f64(double x, uint64_t turn)
{
    double rest, sl, cl, lost;
    uint64_t n;
    double r = dl_angle_f64(x, &rest, &n);
    double s = dl_sine_two_f64(r, rest, &sl), c = dl_cosine_two_f64(r, rest, &cl);
    int odd = (n + turn) & 1, minus = (n + 1 - turn) >> 1 & 1;
    double y = dl_two_quotient_f64(1.0, 0.0, odd ? s : c, odd ? sl : cl, &lost) + lost;
    return minus ? -y : y;
}

static inline double dl_near_sec_f64(double x) { return dl_secant_f64(x, 0); }

static inline double dl_near_csc_f64(double x)
{
    double y = dl_secant_f64(x, 1);
    return fabs(x) < 1e-150 ? 1.0 / x : y;
}

static inline double dl_tan_f64(double x) { return dl_is_far_f64(x) ? tan(x) : dl_near_tan_f64(x); }

static inline double dl_cot_f64(double x)
{
    return dl_is_far_f64(x) ? 1.0 / tan(x) : dl_near_cot_f64(x);
}

static inline double dl_sec_f64(double x)
{
    return dl_is_far_f64(x) ? 1.0 / cos(x) : dl_near_sec_f64(x);
}

static inline double dl_csc_f64(double x)
{
    return dl_is_far_f64(x) ? 1.0 / sin(x) : dl_near_csc_f64(x);
}

/* What is near for float is not far enough beyond DL_NEAR_F64 to matter in its digits. */
static inline float dl_near_tan_f32(float x) { return (float)dl_near_tan_f64((double)x); }

static inline float dl_near_cot_f32(float x) { return (float)dl_near_cot_f64((double)x); }

static inline float dl_near_sec_f32(float x) { return (float)dl_near_sec_f64((double)x); }

static inline float dl_near_csc_f32(float x) { return (float)dl_near_csc_f64((double)x); }

static inline float dl_tan_f32(float x)
{
    return dl_is_far_f32(x) ? (float)tan((double)x) : dl_near_tan_f32(x);
}

static inline float dl_cot_f32(float x)
{
    return dl_is_far_f32(x) ? (float)(1.0 / tan((double)x)) : dl_near_cot_f32(x);
}

static inline float dl_sec_f32(float x)
{
    return dl_is_far_f32(x) ? (float)(1.0 / cos((double)x)) : dl_near_sec_f32(x);
}

static inline float dl_csc_f32(float x)
{
    return dl_is_far_f32(x) ? (float)(1.0 / sin((double)x)) : dl_near_csc_f32(x);
}

/* ---- atan ------------------------------------------------------------------------------------ */

/* The angle is that of t = a, (a - 1) / (a + 1) or -1 / a, with |t| <= tan(pi / 8), and 0, pi / 4
 * or pi / 2 more. */
static inline double dl_atan_f64(double x)
{
    double a = fabs(x), t = (a > 2.414 ? -1.0 : a - 1.0) / (a > 2.414 ? a : a + 1.0);
    double base = a > 2.414 ? 1.5707963267948966 : 0.78539816339744828;
    double low = a > 2.414 ? 6.123233995736766e-17 : 3.061616997868383e-17;
    t = a < 0.4142 ? a : t;
    base = a < 0.4142 ? 0.0 : base;
    low = a < 0.4142 ? 0.0 : low;
    double z = t * t, w = z * z, v = w * w;
    double p = (-0.052304498567092406 + z * 0.04551573086664191)
               + w * (-0.034570044186095536 + z * 0.016285183029865667);
    p = ((-0.09090908753400499 + z * 0.07692296372129964)
         + w * (-0.06666424833613552 + z * 0.05878928398517232))
        + v * p;
    p = ((-0.3333333333333333 + z * 0.19999999999999804)
         + w * (-0.14285714285659806 + z * 0.11111111105153429))
        + v * p;
    return dl_with_sign_f64(base + (t + (low + t * z * p)), x);
}

static inline float dl_atan_f32(float x) { return (float)dl_atan_f64((double)x); }

/* ---- asin and acos --------------------------------------------------------------------------- */

/* (asin s - s) / s^3 of z = s^2 <= 1/4. */
static inline double dl_asin_rest_f64(double z)
{
    double w = z * z, v = w * w;
    double p = (-0.01924167174674304 + z * 0.02961201126495512);
    p = ((0.009621842970100282 + z * 0.009319560794767446)
         + w * (0.0030448799094556773 + z * 0.019554513336123378))
        + v * p;
    p = ((0.02237215744350722 + z * 0.017352816540325496)
         + w * (0.01396378001220357 + z * 0.011566459612121669))
        + v * p;
    p = ((0.16666666666666666 + z * 0.07500000000000118)
         + w * (0.044642857142551895 + z * 0.03038194447553234))
        + v * p;
    return p;
}

/* Half the angle whose cosine is 1 - 2 z, z <= 1/4: the arc sine of z^(1/2), as two doubles. */
static inline double dl_half_angle_f64(double z, double *low)
{
    double s = sqrt(z), st, square = dl_two_product_f64(s, s, &st);
    double rest = ((z - square) - st) / (s + s);
    *low = (z > 0.0 ? rest : 0.0) + s * z * dl_asin_rest_f64(z);
    return s;
}

/* x + x^3 P(x^2) up to 1/2, then pi / 2 - 2 asin(((1 - x) / 2)^(1/2)). */
static inline double dl_asin_f64(double x)
{
    double a = fabs(x), z = a * a, low, s = dl_half_angle_f64(0.5 * (1.0 - a), &low);
    double near_0 = a + a * z * dl_asin_rest_f64(z);
    double beyond = 1.5707963267948966 - (2.0 * s - (6.123233995736766e-17 - 2.0 * low));
    double y = a < 0.5 ? near_0 : beyond;
    return a > 1.0 ? NAN : dl_with_sign_f64(y, x);
}

static inline float dl_asin_f32(float x) { return (float)dl_asin_f64((double)x); }

static inline double dl_acos_f64(double x)
{
    double a = fabs(x), z = x * x, low, s = dl_half_angle_f64(0.5 * (1.0 - a), &low), lost;
    double near_0 = dl_difference_f64(1.5707963267948966, x, &lost);
    near_0 = near_0 + (lost + (6.123233995736766e-17 - x * z * dl_asin_rest_f64(z)));
    double beyond = 2.0 * (s + low);
    double below = dl_difference_f64(3.1415926535897931, 2.0 * s, &lost);
    below = below + (lost + (1.2246467991473532e-16 - 2.0 * low));
    double y = a < 0.5 ? near_0 : x < 0.0 ? below : beyond;
    return a > 1.0 ? NAN : y;
}

static inline float dl_acos_f32(float x) { return (float)dl_acos_f64((double)x); }

/* ---- roots ----------------------------------------------------------------------------------- */

/* A third of the exponent and mantissa as one number, then x^(1/3) = t r^(-1/3), r = t^3 / x, where
 * t is cut to 24 bits so that its square is exact, and a step of Newton's. */
static inline double dl_cbrt_f64(double x)
{
    double a = fabs(x), scaled = a < 2.2250738585072014e-308 ? a * 18014398509481984.0 : a;
    double top = dl_of_bits_f64((dl_bits_f64(scaled) >> 32) | 0x4330000000000000u);
    double third = (top - 4503599627370496.0) * 0.33333333333333331 + 4503600342464659.0;
    double t = dl_of_bits_f64(dl_bits_f64(third) << 32), r = (t * t) * (t / scaled);
    double p = 0.14275014026678;
    p = p * r - 0.745876130024683;
    p = p * r + 1.6033743923422605;
    p = p * r - 1.8734476502457227;
    p = p * r + 1.8731992141069191;
    t = dl_of_bits_f64((dl_bits_f64(t * p) + 0x10000000u) & 0xffffffffe0000000u);
    double s = t * t, q = scaled / s;
    double y = t + t * ((q - t) / (t + t + q));
    y = a < 2.2250738585072014e-308 ? y * 3.814697265625e-06 : y;
    y = a < INFINITY ? y : a;
    return a == 0.0 ? x : dl_with_sign_f64(y, x);
}

static inline float dl_cbrt_f32(float x) { return (float)dl_cbrt_f64((double)x); }

#endif
