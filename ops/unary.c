/* unary.c: elementwise ops of one operand; the formulas are in unary_rows.h. */
#include "unary_op.h"
#include "unary_rows.h"

UNARY(DEFINE_UNARY)
CIRCULAR(DEFINE_UNARY)

static const dl_op *const rows[] = { UNARY(UNARY_ADDRESS) CIRCULAR(UNARY_ADDRESS) NULL };
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
