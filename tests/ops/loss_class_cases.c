/* loss_class_cases.c: losses over classes: probabilities, logits, indices. */
#include "losses.h"

#include <math.h>

#define BUILD(NAME, CALL)                                                     \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        const dl_loss_options *o = loss_options(arg, in + 2);                 \
        dl_val y = in[0], target = in[1];                                     \
        return CALL;                                                          \
    }
BUILD(cross_entropy, dl_cross_entropy(y, target, o))
BUILD(binary_cross_entropy, dl_binary_cross_entropy(y, target, o))
BUILD(focal_cross_entropy, dl_focal_cross_entropy(y, target, 0.25, 2, o))
BUILD(kl_divergence, dl_kl_divergence(y, target, o))
BUILD(dice, dl_dice(y, target, 0.5, o))
BUILD(cross_entropy_logits, dl_cross_entropy_logits(y, target, o))
BUILD(binary_cross_entropy_logits, dl_binary_cross_entropy_logits(y, target, o))
BUILD(focal_logits, dl_focal_logits(y, target, 0.25, 1.5, o))

/* Reals come first among the inputs: the index stands behind weights. */
#define BUILD_INDEX(NAME)                                                     \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        int k = 1 + loss_has(arg, "w") + loss_has(arg, "c");                  \
        dl_val more[3] = { in[1], in[2], in[3] };                             \
        if (loss_has(arg, "m")) more[k - 1] = in[k + 1];                      \
        return dl_##NAME(in[0], in[k], loss_options(arg, more));              \
    }
BUILD_INDEX(index_cross_entropy_logits)
BUILD_INDEX(index_cross_entropy)
BUILD_INDEX(nll)

static dl_val build_pick(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_pick(in[0], in[1], arg);
}

/* ---- the reference --------------------------------------------------------------------------- */

/* How classes lie: `before` and `behind` observations, and n classes between them. */
typedef struct classes {
    int64_t before, n, behind;
} classes;

static classes classes_of(const op_case *c)
{
    int64_t dim[DL_MAX_RANK];
    int rank = op_sizes(c->in[0].dims, dim), axis = rank - 1;
    const char *at = c->in[0].labels ? strchr(c->in[0].labels, 'C') : NULL, *arg = c->arg;
    if (at) axis = (int)(at - c->in[0].labels);
    if (loss_axis(arg)) axis = *loss_axis(arg) - '0';
    classes k = { 1, rank ? dim[axis] : 1, 1 };
    for (int i = 0; i < rank; i++) *(i < axis ? &k.before : &k.behind) *= i == axis ? 1 : dim[i];
    return k;
}

static int64_t place(const classes *k, int64_t i, int64_t c)
{
    return (i / k->behind * k->n + c) * k->behind + i % k->behind;
}

static void log_softmax(const classes *k, const double *x, double *y)
{
    for (int64_t i = 0; i < k->before * k->behind; i++) {
        long double sum = 0;
        for (int64_t c = 0; c < k->n; c++) sum += expl((long double)x[place(k, i, c)]);
        for (int64_t c = 0; c < k->n; c++)
            y[place(k, i, c)] = (double)((long double)x[place(k, i, c)] - logl(sum));
    }
}

typedef double element(double y, double t);

/* An element for each class of each observation, with class weights. */
static void reference(const op_case *c, const double *const *x, double *y, element *f, bool softmax,
                      double two)
{
    double e[OP_ELEMENTS], z[OP_ELEMENTS];
    classes k = classes_of(c);
    int64_t m = k.before * k.behind, n = m * k.n;
    int more = 2;
    const double *w = loss_has(c->arg, "w") ? x[more++] : NULL;
    const double *cw = loss_has(c->arg, "c") ? x[more++] : NULL;
    const double *mask = loss_has(c->arg, "m") ? x[more++] : NULL;
    memcpy(z, x[0], (size_t)n * sizeof *z);
    if (softmax) log_softmax(&k, x[0], z);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < k.n; j++) {
            int64_t at = place(&k, i, j);
            double t = x[1][at];
            if (loss_has(c->arg, "s")) t = t * 0.75 + 0.25 / (two > 0 ? two : (double)k.n);
            e[at] = f(z[at], t) * (cw ? cw[j] : 1);
        }
    loss_reduce(c->arg, "batch", loss_observations(c->in[0].dims, c->in[0].labels), n, e, w, mask,
                y);
}

#define REFERENCE(NAME, SOFTMAX, TWO, VALUE)                                          \
    static double NAME##_of(double y, double t) { return VALUE; }                     \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        reference(c, x, y, NAME##_of, SOFTMAX, TWO);                                  \
    }
static double logistic(double x) { return 1 / (1 + exp(-x)); }
REFERENCE(cross_entropy, false, 0, -t *log(y))
REFERENCE(binary_cross_entropy, false, 2, -t *log(y) - (1 - t) * log(1 - y))
REFERENCE(focal_cross_entropy, false, 0, -0.25 * t * (1 - y) * (1 - y) * log(y))
REFERENCE(kl_divergence, false, 0, t *log(t / y))
REFERENCE(cross_entropy_logits, true, 0, -t *y)
REFERENCE(binary_cross_entropy_logits, false, 2, -t *log(logistic(y)) - (1 - t) * log(logistic(-y)))
REFERENCE(focal_logits, false, 2,
          (0.25 * t + 0.75 * (1 - t)) * pow(logistic((1 - 2 * t) * y), 1.5)
              * log1p(exp((1 - 2 * t) * y)))

/* An element for each observation. */
static void index_reference(const op_case *c, const double *const *x, double *y, int kind)
{
    double e[OP_ELEMENTS], z[OP_ELEMENTS], mask[OP_ELEMENTS];
    classes k = classes_of(c);
    int64_t m = k.before * k.behind;
    int more = 1;
    const double *w = loss_has(c->arg, "w") ? x[more++] : NULL;
    const double *cw = loss_has(c->arg, "c") ? x[more++] : NULL;
    const double *index = x[more++], *given = loss_has(c->arg, "m") ? x[more++] : NULL;
    memcpy(z, x[0], (size_t)(m * k.n) * sizeof *z);
    if (kind == 0) log_softmax(&k, x[0], z);
    for (int64_t i = 0; i < m * k.n && kind == 1; i++) z[i] = log(z[i]);
    for (int64_t i = 0; i < m; i++) {
        double s = loss_has(c->arg, "s") ? 0.25 : 0;
        e[i] = 0;
        for (int64_t j = 0; j < k.n; j++)
            e[i] -= z[place(&k, i, j)] * (cw ? cw[j] : 1)
                    * ((j == (int64_t)index[i] ? 1 - s : 0) + s / (double)k.n);
        mask[i] = given ? given[i] : 1;
        if (loss_has(c->arg, "i") && index[i] == 1) mask[i] = 0;
    }
    loss_reduce(c->arg, "batch", loss_observations(c->in[0].dims, c->in[0].labels), m, e, w, mask,
                y);
}

#define INDEX_REFERENCE(NAME, KIND)                                                   \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        index_reference(c, x, y, KIND);                                               \
    }
INDEX_REFERENCE(index_cross_entropy_logits, 0)
INDEX_REFERENCE(index_cross_entropy, 1)
INDEX_REFERENCE(nll, 2)

static void pick_reference(const op_case *c, const double *const *x, double *y)
{
    classes k = classes_of(c);
    for (int64_t i = 0; i < k.before * k.behind; i++) y[i] = x[0][place(&k, i, (int64_t)x[1][i])];
}

/* 1 - (2 sum y t + e) / (sum y + sum t + e) over the first axis, or over all. */
static void dice_reference(const op_case *c, const double *const *x, double *y)
{
    double e[OP_ELEMENTS];
    int64_t dim[DL_MAX_RANK], n = 1, m = 1;
    int rank = op_sizes(c->in[0].dims, dim);
    for (int i = 0; i < rank; i++) n *= dim[i];
    if (*c->in[0].labels == 'S') m = n / dim[0];
    for (int64_t j = 0; j < m; j++) {
        double both = 0, all = 0;
        for (int64_t i = j; i < n; i += m) {
            bool seen = !loss_has(c->arg, "m") || x[2][i] != 0;
            both += seen ? x[0][i] * x[1][i] : 0;
            all += seen ? x[0][i] + x[1][i] : 0;
        }
        e[j] = 1 - (2 * both + 0.5) / (all + 0.5);
    }
    loss_reduce(c->arg, "elements", loss_observations(c->in[0].dims, c->in[0].labels), m, e, NULL,
                NULL, y);
}

/* ---- the cases ------------------------------------------------------------------------------- */

static const double indices[] = { 0, 2, 1, 2, 1, 0, 2, 1 };

/* X and T: where values and targets come from. */
#define ROW(NAME, TITLE, D, L, X, T, RD, RL, ...)                               \
    OP_CASE(#NAME, TITLE, build_##NAME, (OP_X(D, L, X), OP_X(D, L, T)), RD, RL, \
            .reference = NAME##_reference, __VA_ARGS__)
#define LOSS(NAME, X, T)                                                                  \
    ROW(NAME, "default", "34", "CB", X, T, "", "", ),                                     \
        ROW(NAME, "no labels", "43", "", X, T, "", "", .arg = "sum"),                     \
        ROW(NAME, "elements", "234", "SCB", X, T, "234", "SCB", .arg = "none s"),         \
        ROW(NAME, "smooth", "34", "", X, T, "", "", .arg = "elements s 0"),               \
        OP_CASE(#NAME, "class weights", build_##NAME,                                     \
                (OP_X("34", "CB", X), OP_X("34", "CB", T), OP_X("34", "CB", op_positive), \
                 OP_X("3", "", op_positive)),                                             \
                "", "", .arg = "s w c", .reference = NAME##_reference, .flags = OP_COMPOSED)
#define MASKED(NAME, X, T)                                                                        \
    OP_CASE(#NAME, "a mask", build_##NAME,                                                        \
            (OP_X("34", "CB", X), OP_X("34", "CB", T), OP_INT(DL_U8, "34", "CB", loss_mask)), "", \
            "", .arg = "included m", .reference = NAME##_reference, .flags = OP_COMPOSED)

#define INDEX(NAME, X)                                                                             \
    OP_CASE(#NAME, "default", build_##NAME,                                                        \
            (OP_X("34", "CB", X), OP_INT(DL_I32, "4", "B", indices)), "", "",                      \
            .reference = NAME##_reference),                                                        \
        OP_CASE(#NAME, "last axis", build_##NAME,                                                  \
                (OP_X("43", "", X), OP_INT(DL_I64, "41", "", indices)), "41", "", .arg = "none",   \
                .reference = NAME##_reference),                                                    \
        OP_CASE(#NAME, "between others", build_##NAME,                                             \
                (OP_X("234", "SCB", X), OP_INT(DL_I64, "24", "", indices)), "214", "SCB",          \
                .arg = "none s", .reference = NAME##_reference),                                   \
        OP_CASE(                                                                                   \
            #NAME, "ignored", build_##NAME,                                                        \
            (OP_X("34", "CB", X), OP_X("3", "", op_positive), OP_INT(DL_I32, "4", "B", indices)),  \
            "", "", .arg = "included i c s", .reference = NAME##_reference, .flags = OP_COMPOSED), \
        OP_CASE(#NAME, "weights and a mask", build_##NAME,                                         \
                (OP_X("38", "", X), OP_X("18", "", op_positive), OP_INT(DL_I64, "8", "", indices), \
                 OP_INT(DL_U8, "18", "", loss_mask)),                                              \
                "", "", .arg = "included w m 0 i", .reference = NAME##_reference,                  \
                .flags = OP_COMPOSED)

static const op_case cases[] = {
    LOSS(cross_entropy, loss_share, op_positive),
    LOSS(binary_cross_entropy, loss_share, op_other),
    LOSS(focal_cross_entropy, loss_share, op_other),
    LOSS(kl_divergence, loss_share, op_positive),
    LOSS(cross_entropy_logits, op_mixed, op_positive),
    LOSS(binary_cross_entropy_logits, op_mixed, op_other),
    LOSS(focal_logits, op_mixed, loss_mask),
    MASKED(cross_entropy, loss_share, op_positive),
    MASKED(binary_cross_entropy, loss_share, op_other),
    MASKED(focal_cross_entropy, loss_share, op_other),
    MASKED(kl_divergence, loss_share, op_positive),
    MASKED(binary_cross_entropy_logits, op_mixed, op_other),
    MASKED(focal_logits, op_mixed, loss_mask),
    MASKED(dice, loss_share, loss_mask),
    ROW(dice, "over S", "423", "SCB", loss_share, loss_mask, "", "", ),
    ROW(dice, "of each", "423", "SCB", loss_share, loss_mask, "123", "SCB", .arg = "none"),
    ROW(dice, "over all", "43", "", loss_share, loss_mask, "", "", .arg = "sum"),
    INDEX(index_cross_entropy_logits, op_mixed),
    INDEX(index_cross_entropy, loss_share),
    INDEX(nll, op_mixed),
    OP_CASE("pick", "C", build_pick,
            (OP_X("34", "CB", op_mixed), OP_INT(DL_I32, "4", "B", indices)), "14", "CB",
            .reference = pick_reference),
    OP_CASE("pick", "first", build_pick,
            (OP_X("34", "", op_mixed), OP_INT(DL_I64, "14", "", indices)), "14", "", .arg = "0",
            .reference = pick_reference),
    OP_CASE("pick", "middle", build_pick,
            (OP_X("234", "", op_mixed), OP_INT(DL_I64, "24", "", indices)), "214", "", .arg = "1",
            .reference = pick_reference),
    OP_CASE("pick", "last", build_pick,
            (OP_X("53", "", op_mixed), OP_INT(DL_I32, "5", "", indices)), "51", "",
            .reference = pick_reference),
    OP_CASE("pick", "a vector", build_pick,
            (OP_X("3", "", op_mixed), OP_INT(DL_I32, "", "", indices)), "1", "",
            .reference = pick_reference),
};
const op_table op_loss_classes = OP_TABLE(cases);

OP_TESTS(loss_classes)

/* ---- edges ----------------------------------------------------------------------------------- */

TEST(loss_classes, edges_are_as_documented)
{
#define BCE(X, T, Y, DX, DT)                                                              \
    {                                                                                     \
        "binary_cross_entropy_logits", build_binary_cross_entropy_logits, X, T, Y, DX, DT \
    }
    static const op_point points[] = {
        { "cross_entropy", build_cross_entropy, 1, 1, 0, -1, 0 },
        { "cross_entropy", build_cross_entropy, 0, 0, 0, 0, OP_ANY },
        { "cross_entropy", build_cross_entropy, NAN, 1, NAN, NAN, NAN },
        { "binary_cross_entropy", build_binary_cross_entropy, 1, 1, 0, -1, OP_ANY },
        { "binary_cross_entropy", build_binary_cross_entropy, 0, 0, 0, 1, OP_ANY },
        { "kl_divergence", build_kl_divergence, 0.5, 0, 0, 0, OP_ANY },
        { "kl_divergence", build_kl_divergence, 0.5, 0.5, 0, -1, 1 },
        { "focal_cross_entropy", build_focal_cross_entropy, 1, 1, 0, 0, 0 },
        BCE(0, 0, 0.69314718055994531, 0.5, 0),
        BCE(0, 1, 0.69314718055994531, -0.5, 0),
        BCE(30, 1, 9.3576229688397367e-14, OP_ANY, -30),
        BCE(-30, 0, 9.3576229688397367e-14, 9.3576229688392989e-14, 30),
        BCE(1e30, 0, 1e30, 1, -1e30),
        BCE(-1e30, 1, 1e30, -1, 1e30),
        BCE(1e30, 1, 0, 0, -1e30),
        BCE(-1e30, 0, 0, 0, 1e30),
        BCE(NAN, 0, NAN, NAN, NAN),
        { "focal_logits", build_focal_logits, 1e30, 1, 0, 0, OP_ANY },
        { "focal_logits", build_focal_logits, 1e30, 0, 0.75e30, 0.75, OP_ANY },
        { "cross_entropy_logits", build_cross_entropy_logits, 5, 1, 0, 0, 0 },
    };
    op_points_hold(points, (int)(sizeof points / sizeof *points), 2);
}

/* Special logits with all kinds of targets, each against log(1 + e^x) - x t in long double. */
static void special_logit(dl_tape *t, dl_dtype dtype, double x, double b)
{
    double rel = dtype == DL_F32 ? 1e-6 : 1e-14, least = dtype == DL_F32 ? 1e-37 : 1e-307;
    double z = dtype == DL_F32 ? (double)(float)x : x;
    dl_tape_reset(t);
    dl_val v = dl_scalar(t, dtype, z), g;
    dl_val y = dl_binary_cross_entropy_logits(v, dl_scalar(t, dtype, b), NULL);
    bool flat = (z > 0 && b == 1) || (z <= 0 && b == 0);
    long double line = flat ? 0 : z > 0 ? (long double)z * (1 - b) : -(long double)z * b;
    long double want = line + log1pl(expl(-fabsl((long double)z)));
    double got = dl_item(y), slope = 1 / (1 + exp(-z)) - b;
    bool close = fabsl((long double)got - want) <= (long double)rel * fabsl(want) + least;
    CHECK_MSG(close || (isinf((double)want) && got == (double)want),
              "%s x %g, t %g: got %.17g, wanted %.17Lg", dl_dtype_name(dtype), z, b, got, want);
    dl_grad(y, &v, 1, &g);
    CHECK_MSG(fabs(dl_item(g) - slope) <= rel, "%s x %g, t %g: slope %.17g, wanted %.17g",
              dl_dtype_name(dtype), z, b, dl_item(g), slope);
}

TEST(loss_classes, binary_logits_hold_for_special_numbers)
{
    static const double x[] = { 0,  0x1p-1074, 1e-310, 1e-40, 1e-20, 1e-8, 0.5,  1,       17,
                                37, 88,        104,    709,   745,   1e4,  1e38, INFINITY };
    static const double target[] = { 0, 1, 0.25, 1.5, -0.5 };
    dl_tape *t = dl_tape_new();
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        for (size_t k = 0; k < sizeof target / sizeof *target; k++)
            for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
                special_logit(t, (dl_dtype)dtype, x[i], target[k]);
                special_logit(t, (dl_dtype)dtype, -x[i], target[k]);
            }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
}

TEST(loss_classes, probabilities_of_zero_have_a_finite_loss)
{
    dl_tape *t = dl_tape_new();
    dl_val y = dl_scalar(t, DL_F32, 0), z = dl_scalar(t, DL_F64, 0), g;
    dl_val loss = dl_cross_entropy(y, dl_scalar(t, DL_F32, 1), NULL);
    CHECK_CLOSE(dl_item(loss), 87.336544750553109, 1e-7);
    CHECK_CLOSE(dl_item(dl_cross_entropy(z, dl_scalar(t, DL_F64, 1), NULL)), 708.39641853226411,
                1e-15);
    dl_grad(loss, &y, 1, &g);
    CHECK_CLOSE(dl_item(g), 0, 0);
    dl_tape_free(t);
}

/* gamma 0 is cross entropy, 2 is a square, others are powers. */
TEST(loss_classes, focal_losses_take_any_gamma)
{
    static const double gammas[] = { 0, 0.5, 1, 2, 2.5, 3 };
    dl_tape *t = dl_tape_new();
    for (int k = 0; k < 6; k++) {
        dl_tape_reset(t);
        double m = gammas[k], p = 1 / (1 + exp(-0.75)), q = 0.25 * pow(1 - p, m), g0, g1;
        dl_val x = dl_scalar(t, DL_F64, 0.75), y = dl_scalar(t, DL_F64, p), g[2];
        dl_val one = dl_scalar(t, DL_F64, 1);
        dl_val a = dl_focal_cross_entropy(y, one, 0.25, m, NULL);
        dl_val b = dl_focal_logits(x, one, 0.25, m, NULL);
        CHECK_CLOSE(dl_item(a), -q * log(p), 1e-14);
        CHECK_CLOSE(dl_item(b), -q * log(p), 1e-14);
        dl_grad(a, &y, 1, &g[0]);
        dl_grad(b, &x, 1, &g[1]);
        g0 = q * (m * log(p) / (1 - p) - 1 / p);
        g1 = g0 * p * (1 - p);
        CHECK_CLOSE(dl_item(g[0]), g0, 1e-14);
        CHECK_CLOSE(dl_item(g[1]), g1, 1e-14);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
}

/* Right without a doubt, 0; wrong without a doubt, infinite, with the slope of a line. */
TEST(loss_classes, focal_losses_take_infinite_logits)
{
    static const double gammas[] = { 0, 0.5, 1, 2 };
    dl_tape *t = dl_tape_new();
    for (int k = 0; k < 8; k++) {
        double sign = k % 2 ? 1 : -1;
        dl_tape_reset(t);
        dl_val x = dl_scalar(t, DL_F64, sign * INFINITY), one = dl_scalar(t, DL_F64, 1), g;
        dl_val y = dl_focal_logits(x, one, 0.25, gammas[k / 2], NULL);
        dl_grad(y, &x, 1, &g);
        CHECK_CLOSE(dl_item(y), k % 2 ? 0 : INFINITY, 0);
        CHECK_CLOSE(dl_item(g), k % 2 ? 0 : -0.25, 0);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
}

/* Three classes with logits that no exponential holds; one of them -inf. */
TEST(loss_classes, logits_may_be_of_any_size)
{
    dl_tape *t = dl_tape_new();
    double x[6] = { 1000, -INFINITY, 998, -1e300, 3, -5 }, one[6] = { 0, 0, 1, 0, 1, 0 };
    int64_t index[2] = { 2, 1 };
    dl_array *a = dl_array_wrap(x, DL_F64, NULL, DL_DIMS(2, 3)),
             *b = dl_array_wrap(one, DL_F64, NULL, DL_DIMS(2, 3)),
             *c = dl_array_wrap(index, DL_I64, NULL, DL_DIMS(2));
    dl_val v = dl_leaf(t, a), g[2];
    double want = 2 + log1p(exp(-2)) + log1p(exp(-8));
    dl_val of_shares = dl_cross_entropy_logits(v, dl_leaf(t, b), NULL);
    dl_val of_index = dl_index_cross_entropy_logits(v, dl_leaf(t, c), NULL);
    dl_grad(of_shares, &v, 1, &g[0]);
    dl_grad(of_index, &v, 1, &g[1]);
    CHECK_CLOSE(dl_item(of_shares), want, 1e-12);
    CHECK_CLOSE(dl_item(of_index), want, 1e-12);
    double p = 1 / (1 + exp(-2)), q = 1 / (1 + exp(-8));
    const double slope[6] = { p, 0, -p, 0, q - 1, 1 - q };
    for (int k = 0; k < 2; k++) {
        const double *got = dl_data(g[k]);
        REQUIRE(got);
        for (int i = 0; i < 6; i++) CHECK(fabs(got[i] - slope[i]) < 1e-12);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a), dl_array_free(b), dl_array_free(c);
}

TEST(loss_classes, an_index_outside_shows_unless_it_is_ignored)
{
    dl_tape *t = dl_tape_new();
    double x[6] = { 1, 2, 3, NAN, 5, INFINITY };
    int32_t index[2] = { 1, -100 };
    dl_array *a = dl_array_wrap(x, DL_F64, NULL, DL_DIMS(2, 3)),
             *b = dl_array_wrap(index, DL_I32, NULL, DL_DIMS(2));
    dl_val v = dl_leaf(t, a), k = dl_leaf(t, b), g;
    CHECK(isnan(dl_item(dl_index_cross_entropy_logits(v, k, NULL))));
    dl_loss_options o = { .ignore = &(int64_t){ -100 }, .reduction = DL_MEAN_INCLUDED };
    dl_val loss = dl_index_cross_entropy_logits(v, k, &o);
    CHECK_CLOSE(dl_item(loss), log(exp(1) + exp(2) + exp(3)) - 2, 1e-15);
    dl_grad(loss, &v, 1, &g);
    const double *got = dl_data(g);
    REQUIRE(got);
    CHECK(got[1] < 0 && got[0] > 0 && got[3] == 0 && got[4] == 0 && got[5] == 0);
    const double *picked = dl_data(dl_pick(v, k, NULL));
    REQUIRE(picked);
    CHECK(picked[0] == 2 && isnan(picked[1]));
    int32_t far[2] = { INT32_MAX, INT32_MIN };
    dl_array *c = dl_array_wrap(far, DL_I32, NULL, DL_DIMS(2));
    picked = dl_data(dl_pick(v, dl_leaf(t, c), NULL));
    REQUIRE(picked);
    CHECK(isnan(picked[0]) && isnan(picked[1]));
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a), dl_array_free(b), dl_array_free(c);
}

/* One-hot targets and indices are the same loss. */
TEST(loss_classes, an_index_is_a_target_with_a_single_one)
{
    dl_tape *t = dl_tape_new();
    double x[12], one[12] = { 0 };
    int64_t index[4] = { 2, 0, 1, 2 };
    for (int i = 0; i < 12; i++) x[i] = op_mixed[i];
    for (int b = 0; b < 4; b++) one[index[b] * 4 + b] = 1;
    dl_array *a = dl_array_wrap(x, DL_F64, "CB", DL_DIMS(3, 4)),
             *h = dl_array_wrap(one, DL_F64, "CB", DL_DIMS(3, 4)),
             *k = dl_array_wrap(index, DL_I64, "B", DL_DIMS(4));
    const double w[3] = { 1, 2, 4 };
    dl_array *cw = dl_array_wrap((void *)(uintptr_t)w, DL_F64, "C", DL_DIMS(3));
    dl_val v = dl_leaf(t, a), y = dl_leaf(t, h), i = dl_leaf(t, k), g[2];
    for (int s = 0; s < 2; s++) {
        dl_loss_options o = { .smoothing = 0.25 * s, .class_weights = dl_leaf(t, cw) };
        dl_val p = dl_cross_entropy_logits(v, y, &o), q = dl_index_cross_entropy_logits(v, i, &o);
        CHECK_CLOSE(dl_item(p), dl_item(q), 1e-14);
        dl_grad(p, &v, 1, &g[0]);
        dl_grad(q, &v, 1, &g[1]);
        CHECK(dl_item(dl_norm_fro(dl_sub(g[0], g[1]))) < 1e-15);
        CHECK(dl_item(dl_norm_fro(g[0])) > 0.1);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a), dl_array_free(h), dl_array_free(k), dl_array_free(cw);
}

/* ---- what is rejected ------------------------------------------------------------------------ */

static dl_val build_smoothing(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_cross_entropy(in[0], in[1], &(dl_loss_options){ .smoothing = 1.5 });
}
static dl_val build_ignore(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_cross_entropy(in[0], in[1], &(dl_loss_options){ .ignore = &(int64_t){ 0 } });
}
static dl_val build_alpha(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_focal_logits(in[0], in[1], 2, 1, NULL);
}
static dl_val build_e(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_dice(in[0], in[1], -1, NULL);
}

TEST(loss_classes, bad_sizes_axes_and_options_are_told)
{
#define TWO OP_X("34", "CB", NULL), OP_X("34", "CB", NULL)
    static const op_bad bad[] = {
        OP_BAD("cross_entropy", build_smoothing, NULL, (TWO), DL_EARG,
               "smoothing 1.5 is not from 0 to 1"),
        OP_BAD("cross_entropy", build_ignore, NULL, (TWO), DL_EARG, "ignore is of losses over"),
        OP_BAD("focal_logits", build_alpha, NULL, (TWO), DL_EARG, "alpha 2, gamma 1: wanted"),
        OP_BAD("dice", build_e, NULL, (TWO), DL_EARG, "e is -1, wanted 0 or more"),
        OP_BAD("cross_entropy", build_cross_entropy, "c", (TWO, OP_X("4", "", NULL)), DL_ESHAPE,
               "class_weights (4) for 3 classes"),
        OP_BAD("cross_entropy", build_cross_entropy, "2", (TWO), DL_EAXIS, "no axis \"2\""),
        OP_BAD("cross_entropy_logits", build_cross_entropy_logits, NULL,
               (OP_X("34", "SB", NULL), OP_X("34", "SB", NULL)), DL_EAXIS,
               "(3 S, 4 B) has no axis C"),
        OP_BAD("cross_entropy_logits", build_cross_entropy_logits, NULL,
               (OP_X("", "", NULL), OP_X("", "", NULL)), DL_EAXIS, "has no axis at all"),
        OP_BAD("cross_entropy_logits", build_cross_entropy_logits, "m",
               (TWO, OP_INT(DL_U8, "34", "CB", NULL)), DL_ESHAPE,
               "mask (3 C, 4 B) does not broadcast to (1 C, 4 B)"),
        OP_BAD("nll", build_nll, NULL, (OP_X("34", "CB", NULL), OP_INT(DL_I32, "3", "", NULL)),
               DL_ESHAPE, "index (3), wanted (1 C, 4 B)"),
        OP_BAD("nll", build_nll, NULL, (OP_X("34", "CB", NULL), OP_INT(DL_I32, "4", "C", NULL)),
               DL_ELABEL, "index (4 C), wanted (1 C, 4 B)"),
        OP_BAD("nll", build_nll, NULL, (OP_X("34", "CB", NULL), OP_INT(DL_U8, "4", "", NULL)),
               DL_EDTYPE, "the index is u8, wanted i32 or i64"),
        OP_BAD("pick", build_pick, NULL, (OP_X("34", "CB", NULL), OP_X("4", "", NULL)), DL_EDTYPE,
               "the index is f32"),
        OP_BAD("pick", build_pick, "T", (OP_X("34", "CB", NULL), OP_INT(DL_I32, "4", "", NULL)),
               DL_EAXIS, "no axis \"T\""),
        OP_BAD("index_cross_entropy_logits", build_index_cross_entropy_logits, NULL,
               (OP_X("34", "CB", NULL), OP_INT(DL_I64, "34", "", NULL)), DL_ESHAPE,
               "index (3,4), wanted (1 C, 4 B)"),
    };
    OP_REJECTS(bad);
}
