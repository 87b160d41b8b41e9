/* predicate_cases.c: what kind of number an element is, and integers against a number. */
#include "driver.h"

#define BUILD(NAME, VALUE)                                                            \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg)         \
    {                                                                                 \
        return dl_##NAME(in[0]);                                                      \
    }                                                                                 \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        int64_t dim[DL_MAX_RANK], n = 1;                                              \
        for (int i = op_sizes(c->in[0].dims, dim); i-- > 0;) n *= dim[i];             \
        for (int64_t i = 0; i < n; i++) y[i] = VALUE;                                 \
    }
BUILD(isnan, x[0][i] != x[0][i])
BUILD(isinf, x[0][i] * 0 != 0 && x[0][i] == x[0][i])
BUILD(isfinite, x[0][i] * 0 == 0)

#define COMPARE(NAME, OP)                                                             \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg)         \
    {                                                                                 \
        return dl_##NAME##_scalar(in[0], 4);                                          \
    }                                                                                 \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        int64_t dim[DL_MAX_RANK], n = 1;                                              \
        for (int i = op_sizes(c->in[0].dims, dim); i-- > 0;) n *= dim[i];             \
        for (int64_t i = 0; i < n; i++) y[i] = x[0][i] OP 4;                          \
    }
COMPARE(eq, ==)
COMPARE(ne, !=)
COMPARE(lt, <)
COMPARE(le, <=)
COMPARE(gt, >)
COMPARE(ge, >=)

static const double kinds[OP_POOL] = {
    0.75, INFINITY, -2.5, NAN, 1.125, -INFINITY, 0, -0.0, NAN, 3e38, -1e-40, 1, INFINITY, 2, NAN,
};
static const double whole[OP_POOL] = { 1, 0, 3, 100, 7, 2, 0, 255, 5, 4, 1, 9 };

#define CASES(NAME)                                                                               \
    OP_CASE(#NAME, "rank 0", build_##NAME, (OP_X("", "", kinds + 1)), "", "",                     \
            .reference = NAME##_reference, .flags = OP_ANY_DTYPE, .result = DL_U8),               \
        OP_CASE(#NAME, "matrix", build_##NAME, (OP_X("34", "", kinds)), "34", "",                 \
                .reference = NAME##_reference, .flags = OP_ANY_DTYPE, .result = DL_U8),           \
        OP_CASE(#NAME, "labels CBT", build_##NAME, (OP_X("232", "CBT", kinds + 2)), "232", "CBT", \
                .reference = NAME##_reference, .flags = OP_ANY_DTYPE, .result = DL_U8),           \
        OP_CASE(#NAME, "i32", build_##NAME, (OP_INT(DL_I32, "23", "", whole)), "23", "",          \
                .reference = NAME##_reference, .flags = OP_ANY_DTYPE, .result = DL_U8),           \
        OP_CASE(#NAME, "i64", build_##NAME, (OP_INT(DL_I64, "4", "B", whole)), "4", "B",          \
                .reference = NAME##_reference, .flags = OP_ANY_DTYPE, .result = DL_U8),           \
        OP_CASE(#NAME, "u8", build_##NAME, (OP_INT(DL_U8, "23", "", whole)), "23", "",            \
                .reference = NAME##_reference, .flags = OP_ANY_DTYPE, .result = DL_U8)

#define INTEGERS(NAME)                                                                             \
    OP_CASE(#NAME "_scalar", "i32", build_##NAME, (OP_INT(DL_I32, "34", "CB", whole)), "34", "CB", \
            .reference = NAME##_reference, .flags = OP_ANY_DTYPE, .result = DL_U8),                \
        OP_CASE(#NAME "_scalar", "i64", build_##NAME, (OP_INT(DL_I64, "34", "", whole)), "34", "", \
                .reference = NAME##_reference, .flags = OP_ANY_DTYPE, .result = DL_U8),            \
        OP_CASE(#NAME "_scalar", "u8", build_##NAME, (OP_INT(DL_U8, "", "", whole + 8)), "", "",   \
                .reference = NAME##_reference, .flags = OP_ANY_DTYPE, .result = DL_U8)

static const op_case cases[] = { INTEGERS(eq), INTEGERS(ne), INTEGERS(lt),
                                 INTEGERS(le), INTEGERS(gt), INTEGERS(ge),
                                 CASES(isnan), CASES(isinf), CASES(isfinite) };
const op_table op_predicate = OP_TABLE(cases);

OP_TESTS(predicate)

/* Against the classes of libm. */
TEST(predicate, special_numbers_are_told_apart)
{
    static const double special[] = {
        0,
        5e-324,
        1e-310,
        2.2250738585072014e-308,
        1e-45,
        1e-40,
        1.17549435e-38,
        1e-20,
        1,
        1.5,
        255,
        1e9,
        16777217,
        3.4e38,
        3.5e38,
        1e39,
        1e300,
        1.7976931348623157e308,
        INFINITY,
        NAN,
    };
    enum { N = 2 * sizeof special / sizeof *special };
    for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_new((dl_dtype)dtype, NULL, DL_DIMS(N));
        double x[N];
        for (int i = 0; i < N; i++) {
            double v = i % 2 ? -special[i / 2] : special[i / 2];
            dl_array_set(a, DL_DIMS(i), v);
            x[i] = dtype == DL_F32 ? (double)(float)v : v;
        }
        dl_val v = dl_leaf(t, a);
        const uint8_t *nan = dl_data(dl_isnan(v)), *inf = dl_data(dl_isinf(v));
        const uint8_t *finite = dl_data(dl_isfinite(v));
        REQUIRE(nan && inf && finite);
        for (int i = 0; i < N; i++) {
            int kind = fpclassify(x[i]);
            CHECK_MSG(nan[i] == (kind == FP_NAN) && inf[i] == (kind == FP_INFINITE)
                          && finite[i] == (kind != FP_NAN && kind != FP_INFINITE),
                      "%s %a: nan %d, inf %d, finite %d", dl_dtype_name((dl_dtype)dtype), x[i],
                      nan[i], inf[i], finite[i]);
        }
        dl_tape_free(t);
        dl_array_free(a);
    }
}

/* An integer is compared with what its dtype holds, at both ends too. */
TEST(predicate, numbers_that_an_integer_cannot_hold_are_rejected)
{
    static const struct {
        dl_dtype dtype;
        double number;
        dl_status status;
    } rows[] = {
        { DL_I32, -0x1p31, DL_OK },      { DL_I32, 0x1p31 - 1, DL_OK },
        { DL_I32, 0x1p31, DL_EARG },     { DL_I32, -0x1p31 - 1, DL_EARG },
        { DL_I32, 0.5, DL_EARG },        { DL_I32, NAN, DL_EARG },
        { DL_I32, INFINITY, DL_EARG },   { DL_I32, -0.0, DL_OK },
        { DL_I64, -0x1p63, DL_OK },      { DL_I64, 0x1p63 - 1024, DL_OK },
        { DL_I64, 0x1p63, DL_EARG },     { DL_I64, -0x1.0000000000001p63, DL_EARG },
        { DL_I64, 0x1p52 + 0.5, DL_OK }, { DL_I64, 0x1p51 + 0.5, DL_EARG },
        { DL_I64, -INFINITY, DL_EARG },  { DL_U8, 0, DL_OK },
        { DL_U8, 255, DL_OK },           { DL_U8, 256, DL_EARG },
        { DL_U8, -1, DL_EARG },          { DL_U8, 1e300, DL_EARG },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_new(rows[i].dtype, NULL, DL_DIMS(2));
        if (!rows[i].status) dl_array_set(a, DL_DIMS(0), rows[i].number);
        dl_val x = dl_leaf(t, a), equal = dl_eq_scalar(x, rows[i].number);
        CHECK_INT(dl_tape_status(t), rows[i].status);
        if (!rows[i].status) {
            const uint8_t *y = dl_data(equal);
            REQUIRE(y);
            CHECK_INT(y[0], 1);
            CHECK_INT(y[1], rows[i].number == 0);
        }
        dl_tape_free(t);
        dl_array_free(a);
    }
}
