/* fold_real.c: reductions as the end of a fused loop: the same sums as in reduce_real.c. */
#include "blocks.h"

static double sum_block(int64_t n, const void *x) { return block_sum(x, 1, n, identity_term); }
static double square_block(int64_t n, const void *x) { return block_sum(x, 1, n, square_term); }
static void four_sums(const void *x, double *sum) { four_block_sums(x, false, sum); }
static void four_squares(const void *x, double *sum) { four_block_sums(x, true, sum); }

static void sum_end(void *y, double sum, double terms) { *(REAL *)y = (REAL)sum, (void)terms; }
static void mean_end(void *y, double sum, double terms) { *(REAL *)y = (REAL)(sum / terms); }

extern const dl_fold KERNEL(dl__fold_sum), KERNEL(dl__fold_sum_squares), KERNEL(dl__fold_mean);
const dl_fold KERNEL(dl__fold_sum) = { sum_block, four_sums, sum_end };
const dl_fold KERNEL(dl__fold_sum_squares) = { square_block, four_squares, sum_end };
const dl_fold KERNEL(dl__fold_mean) = { sum_block, four_sums, mean_end };

/* In f64 a norm may have to be scaled, for which all terms are needed again. */
#if DL_REAL == 32
static void norm_end(void *y, double sum, double terms)
{
    *(REAL *)y = (REAL)sqrt(sum), (void)terms;
}

extern const dl_fold KERNEL(dl__fold_vecnorm);
const dl_fold KERNEL(dl__fold_vecnorm) = { square_block, four_squares, norm_end };
#endif
