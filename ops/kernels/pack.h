/* pack.h: copies of strided matrices, row by row. */
#ifndef DLTAPE_PACK_H
#define DLTAPE_PACK_H

#include "turn.h"

INLINE void turn_into(const REAL *from, int64_t across, REAL *to, int64_t width)
{
    few x[4];
    turn(from, across, x);
#pragma GCC unroll 4
    for (int p = 0; p < 4; p++) *(few *)(to + p * width) = x[p];
}

/* to[p * width + i] = from[p * along + i * across] for p < k, i < n. */
static inline void pack(int64_t k, int64_t n, const REAL *from, int64_t along, int64_t across,
                        REAL *to, int64_t width)
{
    if (along != 1 || k < 4 || n < TURN) {
        for (int64_t p = 0; p < k; p++)
            for (int64_t i = 0; i < n; i++) to[p * width + i] = from[p * along + i * across];
        return;
    }
    for (int64_t i = 0, p;; i = i + 2 * TURN <= n ? i + TURN : n - TURN) {
        for (p = 0; p + 4 <= k; p += 4)
            turn_into(from + i * across + p, across, to + i + p * width, width);
        if (p < k) turn_into(from + i * across + k - 4, across, to + i + (k - 4) * width, width);
        if (i + TURN == n) return;
    }
}

#endif
