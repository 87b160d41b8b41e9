/* resize.h: values read between their elements. What holds for all ops stands in ops.h. */
#ifndef DLTAPE_RESIZE_H
#define DLTAPE_RESIZE_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How an axis of n elements becomes one of m: element j of the result is read at a place of the
 * axis, and a place outside is that of the first or the last element. Zero everywhere gives the
 * defaults of MATLAB's dlresize. */
typedef enum dl_resize_method {
    DL_RESIZE_NEAREST, /* the element nearest to the place */
    DL_RESIZE_LINEAR   /* between its two neighbours, by the distances */
} dl_resize_method;
/* The place, with r = n / m, or 1 / scale. */
typedef enum dl_resize_places {
    DL_HALF_PIXEL,    /* (j + 1/2) r - 1/2: elements are intervals of length 1 */
    DL_ALIGN_CORNERS, /* j (n - 1) / (m - 1): first on first, last on last; 0 if m = 1 */
    DL_ASYMMETRIC     /* j r: first on first */
} dl_resize_places;
/* Which element is nearest to a place. */
typedef enum dl_resize_rounding {
    DL_NEAREST_ROUND,      /* of two at the same distance the second: MATLAB's "round" */
    DL_NEAREST_ROUND_DOWN, /* of two the first: ONNX's "round_prefer_floor" */
    DL_NEAREST_FLOOR,      /* the one before the place */
    DL_NEAREST_CEIL        /* the one behind it */
} dl_resize_rounding;

typedef struct dl_resize_options {
    dl_resize_method method;
    dl_resize_places places;
    dl_resize_rounding rounding; /* of linear: not read */
    const char *axes;            /* null: "S" */
} dl_resize_options;

/* x with these sizes along the axes, DL_DIMS(64, 64): a number for each of them, in the order in
 * which they lie in x, else DL_ERANK. One axis after the other is read. Places are quotients of
 * whole numbers, compared and subtracted without rounding, so all dtypes and printed C read the
 * same elements; shares of linear are rounded once. An element of share 0 is not read (it may be
 * infinite or NaN). The derivative is the transposed map. Errors: DL_EAXIS; DL_ESHAPE for a size
 * below 0, or of elements from none.
 *
 * MATLAB's dlresize (R2020b), ONNX's Resize; PyTorch's interpolate: "nearest" is DL_ASYMMETRIC with
 * DL_NEAREST_FLOOR, "nearest-exact" all zero, "linear" to "trilinear" DL_RESIZE_LINEAR. */
DL_API dl_val dl_resize(dl_val x, int count, const int64_t *size, dl_resize_options options);
/* The same with a scale for each axis, or one for all, and m = n scale, rounded down. The scale
 * is taken for the least fraction that has its double: 1.0 / 3 is a third. Of DL_ALIGN_CORNERS it
 * gives the size only. From 2^-10 to 2^30, else DL_EARG. */
DL_API dl_val dl_resize_by(dl_val x, int count, const double *scale, dl_resize_options options);

#ifdef __cplusplus
}
#endif
#endif
