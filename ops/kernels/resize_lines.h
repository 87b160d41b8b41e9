/* resize_lines.h: lines of elements read at places between them, and the transposed map: see
 * resize_places.h. */
#ifndef DLTAPE_RESIZE_LINES_H
#define DLTAPE_RESIZE_LINES_H

#include "resize_places.h"

/* Lines of which the first `count` elements are taken and that are `width` apart, n of them to m.
 */
static inline void KERNEL_F(dl_resize)(const dl_resize_line *a, int64_t width, int64_t count,
                                       const REAL *x, REAL *y)
{
    int64_t at = a->at, rest = a->rest;
    for (int64_t j = 0; j < a->m; j++, dl_resize_next(a, &at, &rest)) {
        const dl_resize_place p = dl_resize_place_of(a, at, rest);
        const REAL *u = x + p.first * width, *v = x + p.last * width;
        REAL *to = y + j * width;
        if (p.first == p.last)
            for (int64_t i = 0; i < count; i++) to[i] = u[i];
        else
            for (int64_t i = 0; i < count; i++)
                to[i] = (REAL)(p.rest * (double)u[i] + p.share * (double)v[i]);
    }
}

/* And m to n: each element gets the sum of what was read of it, in order. Places do not decrease,
 * so two sums are open at a time: of element k and of the next one. */
static inline void KERNEL_F(dl_resize_back_one)(const dl_resize_line *a, const REAL *g, REAL *x)
{
    double own = 0, next = 0;
    int64_t at = a->at, rest = a->rest, k = 0;
    for (int64_t j = 0; j < a->m; j++, dl_resize_next(a, &at, &rest)) {
        const dl_resize_place p = dl_resize_place_of(a, at, rest);
        for (; k < p.first; k++) x[k] = (REAL)own, own = next, next = 0;
        own += p.rest * (double)g[j];
        if (p.first < p.last) next += p.share * (double)g[j];
    }
    for (; k < a->n; k++) x[k] = (REAL)own, own = next, next = 0;
}

/* The same of many side by side: a line of sums is done, and the next one is under way. */
static inline void KERNEL_F(dl_resize_store)(int64_t n, double *own, double *next, REAL *x)
{
    for (int64_t i = 0; i < n; i++) x[i] = (REAL)own[i];
    for (int64_t i = 0; i < n; i++) own[i] = next[i], next[i] = 0;
}

static inline void KERNEL_F(dl_resize_back)(const dl_resize_line *a, int64_t width, int64_t count,
                                            const REAL *g, REAL *x)
{
    if (width == 1) KERNEL_F(dl_resize_back_one)(a, g, x);
    for (int64_t begin = 0; begin < count && width > 1; begin += 256) {
        const int64_t beside = count - begin < 256 ? count - begin : 256;
        double own[256], next[256];
        int64_t at = a->at, rest = a->rest, k = 0;
        for (int64_t i = 0; i < beside; i++) own[i] = next[i] = 0;
        for (int64_t j = 0; j < a->m; j++, dl_resize_next(a, &at, &rest)) {
            const dl_resize_place p = dl_resize_place_of(a, at, rest);
            const REAL *line = g + j * width + begin;
            for (; k < p.first; k++)
                KERNEL_F(dl_resize_store)(beside, own, next, x + k * width + begin);
            for (int64_t i = 0; i < beside; i++) own[i] += p.rest * (double)line[i];
            if (p.first == p.last) continue;
            for (int64_t i = 0; i < beside; i++) next[i] += p.share * (double)line[i];
        }
        for (; k < a->n; k++) KERNEL_F(dl_resize_store)(beside, own, next, x + k * width + begin);
    }
}

#endif
