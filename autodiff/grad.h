/* grad.h: the checks that all derivatives share. */
#ifndef DLTAPE_GRAD_H
#define DLTAPE_GRAD_H

#include "internal.h"

/* y is good and computes, and so are the n values of the list: true; else the tape has the error.
 */
bool dl__differentiable(const char *name, dl_val y, const dl_val *list, int n);
/* y has one element, or the tape has the error. */
bool dl__single(const char *name, dl_val y);
/* dl_grad and dl_grad_seeded (an empty seed: ones) within a public call. */
dl_status dl__grad(dl_val y, dl_val seed, const dl_val *wrt, int n, dl_val *out);

#endif
