/* unary_real.c: strips of the elementwise ops of one operand. */
#include "real.h"
#include "../unary_rows.h"

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

UNARY(STRIP)
