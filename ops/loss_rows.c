/* loss_rows.c: the ops that losses are made of and users do not need: elementwise ones by the
 * formulas of loss_rows.h, and those that look at indices and masks. */
#include "losses_internal.h"
#include "kernels/picks.h"
#include "loss_rows.h"
#include "binary_op.h"
#include "unary_op.h"

/* ---- elementwise ----------------------------------------------------------------------------- */

static dl_val unmasked(dl_val a, dl_val b);
static dl_val counted(dl_val a, dl_val b);
static dl_val cut(dl_val a, dl_val most);

LOSS_UNARY(DEFINE_UNARY)

static void pair_infer(dl_infer *c)
{
    if (dl__computing(c) && dl__equal_sizes(c)) c->same = !c->in[0]->labels[0];
}

#define PAIR(NAME, VALUE, VJP_A, VJP_B) \
    DEFINE_BINARY(NAME, #VALUE, VJP_A, VJP_B, .shapes = "any same -> same", .infer = pair_infer)

LOSS_BINARY(PAIR)

static void scaled_infer(dl_infer *c)
{
    if (dl__computing(c)) dl__broadcast(c);
}

#define SCALED(NAME, VALUE, VJP_A, VJP_B) \
    DEFINE_BINARY(NAME, #VALUE, VJP_A, VJP_B, .shapes = "any () -> same", .infer = scaled_infer)

LOSS_SCALED(SCALED)

static dl_val cut(dl_val a, dl_val most) { return dl__cut(a, dl_neg(most), most); }
static dl_val unmasked(dl_val a, dl_val b) { return dl_apply(&unmasked_op, NULL, a, b); }
static dl_val counted(dl_val a, dl_val b) { return dl_apply(&counted_op, NULL, a, b); }
dl_val dl__unmasked(dl_val x, dl_val mask) { return unmasked(x, mask); }
dl_val dl__counted(dl_val x, dl_val count) { return counted(x, count); }
dl_val dl__huber(dl_val d, dl_val most) { return dl_apply(&huber_op, NULL, d, most); }
dl_val dl__log_cosh(dl_val x) { return dl_apply(&log_cosh_op, NULL, x); }
dl_val dl__bce_logits(dl_val x, dl_val target) { return dl_apply(&bce_logits_op, NULL, x, target); }

/* ---- pick: x (...,n,...) at an index (...,1,...); put: its transpose ------------------------- */

static bool is_index(dl_infer *c, int operand)
{
    int dtype = c->in[operand]->dtype;
    if (dtype == DL_I32 || dtype == DL_I64) return true;
    dl_reject(c, DL_EDTYPE, "%s, wanted i32 or i64", dl_dtype_name((dl_dtype)dtype));
    return false;
}

static bool computes(dl_infer *c)
{
    int dtype = c->in[0]->dtype;
    if (dtype < DL_NREAL) return true;
    dl_reject(c, DL_EDTYPE, "%s does not compute, use f32 or f64", dl_dtype_name((dl_dtype)dtype));
    return false;
}

static void pick_infer(dl_infer *c)
{
    const pick_attr *a = c->attr;
    if (!computes(c) || !is_index(c, 1)) return;
    c->out = *c->in[0];
    c->out.dim[a->axis] = 1;
}

static void put_infer(dl_infer *c)
{
    const pick_attr *a = c->attr;
    if (!computes(c) || !is_index(c, 1)) return;
    c->out = *c->in[0];
    c->out.dim[a->axis] = a->classes;
}

/* The loops over observations, and where one stands among them. */
static int emit_picks(const dl_emit *e, picks p, dl_index *at, dl_index *first)
{
    if (p.before > 1) {
        dl_emit_term(at, p.behind, "i");
        dl_emit_term(first, p.behind * p.classes, "i");
    }
    if (p.behind > 1) dl_emit_term(at, 1, "j"), dl_emit_term(first, 1, "j");
    int loops = p.before > 1 ? dl_emit_loop(e, "i", p.before, 1) : 0;
    return loops + (p.behind > 1 ? dl_emit_loop(e, "j", p.behind, 1) : 0);
}

DL_DECLARE_KERNELS(dl__pick);
DL_DECLARE_KERNELS(dl__put);

static void pick_emit(const dl_emit *e)
{
    picks p = picks_of(&e->layout[1]->shape, e->attr);
    dl_index at = { "" }, first = { "" };
    int loops = emit_picks(e, p, &at, &first);
    const char *k = e->name[2], *i = dl_place(&at);
    dl_emit_line(e, "%s[%s] = %s[%s] >= 0 && %s[%s] < %lld ? %s[%s + %lld * %s[%s]] : (%s)NAN;",
                 e->name[0], i, k, i, k, i, (long long)p.classes, e->name[1], dl_place(&first),
                 (long long)p.behind, k, i, e->real);
    dl_emit_end(e, loops);
}

static void put_emit(const dl_emit *e)
{
    picks p = picks_of(&e->layout[0]->shape, e->attr);
    dl_index at = { "" }, first = { "" };
    dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = 0;",
                 (long long)e->layout[0]->shape.numel, e->name[0]);
    int loops = emit_picks(e, p, &at, &first);
    const char *k = e->name[2], *i = dl_place(&at);
    dl_emit_line(e, "if (%s[%s] >= 0 && %s[%s] < %lld) %s[%s + %lld * %s[%s]] = %s[%s];", k, i, k,
                 i, (long long)p.classes, e->name[0], dl_place(&first), (long long)p.behind, k, i,
                 e->name[1], i);
    dl_emit_end(e, loops);
}

static dl_val put(dl_val g, dl_val index, const pick_attr *a);
static dl_val pick(dl_val x, dl_val index, const pick_attr *a);

static dl_val pick_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return put(g, dl_in(y, 1), dl_attr(y));
}

static dl_val put_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return pick(g, dl_in(y, 1), dl_attr(y));
}

#define ROW(NAME, SHAPES, OPERANDS)     \
    static const dl_op NAME##_op = {    \
        .name = #NAME,                  \
        .nin = 2,                       \
        .attr_size = sizeof(pick_attr), \
        .shapes = SHAPES,               \
        .operands = OPERANDS,           \
        .infer = NAME##_infer,          \
        .eval = DL_KERNELS(dl__##NAME), \
        .emit = NAME##_emit,            \
        .vjp = NAME##_vjp,              \
    };

ROW(pick, "(...,n,...) (...,1,...) -> (...,1,...)", "y index")
ROW(put, "(...,1,...) (...,1,...) -> (...,n,...)", "g index")

static dl_val pick(dl_val x, dl_val index, const pick_attr *a)
{
    return dl_apply(&pick_op, a, x, index);
}

static dl_val put(dl_val g, dl_val index, const pick_attr *a)
{
    return dl_apply(&put_op, a, g, index);
}

dl_val dl__pick(dl_val x, dl_val index, int axis)
{
    return pick(x, index, &(pick_attr){ axis, dl_size(x, axis) });
}

/* ---- flags: a mask as numbers that losses can count with ------------------------------------- */

static void flags_infer(dl_infer *c)
{
    c->out = *c->in[0];
    c->out.dtype = (int32_t)((const flags_attr *)c->attr)->dtype;
}

DL_DECLARE_KERNELS(dl__flags);

static void flags_emit(const dl_emit *e)
{
    const flags_attr *a = e->attr;
    dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = (long long)%s[i] != %lldLL;",
                 (long long)e->layout[0]->shape.numel, e->name[0], e->name[1], (long long)a->value);
}

static const dl_op flags_op = {
    .name = "flags",
    .nin = 1,
    .attr_size = sizeof(flags_attr),
    .shapes = "any -> same",
    .infer = flags_infer,
    .eval = DL_KERNELS(dl__flags),
    .emit = flags_emit,
    .vjp = dl_vjp_zero,
};

dl_val dl__flags(dl_val x, dl_dtype dtype, int64_t value)
{
    return dl_apply(&flags_op, (&(flags_attr){ dtype, value }), x);
}

static const dl_op *const rows[] = { &pick_op, &put_op, &flags_op,
                                     LOSS_UNARY(UNARY_ADDRESS) LOSS_SCALED(BINARY_ADDRESS)
                                         LOSS_BINARY(BINARY_ADDRESS) NULL };
const dl_family dl__loss_family = { "loss", rows };
