/* arrays.c: ops on whole arrays against reductions.inc and those below: values of NumPy, SciPy and
 * PyTorch, and PyTorch's gradients of the results times fixed numbers. They are of f64; f32 must be
 * as near as its digits allow. */
#include "reference.h"

#include "../harness/valgrind.h"

#include "reductions.inc"
#include "linalg.inc"
#include "losses.inc"
#include "deep.inc"
#include "edges.inc"

static int read_sizes(const char *text, int64_t *dim)
{
    int rank = (int)strlen(text);
    for (int i = 0; i < rank; i++) dim[i] = text[i] - '0';
    return rank;
}

static int64_t numel_of(const char *text)
{
    int64_t dim[DL_MAX_RANK], n = 1;
    for (int i = read_sizes(text, dim); i-- > 0;) n *= dim[i];
    return n;
}

/* Element i of data of a dtype. */
static double element(const void *data, dl_dtype dtype, int64_t i)
{
    switch (dtype) {
    case DL_F32: return (double)((const float *)data)[i];
    case DL_F64: return ((const double *)data)[i];
    case DL_I64: return (double)((const int64_t *)data)[i];
    default: return ((const uint8_t *)data)[i];
    }
}

static dl_array *array_of(const stored_shape *s, const double *from)
{
    int64_t dim[DL_MAX_RANK], n = numel_of(s->dims);
    int rank = read_sizes(s->dims, dim);
    dl_array *a = dl_array_new(s->dtype, s->labels, rank, dim);
    void *to = dl_array_write(a);
    for (int64_t i = 0; i < n && to; i++)
        if (s->dtype == DL_F64) ((double *)to)[i] = from[i];
        else if (s->dtype == DL_I64) ((int64_t *)to)[i] = (int64_t)from[i];
        else ((uint8_t *)to)[i] = (uint8_t)from[i];
    return a;
}

/* What result k is multiplied by, as in cases.py. */
static dl_val cotangent(dl_val y, int k)
{
    double c[256];
    int64_t n = dl_numel(y), dim[DL_MAX_RANK];
    REQUIRE(n <= 256);
    for (int64_t i = 0; i < n; i++) c[i] = (double)((5 * i + 3 * k) % 13 - 5) / 8;
    for (int i = 0; i < dl_rank(y); i++) dim[i] = dl_size(y, i);
    dl_array *a = dl_array_wrap(c, DL_F64, NULL, dl_rank(y), dim);
    dl_val v = dl_leaf(y.tape, a);
    dl_array_free(a);
    return v;
}

/* Errors are measured by the largest number of the array. */
static void compare(const stored *s, dl_dtype dtype, const char *what, int k, dl_val y,
                    const double *want)
{
    double rel = dtype == DL_F64 ? s->rel : 1e7 * s->rel;
    int64_t n = dl_numel(y);
    const void *got = dl_data(y);
    double most = 0.01; /* of what should be 0, as the determinant of a singular matrix */
    CHECK_STR(dl_tape_message(y.tape), "");
    if (!got) return;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(want[i])) most = fmax(most, fabs(want[i]));
    for (int64_t i = 0; i < n; i++) {
        double v = element(got, dl_dtype_of(y), i);
        bool same = isnan(want[i]) ? isnan(v) : v == want[i] || fabs(v - want[i]) <= rel * most;
        CHECK_MSG(same, "%s %s: %s %d, element %d: got %.17g, wanted %.17g", s->name,
                  dl_dtype_name(dtype), what, k, (int)i, v, want[i]);
    }
}

static void sizes_are(const stored *s, dl_dtype dtype, const stored_shape *want, dl_val y)
{
    if (want->dtype != DL_F64) dtype = want->dtype;
    int64_t dim[DL_MAX_RANK];
    int rank = read_sizes(want->dims, dim);
    bool same = dl_rank(y) == rank && dl_dtype_of(y) == dtype;
    for (int i = 0; i < rank && same; i++) same = dl_size(y, i) == dim[i];
    CHECK_MSG(same, "%s: the result has another rank, sizes or dtype than \"%s\" %s", s->name,
              want->dims, dl_dtype_name(dtype));
}

/* Inputs become values of the dtype, from which and to which gradients pass as f64. */
static int stored_record(const stored *s, dl_dtype dtype, dl_tape *t, dl_val *x, dl_val *y,
                         dl_val *g)
{
    const double *data = s->data;
    dl_val wrt[STORED_IN], loss = dl_scalar(t, DL_F64, 0);
    int n = 0;
    for (int i = 0; i < STORED_IN && s->in[i].dims; i++) {
        dl_array *a = array_of(&s->in[i], data);
        x[i] = dl_leaf(t, a);
        if (s->in[i].slope) wrt[n++] = x[i];
        if (s->in[i].dtype == DL_F64) x[i] = dl_cast(x[i], dtype);
        dl_array_free(a);
        data += numel_of(s->in[i].dims);
    }
    s->call(x, y);
    for (int k = 0; k < STORED_OUT && s->out[k].dims && n; k++)
        if (s->out[k].dtype == DL_F64)
            loss = dl_add(loss, dl_dot(dl_cast(dl_stripdims(y[k]), DL_F64), cotangent(y[k], k)));
    if (n) dl_grad(loss, wrt, n, g);
    return n;
}

static void stored_holds(const stored *s, dl_dtype dtype)
{
    dl_tape *t = dl_tape_new();
    dl_val x[STORED_IN] = { { 0 } }, y[STORED_OUT] = { { 0 } }, g[STORED_IN];
    const double *data = s->data;
    int n = stored_record(s, dtype, t, x, y, g);
    CHECK_MSG(!dl_tape_status(t), "%s: %s", s->name, dl_tape_message(t));
    for (int i = 0; i < STORED_IN && s->in[i].dims; i++) data += numel_of(s->in[i].dims);
    for (int k = 0; k < STORED_OUT && s->out[k].dims && !dl_tape_status(t); k++) {
        sizes_are(s, dtype, &s->out[k], y[k]);
        compare(s, dtype, "result", k, y[k], data);
        data += numel_of(s->out[k].dims);
    }
    for (int k = 0, i = 0; k < n && !dl_tape_status(t); k++, i++) {
        while (!s->in[i].slope) i++;
        compare(s, dtype, "gradient of input", i, g[k], data);
        data += numel_of(s->in[i].dims);
    }
    dl_tape_free(t);
}

/* Whether all inputs are numbers of f32 as well. */
static bool fits_f32(const stored *s)
{
    const double *x = s->data;
    for (int i = 0; i < STORED_IN && s->in[i].dims; i++)
        for (int64_t n = numel_of(s->in[i].dims); n-- > 0; x++)
            if (isfinite(*x) && fabs(*x) > FLT_MAX) return false;
    return true;
}

static void all_hold(const stored *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        stored_holds(&s[i], DL_F64);
        if (fits_f32(&s[i]) && !under_valgrind()) stored_holds(&s[i], DL_F32);
    }
}

#define LIST(NAME) NAME##_references, sizeof NAME##_references / sizeof *NAME##_references

TEST(reference, reductions_are_those_of_pytorch) { all_hold(LIST(reductions)); }
TEST(reference, linear_algebra_is_that_of_pytorch_and_scipy) { all_hold(LIST(linalg)); }
TEST(reference, losses_are_those_of_pytorch_and_of_their_formulas) { all_hold(LIST(losses)); }
TEST(reference, layers_are_those_of_pytorch) { all_hold(LIST(deep)); }
TEST(reference, edges_are_those_of_pytorch_or_as_documented) { all_hold(LIST(edges)); }

static void record_all(const stored *s, size_t n, dl_tape *t)
{
    dl_val x[STORED_IN], y[STORED_OUT], g[STORED_IN];
    for (size_t i = 0; i < n; i++) stored_record(&s[i], DL_F64, t, x, y, g);
}

void rows_meet_arrays(rows_met *met)
{
    dl_tape *t = dl_tape_new();
    record_all(LIST(reductions), t);
    record_all(LIST(linalg), t);
    record_all(LIST(losses), t);
    record_all(LIST(deep), t);
    CHECK_STR(dl_tape_message(t), "");
    rows_meet(met, t);
    dl_tape_free(t);
}
