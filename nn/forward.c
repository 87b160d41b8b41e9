/* forward.c: a network on a tape: its parameters as values, and its layers recorded. */
#include "internal.h"

/* True if the network can be used; otherwise the tape has the error. */
static bool usable(const char *name, const dl_net *net, dl_tape *t)
{
    if (!net) dl_fail(t, DL_ENULL, name, "the network is a null pointer");
    else if (net->status) dl_fail(t, net->status, name, "%s", net->message);
    return net && !net->status;
}

/* Appends ", layer.parameter", or less where there is no more room. */
static size_t list(char *text, size_t bytes, size_t at, const char *layer, const char *parameter)
{
    int n = snprintf(text + at, bytes - at, "%s%s%s%s", at ? ", " : "", layer, parameter ? "." : "",
                     parameter ? parameter : "");
    return n < 0 ? at : at + (size_t)n < bytes ? at + (size_t)n : bytes - 1;
}

enum { LIST_BYTES = 240 };

/* ---- parameters ------------------------------------------------------------------------------ */

dl_val dl_net_param(const dl_net *net, dl_tape *t, const char *layer, const char *parameter)
{
    if (!usable("net_param", net, t)) return dl_none(t);
    const dl_array *a = dl_net_array(net, layer, parameter);
    if (a) return dl_leaf(t, a);
    char have[LIST_BYTES] = "";
    size_t at = 0;
    for (int i = 0; i < net->nlearnable; i++)
        at = list(have, sizeof have, at, net->learnable[i].layer, net->learnable[i].parameter);
    return dl_fail(t, DL_EARG, "net_param", "there is no %.48s.%.48s, there is %s",
                   layer ? layer : "(null)", parameter ? parameter : "(null)",
                   at ? have : "nothing to learn");
}

dl_status dl_net_params_at(const char *place, const dl_net *net, dl_tape *t, dl_val *out)
{
    dl_tape_here(t, place);
    bool good = usable("net_params", net, t);
    if (good && net->nlearnable && !out) {
        dl_fail(t, DL_ENULL, "net_params", "no room for the values");
        good = false;
    }
    for (int i = 0; good && i < net->nlearnable; i++) out[i] = dl_leaf(t, net->learnable[i].value);
    dl_placed(dl_none(t), place);
    dl_tape_here(t, NULL);
    return dl_tape_status(t);
}

dl_status(dl_net_params)(const dl_net *net, dl_tape *t, dl_val *out)
{
    return dl_net_params_at(NULL, net, t, out);
}

/* ---- layers ---------------------------------------------------------------------------------- */

static int number_of(const dl_net *net, const char *name)
{
    for (int i = 0; name && i < net->nlayer; i++)
        if (strcmp(net->layer[i].name, name) == 0) return i;
    return -1;
}

/* The number of the last layer that is asked for; -1: the tape has the error. */
static int last_wanted(const dl_net *net, dl_tape *t, const char *const *layers, int n)
{
    int last = 0;
    for (int k = 0; k < n; k++) {
        int i = number_of(net, layers[k]);
        if (i > last) last = i;
        if (i >= 0) continue;
        char have[LIST_BYTES] = "";
        size_t at = 0;
        for (int j = 0; j < net->nlayer; j++)
            at = list(have, sizeof have, at, net->layer[j].name, NULL);
        dl_fail(t, DL_EARG, "forward", "there is no layer %.48s, there is %s",
                layers[k] ? layers[k] : "(null)", have);
        return -1;
    }
    return last;
}

static void record(const dl_net *net, dl_val x, const char *const *layers, int n, dl_val *out)
{
    dl_tape *t = x.tape;
    int last = last_wanted(net, t, layers, n);
    for (int i = 0; i <= last && !dl_tape_status(t); i++) {
        const dl__layer *l = &net->layer[i];
        x = l->spec.kind->forward(net, l, x);
        for (int k = 0; k < n; k++)
            if (strcmp(layers[k], l->name) == 0) out[k] = x;
    }
}

dl_status dl_net_forward_at(const char *place, const dl_net *net, dl_val x,
                            const char *const *layers, int n, dl_val *out)
{
    dl_tape *t = x.tape;
    dl_here(x, place);
    bool room = out && layers && n >= 0;
    for (int k = 0; room && k < n; k++) out[k] = dl_none(t);
    if (usable("forward", net, t) && dl_usable("forward", &x, 1)) {
        if (room) record(net, x, layers, n, out);
        else
            dl_fail(t, n < 0 ? DL_EARG : DL_ENULL, "forward", "%d outputs%s", n,
                    n < 0 ? "" : ", but no list of them or no room for them");
    }
    dl_placed(x, place);
    dl_here(x, NULL);
    return t ? dl_tape_status(t) : DL_ENULL;
}

dl_status(dl_net_forward)(const dl_net *net, dl_val x, const char *const *layers, int n,
                          dl_val *out)
{
    return dl_net_forward_at(NULL, net, x, layers, n, out);
}

dl_val dl_net_predict(const dl_net *net, dl_val x)
{
    dl_val y = dl_none(x.tape);
    if (!usable("predict", net, x.tape) || !dl_usable("predict", &x, 1)) return y;
    record(net, x, (const char *const[]){ net->layer[net->nlayer - 1].name }, 1, &y);
    return y;
}
