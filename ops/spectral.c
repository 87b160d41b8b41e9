/* spectral.c: Fourier transforms of real lines. The first half of a spectrum is one value, its real
 * parts and behind them, along the same axis, its imaginary ones; the public functions cut it. */
#include "support.h"
#include "spectral_call.h"

#include <stdio.h>

/* The length of lines that are not spectra; `adjoint`: the adjoint of the other op, whose scale
 * differs. */
typedef struct spectral_attr {
    int64_t axis, n, adjoint;
} spectral_attr;

static dl_val rfft(dl_val x, int64_t axis, int64_t n, bool adjoint);
static dl_val irfft(dl_val re, dl_val im, int64_t axis, int64_t n, bool adjoint);

/* ---- shape rules ----------------------------------------------------------------------------- */

static void rfft_infer(dl_infer *c)
{
    const spectral_attr *a = c->attr;
    if (!dl__computing(c)) return;
    if (!a->n) {
        dl_reject(c, DL_ESHAPE, "no elements along axis %lld", (long long)a->axis);
        return;
    }
    c->out = *c->in[0];
    c->out.dim[a->axis] = 2 * (a->n / 2 + 1);
}

static void irfft_infer(dl_infer *c)
{
    const spectral_attr *a = c->attr;
    if (!dl__computing(c) || !dl__equal_sizes(c)) return;
    c->out = *c->in[0];
    c->out.dim[a->axis] = a->n;
}

/* ---- plans ----------------------------------------------------------------------------------- */

/* The length of the convolution that gives a transform of m numbers, 0 if there is none. */
static int64_t convolution(int64_t m)
{
    int64_t rest = m, length = 1;
    for (int64_t radix = 2; radix <= DL_LARGEST_RADIX; radix++)
        while (rest % radix == 0) rest /= radix;
    if (rest == 1) return 0;
    while (length < 2 * m - 1) length *= 2;
    return length;
}

static int64_t roots(const dl_fourier *f)
{
    return 2 * f->n + (f->chirp ? 4 * f->chirp + 2 * f->m : 0);
}

enum {
    TOGETHER = 1 << 15,
    PARTS = 16
}; /* numbers that lie in the cache; that are worth a thread */

static bool prepare(dl_prepare *p, bool back)
{
    const spectral_attr *a = p->attr;
    const dl_shape *x = &p->layout[1]->shape, *y = &p->layout[0]->shape;
    int64_t before = 1, behind = 1, n = a->n;
    for (int i = 0; i < x->rank; i++)
        if (i != a->axis) *(i < a->axis ? &before : &behind) *= x->dim[i];
    dl_fourier_call *c = p->allocate(p, sizeof *c);
    if (!c) return false;
    double all = back != (bool)a->adjoint ? 1.0 / (double)n : 1, middle = all;
    if (a->adjoint) middle = back ? all / 2 : 2 * all;
    int64_t m = n % 2 ? n : n / 2, nx = x->dim[a->axis], ny = y->dim[a->axis];
    bool turned = behind == 1;
    *c = (dl_fourier_call){ .f = { .n = n,
                                   .m = m,
                                   .chirp = convolution(m),
                                   .step = behind,
                                   .from = turned ? nx : 1,
                                   .to = turned ? ny : 1,
                                   .ends = all,
                                   .middle = middle },
                            .lines = turned ? before : behind,
                            .width = n * DL_LANES > TOGETHER ? 1 : DL_LANES,
                            .before_from = nx * behind,
                            .before_to = ny * behind };
    c->strips_behind = (c->lines + c->width - 1) / c->width;
    c->strips = (turned ? 1 : before) * c->strips_behind;
    c->parts = before * behind * n / TOGETHER;
    c->parts = c->parts < 1 ? 1 : c->parts < PARTS ? c->parts : PARTS;
    if (c->parts > c->strips && c->strips) c->parts = c->strips;
    c->work = 4 * c->width * (c->f.chirp ? c->f.chirp : m);
    int64_t table = roots(&c->f), scratch = c->work * c->parts;
    /* printed C has its roots there */
    if (scratch < c->work + table) scratch = c->work + table;
    p->work_bytes = (size_t)scratch * sizeof(double);
    dl_fourier *f = &c->f;
    f->root = p->allocate(p, (size_t)(table + c->work) * sizeof(double));
    if (!f->root) return false;
    f->work = f->root + table;
    dl_fourier_fill(f);
    p->info = c;
    return true;
}

static bool rfft_prepare(dl_prepare *p) { return prepare(p, false); }
static bool irfft_prepare(dl_prepare *p) { return prepare(p, true); }

/* ---- C text ---------------------------------------------------------------------------------- */

static void emit_lines(const dl_emit *e, const char *name, bool back)
{
    const dl_fourier_call *c = e->info;
    const dl_fourier *f = &c->f;
    long long table = c->work, before = c->strips ? c->strips / c->strips_behind : 0;
    char function[32];
    dl_index x = { "" }, y = { "" };
    if (!c->strips) return;
    snprintf(function, sizeof function, "dl_%s_%s", name, e->type);
    dl_emit_need(e, function);
    dl_emit_need(e, "dl_fourier_fill");
    dl_emit_line(e, "{");
    if (e->work < 0) dl_emit_line(e, "double dl_work[%lld];", (long long)(c->work + roots(f)));
    else
        dl_emit_line(e, "double *const dl_work = (double *)(void *)(memory + %lld);",
                     (long long)e->work);
    dl_emit_line(e, "dl_fourier dl_f = { %lld, %lld, %lld, %lld, %lld, %lld, 1,", (long long)f->n,
                 (long long)f->m, (long long)f->chirp, (long long)f->step, (long long)f->from,
                 (long long)f->to);
    dl_emit_line(e, "                    %.17g, %.17g, dl_work + %lld, dl_work };", f->ends,
                 f->middle, table);
    dl_emit_line(e, "dl_fourier_fill(&dl_f);");
    if (before > 1) dl_emit_term(&x, c->before_from, "i"), dl_emit_term(&y, c->before_to, "i");
    if (c->lines > 1) dl_emit_term(&x, f->from, "j"), dl_emit_term(&y, f->to, "j");
    int loops = before > 1 ? dl_emit_loop(e, "i", before, 1) : 0;
    if (c->lines > 1) loops += dl_emit_loop(e, "j", c->lines, c->width);
    dl_emit_line(e, "{");
    if (c->lines > c->width)
        dl_emit_line(e, "dl_f.lanes = %lld - j < %lld ? %lld - j : %lld;", (long long)c->lines,
                     (long long)c->width, (long long)c->lines, (long long)c->width);
    else dl_emit_line(e, "dl_f.lanes = %lld;", (long long)c->lines);
    if (back)
        dl_emit_line(e, "%s(&dl_f, %s + %s, %s + %s, %s + %s);", function, e->name[1], dl_place(&x),
                     e->name[2], dl_place(&x), e->name[0], dl_place(&y));
    else
        dl_emit_line(e, "%s(&dl_f, %s + %s, %s + %s);", function, e->name[1], dl_place(&x),
                     e->name[0], dl_place(&y));
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
    dl_emit_line(e, "}");
}

static void rfft_emit(const dl_emit *e) { emit_lines(e, "rfft", false); }
static void irfft_emit(const dl_emit *e) { emit_lines(e, "irfft", true); }

/* ---- derivatives, rows ----------------------------------------------------------------------- */

static dl_val part(dl_val spectrum, const spectral_attr *a, int which)
{
    char axis[] = { (char)('0' + a->axis), '\0' };
    int64_t half = a->n / 2 + 1;
    return dl_slice(spectrum, axis, which * half, (which + 1) * half);
}

static dl_val rfft_vjp(const dl_node *y, int i, dl_val g)
{
    const spectral_attr *a = dl_attr(y);
    (void)i;
    return irfft(part(g, a, 0), part(g, a, 1), a->axis, a->n, !a->adjoint);
}

static dl_val irfft_vjp(const dl_node *y, int i, dl_val g)
{
    const spectral_attr *a = dl_attr(y);
    return part(rfft(g, a->axis, a->n, !a->adjoint), a, i);
}

#define ROW(NAME, NIN, SHAPES)              \
    DL_DECLARE_KERNELS(dl__##NAME);         \
    static const dl_op NAME##_op = {        \
        .name = #NAME,                      \
        .nin = NIN,                         \
        .flags = DL_EMIT_WORK,              \
        .attr_size = sizeof(spectral_attr), \
        .shapes = SHAPES,                   \
        .infer = NAME##_infer,              \
        .prepare = NAME##_prepare,          \
        .eval = DL_KERNELS(dl__##NAME),     \
        .emit = NAME##_emit,                \
        .vjp = NAME##_vjp,                  \
    };
ROW(rfft, 1, "(...,n,...) -> (...,2 (n/2+1),...)")
ROW(irfft, 2, "(...,n/2+1,...) (...,n/2+1,...) -> (...,n,...)")
#undef ROW

static dl_val rfft(dl_val x, int64_t axis, int64_t n, bool adjoint)
{
    return dl_apply(&rfft_op, (&(spectral_attr){ axis, n, adjoint }), x);
}

static dl_val irfft(dl_val re, dl_val im, int64_t axis, int64_t n, bool adjoint)
{
    return dl_apply(&irfft_op, (&(spectral_attr){ axis, n, adjoint }), re, im);
}

/* ---- public functions ------------------------------------------------------------------------ */

static dl_status spectrum(const char *name, dl_val x, const char *axis, dl_val *re, dl_val *im)
{
    int k = dl__operands(name, &x, 1) ? dl__axis(name, x, axis) : -1;
    dl_val y = k < 0 ? dl_none(x.tape) : rfft(x, k, dl_size(x, k), false);
    bool good = dl_tape_status(x.tape) == DL_OK;
    spectral_attr a = { k, good ? dl_size(x, k) : 0, 0 };
    if (re) *re = good ? part(y, &a, 0) : dl_none(x.tape);
    if (im) *im = good ? part(y, &a, 1) : dl_none(x.tape);
    return dl_finish(x.tape);
}

dl_status dl_rfft(dl_val x, const char *axis, dl_val *re, dl_val *im)
{
    return spectrum("rfft", x, axis, re, im);
}

dl_val dl_power_spectrum(dl_val x, const char *axis)
{
    dl_val re, im;
    if (spectrum("power_spectrum", x, axis, &re, &im)) return dl_none(x.tape);
    return dl_add(dl_square(re), dl_square(im));
}

dl_val dl_irfft(dl_val re, dl_val im, const char *axis, int64_t n)
{
    char text[DL_SHAPE_TEXT];
    dl_val in[] = { re, im };
    int k = dl__operands("irfft", in, 2) ? dl__axis("irfft", re, axis) : -1;
    if (k < 0) return dl_none(dl_any_tape(in, 2));
    if (n < 1 || dl_size(re, k) != n / 2 + 1)
        return dl_fail(re.tape, DL_ESHAPE, "irfft",
                       "re %s, axis %d: size %lld, wanted n / 2 + 1 of n %lld",
                       dl_shape_text(dl_shape_of(re), text, sizeof text), k,
                       (long long)dl_size(re, k), (long long)n);
    return irfft(re, im, k, n, false);
}

static const dl_op *const rows[] = { &rfft_op, &irfft_op, NULL };
const dl_family dl__spectral_family = { "spectral", rows };
