/* order.h: medians and modes of groups: see group.h. */
#ifndef DLTAPE_ORDER_H
#define DLTAPE_ORDER_H

#include "group.h"

#if DL_REAL == 32
typedef uint32_t WORD; /* as wide as REAL */
#else
typedef uint64_t WORD;
#endif

/* Words in the order of the numbers, and back. */
static inline WORD KERNEL_F(dl_rank)(REAL x)
{
    const WORD sign = (WORD)1 << (8 * sizeof(WORD) - 1), u = KERNEL_F(dl_bits)(x);
    return u & sign ? ~u : u | sign;
}

static inline REAL KERNEL_F(dl_of_rank)(WORD k)
{
    const WORD sign = (WORD)1 << (8 * sizeof(WORD) - 1);
    return KERNEL_F(dl_of_bits)(k & sign ? k ^ sign : ~k);
}

/* How many of n neighbours are at most v. */
static inline int64_t KERNEL_F(dl_at_most)(int64_t n, const REAL *x, REAL v)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n;) {
        const int64_t end = n - i < 4096 ? n : i + 4096;
        WORD part = 0;
        for (; i < end; i++) part += x[i] <= v;
        count += (int64_t)part;
    }
    return count;
}

/* The k-th smallest of n neighbours without NaN, the smallest being number 0: the words between
 * the extremes are halved until one is left. No memory, and a loop that vectorises. */
static inline REAL KERNEL_F(dl_select)(int64_t n, const REAL *x, int64_t k)
{
    REAL least = x[0], most = x[0];
    for (int64_t i = 1; i < n; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    WORD low = KERNEL_F(dl_rank)(least), high = KERNEL_F(dl_rank)(most);
    while (low < high) {
        const WORD middle = low + (high - low) / 2;
        if (KERNEL_F(dl_at_most)(n, x, KERNEL_F(dl_of_rank)(middle)) > k) high = middle;
        else low = middle + 1;
    }
    return KERNEL_F(dl_of_rank)(low);
}

static inline int KERNEL_F(dl_any_nan)(int64_t n, const REAL *x)
{
    int any = 0;
    for (int64_t i = 0; i < n; i++) any |= x[i] != x[i];
    return any;
}

/* The two in the middle of the n > 0 elements without NaN, or twice the one. */
static inline void KERNEL_F(dl_middles)(int64_t n, const REAL *x, REAL *two)
{
    REAL a = KERNEL_F(dl_select)(n, x, (n - 1) / 2), b = INFINITY;
    if (n % 2 || KERNEL_F(dl_at_most)(n, x, a) > n / 2) b = a;
    else
        for (int64_t i = 0; i < n; i++) b = x[i] > a && x[i] < b ? x[i] : b;
    two[0] = a, two[1] = b;
}

/* Of groups whose elements are neighbours, as in all that follows. */
static inline void KERNEL_F(dl_median)(dl_group g, REAL *y, const REAL *x)
{
    REAL two[2];
    *y = (REAL)NAN;
    if (!g.n || KERNEL_F(dl_any_nan)(g.n, x)) return;
    KERNEL_F(dl_middles)(g.n, x, two);
    const REAL sum = two[0] + two[1];
    if (two[0] == two[1]) *y = two[0] + 0;
    else *y = sum - sum == 0 ? sum / 2 : two[0] / 2 + two[1] / 2;
}

/* What the median's slopes are: 1 at the element in the middle, or 1/2 at each of the two. Of
 * equals those count that come first. */
static inline void KERNEL_F(dl_middle)(dl_group g, REAL *y, const REAL *x)
{
    REAL two[2];
    int64_t skip[2];
    const int nan = KERNEL_F(dl_any_nan)(g.n, x);
    for (int64_t i = 0; i < g.n; i++) y[i] = nan ? (REAL)NAN : 0;
    if (!g.n || nan) return;
    KERNEL_F(dl_middles)(g.n, x, two);
    for (int k = 0; k < 2; k++) {
        skip[k] = k ? g.n / 2 : (g.n - 1) / 2;
        for (int64_t i = 0; i < g.n; i++) skip[k] -= x[i] < two[k];
        for (int64_t i = 0; i < g.n; i++)
            if (x[i] == two[k] && skip[k]-- == 0) y[i] += (REAL)0.5;
    }
}

/* ---- mode ------------------------------------------------------------------------------------ */

/* NaN come last. */
static inline int KERNEL_F(dl_before)(REAL a, REAL b) { return a < b || (b != b && a == a); }

/* Sinks x[i] in the heap of n whose last one is on top. */
static inline void KERNEL_F(dl_sink)(int64_t n, REAL *x, int64_t i)
{
    const REAL v = x[i];
    for (int64_t k; (k = 2 * i + 1) < n; i = k) {
        if (k + 1 < n && KERNEL_F(dl_before)(x[k], x[k + 1])) k++;
        if (!KERNEL_F(dl_before)(v, x[k])) break;
        x[i] = x[k];
    }
    x[i] = v;
}

/* Heapsort: in place, and never slow. */
static inline void KERNEL_F(dl_heapsort)(int64_t n, REAL *x)
{
    for (int64_t i = n / 2; i-- > 0;) KERNEL_F(dl_sink)(n, x, i);
    for (n--; n > 0; n--) {
        const REAL last = x[n];
        x[n] = x[0];
        x[0] = last;
        KERNEL_F(dl_sink)(n, x, 0);
    }
}

/* The numbers of x that are not NaN come first: how many they are. */
static inline int64_t KERNEL_F(dl_numbers_first)(int64_t n, REAL *x)
{
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) {
        const REAL v = x[i];
        x[i] = x[m];
        x[m] = v;
        m += v == v;
    }
    return m;
}

/* Of the n numbers x, those below v come first: how many they are. Without a branch. */
static inline int64_t KERNEL_F(dl_below_first)(int64_t n, REAL *x, REAL v)
{
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) {
        const REAL w = x[i];
        x[i] = x[m];
        x[m] = w;
        m += w < v;
    }
    return m;
}

/* The n numbers x, by insertion. */
static inline void KERNEL_F(dl_insert)(int64_t n, REAL *x)
{
    for (int64_t i = 1; i < n; i++) {
        const REAL v = x[i];
        int64_t k = i;
        for (; k > 0 && v < x[k - 1]; k--) x[k] = x[k - 1];
        x[k] = v;
    }
}

/* Quicksort in place, the larger part put off; what is parted more often than 2 log2 n goes to the
 * heap, so it is never slow. NaN come last. */
static inline void KERNEL_F(dl_ascending)(dl_group g, REAL *y, const REAL *x)
{
    int64_t from[64], to[64], depth[64], top = 0, deepest = 2;
    for (int64_t i = 0; i < g.n; i++) y[i] = x[i];
    from[0] = 0, to[0] = KERNEL_F(dl_numbers_first)(g.n, y), depth[0] = 0;
    for (int64_t n = g.n; n > 1; n /= 2) deepest += 2;
    while (top >= 0) {
        REAL *part = y + from[top];
        const int64_t n = to[top] - from[top], parted = depth[top];
        if (n <= 16 || parted == deepest) {
            if (n <= 16) KERNEL_F(dl_insert)(n, part);
            else KERNEL_F(dl_heapsort)(n, part);
            top--;
            continue;
        }
        const REAL a = part[0], b = part[n / 2], c = part[n - 1];
        const REAL low = a < b ? a : b, high = a < b ? b : a;
        const REAL v = c < low ? low : c < high ? c : high; /* in the middle of the three */
        int64_t m = KERNEL_F(dl_below_first)(n, part, v);
        if (m == 0) { /* v is the least: its equals are in place */
            for (int64_t i = 0; i < n; i++) {
                const REAL w = part[i];
                part[i] = part[m];
                part[m] = w;
                m += w == v;
            }
            from[top] += m, depth[top]++;
            continue;
        }
        const int64_t begin = from[top], end = to[top], larger = 2 * m > n;
        from[top] = larger ? begin : begin + m, to[top] = larger ? begin + m : end;
        depth[top++] = parted + 1;
        from[top] = larger ? begin + m : begin, to[top] = larger ? end : begin + m;
        depth[top] = parted + 1;
    }
}

/* The first of the longest runs of equals; x has been sorted into b. */
static inline void KERNEL_F(dl_mode)(dl_group g, REAL *y, const REAL *x, const REAL *b)
{
    int64_t most = 0;
    (void)x;
    *y = (REAL)NAN;
    for (int64_t i = 0, end; i < g.n && b[i] == b[i]; i = end) {
        for (end = i + 1; end < g.n && b[end] == b[i];) end++;
        if (end - i <= most) continue;
        most = end - i;
        *y = b[i] + 0;
    }
}

#endif
