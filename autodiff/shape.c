/* shape.c: sizes and strides, the intern table, and how shapes are written in messages. */
#include "internal.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

bool dl__shape_finish(dl_shape *s)
{
    /* Sizes other than zero count even when one is zero: an index must not overflow either. */
    int64_t nonzero = (int64_t)dl_dtype_size((dl_dtype)s->dtype), numel = 1;
    for (int i = 0; i < s->rank; i++) {
        if (s->dim[i] && __builtin_mul_overflow(nonzero, s->dim[i], &nonzero)) return false;
        numel = s->dim[i] && numel <= PTRDIFF_MAX / s->dim[i] ? numel * s->dim[i] : 0;
    }
    s->numel = numel;
    return nonzero <= PTRDIFF_MAX - 4096;
}

void dl__layout_contiguous(dl_layout *l)
{
    int64_t stride = 1;
    memset(l->stride, 0, sizeof l->stride);
    for (int i = l->shape.rank - 1; i >= 0; i--) {
        l->stride[i] = stride;
        if (l->shape.dim[i]) stride *= l->shape.dim[i];
    }
    l->contiguous = 1;
}

bool dl__layout_is_contiguous(const dl_layout *l)
{
    int64_t stride = 1;
    if (l->shape.numel == 0) return true;
    for (int i = l->shape.rank - 1; i >= 0; i--) {
        if (l->shape.dim[i] != 1 && l->stride[i] != stride) return false;
        stride *= l->shape.dim[i];
    }
    return true;
}

char *dl_shape_text(const dl_shape *s, char *text, size_t bytes)
{
    size_t at = (size_t)snprintf(text, bytes, "(");
    for (int i = 0; i < s->rank && at < bytes; i++) {
        at +=
            (size_t)snprintf(text + at, bytes - at, i ? s->labels[0] ? ", %lld" : ",%lld" : "%lld",
                             (long long)s->dim[i]);
        if (s->labels[i] && at < bytes)
            at += (size_t)snprintf(text + at, bytes - at, " %c", s->labels[i]);
    }
    if (at < bytes) snprintf(text + at, bytes - at, ")");
    return text;
}

/* ---- the intern table: open addressing over item numbers; number 0 stands for "no memory" ---- */

static uint32_t hash(const void *item, size_t bytes) { return (uint32_t)XXH3_64bits(item, bytes); }

static bool rehash(dl_intern *in, size_t nslot)
{
    uint32_t *slot = dl__zalloc(nslot * sizeof *slot);
    if (!slot) return false;
    for (uint32_t i = 1; i < in->n; i++) {
        size_t k = hash(in->item[i], in->bytes[i]) & (nslot - 1);
        while (slot[k]) k = (k + 1) & (nslot - 1);
        slot[k] = i;
    }
    dl__free(in->slot);
    in->slot = slot;
    in->nslot = nslot;
    return true;
}

uint32_t dl__intern(dl_intern *in, const void *item, size_t bytes)
{
    if (2 * (in->n + 1) > in->nslot && !rehash(in, in->nslot ? in->nslot * 2 : 64)) return 0;
    size_t k = hash(item, bytes) & (in->nslot - 1);
    for (uint32_t i; (i = in->slot[k]); k = (k + 1) & (in->nslot - 1))
        if (in->bytes[i] == bytes && memcmp(in->item[i], item, bytes) == 0) return i;
    size_t n = in->n ? in->n : 1;
    void *copy = dl__arena(&in->arena, bytes, 8);
    if (!copy || n >= UINT32_MAX || !dl__grow(&in->item, &in->cap_item, n + 1, sizeof *in->item)
        || !dl__grow(&in->bytes, &in->cap_bytes, n + 1, sizeof *in->bytes))
        return 0;
    memcpy(copy, item, bytes);
    in->item[n] = copy;
    in->bytes[n] = (uint32_t)bytes;
    in->slot[k] = (uint32_t)n;
    in->n = n + 1;
    return (uint32_t)n;
}

uint32_t dl__intern_shape(dl_intern *in, const dl_shape *s)
{
    uint64_t h = (uint64_t)s->rank * 2 + (uint64_t)s->dtype + (uint64_t)s->labels[0];
    for (int i = 0; i < s->rank; i++) h = h * 31 + (uint64_t)s->dim[i];
    uint32_t *hint = &in->hint[(h ^ h >> 7) % (sizeof in->hint / sizeof *in->hint)];
    if (*hint && memcmp(in->item[*hint], s, sizeof *s) == 0) return *hint;
    dl_layout l = { .shape = *s };
    dl__layout_contiguous(&l);
    return *hint = dl__intern(in, &l, sizeof l);
}

void dl__intern_clear(dl_intern *in)
{
    memset(in->hint, 0, sizeof in->hint);
    if (in->slot) memset(in->slot, 0, in->nslot * sizeof *in->slot);
    in->n = 0;
    dl__arena_reset(&in->arena);
}

void dl__intern_free(dl_intern *in)
{
    dl__free(in->item);
    dl__free(in->bytes);
    dl__free(in->slot);
    dl__arena_free(&in->arena);
    *in = (dl_intern){ 0 };
}
