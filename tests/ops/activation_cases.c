/* activation_cases.c: erfc and functions of neural networks, values and two derivatives, against
 * formulas in a wider type. */
#include "wide.h"

#include <stdlib.h>

/* ---- references ------------------------------------------------------------------------------ */

#define TWO_BY_ROOT_PI 1.128379167095512573896158903121545172L
#define ROOT_HALF 0.7071067811865475244008443621048490393L
#define ROOT_8_BY_PI 1.595769121605730711759784239737527474L
#define CUBIC 0.044715L
#define SELU_SCALE 1.0507009873554804934193349852946L
#define SELU_ALPHA 1.6732632423543772848170429916717L

typedef long double wide;

static wide logistic(wide x) { return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x)); }
static wide bell(wide x) { return logistic(x) * logistic(-x); }
static wide soft(wide x) { return fmaxl(x, 0) + log1pl(expl(-fabsl(x))); }
/* Far from 0 a slope is that at this distance. */
static wide near(wide x) { return fmaxl(-8000, fminl(x, 8000)); }
/* x f, and 0 instead of what is no number where f is 0. */
static wide times(wide x, wide f) { return f == 0 ? copysignl(0, x) : x * f; }

static wide density(wide x) { return expl(-x * x / 2) * TWO_BY_ROOT_PI * ROOT_HALF / 2; }
/* erfc at a product that is not rounded: its slope times what rounding took. */
static wide below(wide x)
{
    wide a = -x * ROOT_HALF, lost = isinf(a) ? 0 : fmal(-x, ROOT_HALF, -a);
    wide slope = isinf(a) ? 0 : expl(-a * a) * TWO_BY_ROOT_PI;
    return (erfcl(a) - slope * lost) / 2;
}

static wide bend(wide x) { return ROOT_8_BY_PI * (x + CUBIC * x * x * x); }
static wide bend_1(wide x) { return ROOT_8_BY_PI * (1 + 3 * CUBIC * x * x); }
static wide bend_2(wide x) { return ROOT_8_BY_PI * 6 * CUBIC * x; }

static wide mish_share(wide x) { return tanhl(soft(x)); }
static wide mish_share_1(wide x)
{
    wide t = mish_share(x);
    return (x > 30 ? 4 * expl(-2 * x) : (1 - t) * (1 + t)) * logistic(x);
}
static wide mish_share_2(wide x)
{
    return mish_share_1(x) * (logistic(-x) - 2 * mish_share(x) * logistic(x));
}

static wide erfc_2(wide x) { return 2 * x * TWO_BY_ROOT_PI * expl(-x * x); }
static wide softsign_2(wide x) { return x == 0 ? 0 : copysignl(2, -x) / powl(1 + fabsl(x), 3); }
static wide silu_2(wide x) { return bell(x) * (2 - x * tanhl(x / 2)); }
static wide mish_2(wide x) { return 2 * mish_share_1(x) + x * mish_share_2(x); }
static wide gelu_tanh_1(wide x) { return logistic(bend(x)) + x * bell(bend(x)) * bend_1(x); }
static wide gelu_tanh_2(wide x)
{
    wide b = bell(bend(x)), tilt = -tanhl(bend(x) / 2) * bend_1(x) * bend_1(x);
    return b * (2 * bend_1(x) + x * (tilt + bend_2(x)));
}
static wide cut(wide x, wide lo, wide hi) { return x < lo ? lo : x > hi ? hi : x; }
/* +0 at -0, as PyTorch: it is a sum. */
static wide elu(wide x, wide scale, wide alpha)
{
    return x == 0 ? 0 : scale * (x > 0 ? x : alpha * expm1l(x));
}
static wide elu_1(wide x, wide scale, wide alpha) { return scale * (x > 0 ? 1 : alpha * expl(x)); }
static wide elu_2(wide x, wide scale, wide alpha) { return scale * (x > 0 ? 0 : alpha * expl(x)); }

#define SLOPE 0.125
#define ALPHA 1.5
#define LO (-1.5)
#define HI 2.0

/* Name and numbers of the call, value, first and second derivative, where z is x but finite. */
#define FUNCTIONS(ROW)                                                                          \
    ROW(erfc, (x), erfcl(x), -TWO_BY_ROOT_PI *expl(-z *z), erfc_2(z))                           \
    ROW(softplus, (x), soft(x), logistic(z), bell(z))                                           \
    ROW(log_sigmoid, (x), -soft(-x), logistic(-z), -bell(z))                                    \
    ROW(softsign, (x), isinf(x) ? copysignl(1, x) : x / (1 + fabsl(x)), powl(1 + fabsl(x), -2), \
        softsign_2(x))                                                                          \
    ROW(silu, (x), times(x, logistic(x)), logistic(z) + z * bell(z), silu_2(z))                 \
    ROW(mish, (x), times(x, mish_share(x)), mish_share(z) + z * mish_share_1(z), mish_2(z))     \
    ROW(gelu, (x), times(x, below(x)), below(z) + z * density(z), density(z) * (2 - z * z))     \
    ROW(gelu_tanh, (x), times(x, logistic(bend(x))), gelu_tanh_1(z), gelu_tanh_2(z))            \
    ROW(hardtanh, (x), cut(x, -1, 1), fabsl(x) < 1, 0)                                          \
    ROW(hard_sigmoid, (x), cut((x + 3) / 6, 0, 1), fabsl(x) < 3 ? 1 / 6.0L : 0, 0)              \
    ROW(hardswish, (x), x <= -3 ? 0 : x * cut((x + 3) / 6, 0, 1),                               \
        fabsl(x) < 3 ? (2 * x + 3) / 6 : x > 0, fabsl(x) < 3 ? 1 / 3.0L : 0)                    \
    ROW(leaky_relu, (x, SLOPE), x > 0 ? x : SLOPE * x, x > 0 ? 1 : SLOPE, 0)                    \
    ROW(elu, (x, ALPHA), elu(x, 1, ALPHA), elu_1(x, 1, ALPHA), elu_2(x, 1, ALPHA))              \
    ROW(selu, (x), elu(x, SELU_SCALE, SELU_ALPHA), elu_1(x, SELU_SCALE, SELU_ALPHA),            \
        elu_2(x, SELU_SCALE, SELU_ALPHA))                                                       \
    ROW(clamp, (x, LO, HI), cut(x, LO, HI), x >= LO && x <= HI, 0)

#define DEFINE(NAME, CALL, VALUE, FIRST, SECOND)                                      \
    static wide NAME##_of(int order, wide x)                                          \
    {                                                                                 \
        wide z = near(x);                                                             \
        (void)z;                                                                      \
        return order == 0 ? VALUE : order == 1 ? FIRST : SECOND;                      \
    }                                                                                 \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        int64_t dim[DL_MAX_RANK], n = 1;                                              \
        for (int i = op_sizes(c->in[0].dims, dim); i-- > 0;) n *= dim[i];             \
        for (int64_t i = 0; i < n; i++) y[i] = (double)NAME##_of(0, (wide)x[0][i]);   \
    }                                                                                 \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg)         \
    {                                                                                 \
        dl_val x = in[0];                                                             \
        return dl_##NAME CALL;                                                        \
    }
FUNCTIONS(DEFINE)

static dl_val build_prelu(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_prelu(in[0], in[1]);
}

/* One slope for each row of four. */
static void prelu_rows_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 12; i++) y[i] = fmax(x[0][i], 0) + x[1][i / 4] * fmin(x[0][i], 0);
}

static void prelu_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 6; i++) y[i] = fmax(x[0][i], 0) + x[1][i] * fmin(x[0][i], 0);
}

/* On all sides of -3, -1.5, -1, 0, 1, 2 and 3. */
static const double sides[OP_POOL] = {
    0.75,   -3.25, 2.5,    -0.5,    1.125, -2.25,  -3.5,  1.75,   -0.875, -1.625, 3.5,
    2.125,  -0.25, 1.375,  -1.75,   0.625, -2.5,   4.0,   -0.375, 2.25,   -1.25,  0.5,
    3.1875, -5.0,  0.8125, -1.1875, 2.75,  -1.375, 1.625, -0.75,  6.0,    -2.75,
};

#define SHAPE(NAME, TEXT, DIMS, LABELS, POOL, FLAGS)                             \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_X(DIMS, LABELS, POOL)), DIMS, LABELS, \
            .reference = NAME##_reference, .flags = FLAGS)
#define SHAPES(NAME, FLAGS)                            \
    SHAPE(NAME, "rank 0", "", "", sides + 1, FLAGS),   \
        SHAPE(NAME, "matrix", "34", "", sides, FLAGS), \
        SHAPE(NAME, "labels CBT", "232", "CBT", sides + 3, FLAGS),

static const op_case cases[] = {
    SHAPES(erfc, 0) SHAPES(softplus, 0) SHAPES(log_sigmoid, 0) SHAPES(softsign, 0) SHAPES(silu, 0)
        SHAPES(mish, 0) SHAPES(gelu, 0) SHAPES(gelu_tanh, 0) SHAPES(hardtanh, 0)
            SHAPES(hard_sigmoid, 0) SHAPES(hardswish, 0) SHAPES(leaky_relu, 0) SHAPES(elu, 0)
                SHAPES(selu, 0) SHAPES(clamp, 0)
                    OP_CASE("prelu", "slopes of the same sizes", build_prelu,
                            (OP_X("23", "", sides), OP_X("23", "", op_other)), "23", "",
                            .reference = prelu_reference),
    OP_CASE("prelu", "a slope for each row", build_prelu,
            (OP_X("34", "", sides), OP_X("3", "", op_other)), "34", "",
            .reference = prelu_rows_reference),
    OP_CASE("prelu", "a slope for each channel", build_prelu,
            (OP_X("34", "CB", sides + 2), OP_X("3", "C", op_positive)), "34", "CB",
            .reference = prelu_rows_reference),
};
const op_table op_activation = OP_TABLE(cases);

OP_TESTS(activation)

/* ---- special values -------------------------------------------------------------------------- */

#define FUNCTION(NAME, CALL, VALUE, FIRST, SECOND) { #NAME, build_##NAME, NAME##_of },
static const struct {
    const char *name;
    op_build *build;
    wide (*of)(int order, wide x);
} functions[] = { FUNCTIONS(FUNCTION) };
enum { COUNT = sizeof functions / sizeof *functions };

/* The value and two derivatives of n numbers. */
static void derive(int k, dl_dtype dtype, int n, const double *x, double (*to)[3])
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(n));
    for (int i = 0; i < n; i++) dl_array_set(a, DL_DIMS(i), x[i]);
    dl_val in = dl_leaf(t, a), y[3];
    y[0] = functions[k].build(t, &in, NULL);
    for (int j = 1; j < 3; j++) dl_grad(dl_sum(y[j - 1], "all"), &in, 1, &y[j]);
    for (int j = 0; j < 3; j++) {
        const void *got = dl_data(y[j]);
        REQUIRE(got);
        for (int i = 0; i < n; i++)
            to[i][j] = dtype == DL_F32 ? (double)((const float *)got)[i] : ((const double *)got)[i];
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
}

/* Values within 2 ulp, derivatives close to the wide ones and never a NaN at a number. What cancels
 * in a second derivative is as large as x^3. */
static void sweep(int k, dl_dtype dtype, int n, const double *x, double (*got)[3])
{
    double worst[3] = { 0 }, at[3] = { 0 };
    derive(k, dtype, n, x, got);
    for (int i = 0; i < n; i++) {
        wide from = dtype == DL_F32 ? (wide)(float)x[i] : (wide)x[i];
        double e = ulps(dtype, got[i][0], functions[k].of(0, from));
        if (!(e <= worst[0])) worst[0] = e, at[0] = x[i];
        for (int j = 1; j < 3 && !isnan(x[i]); j++) {
            wide want = functions[k].of(j, from);
            e = (double)(fabsl((wide)got[i][j] - want) / fmaxl(fabsl(want), 0.125L));
            if (!(e <= worst[j])) worst[j] = e, at[j] = x[i];
        }
    }
    const char *name = functions[k].name, *type = dl_dtype_name(dtype);
    double small[] = { 2, dtype == DL_F32 ? 3e-6 : 6e-15, dtype == DL_F32 ? 1e-4 : 1e-12 };
    CHECK_MSG(worst[0] <= small[0], "%s %s: %.3g ulp at %a", name, type, worst[0], at[0]);
    for (int j = 1; j < 3; j++)
        CHECK_MSG(worst[j] <= small[j], "%s %s: derivative %d is %.3g off at %a", name, type, j,
                  worst[j], at[j]);
}

TEST(activation, special_values_and_their_slopes_are_those_of_wider_formulas)
{
    if (wide_is_double()) SKIP("long double is double");
    double x[WIDE_SPECIAL], got[WIDE_SPECIAL][3];
    wide_points(x);
    for (int k = 0; k < COUNT; k++)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++)
            sweep(k, (dl_dtype)dtype, WIDE_SPECIAL, x, got);
}

static void sweep_many(int n)
{
    double *x = malloc((size_t)n * sizeof *x), (*got)[3] = malloc((size_t)n * sizeof *got);
    REQUIRE(x && got);
    wide_sweep(n, x);
    for (int k = 0; k < COUNT; k++)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++) sweep(k, (dl_dtype)dtype, n, x, got);
    free(x);
    free(got);
}

TEST(activation, functions_are_within_2_ulp)
{
    if (wide_is_double()) SKIP("long double is double");
    sweep_many(2000);
}

TEST(slow_activation, functions_are_within_2_ulp)
{
    if (wide_is_double()) SKIP("long double is double");
    sweep_many(1000000);
}

/* What is computed in double and rounded once. */
static bool rounded_once(const char *name)
{
    static const char *const names[] = {
        "erfc", "softplus", "log_sigmoid", "silu", "mish", "gelu", "gelu_tanh",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

/* Of every exponent, and twice as many around the numbers where things happen. */
TEST(activation, floats_are_rounded_once)
{
    enum { MANY = 12000 };
    if (wide_is_double()) SKIP("long double is double");
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(MANY));
    float x[MANY];
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t bits = i * 357913u;
        if (i % 3 == 0) memcpy(&x[i], &bits, sizeof bits);
        else x[i] = ((float)i - MANY / 2) / (i % 3 == 1 ? 40 : 400);
        dl_array_set(a, DL_DIMS(i), (double)x[i]);
    }
    for (int k = 0; k < COUNT; k++) {
        if (!rounded_once(functions[k].name)) continue;
        dl_tape *t = dl_tape_new();
        dl_val in = dl_leaf(t, a);
        const float *got = dl_data(functions[k].build(t, &in, NULL));
        REQUIRE(got);
        double worst = 0, at = 0;
        for (int i = 0; i < MANY; i++) {
            double e = ulps(DL_F32, got[i], functions[k].of(0, (wide)x[i]));
            if (!(e <= worst)) worst = e, at = (double)x[i];
        }
        CHECK_MSG(worst <= 0.52, "%s: %.3g ulp at %a", functions[k].name, worst, at);
        dl_tape_free(t);
    }
    dl_array_free(a);
}

/* ---- kinks and bounds ------------------------------------------------------------------------ */

TEST(activation, edges_are_as_documented)
{
    static const op_point points[] = {
        { "hardtanh", build_hardtanh, 1, 0, 1, 0, 0 },
        { "hardtanh", build_hardtanh, -1, 0, -1, 0, 0 },
        { "hardtanh", build_hardtanh, NAN, 0, NAN, OP_ANY, 0 },
        { "hard_sigmoid", build_hard_sigmoid, 3, 0, 1, 0, 0 },
        { "hard_sigmoid", build_hard_sigmoid, -3, 0, 0, 0, 0 },
        { "hardswish", build_hardswish, 3, 0, 3, 1, 0 },
        { "hardswish", build_hardswish, -3, 0, 0, 0, 0 },
        { "hardswish", build_hardswish, INFINITY, 0, INFINITY, 1, 0 },
        { "hardswish", build_hardswish, -INFINITY, 0, 0, 0, 0 },
        { "leaky_relu", build_leaky_relu, 0, 0, 0, SLOPE, 0 },
        { "leaky_relu", build_leaky_relu, NAN, 0, NAN, OP_ANY, 0 },
        { "elu", build_elu, 0, 0, 0, ALPHA, 0 },
        { "elu", build_elu, INFINITY, 0, INFINITY, 1, 0 },
        { "elu", build_elu, -INFINITY, 0, -ALPHA, 0, 0 },
        { "selu", build_selu, INFINITY, 0, INFINITY, 1.0507009873554805, 0 },
        { "clamp", build_clamp, LO, 0, LO, 1, 0 },
        { "clamp", build_clamp, HI, 0, HI, 1, 0 },
        { "clamp", build_clamp, 2.25, 0, HI, 0, 0 },
        { "clamp", build_clamp, -INFINITY, 0, LO, 0, 0 },
        { "clamp", build_clamp, NAN, 0, NAN, OP_ANY, 0 },
        { "silu", build_silu, -INFINITY, 0, 0, 0, 0 },
        { "mish", build_mish, -INFINITY, 0, 0, 0, 0 },
        { "gelu", build_gelu, -INFINITY, 0, 0, 0, 0 },
        { "gelu_tanh", build_gelu_tanh, -INFINITY, 0, 0, 0, 0 },
        { "gelu", build_gelu, INFINITY, 0, INFINITY, 1, 0 },
        { "softplus", build_softplus, -1000, 0, 0, 0, 0 },
        { "softplus", build_softplus, 1000, 0, 1000, 1, 0 },
        { "log_sigmoid", build_log_sigmoid, -1000, 0, -1000, 1, 0 },
    };
    op_points_hold(points, (int)(sizeof points / sizeof *points), 1);
}

TEST(activation, prelu_takes_the_slope_from_below_at_0)
{
    static const op_point points[] = {
        { "prelu", build_prelu, 0, 0.25, 0, 0.25, 0 },
        { "prelu", build_prelu, -2, 0.25, -0.5, 0.25, -2 },
        { "prelu", build_prelu, 2, 0.25, 2, 1, 0 },
        { "prelu", build_prelu, INFINITY, 0.25, INFINITY, 1, 0 },
    };
    op_points_hold(points, (int)(sizeof points / sizeof *points), 2);
}

static dl_val clamp_wrong(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_clamp(in[0], 2, *arg ? NAN : 1);
}

static dl_val clamp_open(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_clamp(in[0], -INFINITY, INFINITY);
}

TEST(activation, bounds_that_are_infinite_cut_nothing)
{
    static const op_point points[] = {
        { "clamp", clamp_open, INFINITY, 0, INFINITY, 1, 0 },
        { "clamp", clamp_open, -INFINITY, 0, -INFINITY, 1, 0 },
        { "clamp", clamp_open, 1e30, 0, 1e30, 1, 0 },
    };
    op_points_hold(points, (int)(sizeof points / sizeof *points), 1);
}

TEST(activation, bad_calls_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("clamp", clamp_wrong, "", (OP_X("3", "", sides)), DL_EARG, "bounds 2 and 1"),
        OP_BAD("clamp", clamp_wrong, "n", (OP_X("3", "", sides)), DL_EARG, "bounds 2 and nan"),
        OP_BAD("clamp", build_clamp, "", (OP_INT(DL_I32, "3", "", sides)), DL_EDTYPE, "i32"),
        OP_BAD("elu", build_elu, "", (OP_INT(DL_I64, "3", "", sides)), DL_EDTYPE, "i64"),
        OP_BAD("selu", build_selu, "", (OP_INT(DL_U8, "3", "", sides)), DL_EDTYPE, "u8"),
        OP_BAD("gelu", build_gelu, "", (OP_INT(DL_I32, "3", "", sides)), DL_EDTYPE, "i32"),
        OP_BAD("leaky_relu", build_leaky_relu, "", (OP_INT(DL_I32, "3", "", sides)), DL_EDTYPE,
               "i32"),
        OP_BAD("prelu", build_prelu, "", (OP_X("34", "", sides), OP_X("43", "", sides)), DL_ESHAPE,
               "sizes"),
        OP_BAD("prelu", build_prelu, "", (OP_X("3", "", sides), OP_INT(DL_I32, "3", "", sides)),
               DL_EDTYPE, "i32"),
    };
    OP_REJECTS(bad);
}

/* The plan stays the same while the numbers change. */
TEST(activation, other_numbers_make_no_new_plan)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(1));
    dl_array_fill(a, -2);
    for (int step = 1; step < 6; step++) {
        dl_tape_reset(t);
        dl_val x = dl_leaf(t, a);
        dl_val y = dl_clamp(dl_leaky_relu(x, 0.5 * step), -3, -1.5);
        CHECK_CLOSE(dl_item(y), step < 2 ? -1.5 : step > 3 ? -3 : -step, 0);
    }
    CHECK_INT(dl_cache_stats(t).misses, 1);
    dl_tape_free(t);
    dl_array_free(a);
}
