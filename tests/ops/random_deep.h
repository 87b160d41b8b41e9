/* random_deep.h: steps of random programs that are layers of networks, on parts of their operands
 * that are given the labels and sizes which these want, spectra, and values read between elements.
 */
#ifndef DL_RANDOM_DEEP_H
#define DL_RANDOM_DEEP_H

#include "random_fit.h"

#define RP_DEEP(NAME) \
    rp_var NAME(rp_recording *r, const rp_kind *k, uint32_t arg, rp_var a, rp_var b)

RP_DEEP(rp_convolved);
RP_DEEP(rp_pooled);
RP_DEEP(rp_spectrum);
RP_DEEP(rp_resized);

#endif
