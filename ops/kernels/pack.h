/* pack.h: copies of strided matrices, row by row. */
#ifndef DLTAPE_PACK_H
#define DLTAPE_PACK_H

#include "real.h"

typedef REAL quad __attribute__((vector_size(4 * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));

/* The transpose of the four by four elements from[i * across + p]. */
static inline __attribute__((always_inline)) void load_transposed(const REAL *from, int64_t across,
                                                                  quad *to)
{
    quad a = *(const quad *)from, b = *(const quad *)(from + across),
         c = *(const quad *)(from + 2 * across), d = *(const quad *)(from + 3 * across);
    quad ac = __builtin_shufflevector(a, c, 0, 4, 1, 5),
         bd = __builtin_shufflevector(b, d, 0, 4, 1, 5);
    to[0] = __builtin_shufflevector(ac, bd, 0, 4, 1, 5);
    to[1] = __builtin_shufflevector(ac, bd, 2, 6, 3, 7);
    ac = __builtin_shufflevector(a, c, 2, 6, 3, 7), bd = __builtin_shufflevector(b, d, 2, 6, 3, 7);
    to[2] = __builtin_shufflevector(ac, bd, 0, 4, 1, 5);
    to[3] = __builtin_shufflevector(ac, bd, 2, 6, 3, 7);
}

static inline __attribute__((always_inline)) void transpose_quad(const REAL *from, int64_t across,
                                                                 REAL *to, int64_t width)
{
    quad x[4];
    load_transposed(from, across, x);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) *(quad *)(to + i * width) = x[i];
}

/* to[p * width + i] = from[p * along + i * across] for p < k, i < n. */
static inline void pack(int64_t k, int64_t n, const REAL *from, int64_t along, int64_t across,
                        REAL *to, int64_t width)
{
    if (along != 1 || k < 4 || n < 4) {
        for (int64_t p = 0; p < k; p++)
            for (int64_t i = 0; i < n; i++) to[p * width + i] = from[p * along + i * across];
        return;
    }
    for (int64_t i = 0, p;; i = i + 8 <= n ? i + 4 : n - 4) {
        for (p = 0; p + 4 <= k; p += 4)
            transpose_quad(from + i * across + p, across, to + i + p * width, width);
        if (p < k)
            transpose_quad(from + i * across + k - 4, across, to + i + (k - 4) * width, width);
        if (i + 4 == n) return;
    }
}

#endif
