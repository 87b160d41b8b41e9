/* widen.h: elements as doubles and back, some at a time. Of floats gcc 12 makes two conversions, by
 * way of memory, and an insertion of one. */
#ifndef DLTAPE_WIDEN_H
#define DLTAPE_WIDEN_H

#include "turn.h"

#if DL_REAL == 32 && (DL_WITH_AVX2 || DL_WITH_AVX512)
#include <immintrin.h>
#define WIDENS 1
#endif

#define DOUBLES(n) __attribute__((vector_size(n * sizeof(double)), aligned(8), may_alias))

typedef double four DOUBLES(4);

INLINE four widen(quad x)
{
#if WIDENS
    return (four)_mm256_cvtps_pd((__m128)x);
#else
    return __builtin_convertvector(x, four);
#endif
}

INLINE quad narrow(four x)
{
#if WIDENS
    return (quad)_mm256_cvtpd_ps((__m256d)x);
#else
    return __builtin_convertvector(x, quad);
#endif
}

/* As many terms of x as a register takes doubles. */
#if DL_WITH_AVX512
enum { WIDE = 8 };
typedef double wide DOUBLES(8);
typedef REAL eight VECTOR_OF(8);
#else
enum { WIDE = 4 };
typedef four wide;
#endif

INLINE wide load_wide(const REAL *x)
{
#if DL_WITH_AVX512 && WIDENS
    return (wide)_mm512_cvtps_pd(_mm256_loadu_ps(x));
#elif DL_WITH_AVX512
    return __builtin_convertvector(*(const eight *)x, wide);
#else
    return widen(*(const quad *)x);
#endif
}

#endif
