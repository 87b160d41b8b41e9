/* fn.c: makes and asks frozen functions; fn_run.c runs them. */
#define DL_NO_PLACES
#include "frozen.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>

/* Stands for every function that could not be allocated; nobody writes to it. */
static dl_fn no_memory = {
    .status = DL_ENOMEM,
    .message = "fn: out of memory",
};

static bool __attribute__((format(printf, 3, 4)))
fail(dl_fn *f, dl_status status, const char *format, ...)
{
    va_list args;
    if (f->status) return false;
    int n = snprintf(f->message, sizeof f->message, "fn%s%s: ", *f->name ? " " : "", f->name);
    va_start(args, format);
    vsnprintf(f->message + n, sizeof f->message - (size_t)n, format, args);
    va_end(args);
    f->status = status;
    return false;
}

/* ---- names ----------------------------------------------------------------------------------- */

bool dl__identifier(const char *s)
{
    if (!s || isdigit((unsigned char)*s)) return false;
    size_t n = 0;
    for (; s[n]; n++)
        if (!isalnum((unsigned char)s[n]) && s[n] != '_') return false;
    return n > 0 && n < DL__NAME - 8;
}

static bool known(const dl_fn *f, const char *name, int nin, int nout)
{
    for (int i = 0; i < nin; i++)
        if (strcmp(f->in[i].name, name) == 0) return true;
    for (int i = 0; i < nout; i++)
        if (strcmp(f->out[i].name, name) == 0) return true;
    return false;
}

static bool take_name(dl_fn *f, const char *name, const char *what, int nin, int nout)
{
    if (!dl__identifier(name))
        return fail(f, DL_EARG, "%s %d is called \"%.60s\", which is no name in C", what,
                    nout < 0 ? nin : nout, name ? name : "(null)");
    if (known(f, name, nin, nout < 0 ? 0 : nout))
        return fail(f, DL_EARG, "two inputs or outputs are called %s", name);
    snprintf(nout < 0 ? f->in[nin].name : f->out[nout].name, DL__NAME, "%s", name);
    return true;
}

/* ---- inputs and outputs ---------------------------------------------------------------------- */

static void set_shape(dl_fn_slot *slot, const dl_shape *s)
{
    slot->shape = *s;
    slot->bytes = (size_t)s->numel * dl_dtype_size((dl_dtype)s->dtype);
}

static bool take_input(dl_fn *f, dl_tape *t, const dl_fn_arg *in, int i)
{
    const dl_op *op = t->rec[in->value.id].op;
    if (!take_name(f, in->name, "input", i, -1)) return false;
    if (op != &dl__leaf_op && op != &dl__scalar_op)
        return fail(f, DL_EARG, "input %s is the result of %s, inputs are leaves or scalars",
                    in->name, op->name);
    for (int k = 0; k < i; k++)
        if (in[k - i].value.id == in->value.id)
            return fail(f, DL_EARG, "inputs %s and %s are the same value", f->in[k].name, in->name);
    f->in[i].value = DL_NO_VALUE;
    f->in[i].updates = -1;
    set_shape(&f->in[i], dl_shape_of(in->value));
    return true;
}

/* The output of an assignment is called after its array, or after the input that holds it. */
static bool take_update(dl_fn *f, const dl_tape *t, const dl_pending *pending, int i,
                        const dl_fn_arg *in)
{
    char name[DL__NAME + 48];
    dl_fn_slot *out = &f->out[i];
    for (int k = 0; k < f->nin; k++) {
        const dl_rec *r = &t->rec[in[k].value.id];
        bool leaf = r->op == &dl__leaf_op;
        if (leaf && t->leaf[r->in[0]].serial == pending->to->serial) out->updates = k;
    }
    const char *of = pending->to->name;
    if (out->updates >= 0 && !dl__identifier(of)) of = f->in[out->updates].name;
    snprintf(name, sizeof name, "new_%s", of);
    if (!dl__identifier(name) || !*of || known(f, name, f->nin, i))
        snprintf(name, sizeof name, "new_%d", i);
    return take_name(f, name, "output", f->nin, i);
}

static bool take_args(dl_fn *f, dl_tape *t, const dl_fn_arg *in, const dl_fn_arg *out, int nout,
                      uint32_t *want)
{
    for (int i = 0; i < f->nin; i++)
        if (!take_input(f, t, &in[i], i)) return false;
    for (int i = 0; i < nout; i++) {
        f->out[i].updates = -1;
        if (!take_name(f, out[i].name, "output", f->nin, i)) return false;
        want[i] = out[i].value.id;
    }
    int n = nout;
    for (size_t k = 0; k < t->npending; k++) {
        if (!t->pending[k].to) continue;
        f->out[n].updates = -1;
        if (!take_update(f, t, &t->pending[k], n, in)) return false;
        want[n++] = t->pending[k].node;
    }
    for (int i = 0; i < f->nout; i++)
        set_shape(&f->out[i], &dl__layout(t, t->rec[want[i]].shape)->shape);
    return true;
}

/* ---- the plan -------------------------------------------------------------------------------- */

static void *keep(dl_plan *p, const void *from, size_t bytes)
{
    void *to = dl__arena(&p->memory, bytes ? bytes : 1, 16);
    return to && bytes ? memcpy(to, from, bytes) : to;
}

/* Sizes and attributes live with the tape: the plan gets its own. */
static bool own(dl_plan *p)
{
    for (uint32_t v = 0; v < p->nval; v++)
        if (!(p->layout[v] = keep(p, p->layout[v], sizeof(dl_layout)))) return false;
    for (uint32_t i = 0; i < p->ninstr; i++) {
        dl_source *s = &p->source[i];
        if (!s->op || !s->attr) continue;
        const void *attr = keep(p, s->attr, s->op->attr_size);
        if (!attr) return false;
        if (p->instr[i].info == s->attr) p->instr[i].info = attr;
        s->attr = attr;
    }
    return true;
}

/* What is no input keeps its value. */
static bool capture(dl_fn *f, dl_tape *t, const dl_bound *bound, const dl_fn_arg *in)
{
    dl_plan *p = f->plan;
    for (uint32_t e = 0; e < p->key.next; e++) {
        bool input = false;
        for (int i = 0; i < f->nin; i++) {
            if (in[i].value.id != bound->ext[e]) continue;
            f->in[i].value = e;
            input = true;
        }
        if (input) continue;
        dl_val x = dl__handle(t, bound->ext[e]);
        const void *data = dl_data(x);
        const dl_shape *s = &p->layout[e]->shape;
        if (!data) return fail(f, t->status, "%s", t->text);
        p->ptr[e] = keep(p, data, (size_t)s->numel * dl_dtype_size((dl_dtype)s->dtype));
        if (!p->ptr[e]) return fail(f, DL_ENOMEM, "out of memory");
    }
    return true;
}

static void number_outputs(dl_fn *f)
{
    const dl_plan *p = f->plan;
    for (int i = 0; i < f->nout; i++) {
        f->out[i].value = p->slot[p->out[i]];
        f->out[i].first = i;
        for (int k = i; k-- > 0;)
            if (p->out[k] == p->out[i]) f->out[i].first = k;
    }
}

uint64_t dl__fn_serial(void)
{
    static atomic_uint_least64_t serials;
    return atomic_fetch_add(&serials, 1) + 1;
}

static bool freeze(dl_fn *f, dl_tape *t, const dl_fn_arg *in, const dl_fn_arg *out, int nout)
{
    dl_key key;
    dl_bound bound;
    uint32_t *want = dl__arena(&t->scratch, ((size_t)f->nout + 1) * sizeof *want, sizeof *want);
    if (!want) return fail(f, DL_ENOMEM, "out of memory");
    if (!take_args(f, t, in, out, nout, want)) return false;
    if (!dl__key_make(t, want, (uint32_t)f->nout, true, &key, &bound)
        || !(f->plan = dl__plan_make(t, &key, true)))
        return t->status ? fail(f, t->status, "%s", t->text) : fail(f, DL_ENOMEM, "out of memory");
    if (!own(f->plan)) return fail(f, DL_ENOMEM, "out of memory");
    if (!capture(f, t, &bound, in)) return false;
    number_outputs(f);
    if (!dl__fn_lives(f)) return fail(f, DL_ENOMEM, "out of memory");
    f->in_place = !(t->disabled & DL_REUSE) && !f->plan->may_fail;
    f->algebra = t->algebra;
    f->serial = dl__fn_serial();
    if (!dl__fn_workspace(f))
        return fail(f, DL_EOVERFLOW, "the workspace does not fit into memory");
    return true;
}

static int assignments(const dl_tape *t)
{
    int n = 0;
    for (size_t k = 0; k < t->npending; k++) n += t->pending[k].to != NULL;
    return n;
}

/* All values are good and of one tape; its tape, or null: the function has the error. */
static dl_tape *tape_of(dl_fn *f, const dl_fn_arg *in, int nin, const dl_fn_arg *out, int nout)
{
    if (nin < 0 || nout < 1 || (nin && !in) || !out) {
        fail(f, DL_EARG, "%d inputs and %d outputs", in ? nin : 0, out ? nout : 0);
        return NULL;
    }
    dl_tape *t = out[0].value.tape;
    for (int i = 0; i < nin + nout; i++) {
        const dl_fn_arg *a = i < nin ? &in[i] : &out[i - nin];
        bool good = dl_usable("fn", &a->value, 1) && a->value.tape == t;
        if (good) continue;
        fail(f, t && t->status ? t->status : DL_ETAPE, "%s %s: %s", i < nin ? "input" : "output",
             a->name ? a->name : "?",
             t && t->status ? t->text : "not a value of the same tape as the first output");
        return NULL;
    }
    return t;
}

dl_fn *dl_fn_create(const char *name, const dl_fn_arg *in, int nin, const dl_fn_arg *out, int nout)
{
    dl_fn *f = dl__zalloc(sizeof *f);
    if (!f) return &no_memory;
    if (!dl__identifier(name)) {
        fail(f, DL_EARG, "\"%.60s\" is no name in C", name ? name : "(null)");
        return f;
    }
    snprintf(f->name, sizeof f->name, "%s", name);
    dl_tape *t = tape_of(f, in, nin, out, nout);
    if (!t) return f;
    f->nin = nin;
    f->nout = nout + assignments(t);
    f->in = dl__zalloc(((size_t)f->nin + 1) * sizeof *f->in);
    f->out = dl__zalloc(((size_t)f->nout + 1) * sizeof *f->out);
    if (!f->in || !f->out) fail(f, DL_ENOMEM, "out of memory");
    else freeze(f, t, in, out, nout);
    dl__scratch_done(t);
    dl__called(t);
    return f;
}

void dl_fn_free(dl_fn *f)
{
    if (!f || f == &no_memory) return;
    if (f->library) dlclose(f->library);
    dl__plan_free(f->plan);
    dl__free(f->in);
    dl__free(f->out);
    dl__free(f);
}

/* ---- questions ------------------------------------------------------------------------------- */

dl_status dl_fn_status(const dl_fn *f) { return f ? f->status : DL_ENULL; }
const char *dl_fn_message(const dl_fn *f) { return f ? f->message : "fn: a null pointer"; }
int dl_fn_inputs(const dl_fn *f) { return f && !f->status ? f->nin : 0; }
int dl_fn_outputs(const dl_fn *f) { return f && !f->status ? f->nout : 0; }
size_t dl_fn_workspace_size(const dl_fn *f) { return f ? f->workspace : 0; }

static dl_fn_info info(const dl_fn_slot *s)
{
    return (dl_fn_info){ .name = s->name,
                         .labels = s->shape.labels,
                         .dtype = (dl_dtype)s->shape.dtype,
                         .rank = s->shape.rank,
                         .dims = s->shape.dim,
                         .bytes = s->bytes,
                         .updates = s->updates };
}

dl_fn_info dl_fn_input(const dl_fn *f, int i)
{
    return i >= 0 && i < dl_fn_inputs(f) ? info(&f->in[i]) : (dl_fn_info){ .updates = -1 };
}

dl_fn_info dl_fn_output(const dl_fn *f, int i)
{
    return i >= 0 && i < dl_fn_outputs(f) ? info(&f->out[i]) : (dl_fn_info){ .updates = -1 };
}
