/* plan_fuse.c: gathers elementwise nodes, and reductions of them, into fused loops.
 *
 * A loop stays open while nodes of the same number of elements and dtype come along: no open loop
 * needs a value of another. It is closed, that is emitted, when something outside needs one of its
 * values, so that all that it reads has been emitted before. Sizes may differ between nodes as long
 * as the number of elements is the same: elements are met in logical order, and a node whose
 * operand is broadcast reads it from memory. */
#include "fused.h"
#include "plan.h"

enum { SHORTEST = DL_BLOCK, LONGEST = 8 * DL_BLOCK, L1 = 24 * 1024 };

/* Nodes that share no operand are run together if they are so small that the call counts. */
enum { SMALL = 1024 };

struct dl_open {
    int64_t numel, terms; /* terms: of its reductions, 0 if there are none */
    int dtype;
    uint32_t n, operands; /* operands: at most */
    uint32_t member[DL__STEPS];
};

static void close_loop(dl_planner *p, dl_open *g);

static const dl_shape *shape_of(const dl_planner *p, uint32_t v)
{
    return &p->plan->layout[v]->shape;
}

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

static const dl_fold *fold_of(const dl_planner *p, const dl_rec *r, uint32_t v)
{
    int dtype = shape_of(p, v)->dtype;
    return dtype < DL_NREAL ? r->op->fold[p->t->isa][dtype] : NULL;
}

/* ---- uniform values -------------------------------------------------------------------------- */

static bool one_element(const dl_layout *l)
{
    for (int i = 0; i < l->shape.rank; i++)
        if (l->shape.dim[i] != 1 && l->stride[i]) return false;
    return l->shape.numel > 0;
}

/* Of equal elements only one is computed: the result of one-element operands is one element that is
 * repeated, as an expanded value is. */
static void make_uniform(dl_planner *p, uint32_t v, const dl_rec *r)
{
    const dl_plan *plan = p->plan;
    if (shape_of(p, v)->numel < 2) return;
    for (int i = 0; i < r->op->nin; i++)
        if (!one_element(plan->layout[p->rep[r->in[i]]])) return;
    dl_layout *l = dl__plan_keep(p, sizeof *l, 8);
    if (!l) return;
    *l = (dl_layout){ .shape = *shape_of(p, v) };
    plan->layout[v] = l;
    p->uniform[v] = 1;
}

/* Elements that are computed. */
static int64_t count(const dl_planner *p, uint32_t v)
{
    return dl__plan_uniform(p, v) ? 1 : shape_of(p, v)->numel;
}

/* ---- which loop ------------------------------------------------------------------------------ */

static dl_open *loop_of(dl_planner *p, uint32_t v)
{
    return v < p->nnode && p->loop[v] ? p->open[p->loop[v] - 1] : NULL;
}

/* The value that lies in the same place element by element. */
static uint32_t root_of(const dl_planner *p, uint32_t v) { return v < p->nnode ? p->root[v] : v; }

/* The open loop that computes operand x of a node with n elements, if the node may read it there.
 */
static dl_open *joinable(dl_planner *p, uint32_t x, int64_t n)
{
    dl_open *g = loop_of(p, root_of(p, x));
    return g && g->numel == n && count(p, x) == n ? g : NULL;
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

/* Where nothing calls for a loop: one of the same size that reads the same, or any small one. */
static dl_open *related(dl_planner *p, const dl_rec *r, int64_t n, int dtype)
{
    for (uint32_t k = 0; k < p->nopen; k++) {
        dl_open *g = p->open[k];
        if (g->numel != n || g->dtype != dtype || !room(g, 1, (uint32_t)r->op->nin)) continue;
        if (n <= SMALL) return g;
        for (int i = 0; i < r->op->nin; i++)
            if (reads(p, g, p->rep[r->in[i]])) return g;
    }
    return NULL;
}

static dl_open *fresh(dl_planner *p, int64_t n, int dtype)
{
    if (p->nopen == DL__OPEN) close_loop(p, p->open[0]);
    dl_open *g = dl__arena(&p->t->scratch, sizeof *g, 8);
    if (!g) {
        p->failed = true;
        return NULL;
    }
    *g = (dl_open){ .numel = n, .dtype = dtype };
    p->open[p->nopen++] = g;
    return g;
}

static void number_loops(dl_planner *p)
{
    for (uint32_t k = 0; k < p->nopen; k++)
        for (uint32_t m = 0; m < p->open[k]->n; m++)
            p->loop[p->open[k]->member[m]] = (uint8_t)(k + 1);
}

static void forget(dl_planner *p, dl_open *g)
{
    uint32_t k = 0;
    while (p->open[k] != g) k++;
    memmove(p->open + k, p->open + k + 1, (--p->nopen - k) * sizeof *p->open);
    for (uint32_t m = 0; m < g->n; m++) p->loop[g->member[m]] = 0;
    number_loops(p);
}

/* Two open loops become one, if there is room; else the other one is closed. */
static void unite(dl_planner *p, dl_open *g, dl_open *other, uint32_t operands)
{
    bool same_rows = !g->terms || !other->terms || g->terms == other->terms;
    if (!same_rows || !room(g, other->n + 1, other->operands + operands)) {
        close_loop(p, other);
        return;
    }
    memcpy(g->member + g->n, other->member, other->n * sizeof *g->member);
    g->n += other->n;
    g->operands += other->operands;
    if (other->terms) g->terms = other->terms;
    uint32_t k = 0;
    while (p->open[k] != other) k++;
    memmove(p->open + k, p->open + k + 1, (--p->nopen - k) * sizeof *p->open);
    number_loops(p);
}

/* The loop that a node of n elements joins; what else it reads is closed. */
static dl_open *choose(dl_planner *p, const dl_rec *r, int64_t n, int dtype)
{
    uint32_t operands = (uint32_t)r->op->nin;
    dl_open *g = NULL;
    for (int i = 0; i < r->op->nin; i++)
        if (!joinable(p, p->rep[r->in[i]], n)) dl__fuse_need(p, p->rep[r->in[i]]);
    for (int i = 0; i < r->op->nin && !p->failed; i++) {
        dl_open *h = joinable(p, p->rep[r->in[i]], n);
        if (!h || h == g) continue;
        if (!room(h, 1, operands)) close_loop(p, h);
        else if (g) unite(p, g, h, operands);
        else g = h;
    }
    return g;
}

static void add(dl_planner *p, dl_open *g, uint32_t v, const dl_rec *r)
{
    for (int i = 0; i < r->op->nin; i++)
        g->operands += loop_of(p, root_of(p, p->rep[r->in[i]])) != g;
    g->member[g->n++] = v;
    uint32_t k = 0;
    while (p->open[k] != g) k++;
    p->loop[v] = (uint8_t)(k + 1);
    if (p->t->disabled & DL_FUSE) close_loop(p, g);
}

void dl__fuse_node(dl_planner *p, uint32_t v, const dl_rec *r)
{
    if (!(p->t->disabled & DL_VIEWS)) make_uniform(p, v, r);
    int64_t n = count(p, v);
    int dtype = shape_of(p, v)->dtype;
    dl_open *g = choose(p, r, n, dtype);
    if (!g) g = related(p, r, n, dtype);
    if (!g && !p->failed) g = fresh(p, n, dtype);
    if (!p->failed) add(p, g, v, r);
}

void dl__fuse_alone(dl_planner *p, uint32_t v, const dl_rec *r)
{
    dl_open *g = fresh(p, shape_of(p, v)->numel, shape_of(p, v)->dtype);
    if (!g) return;
    add(p, g, v, r);
    if (!(p->t->disabled & DL_FUSE)) close_loop(p, g);
}

/* A reduction of an open loop's value, or of one that an open loop reads, or a long one. */
bool dl__fuse_reduction(dl_planner *p, uint32_t v, const dl_rec *r)
{
    if (!fold_of(p, r, v) || p->t->disabled & DL_FUSE) return false;
    uint32_t x = p->rep[r->in[0]];
    const dl_shape *s = shape_of(p, x);
    int64_t terms = terms_of(s, shape_of(p, v));
    if (!terms || !s->numel || !p->plan->layout[x]->contiguous) return false;
    dl_open *g = joinable(p, x, s->numel);
    if (g && (!room(g, 1, 1) || (g->terms && g->terms != terms))) return false;
    for (uint32_t k = 0; k < p->nopen && !g && !loop_of(p, p->base[x]); k++) {
        dl_open *h = p->open[k];
        bool fits = h->numel == s->numel && h->dtype == s->dtype && room(h, 1, 1)
                    && (!h->terms || h->terms == terms);
        if (fits && reads(p, h, x)) g = h;
    }
    if (!g && s->numel > DL__PIECE) {
        dl__fuse_need(p, x);
        if (!p->failed) g = fresh(p, s->numel, s->dtype);
    }
    if (!g || p->failed) return false;
    g->terms = terms;
    add(p, g, v, r);
    return true;
}

void dl__fuse_view(dl_planner *p, uint32_t v, uint32_t in)
{
    const dl_plan *plan = p->plan;
    if (!plan->layout[v]->contiguous || plan->where[v] != plan->where[in]
        || plan->layout[v]->shape.numel != plan->layout[in]->shape.numel || p->rep[v] != v)
        return;
    uint32_t root = root_of(p, in);
    if (root >= p->nnode) return;
    p->root[v] = root;
    p->uses[root] += p->uses[v] - 1;
}

void dl__fuse_need(dl_planner *p, uint32_t v)
{
    dl_open *g = loop_of(p, p->base[v]);
    if (g) close_loop(p, g);
}

void dl__fuse_close_all(dl_planner *p)
{
    while (p->nopen && !p->failed) close_loop(p, p->open[0]);
}

/* ---- closing --------------------------------------------------------------------------------- */

/* A loop being emitted. Steps number their operands as members first, then as operands. */
typedef struct closing {
    dl_planner *p;
    const dl_open *g;
    uint32_t noperand, nresult, nstrip, nstep, nend, gathers;
    dl_fused_operand operand[DL__OPERANDS];
    uint32_t from[DL__STEPS][DL_MAX_IN];
    uint32_t inside[DL__STEPS], last[DL__STEPS], slot[DL__STEPS];
    bool ends[DL__STEPS];
    uint32_t result[DL__STEPS];
} closing;

/* `share`: the kernel takes one element for all here. */
static dl_fused_operand operand_of(closing *c, uint32_t v, uint32_t x, bool share)
{
    dl_planner *p = c->p;
    const dl_layout *lx = p->plan->layout[x];
    bool one = one_element(lx);
    if (c->g->numel == 1 || (lx->shape.numel == c->g->numel && lx->contiguous))
        return (dl_fused_operand){ .value = x };
    if (share && one) return (dl_fused_operand){ .value = x, .single = 1 };
    dl_loop *l = dl__plan_keep(p, sizeof *l, 8);
    if (!l) return (dl_fused_operand){ .value = x };
    memset(l, 0, sizeof *l);
    dl_loop_make(l, shape_of(p, v), &lx, 1);
    return (dl_fused_operand){ .value = x, .gather = l };
}

static bool same_operand(const dl_fused_operand *a, const dl_fused_operand *b)
{
    return a->value == b->value && a->single == b->single && !a->gather == !b->gather
           && (!a->gather || memcmp(a->gather, b->gather, sizeof *a->gather) == 0);
}

static uint32_t operand_number(closing *c, uint32_t v, uint32_t x, bool share)
{
    dl_fused_operand want = operand_of(c, v, x, share);
    uint32_t k = 0;
    while (k < c->noperand && !same_operand(&c->operand[k], &want)) k++;
    if (k == c->noperand) c->gathers += !!want.gather;
    if (k == c->noperand) c->operand[c->noperand++] = want;
    return DL__STEPS + k;
}

static uint32_t member_number(const closing *c, uint32_t v)
{
    for (uint32_t k = 0; k < c->g->n; k++)
        if (c->g->member[k] == v) return k;
    return DL__NONE;
}

static void find_operands(closing *c)
{
    dl_planner *p = c->p;
    for (uint32_t k = 0; k < c->g->n; k++) {
        uint32_t v = c->g->member[k];
        const dl_rec *r = dl__plan_rec(p, v);
        c->ends[k] = !r->op->strip[0][0];
        uint32_t shared = 0; /* all but one operand may be one element */
        for (int i = 0; i < r->op->nin; i++) {
            uint32_t x = p->rep[r->in[i]], m = member_number(c, root_of(p, x));
            if (m == DL__NONE || count(p, x) != c->g->numel) {
                uint32_t n = operand_number(c, v, x, shared + 1 < (uint32_t)r->op->nin);
                shared += c->operand[n - DL__STEPS].single;
                c->from[k][i] = n;
                continue;
            }
            c->from[k][i] = m;
            c->inside[m]++;
            c->last[m] = c->ends[k] ? DL__NONE : c->last[m] > k ? c->last[m] : k;
        }
    }
}

/* Members that nothing outside reads lie in strips, which are given on after the last use. */
static void give_slots(closing *c)
{
    uint32_t free[DL__STEPS], nfree = 0, strip[DL__STEPS];
    bool kept[DL__STEPS];
    for (uint32_t k = 0; k < c->g->n; k++) {
        if (c->ends[k]) continue;
        uint32_t v = c->g->member[k];
        int nin = dl__plan_rec(c->p, v)->op->nin;
        kept[k] = c->p->uses[v] > c->inside[k];
        for (int i = 0; i < nin; i++) {
            uint32_t m = c->from[k][i];
            bool again = i > 0 && c->from[k][0] == m;
            if (m < DL__STEPS && !again && !kept[m] && c->last[m] == k) free[nfree++] = strip[m];
        }
        if (!nfree && c->nstrip + c->gathers >= DL__OWN) kept[k] = true;
        if (kept[k]) c->result[strip[k] = c->nresult++] = v;
        else strip[k] = nfree ? free[--nfree] : c->nstrip++;
    }
    for (uint32_t k = 0; k < c->g->n; k++)
        if (!c->ends[k]) c->slot[k] = c->noperand + strip[k] + (kept[k] ? 0 : c->nresult);
}

static int64_t strip_length(const closing *c, uint32_t size)
{
    uint32_t slots = c->noperand + c->nresult + c->nstrip + 1;
    int64_t n = L1 / (int64_t)(slots * size) / DL_BLOCK * DL_BLOCK, terms = c->g->terms;
    n = n < SHORTEST ? SHORTEST : n > LONGEST ? LONGEST : n;
    return terms && terms <= n ? n / terms * terms : n;
}

static uint32_t slot_of(const closing *c, uint32_t from)
{
    return from < DL__STEPS ? c->slot[from] : from - DL__STEPS;
}

static void *copy(dl_planner *p, const void *from, size_t bytes)
{
    void *to = dl__plan_keep(p, bytes, 8);
    return to ? memcpy(to, from, bytes) : NULL;
}

/* ---- loops without a table ------------------------------------------------------------------- */

static bool is_direct(const closing *c, const dl_fused *f)
{
    return f->numel <= DL__DIRECT && !f->gathers && (!c->nend || f->terms <= DL_BLOCK);
}

static uint32_t value_of(const closing *c, const uint32_t *strip, uint32_t slot)
{
    if (slot < c->noperand) return c->operand[slot].value;
    slot -= c->noperand;
    return slot < c->nresult ? c->result[slot] : strip[slot - c->nresult];
}

static void make_direct(closing *c, dl_fused *f, dl_step *step, dl_fused_end *end)
{
    dl_planner *p = c->p;
    uint32_t strip[DL__STEPS];
    for (uint32_t i = 0; i < c->nstrip; i++)
        strip[i] = dl__plan_work(p, (size_t)f->numel * f->size + !f->numel);
    for (uint32_t k = 0; k < c->nstep; k++) {
        step[k].y = value_of(c, strip, step[k].y);
        for (int i = 0; i < f->op[k]->nin; i++) step[k].x[i] = value_of(c, strip, step[k].x[i]);
    }
    for (uint32_t e = 0; e < c->nend; e++) end[e].slot_value = value_of(c, strip, end[e].slot);
    f->strip_value = copy(p, strip, c->nstrip * sizeof *strip);
    f->direct = copy(p, step, c->nstep * sizeof *step);
}

static void fill_steps(closing *c, dl_fused *f)
{
    dl_planner *p = c->p;
    dl_step step[DL__STEPS];
    const dl_op *op[DL__STEPS];
    dl_fused_end end[DL__STEPS];
    for (uint32_t k = 0; k < c->g->n; k++) {
        uint32_t v = c->g->member[k];
        const dl_rec *r = dl__plan_rec(p, v);
        if (c->ends[k]) {
            end[c->nend++] = (dl_fused_end){
                .fold = fold_of(p, r, v), .op = r->op, .value = v, .slot = slot_of(c, c->from[k][0])
            };
            continue;
        }
        dl_step *s = &step[c->nstep];
        *s = (dl_step){ .run = r->op->strip[p->t->isa][c->g->dtype], .y = c->slot[k] };
        for (int i = 0; i < r->op->nin; i++) {
            uint32_t x = c->from[k][i];
            s->x[i] = slot_of(c, x);
            s->single[i] = x >= DL__STEPS && c->operand[x - DL__STEPS].single;
        }
        op[c->nstep++] = r->op;
    }
    f->nstep = c->nstep;
    f->nend = c->nend;
    f->step = copy(p, step, c->nstep * sizeof *step);
    f->op = copy(p, op, c->nstep * sizeof *op);
    if (is_direct(c, f) && !p->failed) make_direct(c, f, step, end);
    f->end = copy(p, end, c->nend * sizeof *end);
}

static void emit(closing *c)
{
    dl_planner *p = c->p;
    dl_fused *f = dl__plan_keep(p, sizeof *f, 8);
    if (!f) return;
    int64_t n = c->g->numel, terms = c->g->terms ? c->g->terms : n;
    *f = (dl_fused){ .numel = n,
                     .terms = terms,
                     .size = (uint32_t)dl_dtype_size((dl_dtype)c->g->dtype),
                     .noperand = c->noperand,
                     .nresult = c->nresult,
                     .nstrip = c->nstrip };
    f->strip = strip_length(c, f->size);
    f->piece = c->g->terms && terms <= DL__PIECE ? DL__PIECE / terms * terms : DL__PIECE;
    f->gathers = c->gathers;
    f->operand = copy(p, c->operand, c->noperand * sizeof *c->operand);
    f->result = copy(p, c->result, c->nresult * sizeof *c->result);
    fill_steps(c, f);
    if (p->failed) return;
    uint32_t v = c->g->member[0], work = v;
    if (dl__fused_work(f)) work = dl__plan_work(p, dl__fused_work(f));
    dl_instr ins = {
        .run = f->strip_value ? dl__fused_direct : dl__fused_run, .info = f, .out = v, .work = work
    };
    for (int i = 0; i < DL_MAX_IN; i++) ins.in[i] = v;
    dl__plan_add(p, &ins, (dl_source){ NULL, NULL });
}

static void close_loop(dl_planner *p, dl_open *g)
{
    closing c = { .p = p, .g = g };
    find_operands(&c);
    if (!p->failed) give_slots(&c);
    if (!p->failed) emit(&c);
    forget(p, g);
}

/* ---- what an instruction touches ------------------------------------------------------------- */

static void touch(dl_touched *to, uint32_t v) { to->value[to->n++] = v; }

static void touch_loop(const dl_fused *f, dl_touched *to)
{
    for (uint32_t i = 0; i < f->nresult; i++) touch(to, f->result[i]);
    for (uint32_t i = 0; i < f->nend; i++) touch(to, f->end[i].value);
    for (uint32_t i = 0; f->strip_value && i < f->nstrip; i++) touch(to, f->strip_value[i]);
    to->written = to->n;
    for (uint32_t i = 0; i < f->noperand; i++) touch(to, f->operand[i].value);
}

void dl__plan_touched(const dl_instr *ins, dl_touched *to)
{
    bool loop = dl__is_loop(ins);
    to->n = 0;
    if (ins->work != ins->out) touch(to, ins->work);
    if (loop) touch_loop(ins->info, to);
    if (loop) return;
    touch(to, ins->out);
    to->written = to->n;
    for (int i = 0; i < DL_MAX_IN; i++) touch(to, ins->in[i]);
}
