/* plan_rewrite.c: nodes become cheaper ones that give the same bits. Which, the ops know: their
 * .rewrite is asked, node by node in the order of recording, so that operands are as they will
 * stay. What is known to be symmetric is handed on through elementwise ops. */
#include "plan.h"

static dl_term term(const dl_planner *p, uint32_t v)
{
    dl_term x = { .shape = &p->plan->layout[v]->shape,
                  .uses = p->uses[v],
                  .symmetric = p->symmetric[v] };
    if (v < p->key->next || v >= p->nnode) return x;
    const dl_rec *r = dl__plan_rec(p, v);
    x.op = r->op;
    x.attr = dl__attr(p->t, r->attr);
    for (int i = 0; i < r->op->nin; i++) x.in[i] = p->rep[r->in[i]];
    return x;
}

dl_term dl_term_of(const dl_rewrite *w, uint32_t value) { return term(w->plan, value); }

bool dl_term_constant(const dl_rewrite *w, uint32_t value, double *number)
{
    const dl_planner *p = w->plan;
    dl_term x = term(p, value);
    while (x.op && x.op->view) x = term(p, value = x.in[0]);
    if (x.op == &dl__constant_op) {
        const dl_constant_attr *attr = x.attr;
        memcpy(number, &attr->bits, sizeof *number);
    } else if (value >= p->nnode) {
        *number = dl__load_real(p->plan->ptr[value], (dl_dtype)x.shape->dtype, 0);
    } else {
        return false;
    }
    return true;
}

uint32_t dl_term_number(const dl_rewrite *w, double number)
{
    dl_planner *p = w->plan;
    dl_shape s = { .dtype = w->node.shape->dtype, .numel = 1 };
    uint32_t shape = dl__intern_shape(&p->t->intern, &s);
    if (!shape) p->failed = true;
    return shape ? dl__plan_constant(p, dl__layout(p->t, shape), number) : 0;
}

/* ---- symmetry -------------------------------------------------------------------------------- */

static bool square(const dl_shape *s) { return s->rank == 2 && s->dim[0] == s->dim[1]; }

/* Elementwise and view of one number: the same at (i,j) and (j,i) if the operands are. */
static bool stays_symmetric(const dl_planner *p, const dl_term *x)
{
    if (!square(x->shape) || !x->op->nin) return false;
    if (!x->op->strip[0][0] && !x->op->view) return false;
    for (int i = 0; i < x->op->nin; i++) {
        dl_term y = term(p, x->in[i]);
        bool one = y.shape->numel == 1;
        if (!one && (x->op->view || !y.symmetric)) return false;
    }
    return true;
}

/* ---- the pass -------------------------------------------------------------------------------- */

static bool replace(dl_planner *p, uint32_t v, const dl_rewrite *w)
{
    dl_rec *r = &p->rec[v - p->key->next];
    r->op = w->node.op;
    memcpy(r->in, w->node.in, sizeof r->in);
    r->attr = 0;
    if (r->op->attr_size) r->attr = dl__intern(&p->t->intern, w->node.attr, r->op->attr_size);
    return !r->op->attr_size || r->attr;
}

static void rewrite(dl_planner *p, uint32_t v)
{
    dl_rewrite w = {
        .node = term(p, v), .same = DL_NO_VALUE, .strict = p->t->disabled & DL__STRICT, .plan = p
    };
    const dl_op *asked = NULL;
    while (w.same == DL_NO_VALUE && w.node.op != asked && w.node.op->rewrite && !p->failed) {
        asked = w.node.op;
        asked->rewrite(&w);
    }
    if (w.same != DL_NO_VALUE) p->rep[v] = p->rep[w.same];
    else if (asked && !replace(p, v, &w)) p->failed = true;
    p->symmetric[v] = w.node.symmetric || (w.node.op->flags & DL_SYMMETRIC && square(w.node.shape))
                      || stays_symmetric(p, &w.node);
}

void dl__plan_rewrite(dl_planner *p)
{
    if (p->t->disabled & DL_REWRITE) return;
    for (uint32_t v = p->key->next; v < p->nnode && !p->failed; v++) {
        if (p->rep[v] != v) p->rep[v] = p->rep[p->rep[v]];
        else if (p->live[v] && dl__plan_rec(p, v)->op != &dl__constant_op) rewrite(p, v);
    }
    dl__plan_dead(p);
}
