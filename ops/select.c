/* select.c: selection by a mask, and other dtypes. */
#include "support.h"
#include "attributes.h"

#include <stdio.h>

/* ---- where ----------------------------------------------------------------------------------- */

static void where_infer(dl_infer *c)
{
    int mask = c->in[0]->dtype, a = c->in[1]->dtype, b = c->in[2]->dtype;
    if (mask != DL_U8)
        dl_reject(c, DL_EDTYPE, "%s is no mask, wanted u8", dl_dtype_name((dl_dtype)mask));
    else if (a != b)
        dl_reject(c, DL_EDTYPE, "dtypes %s and %s differ", dl_dtype_name((dl_dtype)a),
                  dl_dtype_name((dl_dtype)b));
    else if (dl__broadcast(c)) c->out.dtype = a;
}

static void where_emit(const dl_emit *e)
{
    const dl_loop *l = e->info;
    dl_index at[4] = { { "" }, { "" }, { "" }, { "" } };
    for (int k = 0; k < 4; k++) dl_emit_terms(&at[k], l, k, 'i');
    int loops = dl_emit_loops(e, l, 0, 'i');
    dl_emit_line(e, "%s[%s] = %s[%s] ? %s[%s] : %s[%s];", e->name[0], dl_place(&at[0]), e->name[1],
                 dl_place(&at[1]), e->name[2], dl_place(&at[2]), e->name[3], dl_place(&at[3]));
    dl_emit_end(e, loops);
}

/* The side that is not taken gets a 0 that no product has met. */
static dl_val where_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val mask = dl_in(y, 0), zero = dl_constant(g.tape, dl_dtype_of(g), 0);
    return i == 1 ? dl_where(mask, g, zero) : dl_where(mask, zero, g);
}

DL_DECLARE_KERNELS(dl__where);

static const dl_op where_op = {
    .name = "where",
    .nin = 3,
    .flags = DL_STRIDED,
    .shapes = "any u8 any any -> broadcast",
    .operands = "mask a b",
    .infer = where_infer,
    .prepare = dl__prepare_loop,
    .rewrite = dl__choose_by_comparison,
    .eval = DL_KERNELS(dl__where),
    .emit = where_emit,
    .vjp = where_vjp,
};

/* Each operand gets the labels of all. */
static dl_val where(const char *name, dl_val mask, dl_val a, dl_val b)
{
    if (!dl__align(name, &a, &b) || !dl__align(name, &mask, &a) || !dl__align(name, &mask, &b))
        return dl_none(mask.tape);
    return dl_apply(&where_op, NULL, mask, a, b);
}

dl_val dl_where(dl_val mask, dl_val a, dl_val b) { return where("where", mask, a, b); }

dl_val dl_masked_fill(dl_val x, dl_val mask, double number)
{
    return where("masked_fill", mask, dl_scalar_like("masked_fill", x, number), x);
}

/* ---- cast ------------------------------------------------------------------------------------ */

static void cast_infer(dl_infer *c)
{
    const dtype_attr *a = c->attr;
    c->out = *c->in[0];
    c->out.dtype = (int32_t)a->dtype;
}

static void cast_rewrite(dl_rewrite *w)
{
    if (dl_term_of(w, w->node.in[0]).shape->dtype == w->node.shape->dtype) w->same = w->node.in[0];
}

static void cast_emit(const dl_emit *e)
{
    const dl_layout *to = e->layout[0], *from = e->layout[1];
    int dtype = to->shape.dtype;
    const dl_loop *l = e->info;
    dl_index y = { "" }, x = { "" };
    char whole[32] = "", call[64];
    if (dtype < DL_NREAL) snprintf(call, sizeof call, "(%s)", dl_emit_type(to));
    else {
        if (from->shape.dtype < DL_NREAL) {
            snprintf(whole, sizeof whole, "dl_whole_%s",
                     dl_dtype_name((dl_dtype)from->shape.dtype));
            dl_emit_need(e, whole);
        }
        if (dtype != DL_I64) {
            snprintf(call, sizeof call, "dl_short_%s", dl_dtype_name((dl_dtype)dtype));
            dl_emit_need(e, call);
        } else snprintf(call, sizeof call, "(int64_t)");
    }
    dl_emit_terms(&y, l, 0, 'i');
    dl_emit_terms(&x, l, 1, 'i');
    int loops = dl_emit_loops(e, l, 0, 'i');
    dl_emit_line(e, "%s[%s] = %s(%s(%s[%s]));", e->name[0], dl_place(&y), call, whole, e->name[1],
                 dl_place(&x));
    dl_emit_end(e, loops);
}

static dl_val cast_vjp(const dl_node *y, int i, dl_val g)
{
    return dl_cast(g, dl_dtype_of(dl_in(y, i)));
}

DL_DECLARE_KERNELS(dl__cast);

static const dl_op cast_op = {
    .name = "cast",
    .nin = 1,
    .flags = DL_STRIDED | DL_TYPED,
    .attr_size = sizeof(dtype_attr),
    .shapes = "any -> same",
    .infer = cast_infer,
    .prepare = dl__prepare_loop,
    .rewrite = cast_rewrite,
    .eval = DL_KERNELS(dl__cast),
    .emit = cast_emit,
    .vjp = cast_vjp,
};

dl_val dl_cast(dl_val x, dl_dtype dtype)
{
    if (!dl_usable("cast", &x, 1)) return dl_none(x.tape);
    if ((int)dtype < 0 || dtype >= DL_NDTYPE)
        return dl_fail(x.tape, DL_EDTYPE, "cast", "%d is no dtype", (int)dtype);
    if (dl_dtype_of(x) == dtype) return x;
    return dl_apply(&cast_op, (&(dtype_attr){ dtype }), x);
}

static const dl_op *const rows[] = { &where_op, &cast_op, NULL };
const dl_family dl__select_family = { "select", rows };
