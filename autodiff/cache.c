/* cache.c: the plan cache: buckets by hash, a list by last use, a bound. */
#define DL_NO_PLACES
#include "internal.h"

static dl_plan **bucket(dl_cache *c, uint64_t hash) { return &c->bucket[hash & (c->nbucket - 1)]; }

static void unlink_use(dl_cache *c, dl_plan *p)
{
    *(p->newer ? &p->newer->older : &c->newest) = p->older;
    *(p->older ? &p->older->newer : &c->oldest) = p->newer;
    p->newer = p->older = NULL;
}

static void link_newest(dl_cache *c, dl_plan *p)
{
    p->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = p;
    c->newest = p;
}

void dl__cache_touch(dl_cache *c, dl_plan *p)
{
    if (c->newest == p) return;
    unlink_use(c, p);
    link_newest(c, p);
}

static void drop(dl_cache *c, dl_plan *p)
{
    dl_plan **q = bucket(c, p->key.hash);
    while (*q != p) q = &(*q)->chain;
    *q = p->chain;
    unlink_use(c, p);
    c->info.plans--;
    c->info.bytes -= p->bytes;
    c->generation++;
    dl__plan_free(p);
}

static void shrink(dl_cache *c, size_t plans)
{
    while (c->info.plans > plans) {
        c->info.evictions++;
        drop(c, c->oldest);
    }
}

static bool room(dl_cache *c)
{
    if (c->info.plans < c->nbucket) return true;
    size_t n = c->nbucket ? c->nbucket * 2 : 64;
    dl_plan **fresh = dl__zalloc(n * sizeof *fresh);
    if (!fresh) return false;
    dl__free(c->bucket);
    c->bucket = fresh;
    c->nbucket = n;
    for (dl_plan *p = c->newest; p; p = p->older) {
        p->chain = *bucket(c, p->key.hash);
        *bucket(c, p->key.hash) = p;
    }
    return true;
}

static dl_plan *find(dl_cache *c, const dl_key *key)
{
    dl_plan *p = c->nbucket ? *bucket(c, key->hash) : NULL;
    while (p && !dl__key_equal(&p->key, key)) p = p->chain;
    return p;
}

dl_plan *dl__cache_plan(dl_tape *t, const dl_key *key)
{
    dl_cache *c = &t->cache;
    if (t->disabled & DL_CACHE) shrink(c, 0);
    dl_plan *p = find(c, key);
    if (p) {
        c->info.hits++;
        dl__cache_touch(c, p);
        return p;
    }
    if (c->newest)
        dl__key_difference(t, &c->newest->key, key, c->info.last_miss, sizeof c->info.last_miss);
    else snprintf(c->info.last_miss, sizeof c->info.last_miss, "the first plan");
    if (!room(c) || !(p = dl__plan_make(t, key, false))) return NULL;
    c->info.misses++;
    c->info.plans++;
    c->info.bytes += p->bytes;
    p->chain = *bucket(c, key->hash);
    *bucket(c, key->hash) = p;
    link_newest(c, p);
    shrink(c, c->limit);
    return p;
}

dl_cache_info dl_cache_stats(const dl_tape *t) { return t ? t->cache.info : (dl_cache_info){ 0 }; }

void dl_cache_clear(dl_tape *t)
{
    if (!t || t->frozen) return;
    while (t->cache.newest) drop(&t->cache, t->cache.newest);
}

void dl_cache_limit(dl_tape *t, size_t plans)
{
    if (!t || t->frozen) return;
    t->cache.limit = plans ? plans : 1;
    shrink(&t->cache, t->cache.limit);
}

void dl__cache_free(dl_tape *t)
{
    dl_cache_clear(t);
    dl__free(t->cache.bucket);
    t->cache.bucket = NULL;
}
