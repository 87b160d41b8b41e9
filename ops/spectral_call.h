/* spectral_call.h: what kernels of Fourier transforms are told. */
#ifndef DLTAPE_SPECTRAL_CALL_H
#define DLTAPE_SPECTRAL_CALL_H

#include "kernels/fourier.h"

/* Lines in strips of up to `width`; `strips_behind` strips of `lines` lines lie side by side, and
 * what lies before them is `before_from` apart in the operands and `before_to` in the result. */
typedef struct dl_fourier_call {
    dl_fourier f;
    int64_t strips, strips_behind, lines, width, before_from, before_to;
    int64_t parts, work; /* numbers of scratch memory of a part */
} dl_fourier_call;

#endif
