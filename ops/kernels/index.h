/* index.h: places that are read from values, and order; for kernels and as text for printed C.
 *
 * Plain C99. Printed C sorts by a heap, which needs no other memory; the kernel merges, which is
 * faster where most places are wanted. No two places are equal in the order that both keep, so both
 * give the same places.
 */
#ifndef DLTAPE_INDEX_H
#define DLTAPE_INDEX_H

#include "real.h"

/* An index as NumPy takes it, negative ones from the end; -1: outside. */
static inline int64_t dl_place_of(int64_t k, int64_t n)
{
    k += k < 0 ? n : 0;
    return k < n && k >= 0 ? k : -1;
}

/* The rows of a triangle of a matrix, and n numbers further on the columns; n = 0: the places row
 * columns + column. */
static inline void dl_triangle(int64_t rows, int64_t columns, int64_t k, int upper, int64_t n,
                               int64_t *y)
{
    for (int64_t i = 0; i < rows; i++) {
        const int64_t edge = i + k + !upper;
        const int64_t cut = edge < 0 ? 0 : edge < columns ? edge : columns;
        const int64_t end = upper ? columns : cut;
        for (int64_t j = upper ? cut : 0; j < end; j++, y++) {
            *y = n ? i : i * columns + j;
            if (n) y[n] = j;
        }
    }
}

/* Whether element a stands before element b: by number, upwards or downwards, NaN last, and equals
 * in the order of their places. */
static inline int KERNEL_F(dl_precedes)(const REAL *x, int64_t step, int64_t a, int64_t b, int down)
{
    const REAL u = x[a * step], v = x[b * step];
    if (down ? u > v : u < v) return 1;
    if (down ? v > u : v < u) return 0;
    return (u != u) != (v != v) ? v != v : a < b;
}

/* A heap of places whose last one in order is on top: y[top] sinks. */
static inline void KERNEL_F(dl_sift)(const REAL *x, int64_t step, int64_t *y, int64_t top,
                                     int64_t n, int down)
{
    int64_t k = y[top * step];
    for (int64_t child; (child = 2 * top + 1) < n; top = child) {
        if (child + 1 < n
            && KERNEL_F(dl_precedes)(x, step, y[child * step], y[(child + 1) * step], down))
            child++;
        if (!KERNEL_F(dl_precedes)(x, step, k, y[child * step], down)) break;
        y[top * step] = y[child * step];
    }
    y[top * step] = k;
}

/* The places of the first k of n elements, `step` apart, in order: those of the first k that were
 * met stay in the heap. Heap sort (Williams 1964) needs no other memory; no two places are equal in
 * that order, so it is stable. */
static inline void KERNEL_F(dl_argsort)(const REAL *x, int64_t n, int64_t k, int64_t step, int down,
                                        int64_t *y)
{
    if (k < 1) return;
    for (int64_t i = 0; i < k; i++) y[i * step] = i;
    for (int64_t i = k / 2; i-- > 0;) KERNEL_F(dl_sift)(x, step, y, i, k, down);
    for (int64_t i = k; i < n; i++)
        if (KERNEL_F(dl_precedes)(x, step, i, y[0], down)) {
            y[0] = i;
            KERNEL_F(dl_sift)(x, step, y, 0, k, down);
        }
    for (int64_t i = k - 1; i > 0; i--) {
        int64_t last = y[0];
        y[0] = y[i * step];
        y[i * step] = last;
        KERNEL_F(dl_sift)(x, step, y, 0, i, down);
    }
}

#endif
