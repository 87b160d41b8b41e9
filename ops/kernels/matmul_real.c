/* matmul_real.c: products of matrices with any strides, and the choice between the ways to them.
 *
 * Each element of the result is one sum in the order of k, whatever the way: the same bits for any
 * strides. Small products read a and b where they lie, in tiles of 4 rows and up to three vectors
 * (tile.h) or four terms at a time (fours.h), which also transposes columns of b that are
 * contiguous; other columns are copied first. Large ones are blocked (gemm_real.c). */
#include "gemm.h"

enum { TALLEST = 4, MOST = 3 * LANES, SIZE = sizeof(REAL) };

/* Some rows or columns of a product; of their vectors, the last begins at column `last`. */
typedef void part(const dl_product *p, int64_t last, const REAL *a, const REAL *b, REAL *c);

/* By the number of rows less 1: a tile, and a kernel for a product that is no more than one. */
typedef struct tiles {
    part *tile[TALLEST];
    dl_kernel *kernel[TALLEST];
} tiles;

/* By the number of vectors less 1: columns of a product with a transposed b, and kernels for a
 * product of four terms that has no more columns, b as it lies and transposed. */
typedef struct fours {
    int64_t width;
    part *columns[3];
    dl_kernel *direct[3], *turned[3];
} fours;

#if LANES >= 16
#define WIDTH 16
#define VECTORS 1
#include "tile.h"
#define WIDTH 16
#define VECTORS 2
#include "tile.h"
#if LANES == 16
#define WIDTH 16
#define VECTORS 3
#include "tile.h"
static const tiles *const three_vectors = &tiles_16x3;
#endif
#endif
#if LANES >= 8
#define WIDTH 8
#define VECTORS 1
#include "tile.h"
#define WIDTH 8
#define VECTORS 2
#include "tile.h"
#if LANES == 8
#define WIDTH 8
#define VECTORS 3
#include "tile.h"
static const tiles *const three_vectors = &tiles_8x3;
#endif
#endif
#if LANES >= 4
#define WIDTH 4
#define VECTORS 1
#include "tile.h"
#define WIDTH 4
#define VECTORS 2
#include "tile.h"
#if LANES == 4
#define WIDTH 4
#define VECTORS 3
#include "tile.h"
static const tiles *const three_vectors = &tiles_4x3;
#endif
#endif
#define WIDTH 2
#define VECTORS 1
#include "tile.h"
#define WIDTH 2
#define VECTORS 2
#include "tile.h"
#if LANES == 2
#define WIDTH 2
#define VECTORS 3
#include "tile.h"
static const tiles *const three_vectors = &tiles_2x3;
#endif
#define WIDTH 1
#define VECTORS 1
#include "tile.h"

/* By the logarithm of the width, and by vectors less 1. */
static const tiles *const all_tiles[][2] = {
    { &tiles_1x1, NULL },         { &tiles_2x1, &tiles_2x2 },
#if LANES >= 4
    { &tiles_4x1, &tiles_4x2 },
#endif
#if LANES >= 8
    { &tiles_8x1, &tiles_8x2 },
#endif
#if LANES >= 16
    { &tiles_16x1, &tiles_16x2 },
#endif
};

#if LANES >= 4
#define WIDTH 4
#else
#define WIDTH 2
#endif
#include "fours.h"
#if OCTETS
#define WIDTH 8
#include "fours.h"
#endif

static const fours *fours_of(int64_t n)
{
#if OCTETS
    if (n >= 8) return &fours_8;
#endif
#if LANES >= 4
    return &fours_4;
#else
    return &fours_2;
#endif
}

enum { WIDEST = sizeof all_tiles / sizeof *all_tiles - 1 };

/* The tiles of the last of n columns, up to MOST of them; those before go in pairs of vectors. */
static void choose_tiles(dl_product *p)
{
    int64_t n = p->n;
    int k = 0;
    while (n > MOST) n -= 2 * LANES;
    while (2 << k <= n && 2 << k <= LANES) k++;
    p->last = n - (1 << k);
    p->tiles = n > 2 * LANES ? three_vectors : all_tiles[k][p->last > 0];
}

static void column(const tiles *t, const dl_product *p, int64_t last, const REAL *a, const REAL *b,
                   REAL *c)
{
    int64_t m = p->m;
    for (; m >= TALLEST; m -= TALLEST, a += TALLEST * p->a_row, c += TALLEST * p->ldc)
        t->tile[TALLEST - 1](p, last, a, b, c);
    if (m) t->tile[m - 1](p, last, a, b, c);
}

static void direct(const dl_product *p, const void *a, const void *b, void *c, void *work)
{
    const REAL *right = b;
    REAL *to = c;
    (void)work;
    for (int64_t n = p->n; n > MOST; n -= 2 * LANES, right += 2 * LANES, to += 2 * LANES)
        column(all_tiles[WIDEST][1], p, LANES, a, right, to);
    column(p->tiles, p, p->last, a, right, to);
}

static void packed(const dl_product *p, const void *a, const void *b, void *c, void *work)
{
    pack(p->k, p->n, b, p->from_row, p->from_col, work, p->n);
    direct(p, a, work, c, NULL);
}

/* k >= 4; columns of b that lie one behind the other are transposed in registers. */
static void turned(const dl_product *p, const void *a, const void *b, void *c, void *work)
{
    const fours *f = fours_of(p->n);
    const REAL *right = b;
    REAL *to = c;
    int64_t n = p->n, two = 2 * f->width;
    (void)work;
    for (; n > 3 * f->width; n -= two, right += two * p->b_col, to += two)
        f->columns[1](p, f->width, a, right, to);
    f->columns[(n - 1) / f->width](p, n - f->width, a, right, to);
}

#if LANES >= 4
/* The same for four columns and few rows: all sums stay in registers. */
INLINE void four_columns(int rows, const dl_call *call)
{
    const dl_product *p = call->ins->info;
    const REAL *a = dl_operand(call, p->left), *b = dl_operand(call, p->right);
    REAL *c = dl_result(call);
    int64_t k = p->k, a_row = p->a_row, a_col = p->a_col, across = p->b_col;
    quad acc[TALLEST], x[4] = { { 0 } };
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) acc[i] = (quad){ 0 };
    for (int64_t q = 0; q + 4 <= k; q += 4) {
        turn_4(b + q, across, x);
#pragma GCC unroll 4
        for (int s = 0; s < 4; s++, a += a_col)
#pragma GCC unroll 4
            for (int i = 0; i < rows; i++) acc[i] += a[i * a_row] * x[s];
    }
    if (k % 4) turn_4(b + k - 4, across, x);
#pragma GCC unroll 3
    for (int s = 1; s < 4; s++)
        if (s >= 4 - k % 4) {
#pragma GCC unroll 4
            for (int i = 0; i < rows; i++) acc[i] += a[i * a_row] * x[s];
            a += a_col;
        }
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) *(quad *)(c + i * 4) = acc[i];
}

#define FOUR_COLUMNS(rows) \
    static void four_columns##rows(const dl_call *c) { four_columns(rows, c); }
FOUR_COLUMNS(1)
FOUR_COLUMNS(2)
FOUR_COLUMNS(3)
FOUR_COLUMNS(4)
static dl_kernel *const four[] = { four_columns1, four_columns2, four_columns3, four_columns4 };
#endif

/* ---- b is the transpose of a ----------------------------------------------------------------- */

enum { BLOCK = 32 };

/* Copies what lies below the diagonal to above it. Only large products are computed by half: the
 * mirror image of a small one costs more. */
static void mirror(const dl_product *p, REAL *c)
{
    int64_t n = p->n, ldc = p->ldc;
    for (int64_t i = 0; i < n; i += BLOCK) {
        int64_t rows = n - i < BLOCK ? n - i : BLOCK;
        for (int64_t j = 0; j < i; j += BLOCK)
            pack(BLOCK, rows, c + i * ldc + j, 1, ldc, c + j * ldc + i, ldc);
        for (int64_t r = i; r < i + rows; r++)
            for (int64_t s = i; s < r; s++) c[s * ldc + r] = c[r * ldc + s];
    }
}

/* ---- the choice ------------------------------------------------------------------------------ */

static void blocked(const dl_product *p, const void *a, const void *b, void *c, void *work)
{
    KERNEL(dl__blocked)(p, a, b, c, work);
    if (p->symmetric) mirror(p, c);
}

static void through_blas(const dl_product *p, const void *a, const void *b, void *c, void *work)
{
    KERNEL(dl__blas)(p, a, b, c, work);
    if (p->symmetric) mirror(p, c);
}

static void zero(const dl_product *p, const void *a, const void *b, void *c, void *work)
{
    (void)a, (void)b, (void)work;
    memset(c, 0, (size_t)(p->m * p->n) * sizeof(REAL));
}

static void one_kernel(const dl_call *c)
{
    const dl_product *p = c->ins->info;
    p->one(p, dl_operand(c, p->left), dl_operand(c, p->right), dl_result(c), dl_work(c));
}

static void direct_kernel(const dl_call *c)
{
    const dl_product *p = c->ins->info;
    direct(p, dl_operand(c, p->left), dl_operand(c, p->right), dl_result(c), NULL);
}

static void turned_kernel(const dl_call *c)
{
    const dl_product *p = c->ins->info;
    turned(p, dl_operand(c, p->left), dl_operand(c, p->right), dl_result(c), NULL);
}

static void packed_kernel(const dl_call *c)
{
    const dl_product *p = c->ins->info;
    packed(p, dl_operand(c, p->left), dl_operand(c, p->right), dl_result(c), dl_work(c));
}

static void batches_kernel(const dl_call *c)
{
    const dl_product *p = c->ins->info;
    const REAL *a = dl_operand(c, p->left), *b = dl_operand(c, p->right);
    REAL *y = dl_result(c);
    if (dl_result_layout(c)->shape.numel == 0) return;
    nest w = nest_begin(p->batches);
    do {
        p->one(p, a + w.at[p->left], b + w.at[p->right], y, dl_work(c));
        y += p->m * p->n;
    } while (nest_next(&w, 0));
}

/* Below it packing does not pay. */
enum { BLOCKED_FROM = 48 * 48 * 48, PACKED_MOST = 4096 };

/* For a product of four terms and no more than three vectors; of few rows, a tile is as good. */
static dl_kernel *once(dl_product *p, bool transposed)
{
    const fours *f = fours_of(p->n);
    int64_t vectors = (p->n + f->width - 1) / f->width;
    if (p->k != 4 || p->n < f->width || vectors > 3) return NULL;
    if (!transposed && p->m <= vectors) return NULL;
    p->last = p->n - f->width;
    return (transposed ? f->turned : f->direct)[vectors - 1];
}

static dl_kernel *turned_way(dl_product *p)
{
    dl_kernel *kernel = once(p, true);
    p->one = turned;
    if (kernel) return kernel;
#if LANES >= 4
    if (p->n == 4 && p->m <= TALLEST) return four[p->m - 1];
#endif
    return turned_kernel;
}

static dl_kernel *direct_way(dl_product *p)
{
    dl_kernel *kernel = p->batches ? NULL : once(p, false);
    p->one = direct;
    if (kernel) return kernel;
    choose_tiles(p);
    if (p->m > TALLEST || p->n > MOST) return direct_kernel;
    return ((const tiles *)p->tiles)->kernel[p->m - 1];
}

static dl_kernel *packed_way(dl_product *p, size_t *work_bytes)
{
    *work_bytes = (size_t)(p->k * p->n) * sizeof(REAL);
    p->from_row = p->b_row, p->from_col = p->b_col;
    p->b_row = p->n, p->b_col = 1;
    p->one = packed;
    choose_tiles(p);
    return packed_kernel;
}

static dl_kernel *way(dl_product *p, size_t *work_bytes)
{
    bool in_rows = p->b_col == 1 || p->n == 1;
    int64_t terms = dl__product_terms(p->m * p->n, p->k);
    if (terms == 0) p->one = zero;
    else if (p->blas) {
        *work_bytes = KERNEL(dl__blas_plan)(p);
        p->one = through_blas;
    } else if (terms >= BLOCKED_FROM || (!in_rows && p->k * p->n > PACKED_MOST)) {
        *work_bytes = KERNEL(dl__blocked_plan)(p);
        p->one = blocked;
    } else if (in_rows) return direct_way(p);
    else if (p->b_row == 1 && p->n >= TURN && p->k >= 4) return turned_way(p);
    else return packed_way(p, work_bytes);
    return one_kernel;
}

dl_product_way KERNEL(dl__product_way);

dl_kernel *KERNEL(dl__product_way)(dl_product *p, size_t *work_bytes)
{
    dl_kernel *kernel = way(p, work_bytes);
    return p->batches ? batches_kernel : kernel;
}

/* What a row of the table of ops names; its .prepare puts the kernel of the way in this place. */
dl_kernel KERNEL(dl__matmul);
void KERNEL(dl__matmul)(const dl_call *c) { one_kernel(c); }
