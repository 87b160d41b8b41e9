/* attention.c: scaled dot-product attention, composed of products of matrices and a softmax. All
 * heads of all observations are matrices of one product: (observations, heads, ., .). */
#include "support.h"

#include <math.h>

/* The operands as they come, and what their sizes say. */
typedef struct attention {
    dl_val q, k, v;
    int64_t heads, observations, queries, keys;
    int order[3]; /* which axes of q, k and v are those of observations, channels and places;
                   * observations: -1 if there are none */
} attention;

static bool fails(const attention *a, dl_status status, const char *what)
{
    char q[DL_SHAPE_TEXT], k[DL_SHAPE_TEXT], v[DL_SHAPE_TEXT];
    dl_fail(a->q.tape, status, "attention", "queries %s, keys %s, values %s: %s",
            dl_shape_text(dl_shape_of(a->q), q, sizeof q),
            dl_shape_text(dl_shape_of(a->k), k, sizeof k),
            dl_shape_text(dl_shape_of(a->v), v, sizeof v), what);
    return false;
}

static int64_t size_of(const attention *a, dl_val x, int role)
{
    return a->order[role] < 0 ? 1 : dl_size(x, a->order[role]);
}

enum { OBSERVATIONS, CHANNELS, PLACES };

static bool measure(attention *a)
{
    const char *labels = dl_shape_of(a->q)->labels;
    const dl_val others[] = { a->k, a->v };
    int place = dl_finddim(a->q, 'T');
    if (place < 0) place = dl_finddim(a->q, 'S');
    a->order[OBSERVATIONS] = dl_finddim(a->q, 'B');
    a->order[CHANNELS] = dl_finddim(a->q, 'C');
    a->order[PLACES] = place;
    if (a->order[CHANNELS] < 0 || place < 0 || dl_rank(a->q) != 2 + (a->order[OBSERVATIONS] >= 0))
        return fails(a, DL_ELABEL, "wanted labels C, and S or T, and perhaps B");
    for (int i = 0; i < 2; i++) {
        const char *own = dl_shape_of(others[i])->labels;
        if (dl_rank(others[i]) != dl_rank(a->q) || (*own && strcmp(own, labels) != 0))
            return fails(a, DL_ELABEL, "keys and values want the labels of the queries, or none");
    }
    a->observations = size_of(a, a->q, OBSERVATIONS);
    a->queries = size_of(a, a->q, PLACES), a->keys = size_of(a, a->k, PLACES);
    int64_t channels = size_of(a, a->q, CHANNELS), depth = size_of(a, a->v, CHANNELS);
    if (size_of(a, a->k, OBSERVATIONS) != a->observations
        || size_of(a, a->v, OBSERVATIONS) != a->observations)
        return fails(a, DL_ESHAPE, "the numbers of observations differ");
    if (size_of(a, a->k, CHANNELS) != channels)
        return fails(a, DL_ESHAPE, "queries and keys differ in the number of channels");
    if (size_of(a, a->v, PLACES) != a->keys)
        return fails(a, DL_ESHAPE, "there are not as many values as keys");
    if (a->heads < 1 || channels % a->heads || depth % a->heads)
        return fails(a, DL_EARG, "the channels do not fall into the heads");
    return true;
}

/* (observations, heads, channels of a head, places) */
static dl_val by_head(const attention *a, dl_val x)
{
    int64_t order[3], n = 0;
    for (int role = 0; role < 3; role++)
        if (a->order[role] >= 0) order[n++] = a->order[role];
    return dl_reshape(dl_permute(dl_stripdims(x), (int)n, order),
                      DL_DIMS(a->observations, a->heads, size_of(a, x, CHANNELS) / a->heads,
                              size_of(a, x, PLACES)));
}

/* Back to the order and the labels of the queries. */
static dl_val labelled(const attention *a, dl_val y)
{
    bool many = a->order[OBSERVATIONS] >= 0;
    char labels[4] = "", *to = labels;
    const char *of = dl_shape_of(a->q)->labels;
    for (int role = 0; role < 3; role++)
        if (a->order[role] >= 0) *to++ = of[a->order[role]];
    int64_t channels = size_of(a, a->v, CHANNELS);
    y = many ? dl_reshape(y, DL_DIMS(a->observations, channels, a->queries))
             : dl_reshape(y, DL_DIMS(channels, a->queries));
    return dl_label(y, labels);
}

/* ---- masks: 1 where a key is hidden from a query --------------------------------------------- */

static dl_val either(dl_val a, dl_val b) { return a.tape ? dl_or(a, b) : b; }

/* A key that comes later than the query. */
static dl_val later(const attention *a)
{
    dl_tape *t = a->q.tape;
    dl_val key = dl_reshape(dl_arange_i64(t, 0, 1, a->keys), DL_DIMS(a->keys, 1));
    return dl_gt(key, dl_reshape(dl_arange_i64(t, 0, 1, a->queries), DL_DIMS(1, a->queries)));
}

static bool mask_fails(const attention *a, const char *what, dl_val mask, const char *wanted)
{
    char text[DL_SHAPE_TEXT];
    dl_fail(a->q.tape, DL_ESHAPE, "attention", "%s %s, wanted %s", what,
            dl_shape_text(dl_shape_of(mask), text, sizeof text), wanted);
    return false;
}

/* (keys, queries, heads, observations), of which sizes may be 1 and the last ones missing, as
 * (observations, heads, keys, queries). */
static bool turned_mask(const attention *a, dl_val *mask)
{
    const int64_t order[] = { 3, 2, 0, 1 };
    const int64_t size[] = { a->keys, a->queries, a->heads, a->observations };
    const dl_shape *s = dl_shape_of(*mask);
    bool fits = s->rank <= 4;
    for (int i = 0; fits && i < s->rank; i++) fits = s->dim[i] == 1 || s->dim[i] == size[i];
    if (!fits || s->labels[0])
        return mask_fails(a, "mask", *mask, "(keys, queries, heads, observations) without labels");
    *mask = dl_permute(
        dl_reshape(*mask, DL_DIMS(dl__dim(s, 0), dl__dim(s, 1), dl__dim(s, 2), dl__dim(s, 3))), 4,
        order);
    return true;
}

/* Of the sizes of the keys, with size 1 along C: as (observations, 1, keys, 1). */
static bool padding_mask(const attention *a, dl_val *mask)
{
    const dl_shape *s = dl_shape_of(*mask);
    bool fits = s->rank == dl_rank(a->k)
                && (!s->labels[0] || strcmp(s->labels, dl_shape_of(a->q)->labels) == 0);
    if (!fits || size_of(a, *mask, CHANNELS) != 1
        || size_of(a, *mask, OBSERVATIONS) != a->observations
        || size_of(a, *mask, PLACES) != a->keys)
        return mask_fails(a, "padding", *mask, "the sizes of the keys, but 1 along C");
    dl_val x = dl_stripdims(*mask);
    if (a->order[OBSERVATIONS] > a->order[PLACES])
        x = dl_permute(dl_reshape(x, DL_DIMS(a->keys, a->observations)), 2, (int64_t[]){ 1, 0 });
    *mask = dl_not(dl_reshape(x, DL_DIMS(a->observations, 1, a->keys, 1)));
    return true;
}

/* What hides keys; what is added to the scores, if anything. */
static bool take_masks(const attention *a, const dl_attention_options *o, dl_val *hidden,
                       dl_val *added)
{
    if (o->mask.tape) {
        dl_val mask = o->mask;
        if (!dl_usable("attention", (dl_val[]){ a->q, mask }, 2)) return false;
        bool flags = dl_dtype_of(mask) == DL_U8;
        if (!flags && !dl__operands("attention", (dl_val[]){ a->q, mask }, 2)) return false;
        if (!turned_mask(a, &mask)) return false;
        if (flags) *hidden = dl_not(mask);
        else *added = mask;
    }
    if (o->padding.tape) {
        dl_val mask = o->padding;
        if (!dl_usable("attention", (dl_val[]){ a->q, mask }, 2)) return false;
        if (dl_dtype_of(mask) != DL_U8)
            return dl_fail(a->q.tape, DL_EDTYPE, "attention", "the padding is %s, wanted u8",
                           dl_dtype_name(dl_dtype_of(mask))),
                   false;
        if (!padding_mask(a, &mask)) return false;
        *hidden = either(*hidden, mask);
    }
    if (o->causal)
        *hidden = either(*hidden, dl_reshape(later(a), DL_DIMS(1, 1, a->keys, a->queries)));
    return true;
}

/* ---- the public functions -------------------------------------------------------------------- */

static dl_val constant(dl_val x, double number)
{
    return dl_constant(x.tape, dl_dtype_of(x), number);
}

/* The softmax of the scores over the keys, 0 where these are hidden. The lowest number instead of
 * -inf: where all keys are hidden, nothing becomes NaN on the way to 0. */
static dl_val weights_of(dl_val scores, dl_val hidden)
{
    if (!hidden.tape) return dl_softmax(scores, "2");
    double lowest = dl_dtype_of(scores) == DL_F32 ? -0x1.fffffep127 : -0x1.fffffffffffffp1023;
    scores = dl_where(hidden, constant(scores, lowest), scores);
    return dl_where(hidden, constant(scores, 0), dl_softmax(scores, "2"));
}

dl_status dl_attention_weights(dl_val queries, dl_val keys, dl_val values, int64_t heads,
                               const dl_attention_options *options, dl_val *y, dl_val *weights)
{
    static const dl_attention_options none;
    const dl_attention_options *o = options ? options : &none;
    attention a = { .q = queries, .k = keys, .v = values, .heads = heads };
    dl_val in[] = { queries, keys, values }, hidden = { 0 }, added = { 0 };
    dl_tape *t = dl_any_tape(in, 3);
    if (y) *y = dl_none(t);
    if (weights) *weights = dl_none(t);
    if (!dl__operands("attention", in, 3) || !measure(&a) || !take_masks(&a, o, &hidden, &added))
        return dl_tape_status(t);
    double channels = (double)(size_of(&a, keys, CHANNELS) / heads);
    dl_val q = by_head(&a, queries);
    q = o->scale != 0 ? dl_scale(q, o->scale) : dl__times(q, channels > 0 ? 1 / sqrt(channels) : 1);
    dl_val scores = dl_matmul(dl_transpose(by_head(&a, keys)), q);
    if (added.tape) scores = dl_add(scores, added);
    dl_val w = weights_of(scores, hidden);
    const int64_t order[] = { 2, 3, 1, 0 };
    if (weights) *weights = dl_permute(w, 4, order);
    if (o->dropout != 0) w = dl_dropout(w, o->dropout, o->key);
    if (y) *y = labelled(&a, dl_matmul(by_head(&a, values), w));
    return dl_finish(t);
}

dl_val dl_attention(dl_val queries, dl_val keys, dl_val values, int64_t heads,
                    const dl_attention_options *options)
{
    dl_val y;
    dl_attention_weights(queries, keys, values, heads, options, &y, NULL);
    return y;
}
