/* view_cases.c: sizes, order and labels. */
#include "driver.h"

static dl_val build_reshape(dl_tape *t, const dl_val *in, const char *arg)
{
    int64_t dim[DL_MAX_RANK];
    int rank = op_sizes(arg, dim);
    for (int i = 0; i < rank; i++)
        if (arg[i] == '?') dim[i] = -1;
    return dl_reshape(in[0], rank, dim);
}

static dl_val build_permute(dl_tape *t, const dl_val *in, const char *arg)
{
    int64_t order[DL_MAX_RANK];
    return dl_permute(in[0], op_sizes(arg, order), order);
}

static dl_val build_expand(dl_tape *t, const dl_val *in, const char *arg)
{
    int64_t dim[DL_MAX_RANK];
    return dl_expand(in[0], op_sizes(arg, dim), dim);
}

static dl_val build_stripdims(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_stripdims(in[0]);
}

static dl_val build_label(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_label(in[0], arg);
}

static dl_val build_transpose(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_transpose(in[0]);
}

/* Views of views: some of them cannot be made without a copy. */
static dl_val build_chain(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val x = dl_reshape(dl_transpose(in[0]), DL_DIMS(2, 6));
    return dl_expand(dl_reshape(dl_slice(x, "1", 1, -1), DL_DIMS(4, 1, 2)), DL_DIMS(4, 3, 2));
}

/* A value that is read stripped, transposed, sliced and expanded, and as it is. */
static dl_val build_many_views(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val x = in[0], bare = dl_stripdims(x);
    dl_val rows = dl_matmul(dl_transpose(bare), bare);                 /* (3,3) */
    dl_val part = dl_expand(dl_slice(bare, "0", 1, 2), DL_DIMS(3, 3)); /* row 1, three times */
    return dl_add(dl_sum(dl_mul(rows, part), "all"), dl_sum(dl_exp(x), "all"));
}

/* ---- the reference --------------------------------------------------------------------------- */

static int64_t elements(const char *dims)
{
    int64_t dim[DL_MAX_RANK], n = 1;
    for (int i = op_sizes(dims, dim); i-- > 0;) n *= dim[i];
    return n;
}

static void reshape_reference(const op_case *c, const double *const *x, double *y)
{
    memcpy(y, x[0], (size_t)elements(c->in[0].dims) * sizeof *y);
}

/* Axis k of the result is axis order[k] of x; an axis of size 1 repeats. */
static void walk(const op_case *c, const double *x, const int64_t *order, double *y)
{
    int64_t to[DL_MAX_RANK], from[DL_MAX_RANK];
    int rank = op_sizes(c->dims, to), own = op_sizes(c->in[0].dims, from);
    for (int64_t i = 0; i < elements(c->dims); i++) {
        int64_t at[DL_MAX_RANK] = { 0 }, rest = i, n = 0;
        for (int k = rank - 1; k >= 0; k--) {
            if (order[k] < own && from[order[k]] > 1) at[order[k]] = rest % to[k];
            rest /= to[k];
        }
        for (int k = 0; k < own; k++) n = n * from[k] + at[k];
        y[i] = x[n];
    }
}

static void permute_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t order[DL_MAX_RANK];
    op_sizes(c->arg, order);
    walk(c, x[0], order, y);
}

static void transpose_reference(const op_case *c, const double *const *x, double *y)
{
    permute_reference(c, x, y);
}

static void expand_reference(const op_case *c, const double *const *x, double *y)
{
    static const int64_t order[DL_MAX_RANK] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    walk(c, x[0], order, y);
}

/* Where each letter of the sorted labels stands in the labels given. */
static void label_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t order[DL_MAX_RANK] = { 0 };
    bool taken[DL_MAX_RANK] = { false };
    for (int k = 0; c->labels[k]; k++) {
        int i = 0;
        while (c->arg[i] != c->labels[k] || taken[i]) i++;
        taken[i] = true;
        order[k] = i;
    }
    walk(c, x[0], order, y);
}

static void chain_reference(const op_case *c, const double *const *x, double *y)
{
    double flat[8];
    for (int r = 0; r < 2; r++) /* (4,3)' as (2,6), columns 1 to 5 */
        for (int j = 1; j < 5; j++) {
            int i = 6 * r + j;
            flat[4 * r + j - 1] = x[0][i % 4 * 3 + i / 4];
        }
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++)
            for (int j = 0; j < 2; j++) y[(3 * i + k) * 2 + j] = flat[2 * i + j];
}

static void many_views_reference(const op_case *c, const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 2; k++) *y += x[0][3 * k + i] * x[0][3 * k + j] * x[0][3 + j];
    for (int i = 0; i < 6; i++) *y += exp(x[0][i]);
}

/* ---- the cases ------------------------------------------------------------------------------- */

#define ROW(NAME, ARG, X, LX, Y, LY, FLAGS)                                                   \
    OP_CASE(#NAME, X LX " by " ARG, build_##NAME, (OP_X(X, LX, op_mixed)), Y, LY, .arg = ARG, \
            .reference = NAME##_reference, .flags = OP_ANY_DTYPE | (FLAGS))

static const op_case cases[] = {
    ROW(reshape, "43", "34", "", "43", "", OP_FIXED),
    ROW(reshape, "262", "234", "", "262", "", OP_FIXED),
    ROW(reshape, "2?", "34", "", "26", "", OP_FIXED),
    ROW(reshape, "?", "33", "CB", "9", "", OP_FIXED),
    ROW(reshape, "", "11", "", "", "", OP_FIXED),
    ROW(reshape, "111", "", "", "111", "", OP_FIXED),
    ROW(permute, "10", "34", "", "43", "", 0),
    ROW(permute, "201", "234", "", "423", "", 0),
    ROW(permute, "021", "234", "", "243", "", 0),
    ROW(permute, "3210", "2312", "", "2132", "", OP_FIXED),
    ROW(permute, "102", "234", "SSC", "324", "SSC", 0),
    ROW(permute, "", "", "", "", "", 0),
    ROW(expand, "234", "214", "", "234", "", OP_FIXED),
    ROW(expand, "34", "3", "", "34", "", OP_FIXED),
    ROW(expand, "23", "", "", "23", "", OP_FIXED),
    ROW(expand, "43", "41", "CB", "43", "CB", OP_FIXED),
    ROW(expand, "243", "213", "CBT", "243", "CBT", OP_FIXED),
    ROW(expand, "342", "3", "", "342", "", OP_FIXED),
    ROW(expand, "34", "34", "", "34", "", OP_FIXED),
    ROW(label, "CB", "34", "", "34", "CB", 0),
    ROW(label, "BC", "34", "", "43", "CB", 0),
    ROW(label, "TCB", "234", "", "342", "CBT", 0),
    ROW(label, "BSCS", "2134", "", "1432", "SSCB", 0),
    ROW(label, "UU", "34", "", "34", "UU", 0),
    ROW(label, "TB", "34", "CB", "43", "BT", 0),
    ROW(transpose, "10", "34", "", "43", "", 0),
    ROW(transpose, "021", "234", "", "243", "", 0),
    ROW(transpose, "0132", "2134", "", "2143", "", 0),
    OP_CASE("stripdims", "CB", build_stripdims, (OP_X("34", "CB", op_mixed)), "34", "",
            .reference = reshape_reference, .flags = OP_ANY_DTYPE),
    OP_CASE("stripdims", "SSCBT", build_stripdims, (OP_X("12123", "SSCBT", op_mixed)), "12123", "",
            .reference = reshape_reference, .flags = OP_ANY_DTYPE),
    OP_CASE("stripdims", "no labels", build_stripdims, (OP_X("34", "", op_mixed)), "34", "",
            .reference = reshape_reference, .flags = OP_ANY_DTYPE),
    OP_CASE("reshape", "a chain of views", build_chain, (OP_X("43", "", op_mixed)), "432", "",
            .reference = chain_reference, .flags = OP_FIXED | OP_COMPOSED),
    OP_CASE("add", "many views of one value", build_many_views, (OP_X("23", "CB", op_mixed)), "",
            "", .reference = many_views_reference, .flags = OP_FIXED | OP_COMPOSED),
};
const op_table op_view = OP_TABLE(cases);

OP_TESTS(view)

static dl_val build_reshape_negative(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_reshape(in[0], DL_DIMS(-2, 3));
}
static dl_val build_reshape_open_twice(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_reshape(in[0], DL_DIMS(-1, -1));
}
static dl_val build_reshape_rank_9(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_reshape(in[0], 9, (const int64_t[9]){ 1 });
}
static dl_val build_reshape_huge(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_reshape(in[0], DL_DIMS(INT64_MAX, 2));
}
static dl_val build_reshape_without_sizes(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_reshape(in[0], 2, NULL);
}
static dl_val build_expand_huge(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_expand(in[0], DL_DIMS(1, INT64_MAX));
}
static dl_val build_expand_overflow(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_expand(in[0], DL_DIMS(INT64_C(1) << 32, INT64_C(1) << 31));
}
static dl_val build_expand_negative(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_expand(in[0], DL_DIMS(1, -3));
}
static dl_val build_permute_without_order(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_permute(in[0], 2, NULL);
}

TEST(view, sizes_and_labels_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("reshape", build_reshape, "35", (OP_X("34", "", NULL)), DL_ESHAPE,
               "a (3,4): 12 elements do not fill (3,5)"),
        OP_BAD("reshape", build_reshape, "5?", (OP_X("34", "", NULL)), DL_ESHAPE, "do not fill"),
        OP_BAD("reshape", build_reshape, "0?", (OP_X("34", "", NULL)), DL_ESHAPE, "do not fill"),
        OP_BAD("reshape", build_reshape_negative, NULL, (OP_X("6", "", NULL)), DL_ESHAPE,
               "size -2 of axis 0"),
        OP_BAD("reshape", build_reshape_open_twice, NULL, (OP_X("6", "", NULL)), DL_ESHAPE,
               "size -1 of axis 1"),
        OP_BAD("reshape", build_reshape_rank_9, NULL, (OP_X("1", "", NULL)), DL_ERANK, "rank 9"),
        OP_BAD("reshape", build_reshape_huge, NULL, (OP_X("1", "", NULL)), DL_EOVERFLOW,
               "overflow"),
        OP_BAD("reshape", build_reshape_without_sizes, NULL, (OP_X("1", "", NULL)), DL_ENULL,
               "no sizes"),
        OP_BAD("expand", build_expand, "35", (OP_X("34", "", NULL)), DL_ESHAPE,
               "a (3,4): cannot be expanded to (3,5)"),
        OP_BAD("expand", build_expand, "3", (OP_X("34", "", NULL)), DL_ESHAPE, "expanded to (3)"),
        OP_BAD("expand", build_expand_huge, NULL, (OP_X("11", "", NULL)), DL_EOVERFLOW, "overflow"),
        OP_BAD("expand", build_expand_overflow, NULL, (OP_X("11", "", NULL)), DL_EOVERFLOW,
               "overflow"),
        OP_BAD("expand", build_expand_negative, NULL, (OP_X("11", "", NULL)), DL_ESHAPE, "(1,-3)"),
        OP_BAD("permute", build_permute, "0", (OP_X("34", "", NULL)), DL_ERANK,
               "an order of 1 axes"),
        OP_BAD("permute", build_permute, "02", (OP_X("34", "", NULL)), DL_EAXIS,
               "axis 2 that is not there"),
        OP_BAD("permute", build_permute, "00", (OP_X("34", "", NULL)), DL_EAXIS, "axis 0 twice"),
        OP_BAD("permute", build_permute, "10", (OP_X("34", "CB", NULL)), DL_ELABEL, "stripdims"),
        OP_BAD("permute", build_permute_without_order, NULL, (OP_X("34", "", NULL)), DL_ENULL, ""),
        OP_BAD("transpose", build_transpose, NULL, (OP_X("3", "", NULL)), DL_ERANK, "rank 1"),
        OP_BAD("transpose", build_transpose, NULL, (OP_X("34", "CB", NULL)), DL_ELABEL,
               "strip them"),
        OP_BAD("label", build_label, "C", (OP_X("34", "", NULL)), DL_ELABEL, "(3,4) with \"C\""),
        OP_BAD("label", build_label, "CBT", (OP_X("34", "", NULL)), DL_ELABEL, "\"CBT\""),
        OP_BAD("label", build_label, "CC", (OP_X("34", "", NULL)), DL_ELABEL, "at most once"),
        OP_BAD("label", build_label, "CX", (OP_X("34", "", NULL)), DL_ELABEL, "SCBTU"),
        OP_BAD("label", build_label, "", (OP_X("34", "", NULL)), DL_ELABEL, "\"\""),
        OP_BAD("label", build_label, NULL, (OP_X("34", "", NULL)), DL_ENULL, "no labels"),
        OP_BAD("label", build_label, "SSSSSSSSSS", (OP_X("34", "", NULL)), DL_ELABEL, "SSSSSSSSSS"),
    };
    OP_REJECTS(bad);
}

TEST(view, permuting_labels_permutes_the_gradient)
{
    dl_tape *t = dl_tape_new();
    double x[6] = { 1, 2, 3, 4, 5, 6 }, scale[2] = { 10, 20 };
    dl_array *a = dl_array_wrap(x, DL_F64, "BC", DL_DIMS(3, 2));
    dl_array *b = dl_array_wrap(scale, DL_F64, "C", DL_DIMS(2));
    dl_val in = dl_leaf(t, a), g;
    CHECK_STR(dl_dims(in), "CB");
    dl_grad(dl_sum(dl_mul(in, dl_leaf(t, b)), "all"), &in, 1, &g);
    CHECK_STR(dl_dims(g), "CB");
    const double *got = dl_data(g), want[6] = { 10, 10, 10, 20, 20, 20 };
    REQUIRE(got);
    check_doubles("gradient", got, want, 6, 0);
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

TEST(view, a_large_array_is_borrowed_with_the_same_bits)
{
    enum { M = 40, N = 30 };
    static double x[M * N], xt[M * N];
    op_random(23, M * N, x);
    for (int i = 0; i < M * N; i++) xt[i % N * M + i / N] = x[i];
    double y[3], g[3][4];
    for (int k = 0; k < 3; k++) { /* contiguous, by columns, in pieces that are copied */
        dl_tape *t = dl_tape_new();
        dl_array *a =
            k == 1 ? dl_array_wrap_strided(xt, DL_F64, NULL, DL_DIMS(M, N), (int64_t[]){ 1, M })
                   : dl_array_wrap(x, DL_F64, NULL, DL_DIMS(M, N));
        dl_array *half[2] = { dl_array_wrap(x, DL_F64, NULL, DL_DIMS(M / 4, N)),
                              dl_array_wrap(x + M / 4 * N, DL_F64, NULL, DL_DIMS(M - M / 4, N)) };
        dl_val in = k < 2 ? dl_leaf(t, a)
                          : dl_cat((dl_val[]){ dl_leaf(t, half[0]), dl_leaf(t, half[1]) }, 2, "0");
        dl_val out = dl_sum(dl_tanh(dl_gram(in)), "all"), grad;
        dl_grad(out, &in, 1, &grad);
        y[k] = dl_item(out);
        const double *from = dl_data(grad);
        CHECK_STR(dl_tape_message(t), "");
        for (int i = 0; i < 4; i++) g[k][i] = from ? from[i * 397] : NAN;
        dl_tape_free(t);
        dl_array_free(a);
        dl_array_free(half[0]);
        dl_array_free(half[1]);
    }
    for (int k = 1; k < 3; k++) {
        check_doubles("value", &y[k], &y[0], 1, 0);
        check_doubles("gradient", g[k], g[0], 4, 0);
    }
}

TEST(view, long_lines_of_one_element_are_written_whole)
{
    enum { ROWS = 3, MOST = 1537 };
    static const int64_t lengths[] = { 1, 511, 512, 513, 1024, MOST };
    static const dl_dtype dtypes[] = { DL_F32, DL_F64, DL_U8 };
    for (int d = 0; d < 3; d++)
        for (int k = 0; k < 6; k++) {
            dl_tape *t = dl_tape_new();
            dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(ROWS, 1));
            double *x = dl_array_write(a);
            for (int i = 0; i < ROWS; i++) x[i] = 3 + i;
            dl_val y = dl_expand(dl_cast(dl_leaf(t, a), dtypes[d]), DL_DIMS(ROWS, lengths[k]));
            dl_val z = dl_cast(y, DL_F64);
            const char *bytes = dl_data(y);
            const double *got = dl_data(z);
            REQUIRE(bytes && got);
            size_t size = dl_dtype_size(dtypes[d]);
            for (int64_t i = 0; i < ROWS * lengths[k]; i++) {
                const char *first = bytes + i / lengths[k] * lengths[k] * (int64_t)size;
                CHECK_MSG(memcmp(bytes + i * (int64_t)size, first, size) == 0
                              && got[i] == 3 + (double)(i / lengths[k]),
                          "dtype %d, length %lld: element %lld", d, (long long)lengths[k],
                          (long long)i);
            }
            dl_tape_free(t);
            dl_array_free(a);
        }
}
