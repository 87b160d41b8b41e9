/* distance.c: distances between points, and the two rows that their derivatives are made of: each
 * row's derivative is in the two again. */
#include "linear.h"
#include "distance.h"

#include <stdio.h>

typedef struct distance_attr {
    int64_t squared;
} distance_attr;

/* ---- plans ----------------------------------------------------------------------------------- */

/* Leading axes are equal or 1. */
static void leading(dl_infer *c)
{
    c->out.dtype = c->in[0]->dtype;
    c->out.rank = c->in[0]->rank;
    for (int i = 0; i < c->out.rank - 2; i++)
        for (int k = 0; k < c->op->nin; k++)
            if (!k || c->out.dim[i] == 1) c->out.dim[i] = c->in[k]->dim[i];
}

static void distances_infer(dl_infer *c)
{
    leading(c);
    dl__linear_matrix(c, dl__rows(c->in[0]), dl__rows(c->in[1]));
}

static void slopes_infer(dl_infer *c)
{
    leading(c);
    dl__linear_matrix(c, dl__rows(c->in[1]), dl__rows(c->in[2]));
}

static void pulls_infer(dl_infer *c)
{
    leading(c);
    dl__linear_matrix(c, dl__rows(c->in[1]), dl__cols(c->in[1]));
}

enum { PART = 1 << 17, MOST_PARTS = 64 }; /* differences that are worth a thread */

static bool prepare(dl_prepare *p)
{
    const dl_shape *y = &p->layout[0]->shape;
    const dl_layout *a = p->layout[p->n - 2], *b = p->layout[p->n - 1];
    const distance_attr *attr = p->attr;
    dl_distance_call *d = p->allocate(p, sizeof *d);
    if (!d) return false;
    *d = (dl_distance_call){ .rows = dl__rows(y), .cols = dl__cols(y), .nbatch = 1 };
    d->points = (dl_points){ .n = dl__rows(&a->shape),
                             .m = dl__rows(&b->shape),
                             .d = dl__cols(&a->shape),
                             .squared = attr ? attr->squared : 0 };
    dl_shape over = *y;
    dl_layout batch[3];
    over.rank -= 2;
    for (int i = 0; i < p->n - 1; i++) {
        batch[i] = *p->layout[i + 1];
        batch[i].shape.rank -= 2;
        d->points.row[i] = p->layout[i + 1]->stride[over.rank];
        d->points.col[i] = p->layout[i + 1]->stride[over.rank + 1];
    }
    const dl_layout *const layout[] = { &batch[0], &batch[1], &batch[2] };
    dl_loop_make(&d->batches, &over, layout, p->n - 1);
    for (int i = 0; i < over.rank; i++) d->nbatch *= over.dim[i];
    d->blocks = (d->rows + DL_POINTS - 1) / DL_POINTS;
    double work =
        (double)d->nbatch * (double)d->points.n * (double)d->points.m * (double)d->points.d / PART;
    int64_t most = d->nbatch * d->blocks < MOST_PARTS ? d->nbatch * d->blocks : MOST_PARTS;
    d->parts = work < 1 ? 1 : work > (double)most ? most : (int64_t)work;
    if (d->parts < 1) d->parts = 1;
    p->info = d;
    return true;
}

/* ---- C text ---------------------------------------------------------------------------------- */

static void emit(const dl_emit *e, const char *name)
{
    const dl_distance_call *d = e->info;
    const dl_points *p = &d->points;
    int operands = d->batches.operands;
    char function[32], of_operands[3 * 300] = "";
    dl_index to = { "" };
    int64_t behind = d->rows * d->cols;
    if (!e->layout[0]->shape.numel) return;
    snprintf(function, sizeof function, "dl_%s_%s", name, e->type);
    dl_emit_need(e, function);
    int loops = dl_emit_loops(e, &d->batches, 0, 'p');
    for (int k = loops; k-- > 0; behind *= d->batches.dim[k])
        dl_emit_term(&to, behind, (char[]){ 'p', (char)('0' + k), '\0' });
    if (d->blocks > 1) {
        loops += dl_emit_loop(e, "i", d->rows, DL_POINTS);
        dl_emit_term(&to, d->cols, "i");
    }
    for (int i = 0; i < operands; i++) {
        dl_index at = { "" };
        size_t n = strlen(of_operands);
        dl_emit_terms(&at, &d->batches, i, 'p');
        if (d->blocks > 1 && i < operands - 1) dl_emit_term(&at, p->row[i], "i");
        snprintf(of_operands + n, sizeof of_operands - n, "%s + %s, ", e->name[i + 1],
                 dl_place(&at));
    }
    dl_emit_line(e, "{");
    dl_emit_line(e, "const dl_points dl_p = { %lld, %lld, %lld, %lld,", (long long)p->n,
                 (long long)p->m, (long long)p->d, (long long)p->squared);
    dl_emit_line(e, "                         { %lld, %lld, %lld }, { %lld, %lld, %lld } };",
                 (long long)p->row[0], (long long)p->row[1], (long long)p->row[2],
                 (long long)p->col[0], (long long)p->col[1], (long long)p->col[2]);
    if (d->blocks > 1)
        dl_emit_line(e, "%s(&dl_p, %lld - i < %d ? %lld - i : %d, %s%s + %s);", function,
                     (long long)d->rows, DL_POINTS, (long long)d->rows, DL_POINTS, of_operands,
                     e->name[0], dl_place(&to));
    else
        dl_emit_line(e, "%s(&dl_p, %lld, %s%s + %s);", function, (long long)d->rows, of_operands,
                     e->name[0], dl_place(&to));
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static const char *title(const void *attr)
{
    return ((const distance_attr *)attr)->squared ? "pdist2_squared" : "pdist2";
}

static dl_val distances_vjp(const dl_node *y, int i, dl_val g);
static dl_val slopes_vjp(const dl_node *y, int i, dl_val g);
static dl_val pulls_vjp(const dl_node *y, int i, dl_val g);

#define ROW(VARIABLE, NAME, NIN, SHAPES, ...)                                \
    DL_DECLARE_KERNELS(dl__##VARIABLE);                                      \
    static void VARIABLE##_emit(const dl_emit *e) { emit(e, #VARIABLE); }    \
    static const dl_op VARIABLE##_op = { .name = NAME,                       \
                                         .nin = NIN,                         \
                                         .flags = DL_STRIDED,                \
                                         .shapes = SHAPES,                   \
                                         .infer = VARIABLE##_infer,          \
                                         .prepare = prepare,                 \
                                         .eval = DL_KERNELS(dl__##VARIABLE), \
                                         .emit = VARIABLE##_emit,            \
                                         .vjp = VARIABLE##_vjp,              \
                                         __VA_ARGS__ };
ROW(distances, "pdist2", 2, "(...,n,d) (...,m,d) -> (...,n,m)", .attr_size = sizeof(distance_attr),
    .title = title)
ROW(slopes, "pdist2_slopes", 3, "(...,n,d) (...,n,d) (...,m,d) -> (...,n,m)", .operands = "h a b")
ROW(pulls, "pdist2_pulls", 3, "(...,n,m) (...,n,d) (...,m,d) -> (...,n,d)", .operands = "w a b")
#undef ROW

/* y_ij = the sum over k of h_ik (a_ik - b_jk). */
static dl_val slopes(dl_val h, dl_val a, dl_val b) { return dl_apply(&slopes_op, NULL, h, a, b); }
/* y_ik = the sum over j of w_ij (a_ik - b_jk). */
static dl_val pulls(dl_val w, dl_val a, dl_val b) { return dl_apply(&pulls_op, NULL, w, a, b); }

static dl_val distances_vjp(const dl_node *y, int i, dl_val g)
{
    const distance_attr *attr = dl_attr(y);
    dl_val w = attr->squared ? dl__times(g, 2) : dl__div_or_zero(g, dl_out(y));
    return i ? pulls(dl_transpose(w), dl_in(y, 1), dl_in(y, 0))
             : pulls(w, dl_in(y, 0), dl_in(y, 1));
}

/* Of h_ik w_ij (a_ik - b_jk), summed over all: by a and by b. */
static dl_val by_points(int i, dl_val h, dl_val w)
{
    return i == 1 ? dl_mul(h, dl_sum(w, "-1")) : dl_neg(dl_matmul(dl_transpose(w), h));
}

static dl_val slopes_vjp(const dl_node *y, int i, dl_val g)
{
    if (!i) return pulls(g, dl_in(y, 1), dl_in(y, 2));
    return by_points(i, dl_in(y, 0), g);
}

static dl_val pulls_vjp(const dl_node *y, int i, dl_val g)
{
    if (!i) return slopes(g, dl_in(y, 1), dl_in(y, 2));
    return by_points(i, g, dl_in(y, 0));
}

/* ---- public functions ------------------------------------------------------------------------ */

static dl_val apart(const char *op, dl_val a, dl_val b, bool squared)
{
    char is[DL_SHAPE_TEXT], other[DL_SHAPE_TEXT];
    dl_tape *t = dl_any_tape((dl_val[]){ a, b }, 2);
    if (!dl__operands(op, (dl_val[]){ a, b }, 2) || !dl__matrices(op, a, false)
        || !dl__matrices(op, b, false) || !dl__match_batches(op, &a, &b))
        return dl_none(t);
    const dl_shape *x = dl_shape_of(a), *y = dl_shape_of(b);
    if (dl__cols(x) != dl__cols(y))
        return dl_fail(t, DL_ESHAPE, op, "a %s, b %s: sizes %lld and %lld differ",
                       dl_shape_text(x, is, sizeof is), dl_shape_text(y, other, sizeof other),
                       (long long)dl__cols(x), (long long)dl__cols(y));
    return dl_apply(&distances_op, (&(distance_attr){ squared }), a, b);
}

dl_val dl_pdist2(dl_val a, dl_val b) { return apart("pdist2", a, b, false); }
dl_val dl_pdist2_squared(dl_val a, dl_val b) { return apart("pdist2_squared", a, b, true); }

static const dl_op *const rows[] = { &distances_op, &slopes_op, &pulls_op, NULL };
const dl_family dl__distance_family = { "distance", rows };
