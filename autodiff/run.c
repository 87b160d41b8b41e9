/* run.c: binds a plan to this step's data and runs it. */
#define DL_NO_PLACES
#include "internal.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

void dl__execute(const dl_instr *ins, uint32_t n, void *const *ptr, const dl_layout *const *layout)
{
    dl_call c = { .ptr = ptr, .layout = layout };
    for (c.ins = ins; c.ins < ins + n; c.ins++) c.ins->run(&c);
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
    dl__execute_checked(p);
#else
    dl__execute(p->instr, p->ninstr, p->ptr, p->layout);
#endif
    for (uint32_t i = 0; i < p->key.nout; i++) t->data[out[i]] = p->ptr[p->slot[p->out[i]]];
    return DL_OK;
}
