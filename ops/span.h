/* span.h: what ops over neighbouring axes share: reductions of an order of their own, and scans.
 *
 * Such an op takes one span of axes, which are one for it, so that an operand is (before, n,
 * behind) however many axes it has. Axes that are not neighbours are brought together first, by a
 * view. The kernel of an op is a function that is written once, in ops/kernels/X.h: the build
 * compiles it for every dtype and instruction set, and printed C has it as text. It works on a few
 * groups that lie side by side (dl_group). */
#ifndef DLTAPE_SPAN_H
#define DLTAPE_SPAN_H

#include "support.h"

/* From axis `first` to `last`; rank 0: 0 and -1. What `how` is, says the op. */
typedef struct span_attr {
    int64_t first, last, how;
} span_attr;

/* A value on its way through ops of one span. */
typedef struct dl_span {
    dl_val x; /* what they take */
    span_attr at;
    const dl_shape *of; /* the user's value */
    bool all, turned;
    uint32_t mask;
    int64_t order[DL_MAX_RANK]; /* of its axes in x, if turned */
} dl_span;

enum {
    DL_SPAN_LAST = 1, /* the span is to be the last axes */
    DL_SPAN_ANY = 2
}; /* of any dtype */

/* Checks the operand of a public function and its axes; false: the tape has the error. */
bool dl__span_begin(dl_span *s, const char *name, dl_val x, const char *axes, int flags);
/* The same for exactly one axis. */
bool dl__span_axis(dl_span *s, const char *name, dl_val x, const char *axis);
/* A result of the sizes of s->x, or with size 1 along the span, as the user's axes are. */
dl_val dl__span_like(const dl_span *s, dl_val y);
dl_val dl__span_reduced(const dl_span *s, dl_val y);
/* Records an op; x lists its operands. */
dl_val dl__span_apply(const dl_span *s, const dl_op *op, int64_t how, const dl_val *x);

/* In derivatives. The sum over the span; an op of the span of node y. */
dl_val dl__span_sum(const dl_node *y, dl_val x);
dl_val dl__span_again(const dl_node *y, const dl_op *op, int64_t how, const dl_val *x);
int64_t dl__span_how(const dl_node *y);
/* How many elements of x lie in a group. */
int64_t dl__span_length(const span_attr *a, dl_val x);

/* 1 / k at the k elements of x that equal the result of y, a reduction, else 0 (extremes.c). */
dl_val dl__shares(const dl_node *y, dl_val x);

/* ---- rows ------------------------------------------------------------------------------------ */

/* All operands compute; the result has the sizes of the first, or size 1 along the span. */
void dl__span_same_infer(dl_infer *c);
void dl__span_reduced_infer(dl_infer *c);
bool dl__span_prepare(dl_prepare *p);
/* Calls `function`, dl_NAME_f32 or dl_NAME_f64, with the result and the first `operands`. */
void dl__span_emit(const dl_emit *e, const char *name, int operands);

#define SPAN_ROW(NAME, NIN, SHAPES, INFER, READ)                                 \
    DL_DECLARE_KERNELS(dl__##NAME);                                              \
    static void NAME##_emit(const dl_emit *e) { dl__span_emit(e, #NAME, READ); } \
    static const dl_op NAME##_op = {                                             \
        .name = #NAME,                                                           \
        .nin = NIN,                                                              \
        .attr_size = sizeof(span_attr),                                          \
        .shapes = SHAPES,                                                        \
        .infer = INFER,                                                          \
        .prepare = dl__span_prepare,                                             \
        .eval = DL_KERNELS(dl__##NAME),                                          \
        .emit = NAME##_emit,                                                     \
        .vjp = NAME##_vjp,                                                       \
    };
#define SPAN_SAME "(...,n,...) -> same"
#define SPAN_REDUCED "(...,n,...) -> (...,1,...)"

/* ---- what kernels are told ------------------------------------------------------------------- */

enum { DL_GROUPS = 64 }; /* side by side at most */

/* Operands as (before, along, behind): along[0] is the result's, then the operands'. */
typedef struct dl_spread {
    int64_t before, behind, how, along[DL_MAX_IN + 1];
} dl_spread;

#endif
