/* linear_reference.c: see linear_reference.h. */
#include "linear_reference.h"

const double linear_regular[OP_POOL] = { 2.5, -0.5, 0.75, 0.375, -1.75, 1.0, -0.625, 0.5, 3.0 };
const double linear_regulars[OP_POOL] = { 2.5, -0.5, 0.75, 1.375, -0.75, 2.0,
                                          1.5, 0.5,  1.0,  -1.25, 2.25,  0.875 };
const double linear_definite[OP_POOL] = { 4.0, 0.5, -0.25, 0.25, 2.25, 0.375, 0.125, -0.125, 1.0 };
const double linear_definites[OP_POOL] = { 3.0,   0.5, 0.25, 1.25, 2.0, -0.75,
                                           -0.25, 4.5, 1.5,  0.25, 0.0, 0.625 };
const double linear_tall[OP_POOL] = { 2.0,  0.5,   -0.25, 0.25, 1.75,   0.5,
                                      -0.5, 0.375, 1.0,   0.75, -0.625, 0.25 };

#define AT(A, I, J) (A)->x[(I) * (A)->n + (J)]

linear_matrix linear_from(const double *x, int m, int n)
{
    linear_matrix a = { m, n, { 0 } };
    for (int i = 0; i < m * n; i++) a.x[i] = (long double)x[i];
    return a;
}

void linear_to(const linear_matrix *a, double *y)
{
    for (int i = 0; i < a->m * a->n; i++) y[i] = (double)a->x[i];
}

linear_matrix linear_times(const linear_matrix *a, const linear_matrix *b)
{
    linear_matrix y = { a->m, b->n, { 0 } };
    for (int i = 0; i < y.m; i++)
        for (int j = 0; j < y.n; j++)
            for (int k = 0; k < a->n; k++) AT(&y, i, j) += AT(a, i, k) * AT(b, k, j);
    return y;
}

linear_matrix linear_transposed(const linear_matrix *a)
{
    linear_matrix y = { a->n, a->m, { 0 } };
    for (int i = 0; i < y.m; i++)
        for (int j = 0; j < y.n; j++) AT(&y, i, j) = AT(a, j, i);
    return y;
}

linear_matrix linear_plus(const linear_matrix *a, long double f, const linear_matrix *b)
{
    linear_matrix y = *a;
    for (int i = 0; i < y.m * y.n; i++) y.x[i] += f * b->x[i];
    return y;
}

linear_matrix linear_symmetric(const linear_matrix *a)
{
    linear_matrix t = linear_transposed(a), y = linear_plus(a, 1, &t);
    for (int i = 0; i < y.m * y.n; i++) y.x[i] /= 2;
    return y;
}

linear_matrix linear_identity(int n)
{
    linear_matrix y = { n, n, { 0 } };
    for (int i = 0; i < n; i++) AT(&y, i, i) = 1;
    return y;
}

linear_matrix linear_solve(const linear_matrix *a, const linear_matrix *b)
{
    linear_matrix m = *a, y = *b;
    for (int k = 0; k < m.n; k++) {
        int top = k;
        for (int i = k; i < m.n; i++)
            if (fabsl(AT(&m, i, k)) > fabsl(AT(&m, top, k))) top = i;
        for (int j = 0; j < m.n; j++) {
            long double t = AT(&m, k, j);
            AT(&m, k, j) = AT(&m, top, j), AT(&m, top, j) = t;
        }
        for (int j = 0; j < y.n; j++) {
            long double t = AT(&y, k, j);
            AT(&y, k, j) = AT(&y, top, j), AT(&y, top, j) = t;
        }
        long double pivot = AT(&m, k, k);
        for (int j = 0; j < m.n; j++) AT(&m, k, j) /= pivot;
        for (int j = 0; j < y.n; j++) AT(&y, k, j) /= pivot;
        for (int i = 0; i < m.n; i++) {
            long double f = AT(&m, i, k);
            for (int j = 0; j < m.n && i != k; j++) AT(&m, i, j) -= f * AT(&m, k, j);
            for (int j = 0; j < y.n && i != k; j++) AT(&y, i, j) -= f * AT(&y, k, j);
        }
    }
    return y;
}

long double linear_det(const linear_matrix *a)
{
    long double sum = 0;
    if (a->n == 0) return 1;
    for (int c = 0; c < a->n; c++) {
        linear_matrix minor = { a->n - 1, a->n - 1, { 0 } };
        for (int i = 1; i < a->n; i++)
            for (int j = 0, to = 0; j < a->n; j++)
                if (j != c) AT(&minor, i - 1, to++) = AT(a, i, j);
        sum += (c % 2 ? -1 : 1) * AT(a, 0, c) * linear_det(&minor);
    }
    return sum;
}

/* One Jacobi rotation of rows and columns p and q. */
static void rotate(linear_matrix *a, linear_matrix *v, int p, int q)
{
    if (AT(a, p, q) == 0) return;
    long double z = (AT(a, q, q) - AT(a, p, p)) / (2 * AT(a, p, q));
    long double t = (z < 0 ? -1 : 1) / (fabsl(z) + sqrtl(1 + z * z));
    long double c = 1 / sqrtl(1 + t * t), s = c * t;
    for (int k = 0; k < a->n; k++) {
        long double x = AT(a, k, p), y = AT(a, k, q);
        AT(a, k, p) = c * x - s * y, AT(a, k, q) = s * x + c * y;
        x = AT(v, k, p), y = AT(v, k, q);
        AT(v, k, p) = c * x - s * y, AT(v, k, q) = s * x + c * y;
    }
    for (int k = 0; k < a->n; k++) {
        long double x = AT(a, p, k), y = AT(a, q, k);
        AT(a, p, k) = c * x - s * y, AT(a, q, k) = s * x + c * y;
    }
}

/* Whether the largest component of column j is negative. */
static bool points_down(const linear_matrix *v, int j)
{
    long double most = 0;
    for (int i = 0; i < v->m; i++)
        if (fabsl(AT(v, i, j)) > fabsl(most)) most = AT(v, i, j);
    return most < 0;
}

static void turn(linear_matrix *v, int j)
{
    for (int i = 0; i < v->m; i++) AT(v, i, j) = -AT(v, i, j);
}

linear_matrix linear_eigen(const linear_matrix *symmetric, long double *w)
{
    linear_matrix a = *symmetric, v = linear_identity(a.n), sorted = v;
    for (int sweep = 0; sweep < 30; sweep++)
        for (int p = 0; p < a.n; p++)
            for (int q = p + 1; q < a.n; q++) rotate(&a, &v, p, q);
    for (int j = 0; j < a.n; j++) {
        int at = 0;
        for (int k = 0; k < a.n; k++) at += AT(&a, k, k) < AT(&a, j, j);
        w[at] = AT(&a, j, j);
        for (int i = 0; i < a.n; i++) AT(&sorted, i, at) = AT(&v, i, j);
        if (points_down(&sorted, at)) turn(&sorted, at);
    }
    return sorted;
}

void linear_svd(const linear_matrix *a, linear_matrix *u, long double *s, linear_matrix *v)
{
    long double w[LINEAR_MOST];
    linear_matrix t = linear_transposed(a);
    linear_matrix square = a->m < a->n ? linear_times(a, &t) : linear_times(&t, a);
    linear_matrix vectors = linear_eigen(&square, w), one = vectors;
    int k = square.n;
    for (int j = 0; j < k; j++) {
        s[j] = sqrtl(w[k - 1 - j]);
        for (int i = 0; i < k; i++) AT(&one, i, j) = AT(&vectors, i, k - 1 - j);
    }
    linear_matrix other = linear_times(a->m < a->n ? &t : a, &one);
    for (int j = 0; j < k; j++)
        for (int i = 0; i < other.m; i++) AT(&other, i, j) /= s[j];
    *u = a->m < a->n ? one : other;
    *v = a->m < a->n ? other : one;
    for (int j = 0; j < k; j++)
        if (points_down(u, j)) turn(u, j), turn(v, j);
}

/* ---- batches --------------------------------------------------------------------------------- */

/* Sizes of the last `axes` axes, and how many such parts there are. */
static int parts_of(const char *dims, int axes, int *m, int *n)
{
    int64_t dim[DL_MAX_RANK];
    int rank = op_sizes(dims, dim), parts = 1;
    for (int i = 0; i < rank - axes; i++) parts *= (int)dim[i];
    *n = axes > 0 ? (int)dim[rank - 1] : 1;
    *m = axes > 1 ? (int)dim[rank - 2] : 1;
    return parts;
}

void linear_batches(const op_case *c, const double *const *x, double *y, int result_axes,
                    linear_one *one)
{
    linear_matrix in[2] = { { 0 } };
    int m, n, batches = parts_of(c->dims, result_axes, &m, &n), size = m * n;
    for (int k = 0; k < batches; k++) {
        for (int i = 0; i < 2 && c->in[i].dims; i++) {
            int parts = parts_of(c->in[i].dims, 2, &m, &n);
            in[i] = linear_from(x[i] + (parts > 1 ? k : 0) * m * n, m, n);
        }
        one(c, &in[0], &in[1], y + k * size);
    }
}
