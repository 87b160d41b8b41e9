/* scan_rows.h: elementwise ops of two operands that derivatives of scans need. */
#define SCAN_STRIPS(ROW) ROW(exp_below, b == -INFINITY ? 0 : EXP(a - b))
