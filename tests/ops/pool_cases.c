/* pool_cases.c: pools over all places, normalisation over neighbouring channels; and for
 * convolutions and pools empty sizes, orders of axes, numbers of threads, equals and NaN. */
#include "../harness/valgrind.h"
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

/* ---- what holds for convolutions as well ----------------------------------------------------- */

typedef dl_val use_of(dl_val x, dl_val w);

static dl_val use_conv(dl_val x, dl_val w)
{
    dl_conv_options o = { .stride = { 1, 2 }, .dilation = { 2, 1 }, .before = { 1, 1 } };
    return dl_conv(x, w, (dl_val){ 0 }, o);
}
static dl_val use_transposed_conv(dl_val x, dl_val w)
{
    dl_conv_options o = { .stride = { 2, 1 }, .before = { 1, 0 } };
    return dl_transposed_conv(x, dl_permute(w, DL_DIMS(0, 1, 3, 2)), (dl_val){ 0 }, o);
}
static dl_val use_avgpool(dl_val x, dl_val w)
{
    return dl_avgpool(x, (const int64_t[]){ 2, 3 }, (dl_conv_options){ .stride = { 1, 2 } });
}
static dl_val use_maxpool(dl_val x, dl_val w)
{
    return dl_maxpool(x, (const int64_t[]){ 2, 3 }, (dl_conv_options){ .before = { 1 } });
}
static dl_val use_global_avgpool(dl_val x, dl_val w) { return dl_global_avgpool(x); }
static dl_val use_global_maxpool(dl_val x, dl_val w) { return dl_global_maxpool(x); }
static dl_val use_crosschannelnorm(dl_val x, dl_val w)
{
    return dl_crosschannelnorm(x, 3, 0.5, 0.75, 2);
}

static const struct {
    const char *name;
    use_of *use;
} uses[] = {
    { "conv", use_conv },
    { "transposed_conv", use_transposed_conv },
    { "avgpool", use_avgpool },
    { "maxpool", use_maxpool },
    { "global_avgpool", use_global_avgpool },
    { "global_maxpool", use_global_maxpool },
    { "crosschannelnorm", use_crosschannelnorm },
};
enum { USES = sizeof uses / sizeof *uses };

/* Numbers of which sums depend on the order; some are equal. */
static dl_array *filled(dl_dtype dtype, const int64_t *dim)
{
    dl_array *a = dl_array_new(dtype, NULL, 4, dim);
    void *to = dl_array_write(a);
    for (int64_t k = 0; k < dl_array_numel(a); k++) {
        double v = (double)(k * 7919 % 1013 - 506) / 307;
        if (dtype == DL_F32) ((float *)to)[k] = (float)v;
        else ((double *)to)[k] = v;
    }
    return a;
}

/* One use and the derivative of the sum of its squares. */
typedef struct outcome {
    dl_val y, g[2];
} outcome;

static outcome outcome_of(use_of *f, dl_val x, dl_val labelled, dl_val w)
{
    outcome o = { .y = f(labelled, w) };
    dl_grad(dl_sum_squares(o.y, "all"), (const dl_val[]){ x, w }, 2, o.g);
    return o;
}

static bool same_bits(dl_val a, dl_val b)
{
    size_t size = dl_dtype_of(a) == DL_F32 ? sizeof(float) : sizeof(double);
    int64_t n = dl_numel(a);
    const void *x = dl_data(a), *y = dl_data(b);
    return n == dl_numel(b) && x && y && memcmp(x, y, (size_t)n * size) == 0;
}

TEST(pool, nothing_in_gives_nothing_out)
{
    static const struct {
        int use;
        int64_t x[4], y[4];
    } table[] = {
        { 0, { 4, 5, 3, 0 }, { 1, 2, 2, 0 } }, { 0, { 4, 0, 3, 2 }, { 1, 0, 2, 2 } },
        { 0, { 4, 5, 0, 2 }, { 1, 2, 2, 2 } }, { 1, { 4, 5, 3, 0 }, { 8, 7, 2, 0 } },
        { 1, { 4, 0, 3, 2 }, { 8, 0, 2, 2 } }, { 1, { 4, 5, 0, 2 }, { 8, 7, 2, 2 } },
        { 2, { 4, 5, 3, 0 }, { 3, 2, 3, 0 } }, { 2, { 0, 5, 3, 2 }, { 0, 2, 3, 2 } },
        { 2, { 4, 5, 0, 2 }, { 3, 2, 0, 2 } }, { 3, { 4, 5, 3, 0 }, { 4, 3, 3, 0 } },
        { 3, { 4, 0, 3, 2 }, { 4, 0, 3, 2 } }, { 3, { 4, 5, 0, 2 }, { 4, 3, 0, 2 } },
        { 4, { 4, 5, 3, 0 }, { 1, 1, 3, 0 } }, { 4, { 4, 5, 0, 2 }, { 1, 1, 0, 2 } },
        { 5, { 4, 5, 3, 0 }, { 1, 1, 3, 0 } }, { 5, { 4, 5, 0, 2 }, { 1, 1, 0, 2 } },
        { 6, { 4, 5, 3, 0 }, { 4, 5, 3, 0 } }, { 6, { 4, 0, 3, 2 }, { 4, 0, 3, 2 } },
        { 6, { 4, 5, 0, 2 }, { 4, 5, 0, 2 } },
    };
    dl_tape *t = dl_tape_new();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *name = uses[table[i].use].name;
        dl_array *a = filled(DL_F64, table[i].x);
        dl_array *b = filled(DL_F64, (const int64_t[]){ 3, 3, table[i].x[2], 2 });
        dl_tape_reset(t);
        dl_val x = dl_leaf(t, a), w = dl_leaf(t, b);
        outcome o = outcome_of(uses[table[i].use].use, x, dl_label(x, "SSCB"), w);
        CHECK_MSG(!*dl_tape_message(t), "%s [%d]: %s", name, (int)i, dl_tape_message(t));
        for (int k = 0; k < 4; k++)
            CHECK_MSG(dl_size(o.y, k) == table[i].y[k], "%s [%d]: axis %d: %d places", name, (int)i,
                      k, (int)dl_size(o.y, k));
        CHECK_MSG(dl_item(dl_sum_squares(o.y, "all")) == 0, "%s [%d]: not zeros", name, (int)i);
        for (int k = 0; k < 2; k++)
            CHECK_MSG(dl_item(dl_sum_squares(o.g[k], "all")) == 0, "%s [%d]: a derivative", name,
                      (int)i);
        dl_array_free(a);
        dl_array_free(b);
    }
    dl_tape_free(t);
}

TEST(pool, labels_in_any_order_give_the_same_bits)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = filled(DL_F64, (const int64_t[]){ 6, 7, 3, 4 });
    dl_array *b = filled(DL_F64, (const int64_t[]){ 3, 3, 3, 2 });
    for (int i = 0; i < USES; i++) {
        dl_tape_reset(t);
        dl_val x = dl_leaf(t, a), w = dl_leaf(t, b);
        outcome plain = outcome_of(uses[i].use, x, dl_label(x, "SSCB"), w);
        dl_val turned[] = { dl_label(dl_permute(x, DL_DIMS(3, 2, 0, 1)), "BCSS"),
                            dl_label(dl_permute(x, DL_DIMS(0, 3, 1, 2)), "SBSC") };
        for (int k = 0; k < 2; k++) {
            outcome o = outcome_of(uses[i].use, x, turned[k], w);
            CHECK_STR(dl_dims(o.y), "SSCB");
            bool same = same_bits(o.y, plain.y) && same_bits(o.g[0], plain.g[0])
                        && same_bits(o.g[1], plain.g[1]);
            CHECK_MSG(same, "%s, order %d: other bits", uses[i].name, k);
        }
        CHECK_STR(dl_tape_message(t), "");
    }
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

static void threads_agree(dl_dtype dtype, int use, const dl_array *a, const dl_array *b)
{
    dl_tape *tape[3];
    outcome o[3];
    for (int k = 0; k < 3; k++) {
        dl_set_threads(1 << k);
        tape[k] = dl_tape_new();
        dl_val x = dl_leaf(tape[k], a);
        o[k] = outcome_of(uses[use].use, x, dl_label(x, "SSCB"), dl_leaf(tape[k], b));
        bool same = same_bits(o[k].y, o[0].y) && same_bits(o[k].g[0], o[0].g[0])
                    && same_bits(o[k].g[1], o[0].g[1]);
        CHECK_MSG(same, "%s, %d bytes, %d threads: other bits", uses[use].name,
                  dtype == DL_F32 ? 4 : 8, 1 << k);
        CHECK_STR(dl_tape_message(tape[k]), "");
    }
    for (int k = 0; k < 3; k++) dl_tape_free(tape[k]);
}

TEST(pool, any_number_of_threads_gives_the_same_bits)
{
    int64_t places = under_valgrind() ? 9 : 33;
    int before = dl_threads();
    for (int k = 0; k < 2; k++) {
        dl_dtype dtype = k ? DL_F64 : DL_F32;
        dl_array *a = filled(dtype, (const int64_t[]){ places, places, 8, 12 });
        dl_array *b = filled(dtype, (const int64_t[]){ 3, 3, 8, 6 });
        for (int i = 0; i < USES; i++) threads_agree(dtype, i, a, b);
        dl_array_free(a);
        dl_array_free(b);
    }
    dl_set_threads(before);
}

/* ---- equals and NaN -------------------------------------------------------------------------- */

/* Six elements in two windows of three, which element is taken in each, and of all six. */
typedef struct choice {
    double x[6];
    int64_t at[2], first;
} choice;

static const choice choices[] = {
    { { 1, 3, 2, 6, 5, 4 }, { 1, 3 }, 3 },
    { { 2, 2, 2, 2, 2, 2 }, { 0, 3 }, 0 },
    { { 1, 2, 2, 0, 2, 2 }, { 1, 4 }, 1 },
    { { 0.0, -0.0, 0.0, -0.0, 0.0, -0.0 }, { 0, 3 }, 0 },
    { { -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -1e300 }, { 0, 5 }, 5 },
    { { -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY }, { 0, 3 }, 0 },
    { { INFINITY, NAN, 1, 1, INFINITY, INFINITY }, { 1, 4 }, 1 },
    { { NAN, 5, NAN, -INFINITY, 5, NAN }, { 0, 5 }, 0 },
    { { 1, NAN, NAN, NAN, NAN, NAN }, { 1, 3 }, 1 },
    { { 7, 8, 9, 9, 9, NAN }, { 2, 5 }, 5 },
};

static bool same_number(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b && signbit(a) == signbit(b);
}

static void chooses(dl_tape *t, const choice *c, int number)
{
    dl_array *a = dl_array_new(DL_F64, "SB", DL_DIMS(6, 1));
    memcpy(dl_array_write(a), c->x, sizeof c->x);
    dl_tape_reset(t);
    dl_val x = dl_leaf(t, a), y, index, g[2], all = dl_global_maxpool(x);
    dl_conv_options o = { .stride = { 3 } };
    dl_maxpool_indices(x, (const int64_t[]){ 3 }, o, &y, &index);
    dl_grad(dl_sum(y, "all"), &x, 1, &g[0]);
    dl_grad(dl_sum(all, "all"), &x, 1, &g[1]);
    const double *got = dl_data(y), *slope = dl_data(g[0]), *one = dl_data(g[1]);
    const int64_t *at = dl_data(index);
    CHECK_STR(dl_tape_message(t), "");
    for (int k = 0; k < 2 && got && at; k++)
        CHECK_MSG(at[k] == c->at[k] && same_number(got[k], c->x[c->at[k]]),
                  "choice %d, window %d: got %g at %d, wanted %g at %d", number, k, got[k],
                  (int)at[k], c->x[c->at[k]], (int)c->at[k]);
    CHECK_MSG(same_number(dl_item(all), c->x[c->first]), "choice %d: of all %g", number,
              dl_item(all));
    for (int k = 0; k < 6 && slope && one; k++) {
        CHECK_MSG(slope[k] == (k == c->at[0] || k == c->at[1]), "choice %d: derivative [%d]: %g",
                  number, k, slope[k]);
        CHECK_MSG(one[k] == (k == c->first), "choice %d: derivative of all [%d]: %g", number, k,
                  one[k]);
    }
    dl_array_free(a);
}

TEST(pool, the_first_of_the_largest_is_taken_and_nan_is_larger_than_all)
{
    dl_tape *t = dl_tape_new();
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) chooses(t, &choices[i], (int)i);
    dl_tape_free(t);
}

TEST(pool, an_index_outside_is_left_out)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, "SB", DL_DIMS(4, 1));
    dl_array *b = dl_array_new(DL_I64, "SB", DL_DIMS(4, 1));
    memcpy(dl_array_write(a), (const double[]){ 1, 2, 4, 8 }, 4 * sizeof(double));
    memcpy(dl_array_write(b), (const int64_t[]){ 2, -1, 3, 2 }, 4 * sizeof(int64_t));
    dl_val y = dl_leaf(t, a), g, x = dl_maxunpool(y, dl_leaf(t, b), dl_slice(y, "S", 0, 3));
    dl_grad(dl_sum_squares(x, "all"), &y, 1, &g);
    const double *got = dl_data(x), *slope = dl_data(g);
    CHECK_STR(dl_tape_message(t), "");
    for (int k = 0; k < 3 && got; k++) CHECK_CLOSE(got[k], k == 2 ? 9 : 0, 0);
    for (int k = 0; k < 4 && slope; k++)
        CHECK_MSG(same_number(slope[k], k == 1 || k == 2 ? NAN : 18), "[%d]: %g", k, slope[k]);
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}
