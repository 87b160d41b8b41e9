/* distances_real.c: distances of points and their derivatives, block after block: see distances.h.
 */
#include "real.h"
#include "distances.h"
#include "../distance.h"

/* What dl_X is called with: the last operand is null where an op has two. */
typedef void block_function(const dl_points *p, int64_t n, const REAL *u, const REAL *v,
                            const REAL *w, REAL *y);

typedef struct job {
    const dl_call *c;
    block_function *function;
} job;

static const REAL *operand_at(const dl_call *c, int i, const nest *w, int64_t row)
{
    const dl_distance_call *d = c->ins->info;
    return (const REAL *)dl_operand(c, i) + w->at[i] + row * d->points.row[i];
}

static void some_blocks(void *context, int64_t part)
{
    const job *j = context;
    const dl_distance_call *d = j->c->ins->info;
    int64_t all = d->nbatch * d->blocks;
    bool three = d->batches.operands == 3;
    for (int64_t k = all * part / d->parts; k < all * (part + 1) / d->parts; k++) {
        int64_t batch = k / d->blocks, i = k % d->blocks * DL_POINTS;
        nest w = nest_at(&d->batches, batch);
        /* Points b of the last operand serve all rows. */
        j->function(&d->points, d->rows - i < DL_POINTS ? d->rows - i : DL_POINTS,
                    operand_at(j->c, 0, &w, i), operand_at(j->c, 1, &w, three ? i : 0),
                    three ? operand_at(j->c, 2, &w, 0) : NULL,
                    (REAL *)dl_result(j->c) + (batch * d->rows + i) * d->cols);
    }
}

static void each_block(const dl_call *c, block_function *function)
{
    const dl_distance_call *d = c->ins->info;
    job j = { c, function };
    if (!dl_result_layout(c)->shape.numel) return;
    if (d->parts == 1) some_blocks(&j, 0);
    else dl_parallel(d->parts, some_blocks, &j);
}

static void distances(const dl_points *p, int64_t n, const REAL *a, const REAL *b, const REAL *none,
                      REAL *y)
{
    (void)none;
    KERNEL_F(dl_distances)(p, n, a, b, y);
}

dl_kernel KERNEL(dl__distances), KERNEL(dl__slopes), KERNEL(dl__pulls);

void KERNEL(dl__distances)(const dl_call *c) { each_block(c, distances); }
void KERNEL(dl__slopes)(const dl_call *c) { each_block(c, KERNEL_F(dl_slopes)); }
void KERNEL(dl__pulls)(const dl_call *c) { each_block(c, KERNEL_F(dl_pulls)); }
