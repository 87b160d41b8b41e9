/* net.c: a network: its layers, its learnables, and the one error it may carry. */
#include "internal.h"

#include <stdarg.h>

/* Stands for every network that could not be allocated; nobody writes to it. */
static dl_net no_memory = {
    .status = DL_ENOMEM,
    .message = "net: out of memory",
};

__attribute__((format(printf, 3, 4))) static void reject(dl_net *net, dl_status status,
                                                         const char *format, ...)
{
    if (net->status) return;
    va_list args;
    va_start(args, format);
    net->status = status;
    int at = snprintf(net->message, sizeof net->message, "net: ");
    vsnprintf(net->message + at, sizeof net->message - (size_t)at, format, args);
    va_end(args);
}

/* ---- making one ------------------------------------------------------------------------------ */

dl_array *dl__net_add(dl_net *net, const dl__layer *l, const char *parameter, int64_t rows,
                      int64_t columns)
{
    char name[DL_MAX_LAYER_NAME + 20];
    dl_array *a = dl_array_new(net->dtype, NULL, 2, (const int64_t[]){ rows, columns });
    snprintf(name, sizeof name, "%s.%s", l->name, parameter);
    dl_array_set_name(a, name);
    net->learnable[net->nlearnable++] = (dl_learnable){ l->name, parameter, a };
    if (dl_array_status(a))
        reject(net, dl_array_status(a), "layer %s, %s: %s", l->name, parameter,
               dl_array_message(a));
    return a;
}

static const dl__layer *find(const dl_net *net, const char *name)
{
    for (int i = 0; name && i < net->nlayer; i++)
        if (strcmp(net->layer[i].name, name) == 0) return &net->layer[i];
    return NULL;
}

/* Checks the i-th layer against those before it. */
static void check(dl_net *net, int i, const dl_layer *l)
{
    const dl_layer_kind *kind = l->kind;
    if (!kind || !l->name)
        reject(net, DL_ENULL, "layer %d has no %s", i + 1, kind ? "name" : "kind");
    else if (!l->name[0]) reject(net, DL_EARG, "layer %d has an empty name", i + 1);
    else if (strlen(l->name) > DL_MAX_LAYER_NAME)
        reject(net, DL_EARG, "layer %d: the name %.*s... is longer than %d characters", i + 1,
               DL_MAX_LAYER_NAME, l->name, DL_MAX_LAYER_NAME);
    else if (find(net, l->name))
        reject(net, DL_EARG, "layers %d and %d are both called %s",
               (int)(find(net, l->name) - net->layer) + 1, i + 1, l->name);
    else if (i == 0 && !kind->accepts)
        reject(net, DL_EARG, "layer 1, %s: the first layer must be an input, not %s", l->name,
               kind->name);
    else if (i > 0 && kind->accepts)
        reject(net, DL_EARG, "layer %d, %s: %s must be the first layer", i + 1, l->name,
               kind->name);
    else if (kind->sized && l->size < 1)
        reject(net, DL_ESHAPE, "layer %d, %s: %s must be 1 or more, got %lld", i + 1, l->name,
               kind->accepts ? "features" : "outputs", (long long)l->size);
}

static void append(dl_net *net, int i, const dl_layer *spec)
{
    check(net, i, spec);
    if (net->status) return;
    dl__layer *l = &net->layer[net->nlayer++];
    *l = (dl__layer){ .spec = *spec, .inputs = i ? l[-1].outputs : 0, .first = net->nlearnable };
    l->outputs = spec->kind->sized ? spec->size : l->inputs;
    snprintf(l->name, sizeof l->name, "%s", spec->name);
    l->spec.name = l->name;
    if (!spec->kind->create) return;
    dl_status s = spec->kind->create(net, l);
    if (s) reject(net, s, "layer %d, %s: its weights could not be initialised", i + 1, l->name);
}

static bool allocate(dl_net *net, const dl_layer *layers, int n)
{
    size_t learnables = 0;
    for (int i = 0; i < n; i++)
        if (layers[i].kind) learnables += (size_t)layers[i].kind->parameters;
    net->layer = dl__zalloc((size_t)n * sizeof *net->layer);
    net->learnable = dl__zalloc(learnables * sizeof *net->learnable);
    return net->layer && net->learnable;
}

dl_net *dl_net_new(dl_dtype dtype, uint64_t seed, const dl_layer *layers, int n)
{
    dl_net *net = dl__zalloc(sizeof *net);
    if (!net) return &no_memory;
    net->dtype = dtype;
    net->rng = dl_rng_seed(seed);
    if (dtype != DL_F32 && dtype != DL_F64)
        reject(net, DL_EDTYPE, "%s does not compute, use f32 or f64", dl_dtype_name(dtype));
    else if (n < 1) reject(net, DL_EARG, "%d layers, wanted an input layer at least", n);
    else if (!layers) reject(net, DL_ENULL, "%d layers, but no list of them", n);
    else if (!allocate(net, layers, n)) reject(net, DL_ENOMEM, "out of memory");
    for (int i = 0; i < n && !net->status; i++) append(net, i, &layers[i]);
    return net;
}

void dl_net_free(dl_net *net)
{
    if (!net || net == &no_memory) return;
    for (int i = 0; i < net->nlearnable; i++) dl_array_free(net->learnable[i].value);
    dl__free(net->learnable);
    dl__free(net->layer);
    dl__free(net);
}

/* ---- what it tells --------------------------------------------------------------------------- */

dl_status dl_net_status(const dl_net *net) { return net ? net->status : DL_ENULL; }

const char *dl_net_message(const dl_net *net) { return net ? net->message : "net: null pointer"; }

dl_dtype dl_net_dtype(const dl_net *net) { return net ? net->dtype : DL_F32; }

int dl_net_learnables(const dl_net *net) { return net && !net->status ? net->nlearnable : 0; }

dl_learnable dl_net_learnable(const dl_net *net, int i)
{
    return i >= 0 && i < dl_net_learnables(net) ? net->learnable[i] : (dl_learnable){ 0 };
}

dl_array *dl_net_array(const dl_net *net, const char *layer, const char *parameter)
{
    for (int i = 0; layer && parameter && i < dl_net_learnables(net); i++) {
        const dl_learnable *p = &net->learnable[i];
        if (strcmp(p->layer, layer) == 0 && strcmp(p->parameter, parameter) == 0) return p->value;
    }
    return NULL;
}
