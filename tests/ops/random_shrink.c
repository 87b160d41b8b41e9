/* random_shrink.c: makes a failing program smaller while it still fails: one change at a time, and
 * round again until none helps. */
#include "random_programs.h"

#include <string.h>

enum { PATIENCE = 4000 }; /* programs tried */

typedef struct shrinker {
    rp_program p;
    bool (*fails)(const rp_program *p, void *context);
    void *context;
    int left;
} shrinker;

static bool try(shrinker *s, const rp_program *p)
{
    if (memcmp(p, &s->p, sizeof *p) == 0 || p->nterm + p->nseen == 0 || s->left <= 0) return false;
    s->left--;
    if (!s->fails(p, s->context)) return false;
    s->p = *p;
    return true;
}

/* Each tries one kind of change at all places: whether any helped. */

static bool fewer_outputs(shrinker *s)
{
    bool helped = false;
    for (unsigned bit = 1; bit < 1u << RP_ENDS; bit <<= 1) {
        rp_program p = s->p;
        p.ends &= ~bit;
        helped |= try(s, &p);
    }
    for (int i = RP_PICKS - 1; i >= 0; i--) {
        rp_program p = s->p;
        if (i < p.nterm) {
            p.term[i] = p.term[--p.nterm];
            helped |= try(s, &p);
        }
        p = s->p;
        if (i < p.nseen) {
            p.seen[i] = p.seen[--p.nseen];
            helped |= try(s, &p);
        }
    }
    return helped;
}

static bool fewer_steps(shrinker *s)
{
    bool helped = false;
    for (int i = s->p.nstep - 1; i >= 0; i--)
        for (int k = 0; k < 2 && s->p.step[i].kind; k++) {
            rp_program p = s->p;
            p.step[i] = (rp_step){ .in = { p.step[i].in[k] } };
            helped |= try(s, &p);
        }
    return helped;
}

/* Operands and outputs that are earlier values. */
static bool earlier_values(shrinker *s)
{
    bool helped = false;
    for (int i = 0; i < s->p.nstep; i++)
        for (int k = 0; k < 2; k++)
            for (int to = 0; to < s->p.nleaf && s->p.step[i].kind; to++) {
                rp_program p = s->p;
                if (rp_resolve(&p, p.step[i].in[k]) < p.nleaf && p.step[i].in[k] <= to) break;
                p.step[i].in[k] = to;
                if (try(s, &p)) {
                    helped = true;
                    break;
                }
            }
    return helped;
}

static bool simpler_arguments(shrinker *s)
{
    bool helped = false;
    for (int i = 0; i < s->p.nstep; i++)
        for (int k = 0; k < 2 && s->p.step[i].kind; k++) {
            rp_program p = s->p;
            p.step[i].arg = k ? p.step[i].arg >> 3 : 0;
            if (p.step[i].arg < s->p.step[i].arg) helped |= try(s, &p);
        }
    return helped;
}

static bool smaller_sizes(shrinker *s)
{
    bool helped = false;
    for (int64_t from = 100000; from >= 0; from--) {
        if (from == 99999) from = 40;
        for (int part = 0; part < 4; part++) { /* all sizes that are equal together */
            rp_program p = s->p;
            int64_t to = part == 0 ? 1 : part == 1 ? 2 : part == 2 ? from / 2 : from - 1;
            if (to >= from || to < 0) continue;
            for (int i = 0; i < p.nleaf; i++)
                for (int k = 0; k < p.leaf[i].rank; k++)
                    if (p.leaf[i].dim[k] == from || (from > 40 && p.leaf[i].dim[k] > 40))
                        p.leaf[i].dim[k] = from > 40 ? p.leaf[i].dim[k] / 2 : to;
            helped |= try(s, &p);
        }
    }
    for (int i = 0; i < s->p.nleaf; i++)
        for (int k = 0; k < s->p.leaf[i].rank; k++)
            for (int part = 0; part < 3; part++) {
                rp_program p = s->p;
                int64_t *dim = &p.leaf[i].dim[k], from = *dim;
                *dim = part == 0 ? 1 : part == 1 ? from / 2 : from - 1;
                if (*dim >= 0 && *dim < from) helped |= try(s, &p);
            }
    return helped;
}

static bool plainer_leaves(shrinker *s)
{
    bool helped = false;
    for (int i = 0; i < s->p.nleaf; i++)
        for (int part = 0; part < 7; part++) {
            rp_program p = s->p;
            rp_leaf *l = &p.leaf[i];
            if (part == 0 && l->rank >= 0)
                *l = (rp_leaf){ .rank = -1, .fill = l->fill, .seed = l->seed };
            if (part == 1) l->labels[0] = 0;
            if (part == 2) l->strided = 0;
            if (part == 3 && l->strided) l->strided &= l->strided - 1;
            if (part == 4) l->fill = RP_TAME;
            if (part == 5 && l->fill == RP_WILD) l->fill = RP_WHOLE;
            if (part == 6 && l->rank > 0 && !l->labels[0]) l->rank--;
            helped |= try(s, &p);
        }
    rp_program p = s->p;
    p.dtype = DL_F64;
    return try(s, &p) || helped;
}

rp_program rp_shrink(rp_program p, bool (*fails)(const rp_program *p, void *context), void *context)
{
    static bool (*const changes[])(shrinker *) = {
        fewer_outputs, fewer_steps, earlier_values, simpler_arguments, smaller_sizes, plainer_leaves
    };
    shrinker s = { p, fails, context, PATIENCE };
    bool helped = true;
    while (helped && s.left > 0) {
        helped = false;
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) helped |= changes[i](&s);
    }
    return s.p;
}

int rp_steps_left(const rp_program *p)
{
    int n = 0;
    for (int i = 0; i < p->nstep; i++) n += p->step[i].kind != 0;
    return n;
}
