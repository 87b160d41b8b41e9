/* grad.c: the reverse sweep, recorded as nodes.
 *
 * Two walks. Forwards from the first of `wrt` to y: which nodes depend on a wanted value.
 * Backwards: each such node hands its cotangent to its operands through its op's rule. A cotangent
 * always has the sizes and the labels of the value that it belongs to. */
#define DL_NO_PLACES
#include "grad.h"

enum { DEPENDS = 1, WANTED = 2 };

typedef struct part {
    dl_val g;
    struct part *next;
} part;

typedef struct dl_sweep {
    dl_tape *t;
    uint32_t first, y;   /* nodes first..y are looked at */
    uint8_t *depends;    /* by node - first: on a wanted value, and whether it is one */
    uint32_t *cotangent; /* by node - first: its node + 1; 0: none yet */
    part **parts;        /* by node - first: what is still to be added to it */
} sweep;

/* Integers and masks have no derivative, and none passes through them. */
static bool computes(const dl_tape *t, uint32_t id)
{
    return dl__layout(t, t->rec[id].shape)->shape.dtype < DL_NREAL;
}

static bool begin(sweep *s, const dl_val *wrt, int n)
{
    dl_tape *t = s->t;
    size_t nodes = (size_t)s->y - s->first + 1;
    s->depends = dl__arena(&t->scratch, nodes, 1);
    s->cotangent = dl__arena(&t->scratch, nodes * sizeof *s->cotangent, sizeof *s->cotangent);
    s->parts = dl__arena(&t->scratch, nodes * sizeof *s->parts, sizeof *s->parts);
    if (!s->depends || !s->cotangent || !s->parts) return dl__no_memory(t, "grad"), false;
    memset(s->depends, 0, nodes);
    memset(s->cotangent, 0, nodes * sizeof *s->cotangent);
    memset(s->parts, 0, nodes * sizeof *s->parts);
    for (int k = 0; k < n; k++)
        if (wrt[k].id <= s->y && computes(t, wrt[k].id))
            s->depends[wrt[k].id - s->first] = DEPENDS | WANTED;
    for (uint32_t id = s->first; id <= s->y; id++) {
        const dl_rec *r = &t->rec[id];
        for (int i = 0; i < r->op->nin; i++)
            if (r->in[i] >= s->first && s->depends[r->in[i] - s->first] && computes(t, id))
                s->depends[id - s->first] |= DEPENDS;
    }
    return true;
}

static bool depends(const sweep *s, uint32_t id)
{
    return id >= s->first && id <= s->y && s->depends[id - s->first];
}

bool dl_wanted(const dl_node *y, int i)
{
    const sweep *s = y->tape->sweep;
    uint32_t in = y->tape->rec[y->id].in[i];
    return s && in >= s->first && in <= s->y && s->depends[in - s->first] & WANTED;
}

static void add(sweep *s, uint32_t id, dl_val g)
{
    uint32_t *c = &s->cotangent[id - s->first];
    if (*c) g = s->t->algebra->add(dl__handle(s->t, *c - 1), g);
    if (!s->t->status) *c = g.id + 1;
}

/* Adds g to the cotangent of operand `id`; a part, once all of them are known. */
static void accumulate(sweep *s, uint32_t id, dl_val g)
{
    const dl_algebra *algebra = s->t->algebra;
    dl_val x = dl__handle(s->t, id);
    if (dl_shape_of(g) != dl_shape_of(x)) g = algebra->conform(g, x);
    if (s->t->status || !algebra->is_part(g)) {
        add(s, id, g);
        return;
    }
    part *p = dl__arena(&s->t->scratch, sizeof *p, sizeof p->next);
    if (!p) dl__no_memory(s->t, "grad");
    else *p = (part){ g, s->parts[id - s->first] }, s->parts[id - s->first] = p;
}

static void add_parts(sweep *s, uint32_t id)
{
    int n = 0;
    for (const part *p = s->parts[id - s->first]; p; p = p->next) n++;
    if (!n) return;
    dl_val *list = dl_work_list(s->t, n);
    if (!list) {
        dl__no_memory(s->t, "grad");
        return;
    }
    for (const part *p = s->parts[id - s->first]; p; p = p->next) *list++ = p->g;
    add(s, id, s->t->algebra->assemble(list - n, n));
}

static void differentiate(sweep *s, uint32_t id)
{
    dl_tape *t = s->t;
    const dl_op *op = t->rec[id].op;
    add_parts(s, id);
    if (t->status || !s->cotangent[id - s->first]) return;
    dl_node y = { t, id };
    dl_val g = dl__handle(t, s->cotangent[id - s->first] - 1);
    for (int i = 0; i < op->nin && !t->status; i++) {
        uint32_t in = t->rec[id].in[i];
        if (!depends(s, in)) continue;
        if (!op->vjp) {
            dl__tape_fail(t, DL_EGRAD, "grad: %s has no derivative", dl__title(op, dl_attr(&y)));
            return;
        }
        dl_val gi = op->vjp(&y, i, g);
        if (gi.id != UINT32_MAX) accumulate(s, in, gi);
    }
    /* What the rules recorded stands where the differentiated op stood. */
    while (t->placed < t->n) t->place[t->placed++] = t->place[id];
}

static void record(sweep *s, dl_val seed, const dl_val *wrt, int n, dl_val *out)
{
    dl_tape *t = s->t;
    if (depends(s, s->y)) s->cotangent[s->y - s->first] = seed.id + 1;
    for (uint32_t id = s->y + 1; id-- > s->first && !t->status;)
        if (depends(s, id)) differentiate(s, id);
    for (int k = 0; k < n && !t->status; k++) {
        uint32_t c = wrt[k].id <= s->y ? s->cotangent[wrt[k].id - s->first] : 0;
        out[k] = c ? dl__handle(t, c - 1) : t->algebra->like(wrt[k], 0);
    }
    while (t->placed < t->n) t->place[t->placed++] = t->call_place;
}

/* The log of a gradient: GRAD, n, y, seed, nwrt, wrt...; then the new n and the results. */
enum { HEAD = 5 };

static dl_status replay(dl_tape *t, size_t known, int n, dl_val *out)
{
    uint32_t end = t->log[known];
    memset(t->data + t->n, 0, (end - t->n) * sizeof *t->data);
    t->n = t->placed = end;
    for (int k = 0; k < n; k++) out[k] = dl__handle(t, t->log[known + 1 + (size_t)k]);
    t->nlog = known + 1 + (size_t)n;
    return DL_OK;
}

static dl_status sweep_new(dl_tape *t, dl_val y, dl_val seed, const dl_val *wrt, int n, dl_val *out)
{
    sweep s = { .t = t, .first = y.id, .y = y.id };
    for (int k = 0; k < n; k++)
        if (wrt[k].id < s.first) s.first = wrt[k].id;
    if (!begin(&s, wrt, n)) return t->status;
    bool outer = t->deriving;
    t->deriving = true;
    t->sweep = &s;
    if (seed.id == UINT32_MAX) seed = t->algebra->like(y, 1);
    if (!t->status && dl_shape_of(seed) != dl_shape_of(y)) seed = t->algebra->conform(seed, y);
    record(&s, seed, wrt, n, out);
    t->deriving = outer;
    t->sweep = NULL;
    if (t->status) return t->status;
    bool ok = dl__log_append(t, &t->n, 1);
    for (int k = 0; k < n && ok; k++) ok = dl__log_append(t, &out[k].id, 1);
    return ok ? DL_OK : dl__no_memory(t, "grad");
}

dl_status dl__grad(dl_val y, dl_val seed, const dl_val *wrt, int n, dl_val *out)
{
    dl_tape *t = y.tape;
    uint32_t *event = dl__arena(&t->scratch, (HEAD + (size_t)n) * sizeof *event, sizeof *event);
    if (!event) return dl__no_memory(t, "grad");
    memcpy(event, (uint32_t[HEAD]){ DL__GRAD, t->n, y.id, seed.id, (uint32_t)n },
           HEAD * sizeof *event);
    for (int k = 0; k < n; k++) event[HEAD + k] = wrt[k].id;
    bool failed;
    size_t known = dl__log_event(t, event, HEAD + (size_t)n, &failed);
    if (failed) dl__no_memory(t, "grad");
    else if (known) replay(t, known, n, out);
    else sweep_new(t, y, seed, wrt, n, out);
    dl__scratch_done(t);
    return t->status;
}

bool dl__differentiable(const char *name, dl_val y, const dl_val *list, int n)
{
    dl_tape *t = y.tape;
    if (!dl_usable(name, &y, 1)) return false;
    if (n < 0 || (n && !list)) {
        dl__tape_fail(t, n < 0 ? DL_EARG : DL_ENULL, "%s: %d inputs%s", name, n,
                      n < 0 ? "" : ", but no list of them");
        return false;
    }
    for (int k = 0; k < n; k++) {
        if (list[k].tape != t) {
            dl__tape_fail(t, list[k].tape ? DL_ETAPE : DL_ENULL, "%s: input %d is %s", name, k,
                          list[k].tape ? "of another tape" : "an empty handle");
            return false;
        }
        if (!dl_usable(name, &list[k], 1)) return false;
    }
    int dtype = dl_shape_of(y)->dtype;
    if (dtype < DL_NREAL) return true;
    dl__tape_fail(t, DL_EDTYPE, "%s: a value of %s has no derivative", name,
                  dl_dtype_name((dl_dtype)dtype));
    return false;
}

bool dl__single(const char *name, dl_val y)
{
    char text[DL_SHAPE_TEXT];
    if (dl_numel(y) == 1) return true;
    dl__tape_fail(
        y.tape, DL_ESHAPE,
        "%s: the value to differentiate is %s, not one element: reduce it, or give a seed "
        "to dl_grad_seeded",
        name, dl_shape_text(dl_shape_of(y), text, sizeof text));
    return false;
}

static bool prepare(const char *name, dl_val y, const dl_val *wrt, int n, dl_val *out)
{
    for (int k = 0; out && k < n; k++) out[k] = dl_none(y.tape);
    if (!dl__differentiable(name, y, wrt, n)) return false;
    if (out || !n) return true;
    dl__tape_fail(y.tape, DL_ENULL, "%s: no room for the gradients", name);
    return false;
}

dl_status dl_grad(dl_val y, const dl_val *wrt, int n, dl_val *out)
{
    if (prepare("grad", y, wrt, n, out) && dl__single("grad", y))
        dl__grad(y, dl_none(y.tape), wrt, n, out);
    return dl__called(y.tape);
}

static bool seeds(dl_val y, dl_val seed)
{
    char is[DL_SHAPE_TEXT], want[DL_SHAPE_TEXT];
    if (!dl_usable("grad_seeded", (dl_val[]){ y, seed }, 2)) return false;
    const dl_shape *s = dl_shape_of(seed), *x = dl_shape_of(y);
    if (s->dtype == x->dtype && s->rank == x->rank && !memcmp(s->dim, x->dim, sizeof x->dim))
        return true;
    dl__tape_fail(y.tape, DL_ESHAPE, "grad_seeded: seed %s %s, value %s %s",
                  dl_dtype_name((dl_dtype)s->dtype), dl_shape_text(s, is, sizeof is),
                  dl_dtype_name((dl_dtype)x->dtype), dl_shape_text(x, want, sizeof want));
    return false;
}

dl_status dl_grad_seeded(dl_val y, dl_val seed, const dl_val *wrt, int n, dl_val *out)
{
    if (prepare("grad_seeded", y, wrt, n, out) && seeds(y, seed)) dl__grad(y, seed, wrt, n, out);
    return dl__called(y.tape);
}
