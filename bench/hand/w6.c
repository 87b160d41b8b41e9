/* w6.c: the chain of ../w6.c forward and back. */
#include "../hand.h"

#include <math.h>

enum { LENGTH = 500 };

void w6_by_hand(const bench_workload *w, void *const *in, void *const *out)
{
    double x = *(const double *)in[0], f[LENGTH], slope[LENGTH], y = x, dx = 0, g = 1;
    for (int i = 0; i < LENGTH; i++) {
        f[i] = sin(y);
        slope[i] = cos(y);
        y = f[i] * x;
    }
    for (int i = LENGTH - 1; i >= 0; i--) {
        dx += g * f[i];
        g *= x * slope[i];
    }
    *(double *)out[0] = y;
    *(double *)out[1] = dx + g;
}
