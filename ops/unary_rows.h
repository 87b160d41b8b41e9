/* unary_rows.h: elementwise ops of one operand: name, value of x, cotangent of x from g, x and y.
 * The value is C over REAL (tgmath), the cotangent an expression in ops. */
#define UNARY(ROW)                                                       \
    ROW(neg, -x, dl_neg(g))                                              \
    ROW(abs, fabs(x), dl_mul(g, dl_sign(x)))                             \
    ROW(sign, x > 0 ? 1 : x < 0 ? -1 : x, dl_none(g.tape))               \
    ROW(square, x *x, dl_mul(g, dl_scale(x, 2)))                         \
    ROW(sqrt, sqrt(x), dl_div(dl_scale(g, 0.5), y))                      \
    ROW(exp, exp(x), dl_mul(g, y))                                       \
    ROW(log, log(x), dl_div(g, x))                                       \
    ROW(tanh, tanh(x), dl_mul(g, dl__one_minus_square(y)))               \
    ROW(sigmoid, x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)),      \
        dl_mul(g, dl__times_one_minus(y)))                               \
    ROW(relu, x <= 0 ? 0 : x, dl__gate(g, x))                            \
    ROW(one_minus_square, (1 - x) * (1 + x), dl_mul(g, dl_scale(x, -2))) \
    ROW(times_one_minus, x *(1 - x), dl_mul(g, dl_shift(dl_scale(x, -2), 1)))
