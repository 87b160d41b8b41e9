/* scan_rows.h: elementwise ops of two operands that derivatives of scans need. */
#define SCAN_STRIPS(ROW)                                           \
    /* 0 where b is -inf, which no name stands for in a formula */ \
    ROW(exp_below, ((b < 0) & (b - b != 0)) ? 0 : EXP(a - b))
