/* plan_print.c: a plan as text, or as a graph in DOT. */
#define DL_NO_PLACES
#include "fused.h"
#include "plan.h"

typedef struct printer {
    FILE *to;
    const dl_plan *plan;
} printer;

/* ---- names ----------------------------------------------------------------------------------- */

static void value(const printer *w, uint32_t v)
{
    bool external = v < w->plan->key.next;
    fprintf(w->to, "%c%u", external ? 'x' : 'v', v);
}

static void shaped(const printer *w, uint32_t v)
{
    char text[DL_SHAPE_TEXT];
    value(w, v);
    fprintf(w->to, " %s", dl_shape_text(&w->plan->layout[v]->shape, text, sizeof text));
}

static const char *where(const dl_plan *p, uint32_t v, char *text, size_t n)
{
    for (uint32_t s = 0; s < p->nslot; s++)
        if (p->slot[s] == v) {
            snprintf(text, n, "output at %zu", p->slot_offset[s]);
            return text;
        }
    if (p->where[v] < 0) return "";
    snprintf(text, n, "block at %lld", (long long)p->where[v]);
    return text;
}

/* ---- text ------------------------------------------------------------------------------------ */

static void slot(const printer *w, const dl_fused *f, uint32_t s)
{
    if (s < f->noperand) {
        value(w, f->operand[s].value);
        if (f->operand[s].gather) fprintf(w->to, " gathered");
    } else if (s < f->noperand + f->nresult) value(w, f->result[s - f->noperand]);
    else fprintf(w->to, "strip%u", s - f->noperand - f->nresult);
}

static void loop(const printer *w, const dl_fused *f)
{
    char at[48];
    fprintf(w->to, "loop over %lld %s", (long long)f->numel, f->size == 4 ? "f32" : "f64");
    if (f->strip < f->numel) fprintf(w->to, " in strips of %lld", (long long)f->strip);
    fprintf(w->to, "\n");
    for (uint32_t k = 0; k < f->nstep; k++) {
        uint32_t y = f->step[k].y;
        bool stored = y >= f->noperand && y < f->noperand + f->nresult;
        fprintf(w->to, "          ");
        slot(w, f, y);
        fprintf(w->to, " = %s(", f->op[k]->name);
        for (int i = 0; i < f->op[k]->nin; i++) {
            if (i) fprintf(w->to, ", ");
            slot(w, f, f->step[k].x[i]);
        }
        if (stored)
            fprintf(w->to, ")  %s\n", where(w->plan, f->result[y - f->noperand], at, sizeof at));
        else fprintf(w->to, ")\n");
    }
    for (uint32_t e = 0; e < f->nend; e++) {
        fprintf(w->to, "          ");
        shaped(w, f->end[e].value);
        fprintf(w->to, " = %s(", f->end[e].op->name);
        slot(w, f, f->end[e].slot);
        fprintf(w->to, ")  %s\n", where(w->plan, f->end[e].value, at, sizeof at));
    }
}

static void call(const printer *w, const dl_instr *ins, const dl_source *source)
{
    const dl_op *op = source->op;
    char at[48];
    shaped(w, ins->out);
    fprintf(w->to, " = %s(", dl__title(op, source->attr));
    for (int i = 0; i < op->nin; i++) {
        if (i) fprintf(w->to, ", ");
        shaped(w, ins->in[i]);
    }
    fprintf(w->to, ")  %s\n", where(w->plan, ins->out, at, sizeof at));
}

static void print_text(const printer *w)
{
    const dl_plan *p = w->plan;
    fprintf(w->to,
            "%u inputs, %u nodes, %u instructions, %u outputs; %zu bytes of temporaries, %zu of "
            "outputs\n",
            p->key.next, p->key.nrec, p->ninstr, p->nslot, p->block_bytes, p->out_bytes);
    for (uint32_t i = 0; i < p->ninstr; i++) {
        fprintf(w->to, "%6u    ", i);
        if (dl__is_loop(&p->instr[i])) loop(w, p->instr[i].info);
        else call(w, &p->instr[i], &p->source[i]);
    }
}

/* ---- DOT ------------------------------------------------------------------------------------- */

static void label(const printer *w, uint32_t i)
{
    const dl_instr *ins = &w->plan->instr[i];
    if (!dl__is_loop(ins)) {
        const dl_source *source = &w->plan->source[i];
        fprintf(w->to, "%s", dl__title(source->op, source->attr));
        return;
    }
    const dl_fused *f = ins->info;
    for (uint32_t k = 0; k < f->nstep; k++) fprintf(w->to, "%s%s", k ? "\\n" : "", f->op[k]->name);
    for (uint32_t e = 0; e < f->nend; e++)
        fprintf(w->to, "%s%s", f->nstep || e ? "\\n" : "", f->end[e].op->name);
}

/* `writer` by value: the instruction that wrote its memory last, counted from 1. */
static void edges(const printer *w, uint32_t *writer, uint32_t i)
{
    char text[DL_SHAPE_TEXT];
    dl_touched t;
    dl__plan_touched(&w->plan->instr[i], &t);
    for (uint32_t k = t.written; k < t.n; k++) {
        uint32_t v = t.value[k], b = w->plan->base[v];
        bool again = false;
        for (uint32_t m = 0; m < k; m++) again = again || t.value[m] == v;
        if (again || (v >= w->plan->key.next && !writer[b])) continue;
        if (b < w->plan->key.next) fprintf(w->to, "  x%u -> i%u", b, i);
        else fprintf(w->to, "  i%u -> i%u", writer[b] - 1, i);
        fprintf(w->to, " [label=\"%s\"];\n",
                dl_shape_text(&w->plan->layout[v]->shape, text, sizeof text));
    }
    for (uint32_t k = 0; k < t.written; k++) writer[w->plan->base[t.value[k]]] = i + 1;
}

static void print_dot(const printer *w, uint32_t *writer)
{
    const dl_plan *p = w->plan;
    char text[DL_SHAPE_TEXT];
    fprintf(w->to, "digraph plan {\n  node [shape=box, fontname=\"monospace\"];\n");
    for (uint32_t e = 0; e < p->key.next; e++)
        fprintf(w->to, "  x%u [shape=ellipse, label=\"x%u %s\"];\n", e, e,
                dl_shape_text(&p->layout[e]->shape, text, sizeof text));
    for (uint32_t i = 0; i < p->ninstr; i++) {
        fprintf(w->to, "  i%u [label=\"", i);
        label(w, i);
        fprintf(w->to, "\"];\n");
        edges(w, writer, i);
    }
    for (uint32_t s = 0; s < p->nslot; s++) {
        fprintf(w->to, "  out%u [shape=ellipse, style=bold, label=\"output %u\"];\n", s, s);
        if (writer[p->slot[s]]) fprintf(w->to, "  i%u -> out%u;\n", writer[p->slot[s]] - 1, s);
    }
    fprintf(w->to, "}\n");
}

/* ---- the public call ------------------------------------------------------------------------- */

static dl_status print(dl_tape *t, FILE *to, const uint32_t *want, uint32_t n,
                       dl_plan_format format)
{
    dl_key key;
    dl_bound bound;
    if (!dl__key_make(t, want, n, true, &key, &bound)) return dl__no_memory(t, "plan_print");
    dl_plan *plan = dl__plan_make(t, &key, true);
    if (!plan) return t->status ? t->status : dl__no_memory(t, "plan_print");
    printer w = { to, plan };
    uint32_t *writer = dl__arena(&t->scratch, plan->nval * sizeof *writer, sizeof *writer);
    if (!writer) dl__no_memory(t, "plan_print");
    else memset(writer, 0, plan->nval * sizeof *writer);
    if (writer && format == DL_DOT) print_dot(&w, writer);
    else if (writer) print_text(&w);
    dl__plan_free(plan);
    if (writer && ferror(to)) dl__tape_fail(t, DL_EFILE, "plan_print: the stream takes no more");
    return t->status;
}

dl_status dl_plan_print(FILE *to, const dl_val *outs, int n, dl_plan_format format)
{
    dl_tape *t = dl_any_tape(outs, n);
    if (!t) return DL_ENULL;
    if (t->status) return t->status;
    if (!to || n < 1) dl__tape_fail(t, DL_ENULL, "plan_print: %s", to ? "no outputs" : "no stream");
    else if (dl_usable("plan_print", outs, n)) {
        uint32_t *want = dl__arena(&t->scratch, (size_t)n * sizeof *want, sizeof *want);
        if (!want) dl__no_memory(t, "plan_print");
        for (int i = 0; want && i < n; i++) want[i] = outs[i].id;
        if (want) print(t, to, want, (uint32_t)n, format);
        dl__scratch_done(t);
    }
    return dl__called(t);
}
