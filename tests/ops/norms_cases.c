/* norms_cases.c: p-norms, normalize, moments; and how exact long reductions are. */
#include "groups.h"
#include "../harness/valgrind.h"

#include <stdlib.h>

#define BUILD_NORM(NAME, P)                                                        \
    static dl_val build_norm_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                              \
        return dl_norm_p(in[0], P, arg);                                           \
    }                                                                              \
    static void norm_##NAME##_group(int64_t n, const double *x, double *y)         \
    {                                                                              \
        *y = norm_of(n, x, P);                                                     \
    }                                                                              \
    GROUP_REFERENCE(norm_##NAME, false, norm_##NAME##_group)

static double norm_of(int64_t n, const double *x, double p)
{
    long double sum = 0, most = 0, least = (long double)INFINITY;
    for (int64_t i = 0; i < n; i++) {
        long double v = fabsl((long double)x[i]);
        sum += p == 0 ? v != 0 : powl(v, (long double)p);
        most = fmaxl(most, v), least = fminl(least, v);
    }
    if (isinf(p)) return (double)(p > 0 ? most : least);
    return (double)(p == 0 ? sum : powl(sum, 1 / (long double)p));
}

BUILD_NORM(0, 0)
BUILD_NORM(1, 1)
BUILD_NORM(2, 2)
BUILD_NORM(3, 3)
BUILD_NORM(half, 0.5)
BUILD_NORM(odd, 2.75)
BUILD_NORM(minus, -1.5)
BUILD_NORM(inf, INFINITY)
BUILD_NORM(minus_inf, -INFINITY)

/* ---- normalize, moments ---------------------------------------------------------------------- */

typedef struct moments {
    long double mean, squares, deviation, least, most; /* deviation: sqrt of squares about mean */
} moments;

static moments moments_of(int64_t n, const double *x)
{
    moments m = { 0, 0, 0, (long double)INFINITY, -(long double)INFINITY };
    for (int64_t i = 0; i < n; i++) {
        m.mean += (long double)x[i] / (long double)n;
        m.squares += (long double)x[i] * (long double)x[i];
        m.least = fminl(m.least, (long double)x[i]), m.most = fmaxl(m.most, (long double)x[i]);
    }
    for (int64_t i = 0; i < n; i++)
        m.deviation += ((long double)x[i] - m.mean) * ((long double)x[i] - m.mean);
    m.deviation = sqrtl(m.deviation / (long double)(n > 1 ? n - 1 : 1));
    return m;
}

static long double over(long double a, long double b) { return b == 0 ? 0 : a / b; }

#define NORMALIZE(METHOD, VALUE)                                                \
    static dl_val build_##METHOD(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                           \
        return dl_normalize(in[0], arg, #METHOD);                               \
    }                                                                           \
    static void METHOD##_group(int64_t n, const double *x, double *y)           \
    {                                                                           \
        moments m = moments_of(n, x);                                           \
        for (int64_t i = 0; i < n; i++) y[i] = (double)(VALUE);                 \
    }                                                                           \
    GROUP_REFERENCE(METHOD, true, METHOD##_group)
NORMALIZE(zscore, over((long double)x[i] - m.mean, m.deviation))
NORMALIZE(center, (long double)x[i] - m.mean)
NORMALIZE(range, over((long double)x[i] - m.least, m.most - m.least))
NORMALIZE(norm, over((long double)x[i], sqrtl(m.squares)))
NORMALIZE(scale, over((long double)x[i], m.deviation))

static dl_val build_variance(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val mean, variance;
    dl_moments(in[0], arg, &mean, &variance);
    return variance;
}
static dl_val build_mean(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val mean, variance;
    dl_moments(in[0], arg, &mean, &variance);
    return mean;
}
static void mean_group(int64_t n, const double *x, double *y)
{
    *y = (double)moments_of(n, x).mean;
}
static void variance_group(int64_t n, const double *x, double *y)
{
    long double d = moments_of(n, x).deviation;
    *y = (double)(d * d * (long double)(n > 1 ? n - 1 : 1) / (long double)n);
}
GROUP_REFERENCE(mean, false, mean_group)
GROUP_REFERENCE(variance, false, variance_group)

#define OP_norm_0 "norm_p"
#define OP_norm_1 "norm_p"
#define OP_norm_2 "norm_p"
#define OP_norm_3 "norm_p"
#define OP_norm_half "norm_p"
#define OP_norm_odd "norm_p"
#define OP_norm_minus "norm_p"
#define OP_norm_inf "norm_p"
#define OP_norm_minus_inf "norm_p"
#define OP_zscore "normalize"
#define OP_center "normalize"
#define OP_range "normalize"
#define OP_norm "normalize"
#define OP_scale "normalize"
#define OP_mean "moments"
#define OP_variance "moments"
/* Along more than one element: a range of one is 0, a kink. */
#define SPREAD(METHOD)                                                      \
    AXES_ROW(METHOD, "all", "34", "", "34", "", op_mixed, .flags = 0),      \
        AXES_ROW(METHOD, "0", "34", "", "34", "", op_mixed, .flags = 0),    \
        AXES_ROW(METHOD, "1", "34", "", "34", "", op_mixed, .flags = 0),    \
        AXES_ROW(METHOD, "02", "234", "", "234", "", op_mixed, .flags = 0), \
        AXES_ROW(METHOD, "C", "43", "CB", "43", "CB", op_mixed, .flags = 0)

static const op_case cases[] = {
    AXES_REDUCED(norm_0, op_mixed, .flags = 0),
    AXES_REDUCED(norm_1, op_mixed, .flags = 0),
    AXES_REDUCED(norm_2, op_mixed, .flags = 0),
    AXES_REDUCED(norm_3, op_mixed, .flags = 0),
    AXES_REDUCED(norm_half, op_positive, .flags = 0),
    AXES_REDUCED(norm_odd, op_other, .flags = 0),
    AXES_REDUCED(norm_minus, op_positive, .flags = 0),
    AXES_REDUCED(norm_inf, op_positive, .flags = 0),
    AXES_REDUCED(norm_minus_inf, op_positive, .flags = 0),
    SPREAD(zscore),
    SPREAD(center),
    SPREAD(range),
    SPREAD(norm),
    SPREAD(scale),
    AXES_REDUCED(mean, op_mixed, .flags = 0),
    AXES_REDUCED(variance, op_mixed, .flags = 0),
};
const op_table op_norms = OP_TABLE(cases);

OP_TESTS(norms)

/* ---- edges ----------------------------------------------------------------------------------- */

#define I INFINITY
TEST(norms, edges_are_as_documented)
{
    static const group_edge edges[] = {
        { "0-norm", build_norm_0, 4, 1, { 0, 2, -0.0, -3 }, { 2 }, { 0, 0, 0, 0 } },
        { "0-norm with inf", build_norm_0, 2, 1, { I, 0 }, { 1 }, { 0, 0 } },
        { "0-norm with NaN", build_norm_0, 2, 1, { NAN, 0 }, { NAN }, { OP_ANY, 0 } },
        { "1-norm", build_norm_1, 3, 1, { -1, 0, 2 }, { 3 }, { -1, 0, 1 } },
        { "2-norm", build_norm_2, 2, 1, { 3, -4 }, { 5 }, { 0.6, -0.8 } },
        { "inf-norm", build_norm_inf, 3, 1, { -2, 2, 1 }, { 2 }, { -0.5, 0.5, 0 } },
        { "inf-norm of 0", build_norm_inf, 2, 1, { 0, 0 }, { 0 }, { 0, 0 } },
        { "inf-norm with NaN", build_norm_inf, 2, 1, { NAN, 3 }, { NAN }, { NAN, 0 } },
        { "-inf-norm", build_norm_minus_inf, 3, 1, { -2, 1, 5 }, { 1 }, { 0, 1, 0 } },
        { "3-norm of nothing", build_norm_3, 0, 1, { 0 }, { 0 }, { 0 } },
        { "3-norm of 0", build_norm_3, 2, 1, { 0, 0 }, { 0 }, { 0, 0 } },
        { "3-norm of one", build_norm_3, 2, 1, { 0, -2 }, { 2 }, { 0, -1 } },
        { "3-norm of large", build_norm_3, 2, 1, { 1e38, 0 }, { 1e38 }, { 1, 0 } },
        { "3-norm of small", build_norm_3, 2, 1, { 1e-37, 0 }, { 1e-37 }, { 1, 0 } },
        { "3-norm with inf", build_norm_3, 2, 1, { I, 1 }, { I }, { NAN, 0 } },
        { "3-norm with NaN", build_norm_3, 2, 1, { NAN, 1 }, { NAN }, { NAN, NAN } },
        { "3-norm of inf and NaN", build_norm_3, 2, 1, { I, NAN }, { NAN }, { NAN, NAN } },
        { "1/2-norm", build_norm_half, 2, 1, { 1, 4 }, { 9 }, { 3, 1.5 } },
        { "1/2-norm with 0", build_norm_half, 2, 1, { 0, 4 }, { 4 }, { 0, 1 } },
        { "-1.5-norm of nothing", build_norm_minus, 0, 1, { 0 }, { I }, { 0 } },
        { "-1.5-norm of one", build_norm_minus, 1, 1, { -3 }, { 3 }, { -1 } },
        { "-1.5-norm with 0", build_norm_minus, 2, 1, { 0, 4 }, { 0 }, { 0, 0 } },
        { "-1.5-norm with inf", build_norm_minus, 2, 1, { I, 4 }, { 4 }, { 0, 1 } },
        { "-1.5-norm of inf", build_norm_minus, 1, 1, { I }, { I }, { NAN } },
        { "-1.5-norm with NaN", build_norm_minus, 2, 1, { 2, NAN }, { NAN }, { NAN, NAN } },
        { "zscore of equals", build_zscore, 2, 2, { 3, 3 }, { 0, 0 }, { 0, 0 } },
        { "range of equals", build_range, 2, 2, { 3, 3 }, { 0, 0 }, { 0, 0 } },
        { "range", build_range, 3, 3, { 1, 2, 5 }, { 0, 0.25, 1 }, { OP_ANY, 0.5, OP_ANY } },
        { "norm of 0", build_norm, 2, 2, { 0, 0 }, { 0, 0 }, { 0, 0 } },
        { "scale of equals", build_scale, 2, 2, { 3, 3 }, { 0, 0 }, { 0, 0 } },
        { "zscore of one", build_zscore, 1, 1, { 3 }, { 0 }, { 0 } },
    };
    GROUP_EDGES(edges);
}

TEST(norms, groups_of_any_length_match)
{
    if (under_valgrind()) SKIP("long double is double");
    static const group_op ops[] = {
        { "3-norm", build_norm_3, norm_3_group, false, 1e-14 },
        { "1/2-norm", build_norm_half, norm_half_group, false, 1e-13 },
        { "zscore", build_zscore, zscore_group, true, 1e-13 },
    };
    LONG_GROUPS(ops);
}

static dl_val build_unknown(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_normalize(in[0], "all", arg);
}
static dl_val build_norm_nan(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_norm_p(in[0], NAN, arg);
}
static dl_val build_no_mean(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val y;
    return dl_moments(in[0], arg, NULL, &y), y;
}

TEST(norms, bad_arguments_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("norm_p", build_norm_3, "2", (OP_X("34", "", NULL)), DL_EAXIS, "no axis \"2\""),
        OP_BAD("norm_p", build_norm_inf, "T", (OP_X("34", "CB", NULL)), DL_EAXIS, "no axis \"T\""),
        OP_BAD("norm_p", build_norm_nan, "0", (OP_X("34", "", NULL)), DL_EARG, "p is NaN"),
        OP_BAD("normalize", build_zscore, "2", (OP_X("34", "", NULL)), DL_EAXIS, "no axis \"2\""),
        OP_BAD("normalize", build_unknown, "robust", (OP_X("34", "", NULL)), DL_EARG,
               "method \"robust\", wanted zscore"),
        OP_BAD("normalize", build_unknown, NULL, (OP_X("34", "", NULL)), DL_ENULL, "no method"),
        OP_BAD("moments", build_mean, "2", (OP_X("34", "", NULL)), DL_EAXIS, "no axis \"2\""),
        OP_BAD("moments", build_no_mean, "0", (OP_X("34", "", NULL)), DL_ENULL,
               "no place for the results"),
    };
    OP_REJECTS(bad);
}

/* A schedule of p makes one plan. */
TEST(norms, another_p_makes_no_new_plan)
{
    static const double x[] = { 1, 2, 3 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap((double *)(uintptr_t)x, DL_F64, NULL, DL_DIMS(3));
    for (int k = 0; k < 5; k++) {
        dl_tape_reset(t);
        double p = 2.5 + 0.25 * k, got = dl_item(dl_norm_p(dl_leaf(t, a), p, "0"));
        CHECK_CLOSE(got, norm_of(3, x, p), 1e-14);
    }
    CHECK_INT((int)dl_cache_stats(t).plans, 1);
    dl_tape_free(t);
    dl_array_free(a);
}

/* ---- long reductions: within 2 eps log2(n) of the sum of all |x| ----------------------------- */

static void long_reductions_are_exact(int64_t n, dl_dtype dtype)
{
    void *data = malloc((size_t)n * sizeof(double));
    REQUIRE(data);
    long double sum = 0, squares = 0, size = 0, exps = 0;
    uint64_t state = 7;
    for (int64_t i = 0; i < n; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        double v = (double)(state >> 11) * 0x1p-52 - 1 + 1e-3;
        if (dtype == DL_F32) v = (double)(((float *)data)[i] = (float)v);
        else ((double *)data)[i] = v;
        sum += (long double)v, squares += (long double)v * (long double)v;
        size += fabsl((long double)v), exps += (long double)exp(v);
    }
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(data, dtype, NULL, DL_DIMS(n));
    dl_val x = dl_leaf(t, a), last = dl_slice(dl_cumsum(x, "0", false), "0", n - 1, n);
    dl_val back = dl_slice(dl_cumsum(x, "0", true), "0", 0, 1);
    double eps = dtype == DL_F32 ? 0x1p-24 : 0x1p-53, bound = 2 * eps * log2((double)n);
    const struct {
        const char *name;
        dl_val y;
        long double want, size;
    } all[] = {
        { "sum", dl_sum(x, "all"), sum, size },
        { "mean", dl_mean(x, "all"), sum / (long double)n, size / (long double)n },
        { "sum_squares", dl_sum_squares(x, "all"), squares, squares },
        { "1-norm", dl_norm_p(x, 1, "all"), size, size },
        { "2-norm", dl_vecnorm(x, "all"), sqrtl(squares), sqrtl(squares) },
        { "cumsum", last, sum, size },
        { "cumsum back", back, sum, size },
        { "logsumexp", dl_logsumexp(x, "all"), logl(exps), logl(exps) },
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        long double off = fabsl((long double)dl_item(all[k].y) - all[k].want);
        CHECK_MSG(off <= (long double)bound * all[k].size, "%s of %lld %s is off by %Lg of %Lg",
                  all[k].name, (long long)n, dl_dtype_name(dtype), off,
                  (long double)bound * all[k].size);
    }
    dl_tape_free(t);
    dl_array_free(a);
    free(data);
}

TEST(norms, reductions_of_100000_are_exact)
{
    if (under_valgrind()) SKIP("long double is double");
    long_reductions_are_exact(100000, DL_F32);
    long_reductions_are_exact(100000, DL_F64);
}

TEST(slow_norms, reductions_of_ten_million_are_exact)
{
    long_reductions_are_exact(10000000, DL_F32);
    long_reductions_are_exact(10000000, DL_F64);
}
