/* subjects.c: references in double, in long double (64 digits on x86), and in MPFR. For floats of
 * functions that libm has not, it is the library's own function of double, which MPFR measures. */
#include "accuracy.h"

#include "../../ops/kernels/elementary_f32.h"

#include "../../ops/kernels/bessel.h"

#include <math.h>

#define PI 3.14159265358979323846264338327950288L

/* ---- in double and in long double ------------------------------------------------------------ */

static double sigmoid_d(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }
static long double sigmoid_l(long double x)
{
    return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x));
}
static double reciprocal_d(double x) { return 1 / x; }
static long double reciprocal_l(long double x) { return 1 / x; }
static double rsqrt_d(double x) { return 1 / sqrt(x); }
static long double rsqrt_l(long double x) { return 1 / sqrtl(x); }
static double cot_d(double x) { return 1 / tan(x); }
static long double cot_l(long double x) { return 1 / tanl(x); }
static double sec_d(double x) { return 1 / cos(x); }
static long double sec_l(long double x) { return 1 / cosl(x); }
static double csc_d(double x) { return 1 / sin(x); }
static long double csc_l(long double x) { return 1 / sinl(x); }
static long double logit_l(long double x)
{
    return fabsl(x - 0.5L) < 0.25L ? log1pl((2 * x - 1) / (1 - x)) : logl(x / (1 - x));
}
static double logit_d(double x) { return (double)logit_l((long double)x); }

/* Shares of x: where they vanish the product is a zero with the sign of x, also at infinity. */
static double times(double x, double f) { return f == 0 ? copysign(0, x) : x * f; }
static long double times_l(long double x, long double f)
{
    return f == 0 ? copysignl(0, x) : x * f;
}
static double softplus_d(double x) { return fmax(x, 0) + log1p(exp(-fabs(x))); }
static long double softplus_l(long double x) { return fmaxl(x, 0) + log1pl(expl(-fabsl(x))); }
static double softsign_d(double x) { return isinf(x) ? copysign(1, x) : x / (1 + fabs(x)); }
static long double softsign_l(long double x)
{
    return isinf(x) ? copysignl(1, x) : x / (1 + fabsl(x));
}
static double silu_d(double x) { return times(x, sigmoid_d(x)); }
static long double silu_l(long double x) { return times_l(x, sigmoid_l(x)); }
static double mish_d(double x) { return times(x, tanh(softplus_d(x))); }
static long double mish_l(long double x) { return times_l(x, tanhl(softplus_l(x))); }
static double log_sigmoid_d(double x) { return -softplus_d(-x); }
static long double log_sigmoid_l(long double x) { return -softplus_l(-x); }
static double elu_d(double x) { return x > 0 || isnan(x) ? x : x == 0 ? 0 : expm1(x); }
static long double elu_l(long double x) { return x > 0 || isnan(x) ? x : x == 0 ? 0 : expm1l(x); }
static long double selu_l(long double x)
{
    const long double scale = 1.0507009873554804934193349852946L;
    const long double alpha = 1.6732632423543772848170429916717L;
    return x == 0 ? 0 : scale * (x > 0 || isnan(x) ? x : alpha * expm1l(x));
}
static double selu_d(double x) { return (double)selu_l((long double)x); }
static double gelu_d(double x) { return times(x, 0.5 * erfc(-x * 0.70710678118654752)); }
/* x erfc(a + lost) / 2, a + lost = -x / 2^(1/2) to 2^-128. */
static long double gelu_l(long double x)
{
    const long double half = 0.7071067811865475244008443621048490393L,
                      rest = 1.895032558893257079655e-20L;
    if (fabsl(x) > 45) return x > 0 ? x : -0.0L;
    long double a = -x * half, lost = fmal(-x, half, -a) - x * rest;
    return x * (0.5L * erfcl(a) - lost * expl(-a * a) / sqrtl(PI));
}
static double gelu_tanh_d(double x)
{
    return times(x, sigmoid_d(1.5957691216057308 * (x + 0.044715 * x * x * x)));
}

static long double lgamma_l(long double x)
{
    int sign;
    return lgammal_r(x, &sign);
}
static double lgamma_d(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* cot(pi x). */
static long double turn_l(long double x)
{
    long double r = x - rintl(x);
    return fabsl(r) < 0.25L ? 1 / tanl(PI * r) : tanl(PI * (copysignl(0.5L, r) - r));
}

/* Upwards to 30, then the series in 1 / x^2. */
static long double digamma_l(long double x)
{
    static const long double c[] = { 1 / 12.0L,  -1 / 120.0L,     1 / 252.0L, -1 / 240.0L,
                                     1 / 132.0L, -691 / 32760.0L, 1 / 12.0L,  -3617 / 8160.0L };
    if (x <= 0 && x == rintl(x)) return x == 0 ? -1 / x : (long double)NAN;
    if (x < 0) return digamma_l(-x) - 1 / x - PI * turn_l(x);
    if (isinf(x)) return x;
    long double sum = 0, z, p = 0;
    for (; x < 30; x += 1) sum += 1 / x;
    z = 1 / (x * x);
    for (int k = 7; k >= 0; k--) p = (p + c[k]) * z;
    return logl(x) - 1 / (2 * x) - p - sum;
}

/* The sum of (x + k)^-s: terms up to 40, then Euler and Maclaurin. */
static long double zeta_l(int s, long double x)
{
    static const long double c[] = { 1 / 12.0L, -1 / 720.0L, 1 / 30240.0L, -1 / 1209600.0L,
                                     1 / 47900160.0L };
    long double sum = 0, f, tail;
    for (; x < 40; x += 1) sum += powl(x, -s);
    if (isinf(x)) return 0;
    tail = powl(x, 1 - s) / (s - 1) + powl(x, -s) / 2;
    f = s * powl(x, -s - 1);
    for (int j = 0; j < 5; j++) {
        tail += c[j] * f;
        f *= (s + 2 * j + 1) * (s + 2 * j + 2) / (x * x);
    }
    return sum + tail;
}
static long double trigamma_l(long double x)
{
    if (x > 0) return zeta_l(2, x);
    if (x == rintl(x)) return (long double)INFINITY;
    long double c = turn_l(x);
    return PI * PI * (1 + c * c) - zeta_l(2, 1 - x);
}
static double trigamma_d(double x) { return dl_polygamma_f64(1, x); }
static long double tetragamma_l(long double x) { return -2 * zeta_l(3, x); }
static double tetragamma_d(double x) { return dl_polygamma_f64(2, x); }

/* Halley's steps on erf, or on erfc where erf is almost 1. */
static long double erfinv_l(long double x)
{
    long double a = fabsl(x), w, y;
    if (!(a < 1)) return a == 1 ? x * (long double)INFINITY : (long double)NAN;
    w = logl((1 - a) * (1 + a));
    y = 4.33L + w / 2;
    y = sqrtl(sqrtl(y * y - w / 0.147L) - y);
    for (int k = 0; k < 4; k++) {
        long double off = a < 0.5L ? erfl(y) - a : (1 - a) - erfcl(y);
        off *= sqrtl(PI) / 2 * expl(y * y);
        y -= off / (1 + y * off);
    }
    return copysignl(a < 1e-30L ? a * sqrtl(PI) / 2 : y, x);
}

static double j2_d(double x) { return jn(2, x); }
static long double j2_l(long double x) { return jnl(2, x); }
static double y2_d(double x) { return yn(2, x); }
static long double y2_l(long double x) { return ynl(2, x); }

/* ---- in MPFR --------------------------------------------------------------------------------- */

#define EXACT(NAME) \
    static int NAME##_m(mpfr_ptr y, mpfr_srcptr x) { return mpfr_##NAME(y, x, MPFR_RNDN); }
EXACT(exp)
EXACT(log)
EXACT(tanh)
EXACT(erf)
EXACT(erfc)
EXACT(sin)
EXACT(cos)
EXACT(sqrt)
EXACT(cbrt)
EXACT(exp2)
EXACT(expm1)
EXACT(log1p)
EXACT(log2)
EXACT(log10)
EXACT(sinh)
EXACT(cosh)
EXACT(asinh)
EXACT(acosh)
EXACT(atanh)
EXACT(asin)
EXACT(acos)
EXACT(atan)
EXACT(tan)
EXACT(cot)
EXACT(sec)
EXACT(csc)
EXACT(gamma)
EXACT(digamma)
EXACT(j0)
EXACT(j1)
EXACT(y0)
EXACT(y1)

static int reciprocal_m(mpfr_ptr y, mpfr_srcptr x) { return mpfr_ui_div(y, 1, x, MPFR_RNDN); }
static int rsqrt_m(mpfr_ptr y, mpfr_srcptr x) { return mpfr_rec_sqrt(y, x, MPFR_RNDN); }
static int j2_m(mpfr_ptr y, mpfr_srcptr x) { return mpfr_jn(y, 2, x, MPFR_RNDN); }
static int y2_m(mpfr_ptr y, mpfr_srcptr x) { return mpfr_yn(y, 2, x, MPFR_RNDN); }
static int lgamma_m(mpfr_ptr y, mpfr_srcptr x)
{
    int sign;
    return mpfr_lgamma(y, &sign, x, MPFR_RNDN);
}
static int sigmoid_m(mpfr_ptr y, mpfr_srcptr x)
{
    mpfr_neg(y, x, MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    return mpfr_ui_div(y, 1, y, MPFR_RNDN);
}
static int softplus_m(mpfr_ptr y, mpfr_srcptr x)
{
    mpfr_exp(y, x, MPFR_RNDN);
    return mpfr_log1p(y, y, MPFR_RNDN);
}
static int log_sigmoid_m(mpfr_ptr y, mpfr_srcptr x)
{
    mpfr_neg(y, x, MPFR_RNDN);
    softplus_m(y, y);
    return mpfr_neg(y, y, MPFR_RNDN);
}
static int softsign_m(mpfr_ptr y, mpfr_srcptr x)
{
    mpfr_abs(y, x, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    return mpfr_div(y, x, y, MPFR_RNDN);
}
static int silu_m(mpfr_ptr y, mpfr_srcptr x)
{
    sigmoid_m(y, x);
    return mpfr_mul(y, x, y, MPFR_RNDN);
}
static int mish_m(mpfr_ptr y, mpfr_srcptr x)
{
    softplus_m(y, x);
    mpfr_tanh(y, y, MPFR_RNDN);
    return mpfr_mul(y, x, y, MPFR_RNDN);
}
static int gelu_m(mpfr_ptr y, mpfr_srcptr x)
{
    mpfr_sqrt_ui(y, 2, MPFR_RNDN);
    mpfr_div(y, x, y, MPFR_RNDN);
    mpfr_neg(y, y, MPFR_RNDN);
    mpfr_erfc(y, y, MPFR_RNDN);
    mpfr_mul(y, x, y, MPFR_RNDN);
    return mpfr_div_ui(y, y, 2, MPFR_RNDN);
}
/* x sigmoid u, u = (8 / pi)^(1/2) (x + 0.044715 x^3) */
static int gelu_tanh_m(mpfr_ptr y, mpfr_srcptr x)
{
    mpfr_t pi;
    mpfr_init2(pi, mpfr_get_prec(y));
    mpfr_sqr(y, x, MPFR_RNDN);
    mpfr_mul_ui(y, y, 44715, MPFR_RNDN);
    mpfr_div_ui(y, y, 1000000, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    mpfr_mul(y, x, y, MPFR_RNDN);
    mpfr_const_pi(pi, MPFR_RNDN);
    mpfr_ui_div(pi, 8, pi, MPFR_RNDN);
    mpfr_sqrt(pi, pi, MPFR_RNDN);
    mpfr_mul(y, y, pi, MPFR_RNDN);
    mpfr_clear(pi);
    sigmoid_m(y, y);
    return mpfr_mul(y, x, y, MPFR_RNDN);
}
/* Its tail loses 10 of the 64 digits of a long double to the rounding of u: MPFR. */
static long double gelu_tanh_l(long double x)
{
    if (!isfinite(x)) return x < 0 ? -0.0L : x;
    mpfr_t y, z;
    mpfr_inits2(100, y, z, (mpfr_ptr)0);
    mpfr_set_ld(z, x, MPFR_RNDN);
    gelu_tanh_m(y, z);
    x = mpfr_get_ld(y, MPFR_RNDN);
    mpfr_clears(y, z, (mpfr_ptr)0);
    return x;
}
static int logit_m(mpfr_ptr y, mpfr_srcptr x)
{
    mpfr_t d;
    mpfr_init2(d, mpfr_get_prec(y));
    mpfr_ui_sub(d, 1, x, MPFR_RNDN);
    mpfr_div(y, x, d, MPFR_RNDN);
    mpfr_clear(d);
    return mpfr_log(y, y, MPFR_RNDN);
}
/* Newton's steps on erfc, whose digits suffice: y has 200 bits. */
static int erfinv_m(mpfr_ptr y, mpfr_srcptr x)
{
    mpfr_t off, slope;
    mpfr_inits2(mpfr_get_prec(y), off, slope, (mpfr_ptr)0);
    mpfr_set_ld(y, erfinv_l(mpfr_get_ld(x, MPFR_RNDN)), MPFR_RNDN);
    for (int k = 0; k < 2 && mpfr_number_p(y); k++) {
        mpfr_erf(off, y, MPFR_RNDN);
        mpfr_sub(off, off, x, MPFR_RNDN);
        mpfr_sqr(slope, y, MPFR_RNDN);
        mpfr_exp(slope, slope, MPFR_RNDN);
        mpfr_mul(off, off, slope, MPFR_RNDN);
        mpfr_const_pi(slope, MPFR_RNDN);
        mpfr_sqrt(slope, slope, MPFR_RNDN);
        mpfr_mul(off, off, slope, MPFR_RNDN);
        mpfr_div_ui(off, off, 2, MPFR_RNDN);
        mpfr_sub(y, y, off, MPFR_RNDN);
    }
    mpfr_clears(off, slope, (mpfr_ptr)0);
    return 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

/* 1 where a function changes its sign time and again. */
static double unit(double x) { return x < 0 ? 1 : 0; }
static double logarithm(double x) { return x < 0 ? fmax(1, log(-x)) : 0; }
static double amplitude(double x) { return fabs(x) < 8 ? 0 : sqrt(0.63662 / fabs(x)); }
static double amplitude_2(double x) { return fabs(x) < 2 ? 0 : sqrt(0.63662 / fabs(x)); }

static dl_val trigamma(dl_val x) { return (dl_polygamma)(1, x); }
static dl_val tetragamma(dl_val x) { return (dl_polygamma)(2, x); }
static dl_val j2_op(dl_val x) { return (dl_besselj)(2, x); }
static dl_val y2_op(dl_val x) { return (dl_bessely)(2, x); }

static dl_val elu_1(dl_val x) { return (dl_elu)(x, 1); }

#define LIBM(NAME, ...)                                          \
    {                                                            \
#NAME, (dl_##NAME), NAME, NAME##l, NAME##_m, __VA_ARGS__ \
    }
#define OWN(NAME, ...)                                                \
    {                                                                 \
#NAME, (dl_##NAME), NAME##_d, NAME##_l, NAME##_m, __VA_ARGS__ \
    }
#define ALL -INFINITY, INFINITY, 2, 0, 0
/* clang-format off */
const subject subjects[] = {
    LIBM(sqrt, 0, 4, ALL), LIBM(exp, -746, 710, ALL), LIBM(log, 0, 4, ALL),
    LIBM(tanh, -20, 20, ALL), LIBM(erf, -7, 7, ALL), LIBM(sin, -100, 100, ALL),
    LIBM(cos, -100, 100, ALL), OWN(sigmoid, -746, 40, ALL), OWN(reciprocal, -2, 2, ALL),
    OWN(rsqrt, 0, 4, ALL), LIBM(cbrt, -8, 8, ALL), LIBM(exp2, -1080, 1025, ALL),
    LIBM(expm1, -40, 710, ALL), LIBM(log1p, -1, 4, ALL), LIBM(log2, 0, 4, ALL),
    LIBM(log10, 0, 4, ALL), OWN(logit, 0, 1, ALL), LIBM(sinh, -711, 711, ALL),
    LIBM(cosh, -711, 711, ALL), LIBM(asinh, -10, 10, ALL), LIBM(acosh, 1, 10, ALL),
    LIBM(atanh, -1, 1, ALL), LIBM(asin, -1, 1, ALL), LIBM(acos, -1, 1, ALL),
    LIBM(atan, -10, 10, ALL), LIBM(tan, -100, 100, ALL), OWN(cot, -100, 100, ALL),
    OWN(sec, -100, 100, ALL), OWN(csc, -100, 100, ALL), LIBM(erfc, -7, 28, ALL),
    OWN(softplus, -746, 40, ALL), OWN(softsign, -8, 8, ALL), OWN(silu, -746, 40, ALL),
    OWN(log_sigmoid, -40, 746, ALL), OWN(mish, -746, 40, ALL), OWN(gelu, -40, 10, ALL), OWN(gelu_tanh, -22, 10, ALL),
    { "elu", elu_1, elu_d, elu_l, NULL, -40, 4, ALL },
    { "selu", (dl_selu), selu_d, selu_l, NULL, -40, 4, ALL },
    { "erfinv", (dl_erfinv), dl_erfinv_f64, erfinv_l, erfinv_m, -1, 1, -1, 1, 4, 0, 0 },
    { "gamma", (dl_gamma), tgamma, tgammal, gamma_m, -184, 172, -INFINITY, INFINITY, 4, 0, 0 },
    OWN(lgamma, -40, 40, -INFINITY, INFINITY, 4, unit, 0),
    { "digamma", (dl_digamma), dl_digamma_f64, digamma_l, digamma_m, -20, 40, -INFINITY, INFINITY, 4,
      logarithm, 0 },
    { "polygamma 1", trigamma, trigamma_d, trigamma_l, 0, -20, 40, -INFINITY, INFINITY, 4, unit, 64 },
    { "polygamma 2", tetragamma, tetragamma_d, tetragamma_l, 0, 0, 40, 0, INFINITY, 4, 0, 64 },
    { "bessel_j0", (dl_bessel_j0), j0, j0l, j0_m, -40, 40, -INFINITY, INFINITY, 4, amplitude, 0 },
    { "bessel_j1", (dl_bessel_j1), j1, j1l, j1_m, -40, 40, -INFINITY, INFINITY, 4, amplitude, 0 },
    { "bessel_y0", (dl_bessel_y0), y0, y0l, y0_m, 0, 40, 0, INFINITY, 4, amplitude, 0 },
    { "bessel_y1", (dl_bessel_y1), y1, y1l, y1_m, 0, 40, 0, INFINITY, 4, amplitude, 0 },
    { "besselj 2", j2_op, j2_d, j2_l, j2_m, -40, 40, -INFINITY, INFINITY, 4, amplitude_2, 64 },
    { "bessely 2", y2_op, y2_d, y2_l, y2_m, 0, 40, 0, INFINITY, 4, amplitude_2, 64 },
};
/* clang-format on */
const int subject_count = sizeof subjects / sizeof *subjects;
