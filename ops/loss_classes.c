/* loss_classes.c: losses over classes: of probabilities and of logits, with targets that are
 * probabilities or indices. */
#include "losses_internal.h"

static dl_val none(dl_val y, dl_val target)
{
    return dl_none(dl_any_tape((dl_val[]){ y, target }, 2));
}

/* ---- targets and class weights --------------------------------------------------------------- */

/* Options and sizes. A mask is one for each element, or, with `softmax`, for each observation. */
static bool begin(dl_loss *l, const char *name, dl_val *y, dl_val *target, const dl_loss_options *o,
                  bool softmax)
{
    if (!dl__loss_matches(name, *y, *target) || !dl__loss_open_axis(l, name, *y, o, true))
        return false;
    bool axis = softmax || l->o.class_weights.tape || l->o.smoothing > 0 || l->o.axis;
    if (axis && !dl__loss_axis(l, *y)) return false;
    if (softmax && !dl__loss_mask_along(l, *y)) return false;
    if (l->o.ignore)
        return dl_fail(y->tape, DL_EARG, name, "ignore is of losses over indices"), false;
    *y = dl__loss_seen(l, *y);
    *target = dl__loss_seen(l, *target);
    return !dl_tape_status(y->tape);
}

static dl_val smoothed(const dl_loss *l, dl_val target, double classes)
{
    double s = l->o.smoothing;
    return s == 0 ? target : dl_shift(dl_scale(target, 1 - s), s / classes);
}

static double classes(const dl_loss *l, dl_val y)
{
    return l->axis < 0 ? 1 : (double)dl_size(y, l->axis);
}

/* One number for each class, with the sizes of y; false: the tape has the error. */
static bool class_weights(const dl_loss *l, dl_val y, dl_val *weights)
{
    char text[DL_SHAPE_TEXT];
    dl_val w = l->o.class_weights;
    if (dl_tape_status(y.tape) || !dl__operands(l->name, (dl_val[]){ y, w }, 2)) return false;
    dl_shape s = *dl_shape_of(y), *to = &s;
    for (int i = 0; i < to->rank; i++)
        if (i != l->axis) to->dim[i] = 1;
    if (dl_numel(w) != to->dim[l->axis])
        return dl_fail(y.tape, DL_ESHAPE, l->name, "class_weights %s for %lld classes",
                       dl_shape_text(dl_shape_of(w), text, sizeof text),
                       (long long)to->dim[l->axis]),
               false;
    *weights = dl__reshape_to(w, to);
    return dl__loss_spread(l->name, "class_weights", weights, y);
}

static dl_val finish(const dl_loss *l, dl_val elements)
{
    dl_val w;
    if (!l->o.class_weights.tape) return dl__loss_reduce(l, elements);
    if (!class_weights(l, elements, &w)) return dl_none(elements.tape);
    return dl__loss_reduce(l, dl_mul(elements, w));
}

/* ---- probabilities --------------------------------------------------------------------------- */

dl_val dl_cross_entropy(dl_val y, dl_val target, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "cross_entropy", &y, &target, o, false)) return none(y, target);
    target = smoothed(&l, target, classes(&l, y));
    return finish(&l, dl_neg(dl_mul(target, dl__log_probability(y))));
}

static dl_val one_minus(dl_val x) { return dl__plus(dl_neg(x), 1); }

dl_val dl_binary_cross_entropy(dl_val y, dl_val target, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "binary_cross_entropy", &y, &target, o, false)) return none(y, target);
    target = smoothed(&l, target, 2);
    dl_val yes = dl_mul(target, dl__log_probability(y));
    dl_val no = dl_mul(one_minus(target), dl__log_probability(one_minus(y)));
    return finish(&l, dl_neg(dl_add(yes, no)));
}

/* False: the tape has the error. */
static bool focal(const char *name, dl_val y, double alpha, double gamma)
{
    if (alpha >= 0 && alpha <= 1 && gamma >= 0) return true;
    dl_fail(y.tape, DL_EARG, name, "alpha %g, gamma %g: wanted alpha from 0 to 1, gamma from 0 on",
            alpha, gamma);
    return false;
}

/* The power of the paper without the general one, with which a loss takes 20 times as long. */
static dl_val to_the(dl_val x, double gamma)
{
    return gamma == 2 ? dl_square(x) : dl_power_scalar(x, gamma);
}

dl_val dl_focal_cross_entropy(dl_val y, dl_val target, double alpha, double gamma,
                              const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "focal_cross_entropy", &y, &target, o, false)
        || !focal("focal_cross_entropy", y, alpha, gamma))
        return none(y, target);
    target = smoothed(&l, target, classes(&l, y));
    dl_val hard = to_the(dl_relu(one_minus(y)), gamma);
    dl_val entropy = dl_mul(target, dl__log_probability(y));
    return finish(&l, dl_scale(dl_mul(hard, entropy), -alpha));
}

dl_val dl_kl_divergence(dl_val y, dl_val target, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "kl_divergence", &y, &target, o, false)) return none(y, target);
    target = smoothed(&l, target, classes(&l, y));
    dl_val ratio = dl_sub(dl__log_probability(target), dl__log_probability(y));
    return finish(&l, dl_mul(target, ratio));
}

dl_val dl_dice(dl_val y, dl_val target, double e, const dl_loss_options *o)
{
    dl_loss l;
    dl_tape *t = dl_any_tape((dl_val[]){ y, target }, 2);
    if (!dl__loss_matches("dice", y, target) || !dl__loss_open(&l, "dice", y, o, DL_MEAN_ELEMENTS))
        return dl_none(t);
    if (!(e >= 0)) return dl_fail(t, DL_EARG, "dice", "e is %g, wanted 0 or more", e);
    y = dl__loss_seen(&l, y);
    target = dl__loss_seen(&l, target);
    l.mask = (dl_val){ 0 };
    dl_val both = dl_mul(y, target), all = dl_add(y, target);
    const char *over = dl_finddim(both, 'S') < 0 ? "all" : "S";
    dl_val overlap = dl_shift(dl_scale(dl_sum(both, over), 2), e);
    return dl__loss_reduce(&l, one_minus(dl__div_or_zero(overlap, dl_shift(dl_sum(all, over), e))));
}

/* ---- logits ---------------------------------------------------------------------------------- */

static dl_val log_softmax(const dl_loss *l, dl_val x)
{
    return dl_log_softmax(x, dl__axis_text(l->axis).text);
}

dl_val dl_cross_entropy_logits(dl_val x, dl_val target, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "cross_entropy_logits", &x, &target, o, true)) return none(x, target);
    target = smoothed(&l, target, classes(&l, x));
    return finish(&l, dl_neg(dl__counted(log_softmax(&l, x), target)));
}

dl_val dl_binary_cross_entropy_logits(dl_val x, dl_val target, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "binary_cross_entropy_logits", &x, &target, o, false)) return none(x, target);
    return finish(&l, dl__bce_logits(x, smoothed(&l, target, 2)));
}

/* sigmoid(z)^gamma from its logarithm, which does not underflow before its time. Beyond 1000 it is
 * 1, and its slope, 0, must not meet the infinite entropy there. */
static dl_val sigmoid_to_the(dl_val z, double gamma)
{
    z = dl_where(dl_gt_scalar(z, 1000), dl__like(z, 1000), z);
    return dl_exp(dl_scale(dl__bce_logits(dl_neg(z), dl__like(z, 0)), -gamma));
}

dl_val dl_focal_logits(dl_val x, dl_val target, double alpha, double gamma,
                       const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "focal_logits", &x, &target, o, false)
        || !focal("focal_logits", x, alpha, gamma))
        return none(x, target);
    target = smoothed(&l, target, 2);
    dl_val z = dl_mul(x, dl__plus(dl__times(target, -2), 1));
    dl_val share = dl_shift(dl_scale(target, 2 * alpha - 1), 1 - alpha);
    dl_val zero = dl__like(z, 0), entropy = dl_mul(share, dl__bce_logits(z, zero));
    return finish(&l, gamma == 0 ? entropy : dl_mul(sigmoid_to_the(z, gamma), entropy));
}

/* ---- indices --------------------------------------------------------------------------------- */

bool dl__loss_flatten(const char *name, const char *what, dl_val *x, dl_val y, int axis)
{
    char is[DL_SHAPE_TEXT], want[DL_SHAPE_TEXT];
    const dl_shape *s = dl_shape_of(*x);
    dl_shape flat = dl__loss_flat(y, axis), less = flat;
    less.rank--;
    for (int i = axis; i < DL_MAX_RANK; i++) {
        less.dim[i] = i < less.rank ? flat.dim[i + 1] : 0;
        less.labels[i] = i < less.rank ? flat.labels[i + 1] : '\0';
    }
    bool kept = dl__same_dims(s, &flat), sizes = kept || dl__same_dims(s, &less);
    bool labels = !s->labels[0] || !flat.labels[0]
                  || strcmp(s->labels, kept ? flat.labels : less.labels) == 0;
    if (sizes && labels) {
        if (!kept || strcmp(s->labels, flat.labels) != 0) *x = dl__reshape_to(*x, &flat);
        return true;
    }
    return dl_fail(y.tape, sizes ? DL_ELABEL : DL_ESHAPE, name, "%s %s, wanted %s", what,
                   dl_shape_text(s, is, sizeof is), dl_shape_text(&flat, want, sizeof want)),
           false;
}

static bool is_index(const char *name, dl_val index)
{
    dl_dtype dtype = dl_dtype_of(index);
    if (dtype == DL_I32 || dtype == DL_I64) return true;
    dl_fail(index.tape, DL_EDTYPE, name, "the index is %s, wanted i32 or i64",
            dl_dtype_name(dtype));
    return false;
}

dl_val dl_pick(dl_val y, dl_val index, const char *axis)
{
    if (!dl_usable("pick", (dl_val[]){ y, index }, 2) || !dl__operands("pick", &y, 1)
        || !is_index("pick", index))
        return none(y, index);
    int k = dl__class_axis("pick", y, axis);
    if (k < 0 || !dl__loss_flatten("pick", "index", &index, y, k)) return none(y, index);
    return dl__pick(y, index, k);
}

/* An ignored index is one behind the mask. */
static void ignore(dl_loss *l, dl_val y, dl_val index)
{
    if (!l->o.ignore) return;
    dl_val seen = dl__flags(index, dl_dtype_of(y), *l->o.ignore);
    l->mask = l->mask.tape ? dl_mul(l->mask, seen) : seen;
}

static bool begin_index(dl_loss *l, const char *name, dl_val *y, dl_val *index,
                        const dl_loss_options *o)
{
    if (!dl_usable(name, (dl_val[]){ *y, *index }, 2) || !dl__loss_open_axis(l, name, *y, o, true)
        || !is_index(name, *index) || !dl__loss_axis(l, *y)
        || !dl__loss_flatten(name, "index", index, *y, l->axis) || !dl__loss_mask_along(l, *y))
        return false;
    ignore(l, *y, *index);
    *y = dl__loss_seen(l, *y);
    return !dl_tape_status(y->tape);
}

/* From log probabilities, or what `log` makes them of. */
static dl_val index_loss(const dl_loss *l, dl_val y, dl_val index, dl_val (*log)(dl_val))
{
    dl_val picked = dl__pick(y, index, l->axis), w, loss = dl_neg(log ? log(picked) : picked);
    bool weighted = l->o.class_weights.tape;
    if (weighted && !class_weights(l, y, &w)) return dl_none(y.tape);
    if (weighted) loss = dl_mul(loss, dl__pick(w, index, l->axis));
    double s = l->o.smoothing;
    if (s > 0) {
        dl_val all = log ? log(y) : y;
        if (weighted) all = dl_mul(all, w);
        dl_val rest = dl_scale(dl_sum(all, dl__axis_text(l->axis).text), -s / classes(l, y));
        loss = dl_add(dl_scale(loss, 1 - s), rest);
    }
    return dl__loss_reduce(l, loss);
}

dl_val dl_index_cross_entropy_logits(dl_val x, dl_val index, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin_index(&l, "index_cross_entropy_logits", &x, &index, o)) return none(x, index);
    return index_loss(&l, log_softmax(&l, x), index, NULL);
}

dl_val dl_index_cross_entropy(dl_val y, dl_val index, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin_index(&l, "index_cross_entropy", &y, &index, o)) return none(y, index);
    return index_loss(&l, y, index, dl__log_probability);
}

dl_val dl_nll(dl_val y, dl_val index, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin_index(&l, "nll", &y, &index, o)) return none(y, index);
    return index_loss(&l, y, index, NULL);
}
