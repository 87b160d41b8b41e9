/* order_real.c: kernels of median and mode. */
#include "groups.h"
#include "order.h"

GROUPS_1(median, REAL)
GROUPS_1(middle, REAL)
GROUPS_1(ascending, REAL)
GROUPS_2(mode, REAL, REAL)
