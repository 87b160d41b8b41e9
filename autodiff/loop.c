/* loop.c: loop nests over strided operands, and copies out of them. */
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

/* ---- gathering: strided elements in logical order, some at a time ---------------------------- */

dl_cursor dl__cursor_at(const dl_loop *l, int64_t element)
{
    dl_cursor c = { .at = 0 };
    for (int k = l->rank - 1; k >= 0; k--) {
        c.index[k] = element % l->dim[k];
        c.at += c.index[k] * l->stride[0][k];
        element /= l->dim[k];
    }
    return c;
}

/* Past the end of the innermost loop: the next line begins. */
static void next_line(dl_cursor *c, const dl_loop *l)
{
    int k = l->rank - 1;
    c->at -= c->index[k] * l->stride[0][k];
    c->index[k] = 0;
    while (--k >= 0) {
        c->at += l->stride[0][k];
        if (++c->index[k] < l->dim[k]) return;
        c->at -= c->index[k] * l->stride[0][k];
        c->index[k] = 0;
    }
}

/* Constant sizes let the compiler make each copy one instruction: 4 and 8 are inlined. */
static inline __attribute__((always_inline)) void copy_line(char *to, const char *x, int64_t n,
                                                            int64_t step, size_t size)
{
    for (int64_t i = 0; i < n; i++) memcpy(to + i * (int64_t)size, x + i * step, size);
}

/* One element again and again: a few, then copies of those, which stay in the cache. It is copied
 * first, to where no store can change it: so it stays in a register. */
static inline __attribute__((always_inline)) void fill_line(char *to, const char *x, int64_t n,
                                                            size_t size)
{
    enum { FEW = 512 };
    int64_t m = n < FEW ? n : FEW;
    char one[sizeof(int64_t)];
    memcpy(one, x, size);
    copy_line(to, one, m, 0, size);
    for (int64_t i = m; i < n; i += FEW)
        memcpy(to + (size_t)i * size, to, (size_t)(n - i < FEW ? n - i : FEW) * size);
}

static inline __attribute__((always_inline)) void gather(char *to, const dl_loop *l, dl_cursor *c,
                                                         int64_t n, const char *from, size_t size)
{
    int last = l->rank - 1;
    int64_t dim = l->dim[last], stride = l->stride[0][last];
    while (n > 0) {
        int64_t m = dim - c->index[last] < n ? dim - c->index[last] : n;
        const char *x = from + c->at * (int64_t)size;
        if (stride == 1) memcpy(to, x, (size_t)m * size);
        else if (stride == 0) fill_line(to, x, m, size);
        else copy_line(to, x, m, stride * (int64_t)size, size);
        to += (size_t)m * size;
        n -= m;
        c->index[last] += m;
        c->at += m * stride;
        if (c->index[last] == dim) next_line(c, l);
    }
}

void dl__gather(void *to, const dl_loop *l, dl_cursor *c, int64_t n, const void *from, size_t size)
{
    if (l->rank == 0 && n) memcpy(to, from, size);
    else if (size == 4) gather(to, l, c, n, from, 4);
    else if (size == 8) gather(to, l, c, n, from, 8);
    else gather(to, l, c, n, from, size);
}
