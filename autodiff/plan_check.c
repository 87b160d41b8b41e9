/* plan_check.c: debug builds only: no two values that live at the same time share memory, checked
 * by comparing all pairs; and what has died is overwritten with NaN when a plan runs, so that
 * whoever reads it is found out. */
#include "fused.h"
#include "plan.h"

#include <assert.h>

#ifndef NDEBUG

enum { MOST = 2048 }; /* values of a plan that is checked: all pairs of them */

typedef struct life {
    uint32_t value, first, last;
    int64_t from, to;
} life;

/* The lives of temporaries, from the instructions alone. */
static uint32_t lives(const dl_planner *p, life *l, uint32_t *number)
{
    const dl_plan *plan = p->plan;
    uint32_t n = 0;
    dl_touched t;
    for (uint32_t v = 0; v < p->nval; v++) number[v] = DL__NONE;
    for (uint32_t i = 0; i < plan->ninstr; i++) {
        dl__plan_touched(&plan->instr[i], &t);
        for (uint32_t k = 0; k < t.n; k++) {
            uint32_t b = p->base[t.value[k]];
            if (p->store[b] != DL__TEMP) continue;
            if (number[b] == DL__NONE) {
                number[b] = n;
                int64_t at = plan->where[b], bytes = (int64_t)dl__plan_bytes(p, b);
                l[n++] = (life){ b, i, i, at, at + bytes };
            }
            l[number[b]].last = i;
        }
    }
    return n;
}

/* A result of a fused loop may begin where an operand ends its life. */
static bool takes_over(const dl_plan *plan, const life *old, const life *new)
{
    return old->last == new->first &&dl__is_loop(&plan->instr[new->first]) && old->from == new->from
           && old->to == new->to;
}

static void compare_all(const dl_plan *plan, const life *l, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < i; k++) {
            bool together = l[i].first <= l[k].last && l[k].first <= l[i].last;
            bool overlap = l[i].from < l[k].to && l[k].from < l[i].to;
            assert(!together || !overlap || takes_over(plan, &l[k], &l[i])
                   || takes_over(plan, &l[i], &l[k]));
            (void)together, (void)overlap;
        }
}

/* In the order of dying, so that a run walks along. */
static void note_deaths(dl_planner *p, const life *l, uint32_t n)
{
    dl_plan *plan = p->plan;
    plan->death = dl__plan_keep(p, n * sizeof *plan->death, sizeof *plan->death);
    for (uint32_t i = 0; plan->death && i < plan->ninstr; i++)
        for (uint32_t k = 0; k < n; k++) {
            bool taken = false;
            for (uint32_t m = 0; m < n && l[k].last == i; m++)
                taken = taken || (m != k && takes_over(plan, &l[k], &l[m]));
            if (l[k].last == i && !taken)
                plan->death[plan->ndeath++] =
                    (dl_death){ i, l[k].value, (uint64_t)(l[k].to - l[k].from) };
        }
}

void dl__plan_check(dl_planner *p)
{
    if (p->failed || p->nval > MOST || p->t->disabled & DL_REUSE) return;
    life *l = dl__arena(&p->t->scratch, p->nval * sizeof *l, 8);
    uint32_t *number = dl__arena(&p->t->scratch, p->nval * sizeof *number, sizeof *number);
    if (!l || !number) {
        p->failed = true;
        return;
    }
    uint32_t n = lives(p, l, number);
    compare_all(p->plan, l, n);
    note_deaths(p, l, n);
}

const dl_instr *dl__execute_checked(const dl_plan *p, dl_failure *failure)
{
    dl_call c = { .ptr = p->ptr, .layout = p->layout, .failure = failure };
    for (uint32_t i = 0, d = 0; i < p->ninstr; i++) {
        c.ins = p->instr + i;
        c.ins->run(&c);
        if (failure->status) return c.ins;
        for (; d < p->ndeath && p->death[d].instr == i; d++)
            memset(p->ptr[p->death[d].value], 0xff, p->death[d].bytes);
    }
    return NULL;
}

#endif
