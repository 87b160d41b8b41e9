/* index.c: elements at places which are values themselves: selecting, taking, putting, sorting.
 *
 * A place counts from the end if it is negative; what lies outside is NaN when read, and nothing is
 * written there. Sums over places that occur twice are taken in the order of the index. */
#include "support.h"
#include "attributes.h"

/* ---- shape rules and C text ------------------------------------------------------------------ */

static bool is_index(int dtype) { return dtype == DL_I32 || dtype == DL_I64 || dtype == DL_U8; }

/* The first operand computes, the second holds places. */
static bool operands_fit(dl_infer *c)
{
    int x = c->in[0]->dtype, at = c->in[1]->dtype;
    if (x >= DL_NREAL)
        dl_reject(c, DL_EDTYPE, "%s does not compute, use f32 or f64", dl_dtype_name((dl_dtype)x));
    else if (!is_index(at))
        dl_reject(c, DL_EDTYPE, "an index of %s, wanted i32, i64 or u8",
                  dl_dtype_name((dl_dtype)at));
    return x < DL_NREAL && is_index(at);
}

/* All sizes but that of the axis are equal. */
static bool sizes_fit(dl_infer *c, const dl_shape *x, const dl_shape *at, int64_t axis)
{
    if (x->rank != at->rank) {
        dl_reject(c, DL_ERANK, "ranks %d and %d differ", x->rank, at->rank);
        return false;
    }
    for (int i = 0; i < x->rank; i++)
        if (i != axis && x->dim[i] != at->dim[i]) {
            dl_reject(c, DL_ESHAPE, "sizes %lld and %lld of axis %d differ", (long long)x->dim[i],
                      (long long)at->dim[i], i);
            return false;
        }
    return true;
}

/* The sizes before, along and behind the axis, of the result or an operand. */
typedef struct span {
    int64_t rows, n, unit;
} span;

static span span_of(const dl_emit *e, int k, int64_t axis)
{
    const dl_shape *s = &e->layout[k]->shape;
    span x = { 1, s->dim[axis], 1 };
    for (int i = 0; i < s->rank; i++)
        if (i != axis) *(i < axis ? &x.rows : &x.unit) *= s->dim[i];
    return x;
}

/* Element (r, `along`, i) of it. */
static dl_index element(span x, const char *along)
{
    dl_index at = { "" };
    if (x.rows > 1) dl_emit_term(&at, x.n * x.unit, "r");
    dl_emit_term(&at, x.unit, along);
    if (x.unit > 1) dl_emit_term(&at, 1, "i");
    return at;
}

/* Loops over r, j and i, of sizes above 1 or along the axis. */
static int loops_over(const dl_emit *e, span x)
{
    int n = x.rows > 1 ? dl_emit_loop(e, "r", x.rows, 1) : 0;
    n += dl_emit_loop(e, "j", x.n, 1);
    return n + (x.unit > 1 ? dl_emit_loop(e, "i", x.unit, 1) : 0);
}

static void emit_clear(const dl_emit *e)
{
    dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = 0;",
                 (long long)e->layout[0]->shape.numel, e->name[0]);
}

/* For the elements of `over`: a place k along `of`, read from the index at `at`; then `then`. */
static void emit_places(const dl_emit *e, span over, int index, const char *at, int64_t n,
                        const char *then)
{
    if (!over.rows || !over.n || !over.unit) return;
    dl_emit_need(e, "dl_place_of");
    int loops = loops_over(e, over);
    dl_emit_line(e, "{");
    dl_emit_line(e, "int64_t k = dl_place_of(%s[%s], %lld);", e->name[index], at, (long long)n);
    dl_emit_line(e, "%s", then);
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}

/* y[here] = x[there], or NaN or 0; `one` index for all rows and units, or one for each element. */
static void emit_reading(const dl_emit *e, bool one)
{
    const index_attr *a = e->attr;
    char then[640];
    span to = span_of(e, 0, a->axis), from = span_of(e, 1, a->axis);
    dl_index here = element(to, "j"), there = element(from, "k");
    snprintf(then, sizeof then, "%s[%s] = k >= 0 ? %s[%s] : (%s)%s;", e->name[0], here.text,
             e->name[1], there.text, e->real, a->nan ? "NAN" : "0");
    emit_places(e, to, 2, one ? "j" : here.text, from.n, then);
}

/* y[there] += x[here]. */
static void emit_adding(const dl_emit *e, bool one)
{
    const index_attr *a = e->attr;
    char then[640];
    span to = span_of(e, 0, a->axis), from = span_of(e, 1, a->axis);
    dl_index here = element(from, "j"), there = element(to, "k");
    snprintf(then, sizeof then, "if (k >= 0) %s[%s] += %s[%s];", e->name[0], there.text, e->name[1],
             here.text);
    emit_clear(e);
    emit_places(e, from, 2, one ? "j" : here.text, to.n, then);
}

/* ---- index_select: whole lines along an axis, and its adjoint. What the adjoint drops has the
 * derivative 0: the adjoint of that reads 0 outside, not NaN -------------------------------------
 */

static void index_select_infer(dl_infer *c)
{
    const index_attr *a = c->attr;
    if (!operands_fit(c)) return;
    if (c->in[1]->rank != 1) {
        dl_reject(c, DL_ERANK, "an index of rank %d, wanted 1", c->in[1]->rank);
        return;
    }
    c->out = *c->in[0];
    c->out.dim[a->axis] = c->in[1]->dim[0];
}

static void index_select_emit(const dl_emit *e) { emit_reading(e, true); }

static dl_val index_add(dl_val x, dl_val index, int64_t axis, int64_t n);
static dl_val index_select(dl_val x, dl_val index, int64_t axis, bool nan);

static dl_val index_select_vjp(const dl_node *y, int i, dl_val g)
{
    const index_attr *a = dl_attr(y);
    return index_add(g, dl_in(y, 1), a->axis, dl_size(dl_in(y, i), (int)a->axis));
}

static void index_add_infer(dl_infer *c)
{
    const index_attr *a = c->attr;
    if (!operands_fit(c)) return;
    c->out = *c->in[0];
    c->out.dim[a->axis] = a->n;
}

static void index_add_emit(const dl_emit *e) { emit_adding(e, true); }

static dl_val index_add_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return index_select(g, dl_in(y, 1), ((const index_attr *)dl_attr(y))->axis, false);
}

/* ---- take_along: one element for each of the index, and its adjoint -------------------------- */

static void take_along_infer(dl_infer *c)
{
    const index_attr *a = c->attr;
    const dl_shape *x = c->in[0], *at = c->in[1];
    if (!operands_fit(c) || !sizes_fit(c, x, at, a->axis)) return;
    c->out = *x;
    c->out.dim[a->axis] = at->dim[a->axis];
}

static void take_along_emit(const dl_emit *e) { emit_reading(e, false); }

static dl_val put_along(dl_val x, dl_val index, int64_t axis, int64_t n);
static dl_val take_along(dl_val x, dl_val index, int64_t axis, bool nan);

static dl_val take_along_vjp(const dl_node *y, int i, dl_val g)
{
    const index_attr *a = dl_attr(y);
    return put_along(g, dl_in(y, 1), a->axis, dl_size(dl_in(y, i), (int)a->axis));
}

static void put_along_infer(dl_infer *c)
{
    const index_attr *a = c->attr;
    if (!operands_fit(c)) return;
    if (!dl__same_dims(c->in[0], c->in[1])) {
        dl_reject(c, DL_ESHAPE, "the sizes differ");
        return;
    }
    c->out = *c->in[0];
    c->out.dim[a->axis] = a->n;
}

static void put_along_emit(const dl_emit *e) { emit_adding(e, false); }

static dl_val put_along_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return take_along(g, dl_in(y, 1), ((const index_attr *)dl_attr(y))->axis, false);
}

#define ROW(NAME, SHAPES)                \
    DL_DECLARE_KERNELS(dl__##NAME);      \
    static const dl_op NAME##_op = {     \
        .name = #NAME,                   \
        .nin = 2,                        \
        .attr_size = sizeof(index_attr), \
        .shapes = SHAPES,                \
        .operands = "x index",           \
        .infer = NAME##_infer,           \
        .eval = DL_KERNELS(dl__##NAME),  \
        .emit = NAME##_emit,             \
        .vjp = NAME##_vjp,               \
    };
ROW(index_select, "(...,n,...) (k) -> (...,k,...)")
ROW(index_add, "(...,k,...) (k) -> (...,n,...)")
ROW(take_along, "(...,n,...) (...,k,...) -> (...,k,...)")
ROW(put_along, "(...,k,...) (...,k,...) -> (...,n,...)")
#undef ROW

static dl_val index_select(dl_val x, dl_val index, int64_t axis, bool nan)
{
    return dl_apply(&index_select_op, (&(index_attr){ axis, 0, nan }), x, index);
}

static dl_val index_add(dl_val x, dl_val index, int64_t axis, int64_t n)
{
    return dl_apply(&index_add_op, (&(index_attr){ axis, n, 0 }), x, index);
}

static dl_val take_along(dl_val x, dl_val index, int64_t axis, bool nan)
{
    return dl_apply(&take_along_op, (&(index_attr){ axis, 0, nan }), x, index);
}

static dl_val put_along(dl_val x, dl_val index, int64_t axis, int64_t n)
{
    return dl_apply(&put_along_op, (&(index_attr){ axis, n, 0 }), x, index);
}

dl_val dl_index_select(dl_val x, const char *axis, dl_val index)
{
    int k = dl_usable("index_select", (dl_val[]){ x, index }, 2) ? dl__axis("index_select", x, axis)
                                                                 : -1;
    return k < 0 ? dl_none(dl_any_tape((dl_val[]){ x, index }, 2))
                 : index_select(x, index, k, true);
}

dl_val dl_take_along(dl_val x, const char *axis, dl_val index)
{
    int k =
        dl_usable("take_along", (dl_val[]){ x, index }, 2) ? dl__axis("take_along", x, axis) : -1;
    return k < 0 ? dl_none(dl_any_tape((dl_val[]){ x, index }, 2)) : take_along(x, index, k, true);
}

dl_val dl_embed(dl_val table, dl_val index)
{
    char text[DL_SHAPE_TEXT];
    dl_val in[] = { table, index };
    if (!dl_usable("embed", in, 2)) return dl_none(dl_any_tape(in, 2));
    dl_shape s = *dl_shape_of(index);
    if (dl_rank(table) != 2 || s.rank == DL_MAX_RANK)
        return dl_fail(table.tape, DL_ERANK, "embed",
                       "table %s, index of rank %d: wanted 2, 0 to 7",
                       dl_shape_text(dl_shape_of(table), text, sizeof text), s.rank);
    dl_val y = index_select(dl_stripdims(table), dl_reshape(index, DL_DIMS(-1)), 0, true);
    if (dl_tape_status(table.tape)) return dl_none(table.tape);
    memset(s.labels, 0, sizeof s.labels);
    s.dtype = (int32_t)dl_dtype_of(table);
    s.dim[s.rank++] = dl_size(table, 1);
    return dl__reshape_to(y, &s);
}

/* ---- scatter: who wrote last ----------------------------------------------------------------- */

/* For each element of the result the place of the last that writes it, or k + its own place: then
 * the result is what these places take from the new elements with the old ones behind them, and
 * derivatives of any order follow. */
static void writers_infer(dl_infer *c)
{
    const index_attr *a = c->attr;
    int dtype = c->in[0]->dtype;
    if (!is_index(dtype)) {
        dl_reject(c, DL_EDTYPE, "an index of %s, wanted i32, i64 or u8",
                  dl_dtype_name((dl_dtype)dtype));
        return;
    }
    c->out = *c->in[0];
    c->out.dtype = DL_I64;
    c->out.dim[a->axis] = a->n;
}

static void writers_emit(const dl_emit *e)
{
    const index_attr *a = e->attr;
    char then[640];
    span to = span_of(e, 0, a->axis), from = span_of(e, 1, a->axis);
    dl_index here = element(to, "j"), there = element(to, "k"), at = element(from, "j");
    if (to.rows && to.n && to.unit) {
        int loops = loops_over(e, to);
        dl_emit_line(e, "%s[%s] = %lld + j;", e->name[0], here.text, (long long)from.n);
        dl_emit_end(e, loops);
    }
    snprintf(then, sizeof then, "if (k >= 0) %s[%s] = j;", e->name[0], there.text);
    emit_places(e, from, 1, at.text, to.n, then);
}

DL_DECLARE_KERNELS(dl__writers);

static const dl_op writers_op = {
    .name = "writers",
    .nin = 1,
    .attr_size = sizeof(index_attr),
    .shapes = "(...,k,...) -> (...,n,...)",
    .operands = "index",
    .infer = writers_infer,
    .eval = DL_KERNELS(dl__writers),
    .emit = writers_emit,
    .vjp = dl_vjp_zero,
};

/* The axis, or -1: the tape has the error. */
static int scatter_axis(const char *op, const dl_val *in, const char *axis)
{
    if (!dl_usable(op, in, 3) || !dl__operands(op, in, 2)) return -1;
    int k = dl__axis(op, in[0], axis);
    if (k < 0) return -1;
    const dl_shape *index = dl_shape_of(in[2]);
    if (!is_index(index->dtype))
        return dl_fail(in[0].tape, DL_EDTYPE, op, "an index of %s, wanted i32, i64 or u8",
                       dl_dtype_name((dl_dtype)index->dtype)),
               -1;
    if (dl__same_dims(index, dl_shape_of(in[1]))) return k;
    char a[DL_SHAPE_TEXT], b[DL_SHAPE_TEXT];
    return dl_fail(in[0].tape, DL_ESHAPE, op, "values %s, index %s: the sizes differ",
                   dl_shape_text(dl_shape_of(in[1]), a, sizeof a),
                   dl_shape_text(index, b, sizeof b)),
           -1;
}

/* With the labels of `like`, which has as many axes. */
static dl_val labelled_as(dl_val x, dl_val like)
{
    dl_shape s = *dl_shape_of(x);
    const char *labels = dl_shape_of(like)->labels;
    if (s.rank != dl_rank(like) || strcmp(s.labels, labels) == 0) return x;
    memcpy(s.labels, labels, sizeof s.labels);
    return dl__reshape_to(x, &s);
}

dl_val dl_scatter(dl_val base, const char *axis, dl_val index, dl_val values)
{
    dl_val in[] = { base, values, index };
    int k = scatter_axis("scatter", in, axis);
    if (k < 0) return dl_none(dl_any_tape(in, 3));
    dl_val all[] = { labelled_as(values, base), base };
    dl_val from = dl_apply(&writers_op, (&(index_attr){ k, dl_size(base, k), 0 }), index);
    return take_along(dl_cat(all, 2, (char[]){ (char)('0' + k), '\0' }), from, k, true);
}

dl_val dl_scatter_add(dl_val base, const char *axis, dl_val index, dl_val values)
{
    char a[DL_SHAPE_TEXT], b[DL_SHAPE_TEXT];
    dl_val in[] = { base, values, index };
    int k = scatter_axis("scatter_add", in, axis);
    if (k < 0) return dl_none(dl_any_tape(in, 3));
    const dl_shape *x = dl_shape_of(base), *v = dl_shape_of(values);
    bool fits = x->rank == v->rank;
    for (int i = 0; i < x->rank && fits; i++) fits = i == k || x->dim[i] == v->dim[i];
    if (!fits)
        return dl_fail(base.tape, DL_ESHAPE, "scatter_add", "base %s, values %s: the sizes differ",
                       dl_shape_text(x, a, sizeof a), dl_shape_text(v, b, sizeof b));
    return dl_add(base, put_along(labelled_as(values, base), index, k, dl_size(base, k)));
}

/* ---- by a mask ------------------------------------------------------------------------------- */

dl_val dl_masked_select(dl_val x, dl_val mask)
{
    char is[DL_SHAPE_TEXT], wanted[DL_SHAPE_TEXT];
    dl_val both[] = { x, mask };
    if (!dl_usable("masked_select", both, 2) || !dl__operands("masked_select", &x, 1)
        || !dl__align("masked_select", &x, &mask))
        return dl_none(x.tape);
    const dl_shape *s = dl_shape_of(x), *m = dl_shape_of(mask);
    if (!dl__same_dims(s, m))
        return dl_fail(x.tape, DL_ESHAPE, "masked_select", "a mask %s of %s",
                       dl_shape_text(m, is, sizeof is), dl_shape_text(s, wanted, sizeof wanted));
    dl_val line = dl_reshape(dl_stripdims(x), 1, &s->numel);
    return dl_index_select(line, "0", dl_nonzero(mask));
}

/* ---- onehot ---------------------------------------------------------------------------------- */

static void onehot_infer(dl_infer *c)
{
    const onehot_attr *a = c->attr;
    const dl_shape *x = c->in[0];
    if (!is_index(x->dtype)) {
        dl_reject(c, DL_EDTYPE, "an index of %s, wanted i32, i64 or u8",
                  dl_dtype_name((dl_dtype)x->dtype));
        return;
    }
    if (x->rank == DL_MAX_RANK) {
        dl_reject(c, DL_ERANK, "rank %d, wanted at most %d", x->rank, DL_MAX_RANK - 1);
        return;
    }
    c->out = *x;
    memset(c->out.labels, 0, sizeof c->out.labels);
    c->out.dtype = (int32_t)a->dtype;
    c->out.dim[c->out.rank++] = a->classes;
}

static void onehot_emit(const dl_emit *e)
{
    const onehot_attr *a = e->attr;
    emit_clear(e);
    dl_emit_need(e, "dl_place_of");
    int loops = dl_emit_loop(e, "i", e->layout[1]->shape.numel, 1);
    dl_emit_line(e, "{");
    dl_emit_line(e, "int64_t k = dl_place_of(%s[i], %lld);", e->name[1], (long long)a->classes);
    dl_emit_line(e, "if (k >= 0) %s[%lld * i + k] = 1;", e->name[0], (long long)a->classes);
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}

DL_DECLARE_KERNELS(dl__onehot);

static const dl_op onehot_op = {
    .name = "onehot",
    .nin = 1,
    .attr_size = sizeof(onehot_attr),
    .shapes = "any -> (any...,classes)",
    .operands = "index",
    .infer = onehot_infer,
    .eval = DL_KERNELS(dl__onehot),
    .emit = onehot_emit,
    .vjp = dl_vjp_zero,
};

dl_val dl_onehot(dl_val index, int64_t classes, dl_dtype dtype)
{
    if (!dl_usable("onehot", &index, 1)) return dl_none(index.tape);
    if (dtype != DL_F32 && dtype != DL_F64)
        return dl_fail(index.tape, DL_EDTYPE, "onehot", "%s does not compute, use f32 or f64",
                       dl_dtype_name(dtype));
    if (classes < 0)
        return dl_fail(index.tape, DL_ESHAPE, "onehot", "%lld classes", (long long)classes);
    return dl_apply(&onehot_op, (&(onehot_attr){ classes, dtype }), index);
}

dl_val dl_onehot_decode(dl_val x, const char *axis)
{
    int k = dl__operands("onehot_decode", &x, 1) ? dl__axis("onehot_decode", x, axis) : -1;
    if (k < 0) return dl_none(x.tape);
    char number[] = { (char)('0' + k), '\0' };
    return dl_squeeze(dl_argmax(x, number), number);
}

/* ---- order ----------------------------------------------------------------------------------- */

static void argsort_infer(dl_infer *c)
{
    if (!dl__computing(c)) return;
    c->out = *c->in[0];
    c->out.dtype = DL_I64;
    const sort_attr *a = c->attr;
    c->out.dim[a->axis] = a->k;
}

static void argsort_emit(const dl_emit *e)
{
    const sort_attr *a = e->attr;
    char helper[32];
    span s = span_of(e, 1, a->axis);
    snprintf(helper, sizeof helper, "dl_argsort_%s", e->type);
    dl_emit_need(e, helper);
    dl_index from = { "" }, to = { "" };
    if (s.rows > 1) dl_emit_term(&from, s.n * s.unit, "r"), dl_emit_term(&to, a->k * s.unit, "r");
    if (s.unit > 1) dl_emit_term(&from, 1, "i"), dl_emit_term(&to, 1, "i");
    int loops = s.rows > 1 ? dl_emit_loop(e, "r", s.rows, 1) : 0;
    if (s.unit > 1) loops += dl_emit_loop(e, "i", s.unit, 1);
    dl_emit_line(e, "%s(%s + %s, %lld, %lld, %lld, %d, %s + %s);", helper, e->name[1],
                 dl_place(&from), (long long)s.n, (long long)a->k, (long long)s.unit, (int)a->down,
                 e->name[0], dl_place(&to));
    dl_emit_end(e, loops);
}

/* Two lists of keys with their places. */
static bool argsort_prepare(dl_prepare *p)
{
    const sort_attr *a = p->attr;
    size_t n = (size_t)p->layout[1]->shape.dim[a->axis];
    p->info = a;
    return !__builtin_mul_overflow(n, 4 * sizeof(int64_t), &p->work_bytes);
}

DL_DECLARE_KERNELS(dl__argsort);

static const dl_op argsort_op = {
    .name = "argsort",
    .nin = 1,
    .attr_size = sizeof(sort_attr),
    .shapes = "(...,n,...) -> (...,k,...)",
    .infer = argsort_infer,
    .prepare = argsort_prepare,
    .eval = DL_KERNELS(dl__argsort),
    .emit = argsort_emit,
    .vjp = dl_vjp_zero,
};

/* The places of the first k. */
static dl_val argsort(const char *op, dl_val x, int axis, int64_t k, dl_order order)
{
    if (order != DL_ASCENDING && order != DL_DESCENDING)
        return dl_fail(x.tape, DL_EARG, op, "%d is no order", (int)order);
    return dl_apply(&argsort_op, (&(sort_attr){ axis, k, order == DL_DESCENDING }), x);
}

dl_val dl_argsort(dl_val x, const char *axis, dl_order order)
{
    int k = dl__operands("argsort", &x, 1) ? dl__axis("argsort", x, axis) : -1;
    return k < 0 ? dl_none(x.tape) : argsort("argsort", x, k, dl_size(x, k), order);
}

dl_val dl_sort(dl_val x, const char *axis, dl_order order)
{
    int k = dl__operands("sort", &x, 1) ? dl__axis("sort", x, axis) : -1;
    return k < 0 ? dl_none(x.tape)
                 : take_along(x, argsort("sort", x, k, dl_size(x, k), order), k, true);
}

dl_status dl_topk(dl_val x, const char *axis, int64_t k, dl_order order, dl_val *values,
                  dl_val *indices)
{
    char text[DL_SHAPE_TEXT];
    dl_val none = dl_none(x.tape);
    if (values) *values = none;
    if (indices) *indices = none;
    int a = dl__operands("topk", &x, 1) ? dl__axis("topk", x, axis) : -1;
    if (a < 0) return dl_finish(x.tape);
    if (k < 0 || k > dl_size(x, a)) {
        dl_fail(x.tape, DL_EARG, "topk", "%s, axis %d: %lld elements of %lld",
                dl_shape_text(dl_shape_of(x), text, sizeof text), a, (long long)k,
                (long long)dl_size(x, a));
        return dl_finish(x.tape);
    }
    dl_val at = argsort("topk", x, a, k, order);
    if (values) *values = take_along(x, at, a, true);
    if (indices) *indices = at;
    return dl_finish(x.tape);
}

static const dl_op *const rows[] = {
    &index_select_op, &index_add_op, &take_along_op, &put_along_op,
    &writers_op,      &onehot_op,    &argsort_op,    NULL,
};
const dl_family dl__index_family = { "index", rows };
