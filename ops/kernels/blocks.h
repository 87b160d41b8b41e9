/* blocks.h: sums of at most DL_BLOCK terms: eight partial sums, added pairwise. */
#ifndef DLTAPE_BLOCKS_H
#define DLTAPE_BLOCKS_H

#include "real.h"

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

#endif
