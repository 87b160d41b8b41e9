/* singular.h: singular values, in plain C99, as factor.h: bidiagonal by Householder, then implicit
 * QR (Golub & Kahan 1965; Golub & Reinsch, Numer. Math. 14 (1970)). Each value is within some eps
 * of the largest one. Left and right vectors are rows here, so that every inner loop runs along
 * one. */
#ifndef DLTAPE_SINGULAR_H
#define DLTAPE_SINGULAR_H

#include "spectral.h"

/* ---- reflections of rows --------------------------------------------------------------------- */

/* Applies the reflection I - beta x x' to n elements of each row of a; rows are `step` apart. */
static inline void dl_reflect_rows(int64_t rows, int64_t step, int64_t n, const double *x,
                                   double beta, double *a)
{
    for (double *row = a; row < a + rows * step; row += step)
        dl_axpy(n, -beta * dl_inner(n, x, row), x, row);
}

/* Row k of a (n,m) holds, from element k on, the vector of reflection k, from `first` on; the rows
 * become those of the product of all. */
static inline void dl_multiply_reflections(int64_t n, int64_t m, int64_t first, const double *beta,
                                           double *a)
{
    for (int64_t k = n - 1; k >= first; k--) {
        double *row = a + k * m, *x = row + k, factor = -beta[k] * x[0];
        dl_reflect_rows(n - k - 1, m, m - k, x, beta[k], x + m);
        for (int64_t i = 0; i < k; i++) row[i] = 0;
        for (int64_t i = k; i < m; i++) row[i] *= factor;
        row[k] += 1;
    }
    for (int64_t i = 0; i < first * m; i++) a[i] = i % (m + 1) == 0;
}

/* ---- the bidiagonal form --------------------------------------------------------------------- */

/* u (n,m) holds the transpose of a matrix a, m >= n; it becomes bidiagonal, u a v', with d on the
 * diagonal and e right of it. work: 2 n + m. */
static inline void dl_bidiagonal(int64_t m, int64_t n, double *u, double *v, double *d, double *e,
                                 double *work)
{
    double *left = work, *right = left + n, *sum = right + n;
    for (int64_t k = 0; k < n; k++) {
        double *x = u + k * m + k, *y = v + (k + 1) * n + k + 1;
        int64_t rows = n - k - 1;
        d[k] = dl_reflection(m - k, 1, 0, x, left + k);
        dl_reflect_rows(rows, m, m - k, x, left[k], x + m);
        if (!rows) break;
        for (int64_t j = 0; j < rows; j++) y[j] = x[(j + 1) * m];
        e[k] = dl_reflection(rows, 1, 0, y, right + k + 1);
        for (int64_t i = 0; i < m - k - 1; i++) sum[i] = 0;
        for (int64_t j = 0; j < rows; j++) dl_axpy(m - k - 1, y[j], x + (j + 1) * m + 1, sum);
        for (int64_t j = 0; j < rows; j++)
            dl_axpy(m - k - 1, -right[k + 1] * y[j], sum, x + (j + 1) * m + 1);
    }
    dl_multiply_reflections(n, m, 0, left, u);
    dl_multiply_reflections(n, n, n > 0, right, v);
}

/* ---- the diagonal form ----------------------------------------------------------------------- */

/* The rotation that takes (f, g) to (r, 0), which is returned; none of next to nothing. */
static inline double dl_rotation(double f, double g, double *c, double *s)
{
    double r = sqrt(f * f + g * g);
    *c = 1, *s = 0;
    if (!(r > 1e-150)) return f;
    *c = f / r, *s = g / r;
    return r;
}

static inline void dl_rotate_rows(int64_t n, double c, double s, double *a, double *b)
{
    for (int64_t i = 0; i < n; i++) {
        double x = a[i];
        a[i] = c * x + s * b[i];
        b[i] = c * b[i] - s * x;
    }
}

/* What the first rotation of a step takes to 0, *g, beside what it does not: of the block from
 * `first` to `last`, shifted by the eigenvalue of the last two rows and columns of its square that
 * is nearer to the last element. */
static inline double dl_shifted(int64_t first, int64_t last, const double *d, const double *e,
                                double *g)
{
    double most = fabs(d[last]), shift = 0;
    if (fabs(d[last - 1]) > most) most = fabs(d[last - 1]);
    if (fabs(e[last - 1]) > most) most = fabs(e[last - 1]);
    if (fabs(d[first]) > most) most = fabs(d[first]);
    if (fabs(e[first]) > most) most = fabs(e[first]);
    double p = d[last] / most, q = d[last - 1] / most, r = e[last - 1] / most, f = d[first] / most;
    double half = ((q + p) * (q - p) + r * r) / 2, square = p * r * (p * r);
    if (half != 0 || square != 0) {
        double root = sqrt(half * half + square);
        shift = square / (half + (half < 0 ? -root : root));
    }
    *g = f * (e[first] / most);
    return (f + p) * (f - p) + shift;
}

/* One implicit QR step on rows first to last. */
static inline void dl_qr_step(int64_t first, int64_t last, int64_t m, int64_t n, double *u,
                              double *v, double *d, double *e)
{
    double g, c, s, f = dl_shifted(first, last, d, e, &g);
    for (int64_t j = first; j < last; j++) {
        double r = dl_rotation(f, g, &c, &s);
        if (j > first) e[j - 1] = r;
        f = c * d[j] + s * e[j];
        e[j] = c * e[j] - s * d[j];
        g = s * d[j + 1];
        d[j + 1] = c * d[j + 1];
        dl_rotate_rows(n, c, s, v + j * n, v + (j + 1) * n);
        d[j] = dl_rotation(f, g, &c, &s);
        f = c * e[j] + s * d[j + 1];
        d[j + 1] = c * d[j + 1] - s * e[j];
        g = j + 1 < last ? s * e[j + 1] : 0;
        if (j + 1 < last) e[j + 1] = c * e[j + 1];
        dl_rotate_rows(m, c, s, u + j * m, u + (j + 1) * m);
    }
    e[last - 1] = f;
}

/* d[at] is 0: rotations with the rows below it, or if it is the last one with the columns before
 * it, take what stands beside it to 0. */
static inline void dl_decouple(int64_t at, int64_t first, int64_t last, int64_t m, int64_t n,
                               double *u, double *v, double *d, double *e)
{
    int64_t step = at == last ? -1 : 1, end = at == last ? first : last;
    double c, s, f = e[at == last ? last - 1 : at];
    e[at == last ? last - 1 : at] = 0;
    for (int64_t j = at + step;; j += step) {
        int64_t next = at == last ? j - 1 : j;
        d[j] = dl_rotation(d[j], f, &c, &s);
        if (at == last) dl_rotate_rows(n, c, s, v + j * n, v + at * n);
        else dl_rotate_rows(m, c, s, u + j * m, u + at * m);
        if (j == end) break;
        f = -s * e[next];
        e[next] *= c;
    }
}

/* e becomes 0; NaN where 50 steps for one value do not do. The largest number is about 1. */
static inline void dl_diagonal(int64_t m, int64_t n, double *u, double *v, double *d, double *e)
{
    int steps = 0;
    for (int64_t last = n - 1; last > 0;) {
        int64_t first = last, zero = last;
        while (first > 0 && fabs(e[first - 1]) > 1.1e-16 * (fabs(d[first - 1]) + fabs(d[first]))
               && fabs(e[first - 1]) > 1e-140)
            first--;
        if (first > 0) e[first - 1] = 0;
        while (zero >= first && fabs(d[zero]) > 1e-19) zero--;
        if (first == last || steps == 50) {
            if (first < last) d[last] = (double)NAN;
            last--, steps = 0;
        } else if (zero >= first) {
            d[zero] = 0;
            dl_decouple(zero, first, last, m, n, u, v, d, e);
        } else {
            dl_qr_step(first, last, m, n, u, v, d, e);
            steps++;
        }
    }
}

/* ---- singular values and vectors ------------------------------------------------------------- */

/* u (n,m) holds the transpose of a matrix, m >= n, and gets its left singular vectors in rows, v
 * (n,n) the right ones, s the values, descending; all NaN if the matrix is not finite. work: 3 n +
 * m. */
static inline void dl_singular(int64_t m, int64_t n, double *u, double *v, double *s, double *work)
{
    double back = dl_scale_to_1(m * n, u);
    if (back == 0) {
        dl_fill_nan(m * n, u);
        dl_fill_nan(n * n, v);
        dl_fill_nan(n, s);
        return;
    }
    dl_bidiagonal(m, n, u, v, s, work, work + n);
    dl_diagonal(m, n, u, v, s, work);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < n && s[i] < 0; k++) v[i * n + k] = -v[i * n + k];
        s[i] = fabs(s[i]) * back;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t best = i;
        for (int64_t j = i + 1; j < n; j++)
            if (s[j] > s[best]) best = j;
        if (best == i) continue;
        dl_swap(1, s + i, s + best);
        dl_swap(m, u + i * m, u + best * m);
        dl_swap(n, v + i * n, v + best * n);
    }
}

/* y (m+n+1,n) holds U over V over the values, m >= n; a pair of vectors is turned so that the
 * largest component of u, or if mode is 1 of v, is positive. work: m n + n n + 3 n + m. */
static inline void dl_svd_of(const dl_matrices *p)
{
    int64_t m = p->m, n = p->n;
    double *u = p->work, *v = u + m * n, *to = p->y, *right = to + m * n;
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) u[j * m + i] = p->a[i * n + j];
    dl_singular(m, n, u, v, right + n * n, v + n * n);
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < m; i++) to[i * n + j] = u[j * m + i];
        for (int64_t i = 0; i < n; i++) right[i * n + j] = v[j * n + i];
        if (!p->mode && dl_turn_column(m, n, j, to))
            for (int64_t i = 0; i < n; i++) right[i * n + j] = -right[i * n + j];
        if (p->mode && dl_turn_column(n, n, j, right))
            for (int64_t i = 0; i < m; i++) to[i * n + j] = -to[i * n + j];
    }
}

/* The pseudoinverse (n,m) for m >= n; values that are rounding count as 0. work: m n + n n + 4 n +
 * m. */
static inline void dl_pinv_of(const dl_matrices *p)
{
    int64_t m = p->m, n = p->n;
    double *u = p->work, *v = u + m * n, *s = v + n * n, least;
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) u[j * m + i] = p->a[i * n + j];
    dl_singular(m, n, u, v, s, s + n);
    least = dl_negligible(p->mode, p->size, n, s);
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < m; k++) u[i * m + k] = s[i] <= least ? 0 : u[i * m + k] / s[i];
    dl_product_left(n, n, m, v, u, p->y);
}

#endif
