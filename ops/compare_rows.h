/* compare_rows.h: ops of two operands that give a mask: name, and the operator of C. */
#define COMPARISONS(ROW) \
    ROW(eq, ==)          \
    ROW(ne, !=)          \
    ROW(lt, <)           \
    ROW(le, <=)          \
    ROW(gt, >)           \
    ROW(ge, >=)

/* Between operands that are made 0 or 1. */
#define CONNECTIVES(ROW) \
    ROW(and, &)          \
    ROW(or, |)           \
    ROW(xor, ^)
