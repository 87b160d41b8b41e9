/* reference.h: what the files of stored reference values (*.inc, printed by make.py) are made of.
 */
#ifndef DLTAPE_REFERENCE_H
#define DLTAPE_REFERENCE_H

#include "../../ops/ops.h"
#include "../harness/test.h"

/* Elementwise ops: values. */
typedef struct elementwise {
    const char *name;
    dl_val (*call)(const dl_val *x);
    dl_dtype dtype, result;
    int operands, ulps;
    double floor;       /* where the value is less, the ulps are those of this number */
    const double *rows; /* operands and result */
    int n;
} elementwise;

/* And first derivatives, in f64. */
typedef struct slopes {
    const char *name;
    dl_val (*call)(const dl_val *x);
    int operands;
    const double *rows; /* operands, and the derivatives by them */
    int n;
} slopes;

/* Calls on small arrays. */
enum { STORED_IN = 6, STORED_OUT = 3 };

typedef struct stored_shape {
    const char *dims, *labels; /* a digit for each size; null: no such array */
    dl_dtype dtype;
    int slope; /* whether a gradient by it is stored */
} stored_shape;

typedef struct stored {
    const char *name;
    void (*call)(const dl_val *x, dl_val *y);
    double rel;
    stored_shape in[STORED_IN], out[STORED_OUT];
    const double *data; /* inputs, results, gradients */
} stored;

/* Marks the rows of the library that the references are of. */
typedef struct rows_met {
    bool row[512];
} rows_met;
void rows_meet(rows_met *met, const dl_tape *t);
void rows_meet_elementwise(rows_met *met);
void rows_meet_arrays(rows_met *met);

#endif
