/* softmax_cases.c: logsumexp, softmax, log_softmax. */
#include "groups.h"
#include "../harness/valgrind.h"

BUILD_AXES(logsumexp)
BUILD_AXES(softmax)
BUILD_AXES(log_softmax)

static long double log_of_exp(int64_t n, const double *x)
{
    long double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += expl((long double)x[i]);
    return logl(sum);
}

static void logsumexp_group(int64_t n, const double *x, double *y)
{
    *y = (double)log_of_exp(n, x);
}

static void softmax_group(int64_t n, const double *x, double *y)
{
    long double log = log_of_exp(n, x);
    for (int64_t i = 0; i < n; i++) y[i] = (double)expl((long double)x[i] - log);
}

static void log_softmax_group(int64_t n, const double *x, double *y)
{
    long double log = log_of_exp(n, x);
    for (int64_t i = 0; i < n; i++) y[i] = (double)((long double)x[i] - log);
}

GROUP_REFERENCE(logsumexp, false, logsumexp_group)
GROUP_REFERENCE(softmax, true, softmax_group)
GROUP_REFERENCE(log_softmax, true, log_softmax_group)

#define OP_logsumexp "logsumexp"
#define OP_softmax "softmax"
#define OP_log_softmax "log_softmax"

static const op_case cases[] = {
    AXES_REDUCED(logsumexp, op_mixed, .flags = 0),
    AXES_SAME(softmax, op_mixed, .flags = 0),
    AXES_SAME(log_softmax, op_mixed, .flags = 0),
};
const op_table op_softmax = OP_TABLE(cases);

OP_TESTS(softmax)

#define I INFINITY
TEST(softmax, edges_are_as_documented)
{
    static const group_edge edges[] = {
        { "logsumexp of nothing", build_logsumexp, 0, 1, { 0 }, { -I }, { 0 } },
        { "logsumexp of one", build_logsumexp, 1, 1, { 7 }, { 7 }, { 1 } },
        { "logsumexp of large", build_logsumexp, 2, 1, { 1e30, 1 }, { 1e30 }, { 1, 0 } },
        { "logsumexp of small", build_logsumexp, 2, 1, { -1e30, -1e30 }, { -1e30 }, { .5, .5 } },
        { "logsumexp with -inf", build_logsumexp, 3, 1, { -I, 2, -I }, { 2 }, { 0, 1, 0 } },
        { "logsumexp of -inf", build_logsumexp, 2, 1, { -I, -I }, { -I }, { 0, 0 } },
        { "logsumexp with inf", build_logsumexp, 2, 1, { 1, I }, { I }, { 0, NAN } },
        { "logsumexp of both", build_logsumexp, 2, 1, { -I, I }, { I }, { 0, NAN } },
        { "logsumexp with NaN", build_logsumexp, 2, 1, { NAN, 1 }, { NAN }, { NAN, NAN } },
        { "logsumexp of -inf, NaN", build_logsumexp, 2, 1, { -I, NAN }, { NAN }, { NAN, NAN } },
        { "softmax of one", build_softmax, 1, 1, { -9 }, { 1 }, { 0 } },
        { "softmax of equals", build_softmax, 2, 2, { 5, 5 }, { 0.5, 0.5 }, { -0.25, 0.25 } },
        { "softmax of large", build_softmax, 2, 2, { 1e30, -1e30 }, { 1, 0 }, { 0, 0 } },
        { "softmax of far", build_softmax, 2, 2, { 0, -1e4 }, { 1, 0 }, { 0, 0 } },
        { "softmax with -inf", build_softmax, 3, 3, { 1, -I, 1 }, { 0.5, 0, 0.5 }, { -.5, 0, .5 } },
        { "softmax of -inf", build_softmax, 2, 2, { -I, -I }, { NAN, NAN }, { NAN, NAN } },
        { "softmax with NaN", build_softmax, 2, 2, { 1, NAN }, { NAN, NAN }, { NAN, NAN } },
        { "softmax with inf", build_softmax, 2, 2, { 1, I }, { 0, NAN }, { NAN, NAN } },
        { "log_softmax of one", build_log_softmax, 1, 1, { 3 }, { 0 }, { 0 } },
        { "log_softmax of equals",
          build_log_softmax,
          2,
          2,
          { 1e30, 1e30 },
          { -0.69314718055994530942, -0.69314718055994530942 },
          { -0.5, 0.5 } },
        { "log_softmax of far", build_log_softmax, 2, 2, { 0, -1e4 }, { 0, -1e4 }, { -2, 2 } },
        { "log_softmax with -inf", build_log_softmax, 2, 2, { 0, -I }, { 0, -I }, { -2, 2 } },
        { "log_softmax of -inf", build_log_softmax, 2, 2, { -I, -I }, { NAN, NAN }, { NAN, NAN } },
        { "log_softmax with NaN", build_log_softmax, 2, 2, { 1, NAN }, { NAN, NAN }, { NAN, NAN } },
    };
    GROUP_EDGES(edges);
}

TEST(softmax, groups_of_any_length_match)
{
    if (under_valgrind()) SKIP("long double is double");
    static const group_op ops[] = {
        { "logsumexp", build_logsumexp, logsumexp_group, false, 1e-15 },
        { "softmax", build_softmax, softmax_group, true, 1e-15 },
        { "log_softmax", build_log_softmax, log_softmax_group, true, 1e-15 },
    };
    LONG_GROUPS(ops);
}

/* A row of a softmax sums to 1, and its log is the log_softmax. */
TEST(softmax, long_rows_sum_to_one)
{
    enum { ROWS = 7, N = 20011 };
    static float x[ROWS * N];
    for (int i = 0; i < ROWS * N; i++) x[i] = (float)(i * 7919 % 10007) / 500 - 3;
    for (int down = 0; down < 2; down++) {
        dl_tape *t = dl_tape_new();
        dl_array *a = down ? dl_array_wrap(x, DL_F32, NULL, DL_DIMS(N, ROWS))
                           : dl_array_wrap(x, DL_F32, NULL, DL_DIMS(ROWS, N));
        const char *axis = down ? "0" : "1";
        dl_val y = dl_softmax(dl_leaf(t, a), axis);
        const float *sum = dl_data(dl_sum(y, axis));
        for (int k = 0; k < ROWS; k++)
            CHECK_MSG(fabsf(sum[k] - 1) < 3e-7f, "softmax along %s: sum %d is %.9g", axis, k,
                      (double)sum[k]);
        dl_val far = dl_amax(dl_abs(dl_sub(dl_log(y), dl_log_softmax(dl_leaf(t, a), axis))), "all");
        CHECK_MSG(dl_item(far) < 4e-6, "log of softmax along %s is off by %g", axis, dl_item(far));
        dl_tape_free(t);
        dl_array_free(a);
    }
}

TEST(softmax, axes_that_are_not_there_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("softmax", build_softmax, "2", (OP_X("34", "", NULL)), DL_EAXIS, "no axis \"2\""),
        OP_BAD("log_softmax", build_log_softmax, "T", (OP_X("34", "CB", NULL)), DL_EAXIS, "\"T\""),
        OP_BAD("logsumexp", build_logsumexp, NULL, (OP_X("34", "", NULL)), DL_ENULL, "no axes"),
    };
    OP_REJECTS(bad);
}
