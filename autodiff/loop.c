/* loop.c: loop nests over strided operands. */
#include "internal.h"

/* One loop for both: every operand steps from the end of the inner loop to where the outer one
 * goes. */
static bool mergeable(const dl_loop *l, int n, int outer, const int64_t *inner_stride, int64_t size)
{
    for (int j = 0; j < n; j++)
        if (l->stride[j][outer] != inner_stride[j] * size) return false;
    return true;
}

void dl_loop_make(dl_loop *loop, const dl_shape *over, const dl_layout *const *layout, int n)
{
    loop->rank = 0;
    loop->operands = n;
    for (int i = 0; i < over->rank; i++) {
        int64_t stride[DL_MAX_IN + 1];
        if (over->dim[i] == 1) continue;
        for (int j = 0; j < n; j++)
            stride[j] = i < layout[j]->shape.rank && layout[j]->shape.dim[i] != 1
                            ? layout[j]->stride[i]
                            : 0;
        int k = loop->rank - 1;
        if (k >= 0 && mergeable(loop, n, k, stride, over->dim[i])) loop->dim[k] *= over->dim[i];
        else loop->dim[k = loop->rank++] = over->dim[i];
        for (int j = 0; j <= DL_MAX_IN; j++) loop->stride[j][k] = j < n ? stride[j] : 0;
    }
}

bool dl_prepare_elementwise(dl_prepare *p)
{
    bool flat = true;
    for (int j = 1; j < p->n; j++)
        flat = flat && p->layout[j]->contiguous
               && p->layout[j]->shape.numel == p->layout[0]->shape.numel;
    if (flat) return true;
    dl_loop *loop = p->allocate(p, sizeof *loop);
    if (!loop) return false;
    dl_loop_make(loop, &p->layout[0]->shape, p->layout, p->n);
    p->info = loop;
    return true;
}
