/* scan.h: products and running sums and products of groups: see group.h. A running value is kept
 * in double. how & 1: from the last element to the first. */
#ifndef DLTAPE_SCAN_H
#define DLTAPE_SCAN_H

#include "group.h"

/* Of many neighbours in eight partial products. */
static inline void KERNEL_F(dl_prod)(dl_group g, REAL *y, const REAL *x)
{
    double part[64];
    int64_t i = 0, n = g.step == 1 && g.n > DL_SHORT ? g.n : 0;
    for (int j = 0; j < 64; j++) part[j] = 1;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++) part[j] *= (double)x[i + j];
    if (i)
        part[0] = ((part[0] * part[1]) * (part[2] * part[3]))
                  * ((part[4] * part[5]) * (part[6] * part[7]));
    for (; i < g.n; i++)
        for (int j = 0; j < g.width; j++) part[j] *= (double)x[i * g.step + j];
    for (int j = 0; j < g.width; j++) y[j] = (REAL)part[j];
}

/* The running product; how & 2: without the element itself. */
static inline void KERNEL_F(dl_cumprod)(dl_group g, REAL *y, const REAL *x)
{
    for (int j = 0; j < g.width; j++) {
        double product = 1;
        for (int64_t i = 0; i < g.n; i++) {
            int64_t k = (g.how & 1 ? g.n - 1 - i : i) * g.step + j;
            double next = product * (double)x[k];
            y[k] = (REAL)(g.how & 2 ? product : next);
            product = next;
        }
    }
}

/* y_i = b_i + a_i y_(i-1); how & 2: a_(i-1) y_(i-1). The first is b. */
static inline void KERNEL_F(dl_recurrence)(dl_group g, REAL *y, const REAL *a, const REAL *b)
{
    for (int j = 0; j < g.width; j++) {
        double carry = 0;
        for (int64_t i = 0; i < g.n; i++) {
            int64_t k = (g.how & 1 ? g.n - 1 - i : i) * g.step + j;
            double next = i && !(g.how & 2) ? (double)a[k] * carry : carry;
            next += (double)b[k];
            y[k] = (REAL)next;
            carry = g.how & 2 ? (double)a[k] * next : next;
        }
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
static inline void KERNEL_F(dl_cumsum)(dl_group g, REAL *y, const REAL *x)
{
    for (int j = 0; j < g.width; j++) {
        double sum = 0, lost = 0;
        for (int64_t i = 0; i < g.n; i++) {
            int64_t k = (g.how & 1 ? g.n - 1 - i : i) * g.step + j;
            double v = (double)x[k], next = sum + v, part = next - sum;
            lost += (sum - (next - part)) + (v - part);
            sum = next;
            y[k] = (REAL)(lost == lost ? sum + lost : sum);
        }
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
