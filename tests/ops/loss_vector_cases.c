/* loss_vector_cases.c: losses of vectors, and of critics. */
#include "losses.h"

#include <math.h>

static dl_val build_triplet_margin(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_triplet_margin(in[0], in[1], in[2], 0.75, loss_options(arg, in + 3));
}
static dl_val build_contrastive(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_contrastive(in[0], in[1], in[2], 3, loss_options(arg, in + 3));
}
static dl_val build_cosine_embedding(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_cosine_embedding(in[0], in[1], in[2], 0.25, loss_options(arg, in + 3));
}
static dl_val build_wasserstein_critic(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_wasserstein_critic(in[0], in[1]);
}
static dl_val build_wasserstein_generator(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_wasserstein_generator(in[0]);
}

/* score = tanh(W x) with x in columns, or rows, of observations */
static dl_val build_gradient_penalty(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val hidden = dl_tanh(dl_matmul(in[1], dl_stripdims(in[0])));
    return dl_gradient_penalty(hidden, in[0]);
}

/* ---- the reference: vectors along the first axis, or the last -------------------------------- */

typedef struct vectors {
    int64_t n, count, step, next;
} vectors;

static vectors vectors_of(const op_case *c)
{
    int64_t d[DL_MAX_RANK];
    op_sizes(c->in[0].dims, d);
    bool first = *c->in[0].labels || loss_axis(c->arg);
    return first ? (vectors){ d[0], d[1], d[1], 1 } : (vectors){ d[1], d[0], 1, d[1] };
}

static double dot(const vectors *v, int64_t k, const double *a, const double *b, const double *c,
                  const double *d)
{
    double sum = 0;
    for (int64_t i = 0; i < v->n; i++) {
        int64_t at = i * v->step + k * v->next;
        sum += (a[at] - (b ? b[at] : 0)) * (c[at] - (d ? d[at] : 0));
    }
    return sum;
}

static void finish(const op_case *c, const double *const *x, const vectors *v, const double *e,
                   double *y)
{
    const double *mask = loss_has(c->arg, "m") ? x[3] : NULL;
    loss_reduce(c->arg, "batch", loss_observations(c->in[0].dims, c->in[0].labels), v->count, e,
                NULL, mask, y);
}

static void triplet_margin_reference(const op_case *c, const double *const *x, double *y)
{
    double e[OP_ELEMENTS];
    vectors v = vectors_of(c);
    for (int64_t k = 0; k < v.count; k++)
        e[k] = fmax(0, sqrt(dot(&v, k, x[0], x[1], x[0], x[1]))
                           - sqrt(dot(&v, k, x[0], x[2], x[0], x[2])) + 0.75);
    finish(c, x, &v, e, y);
}

static void contrastive_reference(const op_case *c, const double *const *x, double *y)
{
    double e[OP_ELEMENTS];
    vectors v = vectors_of(c);
    for (int64_t k = 0; k < v.count; k++) {
        double d = sqrt(dot(&v, k, x[0], x[1], x[0], x[1])), gap = fmax(0, 3 - d), t = x[2][k];
        e[k] = t * d * d / 2 + (1 - t) * gap * gap / 2;
    }
    finish(c, x, &v, e, y);
}

static void cosine_embedding_reference(const op_case *c, const double *const *x, double *y)
{
    double e[OP_ELEMENTS];
    vectors v = vectors_of(c);
    for (int64_t k = 0; k < v.count; k++) {
        double a = dot(&v, k, x[0], NULL, x[0], NULL), b = dot(&v, k, x[1], NULL, x[1], NULL);
        double cosine = dot(&v, k, x[0], NULL, x[1], NULL) / sqrt(a * b), t = x[2][k];
        e[k] = (1 + t) / 2 * (1 - cosine) + (1 - t) / 2 * fmax(0, cosine - 0.25);
    }
    finish(c, x, &v, e, y);
}

static double mean(const op_case *c, const double *const *x, int k)
{
    int64_t dim[DL_MAX_RANK], n = 1;
    for (int i = op_sizes(c->in[k].dims, dim); i-- > 0;) n *= dim[i];
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[k][i];
    return sum / (double)n;
}

static void wasserstein_critic_reference(const op_case *c, const double *const *x, double *y)
{
    *y = mean(c, x, 1) - mean(c, x, 0);
}
static void wasserstein_generator_reference(const op_case *c, const double *const *x, double *y)
{
    *y = -mean(c, x, 0);
}

/* Of sum over h of tanh(W x): W' (1 - tanh^2). */
static void gradient_penalty_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t d[DL_MAX_RANK], w[DL_MAX_RANK];
    op_sizes(c->in[0].dims, d);
    op_sizes(c->in[1].dims, w);
    double sum = 0, slope[8];
    for (int64_t b = 0; b < d[1]; b++) {
        for (int64_t h = 0; h < w[0]; h++) {
            double z = 0;
            for (int64_t i = 0; i < d[0]; i++) z += x[1][h * d[0] + i] * x[0][i * d[1] + b];
            slope[h] = 1 - tanh(z) * tanh(z);
        }
        double square = 0;
        for (int64_t i = 0; i < d[0]; i++) {
            double g = 0;
            for (int64_t h = 0; h < w[0]; h++) g += x[1][h * d[0] + i] * slope[h];
            square += g * g;
        }
        sum += (sqrt(square) - 1) * (sqrt(square) - 1);
    }
    *y = sum / (double)d[1];
}

/* ---- the cases ------------------------------------------------------------------------------- */

static const double signs[] = { 1, -1, -1, 1, -1, 1, 1, -1 };
static const double zero_or_one[] = { 1, 0, 0, 1, 0, 1, 1, 0 };
static const double small[OP_POOL] = { 0.25,   -0.5, 0.375,  0.125, -0.25,  0.625,
                                       -0.125, 0.5,  -0.375, 0.75,  0.3125, -0.6875 };

#define ROW(NAME, TITLE, D, L, D3, L3, X3, RD, RL, ...)                             \
    OP_CASE(#NAME, TITLE, build_##NAME,                                             \
            (OP_X(D, L, op_mixed), OP_X(D, L, op_other), OP_X(D3, L3, X3)), RD, RL, \
            .reference = NAME##_reference, __VA_ARGS__)
#define MASKED(NAME, D3, X3)                                                           \
    OP_CASE(#NAME, "a mask", build_##NAME,                                             \
            (OP_X("34", "CB", op_mixed), OP_X("34", "CB", op_other), OP_X(D3, "", X3), \
             OP_INT(DL_U8, "4", "B", loss_mask)),                                      \
            "", "", .arg = "included m", .reference = NAME##_reference, .flags = OP_COMPOSED)

static const op_case cases[] = {
    ROW(triplet_margin, "default", "34", "CB", "34", "CB", op_positive, "", "", ),
    ROW(triplet_margin, "rows", "43", "", "43", "", op_positive, "41", "", .arg = "none"),
    ROW(triplet_margin, "columns", "34", "", "34", "", op_positive, "", "", .arg = "sum 0"),
    MASKED(triplet_margin, "34", op_positive),
    ROW(contrastive, "default", "34", "CB", "4", "B", zero_or_one, "", "", ),
    ROW(contrastive, "rows", "43", "", "41", "", zero_or_one, "41", "", .arg = "none"),
    ROW(contrastive, "columns", "34", "", "4", "", zero_or_one, "", "", .arg = "elements 0"),
    MASKED(contrastive, "4", zero_or_one),
    ROW(cosine_embedding, "default", "34", "CB", "14", "CB", signs, "", "", ),
    ROW(cosine_embedding, "rows", "43", "", "4", "", signs, "41", "", .arg = "none"),
    ROW(cosine_embedding, "columns", "34", "", "4", "", signs, "", "", .arg = "elements 0"),
    MASKED(cosine_embedding, "4", signs),
    OP_CASE("wasserstein_critic", "scores", build_wasserstein_critic,
            (OP_X("15", "CB", op_mixed), OP_X("16", "CB", op_other)), "", "",
            .reference = wasserstein_critic_reference),
    OP_CASE("wasserstein_generator", "scores", build_wasserstein_generator,
            (OP_X("15", "CB", op_mixed)), "", "", .reference = wasserstein_generator_reference),
    OP_CASE("gradient_penalty", "columns", build_gradient_penalty,
            (OP_X("34", "CB", small), OP_X("23", "", op_mixed)), "", "",
            .reference = gradient_penalty_reference, .flags = OP_COMPOSED),
};
const op_table op_loss_vectors = OP_TABLE(cases);

OP_TESTS(loss_vectors)

/* ---- edges ----------------------------------------------------------------------------------- */

/* Equal vectors, and vectors of length 0. */
TEST(loss_vectors, norms_at_zero_have_a_zero_derivative)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(2, 3));
    dl_val x = dl_leaf(t, a), one = dl_ones(t, DL_F64, DL_DIMS(2)), g;
    dl_val losses[] = { dl_triplet_margin(x, dl_zeros_like(x), dl_ones_like(x), 5, NULL),
                        dl_contrastive(x, dl_zeros_like(x), dl_zeros(t, DL_F64, DL_DIMS(2)), 1,
                                       NULL),
                        dl_cosine_embedding(x, dl_ones_like(x), one, 0, NULL) };
    for (int k = 0; k < 3; k++) {
        CHECK_INT(dl_grad(losses[k], &x, 1, &g), DL_OK);
        const double *got = dl_data(g);
        REQUIRE(got);
        for (int i = 0; i < 6; i++) CHECK(isfinite(got[i]));
    }
    CHECK_CLOSE(dl_item(losses[0]), 2 * (5 - sqrt(3)), 1e-15);
    CHECK_CLOSE(dl_item(losses[1]), 1, 1e-15);
    CHECK_CLOSE(dl_item(losses[2]), 2, 1e-15);
    dl_tape_free(t);
    dl_array_free(a);
}

/* A score that does not depend on x has the gradient 0, whose norm has the derivative 0. */
TEST(loss_vectors, a_gradient_penalty_of_nothing_is_one)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, "CB", DL_DIMS(3, 4));
    dl_array *b = dl_array_new(DL_F64, NULL, DL_DIMS(4));
    dl_val x = dl_leaf(t, a), y = dl_leaf(t, b), g;
    dl_val p = dl_gradient_penalty(dl_sum_squares(x, "C"), x);
    CHECK_CLOSE(dl_item(p), 1, 0);
    CHECK_INT(dl_grad(p, &x, 1, &g), DL_OK);
    CHECK_CLOSE(dl_item(dl_norm_fro(g)), 0, 0);
    CHECK_CLOSE(dl_item(dl_gradient_penalty(dl_scale(y, 3), y)), 4, 0); /* each a number */
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a), dl_array_free(b);
}

static dl_val build_weights(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_triplet_margin(in[0], in[1], in[2], 1, &(dl_loss_options){ .smoothing = 0.5 });
}

TEST(loss_vectors, bad_sizes_are_told)
{
#define TWO OP_X("34", "CB", NULL), OP_X("34", "CB", NULL)
    static const op_bad bad[] = {
        OP_BAD("triplet_margin", build_triplet_margin, NULL, (TWO, OP_X("33", "CB", NULL)),
               DL_ESHAPE, "the sizes differ"),
        OP_BAD("triplet_margin", build_weights, NULL, (TWO, OP_X("34", "CB", NULL)), DL_EARG,
               "class_weights, smoothing and ignore are of losses over classes"),
        OP_BAD("contrastive", build_contrastive, NULL, (TWO, OP_X("3", "", NULL)), DL_ESHAPE,
               "target (3), wanted (1 C, 4 B)"),
        OP_BAD("cosine_embedding", build_cosine_embedding, NULL,
               (TWO, OP_INT(DL_I32, "4", "", NULL)), DL_EDTYPE, "i32 does not compute"),
        OP_BAD("contrastive", build_contrastive, NULL,
               (OP_X("34", "SB", NULL), OP_X("34", "SB", NULL), OP_X("4", "", NULL)), DL_EAXIS,
               "(3 S, 4 B) has no axis C"),
    };
    OP_REJECTS(bad);
}
