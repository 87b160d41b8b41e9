/* resize.c: values read between their elements, along one axis at a time. Reading is linear; its
 * derivative is the transposed map, which is a row too. */
#include "support.h"
#include "resize_call.h"

#include <math.h>
#include <stdio.h>

/* ---- shape rules, C text --------------------------------------------------------------------- */

static void resize_infer(dl_infer *c)
{
    const dl_resize_attr *a = c->attr;
    if (!dl__computing(c)) return;
    c->out = *c->in[0];
    c->out.dim[a->axis] = a->line.m;
}

static void resize_back_infer(dl_infer *c)
{
    const dl_resize_attr *a = c->attr;
    if (!dl__computing(c)) return;
    c->out = *c->in[0];
    c->out.dim[a->axis] = a->line.n;
}

static void emit_lines(const dl_emit *e, const char *name)
{
    const dl_resize_attr *a = e->attr;
    const dl_resize_line *l = &a->line;
    const dl_shape *from = &e->layout[1]->shape, *to = &e->layout[0]->shape;
    int64_t rows = 1, width = 1;
    char function[32];
    dl_index x = { "" }, y = { "" };
    for (int i = 0; i < to->rank; i++)
        if (i != a->axis) *(i < a->axis ? &rows : &width) *= to->dim[i];
    if (!to->numel) {
        if (from->numel) dl_emit_line(e, "(void)%s;", e->name[1]);
        return;
    }
    snprintf(function, sizeof function, "dl_%s_%s", name, e->type);
    dl_emit_need(e, function);
    if (rows > 1) dl_emit_term(&x, from->dim[a->axis] * width, "i");
    if (rows > 1) dl_emit_term(&y, to->dim[a->axis] * width, "i");
    int loops = rows > 1 ? dl_emit_loop(e, "i", rows, 1) : 0;
    dl_emit_line(e, "{");
    dl_emit_line(e,
                 "const dl_resize_line dl_r = { %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld };",
                 (long long)l->n, (long long)l->m, (long long)l->at, (long long)l->rest,
                 (long long)l->step, (long long)l->part, (long long)l->whole, (long long)l->linear);
    dl_emit_line(e, "%s(&dl_r, %lld, %lld, %s + %s, %s + %s);", function, (long long)width,
                 (long long)width, e->name[1], dl_place(&x), e->name[0], dl_place(&y));
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}

static void resize_emit(const dl_emit *e) { emit_lines(e, "resize"); }
static void resize_back_emit(const dl_emit *e) { emit_lines(e, "resize_back"); }

/* ---- rows ------------------------------------------------------------------------------------ */

static dl_val resize_vjp(const dl_node *y, int i, dl_val g);
static dl_val resize_back_vjp(const dl_node *y, int i, dl_val g);

#define ROW(NAME, SHAPES)                    \
    DL_DECLARE_KERNELS(dl__##NAME);          \
    static const dl_op NAME##_op = {         \
        .name = #NAME,                       \
        .nin = 1,                            \
        .attr_size = sizeof(dl_resize_attr), \
        .shapes = SHAPES,                    \
        .infer = NAME##_infer,               \
        .eval = DL_KERNELS(dl__##NAME),      \
        .emit = NAME##_emit,                 \
        .vjp = NAME##_vjp,                   \
    };
ROW(resize, "(...,n,...) -> (...,m,...)")
ROW(resize_back, "(...,m,...) -> (...,n,...)")
#undef ROW

static dl_val resize_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return dl_apply(&resize_back_op, dl_attr(y), g);
}

static dl_val resize_back_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return dl_apply(&resize_op, dl_attr(y), g);
}

static const dl_op *const rows[] = { &resize_op, &resize_back_op, NULL };
const dl_family dl__resize_family = { "resize", rows };

/* ---- places ---------------------------------------------------------------------------------- */

/* What an axis is multiplied by: p / q. */
typedef struct fraction {
    int64_t p, q;
} fraction;

/* The first of the convergents of a number from 2^-10 to 2^30 that has its double; the last one is
 * the number itself. */
static fraction fraction_of(double number)
{
    int exponent;
    fraction last = { 0, 1 }, f = { 1, 0 };
    int64_t a = (int64_t)ldexp(frexp(number, &exponent), 53), b = 1;
    for (; exponent < 53 && a % 2 == 0; exponent++) a /= 2;
    if (exponent < 53) b = (int64_t)1 << (53 - exponent);
    while (!f.q || (double)f.p / (double)f.q != number) {
        int64_t whole = a / b, rest = a % b;
        fraction next = { whole * f.p + last.p, whole * f.q + last.q };
        last = f, f = next, a = b, b = rest;
    }
    return f;
}

/* Element j is read at (j step + first) / whole. */
static dl_resize_line line_of(int64_t n, int64_t m, const dl_resize_options *o, fraction scale)
{
    int64_t first = 0, step, whole;
    if (o->places == DL_HALF_PIXEL)
        first = scale.q - scale.p, step = 2 * scale.q, whole = 2 * scale.p;
    else if (o->places == DL_ASYMMETRIC) step = scale.q, whole = scale.p;
    else step = m > 1 ? n - 1 : 0, whole = m > 1 ? m - 1 : 1;
    /* the whole number before a place that has been moved is the nearest one */
    bool linear = o->method == DL_RESIZE_LINEAR;
    dl_resize_rounding rounding = linear ? DL_NEAREST_FLOOR : o->rounding;
    bool half = rounding == DL_NEAREST_ROUND || rounding == DL_NEAREST_ROUND_DOWN;
    if (half) first *= 2, step *= 2, whole *= 2, first += whole / 2;
    if (rounding == DL_NEAREST_ROUND_DOWN) first -= 1;
    if (rounding == DL_NEAREST_CEIL) first += whole - 1;
    int64_t at = first / whole - (first % whole < 0);
    return (
        dl_resize_line){ n, m, at, first - at * whole, step / whole, step % whole, whole, linear };
}

/* ---- public functions ------------------------------------------------------------------------ */

static const char *axes_of(const dl_resize_options *o) { return o->axes ? o->axes : "S"; }

static bool takes(const char *name, dl_val x, int count, const void *numbers,
                  const dl_resize_options *o, bool one_for_all, uint32_t *mask)
{
    char text[DL_SHAPE_TEXT];
    if (!dl__operands(name, &x, 1) || !dl__axes(name, x, axes_of(o), mask, NULL)) return false;
    int axes = __builtin_popcount(*mask);
    if (count && !numbers) return dl_fail(x.tape, DL_ENULL, name, "no numbers for the axes"), false;
    if (count != axes && !(count == 1 && one_for_all))
        return dl_fail(x.tape, DL_ERANK, name, "%s: %d numbers for %d axes",
                       dl_shape_text(dl_shape_of(x), text, sizeof text), count, axes),
               false;
    if ((unsigned)o->method <= DL_RESIZE_LINEAR && (unsigned)o->places <= DL_ASYMMETRIC
        && (unsigned)o->rounding <= DL_NEAREST_CEIL)
        return true;
    return dl_fail(x.tape, DL_EARG, name, "no such method, places or rounding: %d, %d, %d",
                   (int)o->method, (int)o->places, (int)o->rounding),
           false;
}

enum { MOST = 48 }; /* bits of a size: places do not overflow, and are exact in double */

/* Axis k to m elements; scale.p 0: by the quotient of the sizes. */
static dl_val along(const char *name, dl_val x, int k, int64_t m, const dl_resize_options *o,
                    fraction scale)
{
    char text[DL_SHAPE_TEXT];
    int64_t n = dl_size(x, k);
    bool there = m >= 0 && (n || !m);
    if (!there || n >> MOST || m >> MOST)
        return dl_fail(
            x.tape, there ? DL_EOVERFLOW : DL_ESHAPE, name, "%s, axis %d: %lld elements from %lld",
            dl_shape_text(dl_shape_of(x), text, sizeof text), k, (long long)m, (long long)n);
    if (!scale.p) scale = (fraction){ m, n };
    if (n == m && (scale.p == scale.q || o->places == DL_ALIGN_CORNERS)) return x;
    if (!m) scale = (fraction){ 1, 1 }; /* nothing is read */
    dl_resize_attr a = { k, line_of(n, m, o, scale) };
    return dl_apply(&resize_op, &a, x);
}

dl_val dl_resize(dl_val x, int count, const int64_t *size, dl_resize_options options)
{
    uint32_t mask;
    if (!takes("resize", x, count, size, &options, false, &mask)) return dl_none(x.tape);
    for (int k = 0; k < DL_MAX_RANK && !dl_tape_status(x.tape); k++)
        if (mask >> k & 1) x = along("resize", x, k, *size++, &options, (fraction){ 0, 0 });
    return x;
}

dl_val dl_resize_by(dl_val x, int count, const double *scale, dl_resize_options options)
{
    uint32_t mask;
    if (!takes("resize_by", x, count, scale, &options, true, &mask)) return dl_none(x.tape);
    for (int k = 0, i = 0; k < DL_MAX_RANK && !dl_tape_status(x.tape); k++) {
        if (!(mask >> k & 1)) continue;
        double s = scale[count == 1 ? 0 : i++];
        if (!(s >= 0x1p-10 && s <= 0x1p30))
            return dl_fail(x.tape, DL_EARG, "resize_by", "a scale of %g, wanted 2^-10 to 2^30", s);
        fraction f = fraction_of(s);
        int64_t m;
        if (__builtin_mul_overflow(dl_size(x, k), f.p, &m))
            return dl_fail(x.tape, DL_EOVERFLOW, "resize_by", "the sizes overflow");
        x = along("resize_by", x, k, m / f.q, &options, f);
    }
    return x;
}
