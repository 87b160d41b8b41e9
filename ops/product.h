/* product.h: what matrix.c prepares for the kernels of matmul_real.c: the sizes, the strides and
 * the way of a product, so that no layout is looked at when it runs. */
#ifndef DLTAPE_PRODUCT_H
#define DLTAPE_PRODUCT_H

#include "../autodiff/op.h"

#include <math.h>

/* c (m,n) = a (m,k) b (k,n); c is row-major with rows ldc apart. */
typedef struct dl_product {
    int64_t m, n, k;
    int64_t a_row, a_col, b_row, b_col; /* strides in elements */
    int64_t ldc;
    const void *tiles;          /* of the last columns, by rows */
    int64_t last;               /* of these tiles: where the last vector begins */
    int64_t from_row, from_col; /* of b, if it is packed first; b_row and b_col are of the copy */
    int left, right;            /* which operands are a and b */
    bool symmetric;             /* b is the transpose of a */
    bool blas;                  /* it goes to the BLAS */
    int64_t parts;              /* of a large product: may run side by side */
    const dl_loop *batches;
    void (*one)(const struct dl_product *p, const void *a, const void *b, void *c, void *work);
} dl_product;

/* The terms of so many elements, or the most that can be counted. */
static inline int64_t dl__product_terms(int64_t elements, int64_t k)
{
    int64_t terms;
    return __builtin_mul_overflow(elements, k, &terms) ? INT64_MAX : terms;
}

/* Where part k of the rows (or columns) begins, so that all parts cost the same: of a symmetric
 * product only the triangle below the diagonal is computed. */
static inline int64_t dl__product_cut(const dl_product *p, int64_t rows, int64_t k)
{
    if (!p->symmetric) return rows * k / p->parts;
    return (int64_t)((double)rows * sqrt((double)k / (double)p->parts));
}

/* By instruction set and dtype: fills in the way of a product whose sizes and strides are set, says
 * how much scratch memory it takes, and returns the kernel. */
typedef dl_kernel *dl_product_way(dl_product *p, size_t *work_bytes);

void dl__product_emit(const dl_emit *e); /* product_emit.c: the C text of all products */

#endif
