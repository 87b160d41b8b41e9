/* norm.c: normalisations, composed of ops: centring, sums of squares and elementwise ops. */
#include "support.h"

#include <math.h>

/* Checks that x has the label C and that all parameters have its size; they become labelled. */
static bool operands(const char *name, dl_val x, dl_val *parameter, int n)
{
    char text[DL_SHAPE_TEXT];
    dl_val in[5] = { x };
    for (int i = 0; i < n; i++) in[1 + i] = parameter[i];
    if (!dl__operands(name, in, n + 1)) return false;
    int channel = dl_finddim(x, 'C');
    dl_shape_text(dl_shape_of(x), text, sizeof text);
    if (channel < 0)
        return dl_fail(x.tape, DL_ELABEL, name, "x %s has no label C, give it with dl_label", text),
               false;
    for (int i = 0; i < n; i++) {
        if (dl_numel(parameter[i]) != dl_size(x, channel))
            return dl_fail(x.tape, DL_ESHAPE, name,
                           "x %s: a parameter of %lld elements, wanted that of the channels, %lld",
                           text, (long long)dl_numel(parameter[i]), (long long)dl_size(x, channel)),
                   false;
        parameter[i] = dl_reshape(parameter[i], DL_DIMS(dl_size(x, channel)));
        parameter[i] = dl_label(parameter[i], "C");
    }
    return true;
}

static dl_val none(dl_val x, const dl_val *parameter, int n)
{
    dl_val in[5] = { x };
    for (int i = 0; i < n; i++) in[1 + i] = parameter[i];
    return dl_none(dl_any_tape(in, n + 1));
}

/* The axes of x that are among the letters (or, with not, are not), as dl_sum takes them; and the
 * number of elements along them. */
static int64_t axes_of(dl_val x, const char *letters, bool not, char *text)
{
    int64_t n = 1;
    const char *labels = dl_dims(x);
    for (int i = 0; i < dl_rank(x); i++)
        if (!!strchr(letters, labels[i]) != not ) {
            *text++ = (char)('0' + i);
            n *= dl_size(x, i);
        }
    *text = '\0';
    return n;
}

/* Centred and divided by the standard deviation; no axes: one element each. */
static dl_val standardized(dl_val x, const char *axes, int64_t n, double epsilon, dl_val *variance)
{
    if (!*axes) {
        *variance = dl__times(x, 0);
        return dl__times(x, 0);
    }
    dl_val c = dl_center(x, axes);
    *variance = dl__times(dl_sum_squares(c, axes), 1 / (double)n);
    return dl_div(c, dl_sqrt(dl_shift(*variance, epsilon)));
}

static dl_val scaled(dl_val x, dl_val offset, dl_val scale)
{
    return dl_add(dl_mul(x, scale), offset);
}

/* ---- batchnorm ------------------------------------------------------------------------------- */

dl_status dl_batchnorm(dl_val x, dl_val offset, dl_val scale, double epsilon, dl_val *y,
                       dl_val *mean, dl_val *variance)
{
    char axes[DL_MAX_RANK + 1];
    dl_val p[] = { offset, scale }, v;
    dl_tape *t = dl_any_tape((dl_val[]){ x, offset, scale }, 3);
    if (y) *y = none(x, p, 2);
    if (mean) *mean = none(x, p, 2);
    if (variance) *variance = none(x, p, 2);
    if (!operands("batchnorm", x, p, 2)) return dl_tape_status(t);
    int64_t n = axes_of(x, "C", true, axes), channels = dl_numel(offset);
    dl_val z = scaled(standardized(x, axes, n, epsilon, &v), p[0], p[1]);
    if (y) *y = z;
    if (mean) *mean = dl_reshape(*axes ? dl_mean(x, axes) : x, DL_DIMS(channels));
    if (variance) *variance = dl_reshape(v, DL_DIMS(channels));
    return dl_finish(t);
}

dl_val dl_batchnorm_given(dl_val x, dl_val offset, dl_val scale, dl_val mean, dl_val variance,
                          double epsilon)
{
    dl_val p[] = { offset, scale, mean, variance };
    if (!operands("batchnorm_given", x, p, 4)) return none(x, p, 4);
    return scaled(dl_div(dl_sub(x, p[2]), dl_sqrt(dl_shift(p[3], epsilon))), p[0], p[1]);
}

/* ---- the others ------------------------------------------------------------------------------ */

static dl_val over(const char *name, dl_val x, const char *letters, dl_val offset, dl_val scale,
                   double epsilon)
{
    char axes[DL_MAX_RANK + 1];
    dl_val p[] = { offset, scale }, v;
    if (!operands(name, x, p, 2)) return none(x, p, 2);
    int64_t n = axes_of(x, letters, false, axes);
    return scaled(standardized(x, axes, n, epsilon, &v), p[0], p[1]);
}

dl_val dl_layernorm(dl_val x, dl_val offset, dl_val scale, double epsilon)
{
    return over("layernorm", x, "SC", offset, scale, epsilon);
}

dl_val dl_layernorm_over(dl_val x, const char *letters, dl_val offset, dl_val scale, double epsilon)
{
    dl_val in[] = { x, offset, scale };
    if (!letters) return dl_fail(dl_any_tape(in, 3), DL_ENULL, "layernorm_over", "no letters");
    if (letters[strspn(letters, "SCBTU")])
        return dl_fail(dl_any_tape(in, 3), DL_EARG, "layernorm_over",
                       "\"%.20s\": wanted letters of S, C, B, T and U", letters);
    return over("layernorm_over", x, letters, offset, scale, epsilon);
}

dl_val dl_instancenorm(dl_val x, dl_val offset, dl_val scale, double epsilon)
{
    return over("instancenorm", x, "ST", offset, scale, epsilon);
}

/* The channels as two axes, groups first; behind them come observations and times. */
dl_val dl_groupnorm(dl_val x, int64_t groups, dl_val offset, dl_val scale, double epsilon)
{
    dl_val p[] = { offset, scale }, v;
    char axes[DL_MAX_RANK + 1], *to = axes, text[DL_SHAPE_TEXT];
    if (!operands("groupnorm", x, p, 2)) return none(x, p, 2);
    const dl_shape *s = dl_shape_of(x);
    int channel = dl_finddim(x, 'C'), rank = 0;
    int64_t dim[DL_MAX_RANK + 1], n = 1;
    if (groups < 1 || s->dim[channel] % groups || s->rank == DL_MAX_RANK)
        return dl_fail(x.tape, DL_EARG, "groupnorm", "x %s: %lld channels in %lld groups",
                       dl_shape_text(s, text, sizeof text), (long long)s->dim[channel],
                       (long long)groups);
    for (int i = 0; i < s->rank; i++) {
        if (i == channel) dim[rank++] = groups;
        if (strchr("SCT", s->labels[i])) *to++ = (char)('0' + rank);
        dim[rank] = i == channel ? s->dim[i] / groups : s->dim[i];
        if (strchr("SCT", s->labels[i])) n *= dim[rank];
        rank++;
    }
    *to = '\0';
    dl_val z = standardized(dl_reshape(x, rank, dim), axes, n, epsilon, &v);
    return scaled(dl__reshape_to(z, s), p[0], p[1]);
}

dl_val dl_rmsnorm(dl_val x, dl_val scale, double epsilon)
{
    if (!operands("rmsnorm", x, &scale, 1)) return none(x, &scale, 1);
    double n = (double)dl_size(x, dl_finddim(x, 'C'));
    dl_val square = dl__times(dl_sum_squares(x, "C"), 1 / n);
    return dl_mul(dl_div(x, dl_sqrt(dl_shift(square, epsilon))), scale);
}

/* The mean of the squares is that of a pool with zeros around, of one window over the channels. */
dl_val dl_crosschannelnorm(dl_val x, int64_t window, double alpha, double beta, double k)
{
    if (!operands("crosschannelnorm", x, NULL, 0)) return none(x, NULL, 0);
    if (window < 1 || !(alpha >= 0 && k > 0 && isfinite(alpha) && isfinite(beta) && isfinite(k)))
        return dl_fail(x.tape, DL_EARG, "crosschannelnorm",
                       "window %lld, alpha %g, beta %g, k %g: wanted a window of 1 or more, alpha "
                       ">= 0, k > 0",
                       (long long)window, alpha, beta, k);
    const dl_shape s = *dl_shape_of(x);
    int channel = dl_finddim(x, 'C');
    int64_t before = 1, behind = 1;
    for (int i = 0; i < channel; i++) before *= s.dim[i];
    for (int i = channel + 1; i < s.rank; i++) behind *= s.dim[i];
    dl_val square =
        dl_label(dl_reshape(dl_square(x), DL_DIMS(before, s.dim[channel], behind)), "SSB");
    dl_conv_options around = { .before = { 0, (window - 1) / 2 }, .after = { 0, window / 2 } };
    dl_val mean = dl_avgpool(square, (const int64_t[]){ 1, window }, around);
    dl_val base = dl_shift(dl__times(dl__reshape_to(mean, &s), alpha), k);
    return dl_mul(x, dl_power_scalar(base, -beta));
}
