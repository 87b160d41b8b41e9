/* w1.c: the reference loss of ../loss.c and its gradient for sizes that the compiler knows. */
#include "../hand.h"

#include <math.h>
#include <string.h>

enum { N = 4, T = 10 };
typedef float square[N][N];
typedef float block[N][T];

static void affine(const square w, const float *b, const block x, block y)
{
    for (int i = 0; i < N; i++) {
        for (int t = 0; t < T; t++) y[i][t] = b[i];
        for (int k = 0; k < N; k++)
            for (int t = 0; t < T; t++) y[i][t] += w[i][k] * x[k][t];
    }
}

/* a = scale * C(x) - I and its norm; xc: x without its row means. */
static float off_identity(const block x, float scale, block xc, square a)
{
    float sum = 0;
    for (int i = 0; i < N; i++) {
        float mean = 0;
        for (int t = 0; t < T; t++) mean += x[i][t];
        mean /= T;
        for (int t = 0; t < T; t++) xc[i][t] = x[i][t] - mean;
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            float dot = 0;
            for (int t = 0; t < T; t++) dot += xc[i][t] * xc[j][t];
            a[i][j] = scale * dot / (T - 1) - (float)(i == j);
            sum += a[i][j] * a[i][j];
        }
    return sqrtf(sum);
}

/* dx += s a xc for symmetric a. */
static void add_product(const square a, float s, const block xc, block dx)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            float f = s * a[i][j];
            for (int t = 0; t < T; t++) dx[i][t] += f * xc[j][t];
        }
}

static void affine_gradient(const block dy, const block x, square dw, float *db)
{
    for (int i = 0; i < N; i++) {
        db[i] = 0;
        for (int t = 0; t < T; t++) db[i] += dy[i][t];
        for (int k = 0; k < N; k++) {
            float dot = 0;
            for (int t = 0; t < T; t++) dot += dy[i][t] * x[k][t];
            dw[i][k] += dot;
        }
    }
}

static float reciprocal(float x) { return x > 0 ? 1 / x : 0; }

static float loss(const block x, const block target, const square w1, const float *b1,
                  const square w2, const float *b2, square dw1, float *db1, square dw2, float *db2)
{
    const float lambda = 1;
    block h, q, hc, qc, m, dh, dq;
    square a, c, e;
    memset(dw1, 0, sizeof(square));
    memset(dw2, 0, sizeof(square));
    affine(w1, b1, x, h);
    affine(w2, b2, h, q);
    float l1 = off_identity(h, lambda, hc, a), l3 = off_identity(q, 1, qc, c);

    float ortho = 0, sum = 0, l4 = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            float dot = -(float)(i == j);
            for (int k = 0; k < N; k++) dot += w1[i][k] * w1[j][k];
            e[i][j] = dot;
            ortho += dot * dot;
        }
    ortho = sqrtf(ortho);
    for (int i = 0; i < N; i++)
        for (int t = 0; t < T; t++) {
            m[i][t] = h[i][t] / 4 + lambda * ortho;
            sum += m[i][t] * m[i][t];
            dq[i][t] = q[i][t] - target[i][t];
            l4 += dq[i][t] * dq[i][t];
        }
    float l2 = sqrtf(sum), total = 0, s2 = lambda * reciprocal(l2);

    add_product(c, 2 * lambda * reciprocal(l3) / (T - 1), qc, dq);
    affine_gradient(dq, h, dw2, db2);
    for (int i = 0; i < N; i++)
        for (int t = 0; t < T; t++) {
            total += s2 * m[i][t];
            dh[i][t] = s2 * m[i][t] / 4;
        }
    for (int k = 0; k < N; k++)
        for (int i = 0; i < N; i++)
            for (int t = 0; t < T; t++) dh[i][t] += w2[k][i] * dq[k][t];
    add_product(a, 2 * lambda * reciprocal(l1) / (T - 1), hc, dh);
    float s = 2 * lambda * total * reciprocal(ortho);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++) dw1[i][k] += s * e[i][j] * w1[j][k];
    affine_gradient(dh, x, dw1, db1);
    return l1 + lambda * l2 + lambda * l3 + l4 / 2;
}

void w1_by_hand(const bench_workload *w, void *const *in, void *const *out)
{
    *(float *)out[0] =
        loss(in[0], in[1], in[2], in[3], in[4], in[5], out[1], out[2], out[3], out[4]);
}
