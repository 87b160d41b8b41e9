/* pool_real.c: where the maxima of windows lie, and elements taken from, and put to, places. */
#include "real.h"
#include "../pool.h"

dl_kernel KERNEL(dl__pool_index), KERNEL(dl__pool_take), KERNEL(dl__pool_put);

/* A window's range along an axis, within x. */
static void range(const dl_pool_shape *s, int axis, int64_t o, int64_t *first, int64_t *end)
{
    int64_t at = o * s->stride[axis] - s->before[axis];
    *first = at < 0 ? 0 : at;
    *end = at + s->window[axis] < s->in[axis] ? at + s->window[axis] : s->in[axis];
}

/* The first of the largest, or the first NaN. */
static void look(const REAL *x, int64_t place, int64_t n, int64_t *best, bool first)
{
    for (int64_t q = 0; q < n; q++) {
        int64_t at = place * n + q;
        if (first || (x[best[q]] == x[best[q]] && !(x[at] <= x[best[q]]))) best[q] = at;
    }
}

void KERNEL(dl__pool_index)(const dl_call *c)
{
    const dl_pool_shape *s = c->ins->info;
    const REAL *x = dl_operand(c, 0);
    int64_t *y = dl_result(c), lo[3], end[3];
    for (int64_t o = 0; o < s->out[0] * s->out[1] * s->out[2]; o++, y += s->n) {
        bool first = true;
        range(s, 0, o / s->out[2] / s->out[1], &lo[0], &end[0]);
        range(s, 1, o / s->out[2] % s->out[1], &lo[1], &end[1]);
        range(s, 2, o % s->out[2], &lo[2], &end[2]);
        for (int64_t i = lo[0]; i < end[0]; i++)
            for (int64_t j = lo[1]; j < end[1]; j++)
                for (int64_t k = lo[2]; k < end[2]; k++, first = false)
                    look(x, (i * s->in[1] + j) * s->in[2] + k, s->n, y, first);
    }
}

void KERNEL(dl__pool_take)(const dl_call *c)
{
    const REAL *x = dl_operand(c, 0);
    const int64_t *index = dl_operand(c, 1), n = dl_operand_layout(c, 0)->shape.numel;
    REAL *y = dl_result(c);
    for (int64_t k = 0; k < dl_result_layout(c)->shape.numel; k++)
        y[k] = index[k] >= 0 && index[k] < n ? x[index[k]] : (REAL)__builtin_nan("");
}

void KERNEL(dl__pool_put)(const dl_call *c)
{
    const REAL *g = dl_operand(c, 0);
    const int64_t *index = dl_operand(c, 1), n = dl_result_layout(c)->shape.numel;
    REAL *x = dl_result(c);
    memset(x, 0, (size_t)n * sizeof(REAL));
    for (int64_t k = 0; k < dl_operand_layout(c, 0)->shape.numel; k++)
        if (index[k] >= 0 && index[k] < n) x[index[k]] += g[k];
}
