/* ops.h: the operations on values, with dlarray's names where an op has one.
 *
 * Unless an op says otherwise: values are f32 or f64, all operands of one dtype and of one tape
 * (DL_EDTYPE, DL_ETAPE); labels come along; every op has derivatives of any order; sizes may be 0.
 *
 * Broadcasting. Two labelled operands are matched by label: missing axes and axes of size 1 expand,
 * and the result has the union of the labels in the order S C B T U. Otherwise axes are matched by
 * position counted from the first, as MATLAB does, and missing trailing axes have size 1: (4) fits
 * (4,10). The result takes the labels of the labelled operand. Sizes that do not match: DL_ESHAPE.
 *
 * Axes are text: "all", or labels ("CB"), or axis numbers counted from 0 ("0", "01"), or counted
 * from the last ("-1"). Reduced axes stay with size 1; "all" gives rank 0 without labels. An axis
 * that is not there: DL_EAXIS. */
#ifndef DLTAPE_OPS_H
#define DLTAPE_OPS_H

#include "../autodiff/autodiff.h"

#include "elementwise.h"
#include "logic.h"
#include "reductions.h"
#include "linalg.h"
#include "shapes.h"
#include "creation.h"
#include "losses.h"
#include "custom.h"
#include "random.h"
#include "deep.h"
#include "special.h"
#include "spectral.h"
#include "resize.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A tape that computes with these ops. Never null. */
DL_API dl_tape *dl_tape_new(void);

#ifdef __cplusplus
}
#endif

#include "places.h"
#endif
