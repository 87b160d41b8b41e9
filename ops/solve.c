/* solve.c: linear systems, the inverse, determinants.
 *
 * A row of a general matrix a reads a itself, for the derivative, and its LU, for the value: one
 * factorisation serves value, gradient and what is differentiated again. It stays in f64. */
#include "linear.h"

/* ---- solve ----------------------------------------------------------------------------------- */

static void solve_infer(dl_infer *c)
{
    const dl_shape *a = c->in[0], *b = c->in[2];
    dl__linear_batch(c, a, b);
    dl__linear_matrix(c, dl__rows(b), dl__cols(b));
}

DL__LINEAR_ROW(solve, dl_solve_by_lu, 1, (n * k))

/* Giles 2008, 2.2.3: b gets a'^-1 g, a gets - (a'^-1 g) y'. */
static dl_val solve_vjp(const dl_node *y, int i, dl_val g)
{
    const dl_linear_attr *attr = dl_attr(y);
    if (i == 1) return dl_none(g.tape);
    dl_val gb = dl__solve_with(dl_in(y, 0), dl_in(y, 1), g, !attr->mode), x = dl_out(y);
    if (i == 2) return gb;
    return dl_neg(attr->mode ? dl_matmul(x, dl_transpose(gb)) : dl_matmul(gb, dl_transpose(x)));
}

static const dl_op solve_op = {
    DL__LINEAR_FIELDS(solve),
    .nin = 3,
    .shapes = "(...,n,n) (...,n+1,n) (...,n,k) -> (...,n,k)",
    .operands = "a lu b",
    .infer = solve_infer,
    .vjp = solve_vjp,
};

dl_val dl__solve_with(dl_val a, dl_val lu, dl_val b, bool transposed)
{
    return dl_apply(&solve_op, &(dl_linear_attr){ .mode = transposed }, a, lu, b);
}

bool dl__system_fits(const char *op, dl_val *a, dl_val *b)
{
    char is[DL_SHAPE_TEXT], other[DL_SHAPE_TEXT];
    if (!dl__operands(op, (dl_val[]){ *a, *b }, 2) || !dl__matrices(op, *a, true)
        || !dl__matrices(op, *b, false))
        return false;
    const dl_shape *x = dl_shape_of(*a), *y = dl_shape_of(*b);
    if (dl__cols(x) != dl__rows(y))
        return dl_fail(a->tape, DL_ESHAPE, op, "a %s, b %s: sizes %lld and %lld differ",
                       dl_shape_text(x, is, sizeof is), dl_shape_text(y, other, sizeof other),
                       (long long)dl__cols(x), (long long)dl__rows(y)),
               false;
    return dl__match_batches(op, a, b);
}

dl_val dl_solve(dl_val a, dl_val b)
{
    if (!dl__system_fits("solve", &a, &b)) return dl_none(dl_any_tape((dl_val[]){ a, b }, 2));
    return dl__solve_with(a, dl__lu(a), b, false);
}

dl_val dl_inv(dl_val x)
{
    if (!dl__matrices("inv", x, true)) return dl_none(x.tape);
    return dl__solve_with(x, dl__lu(x), dl__identity(x), false);
}

/* ---- triangular systems ---------------------------------------------------------------------- */

static void solve_triangular_infer(dl_infer *c)
{
    dl__linear_batch(c, c->in[0], c->in[1]);
    dl__linear_matrix(c, dl__rows(c->in[1]), dl__cols(c->in[1]));
}

DL__LINEAR_ROW(solve_triangular, dl_solve_triangle, 0, 0)

static dl_val triangular(dl_val a, dl_val b, int64_t mode);

/* As for solve, within the triangle that is read. */
static dl_val solve_triangular_vjp(const dl_node *y, int i, dl_val g)
{
    int64_t mode = ((const dl_linear_attr *)dl_attr(y))->mode;
    bool upper = mode & DL_UPPER, unit = mode & DL_UNIT;
    dl_val gb = triangular(dl_in(y, 0), g, mode ^ DL_TRANSPOSED), x = dl_out(y);
    if (i == 1) return gb;
    dl_val ga =
        mode & DL_TRANSPOSED ? dl_matmul(x, dl_transpose(gb)) : dl_matmul(gb, dl_transpose(x));
    return dl_neg(upper ? dl_triu(ga, unit) : dl_tril(ga, -unit));
}

static const dl_op solve_triangular_op = {
    DL__LINEAR_FIELDS(solve_triangular),
    .nin = 2,
    .shapes = "(...,n,n) (...,n,k) -> (...,n,k)",
    .infer = solve_triangular_infer,
    .vjp = solve_triangular_vjp,
};

static dl_val triangular(dl_val a, dl_val b, int64_t mode)
{
    return dl_apply(&solve_triangular_op, &(dl_linear_attr){ .mode = mode }, a, b);
}

dl_val dl_solve_triangular(dl_val a, dl_val b, unsigned how)
{
    dl_tape *t = dl_any_tape((dl_val[]){ a, b }, 2);
    if (!dl__system_fits("solve_triangular", &a, &b)) return dl_none(t);
    if (how > (DL_UPPER | DL_TRANSPOSED | DL_UNIT))
        return dl_fail(t, DL_EARG, "solve_triangular",
                       "%u is no sum of DL_LOWER, DL_UPPER, DL_TRANSPOSED and DL_UNIT", how);
    return triangular(a, b, how);
}

/* ---- determinants ---------------------------------------------------------------------------- */

static void det_infer(dl_infer *c)
{
    dl__linear_batch(c, c->in[0], c->in[0]);
    c->out.rank -= 2;
}

static void slogdet_infer(dl_infer *c)
{
    dl__linear_batch(c, c->in[0], c->in[0]);
    c->out.dim[--c->out.rank - 1] = 2;
}

DL__LINEAR_ROW(det, dl_det_by_lu, 1, 0)
DL__LINEAR_ROW(slogdet, dl_slogdet_by_lu, 1, 0)
DL__LINEAR_ROW(cofactors, dl_cofactors, 0, (2 * n * n + 2 * n))

/* A number for each batch, as a matrix of one element. */
static dl_val column(dl_val g, dl_val x)
{
    dl_shape s = *dl_shape_of(x);
    s.dim[s.rank - 1] = s.dim[s.rank - 2] = 1;
    return dl__reshape_to(g, &s);
}

/* The determinant is linear in each row, with cofactors as factors (Jacobi). */
static dl_val cofactors(dl_val x);
static dl_val det_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val x = dl_in(y, 0);
    return i ? dl_none(g.tape) : dl_mul(column(g, x), cofactors(x));
}

/* log |det| has the derivative a'^-1 (Giles 2008, 2.2.4), the sign none. */
static dl_val slogdet_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val x = dl_in(y, 0);
    if (i) return dl_none(g.tape);
    dl_val inverse = dl__solve_with(x, dl_in(y, 1), dl__identity(x), true);
    return dl_mul(column(dl_slice(g, "-1", 1, 2), x), inverse);
}

/* With c the cofactors of x: dc = (tr(c' dx) c - c dx' c) / det x, so x gets (<c,g> c - c g' c) /
 * det x. */
static dl_val cofactors_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val x = dl_in(y, i), c = dl_out(y);
    uint32_t matrix = 3u << (dl_rank(x) - 2);
    dl_val both = dl__sum_mask(dl_mul(c, g), matrix, false);
    dl_val all = dl_sub(dl_mul(both, c), dl_matmul(c, dl_matmul(dl_transpose(g), c)));
    return dl_div(all, column(dl_det(x), x));
}

static const dl_op det_op = {
    DL__LINEAR_FIELDS(det), .nin = 2,           .shapes = "(...,n,n) (...,n+1,n) -> (...)",
    .operands = "x lu",     .infer = det_infer, .vjp = det_vjp,
};

static const dl_op slogdet_op = {
    DL__LINEAR_FIELDS(slogdet),
    .nin = 2,
    .shapes = "(...,n,n) (...,n+1,n) -> (...,2)",
    .operands = "x lu",
    .infer = slogdet_infer,
    .vjp = slogdet_vjp,
};

static const dl_op cofactors_op = {
    DL__LINEAR_FIELDS(cofactors),
    .nin = 1,
    .shapes = "(...,n,n) -> (...,n,n)",
    .infer = dl__linear_same,
    .vjp = cofactors_vjp,
};

static dl_val cofactors(dl_val x) { return dl_apply(&cofactors_op, &(dl_linear_attr){ 0 }, x); }

dl_val dl_det(dl_val x)
{
    if (!dl__matrices("det", x, true)) return dl_none(x.tape);
    return dl_apply(&det_op, &(dl_linear_attr){ 0 }, x, dl__lu(x));
}

dl_status dl_slogdet(dl_val x, dl_val *sign, dl_val *log_abs)
{
    if (sign) *sign = dl_none(x.tape);
    if (log_abs) *log_abs = dl_none(x.tape);
    if (!dl__matrices("slogdet", x, true)) return dl_finish(x.tape);
    dl_val both = dl_apply(&slogdet_op, &(dl_linear_attr){ 0 }, x, dl__lu(x));
    if (sign) *sign = dl__drop_last(dl_slice(both, "-1", 0, 1));
    if (log_abs) *log_abs = dl__drop_last(dl_slice(both, "-1", 1, 2));
    return dl_finish(x.tape);
}

/* ---- log det of a positive definite matrix --------------------------------------------------- */

DL__LINEAR_ROW(logdet, dl_logdet_of, 0, (2 * n * n))

/* As slogdet, of the symmetric matrix that x stands for. */
static dl_val logdet_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val x = dl_in(y, i), s = dl__symmetric(x);
    return dl_mul(column(g, x), dl__solve_with(s, dl__lu(s), dl__identity(s), false));
}

static const dl_op logdet_op = {
    DL__LINEAR_FIELDS(logdet), .nin = 1,          .shapes = "(...,n,n) -> (...)",
    .infer = det_infer,        .vjp = logdet_vjp,
};

dl_val dl_logdet(dl_val x)
{
    if (!dl__matrices("logdet", x, true)) return dl_none(x.tape);
    return dl_apply(&logdet_op, &(dl_linear_attr){ 0 }, x);
}

static const dl_op *const rows[] = { &solve_op,     &solve_triangular_op, &det_op, &slogdet_op,
                                     &cofactors_op, &logdet_op,           NULL };
const dl_family dl__solve_family = { "solve", rows };
