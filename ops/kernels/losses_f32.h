/* losses_f32.h: functions of float that losses are made of. As in elementary_f32.h: straight-line
 * C99, which is also printed as text. */
#ifndef DLTAPE_LOSSES_F32_H
#define DLTAPE_LOSSES_F32_H

#include "elementary_f32.h"

/* log(1 + u) for u >= 0: what is lost in 1 + u is made good by the factor. Kahan; Goldberg, What
 * Every Computer Scientist Should Know About Floating-Point Arithmetic, 1991, theorem 4. */
static inline float dl_log_one_more_f32(float u)
{
    float w = 1 + u, d = w - 1, y = dl_log_f32(w);
    return d > 0 ? y * (u / d) : u;
}

/* log(1 + e^-|x|) */
static inline float dl_log1p_exp_neg_f32(float x)
{
    return dl_log_one_more_f32(dl_exp_f32(-fabsf(x)));
}

/* log cosh x: near 0 from cosh x - 1 = 2 t^2 / (1 - t^2), t = tanh(x / 2); else |x| and what is
 * left. */
static inline float dl_log_cosh_f32(float x)
{
    float a = fabsf(x), t = dl_tanh_f32(x / 2), e = dl_exp_f32(-2 * a);
    float y = dl_log_one_more_f32(a < 2 ? 2 * t * t / ((1 - t) * (1 + t)) : e);
    return a < 2 ? y : a + (y - 0.693147181f);
}

static inline float dl_huber_f32(float d, float most)
{
    float c = d < -most ? -most : d > most ? most : d;
    return c * (d - c / 2);
}

#endif
