/* loss_number_cases.c: losses over numbers, every reduction, weights and masks. */
#include "losses.h"
#include "../harness/valgrind.h"

#include <math.h>

#define BUILD(NAME, CALL)                                                     \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        const dl_loss_options *o = loss_options(arg, in + 2);                 \
        dl_val y = in[0], target = in[1];                                     \
        return CALL;                                                          \
    }
BUILD(mse, dl_mse_with(y, target, o))
BUILD(mean_squared_error, dl_mean_squared_error_with(y, target, o))
BUILD(l1loss, dl_l1loss_with(y, target, o))
BUILD(l2loss, dl_l2loss_with(y, target, o))
BUILD(huber, dl_huber(y, target, 1.25, o))
BUILD(log_cosh, dl_log_cosh(y, target, o))
BUILD(charbonnier, dl_charbonnier(y, target, 0.5, o))
BUILD(poisson_nll, dl_poisson_nll(y, target, o))
BUILD(hinge, dl_hinge(y, target, o))

static dl_val build_gaussian_nll(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_gaussian_nll(in[0], in[1], in[2], 0.71875, loss_options(arg, in + 3));
}

/* ---- the reference --------------------------------------------------------------------------- */

typedef double element(double y, double t, double v);

static void reference(const op_case *c, const double *const *x, double *y, element *f,
                      const char *otherwise)
{
    double e[OP_ELEMENTS];
    int64_t dim[DL_MAX_RANK], n = 1;
    for (int i = op_sizes(c->in[0].dims, dim); i-- > 0;) n *= dim[i];
    const char *labels = *c->in[0].labels ? c->in[0].labels : c->in[1].labels;
    bool three = strcmp(c->op, "gaussian_nll") == 0;
    for (int64_t i = 0; i < n; i++) e[i] = f(x[0][i], x[1][i], three ? x[2][i] : 0);
    int more = three ? 3 : 2;
    const double *w = loss_has(c->arg, "w") ? x[more++] : NULL;
    const double *mask = loss_has(c->arg, "m") ? x[more++] : NULL;
    loss_reduce(c->arg, otherwise, loss_observations(c->in[0].dims, labels), n, e, w, mask, y);
}

#define REFERENCE(NAME, DEFAULT, VALUE)                                               \
    static double NAME##_of(double y, double t, double v) { return VALUE; }           \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        reference(c, x, y, NAME##_of, DEFAULT);                                       \
    }
REFERENCE(mse, "batch", (y - t) * (y - t) / 2)
REFERENCE(mean_squared_error, "elements", (y - t) * (y - t))
REFERENCE(l1loss, "batch", fabs(y - t))
REFERENCE(l2loss, "batch", (y - t) * (y - t))
REFERENCE(huber, "batch",
          fabs(y - t) < 1.25 ? (y - t) * (y - t) / 2 : 1.25 * fabs(y - t) - 1.25 * 1.25 / 2)
REFERENCE(log_cosh, "batch", log(cosh(y - t)))
REFERENCE(charbonnier, "batch", hypot(y - t, 0.5))
REFERENCE(poisson_nll, "batch", exp(y) - t * y)
REFERENCE(hinge, "batch", fmax(0, 1 - t * y))
REFERENCE(gaussian_nll, "batch", (log(fmax(v, 0.71875)) + (y - t) * (y - t) / fmax(v, 0.71875)) / 2)

/* ---- the cases ------------------------------------------------------------------------------- */

#define ONE(NAME, TITLE, D, LY, LT, RD, RL, ...)                                                \
    OP_CASE(#NAME, TITLE, build_##NAME, (OP_X(D, LY, op_mixed), OP_X(D, LT, op_other)), RD, RL, \
            .reference = NAME##_reference, __VA_ARGS__)
#define WEIGHTED(NAME)                                                                           \
    OP_CASE(                                                                                     \
        #NAME, "weights", build_##NAME,                                                          \
        (OP_X("34", "CB", op_mixed), OP_X("34", "CB", op_other), OP_X("34", "CB", op_positive)), \
        "", "", .arg = "w", .reference = NAME##_reference, .flags = OP_COMPOSED),                \
        OP_CASE(#NAME, "a mask", build_##NAME,                                                   \
                (OP_X("34", "", op_mixed), OP_X("34", "", op_other),                             \
                 OP_INT(DL_U8, "34", "", loss_mask)),                                            \
                "34", "", .arg = "none m", .reference = NAME##_reference, .flags = OP_COMPOSED), \
        OP_CASE(#NAME, "weights and a mask", build_##NAME,                                       \
                (OP_X("34", "CB", op_mixed), OP_X("34", "", op_other),                           \
                 OP_X("34", "", op_positive), OP_INT(DL_U8, "34", "CB", loss_mask)),             \
                "", "", .arg = "included w m", .reference = NAME##_reference,                    \
                .flags = OP_COMPOSED)
#define LOSS(NAME)                                                              \
    ONE(NAME, "default", "34", "CB", "CB", "", "", .arg = "default"),           \
        ONE(NAME, "no labels", "34", "", "", "", "", ),                         \
        ONE(NAME, "labelled target", "234", "", "CBT", "", "", .arg = "batch"), \
        ONE(NAME, "elements", "34", "SC", "", "34", "SC", .arg = "none"),       \
        ONE(NAME, "sum", "5", "", "", "", "", .arg = "sum"),                    \
        ONE(NAME, "mean", "34", "CB", "CB", "", "", .arg = "elements"),         \
        ONE(NAME, "mean of all", "34", "CB", "CB", "", "", .arg = "included"),  \
        ONE(NAME, "a number", "", "", "", "", "", ), WEIGHTED(NAME)

#define GAUSSIAN(TITLE, D, L, ...)                                                         \
    OP_CASE("gaussian_nll", TITLE, build_gaussian_nll,                                     \
            (OP_X(D, L, op_mixed), OP_X(D, L, op_other), OP_X(D, L, op_positive)), "", "", \
            .reference = gaussian_nll_reference, __VA_ARGS__)

static const op_case cases[] = {
    LOSS(mse),
    LOSS(mean_squared_error),
    LOSS(l1loss),
    LOSS(l2loss),
    LOSS(huber),
    LOSS(log_cosh),
    LOSS(charbonnier),
    LOSS(poisson_nll),
    LOSS(hinge),
    GAUSSIAN("default", "34", "CB", ),
    GAUSSIAN("mean", "34", "", .arg = "elements"),
    OP_CASE("gaussian_nll", "a mask", build_gaussian_nll,
            (OP_X("34", "CB", op_mixed), OP_X("34", "CB", op_other), OP_X("34", "CB", op_positive),
             OP_INT(DL_U8, "34", "CB", loss_mask)),
            "", "", .arg = "included m", .reference = gaussian_nll_reference, .flags = OP_COMPOSED),
};
const op_table op_loss_numbers = OP_TABLE(cases);

OP_TESTS(loss_numbers)

/* ---- edges ----------------------------------------------------------------------------------- */

TEST(loss_numbers, edges_are_as_documented)
{
    static const op_point points[] = {
        { "huber", build_huber, 1, 1, 0, 0, 0 },
        { "huber", build_huber, 2.25, 1, 0.78125, 1.25, -1.25 }, /* where the two meet */
        { "huber", build_huber, 1, 2.25, 0.78125, -1.25, 1.25 },
        { "huber", build_huber, 4, 1, 2.96875, 1.25, -1.25 },
        { "huber", build_huber, -1e30, 0, OP_ANY, -1.25, 1.25 },
        { "huber", build_huber, INFINITY, 0, INFINITY, 1.25, -1.25 },
        { "huber", build_huber, 0, INFINITY, INFINITY, -1.25, 1.25 },
        { "huber", build_huber, NAN, 1, NAN, NAN, NAN },
        { "log_cosh", build_log_cosh, 1, 1, 0, 0, 0 },
        { "log_cosh", build_log_cosh, 1e-4, 0, 4.99999999166666667e-9, 9.99999996666666680e-5,
          -9.99999996666666680e-5 },
        { "log_cosh", build_log_cosh, 0, 0x1p-60, 0x1p-121, -0x1p-60, 0x1p-60 },
        { "log_cosh", build_log_cosh, 1e30, 0, 1e30, 1, -1 },
        { "log_cosh", build_log_cosh, 0, 1e30, 1e30, -1, 1 },
        { "log_cosh", build_log_cosh, INFINITY, 0, INFINITY, 1, -1 },
        { "log_cosh", build_log_cosh, NAN, 0, NAN, NAN, NAN },
        { "charbonnier", build_charbonnier, 1, 1, 0.5, 0, 0 },
        { "charbonnier", build_charbonnier, 1e10, 0, 1e10, 1, -1 },
        { "hinge", build_hinge, 1, 1, 0, 0, 0 }, /* at the kink */
        { "hinge", build_hinge, -1, 1, 2, -1, 1 },
        { "hinge", build_hinge, 3, 1, 0, 0, 0 },
        { "poisson_nll", build_poisson_nll, 0, 3, 1, -2, 0 },
        { "poisson_nll", build_poisson_nll, 0, 0, 1, 1, 0 },
        { "l1loss", build_l1loss, 1, 1, 0, 0, 0 },
        { "mse", build_mse, 3, 1, 2, 2, -2 },
    };
    op_points_hold(points, (int)(sizeof points / sizeof *points), 2);
}

/* log cosh against quadruple... long double, from tiny to huge. */
TEST(loss_numbers, log_cosh_is_accurate_for_small_and_large_differences)
{
    if (under_valgrind()) SKIP("long double is double");
    dl_tape *t = dl_tape_new();
    for (int e = -70; e < 12; e++)
        for (int k = 0; k < 8; k++) {
            double d = ldexp(1 + k / 8.0, e);
            long double s = sinhl((long double)d / 2);
            long double want = d < 1 ? log1pl(2 * s * s) : logl(coshl((long double)d));
            dl_tape_reset(t);
            dl_val y = dl_log_cosh(dl_scalar(t, DL_F64, d), dl_zeros(t, DL_F64, DL_DIMS()), NULL);
            dl_val f = dl_log_cosh(dl_scalar(t, DL_F32, d), dl_zeros(t, DL_F32, DL_DIMS()), NULL);
            CHECK_CLOSE(dl_item(y), (double)want, 2e-15);
            if (want > 1e-37L) CHECK_CLOSE(dl_item(f), (double)want, 1e-6);
        }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
}

/* ---- masks ----------------------------------------------------------------------------------- */

/* Both dtypes of a mask; what is masked is NaN in y, target and weights. */
TEST(loss_numbers, a_nan_behind_the_mask_reaches_nothing)
{
    static op_build *const build[] = {
        build_mse,      build_mean_squared_error, build_l1loss,      build_l2loss, build_huber,
        build_log_cosh, build_charbonnier,        build_poisson_nll, build_hinge
    };
    for (size_t k = 0; k < sizeof build / sizeof *build; k++)
        for (int real = 0; real < 2; real++) {
            float y[4] = { 1, NAN, 0.5f, INFINITY }, z[4] = { 0.25f, 1, NAN, 2 };
            float w[4] = { 2, 1, 1, NAN }, m[4] = { 1, 0, 0, 0 };
            uint8_t flags[4] = { 1, 0, 0, 0 };
            dl_tape *t = dl_tape_new();
            dl_array *a[4] = { dl_array_wrap(y, DL_F32, NULL, DL_DIMS(4)),
                               dl_array_wrap(z, DL_F32, NULL, DL_DIMS(4)),
                               dl_array_wrap(w, DL_F32, NULL, DL_DIMS(4)),
                               real ? dl_array_wrap(m, DL_F32, NULL, DL_DIMS(4))
                                    : dl_array_wrap(flags, DL_U8, NULL, DL_DIMS(4)) };
            dl_val in[4], g[3], h;
            for (int i = 0; i < 4; i++) in[i] = dl_leaf(t, a[i]);
            dl_val loss = build[k](t, in, "sum w m");
            dl_val other[3] = { in[0], in[1], in[2] };
            dl_val first =
                build[k](t,
                         (dl_val[]){ dl_slice(other[0], "0", 0, 1), dl_slice(other[1], "0", 0, 1),
                                     dl_slice(other[2], "0", 0, 1) },
                         "sum w");
            CHECK_CLOSE(dl_item(loss), dl_item(first), 0);
            dl_grad(loss, in, 3, g);
            dl_grad(dl_sum(g[0], "all"), in, 1, &h);
            for (int i = 0; i < 3; i++) {
                const float *got = dl_data(g[i]);
                REQUIRE(got);
                CHECK(isfinite(got[0]) && got[1] == 0 && got[2] == 0 && got[3] == 0);
            }
            const float *got = dl_data(h);
            REQUIRE(got);
            CHECK(isfinite(got[0]) && got[1] == 0 && got[2] == 0 && got[3] == 0);
            CHECK_STR(dl_tape_message(t), "");
            dl_tape_free(t);
            for (int i = 0; i < 4; i++) dl_array_free(a[i]);
        }
}

TEST(loss_numbers, weights_and_masks_broadcast)
{
    dl_tape *t = dl_tape_new();
    dl_val y = dl_label(dl_ones(t, DL_F64, DL_DIMS(3, 4)), "CB"), z = dl_zeros_like(y);
    const double c[] = { 1, 10, 100 }, b[] = { 1, 0, 2, 0 };
    dl_array *of_c = dl_array_wrap((void *)(uintptr_t)c, DL_F64, "C", DL_DIMS(3));
    dl_array *of_b = dl_array_wrap((void *)(uintptr_t)b, DL_F64, "B", DL_DIMS(4));
    dl_loss_options o = { .weights = dl_leaf(t, of_c), .mask = dl_leaf(t, of_b) };
    CHECK_CLOSE(dl_item(dl_l2loss_with(y, z, &o)), 111 * 3.0 / 4, 0);
    o.reduction = DL_MEAN_INCLUDED; /* of the 2 columns that count, whatever their factor */
    CHECK_CLOSE(dl_item(dl_l2loss_with(y, z, &o)), 111 * 3.0 / 6, 0);
    o.mask = dl_zeros_like(y);
    CHECK_CLOSE(dl_item(dl_l2loss_with(y, z, &o)), 0, 0);
    o = (dl_loss_options){ .weights = dl_scalar(t, DL_F64, 3), .reduction = DL_SUM };
    CHECK_CLOSE(dl_item(dl_l2loss_with(y, z, &o)), 36, 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(of_c);
    dl_array_free(of_b);
}

/* The two forms of the oldest four are one. */
TEST(loss_numbers, forms_without_options_are_the_defaults)
{
    dl_tape *t = dl_tape_new();
    dl_val y = dl_scalar(t, DL_F64, 3), z = dl_scalar(t, DL_F64, 1);
    dl_val two[] = { dl_mse(y, z), dl_mse_with(y, z, NULL), dl_l1loss(y, z),
                     dl_l1loss_with(y, z, &(dl_loss_options){ 0 }) };
    CHECK_CLOSE(dl_item(two[0]), dl_item(two[1]), 0);
    CHECK_CLOSE(dl_item(two[2]), dl_item(two[3]), 0);
    dl_tape_free(t);
}

/* ---- what is rejected ------------------------------------------------------------------------ */

static dl_val build_delta(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_huber(in[0], in[1], 0, NULL);
}
static dl_val build_epsilon(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_charbonnier(in[0], in[1], 0, NULL);
}
static dl_val build_least(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_gaussian_nll(in[0], in[1], in[0], (double)NAN, NULL);
}
static dl_val build_reduction(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_mse_with(in[0], in[1], &(dl_loss_options){ .reduction = (dl_loss_reduction)9 });
}
static dl_val build_with_axis(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_mse_with(in[0], in[1], &(dl_loss_options){ .axis = "C" });
}

TEST(loss_numbers, bad_sizes_and_options_are_told)
{
#define TWO OP_X("34", "CB", NULL), OP_X("34", "CB", NULL)
    static const op_bad bad[] = {
        OP_BAD("huber", build_huber, NULL, (OP_X("34", "CB", NULL), OP_X("31", "CB", NULL)),
               DL_ESHAPE, "y (3 C, 4 B), target (3 C, 1 B): the sizes differ"),
        OP_BAD("log_cosh", build_log_cosh, NULL, (OP_X("34", "CB", NULL), OP_X("34", "CT", NULL)),
               DL_ELABEL, "the labels differ"),
        OP_BAD("huber", build_delta, NULL, (TWO), DL_EARG, "delta is 0, wanted more than 0"),
        OP_BAD("charbonnier", build_epsilon, NULL, (TWO), DL_EARG, "epsilon is 0, wanted more"),
        OP_BAD("gaussian_nll", build_least, NULL, (TWO), DL_EARG, "least is nan"),
        OP_BAD("mse", build_reduction, NULL, (TWO), DL_EARG, "no such reduction: 9"),
        OP_BAD("mse", build_with_axis, NULL, (TWO), DL_EARG, "are of losses over classes"),
        OP_BAD("hinge", build_hinge, "w", (TWO, OP_X("5", "", NULL)), DL_ESHAPE,
               "weights (5) does not broadcast to (3 C, 4 B)"),
        OP_BAD("hinge", build_hinge, "w", (TWO, OP_X("2", "S", NULL)), DL_ESHAPE, "weights (2 S)"),
        OP_BAD("hinge", build_hinge, "w", (TWO, OP_X("2", "B", NULL)), DL_ESHAPE, "weights (2 B)"),
        OP_BAD("hinge", build_hinge, "w", (TWO, OP_INT(DL_U8, "34", "CB", NULL)), DL_EDTYPE,
               "u8 does not compute"),
        OP_BAD("hinge", build_hinge, "m", (TWO, OP_INT(DL_U8, "342", "CBT", NULL)), DL_ESHAPE,
               "mask (3 C, 4 B, 2 T) does not broadcast"),
        OP_BAD("hinge", build_hinge, "m", (TWO, OP_INT(DL_I32, "34", "CB", NULL)), DL_EDTYPE,
               "the mask is i32, wanted u8 or f32"),
    };
    OP_REJECTS(bad);
}
