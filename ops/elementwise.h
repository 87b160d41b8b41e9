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
DL_API dl_val dl_erfc(dl_val x);  /* 1 - erf x, without cancellation; -2/sqrt(pi) g exp(-x^2) */

/* ---- functions of neural networks ------------------------------------------------------------ */

/* Within 2 ulp of the true value, f32 and f64, also far from 0, NaN stays NaN; their derivatives of
 * any order are finite at all x, infinite ones too. Numbers (slope, alpha, lo, hi) are rounded to
 * the dtype of x and may change without a new plan. */
DL_API dl_val dl_softplus(dl_val x);    /* log(1 + e^x), without overflow; g sigmoid(x) */
DL_API dl_val dl_log_sigmoid(dl_val x); /* log sigmoid x = -softplus(-x); g sigmoid(-x) */
DL_API dl_val dl_softsign(dl_val x);    /* x / (1 + |x|), 1 at infinity; g / (1 + |x|)^2 */
/* x s, s = sigmoid x (Elfwing, Uchibe and Doya 2018), also called swish; g (s + x s (1 - s)). */
DL_API dl_val dl_silu(dl_val x);
/* x t, t = tanh(softplus x) (Misra 2019); g (t + x (1 - t^2) sigmoid x). */
DL_API dl_val dl_mish(dl_val x);
/* x P, P = erfc(-x / sqrt 2) / 2 the probability that a normal variate is below x (Hendrycks and
 * Gimpel 2016); g (P + x exp(-x^2 / 2) / sqrt(2 pi)). */
DL_API dl_val dl_gelu(dl_val x);
/* Its approximation x (1 + tanh u) / 2 = x s with s = sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715
 * x^3); g (s + 2 x u' s (1 - s)). */
DL_API dl_val dl_gelu_tanh(dl_val x);
DL_API dl_val dl_hardtanh(dl_val x);     /* x cut to [-1, 1]; g where |x| < 1, 0 at -1 and 1 */
DL_API dl_val dl_hard_sigmoid(dl_val x); /* x / 6 + 1/2 cut to [0, 1]; g / 6 within, 0 at -3, 3 */
/* x hard_sigmoid(x) (Howard et al. 2019); g (2 x + 3) / 6 where |x| < 3, 0 below and at -3, g above
 * and at 3. */
DL_API dl_val dl_hardswish(dl_val x);
/* x where x > 0, else slope x (Maas, Hannun and Ng 2013); g, and slope g, also at 0. */
DL_API dl_val dl_leaky_relu(dl_val x, double slope);
/* The same with slopes that may be learned, with broadcasting (He, Zhang, Ren and Sun 2015); for
 * the slope g min(x, 0). */
DL_API dl_val dl_prelu(dl_val x, dl_val slope);
/* x where x > 0, else alpha (e^x - 1) (Clevert, Unterthiner and Hochreiter 2016); g, and alpha g
 * e^x, also at 0. */
DL_API dl_val dl_elu(dl_val x, double alpha);
/* 1.0507009873554805 elu(x, 1.6732632423543772) (Klambauer, Unterthiner, Mayr and Hochreiter 2017).
 */
DL_API dl_val dl_selu(dl_val x);
/* x cut to [lo, hi]; g where lo <= x <= hi, both bounds included, as PyTorch's clamp, and where x
 * is NaN; else 0. A bound may be infinite. DL_EARG unless lo <= hi. */
DL_API dl_val dl_clamp(dl_val x, double lo, double hi);

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
