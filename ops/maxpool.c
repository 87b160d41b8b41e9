/* maxpool.c: maxima over windows: where they lie is one op, to take and to put elements are two,
 * each the derivative of the other. */
#include "support.h"
#include "pool.h"

/* ---- pool_index ------------------------------------------------------------------------------ */

static void pool_index_infer(dl_infer *c)
{
    const dl_pool_shape *s = c->attr;
    if (!dl__computing(c)) return;
    c->out = (dl_shape){ .dtype = DL_I64, .rank = 4 };
    for (int i = 0; i < 3; i++) c->out.dim[i] = s->out[i];
    c->out.dim[3] = s->n;
}

static void pool_index_emit(const dl_emit *e)
{
    const dl_pool_shape *s = e->attr;
    const char *x = e->name[1], *y = e->name[0];
    if (!e->layout[0]->shape.numel) {
        if (e->layout[1]->shape.numel) dl_emit_line(e, "(void)%s;", x);
        return;
    }
    int loops = 0, taps = 0;
    for (int k = 0; k < 3; k++)
        loops += dl_emit_loop(e, (char[]){ 'p', (char)('0' + k), '\0' }, s->out[k], 1);
    loops += dl_emit_loop(e, "q0", s->n, 1);
    dl_emit_line(e, "{");
    dl_emit_line(e, "int64_t j0 = -1;");
    for (int k = 0; k < 3; k++)
        taps += dl_emit_loop(e, (char[]){ 'k', (char)('0' + k), '\0' }, s->window[k], 1);
    dl_emit_line(e, "{");
    for (int k = 0; k < 3; k++)
        dl_emit_line(e, "int64_t i%d = %lld * p%d + k%d - %lld;", k, (long long)s->stride[k], k, k,
                     (long long)s->before[k]);
    for (int k = 0; k < 3; k++)
        dl_emit_line(e, "if (i%d < 0 || i%d >= %lld) continue;", k, k, (long long)s->in[k]);
    dl_emit_line(e, "i0 = ((i0 * %lld + i1) * %lld + i2) * %lld + q0;", (long long)s->in[1],
                 (long long)s->in[2], (long long)s->n);
    dl_emit_line(e, "if (j0 < 0 || (%s[j0] == %s[j0] && !(%s[i0] <= %s[j0]))) j0 = i0;", x, x, x,
                 x);
    dl_emit_line(e, "}");
    dl_emit_end(e, taps);
    dl_emit_line(e, "%s[((p0 * %lld + p1) * %lld + p2) * %lld + q0] = j0;", y, (long long)s->out[1],
                 (long long)s->out[2], (long long)s->n);
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}

DL_DECLARE_KERNELS(dl__pool_index);

static const dl_op pool_index_op = {
    .name = "pool_index",
    .nin = 1,
    .attr_size = sizeof(dl_pool_shape),
    .shapes = "(in...,n) -> (out...,n)",
    .infer = pool_index_infer,
    .eval = DL_KERNELS(dl__pool_index),
    .emit = pool_index_emit,
    .vjp = dl_vjp_zero,
};

/* ---- pool_take, pool_put --------------------------------------------------------------------- */

static void pool_take_infer(dl_infer *c)
{
    c->out = *c->in[1];
    c->out.dtype = c->in[0]->dtype;
}

typedef struct size_attr {
    int64_t n;
} size_attr;

static void pool_put_infer(dl_infer *c)
{
    const size_attr *a = c->attr;
    c->out = (dl_shape){ .dtype = c->in[0]->dtype, .rank = 1, .dim = { a->n } };
}

static void pool_take_emit(const dl_emit *e)
{
    dl_emit_line(e, "for (int i = 0; i < %lld; i++)", (long long)e->layout[0]->shape.numel);
    dl_emit_line(e, "    %s[i] = %s[i] >= 0 && %s[i] < %lld ? %s[%s[i]] : (%s)NAN;", e->name[0],
                 e->name[2], e->name[2], (long long)e->layout[1]->shape.numel, e->name[1],
                 e->name[2], e->real);
}

static void pool_put_emit(const dl_emit *e)
{
    long long n = e->layout[0]->shape.numel;
    dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = 0;", n, e->name[0]);
    dl_emit_line(e, "for (int i = 0; i < %lld; i++)", (long long)e->layout[1]->shape.numel);
    dl_emit_line(e, "    if (%s[i] >= 0 && %s[i] < %lld) %s[%s[i]] += %s[i];", e->name[2],
                 e->name[2], n, e->name[0], e->name[2], e->name[1]);
}

static dl_val pool_take_vjp(const dl_node *y, int i, dl_val g);
static dl_val pool_put_vjp(const dl_node *y, int i, dl_val g);
DL_DECLARE_KERNELS(dl__pool_take);
DL_DECLARE_KERNELS(dl__pool_put);

static const dl_op pool_take_op = {
    .name = "pool_take",
    .nin = 2,
    .shapes = "any (...) -> (...)",
    .operands = "x index",
    .infer = pool_take_infer,
    .eval = DL_KERNELS(dl__pool_take),
    .emit = pool_take_emit,
    .vjp = pool_take_vjp,
};

static const dl_op pool_put_op = {
    .name = "pool_put",
    .nin = 2,
    .attr_size = sizeof(size_attr),
    .shapes = "(...) (...) -> (n)",
    .operands = "g index",
    .infer = pool_put_infer,
    .eval = DL_KERNELS(dl__pool_put),
    .emit = pool_put_emit,
    .vjp = pool_put_vjp,
};

static dl_val pool_take_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val x = dl_in(y, i);
    size_attr a = { dl_numel(x) };
    return dl__reshape_to(dl_apply(&pool_put_op, &a, g, dl_in(y, 1)), dl_shape_of(x));
}

static dl_val pool_put_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val x = dl_apply(&pool_take_op, NULL, g, dl_in(y, 1));
    return dl__reshape_to(x, dl_shape_of(dl_in(y, i)));
}

static const dl_op *const rows[] = { &pool_index_op, &pool_take_op, &pool_put_op, NULL };
const dl_family dl__pool_family = { "pool", rows };

/* ---- the public functions -------------------------------------------------------------------- */

static bool take_axis(dl_val x, int axis, int axes, const int64_t *window, const dl_conv_options *o,
                      dl_pool_shape *s)
{
    char text[DL_SHAPE_TEXT];
    int k = axis - (3 - axes);
    s->in[axis] = s->out[axis] = s->window[axis] = s->stride[axis] = 1;
    if (k < 0) return true;
    int64_t size = dl_size(x, k), step = o->stride[k] ? o->stride[k] : 1, w = window[k];
    int64_t before = o->before[k], after = o->after[k], most = 1 << 30;
    int64_t same = (size + step - 1) / (step > 0 ? step : 1), zeros = (same - 1) * step + w - size;
    if (o->same) before = zeros > 0 ? zeros / 2 : 0, after = 0;
    if (w < 1 || w > most || step < 1 || step > most || before < 0 || before >= w || after < 0
        || after >= w || o->dilation[k] > 1 || o->groups > 1 || size > most
        || (!o->same && size && size + before + after < w))
        return dl_fail(
                   x.tape, DL_EARG, "maxpool",
                   "x %s, axis %d: window %lld, stride %lld, padding %lld and %lld: wanted a "
                   "padding smaller than the window, which fits, and neither dilation nor groups",
                   dl_shape_text(dl_shape_of(x), text, sizeof text), k, (long long)w,
                   (long long)step, (long long)before, (long long)after),
               false;
    s->in[axis] = size, s->window[axis] = w, s->stride[axis] = step, s->before[axis] = before;
    s->out[axis] = size == 0 ? 0 : o->same ? same : (size + before + after - w) / step + 1;
    return true;
}

dl_status dl_maxpool_indices(dl_val x, const int64_t *window, dl_conv_options options, dl_val *y,
                             dl_val *index)
{
    char text[DL_SHAPE_TEXT];
    dl_tape *t = dl_any_tape(&x, 1);
    if (y) *y = dl_none(t);
    if (index) *index = dl_none(t);
    if (!dl__operands("maxpool", &x, 1)) return dl_tape_status(t);
    const dl_shape *s = dl_shape_of(x);
    int axes = 0;
    while (s->labels[axes] == 'S') axes++;
    if (axes < 1 || axes > 3 || !window) {
        dl_fail(t, window ? DL_ELABEL : DL_ENULL, "maxpool", "x %s: wanted %s",
                dl_shape_text(s, text, sizeof text),
                window ? "one to three axes S" : "the sizes of the window");
        return dl_tape_status(t);
    }
    dl_pool_shape p = { .n = 1 };
    for (int i = axes; i < s->rank; i++) p.n *= s->dim[i];
    for (int i = 0; i < 3; i++)
        if (!take_axis(x, i, axes, window, &options, &p)) return dl_tape_status(t);
    dl_shape to = *s;
    for (int i = 0; i < axes; i++) to.dim[i] = p.out[3 - axes + i];
    dl_val where =
        dl_apply(&pool_index_op, &p, dl_reshape(x, DL_DIMS(p.in[0], p.in[1], p.in[2], p.n)));
    where = dl__reshape_to(where, &to);
    if (y) *y = dl_apply(&pool_take_op, NULL, x, where);
    if (index) *index = where;
    return dl_finish(t);
}

dl_val dl_maxpool(dl_val x, const int64_t *window, dl_conv_options options)
{
    dl_val y;
    dl_maxpool_indices(x, window, options, &y, NULL);
    return y;
}

dl_val dl_maxunpool(dl_val y, dl_val index, dl_val like)
{
    char a[DL_SHAPE_TEXT], b[DL_SHAPE_TEXT];
    dl_val in[] = { y, index, like };
    dl_tape *t = dl_any_tape(in, 3);
    if (!dl_usable("maxunpool", in, 3) || !dl__operands("maxunpool", &y, 1)) return dl_none(t);
    const dl_shape *s = dl_shape_of(y), *i = dl_shape_of(index);
    bool whole = i->dtype == DL_I64;
    if (!whole || !dl__same_dims(s, i))
        return dl_fail(t, whole ? DL_ESHAPE : DL_EDTYPE, "maxunpool", "y %s, index %s: %s",
                       dl_shape_text(s, a, sizeof a), dl_shape_text(i, b, sizeof b),
                       whole ? "the sizes differ" : "the index is not i64");
    size_attr n = { dl_numel(like) };
    return dl__reshape_to(dl_apply(&pool_put_op, &n, y, index), dl_shape_of(like));
}
