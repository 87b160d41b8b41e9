/* ops.h: the operations on values, with dlarray's names where an op has one.
 *
 * Unless an op says otherwise: values are f32 or f64, all operands of one dtype and of one tape
 * (DL_EDTYPE, DL_ETAPE); labels come along; every op has derivatives of any order; sizes may be 0.
 *
 * Broadcasting. Two labelled operands are matched by label: missing axes and axes of size 1 expand,
 * and the result has the union of the labels in the order S C B T U. Otherwise axes are matched by
 * position counted from the first, as MATLAB does, and missing trailing axes have size 1: (4) fits
 * (4,10). The result takes the labels of the labelled operand. Sizes that do not match: DL_ESHAPE.
 *
 * Axes are text: "all", or labels ("CB"), or axis numbers counted from 0 ("0", "01"), or counted
 * from the last ("-1"). Reduced axes stay with size 1; "all" gives rank 0 without labels. An axis
 * that is not there: DL_EAXIS. */
#ifndef DLTAPE_OPS_H
#define DLTAPE_OPS_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A tape that computes with these ops. Never null. */
DL_API dl_tape *dl_tape_new(void);

/* ---- elementwise, one operand: g is the gradient that arrives, y the value ------------------- */

DL_API dl_val dl_neg(dl_val x);             /* -x; -g */
DL_API dl_val dl_abs(dl_val x);             /* |x|; g sign(x), 0 at 0 */
DL_API dl_val dl_sign(dl_val x);            /* -1, 0, 1; zero derivative. sign(NaN) = NaN */
DL_API dl_val dl_square(dl_val x);          /* x^2; 2 g x */
DL_API dl_val dl_sqrt(dl_val x);            /* NaN below 0; g / (2 y), infinite at 0 */
DL_API dl_val dl_exp(dl_val x);             /* e^x; g y */
DL_API dl_val dl_log(dl_val x);             /* natural logarithm, -inf at 0, NaN below; g / x */
DL_API dl_val dl_tanh(dl_val x);            /* g (1 - y^2) */
DL_API dl_val dl_erf(dl_val x);             /* 2/sqrt(pi) g exp(-x^2) */
DL_API dl_val dl_sin(dl_val x);             /* radians; g cos(x) */
DL_API dl_val dl_cos(dl_val x);             /* radians; -g sin(x) */
DL_API dl_val dl_sigmoid(dl_val x);         /* 1 / (1 + e^-x), without overflow; g y (1 - y) */
DL_API dl_val dl_relu(dl_val x);            /* max(x, 0), NaN stays NaN; g where x > 0, 0 at 0 */
DL_API dl_val dl_scale(dl_val x, double s); /* s x; s g. s may change without a new plan */
DL_API dl_val dl_shift(dl_val x, double s); /* x + s; g. s may change without a new plan */

/* ---- elementwise, two operands, with broadcasting -------------------------------------------- */

DL_API dl_val dl_add(dl_val a, dl_val b); /* a + b; g, g */
DL_API dl_val dl_sub(dl_val a, dl_val b); /* a - b; g, -g */
DL_API dl_val dl_mul(dl_val a, dl_val b); /* a b; g b, g a */
DL_API dl_val dl_div(dl_val a, dl_val b); /* a / b; g / b, -g y / b */
/* a^b as C's pow; g b a^(b-1) and g y log a. Where b = 0 the first is 0; where a = 0 and b >= 0 the
 * second is 0. */
DL_API dl_val dl_power(dl_val a, dl_val b);
DL_API dl_val dl_power_scalar(dl_val x, double p); /* x^p; p may change without a new plan */
/* The larger and the smaller; NaN if either is. g to the one taken, half to each at a tie. */
DL_API dl_val dl_max(dl_val a, dl_val b);
DL_API dl_val dl_min(dl_val a, dl_val b);

/* The sum of any number of values: dl_add_n(l1, l2, l3, l4). Added pairwise, the sum of the first
 * half to that of the second, of odd numbers the first half is the longer. */
DL_API dl_val dl_add_list(const dl_val *x, int n);
#define dl_add_n(...) dl_add_list(DL_VALS(__VA_ARGS__))

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

/* ---- sizes, order, labels: views, without a copy where strides allow ------------------------- */

/* Other sizes for the same elements in row-major order; one size may be -1. Labels are dropped. */
DL_API dl_val dl_reshape(dl_val x, int rank, const int64_t *dims);
/* Axis k of the result is axis order[k] of x. A labelled value keeps its order: DL_ELABEL. */
DL_API dl_val dl_permute(dl_val x, int rank, const int64_t *order);
/* Repeats axes of size 1, and missing trailing axes, to the given sizes; the gradient is summed. */
DL_API dl_val dl_expand(dl_val x, int rank, const int64_t *dims);
/* Elements begin <= i < end along one axis ("T", "0"); negative numbers count from the end. */
DL_API dl_val dl_slice(dl_val x, const char *axis, int64_t begin, int64_t end);
/* Joins n >= 1 values along one axis; the other sizes and the labels are equal. */
DL_API dl_val dl_cat(const dl_val *x, int n, const char *axis);
/* Without labels. */
DL_API dl_val dl_stripdims(dl_val x);
/* With these labels, one for each axis of x; the axes are sorted into S C B T U, as dlarray does.
 */
DL_API dl_val dl_label(dl_val x, const char *labels);

/* ---- new values ------------------------------------------------------------------------------ */

DL_API dl_val dl_zeros(dl_tape *t, dl_dtype dtype, int rank, const int64_t *dims);
DL_API dl_val dl_ones(dl_tape *t, dl_dtype dtype, int rank, const int64_t *dims);
DL_API dl_val dl_full(dl_tape *t, dl_dtype dtype, double value, int rank, const int64_t *dims);
DL_API dl_val dl_eye(dl_tape *t, dl_dtype dtype, int64_t n); /* (n,n), ones on the diagonal */
DL_API dl_val dl_zeros_like(dl_val x);
DL_API dl_val dl_ones_like(dl_val x);
DL_API dl_val dl_eye_like(dl_val x); /* x is (n,n) */

/* ---- losses: y and target of the same sizes (else DL_ESHAPE), rank 0 ------------------------- */

/* dlarray's mse, the HALF mean squared error: sum (y - t)^2 / (2 N), N the size of axis B, 1
 * without. */
DL_API dl_val dl_mse(dl_val y, dl_val target);
/* The plain one: the mean of (y - t)^2 over all elements. */
DL_API dl_val dl_mean_squared_error(dl_val y, dl_val target);
DL_API dl_val dl_l1loss(dl_val y, dl_val target); /* sum |y - t| / N */
DL_API dl_val dl_l2loss(dl_val y, dl_val target); /* sum (y - t)^2 / N, without the half */

#ifdef __cplusplus
}
#endif

#include "places.h"
#endif
