/* exponential.h: functions made of e^x and log x, at most 2 ulp, special values as in C99.
 *
 * Straight-line C99 as in elementary_f64.h, so that loops vectorise and bits are the same
 * everywhere. Those of float are computed in double and rounded once. What would lose digits is
 * carried as two doubles whose sum is meant. Accuracy and speed: docs/kernels.md. */
#ifndef DLTAPE_EXPONENTIAL_H
#define DLTAPE_EXPONENTIAL_H

#include "elementary_f32.h"
#include "elementary_f64.h"

/* ---- sums, products and quotients with what rounding took from them -------------------------- */

static inline double dl_two_sum_f64(double a, double b, double *lost)
{
    double s = a + b, back = s - a;
    *lost = (a - (s - back)) + (b - back);
    return s;
}

static inline double dl_two_product_f64(double a, double b, double *lost)
{
    double p = a * b, ah = dl_head_f64(a), at = a - ah, bh = dl_head_f64(b), bt = b - bh;
    *lost = (((ah * bh - p) + ah * bt) + at * bh) + at * bt;
    return p;
}

/* (n + nt) / (d + dt); what is lost counts as 0 where it is no number. */
static inline double dl_two_quotient_f64(double n, double nt, double d, double dt, double *lost)
{
    double q = n / d, pt, p = dl_two_product_f64(q, d, &pt);
    double rest = ((((n - p) - pt) + nt) - q * dt) / d;
    *lost = fabs(rest) < 1e-15 * fabs(q) ? rest : 0.0;
    return q;
}

/* 2^n for a whole n, -1022 <= n <= 1023. */
static inline double dl_power_of_2_f64(double n)
{
    return dl_of_bits_f64((dl_bits_f64(n + 6755399441055744.0) << 52) + 0x3ff0000000000000u);
}

/* x 2^n, rounded once where that is a denormal; -2040 <= n <= 2040. */
static inline double dl_times_power_of_2_f64(double x, double n)
{
    double half = 0.5 * n + 6755399441055744.0;
    half -= 6755399441055744.0;
    return x * dl_power_of_2_f64(half) * dl_power_of_2_f64(n - half);
}

/* ---- e^x, and e^x - 1 ------------------------------------------------------------------------ */

/* x + tail = n ln 2 + r + *rest with |r| <= ln 2 / 2, to 2^-80. */
static inline double dl_exp_reduce_f64(double x, double tail, double *n, double *rest)
{
    double t = x * 1.4426950408889634 + 6755399441055744.0, lost;
    *n = t - 6755399441055744.0;
    double r = dl_difference_f64(x - *n * 0.69314718055989033, *n * 5.4979230187083712e-14, &lost);
    *rest = tail + lost;
    return r;
}

/* (e^r - 1 - r) / r^2, |r| <= ln 2 / 2. */
static inline double dl_exp_rest_f64(double r)
{
    double w = r * r, v = w * w;
    double p = (2.755726330147475e-07 + r * 2.5052071109214447e-08)
               + w * (2.0918129454967065e-09 + r * 1.6086622436215554e-10);
    p = ((0.0013888888888879082 + r * 0.00019841269841263304)
         + w * (2.480158733642132e-05 + r * 2.755731924720479e-06))
        + v * p;
    p = ((0.5 + r * 0.16666666666666666) + w * (0.04166666666666668 + r * 0.008333333333333333))
        + v * p;
    return p;
}

/* e^(x + tail) = 2^n (y + *low), y + *low to 2^-58; |x| < 1400. */
static inline double dl_exp_two_f64(double x, double tail, double *low, double *n)
{
    double rest, r = dl_exp_reduce_f64(x, tail, n, &rest), top = 1.0 + r;
    double square = r * r * dl_exp_rest_f64(r);
    double small = ((1.0 - top) + r) + (square + rest * (top + square));
    double y = top + small;
    *low = (top - y) + small;
    return y;
}

/* 2 (2^(n-1) - 1/2 + 2^(n-1) (e^r - 1)): the sum of the large parts is carried in two. */
static inline double dl_expm1_f64(double x)
{
    double c = x < -40.0 ? -40.0 : x, n, rest, lost;
    double r = dl_exp_reduce_f64(c > 710.0 ? 710.0 : c, 0.0, &n, &rest);
    double half = dl_power_of_2_f64(n - 1.0), small = r * r * dl_exp_rest_f64(r) + rest;
    double y = dl_two_sum_f64(half - 0.5, half * r, &lost) + (lost + half * small);
    y = y + y;
    y = x < INFINITY ? y : x;
    return fabs(x) < 1e-16 ? x : y;
}

/* 2^n (1 + q) - 1, where nothing cancels; q is as exact as x where n is 0. */
static inline float dl_expm1_f32(float x)
{
    float c = x < -40.0f ? -40.0f : x;
    double power, q = dl_wide_exp_parts_f32((double)(c > 100.0f ? 100.0f : c), &power);
    return dl_with_sign_f32((float)(power * q + (power - 1.0)), x);
}

static inline double dl_exp2_f64(double x)
{
    double c = x < -1080.0 ? -1080.0 : x;
    c = c > 1025.0 ? 1025.0 : c;
    double n = (c + 6755399441055744.0) - 6755399441055744.0, r = c - n, w = r * r, v = w * w;
    double p = (1.0178057087733941e-07 + r * 7.0548973041554995e-09)
               + w * (4.4558179083360645e-10 + r * 2.5729324177362305e-11);
    p = ((0.001333355814640647 + r * 0.00015403530393370734)
         + w * (1.5252733841556773e-05 + r * 1.3215486808705563e-06))
        + v * p;
    p = ((0.6931471805599453 + r * 0.24022650695910072)
         + w * (0.055504108664821625 + r * 0.00961812910762848))
        + v * p;
    return dl_times_power_of_2_f64(1.0 + (r * p + r * 2.3026972578870136e-17), n);
}

static inline float dl_exp2_f32(float x) { return (float)dl_exp2_f64((double)x); }

/* ---- sinh and cosh --------------------------------------------------------------------------- */

/* (e^a + s e^-a) / 2, a >= 0; s is 1, or -1 where a is not small. */
static inline double dl_hyperbolic_f64(double a, double s)
{
    double c = a > 711.0 ? 711.0 : a, low, n, y = dl_exp_two_f64(c, 0.0, &low, &n);
    double m = n > 60.0 ? 60.0 : n;
    y = y + (low + s * dl_power_of_2_f64(-2.0 * m) * (1.0 - low) / y);
    return dl_times_power_of_2_f64(y, n - 1.0);
}

/* x + x^3 P(x^2) up to 1. */
static inline double dl_sinh_f64(double x)
{
    double a = fabs(x), z = a * a, w = z * z, v = w * w;
    double p = (2.505210836405804e-08 + z * 1.6059048396350562e-10)
               + w * (7.646625361656657e-13 + z * 2.8445264169895285e-15);
    p = ((0.16666666666666666 + z * 0.008333333333333333)
         + w * (0.00019841269841269773 + z * 2.755731922404034e-06))
        + v * p;
    return dl_with_sign_f64(a < 1.0 ? a + a * z * p : dl_hyperbolic_f64(a, -1.0), x);
}

static inline float dl_sinh_f32(float x) { return (float)dl_sinh_f64((double)x); }

static inline double dl_cosh_f64(double x) { return dl_hyperbolic_f64(fabs(x), 1.0); }

static inline float dl_cosh_f32(float x) { return (float)dl_cosh_f64((double)x); }

/* ---- logarithms ------------------------------------------------------------------------------ */

/* log(1 + f) = f - f^2 / 2 + returned, f in [sqrt 1/2 - 1, sqrt 2 - 1). */
static inline double dl_log_rest_f64(double f)
{
    double s = f / (2.0 + f), z = s * s, w = z * z, half = 0.5 * f * f;
    double a = 0.39999999999899027 + w * (0.22222211066857675 + w * 0.15331550296498589);
    double b = 0.66666666666666696
               + w * (0.28571428626345829 + w * (0.18182894247232906 + w * 0.14618555702980074));
    return s * (half + z * (b + z * a));
}

/* log(x + low), x > 0 and finite, low small beside it. */
static inline double dl_log_two_f64(double x, double low)
{
    double e, f = dl_mantissa_f64(x, &e) - 1.0, d = low / x;
    double rest = dl_log_rest_f64(f) + (e * 5.4979230187083712e-14 + d);
    return rest - 0.5 * f * f + f + e * 0.69314718055989033;
}

/* log(1 + x + low), low small beside 1 + x. */
static inline double dl_log1p_two_f64(double x, double low)
{
    double lost, u = dl_two_sum_f64(1.0, x, &lost), y = dl_log_two_f64(u, lost + low);
    y = u < INFINITY ? y : u;
    y = u < 0.0 ? NAN : y;
    return u == 0.0 ? -INFINITY : y;
}

static inline double dl_log1p_f64(double x)
{
    double y = dl_log1p_two_f64(x, 0.0);
    return x == 0.0 ? x : y;
}

static inline float dl_log1p_f32(float x) { return (float)dl_log1p_f64((double)x); }

/* What every logarithm is of zero, below it and of infinity. */
static inline double dl_log_edges_f64(double x, double y)
{
    y = x < INFINITY ? y : x;
    y = x < 0.0 ? NAN : y;
    return x == 0.0 ? -INFINITY : y;
}

/* log x / ln 2: log m as a head of 26 bits and a tail, times 1 / ln 2 in two parts. */
static inline double dl_log2_f64(double x)
{
    double e, f = dl_mantissa_f64(x, &e) - 1.0, half = 0.5 * f * f, hi = dl_head_f64(f - half);
    double lo = ((f - hi) - half) + dl_log_rest_f64(f), lost;
    double y = dl_two_sum_f64(e, hi * 1.4426950365304947, &lost);
    y = y + (lost + ((lo + hi) * 4.3584687174185184e-09 + lo * 1.4426950365304947));
    return dl_log_edges_f64(x, y);
}

static inline float dl_log2_f32(float x) { return (float)dl_log2_f64((double)x); }

static inline double dl_log10_f64(double x)
{
    double e, f = dl_mantissa_f64(x, &e) - 1.0, half = 0.5 * f * f, hi = dl_head_f64(f - half);
    double lo = ((f - hi) - half) + dl_log_rest_f64(f), lost;
    double y = dl_two_sum_f64(e * 0.30102999566395283, hi * 0.434294480830431, &lost);
    lost = lost + e * 2.8363394551044964e-14;
    y = y + (lost + ((lo + hi) * 1.0728208431540585e-09 + lo * 0.434294480830431));
    return dl_log_edges_f64(x, y);
}

static inline float dl_log10_f32(float x) { return (float)dl_log10_f64((double)x); }

/* ---- inverse hyperbolic functions, logit ----------------------------------------------------- */

/* log(a + (1 + a^2)^(1/2)) = log(1 + a + t), t = a^2 / (1 + (1 + a^2)^(1/2)); of large a log(2 a).
 */
static inline double dl_asinh_f64(double x)
{
    double a = fabs(x), c = a > 1e9 ? 1.0 : a, z = c * c, low;
    double sum = dl_two_sum_f64(c, z / (1.0 + sqrt(1.0 + z)), &low);
    int far = a > 1e9;
    double y = dl_log1p_two_f64(far ? a : sum, far ? -1.0 : low);
    y = far ? y + 0.69314718055994531 : y;
    y = a < 1e-150 ? a : y;
    return dl_with_sign_f64(a < INFINITY ? y : a, x);
}

static inline float dl_asinh_f32(float x) { return (float)dl_asinh_f64((double)x); }

/* log(1 + t + (t (2 + t))^(1/2)), t = x - 1, with the root as two doubles; of large x log(2 x). */
static inline double dl_acosh_f64(double x)
{
    int far = x > 1e9;
    double t = (far ? 2.0 : x) - 1.0, dt, d = dl_two_sum_f64(t, 2.0, &dt), pt, st, low;
    double p = dl_two_product_f64(t, d, &pt), s = sqrt(p), square = dl_two_product_f64(s, s, &st);
    double rest = (((p - square) - st) + (pt + t * dt)) / (s + s);
    double sum = dl_two_sum_f64(t, s, &low);
    low = low + (p > 0.0 ? rest : 0.0);
    double y = dl_log1p_two_f64(far ? x : sum, far ? -1.0 : low);
    y = far ? y + 0.69314718055994531 : y;
    y = x == 1.0 ? 0.0 : y;
    return x < 1.0 ? NAN : x < INFINITY ? y : x;
}

static inline float dl_acosh_f32(float x) { return (float)dl_acosh_f64((double)x); }

/* log(1 + 2 a / (1 - a)) / 2. */
static inline double dl_atanh_f64(double x)
{
    double a = fabs(x), dt, d = dl_difference_f64(1.0, a, &dt), low;
    double q = dl_two_quotient_f64(a + a, 0.0, d, dt, &low);
    double y = 0.5 * dl_log1p_two_f64(q, low);
    y = a < 1e-16 ? a : y;
    return a > 1.0 ? NAN : dl_with_sign_f64(y, x);
}

static inline float dl_atanh_f32(float x) { return (float)dl_atanh_f64((double)x); }

/* log(x / (1 - x)). */
static inline double dl_logit_f64(double x)
{
    double dt, d = dl_difference_f64(1.0, x, &dt), low;
    double q = dl_two_quotient_f64(x, 0.0, d, dt, &low);
    return dl_log_edges_f64(q, dl_log_two_f64(q, low));
}

static inline float dl_logit_f32(float x) { return (float)dl_logit_f64((double)x); }

#endif
