/* random.c: numbers that depend on the seed alone, not on the machine. */
#include "internal.h"

#include <math.h>

static uint64_t splitmix64(uint64_t *x)
{
    uint64_t z = *x += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

dl_rng dl_rng_seed(uint64_t seed)
{
    dl_rng rng;
    for (int i = 0; i < 4; i++) rng.state[i] = splitmix64(&seed);
    return rng;
}

static uint64_t rotate(uint64_t x, int k) { return x << k | x >> (64 - k); }

uint64_t dl_rng_next(dl_rng *rng)
{
    uint64_t *s = rng->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double dl_rng_uniform(dl_rng *rng) { return (double)(dl_rng_next(rng) >> 11) * 0x1p-53; }

/* log x for 0 < x < 1 by sums and products only: libm's log may differ in the last bit from system
 * to system. x = m 2^e with m in [1/2, 1), and log m = 2 atanh(r), r = (m - 1) / (m + 1), |r| <=
 * 1/3. */
static double plain_log(double x)
{
    int e;
    double m = frexp(x, &e), r = (m - 1) / (m + 1), sum = 0;
    for (int k = 35; k >= 1; k -= 2) sum = sum * r * r + 1.0 / k;
    return 2 * r * sum + e * 0.69314718055994530942;
}

double dl_rng_normal(dl_rng *rng)
{
    double u, v, s;
    do {
        u = 2 * dl_rng_uniform(rng) - 1;
        v = 2 * dl_rng_uniform(rng) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * sqrt(-2 * plain_log(s) / s);
}

/* A remainder would prefer the numbers of the last, incomplete run of n: those are drawn again. */
uint64_t dl_rng_below(dl_rng *rng, uint64_t n)
{
    if (n == 0) return 0;
    uint64_t surplus = -n % n, x;
    do x = dl_rng_next(rng);
    while (x < surplus);
    return x % n;
}

void dl_rng_shuffle(dl_rng *rng, int64_t *index, int64_t n)
{
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t k = (int64_t)dl_rng_below(rng, (uint64_t)i + 1), x = index[i];
        index[i] = index[k];
        index[k] = x;
    }
}
