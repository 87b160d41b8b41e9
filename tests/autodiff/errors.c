/* errors.c: one error, the first, with op, sizes, labels and place. */
#include "tests/harness/test.h"

#include "autodiff/op.h"
#include "ops/ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static dl_val matrix(dl_tape *t, int rows, int columns)
{
    return dl_ones(t, DL_F64, DL_DIMS(rows, columns));
}

static void expect(dl_tape *t, dl_status status, const char *part)
{
    CHECK_STR(dl_status_name(dl_tape_status(t)), dl_status_name(status));
    CHECK_HAS(dl_tape_message(t), part);
    dl_tape_reset(t);
    CHECK_INT(dl_tape_status(t), DL_OK);
    CHECK_STR(dl_tape_message(t), "");
}

TEST(errors, first_error_is_kept)
{
    dl_tape *t = dl_tape_new();
    dl_val a = matrix(t, 3, 4), b = matrix(t, 5, 6);
    dl_val bad = dl_matmul(a, b);
    size_t nodes = dl_tape_nodes(t);
    dl_val worse = dl_add(a, b);
    CHECK(isnan(dl_item(dl_sum(dl_add(bad, worse), "all"))));
    CHECK_INT(dl_tape_nodes(t), nodes);
    CHECK_INT(dl_eval(t, &a, 1), DL_ESHAPE);
    expect(t, DL_ESHAPE, "matmul: a (3,4), b (5,6): inner sizes 4 and 5 differ [errors.c:");
    CHECK_CLOSE(dl_item(dl_sum(matrix(t, 2, 3), "all")), 6, 0);
    dl_tape_free(t);
}

TEST(errors, name_the_line_of_the_op_that_failed)
{
    dl_tape *t = dl_tape_new();
    char want[64];
    dl_val a = matrix(t, 3, 4);
    int line = __LINE__ + 1;
    dl_val y = dl_exp(dl_add(a, dl_transpose(a)));
    snprintf(want, sizeof want, "[errors.c:%d]", line);
    CHECK_HAS(dl_tape_message(t), want);
    CHECK(isnan(dl_item(y)));
    dl_tape_reset(t);
    a = matrix(t, 3, 4);
    snprintf(want, sizeof want, "[errors.c:%d]", __LINE__ + 1);
    CHECK(isnan(dl_item(a)));
    CHECK_HAS(dl_tape_message(t), want);
    dl_tape_free(t);
}

TEST(errors, after_a_call_that_went_well_name_their_own_line)
{
    dl_tape *t = dl_tape_new();
    char want[64];
    dl_val a = matrix(t, 3, 4), y = dl_sum(a, "all"), g;
    dl_grad(y, &a, 1, &g);
    dl_item(y);
    dl_eval(t, &g, 1);
    snprintf(want, sizeof want, "[errors.c:%d]", __LINE__ + 1);
    dl_matmul(a, a);
    CHECK_HAS(dl_tape_message(t), want);
    dl_tape_reset(t);
    CHECK(isnan(dl_item((dl_val){ t, 9, 0 })));
    dl_tape_reset(t);
    dl_tape_reject(t, DL_EARG, "mine");
    CHECK_STR(dl_tape_message(t), "mine");
    dl_tape_free(t);
}

TEST(errors, show_labels)
{
    dl_tape *t = dl_tape_new();
    dl_val a = dl_label(matrix(t, 4, 10), "CB"), b = dl_label(matrix(t, 4, 3), "CB");
    dl_add(a, b);
    expect(t, DL_ESHAPE, "add: a (4 C, 10 B), b (4 C, 3 B): sizes 10 and 3 of axis 1");
    dl_tape_free(t);
}

TEST(errors, of_handles)
{
    dl_tape *t = dl_tape_new(), *other = dl_tape_new();
    dl_val here = matrix(t, 2, 2), there = matrix(other, 2, 2);
    dl_add(here, there);
    expect(t, DL_ETAPE, "add: the second operand lives on another tape");
    dl_add(dl_exp(here), here);
    expect(t, DL_ESTALE, "exp: the first operand is from before dl_tape_reset");
    dl_add(matrix(t, 2, 2), (dl_val){ 0 });
    expect(t, DL_ENULL, "add: the second operand is an empty handle");
    dl_exp((dl_val){ t, 77, matrix(t, 1, 1).epoch });
    expect(t, DL_ESTALE, "exp: the first operand is no value of this tape");
    CHECK(isnan(dl_item((dl_val){ 0 })));
    CHECK(dl_data((dl_val){ 0 }) == NULL);
    CHECK_INT(dl_read((dl_val){ 0 }, NULL, 0), DL_ENULL);
    CHECK(dl_add((dl_val){ 0 }, (dl_val){ 0 }).tape == NULL);
    CHECK_INT(dl_grad((dl_val){ 0 }, NULL, 0, NULL), DL_ENULL);
    CHECK_INT(dl_tape_status(NULL), DL_ENULL);
    CHECK_INT(dl_eval(NULL, NULL, 0), DL_ENULL);
    CHECK_STR(dl_tape_message(NULL), "tape: null pointer");
    dl_tape_free(NULL);
    dl_tape_reset(NULL);
    dl_tape_free(t);
    dl_tape_free(other);
}

TEST(errors, of_evaluation)
{
    dl_tape *t = dl_tape_new(), *other = dl_tape_new();
    float small[2];
    dl_read(matrix(t, 2, 3), small, sizeof small);
    expect(t, DL_EARG, "read: f64 (2,3) takes 48 bytes, got room for 8");
    dl_item(matrix(t, 2, 3));
    expect(t, DL_ESHAPE, "item: (2,3) has 6 elements, item reads one");
    dl_read(matrix(t, 2, 3), NULL, 48);
    expect(t, DL_ENULL, "read: no memory to read into");
    dl_val foreign = matrix(other, 2, 2);
    dl_eval(t, &foreign, 1);
    expect(t, DL_ETAPE, "eval: the outputs are not of this tape");
    dl_eval(t, NULL, 2);
    expect(t, DL_ENULL, "eval: 2 outputs, but no list of them");
    dl_eval(t, NULL, -1);
    expect(t, DL_EARG, "eval: -1 outputs");
    dl_leaf(t, NULL);
    expect(t, DL_ENULL, "leaf: the array is a null pointer");
    dl_scalar(t, DL_I32, 1);
    expect(t, DL_EDTYPE, "scalar: i32 does not compute");
    dl_tape_free(t);
    dl_tape_free(other);
}

TEST(errors, of_assignments)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(2, 2));
    dl_assign(a, matrix(t, 2, 2));
    expect(t, DL_EDTYPE, "assign: f64 into an array of f32");
    dl_assign(a, dl_ones(t, DL_F32, DL_DIMS(2, 3)));
    expect(t, DL_ESHAPE, "assign: (2,3) into an array of (2,2)");
    dl_assign(NULL, matrix(t, 2, 2));
    expect(t, DL_ENULL, "assign: the array is a null pointer");
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(errors, of_gradients)
{
    dl_tape *t = dl_tape_new(), *other = dl_tape_new();
    dl_val x = matrix(t, 2, 2), y = dl_sum(x, "all"), g[3], foreign = matrix(other, 1, 1);
    dl_grad(y, &foreign, 1, g);
    expect(t, DL_ETAPE, "grad: input 0 is of another tape");
    x = matrix(t, 2, 2);
    dl_grad(dl_sum(x, "all"), &x, 1, NULL);
    expect(t, DL_ENULL, "grad: no room for the gradients");
    x = matrix(t, 2, 2);
    dl_grad(dl_sum(x, "all"), NULL, 3, g);
    expect(t, DL_ENULL, "grad: 3 inputs, but no list of them");
    x = matrix(t, 2, 2);
    dl_grad_seeded(x, dl_transpose(matrix(t, 2, 3)), &x, 1, g);
    expect(t, DL_ESHAPE, "grad_seeded: seed f64 (3,2), value f64 (2,2)");
    x = matrix(t, 2, 2);
    dl_val v = matrix(t, 3, 3);
    dl_jvp(x, &x, &v, 1);
    expect(t, DL_ESHAPE, "jvp: direction 0 is f64 (3,3), its input f64 (2,2)");
    x = matrix(t, 2, 2);
    dl_hessian(x, x);
    expect(t, DL_ESHAPE, "hessian: the value to differentiate is (2,2)");
    dl_tape_free(t);
    dl_tape_free(other);
}

static void opaque_infer(dl_infer *c) { c->same = 0; }

TEST(errors, a_missing_derivative_is_named)
{
    static const dl_op opaque = { .name = "opaque", .nin = 1, .infer = opaque_infer };
    dl_tape *t = dl_tape_new();
    dl_val x = matrix(t, 1, 1), g;
    dl_grad(dl_record(NULL, &opaque, NULL, &x), &x, 1, &g);
    expect(t, DL_EGRAD, "grad: opaque has no derivative");
    x = matrix(t, 1, 1);
    dl_item(dl_record(NULL, &opaque, NULL, &x));
    expect(t, DL_EDTYPE, "eval: opaque has no kernel for f64");
    dl_tape_free(t);
}

TEST(errors, of_the_callers_own_are_kept_like_others)
{
    dl_tape *t = dl_tape_new();
    CHECK_INT(dl_tape_reject(t, DL_EARG, "my loss: lambda %g is negative", -1.0), DL_EARG);
    CHECK_INT(dl_tape_reject(t, DL_ESHAPE, "later"), DL_EARG);
    expect(t, DL_EARG, "my loss: lambda -1 is negative");
    dl_tape_free(t);
}

TEST(errors, overflowing_sizes_are_rejected)
{
    dl_tape *t = dl_tape_new();
    const int64_t huge = INT64_MAX;
    dl_zeros(t, DL_F64, DL_DIMS(huge, huge));
    expect(t, DL_EOVERFLOW, "zeros: the sizes overflow");
    dl_zeros(t, DL_F64, DL_DIMS(huge, 0, 2));
    expect(t, DL_EOVERFLOW, "zeros: the sizes overflow");
    dl_eye(t, DL_F32, (int64_t)1 << 40);
    expect(t, DL_EOVERFLOW, "eye");
    dl_reshape(matrix(t, 2, 2), DL_DIMS(huge, 3));
    expect(t, DL_EOVERFLOW, "reshape");
    dl_matmul(dl_zeros(t, DL_F64, DL_DIMS((int64_t)1 << 40, 1)),
              dl_zeros(t, DL_F64, DL_DIMS(1, (int64_t)1 << 40)));
    expect(t, DL_EOVERFLOW, "matmul: a (1099511627776,1), b (1,1099511627776)");
    dl_tape_free(t);
}

TEST(errors, every_status_has_a_name)
{
    for (int s = 0; s < DL_NSTATUS; s++) CHECK_HAS(dl_status_name((dl_status)s), "DL_");
    CHECK_STR(dl_status_name((dl_status)99), "DL_?");
    CHECK_STR(dl_dtype_name((dl_dtype)99), "?");
}
