/* twister.c: MT19937, which examples written for MATLAB draw their numbers from. */
#include "internal.h"

enum { N = 624, M = 397 };

dl_twister dl_twister_seed(uint32_t seed)
{
    dl_twister t = { { seed }, N };
    for (uint32_t i = 1; i < N; i++)
        t.state[i] = 1812433253u * (t.state[i - 1] ^ t.state[i - 1] >> 30) + i;
    return t;
}

static void refill(dl_twister *t)
{
    uint32_t *s = t->state;
    for (int i = 0; i < N; i++) {
        uint32_t y = (s[i] & 0x80000000u) | (s[(i + 1) % N] & 0x7fffffffu);
        s[i] = s[(i + M) % N] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    t->at = 0;
}

uint32_t dl_twister_next(dl_twister *t)
{
    if (t->at >= N) refill(t);
    uint32_t y = t->state[t->at++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

double dl_twister_uniform(dl_twister *t)
{
    uint32_t a = dl_twister_next(t) >> 5, b = dl_twister_next(t) >> 6;
    return (a * 67108864.0 + b) * 0x1p-53;
}
