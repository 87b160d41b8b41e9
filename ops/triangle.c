/* triangle.c: where the elements of a triangle of a matrix lie, as indices. */
#include "support.h"
#include "attributes.h"

static void triangle_infer(dl_infer *c)
{
    const triangle_attr *a = c->attr;
    c->out.dtype = (int32_t)a->dtype;
    if (!a->places) c->out.dim[c->out.rank++] = 2;
    c->out.dim[c->out.rank++] = a->n;
}

static void triangle_emit(const dl_emit *e)
{
    const triangle_attr *a = e->attr;
    dl_emit_need(e, "dl_triangle");
    dl_emit_line(e, "dl_triangle(%lld, %lld, %lld, %d, %lld, %s);", (long long)a->rows,
                 (long long)a->columns, (long long)a->k, (int)a->upper,
                 (long long)(a->places ? 0 : a->n), e->name[0]);
}

DL_DECLARE_KERNELS(dl__triangle);

static const dl_op triangle_op = {
    .name = "triangle",
    .attr_size = sizeof(triangle_attr),
    .shapes = "-> (...,n)",
    .infer = triangle_infer,
    .eval = DL_KERNELS(dl__triangle),
    .emit = triangle_emit,
    .vjp = dl_vjp_zero,
};

static int64_t within(int64_t low, int64_t x, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* How many elements lie on and below diagonal k, from -rows to columns: first the rows that end on
 * it, then those that lie below it. */
static int64_t below(int64_t rows, int64_t columns, int64_t k)
{
    int64_t first = within(0, -k, rows), whole = within(first, columns - k - 1, rows);
    int64_t cut = whole - first, shortest = first + k + 1;
    return cut * shortest + cut * (cut - 1) / 2 + (rows - whole) * columns;
}

static dl_val triangle(const char *name, dl_tape *t, int64_t rows, int64_t columns, int64_t k,
                       bool upper, bool places)
{
    int64_t all, bytes, edge;
    if (!t || dl_tape_status(t)) return dl_none(t);
    if (rows < 0 || columns < 0)
        return dl_fail(t, DL_ESHAPE, name, "sizes %lld and %lld", (long long)rows,
                       (long long)columns);
    if (__builtin_mul_overflow(rows, columns, &all)
        || __builtin_mul_overflow(all, 2 * (int64_t)sizeof(int64_t), &bytes)
        || __builtin_add_overflow(rows, columns, &edge))
        return dl_fail(t, DL_EOVERFLOW, name, "the sizes overflow");
    k = within(-rows, k, columns);
    int64_t n =
        upper ? all - below(rows, columns, within(-rows, k - 1, columns)) : below(rows, columns, k);
    triangle_attr a = { DL_I64, n ? rows : 0, columns, k, n, upper, places };
    return dl_record(t, &triangle_op, &a, NULL);
}

dl_val dl_tril_indices(dl_tape *t, int64_t rows, int64_t columns, int64_t k)
{
    return triangle("tril_indices", t, rows, columns, k, false, false);
}

dl_val dl_triu_indices(dl_tape *t, int64_t rows, int64_t columns, int64_t k)
{
    return triangle("triu_indices", t, rows, columns, k, true, false);
}

dl_val dl_tril_places(dl_tape *t, int64_t rows, int64_t columns, int64_t k)
{
    return triangle("tril_places", t, rows, columns, k, false, true);
}

dl_val dl_triu_places(dl_tape *t, int64_t rows, int64_t columns, int64_t k)
{
    return triangle("triu_places", t, rows, columns, k, true, true);
}

static const dl_op *const rows[] = { &triangle_op, NULL };
const dl_family dl__triangle_family = { "triangle", rows };
