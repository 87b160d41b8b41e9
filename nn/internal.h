/* internal.h: for the files of nn/ only. */
#ifndef DLTAPE_NN_INTERNAL_H
#define DLTAPE_NN_INTERNAL_H

#define DL_NO_PLACES
#include "../autodiff/op.h"
#include "../ops/ops.h"
#include "nn.h"

#include <string.h>

/* ---- lent by autodiff/ ----------------------------------------------------------------------- */

void *dl__alloc(size_t bytes); /* null when it fails */
void *dl__zalloc(size_t bytes);
void dl__free(void *p);
/* An array that carries an error. */
dl_array *dl__array_error(dl_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- layers (layers.c) ----------------------------------------------------------------------- */

/* A layer that has its place in a network. */
typedef struct dl__layer {
    dl_layer spec;
    char name[DL_MAX_LAYER_NAME + 1];
    int64_t inputs, outputs; /* sizes along C */
    int first;               /* number of its first learnable */
} dl__layer;

/* A kind of layer is a row. */
typedef struct dl_layer_kind dl_layer_kind;
struct dl_layer_kind {
    const char *name;
    const char *accepts; /* of an input: the labels that may enter, "CB CT"; null: no input */
    bool sized;          /* dl_layer.size is its size along C; else that of the layer before */
    int parameters;
    dl_status (*create)(dl_net *net, const dl__layer *l); /* adds and fills them; null: none */
    dl_val (*forward)(const dl_net *net, const dl__layer *l, dl_val x);
};

/* ---- networks (net.c) ------------------------------------------------------------------------ */

struct dl_net {
    dl_status status;
    char message[240];
    dl_dtype dtype;
    dl_rng rng;
    int nlayer, nlearnable;
    dl__layer *layer;
    dl_learnable *learnable;
};

/* A new learnable (rows, columns), zero; it may be in error. */
dl_array *dl__net_add(dl_net *net, const dl__layer *l, const char *parameter, int64_t rows,
                      int64_t columns);

#endif
