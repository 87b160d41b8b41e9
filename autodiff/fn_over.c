/* fn_over.c: which output may be computed where an input lies: what reads the input is done, or is
 * the loop that computes the output, and takes each element before it writes the new one there. A
 * function that may fail leaves its inputs alone until it has not. */
#define DL_NO_PLACES
#include "frozen.h"
#include "fused.h"
#include "plan.h"

/* Of a value and all that lie in it. */
typedef struct life {
    uint32_t first, last; /* instructions: that writes it, that touches it */
    bool beyond_loops;
} life;

static void find_lives(const dl_plan *p, life *of)
{
    dl_touched t;
    for (uint32_t v = 0; v < p->nval; v++) of[v] = (life){ DL__NONE, DL__NONE, false };
    for (uint32_t i = 0; i < p->ninstr; i++) {
        dl__plan_touched(&p->instr[i], &t);
        for (uint32_t k = 0; k < t.n; k++) {
            life *l = &of[p->base[t.value[k]]];
            if (k < t.written && l->first == DL__NONE) l->first = i;
            l->last = i;
            l->beyond_loops = l->beyond_loops || !dl__is_loop(&p->instr[i]);
        }
    }
}

bool dl__fn_lives(dl_fn *f)
{
    life *of = dl__zalloc((f->plan->nval + 1) * sizeof *of);
    if (!of) return false;
    find_lives(f->plan, of);
    for (int i = 0; i < f->nin; i++)
        f->in[i].instr = f->in[i].value == DL_NO_VALUE ? DL__NONE : of[f->in[i].value].last;
    for (int i = 0; i < f->nout; i++) {
        const life *l = &of[f->plan->base[f->out[i].value]];
        f->out[i].instr = l->first;
        f->out[i].beyond_loops = l->beyond_loops;
    }
    dl__free(of);
    return true;
}

static bool loop_may(const dl_fn *f, const dl_fn_slot *out, const dl_fn_slot *in)
{
    const dl_plan *p = f->plan;
    if (!dl__is_loop(&p->instr[out->instr])) return false;
    const dl_fused *l = p->instr[out->instr].info;
    if (out->bytes != in->bytes || in->bytes != (size_t)l->numel * l->size) return false;
    uint32_t r = 0, k = 0;
    while (r < l->nresult && l->result[r] != out->value) r++;
    while (k < l->noperand && p->base[l->operand[k].value] != in->value) k++;
    return r < l->nresult && k < l->noperand && dl__fused_may_take_over(l, p->base, r, k);
}

bool dl__fn_may_lie_over(const dl_fn *f, int o, int i)
{
    const dl_fn_slot *out = &f->out[o], *in = &f->in[i];
    if (!f->in_place || out->instr == DL__NONE) return false;
    return in->instr == DL__NONE || in->instr < out->instr
           || (in->instr == out->instr && loop_may(f, out, in));
}
