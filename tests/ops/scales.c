/* scales.c: derivatives where a square of the operand is no number any more, and other places far
 * out: what does not depend on the scale of its operand does not notice it. */
#include "driver.h"

enum { ROWS = 3, COLS = 2, N = ROWS * COLS };

typedef dl_val function(dl_val x);

static dl_val of_vecnorm(dl_val x) { return dl_vecnorm(x, "0"); }
static dl_val of_fro(dl_val x) { return dl_norm_fro(x); }
static dl_val of_std(dl_val x) { return dl_std(x, "0"); }
static dl_val of_unit(dl_val x) { return dl_normalize(x, "0", "norm"); }
static dl_val of_scale(dl_val x) { return dl_normalize(x, "0", "scale"); }
static dl_val of_zscore(dl_val x) { return dl_normalize(x, "0", "zscore"); }
static dl_val of_corrcoef(dl_val x) { return dl_corrcoef(x); }
static dl_val of_norm_2(dl_val x) { return dl_norm_2(x); }
static dl_val of_nuclear(dl_val x) { return dl_norm_nuclear(x); }
static dl_val of_u(dl_val x)
{
    dl_val u;
    dl_svd(x, &u, NULL, NULL);
    return u;
}
static dl_val of_v(dl_val x)
{
    dl_val v;
    dl_svd(x, NULL, NULL, &v);
    return v;
}
static dl_val of_cosine(dl_val x)
{
    dl_loss_options o = { .reduction = DL_NO_REDUCTION };
    dl_val one = dl_ones(x.tape, dl_dtype_of(x), DL_DIMS(ROWS));
    return dl_cosine_embedding(x, dl_flip(x, "0"), one, 0, &o);
}

/* f(c x) = c^degree f(x) */
static const struct {
    const char *name;
    function *of;
    int degree;
} functions[] = {
    { "vecnorm", of_vecnorm, 1 },
    { "norm_fro", of_fro, 1 },
    { "std", of_std, 1 },
    { "norm_2", of_norm_2, 1 },
    { "norm_nuclear", of_nuclear, 1 },
    { "normalize, norm", of_unit, 0 },
    { "normalize, scale", of_scale, 0 },
    { "normalize, zscore", of_zscore, 0 },
    { "corrcoef", of_corrcoef, 0 },
    { "u of svd", of_u, 0 },
    { "v of svd", of_v, 0 },
    { "cosine_embedding", of_cosine, 0 },
};

/* The derivatives of a weighted sum of f(c x): the gradient, and the gradient of a weighted sum of
 * that; each times the power of c that it goes with. */
static void derivatives(function *of, int degree, dl_dtype dtype, double c, double got[2][N])
{
    static const double x[N] = { 2, 1, -0.5, 1.5, 0.25, -3 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(ROWS, COLS));
    for (int i = 0; i < N; i++) dl_array_set(a, DL_DIMS(i / COLS, i % COLS), c * x[i]);
    dl_val in = dl_leaf(t, a), y = of(in), g[2];
    for (int order = 0; order < 2; order++) {
        dl_val weights = dl_arange(t, dtype, order ? -1 : 1, order ? 0.75 : 0.5, dl_numel(y));
        dl_grad(dl_dot(dl_flatten(y, 0, -1), weights), &in, 1, &g[order]);
        y = g[order];
        for (int i = 0; i < N; i++) {
            const void *data = dl_data(g[order]);
            double v = !data             ? NAN
                       : dtype == DL_F32 ? (double)((const float *)data)[i]
                                         : ((const double *)data)[i];
            got[order][i] = v * pow(c, 1 + order - degree);
        }
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
}

TEST(scales, derivatives_do_not_notice_the_scale)
{
    static const double scales[2][4] = { { 0x1p-66, 0x1p-40, 0x1p40, 0x1p80 },
                                         { 0x1p-530, 0x1p-300, 0x1p300, 0x1p650 } };
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
            double want[2][N], got[2][N], rel = dtype == DL_F32 ? 1e-4 : 1e-12;
            derivatives(functions[k].of, functions[k].degree, (dl_dtype)dtype, 1, want);
            for (int s = 0; s < 4; s++) {
                double c = scales[dtype][s];
                bool far = s == 0 || s == 3; /* there c^-2 is no number */
                int orders = functions[k].degree == 0 && far ? 1 : 2;
                derivatives(functions[k].of, functions[k].degree, (dl_dtype)dtype, c, got);
                for (int i = 0; i < orders * N; i++)
                    CHECK_MSG(fabs(got[i / N][i % N] - want[i / N][i % N]) <= rel * 8,
                              "%s %s at %g: derivative %d, element %d: got %.9g, wanted %.9g",
                              functions[k].name, dl_dtype_name((dl_dtype)dtype), c, 1 + i / N,
                              i % N, got[i / N][i % N], want[i / N][i % N]);
            }
        }
}

/* ---- numbers --------------------------------------------------------------------------------- */

static dl_val number(dl_tape *t, double x) { return dl_scalar(t, DL_F64, x); }

static dl_val slope(dl_val y, dl_val x)
{
    dl_val g;
    dl_grad(dl_sum(y, "all"), &x, 1, &g);
    return g;
}

/* x^p has p derivatives at 0 that may differ from 0, and all others do not. */
TEST(scales, a_power_has_derivatives_of_any_order_at_0)
{
    static const double factorial[] = { 1, 1, 2, 6 };
    for (int p = 0; p < 4; p++) {
        dl_tape *t = dl_tape_new();
        dl_val x = number(t, 0), y[] = { dl_power_scalar(x, p), dl_power(x, number(t, p)) };
        for (int order = 0; order < 8; order++)
            for (int k = 0; k < 2; k++) {
                CHECK_MSG(dl_item(y[k]) == (order == p ? factorial[p] : 0),
                          "x^%d at 0, form %d, derivative %d: %g", p, k, order, dl_item(y[k]));
                y[k] = slope(y[k], x);
            }
        dl_tape_free(t);
    }
}

TEST(scales, a_power_of_0_has_no_slope_in_its_exponent)
{
    dl_tape *t = dl_tape_new();
    for (int b = 1; b < 4; b++) {
        dl_val e = number(t, b), g = slope(dl_power(number(t, 0), e), e);
        CHECK_CLOSE(dl_item(g), 0, 0);
        CHECK_CLOSE(dl_item(slope(g, e)), 0, 0);
    }
    dl_tape_free(t);
}

/* With p = 1/2 the norm of (0,1,2) is (1 + sqrt 2)^2; its Hessian in the last two is that without
 * the 0. */
TEST(scales, a_norm_of_p_below_1_has_a_hessian_beside_a_0)
{
    for (int zero = 0; zero < 2; zero++) {
        static const double x[] = { 0, 1, 2 }, w[] = { 0, 1, -2 };
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_wrap((void *)(x + 1 - zero), DL_F64, NULL, DL_DIMS(2 + zero));
        dl_array *b = dl_array_wrap((void *)(w + 1 - zero), DL_F64, NULL, DL_DIMS(2 + zero));
        dl_val in = dl_leaf(t, a), g = slope(dl_norm_p(in, 0.5, "0"), in);
        const double *h = dl_data(slope(dl_mul(g, dl_leaf(t, b)), in));
        if (h && zero) CHECK_CLOSE(h[0], 0, 0);
        if (h) CHECK_CLOSE(h[zero], -1.4142135623730951, 1e-14);
        if (h) CHECK_CLOSE(h[zero + 1], 0.70710678118654757, 1e-14);
        CHECK_STR(dl_tape_message(t), "");
        dl_tape_free(t);
        dl_array_free(a);
        dl_array_free(b);
    }
}

/* mpmath 1.2.1, psi(n, x), 30 digits. */
TEST(scales, polygamma_of_high_order_does_not_underflow_before_its_time)
{
    static const struct {
        int n;
        double x, y;
    } at[] = { { 80, 10000.0, -8.9820151686348146e-204 },
               { 120, 500, -8.3349109824042902e-128 },
               { 150, 150, -2.3251519055937961e-66 },
               { 165, 80, 7.5978250013352017e-21 },
               { 170, 100, -8.8841193781856054e-36 },
               { 170, 2.5, -6.5019033864740738e+238 },
               { 100, 1000.0, -9.8071062030352941e-145 },
               { 20, 1000000000000.0, -1.2164510041004845e-223 },
               { 60, 3.0, -6.5430211159807071e+52 },
               { 170, 60.5, -161.38008454002649 } };
    dl_tape *t = dl_tape_new();
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
        double got = dl_item(dl_polygamma(at[k].n, number(t, at[k].x)));
        CHECK_MSG(fabs(got - at[k].y) <= 64 * 0x1p-53 * fabs(at[k].y),
                  "polygamma(%d, %g): got %.17g, wanted %.17g", at[k].n, at[k].x, got, at[k].y);
    }
    dl_tape_free(t);
}

TEST(scales, bessel_functions_of_the_second_kind_are_steep_at_0)
{
    dl_tape *t = dl_tape_new();
    dl_val zero = number(t, 0), small = number(t, 1e-3), five = number(t, 5);
    CHECK_CLOSE(dl_item(slope(dl_bessely(100, small), small)), INFINITY, 0);
    CHECK_CLOSE(dl_item(slope(dl_bessely(500, five), five)), INFINITY, 0);
    CHECK_CLOSE(dl_item(slope(dl_bessely(-3, zero), zero)), -INFINITY, 0);
    CHECK_CLOSE(dl_item(slope(dl_bessel_y1(zero), zero)), INFINITY, 0);
    CHECK_CLOSE(dl_item(slope(slope(dl_bessel_y0(zero), zero), zero)), -INFINITY, 0);
    dl_tape_free(t);
}

TEST(scales, what_is_dropped_is_0_whatever_it_was)
{
    static const double x[] = { INFINITY, -INFINITY, NAN, -1 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap((void *)x, DL_F64, NULL, DL_DIMS(4));
    dl_val in = dl_leaf(t, a), y = dl_dropout(in, 1, dl_random_key(t, 1, 7));
    const double *got = dl_data(y), *g = dl_data(slope(y, in));
    for (int i = 0; i < 4 && got && g; i++) CHECK(got[i] == 0 && g[i] == 0);
    CHECK(got && g);
    dl_tape_free(t);
    dl_array_free(a);
}

TEST(scales, a_median_of_two_is_rounded_once)
{
    static const double pairs[][3] = { { 5e-324, 1e-323, 1e-323 },
                                       { 0x1.8p1023, 0x1.cp1023, 0x1.ap1023 },
                                       { -0x1.8p1023, -0x1.cp1023, -0x1.ap1023 },
                                       { -0x1p1023, 0x1.8p1023, 0x1p1021 } };
    for (int k = 0; k < 4; k++) {
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_wrap((void *)pairs[k], DL_F64, NULL, DL_DIMS(2));
        CHECK_CLOSE(dl_item(dl_median(dl_leaf(t, a), "0")), pairs[k][2], 0);
        dl_tape_free(t);
        dl_array_free(a);
    }
}
