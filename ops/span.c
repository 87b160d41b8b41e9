/* span.c: spans of axes: from a text of axes to operands (before, n, behind), and C text. */
#include "span.h"

#include <stdio.h>

/* ---- axes ------------------------------------------------------------------------------------ */

/* Whether the axes of the mask are neighbours, those of size 1 apart. */
static bool together(const dl_shape *s, uint32_t mask, int flags, span_attr *at)
{
    int first = -1, last = -2;
    for (int i = 0; i < s->rank; i++) {
        if (!(mask >> i & 1) || s->dim[i] == 1) continue;
        if (first < 0) first = i;
        last = i;
    }
    if (first < 0) first = last = s->rank ? __builtin_ctz(mask) : 0;
    *at = (span_attr){ first, s->rank ? last : -1, 0 };
    for (int i = first + 1; i < last; i++)
        if (!(mask >> i & 1) && s->dim[i] != 1) return false;
    for (int i = last + 1; i < s->rank && flags & DL_SPAN_LAST; i++)
        if (s->dim[i] != 1) return false;
    return true;
}

static bool begin(dl_span *s, dl_val x, int flags)
{
    s->of = dl_shape_of(x);
    s->x = x;
    s->turned = !together(s->of, s->mask, flags, &s->at);
    if (!s->turned) return true;
    int n = 0, kept = 0, rank = s->of->rank;
    for (int pass = 0; pass < 2; pass++, kept = pass == 1 ? n : kept)
        for (int i = 0; i < rank; i++)
            if ((int)(s->mask >> i & 1) == pass) s->order[n++] = i;
    s->x = dl_permute(dl_stripdims(x), rank, s->order);
    s->at = (span_attr){ kept, rank - 1, 0 };
    return dl_tape_status(x.tape) == DL_OK;
}

bool dl__span_begin(dl_span *s, const char *name, dl_val x, const char *axes, int flags)
{
    bool usable = flags & DL_SPAN_ANY ? dl_usable(name, &x, 1) : dl__operands(name, &x, 1);
    return usable && dl__axes(name, x, axes, &s->mask, &s->all) && begin(s, x, flags);
}

bool dl__span_axis(dl_span *s, const char *name, dl_val x, const char *axis)
{
    if (!dl__operands(name, &x, 1)) return false;
    int k = dl__axis(name, x, axis);
    s->mask = k < 0 ? 0 : 1u << k;
    s->all = false;
    return k >= 0 && begin(s, x, 0);
}

dl_val dl__span_like(const dl_span *s, dl_val y)
{
    int64_t back[DL_MAX_RANK];
    if (!s->turned || dl_tape_status(y.tape)) return y;
    for (int i = 0; i < s->of->rank; i++) back[s->order[i]] = i;
    y = dl_permute(y, s->of->rank, back);
    return s->of->labels[0] && !dl_tape_status(y.tape) ? dl__reshape_to(y, s->of) : y;
}

dl_val dl__span_reduced(const dl_span *s, dl_val y)
{
    if (dl_tape_status(y.tape) || (!s->all && !s->turned)) return y;
    dl_shape to = { .rank = 0 };
    if (!s->all) to = *s->of;
    to.dtype = dl_shape_of(y)->dtype;
    for (int i = 0; i < to.rank; i++)
        if (s->mask >> i & 1) to.dim[i] = 1;
    return s->of->rank ? dl__reshape_to(y, &to) : y;
}

dl_val dl__span_apply(const dl_span *s, const dl_op *op, int64_t how, const dl_val *x)
{
    return dl_record(NULL, op, &(span_attr){ s->at.first, s->at.last, how }, x);
}

/* ---- derivatives ----------------------------------------------------------------------------- */

dl_val dl__span_sum(const dl_node *y, dl_val x)
{
    const span_attr *a = dl_attr(y);
    return dl__sum_mask(x, (uint32_t)((1ull << (a->last + 1)) - (1ull << a->first)), false);
}

dl_val dl__span_again(const dl_node *y, const dl_op *op, int64_t how, const dl_val *x)
{
    const span_attr *a = dl_attr(y);
    return dl_record(NULL, op, &(span_attr){ a->first, a->last, how }, x);
}

int64_t dl__span_how(const dl_node *y) { return ((const span_attr *)dl_attr(y))->how; }

static int64_t sizes(const dl_shape *s, int64_t from, int64_t to)
{
    int64_t n = 1;
    for (int64_t i = from; i < to && i < s->rank; i++) n *= s->dim[i];
    return n;
}

int64_t dl__span_length(const span_attr *a, dl_val x)
{
    return sizes(dl_shape_of(x), a->first, a->last + 1);
}

/* ---- rows ------------------------------------------------------------------------------------ */

void dl__span_same_infer(dl_infer *c)
{
    if (dl__computing(c)) c->same = 0;
}

void dl__span_reduced_infer(dl_infer *c)
{
    const span_attr *a = c->attr;
    if (!dl__computing(c)) return;
    c->out = *c->in[0];
    for (int64_t i = a->first; i <= a->last; i++) c->out.dim[i] = 1;
}

bool dl__span_prepare(dl_prepare *p)
{
    const span_attr *a = p->attr;
    const dl_shape *x = &p->layout[1]->shape;
    dl_spread *s = p->allocate(p, sizeof *s);
    if (!s) return false;
    *s = (dl_spread){ sizes(x, 0, a->first), sizes(x, a->last + 1, x->rank), a->how, { 0 } };
    for (int k = 0; k < p->n; k++) s->along[k] = sizes(&p->layout[k]->shape, a->first, a->last + 1);
    p->info = s;
    return true;
}

void dl__span_emit(const dl_emit *e, const char *name, int operands)
{
    const dl_spread *s = e->info;
    const char *type = e->layout[0]->shape.dtype < DL_NREAL  ? e->type
                       : e->layout[1]->shape.dtype == DL_F32 ? "f32"
                                                             : "f64";
    char function[64], call[512] = "", width[64];
    int64_t behind = s->behind, most = behind < DL_GROUPS ? behind : DL_GROUPS;
    if (!s->before || !behind) return;
    snprintf(function, sizeof function, "dl_%s_%s", name, type);
    dl_emit_need(e, function);
    for (int k = 0; k <= operands; k++) {
        dl_index at = { "" };
        size_t n = strlen(call);
        bool one = k && e->layout[k]->shape.numel == 1; /* serves all groups */
        if (s->before > 1 && !one) dl_emit_term(&at, s->along[k] * behind, "i");
        if (behind > most && !one) dl_emit_term(&at, 1, "j");
        snprintf(call + n, sizeof call - n, ", %s%s%s", e->name[k], *at.text ? " + " : "", at.text);
    }
    int loops = s->before > 1 ? dl_emit_loop(e, "i", s->before, 1) : 0;
    if (behind > most) loops += dl_emit_loop(e, "j", behind, most);
    dl_emit_line(e, "{");
    if (behind % most)
        snprintf(width, sizeof width, "%lld - j < %lld ? %lld - j : %lld", (long long)behind,
                 (long long)most, (long long)behind, (long long)most);
    else snprintf(width, sizeof width, "%lld", (long long)most);
    dl_emit_line(e, "const dl_group dl_g = { %lld, %lld, %s, %lld, 1 };", (long long)s->along[1],
                 (long long)behind, width, (long long)s->how);
    dl_emit_line(e, "%s(dl_g%s);", function, call);
    for (int k = operands + 1; k <= DL_MAX_IN && e->name[k]; k++)
        dl_emit_line(e, "(void)%s;", e->name[k]);
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}
