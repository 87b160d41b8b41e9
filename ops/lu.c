/* lu.c: LU with row pivots. The factorisation is a node of f64, which solve.c reads beside the
 * matrix itself; its factors, for whoever asks for them, are another node over both. */
#include "linear.h"

/* ---- the factorisation: without a derivative of its own -------------------------------------- */

static void lu_packed_infer(dl_infer *c)
{
    const dl_shape *a = c->in[0];
    dl__linear_batch(c, a, a);
    dl__linear_matrix(c, dl__cols(a) + 1, dl__cols(a));
    c->out.dtype = DL_F64;
}

DL__LINEAR_ROW(lu_packed, dl_lu_of, 0, 0)

/* What is computed from it hands the whole cotangent to a. */
static const dl_op lu_packed_op = {
    DL__LINEAR_FIELDS(lu_packed), .nin = 1,           .shapes = "(...,n,n) -> (...,n+1,n)",
    .infer = lu_packed_infer,     .vjp = dl_vjp_zero,
};

dl_val dl__lu(dl_val a) { return dl_apply(&lu_packed_op, &(dl_linear_attr){ 0 }, a); }

/* Its last row, (...,n): which row of a became row i. */
static dl_val order_of(dl_val lu)
{
    if (dl_tape_status(lu.tape)) return lu;
    int64_t n = dl__cols(dl_shape_of(lu));
    return dl__drop_row(dl__take_rows(lu, n, n + 1));
}

/* x (...,n,k) with its row order[i] as row i. */
static dl_val in_order(dl_val x, dl_val order)
{
    if (dl_tape_status(x.tape)) return x;
    if (dl_rank(x) == 2) return dl_index_select(x, "0", order);
    dl_val each = dl_unsqueeze(order, dl_rank(order));
    return dl_take_along(x, "-2", dl__expand_to(each, dl_shape_of(x)));
}

/* ---- the factors: L below the diagonal of U -------------------------------------------------- */

DL__LINEAR_ROW(lu, dl_lu_factors_of, 1, 0)

static dl_val unit_lower(dl_val both) { return dl_add(dl_tril(both, -1), dl__identity(both)); }

/* With x[order] = L U, L^-1 dx[order] U^-1 = L^-1 dL + dU U^-1, a strictly lower and an upper
 * triangle; so x[order] gets L'^-1 (tril(L' gL, -1) + triu(gU U')) U'^-1. */
static dl_val lu_vjp(const dl_node *y, int i, dl_val g)
{
    if (i) return dl_none(g.tape);
    dl_val both = dl_out(y), l = unit_lower(both), u = dl_triu(both, 0);
    dl_val of_l = dl_tril(dl_matmul(dl_transpose(l), dl_tril(g, -1)), -1);
    dl_val of_u = dl_triu(dl_matmul(dl_triu(g, 0), dl_transpose(u)), 0);
    dl_val left = dl_solve_triangular(both, dl_add(of_l, of_u), DL_UNIT | DL_TRANSPOSED);
    dl_val all = dl_transpose(dl_solve_triangular(both, dl_transpose(left), DL_UPPER));
    return in_order(all, dl_argsort(order_of(dl_in(y, 1)), "-1", DL_ASCENDING));
}

static const dl_op lu_op = {
    DL__LINEAR_FIELDS(lu),
    .nin = 2,
    .shapes = "(...,n,n) (...,n+1,n) -> (...,n,n)",
    .operands = "x lu",
    .infer = dl__linear_same,
    .vjp = lu_vjp,
};

dl_status dl_lu(dl_val x, dl_val *l, dl_val *u, dl_val *order)
{
    dl_val none, *to_l = l ? l : &none, *to_u = u ? u : &none, *to_order = order ? order : &none;
    *to_l = *to_u = *to_order = dl_none(x.tape);
    if (!dl__matrices("lu", x, true)) return dl_finish(x.tape);
    dl_val lu = dl__lu(x), both = dl_apply(&lu_op, &(dl_linear_attr){ 0 }, x, lu);
    *to_l = unit_lower(both);
    *to_u = dl_triu(both, 0);
    *to_order = dl_cast(order_of(lu), DL_I64);
    return dl_finish(x.tape);
}

/* ---- solving with given factors -------------------------------------------------------------- */

static bool factors_fit(dl_val l, dl_val u, dl_val order)
{
    char of_l[DL_SHAPE_TEXT], of_u[DL_SHAPE_TEXT], of_order[DL_SHAPE_TEXT];
    const dl_shape *s = dl_shape_of(l), *t = dl_shape_of(u), *o = dl_shape_of(order);
    bool fits = t->rank == s->rank && o->rank == s->rank - 1 && !o->labels[0];
    for (int i = 0; fits && i < s->rank; i++)
        fits = t->dim[i] == s->dim[i] && (i == o->rank || o->dim[i] == s->dim[i]);
    if (!fits)
        dl_fail(l.tape, DL_ESHAPE, "lu_solve",
                "l %s, u %s, order %s: wanted (...,n,n), the same, and (...,n)",
                dl_shape_text(s, of_l, sizeof of_l), dl_shape_text(t, of_u, sizeof of_u),
                dl_shape_text(o, of_order, sizeof of_order));
    else if (dl_dtype_of(order) != DL_I64)
        dl_fail(l.tape, DL_EDTYPE, "lu_solve", "order %s: %s, wanted i64",
                dl_shape_text(o, of_order, sizeof of_order), dl_dtype_name(dl_dtype_of(order)));
    else return true;
    return false;
}

/* Both with the leading axes of both, which fit. */
static void lead_alike(dl_val *a, dl_val *b)
{
    dl_shape x = *dl_shape_of(*a), y = *dl_shape_of(*b);
    for (int i = 0; i < x.rank - 2; i++)
        if (x.dim[i] == 1) x.dim[i] = y.dim[i];
        else y.dim[i] = x.dim[i];
    *a = dl__expand_to(*a, &x);
    *b = dl__expand_to(*b, &y);
}

dl_val dl_lu_solve(dl_val l, dl_val u, dl_val order, dl_val b)
{
    const char *op = "lu_solve";
    dl_tape *t = dl_any_tape((dl_val[]){ l, u, order, b }, 4);
    if (!dl_usable(op, (dl_val[]){ l, u, order, b }, 4)
        || !dl__operands(op, (dl_val[]){ l, u, b }, 3) || !dl__matrices(op, l, true)
        || !dl__matrices(op, u, true) || !dl__matrices(op, b, false) || !factors_fit(l, u, order)
        || !dl__system_fits(op, &l, &b))
        return dl_none(t);
    dl_val row = dl_unsqueeze(order, dl_rank(order));
    if (dl__match_batches(op, &row, &b)) lead_alike(&row, &b);
    row = dl__drop_last(row);
    return dl_solve_triangular(u, dl_solve_triangular(l, in_order(b, row), DL_UNIT), DL_UPPER);
}

static const dl_op *const rows[] = { &lu_packed_op, &lu_op, NULL };
const dl_family dl__lu_family = { "lu", rows };
