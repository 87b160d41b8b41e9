/* loss.c: losses over numbers and their targets. */
#include "losses_internal.h"

/* Takes the options, checks the sizes, and makes y and target 0 behind the mask. */
static bool begin(dl_loss *l, const char *name, dl_val *y, dl_val *target, const dl_loss_options *o,
                  dl_loss_reduction reduction)
{
    if (!dl__loss_matches(name, *y, *target) || !dl__loss_open(l, name, *y, o, reduction))
        return false;
    *y = dl__loss_seen(l, *y);
    *target = dl__loss_seen(l, *target);
    return !dl_tape_status(y->tape);
}

static dl_val none(dl_val y, dl_val target)
{
    return dl_none(dl_any_tape((dl_val[]){ y, target }, 2));
}

/* ---- squares and absolute values ------------------------------------------------------------- */

static dl_val squares(const char *name, dl_val y, dl_val target, double factor,
                      const dl_loss_options *o, dl_loss_reduction reduction)
{
    dl_loss l = { .name = name, .reduction = reduction, .axis = -1 };
    if (o ? !begin(&l, name, &y, &target, o, reduction) : !dl__loss_matches(name, y, target))
        return none(y, target);
    dl_val d = dl_sub(y, target);
    if (!o || dl__loss_plain(&l))
        return dl__times(dl_sum_squares(d, "all"), factor * dl__loss_factor(&l, d));
    dl_val square = dl_square(d);
    return dl__loss_reduce(&l, factor == 1 ? square : dl__times(square, factor));
}

dl_val dl_mse_with(dl_val y, dl_val target, const dl_loss_options *o)
{
    return squares("mse", y, target, 0.5, o, DL_MEAN_BATCH);
}

dl_val dl_mean_squared_error_with(dl_val y, dl_val target, const dl_loss_options *o)
{
    return squares("mean_squared_error", y, target, 1, o, DL_MEAN_ELEMENTS);
}

dl_val dl_l2loss_with(dl_val y, dl_val target, const dl_loss_options *o)
{
    return squares("l2loss", y, target, 1, o, DL_MEAN_BATCH);
}

dl_val dl_l1loss_with(dl_val y, dl_val target, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "l1loss", &y, &target, o, DL_MEAN_BATCH)) return none(y, target);
    return dl__loss_reduce(&l, dl_abs(dl_sub(y, target)));
}

dl_val dl_mse(dl_val y, dl_val target) { return dl_mse_with(y, target, NULL); }
dl_val dl_mean_squared_error(dl_val y, dl_val target)
{
    return dl_mean_squared_error_with(y, target, NULL);
}
dl_val dl_l1loss(dl_val y, dl_val target) { return dl_l1loss_with(y, target, NULL); }
dl_val dl_l2loss(dl_val y, dl_val target) { return dl_l2loss_with(y, target, NULL); }

/* ---- between the two ------------------------------------------------------------------------- */

/* False: the tape has the error. */
static bool positive(const char *name, dl_val y, const char *what, double number, double least)
{
    if (number > least) return true;
    dl_fail(y.tape, DL_EARG, name, "%s is %g, wanted more than %g", what, number, least);
    return false;
}

/* With c = d clipped to +-delta: c^2 / 2 and delta times what |d| is above delta. Neither slope is
 * a product with d, which may be infinite; where the two meet, clipping hands all of it on. */
dl_val dl_huber(dl_val y, dl_val target, double delta, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "huber", &y, &target, o, DL_MEAN_BATCH)
        || !positive("huber", y, "delta", delta, 0))
        return none(y, target);
    dl_val d = dl_sub(y, target);
    return dl__loss_reduce(&l, dl__huber(d, dl_scalar_like("huber", d, delta)));
}

dl_val dl_log_cosh(dl_val y, dl_val target, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "log_cosh", &y, &target, o, DL_MEAN_BATCH)) return none(y, target);
    return dl__loss_reduce(&l, dl__log_cosh(dl_sub(y, target)));
}

dl_val dl_charbonnier(dl_val y, dl_val target, double epsilon, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "charbonnier", &y, &target, o, DL_MEAN_BATCH)
        || !positive("charbonnier", y, "epsilon", epsilon, 0))
        return none(y, target);
    dl_val d = dl_sub(y, target);
    return dl__loss_reduce(&l, dl_hypot(d, dl_scalar_like("charbonnier", d, epsilon)));
}

/* ---- negative log likelihoods ---------------------------------------------------------------- */

dl_val dl_poisson_nll(dl_val x, dl_val target, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "poisson_nll", &x, &target, o, DL_MEAN_BATCH)) return none(x, target);
    return dl__loss_reduce(&l, dl_sub(dl_exp(x), dl_mul(target, x)));
}

dl_val dl_gaussian_nll(dl_val y, dl_val target, dl_val variance, double least,
                       const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "gaussian_nll", &y, &target, o, DL_MEAN_BATCH)
        || !dl__loss_matches("gaussian_nll", y, variance)
        || !positive("gaussian_nll", y, "least", least, 0))
        return none(y, target);
    dl_val v = dl_max(dl__loss_seen(&l, variance), dl_scalar_like("gaussian_nll", y, least));
    dl_val of_square = dl_div(dl_square(dl_sub(y, target)), v);
    return dl__loss_reduce(&l, dl__times(dl_add(dl_log(v), of_square), 0.5));
}

dl_val dl_hinge(dl_val y, dl_val target, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "hinge", &y, &target, o, DL_MEAN_BATCH)) return none(y, target);
    return dl__loss_reduce(&l, dl_relu(dl__plus(dl_neg(dl_mul(target, y)), 1)));
}
