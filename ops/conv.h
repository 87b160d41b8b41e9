/* conv.h: what conv.c and its kernels share: the geometry of a convolution, which is the attribute
 * of its three rows. Axes in front that are not there have size 1. */
#ifndef DLTAPE_CONV_H
#define DLTAPE_CONV_H

#include "../autodiff/op.h"

/* x (in.., groups, c, n), y (out.., groups, f, n), w (groups, filter.., c, f), with i = o stride +
 * tap dilation - before; what lies outside is left out. */
typedef struct dl_conv_shape {
    int64_t in[3], out[3], filter[3], stride[3], dilation[3], before[3];
    int64_t groups, c, f, n;
} dl_conv_shape;

/* The o from *first to *end that meet an element at this tap of an axis. */
static inline void dl__conv_range(const dl_conv_shape *s, int axis, int64_t tap, int64_t *first,
                                  int64_t *end)
{
    int64_t at = tap * s->dilation[axis] - s->before[axis], stride = s->stride[axis];
    int64_t left = s->in[axis] - at;
    *first = at < 0 ? (-at + stride - 1) / stride : 0;
    *end = left > 0 ? (left + stride - 1) / stride : 0;
    if (*end > s->out[axis]) *end = s->out[axis];
}

#endif
