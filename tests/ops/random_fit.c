/* random_fit.c: makes operands fit for an op. What that records is part of the program and is
 * printed with it. */
#include "random_fit.h"

#include <stdarg.h>
#include <string.h>

rp_var rp_say(rp_recording *r, dl_val y, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (r->print) {
        fprintf(r->print, "dl_val v%d = ", r->names);
        vfprintf(r->print, format, args);
        fprintf(r->print, ";\n");
    }
    va_end(args);
    return (rp_var){ y, r->names++ };
}

bool rp_labelled(rp_var x) { return dl_dims(x.val)[0]; }

const char *rp_dims_text(int rank, const int64_t *dim, char text[120])
{
    int n = snprintf(text, 120, rank ? "DL_DIMS(" : "0, NULL");
    for (int i = 0; i < rank; i++)
        n += snprintf(text + n, 120 - (size_t)n, "%lld%s", (long long)dim[i],
                      i + 1 < rank ? ", " : ")");
    return text;
}

rp_var rp_reshape(rp_recording *r, rp_var x, int rank, const int64_t *dim)
{
    char text[120];
    return rp_say(r, dl_reshape(x.val, rank, dim), "dl_reshape(v%d, %s)", x.name,
                  rp_dims_text(rank, dim, text));
}

rp_var rp_flatten(rp_recording *r, rp_var x)
{
    return dl_rank(x.val) == 1 && !rp_labelled(x) ? x : rp_reshape(r, x, DL_DIMS(dl_numel(x.val)));
}

rp_var rp_strip(rp_recording *r, rp_var x)
{
    return rp_labelled(x) ? rp_say(r, dl_stripdims(x.val), "dl_stripdims(v%d)", x.name) : x;
}

rp_var rp_slice(rp_recording *r, rp_var x, int axis, int64_t begin, int64_t end)
{
    char text[] = { (char)('0' + axis), 0 };
    return rp_say(r, dl_slice(x.val, text, begin, end), "dl_slice(v%d, \"%s\", %lld, %lld)", x.name,
                  text, (long long)begin, (long long)end);
}

rp_var rp_cut(rp_recording *r, rp_var x, int axis, int64_t n)
{
    return dl_size(x.val, axis) > n ? rp_slice(r, x, axis, 0, n) : x;
}

/* The axis of b that meets axis i of a, or -1. */
static int partner(rp_var a, rp_var b, int i)
{
    if (!rp_labelled(a) || !rp_labelled(b)) return i < dl_rank(b.val) ? i : -1;
    int before = 0;
    for (int k = 0; k < i; k++) before += dl_dims(a.val)[k] == dl_dims(a.val)[i];
    for (int k = 0; k < dl_rank(b.val); k++)
        if (dl_dims(b.val)[k] == dl_dims(a.val)[i] && before-- == 0) return k;
    return -1;
}

void rp_fit(rp_recording *r, rp_var *a, rp_var *b)
{
    int rank = dl_rank(a->val), other = dl_rank(b->val);
    if (rp_labelled(*a) && !rp_labelled(*b) && rank < other) *a = rp_strip(r, *a);
    if (rp_labelled(*b) && !rp_labelled(*a) && other < rank) *b = rp_strip(r, *b);
    int64_t numel = dl_numel(b->val);
    for (int i = 0; i < rank; i++) {
        int k = partner(*a, *b, i);
        int64_t m = dl_size(a->val, i), n = k < 0 ? 1 : dl_size(b->val, k);
        if (n == 1) numel *= m;
        if (m == n || m == 1 || n == 1) continue;
        *a = rp_cut(r, *a, i, n);
        *b = rp_cut(r, *b, k, m);
    }
    if (numel > r->p->limit && numel > dl_numel(a->val) && numel > dl_numel(b->val))
        *b = rp_say(r, dl_mean(b->val, "all"), "dl_mean(v%d, \"all\")", b->name);
}

rp_var rp_matrix(rp_recording *r, rp_var x)
{
    x = rp_strip(r, x);
    int rank = dl_rank(x.val);
    if (rank == 2) return x;
    int64_t rows = rank ? dl_size(x.val, 0) : 1, columns = 1;
    for (int i = 1; i < rank; i++) columns *= dl_size(x.val, i);
    return rp_reshape(r, x, DL_DIMS(rows, columns));
}

rp_var rp_narrow(rp_recording *r, rp_var x)
{
    int64_t m = dl_size(x.val, 0), n = dl_size(x.val, 1);
    return m * n * n > 40 * r->p->limit ? rp_cut(r, x, 1, 4) : x;
}

rp_list rp_values(const rp_var *x, int n, char text[40])
{
    rp_list l;
    int at = snprintf(text, 40, "DL_VALS(");
    for (int i = 0; i < n; i++) {
        l.val[i] = x[i].val;
        at += snprintf(text + at, 40 - (size_t)at, "v%d%s", x[i].name, i + 1 < n ? ", " : ")");
    }
    return l;
}
