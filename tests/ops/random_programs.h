/* random_programs.h: random programs of ops as data, which can be recorded, printed, run in every
 * mode of the engine, and made smaller. Beside the first, every step of a program fits whatever its
 * operands are: what a change of sizes leaves unfit is sliced, flattened or left out. */
#ifndef DL_RANDOM_PROGRAMS_H
#define DL_RANDOM_PROGRAMS_H

#include "../../autodiff/fn.h"
#include "../../ops/ops.h"

enum {
    RP_LEAVES = 5,
    RP_STEPS = 20,
    RP_RANK = 4,  /* of a leaf, at most */
    RP_PICKS = 4, /* terms of the loss, and values that are outputs themselves */
    RP_OUTS = 32,
    RP_NAME = 24
};

/* ---- a program (random_programs.c) ----------------------------------------------------------- */

typedef enum rp_fill { RP_TAME, RP_WHOLE, RP_WILD, RP_FILLS } rp_fill;

/* An array, or, with rank -1, a scalar. Sizes and labels are in the order of memory. */
typedef struct rp_leaf {
    int rank;
    int64_t dim[RP_RANK];
    char labels[RP_RANK + 1];
    int strided; /* bits: 1 gaps, 2 last axis first, 4 the first axis repeats */
    rp_fill fill;
    uint32_t seed;
} rp_leaf;

/* Operands are numbers of earlier values: leaves first, then steps. */
typedef struct rp_step {
    int kind; /* of rp_kinds; 0: a step that was dropped, its value is its first operand */
    int in[2];
    uint32_t arg;
} rp_step;

enum { /* what is asked for beside values */
       RP_GRAD = 1,
       RP_HVP = 2,
       RP_JVP = 4,
       RP_SEEDED = 8,
       RP_JACOBIAN = 16,
       RP_HESSIAN = 32,
       RP_ASSIGN = 64,
       RP_ENDS = 7
};

typedef struct rp_program {
    uint32_t seed;
    dl_dtype dtype;
    int64_t limit; /* elements of a value, about */
    int nleaf, nstep, nterm, nseen;
    rp_leaf leaf[RP_LEAVES];
    rp_step step[RP_STEPS];
    int term[RP_PICKS], seen[RP_PICKS];
    unsigned ends;
} rp_program;

rp_program rp_draw(uint32_t seed);
uint32_t rp_random(uint64_t *state, uint32_t below);
/* The value that stands for a value once dropped steps are skipped. */
int rp_resolve(const rp_program *p, int value);
/* Whether a leaf takes part. */
bool rp_uses(const rp_program *p, int leaf);
/* Whether it reads values while it is recorded. */
bool rp_reads(const rp_program *p);
bool rp_tame(const rp_program *p);

/* ---- its inputs (random_inputs.c) ------------------------------------------------------------ */

typedef struct rp_inputs {
    dl_array *leaf[RP_LEAVES], *target; /* target: what is assigned to beside leaves */
    void *memory[RP_LEAVES];
    void *packed[RP_LEAVES]; /* the elements in logical order, of scalars too */
    double number[RP_LEAVES];
    int ntarget, copied; /* the leaf whose sizes the target has, and one that may be assigned to */
} rp_inputs;

/* `variant` tells inputs of the same layout and other values apart; `nudge` moves each by that part
 * of itself, this way or that. */
void rp_inputs_open(rp_inputs *in, const rp_program *p, int variant, double nudge);
void rp_inputs_restore(const rp_program *p, rp_inputs *in); /* after assignments */
void rp_inputs_close(rp_inputs *in);
/* The elements in logical order. */
void rp_pack(const dl_array *a, void *to);
void rp_inputs_print(const rp_program *p, const rp_inputs *in, FILE *to);

/* ---- recording it (random_ops.c, random_record.c) -------------------------------------------- */

typedef struct rp_var {
    dl_val val;
    int name;
} rp_var;

typedef struct rp_recording {
    const rp_program *p;
    dl_tape *t;
    FILE *print; /* the program as C, if not null */
    int names;
} rp_recording;

typedef struct rp_kind {
    const char *name;
    rp_var (*record)(rp_recording *r, const struct rp_kind *k, uint32_t arg, rp_var a, rp_var b);
    union {
        dl_val (*one)(dl_val x);
        dl_val (*two)(dl_val a, dl_val b);
        dl_val (*number)(dl_val x, double s);
        dl_val (*axes)(dl_val x, const char *axes);
        dl_val (*scan)(dl_val x, const char *axis, bool reverse);
        dl_status (*pair)(dl_val x, const char *axes, dl_val *a, dl_val *b);
    } f;
} rp_kind;

extern const rp_kind rp_kinds[];
extern const int rp_nkind;
int rp_kind_named(const char *name);

/* Writes the line of a value that has just been recorded, and gives it a name. */
rp_var rp_say(rp_recording *r, dl_val y, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

typedef struct rp_recorded {
    dl_val leaf[RP_LEAVES]; /* an unused one is an empty handle */
    int nout, nassigned;    /* assigned arrays are outputs behind the others */
    dl_val out[RP_OUTS];
    dl_array *assigned[2];
    char name[RP_OUTS][RP_NAME];
} rp_recorded;

enum { RP_WHOLE_PROGRAM = RP_STEPS };
/* The first `steps` steps and, if these are all, what the program asks for. `cut`: values are read
 * on the way. */
void rp_record(const rp_program *p, dl_tape *t, const rp_inputs *in, int steps, bool cut,
               FILE *print, rp_recorded *to);

/* ---- running it (random_modes.c, random_compare.c) ------------------------------------------- */

typedef struct rp_result {
    int nout;
    size_t at[RP_OUTS + 1]; /* the last: their end */
    unsigned char *bytes;
    size_t room;
    char name[RP_OUTS][RP_NAME], message[200]; /* message: what went wrong, "" when nothing did */
} rp_result;

/* A program, two sets of inputs, and the results that every mode must give. */
typedef struct rp_case {
    rp_program p;
    rp_inputs in[2];
    rp_result want[2];
    double spread[RP_OUTS]; /* how far the first results move when inputs move by an ulp */
} rp_case;

typedef struct rp_mode rp_mode;

/* A way to compute programs. `open` gets all programs of a batch at once, as one C file may hold
 * them all; null: it cannot work here, and the mode is left out. `step` computes one of them as a
 * letter of the mode's script says; it is called for all letters of one program, then for those of
 * the next. */
typedef struct rp_engine {
    void *(*open)(const rp_mode *m, rp_case *cases, int n);
    void (*step)(void *state, int index, char letter, rp_result *got);
    void (*close)(void *state);
    bool frozen; /* numbers that were read while it was recorded (from inputs 'a') are kept */
    bool compiles;
} rp_engine;

extern const rp_engine rp_fn, rp_over, rp_emitted, rp_compiled; /* random_frozen.c */

/* Letters of a script: 'a' and 'b': the step with these inputs, which is compared; 'c': as 'a', but
 * values are read on the way; 'h': half of the program, which is not compared; 'n': something else;
 * 'r': all plans are forgotten. */
struct rp_mode {
    const char *name, *script;
    const rp_engine *engine;
    unsigned disabled; /* RP_DRAWN: drawn from the program's seed */
    int threads;
    const char *isa; /* DLTAPE_ISA, null: the best */
    bool loose;      /* not strict: the values of tame programs agree to within their condition */
};
#define RP_DRAWN (1u << 20)

dl_tape *rp_tape(const rp_mode *m, const rp_program *p); /* a new one, for this mode */
extern const rp_mode *const rp_modes[];                  /* ends with null */

/* A loose mode may be off by this times the spread of an output, and by this times the ulp of its
 * largest element. */
#define RP_CONDITION 1e3
#define RP_ROUNDING 1e3

typedef struct rp_failure {
    rp_program program;
    const rp_mode *mode; /* the first that failed */
    int modes;
    char which[400]; /* the names of all */
    char text[600];  /* the first difference in the first of them */
} rp_failure;

/* Runs n programs in all modes of the list: how many of them fail. The first failure is told. */
int rp_compare(const rp_program *p, int n, const rp_mode *const *modes, rp_failure *failure);

/* Inputs, and the results of the simplest mode. */
void rp_case_open(rp_case *c, const rp_program *p);
void rp_case_close(rp_case *c);
/* Evaluates what has been recorded and copies the outputs. */
void rp_finish(const rp_program *p, rp_inputs *in, dl_tape *t, rp_recorded *r, rp_result *to);
void rp_fail(rp_result *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rp_result_clear(rp_result *r);
void rp_result_free(rp_result *r);
/* Room for an output of this size behind the others. */
void *rp_output(rp_result *r, const char *name, size_t bytes);
/* The first difference, as text; null: there is none. NaN is NaN, whatever its bits. */
const char *rp_difference(const rp_case *c, const rp_result *want, const rp_result *got,
                          bool loose);

/* ---- making it smaller (random_shrink.c) ----------------------------------------------------- */

/* A smaller program for which fails() still holds. */
rp_program rp_shrink(rp_program p, bool (*fails)(const rp_program *p, void *context),
                     void *context);
int rp_steps_left(const rp_program *p); /* that are not dropped */

#endif
