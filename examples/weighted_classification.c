/* A classification output layer whose loss weights the classes, as MATLAB's forwardLoss and
 * backwardLoss: two callbacks, with the weights behind the user's pointer. It learns to tell the
 * three species of Iris apart, where a versicolor (the second) that is missed costs three times as
 * much.
 *
 *     weighted_classification [CSV] */
#include <dltape.h>

#include <math.h>

enum { SPECIES = 3, EACH = 50 }; /* the rows stand in the order of the species */

typedef struct weights {
    double of[SPECIES];
} weights;

/* ---- the layer: y are probabilities, t is 1 for the true class, (C,B) both, f32 or f64 --------
 */

static double get(const dl_custom_array *a, int64_t i)
{
    return a->dtype == DL_F32 ? (double)((const float *)a->data)[i] : ((const double *)a->data)[i];
}

static void set(const dl_custom_array *a, int64_t i, double x)
{
    if (a->dtype == DL_F32) ((float *)a->data)[i] = (float)x;
    else ((double *)a->data)[i] = x;
}

static dl_status loss_shape(dl_custom_call *c, void *user)
{
    (void)user;
    if (c->in[0].rank != 2 || c->in[0].dims[0] != SPECIES)
        return dl_custom_fail(c, DL_ESHAPE, "wanted probabilities of %d classes", SPECIES);
    if (c->in[1].numel != c->in[0].numel)
        return dl_custom_fail(c, DL_ESHAPE, "as many targets as probabilities are wanted");
    c->out = (dl_custom_array){ .dtype = c->in[0].dtype }; /* a number */
    return DL_OK;
}

static dl_status forward_loss(const dl_custom_call *c, void *user)
{
    const weights *w = user;
    int64_t n = c->in[0].dims[1];
    double sum = 0;
    for (int64_t i = 0; i < SPECIES * n; i++) {
        double y = get(&c->in[0], i), t = get(&c->in[1], i);
        if (!(y >= 0 && y <= 1 + 1e-6))
            return dl_custom_fail(c, DL_EARG, "%g is no probability", y);
        if (t > 0) sum -= w->of[i / n] * t * log(fmax(y, 1e-30));
    }
    set(&c->out, 0, sum / (double)n);
    return DL_OK;
}

static dl_status backward_loss(const dl_custom_call *c, void *user)
{
    const weights *w = user;
    int64_t n = c->in[0].dims[1];
    double g = get(&c->grad, 0) / (double)n;
    for (int64_t i = 0; i < SPECIES * n; i++) {
        double y = fmax(get(&c->in[0], i), 1e-30), t = get(&c->in[1], i);
        set(&c->in_grad[0], i, -g * w->of[i / n] * t / y);
        set(&c->in_grad[1], i, -g * w->of[i / n] * log(y));
    }
    return DL_OK;
}

static const dl_custom_op weighted_classification = {
    .name = "weighted_classification",
    .nin = 2,
    .flags = DL_CUSTOM_PURE,
    .infer = loss_shape,
    .forward = forward_loss,
    .backward = backward_loss,
};

/* ---- training -------------------------------------------------------------------------------- */

static dl_val probabilities(const dl_net *net, dl_val x)
{
    return dl_exp(dl_log_softmax(dl_net_predict(net, x), "C"));
}

static void tell(const char *what, dl_val y)
{
    const float *p = dl_data(y);
    int found[SPECIES] = { 0 };
    for (int i = 0; p && i < SPECIES * EACH; i++) {
        int best = 0;
        for (int k = 1; k < SPECIES; k++)
            if (p[k * SPECIES * EACH + i] > p[best * SPECIES * EACH + i]) best = k;
        found[i / EACH] += best == i / EACH;
    }
    if (p)
        printf("%s: found %d setosa, %d versicolor, %d virginica of %d each\n", what, found[0],
               found[1], found[2], EACH);
}

/* Returns how training went: the tape's status. */
static dl_status train(const char *what, weights *w, const dl_array *iris, const dl_array *target)
{
    const dl_layer layers[] = { dl_feature_input("in", 4), dl_fully_connected("fc", SPECIES) };
    dl_net *net = dl_net_new(DL_F32, 7, layers, 2);
    dl_optimizer *adam = dl_adam_new(net, 0.02, 0.9, 0.999, 1e-8);
    dl_tape *t = dl_tape_new();
    double first = 0, last = 0;
    for (int step = 0; step < 400 && !dl_tape_status(t); step++) {
        dl_tape_reset(t);
        dl_val x = dl_label(dl_transpose(dl_leaf(t, iris)), "CB"), y = probabilities(net, x);
        dl_val loss = dl_custom(&weighted_classification, w, DL_VALS(y, dl_leaf(t, target)));
        dl_val param[2], grad[2];
        dl_net_params(net, t, param);
        if (step == 0) {
            dl_check_report report;
            dl_gradcheck(loss, param, 2, NULL, &report);
            printf("%s: gradient check %s\n", what, report.verdict == DL_PASS ? "PASS" : "FAIL");
            dl_check_report_free(&report);
        }
        dl_grad(loss, param, 2, grad);
        dl_optimizer_step(adam, grad);
        last = dl_item(loss);
        if (step == 0) first = last;
        if (step == 399) tell(what, y);
    }
    dl_status status = dl_tape_status(t);
    if (status) fprintf(stderr, "%s\n", dl_tape_message(t));
    else printf("%s: loss %.4f, at first %.4f\n", what, last, first);
    dl_tape_free(t), dl_optimizer_free(adam), dl_net_free(net);
    return status;
}

int main(int argc, char **argv)
{
    dl_array *iris = dl_csv_read(argc > 1 ? argv[1] : "examples/data/iris.csv", DL_F32);
    dl_array *target = dl_array_new(DL_F32, "CB", DL_DIMS(SPECIES, SPECIES * EACH));
    for (int i = 0; i < SPECIES * EACH; i++) dl_array_set(target, DL_DIMS(i / EACH, i), 1);
    weights even = { { 1, 1, 1 } }, uneven = { { 1, 3, 1 } };
    dl_status status = train("even weights", &even, iris, target);
    if (!status) status = train("versicolor three times", &uneven, iris, target);
    dl_array_free(iris), dl_array_free(target);
    return status != DL_OK;
}
