/* gemm.h: what the files of the matrix products share. */
#ifndef DLTAPE_GEMM_H
#define DLTAPE_GEMM_H

#include "pack.h"
#include "../product.h"

/* Elements of a vector register. */
#define LANES (VECTOR_BYTES * 8 / DL_REAL)

/* c = a b in blocks of packed operands; `work` is of the bytes that dl__blocked_plan tells. */
void KERNEL(dl__blocked)(const dl_product *p, const REAL *a, const REAL *b, REAL *c, void *work);
/* Sets p->parts; returns the bytes of scratch memory. */
size_t KERNEL(dl__blocked_plan)(dl_product *p);

/* The same through the BLAS; where the build has none, dl__use_blas is false. */
void KERNEL(dl__blas)(const dl_product *p, const REAL *a, const REAL *b, REAL *c, void *work);
size_t KERNEL(dl__blas_plan)(dl_product *p);

#endif
