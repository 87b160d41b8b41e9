/* matrix_function_cases.c: pseudoinverse, root, exponential, powers, norms of matrices. */
#include "linear_reference.h"

#include <stdlib.h>

#define BUILD(NAME)                                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##NAME(in[0]);                                              \
    }
BUILD(pinv)
BUILD(sqrtm)
BUILD(expm)
BUILD(norm_nuclear)
BUILD(norm_2)
BUILD(norm_1)
BUILD(norm_inf)
static dl_val build_matrix_power(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_matrix_power(in[0], atoi(arg));
}

/* ---- the reference --------------------------------------------------------------------------- */

/* (a' a)^-1 a' of a tall matrix of full rank. */
static linear_matrix tall_inverse(const linear_matrix *a)
{
    linear_matrix t = linear_transposed(a), square = linear_times(&t, a);
    return linear_solve(&square, &t);
}

static void pinv_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    linear_matrix t = linear_transposed(a), p = tall_inverse(a->m < a->n ? &t : a);
    if (a->m < a->n) p = linear_transposed(&p);
    linear_to(&p, y);
}

/* Newton's iteration as Denman and Beavers have it. */
static void sqrtm_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    linear_matrix x = linear_symmetric(a), one = linear_identity(a->n), z = one;
    for (int k = 0; k < 40; k++) {
        linear_matrix xi = linear_solve(&x, &one), zi = linear_solve(&z, &one);
        x = linear_plus(&x, 1, &zi), z = linear_plus(&z, 1, &xi);
        for (int i = 0; i < x.n * x.n; i++) x.x[i] /= 2, z.x[i] /= 2;
    }
    linear_to(&x, y);
}

/* The series of a / 2^4, squared four times. */
static void expm_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    linear_matrix x = *a, sum = linear_identity(a->n), term = sum;
    for (int i = 0; i < x.n * x.n; i++) x.x[i] /= 16;
    for (int k = 1; k < 60; k++) {
        term = linear_times(&term, &x);
        for (int i = 0; i < x.n * x.n; i++) term.x[i] /= k;
        sum = linear_plus(&sum, 1, &term);
    }
    for (int k = 0; k < 4; k++) sum = linear_times(&sum, &sum);
    linear_to(&sum, y);
}

static void power_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    int p = atoi(c->arg);
    linear_matrix one = linear_identity(a->n), x = p < 0 ? linear_solve(a, &one) : *a, z = one;
    for (int k = 0; k < abs(p); k++) z = linear_times(&z, &x);
    linear_to(&z, y);
}

static void norm_nuclear_one(const op_case *c, const linear_matrix *a, const linear_matrix *b,
                             double *y)
{
    long double s[LINEAR_MOST];
    linear_matrix u, v;
    linear_svd(a, &u, s, &v);
    *y = 0;
    for (int i = 0; i < u.n; i++) *y += (double)s[i];
}

static void norm_2_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    long double s[LINEAR_MOST];
    linear_matrix u, v;
    linear_svd(a, &u, s, &v);
    *y = (double)s[0];
}

static void norm_1_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    *y = 0;
    for (int j = 0; j < a->n; j++) {
        long double sum = 0;
        for (int i = 0; i < a->m; i++) sum += fabsl(a->x[i * a->n + j]);
        *y = fmax(*y, (double)sum);
    }
}

static void norm_inf_one(const op_case *c, const linear_matrix *a, const linear_matrix *b,
                         double *y)
{
    linear_matrix t = linear_transposed(a);
    norm_1_one(c, &t, NULL, y);
}

#define REFERENCE(NAME, AXES)                                                         \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        linear_batches(c, x, y, AXES, NAME##_one);                                    \
    }
REFERENCE(pinv, 2)
REFERENCE(sqrtm, 2)
REFERENCE(expm, 2)
REFERENCE(power, 2)
REFERENCE(norm_nuclear, 0)
REFERENCE(norm_2, 0)
REFERENCE(norm_1, 0)
REFERENCE(norm_inf, 0)

/* ---- the cases ------------------------------------------------------------------------------- */

#define ONE(NAME, TEXT, A, XA, Y) \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_X(A, "", XA)), Y, "", .reference = NAME##_reference)
#define POWER(TEXT, P, A, XA)                                                             \
    OP_CASE("matrix_power", TEXT, build_matrix_power, (OP_X(A, "", XA)), A, "", .arg = P, \
            .reference = power_reference)

static const double large[OP_POOL] = { 2.5, -6.0, 4.0, 3.0, -5.0, 2.25, 1.0, 7.0, -3.5 };
static const double tiny[OP_POOL] = { 0x1p-30, -0x1p-31, 0x1p-29, 0x1p-33 };

static const op_case cases[] = {
    ONE(pinv, "square", "33", linear_regular, "33"),
    ONE(pinv, "tall", "43", linear_tall, "34"),
    ONE(pinv, "wide", "34", linear_tall, "43"),
    ONE(pinv, "batches", "322", linear_regulars, "322"),
    ONE(sqrtm, "one matrix", "33", linear_definite, "33"),
    ONE(sqrtm, "batches", "322", linear_definites, "322"),
    ONE(expm, "one matrix", "33", linear_regular, "33"),
    ONE(expm, "one number", "11", linear_regular, "11"),
    ONE(expm, "batches", "322", linear_regulars, "322"),
    ONE(expm, "scaled", "33", large, "33"),
    ONE(expm, "next to zero", "22", tiny, "22"),
    POWER("to the 0", "0", "33", linear_regular),
    POWER("to the 0 of batches", "0", "322", linear_regulars),
    POWER("to the 1", "1", "33", linear_regular),
    POWER("to the 2", "2", "33", linear_regular),
    POWER("to the 5", "5", "22", linear_regulars),
    POWER("to the -1", "-1", "33", linear_regular),
    POWER("to the -3 of batches", "-3", "322", linear_regulars),
    ONE(norm_nuclear, "square", "33", linear_regular, ""),
    ONE(norm_nuclear, "tall", "43", linear_tall, ""),
    ONE(norm_nuclear, "batches", "322", linear_regulars, "3"),
    ONE(norm_2, "square", "33", linear_regular, ""),
    ONE(norm_2, "wide", "34", linear_tall, ""),
    ONE(norm_2, "batches", "322", linear_regulars, "3"),
    ONE(norm_1, "tall", "43", linear_tall, ""),
    ONE(norm_1, "of five columns", "25", op_mixed, ""),
    ONE(norm_1, "batches", "322", linear_regulars, "3"),
    ONE(norm_inf, "tall", "43", linear_tall, ""),
    ONE(norm_inf, "of five rows", "52", op_mixed, ""),
};
const op_table op_matrix_function = OP_TABLE(cases);

OP_TESTS(matrix_function)

TEST(matrix_function, operands_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("pinv", build_pinv, NULL, (OP_X("3", "", NULL)), DL_ERANK, "rank 1"),
        OP_BAD("pinv", build_pinv, NULL, (OP_X("33", "CB", NULL)), DL_ELABEL, "labels"),
        OP_BAD("sqrtm", build_sqrtm, NULL, (OP_X("34", "", NULL)), DL_ESHAPE, "not square"),
        OP_BAD("expm", build_expm, NULL, (OP_X("34", "", NULL)), DL_ESHAPE, "not square"),
        OP_BAD("matrix_power", build_matrix_power, "2", (OP_X("34", "", NULL)), DL_ESHAPE,
               "not square"),
        OP_BAD("norm_nuclear", build_norm_nuclear, NULL, (OP_X("3", "", NULL)), DL_ERANK, "rank 1"),
        OP_BAD("norm_2", build_norm_2, NULL, (OP_X("3", "", NULL)), DL_ERANK, "rank 1"),
        OP_BAD("norm_1", build_norm_1, NULL, (OP_X("33", "CB", NULL)), DL_ELABEL, "labels"),
        OP_BAD("norm_inf", build_norm_inf, NULL, (OP_X("", "", NULL)), DL_ERANK, "rank 0"),
    };
    OP_REJECTS(bad);
}
