/* parts.c: cotangents of slices are laid side by side: the sum is that of the definition, and its
 * work does not grow with the number of slices. */
#include "tests/harness/test.h"

#include "autodiff/autodiff.h"
#include "ops/ops.h"
#include "tests/harness/counting.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 5, COLS = 7, MOST = 12 };

static uint32_t state;

static int64_t below(int64_t n)
{
    state = state * 1664525u + 1013904223u;
    return (int64_t)(state >> 16) % n;
}

/* f w s^2 over slices s of x, factors w that differ; want: 2 w x, scattered and summed. */
static dl_val slices(dl_val x, int n, double *want)
{
    dl_val y = dl_scale(dl_sum(x, "all"), 1);
    for (int64_t i = 0; i < ROWS * COLS; i++) want[i] = 1;
    for (int k = 0; k < n; k++) {
        int axis = (int)below(2);
        int64_t size = axis ? COLS : ROWS, begin = below(size + 1), end = begin;
        while (end < size && below(3)) end++;
        double w = (double)(1 + below(9));
        dl_val s = dl_slice(x, axis ? "1" : "0", begin, end);
        y = dl_add(y, dl_scale(dl_sum_squares(s, "all"), w));
        for (int64_t i = 0; i < ROWS * COLS; i++) {
            int64_t at = axis ? i % COLS : i / COLS;
            if (at >= begin && at < end) want[i] += 2 * w * (double)(i % 10);
        }
    }
    return y;
}

TEST(parts, gradients_of_any_slices_are_those_of_the_definition)
{
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(ROWS, COLS));
    double *x = dl_array_write(a), want[ROWS * COLS];
    for (int64_t i = 0; i < ROWS * COLS; i++) x[i] = (double)(i % 10);
    for (uint32_t seed = 1; seed <= 300; seed++) {
        dl_tape *t = dl_tape_new();
        state = seed;
        dl_val in = dl_leaf(t, a), g, h;
        dl_val y = slices(in, (int)below(MOST) + 1, want);
        dl_grad(y, &in, 1, &g);
        dl_grad(dl_sum(dl_mul(g, dl_detach(in)), "all"), &in, 1, &h);
        dl_eval(t, (dl_val[]){ g, h }, 2);
        const double *first = dl_data(g), *second = dl_data(h);
        REQUIRE(first && second);
        for (int64_t i = 0; i < ROWS * COLS; i++) {
            CHECK_CLOSE(first[i], want[i], 0);
            CHECK_CLOSE(second[i], want[i] - 1, 0);
        }
        dl_tape_free(t);
    }
    dl_array_free(a);
}

/* The text of the plan for the gradient of `n` rows of a matrix of n, `overlap` rows in each. */
static char *plan_of(int64_t n, int64_t overlap)
{
    char *text = NULL;
    size_t size = 0;
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(n, 3));
    dl_val x = dl_leaf(t, a), y = dl_scalar(t, DL_F32, 0), g;
    for (int64_t i = 0; i + overlap <= n; i++)
        y = dl_tanh(dl_add(y, dl_sum(dl_slice(x, "0", i, i + overlap), "0")));
    FILE *to = open_memstream(&text, &size);
    dl_grad(dl_sum(y, "all"), &x, 1, &g);
    dl_plan_print(to, &g, 1, DL_TEXT);
    fclose(to);
    dl_array_free(a);
    dl_tape_free(t);
    return text;
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (; (text = strstr(text, word)); text++) n++;
    return n;
}

TEST(parts, many_slices_take_the_work_of_few)
{
    char *rows = plan_of(32, 1), *windows = plan_of(32, 3);
    CHECK_INT(count(rows, "= cat("), 31);
    CHECK_INT(count(rows, "= pad("), 0);
    CHECK_INT(count(windows, "= cat("), 30 - 3); /* 10 windows in each of three layers */
    CHECK(count(windows, "= pad(") <= 3 * 2);
    free(rows);
    free(windows);
}

/* Lists of so many parts are blocks of their own, and each of them fails once. */
static bool fails_well(counting *c, long n)
{
    enum { PARTS = 20000 };
    c->calls = 0;
    c->fail_at = n;
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(PARTS));
    dl_val x = dl_leaf(t, a), y = dl_scalar(t, DL_F64, 0), g;
    for (int64_t i = 0; i < PARTS; i++) y = dl_add(y, dl_slice(x, "0", i, i + 1));
    dl_status status = dl_grad(dl_sum(y, "all"), &x, 1, &g);
    bool reached = c->calls >= n;
    CHECK_MSG(status == (reached ? DL_ENOMEM : DL_OK), "call %ld: %s", n, dl_tape_message(t));
    c->fail_at = 0;
    dl_array_free(a);
    dl_tape_free(t);
    CHECK_INT(c->live, 0);
    return reached;
}

TEST(parts, may_find_no_memory)
{
    counting c;
    counting_begin(&c);
    long n = 1;
    while (fails_well(&c, n)) n++;
    CHECK_MSG(n > 30, "only %ld faults", n);
    counting_end();
}
