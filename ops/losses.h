/* losses.h: losses. What holds for all ops stands in ops.h. */
#ifndef DLTAPE_LOSSES_H
#define DLTAPE_LOSSES_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- losses: y and target of the same sizes (else DL_ESHAPE), rank 0 ------------------------- */

/* dlarray's mse, the HALF mean squared error: sum (y - t)^2 / (2 N), N the size of axis B, 1
 * without. */
DL_API dl_val dl_mse(dl_val y, dl_val target);
/* The plain one: the mean of (y - t)^2 over all elements. */
DL_API dl_val dl_mean_squared_error(dl_val y, dl_val target);
DL_API dl_val dl_l1loss(dl_val y, dl_val target); /* sum |y - t| / N */
DL_API dl_val dl_l2loss(dl_val y, dl_val target); /* sum (y - t)^2 / N, without the half */

#ifdef __cplusplus
}
#endif
#endif
