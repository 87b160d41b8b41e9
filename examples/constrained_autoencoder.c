/* constrained_autoencoder.c: trains h = W1 x + b1, q = W2 h + b2 under
 *
 *     |lambda cov(H) - I| + lambda |H/4 + lambda |W1 W1' - I||
 *     + lambda |cov(Q) - I| + 1/2 sum (Q - X)^2
 *
 * over mini-batches of standardised rows of a CSV file. Weights, hidden activations and covariances
 * stand in one loss, and no derivative is written here. A batch is one sequence, labelled "CT": mse
 * takes it for one observation, so that the last term is the plain half sum of squares. */
#define _POSIX_C_SOURCE 200809L
#include "autoencoder.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PARAMS = 4 }; /* Weights and Bias of fc_1 and fc_2 */

typedef struct model {
    options o;
    int64_t rows, columns, batches, *order;
    dl_tape *tape;
    dl_array *table, *batch, *all; /* standardised rows; those of a step; all as one sequence */
    dl_net *net;
    dl_optimizer *optimizer;
    dl_rng rng;
} model;

/* What is measured once before the training and once after it. */
typedef struct measures {
    double term[TERMS], *cov, distance;
} measures;

/* ---- the loss -------------------------------------------------------------------------------- */

/* Called the Frobenius norm in places, though it is not: sqrt(sum of all entries of x'x). */
static dl_val literal_norm(dl_val x) { return dl_sqrt(dl_sum(dl_gram(dl_stripdims(x)), "all")); }

static void loss(const model *m, dl_val x, dl_val term[TERMS])
{
    dl_val (*norm)(dl_val) = m->o.literal_norm ? literal_norm : dl_norm_fro;
    double lambda = m->o.lambda;
    dl_val out[2];
    dl_net_forward(m->net, x, (const char *[]){ "fc_1", "fc_2" }, 2, out);
    dl_val h = out[0], q = out[1], w1 = dl_net_param(m->net, m->tape, "fc_1", "Weights");

    dl_val cov_h = dl_cov(dl_transpose(dl_stripdims(h))); /* rows are observations */
    dl_val cov_q = dl_cov(dl_transpose(dl_stripdims(q)));
    dl_val ortho = dl_norm_fro(dl_sub(dl_matmul(w1, dl_transpose(w1)), dl_eye_like(cov_h)));

    term[L1] = norm(dl_sub(dl_scale(cov_h, lambda), dl_eye_like(cov_h)));
    term[L2] = dl_scale(norm(dl_add(dl_scale(h, 0.25), dl_scale(ortho, lambda))), lambda);
    term[L3] = dl_scale(norm(dl_sub(cov_q, dl_eye_like(cov_q))), lambda);
    term[L4] = dl_mse(q, x);
    term[TOTAL] = dl_add_n(term[L1], term[L2], term[L3], term[L4]);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Puts the rows into random order. */
static void shuffle(const model *m, dl_rng *rng)
{
    for (int64_t i = 0; i < m->rows; i++) m->order[i] = i;
    dl_rng_shuffle(rng, m->order, m->rows);
}

/* Starts a step with the rows order[first], order[first + 1], ... */
static dl_val next_batch(const model *m, int64_t first)
{
    size_t bytes = (size_t)m->columns * dl_dtype_size(m->o.dtype);
    const char *from = dl_array_data(m->table);
    char *to = dl_array_write(m->batch);
    for (int64_t i = 0; i < m->o.batch; i++)
        memcpy(to + (size_t)i * bytes, from + (size_t)m->order[first + i] * bytes, bytes);
    dl_tape_reset(m->tape);
    return dl_leaf(m->tape, m->batch);
}

static dl_status train_step(const model *m, int64_t first, double sum[TERMS])
{
    dl_val term[TERMS], param[PARAMS], grad[PARAMS];
    loss(m, next_batch(m, first), term);
    dl_net_params(m->net, m->tape, param);
    dl_grad(term[TOTAL], param, PARAMS, grad);
    dl_optimizer_step(m->optimizer, grad);
    dl_eval(m->tape, term, TERMS);
    for (int k = 0; k < TERMS; k++) sum[k] += dl_item(term[k]);
    return dl_tape_status(m->tape);
}

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
    return (double)(b->tv_sec - a->tv_sec) + 1e-9 * (double)(b->tv_nsec - a->tv_nsec);
}

static dl_status train(model *m, history *h, double *seconds)
{
    struct timespec start, end;
    *seconds = 0;
    for (int64_t e = 0; e < m->o.epochs; e++) {
        clock_gettime(CLOCK_MONOTONIC, &start);
        dl_optimizer_set_rate(m->optimizer, m->o.rate * (1 - (double)e / (double)m->o.epochs));
        shuffle(m, &m->rng);
        for (int64_t b = 0; b < m->batches; b++)
            if (train_step(m, b * m->o.batch, h->mean[e])) return dl_tape_status(m->tape);
        for (int k = 0; k < TERMS; k++) h->mean[e][k] /= (double)m->batches;
        clock_gettime(CLOCK_MONOTONIC, &end);
        *seconds += seconds_between(&start, &end);
        report_progress(e + 1, m->o.epochs, h->mean[e][TOTAL]);
    }
    return DL_OK;
}

/* ---- measuring ------------------------------------------------------------------------------- */

static dl_status covariance(const model *m, measures *to)
{
    dl_val h;
    int64_t n = m->o.hidden;
    dl_tape_reset(m->tape);
    dl_net_forward(m->net, dl_leaf(m->tape, m->all), (const char *[]){ "fc_1" }, 1, &h);
    dl_val cov = dl_cov(dl_transpose(dl_stripdims(h)));
    to->distance = dl_item(dl_norm_fro(dl_sub(cov, dl_eye_like(cov))));
    const void *c = dl_data(cov);
    for (int64_t i = 0; c && i < n * n; i++)
        to->cov[i] = m->o.dtype == DL_F64 ? ((const double *)c)[i] : (double)((const float *)c)[i];
    return dl_tape_status(m->tape);
}

/* The mean of each term over batches, always the same ones, and cov(H) of all rows. */
static dl_status measure(const model *m, measures *to)
{
    dl_rng fixed = dl_rng_seed(m->o.seed);
    shuffle(m, &fixed);
    for (int64_t b = 0; b < m->batches; b++) {
        dl_val term[TERMS];
        loss(m, next_batch(m, b * m->o.batch), term);
        dl_eval(m->tape, term, TERMS);
        for (int k = 0; k < TERMS; k++) to->term[k] += dl_item(term[k]) / (double)m->batches;
        if (dl_tape_status(m->tape)) return dl_tape_status(m->tape);
    }
    return covariance(m, to);
}

static dl_status show_gradients(const model *m)
{
    dl_check_report report;
    dl_val term[TERMS], param[PARAMS], grad[PARAMS];
    loss(m, next_batch(m, 0), term);
    dl_net_params(m->net, m->tape, param);
    dl_grad(term[TOTAL], param, PARAMS, grad);
    printf("\nGradients of the loss at the start, first batch\n\n");
    if (dl_table_print(m->net, grad, stdout)) return dl_tape_status(m->tape);
    printf("\nChecked against central differences in f64\n\n");
    dl_status s = dl_gradcheck(term[TOTAL], param, PARAMS, NULL, &report);
    if (!s) dl_check_report_print(&report, stdout);
    dl_check_report_free(&report);
    return s;
}

/* ---- the model ------------------------------------------------------------------------------- */

/* In place: mean 0 and variance 1 in every column. */
static dl_status standardize(dl_tape *t, dl_array *table, const char *path)
{
    dl_val x = dl_leaf(t, table);
    dl_assign(table, dl_div(dl_center(x, "0"), dl_std(x, "0")));
    if (dl_eval(t, NULL, 0)) return dl_tape_status(t);
    dl_tape_reset(t);
    for (int64_t j = 0; j < dl_array_size(table, 1); j++)
        if (!isfinite(dl_array_get(table, DL_DIMS(0, j))))
            return dl_tape_reject(t, DL_EFORMAT, "%s: column %lld is constant, it has no variance",
                                  path, (long long)j + 1);
    return DL_OK;
}

static dl_net *network(const options *o, int64_t columns)
{
    const dl_layer layers[] = {
        dl_sequence_input("input", columns),
        dl_fully_connected("fc_1", o->hidden),
        dl_fully_connected("fc_2", columns),
        dl_regression_output("output"),
    };
    return dl_net_new(o->dtype, o->seed, layers, 4);
}

/* Reads the data and puts any error, its own or that of a part, onto the tape. */
static dl_status model_init(model *m)
{
    options *o = &m->o;
    m->tape = dl_tape_new();
    m->table = dl_csv_read(o->data, o->dtype);
    if (dl_array_status(m->table))
        return dl_tape_reject(m->tape, dl_array_status(m->table), "%s", dl_array_message(m->table));
    m->rows = dl_array_size(m->table, 0);
    m->columns = dl_array_size(m->table, 1);
    if (m->rows < 2)
        return dl_tape_reject(m->tape, DL_EFORMAT, "%s: one row, wanted two or more", o->data);
    if (o->batch > m->rows) o->batch = m->rows;
    m->batches = m->rows / o->batch;
    m->rng = dl_rng_seed(o->seed + 1);
    m->net = network(o, m->columns);
    m->optimizer = o->adam ? dl_adam_new(m->net, o->rate, 0.9, 0.999, 1e-8)
                           : dl_sgdm_new(m->net, o->rate, 0.9);
    m->batch = dl_array_new(o->dtype, "TC", DL_DIMS(o->batch, m->columns));
    m->all = dl_array_wrap(dl_array_write(m->table), o->dtype, "TC", DL_DIMS(m->rows, m->columns));
    m->order = calloc((size_t)m->rows, sizeof *m->order);
    if (!m->order) return dl_tape_reject(m->tape, DL_ENOMEM, "out of memory");
    if (dl_array_status(m->batch))
        return dl_tape_reject(m->tape, dl_array_status(m->batch), "%s", dl_array_message(m->batch));
    if (dl_optimizer_status(m->optimizer))
        return dl_tape_reject(m->tape, dl_optimizer_status(m->optimizer), "%s",
                              dl_optimizer_message(m->optimizer));
    return standardize(m->tape, m->table, o->data);
}

static void model_free(model *m)
{
    free(m->order);
    dl_tape_free(m->tape);
    dl_optimizer_free(m->optimizer);
    dl_net_free(m->net);
    dl_array_free(m->batch);
    dl_array_free(m->all);
    dl_array_free(m->table);
}

/* ---- the program ----------------------------------------------------------------------------- */

static void introduce(const model *m)
{
    const options *o = &m->o;
    printf("Constrained autoencoder, input %lld -> fc_1 %lld -> fc_2 %lld, %s, lambda %g, %s\n",
           (long long)m->columns, (long long)o->hidden, (long long)m->columns,
           dl_dtype_name(o->dtype), o->lambda,
           o->literal_norm ? "literal norm: sqrt(sum of all entries of x'x)" : "Frobenius norm");
    printf("%s: %lld rows, every column standardised to mean 0 and variance 1\n", o->data,
           (long long)m->rows);
    printf("%s, rate %g falling to 0, %lld epochs of %lld batches of %lld rows, seed %llu\n",
           o->adam ? "Adam" : "Gradient descent with momentum 0.9", o->rate, (long long)o->epochs,
           (long long)m->batches, (long long)o->batch, (unsigned long long)o->seed);
}

static void conclude(const model *m, const history *h, const measures *before,
                     const measures *after, double seconds)
{
    dl_cache_info cache = dl_cache_stats(m->tape);
    double steps = (double)(m->o.epochs * m->batches);
    report_terms(before->term, after->term);
    printf("\n  |cov(H) - I| over all rows: %.4f before, %.4f after\n", before->distance,
           after->distance);
    report_covariances(before->cov, after->cov, m->o.hidden);
    if (m->o.lambda > 0)
        printf(
            "  The terms pull against each other: l2 shrinks H, so cov(H) stops short of I, and\n"
            "  Q cannot be both decorrelated (l3) and equal to correlated columns X (l4).\n");
    printf("\nWhat was learned\n\n");
    dl_net_print(m->net, stdout);
    printf("\nThe terms by epoch, both axes logarithmic\n\n");
    chart_print(h);
    printf("\n  %.0f steps of loss, gradient and update, %.2f us each\n", steps,
           1e6 * seconds / steps);
    printf("  plans: %llu steps followed the step before, %llu found by key, %llu made\n",
           (unsigned long long)cache.followed, (unsigned long long)cache.hits,
           (unsigned long long)cache.misses);
    printf("  hash of the parameters: %016llx (the same seed gives the same bits)\n",
           (unsigned long long)hash_of(m->net));
}

static dl_status run(model *m, history *h, measures *before, measures *after)
{
    double seconds;
    dl_status s = model_init(m);
    size_t n = (size_t)(m->o.hidden * m->o.hidden);
    *h = (history){ m->o.epochs, calloc((size_t)m->o.epochs, sizeof *h->mean) };
    before->cov = calloc(n, sizeof(double));
    after->cov = calloc(n, sizeof(double));
    if (!h->mean || !before->cov || !after->cov)
        return dl_tape_reject(m->tape, DL_ENOMEM, "out of memory");
    if (s) return s;
    introduce(m);
    if ((s = measure(m, before)) || (s = show_gradients(m))) return s;
    printf("\nTraining\n\n");
    if ((s = train(m, h, &seconds)) || (s = measure(m, after))) return s;
    conclude(m, h, before, after, seconds);
    return DL_OK;
}

int main(int argc, char **argv)
{
    int status;
    model m = { 0 };
    history h = { 0 };
    measures before = { 0 }, after = { 0 };
    setlocale(LC_CTYPE, "");
    if (!options_parse(&m.o, argc, argv, &status)) return status;
    status = run(&m, &h, &before, &after) != DL_OK;
    if (status) fprintf(stderr, "constrained_autoencoder: %s\n", dl_tape_message(m.tape));
    else if (m.o.plot) status = !chart_plot(&h, m.o.plot);
    free(h.mean);
    free(before.cov);
    free(after.cov);
    model_free(&m);
    return status;
}
