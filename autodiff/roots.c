/* roots.c: the nodes that the engine itself knows: leaves, scalars, constants, detach, copy. */
#define DL_NO_PLACES
#include "internal.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* ---- leaves ---------------------------------------------------------------------------------- */

enum { COPY_LIMIT = 4096 }; /* bytes */

const dl_op dl__leaf_op = { .name = "leaf", .shapes = "-> any" };

/* The index in t->leaf of the newest record of this array in this epoch, or -1; *slot: where it
 * belongs. A slot holds the epoch in its upper half, so nothing is cleared at reset. */
static int64_t find_leaf(dl_tape *t, const dl_array *a, uint64_t **slot)
{
    uint64_t h = (uint64_t)(uintptr_t)a * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t k = (size_t)(h >> 32) & (t->nleaf_slot - 1);; k = (k + 1) & (t->nleaf_slot - 1)) {
        *slot = &t->leaf_slot[k];
        if (**slot >> 32 != t->epoch) return -1;
        uint32_t i = (uint32_t) * *slot;
        if (t->leaf[i].array == a) return i;
    }
}

static bool room_for_leaf(dl_tape *t)
{
    if (!dl__grow(&t->leaf, &t->cap_leaf, t->nleaf + 1, sizeof *t->leaf)) return false;
    if (t->nleaf_slot >= 2 * t->cap_leaf) return true;
    size_t size = 64; /* a power of two */
    while (size < 2 * t->cap_leaf) size *= 2;
    uint64_t *fresh = dl__zalloc(size * sizeof *fresh);
    if (!fresh) return false;
    dl__free(t->leaf_slot);
    t->leaf_slot = fresh;
    t->nleaf_slot = size;
    t->hashed = 0;
    return true;
}

static void hash_leaves(dl_tape *t)
{
    uint64_t *slot;
    for (; t->hashed < t->nleaf; t->hashed++) {
        find_leaf(t, t->leaf[t->hashed].array, &slot);
        *slot = (uint64_t)t->epoch << 32 | t->hashed;
    }
}

/* Whether the step has recorded the arrays of the previous one so far, and this one is next: then
 * it is none of those before it, and no array was looked for yet. */
static inline bool follows(const dl_tape *t, const dl_array *a)
{
    if (t->hashed || t->n >= t->ghost) return false;
    const dl_rec *r = &t->rec[t->n];
    if (r->op != &dl__leaf_op || r->in[0] != t->nleaf) return false;
    const dl_leaf_info *last = &t->leaf[t->nleaf];
    return last->array == a && last->serial == a->serial && !last->again;
}

/* Strided elements, made contiguous. */
static void *copy_data(dl_tape *t, const dl_array *a, const dl_layout *to)
{
    size_t bytes = (size_t)to->shape.numel * dl_dtype_size((dl_dtype)to->shape.dtype);
    void *copy = dl__arena(&t->arena, bytes ? bytes : 1, bytes >= 64 ? 64 : 16);
    if (!copy) return NULL;
    dl__copy_elements(copy, &a->layout, a->data);
    return copy;
}

static const char *copy_name(dl_tape *t, const char *name)
{
    if (!*name) return "";
    size_t bytes = strlen(name) + 1;
    char *copy = dl__arena(&t->arena, bytes, 1);
    return copy ? memcpy(copy, name, bytes) : NULL;
}

/* In a repeated step the array is the one of the previous step's node, whose shape need not be
 * looked up: that of an array never changes. */
static uint32_t leaf_shape(dl_tape *t, const dl_array *a)
{
    const dl_rec *r = t->n < t->ghost ? &t->rec[t->n] : NULL;
    if (r && r->op == &dl__leaf_op && r->in[0] == t->nleaf && t->leaf[t->nleaf].serial == a->serial)
        return r->shape;
    return dl__intern_shape(&t->intern, &a->layout.shape);
}

static dl_val no_memory_for_leaf(dl_tape *t)
{
    return dl_fail(t, DL_ENOMEM, "leaf", "out of memory");
}

static dl_val record_leaf(dl_tape *t, const dl_array *a, bool again)
{
    size_t bytes = (size_t)a->layout.shape.numel * dl_dtype_size((dl_dtype)a->layout.shape.dtype);
    bool borrowed = bytes > COPY_LIMIT, strided = borrowed && !a->layout.contiguous;
    uint32_t shape = leaf_shape(t, a), layout = 0;
    if (strided) layout = dl__intern(&t->intern, &a->layout, sizeof a->layout);
    void *data = borrowed ? a->data : shape ? copy_data(t, a, dl__layout(t, shape)) : NULL;
    const char *name = copy_name(t, a->name);
    if (!shape || !data || !name || (strided && !layout)) return no_memory_for_leaf(t);

    dl_val x = dl__record_given(t, &dl__leaf_op, shape, layout, (uint32_t)t->nleaf, data);
    if (t->status) return x;
    t->leaf[t->nleaf++] = (dl_leaf_info){ .array = a,
                                          .version = a->version,
                                          .serial = a->serial,
                                          .name = name,
                                          .node = x.id,
                                          .borrowed = borrowed,
                                          .again = again };
#ifndef NDEBUG
    if (borrowed && a->layout.contiguous)
        t->leaf[t->nleaf - 1].checksum = XXH3_64bits(a->data, bytes);
#endif
    return x;
}

dl_val dl_leaf(dl_tape *t, const dl_array *a)
{
    if (!t || t->status) return dl_none(t);
    if (!a) return dl_fail(t, DL_ENULL, "leaf", "the array is a null pointer");
    if (a->status) return dl_fail(t, a->status, "leaf", "%s", a->message);
    if (follows(t, a)) return record_leaf(t, a, false);
    if (!room_for_leaf(t)) return no_memory_for_leaf(t);
    hash_leaves(t);
    uint64_t *slot;
    int64_t known = find_leaf(t, a, &slot);
    if (known >= 0 && t->leaf[known].version == a->version && t->leaf[known].serial == a->serial)
        return dl__handle(t, t->leaf[known].node);
    dl_val x = record_leaf(t, a, known >= 0);
    hash_leaves(t);
    return x;
}

/* ---- scalars and constants ------------------------------------------------------------------- */

const dl_op dl__scalar_op = { .name = "scalar", .shapes = "-> ()" };

static uint32_t rank_zero(dl_tape *t, dl_dtype dtype)
{
    return dl__intern_shape(&t->intern, &(dl_shape){ .dtype = (int32_t)dtype, .numel = 1 });
}

/* A scalar lies beside its value as double, which a replay in f64 reads. */
dl_val dl_scalar(dl_tape *t, dl_dtype dtype, double value)
{
    if (!t || t->status) return dl_none(t);
    if (dtype != DL_F32 && dtype != DL_F64)
        return dl_fail(t, DL_EDTYPE, "scalar", "%s does not compute, use f32 or f64",
                       dl_dtype_name(dtype));
    if (t->deriving) return dl_constant(t, dtype, value);
    double *data = dl__arena(&t->arena, 2 * sizeof *data, sizeof *data);
    /* In a repeated step the shape is the previous node's, and need not be looked up. */
    const dl_rec *r = t->n < t->ghost ? &t->rec[t->n] : NULL;
    uint32_t shape =
        r && r->op == &dl__scalar_op && dl__layout(t, r->shape)->shape.dtype == (int)dtype
            ? r->shape
            : rank_zero(t, dtype);
    if (!data || !shape) return dl_fail(t, DL_ENOMEM, "scalar", "out of memory");
    dl__store_real(data, dtype, value);
    data[1] = value;
    return dl__record_given(t, &dl__scalar_op, shape, 0, 0, data);
}

dl_val dl_scalar_like(const char *name, dl_val x, double value)
{
    if (!dl_usable(name, &x, 1)) return dl_none(x.tape);
    dl_dtype dtype = (dl_dtype)dl__layout(x.tape, x.tape->rec[x.id].shape)->shape.dtype;
    if (dtype >= DL_NREAL)
        return dl_fail(x.tape, DL_EDTYPE, name, "%s does not compute, use f32 or f64",
                       dl_dtype_name(dtype));
    return dl_scalar(x.tape, dtype, value);
}

static void constant_infer(dl_infer *c)
{
    int64_t dtype = ((const dl_constant_attr *)c->attr)->dtype;
    c->out.dtype = (int32_t)dtype;
    if (dtype < 0 || dtype >= DL_NDTYPE) dl_reject(c, DL_EDTYPE, "no such dtype");
}

const dl_op dl__constant_op = {
    .name = "constant",
    .shapes = "-> ()",
    .attr_size = sizeof(dl_constant_attr),
    .infer = constant_infer,
};

dl_val dl_constant(dl_tape *t, dl_dtype dtype, double value)
{
    dl_constant_attr attr = { .dtype = dtype };
    memcpy(&attr.bits, &value, sizeof value);
    return dl_record(t, &dl__constant_op, &attr, NULL);
}

/* ---- detach and copy ------------------------------------------------------------------------- */

static void same_infer(dl_infer *c) { c->same = 0; }

static bool same_view(const dl_layout *in, const void *attr, dl_layout *out, int64_t *offset)
{
    (void)attr;
    memcpy(out->stride, in->stride, sizeof in->stride);
    *offset = 0;
    return true;
}

dl_val dl_vjp_zero(const dl_node *y, int i, dl_val g)
{
    (void)i;
    (void)g;
    return dl_none(y->tape);
}

const dl_op dl__detach_op = {
    .name = "detach",
    .nin = 1,
    .shapes = "any -> same",
    .infer = same_infer,
    .view = same_view,
    .vjp = dl_vjp_zero,
};

dl_val dl_detach(dl_val x) { return dl_apply(&dl__detach_op, NULL, x); }

static void copy_eval(const dl_call *c)
{
    dl__copy_elements(dl_result(c), dl_operand_layout(c, 0), dl_operand(c, 0));
}

static void copy_emit(const dl_emit *e)
{
    dl_loop l;
    dl_layout y = *e->layout[0];
    dl_loop_make(&l, &y.shape, (const dl_layout *const[]){ &y, e->layout[1] }, 2);
    dl_index to = { "" }, from = { "" };
    dl_emit_terms(&to, &l, 0, 'i');
    dl_emit_terms(&from, &l, 1, 'i');
    int loops = dl_emit_loops(e, &l, 0, 'i');
    dl_emit_line(e, "%s[%s] = %s[%s];", e->name[0], dl_place(&to), e->name[1], dl_place(&from));
    dl_emit_end(e, loops);
}

static dl_val copy_vjp(const dl_node *y, int i, dl_val g)
{
    (void)y;
    (void)i;
    return g;
}

const dl_op dl__copy_op = {
    .name = "copy",
    .nin = 1,
    .flags = DL_STRIDED,
    .shapes = "any -> same",
    .infer = same_infer,
    .eval = { { copy_eval, copy_eval }, { copy_eval, copy_eval }, { copy_eval, copy_eval } },
    .emit = copy_emit,
    .vjp = copy_vjp,
};
