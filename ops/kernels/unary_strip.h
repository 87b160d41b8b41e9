/* unary_strip.h: the strip of an elementwise op of one operand from its row. */
#ifndef DLTAPE_UNARY_STRIP_H
#define DLTAPE_UNARY_STRIP_H

#include "real.h"

static inline __attribute__((always_inline)) void map(int64_t n, const dl_step *s,
                                                      void *const *slot, REAL (*f)(REAL))
{
    REAL *y = slot[s->y];
    const REAL *x = slot[s->x[0]];
    INDEPENDENT
    for (int64_t i = 0; i < n; i++) y[i] = f(x[i]);
}

#define STRIP(NAME, VALUE, VJP)                                             \
    dl_strip KERNEL(dl__##NAME);                                            \
    static inline REAL NAME##_value(REAL x) { return VALUE; }               \
    void KERNEL(dl__##NAME)(int64_t n, const dl_step *s, void *const *slot) \
    {                                                                       \
        map(n, s, slot, NAME##_value);                                      \
    }

/* ---- of angles: a fast way for strips without far ones --------------------------------------- */

static inline bool any_far(int64_t n, const REAL *x)
{
    int far = 0;
    for (int64_t i = 0; i < n; i++) far |= KERNEL_F(dl_is_far)(x[i]);
    return far;
}

#define CIRCULAR_STRIP(NAME, VALUE, VJP)                                           \
    dl_strip KERNEL(dl__##NAME);                                                   \
    static inline REAL NAME##_value(REAL x) { return VALUE; }                      \
    static inline REAL NAME##_near(REAL x) { return KERNEL_F(dl_near_##NAME)(x); } \
    void KERNEL(dl__##NAME)(int64_t n, const dl_step *s, void *const *slot)        \
    {                                                                              \
        if (any_far(n, slot[s->x[0]])) map(n, s, slot, NAME##_value);              \
        else map(n, s, slot, NAME##_near);                                         \
    }

#endif
