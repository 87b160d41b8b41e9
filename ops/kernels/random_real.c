/* random_real.c: kernels of random numbers. Parts of 65,536 numbers can be drawn side by side. */
#include "philox.h"
#include "real.h"

enum { PART = 1 << 16 };

dl_kernel KERNEL(dl__rand), KERNEL(dl__randn), KERNEL(dl__bernoulli), KERNEL(dl__randperm),
    KERNEL(dl__random_split);

typedef void draw(const int64_t *key, int64_t begin, int64_t end, REAL *y);

typedef struct drawing {
    const int64_t *key;
    REAL *y;
    int64_t n;
    draw *run;
    REAL below; /* of bernoulli: p */
    bool compare;
} drawing;

static void draw_part(void *context, int64_t k)
{
    const drawing *d = context;
    int64_t begin = k * PART, end = d->n - begin < PART ? d->n : begin + PART;
    d->run(d->key, begin, end, d->y);
    for (int64_t i = begin; d->compare && i < end; i++) d->y[i] = d->y[i] < d->below;
}

static void draw_all(const dl_call *c, draw *run, const REAL *below)
{
    drawing d = { dl_operand(c, 0),   dl_result(c), dl_result_layout(c)->shape.numel, run,
                  below ? *below : 0, below != NULL };
    dl_parallel((d.n + PART - 1) / PART, draw_part, &d);
}

void KERNEL(dl__rand)(const dl_call *c) { draw_all(c, KERNEL_F(dl_rand), NULL); }

void KERNEL(dl__randn)(const dl_call *c) { draw_all(c, KERNEL_F(dl_randn), NULL); }

void KERNEL(dl__bernoulli)(const dl_call *c) { draw_all(c, KERNEL_F(dl_rand), dl_operand(c, 1)); }

void KERNEL(dl__randperm)(const dl_call *c)
{
    dl_random_order(dl_operand(c, 0), dl_result_layout(c)->shape.numel, dl_result(c));
}

void KERNEL(dl__random_split)(const dl_call *c)
{
    dl_random_split_key(dl_operand(c, 0), *(const int64_t *)c->ins->info, dl_result(c));
}
