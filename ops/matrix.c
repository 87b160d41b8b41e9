/* matrix.c: products of matrices, and the trace. */
#include "support.h"
#include "blas.h"

#include <stdio.h>

/* ---- what the kernels are told ----------------------------------------------------------------
 */

DL_DECLARE(dl_product_way, dl__product_way);
DL_DECLARE_KERNELS(dl__matmul);

typedef struct matrix {
    int operand;
    int64_t row, col; /* strides */
} matrix;

static matrix matrix_of(const dl_prepare *p, int operand)
{
    const dl_layout *l = p->layout[operand + 1];
    return (matrix){ operand, l->stride[l->shape.rank - 2], l->stride[l->shape.rank - 1] };
}

static matrix transposed(matrix x) { return (matrix){ x.operand, x.col, x.row }; }

static bool prepare(dl_prepare *p, matrix a, matrix b, int64_t k, const dl_loop *batches,
                    bool symmetric)
{
    static dl_product_way *const ways[DL_NISA][DL_NREAL] = DL_KERNELS(dl__product_way);
    const dl_shape *s = &p->layout[0]->shape;
    int64_t m = s->dim[s->rank - 2], n = s->dim[s->rank - 1];
    dl_product *product = p->allocate(p, sizeof *product);
    if (!product) return false;
    if (n == 1 && m > 1) { /* a column as a row: its elements can be computed side by side */
        matrix other = transposed(a);
        a = transposed(b), b = other;
        n = m, m = 1;
    }
    *product = (dl_product){ .m = m,
                             .n = n,
                             .k = k,
                             .ldc = n,
                             .symmetric = symmetric,
                             .left = a.operand,
                             .a_row = a.row,
                             .a_col = a.col,
                             .right = b.operand,
                             .b_row = b.row,
                             .b_col = b.col,
                             .batches = batches };
    product->blas = dl__use_blas(p, product);
    p->info = product;
    p->run = ways[p->isa][s->dtype](product, &p->work_bytes);
    return true;
}

/* ---- matmul ---------------------------------------------------------------------------------- */

/* Leading axes match from the last; a matrix serves every batch. */
static bool batch(dl_infer *c)
{
    const dl_shape *a = c->in[0], *b = c->in[1];
    if (a->rank != b->rank && a->rank != 2 && b->rank != 2) {
        dl_reject(c, DL_ERANK, "ranks %d and %d differ and neither is 2", a->rank, b->rank);
        return false;
    }
    const dl_shape *more = a->rank >= b->rank ? a : b;
    for (int i = 0; i < more->rank - 2; i++) {
        int64_t m = a->rank > 2 ? a->dim[i] : 1, n = b->rank > 2 ? b->dim[i] : 1;
        if (m != n && m != 1 && n != 1) {
            dl_reject(c, DL_ESHAPE, "batch sizes %lld and %lld of axis %d neither match nor are 1",
                      (long long)m, (long long)n, i);
            return false;
        }
        c->out.dim[i] = m == 1 ? n : m;
    }
    return true;
}

static void matmul_infer(dl_infer *c)
{
    const dl_shape *a = c->in[0], *b = c->in[1];
    if (!dl__computing(c) || !dl__is_matrix(c, 0, true) || !dl__is_matrix(c, 1, true)) return;
    int64_t k = a->dim[a->rank - 1], l = b->dim[b->rank - 2];
    if (k != l) {
        dl_reject(c, DL_ESHAPE, "inner sizes %lld and %lld differ", (long long)k, (long long)l);
        return;
    }
    c->out.dtype = a->dtype;
    c->out.rank = a->rank > b->rank ? a->rank : b->rank;
    if (!batch(c)) return;
    c->out.dim[c->out.rank - 2] = a->dim[a->rank - 2];
    c->out.dim[c->out.rank - 1] = b->dim[b->rank - 1];
}

/* The sum over batches that a broadcast operand needs, leading axes being matched from the last. */
static dl_val over_batches(dl_val g, dl_val x)
{
    int rank = dl_rank(g), own = dl_rank(x);
    uint32_t mask = 0;
    for (int i = 0; i < rank - 2; i++)
        if (dl_size(g, i) != 1 && (own == 2 || dl_size(x, i) == 1)) mask |= 1u << i;
    if (mask) g = dl__sum_mask(g, mask, false);
    return dl__reshape_to(g, dl_shape_of(x));
}

static dl_val matmul_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val a = dl_in(y, 0), b = dl_in(y, 1);
    dl_val ga = i == 0 ? dl_matmul(g, dl_transpose(b)) : dl_matmul(dl_transpose(a), g);
    if (dl_tape_status(g.tape) || dl_rank(g) == 2) return ga;
    return over_batches(ga, dl_in(y, i));
}

static bool prepare_matmul(dl_prepare *p, bool symmetric)
{
    const dl_layout *a = p->layout[1], *b = p->layout[2];
    dl_shape batches = p->layout[0]->shape;
    int64_t k = a->shape.dim[a->shape.rank - 1];
    dl_loop *loop = NULL;
    if (batches.rank > 2) {
        dl_layout x[2] = { *a, *b };
        batches.rank -= 2;
        for (int i = 0; i < 2; i++) x[i].shape.rank = x[i].shape.rank > 2 ? batches.rank : 0;
        if (!(loop = p->allocate(p, sizeof *loop))) return false;
        dl_loop_make(loop, &batches, (const dl_layout *const[]){ &x[0], &x[1] }, 2);
    }
    return prepare(p, matrix_of(p, 0), matrix_of(p, 1), k, loop, symmetric);
}

static bool matmul_prepare(dl_prepare *p) { return prepare_matmul(p, false); }

static const dl_op matmul_op = {
    .name = "matmul",
    .nin = 2,
    .flags = DL_STRIDED,
    .shapes = "(...,m,k) (...,k,n) -> (...,m,n)",
    .infer = matmul_infer,
    .prepare = matmul_prepare,
    .eval = DL_KERNELS(dl__matmul),
    .emit = dl__product_emit,
    .vjp = matmul_vjp,
};

/* ---- (a b)', which a plan makes of the transpose of a product -------------------------------- */

static bool product_transposed_prepare(dl_prepare *p)
{
    int64_t k = p->layout[2]->shape.dim[0];
    return prepare(p, transposed(matrix_of(p, 1)), transposed(matrix_of(p, 0)), k, NULL, false);
}

/* Never on a tape: it has no derivative. */
static const dl_op product_transposed_op = {
    .name = "matmul_transposed",
    .nin = 2,
    .flags = DL_STRIDED,
    .shapes = "(m,k) (k,n) -> (n,m)",
    .infer = matmul_infer,
    .prepare = product_transposed_prepare,
    .eval = DL_KERNELS(dl__matmul),
    .emit = dl__product_emit,
};

bool dl__transpose_product(dl_rewrite *w, const dl_term *x)
{
    if (x->op == &product_transposed_op) w->node.op = &matmul_op;
    else if (x->op == &matmul_op && x->shape->rank == 2 && x->uses == 1)
        w->node.op = &product_transposed_op;
    else return false;
    memcpy(w->node.in, x->in, sizeof x->in);
    return true;
}

/* ---- matmul_self: a a' or a' a, where one operand is the transpose of the other -------------- */

static bool matmul_self_prepare(dl_prepare *p) { return prepare_matmul(p, true); }

/* One product instead of two, unless the cotangent of the transpose is wanted for itself. */
static dl_val matmul_self_vjp(const dl_node *y, int i, dl_val g)
{
    int view = dl__is_transpose(dl_in(y, 0), dl_in(y, 1)) ? 0 : 1;
    if (dl_wanted(y, view)) return matmul_vjp(y, i, g);
    if (i == view) return dl_none(g.tape);
    dl_val both = dl_add(g, dl_transpose(g)), x = dl_in(y, i);
    return i == 0 ? dl_matmul(both, x) : dl_matmul(x, both);
}

static const dl_op matmul_self_op = {
    .name = "matmul_self",
    .nin = 2,
    .flags = DL_STRIDED | DL_SYMMETRIC,
    .shapes = "(...,m,k) (...,k,m) -> (...,m,m)",
    .infer = matmul_infer,
    .prepare = matmul_self_prepare,
    .eval = DL_KERNELS(dl__matmul),
    .emit = dl__product_emit,
    .vjp = matmul_self_vjp,
};

dl_val dl_matmul(dl_val a, dl_val b)
{
    dl_val y;
    if (dl_repeats(&matmul_op, a, b, &y) || dl_repeats(&matmul_self_op, a, b, &y)) return y;
    bool self = dl__is_transpose(a, b) || dl__is_transpose(b, a);
    return dl_apply(self ? &matmul_self_op : &matmul_op, NULL, a, b);
}

/* ---- gram ------------------------------------------------------------------------------------ */

static void gram_infer(dl_infer *c)
{
    if (!dl__computing(c) || !dl__is_matrix(c, 0, false)) return;
    c->out.dtype = c->in[0]->dtype;
    c->out.rank = 2;
    c->out.dim[0] = c->out.dim[1] = c->in[0]->dim[1];
}

static dl_val gram_vjp(const dl_node *y, int i, dl_val g)
{
    return dl_matmul(dl_in(y, i), dl_add(g, dl_transpose(g)));
}

/* x' x of one operand. */
static bool prepare_gram(dl_prepare *p, int operand)
{
    matrix x = matrix_of(p, operand);
    return prepare(p, transposed(x), x, p->layout[operand + 1]->shape.dim[0], NULL, true);
}

static bool gram_prepare(dl_prepare *p) { return prepare_gram(p, 0); }

static const dl_op gram_op = {
    .name = "gram",
    .nin = 1,
    .flags = DL_STRIDED | DL_SYMMETRIC,
    .shapes = "(n,m) -> (m,m)",
    .infer = gram_infer,
    .prepare = gram_prepare,
    .eval = DL_KERNELS(dl__matmul),
    .emit = dl__product_emit,
    .vjp = gram_vjp,
};

dl_val dl_gram(dl_val x) { return dl_apply(&gram_op, NULL, x); }

/* ---- scatter --------------------------------------------------------------------------------- */

/* xc' xc as a function of x, where xc = center(x). Each column of its cotangent xc (g + g') sums to
 * 0 already, so that it need not be centred again, as it would be on the way through xc. */
static void scatter_infer(dl_infer *c)
{
    if (dl__equal_sizes(c)) gram_infer(c);
}

static dl_val scatter_vjp(const dl_node *y, int i, dl_val g)
{
    return i == 0 ? dl_matmul(dl_in(y, 1), dl_add(g, dl_transpose(g))) : dl_none(g.tape);
}

static bool scatter_prepare(dl_prepare *p) { return prepare_gram(p, 1); }

/* x itself is there for the derivative only. */
static void scatter_rewrite(dl_rewrite *w)
{
    w->node.op = &gram_op;
    w->node.in[0] = w->node.in[1];
}

static void scatter_emit(const dl_emit *e)
{
    if (e->layout[1]->shape.numel) dl_emit_line(e, "(void)%s;", e->name[1]);
    dl__product_emit(e);
}

static const dl_op scatter_op = {
    .name = "scatter",
    .nin = 2,
    .flags = DL_STRIDED | DL_SYMMETRIC,
    .shapes = "(n,m) (n,m) -> (m,m)",
    .operands = "x xc",
    .infer = scatter_infer,
    .prepare = scatter_prepare,
    .eval = DL_KERNELS(dl__matmul),
    .emit = scatter_emit,
    .rewrite = scatter_rewrite,
    .vjp = scatter_vjp,
};

/* A transposed operand is centred as it lies, so that the products read it row by row. */
dl_val dl__scatter(dl_val x)
{
    dl_val original;
    bool view = dl__transpose_of(x, &original);
    dl_val xc = view ? dl_transpose(dl_center(original, "1")) : dl_center(x, "0");
    return dl_apply(&scatter_op, NULL, x, xc);
}

/* ---- trace ----------------------------------------------------------------------------------- */

static void trace_infer(dl_infer *c)
{
    const dl_shape *x = c->in[0];
    if (!dl__computing(c) || !dl__is_matrix(c, 0, false)) return;
    if (x->dim[0] != x->dim[1]) dl_reject(c, DL_ESHAPE, "the matrix is not square");
    c->out.dtype = x->dtype;
}

static dl_val trace_vjp(const dl_node *y, int i, dl_val g)
{
    return dl_mul(g, dl_eye_like(dl_in(y, i)));
}

DL_DECLARE_KERNELS(dl__trace);

static void trace_emit(const dl_emit *e)
{
    const dl_layout *l = e->layout[1];
    if (!l->shape.numel) {
        dl_emit_line(e, "%s[0] = 0;", e->name[0]);
        return;
    }
    dl_emit_need(e, "dl_pairwise_total");
    dl_emit_line(e, "{");
    dl_emit_line(e, "dl_pairwise total = { { 0 }, 0 };");
    dl_emit_line(e, "for (int i = 0; i < %lld; i++) dl_pairwise_add(&total, (double)%s[%lld * i]);",
                 (long long)l->shape.dim[0], e->name[1], (long long)(l->stride[0] + l->stride[1]));
    dl_emit_line(e, "%s[0] = (%s)dl_pairwise_total(&total);", e->name[0], e->real);
    dl_emit_line(e, "}");
}

static const dl_op trace_op = {
    .name = "trace",
    .nin = 1,
    .flags = DL_STRIDED,
    .shapes = "(n,n) -> ()",
    .infer = trace_infer,
    .eval = DL_KERNELS(dl__trace),
    .emit = trace_emit,
    .vjp = trace_vjp,
};

dl_val dl_trace(dl_val x) { return dl_apply(&trace_op, NULL, x); }

/* ---- dot ------------------------------------------------------------------------------------- */

static void dot_infer(dl_infer *c)
{
    if (!dl__computing(c) || !dl__equal_sizes(c)) return;
    c->out.dtype = c->in[0]->dtype;
}

static dl_val dot_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val other = dl_in(y, 1 - i);
    return dl_mul(g, dl__reshape_to(other, dl_shape_of(dl_in(y, i))));
}

DL_DECLARE_KERNELS(dl__dot);

static void dot_emit(const dl_emit *e)
{
    char f[16];
    long long n = e->layout[1]->shape.numel;
    if (!n) {
        dl_emit_line(e, "%s[0] = 0;", e->name[0]);
        return;
    }
    snprintf(f, sizeof f, "dl_dot_%s", e->type);
    dl_emit_need(e, f);
    if (n <= DL_BLOCK) {
        dl_emit_line(e, "%s[0] = (%s)%s(%lld, %s, %s);", e->name[0], e->real, f, n, e->name[1],
                     e->name[2]);
        return;
    }
    dl_emit_need(e, "dl_pairwise_total");
    dl_emit_line(e, "{");
    dl_emit_line(e, "dl_pairwise total = { { 0 }, 0 };");
    dl_emit_line(e, "for (int i = 0; i < %lld; i += %d)", n, DL_BLOCK);
    dl_emit_line(e,
                 "    dl_pairwise_add(&total, %s(%lld - i < %d ? %lld - i : %d, %s + i, %s + i));",
                 f, n, DL_BLOCK, n, DL_BLOCK, e->name[1], e->name[2]);
    dl_emit_line(e, "%s[0] = (%s)dl_pairwise_total(&total);", e->name[0], e->real);
    dl_emit_line(e, "}");
}

static const dl_op dot_op = {
    .name = "dot",
    .nin = 2,
    .shapes = "any same -> ()",
    .infer = dot_infer,
    .eval = DL_KERNELS(dl__dot),
    .emit = dot_emit,
    .vjp = dot_vjp,
};

dl_val dl_dot(dl_val a, dl_val b) { return dl_apply(&dot_op, NULL, a, b); }

static const dl_op *const rows[] = { &matmul_op, &matmul_self_op, &gram_op, &scatter_op,
                                     &trace_op,  &dot_op,         NULL };
const dl_family dl__matrix_family = { "matrix", rows };
