/* scan_real.c: kernels of products, and of running sums and products. */
#include "groups.h"
#include "scan.h"
#include "../scan_rows.h"

GROUPS_1(prod, REAL, TURNED)
GROUPS_1(cumprod, REAL, ABREAST_TOO)
GROUPS_2(recurrence, REAL, REAL, ABREAST_TOO)
GROUPS_1(shifted, REAL, PLAIN)
GROUPS_1(cumsum, REAL, ABREAST_TOO)
GROUPS_1(logcumsumexp, REAL, PLAIN)

#define STRIP(NAME, VALUE)                                                  \
    dl_strip KERNEL(dl__##NAME);                                            \
    void KERNEL(dl__##NAME)(int64_t n, const dl_step *s, void *const *slot) \
    {                                                                       \
        REAL *y = slot[s->y];                                               \
        const REAL *from = slot[s->x[0]], *to = slot[s->x[1]];              \
        int64_t next_a = !s->single[0], next_b = !s->single[1];             \
        INDEPENDENT                                                         \
        for (int64_t i = 0; i < n; i++) {                                   \
            REAL a = from[i * next_a], b = to[i * next_b];                  \
            y[i] = VALUE;                                                   \
        }                                                                   \
    }

SCAN_STRIPS(STRIP)
