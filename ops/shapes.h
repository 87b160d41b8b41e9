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

/* Without these axes, which have size 1, else DL_ESHAPE; "all": without every axis of size 1. */
DL_API dl_val dl_squeeze(dl_val x, const char *axes);
/* With a new axis of size 1 in front of axis 0 .. rank; -1: behind the last. A labelled value:
 * DL_ELABEL. */
DL_API dl_val dl_unsqueeze(dl_val x, int axis);
/* Axes first .. last as one, negative numbers from the end: (x, 0, -1) is a vector, also of rank 0.
 * Labels are dropped. */
DL_API dl_val dl_flatten(dl_val x, int first, int last);
/* `count` elements of one axis from `begin` on (negative: from the end), each `step` further, which
 * may be negative; count -1: as many as there are. Outside, or step 0: DL_EARG. A view. */
DL_API dl_val dl_slice_step(dl_val x, const char *axis, int64_t begin, int64_t count, int64_t step);
/* Backwards along each of the axes; a view. */
DL_API dl_val dl_flip(dl_val x, const char *axes);

/* ---- repeated, joined, split, padded: in these the gradients are summed where a value goes to
 * several places ------------------------------------------------------------------------------- */

/* x times[k] times along axis k; more numbers than axes add axes behind, without labels. MATLAB's
 * repmat, NumPy's tile of as many axes. */
DL_API dl_val dl_repmat(dl_val x, int rank, const int64_t *times);
/* Each element along the axis `times` in a row: MATLAB's repelem, NumPy's repeat. */
DL_API dl_val dl_repelem(dl_val x, const char *axis, int64_t times);
/* Joins n >= 1 values of equal sizes, without labels, along a new axis as of dl_unsqueeze. */
DL_API dl_val dl_stack(const dl_val *x, int n, int axis);
/* n parts of equal size, or of these sizes, along one axis. Sizes that do not add up: DL_ESHAPE. */
DL_API dl_status dl_split(dl_val x, const char *axis, int n, dl_val *out);
DL_API dl_status dl_split_sizes(dl_val x, const char *axis, int n, const int64_t *sizes,
                                dl_val *out);
/* Element i goes to place i + shift, round the end: MATLAB's circshift, NumPy's roll. */
DL_API dl_val dl_circshift(dl_val x, int64_t shift, const char *axis);

/* More elements before and behind those of one axis: the value; x mirrored at its ends, which are
 * not repeated (at most n - 1 elements); the first and the last element again; or x going round (at
 * most n). Too many, or a negative number: DL_EARG. `value` may change without a new plan (0 to
 * another one: with one); the other modes ignore it. */
typedef enum dl_pad_mode {
    DL_PAD_CONSTANT,
    DL_PAD_REFLECT,
    DL_PAD_REPLICATE,
    DL_PAD_CIRCULAR
} dl_pad_mode;
DL_API dl_val dl_pad(dl_val x, const char *axis, int64_t before, int64_t behind, dl_pad_mode mode,
                     double value);

/* ---- elements at places that are values ------------------------------------------------------
 *
 * An index is i32, i64 or u8, else DL_EDTYPE, and its labels mean nothing. Places count from 0, and
 * negative ones from the end. No op can fail while it runs: from a place outside NaN is read, and
 * what would be written there is dropped. Where places repeat, gradients and sums are added in the
 * order of the index, so their bits do not change.
 *
 * What a mask selects has a size that depends on values, so the mask is evaluated when it is
 * recorded, as dl_data does it, and each number of elements has a plan of its own. A step that is
 * to stay one plan says it without: a sum or maximum by dl_masked_fill(x, dl_not(m), 0) or
 * -INFINITY, a mean by dl_weighted_mean with weights dl_cast(m, dtype), a loss by its option
 * `mask`, the first k by the places that dl_topk(dl_cast(m, dtype), .., k, DL_DESCENDING, ..)
 * gives. */

/* The elements of x where the mask, of its sizes and of any dtype, is not 0, row by row: a vector
 * without labels. PyTorch's masked_select, MATLAB's x(m), but by rows. g goes to the elements
 * selected, 0 to the others. Errors: DL_ESHAPE, and what evaluating the mask may give. */
DL_API dl_val dl_masked_select(dl_val x, dl_val mask);
/* The places of the elements that are not 0, NaN among them, of any dtype: i64, a vector; they
 * count row by row from 0, as in dl_flatten(mask, 0, -1). MATLAB's find. No derivative. In a frozen
 * function, or where the mask depends on what changes between evaluations, the number stays: of
 * more elements these are the first, and for those missing a place outside. */
DL_API dl_val dl_nonzero(dl_val mask);

/* Lines index[0], index[1], .. along an axis; the index is a vector. */
DL_API dl_val dl_index_select(dl_val x, const char *axis, dl_val index);
/* y(.., j, ..) = x(.., index(.., j, ..), ..): the sizes of the index are those of x but along the
 * axis. NumPy's take_along_axis, PyTorch's gather. */
DL_API dl_val dl_take_along(dl_val x, const char *axis, dl_val index);
/* Rows of a table (n, d): index (...) gives (..., d), without labels. */
DL_API dl_val dl_embed(dl_val table, dl_val index);
/* base, with y(.., index(.., j, ..), ..) = values(.., j, ..): of several values for one place the
 * last one stays, and it alone has a gradient. The sizes of index and values are equal, and those
 * of base but along the axis; the labels are those of base. */
DL_API dl_val dl_scatter(dl_val base, const char *axis, dl_val index, dl_val values);
/* The same, with += for =: all values add up. */
DL_API dl_val dl_scatter_add(dl_val base, const char *axis, dl_val index, dl_val values);
/* A new last axis with a 1 at place index, else 0 (all 0 where that is outside), f32 or f64; no
 * derivative, labels are dropped. */
DL_API dl_val dl_onehot(dl_val index, int64_t classes, dl_dtype dtype);
/* The places of the largest elements along one axis, which is left out: i64; the first of equal
 * ones. The inverse of dl_onehot with axis "-1"; MATLAB's onehotdecode. No derivative. */
DL_API dl_val dl_onehot_decode(dl_val x, const char *axis);

/* ---- order along one axis: equals stay in their order, NaN are last in either direction ------ */

typedef enum dl_order { DL_ASCENDING, DL_DESCENDING } dl_order;
DL_API dl_val dl_argsort(dl_val x, const char *axis, dl_order order); /* the places, i64 */
DL_API dl_val dl_sort(dl_val x, const char *axis, dl_order order);    /* g to where it came from */
/* The first k of x in that order, and their places, i64; either may be null. k elements are not
 * there: DL_EARG. */
DL_API dl_status dl_topk(dl_val x, const char *axis, int64_t k, dl_order order, dl_val *values,
                         dl_val *indices);

#ifdef __cplusplus
}
#endif
#endif
