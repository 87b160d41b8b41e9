/* optimizer.c: update rules as ops. A rule is a row. */
#include "internal.h"

#include <ctype.h>
#include <math.h>

/* What a rule needs besides its state. */
typedef struct settings {
    double rate, decay, decay_squares, epsilon;
} settings;

enum { NUMBERS = 2 };

typedef struct rule {
    const char *name;
    int states;           /* arrays beside each learnable, of its sizes */
    const char *state[2]; /* what they are called */
    int nnumber;          /* that are others in every step, or when the user sets them */
    const char *number[NUMBERS];
    void (*numbers)(const settings *s, int64_t step, double *number);
    /* The new value of w; new states by dl_assign. */
    dl_val (*update)(const settings *s, const dl_val *number, dl_val w, dl_val g,
                     dl_array *const *state);
} rule;

struct dl_optimizer {
    dl_status status;
    char message[200];
    const rule *rule;
    settings settings;
    dl_net *net;
    int narray;
    dl_array **array; /* states of the first learnable, of the second, ... */
    int64_t steps;    /* carried out when the newest step was recorded */
    uint64_t version; /* of array[0] at that time: another one tells that it was carried out */
    dl_val number[NUMBERS]; /* of the newest step */
};

static dl_optimizer no_memory = {
    .status = DL_ENOMEM,
    .message = "optimizer: out of memory",
};

/* ---- rules ----------------------------------------------------------------------------------- */

static void sgdm_numbers(const settings *s, int64_t step, double *number)
{
    (void)step;
    number[0] = s->rate;
}

static dl_val sgdm_update(const settings *s, const dl_val *number, dl_val w, dl_val g,
                          dl_array *const *state)
{
    dl_val v = dl_sub(dl_scale(dl_leaf(w.tape, state[0]), s->decay), dl_mul(g, number[0]));
    dl_assign(state[0], v);
    return dl_add(w, v);
}

static const rule sgdm = { .name = "sgdm",
                           .states = 1,
                           .state = { "v" },
                           .nnumber = 1,
                           .number = { "rate" },
                           .numbers = sgdm_numbers,
                           .update = sgdm_update };

/* By products, as pow may differ in the last bit from system to system. */
static double power(double b, int64_t k)
{
    double y = 1;
    for (; k; k >>= 1, b *= b)
        if (k & 1) y *= b;
    return y;
}

static void adam_numbers(const settings *s, int64_t step, double *number)
{
    number[0] = s->rate / (1 - power(s->decay, step));
    number[1] = 1 / (1 - power(s->decay_squares, step));
}

static dl_val adam_update(const settings *s, const dl_val *number, dl_val w, dl_val g,
                          dl_array *const *state)
{
    double b1 = s->decay, b2 = s->decay_squares;
    dl_val m = dl_leaf(w.tape, state[0]), v = dl_leaf(w.tape, state[1]);
    m = dl_add(dl_scale(m, b1), dl_scale(g, 1 - b1));
    v = dl_add(dl_scale(v, b2), dl_scale(dl_square(g), 1 - b2));
    dl_assign(state[0], m);
    dl_assign(state[1], v);
    dl_val root = dl_sqrt(dl_mul(v, number[1]));
    dl_val ratio = dl_div(m, dl_shift(root, s->epsilon));
    return dl_sub(w, dl_mul(ratio, number[0]));
}

static const rule adam = { .name = "adam",
                           .states = 2,
                           .state = { "m", "s" },
                           .nnumber = 2,
                           .number = { "rate", "correction" },
                           .numbers = adam_numbers,
                           .update = adam_update };

/* ---- life ------------------------------------------------------------------------------------ */

static bool is_rate(double x) { return x >= 0 && isfinite(x); }

static bool is_decay(double x) { return x >= 0 && x < 1; }

static const char *wrong(const settings *s)
{
    return !is_rate(s->rate)             ? "the learning rate must be 0 or more"
           : !is_decay(s->decay)         ? "the first decay (momentum, beta1) must be in [0, 1)"
           : !is_decay(s->decay_squares) ? "beta2 must be in [0, 1)"
           : !(s->epsilon > 0)           ? "epsilon must be above 0"
                                         : NULL;
}

static dl_optimizer *reject(dl_optimizer *o, dl_status status, const char *message)
{
    o->status = status;
    snprintf(o->message, sizeof o->message, "%s: %s", o->rule->name, message);
    return o;
}

static dl_array *state_of(const dl_array *w)
{
    int64_t dims[DL_MAX_RANK];
    int rank = dl_array_rank(w);
    for (int i = 0; i < rank; i++) dims[i] = dl_array_size(w, i);
    return dl_array_new(dl_array_dtype(w), dl_array_dims(w), rank, dims);
}

/* "m_fc_1_Weights": the state, the layer, the parameter, as a name in C. */
static void name_state(dl_array *a, const char *state, dl_learnable of)
{
    char name[48];
    snprintf(name, sizeof name, "%s_%.24s_%.16s", state, of.layer, of.parameter);
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c)) *c = '_';
    dl_array_set_name(a, name);
}

static dl_optimizer *create(const rule *r, dl_net *net, settings s)
{
    dl_optimizer *o = dl__zalloc(sizeof *o);
    if (!o) return &no_memory;
    *o = (dl_optimizer){ .rule = r, .settings = s, .net = net };
    if (dl_net_status(net)) return reject(o, dl_net_status(net), dl_net_message(net));
    if (wrong(&s)) return reject(o, DL_EARG, wrong(&s));
    int n = dl_net_learnables(net) * r->states;
    o->array = dl__zalloc((size_t)n * sizeof *o->array);
    if (!o->array) return reject(o, DL_ENOMEM, "out of memory");
    for (; o->narray < n; o->narray++) {
        dl_learnable of = dl_net_learnable(net, o->narray / r->states);
        dl_array *a = state_of(of.value);
        o->array[o->narray] = a;
        name_state(a, r->state[o->narray % r->states], of);
        if (!o->status && dl_array_status(a)) reject(o, dl_array_status(a), dl_array_message(a));
    }
    o->version = n ? dl_array_version(o->array[0]) : 0;
    return o;
}

dl_optimizer *dl_sgdm_new(dl_net *net, double rate, double momentum)
{
    return create(&sgdm, net, (settings){ .rate = rate, .decay = momentum, .epsilon = 1 });
}

dl_optimizer *dl_adam_new(dl_net *net, double rate, double beta1, double beta2, double epsilon)
{
    return create(&adam, net, (settings){ rate, beta1, beta2, epsilon });
}

void dl_optimizer_free(dl_optimizer *o)
{
    if (!o || o == &no_memory) return;
    for (int i = 0; i < o->narray; i++) dl_array_free(o->array[i]);
    dl__free(o->array);
    dl__free(o);
}

dl_status dl_optimizer_status(const dl_optimizer *o) { return o ? o->status : DL_ENULL; }

const char *dl_optimizer_message(const dl_optimizer *o)
{
    return o ? o->message : "optimizer: null pointer";
}

/* ---- steps ----------------------------------------------------------------------------------- */

dl_status dl_optimizer_set_rate(dl_optimizer *o, double rate)
{
    if (!o || o->status) return dl_optimizer_status(o);
    if (!is_rate(rate)) return DL_EARG;
    o->settings.rate = rate;
    return DL_OK;
}

double dl_optimizer_rate(const dl_optimizer *o) { return o ? o->settings.rate : NAN; }

int64_t dl_optimizer_steps(const dl_optimizer *o)
{
    if (!o || o->narray == 0) return 0;
    return o->steps + (dl_array_version(o->array[0]) != o->version);
}

/* A gradient of other sizes would be broadcast. */
static bool fits(dl_val g, const dl_learnable *p, const char *name)
{
    char is[DL_SHAPE_TEXT];
    bool same = dl_rank(g) == dl_array_rank(p->value);
    for (int i = 0; same && i < dl_rank(g); i++) same = dl_size(g, i) == dl_array_size(p->value, i);
    if (!same)
        dl_fail(g.tape, DL_ESHAPE, name, "gradient %s, but %s.%s is (%lld,%lld)",
                dl_shape_text(dl_shape_of(g), is, sizeof is), p->layer, p->parameter,
                (long long)dl_array_size(p->value, 0), (long long)dl_array_size(p->value, 1));
    return same;
}

static void record(dl_optimizer *o, dl_tape *t, const dl_val *gradients)
{
    int64_t steps = dl_optimizer_steps(o);
    dl_dtype dtype = dl_array_dtype(dl_net_learnable(o->net, 0).value);
    double number[NUMBERS];
    o->rule->numbers(&o->settings, steps + 1, number);
    for (int k = 0; k < o->rule->nnumber; k++) o->number[k] = dl_scalar(t, dtype, number[k]);
    for (int i = 0; i < dl_net_learnables(o->net); i++) {
        dl_learnable p = dl_net_learnable(o->net, i);
        if (!dl_usable(o->rule->name, &gradients[i], 1) || !fits(gradients[i], &p, o->rule->name))
            return;
        dl_val w = o->rule->update(&o->settings, o->number, dl_leaf(t, p.value), gradients[i],
                                   o->array + i * o->rule->states);
        dl_assign(p.value, w);
    }
    if (dl_tape_status(t) || !o->narray) return;
    o->steps = steps;
    o->version = dl_array_version(o->array[0]);
}

dl_status dl_optimizer_step_at(const char *place, dl_optimizer *o, const dl_val *gradients)
{
    int n = o && !o->status ? dl_net_learnables(o->net) : 1;
    if (n == 0) return DL_OK;
    dl_tape *t = gradients ? dl_any_tape(gradients, n) : NULL;
    if (!t) return DL_ENULL;
    dl_tape_here(t, place);
    if (!o || o->status)
        dl_fail(t, dl_optimizer_status(o), "optimizer_step", "%s", dl_optimizer_message(o));
    else if (!dl_tape_status(t)) record(o, t, gradients);
    dl_placed(dl_none(t), place);
    dl_tape_here(t, NULL);
    return dl_tape_status(t);
}

dl_status(dl_optimizer_step)(dl_optimizer *o, const dl_val *gradients)
{
    return dl_optimizer_step_at(NULL, o, gradients);
}

int dl_optimizer_inputs(const dl_optimizer *o, dl_fn_arg *in)
{
    if (!o || o->status) return 0;
    dl_tape *t = o->number[0].tape;
    for (int i = 0; in && i < o->narray; i++)
        in[i] =
            (dl_fn_arg){ dl_array_name(o->array[i]), t ? dl_leaf(t, o->array[i]) : (dl_val){ 0 } };
    for (int k = 0; in && k < o->rule->nnumber; k++)
        in[o->narray + k] = (dl_fn_arg){ o->rule->number[k], o->number[k] };
    return o->narray + o->rule->nnumber;
}
