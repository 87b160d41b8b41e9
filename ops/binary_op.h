/* binary_op.h: the op of an elementwise function of two operands from its row. */
#ifndef DLTAPE_BINARY_OP_H
#define DLTAPE_BINARY_OP_H

#include "support.h"

/* The last arguments are the members of dl_op that differ from family to family: at least `infer`
 * and `shapes`. The value comes as text, which no macro has touched. */
#define DEFINE_BINARY(NAME, FORMULA, VJP_A, VJP_B, ...)                  \
    DL_DECLARE_STRIPS(dl__##NAME);                                       \
    static dl_val NAME##_vjp(const dl_node *node, int i, dl_val g)       \
    {                                                                    \
        dl_val a = dl_in(node, 0), b = dl_in(node, 1), y = dl_out(node); \
        (void)a, (void)b, (void)y;                                       \
        return i == 0 ? VJP_A : VJP_B;                                   \
    }                                                                    \
    static const dl_op NAME##_op = { .name = #NAME,                      \
                                     .nin = 2,                           \
                                     .flags = DL_STRIDED,                \
                                     .strip = DL_KERNELS(dl__##NAME),    \
                                     .formula = FORMULA,                 \
                                     .vjp = NAME##_vjp,                  \
                                     __VA_ARGS__ };
#define BINARY_ADDRESS(NAME, VALUE, VJP_A, VJP_B) &NAME##_op,

#endif
