/* create_cases.c: new values. The input of a case gives its dtype, or sizes, and no gradient. */
#include "driver.h"

static dl_val build_zeros(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_zeros(t, dl_dtype_of(in[0]), DL_DIMS(2, 3));
}
static dl_val build_ones(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_ones(t, dl_dtype_of(in[0]), DL_DIMS(2, 3));
}
static dl_val build_full(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_full(t, dl_dtype_of(in[0]), 2.5, DL_DIMS(2, 3));
}
static dl_val build_full_rank_0(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_full(t, dl_dtype_of(in[0]), 2.5, 0, NULL);
}
static dl_val build_eye(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_eye(t, dl_dtype_of(in[0]), 3);
}
static dl_val build_zeros_like(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_zeros_like(in[0]);
}
static dl_val build_ones_like(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_ones_like(in[0]);
}
static dl_val build_eye_like(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_eye_like(in[0]);
}
/* New values among others: x (I + 1) - 2.5. */
static dl_val build_mixed(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_dtype dtype = dl_dtype_of(in[0]);
    dl_val m = dl_add(dl_eye(t, dtype, 3), dl_ones(t, dtype, DL_DIMS(3, 3)));
    return dl_sub(dl_matmul(in[0], m), dl_full(t, dtype, 2.5, DL_DIMS(2, 3)));
}

static const double zeros[12] = { 0 }, ones[12] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
static const double halves[6] = { 2.5, 2.5, 2.5, 2.5, 2.5, 2.5 };
static const double identity[9] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };

static void mixed_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 6; i++) {
        const double *row = x[0] + i / 3 * 3;
        y[i] = x[0][i] + row[0] + row[1] + row[2] - 2.5;
    }
}

#define LIKE(NAME, X, L, WANT, FLAGS)                                                     \
    OP_CASE(#NAME, "like " X L, build_##NAME, (OP_X(X, L, op_mixed)), X, L, .want = WANT, \
            .flags = FLAGS)
#define NEW(NAME, Y, WANT)                                                                  \
    OP_CASE(#NAME, "(" Y ")", build_##NAME, (OP_X("2", "", op_mixed)), Y, "", .want = WANT, \
            .flags = OP_FIXED | OP_COMPOSED)

static const op_case cases[] = {
    NEW(zeros, "23", zeros),
    NEW(ones, "23", ones),
    NEW(full, "23", halves),
    NEW(full_rank_0, "", halves),
    NEW(eye, "33", identity),
    LIKE(zeros_like, "34", "CB", zeros, OP_ANY_DTYPE),
    LIKE(zeros_like, "", "", zeros, OP_ANY_DTYPE),
    LIKE(ones_like, "34", "CB", ones, OP_ANY_DTYPE),
    LIKE(ones_like, "223", "", ones, OP_ANY_DTYPE),
    LIKE(eye_like, "33", "", identity, 0),
    OP_CASE("matmul", "eye, ones and full in use", build_mixed, (OP_X("23", "", op_mixed)), "23",
            "", .reference = mixed_reference, .flags = OP_FIXED | OP_COMPOSED),
};
const op_table op_create = OP_TABLE(cases);

OP_TESTS(create)

#define REJECTED(NAME, CALL) \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) { return CALL; }
REJECTED(zeros_huge, dl_zeros(t, DL_F32, DL_DIMS(INT64_MAX)))
REJECTED(zeros_wide, dl_zeros(t, DL_F64, DL_DIMS(INT64_C(1) << 31, INT64_C(1) << 31)))
REJECTED(zeros_empty_but_huge, dl_zeros(t, DL_F64, DL_DIMS(0, INT64_MAX, INT64_MAX)))
REJECTED(ones_huge, dl_ones(t, DL_F32, DL_DIMS(INT64_MAX, 2)))
REJECTED(full_huge, dl_full(t, DL_F64, 1, DL_DIMS(2, INT64_MAX)))
REJECTED(eye_huge, dl_eye(t, DL_F64, INT64_MAX))
REJECTED(eye_wide, dl_eye(t, DL_F64, INT64_C(1) << 31))
REJECTED(zeros_negative, dl_zeros(t, DL_F32, DL_DIMS(2, -1)))
REJECTED(ones_rank_9, dl_ones(t, DL_F32, 9, (const int64_t[9]){ 1 }))
REJECTED(full_without_sizes, dl_full(t, DL_F32, 1, 2, NULL))
REJECTED(eye_negative, dl_eye(t, DL_F32, -1))
REJECTED(eye_i32, dl_eye(t, DL_I32, 3))
REJECTED(full_i32, dl_full(t, DL_I32, 3, DL_DIMS(2)))
REJECTED(zeros_no_dtype, dl_zeros(t, (dl_dtype)77, DL_DIMS(2)))

TEST(create, sizes_that_cannot_be_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("zeros", build_zeros_huge, NULL, (OP_X(NULL, NULL, NULL)), DL_EOVERFLOW, "overflow"),
        OP_BAD("zeros", build_zeros_wide, NULL, (OP_X(NULL, NULL, NULL)), DL_EOVERFLOW, "overflow"),
        OP_BAD("zeros", build_zeros_empty_but_huge, NULL, (OP_X(NULL, NULL, NULL)), DL_EOVERFLOW,
               "overflow"),
        OP_BAD("ones", build_ones_huge, NULL, (OP_X(NULL, NULL, NULL)), DL_EOVERFLOW, "overflow"),
        OP_BAD("full", build_full_huge, NULL, (OP_X(NULL, NULL, NULL)), DL_EOVERFLOW, "overflow"),
        OP_BAD("eye", build_eye_huge, NULL, (OP_X(NULL, NULL, NULL)), DL_EOVERFLOW, "overflow"),
        OP_BAD("eye", build_eye_wide, NULL, (OP_X(NULL, NULL, NULL)), DL_EOVERFLOW, "overflow"),
        OP_BAD("zeros", build_zeros_negative, NULL, (OP_X(NULL, NULL, NULL)), DL_ESHAPE,
               "size -1 of axis 1"),
        OP_BAD("ones", build_ones_rank_9, NULL, (OP_X(NULL, NULL, NULL)), DL_ERANK, "rank 9"),
        OP_BAD("full", build_full_without_sizes, NULL, (OP_X(NULL, NULL, NULL)), DL_ENULL,
               "no sizes"),
        OP_BAD("eye", build_eye_negative, NULL, (OP_X(NULL, NULL, NULL)), DL_ESHAPE, "size -1"),
        OP_BAD("eye", build_eye_i32, NULL, (OP_X(NULL, NULL, NULL)), DL_EDTYPE,
               "i32 does not compute"),
        OP_BAD("full", build_full_i32, NULL, (OP_X(NULL, NULL, NULL)), DL_EDTYPE,
               "i32 does not compute"),
        OP_BAD("zeros", build_zeros_no_dtype, NULL, (OP_X(NULL, NULL, NULL)), DL_EDTYPE,
               "? does not compute"),
        OP_BAD("eye_like", build_eye_like, NULL, (OP_X("34", "", NULL)), DL_ESHAPE,
               "(3,4) is no square matrix"),
        OP_BAD("eye_like", build_eye_like, NULL, (OP_X("3", "", NULL)), DL_ESHAPE, "(3)"),
    };
    OP_REJECTS(bad);
}

TEST(create, arrays_of_overflowing_sizes_carry_an_error)
{
    static const int64_t sizes[][2] = {
        { INT64_MAX, 1 }, { INT64_MAX, 2 }, { 0, INT64_MAX }, { INT64_C(1) << 31, INT64_C(1) << 32 }
    };
    for (int dtype = 0; dtype < DL_NDTYPE; dtype++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            if (dl_dtype_size((dl_dtype)dtype) == 1 && sizes[i][0] != 0 && i != 1 && i != 0)
                continue;
            dl_array *a = dl_array_new((dl_dtype)dtype, NULL, 2, sizes[i]);
            dl_status s = dl_array_status(a);
            CHECK_MSG(s == DL_EOVERFLOW || dl_array_numel(a) == 0, "%s (%lld,%lld): got %s",
                      dl_dtype_name((dl_dtype)dtype), (long long)sizes[i][0],
                      (long long)sizes[i][1], dl_status_name(s));
            dl_array_free(a);
        }
}

TEST(create, a_new_value_takes_no_memory_until_it_is_read)
{
    dl_tape *t = dl_tape_new();
    dl_val huge = dl_zeros(t, DL_F32, DL_DIMS(INT64_C(1) << 40)), y = dl_slice(huge, "0", 7, 9);
    const float *got = dl_data(y);
    CHECK_STR(dl_tape_message(t), "");
    REQUIRE(got);
    CHECK_CLOSE((double)got[1], 0, 0);
    dl_tape_free(t);
}
