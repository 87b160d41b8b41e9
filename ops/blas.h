/* blas.h: when large products go to the BLAS that the build has found, and how it is called. */
#ifndef DLTAPE_BLAS_H
#define DLTAPE_BLAS_H

#include "product.h"

/* Whether a product whose sizes are set goes to the BLAS: a matter of sizes, of the tape's mode and
 * of the process only, so that the bits do not depend on anything else. */
bool dl__use_blas(const dl_prepare *p, const dl_product *x);

/* Whether the BLAS of this process is faster than the own kernels: always the same answer. */
bool dl__blas_pays(void);
/* The same for OpenBLAS with kernels of this name on such a processor. */
bool dl__core_pays(const char *core, dl_isa processor);

/* Around calls of the BLAS from several threads at a time: its own threads rest meanwhile. */
void dl__blas_begin(void);
void dl__blas_end(void);
/* Runs the parts side by side if the BLAS allows it. */
void dl__blas_parallel(int64_t parts, void (*part)(void *context, int64_t k), void *context);

#endif
