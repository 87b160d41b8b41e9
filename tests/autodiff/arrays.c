/* arrays.c: dl_array: labels, strides, versions, and errors that it carries. */
#include "tests/harness/test.h"

#include "autodiff/autodiff.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

TEST(arrays, axes_are_sorted_into_scbtu_by_strides)
{
    float data[24];
    for (int i = 0; i < 24; i++) data[i] = (float)i;
    dl_array *a = dl_array_wrap(data, DL_F32, "TCB", DL_DIMS(2, 3, 4));
    CHECK_STR(dl_array_dims(a), "CBT");
    CHECK_INT(dl_array_size(a, 0), 3);
    CHECK_INT(dl_array_size(a, 1), 4);
    CHECK_INT(dl_array_size(a, 2), 2);
    CHECK_INT(dl_array_stride(a, 0), 4);
    CHECK_INT(dl_array_stride(a, 1), 1);
    CHECK_INT(dl_array_stride(a, 2), 12);
    CHECK_INT(dl_array_finddim(a, 'T'), 2);
    CHECK_INT(dl_array_finddim(a, 'S'), -1);
    CHECK_CLOSE(dl_array_get(a, DL_DIMS(1, 2, 1)), 12 + 4 + 2, 0);
    CHECK(dl_array_data(a) == data);
    dl_array_free(a);
}

TEST(arrays, spatial_and_unspecified_labels_keep_their_order)
{
    double data[120];
    dl_array *a = dl_array_wrap(data, DL_F64, "UCSUS", DL_DIMS(1, 2, 3, 4, 5));
    CHECK_STR(dl_array_dims(a), "SSCUU");
    for (int k = 0; k < 5; k++) CHECK_INT(dl_array_size(a, k), ((int[]){ 3, 5, 2, 1, 4 })[k]);
    dl_array_free(a);
}

TEST(arrays, eight_labels_fit)
{
    dl_array *a = dl_array_new(DL_U8, "SSSSCBTU", DL_DIMS(1, 1, 1, 1, 1, 1, 1, 1));
    CHECK_STR(dl_array_dims(a), "SSSSCBTU");
    dl_array_free(a);
}

static void expect(dl_array *a, dl_status status, const char *part)
{
    CHECK_INT(dl_array_status(a), status);
    CHECK_HAS(dl_array_message(a), part);
    CHECK(dl_array_data(a) == NULL && dl_array_write(a) == NULL);
    CHECK_INT(dl_array_fill(a, 1), status);
    dl_tape *t = dl_tape_new();
    dl_leaf(t, a);
    CHECK_INT(dl_tape_status(t), status);
    CHECK_HAS(dl_tape_message(t), part);
    dl_tape_free(t);
    dl_array_free(a);
}

TEST(arrays, errors_are_carried_to_the_tape)
{
    float x[4];
    expect(dl_array_new(DL_F32, "CC", DL_DIMS(2, 2)), DL_ELABEL, "C, B and T may stand once");
    expect(dl_array_new(DL_F32, "CX", DL_DIMS(2, 2)), DL_ELABEL, "letters of SCBTU");
    expect(dl_array_new(DL_F32, "C", DL_DIMS(2, 2)), DL_ELABEL, "one for each axis");
    expect(dl_array_new(DL_F32, "CBT", DL_DIMS(2, 2)), DL_ELABEL, "more labels than axes");
    expect(dl_array_new(DL_F32, NULL, DL_DIMS(2, -2)), DL_ESHAPE, "negative");
    expect(dl_array_new(DL_F32, NULL, 9, (int64_t[9]){ 1 }), DL_ERANK, "rank must be 0 to 8");
    expect(dl_array_new(DL_F32, NULL, 2, NULL), DL_ENULL, "no sizes");
    expect(dl_array_new((dl_dtype)17, NULL, DL_DIMS(2)), DL_EDTYPE, "no such dtype");
    expect(dl_array_new(DL_F64, NULL, DL_DIMS(INT64_MAX, 2)), DL_EOVERFLOW, "overflow");
    expect(dl_array_new(DL_U8, NULL, DL_DIMS(1 << 30, 1 << 30, 16)), DL_EOVERFLOW, "overflow");
    expect(dl_array_wrap(NULL, DL_F32, NULL, DL_DIMS(2)), DL_ENULL, "no data");
    dl_array *scalar = dl_array_wrap(x, DL_F32, NULL, 0, NULL);
    CHECK_INT(dl_array_status(scalar), DL_OK);
    dl_array_free(scalar);
    CHECK_INT(dl_array_status(NULL), DL_ENULL);
    dl_array_free(NULL);
}

TEST(arrays, every_write_bumps_the_version)
{
    dl_array *a = dl_array_new(DL_I32, NULL, DL_DIMS(2, 3));
    uint64_t v = dl_array_version(a);
    CHECK_INT(dl_array_set(a, DL_DIMS(1, 2), 7), DL_OK);
    CHECK(dl_array_version(a) > v);
    v = dl_array_version(a);
    CHECK_INT(dl_array_set(a, DL_DIMS(2, 0), 7), DL_EARG);
    CHECK_INT(dl_array_set(a, DL_DIMS(1), 7), DL_EARG);
    CHECK_INT(dl_array_version(a), v);
    CHECK_CLOSE(dl_array_get(a, DL_DIMS(1, 2)), 7, 0);
    CHECK(isnan(dl_array_get(a, DL_DIMS(0, 3))));
    dl_array_fill(a, -3.9);
    CHECK_CLOSE(dl_array_get(a, DL_DIMS(0, 0)), -3, 0);
    CHECK(dl_array_version(a) > v);
    dl_array_free(a);
}

TEST(arrays, integers_saturate)
{
    dl_array *a = dl_array_new(DL_U8, NULL, DL_DIMS(1)),
             *b = dl_array_new(DL_I64, NULL, DL_DIMS(1));
    dl_array_fill(a, 300);
    CHECK_CLOSE(dl_array_get(a, DL_DIMS(0)), 255, 0);
    dl_array_fill(a, (double)NAN);
    CHECK_CLOSE(dl_array_get(a, DL_DIMS(0)), 0, 0);
    dl_array_fill(b, 1e30);
    CHECK(*(const int64_t *)dl_array_data(b) == INT64_MAX);
    dl_array_free(a);
    dl_array_free(b);
}

TEST(arrays, a_scalar_array_and_an_empty_one_are_values)
{
    dl_tape *t = dl_tape_new();
    dl_array *s = dl_array_new(DL_F64, NULL, 0, NULL),
             *e = dl_array_new(DL_F64, "CB", DL_DIMS(3, 0));
    dl_array_fill(s, 4);
    CHECK_CLOSE(dl_item(dl_sqrt(dl_leaf(t, s))), 2, 0);
    dl_val x = dl_leaf(t, e);
    CHECK_INT(dl_numel(x), 0);
    CHECK_CLOSE(dl_item(dl_sum(dl_exp(x), "all")), 0, 0);
    CHECK_INT(dl_read(x, NULL, 0), DL_OK);
    CHECK_STR(dl_tape_message(t), "");
    dl_array_free(s);
    dl_array_free(e);
    dl_tape_free(t);
}
