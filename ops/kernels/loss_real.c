/* loss_real.c: strips and kernels of the ops that losses are made of. */
#include "binary_strip.h"
#include "unary_strip.h"
#include "../attributes.h"
#include "../loss_rows.h"
#include "losses_f32.h"
#include "losses_f64.h"
#include "picks.h"

#define LOG_COSH(x) KERNEL_F(dl_log_cosh)(x)
#define HUBER(d, most) KERNEL_F(dl_huber)(d, most)
#define LOG1P_EXP_NEG(x) KERNEL_F(dl_log1p_exp_neg)(x)

LOSS_UNARY(STRIP)

LOSS_SCALED(BINARY_STRIP)

LOSS_BINARY(BINARY_STRIP)

/* ---- indices --------------------------------------------------------------------------------- */

dl_kernel KERNEL(dl__pick), KERNEL(dl__put), KERNEL(dl__flags);

/* The index of observation i; -1: it is none. */
static inline int64_t index_at(const void *index, int64_t i, int dtype)
{
    if (dtype == DL_I32) return ((const int32_t *)index)[i];
    return ((const int64_t *)index)[i];
}

void KERNEL(dl__pick)(const dl_call *c)
{
    picks p = picks_of(&dl_operand_layout(c, 0)->shape, c->ins->info);
    int dtype = dl_operand_layout(c, 1)->shape.dtype;
    const REAL *x = dl_operand(c, 0);
    const void *index = dl_operand(c, 1);
    REAL *y = dl_result(c);
    for (int64_t i = 0; i < p.before; i++)
        for (int64_t j = 0; j < p.behind; j++) {
            int64_t k = index_at(index, i * p.behind + j, dtype);
            y[i * p.behind + j] =
                k >= 0 && k < p.classes ? x[(i * p.classes + k) * p.behind + j] : (REAL)NAN;
        }
}

void KERNEL(dl__put)(const dl_call *c)
{
    picks p = picks_of(&dl_result_layout(c)->shape, c->ins->info);
    int dtype = dl_operand_layout(c, 1)->shape.dtype;
    const REAL *g = dl_operand(c, 0);
    const void *index = dl_operand(c, 1);
    REAL *y = dl_result(c);
    memset(y, 0, (size_t)dl_result_layout(c)->shape.numel * sizeof(REAL));
    for (int64_t i = 0; i < p.before; i++)
        for (int64_t j = 0; j < p.behind; j++) {
            int64_t k = index_at(index, i * p.behind + j, dtype);
            if (k >= 0 && k < p.classes)
                y[(i * p.classes + k) * p.behind + j] = g[i * p.behind + j];
        }
}

/* 1 where the integer is not the one of the attributes, else 0. */
void KERNEL(dl__flags)(const dl_call *c)
{
    const flags_attr *a = c->ins->info;
    const dl_shape *s = &dl_operand_layout(c, 0)->shape;
    const void *x = dl_operand(c, 0);
    REAL *y = dl_result(c);
    for (int64_t i = 0; i < s->numel; i++)
        y[i] = (s->dtype == DL_U8 ? ((const uint8_t *)x)[i] : index_at(x, i, s->dtype)) != a->value;
}
