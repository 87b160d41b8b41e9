/* run.c: binds a plan to this step's data and runs it. */
#define DL_NO_PLACES
#include "internal.h"

#include <stdarg.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void dl__execute(const dl_instr *ins, uint32_t n, void *const *ptr, const dl_layout *const *layout)
{
    dl_call c = { .ptr = ptr, .layout = layout };
    for (c.ins = ins; c.ins < ins + n; c.ins++) c.ins->run(&c);
}

/* ---- ops that may fail ----------------------------------------------------------------------- */

dl_status dl_call_fail(const dl_call *c, dl_status status, const char *format, ...)
{
    va_list args;
    if (status <= DL_OK || status >= DL_NSTATUS) status = DL_EARG;
    if (!c->failure || c->failure->status) return c->failure ? c->failure->status : status;
    va_start(args, format);
    vsnprintf(c->failure->text, sizeof c->failure->text, format ? format : "failed", args);
    va_end(args);
    return c->failure->status = status;
}

const dl_instr *dl__execute_failing(const dl_plan *p, void *const *ptr, dl_failure *failure)
{
    dl_call c = { .ptr = ptr, .layout = p->layout, .failure = failure };
    for (c.ins = p->instr; c.ins < p->instr + p->ninstr; c.ins++) {
        c.ins->run(&c);
        if (failure->status) return c.ins;
    }
    return NULL;
}

static dl_status run_failing(dl_tape *t, const dl_plan *p, const uint32_t *out)
{
    dl_failure failure = { .status = DL_OK };
#ifndef NDEBUG
    const dl_instr *ins = dl__execute_checked(p, &failure);
#else
    const dl_instr *ins = dl__execute_failing(p, p->ptr, &failure);
#endif
    if (!ins) return DL_OK;
    uint32_t node = dl__key_node(t, out, p->key.nout, ins->out - p->key.next);
    return dl__node_fail(t, node, failure.status, "%s", failure.text);
}

/* A borrowed array must be as it was when it was recorded. */
static dl_status check_leaf(dl_tape *t, uint32_t node)
{
    const dl_leaf_info *leaf = &t->leaf[t->rec[node].in[0]];
    if (!leaf->borrowed) return DL_OK;
    bool same = leaf->array->version == leaf->version;
#ifndef NDEBUG
    const dl_shape *s = &leaf->array->layout.shape;
    if (same && leaf->array->layout.contiguous)
        same =
            leaf->checksum
            == XXH3_64bits(leaf->array->data, (size_t)s->numel * dl_dtype_size((dl_dtype)s->dtype));
#endif
    if (same) return DL_OK;
    const char *name = leaf->name;
    return dl__tape_fail(t, DL_EVERSION,
                         "eval: the array of leaf %u%s%s%s was written after it was recorded; "
                         "evaluate or dl_keep what depends on it before writing",
                         node, *name ? " (" : "", name, *name ? ")" : "");
}

static dl_status reserve_block(dl_tape *t, size_t bytes)
{
    if (bytes <= t->block_bytes) return DL_OK;
    void *block = dl__alloc(bytes);
    if (!block) return dl__no_memory(t, "eval");
    dl__free(t->block);
    t->block = block;
    t->block_bytes = bytes;
    return DL_OK;
}

static void bind_block(dl_plan *p, char *block)
{
    if (p->bound_block == block) return;
    for (uint32_t v = 0; v < p->nval; v++)
        if (p->where[v] >= 0) p->ptr[v] = block + p->where[v];
    p->bound_block = block;
}

dl_status dl__run(dl_tape *t, dl_plan *p, const uint32_t *ext, const uint32_t *out)
{
    for (uint32_t e = 0; e < p->key.next; e++) {
        if (t->rec[ext[e]].op == &dl__leaf_op && check_leaf(t, ext[e])) return t->status;
        p->ptr[e] = t->data[ext[e]];
    }
    if (reserve_block(t, p->block_bytes)) return t->status;
    char *outputs = dl__arena(&t->arena, p->out_bytes, 64);
    if (!outputs) return dl__no_memory(t, "eval");
    bind_block(p, t->block);
    for (uint32_t s = 0; s < p->nslot; s++) p->ptr[p->slot[s]] = outputs + p->slot_offset[s];
    for (uint32_t d = 0; d < p->nderived; d++)
        p->ptr[p->derived[d].value] = (char *)p->ptr[p->derived[d].base] + p->derived[d].offset;
#ifndef NDEBUG
    if (run_failing(t, p, out)) return t->status;
#else
    if (!p->may_fail) dl__execute(p->instr, p->ninstr, p->ptr, p->layout);
    else if (run_failing(t, p, out)) return t->status;
#endif
    for (uint32_t i = 0; i < p->key.nout; i++) t->data[out[i]] = p->ptr[p->slot[p->out[i]]];
    return DL_OK;
}
