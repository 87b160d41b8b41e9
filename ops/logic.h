/* logic.h: comparisons, masks, selection, and other dtypes. What holds for all ops stands in ops.h.
 *
 * A mask is a value of dtype u8: 0 is false, anything else true; the ops here write 0 and 1.
 * Nothing is differentiated through a mask or an integer. */
#ifndef DLTAPE_LOGIC_H
#define DLTAPE_LOGIC_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- comparisons, with broadcasting: masks, without a derivative ------------------------------
 */

/* a == b, a != b, a < b, a <= b, a > b, a >= b, of two operands of one dtype, which may be an
 * integer (else DL_EDTYPE). With a NaN all are false but ne. */
DL_API dl_val dl_eq(dl_val a, dl_val b);
DL_API dl_val dl_ne(dl_val a, dl_val b);
DL_API dl_val dl_lt(dl_val a, dl_val b);
DL_API dl_val dl_le(dl_val a, dl_val b);
DL_API dl_val dl_gt(dl_val a, dl_val b);
DL_API dl_val dl_ge(dl_val a, dl_val b);
/* x against a number: of f32 or f64 it is rounded to that and may change without a new plan; an
 * integer must be able to hold it, else DL_EARG, and another number makes another plan. */
DL_API dl_val dl_eq_scalar(dl_val x, double s);
DL_API dl_val dl_ne_scalar(dl_val x, double s);
DL_API dl_val dl_lt_scalar(dl_val x, double s);
DL_API dl_val dl_le_scalar(dl_val x, double s);
DL_API dl_val dl_gt_scalar(dl_val x, double s);
DL_API dl_val dl_ge_scalar(dl_val x, double s);
/* |a - b| <= absolute + relative |b|, or a == b: infinities are close to themselves only, a NaN to
 * nothing. f32 or f64. */
DL_API dl_val dl_isclose(dl_val a, dl_val b, double relative, double absolute);

/* ---- what kind of number: masks, without a derivative ------------------------------------------
 */

/* x of any dtype; an integer is finite. */
DL_API dl_val dl_isnan(dl_val x);
DL_API dl_val dl_isinf(dl_val x);    /* of either sign */
DL_API dl_val dl_isfinite(dl_val x); /* neither infinite nor NaN */

/* ---- logic, with broadcasting: masks of masks, else DL_EDTYPE ---------------------------------
 */

DL_API dl_val dl_and(dl_val a, dl_val b); /* both */
DL_API dl_val dl_or(dl_val a, dl_val b);  /* at least one */
DL_API dl_val dl_xor(dl_val a, dl_val b); /* just one */
DL_API dl_val dl_not(dl_val a);           /* 1 where a is 0, else 0 */

/* ---- selection --------------------------------------------------------------------------------
 */

/* a where the mask is true, else b, with broadcasting of all three, also by label. a and b are of
 * one dtype, which may be an integer. g to the one that is taken, and exactly 0 to the other: the
 * value of where(x > 0, sqrt(x), 0) has a gradient of 0 at x < 0 only if the root's own is finite
 * there, since 0 times NaN is NaN; take the root of where(x > 0, x, 1) instead. */
DL_API dl_val dl_where(dl_val mask, dl_val a, dl_val b);
/* The number where the mask is true, else x, which is f32 or f64; g where the mask is false, else
 * 0. The number may change without a new plan. */
DL_API dl_val dl_masked_fill(dl_val x, dl_val mask, double number);

/* ---- other dtypes -----------------------------------------------------------------------------
 */

/* The same numbers in another dtype. To f32 and f64: rounded to nearest. To an integer: cut towards
 * 0 (round before, if that is wanted), and what the dtype cannot hold becomes the nearest number
 * that it can, NaN 0. g in the dtype of x between f32 and f64; through integers none. */
DL_API dl_val dl_cast(dl_val x, dl_dtype dtype);

#ifdef __cplusplus
}
#endif
#endif
