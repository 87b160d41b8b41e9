/* pairwise.h: sums of blocks, added pairwise. */
#ifndef DLTAPE_PAIRWISE_H
#define DLTAPE_PAIRWISE_H

#include <stdbool.h>
#include <stdint.h>

/* A tree that depends on their number only. */
typedef struct pairwise {
    double level[48];
    uint64_t blocks;
} pairwise;

static inline void pairwise_add(pairwise *p, double block)
{
    int k = 0;
    for (uint64_t n = p->blocks++; n & 1; n >>= 1) block += p->level[k++];
    p->level[k] = block;
}

/* Four of them, at once where they are a tree of their own. */
static inline void pairwise_add_four(pairwise *p, const double *block)
{
    if (p->blocks % 4) {
        for (int b = 0; b < 4; b++) pairwise_add(p, block[b]);
        return;
    }
    double sum = (block[3] + block[2]) + (block[1] + block[0]);
    int k = 2;
    for (uint64_t n = p->blocks / 4; n & 1; n >>= 1) sum += p->level[k++];
    p->level[k] = sum;
    p->blocks += 4;
}

static inline double pairwise_total(const pairwise *p)
{
    double sum = 0;
    int k = 0;
    if (!p->blocks) return 0;
    while (!(p->blocks >> k & 1)) k++;
    for (sum = p->level[k++]; p->blocks >> k; k++)
        if (p->blocks >> k & 1) sum += p->level[k];
    return sum;
}

/* The same, where `least` is the sum of the lowest levels, which p does not have. */
static inline double pairwise_total_from(const pairwise *p, double least)
{
    for (int k = 0; p->blocks >> k; k++)
        if (p->blocks >> k & 1) least += p->level[k];
    return least;
}

#endif
