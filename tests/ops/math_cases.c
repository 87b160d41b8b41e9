/* math_cases.c: further elementary functions, against libm in a wider type. */
#include "wide.h"

#define BUILD(NAME)                                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##NAME(in[0]);                                              \
    }
#define REFERENCE(NAME, VALUE)  \
    WIDE_REFERENCE(NAME, VALUE) \
    BUILD(NAME)

static long double logit(long double x)
{
    return fabsl(x - 0.5L) < 0.25L ? log1pl((2 * x - 1) / (1 - x)) : logl(x / (1 - x));
}

/* Through the fraction: not how the op does it. */
static long double away(long double x)
{
    long double whole, part = modfl(fabsl(x), &whole);
    return copysignl(isinf(x) ? INFINITY : part < 0.5L ? whole : part >= 0.5L ? whole + 1 : x, x);
}

REFERENCE(reciprocal, 1 / x)
REFERENCE(rsqrt, 1 / sqrtl(x))
REFERENCE(cbrt, cbrtl(x))
REFERENCE(exp2, exp2l(x))
REFERENCE(expm1, expm1l(x))
REFERENCE(log1p, log1pl(x))
REFERENCE(log2, log2l(x))
REFERENCE(log10, log10l(x))
REFERENCE(logit, logit(x))
REFERENCE(sinh, sinhl(x))
REFERENCE(cosh, coshl(x))
REFERENCE(asinh, asinhl(x))
REFERENCE(acosh, acoshl(x))
REFERENCE(atanh, atanhl(x))
REFERENCE(asin, asinl(x))
REFERENCE(acos, acosl(x))
REFERENCE(atan, atanl(x))
REFERENCE(tan, tanl(x))
REFERENCE(cot, 1 / tanl(x))
REFERENCE(sec, 1 / cosl(x))
REFERENCE(csc, 1 / sinl(x))
REFERENCE(floor, floorl(x))
REFERENCE(ceil, ceill(x))
REFERENCE(round, away(x))
REFERENCE(fix, truncl(x))

/* Within (-1, 1), within (0, 1), from 17 / 16 on, and no multiple of 1/2. */
static const double inside[OP_POOL] = {
    0.75,   -0.5,  0.25,   -0.125, 0.625, -0.875, 0.375,   -0.25,   0.5,     -0.75,  0.125,
    -0.625, 0.875, -0.375, 0.0625, -0.8,  0.6875, -0.4375, -0.0625, -0.3125, 0.8125, 0.1875,
};
static const double share[OP_POOL] = {
    0.75,   0.5,     0.25,   0.125,  0.625,  0.875,   0.375,   0.3125,  0.5625,  0.1875,  0.6875,
    0.8125, 0.28125, 0.4375, 0.0625, 0.9375, 0.34375, 0.21875, 0.71875, 0.40625, 0.53125, 0.78125,
};
static const double above_1[OP_POOL] = {
    1.0625, 2.5,   1.25, 3.0,  1.125, 2.25,   1.75, 1.1875, 5.0, 1.5,    2.125,
    1.375,  1.625, 2.0,  2.75, 1.875, 1.3125, 4.5,  3.25,   6.0, 1.4375, 2.625,
};
static const double uneven[OP_POOL] = {
    0.75,  -1.25, 2.25,  -0.375, 1.125, -2.25,  0.375, 1.75, -0.875, -1.625, 0.25,
    2.125, -0.25, 1.375, -1.75,  0.625, -2.375, 1.125, 3.25, -0.125, -3.75,  0.125,
};

#define SHAPE(NAME, TEXT, DIMS, LABELS, POOL)                                    \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_X(DIMS, LABELS, POOL)), DIMS, LABELS, \
            .reference = NAME##_reference)
#define SHAPES(NAME, POOL)                                                          \
    SHAPE(NAME, "rank 0", "", "", POOL + 1), SHAPE(NAME, "matrix", "34", "", POOL), \
        SHAPE(NAME, "labels CBT", "232", "CBT", POOL + 3)

static const op_case cases[] = {
    SHAPES(reciprocal, op_mixed), SHAPES(rsqrt, op_positive), SHAPES(cbrt, op_mixed),
    SHAPES(exp2, op_mixed),       SHAPES(expm1, op_mixed),    SHAPES(log1p, op_positive),
    SHAPES(log2, op_positive),    SHAPES(log10, op_positive), SHAPES(logit, share),
    SHAPES(sinh, op_mixed),       SHAPES(cosh, op_mixed),     SHAPES(asinh, op_mixed),
    SHAPES(acosh, above_1),       SHAPES(atanh, inside),      SHAPES(asin, inside),
    SHAPES(acos, inside),         SHAPES(atan, op_mixed),     SHAPES(tan, inside),
    SHAPES(cot, op_positive),     SHAPES(sec, inside),        SHAPES(csc, op_positive),
    SHAPES(floor, uneven),        SHAPES(ceil, uneven),       SHAPES(round, uneven),
    SHAPES(fix, uneven),
};
const op_table op_math = OP_TABLE(cases);

OP_TESTS(math)

/* ---- special values -------------------------------------------------------------------------- */

static const wide_function functions[] = {
#define FUNCTION(NAME)                         \
    {                                          \
#NAME, build_##NAME, wide_##NAME, NULL \
    }
    FUNCTION(reciprocal), FUNCTION(rsqrt), FUNCTION(cbrt),  FUNCTION(exp2),  FUNCTION(expm1),
    FUNCTION(log1p),      FUNCTION(log2),  FUNCTION(log10), FUNCTION(logit), FUNCTION(sinh),
    FUNCTION(cosh),       FUNCTION(asinh), FUNCTION(acosh), FUNCTION(atanh), FUNCTION(asin),
    FUNCTION(acos),       FUNCTION(atan),  FUNCTION(tan),   FUNCTION(cot),   FUNCTION(sec),
    FUNCTION(csc),        FUNCTION(floor), FUNCTION(ceil),  FUNCTION(round), FUNCTION(fix),
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static void check_all(int n, const double *x)
{
    for (int k = 0; k < FUNCTIONS; k++)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++)
            wide_check(&functions[k], (dl_dtype)dtype, 2, n, x);
}

TEST(math, special_values_are_those_of_a_wider_libm)
{
    double x[WIDE_SPECIAL];
    if (wide_is_double()) SKIP("long double is double");
    wide_points(x);
    check_all(WIDE_SPECIAL, x);
}

enum { SWEEP = 20000 };

TEST(math, functions_are_within_2_ulp)
{
    static double x[SWEEP];
    if (wide_is_double()) SKIP("long double is double");
    wide_sweep(SWEEP, x);
    check_all(SWEEP, x);
}

/* ---- kinks and slopes ------------------------------------------------------------------------ */

TEST(math, edges_are_as_documented)
{
    static const op_point points[] = {
        { "rsqrt", build_rsqrt, 0, 0, INFINITY, -INFINITY, 0 },
        { "cbrt", build_cbrt, 0, 0, 0, INFINITY, 0 },
        { "cbrt", build_cbrt, -8, 0, -2, 1.0 / 12, 0 },
        { "log2", build_log2, 8, 0, 3, 0.18033688011112042, 0 },
        { "log10", build_log10, 1000, 0, 3, 0.00043429448190325182, 0 },
        { "log1p", build_log1p, -1, 0, -INFINITY, INFINITY, 0 },
        { "acos", build_acos, 1, 0, 0, -INFINITY, 0 },
        { "asin", build_asin, -1, 0, -1.5707963267948966, INFINITY, 0 },
        { "atan", build_atan, INFINITY, 0, 1.5707963267948966, 0, 0 },
        { "acosh", build_acosh, 1, 0, 0, INFINITY, 0 },
        { "logit", build_logit, 0.5, 0, 0, 4, 0 },
        { "logit", build_logit, 0, 0, -INFINITY, INFINITY, 0 },
        { "round", build_round, 2.5, 0, 3, 0, 0 },
        { "round", build_round, -2.5, 0, -3, 0, 0 },
        { "round", build_round, 0.49999997, 0, 0, 0, 0 },
        { "floor", build_floor, -1, 0, -1, 0, 0 },
        { "ceil", build_ceil, 2, 0, 2, 0, 0 },
        { "fix", build_fix, -1.75, 0, -1, 0, 0 },
        { "fix", build_fix, NAN, 0, NAN, 0, 0 },
        { "expm1", build_expm1, -1000, 0, -1, 0, 0 },
        { "tan", build_tan, 0, 0, 0, 1, 0 },
    };
    op_points_hold(points, (int)(sizeof points / sizeof *points), 1);
}
