/* scan.h: products and running sums and products of groups: see group.h. A running value is kept
 * in double. how & 1: from the last element to the first. */
#ifndef DLTAPE_SCAN_H
#define DLTAPE_SCAN_H

#include "group.h"

/* Of many neighbours in 32 partial products. */
static inline void KERNEL_F(dl_prod)(dl_group g, REAL *y, const REAL *x)
{
    double part[64], lane[32];
    int64_t i = 0, n = g.step == 1 && g.n > DL_SHORT ? g.n : 0;
    for (int j = 0; j < g.width; j++) part[j] = 1;
    if (n) {
        for (int j = 0; j < 32; j++) lane[j] = 1;
        for (; i + 32 <= n; i += 32)
            for (int j = 0; j < 32; j++) lane[j] *= (double)x[i + j];
        for (int j = 0; j < 16; j++) lane[j] *= lane[16 + j];
        for (int j = 0; j < 8; j++) lane[j] *= lane[8 + j];
        for (int j = 0; j < 4; j++) lane[j] *= lane[4 + j];
        part[0] = (lane[0] * lane[2]) * (lane[1] * lane[3]);
    }
    for (; i < g.n; i++)
        for (int j = 0; j < g.width; j++) part[j] *= (double)x[i * g.step + j];
    for (int j = 0; j < g.width; j++) y[j] = (REAL)part[j];
}

/* The running product; how & 2: without the element itself. */
static inline double KERNEL_F(dl_cumprod_next)(int64_t how, double v, double *product)
{
    const double before = *product;
    *product = before * v;
    return how & 2 ? before : *product;
}

static inline void KERNEL_F(dl_cumprod)(dl_group g, REAL *y, const REAL *x)
{
    double product[64], v[64], one = 1;
    for (int64_t i = 0; i < g.n && g.width == 1; i++) {
        const int64_t k = (g.how & 1 ? g.n - 1 - i : i) * g.step;
        y[k] = (REAL)KERNEL_F(dl_cumprod_next)(g.how, (double)x[k], &one);
    }
    for (int j = 0; j < g.width; j++) product[j] = 1;
    for (int64_t i = 0; i < g.n && g.width > 1; i++) {
        const int64_t k = (g.how & 1 ? g.n - 1 - i : i) * g.step;
        for (int j = 0; j < g.width; j++) v[j] = (double)x[k + j * g.beside];
        for (int j = 0; j < g.width; j++)
            v[j] = KERNEL_F(dl_cumprod_next)(g.how, v[j], product + j);
        for (int j = 0; j < g.width; j++) y[k + j * g.beside] = (REAL)v[j];
    }
}

/* y_i = b_i + a_i y_(i-1); how & 2: a_(i-1) y_(i-1). The first is b: `carry` is 0 then, and is not
 * multiplied. */
static inline double KERNEL_F(dl_recurrence_next)(int64_t how, int first, double a, double b,
                                                  double *carry)
{
    const double next = (!first && !(how & 2) ? a * *carry : *carry) + b;
    *carry = how & 2 ? a * next : next;
    return next;
}

static inline void KERNEL_F(dl_recurrence)(dl_group g, REAL *y, const REAL *a, const REAL *b)
{
    double carry[64], u[64], v[64], one = 0;
    for (int64_t i = 0; i < g.n && g.width == 1; i++) {
        const int64_t k = (g.how & 1 ? g.n - 1 - i : i) * g.step;
        y[k] = (REAL)KERNEL_F(dl_recurrence_next)(g.how, !i, (double)a[k], (double)b[k], &one);
    }
    for (int j = 0; j < g.width; j++) carry[j] = 0;
    for (int64_t i = 0; i < g.n && g.width > 1; i++) {
        const int64_t k = (g.how & 1 ? g.n - 1 - i : i) * g.step;
        for (int j = 0; j < g.width; j++)
            u[j] = (double)a[k + j * g.beside], v[j] = (double)b[k + j * g.beside];
        for (int j = 0; j < g.width; j++)
            v[j] = KERNEL_F(dl_recurrence_next)(g.how, !i, u[j], v[j], carry + j);
        for (int j = 0; j < g.width; j++) y[k + j * g.beside] = (REAL)v[j];
    }
}

/* y_i = x_(i-1), the first 0; how & 2: infinity. */
static inline void KERNEL_F(dl_shifted)(dl_group g, REAL *y, const REAL *x)
{
    const int64_t from = g.how & 1 ? g.step : -g.step, first = g.how & 1 ? g.n - 1 : 0;
    for (int64_t i = 0; i < g.n; i++)
        for (int j = 0; j < g.width; j++)
            y[i * g.step + j] = i != first ? x[i * g.step + j + from] : g.how & 2 ? INFINITY : 0;
}

/* The running sum, with what rounding has taken from it (Knuth's two-sum): but for the last
 * rounding, the error does not grow with n. */
static inline double KERNEL_F(dl_cumsum_next)(double v, double *sum, double *lost)
{
    const double next = *sum + v, part = next - *sum;
    *lost += (*sum - (next - part)) + (v - part);
    *sum = next;
    return *lost == *lost ? next + *lost : next;
}

static inline void KERNEL_F(dl_cumsum)(dl_group g, REAL *y, const REAL *x)
{
    double sum[64], lost[64], v[64], all = 0, rest = 0;
    for (int64_t i = 0; i < g.n && g.width == 1; i++) {
        const int64_t k = (g.how & 1 ? g.n - 1 - i : i) * g.step;
        y[k] = (REAL)KERNEL_F(dl_cumsum_next)((double)x[k], &all, &rest);
    }
    for (int j = 0; j < g.width; j++) sum[j] = lost[j] = 0;
    for (int64_t i = 0; i < g.n && g.width > 1; i++) {
        const int64_t k = (g.how & 1 ? g.n - 1 - i : i) * g.step;
        for (int j = 0; j < g.width; j++) v[j] = (double)x[k + j * g.beside];
        for (int j = 0; j < g.width; j++) v[j] = KERNEL_F(dl_cumsum_next)(v[j], sum + j, lost + j);
        for (int j = 0; j < g.width; j++) y[k + j * g.beside] = (REAL)v[j];
    }
}

/* log of the running sum of exp(x), as the largest so far and the sum of exp(x - largest). */
static inline void KERNEL_F(dl_logcumsumexp)(dl_group g, REAL *y, const REAL *x)
{
    for (int j = 0; j < g.width; j++) {
        double most = -INFINITY, sum = 0;
        for (int64_t i = 0; i < g.n; i++) {
            int64_t k = (g.how & 1 ? g.n - 1 - i : i) * g.step + j;
            double v = (double)x[k], far = most == v ? 0 : most - v;
            double e = dl_exp_f64(far < 0 ? far : -far);
            sum = far < 0 ? sum * e + 1 : sum + e;
            most = far < 0 || v != v ? v : most;
            y[k] = (REAL)(sum > 0 && most > -INFINITY ? most + dl_log_f64(sum) : most);
        }
    }
}

#endif
