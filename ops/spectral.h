/* spectral.h: discrete Fourier transforms of real values. What holds for all ops stands in ops.h.
 *
 * There are no complex values: a spectrum is two values, its real and its imaginary part, with the
 * labels of x. A real x of length n has a spectrum of which the first n/2 + 1 numbers say all, and
 * these are computed, as torch.fft.rfft does: X_k = sum over j of x_j exp(-2 pi i j k / n), without
 * a factor, as MATLAB's fft. Any n from 1 on takes O(n log n): Stockham's transform with radix 4, 2
 * and odd primes up to 31, and for others Bluestein's convolution (1970). All is computed in double
 * and rounded once. Both transforms are linear, and the derivative of each is the other one,
 * scaled. */
#ifndef DLTAPE_SPECTRAL_OPS_H
#define DLTAPE_SPECTRAL_OPS_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The spectrum along one axis, whose size n becomes n/2 + 1; n = 0: DL_ESHAPE. A place that is null
 * gets nothing. Im X_0, and of an even n the last one, are 0. */
DL_API dl_status dl_rfft(dl_val x, const char *axis, dl_val *re, dl_val *im);
/* The x of length n, divided by n, whose spectrum starts with re + i im: the inverse of dl_rfft.
 * Both have the same sizes, along the axis n/2 + 1, else DL_ESHAPE: an n that is odd must be said.
 * Im X_0, and of an even n the last one, are not read; their derivative is 0. */
DL_API dl_val dl_irfft(dl_val re, dl_val im, const char *axis, int64_t n);
/* re^2 + im^2 of dl_rfft: of X_k for k = 0 .. n/2, each once and without a factor. Its derivative
 * does not divide: 0 where the spectrum is 0. */
DL_API dl_val dl_power_spectrum(dl_val x, const char *axis);

#ifdef __cplusplus
}
#endif
#endif
