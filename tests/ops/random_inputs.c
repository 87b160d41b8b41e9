/* random_inputs.c: the arrays that a random program starts from. */
#include "random_programs.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- values ---------------------------------------------------------------------------------- */

static double special(dl_dtype dtype, uint32_t k)
{
    const bool f = dtype == DL_F32;
    const double of[] = { (double)NAN,
                          -(double)NAN,
                          INFINITY,
                          -INFINITY,
                          0.0,
                          -0.0,
                          f ? 1e-40 : 1e-310,
                          f ? -1e-45 : -5e-324,
                          f ? 3e38 : 1e308,
                          f ? -3e38 : -1e308,
                          f ? (double)FLT_MIN : DBL_MIN,
                          1 };
    return of[k % 12];
}

static double element(const rp_program *p, const rp_leaf *l, int variant, int64_t k, double nudge)
{
    uint64_t s = l->seed + ((uint64_t)variant << 40) + ((uint64_t)k << 17);
    uint32_t u = rp_random(&s, 1u << 24), v = rp_random(&s, 1u << 24);
    if (l->fill == RP_WILD && u % 5 == 0) return special(p->dtype, v);
    double x = l->fill == RP_WHOLE ? (double)(u % 7) - 3 : (double)u * 0x1p-22 - 2;
    return x * (1 + (v % 2 ? nudge : -nudge));
}

/* ---- walking an array in logical order ------------------------------------------------------- */

static bool next(const dl_array *a, int64_t *index)
{
    for (int i = dl_array_rank(a) - 1; i >= 0; i--) {
        if (++index[i] < dl_array_size(a, i)) return true;
        index[i] = 0;
    }
    return false;
}

static void store(void *to, dl_dtype dtype, int64_t k, double x)
{
    if (dtype == DL_F32) ((float *)to)[k] = (float)x;
    else ((double *)to)[k] = x;
}

static void fill(const rp_program *p, int i, dl_array *a, int variant, double nudge)
{
    int64_t index[DL_MAX_RANK] = { 0 }, k = 0;
    if (!dl_array_numel(a)) return;
    do dl_array_set(a, dl_array_rank(a), index, element(p, &p->leaf[i], variant, k++, nudge));
    while (next(a, index));
}

void rp_pack(const dl_array *a, void *to)
{
    int64_t index[DL_MAX_RANK] = { 0 }, k = 0;
    if (!dl_array_numel(a)) return;
    do store(to, dl_array_dtype(a), k++, dl_array_get(a, dl_array_rank(a), index));
    while (next(a, index));
}

static void unpack(dl_array *a, const void *from)
{
    int64_t index[DL_MAX_RANK] = { 0 }, k = 0;
    if (!dl_array_numel(a)) return;
    do {
        double x = dl_array_dtype(a) == DL_F32 ? (double)((const float *)from)[k]
                                               : ((const double *)from)[k];
        dl_array_set(a, dl_array_rank(a), index, x);
        k++;
    } while (next(a, index));
}

/* ---- arrays ---------------------------------------------------------------------------------- */

/* Owned, wrapped, or wrapped with strides. */
static dl_array *make(const rp_program *p, int i, void **memory)
{
    const rp_leaf *l = &p->leaf[i];
    int64_t stride[RP_RANK] = { 0 }, step = l->strided & 1 ? 2 : 1;
    const char *labels = l->labels[0] ? l->labels : NULL;
    if (!l->strided && l->seed % 2) return dl_array_new(p->dtype, labels, l->rank, l->dim);
    for (int k = 0; k < l->rank; k++) {
        int axis = l->strided & 2 ? k : l->rank - 1 - k;
        stride[axis] = step;
        step *= l->dim[axis] ? l->dim[axis] : 1;
    }
    if (l->strided & 4 && l->rank) stride[0] = 0;
    *memory = calloc((size_t)step, dl_dtype_size(p->dtype));
    return l->strided ? dl_array_wrap_strided(*memory, p->dtype, labels, l->rank, l->dim, stride)
                      : dl_array_wrap(*memory, p->dtype, labels, l->rank, l->dim);
}

/* What dl_leaf copies may be assigned to while a step goes on. */
static bool assignable(const rp_program *p, int i, const dl_array *a)
{
    size_t bytes = (size_t)dl_array_numel(a) * dl_dtype_size(p->dtype);
    return !(p->leaf[i].strided & 4) && bytes <= 4096;
}

void rp_inputs_open(rp_inputs *in, const rp_program *p, int variant, double nudge)
{
    *in = (rp_inputs){ .copied = -1, .ntarget = -1 };
    for (int i = 0; i < p->nleaf; i++) {
        char name[] = { 'a', (char)('0' + i), 0 };
        if (p->leaf[i].rank < 0) {
            in->packed[i] = malloc(8);
            in->number[i] = element(p, &p->leaf[i], variant, 0, nudge);
            store(in->packed[i], p->dtype, 0, in->number[i]);
            continue;
        }
        dl_array *a = in->leaf[i] = make(p, i, &in->memory[i]);
        dl_array_set_name(a, name);
        fill(p, i, a, variant, nudge);
        in->packed[i] = malloc((size_t)dl_array_numel(a) * dl_dtype_size(p->dtype) + 1);
        rp_pack(a, in->packed[i]);
        if (!rp_uses(p, i)) continue;
        if (in->copied < 0 && assignable(p, i, a)) in->copied = i;
        in->ntarget = i;
    }
    if (in->ntarget < 0) return;
    const dl_array *like = in->leaf[in->ntarget];
    int64_t dim[DL_MAX_RANK];
    for (int k = 0; k < dl_array_rank(like); k++) dim[k] = dl_array_size(like, k);
    in->target = dl_array_new(p->dtype, dl_array_dims(like), dl_array_rank(like), dim);
    dl_array_set_name(in->target, "target");
}

void rp_inputs_restore(const rp_program *p, rp_inputs *in)
{
    if (p->ends & RP_ASSIGN && in->copied >= 0)
        unpack(in->leaf[in->copied], in->packed[in->copied]);
}

void rp_inputs_close(rp_inputs *in)
{
    for (int i = 0; i < RP_LEAVES; i++) {
        dl_array_free(in->leaf[i]);
        free(in->memory[i]);
        free(in->packed[i]);
    }
    dl_array_free(in->target);
}

void rp_inputs_print(const rp_program *p, const rp_inputs *in, FILE *to)
{
    static const char *const fills[] = { "tame", "whole numbers", "wild" };
    for (int i = 0; i < p->nleaf; i++) {
        const dl_array *a = in->leaf[i];
        const rp_leaf *l = &p->leaf[i];
        if (!rp_uses(p, i)) continue;
        int64_t n = a ? dl_array_numel(a) : 1;
        fprintf(to, "/* a%d: %s", i, a ? "array, in memory (" : "scalar");
        for (int k = 0; k < l->rank; k++)
            fprintf(to, "%s%lld", k ? ", " : "", (long long)l->dim[k]);
        if (a) fprintf(to, ") \"%s\"", l->labels);
        if (l->strided)
            fprintf(to, ", strided:%s%s%s", l->strided & 1 ? " gaps" : "",
                    l->strided & 2 ? " last axis slowest" : "",
                    l->strided & 4 ? " first axis repeats" : "");
        fprintf(to, ", %s, seed %u:", fills[l->fill], l->seed);
        for (int64_t k = 0; k < n && k < 12; k++)
            fprintf(to, " %.9g",
                    p->dtype == DL_F32 ? (double)((float *)in->packed[i])[k]
                                       : ((double *)in->packed[i])[k]);
        fprintf(to, "%s */\n", n > 12 ? " ..." : "");
    }
}
