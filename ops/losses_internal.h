/* losses_internal.h: what the files of losses share. */
#ifndef DLTAPE_LOSSES_INTERNAL_H
#define DLTAPE_LOSSES_INTERNAL_H

#include "support.h"

/* A loss that is being recorded: its name, what it is about, its options. */
typedef struct dl_loss {
    const char *name;
    dl_loss_options o;
    dl_loss_reduction reduction; /* what the default stands for */
    dl_val mask;                 /* as numbers; empty: none */
    int axis;                    /* of the classes or of vectors; -1: none */
} dl_loss;

/* Takes the options (null: none); false: the tape of x has the error. */
bool dl__loss_open(dl_loss *l, const char *name, dl_val x, const dl_loss_options *o,
                   dl_loss_reduction reduction);
/* The same for a loss over classes, or of vectors along an axis. */
bool dl__loss_open_axis(dl_loss *l, const char *name, dl_val x, const dl_loss_options *o,
                        bool classes);
/* Finds that axis in x; false: the tape has the error. */
bool dl__loss_axis(dl_loss *l, dl_val x);
/* The axis named, else C, else, without labels, the last one; -1: the tape has the error. */
int dl__class_axis(const char *name, dl_val x, const char *text);
/* Makes the mask one flag for all that lies along the axis of x; false: the tape has the error. */
bool dl__loss_mask_along(dl_loss *l, dl_val x);
/* x where the mask is not 0, else 0. */
dl_val dl__loss_seen(const dl_loss *l, dl_val x);
/* The elements with weights and mask, reduced. */
dl_val dl__loss_reduce(const dl_loss *l, dl_val elements);

/* Whether the loss is a sum times a factor, and that factor, for elements of these sizes. */
bool dl__loss_plain(const dl_loss *l);
double dl__loss_factor(const dl_loss *l, dl_val elements);

/* Whether target has the sizes of y, and its labels if both have some; false: the tape has the
 * error. */
bool dl__loss_matches(const char *name, dl_val y, dl_val target);
/* A value with the sizes of `like`, to which it broadcasts; false: the tape has the error. */
bool dl__loss_spread(const char *name, const char *what, dl_val *x, dl_val like);
/* Brings x to the sizes of y with size 1 along the axis, which may be missing; false: the tape has
 * the error. */
bool dl__loss_flatten(const char *name, const char *what, dl_val *x, dl_val y, int axis);
/* The sizes and labels of x with size 1 along an axis. */
dl_shape dl__loss_flat(dl_val x, int axis);
/* "2": the text of an axis. */
typedef struct dl_axis_text {
    char text[2];
} dl_axis_text;
static inline dl_axis_text dl__axis_text(int axis)
{
    return (dl_axis_text){ { (char)('0' + axis), '\0' } };
}
/* log max(x, tiny). */
dl_val dl__log_probability(dl_val x);

/* ---- the rows (loss_rows.c) ------------------------------------------------------------------ */

/* Operands of the same sizes. */
dl_val dl__counted(dl_val x, dl_val count);     /* x count, 0 where count is 0 */
dl_val dl__bce_logits(dl_val x, dl_val target); /* log(1 + e^x) - x target */
dl_val dl__log_cosh(dl_val x);
dl_val dl__huber(dl_val d, dl_val most); /* most: one number */
/* x at an index, which has the sizes of x but 1 along the axis. */
dl_val dl__pick(dl_val x, dl_val index, int axis);
/* 1 where an integer is not `value`, else 0. */
dl_val dl__flags(dl_val x, dl_dtype dtype, int64_t value);

#endif
