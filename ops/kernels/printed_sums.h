/* printed_sums.h: sums of blocks under the names that they have in printed C, which has them from
 * autodiff/emit_helpers.c. */
#ifndef DLTAPE_PRINTED_SUMS_H
#define DLTAPE_PRINTED_SUMS_H

#include "blocks.h"

typedef pairwise dl_pairwise;
#define dl_pairwise_add pairwise_add
#define dl_pairwise_total pairwise_total

static inline double KERNEL_F(dl_sum)(int n, const REAL *x)
{
    return block_sum(x, 1, n, identity_term);
}

#endif
