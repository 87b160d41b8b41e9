/* creation.h: new values. What holds for all ops stands in ops.h. */
#ifndef DLTAPE_CREATION_H
#define DLTAPE_CREATION_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- new values ------------------------------------------------------------------------------ */

/* 0, 1, or a number that may change without a new plan, everywhere. */
DL_API dl_val dl_zeros(dl_tape *t, dl_dtype dtype, int rank, const int64_t *dims);
DL_API dl_val dl_ones(dl_tape *t, dl_dtype dtype, int rank, const int64_t *dims);
DL_API dl_val dl_full(dl_tape *t, dl_dtype dtype, double value, int rank, const int64_t *dims);
/* (n,n), ones on the diagonal. */
DL_API dl_val dl_eye(dl_tape *t, dl_dtype dtype, int64_t n);
/* The same with the dtype, sizes and labels of x, from which nothing is differentiated. */
DL_API dl_val dl_zeros_like(dl_val x);
DL_API dl_val dl_ones_like(dl_val x);
DL_API dl_val dl_eye_like(dl_val x); /* x is (n,n) */

#ifdef __cplusplus
}
#endif
#endif
