/* loss_cases.c: losses over a prediction and its target. */
#include "driver.h"
#include "reference.h"

#define BUILD(NAME)                                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##NAME(in[0], in[1]);                                       \
    }
BUILD(mse)
BUILD(mean_squared_error)
BUILD(l1loss)
BUILD(l2loss)

/* ---- the reference: a sum over all elements, divided by observations or by elements ---------- */

static double divisor(const op_case *c, bool by_elements)
{
    int64_t dim[DL_MAX_RANK];
    double n = 1;
    for (int i = op_sizes(c->in[0].dims, dim); i-- > 0;)
        if (by_elements || (*c->in[0].labels && c->in[0].labels[i] == 'B')
            || (*c->in[1].labels && !*c->in[0].labels && c->in[1].labels[i] == 'B'))
            n *= (double)dim[i];
    return n;
}

static double total(const op_case *c, const double *const *x, bool squares)
{
    int64_t dim[DL_MAX_RANK], n = 1;
    long double sum = 0;
    for (int i = op_sizes(c->in[0].dims, dim); i-- > 0;) n *= dim[i];
    for (int64_t i = 0; i < n; i++) {
        long double d = (long double)x[0][i] - (long double)x[1][i];
        sum += squares ? d * d : d < 0 ? -d : d;
    }
    return (double)sum;
}

#define REFERENCE(NAME, VALUE)                                                        \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        *y = VALUE;                                                                   \
    }
REFERENCE(mse, total(c, x, true) / divisor(c, false) / 2)
REFERENCE(mean_squared_error, total(c, x, true) / divisor(c, true))
REFERENCE(l1loss, total(c, x, false) / divisor(c, false))
REFERENCE(l2loss, total(c, x, true) / divisor(c, false))

/* ---- the cases ------------------------------------------------------------------------------- */

#define ROW(NAME, X, LX, LT)                                                                      \
    OP_CASE(#NAME, X " " LX " " LT, build_##NAME, (OP_X(X, LX, op_mixed), OP_X(X, LT, op_other)), \
            "", "", .reference = NAME##_reference)
#define LABELS(NAME)                                                                       \
    ROW(NAME, "34", "", ""), ROW(NAME, "34", "CB", "CB"), ROW(NAME, "34", "CB", ""),       \
        ROW(NAME, "34", "", "CB"), ROW(NAME, "234", "CBT", "CBT"), ROW(NAME, "5", "", ""), \
        ROW(NAME, "", "", ""), ROW(NAME, "34", "SC", "SC")

static const op_case cases[] = {
    LABELS(mse),
    LABELS(mean_squared_error),
    LABELS(l1loss),
    LABELS(l2loss),
    OP_CASE("mse", "numbers", build_mse, (OP_X("23", "CB", op_mixed), OP_X("23", "CB", op_other)),
            "", "", .want = half_mse_of_mixed_and_other),
};
const op_table op_loss = OP_TABLE(cases);

OP_TESTS(loss)

TEST(loss, targets_of_other_sizes_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("mse", build_mse, NULL, (OP_X("34", "CB", NULL), OP_X("31", "CB", NULL)), DL_ESHAPE,
               "y (3 C, 4 B), target (3 C, 1 B): the sizes differ"),
        OP_BAD("mean_squared_error", build_mean_squared_error, NULL,
               (OP_X("34", "", NULL), OP_X("12", "", NULL)), DL_ESHAPE, "the sizes differ"),
        OP_BAD("l1loss", build_l1loss, NULL, (OP_X("34", "", NULL), OP_X("3", "", NULL)), DL_ESHAPE,
               "sizes"),
        OP_BAD("l2loss", build_l2loss, NULL, (OP_X("34", "", NULL), OP_X("", "", NULL)), DL_ESHAPE,
               "sizes"),
        OP_BAD("mse", build_mse, NULL, (OP_X("34", "CB", NULL), OP_X("34", "CT", NULL)), DL_ELABEL,
               "the labels differ"),
        OP_BAD("l1loss", build_l1loss, NULL, (OP_X("34", "CB", NULL), OP_X("34", "SC", NULL)),
               DL_ELABEL, "labels"),
    };
    OP_REJECTS(bad);
}

TEST(loss, edges_are_as_documented)
{
    static const op_point points[] = {
        { "mse", build_mse, 3, 1, 2, 2, -2 },
        { "mean_squared_error", build_mean_squared_error, 3, 1, 4, 4, -4 },
        { "l1loss", build_l1loss, 3, 1, 2, 1, -1 },
        { "l1loss", build_l1loss, 1, 1, 0, 0, 0 },
        { "l2loss", build_l2loss, 3, 1, 4, 4, -4 },
        { "mse", build_mse, NAN, 1, NAN, NAN, NAN },
    };
    op_points_hold(points, (int)(sizeof points / sizeof *points), 2);
}
