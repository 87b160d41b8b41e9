/* plan_memory.c: temporaries share one block, by lifetime. A value occupies its place from the
 * instruction that writes it to the last that reads it or a view of it.
 *
 * Two pools, so that a scalar costs 8 bytes and a larger value starts on a cache line. The free
 * list of a pool is sorted by place and merges neighbours; it is bounded, and a hole that does not
 * fit into it is lost until the block is laid out anew: time stays linear. */
#include "fused.h"
#include "plan.h"

enum { HOLES = 64 };
#define MOST (PTRDIFF_MAX / 8) /* bytes of a pool: sums of some fit */

typedef struct hole {
    size_t at, bytes;
} hole;

typedef struct pool {
    size_t unit, end;
    hole hole[HOLES];
    int n;
} pool;

/* PTRDIFF_MAX: no block is that large. */
static size_t take(pool *q, size_t bytes)
{
    int best = -1;
    for (int i = 0; i < q->n; i++)
        if (q->hole[i].bytes >= bytes && (best < 0 || q->hole[i].bytes < q->hole[best].bytes))
            best = i;
    if (best < 0 && (bytes > MOST || q->end > MOST)) return PTRDIFF_MAX;
    if (best < 0) {
        q->end += bytes;
        return q->end - bytes;
    }
    hole *h = &q->hole[best];
    size_t at = h->at;
    h->at += bytes;
    h->bytes -= bytes;
    if (!h->bytes) memmove(h, h + 1, (size_t)(--q->n - best) * sizeof *h);
    return at;
}

static void give(pool *q, size_t at, size_t bytes)
{
    int i = 0;
    while (i < q->n && q->hole[i].at < at) i++;
    bool left = i > 0 && q->hole[i - 1].at + q->hole[i - 1].bytes == at;
    bool right = i < q->n && at + bytes == q->hole[i].at;
    if (left && right) {
        q->hole[i - 1].bytes += bytes + q->hole[i].bytes;
        memmove(&q->hole[i], &q->hole[i + 1], (size_t)(--q->n - i) * sizeof(hole));
    } else if (left) {
        q->hole[i - 1].bytes += bytes;
    } else if (right) {
        q->hole[i] = (hole){ at, q->hole[i].bytes + bytes };
    } else if (q->n < HOLES) {
        memmove(&q->hole[i + 1], &q->hole[i], (size_t)(q->n++ - i) * sizeof(hole));
        q->hole[i] = (hole){ at, bytes };
    }
}

typedef struct layout_job {
    dl_planner *p;
    uint32_t *last; /* by base: the last instruction that touches it */
    pool small, large;
} layout_job;

static size_t rounded(const pool *q, size_t bytes)
{
    return (bytes + q->unit - 1) & ~(q->unit - 1);
}

static pool *pool_of(layout_job *j, uint32_t v)
{
    return dl__plan_bytes(j->p, v) >= j->large.unit ? &j->large : &j->small;
}

static void place(layout_job *j, uint32_t v)
{
    if (j->p->store[v] != DL__TEMP) return;
    pool *q = pool_of(j, v);
    size_t bytes = dl__plan_bytes(j->p, v), at = take(q, rounded(q, bytes ? bytes : 1));
    if (at == PTRDIFF_MAX) j->p->failed = true;
    j->p->plan->where[v] = (int64_t)at;
}

static void release(layout_job *j, uint32_t v, uint32_t i)
{
    uint32_t b = j->p->base[v];
    if (j->p->store[b] != DL__TEMP || j->last[b] != i) return;
    pool *q = pool_of(j, b);
    size_t bytes = dl__plan_bytes(j->p, b);
    give(q, (size_t)j->p->plan->where[b], rounded(q, bytes ? bytes : 1));
    j->last[b] = DL__NONE;
}

/* ---- in place -------------------------------------------------------------------------------- */

static uint32_t writer(const dl_fused *f, uint32_t slot)
{
    uint32_t k = 0;
    while (f->step[k].y != slot) k++;
    return k;
}

static bool read_after(const dl_fused *f, uint32_t slot, uint32_t step)
{
    for (uint32_t k = step + 1; k < f->nstep; k++)
        for (int i = 0; i < f->op[k]->nin; i++)
            if (f->step[k].x[i] == slot) return true;
    for (uint32_t e = 0; e < f->nend; e++)
        if (f->end[e].slot == slot) return true;
    return false;
}

bool dl__fused_may_take_over(const dl_fused *f, const uint32_t *base, uint32_t r, uint32_t k)
{
    if (f->operand[k].gather || f->operand[k].single) return false;
    for (uint32_t i = 0; i < f->noperand; i++)
        if (i != k && base[f->operand[i].value] == base[f->operand[k].value]) return false;
    return !read_after(f, k, writer(f, f->noperand + r));
}

/* The operand dies here and is a whole value, which lies as the result will. */
static bool dies_whole(const layout_job *j, uint32_t i, const dl_fused *f, uint32_t operand)
{
    const dl_planner *p = j->p;
    uint32_t v = f->operand[operand].value, b = p->base[v];
    bool whole = v == b || p->plan->where[v] == 0; /* of a view: the offset in its base */
    return whole && p->store[b] == DL__TEMP && j->last[b] == i
           && dl__plan_bytes(p, b) == (size_t)f->numel * f->size;
}

/* A result of a fused loop lies where an operand did that is not needed any more. */
static bool take_over(layout_job *j, uint32_t i, uint32_t v)
{
    dl_planner *p = j->p;
    const dl_instr *ins = &p->plan->instr[i];
    const dl_fused *f = ins->info;
    if (!dl__is_loop(ins) || p->store[v] != DL__TEMP) return false;
    uint32_t r = 0;
    while (r < f->nresult && f->result[r] != v) r++;
    if (r == f->nresult) return false;
    for (uint32_t k = 0; k < f->noperand; k++) {
        if (!dies_whole(j, i, f, k) || !dl__fused_may_take_over(f, p->base, r, k)) continue;
        uint32_t b = p->base[f->operand[k].value];
        p->plan->where[v] = p->plan->where[b];
        j->last[b] = DL__NONE;
        return true;
    }
    return false;
}

static void find_last_uses(layout_job *j)
{
    const dl_plan *plan = j->p->plan;
    dl_touched touched;
    for (uint32_t i = 0; i < plan->ninstr; i++) {
        dl__plan_touched(&plan->instr[i], &touched);
        for (uint32_t k = 0; k < touched.n; k++) j->last[j->p->base[touched.value[k]]] = i;
    }
}

static void lay_out(layout_job *j)
{
    const dl_plan *plan = j->p->plan;
    bool reuse = !(j->p->t->disabled & DL_REUSE);
    dl_touched touched;
    for (uint32_t i = 0; i < plan->ninstr; i++) {
        dl__plan_touched(&plan->instr[i], &touched);
        for (uint32_t k = 0; k < touched.written; k++)
            if (!reuse || !take_over(j, i, touched.value[k])) place(j, touched.value[k]);
        for (uint32_t k = touched.n; k-- > 0 && reuse;) release(j, touched.value[k], i);
    }
}

/* Small values come behind the large ones; a view lies in its base. */
static void finish(layout_job *j)
{
    dl_planner *p = j->p;
    for (uint32_t v = 0; v < p->nval; v++)
        if (p->store[v] == DL__TEMP && p->base[v] == v && pool_of(j, v) == &j->small)
            p->plan->where[v] += (int64_t)j->large.end;
    for (uint32_t v = 0; v < p->nval; v++)
        if (p->store[v] == DL__TEMP && p->base[v] != v)
            p->plan->where[v] += p->plan->where[p->base[v]];
    p->plan->block_bytes = j->large.end + j->small.end;
}

void dl__plan_memory(dl_planner *p)
{
    if (p->failed) return;
    layout_job j = { .p = p, .small.unit = 8, .large.unit = 64 };
    j.last = dl__arena(&p->t->scratch, p->nval * sizeof *j.last, sizeof *j.last);
    if (!j.last) {
        p->failed = true;
        return;
    }
    for (uint32_t v = 0; v < p->nval; v++) j.last[v] = DL__NONE;
    find_last_uses(&j);
    lay_out(&j);
    finish(&j);
}
