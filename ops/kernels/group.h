/* group.h: what the functions of ops over a span of axes are called with. These functions, in
 * extremes.h, order.h, scan.h and the like, are written once over REAL: kernels call them, and
 * printed C has their text. */
#ifndef DLTAPE_GROUP_H
#define DLTAPE_GROUP_H

#include "printed_sums.h"

/* Groups of so few neighbours are computed as if they lay side by side: kernels turn many of them
 * round, and the bits are the same. */
#define DL_SHORT 32

/* `width` groups side by side, of n elements each; neighbours in a group lie `step` apart, and the
 * groups lie `beside` apart: 1, but for scans. */
typedef struct dl_group {
    int64_t n, step, width, how, beside;
} dl_group;

#endif
