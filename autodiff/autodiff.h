/* autodiff.h: arrays, the tape, gradients, evaluation. What every user of dltape sees.
 *
 * Ops (ops/ops.h) record nodes on a tape; nothing is computed until a value is asked for. A handle
 * (dl_val) is a small value: copy it, drop it, nothing to free. Errors stick to the tape: after the
 * first one nothing more is recorded or computed, every call returns its status, and
 * dl_tape_message tells op, sizes, labels, file and line. Only dl_tape_reset clears it.
 *
 * Threads: a tape belongs to one thread at a time; tapes share nothing. Arrays may be read by many
 * tapes at once while nobody writes them. */
#ifndef DLTAPE_AUTODIFF_H
#define DLTAPE_AUTODIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DL_MAX_RANK 8

#if defined(__GNUC__)
#define DL_API __attribute__((visibility("default")))
#else
#define DL_API
#endif

/* clang-format off */
/* The sizes, axes or index of anything: `dl_array_new(DL_F32, "CB", DL_DIMS(4, 150))`. */
#define DL_DIMS(...) \
    ((int)(sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))), \
        (const int64_t[]) { __VA_ARGS__ }
/* A list of values and its length: `dl_grad(loss, DL_VALS(w, b), out)`. */
#define DL_VALS(...) \
    ((const dl_val[]){ __VA_ARGS__ }), ((int)(sizeof((dl_val[]){ __VA_ARGS__ }) / sizeof(dl_val)))
/* clang-format on */

/* ---- status ---------------------------------------------------------------------------------- */

typedef enum dl_status {
    DL_OK,
    DL_ENOMEM,    /* an allocation failed */
    DL_ENULL,     /* a null pointer or an empty handle */
    DL_ESTALE,    /* a handle from before dl_tape_reset */
    DL_ETAPE,     /* values of two tapes in one op */
    DL_EDTYPE,    /* a dtype that the op does not take, or two that do not match */
    DL_ERANK,     /* a number of dimensions that the op does not take */
    DL_ESHAPE,    /* sizes that do not fit */
    DL_ELABEL,    /* labels that do not fit, are repeated, or are no labels */
    DL_EAXIS,     /* an axis that the value does not have */
    DL_EARG,      /* any other argument out of its domain */
    DL_EOVERFLOW, /* a size that does not fit into memory arithmetic */
    DL_EVERSION,  /* an array was written after it was recorded and before it was used */
    DL_EGRAD,     /* an op without a derivative lies on the path */
    DL_EFILE,     /* a file cannot be opened, read or written */
    DL_EFORMAT,   /* a file does not hold what it should */
    DL_NSTATUS
} dl_status;

/* "DL_ESHAPE" and the like; "DL_?" for a number that is no status. */
DL_API const char *dl_status_name(dl_status status);

typedef enum dl_dtype { DL_F32, DL_F64, DL_I32, DL_I64, DL_U8, DL_NDTYPE } dl_dtype;

/* "f32" and the like, and bytes per element (4, 8, 4, 8, 1). */
DL_API const char *dl_dtype_name(dl_dtype dtype);
DL_API size_t dl_dtype_size(dl_dtype dtype);

/* All memory of the library comes from here. Set it before any other call or never; null restores
 * the built-in one. `data` is handed to both functions. For tests and for fixed memory pools. */
typedef struct dl_allocator {
    void *(*allocate)(size_t bytes, size_t align, void *data); /* null when it fails */
    void (*release)(void *p, void *data);                      /* p may be null */
    void *data;
} dl_allocator;
DL_API void dl_set_allocator(const dl_allocator *allocator);

/* How many threads of the process work on one large op, the caller's included; the results are the
 * same bits for any number. n < 1: as many as the processors this process may run on; at most 1024.
 * At first it is the environment variable DLTAPE_THREADS (0: all processors), else 1: a library
 * starts no threads that nobody asked for. Safe at any time, also while others compute. */
DL_API void dl_set_threads(int n);
DL_API int dl_threads(void); /* 1 where the library was built without threads */

/* ---- arrays: what outlives a tape ------------------------------------------------------------ */

/* dtype, sizes, strides, labels, data, and a version that every write bumps.
 *
 * Labels are one letter per axis, as dlarray's: S (spatial), C (channel), B (batch), T (time),
 * U (unspecified); C, B and T at most once each. The string names the axes in memory order
 * (row-major); the logical order is always S, C, B, T, U, reached by strides, not by copying:
 * an array "BC" of sizes 150, 4 in memory has logical sizes 4 (C), 150 (B). Null or "" means
 * no labels. Rank 0 to 8, sizes 0 and up.
 *
 * No constructor returns null: on failure it returns an array that carries the error, and any tape
 * that meets it takes the error over. Errors: DL_ENOMEM, DL_ERANK, DL_ESHAPE (a negative size),
 * DL_ELABEL, DL_EDTYPE, DL_EOVERFLOW, DL_ENULL. */
typedef struct dl_array dl_array;

/* Owned memory, filled with zeros. */
DL_API dl_array *dl_array_new(dl_dtype dtype, const char *labels, int rank, const int64_t *dims);
/* The caller's memory, not copied and not freed; it must outlive the array. */
DL_API dl_array *dl_array_wrap(void *data, dl_dtype dtype, const char *labels, int rank,
                               const int64_t *dims);
/* The same with a stride in elements for each axis in the order of `dims`; 0 repeats. */
DL_API dl_array *dl_array_wrap_strided(void *data, dl_dtype dtype, const char *labels, int rank,
                                       const int64_t *dims, const int64_t *strides);
DL_API void dl_array_free(dl_array *a); /* null is fine */

DL_API dl_status dl_array_status(const dl_array *a);
DL_API const char *dl_array_message(const dl_array *a); /* "" when all is well */

/* A name for reports, at most 47 characters are kept: "fc_1.Weights". */
DL_API void dl_array_set_name(dl_array *a, const char *name);
DL_API const char *dl_array_name(const dl_array *a);

DL_API dl_dtype dl_array_dtype(const dl_array *a);
DL_API int dl_array_rank(const dl_array *a);
DL_API int64_t dl_array_size(const dl_array *a, int axis); /* logical axis; -1 if there is none */
DL_API int64_t dl_array_stride(const dl_array *a, int axis);
DL_API int64_t dl_array_numel(const dl_array *a);
DL_API const char *dl_array_dims(const dl_array *a);        /* labels, "" if there are none */
DL_API int dl_array_finddim(const dl_array *a, char label); /* first axis so labelled, or -1 */
DL_API uint64_t dl_array_version(const dl_array *a);

/* The memory, in memory order. dl_array_write bumps the version: call it anew for each round of
 * writing, so that a tape that has borrowed the array can tell. Null for an array in error. */
DL_API const void *dl_array_data(const dl_array *a);
DL_API void *dl_array_write(dl_array *a);

/* One element at a logical index of `rank` numbers, as double. get gives NaN and set gives DL_EARG
 * for an index outside. */
DL_API double dl_array_get(const dl_array *a, int rank, const int64_t *index);
DL_API dl_status dl_array_set(dl_array *a, int rank, const int64_t *index, double value);
DL_API dl_status dl_array_fill(dl_array *a, double value);

/* ---- the tape -------------------------------------------------------------------------------- */

typedef struct dl_tape dl_tape;
typedef struct dl_algebra dl_algebra; /* what the ops lend to the engine, see op.h */

/* A value on a tape. Valid until dl_tape_reset; its tape knows a handle of another epoch. */
typedef struct dl_val {
    dl_tape *tape;
    uint32_t id, epoch;
} dl_val;

/* Use dl_tape_new of ops/ops.h, which brings the algebra of its ops. Never null: without memory it
 * is a tape already in state DL_ENOMEM. */
DL_API dl_tape *dl_tape_create(const dl_algebra *algebra);
DL_API void dl_tape_free(dl_tape *t); /* null is fine */

/* Forgets every value and any error, keeps memory and plans. Call it once per step. */
DL_API void dl_tape_reset(dl_tape *t);

DL_API dl_status dl_tape_status(const dl_tape *t);
/* "matmul: a (3,4), b (5,6): inner sizes 4 and 5 differ [model.c:42]", or "". */
DL_API const char *dl_tape_message(const dl_tape *t);
DL_API size_t dl_tape_nodes(const dl_tape *t); /* recorded since the last reset */
/* Puts an error of the caller's own onto the tape (a layer or a loss that rejects its input). */
DL_API dl_status dl_tape_reject(dl_tape *t, dl_status status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* Which parts of the engine are switched off, for bisecting and for tests: the answers are the same
 * bits in every position (of DL_REWRITE on a strict tape). The environment variable DLTAPE_DISABLE
 * ("follow,cse") sets the start. */
enum {
    DL_FOLLOW = 1,   /* recognising the previous step while recording */
    DL_HASH = 2,     /* hashing: every key, and every node of a plan, falls into one bucket */
    DL_CACHE = 4,    /* keeping plans */
    DL_CSE = 8,      /* common subexpressions */
    DL_FOLD = 16,    /* computing what depends on no input once, when the plan is made */
    DL_VIEWS = 32,   /* views without copies */
    DL_REUSE = 64,   /* giving the memory of dead values to new ones */
    DL_FUSE = 128,   /* running neighbouring elementwise ops as one loop */
    DL_REWRITE = 256 /* making nodes into cheaper ones; on a strict tape with the same bits */
};
DL_API void dl_tape_disable(dl_tape *t, unsigned parts);
/* Strict: the bits depend on the program and its inputs alone, not on which BLAS is there, and no
 * two roundings become one. Off at first, or as the environment says: DLTAPE_STRICT=1. */
DL_API void dl_tape_strict(dl_tape *t, bool strict);

/* ---- values ---------------------------------------------------------------------------------- */

/* An array as an input. Up to 4 KiB its data are copied now, and the array may be freed; a larger
 * one is borrowed: it must live, unchanged, until the values that depend on it have been computed,
 * else DL_EVERSION. The same array twice is the same value, unless it was written in between. */
DL_API dl_val dl_leaf(dl_tape *t, const dl_array *a);
/* A number, rank 0, f32 or f64. It may differ at each step without a new plan. */
DL_API dl_val dl_scalar(dl_tape *t, dl_dtype dtype, double value);

/* y = x, and no gradient flows back: the derivative is zero. */
DL_API dl_val dl_detach(dl_val x);
/* Computes x along with whatever is evaluated next, so that it can be read even after the arrays it
 * depends on have changed. Returns x; of an array that is borrowed, a copy. */
DL_API dl_val dl_keep(dl_val x);
/* When the next evaluation has run, stores x in the array, which must live until then (same dtype
 * and sizes; labels of the array) and bumps its version. All values are computed before the first
 * is stored. Returns x; of an array that is borrowed, a copy. */
DL_API dl_val dl_assign(dl_array *to, dl_val x);
/* A name for reports; the text must live as long as the tape. Returns x. */
DL_API dl_val dl_name(dl_val x, const char *name);

DL_API dl_tape *dl_tape_of(dl_val x);
DL_API dl_dtype dl_dtype_of(dl_val x);
DL_API int dl_rank(dl_val x);
DL_API int64_t dl_size(dl_val x, int axis); /* -1 if there is no such axis */
DL_API int64_t dl_numel(dl_val x);
DL_API const char *dl_dims(dl_val x);        /* dlarray's dims: labels, "" if there are none */
DL_API int dl_finddim(dl_val x, char label); /* first axis so labelled, or -1 */
DL_API const char *dl_name_of(dl_val x);     /* name, else the array's name, else the op's */

/* Computes the outputs, everything kept, and then carries out the assignments. n may be 0. */
DL_API dl_status dl_eval(dl_tape *t, const dl_val *outs, int n);
/* Computes x if need be and copies it out, row-major in logical order; `bytes` must be exact. */
DL_API dl_status dl_read(dl_val x, void *to, size_t bytes);
/* The same without a copy; valid until dl_tape_reset. Null on error. */
DL_API const void *dl_data(dl_val x);
/* The one element of x as double; NaN on error. */
DL_API double dl_item(dl_val x);

/* ---- derivatives: all of them record nodes, nothing runs yet, and all can be nested ---------- */

/* out[k] = dy/dwrt[k], of wrt[k]'s sizes and labels; zero if y does not depend on it. y has one
 * element (else DL_ESHAPE). Linnainmaa 1970; Griewank and Walther, Evaluating Derivatives, 2008. */
DL_API dl_status dl_grad(dl_val y, const dl_val *wrt, int n, dl_val *out);
/* out[k] = J_k' seed, for y of any sizes; seed has y's sizes. */
DL_API dl_status dl_grad_seeded(dl_val y, dl_val seed, const dl_val *wrt, int n, dl_val *out);
/* sum over k of (dy/dx[k]) v[k], of y's sizes: forward mode, as the reverse of the reverse pass. */
DL_API dl_val dl_jvp(dl_val y, const dl_val *x, const dl_val *v, int n);
/* out[k] = the k-th part of (Hessian of y) v, for y of one element. */
DL_API dl_status dl_hvp(dl_val y, const dl_val *x, const dl_val *v, int n, dl_val *out);
/* J[i][j] = dy_i/dx_j over elements in row-major order, (numel y, numel x), no labels. */
DL_API dl_val dl_jacobian(dl_val y, dl_val x);
/* H[i][j] = d2y/dx_i dx_j, (numel x, numel x), no labels; y of one element. */
DL_API dl_val dl_hessian(dl_val y, dl_val x);

/* ---- the plan cache -------------------------------------------------------------------------- */

typedef struct dl_cache_info {
    uint64_t followed;  /* evaluations whose recording repeated the previous step's, node by node */
    uint64_t hits;      /* found by key */
    uint64_t misses;    /* a plan was made */
    uint64_t evictions; /* plans dropped, least recently used first */
    size_t plans, bytes;
    char last_miss[160]; /* what differed from the plan used before: "node 3: add, was mul" */
} dl_cache_info;
DL_API dl_cache_info dl_cache_stats(const dl_tape *t);
DL_API void dl_cache_clear(dl_tape *t);
/* At most this many plans are held (64 at first; at least 1). */
DL_API void dl_cache_limit(dl_tape *t, size_t plans);

typedef enum dl_plan_format { DL_TEXT, DL_DOT } dl_plan_format;
/* Prints the plan that would compute these values from what is there already: its instructions in
 * the order of running, fused loops step by step, and where each value lies; or the same as a graph
 * for dot. Errors: those of the handles, DL_EFILE, DL_ENOMEM. */
DL_API dl_status dl_plan_print(FILE *to, const dl_val *outs, int n, dl_plan_format format);

/* ---- gradient check -------------------------------------------------------------------------- */

typedef enum dl_verdict { DL_PASS, DL_FAIL, DL_INCONCLUSIVE } dl_verdict;

/* Zero in a field takes its default. */
typedef struct dl_check_options {
    double rtol;      /* an error above this is a failure: 1e-6 */
    double step;      /* the first step is step * max(1, |x|): 1e-3; it is then refined */
    int64_t elements; /* at most this many of each input, spread evenly; 0: all */
} dl_check_options;

/* One input of the function, and its worst element. */
typedef struct dl_check_input {
    char name[48];
    int rank;
    int64_t dims[DL_MAX_RANK];
    char labels[DL_MAX_RANK + 1];
    int64_t numel, checked, failed, inconclusive;
    int64_t worst[DL_MAX_RANK]; /* coordinates of the worst element */
    double analytic, numeric;   /* at the worst element */
    double error;        /* there: |analytic - numeric| / max(|analytic|, |numeric|, scale), with
                            scale a thousandth of the input's largest derivative */
    double bar;          /* there: how wrong `numeric` itself may be, in the same measure */
    double f32_distance; /* largest relative distance of the f32 gradient from the f64 one */
    dl_verdict verdict;
} dl_check_input;

typedef struct dl_check_report {
    dl_verdict verdict;
    double value; /* of y, in f64 */
    int ninputs;
    dl_check_input *inputs;
    int64_t evaluations;
} dl_check_report;

/* Compares dl_grad(y, wrt) with central differences, element by element: two steps, extrapolated,
 * and their difference as an error bar; the step is refined until the bar is small. An element
 * fails if its error is above rtol and above the bar; is inconclusive if it is above rtol and below
 * the bar, as it happens near a kink; at a kink it may fail too; a NaN fails. The part of the tape
 * between wrt and y is replayed in f64, also when it was recorded in f32; of user code only kernels
 * and callbacks of ops run (dl_custom), and the tape records nothing. Differences see through
 * dl_detach, where the gradient stops: a failure there is meant. `options` may be null. Free the
 * report with dl_check_report_free, also after an error. Returns the tape's status: a failed check
 * is a verdict, not an error. Ridders 1982. */
DL_API dl_status dl_gradcheck(dl_val y, const dl_val *wrt, int n, const dl_check_options *options,
                              dl_check_report *report);
DL_API void dl_check_report_free(dl_check_report *report);
/* The report as a text table. */
DL_API dl_status dl_check_report_print(const dl_check_report *report, FILE *to);

/* ---- file:line, recorded by macros ----------------------------------------------------------- */

/* Nodes recorded since the last call, and an error that has no place yet, get this place. */
DL_API dl_val dl_placed(dl_val x, const char *place);
/* The same, and a message that is another op's than `name`, which is made of it, says so. */
DL_API dl_val dl_called(dl_val x, const char *place, const char *name);
/* Places the error that the call around it may raise. */
DL_API dl_val dl_here(dl_val x, const char *place);
DL_API dl_tape *dl_tape_here(dl_tape *t, const char *place);

#define DL_LINE_(n) #n
#define DL_LINE(n) DL_LINE_(n)
#define DL_PLACE __FILE__ ":" DL_LINE(__LINE__)
#define DL_PLACED(call) dl_placed(call, DL_PLACE)
#define DL_CALLED(op, ...) dl_called(dl_##op(__VA_ARGS__), DL_PLACE, #op)

#ifndef DL_NO_PLACES
#define dl_leaf(...) DL_PLACED(dl_leaf(__VA_ARGS__))
#define dl_scalar(...) DL_PLACED(dl_scalar(__VA_ARGS__))
#define dl_detach(...) DL_PLACED(dl_detach(__VA_ARGS__))
#define dl_keep(...) DL_PLACED(dl_keep(__VA_ARGS__))
#define dl_assign(...) DL_PLACED(dl_assign(__VA_ARGS__))
#define dl_jvp(...) DL_PLACED(dl_jvp(__VA_ARGS__))
#define dl_jacobian(...) DL_PLACED(dl_jacobian(__VA_ARGS__))
#define dl_hessian(...) DL_PLACED(dl_hessian(__VA_ARGS__))
#define dl_eval(t, ...) dl_eval(dl_tape_here(t, DL_PLACE), __VA_ARGS__)
#define dl_read(x, ...) dl_read(dl_here(x, DL_PLACE), __VA_ARGS__)
#define dl_data(...) dl_data(dl_here(__VA_ARGS__, DL_PLACE))
#define dl_item(...) dl_item(dl_here(__VA_ARGS__, DL_PLACE))
#define dl_grad(y, ...) dl_grad(dl_here(y, DL_PLACE), __VA_ARGS__)
#define dl_grad_seeded(y, ...) dl_grad_seeded(dl_here(y, DL_PLACE), __VA_ARGS__)
#define dl_hvp(y, ...) dl_hvp(dl_here(y, DL_PLACE), __VA_ARGS__)
#define dl_gradcheck(y, ...) dl_gradcheck(dl_here(y, DL_PLACE), __VA_ARGS__)
#endif

#ifdef __cplusplus
}
#endif
#endif
