/* scratch.h: scratch memory for each of up to 64 parts of a dl_parallel. A part takes the first
 * place that no running part has, and gives it back at its end. So one thread stays in one place,
 * which its cache holds, and places that no thread needs are never touched. `*places`, a bit for
 * each, is 0 before and after the region. */
#ifndef DLTAPE_SCRATCH_H
#define DLTAPE_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

static inline int dl_scratch_take(uint64_t *places)
{
    uint64_t seen = __atomic_load_n(places, __ATOMIC_RELAXED), mine;
    do mine = ~seen & (seen + 1);
    while (!__atomic_compare_exchange_n(places, &seen, seen | mine, true, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED));
    return __builtin_ctzll(mine);
}

static inline void dl_scratch_give(uint64_t *places, int place)
{
    __atomic_fetch_and(places, ~((uint64_t)1 << place), __ATOMIC_RELEASE);
}

#endif
