/* plan_emit.c: instructions, in the order of recording. */
#include "plan.h"

static void *prepare_allocate(dl_prepare *c, size_t bytes)
{
    dl_planner *p = c->plan;
    return dl__plan_keep(p, bytes, 8);
}

static void prepare(dl_planner *p, const dl_op *op, dl_instr *ins)
{
    const dl_layout *layout[DL_MAX_IN + 1] = { p->plan->layout[ins->out] };
    for (int i = 0; i < op->nin; i++) layout[i + 1] = p->plan->layout[ins->in[i]];
    dl_prepare c = { .layout = layout,
                     .n = op->nin + 1,
                     .attr = ins->info,
                     .plan = p,
                     .isa = p->t->isa,
                     .strict = p->t->disabled & DL__STRICT,
                     .run = ins->run,
                     .allocate = prepare_allocate };
    if (!op->prepare(&c)) p->failed = true;
    ins->info = c.info;
    ins->run = c.run;
    if (c.work_bytes && !p->failed) ins->work = dl__plan_work(p, c.work_bytes);
}

/* Of the result; if that does not compute, of the first operand that does, else the first one. */
static int kernel_dtype(const dl_planner *p, uint32_t v, const dl_rec *r)
{
    int dtype = p->plan->layout[v]->shape.dtype;
    for (int i = 0; dtype >= DL_NREAL && i < r->op->nin; i++)
        dtype = p->plan->layout[p->rep[r->in[i]]]->shape.dtype;
    return dtype < DL_NREAL ? dtype : 0;
}

static void emit_call(dl_planner *p, uint32_t v, const dl_rec *r)
{
    const dl_op *op = r->op;
    int dtype = kernel_dtype(p, v, r);
    dl_isa isa = dl__kernel_isa(p, op, dtype);
    dl_instr ins = {
        .run = op->eval[isa][dtype], .out = v, .work = v, .info = dl__attr(p->t, r->attr)
    };
    for (int i = 0; i < op->nin; i++) {
        ins.in[i] = p->rep[r->in[i]];
        dl__fuse_need(p, ins.in[i]);
        if (!(op->flags & DL_STRIDED) && !p->plan->layout[ins.in[i]]->contiguous)
            ins.in[i] = dl__plan_copy(p, ins.in[i]);
    }
    for (int i = op->nin; i < DL_MAX_IN; i++) ins.in[i] = v;
    if (op->prepare && !p->failed) prepare(p, op, &ins);
    if (op->flags & DL_MAY_FAIL) p->plan->may_fail = true;
    if (!p->failed) dl__plan_add(p, &ins, (dl_source){ op, dl__attr(p->t, r->attr) });
}

static bool has_kernel(const dl_planner *p, uint32_t v, const dl_rec *r)
{
    int dtype = kernel_dtype(p, v, r);
    dl_isa isa = dl__kernel_isa(p, r->op, dtype);
    return r->op->strip[isa][dtype] || r->op->eval[isa][dtype];
}

static void emit_op(dl_planner *p, uint32_t v, const dl_rec *r)
{
    int dtype = p->plan->layout[v]->shape.dtype;
    bool elementwise = r->op->strip[0][0];
    if (elementwise) dl__fuse_uniform(p, v, r);
    bool constant = !p->failed && dl__plan_foldable(p, v, r);
    if (!has_kernel(p, v, r)) {
        dl__tape_fail(p->t, DL_EDTYPE, "eval: %s has no kernel for %s", r->op->name,
                      dl_dtype_name((dl_dtype)dtype));
        p->failed = true;
    } else if (constant) {
        uint32_t first = p->plan->ninstr;
        (elementwise ? dl__fuse_alone : emit_call)(p, v, r);
        if (!p->failed) dl__plan_fold_from(p, v, first);
    } else if (elementwise) {
        dl__fuse_node(p, v, r);
    } else if (!dl__fuse_reduction(p, v, r) && !p->failed) {
        emit_call(p, v, r);
    }
}

/* ---- outputs --------------------------------------------------------------------------------- */

static void emit_outputs(dl_planner *p)
{
    dl_plan *plan = p->plan;
    uint32_t n = p->key->nout;
    plan->out = dl__plan_keep(p, n * sizeof *plan->out, 8);
    plan->slot = dl__plan_keep(p, n * sizeof *plan->slot, 8);
    plan->slot_offset = dl__plan_keep(p, n * sizeof *plan->slot_offset, 8);
    uint32_t *slot_of = dl__arena(&p->t->scratch, (p->nval + n) * sizeof *slot_of, 4);
    if (!slot_of) p->failed = true;
    for (uint32_t v = 0; !p->failed && v < p->nval; v++) slot_of[v] = DL__NONE;
    for (uint32_t i = 0; !p->failed && i < n; i++) {
        uint32_t v = p->rep[p->key->out[i]];
        if (slot_of[v] == DL__NONE) {
            bool own = p->store[v] == DL__TEMP && p->base[v] == v && !dl__plan_uniform(p, v);
            uint32_t o = own ? v : dl__plan_copy(p, v);
            if (p->failed) return;
            p->store[o] = DL__OUTPUT;
            slot_of[v] = plan->nslot;
            plan->slot[plan->nslot++] = o;
        }
        plan->out[i] = slot_of[v];
    }
    /* Views of what has become an output lie there now. */
    for (uint32_t v = 0; !p->failed && v < p->nval; v++)
        if (p->store[p->base[v]] == DL__OUTPUT) p->store[v] = DL__OUTPUT;
}

void dl__plan_emit(dl_planner *p)
{
    uint32_t first = p->key->next, end = first + p->key->nrec;
    for (uint32_t v = first; v < end && !p->failed; v++) {
        const dl_rec *r = dl__plan_rec(p, v);
        if (p->rep[v] != v || !p->live[v]) continue;
        if (r->op == &dl__constant_op) dl__plan_number(p, v, r);
        else if (r->op->view) dl__plan_view(p, v, r);
        else emit_op(p, v, r);
    }
    if (!p->failed) dl__fuse_close_all(p);
    if (!p->failed) emit_outputs(p);
}
