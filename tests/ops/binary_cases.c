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
REFERENCE(twice, a *a / (a + b))
REFERENCE(first, a *a)

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

static const op_case cases[] = {
    MATCHES(add, op_mixed, op_other),
    MATCHES(sub, op_mixed, op_other),
    MATCHES(mul, op_mixed, op_other),
    MATCHES(div, op_mixed, op_positive),
    MATCHES(power, op_positive, op_other),
    MATCHES(max, op_mixed, op_other),
    MATCHES(min, op_mixed, op_other),
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
