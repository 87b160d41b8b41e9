/* optimizer.c: update rules against the same rules in plain C, and what a step costs. */
#include "tests/harness/test.h"

#include "dltape.h"

enum { N = 9, STEPS = 6 }; /* learnables of the network: 6 weights and 3 biases */

static dl_net *network(void)
{
    const dl_layer layers[] = { dl_feature_input("in", 2), dl_fully_connected("fc", 3) };
    return dl_net_new(DL_F64, 3, layers, 2);
}

static void get(const dl_net *net, double *w)
{
    memcpy(w, dl_array_data(dl_net_array(net, "fc", "Weights")), 6 * sizeof *w);
    memcpy(w + 6, dl_array_data(dl_net_array(net, "fc", "Bias")), 3 * sizeof *w);
}

/* loss = sum over all learnables of exp(w) - w^3 / 3, so that g = exp(w) - w^2. */
static double gradient(double w) { return exp(w) - w * w; }

static dl_val loss(dl_net *net, dl_tape *t, dl_val p[2])
{
    dl_net_params(net, t, p);
    dl_val sum = dl_scalar(t, DL_F64, 0);
    for (int i = 0; i < 2; i++) {
        dl_val cube = dl_scale(dl_power_scalar(p[i], 3), 1.0 / 3);
        sum = dl_add(sum, dl_sum(dl_sub(dl_exp(p[i]), cube), "all"));
    }
    return sum;
}

static dl_status step(dl_tape *t, dl_net *net, dl_optimizer *o)
{
    dl_val p[2], g[2];
    dl_tape_reset(t);
    dl_val y = loss(net, t, p);
    dl_grad(y, p, 2, g);
    dl_optimizer_step(o, g);
    return dl_eval(t, &y, 1);
}

typedef void rule(int k, double rate, double *w, double *m, double *v);

static void sgdm_by_hand(int k, double rate, double *w, double *m, double *v)
{
    (void)k, (void)v;
    *m = 0.8 * *m - rate * gradient(*w);
    *w += *m;
}

static void adam_by_hand(int k, double rate, double *w, double *m, double *v)
{
    double g = gradient(*w);
    *m = 0.85 * *m + 0.15 * g;
    *v = 0.95 * *v + 0.05 * g * g;
    *w -= rate * (*m / (1 - pow(0.85, k))) / (sqrt(*v / (1 - pow(0.95, k))) + 1e-6);
}

static void check_rule(dl_net *net, dl_optimizer *o, rule *by_hand)
{
    dl_tape *t = dl_tape_new();
    double want[N], got[N], m[N] = { 0 }, v[N] = { 0 };
    get(net, want);
    CHECK_STR(dl_optimizer_message(o), "");
    for (int k = 1; k <= STEPS; k++) {
        double rate = 0.05 / k;
        CHECK_INT(dl_optimizer_set_rate(o, rate), DL_OK);
        CHECK_INT(dl_optimizer_steps(o), k - 1);
        for (int i = 0; i < N; i++) by_hand(k, rate, &want[i], &m[i], &v[i]);
        CHECK_INT(step(t, net, o), DL_OK);
        get(net, got);
        check_doubles("learnables", got, want, N, 1e-12);
    }
    CHECK_INT(dl_optimizer_steps(o), STEPS);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
}

TEST(optimizer, sgdm_is_the_rule_in_plain_c)
{
    dl_net *net = network();
    dl_optimizer *o = dl_sgdm_new(net, 1, 0.8);
    check_rule(net, o, sgdm_by_hand);
    dl_optimizer_free(o);
    dl_net_free(net);
}

TEST(optimizer, adam_is_the_rule_in_plain_c)
{
    dl_net *net = network();
    dl_optimizer *o = dl_adam_new(net, 1, 0.85, 0.95, 1e-6);
    check_rule(net, o, adam_by_hand);
    dl_optimizer_free(o);
    dl_net_free(net);
}

/* ---- plans ----------------------------------------------------------------------------------- */

/* A frozen step whose updates replace its inputs, called in a loop without tape and optimiser. */
static void run_frozen(dl_fn *f, const dl_net *net, double *w)
{
    double memory[8][6] = { { 0 } }, y;
    const void *in[8];
    void *out[7] = { &y }, *workspace = dl_fn_workspace_new(f);
    CHECK_STR(dl_fn_message(f), "");
    REQUIRE(dl_fn_inputs(f) == 8 && dl_fn_outputs(f) == 7);
    for (int i = 0; i < 8; i++) in[i] = memory[i];
    for (int i = 1; i < 7; i++) {
        int replaced = dl_fn_output(f, i).updates;
        REQUIRE(replaced >= 0 && replaced < 6);
        out[i] = memory[replaced];
    }
    get(net, w);
    memcpy(memory[0], w, 6 * sizeof *w);
    memcpy(memory[1], w + 6, 3 * sizeof *w);
    for (int k = 1; k <= STEPS; k++) {
        memory[6][0] = 0.05 / (1 - pow(0.85, k));
        memory[7][0] = 1 / (1 - pow(0.95, k));
        CHECK_INT(dl_fn_run(f, in, out, workspace), DL_OK);
    }
    memcpy(w, memory[0], 6 * sizeof *w);
    memcpy(w + 6, memory[1], 3 * sizeof *w);
    dl_fn_workspace_free(workspace);
}

TEST(optimizer, a_frozen_step_trains_as_the_tape_does)
{
    double got[N], want[N];
    dl_net *net = network();
    dl_optimizer *o = dl_adam_new(net, 0.05, 0.85, 0.95, 1e-6);
    dl_tape *t = dl_tape_new();
    dl_val p[2], g[2], y = loss(net, t, p);
    dl_grad(y, p, 2, g);
    CHECK_INT(dl_optimizer_inputs(o, NULL), 6);
    dl_optimizer_step(o, g);
    dl_fn_arg in[8] = { { "W", p[0] }, { "b", p[1] } }, out = { "loss", y };
    CHECK_INT(dl_optimizer_inputs(o, in + 2), 6);
    dl_fn *f = dl_fn_create("train", in, 8, &out, 1);
    CHECK_STR(dl_fn_input(f, 5).name, "s_fc_Bias");
    CHECK_STR(dl_fn_input(f, 7).name, "correction");
    CHECK_STR(dl_fn_output(f, 1).name, "new_m_fc_Weights");
    run_frozen(f, net, got);
    for (int k = 1; k <= STEPS; k++) CHECK_INT(step(t, net, o), DL_OK);
    get(net, want);
    check_doubles("learnables", got, want, N, 1e-14);
    CHECK_INT(dl_optimizer_inputs(NULL, NULL), 0);
    dl_fn_free(f);
    dl_tape_free(t);
    dl_optimizer_free(o);
    dl_net_free(net);
}

TEST(optimizer, another_learning_rate_makes_no_new_plan)
{
    dl_net *net = network();
    dl_optimizer *all[] = { dl_sgdm_new(net, DL_SGDM_DEFAULTS),
                            dl_adam_new(net, DL_ADAM_DEFAULTS) };
    for (int k = 0; k < 2; k++) {
        dl_tape *t = dl_tape_new();
        step(t, net, all[k]);
        uint64_t misses = dl_cache_stats(t).misses;
        for (int i = 1; i <= 20; i++) {
            dl_optimizer_set_rate(all[k], 0.01 / i);
            CHECK_INT(step(t, net, all[k]), DL_OK);
        }
        CHECK_INT(dl_cache_stats(t).misses, misses);
        dl_tape_free(t);
        dl_optimizer_free(all[k]);
    }
    dl_net_free(net);
}

TEST(optimizer, loss_gradient_and_update_are_one_plan)
{
    dl_net *net = network();
    dl_optimizer *o = dl_adam_new(net, DL_ADAM_DEFAULTS);
    dl_tape *t = dl_tape_new();
    step(t, net, o);
    dl_cache_info c = dl_cache_stats(t);
    CHECK_INT(c.misses, 1);
    CHECK_INT(c.plans, 1);
    for (int i = 0; i < 5; i++) step(t, net, o);
    c = dl_cache_stats(t);
    CHECK_INT(c.misses, 1);
    CHECK_INT(c.followed + c.hits, 5);
    dl_tape_free(t);
    dl_optimizer_free(o);
    dl_net_free(net);
}

/* ---- the counter ----------------------------------------------------------------------------- */

TEST(optimizer, a_step_that_was_never_evaluated_does_not_count)
{
    dl_net *net = network(), *twin = network();
    dl_optimizer *o = dl_adam_new(net, 0.1, 0.9, 0.99, 1e-8);
    dl_optimizer *straight = dl_adam_new(twin, 0.1, 0.9, 0.99, 1e-8);
    dl_tape *t = dl_tape_new();
    double a[N], b[N];
    for (int i = 0; i < 3; i++) {
        dl_val p[2], g[2];
        dl_tape_reset(t);
        dl_grad(loss(net, t, p), p, 2, g);
        dl_optimizer_step(o, g); /* recorded only */
        CHECK_INT(dl_optimizer_steps(o), i);
        step(t, net, o);
        step(t, twin, straight);
    }
    get(net, a);
    get(twin, b);
    CHECK(memcmp(a, b, sizeof a) == 0);
    CHECK_INT(dl_optimizer_steps(o), 3);
    dl_tape_free(t);
    dl_optimizer_free(o);
    dl_optimizer_free(straight);
    dl_net_free(net);
    dl_net_free(twin);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void check_refused(dl_optimizer *o, const char *message)
{
    CHECK_INT(dl_optimizer_status(o), DL_EARG);
    CHECK_STR(dl_optimizer_message(o), message);
    dl_optimizer_free(o);
}

TEST(optimizer, settings_outside_their_domain_are_refused)
{
    dl_net *net = network();
    check_refused(dl_sgdm_new(net, -1, 0.9), "sgdm: the learning rate must be 0 or more");
    check_refused(dl_sgdm_new(net, NAN, 0.9), "sgdm: the learning rate must be 0 or more");
    check_refused(dl_sgdm_new(net, INFINITY, 0.9), "sgdm: the learning rate must be 0 or more");
    check_refused(dl_sgdm_new(net, 1, 1),
                  "sgdm: the first decay (momentum, beta1) must be in [0, 1)");
    check_refused(dl_adam_new(net, 1, 0.9, -0.1, 1), "adam: beta2 must be in [0, 1)");
    check_refused(dl_adam_new(net, 1, 0.9, 0.9, 0), "adam: epsilon must be above 0");
    dl_optimizer *o = dl_sgdm_new(net, 0.5, 0.9);
    CHECK_INT(dl_optimizer_set_rate(o, -2), DL_EARG);
    CHECK_CLOSE(dl_optimizer_rate(o), 0.5, 0);
    dl_optimizer_free(o);
    dl_net_free(net);
}

TEST(optimizer, its_error_and_that_of_its_network_reach_the_tape)
{
    dl_net *bad = dl_net_new(DL_F64, 1, NULL, 0), *net = network();
    dl_optimizer *o = dl_sgdm_new(bad, DL_SGDM_DEFAULTS), *p = dl_sgdm_new(net, -1, 0);
    dl_tape *t = dl_tape_new();
    dl_val g = dl_ones(t, DL_F64, DL_DIMS(3, 2));
    CHECK_INT(dl_optimizer_step(o, &g), DL_EARG);
    CHECK_HAS(dl_tape_message(t), "optimizer_step: sgdm: net: 0 layers");
    dl_tape_reset(t);
    g = dl_ones(t, DL_F64, DL_DIMS(3, 2));
    CHECK_INT(dl_optimizer_step(p, &g), DL_EARG);
    CHECK_HAS(dl_tape_message(t), "optimizer_step: sgdm: the learning rate must be 0 or more "
                                  "[optimizer.c:");
    dl_tape_reset(t);
    g = dl_ones(t, DL_F64, DL_DIMS(3, 2));
    CHECK_INT(dl_optimizer_step(NULL, &g), DL_ENULL);
    CHECK_INT(dl_optimizer_step(p, NULL), DL_ENULL);
    dl_optimizer_free(o);
    dl_optimizer_free(p);
    dl_optimizer_free(NULL);
    dl_tape_free(t);
    dl_net_free(bad);
    dl_net_free(net);
}

TEST(optimizer, a_gradient_of_other_sizes_is_refused_not_broadcast)
{
    dl_net *net = network();
    dl_optimizer *o = dl_sgdm_new(net, DL_SGDM_DEFAULTS);
    dl_tape *t = dl_tape_new();
    dl_val g[] = { dl_ones(t, DL_F64, DL_DIMS(3, 2)), dl_ones(t, DL_F64, 0, NULL) };
    CHECK_INT(dl_optimizer_step(o, g), DL_ESHAPE);
    CHECK_HAS(dl_tape_message(t), "sgdm: gradient (), but fc.Bias is (3,1)");
    CHECK_INT(dl_optimizer_steps(o), 0);
    dl_tape_free(t);
    dl_optimizer_free(o);
    dl_net_free(net);
}
