/* sizes_cases.c: axes of size 1, repetition, stacking and splitting, numbers at equal distances. */
#include "driver.h"

#define CALL(NAME, CALL) \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) { return CALL; }
CALL(squeeze, dl_squeeze(in[0], arg))
CALL(unsqueeze, dl_unsqueeze(in[0], arg[0] == '-' ? '0' - arg[1] : arg[0] - '0'))
CALL(flatten, dl_flatten(in[0], 0, -1))
CALL(flatten_inner, dl_flatten(in[0], 1, 2))
CALL(repmat, dl_repmat(in[0], DL_DIMS(2, 3)))
CALL(repmat_more, dl_repmat(in[0], DL_DIMS(1, 2, 2)))
CALL(repmat_none, dl_repmat(in[0], DL_DIMS(1, 0)))
CALL(repelem, dl_repelem(in[0], arg, 3))
CALL(stack_first, dl_stack(in, 2, 0))
CALL(stack_last, dl_stack(in, 2, -1))
CALL(stack_scalars, dl_stack(in, 3, 0))
CALL(arange, dl_arange(t, dl_dtype_of(in[0]), 2, -0.5, 6))
CALL(linspace, dl_linspace(t, dl_dtype_of(in[0]), -1, 2, 5))
CALL(linspace_one, dl_linspace(t, dl_dtype_of(in[0]), -1, 2, 1))
CALL(arange_i64, dl_arange_i64(t, 7, -3, 4))

/* The parts, turned round. */
static dl_val build_split(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val part[3];
    dl_split(in[0], arg, 3, part);
    return dl_cat((dl_val[]){ part[2], part[1], part[0] }, 3, arg);
}
static dl_val build_split_sizes(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val part[4];
    dl_split_sizes(in[0], arg, 4, (const int64_t[]){ 1, 0, 2, 3 }, part);
    return dl_cat((dl_val[]){ part[3], part[2], part[1], part[0] }, 4, arg);
}
static dl_val build_meshgrid(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val x, y;
    dl_meshgrid(in[0], in[1], &x, &y);
    return *arg == 'x' ? x : *arg == 'y' ? y : dl_add(x, y);
}

/* ---- references ------------------------------------------------------------------------------ */

static void same_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t dim[DL_MAX_RANK], n = 1;
    for (int i = op_sizes(c->dims, dim); i-- > 0;) n *= dim[i];
    memcpy(y, x[0], (size_t)n * sizeof *y);
}

/* Element (i,j,k) of the result is x at (i mod m, j mod n). */
static void repmat_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t from[DL_MAX_RANK] = { 1, 1, 1 }, to[DL_MAX_RANK] = { 1, 1, 1 };
    int rank = op_sizes(c->in[0].dims, from);
    if (rank < 2) from[1] = 1;
    op_sizes(c->dims, to);
    if (strlen(c->dims) < 3) to[2] = 1;
    for (int64_t i = 0; i < to[0]; i++)
        for (int64_t j = 0; j < to[1]; j++)
            for (int64_t k = 0; k < to[2]; k++)
                y[(i * to[1] + j) * to[2] + k] = x[0][i % from[0] * from[1] + j % from[1]];
}

static void repelem_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t dim[DL_MAX_RANK];
    op_sizes(c->in[0].dims, dim);
    for (int64_t i = 0; i < dim[0]; i++)
        for (int64_t j = 0; j < 3 * dim[1]; j++) y[i * 3 * dim[1] + j] = x[0][i * dim[1] + j / 3];
}

/* Values of 6 elements, or of one. */
static void stack_first_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 12; i++) y[i] = x[i / 6][i % 6];
}
static void stack_last_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 12; i++) y[i] = x[i % 2][i / 2];
}
static void stack_scalars_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 3; i++) y[i] = x[i][0];
}

static void split_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 6; j++) y[i * 6 + j] = x[0][i * 6 + (2 - j / 2) * 2 + j % 2];
}
static void split_sizes_reference(const op_case *c, const double *const *x, double *y)
{
    static const int from[6] = { 3, 4, 5, 1, 2, 0 };
    for (int i = 0; i < 12; i++) y[i] = x[0][from[i / 2] * 2 + i % 2];
}

static void meshgrid_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 3; j++)
            y[i * 3 + j] = (*c->arg == 'y' ? 0 : x[0][j]) + (*c->arg == 'x' ? 0 : x[1][i]);
}

static const double falling[6] = { 2, 1.5, 1, 0.5, 0, -0.5 };
static const double rising[5] = { -1, -0.25, 0.5, 1.25, 2 };
static const double last[1] = { 2 };
static const double threes[4] = { 7, 4, 1, -2 };

#define SAME(OP, ARG, X, LX, Y, LY)                                                    \
    OP_CASE(#OP, X LX " " ARG, build_##OP, (OP_X(X, LX, op_mixed)), Y, LY, .arg = ARG, \
            .reference = same_reference, .flags = OP_ANY_DTYPE | OP_FIXED)
#define REP(OP, NAME, ARG, X, L, Y, LY)                                                    \
    OP_CASE(OP, #NAME " of " X L, build_##NAME, (OP_X(X, L, op_mixed)), Y, LY, .arg = ARG, \
            .reference = NAME##_reference, .flags = OP_ANY_DTYPE | OP_FIXED)
#define repmat_more_reference repmat_reference
#define repmat_none_reference repmat_reference
#define NEW(OP, NAME, Y, WANT)                                                       \
    OP_CASE(OP, #NAME, build_##NAME, (OP_X("2", "", op_mixed)), Y, "", .want = WANT, \
            .flags = OP_FIXED | OP_COMPOSED)

static const op_case cases[] = {
    SAME(squeeze, "all", "1314", "", "34", ""),
    SAME(squeeze, "0", "1314", "", "314", ""),
    SAME(squeeze, "02", "1314", "", "34", ""),
    SAME(squeeze, "C", "134", "CBT", "34", "BT"),
    SAME(squeeze, "all", "114", "SSC", "4", "C"),
    SAME(squeeze, "all", "11", "", "", ""),
    SAME(squeeze, "all", "", "", "", ""),
    SAME(squeeze, "all", "34", "CB", "34", "CB"),
    SAME(unsqueeze, "0", "34", "", "134", ""),
    SAME(unsqueeze, "1", "34", "", "314", ""),
    SAME(unsqueeze, "2", "34", "", "341", ""),
    SAME(unsqueeze, "-1", "34", "", "341", ""),
    SAME(unsqueeze, "-2", "34", "", "314", ""),
    SAME(unsqueeze, "0", "", "", "1", ""),
    SAME(flatten, "", "24", "CB", "8", ""),
    SAME(flatten, "", "7", "", "7", ""),
    OP_CASE("flatten", "of the inner axes", build_flatten_inner, (OP_X("2322", "", op_mixed)),
            "262", "", .reference = same_reference, .flags = OP_ANY_DTYPE | OP_FIXED),
    SAME(flatten, "of rank 0", "", "", "1", ""),
    REP("repmat", repmat, "", "23", "", "49", ""),
    REP("repmat", repmat, "", "23", "CB", "49", "CB"),
    REP("repmat", repmat, "", "3", "", "63", ""),
    REP("repmat", repmat_more, "", "23", "", "262", ""),
    REP("repmat", repmat_none, "", "23", "", "20", ""),
    REP("repelem", repelem, "1", "23", "", "29", ""),
    REP("repelem", repelem, "B", "22", "CB", "26", "CB"),
    OP_CASE("stack", "in front", build_stack_first,
            (OP_X("23", "", op_mixed), OP_X("23", "", op_other)), "223", "",
            .reference = stack_first_reference, .flags = OP_FIXED),
    OP_CASE("stack", "behind", build_stack_last,
            (OP_X("23", "", op_mixed), OP_X("23", "", op_other)), "232", "",
            .reference = stack_last_reference, .flags = OP_FIXED),
    OP_CASE("stack", "numbers", build_stack_scalars,
            (OP_X("", "", op_mixed), OP_X("", "", op_other), OP_X("", "", op_positive)), "3", "",
            .reference = stack_scalars_reference, .flags = OP_FIXED),
    OP_CASE("split", "in three", build_split, (OP_X("36", "CB", op_mixed)), "36", "CB", .arg = "B",
            .reference = split_reference, .flags = OP_FIXED | OP_COMPOSED),
    OP_CASE("split_sizes", "in four", build_split_sizes, (OP_X("62", "", op_mixed)), "62", "",
            .arg = "0", .reference = split_sizes_reference, .flags = OP_FIXED | OP_COMPOSED),
    OP_CASE("meshgrid", "x", build_meshgrid, (OP_X("3", "", op_mixed), OP_X("4", "", op_other)),
            "43", "", .arg = "x", .reference = meshgrid_reference, .flags = OP_COMPOSED),
    OP_CASE("meshgrid", "y", build_meshgrid, (OP_X("3", "", op_mixed), OP_X("4", "", op_other)),
            "43", "", .arg = "y", .reference = meshgrid_reference, .flags = OP_COMPOSED),
    OP_CASE("meshgrid", "x + y", build_meshgrid, (OP_X("3", "", op_mixed), OP_X("4", "", op_other)),
            "43", "", .arg = "+", .reference = meshgrid_reference, .flags = OP_COMPOSED),
    NEW("arange", arange, "6", falling),
    NEW("linspace", linspace, "5", rising),
    NEW("linspace", linspace_one, "1", last),
    OP_CASE("arange_i64", "7, 4, 1, -2", build_arange_i64, (OP_X("2", "", op_mixed)), "4", "",
            .want = threes, .flags = OP_FIXED | OP_COMPOSED, .result = DL_I64),
};
const op_table op_resize = OP_TABLE(cases);

OP_TESTS(resize)

CALL(flatten_backwards, dl_flatten(in[0], 1, 0))
CALL(flatten_beyond, dl_flatten(in[0], 0, 2))
CALL(unsqueeze_beyond, dl_unsqueeze(in[0], 3))
CALL(repmat_few, dl_repmat(in[0], DL_DIMS(2)))
CALL(repmat_9, dl_repmat(in[0], 9, (const int64_t[9]){ 1 }))
CALL(repmat_negative, dl_repmat(in[0], DL_DIMS(2, -1)))
CALL(repmat_null, dl_repmat(in[0], 2, NULL))
CALL(repmat_huge, dl_repmat(in[0], DL_DIMS(INT64_MAX, 1)))
CALL(repelem_huge, dl_repelem(in[0], "0", INT64_MAX))
CALL(repelem_negative, dl_repelem(in[0], "0", -1))
CALL(arange_negative, dl_arange(t, DL_F32, 0, 1, -1))
CALL(arange_i32, dl_arange(t, DL_I32, 0, 1, 3))
CALL(arange_i64_huge, dl_arange_i64(t, 0, INT64_MAX, 3))
CALL(linspace_u8, dl_linspace(t, DL_U8, 0, 1, 3))
CALL(linspace_negative, dl_linspace(t, DL_F64, 0, 1, -3))

#define SPLIT(NAME, CALL)                                                     \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        dl_val part[3] = { 0 };                                               \
        dl_status s = CALL;                                                   \
        CHECK_INT(s, dl_tape_status(t));                                      \
        return part[0];                                                       \
    }
SPLIT(split_uneven, dl_split(in[0], "1", 3, part))
SPLIT(split_nowhere, dl_split(in[0], "T", 2, part))
SPLIT(split_into_none, dl_split(in[0], "0", 0, part))
SPLIT(split_null, dl_split(in[0], "0", 3, NULL))
SPLIT(split_few, dl_split_sizes(in[0], "1", 2, (const int64_t[]){ 1, 2 }, part))
SPLIT(split_many, dl_split_sizes(in[0], "1", 2, (const int64_t[]){ 3, 2 }, part))
SPLIT(split_negative, dl_split_sizes(in[0], "1", 3, (const int64_t[]){ 3, 2, -1 }, part))
SPLIT(split_unknown, dl_split_sizes(in[0], "1", 2, NULL, part))

TEST(resize, sizes_and_numbers_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("squeeze", build_squeeze, "1", (OP_X("34", "", NULL)), DL_ESHAPE,
               "(3,4): axis 1 has size 4, wanted 1"),
        OP_BAD("squeeze", build_squeeze, "2", (OP_X("34", "", NULL)), DL_EAXIS, "\"2\""),
        OP_BAD("unsqueeze", build_unsqueeze, "0", (OP_X("34", "CB", NULL)), DL_ELABEL,
               "(3 C, 4 B): the new axis has no label"),
        OP_BAD("unsqueeze", build_unsqueeze_beyond, NULL, (OP_X("34", "", NULL)), DL_EAXIS,
               "(3,4) gets no axis 3"),
        OP_BAD("unsqueeze", build_unsqueeze, "-4", (OP_X("34", "", NULL)), DL_EAXIS, "axis -4"),
        OP_BAD("unsqueeze", build_unsqueeze, "0", (OP_X("11111111", "", NULL)), DL_ERANK,
               "no room"),
        OP_BAD("flatten", build_flatten_backwards, NULL, (OP_X("34", "", NULL)), DL_EAXIS,
               "no axes 1 to 0"),
        OP_BAD("flatten", build_flatten_beyond, NULL, (OP_X("34", "", NULL)), DL_EAXIS, "0 to 2"),
        OP_BAD("repmat", build_repmat_few, NULL, (OP_X("34", "", NULL)), DL_ERANK,
               "1 numbers for rank 2"),
        OP_BAD("repmat", build_repmat_9, NULL, (OP_X("34", "", NULL)), DL_ERANK, "9 numbers"),
        OP_BAD("repmat", build_repmat_negative, NULL, (OP_X("34", "", NULL)), DL_ESHAPE,
               "-1 times along axis 1"),
        OP_BAD("repmat", build_repmat_null, NULL, (OP_X("34", "", NULL)), DL_ENULL, "no numbers"),
        OP_BAD("repmat", build_repmat_huge, NULL, (OP_X("34", "", NULL)), DL_EOVERFLOW, "overflow"),
        OP_BAD("repelem", build_repelem_huge, NULL, (OP_X("34", "", NULL)), DL_EOVERFLOW,
               "overflow"),
        OP_BAD("repelem", build_repelem_negative, NULL, (OP_X("34", "", NULL)), DL_ESHAPE, "-1"),
        OP_BAD("stack", build_stack_first, NULL, (OP_X("34", "", NULL), OP_X("35", "", NULL)),
               DL_ESHAPE, "(3,4) and (3,5): the sizes differ"),
        OP_BAD("arange", build_arange_negative, NULL, (OP_X(NULL, NULL, NULL)), DL_ESHAPE, "-1"),
        OP_BAD("arange", build_arange_i32, NULL, (OP_X(NULL, NULL, NULL)), DL_EDTYPE, "i32"),
        OP_BAD("arange_i64", build_arange_i64_huge, NULL, (OP_X(NULL, NULL, NULL)), DL_EOVERFLOW,
               "overflow"),
        OP_BAD("linspace", build_linspace_u8, NULL, (OP_X(NULL, NULL, NULL)), DL_EDTYPE, "u8"),
        OP_BAD("linspace", build_linspace_negative, NULL, (OP_X(NULL, NULL, NULL)), DL_ESHAPE,
               "-3"),
        OP_BAD("meshgrid", build_meshgrid, "x", (OP_X("34", "", NULL), OP_X("3", "", NULL)),
               DL_ERANK, "ranks 2 and 1, wanted 1"),
        OP_BAD("split", build_split_uneven, NULL, (OP_X("34", "", NULL)), DL_ESHAPE,
               "(3,4), axis 1: 3 equal parts"),
        OP_BAD("split", build_split_nowhere, NULL, (OP_X("34", "", NULL)), DL_EAXIS, "\"T\""),
        OP_BAD("split", build_split_into_none, NULL, (OP_X("34", "", NULL)), DL_ESHAPE, "0 equal"),
        OP_BAD("split", build_split_null, NULL, (OP_X("34", "", NULL)), DL_ENULL, "3 equal"),
        OP_BAD("split_sizes", build_split_few, NULL, (OP_X("34", "", NULL)), DL_ESHAPE,
               "(3,4), axis 1: the sizes do not add up"),
        OP_BAD("split_sizes", build_split_many, NULL, (OP_X("34", "", NULL)), DL_ESHAPE, "add up"),
        OP_BAD("split_sizes", build_split_negative, NULL, (OP_X("34", "", NULL)), DL_ESHAPE,
               "add up"),
        OP_BAD("split_sizes", build_split_unknown, NULL, (OP_X("34", "", NULL)), DL_ENULL,
               "no list"),
    };
    OP_REJECTS(bad);
}

TEST(resize, both_ends_of_a_linspace_are_exact)
{
    static const double ends[][2] = { { 0, 1 }, { -1, 0.1 }, { 1e-30, 1e30 }, { 3, -7.3 } };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (int n = 2; n < 100; n++) {
            dl_tape *t = dl_tape_new();
            const double *y = dl_data(dl_linspace(t, DL_F64, ends[i][0], ends[i][1], n));
            CHECK_STR(dl_tape_message(t), "");
            CHECK_MSG(y && y[0] == ends[i][0] && y[n - 1] == ends[i][1], "%g to %g, %d numbers",
                      ends[i][0], ends[i][1], n);
            dl_tape_free(t);
        }
}
