/* losses.h: what the cases of losses share: options from the text of a case, and the reduction of
 * reference elements.
 *
 * The text holds words: none, sum, batch, elements, included: the reduction; w: the next input is
 * weights; c: class weights; m: the last input is a mask; s: smoothing 1/4; i: indices of 1 are
 * ignored; and an axis, a digit. */
#ifndef DLTAPE_OPS_LOSSES_H
#define DLTAPE_OPS_LOSSES_H

#include "driver.h"

static inline bool loss_has(const char *arg, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = arg; p && (p = strstr(p, word)); p += n)
        if ((p == arg || p[-1] == ' ') && (p[n] == ' ' || !p[n])) return true;
    return false;
}

static inline const char *loss_axis(const char *arg)
{
    static const char *const axes[] = { "0", "1", "2" };
    for (int i = 0; i < 3; i++)
        if (loss_has(arg, axes[i])) return axes[i];
    return NULL;
}

/* `more` are the inputs behind those of the loss itself. */
static inline const dl_loss_options *loss_options(const char *arg, const dl_val *more)
{
    static const int64_t one = 1;
    static dl_loss_options o;
    static const char *const words[] = {
        "default", "none", "sum", "batch", "elements", "included"
    };
    o = (dl_loss_options){ .axis = loss_axis(arg) };
    for (int i = 0; i <= DL_MEAN_INCLUDED; i++)
        if (loss_has(arg, words[i])) o.reduction = (dl_loss_reduction)i;
    if (loss_has(arg, "w")) o.weights = *more++;
    if (loss_has(arg, "c")) o.class_weights = *more++;
    if (loss_has(arg, "m")) o.mask = *more++;
    if (loss_has(arg, "s")) o.smoothing = 0.25;
    if (loss_has(arg, "i")) o.ignore = &one;
    return arg ? &o : NULL;
}

/* The size of axis B, else 1. */
static inline double loss_observations(const char *dims, const char *labels)
{
    const char *b = labels ? strchr(labels, 'B') : NULL;
    return b ? dims[b - labels] - '0' : 1;
}

/* From n elements, with factors that may be null, of the sizes of the elements. */
static inline void loss_reduce(const char *arg, const char *otherwise, double batch, int64_t n,
                               const double *e, const double *w, const double *mask, double *y)
{
    long double sum = 0, included = 0;
    const char *how = loss_has(arg, "none") || loss_has(arg, "sum") || loss_has(arg, "batch")
                              || loss_has(arg, "elements") || loss_has(arg, "included")
                          ? arg
                          : otherwise;
    for (int64_t i = 0; i < n; i++) {
        double m = mask ? mask[i] : 1, term = m == 0 ? 0 : e[i] * (w ? w[i] : 1) * m;
        if (loss_has(how, "none")) y[i] = term;
        sum += (long double)term;
        included += m != 0;
    }
    double total = (double)sum;
    if (loss_has(how, "none")) return;
    *y = loss_has(how, "sum")        ? total
         : loss_has(how, "elements") ? total / (double)n
         : loss_has(how, "included") ? (double)(sum / included)
                                     : total / batch;
}

/* Elements between 1/8 and 7/8, no two closer than 1/64. */
static const double loss_share[OP_POOL] = {
    0.53125,  0.21875,  0.84375,  0.375,    0.640625, 0.15625,  0.78125,  0.296875,
    0.5625,   0.71875,  0.1875,   0.4375,   0.8125,   0.328125, 0.609375, 0.234375,
    0.6875,   0.40625,  0.28125,  0.75,     0.5,      0.171875, 0.859375, 0.359375,
    0.578125, 0.140625, 0.796875, 0.453125, 0.34375,  0.65625,  0.25,     0.703125,
};
static const double loss_mask[OP_POOL] = { 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0,
                                           1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 0, 1 };

#endif
