/* view.c: sizes, order and labels. Views compute nothing: they change the layout. */
#include "support.h"

/* ---- reshape: other sizes and labels for the same elements ----------------------------------- */

typedef struct shape_attr {
    int64_t rank, dim[DL_MAX_RANK];
    char labels[2 * DL_MAX_RANK];
} shape_attr;

static shape_attr attr_of(const dl_shape *s)
{
    shape_attr a = { .rank = s->rank };
    memcpy(a.dim, s->dim, sizeof a.dim);
    memcpy(a.labels, s->labels, sizeof a.labels);
    return a;
}

static void take_attr(dl_infer *c)
{
    const shape_attr *a = c->attr;
    c->out.dtype = c->in[0]->dtype;
    c->out.rank = (int32_t)a->rank;
    memcpy(c->out.dim, a->dim, sizeof a->dim);
    memcpy(c->out.labels, a->labels, sizeof a->labels);
}

static void reshape_infer(dl_infer *c)
{
    char text[DL_SHAPE_TEXT];
    int64_t numel = 1;
    take_attr(c);
    for (int i = 0; i < c->out.rank; i++)
        if (__builtin_mul_overflow(numel, c->out.dim[i], &numel)) numel = -1;
    if (numel != c->in[0]->numel)
        dl_reject(c, DL_ESHAPE, "%lld elements do not fill %s", (long long)c->in[0]->numel,
                  dl_shape_text(&c->out, text, sizeof text));
}

/* Each run of axes of the operand that merges into one must be split into whole axes of the result.
 */
static bool reshape_view(const dl_layout *in, const void *attr, dl_layout *out, int64_t *offset)
{
    (void)attr;
    *offset = 0;
    if (in->contiguous || out->shape.numel == 0) {
        int64_t stride = 1;
        for (int i = out->shape.rank - 1; i >= 0; i--) {
            out->stride[i] = stride;
            stride *= out->shape.dim[i];
        }
        return true;
    }
    dl_loop l;
    dl_loop_make(&l, &in->shape, (const dl_layout *const[]){ in }, 1);
    int k = l.rank - 1;
    int64_t left = k >= 0 ? l.dim[k] : 1, stride = k >= 0 ? l.stride[0][k] : 1;
    for (int i = out->shape.rank - 1; i >= 0; i--) {
        out->stride[i] = stride;
        if (out->shape.dim[i] == 1) continue;
        if (left == 1 && k > 0) {
            left = l.dim[--k];
            out->stride[i] = stride = l.stride[0][k];
        }
        if (left % out->shape.dim[i]) return false;
        left /= out->shape.dim[i];
        stride *= out->shape.dim[i];
    }
    return true;
}

static dl_val reshape_vjp(const dl_node *y, int i, dl_val g)
{
    return dl__reshape_to(g, dl_shape_of(dl_in(y, i)));
}

static void reshape_rewrite(dl_rewrite *w)
{
    dl_term x = dl_term_of(w, w->node.in[0]);
    if (dl__same_dims(x.shape, w->node.shape)) w->same = w->node.in[0];
    else if (x.op == w->node.op) {
        w->node.in[0] = x.in[0];
        if (dl__same_dims(dl_term_of(w, x.in[0]).shape, w->node.shape)) w->same = x.in[0];
    }
}

static const dl_op reshape_op = {
    .name = "reshape",
    .rewrite = reshape_rewrite,
    .nin = 1,
    .attr_size = sizeof(shape_attr),
    .shapes = "any -> sizes of the same number of elements",
    .infer = reshape_infer,
    .view = reshape_view,
    .vjp = reshape_vjp,
};

dl_val dl__reshape_to(dl_val x, const dl_shape *s)
{
    shape_attr a = attr_of(s);
    return dl_apply(&reshape_op, &a, x);
}

static bool given_sizes(const char *op, dl_val x, int rank, const int64_t *dims, dl_shape *s)
{
    if (!dl_usable(op, &x, 1)) return false;
    if (rank < 0 || rank > DL_MAX_RANK)
        return dl_fail(x.tape, DL_ERANK, op, "rank %d, wanted 0 to %d", rank, DL_MAX_RANK), false;
    if (rank && !dims) return dl_fail(x.tape, DL_ENULL, op, "no sizes"), false;
    *s = (dl_shape){ .dtype = (int32_t)dl_dtype_of(x), .rank = rank };
    for (int i = 0; i < rank; i++) s->dim[i] = dims[i];
    return true;
}

dl_val dl_reshape(dl_val x, int rank, const int64_t *dims)
{
    dl_shape s;
    int open = -1;
    int64_t known = 1;
    if (!given_sizes("reshape", x, rank, dims, &s)) return dl_none(x.tape);
    for (int i = 0; i < rank; i++) {
        if (s.dim[i] == -1 && open < 0) open = i;
        else if (s.dim[i] < 0)
            return dl_fail(x.tape, DL_ESHAPE, "reshape", "size %lld of axis %d is negative",
                           (long long)s.dim[i], i);
        else if (__builtin_mul_overflow(known, s.dim[i], &known))
            return dl_fail(x.tape, DL_EOVERFLOW, "reshape", "the sizes overflow");
    }
    if (open >= 0) s.dim[open] = known ? dl_numel(x) / known : 0;
    return dl__reshape_to(x, &s);
}

dl_val dl_stripdims(dl_val x)
{
    if (!dl_usable("stripdims", &x, 1)) return dl_none(x.tape);
    dl_shape s = *dl_shape_of(x);
    if (!s.labels[0]) return x;
    memset(s.labels, 0, sizeof s.labels);
    return dl__reshape_to(x, &s);
}

/* ---- permute --------------------------------------------------------------------------------- */

typedef struct permute_attr {
    int64_t rank, order[DL_MAX_RANK];
} permute_attr;

static void permute_infer(dl_infer *c)
{
    const permute_attr *a = c->attr;
    const dl_shape *x = c->in[0];
    bool seen[DL_MAX_RANK] = { false };
    if (a->rank != x->rank) {
        dl_reject(c, DL_ERANK, "an order of %lld axes", (long long)a->rank);
        return;
    }
    c->out.dtype = x->dtype;
    c->out.rank = x->rank;
    memcpy(c->out.labels, x->labels, sizeof x->labels);
    for (int i = 0; i < x->rank; i++) {
        int64_t k = a->order[i];
        if (k < 0 || k >= x->rank || seen[k]) {
            dl_reject(c, DL_EAXIS, "the order names axis %lld %s", (long long)k,
                      k < 0 || k >= x->rank ? "that is not there" : "twice");
            return;
        }
        seen[k] = true;
        c->out.dim[i] = x->dim[k];
        if (x->labels[i] == x->labels[k]) continue;
        dl_reject(c, DL_ELABEL,
                  "labelled axes keep the order S C B T U, strip them with "
                  "dl_stripdims");
        return;
    }
}

static bool permute_view(const dl_layout *in, const void *attr, dl_layout *out, int64_t *offset)
{
    const permute_attr *a = attr;
    for (int i = 0; i < in->shape.rank; i++) out->stride[i] = in->stride[a->order[i]];
    *offset = 0;
    return true;
}

static dl_val permute_vjp(const dl_node *y, int i, dl_val g)
{
    const permute_attr *a = dl_attr(y);
    int64_t inverse[DL_MAX_RANK] = { 0 };
    (void)i;
    for (int k = 0; k < a->rank; k++) inverse[a->order[k]] = k;
    return dl_permute(g, (int)a->rank, inverse);
}

static bool keeps_order(const permute_attr *a)
{
    for (int i = 0; i < a->rank; i++)
        if (a->order[i] != i) return false;
    return true;
}

/* Of a symmetric matrix, or of what it undoes. */
static void permute_rewrite(dl_rewrite *w)
{
    const permute_attr *a = w->node.attr;
    dl_term x = dl_term_of(w, w->node.in[0]);
    if (keeps_order(a) || x.symmetric) {
        w->same = w->node.in[0];
        return;
    }
    if (x.op != w->node.op) return;
    const permute_attr *first = x.attr;
    permute_attr both = { .rank = a->rank };
    for (int i = 0; i < a->rank; i++) both.order[i] = first->order[a->order[i]];
    if (keeps_order(&both)) w->same = x.in[0];
}

static const dl_op permute_op = {
    .name = "permute",
    .rewrite = permute_rewrite,
    .nin = 1,
    .attr_size = sizeof(permute_attr),
    .shapes = "any -> axes in another order",
    .infer = permute_infer,
    .view = permute_view,
    .vjp = permute_vjp,
};

dl_val dl_permute(dl_val x, int rank, const int64_t *order)
{
    dl_shape s;
    if (!given_sizes("permute", x, rank, order, &s)) return dl_none(x.tape);
    permute_attr a = { .rank = rank };
    for (int i = 0; i < rank; i++) a.order[i] = order[i];
    return dl_apply(&permute_op, &a, x);
}

dl_val dl_label(dl_val x, const char *labels)
{
    char text[DL_SHAPE_TEXT];
    static const char sorted[] = "SCBTU";
    if (!dl_usable("label", &x, 1)) return dl_none(x.tape);
    if (!labels) return dl_fail(x.tape, DL_ENULL, "label", "no labels");
    x = dl_stripdims(x);
    int rank = dl_rank(x), k = 0;
    int64_t order[DL_MAX_RANK] = { 0 };
    dl_shape_text(dl_shape_of(x), text, sizeof text);
    bool once = true, moved = false;
    for (const char *label = sorted; *label; label++) {
        int first = k;
        for (int i = 0; labels[i] && i < DL_MAX_RANK; i++)
            if (labels[i] == *label && k < DL_MAX_RANK) {
                moved = moved || i != k;
                order[k++] = i;
            }
        once = once && (k - first <= 1 || *label == 'S' || *label == 'U');
    }
    if (k != rank || strlen(labels) != (size_t)rank || !once)
        return dl_fail(x.tape, DL_ELABEL, "label",
                       "%s with \"%.20s\": one letter of SCBTU for each axis, C, B and T at most "
                       "once",
                       text, labels);
    if (moved) x = dl_permute(x, rank, order);
    if (dl_tape_status(x.tape)) return x;
    dl_shape s = *dl_shape_of(x);
    for (int i = 0; i < rank; i++) s.labels[i] = labels[order[i]];
    return rank ? dl__reshape_to(x, &s) : x;
}

static void transpose_infer(dl_infer *c)
{
    const dl_shape *x = c->in[0];
    if (!dl__is_matrix(c, 0, true)) return;
    c->out = *x;
    c->out.dim[x->rank - 1] = x->dim[x->rank - 2];
    c->out.dim[x->rank - 2] = x->dim[x->rank - 1];
}

static bool transpose_view(const dl_layout *in, const void *attr, dl_layout *out, int64_t *offset)
{
    int r = in->shape.rank;
    (void)attr;
    *offset = 0;
    memcpy(out->stride, in->stride, sizeof in->stride);
    out->stride[r - 1] = in->stride[r - 2];
    out->stride[r - 2] = in->stride[r - 1];
    return true;
}

static dl_val transpose_vjp(const dl_node *y, int i, dl_val g)
{
    (void)y, (void)i;
    return dl_transpose(g);
}

/* Of a symmetric matrix, or of a transpose. */
static void transpose_rewrite(dl_rewrite *w)
{
    dl_term x = dl_term_of(w, w->node.in[0]);
    if (x.symmetric) w->same = w->node.in[0];
    else if (x.op == w->node.op) w->same = x.in[0];
    else dl__transpose_product(w, &x);
}

static const dl_op transpose_op = {
    .name = "transpose",
    .rewrite = transpose_rewrite,
    .nin = 1,
    .shapes = "(...,m,n) -> (...,n,m)",
    .infer = transpose_infer,
    .view = transpose_view,
    .vjp = transpose_vjp,
};

dl_val dl_transpose(dl_val x) { return dl_apply(&transpose_op, NULL, x); }

bool dl__transpose_of(dl_val x, dl_val *original)
{
    if (dl_op_of(x) != &transpose_op) return false;
    *original = dl_in(&(dl_node){ x.tape, x.id }, 0);
    return true;
}

bool dl__is_transpose(dl_val x, dl_val of)
{
    dl_val original;
    return dl__transpose_of(x, &original) && original.id == of.id;
}

/* ---- expand ---------------------------------------------------------------------------------- */

static void expand_infer(dl_infer *c)
{
    char text[DL_SHAPE_TEXT];
    const dl_shape *x = c->in[0];
    take_attr(c);
    bool fits = x->rank <= c->out.rank;
    for (int i = 0; i < c->out.rank; i++)
        fits = fits && c->out.dim[i] >= 0 && (dl__dim(x, i) == 1 || x->dim[i] == c->out.dim[i]);
    if (!fits)
        dl_reject(c, DL_ESHAPE, "cannot be expanded to %s",
                  dl_shape_text(&c->out, text, sizeof text));
}

static bool expand_view(const dl_layout *in, const void *attr, dl_layout *out, int64_t *offset)
{
    (void)attr;
    for (int i = 0; i < out->shape.rank; i++)
        out->stride[i] = dl__dim(&in->shape, i) == 1 ? 0 : in->stride[i];
    *offset = 0;
    return true;
}

/* The engine sums over what was repeated. */
static dl_val expand_vjp(const dl_node *y, int i, dl_val g)
{
    (void)y, (void)i;
    return g;
}

static const dl_op expand_op = {
    .name = "expand",
    .nin = 1,
    .attr_size = sizeof(shape_attr),
    .shapes = "any -> sizes that its axes of size 1 repeat to",
    .infer = expand_infer,
    .view = expand_view,
    .vjp = expand_vjp,
};

dl_val dl__expand_to(dl_val x, const dl_shape *s)
{
    shape_attr a = attr_of(s);
    return dl_apply(&expand_op, &a, x);
}

dl_val dl_expand(dl_val x, int rank, const int64_t *dims)
{
    dl_shape s;
    if (!given_sizes("expand", x, rank, dims, &s)) return dl_none(x.tape);
    if (rank == dl_rank(x)) memcpy(s.labels, dl_shape_of(x)->labels, sizeof s.labels);
    return dl__expand_to(x, &s);
}

/* ---- the family ------------------------------------------------------------------------------ */

static const dl_op *const rows[] = { &reshape_op, &permute_op, &transpose_op, &expand_op, NULL };
const dl_family dl__view_family = { "view", rows };
