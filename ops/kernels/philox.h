/* philox.h: Philox4x32-10, and what is drawn from it, for kernels and as text for printed C.
 *
 * Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011). key[0] of
 * an op is Philox's key, key[1] the upper half of its counter, the block the lower. */
#ifndef DLTAPE_PHILOX_H
#define DLTAPE_PHILOX_H

#include "elementary_f32.h"
#include "elementary_f64.h"

/* Ten rounds on counter w under key (k, l). */
static inline void dl_philox(uint32_t k, uint32_t l, uint32_t *w)
{
    for (int i = 0; i < 10; i++) {
        uint64_t a = (uint64_t)0xD2511F53u * w[0], b = (uint64_t)0xCD9E8D57u * w[2];
        w[0] = (uint32_t)(b >> 32) ^ w[1] ^ k;
        w[1] = (uint32_t)b;
        w[2] = (uint32_t)(a >> 32) ^ w[3] ^ l;
        w[3] = (uint32_t)a;
        k += 0x9E3779B9u;
        l += 0xBB67AE85u;
    }
}

/* The four words of a block. */
static inline void dl_random_block(const int64_t *key, int64_t block, uint32_t *w)
{
    uint64_t seed = (uint64_t)key[0], step = (uint64_t)key[1];
    w[0] = (uint32_t)(uint64_t)block;
    w[1] = (uint32_t)((uint64_t)block >> 32);
    w[2] = (uint32_t)step;
    w[3] = (uint32_t)(step >> 32);
    dl_philox((uint32_t)seed, (uint32_t)(seed >> 32), w);
}

/* A key from a key: a block under another key of Philox than numbers are drawn with. */
static inline void dl_random_split_key(const int64_t *key, int64_t i, int64_t *y)
{
    int64_t other[2] = { key[0] ^ INT64_C(0x5851F42D4C957F2D), key[1] };
    uint32_t w[4];
    uint64_t u[2];
    dl_random_block(other, i, w);
    for (int k = 0; k < 2; k++) u[k] = (uint64_t)w[2 * k] << 32 | w[2 * k + 1];
    memcpy(y, u, sizeof u);
}

/* Elements 4 block .. 4 block + 3. */
static inline void dl_rand_block_f32(const int64_t *key, int64_t block, float *y)
{
    uint32_t w[4];
    dl_random_block(key, block, w);
    for (int k = 0; k < 4; k++) y[k] = (float)(w[k] >> 8) * 5.9604644775390625e-8f;
}

/* Elements 2 block and 2 block + 1. */
static inline void dl_rand_block_f64(const int64_t *key, int64_t block, double *y)
{
    uint32_t w[4];
    dl_random_block(key, block, w);
    for (int k = 0; k < 2; k++) {
        uint64_t u = (uint64_t)w[2 * k] << 32 | w[2 * k + 1];
        y[k] = (double)(int64_t)(u >> 11) * 1.1102230246251565e-16;
    }
}

/* The words of n <= 64 blocks, number k of block b at 64 k + b. */
static inline void dl_random_blocks(const int64_t *key, int64_t first, int n, uint32_t *w)
{
    for (int b = 0; b < n; b++) {
        uint32_t own[4];
        dl_random_block(key, first + b, own);
        w[b] = own[0], w[64 + b] = own[1], w[128 + b] = own[2], w[192 + b] = own[3];
    }
}

/* Elements 4 first .. of n <= 64 blocks: radius and angle; the radius from a number above 0 that is
 * as fine as the words are, for the tails. */
static inline void dl_randn_blocks_f32(const int64_t *key, int64_t first, int n, float *y)
{
    uint32_t w[256];
    float r[64], a[64], c[64], s[64];
    dl_random_blocks(key, first, n, w);
    for (int k = 0; k < 4; k += 2) {
        const uint32_t *far = w + 64 * k, *turn = far + 64;
        for (int b = 0; b < n; b++)
            r[b] = ((float)(int64_t)far[b] + 0.5f) * 2.3283064365386963e-10f;
        for (int b = 0; b < n; b++) r[b] = sqrtf(-2.0f * dl_log_f32(r[b]));
        for (int b = 0; b < n; b++) a[b] = (float)(int32_t)(turn[b] >> 8) * 3.7450702829e-7f;
        for (int b = 0; b < n; b++) c[b] = r[b] * dl_near_cos_f32(a[b]);
        for (int b = 0; b < n; b++) s[b] = r[b] * dl_near_sin_f32(a[b]);
        for (int b = 0; b < n; b++) y[4 * b + k] = c[b], y[4 * b + k + 1] = s[b];
    }
}

static inline void dl_randn_blocks_f64(const int64_t *key, int64_t first, int n, double *y)
{
    uint32_t w[256];
    double r[64], a[64], c[64], s[64];
    dl_random_blocks(key, first, n, w);
    for (int b = 0; b < n; b++) {
        uint64_t u = (uint64_t)w[b] << 32 | w[64 + b], v = (uint64_t)w[128 + b] << 32 | w[192 + b];
        r[b] = ((double)(int64_t)(u >> 11) + 0.5) * 1.1102230246251565e-16;
        a[b] = (double)(int64_t)(v >> 11) * 6.975736996017264e-16;
    }
    for (int b = 0; b < n; b++) r[b] = sqrt(-2.0 * dl_log_f64(r[b]));
    for (int b = 0; b < n; b++) c[b] = r[b] * dl_near_cos_f64(a[b]);
    for (int b = 0; b < n; b++) s[b] = r[b] * dl_near_sin_f64(a[b]);
    for (int b = 0; b < n; b++) y[2 * b] = c[b], y[2 * b + 1] = s[b];
}

/* Elements `begin` (the first of a block) to `end`. */
static inline void dl_rand_f32(const int64_t *key, int64_t begin, int64_t end, float *y)
{
    float last[4];
    int64_t i = begin;
    for (; i + 4 <= end; i += 4) dl_rand_block_f32(key, i / 4, y + i);
    if (i < end) dl_rand_block_f32(key, i / 4, last);
    for (int k = 0; i < end; i++, k++) y[i] = last[k];
}

static inline void dl_rand_f64(const int64_t *key, int64_t begin, int64_t end, double *y)
{
    double last[2];
    int64_t i = begin;
    for (; i + 2 <= end; i += 2) dl_rand_block_f64(key, i / 2, y + i);
    if (i < end) {
        dl_rand_block_f64(key, i / 2, last);
        y[i] = last[0];
    }
}

static inline void dl_randn_f32(const int64_t *key, int64_t begin, int64_t end, float *y)
{
    float last[4];
    int64_t i = begin;
    for (; i + 256 <= end; i += 256) dl_randn_blocks_f32(key, i / 4, 64, y + i);
    dl_randn_blocks_f32(key, i / 4, (int)(end - i) / 4, y + i);
    i += (end - i) / 4 * 4;
    if (i < end) dl_randn_blocks_f32(key, i / 4, 1, last);
    for (int k = 0; i < end; i++, k++) y[i] = last[k];
}

static inline void dl_randn_f64(const int64_t *key, int64_t begin, int64_t end, double *y)
{
    double last[2];
    int64_t i = begin;
    for (; i + 128 <= end; i += 128) dl_randn_blocks_f64(key, i / 2, 64, y + i);
    dl_randn_blocks_f64(key, i / 2, (int)(end - i) / 2, y + i);
    i += (end - i) / 2 * 2;
    if (i < end) {
        dl_randn_blocks_f64(key, i / 2, 1, last);
        y[i] = last[0];
    }
}

/* 0 .. n-1 shuffled (Fisher and Yates): two words of a block for each place. */
static inline void dl_random_order(const int64_t *key, int64_t n, int64_t *y)
{
    for (int64_t i = 0; i < n; i++) y[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        uint32_t w[4];
        dl_random_block(key, i, w);
        int64_t k = (int64_t)(((uint64_t)w[0] << 32 | w[1]) % ((uint64_t)i + 1)), other = y[k];
        y[k] = y[i];
        y[i] = other;
    }
}

#endif
