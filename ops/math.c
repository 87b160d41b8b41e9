/* math.c: further elementary functions; the formulas are in math_rows.h. */
#include "unary_op.h"
#include "math_rows.h"

MATH(DEFINE_UNARY)
ANGLES(DEFINE_UNARY)

static const dl_op *const rows[] = { MATH(UNARY_ADDRESS) ANGLES(UNARY_ADDRESS) NULL };
const dl_family dl__math_family = { "math", rows };

dl_val dl_reciprocal(dl_val x) { return dl_apply(&reciprocal_op, NULL, x); }
dl_val dl_rsqrt(dl_val x) { return dl_apply(&rsqrt_op, NULL, x); }
dl_val dl_cbrt(dl_val x) { return dl_apply(&cbrt_op, NULL, x); }
dl_val dl_exp2(dl_val x) { return dl_apply(&exp2_op, NULL, x); }
dl_val dl_expm1(dl_val x) { return dl_apply(&expm1_op, NULL, x); }
dl_val dl_log1p(dl_val x) { return dl_apply(&log1p_op, NULL, x); }
dl_val dl_log2(dl_val x) { return dl_apply(&log2_op, NULL, x); }
dl_val dl_log10(dl_val x) { return dl_apply(&log10_op, NULL, x); }
dl_val dl_logit(dl_val x) { return dl_apply(&logit_op, NULL, x); }
dl_val dl_sinh(dl_val x) { return dl_apply(&sinh_op, NULL, x); }
dl_val dl_cosh(dl_val x) { return dl_apply(&cosh_op, NULL, x); }
dl_val dl_asinh(dl_val x) { return dl_apply(&asinh_op, NULL, x); }
dl_val dl_acosh(dl_val x) { return dl_apply(&acosh_op, NULL, x); }
dl_val dl_atanh(dl_val x) { return dl_apply(&atanh_op, NULL, x); }
dl_val dl_asin(dl_val x) { return dl_apply(&asin_op, NULL, x); }
dl_val dl_acos(dl_val x) { return dl_apply(&acos_op, NULL, x); }
dl_val dl_atan(dl_val x) { return dl_apply(&atan_op, NULL, x); }
dl_val dl_floor(dl_val x) { return dl_apply(&floor_op, NULL, x); }
dl_val dl_ceil(dl_val x) { return dl_apply(&ceil_op, NULL, x); }
dl_val dl_round(dl_val x) { return dl_apply(&round_op, NULL, x); }
dl_val dl_fix(dl_val x) { return dl_apply(&fix_op, NULL, x); }
dl_val dl_tan(dl_val x) { return dl_apply(&tan_op, NULL, x); }
dl_val dl_cot(dl_val x) { return dl_apply(&cot_op, NULL, x); }
dl_val dl_sec(dl_val x) { return dl_apply(&sec_op, NULL, x); }
dl_val dl_csc(dl_val x) { return dl_apply(&csc_op, NULL, x); }
