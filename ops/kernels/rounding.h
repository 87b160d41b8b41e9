/* rounding.h: rounding to whole numbers as MATLAB does, exact. */
#ifndef DLTAPE_ROUNDING_H
#define DLTAPE_ROUNDING_H

#include "elementary_f32.h"
#include "elementary_f64.h"

/* ---- halves go away from zero ---------------------------------------------------------------- */

static inline float dl_round_f32(float x)
{
    float a = fabsf(x), y = truncf(a);
    return dl_with_sign_f32(a - y >= 0.5f ? y + 1.0f : y, x);
}

static inline double dl_round_f64(double x)
{
    double a = fabs(x), y = trunc(a);
    return dl_with_sign_f64(a - y >= 0.5 ? y + 1.0 : y, x);
}

#endif
