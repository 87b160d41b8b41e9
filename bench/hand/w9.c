/* w9.c: ../w9.c; the scalars that come in and the derivatives lie one after another. */
#include "../hand.h"

enum { N = 40 };

void w9_by_hand(const bench_workload *w, void *const *in, void *const *out)
{
    const double *restrict x = in[0];
    double *restrict g = out[1];
    double y = 0;
    g[0] = 0;
    for (int i = 0; i + 1 < N; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        y += 100 * (a * a) + b * b;
        g[i] -= 400 * a * x[i] + 2 * b;
        g[i + 1] = 200 * a;
    }
    *(double *)out[0] = y;
}
