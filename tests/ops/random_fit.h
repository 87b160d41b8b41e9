/* random_fit.h: what steps of random programs do to operands that do not fit. */
#ifndef DL_RANDOM_FIT_H
#define DL_RANDOM_FIT_H

#include "random_programs.h"

bool rp_labelled(rp_var x);
rp_var rp_strip(rp_recording *r, rp_var x);
rp_var rp_reshape(rp_recording *r, rp_var x, int rank, const int64_t *dim);
rp_var rp_flatten(rp_recording *r, rp_var x);
rp_var rp_slice(rp_recording *r, rp_var x, int axis, int64_t begin, int64_t end);
/* At most n elements along an axis. */
rp_var rp_cut(rp_recording *r, rp_var x, int axis, int64_t n);
/* Cuts axes that do not match; an operand that would make the result too large becomes its mean. */
void rp_fit(rp_recording *r, rp_var *a, rp_var *b);
/* A matrix of the same elements, and one of so few columns that its gram matrix is no long affair.
 */
rp_var rp_matrix(rp_recording *r, rp_var x);
rp_var rp_narrow(rp_recording *r, rp_var x);

/* "DL_DIMS(2, 3)", or "0, NULL". */
const char *rp_dims_text(int rank, const int64_t *dim, char text[120]);
/* Up to four values, and "DL_VALS(v1, v2)". */
typedef struct rp_list {
    dl_val val[4];
} rp_list;
rp_list rp_values(const rp_var *x, int n, char text[40]);

#endif
