/* linear_reference.h: linear algebra in long double, by other algorithms than the library's:
 * systems by Gauss-Jordan, determinants by cofactors, eigenvalues by Jacobi, roots by Newton,
 * exponentials by their series; and matrices to try things on. */
#ifndef DLTAPE_LINEAR_REFERENCE_H
#define DLTAPE_LINEAR_REFERENCE_H

#include "driver.h"

enum { LINEAR_MOST = 9 };

/* Of one matrix; row-major. */
typedef struct linear_matrix {
    int m, n;
    long double x[LINEAR_MOST * LINEAR_MOST];
} linear_matrix;

linear_matrix linear_from(const double *x, int m, int n);
void linear_to(const linear_matrix *a, double *y);
linear_matrix linear_times(const linear_matrix *a, const linear_matrix *b);
linear_matrix linear_transposed(const linear_matrix *a);
linear_matrix linear_symmetric(const linear_matrix *a); /* (a + a') / 2 */
linear_matrix linear_identity(int n);
linear_matrix linear_plus(const linear_matrix *a, long double f, const linear_matrix *b);
/* a^-1 b */
linear_matrix linear_solve(const linear_matrix *a, const linear_matrix *b);
long double linear_det(const linear_matrix *a);
/* Eigenvalues w, ascending, and vectors, the largest component of each positive. */
linear_matrix linear_eigen(const linear_matrix *symmetric, long double *w);
/* Singular values, descending, with u (m,k) and v (n,k); the largest component of u positive. */
void linear_svd(const linear_matrix *a, linear_matrix *u, long double *s, linear_matrix *v);

/* Calls one(x[0], x[1], y) for each batch: the sizes of a case are its last two digits, those of
 * vectors and numbers its last one or none. */
typedef void linear_one(const op_case *c, const linear_matrix *a, const linear_matrix *b,
                        double *y);
void linear_batches(const op_case *c, const double *const *x, double *y, int result_axes,
                    linear_one *one);

/* Regular, values well apart: (3,3) and three of (2,2); the same with a positive definite symmetric
 * part whose eigenvalues are well apart; (4,3), of full rank. */
extern const double linear_regular[OP_POOL], linear_regulars[OP_POOL], linear_definite[OP_POOL],
    linear_definites[OP_POOL], linear_tall[OP_POOL];

#endif
