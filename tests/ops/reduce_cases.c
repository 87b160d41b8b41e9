/* reduce_cases.c: reductions over axes, norms, centering. */
#include "driver.h"
#include "reference.h"

#include <stdlib.h>

#define BUILD(NAME)                                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##NAME(in[0], arg);                                         \
    }
BUILD(sum)
BUILD(sum_squares)
BUILD(mean)
BUILD(center)
BUILD(vecnorm)

static dl_val build_norm(dl_tape *t, const dl_val *in, const char *arg) { return dl_norm(in[0]); }

static dl_val build_norm_fro(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_norm_fro(in[0]);
}

/* ---- the reference --------------------------------------------------------------------------- */

static bool reduced(const op_case *c, int axis)
{
    if (strcmp(c->arg, "all") == 0) return true;
    char number[2] = { (char)('0' + axis), 0 }, letter[2] = { 0 };
    if (strlen(c->in[0].labels) > (size_t)axis) letter[0] = c->in[0].labels[axis];
    int64_t dim[DL_MAX_RANK];
    int from_last = op_sizes(c->in[0].dims, dim) - axis;
    if (c->arg[0] == '-') return c->arg[1] - '0' == from_last;
    return strpbrk(c->arg, number) || (letter[0] && strpbrk(c->arg, letter));
}

/* Which result each element falls under, its number counting down. */
static int64_t group_of(const op_case *c, int64_t i)
{
    int64_t dim[DL_MAX_RANK], group = 0, scale = 1;
    for (int k = op_sizes(c->in[0].dims, dim) - 1; k >= 0; k--) {
        if (!reduced(c, k)) {
            group += i % dim[k] * scale;
            scale *= dim[k];
        }
        i /= dim[k];
    }
    return group;
}

static int64_t count(const op_case *c)
{
    int64_t dim[DL_MAX_RANK], n = 1;
    for (int k = op_sizes(c->in[0].dims, dim) - 1; k >= 0; k--) n *= dim[k];
    return n;
}

typedef struct groups {
    long double sum[OP_ELEMENTS], squares[OP_ELEMENTS];
    int64_t terms[OP_ELEMENTS], n;
} groups;

static groups collect(const op_case *c, const double *x)
{
    groups g = { .n = 0 };
    for (int64_t i = 0; i < count(c); i++) {
        int64_t k = group_of(c, i);
        if (k >= g.n) g.n = k + 1;
        g.sum[k] += (long double)x[i];
        g.squares[k] += (long double)x[i] * (long double)x[i];
        g.terms[k]++;
    }
    return g;
}

#define REFERENCE(NAME, VALUE)                                                        \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        groups g = collect(c, x[0]);                                                  \
        for (int64_t k = 0; k < g.n; k++) y[k] = (double)(VALUE);                     \
    }
REFERENCE(sum, g.sum[k])
REFERENCE(sum_squares, g.squares[k])
REFERENCE(mean, g.sum[k] / (long double)g.terms[k])
REFERENCE(vecnorm, sqrtl(g.squares[k]))

static void center_reference(const op_case *c, const double *const *x, double *y)
{
    groups g = collect(c, x[0]);
    for (int64_t i = 0; i < count(c); i++) {
        int64_t k = group_of(c, i);
        y[i] = (double)((long double)x[0][i] - g.sum[k] / (long double)g.terms[k]);
    }
}

/* ---- the cases ------------------------------------------------------------------------------- */

#define ROW(NAME, AXES, X, LX, Y, LY)                                                      \
    OP_CASE(#NAME, "axes " AXES " of " X LX, build_##NAME, (OP_X(X, LX, op_mixed)), Y, LY, \
            .arg = AXES, .reference = NAME##_reference)
#define AXES(NAME)                                                                               \
    ROW(NAME, "all", "34", "", "", ""), ROW(NAME, "all", "", "", "", ""),                        \
        ROW(NAME, "all", "23", "CB", "", ""), ROW(NAME, "0", "34", "", "14", ""),                \
        ROW(NAME, "1", "34", "", "31", ""), ROW(NAME, "-1", "234", "", "231", ""),               \
        ROW(NAME, "02", "234", "", "131", ""), ROW(NAME, "1", "234", "", "214", ""),             \
        ROW(NAME, "01", "34", "", "11", ""), ROW(NAME, "C", "43", "CB", "13", "CB"),             \
        ROW(NAME, "CB", "432", "CBT", "112", "CBT"), ROW(NAME, "S", "234", "SSC", "114", "SSC"), \
        ROW(NAME, "0", "7", "", "1", ""), ROW(NAME, "1", "51", "", "51", "")
/* The result of center has the sizes of its operand. */
#define CENTER(AXES, X, LX) ROW(center, AXES, X, LX, X, LX)

static const op_case cases[] = {
    AXES(sum),
    AXES(sum_squares),
    AXES(mean),
    AXES(vecnorm),
    CENTER("all", "34", ""),
    CENTER("all", "", ""),
    CENTER("0", "34", ""),
    CENTER("1", "34", ""),
    CENTER("02", "234", ""),
    CENTER("-1", "234", ""),
    CENTER("B", "43", "CB"),
    CENTER("S", "234", "SSC"),
    CENTER("CT", "432", "CBT"),
    OP_CASE("norm", "of a vector", build_norm, (OP_X("6", "", op_mixed)), "", "", .arg = "all",
            .want = norm_of_mixed),
    OP_CASE("norm", "of a row", build_norm, (OP_X("15", "CB", op_mixed)), "", "", .arg = "all",
            .reference = vecnorm_reference),
    OP_CASE("norm_fro", "of a matrix", build_norm_fro, (OP_X("23", "", op_mixed)), "", "",
            .arg = "all", .want = norm_of_mixed),
    OP_CASE("norm_fro", "of CBT", build_norm_fro, (OP_X("234", "CBT", op_mixed)), "", "",
            .arg = "all", .reference = vecnorm_reference),
};
const op_table op_reduce = OP_TABLE(cases);

OP_TESTS(reduce)

TEST(reduce, axes_that_are_not_there_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("sum", build_sum, "2", (OP_X("34", "", NULL)), DL_EAXIS, "(3,4) has no axis \"2\""),
        OP_BAD("sum", build_sum, "T", (OP_X("34", "CB", NULL)), DL_EAXIS,
               "(3 C, 4 B) has no axis \"T\""),
        OP_BAD("sum", build_sum, "", (OP_X("34", "", NULL)), DL_EAXIS, "has no axis \"\""),
        OP_BAD("sum", build_sum, "0", (OP_X("", "", NULL)), DL_EAXIS, "() has no axis \"0\""),
        OP_BAD("sum", build_sum, NULL, (OP_X("34", "", NULL)), DL_ENULL, "no axes"),
        OP_BAD("sum_squares", build_sum_squares, "-3", (OP_X("34", "", NULL)), DL_EAXIS, "\"-3\""),
        OP_BAD("mean", build_mean, "-C", (OP_X("34", "CB", NULL)), DL_EAXIS, "\"-C\""),
        OP_BAD("mean", build_mean, "-", (OP_X("34", "", NULL)), DL_EAXIS, "\"-\""),
        OP_BAD("vecnorm", build_vecnorm, "-0", (OP_X("34", "", NULL)), DL_EAXIS, "\"-0\""),
        OP_BAD("center", build_center, "x", (OP_X("34", "", NULL)), DL_EAXIS, "\"x\""),
        OP_BAD("norm", build_norm, NULL, (OP_X("34", "", NULL)), DL_ESHAPE, "(3,4) is no vector"),
    };
    OP_REJECTS(bad);
}

/* ---- edges ----------------------------------------------------------------------------------- */

typedef struct edge {
    op_build *build;
    const char *name;
    int64_t n;
    double x[3], y, g[3];
} edge;

static void edge_holds(const edge *e, dl_dtype dtype)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(dtype, NULL, 1, &e->n);
    for (int64_t i = 0; i < e->n; i++) dl_array_set(a, 1, &i, e->x[i]);
    dl_val x = dl_leaf(t, a), y = e->build(t, &x, "all"), g;
    dl_grad(y, &x, 1, &g);
    double rel = dtype == DL_F32 ? 1e-6 : 1e-14, got = dl_item(y);
    bool same = isnan(e->y) ? isnan(got) : got == e->y || fabs(got - e->y) <= rel * fabs(e->y);
    CHECK_MSG(same, "%s of %lld elements %s: got %.17g, wanted %.17g", e->name, (long long)e->n,
              dl_dtype_name(dtype), got, e->y);
    for (int64_t i = 0; i < e->n; i++) {
        got = dl_item(dl_slice(g, "0", i, i + 1));
        same = e->g[i] == OP_ANY || fabs(got - e->g[i]) <= rel * fabs(e->g[i]);
        CHECK_MSG(same, "%s of %lld elements %s: gradient [%lld]: got %.17g, wanted %.17g", e->name,
                  (long long)e->n, dl_dtype_name(dtype), (long long)i, got, e->g[i]);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
}

TEST(reduce, edges_are_as_documented)
{
    static const edge edges[] = {
        { build_sum, "sum", 0, { 0 }, 0, { 0 } },
        { build_sum_squares, "sum_squares", 0, { 0 }, 0, { 0 } },
        { build_mean, "mean", 0, { 0 }, NAN, { 0 } },
        { build_vecnorm, "vecnorm", 0, { 0 }, 0, { 0 } },
        { build_norm_fro, "norm_fro", 3, { 0, 0, 0 }, 0, { 0, 0, 0 } },
        { build_norm, "norm", 1, { -3 }, 3, { -1 } },
        { build_norm, "norm", 1, { 0 }, 0, { 0 } },
        { build_norm, "norm", 2, { 3, -4 }, 5, { 0.6, -0.8 } },
        { build_norm, "norm", 2, { INFINITY, 1 }, INFINITY, { OP_ANY, OP_ANY } },
        { build_norm, "norm", 2, { NAN, 1 }, NAN, { OP_ANY, OP_ANY } },
        { build_norm, "norm", 2, { 1, NAN }, NAN, { OP_ANY, OP_ANY } },
        { build_norm, "norm", 2, { INFINITY, NAN }, NAN, { OP_ANY, OP_ANY } },
        { build_norm, "norm", 1, { NAN }, NAN, { OP_ANY } },
        { build_sum, "sum", 2, { INFINITY, -INFINITY }, NAN, { 1, 1 } },
    };
    static const edge large[] = {
        { build_norm, "norm", 2, { 3e200, 4e200 }, 5e200, { 0.6, 0.8 } },
        { build_norm, "norm", 2, { 3e-200, -4e-200 }, 5e-200, { 0.6, -0.8 } },
        { build_norm, "norm", 3, { 3e300, 0, 4e300 }, 5e300, { 0.6, 0, 0.8 } },
        { build_norm, "norm", 3, { 3e-300, 0, 4e-300 }, 5e-300, { 0.6, 0, 0.8 } },
    };
    static const edge medium[] = {
        { build_norm, "norm", 2, { 3e30, 4e30 }, 5e30, { 0.6, 0.8 } },
        { build_norm, "norm", 2, { 3e-30, -4e-30 }, 5e-30, { 0.6, -0.8 } },
    };
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        edge_holds(&edges[i], DL_F32);
        edge_holds(&edges[i], DL_F64);
    }
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) edge_holds(&large[i], DL_F64);
    for (size_t i = 0; i < sizeof medium / sizeof *medium; i++) edge_holds(&medium[i], DL_F32);
}

/* ---- long sums ------------------------------------------------------------------------------- */

TEST(reduce, a_sum_of_a_million_is_within_2_ulp)
{
    enum { N = 1000000 };
    float *x = malloc(N * sizeof *x);
    REQUIRE(x);
    /* Multiples of 2^-20: their sum is exact in 64 bits. */
    int64_t exact = 0;
    uint32_t state = 1;
    for (int i = 0; i < N; i++) {
        state = state * 1664525u + 1013904223u;
        int32_t k = (int32_t)(state >> 12) - (1 << 18);
        x[i] = (float)k / (1 << 20);
        exact += k;
    }
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(x, DL_F32, NULL, DL_DIMS(N));
    float got = (float)dl_item(dl_sum(dl_leaf(t, a), "all")),
          want = (float)((double)exact / (1 << 20));
    CHECK_MSG(test__ulps_float(got, want) <= 2, "sum: got %.9g, wanted %.9g", (double)got,
              (double)want);
    dl_tape_free(t);
    dl_array_free(a);
    free(x);
}

typedef struct plane {
    int64_t rows, columns;
    double *x;
    dl_array *array;
} plane;

static plane plane_new(int64_t rows, int64_t columns)
{
    plane p = { rows, columns, malloc((size_t)(rows * columns) * sizeof(double)), NULL };
    for (int64_t i = 0; p.x && i < rows * columns; i++) p.x[i] = (double)(i * 7919 % 1009) - 500.25;
    p.array = dl_array_wrap(p.x, DL_F64, NULL, DL_DIMS(rows, columns));
    return p;
}

static double plain_sum(const plane *p, bool by_column, int64_t k, bool squares)
{
    long double sum = 0;
    for (int64_t i = 0; i < (by_column ? p->rows : p->columns); i++) {
        double x = by_column ? p->x[i * p->columns + k] : p->x[k * p->columns + i];
        sum += squares ? (long double)x * (long double)x : (long double)x;
    }
    return (double)sum;
}

/* Blocks are of 128 terms, strips of 32 columns. */
TEST(reduce, sums_of_any_length_match)
{
    static const int64_t sizes[][2] = { { 1, 127 },  { 1, 128 },  { 3, 129 },  { 2, 1000 },
                                        { 127, 33 }, { 128, 32 }, { 129, 31 }, { 300, 65 } };
    for (size_t i = 0; i < 4 * sizeof sizes / sizeof *sizes; i++) {
        plane p = plane_new(sizes[i / 4][0], sizes[i / 4][1]);
        bool by_column = i & 1, transposed = i & 2;
        dl_tape *t = dl_tape_new();
        dl_val x = dl_leaf(t, p.array);
        if (transposed) x = dl_transpose(x);
        const char *axis = by_column != transposed ? "0" : "1";
        const double *sum = dl_data(dl_sum(x, axis)), *squares = dl_data(dl_sum_squares(x, axis));
        for (int64_t k = 0; k < (by_column ? p.columns : p.rows); k++) {
            CHECK_CLOSE(sum[k], plain_sum(&p, by_column, k, false), 1e-13);
            CHECK_CLOSE(squares[k], plain_sum(&p, by_column, k, true), 1e-13);
        }
        dl_tape_free(t);
        dl_array_free(p.array);
        free(p.x);
    }
}
