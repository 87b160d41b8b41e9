/* norms.c: p-norms over axes, and what is made of moments: normalize, moments. */
#include "span.h"

#include <math.h>

/* x = q y, and the slope is sign(q) |q|^(p - 1), or 0 where q is 0, where the power is that of 1; p
 * has none. */
static dl_val norm_p_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val x = dl_in(y, 0), p = dl_in(y, 1);
    if (i) return dl_vjp_zero(y, i, g);
    dl_val q = dl__div_or_zero(x, dl_out(y)), sign = dl_sign(q);
    dl_val size = dl_add(dl_abs(q), dl__plus(dl_neg(dl_abs(sign)), 1));
    return dl_mul(g, dl_mul(sign, dl_power(size, dl__plus(p, -1))));
}

SPAN_ROW(norm_p, 2, "(...,n,...) () -> (...,1,...)", dl__span_reduced_infer, 2)

dl_val dl_norm_p(dl_val x, double p, const char *axes)
{
    dl_span s;
    if (!dl__span_begin(&s, "norm_p", x, axes, 0)) return dl_none(x.tape);
    if (isnan(p)) return dl_fail(x.tape, DL_EARG, "norm_p", "p is NaN");
    if (p == 0) return dl_sum(dl_square(dl_sign(x)), axes);
    if (p == 1) return dl_sum(dl_abs(x), axes);
    if (p == 2) return dl_vecnorm(x, axes);
    if (isinf(p)) return p > 0 ? dl_amax(dl_abs(x), axes) : dl_amin(dl_abs(x), axes);
    dl_val in[] = { s.x, dl_scalar_like("norm_p", x, p) };
    return dl__span_reduced(&s, dl__span_apply(&s, &norm_p_op, 0, in));
}

/* ---- composites ------------------------------------------------------------------------------ */

static dl_val zscore(dl_val x, const char *axes)
{
    return dl__div_or_zero(dl_center(x, axes), dl_std(x, axes));
}

static dl_val range(dl_val x, const char *axes)
{
    dl_val least = dl_amin(x, axes);
    return dl__div_or_zero(dl_sub(x, least), dl_sub(dl_amax(x, axes), least));
}

static dl_val unit_norm(dl_val x, const char *axes)
{
    return dl__div_or_zero(x, dl_vecnorm(x, axes));
}

static dl_val unit_std(dl_val x, const char *axes) { return dl__div_or_zero(x, dl_std(x, axes)); }

static const struct method {
    const char *name;
    dl_val (*apply)(dl_val x, const char *axes);
} methods[] = {
    { "zscore", zscore },  { "center", dl_center }, { "range", range },
    { "norm", unit_norm }, { "scale", unit_std },
};

dl_val dl_normalize(dl_val x, const char *axes, const char *method)
{
    uint32_t mask;
    if (!dl__operands("normalize", &x, 1) || !dl__axes("normalize", x, axes, &mask, NULL))
        return dl_none(x.tape);
    if (!method) return dl_fail(x.tape, DL_ENULL, "normalize", "no method");
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(method, methods[i].name) == 0) return methods[i].apply(x, axes);
    return dl_fail(x.tape, DL_EARG, "normalize",
                   "method \"%.20s\", wanted zscore, center, range, norm or scale", method);
}

dl_status dl_moments(dl_val x, const char *axes, dl_val *mean, dl_val *variance)
{
    uint32_t mask;
    dl_val none[2] = { dl_none(x.tape), dl_none(x.tape) };
    bool good = mean && variance;
    if (!good) dl_fail(x.tape, DL_ENULL, "moments", "no place for the results");
    good = good && dl__operands("moments", &x, 1) && dl__axes("moments", x, axes, &mask, NULL);
    if (mean) *mean = good ? dl_mean(x, axes) : none[0];
    if (variance) *variance = good ? dl_var_n(x, axes) : none[1];
    return dl_finish(x.tape);
}

static const dl_op *const rows[] = { &norm_p_op, NULL };
const dl_family dl__norms_family = { "norms", rows };
