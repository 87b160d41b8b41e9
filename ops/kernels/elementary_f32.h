/* elementary_f32.h: elementary functions of float, at most 2 ulp, special values as in C99.
 *
 * Straight-line C99 without branches, calls or fused products: a loop over any of them vectorises,
 * and gives the same bits on every instruction set and for a single value. A section is a unit that
 * can be copied alone, with the sections it names. Accuracy and speed: docs/kernels.md. */
#ifndef DLTAPE_ELEMENTARY_F32_H
#define DLTAPE_ELEMENTARY_F32_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- bits, f32 ------------------------------------------------------------------------------- */

static inline uint32_t dl_bits_f32(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float dl_of_bits_f32(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* |x| with the sign of s. */
static inline float dl_with_sign_f32(float x, float s)
{
    return dl_of_bits_f32(dl_bits_f32(x) | (dl_bits_f32(s) & 0x80000000u));
}

/* ---- exp, f32 -------------------------------------------------------------------------------- */

/* e^x = 2^n e^r with |r| <= ln 2 / 2: returns e^r, and n + 1.5 2^23 whose low bits are n. ln 2 is
 * taken off in two parts, the first short enough for its product with n to be exact. */
static inline float dl_exp_parts_f32(float x, float *shifted)
{
    float t = x * 1.44269504f + 12582912.0f, n = t - 12582912.0f;
    float r = (x - n * 0.693145752f) - n * 1.42860677e-6f;
    float p = 0.00139107974f;
    p = p * r + 0.00836311374f;
    p = p * r + 0.0416667089f;
    p = p * r + 0.166665778f;
    p = p * r + 0.5f;
    *shifted = t;
    return 1.0f + (r + r * r * p);
}

/* For |x| < 87, where 2^n is a number of its own. */
static inline float dl_exp_middle_f32(float x)
{
    float t, y = dl_exp_parts_f32(x, &t);
    return y * dl_of_bits_f32((dl_bits_f32(t) << 23) + 0x3f800000u);
}

/* For |x| < 170: 2^n is split in two factors, so that only the last product overflows or rounds to
 * a denormal. */
static inline float dl_exp_split_f32(float x)
{
    float t, y = dl_exp_parts_f32(x, &t);
    uint32_t n = dl_bits_f32(t) << 23, half = dl_bits_f32(t) >> 1 << 23, one = 0x3f800000u;
    return y * dl_of_bits_f32(half + one) * dl_of_bits_f32(n - half + one);
}

static inline float dl_exp_f32(float x)
{
    float c = x < -104.0f ? -104.0f : x;
    return dl_exp_split_f32(c > 89.0f ? 89.0f : c);
}

/* ---- log, f32 -------------------------------------------------------------------------------- */

/* x = 2^e m with m in [sqrt 1/2, sqrt 2), and log m = 2 atanh s, s = (m - 1) / (m + 1). Denormals
 * are multiplied by 2^25 first. */
static inline float dl_log_f32(float x)
{
    float v = x < 1.17549435e-38f ? x * 33554432.0f : x;
    float bias = x < 1.17549435e-38f ? 152.0f : 127.0f;
    uint32_t u = dl_bits_f32(v) + (0x3f800000u - 0x3f3504f3u);
    float e = (float)(int32_t)(u >> 23) - bias;
    float f = dl_of_bits_f32((u & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float s = f / (2.0f + f), z = s * s, half = 0.5f * f * f;
    float p = 0.225846946f;
    p = p * z + 0.285893261f;
    p = p * z + 0.399995536f;
    p = p * z + 0.666666687f;
    float y = (s * (half + z * p) + e * 1.42860677e-6f) - half + f + e * 0.693145752f;
    y = x < INFINITY ? y : x;
    y = x < 0.0f ? NAN : y;
    return x == 0.0f ? -INFINITY : y;
}

/* ---- tanh, f32 ------------------------------------------------------------------------------- */

/* x + x^3 P(x^2) up to 0.625, then 1 - 2 / (e^(2 x) + 1). */
static inline float dl_tanh_f32(float x)
{
    float a = fabsf(x), c = a > 9.125f ? 9.125f : a, z = c * c;
    float p = -0.00610526139f;
    p = p * z + 0.0210024603f;
    p = p * z - 0.0538516492f;
    p = p * z + 0.133327663f;
    p = p * z - 0.333333284f;
    float near_0 = c + c * z * p;
    float beyond = 1.0f - 2.0f / (dl_exp_middle_f32(c + c) + 1.0f);
    return dl_with_sign_f32(c < 0.625f ? near_0 : beyond, x);
}

/* ---- sigmoid, f32 ---------------------------------------------------------------------------- */

/* e = e^-|x|: 1 / (1 + e), or e / (1 + e) where x < 0; nothing overflows, and nothing cancels. The
 * quotient y is put right by what rounding took from 1 + e; 1 / (1 + e) is y or 1 - y. */
static inline float dl_sigmoid_f32(float x)
{
    float a = fabsf(x), e = dl_exp_split_f32(a > 104.0f ? -104.0f : -a);
    float d = 1.0f + e, lost = (1.0f - d) + e;
    float y = (x < 0.0f ? e : 1.0f) / d;
    return y - y * (x < 0.0f ? 1.0f - y : y) * lost;
}

/* ---- erf, f32 -------------------------------------------------------------------------------- */

/* x + x P(x^2) up to 0.92, then 1 - e^(x Q(x)). */
static inline float dl_erf_f32(float x)
{
    float a = fabsf(x), c = a > 4.0f ? 4.0f : a, z = c * c;
    float p = 8.31325742e-05f;
    p = p * z - 0.000812778249f;
    p = p * z + 0.00519952085f;
    p = p * z - 0.0268586595f;
    p = p * z + 0.112836778f;
    p = p * z - 0.376126319f;
    p = p * z + 0.128379166f;
    float q = 0.000215597436f;
    q = q * c - 0.00322721805f;
    q = q * c + 0.0229262244f;
    q = q * c - 0.105314001f;
    q = q * c - 0.635681808f;
    q = q * c - 1.1285243f;
    return dl_with_sign_f32(c < 0.92f ? c + c * p : 1.0f - dl_exp_middle_f32(c * q), x);
}

/* ---- sin and cos, f32 ------------------------------------------------------------------------ */

/* Where dl_near_sin_f32 and dl_near_cos_f32 end; beyond, finite x are for dl_far_sin_f32 and
 * dl_far_cos_f32.
 */
#define DL_NEAR_F32 4194304.0f

/* The sine of the angle x + quarter pi / 2, |x| <= DL_NEAR_F32. In double: pi / 2 in two parts, the
 * first of 31 bits, leaves an error of 2^-60. */
static inline float dl_sine_f32(float x, uint64_t quarter)
{
    double d = (double)x, t = d * 0.63661977236758138 + 6755399441055744.0;
    double n = t - 6755399441055744.0;
    double r = (d - n * 1.5707963267341256) - n * 6.0771005065061922e-11, z = r * r;
    double s = 2.7249517274401137e-06;
    s = s * z - 0.00019840083698464571;
    s = s * z + 0.0083333318694046501;
    s = s * z - 0.16666666663842955;
    s = r + r * z * s;
    double c = 2.4547641017034094e-05;
    c = c * z - 0.0013888301792964386;
    c = c * z + 0.041666664654643831;
    c = 1.0 - 0.5 * z + z * z * c;
    uint64_t k, si, ci;
    memcpy(&k, &t, sizeof k);
    memcpy(&si, &s, sizeof si);
    memcpy(&ci, &c, sizeof ci);
    k += quarter;
    uint64_t odd = 0 - (k & 1), y = ((ci & odd) | (si & ~odd)) ^ ((k & 2) << 62);
    memcpy(&d, &y, sizeof d);
    return (float)d;
}

static inline float dl_near_sin_f32(float x)
{
    float y = dl_sine_f32(x, 0);
    return x == 0.0f ? x : y;
}

static inline float dl_near_cos_f32(float x) { return dl_sine_f32(x, 1); }

static inline float dl_far_sin_f32(float x) { return (float)sin((double)x); }

static inline float dl_far_cos_f32(float x) { return (float)cos((double)x); }

/* Of any angle. Nothing that calls libm vectorises: a loop asks first whether all angles are near.
 */
static inline int dl_is_far_f32(float x) { return fabsf(x) > DL_NEAR_F32 && fabsf(x) < INFINITY; }

static inline float dl_sin_f32(float x)
{
    return dl_is_far_f32(x) ? dl_far_sin_f32(x) : dl_near_sin_f32(x);
}

static inline float dl_cos_f32(float x)
{
    return dl_is_far_f32(x) ? dl_far_cos_f32(x) : dl_near_cos_f32(x);
}

/* ---- exp in double, f32 ---------------------------------------------------------------------- */

/* e^x = 2^n (1 + q), |x| < 700: returns q to 2^-32, and 2^n. */
static inline double dl_wide_exp_parts_f32(double x, double *power)
{
    double t = x * 1.4426950408889634 + 6755399441055744.0, n = t - 6755399441055744.0;
    double r = x - n * 0.69314718055994531;
    double p = 0.00019857822974933686;
    p = p * r + 0.0013933660630557406;
    p = p * r + 0.0083333607914859668;
    p = p * r + 0.041666464960430853;
    p = p * r + 0.16666666531799426;
    p = p * r + 0.50000000134361244;
    uint64_t u;
    memcpy(&u, &t, sizeof u);
    u = (u << 52) + 0x3ff0000000000000u;
    memcpy(power, &u, sizeof u);
    return r + r * r * p;
}

/* Relative error 2^-32, |x| < 700. */
static inline double dl_wide_exp_f32(double x)
{
    double power, q = dl_wide_exp_parts_f32(x, &power);
    return (1.0 + q) * power;
}

/* ---- pow, f32 -------------------------------------------------------------------------------- */

/* log |x| for pow, in double: relative error 2^-36. */
static inline double dl_pow_log_f32(float a)
{
    float v = a < 1.17549435e-38f ? a * 33554432.0f : a;
    float bias = a < 1.17549435e-38f ? 152.0f : 127.0f;
    uint32_t u = dl_bits_f32(v) + (0x3f800000u - 0x3f3504f3u);
    double e = (double)((float)(int32_t)(u >> 23) - bias);
    double m = (double)dl_of_bits_f32((u & 0x007fffffu) + 0x3f3504f3u);
    double s = (m - 1.0) / (m + 1.0), z = s * s;
    double p = 0.23333497622087632;
    p = p * z + 0.28550695479804916;
    p = p * z + 0.40000123133425869;
    p = p * z + 0.66666666552484255;
    return (s + s + s * z * p) + e * 0.69314718055994531;
}

/* |x|^y = e^(y log |x|); the sign and the special values are put right afterwards. */
static inline float dl_pow_f32(float x, float y)
{
    float a = fabsf(x), b = fabsf(y), h = 0.5f * b;
    float whole = b + 8388608.0f, half = h + 8388608.0f;
    whole -= 8388608.0f;
    half -= 8388608.0f;
    int integer = (b >= 8388608.0f) | (whole == b), odd = integer & (b < 16777216.0f) & (half != h);
    float c = y > 1e12f ? 1e12f : y;
    double e = (double)(c < -1e12f ? -1e12f : c) * dl_pow_log_f32(a);
    e = e > 200.0 ? 200.0 : e;
    float r = (float)dl_wide_exp_f32(e < -200.0 ? -200.0 : e);
    r = a == 0.0f ? (y < 0.0f ? INFINITY : 0.0f) : r;
    r = a == INFINITY ? (y < 0.0f ? 0.0f : INFINITY) : r;
    r = odd ? dl_with_sign_f32(r, x) : r;
    r = ((x < 0.0f) & (a < INFINITY) & !integer) ? NAN : r;
    r = ((x != x) | (y != y)) ? NAN : r;
    return ((x == 1.0f) | (y == 0.0f)) ? 1.0f : r;
}

#endif
