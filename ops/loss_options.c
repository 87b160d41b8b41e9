/* loss_options.c: what all losses do with their options: masks, weights, reductions. */
#include "losses_internal.h"

/* ---- sizes ----------------------------------------------------------------------------------- */

bool dl__loss_matches(const char *name, dl_val y, dl_val target)
{
    char is[DL_SHAPE_TEXT], want[DL_SHAPE_TEXT];
    if (!dl__operands(name, (dl_val[]){ y, target }, 2)) return false;
    const dl_shape *a = dl_shape_of(y), *b = dl_shape_of(target);
    bool labels = !a->labels[0] || !b->labels[0] || strcmp(a->labels, b->labels) == 0;
    if (dl__same_dims(a, b) && labels) return true;
    return dl_fail(y.tape, labels ? DL_ESHAPE : DL_ELABEL, name, "y %s, target %s: the %s differ",
                   dl_shape_text(a, is, sizeof is), dl_shape_text(b, want, sizeof want),
                   labels ? "sizes" : "labels"),
           false;
}

dl_shape dl__loss_flat(dl_val x, int axis)
{
    dl_shape s = *dl_shape_of(x);
    if (s.dim[axis]) s.numel /= s.dim[axis];
    s.dim[axis] = 1;
    return s;
}

/* Broadcasts x to sizes and labels; by label if both have some. */
static bool spread_to(const char *name, const char *what, dl_val *x, dl_val like,
                      const dl_shape *to)
{
    char is[DL_SHAPE_TEXT], want[DL_SHAPE_TEXT];
    const dl_shape *s = dl_shape_of(*x);
    dl_val given = *x, other = like;
    bool fits = !s->labels[0] || !to->labels[0] || dl__align(name, x, &other);
    s = dl_shape_of(*x);
    fits = fits && s->rank <= to->rank && dl_shape_of(other)->rank == to->rank;
    for (int i = 0; i < s->rank && fits; i++) fits = s->dim[i] == 1 || s->dim[i] == to->dim[i];
    dl_shape sizes = *to;
    sizes.dtype = s->dtype;
    if (fits) {
        if (!dl__same_dims(s, to) || strcmp(s->labels, to->labels) != 0)
            *x = dl__expand_to(*x, &sizes);
        return true;
    }
    if (!dl_tape_status(like.tape))
        dl_fail(like.tape, DL_ESHAPE, name, "%s %s does not broadcast to %s", what,
                dl_shape_text(dl_shape_of(given), is, sizeof is),
                dl_shape_text(to, want, sizeof want));
    return false;
}

bool dl__loss_spread(const char *name, const char *what, dl_val *x, dl_val like)
{
    dl_shape to = *dl_shape_of(like);
    return spread_to(name, what, x, like, &to);
}

/* ---- options --------------------------------------------------------------------------------- */

static bool is_given(dl_val x) { return x.tape; }

static bool take(dl_loss *l, dl_val x, const dl_loss_options *o)
{
    static const dl_loss_options none;
    l->o = o ? *o : none;
    if ((unsigned)l->o.reduction > DL_MEAN_INCLUDED)
        return dl_fail(x.tape, DL_EARG, l->name, "no such reduction: %d", (int)l->o.reduction),
               false;
    if (is_given(l->o.weights) && !dl__operands(l->name, (dl_val[]){ x, l->o.weights }, 2))
        return false;
    if (l->o.reduction) l->reduction = l->o.reduction;
    if (!is_given(l->o.mask)) return true;
    if (!dl_usable(l->name, (dl_val[]){ x, l->o.mask }, 2)) return false;
    dl_dtype dtype = dl_dtype_of(l->o.mask);
    if (dtype != DL_U8 && dtype != dl_dtype_of(x))
        return dl_fail(x.tape, DL_EDTYPE, l->name, "the mask is %s, wanted u8 or %s",
                       dl_dtype_name(dtype), dl_dtype_name(dl_dtype_of(x))),
               false;
    l->mask = dtype == DL_U8 ? dl__flags(l->o.mask, dl_dtype_of(x), 0) : dl_detach(l->o.mask);
    return true;
}

bool dl__loss_open(dl_loss *l, const char *name, dl_val x, const dl_loss_options *o,
                   dl_loss_reduction reduction)
{
    *l = (dl_loss){ .name = name, .reduction = reduction, .axis = -1 };
    if (!dl__operands(name, &x, 1) || !take(l, x, o)) return false;
    if (!l->o.axis && !is_given(l->o.class_weights) && l->o.smoothing == 0 && !l->o.ignore)
        return true;
    return dl_fail(x.tape, DL_EARG, name,
                   "axis, class_weights, smoothing and ignore are of losses over classes"),
           false;
}

/* C, or without labels the last axis. */
int dl__class_axis(const char *name, dl_val x, const char *text)
{
    char is[DL_SHAPE_TEXT];
    if (text) return dl__axis(name, x, text);
    const dl_shape *s = dl_shape_of(x);
    int axis = s->labels[0] ? dl_finddim(x, 'C') : s->rank - 1;
    if (axis < 0)
        dl_fail(x.tape, DL_EAXIS, name, "%s has no axis %s", dl_shape_text(s, is, sizeof is),
                s->labels[0] ? "C" : "at all");
    return axis;
}

bool dl__loss_open_axis(dl_loss *l, const char *name, dl_val x, const dl_loss_options *o,
                        bool classes)
{
    *l = (dl_loss){ .name = name, .reduction = DL_MEAN_BATCH, .axis = -1 };
    if (!dl__operands(name, &x, 1) || !take(l, x, o)) return false;
    if (!(l->o.smoothing >= 0 && l->o.smoothing <= 1))
        return dl_fail(x.tape, DL_EARG, name, "smoothing %g is not from 0 to 1", l->o.smoothing),
               false;
    if (classes || (!is_given(l->o.class_weights) && l->o.smoothing == 0 && !l->o.ignore))
        return true;
    return dl_fail(x.tape, DL_EARG, name,
                   "class_weights, smoothing and ignore are of losses over classes"),
           false;
}

bool dl__loss_axis(dl_loss *l, dl_val x)
{
    l->axis = dl__class_axis(l->name, x, l->o.axis);
    return l->axis >= 0;
}

bool dl__loss_mask_along(dl_loss *l, dl_val x)
{
    dl_shape flat = dl__loss_flat(x, l->axis);
    return !is_given(l->mask) || spread_to(l->name, "mask", &l->mask, x, &flat);
}

dl_val dl__loss_seen(const dl_loss *l, dl_val x)
{
    dl_val mask = l->mask;
    if (!is_given(mask) || dl_tape_status(x.tape)) return x;
    return dl__loss_spread(l->name, "mask", &mask, x) ? dl__unmasked(x, mask) : dl_none(x.tape);
}

/* ---- the reduction --------------------------------------------------------------------------- */

/* The observations: the size of axis B, else one. */
static double observations(dl_val x)
{
    int axis = dl_finddim(x, 'B');
    return axis < 0 ? 1 : (double)dl_size(x, axis);
}

static dl_val included(const dl_loss *l, dl_val elements)
{
    double n = (double)dl_numel(elements);
    if (!is_given(l->mask)) return dl_constant(elements.tape, dl_dtype_of(elements), n);
    return dl_sum(dl__loss_seen(l, dl__like(elements, 1)), "all");
}

/* Behind a mask of 0 neither the loss nor its weight is looked at. */
static dl_val weighted(const dl_loss *l, dl_val x)
{
    dl_val w = l->o.weights, mask = l->mask;
    if (is_given(mask)) {
        if (!dl__loss_spread(l->name, "mask", &mask, x)) return dl_none(x.tape);
        x = dl__counted(x, mask);
    }
    if (!is_given(w)) return x;
    if (!dl__loss_spread(l->name, "weights", &w, x)) return dl_none(x.tape);
    return dl_mul(x, dl__loss_seen(l, w));
}

bool dl__loss_plain(const dl_loss *l)
{
    return !is_given(l->mask) && !is_given(l->o.weights) && l->reduction != DL_NO_REDUCTION
           && l->reduction != DL_MEAN_INCLUDED;
}

double dl__loss_factor(const dl_loss *l, dl_val elements)
{
    if (l->reduction == DL_SUM) return 1;
    return 1
           / (l->reduction == DL_MEAN_ELEMENTS ? (double)dl_numel(elements)
                                               : observations(elements));
}

dl_val dl__loss_reduce(const dl_loss *l, dl_val elements)
{
    if (dl_tape_status(elements.tape)) return dl_none(elements.tape);
    dl_val x = weighted(l, elements);
    if (l->reduction == DL_NO_REDUCTION) return x;
    dl_val sum = dl_sum(x, "all");
    if (l->reduction == DL_MEAN_INCLUDED) return dl__div_or_zero(sum, included(l, elements));
    return l->reduction == DL_SUM ? sum : dl__times(sum, dl__loss_factor(l, elements));
}

dl_val dl__log_probability(dl_val x)
{
    double tiny = dl_dtype_of(x) == DL_F32 ? 0x1p-126 : 0x1p-1022;
    if (dl_tape_status(x.tape)) return dl_none(x.tape);
    return dl_log(dl_max(x, dl_constant(x.tape, dl_dtype_of(x), tiny)));
}
