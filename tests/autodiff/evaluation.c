/* evaluation.c: lazy recording, reading, keeping, assigning, and control flow on values. */
#include "tests/harness/test.h"

#include "autodiff/autodiff.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

TEST(evaluation, the_same_array_twice_is_the_same_value)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(1)),
             *b = dl_array_new(DL_F64, NULL, DL_DIMS(1));
    CHECK_INT(dl_leaf(t, a).id, dl_leaf(t, a).id);
    CHECK(dl_leaf(t, a).id != dl_leaf(t, b).id);
    dl_val before = dl_leaf(t, a);
    dl_array_fill(a, 5);
    dl_val after = dl_leaf(t, a);
    CHECK(before.id != after.id);
    CHECK_CLOSE(dl_item(before), 0, 0);
    CHECK_CLOSE(dl_item(after), 5, 0);
    dl_array_free(a);
    dl_array_free(b);
    dl_tape_free(t);
}

/* Steps of the letters a and b, one leaf each, W a write to a: which of the leaves are one. */
static const char *leaves_of(dl_tape *t, dl_array *a, dl_array *b, const char *step)
{
    static char found[8];
    dl_val x[8];
    int n = 0;
    dl_tape_reset(t);
    for (; *step; step++) {
        if (*step == 'W') {
            dl_array_write(a);
            continue;
        }
        x[n] = dl_leaf(t, *step == 'a' ? a : b);
        int first = 0;
        while (x[first].id != x[n].id) first++;
        found[n++] = (char)('0' + first);
    }
    found[n] = '\0';
    return found;
}

TEST(evaluation, leaves_are_one_whatever_the_step_before_recorded)
{
    static const char *const steps[][2] = {
        { "ab", "01" }, { "bb", "00" },    { "ab", "01" },    { "ba", "01" },   { "aba", "010" },
        { "ab", "01" }, { "abb", "011" },  { "aWa", "01" },   { "aa", "00" },   { "aWa", "01" },
        { "ab", "01" }, { "aWaa", "011" }, { "aWab", "012" }, { "aba", "010" }, { "b", "0" },
    };
    enum { N = sizeof steps / sizeof *steps };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(2)),
             *b = dl_array_new(DL_F32, NULL, DL_DIMS(2));
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) {
            CHECK_STR(leaves_of(t, a, b, steps[i][0]), steps[i][1]);
            CHECK_STR(leaves_of(t, a, b, steps[k][0]), steps[k][1]);
        }
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

TEST(evaluation, an_array_at_the_address_of_a_freed_one_is_another)
{
    dl_tape *t = dl_tape_new();
    for (int i = 0; i < 20; i++) {
        dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(1));
        *(double *)dl_array_write(a) = i;
        dl_array_set_name(a, i % 2 ? "odd" : "even");
        dl_val x = dl_leaf(t, a);
        dl_array_free(a);
        CHECK_CLOSE(dl_item(x), i, 0);
        CHECK_STR(dl_name_of(x), i % 2 ? "odd" : "even");
    }
    dl_tape_free(t);
}

TEST(evaluation, many_leaves_are_told_apart)
{
    enum { N = 300 };
    dl_tape *t = dl_tape_new();
    dl_array *a[N];
    for (int i = 0; i < N; i++) {
        a[i] = dl_array_new(DL_F64, NULL, 0, NULL);
        dl_array_fill(a[i], i);
    }
    for (int step = 0; step < 3; step++) {
        dl_tape_reset(t);
        dl_val sum = dl_leaf(t, a[0]);
        for (int i = 1; i < N; i++)
            sum = dl_add(sum, dl_mul(dl_leaf(t, a[i]), dl_leaf(t, a[N - i])));
        double want = 0;
        for (int i = 1; i < N; i++) want += (double)i * (N - i);
        CHECK_CLOSE(dl_item(sum), want, 1e-15);
        CHECK_INT(dl_leaf(t, a[7]).id, dl_leaf(t, a[7]).id);
    }
    for (int i = 0; i < N; i++) dl_array_free(a[i]);
    dl_tape_free(t);
}

TEST(evaluation, a_small_leaf_is_copied_when_recorded)
{
    dl_tape *t = dl_tape_new();
    double x = 3;
    dl_array *a = dl_array_wrap(&x, DL_F64, NULL, DL_DIMS(1));
    dl_val y = dl_square(dl_leaf(t, a));
    x = 100;
    dl_array_write(a);
    CHECK_CLOSE(dl_item(y), 9, 0);
    dl_array_free(a);
    dl_tape_free(t);
}

enum { LARGE = 4096 };

TEST(evaluation, a_large_leaf_that_was_written_is_an_error)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(LARGE));
    dl_array_set_name(a, "data");
    dl_array_fill(a, 2);
    dl_val y = dl_sum(dl_leaf(t, a), "all"), z = dl_sum(dl_square(dl_leaf(t, a)), "all");
    CHECK_CLOSE(dl_item(y), 2 * LARGE, 0);
    dl_array_fill(a, 3);
    CHECK_CLOSE(dl_item(y), 2 * LARGE, 0);
    CHECK(isnan(dl_item(z)));
    CHECK_INT(dl_tape_status(t), DL_EVERSION);
    CHECK_HAS(dl_tape_message(t), "(data) was written after it was recorded");
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(evaluation, what_is_kept_can_be_read_after_its_array_has_changed)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(LARGE));
    dl_array_fill(a, 2);
    dl_val x = dl_leaf(t, a), y = dl_sum(x, "all"), h = dl_keep(dl_square(x));
    dl_assign(a, dl_scale(x, 10));
    CHECK_INT(dl_eval(t, &y, 1), DL_OK);
    CHECK_CLOSE(dl_array_get(a, DL_DIMS(LARGE - 1)), 20, 0);
    const double *kept = dl_data(h);
    REQUIRE(kept != NULL);
    CHECK_CLOSE(kept[LARGE - 1], 4, 0);
    CHECK_CLOSE(dl_item(y), 2 * LARGE, 0);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(evaluation, assignments_see_only_values_from_before)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(2)),
             *b = dl_array_new(DL_F64, "CB", DL_DIMS(2, 1));
    dl_array *turned = dl_array_new(DL_F64, "BC", DL_DIMS(3, 2));
    dl_array_fill(a, 1);
    dl_array_fill(b, 2);
    dl_val x = dl_leaf(t, a), y = dl_leaf(t, b);
    dl_assign(a, dl_reshape(y, DL_DIMS(2)));
    dl_assign(b, dl_reshape(x, DL_DIMS(2, 1)));
    dl_assign(turned,
              dl_mul(dl_expand(y, DL_DIMS(2, 3)), dl_reshape(dl_shift(x, 1), DL_DIMS(2, 1))));
    CHECK_INT(dl_eval(t, NULL, 0), DL_OK);
    CHECK_CLOSE(dl_array_get(a, DL_DIMS(0)), 2, 0);
    CHECK_CLOSE(dl_array_get(b, DL_DIMS(1, 0)), 1, 0);
    CHECK_CLOSE(dl_array_get(turned, DL_DIMS(1, 2)), 4, 0);
    CHECK_INT(dl_eval(t, NULL, 0), DL_OK);
    CHECK_CLOSE(dl_array_get(a, DL_DIMS(0)), 2, 0);
    CHECK_CLOSE(dl_item(dl_sum(dl_leaf(t, a), "all")), 4, 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_array_free(a);
    dl_array_free(b);
    dl_array_free(turned);
    dl_tape_free(t);
}

TEST(evaluation, large_arrays_change_places_and_strided_ones_are_stored_in_order)
{
    enum { ROWS = 40, COLUMNS = 30 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(ROWS, COLUMNS));
    dl_array *b = dl_array_new(DL_F64, NULL, DL_DIMS(ROWS, COLUMNS));
    dl_array *turned = dl_array_new(DL_F64, "BC", DL_DIMS(COLUMNS, ROWS));
    dl_array *c = dl_array_new(DL_F64, NULL, DL_DIMS(ROWS, COLUMNS));
    dl_array_fill(a, 1);
    dl_array_fill(b, 2);
    dl_array_set(turned, DL_DIMS(1, 2), 7);
    dl_assign(a, dl_leaf(t, b));
    dl_assign(b, dl_leaf(t, a));
    dl_assign(c, dl_stripdims(dl_leaf(t, turned)));
    dl_assign(c, dl_leaf(t, turned));
    dl_val kept = dl_keep(dl_leaf(t, turned));
    CHECK_INT(dl_eval(t, NULL, 0), DL_OK);
    dl_array_fill(turned, 0);
    const double *before = dl_data(kept);
    CHECK(before && before[COLUMNS + 2] == 7);
    CHECK_CLOSE(dl_array_get(a, DL_DIMS(3, 3)), 2, 0);
    CHECK_CLOSE(dl_array_get(b, DL_DIMS(3, 3)), 1, 0);
    CHECK_CLOSE(dl_array_get(c, DL_DIMS(1, 2)), 7, 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_array *const all[] = { a, b, turned, c };
    for (int i = 0; i < 4; i++) dl_array_free(all[i]);
    dl_tape_free(t);
}

#ifndef NDEBUG
TEST(evaluation, a_debug_build_sees_a_borrowed_array_that_was_written_behind_its_back)
{
    static double data[LARGE];
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(data, DL_F64, NULL, DL_DIMS(LARGE));
    dl_val y = dl_sum(dl_leaf(t, a), "all");
    data[17] = 1;
    CHECK(isnan(dl_item(y)));
    CHECK_INT(dl_tape_status(t), DL_EVERSION);
    dl_array_free(a);
    dl_tape_free(t);
}
#endif

/* x -> 2x while x < 100, then the square root, derivative and all. */
static dl_val grow(dl_tape *t, dl_array *a, int *rounds)
{
    dl_val x = dl_leaf(t, a);
    for (*rounds = 0; dl_item(x) < 100; ++*rounds) x = dl_scale(x, 2);
    return dl_sqrt(x);
}

TEST(evaluation, a_branch_on_a_value_is_taken_anew_each_step)
{
    static const double start[] = { 1, 30, 1, 200, 50, 50 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(1));
    for (size_t k = 0; k < sizeof start / sizeof *start; k++) {
        int rounds;
        dl_tape_reset(t);
        dl_array_fill(a, start[k]);
        dl_val y = grow(t, a, &rounds), x = dl_leaf(t, a), g;
        dl_grad(y, &x, 1, &g);
        double end = start[k] * pow(2, rounds);
        CHECK(end >= 100 && (rounds == 0 || end < 200));
        CHECK_CLOSE(dl_item(y), sqrt(end), 1e-15);
        CHECK_CLOSE(dl_item(g), pow(2, rounds) / (2 * sqrt(end)), 1e-15);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(evaluation, a_loop_that_reads_at_each_round_costs_no_plan_a_round)
{
    dl_tape *t = dl_tape_new();
    dl_val x = dl_scalar(t, DL_F64, 1);
    for (int k = 0; k < 2000; k++) {
        x = dl_shift(dl_scale(x, 0.5), 1);
        CHECK(dl_item(x) <= 2);
    }
    CHECK(dl_cache_stats(t).misses <= 2);
    CHECK_INT(dl_cache_stats(t).hits + dl_cache_stats(t).misses, 2000);
    dl_tape_free(t);
}

TEST(evaluation, a_step_that_stops_early_or_goes_on_longer_is_right)
{
    dl_tape *t = dl_tape_new();
    for (int step = 0; step < 12; step++) {
        int length = 1 + (step * 5) % 4;
        dl_tape_reset(t);
        dl_val x = dl_scalar(t, DL_F64, 2), y = x, g = x;
        for (int k = 0; k < length; k++) y = k % 2 && step % 3 == 0 ? dl_exp(y) : dl_mul(y, x);
        if (step % 2) dl_grad(y, &x, 1, &g);
        double value = 2, slope = 1;
        for (int k = 0; k < length; k++) {
            bool e = k % 2 && step % 3 == 0;
            slope = e ? exp(value) * slope : slope * 2 + value;
            value = e ? exp(value) : value * 2;
        }
        CHECK_CLOSE(dl_item(y), value, 1e-14);
        if (step % 2) CHECK_CLOSE(dl_item(g), slope, 1e-14);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
}

TEST(evaluation, integers_pass_through_views)
{
    dl_tape *t = dl_tape_new();
    int32_t data[6] = { 1, 2, 3, 4, 5, 6 }, got[4];
    dl_array *a = dl_array_wrap(data, DL_I32, NULL, DL_DIMS(2, 3));
    dl_val x = dl_slice(dl_transpose(dl_leaf(t, a)), "0", 1, 3);
    CHECK_INT(dl_read(x, got, sizeof got), DL_OK);
    CHECK_INT(got[0], 2);
    CHECK_INT(got[1], 5);
    CHECK_INT(got[3], 6);
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(evaluation, names_are_found)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(1));
    dl_array_set_name(a, "weights");
    dl_val x = dl_leaf(t, a), y = dl_name(dl_exp(x), "hidden"), z = dl_exp(y);
    CHECK_STR(dl_name_of(x), "weights");
    CHECK_STR(dl_name_of(y), "hidden");
    CHECK_STR(dl_name_of(z), "exp");
    dl_array_free(a);
    dl_tape_free(t);
}
