/* extremes_real.c: kernels of the largest and smallest elements. */
#include "groups.h"
#include "extremes.h"

GROUPS_1(amax, REAL, true)
GROUPS_1(argmax, int64_t, true)
GROUPS_2(shares, REAL, REAL)
GROUPS_2(take_at, REAL, int64_t)
GROUPS_2(put_at, REAL, int64_t)
GROUPS_1(cummax_at, int64_t, false)
