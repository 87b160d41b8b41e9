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
DL_API dl_val dl_sign(dl_val x);            /* -1, 0, 1; NaN and -0 stay. Zero derivative */
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

/* ---- further elementary functions ------------------------------------------------------------ */

/* Within 2 ulp of the true value, f32 and f64, special values as in C99. */
DL_API dl_val dl_reciprocal(dl_val x); /* 1 / x; -g y^2 */
DL_API dl_val dl_rsqrt(dl_val x);      /* 1 / sqrt(x), inf at 0, NaN below; -g y / (2 x) */
DL_API dl_val dl_cbrt(dl_val x);       /* the real cube root; g / (3 y^2), infinite at 0 */
DL_API dl_val dl_exp2(dl_val x);       /* 2^x; g y log 2 */
DL_API dl_val dl_expm1(dl_val x);      /* e^x - 1, without cancellation; g e^x */
DL_API dl_val dl_log1p(dl_val x);      /* log(1 + x), without cancellation; g / (1 + x) */
DL_API dl_val dl_log2(dl_val x);       /* log x / log 2, exact for powers of 2; g / (x log 2) */
DL_API dl_val dl_log10(dl_val x);      /* log x / log 10; g / (x log 10) */
DL_API dl_val dl_logit(dl_val x);      /* log(x / (1 - x)), NaN outside [0,1]; g / (x (1 - x)) */
DL_API dl_val dl_sinh(dl_val x);       /* g cosh(x) */
DL_API dl_val dl_cosh(dl_val x);       /* g sinh(x) */
DL_API dl_val dl_asinh(dl_val x);      /* g / sqrt(1 + x^2) */
DL_API dl_val dl_acosh(dl_val x);      /* NaN below 1; g / sqrt(x^2 - 1), infinite at 1 */
DL_API dl_val dl_atanh(dl_val x);      /* NaN outside [-1,1]; g / (1 - x^2) */
DL_API dl_val dl_asin(dl_val x);       /* NaN outside [-1,1]; g / sqrt(1 - x^2) */
DL_API dl_val dl_acos(dl_val x);       /* NaN outside [-1,1]; -g / sqrt(1 - x^2) */
DL_API dl_val dl_atan(dl_val x);       /* g / (1 + x^2) */
DL_API dl_val dl_floor(dl_val x);      /* the next whole number below; zero derivative */
DL_API dl_val dl_ceil(dl_val x);       /* the next one above; zero derivative */
DL_API dl_val dl_round(dl_val x); /* the nearest, halves away from 0, as MATLAB; zero derivative */
DL_API dl_val dl_fix(dl_val x);   /* the next one towards zero; zero derivative */
DL_API dl_val dl_tan(dl_val x);   /* radians; g (1 + y^2) */
DL_API dl_val dl_cot(dl_val x);   /* cos / sin; -g (1 + y^2) */
DL_API dl_val dl_sec(dl_val x);   /* 1 / cos; g y tan(x) */
DL_API dl_val dl_csc(dl_val x);   /* 1 / sin; -g y cot(x) */

/* ---- elementwise, two operands, with broadcasting -------------------------------------------- */

DL_API dl_val dl_add(dl_val a, dl_val b); /* a + b; g, g */
DL_API dl_val dl_sub(dl_val a, dl_val b); /* a - b; g, -g */
DL_API dl_val dl_mul(dl_val a, dl_val b); /* a b; g b, g a */
DL_API dl_val dl_div(dl_val a, dl_val b); /* a / b; g / b, -g y / b */
/* a^b as C's pow; g b a^(b-1) and g y log a. Where b = 0 the first is 0; where a = 0 and b >= 0 the
 * second is 0. */
DL_API dl_val dl_power(dl_val a, dl_val b);
DL_API dl_val dl_power_scalar(dl_val x, double p); /* x^p; p may change without a new plan */
/* The larger and the smaller, of two zeros the second; NaN if either is. g to the one taken, half
 * to each at a tie and where both are NaN. */
DL_API dl_val dl_max(dl_val a, dl_val b);
DL_API dl_val dl_min(dl_val a, dl_val b);
/* The same against a number, which may change without a new plan: dl_max_scalar(x, 0) is relu but
 * for the half at a tie. */
DL_API dl_val dl_max_scalar(dl_val x, double s);
DL_API dl_val dl_min_scalar(dl_val x, double s);
/* The angle of the point (x, y) in -pi to pi, as C's atan2; with h^2 = x^2 + y^2: g x / h^2 and
 * -g y / h^2, both 0 at the origin and NaN where x or y is infinite. */
DL_API dl_val dl_atan2(dl_val y, dl_val x);
/* The square root of a^2 + b^2, without overflow or underflow; g a / y and g b / y, both 0 where a
 * and b are 0. */
DL_API dl_val dl_hypot(dl_val a, dl_val b);
/* a - b floor(a / b): the remainder with the sign of b, as MATLAB's mod and Python's %, exact but
 * for one rounding where the signs of a and b differ; mod(a, 0) = a. g and -g floor(a / b), as if
 * the quotient did not jump at whole numbers; 0 for b where b is 0. */
DL_API dl_val dl_mod(dl_val a, dl_val b);
/* a - b fix(a / b), fix rounds towards 0: the remainder with the sign of a, as MATLAB's rem and C's
 * fmod, exact; rem(a, 0) = NaN. g and -g fix(a / b), NaN where the value is. */
DL_API dl_val dl_rem(dl_val a, dl_val b);
/* |a| with the sign of b, of -0 too; g where that is the sign of a, else -g, 0 where a is 0; zero
 * for b. */
DL_API dl_val dl_copysign(dl_val a, dl_val b);
/* a b + c, rounded twice, as dl_add(dl_mul(a, b), c), for the same bits everywhere; g b, g a, g. */
DL_API dl_val dl_fma(dl_val a, dl_val b, dl_val c);
/* a + t (b - a), a straight line from a at t = 0 to b at t = 1 (there but for rounding); (1 - t) g,
 * t g, (b - a) g. */
DL_API dl_val dl_lerp(dl_val a, dl_val b, dl_val t);

/* The sum of any number of values: dl_add_n(l1, l2, l3, l4). Added pairwise, the sum of the first
 * half to that of the second, of odd numbers the first half is the longer. */
DL_API dl_val dl_add_list(const dl_val *x, int n);
#define dl_add_n(...) dl_add_list(DL_VALS(__VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
