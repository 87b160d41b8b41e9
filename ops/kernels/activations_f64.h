/* activations_f64.h: erfc and functions of neural networks of double, whose parts would overflow,
 * cancel or lose their tails, at most 2 ulp.
 *
 * Straight-line C99 as in elementary_f64.h. What would lose digits is carried as two doubles whose
 * sum is meant, and a tail e^x is multiplied by its power of 2 last: a denormal result has been
 * rounded once. */
#ifndef DLTAPE_ACTIVATIONS_F64_H
#define DLTAPE_ACTIVATIONS_F64_H

#include "exponential.h"

/* ---- e^-|x| ---------------------------------------------------------------------------------- */

/* e^-|x| as two doubles. */
static inline double dl_decay_f64(double x, double *low)
{
    double a = fabs(x), n, tail, y = dl_exp_two_f64(a > 760.0 ? -760.0 : -a, 0.0, &tail, &n);
    *low = dl_times_power_of_2_f64(tail, n);
    return dl_times_power_of_2_f64(y, n);
}

/* ---- softplus and softsign ------------------------------------------------------------------- */

/* max(x, 0) + log(1 + e^-|x|). */
static inline double dl_softplus_f64(double x)
{
    double low, e = dl_decay_f64(x, &low), y = dl_log1p_two_f64(e, low);
    y = e < 1e-300 ? e : y;
    return x > 0.0 ? x + y : y;
}

static inline double dl_softsign_f64(double x)
{
    double y = x / (1.0 + fabs(x));
    return fabs(x) < INFINITY ? y : dl_with_sign_f64(x == x ? 1.0 : x, x);
}

/* ---- products with a quotient ---------------------------------------------------------------- */

/* x (n + nt) / (d + dt). */
static inline double dl_times_quotient_f64(double x, double n, double nt, double d, double dt)
{
    double qt, q = dl_two_quotient_f64(n, nt, d, dt, &qt), pt, p = dl_two_product_f64(x, q, &pt);
    return p + (pt + x * qt);
}

/* x / (1 + e^-(u + ut)), |x| < 1e100; 0 for u below -760. Of e^-(u + ut) = 2^n y with n above 0, as
 * 2^-n x / (2^-n + y). */
static inline double dl_times_sigmoid_f64(double x, double u, double ut)
{
    double c = u > 760.0 ? 760.0 : u < -760.0 ? -760.0 : u, low, n, lost;
    double y = dl_exp_two_f64(-c, c == u ? -ut : 0.0, &low, &n);
    int large = n > 0.0;
    double small = dl_times_power_of_2_f64(1.0, -fabs(n)), scale = large ? 1.0 : small;
    double d = dl_two_sum_f64(large ? small : 1.0, y * scale, &lost);
    d = d + (lost + low * scale);
    return dl_times_power_of_2_f64(x / d, large ? -n : 0.0);
}

/* ---- silu and mish --------------------------------------------------------------------------- */

static inline double dl_silu_f64(double x)
{
    double c = x < -760.0 ? -760.0 : x;
    c = c > 40.0 ? 40.0 : c;
    double y = dl_times_sigmoid_f64(c, c, 0.0);
    return x > 40.0 ? x : dl_with_sign_f64(fabs(y), x);
}

/* f tanh(softplus x), |f| < 1e100: of e = e^x the tanh is e (2 + e) / (2 + e (2 + e)), of e = e^-x
 * it is (1 + 2 e) / (1 + 2 e + 2 e^2). */
static inline double dl_times_tanh_softplus_f64(double f, double x)
{
    double a = fabs(x), low, n, st, nt, pt, dt;
    double y = dl_exp_two_f64(a > 760.0 ? -760.0 : -a, 0.0, &low, &n);
    double e = dl_times_power_of_2_f64(y, n), el = dl_times_power_of_2_f64(low, n);
    int below = x < 0.0;
    double s = dl_two_sum_f64(below ? 2.0 : 1.0, below ? e : e + e, &st);
    st = st + (below ? el : el + el);
    double m = dl_two_product_f64(below ? y : 1.0, s, &nt);
    nt = nt + (below ? y * st + low * s : st);
    double p = dl_two_product_f64(below ? e : e + e, below ? s : e, &pt);
    pt = pt + (below ? e * st + el * s : 4.0 * e * el);
    double d = dl_two_sum_f64(below ? 2.0 : s, p, &dt);
    dt = dt + (pt + (below ? 0.0 : st));
    return dl_times_power_of_2_f64(dl_times_quotient_f64(f, m, nt, d, dt), below ? n : 0.0);
}

static inline double dl_tanh_softplus_f64(double x) { return dl_times_tanh_softplus_f64(1.0, x); }

static inline double dl_mish_f64(double x)
{
    double c = x < -760.0 ? -760.0 : x;
    c = c > 40.0 ? 40.0 : c;
    double y = dl_times_tanh_softplus_f64(c, c);
    return x > 40.0 ? x : dl_with_sign_f64(fabs(y), x);
}

/* ---- erfc, the normal distribution, gelu ----------------------------------------------------- */

/* e^(a^2) erfc a for a + at >= 0, as two doubles: (1 + 2 a) times that, a polynomial of
 * t = (a - 2) / (a + 2), divided by 1 + 2 a (Shepherd and Laframboise, Math. Comp. 36, 1981). What
 * rounding takes from t counts times the slope of the polynomial. */
static inline double dl_erfc_scaled_f64(double a, double at, double *low)
{
    double nt, dt, tt, n = dl_difference_f64(a, 2.0, &nt), d = dl_two_sum_f64(a, 2.0, &dt);
    double t = dl_two_quotient_f64(n, nt + at, d, dt + at, &tt), z = t * t, w = z * z;
    double slope = (-0.088667 - t * 0.344268) + z * (0.457787 - t * 0.164207);
    double p = -9.338946143347172e-10;
    p = ((-3.9159523146678576e-08 + t * 5.479914992298808e-09)
         + z * (9.346651347860507e-09 - t * 1.0734424661640611e-10))
        + w * p;
    p = ((9.073828716630504e-08 + t * 1.837872065324162e-07)
         + z * (6.839438170994347e-08 - t * 4.7360279984106636e-08))
        + w * p;
    p = ((1.482500436989269e-06 - t * 6.846546415779968e-07)
         + z * (-7.969725689317889e-07 - t * 2.81426167004558e-07))
        + w * p;
    p = ((-3.6425686289814425e-05 - t * 1.3491277055214134e-05)
         + z * (3.7192614944510755e-06 + t * 5.219235619425839e-06))
        + w * p;
    p = ((-0.0004543408810073677 + t * 0.00020636730260351942)
         + z * (0.00015103960521668284 - t * 1.5102949324657337e-06))
        + w * p;
    p = ((-0.00803401508255676 + t * 0.008722653876615234)
         + z * (0.0012713389694302367 - t * 0.001456813958951259))
        + w * p;
    p = ((-0.09276382658574601 - t * 0.16603039761528887)
         + z * (0.16405128003344435 - t * 0.0542200009920715))
        + w * p;
    n = dl_two_sum_f64(1.2769783815525286, t * p, &nt);
    d = dl_two_sum_f64(1.0, a + a, &dt);
    nt = nt + (8.847749290215375e-17 + slope * tt);
    return dl_two_quotient_f64(n, nt, d, dt + (at + at), low);
}

/* f e^-(s + st) e^(a^2) erfc a for a + at >= 0, |f| < 1e100, s < 1400. */
static inline double dl_erfc_times_f64(double f, double a, double at, double s, double st)
{
    double qt, et, n, pt, rt, q = dl_erfc_scaled_f64(a, at, &qt);
    double e = dl_exp_two_f64(-s, -st, &et, &n), p = dl_two_product_f64(e, q, &pt);
    pt = pt + (et * q + e * qt);
    double r = dl_two_product_f64(f, p, &rt);
    return dl_times_power_of_2_f64(r + (rt + f * pt), n);
}

static inline double dl_erfc_f64(double x)
{
    double a = fabs(x), c = a > 28.0 ? 28.0 : a, st, s = dl_two_product_f64(c, c, &st);
    double y = dl_erfc_times_f64(1.0, c, 0.0, s, st);
    return x < 0.0 ? 2.0 - y : y;
}

/* f times the probability that a normal variate is below -|x|. */
static inline double dl_normal_tail_f64(double f, double x)
{
    double a = fabs(x), c = a > 39.5 ? 39.5 : a, st, s = dl_two_product_f64(c, 0.5 * c, &st), bt;
    double b = dl_two_product_f64(c, 0.70710678118654757, &bt);
    return dl_erfc_times_f64(0.5 * f, b, bt - c * 4.8336466567264567e-17, s, st);
}

/* The probability that a normal variate is below x. */
static inline double dl_ndtr_f64(double x)
{
    double y = dl_normal_tail_f64(1.0, x);
    return x > 0.0 ? 1.0 - y : y;
}

static inline double dl_gelu_f64(double x)
{
    double c = x < -40.0 ? -40.0 : x;
    c = c > 40.0 ? 40.0 : c;
    double y = dl_normal_tail_f64(c, c);
    y = x > 0.0 ? x - y : y;
    return x > 40.0 ? x : dl_with_sign_f64(fabs(y), x);
}

/* x / (1 + e^-u), u = 2 (2 / pi)^(1/2) x (1 + 0.044715 x^2) as two doubles. */
static inline double dl_gelu_tanh_f64(double x)
{
    double c = x < -40.0 ? -40.0 : x, zt, vt, wt, ut, kt;
    c = c > 40.0 ? 40.0 : c;
    double z = dl_two_product_f64(c, c, &zt), v = dl_two_product_f64(z, 0.044715, &vt);
    double w = dl_two_sum_f64(1.0, v, &wt), k = dl_two_product_f64(c, 1.5957691216057308, &kt);
    wt = wt + (vt + (0.044715 * zt + z * 2.1960211427085595e-18));
    double u = dl_two_product_f64(k, w, &ut);
    ut = ut + (k * wt + w * (kt + c * -9.96930880911092e-17));
    double y = dl_times_sigmoid_f64(c, u, ut);
    return x > 40.0 ? x : dl_with_sign_f64(fabs(y), x);
}

#endif
