/* linear_real.c: one core after the other for every batch: gathered in double, computed, rounded.
 * Operands of f32 and f64 may stand beside each other. */
#include "singular.h"
#include "real.h"
#include "../../autodiff/scratch.h"
#include "../linear.h"

static void gather(const dl_call *c, const dl_linear *l, int i, int64_t first, double *to)
{
    int operand = (int)l->hidden + i;
    const void *x = dl_operand(c, operand);
    if (dl_operand_layout(c, operand)->shape.dtype == DL_F32)
        dl_gather_f32(l->rows[i], l->cols[i], (const float *)x + first, l->row[i], l->col[i], to);
    else dl_gather_f64(l->rows[i], l->cols[i], (const double *)x + first, l->row[i], l->col[i], to);
}

/* A call, as its parts see it. */
typedef struct job {
    const dl_call *c;
    void (*core)(const dl_matrices *);
    uint64_t taken; /* places of scratch memory */
} job;

/* Some neighbouring batches. */
static void some(void *context, int64_t part)
{
    job *j = context;
    int place = dl_scratch_take(&j->taken);
    const dl_linear *l = j->c->ins->info;
    int64_t least = l->nbatch / l->parts, more = l->nbatch % l->parts;
    int64_t first = least * part + (part < more ? part : more), count = least + (part < more);
    double *x = (double *)dl_work(j->c) + l->total * place;
    REAL *y = (REAL *)dl_result(j->c) + l->numel * first;
    dl_matrices p = { l->m,         l->n,         l->k,          l->mode,    l->size,
                      x + l->at[0], x + l->at[1], x + l->result, x + l->work };
    nest w = nest_at(&l->batches, first);
    for (; count-- > 0; y += l->numel, nest_next(&w, 0)) {
        for (int i = 0; i < l->operands - l->hidden; i++) gather(j->c, l, i, w.at[i], x + l->at[i]);
        j->core(&p);
        KERNEL_F(dl_hand_out)(l->numel, p.y, y);
    }
    dl_scratch_give(&j->taken, place);
}

static void each(const dl_call *c, void (*core)(const dl_matrices *))
{
    const dl_linear *l = c->ins->info;
    job j = { c, core, 0 };
    if (!dl_result_layout(c)->shape.numel) return;
    if (l->parts == 1) some(&j, 0);
    else dl_parallel(l->parts, some, &j);
}

#define LINEAR(NAME, CORE)        \
    dl_kernel KERNEL(dl__##NAME); \
    void KERNEL(dl__##NAME)(const dl_call *c) { each(c, CORE); }

LINEAR(lu_packed, dl_lu_of)
LINEAR(lu, dl_lu_factors_of)
LINEAR(solve, dl_solve_by_lu)
LINEAR(det, dl_det_by_lu)
LINEAR(slogdet, dl_slogdet_by_lu)
LINEAR(logdet, dl_logdet_of)
LINEAR(cofactors, dl_cofactors)
LINEAR(solve_triangular, dl_solve_triangle)
LINEAR(cholesky, dl_cholesky_of)
LINEAR(qr, dl_qr_of)
LINEAR(eigh, dl_eigh_of)
LINEAR(spectrum, dl_eigh_of)
LINEAR(svd, dl_svd_of)
LINEAR(gaps, dl_gaps_of)
LINEAR(reciprocals, dl_reciprocals_of)
LINEAR(pinv, dl_pinv_of)
LINEAR(sqrtm, dl_root_by_eigen)
LINEAR(lyapunov, dl_lyapunov_by_eigen)
LINEAR(expm, dl_expm_of)
