/* step_cases.c: elements at equal distances, flipping, going round, padding. */
#include "driver.h"

#define CALL(NAME, CALL) \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) { return CALL; }
CALL(every_second, dl_slice_step(in[0], arg, 1, -1, 2))
CALL(back_by_two, dl_slice_step(in[0], arg, -1, 2, -2))
CALL(one_of_them, dl_slice_step(in[0], arg, 2, 1, 7))
CALL(none_of_them, dl_slice_step(in[0], arg, 0, 0, 3))
CALL(flip, dl_flip(in[0], arg))
CALL(flip_twice, dl_flip(dl_flip(in[0], arg), arg))
CALL(forth, dl_circshift(in[0], 1, arg))
CALL(back, dl_circshift(in[0], -2, arg))
CALL(far, dl_circshift(in[0], INT64_C(1) << 62, arg))
CALL(zeros, dl_pad(in[0], arg, 1, 2, DL_PAD_CONSTANT, 0))
CALL(value, dl_pad(in[0], arg, 2, 1, DL_PAD_CONSTANT, 1.5))
CALL(reflect, dl_pad(in[0], arg, 2, 1, DL_PAD_REFLECT, 0))
CALL(replicate, dl_pad(in[0], arg, 1, 2, DL_PAD_REPLICATE, 0))
CALL(circular, dl_pad(in[0], arg, 2, 3, DL_PAD_CIRCULAR, 0))
CALL(behind_only, dl_pad(in[0], arg, 0, 2, DL_PAD_REFLECT, 0))
CALL(no_padding, dl_pad(in[0], arg, 0, 0, DL_PAD_CIRCULAR, 0))
/* Products of matrices that lie backwards. */
CALL(backwards_product, dl_matmul(dl_flip(in[0], "0"), dl_flip(in[1], "all")))

/* ---- the reference: from where each element of the axis comes -------------------------------- */

enum { FROM_VALUE = -1, FROM_ZERO = -2 };

/* Element j of the result's axis, of n of x. */
typedef int64_t source(int64_t j, int64_t n);

static int64_t from_every_second(int64_t j, int64_t n) { return 1 + 2 * j; }
static int64_t from_back_by_two(int64_t j, int64_t n) { return n - 1 - 2 * j; }
static int64_t from_one_of_them(int64_t j, int64_t n) { return 2; }
static int64_t from_none_of_them(int64_t j, int64_t n) { return 0; }
static int64_t from_flip(int64_t j, int64_t n) { return n - 1 - j; }
static int64_t from_flip_twice(int64_t j, int64_t n) { return j; }
static int64_t from_forth(int64_t j, int64_t n) { return (j + n - 1) % n; }
static int64_t from_back(int64_t j, int64_t n) { return (j + 2) % n; }
static int64_t from_far(int64_t j, int64_t n) { return (j + n - (INT64_C(1) << 62) % n) % n; }
static int64_t from_zeros(int64_t j, int64_t n) { return j < 1 || j > n ? FROM_ZERO : j - 1; }
static int64_t from_value(int64_t j, int64_t n) { return j < 2 || j > n + 1 ? FROM_VALUE : j - 2; }
static int64_t from_reflect(int64_t j, int64_t n)
{
    return j < 2 ? 2 - j : j < n + 2 ? j - 2 : 2 * n - j;
}
static int64_t from_replicate(int64_t j, int64_t n) { return j < 1 ? 0 : j > n ? n - 1 : j - 1; }
static int64_t from_circular(int64_t j, int64_t n) { return (j + n - 2) % n; }
static int64_t from_behind_only(int64_t j, int64_t n) { return j < n ? j : 2 * n - 2 - j; }
static int64_t from_no_padding(int64_t j, int64_t n) { return j; }

static void move(const op_case *c, const double *x, double *y, source *from)
{
    int64_t dim[DL_MAX_RANK], to[DL_MAX_RANK], rows = 1, unit = 1;
    const char *p = strchr(c->in[0].labels, *c->arg);
    int rank = op_sizes(c->in[0].dims, dim);
    int axis = *c->arg == '-' ? rank - (c->arg[1] - '0')
               : p            ? (int)(p - c->in[0].labels)
                              : *c->arg - '0';
    op_sizes(c->dims, to);
    for (int i = 0; i < rank; i++)
        if (i != axis) *(i < axis ? &rows : &unit) *= dim[i];
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < to[axis]; j++)
            for (int64_t i = 0; i < unit; i++) {
                int64_t k = from(j, dim[axis]);
                y[(r * to[axis] + j) * unit + i] = k == FROM_ZERO ? 0
                                                   : k == FROM_VALUE
                                                       ? 1.5
                                                       : x[(r * dim[axis] + k) * unit + i];
            }
}

#define MOVES(NAME)                                                                   \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        move(c, x[0], y, from_##NAME);                                                \
    }
MOVES(every_second)
MOVES(back_by_two)
MOVES(one_of_them)
MOVES(none_of_them)
MOVES(flip)
MOVES(flip_twice)
MOVES(forth)
MOVES(back)
MOVES(far)
MOVES(zeros)
MOVES(value)
MOVES(reflect)
MOVES(replicate)
MOVES(circular)
MOVES(behind_only)
MOVES(no_padding)

static void flip_all_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 12; i++) y[i] = x[0][11 - i];
}

static void backwards_product_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 2; j++) {
            double sum = 0;
            for (int k = 0; k < 4; k++) sum += x[0][(2 - i) * 4 + k] * x[1][(3 - k) * 2 + 1 - j];
            y[i * 2 + j] = sum;
        }
}

#define MOVE(OP, NAME, ARG, X, L, Y, FLAGS)                                              \
    OP_CASE(OP, #NAME " of " X L " by " ARG, build_##NAME, (OP_X(X, L, op_mixed)), Y, L, \
            .arg = ARG, .reference = NAME##_reference, .flags = FLAGS)
#define STEP(NAME, ARG, X, L, Y) MOVE("slice_step", NAME, ARG, X, L, Y, OP_ANY_DTYPE | OP_FIXED)
#define SHIFT(NAME, ARG, X, L) MOVE("circshift", NAME, ARG, X, L, X, 0)
#define PAD(NAME, ARG, X, L, Y) MOVE("pad", NAME, ARG, X, L, Y, OP_FIXED)

static const op_case cases[] = {
    STEP(every_second, "0", "5", "", "2"),
    STEP(every_second, "1", "262", "", "232"),
    STEP(every_second, "T", "235", "CBT", "232"),
    STEP(back_by_two, "0", "43", "", "23"),
    STEP(back_by_two, "-1", "25", "", "22"),
    STEP(back_by_two, "B", "35", "CB", "32"),
    STEP(one_of_them, "1", "34", "", "31"),
    STEP(none_of_them, "1", "34", "", "30"),
    MOVE("flip", flip, "0", "5", "", "5", OP_ANY_DTYPE),
    MOVE("flip", flip, "1", "324", "", "324", OP_ANY_DTYPE),
    MOVE("flip", flip, "C", "34", "CB", "34", OP_ANY_DTYPE),
    MOVE("flip", flip_twice, "0", "43", "", "43", OP_ANY_DTYPE),
    OP_CASE("flip", "of all axes", build_flip, (OP_X("34", "CB", op_mixed)), "34", "CB",
            .arg = "all", .reference = flip_all_reference, .flags = OP_ANY_DTYPE),
    OP_CASE("flip", "in a product", build_backwards_product,
            (OP_X("34", "", op_mixed), OP_X("42", "", op_other)), "32", "",
            .reference = backwards_product_reference, .flags = OP_COMPOSED),
    SHIFT(forth, "0", "5", ""),
    SHIFT(forth, "1", "234", ""),
    SHIFT(back, "B", "35", "CB"),
    SHIFT(back, "0", "2", ""),
    SHIFT(far, "1", "35", ""),
    PAD(zeros, "0", "4", "", "7"),
    PAD(zeros, "1", "234", "", "264"),
    PAD(value, "0", "4", "", "7"),
    PAD(value, "T", "232", "CBT", "235"),
    PAD(reflect, "0", "42", "", "72"),
    PAD(reflect, "1", "23", "CB", "26"),
    PAD(replicate, "0", "4", "", "7"),
    PAD(replicate, "B", "23", "CB", "26"),
    PAD(circular, "1", "242", "", "292"),
    PAD(circular, "0", "3", "", "8"),
    PAD(behind_only, "0", "42", "", "62"),
    PAD(no_padding, "0", "42", "", "42"),
};
const op_table op_step = OP_TABLE(cases);

OP_TESTS(step)

CALL(step_0, dl_slice_step(in[0], "0", 0, 2, 0))
CALL(too_many, dl_slice_step(in[0], "0", 0, 3, 2))
CALL(too_many_back, dl_slice_step(in[0], "0", 1, 3, -1))
CALL(outside, dl_slice_step(in[0], "0", 4, 1, 1))
CALL(far_outside, dl_slice_step(in[0], "0", INT64_MIN, 1, 1))
CALL(far_step, dl_slice_step(in[0], "0", 0, 2, INT64_MIN))
CALL(less_than_none, dl_slice_step(in[0], "0", 0, -2, 1))
CALL(reflect_too_many, dl_pad(in[0], "0", 4, 0, DL_PAD_REFLECT, 0))
CALL(circular_too_many, dl_pad(in[0], "0", 0, 5, DL_PAD_CIRCULAR, 0))
CALL(negative, dl_pad(in[0], "0", -1, 0, DL_PAD_CONSTANT, 0))
CALL(no_mode, dl_pad(in[0], "0", 1, 0, (dl_pad_mode)7, 0))
CALL(huge, dl_pad(in[0], "0", INT64_MAX, INT64_MAX, DL_PAD_CONSTANT, 0))
CALL(of_nothing, dl_pad(in[0], "0", 1, 0, DL_PAD_REPLICATE, 0))

TEST(step, ranges_and_widths_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("slice_step", build_step_0, NULL, (OP_X("4", "", NULL)), DL_EARG, "a step of 0"),
        OP_BAD("slice_step", build_too_many, NULL, (OP_X("4", "", NULL)), DL_EARG,
               "(4), axis 0: 3 elements from 0 on in steps of 2 are not within 0 to 4"),
        OP_BAD("slice_step", build_too_many_back, NULL, (OP_X("4", "", NULL)), DL_EARG, "of -1"),
        OP_BAD("slice_step", build_outside, NULL, (OP_X("4", "", NULL)), DL_EARG, "from 4 on"),
        OP_BAD("slice_step", build_far_outside, NULL, (OP_X("4", "", NULL)), DL_EARG, "from -92"),
        OP_BAD("slice_step", build_far_step, NULL, (OP_X("4", "", NULL)), DL_EARG, "of -92"),
        OP_BAD("slice_step", build_less_than_none, NULL, (OP_X("4", "", NULL)), DL_EARG, "-2 ele"),
        OP_BAD("slice_step", build_every_second, "2", (OP_X("4", "", NULL)), DL_EAXIS, "\"2\""),
        OP_BAD("flip", build_flip, "T", (OP_X("34", "CB", NULL)), DL_EAXIS, "\"T\""),
        OP_BAD("circshift", build_forth, "01", (OP_X("34", "", NULL)), DL_EAXIS, "not one axis"),
        OP_BAD("pad", build_reflect_too_many, NULL, (OP_X("4", "", NULL)), DL_EARG,
               "(4), axis 0: 4 before and 0 behind, reflect"),
        OP_BAD("pad", build_circular_too_many, NULL, (OP_X("4", "", NULL)), DL_EARG, "circular"),
        OP_BAD("pad", build_of_nothing, NULL, (OP_X("03", "", NULL)), DL_EARG, "replicate"),
        OP_BAD("pad", build_negative, NULL, (OP_X("4", "", NULL)), DL_EARG, "-1 before"),
        OP_BAD("pad", build_no_mode, NULL, (OP_X("4", "", NULL)), DL_EARG, "7 is no mode"),
        OP_BAD("pad", build_huge, NULL, (OP_X("4", "", NULL)), DL_EOVERFLOW, "overflow"),
    };
    OP_REJECTS(bad);
}
