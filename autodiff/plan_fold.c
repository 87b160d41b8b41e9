/* plan_fold.c: what depends on nothing but constants is computed here, once. */
#include "plan.h"

enum { FOLD_LIMIT = 4096 }; /* bytes of a result that is computed when the plan is made */

static void hold(dl_planner *p, uint32_t v, double number)
{
    void *m = dl__plan_keep(p, sizeof(double), sizeof(double));
    if (m) dl__store_real(m, (dl_dtype)p->plan->layout[v]->shape.dtype, number);
    p->plan->ptr[v] = m;
    p->store[v] = DL__CONSTANT;
}

void dl__plan_number(dl_planner *p, uint32_t v, const dl_rec *r)
{
    const dl_constant_attr *attr = dl__attr(p->t, r->attr);
    double number;
    memcpy(&number, &attr->bits, sizeof number);
    hold(p, v, number);
}

uint32_t dl__plan_constant(dl_planner *p, const dl_layout *layout, double number)
{
    uint32_t v = dl__plan_value(p, layout);
    if (!p->failed) hold(p, v, number);
    return v;
}

bool dl__plan_foldable(const dl_planner *p, uint32_t v, const dl_rec *r)
{
    if (p->t->disabled & DL_FOLD || dl__plan_bytes(p, v) > FOLD_LIMIT) return false;
    if (r->op->flags & (DL_MAY_FAIL | DL_IMPURE)) return false;
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
void dl__plan_fold_from(dl_planner *p, uint32_t v, uint32_t first)
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
