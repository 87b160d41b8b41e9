/* blocks.h: sums of at most DL_BLOCK terms: eight partial sums, added pairwise. */
#ifndef DLTAPE_BLOCKS_H
#define DLTAPE_BLOCKS_H

#include "widen.h"

enum { LANES = 8 };

typedef double term(REAL x);

static inline double identity_term(REAL x) { return (double)x; }
static inline double square_term(REAL x) { return (double)x * (double)x; }

static inline double lanes_total(const double *lane)
{
    return ((lane[0] + lane[1]) + (lane[2] + lane[3]))
           + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

static inline __attribute__((always_inline)) double block_sum(const REAL *x, int64_t stride,
                                                              int64_t n, term *f)
{
    double lane[LANES] = { 0 };
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += f(x[(i + j) * stride]);
    for (int j = 0; i + j < n; j++) lane[j] += f(x[(i + j) * stride]);
    return lanes_total(lane);
}

/* Four full blocks that lie one behind the other: the same sums, but none waits for another. */
static inline __attribute__((always_inline)) void four_block_sums(const REAL *x, bool square,
                                                                  double *sum)
{
    enum { PARTS = LANES / WIDE };
    wide lane[4][PARTS] = { { { 0 } } };
    for (int i = 0; i < DL_BLOCK; i += LANES)
#pragma GCC unroll 8
        for (int k = 0; k < 4 * PARTS; k++) {
            wide f = load_wide(x + k / PARTS * DL_BLOCK + i + k % PARTS * WIDE);
            if (square) f *= f;
            lane[k / PARTS][k % PARTS] += f;
        }
    for (int b = 0; b < 4; b++) sum[b] = lanes_total((const double *)lane[b]);
}

#endif
