/* unary_op.h: the op of an elementwise function of one operand from its row. */
#ifndef DLTAPE_UNARY_OP_H
#define DLTAPE_UNARY_OP_H

#include "support.h"

#define DEFINE_UNARY(NAME, VALUE, VJP)                             \
    DL_DECLARE_STRIPS(dl__##NAME);                                 \
    static dl_val NAME##_vjp(const dl_node *node, int i, dl_val g) \
    {                                                              \
        dl_val x = dl_in(node, 0), y = dl_out(node);               \
        (void)i, (void)x, (void)y;                                 \
        return VJP;                                                \
    }                                                              \
    static const dl_op NAME##_op = {                               \
        .name = #NAME,                                             \
        .nin = 1,                                                  \
        .flags = DL_STRIDED,                                       \
        .shapes = "any -> same",                                   \
        .infer = dl__same_infer,                                   \
        .strip = DL_KERNELS(dl__##NAME),                           \
        .formula = #VALUE,                                         \
        .vjp = NAME##_vjp,                                         \
    };
#define UNARY_ADDRESS(NAME, VALUE, VJP) &NAME##_op,

#endif
