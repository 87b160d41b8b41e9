/* loss.c: the reference loss of ../loss.c and its gradient for any size. A covariance is a
 * symmetric product, its gradient one product. */
#include "../hand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sums are kept in lanes, so that strict floating point can be vectorised. */
enum { LANES = 16 };

static float total(const float *lane)
{
    float sum = 0;
    for (int j = 0; j < LANES; j++) sum += lane[j];
    return sum;
}

static float sum_of(const float *x, size_t n)
{
    float lane[LANES] = { 0 }, rest = 0;
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += x[i + (size_t)j];
    for (size_t i = whole; i < n; i++) rest += x[i];
    return total(lane) + rest;
}

static float sum_of_squares(const float *x, size_t n)
{
    float lane[LANES] = { 0 }, rest = 0;
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += x[i + (size_t)j] * x[i + (size_t)j];
    for (size_t i = whole; i < n; i++) rest += x[i] * x[i];
    return total(lane) + rest;
}

static float reciprocal(float x) { return x > 0 ? 1 / x : 0; }

static void affine(const products *p, int n, int t, const float *w, const float *b, const float *x,
                   float *y)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < t; j++) y[(size_t)i * (size_t)t + (size_t)j] = b[i];
    p->gemm(false, false, n, t, n, 1, w, x, 1, y);
}

/* a = C(x) - I and its norm; xc: x without its row means. */
static float off_identity(const products *p, int n, int t, const float *x, float *xc, float *a)
{
    size_t columns = (size_t)t, rows = (size_t)n;
    for (size_t i = 0; i < rows; i++) {
        float mean = sum_of(x + i * columns, columns) / (float)t;
        for (size_t j = 0; j < columns; j++) xc[i * columns + j] = x[i * columns + j] - mean;
    }
    p->gram(n, t, 1 / (float)(t - 1), xc, a);
    for (size_t i = 0; i < rows; i++) a[i * rows + i] -= 1;
    return sqrtf(sum_of_squares(a, rows * rows));
}

static void affine_gradient(const products *p, int n, int t, const float *dy, const float *x,
                            float beta, float *dw, float *db)
{
    for (int i = 0; i < n; i++) db[i] = sum_of(dy + (size_t)i * (size_t)t, (size_t)t);
    p->gemm(false, true, n, n, t, 1, dy, x, beta, dw);
}

static void loss(const products *p, const bench_workload *w, void *const *in, void *const *out)
{
    int n = (int)w->in[0].dims[0], t = (int)w->in[0].dims[1];
    size_t square = (size_t)n * (size_t)n, size = (size_t)n * (size_t)t;
    const float *x = in[0], *target = in[1], *w1 = in[2], *b1 = in[3], *w2 = in[4], *b2 = in[5];
    float *dw1 = out[1], *db1 = out[2], *dw2 = out[3], *db2 = out[4];
    static float *room; /* one for all: the largest workload comes with the largest */
    static size_t held;
    if (held < 6 * size + 3 * square) {
        free(room);
        held = 6 * size + 3 * square;
        room = malloc(held * sizeof *room);
    }
    float *h = room, *q = h + size, *hc = q + size, *qc = hc + size, *dh = qc + size;
    float *dq = dh + size, *a = dq + size, *c = a + square, *e = c + square;

    affine(p, n, t, w1, b1, x, h);
    affine(p, n, t, w2, b2, h, q);
    float l1 = off_identity(p, n, t, h, hc, a), l3 = off_identity(p, n, t, q, qc, c);
    p->gram(n, n, 1, w1, e);
    for (int i = 0; i < n; i++) e[(size_t)i * (size_t)(n + 1)] -= 1;
    float ortho = sqrtf(sum_of_squares(e, square));
    for (size_t i = 0; i < size; i++) {
        dh[i] = h[i] / 4 + ortho;
        dq[i] = q[i] - target[i];
    }
    float l2 = sqrtf(sum_of_squares(dh, size)), l4 = sum_of_squares(dq, size) / 2;
    float s2 = reciprocal(l2), all = s2 * sum_of(dh, size);

    p->gemm(false, false, n, t, n, 2 * reciprocal(l3) / (float)(t - 1), c, qc, 1, dq);
    affine_gradient(p, n, t, dq, h, 0, dw2, db2);
    p->gemm(true, false, n, t, n, 1, w2, dq, s2 / 4, dh);
    p->gemm(false, false, n, t, n, 2 * reciprocal(l1) / (float)(t - 1), a, hc, 1, dh);
    p->gemm(false, false, n, n, n, 2 * all * reciprocal(ortho), e, w1, 0, dw1);
    affine_gradient(p, n, t, dh, x, 1, dw1, db1);
    *(float *)out[0] = l1 + l2 + l3 + l4;
}

void loss_by_loops(const bench_workload *w, void *const *in, void *const *out)
{
    loss(&own_products, w, in, out);
}

#ifdef BENCH_CBLAS
void loss_by_blas(const bench_workload *w, void *const *in, void *const *out)
{
    loss(&blas_products, w, in, out);
}
#endif
