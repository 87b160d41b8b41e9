/* special.h: special functions, elementwise. What holds for all ops stands in ops.h. */
#ifndef DLTAPE_SPECIAL_H
#define DLTAPE_SPECIAL_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* g is the gradient that arrives, y the value. Within 4 ulp of the true value, f32 and f64;
 * measured values, and where an absolute bound stands instead, in docs/accuracy.md. */

/* ---- gamma and its relatives ----------------------------------------------------------------- */

/* The inverse of erf: NaN outside [-1,1], infinite at the ends; sqrt(pi)/2 g exp(y^2). In f64 next
 * to 1 the distance to 1 has few digits left; what comes in is taken as exact. */
DL_API dl_val dl_erfinv(dl_val x);
/* The gamma function; g y digamma(x). At +0 and -0 it is inf and -inf, at negative whole numbers
 * and -inf NaN (MATLAB's gamma says inf there). */
DL_API dl_val dl_gamma(dl_val x);
/* log |gamma(x)|; g digamma(x). inf at 0, at negative whole numbers and at both infinities. Below 0
 * it has zeros without end; there the error is 4 ulp of 1 if |y| is less. */
DL_API dl_val dl_lgamma(dl_val x);
/* psi, the derivative of lgamma; g polygamma(1, x). -inf and inf at +0 and -0, NaN at negative
 * whole numbers and at -inf. Below 0 it has zeros, too; there the error is 4 ulp of log |x|, or of
 * 1, if |y| is less. */
DL_API dl_val dl_digamma(dl_val x);
/* The n-th derivative of digamma, n = 0 .. 170 (else DL_EARG), which is digamma itself for 0 and
 * otherwise (-1)^(n+1) n! (x^-n-1 + (x+1)^-n-1 + ..); g polygamma(n + 1, x). At a pole inf of odd
 * n; of even n NaN, but at +0 and -0 -inf and inf; NaN at -inf. n may change without a new plan. 4
 * ulp for n = 1 and for n = 2, x > 0; some ulp more for large n, and absolute where below 0 a sum
 * cancels. */
DL_API dl_val dl_polygamma(int64_t n, dl_val x);

/* ---- Bessel functions ------------------------------------------------------------------------ */

/* Of the first kind, even (order 0) and odd (order 1); -g J1(x), and g (J0(x) - J2(x)) / 2, which
 * is g / 2 at 0. From |x| = 8 on the error is 4 ulp of the amplitude sqrt(2 / (pi |x|)). */
DL_API dl_val dl_bessel_j0(dl_val x);
DL_API dl_val dl_bessel_j1(dl_val x);
/* Of the second kind: -inf at 0, NaN below; -g Y1(x), and g (Y0(x) - Y2(x)) / 2. Accurate as J. */
DL_API dl_val dl_bessel_y0(dl_val x);
DL_API dl_val dl_bessel_y1(dl_val x);
/* Of whole order n, -1000 .. 1000 (else DL_EARG): J_-n = (-1)^n J_n, and Y likewise;
 * g (J_(n-1)(x) - J_(n+1)(x)) / 2, infinite where Y_n is. At infinity 0; Y_n is -inf at 0, for odd
 * n < 0 inf. n may change without a new plan; a value takes time as n does. The error grows slowly
 * with n. */
DL_API dl_val dl_besselj(int64_t n, dl_val x);
DL_API dl_val dl_bessely(int64_t n, dl_val x);

#ifdef __cplusplus
}
#endif
#endif
