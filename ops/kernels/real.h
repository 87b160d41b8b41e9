/* real.h: kernels are ordinary C over REAL. The build compiles each file once for every computing
 * dtype, with DL_REAL 32 or 64, and for every instruction set; KERNEL gives a function its name. */
#ifndef DLTAPE_REAL_H
#define DLTAPE_REAL_H

#include "../../autodiff/op.h"

#include <string.h>
#include <tgmath.h>

#if DL_REAL == 32
typedef float REAL;
#define KERNEL_F(name) name##_f32
#else
typedef double REAL;
#define KERNEL_F(name) name##_f64
#endif

#if DL_WITH_AVX2
#define KERNEL_ISA(name) name##_avx2
#else
#define KERNEL_ISA(name) name
#endif
#define KERNEL_ISA_OF(name) KERNEL_ISA(name)
#define KERNEL(name) KERNEL_ISA_OF(KERNEL_F(name))

/* The outer loops of a nest: at[j] is where operand j stands, in elements. */
typedef struct nest {
    const dl_loop *loop;
    int64_t index[DL_MAX_RANK], at[DL_MAX_IN + 1];
} nest;

static inline nest nest_begin(const dl_loop *loop) { return (nest){ .loop = loop }; }

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

/* The innermost loops of a nest of up to three operands, one after the other: at[j] is where
 * operand j stands, m and step the innermost loop. */
typedef struct lines {
    int64_t left, m, step[3], at[3], index[DL_MAX_RANK];
} lines;

static inline lines lines_begin(const dl_loop *l, int64_t numel)
{
    lines r = { .m = 1, .left = numel };
    int last = l->rank - 1;
    if (last < 0 || !numel) return r;
    r.m = l->dim[last];
    r.left = numel / r.m;
    for (int j = 0; j < 3; j++) r.step[j] = l->stride[j][last];
    return r;
}

static inline void lines_next(lines *r, const dl_loop *l)
{
    if (!--r->left) return;
    for (int k = l->rank - 2;; k--) {
        for (int j = 0; j < 3; j++) r->at[j] += l->stride[j][k];
        if (++r->index[k] < l->dim[k]) return;
        for (int j = 0; j < 3; j++) r->at[j] -= l->stride[j][k] * l->dim[k];
        r->index[k] = 0;
    }
}

/* Sums of blocks, added pairwise: a tree that depends on their number only. */
typedef struct pairwise {
    double level[48];
    uint64_t blocks;
} pairwise;

static inline void pairwise_add(pairwise *p, double block)
{
    int k = 0;
    for (uint64_t n = p->blocks++; n & 1; n >>= 1) block += p->level[k++];
    p->level[k] = block;
}

static inline double pairwise_total(const pairwise *p)
{
    double sum = 0;
    bool any = false;
    for (int k = 0; p->blocks >> k; k++)
        if (p->blocks >> k & 1) {
            sum = any ? sum + p->level[k] : p->level[k];
            any = true;
        }
    return sum;
}

#endif
