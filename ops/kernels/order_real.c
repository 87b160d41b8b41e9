/* order_real.c: kernels of median and mode. */
#include "groups.h"
#include "order.h"

GROUPS_1(median, REAL, false)
GROUPS_1(middle, REAL, false)
GROUPS_1(ascending, REAL, false)
GROUPS_2(mode, REAL, REAL)
