/* stats_cases.c: variance, standard deviation, covariance. */
#include "driver.h"
#include "reference.h"

#define BUILD(NAME)                                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##NAME(in[0], arg);                                         \
    }
BUILD(var)
BUILD(var_n)
BUILD(std)
BUILD(std_n)

static dl_val build_cov(dl_tape *t, const dl_val *in, const char *arg) { return dl_cov(in[0]); }
static dl_val build_cov_n(dl_tape *t, const dl_val *in, const char *arg) { return dl_cov_n(in[0]); }

/* ---- the reference: x as (before, terms, behind), reduced over the middle -------------------- */

typedef struct block {
    int64_t before, terms, behind;
} block;

static block block_of(const op_case *c)
{
    int64_t dim[DL_MAX_RANK];
    block b = { 1, 1, 1 };
    int rank = op_sizes(c->in[0].dims, dim);
    for (int i = 0; i < rank; i++) {
        const char letter[2] = { *c->in[0].labels ? c->in[0].labels[i] : (char)('0' + i), 0 };
        bool in = strcmp(c->arg, "all") == 0 || strpbrk(c->arg, letter);
        *(in ? &b.terms : b.terms == 1 ? &b.before : &b.behind) *= dim[i];
    }
    return b;
}

static double spread(const double *x, block b, int64_t i, int64_t j, bool by_n)
{
    long double mean = 0, sum = 0;
    for (int64_t k = 0; k < b.terms; k++) mean += (long double)x[(i * b.terms + k) * b.behind + j];
    mean /= (long double)b.terms;
    for (int64_t k = 0; k < b.terms; k++) {
        long double d = (long double)x[(i * b.terms + k) * b.behind + j] - mean;
        sum += d * d;
    }
    return (double)(sum / (long double)(by_n || b.terms == 1 ? b.terms : b.terms - 1));
}

static void spreads(const op_case *c, const double *x, double *y, bool by_n, bool root)
{
    block b = block_of(c);
    for (int64_t i = 0; i < b.before; i++)
        for (int64_t j = 0; j < b.behind; j++) {
            double s = spread(x, b, i, j, by_n);
            y[i * b.behind + j] = root ? sqrt(s) : s;
        }
}

#define REFERENCE(NAME, BY_N, ROOT)                                                   \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        spreads(c, x[0], y, BY_N, ROOT);                                              \
    }
REFERENCE(var, false, false)
REFERENCE(var_n, true, false)
REFERENCE(std, false, true)
REFERENCE(std_n, true, true)

static void covariance(const op_case *c, const double *x, double *y, bool by_n)
{
    int64_t d[DL_MAX_RANK];
    op_sizes(c->in[0].dims, d);
    int64_t n = d[0], m = d[1];
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < m; j++) {
            long double a = 0, b = 0, ab = 0;
            for (int64_t k = 0; k < n; k++)
                a += (long double)x[k * m + i], b += (long double)x[k * m + j];
            for (int64_t k = 0; k < n; k++)
                ab += ((long double)x[k * m + i] - a / n) * ((long double)x[k * m + j] - b / n);
            y[i * m + j] = (double)(ab / (long double)(by_n || n == 1 ? n : n - 1));
        }
}

static void cov_reference(const op_case *c, const double *const *x, double *y)
{
    covariance(c, x[0], y, false);
}

static void cov_n_reference(const op_case *c, const double *const *x, double *y)
{
    covariance(c, x[0], y, true);
}

/* ---- the cases ------------------------------------------------------------------------------- */

#define ROW(NAME, AXES, X, LX, Y, LY)                                                      \
    OP_CASE(#NAME, "axes " AXES " of " X LX, build_##NAME, (OP_X(X, LX, op_mixed)), Y, LY, \
            .arg = AXES, .reference = NAME##_reference)
#define AXES(NAME)                                                                               \
    ROW(NAME, "all", "34", "", "", ""), ROW(NAME, "0", "34", "", "14", ""),                      \
        ROW(NAME, "1", "34", "", "31", ""), ROW(NAME, "B", "43", "CB", "41", "CB"),              \
        ROW(NAME, "S", "234", "SSC", "114", "SSC"), ROW(NAME, "CB", "342", "CBT", "112", "CBT"), \
        ROW(NAME, "1", "234", "", "214", "")
#define NUMBERS(NAME, AXES, X, Y, WANT)                                                  \
    OP_CASE(#NAME, "numbers", build_##NAME, (OP_X(X, "", op_mixed)), Y, "", .arg = AXES, \
            .want = WANT)
#define COV(NAME, X, Y)                                                   \
    OP_CASE(#NAME, "of " X, build_##NAME, (OP_X(X, "", op_mixed)), Y, "", \
            .reference = NAME##_reference)

static const op_case cases[] = {
    AXES(var),
    AXES(var_n),
    AXES(std),
    AXES(std_n),
    NUMBERS(var, "0", "32", "12", var_of_columns),
    NUMBERS(std, "0", "32", "12", std_of_columns),
    NUMBERS(std_n, "0", "32", "12", std_n_of_columns),
    NUMBERS(var_n, "all", "32", "", var_n_of_all),
    NUMBERS(cov, NULL, "32", "22", cov_of_mixed),
    NUMBERS(cov_n, NULL, "32", "22", cov_n_of_mixed),
    COV(cov, "43", "33"),
    COV(cov, "25", "55"),
    COV(cov, "13", "33"),
    COV(cov_n, "43", "33"),
    COV(cov_n, "13", "33"),
};
const op_table op_stats = OP_TABLE(cases);

OP_TESTS(stats)

TEST(stats, operands_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("var", build_var, "2", (OP_X("34", "", NULL)), DL_EAXIS, "(3,4) has no axis \"2\""),
        OP_BAD("var_n", build_var_n, "T", (OP_X("34", "CB", NULL)), DL_EAXIS, "\"T\""),
        OP_BAD("std", build_std, "", (OP_X("34", "", NULL)), DL_EAXIS, "\"\""),
        OP_BAD("std_n", build_std_n, NULL, (OP_X("34", "", NULL)), DL_ENULL, "no axes"),
        OP_BAD("cov", build_cov, NULL, (OP_X("34", "CB", NULL)), DL_ELABEL, "(3 C, 4 B): labels"),
        OP_BAD("cov", build_cov, NULL, (OP_X("3", "", NULL)), DL_ERANK, "(3) has rank 1, wanted 2"),
        OP_BAD("cov_n", build_cov_n, NULL, (OP_X("234", "", NULL)), DL_ERANK, "rank 3"),
    };
    OP_REJECTS(bad);
}

/* x of n equal or no elements: value, and the one number that all gradients are. */
static void spread_is(op_build *build, const char *name, int64_t n, double want, double slope)
{
    for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_new((dl_dtype)dtype, NULL, DL_DIMS(n, 1));
        dl_array_fill(a, 2.5);
        dl_val x = dl_leaf(t, a), y = build(t, &x, "0"), g;
        double got = dl_item(y);
        dl_grad(y, &x, 1, &g);
        CHECK_MSG(isnan(want) ? isnan(got) : got == want,
                  "%s of %lld equal elements: got %g, wanted %g", name, (long long)n, got, want);
        for (int64_t i = 0; i < n; i++) {
            got = dl_item(dl_slice(g, "0", i, i + 1));
            CHECK_MSG(got == slope, "%s of %lld equal elements: gradient [%lld]: got %g, wanted %g",
                      name, (long long)n, (long long)i, got, slope);
        }
        CHECK_STR(dl_tape_message(t), "");
        dl_tape_free(t);
        dl_array_free(a);
    }
}

TEST(stats, equal_one_and_no_observations_are_as_documented)
{
    static const struct {
        const char *name;
        op_build *build;
    } ops[] = { { "var", build_var },     { "var_n", build_var_n }, { "std", build_std },
                { "std_n", build_std_n }, { "cov", build_cov },     { "cov_n", build_cov_n } };
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        spread_is(ops[i].build, ops[i].name, 0, NAN, 0);
        spread_is(ops[i].build, ops[i].name, 1, 0, 0);
        spread_is(ops[i].build, ops[i].name, 4, 0, 0);
    }
}

TEST(stats, a_large_mean_costs_no_accuracy)
{
    const double x[4] = { 1e8 + 1, 1e8 + 2, 1e8 + 3, 1e8 + 4 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(4));
    memcpy(dl_array_write(a), x, sizeof x);
    CHECK_CLOSE(dl_item(dl_var(dl_leaf(t, a), "all")), 5.0 / 3, 1e-15);
    dl_tape_free(t);
    dl_array_free(a);
}
