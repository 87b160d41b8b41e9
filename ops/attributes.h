/* attributes.h: attributes that an op's file and its kernels both read. */
#ifndef DLTAPE_ATTRIBUTES_H
#define DLTAPE_ATTRIBUTES_H

#include "../autodiff/op.h"

/* slice: a range of one axis; pad: how many zeros stand before and behind; cat: the axis. */
typedef struct axis_attr {
    int64_t axis, begin, end;
} axis_attr;

/* cast: the dtype of the result. */
typedef struct dtype_attr {
    int64_t dtype;
} dtype_attr;

/* eye and unit: the sizes of the result; a 1 lies at element `first` and every `step`-th behind it.
 */
typedef struct ones_attr {
    int64_t dtype, rank, dim[DL_MAX_RANK];
    char labels[2 * DL_MAX_RANK];
    int64_t first, step;
} ones_attr;

/* The diagonals low <= j - i <= high of a matrix. */
typedef struct band_attr {
    int64_t low, high;
} band_attr;

/* Diagonal j - i = k of matrices (m,n), of this length. */
typedef struct diagonal_attr {
    int64_t k, m, n, length;
} diagonal_attr;

/* slice_step and spread: `count` elements of one axis from `begin` on, each `step` further; n is
 * the size of the axis that they are taken from. */
typedef struct step_attr {
    int64_t axis, begin, step, count, n;
} step_attr;

/* The axis that indices run along; n: the size that the result has there, when writing; nan:
 * whether what is read outside is NaN, not 0. */
typedef struct index_attr {
    int64_t axis, n, nan;
} index_attr;

typedef struct onehot_attr {
    int64_t classes, dtype;
} onehot_attr;

/* The elements of a mask that are not 0, counted when it was recorded. */
typedef struct nonzero_attr {
    int64_t n;
} nonzero_attr;

typedef struct sort_attr {
    int64_t axis, k, down; /* k: how many places are wanted */
} sort_attr;

/* The n elements of a triangle of a matrix, on and below (or above) diagonal k, which is from -rows
 * to columns: their rows and columns, or their places in row-major order. */
typedef struct triangle_attr {
    int64_t dtype, rows, columns, k, n, upper, places;
} triangle_attr;

typedef struct arange_attr {
    int64_t dtype, n, start, step;
} arange_attr;

#endif
