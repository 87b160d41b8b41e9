/* unary_cases.c: elementwise ops of one operand. */
#include "driver.h"
#include "reference.h"

#define BUILD(NAME)                                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##NAME(in[0]);                                              \
    }
BUILD(neg)
BUILD(abs)
BUILD(sign)
BUILD(square)
BUILD(sqrt)
BUILD(exp)
BUILD(log)
BUILD(tanh)
BUILD(erf)
BUILD(sin)
BUILD(cos)
BUILD(sigmoid)
BUILD(relu)

static dl_val build_scale(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_scale(in[0], -1.75);
}

static dl_val build_shift(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_shift(in[0], 0.375);
}

static dl_val build_power_scalar(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_power_scalar(in[0], 0.25);
}

/* x is used three times, once through a function of itself. */
static dl_val build_reuse(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_add(dl_mul(in[0], dl_exp(in[0])), in[0]);
}

/* The gradient stops at one of two factors. */
static dl_val build_partly(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_exp(dl_tanh(dl_sigmoid(in[0])));
}

#define REFERENCE(NAME, VALUE)                                                        \
    static double value_of_##NAME(double x) { return VALUE; }                         \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        int64_t dim[DL_MAX_RANK], n = 1;                                              \
        for (int i = op_sizes(c->in[0].dims, dim); i-- > 0;) n *= dim[i];             \
        for (int64_t i = 0; i < n; i++) y[i] = value_of_##NAME(x[0][i]);              \
    }
REFERENCE(neg, 0 - x)
REFERENCE(abs, x < 0 ? 0 - x : x)
REFERENCE(sign, (x > 0) - (x < 0))
REFERENCE(square, x *x)
REFERENCE(sqrt, sqrt(x))
REFERENCE(exp, exp(x))
REFERENCE(log, log(x))
REFERENCE(tanh, 1 - 2 / (exp(2 * x) + 1))
REFERENCE(erf, erf(x))
REFERENCE(sin, sin(x))
REFERENCE(cos, cos(x))
REFERENCE(sigmoid, 1 / (1 + exp(-x)))
REFERENCE(relu, x < 0 ? 0 : x)
REFERENCE(scale, x * -1.75)
REFERENCE(shift, x + 0.375)
REFERENCE(power_scalar, sqrt(sqrt(x)))
REFERENCE(reuse, x *exp(x) + x)
REFERENCE(partly, exp(tanh(1 / (1 + exp(-x)))))

/* An op over sizes and labels of all kinds. */
#define SHAPE(NAME, TEXT, DIMS, LABELS, POOL)                                    \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_X(DIMS, LABELS, POOL)), DIMS, LABELS, \
            .reference = NAME##_reference)
#define SHAPES(NAME, POOL)                                                          \
    SHAPE(NAME, "rank 0", "", "", POOL + 1), SHAPE(NAME, "matrix", "34", "", POOL), \
        SHAPE(NAME, "labels CBT", "243", "CBT", POOL + 3)
/* Against numbers of reference.h. */
#define NUMBERS(NAME, POOL, WANT) \
    OP_CASE(#NAME, "numbers", build_##NAME, (OP_X("6", "", POOL)), "6", "", .want = WANT)

static const op_case cases[] = {
    SHAPES(neg, op_mixed),
    SHAPES(abs, op_mixed),
    SHAPES(sign, op_mixed),
    SHAPES(square, op_mixed),
    SHAPES(sqrt, op_positive),
    SHAPES(exp, op_mixed),
    SHAPES(log, op_positive),
    SHAPES(tanh, op_mixed),
    SHAPES(erf, op_mixed),
    SHAPES(sin, op_mixed),
    SHAPES(cos, op_mixed),
    SHAPES(sigmoid, op_mixed),
    SHAPES(relu, op_mixed),
    SHAPES(scale, op_mixed),
    SHAPES(shift, op_mixed),
    SHAPES(power_scalar, op_positive),
    NUMBERS(sqrt, op_positive, sqrt_of_positive),
    NUMBERS(exp, op_mixed, exp_of_mixed),
    NUMBERS(log, op_positive, log_of_positive),
    NUMBERS(tanh, op_mixed, tanh_of_mixed),
    NUMBERS(sigmoid, op_mixed, sigmoid_of_mixed),
    NUMBERS(power_scalar, op_positive, fourth_root_of_positive),
    OP_CASE("mul", "x exp(x) + x", build_reuse, (OP_X("23", "", op_mixed)), "23", "",
            .reference = reuse_reference, .flags = OP_COMPOSED),
    OP_CASE("sigmoid", "under tanh and exp", build_partly, (OP_X("23", "CB", op_mixed)), "23", "CB",
            .reference = partly_reference),
};
const op_table op_unary = OP_TABLE(cases);

OP_TESTS(unary)

#define INF INFINITY

TEST(unary, edges_are_as_documented)
{
    static const op_point points[] = {
        { "abs", build_abs, 0, 0, 0, 0, 0 },
        { "abs", build_abs, -INF, 0, INF, -1, 0 },
        { "abs", build_abs, NAN, 0, NAN, OP_ANY, 0 },
        { "sign", build_sign, 0, 0, 0, 0, 0 },
        { "sign", build_sign, NAN, 0, NAN, 0, 0 },
        { "sign", build_sign, -INF, 0, -1, 0, 0 },
        { "relu", build_relu, 0, 0, 0, 0, 0 },
        { "relu", build_relu, -0.0, 0, 0, 0, 0 },
        { "relu", build_relu, INF, 0, INF, 1, 0 },
        { "relu", build_relu, -INF, 0, 0, 0, 0 },
        { "relu", build_relu, NAN, 0, NAN, OP_ANY, 0 },
        { "sqrt", build_sqrt, 0, 0, 0, INF, 0 },
        { "sqrt", build_sqrt, -1, 0, NAN, NAN, 0 },
        { "log", build_log, 0, 0, -INF, INF, 0 },
        { "log", build_log, -1, 0, NAN, OP_ANY, 0 },
        { "exp", build_exp, 1000, 0, INF, INF, 0 },
        { "exp", build_exp, -1000, 0, 0, 0, 0 },
        { "tanh", build_tanh, 1000, 0, 1, 0, 0 },
        { "tanh", build_tanh, -1000, 0, -1, 0, 0 },
        { "tanh", build_tanh, 0, 0, 0, 1, 0 },
        { "sigmoid", build_sigmoid, 1000, 0, 1, 0, 0 },
        { "sigmoid", build_sigmoid, -1000, 0, 0, 0, 0 },
        { "sigmoid", build_sigmoid, 0, 0, 0.5, 0.25, 0 },
        { "sigmoid", build_sigmoid, -20, 0, 2.0611536181902036e-9, 2.0611536139418493e-9, 0 },
        { "sigmoid", build_sigmoid, NAN, 0, NAN, NAN, 0 },
        { "square", build_square, -3, 0, 9, -6, 0 },
        { "exp", build_exp, NAN, 0, NAN, NAN, 0 },
    };
    op_points_hold(points, (int)(sizeof points / sizeof *points), 1);
}

static dl_val number(dl_tape *t, dl_array *a, double x)
{
    dl_array_fill(a, x);
    return dl_leaf(t, a);
}

TEST(unary, powers_of_negative_numbers_and_of_zero_have_derivatives)
{
    static const struct {
        double x, p, y, slope, curvature;
    } rows[] = {
        { -2, 2, 4, -4, 2 },
        { -2, 3, -8, 12, -12 },
        { 0, 2, 0, 0, 2 },
        { 0, 1, 0, 1, 0 },
        { -2, -1, -0.5, -0.25, -0.25 },
        { 3, 0, 1, 0, 0 },
        { 0, 3, 0, 0, 0 },
        { 0, 0, 1, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(1));
        dl_val x = number(t, a, rows[i].x), y = dl_power_scalar(x, rows[i].p), g, h;
        dl_grad(dl_sum(y, "all"), &x, 1, &g);
        dl_grad(dl_sum(g, "all"), &x, 1, &h);
        double got[3] = { dl_item(y), dl_item(g), dl_item(h) };
        double want[3] = { rows[i].y, rows[i].slope, rows[i].curvature };
        for (int k = 0; k < 3; k++)
            CHECK_MSG(fabs(got[k] - want[k]) <= 1e-14 * fabs(want[k]),
                      "power_scalar (%g, %g): derivative %d: got %.17g, wanted %.17g", rows[i].x,
                      rows[i].p, k, got[k], want[k]);
        dl_tape_free(t);
        dl_array_free(a);
    }
}
