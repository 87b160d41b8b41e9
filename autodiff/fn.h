/* fn.h: frozen functions: a recorded function as a plan of its own, which runs without a tape. */
#ifndef DLTAPE_FN_H
#define DLTAPE_FN_H

#include "autodiff.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An input or an output. Names are C identifiers, each once. */
typedef struct dl_fn_arg {
    const char *name;
    dl_val value;
} dl_fn_arg;

typedef struct dl_fn dl_fn;

/* Freezes what computes the outputs from the inputs. Inputs are leaves or scalars of one tape;
 * every other leaf and scalar keeps the value it has now. Assignments that wait on the tape
 * (dl_assign, as an optimizer step makes them) become outputs behind the given ones, "new_" and the
 * name of their array. The tape may be reset or freed afterwards.
 *
 * A function never changes, except by dl_fn_compile: threads may share it, each with a workspace of
 * its own. Never null: dl_fn_status and dl_fn_message tell what is wrong. Errors: DL_EARG (a name,
 * an input that is no leaf or is there twice, no list), DL_ETAPE (an empty handle, two tapes),
 * DL_EDTYPE (an op without a kernel for it), DL_ENOMEM, and those that the tape then has as well:
 * its own, DL_ESTALE, DL_EVERSION (a leaf whose array was written after it was recorded). */
DL_API dl_fn *dl_fn_create(const char *name, const dl_fn_arg *in, int nin, const dl_fn_arg *out,
                           int nout);
DL_API void dl_fn_free(dl_fn *f); /* null is fine */
DL_API dl_status dl_fn_status(const dl_fn *f);
DL_API const char *dl_fn_message(const dl_fn *f); /* "" when all is well */

/* What an input or output is called, and its sizes. */
typedef struct dl_fn_info {
    const char *name, *labels;
    dl_dtype dtype;
    int rank;
    const int64_t *dims;
    size_t bytes;
    int updates; /* of an assignment: the input that holds the array's old value; else -1 */
} dl_fn_info;
DL_API int dl_fn_inputs(const dl_fn *f);
DL_API int dl_fn_outputs(const dl_fn *f);
DL_API dl_fn_info dl_fn_input(const dl_fn *f, int i); /* name null: there is none */
DL_API dl_fn_info dl_fn_output(const dl_fn *f, int i);

/* Bytes that a call needs beside inputs and outputs; the same for every call. */
DL_API size_t dl_fn_workspace_size(const dl_fn *f);

/* in[i] and out[i] hold the elements of input and output i, row-major. An output may be null (not
 * wanted) or lie over an input, which it then replaces: at the end, or without a copy where nothing
 * reads the input any more and no op can fail; no two outputs overlap. The workspace is any memory
 * of dl_fn_workspace_size bytes, aligned to 8 and zeroed before its first call (or from
 * dl_fn_workspace_new), used by one call at a time. No memory is allocated. Errors: DL_ENULL;
 * that of the function, which is then not run and leaves the workspace alone; that of an op that
 * failed, after which outputs hold anything. */
DL_API dl_status dl_fn_run(const dl_fn *f, const void *const *in, void *const *out,
                           void *workspace);
/* The same with arrays, whose dtypes and sizes are checked: an error names the input. Outputs may
 * be null. dl_fn_error tells what was wrong with the last call. Errors: DL_ENULL, DL_EDTYPE,
 * DL_ERANK, DL_ESHAPE, DL_EARG (a strided array), those of the arrays. */
DL_API dl_status dl_fn_call(const dl_fn *f, const dl_array *const *in, dl_array *const *out,
                            void *workspace);
DL_API const char *dl_fn_error(const void *workspace);
DL_API void *dl_fn_workspace_new(const dl_fn *f); /* null without memory */
DL_API void dl_fn_workspace_free(void *workspace);

/* The function as one file of C99 (or C++17), which needs nothing but libm and allocates nothing:
 *     void name(const float *input, ..., float *output, ..., void *workspace);
 *     size_t name_workspace_size(void);
 * A comment in it tells sizes and labels. It has the same bits as the plan where the compiler fuses
 * no products with sums; a NaN is a NaN there, whatever its sign and payload. Errors: those of the
 * function, DL_ENULL, DL_EARG (no function of one's own can be called so in C and C++; an op has no
 * C or an argument no name: the file says which, in a line of #error), DL_EOVERFLOW (an array of
 * 2^29 elements), DL_EFILE, DL_ENOMEM. */
DL_API dl_status dl_emit_c(const dl_fn *f, const char *name, FILE *to);

/* Has the same C compiled by the system's compiler ($CC, else cc) for this processor, and loads it:
 * dl_fn_run and dl_fn_call use it from then on, with the same bits (and NaNs as above). What was
 * compiled is kept in $XDG_CACHE_HOME/dltape (else ~/.cache/dltape), a folder that only its owner
 * may enter and none but root may move; it grows, and may be deleted at any time. If anything fails
 * the function goes on running its plan; dl_fn_message tells why. Not while another thread uses the
 * function, but threads may compile different ones. Products, factorisations and whatever else is
 * large and no elementwise loop still run by the plan's kernels, in as many threads. Errors:
 * DL_EFILE (no compiler, an error of it, the folder), those of dl_emit_c. */
DL_API dl_status dl_fn_compile(dl_fn *f);
DL_API bool dl_fn_compiled(const dl_fn *f);

#ifdef __cplusplus
}
#endif
#endif
