/* unary_rows.h: elementwise ops of one operand: name, value of x, cotangent of x from g, x and y.
 * The value is C over REAL with the functions of kernels/real.h, the cotangent an expression in
 * ops. */
#define UNARY(ROW)                                                                          \
    ROW(neg, -x, dl_neg(g))                                                                 \
    ROW(abs, FABS(x), dl_mul(g, dl_sign(x)))                                                \
    ROW(sign, x > 0 ? 1 : x < 0 ? -1 : x, dl_none(g.tape))                                  \
    ROW(square, x *x, dl_mul(g, dl_scale(x, 2)))                                            \
    ROW(sqrt, SQRT(x), dl_div(dl_scale(g, 0.5), y))                                         \
    ROW(exp, EXP(x), dl_mul(g, y))                                                          \
    ROW(log, LOG(x), dl_div(g, x))                                                          \
    ROW(tanh, TANH(x), dl_mul(g, dl__one_minus_square(y)))                                  \
    ROW(sigmoid, SIGMOID(x), dl_mul(g, dl__times_one_minus(y)))                             \
    ROW(erf, ERF(x), dl_mul(dl_scale(g, 1.1283791670955126), dl_exp(dl_neg(dl_square(x))))) \
    ROW(relu, x <= 0 ? 0 : x, dl__gate(g, x))                                               \
    ROW(one_minus_square, (1 - x) * (1 + x), dl_mul(g, dl_scale(x, -2)))                    \
    ROW(times_one_minus, x *(1 - x), dl_mul(g, dl_shift(dl_scale(x, -2), 1)))

/* Of angles, whose kernels have a fast way for strips without far ones. */
#define CIRCULAR(ROW)                      \
    ROW(sin, SIN(x), dl_mul(g, dl_cos(x))) \
    ROW(cos, COS(x), dl_neg(dl_mul(g, dl_sin(x))))
