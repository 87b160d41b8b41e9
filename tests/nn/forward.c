/* forward.c: what layers compute, with which sizes and labels, and what they refuse. */
#include "tests/harness/test.h"

#include "dltape.h"

static dl_net *network(dl_layer input)
{
    const dl_layer layers[] = { input, dl_fully_connected("fc_1", 2), dl_tanh_layer("tanh"),
                                dl_fully_connected("fc_2", 3), dl_regression_output("out") };
    return dl_net_new(DL_F64, 5, layers, 5);
}

/* y = W x + b */
static void affine(const dl_net *net, const char *layer, const double *x, double *y)
{
    const dl_array *w = dl_net_array(net, layer, "Weights"), *b = dl_net_array(net, layer, "Bias");
    for (int64_t i = 0; i < dl_array_size(w, 0); i++) {
        y[i] = dl_array_get(b, DL_DIMS(i, 0));
        for (int64_t j = 0; j < dl_array_size(w, 1); j++)
            y[i] += dl_array_get(w, DL_DIMS(i, j)) * x[j];
    }
}

/* Feeds numel / 4 columns with these labels and sizes and checks every layer's output. */
static void check_forward(const char *labels, int rank, const int64_t *dims, const char *want_dims)
{
    dl_net *net = network(dl_sequence_input("in", 4));
    dl_array_fill(dl_net_array(net, "fc_1", "Bias"), 0.25);
    dl_array_fill(dl_net_array(net, "fc_2", "Bias"), -0.5);
    dl_array *a = dl_array_new(DL_F64, labels, rank, dims);
    int64_t n = dl_array_numel(a) / 4;
    double *p = dl_array_write(a), h[64], g[64], y[96];
    REQUIRE(n <= 32);
    for (int64_t i = 0; i < 4 * n; i++) p[i] = sin(1.0 + (double)i);

    dl_tape *t = dl_tape_new();
    dl_val out[4];
    static const char *const names[] = { "out", "fc_1", "in", "tanh" };
    CHECK_INT(dl_net_forward(net, dl_leaf(t, a), names, 4, out), DL_OK);
    CHECK_STR(dl_tape_message(t), "");
    for (int k = 0; k < 4; k++) {
        CHECK_STR(dl_dims(out[k]), want_dims);
        CHECK_INT(dl_size(out[k], 0), ((int[]){ 3, 2, 4, 2 })[k]);
        for (int i = 1; i < dl_rank(out[k]); i++) CHECK_INT(dl_size(out[k], i), dl_size(out[2], i));
    }
    double x[128];
    dl_read(out[2], x, (size_t)(4 * n) * sizeof *x);
    dl_read(out[0], y, (size_t)(3 * n) * sizeof *y);
    dl_read(out[1], h, (size_t)(2 * n) * sizeof *h);
    dl_read(out[3], g, (size_t)(2 * n) * sizeof *g);
    for (int64_t c = 0; c < n; c++) {
        double column[4], hidden[2], active[2], result[3];
        for (int i = 0; i < 4; i++) column[i] = x[i * n + c];
        affine(net, "fc_1", column, hidden);
        for (int i = 0; i < 2; i++) active[i] = tanh(hidden[i]);
        affine(net, "fc_2", active, result);
        for (int i = 0; i < 2; i++) CHECK_CLOSE(h[i * n + c], hidden[i], 1e-13);
        for (int i = 0; i < 2; i++) CHECK_CLOSE(g[i * n + c], active[i], 1e-13);
        for (int i = 0; i < 3; i++) CHECK_CLOSE(y[i * n + c], result[i], 1e-13);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
    dl_net_free(net);
}

TEST(forward, of_unlabelled_columns) { check_forward(NULL, DL_DIMS(4, 5), ""); }
TEST(forward, of_a_batch) { check_forward("CB", DL_DIMS(4, 5), "CB"); }
TEST(forward, of_a_batch_stored_by_rows) { check_forward("BC", DL_DIMS(5, 4), "CB"); }
TEST(forward, of_a_sequence) { check_forward("CT", DL_DIMS(4, 5), "CT"); }
TEST(forward, of_a_batch_of_sequences) { check_forward("CBT", DL_DIMS(4, 2, 5), "CBT"); }
TEST(forward, of_sequences_stored_time_first) { check_forward("TBC", DL_DIMS(5, 2, 4), "CBT"); }
TEST(forward, of_nothing) { check_forward("CB", DL_DIMS(4, 0), "CB"); }

TEST(forward, elementwise_layers_are_the_ops)
{
    const dl_layer layers[] = { dl_feature_input("in", 2), dl_relu_layer("relu"),
                                dl_sigmoid_layer("sigmoid"), dl_tanh_layer("tanh") };
    dl_net *net = dl_net_new(DL_F64, 1, layers, 4);
    dl_tape *t = dl_tape_new();
    double data[] = { -1, 2 }, y[2];
    dl_array *a = dl_array_wrap(data, DL_F64, "CB", DL_DIMS(2, 1));
    dl_val out[3];
    dl_net_forward(net, dl_leaf(t, a), (const char *[]){ "relu", "sigmoid", "tanh" }, 3, out);
    dl_read(out[0], y, sizeof y);
    check_doubles("relu", y, ((double[]){ 0, 2 }), 2, 0);
    dl_read(out[1], y, sizeof y);
    check_doubles("sigmoid", y, ((double[]){ 0.5, 1 / (1 + exp(-2)) }), 2, 1e-15);
    dl_read(out[2], y, sizeof y);
    check_doubles("tanh", y, ((double[]){ tanh(0.5), tanh(1 / (1 + exp(-2))) }), 2, 1e-15);
    dl_array_free(a);
    dl_tape_free(t);
    dl_net_free(net);
}

TEST(forward, activations_take_their_numbers)
{
    const dl_layer layers[] = { dl_feature_input("in", 4),
                                dl_leaky_relu_layer("leaky_relu", 0.5),
                                dl_elu_layer("elu", 2),
                                dl_softplus_layer("softplus"),
                                dl_gelu_layer("gelu"),
                                dl_silu_layer("silu"),
                                dl_clipped_relu_layer("clipped_relu", 0.75) };
    const char *names[] = { "leaky_relu", "elu", "softplus", "gelu", "silu", "clipped_relu" };
    dl_net *net = dl_net_new(DL_F64, 1, layers, 7);
    dl_tape *t = dl_tape_new();
    double x[] = { -2, -0.5, 0, 1.5 }, y[4], want[6][4];
    for (int i = 0; i < 4; i++) {
        want[0][i] = x[i] > 0 ? x[i] : 0.5 * x[i];
        want[1][i] = want[0][i] > 0 ? want[0][i] : 2 * expm1(want[0][i]);
        want[2][i] = log1p(exp(want[1][i]));
        want[3][i] = want[2][i] * (1 + erf(want[2][i] / sqrt(2))) / 2;
        want[4][i] = want[3][i] / (1 + exp(-want[3][i]));
        want[5][i] = fmin(fmax(want[4][i], 0), 0.75);
    }
    CHECK(want[5][3] == 0.75 && want[5][0] < 0.75);
    dl_array *a = dl_array_wrap(x, DL_F64, "CB", DL_DIMS(4, 1));
    dl_val out[6];
    dl_net_forward(net, dl_leaf(t, a), names, 6, out);
    for (int k = 0; k < 6; k++) {
        dl_read(out[k], y, sizeof y);
        check_doubles(names[k], y, want[k], 4, 1e-15);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_array_free(a);
    dl_tape_free(t);
    dl_net_free(net);
}

TEST(forward, predict_is_the_last_layer)
{
    dl_net *net = network(dl_feature_input("in", 4));
    dl_tape *t = dl_tape_new();
    dl_val x = dl_ones(t, DL_F64, DL_DIMS(4, 6)), out;
    dl_net_forward(net, x, (const char *[]){ "out" }, 1, &out);
    double a[18], b[18];
    dl_read(out, a, sizeof a);
    dl_read(dl_net_predict(net, x), b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) == 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_net_free(net);
}

TEST(forward, records_no_layer_behind_the_last_one_asked_for)
{
    dl_net *net = network(dl_feature_input("in", 4));
    dl_tape *t = dl_tape_new();
    dl_val x = dl_ones(t, DL_F64, DL_DIMS(4, 6)), out;
    size_t before = dl_tape_nodes(t);
    dl_net_forward(net, x, (const char *[]){ "in" }, 1, &out);
    CHECK_INT(dl_tape_nodes(t), before);
    CHECK_INT(out.id, x.id);
    dl_net_forward(net, x, (const char *[]){ "fc_1" }, 1, &out);
    CHECK_INT(dl_tape_nodes(t) - before, 4); /* two leaves, matmul, add */
    dl_tape_free(t);
    dl_net_free(net);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void check_refused(dl_layer input, dl_dtype dtype, const char *labels, int rank,
                          const int64_t *dims, dl_status status, const char *message)
{
    dl_net *net = network(input);
    dl_array *a = dl_array_new(dtype, labels, rank, dims);
    dl_tape *t = dl_tape_new();
    dl_val out;
    CHECK_INT(dl_net_forward(net, dl_leaf(t, a), (const char *[]){ "out" }, 1, &out), status);
    CHECK_HAS(dl_tape_message(t), message);
    CHECK_HAS(dl_tape_message(t), "[forward.c:");
    dl_tape_free(t);
    dl_array_free(a);
    dl_net_free(net);
}

TEST(forward, refuses_a_wrong_number_of_features)
{
    check_refused(dl_feature_input("in", 4), DL_F64, "CB", DL_DIMS(3, 10), DL_ESHAPE,
                  "forward: layer in: x (3 C, 10 B) has 3 features, wanted 4");
    check_refused(dl_feature_input("in", 4), DL_F64, NULL, DL_DIMS(10, 4), DL_ESHAPE,
                  "forward: layer in: x (10,4) has 10 features, wanted 4");
}

TEST(forward, refuses_labels_that_the_input_does_not_take)
{
    check_refused(dl_feature_input("in", 4), DL_F64, "CT", DL_DIMS(4, 10), DL_ELABEL,
                  "forward: layer in: x (4 C, 10 T), wanted two axes without labels, or labels CB");
    check_refused(dl_sequence_input("in", 4), DL_F64, "SC", DL_DIMS(10, 4), DL_ELABEL,
                  "forward: layer in: x (10 S, 4 C), wanted two axes without labels, or labels CT "
                  "CBT CB");
    check_refused(dl_feature_input("in", 4), DL_F64, "C", DL_DIMS(4), DL_ELABEL, "layer in");
    check_refused(dl_feature_input("in", 4), DL_F64, NULL, DL_DIMS(4), DL_ERANK, "layer in");
}

TEST(forward, refuses_another_dtype)
{
    check_refused(dl_feature_input("in", 4), DL_F32, "CB", DL_DIMS(4, 10), DL_EDTYPE,
                  "forward: layer in: x is f32, the network f64");
}

TEST(forward, names_the_layers_there_are)
{
    dl_net *net = network(dl_feature_input("in", 4));
    dl_tape *t = dl_tape_new();
    dl_val x = dl_ones(t, DL_F64, DL_DIMS(4, 6)), out[2];
    CHECK_INT(dl_net_forward(net, x, (const char *[]){ "fc_1", "fc1" }, 2, out), DL_EARG);
    CHECK_HAS(dl_tape_message(t),
              "forward: there is no layer fc1, there is in, fc_1, tanh, fc_2, out [forward.c:");
    CHECK(dl_rank(out[0]) == 0 && dl_rank(out[1]) == 0);
    dl_tape_reset(t);
    x = dl_ones(t, DL_F64, DL_DIMS(4, 6));
    CHECK_INT(dl_net_forward(net, x, NULL, 1, out), DL_ENULL);
    dl_tape_reset(t);
    CHECK_INT(dl_net_forward(net, x, (const char *[]){ "fc_1" }, 1, out), DL_ESTALE);
    CHECK_INT(dl_net_forward(net, (dl_val){ 0 }, NULL, 0, NULL), DL_ENULL);
    dl_tape_free(t);
    dl_net_free(net);
}

TEST(forward, an_error_in_a_later_op_has_that_ops_place)
{
    dl_net *net = network(dl_feature_input("in", 4));
    dl_tape *t = dl_tape_new();
    dl_val x = dl_ones(t, DL_F64, DL_DIMS(4, 6)), out, p[4];
    char place[40];
    dl_net_forward(net, x, (const char *[]){ "out" }, 1, &out);
    dl_net_params(net, t, p);
    snprintf(place, sizeof place, "[forward.c:%d]", __LINE__ + 1);
    dl_matmul(out, out);
    CHECK_HAS(dl_tape_message(t), place);
    dl_tape_free(t);
    dl_net_free(net);
}
