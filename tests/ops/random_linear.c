/* random_linear.c: see random_linear.h. */
#include "random_linear.h"

/* tanh of a part of x, and 12, 8, 4 added to its diagonal. */
static rp_var definite(rp_recording *r, rp_var x)
{
    x = rp_matrix(r, x);
    int64_t m = dl_size(x.val, 0), n = dl_size(x.val, 1);
    n = m < n ? m : n;
    n = n < 3 ? n : 3;
    x = rp_cut(r, rp_cut(r, x, 0, n), 1, n);
    x = rp_say(r, dl_tanh(x.val), "dl_tanh(v%d)", x.name);
    rp_var one = rp_say(r, dl_ones_like(x.val), "dl_ones_like(v%d)", x.name);
    rp_var step = rp_say(r, dl_triu(one.val, 0), "dl_triu(v%d, 0)", one.name);
    rp_var sum = rp_say(r, dl_sum(step.val, "1"), "dl_sum(v%d, \"1\")", step.name);
    rp_var eye = rp_say(r, dl_eye_like(x.val), "dl_eye_like(v%d)", x.name);
    rp_var diagonal = rp_say(r, dl_mul(sum.val, eye.val), "dl_mul(v%d, v%d)", sum.name, eye.name);
    diagonal = rp_say(r, dl_scale(diagonal.val, 4), "dl_scale(v%d, 4)", diagonal.name);
    return rp_say(r, dl_add(x.val, diagonal.val), "dl_add(v%d, v%d)", x.name, diagonal.name);
}

RP_LINEAR(rp_of_definite)
{
    (void)arg, (void)b;
    a = definite(r, a);
    return rp_say(r, k->f.one(a.val), "dl_%s(v%d)", k->name, a.name);
}

RP_LINEAR(rp_of_tall)
{
    (void)arg, (void)b;
    a = definite(r, a);
    rp_var c = rp_say(r, dl_tanh(a.val), "dl_tanh(v%d)", a.name), both[] = { a, c };
    char names[40];
    c = rp_say(r, dl_cat(rp_values(both, 2, names).val, 2, "0"), "dl_cat(%s, \"0\")", names);
    return rp_say(r, k->f.one(c.val), "dl_%s(v%d)", k->name, c.name);
}

/* At most three columns of b, as many rows as a has. */
static rp_var right_side(rp_recording *r, rp_var a, rp_var *b)
{
    *b = rp_cut(r, rp_matrix(r, *b), 1, 3);
    *b = rp_cut(r, *b, 0, dl_size(a.val, 0));
    int64_t n = dl_size(b->val, 0);
    return rp_cut(r, rp_cut(r, a, 0, n), 1, n);
}

RP_LINEAR(rp_with_definite)
{
    (void)arg;
    a = right_side(r, definite(r, a), &b);
    return rp_say(r, k->f.two(a.val, b.val), "dl_%s(v%d, v%d)", k->name, a.name, b.name);
}

RP_LINEAR(rp_solve_triangular)
{
    (void)k;
    a = right_side(r, definite(r, a), &b);
    return rp_say(r, dl_solve_triangular(a.val, b.val, arg % 8),
                  "dl_solve_triangular(v%d, v%d, %u)", a.name, b.name, arg % 8);
}

RP_LINEAR(rp_triangle)
{
    int64_t d = (int64_t)(arg >> 1) % 5 - 2;
    (void)k, (void)b;
    a = rp_matrix(r, a);
    if (arg & 1) return rp_say(r, dl_tril(a.val, d), "dl_tril(v%d, %lld)", a.name, (long long)d);
    return rp_say(r, dl_triu(a.val, d), "dl_triu(v%d, %lld)", a.name, (long long)d);
}

RP_LINEAR(rp_diagonal)
{
    int64_t d = (int64_t)(arg >> 1) % 5 - 2;
    (void)k, (void)b;
    if (arg & 1) {
        a = rp_matrix(r, a);
        return rp_say(r, dl_diag(a.val, d), "dl_diag(v%d, %lld)", a.name, (long long)d);
    }
    a = rp_cut(r, rp_flatten(r, a), 0, 5);
    return rp_say(r, dl_diag_embed(a.val, d), "dl_diag_embed(v%d, %lld)", a.name, (long long)d);
}

RP_LINEAR(rp_einsum)
{
    static const char *const texts[] = { "ij,jk->ik",  "ij,jk->ki", "ij,jk->k",
                                         "ij,jk->ijk", "ji,jk->ik", "ij,kj->ik" };
    const char *text = texts[arg % 6];
    (void)k;
    a = rp_cut(r, rp_cut(r, rp_matrix(r, a), 0, 4), 1, 4);
    b = rp_cut(r, rp_cut(r, rp_matrix(r, b), 0, 4), 1, 4);
    int axis = text[0] == 'i', other = text[3] == 'k';
    int64_t m = dl_size(a.val, axis), n = dl_size(b.val, other);
    a = rp_cut(r, a, axis, n), b = rp_cut(r, b, other, m);
    rp_var both[] = { a, b };
    char names[40];
    return rp_say(r, dl_einsum(text, rp_values(both, 2, names).val, 2), "dl_einsum(\"%s\", %s)",
                  text, names);
}

/* ---- one result of several ------------------------------------------------------------------- */

dl_val rp_slogdet(dl_val x)
{
    dl_val y;
    dl_slogdet(x, NULL, &y);
    return y;
}

dl_val rp_lu_u(dl_val x)
{
    dl_val u;
    dl_lu(x, NULL, &u, NULL);
    return u;
}

dl_val rp_lu_solve(dl_val a, dl_val b)
{
    dl_val l, u, order;
    dl_lu(a, &l, &u, &order);
    return dl_lu_solve(l, u, order, b);
}

dl_val rp_qr_r(dl_val x)
{
    dl_val r;
    dl_qr(x, NULL, &r);
    return r;
}

dl_val rp_eigh_values(dl_val x)
{
    dl_val w;
    dl_eigh(x, &w, NULL);
    return w;
}

dl_val rp_eigh_vectors(dl_val x)
{
    dl_val v;
    dl_eigh(x, NULL, &v);
    return v;
}

dl_val rp_svd_u(dl_val x)
{
    dl_val u;
    dl_svd(x, &u, NULL, NULL);
    return u;
}

dl_val rp_expm(dl_val x) { return dl_expm(dl_tanh(x)); }

/* Of points with as many coordinates. */
RP_LINEAR(rp_distances)
{
    (void)k;
    a = rp_matrix(r, a), b = rp_matrix(r, b);
    a = rp_cut(r, rp_cut(r, a, 1, dl_size(b.val, 1)), 0, 20);
    b = rp_cut(r, rp_cut(r, b, 1, dl_size(a.val, 1)), 0, 20);
    if (arg & 1) return rp_say(r, dl_pdist2(a.val, b.val), "dl_pdist2(v%d, v%d)", a.name, b.name);
    return rp_say(r, dl_pdist2_squared(a.val, b.val), "dl_pdist2_squared(v%d, v%d)", a.name,
                  b.name);
}
