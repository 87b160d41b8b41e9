/* resize_real.c: kernels that read values between their elements, and of the transposed map. */
#include "real.h"
#include "resize_lines.h"
#include "../resize_call.h"

typedef void resize_lines(const dl_resize_line *a, int64_t width, int64_t count, const REAL *x,
                          REAL *y);

typedef struct resize_run {
    const dl_resize_line *line;
    resize_lines *lines;
    const REAL *x;
    REAL *y;
    int64_t rows, width, from, to, parts; /* from, to: elements of a row of x and of y */
} resize_run;

enum { ENOUGH = 1 << 15, PARTS = 16 }; /* elements that are worth a thread */

/* A part of the rows, or, of few, a part of all their lines. */
static void some_lines(void *context, int64_t part)
{
    const resize_run *r = context;
    const bool rows = r->rows >= r->parts;
    const int64_t all = rows ? r->rows : r->width;
    const int64_t begin = all * part / r->parts, end = all * (part + 1) / r->parts;
    const int64_t at = rows ? 0 : begin, count = rows ? r->width : end - begin;
    for (int64_t i = rows ? begin : 0; i < (rows ? end : r->rows); i++)
        r->lines(r->line, r->width, count, r->x + i * r->from + at, r->y + i * r->to + at);
}

static void all_lines(const dl_call *c, resize_lines *lines)
{
    const dl_resize_attr *a = c->ins->info;
    const dl_shape *from = &dl_operand_layout(c, 0)->shape, *to = &dl_result_layout(c)->shape;
    resize_run r = { &a->line, lines, dl_operand(c, 0), dl_result(c), 1, 1, 0, 0, 1 };
    for (int i = 0; i < to->rank; i++)
        if (i != a->axis) *(i < a->axis ? &r.rows : &r.width) *= to->dim[i];
    if (!to->numel) return;
    r.from = from->dim[a->axis] * r.width;
    r.to = to->dim[a->axis] * r.width;
    r.parts = (from->numel + to->numel) / ENOUGH;
    if (r.parts > PARTS) r.parts = PARTS;
    if (r.rows < r.parts && r.width < 256 * r.parts) r.parts = r.rows;
    if (r.parts < 2) r.parts = 1, some_lines(&r, 0);
    else dl_parallel(r.parts, some_lines, &r);
}

dl_kernel KERNEL(dl__resize), KERNEL(dl__resize_back);
void KERNEL(dl__resize)(const dl_call *c) { all_lines(c, KERNEL_F(dl_resize)); }
void KERNEL(dl__resize_back)(const dl_call *c) { all_lines(c, KERNEL_F(dl_resize_back)); }
