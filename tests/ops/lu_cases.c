/* lu_cases.c: the factors of LU, and systems solved with them. */
#include "linear_reference.h"

/* arg: the factor that is returned. */
static dl_val build_lu(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val l, u;
    dl_lu(in[0], &l, &u, NULL);
    return *arg == 'l' ? l : u;
}

/* Both factors at once: their cotangents meet. */
static dl_val build_lu_all(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val l, u, order;
    dl_lu(in[0], &l, &u, &order);
    return dl_index_select(dl_matmul(l, u), "0",
                           dl_argsort(dl_cast(order, DL_F64), "0", DL_ASCENDING));
}

static dl_val build_lu_solve(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val l, u, order;
    dl_lu(in[0], &l, &u, &order);
    return dl_lu_solve(l, u, order, in[1]);
}

/* Factors that are operands; arg: the dtype of their order, or 's' for one of another size. */
static dl_val build_given(dl_tape *t, const dl_val *in, const char *arg)
{
    int64_t n = dl_rank(in[0]) ? dl_size(in[0], dl_rank(in[0]) - 1) : 0;
    dl_val order = dl_flip(dl_arange_i64(t, 0, 1, n + (*arg == 's')), "0");
    if (*arg == 'i') order = dl_cast(order, DL_I32);
    return dl_lu_solve(in[0], in[1], order, in[2]);
}

/* ---- the reference --------------------------------------------------------------------------- */

/* Row by row, of the rows in every order: the order whose multipliers are at most 1 has the largest
 * pivots. */
static bool factors(const linear_matrix *a, const int *order, linear_matrix *l, linear_matrix *u)
{
    int n = a->n;
    *l = linear_identity(n);
    *u = *a;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            long double sum = a->x[order[i] * n + j];
            for (int k = 0; k < (i < j ? i : j); k++) sum -= l->x[i * n + k] * u->x[k * n + j];
            if (j < i) l->x[i * n + j] = sum / u->x[j * n + j];
            u->x[i * n + j] = j < i ? 0 : sum;
            if (j < i && fabsl(l->x[i * n + j]) > 1) return false;
        }
    return true;
}

static void lu_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                     { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    linear_matrix l = { 0 }, u = { 0 };
    for (int k = 0; k < 6; k++) {
        bool inside = true;
        for (int i = 0; i < a->n; i++) inside = inside && orders[k][i] < a->n;
        if (inside && factors(a, orders[k], &l, &u)) break;
    }
    linear_to(*c->arg == 'l' ? &l : &u, y);
}

static void same_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    linear_to(a, y);
}

static void solve_one(const op_case *c, const linear_matrix *a, const linear_matrix *b, double *y)
{
    linear_matrix x = linear_solve(a, b);
    linear_to(&x, y);
}

#define REFERENCE(NAME)                                                               \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        linear_batches(c, x, y, 2, NAME##_one);                                       \
    }
REFERENCE(lu)
REFERENCE(same)
REFERENCE(solve)

/* ---- the cases ------------------------------------------------------------------------------- */

#define CASE(TEXT, ARG, A, XA) \
    OP_CASE("lu", TEXT, build_lu, (OP_X(A, "", XA)), A, "", .arg = ARG, .reference = lu_reference)
#define SOLVE(TEXT, A, XA, B, Y)                                                               \
    OP_CASE("lu_solve", TEXT, build_lu_solve, (OP_X(A, "", XA), OP_X(B, "", op_other)), Y, "", \
            .reference = solve_reference, .flags = OP_COMPOSED)

/* Rows that go round: an order that is not its own inverse, as those of one exchange are. */
static const double turned[OP_POOL] = { 1, 2, 3, 4, 5, 6, 7, 8, 0 };

static const op_case cases[] = {
    CASE("l", "l", "33", linear_regular),
    CASE("u", "u", "33", linear_regular),
    CASE("l of rows that go round", "l", "33", turned),
    CASE("u of rows that go round", "u", "33", turned),
    SOLVE("rows that go round", "33", turned, "32", "32"),
    CASE("l of one number", "l", "11", linear_regular),
    CASE("l of batches", "l", "322", linear_regulars),
    CASE("u of batches", "u", "322", linear_regulars),
    CASE("u of batches of rank 4", "u", "1322", linear_regulars),
    OP_CASE("lu", "l u in the order of x", build_lu_all, (OP_X("33", "", linear_regular)), "33", "",
            .reference = same_reference),
    SOLVE("one system", "33", linear_regular, "32", "32"),
    SOLVE("one number", "11", linear_regular, "11", "11"),
    SOLVE("batches", "322", linear_regulars, "324", "324"),
    SOLVE("one matrix for every batch", "33", linear_regular, "232", "232"),
    SOLVE("one right-hand side for every batch", "322", linear_regulars, "24", "324"),
    SOLVE("a batch of one", "133", linear_regular, "232", "232"),
    SOLVE("a batch of one right-hand side", "322", linear_regulars, "124", "324"),
};
const op_table op_lu = OP_TABLE(cases);

OP_TESTS(lu)

TEST(lu, operands_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("lu", build_lu, "l", (OP_X("34", "", NULL)), DL_ESHAPE,
               "(3,4): the matrix is not square"),
        OP_BAD("lu", build_lu, "l", (OP_X("3", "", NULL)), DL_ERANK, "rank 1, wanted 2 or more"),
        OP_BAD("lu", build_lu, "u", (OP_X("33", "CB", NULL)), DL_ELABEL, "labels"),
        OP_BAD("lu_solve", build_given, "",
               (OP_X("33", "", NULL), OP_X("22", "", NULL), OP_X("32", "", NULL)), DL_ESHAPE,
               "l (3,3), u (2,2), order (3): wanted (...,n,n), the same, and (...,n)"),
        OP_BAD("lu_solve", build_given, "s",
               (OP_X("33", "", NULL), OP_X("33", "", NULL), OP_X("32", "", NULL)), DL_ESHAPE,
               "order (4): wanted"),
        OP_BAD("lu_solve", build_given, "i",
               (OP_X("33", "", NULL), OP_X("33", "", NULL), OP_X("32", "", NULL)), DL_EDTYPE,
               "(3): i32, wanted i64"),
        OP_BAD("lu_solve", build_given, "",
               (OP_X("33", "", NULL), OP_X("33", "", NULL), OP_X("22", "", NULL)), DL_ESHAPE,
               "a (3,3), b (2,2): sizes 3 and 2 differ"),
        OP_BAD("lu_solve", build_given, "",
               (OP_X("33", "", NULL), OP_X("33", "", NULL), OP_X("3", "", NULL)), DL_ERANK,
               "rank 1, wanted 2 or more"),
    };
    OP_REJECTS(bad);
}

TEST(lu, of_a_published_example)
{
    /* MATLAB's documentation of lu: A = [1 2 3; 4 5 6; 7 8 0], with rows 3, 1, 2 */
    static const double a[] = { 1, 2, 3, 4, 5, 6, 7, 8, 0 };
    static const double lower[] = { 1, 0, 0, 1.0 / 7, 1, 0, 4.0 / 7, 0.5, 1 };
    static const double upper[] = { 7, 8, 0, 0, 6.0 / 7, 3, 0, 0, 4.5 };
    static const int64_t rows[] = { 2, 0, 1 };
    dl_tape *t = dl_tape_new();
    dl_array *array = dl_array_wrap((void *)a, DL_F64, NULL, DL_DIMS(3, 3));
    dl_val l, u, order;
    CHECK_INT(dl_lu(dl_leaf(t, array), &l, &u, &order), DL_OK);
    const double *got_l = dl_data(l), *got_u = dl_data(u);
    const int64_t *got = dl_data(order);
    for (int i = 0; i < 9 && got_l && got_u; i++) {
        CHECK_CLOSE(got_l[i], lower[i], 1e-15);
        CHECK_CLOSE(got_u[i], upper[i], 1e-15);
    }
    for (int i = 0; i < 3 && got; i++) CHECK_INT(got[i], rows[i]);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(array);
}

TEST(lu, of_what_is_singular_or_no_number_does_no_harm)
{
    static const double x[][4] = { { 1, 2, 2, 4 }, { 0 }, { NAN, 1, 1, 2 }, { 1, INFINITY, 2, 1 } };
    for (int k = 0; k < 4; k++) {
        dl_tape *t = dl_tape_new();
        dl_array *array = dl_array_wrap((void *)x[k], DL_F64, NULL, DL_DIMS(2, 2));
        dl_val in = dl_leaf(t, array), l, u, order, g;
        dl_lu(in, &l, &u, &order);
        const double *got = dl_data(u);
        const int64_t *rows = dl_data(order);
        if (k < 2 && got) CHECK_CLOSE(got[3], 0, 0);
        CHECK(rows && rows[0] + rows[1] == 1 && (rows[0] == 0 || rows[0] == 1));
        const double *y = dl_data(dl_lu_solve(l, u, order, in));
        CHECK(y && !isfinite(y[0] + y[1] + y[2] + y[3]));
        dl_grad(dl_sum(u, "all"), &in, 1, &g);
        CHECK(dl_data(g) != NULL);
        CHECK_STR(dl_tape_message(t), "");
        dl_tape_free(t);
        dl_array_free(array);
    }
}

TEST(lu, of_nothing_is_nothing)
{
    for (int k = 0; k < 2; k++) {
        dl_tape *t = dl_tape_new();
        dl_array *a = k ? dl_array_new(DL_F64, NULL, DL_DIMS(0, 3, 3))
                        : dl_array_new(DL_F64, NULL, DL_DIMS(0, 0));
        dl_array *b = k ? dl_array_new(DL_F64, NULL, DL_DIMS(0, 3, 2))
                        : dl_array_new(DL_F64, NULL, DL_DIMS(0, 2));
        dl_val l, u, order;
        dl_lu(dl_leaf(t, a), &l, &u, &order);
        dl_val y = dl_lu_solve(l, u, order, dl_leaf(t, b));
        CHECK_INT(dl_eval(t, &y, 1), DL_OK);
        CHECK_INT(dl_numel(y), 0);
        CHECK_INT(dl_rank(y), k ? 3 : 2);
        dl_tape_free(t);
        dl_array_free(a);
        dl_array_free(b);
    }
}

TEST(lu, any_pointer_may_be_null_and_errors_stick)
{
    static const double a[] = { 1, 2, 3, 4 };
    dl_tape *t = dl_tape_new(), *other = dl_tape_new();
    dl_array *array = dl_array_wrap((void *)a, DL_F64, NULL, DL_DIMS(2, 2));
    dl_val x = dl_leaf(t, array), far = dl_leaf(other, array), l, u, order;
    CHECK_INT(dl_lu(x, NULL, NULL, NULL), DL_OK);
    CHECK_INT(dl_lu(x, &l, &u, &order), DL_OK);
    dl_lu_solve(l, u, order, far);
    CHECK_INT(dl_tape_status(t), DL_ETAPE);
    CHECK(strstr(dl_tape_message(t), "lu_solve") != NULL);
    CHECK_INT(dl_lu(x, &l, &u, &order), DL_ETAPE);
    CHECK(dl_lu((dl_val){ 0 }, NULL, NULL, NULL) != DL_OK);
    dl_tape_free(t);
    dl_tape_free(other);
    dl_array_free(array);
}

/* Which of two NaN a sum passes on differs with the instruction set; a copysign would show it. */
TEST(lu, what_is_no_number_has_one_sign)
{
    static const double x[] = { 8, -NAN, NAN, -4 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap((void *)x, DL_F64, NULL, DL_DIMS(2, 2));
    dl_val in = dl_leaf(t, a), l, u, order;
    dl_lu(in, &l, &u, &order);
    dl_val all[] = { u, dl_lu_solve(l, u, order, in), dl_solve(in, in), dl_inv(in), dl_expm(in) };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        const double *y = dl_data(all[k]);
        for (int i = 0; i < 4 && y; i++) CHECK(!isnan(y[i]) || !signbit(y[i]));
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
}
