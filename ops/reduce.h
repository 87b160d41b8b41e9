/* reduce.h: what reduce.c prepares for the kernels of reduce_real.c. */
#ifndef DLTAPE_REDUCE_H
#define DLTAPE_REDUCE_H

#include "../autodiff/op.h"

/* The operand's axes, split into those that stay and those that are summed, each merged where that
 * does not change the logical order. */
enum { DL_SMALL_REDUCTION = 512 }; /* elements */

typedef struct dl_reduction {
    dl_loop kept, summed; /* operand 0: x; operand 1: a result of the sizes of x */
    int64_t results, terms;
    int64_t columns; /* not 0: the last axis stays: its size */
    /* Of a small operand: its elements as a matrix, in logical order. */
    int64_t rows, cols, row_step, col_step;
} dl_reduction;

/* Norms whose squares left the range of double are computed again, scaled. */
DL_DECLARE_KERNELS(dl__rescale_norms);

#endif
