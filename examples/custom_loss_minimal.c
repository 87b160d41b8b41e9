/* One loss over weights, hidden activations and a covariance. The tape derives every gradient. */
#include <dltape.h>

int main(void)
{
    const dl_layer layers[] = { dl_sequence_input("in", 4), dl_fully_connected("fc_1", 3),
                                dl_tanh_layer("tanh"), dl_fully_connected("fc_2", 4) };
    dl_net *net = dl_net_new(DL_F32, 42, layers, 4);
    dl_optimizer *adam = dl_adam_new(net, DL_ADAM_DEFAULTS);
    dl_array *iris = dl_csv_read("examples/data/iris.csv", DL_F32);
    dl_tape *t = dl_tape_new();

    for (int step = 0; step <= 2000 && !dl_tape_status(t); step++) {
        dl_tape_reset(t);
        dl_val x = dl_transpose(dl_leaf(t, iris)), out[2], param[4], grad[4];
        dl_net_forward(net, x, (const char *[]){ "tanh", "fc_2" }, 2, out);
        dl_val h = out[0], y = out[1], w = dl_net_param(net, t, "fc_1", "Weights");

        dl_val cov = dl_cov(dl_transpose(h));
        dl_val decorrelate = dl_norm_fro(dl_sub(cov, dl_eye_like(cov)));
        dl_val sparse = dl_mean(dl_abs(h), "all"), small = dl_norm_fro(w);
        dl_val fit = dl_mean_squared_error(y, x);
        dl_val loss = dl_add_n(fit, decorrelate, dl_scale(sparse, 0.1), dl_scale(small, 0.01));

        dl_net_params(net, t, param);
        dl_grad(loss, param, 4, grad);
        dl_optimizer_step(adam, grad);
        double value = dl_item(loss); /* loss, gradient and update run here, as one plan */
        if (step % 500 == 0 && !dl_tape_status(t)) printf("step %4d  loss %.4f\n", step, value);
    }
    if (dl_tape_status(t)) fprintf(stderr, "%s\n", dl_tape_message(t));
    int failed = dl_tape_status(t) != DL_OK;
    dl_tape_free(t), dl_array_free(iris), dl_optimizer_free(adam), dl_net_free(net);
    return failed;
}
