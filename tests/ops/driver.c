/* driver.c: one case on one tape: inputs, recording, reading, comparing; and the law of values. */
#include "driver.h"

#include <stdlib.h>

const op_table *const op_tables[] = {
    &op_unary,
    &op_binary,
    &op_reduce,
    &op_matrix,
    &op_view,
    &op_join,
    &op_create,
    &op_loss,
    &op_stats,
    &op_extremes,
    &op_order,
    &op_scan,
    &op_softmax,
    &op_norms,
    &op_count,
    &op_lu,
    &op_solve,
    &op_decompose,
    &op_matrix_function,
    &op_product,
    &op_loss_numbers,
    &op_loss_classes,
    &op_loss_vectors,
    &op_loss_sequences,
    &op_compare,
    &op_index,
    &op_resize,
    &op_draw,
    &op_step,
    &op_math,
    &op_activation,
    &op_predicate,
    &op_special,
    &op_deep,
    &op_attention,
    &op_pool,
    &op_recurrent,
    &op_spectral,
    &op_interpolate,
    &op_triangle,
    &op_weighted,
    NULL,
};

const double op_mixed[OP_POOL] = {
    0.75,  -1.25, 2.5,   -0.5,   1.125, -2.25,  0.375, 1.75,   -0.875, -1.5,   0.25,
    2.125, -0.25, 1.375, -1.75,  0.625, -2.5,   1.0,   -0.375, 2.25,   -1.0,   0.5,
    1.5,   -2.0,  0.875, -0.625, 1.25,  -1.125, 2.0,   -0.75,  1.625,  -1.375,
};
const double op_other[OP_POOL] = {
    -0.6875, 1.3125,  0.4375,  2.0625, -1.4375, 0.8125, -2.1875, -0.3125, 1.0625,  1.9375, -0.9375,
    0.3125,  -1.8125, 2.3125,  0.5625, -1.1875, 1.5625, -0.4375, 2.4375,  -1.5625, 0.6875, 1.1875,
    -0.5625, 1.6875,  -2.3125, 0.9375, -0.8125, 1.4375, -1.3125, 2.1875,  -0.1875, 1.8125,
};
const double op_positive[OP_POOL] = {
    0.8125, 1.25,   2.5,    0.5625, 1.125,  2.25,   0.6875, 1.75, 0.875, 1.5,    0.9375,
    2.125,  1.0625, 1.375,  1.6875, 0.625,  2.4375, 1.1875, 0.75, 2.25,  1.9375, 0.5,
    1.5625, 2.0,    1.8125, 0.6875, 1.3125, 1.4375, 2.1875, 1.0,  1.625, 2.3125,
};

int op_sizes(const char *text, int64_t *dim)
{
    int rank = 0;
    for (; text && text[rank]; rank++) dim[rank] = text[rank] - '0';
    return rank;
}

static int64_t product(int rank, const int64_t *dim)
{
    int64_t n = 1;
    for (int i = 0; i < rank; i++) n *= dim[i];
    return n;
}

void op_random(unsigned seed, int64_t n, double *to)
{
    uint32_t state = seed * 2654435761u + 12345u;
    for (int64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        to[i] = ((double)(state >> 26) + 0.5) / 32 - 1;
    }
}

/* ---- storage --------------------------------------------------------------------------------- */

static void store(dl_dtype dtype, double *memory, int64_t at, double value)
{
    if (dtype == DL_F32) ((float *)memory)[at] = (float)value;
    else if (dtype == DL_F64) memory[at] = value;
    else if (dtype == DL_I32) ((int32_t *)memory)[at] = (int32_t)value;
    else if (dtype == DL_I64) ((int64_t *)memory)[at] = (int64_t)value;
    else ((uint8_t *)memory)[at] = (uint8_t)value;
}

static double load(dl_dtype dtype, const void *memory, int64_t at)
{
    if (dtype == DL_F32) return (double)((const float *)memory)[at];
    if (dtype == DL_F64) return ((const double *)memory)[at];
    if (dtype == DL_I32) return ((const int32_t *)memory)[at];
    if (dtype == DL_I64) return (double)((const int64_t *)memory)[at];
    return ((const uint8_t *)memory)[at];
}

dl_dtype op_dtype(const op_run *r, int k)
{
    return r->c->in[k].dtype == DL_F32 ? r->dtype : r->c->in[k].dtype;
}

dl_val op_array_leaf(op_run *r, int k, const char *labels, const int64_t *dim,
                     const int64_t *stride, int64_t offset)
{
    double *memory = r->memory[k];
    int64_t index[DL_MAX_RANK] = { 0 }, at = offset;
    dl_dtype dtype = op_dtype(r, k);
    for (size_t i = 0; i < sizeof r->memory[k] / sizeof *memory; i++)
        store(dtype, memory, (int64_t)i, dtype < DL_I32 ? NAN : 0);
    for (int64_t i = 0; i < r->nx[k]; i++) {
        store(dtype, memory, at, r->x[k][i]);
        for (int a = r->rank[k] - 1; a >= 0; a--) {
            at += stride[a];
            if (++index[a] < r->dim[k][a]) break;
            at -= stride[a] * r->dim[k][a];
            index[a] = 0;
        }
    }
    r->array[k] = dl_array_wrap_strided(memory, dtype, labels, r->rank[k], dim, stride);
    return dl_leaf(r->t, r->array[k]);
}

dl_val op_plain_leaf(op_run *r, int k)
{
    int64_t stride[DL_MAX_RANK], n = 1;
    for (int i = r->rank[k] - 1; i >= 0; i--) {
        stride[i] = n;
        n *= r->dim[k][i];
    }
    return op_array_leaf(r, k, r->c->in[k].labels, r->dim[k], stride, 0);
}

dl_val op_like(op_run *r, dl_val like, const double *values, double *memory, dl_array **array)
{
    int64_t dim[DL_MAX_RANK], n = dl_numel(like);
    for (int i = 0; i < dl_rank(like); i++) dim[i] = dl_size(like, i);
    for (int64_t i = 0; i < n; i++) store(r->dtype, memory, i, values[i]);
    *array = dl_array_wrap(memory, r->dtype, dl_dims(like), dl_rank(like), dim);
    return dl_leaf(r->t, *array);
}

/* ---- one case -------------------------------------------------------------------------------- */

void op_open(op_run *r, const op_case *c, dl_dtype dtype)
{
    int64_t dim[DL_MAX_RANK];
    *r = (op_run){ .c = c, .dtype = dtype, .leaf = op_plain_leaf, .t = dl_tape_new() };
    r->ny = product(op_sizes(c->dims, dim), dim);
    for (; r->nin < OP_INPUTS && c->in[r->nin].dims; r->nin++) {
        int k = r->nin;
        r->rank[k] = op_sizes(c->in[k].dims, r->dim[k]);
        r->nx[k] = product(r->rank[k], r->dim[k]);
        if (c->in[k].dtype == DL_F32) {
            REQUIRE(k == r->nreal);
            r->nreal++;
        }
        REQUIRE(r->nx[k] <= OP_POOL && r->ny <= OP_ELEMENTS);
        for (int64_t i = 0; i < r->nx[k]; i++) r->x[k][i] = c->in[k].values[i];
    }
}

void op_reset(op_run *r)
{
    dl_tape_reset(r->t);
    for (int k = 0; k < OP_INPUTS; k++) {
        dl_array_free(r->array[k]);
        r->array[k] = NULL;
    }
}

void op_close(op_run *r)
{
    op_reset(r);
    dl_tape_free(r->t);
}

bool op_ok(const op_run *r, const char *what)
{
    dl_status s = dl_tape_status(r->t);
    CHECK_MSG(s == DL_OK, "%s (%s) %s: %s: %s %s", r->c->op, r->c->name, dl_dtype_name(r->dtype),
              what, dl_status_name(s), dl_tape_message(r->t));
    return s == DL_OK;
}

bool op_record(op_run *r)
{
    op_reset(r);
    for (int k = 0; k < r->nin; k++) r->in[k] = r->leaf(r, k);
    r->y = r->c->build(r->t, r->in, r->c->arg);
    return op_ok(r, "recording");
}

bool op_read(op_run *r, dl_val v, double *to)
{
    const void *from = dl_data(v);
    if (!op_ok(r, "evaluation")) return false;
    int64_t n = dl_numel(v);
    for (int64_t i = 0; i < n; i++) to[i] = load(dl_dtype_of(v), from, i);
    return true;
}

/* ---- comparing ------------------------------------------------------------------------------- */

bool op_close_to(const op_run *r, const char *what, const double *got, const double *want,
                 int64_t n, double rel, double floor)
{
    for (int64_t i = 0; i < n; i++) {
        double e = fabs(got[i] - want[i]), least = fmax(fabs(want[i]), floor);
        if (e <= rel * least) continue;
        CHECK_MSG(false, "%s (%s) %s: %s [%lld]: got %.17g, wanted %.17g", r->c->op, r->c->name,
                  dl_dtype_name(r->dtype), what, (long long)i, got[i], want[i]);
        return false;
    }
    return true;
}

bool op_same_bits(const op_run *r, const char *what, const double *got, const double *want,
                  int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (memcmp(&got[i], &want[i], sizeof *got) == 0) continue;
        CHECK_MSG(false, "%s (%s) %s: %s [%lld]: got %a, wanted the bits of %a", r->c->op,
                  r->c->name, dl_dtype_name(r->dtype), what, (long long)i, got[i], want[i]);
        return false;
    }
    return true;
}

void op_sweep(const op_table *table, op_law *law)
{
    op_run r;
    for (int i = 0; i < table->n; i++)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
            op_open(&r, &table->cases[i], (dl_dtype)dtype);
            law(&r);
            op_close(&r);
        }
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool has_sizes(const op_run *r, const char *what, dl_val v, const char *dims,
                      const char *labels)
{
    int64_t dim[DL_MAX_RANK];
    int rank = op_sizes(dims, dim);
    bool same = dl_rank(v) == rank && strcmp(dl_dims(v), labels ? labels : "") == 0;
    for (int i = 0; i < rank && same; i++) same = dl_size(v, i) == dim[i];
    char got[32] = "";
    for (int i = 0; i < dl_rank(v); i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%lld", (long long)dl_size(v, i));
    CHECK_MSG(same, "%s (%s) %s: %s: got sizes %s %s, wanted %s %s", r->c->op, r->c->name,
              dl_dtype_name(r->dtype), what, got, dl_dims(v), dims, labels ? labels : "");
    return same;
}

static void value_matches(op_run *r)
{
    double y[OP_ELEMENTS], want[OP_ELEMENTS];
    const double *x[OP_INPUTS] = { r->x[0], r->x[1], r->x[2], r->x[3] };
    if (!op_record(r) || !has_sizes(r, "result", r->y, r->c->dims, r->c->labels)) return;
    CHECK_INT(dl_dtype_of(r->y), r->c->result == DL_F32 ? r->dtype : r->c->result);
    if (!op_read(r, r->y, y)) return;
    if (r->c->reference) r->c->reference(r->c, x, want);
    else memcpy(want, r->c->want, (size_t)r->ny * sizeof *want);
    op_close_to(r, "value", y, want, r->ny, r->dtype == DL_F32 ? 1e-6 : 1e-13, 0.1);
    if (r->c->result != DL_F32) return;
    dl_val g[OP_INPUTS], seed = dl_ones_like(r->y);
    dl_grad_seeded(r->y, seed, r->in, r->nin, g);
    for (int k = 0; k < r->nin && op_ok(r, "gradient"); k++)
        has_sizes(r, "gradient", g[k], r->c->in[k].dims, r->c->in[k].labels);
}

void op_values_match(const op_table *table) { op_sweep(table, value_matches); }

/* ---- edges ----------------------------------------------------------------------------------- */

static void point_agrees(const op_point *p, dl_dtype dtype, const char *what, double got,
                         double want)
{
    double rel = dtype == DL_F32 ? 1e-6 : 1e-14;
    if (dtype == DL_F32) want = (double)(float)want;
    bool same = want == OP_ANY || (isnan(want) ? isnan(got) : got == want)
                || (isfinite(want) && fabs(got - want) <= rel * fabs(want));
    CHECK_MSG(same, "%s (%g, %g) %s: %s: got %.17g, wanted %.17g", p->op, p->a, p->b,
              dl_dtype_name(dtype), what, got, want);
}

void op_points_hold(const op_point *points, int n, int nin)
{
    for (int i = 0; i < 2 * n; i++) {
        const op_point *p = &points[i / 2];
        dl_dtype dtype = i % 2 ? DL_F64 : DL_F32;
        dl_tape *t = dl_tape_new();
        /* As vectors of one element, so that nothing is a mere number of the plan. */
        dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(1)),
                 *b = dl_array_new(dtype, NULL, DL_DIMS(1));
        dl_array_fill(a, p->a);
        dl_array_fill(b, p->b);
        dl_val in[2] = { dl_leaf(t, a), dl_leaf(t, b) }, g[2], y = p->build(t, in, NULL);
        dl_grad(y, in, nin, g);
        point_agrees(p, dtype, "value", dl_item(y), p->y);
        point_agrees(p, dtype, "first derivative", dl_item(g[0]), p->da);
        if (nin > 1) point_agrees(p, dtype, "second derivative", dl_item(g[1]), p->db);
        CHECK_STR(dl_tape_message(t), "");
        dl_tape_free(t);
        dl_array_free(a);
        dl_array_free(b);
    }
}
