/* sizes.c: sizes changed, values repeated, stacked and split, and numbers at equal distances: ops
 * that are made of others. */
#include "support.h"
#include "attributes.h"

/* ---- axes of size 1, axes joined ------------------------------------------------------------- */

dl_val dl_squeeze(dl_val x, const char *axes)
{
    uint32_t mask;
    bool all;
    char text[DL_SHAPE_TEXT];
    if (!dl__axes("squeeze", x, axes, &mask, &all)) return dl_none(x.tape);
    const dl_shape *s = dl_shape_of(x);
    dl_shape to = { .dtype = s->dtype };
    for (int i = 0; i < s->rank; i++) {
        bool named = mask >> i & 1;
        if (named && !all && s->dim[i] != 1)
            return dl_fail(x.tape, DL_ESHAPE, "squeeze", "%s: axis %d has size %lld, wanted 1",
                           dl_shape_text(s, text, sizeof text), i, (long long)s->dim[i]);
        if (named && s->dim[i] == 1) continue;
        to.labels[to.rank] = s->labels[i];
        to.dim[to.rank++] = s->dim[i];
    }
    return to.rank == s->rank ? x : dl__reshape_to(x, &to);
}

dl_val dl_unsqueeze(dl_val x, int axis)
{
    char text[DL_SHAPE_TEXT];
    if (!dl_usable("unsqueeze", &x, 1)) return dl_none(x.tape);
    const dl_shape *s = dl_shape_of(x);
    int k = axis < 0 ? axis + s->rank + 1 : axis;
    dl_shape_text(s, text, sizeof text);
    if (s->labels[0])
        return dl_fail(x.tape, DL_ELABEL, "unsqueeze",
                       "%s: the new axis has no label, strip them with dl_stripdims", text);
    if (s->rank == DL_MAX_RANK)
        return dl_fail(x.tape, DL_ERANK, "unsqueeze", "%s has no room for an axis", text);
    if (k < 0 || k > s->rank)
        return dl_fail(x.tape, DL_EAXIS, "unsqueeze", "%s gets no axis %d", text, axis);
    dl_shape to = { .dtype = s->dtype, .rank = s->rank + 1 };
    for (int i = 0; i < to.rank; i++) to.dim[i] = i == k ? 1 : s->dim[i - (i > k)];
    return dl__reshape_to(x, &to);
}

dl_val dl_flatten(dl_val x, int first, int last)
{
    char text[DL_SHAPE_TEXT];
    if (!dl_usable("flatten", &x, 1)) return dl_none(x.tape);
    const dl_shape *s = dl_shape_of(x);
    int from = first < 0 ? first + s->rank : first, to = last < 0 ? last + s->rank : last;
    if (s->rank == 0 && (first == 0 || first == -1) && (last == 0 || last == -1))
        return dl_reshape(x, DL_DIMS(1));
    if (from < 0 || to >= s->rank || from > to)
        return dl_fail(x.tape, DL_EAXIS, "flatten", "%s has no axes %d to %d",
                       dl_shape_text(s, text, sizeof text), first, last);
    dl_shape y = { .dtype = s->dtype };
    for (int i = 0; i < s->rank; i++) {
        if (i > from && i <= to) y.dim[y.rank - 1] *= s->dim[i];
        else y.dim[y.rank++] = s->dim[i];
    }
    return dl__reshape_to(x, &y);
}

/* ---- repetition ------------------------------------------------------------------------------ */

/* Axis k `times` over: as a whole, or each of its elements. */
static dl_val repeat_axis(dl_val x, int k, int64_t times, bool each)
{
    dl_shape s = *dl_shape_of(x);
    int64_t rows = 1, unit = 1;
    if (times == 1) return x;
    for (int i = 0; i < s.rank; i++) *(i < k || (each && i == k) ? &rows : &unit) *= s.dim[i];
    if (__builtin_mul_overflow(s.dim[k], times, &s.dim[k]))
        return dl_fail(x.tape, DL_EOVERFLOW, each ? "repelem" : "repmat", "the sizes overflow");
    x = dl_reshape(x, DL_DIMS(rows, 1, unit));
    return dl__reshape_to(dl_expand(x, DL_DIMS(rows, times, unit)), &s);
}

dl_val dl_repmat(dl_val x, int rank, const int64_t *times)
{
    if (!dl_usable("repmat", &x, 1)) return dl_none(x.tape);
    dl_shape s = *dl_shape_of(x);
    if (rank < s.rank || rank > DL_MAX_RANK)
        return dl_fail(x.tape, DL_ERANK, "repmat", "%d numbers for rank %d", rank, s.rank);
    if (rank && !times) return dl_fail(x.tape, DL_ENULL, "repmat", "no numbers");
    for (int i = 0; i < rank; i++)
        if (times[i] < 0)
            return dl_fail(x.tape, DL_ESHAPE, "repmat", "%lld times along axis %d",
                           (long long)times[i], i);
    if (s.rank < rank) {
        memset(s.labels, 0, sizeof s.labels);
        while (s.rank < rank) s.dim[s.rank++] = 1;
        x = dl__reshape_to(x, &s);
    }
    for (int i = 0; i < rank && !dl_tape_status(x.tape); i++)
        x = repeat_axis(x, i, times[i], false);
    return x;
}

dl_val dl_repelem(dl_val x, const char *axis, int64_t times)
{
    int k = dl__axis("repelem", x, axis);
    if (k < 0) return dl_none(x.tape);
    if (times < 0) return dl_fail(x.tape, DL_ESHAPE, "repelem", "%lld times", (long long)times);
    return repeat_axis(x, k, times, true);
}

/* ---- many values and one --------------------------------------------------------------------- */

dl_val dl_stack(const dl_val *x, int n, int axis)
{
    dl_tape *t = x ? dl_any_tape(x, n) : NULL;
    if (!x || n < 1) return dl_fail(t, DL_EARG, "stack", "no values");
    if (!dl__operands("stack", x, n)) return dl_none(t);
    dl_val *list = dl_work_list(t, n);
    if (!list) return dl_fail(t, DL_ENOMEM, "stack", "out of memory");
    char a[DL_SHAPE_TEXT], b[DL_SHAPE_TEXT];
    for (int i = 0; i < n; i++) {
        if (!dl__same_dims(dl_shape_of(x[i]), dl_shape_of(x[0])))
            return dl_fail(t, DL_ESHAPE, "stack", "%s and %s: the sizes differ",
                           dl_shape_text(dl_shape_of(x[0]), a, sizeof a),
                           dl_shape_text(dl_shape_of(x[i]), b, sizeof b));
        list[i] = dl_unsqueeze(x[i], axis);
        if (dl_tape_status(t)) return dl_none(t);
    }
    int k = axis < 0 ? axis + dl_rank(list[0]) : axis;
    return dl_cat(list, n, (char[]){ (char)('0' + k), '\0' });
}

dl_status dl_split_sizes(dl_val x, const char *axis, int n, const int64_t *sizes, dl_val *out)
{
    char text[DL_SHAPE_TEXT];
    int k = dl__axis("split_sizes", x, axis);
    for (int i = 0; out && i < n; i++) out[i] = dl_none(x.tape);
    if (k < 0) return dl_finish(x.tape);
    if (n < 0 || (n && (!sizes || !out))) {
        dl_fail(x.tape, n < 0 ? DL_EARG : DL_ENULL, "split_sizes", "%d parts, no list", n);
        return dl_finish(x.tape);
    }
    int64_t left = dl_size(x, k);
    for (int i = 0; i < n && left >= 0; i++) left = sizes[i] < 0 ? -1 : left - sizes[i];
    if (left) {
        dl_fail(x.tape, DL_ESHAPE, "split_sizes", "%s, axis %d: the sizes do not add up",
                dl_shape_text(dl_shape_of(x), text, sizeof text), k);
        return dl_finish(x.tape);
    }
    int64_t at = 0;
    for (int i = 0; i < n; at += sizes[i++])
        out[i] = dl_slice(x, (char[]){ (char)('0' + k), '\0' }, at, at + sizes[i]);
    return dl_finish(x.tape);
}

dl_status dl_split(dl_val x, const char *axis, int n, dl_val *out)
{
    char text[DL_SHAPE_TEXT];
    int k = dl__axis("split", x, axis);
    for (int i = 0; out && i < n; i++) out[i] = dl_none(x.tape);
    if (k < 0) return dl_finish(x.tape);
    int64_t size = dl_size(x, k);
    if (n < 1 || !out || size % n) {
        dl_fail(x.tape, out ? DL_ESHAPE : DL_ENULL, "split", "%s, axis %d: %d equal parts",
                dl_shape_text(dl_shape_of(x), text, sizeof text), k, n);
        return dl_finish(x.tape);
    }
    for (int i = 0; i < n; i++)
        out[i] =
            dl_slice(x, (char[]){ (char)('0' + k), '\0' }, i * (size / n), (i + 1) * (size / n));
    return dl_finish(x.tape);
}

/* ---- numbers at equal distances -------------------------------------------------------------- */

static void arange_infer(dl_infer *c)
{
    const arange_attr *a = c->attr;
    c->out.dtype = (int32_t)a->dtype;
    c->out.rank = 1;
    c->out.dim[0] = a->n;
}

static void arange_emit(const dl_emit *e)
{
    const arange_attr *a = e->attr;
    dl_emit_line(e,
                 "for (int i = 0; i < %lld; i++) %s[i] = (%s)(INT64_C(%lld) + i * INT64_C(%lld));",
                 (long long)a->n, e->name[0], dl_emit_type(e->layout[0]), (long long)a->start,
                 (long long)a->step);
}

DL_DECLARE_KERNELS(dl__arange);

static const dl_op arange_op = {
    .name = "arange",
    .attr_size = sizeof(arange_attr),
    .shapes = "-> (n)",
    .infer = arange_infer,
    .eval = DL_KERNELS(dl__arange),
    .emit = arange_emit,
    .vjp = dl_vjp_zero,
};

/* 0 .. n-1, or whole numbers. */
static dl_val whole(const char *op, dl_tape *t, dl_dtype dtype, int64_t start, int64_t step,
                    int64_t n)
{
    if (!t || dl_tape_status(t)) return dl_none(t);
    if (n < 0) return dl_fail(t, DL_ESHAPE, op, "size %lld is negative", (long long)n);
    return dl_record(t, &arange_op, &(arange_attr){ dtype, n, start, step }, NULL);
}

dl_val dl_arange(dl_tape *t, dl_dtype dtype, double start, double step, int64_t n)
{
    if (dtype != DL_F32 && dtype != DL_F64)
        return dl_fail(t, DL_EDTYPE, "arange", "%s does not compute, use f32 or f64",
                       dl_dtype_name(dtype));
    dl_val i = whole("arange", t, dtype, 0, 1, n);
    if (!t || dl_tape_status(t)) return dl_none(t);
    return dl_shift(dl_scale(i, step), start);
}

dl_val dl_arange_i64(dl_tape *t, int64_t start, int64_t step, int64_t n)
{
    int64_t last;
    if (n > 0
        && (__builtin_mul_overflow(n - 1, step, &last)
            || __builtin_add_overflow(last, start, &last)))
        return dl_fail(t, DL_EOVERFLOW, "arange_i64", "the numbers overflow");
    return whole("arange_i64", t, DL_I64, start, step, n);
}

dl_val dl_linspace(dl_tape *t, dl_dtype dtype, double first, double last, int64_t n)
{
    if (dtype != DL_F32 && dtype != DL_F64)
        return dl_fail(t, DL_EDTYPE, "linspace", "%s does not compute, use f32 or f64",
                       dl_dtype_name(dtype));
    dl_val i = whole("linspace", t, dtype, 0, 1, n);
    if (!t || dl_tape_status(t)) return dl_none(t);
    /* Both ends exact: w and 1 - w are 0 and 1 there. Of one number it is the last, as MATLAB's. */
    dl_val w = n > 1 ? dl_div(i, dl_scalar(t, dtype, (double)(n - 1))) : dl_shift(i, 1);
    return dl_add(dl_scale(dl_shift(dl_neg(w), 1), first), dl_scale(w, last));
}

dl_status dl_meshgrid(dl_val x, dl_val y, dl_val *to_x, dl_val *to_y)
{
    dl_val in[] = { x, y };
    if (to_x) *to_x = dl_none(x.tape);
    if (to_y) *to_y = dl_none(x.tape);
    if (!dl_usable("meshgrid", in, 2)) return dl_finish(dl_any_tape(in, 2));
    if (dl_rank(x) != 1 || dl_rank(y) != 1) {
        dl_fail(x.tape, DL_ERANK, "meshgrid", "ranks %d and %d, wanted 1", dl_rank(x), dl_rank(y));
        return dl_finish(x.tape);
    }
    int64_t m = dl_size(y, 0), n = dl_size(x, 0);
    if (to_x) *to_x = dl_expand(dl_reshape(x, DL_DIMS(1, n)), DL_DIMS(m, n));
    if (to_y) *to_y = dl_expand(dl_reshape(y, DL_DIMS(m, 1)), DL_DIMS(m, n));
    return dl_finish(x.tape);
}

static const dl_op *const rows[] = { &arange_op, NULL };
const dl_family dl__sizes_family = { "sizes", rows };
