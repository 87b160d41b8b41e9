/* fourier.h: discrete Fourier transforms of real lines of any length; for kernels and as text for
 * printed C. Everything is computed in double and rounded once.
 *
 * Up to DL_LANES lines side by side are one transform: the loop over them is the innermost one. The
 * complex transform is Stockham's, of radix 4, 2 and odd numbers, without a reordering; a length
 * with a prime above DL_LARGEST_RADIX is a convolution of a length that is a power of two
 * (Bluestein 1970). A line of even length is a complex one of half its length. */
#ifndef DLTAPE_FOURIER_H
#define DLTAPE_FOURIER_H

#include "elementary_f64.h"

#include <stdint.h>

#define DL_LANES 8

#define DL_LARGEST_RADIX 31

/* Lines of n numbers; their elements lie `step` apart, neighbouring lines `from` apart in the
 * operands and `to` in the result. The complex transform has length m = n / 2, or n if that is odd,
 * and is a convolution of length `chirp`, if that is not 0. Of the spectrum, the first number and
 * (of an even n) the last are scaled by `ends`, the others by `middle`. */
typedef struct dl_fourier {
    int64_t n, m, chirp, step, from, to, lanes;
    double ends, middle;
    double *root; /* n roots, and for the convolution `chirp` roots, m chirps and their spectrum */
    double *work; /* two complex lists of m or `chirp` numbers of each lane */
} dl_fourier;

/* One pass of a transform over `left` * radix numbers that stand for `beside` numbers each. The
 * imaginary parts lie `size` behind the real ones. */
typedef struct dl_fft_pass {
    int64_t radix, left, beside, size, step;
    const double *root;
} dl_fft_pass;

/* Cosine and sine of k / n of a turn, from an angle below an eighth of one. */
static inline void dl_root_of_one(int64_t k, int64_t n, double *to)
{
    const int64_t eighth = 8 * k / n, rest = 8 * k - eighth * n;
    const int64_t near = eighth & 1 ? n - rest : rest;
    const double angle = 0.78539816339744831 * ((double)near / (double)n);
    const double c = dl_near_cos_f64(angle), s = dl_near_sin_f64(angle);
    const int swap = (eighth + 1) & 2 ? 1 : 0;
    to[0] = swap ? s : c;
    to[1] = swap ? c : s;
    if (eighth >= 2 && eighth < 6) to[0] = -to[0];
    if (eighth >= 4) to[1] = -to[1];
}

static inline void dl_fft_two(const dl_fft_pass *f, const double *x, double *y)
{
    const int64_t s = f->beside, i = f->size, far = f->left * s;
    for (int64_t p = 0; p < f->left; p++) {
        const double c = f->root[2 * p * f->step], d = f->root[2 * p * f->step + 1];
        const double *from = x + p * s;
        double *to = y + 2 * p * s;
        for (int64_t q = 0; q < s; q++) {
            const double ar = from[q], ai = from[q + i], br = from[q + far], bi = from[q + far + i];
            const double r = ar - br, e = ai - bi;
            to[q] = ar + br, to[q + i] = ai + bi;
            to[q + s] = r * c + e * d, to[q + s + i] = e * c - r * d;
        }
    }
}

static inline void dl_fft_four(const dl_fft_pass *f, const double *x, double *y)
{
    const int64_t s = f->beside, i = f->size, far = f->left * s;
    for (int64_t p = 0; p < f->left; p++) {
        const double *w = f->root + 2 * p * f->step, *v = f->root + 4 * p * f->step;
        const double *u = f->root + 6 * p * f->step, *from = x + p * s;
        const double c1 = w[0], d1 = w[1], c2 = v[0], d2 = v[1], c3 = u[0], d3 = u[1];
        double *to = y + 4 * p * s;
        for (int64_t q = 0; q < s; q++) {
            const double *a = from + q, *b = a + far, *c = b + far, *d = c + far;
            const double r0 = a[0] + c[0], e0 = a[i] + c[i], r1 = a[0] - c[0], e1 = a[i] - c[i];
            const double r2 = b[0] + d[0], e2 = b[i] + d[i], r3 = b[0] - d[0], e3 = b[i] - d[i];
            const double ra = r1 + e3, ea = e1 - r3, rb = r0 - r2, eb = e0 - e2;
            const double rc = r1 - e3, ec = e1 + r3;
            double *t = to + q;
            t[0] = r0 + r2, t[i] = e0 + e2;
            t[s] = ra * c1 + ea * d1, t[s + i] = ea * c1 - ra * d1;
            t[2 * s] = rb * c2 + eb * d2, t[2 * s + i] = eb * c2 - rb * d2;
            t[3 * s] = rc * c3 + ec * d3, t[3 * s + i] = ec * c3 - rc * d3;
        }
    }
}

/* Numbers j and radix - j of an odd radix, for up to 64 of those beside each other: they share the
 * sums of what lies symmetrically. n: the length of the whole transform. */
static inline void dl_fft_odd_pair(const dl_fft_pass *f, int64_t n, int64_t p, int64_t j, int width,
                                   const double *x, double *y)
{
    const int64_t s = f->beside, i = f->size, far = f->left * s, r = f->radix, turn = n / r;
    double ur[64], ui[64], vr[64], vi[64];
    for (int q = 0; q < width; q++) ur[q] = x[q], ui[q] = x[q + i], vr[q] = vi[q] = 0;
    for (int64_t k = 1; k <= r / 2; k++) {
        const double *w = f->root + 2 * (j * k % r * turn);
        const double c = w[0], d = w[1], *a = x + k * far, *b = x + (r - k) * far;
        for (int q = 0; q < width; q++) {
            ur[q] += c * (a[q] + b[q]), ui[q] += c * (a[q + i] + b[q + i]);
            vr[q] += d * (a[q] - b[q]), vi[q] += d * (a[q + i] - b[q + i]);
        }
    }
    const double *w = f->root + 2 * j * p * f->step, *v = f->root + 2 * (r - j) * p * f->step;
    const double c = w[0], d = w[1], e = v[0], g = v[1];
    double *to = y + j * s, *other = y + (r - j) * s;
    for (int q = 0; q < width; q++) {
        const double ar = ur[q] + vi[q], ai = ui[q] - vr[q];
        const double br = ur[q] - vi[q], bi = ui[q] + vr[q];
        to[q] = ar * c + ai * d, to[q + i] = ai * c - ar * d;
        other[q] = br * e + bi * g, other[q + i] = bi * e - br * g;
    }
}

static inline void dl_fft_odd(const dl_fft_pass *f, int64_t n, const double *x, double *y)
{
    const int64_t s = f->beside, i = f->size, far = f->left * s, r = f->radix;
    for (int64_t p = 0; p < f->left; p++)
        for (int64_t q = 0; q < s; q += 64) {
            const double *from = x + p * s + q;
            double *to = y + r * p * s + q;
            const int width = s - q < 64 ? (int)(s - q) : 64;
            for (int l = 0; l < width; l++) to[l] = from[l], to[l + i] = from[l + i];
            for (int64_t k = 1; k < r; k++)
                for (int l = 0; l < width; l++)
                    to[l] += from[l + k * far], to[l + i] += from[l + k * far + i];
            for (int64_t j = 1; j <= r / 2; j++) dl_fft_odd_pair(f, n, p, j, width, from, to);
        }
}

/* The transform of m complex numbers of `lanes` lines, with the roots of every m-th part of a turn,
 * `step` apart in the list. Whether the result is in b, the other list. */
static inline int dl_fft(int64_t m, int64_t lanes, const double *root, int64_t step, double *a,
                         double *b)
{
    dl_fft_pass f = { 0, m, lanes, m * lanes, step, root };
    int other = 0;
    while (f.left > 1) {
        f.radix = f.left % 4 == 0 ? 4 : f.left % 2 == 0 ? 2 : 3;
        while (f.left % f.radix) f.radix += 2;
        f.left /= f.radix;
        if (f.radix == 4) dl_fft_four(&f, other ? b : a, other ? a : b);
        else if (f.radix == 2) dl_fft_two(&f, other ? b : a, other ? a : b);
        else dl_fft_odd(&f, m * step, other ? b : a, other ? a : b);
        f.beside *= f.radix;
        f.step *= f.radix;
        other = !other;
    }
    return other;
}

/* x_j times the conjugate of w_j, for n numbers of each lane; `re` and `im` of them may be
 * exchanged on the way. */
static inline void dl_fourier_turn(int64_t n, int64_t lanes, const double *w, const double *re,
                                   const double *im, double *to_re, double *to_im)
{
    for (int64_t j = 0; j < n; j++)
        for (int64_t l = j * lanes; l < (j + 1) * lanes; l++) {
            const double r = re[l], e = im[l];
            to_re[l] = r * w[2 * j] + e * w[2 * j + 1];
            to_im[l] = e * w[2 * j] - r * w[2 * j + 1];
        }
}

/* The transform of m numbers in `work`: real parts, then imaginary ones. Whether the result is in
 * the second list. */
static inline int dl_fourier_complex(const dl_fourier *f)
{
    const int64_t m = f->m, c = f->chirp, lanes = f->lanes, size = (c ? c : m) * lanes;
    double *a = f->work, *b = a + 2 * size;
    if (!c) return dl_fft(m, lanes, f->root, f->n / m, a, b);
    const double *root = f->root + 2 * f->n, *chirp = root + 2 * c, *spectrum = chirp + 2 * m;
    dl_fourier_turn(m, lanes, chirp, a, a + m * lanes, b, b + size);
    for (int64_t l = m * lanes; l < size; l++) b[l] = b[l + size] = 0;
    int in_a = dl_fft(c, lanes, root, 1, b, a);
    double *x = in_a ? a : b, *y = in_a ? b : a;
    /* the conjugate of the spectrum; and imaginary parts first, which turns the way back */
    dl_fourier_turn(c, lanes, spectrum, x, x + size, x + size, x);
    int in_y = dl_fft(c, lanes, root, 1, x, y);
    double *found = in_y ? y : x, *to = in_y ? x : y;
    dl_fourier_turn(m, lanes, chirp, found + size, found, to, to + m * lanes);
    return to == b;
}

/* Fills f->root, with f->work as scratch memory. */
static inline void dl_fourier_fill(const dl_fourier *f)
{
    const int64_t n = f->n, m = f->m, c = f->chirp;
    double *root = f->root + 2 * n, *chirp = root + 2 * c, *spectrum = chirp + 2 * m;
    for (int64_t k = 0; k < n; k++) dl_root_of_one(k, n, f->root + 2 * k);
    if (!c) return;
    for (int64_t k = 0; k < c; k++) dl_root_of_one(k, c, root + 2 * k);
    for (int64_t k = 0; k < m; k++) dl_root_of_one(k * k % (2 * m), 2 * m, chirp + 2 * k);
    double *a = f->work, *b = a + 2 * c;
    for (int64_t k = 0; k < 2 * c; k++) a[k] = 0;
    for (int64_t k = 0; k < m; k++) {
        a[k] = chirp[2 * k], a[k + c] = chirp[2 * k + 1];
        if (k) a[c - k] = a[k], a[2 * c - k] = a[k + c];
    }
    const double *x = dl_fft(c, 1, root, 1, a, b) ? b : a;
    for (int64_t k = 0; k < c; k++)
        spectrum[2 * k] = x[k] / (double)c, spectrum[2 * k + 1] = -x[k + c] / (double)c;
}

#endif
