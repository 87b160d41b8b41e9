/* creation.h: new values. What holds for all ops stands in ops.h. */
#ifndef DLTAPE_CREATION_H
#define DLTAPE_CREATION_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- new values ------------------------------------------------------------------------------ */

/* 0, 1, or a number that may change without a new plan, everywhere. */
DL_API dl_val dl_zeros(dl_tape *t, dl_dtype dtype, int rank, const int64_t *dims);
DL_API dl_val dl_ones(dl_tape *t, dl_dtype dtype, int rank, const int64_t *dims);
DL_API dl_val dl_full(dl_tape *t, dl_dtype dtype, double value, int rank, const int64_t *dims);
/* (n,n), ones on the diagonal. */
DL_API dl_val dl_eye(dl_tape *t, dl_dtype dtype, int64_t n);
/* The same with the dtype, sizes and labels of x, from which nothing is differentiated. */
DL_API dl_val dl_zeros_like(dl_val x);
DL_API dl_val dl_ones_like(dl_val x);
DL_API dl_val dl_eye_like(dl_val x); /* x is (n,n) */

/* start, start + step, ..: n numbers, i step and the sum each rounded; both may change without a
 * new plan. */
DL_API dl_val dl_arange(dl_tape *t, dl_dtype dtype, double start, double step, int64_t n);
DL_API dl_val dl_arange_i64(dl_tape *t, int64_t start, int64_t step, int64_t n); /* for indices */
/* n numbers from the first to the last, both exact; of one number the last. */
DL_API dl_val dl_linspace(dl_tape *t, dl_dtype dtype, double first, double last, int64_t n);
/* Vectors x (n) and y (m) as (m,n): to_x has x in each row, to_y has y in each column, as MATLAB's.
 * Views. Either may be null. */
DL_API dl_status dl_meshgrid(dl_val x, dl_val y, dl_val *to_x, dl_val *to_y);

/* The n elements (i, j) of a matrix (rows, columns) that dl_tril(x, k) keeps, j <= i + k, or
 * dl_triu(x, k), j >= i + k, row by row: i64 (2, n), first all i, then all j, as PyTorch's. */
DL_API dl_val dl_tril_indices(dl_tape *t, int64_t rows, int64_t columns, int64_t k);
DL_API dl_val dl_triu_indices(dl_tape *t, int64_t rows, int64_t columns, int64_t k);
/* The same as places of the flat matrix, i columns + j: i64 (n), an index. A triangle as a vector
 * is dl_index_select(dl_flatten(x, 0, -1), "0", places), and a vector v becomes one by
 * dl_scatter(dl_zeros(t, dtype, DL_DIMS(rows * columns)), "0", places, v) and dl_reshape. Sizes
 * below 0: DL_ESHAPE. */
DL_API dl_val dl_tril_places(dl_tape *t, int64_t rows, int64_t columns, int64_t k);
DL_API dl_val dl_triu_places(dl_tape *t, int64_t rows, int64_t columns, int64_t k);

#ifdef __cplusplus
}
#endif
#endif
