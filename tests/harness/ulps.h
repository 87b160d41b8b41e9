/* ulps.h: distances in units of the last place of a type, from values in a wider one. */
#ifndef DL_ULPS_H
#define DL_ULPS_H

#include "../../autodiff/autodiff.h"
#include "valgrind.h"

#include <float.h>
#include <math.h>

/* No wider type, or one that valgrind takes for double. */
static inline bool wide_is_double(void) { return LDBL_MANT_DIG < 64 || under_valgrind(); }

/* The exponent of the last place of a finite `want`, or of `size` where that is larger. */
static inline int ulp_exponent(dl_dtype dtype, long double want, long double size)
{
    int digits = dtype == DL_F32 ? 24 : 53, least = dtype == DL_F32 ? -125 : -1021, e;
    frexpl(fabsl(want) > size ? want : size, &e);
    return (e < least ? least : e) - digits;
}

/* |got - want| in units of that place; infinity stands for the first power of 2 that overflows.
 * Infinite where a NaN, the sign of a zero, or a finite result is wrong. */
static inline double ulps_of(dl_dtype dtype, long double got, long double want, long double size)
{
    long double top = ldexpl(1, dtype == DL_F32 ? 128 : 1024);
    if (isnan(want) || isnan(got)) return isnan(want) && isnan(got) ? 0 : INFINITY;
    if ((want == 0 || got == 0) && !signbit(got) != !signbit(want)) return INFINITY;
    if (got == want) return 0;
    if (isinf(want)) return INFINITY;
    if (isinf(got)) got = copysignl(top, got);
    if (fabsl(want) > top) want = copysignl(top, want);
    return (double)ldexpl(fabsl(got - want), -ulp_exponent(dtype, want, size));
}
static inline double ulps(dl_dtype dtype, long double got, long double want)
{
    return ulps_of(dtype, got, want, 0);
}

#endif
