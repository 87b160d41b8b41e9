/* support.c: shape rules and axis texts that the op files share. */
#include "support.h"

bool dl__computing(dl_infer *c)
{
    for (int i = 0; i < c->op->nin; i++) {
        int dtype = c->in[i]->dtype;
        if (dtype >= DL_NREAL) {
            dl_reject(c, DL_EDTYPE, "%s does not compute, use f32 or f64",
                      dl_dtype_name((dl_dtype)dtype));
            return false;
        }
        if (dtype != c->in[0]->dtype) {
            dl_reject(c, DL_EDTYPE, "dtypes %s and %s differ",
                      dl_dtype_name((dl_dtype)c->in[0]->dtype), dl_dtype_name((dl_dtype)dtype));
            return false;
        }
    }
    return true;
}

bool dl__equal_sizes(dl_infer *c)
{
    for (int i = 1; i < c->op->nin; i++)
        if (!dl__same_dims(c->in[0], c->in[i])) {
            dl_reject(c, DL_ESHAPE, "the sizes differ");
            return false;
        }
    return true;
}

bool dl__broadcast(dl_infer *c)
{
    const dl_shape *labelled = NULL;
    for (int i = 0; i < c->op->nin; i++) {
        if (c->in[i]->rank > c->out.rank) c->out.rank = c->in[i]->rank;
        if (c->in[i]->labels[0] && !labelled) labelled = c->in[i];
    }
    for (int k = 0; k < c->out.rank; k++) {
        int64_t *m = &c->out.dim[k];
        *m = 1;
        for (int i = 0; i < c->op->nin; i++) {
            int64_t n = dl__dim(c->in[i], k);
            if (*m != n && *m != 1 && n != 1) {
                dl_reject(c, DL_ESHAPE, "sizes %lld and %lld of axis %d neither match nor are 1",
                          (long long)*m, (long long)n, k);
                return false;
            }
            if (*m == 1) *m = n;
        }
    }
    c->out.dtype = c->in[0]->dtype;
    if (!labelled) return true;
    if (labelled->rank < c->out.rank) {
        dl_reject(c, DL_ELABEL, "the operand without labels has more axes than the labelled one");
        return false;
    }
    memcpy(c->out.labels, labelled->labels, sizeof c->out.labels);
    return true;
}

bool dl__prepare_loop(dl_prepare *p)
{
    dl_loop *l = p->allocate(p, sizeof *l);
    if (l) dl_loop_make(l, &p->layout[0]->shape, p->layout, p->n);
    p->info = l;
    return l;
}

void dl__same_infer(dl_infer *c)
{
    if (dl__computing(c)) c->same = 0;
}

bool dl__is_matrix(dl_infer *c, int operand, bool batched)
{
    const dl_shape *s = c->in[operand];
    if (s->labels[0]) {
        dl_reject(c, DL_ELABEL, "labels have no meaning here, strip them with dl_stripdims");
        return false;
    }
    if (s->rank == 2 || (batched && s->rank > 2)) return true;
    dl_reject(c, DL_ERANK, "rank %d, wanted %s", s->rank, batched ? "2 or more" : "2");
    return false;
}

bool dl__operands(const char *op, const dl_val *x, int n)
{
    if (dl_all_compute(x, n)) return true;
    if (!dl_usable(op, x, n)) return false;
    dl_dtype first = dl_dtype_of(x[0]);
    for (int i = 0; i < n; i++) {
        dl_dtype dtype = i ? dl_dtype_of(x[i]) : first;
        if (dtype >= DL_NREAL)
            return dl_fail(x[0].tape, DL_EDTYPE, op, "%s does not compute, use f32 or f64",
                           dl_dtype_name(dtype)),
                   false;
        if (dtype != first)
            return dl_fail(x[0].tape, DL_EDTYPE, op, "dtypes %s and %s differ",
                           dl_dtype_name(first), dl_dtype_name(dtype)),
                   false;
    }
    return true;
}

/* ---- axes ------------------------------------------------------------------------------------ */

static bool no_axis(const char *op, dl_val x, const char *text)
{
    char shape[DL_SHAPE_TEXT];
    dl_fail(x.tape, DL_EAXIS, op, "%s has no axis \"%.20s\"",
            dl_shape_text(dl_shape_of(x), shape, sizeof shape), text);
    return false;
}

bool dl__axes(const char *op, dl_val x, const char *text, uint32_t *mask, bool *all)
{
    if (!dl_usable(op, &x, 1)) return false;
    if (!text) return dl_fail(x.tape, DL_ENULL, op, "no axes"), false;
    const dl_shape *s = dl_shape_of(x);
    bool every = strcmp(text, "all") == 0;
    *mask = every ? (1u << s->rank) - 1 : 0;
    if (all) *all = every;
    if (every) return true;
    if (!*text) return no_axis(op, x, text);
    for (const char *p = text; *p; p++) {
        bool back = *p == '-';
        p += back;
        int axis = -1;
        if (*p >= '0' && *p <= '9') axis = back ? s->rank - (*p - '0') : *p - '0';
        else if (!back)
            for (int i = 0; i < s->rank; i++)
                if (s->labels[i] == *p) *mask |= 1u << (axis = i);
        if (axis < 0 || axis >= s->rank) return no_axis(op, x, text);
        *mask |= 1u << axis;
    }
    return true;
}

int dl__axis(const char *op, dl_val x, const char *text)
{
    uint32_t mask;
    if (!dl__axes(op, x, text, &mask, NULL)) return -1;
    int axis = 0;
    while (axis < dl_rank(x) && !(mask >> axis & 1)) axis++;
    if (mask == 1u << axis && axis < dl_rank(x)) return axis;
    dl_fail(x.tape, DL_EAXIS, op, "\"%.20s\" is not one axis", text);
    return -1;
}

/* ---- matching by label ----------------------------------------------------------------------- */

/* The axes of `own` with axes of size 1 where only `other` has one; both are in the order S C B T
 * U. False: too many axes. */
static bool spread(const dl_shape *own, const dl_shape *other, dl_shape *to)
{
    static const char order[] = "SCBTU";
    dl_shape s = { .dtype = own->dtype, .numel = own->numel };
    int i = 0, j = 0;
    for (const char *label = order; *label; label++) {
        int m = 0, n = 0;
        while (own->labels[i + m] == *label) m++;
        while (other->labels[j + n] == *label) n++;
        for (int k = 0; k < m || k < n; k++) {
            if (s.rank == DL_MAX_RANK) return false;
            s.labels[s.rank] = *label;
            s.dim[s.rank++] = k < m ? own->dim[i + k] : 1;
        }
        i += m;
        j += n;
    }
    *to = s;
    return true;
}

bool dl__align(const char *op, dl_val *a, dl_val *b)
{
    char is[DL_SHAPE_TEXT], other[DL_SHAPE_TEXT];
    dl_shape s, t;
    const dl_shape *x = dl_shape_of(*a), *y = dl_shape_of(*b);
    if (x == y || !x->labels[0] || !y->labels[0] || strcmp(x->labels, y->labels) == 0) return true;
    if (a->tape != b->tape) return true; /* the op says so */
    if (!spread(x, y, &s) || !spread(y, x, &t))
        return dl_fail(a->tape, DL_ERANK, op, "a %s, b %s: more than %d labels together",
                       dl_shape_text(x, is, sizeof is), dl_shape_text(y, other, sizeof other),
                       DL_MAX_RANK),
               false;
    if (!dl__same_dims(x, &s)) *a = dl__reshape_to(*a, &s);
    if (!dl__same_dims(y, &t)) *b = dl__reshape_to(*b, &t);
    return true;
}
