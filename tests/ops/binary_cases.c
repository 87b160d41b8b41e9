/* binary_cases.c: elementwise ops of two operands, with broadcasting by position and by label. */
#include "driver.h"
#include "reference.h"

#define BUILD(NAME)                                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##NAME(in[0], in[1]);                                       \
    }
BUILD(add)
BUILD(sub)
BUILD(mul)
BUILD(div)
BUILD(power)
BUILD(max)
BUILD(min)
BUILD(atan2)
BUILD(hypot)
BUILD(mod)
BUILD(rem)
BUILD(copysign)

static dl_val build_max_scalar(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_max_scalar(in[0], 0.3125);
}

static dl_val build_min_scalar(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_min_scalar(in[0], 0.3125);
}

static dl_val build_fma(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_fma(in[0], in[1], in[2]);
}

static dl_val build_lerp(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_lerp(in[0], in[1], in[2]);
}

static dl_val build_twice(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_mul(in[0], dl_div(in[0], dl_add(in[0], in[1])));
}

static dl_val build_add_n(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_add_n(in[0], in[1], in[2], in[0]);
}

/* The second input is not on the path. */
static dl_val build_first(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_mul(in[0], in[1]);
    return dl_square(in[0]);
}

/* ---- the reference --------------------------------------------------------------------------- */

/* Which axis of an operand lies under axis k of the result: the one of the same label and number,
 * or, unless both operands have labels, the one of the same position. */
static int axis_under(const op_case *c, const op_input *in, int k)
{
    bool by_label = *c->in[0].labels && *c->in[1].labels;
    if (!by_label) return k;
    int nth = 0;
    for (int i = 0; i < k; i++) nth += c->labels[i] == c->labels[k];
    for (int i = 0; in->labels[i]; i++)
        if (in->labels[i] == c->labels[k] && nth-- == 0) return i;
    return DL_MAX_RANK;
}

static int64_t place_in(const op_case *c, int operand, const int64_t *index, int rank)
{
    int64_t dim[DL_MAX_RANK], at[DL_MAX_RANK] = { 0 }, n = 0;
    int own = op_sizes(c->in[operand].dims, dim);
    for (int k = 0; k < rank; k++) {
        int axis = axis_under(c, &c->in[operand], k);
        if (axis < own && dim[axis] != 1) at[axis] = index[k];
    }
    for (int i = 0; i < own; i++) n = n * dim[i] + at[i];
    return n;
}

static void pairs(const op_case *c, const double *const *x, double *y, double (*f)(double, double))
{
    int64_t dim[DL_MAX_RANK], index[DL_MAX_RANK] = { 0 }, n = 1;
    int rank = op_sizes(c->dims, dim);
    for (int k = 0; k < rank; k++) n *= dim[k];
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = i;
        for (int k = rank - 1; k >= 0; k--) {
            index[k] = rest % dim[k];
            rest /= dim[k];
        }
        y[i] = f(x[0][place_in(c, 0, index, rank)], x[1][place_in(c, 1, index, rank)]);
    }
}

#define REFERENCE(NAME, VALUE)                                                        \
    static double value_of_##NAME(double a, double b) { return VALUE; }               \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        pairs(c, x, y, value_of_##NAME);                                              \
    }
REFERENCE(add, a + b)
REFERENCE(sub, a - b)
REFERENCE(mul, a *b)
REFERENCE(div, a / b)
REFERENCE(power, exp(b *log(a)))
REFERENCE(max, fmax(a, b))
REFERENCE(min, fmin(a, b))
REFERENCE(atan2, 2 * atan(a / (b + sqrt(a * a + b * b))))
REFERENCE(hypot, sqrt(a *a + b * b))
REFERENCE(mod, a - b * floor(a / b))
REFERENCE(rem, a - b * trunc(a / b))
REFERENCE(copysign, (b < 0) == (a < 0) ? a : -a)
REFERENCE(twice, a *a / (a + b))
REFERENCE(first, a *a)

static void max_scalar_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 12; i++) y[i] = fmax(x[0][i], 0.3125);
}

static void min_scalar_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 12; i++) y[i] = fmin(x[0][i], 0.3125);
}

static void fma_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++) y[3 * i + j] = x[0][3 * i + j] * x[1][i] + x[2][j];
}

static void lerp_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++) {
            double a = x[0][3 * i + j], b = x[1][i], t = x[2][j];
            y[3 * i + j] = (1 - t) * a + t * b;
        }
}

static void add_n_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++) y[3 * i + j] = 2 * x[0][3 * i + j] + x[1][i] + x[2][0];
}

/* ---- the cases ------------------------------------------------------------------------------- */

#define ROW(NAME, TEXT, A, LA, PA, B, LB, PB, Y, LY)                              \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_X(A, LA, PA), OP_X(B, LB, PB)), Y, LY, \
            .reference = NAME##_reference)
/* All ways to match two operands. */
#define MATCHES(NAME, PA, PB)                                                     \
    ROW(NAME, "same sizes", "34", "", PA, "34", "", PB, "34", ""),                \
        ROW(NAME, "rank 0 at the left", "", "", PA, "23", "", PB, "23", ""),      \
        ROW(NAME, "rank 0 at the right", "23", "CB", PA, "", "", PB, "23", "CB"), \
        ROW(NAME, "leading axes match", "4", "", PA, "43", "", PB, "43", ""),     \
        ROW(NAME, "outer", "31", "", PA, "14", "", PB, "34", ""),                 \
        ROW(NAME, "middle of three", "234", "", PA, "131", "", PB, "234", ""),    \
        ROW(NAME, "C into CB", "43", "CB", PA, "4", "C", PB, "43", "CB"),         \
        ROW(NAME, "B into CB", "3", "B", PA, "43", "CB", PB, "43", "CB"),         \
        ROW(NAME, "T into CBT", "234", "CBT", PA, "4", "T", PB, "234", "CBT"),    \
        ROW(NAME, "C into SSC", "234", "SSC", PA, "4", "C", PB, "234", "SSC"),    \
        ROW(NAME, "C with B", "4", "C", PA, "3", "B", PB, "43", "CB"),            \
        ROW(NAME, "S into SSC", "2", "S", PA, "243", "SSC", PB, "243", "SSC"),    \
        ROW(NAME, "C of size 1", "13", "CB", PA, "42", "CT", PB, "432", "CBT"),   \
        ROW(NAME, "labels with none", "34", "", PA, "34", "CB", PB, "34", "CB"),  \
        ROW(NAME, "a row with labels", "34", "CB", PA, "14", "", PB, "34", "CB")

/* No quotient of the two is near a whole number. */
static const double dividend[OP_POOL] = {
    1.75,  2.125, 2.0,  -5.375, 1.75,  1.625,  5.5,    -2.0, -2.5, 1.375, -1.75,
    -2.5,  5.5,   2.0,  1.625,  1.375, -1.375, 1.5,    2.5,  -2.5, 5.375, 1.25,
    -1.75, 1.5,   2.25, -5.25,  -5.5,  -2.0,   -5.375, -5.5, 5.5,  -5.25
};
static const double divisor[OP_POOL] = {
    -3.625, -3.0,   -3.375, 3.75, -4.0,   3.125,  3.5,  -3.75, -3.25, -3.25, -3.75,
    -3.625, 3.625,  3.625,  -3.5, -3.875, -3.125, -3.5, 3.0,   -4.0,  -3.0,  3.125,
    -3.5,   -3.625, -3.75,  4.0,  3.75,   -3.5,   -3.0, -3.0,  -3.0,  -3.625
};

static const op_case cases[] = {
    MATCHES(add, op_mixed, op_other),
    MATCHES(sub, op_mixed, op_other),
    MATCHES(mul, op_mixed, op_other),
    MATCHES(div, op_mixed, op_positive),
    MATCHES(power, op_positive, op_other),
    MATCHES(max, op_mixed, op_other),
    MATCHES(min, op_mixed, op_other),
    MATCHES(atan2, op_mixed, op_other),
    MATCHES(hypot, op_mixed, op_other),
    MATCHES(mod, dividend, divisor),
    MATCHES(rem, dividend, divisor),
    MATCHES(copysign, op_mixed, op_other),
    OP_CASE("max_scalar", "a number", build_max_scalar, (OP_X("34", "CB", op_mixed)), "34", "CB",
            .reference = max_scalar_reference),
    OP_CASE("min_scalar", "a number", build_min_scalar, (OP_X("34", "CB", op_mixed)), "34", "CB",
            .reference = min_scalar_reference),
    OP_CASE("fma", "a column and a row", build_fma,
            (OP_X("23", "", op_mixed), OP_X("2", "", op_other), OP_X("13", "", op_positive)), "23",
            "", .reference = fma_reference, .flags = OP_COMPOSED),
    OP_CASE("lerp", "a column and a row", build_lerp,
            (OP_X("23", "", op_mixed), OP_X("2", "", op_other), OP_X("13", "", op_positive)), "23",
            "", .reference = lerp_reference, .flags = OP_COMPOSED),
    OP_CASE("power", "numbers", build_power, (OP_X("6", "", op_positive), OP_X("6", "", op_other)),
            "6", "", .want = power_of_positive_and_other),
    OP_CASE("mul", "a value used twice", build_twice,
            (OP_X("34", "CB", op_positive), OP_X("3", "C", op_positive + 5)), "34", "CB",
            .reference = twice_reference, .flags = OP_COMPOSED),
    OP_CASE("square", "an input off the path", build_first,
            (OP_X("34", "CB", op_mixed), OP_X("4", "B", op_other)), "34", "CB",
            .reference = first_reference, .flags = OP_COMPOSED),
    OP_CASE("add", "add_n", build_add_n,
            (OP_X("23", "CB", op_mixed), OP_X("2", "C", op_other), OP_X("", "", op_positive)), "23",
            "CB", .reference = add_n_reference),
};
const op_table op_binary = OP_TABLE(cases);

OP_TESTS(binary)

TEST(binary, sizes_that_do_not_match_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("add", build_add, NULL, (OP_X("34", "", NULL), OP_X("24", "", NULL)), DL_ESHAPE,
               "a (3,4), b (2,4): sizes 3 and 2 of axis 0"),
        OP_BAD("sub", build_sub, NULL, (OP_X("34", "", NULL), OP_X("4", "", NULL)), DL_ESHAPE,
               "a (3,4), b (4): sizes 3 and 4"),
        OP_BAD("mul", build_mul, NULL, (OP_X("34", "CB", NULL), OP_X("5", "C", NULL)), DL_ESHAPE,
               "a (3 C, 4 B), b (5 C, 1 B): sizes 3 and 5 of axis 0"),
        OP_BAD("div", build_div, NULL, (OP_X("34", "CB", NULL), OP_X("35", "CB", NULL)), DL_ESHAPE,
               "sizes 4 and 5 of axis 1"),
        OP_BAD("power", build_power, NULL, (OP_X("2", "", NULL), OP_X("3", "", NULL)), DL_ESHAPE,
               "a (2), b (3)"),
        OP_BAD("max", build_max, NULL, (OP_X("2", "C", NULL), OP_X("0", "C", NULL)), DL_ESHAPE,
               "sizes 2 and 0"),
        OP_BAD("min", build_min, NULL, (OP_X("2", "C", NULL), OP_X("23", "", NULL)), DL_ELABEL,
               "has more axes than the labelled one"),
    };
    OP_REJECTS(bad);
}

#define INF INFINITY

TEST(binary, edges_are_as_documented)
{
    static const op_point points[] = {
        { "max", build_max, 1, 1, 1, 0.5, 0.5 },
        { "max", build_max, 2, 1, 2, 1, 0 },
        { "max", build_max, NAN, 1, NAN, OP_ANY, OP_ANY },
        { "max", build_max, 1, NAN, NAN, OP_ANY, OP_ANY },
        { "max", build_max, -INF, 1, 1, 0, 1 },
        { "min", build_min, 1, 1, 1, 0.5, 0.5 },
        { "min", build_min, 2, 1, 1, 0, 1 },
        { "min", build_min, NAN, 1, NAN, OP_ANY, OP_ANY },
        { "min", build_min, 1, NAN, NAN, OP_ANY, OP_ANY },
        { "div", build_div, 1, 0, INF, INF, -INF },
        { "div", build_div, 0, 0, NAN, OP_ANY, NAN },
        { "mul", build_mul, 0, INF, NAN, INF, 0 },
        { "add", build_add, INF, -INF, NAN, 1, 1 },
        { "power", build_power, 0, 0, 1, 0, 0 },
        { "power", build_power, 0, 1, 0, 1, 0 },
        { "power", build_power, 0, 2, 0, 0, 0 },
        { "power", build_power, 0, -1, INF, -INF, -INF },
        { "power", build_power, 2, 0, 1, 0, 0.69314718055994531 },
        { "power", build_power, -2, 2, 4, -4, NAN },
        { "power", build_power, -2, 3, -8, 12, NAN },
        { "power", build_power, -2, 0.5, NAN, NAN, NAN },
        { "power", build_power, NAN, 0, 1, 0, OP_ANY },
        { "power", build_power, 1, 5, 1, 5, 0 },
        { "atan2", build_atan2, 0, 0, 0, 0, 0 },
        { "atan2", build_atan2, 0, 2, 0, 0.5, 0 },
        { "atan2", build_atan2, 2, 0, 1.5707963267948966, 0, -0.5 },
        { "atan2", build_atan2, 1e-30, 1e-30, 0.78539816339744831, 5e29, -5e29 },
        { "atan2", build_atan2, 1, INF, 0, OP_ANY, OP_ANY },
        { "hypot", build_hypot, 0, 0, 0, 0, 0 },
        { "hypot", build_hypot, 3, -4, 5, 0.6, -0.8 },
        { "hypot", build_hypot, 3e-40, 4e-40, 5e-40, OP_ANY, OP_ANY },
        { "hypot", build_hypot, 1e38, 0, 1e38, 1, 0 },
        { "hypot", build_hypot, INF, NAN, INF, OP_ANY, OP_ANY },
        { "mod", build_mod, 5, 3, 2, 1, -1 },
        { "mod", build_mod, -5, 3, 1, 1, 2 },
        { "mod", build_mod, 5, -3, -1, 1, 2 },
        { "mod", build_mod, -5, -3, -2, 1, -1 },
        { "mod", build_mod, 5, 0, 5, 1, 0 },
        { "mod", build_mod, 6, 3, 0, 1, -2 },
        { "mod", build_mod, INF, 3, NAN, 1, NAN },
        { "mod", build_mod, NAN, 0, NAN, 1, OP_ANY },
        { "rem", build_rem, 5, 3, 2, 1, -1 },
        { "rem", build_rem, -5, 3, -2, 1, 1 },
        { "rem", build_rem, 5, -3, 2, 1, 1 },
        { "rem", build_rem, 5, 0, NAN, 1, NAN },
        { "rem", build_rem, 5, INF, 5, 1, 0 },
        { "copysign", build_copysign, 2, -0.0, -2, -1, 0 },
        { "copysign", build_copysign, -2, -3, -2, 1, 0 },
        { "copysign", build_copysign, 0, -3, 0, 0, 0 },
        { "copysign", build_copysign, INF, -3, -INF, -1, 0 },
    };
    op_points_hold(points, (int)(sizeof points / sizeof *points), 2);
}

TEST(binary, one_more_axis_than_fits_is_rejected)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, "SSSSSSSC", DL_DIMS(1, 1, 1, 1, 1, 1, 1, 2));
    dl_array *b = dl_array_new(DL_F32, "B", DL_DIMS(3));
    dl_add(dl_leaf(t, a), dl_leaf(t, b));
    CHECK_INT(dl_tape_status(t), DL_ERANK);
    CHECK_HAS(dl_tape_message(t), "add: a (1 S, 1 S, 1 S, 1 S, 1 S, 1 S, 1 S, 2 C), b (3 B): ");
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

/* ---- special numbers: all pairs against C ---------------------------------------------------- */

static const double special[] = {
    0.0,       -0.0,     1,    -1,    INF,  -INF,   NAN,     0x1p-149, -0x1p-149,        0x1p-126,
    -0x1p-127, 0.5,      -2.5, 3,     -3,   0x1p24, 0x1p-30, 7.25,     0x1.fffffep127,   -6,
    1.5,       -0x1p100, 100,  -0.75, 6.25, 1e-10f, -1e10f,  0x1p-75,  -0x1.fffffep-127, 0x1.8p127,
};
enum { SPECIAL = sizeof special / sizeof *special };

static double mod_in_c(double a, double b)
{
    double r = fmod(a, b);
    if (b == 0) return a;
    if (r == 0) return copysign(0, b);
    return signbit(r) == signbit(b) ? r : r + b;
}

typedef struct in_c {
    op_build *build;
    double (*value)(double, double);
    float (*value_of_float)(float, float); /* null: the double, rounded */
    double rel;
} in_c;

/* Value and sign, or both NaN. */
static void special_pair_agrees(const in_c *op, dl_dtype dtype, double a, double b, double got)
{
    double want = op->value(a, b);
    bool narrow = dtype == DL_F32;
    if (narrow)
        want = op->value_of_float ? (double)op->value_of_float((float)a, (float)b)
                                  : (double)(float)want;
    double rel = narrow && op->rel > 0 ? 1.2e-7 : op->rel, least = narrow ? 0x1p-149 : 0;
    bool same =
        isnan(want)
            ? isnan(got)
            : (got == want || fabs(got - want) <= fmax(rel * fabs(want), op->rel > 0 ? least : 0))
                  && signbit(got) == signbit(want);
    CHECK_MSG(same, "%s of %a and %a: got %a, wanted %a", dl_dtype_name(dtype), a, b, got, want);
}

static float mod_of_float_in_c(float a, float b)
{
    float r = fmodf(a, b);
    if (b == 0) return a;
    if (r == 0) return copysignf(0, b);
    return signbit(r) == signbit(b) ? r : r + b;
}

TEST(binary, special_numbers_go_as_in_c)
{
    static const in_c ops[] = {
        { build_atan2, atan2, NULL, 5e-16 },           { build_hypot, hypot, NULL, 5e-16 },
        { build_mod, mod_in_c, mod_of_float_in_c, 0 }, { build_rem, fmod, fmodf, 0 },
        { build_copysign, copysign, NULL, 0 },
    };
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
            dl_tape *t = dl_tape_new();
            dl_array *a = dl_array_new((dl_dtype)dtype, "C", DL_DIMS(SPECIAL));
            dl_array *b = dl_array_new((dl_dtype)dtype, "B", DL_DIMS(SPECIAL));
            for (int64_t i = 0; i < SPECIAL; i++) {
                dl_array_set(a, 1, &i, special[i]);
                dl_array_set(b, 1, &i, special[i]);
            }
            dl_val in[2] = { dl_leaf(t, a), dl_leaf(t, b) };
            const double *y = dl_data(dl_cast(ops[k].build(t, in, NULL), DL_F64));
            REQUIRE(y);
            for (int i = 0; i < SPECIAL * SPECIAL; i++)
                special_pair_agrees(&ops[k], (dl_dtype)dtype, special[i / SPECIAL],
                                    special[i % SPECIAL], y[i]);
            dl_tape_free(t);
            dl_array_free(a);
            dl_array_free(b);
        }
}

/* Points around the circle, near and far. */
TEST(binary, angles_and_distances_are_within_3_ulp)
{
    enum { N = 4096 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, "C", DL_DIMS(N)), *b = dl_array_new(DL_F64, "C", DL_DIMS(N));
    double *p = dl_array_write(a), *q = dl_array_write(b);
    for (int i = 0; i < N; i++) {
        p[i] = ldexp(sin(0.0015339807878856412 * i + 0.3), i % 64 - 32);
        q[i] = ldexp(cos(0.0015339807878856412 * i + 0.3), i % 64 - 32);
    }
    dl_val y = dl_leaf(t, a), x = dl_leaf(t, b);
    const double *angle = dl_data(dl_atan2(y, x)), *distance = dl_data(dl_hypot(y, x));
    REQUIRE(angle && distance);
    for (int i = 0; i < N; i++) {
        CHECK_CLOSE(angle[i], (double)atan2l(p[i], q[i]), 3 * 0x1p-53);
        CHECK_CLOSE(distance[i], (double)hypotl(p[i], q[i]), 2 * 0x1p-53);
    }
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}
