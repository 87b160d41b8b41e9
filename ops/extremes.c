/* extremes.c: the largest and smallest elements over axes, where they are, and as far as one has
 * come. `how` of the rows: see kernels/extremes.h. */
#include "span.h"

enum { SMALLEST = 1, REVERSE = 2 };

static dl_val of_two(const dl_node *y, const dl_op *op, int64_t how, dl_val a, dl_val b)
{
    return dl__span_again(y, op, how, (const dl_val[]){ a, b });
}

/* ---- largest, shared by equals --------------------------------------------------------------- */

static dl_val zero_vjp(const dl_node *y, int i, dl_val g) { return dl_vjp_zero(y, i, g); }
#define shares_vjp zero_vjp
SPAN_ROW(shares, 2, "(...,n,...) (...,1,...) -> (...,n,...)", dl__span_same_infer, 2)

static dl_val amax_vjp(const dl_node *y, int i, dl_val g)
{
    return dl_mul(g, of_two(y, &shares_op, 0, dl_in(y, i), dl_out(y)));
}
SPAN_ROW(amax, 1, SPAN_REDUCED, dl__span_reduced_infer, 1)

dl_val dl__shares(const dl_node *y, dl_val x) { return of_two(y, &shares_op, 0, x, dl_out(y)); }

static dl_val extreme(const char *name, dl_val x, const char *axes, int64_t how)
{
    dl_span s;
    if (!dl__span_begin(&s, name, x, axes, 0)) return dl_none(x.tape);
    return dl__span_reduced(&s, dl__span_apply(&s, &amax_op, how, &s.x));
}

dl_val dl_amax(dl_val x, const char *axes) { return extreme("amax", x, axes, 0); }
dl_val dl_amin(dl_val x, const char *axes) { return extreme("amin", x, axes, SMALLEST); }

/* ---- where it is ----------------------------------------------------------------------------- */

static void argmax_infer(dl_infer *c)
{
    const span_attr *a = c->attr;
    int64_t n = 1;
    for (int64_t i = a->first; i <= a->last; i++) n *= c->in[0]->dim[i];
    dl__span_reduced_infer(c);
    if (!n) dl_reject(c, DL_ESHAPE, "no elements along the axes");
    c->out.dtype = DL_I64;
}
#define argmax_vjp zero_vjp
SPAN_ROW(argmax, 1, SPAN_REDUCED, argmax_infer, 1)

static dl_val place(const char *name, dl_val x, const char *axes, int64_t how)
{
    dl_span s;
    if (!dl__span_begin(&s, name, x, axes, 0)) return dl_none(x.tape);
    return dl__span_reduced(&s, dl__span_apply(&s, &argmax_op, how, &s.x));
}

dl_val dl_argmax(dl_val x, const char *axes) { return place("argmax", x, axes, 0); }
dl_val dl_argmin(dl_val x, const char *axes) { return place("argmin", x, axes, SMALLEST); }

/* ---- elements at places along the span, and their adjoint ------------------------------------ */

/* The result has the sizes of the places, or of the last operand, the dtype of the first. */
static void places_infer(dl_infer *c)
{
    c->out = *c->in[c->op->nin - 1];
    c->out.dtype = c->in[0]->dtype;
}

static dl_val take_at_vjp(const dl_node *y, int i, dl_val g);
static dl_val put_at_vjp(const dl_node *y, int i, dl_val g);
SPAN_ROW(take_at, 2, "(...,n,...) (...,m,...) -> (...,m,...)", places_infer, 2)
SPAN_ROW(put_at, 3, "(...,m,...) (...,m,...) (...,n,...) -> (...,n,...)", places_infer, 2)

static dl_val picked(const dl_node *y, dl_val x, dl_val at)
{
    return of_two(y, &take_at_op, dl__span_length(dl_attr(y), at), x, at);
}

static dl_val take_at_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val x = dl_in(y, 0), at = dl_in(y, 1);
    if (i) return dl_vjp_zero(y, i, g);
    int64_t n = dl__span_length(dl_attr(y), x);
    return dl__span_again(y, &put_at_op, n, (const dl_val[]){ g, at, x });
}

static dl_val put_at_vjp(const dl_node *y, int i, dl_val g)
{
    return i ? dl_vjp_zero(y, i, g) : picked(y, g, dl_in(y, 1));
}

static dl_val take_at(const dl_span *s, dl_val at)
{
    if (dl_tape_status(at.tape)) return at;
    int64_t m = dl__span_length(&s->at, at);
    return dl__span_apply(s, &take_at_op, m, (const dl_val[]){ s->x, at });
}

static dl_status with_indices(const char *name, dl_val x, const char *axes, int64_t how,
                              dl_val *values, dl_val *indices)
{
    dl_span s;
    dl_val at = dl_none(x.tape), y = at;
    if (!values || !indices) dl_fail(x.tape, DL_ENULL, name, "no place for the results");
    else if (dl__span_begin(&s, name, x, axes, 0)) {
        at = dl__span_apply(&s, &argmax_op, how, &s.x);
        y = dl__span_reduced(&s, take_at(&s, at));
        at = dl__span_reduced(&s, at);
    }
    if (values) *values = y;
    if (indices) *indices = at;
    return dl_finish(x.tape);
}

dl_status dl_max_with_indices(dl_val x, const char *axes, dl_val *values, dl_val *indices)
{
    return with_indices("max_with_indices", x, axes, 0, values, indices);
}

dl_status dl_min_with_indices(dl_val x, const char *axes, dl_val *values, dl_val *indices)
{
    return with_indices("min_with_indices", x, axes, SMALLEST, values, indices);
}

/* ---- the largest up to each element ---------------------------------------------------------- */

static void cummax_at_infer(dl_infer *c)
{
    dl__span_same_infer(c);
    c->same = -1;
    c->out = *c->in[0];
    c->out.dtype = DL_I64;
}
#define cummax_at_vjp zero_vjp
SPAN_ROW(cummax_at, 1, SPAN_SAME, cummax_at_infer, 1)

static dl_val so_far(const char *name, dl_val x, const char *axis, int64_t how)
{
    dl_span s;
    if (!dl__span_axis(&s, name, x, axis)) return dl_none(x.tape);
    return take_at(&s, dl__span_apply(&s, &cummax_at_op, how, &s.x));
}

dl_val dl_cummax(dl_val x, const char *axis, bool reverse)
{
    return so_far("cummax", x, axis, reverse ? REVERSE : 0);
}

dl_val dl_cummin(dl_val x, const char *axis, bool reverse)
{
    return so_far("cummin", x, axis, SMALLEST | (reverse ? REVERSE : 0));
}

static const dl_op *const rows[] = { &amax_op,   &shares_op,    &argmax_op, &take_at_op,
                                     &put_at_op, &cummax_at_op, NULL };
const dl_family dl__extremes_family = { "extremes", rows };
