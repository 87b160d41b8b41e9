/* points.h: what the functions of distances.h are called with, which are written once over REAL. */
#ifndef DLTAPE_POINTS_H
#define DLTAPE_POINTS_H

#include "elementary_f64.h"

#define DL_PANEL 16
#define DL_TERMS 128
#define DL_POINTS 64 /* that share a panel */

/* Operand i is (n,d), (m,d) or (n,m), and its elements lie row[i] and col[i] apart. */
typedef struct dl_points {
    int64_t n, m, d, squared;
    int64_t row[3], col[3];
} dl_points;

#endif
