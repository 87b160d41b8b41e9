/* random_programs.c: draws a program from a seed. */
#include "random_programs.h"

#include <string.h>

uint32_t rp_random(uint64_t *state, uint32_t below)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

static bool one_in(uint64_t *s, uint32_t n) { return rp_random(s, n) == 0; }

int rp_resolve(const rp_program *p, int value)
{
    while (value >= p->nleaf && !p->step[value - p->nleaf].kind)
        value = p->step[value - p->nleaf].in[0];
    return value;
}

bool rp_uses(const rp_program *p, int leaf)
{
    for (int i = 0; i < p->nterm; i++)
        if (rp_resolve(p, p->term[i]) == leaf) return true;
    for (int i = 0; i < p->nseen; i++)
        if (rp_resolve(p, p->seen[i]) == leaf) return true;
    for (int i = 0; i < p->nstep; i++)
        for (int k = 0; k < 2; k++)
            if (p->step[i].kind && rp_resolve(p, p->step[i].in[k]) == leaf) return true;
    return false;
}

bool rp_reads(const rp_program *p)
{
    for (int i = 0; i < p->nstep; i++)
        if (p->step[i].kind == rp_kind_named("item")) return true;
    return false;
}

bool rp_tame(const rp_program *p)
{
    for (int i = 0; i < p->nleaf; i++)
        if (p->leaf[i].fill == RP_WILD) return false;
    return true;
}

/* ---- drawing --------------------------------------------------------------------------------- */

/* A program has few sizes, so that its leaves often match. */
typedef struct sizes {
    int64_t of[4];
    int n;
} sizes;

static sizes draw_sizes(uint64_t *s)
{
    static const int64_t usual[] = { 1, 2, 2, 3, 3, 4, 5, 7, 8, 9, 12, 16, 17, 31, 33, 40 };
    sizes z = { .n = 3 };
    for (int i = 0; i < 3; i++) z.of[i] = usual[rp_random(s, i ? sizeof usual / sizeof *usual : 9)];
    if (one_in(s, 6)) z.of[z.n++] = 0;
    return z;
}

static rp_leaf draw_leaf(uint64_t *s, const sizes *z, bool wild)
{
    static const char *const labels[RP_RANK + 1][5] = { { "", "", "", "", "" },
                                                        { "C", "B", "T", "S", "U" },
                                                        { "CB", "BC", "SS", "TC", "UU" },
                                                        { "SCB", "CBT", "BTC", "SSC", "UCU" },
                                                        { "SSCB", "SCBT", "TBCS", "SSUB",
                                                          "CTUS" } };
    static const int ranks[] = { 0, 1, 1, 2, 2, 2, 2, 2, 3, 3, 4 };
    rp_leaf l = { .rank = ranks[rp_random(s, 11)], .seed = rp_random(s, 1u << 30) };
    if (one_in(s, 8)) l.rank = -1;
    for (int i = 0; i < l.rank; i++)
        l.dim[i] = one_in(s, 5) ? 1 : z->of[rp_random(s, (uint32_t)z->n)];
    if (l.rank > 0 && one_in(s, 3)) strcpy(l.labels, labels[l.rank][rp_random(s, 5)]);
    if (l.rank > 0 && one_in(s, 4)) l.strided = 1 + (int)rp_random(s, 7);
    l.fill = wild && one_in(s, 2) ? RP_WILD : one_in(s, 3) ? RP_WHOLE : RP_TAME;
    while (l.rank > 0) { /* few are large */
        int64_t n = 1;
        for (int i = 0; i < l.rank; i++) n *= l.dim[i];
        if (n <= 4000) break;
        l.dim[rp_random(s, (uint32_t)l.rank)] = 1;
    }
    return l;
}

/* So large that a fused loop runs in pieces, in several threads. */
static void widen(rp_leaf *l, uint64_t *s)
{
    static const int64_t of[][2] = { { 301, 240 }, { 70001, 1 }, { 2, 33000 }, { 1031, 65 } };
    const int64_t *dim = of[rp_random(s, 4)];
    *l = (rp_leaf){ .rank = dim[1] == 1 ? 1 : 2, .seed = l->seed, .fill = l->fill };
    memcpy(l->dim, dim, 2 * sizeof *dim);
    if (one_in(s, 3)) strcpy(l->labels, l->rank == 1 ? "B" : one_in(s, 2) ? "CB" : "BC");
    if (one_in(s, 3)) l->strided = 1 + (int)rp_random(s, 3);
}

static unsigned draw_ends(uint64_t *s, bool wide)
{
    unsigned ends = one_in(s, 6) ? 0 : RP_GRAD;
    if (one_in(s, 2)) ends |= RP_HVP;
    if (one_in(s, 3)) ends |= RP_JVP;
    if (one_in(s, 3)) ends |= RP_SEEDED;
    if (one_in(s, 4)) ends |= RP_ASSIGN;
    if (!wide && one_in(s, 8)) ends |= RP_JACOBIAN;
    if (!wide && one_in(s, 12)) ends |= RP_HESSIAN;
    return ends;
}

/* Mostly a value that is new, so that chains grow. */
static int draw_value(uint64_t *s, int n)
{
    return one_in(s, 2) && n > 3 ? n - 1 - (int)rp_random(s, 3) : (int)rp_random(s, (uint32_t)n);
}

rp_program rp_draw(uint32_t seed)
{
    uint64_t state = seed * 0xd1342543de82ef95u, *s = &state; /* not the step of rp_random */
    rp_program p = { .seed = seed, .dtype = one_in(s, 2) ? DL_F32 : DL_F64, .limit = 4096 };
    bool wide = one_in(s, 50), wild = one_in(s, 3);
    sizes z = draw_sizes(s);
    p.nleaf = 1 + (int)rp_random(s, RP_LEAVES);
    for (int i = 0; i < p.nleaf; i++) p.leaf[i] = draw_leaf(s, &z, wild);
    p.nstep = 1 + (int)rp_random(s, wide ? 8 : RP_STEPS);
    if (wide) widen(&p.leaf[0], s), p.limit = 150000;
    for (int i = 0; i < p.nstep; i++) {
        int n = p.nleaf + i;
        p.step[i].kind = 1 + (int)rp_random(s, (uint32_t)rp_nkind - 1);
        for (int k = 0; k < 2; k++) p.step[i].in[k] = draw_value(s, n);
        p.step[i].arg = rp_random(s, 1u << 30);
    }
    int n = p.nleaf + p.nstep;
    p.nterm = 1 + (int)rp_random(s, RP_PICKS);
    p.nseen = (int)rp_random(s, RP_PICKS + 1);
    for (int i = 0; i < p.nterm; i++) p.term[i] = i ? draw_value(s, n) : n - 1;
    for (int i = 0; i < p.nseen; i++) p.seen[i] = draw_value(s, n);
    p.ends = draw_ends(s, wide);
    return p;
}
