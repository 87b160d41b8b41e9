/* hand.h: the workloads written by hand: bench/hand/, built with -O3 -march=native and strict
 * floating point, no products fused with sums. The arrays are those of the workload. */
#ifndef DLTAPE_BENCH_HAND_H
#define DLTAPE_BENCH_HAND_H

#include "bench.h"

bench_function w1_by_hand;    /* 4 x 10, sizes known to the compiler */
bench_function loss_by_loops; /* any size: own loops */
bench_function loss_by_blas;  /* any size: a CBLAS */
bench_function w4_by_hand;    /* one fused loop, libmvec's exp, log, tanh */
bench_function w5_by_loops, w5_by_blas, w6_by_hand, w7_by_loops, w7_by_blas, w8_by_hand, w9_by_hand;

/* The products that a workload by hand calls; row-major. */
typedef struct products {
    /* c (m,n) = alpha op(a) op(b) + beta c, k inner; ta, tb: transposed. */
    void (*gemm)(bool ta, bool tb, int m, int n, int k, float alpha, const float *a, const float *b,
                 float beta, float *c);
    /* c (n,n) = alpha a a' for a (n,k). */
    void (*gram)(int n, int k, float alpha, const float *a, float *c);
} products;
extern const products own_products;
#ifdef BENCH_CBLAS
extern const products blas_products;
#endif

/* Rows of a workload with products: the CBLAS first, where there is one. */
#ifdef BENCH_CBLAS
#define BENCH_PRODUCTS(NAME) \
    BENCH_BY_HAND("CBLAS", NAME##_by_blas), BENCH_BY_HAND("own loops", NAME##_by_loops)
#define BENCH_FASTEST(NAME) BENCH_BY_HAND("CBLAS", NAME##_by_blas)
#else
#define BENCH_PRODUCTS(NAME) BENCH_BY_HAND("own loops", NAME##_by_loops)
#define BENCH_FASTEST(NAME) BENCH_BY_HAND("own loops", NAME##_by_loops)
#endif

#endif
