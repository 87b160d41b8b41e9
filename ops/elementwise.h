/* elementwise.h: elementwise ops, with broadcasting. What holds for all ops stands in ops.h. */
#ifndef DLTAPE_ELEMENTWISE_H
#define DLTAPE_ELEMENTWISE_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- elementwise, one operand: g is the gradient that arrives, y the value ------------------- */

DL_API dl_val dl_neg(dl_val x);             /* -x; -g */
DL_API dl_val dl_abs(dl_val x);             /* |x|; g sign(x), 0 at 0 */
DL_API dl_val dl_sign(dl_val x);            /* -1, 0, 1; zero derivative. sign(NaN) = NaN */
DL_API dl_val dl_square(dl_val x);          /* x^2; 2 g x */
DL_API dl_val dl_sqrt(dl_val x);            /* NaN below 0; g / (2 y), infinite at 0 */
DL_API dl_val dl_exp(dl_val x);             /* e^x; g y */
DL_API dl_val dl_log(dl_val x);             /* natural logarithm, -inf at 0, NaN below; g / x */
DL_API dl_val dl_tanh(dl_val x);            /* g (1 - y^2) */
DL_API dl_val dl_erf(dl_val x);             /* 2/sqrt(pi) g exp(-x^2) */
DL_API dl_val dl_sin(dl_val x);             /* radians; g cos(x) */
DL_API dl_val dl_cos(dl_val x);             /* radians; -g sin(x) */
DL_API dl_val dl_sigmoid(dl_val x);         /* 1 / (1 + e^-x), without overflow; g y (1 - y) */
DL_API dl_val dl_relu(dl_val x);            /* max(x, 0), NaN stays NaN; g where x > 0, 0 at 0 */
DL_API dl_val dl_scale(dl_val x, double s); /* s x; s g. s may change without a new plan */
DL_API dl_val dl_shift(dl_val x, double s); /* x + s; g. s may change without a new plan */

/* ---- elementwise, two operands, with broadcasting -------------------------------------------- */

DL_API dl_val dl_add(dl_val a, dl_val b); /* a + b; g, g */
DL_API dl_val dl_sub(dl_val a, dl_val b); /* a - b; g, -g */
DL_API dl_val dl_mul(dl_val a, dl_val b); /* a b; g b, g a */
DL_API dl_val dl_div(dl_val a, dl_val b); /* a / b; g / b, -g y / b */
/* a^b as C's pow; g b a^(b-1) and g y log a. Where b = 0 the first is 0; where a = 0 and b >= 0 the
 * second is 0. */
DL_API dl_val dl_power(dl_val a, dl_val b);
DL_API dl_val dl_power_scalar(dl_val x, double p); /* x^p; p may change without a new plan */
/* The larger and the smaller; NaN if either is. g to the one taken, half to each at a tie. */
DL_API dl_val dl_max(dl_val a, dl_val b);
DL_API dl_val dl_min(dl_val a, dl_val b);

/* The sum of any number of values: dl_add_n(l1, l2, l3, l4). Added pairwise, the sum of the first
 * half to that of the second, of odd numbers the first half is the longer. */
DL_API dl_val dl_add_list(const dl_val *x, int n);
#define dl_add_n(...) dl_add_list(DL_VALS(__VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
