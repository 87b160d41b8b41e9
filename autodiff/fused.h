/* fused.h: a fused loop: elementwise steps over values of the same number of elements, ended by
 * reductions over their last axes. plan_fuse.c makes it, fused.c runs it.
 *
 * It runs in strips that stay in the L1 cache. A table of slots says where the strips lie: first
 * the operands, then the results, then what no one else needs, which is overwritten strip by strip.
 * An operand that does not lie in logical order without gaps is gathered, strip by strip. */
#ifndef DLTAPE_FUSED_H
#define DLTAPE_FUSED_H

#include "internal.h"

enum {
    DL__STEPS = 64,    /* most steps of a loop, reductions included */
    DL__OPERANDS = 24, /* most operands */
    DL__SLOTS = 2 * DL__STEPS + DL__OPERANDS,
    DL__OWN = 40, /* most strips that lie in no value: those of gathered operands among them */
    DL__STRIPS = DL__OWN * DL_BLOCK * sizeof(double), /* their bytes, at their shortest */
    DL__PIECE = 256 * DL_BLOCK,                       /* elements that one thread takes at a time */
    DL__DIRECT = 2 * DL_BLOCK,                        /* elements of a loop that needs no table */
};

typedef struct dl_fused_operand {
    uint32_t value;
    bool single;           /* one element, shared by all */
    const dl_loop *gather; /* null: as it lies */
    uint32_t gathered;     /* in a loop without a table: the value that it is gathered into */
} dl_fused_operand;

typedef struct dl_fused_end {
    const dl_fold *fold;
    const dl_op *op;
    uint32_t value, slot; /* the result; what it sums */
    uint32_t slot_value;  /* the same in a loop without a table */
} dl_fused_end;

typedef struct dl_fused {
    int64_t numel, terms; /* terms: of each reduction; without one numel */
    int64_t strip;        /* elements: whole rows of `terms`, or whole blocks of one */
    int64_t piece;        /* likewise */
    uint32_t size;        /* of an element, bytes */
    uint32_t noperand, nresult, nstrip, nstep, nend, gathers;
    const dl_fused_operand *operand;
    const uint32_t *result; /* values */
    const dl_step *step;
    const dl_op *const *op; /* by step */
    const dl_fused_end *end;
    /* A loop of one strip needs no table: its strips are values too, and values its slots. */
    const uint32_t *strip_value; /* by strip; null: it has a table */
    const dl_step *direct;
} dl_fused;

dl_kernel dl__fused_run, dl__fused_direct;

static inline bool dl__is_loop(const dl_instr *ins)
{
    return ins->run == dl__fused_run || ins->run == dl__fused_direct;
}

/* Sums of pieces of rows, which are kept until the row is complete. */
size_t dl__fused_work(const dl_fused *f);

/* Result r may lie where operand k does: no step and no other operand reads it after r is written.
 * base: by value. plan_memory.c. */
bool dl__fused_may_take_over(const dl_fused *f, const uint32_t *base, uint32_t r, uint32_t k);

#endif
