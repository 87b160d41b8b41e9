/* value.c: handles: which are good, and what they tell. */
#define DL_NO_PLACES
#include "internal.h"

dl_val dl_none(dl_tape *t) { return (dl_val){ t, UINT32_MAX, t ? t->epoch : 0 }; }

dl_tape *dl_any_tape(const dl_val *in, int n)
{
    for (int i = 0; in && i < n; i++)
        if (in[i].tape) return in[i].tape;
    return NULL;
}

/* Says what is wrong with the first handle that is not good. */
__attribute__((noinline)) bool dl__blame(const char *name, const dl_val *in, int n)
{
    static const char *const ordinal[] = { "first", "second", "third", "fourth" };
    dl_tape *t = dl_any_tape(in, n);
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
    const dl_tape *t = n > 0 && in ? in[0].tape : NULL;
    if (t && !t->status) {
        int good = 0;
        while (good < n && dl__good(t, in[good])) good++;
        if (good == n) return true;
    }
    return dl__blame(name, in, n);
}

bool dl_all_compute(const dl_val *in, int n)
{
    const dl_tape *t = in && n > 0 ? in[0].tape : NULL;
    if (!t || t->status) return false;
    int dtype = DL_NREAL;
    for (int i = 0; i < n; i++) {
        if (!dl__good(t, in[i])) return false;
        int own = dl__layout(t, t->rec[in[i].id].shape)->shape.dtype;
        if (i && own != dtype) return false;
        dtype = own;
    }
    return dtype < DL_NREAL;
}

/* ---- what a handle tells --------------------------------------------------------------------- */

static const dl_shape *shape_of(dl_val x)
{
    static const dl_shape nothing;
    return x.tape && dl__good(x.tape, x) ? &dl__layout(x.tape, x.tape->rec[x.id].shape)->shape
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
    if (!x.tape || !dl__good(x.tape, x)) return "";
    const dl_tape *t = x.tape;
    for (size_t i = t->nname; i-- > 0;)
        if (t->name[i].node == x.id) return t->name[i].name;
    const dl_rec *r = &t->rec[x.id];
    if (r->op == &dl__leaf_op && t->leaf[r->in[0]].name[0]) return t->leaf[r->in[0]].name;
    return dl__title(r->op, dl__attr(t, r->attr));
}

dl_val dl_in(const dl_node *y, int i) { return dl__handle(y->tape, y->tape->rec[y->id].in[i]); }

dl_val dl_out(const dl_node *y) { return dl__handle(y->tape, y->id); }

const void *dl_attr(const dl_node *y) { return dl__attr(y->tape, y->tape->rec[y->id].attr); }

const dl_op *dl_op_of(dl_val x)
{
    return x.tape && dl__good(x.tape, x) ? x.tape->rec[x.id].op : NULL;
}
