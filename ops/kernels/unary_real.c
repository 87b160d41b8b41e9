/* unary_real.c: loops of the elementwise ops of one operand. */
#include "real.h"
#include "../unary_rows.h"

static inline __attribute__((always_inline)) void map(const dl_call *c, REAL (*f)(REAL))
{
    REAL *restrict y = dl_result(c);
    const REAL *restrict x = dl_operand(c, 0);
    const dl_loop *l = c->ins->info;
    int64_t n = dl_result_layout(c)->shape.numel;
    if (!l) {
        for (int64_t i = 0; i < n; i++) y[i] = f(x[i]);
        return;
    }
    lines r = lines_begin(l, n);
    for (; r.left; lines_next(&r, l))
        for (int64_t i = 0; i < r.m; i++) y[r.at[0] + i] = f(x[r.at[1] + i * r.step[1]]);
}

#define LOOP(NAME, VALUE, VJP)                                \
    dl_kernel KERNEL(dl__##NAME);                             \
    static inline REAL NAME##_value(REAL x) { return VALUE; } \
    void KERNEL(dl__##NAME)(const dl_call *c) { map(c, NAME##_value); }

UNARY(LOOP)
