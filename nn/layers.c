/* layers.c: the kinds of layers, one row each. */
#include "internal.h"

/* ---- inputs ---------------------------------------------------------------------------------- */

static bool is_word_of(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; *p; p += strcspn(p, " "), p += *p == ' ')
        if (strcspn(p, " ") == n && memcmp(p, word, n) == 0) return true;
    return false;
}

static dl_val input_forward(const dl_net *net, const dl__layer *l, dl_val x)
{
    char is[DL_SHAPE_TEXT];
    const dl_shape *s = dl_shape_of(x);
    const char *accepts = l->spec.kind->accepts;
    dl_status wrong = s->dtype != (int)net->dtype                       ? DL_EDTYPE
                      : !s->labels[0] && s->rank != 2                   ? DL_ERANK
                      : s->labels[0] && !is_word_of(accepts, s->labels) ? DL_ELABEL
                      : s->dim[0] != l->outputs                         ? DL_ESHAPE
                                                                        : DL_OK;
    if (!wrong) return x;
    dl_shape_text(s, is, sizeof is);
    if (wrong == DL_EDTYPE)
        return dl_fail(x.tape, wrong, "forward", "layer %s: x is %s, the network %s", l->name,
                       dl_dtype_name((dl_dtype)s->dtype), dl_dtype_name(net->dtype));
    if (wrong == DL_ESHAPE)
        return dl_fail(x.tape, wrong, "forward", "layer %s: x %s has %lld features, wanted %lld",
                       l->name, is, (long long)s->dim[0], (long long)l->outputs);
    return dl_fail(x.tape, wrong, "forward",
                   "layer %s: x %s, wanted two axes without labels, or labels %s", l->name, is,
                   accepts);
}

static const dl_layer_kind feature_input = {
    .name = "feature input",
    .accepts = "CB",
    .sized = true,
    .forward = input_forward,
};

static const dl_layer_kind sequence_input = {
    .name = "sequence input",
    .accepts = "CT CBT CB",
    .sized = true,
    .forward = input_forward,
};

dl_layer dl_feature_input(const char *name, int64_t features)
{
    return (dl_layer){ .kind = &feature_input, .name = name, .size = features };
}

dl_layer dl_sequence_input(const char *name, int64_t features)
{
    return (dl_layer){ .kind = &sequence_input, .name = name, .size = features };
}

/* ---- fully connected ------------------------------------------------------------------------- */

static dl_status affine_create(dl_net *net, const dl__layer *l)
{
    dl_array *w = dl__net_add(net, l, "Weights", l->outputs, l->inputs);
    dl_array *b = dl__net_add(net, l, "Bias", l->outputs, 1);
    if (dl_array_status(w)) return dl_array_status(w);
    if (dl_array_status(b)) return dl_array_status(b);
    return (l->spec.initializer ? l->spec.initializer : dl_glorot)(w, &net->rng);
}

/* C is the first axis, so all axes behind it are one axis of columns, without a copy. */
static dl_val affine_forward(const dl_net *net, const dl__layer *l, dl_val x)
{
    const dl_learnable *p = net->learnable + l->first;
    dl_val w = dl_leaf(x.tape, p[0].value), b = dl_leaf(x.tape, p[1].value);
    const dl_shape *s = dl_shape_of(x);
    int64_t dims[DL_MAX_RANK];
    memcpy(dims, s->dim, sizeof dims);
    dims[0] = l->outputs;

    dl_val columns = s->labels[0] ? dl_stripdims(x) : x;
    if (s->rank != 2)
        columns = dl_reshape(columns, 2, (const int64_t[]){ l->inputs, s->numel / l->inputs });
    dl_val y = dl_add(dl_matmul(w, columns), b);
    if (s->rank != 2) y = dl_reshape(y, s->rank, dims);
    return s->labels[0] ? dl_label(y, s->labels) : y;
}

static const dl_layer_kind fully_connected = {
    .name = "fully connected",
    .sized = true,
    .parameters = 2,
    .create = affine_create,
    .forward = affine_forward,
};

dl_layer dl_fully_connected(const char *name, int64_t outputs)
{
    return (dl_layer){ .kind = &fully_connected, .name = name, .size = outputs };
}

dl_layer dl_with_initializer(dl_layer layer, dl_initializer *initializer)
{
    layer.initializer = initializer;
    return layer;
}

/* ---- elementwise ----------------------------------------------------------------------------- */

static dl_val identity_forward(const dl_net *net, const dl__layer *l, dl_val x)
{
    (void)net;
    (void)l;
    return x;
}

#define ELEMENTWISE(op)                                                               \
    static dl_val op##_forward(const dl_net *net, const dl__layer *l, dl_val x)       \
    {                                                                                 \
        (void)net;                                                                    \
        (void)l;                                                                      \
        return dl_##op(x);                                                            \
    }                                                                                 \
    static const dl_layer_kind op##_layer = { .name = #op, .forward = op##_forward }; \
    dl_layer dl_##op##_layer(const char *name)                                        \
    {                                                                                 \
        return (dl_layer){ .kind = &op##_layer, .name = name };                       \
    }

ELEMENTWISE(tanh)
ELEMENTWISE(relu)
ELEMENTWISE(sigmoid)
ELEMENTWISE(softplus)
ELEMENTWISE(gelu)
ELEMENTWISE(silu)

static dl_val clipped_relu(dl_val x, double ceiling) { return dl_clamp(dl_relu(x), 0, ceiling); }

#define ELEMENTWISE_OF_NUMBER(op, value)                                              \
    static dl_val op##_forward(const dl_net *net, const dl__layer *l, dl_val x)       \
    {                                                                                 \
        (void)net;                                                                    \
        return value(x, l->spec.number);                                              \
    }                                                                                 \
    static const dl_layer_kind op##_layer = { .name = #op, .forward = op##_forward }; \
    dl_layer dl_##op##_layer(const char *name, double number)                         \
    {                                                                                 \
        return (dl_layer){ .kind = &op##_layer, .name = name, .number = number };     \
    }

ELEMENTWISE_OF_NUMBER(leaky_relu, dl_leaky_relu)
ELEMENTWISE_OF_NUMBER(elu, dl_elu)
ELEMENTWISE_OF_NUMBER(clipped_relu, clipped_relu)

static const dl_layer_kind regression_output = {
    .name = "regression output",
    .forward = identity_forward,
};

dl_layer dl_regression_output(const char *name)
{
    return (dl_layer){ .kind = &regression_output, .name = name };
}
