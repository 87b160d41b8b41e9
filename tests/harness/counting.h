/* counting.h: an allocator that counts, and that fails where it is told. */
#ifndef DL_COUNTING_H
#define DL_COUNTING_H

#include "autodiff/autodiff.h"

#include <stdlib.h>

typedef struct counting {
    long calls, live, bytes, peak; /* since counting_begin; bytes that live now, at most */
    long fail_at;                  /* the number of the call that fails; 0: none */
    bool for_ever;                 /* and all that come after it */
} counting;

static inline void *counting_allocate(size_t bytes, size_t align, void *data)
{
    counting *c = data;
    c->calls++;
    if (c->fail_at && (c->for_ever ? c->calls >= c->fail_at : c->calls == c->fail_at)) return NULL;
    size_t room = (bytes + 2 * align - 1) & ~(align - 1);
    size_t *p = aligned_alloc(align, room);
    if (!p) return NULL;
    *p = bytes;
    c->live++;
    c->bytes += (long)bytes;
    if (c->bytes > c->peak) c->peak = c->bytes;
    return (char *)p + align;
}

static inline void counting_release(void *p, void *data)
{
    counting *c = data;
    if (!p) return;
    size_t *head = (size_t *)(void *)((char *)p - 64);
    c->live--;
    c->bytes -= (long)*head;
    free(head);
}

static inline void counting_begin(counting *c)
{
    *c = (counting){ 0 };
    dl_set_allocator(&(dl_allocator){ counting_allocate, counting_release, c });
}

static inline void counting_end(void) { dl_set_allocator(NULL); }

#endif
