/* band.c: parts of matrices: triangles, diagonals. Each is linear, and its derivative is the part,
 * or the matrix of the part. */
#include "linear.h"
#include "attributes.h"

/* ---- band: some diagonals, the others 0 ------------------------------------------------------ */

static void band_infer(dl_infer *c)
{
    if (dl__computing(c) && dl__is_matrix(c, 0, true)) c->same = 0;
}

DL_DECLARE_KERNELS(dl__band);

static void band_emit(const dl_emit *e)
{
    const band_attr *a = e->attr;
    const dl_shape *s = &e->layout[0]->shape;
    long long m = dl__rows(s), n = dl__cols(s);
    long long low = a->low < -m ? -m : a->low > n ? n : a->low;
    long long high = a->high < -m ? -m : a->high > n ? n : a->high;
    /* Not a choice for each element: gcc 12 reads those by a mask, and warns of the others. */
    dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = 0;", (long long)s->numel, e->name[0]);
    int loops = dl_emit_loop(e, "i", s->numel / n, 1);
    dl_emit_line(e, "for (int j = i %% %lld + %lld > 0 ? i %% %lld + %lld : 0;", m, low, m, low);
    dl_emit_line(e, "     j < %lld && j <= i %% %lld + %lld; j++)", n, m, high);
    dl_emit_line(e, "    %s[%lld * i + j] = %s[%lld * i + j];", e->name[0], n, e->name[1], n);
    dl_emit_end(e, loops);
}

static dl_val band(const char *name, dl_val x, int64_t low, int64_t high);

static dl_val band_vjp(const dl_node *y, int i, dl_val g)
{
    const band_attr *a = dl_attr(y);
    (void)i;
    return band("band", g, a->low, a->high);
}

static const dl_op band_op = {
    .name = "band",
    .nin = 1,
    .attr_size = sizeof(band_attr),
    .shapes = "(...,m,n) -> (...,m,n)",
    .infer = band_infer,
    .eval = DL_KERNELS(dl__band),
    .emit = band_emit,
    .vjp = band_vjp,
};

static dl_val band(const char *name, dl_val x, int64_t low, int64_t high)
{
    if (!dl__matrices(name, x, false)) return dl_none(x.tape);
    return dl_apply(&band_op, (&(band_attr){ low, high }), x);
}

dl_val dl_tril(dl_val x, int64_t k) { return band("tril", x, INT64_MIN, k); }
dl_val dl_triu(dl_val x, int64_t k) { return band("triu", x, k, INT64_MAX); }

/* ---- diagonal: a view; embed: what it is the derivative of ----------------------------------- */

static void diagonal_infer(dl_infer *c)
{
    const diagonal_attr *a = c->attr;
    c->out = *c->in[0];
    c->out.dim[--c->out.rank] = 0;
    c->out.dim[c->out.rank - 1] = a->length;
}

static bool diagonal_view(const dl_layout *in, const void *attr, dl_layout *out, int64_t *offset)
{
    const diagonal_attr *a = attr;
    int r = in->shape.rank;
    int64_t row = in->stride[r - 2], col = in->stride[r - 1];
    memcpy(out->stride, in->stride, sizeof in->stride);
    out->stride[r - 1] = 0;
    out->stride[r - 2] = row + col;
    *offset = !out->shape.numel ? 0 : a->k >= 0 ? a->k * col : -a->k * row;
    return true;
}

static const dl_op embed_op;
static dl_val diagonal_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return dl_apply(&embed_op, dl_attr(y), g);
}

static const dl_op diagonal_op = {
    .name = "diag",
    .nin = 1,
    .attr_size = sizeof(diagonal_attr),
    .shapes = "(...,m,n) -> (...,length)",
    .infer = diagonal_infer,
    .view = diagonal_view,
    .vjp = diagonal_vjp,
};

static void embed_infer(dl_infer *c)
{
    const diagonal_attr *a = c->attr;
    const dl_shape *x = c->in[0];
    if (!dl__computing(c)) return;
    c->out = *x;
    c->out.dim[x->rank - 1] = a->m;
    c->out.dim[c->out.rank++] = a->n;
}

DL_DECLARE_KERNELS(dl__embed);

static void embed_emit(const dl_emit *e)
{
    const diagonal_attr *a = e->attr;
    long long length = a->length, n = a->n, numel = e->layout[1]->shape.numel;
    long long first = a->k >= 0 ? a->k : -a->k * n;
    if (e->layout[0]->shape.numel)
        dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = 0;",
                     (long long)e->layout[0]->shape.numel, e->name[0]);
    if (numel)
        dl_emit_line(e,
                     "for (int i = 0; i < %lld; i++) %s[i / %lld * %lld + %lld + i %% %lld * %lld] "
                     "= %s[i];",
                     numel, e->name[0], length, (long long)a->m * n, first, length, n + 1,
                     e->name[1]);
}

static dl_val embed_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return dl_apply(&diagonal_op, dl_attr(y), g);
}

static const dl_op embed_op = {
    .name = "diag_embed",
    .nin = 1,
    .attr_size = sizeof(diagonal_attr),
    .shapes = "(...,length) -> (...,m,n)",
    .infer = embed_infer,
    .eval = DL_KERNELS(dl__embed),
    .emit = embed_emit,
    .vjp = embed_vjp,
};

dl_val dl_diag(dl_val x, int64_t k)
{
    if (!dl__matrices("diag", x, false)) return dl_none(x.tape);
    int64_t m = dl_size(x, dl_rank(x) - 2), n = dl_size(x, dl_rank(x) - 1);
    int64_t length = k < -m || k > n ? 0 : k < 0 ? (m + k < n ? m + k : n) : n - k < m ? n - k : m;
    return dl_apply(&diagonal_op, (&(diagonal_attr){ length ? k : 0, m, n, length }), x);
}

static dl_val embed(const char *name, dl_val x, int64_t k)
{
    char text[DL_SHAPE_TEXT];
    if (!dl__operands(name, &x, 1)) return dl_none(x.tape);
    const dl_shape *s = dl_shape_of(x);
    dl_shape_text(s, text, sizeof text);
    if (s->labels[0])
        return dl_fail(x.tape, DL_ELABEL, name,
                       "%s: labels have no meaning here, strip them with dl_stripdims", text);
    if (s->rank < 1 || s->rank == DL_MAX_RANK)
        return dl_fail(x.tape, DL_ERANK, name, "%s: rank %d, wanted 1 to %d", text, s->rank,
                       DL_MAX_RANK - 1);
    int64_t length = dl_size(x, s->rank - 1), n, elements;
    if (k == INT64_MIN || __builtin_add_overflow(length, k < 0 ? -k : k, &n)
        || __builtin_mul_overflow(n, n, &elements))
        return dl_fail(x.tape, DL_EOVERFLOW, name, "the sizes overflow");
    return dl_apply(&embed_op, (&(diagonal_attr){ k, n, n, length }), x);
}

dl_val dl_diag_embed(dl_val x, int64_t k) { return embed("diag_embed", x, k); }

dl_val dl_diagflat(dl_val x, int64_t k)
{
    if (!dl__operands("diagflat", &x, 1)) return dl_none(x.tape);
    return embed("diagflat", dl_reshape(x, DL_DIMS(-1)), k);
}

static const dl_op *const rows[] = { &band_op, &diagonal_op, &embed_op, NULL };
const dl_family dl__band_family = { "band", rows };
