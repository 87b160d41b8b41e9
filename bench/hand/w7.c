/* w7.c: the recurrent cell of ../w7.c. tanh is libmvec's, as in w4.c. */
#include "../hand.h"

#include <string.h>

#if !defined __GLIBC__ || !defined __x86_64__ || defined __clang__
#include <math.h>
#else
float tanhf(float) __attribute__((simd("notinbranch"), const, nothrow));
#endif

enum { STEPS = 100, INPUTS = 32, UNITS = 64, BATCH = 32, SIZE = UNITS * BATCH };
enum { X, TARGET, WX, WH, B };

static void step(const products *p, void *const *in, void *const *out)
{
    static float h[STEPS][SIZE], dz[SIZE], dh[SIZE];
    const float *x = in[X], *target = in[TARGET], *b = in[B];
    float *dwx = out[1], *dwh = out[2], *db = out[3], loss = 0;
    for (int t = 0; t < STEPS; t++) {
        for (int i = 0; i < SIZE; i++) h[t][i] = b[i / BATCH];
        p->gemm(false, false, UNITS, BATCH, INPUTS, 1, in[WX], x + t * INPUTS * BATCH, 1, h[t]);
        if (t > 0) p->gemm(false, false, UNITS, BATCH, UNITS, 1, in[WH], h[t - 1], 1, h[t]);
        for (int i = 0; i < SIZE; i++) h[t][i] = tanhf(h[t][i]);
    }
    for (int i = 0; i < SIZE; i++) {
        dh[i] = h[STEPS - 1][i] - target[i];
        loss += dh[i] * dh[i];
    }
    memset(db, 0, UNITS * sizeof *db);
    memset(dwx, 0, UNITS * INPUTS * sizeof *dwx);
    memset(dwh, 0, UNITS * UNITS * sizeof *dwh);
    for (int t = STEPS - 1; t >= 0; t--) {
        for (int i = 0; i < SIZE; i++) dz[i] = dh[i] * ((1 - h[t][i]) * (1 + h[t][i]));
        for (int i = 0; i < SIZE; i++) db[i / BATCH] += dz[i];
        p->gemm(false, true, UNITS, INPUTS, BATCH, 1, dz, x + t * INPUTS * BATCH, 1, dwx);
        if (t == 0) break;
        p->gemm(false, true, UNITS, UNITS, BATCH, 1, dz, h[t - 1], 1, dwh);
        p->gemm(true, false, UNITS, BATCH, UNITS, 1, in[WH], dz, 0, dh);
    }
    *(float *)out[0] = loss / 2;
}

void w7_by_loops(const bench_workload *w, void *const *in, void *const *out)
{
    step(&own_products, in, out);
}

#ifdef BENCH_CBLAS
void w7_by_blas(const bench_workload *w, void *const *in, void *const *out)
{
    step(&blas_products, in, out);
}
#endif
