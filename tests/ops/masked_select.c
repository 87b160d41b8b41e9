/* masked_select.c: what a mask selects: as many elements as it has when it is recorded. */
#include "../harness/test.h"

#include "../../autodiff/fn.h"
#include "../../ops/ops.h"

#include <math.h>
#include <string.h>

enum { N = 6 };

typedef struct fixture {
    dl_tape *t;
    dl_array *a;
} fixture;

static fixture begin(const double *x)
{
    fixture w = { dl_tape_new(), dl_array_new(DL_F64, NULL, DL_DIMS(2, 3)) };
    memcpy(dl_array_write(w.a), x, N * sizeof *x);
    return w;
}

static void end(fixture *w)
{
    dl_array_free(w->a);
    dl_tape_free(w->t);
}

/* The sum of the squares of what is positive, and its gradient. */
static double step(const fixture *w, double *gradient)
{
    dl_tape_reset(w->t);
    dl_val x = dl_leaf(w->t, w->a), g;
    dl_val positive = dl_masked_select(x, dl_gt(x, dl_scalar(w->t, DL_F64, 0)));
    dl_val y = dl_sum(dl_square(positive), "all");
    dl_grad(y, &x, 1, &g);
    CHECK_INT(dl_read(g, gradient, N * sizeof *gradient), DL_OK);
    return dl_item(y);
}

TEST(masked_select, follows_a_mask_that_changes)
{
    static const double values[][N] = {
        { 1, -2, 3, -4, 5, -6 }, { 1, -2, 3, -4, 5, -6 },           { -1, -2, -3, -4, -5, -6 },
        { 1, 2, 3, 4, 5, 6 },    { -1, 2, -3, 4, -5, (double)NAN }, { 1, -2, 3, -4, 5, -6 },
    };
    fixture w = begin(values[0]);
    for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
        double gradient[N], want = 0;
        memcpy(dl_array_write(w.a), values[k], sizeof values[k]);
        double y = step(&w, gradient);
        for (int i = 0; i < N; i++) {
            bool taken = values[k][i] > 0;
            want += taken ? values[k][i] * values[k][i] : 0;
            CHECK_CLOSE(gradient[i], taken ? 2 * values[k][i] : 0, 0);
        }
        CHECK_CLOSE(y, want, 0);
    }
    end(&w);
}

TEST(masked_select, a_frozen_function_keeps_the_number)
{
    static const double two[N] = { 0, 0, 7, 0, 8, 0 }, one[N] = { 0, 7, 0, 0, 0, 0 },
                        three[N] = { 9, 7, 0, 0, 8, 0 };
    fixture w = begin(two);
    dl_val x = dl_leaf(w.t, w.a);
    dl_fn_arg in = { "x", x }, out[] = { { "y", dl_masked_select(x, x) }, { "at", dl_nonzero(x) } };
    dl_fn *f = dl_fn_create("selected", &in, 1, out, 2);
    void *work = dl_fn_workspace_new(f);
    double y[2];
    int64_t at[2];
    CHECK_INT(dl_fn_output(f, 0).dims[0], 2);
    dl_fn_run(f, (const void *[]){ two }, (void *[]){ y, at }, work);
    CHECK(y[0] == 7 && y[1] == 8 && at[0] == 2 && at[1] == 4);
    dl_fn_run(f, (const void *[]){ one }, (void *[]){ y, at }, work);
    CHECK(y[0] == 7 && isnan(y[1]) && at[0] == 1 && at[1] == N);
    dl_fn_run(f, (const void *[]){ three }, (void *[]){ y, at }, work);
    CHECK(y[0] == 9 && y[1] == 7 && at[0] == 0 && at[1] == 1);
    dl_fn_workspace_free(work);
    dl_fn_free(f);
    end(&w);
}

TEST(masked_select, a_nan_is_not_0)
{
    static const double x[N] = { 0, (double)NAN, -0.0, 0, 0, 1e-320 };
    fixture w = begin(x);
    dl_val at = dl_nonzero(dl_leaf(w.t, w.a));
    const int64_t *places = dl_data(at);
    REQUIRE(places);
    CHECK_INT(dl_size(at, 0), 2);
    CHECK(places[0] == 1 && places[1] == 5);
    end(&w);
}

TEST(masked_select, what_is_wrong_with_a_mask_is_said)
{
    static const double x[N] = { 1, 2, 3, 4, 5, 6 };
    fixture w = begin(x), other = begin(x);
    dl_val v = dl_leaf(w.t, w.a), foreign = dl_leaf(other.t, other.a), none = { 0 };
    CHECK(!dl_masked_select(v, foreign).tape || dl_tape_status(w.t) == DL_ETAPE);
    CHECK_INT(dl_tape_status(w.t), DL_ETAPE);
    dl_tape_reset(w.t);
    CHECK(!dl_nonzero(none).tape && !dl_masked_select(none, none).tape);
    dl_array *large = dl_array_new(DL_F64, NULL, DL_DIMS(1 << 20));
    v = dl_leaf(w.t, large);
    dl_array_set(large, DL_DIMS(0), 2); /* written after it was recorded: it cannot be evaluated */
    dl_nonzero(v);
    CHECK_INT(dl_tape_status(w.t), DL_EVERSION);
    CHECK_HAS(dl_tape_message(w.t), "masked_select.c:");
    dl_array_free(large);
    end(&w), end(&other);
}
