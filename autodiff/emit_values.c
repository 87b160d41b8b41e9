/* emit_values.c: where printed code keeps its values: in inputs and outputs, in arrays of its own
 * on the stack while these are small, else in the workspace, where the plan has them. */
#define DL_NO_PLACES
#include "emit.h"
#include "plan_fuse.h"
#include "plan.h"

enum { STACK = 16 * 1024, SMALL = 256 }; /* bytes */

/* What the plan gives it: one element that stands for all lies there once. */
static int64_t elements(const dl_writer *w, uint32_t v)
{
    const dl_layout *l = w->p->layout[v];
    return dl__one_element(l) ? 1 : l->shape.numel;
}

static size_t bytes_of(const dl_writer *w, uint32_t v)
{
    return (size_t)elements(w, v) * dl_dtype_size((dl_dtype)w->p->layout[v]->shape.dtype);
}

/* ---- homes ----------------------------------------------------------------------------------- */

static void place_arguments(dl_writer *w)
{
    const dl_fn *f = w->f;
    for (uint32_t v = 0; v < w->p->nval; v++) w->home[v] = (dl_home){ .room = -1 };
    for (int i = 0; i < f->nin; i++)
        if (f->in[i].value != DL_NO_VALUE) w->home[f->in[i].value].name = w->name[i];
    for (int i = f->nout; i-- > 0;) {
        dl_home *h = &w->home[f->out[i].value];
        bool last = f->out[i].updates >= 0 && !(w->with & DL__LIBRARY && f->out[i].beyond_loops);
        if (!last) h->name = w->name[f->nin + i];
        else h->room = (int64_t)(dl__up(w->p->block_bytes) + f->out[i].room);
    }
}

/* Calls visit for each value that an instruction writes, but not for scratch memory of kernels. */
static void each_temporary(dl_writer *w, void (*visit)(dl_writer *, uint32_t, size_t *), size_t *n)
{
    dl_touched t;
    for (uint32_t i = 0; i < w->p->ninstr; i++) {
        const dl_instr *ins = &w->p->instr[i];
        dl__plan_touched(ins, &t);
        for (uint32_t k = ins->work != ins->out; k < t.written; k++)
            if (!w->home[t.value[k]].name) visit(w, t.value[k], n);
    }
}

static void count(dl_writer *w, uint32_t v, size_t *total) { *total += bytes_of(w, v); }

static void make_local(dl_writer *w, uint32_t v, size_t *used)
{
    (void)used;
    w->home[v].local = !w->home[v].shared;
}

static void make_small_local(dl_writer *w, uint32_t v, size_t *used)
{
    size_t bytes = bytes_of(w, v);
    if (bytes > SMALL || *used + bytes > STACK || w->home[v].shared) return;
    *used += bytes;
    w->home[v].local = true;
}

static void count_workspace(dl_writer *w, uint32_t v, size_t *need)
{
    const dl_home *h = &w->home[v];
    if (h->local) return;
    size_t end = (size_t)(h->room >= 0 ? h->room : w->p->where[v]) + dl__up(bytes_of(w, v));
    if (end > *need) *need = end;
}

int64_t dl__c_scratch(dl_writer *w, const dl_instr *ins, const dl_op *op)
{
    if (!op || !(op->flags & DL_EMIT_WORK) || ins->work == ins->out) return -1;
    if (bytes_of(w, ins->work) <= STACK) return -1;
    w->memory = true;
    return w->p->where[ins->work];
}

static void count_scratch(dl_writer *w)
{
    for (uint32_t i = 0; i < w->p->ninstr; i++) {
        const dl_instr *ins = &w->p->instr[i];
        int64_t at = dl__c_scratch(w, ins, w->p->source[i].op);
        size_t end = at < 0 ? 0 : (size_t)at + dl__up(bytes_of(w, ins->work));
        if (end > w->workspace) w->workspace = end;
    }
}

void dl__place_values(dl_writer *w)
{
    size_t total = 0, used = 0;
    place_arguments(w);
    dl__library_values(w);
    each_temporary(w, count, &total);
    each_temporary(w, total <= STACK ? make_local : make_small_local, &used);
    each_temporary(w, count_workspace, &w->workspace);
    count_scratch(w);
}

static const void *constant(const dl_writer *w, uint32_t v)
{
    bool input = w->home[w->p->base[v]].name != NULL;
    return w->p->where[v] < 0 && !input ? w->p->ptr[v] : NULL;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* In elements, behind its base. */
static int64_t offset_of(const dl_writer *w, uint32_t v)
{
    const dl_plan *p = w->p;
    uint32_t b = p->base[v];
    int64_t bytes = p->where[v] >= 0 ? p->where[v] - p->where[b] : 0;
    if (p->where[v] < 0 && p->ptr[v]) bytes = (const char *)p->ptr[v] - (const char *)p->ptr[b];
    for (uint32_t d = 0; d < p->nderived && b != v; d++)
        if (p->derived[d].value == v) bytes = p->derived[d].offset;
    return bytes / (int64_t)dl_dtype_size((dl_dtype)p->layout[v]->shape.dtype);
}

static dl_value_name name_of(const dl_writer *w, uint32_t v)
{
    dl_value_name name;
    if (w->home[v].name) snprintf(name.text, sizeof name.text, "%s", w->home[v].name);
    else snprintf(name.text, sizeof name.text, "v%u", v);
    return name;
}

static void declare(dl_writer *w, uint32_t v)
{
    dl_home *h = &w->home[v];
    const char *type = dl__c_type(w->p->layout[v]->shape.dtype);
    int64_t n = elements(w, v), at = h->room >= 0 ? h->room : w->p->where[v];
    if (h->name || h->declared) return;
    if (h->local) dl__write_line(w, "%s v%u[%lld];", type, v, (long long)(n ? n : 1));
    else
        dl__write_line(w, "%s *const v%u = (%s *)(void *)(memory + %lld);", type, v, type,
                       (long long)at);
    w->memory = w->memory || !h->local;
    h->declared = true;
}

/* No code wrote it, and none reads its element, but the code of an op may name it. */
static void declare_empty(dl_writer *w, uint32_t v)
{
    if (w->home[v].name || w->home[v].declared) return;
    w->home[v].used = w->home[v].used || constant(w, v); /* printed with the others then */
    if (constant(w, v)) return;
    dl__write_line(w, "const %s v%u[1] = { 0 };", dl__c_type(w->p->layout[v]->shape.dtype), v);
    w->home[v].declared = true;
}

void dl__c_unread(dl_writer *w, uint32_t v)
{
    uint32_t b = w->p->base[v];
    if (w->home[b].declared || (w->home[b].used && constant(w, b)))
        dl__write_line(w, "(void)v%u;", b);
}

dl_value_name dl__c_value(dl_writer *w, uint32_t v, bool write)
{
    uint32_t b = w->p->base[v];
    bool empty = !w->p->layout[v]->shape.numel; /* nothing is read */
    if (!empty) w->home[b].used = true;
    if (write) declare(w, v);
    else if (empty) declare_empty(w, b);
    else if (w->home[b].shared && !constant(w, b)) declare(w, b); /* the library wrote it */
    int64_t offset = b == v || empty ? 0 : offset_of(w, v);
    dl_value_name base = name_of(w, b);
    if (!offset) return base;
    if (!w->home[v].declared)
        dl__write_line(w, "const %s *const v%u = %s + %lld;",
                       dl__c_type(w->p->layout[v]->shape.dtype), v, base.text, (long long)offset);
    w->home[v].declared = true;
    return name_of(w, v);
}

/* ---- constants ------------------------------------------------------------------------------- */

bool dl__c_constant(const dl_writer *w, uint32_t v, dl_literal *number)
{
    const dl_shape *s = &w->p->layout[v]->shape;
    if (s->numel != 1 || !constant(w, v)) return false;
    *number = dl__c_literal(constant(w, v), s->dtype, 0);
    return true;
}

static void print_constant(FILE *to, const dl_writer *w, uint32_t v)
{
    const dl_shape *s = &w->p->layout[v]->shape;
    int64_t n = s->numel ? elements(w, v) : 1;
    int column =
        fprintf(to, "    static const %s v%u[%lld] = {", dl__c_type(s->dtype), v, (long long)n);
    for (int64_t i = 0; i < n; i++) {
        dl_literal x = { "0" };
        if (s->numel) x = dl__c_literal(w->p->ptr[v], s->dtype, i);
        int length = (int)strlen(x.text) + 2;
        if (column + length > 97) column = fprintf(to, "\n       ") - 1;
        column += length;
        fprintf(to, " %s%s", x.text, i + 1 < n ? "," : " };\n");
    }
}

/* Arrays that hold what is no input: called when the body has been written. */
void dl__print_constants(FILE *to, const dl_writer *w)
{
    for (uint32_t v = 0; v < w->p->nval; v++)
        if (w->home[v].used && w->p->base[v] == v && constant(w, v)) print_constant(to, w, v);
}
