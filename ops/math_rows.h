/* math_rows.h: further elementary functions, as in unary_rows.h. */
#define MATH(ROW)                                                                      \
    ROW(reciprocal, 1 / x, dl_neg(dl_mul(g, dl_square(y))))                            \
    ROW(rsqrt, 1 / SQRT(x), dl_div(dl_mul(dl_scale(g, -0.5), y), x))                   \
    ROW(cbrt, CBRT(x), dl_div(dl_scale(g, 1.0 / 3), dl_square(y)))                     \
    ROW(exp2, EXP2(x), dl_mul(dl_scale(g, 0.69314718055994531), y))                    \
    ROW(expm1, EXPM1(x), dl_mul(g, dl_exp(x)))                                         \
    ROW(log1p, LOG1P(x), dl_div(g, dl_shift(x, 1)))                                    \
    ROW(log2, LOG2(x), dl_div(dl_scale(g, 1.4426950408889634), x))                     \
    ROW(log10, LOG10(x), dl_div(dl_scale(g, 0.43429448190325182), x))                  \
    ROW(logit, LOGIT(x), dl_div(g, dl__times_one_minus(x)))                            \
    ROW(sinh, SINH(x), dl_mul(g, dl_cosh(x)))                                          \
    ROW(cosh, COSH(x), dl_mul(g, dl_sinh(x)))                                          \
    ROW(asinh, ASINH(x), dl_mul(g, dl_rsqrt(dl_shift(dl_square(x), 1))))               \
    ROW(acosh, ACOSH(x), dl_mul(g, dl_rsqrt(dl_mul(dl_shift(x, -1), dl_shift(x, 1))))) \
    ROW(atanh, ATANH(x), dl_div(g, dl__one_minus_square(x)))                           \
    ROW(asin, ASIN(x), dl_mul(g, dl_rsqrt(dl__one_minus_square(x))))                   \
    ROW(acos, ACOS(x), dl_neg(dl_mul(g, dl_rsqrt(dl__one_minus_square(x)))))           \
    ROW(atan, ATAN(x), dl_div(g, dl_shift(dl_square(x), 1)))                           \
    ROW(floor, FLOOR(x), dl_none(g.tape))                                              \
    ROW(ceil, CEIL(x), dl_none(g.tape))                                                \
    ROW(round, ROUND(x), dl_none(g.tape))                                              \
    ROW(fix, TRUNC(x), dl_none(g.tape))

/* Of angles, whose kernels have a fast way for strips without far ones. */
#define ANGLES(ROW)                                                \
    ROW(tan, TAN(x), dl_mul(g, dl_shift(dl_square(y), 1)))         \
    ROW(cot, COT(x), dl_neg(dl_mul(g, dl_shift(dl_square(y), 1)))) \
    ROW(sec, SEC(x), dl_mul(g, dl_mul(y, dl_tan(x))))              \
    ROW(csc, CSC(x), dl_neg(dl_mul(g, dl_mul(y, dl_cot(x)))))
