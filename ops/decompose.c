/* decompose.c: Cholesky, QR, eigenvalues, singular values. Several results lie in one node, packed
 * row under row, so that its rule meets the cotangents of all of them. */
#include "linear.h"

/* ---- Cholesky -------------------------------------------------------------------------------- */

DL__LINEAR_ROW(cholesky, dl_cholesky_of, 0, (n * n))

/* Murray 2016, eq. 9 and 10: with s the lower triangle of y' g, mirrored, y'^-1 s y^-1 / 2. */
static dl_val cholesky_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val l = dl_out(y), s = dl__mirror_lower(dl_matmul(dl_transpose(l), g));
    (void)i;
    dl_val left = dl_solve_triangular(l, s, DL_TRANSPOSED);
    dl_val both = dl_solve_triangular(l, dl_transpose(left), DL_TRANSPOSED);
    return dl__times(both, 0.5);
}

static const dl_op cholesky_op = {
    DL__LINEAR_FIELDS(cholesky),
    .nin = 1,
    .shapes = "(...,n,n) -> (...,n,n)",
    .infer = dl__linear_same,
    .vjp = cholesky_vjp,
};

dl_val dl_cholesky(dl_val x)
{
    if (!dl__matrices("cholesky", x, true)) return dl_none(x.tape);
    return dl_apply(&cholesky_op, &(dl_linear_attr){ 0 }, x);
}

/* ---- QR: q over r ---------------------------------------------------------------------------- */

static void qr_infer(dl_infer *c)
{
    const dl_shape *x = c->in[0];
    dl__linear_batch(c, x, x);
    dl__linear_matrix(c, dl__rows(x) + dl__cols(x), dl__cols(x));
}

DL__LINEAR_ROW(qr, dl_qr_of, 0, (m * n + 3 * n))

/* Walter & Lehmann 2018, eq. 22; Seeger et al. 2017: (gq + q s) r'^-1, s the mirrored lower
 * triangle of r gr' - gq' q. */
static dl_val qr_vjp(const dl_node *y, int i, dl_val g)
{
    int64_t m = dl__rows(dl_shape_of(dl_in(y, i))), n = dl__cols(dl_shape_of(dl_in(y, i)));
    dl_val packed = dl_out(y), q = dl__take_rows(packed, 0, m), r = dl__take_rows(packed, m, m + n);
    dl_val gq = dl__take_rows(g, 0, m), gr = dl_triu(dl__take_rows(g, m, m + n), 0);
    dl_val s =
        dl__mirror_lower(dl_sub(dl_matmul(r, dl_transpose(gr)), dl_matmul(dl_transpose(gq), q)));
    dl_val all = dl_add(gq, dl_matmul(q, s));
    return dl_transpose(dl_solve_triangular(r, dl_transpose(all), DL_UPPER));
}

static const dl_op qr_op = {
    DL__LINEAR_FIELDS(qr), .nin = 1,      .shapes = "(...,m,n) -> (...,m+n,n)",
    .infer = qr_infer,     .vjp = qr_vjp,
};

/* A wide matrix is that of its first m columns, and q' times the others. */
dl_status dl_qr(dl_val x, dl_val *q, dl_val *r)
{
    dl_val none, *to_q = q ? q : &none, *to_r = r ? r : &none;
    *to_q = *to_r = dl_none(x.tape);
    if (!dl__matrices("qr", x, false)) return dl_finish(x.tape);
    int64_t m = dl__rows(dl_shape_of(x)), n = dl__cols(dl_shape_of(x));
    int64_t k = m < n ? m : n;
    dl_val square = m < n ? dl__take_cols(x, 0, m) : x;
    dl_val packed = dl_apply(&qr_op, &(dl_linear_attr){ 0 }, square);
    *to_q = dl__take_rows(packed, 0, m);
    *to_r = dl__take_rows(packed, m, m + k);
    if (m < n) {
        dl_val others = dl_matmul(dl_transpose(*to_q), dl__take_cols(x, m, n));
        *to_r = dl_cat((dl_val[]){ *to_r, others }, 2, "-1");
    }
    return dl_finish(x.tape);
}

/* ---- denominators: 0 where they are rounding ------------------------------------------------- */

static void gaps_infer(dl_infer *c)
{
    dl__linear_batch(c, c->in[0], c->in[0]);
    dl__linear_matrix(c, dl__cols(c->in[0]), dl__cols(c->in[0]));
}

DL__LINEAR_ROW(gaps, dl_gaps_of, 0, 0)
DL__LINEAR_ROW(reciprocals, dl_reciprocals_of, 0, 0)

/* dy = - y^2 (dw_j - dw_i). */
static dl_val gaps_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val t = dl_mul(dl_mul(g, dl_out(y)), dl_out(y)); /* y^2 may overflow */
    (void)i;
    return dl_sub(dl_transpose(dl_sum(t, "-1")), dl_sum(t, "-2"));
}

static dl_val reciprocals_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return dl_neg(dl_mul(dl_mul(g, dl_out(y)), dl_out(y)));
}

static const dl_op gaps_op = {
    DL__LINEAR_FIELDS(gaps), .nin = 1,        .shapes = "(...,1,n) -> (...,n,n)",
    .infer = gaps_infer,     .vjp = gaps_vjp,
};

static const dl_op reciprocals_op = {
    DL__LINEAR_FIELDS(reciprocals),
    .nin = 1,
    .shapes = "(...,1,n) -> (...,1,n)",
    .infer = dl__linear_same,
    .vjp = reciprocals_vjp,
};

dl_val dl__gaps(dl_val w)
{
    if (dl_tape_status(w.tape)) return w;
    int64_t n = dl__cols(dl_shape_of(w));
    return dl_apply(&gaps_op, (&(dl_linear_attr){ dl_dtype_of(w) == DL_F64, n }), w);
}

dl_val dl__reciprocals(dl_val s, int64_t n)
{
    return dl_apply(&reciprocals_op, (&(dl_linear_attr){ dl_dtype_of(s) == DL_F64, n }), s);
}

/* ---- eigenvalues of a symmetric matrix: vectors over values ---------------------------------- */

static void eigh_infer(dl_infer *c)
{
    dl__linear_batch(c, c->in[0], c->in[0]);
    dl__linear_matrix(c, dl__cols(c->in[0]) + 1, dl__cols(c->in[0]));
}

DL__LINEAR_ROW(eigh, dl_eigh_of, 0, n)

/* Giles 2008, 3.1; Seeger et al. 2017, eq. 4: v (diag gw + f o v' gv) v', of which the symmetric
 * part, because x is taken as symmetric. */
static dl_val eigh_vjp(const dl_node *y, int i, dl_val g)
{
    int64_t n = dl__cols(dl_shape_of(dl_in(y, i)));
    dl_val packed = dl_out(y), v = dl__take_rows(packed, 0, n);
    dl_val w = dl__take_rows(packed, n, n + 1);
    dl_val gv = dl__take_rows(g, 0, n), gw = dl__take_rows(g, n, n + 1);
    dl_val inner = dl_mul(dl__gaps(w), dl_matmul(dl_transpose(v), gv));
    if (dl_tape_status(g.tape)) return g;
    dl_val diagonal = dl_diag_embed(dl__drop_row(gw), 0);
    dl_val both = dl_matmul(dl_matmul(v, dl_add(diagonal, inner)), dl_transpose(v));
    return dl__symmetric(both);
}

static const dl_op eigh_op = {
    DL__LINEAR_FIELDS(eigh), .nin = 1,        .shapes = "(...,n,n) -> (...,n+1,n)",
    .infer = eigh_infer,     .vjp = eigh_vjp,
};

dl_status dl_eigh(dl_val x, dl_val *values, dl_val *vectors)
{
    if (values) *values = dl_none(x.tape);
    if (vectors) *vectors = dl_none(x.tape);
    if (!dl__matrices("eigh", x, true)) return dl_finish(x.tape);
    int64_t n = dl__cols(dl_shape_of(x));
    dl_val packed = dl_apply(&eigh_op, &(dl_linear_attr){ 0 }, x);
    if (values) *values = dl__drop_row(dl__take_rows(packed, n, n + 1));
    if (vectors) *vectors = dl__take_rows(packed, 0, n);
    return dl_finish(x.tape);
}

/* ---- singular values: u over v over values --------------------------------------------------- */

static void svd_infer(dl_infer *c)
{
    const dl_shape *x = c->in[0];
    dl__linear_batch(c, x, x);
    dl__linear_matrix(c, dl__rows(x) + dl__cols(x) + 1, dl__cols(x));
}

DL__LINEAR_ROW(svd, dl_svd_of, 0, (m * n + n * n + 3 * n + m))

/* Townsend 2016; Seeger et al. 2017, for m >= n, where v v' = 1: with j = f o (u' gu - gu' u), k =
 * f o (v' gv - gv' v), f_ij = 1 / (s_j^2 - s_i^2), (u (j s + s k + diag gs) + (1 - u u') gu / s)
 * v'.
 */
static dl_val svd_vjp(const dl_node *y, int i, dl_val g)
{
    const dl_shape *shape = dl_shape_of(dl_in(y, i));
    int64_t m = dl__rows(shape), n = dl__cols(shape);
    dl_val packed = dl_out(y), u = dl__take_rows(packed, 0, m);
    dl_val v = dl__take_rows(packed, m, m + n), s = dl__take_rows(packed, m + n, m + n + 1);
    dl_val gu = dl__take_rows(g, 0, m), gv = dl__take_rows(g, m, m + n);
    dl_val gs = dl__take_rows(g, m + n, m + n + 1), st = dl_transpose(s);
    dl_val gaps = dl__gaps(s), both = dl_add(st, s); /* s / both is of no size: 1 / s^2 is not */
    dl_val a = dl_matmul(dl_transpose(u), gu), b = dl_matmul(dl_transpose(v), gv);
    dl_val j = dl_mul(dl_mul(gaps, dl__div_or_zero(s, both)), dl_sub(a, dl_transpose(a)));
    dl_val k = dl_mul(dl_mul(gaps, dl__div_or_zero(st, both)), dl_sub(b, dl_transpose(b)));
    dl_val inner = dl_add(j, k);
    if (dl_tape_status(g.tape)) return g;
    dl_val all = dl_matmul(u, dl_add(inner, dl_diag_embed(dl__drop_row(gs), 0)));
    if (m > n) all = dl_add(all, dl_mul(dl_sub(gu, dl_matmul(u, a)), dl__reciprocals(s, m)));
    return dl_matmul(all, dl_transpose(v));
}

static const dl_op svd_op = {
    DL__LINEAR_FIELDS(svd), .nin = 1,       .shapes = "(...,m,n) -> (...,m+n+1,n)",
    .infer = svd_infer,     .vjp = svd_vjp,
};

dl_status dl_svd(dl_val x, dl_val *u, dl_val *s, dl_val *v)
{
    dl_val none, *to_u = u ? u : &none, *to_s = s ? s : &none, *to_v = v ? v : &none;
    *to_u = *to_s = *to_v = dl_none(x.tape);
    if (!dl__matrices("svd", x, false)) return dl_finish(x.tape);
    int64_t m = dl__rows(dl_shape_of(x)), n = dl__cols(dl_shape_of(x));
    bool wide = m < n;
    int64_t k = wide ? m : n, l = wide ? n : m;
    dl_val packed =
        dl_apply(&svd_op, &(dl_linear_attr){ .mode = wide }, wide ? dl_transpose(x) : x);
    *(wide ? to_v : to_u) = dl__take_rows(packed, 0, l);
    *(wide ? to_u : to_v) = dl__take_rows(packed, l, l + k);
    *to_s = dl__drop_row(dl__take_rows(packed, l + k, l + k + 1));
    return dl_finish(x.tape);
}

static const dl_op *const rows[] = { &cholesky_op, &qr_op,  &gaps_op, &reciprocals_op,
                                     &eigh_op,     &svd_op, NULL };
const dl_family dl__decompose_family = { "decompose", rows };
