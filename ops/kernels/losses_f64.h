/* losses_f64.h: functions of double that losses are made of. As in elementary_f64.h: straight-line
 * C99, which is also printed as text. */
#ifndef DLTAPE_LOSSES_F64_H
#define DLTAPE_LOSSES_F64_H

#include "elementary_f64.h"

/* log(1 + u) for u >= 0: what is lost in 1 + u is made good by the factor. Kahan; Goldberg, What
 * Every Computer Scientist Should Know About Floating-Point Arithmetic, 1991, theorem 4. */
static inline double dl_log_one_more_f64(double u)
{
    double w = 1 + u, d = w - 1, y = dl_log_f64(w);
    return d > 0 ? y * (u / d) : u;
}

/* log(1 + e^-|x|) */
static inline double dl_log1p_exp_neg_f64(double x)
{
    return dl_log_one_more_f64(dl_exp_f64(-fabs(x)));
}

/* log cosh x: near 0 from cosh x - 1 = 2 t^2 / (1 - t^2), t = tanh(x / 2); else |x| and what is
 * left. */
static inline double dl_log_cosh_f64(double x)
{
    double a = fabs(x), t = dl_tanh_f64(x / 2), e = dl_exp_f64(-2 * a);
    double y = dl_log_one_more_f64(a < 2 ? 2 * t * t / ((1 - t) * (1 + t)) : e);
    return a < 2 ? y : a + (y - 0.69314718055994530942);
}

static inline double dl_huber_f64(double d, double most)
{
    double c = d < -most ? -most : d > most ? most : d;
    return c * (d - c / 2);
}

#endif
