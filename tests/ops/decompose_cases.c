/* decompose_cases.c: Cholesky, QR, eigenvalues, singular values. */
#include "linear_reference.h"

static dl_val build_cholesky(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_cholesky(in[0]);
}
/* arg: the part that is returned. */
static dl_val build_qr(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val q, r;
    dl_qr(in[0], &q, &r);
    return *arg == 'q' ? q : r;
}
static dl_val build_eigh(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val w, v;
    dl_eigh(in[0], &w, &v);
    return *arg == 'w' ? w : v;
}
static dl_val build_svd(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val u, s, v;
    dl_svd(in[0], &u, &s, &v);
    return *arg == 'u' ? u : *arg == 's' ? s : v;
}
/* All parts at once: their cotangents meet. */
static dl_val build_eigh_all(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val w, v;
    dl_eigh(in[0], &w, &v);
    return dl_matmul(v, dl_matmul(dl_diag_embed(w, 0), dl_transpose(v)));
}
static dl_val build_svd_all(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val u, s, v;
    dl_svd(in[0], &u, &s, &v);
    return dl_matmul(u, dl_matmul(dl_diag_embed(s, 0), dl_transpose(v)));
}
static dl_val build_qr_all(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val q, r;
    dl_qr(in[0], &q, &r);
    return dl_matmul(q, r);
}

/* ---- the reference --------------------------------------------------------------------------- */

/* By elimination: a = l d l', of which the columns are scaled. */
static void cholesky_one(const op_case *c, const linear_matrix *a, const linear_matrix *b,
                         double *y)
{
    linear_matrix s = linear_symmetric(a), l = { s.n, s.n, { 0 } };
    int n = s.n;
    for (int k = 0; k < n; k++) {
        for (int i = k; i < n; i++) l.x[i * n + k] = s.x[i * n + k] / sqrtl(s.x[k * n + k]);
        for (int i = k + 1; i < n; i++)
            for (int j = k + 1; j < n; j++)
                s.x[i * n + j] -= s.x[i * n + k] * s.x[k * n + j] / s.x[k * n + k];
    }
    linear_to(&l, y);
}

/* By Gram and Schmidt, twice. */
static void qr_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    int m = a->m, n = a->n, k = m < n ? m : n;
    linear_matrix q = { m, k, { 0 } };
    for (int j = 0; j < k; j++) {
        long double x[LINEAR_MOST], length = 0;
        for (int i = 0; i < m; i++) x[i] = a->x[i * n + j];
        for (int p = 0; p < 2 * j; p++) {
            long double dot = 0;
            for (int i = 0; i < m; i++) dot += x[i] * q.x[i * k + p % j];
            for (int i = 0; i < m; i++) x[i] -= dot * q.x[i * k + p % j];
        }
        for (int i = 0; i < m; i++) length += x[i] * x[i];
        for (int i = 0; i < m; i++) q.x[i * k + j] = x[i] / sqrtl(length);
    }
    linear_matrix qt = linear_transposed(&q), r = linear_times(&qt, a);
    for (int i = 0; i < k; i++)
        for (int j = 0; j < i; j++) r.x[i * n + j] = 0;
    linear_to(*c->arg == 'q' ? &q : &r, y);
}

static void eigh_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    long double w[LINEAR_MOST];
    linear_matrix s = linear_symmetric(a), v = linear_eigen(&s, w);
    if (*c->arg == 'v') linear_to(&v, y);
    for (int i = 0; i < s.n && *c->arg == 'w'; i++) y[i] = (double)w[i];
}

static void svd_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    long double s[LINEAR_MOST];
    linear_matrix u, v;
    linear_svd(a, &u, s, &v);
    if (*c->arg != 's') linear_to(*c->arg == 'u' ? &u : &v, y);
    for (int i = 0; i < u.n && *c->arg == 's'; i++) y[i] = (double)s[i];
}

static void same_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    linear_to(a, y);
}

static void symmetric_one(const op_case *c, const linear_matrix *a, const linear_matrix *b,
                          double *y)
{
    linear_matrix s = linear_symmetric(a);
    linear_to(&s, y);
}

#define REFERENCE(NAME, AXES)                                                         \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        linear_batches(c, x, y, AXES, NAME##_one);                                    \
    }
REFERENCE(cholesky, 2)
REFERENCE(qr, 2)
REFERENCE(eigh, *c->arg == 'w' ? 1 : 2)
REFERENCE(svd, *c->arg == 's' ? 1 : 2)
REFERENCE(same, 2)
REFERENCE(symmetric, 2)

/* ---- the cases ------------------------------------------------------------------------------- */

#define CASE(OP, TEXT, ARG, A, XA, Y, FLAGS)                             \
    OP_CASE(#OP, TEXT, build_##OP, (OP_X(A, "", XA)), Y, "", .arg = ARG, \
            .reference = OP##_reference, .flags = FLAGS)
#define ALL(OP, TEXT, A, XA, REFERENCE, FLAGS)                                  \
    OP_CASE(#OP, TEXT, build_##OP##_all, (OP_X(A, "", XA)), A, "", .arg = NULL, \
            .reference = REFERENCE##_reference, .flags = FLAGS)

static const op_case cases[] = {
    CASE(cholesky, "one matrix", "", "33", linear_definite, "33", 0),
    CASE(cholesky, "one number", "", "11", linear_definite, "11", 0),
    CASE(cholesky, "batches", "", "322", linear_definites, "322", 0),
    CASE(qr, "q of a square one", "q", "33", linear_regular, "33", 0),
    CASE(qr, "r of a square one", "r", "33", linear_regular, "33", 0),
    CASE(qr, "q of a tall one", "q", "43", linear_tall, "43", OP_FIXED),
    CASE(qr, "r of a tall one", "r", "43", linear_tall, "33", OP_FIXED),
    CASE(qr, "q of a wide one", "q", "34", linear_tall, "33", OP_FIXED),
    CASE(qr, "r of a wide one", "r", "34", linear_tall, "34", OP_FIXED),
    CASE(qr, "q of batches", "q", "322", linear_regulars, "322", 0),
    CASE(qr, "r of batches", "r", "322", linear_regulars, "322", 0),
    ALL(qr, "q r", "43", linear_tall, same, OP_FIXED),
    CASE(eigh, "values", "w", "33", linear_definite, "3", 0),
    CASE(eigh, "vectors", "v", "33", linear_definite, "33", 0),
    CASE(eigh, "values of both signs", "w", "33", linear_regular, "3", 0),
    CASE(eigh, "values of batches", "w", "322", linear_definites, "32", 0),
    CASE(eigh, "vectors of batches", "v", "322", linear_definites, "322", 0),
    CASE(eigh, "one number", "v", "11", linear_definite, "11", 0),
    ALL(eigh, "v w v'", "33", linear_definite, symmetric, 0),
    CASE(svd, "u of a square one", "u", "33", linear_regular, "33", 0),
    CASE(svd, "s of a square one", "s", "33", linear_regular, "3", 0),
    CASE(svd, "v of a square one", "v", "33", linear_regular, "33", 0),
    CASE(svd, "u of a tall one", "u", "43", linear_tall, "43", OP_FIXED),
    CASE(svd, "s of a tall one", "s", "43", linear_tall, "3", OP_FIXED),
    CASE(svd, "v of a tall one", "v", "43", linear_tall, "33", OP_FIXED),
    CASE(svd, "u of a wide one", "u", "34", linear_tall, "33", OP_FIXED),
    CASE(svd, "s of a wide one", "s", "34", linear_tall, "3", OP_FIXED),
    CASE(svd, "v of a wide one", "v", "34", linear_tall, "43", OP_FIXED),
    CASE(svd, "u of batches", "u", "322", linear_regulars, "322", 0),
    CASE(svd, "s of batches", "s", "322", linear_regulars, "32", 0),
    ALL(svd, "u s v' of a tall one", "43", linear_tall, same, OP_FIXED),
    ALL(svd, "u s v' of a wide one", "34", linear_tall, same, OP_FIXED),
};
const op_table op_decompose = OP_TABLE(cases);

OP_TESTS(decompose)

TEST(decompose, operands_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("cholesky", build_cholesky, NULL, (OP_X("34", "", NULL)), DL_ESHAPE,
               "(3,4): the matrix is not square"),
        OP_BAD("cholesky", build_cholesky, NULL, (OP_X("33", "CB", NULL)), DL_ELABEL, "labels"),
        OP_BAD("qr", build_qr, "q", (OP_X("3", "", NULL)), DL_ERANK, "rank 1, wanted 2 or more"),
        OP_BAD("qr", build_qr, "r", (OP_X("33", "CB", NULL)), DL_ELABEL, "labels"),
        OP_BAD("eigh", build_eigh, "w", (OP_X("23", "", NULL)), DL_ESHAPE, "(2,3)"),
        OP_BAD("svd", build_svd, "s", (OP_X("", "", NULL)), DL_ERANK, "rank 0"),
    };
    OP_REJECTS(bad);
}
