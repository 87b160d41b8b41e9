/* stats.c: variance, standard deviation, covariance, in two passes: center, then square. */
#include "support.h"

/* What a sum of squares of n observations is divided by. */
static double divisor(int64_t n, bool by_n) { return (double)(by_n || n <= 1 ? n : n - 1); }

static int64_t observations(dl_val x, uint32_t mask)
{
    int64_t n = 1;
    for (int i = 0; i < dl_rank(x); i++)
        if (mask >> i & 1) n *= dl_size(x, i);
    return n;
}

static dl_val var(const char *name, dl_val x, const char *axes, bool by_n)
{
    uint32_t mask;
    if (!dl__operands(name, &x, 1) || !dl__axes(name, x, axes, &mask, NULL)) return dl_none(x.tape);
    double n = divisor(observations(x, mask), by_n);
    return dl__times(dl_sum_squares(dl_center(x, axes), axes), 1 / n);
}

/* A norm, whose derivative at 0 is 0, where the root of a variance would have none. */
static dl_val std(const char *name, dl_val x, const char *axes, bool by_n)
{
    uint32_t mask;
    if (!dl__operands(name, &x, 1) || !dl__axes(name, x, axes, &mask, NULL)) return dl_none(x.tape);
    double n = divisor(observations(x, mask), by_n);
    return dl__times(dl_vecnorm(dl_center(x, axes), axes), 1 / __builtin_sqrt(n));
}

dl_val dl_var(dl_val x, const char *axes) { return var("var", x, axes, false); }
dl_val dl_var_n(dl_val x, const char *axes) { return var("var_n", x, axes, true); }
dl_val dl_std(dl_val x, const char *axes) { return std("std", x, axes, false); }
dl_val dl_std_n(dl_val x, const char *axes) { return std("std_n", x, axes, true); }

static dl_val cov(const char *name, dl_val x, bool by_n)
{
    char text[DL_SHAPE_TEXT];
    if (!dl__operands(name, &x, 1)) return dl_none(x.tape);
    const dl_shape *s = dl_shape_of(x);
    if (s->labels[0])
        return dl_fail(x.tape, DL_ELABEL, name,
                       "%s: labels have no meaning here, strip them with dl_stripdims",
                       dl_shape_text(s, text, sizeof text));
    if (s->rank != 2)
        return dl_fail(x.tape, DL_ERANK, name, "%s has rank %d, wanted 2: rows are observations",
                       dl_shape_text(s, text, sizeof text), s->rank);
    double n = divisor(dl_size(x, 0), by_n);
    return dl__times(dl__scatter(x), 1 / n);
}

dl_val dl_cov(dl_val x) { return cov("cov", x, false); }
dl_val dl_cov_n(dl_val x) { return cov("cov_n", x, true); }
