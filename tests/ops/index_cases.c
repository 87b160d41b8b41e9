/* index_cases.c: elements at places which are values; order. */
#include "driver.h"

#include "../../ops/kernels/index.h"

#define CALL(NAME, CALL) \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) { return CALL; }
CALL(index_select, dl_index_select(in[0], arg, in[1]))
CALL(take_along, dl_take_along(in[0], arg, in[1]))
CALL(embed, dl_embed(in[0], in[1]))
CALL(scatter, dl_scatter(in[0], arg, in[2], in[1]))
CALL(scatter_add, dl_scatter_add(in[0], arg, in[2], in[1]))
CALL(onehot, dl_onehot(in[1], 4, dl_dtype_of(in[0])))
CALL(masked_select, dl_masked_select(in[0], in[1]))
CALL(upper, dl_masked_select(in[0], dl_triu(dl_ones_like(in[0]), 0)))
CALL(upper_u8,
     dl_masked_select(in[0], dl_cast(dl_triu(dl_stripdims(dl_ones_like(in[0])), 0), DL_U8)))
CALL(onehot_decode, dl_onehot_decode(in[0], arg))
CALL(argsort, dl_argsort(in[0], arg, DL_ASCENDING))
CALL(argsort_down, dl_argsort(in[0], arg, DL_DESCENDING))
CALL(sort, dl_sort(in[0], arg, DL_ASCENDING))
CALL(sort_down, dl_sort(in[0], arg, DL_DESCENDING))
CALL(no_order, dl_sort(in[0], arg, (dl_order)2))

static dl_val build_topk(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val values;
    dl_topk(in[0], arg, 2, DL_DESCENDING, &values, NULL);
    return values;
}
static dl_val build_topk_places(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val places;
    dl_topk(in[0], arg, 2, DL_DESCENDING, NULL, &places);
    return places;
}
static dl_val build_topk_many(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val values, places;
    CHECK_INT(dl_topk(in[0], arg, 5, DL_DESCENDING, &values, &places), DL_EARG);
    return values;
}

/* ---- references: a cell at a time, over (row, place along the axis, unit) -------------------- */

typedef struct cells {
    int64_t rows, n, unit;
} cells;

static int axis_of(const op_case *c)
{
    const char *p = strchr(c->in[0].labels, *c->arg);
    return *c->arg == '-' ? (int)strlen(c->in[0].dims) - (c->arg[1] - '0')
           : p            ? (int)(p - c->in[0].labels)
                          : *c->arg - '0';
}

static cells cells_of(const char *dims, int axis)
{
    int64_t dim[DL_MAX_RANK];
    cells s = { 1, 1, 1 };
    int rank = op_sizes(dims, dim);
    for (int i = 0; i < rank; i++) *(i < axis ? &s.rows : i == axis ? &s.n : &s.unit) *= dim[i];
    return s;
}

static int64_t cell(cells s, int64_t r, int64_t j, int64_t i) { return (r * s.n + j) * s.unit + i; }

static int64_t place(double k, int64_t n)
{
    int64_t i = (int64_t)k < 0 ? (int64_t)k + n : (int64_t)k;
    return i < 0 || i >= n ? -1 : i;
}

#define EACH(s)                             \
    for (int64_t r = 0; r < (s).rows; r++)  \
        for (int64_t j = 0; j < (s).n; j++) \
            for (int64_t i = 0; i < (s).unit; i++)

static void upper_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t dim[DL_MAX_RANK];
    op_sizes(c->in[0].dims, dim);
    for (int64_t i = 0; i < dim[0]; i++)
        for (int64_t j = i; j < dim[1]; j++) *y++ = x[0][i * dim[1] + j];
}

static void index_select_reference(const op_case *c, const double *const *x, double *y)
{
    cells from = cells_of(c->in[0].dims, axis_of(c)), to = cells_of(c->dims, axis_of(c));
    EACH(to) y[cell(to, r, j, i)] = x[0][cell(from, r, place(x[1][j], from.n), i)];
}

static void take_along_reference(const op_case *c, const double *const *x, double *y)
{
    cells from = cells_of(c->in[0].dims, axis_of(c)), to = cells_of(c->dims, axis_of(c));
    EACH(to)
    y[cell(to, r, j, i)] = x[0][cell(from, r, place(x[1][cell(to, r, j, i)], from.n), i)];
}

static void embed_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t dim[DL_MAX_RANK], n = 1;
    int rank = op_sizes(c->dims, dim);
    for (int i = 0; i < rank - 1; i++) n *= dim[i];
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < 3; i++) y[j * 3 + i] = x[0][(int64_t)x[1][j] * 3 + i];
}

static void scattered(const op_case *c, const double *const *x, double *y, bool add)
{
    cells to = cells_of(c->dims, axis_of(c)), from = cells_of(c->in[1].dims, axis_of(c));
    EACH(to) y[cell(to, r, j, i)] = x[0][cell(to, r, j, i)];
    EACH(from)
    {
        int64_t k = place(x[2][cell(from, r, j, i)], to.n);
        double v = x[1][cell(from, r, j, i)];
        if (k >= 0) y[cell(to, r, k, i)] = add ? y[cell(to, r, k, i)] + v : v;
    }
}
static void scatter_reference(const op_case *c, const double *const *x, double *y)
{
    scattered(c, x, y, false);
}
static void scatter_add_reference(const op_case *c, const double *const *x, double *y)
{
    scattered(c, x, y, true);
}

static void onehot_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t dim[DL_MAX_RANK], n = 1;
    for (int i = op_sizes(c->in[1].dims, dim); i-- > 0;) n *= dim[i];
    for (int64_t j = 0; j < 4 * n; j++) y[j] = place(x[1][j / 4], 4) == j % 4;
}

/* Where each element belongs is the number of those before it. */
static void ordered(const op_case *c, const double *x, double *y, bool down, bool places)
{
    cells s = cells_of(c->in[0].dims, axis_of(c)), to = cells_of(c->dims, axis_of(c));
    EACH(s)
    {
        double own = x[cell(s, r, j, i)];
        int64_t rank = 0;
        for (int64_t k = 0; k < s.n; k++) {
            double other = x[cell(s, r, k, i)];
            rank += (down ? other > own : other < own) || (other == own && k < j);
        }
        if (rank < to.n) y[cell(to, r, rank, i)] = places ? (double)j : own;
    }
}
#define ORDERED(NAME, DOWN, PLACES)                                                   \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        ordered(c, x[0], y, DOWN, PLACES);                                            \
    }
ORDERED(sort, false, false)
ORDERED(sort_down, true, false)
ORDERED(argsort, false, true)
ORDERED(argsort_down, true, true)
ORDERED(topk, true, false)
ORDERED(topk_places, true, true)

/* ---- the cases ------------------------------------------------------------------------------- */

/* Twice, from the end; and with places outside, which only writers may have: NaN has no value. */
static const double inside[12] = { 1, 0, -1, 1, 2, -3, 0, 1, -2, 2, 0, -1 };
static const double upwards[12] = { 1, 0, 2, 1, 2, 0, 0, 1, 2, 2, 0, 1 };
static const double astray[12] = { 1, 0, 3, 1, -4, 2, 0, 9, -2, 2, 0, -1 };
static const double ties[12] = { 2, 1, 2, -1, 1, 2, 0.5, -1, 1, 2, 0.5, 1 };

#define SELECT(TYPE, ARG, X, L, N, Y, AT)                                      \
    OP_CASE("index_select", #TYPE " of " X L " by " ARG, build_index_select,   \
            (OP_X(X, L, op_mixed), OP_INT(TYPE, N, "", AT)), Y, L, .arg = ARG, \
            .reference = index_select_reference, .flags = OP_FIXED)
#define TAKE(TYPE, ARG, X, L, Y, AT)                                           \
    OP_CASE("take_along", #TYPE " of " X L " by " ARG, build_take_along,       \
            (OP_X(X, L, op_mixed), OP_INT(TYPE, Y, "", AT)), Y, L, .arg = ARG, \
            .reference = take_along_reference, .flags = OP_FIXED)
#define EMBED(TYPE, INDEX, Y)                                                    \
    OP_CASE("embed", #TYPE " " INDEX, build_embed,                               \
            (OP_X("33", "", op_mixed), OP_INT(TYPE, INDEX, "", upwards)), Y, "", \
            .reference = embed_reference, .flags = OP_FIXED | OP_COMPOSED)
#define SCATTER(NAME, TYPE, ARG, X, L, V, AT)                                            \
    OP_CASE(#NAME, #TYPE " " V " to " X L " by " ARG, build_##NAME,                      \
            (OP_X(X, L, op_mixed), OP_X(V, L, op_other), OP_INT(TYPE, V, "", AT)), X, L, \
            .arg = ARG, .reference = NAME##_reference, .flags = OP_FIXED | OP_COMPOSED)
#define ORDER(OP, NAME, ARG, X, L, Y, VALUES, ...)                                                 \
    OP_CASE(OP, #NAME " of " X L " by " ARG, build_##NAME, (OP_X(X, L, VALUES)), Y, L, .arg = ARG, \
            .reference = NAME##_reference, __VA_ARGS__)

static const double decoded[] = { 1, 0, 0, 2 }; /* of op_mixed (3,4), along the columns */
static const double equal[] = { 0, 1, 1, 0, 2, 2, 2, 2 }, first_places[] = { 1, 0 };

static const op_case cases[] = {
    SELECT(DL_I64, "0", "3", "", "4", "4", inside),
    SELECT(DL_I64, "0", "32", "", "4", "42", inside),
    SELECT(DL_I32, "1", "232", "", "5", "252", inside),
    SELECT(DL_U8, "B", "23", "CB", "4", "24", upwards),
    SELECT(DL_I64, "-1", "23", "", "0", "20", inside),
    TAKE(DL_I64, "0", "3", "", "5", inside),
    TAKE(DL_I32, "1", "43", "", "42", inside),
    TAKE(DL_I64, "1", "232", "", "222", inside),
    TAKE(DL_U8, "C", "32", "CB", "42", upwards),
    EMBED(DL_I64, "4", "43"),
    EMBED(DL_I32, "22", "223"),
    EMBED(DL_U8, "", "3"),
    SCATTER(scatter, DL_I64, "0", "3", "", "4", astray),
    SCATTER(scatter, DL_I32, "1", "43", "", "42", astray),
    SCATTER(scatter, DL_I64, "1", "232", "CBT", "222", astray),
    SCATTER(scatter, DL_U8, "0", "32", "", "22", upwards),
    SCATTER(scatter_add, DL_I64, "0", "3", "", "8", astray),
    SCATTER(scatter_add, DL_I32, "1", "43", "", "42", astray),
    SCATTER(scatter_add, DL_I64, "B", "23", "CB", "25", astray),
    SCATTER(scatter_add, DL_U8, "0", "32", "", "22", upwards),
    OP_CASE("masked_select", "by numbers", build_upper, (OP_X("34", "", op_mixed)), "9", "",
            .reference = upper_reference, .flags = OP_FIXED | OP_COMPOSED),
    OP_CASE("masked_select", "with labels", build_upper_u8, (OP_X("22", "CB", op_mixed)), "3", "",
            .reference = upper_reference, .flags = OP_FIXED | OP_COMPOSED),
    OP_CASE("onehot", "of a vector", build_onehot,
            (OP_X("2", "", op_mixed), OP_INT(DL_I64, "9", "", astray)), "94", "",
            .reference = onehot_reference, .flags = OP_FIXED | OP_COMPOSED),
    OP_CASE("onehot", "of a matrix", build_onehot,
            (OP_X("2", "", op_mixed), OP_INT(DL_I32, "23", "CB", astray)), "234", "",
            .reference = onehot_reference, .flags = OP_FIXED | OP_COMPOSED),
    OP_CASE("onehot", "of a number", build_onehot,
            (OP_X("2", "", op_mixed), OP_INT(DL_U8, "", "", upwards)), "4", "",
            .reference = onehot_reference, .flags = OP_FIXED | OP_COMPOSED),
    OP_CASE("onehot_decode", "of columns", build_onehot_decode, (OP_X("34", "CB", op_mixed)), "4",
            "B", .want = decoded, .arg = "C", .result = DL_I64, .flags = OP_FIXED | OP_COMPOSED),
    OP_CASE("onehot_decode", "of equal ones", build_onehot_decode, (OP_X("24", "", equal)), "2", "",
            .want = first_places, .arg = "1", .result = DL_I64, .flags = OP_FIXED | OP_COMPOSED),
    ORDER("sort", sort, "0", "9", "", "9", op_mixed, .flags = 0),
    ORDER("sort", sort, "1", "342", "", "342", op_mixed, .flags = 0),
    ORDER("sort", sort_down, "B", "35", "CB", "35", op_mixed, .flags = 0),
    ORDER("argsort", argsort, "0", "7", "", "7", ties, .result = DL_I64),
    ORDER("argsort", argsort, "1", "252", "CBT", "252", op_mixed, .result = DL_I64),
    ORDER("argsort", argsort_down, "1", "34", "", "34", ties, .result = DL_I64),
    ORDER("topk", topk, "0", "53", "", "23", op_mixed, .flags = OP_FIXED),
    ORDER("topk", topk, "B", "36", "CB", "32", op_mixed, .flags = OP_FIXED),
    ORDER("topk", topk_places, "0", "53", "", "23", op_mixed, .flags = OP_FIXED, .result = DL_I64),
};
const op_table op_index = OP_TABLE(cases);

OP_TESTS(index)

TEST(index, operands_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("index_select", build_index_select, "0", (OP_X("34", "", NULL), OP_X("2", "", NULL)),
               DL_EDTYPE, "x (3,4), index (2): an index of f32, wanted i32, i64 or u8"),
        OP_BAD("index_select", build_index_select, "0",
               (OP_X("34", "", NULL), OP_INT(DL_I64, "22", "", NULL)), DL_ERANK,
               "an index of rank 2, wanted 1"),
        OP_BAD("index_select", build_index_select, "2",
               (OP_X("34", "", NULL), OP_INT(DL_I64, "2", "", NULL)), DL_EAXIS, "\"2\""),
        OP_BAD("index_select", build_index_select, "0",
               (OP_INT(DL_I64, "34", "", NULL), OP_INT(DL_I64, "2", "", NULL)), DL_EDTYPE,
               "i64 does not compute"),
        OP_BAD("take_along", build_take_along, "0",
               (OP_X("34", "", NULL), OP_INT(DL_I64, "25", "", NULL)), DL_ESHAPE,
               "x (3,4), index (2,5): sizes 4 and 5 of axis 1 differ"),
        OP_BAD("take_along", build_take_along, "0",
               (OP_X("34", "", NULL), OP_INT(DL_I64, "2", "", NULL)), DL_ERANK,
               "ranks 2 and 1 differ"),
        OP_BAD("embed", build_embed, NULL, (OP_X("3", "", NULL), OP_INT(DL_I64, "2", "", NULL)),
               DL_ERANK, "table (3)"),
        OP_BAD("scatter", build_scatter, "0",
               (OP_X("34", "", NULL), OP_X("24", "", NULL), OP_INT(DL_I64, "23", "", NULL)),
               DL_ESHAPE, "values (2,4), index (2,3): the sizes differ"),
        OP_BAD("scatter", build_scatter, "0",
               (OP_X("34", "", NULL), OP_X("24", "", NULL), OP_X("24", "", NULL)), DL_EDTYPE,
               "an index of f32"),
        OP_BAD("scatter_add", build_scatter_add, "0",
               (OP_X("34", "", NULL), OP_X("25", "", NULL), OP_INT(DL_I64, "25", "", NULL)),
               DL_ESHAPE, "base (3,4), values (2,5): the sizes differ"),
        OP_BAD("masked_select", build_masked_select, NULL,
               (OP_X("34", "", NULL), OP_INT(DL_U8, "43", "", NULL)), DL_ESHAPE,
               "a mask (4,3) of (3,4)"),
        OP_BAD("masked_select", build_masked_select, NULL,
               (OP_INT(DL_I64, "3", "", NULL), OP_INT(DL_U8, "3", "", NULL)), DL_EDTYPE,
               "i64 does not compute"),
        OP_BAD("onehot", build_onehot, NULL, (OP_X("2", "", NULL), OP_X("2", "", NULL)), DL_EDTYPE,
               "an index of f32"),
        OP_BAD("sort", build_no_order, "0", (OP_X("34", "", NULL)), DL_EARG, "2 is no order"),
        OP_BAD("topk", build_topk_many, "1", (OP_X("34", "", NULL)), DL_EARG,
               "(3,4), axis 1: 5 elements of 4"),
        OP_BAD("argsort", build_argsort, "0", (OP_INT(DL_I32, "34", "", NULL)), DL_EDTYPE, "i32"),
    };
    OP_REJECTS(bad);
}

/* ---- places outside, and order of what is no number ------------------------------------------ */

TEST(index, what_lies_outside_is_nan_and_has_no_gradient)
{
    static const int64_t at[] = { 0, 2, 3, -3, -4, INT64_MAX, INT64_MIN, 1, -1 };
    enum { N = sizeof at / sizeof *at };
    for (int all = 0; all < 2; all++) {
        dl_tape *t = dl_tape_new();
        double data[3] = { 5, 6, 7 }, y[N], g[3];
        dl_array *x = dl_array_wrap(data, DL_F64, NULL, DL_DIMS(3)),
                 *index = dl_array_wrap((void *)at, DL_I64, NULL, DL_DIMS(N));
        dl_val in = dl_leaf(t, x), k = dl_leaf(t, index), grad;
        dl_val out = all ? dl_take_along(in, "0", k) : dl_index_select(in, "0", k);
        dl_grad_seeded(out, dl_ones_like(out), &in, 1, &grad);
        CHECK_INT(dl_read(out, y, sizeof y), DL_OK);
        CHECK_INT(dl_read(grad, g, sizeof g), DL_OK);
        static const double want[N] = { 5, 7, NAN, 5, NAN, NAN, NAN, 6, 7 };
        for (int i = 0; i < N; i++)
            CHECK_MSG(isnan(want[i]) ? isnan(y[i]) : y[i] == want[i],
                      "place %lld: got %g, wanted %g", (long long)at[i], y[i], want[i]);
        check_doubles("gradient", g, ((const double[]){ 2, 1, 2 }), 3, 0);
        dl_tape_free(t);
        dl_array_free(x);
        dl_array_free(index);
    }
}

static bool same_places(const int64_t *got, const int64_t *want, int n)
{
    return n == 0 || (got && memcmp(got, want, (size_t)n * sizeof *want) == 0);
}

/* The whole order, and the first k places alone, of the kernel and of printed C. */
static void check_order(const double *x, int n, int down, const int64_t *want)
{
    const char *how = down ? "downwards" : "upwards";
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap((void *)x, DL_F64, NULL, DL_DIMS(n));
    dl_val in = dl_leaf(t, a);
    CHECK_MSG(same_places(dl_data(dl_argsort(in, "0", (dl_order)down)), want, n), "%d elements %s",
              n, how);
    int64_t printed[128];
    for (int k = 0; k <= n; k++) {
        dl_val first;
        dl_argsort_f64(x, n, k, 1, down, printed);
        CHECK_MSG(same_places(printed, want, k), "%d of %d %s, as printed C sorts", k, n, how);
        if (k > 9 && k < n - 1) continue;
        dl_topk(in, "0", k, (dl_order)down, NULL, &first);
        CHECK_INT(dl_numel(first), k);
        CHECK_MSG(same_places(dl_data(first), want, k), "%d of %d %s", k, n, how);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
}

/* Against insertion, which is stable as it stands: zeros of both signs, infinities, denormals, NaN.
 */
TEST(index, any_floats_are_sorted_stably_with_nan_last)
{
    static const double pool[] = { 0,    -0.0, 1,   -1,      INFINITY, -INFINITY, NAN, 5e-324,
                                   -0.0, NAN,  0.5, -5e-324, 1e308,    -1e308,    0,   1 };
    enum { POOL = sizeof pool / sizeof *pool, MOST = 70 };
    uint32_t state = 1;
    for (int n = 0; n <= MOST; n++)
        for (int down = 0; down < 2; down++) {
            double x[MOST + 1];
            int64_t want[MOST + 1];
            for (int i = 0; i < n; i++) {
                state = state * 1664525u + 1013904223u;
                x[i] = pool[(state >> 16) % POOL];
                int k = i;
                for (; k > 0; k--) {
                    double a = x[want[k - 1]], b = x[i];
                    if (isnan(b) || !(isnan(a) || (down ? b > a : b < a))) break;
                    want[k] = want[k - 1];
                }
                want[k] = i;
            }
            check_order(x, n, down, want);
        }
}

TEST(index, of_two_values_for_one_place_the_last_has_the_gradient)
{
    dl_tape *t = dl_tape_new();
    int64_t at[4] = { 2, 0, 2, 9 };
    double old[3] = { 1, 2, 3 }, new[4] = { 10, 20, 30, 40 }, y[3], gb[3], gv[4];
    dl_array *a = dl_array_wrap(old, DL_F64, NULL, DL_DIMS(3)),
             *b = dl_array_wrap(new, DL_F64, NULL, DL_DIMS(4)),
             *k = dl_array_wrap(at, DL_I64, NULL, DL_DIMS(4));
    dl_val in[] = { dl_leaf(t, a), dl_leaf(t, b) }, g[2];
    dl_val out = dl_scatter(in[0], "0", dl_leaf(t, k), in[1]);
    dl_grad(dl_sum(dl_square(out), "all"), in, 2, g);
    dl_read(out, y, sizeof y);
    dl_read(g[0], gb, sizeof gb);
    dl_read(g[1], gv, sizeof gv);
    CHECK_STR(dl_tape_message(t), "");
    check_doubles("value", y, ((const double[]){ 20, 2, 30 }), 3, 0);
    check_doubles("gradient of base", gb, ((const double[]){ 0, 4, 0 }), 3, 0);
    check_doubles("gradient of values", gv, ((const double[]){ 0, 40, 60, 0 }), 4, 0);
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
    dl_array_free(k);
}

/* Along the last axis and along one with many elements behind it, which are read in pieces. */
TEST(index, long_lines_are_taken_and_put_element_by_element)
{
    enum { LONG = 300, SHORT = 3, MANY = LONG * SHORT };
    static double x[MANY], y[MANY], g[MANY], want[MANY], slope[MANY];
    static int64_t at[MANY];
    for (int axis = 0; axis < 2; axis++) {
        int n = axis ? LONG : SHORT;
        memset(slope, 0, sizeof slope);
        for (int i = 0; i < MANY; i++) {
            x[i] = sin(i);
            at[i] = i * 7919 % (n + 1) - i % 2; /* -1: the last one; n: none */
        }
        for (int i = 0; i < MANY; i++) {
            int64_t k = at[i] < 0 ? at[i] + n : at[i];
            int64_t from = axis ? i / n * n + k : k * LONG + i % LONG;
            want[i] = k < n ? x[from] : (double)NAN;
            if (k < n) slope[from] += i + 1;
        }
        dl_tape *t = dl_tape_new();
        int64_t dims[] = { SHORT, LONG };
        dl_array *a = dl_array_wrap(x, DL_F64, NULL, 2, dims),
                 *k = dl_array_wrap(at, DL_I64, NULL, 2, dims);
        dl_val in = dl_leaf(t, a), grad;
        dl_val out = dl_take_along(in, axis ? "1" : "0", dl_leaf(t, k));
        dl_val seed = dl_reshape(dl_arange(t, DL_F64, 1, 1, MANY), 2, dims);
        dl_grad_seeded(out, seed, &in, 1, &grad);
        dl_read(out, y, sizeof y);
        dl_read(grad, g, sizeof g);
        CHECK_STR(dl_tape_message(t), "");
        for (int i = 0; i < MANY; i++) {
            CHECK_MSG(isnan(want[i]) ? isnan(y[i]) : y[i] == want[i], "axis %d: y[%d] = %g", axis,
                      i, y[i]);
            CHECK_MSG(g[i] == slope[i], "axis %d: slope %d is %g", axis, i, g[i]);
        }
        dl_tape_free(t);
        dl_array_free(a);
        dl_array_free(k);
    }
}
