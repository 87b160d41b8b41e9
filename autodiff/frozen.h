/* frozen.h: what a frozen function is made of; for fn.c, and for those who print it as C. */
#ifndef DLTAPE_FROZEN_H
#define DLTAPE_FROZEN_H

#include "fn.h"
#include "internal.h"

enum { DL__NAME = 64 };

typedef struct dl_fn_slot {
    char name[DL__NAME];
    uint32_t value; /* of the plan: of an input DL_NO_VALUE if nothing reads it */
    int first;      /* of an output: the first one that is the same value */
    int updates;
    uint32_t instr;    /* of an output: the first to write it; of an input: the last to read it */
    bool beyond_loops; /* of an output: instructions that are no loops write or read it, too */
    size_t bytes;
    size_t room; /* of an output: where it lies behind the temporaries if it is not wanted */
    dl_shape shape;
} dl_fn_slot;

struct dl_fn {
    dl_status status;
    char name[DL__NAME], message[256];
    dl_plan *plan; /* with all that it points to; ptr holds the constants only */
    int nin, nout;
    dl_fn_slot *in, *out;
    uint64_t serial;
    bool in_place;          /* outputs may be computed over inputs: no op can fail */
    size_t workspace, room; /* room: of all outputs, those that update an input first */
    const dl_algebra *algebra;
    void (*compiled)(const void *const *in, void *const *out, void *workspace);
    void *library;
};

/* Lies before the temporaries of a workspace: how compiled code has an instruction run here. */
typedef struct dl_library {
    const dl_plan *plan;
    void *const *ptr; /* by value */
    void (*run)(void *temporaries, unsigned instr);
} dl_library;

bool dl__fn_workspace(dl_fn *f); /* false: it has no size */
uint64_t dl__fn_serial(void); /* another one: workspaces are bound anew */

/* fn_over.c */
bool dl__fn_lives(dl_fn *f); /* false: no memory */
bool dl__fn_may_lie_over(const dl_fn *f, int out, int in);

bool dl__identifier(const char *s); /* and not too long */

enum { DL__LINE = 64 };
static inline size_t dl__up(size_t bytes)
{
    return (bytes + DL__LINE - 1) & ~(size_t)(DL__LINE - 1);
}

#endif
