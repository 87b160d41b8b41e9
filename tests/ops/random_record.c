/* random_record.c: puts a random program on a tape: leaves, steps, and what is asked for. */
#include "random_programs.h"

#include <string.h>

enum { SMALL = 6 }; /* elements of what a Jacobian or Hessian is made */

typedef struct recorder {
    rp_recording r;
    rp_recorded *to;
    rp_var v[RP_LEAVES + RP_STEPS], loss;
    dl_val wrt[RP_LEAVES];
    int nwrt, wrt_leaf[RP_LEAVES];
} recorder;

static void out(recorder *c, dl_val x, const char *what, int number)
{
    rp_recorded *to = c->to;
    if (number < 0) snprintf(to->name[to->nout], RP_NAME, "%s", what);
    else snprintf(to->name[to->nout], RP_NAME, "%s%d", what, number);
    to->out[to->nout++] = x;
}

/* The line of an operation with several results, which are outputs all. */
static void outs(recorder *c, const dl_val *x, const char *what, const char *line)
{
    if (c->r.print) fprintf(c->r.print, "dl_val %s[%d];\n%s;\n", what, c->nwrt, line);
    for (int i = 0; i < c->nwrt; i++) out(c, x[i], what, c->wrt_leaf[i]);
}

static void record_leaves(recorder *c, const rp_inputs *in)
{
    const rp_program *p = c->r.p;
    for (int i = 0; i < p->nleaf; i++) {
        c->to->leaf[i] = (dl_val){ 0 };
        if (!rp_uses(p, i)) continue;
        const char *dtype = p->dtype == DL_F32 ? "DL_F32" : "DL_F64";
        if (in->leaf[i])
            c->v[i] = rp_say(&c->r, dl_leaf(c->r.t, in->leaf[i]), "dl_leaf(t, a%d)", i);
        else
            c->v[i] = rp_say(&c->r, dl_scalar(c->r.t, p->dtype, in->number[i]),
                             "dl_scalar(t, %s, %.17g)", dtype, in->number[i]);
        c->wrt_leaf[c->nwrt] = i;
        c->wrt[c->nwrt++] = c->to->leaf[i] = c->v[i].val;
    }
}

static void record_steps(recorder *c, int steps, bool cut)
{
    const rp_program *p = c->r.p;
    for (int i = 0; i < steps && i < p->nstep; i++) {
        const rp_step *s = &p->step[i];
        const rp_kind *k = &rp_kinds[s->kind];
        rp_var *v = &c->v[p->nleaf + i];
        *v = k->record(&c->r, k, s->arg, c->v[s->in[0]], c->v[s->in[1]]);
        if (!cut || !s->kind) continue;
        if (i % 5 == 2) dl_item(dl_sum(v->val, "all"));
        if (i % 5 == 4) dl_data(v->val);
    }
}

/* The sum of tanh of its terms, by their means. */
static void record_loss(recorder *c)
{
    rp_recording *r = &c->r;
    for (int i = 0; i < r->p->nterm; i++) {
        rp_var x = c->v[rp_resolve(r->p, r->p->term[i])];
        x = rp_say(r, dl_tanh(x.val), "dl_tanh(v%d)", x.name);
        x = dl_numel(x.val) ? rp_say(r, dl_mean(x.val, "all"), "dl_mean(v%d, \"all\")", x.name)
                            : rp_say(r, dl_sum(x.val, "all"), "dl_sum(v%d, \"all\")", x.name);
        c->loss =
            i ? rp_say(r, dl_add(c->loss.val, x.val), "dl_add(v%d, v%d)", c->loss.name, x.name) : x;
    }
    out(c, c->loss.val, "loss", -1);
}

static void record_assignments(recorder *c, const rp_inputs *in, const dl_val *grad)
{
    for (int k = 0; k < 2; k++) {
        int leaf = k ? in->ntarget : in->copied, i = 0;
        while (i < c->nwrt && c->wrt_leaf[i] != leaf) i++;
        if (i == c->nwrt) continue;
        dl_array *to = k ? in->target : in->leaf[leaf];
        dl_assign(to, dl_sub(c->wrt[i], dl_scale(grad[i], 0.1)));
        if (c->r.print)
            fprintf(c->r.print, "dl_assign(%s, dl_sub(v%d, dl_scale(grad[%d], 0.1)));\n",
                    dl_array_name(to), c->v[leaf].name, i);
        c->to->assigned[c->to->nassigned++] = to;
    }
}

/* Of the loss. */
static void record_slopes(recorder *c, const rp_inputs *in)
{
    dl_val grad[RP_LEAVES], hvp[RP_LEAVES];
    char line[80];
    unsigned ends = c->r.p->ends;
    int n = c->nwrt;
    if (!n) return;
    if (ends & (RP_GRAD | RP_ASSIGN)) {
        snprintf(line, sizeof line, "dl_grad(v%d, leaves, %d, grad)", c->loss.name, n);
        dl_grad(c->loss.val, c->wrt, n, grad);
        outs(c, grad, "grad", line);
    }
    if (ends & RP_HVP) {
        snprintf(line, sizeof line, "dl_hvp(v%d, leaves, leaves, %d, hvp)", c->loss.name, n);
        dl_hvp(c->loss.val, c->wrt, c->wrt, n, hvp);
        outs(c, hvp, "hvp", line);
    }
    if (ends & RP_HESSIAN && dl_numel(c->wrt[0]) && dl_numel(c->wrt[0]) <= SMALL) {
        rp_var x = c->v[c->wrt_leaf[0]];
        dl_val h = dl_hessian(c->loss.val, x.val);
        out(c, rp_say(&c->r, h, "dl_hessian(v%d, v%d)", c->loss.name, x.name).val, "hessian", -1);
    }
    if (ends & RP_ASSIGN) record_assignments(c, in, grad);
}

/* Of a value of any sizes. */
static void record_products(recorder *c, rp_var y)
{
    dl_val g[RP_LEAVES];
    char line[80];
    unsigned ends = c->r.p->ends;
    int n = c->nwrt;
    if (!n) return;
    if (ends & RP_JVP) {
        dl_val d = dl_jvp(y.val, c->wrt, c->wrt, n);
        out(c, rp_say(&c->r, d, "dl_jvp(v%d, leaves, leaves, %d)", y.name, n).val, "jvp", -1);
    }
    if (ends & RP_SEEDED) {
        rp_var seed = rp_say(&c->r, dl_sigmoid(y.val), "dl_sigmoid(v%d)", y.name);
        snprintf(line, sizeof line, "dl_grad_seeded(v%d, v%d, leaves, %d, seeded)", y.name,
                 seed.name, n);
        dl_grad_seeded(y.val, seed.val, c->wrt, n, g);
        outs(c, g, "seeded", line);
    }
    if (ends & RP_JACOBIAN && dl_numel(y.val) <= SMALL && dl_numel(y.val) && dl_numel(c->wrt[0])) {
        rp_var x = c->v[c->wrt_leaf[0]];
        dl_val j = dl_jacobian(y.val, x.val);
        out(c, rp_say(&c->r, j, "dl_jacobian(v%d, v%d)", y.name, x.name).val, "jacobian", -1);
    }
}

void rp_record(const rp_program *p, dl_tape *t, const rp_inputs *in, int steps, bool cut,
               FILE *print, rp_recorded *to)
{
    recorder c = { .r = { .p = p, .t = t, .print = print }, .to = to };
    to->nout = to->nassigned = 0;
    record_leaves(&c, in);
    record_steps(&c, steps, cut);
    if (steps < p->nstep) {
        out(&c, c.v[rp_resolve(p, p->nleaf + steps - 1)].val, "half", -1);
        return;
    }
    for (int i = 0; i < p->nseen; i++) {
        rp_var x = c.v[rp_resolve(p, p->seen[i])];
        if (print) fprintf(print, "/* output %d is v%d */\n", i, x.name);
        out(&c, x.val, "value", i);
    }
    if (p->nterm) record_loss(&c), record_slopes(&c, in);
    if (p->nseen) record_products(&c, c.v[rp_resolve(p, p->seen[0])]);
}
