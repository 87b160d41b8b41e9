/* linear.c: what rows of linear algebra have in common: see linear.h. */
#include "linear.h"

#include <stdio.h>

/* ---- what the kernel is told ----------------------------------------------------------------- */

enum { LONGEST = 1 << 28 };       /* of a row or column: squares of it fit */
enum { PARTS = 16, PART = 8192 }; /* at most so many, of at least so many doubles together */

dl_linear *dl__linear_begin(dl_prepare *p, int hidden)
{
    const dl_linear_attr *attr = p->attr;
    const dl_layout *const *in = p->layout + 1 + hidden;
    dl_layout leading[DL__LINEAR_IN];
    dl_shape over = { .rank = in[0]->shape.rank - 2 };
    dl_linear *l = p->allocate(p, sizeof *l);
    if (!l) return NULL;
    *l = (dl_linear){ .mode = attr->mode, .size = attr->size, .hidden = hidden };
    l->operands = p->n - 1;
    for (int i = 0; i < p->n - 1 - hidden; i++) {
        const dl_shape *s = &in[i]->shape;
        l->rows[i] = dl__rows(s), l->cols[i] = dl__cols(s);
        l->row[i] = in[i]->stride[s->rank - 2], l->col[i] = in[i]->stride[s->rank - 1];
        if (l->rows[i] > LONGEST || l->cols[i] > LONGEST) return NULL;
        l->at[i] = l->total;
        l->total += l->rows[i] * l->cols[i];
        leading[i] = *in[i];
        leading[i].shape.rank -= 2;
        for (int k = 0; k < over.rank; k++)
            if (s->dim[k] != 1) over.dim[k] = s->dim[k];
            else if (!i) over.dim[k] = 1;
    }
    dl_loop_make(&l->batches, &over, (const dl_layout *const[]){ &leading[0], &leading[1] },
                 p->n - 1 - hidden);
    l->m = l->rows[0], l->n = l->cols[0], l->k = l->cols[1];
    const dl_shape *y = &p->layout[0]->shape;
    l->numel = y->numel;
    for (int k = 0; k < over.rank && y->numel; k++) l->numel /= over.dim[k];
    l->nbatch = y->numel ? y->numel / (l->numel ? l->numel : 1) : 0;
    l->result = l->total;
    l->total += l->numel;
    return l;
}

bool dl__linear_end(dl_prepare *p, dl_linear *l, int64_t scratch)
{
    int64_t bytes;
    l->work = l->total;
    if (__builtin_add_overflow(l->total, scratch, &l->total)
        || __builtin_mul_overflow(l->total + 1, (int64_t)sizeof(double) * PARTS, &bytes))
        return false;
    int64_t parts = l->nbatch < PARTS ? l->nbatch : PARTS;
    while (parts > 1 && (l->nbatch / parts) * (l->total + 1) < PART) parts /= 2;
    l->parts = parts > 1 ? parts : 1;
    bytes = (l->total * l->parts + 1) * (int64_t)sizeof(double);
    p->work_bytes = (size_t)bytes;
    p->info = l;
    return true;
}

/* ---- C text ---------------------------------------------------------------------------------- */

static const char *type_of(const dl_layout *l) { return l->shape.dtype == DL_F32 ? "f32" : "f64"; }

static void emit_gather(const dl_emit *e, const dl_linear *l, int i)
{
    int operand = 1 + (int)l->hidden + i;
    char f[24];
    dl_index at = { "" };
    if (!l->rows[i] || !l->cols[i]) return;
    snprintf(f, sizeof f, "dl_gather_%s", type_of(e->layout[operand]));
    dl_emit_need(e, f);
    dl_emit_terms(&at, &l->batches, i, 'p');
    dl_emit_line(e, "%s(%lld, %lld, %s + %s, %lld, %lld, dl_work + %lld);", f,
                 (long long)l->rows[i], (long long)l->cols[i], e->name[operand], dl_place(&at),
                 (long long)l->row[i], (long long)l->col[i], (long long)l->at[i]);
}

void dl__linear_emit(const dl_emit *e, const char *core)
{
    const dl_linear *l = e->info;
    char f[24];
    dl_index to = { "" };
    int64_t behind = l->numel;
    if (!e->layout[0]->shape.numel) return;
    for (int i = 1; i <= l->hidden; i++)
        if (e->layout[i]->shape.numel) dl_emit_line(e, "(void)%s;", e->name[i]);
    dl_emit_need(e, core);
    snprintf(f, sizeof f, "dl_hand_out_%s", type_of(e->layout[0]));
    dl_emit_need(e, f);
    int loops = dl_emit_loops(e, &l->batches, 0, 'p');
    for (int k = loops; k-- > 0; behind *= l->batches.dim[k])
        dl_emit_term(&to, behind, (char[]){ 'p', (char)('0' + k), '\0' });
    dl_emit_line(e, "{");
    if (e->work < 0) dl_emit_line(e, "double dl_work[%lld];", (long long)(l->total ? l->total : 1));
    else
        dl_emit_line(e, "double *const dl_work = (double *)(void *)(memory + %lld);",
                     (long long)e->work);
    dl_emit_line(e, "const dl_matrices dl_p = { %lld, %lld, %lld, %lld, %lld,", (long long)l->m,
                 (long long)l->n, (long long)l->k, (long long)l->mode, (long long)l->size);
    dl_emit_line(e,
                 "                           dl_work + %lld, dl_work + %lld, dl_work + %lld, "
                 "dl_work + %lld };",
                 (long long)l->at[0], (long long)l->at[1], (long long)l->result,
                 (long long)l->work);
    for (int i = 0; i < l->operands - l->hidden; i++) emit_gather(e, l, i);
    dl_emit_line(e, "%s(&dl_p);", core);
    dl_emit_line(e, "%s(%lld, dl_work + %lld, %s + %s);", f, (long long)l->numel,
                 (long long)l->result, e->name[0], dl_place(&to));
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}

/* ---- shapes ---------------------------------------------------------------------------------- */

void dl__linear_same(dl_infer *c) { c->same = 0; }

void dl__linear_batch(dl_infer *c, const dl_shape *a, const dl_shape *b)
{
    c->out.dtype = a->dtype;
    c->out.rank = a->rank;
    for (int i = 0; i < a->rank - 2; i++) c->out.dim[i] = a->dim[i] == 1 ? b->dim[i] : a->dim[i];
}

bool dl__matrices(const char *op, dl_val x, bool square)
{
    char text[DL_SHAPE_TEXT];
    if (!dl__operands(op, &x, 1)) return false;
    const dl_shape *s = dl_shape_of(x);
    dl_shape_text(s, text, sizeof text);
    if (s->labels[0])
        dl_fail(x.tape, DL_ELABEL, op,
                "%s: labels have no meaning here, strip them with dl_stripdims", text);
    else if (s->rank < 2)
        dl_fail(x.tape, DL_ERANK, op, "%s: rank %d, wanted 2 or more", text, s->rank);
    else if (square && dl__rows(s) != dl__cols(s))
        dl_fail(x.tape, DL_ESHAPE, op, "%s: the matrix is not square", text);
    else return true;
    return false;
}

/* x with leading axes of size 1, up to `rank` axes. */
static dl_val lead(dl_val x, int rank)
{
    const dl_shape *s = dl_shape_of(x);
    dl_shape to = { .dtype = s->dtype, .rank = rank, .numel = s->numel };
    for (int i = 0; i < rank; i++) to.dim[i] = i < rank - 2 ? 1 : s->dim[i - (rank - s->rank)];
    return dl__reshape_to(x, &to);
}

bool dl__match_batches(const char *op, dl_val *a, dl_val *b)
{
    char is[DL_SHAPE_TEXT], other[DL_SHAPE_TEXT];
    const dl_shape *x = dl_shape_of(*a), *y = dl_shape_of(*b);
    int rank = x->rank > y->rank ? x->rank : y->rank;
    dl_shape_text(x, is, sizeof is), dl_shape_text(y, other, sizeof other);
    if (x->rank != y->rank && x->rank != 2 && y->rank != 2)
        return dl_fail(a->tape, DL_ERANK, op, "a %s, b %s: ranks %d and %d differ and neither is 2",
                       is, other, x->rank, y->rank),
               false;
    for (int i = 0; i < rank - 2 && x->rank == y->rank; i++)
        if (x->dim[i] != y->dim[i] && x->dim[i] != 1 && y->dim[i] != 1)
            return dl_fail(a->tape, DL_ESHAPE, op,
                           "a %s, b %s: batch sizes %lld and %lld of axis %d neither match nor "
                           "are 1",
                           is, other, (long long)x->dim[i], (long long)y->dim[i], i),
                   false;
    if (x->rank < rank) *a = lead(*a, rank);
    if (y->rank < rank) *b = lead(*b, rank);
    return true;
}

dl_val dl__drop_last(dl_val x)
{
    if (dl_tape_status(x.tape)) return x;
    dl_shape s = *dl_shape_of(x);
    s.dim[--s.rank] = 0;
    return dl__reshape_to(x, &s);
}

dl_val dl__drop_row(dl_val x)
{
    if (dl_tape_status(x.tape)) return x;
    dl_shape s = *dl_shape_of(x);
    s.dim[s.rank - 2] = s.dim[s.rank - 1];
    s.dim[--s.rank] = 0;
    return dl__reshape_to(x, &s);
}

dl_val dl__identity(dl_val x)
{
    const dl_shape *s = dl_shape_of(x);
    dl_val one = dl_eye(x.tape, dl_dtype_of(x), dl__rows(s));
    if (s->rank == 2 || dl_tape_status(x.tape)) return one;
    return dl__expand_to(lead(one, s->rank), s);
}

dl_val dl__take_rows(dl_val x, int64_t begin, int64_t end) { return dl_slice(x, "-2", begin, end); }
dl_val dl__take_cols(dl_val x, int64_t begin, int64_t end) { return dl_slice(x, "-1", begin, end); }

dl_val dl__mirror_lower(dl_val x) { return dl_add(dl_tril(x, 0), dl_transpose(dl_tril(x, -1))); }

dl_val dl__symmetric(dl_val x) { return dl__times(dl_add(x, dl_transpose(x)), 0.5); }
