/* record.c: the recording of nodes.
 *
 * Invariants: rec, place, data and mark have room for n nodes at least. A node's operands come
 * before it. While ghost > n the step has so far repeated the previous one, node by node, and
 * rec[n..ghost) is what the previous step recorded next: an equal node needs no shape rule, no
 * interning and no comparison of keys, because equal operands and attributes have equal shapes, by
 * induction. */
#define DL_NO_PLACES
#include "internal.h"

bool dl__reserve_node(dl_tape *t)
{
    size_t need = (size_t)t->n + 1;
    if (need <= t->cap_mark) return true;
    size_t marked = t->cap_mark;
    if (need >= UINT32_MAX / 2) {
        dl__tape_fail(t, DL_EOVERFLOW, "tape: more than %u nodes", UINT32_MAX / 2);
        return false;
    }
    if (!dl__grow(&t->rec, &t->cap_rec, need, sizeof *t->rec)
        || !dl__grow(&t->place, &t->cap_place, need, sizeof *t->place)
        || !dl__grow(&t->data, &t->cap_data, need, sizeof *t->data)
        || !dl__grow(&t->mark, &t->cap_mark, need, sizeof *t->mark)) {
        dl__no_memory(t, "tape");
        return false;
    }
    memset(t->mark + marked, 0, (t->cap_mark - marked) * sizeof *t->mark);
    return true;
}

void dl__diverge(dl_tape *t)
{
    t->ghost = 0;
    t->ghost_log = 0;
}

/* The number of the result's shape; 0: rejected, or no memory. */
static uint32_t infer(dl_tape *t, const dl_op *op, const void *attr, const uint32_t *id)
{
    dl_infer c = { .tape = t, .op = op, .attr = attr, .same = -1 };
    for (int i = 0; i < op->nin; i++) c.in[i] = &dl__layout(t, t->rec[id[i]].shape)->shape;
    op->infer(&c);
    if (t->status) return 0;
    if (c.same >= 0) return t->rec[id[c.same]].shape;
    if (!dl__shape_finish(&c.out)) {
        dl_reject(&c, DL_EOVERFLOW, "the sizes of the result overflow");
        return 0;
    }
    uint32_t shape = dl__intern_shape(&t->intern, &c.out);
    if (!shape) dl__no_memory(t, op->name);
    return shape;
}

static __attribute__((noinline)) dl_val append(dl_tape *t, const dl_rec *rec, void *data)
{
    if (!dl__reserve_node(t)) return dl_none(t);
    t->rec[t->n] = *rec;
    t->place[t->n] = NULL;
    t->data[t->n] = data;
    return dl__handle(t, t->n++);
}

/* Attributes are words, and mostly few: less than a call costs. */
static inline bool same_attr(const char *a, const char *b, size_t n)
{
    for (uint64_t x, y; n >= sizeof x; n -= sizeof x, a += sizeof x, b += sizeof x) {
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        if (x != y) return false;
    }
    for (; n; n--)
        if (*a++ != *b++) return false;
    return true;
}

/* Whether this is what the previous step recorded here. Operands that are equal to those of a
 * recorded node come before it, and need no other check than for tape and epoch. */
static inline bool repeats(const dl_tape *t, const dl_op *op, const void *attr, const dl_val *in)
{
    const dl_rec *r = &t->rec[t->n];
    if (r->op != op || t->status) return false;
    for (int i = 0; i < op->nin; i++)
        if (in[i].id != r->in[i] || in[i].tape != t || in[i].epoch != t->epoch) return false;
    return !op->attr_size || same_attr(dl__attr(t, r->attr), attr, op->attr_size);
}

bool dl_repeats(const dl_op *op, dl_val a, dl_val b, dl_val *y)
{
    dl_tape *t = a.tape;
    if (!t || t != b.tape || t->n >= t->ghost || t->status) return false;
    const dl_rec *r = &t->rec[t->n];
    if (r->op != op || r->in[0] != a.id || r->in[1] != b.id) return false;
    if (a.epoch != t->epoch || b.epoch != t->epoch) return false;
    t->data[t->n] = NULL;
    *y = dl__handle(t, t->n++);
    return true;
}

static __attribute__((noinline)) dl_val record_new(dl_tape *t, const dl_op *op, const void *attr,
                                                   const dl_val *in)
{
    if (op->nin) t = dl_any_tape(in, op->nin);
    if (!t || t->status) return dl_none(t);
    dl_rec rec = { .op = op };
    for (int i = 0; i < op->nin; i++) {
        if (!dl__good(t, in[i])) return dl__blame(op->name, in, op->nin), dl_none(t);
        rec.in[i] = in[i].id;
    }
    dl__diverge(t);
    if (!(rec.shape = infer(t, op, attr, rec.in))) return dl_none(t);
    if (op->attr_size && !(rec.attr = dl__intern(&t->intern, attr, op->attr_size)))
        return dl__no_memory(t, op->name), dl_none(t);
    return append(t, &rec, NULL);
}

dl_val dl_record(dl_tape *t, const dl_op *op, const void *attr, const dl_val *in)
{
    dl_tape *own = op->nin ? in[0].tape : t;
    if (!own || own->n >= own->ghost || !repeats(own, op, attr, in))
        return record_new(t, op, attr, in);
    own->data[own->n] = NULL;
    return dl__handle(own, own->n++);
}

dl_val dl__record_given(dl_tape *t, const dl_op *op, uint32_t shape, uint32_t attr, uint32_t in0,
                        void *data)
{
    if (t->n < t->ghost) {
        const dl_rec *r = &t->rec[t->n];
        if (r->op == op && r->shape == shape && r->attr == attr && r->in[0] == in0) {
            t->data[t->n] = data;
            return dl__handle(t, t->n++);
        }
    }
    dl__diverge(t);
    return append(t, &(dl_rec){ .op = op, .in = { in0 }, .shape = shape, .attr = attr }, data);
}
