/* derivatives.c: gradients of gradients, seeds, directions, Jacobians. */
#include "tests/harness/test.h"

#include "autodiff/autodiff.h"
#include "ops/ops.h"

static dl_val input(dl_tape *t, dl_array **keep, const double *x, int n)
{
    *keep = dl_array_new(DL_F64, NULL, DL_DIMS(n));
    double *to = dl_array_write(*keep);
    for (int i = 0; i < n; i++) to[i] = x[i];
    return dl_leaf(t, *keep);
}

/* 100 (x2 - x1^2)^2 + (1 - x1)^2 */
static dl_val rosenbrock(dl_val x)
{
    dl_val x1 = dl_slice(x, "0", 0, 1), x2 = dl_slice(x, "0", 1, 2);
    return dl_add(dl_scale(dl_square(dl_sub(x2, dl_square(x1))), 100),
                  dl_square(dl_shift(dl_neg(x1), 1)));
}

TEST(derivatives, of_rosenbrock_are_the_published_ones)
{
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = input(t, &a, (double[]){ -1, 2 }, 2), f = rosenbrock(x), g;
    double gradient[2], hessian[4];
    dl_grad(f, &x, 1, &g);
    dl_val h = dl_hessian(f, x);
    dl_eval(t, DL_VALS(f, g, h));
    CHECK_CLOSE(dl_item(f), 104, 0);
    dl_read(g, gradient, sizeof gradient);
    dl_read(h, hessian, sizeof hessian);
    check_doubles("gradient", gradient, ((double[]){ 396, 200 }), 2, 0);
    check_doubles("Hessian", hessian, ((double[]){ 402, 400, 400, 200 }), 4, 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(derivatives, of_a_value_used_twice_are_summed)
{
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = input(t, &a, (double[]){ 3 }, 1), g;
    dl_grad(dl_add(dl_mul(x, x), dl_mul(x, dl_exp(x))), &x, 1, &g);
    CHECK_CLOSE(dl_item(g), 6 + 4 * 20.085536923187668, 1e-15);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(derivatives, of_a_value_that_is_not_on_the_path_are_zero)
{
    dl_tape *t = dl_tape_new();
    dl_array *a, *b;
    dl_val x = input(t, &a, (double[]){ 3 }, 1), other = input(t, &b, (double[]){ 1, 2, 3 }, 3),
           g[3];
    dl_val y = dl_sum(dl_square(x), "all");
    dl_val later = dl_scale(x, 2);
    double zero[3] = { 1, 1, 1 };
    CHECK_INT(dl_grad(y, DL_VALS(other, dl_detach(x), later), g), DL_OK);
    dl_read(g[0], zero, sizeof zero);
    check_doubles("gradient", zero, ((double[]){ 0, 0, 0 }), 3, 0);
    CHECK_CLOSE(dl_item(g[1]), 0, 0);
    CHECK_CLOSE(dl_item(g[2]), 0, 0);
    dl_array_free(a);
    dl_array_free(b);
    dl_tape_free(t);
}

TEST(derivatives, stop_at_a_detached_value)
{
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = input(t, &a, (double[]){ 3 }, 1), g;
    dl_grad(dl_mul(dl_detach(x), x), &x, 1, &g);
    CHECK_CLOSE(dl_item(g), 3, 0);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(derivatives, of_an_intermediate_value_and_of_the_value_itself)
{
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = input(t, &a, (double[]){ 3 }, 1), h = dl_square(x), y = dl_square(h), g[3];
    dl_grad(y, DL_VALS(y, h, x), g);
    CHECK_CLOSE(dl_item(g[0]), 1, 0);
    CHECK_CLOSE(dl_item(g[1]), 18, 0);
    CHECK_CLOSE(dl_item(g[2]), 108, 0);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(derivatives, of_the_fourth_order)
{
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = input(t, &a, (double[]){ 2 }, 1), y = dl_power_scalar(x, 5);
    for (int k = 0; k < 4; k++) dl_grad(dl_sum(y, "all"), &x, 1, &y);
    CHECK_CLOSE(dl_item(y), 240, 1e-14);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(derivatives, with_a_seed_are_weighted_sums_of_rows)
{
    dl_tape *t = dl_tape_new();
    dl_array *a, *b;
    dl_val x = input(t, &a, (double[]){ 1, 2 }, 2), seed = input(t, &b, (double[]){ 10, 100 }, 2),
           g;
    double got[2];
    dl_grad_seeded(dl_mul(dl_sum(x, "0"), x), seed, &x, 1, &g); /* y_i = (x1 + x2) x_i */
    dl_read(g, got, sizeof got);
    check_doubles("J' seed", got, ((double[]){ 10 * 4 + 100 * 2, 10 * 1 + 100 * 5 }), 2, 1e-15);
    CHECK_INT(dl_grad(dl_exp(x), &x, 1, &g), DL_ESHAPE);
    CHECK_HAS(dl_tape_message(t), "grad: the value to differentiate is (2), not one element");
    dl_array_free(a);
    dl_array_free(b);
    dl_tape_free(t);
}

TEST(derivatives, a_jvp_is_the_jacobian_times_the_direction)
{
    dl_tape *t = dl_tape_new();
    dl_array *a, *b;
    dl_val x = input(t, &a, (double[]){ 1, 2, 3 }, 3), v = input(t, &b, (double[]){ 1, -1, 2 }, 3);
    dl_val y = dl_mul(dl_sum(x, "0"), dl_slice(x, "0", 0, 2)); /* (2) of (3) */
    dl_val jv = dl_jvp(y, &x, &v, 1), j = dl_jacobian(y, x), tall = dl_jacobian(dl_exp(y), y);
    double got[2], jacobian[6], want[6] = { 7, 1, 1, 2, 8, 2 };
    dl_eval(t, DL_VALS(jv, j, tall));
    dl_read(jv, got, sizeof got);
    dl_read(j, jacobian, sizeof jacobian);
    check_doubles("Jacobian", jacobian, want, 6, 1e-15);
    check_doubles("J v", got, ((double[]){ 7 - 1 + 2, 2 - 8 + 4 }), 2, 1e-15);
    CHECK_INT(dl_size(tall, 0), 2);
    CHECK_STR(dl_tape_message(t), "");
    dl_array_free(a);
    dl_array_free(b);
    dl_tape_free(t);
}

TEST(derivatives, a_tall_jacobian_is_made_of_columns)
{
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = input(t, &a, (double[]){ 2 }, 1);
    dl_val y = dl_mul(dl_expand(x, DL_DIMS(3)), dl_expand(dl_square(x), DL_DIMS(3)));
    dl_val j = dl_jacobian(y, x);
    double got[3];
    CHECK_INT(dl_size(j, 0), 3);
    CHECK_INT(dl_size(j, 1), 1);
    dl_read(j, got, sizeof got);
    check_doubles("Jacobian", got, ((double[]){ 12, 12, 12 }), 3, 1e-15);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(derivatives, an_hvp_is_the_hessian_times_the_direction)
{
    dl_tape *t = dl_tape_new();
    dl_array *a, *b;
    dl_val x = input(t, &a, (double[]){ -1, 2 }, 2), v = input(t, &b, (double[]){ 1, 3 }, 2), hv;
    double got[2];
    CHECK_INT(dl_hvp(rosenbrock(x), &x, &v, 1, &hv), DL_OK);
    dl_read(hv, got, sizeof got);
    check_doubles("H v", got, ((double[]){ 402 + 1200, 400 + 600 }), 2, 0);
    dl_array_free(a);
    dl_array_free(b);
    dl_tape_free(t);
}

TEST(derivatives, of_views_go_where_the_elements_came_from)
{
    dl_tape *t = dl_tape_new();
    double data[6] = { 1, 2, 3, 4, 5, 6 }, got[6];
    dl_array *a = dl_array_wrap(data, DL_F64, "CB", DL_DIMS(2, 3));
    dl_val x = dl_leaf(t, a), weight = dl_reshape(dl_stripdims(x), DL_DIMS(6)), g[4];
    dl_val stripped =
        dl_sum(dl_mul(dl_reshape(dl_stripdims(x), DL_DIMS(6)), dl_detach(weight)), "0");
    dl_val turned = dl_transpose(dl_stripdims(x));
    dl_val corner = dl_sum(dl_square(dl_slice(turned, "0", 1, 3)), "all");
    dl_val row = dl_slice(dl_stripdims(x), "0", 0, 1);
    dl_val grown = dl_sum(dl_expand(row, DL_DIMS(4, 3)), "all");
    dl_grad(stripped, &x, 1, &g[0]);
    dl_grad(corner, &x, 1, &g[1]);
    dl_grad(grown, &x, 1, &g[2]);
    CHECK_STR(dl_dims(g[0]), "CB");
    dl_eval(t, g, 3);
    dl_read(g[0], got, sizeof got);
    check_doubles("stripped", got, data, 6, 0);
    dl_read(g[1], got, sizeof got);
    check_doubles("sliced", got, ((double[]){ 0, 4, 6, 0, 10, 12 }), 6, 0);
    dl_read(g[2], got, sizeof got);
    check_doubles("expanded", got, ((double[]){ 4, 4, 4, 0, 0, 0 }), 6, 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_array_free(a);
    dl_tape_free(t);
}
