/* plan_cse.c: common subexpressions by value numbering, then dead code. Two nodes are one if op,
 * attributes, result shape and operands are. */
#include "plan.h"

static uint32_t hash(const dl_rec *r)
{
    uint64_t h = (uint64_t)(uintptr_t)r->op ^ ((uint64_t)r->shape << 32 | r->attr);
    for (int i = 0; i < DL_MAX_IN; i++) h = (h ^ r->in[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(h >> 32);
}

/* Node k with the operands that stand for its own. */
static dl_rec standing(const dl_planner *p, uint32_t k)
{
    dl_rec r = p->rec[k];
    for (int i = 0; i < r.op->nin; i++) r.in[i] = p->rep[r.in[i]];
    return r;
}

void dl__plan_cse(dl_planner *p)
{
    const dl_key *key = p->key;
    if (p->failed || p->t->disabled & DL_CSE) return;
    size_t size = 16;
    while (size < 2 * (size_t)key->nrec) size *= 2;
    uint32_t *table = dl__arena(&p->t->scratch, size * sizeof *table, sizeof *table);
    if (!table) {
        p->failed = true;
        return;
    }
    memset(table, 0, size * sizeof *table);
    for (uint32_t k = 0; k < key->nrec; k++) {
        dl_rec r = standing(p, k), other;
        if (r.op->flags & DL_IMPURE) continue;
        size_t at = p->t->disabled & DL_HASH ? 0 : hash(&r) & (size - 1);
        for (; table[at]; at = (at + 1) & (size - 1)) {
            other = standing(p, table[at] - 1);
            if (memcmp(&other, &r, sizeof r) == 0) break;
        }
        if (table[at]) p->rep[key->next + k] = key->next + table[at] - 1;
        else table[at] = k + 1;
    }
}

static void use(dl_planner *p, uint32_t v)
{
    p->live[p->rep[v]] = 1;
    p->uses[p->rep[v]]++;
}

void dl__plan_dead(dl_planner *p)
{
    const dl_key *key = p->key;
    if (p->failed) return;
    memset(p->live, 0, p->nval);
    memset(p->uses, 0, p->nval * sizeof *p->uses);
    for (uint32_t i = 0; i < key->nout; i++) use(p, key->out[i]);
    for (uint32_t v = key->next + key->nrec; v-- > key->next;) {
        if (!p->live[v]) continue;
        const dl_rec *r = dl__plan_rec(p, v);
        for (int i = 0; i < r->op->nin; i++) use(p, r->in[i]);
    }
}
