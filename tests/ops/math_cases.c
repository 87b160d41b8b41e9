/* math_cases.c: further elementary functions, against libm in a wider type. */
#include "driver.h"
#include "../harness/valgrind.h"

#include <float.h>

#define BUILD(NAME)                                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##NAME(in[0]);                                              \
    }
#define REFERENCE(NAME, VALUE)                                                        \
    static long double wide_##NAME(long double x) { return VALUE; }                   \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        int64_t dim[DL_MAX_RANK], n = 1;                                              \
        for (int i = op_sizes(c->in[0].dims, dim); i-- > 0;) n *= dim[i];             \
        for (int64_t i = 0; i < n; i++) y[i] = (double)wide_##NAME(x[0][i]);          \
    }                                                                                 \
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

static const double special[] = {
    0,
    5e-324,
    1e-310,
    1e-45,
    1e-40,
    1.17549435e-38,
    1e-20,
    1e-8,
    0.25,
    0.5,
    0.75,
    1,
    1.5,
    2,
    2.5,
    3,
    10,
    88,
    88.7,
    89,
    709,
    710,
    1000,
    4194305,
    8388607.5,
    16777217,
    1e9,
    4503599627370497.0,
    3.4e38,
    1e300,
    1.7976931348623157e308,
    INFINITY,
    NAN,
};
enum { SPECIAL = sizeof special / sizeof *special };

static const struct {
    const char *name;
    op_build *build;
    long double (*wide)(long double);
} functions[] = {
#define FUNCTION(NAME)                   \
    {                                    \
#NAME, build_##NAME, wide_##NAME \
    }
    FUNCTION(reciprocal), FUNCTION(rsqrt), FUNCTION(cbrt),  FUNCTION(exp2),  FUNCTION(expm1),
    FUNCTION(log1p),      FUNCTION(log2),  FUNCTION(log10), FUNCTION(logit), FUNCTION(sinh),
    FUNCTION(cosh),       FUNCTION(asinh), FUNCTION(acosh), FUNCTION(atanh), FUNCTION(asin),
    FUNCTION(acos),       FUNCTION(atan),  FUNCTION(tan),   FUNCTION(cot),   FUNCTION(sec),
    FUNCTION(csc),        FUNCTION(floor), FUNCTION(ceil),  FUNCTION(round), FUNCTION(fix),
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* Distance in units of the last place of a type; infinite where a NaN or the sign of a zero is
 * wrong. */
static double distance(long double got, long double want, int digits, int most, int least)
{
    if (isnan(want) || isnan(got)) return isnan(want) && isnan(got) ? 0 : INFINITY;
    if (fabsl(want) >= ldexpl(1, most)) want = copysignl(ldexpl(1, most), want);
    if (isinf(got)) got = copysignl(ldexpl(1, most), got);
    if (got == 0 && !signbit(got) != !signbit(want)) return INFINITY;
    int e;
    frexpl(want, &e);
    return (double)ldexpl(fabsl(got - want), digits - (e < least ? least : e));
}

static double step_of(dl_dtype dtype, long double got, long double want)
{
    return dtype == DL_F32 ? distance(got, want, 24, 128, -125)
                           : distance(got, want, 53, 1024, -1021);
}

/* The worst of n numbers. */
static double worst(int k, dl_dtype dtype, int n, const double *x, double *at)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(n));
    for (int i = 0; i < n; i++) dl_array_set(a, DL_DIMS(i), x[i]);
    dl_val in = dl_leaf(t, a), y = functions[k].build(t, &in, NULL);
    const void *got = dl_data(y);
    CHECK_STR(dl_tape_message(t), "");
    double w = 0;
    for (int i = 0; i < n && got; i++) {
        double v = dtype == DL_F32 ? (double)((const float *)got)[i] : ((const double *)got)[i];
        long double from = dtype == DL_F32 ? (long double)(float)x[i] : (long double)x[i];
        double e = step_of(dtype, v, functions[k].wide(from));
        if (!(e <= w)) w = e, *at = x[i];
    }
    dl_tape_free(t);
    dl_array_free(a);
    return w;
}

TEST(math, special_values_are_those_of_a_wider_libm)
{
    if (under_valgrind()) SKIP("long double is double");
    if (LDBL_MANT_DIG < 64) SKIP("long double is double");
    double x[2 * SPECIAL];
    for (int i = 0; i < 2 * SPECIAL; i++) x[i] = i % 2 ? -special[i / 2] : special[i / 2];
    for (int k = 0; k < FUNCTIONS; k++)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
            double at = 0, w = worst(k, (dl_dtype)dtype, 2 * SPECIAL, x, &at);
            CHECK_MSG(w <= 2, "%s %s: %.3g ulp at %a", functions[k].name,
                      dl_dtype_name((dl_dtype)dtype), w, at);
        }
}

enum { SWEEP = 20000 };

TEST(math, functions_are_within_2_ulp)
{
    if (under_valgrind()) SKIP("long double is double");
    if (LDBL_MANT_DIG < 64) SKIP("long double is double");
    static double x[SWEEP];
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < SWEEP; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        double u = (double)(state >> 11) * 0x1p-52 - 1;
        static const double range[] = { 1, 2, 8, 80, 750 };
        x[i] = i % 6 < 5 ? u * range[i % 6] : ldexp(u, (int)(state % 256) - 128);
    }
    for (int k = 0; k < FUNCTIONS; k++)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
            double at = 0, w = worst(k, (dl_dtype)dtype, SWEEP, x, &at);
            CHECK_MSG(w <= 2, "%s %s: %.3g ulp at %a", functions[k].name,
                      dl_dtype_name((dl_dtype)dtype), w, at);
        }
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
