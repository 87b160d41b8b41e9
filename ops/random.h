/* random.h: random numbers as ops. What holds for all ops stands in ops.h.
 *
 * A number depends on a key and on its place in the result alone: the same bits at every run, for
 * any number of threads, on every machine, and in printed C. A key is an ordinary value, i64 (2):
 * any two numbers, "seed" and "step"; it may change at each step without a new plan. Two ops with
 * the same key give the same numbers (dl_rand of 6 begins like dl_rand of 4), and are correlated:
 * give each its own by dl_random_split. Generator: Philox4x32-10 (Salmon, Moraes, Dror and Shaw,
 * Parallel Random Numbers: As Easy as 1, 2, 3, 2011). Its key is the seed, its counter the place
 * and the step. Not for cryptography. */
#ifndef DLTAPE_RANDOM_H
#define DLTAPE_RANDOM_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A key of these two numbers. They are copied, and may change without a new plan. */
DL_API dl_val dl_random_key(dl_tape *t, int64_t seed, int64_t step);
/* The i-th key made of a key, i64 (2), for i = 0, 1, ..; its numbers and those of the others, and
 * of `key` itself, are independent as far as Philox is. */
DL_API dl_val dl_random_split(dl_val key, int64_t i);

/* Uniform on [0, 1): multiples of 2^-24 (f32) or 2^-53 (f64). No derivative, as none of these. */
DL_API dl_val dl_rand(dl_val key, dl_dtype dtype, int rank, const int64_t *dims);
/* Normal with mean 0 and variance 1 (Box and Muller 1958); at most 6.77 (f32) or 8.66 (f64). */
DL_API dl_val dl_randn(dl_val key, dl_dtype dtype, int rank, const int64_t *dims);
/* 1 with probability p, else 0: dl_rand < p. p outside [0, 1]: DL_EARG; it may change without a new
 * plan. */
DL_API dl_val dl_bernoulli(dl_val key, dl_dtype dtype, double p, int rank, const int64_t *dims);
/* 0 .. n-1 in random order, i64 (n); the probabilities of orders differ by less than n 2^-64,
 * relatively (Fisher and Yates). */
DL_API dl_val dl_randperm(dl_val key, int64_t n);
/* 0 with probability p, else x / (1 - p), so that the mean stays: inverted dropout (Srivastava et
 * al. 2014). The gradient meets the same zeros. p = 1 gives zeros; p outside [0, 1]: DL_EARG. */
DL_API dl_val dl_dropout(dl_val x, double p, dl_val key);

#ifdef __cplusplus
}
#endif
#endif
