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
    REAL *y = dl_result(c);
    const REAL *a = dl_operand(c, 0), *b = dl_operand(c, 1);
    const dl_loop *l = c->ins->aux;
    int64_t n = dl_result_layout(c)->shape.numel;
    if (!l) {
        for (int64_t i = 0; i < n; i++) y[i] = f(a[i], b[i]);
        return;
    }
    if (n == 0) return;
    nest w = nest_begin(l);
    int last = l->rank - 1;
    int64_t m = l->rank ? l->dim[last] : 1;
    int64_t sa = l->rank ? l->stride[1][last] : 1, sb = l->rank ? l->stride[2][last] : 1;
    do {
        run(m, y, a + w.at[1], sa, b + w.at[2], sb, f);
        y += m;
    } while (nest_next(&w, 1));
}

#define LOOP(NAME, VALUE, VJP_A, VJP_B)                             \
    dl_kernel KERNEL(dl__##NAME);                                   \
    static inline REAL NAME##_value(REAL a, REAL b) { return VALUE; } \
    void KERNEL(dl__##NAME)(const dl_call *c) { map(c, NAME##_value); }

BINARY(LOOP)
