/* math_real.c: strips of further elementary functions. */
#include "unary_strip.h"
#include "angles.h"
#include "rounding.h"
#include "../math_rows.h"

#define CBRT(x) KERNEL_F(dl_cbrt)(x)
#define EXP2(x) KERNEL_F(dl_exp2)(x)
#define EXPM1(x) KERNEL_F(dl_expm1)(x)
#define LOG1P(x) KERNEL_F(dl_log1p)(x)
#define LOG2(x) KERNEL_F(dl_log2)(x)
#define LOG10(x) KERNEL_F(dl_log10)(x)
#define LOGIT(x) KERNEL_F(dl_logit)(x)
#define SINH(x) KERNEL_F(dl_sinh)(x)
#define COSH(x) KERNEL_F(dl_cosh)(x)
#define ASINH(x) KERNEL_F(dl_asinh)(x)
#define ACOSH(x) KERNEL_F(dl_acosh)(x)
#define ATANH(x) KERNEL_F(dl_atanh)(x)
#define ASIN(x) KERNEL_F(dl_asin)(x)
#define ACOS(x) KERNEL_F(dl_acos)(x)
#define ATAN(x) KERNEL_F(dl_atan)(x)
#define TAN(x) KERNEL_F(dl_tan)(x)
#define COT(x) KERNEL_F(dl_cot)(x)
#define SEC(x) KERNEL_F(dl_sec)(x)
#define CSC(x) KERNEL_F(dl_csc)(x)
#define ROUND(x) KERNEL_F(dl_round)(x)
#if DL_REAL == 32
#define FLOOR(x) floorf(x)
#define CEIL(x) ceilf(x)
#define TRUNC(x) truncf(x)
#else
#define FLOOR(x) floor(x)
#define CEIL(x) ceil(x)
#define TRUNC(x) trunc(x)
#endif

MATH(STRIP)
ANGLES(CIRCULAR_STRIP)
