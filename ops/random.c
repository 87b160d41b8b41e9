/* random.c: random numbers: rows that are functions of a key and of places, with zero derivative.
 */
#include "support.h"

/* ---- shape rules and C text ------------------------------------------------------------------ */

typedef struct random_attr {
    int64_t dtype, rank, dim[DL_MAX_RANK];
    char labels[2 * DL_MAX_RANK];
} random_attr;

static bool is_key(dl_infer *c)
{
    const dl_shape *key = c->in[0];
    if (key->dtype == DL_I64 && key->rank == 1 && key->numel == 2) return true;
    dl_reject(c, key->dtype == DL_I64 ? DL_ESHAPE : DL_EDTYPE, "a key of %s, wanted i64 (2)",
              dl_dtype_name((dl_dtype)key->dtype));
    return false;
}

static void take_attr(dl_infer *c)
{
    const random_attr *a = c->attr;
    c->out.dtype = (int32_t)a->dtype;
    c->out.rank = (int32_t)a->rank;
    memcpy(c->out.dim, a->dim, sizeof a->dim);
    memcpy(c->out.labels, a->labels, sizeof a->labels);
}

static void drawn_infer(dl_infer *c)
{
    if (is_key(c)) take_attr(c);
}

static void bernoulli_infer(dl_infer *c)
{
    const random_attr *a = c->attr;
    const dl_shape *p = c->in[1];
    if (!is_key(c)) return;
    if (p->dtype != a->dtype || p->rank != 0)
        dl_reject(c, DL_EDTYPE, "a probability of %s, wanted a number of %s",
                  dl_dtype_name((dl_dtype)p->dtype), dl_dtype_name((dl_dtype)a->dtype));
    else take_attr(c);
}

static void emit_draw(const dl_emit *e, const char *name)
{
    char helper[32];
    snprintf(helper, sizeof helper, "dl_%s_%s", name, e->type);
    dl_emit_need(e, helper);
    dl_emit_line(e, "%s(%s, 0, %lld, %s);", helper, e->name[1],
                 (long long)e->layout[0]->shape.numel, e->name[0]);
}

static void rand_emit(const dl_emit *e) { emit_draw(e, "rand"); }
static void randn_emit(const dl_emit *e) { emit_draw(e, "randn"); }

static void bernoulli_emit(const dl_emit *e)
{
    emit_draw(e, "rand");
    dl_emit_line(e, "for (int i = 0; i < %lld; i++) %s[i] = %s[i] < %s[0] ? 1 : 0;",
                 (long long)e->layout[0]->shape.numel, e->name[0], e->name[0], e->name[2]);
}

static void randperm_emit(const dl_emit *e)
{
    dl_emit_need(e, "dl_random_order");
    dl_emit_line(e, "dl_random_order(%s, %lld, %s);", e->name[1],
                 (long long)e->layout[0]->shape.numel, e->name[0]);
}

/* ---- split ----------------------------------------------------------------------------------- */

static void random_split_infer(dl_infer *c)
{
    if (is_key(c)) c->same = 0;
}

static void random_split_emit(const dl_emit *e)
{
    dl_emit_need(e, "dl_random_split_key");
    dl_emit_line(e, "dl_random_split_key(%s, INT64_C(%lld), %s);", e->name[1],
                 (long long)*(const int64_t *)e->attr, e->name[0]);
}

/* ---- the rows -------------------------------------------------------------------------------- */

#define ROW(NAME, NIN, ATTR, SHAPES, OPERANDS, INFER) \
    DL_DECLARE_KERNELS(dl__##NAME);                   \
    static const dl_op NAME##_op = {                  \
        .name = #NAME,                                \
        .nin = NIN,                                   \
        .attr_size = sizeof(ATTR),                    \
        .shapes = SHAPES,                             \
        .operands = OPERANDS,                         \
        .infer = INFER,                               \
        .eval = DL_KERNELS(dl__##NAME),               \
        .emit = NAME##_emit,                          \
        .vjp = dl_vjp_zero,                           \
    };
ROW(rand, 1, random_attr, "(2) -> any", "key", drawn_infer)
ROW(randn, 1, random_attr, "(2) -> any", "key", drawn_infer)
ROW(bernoulli, 2, random_attr, "(2) () -> any", "key p", bernoulli_infer)
ROW(randperm, 1, random_attr, "(2) -> (n)", "key", drawn_infer)
ROW(random_split, 1, int64_t, "(2) -> (2)", "key", random_split_infer)
#undef ROW

/* ---- public ---------------------------------------------------------------------------------- */

dl_val dl_random_key(dl_tape *t, int64_t seed, int64_t step)
{
    if (!t) return dl_none(t);
    int64_t numbers[2] = { seed, step };
    dl_array *a = dl_array_wrap(numbers, DL_I64, NULL, DL_DIMS(2));
    dl_val key = dl_leaf(t, a); /* a copy of what is as small */
    dl_array_free(a);
    return key;
}

dl_val dl_random_split(dl_val key, int64_t i)
{
    if (dl_usable("random_split", &key, 1) && i < 0)
        return dl_fail(key.tape, DL_EARG, "random_split", "number %lld", (long long)i);
    return dl_apply(&random_split_op, &i, key);
}

/* False: the tape has the error. */
static bool sizes(const char *op, dl_val key, dl_dtype dtype, int rank, const int64_t *dims,
                  random_attr *a)
{
    if (!dl_usable(op, &key, 1)) return false;
    if (dtype != DL_F32 && dtype != DL_F64)
        return dl_fail(key.tape, DL_EDTYPE, op, "%s does not compute, use f32 or f64",
                       dl_dtype_name(dtype)),
               false;
    if (rank < 0 || rank > DL_MAX_RANK)
        return dl_fail(key.tape, DL_ERANK, op, "rank %d, wanted 0 to %d", rank, DL_MAX_RANK), false;
    if (rank && !dims) return dl_fail(key.tape, DL_ENULL, op, "no sizes"), false;
    *a = (random_attr){ .dtype = dtype, .rank = rank };
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return dl_fail(key.tape, DL_ESHAPE, op, "size %lld of axis %d is negative",
                           (long long)dims[i], i),
                   false;
        a->dim[i] = dims[i];
    }
    return true;
}

/* Whether p is a probability; false: the tape has the error. */
static bool probable(const char *op, dl_tape *t, double p)
{
    if (p >= 0 && p <= 1) return true;
    dl_fail(t, DL_EARG, op, "probability %g, wanted 0 to 1", p);
    return false;
}

dl_val dl_rand(dl_val key, dl_dtype dtype, int rank, const int64_t *dims)
{
    random_attr a;
    if (!sizes("rand", key, dtype, rank, dims, &a)) return dl_none(key.tape);
    return dl_apply(&rand_op, &a, key);
}

dl_val dl_randn(dl_val key, dl_dtype dtype, int rank, const int64_t *dims)
{
    random_attr a;
    if (!sizes("randn", key, dtype, rank, dims, &a)) return dl_none(key.tape);
    return dl_apply(&randn_op, &a, key);
}

dl_val dl_bernoulli(dl_val key, dl_dtype dtype, double p, int rank, const int64_t *dims)
{
    random_attr a;
    if (!sizes("bernoulli", key, dtype, rank, dims, &a) || !probable("bernoulli", key.tape, p))
        return dl_none(key.tape);
    return dl_apply(&bernoulli_op, &a, key, dl_scalar(key.tape, dtype, p));
}

dl_val dl_randperm(dl_val key, int64_t n)
{
    if (dl_usable("randperm", &key, 1) && n < 0)
        return dl_fail(key.tape, DL_ESHAPE, "randperm", "size %lld is negative", (long long)n);
    random_attr a = { .dtype = DL_I64, .rank = 1, .dim = { n } };
    return dl_apply(&randperm_op, &a, key);
}

dl_val dl_dropout(dl_val x, double p, dl_val key)
{
    dl_val in[] = { x, key };
    if (!dl_usable("dropout", in, 2) || !dl__operands("dropout", &x, 1)
        || !probable("dropout", x.tape, p))
        return dl_none(dl_any_tape(in, 2));
    const dl_shape *s = dl_shape_of(x);
    random_attr a = { .dtype = s->dtype, .rank = s->rank };
    memcpy(a.dim, s->dim, sizeof a.dim);
    memcpy(a.labels, s->labels, sizeof a.labels);
    dl_val keep = dl_scalar(x.tape, (dl_dtype)s->dtype, 1 - p);
    dl_val mask = dl_apply(&bernoulli_op, &a, key, keep);
    return dl__unmasked(dl_scale(x, p < 1 ? 1 / (1 - p) : 0), mask);
}

static const dl_op *const rows[] = {
    &rand_op, &randn_op, &bernoulli_op, &randperm_op, &random_split_op, NULL,
};
const dl_family dl__random_family = { "random", rows };
