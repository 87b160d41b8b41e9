/* scan_cases.c: products, and running sums and products. */
#include "groups.h"
#include "../harness/valgrind.h"

BUILD_AXES(prod)
#define BUILD_SCAN(NAME, OP, REVERSE)                                         \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##OP(in[0], arg, REVERSE);                                  \
    }
BUILD_SCAN(cumsum, cumsum, false)
BUILD_SCAN(cumsum_back, cumsum, true)
BUILD_SCAN(cumprod, cumprod, false)
BUILD_SCAN(cumprod_back, cumprod, true)
BUILD_SCAN(logcumsumexp, logcumsumexp, false)
BUILD_SCAN(logcumsumexp_back, logcumsumexp, true)

/* ---- the references ------------------------------------------------------------------------- */

static long double same(long double x) { return x; }

/* Running totals from x[first] on, by `step`. */
#define RUNNING(NAME, START, TOTAL, RESULT)                                                     \
    static void NAME##_from(int64_t n, const double *x, double *y, int64_t first, int64_t step) \
    {                                                                                           \
        long double total = START;                                                              \
        for (int64_t i = first, k = 0; k < n; k++, i += step) {                                 \
            long double v = (long double)x[i];                                                  \
            total = TOTAL;                                                                      \
            y[i] = (double)RESULT(total);                                                       \
        }                                                                                       \
    }                                                                                           \
    static void NAME##_group(int64_t n, const double *x, double *y)                             \
    {                                                                                           \
        NAME##_from(n, x, y, 0, 1);                                                             \
    }                                                                                           \
    static void NAME##_back_group(int64_t n, const double *x, double *y)                        \
    {                                                                                           \
        NAME##_from(n, x, y, n - 1, -1);                                                        \
    }                                                                                           \
    GROUP_REFERENCE(NAME, true, NAME##_group)                                                   \
    GROUP_REFERENCE(NAME##_back, true, NAME##_back_group)
RUNNING(cumsum, 0, total + v, same)
RUNNING(cumprod, 1, total *v, same)
RUNNING(logcumsumexp, 0, total + expl(v), logl)

static void prod_group(int64_t n, const double *x, double *y)
{
    long double product = 1;
    for (int64_t i = 0; i < n; i++) product *= (long double)x[i];
    *y = (double)product;
}
GROUP_REFERENCE(prod, false, prod_group)

#define OP_prod "prod"
#define OP_cumsum "cumsum"
#define OP_cumsum_back "cumsum"
#define OP_cumprod "cumprod"
#define OP_cumprod_back "cumprod"
#define OP_logcumsumexp "logcumsumexp"
#define OP_logcumsumexp_back "logcumsumexp"

static const double one_zero[] = { 0.5, -1.5, 0, 2, 1.25, -0.75 };
static const double two_zeros[] = { 0.5, 0, -1.5, 2, 0, -0.75 };
static const double three_zeros[] = { 0, 2, 0, -1.5, 0.5, 0 };
#define ZEROS(NAME, HOW)                                                     \
    AXES_ROW(NAME, "0", "6", "", HOW, "", one_zero, .flags = OP_FIXED),      \
        AXES_ROW(NAME, "0", "6", "", HOW, "", two_zeros, .flags = OP_FIXED), \
        AXES_ROW(NAME, "0", "6", "", HOW, "", three_zeros, .flags = OP_FIXED)

static const op_case cases[] = {
    AXES_REDUCED(prod, op_mixed, .flags = 0),
    ZEROS(prod, "1"),
    AXIS_SAME(cumsum, op_mixed, .flags = 0),
    AXIS_SAME(cumsum_back, op_mixed, .flags = 0),
    AXIS_SAME(cumprod, op_mixed, .flags = 0),
    AXIS_SAME(cumprod_back, op_mixed, .flags = 0),
    ZEROS(cumprod, "6"),
    ZEROS(cumprod_back, "6"),
    AXIS_SAME(logcumsumexp, op_mixed, .flags = 0),
    AXIS_SAME(logcumsumexp_back, op_mixed, .flags = 0),
};
const op_table op_scan = OP_TABLE(cases);

OP_TESTS(scan)

/* ---- edges ----------------------------------------------------------------------------------- */

#define I INFINITY
TEST(scan, edges_are_as_documented)
{
    static const group_edge edges[] = {
        { "prod of nothing", build_prod, 0, 1, { 0 }, { 1 }, { 0 } },
        { "prod of one", build_prod, 1, 1, { -3 }, { -3 }, { 1 } },
        { "prod with a zero", build_prod, 3, 1, { 2, 0, 5 }, { 0 }, { 0, 10, 0 } },
        { "prod with two zeros", build_prod, 3, 1, { 2, 0, 0 }, { 0 }, { 0, 0, 0 } },
        { "prod of zero alone", build_prod, 1, 1, { 0 }, { 0 }, { 1 } },
        { "prod with NaN", build_prod, 2, 1, { NAN, 2 }, { NAN }, { 2, NAN } },
        { "prod with inf", build_prod, 2, 1, { I, 2 }, { I }, { 2, I } },
        { "prod of inf and 0", build_prod, 2, 1, { I, 0 }, { NAN }, { 0, I } },
        { "cumprod with a zero", build_cumprod, 3, 3, { 2, 0, 5 }, { 2, 0, 0 }, { 1, 34, 0 } },
        { "cumprod back", build_cumprod_back, 3, 3, { 2, 3, 5 }, { 30, 15, 5 }, { 15, 20, 15 } },
        { "cumsum", build_cumsum, 3, 3, { 1, 2, 4 }, { 1, 3, 7 }, { 6, 5, 3 } },
        { "cumsum back", build_cumsum_back, 3, 3, { 1, 2, 4 }, { 7, 6, 4 }, { 1, 3, 6 } },
        { "cumsum of one", build_cumsum, 1, 1, { -7 }, { -7 }, { 1 } },
        { "cumsum with inf", build_cumsum, 3, 3, { 1, I, 4 }, { 1, I, I }, { 6, 5, 3 } },
        { "cumsum of both inf", build_cumsum, 3, 3, { I, -I, 4 }, { I, NAN, NAN }, { 6, 5, 3 } },
        { "cumsum with NaN", build_cumsum, 3, 3, { 1, NAN, 4 }, { 1, NAN, NAN }, { 6, 5, 3 } },
        { "cumsum of far apart",
          build_cumsum,
          3,
          3,
          { 1e30, 1, -1e30 },
          { 1e30, 1e30, 1 },
          { 6, 5, 3 } },
        { "logcumsumexp of one", build_logcumsumexp, 1, 1, { 3 }, { 3 }, { 1 } },
        { "logcumsumexp of large",
          build_logcumsumexp,
          2,
          2,
          { 1e4, 1e4 },
          { 1e4, 10000.693147180559945 },
          { OP_ANY, OP_ANY } },
        { "logcumsumexp of falling",
          build_logcumsumexp,
          2,
          2,
          { 1e4, -1e4 },
          { 1e4, 1e4 },
          { 3, 0 } },
        { "logcumsumexp of rising",
          build_logcumsumexp,
          2,
          2,
          { -1e4, 1e4 },
          { -1e4, 1e4 },
          { 1, 2 } },
        { "logcumsumexp after -inf",
          build_logcumsumexp,
          3,
          3,
          { -I, -I, 1 },
          { -I, -I, 1 },
          { 0, 0, 3 } },
        { "logcumsumexp of -inf", build_logcumsumexp, 2, 2, { -I, -I }, { -I, -I }, { 0, 0 } },
        { "logcumsumexp then -inf", build_logcumsumexp, 2, 2, { 2, -I }, { 2, 2 }, { 3, 0 } },
        { "logcumsumexp with inf",
          build_logcumsumexp,
          3,
          3,
          { 1, I, 2 },
          { 1, I, I },
          { OP_ANY, OP_ANY, OP_ANY } },
        { "logcumsumexp with NaN",
          build_logcumsumexp,
          3,
          3,
          { 1, NAN, 2 },
          { 1, NAN, NAN },
          { OP_ANY, OP_ANY, OP_ANY } },
    };
    GROUP_EDGES(edges);
}

TEST(scan, groups_of_any_length_match)
{
    if (under_valgrind()) SKIP("long double is double");
    static const group_op ops[] = {
        { "prod", build_prod, prod_group, false, 1e-14 },
        { "cumsum", build_cumsum, cumsum_group, true, 1e-15 },
        { "cumsum back", build_cumsum_back, cumsum_back_group, true, 1e-15 },
        { "cumprod", build_cumprod, cumprod_group, true, 1e-14 },
        { "logcumsumexp", build_logcumsumexp, logcumsumexp_group, true, 1e-14 },
    };
    LONG_GROUPS(ops);
}

TEST(scan, axes_that_are_not_one_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("prod", build_prod, "2", (OP_X("34", "", NULL)), DL_EAXIS, "no axis \"2\""),
        OP_BAD("cumsum", build_cumsum, "all", (OP_X("34", "", NULL)), DL_EAXIS, "is not one axis"),
        OP_BAD("cumsum", build_cumsum, "T", (OP_X("34", "CB", NULL)), DL_EAXIS, "no axis \"T\""),
        OP_BAD("cumprod", build_cumprod, "01", (OP_X("34", "", NULL)), DL_EAXIS, "not one axis"),
        OP_BAD("logcumsumexp", build_logcumsumexp, NULL, (OP_X("3", "", NULL)), DL_ENULL,
               "no axes"),
    };
    OP_REJECTS(bad);
}

/* Rows are turned round some at a time, columns lie side by side: the bits are the same. */
static void rows_match_columns(dl_dtype dtype, int64_t m, int64_t n)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(m, n)),
             *b = dl_array_new(dtype, NULL, DL_DIMS(n, m));
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double x = 1 + 0.5 * sin((double)(3 * i * n + 7 * j));
            dl_array_set(a, 2, (int64_t[]){ i, j }, x);
            dl_array_set(b, 2, (int64_t[]){ j, i }, x);
        }
    dl_val x = dl_leaf(t, a), z = dl_leaf(t, b);
    for (int k = 0; k < 4; k++) {
        dl_val y[2] = { k < 2 ? dl_cumsum(x, "1", k) : dl_cumprod(x, "1", k & 1) };
        dl_val w[2] = { k < 2 ? dl_cumsum(z, "0", k) : dl_cumprod(z, "0", k & 1) };
        dl_grad(dl_sum(dl_sin(y[0]), "all"), &x, 1, y + 1);
        dl_grad(dl_sum(dl_sin(w[0]), "all"), &z, 1, w + 1);
        for (int i = 0; i < 2; i++) {
            const char *rows = dl_data(y[i]), *columns = dl_data(dl_transpose(w[i]));
            REQUIRE(rows && columns);
            CHECK_MSG(memcmp(rows, columns, (size_t)(m * n) * dl_dtype_size(dtype)) == 0,
                      "%s of (%lld,%lld), scan %d, derivative %d", dl_dtype_name(dtype),
                      (long long)m, (long long)n, k, i);
        }
    }
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

TEST(scan, rows_have_the_bits_of_columns)
{
    for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
        rows_match_columns((dl_dtype)dtype, 37, 7);
        rows_match_columns((dl_dtype)dtype, 2, 1024);
        rows_match_columns((dl_dtype)dtype, 17, 33);
        rows_match_columns((dl_dtype)dtype, 3, 1025);
    }
}
