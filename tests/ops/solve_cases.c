/* solve_cases.c: linear systems, the inverse, determinants. */
#include "linear_reference.h"

static dl_val build_solve(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_solve(in[0], in[1]);
}
static dl_val build_inv(dl_tape *t, const dl_val *in, const char *arg) { return dl_inv(in[0]); }
/* arg: a letter for each of DL_UPPER, DL_TRANSPOSED, DL_UNIT. */
static unsigned how_of(const char *arg)
{
    return (strchr(arg, 'u') ? DL_UPPER : 0u) | (strchr(arg, 't') ? DL_TRANSPOSED : 0u)
           | (strchr(arg, '1') ? DL_UNIT : 0u);
}
static dl_val build_solve_triangular(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_solve_triangular(in[0], in[1], arg ? how_of(arg) : 8);
}
static dl_val build_det(dl_tape *t, const dl_val *in, const char *arg) { return dl_det(in[0]); }
static dl_val build_slogdet(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val y;
    dl_slogdet(in[0], NULL, &y);
    return y;
}
static dl_val build_sign(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val y;
    dl_slogdet(in[0], &y, NULL);
    return y;
}
static dl_val build_logdet(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_logdet(in[0]);
}

/* ---- the reference --------------------------------------------------------------------------- */

static void solve_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    linear_matrix x = linear_solve(a, b);
    linear_to(&x, y);
}

static void inv_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    linear_matrix one = linear_identity(a->n), x = linear_solve(a, &one);
    linear_to(&x, y);
}

/* The triangle written out, as a general system. */
static void triangular_one(const op_case *c, const linear_matrix *a, const linear_matrix *b,
                           double *y)
{
    unsigned how = how_of(c->arg);
    linear_matrix t = *a;
    for (int i = 0; i < t.n; i++)
        for (int j = 0; j < t.n; j++)
            if (i == j ? how & DL_UNIT : how & DL_UPPER ? j < i : j > i) t.x[i * t.n + j] = i == j;
    if (how & DL_TRANSPOSED) t = linear_transposed(&t);
    linear_matrix x = linear_solve(&t, b);
    linear_to(&x, y);
}

static void det_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    *y = (double)linear_det(a);
}

static void slogdet_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    *y = (double)logl(fabsl(linear_det(a)));
}

static void sign_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    *y = linear_det(a) < 0 ? -1 : 1;
}

static void logdet_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    linear_matrix s = linear_symmetric(a);
    *y = (double)logl(linear_det(&s));
}

#define REFERENCE(NAME, AXES)                                                         \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        linear_batches(c, x, y, AXES, NAME##_one);                                    \
    }
REFERENCE(solve, 2)
REFERENCE(inv, 2)
REFERENCE(triangular, 2)
REFERENCE(det, 0)
REFERENCE(slogdet, 0)
REFERENCE(sign, 0)
REFERENCE(logdet, 0)

/* ---- the cases ------------------------------------------------------------------------------- */

#define TWO(NAME, TEXT, A, XA, B, Y)                                                    \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_X(A, "", XA), OP_X(B, "", op_other)), Y, "", \
            .reference = NAME##_reference)
#define TRIANGLE(TEXT, HOW, A, XA, B, Y)                                                        \
    OP_CASE("solve_triangular", TEXT, build_solve_triangular,                                   \
            (OP_X(A, "", XA), OP_X(B, "", op_other)), Y, "", .reference = triangular_reference, \
            .arg = HOW)
#define ONE(OP, NAME, TEXT, A, XA, Y) \
    OP_CASE(OP, TEXT, build_##NAME, (OP_X(A, "", XA)), Y, "", .reference = NAME##_reference)

static const op_case cases[] = {
    TWO(solve, "one system", "33", linear_regular, "32", "32"),
    TWO(solve, "one number", "11", linear_regular, "11", "11"),
    TWO(solve, "batches", "322", linear_regulars, "324", "324"),
    TWO(solve, "one matrix for every batch", "33", linear_regular, "232", "232"),
    TWO(solve, "one right-hand side for every batch", "322", linear_regulars, "24", "324"),
    TWO(solve, "a batch of one", "133", linear_regular, "232", "232"),
    TWO(solve, "a batch of one right-hand side", "322", linear_regulars, "124", "324"),
    ONE("inv", inv, "one matrix", "33", linear_regular, "33"),
    ONE("inv", inv, "batches", "322", linear_regulars, "322"),
    ONE("inv", inv, "batches of rank 4", "1322", linear_regulars, "1322"),
    TRIANGLE("lower", "", "33", linear_definite, "32", "32"),
    TRIANGLE("upper", "u", "33", linear_definite, "32", "32"),
    TRIANGLE("lower, transposed", "t", "33", linear_definite, "32", "32"),
    TRIANGLE("upper, transposed", "ut", "33", linear_definite, "32", "32"),
    TRIANGLE("lower, unit", "1", "33", linear_definite, "32", "32"),
    TRIANGLE("upper, unit", "u1", "33", linear_definite, "32", "32"),
    TRIANGLE("lower, transposed, unit", "t1", "33", linear_definite, "32", "32"),
    TRIANGLE("upper, transposed, unit", "ut1", "33", linear_definite, "32", "32"),
    TRIANGLE("batches", "t", "322", linear_definites, "324", "324"),
    TRIANGLE("one matrix for every batch", "u", "33", linear_definite, "232", "232"),
    ONE("det", det, "one matrix", "33", linear_regular, ""),
    ONE("det", det, "one number", "11", linear_regular, ""),
    ONE("det", det, "four by four", "44", op_mixed, ""),
    ONE("det", det, "batches", "322", linear_regulars, "3"),
    ONE("slogdet", slogdet, "one matrix", "33", linear_regular, ""),
    ONE("slogdet", slogdet, "batches", "322", linear_regulars, "3"),
    ONE("slogdet", sign, "the sign", "322", linear_regulars, "3"),
    ONE("logdet", logdet, "one matrix", "33", linear_definite, ""),
    ONE("logdet", logdet, "batches", "322", linear_definites, "3"),
};
const op_table op_solve = OP_TABLE(cases);

OP_TESTS(solve)

TEST(solve, operands_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("solve", build_solve, NULL, (OP_X("34", "", NULL), OP_X("42", "", NULL)), DL_ESHAPE,
               "(3,4): the matrix is not square"),
        OP_BAD("solve", build_solve, NULL, (OP_X("33", "", NULL), OP_X("42", "", NULL)), DL_ESHAPE,
               "a (3,3), b (4,2): sizes 3 and 4 differ"),
        OP_BAD("solve", build_solve, NULL, (OP_X("33", "", NULL), OP_X("3", "", NULL)), DL_ERANK,
               "(3): rank 1, wanted 2 or more"),
        OP_BAD("solve", build_solve, NULL, (OP_X("33", "CB", NULL), OP_X("32", "", NULL)),
               DL_ELABEL, "labels have no meaning here"),
        OP_BAD("solve", build_solve, NULL, (OP_X("233", "", NULL), OP_X("332", "", NULL)),
               DL_ESHAPE, "batch sizes 2 and 3 of axis 0 neither match nor are 1"),
        OP_BAD("solve", build_solve, NULL, (OP_X("2233", "", NULL), OP_X("232", "", NULL)),
               DL_ERANK, "ranks 4 and 3 differ and neither is 2"),
        OP_BAD("solve_triangular", build_solve_triangular, NULL,
               (OP_X("33", "", NULL), OP_X("32", "", NULL)), DL_EARG, "8 is no sum of"),
        OP_BAD("solve_triangular", build_solve_triangular, "",
               (OP_X("32", "", NULL), OP_X("32", "", NULL)), DL_ESHAPE, "(3,2)"),
        OP_BAD("inv", build_inv, NULL, (OP_X("3", "", NULL)), DL_ERANK, "rank 1"),
        OP_BAD("det", build_det, NULL, (OP_X("23", "", NULL)), DL_ESHAPE, "(2,3)"),
        OP_BAD("slogdet", build_slogdet, NULL, (OP_X("23", "", NULL)), DL_ESHAPE, "(2,3)"),
        OP_BAD("logdet", build_logdet, NULL, (OP_X("", "", NULL)), DL_ERANK, "rank 0"),
    };
    OP_REJECTS(bad);
}

/* ---- singular matrices ----------------------------------------------------------------------- */

typedef struct singular {
    dl_tape *t;
    dl_array *array;
    dl_val x;
} singular;

static singular open_matrix(const double *x, int64_t n)
{
    singular s = { .t = dl_tape_new(),
                   .array = dl_array_wrap((void *)x, DL_F64, NULL, DL_DIMS(n, n)) };
    s.x = dl_leaf(s.t, s.array);
    return s;
}

static void close_matrix(singular *s)
{
    CHECK_STR(dl_tape_message(s->t), "");
    dl_tape_free(s->t);
    dl_array_free(s->array);
}

TEST(solve, the_gradient_of_det_is_the_cofactors_for_any_rank)
{
    static const double matrices[][16] = {
        { 1, 2, 3, 4, 2, 4, 6, 8.5, 0, 1, 0, -1, 5, 2, 0.5, 3 }, /* rank 4 */
        { 1, 2, 3, 4, 2, 4, 6, 8, 0, 1, 0, -1, 5, 2, 0.5, 3 },   /* rank 3 */
        { 1, 2, 3, 4, 2, 4, 6, 8, 0, 1, 0, -1, 0, 2, 0, -2 },    /* rank 2 */
        { 1, 2, 3, 4, 2, 4, 6, 8, 3, 6, 9, 12, -1, -2, -3, -4 }, /* rank 1 */
        { 0 },
        { 0, 0, 0, 0, 0, 2, 1, 0, 0, 1, 3, 0, 0, 0, 1, -1 }, /* a row and column of zeros */
        { 1e-150, 0, 0, 0, 0, 1e-150, 0, 0, 0, 0, 1e150, 0, 0, 0, 0, 1e150 },
    };
    for (size_t k = 0; k < sizeof matrices / sizeof *matrices; k++) {
        singular s = open_matrix(matrices[k], 4);
        dl_val g;
        dl_grad(dl_det(s.x), &s.x, 1, &g);
        const double *got = dl_data(g);
        linear_matrix a = linear_from(matrices[k], 4, 4);
        for (int i = 0; i < 16 && got; i++) {
            linear_matrix without = a; /* the cofactor: row and column replaced by a unit vector */
            for (int j = 0; j < 4; j++) without.x[i / 4 * 4 + j] = j == i % 4;
            double want = (double)linear_det(&without);
            CHECK_MSG(fabs(got[i] - want) <= 1e-12 * fmax(fabs(want), 1),
                      "matrix %zu, cofactor %d: got %.17g, wanted %.17g", k, i, got[i], want);
        }
        close_matrix(&s);
    }
}

TEST(solve, a_singular_matrix_has_no_solution_and_does_no_harm)
{
    static const double x[] = { 1, 2, 2, 4 };
    singular s = open_matrix(x, 2);
    dl_val sign, log_abs, g;
    CHECK_CLOSE(dl_item(dl_det(s.x)), 0, 0);
    dl_slogdet(s.x, &sign, &log_abs);
    CHECK_CLOSE(dl_item(sign), 0, 0);
    CHECK(dl_item(log_abs) == -INFINITY);
    const double *inverse = dl_data(dl_inv(s.x));
    for (int i = 0; i < 4 && inverse; i++) CHECK(!isfinite(inverse[i]));
    CHECK(isnan(dl_item(dl_logdet(s.x)))); /* not positive definite */
    dl_grad(log_abs, &s.x, 1, &g);
    const double *slope = dl_data(g);
    for (int i = 0; i < 4 && slope; i++) CHECK(!isfinite(slope[i]));
    close_matrix(&s);
}

TEST(solve, nothing_has_determinant_one)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(0, 0));
    dl_val x = dl_leaf(t, a), sign, log_abs;
    CHECK_CLOSE(dl_item(dl_det(x)), 1, 0);
    dl_slogdet(x, &sign, &log_abs);
    CHECK_CLOSE(dl_item(sign), 1, 0);
    CHECK_CLOSE(dl_item(log_abs), 0, 0);
    CHECK_CLOSE(dl_item(dl_logdet(x)), 0, 0);
    CHECK_INT(dl_numel(dl_inv(x)), 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
}

TEST(solve, a_determinant_too_large_for_a_number_has_a_logarithm)
{
    static double x[400];
    for (int i = 0; i < 20; i++) x[i * 20 + (i + 1) % 20] = i % 2 ? 1e30 : -1e30;
    singular s = open_matrix(x, 20);
    dl_val sign, log_abs, g;
    dl_slogdet(s.x, &sign, &log_abs);
    CHECK(isinf(dl_item(dl_det(s.x))));
    CHECK_CLOSE(dl_item(sign), -1, 0); /* a cycle of 20 is odd, ten signs are even */
    CHECK_CLOSE(dl_item(log_abs), 20 * log(1e30), 1e-14);
    dl_grad(log_abs, &s.x, 1, &g);
    const double *slope = dl_data(g);
    for (int i = 0; i < 400 && slope; i++) CHECK_CLOSE(slope[i], x[i] == 0 ? 0 : 1 / x[i], 1e-14);
    close_matrix(&s);
}
