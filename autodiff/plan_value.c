/* plan_value.c: what all passes build with: memory of the plan, values, instructions. */
#include "plan.h"

void *dl__plan_keep(dl_planner *p, size_t bytes, size_t align)
{
    void *m = dl__arena(&p->plan->memory, bytes ? bytes : 1, align);
    if (!m) p->failed = true;
    return m;
}

uint32_t dl__plan_value(dl_planner *p, const dl_layout *layout)
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
    return dl__plan_value(p, p->work);
}
