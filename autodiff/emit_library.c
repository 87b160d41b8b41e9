/* emit_library.c: what compiled code leaves to the library that loads it: instructions with work
 * enough, other than loops. The library's kernels are made for this processor, may run in several
 * threads, and may be a BLAS; what they read and write lies where the plan has it. */
#define DL_NO_PLACES
#include "emit.h"
#include "plan.h"

#include <math.h>

enum { LEAST = 1024 }; /* multiplications; below, the call costs more than the kernel saves */

static double numel(const dl_writer *w, uint32_t v) { return (double)w->p->layout[v]->shape.numel; }

/* m n k, of a product (m,k) by (k,n), and of a matrix times its transpose; n^3 of a factorisation;
 * an order of magnitude of everything else. */
static double multiplications(const dl_writer *w, const dl_instr *ins, const dl_op *op)
{
    uint32_t first = op->nin ? ins->in[0] : ins->out, last = op->nin > 1 ? ins->in[1] : first;
    return sqrt(numel(w, ins->out) * numel(w, first) * numel(w, last));
}

bool dl__library_runs(const dl_writer *w, uint32_t i)
{
    const dl_instr *ins = &w->p->instr[i];
    const dl_op *op = w->p->source[i].op;
    if (!(w->with & DL__LIBRARY) || !op || op->flags & DL_MAY_FAIL) return false;
    return w->with & DL__LIBRARY_ALL || multiplications(w, ins, op) >= LEAST;
}

void dl__library_values(dl_writer *w)
{
    dl_touched t;
    for (uint32_t i = 0; i < w->p->ninstr; i++) {
        if (!dl__library_runs(w, i)) continue;
        dl__plan_touched(&w->p->instr[i], &t);
        for (uint32_t k = 0; k < t.n; k++) w->home[w->p->base[t.value[k]]].shared = true;
    }
}

static void write_sizes(dl_writer *w, const char *before, uint32_t v)
{
    char text[DL_SHAPE_TEXT];
    dl__write(w, "%s%s", before, dl_shape_text(&w->p->layout[v]->shape, text, sizeof text));
}

void dl__emit_library(dl_writer *w, uint32_t i)
{
    const dl_instr *ins = &w->p->instr[i];
    const dl_op *op = w->p->source[i].op;
    dl__need(w, "dl_library");
    w->memory = true;
    dl__write(w, "%*sdl_library(memory, %u);", 4 * w->depth, "", i);
    write_sizes(w, " /* ", ins->out);
    dl__write(w, " = %s(", dl__c_op(op->name).text);
    for (int k = 0; k < op->nin; k++) write_sizes(w, k ? ", " : "", ins->in[k]);
    dl__write(w, ") */\n");
}
