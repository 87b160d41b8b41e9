/* linalg.h: matrices and linear algebra. What holds for all ops stands in ops.h. */
#ifndef DLTAPE_LINALG_H
#define DLTAPE_LINALG_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- matrices: without labels (DL_ELABEL), rank 2 or more (DL_ERANK) ------------------------- */

/* (m,k) (k,n) -> (m,n); g b', a' g. More axes lead: (b,m,k) (b,k,n) -> (b,m,n); sizes of leading
 * axes are equal or 1, or one operand is a matrix that serves every batch. */
DL_API dl_val dl_matmul(dl_val a, dl_val b);
DL_API dl_val dl_transpose(dl_val x); /* the last two axes change places; no copy */
/* (n,m) -> (m,m): x' x; x (g + g'). */
DL_API dl_val dl_gram(dl_val x);
/* (n,n) -> (): the sum of the diagonal; g I. */
DL_API dl_val dl_trace(dl_val x);
/* Covariance, (n,m) -> (m,m): rows are observations. Divided by n - 1 (by 1 for one observation),
 * or by n in dl_cov_n. With xc = x minus its column means: xc' xc / (n-1); xc (g + g') / (n-1). */
DL_API dl_val dl_cov(dl_val x);
DL_API dl_val dl_cov_n(dl_val x);
/* Sum of products of two values of the same sizes, rank 0; g b, g a. */
DL_API dl_val dl_dot(dl_val a, dl_val b);

#ifdef __cplusplus
}
#endif
#endif
