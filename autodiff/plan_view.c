/* plan_view.c: a view takes no instruction, it lies in the memory of its operand. Where it cannot,
 * its operand is copied first. */
#include "plan.h"

static const dl_layout *contiguous_twin(dl_planner *p, const dl_layout *l)
{
    if (l->contiguous) return l;
    dl_layout *twin = dl__plan_keep(p, sizeof *twin, 8);
    if (!twin) return l;
    *twin = *l;
    dl__layout_contiguous(twin);
    return twin;
}

uint32_t dl__plan_copy(dl_planner *p, uint32_t v)
{
    dl__fuse_need(p, v);
    uint32_t c = dl__plan_value(p, contiguous_twin(p, p->plan->layout[v]));
    dl_instr ins = { .run = dl__copy_op.eval[0][0], .out = c, .in = { v, c, c, c }, .work = c };
    if (!p->failed) dl__plan_add(p, &ins, (dl_source){ &dl__copy_op, NULL });
    return c;
}

static bool lay_view(dl_planner *p, uint32_t v, uint32_t in, const dl_op *op, const void *attr)
{
    const dl_plan *plan = p->plan;
    dl_layout l = { .shape = plan->layout[v]->shape };
    int64_t offset = 0;
    if (!op->view(plan->layout[in], attr, &l, &offset)) return false;
    if (!dl__layout_is_contiguous(&l)) {
        dl_layout *own = dl__plan_keep(p, sizeof *own, 8);
        if (!own) return true;
        *own = l;
        plan->layout[v] = own;
    }
    int64_t bytes = offset * (int64_t)dl_dtype_size((dl_dtype)l.shape.dtype);
    p->base[v] = p->base[in];
    p->store[v] = p->store[in];
    plan->where[v] = plan->where[in] + bytes;
    if (plan->ptr[in]) plan->ptr[v] = (char *)plan->ptr[in] + bytes;
    return true;
}

void dl__plan_view(dl_planner *p, uint32_t v, const dl_rec *r)
{
    const void *attr = dl__attr(p->t, r->attr);
    uint32_t in = p->rep[r->in[0]];
    if (!lay_view(p, v, in, r->op, attr)) lay_view(p, v, dl__plan_copy(p, in), r->op, attr);
    if (!(p->t->disabled & DL_VIEWS)) dl__fuse_view(p, v, in);
    else if (p->store[v] != DL__CONSTANT && !p->failed) p->rep[v] = dl__plan_copy(p, v);
}
