/* plan_fuse.c: gathers elementwise nodes, and reductions of them, into fused loops.
 *
 * A loop stays open while nodes of the same number of elements and dtype come along. It is closed,
 * that is emitted, when something outside of all loops needs one of its values. Open loops may need
 * each other, but never in a circle: each knows which must run before it. Sizes may differ between
 * nodes as long as the number of elements is the same: elements are met in logical order, and a
 * node whose operand is broadcast reads it from memory. */
#include "plan_fuse.h"

/* Nodes that share no operand are run together if they are so small that the call counts. */
enum { SMALL = 1024 };

/* ---- reductions that can end a loop ---------------------------------------------------------- */

/* How many neighbouring elements are summed into one; 0 if they are no neighbours. */
static int64_t terms_of(const dl_shape *x, const dl_shape *y)
{
    int64_t terms = 1;
    bool kept = false;
    for (int i = x->rank - 1; i >= 0; i--) {
        if (x->dim[i] == 1) continue;
        bool summed = y->rank == 0 || y->dim[i] == 1;
        if (summed && kept) return 0;
        if (summed) terms *= x->dim[i];
        else kept = true;
    }
    return terms > 1 ? terms : 0;
}

/* ---- uniform values -------------------------------------------------------------------------- */

/* Of equal elements only one is computed: the result of one-element operands is one element that is
 * repeated, as an expanded value is. */
void dl__fuse_uniform(dl_planner *p, uint32_t v, const dl_rec *r)
{
    const dl_plan *plan = p->plan;
    if (p->t->disabled & DL_VIEWS || dl__plan_shape(p, v)->numel < 2) return;
    for (int i = 0; i < r->op->nin; i++)
        if (!dl__one_element(plan->layout[p->rep[r->in[i]]])) return;
    dl_layout *l = dl__plan_keep(p, sizeof *l, 8);
    if (!l) return;
    *l = (dl_layout){ .shape = *dl__plan_shape(p, v) };
    plan->layout[v] = l;
    p->uniform[v] = 1;
}

/* ---- open loops ------------------------------------------------------------------------------ */

static dl_open *loop_of(dl_planner *p, uint32_t v)
{
    return v < p->nnode && p->loop[v] ? p->open[p->loop[v] - 1] : NULL;
}

static uint32_t bit(const dl_open *g) { return g ? 1u << g->number : 0; }

/* The open loop in whose memory x lies. */
static dl_open *source_of(dl_planner *p, uint32_t x) { return loop_of(p, p->base[x]); }

/* The open loop that computes operand x of a node with n elements, if the node may read it there.
 */
static dl_open *joinable(dl_planner *p, uint32_t x, int64_t n)
{
    dl_open *g = loop_of(p, dl__plan_root(p, x));
    return g && g->numel == n && dl__plan_count(p, x) == n ? g : NULL;
}

/* What must run before a node that reads these values, loop g apart. */
static uint32_t needs(dl_planner *p, const dl_rec *r, const dl_open *g)
{
    uint32_t before = 0;
    for (int i = 0; i < r->op->nin; i++) {
        const dl_open *h = source_of(p, p->rep[r->in[i]]);
        if (h && h != g) before |= bit(h) | h->after;
    }
    return before;
}

static bool reads(const dl_planner *p, const dl_open *g, uint32_t x)
{
    for (uint32_t k = 0; k < g->n; k++) {
        const dl_rec *r = dl__plan_rec(p, g->member[k]);
        for (int i = 0; i < r->op->nin; i++)
            if (p->rep[r->in[i]] == x) return true;
    }
    return false;
}

static bool room(const dl_open *g, uint32_t steps, uint32_t operands)
{
    return g->n + steps <= DL__STEPS && g->operands + operands <= DL__OPERANDS;
}

/* A member of g reads x of g in a way that is not element by element: it cannot be one itself. */
static bool reads_across(dl_planner *p, const dl_rec *r, const dl_open *g, int64_t n)
{
    for (int i = 0; i < r->op->nin; i++) {
        uint32_t x = p->rep[r->in[i]];
        if (source_of(p, x) == g && joinable(p, x, n) != g) return true;
    }
    return false;
}

static bool may_join(dl_planner *p, dl_open *g, const dl_rec *r, int64_t n)
{
    return room(g, 1, (uint32_t)r->op->nin) && !(needs(p, r, g) & bit(g))
           && !reads_across(p, r, g, n);
}

/* Where nothing calls for a loop: one of the same size that reads the same, or any small one. */
static dl_open *related(dl_planner *p, const dl_rec *r, int64_t n, int dtype)
{
    for (uint32_t k = 0; k < DL__OPEN; k++) {
        dl_open *g = p->open[k];
        if (!g || g->numel != n || g->dtype != dtype || !may_join(p, g, r, n)) continue;
        if (n <= SMALL) return g;
        for (int i = 0; i < r->op->nin; i++)
            if (reads(p, g, p->rep[r->in[i]])) return g;
    }
    return NULL;
}

/* ---- closing --------------------------------------------------------------------------------- */

static void close_one(dl_planner *p, dl_open *g)
{
    if (!p->failed) dl__loop_emit(p, g);
    for (uint32_t m = 0; m < g->n; m++) p->loop[g->member[m]] = 0;
    p->open[g->number] = NULL;
    for (uint32_t k = 0; k < DL__OPEN; k++)
        if (p->open[k]) p->open[k]->after &= ~bit(g);
}

/* With all that must run before it. */
static void close_loop(dl_planner *p, dl_open *g)
{
    while (g->after) {
        uint32_t k = 0;
        while (!(g->after >> k & 1) || p->open[k]->after) k++;
        close_one(p, p->open[k]);
    }
    close_one(p, g);
}

void dl__fuse_need(dl_planner *p, uint32_t v)
{
    dl_open *g = source_of(p, v);
    if (g) close_loop(p, g);
}

void dl__fuse_close_all(dl_planner *p)
{
    for (uint32_t k = 0; k < DL__OPEN; k++)
        if (p->open[k]) close_loop(p, p->open[k]);
}

/* ---- which loop ------------------------------------------------------------------------------ */

static dl_open *fresh(dl_planner *p, int64_t n, int dtype)
{
    uint32_t k = 0, oldest = 0;
    while (k < DL__OPEN && p->open[k]) {
        if (p->open[k]->age < p->open[oldest]->age) oldest = k;
        k++;
    }
    if (k == DL__OPEN) close_loop(p, p->open[k = oldest]);
    dl_open *g = dl__arena(&p->t->scratch, sizeof *g, 8);
    if (!g) {
        p->failed = true;
        return NULL;
    }
    *g = (dl_open){ .numel = n, .dtype = dtype, .number = k, .age = p->age++ };
    return p->open[k] = g;
}

static void run_after(dl_planner *p, dl_open *g, uint32_t before)
{
    g->after |= before;
    for (uint32_t k = 0; k < DL__OPEN; k++)
        if (p->open[k] && p->open[k]->after & bit(g)) p->open[k]->after |= g->after;
}

static void count_operand(const dl_planner *p, dl_open *g, uint32_t x)
{
    const dl_layout *l = p->plan->layout[x];
    for (uint32_t k = 0; k < g->nplain; k++)
        if (g->plain[k] == x) return;
    g->operands++;
    if (l->contiguous && l->shape.numel == g->numel) g->plain[g->nplain++] = x;
}

/* Two open loops become one, if neither needs the other and there is room. */
static bool unite(dl_planner *p, dl_open *g, dl_open *other, uint32_t operands)
{
    bool same_rows = !g->terms || !other->terms || g->terms == other->terms;
    bool apart = !(g->after & bit(other)) && !(other->after & bit(g));
    if (!apart || !same_rows || !room(g, other->n + 1, other->operands + operands)) return false;
    memcpy(g->member + g->n, other->member, other->n * sizeof *g->member);
    for (uint32_t m = 0; m < other->n; m++) p->loop[other->member[m]] = (uint8_t)(g->number + 1);
    g->n += other->n;
    g->operands += other->operands - other->nplain;
    for (uint32_t k = 0; k < other->nplain; k++) count_operand(p, g, other->plain[k]);
    if (other->terms) g->terms = other->terms;
    p->open[other->number] = NULL;
    for (uint32_t k = 0; k < DL__OPEN; k++) {
        dl_open *h = p->open[k];
        if (h && h->after & bit(other)) h->after = (h->after & ~bit(other)) | bit(g);
    }
    run_after(p, g, other->after);
    return true;
}

/* The loop of an operand that the node may join; loops of its other operands are united with it. */
static dl_open *choose(dl_planner *p, const dl_rec *r, int64_t n)
{
    dl_open *g = NULL;
    for (int i = 0; i < r->op->nin; i++) {
        dl_open *h = joinable(p, p->rep[r->in[i]], n);
        if (!h || h == g || !may_join(p, h, r, n)) continue;
        if (!g) g = h;
        else unite(p, g, h, (uint32_t)r->op->nin);
    }
    return g && may_join(p, g, r, n) ? g : NULL;
}

static void add(dl_planner *p, dl_open *g, uint32_t v, const dl_rec *r)
{
    for (int i = 0; i < r->op->nin; i++) {
        uint32_t x = p->rep[r->in[i]];
        if (loop_of(p, dl__plan_root(p, x)) != g) count_operand(p, g, x);
    }
    run_after(p, g, needs(p, r, g));
    g->member[g->n++] = v;
    p->loop[v] = (uint8_t)(g->number + 1);
    if (p->t->disabled & DL_FUSE) close_loop(p, g);
}

void dl__fuse_node(dl_planner *p, uint32_t v, const dl_rec *r)
{
    int64_t n = dl__plan_count(p, v);
    int dtype = dl__plan_shape(p, v)->dtype;
    dl_open *g = choose(p, r, n);
    if (!g) g = related(p, r, n, dtype);
    if (!g) g = fresh(p, n, dtype);
    if (!p->failed) add(p, g, v, r);
}

/* Of constants, which no open loop computes. */
void dl__fuse_alone(dl_planner *p, uint32_t v, const dl_rec *r)
{
    dl_open g = { .numel = dl__plan_count(p, v),
                  .dtype = dl__plan_shape(p, v)->dtype,
                  .n = 1,
                  .operands = (uint32_t)r->op->nin,
                  .member = { v } };
    dl__loop_emit(p, &g);
}

/* ---- reductions ------------------------------------------------------------------------------ */

static bool may_end(dl_planner *p, dl_open *g, const dl_rec *r, const dl_shape *x, int64_t terms)
{
    return g->numel == x->numel && g->dtype == x->dtype && (!g->terms || g->terms == terms)
           && may_join(p, g, r, x->numel);
}

/* Of an open loop's value, or of one that an open loop reads, or a long one. */
bool dl__fuse_reduction(dl_planner *p, uint32_t v, const dl_rec *r)
{
    uint32_t x = p->rep[r->in[0]];
    const dl_shape *s = dl__plan_shape(p, x);
    int64_t terms = terms_of(s, dl__plan_shape(p, v));
    if (!dl__plan_fold(p, r, v) || p->t->disabled & DL_FUSE) return false;
    if (!terms || !s->numel || !p->plan->layout[x]->contiguous) return false;
    dl_open *g = joinable(p, x, s->numel);
    if (g && !may_end(p, g, r, s, terms)) return false;
    for (uint32_t k = 0; k < DL__OPEN && !g; k++) {
        dl_open *h = p->open[k];
        if (h && may_end(p, h, r, s, terms) && reads(p, h, x)) g = h;
    }
    if (!g && s->numel > DL__PIECE) g = fresh(p, s->numel, s->dtype);
    if (!g || p->failed) return false;
    g->terms = terms;
    add(p, g, v, r);
    return true;
}

/* ---- views ----------------------------------------------------------------------------------- */

void dl__fuse_view(dl_planner *p, uint32_t v, uint32_t in)
{
    const dl_plan *plan = p->plan;
    if (!plan->layout[v]->contiguous || plan->where[v] != plan->where[in]
        || plan->layout[v]->shape.numel != plan->layout[in]->shape.numel || p->rep[v] != v)
        return;
    uint32_t root = dl__plan_root(p, in);
    if (root >= p->nnode) return;
    p->root[v] = root;
    p->uses[root] += p->uses[v] - 1;
}
