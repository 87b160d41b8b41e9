/* plan_fuse.h: loops that are open: which nodes belong together (plan_fuse.c), and what becomes of
 * them (plan_loop.c). */
#ifndef DLTAPE_PLAN_FUSE_H
#define DLTAPE_PLAN_FUSE_H

#include "fused.h"
#include "plan.h"

struct dl_open {
    int64_t numel, terms; /* terms: of its reductions, 0 if there are none */
    int dtype;
    uint32_t number, age;
    uint32_t after;               /* the open loops that must run before it, a bit for each */
    uint32_t n, operands;         /* operands: at most */
    uint32_t nplain;              /* of them those that hold the loop's elements one for one, */
    uint32_t plain[DL__OPERANDS]; /* each counted once */
    uint32_t member[DL__STEPS];
};

void dl__loop_emit(dl_planner *p, const dl_open *g);

static inline const dl_shape *dl__plan_shape(const dl_planner *p, uint32_t v)
{
    return &p->plan->layout[v]->shape;
}

/* The value that lies in the same place element by element. */
static inline uint32_t dl__plan_root(const dl_planner *p, uint32_t v)
{
    return v < p->nnode ? p->root[v] : v;
}

/* Elements that are computed. */
static inline int64_t dl__plan_count(const dl_planner *p, uint32_t v)
{
    return dl__plan_uniform(p, v) ? 1 : dl__plan_shape(p, v)->numel;
}

static inline const dl_fold *dl__plan_fold(const dl_planner *p, const dl_rec *r, uint32_t v)
{
    int dtype = dl__plan_shape(p, v)->dtype;
    return dtype < DL_NREAL ? r->op->fold[p->t->isa][dtype] : NULL;
}

static inline bool dl__one_element(const dl_layout *l)
{
    for (int i = 0; i < l->shape.rank; i++)
        if (l->shape.dim[i] != 1 && l->stride[i]) return false;
    return l->shape.numel > 0;
}

#endif
