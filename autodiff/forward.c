/* forward.c: forward mode, Hessian-vector products, Jacobian and Hessian, all from the reverse
 * sweep. */
#define DL_NO_PLACES
#include "grad.h"

static bool same_sizes(const char *name, const dl_val *x, const dl_val *v, int n)
{
    for (int k = 0; k < n; k++) {
        const dl_shape *a = dl_shape_of(x[k]), *b = dl_shape_of(v[k]);
        char is[DL_SHAPE_TEXT], want[DL_SHAPE_TEXT];
        if (a->dtype == b->dtype && a->rank == b->rank && !memcmp(a->dim, b->dim, sizeof a->dim))
            continue;
        dl__tape_fail(x[k].tape, DL_ESHAPE, "%s: direction %d is %s %s, its input %s %s", name, k,
                      dl_dtype_name((dl_dtype)b->dtype), dl_shape_text(b, is, sizeof is),
                      dl_dtype_name((dl_dtype)a->dtype), dl_shape_text(a, want, sizeof want));
        return false;
    }
    return true;
}

static bool directed(const char *name, dl_val y, const dl_val *x, const dl_val *v, int n)
{
    return dl__differentiable(name, y, x, n) && dl__differentiable(name, y, v, n)
           && same_sizes(name, x, v, n);
}

/* The sum over k of <a[k], b[k]>; without terms nothing. */
static dl_val inner(dl_tape *t, const dl_val *a, const dl_val *b, int n)
{
    dl_val sum = dl_none(t);
    for (int k = 0; k < n; k++) {
        dl_val term = t->algebra->dot(a[k], b[k]);
        sum = k ? t->algebra->add(sum, term) : term;
    }
    return sum;
}

/* With u any cotangent of y: g(u) = J'u is linear in u, so the gradient of <g(u), v> by u is J v.
 * The value of u does not matter, and neither the sweep for it survives as dead code. */
dl_val dl_jvp(dl_val y, const dl_val *x, const dl_val *v, int n)
{
    dl_tape *t = y.tape;
    if (!directed("jvp", y, x, v, n)) return dl_none(t);
    if (!n) return t->algebra->like(y, 0);
    dl_val *g = dl__arena(&t->arena, (size_t)n * sizeof *g, 8), out;
    if (!g) return dl__no_memory(t, "jvp"), dl_none(t);
    dl_val u = t->algebra->hold(y, 0);
    if (t->status || dl__grad(y, u, x, n, g)) return dl_none(t);
    dl_val slope = inner(t, g, v, n);
    return t->status || dl__grad(slope, dl_none(t), &u, 1, &out) ? dl_none(t) : out;
}

static void hvp(dl_val y, const dl_val *x, const dl_val *v, int n, dl_val *out)
{
    dl_tape *t = y.tape;
    dl_val *g = dl__arena(&t->arena, (size_t)n * sizeof *g, 8);
    dl_val *w = dl__arena(&t->arena, (size_t)n * sizeof *w, 8);
    if (!g || !w) {
        dl__no_memory(t, "hvp");
        return;
    }
    for (int k = 0; k < n; k++) w[k] = dl_detach(v[k]);
    if (dl__grad(y, dl_none(t), x, n, g)) return;
    dl_val slope = inner(t, g, w, n);
    if (!t->status) dl__grad(slope, dl_none(t), x, n, out);
}

dl_status dl_hvp(dl_val y, const dl_val *x, const dl_val *v, int n, dl_val *out)
{
    for (int k = 0; out && k < n; k++) out[k] = dl_none(y.tape);
    if (!directed("hvp", y, x, v, n) || !dl__single("hvp", y) || !n) return dl__called(y.tape);
    if (out) hvp(y, x, v, n, out);
    else dl__tape_fail(y.tape, DL_ENULL, "hvp: no room for the products");
    return dl__called(y.tape);
}

/* Rows by one reverse sweep each, or columns by one forward sweep each, whichever are fewer. */
dl_val dl_jacobian(dl_val y, dl_val x)
{
    dl_tape *t = y.tape;
    if (!dl__differentiable("jacobian", y, &x, 1)) return dl_none(t);
    const dl_algebra *algebra = t->algebra;
    int64_t rows = dl_numel(y), columns = dl_numel(x), n = rows <= columns ? rows : columns;
    dl_val *part = dl__arena(&t->arena, ((size_t)n + 1) * sizeof *part, 8);
    if (!part) return dl__no_memory(t, "jacobian"), dl_none(t);
    if (!n)
        return dl_fail(t, DL_ESHAPE, "jacobian", "%lld by %lld elements", (long long)rows,
                       (long long)columns);
    for (int64_t k = 0; k < n && !t->status; k++) {
        dl_val unit = algebra->unit(rows <= columns ? y : x, k);
        if (rows <= columns) dl__grad(y, unit, &x, 1, &part[k]);
        else part[k] = dl_jvp(y, &x, &unit, 1);
    }
    if (t->status) return dl_none(t);
    dl_val stacked = algebra->stack(part, n);
    return rows <= columns ? stacked : algebra->transpose(stacked);
}

dl_val dl_hessian(dl_val y, dl_val x)
{
    dl_val g;
    if (!dl__differentiable("hessian", y, &x, 1) || !dl__single("hessian", y))
        return dl_none(y.tape);
    return dl__grad(y, dl_none(y.tape), &x, 1, &g) ? dl_none(y.tape) : dl_jacobian(g, x);
}
