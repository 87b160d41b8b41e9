/* product_emit.c: products of matrices as C text. */
#include "product.h"

/* A matrix; its first element is that of the nest `batches`. */
typedef struct matrix {
    const char *name;
    dl_index first;
    int64_t row, col; /* strides */
} matrix;

/* Rows, columns or terms: `tiles` of them from `first` on, `size` wide. */
typedef struct tiling {
    int64_t first, tiles, size;
} tiling;

/* Whole tiles, and one for the rest. */
static int split(int64_t n, int64_t size, tiling part[2])
{
    part[0] = n <= size ? (tiling){ 0, 1, n } : (tiling){ 0, n / size, size };
    part[1] = (tiling){ n / size * size, 1, n % size };
    return n > size && n % size ? 2 : 1;
}

/* The index is that of the tile, j0, and that in the tile, j; of tiles of one only j. */
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

static int loop_over_tiles(const dl_emit *e, const tiling *p, const char *index)
{
    return p->tiles > 1 ? dl_emit_loop(e, index, p->tiles * p->size, p->size) : 0;
}

static int loop_in_tile(const dl_emit *e, const tiling *p, const char *index)
{
    return p->size > 1 ? dl_emit_loop(e, index, p->size, 1) : 0;
}

/* A block of the product, y = a b, or y += a b for the terms after the first. */
typedef struct block {
    const dl_emit *e;
    const matrix *y, *a, *b;
    tiling rows, cols, terms;
    bool packed; /* b is a copy of these columns and terms, row by row */
} block;

static tiling in_tile(const tiling *t) { return (tiling){ 0, 1, t->size }; }

static dl_index of_result(const block *p, const tiling *row)
{
    return element(p->y, row, 'i', &p->cols, 'j');
}

static void print_start(const block *p, const tiling *row, const char *sum)
{
    dl_index y = of_result(p, row);
    if (p->terms.first) dl_emit_line(p->e, "%s = %s[%s];", sum, p->y->name, dl_place(&y));
    else if (p->terms.tiles > 1)
        dl_emit_line(p->e, "%s = k0 ? %s[%s] : 0;", sum, p->y->name, dl_place(&y));
    else dl_emit_line(p->e, "%s = 0;", sum);
}

static void print_term(const block *p, const tiling *row, const char *sum)
{
    tiling terms = p->packed ? in_tile(&p->terms) : p->terms;
    tiling cols = p->packed ? in_tile(&p->cols) : p->cols;
    dl_index a = element(p->a, row, 'i', &p->terms, 'k');
    dl_index b = element(p->b, &terms, 'k', &cols, 'j');
    dl_emit_line(p->e, "%s += %s[%s] * %s[%s];", sum, p->a->name, dl_place(&a), p->b->name,
                 dl_place(&b));
}

static void print_end(const block *p, const tiling *row, const char *sum)
{
    dl_index y = of_result(p, row);
    dl_emit_line(p->e, "%s[%s] = %s;", p->y->name, dl_place(&y), sum);
}

/* The rows stand one below the other in the loop over columns: compilers then take it for one of
 * vectors, and keep the sums in registers. */
static void print_rows(const block *p, void print(const block *, const tiling *, const char *))
{
    int loop = loop_in_tile(p->e, &p->cols, "j");
    if (p->rows.size > 1) dl_emit_line(p->e, "{");
    for (int64_t i = 0; i < p->rows.size; i++) {
        char sum[40];
        snprintf(sum, sizeof sum, "sum[%lld][%c]", (long long)i, p->cols.size > 1 ? 'j' : '0');
        print(p, &(tiling){ p->rows.first + i, p->rows.tiles, 1 }, sum);
    }
    if (p->rows.size > 1) dl_emit_line(p->e, "}");
    dl_emit_end(p->e, loop);
}

static void print_sums(const block *p)
{
    const dl_emit *e = p->e;
    int loop = loop_over_tiles(e, &p->rows, "i");
    dl_emit_line(e, "{");
    dl_emit_line(e, "%s sum[%lld][%lld];", e->real, (long long)p->rows.size,
                 (long long)p->cols.size);
    print_rows(p, print_start);
    int over_terms = loop_in_tile(e, &p->terms, "k");
    print_rows(p, print_term);
    dl_emit_end(e, over_terms);
    print_rows(p, print_end);
    dl_emit_line(e, "}");
    dl_emit_end(e, loop);
}

static matrix print_panel(const block *p)
{
    matrix panel = { .name = "panel", .row = p->cols.size, .col = 1 };
    const tiling k = in_tile(&p->terms), j = in_tile(&p->cols);
    dl_index to = element(&panel, &k, 'k', &j, 'j');
    dl_index from = element(p->b, &p->terms, 'k', &p->cols, 'j');
    dl_emit_line(p->e, "%s panel[%lld];", p->e->real, (long long)(k.size * j.size));
    int loops = loop_in_tile(p->e, &k, "k") + loop_in_tile(p->e, &j, "j");
    dl_emit_line(p->e, "panel[%s] = %s[%s];", dl_place(&to), p->b->name, dl_place(&from));
    dl_emit_end(p->e, loops);
    return panel;
}

/* Tiles of six by two registers of AVX2; at most 16 KiB of the right operand are copied at a time,
 * unless there are too few rows to earn the copy back. Up to SMALL terms, compilers do better with
 * a copy of the whole operand, or none; up to BY_ROWS results, with rows one after the other. */
enum { SMALL = 4096, BY_ROWS = 40, TILE_ROWS = 6, TILE_BYTES = 64, PANEL_BYTES = 16 << 10 };

static void print_product(const dl_emit *e, const matrix *y, const matrix *a, const matrix *b,
                          const dl_product *p)
{
    int64_t width = TILE_BYTES / (e->layout[0]->shape.dtype == DL_F32 ? 4 : 8);
    bool small = dl__product_terms(p->m * p->n, p->k) <= SMALL,
         by_rows = p->n > 2 && p->n <= width && p->m * p->n <= BY_ROWS;
    tiling row[2], col[2], term[2];
    int rows = split(p->m, by_rows ? 1 : TILE_ROWS, row);
    int cols = split(p->n, width, col);
    bool packed = b->col != 1 ? !small || b->row == 1 : p->m > TILE_ROWS && !small;
    int terms = split(p->k, packed ? PANEL_BYTES / TILE_BYTES : p->k, term);
    for (int j = 0; j < cols; j++)
        for (int k = 0; k < terms; k++) {
            block x = { e, y, a, b, row[0], col[j], term[k], packed };
            int loops = loop_over_tiles(e, &x.cols, "j0") + loop_over_tiles(e, &x.terms, "k0");
            if (loops || packed) dl_emit_line(e, "{");
            matrix panel;
            if (packed) panel = print_panel(&x), x.b = &panel;
            for (int i = 0; i < rows; i++) x.rows = row[i], print_sums(&x);
            if (loops || packed) dl_emit_line(e, "}");
            dl_emit_end(e, loops);
        }
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
    print_product(e, &y, &a, &b, p);
    if (loops) dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}
