/* shapes.h: sizes, order, labels, parts. What holds for all ops stands in ops.h. */
#ifndef DLTAPE_SHAPES_H
#define DLTAPE_SHAPES_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- sizes, order, labels: views, without a copy where strides allow ------------------------- */

/* Other sizes for the same elements in row-major order; one size may be -1. Labels are dropped. */
DL_API dl_val dl_reshape(dl_val x, int rank, const int64_t *dims);
/* Axis k of the result is axis order[k] of x. A labelled value keeps its order: DL_ELABEL. */
DL_API dl_val dl_permute(dl_val x, int rank, const int64_t *order);
/* Repeats axes of size 1, and missing trailing axes, to the given sizes; the gradient is summed. */
DL_API dl_val dl_expand(dl_val x, int rank, const int64_t *dims);
/* Elements begin <= i < end along one axis ("T", "0"); negative numbers count from the end. */
DL_API dl_val dl_slice(dl_val x, const char *axis, int64_t begin, int64_t end);
/* Joins n >= 1 values along one axis; the other sizes and the labels are equal. */
DL_API dl_val dl_cat(const dl_val *x, int n, const char *axis);
/* Without labels. */
DL_API dl_val dl_stripdims(dl_val x);
/* With these labels, one for each axis of x; the axes are sorted into S C B T U, as dlarray does.
 */
DL_API dl_val dl_label(dl_val x, const char *labels);

#ifdef __cplusplus
}
#endif
#endif
