/* blas_real.c: large products through the BLAS, in panels of rows or columns. All matrices are
 * row-major here, so the BLAS, which counts by columns, sees their transposes: c' = b' a'. */
#include "gemm.h"
#include "../blas.h"

#if DL_BLAS

#include <cblas.h>

#if DL_REAL == 32
#define GEMM cblas_sgemm
#define SYRK cblas_ssyrk
#else
#define GEMM cblas_dgemm
#define SYRK cblas_dsyrk
#endif

enum { PANEL = 256, UNIT = 16, LEAST_PANEL_WORK = 1 << 20 };

/* An operand as the BLAS takes it: rows apart by ld, or, if `flipped`, columns. */
typedef struct operand {
    const REAL *at;
    int64_t ld;
    bool flipped;
} operand;

/* OpenBLAS packs a transposed operand into the same blocks. Of other libraries we do not know
 * whether they add in the same order, so they never see one. */
static bool taken(int64_t rows, int64_t cols, int64_t row, int64_t col)
{
    return (col == 1 && row >= cols) || (DL_OPENBLAS && row == 1 && col >= rows);
}

static operand take(const REAL *x, int64_t rows, int64_t cols, int64_t row, int64_t col, REAL *copy)
{
    if (!taken(rows, cols, row, col)) {
        pack(rows, cols, x, row, col, copy, cols);
        return (operand){ copy, cols, false };
    }
    bool flipped = col != 1;
    return (operand){ x, flipped ? col : row, flipped };
}

static CBLAS_TRANSPOSE form(operand x) { return x.flipped ? CblasTrans : CblasNoTrans; }
static const REAL *row_of(operand x, int64_t i) { return x.at + (x.flipped ? i : i * x.ld); }
static const REAL *column_of(operand x, int64_t j) { return x.at + (x.flipped ? j * x.ld : j); }

typedef struct job {
    const dl_product *p;
    operand a, b;
    REAL *c;
} job;

/* Panel k of the rows or columns, which there are `size` of. */
static int64_t edge(const dl_product *p, int64_t size, int64_t k)
{
    return k == p->parts ? size : dl__product_cut(p, size, k) / UNIT * UNIT;
}

static void call(const job *j, int64_t row, int64_t m, int64_t col, int64_t n)
{
    const dl_product *p = j->p;
    GEMM(CblasColMajor, form(j->b), form(j->a), (int)n, (int)m, (int)p->k, 1, column_of(j->b, col),
         (int)j->b.ld, row_of(j->a, row), (int)j->a.ld, 0, j->c + row * p->ldc + col, (int)p->ldc);
}

static void panel(void *context, int64_t k)
{
    const job *j = context;
    const dl_product *p = j->p;
    bool rows = p->m >= p->n;
    int64_t size = rows ? p->m : p->n, begin = edge(p, size, k), end = edge(p, size, k + 1);
    if (rows) call(j, begin, end - begin, 0, p->n);
    else call(j, 0, p->m, begin, end - begin);
}

/* A panel of rows of a symmetric product, up to the diagonal. */
static void lower_panel(void *context, int64_t k)
{
    const job *j = context;
    const dl_product *p = j->p;
    int64_t begin = edge(p, p->m, k), m = edge(p, p->m, k + 1) - begin;
    if (begin) call(j, begin, m, 0, begin);
    SYRK(CblasColMajor, CblasUpper, j->a.flipped ? CblasNoTrans : CblasTrans, (int)m, (int)p->k, 1,
         row_of(j->a, begin), (int)j->a.ld, 0, j->c + begin * (p->ldc + 1), (int)p->ldc);
}

void KERNEL(dl__blas)(const dl_product *p, const REAL *a, const REAL *b, REAL *c, void *work)
{
    job j = { .p = p, .c = c };
    REAL *copy = work;
    bool own = !taken(p->m, p->k, p->a_row, p->a_col);
    j.a = take(a, p->m, p->k, p->a_row, p->a_col, copy);
    j.b = take(b, p->k, p->n, p->b_row, p->b_col, copy + (own ? p->m * p->k : 0));
    dl__blas_begin();
    dl__blas_parallel(p->parts, p->symmetric ? lower_panel : panel, &j);
    dl__blas_end();
}

size_t KERNEL(dl__blas_plan)(dl_product *p)
{
    int64_t copied = 0, size = p->m >= p->n ? p->m : p->n;
    if (!taken(p->m, p->k, p->a_row, p->a_col)) copied += p->m * p->k;
    if (!taken(p->k, p->n, p->b_row, p->b_col)) copied += p->k * p->n;
    for (p->parts = (size + PANEL - 1) / PANEL; p->parts > 1; p->parts--) {
        int64_t side = size / p->parts - UNIT, other = p->symmetric ? side : p->m + p->n - size;
        if (dl__product_terms(side * other, p->k) >= LEAST_PANEL_WORK) break;
    }
    return (size_t)copied * sizeof(REAL);
}

#else

void KERNEL(dl__blas)(const dl_product *p, const REAL *a, const REAL *b, REAL *c, void *work)
{
    (void)p, (void)a, (void)b, (void)c, (void)work;
}
size_t KERNEL(dl__blas_plan)(dl_product *p) { return (void)p, 0; }

#endif
