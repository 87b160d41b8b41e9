/* key.c: the key of a plan. The nodes that the wanted values need are found by one walk backwards,
 * renumbered, and written into one block of bytes: dead code is gone, and the same structure has
 * the same bytes wherever it stands on the tape. The hash of the bytes only picks a bucket; the
 * bytes themselves decide.
 *
 * What stands in the key: op, attributes, dtype, sizes and labels (as interned numbers), operands,
 * which external is which, strides of borrowed leaves, the outputs, and which parts are disabled.
 * What does not: addresses, values of scalars, places, names. */
#include "internal.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { EXTERNAL = 1u << 31, NEEDED = 1 };

typedef struct walk {
    uint32_t low, high, nrec, next; /* nodes low..high are looked at */
    bool all;                       /* also what has been computed already */
} walk;

static bool is_root(const dl_tape *t, uint32_t id)
{
    return t->rec[id].op == &dl__leaf_op || t->rec[id].op == &dl__scalar_op;
}

static bool want_operand(dl_tape *t, walk *w, uint32_t id)
{
    if (t->mark[id]) return true;
    if (!t->data[id] || (w->all && !is_root(t, id))) {
        t->mark[id] = NEEDED;
        if (id < w->low) w->low = id;
        if (id > w->high) w->high = id;
        return true;
    }
    if (!dl__grow(&t->ids, &t->cap_ids, w->next + 1, sizeof *t->ids)) return false;
    t->ids[w->next++] = id;
    t->mark[id] = EXTERNAL | w->next;
    return true;
}

/* Marks what is needed; externals are numbered in the order in which they are met. */
static bool walk_back(dl_tape *t, const uint32_t *want, uint32_t n, walk *w)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!want_operand(t, w, want[i])) return false;
        if (want[i] > w->high) w->high = want[i];
        if (want[i] < w->low) w->low = want[i];
    }
    for (uint32_t id = w->high + 1; id-- > w->low;) {
        if (t->mark[id] != NEEDED) continue;
        const dl_rec *r = &t->rec[id];
        w->nrec++;
        for (int i = 0; i < r->op->nin; i++)
            if (!want_operand(t, w, r->in[i])) return false;
    }
    return true;
}

static void unmark(dl_tape *t, const walk *w)
{
    if (w->low <= w->high)
        memset(t->mark + w->low, 0, (size_t)(w->high - w->low + 1) * sizeof *t->mark);
    for (uint32_t e = 0; e < w->next; e++) t->mark[t->ids[e]] = 0;
}

static uint32_t operand(const dl_tape *t, uint32_t next, uint32_t id)
{
    uint32_t m = t->mark[id];
    return m & EXTERNAL ? (m & ~EXTERNAL) - 1 : next + m - 1;
}

/* header: nrec, next, nout, disabled; then externals, outputs, padding to 8, records. */
static void lay_out(dl_key *key, void *block)
{
    uint32_t *words = block;
    size_t front = 4 + 2 * (size_t)key->next + key->nout;
    front += front & 1;
    key->block = block;
    key->ext = words + 4;
    key->out = words + 4 + 2 * (size_t)key->next;
    key->rec = (const dl_rec *)(const void *)(words + front);
    key->bytes = front * sizeof *words + key->nrec * sizeof(dl_rec);
}

bool dl__key_make(dl_tape *t, const uint32_t *want, uint32_t n, bool all, dl_key *key,
                  dl_bound *bound)
{
    walk w = { .low = UINT32_MAX, .all = all };
    bool ok = walk_back(t, want, n, &w);
    *key = (dl_key){ .next = w.next, .nrec = w.nrec, .nout = n };
    uint32_t *words = NULL, *ids = NULL;
    if (ok) {
        lay_out(key, NULL);
        words = dl__arena(&t->scratch, key->bytes, 16);
        ids = dl__arena(&t->scratch, (w.next + n + 1) * sizeof *ids, sizeof *ids);
    }
    if (!words || !ids) {
        unmark(t, &w);
        return false;
    }
    lay_out(key, words);
    const uint32_t *records = (const uint32_t *)(const void *)key->rec;
    words[records - words - 1] = 0; /* the padding, if there is any */
    memcpy(words, (const uint32_t[]){ w.nrec, w.next, n, t->disabled }, 4 * sizeof *words);
    uint32_t *ext = words + 4, *out = ext + 2 * (size_t)w.next;
    for (uint32_t e = 0; e < w.next; e++) {
        const dl_rec *r = &t->rec[t->ids[e]];
        ext[2 * e] = r->shape;
        ext[2 * e + 1] = r->op == &dl__leaf_op && !all ? r->attr : 0;
    }
    dl_rec *rec = (dl_rec *)(words + (records - words));
    uint32_t k = 0;
    for (uint32_t id = w.low; id <= w.high && k < w.nrec; id++) {
        if (t->mark[id] != NEEDED) continue;
        rec[k] = t->rec[id];
        for (int i = 0; i < rec[k].op->nin; i++) rec[k].in[i] = operand(t, w.next, rec[k].in[i]);
        t->mark[id] = ++k;
    }
    for (uint32_t i = 0; i < n; i++) out[i] = operand(t, w.next, want[i]);
    if (w.next) memcpy(ids, t->ids, w.next * sizeof *ids);
    memcpy(ids + w.next, want, n * sizeof *ids);
    *bound = (dl_bound){ ids, ids + w.next };
    unmark(t, &w);
    key->hash = t->disabled & DL_HASH ? 0 : XXH3_64bits(key->block, key->bytes);
    return true;
}

uint32_t dl__key_node(dl_tape *t, const uint32_t *want, uint32_t n, uint32_t k)
{
    walk w = { .low = UINT32_MAX };
    uint32_t node = UINT32_MAX;
    if (walk_back(t, want, n, &w) && k < w.nrec)
        for (node = w.low; t->mark[node] != NEEDED || k--; node++)
            ;
    unmark(t, &w);
    return node;
}

bool dl__key_equal(const dl_key *a, const dl_key *b)
{
    return a->hash == b->hash && a->bytes == b->bytes && a->block && b->block
           && memcmp(a->block, b->block, a->bytes) == 0;
}

void dl__key_copy(dl_key *to, const dl_key *from, void *memory)
{
    *to = *from;
    memcpy(memory, from->block, from->bytes);
    lay_out(to, memory);
}

/* ---- why a key missed ------------------------------------------------------------------------ */

static void shape_difference(const dl_tape *t, uint32_t a, uint32_t b, char *text, size_t n)
{
    char is[DL_SHAPE_TEXT], was[DL_SHAPE_TEXT];
    const dl_shape *x = &dl__layout(t, a)->shape, *y = &dl__layout(t, b)->shape;
    if (x->dtype != y->dtype)
        snprintf(text, n, "%s, was %s", dl_dtype_name((dl_dtype)y->dtype),
                 dl_dtype_name((dl_dtype)x->dtype));
    else
        snprintf(text, n, "sizes %s, were %s", dl_shape_text(y, is, sizeof is),
                 dl_shape_text(x, was, sizeof was));
}

static bool record_difference(const dl_tape *t, const dl_key *a, const dl_key *b, uint32_t k,
                              char *text, size_t n)
{
    const dl_rec *x = &a->rec[k], *y = &b->rec[k];
    char what[80 + 2 * DL_SHAPE_TEXT];
    if (memcmp(x, y, sizeof *x) == 0) return false;
    if (x->op != y->op) snprintf(what, sizeof what, "was %s", x->op->name);
    else if (x->shape != y->shape) shape_difference(t, x->shape, y->shape, what, sizeof what);
    else if (x->attr != y->attr) snprintf(what, sizeof what, "other attributes");
    else snprintf(what, sizeof what, "other operands");
    snprintf(text, n, "node %u: %s, %s", k, y->op->name, what);
    return true;
}

void dl__key_difference(const dl_tape *t, const dl_key *a, const dl_key *b, char *text, size_t n)
{
    char what[2 * DL_SHAPE_TEXT];
    if (!a->block) {
        snprintf(text, n, "the plan used before had %u nodes, too many to keep its key", a->nrec);
        return;
    }
    for (uint32_t e = 0; e < a->next && e < b->next; e++) {
        if (a->ext[2 * e] == b->ext[2 * e]) continue;
        shape_difference(t, a->ext[2 * e], b->ext[2 * e], what, sizeof what);
        snprintf(text, n, "input %u: %.140s", e, what);
        return;
    }
    for (uint32_t k = 0; k < a->nrec && k < b->nrec; k++)
        if (record_difference(t, a, b, k, text, n)) return;
    if (a->nrec != b->nrec) snprintf(text, n, "%u nodes, were %u", b->nrec, a->nrec);
    else if (a->next != b->next) snprintf(text, n, "%u inputs, were %u", b->next, a->next);
    else if (a->nout != b->nout) snprintf(text, n, "%u outputs, were %u", b->nout, a->nout);
    else if (memcmp(a->out, b->out, a->nout * sizeof *a->out) != 0)
        snprintf(text, n, "other outputs of the same nodes");
    else snprintf(text, n, "other strides of an input, or other parts disabled");
}
