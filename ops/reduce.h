/* reduce.h: what reduce.c prepares for the kernels of reduce_real.c. */
#ifndef DLTAPE_REDUCE_H
#define DLTAPE_REDUCE_H

#include "../autodiff/op.h"

enum { DL_SMALL_REDUCTION = 512 }; /* elements */

/* The operand's axes, split into those that stay and those that are summed, each merged where that
 * does not change the logical order. */
typedef struct dl_reduction {
    dl_loop kept, summed; /* operand 0: x; operand 1: a result of the sizes of x */
    int64_t results, terms;
    int64_t columns; /* not 0: the last axis stays: its size */
    /* Of a small operand: its elements as a matrix, in logical order. */
    int64_t rows, cols, row_step, col_step;
} dl_reduction;

/* Norms whose squares left the range of double are computed again, scaled. */
DL_DECLARE_KERNELS(dl__rescale_norms);

/* ---- C text (reduce_emit.c) ------------------------------------------------------------------ */

/* What becomes of the sums: of n neighbouring results, or of one if n is 0. `at` and `to` are where
 * they stand in x and in the result; `value` is the result in terms of sum and n. */
typedef void dl_emit_finish(const dl_emit *e, const dl_reduction *r, const char *value, dl_index at,
                            dl_index to, int64_t n);
dl_emit_finish dl__emit_value, dl__emit_norm;
void dl__emit_results(const dl_emit *e, const char *fold, const char *value,
                      dl_emit_finish *finish);
void dl__emit_center(const dl_emit *e);

#endif
