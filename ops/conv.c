/* conv.c: convolutions of one to three axes: three rows, each linear in both operands, whose
 * derivatives are the other two. */
#include "support.h"
#include "conv.h"

/* ---- the rows: x, y and w as conv.h says, without labels ------------------------------------- */

static void places(dl_infer *c, const int64_t *size, int64_t channels)
{
    const dl_conv_shape *s = c->attr;
    c->out.rank = 6;
    for (int i = 0; i < 3; i++) c->out.dim[i] = size[i];
    c->out.dim[3] = s->groups, c->out.dim[4] = channels, c->out.dim[5] = s->n;
    c->out.dtype = c->in[0]->dtype;
}

static void conv_infer(dl_infer *c)
{
    const dl_conv_shape *s = c->attr;
    if (dl__computing(c)) places(c, s->out, s->f);
}

static void conv_input_infer(dl_infer *c)
{
    const dl_conv_shape *s = c->attr;
    if (dl__computing(c)) places(c, s->in, s->c);
}

static void conv_weight_infer(dl_infer *c)
{
    const dl_conv_shape *s = c->attr;
    if (!dl__computing(c)) return;
    c->out.dtype = c->in[0]->dtype;
    c->out.rank = 6;
    c->out.dim[0] = s->groups, c->out.dim[4] = s->c, c->out.dim[5] = s->f;
    for (int i = 0; i < 3; i++) c->out.dim[1 + i] = s->filter[i];
}

/* Room for the transpose of an operand. */
static bool turns(dl_prepare *p, int operand, bool wanted)
{
    const dl_shape *s = &p->layout[operand + 1]->shape;
    p->info = p->attr;
    if (wanted) p->work_bytes = (size_t)s->numel * dl_dtype_size((dl_dtype)s->dtype);
    return true;
}

static bool conv_input_prepare(dl_prepare *p)
{
    return turns(p, 1, ((const dl_conv_shape *)p->attr)->n == 1);
}

static bool conv_weight_prepare(dl_prepare *p)
{
    return turns(p, 1, ((const dl_conv_shape *)p->attr)->n != 1);
}

static const char axis_of[][4] = { "0", "1", "2" };

/* The loops over the places and taps of one axis, as C: p, k and i with its number. */
static void emit_axis(const dl_emit *e, const dl_conv_shape *s, int k)
{
    dl_emit_line(e, "i%s = %lld * p%s + %lld * k%s - %lld;", axis_of[k], (long long)s->stride[k],
                 axis_of[k], (long long)s->dilation[k], axis_of[k], (long long)s->before[k]);
    dl_emit_line(e, "if (i%s < 0 || i%s >= %lld) continue;", axis_of[k], axis_of[k],
                 (long long)s->in[k]);
}

/* All sums in the order of the kernels; x, y and w are names of operands or of the result. */
static void emit_nest(const dl_emit *e, const char *x, const char *y, const char *w,
                      const char *format)
{
    const dl_conv_shape *s = e->attr;
    long long size = e->layout[0]->shape.numel;
    long long g = s->groups, c = s->c, f = s->f, n = s->n, work = g * c * f * n;
    for (int k = 0; k < 3; k++) work *= s->in[k] * s->out[k] * s->filter[k];
    dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = 0;", size, e->name[0]);
    if (!work) {
        for (int k = 1; k <= 2; k++)
            if (e->layout[k]->shape.numel) dl_emit_line(e, "(void)%s;", e->name[k]);
        return;
    }
    int loops = dl_emit_loop(e, "q0", g, 1);
    for (int k = 0; k < 2; k++)
        loops += dl_emit_loop(e, (char[]){ 'p', (char)('0' + k), '\0' }, s->out[k], 1);
    for (int k = 0; k < 3; k++)
        loops += dl_emit_loop(e, (char[]){ 'k', (char)('0' + k), '\0' }, s->filter[k], 1);
    loops += dl_emit_loop(e, "p2", s->out[2], 1);
    dl_emit_line(e, "{");
    dl_emit_line(e, "int i0, i1, i2;");
    dl_emit_line(e, "const %s *j0, *j1;", e->real);
    for (int k = 0; k < 3; k++) emit_axis(e, s, k);
    dl_emit_line(e, "i2 = ((i0 * %lld + i1) * %lld + i2) * %lld + q0;", (long long)s->in[1],
                 (long long)s->in[2], g);
    dl_emit_line(e, "i1 = ((p0 * %lld + p1) * %lld + p2) * %lld + q0;", (long long)s->out[1],
                 (long long)s->out[2], g);
    dl_emit_line(e, "i0 = ((q0 * %lld + k0) * %lld + k1) * %lld + k2;", (long long)s->filter[0],
                 (long long)s->filter[1], (long long)s->filter[2]);
    dl_emit_line(e, "j0 = %s + %lld * %s, j1 = %s + %lld * %s;", e->name[1],
                 e->name[1] == x ? c * n : f * n, e->name[1] == x ? "i2" : "i1", e->name[2],
                 e->name[2] == w ? c * f : f * n, e->name[2] == w ? "i0" : "i1");
    int inner =
        dl_emit_loop(e, "q1", c, 1) + dl_emit_loop(e, "q2", f, 1) + dl_emit_loop(e, "q3", n, 1);
    const char *at = e->name[0] == y ? "i1" : e->name[0] == x ? "i2" : "i0";
    long long unit = e->name[0] == y ? f * n : e->name[0] == x ? c * n : c * f;
    dl_emit_line(e, format, e->name[0], unit, at, e->name[0] == w ? f : n, n,
                 e->name[2] == w ? f : n);
    dl_emit_end(e, inner);
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}

static void conv_emit(const dl_emit *e)
{
    emit_nest(e, e->name[1], e->name[0], e->name[2],
              "%s[%lld * %s + %lld * q2 + q3] += j0[%lld * q1 + q3] * j1[%lld * q1 + q2];");
}

static void conv_input_emit(const dl_emit *e)
{
    emit_nest(e, e->name[0], e->name[1], e->name[2],
              "%s[%lld * %s + %lld * q1 + q3] += j0[%lld * q2 + q3] * j1[%lld * q1 + q2];");
}

static void conv_weight_emit(const dl_emit *e)
{
    emit_nest(e, e->name[1], e->name[2], e->name[0],
              "%s[%lld * %s + %lld * q1 + q2] += j0[%lld * q1 + q3] * j1[%lld * q2 + q3];");
}

static dl_val conv_vjp(const dl_node *y, int i, dl_val g);
static dl_val conv_input_vjp(const dl_node *y, int i, dl_val g);
static dl_val conv_weight_vjp(const dl_node *y, int i, dl_val g);

#define ROW(NAME, SHAPES, OPERANDS, PREPARE) \
    DL_DECLARE_KERNELS(dl__##NAME);          \
    static const dl_op NAME##_op = {         \
        .name = #NAME,                       \
        .nin = 2,                            \
        .attr_size = sizeof(dl_conv_shape),  \
        .shapes = SHAPES,                    \
        .operands = OPERANDS,                \
        .infer = NAME##_infer,               \
        .prepare = PREPARE,                  \
        .eval = DL_KERNELS(dl__##NAME),      \
        .emit = NAME##_emit,                 \
        .vjp = NAME##_vjp,                   \
    };
ROW(conv, "(in...,g,c,n) (g,filter...,c,f) -> (out...,g,f,n)", "x w", NULL)
ROW(conv_input, "(out...,g,f,n) (g,filter...,c,f) -> (in...,g,c,n)", "y w", conv_input_prepare)
ROW(conv_weight, "(in...,g,c,n) (out...,g,f,n) -> (g,filter...,c,f)", "x y", conv_weight_prepare)

static dl_val conv_vjp(const dl_node *y, int i, dl_val g)
{
    const dl_conv_shape *s = dl_attr(y);
    return i == 0 ? dl_apply(&conv_input_op, s, g, dl_in(y, 1))
                  : dl_apply(&conv_weight_op, s, dl_in(y, 0), g);
}

static dl_val conv_input_vjp(const dl_node *y, int i, dl_val g)
{
    const dl_conv_shape *s = dl_attr(y);
    return i == 0 ? dl_apply(&conv_op, s, g, dl_in(y, 1))
                  : dl_apply(&conv_weight_op, s, g, dl_in(y, 0));
}

static dl_val conv_weight_vjp(const dl_node *y, int i, dl_val g)
{
    const dl_conv_shape *s = dl_attr(y);
    return i == 0 ? dl_apply(&conv_input_op, s, dl_in(y, 1), g)
                  : dl_apply(&conv_op, s, dl_in(y, 0), g);
}

static const dl_op *const rows[] = { &conv_op, &conv_input_op, &conv_weight_op, NULL };
const dl_family dl__conv_family = { "conv", rows };

/* ---- from labelled values to the rows and back ----------------------------------------------- */

typedef struct call {
    const char *name;
    dl_val x, w, b;
    dl_conv_shape s;
    int axes;                     /* that are convolved */
    int64_t size[3], in, out;     /* of x; channels of a group that go in and come out */
    char labels[DL_MAX_RANK + 1]; /* of x as it goes in: T stands in front where it is convolved */
    int64_t behind[3];            /* sizes behind the channels */
} call;

static bool fails(const call *c, dl_status status, const char *what, long long got,
                  long long wanted)
{
    char x[DL_SHAPE_TEXT], w[DL_SHAPE_TEXT];
    dl_fail(c->x.tape, status, c->name, "x %s, weights %s: %s: %lld, wanted %lld",
            dl_shape_text(dl_shape_of(c->x), x, sizeof x),
            dl_shape_text(dl_shape_of(c->w), w, sizeof w), what, got, wanted);
    return false;
}

/* The axes of x: which are convolved, how many observations. */
static bool take_input(call *c)
{
    char text[DL_SHAPE_TEXT];
    const dl_shape *s = dl_shape_of(c->x);
    if (!s->labels[0] || dl_finddim(c->x, 'C') < 0)
        return dl_fail(c->x.tape, DL_ELABEL, c->name,
                       "x %s has no label C: give it labels such as \"SSCB\" with dl_label",
                       dl_shape_text(s, text, sizeof text)),
               false;
    int k = 0, channel = dl_finddim(c->x, 'C'), time = dl_finddim(c->x, 'T');
    bool over_time = channel == 0;
    c->axes = over_time ? time >= 0 : channel;
    if (c->axes < 1 || c->axes > 3 || dl_finddim(c->x, 'U') >= 0)
        return dl_fail(c->x.tape, DL_ELABEL, c->name,
                       "x %s: wanted one to three axes S, or T without them, and no U",
                       dl_shape_text(s, text, sizeof text)),
               false;
    for (int i = 0; i < c->axes; i++) c->size[i] = s->dim[over_time ? time : i];
    for (int i = 0; i < c->axes; i++) c->labels[k++] = over_time ? 'T' : 'S';
    c->labels[k++] = 'C';
    c->s.n = 1;
    for (int i = channel + 1; i < s->rank; i++)
        if (!over_time || i != time) {
            c->behind[k - c->axes - 1] = s->dim[i];
            c->labels[k++] = s->labels[i];
            c->s.n *= s->dim[i];
        }
    return true;
}

static bool take_weights(call *c, const dl_conv_options *o, bool transposed)
{
    const dl_shape *w = dl_shape_of(c->w);
    int64_t channels = dl_size(c->x, dl_finddim(c->x, 'C'));
    c->s.groups = o->groups ? o->groups : 1;
    if (w->labels[0]) return fails(c, DL_ELABEL, "labels of the weights", 1, 0);
    if (c->s.groups < 1) return fails(c, DL_EARG, "groups", (long long)o->groups, 1);
    bool grouped = w->rank == c->axes + 3;
    if (w->rank != c->axes + 2 + (c->s.groups > 1) && !grouped)
        return fails(c, DL_ERANK, "rank of the weights", w->rank, c->axes + 2 + (c->s.groups > 1));
    if (grouped && w->dim[c->axes + 2] != c->s.groups)
        return fails(c, DL_ESHAPE, "groups of the weights", (long long)w->dim[c->axes + 2],
                     (long long)c->s.groups);
    c->s.c = w->dim[c->axes], c->s.f = w->dim[c->axes + 1];
    c->in = transposed ? c->s.f : c->s.c;
    c->out = transposed ? c->s.c : c->s.f;
    if (channels != c->in * c->s.groups)
        return fails(c, DL_ESHAPE, "channels of x", (long long)channels,
                     (long long)(c->in * c->s.groups));
    if (c->b.tape && dl_numel(c->b) != c->out * c->s.groups)
        return fails(c, DL_ESHAPE, "elements of the bias", (long long)dl_numel(c->b),
                     (long long)(c->out * c->s.groups));
    return true;
}

enum { MOST = 1 << 30 }; /* sizes below it do not overflow when they are multiplied */

/* The geometry of axis i of three. */
static bool take_axis(call *c, const dl_conv_options *o, int i, bool transposed)
{
    dl_conv_shape *s = &c->s;
    int k = i - (3 - c->axes);
    s->in[i] = s->out[i] = s->filter[i] = s->stride[i] = s->dilation[i] = 1;
    if (k < 0) return true;
    int64_t filter = dl_size(c->w, k), size = c->size[k], after = o->after[k];
    int64_t stride = o->stride[k] ? o->stride[k] : 1, step = o->dilation[k] ? o->dilation[k] : 1;
    int64_t before = o->before[k];
    if (stride < 1 || stride > MOST) return fails(c, DL_EARG, "stride", (long long)stride, 1);
    if (step < 1 || step > MOST) return fails(c, DL_EARG, "dilation", (long long)step, 1);
    if (before < 0 || before > MOST || after < 0 || after > MOST)
        return fails(c, DL_EARG, "padding", (long long)(before < 0 ? before : after), 0);
    if (filter < 1 || filter > MOST || size > MOST)
        return fails(c, DL_ESHAPE, "filter size", (long long)filter, 1);
    int64_t reach = (filter - 1) * step + 1, places;
    if (transposed) {
        if (o->same && reach < stride)
            return fails(c, DL_ESHAPE, "reach of the filter, for the stride", (long long)reach,
                         (long long)stride);
        before = o->same ? (reach - stride) / 2 : before;
        places = o->same ? size * stride : (size - 1) * stride + reach - before - after;
        if (size == 0) places = 0;
    } else {
        int64_t same = (size + stride - 1) / stride, zeros = (same - 1) * stride + reach - size;
        if (o->same) before = zeros > 0 ? zeros / 2 : 0;
        int64_t room = size + before + after - reach;
        places = o->same ? same : room < 0 ? 0 : room / stride + 1;
        if (room < 0 && !o->same && size)
            return fails(c, DL_ESHAPE, "reach of the filter, for the padded input",
                         (long long)reach, (long long)(size + before + after));
        if (size == 0) places = 0;
    }
    if (places < 0) return fails(c, DL_ESHAPE, "places", (long long)places, 0);
    s->filter[i] = filter, s->stride[i] = stride, s->dilation[i] = step, s->before[i] = before;
    s->in[i] = transposed ? places : size;
    s->out[i] = transposed ? size : places;
    return true;
}

/* (.., g, channels, n) of the row's operand. */
static dl_val canonical_input(const call *c, const int64_t *size)
{
    dl_val x = dl_stripdims(c->x);
    int rank = dl_rank(x), time = dl_finddim(c->x, 'T');
    if (c->labels[0] == 'T') {
        int64_t order[DL_MAX_RANK] = { time }, k = 1;
        for (int i = 0; i < rank; i++)
            if (i != time) order[k++] = i;
        x = dl_permute(x, rank, order);
    }
    return dl_reshape(x, DL_DIMS(size[0], size[1], size[2], c->s.groups, c->in, c->s.n));
}

static dl_val canonical_weights(const call *c)
{
    const dl_conv_shape *s = &c->s;
    const int64_t order[] = { 5, 0, 1, 2, 3, 4 };
    dl_val w =
        dl_reshape(c->w, DL_DIMS(s->filter[0], s->filter[1], s->filter[2], s->c, s->f, s->groups));
    return dl_permute(w, 6, order);
}

static dl_val labelled_result(const call *c, dl_val y, const int64_t *size)
{
    int64_t dim[DL_MAX_RANK];
    int k = 0;
    for (int i = 0; i < c->axes; i++) dim[k++] = size[3 - c->axes + i];
    dim[k++] = c->out * c->s.groups;
    for (int i = 0; c->labels[k]; i++) dim[k++] = c->behind[i];
    y = dl_label(dl_reshape(y, k, dim), c->labels);
    if (!c->b.tape) return y;
    return dl_add(y, dl_label(dl_reshape(dl_stripdims(c->b), DL_DIMS(-1)), "C"));
}

static dl_val convolve(call *c, const dl_conv_options *o, bool transposed)
{
    dl_val in[] = { c->x, c->w, c->b };
    dl_tape *t = dl_any_tape(in, c->b.tape ? 3 : 2);
    if (!dl__operands(c->name, in, c->b.tape ? 3 : 2)) return dl_none(t);
    if (!take_input(c) || !take_weights(c, o, transposed)) return dl_none(t);
    for (int i = 0; i < 3; i++)
        if (!take_axis(c, o, i, transposed)) return dl_none(t);
    const int64_t *from = transposed ? c->s.out : c->s.in, *to = transposed ? c->s.in : c->s.out;
    dl_val x = canonical_input(c, from), w = canonical_weights(c);
    return labelled_result(c, dl_apply(transposed ? &conv_input_op : &conv_op, &c->s, x, w), to);
}

dl_val dl_conv(dl_val x, dl_val w, dl_val b, dl_conv_options options)
{
    return convolve(&(call){ .name = "conv", .x = x, .w = w, .b = b }, &options, false);
}

dl_val dl_transposed_conv(dl_val x, dl_val w, dl_val b, dl_conv_options options)
{
    return convolve(&(call){ .name = "transposed_conv", .x = x, .w = w, .b = b }, &options, true);
}
