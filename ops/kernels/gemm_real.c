/* gemm_real.c: large products, in blocks that fit the caches: DEPTH x BROAD of b and TALL x DEPTH
 * of a are packed, so that tiles of ROWS x COLS read both without a stride. Sums go on from block
 * to block through c. */
#include "gemm.h"
#include "../../autodiff/scratch.h"

#if VECTOR_BYTES == 64
#define ROWS 12
#else
#define ROWS 6
#endif

enum {
    COLS = 2 * LANES,
    DEPTH = 256,
    TALL = 96,
    BROAD = 256,
    MOST_PARTS = 8,
    LEAST_PART = 1 << 19, /* m n k of a part: what a thread is worth waking for */
    PART_BYTES = (TALL + BROAD) * DEPTH * sizeof(REAL)
};

typedef REAL vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

/* c (ROWS,COLS) = a' b of packed slivers, or added to what is there. */
static void tile(int64_t k, const REAL *a, const REAL *b, REAL *c, int64_t ldc, bool add)
{
    vector acc[ROWS][2];
#pragma GCC unroll 12
    for (int i = 0; i < ROWS; i++)
        for (int v = 0; v < 2; v++)
            acc[i][v] = add ? *(const vector *)(c + i * ldc + v * LANES) : (vector){ 0 };
    for (; k > 0; k--, a += ROWS, b += COLS) {
        vector x = *(const vector *)b, y = *(const vector *)(b + LANES);
#pragma GCC unroll 12
        for (int i = 0; i < ROWS; i++) {
            acc[i][0] += a[i] * x;
            acc[i][1] += a[i] * y;
        }
    }
#pragma GCC unroll 12
    for (int i = 0; i < ROWS; i++)
        for (int v = 0; v < 2; v++) *(vector *)(c + i * ldc + v * LANES) = acc[i][v];
}

/* A tile of which only m x n elements are wanted. */
static void edge(int64_t m, int64_t n, int64_t k, const REAL *a, const REAL *b, REAL *c,
                 int64_t ldc, bool add)
{
    REAL whole[ROWS * COLS] = { 0 };
    for (int64_t i = 0; add && i < m; i++)
        memcpy(whole + i * COLS, c + i * ldc, (size_t)n * sizeof(REAL));
    tile(k, a, b, whole, COLS, add);
    for (int64_t i = 0; i < m; i++) memcpy(c + i * ldc, whole + i * COLS, (size_t)n * sizeof(REAL));
}

/* Slivers of `width`, the last one filled up with zeros. */
static inline __attribute__((always_inline)) void
slivers(int64_t k, int64_t n, const REAL *from, int64_t along, int64_t across, REAL *to, int width)
{
    for (; n > 0; n -= width, from += width * across, to += k * width) {
        if (n < width) memset(to, 0, (size_t)(k * width) * sizeof(REAL));
        if (across == 1 && n >= width)
            for (int64_t p = 0; p < k; p++)
                memcpy(to + p * width, from + p * along, (size_t)width * sizeof(REAL));
        else pack(k, n < width ? n : width, from, along, across, to, width);
    }
}

typedef struct block {
    const dl_product *p;
    int64_t row, col, m, n; /* of c */
    REAL *left, *right;     /* packed */
} block;

/* All tiles of a block, over `depth` terms; a symmetric product leaves out those above the
 * diagonal.
 */
static void tiles(const block *t, int64_t depth, REAL *c, bool add)
{
    int64_t ldc = t->p->ldc;
    for (int64_t j = 0; j < t->n; j += COLS)
        for (int64_t i = 0; i < t->m; i += ROWS) {
            const REAL *a = t->left + i * depth, *b = t->right + j * depth;
            REAL *to = c + (t->row + i) * ldc + t->col + j;
            int64_t m = t->m - i, n = t->n - j;
            if (t->p->symmetric && t->col + j >= t->row + i + ROWS) continue;
            if (m >= ROWS && n >= COLS) tile(depth, a, b, to, ldc, add);
            else edge(m < ROWS ? m : ROWS, n < COLS ? n : COLS, depth, a, b, to, ldc, add);
        }
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Rows [row, row + m) and columns [col, col + n) of the result. */
static void strip(const dl_product *p, const REAL *a, const REAL *b, REAL *c, const block *of)
{
    block t = *of;
    int64_t end_row = of->row + of->m, end_col = of->col + of->n;
    for (t.col = of->col; t.col < end_col; t.col += BROAD) {
        t.n = least(end_col - t.col, BROAD);
        for (int64_t q = 0; q < p->k; q += DEPTH) {
            int64_t depth = least(p->k - q, DEPTH);
            slivers(depth, t.n, b + q * p->b_row + t.col * p->b_col, p->b_row, p->b_col, t.right,
                    COLS);
            for (t.row = of->row; t.row < end_row; t.row += TALL) {
                t.m = least(end_row - t.row, TALL);
                if (p->symmetric && t.col >= t.row + t.m) continue;
                slivers(depth, t.m, a + t.row * p->a_row + q * p->a_col, p->a_col, p->a_row, t.left,
                        ROWS);
                tiles(&t, depth, c, q > 0);
            }
        }
    }
}

typedef struct job {
    const dl_product *p;
    const REAL *a, *b;
    REAL *c;
    char *work;
    uint64_t taken; /* places there */
} job;

/* The longer side of the result is cut into parts of whole tiles. */
static void part(void *context, int64_t k)
{
    job *j = context;
    const dl_product *p = j->p;
    int place = dl_scratch_take(&j->taken);
    REAL *work = (REAL *)(j->work + (size_t)place * PART_BYTES);
    block t = { .p = p, .m = p->m, .n = p->n, .left = work, .right = work + TALL * DEPTH };
    bool rows = p->m >= p->n;
    int64_t size = rows ? p->m : p->n, unit = rows ? TALL : COLS;
    int64_t units = (size + unit - 1) / unit;
    int64_t begin = dl__product_cut(p, units, k) * unit;
    int64_t end = dl__product_cut(p, units, k + 1) * unit;
    *(rows ? &t.row : &t.col) = begin;
    *(rows ? &t.m : &t.n) = least(end, size) - begin;
    strip(p, j->a, j->b, j->c, &t);
    dl_scratch_give(&j->taken, place);
}

void KERNEL(dl__blocked)(const dl_product *p, const REAL *a, const REAL *b, REAL *c, void *work)
{
    job j = { p, a, b, c, work, 0 };
    if (p->parts == 1) part(&j, 0);
    else dl_parallel(p->parts, part, &j);
}

size_t KERNEL(dl__blocked_plan)(dl_product *p)
{
    int64_t size = p->m >= p->n ? p->m : p->n, unit = p->m >= p->n ? TALL : BROAD;
    p->parts = least((size + unit - 1) / unit, MOST_PARTS);
    while (p->parts > 1 && dl__product_terms(p->m * p->n / p->parts, p->k) < LEAST_PART) p->parts--;
    return (size_t)p->parts * PART_BYTES;
}
