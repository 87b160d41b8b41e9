/* fn_run.c: runs frozen functions. A workspace begins with where each value of the plan lies for
 * this caller; behind it the temporaries, and room for outputs that are not wanted or that lie over
 * an input. A call with the pointers of the last one finds everything in its place. */
#define DL_NO_PLACES
#include "frozen.h"

#include <stdarg.h>

typedef struct work {
    uint64_t serial; /* of the function it was last used with */
    char *block, *room, *self;
    const void **in;       /* by input: what this call runs with */
    void **out;            /* by output: where it is computed */
    void **wanted;         /* where the caller wants it */
    const void **from;     /* the data of what dl_fn_call was given: inputs */
    void **to;             /* and outputs */
    bool placed, delivers; /* in, wanted and out belong together; some out is not wanted[i] */
    char message[256];
    void *ptr[];
} work;

static size_t head_bytes(const dl_fn *f)
{
    size_t lists = f->plan->nval + 2 * (size_t)f->nin + 3 * (size_t)f->nout;
    return dl__up(sizeof(work) + lists * sizeof(void *) + sizeof(dl_library));
}

bool dl__fn_workspace(dl_fn *f)
{
    size_t other = head_bytes(f) + dl__up(f->plan->block_bytes) + DL__LINE;
    f->room = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < f->nout; i++) {
            if ((f->out[i].updates < 0) != pass) continue;
            f->out[i].room = f->room;
            if (__builtin_add_overflow(f->room, dl__up(f->out[i].bytes), &f->room)) return false;
        }
    return !__builtin_add_overflow(other, f->room, &f->workspace) && f->workspace <= PTRDIFF_MAX;
}

static dl_status __attribute__((format(printf, 3, 4)))
fail(void *workspace, dl_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(((work *)workspace)->message, sizeof((work *)workspace)->message, format, args);
    va_end(args);
    return status;
}

const char *dl_fn_error(const void *workspace)
{
    return workspace ? ((const work *)workspace)->message : "fn: no workspace";
}

void *dl_fn_workspace_new(const dl_fn *f)
{
    void *w = f && !f->status ? dl__alloc(f->workspace) : NULL;
    return w ? memset(w, 0, head_bytes(f)) : NULL; /* what no call touches costs no memory */
}

void dl_fn_workspace_free(void *workspace) { dl__free(workspace); }

/* ---- binding --------------------------------------------------------------------------------- */

static void run_for_compiled(void *temporaries, unsigned instr)
{
    const dl_library *l = (const dl_library *)temporaries - 1;
    dl__execute(l->plan->instr + instr, 1, l->ptr, l->plan->layout);
}

static void bind(const dl_fn *f, work *w)
{
    const dl_plan *p = f->plan;
    w->serial = f->serial;
    w->self = (char *)w;
    w->block = (char *)dl__up((size_t)((char *)w + head_bytes(f)));
    w->room = w->block + dl__up(p->block_bytes);
    w->in = (const void **)&w->ptr[p->nval];
    w->from = w->in + f->nin;
    w->out = (void **)(w->from + f->nin);
    w->wanted = w->out + f->nout;
    w->to = w->wanted + f->nout;
    w->placed = false;
    ((dl_library *)w->block)[-1] = (dl_library){ p, w->ptr, run_for_compiled };
    for (uint32_t v = 0; v < p->nval; v++)
        w->ptr[v] = p->where[v] >= 0 ? w->block + p->where[v] : p->ptr[v];
}

typedef struct range {
    uintptr_t from, to;
} range;

static range range_of(const void *p, size_t bytes)
{
    return (range){ (uintptr_t)p, (uintptr_t)p + bytes };
}
static bool overlap(range a, range b) { return a.from < b.to && b.from < a.to; }

/* From the first to the last byte of all inputs. */
static range all_inputs(const dl_fn *f, const work *w)
{
    range all = { UINTPTR_MAX, 0 };
    for (int i = 0; i < f->nin; i++) {
        range r = range_of(w->in[i], f->in[i].bytes);
        if (r.from < all.from) all.from = r.from;
        if (r.to > all.to) all.to = r.to;
    }
    return all;
}

/* Compiled code puts an update over its input by itself if it has computed all of it. */
static bool may_replace(const dl_fn *f, int o, int i)
{
    if (!f->compiled) return dl__fn_may_lie_over(f, o, i);
    return f->out[o].updates == i && !f->out[o].beyond_loops;
}

static bool is_wanted_before(const work *w, int o)
{
    for (int k = 0; k < o; k++)
        if (w->wanted[k] == w->wanted[o]) return true;
    return false;
}

/* Output o cannot be computed where it is wanted: an input lies there, which is read later. */
static bool collides(const dl_fn *f, const work *w, int o, range all, range out)
{
    if (!overlap(all, out)) return false;
    for (int i = 0; i < f->nin; i++) {
        range in = range_of(w->in[i], f->in[i].bytes);
        if (!overlap(out, in)) continue;
        if (in.from != out.from || in.to != out.to || !may_replace(f, o, i)) return true;
        if (is_wanted_before(w, o)) return true;
    }
    return false;
}

/* Where output i is computed: where it is wanted, or in the workspace. */
static void place_outputs(const dl_fn *f, work *w)
{
    range all = all_inputs(f, w);
    w->delivers = false;
    for (int i = 0; i < f->nout; i++) {
        void *to = w->wanted[i];
        bool direct = to && !collides(f, w, i, all, range_of(to, f->out[i].bytes));
        if (f->out[i].first != i) w->out[i] = w->out[f->out[i].first];
        else w->out[i] = direct ? to : w->room + f->out[i].room;
        w->delivers = w->delivers || (to && w->out[i] != to);
    }
}

static void point_plan(const dl_fn *f, work *w)
{
    const dl_plan *p = f->plan;
    for (int i = 0; i < f->nin; i++)
        if (f->in[i].value != DL_NO_VALUE) w->ptr[f->in[i].value] = (void *)(uintptr_t)w->in[i];
    for (int i = 0; i < f->nout; i++) w->ptr[f->out[i].value] = w->out[i];
    for (uint32_t d = 0; d < p->nderived; d++)
        w->ptr[p->derived[d].value] = (char *)w->ptr[p->derived[d].base] + p->derived[d].offset;
}

static bool same(const void *a, const void *b, int n)
{
    return n == 0 || memcmp(a, b, (size_t)n * sizeof(void *)) == 0;
}

static dl_status place(const dl_fn *f, work *w, const void *const *in, void *const *out)
{
    if (w->serial != f->serial || w->self != (char *)w) bind(f, w);
    if (w->placed && same(w->in, in, f->nin) && same(w->wanted, out, f->nout)) return DL_OK;
    w->placed = false;
    for (int i = 0; i < f->nin; i++)
        if (!(w->in[i] = in[i]) && f->in[i].value != DL_NO_VALUE && f->in[i].shape.numel)
            return fail(w, DL_ENULL, "fn %s: input %s is a null pointer", f->name, f->in[i].name);
    for (int i = 0; i < f->nout; i++) w->wanted[i] = out[i];
    place_outputs(f, w);
    point_plan(f, w);
    w->placed = true;
    return DL_OK;
}

static void deliver(const dl_fn *f, const work *w)
{
    for (int i = 0; i < f->nout; i++)
        if (w->wanted[i] && w->out[i] != w->wanted[i] && f->out[i].bytes)
            memcpy(w->wanted[i], w->out[i], f->out[i].bytes);
}

static dl_status run_failing(const dl_fn *f, work *w)
{
    dl_failure failure = { .status = DL_OK };
    if (!dl__execute_failing(f->plan, w->ptr, &failure)) return DL_OK;
    return fail(w, failure.status, "fn %s: %s", f->name, failure.text);
}

static dl_status run(const dl_fn *f, work *w, const void *const *in, void *const *out)
{
    const dl_plan *p = f->plan;
    dl_status s = place(f, w, in, out);
    if (s) return s;
    w->message[0] = '\0';
    if (f->compiled) f->compiled(w->in, w->out, w->block);
    else if (!p->may_fail) dl__execute(p->instr, p->ninstr, w->ptr, p->layout);
    else if ((s = run_failing(f, w))) return s;
    if (w->delivers) deliver(f, w);
    return DL_OK;
}

/* ---- the calls ------------------------------------------------------------------------------- */

dl_status dl_fn_run(const dl_fn *f, const void *const *in, void *const *out, void *workspace)
{
    work *w = workspace;
    if (!f || f->status) return dl_fn_status(f);
    if (!w) return DL_ENULL;
    if ((f->nin && !in) || !out)
        return fail(w, DL_ENULL, "fn %s: no list of %s", f->name, out ? "inputs" : "outputs");
    return run(f, w, in, out);
}

static dl_status check(const dl_fn *f, work *w, const char *what, const dl_fn_slot *s,
                       const dl_array *a)
{
    char is[DL_SHAPE_TEXT], want[DL_SHAPE_TEXT];
    if (!a) return fail(w, DL_ENULL, "fn %s: %s %s is a null pointer", f->name, what, s->name);
    const dl_shape *x = &a->layout.shape;
    if (a->status)
        return fail(w, a->status, "fn %s: %s %s: %.160s", f->name, what, s->name, a->message);
    if (x->dtype != s->shape.dtype)
        return fail(w, DL_EDTYPE, "fn %s: %s %s is %s, it was frozen as %s", f->name, what, s->name,
                    dl_dtype_name((dl_dtype)x->dtype), dl_dtype_name((dl_dtype)s->shape.dtype));
    bool rank = x->rank == s->shape.rank;
    if (!rank || memcmp(x->dim, s->shape.dim, sizeof x->dim) != 0)
        return fail(w, rank ? DL_ESHAPE : DL_ERANK, "fn %s: %s %s is %.80s, it was frozen as %.80s",
                    f->name, what, s->name, dl_shape_text(x, is, sizeof is),
                    dl_shape_text(&s->shape, want, sizeof want));
    if (!a->layout.contiguous)
        return fail(w, DL_EARG, "fn %s: %s %s is strided, it must lie row by row", f->name, what,
                    s->name);
    return DL_OK;
}

dl_status dl_fn_call(const dl_fn *f, const dl_array *const *in, dl_array *const *out,
                     void *workspace)
{
    work *w = workspace;
    dl_status s;
    if (!f || f->status) return dl_fn_status(f);
    if (!w) return DL_ENULL;
    if ((f->nin && !in) || !out)
        return fail(w, DL_ENULL, "fn %s: no list of %s", f->name, out ? "inputs" : "outputs");
    for (int i = 0; i < f->nin; i++)
        if ((s = check(f, w, "input", &f->in[i], in[i]))) return s;
    for (int i = 0; i < f->nout; i++)
        if (out[i] && (s = check(f, w, "output", &f->out[i], out[i]))) return s;
    if (w->serial != f->serial || w->self != (char *)w) bind(f, w);
    for (int i = 0; i < f->nin; i++) w->from[i] = in[i]->data;
    for (int i = 0; i < f->nout; i++) w->to[i] = out[i] ? dl_array_write(out[i]) : NULL;
    return run(f, w, w->from, w->to);
}
