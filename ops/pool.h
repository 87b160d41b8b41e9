/* pool.h: the windows of a maximum pool, which pool.c and its kernels share: x (in.., n), y (out..,
 * n); axes in front that are not there have size 1. What lies outside of x is in no window. */
#ifndef DLTAPE_POOL_H
#define DLTAPE_POOL_H

#include "../autodiff/op.h"

typedef struct dl_pool_shape {
    int64_t in[3], out[3], window[3], stride[3], before[3], n;
} dl_pool_shape;

#endif
