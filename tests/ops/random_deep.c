/* random_deep.c: see random_deep.h. */
#include "random_deep.h"

enum { PLACES = 12, OBSERVATIONS = 5, FILTERS = 3 };

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* A part of x as (places S, channels C, observations B); what there is of channels, at most 2. */
static rp_var sequence(rp_recording *r, rp_var x)
{
    x = rp_matrix(r, x);
    int64_t columns = dl_size(x.val, 1), channels = columns < 2 ? 1 : 2;
    int64_t observations = least(columns / channels, OBSERVATIONS);
    x = rp_cut(r, rp_cut(r, x, 0, PLACES), 1, channels * observations);
    x = rp_reshape(r, x, DL_DIMS(dl_size(x.val, 0), channels, observations));
    return rp_say(r, dl_label(x.val, "SCB"), "dl_label(v%d, \"SCB\")", x.name);
}

/* Weights of two taps, or of one, from the first elements of b; none if these are too few. */
static bool weights(rp_recording *r, rp_var b, int64_t channels, bool transposed, rp_var *w)
{
    int64_t n = dl_numel(b.val), taps = n < 2 * channels ? 1 : 2;
    int64_t filters = least(n / (taps * channels), FILTERS);
    if (!filters) return false;
    b = rp_cut(r, rp_flatten(r, b), 0, taps * channels * filters);
    *w = transposed ? rp_reshape(r, b, DL_DIMS(taps, filters, channels))
                    : rp_reshape(r, b, DL_DIMS(taps, channels, filters));
    return true;
}

RP_DEEP(rp_convolved)
{
    bool transposed = arg & 1;
    dl_conv_options o = { .stride = { 1 + (arg >> 1 & 1) }, .dilation = { 1 + (arg >> 2 & 1) } };
    rp_var w;
    (void)k;
    a = sequence(r, a);
    if (!weights(r, b, dl_size(a.val, 1), transposed, &w)) return a;
    if (!transposed) o.before[0] = o.dilation[0], o.after[0] = arg >> 3 & 1;
    dl_val y = (transposed ? dl_transposed_conv : dl_conv)(a.val, w.val, (dl_val){ 0 }, o);
    return rp_say(r, y,
                  "%s(v%d, v%d, none, { .stride = {%d}, .dilation = {%d}, .before = {%d},"
                  " .after = {%d} })",
                  transposed ? "dl_transposed_conv" : "dl_conv", a.name, w.name, (int)o.stride[0],
                  (int)o.dilation[0], (int)o.before[0], (int)o.after[0]);
}

/* The maxima, back in their places, less the averages. */
RP_DEEP(rp_pooled)
{
    int64_t window = 2 + (arg & 1);
    dl_conv_options o = { .stride = { 1 + (arg >> 1 & 1) }, .same = 1 };
    dl_val y, index;
    (void)k, (void)b;
    a = sequence(r, a);
    dl_maxpool_indices(a.val, &window, o, &y, &index);
    rp_var back = rp_say(r, dl_maxunpool(y, index, a.val),
                         "maxima in place(v%d, window %d, { "
                         ".stride = {%d}, .same = 1 })",
                         a.name, (int)window, (int)o.stride[0]);
    o.stride[0] = 1;
    rp_var mean = rp_say(r, dl_avgpool(a.val, &window, o), "dl_avgpool(v%d, {%d}, { .same = 1 })",
                         a.name, (int)window);
    return rp_say(r, dl_sub(back.val, mean.val), "dl_sub(v%d, v%d)", back.name, mean.name);
}

RP_DEEP(rp_spectrum)
{
    (void)k, (void)b;
    if (!dl_rank(a.val)) a = rp_flatten(r, a);
    char axis[] = { (char)('0' + (arg >> 3) % (uint32_t)dl_rank(a.val)), 0 };
    int64_t n = dl_size(a.val, axis[0] - '0');
    dl_val re, im;
    if (!n) return a;
    dl_rfft(a.val, axis, &re, &im);
    switch (arg % 4) {
    case 0: break;
    case 1: re = im; break;
    case 2: re = dl_power_spectrum(a.val, axis); break;
    default: re = dl_irfft(im, re, axis, n); break;
    }
    return rp_say(r, re, "spectrum_%u(v%d, \"%s\")", arg % 4, a.name, axis);
}

RP_DEEP(rp_resized)
{
    (void)k, (void)b;
    if (!dl_rank(a.val)) a = rp_flatten(r, a);
    char axis[] = { (char)('0' + (arg >> 12) % (uint32_t)dl_rank(a.val)), 0 };
    dl_resize_options o = { .method = (dl_resize_method)(arg & 1),
                            .places = (dl_resize_places)((arg >> 1) % 3),
                            .rounding = (dl_resize_rounding)(arg >> 3 & 3),
                            .axes = axis };
    int64_t n = dl_size(a.val, axis[0] - '0'), m = least(n, 1 + (arg >> 5 & 31));
    if (arg >> 10 & 1 && 2 * dl_numel(a.val) <= r->p->limit) m = 2 * n - (n > 1);
    return rp_say(r, dl_resize(a.val, 1, &m, o), "dl_resize(v%d, {%lld}, { %d, %d, %d, \"%s\" })",
                  a.name, (long long)m, (int)o.method, (int)o.places, (int)o.rounding, axis);
}
