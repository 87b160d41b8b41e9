/* special_cases.c: special functions, against libm, sums and Newton's steps in long double. */
#include "wide.h"

#define BUILD(NAME, CALL) \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) { return CALL; }
#define REFERENCE(NAME, VALUE, CALL) \
    WIDE_REFERENCE(NAME, VALUE)      \
    BUILD(NAME, CALL)

/* ---- references ------------------------------------------------------------------------------ */

static const long double pi = 3.14159265358979323846264338327950288L;

static long double log_gamma(long double x)
{
    int sign;
    return lgammal_r(x, &sign);
}

/* The n-th derivative of digamma: terms of its sum up to 60, then Euler and Maclaurin. */
static long double psi(int n, long double x)
{
    static const long double c[] = { 1 / 12.0L, -1 / 720.0L, 1 / 30240.0L, -1 / 1209600.0L,
                                     1 / 47900160.0L };
    long double sum = 0, factorial = 1, f;
    if (x == -(long double)INFINITY) return (long double)NAN;
    if (x <= 0 && x == rintl(x)) {
        if (x < 0) return n % 2 ? (long double)INFINITY : (long double)NAN;
        return n % 2 ? (long double)INFINITY : -1 / x;
    }
    if (isinf(x) || isnan(x)) return n ? (n % 2 ? 1 : -1) / x : x;
    for (int k = 2; k <= n; k++) factorial *= k;
    if (n && x > 1e30L) return (n % 2 ? 1 : -1) * factorial / n * powl(x, -n);
    for (; x < 60; x += 1) sum += powl(x, -n - 1);
    sum += powl(x, -n - 1) / 2 + (n ? powl(x, -n) / n : -logl(x));
    f = (n + 1) * powl(x, -n - 2);
    for (int k = 0; k < 5; k++) {
        sum += c[k] * f;
        f *= (n + 2 * k + 2) * (n + 2 * k + 3) / (x * x);
    }
    return n % 2 ? factorial * sum : -factorial * sum;
}

/* Newton's steps on erf, which is concave: from below, none goes too far. */
static long double inverse_erf(long double x)
{
    long double y = 0, off = 1, a = fabsl(x);
    if (!(a < 1)) return a == 1 ? x * (long double)INFINITY : (long double)NAN;
    for (int k = 0; k < 100 && off > 0; k++) {
        off = a < 0.5L ? a - erfl(y) : erfcl(y) - (1 - a);
        off *= sqrtl(pi) / 2 * expl(y * y);
        y += off;
    }
    return copysignl(y, x);
}

REFERENCE(erfinv, inverse_erf(x), dl_erfinv(in[0]))
REFERENCE(gamma, tgammal(x), dl_gamma(in[0]))
REFERENCE(lgamma, log_gamma(x), dl_lgamma(in[0]))
REFERENCE(digamma, psi(0, x), dl_digamma(in[0]))
REFERENCE(polygamma_0, psi(0, x), dl_polygamma(0, in[0]))
REFERENCE(polygamma_1, psi(1, x), dl_polygamma(1, in[0]))
REFERENCE(polygamma_2, psi(2, x), dl_polygamma(2, in[0]))
REFERENCE(polygamma_5, psi(5, x), dl_polygamma(5, in[0]))
REFERENCE(bessel_j0, j0l(x), dl_bessel_j0(in[0]))
REFERENCE(bessel_j1, j1l(x), dl_bessel_j1(in[0]))
REFERENCE(bessel_y0, y0l(x), dl_bessel_y0(in[0]))
REFERENCE(bessel_y1, y1l(x), dl_bessel_y1(in[0]))
REFERENCE(besselj_0, j0l(x), dl_besselj(0, in[0]))
REFERENCE(besselj_3, jnl(3, x), dl_besselj(3, in[0]))
REFERENCE(besselj_m2, jnl(-2, x), dl_besselj(-2, in[0]))
REFERENCE(bessely_3, ynl(3, x), dl_bessely(3, in[0]))
REFERENCE(bessely_m1, ynl(-1, x), dl_bessely(-1, in[0]))

/* ---- cases ----------------------------------------------------------------------------------- */

/* Within (-1, 1); and away from 0, from whole numbers below 0, and from zeros of what is drawn. */
static const double inside[OP_POOL] = {
    0.75,   -0.5,  0.25,   -0.125, 0.625,   -0.875, 0.375,   -0.25,   0.5,     -0.75,  0.125,
    -0.625, 0.875, -0.375, 0.0625, -0.8125, 0.6875, -0.4375, -0.0625, -0.3125, 0.8125, 0.1875,
};
static const double gaps[OP_POOL] = {
    0.75,  -0.375, 1.25,   2.125, -1.25, 3.5,   0.375,  1.75, -0.625, -1.625, 2.75,
    1.125, -0.25,  1.3125, 3.25,  0.625, 4.125, -2.375, 5.25, 1.875,  -1.375, 0.875,
};

#define SHAPE(OP, NAME, TEXT, DIMS, LABELS, POOL)                              \
    OP_CASE(#OP, TEXT, build_##NAME, (OP_X(DIMS, LABELS, POOL)), DIMS, LABELS, \
            .reference = NAME##_reference)
#define SHAPES(NAME, POOL)                                                                      \
    SHAPE(NAME, NAME, "rank 0", "", "", POOL + 1), SHAPE(NAME, NAME, "matrix", "34", "", POOL), \
        SHAPE(NAME, NAME, "labels CBT", "232", "CBT", POOL + 3)

static const op_case cases[] = {
    SHAPES(erfinv, inside),
    SHAPES(gamma, gaps),
    SHAPES(lgamma, gaps),
    SHAPES(digamma, gaps),
    SHAPES(bessel_j0, op_mixed),
    SHAPES(bessel_j1, op_mixed),
    SHAPES(bessel_y0, op_positive),
    SHAPES(bessel_y1, op_positive),
    SHAPE(polygamma, polygamma_0, "order 0", "34", "", gaps),
    SHAPE(polygamma, polygamma_1, "order 1", "34", "", gaps),
    SHAPE(polygamma, polygamma_2, "order 2, labels CB", "23", "CB", gaps + 2),
    SHAPE(polygamma, polygamma_5, "order 5, rank 0", "", "", op_positive),
    SHAPE(besselj, besselj_0, "order 0", "34", "", op_mixed),
    SHAPE(besselj, besselj_3, "order 3, labels CB", "23", "CB", op_mixed),
    SHAPE(besselj, besselj_m2, "order -2", "5", "", op_mixed),
    SHAPE(bessely, bessely_3, "order 3, labels CB", "23", "CB", op_positive),
    SHAPE(bessely, bessely_m1, "order -1, rank 0", "", "", op_positive),
};
const op_table op_special = OP_TABLE(cases);

OP_TESTS(special)

static dl_val build_order_171(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_polygamma(171, in[0]);
}
static dl_val build_order_m1(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_polygamma(-1, in[0]);
}
static dl_val build_order_1001(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_bessely(1001, in[0]);
}

TEST(special, orders_that_are_too_large_are_named)
{
    static const op_bad bad[] = {
        OP_BAD("polygamma", build_order_171, "", (OP_X("3", "", gaps)), DL_EARG,
               "polygamma: order (171): wanted 0 to 170"),
        OP_BAD("polygamma", build_order_m1, "", (OP_X("3", "", gaps)), DL_EARG, "order (-1)"),
        OP_BAD("bessely", build_order_1001, "", (OP_X("3", "", gaps)), DL_EARG,
               "bessely: order (1001): wanted -1000 to 1000"),
    };
    OP_REJECTS(bad);
}

/* ---- special values and accuracy ------------------------------------------------------------- */

static double unit(double x) { return x < 0 ? fmax(1, log(-x)) : 0; }
/* Of the derivative of trigamma, whose two sides cancel half way between poles. */
static double sides(double x) { return x < 0 ? 16 : 0; }
static double amplitude(double x) { return fabs(x) < 2 ? 0 : sqrt(0.63662 / fabs(x)); }

static const struct {
    wide_function of;
    double from, to;
} functions[] = {
#define FUNCTION(NAME, SCALE, ...)                               \
    {                                                            \
        { #NAME, build_##NAME, wide_##NAME, SCALE }, __VA_ARGS__ \
    }
    FUNCTION(erfinv, NULL, -1, 1),           FUNCTION(gamma, NULL, -184, 172),
    FUNCTION(lgamma, unit, -30, 60),         FUNCTION(digamma, unit, -10, 40),
    FUNCTION(polygamma_1, unit, -10, 40),    FUNCTION(polygamma_2, sides, -10, 40),
    FUNCTION(polygamma_5, NULL, 0, 40),      FUNCTION(bessel_j0, amplitude, -60, 60),
    FUNCTION(bessel_j1, amplitude, -60, 60), FUNCTION(bessel_y0, amplitude, 0, 60),
    FUNCTION(bessel_y1, amplitude, 0, 60),   FUNCTION(besselj_3, amplitude, -60, 60),
    FUNCTION(bessely_3, amplitude, 0, 60),
};
enum { FUNCTIONS = sizeof functions / sizeof *functions, POINTS = 500 };

static void within_4_ulp(int k, int n, const double *x)
{
    wide_check(&functions[k].of, DL_F32, 4, n, x);
    wide_check(&functions[k].of, DL_F64, 4, n, x);
}

TEST(special, functions_are_within_4_ulp)
{
    if (wide_is_double()) SKIP("long double is double");
    for (int k = 0; k < FUNCTIONS; k++) {
        double x[POINTS], from = functions[k].from, to = functions[k].to;
        for (int i = 0; i < POINTS; i++) {
            double part = fmod(i * 0.61803398874989485, 1);
            x[i] = i % 2 ? from + part * (to - from)
                         : fmax(from, -4) + part * (fmin(to, 4) - fmax(from, -4));
        }
        within_4_ulp(k, POINTS, x);
    }
}

TEST(special, special_values_are_those_of_a_wider_libm)
{
    double x[WIDE_SPECIAL];
    if (wide_is_double()) SKIP("long double is double");
    wide_points(x);
    for (int i = 0; i < WIDE_SPECIAL; i++) /* the sums from there upwards would not end */
        if (x[i] < -1000 && isfinite(x[i])) x[i] = -1000;
    for (int k = 0; k < FUNCTIONS; k++) within_4_ulp(k, WIDE_SPECIAL, x);
}

TEST(special, edges_are_as_documented)
{
    static const op_point points[] = {
        { "erfinv", build_erfinv, 1, 0, INFINITY, INFINITY, 0 },
        { "erfinv", build_erfinv, -1, 0, -INFINITY, INFINITY, 0 },
        { "erfinv", build_erfinv, 1.5, 0, NAN, NAN, 0 },
        { "erfinv", build_erfinv, -0.0, 0, -0.0, 0.88622692545275801, 0 },
        { "gamma", build_gamma, 0, 0, INFINITY, -INFINITY, 0 },
        { "gamma", build_gamma, -0.0, 0, -INFINITY, -INFINITY, 0 },
        { "gamma", build_gamma, -3, 0, NAN, NAN, 0 },
        { "gamma", build_gamma, 5, 0, 24, 36.146824042363203, 0 },
        { "gamma", build_gamma, INFINITY, 0, INFINITY, INFINITY, 0 },
        { "gamma", build_gamma, -INFINITY, 0, NAN, NAN, 0 },
        { "lgamma", build_lgamma, 1, 0, 0, -0.57721566490153286, 0 },
        { "lgamma", build_lgamma, 2, 0, 0, 0.42278433509846714, 0 },
        { "lgamma", build_lgamma, -2, 0, INFINITY, NAN, 0 },
        { "lgamma", build_lgamma, INFINITY, 0, INFINITY, INFINITY, 0 },
        { "digamma", build_digamma, 0, 0, -INFINITY, INFINITY, 0 },
        { "digamma", build_digamma, -0.0, 0, INFINITY, INFINITY, 0 },
        { "digamma", build_digamma, -1, 0, NAN, INFINITY, 0 },
        { "polygamma", build_polygamma_1, -1, 0, INFINITY, NAN, 0 },
        { "polygamma", build_polygamma_2, 0, 0, -INFINITY, INFINITY, 0 },
        { "bessel_j0", build_bessel_j0, 0, 0, 1, 0, 0 },
        { "bessel_j1", build_bessel_j1, 0, 0, 0, 0.5, 0 },
        { "bessel_j1", build_bessel_j1, -INFINITY, 0, 0, 0, 0 },
        { "bessel_y0", build_bessel_y0, 0, 0, -INFINITY, INFINITY, 0 },
        { "bessel_y0", build_bessel_y0, -1, 0, NAN, NAN, 0 },
        { "bessel_y1", build_bessel_y1, 0, 0, -INFINITY, INFINITY, 0 },
        { "besselj", build_besselj_3, 0, 0, 0, 0, 0 },
        { "bessely", build_bessely_m1, 0, 0, INFINITY, OP_ANY, 0 },
    };
    op_points_hold(points, (int)(sizeof points / sizeof *points), 1);
}
