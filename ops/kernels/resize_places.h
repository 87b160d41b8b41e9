/* resize_places.h: the places between elements at which a line is read; for kernels and as text for
 * printed C. Quotients of whole numbers, that advance without a division. */
#ifndef DLTAPE_RESIZE_PLACES_H
#define DLTAPE_RESIZE_PLACES_H

#include <stdint.h>

/* Element j of m is read at (at + rest / whole) + j (step + part / whole), among n elements; rest
 * and part are from 0 to whole - 1. linear 0: at the whole number before the place. */
typedef struct dl_resize_line {
    int64_t n, m, at, rest, step, part, whole, linear;
} dl_resize_line;

/* Element `first` with the share 1 - share, and `last`, the next one or the same, with the other.
 */
typedef struct dl_resize_place {
    int64_t first, last;
    double rest, share;
} dl_resize_place;

/* From the place at + rest / whole to that of the next element. */
static inline void dl_resize_next(const dl_resize_line *a, int64_t *at, int64_t *rest)
{
    *at += a->step;
    *rest += a->part;
    if (*rest >= a->whole) *rest -= a->whole, ++*at;
}

static inline dl_resize_place dl_resize_place_of(const dl_resize_line *a, int64_t at, int64_t rest)
{
    const int64_t first = at < 0 ? 0 : at < a->n ? at : a->n - 1;
    dl_resize_place p = { first, first, 1, 0 };
    if (!a->linear || !rest || at < 0 || at >= a->n - 1) return p;
    p.last = first + 1;
    p.rest = (double)(a->whole - rest) / (double)a->whole;
    p.share = (double)rest / (double)a->whole;
    return p;
}

#endif
