/* plan.h: what the passes of the planner share. They run in the order of plan.c. */
#ifndef DLTAPE_PLAN_H
#define DLTAPE_PLAN_H

#include "internal.h"

#define DL__NONE UINT32_MAX

/* In whose memory a value lies. */
typedef enum dl_store { DL__TEMP, DL__EXTERNAL, DL__CONSTANT, DL__OUTPUT } dl_store;

/* Values are numbered: externals, then one for each node of the key, then those that the planner
 * adds (copies, scratch memory of kernels). Arrays are by value. */
typedef struct dl_planner {
    dl_tape *t;
    const dl_key *key;
    dl_plan *plan;
    uint32_t *rep;  /* the value that stands for it: of equal nodes the first */
    uint8_t *live;  /* needed for an output */
    uint32_t *base; /* in whose memory it lies, perhaps its own */
    uint8_t *store; /* of the base */
    uint32_t nval;
    size_t cap_instr, cap_layout, cap_where, cap_ptr, cap_base, cap_store;
    bool failed; /* out of memory */
} dl_planner;

void dl__plan_cse(dl_planner *p);    /* plan_cse.c: rep */
void dl__plan_dead(dl_planner *p);   /* plan_cse.c: live */
void dl__plan_emit(dl_planner *p);   /* plan_emit.c: instructions, views, constants, outputs */
void dl__plan_memory(dl_planner *p); /* plan_memory.c: where */

static inline const dl_rec *dl__plan_rec(const dl_planner *p, uint32_t value)
{
    return &p->key->rec[value - p->key->next];
}
static inline size_t dl__plan_bytes(const dl_planner *p, uint32_t value)
{
    const dl_shape *s = &p->plan->layout[value]->shape;
    return (size_t)s->numel * dl_dtype_size((dl_dtype)s->dtype);
}

#endif
