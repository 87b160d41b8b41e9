/* loss_rows.h: elementwise ops that losses are made of; as unary_rows.h and binary_rows.h, but both
 * operands of the binary ones have the same sizes. */
#define LOSS_UNARY(ROW) ROW(log_cosh, LOG_COSH(x), dl_mul(g, dl_tanh(x)))

/* The second operand is one number for all elements. */
#define LOSS_SCALED(ROW)                                                       \
    /* c (a - c / 2) with c = a cut to [-b, b]: a^2 / 2, or b (|a| - b / 2) */ \
    ROW(huber, HUBER(a, b), dl_mul(g, cut(a, b)), dl_mul(g, dl_relu(dl_sub(dl_abs(a), b))))

#define LOSS_BINARY(ROW)                                                                         \
    /* a where the mask b is not 0: a NaN behind the mask is not seen, nor is its gradient */    \
    ROW(unmasked, b == 0 ? 0 : a, unmasked(g, b), dl_none(g.tape))                               \
    /* a b, and 0 where b is 0, whatever a is */                                                 \
    ROW(counted, b == 0 ? 0 : a * b, counted(g, b), dl_mul(g, a))                                \
    /* log(1 + e^a) - a b, of a logit a and its target b, without cancellation where b is 0 or 1 \
     */                                                                                          \
    ROW(bce_logits,                                                                              \
        (a > 0    ? b == 1 ? 0 : a * (1 - b)                                                     \
            : b == 0 ? 0                                                                         \
                  : -a * b)                                                                      \
            + LOG1P_EXP_NEG(a),                                                                  \
        dl_mul(g, dl_sub(dl_sigmoid(a), b)), dl_neg(dl_mul(g, a)))
