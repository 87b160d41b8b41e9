/* weighted.c: mean, variance and covariance of observations that have weights. */
#include "losses_internal.h"

/* ---- weights --------------------------------------------------------------------------------- */

/* A vector of weights, along axis k of x. */
static dl_val along(dl_val w, int k)
{
    dl_shape s = { .dtype = dl_shape_of(w)->dtype, .rank = k + 1 };
    for (int i = 0; i < k; i++) s.dim[i] = 1;
    s.dim[k] = dl_size(w, 0);
    return dl__reshape_to(w, &s);
}

/* Gives w the sizes of x, so that each observation has its weight when these are summed; false: the
 * tape has the error. */
static bool weigh(const char *name, dl_val x, dl_val *w, const char *axes)
{
    uint32_t mask;
    if (!dl__operands(name, (dl_val[]){ x, *w }, 2) || !dl__axes(name, x, axes, &mask, NULL))
        return false;
    const dl_shape *s = dl_shape_of(*w);
    bool one = mask && !(mask & (mask - 1));
    if (one && s->rank == 1 && !s->labels[0]) *w = along(*w, __builtin_ctz(mask));
    return dl__loss_spread(name, "weights", w, x);
}

static dl_val none(dl_val x, dl_val w) { return dl_none(dl_any_tape((dl_val[]){ x, w }, 2)); }

static dl_val mean(dl_val x, dl_val w, const char *axes)
{
    return dl_div(dl_sum(dl_mul(w, x), axes), dl_sum(w, axes));
}

/* 1 - sum of p^2 with p = w / sum of w, as the mean of 1 - p: no difference of nearly equal sums
 * where one weight is nearly all of them. */
static dl_val freedom(dl_val w, const char *axes)
{
    return mean(dl__plus(dl_neg(dl_div(w, dl_sum(w, axes))), 1), w, axes);
}

/* ---- variance -------------------------------------------------------------------------------- */

static dl_val var(const char *name, dl_val x, dl_val w, const char *axes, bool by_sum)
{
    if (!weigh(name, x, &w, axes)) return none(x, w);
    dl_val v = mean(dl_square(dl_sub(x, mean(x, w, axes))), w, axes);
    return by_sum ? v : dl__div_or_zero(v, freedom(w, axes));
}

/* sqrt(x), but 0 with slope 0 at 0. */
static dl_val root(dl_val x)
{
    dl_val zero = dl_eq_scalar(x, 0);
    return dl_masked_fill(dl_sqrt(dl_masked_fill(x, zero, 1)), zero, 0);
}

/* What is squared is scaled, by numbers that count as constants: their derivatives cancel. */
static dl_val std(const char *name, dl_val x, dl_val w, const char *axes, bool by_sum)
{
    if (!weigh(name, x, &w, axes)) return none(x, w);
    dl_val c = dl_sub(x, mean(x, w, axes)), most = dl_detach(dl_amax(dl_abs(c), axes));
    dl_val v = mean(dl_square(dl__div_or_zero(c, most)), w, axes);
    return dl_mul(root(by_sum ? v : dl__div_or_zero(v, freedom(w, axes))), most);
}

dl_val dl_weighted_mean(dl_val x, dl_val w, const char *axes)
{
    return weigh("weighted_mean", x, &w, axes) ? mean(x, w, axes) : none(x, w);
}

dl_val dl_weighted_var(dl_val x, dl_val w, const char *axes)
{
    return var("weighted_var", x, w, axes, false);
}

dl_val dl_weighted_var_n(dl_val x, dl_val w, const char *axes)
{
    return var("weighted_var_n", x, w, axes, true);
}

dl_val dl_weighted_std(dl_val x, dl_val w, const char *axes)
{
    return std("weighted_std", x, w, axes, false);
}

dl_val dl_weighted_std_n(dl_val x, dl_val w, const char *axes)
{
    return std("weighted_std_n", x, w, axes, true);
}

/* ---- covariance ------------------------------------------------------------------------------ */

static dl_val cov(const char *name, dl_val x, dl_val w, bool by_sum)
{
    char is[DL_SHAPE_TEXT], has[DL_SHAPE_TEXT];
    if (!dl__operands(name, (dl_val[]){ x, w }, 2)) return none(x, w);
    const dl_shape *s = dl_shape_of(x), *t = dl_shape_of(w);
    dl_status wrong = s->labels[0] || t->labels[0]   ? DL_ELABEL
                      : s->rank != 2 || t->rank != 1 ? DL_ERANK
                      : s->dim[0] != t->dim[0]       ? DL_ESHAPE
                                                     : DL_OK;
    if (wrong)
        return dl_fail(
            x.tape, wrong, name,
            "x %s, weights %s: wanted a matrix and a weight for each of its rows, without "
            "labels",
            dl_shape_text(s, is, sizeof is), dl_shape_text(t, has, sizeof has));
    dl_val column = dl_reshape(w, DL_DIMS(-1, 1)), total = dl_sum(w, "all");
    dl_val c = dl_sub(x, dl_div(dl_sum(dl_mul(x, column), "0"), total));
    dl_val m = dl_div(dl_matmul(dl_transpose(dl_mul(c, column)), c), total);
    m = dl__times(dl_add(m, dl_transpose(m)), 0.5); /* symmetric to the bit */
    return by_sum ? m : dl__div_or_zero(m, freedom(w, "all"));
}

dl_val dl_weighted_cov(dl_val x, dl_val w) { return cov("weighted_cov", x, w, false); }
dl_val dl_weighted_cov_n(dl_val x, dl_val w) { return cov("weighted_cov_n", x, w, true); }
