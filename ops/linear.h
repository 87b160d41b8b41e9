/* linear.h: what rows of linear algebra have in common. A core (kernels/factor.h, spectral.h)
 * computes one problem in double; here it is run for every batch, with operands gathered from any
 * strides, and printed as C. */
#ifndef DLTAPE_LINEAR_H
#define DLTAPE_LINEAR_H

#include "support.h"

/* mode and size: as the core says. hidden: operands in front that only the derivative reads; wide:
 * the result is f64 whatever the operands are, as a factorisation that other rows go on with. */
typedef struct dl_linear_attr {
    int64_t mode, size;
} dl_linear_attr;

enum { DL__LINEAR_IN = 2 }; /* operands of a core */

/* What the kernel gets: sizes for the core, and where things lie in its memory of doubles. */
typedef struct dl_linear {
    int64_t m, n, k, mode, size;
    int64_t hidden, operands; /* operands `hidden` up to `operands` are gathered */
    int64_t rows[DL__LINEAR_IN], cols[DL__LINEAR_IN], row[DL__LINEAR_IN], col[DL__LINEAR_IN];
    int64_t at[DL__LINEAR_IN], result, numel, work, total;
    dl_loop batches;       /* operand i of the loop is operand hidden + i */
    int64_t nbatch, parts; /* parts may run in several threads, each with `total` doubles */
} dl_linear;

/* Fills `info` but for scratch memory; null: out of memory. Then claims that memory. */
dl_linear *dl__linear_begin(dl_prepare *p, int hidden);
bool dl__linear_end(dl_prepare *p, dl_linear *l, int64_t scratch);
void dl__linear_emit(const dl_emit *e, const char *core);

/* The prepare and emit functions of a row; SCRATCH in terms of m, n, k. */
#define DL__LINEAR_ROW(NAME, CORE, HIDDEN, SCRATCH)                   \
    DL_DECLARE_KERNELS(dl__##NAME);                                   \
    static bool NAME##_prepare(dl_prepare *p)                         \
    {                                                                 \
        dl_linear *l = dl__linear_begin(p, HIDDEN);                   \
        int64_t m = l ? l->m : 0, n = l ? l->n : 0, k = l ? l->k : 0; \
        (void)m, (void)n, (void)k;                                    \
        return l && dl__linear_end(p, l, SCRATCH);                    \
    }                                                                 \
    static void NAME##_emit(const dl_emit *e) { dl__linear_emit(e, #CORE); }
/* The fields of a row that these fill. */
#define DL__LINEAR_FIELDS(NAME)                                                             \
    .name = #NAME, .flags = DL_STRIDED | DL_EMIT_WORK, .attr_size = sizeof(dl_linear_attr), \
    .prepare = NAME##_prepare, .eval = DL_KERNELS(dl__##NAME), .emit = NAME##_emit

/* ---- shapes and checks ----------------------------------------------------------------------- */

/* The leading axes of a, and of b: sizes are equal or 1 (public functions have seen to the ranks).
 * Sets dtype and rank of the result to those of a. */
void dl__linear_batch(dl_infer *c, const dl_shape *a, const dl_shape *b);
/* The result is like the first operand, which the public function has seen to. */
void dl__linear_same(dl_infer *c);
/* The last two sizes of the result. */
static inline void dl__linear_matrix(dl_infer *c, int64_t rows, int64_t cols)
{
    c->out.dim[c->out.rank - 2] = rows;
    c->out.dim[c->out.rank - 1] = cols;
}
static inline int64_t dl__rows(const dl_shape *s) { return s->dim[s->rank - 2]; }
static inline int64_t dl__cols(const dl_shape *s) { return s->dim[s->rank - 1]; }

/* For public functions: x is one matrix or more without labels, square if so said; false: the tape
 * has the error. */
bool dl__matrices(const char *op, dl_val x, bool square);
/* Two such values with leading axes that fit; of different rank, one is a matrix and gets leading
 * axes of size 1. */
bool dl__match_batches(const char *op, dl_val *a, dl_val *b);
/* Two such values, good ones, whose batches match, of a system a x = b. */
bool dl__system_fits(const char *op, dl_val *a, dl_val *b);
/* (...,1) -> (...); and (...,1,n) -> (...,n) */
dl_val dl__drop_last(dl_val x);
dl_val dl__drop_row(dl_val x);
/* The identity for each batch of x, which is square. */
dl_val dl__identity(dl_val x);
/* Rows, or columns, begin <= i < end. */
dl_val dl__take_rows(dl_val x, int64_t begin, int64_t end);
dl_val dl__take_cols(dl_val x, int64_t begin, int64_t end);

/* Triangles of square matrices, for derivatives: what lies on and below the diagonal, mirrored
 * above it; and half of the sum of x and its transpose. */
dl_val dl__mirror_lower(dl_val x);
dl_val dl__symmetric(dl_val x);

/* ---- what derivatives and other functions use -------------------------------------------------
 */

dl_val dl__lu(dl_val a);                                               /* f64 */
dl_val dl__solve_with(dl_val a, dl_val lu, dl_val b, bool transposed); /* a^-1 b, a'^-1 b */
dl_val dl__gaps(dl_val w);                   /* (...,1,n) -> (...,n,n): 1 / (w_j - w_i) */
dl_val dl__reciprocals(dl_val s, int64_t n); /* 1 / s, 0 where s <= n eps max */

#endif
