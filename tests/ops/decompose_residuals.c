/* decompose_residuals.c: factorisations of larger, badly conditioned and degenerate matrices. What
 * is judged is the residual in units of n eps |a|, as the testers of LAPACK do: at most 16, and of
 * factors that are orthogonal, |1 - q'q| in units of n eps. Norms are sums of all squares, roots
 * taken. Everything is computed again in long double. */
#include "driver.h"
#include "../harness/valgrind.h"

#include <stdlib.h>

enum { MOST = 80 };

typedef struct matrix {
    int m, n;
    long double x[MOST * MOST];
} matrix;

/* One input, on a tape of its own. */
typedef struct trial {
    const char *name;
    dl_dtype dtype;
    int m, n;
    double x[MOST * MOST];
    float narrow[MOST * MOST];
    matrix a;
    dl_tape *t;
    dl_array *array;
    dl_val in;
} trial;

static void get(dl_val y, int m, int n, matrix *to)
{
    const void *data = dl_data(y);
    *to = (matrix){ .m = m, .n = n };
    for (int i = 0; data && i < m * n; i++)
        to->x[i] = dl_dtype_of(y) == DL_F32 ? (long double)((const float *)data)[i]
                                            : (long double)((const double *)data)[i];
}

static void multiply(const matrix *a, const matrix *b, matrix *y)
{
    *y = (matrix){ .m = a->m, .n = b->n };
    for (int i = 0; i < a->m; i++)
        for (int k = 0; k < a->n; k++)
            for (int j = 0; j < b->n; j++)
                y->x[i * b->n + j] += a->x[i * a->n + k] * b->x[k * b->n + j];
}

static void transpose(const matrix *a, matrix *y)
{
    *y = (matrix){ .m = a->n, .n = a->m };
    for (int i = 0; i < a->m; i++)
        for (int j = 0; j < a->n; j++) y->x[j * a->m + i] = a->x[i * a->n + j];
}

/* Columns scaled. */
static void scale(matrix *a, const matrix *by)
{
    for (int i = 0; i < a->m * a->n; i++) a->x[i] *= by->x[i % a->n];
}

static long double distance(const matrix *a, const matrix *b)
{
    long double sum = 0;
    for (int i = 0; i < a->m * a->n; i++) {
        long double d = a->x[i] - (b ? b->x[i] : 0);
        sum += d * d;
    }
    return sqrtl(sum);
}

static long double eps(const trial *s) { return s->dtype == DL_F32 ? FLT_EPSILON : DBL_EPSILON; }

static void judge(const trial *s, const char *what, long double error, long double size)
{
    int n = s->m > s->n ? s->m : s->n;
    long double ratio = error / (n * eps(s) * (size > 0 ? size : 1));
    CHECK_MSG(ratio <= 16, "%s of %s (%d,%d) %s: residual ratio %.3Lg", what, s->name, s->m, s->n,
              dl_dtype_name(s->dtype), ratio);
}

static void judge_product(const trial *s, const char *what, const matrix *a, const matrix *b)
{
    static matrix y;
    multiply(a, b, &y);
    judge(s, what, distance(&y, &s->a), distance(&s->a, NULL));
}

static void judge_orthogonal(const trial *s, const char *what, const matrix *q)
{
    static matrix qt, y;
    transpose(q, &qt);
    multiply(&qt, q, &y);
    for (int i = 0; i < y.n; i++) y.x[i * y.n + i] -= 1;
    judge(s, what, distance(&y, NULL), 1);
}

/* ---- the inputs ------------------------------------------------------------------------------ */

static double random_number(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(int)(*state >> 8) / (1 << 23) - 1;
}

static void random_matrix(int m, int n, double *x)
{
    unsigned state = 12345;
    for (int i = 0; i < m * n; i++) x[i] = random_number(&state);
}

static void hilbert(int m, int n, double *x)
{
    for (int i = 0; i < m * n; i++) x[i] = 1.0 / (i / n + i % n + 1);
}

/* Symmetric and definite if square; rows and columns shrink by 4, or in larger ones every eighth.
 */
static void graded(int m, int n, double *x)
{
    int step = m > 20 ? 8 : 1;
    for (int i = 0; i < m * n; i++)
        x[i] = ldexp(i / n == i % n ? 1 : 0.25, -2 * (i / n / step) - 2 * (i % n / step));
}

static void ones(int m, int n, double *x)
{
    for (int i = 0; i < m * n; i++) x[i] = 1;
}

static void zeros(int m, int n, double *x) { memset(x, 0, (size_t)(m * n) * sizeof *x); }

static void identity(int m, int n, double *x)
{
    for (int i = 0; i < m * n; i++) x[i] = i / n == i % n;
}

static void large_numbers(int m, int n, double *x)
{
    random_matrix(m, n, x);
    for (int i = 0; i < m * n; i++) x[i] *= 0x1p120;
}

static void small_numbers(int m, int n, double *x)
{
    random_matrix(m, n, x);
    for (int i = 0; i < m * n; i++) x[i] *= 0x1p-100;
}

static void rank_two(int m, int n, double *x)
{
    for (int i = 0; i < m * n; i++)
        x[i] = (i / n + 1) * (i % n - 2.5) + (i / n % 3) * (i % n % 4 - 1.0);
}

/* Two diagonals, every third element of the main one 0. */
static void gaps(int m, int n, double *x)
{
    zeros(m, n, x);
    for (int i = 0; i < m && i < n; i++) {
        x[i * n + i] = i % 3 == 2 ? 0 : 1 + i % 7;
        if (i + 1 < n) x[i * n + i + 1] = 1;
    }
}

typedef void fill(int m, int n, double *x);
static const struct kind {
    const char *name;
    fill *make;
} kinds[] = {
    { "a random matrix", random_matrix },
    { "Hilbert's matrix", hilbert },
    { "a graded matrix", graded },
    { "ones", ones },
    { "zeros", zeros },
    { "the identity", identity },
    { "large numbers", large_numbers },
    { "small numbers", small_numbers },
    { "a matrix of rank 2", rank_two },
    { "two diagonals with gaps", gaps },
};
static const int sizes[][2] = { { 1, 1 }, { 2, 2 }, { 8, 8 },   { 33, 33 }, { 80, 80 },
                                { 5, 1 }, { 9, 4 }, { 80, 17 }, { 1, 6 },   { 4, 9 } };

/* The symmetric part is what is judged if `symmetric`. */
static void with_inputs(bool square, bool symmetric, const struct kind *only, int nonly,
                        void (*judged)(trial *s))
{
    static trial s;
    for (int i = 0; i < nonly * (int)(sizeof sizes / sizeof *sizes) * 2; i++) {
        const struct kind *k = &only[i / 2 % nonly];
        s = (trial){ .name = k->name,
                     .dtype = i % 2 ? DL_F64 : DL_F32,
                     .m = sizes[i / 2 / nonly][0],
                     .n = sizes[i / 2 / nonly][1] };
        if (square && s.m != s.n) continue;
        if (is_slow() && s.m * s.n > 40 * 40 && i % 3) continue;
        k->make(s.m, s.n, s.x);
        for (int j = 0; j < s.m * s.n; j++) {
            int other = symmetric ? j % s.n * s.n + j / s.n : j;
            s.narrow[j] = (float)s.x[j];
            s.a.x[j] = s.dtype == DL_F32
                           ? ((long double)(float)s.x[j] + (long double)(float)s.x[other]) / 2
                           : ((long double)s.x[j] + (long double)s.x[other]) / 2;
        }
        s.a.m = s.m, s.a.n = s.n;
        s.t = dl_tape_new();
        s.array = dl_array_wrap(s.dtype == DL_F32 ? (void *)s.narrow : s.x, s.dtype, NULL,
                                DL_DIMS(s.m, s.n));
        s.in = dl_leaf(s.t, s.array);
        judged(&s);
        CHECK_STR(dl_tape_message(s.t), "");
        dl_tape_free(s.t);
        dl_array_free(s.array);
    }
}

enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- factorisations -------------------------------------------------------------------------- */

static void qr_holds(trial *s)
{
    static matrix q, r;
    dl_val vq, vr;
    int k = s->m < s->n ? s->m : s->n;
    dl_qr(s->in, &vq, &vr);
    get(vq, s->m, k, &q);
    get(vr, k, s->n, &r);
    judge_product(s, "q r", &q, &r);
    judge_orthogonal(s, "q", &q);
    for (int i = 0; i < k; i++) CHECK(r.x[i * s->n + i] >= 0);
    for (int i = 0; i < k; i++)
        for (int j = 0; j < i; j++) CHECK(r.x[i * s->n + j] == 0);
}

TEST(residuals, of_qr_are_small) { with_inputs(false, false, kinds, KINDS, qr_holds); }

static void svd_holds(trial *s)
{
    static matrix u, sigma, v, vt;
    dl_val vu, vs, vv;
    int k = s->m < s->n ? s->m : s->n;
    dl_svd(s->in, &vu, &vs, &vv);
    get(vu, s->m, k, &u);
    get(vs, 1, k, &sigma);
    get(vv, s->n, k, &v);
    judge_orthogonal(s, "u", &u);
    judge_orthogonal(s, "v", &v);
    for (int i = 1; i < k; i++) CHECK(sigma.x[i] <= sigma.x[i - 1] && sigma.x[i] >= 0);
    transpose(&v, &vt);
    scale(&u, &sigma);
    judge_product(s, "u s v'", &u, &vt);
}

TEST(residuals, of_svd_are_small) { with_inputs(false, false, kinds, KINDS, svd_holds); }

static void eigh_holds(trial *s)
{
    static matrix w, v, vt;
    dl_val vw, vv;
    dl_eigh(s->in, &vw, &vv);
    get(vw, 1, s->n, &w);
    get(vv, s->n, s->n, &v);
    judge_orthogonal(s, "eigenvectors", &v);
    for (int i = 1; i < s->n; i++) CHECK(w.x[i] >= w.x[i - 1]);
    transpose(&v, &vt);
    scale(&v, &w);
    judge_product(s, "v w v'", &v, &vt);
}

/* Values and vectors of dl_svd and dl_eigh. */
static dl_status spectra_of(dl_val x, dl_val *y)
{
    dl_svd(x, &y[0], &y[1], &y[2]);
    dl_eigh(x, &y[3], &y[4]);
    return dl_eval(dl_tape_of(x), y, 5);
}

/* NaN with the sign of NAN, so that no instruction set shows in what reads signs. */
TEST(residuals, of_matrices_that_are_not_finite_are_nan)
{
    for (int k = 0; k < 9; k++) {
        double x[9], bad[] = { NAN, INFINITY, -INFINITY, -NAN };
        random_matrix(3, 3, x);
        x[k] = bad[k % 4];
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_wrap(x, DL_F64, NULL, DL_DIMS(3, 3));
        dl_val y[5];
        CHECK_INT(spectra_of(dl_leaf(t, a), y), DL_OK);
        for (int i = 0; i < 5; i++) {
            const double *z = dl_data(y[i]);
            REQUIRE(z);
            for (int64_t j = 0; j < dl_numel(y[i]); j++) CHECK(isnan(z[j]) && !signbit(z[j]));
        }
        dl_tape_free(t);
        dl_array_free(a);
    }
}

TEST(residuals, of_the_largest_and_the_smallest_numbers_are_none)
{
    static const double pairs[][2] = { { 0x1.8p1023, 0x1p1000 },
                                       { 0x1p-1060, 0x1p-1070 },
                                       { 3, 0x1p-40 } };
    for (int k = 0; k < 3; k++) {
        double x[4] = { pairs[k][0], 0, 0, pairs[k][1] };
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_wrap(x, DL_F64, NULL, DL_DIMS(2, 2));
        dl_val y[5];
        CHECK_INT(spectra_of(dl_leaf(t, a), y), DL_OK);
        const double *s = dl_data(y[1]), *w = dl_data(y[3]);
        REQUIRE(s && w);
        for (int i = 0; i < 2; i++) {
            CHECK_CLOSE(s[i], pairs[k][i], 0);
            CHECK_CLOSE(w[1 - i], pairs[k][i], 0);
        }
        dl_tape_free(t);
        dl_array_free(a);
    }
}

TEST(residuals, of_eigh_are_small) { with_inputs(true, true, kinds, KINDS, eigh_holds); }

/* The identity, and a matrix whose inverse is known: min(i,j) + 1. */
static void brownian(int m, int n, double *x)
{
    for (int i = 0; i < m * n; i++) x[i] = (i / n < i % n ? i / n : i % n) + 1;
}

static const struct kind definite[] = { { "the identity", identity },
                                        { "Brownian motion", brownian },
                                        { "a graded matrix", graded } };

static void cholesky_holds(trial *s)
{
    static matrix l, lt;
    get(dl_cholesky(s->in), s->n, s->n, &l);
    transpose(&l, &lt);
    judge_product(s, "l l'", &l, &lt);
}

TEST(residuals, of_cholesky_are_small) { with_inputs(true, true, definite, 3, cholesky_holds); }

static void sqrtm_holds(trial *s)
{
    static matrix r;
    get(dl_sqrtm(s->in), s->n, s->n, &r);
    judge_product(s, "the root squared", &r, &r);
}

TEST(residuals, of_roots_are_small) { with_inputs(true, true, definite, 3, sqrtm_holds); }

/* |a x - b| in units of |a| |x|. */
static void solve_holds(trial *s)
{
    static matrix x, ax, b;
    int n = s->n;
    dl_val vb = dl_slice(s->in, "1", 0, n < 2 ? n : 2);
    get(vb, n, n < 2 ? n : 2, &b);
    get(dl_solve(s->in, vb), n, b.n, &x);
    multiply(&s->a, &x, &ax);
    judge(s, "a x - b", distance(&ax, &b), distance(&s->a, NULL) * distance(&x, NULL));
}

TEST(residuals, of_systems_are_small)
{
    with_inputs(true, false, kinds, 2,
                solve_holds); /* Hilbert's among them: condition 1e10 and up */
    with_inputs(true, false, definite, 3, solve_holds);
}

/* a p a = a, p a p = p, and both products symmetric: Penrose's equations, where the rank is clear.
 */
static void pinv_holds(trial *s)
{
    static matrix p, ap, pa, t, y;
    get(dl_pinv(s->in), s->n, s->m, &p);
    multiply(&s->a, &p, &ap);
    multiply(&p, &s->a, &pa);
    judge_product(s, "a p a", &ap, &s->a);
    multiply(&pa, &p, &y);
    judge(s, "p a p", distance(&y, &p), distance(&p, NULL) * (1 + distance(&pa, NULL)));
    transpose(&ap, &t);
    judge(s, "(a p)'", distance(&t, &ap), distance(&s->a, NULL) * distance(&p, NULL));
    transpose(&pa, &t);
    judge(s, "(p a)'", distance(&t, &pa), distance(&s->a, NULL) * distance(&p, NULL));
}

TEST(residuals, of_pseudoinverses_are_small)
{
    static const struct kind clear[] = { { "ones", ones },
                                         { "zeros", zeros },
                                         { "the identity", identity },
                                         { "a matrix of rank 2", rank_two } };
    with_inputs(false, false, clear, 4, pinv_holds);
}
