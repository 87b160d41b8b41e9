/* order_real.c: kernels of median and mode. */
#include "groups.h"
#include "order.h"

GROUPS_1(median, REAL, PLAIN)
GROUPS_1(middle, REAL, PLAIN)
GROUPS_1(ascending, REAL, PLAIN)
GROUPS_2(mode, REAL, REAL, PLAIN)
