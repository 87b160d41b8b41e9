/* gradcheck.c: the gradient check finds wrong derivatives, and does not cry wolf. */
#include "tests/harness/test.h"

#include "autodiff/op.h"
#include "ops/ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- an op whose derivative is wrong as told ------------------------------------------------- */

typedef enum fault { NONE, SIGN, TWICE, SLIGHT, ZERO, NOT_A_NUMBER, FAULTS } fault;
static fault now;

static void same(dl_infer *c) { c->same = 0; }

static void cube_eval(const dl_call *c)
{
    const double *x = dl_operand(c, 0);
    double *y = dl_result(c);
    for (int64_t i = 0; i < dl_result_layout(c)->shape.numel; i++) y[i] = x[i] * x[i] * x[i];
}

static dl_val cube_vjp(const dl_node *y, int i, dl_val g)
{
    static const double factor[FAULTS] = { 3, -3, 6, 3 * 1.00001, 0, (double)NAN };
    return dl_mul(g, dl_scale(dl_square(dl_in(y, i)), factor[now]));
}

static const dl_op cube = {
    .name = "cube",
    .nin = 1,
    .infer = same,
    .eval = { { cube_eval, cube_eval }, { cube_eval, cube_eval }, { cube_eval, cube_eval } },
    .vjp = cube_vjp,
};

static dl_array *some(int n)
{
    dl_array *a = dl_array_new(DL_F64, "C", DL_DIMS(n));
    for (int i = 0; i < n; i++) dl_array_set(a, DL_DIMS(i), 0.5 + i);
    dl_array_set_name(a, "x");
    return a;
}

TEST(gradcheck, fails_for_every_kind_of_wrong_derivative)
{
    for (now = NONE; now < FAULTS; now++) {
        dl_tape *t = dl_tape_new();
        dl_array *a = some(3);
        dl_val x = dl_leaf(t, a), y = dl_sum(dl_record(NULL, &cube, NULL, &x), "all");
        dl_check_report r;
        CHECK_INT(dl_gradcheck(y, &x, 1, NULL, &r), DL_OK);
        CHECK_MSG(r.verdict == (now == NONE ? DL_PASS : DL_FAIL), "fault %d: verdict %d", now,
                  r.verdict);
        CHECK_INT(r.inputs[0].failed, now == NONE ? 0 : 3);
        CHECK_STR(r.inputs[0].name, "x");
        if (now == SIGN) CHECK_CLOSE(r.inputs[0].analytic, -r.inputs[0].numeric, 1e-9);
        dl_check_report_free(&r);
        dl_array_free(a);
        dl_tape_free(t);
    }
}

TEST(gradcheck, names_the_worst_element)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = some(5);
    dl_val x = dl_leaf(t, a), third = dl_slice(x, "C", 3, 4);
    dl_val y = dl_add(dl_sum(dl_square(x), "all"), dl_detach(dl_sum(third, "all")));
    dl_check_report r;
    dl_gradcheck(y, &x, 1, NULL, &r);
    CHECK_INT(r.verdict, DL_FAIL);
    CHECK_INT(r.inputs[0].failed, 1);
    CHECK_INT(r.inputs[0].worst[0], 3);
    CHECK_CLOSE(r.inputs[0].analytic, 7, 0);
    CHECK_CLOSE(r.inputs[0].numeric, 8, 1e-9);
    dl_check_report_free(&r);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(gradcheck, passes_beside_a_kink_but_not_at_it)
{
    dl_tape *t = dl_tape_new();
    double data[3] = { 1e-4, -1, 1 };
    dl_array *a = dl_array_wrap(data, DL_F64, NULL, DL_DIMS(3)), *zero = some(1);
    dl_array_fill(zero, 0);
    dl_val x = dl_leaf(t, a), z = dl_leaf(t, zero);
    dl_check_report r;
    /* Beside the kink the step is refined until it does not meet it. */
    CHECK_INT(dl_gradcheck(dl_sum(dl_relu(x), "all"), &x, 1, NULL, &r), DL_OK);
    CHECK_INT(r.verdict, DL_PASS);
    dl_check_report_free(&r);
    dl_gradcheck(dl_sum(dl_mul(dl_relu(z), dl_shift(z, 1)), "all"), &z, 1, NULL, &r);
    CHECK(r.verdict != DL_PASS);
    dl_check_report_free(&r);
    dl_array_free(a);
    dl_array_free(zero);
    dl_tape_free(t);
}

TEST(gradcheck, holds_over_scales_of_inputs)
{
    static const double at[] = { 1e-6, 1e-3, 1, 1e3, 1e6 };
    dl_tape *t = dl_tape_new();
    for (int k = 0; k < 5; k++) {
        dl_tape_reset(t);
        dl_array *a = dl_array_wrap((double[]){ at[k], 2 * at[k] }, DL_F64, NULL, DL_DIMS(2));
        dl_val x = dl_leaf(t, a);
        dl_check_report r;
        dl_gradcheck(dl_sum(dl_square(x), "all"), &x, 1, NULL, &r);
        CHECK_MSG(r.verdict == DL_PASS, "at %g: verdict %d, error %g", at[k], r.verdict,
                  r.inputs[0].error);
        dl_check_report_free(&r);
        dl_array_free(a);
    }
    dl_tape_free(t);
}

TEST(gradcheck, replays_f32_in_f64_and_tells_how_far_f32_is)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, "CB", DL_DIMS(3, 4));
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) dl_array_set(a, DL_DIMS(i, j), sin(i + 2 * j));
    dl_val x = dl_leaf(t, a);
    dl_val y = dl_norm_fro(dl_add(dl_tanh(dl_scale(x, 0.1)), dl_eye(t, DL_F32, 3)));
    CHECK_INT(dl_tape_status(t), DL_ESHAPE);
    dl_tape_reset(t);
    x = dl_leaf(t, a);
    y = dl_norm_fro(dl_add(dl_tanh(dl_scale(dl_slice(x, "B", 0, 3), 0.1)), dl_eye(t, DL_F32, 3)));
    dl_check_report r;
    CHECK_INT(dl_gradcheck(y, &x, 1, NULL, &r), DL_OK);
    CHECK_INT(r.verdict, DL_PASS);
    CHECK(r.inputs[0].f32_distance > 0 && r.inputs[0].f32_distance < 1e-5);
    CHECK_STR(r.inputs[0].labels, "CB");
    CHECK_INT(r.inputs[0].dims[1], 4);
    dl_check_report_free(&r);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(gradcheck, takes_inputs_that_are_no_leaves_large_ones_and_some_elements_only)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = some(2000); /* borrowed */
    dl_val x = dl_leaf(t, a), h = dl_exp(dl_scale(x, -0.001)), unused = dl_square(h), g;
    dl_val y = dl_mean(dl_mul(h, h), "all");
    dl_check_report r;
    dl_check_options o = { .elements = 10 };
    CHECK_INT(dl_gradcheck(y, DL_VALS(x, h, unused, y), &o, &r), DL_OK);
    CHECK_INT(r.verdict, DL_PASS);
    CHECK_INT(r.inputs[0].checked, 10);
    CHECK_INT(r.inputs[1].checked, 10);
    CHECK_INT(r.inputs[3].checked, 1);
    CHECK_CLOSE(dl_array_get(a, DL_DIMS(1999)), 1999.5, 0);
    CHECK_INT(dl_grad(y, &x, 1, &g), DL_OK);
    dl_check_report_free(&r);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(gradcheck, prints_a_table)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = some(3);
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    dl_val x = dl_leaf(t, a);
    dl_check_report r;
    now = SIGN;
    dl_gradcheck(dl_sum(dl_record(NULL, &cube, NULL, &x), "all"), &x, 1, NULL, &r);
    CHECK_INT(dl_check_report_print(&r, f), DL_OK);
    fclose(f);
    CHECK_HAS(text, "gradient check: FAIL");
    CHECK_HAS(text, "(3 C)");
    CHECK_HAS(text, "3 failed");
    CHECK_INT(dl_check_report_print(NULL, stdout), DL_ENULL);
    dl_check_report_free(&r);
    dl_check_report_free(NULL);
    free(text);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(gradcheck, rejects_what_it_cannot_check)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = some(3);
    dl_check_report r;
    dl_val x = dl_leaf(t, a);
    CHECK_INT(dl_gradcheck(dl_exp(x), &x, 1, NULL, &r), DL_ESHAPE);
    CHECK_HAS(dl_tape_message(t), "gradcheck: the value to differentiate is (3 C)");
    dl_check_report_free(&r);
    dl_tape_reset(t);
    x = dl_leaf(t, a);
    CHECK_INT(dl_gradcheck(dl_sum(x, "all"), &x, 1, NULL, NULL), DL_ENULL);
    dl_tape_reset(t);
    x = dl_leaf(t, a);
    dl_check_options o = { .rtol = -1 };
    CHECK_INT(dl_gradcheck(dl_sum(x, "all"), &x, 1, &o, &r), DL_EARG);
    CHECK_INT(dl_gradcheck((dl_val){ 0 }, NULL, 0, NULL, &r), DL_ENULL);
    dl_array_free(a);
    dl_tape_free(t);
}
