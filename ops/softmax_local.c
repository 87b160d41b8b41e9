/* softmax_local.c: TEMPORARY, dropped at merge. */
#include "support.h"

#include <math.h>

typedef struct one_axis {
    int64_t axis;
} one_axis;

typedef struct parts {
    int64_t before, classes, behind;
} parts;

static parts parts_of(const dl_shape *s, int64_t axis)
{
    parts p = { 1, s->dim[axis], 1 };
    for (int i = 0; i < s->rank; i++)
        *(i < axis ? &p.before : &p.behind) *= i == axis ? 1 : s->dim[i];
    return p;
}

static void infer(dl_infer *c)
{
    if (!dl__computing(c)) return;
    c->out = *c->in[0];
    c->out.dim[((const one_axis *)c->attr)->axis] = 1;
}

static void eval(const dl_call *c)
{
    const dl_shape *s = &dl_operand_layout(c, 0)->shape;
    int64_t axis = ((const one_axis *)c->ins->info)->axis;
    parts p = parts_of(s, axis);
    for (int64_t i = 0; i < p.before; i++)
        for (int64_t j = 0; j < p.behind; j++) {
            double most = -INFINITY, sum = 0;
            for (int pass = 0; pass < 2; pass++)
                for (int64_t k = 0; k < p.classes; k++) {
                    int64_t at = (i * p.classes + k) * p.behind + j;
                    double x = s->dtype == DL_F32 ? (double)((const float *)dl_operand(c, 0))[at]
                                                  : ((const double *)dl_operand(c, 0))[at];
                    if (pass) sum += exp(x - most);
                    else if (x > most || x != x) most = x;
                }
            double y = most + log(sum);
            if (s->dtype == DL_F32) ((float *)dl_result(c))[i * p.behind + j] = (float)y;
            else ((double *)dl_result(c))[i * p.behind + j] = y;
        }
}

static void emit(const dl_emit *e)
{
    const dl_shape *s = &e->layout[1]->shape;
    int64_t axis = ((const one_axis *)e->attr)->axis;
    parts p = parts_of(s, axis);
    dl_emit_line(e, "for (int i = 0; i < %d; i++)", (int)(p.before * p.behind));
    dl_emit_line(e, "{");
    dl_emit_line(e, "double most = -INFINITY, sum = 0;");
    dl_emit_line(e, "int at = i / %d * %d + i %% %d;", (int)p.behind, (int)(p.classes * p.behind),
                 (int)p.behind);
    dl_emit_line(e,
                 "for (int k = 0; k < %d; k++) if (%s[at + k * %d] > most) most = %s[at + k * %d];",
                 (int)p.classes, e->name[1], (int)p.behind, e->name[1], (int)p.behind);
    dl_emit_line(e, "for (int k = 0; k < %d; k++) sum += exp((double)%s[at + k * %d] - most);",
                 (int)p.classes, e->name[1], (int)p.behind);
    dl_emit_line(e, "%s[i] = (%s)(most + log(sum));", e->name[0], e->real);
    dl_emit_line(e, "}");
}

static dl_val vjp(const dl_node *y, int i, dl_val g)
{
    return dl_mul(g, dl_exp(dl_sub(dl_in(y, i), dl_out(y))));
}

static const dl_op op = {
    .name = "logsumexp_local",
    .nin = 1,
    .attr_size = sizeof(one_axis),
    .shapes = "any -> any",
    .infer = infer,
    .eval = { { eval, eval } },
    .emit = emit,
    .vjp = vjp,
};

dl_val dl_log_softmax(dl_val x, const char *axes)
{
    int axis = dl__axis("log_softmax", x, axes);
    if (axis < 0) return dl_none(x.tape);
    return dl_sub(x, dl_apply(&op, (&(one_axis){ axis }), x));
}
