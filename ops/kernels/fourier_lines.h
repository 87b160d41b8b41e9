/* fourier_lines.h: the spectrum of real lines, and the way back: see fourier.h. */
#ifndef DLTAPE_FOURIER_LINES_H
#define DLTAPE_FOURIER_LINES_H

#include "fourier.h"

/* The first n/2 + 1 numbers of the spectrum: real parts, then imaginary ones. */
static inline void KERNEL_F(dl_rfft)(const dl_fourier *f, const REAL *x, REAL *y)
{
    const int64_t n = f->n, m = f->m, lanes = f->lanes, size = m * lanes, half = n / 2 + 1;
    double *a = f->work;
    const int64_t both = n / m;
    for (int64_t j = 0; j < m; j++)
        for (int64_t l = 0; l < lanes; l++) {
            const REAL *from = x + l * f->from + both * j * f->step;
            a[j * lanes + l] = (double)from[0];
            a[j * lanes + l + size] = both == 2 ? (double)from[f->step] : 0;
        }
    const double *z = dl_fourier_complex(f) ? a + 2 * (f->chirp ? f->chirp : m) * lanes : a;
    for (int64_t k = 0; k < half; k++) {
        const double *i = z + k % m * lanes, *j = z + (m - k) % m * lanes;
        const double c = f->root[2 * k], d = f->root[2 * k + 1];
        const double scale = k == 0 || 2 * k == n ? f->ends : f->middle;
        for (int64_t l = 0; l < lanes; l++) {
            double re = i[l], im = i[l + size];
            if (both == 2) {
                const double er = (re + j[l]) / 2, ei = (im - j[l + size]) / 2;
                const double ur = (im + j[l + size]) / 2, ui = (j[l] - re) / 2;
                re = er + ur * c + ui * d, im = ei + ui * c - ur * d;
            }
            y[l * f->to + k * f->step] = (REAL)(re * scale);
            y[l * f->to + (half + k) * f->step] = (REAL)(im * scale);
        }
    }
}

/* Number k of the scaled spectrum. */
static inline double KERNEL_F(dl_fourier_at)(const dl_fourier *f, int64_t k, const REAL *re,
                                             const REAL *im, double *imaginary)
{
    const int end = k == 0 || 2 * k == f->n;
    *imaginary = end ? 0 : (double)im[k * f->step] * f->middle;
    return (double)re[k * f->step] * (end ? f->ends : f->middle);
}

/* The line whose spectrum starts with these n/2 + 1 numbers, not divided by n. */
static inline void KERNEL_F(dl_irfft)(const dl_fourier *f, const REAL *re, const REAL *im, REAL *y)
{
    const int64_t n = f->n, m = f->m, lanes = f->lanes, size = m * lanes, both = n / m;
    double *a = f->work, *b = a + size; /* the way back: imaginary parts first */
    for (int64_t k = 0; k < m; k++)
        for (int64_t l = 0; l < lanes; l++) {
            const REAL *from = re + l * f->from, *other = im + l * f->from;
            const int64_t at = k * lanes + l;
            double pi, qi, pr, qr;
            if (both == 1) {
                const int64_t here = k <= n / 2 ? k : n - k;
                pr = KERNEL_F(dl_fourier_at)(f, here, from, other, &pi);
                a[at] = k <= n / 2 ? pi : -pi, b[at] = pr;
                continue;
            }
            pr = KERNEL_F(dl_fourier_at)(f, k, from, other, &pi);
            qr = KERNEL_F(dl_fourier_at)(f, m - k, from, other, &qi);
            const double c = f->root[2 * k], d = f->root[2 * k + 1];
            const double ur = pr - qr, ui = pi + qi;
            b[at] = (pr + qr) - (ui * c + ur * d);
            a[at] = (pi - qi) + (ur * c - ui * d);
        }
    const double *z = dl_fourier_complex(f) ? a + 2 * (f->chirp ? f->chirp : m) * lanes : a;
    for (int64_t j = 0; j < m; j++)
        for (int64_t l = 0; l < lanes; l++) {
            REAL *to = y + l * f->to + both * j * f->step;
            to[0] = (REAL)z[j * lanes + l + size];
            if (both == 2) to[f->step] = (REAL)z[j * lanes + l];
        }
}

#endif
