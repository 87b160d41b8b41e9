/* plan.h: what the passes of the planner share. They run in the order of plan.c. */
#ifndef DLTAPE_PLAN_H
#define DLTAPE_PLAN_H

#include "internal.h"

#define DL__NONE UINT32_MAX

/* In whose memory a value lies. */
typedef enum dl_store { DL__TEMP, DL__EXTERNAL, DL__CONSTANT, DL__OUTPUT } dl_store;

/* A fused loop that more nodes may join: plan_fuse.c. */
enum { DL__OPEN = 16 };
typedef struct dl_open dl_open;

/* Values are numbered: externals, then one for each node of the key, then those that the planner
 * adds (copies, scratch memory of kernels). Arrays are by value. */
typedef struct dl_planner {
    dl_tape *t;
    const dl_key *key;
    dl_rec *rec; /* of the key, rewritten */
    dl_plan *plan;
    uint32_t *rep;        /* the value that stands for it: of equal nodes the first */
    uint8_t *live;        /* needed for an output */
    uint32_t *base;       /* in whose memory it lies, perhaps its own */
    uint8_t *store;       /* of the base */
    uint32_t nval, nnode; /* nnode: without those that the planner adds */
    uint32_t *uses;       /* by nodes and outputs, of the first nnode values */
    uint32_t *root;       /* of a view: the value that has the same elements in the same places */
    uint8_t *uniform;     /* one element in memory, which stands for all */
    uint8_t *symmetric;   /* a matrix that equals its transpose */
    uint8_t *loop;        /* the open loop that computes it, counted from 1 */
    dl_open *open[DL__OPEN];
    uint32_t age;
    const dl_layout *work; /* of the last scratch memory */
    bool told;             /* the plan keeps what it takes to print it */
    size_t cap_instr, cap_source, cap_layout, cap_where, cap_ptr, cap_base, cap_store;
    bool failed; /* out of memory */
} dl_planner;

void dl__plan_cse(dl_planner *p);     /* plan_cse.c: rep */
void dl__plan_dead(dl_planner *p);    /* plan_cse.c: live, uses */
void dl__plan_rewrite(dl_planner *p); /* plan_rewrite.c: rec, rep */
void dl__plan_emit(dl_planner *p);    /* plan_emit.c: instructions, outputs */
void dl__plan_memory(dl_planner *p);  /* plan_memory.c: where */

/* ---- what the passes lend to each other ------------------------------------------------------ */

/* plan_value.c */
void *dl__plan_keep(dl_planner *p, size_t bytes, size_t align); /* lives with the plan */
uint32_t dl__plan_value(dl_planner *p, const dl_layout *layout);
uint32_t dl__plan_work(dl_planner *p, size_t bytes); /* a value: scratch memory */
void dl__plan_add(dl_planner *p, const dl_instr *ins, dl_source source);

/* plan_view.c */
uint32_t dl__plan_copy(dl_planner *p, uint32_t v); /* contiguous */
void dl__plan_view(dl_planner *p, uint32_t v, const dl_rec *r);

/* plan_fold.c */
void dl__plan_number(dl_planner *p, uint32_t v, const dl_rec *r); /* of the op constant */
uint32_t dl__plan_constant(dl_planner *p, const dl_layout *layout, double number);
bool dl__plan_foldable(const dl_planner *p, uint32_t v, const dl_rec *r);
void dl__plan_fold_from(dl_planner *p, uint32_t v, uint32_t first);

/* Elementwise nodes and reductions join loops (plan_fuse.c), in the order of recording. */
void dl__fuse_uniform(dl_planner *p, uint32_t v, const dl_rec *r);
void dl__fuse_node(dl_planner *p, uint32_t v, const dl_rec *r);
bool dl__fuse_reduction(dl_planner *p, uint32_t v, const dl_rec *r); /* false: it does not */
void dl__fuse_view(dl_planner *p, uint32_t v, uint32_t in);
void dl__fuse_alone(dl_planner *p, uint32_t v, const dl_rec *r);
/* Emits the loop that computes v or what it is a view of, if it is open. */
void dl__fuse_need(dl_planner *p, uint32_t v);
void dl__fuse_close_all(dl_planner *p);

/* The values that an instruction writes, and behind them those that it reads. */
enum { DL__TOUCHED = 224 };
typedef struct dl_touched {
    uint32_t written, n, value[DL__TOUCHED];
} dl_touched;
void dl__plan_touched(const dl_instr *ins, dl_touched *to);

void dl__plan_check(dl_planner *p); /* plan_check.c: debug builds only */

static inline const dl_rec *dl__plan_rec(const dl_planner *p, uint32_t value)
{
    return &p->rec[value - p->key->next];
}
/* The best instruction set up to the tape's that the op has a kernel of. */
static inline dl_isa dl__kernel_isa(const dl_planner *p, const dl_op *op, int dtype)
{
    dl_isa isa = p->t->isa;
    while (isa > DL_BASELINE && !op->strip[isa][dtype] && !op->eval[isa][dtype]) isa--;
    return isa;
}
static inline bool dl__plan_uniform(const dl_planner *p, uint32_t value)
{
    return value < p->nnode && p->uniform[value];
}
static inline size_t dl__plan_bytes(const dl_planner *p, uint32_t value)
{
    const dl_shape *s = &p->plan->layout[value]->shape;
    size_t size = dl_dtype_size((dl_dtype)s->dtype);
    return dl__plan_uniform(p, value) ? size : (size_t)s->numel * size;
}

#endif
