/* plan_loop.c: what becomes of a loop of nodes: operands, slots, steps. */
#include "plan_fuse.h"

enum { SHORTEST = DL_BLOCK, LONGEST = 8 * DL_BLOCK, L1 = 24 * 1024 };

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
    bool one = dl__one_element(lx);
    if (c->g->numel == 1 || (lx->shape.numel == c->g->numel && lx->contiguous))
        return (dl_fused_operand){ .value = x };
    if (share && one) return (dl_fused_operand){ .value = x, .single = true };
    dl_loop *l = dl__plan_keep(p, sizeof *l, 8);
    if (!l) return (dl_fused_operand){ .value = x };
    memset(l, 0, sizeof *l);
    dl_loop_make(l, dl__plan_shape(p, v), &lx, 1);
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
            uint32_t x = p->rep[r->in[i]], m = member_number(c, dl__plan_root(p, x));
            if (m == DL__NONE || dl__plan_count(p, x) != c->g->numel) {
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
            bool again = false;
            for (int j = 0; j < i; j++) again |= c->from[k][j] == m;
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
    uint32_t slots = c->nresult + c->nstrip + 1;
    for (uint32_t i = 0; i < c->noperand; i++) slots += !c->operand[i].single;
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

/* What only the planner reads, and who prints: a plan of small loops is kept short. */
static void *note(dl_planner *p, bool keep, const void *from, size_t bytes)
{
    if (keep || p->told) return copy(p, from, bytes);
    void *to = dl__arena(&p->t->scratch, bytes ? bytes : 1, 8);
    if (!to) p->failed = true;
    return to ? memcpy(to, from, bytes) : NULL;
}

/* ---- loops without a table ------------------------------------------------------------------- */

static bool is_direct(const closing *c, const dl_fused *f)
{
    return f->numel <= DL__DIRECT && (!c->g->terms || f->terms <= DL_BLOCK);
}

static uint32_t value_of(const closing *c, const uint32_t *strip, uint32_t slot)
{
    if (slot < c->noperand) {
        const dl_fused_operand *x = &c->operand[slot];
        return x->gather ? x->gathered : x->value;
    }
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
    f->strip_value = note(p, false, strip, c->nstrip * sizeof *strip);
    f->direct = copy(p, step, c->nstep * sizeof *step);
}

static void fill_steps(closing *c, dl_fused *f)
{
    dl_planner *p = c->p;
    bool keep = !is_direct(c, f);
    dl_step step[DL__STEPS];
    const dl_op *op[DL__STEPS];
    dl_fused_end end[DL__STEPS];
    for (uint32_t k = 0; k < c->g->n; k++) {
        uint32_t v = c->g->member[k];
        const dl_rec *r = dl__plan_rec(p, v);
        if (c->ends[k]) {
            end[c->nend++] = (dl_fused_end){ .fold = dl__plan_fold(p, r, v),
                                             .op = r->op,
                                             .value = v,
                                             .slot = slot_of(c, c->from[k][0]) };
            continue;
        }
        dl_step *s = &step[c->nstep];
        dl_isa isa = dl__kernel_isa(p, r->op, c->g->dtype);
        *s = (dl_step){ .run = r->op->strip[isa][c->g->dtype], .y = c->slot[k] };
        for (int i = 0; i < r->op->nin; i++) {
            uint32_t x = c->from[k][i];
            s->x[i] = slot_of(c, x);
            s->single[i] = x >= DL__STEPS && c->operand[x - DL__STEPS].single;
        }
        op[c->nstep++] = r->op;
    }
    f->nstep = c->nstep;
    f->nend = c->nend;
    f->step = note(p, keep, step, c->nstep * sizeof *step);
    f->op = note(p, false, op, c->nstep * sizeof *op);
    if (!keep && !p->failed) make_direct(c, f, step, end);
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
    bool direct = is_direct(c, f), keep = !direct || f->gathers;
    for (uint32_t i = 0; i < c->noperand && direct; i++)
        if (c->operand[i].gather)
            c->operand[i].gathered = dl__plan_work(p, (size_t)n * f->size + !n);
    f->operand = note(p, keep, c->operand, c->noperand * sizeof *c->operand);
    f->result = note(p, keep, c->result, c->nresult * sizeof *c->result);
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

void dl__loop_emit(dl_planner *p, const dl_open *g)
{
    closing c = { .p = p, .g = g };
    find_operands(&c);
    if (!p->failed) give_slots(&c);
    if (!p->failed) emit(&c);
}

/* ---- what an instruction touches ------------------------------------------------------------- */

static void touch(dl_touched *to, uint32_t v) { to->value[to->n++] = v; }

static void touch_loop(const dl_fused *f, dl_touched *to)
{
    for (uint32_t i = 0; i < f->nresult; i++) touch(to, f->result[i]);
    for (uint32_t i = 0; i < f->nend; i++) touch(to, f->end[i].value);
    for (uint32_t i = 0; f->strip_value && i < f->nstrip; i++) touch(to, f->strip_value[i]);
    for (uint32_t i = 0; f->strip_value && i < f->noperand; i++)
        if (f->operand[i].gather) touch(to, f->operand[i].gathered);
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
