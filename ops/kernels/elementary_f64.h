/* elementary_f64.h: elementary functions of double, at most 2 ulp, special values as in C99.
 *
 * Straight-line C99 without branches, calls or fused products: a loop over any of them vectorises,
 * and gives the same bits on every instruction set and for a single value. A section is a unit that
 * can be copied alone, with the sections it names. Accuracy and speed: docs/kernels.md. */
#ifndef DLTAPE_ELEMENTARY_F64_H
#define DLTAPE_ELEMENTARY_F64_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- bits, f64 ------------------------------------------------------------------------------- */

static inline uint64_t dl_bits_f64(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline double dl_of_bits_f64(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* |x| with the sign of s. */
static inline double dl_with_sign_f64(double x, double s)
{
    return dl_of_bits_f64(dl_bits_f64(x) | (dl_bits_f64(s) & 0x8000000000000000u));
}

/* The leading 26 bits of x, so that a product of two such numbers is exact. */
static inline double dl_head_f64(double x)
{
    return dl_of_bits_f64(dl_bits_f64(x) & 0xfffffffff8000000u);
}

/* ---- exp, f64 -------------------------------------------------------------------------------- */

/* e^(x + tail) = 2^n e^r with |r| <= ln 2 / 2: returns e^r, and n + 1.5 2^52 whose low bits are n.
 * ln 2 is taken off in two parts, the first short enough for its product with n to be exact. */
static inline double dl_exp_parts_f64(double x, double tail, double *shifted)
{
    double t = x * 1.4426950408889634 + 6755399441055744.0, n = t - 6755399441055744.0;
    double r = (x - n * 0.69314718055989033) + (tail - n * 5.4979230187083712e-14);
    double w = r * r, v = w * w;
    double a = (0.041666666666623116 + r * 0.0083333333333563218)
               + w * (0.001388888891753731 + r * 0.00019841269784775977);
    double b = (2.4801520907793027e-05 + r * 2.7557355030978639e-06)
               + w * (2.762024427411413e-07 + r * 2.5068447129481331e-08);
    double p = (0.50000000000000011 + r * 0.16666666666666644) + w * (a + v * b);
    *shifted = t;
    return 1.0 + (r + w * p);
}

/* For |x| < 708, where 2^n is a number of its own. */
static inline double dl_exp_middle_f64(double x)
{
    double t, y = dl_exp_parts_f64(x, 0.0, &t);
    return y * dl_of_bits_f64((dl_bits_f64(t) << 52) + 0x3ff0000000000000u);
}

/* For |x| < 1000: 2^n is split in two factors, so that only the last product overflows or rounds to
 * a denormal. */
static inline double dl_exp_split_f64(double x, double tail)
{
    double t, y = dl_exp_parts_f64(x, tail, &t);
    uint64_t n = dl_bits_f64(t) << 52, half = dl_bits_f64(t) >> 1 << 52, one = 0x3ff0000000000000u;
    return y * dl_of_bits_f64(half + one) * dl_of_bits_f64(n - half + one);
}

static inline double dl_exp_f64(double x)
{
    double c = x < -746.0 ? -746.0 : x;
    return dl_exp_split_f64(c > 710.0 ? 710.0 : c, 0.0);
}

/* ---- log, f64 -------------------------------------------------------------------------------- */

/* x = 2^e m with m in [sqrt 1/2, sqrt 2), x > 0: returns m. Denormals are multiplied by 2^54. */
static inline double dl_mantissa_f64(double x, double *e)
{
    double v = x < 2.2250738585072014e-308 ? x * 18014398509481984.0 : x;
    double bias = x < 2.2250738585072014e-308 ? 4503599627371573.0 : 4503599627371519.0;
    uint64_t u = dl_bits_f64(v) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
    *e = dl_of_bits_f64((u >> 52) | 0x4330000000000000u) - bias;
    return dl_of_bits_f64((u & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu);
}

/* log m = 2 atanh s, s = (m - 1) / (m + 1). */
static inline double dl_log_f64(double x)
{
    double e, f = dl_mantissa_f64(x, &e) - 1.0;
    double s = f / (2.0 + f), z = s * s, w = z * z, half = 0.5 * f * f;
    double a = 0.39999999999899027 + w * (0.22222211066857675 + w * 0.15331550296498589);
    double b = 0.66666666666666696
               + w * (0.28571428626345829 + w * (0.18182894247232906 + w * 0.14618555702980074));
    double p = z * (b + z * a);
    double y = (s * (half + p) + e * 5.4979230187083712e-14) - half + f + e * 0.69314718055989033;
    y = x < INFINITY ? y : x;
    y = x < 0.0 ? NAN : y;
    return x == 0.0 ? -INFINITY : y;
}

/* ---- tanh, f64 ------------------------------------------------------------------------------- */

/* x + x^3 P(x^2) / Q(x^2) up to 0.625, then 1 - 2 / (e^(2 x) + 1); one division for both. */
static inline double dl_tanh_f64(double x)
{
    double a = fabs(x), c = a > 20.0 ? 20.0 : a, z = c * c;
    double p = -0.00019917744674152038;
    p = p * z - 0.020498786236600657;
    p = p * z - 0.33333333333333331;
    double q = 0.00020653309825297299;
    q = q * z + 0.023291313919487574;
    q = q * z + 0.46149635870979849;
    q = q * z + 1.0;
    double e = dl_exp_middle_f64(c + c) + 1.0;
    double ratio = (c < 0.625 ? z * p : -2.0) / (c < 0.625 ? q : e);
    return dl_with_sign_f64(c < 0.625 ? c + c * ratio : 1.0 + ratio, x);
}

/* ---- sigmoid, f64 ---------------------------------------------------------------------------- */

/* e = e^-|x|: 1 / (1 + e), or e / (1 + e) where x < 0; nothing overflows, and nothing cancels. The
 * quotient y is put right by what rounding took from 1 + e; 1 / (1 + e) is y or 1 - y. */
static inline double dl_sigmoid_f64(double x)
{
    double a = fabs(x), e = dl_exp_split_f64(a > 746.0 ? -746.0 : -a, 0.0);
    double d = 1.0 + e, lost = (1.0 - d) + e;
    double y = (x < 0.0 ? e : 1.0) / d;
    return y - y * (x < 0.0 ? 1.0 - y : y) * lost;
}

/* ---- erf, f64 -------------------------------------------------------------------------------- */

/* x + x P(x^2) up to 1, then 1 - e^(x Q(x)). Polynomials in steps of four, for short chains. */
static inline double dl_erf_f64(double x)
{
    double a = fabs(x), c = a > 5.95 ? 5.95 : a, z = c * c, w = z * z;
    double p = 6.7636730450414524e-11;
    p = ((1.6463248766607857e-06 - z * 1.6372388792945085e-07)
         + w * (1.4798478798208046e-08 - z * 1.1877050408904304e-09))
        + (w * w) * p;
    p = ((0.005223977629246368 - z * 0.00085483271994193986)
         + w * (0.00012055338164247336 - z * 1.4925748260975493e-05))
        + (w * w) * p;
    p = ((0.12837916709551259 - z * 0.37612638903183876)
         + w * (0.11283791670958783 - z * 0.026866170645631932))
        + (w * w) * p;
    double q = (-2.3508798285038985e-10 + c * 1.010547200256704e-11) + z * -2.0472155638547223e-13;
    q = ((-1.5677634367990898e-06 + c * 2.6730248507831569e-07)
         + z * (-3.5066864991408319e-08 + c * 3.4265296028667305e-09))
        + w * q;
    q = ((-0.00011749093546459221 + c * 6.7996733031341184e-05)
         + z * (-2.5539544055856075e-05 + c * 7.1779159703372915e-06))
        + w * q;
    q = ((0.00018873004863240254 - c * 0.0016588195485713485)
         + z * (0.00053728264310568636 + c * 3.3226267262508691e-05))
        + w * q;
    q = ((-1.1283792032760884 - c * 0.6366193432443028)
         + z * (-0.10277499737221509 + c * 0.019136802705921933))
        + w * q;
    return dl_with_sign_f64(c < 1.0 ? c + c * p : 1.0 - dl_exp_middle_f64(c * q), x);
}

/* ---- sin and cos, f64 ------------------------------------------------------------------------ */

/* Where dl_near_sin_f64 and dl_near_cos_f64 end; beyond, finite x are for dl_far_sin_f64 and
 * dl_far_cos_f64.
 */
#define DL_NEAR_F64 1048576.0

/* a - b, and in *lost what rounding took from it. */
static inline double dl_difference_f64(double a, double b, double *lost)
{
    double d = a - b, back = d - a;
    *lost = (a - (d - back)) - (b + back);
    return d;
}

/* The sine of the angle x + quarter pi / 2, |x| <= DL_NEAR_F64. pi / 2 is taken off in four parts;
 * products of the first three, of 33 bits, are exact, and r + tail is what remains. */
static inline double dl_sine_f64(double x, uint64_t quarter)
{
    double t = x * 0.63661977236758138 + 6755399441055744.0, n = t - 6755399441055744.0;
    double lost, lost_too, r = x - n * 1.5707963267341256;
    r = dl_difference_f64(r, n * 6.077100506303966e-11, &lost);
    r = dl_difference_f64(r, n * 2.0222662487111665e-21, &lost_too);
    double tail = (lost + lost_too) - n * 8.4784276603688996e-32, z = r * r, w = z * z;
    double s = (2.7557316211773327e-06 - z * 2.5051148857413758e-08) + w * 1.5919091123189428e-10;
    s = (0.0083333333333312984 - z * 0.00019841269837064817) + w * s;
    double cube = z * r;
    s = r - ((z * (0.5 * tail - cube * s) - tail) + cube * 0.16666666666666666);
    double c = 2.0876126460218345e-09 - z * 1.1381441895943882e-11;
    c = (2.4801587298448696e-05 - z * 2.7557317151917337e-07) + w * c;
    c = (0.041666666666666664 - z * 0.0013888888888887055) + w * c;
    double half = 0.5 * z, top = 1.0 - half;
    c = top + (((1.0 - top) - half) + (w * c - r * tail));
    uint64_t k = dl_bits_f64(t) + quarter, odd = 0 - (k & 1);
    uint64_t y = (dl_bits_f64(c) & odd) | (dl_bits_f64(s) & ~odd);
    return dl_of_bits_f64(y ^ ((k & 2) << 62));
}

static inline double dl_near_sin_f64(double x)
{
    double y = dl_sine_f64(x, 0);
    return x == 0.0 ? x : y;
}

static inline double dl_near_cos_f64(double x) { return dl_sine_f64(x, 1); }

static inline double dl_far_sin_f64(double x) { return sin(x); }

static inline double dl_far_cos_f64(double x) { return cos(x); }

/* Of any angle. Nothing that calls libm vectorises: a loop asks first whether all angles are near.
 */
static inline int dl_is_far_f64(double x) { return fabs(x) > DL_NEAR_F64 && fabs(x) < INFINITY; }

static inline double dl_sin_f64(double x)
{
    return dl_is_far_f64(x) ? dl_far_sin_f64(x) : dl_near_sin_f64(x);
}

static inline double dl_cos_f64(double x)
{
    return dl_is_far_f64(x) ? dl_far_cos_f64(x) : dl_near_cos_f64(x);
}

/* ---- pow, f64 -------------------------------------------------------------------------------- */

/* log a as a head of 26 bits and a tail, to 2^-66: q = (m - 1) / (m + 1) as head and tail, then
 * log m = 2 q (1 + q^2 / 3 + q^4 / 5 + ...), where what is left of the sum needs a double only. */
static inline double dl_pow_log_f64(double a, double *tail)
{
    double e, m = dl_mantissa_f64(a, &e), f = m - 1.0, d = m + 1.0, inverse = 1.0 / d;
    double q = f * inverse, qh = dl_head_f64(q), dh = dl_head_f64(d), dt = m - (dh - 1.0);
    double qt = ((f - qh * dh) - qh * dt) * inverse, z = q * q, w = z * z;
    double zh = dl_head_f64(qh * qh), zt = (qh * qh - zh) + qt * (qh + q);
    double p = (0.20000000000000001 + z * 0.14285714285713164)
               + w * (0.11111111111383656 + z * 0.090909090780816867);
    p += (w * w)
         * ((0.07692304900395508 + z * 0.066670733734667129)
            + w * (0.058605474183840135 + z * 0.057944742091115359));
    double third = zh * 0.3333333283662796;
    double rest = zh * 4.9670537312825518e-09 + (zt * 0.33333333333333331 + w * p);
    double u = 1.0 + (third + rest), uh = dl_head_f64(u), ut = ((1.0 - uh) + third) + rest;
    double exact = 2.0 * (qh * uh), small = 2.0 * (qh * ut + qt * u);
    double power = e * 0.69314718055989033, head = dl_head_f64(power + (exact + small));
    *tail = ((power - head) + exact) + (small + e * 5.4979230187083712e-14);
    return head;
}

/* |x|^y = e^(y log |x|); the sign and the special values are put right afterwards. */
static inline double dl_pow_f64(double x, double y)
{
    double a = fabs(x), b = fabs(y), h = 0.5 * b, lt, lh = dl_pow_log_f64(a, &lt);
    double whole = b + 4503599627370496.0, half = h + 4503599627370496.0;
    whole -= 4503599627370496.0;
    half -= 4503599627370496.0;
    int integer = (b >= 4503599627370496.0) | (whole == b);
    int odd = integer & (b < 9007199254740992.0) & (half != h);
    double c = y > 4e19 ? 4e19 : y;
    c = c < -4e19 ? -4e19 : c;
    double ch = dl_head_f64(c), e = ch * lh, et = (c - ch) * lh + c * lt;
    double bounded = e > 710.0 ? 710.0 : e;
    bounded = bounded < -746.0 ? -746.0 : bounded;
    double r = dl_exp_split_f64(bounded, bounded == e ? et : 0.0);
    r = a == 0.0 ? (y < 0.0 ? INFINITY : 0.0) : r;
    r = a == INFINITY ? (y < 0.0 ? 0.0 : INFINITY) : r;
    r = odd ? dl_with_sign_f64(r, x) : r;
    r = ((x < 0.0) & (a < INFINITY) & !integer) ? NAN : r;
    r = ((x != x) | (y != y)) ? NAN : r;
    return ((x == 1.0) | (y == 0.0)) ? 1.0 : r;
}

#endif
