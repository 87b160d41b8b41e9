/* norms.h: norms of groups: see group.h. */
#ifndef DLTAPE_NORMS_H
#define DLTAPE_NORMS_H

#include "group.h"

/* The largest |x|, or, for p < 0, the smallest; NaN if there is one. */
static inline REAL KERNEL_F(dl_scale_of)(dl_group g, const REAL *x, REAL p)
{
    REAL m = p < 0 ? INFINITY : 0;
    for (int64_t i = 0; i < g.n; i++) {
        REAL v = FABS(x[i * g.step]);
        m = (p < 0 ? v < m : v > m) || v != v ? v : m;
    }
    return m;
}

/* m (sum (|x| / m)^p)^(1/p): no power exceeds 1. */
static inline void KERNEL_F(dl_norm_p)(dl_group g, REAL *y, const REAL *x, const REAL *b)
{
    const REAL p = *b;
    for (int64_t j = 0; j < g.width; j++) {
        const REAL m = KERNEL_F(dl_scale_of)(g, x + j, p);
        dl_pairwise total = { { 0 }, 0 };
        y[j] = m;
        if (!(m > 0 && m < INFINITY)) continue;
        for (int64_t i = 0; i < g.n; i += 128) {
            const int n = g.n - i < 128 ? (int)(g.n - i) : 128;
            REAL power[128];
            for (int k = 0; k < n; k++) power[k] = POW(FABS(x[(i + k) * g.step + j]) / m, p);
            dl_pairwise_add(&total, KERNEL_F(dl_sum)(n, power));
        }
        y[j] = (REAL)((double)m * dl_pow_f64(dl_pairwise_total(&total), 1 / (double)p));
    }
}

#endif
