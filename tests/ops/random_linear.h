/* random_linear.h: steps of random programs that are linear algebra, on matrices that are made well
 * conditioned first: what they are about is the engine, not the condition. */
#ifndef DL_RANDOM_LINEAR_H
#define DL_RANDOM_LINEAR_H

#include "random_fit.h"

#define RP_LINEAR(NAME) \
    rp_var NAME(rp_recording *r, const rp_kind *k, uint32_t arg, rp_var a, rp_var b)

RP_LINEAR(rp_of_definite);   /* f.one of a definite matrix with values apart */
RP_LINEAR(rp_of_tall);       /* of that over itself, changed */
RP_LINEAR(rp_with_definite); /* f.two of that and another matrix */
RP_LINEAR(rp_solve_triangular);
RP_LINEAR(rp_triangle);
RP_LINEAR(rp_diagonal);
RP_LINEAR(rp_einsum);
RP_LINEAR(rp_distances);

/* Results of functions that have several. */
dl_val rp_slogdet(dl_val x);
dl_val rp_lu_u(dl_val x);
dl_val rp_lu_solve(dl_val a, dl_val b); /* with the factors of a */
dl_val rp_qr_r(dl_val x);
dl_val rp_eigh_values(dl_val x);
dl_val rp_eigh_vectors(dl_val x);
dl_val rp_svd_u(dl_val x);
dl_val rp_expm(dl_val x); /* of tanh(x): no larger numbers */

#endif
