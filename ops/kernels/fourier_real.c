/* fourier_real.c: Fourier transforms of all lines, DL_LANES at a time. */
#include "real.h"
#include "../../autodiff/scratch.h"
#include "fourier_lines.h"
#include "../spectral_call.h"

typedef struct fourier_run {
    const dl_call *c;
    bool back;
    uint64_t taken; /* places of scratch memory */
} fourier_run;

/* A part of the strips of lines. */
static void some_lines(void *context, int64_t part)
{
    fourier_run *r = context;
    int place = dl_scratch_take(&r->taken);
    const dl_fourier_call *a = r->c->ins->info;
    const REAL *x = dl_operand(r->c, 0), *im = r->back ? dl_operand(r->c, 1) : NULL;
    REAL *y = dl_result(r->c);
    dl_fourier f = a->f;
    f.work = (double *)dl_work(r->c) + a->work * place;
    for (int64_t k = a->strips * part / a->parts; k < a->strips * (part + 1) / a->parts; k++) {
        int64_t i = k / a->strips_behind, j = k % a->strips_behind * a->width;
        f.lanes = a->lines - j < a->width ? a->lines - j : a->width;
        const int64_t at = i * a->before_from + j * f.from;
        REAL *to = y + i * a->before_to + j * f.to;
        if (r->back) KERNEL_F(dl_irfft)(&f, x + at, im + at, to);
        else KERNEL_F(dl_rfft)(&f, x + at, to);
    }
    dl_scratch_give(&r->taken, place);
}

static void all_lines(const dl_call *c, bool back)
{
    const dl_fourier_call *a = c->ins->info;
    fourier_run r = { c, back, 0 };
    if (!a->strips) return;
    if (a->parts == 1) some_lines(&r, 0);
    else dl_parallel(a->parts, some_lines, &r);
}

dl_kernel KERNEL(dl__rfft), KERNEL(dl__irfft);
void KERNEL(dl__rfft)(const dl_call *c) { all_lines(c, false); }
void KERNEL(dl__irfft)(const dl_call *c) { all_lines(c, true); }
