/* real.h: kernels are ordinary C over REAL. The build compiles each file once for every computing
 * dtype, with DL_REAL 32 or 64, and for every instruction set; KERNEL gives a function its name. */
#ifndef DLTAPE_REAL_H
#define DLTAPE_REAL_H

#include "../../autodiff/op.h"
#include "../../autodiff/pairwise.h"

#include "elementary_f32.h"
#include "elementary_f64.h"
#include "quotients.h"

#include <string.h>

#if DL_REAL == 32
typedef float REAL;
#define KERNEL_F(name) name##_f32
#else
typedef double REAL;
#define KERNEL_F(name) name##_f64
#endif

#if DL_WITH_AVX512
#define VECTOR_BYTES 64
#define KERNEL_ISA(name) name##_avx512
#elif DL_WITH_AVX2
#define VECTOR_BYTES 32
#define KERNEL_ISA(name) name##_avx2
#else
#define VECTOR_BYTES 16
#define KERNEL_ISA(name) name
#endif
#define KERNEL_ISA_OF(name) KERNEL_ISA(name)
#define KERNEL(name) KERNEL_ISA_OF(KERNEL_F(name))

/* Before a loop whose result may lie in the very place of an operand, but not beside it. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

/* What the formulas of rows call. */
#if DL_REAL == 32
#define FABS(x) fabsf(x)
#define SQRT(x) sqrtf(x)
#define FMOD(a, b) fmodf(a, b)
#else
#define FABS(x) fabs(x)
#define SQRT(x) sqrt(x)
#define FMOD(a, b) fmod(a, b)
#endif
#define EXP(x) KERNEL_F(dl_exp)(x)
#define LOG(x) KERNEL_F(dl_log)(x)
#define TANH(x) KERNEL_F(dl_tanh)(x)
#define SIGMOID(x) KERNEL_F(dl_sigmoid)(x)
#define ERF(x) KERNEL_F(dl_erf)(x)
#define SIN(x) KERNEL_F(dl_sin)(x)
#define COS(x) KERNEL_F(dl_cos)(x)
#define POW(a, b) KERNEL_F(dl_pow)(a, b)
#define ATAN2(a, b) KERNEL_F(dl_atan2)(a, b)
#define HYPOT(a, b) KERNEL_F(dl_hypot)(a, b)
#define MOD(a, b) KERNEL_F(dl_mod)(a, b)
#define FLOORS(a, b) KERNEL_F(dl_floors)(a, b)
#define FIXES(a, b) KERNEL_F(dl_fixes)(a, b)
#define COPYSIGN(a, b) KERNEL_F(dl_copysign)(a, b)

/* The outer loops of a nest: at[j] is where operand j stands, in elements. */
typedef struct nest {
    const dl_loop *loop;
    int64_t index[DL_MAX_RANK], at[DL_MAX_IN + 1];
} nest;

static inline nest nest_begin(const dl_loop *loop) { return (nest){ .loop = loop }; }

/* Where round `index` of the whole nest stands. */
static inline nest nest_at(const dl_loop *l, int64_t index)
{
    nest w = nest_begin(l);
    for (int k = l->rank - 1; k >= 0; index /= l->dim[k--]) {
        w.index[k] = index % l->dim[k];
        for (int j = 0; j < l->operands; j++) w.at[j] += l->stride[j][k] * w.index[k];
    }
    return w;
}

/* Steps all loops but the innermost `inner`; false at the end. */
static inline bool nest_next(nest *w, int inner)
{
    const dl_loop *l = w->loop;
    for (int k = l->rank - 1 - inner; k >= 0; k--) {
        for (int j = 0; j < l->operands; j++) w->at[j] += l->stride[j][k];
        if (++w->index[k] < l->dim[k]) return true;
        for (int j = 0; j < l->operands; j++) w->at[j] -= l->stride[j][k] * l->dim[k];
        w->index[k] = 0;
    }
    return false;
}

#endif
