/* random_cases.c: random numbers: the generator's published answers, the same bits always, and
 * what the numbers are distributed like. */
#include "driver.h"
#include "../harness/valgrind.h"

#include "../../ops/kernels/philox.h"

#include <stdlib.h>

/* ---- Philox4x32-10: the known answers of Random123 ------------------------------------------- */

TEST(philox, gives_the_published_answers)
{
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } known[] = {
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
          { 0xffffffff, 0xffffffff },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
          { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t w[4];
        memcpy(w, known[i].counter, sizeof w);
        dl_philox(known[i].key[0], known[i].key[1], w);
        for (int k = 0; k < 4; k++)
            CHECK_MSG(w[k] == known[i].want[k], "answer %zu, word %d: got %08x, wanted %08x", i, k,
                      w[k], known[i].want[k]);
    }
}

/* ---- the definition, written down a second time -----------------------------------------------
 */

/* Number i as the generator is defined, word by word. */
static void block_of(const double *key, int64_t block, uint32_t *w)
{
    uint64_t step = (uint64_t)(int64_t)key[1], seed = (uint64_t)(int64_t)key[0];
    uint32_t k[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
    w[0] = (uint32_t)block, w[1] = 0, w[2] = (uint32_t)step, w[3] = (uint32_t)(step >> 32);
    for (int i = 0; i < 10; i++, k[0] += 0x9E3779B9, k[1] += 0xBB67AE85) {
        unsigned long long a = 0xD2511F53ull * w[0], b = 0xCD9E8D57ull * w[2];
        uint32_t next[4] = { (uint32_t)(b >> 32) ^ w[1] ^ k[0], (uint32_t)b,
                             (uint32_t)(a >> 32) ^ w[3] ^ k[1], (uint32_t)a };
        memcpy(w, next, sizeof next);
    }
}

static double uniform(const double *key, int64_t i, dl_dtype dtype)
{
    uint32_t w[4];
    block_of(key, dtype == DL_F32 ? i / 4 : i / 2, w);
    if (dtype == DL_F32) return (double)(w[i % 4] >> 8) / 16777216;
    return ldexp((double)w[i % 2 * 2], -32) + ldexp((double)(w[i % 2 * 2 + 1] >> 11), -53);
}

static double normal(const double *key, int64_t i, dl_dtype dtype)
{
    uint32_t w[4];
    const double pi = 3.14159265358979323846;
    block_of(key, dtype == DL_F32 ? i / 4 : i / 2, w);
    const uint32_t *p = dtype == DL_F32 ? w + i % 4 / 2 * 2 : w;
    double u = dtype == DL_F32 ? ((double)(float)p[0] + 0.5) / 4294967296
                               : ldexp((double)p[0], -32) + ldexp((p[1] >> 11) + 0.5, -53);
    double v = dtype == DL_F32 ? (double)(p[1] >> 8) / 16777216
                               : ldexp((double)p[2], -32) + ldexp((double)(p[3] >> 11), -53);
    double r = sqrt(-2 * log(u));
    return i % 2 ? r * sin(2 * pi * v) : r * cos(2 * pi * v);
}

/* Draws n numbers by one op. */
typedef dl_val drawing(dl_val key, dl_dtype dtype, int rank, const int64_t *dims);

static void draw(drawing *op, dl_dtype dtype, int64_t seed, int64_t step, int64_t n, double *to)
{
    dl_tape *t = dl_tape_new();
    dl_val y = op(dl_random_key(t, seed, step), dtype, DL_DIMS(n));
    const void *data = dl_data(y);
    CHECK_STR(dl_tape_message(t), "");
    REQUIRE(data);
    for (int64_t i = 0; i < n; i++)
        to[i] = dtype == DL_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
    dl_tape_free(t);
}

TEST(draw, numbers_are_those_of_the_definition)
{
    static const double keys[][2] = {
        { 0, 0 }, { 1, 0 }, { -5, 123456789012 }, { 4294967296, -1 }
    };
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
            double u[39], z[39];
            int64_t seed = (int64_t)keys[k][0], step = (int64_t)keys[k][1];
            draw((dl_rand), (dl_dtype)dtype, seed, step, 39, u);
            draw((dl_randn), (dl_dtype)dtype, seed, step, 39, z);
            for (int i = 0; i < 39; i++) {
                double want = normal(keys[k], i, (dl_dtype)dtype);
                double e = fabs(z[i] - want), most = dtype == DL_F32 ? 4e-6 : 4e-15;
                CHECK_MSG(u[i] == uniform(keys[k], i, (dl_dtype)dtype), "key %zu, rand %d", k, i);
                CHECK_MSG(e <= most * (1 + fabs(want)),
                          "key %zu, randn %d: got %.17g, wanted %.17g", k, i, z[i], want);
            }
        }
}

/* ---- as ops, in every mode and printed ------------------------------------------------------- */

static const double key[2] = { 42, 7 };
static const double all_zeros[15] = { 0 };

static double below_03(const double *k, int64_t i, dl_dtype dtype)
{
    return uniform(k, i, dtype) < (dtype == DL_F32 ? (double)0.3f : 0.3);
}

/* Of key number 3. */
static double of_split(const double *k, int64_t i, dl_dtype dtype)
{
    uint32_t w[4];
    uint64_t seed = (uint64_t)(int64_t)k[0] ^ UINT64_C(0x5851F42D4C957F2D);
    w[0] = 3, w[1] = 0, w[2] = (uint32_t)k[1], w[3] = 0;
    dl_philox((uint32_t)seed, (uint32_t)(seed >> 32), w);
    uint64_t to[2] = { (uint64_t)w[0] << 32 | w[1], (uint64_t)w[2] << 32 | w[3] };
    uint64_t block = (uint64_t)(dtype == DL_F32 ? i / 4 : i / 2);
    w[0] = (uint32_t)block, w[1] = 0, w[2] = (uint32_t)to[1], w[3] = (uint32_t)(to[1] >> 32);
    dl_philox((uint32_t)to[0], (uint32_t)(to[0] >> 32), w);
    if (dtype == DL_F32) return (double)(w[i % 4] >> 8) / 16777216;
    return ldexp((double)w[i % 2 * 2], -32) + ldexp((double)(w[i % 2 * 2 + 1] >> 11), -53);
}

/* The numbers less what they should be, which depends on the dtype: a 64th, within its rounding. */
static dl_val less(dl_tape *t, dl_val y, double (*f)(const double *, int64_t, dl_dtype))
{
    int64_t dim[DL_MAX_RANK], n = dl_numel(y);
    dl_dtype dtype = dl_dtype_of(y);
    if (dl_tape_status(t)) return y;
    for (int i = 0; i < dl_rank(y); i++) dim[i] = dl_size(y, i);
    dl_array *a = dl_array_new(dtype, NULL, dl_rank(y), dim);
    void *to = dl_array_write(a);
    for (int64_t i = 0; i < n; i++) {
        if (dtype == DL_F32) ((float *)to)[i] = (float)f(key, i, dtype);
        else ((double *)to)[i] = f(key, i, dtype);
    }
    dl_val want = dl_leaf(t, a);
    dl_array_free(a);
    return dl_scale(dl_sub(y, want), 1.0 / 64);
}

#define CALL(NAME, CALL) \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) { return CALL; }
CALL(rand, less(t, dl_rand(in[1], dl_dtype_of(in[0]), DL_DIMS(3, 5)), uniform))
CALL(rand_split,
     less(t, dl_rand(dl_random_split(in[1], 3), dl_dtype_of(in[0]), DL_DIMS(7)), of_split))
CALL(randn, less(t, dl_randn(in[1], dl_dtype_of(in[0]), DL_DIMS(3, 5)), normal))
CALL(randn_one, less(t, dl_randn(in[1], dl_dtype_of(in[0]), 0, NULL), normal))
CALL(bernoulli, less(t, dl_bernoulli(in[1], dl_dtype_of(in[0]), 0.3, DL_DIMS(9)), below_03))
CALL(randperm, dl_randperm(in[1], 9))
CALL(dropout, dl_dropout(in[0], 0.375, in[1]))
CALL(dropout_none, dl_dropout(in[0], 0, in[1]))
CALL(dropout_all, dl_dropout(in[0], 1, in[1]))

static void dropout_none_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 12; i++) y[i] = x[0][i];
}

static void order_reference(const op_case *c, const double *const *x, double *y)
{
    for (int i = 0; i < 9; i++) y[i] = i;
    for (int i = 8; i > 0; i--) {
        uint32_t w[4];
        block_of(x[1], i, w);
        int k = (int)(((uint64_t)w[0] << 32 | w[1]) % (uint64_t)(i + 1));
        double other = y[k];
        y[k] = y[i], y[i] = other;
    }
}

#define DRAW(OP, NAME, X, Y, LY, ...)                                                              \
    OP_CASE(OP, #NAME, build_##NAME, (OP_X(X, LY, op_mixed), OP_INT(DL_I64, "2", "", key)), Y, LY, \
            .flags = OP_FIXED | OP_COMPOSED, __VA_ARGS__)
/* The first number of f32 and that of f64 begin with the same word. */
static void dropout_reference(const op_case *c, const double *const *x, double *y)
{
    uint32_t w[4];
    block_of(x[1], 0, w);
    y[0] = w[0] / 4294967296.0 < 0.625 ? x[0][0] / 0.625 : 0;
}

static const op_case cases[] = {
    DRAW("rand", rand, "2", "35", "", .want = all_zeros),
    DRAW("rand", rand_split, "2", "7", "", .want = all_zeros),
    DRAW("randn", randn, "2", "35", "", .want = all_zeros),
    DRAW("randn", randn_one, "2", "", "", .want = all_zeros),
    DRAW("bernoulli", bernoulli, "2", "9", "", .want = all_zeros),
    DRAW("dropout", dropout, "1", "1", "", .reference = dropout_reference),
    DRAW("randperm", randperm, "2", "9", "", .reference = order_reference, .result = DL_I64),
    DRAW("dropout", dropout_none, "34", "34", "CB", .reference = dropout_none_reference),
    DRAW("dropout", dropout_all, "34", "34", "CB", .want = all_zeros),
};
const op_table op_draw = OP_TABLE(cases);

OP_TESTS(draw)

/* ---- what they are distributed like ---------------------------------------------------------- */

enum { MANY = 100000 };

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: the largest distance of the two distribution functions times sqrt(n)
 * exceeds 1.95 once in a thousand. The seeds are fixed. */
static double distance(double *x, double (*cdf)(double))
{
    double most = 0;
    qsort(x, MANY, sizeof *x, ascending);
    for (int i = 0; i < MANY; i++) {
        double f = cdf(x[i]), above = (i + 1.0) / MANY - f, below = f - (double)i / MANY;
        most = fmax(most, fmax(above, below));
    }
    return most * sqrt(MANY);
}

static double uniform_cdf(double x) { return x; }
static double normal_cdf(double x) { return 0.5 * erfc(-x * 0.70710678118654752440); }

static void has_moments(const char *what, const double *x, double mean, double variance,
                        double fourth)
{
    double m = 0, v = 0, q = 0, lag = 0;
    for (int i = 0; i < MANY; i++) m += x[i] / MANY;
    for (int i = 0; i < MANY; i++) {
        double d = x[i] - mean;
        v += d * d / MANY, q += d * d * d * d / MANY;
        if (i) lag += d * (x[i - 1] - mean) / MANY;
    }
    double s = sqrt(variance / MANY);
    CHECK_MSG(fabs(m - mean) < 4 * s, "%s: mean %g", what, m);
    CHECK_MSG(fabs(v - variance) < 4 * sqrt((fourth - variance * variance) / MANY),
              "%s: variance %g", what, v);
    CHECK_MSG(fabs(q / fourth - 1) < 0.05, "%s: fourth moment %g", what, q);
    CHECK_MSG(fabs(lag) < 4 * variance / sqrt(MANY), "%s: covariance of neighbours %g", what, lag);
}

TEST(draw, numbers_have_the_distribution_they_should)
{
    static double x[MANY];
    for (int dtype = DL_F32; dtype <= DL_F64; dtype++)
        for (int64_t seed = 0; seed < (is_slow() ? 1 : 4); seed++) {
            const char *name = dl_dtype_name((dl_dtype)dtype);
            draw((dl_rand), (dl_dtype)dtype, seed, 5, MANY, x);
            for (int i = 0; i < MANY; i++)
                if (x[i] < 0 || x[i] >= 1) CHECK_MSG(false, "%s: %g", name, x[i]);
            has_moments(name, x, 0.5, 1.0 / 12, 1.0 / 80);
            double d = distance(x, uniform_cdf);
            CHECK_MSG(d < 1.95, "%s, seed %d: uniform, distance %g", name, (int)seed, d);
            draw((dl_randn), (dl_dtype)dtype, seed, 5, MANY, x);
            has_moments(name, x, 0, 1, 3);
            d = distance(x, normal_cdf);
            CHECK_MSG(d < 1.95, "%s, seed %d: normal, distance %g", name, (int)seed, d);
        }
}

/* Numbers of neighbouring seeds and steps, and of keys split off, are not correlated. */
TEST(draw, keys_give_numbers_that_are_not_correlated)
{
    static double x[6][MANY];
    dl_tape *t = dl_tape_new();
    dl_val root = dl_random_key(t, 0, 0);
    dl_val keys[6] = { root,
                       dl_random_key(t, 1, 0),
                       dl_random_key(t, 0, 1),
                       dl_random_split(root, 0),
                       dl_random_split(root, 1),
                       dl_random_split(dl_random_split(root, 0), 0) };
    for (int k = 0; k < 6; k++)
        CHECK_INT(dl_read(dl_rand(keys[k], DL_F64, DL_DIMS(MANY)), x[k], sizeof x[k]), DL_OK);
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < a; b++) {
            double sum = 0;
            for (int i = 0; i < MANY; i++) sum += (x[a][i] - 0.5) * (x[b][i] - 0.5) * 12;
            CHECK_MSG(fabs(sum) < 4 * sqrt(MANY), "keys %d and %d: correlation %g", a, b,
                      sum / MANY);
        }
    dl_tape_free(t);
}

TEST(draw, any_number_of_threads_and_any_isa_give_the_same_bits)
{
    static double x[3][4 * 65536 + 17];
    enum { N = sizeof x[0] / sizeof *x[0] };
    for (int k = 0; k < 3; k++) {
        int before = dl_threads();
        if (k == 1) dl_set_threads(4);
        if (k == 2) setenv("DLTAPE_ISA", "baseline", 1);
        draw((dl_randn), DL_F64, 9, 9, N, x[k]);
        if (k == 2) unsetenv("DLTAPE_ISA");
        dl_set_threads(before);
        CHECK_MSG(memcmp(x[k], x[0], sizeof x[0]) == 0, "way %d has other bits", k);
    }
}

/* The mask is drawn once for value and gradient, changes with the key, and makes no new plan. */
TEST(draw, dropout_keeps_the_mean_and_its_gradient_the_zeros)
{
    enum { N = 10000, STEPS = 5 };
    static float ones[N], y[STEPS][N], g[N];
    for (int i = 0; i < N; i++) ones[i] = 1;
    dl_array *a = dl_array_wrap(ones, DL_F32, NULL, DL_DIMS(N));
    dl_tape *t = dl_tape_new();
    for (int step = 0; step < STEPS; step++) {
        dl_tape_reset(t);
        dl_val x = dl_leaf(t, a), out = dl_dropout(x, 0.25, dl_random_key(t, 3, step)), grad;
        dl_grad(dl_sum(out, "all"), &x, 1, &grad);
        dl_eval(t, DL_VALS(out, grad));
        dl_read(out, y[step], sizeof y[step]);
        dl_read(grad, g, sizeof g);
        double sum = 0;
        for (int i = 0; i < N; i++) {
            sum += (double)y[step][i];
            if (y[step][i] != g[i] || (g[i] != 0 && g[i] != 1 / 0.75f))
                CHECK_MSG(false, "step %d [%d]: value %g, gradient %g", step, i, (double)y[step][i],
                          (double)g[i]);
        }
        CHECK_MSG(fabs(sum / N - 1) < 4 * sqrt(0.25 / 0.75 / N), "mean %g", sum / N);
        CHECK(step == 0 || memcmp(y[step], y[step - 1], sizeof g) != 0);
    }
    CHECK_STR(dl_tape_message(t), "");
    CHECK_INT(dl_cache_stats(t).misses, 1);
    dl_tape_free(t);
    dl_array_free(a);
}

TEST(draw, every_order_is_as_probable)
{
    int count[24] = { 0 }, n = 24000;
    dl_tape *t = dl_tape_new();
    for (int k = 0; k < n; k++) {
        int64_t p[4];
        dl_tape_reset(t);
        dl_read(dl_randperm(dl_random_key(t, 11, k), 4), p, sizeof p);
        int rank = 0;
        for (int i = 0; i < 4; i++) {
            int less = 0;
            for (int j = i + 1; j < 4; j++) less += p[j] < p[i];
            rank = rank * (4 - i) + less;
        }
        if (rank >= 0 && rank < 24) count[rank]++;
    }
    double chi = 0;
    for (int i = 0; i < 24; i++) chi += (count[i] - 1000.0) * (count[i] - 1000.0) / 1000;
    CHECK_MSG(chi < 49.7, "chi square %g of 23 degrees of freedom", chi); /* once in a thousand */
    dl_tape_free(t);
}

CALL(no_key, dl_rand(in[0], DL_F32, DL_DIMS(2)))
CALL(rand_i32, dl_rand(in[0], DL_I32, DL_DIMS(2)))
CALL(rand_negative, dl_rand(in[0], DL_F32, DL_DIMS(2, -2)))
CALL(rand_rank_9, dl_rand(in[0], DL_F32, 9, (const int64_t[9]){ 1 }))
CALL(rand_null, dl_randn(in[0], DL_F32, 2, NULL))
CALL(rand_huge, dl_randn(in[0], DL_F32, DL_DIMS(INT64_MAX, 2)))
CALL(unlikely, dl_bernoulli(in[0], DL_F32, -0.5, DL_DIMS(2)))
CALL(no_number, dl_bernoulli(in[0], DL_F32, (double)NAN, DL_DIMS(2)))
CALL(drop_more, dl_dropout(in[0], 1.5, in[1]))
CALL(drop, dl_dropout(in[0], 0.5, in[1]))
CALL(split_before, dl_random_split(in[0], -1))
CALL(perm_negative, dl_randperm(in[0], -1))

TEST(draw, keys_sizes_and_probabilities_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("rand", build_no_key, NULL, (OP_X("2", "", NULL)), DL_EDTYPE,
               "key (2): a key of f32, wanted i64 (2)"),
        OP_BAD("rand", build_no_key, NULL, (OP_INT(DL_I64, "3", "", NULL)), DL_ESHAPE, "key (3)"),
        OP_BAD("rand", build_rand_i32, NULL, (OP_INT(DL_I64, "2", "", NULL)), DL_EDTYPE, "i32"),
        OP_BAD("rand", build_rand_negative, NULL, (OP_INT(DL_I64, "2", "", NULL)), DL_ESHAPE,
               "size -2 of axis 1"),
        OP_BAD("rand", build_rand_rank_9, NULL, (OP_INT(DL_I64, "2", "", NULL)), DL_ERANK, "9"),
        OP_BAD("randn", build_rand_null, NULL, (OP_INT(DL_I64, "2", "", NULL)), DL_ENULL, "sizes"),
        OP_BAD("randn", build_rand_huge, NULL, (OP_INT(DL_I64, "2", "", NULL)), DL_EOVERFLOW,
               "overflow"),
        OP_BAD("bernoulli", build_unlikely, NULL, (OP_INT(DL_I64, "2", "", NULL)), DL_EARG,
               "probability -0.5, wanted 0 to 1"),
        OP_BAD("bernoulli", build_no_number, NULL, (OP_INT(DL_I64, "2", "", NULL)), DL_EARG, "nan"),
        OP_BAD("dropout", build_drop_more, NULL,
               (OP_X("3", "", NULL), OP_INT(DL_I64, "2", "", NULL)), DL_EARG, "probability 1.5"),
        OP_BAD("dropout", build_drop, NULL,
               (OP_INT(DL_I32, "3", "", NULL), OP_INT(DL_I64, "2", "", NULL)), DL_EDTYPE, "i32"),
        OP_BAD("random_split", build_split_before, NULL, (OP_INT(DL_I64, "2", "", NULL)), DL_EARG,
               "number -1"),
        OP_BAD("randperm", build_perm_negative, NULL, (OP_INT(DL_I64, "2", "", NULL)), DL_ESHAPE,
               "size -1"),
    };
    OP_REJECTS(bad);
}
