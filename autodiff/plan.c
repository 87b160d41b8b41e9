/* plan.c: from a key to a plan: the passes in their order, and the plan's memory. */
#include "plan.h"

static bool begin(dl_planner *p)
{
    const dl_key *key = p->key;
    size_t n = (size_t)key->next + key->nrec, room = n + n / 8 + key->nout + 8;
    dl_arena *scratch = &p->t->scratch;
    size_t named = n + key->nrec; /* with constants that rewriting adds, at most one a node */
    p->rep = dl__arena(scratch, named * sizeof *p->rep, sizeof *p->rep);
    p->rec = dl__arena(scratch, key->nrec * sizeof *p->rec, 8);
    p->uses = dl__arena(scratch, named * sizeof *p->uses, sizeof *p->uses);
    p->root = dl__arena(scratch, n * sizeof *p->root, sizeof *p->root);
    p->live = dl__arena(scratch, named, 1);
    p->loop = dl__arena(scratch, n, 1);
    p->symmetric = dl__arena(scratch, named, 1);
    p->uniform = dl__arena(scratch, n, 1);
    if (!p->rep || !p->rec || !p->uses || !p->root || !p->live || !p->loop || !p->symmetric
        || !p->uniform)
        return false;
    for (uint32_t v = 0; v < named; v++) p->rep[v] = v;
    for (uint32_t v = 0; v < n; v++) p->root[v] = v;
    if (key->nrec) memcpy(p->rec, key->rec, key->nrec * sizeof *p->rec);
    memset(p->loop, 0, n);
    memset(p->uniform, 0, n);
    memset(p->symmetric, 0, named);

    dl_plan *plan = p->plan;
    if (!dl__grow(&plan->instr, &p->cap_instr, key->nrec / 4 + key->nout + 8, sizeof *plan->instr)
        || !dl__grow(&plan->layout, &p->cap_layout, room, sizeof *plan->layout)
        || !dl__grow(&plan->where, &p->cap_where, room, sizeof *plan->where)
        || !dl__grow(&plan->ptr, &p->cap_ptr, room, sizeof *plan->ptr)
        || !dl__grow(&p->base, &p->cap_base, room, sizeof *p->base)
        || !dl__grow(&p->store, &p->cap_store, room, sizeof *p->store))
        return false;
    p->nval = p->nnode = (uint32_t)n;
    for (uint32_t v = 0; v < n; v++) {
        p->base[v] = v;
        p->store[v] = v < key->next ? DL__EXTERNAL : DL__TEMP;
        plan->where[v] = 0;
        plan->ptr[v] = NULL;
        plan->layout[v] = v >= key->next        ? dl__layout(p->t, dl__plan_rec(p, v)->shape)
                          : key->ext[2 * v + 1] ? dl__layout(p->t, key->ext[2 * v + 1])
                                                : dl__layout(p->t, key->ext[2 * v]);
    }
    return true;
}

/* The outputs' places in one block, and the values that lie in an external value or an output. */
static bool bind_list(dl_planner *p)
{
    dl_plan *plan = p->plan;
    for (uint32_t s = 0; s < plan->nslot; s++) {
        size_t bytes = (dl__plan_bytes(p, plan->slot[s]) + 63) & ~(size_t)63;
        plan->slot_offset[s] = plan->out_bytes;
        if (__builtin_add_overflow(plan->out_bytes, bytes, &plan->out_bytes)
            || plan->out_bytes > PTRDIFF_MAX)
            return false;
    }
    uint32_t n = 0;
    for (uint32_t v = 0; v < p->nval; v++)
        n += p->base[v] != v && (p->store[v] == DL__EXTERNAL || p->store[v] == DL__OUTPUT);
    plan->derived = dl__arena(&plan->memory, n * sizeof *plan->derived, 8);
    if (!plan->derived) return false;
    for (uint32_t v = 0; v < p->nval; v++) {
        if (p->store[v] == DL__TEMP) continue;
        if (p->base[v] != v && p->store[v] != DL__CONSTANT)
            plan->derived[plan->nderived++] = (dl_derived){ v, p->base[v], plan->where[v] };
        plan->where[v] = -1;
    }
    plan->nval = p->nval;
    return true;
}

/* A key of more nodes would cost a large tape a fifth of its memory. */
enum { KEY_LIMIT = 1 << 13 };

static bool keep_key(dl_plan *plan, const dl_key *key)
{
    plan->key = (dl_key){ .next = key->next,
                          .nrec = key->nrec,
                          .nout = key->nout,
                          .bytes = key->bytes,
                          .hash = key->hash };
    if (key->nrec > KEY_LIMIT) return true;
    void *copy = dl__arena(&plan->memory, key->bytes, 16);
    if (copy) dl__key_copy(&plan->key, key, copy);
    return copy != NULL;
}

dl_plan *dl__plan_make(dl_tape *t, const dl_key *key, bool told)
{
    dl_plan *plan = dl__zalloc(sizeof *plan);
    if (!plan) return NULL;
    dl_planner p = { .t = t, .key = key, .plan = plan, .told = told };
    bool ok = keep_key(plan, key) && begin(&p);
    if (ok) {
        dl__plan_cse(&p);
        dl__plan_dead(&p);
        dl__plan_rewrite(&p);
        dl__plan_emit(&p);
        dl__plan_memory(&p);
#ifndef NDEBUG
        dl__plan_check(&p);
#endif
        ok = !p.failed && bind_list(&p);
    }
    if (told) plan->base = p.base;
    else dl__free(p.base);
    dl__free(p.store);
    if (!ok) {
        dl__plan_free(plan);
        return NULL;
    }
    plan->bytes = sizeof *plan + dl__arena_bytes(&plan->memory) + p.cap_instr * sizeof *plan->instr
                  + p.cap_layout * sizeof *plan->layout + p.cap_where * sizeof *plan->where
                  + p.cap_ptr * sizeof *plan->ptr;
    return plan;
}

void dl__plan_free(dl_plan *plan)
{
    if (!plan) return;
    dl__arena_free(&plan->memory);
    dl__free(plan->instr);
    dl__free(plan->layout);
    dl__free(plan->where);
    dl__free(plan->ptr);
    dl__free(plan->source);
    dl__free(plan->base);
    dl__free(plan);
}
