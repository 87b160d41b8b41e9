/* matrix_functions.c: functions of matrices: roots, exponentials, powers, pseudoinverse, norms. */
#include "linear.h"

/* ---- pseudoinverse --------------------------------------------------------------------------- */

static void pinv_infer(dl_infer *c)
{
    dl__linear_batch(c, c->in[0], c->in[0]);
    dl__linear_matrix(c, dl__cols(c->in[0]), dl__rows(c->in[0]));
}

DL__LINEAR_ROW(pinv, dl_pinv_of, 0, (m * n + n * n + 4 * n + m))

/* x minus a b x. */
static dl_val rest(dl_val x, dl_val a, dl_val b)
{
    return dl_sub(x, dl_matmul(a, dl_matmul(b, x)));
}

/* Golub & Pereyra, SIAM J. Numer. Anal. 10 (1973), eq. 4.12, transposed: - y' g y' + (1 - x y) g' y
 * y' + y' y g' (1 - y x). */
static dl_val pinv_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val x = dl_in(y, i), p = dl_out(y), pt = dl_transpose(p), gt = dl_transpose(g);
    dl_val one = dl_matmul(pt, dl_matmul(g, pt));
    dl_val two = dl_matmul(rest(gt, x, p), dl_matmul(p, pt));
    dl_val right = dl_sub(gt, dl_matmul(dl_matmul(gt, p), x));
    dl_val three = dl_matmul(dl_matmul(pt, p), right);
    return dl_add(dl_sub(two, one), three);
}

static const dl_op pinv_op = {
    DL__LINEAR_FIELDS(pinv), .nin = 1,        .shapes = "(...,m,n) -> (...,n,m)",
    .infer = pinv_infer,     .vjp = pinv_vjp,
};

dl_val dl_pinv(dl_val x)
{
    if (!dl__matrices("pinv", x, false)) return dl_none(x.tape);
    int64_t m = dl__rows(dl_shape_of(x)), n = dl__cols(dl_shape_of(x));
    dl_linear_attr attr = { dl_dtype_of(x) == DL_F64, m > n ? m : n };
    if (m >= n) return dl_apply(&pinv_op, &attr, x);
    return dl_transpose(dl_apply(&pinv_op, &attr, dl_transpose(x)));
}

/* ---- root: the matrix, and its eigenvalues in f64 -------------------------------------------- */

static void spectrum_infer(dl_infer *c)
{
    dl__linear_batch(c, c->in[0], c->in[0]);
    dl__linear_matrix(c, dl__cols(c->in[0]) + 1, dl__cols(c->in[0]));
    c->out.dtype = DL_F64;
}

static void lyapunov_infer(dl_infer *c)
{
    dl__linear_batch(c, c->in[0], c->in[2]);
    dl__linear_matrix(c, dl__rows(c->in[2]), dl__cols(c->in[2]));
}

DL__LINEAR_ROW(spectrum, dl_eigh_of, 0, n)
DL__LINEAR_ROW(sqrtm, dl_root_by_eigen, 1, (n * n))
DL__LINEAR_ROW(lyapunov, dl_lyapunov_by_eigen, 1, (2 * n * n))

/* What is computed from it hands the whole cotangent on. */
static const dl_op spectrum_op = {
    DL__LINEAR_FIELDS(spectrum), .nin = 1,           .shapes = "(...,n,n) -> (...,n+1,n)",
    .infer = spectrum_infer,     .vjp = dl_vjp_zero,
};

static dl_val lyapunov(dl_val root, dl_val spectrum, dl_val b);

/* y dy + dy y = dx, and its own transpose (Higham, Functions of Matrices, 2008, section 6.1). */
static dl_val sqrtm_vjp(const dl_node *y, int i, dl_val g)
{
    return i ? dl_none(g.tape) : lyapunov(dl_out(y), dl_in(y, 1), dl__symmetric(g));
}

static const dl_op sqrtm_op = {
    DL__LINEAR_FIELDS(sqrtm),
    .nin = 2,
    .shapes = "(...,n,n) (...,n+1,n) -> (...,n,n)",
    .operands = "x eigen",
    .infer = dl__linear_same,
    .vjp = sqrtm_vjp,
};

/* Of r y + y r = b: b gets c = the solution for g, r gets - (c y' + y' c). */
static dl_val lyapunov_vjp(const dl_node *y, int i, dl_val g)
{
    if (i == 1) return dl_none(g.tape);
    dl_val c = lyapunov(dl_in(y, 0), dl_in(y, 1), g), yt = dl_transpose(dl_out(y));
    if (i == 2) return c;
    return dl_neg(dl_add(dl_matmul(c, yt), dl_matmul(yt, c)));
}

static const dl_op lyapunov_op = {
    DL__LINEAR_FIELDS(lyapunov),
    .nin = 3,
    .shapes = "(...,n,n) (...,n+1,n) (...,n,n) -> (...,n,n)",
    .operands = "root eigen b",
    .infer = lyapunov_infer,
    .vjp = lyapunov_vjp,
};

static dl_val lyapunov(dl_val root, dl_val spectrum, dl_val b)
{
    return dl_apply(&lyapunov_op, &(dl_linear_attr){ 0 }, root, spectrum, b);
}

dl_val dl_sqrtm(dl_val x)
{
    if (!dl__matrices("sqrtm", x, true)) return dl_none(x.tape);
    dl_val spectrum = dl_apply(&spectrum_op, &(dl_linear_attr){ 0 }, x);
    return dl_apply(&sqrtm_op, &(dl_linear_attr){ 0 }, x, spectrum);
}

/* ---- exponential ----------------------------------------------------------------------------- */

DL__LINEAR_ROW(expm, dl_expm_of, 0, (7 * n * n + n))

static dl_val expm(dl_val x, int64_t leading);

/* e^[x' g; 0 x'] has the derivative at x' along g in its upper right block (Mathias, SIAM J. Matrix
 * Anal. 17 (1996), theorem 2.1). */
static dl_val expm_vjp(const dl_node *y, int i, dl_val g)
{
    const dl_linear_attr *attr = dl_attr(y);
    dl_val xt = dl_transpose(dl_in(y, i)), nothing = dl_zeros_like(g);
    int64_t n = dl__cols(dl_shape_of(xt));
    dl_val above = dl_cat((dl_val[]){ xt, g }, 2, "-1");
    dl_val below = dl_cat((dl_val[]){ nothing, xt }, 2, "-1");
    dl_val both = expm(dl_cat((dl_val[]){ above, below }, 2, "-2"), attr->size);
    return dl__take_cols(dl__take_rows(both, 0, n), n, 2 * n);
}

static const dl_op expm_op = {
    DL__LINEAR_FIELDS(expm),  .nin = 1,        .shapes = "(...,n,n) -> (...,n,n)",
    .infer = dl__linear_same, .vjp = expm_vjp,
};

static dl_val expm(dl_val x, int64_t leading)
{
    return dl_apply(&expm_op, &(dl_linear_attr){ .size = leading }, x);
}

dl_val dl_expm(dl_val x)
{
    if (!dl__matrices("expm", x, true)) return dl_none(x.tape);
    return expm(x, dl__cols(dl_shape_of(x)));
}

/* ---- powers ---------------------------------------------------------------------------------- */

dl_val dl_matrix_power(dl_val x, int64_t p)
{
    if (!dl__matrices("matrix_power", x, true)) return dl_none(x.tape);
    dl_val y = { 0 }, square = p < 0 ? dl_inv(x) : x;
    uint64_t left = p < 0 ? 0 - (uint64_t)p : (uint64_t)p;
    if (!left) return dl__identity(x);
    for (;; square = dl_matmul(square, square)) {
        if (left & 1) y = y.tape ? dl_matmul(y, square) : square;
        if (!(left >>= 1)) return y;
    }
}

/* ---- norms ----------------------------------------------------------------------------------- */

/* The numbers of a last axis, reduced to one by halves that may share their middle; of none 0. */
static dl_val largest(dl_val x)
{
    if (dl_tape_status(x.tape)) return x;
    int64_t n = dl_size(x, dl_rank(x) - 1);
    if (!n) return dl_sum(x, "-1");
    for (; n > 1; n = (n + 1) / 2)
        x = dl_max(dl__take_cols(x, 0, (n + 1) / 2), dl__take_cols(x, n / 2, n));
    return x;
}

static dl_val singular_values(const char *name, dl_val x)
{
    dl_val s;
    if (!dl__matrices(name, x, false)) return dl_none(x.tape);
    (dl_svd)(x, NULL, &s, NULL);
    return s;
}

dl_val dl_norm_nuclear(dl_val x)
{
    return dl__drop_last(dl_sum(singular_values("norm_nuclear", x), "-1"));
}

dl_val dl_norm_2(dl_val x)
{
    dl_val s = singular_values("norm_2", x);
    if (dl_tape_status(s.tape)) return s;
    if (!dl_size(s, dl_rank(s) - 1)) return dl__drop_last(dl_sum(s, "-1"));
    return dl__drop_last(dl_slice(s, "-1", 0, 1));
}

/* The largest of the sums along an axis. */
static dl_val largest_sum(const char *name, dl_val x, bool rows)
{
    if (!dl__matrices(name, x, false)) return dl_none(x.tape);
    dl_val sums = dl_sum(dl_abs(rows ? dl_transpose(x) : x), "-2");
    return dl__drop_last(dl__drop_last(largest(sums)));
}

dl_val dl_norm_1(dl_val x) { return largest_sum("norm_1", x, false); }
dl_val dl_norm_inf(dl_val x) { return largest_sum("norm_inf", x, true); }

static const dl_op *const rows[] = {
    &pinv_op, &spectrum_op, &sqrtm_op, &lyapunov_op, &expm_op, NULL
};
const dl_family dl__matrix_function_family = { "matrix_function", rows };
