/* plan_emit.c: instructions, in the order of recording. A view takes no instruction: it lies in the
 * memory of its operand. What depends on nothing but constants is computed here, once. */
#include "plan.h"

enum { FOLD_LIMIT = 4096 }; /* bytes of a result that is computed when the plan is made */

void *dl__plan_keep(dl_planner *p, size_t bytes, size_t align)
{
    void *m = dl__arena(&p->plan->memory, bytes ? bytes : 1, align);
    if (!m) p->failed = true;
    return m;
}

static uint32_t add_value(dl_planner *p, const dl_layout *layout)
{
    dl_plan *plan = p->plan;
    uint32_t v = p->nval;
    if (!dl__grow(&plan->layout, &p->cap_layout, v + 1, sizeof *plan->layout)
        || !dl__grow(&plan->where, &p->cap_where, v + 1, sizeof *plan->where)
        || !dl__grow(&plan->ptr, &p->cap_ptr, v + 1, sizeof *plan->ptr)
        || !dl__grow(&p->base, &p->cap_base, v + 1, sizeof *p->base)
        || !dl__grow(&p->store, &p->cap_store, v + 1, sizeof *p->store)) {
        p->failed = true;
        return 0;
    }
    plan->layout[v] = layout;
    plan->where[v] = 0;
    plan->ptr[v] = NULL;
    p->base[v] = v;
    p->store[v] = DL__TEMP;
    p->nval++;
    return v;
}

void dl__plan_add(dl_planner *p, const dl_instr *ins, dl_source source)
{
    dl_plan *plan = p->plan;
    if (!dl__grow(&plan->instr, &p->cap_instr, plan->ninstr + 1, sizeof *ins)
        || (p->told && !dl__grow(&plan->source, &p->cap_source, plan->ninstr + 1, sizeof source))) {
        p->failed = true;
        return;
    }
    if (p->told) plan->source[plan->ninstr] = source;
    plan->instr[plan->ninstr++] = *ins;
}

/* ---- copies ---------------------------------------------------------------------------------- */

static const dl_layout *contiguous_twin(dl_planner *p, const dl_layout *l)
{
    if (l->contiguous) return l;
    dl_layout *twin = dl__plan_keep(p, sizeof *twin, 8);
    if (!twin) return l;
    *twin = *l;
    dl__layout_contiguous(twin);
    return twin;
}

static uint32_t copy_of(dl_planner *p, uint32_t v)
{
    dl__fuse_need(p, v);
    uint32_t c = add_value(p, contiguous_twin(p, p->plan->layout[v]));
    dl_instr ins = { .run = dl__copy_op.eval[0][0], .out = c, .in = { v, c, c, c }, .work = c };
    if (!p->failed) dl__plan_add(p, &ins, (dl_source){ &dl__copy_op, NULL });
    return c;
}

/* ---- views ----------------------------------------------------------------------------------- */

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

static void emit_view(dl_planner *p, uint32_t v, const dl_rec *r)
{
    const void *attr = dl__attr(p->t, r->attr);
    uint32_t in = p->rep[r->in[0]];
    if (!lay_view(p, v, in, r->op, attr)) lay_view(p, v, copy_of(p, in), r->op, attr);
    if (!(p->t->disabled & DL_VIEWS)) dl__fuse_view(p, v, in);
    else if (p->store[v] != DL__CONSTANT && !p->failed) p->rep[v] = copy_of(p, v);
}

/* ---- constants ------------------------------------------------------------------------------- */

static void hold(dl_planner *p, uint32_t v, double number)
{
    void *m = dl__plan_keep(p, sizeof(double), sizeof(double));
    if (m) dl__store_real(m, (dl_dtype)p->plan->layout[v]->shape.dtype, number);
    p->plan->ptr[v] = m;
    p->store[v] = DL__CONSTANT;
}

static void emit_constant(dl_planner *p, uint32_t v, const dl_rec *r)
{
    const dl_constant_attr *attr = dl__attr(p->t, r->attr);
    double number;
    memcpy(&number, &attr->bits, sizeof number);
    hold(p, v, number);
}

uint32_t dl__plan_constant(dl_planner *p, const dl_layout *layout, double number)
{
    uint32_t v = add_value(p, layout);
    if (!p->failed) hold(p, v, number);
    return v;
}

static bool foldable(const dl_planner *p, uint32_t v, const dl_rec *r)
{
    if (p->t->disabled & DL_FOLD || dl__plan_bytes(p, v) > FOLD_LIMIT) return false;
    for (int i = 0; i < r->op->nin; i++)
        if (p->store[p->rep[r->in[i]]] != DL__CONSTANT) return false;
    return true;
}

/* Memory for what instruction i writes beside v, or none any more. */
static void lend(dl_planner *p, uint32_t i, uint32_t v, bool memory)
{
    dl_touched on;
    dl__plan_touched(&p->plan->instr[i], &on);
    for (uint32_t k = 0; k < on.written; k++) {
        uint32_t x = on.value[k];
        if (x == v) continue;
        p->plan->ptr[x] = memory ? dl__arena(&p->t->scratch, dl__plan_bytes(p, x), 64) : NULL;
        if (memory && !p->plan->ptr[x]) p->failed = true;
    }
}

/* Runs the instructions from `first` on, of which the last one computes v, and takes them away. */
static void fold(dl_planner *p, uint32_t v, uint32_t first)
{
    dl_plan *plan = p->plan;
    uint32_t n = plan->ninstr;
    plan->ptr[v] = dl__plan_keep(p, dl__plan_bytes(p, v), 64);
    p->store[v] = DL__CONSTANT;
    for (uint32_t i = first; i < n; i++) lend(p, i, v, true);
    if (!p->failed) dl__execute(&plan->instr[first], n - first, plan->ptr, plan->layout);
    for (uint32_t i = first; i < n; i++) lend(p, i, v, false);
    plan->ninstr = first;
}

/* ---- instructions ---------------------------------------------------------------------------- */

static void *prepare_allocate(dl_prepare *c, size_t bytes)
{
    dl_planner *p = c->plan;
    return dl__plan_keep(p, bytes, 8);
}

uint32_t dl__plan_work(dl_planner *p, size_t bytes)
{
    if (!p->work || p->work->shape.numel != (int64_t)bytes) {
        dl_layout *l = dl__plan_keep(p, sizeof *l, 8);
        if (!l) return 0;
        *l = (dl_layout){ .shape = { .dtype = DL_U8,
                                     .rank = 1,
                                     .dim = { (int64_t)bytes },
                                     .numel = (int64_t)bytes },
                          .stride = { 1 },
                          .contiguous = 1 };
        p->work = l;
    }
    return add_value(p, p->work);
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

static void emit_call(dl_planner *p, uint32_t v, const dl_rec *r)
{
    const dl_op *op = r->op;
    int dtype = p->plan->layout[v]->shape.dtype;
    dl_instr ins = { .run = op->eval[p->t->isa][dtype < DL_NREAL ? dtype : 0],
                     .out = v,
                     .work = v,
                     .info = dl__attr(p->t, r->attr) };
    for (int i = 0; i < op->nin; i++) {
        ins.in[i] = p->rep[r->in[i]];
        dl__fuse_need(p, ins.in[i]);
        if (!(op->flags & DL_STRIDED) && !p->plan->layout[ins.in[i]]->contiguous)
            ins.in[i] = copy_of(p, ins.in[i]);
    }
    for (int i = op->nin; i < DL_MAX_IN; i++) ins.in[i] = v;
    if (op->prepare && !p->failed) prepare(p, op, &ins);
    if (!p->failed) dl__plan_add(p, &ins, (dl_source){ op, dl__attr(p->t, r->attr) });
}

static bool has_kernel(const dl_planner *p, uint32_t v, const dl_op *op)
{
    int dtype = p->plan->layout[v]->shape.dtype;
    dl_isa isa = p->t->isa;
    return dtype < DL_NREAL ? op->strip[isa][dtype] || op->eval[isa][dtype] : !!op->eval[isa][0];
}

static void emit_op(dl_planner *p, uint32_t v, const dl_rec *r)
{
    int dtype = p->plan->layout[v]->shape.dtype;
    bool elementwise = r->op->strip[0][0];
    if (elementwise) dl__fuse_uniform(p, v, r);
    bool constant = !p->failed && foldable(p, v, r);
    if (!has_kernel(p, v, r->op)) {
        dl__tape_fail(p->t, DL_EDTYPE, "eval: %s has no kernel for %s", r->op->name,
                      dl_dtype_name((dl_dtype)dtype));
        p->failed = true;
    } else if (constant) {
        uint32_t first = p->plan->ninstr;
        (elementwise ? dl__fuse_alone : emit_call)(p, v, r);
        if (!p->failed) fold(p, v, first);
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
            uint32_t o = own ? v : copy_of(p, v);
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
        if (r->op == &dl__constant_op) emit_constant(p, v, r);
        else if (r->op->view) emit_view(p, v, r);
        else emit_op(p, v, r);
    }
    if (!p->failed) dl__fuse_close_all(p);
    if (!p->failed) emit_outputs(p);
}
