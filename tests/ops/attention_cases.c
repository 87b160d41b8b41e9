/* attention_cases.c: scaled dot-product attention. */
#include "driver.h"

/* The number of heads, then letters: c causal, s a scale of 2, m a mask, p a padding. */
static dl_val attend(const dl_val *in, const char *arg, bool weights)
{
    dl_attention_options o = { .causal = !!strchr(arg, 'c'), .scale = strchr(arg, 's') ? 2 : 0 };
    if (strchr(arg, 'm')) o.mask = in[3];
    if (strchr(arg, 'p')) o.padding = in[3];
    dl_val y, w;
    if (!weights) return dl_attention(in[0], in[1], in[2], *arg - '0', &o);
    dl_attention_weights(in[0], in[1], in[2], *arg - '0', &o, &y, &w);
    return dl_add(w, dl_scale(dl_sum(y, "all"), 0));
}
static dl_val build(dl_tape *t, const dl_val *in, const char *arg)
{
    return attend(in, arg, false);
}
static dl_val build_weights(dl_tape *t, const dl_val *in, const char *arg)
{
    return attend(in, arg, true);
}
static dl_val build_plain(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_attention(in[0], in[1], in[2], *arg - '0', NULL);
}

/* ---- the reference: one query of one head at a time ------------------------------------------ */

/* Axes of x by letter: P a place, S or T. */
typedef struct sizes {
    int rank;
    char labels[DL_MAX_RANK];
    int64_t dim[DL_MAX_RANK];
} sizes;

static sizes sizes_of(const op_input *x, const char *labels)
{
    sizes s = { .rank = op_sizes(x->dims, s.dim) };
    for (int i = 0; i < s.rank; i++) s.labels[i] = strchr("ST", labels[i]) ? 'P' : labels[i];
    return s;
}

static int64_t size_of(const sizes *s, char label)
{
    for (int i = 0; i < s->rank; i++)
        if (s->labels[i] == label) return s->dim[i];
    return 1;
}

static int64_t at(const sizes *s, int64_t channel, int64_t observation, int64_t place)
{
    int64_t k = 0;
    for (int i = 0; i < s->rank; i++)
        k = k * s->dim[i]
            + (s->labels[i] == 'C'   ? channel
               : s->labels[i] == 'B' ? observation
                                     : place);
    return k;
}

typedef struct job {
    const op_case *c;
    const double *const *x;
    sizes q, k, v;
    int64_t heads, head, observation, query;
} job;

/* What the mask says of a key: hidden, or a number to add. */
static bool hidden(const job *j, int64_t key, double *add)
{
    const char *arg = j->c->arg;
    const op_input *mask = &j->c->in[3];
    *add = 0;
    if (strchr(arg, 'c') && key > j->query) return true;
    if (strchr(arg, 'p')) {
        sizes m = sizes_of(mask, mask->labels[0] ? mask->labels : j->c->in[0].labels);
        return j->x[3][at(&m, 0, j->observation, key)] == 0;
    }
    if (!strchr(arg, 'm')) return false;
    const int64_t place[] = { key, j->query, j->head, j->observation };
    int64_t dim[DL_MAX_RANK], k = 0;
    int rank = op_sizes(mask->dims, dim);
    for (int i = 0; i < rank; i++) k = k * dim[i] + (dim[i] == 1 ? 0 : place[i]);
    if (mask->dtype == DL_U8) return j->x[3][k] == 0;
    *add = j->x[3][k];
    return false;
}

static void weigh(const job *j, double *w)
{
    int64_t d = size_of(&j->q, 'C') / j->heads, n = size_of(&j->k, 'P');
    double sum = 0, add;
    for (int64_t key = 0; key < n; key++) {
        double dot = 0;
        for (int64_t c = j->head * d; c < (j->head + 1) * d; c++)
            dot += j->x[0][at(&j->q, c, j->observation, j->query)]
                   * j->x[1][at(&j->k, c, j->observation, key)];
        bool out = hidden(j, key, &add);
        dot = dot * (strchr(j->c->arg, 's') ? 2 : 1 / sqrt((double)d)) + add;
        w[key] = out ? 0 : exp(dot);
        sum += w[key];
    }
    for (int64_t key = 0; key < n && sum > 0; key++) w[key] /= sum;
}

static void both(const op_case *c, const double *const *x, double *y, bool weights)
{
    const char *labels = c->in[0].labels;
    job j = { .c = c, .x = x, .heads = *c->arg - '0' };
    j.q = sizes_of(&c->in[0], labels), j.k = sizes_of(&c->in[1], labels);
    j.v = sizes_of(&c->in[2], labels);
    int64_t queries = size_of(&j.q, 'P'), keys = size_of(&j.k, 'P'), many = size_of(&j.q, 'B');
    int64_t d = size_of(&j.v, 'C') / j.heads;
    sizes to = j.q;
    for (int i = 0; i < to.rank; i++)
        if (to.labels[i] == 'C') to.dim[i] = d * j.heads;
    for (int64_t i = 0; i < queries * many * j.heads; i++) {
        double w[8];
        j.query = i % queries, j.observation = i / queries % many, j.head = i / queries / many;
        weigh(&j, w);
        for (int64_t key = 0; weights && key < keys; key++)
            y[((key * queries + j.query) * j.heads + j.head) * many + j.observation] = w[key];
        for (int64_t e = j.head * d; !weights && e < (j.head + 1) * d; e++) {
            double *sum = &y[at(&to, e, j.observation, j.query)];
            *sum = 0;
            for (int64_t key = 0; key < keys; key++)
                *sum += w[key] * x[2][at(&j.v, e, j.observation, key)];
        }
    }
}

static void reference(const op_case *c, const double *const *x, double *y) { both(c, x, y, false); }
static void weights_reference(const op_case *c, const double *const *x, double *y)
{
    both(c, x, y, true);
}

/* ---- the cases ------------------------------------------------------------------------------- */

static const double flags[] = { 1, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1 };

#define OP_NONE      \
    {                \
        .dims = NULL \
    }
#define ATTENTION(NAME, ARG, L, Q, K, V, Y, ...)                                                   \
    OP_CASE("attention", NAME, build,                                                              \
            (OP_X(Q, L, op_mixed), OP_X(K, L, op_other), OP_X(V, L, op_positive), __VA_ARGS__), Y, \
            L, .reference = reference, .arg = ARG, .flags = OP_COMPOSED | OP_FIXED)
#define WEIGHTS(NAME, ARG, L, Q, K, V, Y)                                                 \
    OP_CASE("attention", NAME, build_weights,                                             \
            (OP_X(Q, L, op_mixed), OP_X(K, L, op_other), OP_X(V, L, op_positive)), Y, "", \
            .reference = weights_reference, .arg = ARG, .flags = OP_COMPOSED | OP_FIXED)

static const op_case cases[] = {
    ATTENTION("one head", "1", "CBT", "324", "325", "225", "224", OP_NONE),
    ATTENTION("two heads", "2", "CBT", "423", "424", "224", "223", OP_NONE),
    ATTENTION("one observation", "1", "CT", "24", "23", "33", "34", OP_NONE),
    ATTENTION("over space", "2", "SCB", "342", "242", "222", "322", OP_NONE),
    ATTENTION("causal, a scale", "1cs", "CBT", "224", "225", "225", "224", OP_NONE),
    ATTENTION("a mask", "1m", "CT", "23", "24", "24", "23", OP_INT(DL_U8, "43", "", flags)),
    ATTENTION("a mask of each head and observation", "2m", "CBT", "222", "222", "222", "222",
              OP_INT(DL_U8, "2222", "", flags)),
    ATTENTION("a mask of observations", "2m", "CBT", "222", "223", "223", "222",
              OP_INT(DL_U8, "3112", "", flags)),
    ATTENTION("numbers for a mask", "2m", "CBT", "222", "223", "223", "222",
              OP_X("322", "", op_other)),
    ATTENTION("padding", "1p", "CBT", "222", "223", "223", "222",
              OP_INT(DL_U8, "123", "CBT", flags)),
    ATTENTION("padding over space, causal", "1pc", "SCB", "322", "322", "312", "312",
              OP_INT(DL_U8, "312", "", flags)),
    ATTENTION("padding of one observation", "1p", "CT", "22", "23", "23", "22",
              OP_INT(DL_U8, "13", "", flags)),
    WEIGHTS("weights", "2", "CBT", "423", "424", "224", "4322"),
    WEIGHTS("weights, causal", "1c", "CT", "23", "24", "14", "4311"),
    OP_CASE("attention", "keys and values without labels", build_plain,
            (OP_X("223", "CBT", op_mixed), OP_X("224", "", op_other), OP_X("224", "", op_positive)),
            "223", "CBT", .reference = reference, .arg = "1", .flags = OP_COMPOSED | OP_FIXED),
};
const op_table op_attention = OP_TABLE(cases);
OP_TESTS(attention)

#define CBT(SIZES) OP_X(SIZES, "CBT", NULL)
#define GOOD CBT("324"), CBT("325"), CBT("225")
#define REFUSED(ARG, ...) OP_BAD("attention", build, ARG, __VA_ARGS__)

TEST(attention, bad_calls_are_rejected)
{
    static const op_bad bad[] = {
        REFUSED("1", (OP_X("324", "", NULL), OP_X("325", "", NULL), OP_X("225", "", NULL)),
                DL_ELABEL, "queries (3,2,4), keys (3,2,5), values (2,2,5): wanted labels C"),
        REFUSED("1", (CBT("324"), OP_X("325", "SCB", NULL), CBT("225")), DL_ELABEL,
                "keys and values want the labels of the queries, or none"),
        REFUSED("1", (CBT("324"), OP_X("32", "", NULL), CBT("225")), DL_ELABEL,
                "keys and values want the labels of the queries, or none"),
        REFUSED("1", (CBT("324"), CBT("335"), CBT("225")), DL_ESHAPE,
                "the numbers of observations differ"),
        REFUSED("1", (CBT("324"), CBT("225"), CBT("225")), DL_ESHAPE,
                "queries and keys differ in the number of channels"),
        REFUSED("1", (CBT("324"), CBT("325"), CBT("224")), DL_ESHAPE,
                "there are not as many values as keys"),
        REFUSED("2", (GOOD), DL_EARG, "the channels do not fall into the heads"),
        REFUSED("0", (GOOD), DL_EARG, "the channels do not fall into the heads"),
        REFUSED("1m", (GOOD, OP_INT(DL_U8, "45", "", NULL)), DL_ESHAPE,
                "mask (4,5), wanted (keys, queries, heads, observations)"),
        REFUSED("1m", (GOOD, OP_INT(DL_I64, "54", "", NULL)), DL_EDTYPE, "i64"),
        REFUSED("1p", (GOOD, OP_INT(DL_U8, "325", "CBT", NULL)), DL_ESHAPE,
                "padding (3 C, 2 B, 5 T), wanted the sizes of the keys, but 1 along C"),
        REFUSED("1p", (GOOD, CBT("125")), DL_EDTYPE, "the padding is f32, wanted u8"),
    };
    OP_REJECTS(bad);
}

/* A query that sees nothing: the value is 0 and so are all of its slopes, also the second ones. */
TEST(attention, a_query_without_keys_gets_zero)
{
    dl_tape *t = dl_tape_new();
    dl_val q = dl_label(dl_arange(t, DL_F32, 0.5, 0.25, 6), "C"), in[3], g[3], h[3];
    q = dl_label(dl_reshape(dl_stripdims(q), DL_DIMS(2, 3)), "CT");
    for (int i = 0; i < 3; i++) in[i] = dl_scale(q, i + 1);
    dl_val hide = dl_cast(dl_arange_i64(t, -1, 1, 3), DL_U8); /* 0, 0, 1 */
    dl_attention_options o = { .mask = dl_reshape(hide, DL_DIMS(1, 3)) };
    dl_val y = dl_attention(in[0], in[1], in[2], 1, &o);
    dl_grad(dl_sum(y, "all"), in, 3, g);
    dl_grad(dl_sum_squares(g[0], "all"), in, 3, h);
    const float *v = dl_data(y), *d = dl_data(g[0]), *e = dl_data(h[0]);
    for (int i = 0; i < 6; i++) {
        bool seen = i % 3 == 2;
        CHECK_MSG((v[i] != 0) == seen, "y[%d] = %g", i, (double)v[i]);
        CHECK_MSG((d[i] != 0) == seen && isfinite(d[i]), "slope %d: %g", i, (double)d[i]);
        CHECK_MSG((e[i] != 0) == seen && isfinite(e[i]), "second %d: %g", i, (double)e[i]);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
}

/* With all weights dropped but those of one key in p: the mean of many is the value without. */
TEST(attention, dropout_keeps_the_mean)
{
    dl_tape *t = dl_tape_new();
    dl_val q = dl_label(dl_ones(t, DL_F64, DL_DIMS(1, 64, 40)), "CBT");
    dl_attention_options o = { .dropout = 0.25, .key = dl_random_key(t, 1, 2) };
    dl_val y, w;
    dl_attention_weights(q, q, q, 1, &o, &y, &w);
    CHECK_CLOSE(dl_item(dl_mean(y, "all")), 1, 0.01);
    CHECK_MSG(dl_item(dl_std(y, "all")) > 0.05, "nothing was dropped");
    CHECK_MSG(dl_item(dl_std(w, "all")) < 1e-15, "the weights have been dropped");
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
}
