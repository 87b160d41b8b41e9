/* linear_values.c: linear algebra where values are known in closed form or published, and at the
 * edges where factors are not unique or do not exist. */
#include "driver.h"

typedef struct trial {
    dl_tape *t;
    dl_array *array;
    dl_val x;
} trial;

static trial begin(const double *x, int64_t m, int64_t n)
{
    trial s = { .t = dl_tape_new() };
    s.array = dl_array_wrap((void *)x, DL_F64, NULL, DL_DIMS(m, n));
    s.x = dl_leaf(s.t, s.array);
    return s;
}

static void end(trial *s)
{
    CHECK_STR(dl_tape_message(s->t), "");
    dl_tape_free(s->t);
    dl_array_free(s->array);
}

static void check_near(const char *what, dl_val got, const double *want, double error)
{
    const double *y = dl_data(got);
    for (int64_t i = 0; y && i < dl_numel(got); i++)
        CHECK_MSG(fabs(y[i] - want[i]) <= error, "%s [%lld]: got %.17g, wanted %.17g", what,
                  (long long)i, y[i], want[i]);
}

static dl_val gradient(dl_val y, dl_val x)
{
    dl_val g;
    dl_grad(y, &x, 1, &g);
    return g;
}

/* ---- closed forms ---------------------------------------------------------------------------- */

/* The inverse of Hilbert's matrix is whole: Choi, Amer. Math. Monthly 90 (1983); condition 1.5e10.
 */
TEST(linear_values, of_hilberts_matrix_are_known)
{
    enum { N = 8 };
    double x[N * N], want[N * N];
    static const double inverse_corner[] = { 64, -2016, 20160, -92400 };
    for (int i = 0; i < N * N; i++) x[i] = 1.0 / (i / N + i % N + 1);
    trial s = begin(x, N, N);
    const double *y = dl_data(dl_inv(s.x));
    for (int j = 0; y && j < 4; j++) CHECK_CLOSE(y[j], inverse_corner[j], 1e-5);
    CHECK_CLOSE(dl_item(dl_det(s.x)), 2.73705011379151e-33, 1e-6);
    CHECK_CLOSE(dl_item(dl_logdet(s.x)), log(2.73705011379151e-33), 1e-7);
    CHECK_CLOSE(dl_item(dl_norm_2(s.x)), 1.6959389969219498, 1e-14);
    for (int i = 0; i < N * N; i++) want[i] = i % (N + 1) == 0;
    check_near("x inv(x)", dl_matmul(s.x, dl_inv(s.x)), want, 1e-5);
    end(&s);
}

/* 2 on the diagonal, -1 beside it: 2 - 2 cos(k pi / (n + 1)), and n + 1 for the determinant. */
TEST(linear_values, of_second_differences_are_known)
{
    enum { N = 30 };
    static double x[N * N], w[N];
    for (int i = 0; i < N; i++) {
        w[i] = 2 - 2 * cos((i + 1) * 3.14159265358979323846 / (N + 1));
        x[i * N + i] = 2;
        if (i) x[i * N + i - 1] = x[(i - 1) * N + i] = -1;
    }
    trial s = begin(x, N, N);
    dl_val values;
    dl_eigh(s.x, &values, NULL);
    check_near("eigenvalues", values, w, 1e-14);
    CHECK_CLOSE(dl_item(dl_det(s.x)), N + 1, 1e-13);
    CHECK_CLOSE(dl_item(dl_norm_2(s.x)), w[N - 1], 1e-14);
    CHECK_CLOSE(dl_item(dl_norm_nuclear(s.x)), 2 * N, 1e-14);
    CHECK_CLOSE(dl_item(dl_norm_1(s.x)), 4, 0);
    end(&s);
}

/* Moler & Van Loan, Nineteen dubious ways, SIAM Rev. 45 (2003), section 3: where the series fails.
 */
TEST(linear_values, of_the_exponential_are_published)
{
    static const double x[] = { -49, 24, -64, 31 };
    static const double want[] = { -0.735758758144755, 0.551819099658089, -1.471517599088236,
                                   1.103638240715556 };
    trial s = begin(x, 2, 2);
    check_near("expm", dl_expm(s.x), want, 1e-12);
    end(&s);
}

/* e^[0 -t; t 0] is a rotation; along the same direction its derivative turns it by a right angle.
 */
TEST(linear_values, of_the_exponential_of_a_rotation_are_known)
{
    static const double angles[] = { 1e-9, 0.1, 1, 3, 20, 100 };
    for (size_t i = 0; i < sizeof angles / sizeof *angles; i++) {
        double t = angles[i], x[] = { 0, -t, t, 0 }, want[] = { cos(t), -sin(t), sin(t), cos(t) };
        trial s = begin(x, 2, 2);
        dl_val y = dl_expm(s.x),
               corner = dl_sum(dl_slice(dl_slice(y, "0", 0, 1), "1", 0, 1), "all");
        check_near("a rotation", y, want, 1e-13 * (1 + t));
        const double *g = dl_data(gradient(corner, s.x));
        if (g) CHECK(fabs(g[2] - g[1] + sin(t)) <= 1e-13 * (1 + t)); /* d cos t / dt */
        end(&s);
    }
}

/* However large the seed, the derivative is as exact: it chooses no scaling. */
TEST(linear_values, a_large_seed_costs_the_exponential_nothing)
{
    static const double x[] = { 0.5, -0.25, 0.125, 1 };
    trial s = begin(x, 2, 2);
    dl_val y = dl_sum(dl_expm(s.x), "all"), one = gradient(y, s.x);
    dl_val large = gradient(dl_scale(y, 0x1p60), s.x);
    const double *a = dl_data(one), *b = dl_data(large);
    for (int i = 0; a && b && i < 4; i++) CHECK_CLOSE(b[i], a[i] * 0x1p60, 1e-15);
    end(&s);
}

/* ---- factors that are not unique ------------------------------------------------------------- */

/* The sum of f of the eigenvalues has the gradient f'(x), also where values repeat. */
TEST(linear_values, gradients_of_repeated_eigenvalues_are_right)
{
    static const double equal[] = { 3, 0, 0, 0, 3, 0, 0, 0, 3 };
    static const double pair[] = { 2, 1, 1, 1, 2, 1, 1, 1, 2 }; /* 1, 1, 4 */
    static const double six[] = { 6, 0, 0, 0, 6, 0, 0, 0, 6 };
    static const double twice[] = { 4, 2, 2, 2, 4, 2, 2, 2, 4 };
    const double *x[] = { equal, pair }, *want[] = { six, twice };
    for (int k = 0; k < 2; k++) {
        trial s = begin(x[k], 3, 3);
        dl_val w;
        dl_eigh(s.x, &w, NULL);
        check_near("of squares", gradient(dl_sum_squares(w, "all"), s.x), want[k], 1e-14);
        end(&s);
    }
}

/* <c, v v'> for the vectors of the two smallest eigenvalues. */
static dl_val projection(dl_val x, dl_array *c)
{
    dl_val w, v;
    dl_eigh(x, &w, &v);
    v = dl_slice(v, "1", 0, 2);
    return dl_dot(dl_leaf(x.tape, c), dl_matmul(v, dl_transpose(v)));
}

/* The plane of two equal eigenvalues does not depend on the vectors that span it. */
TEST(linear_values, the_projection_on_equal_eigenvalues_has_a_gradient)
{
    static const double x[] = { 2, 1, 1, 1, 2, 1, 1, 1, 2 }; /* 1, 1, 4 */
    static double weights[] = { 0.5, -1, 2, 0.25, 1, -0.5, 1.5, 0.75, -2 };
    double h = 1e-4, got[9] = { 0 };
    dl_array *c = dl_array_wrap(weights, DL_F64, NULL, DL_DIMS(3, 3));
    trial s = begin(x, 3, 3);
    const double *g = dl_data(gradient(projection(s.x, c), s.x));
    if (g) memcpy(got, g, sizeof got);
    end(&s);
    for (int k = 0; k < 9; k++) {
        double y[2];
        for (int side = 0; side < 2; side++) {
            double moved[9];
            memcpy(moved, x, sizeof moved);
            moved[k] += side ? h : -h;
            trial t = begin(moved, 3, 3);
            y[side] = dl_item(projection(t.x, c));
            end(&t);
        }
        CHECK(fabs(got[k] - (y[1] - y[0]) / (2 * h)) < 1e-7);
    }
    dl_array_free(c);
}

/* y dy + dy y = dx at a multiple c of the identity: dx / (2 sqrt c), and twice more. */
TEST(linear_values, the_root_of_a_multiple_of_the_identity_has_derivatives)
{
    static const double x[] = { 4, 0, 0, 4 };
    static const double first[] = { 0.25, 0.25, 0.25, 0.25 };
    trial s = begin(x, 2, 2);
    dl_val y = dl_sqrtm(s.x), h;
    check_near("the gradient", gradient(dl_sum(y, "all"), s.x), first, 1e-15);
    /* tr sqrt x = sum sqrt w: along the all-ones matrix - 1 / (4 w^1.5) that matrix. */
    dl_val ones = dl_ones_like(s.x);
    dl_hvp(dl_trace(y), &s.x, &ones, 1, &h);
    static const double second[] = { -1.0 / 32, -1.0 / 32, -1.0 / 32, -1.0 / 32 };
    check_near("the second derivative", h, second, 1e-15);
    end(&s);
}

TEST(linear_values, the_nuclear_norm_of_a_multiple_of_the_identity_has_a_gradient)
{
    static const double x[] = { 2, 0, 0, 0, 2, 0, 0, 0, 2 }, one[] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };
    trial s = begin(x, 3, 3);
    check_near("u v'", gradient(dl_norm_nuclear(s.x), s.x), one, 1e-15);
    end(&s);
}

TEST(linear_values, signs_follow_the_largest_component)
{
    static const double x[] = { -2, 1, 0.5, -3, 0.25, 1.5, 0.5, -1, 4 };
    trial s = begin(x, 3, 3);
    dl_val w, v, u, sv, sigma, q, r;
    dl_eigh(s.x, &w, &v);
    dl_svd(s.x, &u, &sigma, &sv);
    dl_qr(s.x, &q, &r);
    const double *column[] = { dl_data(v), dl_data(u) }, *upper = dl_data(r);
    for (int k = 0; k < 2 && column[k]; k++)
        for (int j = 0; j < 3; j++) {
            double most = 0;
            for (int i = 0; i < 3; i++)
                if (fabs(column[k][3 * i + j]) > fabs(most)) most = column[k][3 * i + j];
            CHECK(most > 0);
        }
    for (int i = 0; i < 3 && upper; i++) CHECK(upper[4 * i] > 0);
    end(&s);
}

/* ---- factors that do not exist --------------------------------------------------------------- */

TEST(linear_values, a_matrix_that_is_not_definite_has_no_cholesky_factor)
{
    static const double x[][4] = { { 1, 2, 2, 1 }, { -1, 0, 0, 1 }, { 1, 1, 1, 1 }, { 0 } };
    for (int k = 0; k < 4; k++) {
        trial s = begin(x[k], 2, 2);
        const double *y = dl_data(dl_cholesky(s.x));
        for (int i = 0; y && i < 4; i++) CHECK(isnan(y[i]));
        CHECK(isnan(dl_item(dl_logdet(s.x))));
        end(&s);
    }
}

TEST(linear_values, a_negative_eigenvalue_has_no_root_but_rounding_has)
{
    static const double bad[] = { 1, 0, 0, -1 };
    static const double edge[] = { 1, 1, 1, 1 }, half[] = { 0.5, 0.5, 0.5, 0.5 };
    trial s = begin(bad, 2, 2), e = begin(edge, 2, 2);
    const double *y = dl_data(dl_sqrtm(s.x));
    if (y) CHECK(isnan(y[0]));
    const double *z = dl_data(dl_sqrtm(e.x));
    for (int i = 0; z && i < 4; i++) CHECK(fabs(z[i] - half[i] * sqrt(2)) <= 1e-8);
    end(&s);
    end(&e);
}

/* No loop waits for a number that does not come, and none reads outside. */
TEST(linear_values, of_what_is_no_number_are_no_numbers)
{
    static const double bad[] = { NAN, INFINITY, -INFINITY, 1e308 };
    for (int k = 0; k < 4 * 9; k++) {
        double x[9] = { 4, 1, 0, 1, 3, 1, 0, 1, 2 };
        x[k % 9] = bad[k / 9];
        trial s = begin(x, 3, 3);
        dl_val a, b, c, all[] = { dl_inv(s.x),  dl_cholesky(s.x),     dl_pinv(s.x),   dl_sqrtm(s.x),
                                  dl_expm(s.x), dl_norm_nuclear(s.x), dl_norm_2(s.x), dl_det(s.x) };
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) CHECK(dl_data(all[i]) != NULL);
        dl_svd(s.x, &a, &b, &c);
        const double *values = dl_data(b);
        CHECK(values && (isfinite(bad[k / 9]) || !isfinite(values[0])));
        dl_eigh(s.x, &a, &b);
        CHECK(dl_data(a) && dl_data(gradient(dl_sum(b, "all"), s.x)));
        dl_qr(s.x, &a, &b);
        CHECK(dl_data(a) && dl_data(gradient(dl_sum(b, "all"), s.x)));
        dl_slogdet(s.x, &a, &b);
        CHECK(dl_data(a) && dl_data(gradient(b, s.x)));
        CHECK(dl_data(gradient(dl_det(s.x), s.x)) != NULL);
        end(&s);
    }
}

/* Along matrices of the same rank, x + h d with d = x e + f x. */
TEST(linear_values, the_pseudoinverse_of_a_deficient_matrix_has_a_gradient)
{
    static const double u[] = { 1, 2, -1, 0.5 }, v[] = { 2, -1, 0.5 }, du[] = { 0.5, -1, 2, 1 };
    double h = 1e-4, x[12], d[12], y[3];
    for (int side = -1; side <= 1; side++) {
        for (int i = 0; i < 12; i++) x[i] = (u[i / 3] + side * h * du[i / 3]) * v[i % 3];
        trial s = begin(x, 4, 3);
        y[side + 1] = dl_item(dl_sum_squares(dl_pinv(s.x), "all"));
        end(&s);
    }
    for (int i = 0; i < 12; i++) x[i] = u[i / 3] * v[i % 3], d[i] = du[i / 3] * v[i % 3];
    trial s = begin(x, 4, 3);
    const double *g = dl_data(gradient(dl_sum_squares(dl_pinv(s.x), "all"), s.x));
    double slope = 0;
    for (int i = 0; g && i < 12; i++) slope += g[i] * d[i];
    CHECK_CLOSE(slope, (y[2] - y[0]) / (2 * h), 1e-6);
    end(&s);
}

/* ---- sizes of 0, and f32 --------------------------------------------------------------------- */

static void check_sizes(const char *what, dl_val y, int64_t m, int64_t n)
{
    CHECK_MSG(dl_rank(y) == 2 && dl_size(y, 0) == m && dl_size(y, 1) == n && dl_data(y),
              "%s: got (%lld,%lld), wanted (%lld,%lld)", what, (long long)dl_size(y, 0),
              (long long)dl_size(y, 1), (long long)m, (long long)n);
}

TEST(linear_values, of_nothing_have_their_sizes)
{
    static const int64_t sizes[][2] = { { 0, 3 }, { 3, 0 }, { 0, 0 } };
    for (int k = 0; k < 3; k++) {
        static const double none[1];
        int64_t m = sizes[k][0], n = sizes[k][1];
        trial s = begin(none, m, n);
        dl_val q, r, u, w, v;
        dl_qr(s.x, &q, &r);
        dl_svd(s.x, &u, &w, &v);
        check_sizes("q", q, m, 0);
        check_sizes("r", r, 0, n);
        check_sizes("u", u, m, 0);
        check_sizes("v", v, n, 0);
        CHECK_INT(dl_numel(w), 0);
        check_sizes("pinv", dl_pinv(s.x), n, m);
        CHECK_CLOSE(dl_item(dl_norm_nuclear(s.x)), 0, 0);
        CHECK_CLOSE(dl_item(dl_norm_2(s.x)), 0, 0);
        CHECK_CLOSE(dl_item(dl_norm_1(s.x)), 0, 0);
        CHECK_CLOSE(dl_item(dl_norm_inf(s.x)), 0, 0);
        check_sizes("gradient", gradient(dl_norm_2(s.x), s.x), m, n);
        end(&s);
    }
}

/* Each result of f32 is that of f64 for the same numbers, rounded once. */
TEST(linear_values, of_f32_are_those_of_f64_rounded)
{
    enum { N = 12 };
    float narrow[N * N];
    double wide[N * N];
    for (int i = 0; i < N * N; i++) {
        narrow[i] = (float)sin(1 + i / N * (i % N) + 2.0 * i) + (i % (N + 1) ? 0 : 8);
        wide[i] = (double)narrow[i];
    }
    trial s = begin(wide, N, N), t = { .t = dl_tape_new() };
    t.array = dl_array_wrap(narrow, DL_F32, NULL, DL_DIMS(N, N));
    t.x = dl_leaf(t.t, t.array);
    dl_val of[2][12], x[] = { s.x, t.x };
    for (int k = 0; k < 2; k++) {
        dl_val *y = of[k];
        dl_eigh(x[k], &y[0], &y[1]);
        dl_svd(x[k], &y[2], &y[3], &y[4]);
        dl_qr(x[k], &y[5], &y[6]);
        y[7] = dl_inv(x[k]), y[8] = dl_cholesky(x[k]), y[9] = dl_sqrtm(x[k]);
        y[10] = dl_expm(x[k]), y[11] = dl_det(x[k]);
    }
    for (int i = 0; i < 12; i++) {
        const double *want = dl_data(of[0][i]);
        const float *got = dl_data(of[1][i]);
        for (int64_t k = 0; want && got && k < dl_numel(of[0][i]); k++)
            CHECK_MSG(got[k] == (float)want[k], "result %d [%lld]: got %a, wanted %a", i,
                      (long long)k, (double)got[k], (double)(float)want[k]);
    }
    end(&s);
    end(&t);
}

/* As the header says: the first derivative of det is right where det is 0, the second is not. */
TEST(linear_values, the_second_derivative_of_a_zero_determinant_is_no_number)
{
    static const double x[] = { 1, 2, 2, 4 };
    trial s = begin(x, 2, 2);
    dl_val ones = dl_ones_like(s.x), h;
    dl_hvp(dl_det(s.x), &s.x, &ones, 1, &h);
    const double *y = dl_data(h);
    if (y) CHECK(!isfinite(y[0]));
    end(&s);
}

/* ---- many at once ---------------------------------------------------------------------------- */

/* Inverses of the transposes, and eigenvalues, of every batch. */
static void compute_all(const double *x, int64_t batches, double *y)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap((void *)x, DL_F64, NULL, DL_DIMS(batches / 7, 7, 3, 3));
    dl_val in = dl_leaf(t, a), w;
    dl_eigh(in, &w, NULL);
    const double *inverse = dl_data(dl_inv(dl_transpose(in))), *values = dl_data(w);
    if (inverse) memcpy(y, inverse, (size_t)batches * 9 * sizeof *y);
    if (values) memcpy(y + batches * 9, values, (size_t)batches * 3 * sizeof *y);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
}

TEST(linear_values, batches_are_shared_out_among_threads_without_a_change)
{
    enum { BATCHES = 7 * 701 };
    static double x[BATCHES * 9], y[2][BATCHES * 12];
    int threads = dl_threads();
    for (int i = 0; i < BATCHES * 9; i++) x[i] = sin(i * 1.7 + i / 9) + (i % 9 % 4 ? 0 : 4);
    for (int k = 0; k < 2; k++) {
        dl_set_threads(k ? 5 : 1);
        compute_all(x, BATCHES, y[k]);
    }
    dl_set_threads(threads);
    CHECK(memcmp(y[0], y[1], sizeof y[0]) == 0);
    for (int k = 0; k < BATCHES; k++) {
        const double *a = x + 9 * k, *inverse = y[0] + 9 * k, *w = y[0] + 9 * BATCHES + 3 * k;
        for (int e = 0; e < 9; e++) { /* a' times the inverse of a' */
            double sum = 0;
            for (int i = 0; i < 3; i++) sum += a[3 * i + e / 3] * inverse[3 * i + e % 3];
            CHECK(fabs(sum - (e / 3 == e % 3)) < 1e-13);
        }
        CHECK_CLOSE(w[0] + w[1] + w[2], a[0] + a[4] + a[8], 1e-13);
    }
}
