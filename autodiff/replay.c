/* replay.c: records a part of a tape again on another tape, in another precision. Rows and
 * attributes are the same; leaves are converted; user code is not called. */
#define DL_NO_PLACES
#include "replay.h"

static dl_dtype converted(dl_dtype own, dl_dtype dtype) { return own < DL_NREAL ? dtype : own; }

/* The value of x as an array of its own, in the other precision. */
static dl_array *array_of(dl_replay *r, dl_val x, dl_dtype dtype)
{
    const dl_shape *s = dl_shape_of(x);
    const void *from = dl_data(x);
    if (!from) return NULL;
    if (!dl__grow(&r->array, &r->cap_array, r->narray + 1, sizeof *r->array))
        return dl__no_memory(x.tape, "gradcheck"), NULL;
    dl_dtype to = converted((dl_dtype)s->dtype, dtype);
    dl_array *a = dl_array_new(to, NULL, s->rank, s->dim);
    r->array[r->narray++] = a;
    if (a->status) return dl__no_memory(x.tape, "gradcheck"), NULL;
    memcpy(a->layout.shape.labels, s->labels, sizeof s->labels);
    for (int64_t i = 0; i < s->numel; i++)
        dl__store_real((char *)a->data + i * (int64_t)dl_dtype_size(to), to,
                       dl__load_real(from, (dl_dtype)s->dtype, i));
    dl_array_set_name(a, dl_name_of(x));
    return a;
}

static dl_val repeat_node(dl_replay *r, dl_tape *from, uint32_t id, const uint32_t *map,
                          dl_dtype dtype)
{
    const dl_rec *rec = &from->rec[id];
    dl_val in[DL_MAX_IN];
    union {
        int64_t dtype;
        char bytes[512];
    } attr;
    for (int i = 0; i < rec->op->nin; i++) in[i] = dl__handle(r->tape, map[rec->in[i]] - 1);
    if (rec->op == &dl__leaf_op) {
        dl_array *a = array_of(r, dl__handle(from, id), dtype);
        return a ? dl_leaf(r->tape, a) : dl_none(r->tape);
    }
    if (rec->op == &dl__scalar_op)
        return dl_scalar(r->tape, dtype, ((const double *)from->data[id])[1]);
    bool typed = !rec->op->nin || rec->op->flags & DL_TYPED;
    if (!typed || rec->op->attr_size > sizeof attr)
        return dl_record(r->tape, rec->op, dl__attr(from, rec->attr), in);
    memcpy(&attr, dl__attr(from, rec->attr), rec->op->attr_size);
    attr.dtype = converted((dl_dtype)attr.dtype, dtype);
    return dl_record(r->tape, rec->op, &attr, rec->op->nin ? in : NULL);
}

/* 1 for nodes that y needs; wrt are not looked behind. */
static void mark_needed(const dl_tape *t, uint32_t *map, uint32_t y)
{
    if (!map[y]) map[y] = 1;
    for (uint32_t id = y + 1; id-- > 0;)
        if (map[id] == 1)
            for (int i = 0; i < t->rec[id].op->nin; i++)
                if (!map[t->rec[id].in[i]]) map[t->rec[id].in[i]] = 1;
}

static bool replay(dl_replay *r, dl_val y, const dl_val *wrt, uint32_t *map, dl_dtype dtype)
{
    dl_tape *from = y.tape;
    for (int k = 0; k < r->n; k++) {
        dl_array *a = array_of(r, wrt[k], dtype);
        if (!a) return false;
        r->wrt[k] = dl_leaf(r->tape, a);
        if (wrt[k].id <= y.id) map[wrt[k].id] = r->wrt[k].id + 2;
    }
    mark_needed(from, map, y.id);
    for (uint32_t id = 0; id <= y.id && !r->tape->status && !from->status; id++) {
        if (map[id] > 1) map[id]--;
        else if (map[id] == 1) map[id] = repeat_node(r, from, id, map, dtype).id + 1;
    }
    if (r->tape->status) dl__tape_fail(from, r->tape->status, "gradcheck: %s", r->tape->text);
    r->y = dl__handle(r->tape, map[y.id] - 1);
    return !from->status;
}

bool dl__replay(dl_replay *r, dl_val y, const dl_val *wrt, int n, dl_dtype dtype)
{
    *r = (dl_replay){ .n = n, .tape = dl_tape_create(y.tape->algebra) };
    uint32_t *map = dl__zalloc(((size_t)y.id + 1) * sizeof *map);
    r->wrt = dl__alloc((size_t)n * sizeof *r->wrt);
    bool ok = map && r->wrt && !r->tape->status;
    if (!ok) dl__no_memory(y.tape, "gradcheck");
    ok = ok && replay(r, y, wrt, map, dtype);
    dl__free(map);
    return ok;
}

void dl__replay_free(dl_replay *r)
{
    for (size_t i = 0; i < r->narray; i++) dl_array_free(r->array[i]);
    dl__free(r->array);
    dl__free(r->wrt);
    dl_tape_free(r->tape);
    *r = (dl_replay){ 0 };
}
