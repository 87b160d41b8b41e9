/* join_cases.c: slices, and joining along an axis. */
#include "driver.h"

static dl_val build_slice(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_slice(in[0], arg, 1, 3);
}
static dl_val build_slice_from_last(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_slice(in[0], arg, -3, -1);
}
static dl_val build_slice_all(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_slice(in[0], arg, 0, dl_size(in[0], 0));
}
static dl_val build_slice_none(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_slice(in[0], arg, 2, 2);
}
static dl_val build_cat(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_cat(in, 2, arg);
}
static dl_val build_cat_three(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_cat(in, 3, arg);
}
static dl_val build_cat_one(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_cat(in, 1, arg);
}
/* One value twice, and a slice of another. */
static dl_val build_cat_again(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_cat((dl_val[]){ in[0], dl_slice(in[1], "1", 0, 2), in[0] }, 3, "1");
}

/* ---- the reference --------------------------------------------------------------------------- */

typedef struct split {
    int64_t before, axis, behind;
} split;

static split split_at(const char *dims, int axis)
{
    int64_t dim[DL_MAX_RANK];
    split s = { 1, 1, 1 };
    for (int i = op_sizes(dims, dim); i-- > 0;)
        *(i < axis ? &s.before : i == axis ? &s.axis : &s.behind) *= dim[i];
    return s;
}

static int axis_of(const op_case *c)
{
    const char *p = strchr(c->in[0].labels, *c->arg);
    return p && *c->arg ? (int)(p - c->in[0].labels) : *c->arg - '0';
}

/* Copies `n` steps along the axis. */
static void move(const double *x, split from, int64_t first, double *y, split to, int64_t at,
                 int64_t n)
{
    for (int64_t i = 0; i < to.before; i++)
        for (int64_t k = 0; k < n; k++)
            for (int64_t j = 0; j < to.behind; j++)
                y[(i * to.axis + at + k) * to.behind + j] =
                    x[(i * from.axis + first + k) * from.behind + j];
}

static void slice_reference(const op_case *c, const double *const *x, double *y)
{
    split from = split_at(c->in[0].dims, axis_of(c)), to = split_at(c->dims, axis_of(c));
    move(x[0], from, 1, y, to, 0, to.axis);
}

static void slice_from_last_reference(const op_case *c, const double *const *x, double *y)
{
    split from = split_at(c->in[0].dims, axis_of(c)), to = split_at(c->dims, axis_of(c));
    move(x[0], from, from.axis - 3, y, to, 0, to.axis);
}

static void slice_all_reference(const op_case *c, const double *const *x, double *y)
{
    split s = split_at(c->dims, 0);
    move(x[0], s, 0, y, s, 0, s.axis);
}

/* Nothing is left of it. */
static void slice_none_reference(const op_case *c, const double *const *x, double *y) {}

static void cat_reference(const op_case *c, const double *const *x, double *y)
{
    split to = split_at(c->dims, axis_of(c));
    int64_t at = 0;
    for (int k = 0; k < OP_INPUTS && c->in[k].dims; k++) {
        split from = split_at(c->in[k].dims, axis_of(c));
        move(x[k], from, 0, y, to, at, from.axis);
        at += from.axis;
    }
}

static void cat_again_reference(const op_case *c, const double *const *x, double *y)
{
    split to = split_at(c->dims, 1), a = split_at(c->in[0].dims, 1), b = split_at(c->in[1].dims, 1);
    move(x[0], a, 0, y, to, 0, a.axis);
    move(x[1], b, 0, y, to, a.axis, 2);
    move(x[0], a, 0, y, to, a.axis + 2, a.axis);
}

/* ---- the cases ------------------------------------------------------------------------------- */

#define SLICE(HOW, ARG, X, LX, Y, FLAGS)                                                       \
    OP_CASE("slice", #HOW " of " X LX " by " ARG, build_##HOW, (OP_X(X, LX, op_mixed)), Y, LX, \
            .arg = ARG, .reference = HOW##_reference, .flags = OP_ANY_DTYPE | (FLAGS))
#define CAT(TEXT, ARG, L, A, B, Y)                                                      \
    OP_CASE("cat", TEXT, build_cat, (OP_X(A, L, op_mixed), OP_X(B, L, op_other)), Y, L, \
            .arg = ARG, .reference = cat_reference, .flags = OP_FIXED)

static const op_case cases[] = {
    SLICE(slice, "0", "4", "", "2", OP_FIXED),
    SLICE(slice, "0", "43", "", "23", OP_FIXED),
    SLICE(slice, "1", "35", "", "32", OP_FIXED),
    SLICE(slice, "1", "253", "", "223", OP_FIXED),
    SLICE(slice, "T", "235", "CBT", "232", OP_FIXED),
    SLICE(slice_from_last, "0", "53", "", "23", OP_FIXED),
    SLICE(slice_from_last, "B", "25", "CB", "22", OP_FIXED),
    SLICE(slice_all, "0", "43", "CB", "43", 0),
    SLICE(slice_none, "1", "34", "", "30", OP_FIXED),
    CAT("vectors", "0", "", "3", "4", "7"),
    CAT("rows", "0", "", "23", "43", "63"),
    CAT("columns", "1", "", "32", "34", "36"),
    CAT("the middle axis", "1", "", "223", "243", "263"),
    CAT("along B", "B", "CB", "23", "24", "27"),
    CAT("along T", "T", "CBT", "231", "234", "235"),
    OP_CASE("cat", "three", build_cat_three,
            (OP_X("21", "", op_mixed), OP_X("23", "", op_other), OP_X("24", "", op_positive)), "28",
            "", .arg = "1", .reference = cat_reference, .flags = OP_FIXED),
    OP_CASE("cat", "one", build_cat_one, (OP_X("34", "CB", op_mixed)), "34", "CB", .arg = "0",
            .reference = cat_reference, .flags = OP_ANY_DTYPE),
    OP_CASE("cat", "a value twice", build_cat_again,
            (OP_X("32", "", op_mixed), OP_X("34", "", op_other)), "36", "",
            .reference = cat_again_reference, .flags = OP_FIXED | OP_COMPOSED),
};
const op_table op_join = OP_TABLE(cases);

OP_TESTS(join)

static dl_val build_slice_backwards(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_slice(in[0], arg, 2, 1);
}
static dl_val build_slice_beyond(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_slice(in[0], arg, 0, 5);
}
static dl_val build_slice_far_before(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_slice(in[0], arg, INT64_MIN, 1);
}

TEST(join, ranges_and_sizes_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("slice", build_slice_backwards, "0", (OP_X("34", "", NULL)), DL_EARG,
               "(3,4), axis 0: range 2 to 1 is not within 0 to 3"),
        OP_BAD("slice", build_slice_beyond, "1", (OP_X("34", "", NULL)), DL_EARG, "range 0 to 5"),
        OP_BAD("slice", build_slice_far_before, "0", (OP_X("34", "", NULL)), DL_EARG, "range -92"),
        OP_BAD("slice", build_slice, "2", (OP_X("34", "", NULL)), DL_EAXIS,
               "(3,4) has no axis \"2\""),
        OP_BAD("slice", build_slice, "T", (OP_X("34", "CB", NULL)), DL_EAXIS, "\"T\""),
        OP_BAD("slice", build_slice, "01", (OP_X("34", "", NULL)), DL_EAXIS, "is not one axis"),
        OP_BAD("slice", build_slice, "all", (OP_X("34", "", NULL)), DL_EAXIS, "is not one axis"),
        OP_BAD("slice", build_slice, "S", (OP_X("34", "SS", NULL)), DL_EAXIS, "is not one axis"),
        OP_BAD("slice", build_slice, NULL, (OP_X("34", "", NULL)), DL_ENULL, "no axes"),
        OP_BAD("cat", build_cat, "0", (OP_X("34", "", NULL), OP_X("35", "", NULL)), DL_ESHAPE,
               "a (3,4), b (3,5): sizes 4 and 5 of axis 1 differ"),
        OP_BAD("cat", build_cat, "0", (OP_X("34", "", NULL), OP_X("3", "", NULL)), DL_ERANK,
               "ranks 2 and 1 differ"),
        OP_BAD("cat", build_cat, "B", (OP_X("34", "CB", NULL), OP_X("34", "", NULL)), DL_ELABEL,
               "the labels differ"),
        OP_BAD("cat", build_cat, "2", (OP_X("34", "", NULL), OP_X("34", "", NULL)), DL_EAXIS,
               "\"2\""),
        OP_BAD("cat", build_cat, "0", (OP_X("", "", NULL), OP_X("", "", NULL)), DL_EAXIS, "\"0\""),
    };
    OP_REJECTS(bad);
}

TEST(join, no_values_have_no_tape)
{
    dl_val none = { 0 };
    CHECK_INT(dl_tape_status(dl_tape_of(dl_cat(&none, 0, "0"))), DL_ENULL);
    CHECK_INT(dl_tape_status(dl_tape_of(dl_add_list(&none, 0))), DL_ENULL);
}

TEST(join, parts_without_elements_add_nothing)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(2, 0)),
             *b = dl_array_new(DL_F32, NULL, DL_DIMS(2, 3));
    dl_array_fill(b, 7);
    dl_val x = dl_leaf(t, a), y = dl_leaf(t, b), g[2], out = dl_cat((dl_val[]){ x, y, x }, 3, "1");
    dl_grad(dl_sum(dl_square(out), "all"), DL_VALS(x, y), g);
    CHECK_INT(dl_size(out, 1), 3);
    CHECK_INT(dl_numel(g[0]), 0);
    CHECK_CLOSE(dl_item(dl_sum(g[1], "all")), 6 * 14, 0);
    CHECK_INT(dl_numel(dl_cat((dl_val[]){ x, x }, 2, "0")), 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

TEST(join, a_hundred_values_are_joined_in_order)
{
    dl_tape *t = dl_tape_new();
    dl_val x[100], g[100];
    for (int i = 0; i < 100; i++) x[i] = dl_reshape(dl_scalar(t, DL_F64, i), DL_DIMS(1));
    dl_val y = dl_cat(x, 100, "0");
    dl_grad(dl_sum(dl_square(y), "all"), x, 100, g);
    const double *got = dl_data(y);
    REQUIRE(got && dl_numel(y) == 100);
    for (int i = 0; i < 100; i++) {
        CHECK_CLOSE(got[i], i, 0);
        CHECK_CLOSE(dl_item(g[i]), 2 * i, 0);
    }
    dl_tape_free(t);
}
