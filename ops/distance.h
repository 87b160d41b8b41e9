/* distance.h: what kernels of distances are told. */
#ifndef DLTAPE_DISTANCE_H
#define DLTAPE_DISTANCE_H

#include "kernels/points.h"

#include "../autodiff/op.h"

/* Up to DL_POINTS rows of the result are a block; parts are blocks that may run in several threads.
 * The loop over batches is that of the operands. */
typedef struct dl_distance_call {
    dl_points points;
    dl_loop batches;
    int64_t rows, cols; /* of the result */
    int64_t blocks, nbatch, parts;
} dl_distance_call;

#endif
