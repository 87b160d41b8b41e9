/* alloc.c: the allocator, growing arrays, and the arena.
 *
 * Every allocation of the library passes dl__alloc, so that a test can count them and make each one
 * fail. Blocks are 64-byte aligned. */
#include "internal.h"

#include <stdlib.h>

#if DL_MIMALLOC
#include <mimalloc.h>
#endif

enum { ALIGN = 64, FIRST_CHUNK = 16 * 1024, LAST_CHUNK = 8 * 1024 * 1024 };
enum { SLOWER = 1024 }; /* elements from which on an array grows by a half */

static void *builtin_allocate(size_t bytes, size_t align, void *data)
{
    (void)data;
#if DL_MIMALLOC
    return mi_malloc_aligned(bytes, align);
#else
    return aligned_alloc(align, (bytes + align - 1) & ~(align - 1));
#endif
}

static void builtin_release(void *p, void *data)
{
    (void)data;
#if DL_MIMALLOC
    mi_free(p);
#else
    free(p);
#endif
}

static const dl_allocator builtin = { builtin_allocate, builtin_release, NULL };
static dl_allocator allocator = { builtin_allocate, builtin_release, NULL };

void dl_set_allocator(const dl_allocator *a) { allocator = a ? *a : builtin; }

void *dl__alloc(size_t bytes)
{
    if (bytes > PTRDIFF_MAX - ALIGN) return NULL;
    return allocator.allocate(bytes ? bytes : 1, ALIGN, allocator.data);
}

void *dl__zalloc(size_t bytes)
{
    void *p = dl__alloc(bytes);
    if (p) memset(p, 0, bytes);
    return p;
}

void dl__free(void *p)
{
    if (p) allocator.release(p, allocator.data);
}

bool dl__grow(void *p, size_t *cap, size_t need, size_t element)
{
    if (need <= *cap) return true;
    size_t want = *cap ? *cap < SLOWER ? *cap * 2 : *cap + *cap / 2 : 64;
    if (want < need) want = need;
    if (want > (size_t)PTRDIFF_MAX / element) return false;
    void *old, *new = dl__alloc(want * element);
    if (!new) return false;
    memcpy(&old, p, sizeof old);
    if (old) memcpy(new, old, *cap * element);
    dl__free(old);
    memcpy(p, &new, sizeof new);
    *cap = want;
    return true;
}

/* ---- the arena ------------------------------------------------------------------------------- */

struct dl_chunk {
    dl_chunk *next;
    size_t bytes; /* of the whole chunk */
};

static void enter(dl_arena *a, dl_chunk *c)
{
    a->now = c;
    a->at = (char *)c + ALIGN;
    a->end = (char *)c + c->bytes;
}

static bool fits(const dl_chunk *c, size_t bytes, size_t align)
{
    return c->bytes - ALIGN >= bytes + (align > ALIGN ? align : 0);
}

void *dl__arena_slow(dl_arena *a, size_t bytes, size_t align)
{
    if (bytes > (size_t)PTRDIFF_MAX / 2) return NULL;
    dl_chunk *c = a->now ? a->now->next : a->first;
    if (!c || !fits(c, bytes, align)) {
        size_t size = a->now ? a->now->bytes * 2 : FIRST_CHUNK;
        if (size > LAST_CHUNK) size = LAST_CHUNK;
        if (size < bytes + align + ALIGN) size = bytes + align + ALIGN;
        dl_chunk *fresh = dl__alloc(size);
        if (!fresh) return NULL;
        *fresh = (dl_chunk){ c, size };
        if (a->now) a->now->next = fresh;
        else a->first = fresh;
        c = fresh;
    }
    enter(a, c);
    return dl__arena(a, bytes, align);
}

void dl__arena_reset(dl_arena *a)
{
    if (a->first) enter(a, a->first);
}

void dl__arena_trim(dl_arena *a, size_t keep)
{
    if (dl__arena_bytes(a) > keep) dl__arena_free(a);
    else dl__arena_reset(a);
}

void dl__arena_free(dl_arena *a)
{
    for (dl_chunk *c = a->first, *next; c; c = next) {
        next = c->next;
        dl__free(c);
    }
    *a = (dl_arena){ 0 };
}

size_t dl__arena_bytes(const dl_arena *a)
{
    size_t sum = 0;
    for (const dl_chunk *c = a->first; c; c = c->next) sum += c->bytes;
    return sum;
}
