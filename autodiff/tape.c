/* tape.c: the life of a tape, its one error, and the recording of nodes.
 *
 * Invariants: rec, place, data and mark have room for n nodes at least. A node's operands come
 * before it. While ghost > n the step has so far repeated the previous one, node by node, and
 * rec[n..ghost) is what the previous step recorded next: an equal node needs no shape rule, no
 * interning and no comparison of keys, because equal operands and attributes have equal shapes, by
 * induction. */
#define DL_NO_PLACES
#include "internal.h"

#include <stdarg.h>
#include <stdlib.h>

/* ---- life ------------------------------------------------------------------------------------ */

/* Stands for every tape that could not be allocated; nobody writes to it. */
static dl_tape no_memory = {
    .status = DL_ENOMEM,
    .frozen = true,
    .text = "tape: out of memory",
    .message = "tape: out of memory",
};

static unsigned disabled_by_environment(void)
{
    static const char *const parts[] = {
        "follow", "hash", "cache", "cse", "fold", "views", "reuse"
    };
    const char *text = getenv("DLTAPE_DISABLE");
    unsigned mask = 0;
    for (unsigned i = 0; text && i < sizeof parts / sizeof *parts; i++)
        if (strstr(text, parts[i])) mask |= 1u << i;
    return mask;
}

/* The best that the processor has, or DLTAPE_ISA=baseline. */
static dl_isa best_isa(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    const char *text = getenv("DLTAPE_ISA");
    if (text && strcmp(text, "baseline") == 0) return DL_BASELINE;
    if (__builtin_cpu_supports("avx2")) return DL_AVX2;
#endif
    return DL_BASELINE;
}

dl_tape *dl_tape_create(const dl_algebra *algebra)
{
    dl_tape *t = dl__zalloc(sizeof *t);
    if (!t) return &no_memory;
    t->algebra = algebra;
    t->epoch = 1;
    t->cache.limit = 64;
    t->disabled = disabled_by_environment();
    t->isa = best_isa();
    return t;
}

void dl_tape_free(dl_tape *t)
{
    if (!t || t->frozen) return;
    dl__cache_free(t);
    dl__intern_free(&t->intern);
    dl__arena_free(&t->arena);
    dl__arena_free(&t->scratch);
    void *const blocks[] = { t->rec,  t->place,     t->data,    t->mark, t->log,  t->ids,
                             t->leaf, t->leaf_slot, t->pending, t->name, t->block };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) dl__free(blocks[i]);
    dl__free(t);
}

/* Structures that come and go fill the intern table; then it starts again, and the plans with it.
 */
enum { INTERN_LIMIT = 1 << 14 };

void dl_tape_reset(dl_tape *t)
{
    if (!t || t->frozen) return;
    bool following = !(t->disabled & DL_FOLLOW);
    if (t->intern.n > INTERN_LIMIT) {
        dl_cache_clear(t);
        dl__intern_clear(&t->intern);
        following = false;
    }
    t->ghost = following ? t->n : 0;
    t->ghost_log = following ? t->nlog : 0;
    t->n = t->placed = 0;
    t->nlog = t->nleaf = t->npending = t->nname = 0;
    t->epoch++;
    t->status = DL_OK;
    t->deriving = false;
    t->text[0] = t->message[0] = '\0';
    t->error_place = t->call_place = NULL;
    dl__arena_reset(&t->arena);
}

void dl_tape_disable(dl_tape *t, unsigned parts)
{
    if (!t || t->frozen) return;
    t->disabled = parts;
    dl__diverge(t);
}

/* ---- the one error --------------------------------------------------------------------------- */

/* Called with the first error only: a breakpoint here catches all. */
static dl_status set_status(dl_tape *t, dl_status status)
{
    t->status = status;
    t->error_place = t->call_place;
    t->message[0] = '\0';
    return status;
}

static dl_status fail(dl_tape *t, dl_status status, const char *prefix, const char *format,
                      va_list args)
{
    if (!t) return status;
    if (t->status) return t->status;
    int at = snprintf(t->text, sizeof t->text, "%s", prefix);
    if (at >= 0 && (size_t)at < sizeof t->text)
        vsnprintf(t->text + at, sizeof t->text - (size_t)at, format, args);
    return set_status(t, status);
}

dl_status dl__tape_fail(dl_tape *t, dl_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    dl_status s = fail(t, status, "", format, args);
    va_end(args);
    return s;
}

dl_status dl__no_memory(dl_tape *t, const char *what)
{
    return dl__tape_fail(t, DL_ENOMEM, "%s: out of memory", what);
}

dl_status dl_tape_reject(dl_tape *t, dl_status status, const char *format, ...)
{
    va_list args;
    if (!t) return DL_ENULL;
    va_start(args, format);
    dl_status s = fail(t, status ? status : DL_EARG, "", format ? format : "rejected", args);
    va_end(args);
    return s;
}

dl_val dl_fail(dl_tape *t, dl_status status, const char *name, const char *format, ...)
{
    char prefix[80];
    va_list args;
    snprintf(prefix, sizeof prefix, "%s: ", name);
    va_start(args, format);
    fail(t, status, prefix, format, args);
    va_end(args);
    return dl_none(t);
}

void dl_reject(dl_infer *c, dl_status status, const char *format, ...)
{
    static const char *const letters = "a b c d";
    char prefix[80 + DL_MAX_IN * (DL_SHAPE_TEXT + 8)], shape[DL_SHAPE_TEXT];
    const char *name = c->op->operands ? c->op->operands : letters;
    size_t at = (size_t)snprintf(prefix, sizeof prefix, "%.60s: ", c->op->name);
    for (int i = 0; i < c->op->nin; i++) {
        int length = (int)strcspn(name, " ");
        at += (size_t)snprintf(
            prefix + at, sizeof prefix - at, "%.*s %s%s", length > 6 ? 6 : length, name,
            dl_shape_text(c->in[i], shape, sizeof shape), i + 1 < c->op->nin ? ", " : ": ");
        name += length + (name[length] == ' ');
    }
    va_list args;
    va_start(args, format);
    fail(c->tape, status, prefix, format, args);
    va_end(args);
}

dl_status dl_tape_status(const dl_tape *t) { return t ? t->status : DL_ENULL; }

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *dl_tape_message(const dl_tape *tape)
{
    if (!tape) return "tape: null pointer";
    if (tape->frozen || !tape->status) return tape->message;
    dl_tape *t = (dl_tape *)(uintptr_t)tape; /* the message is composed when it is first read */
    if (t->error_place)
        snprintf(t->message, sizeof t->message, "%s [%s]", t->text, base_name(t->error_place));
    else snprintf(t->message, sizeof t->message, "%s", t->text);
    return t->message;
}

/* ---- places ---------------------------------------------------------------------------------- */

dl_val dl_placed(dl_val x, const char *place)
{
    dl_tape *t = x.tape;
    if (!t || t->frozen) return x;
    if (t->status && !t->error_place) t->error_place = place;
    const char **at = t->place;
    for (uint32_t n = t->n, k = t->placed; k < n; k++) at[k] = place;
    t->placed = t->n;
    return x;
}

dl_val dl_here(dl_val x, const char *place)
{
    dl_tape_here(x.tape, place);
    return x;
}

dl_tape *dl_tape_here(dl_tape *t, const char *place)
{
    if (t && !t->frozen) t->call_place = place;
    return t;
}

/* ---- recording ------------------------------------------------------------------------------- */

size_t dl_tape_nodes(const dl_tape *t) { return t ? t->n : 0; }

dl_val dl_none(dl_tape *t) { return (dl_val){ t, UINT32_MAX, t ? t->epoch : 0 }; }

dl_tape *dl_any_tape(const dl_val *in, int n)
{
    for (int i = 0; in && i < n; i++)
        if (in[i].tape) return in[i].tape;
    return NULL;
}

dl_val *dl_work_list(dl_tape *t, int64_t n)
{
    return dl__arena(&t->arena, (size_t)(n > 0 ? n : 1) * sizeof(dl_val), 8);
}

static bool good(const dl_tape *t, dl_val x)
{
    return x.tape == t && x.epoch == t->epoch && x.id < t->n;
}

/* Says what is wrong with the first handle that is not good. */
static bool blame(dl_tape *t, const char *name, const dl_val *in, int n)
{
    static const char *const ordinal[] = { "first", "second", "third", "fourth" };
    if (!t || t->status) return false;
    for (int i = 0; i < n; i++) {
        const char *which = i < 4 ? ordinal[i] : "later";
        if (!in[i].tape)
            dl__tape_fail(t, DL_ENULL, "%s: the %s operand is an empty handle", name, which);
        else if (in[i].tape != t)
            dl__tape_fail(t, DL_ETAPE, "%s: the %s operand lives on another tape", name, which);
        else if (in[i].epoch != t->epoch)
            dl__tape_fail(t, DL_ESTALE, "%s: the %s operand is from before dl_tape_reset", name,
                          which);
        else if (in[i].id >= t->n)
            dl__tape_fail(t, DL_ESTALE, "%s: the %s operand is no value of this tape", name, which);
    }
    return false;
}

bool dl_usable(const char *name, const dl_val *in, int n)
{
    dl_tape *t = dl_any_tape(in, n);
    if (!t || t->status) return false;
    for (int i = 0; i < n; i++)
        if (!good(t, in[i])) return blame(t, name, in, n);
    return true;
}

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

static dl_val append(dl_tape *t, const dl_rec *rec, void *data)
{
    if (!dl__reserve_node(t)) return dl_none(t);
    t->rec[t->n] = *rec;
    t->place[t->n] = NULL;
    t->data[t->n] = data;
    return dl__handle(t, t->n++);
}

/* Whether this is what the previous step recorded here, but for attributes. Operands that are equal
 * to those of a recorded node come before it, and need no other check than for tape and epoch. */
static inline bool repeats(const dl_tape *t, const dl_op *op, const dl_val *in)
{
    const dl_rec *r = &t->rec[t->n];
    if (r->op != op || t->status) return false;
    for (int i = 0; i < op->nin; i++)
        if (in[i].id != r->in[i] || in[i].tape != t || in[i].epoch != t->epoch) return false;
    return true;
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

static dl_val record_new(dl_tape *t, const dl_op *op, const void *attr, const dl_val *in)
{
    dl_rec rec = { .op = op };
    for (int i = 0; i < op->nin; i++) {
        if (!good(t, in[i])) return blame(t, op->name, in, op->nin), dl_none(t);
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
    if (op->nin) t = in[0].tape;
    if (t && t->n < t->ghost && repeats(t, op, in)
        && (!op->attr_size || memcmp(dl__attr(t, t->rec[t->n].attr), attr, op->attr_size) == 0)) {
        t->data[t->n] = NULL;
        return dl__handle(t, t->n++);
    }
    if (op->nin) t = dl_any_tape(in, op->nin);
    return t && !t->status ? record_new(t, op, attr, in) : dl_none(t);
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

/* ---- what a handle tells --------------------------------------------------------------------- */

static const dl_shape *shape_of(dl_val x)
{
    static const dl_shape nothing;
    return x.tape && good(x.tape, x) ? &dl__layout(x.tape, x.tape->rec[x.id].shape)->shape
                                     : &nothing;
}

const dl_shape *dl_shape_of(dl_val x) { return shape_of(x); }

dl_tape *dl_tape_of(dl_val x) { return x.tape; }

dl_dtype dl_dtype_of(dl_val x) { return (dl_dtype)shape_of(x)->dtype; }

int dl_rank(dl_val x) { return shape_of(x)->rank; }

int64_t dl_size(dl_val x, int axis)
{
    const dl_shape *s = shape_of(x);
    return axis >= 0 && axis < s->rank ? s->dim[axis] : -1;
}

int64_t dl_numel(dl_val x) { return shape_of(x)->numel; }

const char *dl_dims(dl_val x) { return shape_of(x)->labels; }

int dl_finddim(dl_val x, char label)
{
    const dl_shape *s = shape_of(x);
    const char *p = label ? strchr(s->labels, label) : NULL;
    return p ? (int)(p - s->labels) : -1;
}

dl_val dl_name(dl_val x, const char *name)
{
    dl_tape *t = x.tape;
    if (!dl_usable("name", &x, 1) || !name) return x;
    if (!dl__grow(&t->name, &t->cap_name, t->nname + 1, sizeof *t->name))
        return dl__no_memory(t, "name"), dl_none(t);
    t->name[t->nname++] = (dl_named){ x.id, name };
    return x;
}

const char *dl_name_of(dl_val x)
{
    if (!x.tape || !good(x.tape, x)) return "";
    const dl_tape *t = x.tape;
    for (size_t i = t->nname; i-- > 0;)
        if (t->name[i].node == x.id) return t->name[i].name;
    const dl_rec *r = &t->rec[x.id];
    if (r->op == &dl__leaf_op && t->leaf[r->in[0]].name[0]) return t->leaf[r->in[0]].name;
    return r->op->name;
}

dl_val dl_in(const dl_node *y, int i) { return dl__handle(y->tape, y->tape->rec[y->id].in[i]); }

dl_val dl_out(const dl_node *y) { return dl__handle(y->tape, y->id); }

const void *dl_attr(const dl_node *y) { return dl__attr(y->tape, y->tape->rec[y->id].attr); }
