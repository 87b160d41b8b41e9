/* distances.h: n points a, m points b, of d coordinates: distances, and what their derivatives
 * need. Differences are taken before they are multiplied, in double, so near points lose nothing.
 *
 * Four rows are computed beside 16 columns of a panel, which holds up to 128 terms of them; the
 * sums of panels are added one after the other. In printed C too: see group.h. */
#ifndef DLTAPE_DISTANCES_H
#define DLTAPE_DISTANCES_H

#include "points.h"

/* sum[i][j] += the sum over k of (a_ik - b_jk)^2, b being the panel. */
static inline void dl_squares_of_four(int64_t terms, const double *a, const double *panel,
                                      double *sum)
{
    double part[4][DL_PANEL];
    for (int j = 0; j < DL_PANEL; j++) part[0][j] = part[1][j] = part[2][j] = part[3][j] = 0;
    for (int64_t k = 0; k < terms; k++, a++, panel += DL_PANEL) {
        const double x = a[0], x1 = a[DL_TERMS], x2 = a[2 * DL_TERMS], x3 = a[3 * DL_TERMS];
        for (int j = 0; j < DL_PANEL; j++) {
            part[0][j] += (x - panel[j]) * (x - panel[j]);
            part[1][j] += (x1 - panel[j]) * (x1 - panel[j]);
            part[2][j] += (x2 - panel[j]) * (x2 - panel[j]);
            part[3][j] += (x3 - panel[j]) * (x3 - panel[j]);
        }
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < DL_PANEL; j++) sum[i * DL_PANEL + j] += part[i][j];
}

/* sum[i][j] += the sum over k of h_ik (a_ik - b_jk). */
static inline void dl_slopes_of_four(int64_t terms, const double *h, const double *a,
                                     const double *panel, double *sum)
{
    double part[4][DL_PANEL];
    for (int j = 0; j < DL_PANEL; j++) part[0][j] = part[1][j] = part[2][j] = part[3][j] = 0;
    for (int64_t k = 0; k < terms; k++, h++, a++, panel += DL_PANEL) {
        const double f = h[0], f1 = h[DL_TERMS], f2 = h[2 * DL_TERMS], f3 = h[3 * DL_TERMS];
        const double x = a[0], x1 = a[DL_TERMS], x2 = a[2 * DL_TERMS], x3 = a[3 * DL_TERMS];
        for (int j = 0; j < DL_PANEL; j++) {
            part[0][j] += f * (x - panel[j]);
            part[1][j] += f1 * (x1 - panel[j]);
            part[2][j] += f2 * (x2 - panel[j]);
            part[3][j] += f3 * (x3 - panel[j]);
        }
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < DL_PANEL; j++) sum[i * DL_PANEL + j] += part[i][j];
}

/* sum[i][k] += the sum over j of w_ij (a_ik - b_jk); a is four rows like those of the panel. */
static inline void dl_pulls_of_four(int64_t terms, const double *w, const double *a,
                                    const double *panel, double *sum)
{
    double part[4][DL_PANEL];
    for (int j = 0; j < DL_PANEL; j++) part[0][j] = part[1][j] = part[2][j] = part[3][j] = 0;
    for (int64_t k = 0; k < terms; k++, w++, panel += DL_PANEL) {
        const double f = w[0], f1 = w[DL_TERMS], f2 = w[2 * DL_TERMS], f3 = w[3 * DL_TERMS];
        for (int j = 0; j < DL_PANEL; j++) {
            part[0][j] += f * (a[j] - panel[j]);
            part[1][j] += f1 * (a[DL_PANEL + j] - panel[j]);
            part[2][j] += f2 * (a[2 * DL_PANEL + j] - panel[j]);
            part[3][j] += f3 * (a[3 * DL_PANEL + j] - panel[j]);
        }
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < DL_PANEL; j++) sum[i * DL_PANEL + j] += part[i][j];
}

/* Terms of 16 columns side by side; of columns that are not there, 0. */
static inline void KERNEL_F(dl_panel)(int64_t terms, int64_t columns, const REAL *x, int64_t term,
                                      int64_t column, double *to)
{
    for (int64_t k = 0; k < terms; k++, x += term, to += DL_PANEL)
        if (columns < DL_PANEL)
            for (int64_t j = 0; j < DL_PANEL; j++) to[j] = j < columns ? (double)x[j * column] : 0;
        else if (column != 1)
            for (int64_t j = 0; j < DL_PANEL; j++) to[j] = (double)x[j * column];
        else
            for (int64_t j = 0; j < DL_PANEL; j++) to[j] = (double)x[j];
}

/* Terms of four rows one behind the other; the last stands for those that are not there. */
static inline void KERNEL_F(dl_four_rows)(int64_t terms, int64_t rows, const REAL *x, int64_t row,
                                          int64_t term, double *to)
{
    for (int64_t i = 0; i < 4; i++, to += DL_TERMS) {
        const REAL *from = x + (i < rows ? i : rows - 1) * row;
        if (term != 1)
            for (int64_t k = 0; k < terms; k++) to[k] = (double)from[k * term];
        else
            for (int64_t k = 0; k < terms; k++) to[k] = (double)from[k];
    }
}

/* The distance of two points whose squares, in f64, might have overflowed or vanished. */
static inline double KERNEL_F(dl_far_distance)(int64_t d, const REAL *a, int64_t a_step,
                                               const REAL *b, int64_t b_step)
{
    double largest = 0, sum = 0;
    for (int64_t k = 0; k < d; k++) {
        const double x = fabs((double)a[k * a_step] - (double)b[k * b_step]);
        if (x > largest || x != x) largest = x;
    }
    if (!(largest > 0) || largest - largest != 0) return largest;
    for (int64_t k = 0; k < d; k++) {
        const double x = ((double)a[k * a_step] - (double)b[k * b_step]) / largest;
        sum += x * x;
    }
    return largest * sqrt(sum);
}

/* y_ij = |a_i - b_j|, or its square, for up to DL_POINTS rows i. */
static inline void KERNEL_F(dl_distances)(const dl_points *p, int64_t n, const REAL *a,
                                          const REAL *b, REAL *y)
{
    double panel[DL_TERMS * DL_PANEL], four[4 * DL_TERMS], sum[DL_POINTS * DL_PANEL];
    for (int64_t j = 0; j < p->m; j += DL_PANEL) {
        const int64_t columns = p->m - j < DL_PANEL ? p->m - j : DL_PANEL;
        for (int64_t i = 0; i < DL_POINTS * DL_PANEL; i++) sum[i] = 0;
        for (int64_t k = 0; k < p->d; k += DL_TERMS) {
            const int64_t terms = p->d - k < DL_TERMS ? p->d - k : DL_TERMS;
            const REAL *to = b + j * p->row[1] + k * p->col[1];
            KERNEL_F(dl_panel)(terms, columns, to, p->col[1], p->row[1], panel);
            for (int64_t i = 0; i < n; i += 4) {
                const REAL *from = a + i * p->row[0] + k * p->col[0];
                KERNEL_F(dl_four_rows)(terms, n - i, from, p->row[0], p->col[0], four);
                dl_squares_of_four(terms, four, panel, sum + i * DL_PANEL);
            }
        }
        for (int64_t i = 0; i < n; i++) {
            const double *square = sum + i * DL_PANEL;
            REAL *to = y + i * p->m + j;
            if (p->squared)
                for (int64_t c = 0; c < columns; c++) to[c] = (REAL)square[c];
            else
                for (int64_t c = 0; c < columns; c++) to[c] = (REAL)sqrt(square[c]);
            for (int64_t c = 0; sizeof(REAL) > 4 && !p->squared && c < columns; c++)
                if (!(square[c] > 1e-280 && square[c] < 1e300))
                    to[c] = (REAL)KERNEL_F(dl_far_distance)(p->d, a + i * p->row[0], p->col[0],
                                                            b + (j + c) * p->row[1], p->col[1]);
        }
    }
}

/* y_ij = the sum over k of h_ik (a_ik - b_jk), for up to DL_POINTS rows i. */
static inline void KERNEL_F(dl_slopes)(const dl_points *p, int64_t n, const REAL *h, const REAL *a,
                                       const REAL *b, REAL *y)
{
    double panel[DL_TERMS * DL_PANEL], four[8 * DL_TERMS], sum[DL_POINTS * DL_PANEL];
    for (int64_t j = 0; j < p->m; j += DL_PANEL) {
        const int64_t columns = p->m - j < DL_PANEL ? p->m - j : DL_PANEL;
        for (int64_t i = 0; i < DL_POINTS * DL_PANEL; i++) sum[i] = 0;
        for (int64_t k = 0; k < p->d; k += DL_TERMS) {
            const int64_t terms = p->d - k < DL_TERMS ? p->d - k : DL_TERMS;
            const REAL *to = b + j * p->row[2] + k * p->col[2];
            KERNEL_F(dl_panel)(terms, columns, to, p->col[2], p->row[2], panel);
            for (int64_t i = 0; i < n; i += 4) {
                const REAL *f = h + i * p->row[0] + k * p->col[0];
                const REAL *from = a + i * p->row[1] + k * p->col[1];
                double *rows = four + 4 * DL_TERMS;
                KERNEL_F(dl_four_rows)(terms, n - i, f, p->row[0], p->col[0], four);
                KERNEL_F(dl_four_rows)(terms, n - i, from, p->row[1], p->col[1], rows);
                dl_slopes_of_four(terms, four, rows, panel, sum + i * DL_PANEL);
            }
        }
        for (int64_t i = 0; i < n; i++)
            for (int64_t c = 0; c < columns; c++) y[i * p->m + j + c] = (REAL)sum[i * DL_PANEL + c];
    }
}

/* y_ik = the sum over j of w_ij (a_ik - b_jk), for up to DL_POINTS rows i. */
static inline void KERNEL_F(dl_pulls)(const dl_points *p, int64_t n, const REAL *w, const REAL *a,
                                      const REAL *b, REAL *y)
{
    double panel[DL_TERMS * DL_PANEL], own[DL_POINTS * DL_PANEL], four[4 * DL_TERMS];
    double sum[DL_POINTS * DL_PANEL];
    for (int64_t k = 0; k < p->d; k += DL_PANEL) {
        const int64_t columns = p->d - k < DL_PANEL ? p->d - k : DL_PANEL;
        for (int64_t i = 0; i < DL_POINTS * DL_PANEL; i++) sum[i] = own[i] = 0;
        KERNEL_F(dl_panel)(n, columns, a + k * p->col[1], p->row[1], p->col[1], own);
        for (int64_t j = 0; j < p->m; j += DL_TERMS) {
            const int64_t terms = p->m - j < DL_TERMS ? p->m - j : DL_TERMS;
            const REAL *to = b + j * p->row[2] + k * p->col[2];
            KERNEL_F(dl_panel)(terms, columns, to, p->row[2], p->col[2], panel);
            for (int64_t i = 0; i < n; i += 4) {
                const REAL *f = w + i * p->row[0] + j * p->col[0];
                KERNEL_F(dl_four_rows)(terms, n - i, f, p->row[0], p->col[0], four);
                dl_pulls_of_four(terms, four, own + i * DL_PANEL, panel, sum + i * DL_PANEL);
            }
        }
        for (int64_t i = 0; i < n; i++)
            for (int64_t c = 0; c < columns; c++) y[i * p->d + k + c] = (REAL)sum[i * DL_PANEL + c];
    }
}

#endif
