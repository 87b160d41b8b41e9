/* custom.h: ops whose value, and whose derivative, are callbacks of the user's. What holds for all
 * ops stands in ops.h; an op of one's own without callbacks is a row, see docs/custom-ops.md. */
#ifndef DLTAPE_CUSTOM_H
#define DLTAPE_CUSTOM_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { DL_CUSTOM_IN = 4 };

/* A value as a callback sees it: row-major, without gaps. Unused sizes and labels are 0. */
typedef struct dl_custom_array {
    void *data; /* null in infer, and where a gradient is not wanted */
    dl_dtype dtype;
    int rank;
    int64_t dims[DL_MAX_RANK];
    char labels[2 * DL_MAX_RANK];
    int64_t numel;
} dl_custom_array;

typedef struct dl_custom_call {
    int n; /* of operands */
    dl_custom_array in[DL_CUSTOM_IN];
    dl_custom_array out;                   /* to be written by infer (its sizes) and by forward */
    dl_custom_array grad;                  /* backward: the gradient of the result */
    dl_custom_array in_grad[DL_CUSTOM_IN]; /* backward: to be written; zero at first */
    void *reserved;
} dl_custom_call;

/* Returns DL_OK, or why it failed. */
typedef dl_status dl_custom_callback(const dl_custom_call *c, void *user);

/* `return dl_custom_fail(c, DL_EARG, "row %d is negative", i);` gives the failure a text. */
DL_API dl_status dl_custom_fail(const dl_custom_call *c, dl_status status, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

enum {
    DL_CUSTOM_PURE = 1 /* equal operands give equal results: two equal nodes are computed once */
};

/* The struct is copied, its name is not: that must live as long as the tape and what is frozen of
 * it. */
typedef struct dl_custom_op {
    const char *name;
    int nin; /* 1 to DL_CUSTOM_IN */
    unsigned flags;
    /* Sets dtype, rank, dims and labels of c->out, which are those of in[0] at first. Null: so they
     * stay. It may not depend on what `user` points to, unless that never changes. */
    dl_status (*infer)(dl_custom_call *c, void *user);
    dl_custom_callback *forward;
    /* Writes in_grad[i] of each operand that computes, whether it is asked for or not: the sum over
     * the elements of the result of grad times its derivative. All null: no derivative. It runs
     * once for all operands. */
    dl_custom_callback *backward;
    /* Or, instead: the cotangent of operand i from g as an expression in ops, which has derivatives
     * in turn. */
    dl_val (*vjp)(int i, const dl_val *in, dl_val y, dl_val g, void *user);
} dl_custom_op;

/* The op on n = op->nin operands. Those that compute, and a result that does, have one dtype;
 * others may be integers. What `user` points to must live until the value has been computed, and as
 * long as a function frozen of it; the pointer itself is part of the plan's key, so no plan runs
 * with another's. The op runs in the thread that evaluates. It is never computed beforehand, and
 * without DL_CUSTOM_PURE once for each node that is wanted.
 *
 * A callback that fails makes the evaluation fail: the tape's error has its status, the op's name,
 * its text and the place of this call; after dl_tape_reset the tape is as good as new. dl_fn_run
 * returns the status, dl_fn_error the text. dl_gradcheck, which computes in f64, calls it with f64.
 *
 * A derivative of `backward` does not exist: DL_EGRAD, also for dl_jvp and dl_hvp, which need one;
 * give `vjp`. There is no C of it: dl_emit_c and dl_fn_compile fail with DL_EARG. Errors: DL_ENULL
 * (no op, no forward, no name), DL_EARG (the number of operands), DL_EDTYPE, those of infer. */
DL_API dl_val dl_custom(const dl_custom_op *op, void *user, const dl_val *in, int n);

#ifdef __cplusplus
}
#endif
#endif
