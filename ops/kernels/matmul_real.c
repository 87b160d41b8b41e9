/* matmul_real.c: products of matrices with any strides.
 *
 * Each element of the result is one sum in the order of k, whatever the blocking: the same bits for
 * any strides. Tiles of 4 rows are kept in registers (tile.h); columns of b that are not contiguous
 * are packed, DEPTH rows at a time. */
#include "real.h"

enum { WIDE = 32 / sizeof(REAL), HALF = WIDE / 2, DEPTH = 256 };

typedef struct matrix {
    const REAL *at;
    int64_t row, col; /* strides */
} matrix;

typedef REAL wide __attribute__((vector_size(32), aligned(sizeof(REAL)), may_alias));
typedef REAL half __attribute__((vector_size(16), aligned(sizeof(REAL)), may_alias));
typedef REAL single;

#define TILE wide
#include "tile.h"
#define TILE half
#include "tile.h"
#define TILE single
#include "tile.h"

static matrix matrix_of(const dl_call *c, int i)
{
    const dl_layout *l = dl_operand_layout(c, i);
    int r = l->shape.rank;
    return (matrix){ dl_operand(c, i), l->stride[r - 2], l->stride[r - 1] };
}

/* k x cols of b, row by row. */
static matrix pack(int64_t k, int64_t cols, matrix b, REAL *to)
{
    for (int64_t j = 0; j < cols; j++) {
        const REAL *from = b.at + j * b.col;
        for (int64_t p = 0; p < k; p++) to[p * cols + j] = from[p * b.row];
    }
    return (matrix){ to, cols, 1 };
}

/* n columns from WIDE on down; b's are contiguous. */
static void columns(int64_t n, int64_t m, int64_t k, matrix a, matrix b, REAL *c, int64_t ldc,
                    bool add)
{
    if (n == WIDE) column_wide(m, k, a, b, c, ldc, add);
    else if (n == HALF) column_half(m, k, a, b, c, ldc, add);
    else
        for (; n > 0; n--, b.at++, c++) column_single(m, k, a, b, c, ldc, add);
}

/* Where the next columns begin and how many they are: WIDE, else HALF, else the rest; moved back
 * over the last ones if that makes them whole and `overlap` allows. */
static int64_t next_columns(int64_t *j, int64_t n, bool overlap)
{
    int64_t left = n - *j, width = left >= WIDE ? WIDE : left >= HALF ? HALF : left;
    if (width == WIDE || !overlap || n < HALF) return width;
    width = n >= WIDE && left > HALF ? WIDE : HALF;
    if (width > left) *j = n - width;
    return width;
}

/* c (m,n) = a (m,k) b (k,n), c row-major. */
static void multiply(int64_t m, int64_t n, int64_t k, matrix a, matrix b, REAL *c)
{
    REAL packed[DEPTH * WIDE];
    if (k == 0 && n) memset(c, 0, (size_t)(m * n) * sizeof(REAL));
    for (int64_t p = 0; p < k; p += DEPTH) {
        int64_t depth = k - p < DEPTH ? k - p : DEPTH;
        matrix left = { a.at + p * a.col, a.row, a.col };
        for (int64_t j = 0, cols; j < n; j += cols) {
            cols = next_columns(&j, n, p == 0 && k <= DEPTH);
            matrix right = { b.at + p * b.row + j * b.col, b.row, b.col };
            if (b.col != 1) right = pack(depth, cols, right, packed);
            columns(cols, m, depth, left, right, c + j, n, p > 0);
        }
    }
}

dl_kernel KERNEL(dl__matmul), KERNEL(dl__gram), KERNEL(dl__scatter);

static void multiply_batches(const dl_call *c)
{
    const dl_shape *s = &dl_result_layout(c)->shape;
    dl_layout x[2] = { *dl_operand_layout(c, 0), *dl_operand_layout(c, 1) };
    matrix a = matrix_of(c, 0), b = matrix_of(c, 1);
    int64_t m = s->dim[s->rank - 2], n = s->dim[s->rank - 1];
    int64_t k = x[0].shape.dim[x[0].shape.rank - 1];
    REAL *y = dl_result(c);
    dl_shape batches = *s;
    batches.rank -= 2;
    for (int i = 0; i < 2; i++) x[i].shape.rank = x[i].shape.rank > 2 ? batches.rank : 0;
    dl_loop l;
    dl_loop_make(&l, &batches, (const dl_layout *const[]){ &x[0], &x[1] }, 2);
    nest w = nest_begin(&l);
    do {
        multiply(m, n, k, (matrix){ a.at + w.at[0], a.row, a.col },
                 (matrix){ b.at + w.at[1], b.row, b.col }, y);
        y += m * n;
    } while (nest_next(&w, 0));
}

void KERNEL(dl__matmul)(const dl_call *c)
{
    const dl_shape *s = &dl_result_layout(c)->shape;
    if (s->numel == 0) return;
    if (s->rank > 2) multiply_batches(c);
    else
        multiply(s->dim[0], s->dim[1], dl_operand_layout(c, 0)->shape.dim[1], matrix_of(c, 0),
                 matrix_of(c, 1), dl_result(c));
}

/* x' x of one operand, by the same sums as matmul's. */
static void gram_of(const dl_call *c, int operand)
{
    const dl_layout *l = dl_operand_layout(c, operand);
    int64_t n = l->shape.dim[0], m = l->shape.dim[1];
    matrix x = matrix_of(c, operand), xt = { x.at, x.col, x.row };
    multiply(m, m, n, xt, x, dl_result(c));
}

void KERNEL(dl__gram)(const dl_call *c) { gram_of(c, 0); }
void KERNEL(dl__scatter)(const dl_call *c) { gram_of(c, 1); }
