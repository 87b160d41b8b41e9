/* support.h: what the op files share. */
#ifndef DLTAPE_SUPPORT_H
#define DLTAPE_SUPPORT_H

#define DL_NO_PLACES
#include "../autodiff/op.h"
#include "ops.h"

#include <string.h>

/* ---- shape rules (support.c) ----------------------------------------------------------------- */

/* All operands compute and are of one dtype; false: rejected. */
bool dl__computing(dl_infer *c);
/* All operands have the sizes of the first. */
bool dl__equal_sizes(dl_infer *c);
/* The sizes and labels of all operands together, of which labels have been matched by dl__align,
 * and the dtype of the first; false: rejected. */
bool dl__broadcast(dl_infer *c);
/* .prepare of kernels that want a dl_loop over the result and all operands as their info. */
bool dl__prepare_loop(dl_prepare *p);
/* The result has the sizes and labels of the first operand, which computes. */
void dl__same_infer(dl_infer *c);
/* A matrix, or more axes if `batched`, without labels. */
bool dl__is_matrix(dl_infer *c, int operand, bool batched);

/* For functions that record several ops: all values are good and compute, of one dtype; false: the
 * tape has the error, under the name of the function. */
bool dl__operands(const char *op, const dl_val *x, int n);
/* The axes that a text names, as a mask over the axes of x, and whether it is "all" (`all` may be
 * null); false: the tape has the error. */
bool dl__axes(const char *op, dl_val x, const char *text, uint32_t *mask, bool *all);
/* The same for exactly one axis; -1: the tape has the error. */
int dl__axis(const char *op, dl_val x, const char *text);

static inline int64_t dl__dim(const dl_shape *s, int axis)
{
    return axis < s->rank ? s->dim[axis] : 1;
}
static inline bool dl__same_dims(const dl_shape *a, const dl_shape *b)
{
    return a->rank == b->rank && memcmp(a->dim, b->dim, sizeof a->dim) == 0;
}

/* ---- values (view.c, create.c) --------------------------------------------------------------- */

/* x with the sizes and labels of s, of which it has the elements (reshape) or which it repeats to
 * (expand). */
dl_val dl__reshape_to(dl_val x, const dl_shape *s);
dl_val dl__expand_to(dl_val x, const dl_shape *s);
/* The cotangent g as one of x: summed over what x was broadcast along, repeated over what x was
 * reduced along, with the labels of x. */
dl_val dl__conform(dl_val g, dl_val x);
dl_val dl__sum_mask(dl_val x, uint32_t mask, bool all);
/* Zeros before and behind the elements of one axis. */
dl_val dl__pad_zeros(dl_val x, int64_t axis, int64_t before, int64_t behind);
/* Whether x was recorded as the transpose of `of`. */
bool dl__is_transpose(dl_val x, dl_val of);
/* Whether x was recorded as a transpose, and of what. */
bool dl__transpose_of(dl_val x, dl_val *original);

/* ---- what rewrites of other files ask -------------------------------------------------------- */

/* Makes the transpose of a product x of matrices the other product. */
bool dl__transpose_product(dl_rewrite *w, const dl_term *x);
/* Makes a choice by a comparison of values of its own dtype one elementwise op, which needs no
 * mask. */
void dl__choose_by_comparison(dl_rewrite *w);
/* Makes x - mean(x) center(x). */
bool dl__subtracts_mean(dl_rewrite *w);
bool dl__is_square(const dl_term *x); /* of its first operand */
bool dl__is_square_op(const dl_op *op);

/* Gives both operands the same axes by label, if both have labels; false: the tape has the error.
 */
bool dl__align(const char *op, dl_val *a, dl_val *b);
/* v everywhere, as part of the structure. */
dl_val dl__like(dl_val x, double v);
dl_val dl__hold(dl_val x, double v);
/* x times a number, and x plus one, that is part of the structure. */
dl_val dl__times(dl_val x, double s);
dl_val dl__plus(dl_val x, double number);
/* x cut to [lo, hi] (activation.c). */
dl_val dl__cut(dl_val x, dl_val lo, dl_val hi);
dl_val dl__unit(dl_val x, int64_t k);
dl_val dl__stack(const dl_val *rows, int64_t n);
/* n values, joined along one axis. */
dl_val dl__join(const char *name, const dl_val *x, int64_t n, int axis);
/* Whether g was recorded as a smaller value with zeros before and behind it. */
bool dl__is_part(dl_val g);
/* The sum of such values (parts.c); the list is overwritten. */
dl_val dl__assemble(dl_val *part, int n);

/* ---- ops that derivatives need and users do not ---------------------------------------------- */

dl_val dl__gate(dl_val g, dl_val x);        /* g where x > 0, else 0 */
dl_val dl__div_or_zero(dl_val a, dl_val b); /* a / b, 0 where b = 0 */
dl_val dl__unmasked(dl_val x, dl_val mask); /* x where the mask is not 0, else 0 */
dl_val dl__one_minus_square(dl_val x);      /* 1 - x^2 */
dl_val dl__scatter(dl_val x);               /* xc' xc, xc = x minus its column means */
dl_val dl__times_one_minus(dl_val x);       /* x (1 - x) */

/* ---- families (families.c) ------------------------------------------------------------------- */

extern const dl_family dl__unary_family, dl__binary_family, dl__reduce_family, dl__matrix_family,
    dl__view_family, dl__join_family, dl__create_family;
extern const dl_family dl__extremes_family;
extern const dl_family dl__order_family;
extern const dl_family dl__scan_family;
extern const dl_family dl__softmax_family;
extern const dl_family dl__norms_family;
extern const dl_family dl__count_family;
extern const dl_family dl__lu_family, dl__solve_family, dl__decompose_family,
    dl__matrix_function_family, dl__band_family;
extern const dl_family dl__loss_family;
extern const dl_family dl__compare_family, dl__select_family;
extern const dl_family dl__step_family;
extern const dl_family dl__index_family;
extern const dl_family dl__sizes_family;
extern const dl_family dl__random_family;
extern const dl_family dl__math_family;
extern const dl_family dl__conv_family;
extern const dl_family dl__pool_family;
extern const dl_family dl__activation_family;
extern const dl_family dl__special_family;
extern const dl_family dl__spectral_family;
extern const dl_family dl__resize_family;
extern const dl_family dl__triangle_family;
extern const dl_family dl__distance_family;
/* Ends with null. */
extern const dl_family *const dl__families[];
extern const dl_c_text dl__texts[]; /* made by tools/c_texts.py */

#endif
