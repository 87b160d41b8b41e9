/* unary.c: elementwise ops of one operand; the formulas are in unary_rows.h. */
#include "support.h"
#include "unary_rows.h"

#define DEFINE(NAME, VALUE, VJP)                                   \
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

UNARY(DEFINE)
CIRCULAR(DEFINE)

#define ROW_ADDRESS(NAME, VALUE, VJP) &NAME##_op,
static const dl_op *const rows[] = { UNARY(ROW_ADDRESS) CIRCULAR(ROW_ADDRESS) NULL };
const dl_family dl__unary_family = { "unary", rows };

dl_val dl_neg(dl_val x) { return dl_apply(&neg_op, NULL, x); }
dl_val dl_abs(dl_val x) { return dl_apply(&abs_op, NULL, x); }
dl_val dl_sign(dl_val x) { return dl_apply(&sign_op, NULL, x); }
dl_val dl_square(dl_val x) { return dl_apply(&square_op, NULL, x); }
dl_val dl_sqrt(dl_val x) { return dl_apply(&sqrt_op, NULL, x); }
dl_val dl_exp(dl_val x) { return dl_apply(&exp_op, NULL, x); }
dl_val dl_log(dl_val x) { return dl_apply(&log_op, NULL, x); }
dl_val dl_tanh(dl_val x) { return dl_apply(&tanh_op, NULL, x); }
dl_val dl_sigmoid(dl_val x) { return dl_apply(&sigmoid_op, NULL, x); }
dl_val dl_erf(dl_val x) { return dl_apply(&erf_op, NULL, x); }
dl_val dl_sin(dl_val x) { return dl_apply(&sin_op, NULL, x); }
dl_val dl_cos(dl_val x) { return dl_apply(&cos_op, NULL, x); }
dl_val dl_relu(dl_val x) { return dl_apply(&relu_op, NULL, x); }
dl_val dl__one_minus_square(dl_val x) { return dl_apply(&one_minus_square_op, NULL, x); }
dl_val dl__times_one_minus(dl_val x) { return dl_apply(&times_one_minus_op, NULL, x); }
bool dl__is_square_op(const dl_op *op) { return op == &square_op; }
