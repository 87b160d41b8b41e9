/* extremes_real.c: kernels of the largest and smallest elements. */
#include "groups.h"
#include "extremes.h"

GROUPS_1(amax, REAL, TURNED)
GROUPS_1(argmax, int64_t, TURNED)
GROUPS_2(shares, REAL, REAL, PLAIN)
GROUPS_2(take_at, REAL, int64_t, PLAIN)
GROUPS_2(put_at, REAL, int64_t, PLAIN)
GROUPS_1(cummax_at, int64_t, PLAIN)
