/* matmul_real.c: products of matrices with any strides.
 *
 * Each element of the result is one sum in the order of k, whatever the blocking: the same bits for
 * any strides. A tile of ROWS x COLS results is kept in registers; b is packed, COLS columns and DEPTH
 * rows at a time, where its rows are not contiguous or too short. */
#include "real.h"

enum { ROWS = 4, COLS = 32 / sizeof(REAL), DEPTH = 256 };

typedef struct matrix {
    const REAL *at;
    int64_t row, col; /* strides */
} matrix;

static matrix matrix_of(const dl_call *c, int i)
{
    const dl_layout *l = dl_operand_layout(c, i);
    int r = l->shape.rank;
    return (matrix){ dl_operand(c, i), l->stride[r - 2], l->stride[r - 1] };
}

/* `rows` x COLS results over k terms; b has COLS contiguous columns, ldb apart in rows. */
static inline __attribute__((always_inline)) void tile(int rows, int64_t k, matrix a, const REAL *b,
                                                       int64_t ldb, REAL *c, int64_t ldc,
                                                       int64_t cols, bool add)
{
    REAL acc[ROWS][COLS] = { { 0 } };
    if (add)
        for (int i = 0; i < rows; i++)
            for (int64_t j = 0; j < cols; j++) acc[i][j] = c[i * ldc + j];
    for (int64_t p = 0; p < k; p++)
        for (int i = 0; i < rows; i++) {
            REAL x = a.at[i * a.row + p * a.col];
            for (int j = 0; j < (int)COLS; j++) acc[i][j] += x * b[p * ldb + j];
        }
    if (cols == COLS)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < (int)COLS; j++) c[i * ldc + j] = acc[i][j];
    else
        for (int i = 0; i < rows; i++)
            for (int64_t j = 0; j < cols; j++) c[i * ldc + j] = acc[i][j];
}

static void column_of_tiles(int64_t m, int64_t k, matrix a, const REAL *b, int64_t ldb, REAL *c,
                            int64_t ldc, int64_t cols, bool add)
{
    int64_t i = 0;
    for (; i + ROWS <= m; i += ROWS, a.at += ROWS * a.row)
        tile(ROWS, k, a, b, ldb, c + i * ldc, ldc, cols, add);
    for (; i < m; i++, a.at += a.row) tile(1, k, a, b, ldb, c + i * ldc, ldc, cols, add);
}

static void pack(int64_t k, int64_t cols, matrix b, REAL *to)
{
    if (cols < (int64_t)COLS) memset(to, 0, (size_t)k * COLS * sizeof(REAL));
    if (b.col == 1)
        for (int64_t p = 0; p < k; p++)
            memcpy(to + p * (int64_t)COLS, b.at + p * b.row, (size_t)cols * sizeof(REAL));
    else
        for (int64_t j = 0; j < cols; j++)
            for (int64_t p = 0; p < k; p++)
                to[p * (int64_t)COLS + j] = b.at[p * b.row + j * b.col];
}

/* c (m,n) = a (m,k) b (k,n), c row-major. */
static void multiply(int64_t m, int64_t n, int64_t k, matrix a, matrix b, REAL *c)
{
    REAL packed[DEPTH * COLS];
    if (k == 0 && n) memset(c, 0, (size_t)(m * n) * sizeof(REAL));
    for (int64_t p = 0; p < k; p += DEPTH) {
        int64_t depth = k - p < DEPTH ? k - p : DEPTH;
        matrix left = { a.at + p * a.col, a.row, a.col };
        for (int64_t j = 0; j < n; j += COLS) {
            int64_t cols = n - j < (int64_t)COLS ? n - j : (int64_t)COLS;
            matrix right = { b.at + p * b.row + j * b.col, b.row, b.col };
            bool direct = b.col == 1 && cols == COLS;
            if (!direct) pack(depth, cols, right, packed);
            column_of_tiles(m, depth, left, direct ? right.at : packed, direct ? b.row : COLS,
                            c + j, n, cols, p > 0);
        }
    }
}

dl_kernel KERNEL(dl__matmul), KERNEL(dl__gram);

void KERNEL(dl__matmul)(const dl_call *c)
{
    const dl_shape *s = &dl_result_layout(c)->shape;
    const dl_layout *la = dl_operand_layout(c, 0), *lb = dl_operand_layout(c, 1);
    matrix a = matrix_of(c, 0), b = matrix_of(c, 1);
    int64_t m = s->dim[s->rank - 2], n = s->dim[s->rank - 1], k = la->shape.dim[la->shape.rank - 1];
    REAL *y = dl_result(c);
    if (s->rank == 2) {
        multiply(m, n, k, a, b, y);
        return;
    }
    if (s->numel == 0) return;
    dl_shape batches = *s;
    batches.rank -= 2;
    dl_layout x[2] = { *la, *lb };
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

/* x' x: the same sums as matmul's, the lower triangle copied from the upper in tiles of columns. */
void KERNEL(dl__gram)(const dl_call *c)
{
    const dl_layout *l = dl_operand_layout(c, 0);
    int64_t n = l->shape.dim[0], m = l->shape.dim[1];
    matrix x = matrix_of(c, 0), xt = { x.at, x.col, x.row };
    multiply(m, m, n, xt, x, dl_result(c));
}
