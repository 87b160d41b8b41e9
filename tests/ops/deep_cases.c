/* deep_cases.c: convolutions, fully connected layers, normalisations. */
#include "driver.h"

/* ---- convolution ----------------------------------------------------------------------------- */

/* "21100": stride, dilation, before, after, groups (0: 1), for every axis; "=2": same, stride 2. */
static dl_conv_options options_of(const char *arg)
{
    dl_conv_options o = { .same = *arg == '=' };
    for (int i = 0; i < 3; i++) {
        if (o.same) {
            o.stride[i] = arg[1] - '0';
            continue;
        }
        o.stride[i] = arg[0] - '0', o.dilation[i] = arg[1] - '0';
        o.before[i] = arg[2] - '0', o.after[i] = arg[3] - '0';
        o.groups = arg[4] - '0';
    }
    return o;
}

static dl_val build_conv(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_conv(in[0], in[1], in[2], options_of(arg));
}
static dl_val build_conv_bare(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_conv(in[0], in[1], (dl_val){ 0 }, options_of(arg));
}
static dl_val build_transposed_conv(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_transposed_conv(in[0], in[1], in[2], options_of(arg));
}

/* The product of sizes, and the place of an element, whose axes are named by letters: the k-th S
 * has the letter 'a' + k. */
typedef struct named {
    int rank;
    int64_t dim[DL_MAX_RANK];
    char name[DL_MAX_RANK];
} named;

static named named_of(const char *dims, const char *labels)
{
    named n = { .rank = op_sizes(dims, n.dim) };
    bool spatial = strchr(labels, 'S');
    for (int i = 0, s = 0; i < n.rank; i++)
        n.name[i] =
            labels[i] == 'S' || (labels[i] == 'T' && !spatial) ? (char)('a' + s++) : labels[i];
    return n;
}

static int64_t size_of(const named *n, char name)
{
    for (int i = 0; i < n->rank; i++)
        if (n->name[i] == name) return n->dim[i];
    return 1;
}

static int64_t element(const named *n, const int64_t *place, int64_t c, int64_t b, int64_t t)
{
    int64_t at = 0;
    for (int i = 0; i < n->rank; i++) {
        char name = n->name[i];
        at = at * n->dim[i]
             + (name == 'C'   ? c
                : name == 'B' ? b
                : name == 'T' ? t
                              : place[name - 'a']);
    }
    return at;
}

/* For every pair of places and every tap that joins them, as the definition says. */
static void conv_sum(const op_case *c, const double *const *v, double *y, bool transposed)
{
    dl_conv_options o = options_of(c->arg);
    named x = named_of(c->in[0].dims, c->in[0].labels), z = named_of(c->dims, c->labels);
    const named *big = transposed ? &z : &x, *small = transposed ? &x : &z;
    int64_t w[DL_MAX_RANK], tap[3], p[3], q[3], groups = o.groups ? o.groups : 1;
    int rank = op_sizes(c->in[1].dims, w), axes = rank - 2 - (groups > 1);
    int64_t C = w[axes], F = w[axes + 1], taps = 1, big_places = 1, small_places = 1, ny = 1;
    for (int i = 0; i < axes; i++) {
        char name = (char)('a' + i);
        taps *= w[i];
        big_places *= size_of(big, name), small_places *= size_of(small, name);
        if (!o.same) continue;
        int64_t total = (size_of(small, name) - 1) * o.stride[i] + w[i] - size_of(big, name);
        o.dilation[i] = 1, o.before[i] = total > 0 ? total / 2 : 0;
    }
    for (int i = 0; i < z.rank; i++) ny *= z.dim[i];
    memset(y, 0, (size_t)ny * sizeof *y);
    for (int64_t k = 0; k < taps * big_places * small_places; k++) {
        int64_t rest = k;
        bool joined = true;
        for (int i = axes; i-- > 0; rest /= w[i]) tap[i] = rest % w[i];
        for (int i = 0; i < axes; i++) {
            int64_t m = size_of(big, (char)('a' + i)), n = size_of(small, (char)('a' + i));
            p[i] = rest % m, rest /= m, q[i] = rest % n, rest /= n;
            joined = joined && p[i] == q[i] * o.stride[i] + tap[i] * o.dilation[i] - o.before[i];
        }
        int64_t t = 0;
        for (int i = 0; i < axes; i++) t = t * w[i] + tap[i];
        for (int64_t b = 0; joined && b < size_of(&x, 'B') * size_of(&x, 'T'); b++)
            for (int64_t g = 0; g < groups; g++)
                for (int64_t i = 0; i < C * F; i++) {
                    int64_t ci = i / F, f = i % F, T = size_of(&x, 'T');
                    int64_t at = element(big, p, g * C + ci, b / T, b % T);
                    int64_t to = element(small, q, g * F + f, b / T, b % T);
                    double weight = v[1][((t * C + ci) * F + f) * groups + g];
                    if (transposed) y[at] += v[0][to] * weight;
                    else y[to] += v[0][at] * weight;
                }
    }
    int64_t behind = size_of(&x, 'B') * size_of(&x, 'T');
    for (int64_t i = 0; v[2] && c->in[2].dims && i < ny; i++)
        y[i] += v[2][z.name[0] == 'C' ? i / (ny / z.dim[0]) : i / behind % size_of(&z, 'C')];
}

static void conv_reference(const op_case *c, const double *const *x, double *y)
{
    conv_sum(c, x, y, false);
}
static void transposed_reference(const op_case *c, const double *const *x, double *y)
{
    conv_sum(c, x, y, true);
}

/* ---- fullyconnect ---------------------------------------------------------------------------- */

static dl_val build_fullyconnect(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_fullyconnect(in[0], in[1], in[2]);
}

static void fullyconnect_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t w[DL_MAX_RANK], dim[DL_MAX_RANK], n = 1;
    op_sizes(c->in[1].dims, w);
    for (int i = op_sizes(c->dims, dim); i-- > 1;) n *= dim[i];
    for (int64_t i = 0; i < w[0] * n; i++) {
        y[i] = x[2][i / n];
        for (int64_t k = 0; k < w[1]; k++) y[i] += x[1][i / n * w[1] + k] * x[0][k * n + i % n];
    }
}

/* ---- normalisation --------------------------------------------------------------------------- */

#define EPSILON 0.125

static dl_val build_batchnorm(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val y;
    dl_batchnorm(in[0], in[1], in[2], EPSILON, &y, NULL, NULL);
    return y;
}
static dl_val build_batch_mean(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val mean;
    dl_batchnorm(in[0], in[1], in[2], EPSILON, NULL, &mean, NULL);
    return dl_add(mean, dl_scale(dl_add(in[1], in[2]), 0));
}
static dl_val build_batch_variance(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val variance;
    dl_batchnorm(in[0], in[1], in[2], EPSILON, NULL, NULL, &variance);
    return dl_add(variance, dl_scale(dl_add(in[1], in[2]), 0));
}
static dl_val build_layernorm(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_layernorm(in[0], in[1], in[2], EPSILON);
}
static dl_val build_layernorm_over(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_layernorm_over(in[0], arg, in[1], in[2], EPSILON);
}
static dl_val build_instancenorm(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_instancenorm(in[0], in[1], in[2], EPSILON);
}
static dl_val build_groupnorm(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_groupnorm(in[0], *arg - '0', in[1], in[2], EPSILON);
}
static dl_val build_rmsnorm(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_rmsnorm(in[0], in[1], EPSILON);
}
static dl_val build_given(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_batchnorm_given(in[0], in[1], in[1], in[2], in[3], EPSILON);
}

typedef struct statistics {
    double mean, variance;
} statistics;

/* Of all elements that agree with element i in the letters of `same`; channels agree if they are
 * in the same one of `groups`, where 'G' is among the letters. */
static statistics statistics_of(const op_case *c, const double *x, int64_t i, const char *same,
                                int64_t groups)
{
    int64_t dim[DL_MAX_RANK], n = 1, count = 0;
    int rank = op_sizes(c->in[0].dims, dim);
    double sum = 0, squares = 0;
    for (int k = 0; k < rank; k++) n *= dim[k];
    for (int64_t j = 0; j < n; j++) {
        bool agree = true;
        int64_t p = i, q = j;
        for (int k = rank; k-- > 0; p /= dim[k], q /= dim[k]) {
            char label = c->in[0].labels[k];
            int64_t unit = label == 'C' && strchr(same, 'G') ? dim[k] / groups : 1;
            if (label == 'C' && strchr(same, 'G')) label = 'G';
            if (strchr(same, label)) agree = agree && p % dim[k] / unit == q % dim[k] / unit;
        }
        if (agree) sum += x[j], squares += x[j] * x[j], count++;
    }
    double mean = sum / (double)count;
    return (statistics){ mean, squares / (double)count - mean * mean };
}

static int64_t channel_of(const op_case *c, int64_t i)
{
    int64_t dim[DL_MAX_RANK];
    for (int k = op_sizes(c->in[0].dims, dim); k-- > 0; i /= dim[k])
        if (c->in[0].labels[k] == 'C') return i % dim[k];
    return 0;
}

static int64_t elements(const char *dims)
{
    int64_t dim[DL_MAX_RANK], n = 1;
    for (int k = op_sizes(dims, dim); k-- > 0;) n *= dim[k];
    return n;
}

static void normalized(const op_case *c, const double *const *x, double *y, const char *same,
                       int64_t groups)
{
    for (int64_t i = 0; i < elements(c->dims); i++) {
        statistics s = statistics_of(c, x[0], i, same, groups);
        int64_t k = channel_of(c, i);
        y[i] = (x[0][i] - s.mean) / sqrt(s.variance + EPSILON) * x[2][k] + x[1][k];
    }
}

#define NORM_REFERENCE(NAME, SAME, GROUPS)                                            \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        normalized(c, x, y, SAME, GROUPS);                                            \
    }
NORM_REFERENCE(batchnorm, "C", 1)
NORM_REFERENCE(layernorm, "BT", 1)
NORM_REFERENCE(layernorm_over, strcmp(c->arg, "C") ? "B" : "SBT", 1)
NORM_REFERENCE(instancenorm, "CB", 1)
NORM_REFERENCE(groupnorm, "GB", *c->arg - '0')

static void statistic(const op_case *c, const double *x, double *y, bool variance)
{
    for (int64_t i = elements(c->in[0].dims); i-- > 0;) {
        statistics s = statistics_of(c, x, i, "C", 1);
        y[channel_of(c, i)] = variance ? s.variance : s.mean;
    }
}
static void batch_mean_reference(const op_case *c, const double *const *x, double *y)
{
    statistic(c, x[0], y, false);
}
static void batch_variance_reference(const op_case *c, const double *const *x, double *y)
{
    statistic(c, x[0], y, true);
}
static void rmsnorm_reference(const op_case *c, const double *const *x, double *y)
{
    for (int64_t i = 0; i < elements(c->dims); i++) {
        statistics s = statistics_of(c, x[0], i, "SBT", 1);
        y[i] = x[0][i] / sqrt(s.variance + s.mean * s.mean + EPSILON) * x[1][channel_of(c, i)];
    }
}
static void given_reference(const op_case *c, const double *const *x, double *y)
{
    for (int64_t i = 0; i < elements(c->dims); i++) {
        int64_t k = channel_of(c, i);
        y[i] = (x[0][i] - x[2][k]) / sqrt(x[3][k] + EPSILON) * x[1][k] + x[1][k];
    }
}

/* ---- the cases ------------------------------------------------------------------------------- */

#define CONV(NAME, ARG, X, L, W, B, Y)                                                     \
    OP_CASE("conv", NAME, build_conv,                                                      \
            (OP_X(X, L, op_mixed), OP_X(W, "", op_other), OP_X(B, "", op_positive)), Y, L, \
            .reference = conv_reference, .arg = ARG, .flags = OP_COMPOSED | OP_FIXED)
#define TRANSPOSED(NAME, ARG, X, L, W, B, Y)                                               \
    OP_CASE("transposed_conv", NAME, build_transposed_conv,                                \
            (OP_X(X, L, op_mixed), OP_X(W, "", op_other), OP_X(B, "", op_positive)), Y, L, \
            .reference = transposed_reference, .arg = ARG, .flags = OP_COMPOSED | OP_FIXED)
#define NORM(NAME, CASE, ARG, X, L, P)                                                     \
    OP_CASE(#NAME, CASE, build_##NAME,                                                     \
            (OP_X(X, L, op_mixed), OP_X(P, "", op_other), OP_X(P, "", op_positive)), X, L, \
            .reference = NAME##_reference, .arg = ARG, .flags = OP_COMPOSED | OP_FIXED)

static const op_case cases[] = {
    CONV("one axis", "11000", "523", "SCB", "324", "4", "343"),
    CONV("one axis, one observation", "11000", "52", "SC", "324", "4", "34"),
    CONV("zeros around", "11110", "422", "SCB", "322", "2", "422"),
    CONV("zeros before", "11200", "422", "SCB", "322", "2", "422"),
    CONV("stride", "21110", "523", "SCB", "322", "2", "323"),
    CONV("stride, one observation", "21110", "52", "SC", "322", "2", "32"),
    CONV("dilation", "12110", "522", "SCB", "223", "3", "532"),
    CONV("same", "=1", "522", "SCB", "422", "2", "522"),
    CONV("same, stride", "=2", "522", "SCB", "322", "2", "322"),
    CONV("groups", "11002", "442", "SCB", "2232", "6", "362"),
    CONV("groups, one observation", "11002", "44", "SC", "2232", "6", "36"),
    CONV("depthwise", "11003", "432", "SCB", "2113", "3", "332"),
    CONV("two axes", "11110", "3412", "SSCB", "2312", "2", "4422"),
    CONV("two axes, one observation", "11110", "342", "SSC", "2322", "2", "442"),
    CONV("two axes, stride and dilation", "22110", "442", "SSC", "2222", "2", "222"),
    CONV("three axes", "11000", "32212", "SSSCB", "22112", "2", "21222"),
    CONV("with time", "11000", "3222", "SCBT", "223", "3", "2322"),
    CONV("over time", "11200", "234", "CBT", "322", "2", "234"),
    CONV("over time, one observation", "12000", "26", "CT", "223", "3", "34"),
    CONV("four observations", "11110", "324", "SCB", "322", "2", "324"),
    CONV("four filters", "11000", "32", "SC", "224", "4", "24"),
    CONV("many observations", "11000", "219", "SCB", "212", "2", "129"),
    OP_CASE("conv", "no bias", build_conv_bare,
            (OP_X("422", "SCB", op_mixed), OP_X("223", "", op_other)), "332", "SCB",
            .reference = conv_reference, .arg = "11000", .flags = OP_COMPOSED | OP_FIXED),
    TRANSPOSED("one axis", "11000", "323", "SCB", "342", "4", "543"),
    TRANSPOSED("one observation", "11000", "32", "SC", "342", "4", "54"),
    TRANSPOSED("stride", "21000", "323", "SCB", "222", "2", "623"),
    TRANSPOSED("stride, cropped, one observation", "21110", "42", "SC", "322", "2", "72"),
    TRANSPOSED("holes", "31000", "222", "SCB", "222", "2", "522"),
    TRANSPOSED("dilation", "12010", "322", "SCB", "222", "2", "422"),
    TRANSPOSED("same", "=2", "322", "SCB", "322", "2", "622"),
    TRANSPOSED("groups", "11002", "342", "SCB", "2322", "6", "462"),
    TRANSPOSED("two axes", "21000", "2222", "SSCB", "2212", "1", "4412"),
    TRANSPOSED("over time", "21000", "223", "CBT", "222", "2", "226"),
    OP_CASE("fullyconnect", "channels", build_fullyconnect,
            (OP_X("34", "CB", op_mixed), OP_X("23", "", op_other), OP_X("2", "", op_positive)),
            "24", "CB", .reference = fullyconnect_reference, .flags = OP_COMPOSED),
    OP_CASE("fullyconnect", "all axes", build_fullyconnect,
            (OP_X("2322", "SCBT", op_mixed), OP_X("46", "", op_other), OP_X("4", "", op_positive)),
            "422", "CBT", .reference = fullyconnect_reference, .flags = OP_COMPOSED | OP_FIXED),
    OP_CASE("fullyconnect", "one observation", build_fullyconnect,
            (OP_X("5", "C", op_mixed), OP_X("35", "", op_other), OP_X("3", "", op_positive)), "3",
            "C", .reference = fullyconnect_reference, .flags = OP_COMPOSED),
    NORM(batchnorm, "images", NULL, "2224", "SSCB", "2"),
    NORM(batchnorm, "features", NULL, "34", "CB", "3"),
    NORM(batchnorm, "sequences", NULL, "324", "CBT", "3"),
    NORM(layernorm, "images", NULL, "2232", "SSCB", "3"),
    NORM(layernorm, "sequences", NULL, "324", "CBT", "3"),
    NORM(layernorm_over, "channels", "C", "2232", "SSCB", "3"),
    NORM(layernorm_over, "all but observations", "STCU", "324", "CBT", "3"),
    NORM(instancenorm, "images", NULL, "2322", "SSCB", "2"),
    NORM(groupnorm, "two", "2", "2242", "SSCB", "4"),
    NORM(groupnorm, "sequences", "2", "423", "CBT", "4"),
    OP_CASE("batchnorm", "mean", build_batch_mean,
            (OP_X("342", "SCB", op_mixed), OP_X("4", "", op_other), OP_X("4", "", op_positive)),
            "4", "", .reference = batch_mean_reference, .flags = OP_COMPOSED | OP_FIXED),
    OP_CASE("batchnorm", "variance", build_batch_variance,
            (OP_X("342", "SCB", op_mixed), OP_X("4", "", op_other), OP_X("4", "", op_positive)),
            "4", "", .reference = batch_variance_reference, .flags = OP_COMPOSED | OP_FIXED),
    OP_CASE("rmsnorm", "images", build_rmsnorm,
            (OP_X("342", "SCB", op_mixed), OP_X("4", "", op_other)), "342", "SCB",
            .reference = rmsnorm_reference, .flags = OP_COMPOSED | OP_FIXED),
    OP_CASE("batchnorm_given", "images", build_given,
            (OP_X("342", "SCB", op_mixed), OP_X("4", "", op_other), OP_X("4", "", op_mixed),
             OP_X("4", "", op_positive)),
            "342", "SCB", .reference = given_reference, .flags = OP_COMPOSED | OP_FIXED),
};
const op_table op_deep = OP_TABLE(cases);
OP_TESTS(deep)

TEST(deep, bad_calls_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("conv", build_conv_bare, "11000", (OP_X("523", "", NULL), OP_X("324", "", NULL)),
               DL_ELABEL,
               "x (5,2,3) has no label C: give it labels such as \"SSCB\" with dl_label"),
        OP_BAD("conv", build_conv_bare, "11000", (OP_X("533", "SCB", NULL), OP_X("324", "", NULL)),
               DL_ESHAPE, "x (5 S, 3 C, 3 B), weights (3,2,4): channels of x: 3, wanted 2"),
        OP_BAD("conv", build_conv_bare, "11000", (OP_X("523", "SCB", NULL), OP_X("24", "", NULL)),
               DL_ERANK, "rank of the weights: 2, wanted 3"),
        OP_BAD("conv", build_conv_bare, "11000", (OP_X("223", "SCB", NULL), OP_X("324", "", NULL)),
               DL_ESHAPE, "reach of the filter, for the padded input: 3, wanted 2"),
        OP_BAD("conv", build_conv_bare, "11002", (OP_X("523", "SCB", NULL), OP_X("324", "", NULL)),
               DL_ERANK, "rank of the weights: 3, wanted 4"),
        OP_BAD("conv", build_conv_bare, "11000", (OP_X("23", "CB", NULL), OP_X("324", "", NULL)),
               DL_ELABEL, "wanted one to three axes S, or T without them"),
        OP_BAD("conv", build_conv_bare, "11000",
               (OP_X("523", "SCB", NULL), OP_X("324", "SCB", NULL)), DL_ELABEL, "labels"),
        OP_BAD("conv", build_conv, "11000",
               (OP_X("523", "SCB", NULL), OP_X("324", "", NULL), OP_X("3", "", NULL)), DL_ESHAPE,
               "elements of the bias: 3, wanted 4"),
        OP_BAD("transposed_conv", build_transposed_conv, "=3",
               (OP_X("523", "SCB", NULL), OP_X("242", "", NULL), OP_X("4", "", NULL)), DL_ESHAPE,
               "reach of the filter, for the stride: 2, wanted 3"),
        OP_BAD("fullyconnect", build_fullyconnect, NULL,
               (OP_X("34", "CB", NULL), OP_X("24", "", NULL), OP_X("2", "", NULL)), DL_ESHAPE,
               "3 elements over S and C, the weights take 4"),
        OP_BAD("fullyconnect", build_fullyconnect, NULL,
               (OP_X("34", "", NULL), OP_X("23", "", NULL), OP_X("2", "", NULL)), DL_ELABEL,
               "dl_label"),
        OP_BAD("layernorm", build_layernorm, NULL,
               (OP_X("34", "CB", NULL), OP_X("4", "", NULL), OP_X("3", "", NULL)), DL_ESHAPE,
               "a parameter of 4 elements, wanted that of the channels, 3"),
        OP_BAD("layernorm_over", build_layernorm_over, NULL,
               (OP_X("34", "CB", NULL), OP_X("3", "", NULL), OP_X("3", "", NULL)), DL_ENULL,
               "no letters"),
        OP_BAD("layernorm_over", build_layernorm_over, "0",
               (OP_X("34", "CB", NULL), OP_X("3", "", NULL), OP_X("3", "", NULL)), DL_EARG,
               "\"0\": wanted letters of S, C, B, T and U"),
        OP_BAD("groupnorm", build_groupnorm, "2",
               (OP_X("34", "CB", NULL), OP_X("3", "", NULL), OP_X("3", "", NULL)), DL_EARG,
               "3 channels in 2 groups"),
    };
    OP_REJECTS(bad);
}

/* Sizes with whole tiles, rests of tiles and several parts, against the other two rows: <conv(x,w),
 * y> is the derivative along y, so that the sum over y must be that over w and x. */
static void products_agree(int64_t n, int64_t channels, int64_t filters)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, "SSCB", DL_DIMS(7, 8, channels, n)),
             *b = dl_array_new(DL_F64, NULL, DL_DIMS(3, 3, channels, filters));
    dl_array *const both[] = { a, b };
    for (int i = 0; i < 2; i++) {
        double *to = dl_array_write(both[i]);
        for (int64_t k = 0; k < dl_array_numel(both[i]); k++) to[k] = (double)(k * 31 % 17 - 8) / 4;
    }
    const double *x = dl_array_data(a), *w = dl_array_data(b);
    dl_val in[] = { dl_leaf(t, a), dl_leaf(t, b) }, g[2];
    dl_val y = dl_conv(in[0], in[1], (dl_val){ 0 }, (dl_conv_options){ .same = 1 });
    dl_grad(dl_scale(dl_sum_squares(y, "all"), 0.5), in, 2, g);
    dl_val squares = dl_sum_squares(y, "all");
    CHECK_CLOSE(dl_item(dl_sum(dl_mul(g[0], in[0]), "all")), dl_item(squares), 0);
    CHECK_CLOSE(dl_item(dl_sum(dl_mul(g[1], in[1]), "all")), dl_item(squares), 0);
    const double *got = dl_data(y);
    for (int64_t i = 0; got && i < 7 * 8 * filters * n; i++) {
        int64_t q = i % n, f = i / n % filters, c1 = i / n / filters % 8, r1 = i / n / filters / 8;
        double sum = 0; /* exact */
        for (int64_t k = 0; k < 9 * channels; k++) {
            int64_t r = r1 + k / channels / 3 - 1, c = c1 + k / channels % 3 - 1;
            if (r < 0 || r > 6 || c < 0 || c > 7) continue;
            sum += x[((r * 8 + c) * channels + k % channels) * n + q] * w[k * filters + f];
        }
        CHECK_MSG(got[i] == sum, "conv of %d, %d, %d: [%d]: got %g, wanted %g", (int)n,
                  (int)channels, (int)filters, (int)i, got[i], sum);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

TEST(deep, convolutions_of_any_size_match)
{
    products_agree(1, 7, 13);
    products_agree(1, 16, 64);
    products_agree(5, 6, 8);
    products_agree(37, 5, 9);
    products_agree(64, 20, 16);
}
