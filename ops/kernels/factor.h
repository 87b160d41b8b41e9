/* factor.h: factorisations of one matrix, and solving with them, in plain C99.
 *
 * Everything here computes in double: values of f32 are widened on the way in and rounded once on
 * the way out. The same text is part of printed C. Matrices are row-major without gaps; nothing is
 * allocated, sums run in the order of the index, and NaN ends every loop. Sections are units as in
 * elementary_f64.h. Sources: Golub & Van Loan, Matrix Computations, 4th ed., chapters 3 to 5. */
#ifndef DLTAPE_FACTOR_H
#define DLTAPE_FACTOR_H

#include "elementary_f64.h"

/* What a core computes: y from a (m,n) and b of k columns, with scratch memory. */
typedef struct dl_matrices {
    int64_t m, n, k, mode, size;
    const double *a, *b;
    double *y, *work;
} dl_matrices;

/* ---- in and out ------------------------------------------------------------------------------ */

static inline void dl_gather_f32(int64_t rows, int64_t cols, const float *x, int64_t row,
                                 int64_t col, double *to)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) to[i * cols + j] = (double)x[i * row + j * col];
}

static inline void dl_gather_f64(int64_t rows, int64_t cols, const double *x, int64_t row,
                                 int64_t col, double *to)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) to[i * cols + j] = x[i * row + j * col];
}

/* Which of two NaN a sum passes on is the compiler's choice, so all get one sign here.
 *
 * Volatile, because gcc 12 takes a vector of doubles that is rounded and widened again for the one
 * before, in printed code, where this is inlined between two cores. */
static inline void dl_hand_out_f32(int64_t n, const double *y, float *to)
{
    volatile float *rounded = to;
    for (int64_t i = 0; i < n; i++) rounded[i] = y[i] != y[i] ? (float)NAN : (float)y[i];
}

static inline void dl_hand_out_f64(int64_t n, const double *y, double *to)
{
    for (int64_t i = 0; i < n; i++) to[i] = y[i] != y[i] ? (double)NAN : y[i];
}

/* ---- small helpers --------------------------------------------------------------------------- */

static inline void dl_copy(int64_t n, const double *x, double *to)
{
    for (int64_t i = 0; i < n; i++) to[i] = x[i];
}

static inline void dl_swap(int64_t n, double *a, double *b)
{
    for (int64_t i = 0; i < n; i++) {
        double t = a[i];
        a[i] = b[i];
        b[i] = t;
    }
}

/* y += f x */
static inline void dl_axpy(int64_t n, double f, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) y[i] += f * x[i];
}

/* The sum of a_i b_i, in eight partial sums: their order depends on n only, and they vectorise. */
static inline double dl_inner(int64_t n, const double *a, const double *b)
{
    double lane[8] = { 0, 0, 0, 0, 0, 0, 0, 0 };
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int64_t j = 0; j < 8; j++) lane[j] += a[i + j] * b[i + j];
    for (int64_t j = 0; i + j < n; j++) lane[j] += a[i + j] * b[i + j];
    return ((lane[0] + lane[1]) + (lane[2] + lane[3]))
           + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* (m,l) (l,n) */
static inline void dl_product(int64_t m, int64_t l, int64_t n, const double *a, const double *b,
                              double *y)
{
    for (int64_t i = 0; i < m * n; i++) y[i] = 0;
    for (int64_t i = 0; i < m; i++)
        for (int64_t k = 0; k < l; k++) dl_axpy(n, a[i * l + k], b + k * n, y + i * n);
}

/* a' b of (m,l) and (m,n) */
static inline void dl_product_left(int64_t m, int64_t l, int64_t n, const double *a,
                                   const double *b, double *y)
{
    for (int64_t i = 0; i < l * n; i++) y[i] = 0;
    for (int64_t k = 0; k < m; k++)
        for (int64_t i = 0; i < l; i++) dl_axpy(n, a[k * l + i], b + k * n, y + i * n);
}

/* a b' of (m,l) and (n,l) */
static inline void dl_product_right(int64_t m, int64_t l, int64_t n, const double *a,
                                    const double *b, double *y)
{
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) y[i * n + j] = dl_inner(l, a + i * l, b + j * l);
}

/* (x + x') / 2 */
static inline void dl_symmetric_part(int64_t n, const double *x, double *to)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) to[i * n + j] = 0.5 * x[i * n + j] + 0.5 * x[j * n + i];
}

/* The largest magnitude of n numbers, `step` apart; NaN if there is one. */
static inline double dl_largest(int64_t n, const double *x, int64_t step)
{
    double most = 0;
    for (int64_t i = 0; i < n; i++) {
        double size = fabs(x[i * step]);
        if (size > most || size != size) most = size;
    }
    return most;
}

/* Their Euclidean norm, without overflow. */
static inline double dl_length(int64_t n, const double *x, int64_t step)
{
    double most = dl_largest(n, x, step), sum = 0;
    if (!(most > 0) || most > 1.7e308) return most;
    for (int64_t i = 0; i < n; i++) sum += x[i * step] / most * (x[i * step] / most);
    return most * sqrt(sum);
}

/* ---- triangular matrices --------------------------------------------------------------------- */

/* x of k columns becomes t^-1 x, or t'^-1 x; `unit`: the diagonal counts as ones. */
static inline void dl_triangular(int64_t n, int64_t k, const double *t, int64_t upper,
                                 int64_t transposed, int64_t unit, double *x)
{
    int64_t down = !upper == !transposed;
    for (int64_t s = 0; s < n; s++) {
        int64_t i = down ? s : n - 1 - s, first = down ? 0 : i + 1, end = down ? i : n;
        for (int64_t j = first; j < end; j++)
            dl_axpy(k, -(transposed ? t[j * n + i] : t[i * n + j]), x + j * k, x + i * k);
        for (int64_t c = 0; c < k && !unit; c++) x[i * k + c] /= t[i * n + i];
    }
}

/* a is a triangle, b (n,k). mode: 1 upper, 2 transposed, 4 unit. */
static inline void dl_solve_triangle(const dl_matrices *p)
{
    dl_copy(p->n * p->k, p->b, p->y);
    dl_triangular(p->n, p->k, p->a, p->mode & 1, p->mode & 2, p->mode & 4, p->y);
}

/* ---- LU -------------------------------------------------------------------------------------- */

/* P a = L U by rows of largest pivots: y (n+1,n) holds L below the diagonal, U, and in its last row
 * which row of a became row i. A column without a pivot leaves a 0 on the diagonal of U. */
static inline void dl_lu_of(const dl_matrices *p)
{
    int64_t n = p->n;
    double *y = p->y, *order = y + n * n;
    dl_copy(n * n, p->a, y);
    for (int64_t i = 0; i < n; i++) order[i] = (double)i;
    for (int64_t k = 0; k < n; k++) {
        int64_t top = k;
        for (int64_t i = k + 1; i < n; i++)
            if (fabs(y[i * n + k]) > fabs(y[top * n + k])) top = i;
        if (top != k) {
            dl_swap(n, y + k * n, y + top * n);
            dl_swap(1, order + k, order + top);
        }
        if (y[k * n + k] == 0) continue;
        for (int64_t i = k + 1; i < n; i++) {
            y[i * n + k] /= y[k * n + k];
            dl_axpy(n - k - 1, -y[i * n + k], y + k * n + k + 1, y + i * n + k + 1);
        }
    }
}

/* L and U of an LU, of which a has m = n + 1 rows. */
static inline void dl_lu_factors_of(const dl_matrices *p) { dl_copy(p->n * p->n, p->a, p->y); }

/* a holds an LU; mode: 1 for the transpose. */
static inline void dl_solve_by_lu(const dl_matrices *p)
{
    int64_t n = p->n, k = p->k;
    const double *order = p->a + n * n;
    if (p->mode) {
        dl_copy(n * k, p->b, p->work);
        dl_triangular(n, k, p->a, 1, 1, 0, p->work);
        dl_triangular(n, k, p->a, 0, 1, 1, p->work);
        for (int64_t i = 0; i < n; i++) dl_copy(k, p->work + i * k, p->y + (int64_t)order[i] * k);
        return;
    }
    for (int64_t i = 0; i < n; i++) dl_copy(k, p->b + (int64_t)order[i] * k, p->y + i * k);
    dl_triangular(n, k, p->a, 0, 0, 1, p->y);
    dl_triangular(n, k, p->a, 1, 0, 0, p->y);
}

/* Of an LU: 1 or -1, as the rows were exchanged an even or an odd number of times. */
static inline double dl_order_sign(int64_t n, const double *order)
{
    double sign = 1;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            if (order[j] > order[i]) sign = -sign;
    return sign;
}

static inline void dl_det_by_lu(const dl_matrices *p)
{
    double y = dl_order_sign(p->n, p->a + p->n * p->n);
    for (int64_t i = 0; i < p->n; i++) y *= p->a[i * p->n + i];
    p->y[0] = y;
}

/* The sign, and log |det|. */
static inline void dl_slogdet_by_lu(const dl_matrices *p)
{
    double sign = dl_order_sign(p->n, p->a + p->n * p->n), sum = 0;
    for (int64_t i = 0; i < p->n; i++) {
        double u = p->a[i * p->n + i];
        sign = u == 0 ? 0 : u < 0 ? -sign : u > 0 ? sign : u;
        sum += dl_log_f64(fabs(u));
    }
    p->y[0] = sign;
    p->y[1] = sum;
}

/* The matrix of cofactors, det(a) a^-T, without a division by the last pivot: with a = P' L U Q',
 * pivots being largest in what is left of the matrix, adj(U) is det(U1) [u U1^-1, -U1^-1 c; 0, 1]
 * for U = [U1 c; 0 u]. So it is right for a singular a too. After Stewart, On the adjugate matrix,
 * Linear Algebra Appl. 283 (1998). work: 2 n n + 2 n. */
static inline void dl_cofactors(const dl_matrices *p)
{
    int64_t n = p->n, top, best;
    double *u = p->work, *x = u + n * n, *row = x + n * n, *col = row + n, det = 1, last;
    dl_copy(n * n, p->a, u);
    for (int64_t i = 0; i < n; i++) row[i] = col[i] = (double)i;
    for (int64_t k = 0; k < n; k++) {
        top = best = k;
        for (int64_t i = k; i < n; i++)
            for (int64_t j = k; j < n; j++)
                if (fabs(u[i * n + j]) > fabs(u[top * n + best])) top = i, best = j;
        if (top != k) dl_swap(n, u + k * n, u + top * n), dl_swap(1, row + k, row + top);
        if (best != k) {
            for (int64_t i = 0; i < n; i++) dl_swap(1, u + i * n + k, u + i * n + best);
            dl_swap(1, col + k, col + best);
        }
        if (u[k * n + k] == 0) continue;
        for (int64_t i = k + 1; i < n; i++) {
            u[i * n + k] /= u[k * n + k];
            dl_axpy(n - k - 1, -u[i * n + k], u + k * n + k + 1, u + i * n + k + 1);
        }
    }
    for (int64_t k = 0; k + 1 < n; k++) det *= u[k * n + k];
    if (n == 0) return;
    last = u[n * n - 1];
    for (int64_t i = 0; i < n * n; i++) x[i] = 0;
    if (det != 0) { /* adj(U), row by row from the last */
        for (int64_t i = 0; i + 1 < n; i++)
            x[i * n + i] = last, x[i * n + n - 1] = -u[i * n + n - 1];
        for (int64_t i = n - 2; i >= 0; i--) {
            for (int64_t j = i + 1; j + 1 < n; j++) dl_axpy(n, -u[i * n + j], x + j * n, x + i * n);
            for (int64_t j = 0; j < n; j++) x[i * n + j] /= u[i * n + i];
        }
        x[n * n - 1] = 1;
        for (int64_t i = 0; i < n * n; i++) x[i] *= det;
    }
    /* adj(U) L^-1, column by column from the last; then back in order, transposed. */
    for (int64_t j = n - 1; j >= 0; j--)
        for (int64_t i = j + 1; i < n; i++)
            for (int64_t r = 0; r < n; r++) x[r * n + j] -= x[r * n + i] * u[i * n + j];
    det = dl_order_sign(n, row) * dl_order_sign(n, col);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            p->y[(int64_t)row[j] * n + (int64_t)col[i]] = det * x[i * n + j];
}

/* ---- Cholesky -------------------------------------------------------------------------------- */

/* L of L L' = (a + a') / 2, zeros above it; NaN everywhere where there is none. work: n n. */
static inline void dl_cholesky_of(const dl_matrices *p)
{
    int64_t n = p->n;
    double *y = p->y, *s = p->work;
    dl_symmetric_part(n, p->a, s);
    for (int64_t i = 0; i < n * n; i++) y[i] = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++) {
            double sum = s[i * n + j] - dl_inner(j, y + i * n, y + j * n);
            if (j < i) y[i * n + j] = sum / y[j * n + j];
            else if (sum > 0) y[i * n + i] = sqrt(sum);
            else {
                for (int64_t k = 0; k < n * n; k++) y[k] = (double)NAN;
                return;
            }
        }
}

/* log det of (a + a') / 2 by its Cholesky factor. work: 2 n n. */
static inline void dl_logdet_of(const dl_matrices *p)
{
    int64_t n = p->n;
    double *l = p->work, sum = 0;
    dl_matrices factor = { n, n, 0, 0, 0, p->a, p->a, l, l + n * n };
    dl_cholesky_of(&factor);
    for (int64_t i = 0; i < n; i++) sum += dl_log_f64(l[i * n + i]);
    p->y[0] = 2 * sum;
}

/* ---- QR -------------------------------------------------------------------------------------- */

/* The reflection I - beta v v' that takes column k to a multiple of the unit vector; v lies where
 * the column lay, what it became is returned. The column is scaled first: of one that is all
 * rounding nothing may be lost to underflow. */
static inline double dl_reflection(int64_t m, int64_t n, int64_t k, double *x, double *beta)
{
    double *v = x + k * n + k, most = dl_largest(m - k, v, n), length, first;
    *beta = 0;
    if (most == 0) return 0;
    for (int64_t i = 0; i < m - k; i++) v[i * n] /= most;
    length = dl_length(m - k, v, n);
    first = *v;
    if (first < 0) length = -length;
    *v = 1; /* v divided by its first element */
    for (int64_t i = 1; i < m - k; i++) v[i * n] /= first + length;
    *beta = (first + length) / length;
    return -length * most;
}

/* Applies it to columns `from` and up of z (m,c). work: c */
static inline void dl_reflect(int64_t m, int64_t n, int64_t k, const double *x, double beta,
                              int64_t c, int64_t from, double *z, double *work)
{
    for (int64_t j = from; j < c; j++) work[j] = 0;
    for (int64_t i = k; i < m; i++) dl_axpy(c - from, x[i * n + k], z + i * c + from, work + from);
    for (int64_t i = k; i < m; i++)
        dl_axpy(c - from, -beta * x[i * n + k], work + from, z + i * c + from);
}

/* y (m+n,n): Q above R, whose diagonal is not negative; m >= n. work: m n + 3 n. */
static inline void dl_qr_of(const dl_matrices *p)
{
    int64_t m = p->m, n = p->n;
    double *x = p->work, *beta = x + m * n, *diagonal = beta + n, *sum = diagonal + n;
    double *q = p->y, *r = q + m * n;
    dl_copy(m * n, p->a, x);
    for (int64_t k = 0; k < n; k++) {
        diagonal[k] = dl_reflection(m, n, k, x, &beta[k]);
        dl_reflect(m, n, k, x, beta[k], n, k + 1, x, sum);
    }
    for (int64_t i = 0; i < m * n; i++) q[i] = 0;
    for (int64_t k = n - 1; k >= 0; k--) {
        q[k * n + k] = 1;
        dl_reflect(m, n, k, x, beta[k], n, k, q, sum);
    }
    for (int64_t i = 0; i < n; i++) {
        double sign = diagonal[i] < 0 ? -1 : 1;
        for (int64_t j = 0; j < n; j++)
            r[i * n + j] = j < i ? 0 : sign * (j == i ? diagonal[i] : x[i * n + j]);
        for (int64_t k = 0; k < m; k++) q[k * n + i] *= sign;
    }
}

#endif
