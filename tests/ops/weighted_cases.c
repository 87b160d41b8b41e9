/* weighted_cases.c: means, variances and covariances of observations with weights. */
#include "driver.h"

#include <math.h>

#define BUILD(NAME)                                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##NAME(in[0], in[1], arg);                                  \
    }
BUILD(weighted_mean)
BUILD(weighted_var)
BUILD(weighted_var_n)
BUILD(weighted_std)
BUILD(weighted_std_n)

static dl_val build_weighted_cov(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_weighted_cov(in[0], in[1]);
}
static dl_val build_weighted_cov_n(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_weighted_cov_n(in[0], in[1]);
}

/* ---- the reference --------------------------------------------------------------------------- */

/* Where element (i, k, j) of x has its weight: w has the axes of x, of size 1 or as x, and a vector
 * lies along the axis. */
typedef struct sizes {
    int rank, wrank;
    int64_t dim[DL_MAX_RANK], wdim[DL_MAX_RANK];
    bool in[DL_MAX_RANK]; /* reduced */
} sizes;

static sizes sizes_of(const op_case *c)
{
    sizes s = { .rank = 0 };
    int named = 0, last = 0;
    s.rank = op_sizes(c->in[0].dims, s.dim), s.wrank = op_sizes(c->in[1].dims, s.wdim);
    for (int i = 0; i < s.rank; i++) {
        const char letter[2] = { *c->in[0].labels ? c->in[0].labels[i] : (char)('0' + i), 0 };
        s.in[i] = strcmp(c->arg, "all") == 0 || strpbrk(c->arg, letter);
        if (s.in[i]) named++, last = i;
    }
    if (named == 1 && s.wrank == 1) { /* a label of a case's vector is that of the axis */
        int64_t n = s.wdim[0];
        for (int i = 0; i < last; i++) s.wdim[i] = 1;
        s.wdim[last] = n, s.wrank = last + 1;
    }
    return s;
}

enum { MEAN, VAR, VAR_N, STD, STD_N };

/* The moments of result y: every element of x that belongs to it is looked for. */
static double moment(const sizes *s, const double *x, const double *w, int64_t y, int what)
{
    long double one = 0, square = 0, sum = 0, far = 0;
    for (int pass = 0; pass < 2; pass++) {
        int64_t n = 1;
        for (int i = 0; i < s->rank; i++) n *= s->dim[i];
        for (int64_t at = 0; at < n; at++) {
            int64_t rest = at, unit = 1, place = 0, wplace = 0, wunit = 1;
            for (int i = s->rank - 1; i >= 0; i--) {
                int64_t k = rest % s->dim[i];
                rest /= s->dim[i];
                if (!s->in[i]) place += k * unit, unit *= s->dim[i];
                if (i < s->wrank) wplace += s->wdim[i] == 1 ? 0 : k * wunit, wunit *= s->wdim[i];
            }
            if (place != y) continue;
            long double v = (long double)x[at], u = (long double)w[wplace];
            if (pass) far += u * (v - sum / one) * (v - sum / one);
            else one += u, square += u * u, sum += u * v;
        }
    }
    if (what == MEAN) return (double)(sum / one);
    long double by = what == VAR_N || what == STD_N ? one : one - square / one;
    return (double)(what >= STD ? sqrtl(far / by) : far / by);
}

static void moments(const op_case *c, const double *const *x, double *y, int what)
{
    sizes s = sizes_of(c);
    int64_t n = 1;
    for (int i = 0; i < s.rank; i++) n *= s.in[i] ? 1 : s.dim[i];
    for (int64_t i = 0; i < n; i++) y[i] = moment(&s, x[0], x[1], i, what);
}

#define REFERENCE(NAME, WHAT)                                                                    \
    static void weighted_##NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                            \
        moments(c, x, y, WHAT);                                                                  \
    }
REFERENCE(mean, MEAN)
REFERENCE(var, VAR)
REFERENCE(var_n, VAR_N)
REFERENCE(std, STD)
REFERENCE(std_n, STD_N)

static void covariance(const op_case *c, const double *const *x, double *y, bool by_sum)
{
    int64_t dim[DL_MAX_RANK];
    op_sizes(c->in[0].dims, dim);
    int64_t n = dim[0], m = dim[1];
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < m; j++) {
            long double one = 0, square = 0, a = 0, b = 0, ab = 0;
            for (int64_t k = 0; k < n; k++) {
                long double w = (long double)x[1][k];
                one += w, square += w * w;
                a += w * (long double)x[0][k * m + i], b += w * (long double)x[0][k * m + j];
            }
            for (int64_t k = 0; k < n; k++)
                ab += (long double)x[1][k] * ((long double)x[0][k * m + i] - a / one)
                      * ((long double)x[0][k * m + j] - b / one);
            y[i * m + j] = (double)(ab / (by_sum ? one : one - square / one));
        }
}

static void weighted_cov_reference(const op_case *c, const double *const *x, double *y)
{
    covariance(c, x, y, false);
}
static void weighted_cov_n_reference(const op_case *c, const double *const *x, double *y)
{
    covariance(c, x, y, true);
}

/* ---- the cases ------------------------------------------------------------------------------- */

#define ROW(NAME, AXES, X, LX, W, LW, Y)                                           \
    OP_CASE(#NAME, "axes " AXES " of " X LX " by " W LW, build_##NAME,             \
            (OP_X(X, LX, op_mixed), OP_X(W, LW, op_positive)), Y, LX, .arg = AXES, \
            .reference = NAME##_reference, .flags = OP_FIXED | OP_COMPOSED)
#define COV(NAME, X, W, Y)                                                                      \
    OP_CASE(#NAME, "of " X, build_##NAME, (OP_X(X, "", op_mixed), OP_X(W, "", op_positive)), Y, \
            "", .reference = NAME##_reference, .flags = OP_FIXED | OP_COMPOSED)

static const op_case cases[] = {
    ROW(weighted_mean, "0", "43", "", "4", "", "13"),
    ROW(weighted_mean, "B", "24", "CB", "4", "B", "21"),
    ROW(weighted_mean, "1", "43", "", "43", "", "41"),
    ROW(weighted_mean, "0", "42", "", "41", "", "12"),
    ROW(weighted_mean, "all", "32", "", "3", "", ""),
    ROW(weighted_mean, "01", "233", "", "23", "", "113"),
    ROW(weighted_mean, "02", "233", "", "213", "", "131"),
    ROW(weighted_var, "0", "43", "", "4", "", "13"),
    ROW(weighted_var_n, "T", "223", "CBT", "3", "", "221"),
    ROW(weighted_std, "1", "23", "", "3", "", "21"),
    ROW(weighted_std_n, "all", "32", "", "3", "", ""),
    COV(weighted_cov, "43", "4", "33"),
    COV(weighted_cov, "33", "3", "33"),
    COV(weighted_cov_n, "43", "4", "33"),
    COV(weighted_cov_n, "51", "5", "11"),
};
const op_table op_weighted = OP_TABLE(cases);
OP_TESTS(weighted)

TEST(weighted, operands_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("weighted_mean", build_weighted_mean, "0", (OP_X("34", "", 0), OP_X("4", "", 0)),
               DL_ESHAPE, "weights (4) does not broadcast to (3,4)"),
        OP_BAD("weighted_var", build_weighted_var, "2", (OP_X("34", "", 0), OP_X("3", "", 0)),
               DL_EAXIS, "no axis \"2\""),
        OP_BAD("weighted_std", build_weighted_std, "0", (OP_X("3", "", 0), OP_X("34", "", 0)),
               DL_ESHAPE, "weights (3,4) does not broadcast to (3)"),
        OP_BAD("weighted_std_n", build_weighted_std_n, "C",
               (OP_X("34", "CB", 0), OP_X("5", "T", 0)), DL_ESHAPE, "does not broadcast"),
        OP_BAD("weighted_var_n", build_weighted_var_n, "0",
               (OP_X("3", "", 0), OP_INT(DL_U8, "3", "", 0)), DL_EDTYPE, "u8 does not compute"),
        OP_BAD("weighted_cov", build_weighted_cov, 0, (OP_X("34", "", 0), OP_X("4", "", 0)),
               DL_ESHAPE,
               "x (3,4), weights (4): wanted a matrix and a weight for each of its rows"),
        OP_BAD("weighted_cov_n", build_weighted_cov_n, 0, (OP_X("3", "", 0), OP_X("3", "", 0)),
               DL_ERANK, "x (3)"),
        OP_BAD("weighted_cov", build_weighted_cov, 0, (OP_X("34", "CB", 0), OP_X("3", "", 0)),
               DL_ELABEL, "without labels"),
    };
    OP_REJECTS(bad);
}

/* ---- edges ----------------------------------------------------------------------------------- */

typedef dl_val use(dl_val x, dl_val w);
#define USE(NAME) \
    static dl_val use_##NAME(dl_val x, dl_val w) { return dl_weighted_##NAME(x, w, "0"); }
USE(mean)
USE(var)
USE(var_n)
USE(std)
USE(std_n)

static const struct {
    const char *name;
    use *of;
} uses[] = { { "mean", use_mean },          { "var", use_var },
             { "var_n", use_var_n },        { "std", use_std },
             { "std_n", use_std_n },        { "cov", dl_weighted_cov },
             { "cov_n", dl_weighted_cov_n } };
enum { USES = sizeof uses / sizeof *uses };

/* Value and the sums of the absolute gradients, of x (n,1) with weights w (n). */
static void outcome(use *f, dl_dtype dtype, int n, const double *x, const double *w, double *y)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(n, 1)),
             *b = dl_array_new(DL_F64, NULL, DL_DIMS(n));
    memcpy(dl_array_write(a), x, (size_t)n * sizeof *x);
    memcpy(dl_array_write(b), w, (size_t)n * sizeof *w);
    dl_val in[] = { dl_cast(dl_leaf(t, a), dtype), dl_cast(dl_leaf(t, b), dtype) }, g[2];
    dl_val v = f(in[0], in[1]);
    dl_grad(dl_sum(v, "all"), in, 2, g);
    y[0] = dl_item(v);
    for (int k = 0; k < 2; k++) y[1 + k] = dl_item(dl_sum(dl_abs(g[k]), "all"));
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

TEST(weighted, edges_are_as_documented)
{
    static const double x[] = { 0.3, -1.7, 2.9 }, none[] = { 0, 0, 0 }, one[] = { 0, 0.7, 0 };
    static const double equal[] = { 2.5, 2.5, 2.5 }, some[] = { 1, 2, 4 };
    double y[3];
    for (int dtype = DL_F32; dtype <= DL_F64; dtype++)
        for (int k = 0; k < USES; k++) {
            bool root = strncmp(uses[k].name, "std", 3) == 0, unbiased = !strchr(uses[k].name, '_');
            outcome(uses[k].of, (dl_dtype)dtype, 3, x, none, y);
            CHECK_MSG(isnan(y[0]), "%s without weight: %g", uses[k].name, y[0]);
            outcome(uses[k].of, (dl_dtype)dtype, 0, x, some, y);
            CHECK_MSG(isnan(y[0]), "%s of nothing: %g", uses[k].name, y[0]);
            if (k == 0) continue;
            outcome(uses[k].of, (dl_dtype)dtype, 3, x, one, y);
            if (unbiased) CHECK_MSG(y[0] == 0, "%s of one: %g", uses[k].name, y[0]);
            if (unbiased)
                CHECK_MSG(y[1] == 0 && y[2] == 0, "%s of one: slopes %g %g", uses[k].name, y[1],
                          y[2]);
            outcome(uses[k].of, (dl_dtype)dtype, 3, equal, some, y);
            CHECK_MSG(y[0] == 0, "%s of equals: %g", uses[k].name, y[0]);
            if (root)
                CHECK_MSG(y[1] == 0 && y[2] == 0, "%s of equals: slopes %g %g", uses[k].name, y[1],
                          y[2]);
        }
}

/* As if each observation stood there as often as its weight says, and without those of weight 0. */
TEST(weighted, whole_weights_repeat_observations)
{
    static const double x[] = { 1.5, -2, 0.25, 4 }, w[] = { 2, 0, 1, 3 };
    static const double all[] = { 1.5, 1.5, 0.25, 4, 4, 4 }, ones[] = { 1, 1, 1, 1, 1, 1 };
    double y[3], z[3];
    static const int by_sum[] = { 0, 2, 4, 6 };
    for (int k = 0; k < 4; k++) {
        outcome(uses[by_sum[k]].of, DL_F64, 4, x, w, y);
        outcome(uses[by_sum[k]].of, DL_F64, 6, all, ones, z);
        CHECK_CLOSE(y[0], z[0], 1e-15);
        CHECK(isfinite(y[2]));
    }
}

TEST(weighted, equal_weights_are_none)
{
    static const double x[] = { 1.5, -2, 0.25, 4, 3 }, w[] = { 3, 3, 3, 3, 3 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap((double *)x, DL_F64, NULL, DL_DIMS(5, 1));
    dl_val v = dl_leaf(t, a);
    const double want[] = { dl_item(dl_mean(v, "0")),  dl_item(dl_var(v, "0")),
                            dl_item(dl_var_n(v, "0")), dl_item(dl_std(v, "0")),
                            dl_item(dl_std_n(v, "0")), dl_item(dl_cov(v)),
                            dl_item(dl_cov_n(v)) };
    for (int k = 0; k < USES; k++) {
        double y[3];
        outcome(uses[k].of, DL_F64, 5, x, w, y);
        CHECK_CLOSE(y[0], want[k], 4e-16);
    }
    dl_tape_free(t);
    dl_array_free(a);
}

/* Squares that would overflow or vanish, and a weight that is nearly all. */
TEST(weighted, the_root_has_the_range_of_its_operand)
{
    static const double w[] = { 1, 2, 1 };
    for (int exponent = -120; exponent <= 120; exponent += 40) {
        double x[] = { ldexp(-3, exponent), ldexp(1, exponent), ldexp(5, exponent) }, y[3];
        outcome(use_std_n, DL_F32, 3, x, w, y);
        CHECK_CLOSE(y[0], ldexp(sqrt(8), exponent), 1e-7);
        CHECK_CLOSE(y[1], 1 / sqrt(2), 1e-6);
    }
    static const double apart[] = { 1, 3 }, uneven[] = { 1, 0x1p-40 };
    double y[3];
    outcome(use_var, DL_F64, 2, apart, uneven, y);
    CHECK_CLOSE(y[0], 2, 1e-3);
}

TEST(weighted, covariances_are_symmetric_to_the_bit)
{
    enum { N = 37, M = 9 };
    static double x[N * M], w[N], y[M * M];
    for (int k = 0; k < N * M; k++) x[k] = sin(1.0 + 7 * k);
    for (int k = 0; k < N; k++) w[k] = 1 + cos(3.0 * k);
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(x, DL_F64, NULL, DL_DIMS(N, M));
    dl_array *b = dl_array_wrap(w, DL_F64, NULL, DL_DIMS(N));
    dl_read(dl_weighted_cov(dl_leaf(t, a), dl_leaf(t, b)), y, sizeof y);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < i; j++) CHECK(y[i * M + j] == y[j * M + i]);
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

/* What ops/shapes.h says that a mask does without a selection. */
TEST(weighted, masks_need_no_selection)
{
    double x[] = { 3, -1, 7, 2, 5 }, y[5];
    uint8_t m[] = { 1, 0, 0, 1, 1 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(x, DL_F64, NULL, DL_DIMS(5));
    dl_array *b = dl_array_wrap(m, DL_U8, NULL, DL_DIMS(5));
    dl_val v = dl_leaf(t, a), mask = dl_leaf(t, b), w = dl_cast(mask, DL_F64), places, g;
    CHECK_CLOSE(dl_item(dl_sum(dl_masked_fill(v, dl_not(mask), 0), "all")), 10, 0);
    CHECK_CLOSE(dl_item(dl_amax(dl_masked_fill(v, dl_not(mask), -INFINITY), "all")), 5, 0);
    dl_val mean = dl_weighted_mean(v, w, "all");
    CHECK_CLOSE(dl_item(mean), 10.0 / 3, 0);
    dl_grad(mean, &v, 1, &g);
    dl_read(g, y, sizeof y);
    for (int k = 0; k < 5; k++) CHECK_CLOSE(y[k], m[k] / 3.0, 0);
    dl_topk(w, "0", 3, DL_DESCENDING, NULL, &places);
    dl_read(dl_index_select(v, "0", places), y, 3 * sizeof *y);
    CHECK(y[0] == 3 && y[1] == 2 && y[2] == 5);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}
