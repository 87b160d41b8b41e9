/* threads.c: tapes share nothing, and arrays may be read by many of them at once. */
#include "tests/harness/test.h"

#include "autodiff/autodiff.h"
#include "ops/ops.h"

#include <pthread.h>

enum { THREADS = 4, STEPS = 200 };

typedef struct work {
    const dl_array *small, *large;
    double result;
    dl_status status;
} work;

/* Steps of changing structure, so that recording, planning and following all take place. */
static void *compute(void *data)
{
    work *w = data;
    dl_tape *t = dl_tape_new();
    for (int k = 0; k < STEPS; k++) {
        dl_tape_reset(t);
        dl_array *own = dl_array_new(DL_F64, NULL, DL_DIMS(3));
        dl_array_fill(own, k);
        dl_val x = dl_leaf(t, w->small), y = dl_leaf(t, w->large), g;
        for (int i = 0; i < k % 5; i++) x = dl_tanh(x);
        dl_val loss = dl_add_n(dl_sum(x, "all"), dl_mean(dl_square(y), "all"),
                               dl_sum(dl_leaf(t, own), "all"));
        dl_val leaf = dl_leaf(t, w->small);
        dl_grad(loss, &leaf, 1, &g);
        w->result += dl_item(loss) + dl_item(dl_sum(g, "all"));
        dl_array_free(own);
    }
    w->status = dl_tape_status(t);
    dl_tape_free(t);
    return NULL;
}

TEST(threads, each_with_its_tape_compute_the_same)
{
    dl_array *small = dl_array_new(DL_F64, NULL, DL_DIMS(3));
    dl_array *large = dl_array_new(DL_F64, NULL, DL_DIMS(2000));
    dl_array_fill(small, 0.5);
    dl_array_fill(large, 2);
    dl_array_set_name(small, "small");
    work w[THREADS + 1] = { { 0 } };
    pthread_t thread[THREADS];
    for (int k = 0; k <= THREADS; k++) w[k] = (work){ .small = small, .large = large };
    for (int k = 0; k < THREADS; k++) REQUIRE(!pthread_create(&thread[k], NULL, compute, &w[k]));
    for (int k = 0; k < THREADS; k++) pthread_join(thread[k], NULL);
    compute(&w[THREADS]);
    for (int k = 0; k < THREADS; k++) {
        CHECK_INT(w[k].status, DL_OK);
        CHECK_CLOSE(w[k].result, w[THREADS].result, 0);
    }
    dl_array_free(small);
    dl_array_free(large);
}
