/* product_emit.c: products of matrices as C text. */
#include "product.h"

/* A matrix; its first element is that of the nest `batches`. */
typedef struct matrix {
    const char *name;
    dl_index first;
    int64_t row, col; /* strides */
} matrix;

/* Rows or columns of the result: `tiles` of them from `first` on, `size` wide. */
typedef struct tiling {
    int64_t first, tiles, size;
} tiling;

static const tiling every = { 0, 2, 1 }; /* k: one after the other */

/* The index is that of the tile, i0, and that in the tile, i; of tiles of one only i. */
static dl_index element(const matrix *x, const tiling *r, char row, const tiling *c, char col)
{
    dl_index at = x->first;
    const tiling *const part[] = { r, c };
    const int64_t stride[] = { x->row, x->col };
    const char name[] = { row, col };
    for (int i = 0; i < 2; i++) {
        const tiling *p = part[i];
        if (p->tiles > 1 && p->size > 1)
            dl_emit_term(&at, stride[i], (char[]){ name[i], '0', '\0' });
        if (p->tiles > 1 || p->size > 1) dl_emit_term(&at, stride[i], (char[]){ name[i], '\0' });
    }
    dl_emit_term(&at, r->first * x->row + c->first * x->col, NULL);
    return at;
}

static int loop_over_tiles(const dl_emit *e, const tiling *p, const char *tile, const char *one)
{
    return p->tiles > 1 ? dl_emit_loop(e, p->size > 1 ? tile : one, p->tiles * p->size, p->size)
                        : 0;
}

static int loop_in_tile(const dl_emit *e, const tiling *p, const char *index)
{
    return p->size > 1 ? dl_emit_loop(e, index, p->size, 1) : 0;
}

/* Sums that stay in registers, each in the order of k. */
static void emit_tiles(const dl_emit *e, const matrix *y, const matrix *a, const matrix *b,
                       const tiling *r, const tiling *c, int64_t depth)
{
    static const char *const sums[2][2] = { { "sum[0]", "sum[j]" }, { "sum[i][0]", "sum[i][j]" } };
    const char *sum = sums[r->size > 1][c->size > 1];
    int n = loop_over_tiles(e, r, "i0", "i") + loop_over_tiles(e, c, "j0", "j");
    dl_emit_line(e, "{");
    if (r->size > 1)
        dl_emit_line(e, "%s sum[%lld][%lld];", e->real, (long long)r->size, (long long)c->size);
    else dl_emit_line(e, "%s sum[%lld];", e->real, (long long)c->size);
    int m = loop_in_tile(e, r, "i") + loop_in_tile(e, c, "j");
    dl_emit_line(e, "%s = 0;", sum);
    dl_emit_end(e, m);
    m = dl_emit_loop(e, "k", depth, 1) + loop_in_tile(e, r, "i") + loop_in_tile(e, c, "j");
    dl_index left = element(a, r, 'i', &every, 'k'), right = element(b, &every, 'k', c, 'j');
    dl_emit_line(e, "%s += %s[%s] * %s[%s];", sum, a->name, dl_place(&left), b->name,
                 dl_place(&right));
    dl_emit_end(e, m);
    m = loop_in_tile(e, r, "i") + loop_in_tile(e, c, "j");
    dl_index to = element(y, r, 'i', c, 'j');
    dl_emit_line(e, "%s[%s] = %s;", y->name, dl_place(&to), sum);
    dl_emit_end(e, m);
    dl_emit_line(e, "}");
    dl_emit_end(e, n);
}

/* Whole tiles, and one for the rest. */
static int split(int64_t n, int64_t size, tiling part[2])
{
    part[0] = n <= size ? (tiling){ 0, 1, n } : (tiling){ 0, n / size, size };
    part[1] = (tiling){ n / size * size, 1, n % size };
    return n > size && n % size ? 2 : 1;
}

/* Small products row by row: compilers do better with them. */
enum { BY_ROWS = 4096 };

/* b, copied row by row. */
static matrix emit_packed(const dl_emit *e, const matrix *b, const dl_product *p)
{
    matrix to = { .name = "part", .row = p->n, .col = 1 };
    const tiling k = { 0, p->k, 1 }, j = { 0, p->n, 1 };
    dl_index y = element(&to, &k, 'k', &j, 'j'), x = element(b, &k, 'k', &j, 'j');
    dl_emit_line(e, "%s part[%lld];", e->real, (long long)(p->k * p->n));
    int loops = dl_emit_loop(e, "k", p->k, 1) + dl_emit_loop(e, "j", p->n, 1);
    dl_emit_line(e, "part[%s] = %s[%s];", dl_place(&y), b->name, dl_place(&x));
    dl_emit_end(e, loops);
    return to;
}

static void emit_product(const dl_emit *e, const matrix *y, const matrix *a, const matrix *b,
                         const dl_product *p)
{
    tiling row[2], col[2];
    bool small = dl__product_terms(p->m * p->n, p->k) <= BY_ROWS,
         packs = small && b->row == 1 && b->col != 1;
    int rows = split(p->m, small ? 1 : 4, row);
    int cols = split(p->n, e->layout[0]->shape.dtype == DL_F32 ? 16 : 8, col);
    if (packs) dl_emit_line(e, "{");
    matrix right = packs ? emit_packed(e, b, p) : *b;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j++) emit_tiles(e, y, a, &right, &row[i], &col[j], p->k);
    if (packs) dl_emit_line(e, "}");
}

/* An operand of the product; the kernel may have packed the right one, so the layout is asked. */
static matrix operand_of(const dl_emit *e, const dl_product *p, int operand)
{
    const dl_layout *l = e->layout[operand + 1];
    int64_t row = l->stride[l->shape.rank - 2], col = l->stride[l->shape.rank - 1];
    bool other_way = p->left == p->right || p->left == 1;
    matrix x = { .name = e->name[operand + 1],
                 .row = other_way ? col : row,
                 .col = other_way ? row : col };
    if (p->batches) dl_emit_terms(&x.first, p->batches, operand, 'p');
    return x;
}

void dl__product_emit(const dl_emit *e)
{
    const dl_product *p = e->info;
    if (!p->k) {
        dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = 0;",
                     (long long)e->layout[0]->shape.numel, e->name[0]);
        return;
    }
    matrix y = { .name = e->name[0], .row = p->n, .col = 1 };
    matrix a = operand_of(e, p, p->left), b = operand_of(e, p, p->right);
    if (p->left == p->right) b = (matrix){ b.name, b.first, b.col, b.row };
    int loops = p->batches ? dl_emit_loops(e, p->batches, 0, 'p') : 0;
    int64_t batch = p->m * p->n;
    for (int k = loops; k-- > 0; batch *= p->batches->dim[k])
        dl_emit_term(&y.first, batch, (char[]){ 'p', (char)('0' + k), '\0' });
    if (loops) dl_emit_line(e, "{");
    emit_product(e, &y, &a, &b, p);
    if (loops) dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}
