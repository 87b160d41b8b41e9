/* binary_real.c: loops of the elementwise ops of two operands. */
#include "real.h"
#include "../binary_rows.h"

/* One run: operands step by 1, stand still, or take any stride. */
static inline __attribute__((always_inline)) void run(int64_t n, REAL *restrict y,
                                                      const REAL *restrict a, int64_t sa,
                                                      const REAL *restrict b, int64_t sb,
                                                      REAL (*f)(REAL, REAL))
{
    if (sa == 1 && sb == 1)
        for (int64_t i = 0; i < n; i++) y[i] = f(a[i], b[i]);
    else if (sa == 1 && sb == 0)
        for (int64_t i = 0; i < n; i++) y[i] = f(a[i], *b);
    else if (sa == 0 && sb == 1)
        for (int64_t i = 0; i < n; i++) y[i] = f(*a, b[i]);
    else
        for (int64_t i = 0; i < n; i++) y[i] = f(a[i * sa], b[i * sb]);
}

static inline __attribute__((always_inline)) void map(const dl_call *c, REAL (*f)(REAL, REAL))
{
    REAL *restrict y = dl_result(c);
    const REAL *restrict a = dl_operand(c, 0), *restrict b = dl_operand(c, 1);
    const dl_loop *l = c->ins->info;
    int64_t n = dl_result_layout(c)->shape.numel;
    if (!l) {
        for (int64_t i = 0; i < n; i++) y[i] = f(a[i], b[i]);
        return;
    }
    lines r = lines_begin(l, n);
    int64_t sa = r.step[1], sb = r.step[2];
    for (; r.left; lines_next(&r, l)) run(r.m, y + r.at[0], a + r.at[1], sa, b + r.at[2], sb, f);
}

#define LOOP(NAME, VALUE, VJP_A, VJP_B)                               \
    dl_kernel KERNEL(dl__##NAME);                                     \
    static inline REAL NAME##_value(REAL a, REAL b) { return VALUE; } \
    void KERNEL(dl__##NAME)(const dl_call *c) { map(c, NAME##_value); }

BINARY(LOOP)
