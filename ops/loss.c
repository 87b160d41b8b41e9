/* loss.c: losses over a prediction and its target. */
#include "support.h"

/* y - target, which must have the sizes of y: a loss that broadcasts hides mistakes. */
static dl_val difference(const char *name, dl_val y, dl_val target)
{
    char is[DL_SHAPE_TEXT], want[DL_SHAPE_TEXT];
    dl_tape *t = dl_any_tape((dl_val[]){ y, target }, 2);
    if (!dl__operands(name, (dl_val[]){ y, target }, 2)) return dl_none(t);
    const dl_shape *a = dl_shape_of(y), *b = dl_shape_of(target);
    bool labels = !a->labels[0] || !b->labels[0] || strcmp(a->labels, b->labels) == 0;
    if (!dl__same_dims(a, b) || !labels)
        return dl_fail(t, labels ? DL_ESHAPE : DL_ELABEL, name, "y %s, target %s: the %s differ",
                       dl_shape_text(a, is, sizeof is), dl_shape_text(b, want, sizeof want),
                       labels ? "sizes" : "labels");
    return dl_sub(y, target);
}

/* The observations: the size of axis B, else one. */
static double observations(dl_val d)
{
    int axis = dl_finddim(d, 'B');
    return axis < 0 ? 1 : (double)dl_size(d, axis);
}

dl_val dl_mse(dl_val y, dl_val target)
{
    dl_val d = difference("mse", y, target);
    return dl__times(dl_sum_squares(d, "all"), 1 / (2 * observations(d)));
}

dl_val dl_mean_squared_error(dl_val y, dl_val target)
{
    dl_val d = difference("mean_squared_error", y, target);
    return dl__times(dl_sum_squares(d, "all"), 1 / (double)dl_numel(d));
}

dl_val dl_l1loss(dl_val y, dl_val target)
{
    dl_val d = difference("l1loss", y, target);
    return dl__times(dl_sum(dl_abs(d), "all"), 1 / observations(d));
}

dl_val dl_l2loss(dl_val y, dl_val target)
{
    dl_val d = difference("l2loss", y, target);
    return dl__times(dl_sum_squares(d, "all"), 1 / observations(d));
}
