/* join.c: slices, and what they are the derivative of: joining and padding along one axis. */
#include "support.h"
#include "attributes.h"

/* ---- C text ---------------------------------------------------------------------------------- */

/* Rows of `run` elements of x to every `whole`-th of the result, from `start` on. */
static void emit_rows(const dl_emit *e, int x, int64_t axis, int64_t start)
{
    const dl_shape *to = &e->layout[0]->shape, *from = &e->layout[x]->shape;
    int64_t unit = 1, rows = 1;
    for (int i = 0; i < to->rank; i++) *(i < axis ? &rows : &unit) *= i == axis ? 1 : to->dim[i];
    int64_t run = from->dim[axis] * unit, whole = to->dim[axis] * unit;
    if (!run || !rows) return;
    dl_index y = { "" }, at = { "" };
    if (rows > 1) dl_emit_term(&y, whole, "i"), dl_emit_term(&at, run, "i");
    dl_emit_term(&y, start * unit, NULL);
    dl_emit_term(&y, 1, "j");
    dl_emit_term(&at, 1, "j");
    int loops = rows > 1 ? dl_emit_loop(e, "i", rows, 1) : 0;
    dl_emit_line(e, "for (int j = 0; j < %lld; j++) %s[%s] = %s[%s];", (long long)run, e->name[0],
                 y.text, e->name[x], at.text);
    dl_emit_end(e, loops);
}

static void pad_emit(const dl_emit *e)
{
    const axis_attr *a = e->attr;
    dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = 0;",
                 (long long)e->layout[0]->shape.numel, e->name[0]);
    emit_rows(e, 1, a->axis, a->begin);
}

static void cat_emit(const dl_emit *e)
{
    const axis_attr *a = e->attr;
    emit_rows(e, 1, a->axis, 0);
    emit_rows(e, 2, a->axis, e->layout[1]->shape.dim[a->axis]);
}

/* ---- slice ----------------------------------------------------------------------------------- */

static void slice_infer(dl_infer *c)
{
    const axis_attr *a = c->attr;
    c->out = *c->in[0];
    c->out.dim[a->axis] = a->end - a->begin;
}

static bool slice_view(const dl_layout *in, const void *attr, dl_layout *out, int64_t *offset)
{
    const axis_attr *a = attr;
    memcpy(out->stride, in->stride, sizeof in->stride);
    *offset = out->shape.numel ? a->begin * in->stride[a->axis] : 0;
    return true;
}

static dl_val slice_vjp(const dl_node *y, int i, dl_val g)
{
    const axis_attr *a = dl_attr(y);
    return dl__pad_zeros(g, a->axis, a->begin, dl_size(dl_in(y, i), (int)a->axis) - a->end);
}

static const dl_op slice_op = {
    .name = "slice",
    .nin = 1,
    .attr_size = sizeof(axis_attr),
    .shapes = "(...,n,...) -> (...,end-begin,...)",
    .infer = slice_infer,
    .view = slice_view,
    .vjp = slice_vjp,
};

dl_val dl_slice(dl_val x, const char *axis, int64_t begin, int64_t end)
{
    int k = dl__axis("slice", x, axis);
    if (k < 0) return dl_none(x.tape);
    char text[DL_SHAPE_TEXT];
    int64_t n = dl_size(x, k), from = begin < 0 ? begin + n : begin, to = end < 0 ? end + n : end;
    if (from < 0 || to > n || from > to)
        return dl_fail(x.tape, DL_EARG, "slice",
                       "%s, axis %d: range %lld to %lld is not within 0 "
                       "to %lld",
                       dl_shape_text(dl_shape_of(x), text, sizeof text), k, (long long)begin,
                       (long long)end, (long long)n);
    return dl_apply(&slice_op, (&(axis_attr){ k, from, to }), x);
}

/* ---- pad: zeros around ----------------------------------------------------------------------- */

static void pad_infer(dl_infer *c)
{
    const axis_attr *a = c->attr;
    if (!dl__computing(c)) return;
    c->out = *c->in[0];
    int64_t *n = &c->out.dim[a->axis];
    if (__builtin_add_overflow(*n, a->begin, n) || __builtin_add_overflow(*n, a->end, n))
        dl_reject(c, DL_EOVERFLOW, "the sizes overflow");
}

DL_DECLARE_KERNELS(dl__pad);

static dl_val pad_vjp(const dl_node *y, int i, dl_val g)
{
    const axis_attr *a = dl_attr(y);
    int64_t n = dl_size(dl_in(y, i), (int)a->axis);
    return dl_apply(&slice_op, (&(axis_attr){ a->axis, a->begin, a->begin + n }), g);
}

static const dl_op pad_op = {
    .name = "pad",
    .nin = 1,
    .attr_size = sizeof(axis_attr),
    .shapes = "(...,n,...) -> (...,before+n+behind,...)",
    .infer = pad_infer,
    .eval = DL_KERNELS(dl__pad),
    .emit = pad_emit,
    .vjp = pad_vjp,
};

dl_val dl__pad_zeros(dl_val x, int64_t axis, int64_t before, int64_t behind)
{
    return before || behind ? dl_apply(&pad_op, (&(axis_attr){ axis, before, behind }), x) : x;
}

bool dl__is_part(dl_val g) { return dl_op_of(g) == &pad_op; }

/* ---- cat: two at a time, balanced ------------------------------------------------------------ */

static void cat_infer(dl_infer *c)
{
    const axis_attr *at = c->attr;
    const dl_shape *a = c->in[0], *b = c->in[1];
    if (!dl__computing(c)) return;
    if (strcmp(a->labels, b->labels) != 0) {
        dl_reject(c, DL_ELABEL, "the labels differ");
        return;
    }
    if (a->rank != b->rank) {
        dl_reject(c, DL_ERANK, "ranks %d and %d differ", a->rank, b->rank);
        return;
    }
    c->out = *a;
    for (int i = 0; i < a->rank; i++)
        if (i != at->axis && a->dim[i] != b->dim[i]) {
            dl_reject(c, DL_ESHAPE, "sizes %lld and %lld of axis %d differ", (long long)a->dim[i],
                      (long long)b->dim[i], i);
            return;
        }
    if (__builtin_add_overflow(a->dim[at->axis], b->dim[at->axis], &c->out.dim[at->axis]))
        dl_reject(c, DL_EOVERFLOW, "the sizes overflow");
}

DL_DECLARE_KERNELS(dl__cat);

static dl_val cat_vjp(const dl_node *y, int i, dl_val g)
{
    const axis_attr *at = dl_attr(y);
    int64_t m = dl_size(dl_in(y, 0), (int)at->axis), n = dl_size(dl_in(y, 1), (int)at->axis);
    axis_attr part = { at->axis, i ? m : 0, i ? m + n : m };
    return dl_apply(&slice_op, &part, g);
}

static const dl_op cat_op = {
    .name = "cat",
    .nin = 2,
    .attr_size = sizeof(axis_attr),
    .shapes = "(...,m,...) (...,n,...) -> (...,m+n,...)",
    .infer = cat_infer,
    .eval = DL_KERNELS(dl__cat),
    .emit = cat_emit,
    .vjp = cat_vjp,
};

/* Joins neighbours until one is left: each element is copied log2(n) times. */
dl_val dl__join(const char *name, const dl_val *x, int64_t n, int axis)
{
    dl_tape *t = x[0].tape;
    dl_val small[64], *list = small;
    bool heap = n > 64;
    if (heap && !(list = dl_work_list(t, n))) return dl_fail(t, DL_ENOMEM, name, "out of memory");
    memcpy(list, x, (size_t)n * sizeof *list);
    for (; n > 1; n = (n + 1) / 2) {
        for (int64_t k = 0; k < n / 2; k++)
            list[k] =
                dl_apply(&cat_op, (&(axis_attr){ .axis = axis }), list[2 * k], list[2 * k + 1]);
        if (n % 2) list[n / 2] = list[n - 1];
    }
    return list[0];
}

dl_val dl_cat(const dl_val *x, int n, const char *axis)
{
    dl_tape *t = dl_any_tape(x, n);
    if (!x || n < 1) return dl_fail(t, DL_EARG, "cat", "no values");
    if (!dl_usable("cat", x, n)) return dl_none(t);
    int k = dl__axis("cat", x[0], axis);
    return k < 0 ? dl_none(t) : dl__join("cat", x, n, k);
}

dl_val dl__stack(const dl_val *rows, int64_t n)
{
    dl_tape *t = rows[0].tape;
    dl_val *list = dl_work_list(t, n);
    if (!list) return dl_fail(t, DL_ENOMEM, "stack", "out of memory");
    for (int64_t k = 0; k < n; k++) list[k] = dl_reshape(rows[k], DL_DIMS(1, -1));
    return dl_tape_status(t) ? dl_none(t) : dl__join("stack", list, n, 0);
}

static const dl_op *const rows[] = { &slice_op, &pad_op, &cat_op, NULL };
const dl_family dl__join_family = { "join", rows };
