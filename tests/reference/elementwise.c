/* elementwise.c: elementwise ops against elementwise.inc: values of mpmath, rounded correctly, and
 * of NumPy and SciPy where an operand is 0, infinite or NaN. NaN, infinities and the signs of zeros
 * must be the same, numbers within the ulps that the header promises. */
#include "reference.h"

#define ENTRY(NAME, DTYPE, RESULT, OPERANDS, ULPS, FLOOR)                                   \
    {                                                                                       \
#NAME, NAME##_call, DL_##DTYPE, DL_##RESULT, OPERANDS, ULPS, FLOOR, NAME##_##DTYPE, \
            (int)(sizeof NAME##_##DTYPE / sizeof(double) / (OPERANDS + 1))                  \
    }
#include "elementwise.inc"

#define SLOPES(NAME, OPERANDS)                                            \
    {                                                                     \
#NAME, NAME##_call, OPERANDS, NAME##_slopes,                      \
            (int)(sizeof NAME##_slopes / sizeof(double) / (2 * OPERANDS)) \
    }
#include "slopes.inc"

enum {
    REFERENCES = sizeof elementwise_references / sizeof *elementwise_references,
    SLOPES = sizeof slope_references / sizeof *slope_references
};

/* Element i of a result, as double. */
static double element(const void *y, dl_dtype dtype, int i)
{
    switch (dtype) {
    case DL_F32: return (double)((const float *)y)[i];
    case DL_F64: return ((const double *)y)[i];
    case DL_I32: return ((const int32_t *)y)[i];
    case DL_I64: return (double)((const int64_t *)y)[i];
    default: return ((const uint8_t *)y)[i];
    }
}

/* By more numbers than the ulps, or in kind, or in the sign of a zero. */
static bool differs(const elementwise *e, double got, double want)
{
    if (isnan(got) || isnan(want)) return !isnan(got) || !isnan(want);
    if (fabs(want) < e->floor
        && fabs(got - want)
               <= e->ulps * e->floor * (e->dtype == DL_F32 ? FLT_EPSILON : DBL_EPSILON))
        return want == 0 && !signbit(got) != !signbit(want);
    if (!signbit(got) != !signbit(want)) return true;
    if (got == want) return false;
    uint64_t apart =
        e->dtype == DL_F32 ? test__ulps_float((float)got, (float)want) : test__ulps(got, want);
    return apart > (uint64_t)e->ulps;
}

/* One number of each of n rows. */
static dl_val leaf(dl_tape *t, dl_dtype dtype, const double *from, int n, int step)
{
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(n));
    void *to = dl_array_write(a);
    for (int i = 0; i < n && to; i++) {
        double v = from[i * step];
        if (dtype == DL_F32) ((float *)to)[i] = (float)v;
        else ((double *)to)[i] = v;
    }
    dl_val x = dl_leaf(t, a);
    dl_array_free(a);
    return x;
}

static void compare(const elementwise *e, const void *y)
{
    int wrong = 0;
    for (int i = 0; i < e->n; i++) {
        const double *row = e->rows + i * (e->operands + 1);
        double got = element(y, e->result, i), want = row[e->operands];
        if (!differs(e, got, want)) continue;
        if (wrong++ < 4)
            TEST__FAIL("%s %s of %a, %a: got %a, wanted %a", e->name, dl_dtype_name(e->dtype),
                       row[0], row[e->operands - 1], got, want);
    }
    CHECK_MSG(!wrong, "%s %s: %d of %d differ", e->name, dl_dtype_name(e->dtype), wrong, e->n);
}

/* On a tape: operands and result, not yet computed. */
static dl_val record(const elementwise *e, dl_tape *t)
{
    dl_val x[2];
    for (int i = 0; i < e->operands; i++)
        x[i] = leaf(t, e->dtype, e->rows + i, e->n, e->operands + 1);
    return e->call(x);
}

TEST(reference, elementwise_ops_are_those_of_mpmath)
{
    for (int k = 0; k < REFERENCES; k++) {
        const elementwise *e = &elementwise_references[k];
        dl_tape *t = dl_tape_new();
        dl_val y = record(e, t);
        const void *got = dl_data(y);
        CHECK_STR(dl_tape_message(t), "");
        CHECK_INT(dl_dtype_of(y), e->result);
        if (got) compare(e, got);
        dl_tape_free(t);
    }
}

/* Some slopes are differences, 1 - y^2: what is small is compared with 1. */
static bool is_slope(double got, double want)
{
    if (isnan(want) || isinf(want) || isnan(got)) return isnan(want) ? isnan(got) : got == want;
    return fabs(got - want) <= 1e-14 * fmax(fabs(want), 1);
}

static void compare_slopes(const slopes *s, int k, const double *got)
{
    for (int i = 0; i < s->n; i++) {
        const double *row = s->rows + 2 * s->operands * i;
        double want = row[s->operands + k];
        CHECK_MSG(is_slope(got[i], want), "%s of %g, %g, by operand %d: got %.17g, wanted %.17g",
                  s->name, row[0], row[s->operands - 1], k, got[i], want);
    }
}

static void record_slopes(const slopes *s, dl_tape *t, dl_val *g)
{
    dl_val x[2];
    for (int k = 0; k < s->operands; k++)
        x[k] = leaf(t, DL_F64, s->rows + k, s->n, 2 * s->operands);
    dl_grad(dl_sum(s->call(x), "all"), x, s->operands, g);
}

TEST(reference, elementwise_slopes_are_those_of_mpmath_and_pytorch)
{
    for (int i = 0; i < SLOPES; i++) {
        const slopes *s = &slope_references[i];
        dl_tape *t = dl_tape_new();
        dl_val g[2];
        record_slopes(s, t, g);
        for (int k = 0; k < s->operands; k++) {
            const double *got = dl_data(g[k]);
            CHECK_STR(dl_tape_message(t), "");
            if (got) compare_slopes(s, k, got);
        }
        dl_tape_free(t);
    }
}

void rows_meet_elementwise(rows_met *met)
{
    dl_val g[2];
    dl_tape *t = dl_tape_new();
    for (int k = 0; k < REFERENCES; k++) record(&elementwise_references[k], t);
    for (int k = 0; k < SLOPES; k++) record_slopes(&slope_references[k], t, g);
    CHECK_STR(dl_tape_message(t), "");
    rows_meet(met, t);
    dl_tape_free(t);
}
