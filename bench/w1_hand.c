/* w1_hand.c: the reference loss and its gradient, written by hand for fixed sizes: the floor. Built
 * with -O3 -march=native and strict floating point.
 *
 * With H = W1 X + b1, Q = W2 H + b2, C(A) the covariance of the rows of A, n the Frobenius norm:
 * loss = n(l C(H) - I) + l n(H/4 + l n(W1 W1' - I)) + l n(C(Q) - I) + sum (Q - T)^2 / 2. */
#include "w1.h"

#include <math.h>
#include <string.h>

typedef float square[W1_N][W1_N];
typedef float block[W1_N][W1_T];

static void affine(const square w, const float *b, const block x, block y)
{
    for (int i = 0; i < W1_N; i++) {
        for (int t = 0; t < W1_T; t++) y[i][t] = b[i];
        for (int k = 0; k < W1_N; k++)
            for (int t = 0; t < W1_T; t++) y[i][t] += w[i][k] * x[k][t];
    }
}

/* a = scale * C(x) - I and its norm; xc: x without its row means. */
static float off_identity(const block x, float scale, block xc, square a)
{
    float sum = 0;
    for (int i = 0; i < W1_N; i++) {
        float mean = 0;
        for (int t = 0; t < W1_T; t++) mean += x[i][t];
        mean /= W1_T;
        for (int t = 0; t < W1_T; t++) xc[i][t] = x[i][t] - mean;
    }
    for (int i = 0; i < W1_N; i++)
        for (int j = 0; j < W1_N; j++) {
            float dot = 0;
            for (int t = 0; t < W1_T; t++) dot += xc[i][t] * xc[j][t];
            a[i][j] = scale * dot / (W1_T - 1) - (float)(i == j);
            sum += a[i][j] * a[i][j];
        }
    return sqrtf(sum);
}

/* dx += s a xc for symmetric a. */
static void add_product(const square a, float s, const block xc, block dx)
{
    for (int i = 0; i < W1_N; i++)
        for (int j = 0; j < W1_N; j++) {
            float f = s * a[i][j];
            for (int t = 0; t < W1_T; t++) dx[i][t] += f * xc[j][t];
        }
}

static void affine_gradient(const block dy, const block x, square dw, float *db)
{
    for (int i = 0; i < W1_N; i++) {
        db[i] = 0;
        for (int t = 0; t < W1_T; t++) db[i] += dy[i][t];
        for (int k = 0; k < W1_N; k++) {
            float dot = 0;
            for (int t = 0; t < W1_T; t++) dot += dy[i][t] * x[k][t];
            dw[i][k] += dot;
        }
    }
}

static float reciprocal(float x) { return x > 0 ? 1 / x : 0; }

float w1_by_hand(const w1_params *p, const w1_data *d, float lambda, w1_params *g)
{
    block h, q, hc, qc, m, dh, dq;
    square a, c, e;
    memset(g, 0, sizeof *g);
    affine(p->w1, p->b1, d->x, h);
    affine(p->w2, p->b2, h, q);
    float l1 = off_identity(h, lambda, hc, a), l3 = off_identity(q, 1, qc, c);

    float ortho = 0, sum = 0, l4 = 0;
    for (int i = 0; i < W1_N; i++)
        for (int j = 0; j < W1_N; j++) {
            float dot = -(float)(i == j);
            for (int k = 0; k < W1_N; k++) dot += p->w1[i][k] * p->w1[j][k];
            e[i][j] = dot;
            ortho += dot * dot;
        }
    ortho = sqrtf(ortho);
    for (int i = 0; i < W1_N; i++)
        for (int t = 0; t < W1_T; t++) {
            m[i][t] = h[i][t] / 4 + lambda * ortho;
            sum += m[i][t] * m[i][t];
            dq[i][t] = q[i][t] - d->t[i][t];
            l4 += dq[i][t] * dq[i][t];
        }
    float l2 = sqrtf(sum), total = 0, s2 = lambda * reciprocal(l2);

    add_product(c, 2 * lambda * reciprocal(l3) / (W1_T - 1), qc, dq);
    affine_gradient(dq, h, g->w2, g->b2);
    for (int i = 0; i < W1_N; i++)
        for (int t = 0; t < W1_T; t++) {
            total += s2 * m[i][t];
            dh[i][t] = s2 * m[i][t] / 4;
        }
    for (int k = 0; k < W1_N; k++)
        for (int i = 0; i < W1_N; i++)
            for (int t = 0; t < W1_T; t++) dh[i][t] += p->w2[k][i] * dq[k][t];
    add_product(a, 2 * lambda * reciprocal(l1) / (W1_T - 1), hc, dh);
    float s = 2 * lambda * total * reciprocal(ortho);
    for (int i = 0; i < W1_N; i++)
        for (int j = 0; j < W1_N; j++)
            for (int k = 0; k < W1_N; k++) g->w1[i][k] += s * e[i][j] * p->w1[j][k];
    affine_gradient(dh, d->x, g->w1, g->b1);
    return l1 + lambda * l2 + lambda * l3 + l4 / 2;
}
