/* products.c: matrix products of the workloads by hand: a CBLAS where there is one, and own loops:
 * four rows by thirty-two columns are summed in registers, transposed operands are copied first. */
#include "../hand.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 4, COLUMNS = 32, INNER = 256 };

static void transpose(int rows, int columns, const float *a, float *to)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) to[(size_t)j * (size_t)rows + (size_t)i] = *a++;
}

/* c += alpha a b for a block of ROWS x COLUMNS of c. */
static void block(int k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                  float *c, size_t ldc)
{
    float sum[ROWS][COLUMNS] = { 0 };
    for (int p = 0; p < k; p++)
        for (int i = 0; i < ROWS; i++) {
            float f = a[(size_t)i * lda + (size_t)p];
            for (int j = 0; j < COLUMNS; j++) sum[i][j] += f * b[(size_t)p * ldb + (size_t)j];
        }
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++) c[(size_t)i * ldc + (size_t)j] += alpha * sum[i][j];
}

static void edge(int m, int n, int k, float alpha, const float *a, size_t lda, const float *b,
                 size_t ldb, float *c, size_t ldc)
{
    for (int i = 0; i < m; i++)
        for (int p = 0; p < k; p++) {
            float f = alpha * a[(size_t)i * lda + (size_t)p];
            for (int j = 0; j < n; j++)
                c[(size_t)i * ldc + (size_t)j] += f * b[(size_t)p * ldb + (size_t)j];
        }
}

static void add_product(int m, int n, int k, float alpha, const float *a, size_t lda,
                        const float *b, size_t ldb, float *c)
{
    for (int j = 0; j < n; j += COLUMNS)
        for (int i = 0; i < m; i += ROWS) {
            const float *ai = a + (size_t)i * lda, *bj = b + j;
            float *cij = c + (size_t)i * ldb + j;
            int rows = m - i < ROWS ? m - i : ROWS, columns = n - j < COLUMNS ? n - j : COLUMNS;
            if (rows == ROWS && columns == COLUMNS) block(k, alpha, ai, lda, bj, ldb, cij, ldb);
            else edge(rows, columns, k, alpha, ai, lda, bj, ldb, cij, ldb);
        }
}

static void own_gemm(bool ta, bool tb, int m, int n, int k, float alpha, const float *a,
                     const float *b, float beta, float *c)
{
    size_t lda = (size_t)k, ldb = (size_t)n, size = (size_t)m * (size_t)n;
    float *at = ta ? malloc((size_t)m * lda * sizeof *at) : NULL;
    float *bt = tb ? malloc((size_t)k * ldb * sizeof *bt) : NULL;
    if (ta) transpose(k, m, a, at);
    if (tb) transpose(n, k, b, bt);
    if (beta == 0) memset(c, 0, size * sizeof *c);
    for (size_t i = 0; beta != 0 && beta != 1 && i < size; i++) c[i] *= beta;
    for (int p = 0; p < k; p += INNER)
        add_product(m, n, k - p < INNER ? k - p : INNER, alpha, (at ? at : a) + p, lda,
                    (bt ? bt : b) + (size_t)p * ldb, ldb, c);
    free(at);
    free(bt);
}

static void own_gram(int n, int k, float alpha, const float *a, float *c)
{
    own_gemm(false, true, n, n, k, alpha, a, a, 0, c);
}

const products own_products = { own_gemm, own_gram };

#ifdef BENCH_CBLAS
#include <cblas.h>

static void blas_gemm(bool ta, bool tb, int m, int n, int k, float alpha, const float *a,
                      const float *b, float beta, float *c)
{
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n,
                k, alpha, a, ta ? m : k, b, tb ? k : n, beta, c, n);
}

static void blas_gram(int n, int k, float alpha, const float *a, float *c)
{
    cblas_ssyrk(CblasRowMajor, CblasUpper, CblasNoTrans, n, k, alpha, a, k, 0, c, n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            c[(size_t)i * (size_t)n + (size_t)j] = c[(size_t)j * (size_t)n + (size_t)i];
}

const products blas_products = { blas_gemm, blas_gram };
#endif
