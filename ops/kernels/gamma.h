/* gamma.h: gamma and its logarithm, their derivatives, and the inverse of erf.
 *
 * Computed in double and rounded once for float; never contracted, so that bits are the same on
 * every instruction set. What would lose digits is carried as two doubles. Polynomials:
 * tools/polynomials.py. Sources: Euler-Maclaurin and Stirling series as in DLMF 5.11 and 25.11;
 * erfinv in -log(1 - x^2) as in Giles, Approximating the erfinv function (2012), with polynomials
 * of its own. Accuracy: docs/accuracy.md. */
#ifndef DLTAPE_GAMMA_H
#define DLTAPE_GAMMA_H

#include "angles.h"

/* ---- parts ----------------------------------------------------------------------------------- */

/* c[0] + c[1] x + .. + c[n - 1] x^(n - 1). */
static inline double dl_horner_f64(const double *c, int n, double x)
{
    double y = c[n - 1];
    for (int k = n - 2; k >= 0; k--) y = y * x + c[k];
    return y;
}

/* (a + at) (b + bt). */
static inline double dl_two_times_f64(double a, double at, double b, double bt, double *lost)
{
    double p = dl_two_product_f64(a, b, lost);
    *lost = *lost + (a * bt + at * b);
    return p;
}

/* sin(pi r), |r| <= 1/2, as two doubles. */
static inline double dl_sine_pi_f64(double r, double *low)
{
    double a = fabs(r), rest, far = a > 0.25 ? 0.5 - a : a;
    double p = dl_two_product_f64(far, 3.1415926535897931, &rest);
    rest = rest + far * 1.2246467991473532e-16;
    double s = a > 0.25 ? dl_cosine_two_f64(p, rest, low) : dl_sine_two_f64(p, rest, low);
    *low = r < 0.0 ? -*low : *low;
    return r < 0.0 ? -s : s;
}

/* x less the nearest whole number, exactly; whether that one is odd. NaN of infinities. */
static inline double dl_part_f64(double x, int *odd)
{
    double whole = rint(x), half = 0.5 * whole;
    *odd = half != rint(half);
    return x - whole;
}

/* ---- gamma ----------------------------------------------------------------------------------- */

/* gamma(2.5 + u), |u| <= 1/2. */
static inline double dl_gamma_near_f64(double u)
{
    static const double c[] = {
        1.329340388179137,       0.9347345216260855,      0.6545585779813368,
        0.25387124684114376,     0.10967323400215975,     0.028360780594778156,
        0.010392403425935072,    0.0016074004868597799,   0.0007544741279764075,
        3.941751363613351e-06,   6.132998881756122e-05,   -1.28013080342882e-05,
        7.253750203859473e-06,   -2.5623512284561174e-06, 1.0829914823314093e-06,
        -4.1777172328856477e-07, 1.685124864158984e-07,   -8.312435079672132e-08,
        3.329125646482475e-08,
    };
    return dl_horner_f64(c, 19, u);
}

/* log gamma(a), 8 <= a < 1e17, as two doubles. */
static inline double dl_stirling_f64(double a, double *low)
{
    static const double c[] = {
        0.08333333333333333,    -0.002777777777777778, 0.0007936507936507937,
        -0.0005952380952380953, 0.0008417508417508417, -0.0019175269175269176,
        0.00641025641025641,    -0.029550653594771242, 0.17964437236883057,
        -1.3924322169059011,    13.402864044168393,    -156.84828462600203,
    };
    double lt, lh = dl_pow_log_f64(a, &lt), b = a - 0.5, bh = dl_head_f64(b), first, second;
    double small =
        (((b - bh) * lh + b * lt) + ((a - b) - 0.5) * lh) + dl_horner_f64(c, 12, 1.0 / (a * a)) / a;
    double y = dl_two_sum_f64(bh * lh, -a, &first);
    y = dl_two_sum_f64(y, 0.91893853320467274, &second);
    return dl_two_sum_f64(y, small + (first + second), low);
}

/* (a - 1) (a - 2) .. down to *b in [2, 3), 2 <= a < 8, as two doubles. */
static inline double dl_steps_f64(double a, double *b, double *low)
{
    double p = 1.0;
    *low = 0.0;
    *b = a;
    while (*b >= 3.0) {
        *b -= 1.0;
        p = dl_two_times_f64(p, *low, *b, 0.0, low);
    }
    return p;
}

/* gamma(a) = 2^n (y + *low), a >= 1e-17; of a > 200 that of 200. */
static inline double dl_gamma_two_f64(double a, double *low, double *n)
{
    double b, t, y;
    *n = 0.0;
    if (a >= 8.0) {
        y = dl_stirling_f64(a > 200.0 ? 200.0 : a, &t);
        return dl_exp_two_f64(y, t, low, n);
    }
    if (a < 1.0) {
        b = dl_two_sum_f64(1.0, a, &t);
        b = dl_two_times_f64(b, t, a, 0.0, &t);
        return dl_two_quotient_f64(dl_gamma_near_f64(a - 0.5), 0.0, b, t, low);
    }
    if (a < 2.0) return dl_two_quotient_f64(dl_gamma_near_f64(a - 1.5), 0.0, a, 0.0, low);
    y = dl_steps_f64(a, &b, &t);
    return dl_two_times_f64(y, t, dl_gamma_near_f64(b - 2.5), 0.0, low);
}

/* Below 0: gamma(-a) = -pi / (a sin(pi a) gamma(a)). */
static inline double dl_gamma_f64(double x)
{
    double a = fabs(x), n, low, st, lost;
    int odd;
    if (a < 1e-17) return 1.0 / x;
    if (x > 0.0 && !(x < INFINITY)) return x;
    double r = dl_part_f64(a, &odd);
    if (x < 0.0 && !(fabs(r) > 0.0)) return NAN;
    double y = dl_gamma_two_f64(a, &low, &n);
    if (!(x < 0.0)) return dl_times_power_of_2_f64(y + low, n);
    double s = dl_sine_pi_f64(odd ? r : -r, &st);
    s = dl_two_times_f64(s, st, a, 0.0, &st);
    s = dl_two_times_f64(s, st, y, low, &st);
    y = dl_two_quotient_f64(3.1415926535897931, 1.2246467991473532e-16, s, st, &lost) + lost;
    return dl_times_power_of_2_f64(y, -n);
}

static inline float dl_gamma_f32(float x) { return (float)dl_gamma_f64((double)x); }

/* ---- the logarithm of |gamma| ---------------------------------------------------------------- */

/* log gamma(a) / ((a - 1) (a - 2)) of u = a - 1.5, |u| <= 1/2. */
static inline double dl_lgamma12_f64(double u)
{
    static const double c[] = {
        0.4831289505409809,     -0.14595989591430608,   0.06291140107456439,
        -0.031308487501010646,  0.01679709863127416,    -0.009425622448525798,
        0.005446457839126065,   -0.0032120740737152814, 0.0019229163127905161,
        -0.0011644145847310124, 0.000711519067515296,   -0.00043799307479613914,
        0.00027131373861446925, -0.0001689178215524898, 0.00010535512483785591,
        -6.614136022346414e-05, 4.30276814976503e-05,   -2.7201673025504752e-05,
        1.3186019073996835e-05, -8.355075869795273e-06, 1.2140008083973407e-05,
        -7.760660152513446e-06,
    };
    return dl_horner_f64(c, 22, u);
}

/* log gamma(a) / (a - 2) of u = a - 2.5, |u| <= 1/2. */
static inline double dl_lgamma23_f64(double u)
{
    static const double c[] = {
        0.5693657409458384,      0.2675817993988097,      -0.044805842697384565,
        0.010877001514193397,    -0.0030951822936200616,  0.0009610979287877325,
        -0.00031505925026741326, 0.00010710020416941931,  -3.7353370737188277e-05,
        1.327579031351773e-05,   -4.786368568704811e-06,  1.7450418649108809e-06,
        -6.421957669345574e-07,  2.3795630765384484e-07,  -8.759051909844919e-08,
        3.281104524659661e-08,   -1.4719145482131672e-08, 5.565111801917945e-09,
    };
    return dl_horner_f64(c, 18, u);
}

/* log gamma(a) as two doubles, a >= 1e-17. */
static inline double dl_lgamma_two_f64(double a, double *low)
{
    double b, t, y;
    *low = 0.0;
    if (a < 1.0) {
        y = dl_pow_log_f64(a, &t);
        return dl_two_sum_f64(-y, a * (a - 1.0) * dl_lgamma12_f64(a - 0.5) - t, low);
    }
    if (a < 2.0) return (a - 1.0) * (a - 2.0) * dl_lgamma12_f64(a - 1.5);
    if (a < 3.0) return (a - 2.0) * dl_lgamma23_f64(a - 2.5);
    if (a < 8.0) {
        double p = dl_steps_f64(a, &b, &t), lt, lh = dl_pow_log_f64(p, &lt);
        return dl_two_sum_f64(lh, (b - 2.0) * dl_lgamma23_f64(b - 2.5) + (lt + t / p), low);
    }
    if (a < 1e17) return dl_stirling_f64(a, low);
    y = dl_pow_log_f64(a, &t);
    return a * ((y - 1.0) + t);
}

/* Below 0: log(pi / (a |sin(pi a)|)) - log gamma(a). */
static inline double dl_lgamma_f64(double x)
{
    double a = fabs(x), low, st, lost, lt;
    int odd;
    if (!(a < INFINITY)) return a;
    if (a < 1e-17) return -dl_log_f64(a);
    double y = dl_lgamma_two_f64(a, &low);
    if (x > 0.0) return y + low;
    double r = fabs(dl_part_f64(a, &odd));
    if (r == 0.0) return INFINITY;
    double s = dl_sine_pi_f64(r, &st);
    s = dl_two_times_f64(s, st, a, 0.0, &st);
    s = dl_two_quotient_f64(3.1415926535897931, 1.2246467991473532e-16, s, st, &lost);
    double lh = dl_pow_log_f64(s, &lt), sum = dl_two_sum_f64(lh, -y, &st);
    return sum + (st + ((lt + lost / s) - low));
}

static inline float dl_lgamma_f32(float x) { return (float)dl_lgamma_f64((double)x); }

/* ---- digamma and its derivatives ------------------------------------------------------------- */

/* digamma(a) of u = a - 1.5, |u| <= 1/2, as two doubles. */
static inline double dl_digamma_near_f64(double u, double *low)
{
    static const double c[] = {
        0.951055876031833,       -0.4236274212814605,     0.2405424842407742,
        -0.14840492305390884,    0.09498872445494122,     -0.061922133273064534,
        0.04076083381242074,     -0.02697579675613825,    0.0179072524394512,
        -0.011908218001568644,   0.007926944646403797,    -0.005279964873257405,
        0.003519006401502276,    -0.002345267632540769,   0.0015566317474486838,
        -0.0010376374098418604,  0.0007233266279287554,   -0.0004821990530566789,
        0.0002272331660987376,   -0.00015148586836773365, 0.00025968482126430747,
        -0.00017312261802727394,
    };
    double rest, from_zero = dl_two_sum_f64(u, 0.038367855031637754, &rest);
    return dl_two_times_f64(from_zero, rest - 9.549995429965697e-17, dl_horner_f64(c, 22, u), 0.0,
                            low);
}

/* a > 0. */
static inline double dl_digamma_above_f64(double a)
{
    static const double c[] = {
        0.08333333333333333,  -0.008333333333333333, 0.003968253968253968, -0.004166666666666667,
        0.007575757575757576, -0.021092796092796094, 0.08333333333333333,  -0.4432598039215686,
        3.0539543302701198,   -26.456212121212122,   281.46014492753625,   -3607.5105463980462,
    };
    if (a >= 8.0) {
        double z = 1.0 / (a * a);
        return dl_log_f64(a) - (0.5 / a + z * dl_horner_f64(c, 12, z));
    }
    if (a < 1e-17) return -1.0 / a;
    double sum = 0.0, low = 0.0, rest, lost, u = a - 0.5;
    if (a < 1.0) sum = dl_two_quotient_f64(-1.0, 0.0, a, 0.0, &low);
    else u = u - 1.0;
    while (u >= 0.5) {
        double inverse = dl_two_quotient_f64(1.0, 0.0, u + 0.5, 0.0, &rest);
        sum = dl_two_sum_f64(sum, inverse, &lost);
        low = low + (rest + lost);
        u = u - 1.0;
    }
    double near = dl_digamma_near_f64(u, &rest);
    sum = dl_two_sum_f64(sum, near, &lost);
    return sum + (low + (rest + lost));
}

/* Below 0: digamma(a) + 1 / a + pi cot(pi a) of a = -x. */
static inline double dl_digamma_f64(double x)
{
    double a = fabs(x), st, ct, lost;
    int odd;
    if (x == 0.0) return -1.0 / x;
    if (!(x < 0.0)) return dl_digamma_above_f64(x);
    double r = dl_part_f64(a, &odd);
    if (!(fabs(r) > 0.0)) return NAN;
    if (a < 1e-17) return 1.0 / a;
    double s = dl_sine_pi_f64(r, &st), c = dl_sine_pi_f64(0.5 - fabs(r), &ct);
    double q = dl_two_quotient_f64(c, ct, s, st, &lost);
    double turn = dl_two_times_f64(q, lost, 3.1415926535897931, 1.2246467991473532e-16, &lost), t;
    double inverse = dl_two_quotient_f64(1.0, 0.0, a, 0.0, &ct);
    double y = dl_two_sum_f64(turn, dl_digamma_above_f64(a), &st);
    y = dl_two_sum_f64(y, inverse, &t);
    return y + (st + (t + (lost + ct)));
}

static inline float dl_digamma_f32(float x) { return (float)dl_digamma_f64((double)x); }

/* The sum of ((q + k) / c)^-s over k = 0, 1 .. by Euler and Maclaurin, s >= 2, q > 0. */
static inline double dl_hurwitz_f64(double s, double q, double c)
{
    static const double b[] = {
        0.08333333333333333,    -0.001388888888888889,   3.306878306878307e-05,
        -8.267195767195768e-07, 2.08767569878681e-08,    -5.284190138687493e-10,
        1.3382536530684679e-11, -3.3896802963225827e-13, 8.586062056277845e-15,
        -2.174868698558062e-16, 5.5090028283602295e-18,  -1.3954464685812522e-19,
    };
    double sum = 0.0, lost = 0.0, t, m = q;
    if (!(q < INFINITY)) return 1.0 / q;
    for (double k = 1.0; m < s + 10.0; k += 1.0) {
        sum = dl_two_sum_f64(sum, dl_pow_f64(m / c, -s), &t);
        if (!(sum < INFINITY)) return sum;
        lost += t;
        m = q + k;
    }
    double u = c * dl_pow_f64(m / c, 1.0 - s), f = s / m, z = 1.0 / (m * m), rest = 0.5;
    for (int j = 0; j < 12; j++) {
        rest += b[j] * f;
        f *= (s + (2 * j + 1)) * (s + (2 * j + 2)) * z;
    }
    return sum + (lost + (u / (s - 1.0) + u / m * rest));
}

/* f times the sum of (q + k)^-s, which alone may underflow; c is a power of 2 near q. */
static inline double dl_times_hurwitz_f64(double f, double s, double q)
{
    int e, ef, eh;
    if (s < 10.0 || q < 2.0 || !(q < INFINITY)) return f * dl_hurwitz_f64(s, q, 1.0);
    frexp(q, &e);
    f = frexp(f, &ef) * frexp(dl_hurwitz_f64(s, q, ldexp(1.0, e - 1)), &eh);
    return ldexp(f, ef + eh - (e - 1) * (int)s);
}

/* The n-th derivative of digamma, (-1)^(n+1) n! hurwitz(n + 1, x). Below 0 the sum of (r + k)^-s
 * over all whole k, r = x less the nearest whole number, without those that are too many. */
static inline double dl_polygamma_f64(double n, double x)
{
    double s = n + 1.0, factor = 1.0, sum;
    int odd, even = 0.5 * n == rint(0.5 * n);
    if (!(n >= 0.0 && n < 1e9 && n == rint(n)) || x != x) return NAN;
    if (n == 0.0) return dl_digamma_f64(x);
    for (double k = 2.0; k <= n && factor < INFINITY; k += 1.0) factor *= k;
    if (even) factor = -factor;
    if (x > 0.0) return dl_times_hurwitz_f64(factor, s, x);
    double r = x == 0.0 ? x : dl_part_f64(x, &odd);
    if (r != r || (x < 0.0 && r == 0.0 && even)) return NAN;
    double top = dl_pow_f64(r, -s), above = dl_hurwitz_f64(s, 1.0 + r, 1.0);
    double below = dl_hurwitz_f64(s, 1.0 - r, 1.0), rest = dl_hurwitz_f64(s, 1.0 - x, 1.0);
    sum = top + (even ? (rest + above) - below : (above - rest) + below);
    return factor * sum;
}

static inline float dl_polygamma_f32(float n, float x)
{
    return (float)dl_polygamma_f64((double)n, (double)x);
}

/* ---- the inverse of erf ---------------------------------------------------------------------- */

/* erfinv(x) / x of w = -log(1 - x^2), or of the root of w where that is more than 2.5. */
static inline double dl_erfinv_f64(double x)
{
    static const double near[] = {
        1.6536545626831027,      0.2401581824255883,     -0.006033670871426841,
        -0.0007407025341544105,  0.0001867342080197054,  -1.3882523394698667e-05,
        -1.3654691755436831e-06, 4.2347881791557626e-07, -2.9070391764287315e-08,
        -4.112661339212262e-09,  1.051223776455646e-09,  -5.4142573216591555e-11,
        -1.2979007233325543e-11, 2.630373958471594e-12,  -8.065259523413162e-14,
        -3.9985878911671944e-14, 6.506534100630622e-15,  -4.4566279312457524e-17,
        -1.1993096951056196e-16, 1.6032279738868198e-17, 3.839151461338951e-19,
        -3.8102647888380196e-19, 3.436692017610773e-20,  4.451868771212042e-21,
        -8.939816028233079e-22,  -2.066512290849532e-23, 8.751072876689289e-24,
    };
    static const double mid[] = {
        3.0838856104922208,      1.0052589676941652,      0.005370914553555193,
        -0.003751208508212327,   0.002491442097947516,    -0.001688275535921936,
        0.000953289341795833,    -0.00035503780550499826, 2.4031510350318603e-05,
        6.828703766281446e-05,   -4.732066388775043e-05,  1.2465490012885596e-05,
        2.9325103785542764e-06,  -3.987383279152877e-06,  1.4817686493076977e-06,
        -2.3768438869458365e-08, -2.4575721605517875e-07, 1.2617019273822622e-07,
        -2.069721217948336e-08,  -1.1037793186805448e-08, 7.602734181548034e-09,
        -1.4414402902576647e-09,
    };
    static const double far[] = {
        4.9761913900163,         1.0102562759886626,     -0.0002125995036997365,
        -0.0001799390725829117,  6.469075777956889e-05,  -1.6589895197856154e-05,
        3.7475777189940277e-06,  -7.962392549351667e-07, 1.6935549268471913e-07,
        -4.1554413125883236e-08, 1.4478125855626064e-08, -6.976133432078923e-09,
        3.647913371199199e-09,   -1.764864961945382e-09, 7.350438825947619e-10,
        -2.5029205837581354e-10, 6.385184256731552e-11,  -6.850570300591591e-12,
        -4.875387839813189e-12,  3.4032695083245684e-12, -8.358045806137313e-13,
        4.9607257188632866e-14,
    };
    double a = fabs(x);
    if (!(a < 1.0)) return a == 1.0 ? x * INFINITY : NAN;
    double w = -dl_log_f64((1.0 - a) * (1.0 + a)), s = sqrt(w);
    if (w < 6.25) return x * dl_horner_f64(near, 27, w - 3.125);
    if (s < 4.0) return x * dl_horner_f64(mid, 22, s - 3.25);
    return x * dl_horner_f64(far, 22, s - 5.125);
}

static inline float dl_erfinv_f32(float x) { return (float)dl_erfinv_f64((double)x); }

#endif
