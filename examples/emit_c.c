/* Prints a step of training as C: loss, gradient and Adam's update in one function without malloc.
 */
#include <dltape.h>

int main(void)
{
    const dl_layer layers[] = { dl_sequence_input("in", 4), dl_fully_connected("fc_1", 3),
                                dl_tanh_layer("tanh"), dl_fully_connected("fc_2", 4) };
    dl_net *net = dl_net_new(DL_F32, 42, layers, 4);
    dl_optimizer *adam = dl_adam_new(net, DL_ADAM_DEFAULTS);
    dl_array *batch = dl_array_new(DL_F32, "CB", DL_DIMS(4, 10));
    dl_tape *t = dl_tape_new();

    dl_val x = dl_leaf(t, batch), y, p[4], grad[4];
    dl_net_forward(net, x, (const char *[]){ "fc_2" }, 1, &y);
    dl_net_params(net, t, p);
    dl_val loss = dl_mse(y, x);
    dl_grad(loss, p, 4, grad);
    dl_optimizer_step(adam, grad);

    dl_fn_arg in[16] = {
        { "x", x }, { "W1", p[0] }, { "b1", p[1] }, { "W2", p[2] }, { "b2", p[3] }
    };
    int n = 5 + dl_optimizer_inputs(adam, in + 5); /* its states, and the numbers of the step */
    dl_fn_arg out[] = { { "loss", loss }, { "grad_W1", grad[0] } };
    dl_fn *f = dl_fn_create("train", in, n, out, 2);
    dl_status status = dl_emit_c(f, "train", stdout);
    if (status) fprintf(stderr, "%s %s\n", dl_status_name(status), dl_fn_message(f));

    dl_fn_free(f), dl_tape_free(t), dl_array_free(batch);
    dl_optimizer_free(adam), dl_net_free(net);
    return status != DL_OK;
}
