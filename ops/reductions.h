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
/* The same of observations with weights w: the mean sum(w x) / sum(w), and the mean of the squared
 * distances from it (_n: MATLAB's var(A,w) and std(A,w)), or that over 1 - sum(p^2), p = w /
 * sum(w), which is unbiased and with equal weights dl_var (aweights of NumPy and PyTorch). w
 * broadcasts to the sizes of x, else DL_ESHAPE; a vector without labels lies along the axis, if one
 * is named. Where the weights sum to 0, NaN. Weights below 0 are not looked for, and the weight 0
 * is a factor: NaN stays NaN. Of one weight that is not 0 the unbiased ones are 0 and have
 * derivative 0, as std has where it is 0. Derivatives by x and by w. */
DL_API dl_val dl_weighted_mean(dl_val x, dl_val w, const char *axes);
DL_API dl_val dl_weighted_var(dl_val x, dl_val w, const char *axes);
DL_API dl_val dl_weighted_var_n(dl_val x, dl_val w, const char *axes);
DL_API dl_val dl_weighted_std(dl_val x, dl_val w, const char *axes);
DL_API dl_val dl_weighted_std_n(dl_val x, dl_val w, const char *axes);
/* Covariances (d,d) of the columns of x (n,d), with the weights w (n) of its rows; divided as the
 * variances above, symmetric to the bit. */
DL_API dl_val dl_weighted_cov(dl_val x, dl_val w);
DL_API dl_val dl_weighted_cov_n(dl_val x, dl_val w);
/* Euclidean norm over the axes, without overflow or underflow; g x / y, and 0 where y = 0. */
DL_API dl_val dl_vecnorm(dl_val x, const char *axes);
/* Euclidean norm of a vector: at most one axis is longer than 1, else DL_ESHAPE. Rank 0. */
DL_API dl_val dl_norm(dl_val x);
/* Frobenius norm: the square root of the sum of all squares, rank 0; derivative 0 at 0. */
DL_API dl_val dl_norm_fro(dl_val x);

/* Product; of nothing 1. The derivative is the product of the other elements, exact where some are
 * 0, and so are the higher ones. */
DL_API dl_val dl_prod(dl_val x, const char *axes);
/* log of the sum of exp(x), without overflow; g softmax(x). Of nothing, or of nothing but -inf,
 * -inf, with derivative 0; inf if an element is. */
DL_API dl_val dl_logsumexp(dl_val x, const char *axes);
/* (sum |x|^p)^(1/p) over the axes, for p = 0 the number of elements that are not 0 (derivative 0),
 * for p = inf and -inf the largest and the smallest |x| (equals share g). Terms are scaled by the
 * largest |x|, for p < 0 by the smallest, so that nothing overflows on the way. g sign(x) (|x| /
 * y)^(p-1), and 0 where x or y is 0. Any p but NaN: DL_EARG; 1 and 2 are sum |x| and dl_vecnorm.
 * Another p makes no new plan, those five do. Of nothing 0, for p < 0 inf; of a NaN NaN. */
DL_API dl_val dl_norm_p(dl_val x, double p, const char *axes);

/* ---- the largest and the smallest: of nothing -inf and inf; NaN if an element is ------------- */

/* The k elements that equal the result get g / k each. */
DL_API dl_val dl_amax(dl_val x, const char *axes);
DL_API dl_val dl_amin(dl_val x, const char *axes);
/* Where it is, i64: the first of equals, and the first NaN if there is one. Of several axes the
 * elements are numbered in row-major order. No elements: DL_ESHAPE. */
DL_API dl_val dl_argmax(dl_val x, const char *axes);
DL_API dl_val dl_argmin(dl_val x, const char *axes);
/* Both: values[i] is the element at indices[i], and that one gets all of g. */
DL_API dl_status dl_max_with_indices(dl_val x, const char *axes, dl_val *values, dl_val *indices);
DL_API dl_status dl_min_with_indices(dl_val x, const char *axes, dl_val *values, dl_val *indices);

/* ---- by order: NaN of nothing ---------------------------------------------------------------- */

/* The element in the middle, or the mean of the two, as in MATLAB; NaN if an element is. g to that
 * element, or half to each of two; equals count as a stable sort has them. A zero is +0. */
DL_API dl_val dl_median(dl_val x, const char *axes);
/* The most frequent element, the smallest of equally frequent ones; as in MATLAB, NaN do not count,
 * but NaN if there is nothing else. The k elements that equal it get g / k each. A zero is +0. */
DL_API dl_val dl_mode(dl_val x, const char *axes);

/* ---- counts: of any dtype, no derivative. NaN is not 0 --------------------------------------- */

DL_API dl_val dl_any(dl_val x, const char *axes);           /* u8: some are not 0; of nothing 0 */
DL_API dl_val dl_all(dl_val x, const char *axes);           /* u8: none is 0; of nothing 1 */
DL_API dl_val dl_count_nonzero(dl_val x, const char *axes); /* i64 */

/* ---- running along one axis, from its begin to its end, or, if `reverse`, from its end ------- */

/* Rounded once, whatever the length; the derivative is the other way round. */
DL_API dl_val dl_cumsum(dl_val x, const char *axis, bool reverse);
/* The derivative is exact where some elements are 0, and so are the higher ones. */
DL_API dl_val dl_cumprod(dl_val x, const char *axis, bool reverse);
/* The largest and the smallest so far; NaN from the first NaN on. g to the element that is taken,
 * of equals the one met first. */
DL_API dl_val dl_cummax(dl_val x, const char *axis, bool reverse);
DL_API dl_val dl_cummin(dl_val x, const char *axis, bool reverse);
/* log of the running sum of exp(x), without overflow; -inf as long as there is nothing else. g_k
 * exp(x_i - y_k) summed over the results k that x_i is part of, 0 of those that are -inf, NaN if
 * one is inf; the rounding of y is in it, as a relative error of eps |y|. */
DL_API dl_val dl_logcumsumexp(dl_val x, const char *axis, bool reverse);

/* ---- the sizes stay: what is taken over the axes is spread again ----------------------------- */

/* exp(x) / sum exp(x), without overflow; y (g - sum g y). Where all are -inf, NaN; beside an
 * element that is inf, 0, and NaN for itself. */
DL_API dl_val dl_softmax(dl_val x, const char *axes);
/* x - logsumexp(x), exact where softmax would vanish; g - softmax(x) sum g. */
DL_API dl_val dl_log_softmax(dl_val x, const char *axes);
/* MATLAB's normalize, by method: "zscore" (x - mean) / std, "center" x - mean, "scale" x / std,
 * "norm" x / vecnorm, "range" (x - min) / (max - min). std divides by n - 1. Where the divisor is 0
 * the result and its derivative are 0. Another method: DL_EARG. */
DL_API dl_val dl_normalize(dl_val x, const char *axes, const char *method);
/* dl_mean and dl_var_n, which divides by n. */
DL_API dl_status dl_moments(dl_val x, const char *axes, dl_val *mean, dl_val *variance);

#ifdef __cplusplus
}
#endif
#endif
