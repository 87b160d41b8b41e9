/* step.c: elements of one axis at equal distances, in either direction, and what is made of them:
 * flipping, turning round, padding. */
#include "support.h"
#include "attributes.h"

/* ---- slice_step: a view ---------------------------------------------------------------------- */

static void slice_step_infer(dl_infer *c)
{
    const step_attr *a = c->attr;
    c->out = *c->in[0];
    c->out.dim[a->axis] = a->count;
}

static bool slice_step_view(const dl_layout *in, const void *attr, dl_layout *out, int64_t *offset)
{
    const step_attr *a = attr;
    memcpy(out->stride, in->stride, sizeof in->stride);
    out->stride[a->axis] *= a->step;
    *offset = out->shape.numel ? a->begin * in->stride[a->axis] : 0;
    return true;
}

static dl_val spread(dl_val x, const step_attr *a);

static dl_val slice_step_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return spread(g, dl_attr(y));
}

static const dl_op slice_step_op = {
    .name = "slice_step",
    .nin = 1,
    .attr_size = sizeof(step_attr),
    .shapes = "(...,n,...) -> (...,count,...)",
    .infer = slice_step_infer,
    .view = slice_step_view,
    .vjp = slice_step_vjp,
};

/* ---- spread: its adjoint, zeros between ------------------------------------------------------ */

static void spread_infer(dl_infer *c)
{
    const step_attr *a = c->attr;
    if (!dl__computing(c)) return;
    c->out = *c->in[0];
    c->out.dim[a->axis] = a->n;
}

DL_DECLARE_KERNELS(dl__spread);

static void spread_emit(const dl_emit *e)
{
    const step_attr *a = e->attr;
    const dl_shape *to = &e->layout[0]->shape;
    int64_t rows = 1, unit = 1;
    for (int i = 0; i < to->rank; i++)
        if (i != a->axis) *(i < a->axis ? &rows : &unit) *= to->dim[i];
    dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = 0;", (long long)to->numel, e->name[0]);
    if (!a->count) return;
    dl_index y = { "" }, x = { "" };
    dl_emit_term(&y, a->n * unit, "r"), dl_emit_term(&y, a->step * unit, "j");
    dl_emit_term(&y, 1, "i"), dl_emit_term(&y, a->begin * unit, NULL);
    dl_emit_term(&x, a->count * unit, "r"), dl_emit_term(&x, unit, "j"), dl_emit_term(&x, 1, "i");
    int loops = dl_emit_loop(e, "r", rows, 1) + dl_emit_loop(e, "j", a->count, 1)
                + dl_emit_loop(e, "i", unit, 1);
    dl_emit_line(e, "%s[%s] = %s[%s];", e->name[0], y.text, e->name[1], x.text);
    dl_emit_end(e, loops);
}

static dl_val spread_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return dl_apply(&slice_step_op, dl_attr(y), g);
}

static const dl_op spread_op = {
    .name = "spread",
    .nin = 1,
    .attr_size = sizeof(step_attr),
    .shapes = "(...,count,...) -> (...,n,...)",
    .infer = spread_infer,
    .eval = DL_KERNELS(dl__spread),
    .emit = spread_emit,
    .vjp = spread_vjp,
};

static dl_val spread(dl_val x, const step_attr *a) { return dl_apply(&spread_op, a, x); }

/* ---- public ---------------------------------------------------------------------------------- */

/* How many elements lie between `from` and the end of an axis of size n. */
static int64_t fitting(int64_t from, int64_t step, int64_t n)
{
    if (from < 0 || from >= n) return 0;
    uint64_t room = step > 0 ? (uint64_t)(n - 1 - from) : (uint64_t)from;
    uint64_t width = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    return (int64_t)(room / width) + 1;
}

dl_val dl_slice_step(dl_val x, const char *axis, int64_t begin, int64_t count, int64_t step)
{
    int k = dl__axis("slice_step", x, axis);
    if (k < 0) return dl_none(x.tape);
    char text[DL_SHAPE_TEXT];
    int64_t n = dl_size(x, k), from = begin < 0 ? begin + n : begin;
    if (step == 0) return dl_fail(x.tape, DL_EARG, "slice_step", "a step of 0");
    int64_t most = fitting(from, step, n), m = count == -1 ? most : count;
    bool there = (from >= 0 && from < n) || (from >= 0 && from <= n && m == 0);
    if (!there || m < 0 || m > most)
        return dl_fail(x.tape, DL_EARG, "slice_step",
                       "%s, axis %d: %lld elements from %lld on in steps of %lld are not within 0 "
                       "to %lld",
                       dl_shape_text(dl_shape_of(x), text, sizeof text), k, (long long)count,
                       (long long)begin, (long long)step, (long long)n);
    return dl_apply(&slice_step_op, (&(step_attr){ k, from, m < 2 ? 1 : step, m, n }), x);
}

/* Axis k backwards. */
static dl_val reverse(dl_val x, int k)
{
    int64_t n = dl_size(x, k);
    if (n < 2) return x;
    return dl_apply(&slice_step_op, (&(step_attr){ k, n - 1, -1, n, n }), x);
}

dl_val dl_flip(dl_val x, const char *axes)
{
    uint32_t mask;
    if (!dl__axes("flip", x, axes, &mask, NULL)) return dl_none(x.tape);
    for (int k = 0; k < DL_MAX_RANK && !dl_tape_status(x.tape); k++)
        if (mask >> k & 1) x = reverse(x, k);
    return x;
}

/* Elements begin <= i < end of axis k. */
static dl_val part(dl_val x, int k, int64_t begin, int64_t end)
{
    return dl_slice(x, (char[]){ (char)('0' + k), '\0' }, begin, end);
}

static dl_val join(const dl_val *x, int n, int k)
{
    return dl_cat(x, n, (char[]){ (char)('0' + k), '\0' });
}

dl_val dl_circshift(dl_val x, int64_t shift, const char *axis)
{
    int k = dl__axis("circshift", x, axis);
    if (k < 0 || !dl__operands("circshift", &x, 1)) return dl_none(x.tape);
    int64_t n = dl_size(x, k);
    if (n < 2 || shift % n == 0) return x;
    int64_t first = shift % n > 0 ? n - shift % n : -(shift % n);
    return join((dl_val[]){ part(x, k, first, n), part(x, k, 0, first) }, 2, k);
}

/* ---- pad ------------------------------------------------------------------------------------- */

/* `width` elements that continue x at its begin or its end. */
static dl_val border(dl_val x, int k, int64_t width, bool at_end, dl_pad_mode mode, dl_val value)
{
    int64_t n = dl_size(x, k);
    dl_shape s = *dl_shape_of(x);
    s.dim[k] = width;
    if (mode == DL_PAD_CONSTANT) return dl__expand_to(value, &s);
    if (mode == DL_PAD_REPLICATE)
        return dl__expand_to(at_end ? part(x, k, n - 1, n) : part(x, k, 0, 1), &s);
    if (mode == DL_PAD_CIRCULAR) return at_end ? part(x, k, 0, width) : part(x, k, n - width, n);
    return reverse(at_end ? part(x, k, n - 1 - width, n - 1) : part(x, k, 1, 1 + width), k);
}

dl_val dl_pad(dl_val x, const char *axis, int64_t before, int64_t behind, dl_pad_mode mode,
              double value)
{
    char text[DL_SHAPE_TEXT];
    static const char *const names[] = { "constant", "reflect", "replicate", "circular" };
    int k = dl__axis("pad", x, axis);
    if (k < 0 || !dl__operands("pad", &x, 1)) return dl_none(x.tape);
    int64_t n = dl_size(x, k), width = before > behind ? before : behind;
    if ((int)mode < DL_PAD_CONSTANT || (int)mode > DL_PAD_CIRCULAR)
        return dl_fail(x.tape, DL_EARG, "pad", "%d is no mode", (int)mode);
    int64_t most = mode == DL_PAD_REFLECT         ? n - 1
                   : mode == DL_PAD_CIRCULAR      ? n
                   : n || mode == DL_PAD_CONSTANT ? INT64_MAX
                                                  : 0;
    if (before < 0 || behind < 0 || (width > most && width > 0))
        return dl_fail(x.tape, DL_EARG, "pad", "%s, axis %d: %lld before and %lld behind, %s",
                       dl_shape_text(dl_shape_of(x), text, sizeof text), k, (long long)before,
                       (long long)behind, names[mode]);
    if (width == 0) return x;
    if (mode == DL_PAD_CONSTANT && value == 0) return dl__pad_zeros(x, k, before, behind);
    dl_val number = mode == DL_PAD_CONSTANT ? dl_scalar(x.tape, dl_dtype_of(x), value) : x;
    dl_val list[3];
    int m = 0;
    if (before) list[m++] = border(x, k, before, false, mode, number);
    list[m++] = x;
    if (behind) list[m++] = border(x, k, behind, true, mode, number);
    return dl_tape_status(x.tape) ? dl_none(x.tape) : join(list, m, k);
}

static const dl_op *const rows[] = { &slice_step_op, &spread_op, NULL };
const dl_family dl__step_family = { "step", rows };
