/* count.c: how many elements are not 0: count_nonzero, any, all; and which: nonzero. */
#include "span.h"
#include "attributes.h"

static void count_infer(dl_infer *c, dl_dtype dtype)
{
    const span_attr *a = c->attr;
    c->out = *c->in[0];
    c->out.dtype = (int32_t)dtype;
    for (int64_t i = a->first; i <= a->last; i++) c->out.dim[i] = 1;
}

/* `value` is the result from the number dl_n of elements that are not 0, and the length n. */
static void count_emit(const dl_emit *e, const char *value)
{
    const dl_spread *s = e->info;
    dl_index y = { "" }, x = { "" };
    if (s->before > 1)
        dl_emit_term(&y, s->behind, "i"), dl_emit_term(&x, s->along[1] * s->behind, "i");
    if (s->behind > 1) dl_emit_term(&y, 1, "j"), dl_emit_term(&x, 1, "j");
    dl_emit_term(&x, s->behind, "k");
    int loops = s->before != 1 ? dl_emit_loop(e, "i", s->before, 1) : 0;
    if (s->behind != 1) loops += dl_emit_loop(e, "j", s->behind, 1);
    dl_emit_line(e, "{");
    dl_emit_line(e, "int64_t dl_n = 0;");
    dl_emit_line(e, "for (int k = 0; k < %lld; k++) dl_n += %s[%s] != 0;", (long long)s->along[1],
                 e->name[1], dl_place(&x));
    dl_emit_line(e, value, e->name[0], dl_place(&y), (long long)s->along[1]);
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}

#define ROW(NAME, DTYPE, VALUE)                                         \
    DL_DECLARE_KERNELS(dl__##NAME);                                     \
    static void NAME##_infer(dl_infer *c) { count_infer(c, DTYPE); }    \
    static void NAME##_emit(const dl_emit *e) { count_emit(e, VALUE); } \
    static const dl_op NAME##_op = {                                    \
        .name = #NAME,                                                  \
        .nin = 1,                                                       \
        .attr_size = sizeof(span_attr),                                 \
        .shapes = SPAN_REDUCED,                                         \
        .infer = NAME##_infer,                                          \
        .prepare = dl__span_prepare,                                    \
        .eval = DL_KERNELS(dl__##NAME),                                 \
        .emit = NAME##_emit,                                            \
        .vjp = dl_vjp_zero,                                             \
    };
ROW(count_nonzero, DL_I64, "%s[%s] = dl_n;")
ROW(any, DL_U8, "%s[%s] = dl_n != 0;")
ROW(all, DL_U8, "%s[%s] = dl_n == %lld;")

static dl_val count(const dl_op *op, dl_val x, const char *axes)
{
    dl_span s;
    if (!dl__span_begin(&s, op->name, x, axes, DL_SPAN_ANY)) return dl_none(x.tape);
    return dl__span_reduced(&s, dl__span_apply(&s, op, 0, &s.x));
}

dl_val dl_count_nonzero(dl_val x, const char *axes) { return count(&count_nonzero_op, x, axes); }
dl_val dl_any(dl_val x, const char *axes) { return count(&any_op, x, axes); }
dl_val dl_all(dl_val x, const char *axes) { return count(&all_op, x, axes); }

/* ---- places ---------------------------------------------------------------------------------- */

static void nonzero_infer(dl_infer *c)
{
    c->out = (dl_shape){ .dtype = DL_I64, .rank = 1 };
    c->out.dim[0] = ((const nonzero_attr *)c->attr)->n;
}

static void nonzero_emit(const dl_emit *e)
{
    long long n = e->layout[0]->shape.numel, all = e->layout[1]->shape.numel;
    dl_emit_line(e, "{");
    dl_emit_line(e, "int dl_n = 0;");
    dl_emit_line(e, "for (int i = 0; i < %lld && dl_n < %lld; i++)", all, n);
    dl_emit_line(e, "    if (%s[i] != 0) %s[dl_n++] = i;", e->name[1], e->name[0]);
    dl_emit_line(e, "for (; dl_n < %lld; dl_n++) %s[dl_n] = %lld;", n, e->name[0], all);
    dl_emit_line(e, "}");
}

DL_DECLARE_KERNELS(dl__nonzero);

static const dl_op nonzero_op = {
    .name = "nonzero",
    .nin = 1,
    .attr_size = sizeof(nonzero_attr),
    .shapes = "any -> (n)",
    .operands = "mask",
    .infer = nonzero_infer,
    .eval = DL_KERNELS(dl__nonzero),
    .emit = nonzero_emit,
    .vjp = dl_vjp_zero,
};

dl_val dl_nonzero(dl_val mask)
{
    if (!dl_usable("nonzero", &mask, 1)) return dl_none(mask.tape);
    double n = dl_item(dl_count_nonzero(mask, "all"));
    if (!(n >= 0)) return dl_none(mask.tape); /* the tape has the error */
    return dl_apply(&nonzero_op, (&(nonzero_attr){ (int64_t)n }), mask);
}

static const dl_op *const rows[] = { &count_nonzero_op, &any_op, &all_op, &nonzero_op, NULL };
const dl_family dl__count_family = { "count", rows };
