/* w5.c: the training step of ../w5.c; parameters and states are updated in place. */
#include "../hand.h"

#include <math.h>
#include <string.h>

enum { INPUTS = 784, HIDDEN = 256, CLASSES = 10, BATCH = 128 };
enum { X, T, RATE, CORRECTION, W, M = W + 4, S = M + 4 };

static void affine(const products *p, int n, int k, const float *w, const float *b, const float *x,
                   float *y)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < BATCH; j++) y[i * BATCH + j] = b[i];
    p->gemm(false, false, n, BATCH, k, 1, w, x, 1, y);
}

static void affine_gradient(const products *p, int n, int k, const float *dy, const float *x,
                            float *dw, float *db)
{
    for (int i = 0; i < n; i++) {
        float lane[16] = { 0 };
        for (int j = 0; j < BATCH; j += 16)
            for (int l = 0; l < 16; l++) lane[l] += dy[i * BATCH + j + l];
        db[i] = 0;
        for (int l = 0; l < 16; l++) db[i] += lane[l];
    }
    p->gemm(false, true, n, k, BATCH, 1, dy, x, 0, dw);
}

/* The loss of logits z, which become its gradient. */
static float cross_entropy(float *z, const float *t)
{
    float sum[BATCH] = { 0 }, loss = 0;
    for (int i = 0; i < CLASSES * BATCH; i++) loss -= t[i] * z[i];
    for (int i = 0; i < CLASSES; i++)
        for (int j = 0; j < BATCH; j++) sum[j] += z[i * BATCH + j] = expf(z[i * BATCH + j]);
    for (int j = 0; j < BATCH; j++) loss += logf(sum[j]);
    for (int i = 0; i < CLASSES; i++)
        for (int j = 0; j < BATCH; j++)
            z[i * BATCH + j] = (z[i * BATCH + j] / sum[j] - t[i * BATCH + j]) / BATCH;
    return loss / BATCH;
}

static void adam(int n, float rate, float correction, const float *restrict g, float *restrict w,
                 float *restrict m, float *restrict s)
{
    for (int i = 0; i < n; i++) {
        m[i] = 0.9f * m[i] + 0.1f * g[i];
        s[i] = 0.999f * s[i] + 0.001f * (g[i] * g[i]);
        w[i] -= rate * (m[i] / (sqrtf(s[i] * correction) + 1e-8f));
    }
}

static void step(const products *p, void *const *in, void *const *out)
{
    static float h[HIDDEN * BATCH], dh[HIDDEN * BATCH], z[CLASSES * BATCH];
    static float dw1[HIDDEN * INPUTS], db1[HIDDEN], dw2[CLASSES * HIDDEN], db2[CLASSES];
    static float *const gradient[] = { dw1, db1, dw2, db2 };
    static const int size[] = { HIDDEN * INPUTS, HIDDEN, CLASSES * HIDDEN, CLASSES };
    affine(p, HIDDEN, INPUTS, in[W], in[W + 1], in[X], h);
    for (int i = 0; i < HIDDEN * BATCH; i++) h[i] = h[i] > 0 ? h[i] : 0;
    affine(p, CLASSES, HIDDEN, in[W + 2], in[W + 3], h, z);
    *(float *)out[0] = cross_entropy(z, in[T]);
    affine_gradient(p, CLASSES, HIDDEN, z, h, dw2, db2);
    p->gemm(true, false, HIDDEN, BATCH, CLASSES, 1, in[W + 2], z, 0, dh);
    for (int i = 0; i < HIDDEN * BATCH; i++) dh[i] = h[i] > 0 ? dh[i] : 0;
    affine_gradient(p, HIDDEN, INPUTS, dh, in[X], dw1, db1);
    float rate = *(const float *)in[RATE], correction = *(const float *)in[CORRECTION];
    for (int k = 0; k < 4; k++)
        adam(size[k], rate, correction, gradient[k], in[W + k], in[M + k], in[S + k]);
}

void w5_by_loops(const bench_workload *w, void *const *in, void *const *out)
{
    step(&own_products, in, out);
}

#ifdef BENCH_CBLAS
void w5_by_blas(const bench_workload *w, void *const *in, void *const *out)
{
    step(&blas_products, in, out);
}
#endif
