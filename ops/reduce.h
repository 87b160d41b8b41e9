/* reduce.h: what reduce.c prepares for the kernels of reduce_real.c. */
#ifndef DLTAPE_REDUCE_H
#define DLTAPE_REDUCE_H

#include "../autodiff/op.h"

/* The operand's axes, split into those that stay and those that are summed, each merged where that
 * does not change the logical order. */
typedef struct dl_reduction {
    dl_loop kept, summed; /* operand 0: x; operand 1: a result of the sizes of x */
    int64_t results, terms;
    int64_t columns; /* not 0: the last axis stays: its size */
} dl_reduction;

#endif
