/* op.h: for whoever writes an op. An op is a row (dl_op): shape rule, kernels, derivative. Its
 * address is its identity; there is no list of ops that must be kept in step with it. */
#ifndef DLTAPE_OP_H
#define DLTAPE_OP_H

#include "autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DL_MAX_IN 4
#define DL_NREAL 2 /* DL_F32 and DL_F64 come first among the dtypes: these compute */

/* Kernels are built once for each instruction set; a tape picks one when it is created. The bits
 * are the same: products and sums are never fused. */
typedef enum dl_isa { DL_BASELINE, DL_AVX2, DL_AVX512, DL_NISA } dl_isa;
DL_API dl_isa dl_processor_isa(void); /* the best that the processor has */

typedef struct dl_op dl_op;

/* Sizes of a value. Unused sizes and labels are 0. */
typedef struct dl_shape {
    int32_t dtype, rank;
    char labels[2 * DL_MAX_RANK]; /* in the order S C B T U; "": no labels */
    int64_t dim[DL_MAX_RANK];
    int64_t numel;
} dl_shape;

/* A shape and where its elements lie, in elements from the first. */
typedef struct dl_layout {
    dl_shape shape;
    int64_t stride[DL_MAX_RANK];
    int64_t contiguous; /* row-major without gaps */
} dl_layout;

/* ---- the shape rule -------------------------------------------------------------------------- */

typedef struct dl_infer {
    dl_tape *tape;
    const dl_op *op;
    const void *attr;
    const dl_shape *in[DL_MAX_IN];
    dl_shape out; /* zeroed; the rule sets dtype, rank, dim and labels */
    int same;     /* or: the result has the shape of input `same`; -1 at first */
} dl_infer;

/* Rejects the op: the tape's error becomes "op: a (3,4), b (5,6): <format> [place]". */
DL_API void dl_reject(dl_infer *c, dl_status status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* "(4,10)" or, with labels, "(4 C, 10 B)"; returns text. */
DL_API char *dl_shape_text(const dl_shape *s, char *text, size_t bytes);
#define DL_SHAPE_TEXT 160

/* ---- kernels --------------------------------------------------------------------------------- */

typedef struct dl_call dl_call;
typedef void dl_kernel(const dl_call *c);

/* One instruction of a plan. Operands are numbers of values of the plan. */
typedef struct dl_instr {
    dl_kernel *run;
    const void *info; /* what .prepare made; without a .prepare the op's attributes */
    uint32_t out, in[DL_MAX_IN], work;
} dl_instr;

/* Why a kernel gave up. */
typedef struct dl_failure {
    dl_status status;
    char text[200];
} dl_failure;

/* What a kernel is called with: an instruction, and where the plan's values lie. */
struct dl_call {
    const dl_instr *ins;
    void *const *ptr;
    const dl_layout *const *layout;
    dl_failure *failure; /* null where nothing may fail: see DL_MAY_FAIL */
};

/* The kernel of an op that may fail says so and returns: nothing after it is computed, and the
 * evaluation, or dl_fn_run, fails with this status and text. The first failure counts. Returns the
 * status; DL_OK becomes DL_EARG. */
DL_API dl_status dl_call_fail(const dl_call *c, dl_status status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

static inline void *dl_result(const dl_call *c) { return c->ptr[c->ins->out]; }
static inline const void *dl_operand(const dl_call *c, int i) { return c->ptr[c->ins->in[i]]; }
static inline void *dl_work(const dl_call *c) { return c->ptr[c->ins->work]; }
static inline const dl_layout *dl_result_layout(const dl_call *c) { return c->layout[c->ins->out]; }
static inline const dl_layout *dl_operand_layout(const dl_call *c, int i)
{
    return c->layout[c->ins->in[i]];
}

/* What a plan asks an op before it emits the instruction. layout[0] is the result's, then the
 * operands'. Either field may stay 0. */
typedef struct dl_prepare {
    const dl_layout *const *layout;
    int n; /* of layouts */
    const void *attr;
    void *(*allocate)(struct dl_prepare *p,
                      size_t bytes); /* lives with the plan; null: no memory */
    void *plan;
    dl_isa isa;
    bool strict;       /* the tape's mode: own kernels only */
    dl_kernel *run;    /* out: instead of the op's own */
    const void *info;  /* out: handed to the kernel */
    size_t work_bytes; /* out: scratch memory during the call */
} dl_prepare;

/* A nest of loops over several operands with strides, sizes of 1 removed and neighbours merged, the
 * innermost loop last. */
typedef struct dl_loop {
    int rank, operands;
    int64_t dim[DL_MAX_RANK];
    int64_t stride[DL_MAX_IN + 1][DL_MAX_RANK]; /* in elements; 0 along what is broadcast */
} dl_loop;

/* Merges the loops over `over` for n layouts whose sizes are those of `over`, or 1. */
DL_API void dl_loop_make(dl_loop *loop, const dl_shape *over, const dl_layout *const *layout,
                         int n);

/* ---- elementwise ops and the reductions that may end them ------------------------------------ */

/* One step of a fused loop: an elementwise op over a strip of n neighbouring elements. Operands and
 * result are slots of a table of strips; an operand may be one element that all n share. */
typedef struct dl_step dl_step;
typedef void dl_strip(int64_t n, const dl_step *s, void *const *slot);
struct dl_step {
    dl_strip *run;
    uint32_t y, x[DL_MAX_IN];
    uint8_t single[DL_MAX_IN];
};

/* A reduction over the last axes, fed in blocks of DL_BLOCK terms (the last one may be shorter),
 * whose sums the engine adds pairwise. */
#define DL_BLOCK 128
typedef struct dl_fold {
    double (*block)(int64_t n, const void *x);
    /* The sums of four full blocks, which do not wait for each other; may be null. */
    void (*four)(const void *x, double *sum);
    void (*finish)(void *y, double sum, double terms);
} dl_fold;

/* ---- rewrites: a node may become another that gives the same bits ---------------------------- */

/* What a plan computes at a value; of a value that is there already `op` is null. */
typedef struct dl_term {
    const dl_op *op;
    const void *attr;
    const dl_shape *shape;
    uint32_t in[DL_MAX_IN]; /* values */
    uint32_t uses;
    bool symmetric; /* a matrix that equals its transpose, bit by bit */
} dl_term;

/* A node that is being planned. An op's .rewrite changes op, attributes, operands or `symmetric`,
 * or sets `same` to a value of the same sizes. */
#define DL_NO_VALUE UINT32_MAX
typedef struct dl_rewrite {
    dl_term node;
    uint32_t same;
    bool strict; /* no change of any bit, not even by rounding once instead of twice */
    void *plan;
} dl_rewrite;
DL_API dl_term dl_term_of(const dl_rewrite *w, uint32_t value);
/* The number that a constant of the structure holds, alone or repeated; false: it is none. */
DL_API bool dl_term_constant(const dl_rewrite *w, uint32_t value, double *number);
/* A constant of the dtype of the node. */
DL_API uint32_t dl_term_number(const dl_rewrite *w, double number);

/* ---- C text: what dl_emit_c prints for an instruction ---------------------------------------- */

/* name[0] is the result, then come the operands: arrays of `real`, or of what dl_emit_type says of
 * the dtype of a layout, laid out as layout[] says. */
typedef struct dl_emit {
    const char *name[DL_MAX_IN + 1];
    const dl_layout *layout[DL_MAX_IN + 1];
    const void *attr, *info; /* info: as the kernel gets it */
    const char *real, *type; /* "float", "f32" */
    int64_t work; /* of DL_EMIT_WORK: where scratch memory lies in the char array `memory`; or -1 */
    void *writer;
} dl_emit;

DL_API const char *dl_emit_type(const dl_layout *l); /* "float", "int64_t" */
/* One line. What follows a line that ends in { is indented, until one that begins with }. */
DL_API void dl_emit_line(const dl_emit *e, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
/* The heads of a nest of loops but its innermost ones, over i0, i1 .. if index is 'i'; the next
 * line, or block of lines, is the body. dl_emit_end ends them. */
DL_API int dl_emit_loops(const dl_emit *e, const dl_loop *l, int inner, char index);
DL_API int dl_emit_loop(const dl_emit *e, const char *index, int64_t n, int64_t step);
DL_API void dl_emit_end(const dl_emit *e, int loops);
/* The place of an element as a sum of "stride * index": "10 * i0 + i1". */
typedef struct dl_index {
    char text[256];
} dl_index;
static inline const char *dl_place(const dl_index *at) { return *at->text ? at->text : "0"; }
/* Adds an addend: of no index the stride, nothing if that is 0; or those of a nest. */
DL_API void dl_emit_term(dl_index *at, int64_t stride, const char *index);
DL_API void dl_emit_terms(dl_index *at, const dl_loop *l, int operand, char index);
/* The file gets this helper function: one of the library's C texts. */
DL_API void dl_emit_need(const dl_emit *e, const char *function);

/* A helper function as C text, and the others that it calls, each between spaces. */
typedef struct dl_c_text {
    const char *name, *uses, *text;
} dl_c_text;

/* ---- threads --------------------------------------------------------------------------------- */

/* Runs part(context, k) for k = 0 .. parts-1 in any order, up to dl_threads() of them at the same
 * time in other threads and in this one, and returns when all are done. `parts` and what a part
 * does must follow from sizes alone, never from dl_threads(), and parts must not write where
 * another reads or writes: then the bits are the same for any number of threads. Parts return (no
 * longjmp), have 1 MiB of stack, and compute in the caller's floating-point environment; the
 * exception flags that they raise in other threads are lost. Within a part, and while another
 * thread's region is running, parts run one by one in the calling thread. A warm region costs
 * about a microsecond, one after a pause a wake-up: share out what takes longer. */
DL_API void dl_parallel(int64_t parts, void (*part)(void *context, int64_t k), void *context);

/* ---- the derivative -------------------------------------------------------------------------- */

/* The node that is being differentiated. */
typedef struct dl_node {
    dl_tape *tape;
    uint32_t id;
} dl_node;

DL_API dl_val dl_in(const dl_node *y, int i); /* its i-th operand */
DL_API dl_val dl_out(const dl_node *y);       /* its value */
DL_API const void *dl_attr(const dl_node *y); /* its attributes, null if the op has none */
DL_API const dl_shape *
dl_shape_of(dl_val x); /* of a good handle; the shape lives as long as the tape */

/* The row of which x was recorded; null for a handle that is not good. */
DL_API const dl_op *dl_op_of(dl_val x);
/* Whether the gradient for operand i itself is asked for, not only for what it was computed from: a
 * rule must then keep the operands' cotangents apart. */
DL_API bool dl_wanted(const dl_node *y, int i);

/* "Its derivative is zero", said aloud. */
DL_API dl_val dl_vjp_zero(const dl_node *y, int i, dl_val g);

/* ---- the row --------------------------------------------------------------------------------- */

enum {
    DL_STRIDED = 1,   /* kernels take operands of any strides; else they get contiguous ones */
    DL_SYMMETRIC = 2, /* the result is a symmetric matrix, bit by bit */
    DL_EMIT_WORK = 4, /* printed C has the kernel's scratch memory, if more than 16 KiB */
    DL_MAY_FAIL = 64, /* the kernel may call dl_call_fail; only plans with such an op look for it */
    DL_IMPURE = 128,  /* equal operands need not give equal results: equal nodes stay two */
    DL_TYPED = 8 /* it has operands, and yet the dtype of its result in the first int64_t of its
                    attributes */
};

struct dl_op {
    const char *name;
    int nin;
    unsigned flags;
    /* Of a struct without padding that holds integers only: it is part of the key. An op without
     * operands has its dtype in the first int64_t. */
    size_t attr_size;
    const char *shapes;   /* "(m,k) (k,n) -> (m,n)": printed in errors and documentation */
    const char *operands; /* their names in errors, "a b"; default a, b, c, d */
    /* The name in messages and prints where attributes have one; may be null: `name`. */
    const char *(*title)(const void *attr);
    void (*infer)(dl_infer *c);
    /* Views have this and no kernel: the result's layout from the operand's; false: needs a copy.
     */
    bool (*view)(const dl_layout *in, const void *attr, dl_layout *out, int64_t *offset);
    bool (*prepare)(dl_prepare *p); /* false: out of memory */
    void (*rewrite)(dl_rewrite *w); /* may be null */
    /* By instruction set and dtype of the result, or, if that does not compute, of the first
     * operand that does (else the first kernel serves all). Where an instruction set has none, the
     * next lower one serves: a user's row needs one kernel for each dtype. An elementwise op has
     * `strip` instead of `eval`, and its value as C over REAL in x, or in a, b, c and d; a
     * reduction may have `fold` besides. */
    dl_kernel *eval[DL_NISA][DL_NREAL];
    dl_strip *strip[DL_NISA][DL_NREAL];
    const char *formula;
    /* Prints what eval computes as C. Of a fold: the helper function that sums a block, and the
     * value from `sum` and the number of terms n. */
    void (*emit)(const dl_emit *e);
    const char *fold_sum, *fold_value;
    const dl_fold *fold[DL_NISA][DL_NREAL];
    /* The cotangent of operand i from g, the cotangent of the result, as an expression in ops. The
     * engine asks for wanted operands only, sums over what was broadcast, and accumulates. */
    dl_val (*vjp)(const dl_node *y, int i, dl_val g);
};

/* The kernels of one op, as the build makes them from one function. */
#if defined(__x86_64__) && defined(__GNUC__)
#define DL_KERNELS(name)                                                  \
    {                                                                     \
        { name##_f32, name##_f64 }, { name##_f32_avx2, name##_f64_avx2 }, \
        {                                                                 \
            name##_f32_avx512, name##_f64_avx512                          \
        }                                                                 \
    }
#define DL_FOLDS(name)                                                        \
    {                                                                         \
        { &name##_f32, &name##_f64 }, { &name##_f32_avx2, &name##_f64_avx2 }, \
        {                                                                     \
            &name##_f32_avx512, &name##_f64_avx512                            \
        }                                                                     \
    }
#define DL_FOLDS_F32(name)                                            \
    {                                                                 \
        { &name##_f32 }, { &name##_f32_avx2 }, { &name##_f32_avx512 } \
    }
#define DL_DECLARE(type, name)                                                        \
    type name##_f32, name##_f64, name##_f32_avx2, name##_f64_avx2, name##_f32_avx512, \
        name##_f64_avx512
#else
#define DL_KERNELS(name)                                                                   \
    {                                                                                      \
        { name##_f32, name##_f64 }, { name##_f32, name##_f64 }, { name##_f32, name##_f64 } \
    }
#define DL_FOLDS(name)                                                                           \
    {                                                                                            \
        { &name##_f32, &name##_f64 }, { &name##_f32, &name##_f64 }, { &name##_f32, &name##_f64 } \
    }
#define DL_FOLDS_F32(name)                                \
    {                                                     \
        { &name##_f32 }, { &name##_f32 }, { &name##_f32 } \
    }
#define DL_DECLARE(type, name) type name##_f32, name##_f64
#endif
#define DL_DECLARE_KERNELS(name) DL_DECLARE(dl_kernel, name)
#define DL_DECLARE_STRIPS(name) DL_DECLARE(dl_strip, name)
#define DL_DECLARE_FOLDS(name) extern const DL_DECLARE(dl_fold, name)

/* Records a node. `in` holds op->nin values; an op without operands names its tape. */
DL_API dl_val dl_record(dl_tape *t, const dl_op *op, const void *attr, const dl_val *in);
#define dl_apply(op, attr, ...) dl_record(NULL, op, attr, (const dl_val[]){ __VA_ARGS__ })

/* If the step repeats the previous one and goes on with just this node, of an op with two operands
 * and no attributes, records it: a short cut before work on the operands. */
DL_API bool dl_repeats(const dl_op *op, dl_val a, dl_val b, dl_val *y);

/* A number that is part of the structure: a new value makes a new plan. For derivative rules. */
DL_API dl_val dl_constant(dl_tape *t, dl_dtype dtype, double value);
/* A scalar of the dtype of x, for a public function of this name. */
DL_API dl_val dl_scalar_like(const char *name, dl_val x, double value);
/* Raises an error on the tape of the operands of a public function that records nothing itself,
 * "name: <format>"; returns a value that every op passes by. */
DL_API dl_val dl_fail(dl_tape *t, dl_status status, const char *name, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;
/* Checks handles as dl_record does: true if all are good; otherwise the tape has the error. */
DL_API bool dl_usable(const char *name, const dl_val *in, int n);
/* Whether all are good and of one dtype that computes; says nothing if not. */
DL_API bool dl_all_compute(const dl_val *in, int n);
/* The first tape found among the handles, good or not; null if there is none. */
DL_API dl_tape *dl_any_tape(const dl_val *in, int n);
/* Room for a list of n values until the tape is reset; null without memory. */
DL_API dl_val *dl_work_list(dl_tape *t, int64_t n);
/* The end of a function that records several results: its nodes get the place of the call. */
DL_API dl_status dl_finish(dl_tape *t);
/* A handle in error: what a function returns that has rejected its operands. */
DL_API dl_val dl_none(dl_tape *t);

/* What the engine needs to compute with cotangents, which form a vector space. */
struct dl_algebra {
    dl_val (*like)(dl_val x, double v); /* v everywhere, sizes and labels of x */
    dl_val (*add)(dl_val a, dl_val b);
    bool (*is_part)(dl_val g);             /* most of g is zeros that nobody has written yet */
    dl_val (*assemble)(dl_val *g, int n);  /* the sum of such parts; uses the list up */
    dl_val (*conform)(dl_val g, dl_val x); /* sums g to the sizes of x, takes labels of x */
    dl_val (*dot)(dl_val a, dl_val b);     /* sum of products, rank 0 */
    dl_val (*unit)(dl_val x, int64_t k);   /* 1 at element k, else 0, sizes and labels of x */
    dl_val (*stack)(const dl_val *rows, int64_t n); /* (n, numel) from n values */
    dl_val (*transpose)(dl_val x);
    dl_val (*hold)(dl_val x, double v); /* like `like`, but a value of its own */
    const dl_c_text *texts;             /* helper functions of formulas; ends with a null name */
};

typedef struct dl_family { /* rows, for tests and documentation to walk */
    const char *name;
    const dl_op *const *ops; /* ends with null */
} dl_family;

#ifdef __cplusplus
}
#endif
#endif
