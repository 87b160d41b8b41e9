/* grad.h: the checks that all derivatives share. */
#ifndef DLTAPE_GRAD_H
#define DLTAPE_GRAD_H

#include "internal.h"

/* y is good and computes, and so are the n values of the list: true; else the tape has the error. */
bool dl__differentiable(const char *name, dl_val y, const dl_val *list, int n);
/* y has one element, or the tape has the error. */
bool dl__single(const char *name, dl_val y);
static inline dl_status dl__status_of(dl_val y) { return y.tape ? y.tape->status : DL_ENULL; }

#endif
