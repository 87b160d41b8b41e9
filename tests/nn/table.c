/* table.c: learnables and gradients, printed. */
#define _GNU_SOURCE 1
#include "tests/harness/test.h"

#include "dltape.h"

#include <stdlib.h>

static dl_net *network(void)
{
    static const double w[] = { 1, -2, 3, 4 };
    const dl_layer layers[] = { dl_feature_input("in", 2), dl_fully_connected("fc_1", 2),
                                dl_fully_connected("a_longer_name", 1) };
    dl_net *net = dl_net_new(DL_F64, 1, layers, 3);
    memcpy(dl_array_write(dl_net_array(net, "fc_1", "Weights")), w, sizeof w);
    dl_array_fill(dl_net_array(net, "a_longer_name", "Weights"), -0.25);
    return net;
}

TEST(table, of_learnables_is_aligned)
{
    char *text = NULL;
    size_t bytes;
    dl_net *net = network();
    FILE *to = open_memstream(&text, &bytes);
    REQUIRE(to);
    CHECK_INT(dl_net_print(net, to), DL_OK);
    fclose(to);
    CHECK_STR(
        text,
        "Layer          Parameter  Value            Mean         Min         Max        Norm\n"
        "fc_1           Weights    {2x2 f64}         1.5          -2           4       5.477\n"
        "fc_1           Bias       {2x1 f64}           0           0           0           0\n"
        "a_longer_name  Weights    {1x2 f64}       -0.25       -0.25       -0.25      0.3536\n"
        "a_longer_name  Bias       {1x1 f64}           0           0           0           0\n");
    free(text);
    dl_net_free(net);
}

TEST(table, of_gradients_computes_them)
{
    char *text = NULL;
    size_t bytes;
    dl_net *net = network();
    dl_tape *t = dl_tape_new();
    dl_val p[4], g[4];
    dl_net_params(net, t, p);
    dl_grad(dl_sum(dl_square(p[0]), "all"), p, 4, g);
    FILE *to = open_memstream(&text, &bytes);
    REQUIRE(to);
    CHECK_INT(dl_table_print(net, g, to), DL_OK);
    fclose(to);
    CHECK_HAS(
        text,
        "fc_1           Weights    {2x2 f64}           3          -4           8       10.95\n");
    CHECK_STR(dl_tape_message(t), "");
    free(text);
    dl_tape_free(t);
    dl_net_free(net);
}

TEST(table, of_values_of_other_sizes_is_refused)
{
    dl_net *net = network();
    dl_tape *t = dl_tape_new();
    dl_val p[4];
    dl_net_params(net, t, p);
    p[3] = p[0];
    CHECK_INT(dl_table_print(net, p, stdout), DL_ESHAPE);
    CHECK_HAS(dl_tape_message(t), "table: value f64 (2,2), but a_longer_name.Bias is {1x1 f64}");
    dl_tape_free(t);
    dl_net_free(net);
}

TEST(table, needs_a_place_to_go_to)
{
    dl_net *net = network();
    FILE *full = fopen("/dev/full", "w");
    CHECK_INT(dl_net_print(net, NULL), DL_ENULL);
    CHECK_INT(dl_net_print(NULL, stdout), DL_ENULL);
    CHECK_INT(dl_table_print(net, NULL, stdout), DL_ENULL);
    if (full) {
        setvbuf(full, NULL, _IONBF, 0);
        CHECK_INT(dl_net_print(net, full), DL_EFILE);
        fclose(full);
    }
    dl_net_free(net);
}
