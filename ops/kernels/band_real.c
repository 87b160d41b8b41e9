/* band_real.c: parts of matrices: some diagonals, the others 0; a diagonal from a vector. */
#include "real.h"
#include "../attributes.h"

dl_kernel KERNEL(dl__band), KERNEL(dl__embed);

void KERNEL(dl__band)(const dl_call *c)
{
    const band_attr *a = c->ins->info;
    const dl_shape *s = &dl_result_layout(c)->shape;
    int64_t m = s->dim[s->rank - 2], n = s->dim[s->rank - 1];
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c);
    for (int64_t at = 0; at < s->numel; at += n) {
        int64_t i = at / n % m;
        for (int64_t j = 0; j < n; j++)
            y[at + j] = j - i >= a->low && j - i <= a->high ? x[at + j] : 0;
    }
}

void KERNEL(dl__embed)(const dl_call *c)
{
    const diagonal_attr *a = c->ins->info;
    int64_t length = a->length, first = a->k >= 0 ? a->k : -a->k * a->n;
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c);
    memset(y, 0, (size_t)dl_result_layout(c)->shape.numel * sizeof(REAL));
    for (int64_t i = 0; i < dl_operand_layout(c, 0)->shape.numel; i++)
        y[i / length * a->m * a->n + first + i % length * (a->n + 1)] = x[i];
}
