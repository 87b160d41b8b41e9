/* spectral.h: eigenvalues, and functions of matrices, in plain C99, as factor.h.
 *
 * Eigenvalues of symmetric matrices: tridiagonal by Householder, then implicit QL (Bowdler, Martin,
 * Reinsch & Wilkinson, Numer. Math. 11 (1968), as in EISPACK tred2 and tql2). */
#ifndef DLTAPE_SPECTRAL_H
#define DLTAPE_SPECTRAL_H

#include "factor.h"

/* ---- eigenvalues of a symmetric matrix ------------------------------------------------------- */

/* Column j of v times -1 if its largest component, the first of equal ones, is negative; true: it
 * was. */
static inline int dl_turn_column(int64_t m, int64_t n, int64_t j, double *v)
{
    double most = 0;
    for (int64_t i = 0; i < m; i++)
        if (fabs(v[i * n + j]) > fabs(most)) most = v[i * n + j];
    if (!(most < 0)) return 0;
    for (int64_t i = 0; i < m; i++) v[i * n + j] = -v[i * n + j];
    return 1;
}

/* v, symmetric, becomes the transposed product of the reflections that make it tridiagonal: d is
 * the diagonal, e what stands left of it. */
static inline void dl_tridiagonal(int64_t n, double *v, double *d, double *e)
{
    for (int64_t j = 0; j < n; j++) d[j] = v[j * n + n - 1];
    for (int64_t i = n - 1; i > 0; i--) {
        double scale = 0, h = 0, f, g;
        for (int64_t k = 0; k < i; k++) scale += fabs(d[k]);
        if (scale == 0) {
            e[i] = d[i - 1];
            for (int64_t j = 0; j < i; j++) {
                d[j] = v[j * n + i - 1];
                v[j * n + i] = v[i * n + j] = 0;
            }
            d[i] = h;
            continue;
        }
        for (int64_t k = 0; k < i; k++) d[k] /= scale;
        h = dl_inner(i, d, d);
        f = d[i - 1];
        g = f > 0 ? -sqrt(h) : sqrt(h);
        e[i] = scale * g;
        h -= f * g;
        d[i - 1] = f - g;
        for (int64_t j = 0; j < i; j++) e[j] = 0;
        for (int64_t j = 0; j < i; j++) {
            double *row = v + j * n;
            v[i * n + j] = d[j];
            e[j] += row[j] * d[j] + dl_inner(i - j - 1, row + j + 1, d + j + 1);
            dl_axpy(i - j - 1, d[j], row + j + 1, e + j + 1);
        }
        for (int64_t j = 0; j < i; j++) e[j] /= h;
        dl_axpy(i, -dl_inner(i, e, d) / (h + h), d, e);
        for (int64_t j = 0; j < i; j++) {
            for (int64_t k = j; k < i; k++) v[j * n + k] -= d[j] * e[k] + e[j] * d[k];
            d[j] = v[j * n + i - 1];
            v[j * n + i] = 0;
        }
        d[i] = h;
    }
    for (int64_t i = 0; i + 1 < n; i++) { /* the reflections, multiplied */
        double *next = v + (i + 1) * n, h = d[i + 1];
        v[i * n + n - 1] = v[i * n + i];
        v[i * n + i] = 1;
        for (int64_t k = 0; k <= i && h != 0; k++) d[k] = next[k] / h;
        for (int64_t j = 0; j <= i && h != 0; j++)
            dl_axpy(i + 1, -dl_inner(i + 1, next, v + j * n), d, v + j * n);
        for (int64_t k = 0; k <= i; k++) next[k] = 0;
    }
    for (int64_t j = 0; j < n; j++) {
        d[j] = v[j * n + n - 1];
        v[j * n + n - 1] = 0;
    }
    if (n) v[n * n - 1] = 1, e[0] = 0;
}

/* Multiplies x by a power of 2, so that its largest magnitude is about 1 and squares neither
 * overflow nor lose digits; returns the power that undoes it, 0 if x is not finite. */
static inline double dl_scale_to_1(int64_t n, double *x)
{
    double most = dl_largest(n, x, 1), scale;
    int exponent;
    if (!(most <= 1.7976931348623157e308)) return 0;
    (void)frexp(most, &exponent);
    exponent = exponent < -1000 ? -1000 : exponent > 1023 ? 1023 : exponent;
    scale = ldexp(1, -exponent);
    for (int64_t i = 0; i < n; i++) x[i] *= scale;
    return ldexp(1, exponent);
}

static inline void dl_fill_nan(int64_t n, double *x)
{
    for (int64_t i = 0; i < n; i++) x[i] = (double)NAN;
}

/* One implicit QL step on rows l to m of the tridiagonal matrix, whose elements are about 1 at
 * most; vectors are rows of v. */
static inline void dl_ql_step(int64_t n, int64_t l, int64_t m, double *v, double *d, double *e)
{
    double g = (d[l + 1] - d[l]) / (2 * e[l]), r = sqrt(g * g + 1);
    double s = 1, c = 1, p = 0;
    g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r : r));
    for (int64_t i = m - 1; i >= l; i--) {
        double f = s * e[i], b = c * e[i];
        r = sqrt(f * f + g * g);
        e[i + 1] = r;
        if (r <= 1e-150) {
            d[i + 1] -= p;
            e[m] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        for (int64_t k = 0; k < n; k++) {
            double x = v[i * n + k], z = v[(i + 1) * n + k];
            v[(i + 1) * n + k] = s * x + c * z;
            v[i * n + k] = c * x - s * z;
        }
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0;
}

static inline void dl_transpose_square(int64_t n, double *x)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++) dl_swap(1, x + i * n + j, x + j * n + i);
}

/* v (n,n) holds a symmetric matrix and gets its eigenvectors in columns, d the eigenvalues,
 * ascending; NaN where 50 steps for one do not do, and all if the matrix is not finite. e: n. */
static inline void dl_symmetric_eigen(int64_t n, double *v, double *d, double *e)
{
    double back = dl_scale_to_1(n * n, v);
    if (back == 0) {
        dl_fill_nan(n * n, v);
        dl_fill_nan(n, d);
        return;
    }
    dl_tridiagonal(n, v, d, e);
    for (int64_t i = 1; i < n; i++) e[i - 1] = e[i];
    if (n) e[n - 1] = 0;
    for (int64_t l = 0; l < n; l++)
        for (int step = 0;; step++) {
            int64_t m = l;
            while (m + 1 < n && fabs(e[m]) > 1.2e-16 * (fabs(d[m]) + fabs(d[m + 1]))) m++;
            if (m == l) break;
            if (step == 50) {
                d[l] = (double)NAN;
                break;
            }
            dl_ql_step(n, l, m, v, d, e);
        }
    for (int64_t i = 0; i < n; i++) d[i] *= back;
    for (int64_t i = 0; i < n; i++) {
        int64_t least = i;
        for (int64_t j = i + 1; j < n; j++)
            if (d[j] < d[least]) least = j;
        if (least != i) {
            dl_swap(1, d + i, d + least);
            dl_swap(n, v + i * n, v + least * n);
        }
    }
    dl_transpose_square(n, v);
    for (int64_t i = 0; i < n; i++) dl_turn_column(n, n, i, v);
}

/* y (n+1,n): eigenvectors of (a + a') / 2 in columns, the values in the last row. work: n. */
static inline void dl_eigh_of(const dl_matrices *p)
{
    dl_symmetric_part(p->n, p->a, p->y);
    dl_symmetric_eigen(p->n, p->y, p->y + p->n * p->n, p->work);
}

/* ---- what stands in the denominators of derivatives ------------------------------------------ */

/* Rounding of f32 (mode 0) or f64, in units of the largest of n numbers; size is a factor. */
static inline double dl_negligible(int64_t mode, int64_t size, int64_t n, const double *x)
{
    double most = 0;
    for (int64_t i = 0; i < n; i++)
        if (fabs(x[i]) > most) most = fabs(x[i]);
    return most * (double)size * (mode ? 2.220446049250313e-16 : 1.1920928955078125e-07);
}

/* 1 / (a_j - a_i), and 0 where the difference is rounding. */
static inline void dl_gaps_of(const dl_matrices *p)
{
    int64_t n = p->n;
    double least = dl_negligible(p->mode, p->size, n, p->a);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double gap = p->a[j] - p->a[i];
            p->y[i * n + j] = fabs(gap) <= least ? 0 : 1 / gap;
        }
}

/* 1 / a, and 0 where a is rounding. */
static inline void dl_reciprocals_of(const dl_matrices *p)
{
    double least = dl_negligible(p->mode, p->size, p->n, p->a);
    for (int64_t i = 0; i < p->n; i++) p->y[i] = fabs(p->a[i]) <= least ? 0 : 1 / p->a[i];
}

/* ---- functions of matrices ------------------------------------------------------------------- */

/* The root of an eigenvalue; what rounding has made negative counts as 0. */
static inline double dl_root(double w, double least) { return w < 0 && w >= -least ? 0 : sqrt(w); }

/* a holds eigenvectors and eigenvalues: V sqrt(w) V'. work: n n. */
static inline void dl_root_by_eigen(const dl_matrices *p)
{
    int64_t n = p->n;
    const double *w = p->a + n * n;
    double least = dl_negligible(1, n, n, w), *scaled = p->work;
    for (int64_t i = 0; i < n * n; i++) scaled[i] = p->a[i] * dl_root(w[i % n], least);
    dl_product_right(n, n, n, scaled, p->a, p->y);
}

/* With the root r of the matrix whose eigenvectors and eigenvalues a holds: x of r x + x r = b.
 * work: 2 n n. */
static inline void dl_lyapunov_by_eigen(const dl_matrices *p)
{
    int64_t n = p->n;
    const double *v = p->a, *w = p->a + n * n;
    double least = dl_negligible(1, n, n, w), *x = p->work, *z = x + n * n;
    dl_product_left(n, n, n, v, p->b, x);
    dl_product(n, n, n, x, v, z);
    for (int64_t i = 0; i < n * n; i++) z[i] /= dl_root(w[i / n], least) + dl_root(w[i % n], least);
    dl_product(n, n, n, v, z, x);
    dl_product_right(n, n, n, x, v, p->y);
}

/* e^a by the Pade approximant of degree 13 after scaling by a power of 2 (Higham, SIAM J. Matrix
 * Anal. 26 (2005)); the power is that of the leading block of `size` rows, which bounds the error
 * of the derivative in the other blocks (Al-Mohy & Higham, ibid. 30 (2009), table 6.1). work: 7 n n
 * + n. */
static inline void dl_expm_of(const dl_matrices *p)
{
    static const double c[14] = { 64764752532480000.0,
                                  32382376266240000.0,
                                  7771770303897600.0,
                                  1187353796428800.0,
                                  129060195264000.0,
                                  10559470521600.0,
                                  670442572800.0,
                                  33522128640.0,
                                  1323241920.0,
                                  40840800.0,
                                  960960.0,
                                  16380.0,
                                  182.0,
                                  1.0 };
    int64_t n = p->n, nn = n * n;
    double *a = p->work, *a2 = a + nn, *a4 = a2 + nn, *a6 = a4 + nn, *u = a6 + nn, *v = u + nn;
    double *w = v + nn, norm = 0, scale = 1;
    int64_t squarings = 0;
    for (int64_t j = 0; j < p->size; j++) {
        double sum = 0;
        for (int64_t i = 0; i < p->size; i++) sum += fabs(p->a[i * n + j]);
        if (sum > norm || sum != sum) norm = sum;
    }
    for (; norm * scale > 4.74 && squarings < 2000; squarings++) scale *= 0.5;
    for (int64_t i = 0; i < nn; i++) a[i] = p->a[i] * scale;
    dl_product(n, n, n, a, a, a2);
    dl_product(n, n, n, a2, a2, a4);
    dl_product(n, n, n, a4, a2, a6);
    for (int64_t i = 0; i < nn; i++) v[i] = c[13] * a6[i] + c[11] * a4[i] + c[9] * a2[i];
    dl_product(n, n, n, a6, v, w);
    for (int64_t i = 0; i < nn; i++)
        w[i] += c[7] * a6[i] + c[5] * a4[i] + c[3] * a2[i] + (i % (n + 1) ? 0 : c[1]);
    dl_product(n, n, n, a, w, u);
    for (int64_t i = 0; i < nn; i++) w[i] = c[12] * a6[i] + c[10] * a4[i] + c[8] * a2[i];
    dl_product(n, n, n, a6, w, v);
    for (int64_t i = 0; i < nn; i++)
        v[i] += c[6] * a6[i] + c[4] * a4[i] + c[2] * a2[i] + (i % (n + 1) ? 0 : c[0]);
    for (int64_t i = 0; i < nn; i++) a[i] = v[i] - u[i], a2[i] = v[i] + u[i];
    dl_matrices lu = { n, n, 0, 0, 0, a, a, a4, w };     /* (n+1,n), in a4 and a6 */
    dl_matrices solve = { n, n, n, 0, 0, a4, a2, u, w }; /* the quotient */
    dl_lu_of(&lu);
    dl_solve_by_lu(&solve);
    for (int64_t k = 0; k < squarings; k++) {
        dl_product(n, n, n, u, u, v);
        dl_copy(nn, v, u);
    }
    dl_copy(nn, u, p->y);
}

#endif
