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

/* ---- systems and determinants ----------------------------------------------------------------
 *
 * Here and below matrices are the last two axes, without labels (DL_ELABEL); more axes lead, and
 * each of their elements is a problem of its own. Two operands have leading axes of equal sizes or
 * 1, or one is a single matrix. (n,n) that is not square: DL_ESHAPE. f32 is computed in f64 and
 * rounded once. No matrix is an error at run time: what does not exist is infinite or NaN. */

/* x of a x = b, (n,n) (n,k) -> (n,k), by LU with row pivots: a'^-1 g for b, - (a'^-1 g) x' for a
 * (Giles 2008). A singular a gives infinities and NaN. The factorisation is done once for value and
 * derivatives of any order. */
DL_API dl_val dl_solve(dl_val a, dl_val b);
/* The inverse, likewise. To solve a system, dl_solve is faster and more accurate. */
DL_API dl_val dl_inv(dl_val x);

/* (n,n) -> l (n,n), lower with ones on its diagonal, u (n,n), upper, and order (n), i64: row i of
 * l u is row order[i] of x, that with the largest pivot. MATLAB's lu(x, 'vector'). x[order] gets
 * l'^-1 (tril(l' gl, -1) + triu(gu u')) u'^-1, within one order: where pivots are equal the order
 * jumps. A singular x has a 0 on the diagonal of u, and derivatives that are infinite or NaN. Any
 * pointer may be null. */
DL_API dl_status dl_lu(dl_val x, dl_val *l, dl_val *u, dl_val *order);
/* x of a x = b, (n,k), from the factors that dl_lu gives of a: two triangular systems, rounded
 * after each; for one matrix and many b, one after the other. Factors of several sizes: DL_ESHAPE;
 * an order that is not i64: DL_EDTYPE; a place that is none reads NaN. */
DL_API dl_val dl_lu_solve(dl_val l, dl_val u, dl_val order, dl_val b);

/* How a triangular matrix is read: a sum of these. */
enum { DL_LOWER = 0, DL_UPPER = 1, DL_TRANSPOSED = 2, DL_UNIT = 4 };
/* x of t x = b (of t' x = b with DL_TRANSPOSED), where t is the lower or upper triangle of a, or
 * has ones for its diagonal (DL_UNIT); the rest of a is not read and gets a gradient of 0. As
 * dl_solve; no sum of the above: DL_EARG. */
DL_API dl_val dl_solve_triangular(dl_val a, dl_val b, unsigned how);

/* (n,n) -> (): the determinant, by LU; g times the cofactors, which are right for singular matrices
 * too. Where det = 0 the second derivative is NaN. May overflow: dl_slogdet does not. Of (0,0) 1.
 */
DL_API dl_val dl_det(dl_val x);
/* (n,n) -> (), (): the sign, 0 for a singular matrix, without a derivative; and log |det|, -inf
 * then; g x'^-1. Either pointer may be null. */
DL_API dl_status dl_slogdet(dl_val x, dl_val *sign, dl_val *log_abs);
/* log det of a positive definite matrix, through its Cholesky factor; NaN if it is not. g x^-1. */
DL_API dl_val dl_logdet(dl_val x);

/* ---- factorisations --------------------------------------------------------------------------
 *
 * Derivatives are those of the factors as they are normalised here, which makes them unique where
 * the matrix has full rank and no value is repeated. Symmetric matrices: x stands for (x + x') / 2,
 * so gradients are symmetric. */

/* Lower l with l l' = x, zeros above; x symmetric (see above). All NaN if x is not positive
 * definite. Derivative: Murray 2016, "Differentiation of the Cholesky decomposition". */
DL_API dl_val dl_cholesky(dl_val x);
/* (m,n) -> q (m,k), r (k,n), k = min(m,n): q'q = 1, r upper with a diagonal that is not negative.
 * Derivative: Walter & Lehmann 2018, "Algorithmic differentiation of linear algebra functions";
 * infinite or NaN where the first k columns of x are dependent. Either pointer may be null. */
DL_API dl_status dl_qr(dl_val x, dl_val *q, dl_val *r);
/* (n,n) -> values (n), ascending, and vectors (n,n) in columns: of symmetric x (see above) = v
 * diag(w) v'. The largest component of a vector is positive (of equal ones the first). All NaN if x
 * is not finite. Derivative: Giles 2008, "Collected matrix derivative results"; in it 1 / (w_j -
 * w_i) counts as 0 where the difference is at most n eps max |w|. So where values repeat,
 * derivatives of functions of the values alone are right, and of projections v v' on whole spans of
 * equal values, but not of v diag(f(w)) v': dl_sqrtm, dl_expm and dl_matrix_power are right there.
 * Either pointer may be null. */
DL_API dl_status dl_eigh(dl_val x, dl_val *values, dl_val *vectors);
/* (m,n) -> u (m,k), s (k), descending, v (n,k), k = min(m,n): x = u diag(s) v'. The largest
 * component of each column of u is positive. All NaN if x is not finite. Derivative: Townsend 2016,
 * "Differentiating the singular value decomposition"; repeated values as for dl_eigh; 1 / s counts
 * as 0 where s <= max(m,n) eps max s. A value of 0 is a kink: its derivative is that along the
 * vectors chosen. Any pointer may be null. */
DL_API dl_status dl_svd(dl_val x, dl_val *u, dl_val *s, dl_val *v);

/* ---- functions of matrices ------------------------------------------------------------------- */

/* (m,n) -> (n,m): Moore-Penrose inverse; singular values up to max(m,n) eps max s count as 0.
 * Derivative along matrices of the same rank: Golub & Pereyra 1973. */
DL_API dl_val dl_pinv(dl_val x);
/* Symmetric y with y y = x, x symmetric positive semidefinite (see dl_cholesky); NaN if it has a
 * negative eigenvalue beyond rounding. Derivative: the Lyapunov equation y dy + dy y = dx; infinite
 * where x is singular, right where eigenvalues repeat. */
DL_API dl_val dl_sqrtm(dl_val x);
/* e^x by scaling and squaring (Higham 2005). Derivative: the upper right block of e^[x' g; 0 x'],
 * as exact as the value for any g (Al-Mohy & Higham 2009). Four times the memory. */
DL_API dl_val dl_expm(dl_val x);
/* x^p by repeated squaring; p < 0: of the inverse; p = 0: the identity. */
DL_API dl_val dl_matrix_power(dl_val x, int64_t p);
/* (m,n) -> (): sum of the singular values, g u v'; the largest of them, g u1 v1'; the largest sum
 * of |x| of a column; of a row. Of several largest sums half to each side of a comparison. Of
 * nothing 0. */
DL_API dl_val dl_norm_nuclear(dl_val x);
DL_API dl_val dl_norm_2(dl_val x);
DL_API dl_val dl_norm_1(dl_val x);
DL_API dl_val dl_norm_inf(dl_val x);

/* ---- triangles and diagonals ----------------------------------------------------------------- */

/* What lies on and below, or above, diagonal k (0: the main one, above it k > 0), else 0. */
DL_API dl_val dl_tril(dl_val x, int64_t k);
DL_API dl_val dl_triu(dl_val x, int64_t k);
/* (m,n) -> (length): diagonal k, a view; and back: (n) -> (n+|k|,n+|k|), zeros elsewhere. diagflat
 * does that for all elements of x, of any rank, as one vector. */
DL_API dl_val dl_diag(dl_val x, int64_t k);
DL_API dl_val dl_diag_embed(dl_val x, int64_t k);
DL_API dl_val dl_diagflat(dl_val x, int64_t k);

/* ---- products -------------------------------------------------------------------------------- */

/* a_i b_j of all elements of a and of b, in row-major order: (numel a, numel b). */
DL_API dl_val dl_outer(dl_val a, dl_val b);
/* (m,n) (p,q) -> (m p,n q): each a_ij replaced by a_ij b; leading axes as for dl_solve. */
DL_API dl_val dl_kron(dl_val a, dl_val b);
/* The vector product along one axis of size 3 ("0", "-1", "C") of both; otherwise as dl_mul. */
DL_API dl_val dl_cross(dl_val a, dl_val b, const char *axis);
/* Sums of products in Einstein's notation: dl_einsum("bij,bjk->bik", DL_VALS(a, b)). One letter for
 * each axis; a letter that does not stand behind -> is summed over; one that a term has twice means
 * its diagonal; no -> : the letters that occur once, in alphabetical order. Blanks are ignored.
 * Terms are multiplied from left to right, a letter being summed over as soon as nothing later
 * needs it. Malformed text, wrong number of terms: DL_EARG; sizes that differ: DL_ESHAPE; a term of
 * another rank, or more than 8 letters at once: DL_ERANK; labels: DL_ELABEL. */
DL_API dl_val dl_einsum(const char *text, const dl_val *x, int n);
/* MATLAB's: the first two axes are matrices, those behind are pages: (m,k,p) (k,n,p) -> (m,n,p).
 * Page sizes are equal, or 1, or missing. Both operands have the same labels, which the result
 * keeps, or none: else DL_ELABEL. */
DL_API dl_val dl_pagemtimes(dl_val a, dl_val b);
/* (n,m) -> (m,m): correlation coefficients of columns, rows are observations; NaN for a constant
 * column. */
DL_API dl_val dl_corrcoef(dl_val x);
/* (n,d) (m,d) -> (n,m): Euclidean distances between rows of a and of b, and their squares, without
 * cancellation, as are their derivatives. The derivative of a distance is 0 where it is 0; the
 * second ones overflow or vanish where the square of the distance does. */
DL_API dl_val dl_pdist2(dl_val a, dl_val b);
DL_API dl_val dl_pdist2_squared(dl_val a, dl_val b);

#ifdef __cplusplus
}
#endif
#endif
