/* net.c: making a network, what it refuses, and its learnables by name. */
#include "tests/harness/test.h"

#include "dltape.h"

static void check_refused(const dl_layer *layers, int n, dl_status status, const char *message)
{
    dl_net *net = dl_net_new(DL_F32, 1, layers, n);
    CHECK_INT(dl_net_status(net), status);
    CHECK_STR(dl_net_message(net), message);
    CHECK_INT(dl_net_learnables(net), 0);
    CHECK(dl_net_array(net, "fc", "Weights") == NULL);
    dl_net_free(net);
}

TEST(net, without_layers_is_refused)
{
    check_refused(NULL, 0, DL_EARG, "net: 0 layers, wanted an input layer at least");
    check_refused(NULL, 2, DL_ENULL, "net: 2 layers, but no list of them");
}

TEST(net, must_begin_with_an_input)
{
    const dl_layer layers[] = { dl_fully_connected("fc", 3) };
    check_refused(layers, 1, DL_EARG,
                  "net: layer 1, fc: the first layer must be an input, not fully connected");
}

TEST(net, has_no_second_input)
{
    const dl_layer layers[] = { dl_feature_input("a", 3), dl_sequence_input("b", 3) };
    check_refused(layers, 2, DL_EARG, "net: layer 2, b: sequence input must be the first layer");
}

TEST(net, layers_have_different_names)
{
    const dl_layer layers[] = { dl_feature_input("in", 3), dl_fully_connected("fc", 3),
                                dl_tanh_layer("fc") };
    check_refused(layers, 3, DL_EARG, "net: layers 2 and 3 are both called fc");
}

TEST(net, layers_have_names_that_fit)
{
    const dl_layer missing[] = { dl_feature_input(NULL, 3) };
    const dl_layer empty[] = { dl_feature_input("", 3) };
    const dl_layer longest[] = { dl_feature_input("1234567890123456789012345678901", 3) };
    const dl_layer too_long[] = { dl_feature_input("12345678901234567890123456789012", 3) };
    const dl_layer no_kind[] = { { .name = "in" } };
    check_refused(missing, 1, DL_ENULL, "net: layer 1 has no name");
    check_refused(empty, 1, DL_EARG, "net: layer 1 has an empty name");
    check_refused(too_long, 1, DL_EARG,
                  "net: layer 1: the name 1234567890123456789012345678901... is longer than 31 "
                  "characters");
    check_refused(no_kind, 1, DL_ENULL, "net: layer 1 has no kind");
    dl_net *net = dl_net_new(DL_F32, 1, longest, 1);
    CHECK_STR(dl_net_message(net), "");
    dl_net_free(net);
}

TEST(net, sizes_are_positive)
{
    const dl_layer features[] = { dl_feature_input("in", 0) };
    const dl_layer outputs[] = { dl_feature_input("in", 3), dl_fully_connected("fc", -2) };
    check_refused(features, 1, DL_ESHAPE, "net: layer 1, in: features must be 1 or more, got 0");
    check_refused(outputs, 2, DL_ESHAPE, "net: layer 2, fc: outputs must be 1 or more, got -2");
}

TEST(net, too_large_for_memory_arithmetic_is_refused)
{
    const dl_layer layers[] = { dl_feature_input("in", INT64_MAX / 2),
                                dl_fully_connected("fc", INT64_MAX / 2) };
    dl_net *net = dl_net_new(DL_F32, 1, layers, 2);
    CHECK_INT(dl_net_status(net), DL_EOVERFLOW);
    CHECK_HAS(dl_net_message(net), "net: layer fc, Weights: ");
    dl_net_free(net);
}

TEST(net, computes_in_f32_or_f64)
{
    const dl_layer layers[] = { dl_feature_input("in", 3) };
    dl_net *net = dl_net_new(DL_I32, 1, layers, 1);
    CHECK_INT(dl_net_status(net), DL_EDTYPE);
    CHECK_STR(dl_net_message(net), "net: i32 does not compute, use f32 or f64");
    dl_net_free(net);
}

/* ---- learnables ------------------------------------------------------------------------------ */

static dl_net *two_layers(dl_dtype dtype)
{
    char first[] = "fc_1"; /* names need not outlive the call */
    const dl_layer layers[] = { dl_sequence_input("in", 4), dl_fully_connected(first, 3),
                                dl_relu_layer("relu"), dl_fully_connected("fc_2", 2) };
    dl_net *net = dl_net_new(dtype, 1, layers, 4);
    memset(first, 'x', 4);
    return net;
}

TEST(net, learnables_come_in_the_order_of_the_layers)
{
    static const struct {
        const char *layer, *parameter, *name;
        int64_t rows, columns;
    } want[] = { { "fc_1", "Weights", "fc_1.Weights", 3, 4 },
                 { "fc_1", "Bias", "fc_1.Bias", 3, 1 },
                 { "fc_2", "Weights", "fc_2.Weights", 2, 3 },
                 { "fc_2", "Bias", "fc_2.Bias", 2, 1 } };
    dl_net *net = two_layers(DL_F32);
    CHECK_INT(dl_net_learnables(net), 4);
    for (int i = 0; i < 4; i++) {
        dl_learnable p = dl_net_learnable(net, i);
        CHECK_STR(p.layer, want[i].layer);
        CHECK_STR(p.parameter, want[i].parameter);
        CHECK_STR(dl_array_name(p.value), want[i].name);
        CHECK_STR(dl_array_dims(p.value), "");
        CHECK_INT(dl_array_size(p.value, 0), want[i].rows);
        CHECK_INT(dl_array_size(p.value, 1), want[i].columns);
        CHECK(dl_net_array(net, want[i].layer, want[i].parameter) == p.value);
    }
    CHECK(dl_net_learnable(net, 4).value == NULL);
    CHECK(dl_net_learnable(net, -1).value == NULL);
    CHECK(dl_net_array(net, "fc_1", "weights") == NULL);
    CHECK(dl_net_array(net, NULL, NULL) == NULL);
    dl_net_free(net);
}

TEST(net, a_parameter_that_is_not_there_is_an_error_that_names_those_there_are)
{
    dl_net *net = two_layers(DL_F32);
    dl_tape *t = dl_tape_new();
    dl_net_param(net, t, "fc_1", "Weight");
    CHECK_INT(dl_tape_status(t), DL_EARG);
    CHECK_HAS(dl_tape_message(t), "net_param: there is no fc_1.Weight, there is fc_1.Weights, "
                                  "fc_1.Bias, fc_2.Weights, fc_2.Bias [net.c:");
    dl_tape_reset(t);
    dl_net_param(net, t, NULL, NULL);
    CHECK_INT(dl_tape_status(t), DL_EARG);
    dl_tape_free(t);
    dl_net_free(net);
}

TEST(net, a_parameter_asked_for_twice_is_one_value)
{
    dl_net *net = two_layers(DL_F32);
    dl_tape *t = dl_tape_new();
    dl_val all[4];
    dl_val w = dl_net_param(net, t, "fc_2", "Weights");
    CHECK_INT(dl_net_params(net, t, all), DL_OK);
    CHECK_INT(w.id, all[2].id);
    CHECK_STR(dl_name_of(all[1]), "fc_1.Bias");
    dl_tape_free(t);
    dl_net_free(net);
}

TEST(net, in_error_hands_its_error_to_the_tape)
{
    dl_net *net = dl_net_new(DL_F32, 1, NULL, 0);
    dl_tape *t = dl_tape_new();
    dl_val x = dl_ones(t, DL_F32, DL_DIMS(4, 2)), out[4];
    dl_net_param(net, t, "fc", "Weights");
    CHECK_HAS(dl_tape_message(t), "net_param: net: 0 layers");
    dl_tape_reset(t);
    CHECK_INT(dl_net_params(net, t, out), DL_EARG);
    dl_tape_reset(t);
    x = dl_ones(t, DL_F32, DL_DIMS(4, 2));
    CHECK_INT(dl_net_forward(net, x, (const char *[]){ "fc" }, 1, out), DL_EARG);
    CHECK_INT(dl_net_print(net, stdout), DL_EARG);
    dl_tape_free(t);
    dl_net_free(net);
}

TEST(net, a_null_pointer_is_an_error)
{
    dl_tape *t = dl_tape_new();
    dl_val out[1];
    CHECK_INT(dl_net_status(NULL), DL_ENULL);
    CHECK_STR(dl_net_message(NULL), "net: null pointer");
    CHECK_INT(dl_net_learnables(NULL), 0);
    CHECK_INT(dl_net_params(NULL, t, out), DL_ENULL);
    CHECK_HAS(dl_tape_message(t), "net_params: the network is a null pointer [net.c:");
    dl_net_predict(NULL, (dl_val){ 0 });
    dl_net_free(NULL);
    dl_tape_free(t);
}
