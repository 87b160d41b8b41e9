/* cache.c: plans are found, followed, bounded, and made anew only for a reason. */
#include "tests/harness/test.h"

#include "autodiff/autodiff.h"
#include "ops/ops.h"

static double step(dl_tape *t, dl_array *a, double lambda, int power)
{
    dl_tape_reset(t);
    dl_val x = dl_leaf(t, a), y = x, g;
    for (int k = 1; k < power; k++) y = dl_mul(y, x);
    y = dl_sum(dl_scale(y, lambda), "all");
    dl_grad(y, &x, 1, &g);
    dl_eval(t, DL_VALS(y, g));
    return dl_item(y);
}

static dl_array *twos(int n)
{
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(n));
    dl_array_fill(a, 2);
    return a;
}

TEST(cache, changing_lambda_makes_no_new_plan)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = twos(3);
    for (int k = 0; k < 50; k++) CHECK_CLOSE(step(t, a, k * 0.1, 3), 24 * (k * 0.1), 1e-15);
    CHECK_INT(dl_cache_stats(t).misses, 1);
    CHECK_INT(dl_cache_stats(t).followed, 49);
    dl_tape_disable(t, DL_FOLLOW);
    for (int k = 0; k < 50; k++) CHECK_CLOSE(step(t, a, k * 0.1, 3), 24 * (k * 0.1), 1e-15);
    CHECK_INT(dl_cache_stats(t).misses, 2); /* the parts disabled are part of the key */
    CHECK_INT(dl_cache_stats(t).hits, 49);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(cache, another_array_of_the_same_sizes_makes_no_new_plan)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = twos(3), *b = twos(3);
    step(t, a, 1, 3);
    dl_array_fill(b, 3);
    CHECK_CLOSE(step(t, b, 1, 3), 81, 0);
    CHECK_INT(dl_cache_stats(t).misses, 1);
    dl_array_free(a);
    dl_array_free(b);
    dl_tape_free(t);
}

TEST(cache, x_times_x_is_not_x_times_y)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = twos(1), *b = twos(1);
    dl_array_fill(b, 5);
    for (int k = 0; k < 6; k++) {
        dl_tape_reset(t);
        dl_val x = dl_leaf(t, a), y = dl_leaf(t, k % 2 ? a : b);
        CHECK_CLOSE(dl_item(dl_mul(x, y)), k % 2 ? 4 : 10, 0);
    }
    CHECK_INT(dl_cache_stats(t).misses, 2);
    dl_array_free(a);
    dl_array_free(b);
    dl_tape_free(t);
}

TEST(cache, nodes_that_differ_in_attributes_only_are_not_one)
{
    dl_tape *t = dl_tape_new();
    double data[4] = { 1, 2, 4, 8 }, down[4], along[4];
    dl_array *a = dl_array_wrap(data, DL_F64, NULL, DL_DIMS(2, 2));
    for (unsigned off = 0; off <= DL_HASH; off += DL_HASH) {
        dl_tape_reset(t);
        dl_tape_disable(t, off);
        dl_val x = dl_leaf(t, a), y[2] = { dl_center(x, "0"), dl_center(x, "1") };
        dl_eval(t, y, 2);
        dl_read(y[0], down, sizeof down);
        dl_read(y[1], along, sizeof along);
        check_doubles("down", down, ((double[]){ -1.5, -3, 1.5, 3 }), 4, 0);
        check_doubles("along", along, ((double[]){ -0.5, 0.5, -2, 2 }), 4, 0);
    }
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(cache, tells_why_the_last_lookup_missed)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = twos(3), *b = twos(4), *c = dl_array_new(DL_F32, NULL, DL_DIMS(3));
    step(t, a, 1, 2);
    CHECK_STR(dl_cache_stats(t).last_miss, "the first plan");
    step(t, b, 1, 2);
    CHECK_HAS(dl_cache_stats(t).last_miss, "sizes (4), were (3)");
    step(t, c, 1, 2);
    CHECK_HAS(dl_cache_stats(t).last_miss, "f32, was f64");
    step(t, c, 1, 3);
    CHECK_HAS(dl_cache_stats(t).last_miss, "node ");
    dl_tape_reset(t);
    dl_item(dl_exp(dl_sum(dl_leaf(t, c), "all")));
    CHECK_HAS(dl_cache_stats(t).last_miss, "node 0: sum, was mul");
    dl_array_free(a);
    dl_array_free(b);
    dl_array_free(c);
    dl_tape_free(t);
}

TEST(cache, is_bounded_and_drops_the_least_recently_used)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = twos(2);
    dl_cache_limit(t, 3);
    for (int round = 0; round < 3; round++)
        for (int power = 2; power < 12; power++) {
            CHECK_CLOSE(step(t, a, 1, power), 2 * (double)(1 << power), 0);
            CHECK(dl_cache_stats(t).plans <= 3);
        }
    CHECK_INT(dl_cache_stats(t).misses, 30);
    CHECK_INT(dl_cache_stats(t).evictions, 27);
    step(t, a, 1, 10);
    step(t, a, 1, 11);
    CHECK_INT(dl_cache_stats(t).misses, 30);
    dl_cache_clear(t);
    CHECK_INT(dl_cache_stats(t).plans, 0);
    CHECK_INT(dl_cache_stats(t).bytes, 0);
    CHECK_CLOSE(step(t, a, 1, 11), 4096, 0);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(cache, alternating_structures_are_found_by_key)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = twos(2);
    for (int k = 0; k < 40; k++) CHECK_CLOSE(step(t, a, 1, 2 + k % 2), k % 2 ? 16 : 8, 0);
    CHECK_INT(dl_cache_stats(t).misses, 2);
    CHECK_INT(dl_cache_stats(t).hits, 38);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(cache, a_dropped_plan_is_not_followed)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = twos(2);
    for (int k = 0; k < 10; k++) {
        CHECK_CLOSE(step(t, a, 1, 3), 16, 0);
        if (k % 3 == 0) dl_cache_clear(t);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(cache, structures_without_end_do_not_fill_the_memory)
{
    dl_tape *t = dl_tape_new();
    double sum = 0;
    for (int n = 1; n < 8000; n++) {
        dl_tape_reset(t);
        sum += dl_item(
            dl_sum(dl_expand(dl_scalar(t, DL_F64, 1), DL_DIMS(n % 97 + 1, n / 97 + 1)), "all"));
    }
    CHECK(sum > 0);
    CHECK(dl_cache_stats(t).plans <= 64);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
}
