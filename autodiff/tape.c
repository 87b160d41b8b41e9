/* tape.c: the life of a tape. */
#define DL_NO_PLACES
#include "internal.h"

#include <stdlib.h>

/* Stands for every tape that could not be allocated; nobody writes to it. */
static dl_tape no_memory = {
    .status = DL_ENOMEM,
    .frozen = true,
    .text = "tape: out of memory",
    .message = "tape: out of memory",
};

static unsigned disabled_by_environment(void)
{
    static const char *const parts[] = { "follow", "hash",  "cache", "cse",    "fold",
                                         "views",  "reuse", "fuse",  "rewrite" };
    const char *text = getenv("DLTAPE_DISABLE");
    unsigned mask = 0;
    for (unsigned i = 0; text && i < sizeof parts / sizeof *parts; i++)
        if (strstr(text, parts[i])) mask |= 1u << i;
    const char *strict = getenv("DLTAPE_STRICT");
    return strict && strcmp(strict, "1") == 0 ? mask | DL__STRICT : mask;
}

#if defined(__x86_64__) && defined(__GNUC__)
static bool processor_has(dl_isa isa)
{
    if (isa == DL_AVX512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
               && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    return isa == DL_BASELINE || __builtin_cpu_supports("avx2");
}
#else
static bool processor_has(dl_isa isa) { return isa == DL_BASELINE; }
#endif

static dl_isa best_up_to(int isa)
{
    while (!processor_has((dl_isa)isa)) isa--;
    return (dl_isa)isa;
}

dl_isa dl_processor_isa(void) { return best_up_to(DL_NISA - 1); }

/* The best that the processor has, up to what DLTAPE_ISA names; an unknown name sets no bound. */
static dl_isa best_isa(void)
{
    static const char *const names[DL_NISA] = { "baseline", "avx2", "avx512" };
    const char *text = getenv("DLTAPE_ISA");
    int isa = DL_NISA - 1;
    for (int i = 0; text && i < DL_NISA; i++)
        if (strcmp(text, names[i]) == 0) isa = i;
    return best_up_to(isa);
}

dl_tape *dl_tape_create(const dl_algebra *algebra)
{
    dl_tape *t = dl__zalloc(sizeof *t);
    if (!t) return &no_memory;
    t->algebra = algebra;
    t->epoch = 1;
    t->cache.limit = 64;
    t->disabled = disabled_by_environment();
    t->isa = best_isa();
    return t;
}

void dl_tape_free(dl_tape *t)
{
    if (!t || t->frozen) return;
    dl__cache_free(t);
    dl__intern_free(&t->intern);
    dl__arena_free(&t->arena);
    dl__arena_free(&t->scratch);
    void *const blocks[] = { t->rec,  t->place,     t->data,    t->mark, t->log,  t->ids,
                             t->leaf, t->leaf_slot, t->pending, t->name, t->block };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) dl__free(blocks[i]);
    dl__free(t);
}

/* Structures that come and go fill the intern table; then it starts again, and the plans with it.
 */
enum { INTERN_LIMIT = 1 << 14 };

void dl_tape_reset(dl_tape *t)
{
    if (!t || t->frozen) return;
    bool following = !(t->disabled & DL_FOLLOW);
    if (t->intern.n > INTERN_LIMIT) {
        dl_cache_clear(t);
        dl__intern_clear(&t->intern);
        following = false;
    }
    t->ghost = following ? t->n : 0;
    t->ghost_log = following ? t->nlog : 0;
    t->n = t->placed = 0;
    t->nlog = t->nleaf = t->hashed = t->npending = t->nname = 0;
    t->epoch++;
    t->status = DL_OK;
    t->deriving = false;
    t->text[0] = t->message[0] = '\0';
    t->error_place = t->call_place = NULL;
    dl__arena_reset(&t->arena);
}

void dl_tape_disable(dl_tape *t, unsigned parts)
{
    if (!t || t->frozen) return;
    t->disabled = (parts & ~(unsigned)DL__STRICT) | (t->disabled & DL__STRICT);
    dl__diverge(t);
}

void dl_tape_strict(dl_tape *t, bool strict)
{
    if (!t || t->frozen) return;
    t->disabled = (t->disabled & ~(unsigned)DL__STRICT) | (strict ? DL__STRICT : 0);
    dl__diverge(t);
}

size_t dl_tape_nodes(const dl_tape *t) { return t ? t->n : 0; }

dl_val *dl_work_list(dl_tape *t, int64_t n)
{
    return dl__arena(&t->arena, (size_t)(n > 0 ? n : 1) * sizeof(dl_val), 8);
}
