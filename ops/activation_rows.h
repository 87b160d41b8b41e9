/* activation_rows.h: functions of neural networks, as in unary_rows.h. */
#define ACTIVATION(ROW)                                                                          \
    ROW(erfc, ERFC(x),                                                                           \
        dl_mul(dl_scale(g, -1.1283791670955126), dl_exp(dl_neg(dl_square(within(x))))))          \
    ROW(softplus, SOFTPLUS(x), dl_mul(g, dl_sigmoid(x)))                                         \
    ROW(log_sigmoid, -SOFTPLUS(-x), dl_mul(g, dl_sigmoid(dl_neg(x))))                            \
    ROW(softsign, SOFTSIGN(x), dl_mul(g, dl_square(dl_reciprocal(dl_shift(dl_abs(x), 1)))))      \
    ROW(silu, SILU(x), dl_mul(g, silu_slope(x)))                                                 \
    ROW(mish, MISH(x), dl_mul(g, mish_slope(x)))                                                 \
    ROW(tanh_softplus, TANH_SOFTPLUS(x),                                                         \
        dl_mul(g, dl_mul(dl__one_minus_square(y), dl_sigmoid(x))))                               \
    ROW(gelu, GELU(x), dl_mul(g, dl_add(normal_below(x), dl_mul(within(x), normal_density(x))))) \
    ROW(normal_below, NDTR(x), dl_mul(g, normal_density(x)))                                     \
    ROW(gelu_tanh, GELU_TANH(x), dl_mul(g, gelu_tanh_slope(x)))                                  \
    ROW(hardtanh, x<-1 ? -1 : x> 1 ? 1 : x, dl__gate(g, dl_shift(dl_neg(dl_abs(x)), 1)))         \
    ROW(hard_sigmoid,                                                                            \
        x <= -3  ? 0                                                                             \
        : x >= 3 ? 1                                                                             \
                 : (x + 3) / 6,                                                                  \
        dl__gate(dl_scale(g, 1.0 / 6), dl_shift(dl_neg(dl_abs(x)), 3)))                          \
    ROW(hardswish, x <= -3 ? 0 : x >= 3 ? x : x * ((x + 3) / 6), dl_mul(g, hardswish_slope(x)))  \
    /* x where it is multiplied by what vanishes far from 0: there 0 times infinity is 0 */      \
    ROW(within, x<-1024 ? -1024 : x> 1024 ? 1024 : x, g)

/* Of two operands: name, value of a and b, cotangents of a and of b. */
#define ACTIVATION_BINARY(ROW)                                                               \
    ROW(prelu, a > 0 ? a : a * b, dl_mul(g, prelu_slope(a, b)), dl_mul(g, negative_part(a))) \
    ROW(prelu_slope, a > 0 ? 1 : b, dl_none(g.tape), dl_mul(g, not_below(zero(a), a)))       \
    /* the larger and the smaller; at a tie the slopes are 1 for a and 0 for b */            \
    ROW(at_least, a < b ? b : a, dl_mul(g, not_below(a, b)), dl_mul(g, below(a, b)))         \
    ROW(at_most, b < a ? b : a, dl_mul(g, not_below(b, a)), dl_mul(g, below(b, a)))          \
    ROW(not_below, a < b ? (REAL)0 : 1, dl_none(g.tape), dl_none(g.tape))
