/* random.c: the generator: its numbers, their distribution, and the weights made of them. */
#include "tests/harness/test.h"

#include "dltape.h"

#include <stdlib.h>

/* The state 1, 2, 3, 4 and its first outputs are published with the algorithm's reference code. */
TEST(random, numbers_are_those_of_the_reference_code)
{
    dl_rng rng = { { 1, 2, 3, 4 } };
    static const uint64_t want[] = { 11520, 0, 1509978240, 1215971899390074240 };
    for (int i = 0; i < 4; i++) CHECK(dl_rng_next(&rng) == want[i]);
}

TEST(random, the_seed_fills_the_state_by_splitmix64)
{
    dl_rng rng = dl_rng_seed(1234567);
    CHECK(rng.state[0] == UINT64_C(6457827717110365317));
    CHECK(rng.state[1] == UINT64_C(3203168211198807973));
    CHECK(rng.state[2] == UINT64_C(9817491932198370423));
    CHECK(rng.state[3] == UINT64_C(4593380528125082431));
}

/* The 10000th number of seed 5489 is that of the C++ standard; the doubles are MATLAB's. */
TEST(random, the_twister_replays_matlab)
{
    static const double want[] = { 0.8147236864, 0.9057919371, 0.1269868163, 0.9133758561 };
    dl_twister t = dl_twister_seed(5489);
    for (int i = 0; i < 4; i++) CHECK_CLOSE(dl_twister_uniform(&t), want[i], 1e-9);
    t = dl_twister_seed(5489);
    for (int i = 1; i < 10000; i++) dl_twister_next(&t);
    CHECK(dl_twister_next(&t) == 4123659995u);
}

TEST(random, a_copy_goes_on_with_the_same_numbers)
{
    dl_rng a = dl_rng_seed(9);
    dl_rng_normal(&a);
    dl_rng b = a;
    for (int i = 0; i < 100; i++) CHECK(dl_rng_next(&a) == dl_rng_next(&b));
}

TEST(random, uniform_numbers_have_their_moments)
{
    enum { N = 100000 };
    dl_rng rng = dl_rng_seed(3);
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        double u = dl_rng_uniform(&rng);
        CHECK(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
    }
    CHECK(fabs(sum / N - 0.5) < 0.004);
    CHECK(fabs(squares / N - 1.0 / 3) < 0.004);
}

TEST(random, normal_numbers_have_their_moments_and_tails)
{
    enum { N = 100000 };
    dl_rng rng = dl_rng_seed(4);
    double m[5] = { 0 };
    int beyond = 0;
    for (int i = 0; i < N; i++) {
        double x = dl_rng_normal(&rng);
        for (int k = 1; k <= 4; k++) m[k] += pow(x, k) / N;
        beyond += fabs(x) > 1.959963984540054;
    }
    CHECK(fabs(m[1]) < 0.015);
    CHECK(fabs(m[2] - 1) < 0.02);
    CHECK(fabs(m[3]) < 0.05);
    CHECK(fabs(m[4] - 3) < 0.12);
    CHECK(fabs(beyond / (double)N - 0.05) < 0.004);
}

/* The same polar method with libm's logarithm: at most a few ulps apart. */
TEST(random, the_logarithm_of_the_normal_numbers_is_exact)
{
    for (uint64_t seed = 0; seed < 1000; seed++) {
        dl_rng a = dl_rng_seed(seed), b = a;
        double u, v, s;
        do {
            u = 2 * dl_rng_uniform(&b) - 1;
            v = 2 * dl_rng_uniform(&b) - 1;
            s = u * u + v * v;
        } while (s >= 1 || s == 0);
        CHECK_CLOSE(dl_rng_normal(&a), u * sqrt(-2 * log(s) / s), 4e-15);
    }
}

TEST(random, below_reaches_every_number_equally)
{
    dl_rng rng = dl_rng_seed(5);
    int count[7] = { 0 };
    for (int i = 0; i < 70000; i++) count[dl_rng_below(&rng, 7)]++;
    for (int k = 0; k < 7; k++) CHECK(abs(count[k] - 10000) < 400);
    CHECK_INT(dl_rng_below(&rng, 0), 0);
    CHECK_INT(dl_rng_below(&rng, 1), 0);
}

TEST(random, a_shuffle_is_a_permutation_and_every_order_is_equally_probable)
{
    dl_rng rng = dl_rng_seed(6);
    int count[27] = { 0 };
    for (int i = 0; i < 60000; i++) {
        int64_t p[] = { 0, 1, 2 };
        dl_rng_shuffle(&rng, p, 3);
        count[9 * p[0] + 3 * p[1] + p[2]]++;
    }
    static const int orders[] = { 5, 7, 11, 15, 19, 21 };
    for (int k = 0; k < 6; k++) CHECK(abs(count[orders[k]] - 10000) < 400);
}

/* ---- initialisers ---------------------------------------------------------------------------- */

static double moment(const dl_array *w, int power, double *largest)
{
    const double *x = dl_array_data(w);
    int64_t n = dl_array_numel(w);
    double m = 0;
    *largest = 0;
    for (int64_t i = 0; i < n; i++) {
        m += pow(x[i], power) / (double)n;
        *largest = fmax(*largest, fabs(x[i]));
    }
    return m;
}

static dl_net *wide_net(dl_initializer *initializer, uint64_t seed)
{
    const dl_layer layers[] = {
        dl_feature_input("in", 200),
        dl_with_initializer(dl_fully_connected("fc", 100), initializer),
    };
    return dl_net_new(DL_F64, seed, layers, 2);
}

TEST(initializer, glorot_is_uniform_within_its_bound)
{
    dl_net *net = wide_net(NULL, 1);
    const dl_array *w = dl_net_array(net, "fc", "Weights");
    double bound = sqrt(6.0 / 300), largest;
    CHECK(fabs(moment(w, 1, &largest)) < 0.02 * bound);
    CHECK(largest <= bound && largest > 0.999 * bound);
    CHECK_CLOSE(moment(w, 2, &largest), bound * bound / 3, 0.03);
    dl_net_free(net);
}

TEST(initializer, he_is_normal_of_its_variance)
{
    dl_net *net = wide_net(dl_he, 1);
    const dl_array *w = dl_net_array(net, "fc", "Weights");
    double largest;
    CHECK(fabs(moment(w, 1, &largest)) < 0.003);
    CHECK(largest > 3 * sqrt(2.0 / 200));
    CHECK_CLOSE(moment(w, 2, &largest), 2.0 / 200, 0.03);
    dl_net_free(net);
}

TEST(initializer, biases_start_at_zero)
{
    dl_net *net = wide_net(dl_he, 1);
    double largest;
    moment(dl_net_array(net, "fc", "Bias"), 1, &largest);
    CHECK(largest == 0);
    dl_net_free(net);
}

TEST(initializer, the_same_seed_gives_the_same_bits_and_another_one_others)
{
    dl_net *a = wide_net(dl_he, 7), *b = wide_net(dl_he, 7), *c = wide_net(dl_he, 8);
    const void *x = dl_array_data(dl_net_array(a, "fc", "Weights"));
    const void *y = dl_array_data(dl_net_array(b, "fc", "Weights"));
    const void *z = dl_array_data(dl_net_array(c, "fc", "Weights"));
    CHECK(memcmp(x, y, 200 * 100 * sizeof(double)) == 0);
    CHECK(memcmp(x, z, 200 * 100 * sizeof(double)) != 0);
    dl_net_free(a);
    dl_net_free(b);
    dl_net_free(c);
}

static dl_status refusing(dl_array *w, dl_rng *rng) { return w && rng ? DL_EFILE : DL_OK; }

TEST(initializer, of_the_callers_own_may_fail)
{
    dl_net *net = wide_net(refusing, 1);
    CHECK_INT(dl_net_status(net), DL_EFILE);
    CHECK_STR(dl_net_message(net), "net: layer 2, fc: its weights could not be initialised");
    dl_net_free(net);
}
