/* extremes.h: largest and smallest elements of groups, and where they are: see group.h.
 *
 * how & 1: the smallest. It is the largest of -x, so that there is one search only. NaN is the
 * extreme of any group that has one, and of equals the first counts. */
#ifndef DLTAPE_EXTREMES_H
#define DLTAPE_EXTREMES_H

#include "group.h"

/* Whether v takes the place of m. */
static inline int KERNEL_F(dl_exceeds)(REAL v, REAL m) { return v > m || (v != v && m == m); }

static inline void KERNEL_F(dl_amax)(dl_group g, REAL *y, const REAL *x)
{
    const REAL sign = g.how & 1 ? -1 : 1;
    REAL most[64];
    int64_t i = 0, n = g.step == 1 && g.n > DL_SHORT ? g.n : 0;
    for (int j = 0; j < 64; j++) most[j] = -INFINITY;
    for (; i + 64 <= n; i += 64)
        for (int j = 0; j < 64; j++) {
            REAL v = sign * x[i + j];
            most[j] = v > most[j] || v != v ? v : most[j];
        }
    for (int half = 32; half && i; half /= 2)
        for (int j = 0; j < half; j++) {
            REAL v = most[half + j];
            most[j] = v > most[j] || v != v ? v : most[j];
        }
    for (; i < g.n; i++)
        for (int j = 0; j < g.width; j++) {
            REAL v = sign * x[i * g.step + j];
            most[j] = v > most[j] || v != v ? v : most[j];
        }
    for (int j = 0; j < g.width; j++) y[j] = sign * most[j];
}

static inline void KERNEL_F(dl_argmax)(dl_group g, int64_t *y, const REAL *x)
{
    const REAL sign = g.how & 1 ? -1 : 1;
    REAL most[64];
    for (int j = 0; j < g.width; j++) y[j] = 0;
    if (g.step == 1 && g.n > DL_SHORT) {
        KERNEL_F(dl_amax)(g, most, x);
        while (y[0] < g.n && !(x[y[0]] == most[0] || x[y[0]] != x[y[0]])) y[0]++;
        return;
    }
    for (int j = 0; j < g.width; j++) most[j] = sign * x[j];
    for (int64_t i = 1; i < g.n; i++)
        for (int j = 0; j < g.width; j++) {
            REAL v = sign * x[i * g.step + j];
            y[j] = KERNEL_F(dl_exceeds)(v, most[j]) ? i : y[j];
            most[j] = KERNEL_F(dl_exceeds)(v, most[j]) ? v : most[j];
        }
}

/* 1 / k at the k elements that equal that of b (a NaN equals a NaN), else 0. */
static inline void KERNEL_F(dl_shares)(dl_group g, REAL *y, const REAL *x, const REAL *b)
{
    for (int j = 0; j < g.width; j++) {
        int64_t equal = 0;
        for (int64_t i = 0; i < g.n; i++) {
            REAL v = x[i * g.step + j];
            equal += v == b[j] || (v != v && b[j] != b[j]);
        }
        const REAL share = (REAL)(1 / (double)equal);
        for (int64_t i = 0; i < g.n; i++) {
            REAL v = x[i * g.step + j];
            y[i * g.step + j] = v == b[j] || (v != v && b[j] != b[j]) ? share : 0;
        }
    }
}

/* y[i] = x[at[i]], `how` of them; NaN where there is no such element. */
static inline void KERNEL_F(dl_take_at)(dl_group g, REAL *y, const REAL *x, const int64_t *at)
{
    for (int64_t i = 0; i < g.how; i++)
        for (int j = 0; j < g.width; j++) {
            int64_t k = at[i * g.step + j];
            y[i * g.step + j] = k >= 0 && k < g.n ? x[k * g.step + j] : (REAL)NAN;
        }
}

/* Zeros, `how` of them, and then y[at[i]] += x[i]; what goes to one place in a run is added in
 * double. */
static inline void KERNEL_F(dl_put_at)(dl_group g, REAL *y, const REAL *x, const int64_t *at)
{
    for (int j = 0; j < g.width; j++) {
        for (int64_t i = 0; i < g.how; i++) y[i * g.step + j] = 0;
        for (int64_t i = 0; i < g.n;) {
            int64_t k = at[i * g.step + j];
            double sum = 0;
            for (; i < g.n && at[i * g.step + j] == k; i++) sum += (double)x[i * g.step + j];
            if (k >= 0 && k < g.how) y[k * g.step + j] += (REAL)sum;
        }
    }
}

/* Where the largest up to each element is; how & 2: from the last one on. */
static inline void KERNEL_F(dl_cummax_at)(dl_group g, int64_t *y, const REAL *x)
{
    const REAL sign = g.how & 1 ? -1 : 1;
    for (int j = 0; j < g.width; j++) {
        int64_t best = g.how & 2 ? g.n - 1 : 0;
        for (int64_t i = 0; i < g.n; i++) {
            int64_t k = g.how & 2 ? g.n - 1 - i : i;
            if (KERNEL_F(dl_exceeds)(sign * x[k * g.step + j], sign * x[best * g.step + j]))
                best = k;
            y[k * g.step + j] = best;
        }
    }
}

#endif
