/* pool_cases.c: pools over all places, normalisation over neighbouring channels. */
#include "driver.h"

static dl_val build_global_maxpool(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_global_maxpool(in[0]);
}
/* The text is the window. */
static dl_val build_crosschannelnorm(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_crosschannelnorm(in[0], *arg - '0', 0.5, 0.75, 2);
}
static dl_val build_without_k(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_crosschannelnorm(in[0], 3, 1, 0.75, 0);
}

/* Axes S come first. */
static void global_maxpool_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t dim[DL_MAX_RANK], places = 1, rest = 1;
    for (int k = op_sizes(c->in[0].dims, dim); k-- > 0;)
        *(c->in[0].labels[k] == 'S' ? &places : &rest) *= dim[k];
    for (int64_t i = 0; i < rest; i++) {
        y[i] = -INFINITY;
        for (int64_t k = 0; k < places; k++) y[i] = fmax(y[i], x[0][k * rest + i]);
    }
}

static void crosschannelnorm_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t dim[DL_MAX_RANK], n = 1, channels = 1, behind = 1, window = *c->arg - '0';
    int rank = op_sizes(c->in[0].dims, dim);
    for (int k = rank; k-- > 0; n *= dim[k])
        if (c->in[0].labels[k] == 'C') channels = dim[k], behind = n;
    for (int64_t i = 0; i < n; i++) {
        int64_t own = i / behind % channels;
        double sum = 0;
        for (int64_t k = own - (window - 1) / 2; k <= own + window / 2; k++)
            if (k >= 0 && k < channels) sum += pow(x[0][i + (k - own) * behind], 2);
        y[i] = x[0][i] / pow(2 + 0.5 * sum / (double)window, 0.75);
    }
}

#define GLOBAL(NAME, X, LABELS, Y)                                                                \
    OP_CASE("global_maxpool", NAME, build_global_maxpool, (OP_X(X, LABELS, op_mixed)), Y, LABELS, \
            .reference = global_maxpool_reference, .flags = OP_COMPOSED | OP_FIXED)
#define CROSS(NAME, WINDOW, X, LABELS)                                                        \
    OP_CASE("crosschannelnorm", NAME, build_crosschannelnorm, (OP_X(X, LABELS, op_mixed)), X, \
            LABELS, .arg = WINDOW, .reference = crosschannelnorm_reference, .flags = OP_COMPOSED)

static const op_case cases[] = {
    GLOBAL("one axis", "52", "SB", "12"),
    GLOBAL("two axes", "4231", "SSCB", "1131"),
    GLOBAL("three axes", "23221", "SSSCB", "11121"),
    CROSS("the channel itself", "1", "34", "CB"),
    CROSS("one neighbour", "2", "5", "C"),
    CROSS("two neighbours", "3", "1352", "SSCB"),
    CROSS("an even window", "4", "523", "CBT"),
    CROSS("more than there are", "9", "342", "SCB"),
};
const op_table op_pool = OP_TABLE(cases);
OP_TESTS(pool)

TEST(pool, bad_calls_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("global_maxpool", build_global_maxpool, NULL, (OP_X("34", "CB", NULL)), DL_ELABEL,
               "x (3 C, 4 B): wanted axes S with elements"),
        OP_BAD("global_maxpool", build_global_maxpool, NULL, (OP_X("0342", "SSCB", NULL)),
               DL_ESHAPE, "wanted axes S with elements"),
        OP_BAD("crosschannelnorm", build_crosschannelnorm, "3", (OP_X("34", "SB", NULL)), DL_ELABEL,
               "has no label C"),
        OP_BAD("crosschannelnorm", build_crosschannelnorm, "0", (OP_X("34", "CB", NULL)), DL_EARG,
               "window 0, alpha 0.5, beta 0.75, k 2"),
        OP_BAD("crosschannelnorm", build_without_k, NULL, (OP_X("34", "CB", NULL)), DL_EARG,
               "wanted a window of 1 or more, alpha >= 0, k > 0"),
    };
    OP_REJECTS(bad);
}
