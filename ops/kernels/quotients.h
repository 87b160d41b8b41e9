/* quotients.h: functions of two numbers: the angle of a point (at most 2.5 ulp), its distance (1.5
 * ulp), and remainders (exact, but for the sum that gives mod the sign of the divisor). Special
 * values as in C99, those of mod as stated.
 *
 * Straight-line C99 as in elementary_f64.h, but for fmod, which is exact with any libm. Those of
 * float are computed in double and rounded once. */
#ifndef DLTAPE_QUOTIENTS_H
#define DLTAPE_QUOTIENTS_H

#include "elementary_f32.h"
#include "elementary_f64.h"

/* ---- atan2 ----------------------------------------------------------------------------------- */

/* The arctangent of t, |t| < 7/16, with the polynomial of fdlibm's s_atan.c. */
static inline double dl_short_arc_f64(double t)
{
    double z = t * t, w = z * z;
    double even =
        0.33333333333332932
        + w
              * (0.14285714272503466
                 + w
                       * (0.090908871334365066
                          + w
                                * (0.066610731373875312
                                   + w * (0.049768779946159324 + w * 0.016285820115365782))));
    double odd = -0.19999999999876483
                 + w
                       * (-0.11111110405462356
                          + w
                                * (-0.076918762050448300
                                   + w * (-0.058335701337905735 - w * 0.036531572744216916)));
    return t - t * (z * (even + z * odd));
}

/* With m <= n the sizes of both, m / n is tan(v) or tan(pi/4 + v), |v| < pi/8: the angle is v plus
 * or minus, added to a multiple of pi/4 that is known to more than a double. */
static inline double dl_atan2_f64(double y, double x)
{
    double a = fabs(y), b = fabs(x), side = dl_with_sign_f64(1.0, x);
    double n = a > b ? a : b, m = a > b ? b : a;
    double scale = n > 1e300 ? 0.0625 : n < 1e-290 ? 1152921504606846976.0 : 1.0;
    double both = m == INFINITY ? 1.0 : 0.0;
    m = n == INFINITY ? both : m * scale;
    n = n == INFINITY || n == 0.0 ? 1.0 : n * scale;
    double far = m - 0.4142135623730950 * n;
    double v = dl_short_arc_f64((far > 0.0 ? m - n : m) / (far > 0.0 ? m + n : n));
    double middle = side < 0.0 ? 2.3561944901923448 : 0.78539816339744828;
    double middle_rest = side < 0.0 ? 9.1848509936051484e-17 : 3.061616997868383e-17;
    double end = side < 0.0 ? 3.1415926535897931 : 0.0;
    double end_rest = side < 0.0 ? 1.2246467991473532e-16 : 0.0;
    end = a > b ? 1.5707963267948966 : end;
    end_rest = a > b ? 6.123233995736766e-17 : end_rest;
    double base = far > 0.0 ? middle : end, rest = far > 0.0 ? middle_rest : end_rest;
    double r = base + ((a > b ? -side : side) * v + rest);
    r = dl_with_sign_f64(r, y);
    return y != y || x != x ? y + x : r;
}

static inline float dl_atan2_f32(float y, float x)
{
    return (float)dl_atan2_f64((double)y, (double)x);
}

/* ---- hypot ----------------------------------------------------------------------------------- */

static inline double dl_hypot_f64(double x, double y)
{
    double a = fabs(x), b = fabs(y), n = a > b ? a : b;
    double scale = n > 0x1p500 ? 0x1p-600 : n < 0x1p-500 ? 0x1p600 : 1.0;
    double back = n > 0x1p500 ? 0x1p600 : n < 0x1p-500 ? 0x1p-600 : 1.0;
    double c = a * scale, d = b * scale, r = sqrt(c * c + d * d) * back;
    return a == INFINITY || b == INFINITY ? INFINITY : r;
}

static inline float dl_hypot_f32(float x, float y)
{
    double a = (double)x, b = (double)y, r = sqrt(a * a + b * b);
    return fabs(a) == INFINITY || fabs(b) == INFINITY ? INFINITY : (float)r;
}

/* ---- mod and rem ----------------------------------------------------------------------------- */

/* x minus y times the floor of x / y, with the sign of y; x where y is 0. */
static inline double dl_mod_f64(double x, double y)
{
    double r = fmod(x, y);
    r = r == 0.0 ? dl_with_sign_f64(0.0, y) : (r < 0.0) != (y < 0.0) ? r + y : r;
    return y == 0.0 ? x : r;
}

static inline float dl_mod_f32(float x, float y)
{
    float r = fmodf(x, y);
    r = r == 0.0f ? dl_with_sign_f32(0.0f, y) : (r < 0.0f) != (y < 0.0f) ? r + y : r;
    return y == 0.0f ? x : r;
}

/* How often y has been taken from x, which left r: the nearest whole number; 0 times if y is 0 and
 * r is x, and -1 times if y is infinite and left. */
static inline double dl_times_f64(double x, double y, double r)
{
    double times = fabs(y) == INFINITY && r == y ? -1.0 : rint((x - r) / y);
    return y == 0.0 && r == r ? 0.0 : times;
}

static inline float dl_times_f32(float x, float y, float r)
{
    float times = fabsf(y) == (float)INFINITY && r == y ? -1.0f : rintf((x - r) / y);
    return y == 0.0f && r == r ? 0.0f : times;
}

static inline double dl_floors_f64(double x, double y)
{
    return dl_times_f64(x, y, dl_mod_f64(x, y));
}

static inline float dl_floors_f32(float x, float y) { return dl_times_f32(x, y, dl_mod_f32(x, y)); }

static inline double dl_fixes_f64(double x, double y) { return dl_times_f64(x, y, fmod(x, y)); }

static inline float dl_fixes_f32(float x, float y) { return dl_times_f32(x, y, fmodf(x, y)); }

/* ---- copysign -------------------------------------------------------------------------------- */

static inline double dl_copysign_f64(double x, double y) { return dl_with_sign_f64(fabs(x), y); }

static inline float dl_copysign_f32(float x, float y) { return dl_with_sign_f32(fabsf(x), y); }

#endif
