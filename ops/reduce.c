/* reduce.c: reductions over axes: sum, sum of squares, mean, norm, and centering. */
#include "support.h"
#include "reduce.h"

/* A bit for each axis; `all` gives rank 0. */
typedef struct reduce_attr {
    int64_t mask, all;
} reduce_attr;

static void reduce_infer(dl_infer *c)
{
    const reduce_attr *a = c->attr;
    if (!dl__computing(c)) return;
    c->out.dtype = c->in[0]->dtype;
    if (a->all) return;
    c->out = *c->in[0];
    for (int i = 0; i < c->out.rank; i++)
        if (a->mask >> i & 1) c->out.dim[i] = 1;
}

static int64_t product(const dl_shape *s)
{
    int64_t n = 1;
    for (int i = 0; i < s->rank; i++) n *= s->dim[i];
    return n;
}

/* Whether the operand is a matrix of few elements, however it lies, reduced along one axis or both.
 */
static bool small(dl_reduction *r)
{
    const dl_loop *kept = &r->kept, *summed = &r->summed;
    int64_t elements = r->results * r->terms;
    if (elements == 0 || elements > DL_SMALL_REDUCTION || r->terms > 128) return false;
    if (summed->rank < 1 || kept->rank + summed->rank > 2) return false;
    if (kept->rank == 0) {
        const int64_t *step = summed->stride[0];
        bool two = summed->rank == 2;
        r->rows = two ? summed->dim[0] : 1;
        r->cols = summed->dim[two];
        r->row_step = two ? step[0] : 0;
        r->col_step = step[two];
        return true;
    }
    const dl_loop *outer = r->columns ? summed : kept, *inner = r->columns ? kept : summed;
    r->rows = outer->dim[0], r->row_step = outer->stride[0][0];
    r->cols = inner->dim[0], r->col_step = inner->stride[0][0];
    return true;
}

typedef dl_kernel *const kernels[DL_NISA][DL_NREAL];

static bool reduce_prepare(dl_prepare *p, kernels of_small)
{
    const reduce_attr *a = p->attr;
    const dl_layout *x = p->layout[1];
    dl_reduction *r = p->allocate(p, sizeof *r);
    if (!r) return false;
    dl_shape kept = x->shape, summed = x->shape;
    r->columns = 0;
    for (int i = 0; i < x->shape.rank; i++) {
        bool sum = a->mask >> i & 1;
        if (sum) kept.dim[i] = 1;
        else summed.dim[i] = 1;
        if (x->shape.dim[i] != 1) r->columns = sum ? 0 : x->shape.dim[i];
    }
    dl_layout y = { .shape = x->shape };
    int64_t stride = 1;
    for (int i = y.shape.rank - 1; i >= 0; i--) {
        y.stride[i] = stride;
        stride *= y.shape.dim[i];
    }
    dl_loop_make(&r->kept, &kept, (const dl_layout *const[]){ x, &y }, 2);
    dl_loop_make(&r->summed, &summed, (const dl_layout *const[]){ x, &y }, 2);
    r->results = product(&kept);
    r->terms = product(&summed);
    p->info = r;
    if (small(r)) p->run = of_small[p->isa][x->shape.dtype];
    return true;
}

/* .prepare, with the kernels for small operands. */
#define PREPARE(NAME)                                             \
    DL_DECLARE_KERNELS(dl__##NAME);                               \
    DL_DECLARE_KERNELS(dl__##NAME##_small);                       \
    static bool NAME##_prepare(dl_prepare *p)                     \
    {                                                             \
        static kernels of_small = DL_KERNELS(dl__##NAME##_small); \
        return reduce_prepare(p, of_small);                       \
    }

static dl_val apply(const dl_op *op, dl_val x, const char *axes)
{
    uint32_t mask;
    bool all;
    if (!dl__axes(op->name, x, axes, &mask, &all)) return dl_none(x.tape);
    return dl_apply(op, (&(reduce_attr){ mask, all }), x);
}

static dl_val over_all(const dl_op *op, dl_val x)
{
    int64_t mask = ((int64_t)1 << dl_rank(x)) - 1;
    return dl_apply(op, (&(reduce_attr){ mask, 1 }), x);
}

/* How many elements of x lie under one result. */
static int64_t terms(const reduce_attr *a, dl_val x)
{
    int64_t n = 1;
    for (int i = 0; i < dl_rank(x); i++)
        if (a->mask >> i & 1) n *= dl_size(x, i);
    return n;
}

/* ---- the ops: in a derivative the engine repeats g to the sizes of x ------------------------- */

static dl_val sum_vjp(const dl_node *y, int i, dl_val g)
{
    (void)y, (void)i;
    return g;
}

static dl_val sum_squares_vjp(const dl_node *y, int i, dl_val g)
{
    return dl_mul(dl_scale(g, 2), dl_in(y, i));
}

static dl_val mean_vjp(const dl_node *y, int i, dl_val g)
{
    return dl_scale(g, 1.0 / (double)terms(dl_attr(y), dl_in(y, i)));
}

static dl_val vecnorm_vjp(const dl_node *y, int i, dl_val g)
{
    return dl_mul(g, dl__div_or_zero(dl_in(y, i), dl_out(y)));
}

/* SUM and VALUE: how C sums a block, and the result from `sum` and the number of terms n. */
#define ROW(NAME, FOLD, SUM, VALUE, FINISH, REWRITE)                                       \
    PREPARE(NAME)                                                                          \
    static void NAME##_emit(const dl_emit *e) { dl__emit_results(e, SUM, VALUE, FINISH); } \
    static const dl_op NAME##_op = {                                                       \
        .name = #NAME,                                                                     \
        .nin = 1,                                                                          \
        .flags = DL_STRIDED,                                                               \
        .attr_size = sizeof(reduce_attr),                                                  \
        .shapes = "any -> reduced axes are 1",                                             \
        .infer = reduce_infer,                                                             \
        .prepare = NAME##_prepare,                                                         \
        .eval = DL_KERNELS(dl__##NAME),                                                    \
        .emit = NAME##_emit,                                                               \
        .fold = FOLD,                                                                      \
        .fold_sum = SUM,                                                                   \
        .fold_value = VALUE,                                                               \
        .rewrite = REWRITE,                                                                \
        .vjp = NAME##_vjp,                                                                 \
    };

DL_DECLARE_FOLDS(dl__fold_sum);
DL_DECLARE_FOLDS(dl__fold_sum_squares);
DL_DECLARE_FOLDS(dl__fold_mean);
DL_DECLARE_FOLDS(dl__fold_vecnorm);

static void sum_rewrite(dl_rewrite *w);

ROW(sum, DL_FOLDS(dl__fold_sum), "sum", "sum", dl__emit_value, sum_rewrite)
ROW(sum_squares, DL_FOLDS(dl__fold_sum_squares), "sum_squares", "sum", dl__emit_value, NULL)
ROW(mean, DL_FOLDS(dl__fold_mean), "sum", "sum / n", dl__emit_value, NULL)
ROW(vecnorm, DL_FOLDS_F32(dl__fold_vecnorm), "sum_squares", "sqrt(sum)", dl__emit_norm, NULL)

/* sum(x x) is sum_squares(x): in f64, where both round the squares to the same numbers. */
static void sum_rewrite(dl_rewrite *w)
{
    dl_term x = dl_term_of(w, w->node.in[0]);
    if (w->node.shape->dtype != DL_F64 || !dl__is_square(&x)) return;
    if (!dl__same_dims(dl_term_of(w, x.in[0]).shape, x.shape)) return;
    w->node.op = &sum_squares_op;
    w->node.in[0] = x.in[0];
}

dl_val dl_sum(dl_val x, const char *axes) { return apply(&sum_op, x, axes); }
dl_val dl_sum_squares(dl_val x, const char *axes) { return apply(&sum_squares_op, x, axes); }
dl_val dl_mean(dl_val x, const char *axes) { return apply(&mean_op, x, axes); }
dl_val dl_vecnorm(dl_val x, const char *axes) { return apply(&vecnorm_op, x, axes); }

dl_val dl_norm_fro(dl_val x)
{
    return dl__operands("norm_fro", &x, 1) ? over_all(&vecnorm_op, x) : dl_none(x.tape);
}

dl_val dl_norm(dl_val x)
{
    char text[DL_SHAPE_TEXT];
    int longer = 0;
    if (!dl__operands("norm", &x, 1)) return dl_none(x.tape);
    for (int i = 0; i < dl_rank(x); i++) longer += dl_size(x, i) != 1;
    if (longer > 1)
        return dl_fail(x.tape, DL_ESHAPE, "norm",
                       "%s is no vector: use dl_norm_fro for a matrix, dl_vecnorm for axes",
                       dl_shape_text(dl_shape_of(x), text, sizeof text));
    return over_all(&vecnorm_op, x);
}

/* ---- centering ------------------------------------------------------------------------------- */

static dl_val center_vjp(const dl_node *y, int i, dl_val g);
PREPARE(center)

static const dl_op center_op = {
    .name = "center",
    .nin = 1,
    .flags = DL_STRIDED,
    .attr_size = sizeof(reduce_attr),
    .shapes = "any -> same",
    .infer = dl__same_infer,
    .prepare = center_prepare,
    .eval = DL_KERNELS(dl__center),
    .emit = dl__emit_center,
    .vjp = center_vjp,
};

static dl_val center_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return dl_apply(&center_op, dl_attr(y), g);
}

/* x - mean(x), in f64, where the mean is the same number in both. */
bool dl__subtracts_mean(dl_rewrite *w)
{
    dl_term mean = dl_term_of(w, w->node.in[1]);
    if (mean.op != &mean_op || mean.in[0] != w->node.in[0] || mean.shape->dtype != DL_F64)
        return false;
    w->node.op = &center_op;
    w->node.attr = mean.attr;
    return true;
}

dl_val dl_center(dl_val x, const char *axes) { return apply(&center_op, x, axes); }

/* ---- fitting a cotangent --------------------------------------------------------------------- */

dl_val dl__sum_mask(dl_val x, uint32_t mask, bool all)
{
    return dl_apply(&sum_op, (&(reduce_attr){ mask, all }), x);
}

dl_val dl__conform(dl_val g, dl_val x)
{
    const dl_shape *s = dl_shape_of(g), *want = dl_shape_of(x);
    uint32_t mask = 0;
    for (int i = 0; i < s->rank; i++)
        if (s->dim[i] != 1 && dl__dim(want, i) == 1) mask |= 1u << i;
    if (mask) g = dl__sum_mask(g, mask, want->rank == 0);
    if (dl_tape_status(g.tape)) return g;
    s = dl_shape_of(g);
    if (s == want) return g;
    return s->numel == want->numel ? dl__reshape_to(g, want) : dl__expand_to(g, want);
}

static const dl_op *const rows[] = { &sum_op,     &sum_squares_op, &mean_op,
                                     &vecnorm_op, &center_op,      NULL };
const dl_family dl__reduce_family = { "reduce", rows };
