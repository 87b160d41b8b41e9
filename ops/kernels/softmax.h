/* softmax.h: logsumexp, softmax and log_softmax of groups: see group.h.
 *
 * The largest element of a group is taken off before exp, so that nothing overflows; where it is
 * infinite, 0 is, and what comes out is what the formula says. Sums are of double, in blocks of 128
 * terms added pairwise, or, of groups side by side and of short ones, in blocks of 128 added one by
 * one. */
#ifndef DLTAPE_SOFTMAX_H
#define DLTAPE_SOFTMAX_H

#include "group.h"

/* The largest of n neighbours, 0 if that is infinite; NaN are passed over. */
static inline REAL KERNEL_F(dl_peak)(int64_t n, const REAL *x)
{
    REAL lane[64], most = -INFINITY;
    int64_t i = 0;
    for (int k = 0; k < 64; k++) lane[k] = -INFINITY;
    for (; i + 64 <= n; i += 64)
        for (int k = 0; k < 64; k++) lane[k] = x[i + k] > lane[k] ? x[i + k] : lane[k];
    for (int k = 0; k < 64 && i; k++) most = lane[k] > most ? lane[k] : most;
    for (; i < n; i++) most = x[i] > most ? x[i] : most;
    return most - most == 0 ? most : 0;
}

/* The sum of exp(x - most) over n neighbours; e gets the terms, or, if it has room for 128 only,
 * those of one block after the other. */
static inline double KERNEL_F(dl_exp_sum)(int64_t n, const REAL *x, REAL most, REAL *e, int whole)
{
    dl_pairwise total = { { 0 }, 0 };
    for (int64_t i = 0; i < n; i += 128) {
        int m = n - i < 128 ? (int)(n - i) : 128;
        REAL *to = whole ? e + i : e;
        for (int k = 0; k < m; k++) to[k] = EXP(x[i + k] - most);
        double sum = KERNEL_F(dl_sum)(m, to);
        if (n <= 128) return sum;
        dl_pairwise_add(&total, sum);
    }
    return dl_pairwise_total(&total);
}

/* The same of up to 64 groups side by side; y, which may be null, gets the terms. */
static inline void KERNEL_F(dl_exp_sums)(dl_group g, REAL *y, const REAL *x, REAL *most,
                                         double *sum)
{
    REAL e[64];
    double part[64];
    for (int j = 0; j < g.width; j++) most[j] = -INFINITY, sum[j] = part[j] = 0;
    for (int64_t i = 0; i < g.n; i++)
        for (int j = 0; j < g.width; j++) {
            REAL v = x[i * g.step + j];
            most[j] = v > most[j] ? v : most[j];
        }
    for (int j = 0; j < g.width; j++) most[j] = most[j] - most[j] == 0 ? most[j] : 0;
    for (int64_t i = 0; i < g.n; i++) {
        REAL *to = y ? y + i * g.step : e;
        for (int j = 0; j < g.width; j++) e[j] = EXP(x[i * g.step + j] - most[j]);
        for (int j = 0; j < g.width; j++) to[j] = e[j], part[j] += (double)e[j];
        if (i % 128 == 127 || i + 1 == g.n)
            for (int j = 0; j < g.width; j++) sum[j] += part[j], part[j] = 0;
    }
}

static inline void KERNEL_F(dl_logsumexp)(dl_group g, REAL *y, const REAL *x)
{
    REAL most[64], e[128];
    double sum[64];
    if (g.step == 1 && g.n > DL_SHORT) {
        most[0] = KERNEL_F(dl_peak)(g.n, x);
        sum[0] = KERNEL_F(dl_exp_sum)(g.n, x, most[0], e, 0);
        y[0] = (REAL)((double)most[0] + dl_log_f64(sum[0]));
        return;
    }
    KERNEL_F(dl_exp_sums)(g, 0, x, most, sum);
    for (int j = 0; j < g.width; j++) y[j] = (REAL)((double)most[j] + dl_log_f64(sum[j]));
}

/* how: 1 if a group of nothing but -inf gets 0, else it gets NaN. */
static inline void KERNEL_F(dl_softmax)(dl_group g, REAL *y, const REAL *x)
{
    REAL most[64];
    double sum[64];
    if (g.step == 1 && g.n > DL_SHORT) {
        const double total = KERNEL_F(dl_exp_sum)(g.n, x, KERNEL_F(dl_peak)(g.n, x), y, 1);
        const REAL whole = g.how && total == 0 ? 1 : (REAL)total;
        for (int64_t i = 0; i < g.n; i++) y[i] = y[i] / whole;
        return;
    }
    KERNEL_F(dl_exp_sums)(g, y, x, most, sum);
    for (int j = 0; j < g.width; j++) most[j] = g.how && sum[j] == 0 ? 1 : (REAL)sum[j];
    for (int64_t i = 0; i < g.n; i++)
        for (int j = 0; j < g.width; j++) y[i * g.step + j] = y[i * g.step + j] / most[j];
}

static inline void KERNEL_F(dl_log_softmax)(dl_group g, REAL *y, const REAL *x)
{
    REAL most[64], whole[64], e[128];
    double sum[64];
    if (g.step == 1 && g.n > DL_SHORT) {
        const REAL peak = KERNEL_F(dl_peak)(g.n, x);
        const REAL total = (REAL)dl_log_f64(KERNEL_F(dl_exp_sum)(g.n, x, peak, e, 0));
        for (int64_t i = 0; i < g.n; i++) y[i] = (x[i] - peak) - total;
        return;
    }
    KERNEL_F(dl_exp_sums)(g, 0, x, most, sum);
    for (int j = 0; j < g.width; j++) whole[j] = (REAL)dl_log_f64(sum[j]);
    for (int64_t i = 0; i < g.n; i++)
        for (int j = 0; j < g.width; j++)
            y[i * g.step + j] = (x[i * g.step + j] - most[j]) - whole[j];
}

#endif
