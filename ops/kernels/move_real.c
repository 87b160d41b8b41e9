/* move_real.c: kernels that place elements: pad, cat, ones at places; and the short sums of trace
 * and dot. */
#include "blocks.h"
#include "../attributes.h"

/* Elements behind one step along the axis, and in front of it. */
static int64_t behind(const dl_shape *s, int64_t axis)
{
    int64_t n = 1;
    for (int i = (int)axis + 1; i < s->rank; i++) n *= s->dim[i];
    return n;
}

static int64_t before(const dl_shape *s, int64_t axis)
{
    int64_t n = 1;
    for (int i = 0; i < (int)axis; i++) n *= s->dim[i];
    return n;
}

dl_kernel KERNEL(dl__pad), KERNEL(dl__cat), KERNEL(dl__ones_at), KERNEL(dl__trace), KERNEL(dl__dot);

void KERNEL(dl__pad)(const dl_call *c)
{
    const axis_attr *a = c->ins->info;
    const dl_shape *from = &dl_operand_layout(c, 0)->shape, *to = &dl_result_layout(c)->shape;
    int64_t unit = behind(to, a->axis), run = from->dim[a->axis] * unit;
    int64_t whole = to->dim[a->axis] * unit, rows = before(to, a->axis);
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c);
    memset(y, 0, (size_t)to->numel * sizeof(REAL));
    for (int64_t i = 0; run && i < rows; i++)
        memcpy(y + i * whole + a->begin * unit, x + i * run, (size_t)run * sizeof(REAL));
}

void KERNEL(dl__cat)(const dl_call *c)
{
    const axis_attr *a = c->ins->info;
    const dl_shape *to = &dl_result_layout(c)->shape;
    int64_t unit = behind(to, a->axis), rows = before(to, a->axis);
    REAL *y = dl_result(c);
    for (int k = 0; k < 2; k++) {
        const REAL *x = dl_operand(c, k);
        int64_t run = dl_operand_layout(c, k)->shape.dim[a->axis] * unit;
        int64_t start = k ? dl_operand_layout(c, 0)->shape.dim[a->axis] * unit : 0;
        for (int64_t i = 0; run && i < rows; i++)
            memcpy(y + i * to->dim[a->axis] * unit + start, x + i * run,
                   (size_t)run * sizeof(REAL));
    }
}

void KERNEL(dl__ones_at)(const dl_call *c)
{
    const ones_attr *a = c->ins->info;
    const dl_shape *s = &dl_result_layout(c)->shape;
    REAL *y = dl_result(c);
    memset(y, 0, (size_t)s->numel * sizeof(REAL));
    for (int64_t i = a->first; i < s->numel; i += a->step) y[i] = 1;
}

void KERNEL(dl__trace)(const dl_call *c)
{
    const dl_layout *l = dl_operand_layout(c, 0);
    const REAL *x = dl_operand(c, 0);
    pairwise total = { .blocks = 0 };
    for (int64_t i = 0; i < l->shape.dim[0]; i++)
        pairwise_add(&total, (double)x[i * (l->stride[0] + l->stride[1])]);
    *(REAL *)dl_result(c) = (REAL)pairwise_total(&total);
}

void KERNEL(dl__dot)(const dl_call *c)
{
    const REAL *a = dl_operand(c, 0), *b = dl_operand(c, 1);
    int64_t n = dl_operand_layout(c, 0)->shape.numel;
    pairwise total = { .blocks = 0 };
    for (int64_t i = 0; i < n;) {
        double lane[LANES] = { 0 };
        int64_t end = n - i < DL_BLOCK ? n : i + DL_BLOCK;
        for (; i + LANES <= end; i += LANES)
            for (int j = 0; j < LANES; j++) lane[j] += (double)a[i + j] * (double)b[i + j];
        for (int j = 0; i < end; i++, j++) lane[j] += (double)a[i] * (double)b[i];
        pairwise_add(&total, lanes_total(lane));
    }
    *(REAL *)dl_result(c) = (REAL)pairwise_total(&total);
}
