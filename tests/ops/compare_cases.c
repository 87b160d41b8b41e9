/* compare_cases.c: comparisons, logic, selection by a mask, and other dtypes. */
#include "driver.h"
#include "../harness/valgrind.h"

#include <float.h>
#include <limits.h>

#define BUILD(NAME)                                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##NAME(in[0], in[1]);                                       \
    }                                                                         \
    static double value_of_##NAME(double a, double b, double c)
BUILD(eq) { return a == b; }
BUILD(ne) { return a != b; }
BUILD(lt) { return a < b; }
BUILD(le) { return a <= b; }
BUILD(gt) { return a > b; }
BUILD(ge) { return a >= b; }
BUILD(and) { return a != 0 && b != 0; }
BUILD(or) { return a != 0 || b != 0; }
BUILD(xor) { return (a != 0) != (b != 0); }

/* The mask is the last input of a case. */
static dl_val build_where(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_where(in[2], in[0], in[1]);
}

static dl_val build_where_same(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_where(in[1], in[0], dl_square(in[0]));
}

static dl_val build_fill(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_masked_fill(in[0], in[1], -0.375);
}

static dl_val build_not(dl_tape *t, const dl_val *in, const char *arg) { return dl_not(in[0]); }

static dl_val build_isclose(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_isclose(in[0], in[1], 0.25, 0.5);
}

static dl_val build_le_scalar(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_le_scalar(in[0], 0.5);
}

/* The choice of a comparison of what is chosen from. */
static dl_val build_larger(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_where(dl_gt(in[0], in[1]), in[0], in[1]);
}

/* Through the other dtype that computes, and back. */
static dl_val build_cast(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_dtype own = dl_dtype_of(in[0]);
    return dl_cast(dl_scale(dl_cast(in[0], own == DL_F32 ? DL_F64 : DL_F32), 2), own);
}

static dl_val build_to(dl_tape *t, const dl_val *in, const char *arg)
{
    static const char names[] = "fdilu";
    return dl_cast(in[0], (dl_dtype)(strchr(names, *arg) - names));
}

/* An integer that scales. */
static dl_val build_of_integer(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_mul(in[0], dl_cast(in[1], dl_dtype_of(in[0])));
}

/* ---- the reference --------------------------------------------------------------------------- */

/* Which axis of an operand lies under axis k of the result: the one of the same label and number,
 * or without labels the one of the same position. */
static int axis_under(const op_case *c, const char *labels, int k)
{
    int nth = 0;
    if (!*labels) return k;
    for (int i = 0; i < k; i++) nth += c->labels[i] == c->labels[k];
    for (int i = 0; labels[i]; i++)
        if (labels[i] == c->labels[k] && nth-- == 0) return i;
    return DL_MAX_RANK;
}

static double element(const op_case *c, int operand, const double *x, const int64_t *index,
                      int rank)
{
    const op_input *in = &c->in[operand];
    int64_t dim[DL_MAX_RANK], at[DL_MAX_RANK] = { 0 }, n = 0;
    if (!in->dims) return 0;
    int own = op_sizes(in->dims, dim);
    for (int k = 0; k < rank; k++) {
        int axis = axis_under(c, in->labels, k);
        if (axis < own && dim[axis] != 1) at[axis] = index[k];
    }
    for (int i = 0; i < own; i++) n = n * dim[i] + at[i];
    return x[n];
}

static void each(const op_case *c, const double *const *x, double *y,
                 double (*f)(double, double, double))
{
    int64_t dim[DL_MAX_RANK], index[DL_MAX_RANK] = { 0 }, n = 1;
    int rank = op_sizes(c->dims, dim);
    for (int k = 0; k < rank; k++) n *= dim[k];
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = i;
        for (int k = rank - 1; k >= 0; k--) {
            index[k] = rest % dim[k];
            rest /= dim[k];
        }
        y[i] = f(element(c, 0, x[0], index, rank), element(c, 1, x[1], index, rank),
                 element(c, 2, x[2], index, rank));
    }
}

static double value_of_where(double a, double b, double mask) { return mask != 0 ? a : b; }
static double value_of_where_same(double a, double mask, double c) { return mask != 0 ? a : a * a; }
static double value_of_fill(double a, double mask, double c) { return mask != 0 ? -0.375 : a; }
static double value_of_not(double a, double b, double c) { return a == 0; }
static double value_of_isclose(double a, double b, double c)
{
    return fabs(a - b) <= 0.5 + 0.25 * fabs(b);
}
static double value_of_le_scalar(double a, double b, double c) { return a <= 0.5; }
static double value_of_larger(double a, double b, double c) { return fmax(a, b); }
static double value_of_cast(double a, double b, double c) { return 2 * a; }
static double value_of_trunc(double a, double b, double c) { return trunc(a); }
static double value_of_cut_u8(double a, double b, double c) { return fmin(fmax(trunc(a), 0), 255); }
static double value_of_same(double a, double b, double c) { return a; }
static double value_of_product(double a, double b, double c) { return a * b; }

#define REFERENCE(NAME)                                                               \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        each(c, x, y, value_of_##NAME);                                               \
    }
REFERENCE(eq)
REFERENCE(ne)
REFERENCE(lt)
REFERENCE(le)
REFERENCE(gt)
REFERENCE(ge)
REFERENCE(and)
REFERENCE(or)
REFERENCE(xor)
REFERENCE(where)
REFERENCE(where_same)
REFERENCE(fill)
REFERENCE(not )
REFERENCE(isclose)
REFERENCE(le_scalar)
REFERENCE(larger)
REFERENCE(cast)
REFERENCE(trunc)
REFERENCE(cut_u8)
REFERENCE(same)
REFERENCE(product)

/* ---- the cases ------------------------------------------------------------------------------- */

static const double mask[OP_POOL] = { 1, 0, 0, 1, 255, 0, 1, 0, 2, 1, 0, 0, 0, 1, 1, 128,
                                      0, 0, 1, 1, 0,   1, 0, 1, 1, 0, 0, 0, 1, 0, 1, 1 };
static const double other_mask[OP_POOL] = { 0, 0, 1, 7, 0, 1, 1, 1, 0, 255, 0, 1, 0, 0, 1, 0,
                                            1, 0, 0, 1, 1, 1, 0, 0, 4, 0,   1, 0, 1, 0, 0, 1 };
static const double whole[OP_POOL] = { 3, -2, 0, 7, 255, -300, 300, 1, -1, 5, 4, -4, 2, 6, 9, -8,
                                       3, 2,  0, 1, 9,   -9,   12,  1, -1, 5, 4, -5, 2, 6, 8, 8 };
static const double other_whole[OP_POOL] = {
    3, 2, 0, 7, -255, -300, 3, 1, 1, 5, 4, -4, 1, 6, 8, 8,
    3, 1, 0, 2, 9,    9,    1, 1, 0, 5, 3, 5,  2, 6, 7, 8
};
/* Some are equal. */
static const double half_mixed[OP_POOL] = {
    0.75, 1.25,  2.5,   -0.5,  1.25, -2.25, 0.5,   1.75, -0.75,  -1.5,   0.25,
    2,    -0.25, 1.375, -1.75, 0.75, -2.5,  1.0,   -0.5, 2.25,   -1.0,   0.5,
    1.5,  -2.0,  0.875, -0.75, 1.25, -1.0,  2.125, -0.5, -1.625, -1.375,
};

#define ROW(NAME, TEXT, A, LA, B, LB, Y, LY)                                                    \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_X(A, LA, op_mixed), OP_X(B, LB, half_mixed)), Y, LY, \
            .reference = NAME##_reference, .result = DL_U8)
#define INTEGERS(NAME, TEXT, DTYPE, A, LA, PA, B, LB, PB, Y, LY)                                \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_INT(DTYPE, A, LA, PA), OP_INT(DTYPE, B, LB, PB)), Y, \
            LY, .reference = NAME##_reference, .result = DL_U8)
/* Each way that lines may run, and labels. */
#define COMPARISON(NAME)                                                                      \
    ROW(NAME, "same sizes", "34", "", "34", "", "34", ""),                                    \
        ROW(NAME, "rank 0 at the left", "", "", "23", "", "23", ""),                          \
        ROW(NAME, "rank 0 at the right", "23", "CB", "", "", "23", "CB"),                     \
        ROW(NAME, "numbers", "", "", "", "", "", ""),                                         \
        ROW(NAME, "outer", "31", "", "14", "", "34", ""),                                     \
        ROW(NAME, "middle of three", "234", "", "131", "", "234", ""),                        \
        ROW(NAME, "C with B", "4", "C", "3", "B", "43", "CB"),                                \
        ROW(NAME, "C of size 1", "13", "CB", "42", "CT", "432", "CBT"),                       \
        INTEGERS(NAME, "i32", DL_I32, "34", "", whole, "34", "", other_whole, "34", ""),      \
        INTEGERS(NAME, "i64 with a column", DL_I64, "34", "CB", whole, "3", "C", other_whole, \
                 "34", "CB"),                                                                 \
        INTEGERS(NAME, "u8 with a row", DL_U8, "14", "", mask, "34", "", other_mask, "34", "")
#define CONNECTIVE(NAME)                                                                     \
    INTEGERS(NAME, "same sizes", DL_U8, "48", "", mask, "48", "", other_mask, "48", ""),     \
        INTEGERS(NAME, "a number", DL_U8, "", "", mask, "34", "CB", other_mask, "34", "CB"), \
        INTEGERS(NAME, "outer by label", DL_U8, "3", "B", mask, "4", "C", other_mask, "43", "CB")
#define WHERE(TEXT, M, LM, A, LA, B, LB, Y, LY)                                                \
    OP_CASE("where", TEXT, build_where,                                                        \
            (OP_X(A, LA, op_mixed), OP_X(B, LB, op_other), OP_INT(DL_U8, M, LM, mask)), Y, LY, \
            .reference = where_reference)
#define WHERE_OF(TEXT, DTYPE, PA, A, PB, B, M, Y)                                                \
    OP_CASE("where", TEXT, build_where,                                                          \
            (OP_INT(DTYPE, A, "", PA), OP_INT(DTYPE, B, "", PB), OP_INT(DL_U8, M, "", mask)), Y, \
            "", .reference = where_reference, .result = DTYPE)
#define TO(TEXT, ARG, VALUE, DTYPE)                                                       \
    OP_CASE("cast", TEXT, build_to, (OP_X("34", "CB", op_mixed)), "34", "CB", .arg = ARG, \
            .reference = VALUE##_reference, .result = DTYPE, .flags = OP_ANY_DTYPE)
#define FROM(TEXT, ARG, FROM_DTYPE, VALUES, VALUE, DTYPE)                                         \
    OP_CASE("cast", TEXT, build_to, (OP_INT(FROM_DTYPE, "34", "", VALUES)), "34", "", .arg = ARG, \
            .reference = VALUE##_reference, .result = DTYPE)

static const op_case cases[] = {
    COMPARISON(eq),
    COMPARISON(ne),
    COMPARISON(lt),
    COMPARISON(le),
    COMPARISON(gt),
    COMPARISON(ge),
    CONNECTIVE(and),
    CONNECTIVE(or),
    CONNECTIVE(xor),
    OP_CASE("not", "a mask", build_not, (OP_INT(DL_U8, "34", "CB", mask)), "34", "CB",
            .reference = not_reference, .result = DL_U8),
    OP_CASE("isclose", "same sizes", build_isclose,
            (OP_X("48", "", op_mixed), OP_X("48", "", half_mixed)), "48", "",
            .reference = isclose_reference, .result = DL_U8),
    OP_CASE("le_scalar", "a number", build_le_scalar, (OP_X("48", "", half_mixed)), "48", "",
            .reference = le_scalar_reference, .flags = OP_ANY_DTYPE, .result = DL_U8),
    WHERE("same sizes", "34", "", "34", "", "34", "", "34", ""),
    WHERE("numbers", "", "", "", "", "", "", "", ""),
    WHERE("a number at the left", "34", "", "", "", "34", "", "34", ""),
    WHERE("a number at the right", "34", "CB", "34", "CB", "", "", "34", "CB"),
    WHERE("a mask of one", "", "", "34", "CB", "3", "C", "34", "CB"),
    WHERE("a mask of a row", "14", "", "34", "", "34", "", "34", ""),
    WHERE("a mask of a column", "3", "", "34", "", "31", "", "34", ""),
    WHERE("all three by label", "3", "B", "4", "C", "2", "T", "432", "CBT"),
    WHERE("the mask has most axes", "243", "SSC", "3", "C", "2", "S", "243", "SSC"),
    WHERE("a row with labels", "34", "CB", "14", "", "4", "B", "34", "CB"),
    WHERE_OF("i32", DL_I32, whole, "34", other_whole, "34", "34", "34"),
    WHERE_OF("i64 by a column", DL_I64, whole, "34", other_whole, "14", "3", "34"),
    WHERE_OF("u8 from a number", DL_U8, mask, "", other_mask, "34", "34", "34"),
    OP_CASE("where", "one value on both sides", build_where_same,
            (OP_X("34", "", op_mixed), OP_INT(DL_U8, "34", "", mask)), "34", "",
            .reference = where_same_reference, .flags = OP_COMPOSED),
    OP_CASE("gt", "where of a comparison", build_larger,
            (OP_X("34", "", op_mixed), OP_X("34", "", op_other)), "34", "",
            .reference = larger_reference),
    OP_CASE("gt", "where of a comparison with a row", build_larger,
            (OP_X("34", "CB", op_mixed), OP_X("4", "B", op_other)), "34", "CB",
            .reference = larger_reference),
    OP_CASE("gt", "where of a comparison with a number", build_larger,
            (OP_X("", "", op_mixed), OP_X("34", "", op_other)), "34", "",
            .reference = larger_reference),
    OP_CASE("masked_fill", "a mask of a row", build_fill,
            (OP_X("34", "CB", op_mixed), OP_INT(DL_U8, "4", "B", mask)), "34", "CB",
            .reference = fill_reference, .flags = OP_COMPOSED),
    OP_CASE("cast", "there and back", build_cast, (OP_X("34", "CB", op_mixed)), "34", "CB",
            .reference = cast_reference, .flags = OP_ANY_DTYPE),
    OP_CASE("mul", "by an integer", build_of_integer,
            (OP_X("34", "", op_mixed), OP_INT(DL_I64, "34", "", whole)), "34", "",
            .reference = product_reference, .flags = OP_COMPOSED),
    TO("to i32", "i", trunc, DL_I32),
    TO("to i64", "l", trunc, DL_I64),
    TO("to u8", "u", cut_u8, DL_U8),
    FROM("i32 to f64", "d", DL_I32, whole, same, DL_F64),
    FROM("i64 to f64", "d", DL_I64, whole, same, DL_F64),
    FROM("u8 to f64", "d", DL_U8, mask, same, DL_F64),
    FROM("i32 to i64", "l", DL_I32, whole, same, DL_I64),
    FROM("i64 to i32", "i", DL_I64, whole, same, DL_I32),
    FROM("i32 to u8", "u", DL_I32, whole, cut_u8, DL_U8),
    FROM("i64 to u8", "u", DL_I64, whole, cut_u8, DL_U8),
    FROM("u8 to i32", "i", DL_U8, mask, same, DL_I32),
    FROM("u8 to i64", "l", DL_U8, mask, same, DL_I64),
};
const op_table op_compare = OP_TABLE(cases);

OP_TESTS(compare)

TEST(compare, what_does_not_fit_is_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("eq", build_eq, NULL, (OP_X("34", "", NULL), OP_X("24", "", NULL)), DL_ESHAPE,
               "a (3,4), b (2,4): sizes 3 and 2 of axis 0"),
        OP_BAD("lt", build_lt, NULL, (OP_X("3", "", NULL), OP_INT(DL_I32, "3", "", NULL)),
               DL_EDTYPE, "dtypes f32 and i32 differ"),
        OP_BAD("ge", build_ge, NULL, (OP_INT(DL_I64, "3", "", NULL), OP_INT(DL_I32, "3", "", NULL)),
               DL_EDTYPE, "dtypes i64 and i32 differ"),
        OP_BAD("gt", build_gt, NULL, (OP_X("2", "C", NULL), OP_X("23", "", NULL)), DL_ELABEL,
               "has more axes than the labelled one"),
        OP_BAD("and", build_and, NULL, (OP_X("3", "", NULL), OP_INT(DL_U8, "3", "", NULL)),
               DL_EDTYPE, "f32 is no mask, wanted u8"),
        OP_BAD("or", build_or, NULL, (OP_INT(DL_U8, "3", "", NULL), OP_INT(DL_I32, "3", "", NULL)),
               DL_EDTYPE, "i32 is no mask, wanted u8"),
        OP_BAD("xor", build_xor, NULL, (OP_INT(DL_U8, "3", "", NULL), OP_INT(DL_U8, "2", "", NULL)),
               DL_ESHAPE, "sizes 3 and 2 of axis 0"),
        OP_BAD("not", build_not, NULL, (OP_X("3", "", NULL)), DL_EDTYPE,
               "f32 is no mask, wanted u8"),
        OP_BAD("isclose", build_isclose, NULL, (OP_X("3", "", NULL), OP_INT(DL_I32, "3", "", NULL)),
               DL_EDTYPE, "i32 does not compute"),
        OP_BAD("le_scalar", build_le_scalar, NULL, (OP_INT(DL_I32, "3", "", NULL)), DL_EARG,
               "0.5 is no i32"),
        OP_BAD("where", build_where, NULL,
               (OP_X("3", "", NULL), OP_X("3", "", NULL), OP_X("3", "", NULL)), DL_EDTYPE,
               "mask (3), a (3), b (3): f32 is no mask, wanted u8"),
        OP_BAD("where", build_where, NULL,
               (OP_X("3", "", NULL), OP_INT(DL_I32, "3", "", NULL), OP_INT(DL_U8, "3", "", NULL)),
               DL_EDTYPE, "dtypes f32 and i32 differ"),
        OP_BAD("where", build_where, NULL,
               (OP_X("3", "", NULL), OP_X("3", "", NULL), OP_INT(DL_U8, "2", "", NULL)), DL_ESHAPE,
               "sizes 2 and 3 of axis 0"),
    };
    OP_REJECTS(bad);
}

TEST(compare, a_dtype_that_is_none_is_rejected)
{
    dl_tape *t = dl_tape_new();
    dl_cast(dl_ones(t, DL_F32, DL_DIMS(2)), (dl_dtype)17);
    CHECK_INT(dl_tape_status(t), DL_EDTYPE);
    CHECK_HAS(dl_tape_message(t), "cast: 17 is no dtype");
    dl_tape_free(t);
}

/* ---- special numbers ------------------------------------------------------------------------- */

#define INF ((double)INFINITY)
static const double special[] = {
    0.0,
    -0.0,
    1,
    -1,
    INF,
    -INF,
    (double)NAN,
    0x1p-149,
    -0x1p-149,
    0x1p-126,
    0.5,
    -2.5,
    0x1p24,
    -0x1p24,
    0x1.fffffep127,
    -0x1.fffffep127,
    255,
    256,
    2147483648.0,
    -2147483648.0,
    0x1p63,
    -0x1p63,
    0x1p62,
    0.999999940395355,
};
enum { SPECIAL = sizeof special / sizeof *special };

static dl_array *special_array(dl_dtype dtype, const char *labels)
{
    dl_array *a = dl_array_new(dtype, labels, DL_DIMS(SPECIAL));
    for (int i = 0; i < SPECIAL; i++) {
        if (dtype == DL_F32) ((float *)dl_array_write(a))[i] = (float)special[i];
        else ((double *)dl_array_write(a))[i] = special[i];
    }
    return a;
}

/* All pairs of special numbers: C says what holds. */
TEST(compare, special_numbers_compare_as_in_c)
{
    static const struct {
        op_build *build;
        double (*value)(double, double, double);
    } ops[] = { { build_eq, value_of_eq }, { build_ne, value_of_ne }, { build_lt, value_of_lt },
                { build_le, value_of_le }, { build_gt, value_of_gt }, { build_ge, value_of_ge } };
    for (int dtype = DL_F32; dtype <= DL_F64; dtype++)
        for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
            dl_tape *t = dl_tape_new();
            dl_array *a = special_array((dl_dtype)dtype, "C"),
                     *b = special_array((dl_dtype)dtype, "B");
            dl_val in[2] = { dl_leaf(t, a), dl_leaf(t, b) };
            const uint8_t *y = dl_data(ops[k].build(t, in, NULL));
            REQUIRE(y);
            for (int i = 0; i < SPECIAL * SPECIAL; i++)
                CHECK_MSG(y[i] == ops[k].value(special[i / SPECIAL], special[i % SPECIAL], 0),
                          "op %zu of %g and %g: got %d", k, special[i / SPECIAL],
                          special[i % SPECIAL], y[i]);
            dl_tape_free(t);
            dl_array_free(a);
            dl_array_free(b);
        }
}

TEST(compare, only_finite_neighbours_and_equals_are_close)
{
    static const struct {
        double a, b;
        bool close;
    } pairs[] = {
        { INF, INF, true }, { -INF, -INF, true }, { INF, -INF, false },   { 5, INF, false },
        { INF, 5, false },  { NAN, NAN, false },  { NAN, 1, false },      { 1, NAN, false },
        { 1, 1.125, true }, { 1, 2, false },      { 1e38, -1e38, false }, { 0, -0.0, true },
        { 3.25, 3, true },  { -3.25, 3, false },  { 0, 0.25, true },      { 0, 0.75, false },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        dl_tape *t = dl_tape_new();
        dl_val a = dl_scalar(t, DL_F32, pairs[i].a), b = dl_scalar(t, DL_F32, pairs[i].b);
        const uint8_t *y = dl_data(dl_isclose(a, b, 0.125, 0.25));
        REQUIRE(y);
        CHECK_MSG(*y == pairs[i].close, "%g and %g: got %d", pairs[i].a, pairs[i].b, *y);
        dl_tape_free(t);
    }
}

/* Of f32 and f64 to every integer, against what is said of each number in long double. */
TEST(compare, what_an_integer_cannot_hold_becomes_the_nearest)
{
    if (under_valgrind()) SKIP("long double is double");
    static const struct {
        dl_dtype dtype;
        long double least, most;
    } to[] = { { DL_I32, INT32_MIN, INT32_MAX },
               { DL_I64, INT64_MIN, INT64_MAX },
               { DL_U8, 0, UINT8_MAX } };
    for (int dtype = DL_F32; dtype <= DL_F64; dtype++)
        for (int k = 0; k < 3; k++) {
            dl_tape *t = dl_tape_new();
            dl_array *a = special_array((dl_dtype)dtype, NULL);
            const void *y = dl_data(dl_cast(dl_leaf(t, a), to[k].dtype));
            REQUIRE(y);
            for (int i = 0; i < SPECIAL; i++) {
                double x = dtype == DL_F32 ? (double)(float)special[i] : special[i];
                long double want = isnan(x) ? 0 : fmaxl(to[k].least, fminl(to[k].most, truncl(x)));
                int64_t got = to[k].dtype == DL_I32   ? ((const int32_t *)y)[i]
                              : to[k].dtype == DL_I64 ? ((const int64_t *)y)[i]
                                                      : ((const uint8_t *)y)[i];
                CHECK_MSG(got == (int64_t)want, "%s of %g: got %lld, wanted %lld",
                          dl_dtype_name(to[k].dtype), x, (long long)got, (long long)want);
            }
            dl_tape_free(t);
            dl_array_free(a);
        }
}

TEST(compare, i64_keeps_every_bit)
{
    int64_t x[] = { INT64_MAX, INT64_MAX - 1, INT64_MIN, (1ll << 53) + 1 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(x, DL_I64, NULL, DL_DIMS(4));
    dl_val v = dl_leaf(t, a);
    const uint8_t *y = dl_data(dl_lt(dl_slice(v, "0", 1, 2), dl_slice(v, "0", 0, 1)));
    REQUIRE(y);
    CHECK_INT(*y, 1);
    const double *d = dl_data(dl_cast(v, DL_F64));
    REQUIRE(d);
    for (int i = 0; i < 4; i++) CHECK_CLOSE(d[i], (double)x[i], 0);
    dl_tape_free(t);
    dl_array_free(a);
}

/* ---- derivatives ----------------------------------------------------------------------------- */

/* The side that is not taken holds a NaN and an infinity. */
TEST(compare, the_side_not_taken_does_not_poison_the_gradient)
{
    float x[] = { NAN, 2, INFINITY, -3 };
    uint8_t m[] = { 0, 1, 0, 0 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(x, DL_F32, NULL, DL_DIMS(4));
    dl_array *b = dl_array_wrap(m, DL_U8, NULL, DL_DIMS(4));
    dl_val v = dl_leaf(t, a), g[1];
    dl_val y = dl_where(dl_leaf(t, b), dl_square(v), dl_zeros_like(v));
    dl_val seed = dl_full(t, DL_F32, INF, DL_DIMS(4));
    dl_grad_seeded(y, dl_where(dl_leaf(t, b), dl_ones_like(v), seed), &v, 1, g);
    const float *value = dl_data(y);
    REQUIRE(value);
    for (int i = 0; i < 4; i++) CHECK_CLOSE((double)value[i], i == 1 ? 4.0 : 0.0, 0);
    const float *slope = dl_data(dl_slice(g[0], "0", 1, 2));
    REQUIRE(slope);
    CHECK_CLOSE((double)*slope, 4.0, 0);
    y = dl_where(dl_leaf(t, b), v, dl_zeros_like(v));
    dl_grad_seeded(y, dl_where(dl_leaf(t, b), dl_ones_like(v), seed), &v, 1, g);
    slope = dl_data(g[0]);
    REQUIRE(slope);
    for (int i = 0; i < 4; i++) CHECK_CLOSE((double)slope[i], i == 1 ? 1.0 : 0.0, 0);
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

/* A gradient check records in f64 what was recorded in f32, f64 and integers. */
TEST(compare, a_gradient_through_casts_checks)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, "CB", DL_DIMS(3, 2));
    for (int i = 0; i < 6; i++) ((float *)dl_array_write(a))[i] = (float)op_mixed[i];
    dl_val x = dl_leaf(t, a), wide = dl_cast(x, DL_F64);
    dl_val count = dl_cast(dl_cast(dl_scale(wide, 3), DL_I32), DL_F64);
    dl_val narrow = dl_cast(dl_mul(dl_mul(wide, count), dl_exp(wide)), DL_F32);
    dl_val y = dl_sum_squares(dl_mul(narrow, x), "all");
    dl_check_report report = { 0 };
    CHECK_INT(dl_gradcheck(y, &x, 1, NULL, &report), DL_OK);
    CHECK_STR(dl_tape_message(t), "");
    CHECK_INT(report.verdict, DL_PASS);
    dl_check_report_free(&report);
    dl_val g;
    dl_grad(y, &x, 1, &g);
    CHECK_INT(dl_dtype_of(g), DL_F32);
    dl_tape_free(t);
    dl_array_free(a);
}

TEST(compare, nothing_is_differentiated_through_a_mask)
{
    dl_tape *t = dl_tape_new();
    dl_val x = dl_ones(t, DL_F64, DL_DIMS(3)), g;
    dl_grad(dl_sum(dl_cast(dl_gt_scalar(x, 0), DL_F64), "all"), &x, 1, &g);
    const double *slope = dl_data(g);
    REQUIRE(slope);
    for (int i = 0; i < 3; i++) CHECK_CLOSE(slope[i], 0.0, 0);
    dl_tape_free(t);
}

/* The plan stays the same while the number changes. */
TEST(compare, a_number_to_compare_with_makes_no_new_plan)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(1));
    dl_array_fill(a, 2);
    for (int step = 0; step < 6; step++) {
        dl_tape_reset(t);
        dl_val x = dl_leaf(t, a);
        dl_val y =
            dl_masked_fill(dl_max_scalar(dl_min_scalar(x, step), 1), dl_lt_scalar(x, step), -step);
        CHECK_CLOSE(dl_item(y), step > 2 ? -step : step < 1 ? 1 : step, 0);
    }
    CHECK_INT(dl_cache_stats(t).misses, 1);
    dl_tape_free(t);
    dl_array_free(a);
}
