/* reductions.h: reductions over axes. What holds for all ops stands in ops.h. */
#ifndef DLTAPE_REDUCTIONS_H
#define DLTAPE_REDUCTIONS_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- reductions over axes -------------------------------------------------------------------- */

DL_API dl_val dl_sum(dl_val x, const char *axes);         /* of nothing 0; g */
DL_API dl_val dl_sum_squares(dl_val x, const char *axes); /* sum of x^2; 2 g x */
DL_API dl_val dl_mean(dl_val x, const char *axes);        /* of nothing NaN; g / n */
/* x minus its mean over the axes; g minus its mean. */
DL_API dl_val dl_center(dl_val x, const char *axes);
/* Variance and standard deviation, divided by n - 1 (one observation: by 1, as MATLAB), or by n.
 * They are computed in two passes. The derivative of std is 0 where std is 0. */
DL_API dl_val dl_var(dl_val x, const char *axes);
DL_API dl_val dl_var_n(dl_val x, const char *axes);
DL_API dl_val dl_std(dl_val x, const char *axes);
DL_API dl_val dl_std_n(dl_val x, const char *axes);
/* Euclidean norm over the axes, without overflow or underflow; g x / y, and 0 where y = 0. */
DL_API dl_val dl_vecnorm(dl_val x, const char *axes);
/* Euclidean norm of a vector: at most one axis is longer than 1, else DL_ESHAPE. Rank 0. */
DL_API dl_val dl_norm(dl_val x);
/* Frobenius norm: the square root of the sum of all squares, rank 0; derivative 0 at 0. */
DL_API dl_val dl_norm_fro(dl_val x);
DL_API dl_val dl_log_softmax(dl_val x, const char *axes);

#ifdef __cplusplus
}
#endif
#endif
