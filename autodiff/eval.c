/* eval.c: evaluation: what is wanted and not there yet, by the plan that the key or the previous
 * step names; then the assignments. */
#define DL_NO_PLACES
#include "internal.h"

#include <math.h>

/* The log of an evaluation: EVAL, n, nwant, wanted nodes; then what came of it. */
enum { HEAD = 3 };
typedef struct outcome {
    dl_plan *plan;
    uint32_t generation, next;
} outcome;
enum { OUTCOME_WORDS = sizeof(outcome) / sizeof(uint32_t) };

static dl_status run_new(dl_tape *t, const uint32_t *want, uint32_t n, size_t known)
{
    dl_key key;
    dl_bound bound;
    if (!dl__key_make(t, want, n, false, &key, &bound)) return dl__no_memory(t, "eval");
    dl_plan *plan = dl__cache_plan(t, &key);
    if (!plan) return dl__no_memory(t, "eval");
    outcome o = { plan, t->cache.generation, key.next };
    if (known) {
        memcpy(t->log + known, &o, sizeof o);
        t->nlog = known + OUTCOME_WORDS + key.next;
    } else {
        uint32_t words[OUTCOME_WORDS];
        memcpy(words, &o, sizeof o);
        if (!dl__log_append(t, words, OUTCOME_WORDS) || !dl__log_append(t, bound.ext, key.next))
            return dl__no_memory(t, "eval");
    }
    return dl__run(t, plan, bound.ext, bound.out);
}

static dl_status compute(dl_tape *t, const uint32_t *event, uint32_t n)
{
    bool failed;
    size_t known = dl__log_event(t, event, HEAD + n, &failed);
    if (failed) return dl__no_memory(t, "eval");
    outcome o;
    if (known) {
        memcpy(&o, t->log + known, sizeof o);
        if (o.generation == t->cache.generation) {
            t->nlog = known + OUTCOME_WORDS + o.next;
            t->cache.info.followed++;
            dl__cache_touch(&t->cache, o.plan);
            return dl__run(t, o.plan, t->log + known + OUTCOME_WORDS, event + HEAD);
        }
    }
    return run_new(t, event + HEAD, n, known);
}

/* x lies in logical order without gaps; the array may not. */
static void store(dl_array *to, const char *x)
{
    const dl_layout *l = &to->layout;
    size_t size = dl_dtype_size((dl_dtype)l->shape.dtype), bytes = (size_t)l->shape.numel * size;
    char *y = dl_array_write(to);
    if (l->contiguous) {
        if (bytes) memcpy(y, x, bytes);
        return;
    }
    int64_t index[DL_MAX_RANK] = { 0 }, at = 0;
    for (int64_t k = 0; k < l->shape.numel; k++) {
        memcpy(y + at * (int64_t)size, x + k * (int64_t)size, size);
        dl__next_element(l, index, &at);
    }
}

static void carry_out(dl_tape *t)
{
    for (size_t i = 0; i < t->npending; i++)
        if (t->pending[i].to) store(t->pending[i].to, t->data[t->pending[i].node]);
    t->npending = 0;
}

dl_status dl__evaluate(dl_tape *t, const uint32_t *want, uint32_t n)
{
    uint32_t *event = dl__arena(&t->scratch, (HEAD + n + t->npending) * sizeof *event, 4);
    if (!event) return dl__no_memory(t, "eval");
    uint32_t m = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!t->data[want[i]]) event[HEAD + m++] = want[i];
    for (size_t i = 0; i < t->npending; i++)
        if (!t->data[t->pending[i].node]) event[HEAD + m++] = t->pending[i].node;
    event[0] = DL__EVAL;
    event[1] = t->n;
    event[2] = m;
    if (m && compute(t, event, m)) {
        dl__scratch_done(t);
        return t->status;
    }
    dl__scratch_done(t);
    carry_out(t);
    return DL_OK;
}

/* ---- the public calls ------------------------------------------------------------------------ */

static void eval(dl_tape *t, const dl_val *outs, int n)
{
    if (n < 0 || (n && !outs)) {
        dl__tape_fail(t, n < 0 ? DL_EARG : DL_ENULL, "eval: %d outputs%s", n,
                      n < 0 ? "" : ", but no list of them");
        return;
    }
    if (n && (!dl_usable("eval", outs, n) || outs[0].tape != t)) {
        dl__tape_fail(t, outs[0].tape ? DL_ETAPE : DL_ENULL,
                      "eval: the outputs are not of this tape");
        return;
    }
    uint32_t *want = dl__arena(&t->scratch, ((size_t)n + 1) * sizeof *want, 4);
    if (!want) {
        dl__no_memory(t, "eval");
        return;
    }
    for (int i = 0; i < n; i++) want[i] = outs[i].id;
    dl__evaluate(t, want, (uint32_t)n);
}

dl_status dl_eval(dl_tape *t, const dl_val *outs, int n)
{
    if (t && !t->status) eval(t, outs, n);
    return dl__called(t);
}

/* The data of x, row-major and without gaps; null: the tape has the error. */
static const void *value_of(const char *name, dl_val x)
{
    dl_tape *t = x.tape;
    if (!dl_usable(name, &x, 1)) return NULL;
    if (!t->data[x.id] && dl__evaluate(t, &x.id, 1)) return NULL;
    const dl_rec *r = &t->rec[x.id];
    if (r->op != &dl__leaf_op || !t->leaf[r->in[0]].borrowed) return t->data[x.id];
    const dl_array *a = t->leaf[r->in[0]].array;
    if (a->version != t->leaf[r->in[0]].version) {
        dl__tape_fail(t, DL_EVERSION, "%s: the array %s was written after it was recorded", name,
                      t->leaf[r->in[0]].name);
        return NULL;
    }
    if (a->layout.contiguous) return t->data[x.id];
    size_t bytes = (size_t)a->layout.shape.numel * dl_dtype_size(dl_array_dtype(a));
    void *copy = dl__arena(&t->arena, bytes, 64);
    if (!copy) {
        dl__no_memory(t, name);
        return NULL;
    }
    dl__copy_elements(copy, &a->layout, a->data);
    return copy;
}

const void *dl_data(dl_val x)
{
    const void *data = value_of("data", x);
    dl__called(x.tape);
    return data;
}

static void read_to(dl_val x, void *to, size_t bytes)
{
    const void *from = value_of("read", x);
    if (!from) return;
    const dl_shape *s = dl_shape_of(x);
    size_t have = (size_t)s->numel * dl_dtype_size((dl_dtype)s->dtype);
    char text[DL_SHAPE_TEXT];
    if (bytes != have)
        dl__tape_fail(x.tape, DL_EARG, "read: %s %s takes %zu bytes, got room for %zu",
                      dl_dtype_name((dl_dtype)s->dtype), dl_shape_text(s, text, sizeof text), have,
                      bytes);
    else if (!to && bytes) dl__tape_fail(x.tape, DL_ENULL, "read: no memory to read into");
    else if (bytes) memcpy(to, from, bytes);
}

dl_status dl_read(dl_val x, void *to, size_t bytes)
{
    read_to(x, to, bytes);
    return dl__called(x.tape);
}

static double item(dl_val x)
{
    char text[DL_SHAPE_TEXT];
    if (!dl_usable("item", &x, 1)) return NAN;
    const dl_shape *s = dl_shape_of(x);
    if (s->numel != 1) {
        dl__tape_fail(x.tape, DL_ESHAPE, "item: %s has %lld elements, item reads one",
                      dl_shape_text(s, text, sizeof text), (long long)s->numel);
        return NAN;
    }
    const void *from = value_of("item", x);
    return from ? dl__load_real(from, (dl_dtype)s->dtype, 0) : NAN;
}

double dl_item(dl_val x)
{
    double number = item(x);
    dl__called(x.tape);
    return number;
}

/* ---- what the next evaluation brings along --------------------------------------------------- */

/* A borrowed leaf is copied first: its array may be stored to, or change, before it is read. */
static dl_val pend(const char *name, dl_val x, dl_array *to)
{
    dl_tape *t = x.tape;
    const dl_rec *r = &t->rec[x.id];
    if (r->op == &dl__leaf_op && t->leaf[r->in[0]].borrowed) x = dl_apply(&dl__copy_op, NULL, x);
    if (t->status) return x;
    if (!dl__grow(&t->pending, &t->cap_pending, t->npending + 1, sizeof *t->pending))
        return dl_fail(t, DL_ENOMEM, name, "out of memory");
    t->pending[t->npending++] = (dl_pending){ x.id, to };
    return x;
}

dl_val dl_keep(dl_val x)
{
    return dl_usable("keep", &x, 1) ? pend("keep", x, NULL) : dl_none(x.tape);
}

dl_val dl_assign(dl_array *to, dl_val x)
{
    char is[DL_SHAPE_TEXT], want[DL_SHAPE_TEXT];
    if (!dl_usable("assign", &x, 1)) return dl_none(x.tape);
    if (!to) return dl_fail(x.tape, DL_ENULL, "assign", "the array is a null pointer");
    if (to->status) return dl_fail(x.tape, to->status, "assign", "%s", to->message);
    const dl_shape *s = dl_shape_of(x), *a = &to->layout.shape;
    if (s->dtype != a->dtype)
        return dl_fail(x.tape, DL_EDTYPE, "assign", "%s into an array of %s",
                       dl_dtype_name((dl_dtype)s->dtype), dl_dtype_name((dl_dtype)a->dtype));
    if (s->rank != a->rank || memcmp(s->dim, a->dim, sizeof s->dim) != 0)
        return dl_fail(x.tape, DL_ESHAPE, "assign", "%s into an array of %s",
                       dl_shape_text(s, is, sizeof is), dl_shape_text(a, want, sizeof want));
    return pend("assign", x, to);
}
