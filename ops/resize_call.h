/* resize_call.h: the attributes of what reads between elements, which resize.c and its kernels
 * share. */
#ifndef DLTAPE_RESIZE_CALL_H
#define DLTAPE_RESIZE_CALL_H

#include "kernels/resize_places.h"

typedef struct dl_resize_attr {
    int64_t axis;
    dl_resize_line line;
} dl_resize_attr;

#endif
