/* binary_strip.h: strips of elementwise ops of two operands, from their rows. */
#ifndef DLTAPE_BINARY_STRIP_H
#define DLTAPE_BINARY_STRIP_H

#include "real.h"

/* An operand may be one element that all share: it has the sizes of the other all the same. */
static inline __attribute__((always_inline)) void
map_pairs(int64_t n, const dl_step *s, void *const *slot, REAL (*f)(REAL, REAL))
{
    REAL *y = slot[s->y];
    const REAL *a = slot[s->x[0]], *b = slot[s->x[1]];
    if (s->single[0]) {
        REAL one = *a;
        INDEPENDENT
        for (int64_t i = 0; i < n; i++) y[i] = f(one, b[i]);
    } else if (s->single[1]) {
        REAL one = *b;
        INDEPENDENT
        for (int64_t i = 0; i < n; i++) y[i] = f(a[i], one);
    } else {
        INDEPENDENT
        for (int64_t i = 0; i < n; i++) y[i] = f(a[i], b[i]);
    }
}

#define BINARY_STRIP(NAME, VALUE, VJP_A, VJP_B)                             \
    dl_strip KERNEL(dl__##NAME);                                            \
    static inline REAL NAME##_value(REAL a, REAL b) { return VALUE; }       \
    void KERNEL(dl__##NAME)(int64_t n, const dl_step *s, void *const *slot) \
    {                                                                       \
        map_pairs(n, s, slot, NAME##_value);                                \
    }

#endif
