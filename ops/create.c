/* create.c: new values: repeated numbers, the identity, unit vectors. */
#include "support.h"
#include "attributes.h"

/* ---- numbers, repeated without memory -------------------------------------------------------- */

/* False: the tape has the error, under the name of the function. */
static bool creatable(const char *name, dl_tape *t, dl_dtype dtype, int rank, const int64_t *dims)
{
    int64_t bytes = (int64_t)dl_dtype_size(dtype);
    if (!t || dl_tape_status(t)) return false;
    if (dtype != DL_F32 && dtype != DL_F64)
        return dl_fail(t, DL_EDTYPE, name, "%s does not compute, use f32 or f64",
                       dl_dtype_name(dtype)),
               false;
    if (rank < 0 || rank > DL_MAX_RANK)
        return dl_fail(t, DL_ERANK, name, "rank %d, wanted 0 to %d", rank, DL_MAX_RANK), false;
    if (rank && !dims) return dl_fail(t, DL_ENULL, name, "no sizes"), false;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return dl_fail(t, DL_ESHAPE, name, "size %lld of axis %d is negative",
                           (long long)dims[i], i),
                   false;
        if (dims[i] && __builtin_mul_overflow(bytes, dims[i], &bytes))
            return dl_fail(t, DL_EOVERFLOW, name, "the sizes overflow"), false;
    }
    return true;
}

static dl_val repeat(dl_val number, int rank, const int64_t *dims)
{
    return rank ? dl_expand(number, rank, dims) : number;
}

dl_val dl_zeros(dl_tape *t, dl_dtype dtype, int rank, const int64_t *dims)
{
    if (!creatable("zeros", t, dtype, rank, dims)) return dl_none(t);
    return repeat(dl_constant(t, dtype, 0), rank, dims);
}

dl_val dl_ones(dl_tape *t, dl_dtype dtype, int rank, const int64_t *dims)
{
    if (!creatable("ones", t, dtype, rank, dims)) return dl_none(t);
    return repeat(dl_constant(t, dtype, 1), rank, dims);
}

dl_val dl_full(dl_tape *t, dl_dtype dtype, double value, int rank, const int64_t *dims)
{
    if (!creatable("full", t, dtype, rank, dims)) return dl_none(t);
    return repeat(dl_scalar(t, dtype, value), rank, dims);
}

static dl_val fill(dl_val x, dl_val number)
{
    const dl_shape *s = dl_shape_of(x);
    return s->rank && !dl_tape_status(x.tape) ? dl__expand_to(number, s) : number;
}

dl_val dl__like(dl_val x, double v) { return fill(x, dl_constant(x.tape, dl_dtype_of(x), v)); }

dl_val dl__hold(dl_val x, double v) { return fill(x, dl_scalar(x.tape, dl_dtype_of(x), v)); }

dl_val dl__times(dl_val x, double s)
{
    if (!x.tape || dl_tape_status(x.tape)) return dl_none(x.tape);
    return dl_mul(x, dl_constant(x.tape, dl_dtype_of(x), s));
}

dl_val dl__plus(dl_val x, double number)
{
    if (dl_tape_status(x.tape)) return dl_none(x.tape);
    return dl_add(x, dl_constant(x.tape, dl_dtype_of(x), number));
}

dl_val dl_zeros_like(dl_val x)
{
    return dl_usable("zeros_like", &x, 1) ? dl__like(x, 0) : dl_none(x.tape);
}

dl_val dl_ones_like(dl_val x)
{
    return dl_usable("ones_like", &x, 1) ? dl__like(x, 1) : dl_none(x.tape);
}

/* ---- the identity and unit vectors: a 1 at some places, else 0 ------------------------------- */

static void ones_infer(dl_infer *c)
{
    const ones_attr *a = c->attr;
    c->out.dtype = (int32_t)a->dtype;
    c->out.rank = (int32_t)a->rank;
    memcpy(c->out.dim, a->dim, sizeof a->dim);
    memcpy(c->out.labels, a->labels, sizeof a->labels);
    if (c->out.dtype < 0 || c->out.dtype >= DL_NREAL)
        dl_reject(c, DL_EDTYPE, "%s does not compute, use f32 or f64",
                  dl_dtype_name((dl_dtype)a->dtype));
}

DL_DECLARE_KERNELS(dl__ones_at);

static void ones_emit(const dl_emit *e)
{
    const ones_attr *a = e->attr;
    long long n = e->layout[0]->shape.numel, first = a->first, step = a->step;
    dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = 0;", n, e->name[0]);
    if (first + step >= n) dl_emit_line(e, "%s[%lld] = 1;", e->name[0], first);
    else
        dl_emit_line(e, "for (int i = %lld; i < %lld; i += %lld) %s[i] = 1;", first, n, step,
                     e->name[0]);
}

#define ROW(NAME, FLAGS, SHAPES)         \
    static const dl_op NAME##_op = {     \
        .name = #NAME,                   \
        .flags = FLAGS,                  \
        .attr_size = sizeof(ones_attr),  \
        .shapes = SHAPES,                \
        .infer = ones_infer,             \
        .eval = DL_KERNELS(dl__ones_at), \
        .emit = ones_emit,               \
        .vjp = dl_vjp_zero,              \
    };

ROW(eye, DL_SYMMETRIC, "-> (n,n)")
ROW(unit, 0, "-> any")

dl_val dl_eye(dl_tape *t, dl_dtype dtype, int64_t n)
{
    if (!t) return dl_none(t);
    if (n < 0) return dl_fail(t, DL_ESHAPE, "eye", "size %lld is negative", (long long)n);
    if (n == INT64_MAX) return dl_fail(t, DL_EOVERFLOW, "eye", "the sizes overflow");
    ones_attr a = { .dtype = dtype, .rank = 2, .dim = { n, n }, .step = n + 1 };
    return dl_record(t, &eye_op, &a, NULL);
}

dl_val dl_eye_like(dl_val x)
{
    char text[DL_SHAPE_TEXT];
    if (!dl__operands("eye_like", &x, 1)) return dl_none(x.tape);
    if (dl_rank(x) != 2 || dl_size(x, 0) != dl_size(x, 1))
        return dl_fail(x.tape, DL_ESHAPE, "eye_like", "%s is no square matrix",
                       dl_shape_text(dl_shape_of(x), text, sizeof text));
    return dl_eye(x.tape, dl_dtype_of(x), dl_size(x, 0));
}

dl_val dl__unit(dl_val x, int64_t k)
{
    const dl_shape *s = dl_shape_of(x);
    ones_attr a = { .dtype = s->dtype, .rank = s->rank, .first = k, .step = s->numel + 1 };
    memcpy(a.dim, s->dim, sizeof a.dim);
    memcpy(a.labels, s->labels, sizeof a.labels);
    return dl_record(x.tape, &unit_op, &a, NULL);
}

static const dl_op *const rows[] = { &eye_op, &unit_op, NULL };
const dl_family dl__create_family = { "create", rows };
