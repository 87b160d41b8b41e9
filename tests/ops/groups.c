/* groups.c: ops over axes against what becomes of one group of elements. */
#include "groups.h"
#include "../harness/valgrind.h"

#include <stdlib.h>

static bool taken(const op_case *c, int rank, int axis)
{
    const char number = (char)('0' + axis), *labels = c->in[0].labels;
    char label = strlen(labels) > (size_t)axis ? labels[axis] : number;
    if (strcmp(c->arg, "all") == 0) return true;
    if (c->arg[0] == '-') return c->arg[1] - '0' == rank - axis;
    return strchr(c->arg, number) || strchr(c->arg, label);
}

/* The number of the group that element i belongs to. */
static int64_t group_of(const op_case *c, int64_t i)
{
    int64_t dim[DL_MAX_RANK], group = 0, scale = 1;
    int rank = op_sizes(c->in[0].dims, dim);
    for (int k = rank - 1; k >= 0; i /= dim[k--])
        if (!taken(c, rank, k)) {
            group += i % dim[k] * scale;
            scale *= dim[k];
        }
    return group;
}

void over_groups(const op_case *c, const double *x, double *y, bool same, group_reference *f)
{
    int64_t dim[DL_MAX_RANK], all = 1, at[OP_ELEMENTS];
    for (int k = op_sizes(c->in[0].dims, dim) - 1; k >= 0; k--) all *= dim[k];
    for (int64_t group = 0;; group++) {
        double from[OP_ELEMENTS], to[OP_ELEMENTS];
        int64_t n = 0;
        for (int64_t i = 0; i < all; i++)
            if (group_of(c, i) == group) from[n] = x[i], at[n++] = i;
        if (!n) return;
        f(n, from, to);
        for (int64_t k = 0; k < n && same; k++) y[at[k]] = to[k];
        if (!same) y[group] = to[0];
    }
}

/* ---- edges ----------------------------------------------------------------------------------- */

static void edge_agrees(const group_edge *e, dl_dtype dtype, const char *what, int64_t i,
                        double got, double want)
{
    double rel = dtype == DL_F32 ? 1e-6 : 1e-14;
    bool same = want == OP_ANY || (isnan(want) ? isnan(got) : got == want)
                || (isfinite(want) && fabs(got - want) <= rel * fabs(want));
    CHECK_MSG(same, "%s %s: %s [%lld]: got %.17g, wanted %.17g", e->name, dl_dtype_name(dtype),
              what, (long long)i, got, want);
}

static double element(dl_val x, int64_t i)
{
    return dl_item(dl_slice(dl_reshape(x, DL_DIMS(-1)), "0", i, i + 1));
}

static void edge_holds(const group_edge *e, dl_dtype dtype)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(dtype, NULL, 1, &e->n), *w = dl_array_new(dtype, NULL, 1, &e->ny);
    for (int64_t i = 0; i < e->n; i++) dl_array_set(a, 1, &i, e->x[i]);
    for (int64_t i = 0; i < e->ny; i++) dl_array_set(w, 1, &i, (double)(i + 1));
    dl_val x = dl_leaf(t, a), y = e->build(t, &x, "0"), g = { 0 };
    bool slopes = dl_dtype_of(y) <= DL_F64;
    if (slopes) dl_grad_seeded(y, dl_leaf(t, w), &x, 1, &g);
    for (int64_t i = 0; i < e->ny; i++) edge_agrees(e, dtype, "value", i, element(y, i), e->y[i]);
    for (int64_t i = 0; i < e->n && slopes; i++)
        edge_agrees(e, dtype, "gradient", i, element(g, i), e->g[i]);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(w);
}

void group_edges_hold(const group_edge *e, int n)
{
    for (int i = 0; i < n; i++) {
        edge_holds(&e[i], DL_F32);
        edge_holds(&e[i], DL_F64);
    }
}

/* ---- long groups ----------------------------------------------------------------------------- */

typedef struct plane {
    int64_t rows, cols;
    double *x, *want, *from, *to;
} plane;

static void reference_of(const plane *p, const group_op *op, bool down)
{
    int64_t n = down ? p->rows : p->cols, groups = down ? p->cols : p->rows;
    int64_t step = down ? p->cols : 1, next = down ? 1 : p->cols;
    for (int64_t k = 0; k < groups; k++) {
        for (int64_t i = 0; i < n; i++) p->from[i] = p->x[k * next + i * step];
        op->reference(n, p->from, p->to);
        for (int64_t i = 0; i < n && op->same; i++) p->want[k * next + i * step] = p->to[i];
        if (!op->same) p->want[k] = p->to[0];
    }
}

static double real_at(dl_dtype dtype, const void *y, int64_t i)
{
    return dtype == DL_F64   ? ((const double *)y)[i]
           : dtype == DL_I64 ? (double)((const int64_t *)y)[i]
                             : (double)((const uint8_t *)y)[i];
}

static void plane_matches(const plane *p, const group_op *op, bool down, int threads)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(p->x, DL_F64, NULL, DL_DIMS(p->rows, p->cols));
    dl_val x = dl_leaf(t, a), y = op->build(t, &x, down ? "0" : "1");
    dl_set_threads(threads);
    const void *got = dl_data(y);
    CHECK_STR(dl_tape_message(t), "");
    for (int64_t i = 0; got && i < dl_numel(y); i++) {
        double is = real_at(dl_dtype_of(y), got, i), least = fmax(fabs(p->want[i]), 1);
        if (fabs(is - p->want[i]) <= op->rel * least) continue;
        CHECK_MSG(false, "%s of (%lld,%lld) along %d, %d threads [%lld]: got %.17g, wanted %.17g",
                  op->name, (long long)p->rows, (long long)p->cols, !down, threads, (long long)i,
                  is, p->want[i]);
        break;
    }
    dl_set_threads(1);
    dl_tape_free(t);
    dl_array_free(a);
}

void long_groups_match(const group_op *ops, int n)
{
    static const int64_t sizes[][2] = { { 1, 127 },  { 3, 128 },  { 2, 129 },  { 1, 1000 },
                                        { 127, 63 }, { 128, 64 }, { 129, 65 }, { 300, 300 },
                                        { 130, 10 }, { 65, 32 },  { 65, 33 },  { 5000, 9 },
                                        { 70, 1 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i += is_slow() ? 3 : 1) {
        int64_t rows = sizes[i][0], cols = sizes[i][1], all = rows * cols;
        plane p = { rows, cols, malloc(4 * (size_t)all * sizeof(double)), NULL, NULL, NULL };
        REQUIRE(p.x);
        p.want = p.x + all, p.from = p.want + all, p.to = p.from + all;
        /* No two of a row or column are equal. */
        for (int64_t k = 0; k < all; k++) p.x[k] = (double)(k * 7919 % 100003) / 50000 - 1;
        for (int k = 0; k < 4 * n; k++) {
            const group_op *op = &ops[k / 4];
            reference_of(&p, op, k & 1);
            plane_matches(&p, op, k & 1, k & 2 ? 3 : 1);
        }
        free(p.x);
    }
}
