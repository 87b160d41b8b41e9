/* w8.c: the layer of ../w8.c. Sums are kept in lanes, so that they vectorise. */
#include "../hand.h"

enum { N = 2, COLUMNS = 128, LANES = 8 };
typedef float block[N][COLUMNS];

static float dot(const float *restrict a, const float *restrict b)
{
    float lane[LANES] = { 0 }, sum = 0;
    for (int t = 0; t < COLUMNS; t += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += a[t + j] * b[t + j];
    for (int j = 0; j < LANES; j++) sum += lane[j];
    return sum;
}

void w8_by_hand(const bench_workload *workload, void *const *in, void *const *out)
{
    const float(*x)[COLUMNS] = in[0], (*target)[COLUMNS] = in[1], (*w)[N] = in[2], *b = in[3];
    float(*dw)[N] = out[1], *db = out[2], loss = 0;
    for (int i = 0; i < N; i++) {
        float d[COLUMNS], lane[LANES] = { 0 };
        for (int t = 0; t < COLUMNS; t++)
            d[t] = w[i][0] * x[0][t] + w[i][1] * x[1][t] + b[i] - target[i][t];
        loss += dot(d, d);
        for (int k = 0; k < N; k++) dw[i][k] = dot(d, x[k]);
        for (int t = 0; t < COLUMNS; t += LANES)
            for (int j = 0; j < LANES; j++) lane[j] += d[t + j];
        db[i] = 0;
        for (int j = 0; j < LANES; j++) db[i] += lane[j];
    }
    *(float *)out[0] = loss / 2;
}
