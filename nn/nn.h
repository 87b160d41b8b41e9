/* nn.h: layers, networks, initialisers, optimisers and tables of data, on the ops of ops/ops.h.
 *
 * A network is a list of layers and the arrays that it learns. It knows no loss and no training
 * loop: dl_net_forward and dl_net_param give ordinary values, a loss is any expression in them,
 * dl_grad derives it, and an optimiser records the update on the same tape, so that loss, gradient
 * and update are one plan.
 *
 * No constructor returns null: what could not be made carries status and message, and any tape that
 * meets it takes the error over. */
#ifndef DLTAPE_NN_H
#define DLTAPE_NN_H

#include "../autodiff/autodiff.h"
#include "../autodiff/fn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- random numbers -------------------------------------------------------------------------- */

/* xoshiro256** (Blackman and Vigna 2021), its state filled by SplitMix64. A plain value: a copy
 * goes on with the same numbers. Only sums, products, quotients and square roots of doubles are
 * used, so a seed gives the same bits on every machine with IEEE 754 arithmetic. */
typedef struct dl_rng {
    uint64_t state[4];
} dl_rng;

DL_API dl_rng dl_rng_seed(uint64_t seed);
DL_API uint64_t dl_rng_next(dl_rng *rng);
/* k 2^-53 with k = 0 .. 2^53 - 1: 0 <= u < 1. */
DL_API double dl_rng_uniform(dl_rng *rng);
/* Mean 0, variance 1: the polar method (Marsaglia and Bray 1964). */
DL_API double dl_rng_normal(dl_rng *rng);
/* 0 .. n-1, all equally probable; 0 for n = 0. */
DL_API uint64_t dl_rng_below(dl_rng *rng, uint64_t n);
/* Puts n numbers into random order, all orders equally probable (Fisher and Yates). */
DL_API void dl_rng_shuffle(dl_rng *rng, int64_t *index, int64_t n);

/* MT19937 (Matsumoto and Nishimura 1998), to replay examples written for MATLAB: with seed 5489
 * dl_twister_uniform gives the numbers of its `rand` in a fresh session, to be filled in column by
 * column, and 1 + floor(n u) those of its randi(n). Its randn and randperm are not covered. */
typedef struct dl_twister {
    uint32_t state[624];
    int at;
} dl_twister;
DL_API dl_twister dl_twister_seed(uint32_t seed);
DL_API uint32_t dl_twister_next(dl_twister *t);
DL_API double dl_twister_uniform(dl_twister *t); /* 0 <= u < 1, with 53 bits */

/* Fills the weights w, (outputs, inputs), f32 or f64. One of the caller's own may be given to
 * dl_with_initializer. */
typedef dl_status dl_initializer(dl_array *w, dl_rng *rng);

DL_API dl_initializer dl_glorot; /* uniform within +-sqrt(6 / (in + out)); Glorot and Bengio 2010 */
DL_API dl_initializer dl_he;     /* normal of variance 2 / in; He, Zhang, Ren and Sun 2015 */

/* ---- layers ---------------------------------------------------------------------------------- */

#define DL_MAX_LAYER_NAME 31

/* What a layer is, before there is a network: a value, made by the functions below. Its name must
 * live until dl_net_new has returned. */
typedef struct dl_layer {
    const struct dl_layer_kind *kind;
    const char *name;
    int64_t size;                /* features of an input, outputs of a fully connected layer */
    dl_initializer *initializer; /* null: dl_glorot */
    double number;               /* slope, alpha or ceiling of an elementwise one */
} dl_layer;

/* The first layer. A value that enters has `features` along C, its first axis: without labels
 * (C,N), or labelled "CB" for feature input, "CT", "CBT" or "CB" for sequence input. */
DL_API dl_layer dl_feature_input(const char *name, int64_t features);
DL_API dl_layer dl_sequence_input(const char *name, int64_t features);
/* y = W x + b along C, for each observation and time step: Weights (outputs, inputs), initialised
 * by dl_glorot, Bias (outputs, 1), zero. */
DL_API dl_layer dl_fully_connected(const char *name, int64_t outputs);
/* Elementwise; formulas, derivatives and kinks as the ops of these names: dl_tanh, dl_relu .. */
DL_API dl_layer dl_tanh_layer(const char *name);
DL_API dl_layer dl_relu_layer(const char *name);
DL_API dl_layer dl_sigmoid_layer(const char *name);
DL_API dl_layer dl_softplus_layer(const char *name);
DL_API dl_layer dl_gelu_layer(const char *name);
DL_API dl_layer dl_silu_layer(const char *name); /* also called swish */
DL_API dl_layer dl_leaky_relu_layer(const char *name, double slope);
DL_API dl_layer dl_elu_layer(const char *name, double alpha);
/* dl_clamp(dl_relu(x), 0, ceiling): the slope is 0 at 0 and 1 at the ceiling. A ceiling below 0 is
 * DL_EARG when the layer is recorded. */
DL_API dl_layer dl_clipped_relu_layer(const char *name, double ceiling);
/* y = x: marks the output. The loss is the caller's, dl_mse for instance. */
DL_API dl_layer dl_regression_output(const char *name);

/* The same layer with other weights at first:
 * `dl_with_initializer(dl_fully_connected("fc", 8), dl_he)`. */
DL_API dl_layer dl_with_initializer(dl_layer layer, dl_initializer *initializer);

/* ---- networks -------------------------------------------------------------------------------- */

typedef struct dl_net dl_net;

/* A network of f32 or f64 with its learnables initialised, layer by layer, from `seed`: the same
 * seed, the same bits. Errors: DL_EDTYPE; DL_EARG for no layers, a first layer that is no input, an
 * input elsewhere, a name that is missing, longer than DL_MAX_LAYER_NAME or used twice; DL_ESHAPE
 * for a size below 1; DL_ENULL, DL_ENOMEM, DL_EOVERFLOW, and what an initialiser returns. */
DL_API dl_net *dl_net_new(dl_dtype dtype, uint64_t seed, const dl_layer *layers, int n);
DL_API void dl_net_free(dl_net *net); /* null is fine; no tape may use its arrays any more */

DL_API dl_status dl_net_status(const dl_net *net);
DL_API const char *dl_net_message(const dl_net *net); /* "" when all is well */
DL_API dl_dtype dl_net_dtype(const dl_net *net);

/* One array that is learned: "fc_1", "Weights", and the array, whose name is "fc_1.Weights". */
typedef struct dl_learnable {
    const char *layer, *parameter;
    dl_array *value;
} dl_learnable;

/* All of them in the order of the layers, counted from 0; fields are null for a number outside. */
DL_API int dl_net_learnables(const dl_net *net);
DL_API dl_learnable dl_net_learnable(const dl_net *net, int i);
/* By name; null if there is none. Written with dl_array_write, it is the next step's parameter. */
DL_API dl_array *dl_net_array(const dl_net *net, const char *layer, const char *parameter);

/* A learnable as a value on the tape. Asked for twice it is the same value, and the one that
 * dl_net_forward uses. DL_EARG if there is none: the message lists those there are. */
DL_API dl_val dl_net_param(const dl_net *net, dl_tape *t, const char *layer, const char *parameter);
/* All of them in order, for dl_grad: out has room for dl_net_learnables(net). */
DL_API dl_status dl_net_params(const dl_net *net, dl_tape *t, dl_val *out);

/* Records the layers up to the last one asked for, and gives the outputs of the n layers named.
 * Outputs have the labels of x. An input layer gives x, a fully connected one the affine map before
 * any activation, as the layers stand in the list. DL_ESHAPE for a wrong number of features,
 * DL_ELABEL, DL_ERANK, DL_EDTYPE; DL_EARG for a layer that is not there: the message lists those
 * there are. */
DL_API dl_status dl_net_forward(const dl_net *net, dl_val x, const char *const *layers, int n,
                                dl_val *out);
/* The output of the last layer. */
DL_API dl_val dl_net_predict(const dl_net *net, dl_val x);

/* The learnables as a table: Layer, Parameter, Value (sizes and dtype), Mean, Min, Max, Norm
 * (Euclidean). DL_EFILE if it cannot be written. */
DL_API dl_status dl_net_print(const dl_net *net, FILE *to);
/* The same table of one value for each learnable, of its sizes, such as gradients; they are
 * computed if need be. Returns the status of their tape, DL_ESHAPE, or DL_EFILE. */
DL_API dl_status dl_table_print(const dl_net *net, const dl_val *values, FILE *to);

/* ---- optimisers: recorded as ops, carried out by the evaluation that comes next -------------- */

typedef struct dl_optimizer dl_optimizer;

/* dlarray's defaults, in place of the arguments: `dl_adam_new(net, DL_ADAM_DEFAULTS)`. */
#define DL_SGDM_DEFAULTS 0.01, 0.9
#define DL_ADAM_DEFAULTS 1e-3, 0.9, 0.999, 1e-8

/* Gradient descent with momentum (Polyak 1964): v = momentum v - rate g, w = w + v; v = 0 at first.
 * DL_EARG unless rate >= 0 and 0 <= momentum < 1. The net must outlive the optimiser. */
DL_API dl_optimizer *dl_sgdm_new(dl_net *net, double rate, double momentum);
/* Adam (Kingma and Ba 2015, algorithm 1), in step k = 1, 2, ...:
 *     m = beta1 m + (1 - beta1) g,  s = beta2 s + (1 - beta2) g^2,  m = s = 0 at first,
 *     w = w - rate (m / (1 - beta1^k)) / (sqrt(s / (1 - beta2^k)) + epsilon).
 * DL_EARG unless rate >= 0, 0 <= beta1, beta2 < 1, epsilon > 0. */
DL_API dl_optimizer *dl_adam_new(dl_net *net, double rate, double beta1, double beta2,
                                 double epsilon);
DL_API void dl_optimizer_free(dl_optimizer *o); /* null is fine */

DL_API dl_status dl_optimizer_status(const dl_optimizer *o);
DL_API const char *dl_optimizer_message(const dl_optimizer *o);

/* The learning rate of the steps recorded from now on; another rate makes no new plan. DL_EARG
 * unless rate >= 0. */
DL_API dl_status dl_optimizer_set_rate(dl_optimizer *o, double rate);
DL_API double dl_optimizer_rate(const dl_optimizer *o);
/* Updates carried out so far. The count belongs to the optimiser: a step that was recorded and
 * never evaluated does not count, nor does one that failed. */
DL_API int64_t dl_optimizer_steps(const dl_optimizer *o);

/* Records the update of every learnable, gradients in their order; the next evaluation of the tape
 * stores the new values. Once between two evaluations. Returns the tape's status. */
DL_API dl_status dl_optimizer_step(dl_optimizer *o, const dl_val *gradients);
/* What the step recorded last reads besides learnables and gradients, as inputs for dl_fn_create:
 * each learnable's states, called "m_fc_1_Weights" (m and s, or v), then the numbers of step k:
 *     sgdm: rate;  adam: rate / (1 - beta1^k) as "rate", 1 / (1 - beta2^k) as "correction".
 * Returns how many there are; `in` may be null. The new states become outputs, called
 * "new_m_fc_1_Weights". Names live as long as the optimiser. */
DL_API int dl_optimizer_inputs(const dl_optimizer *o, dl_fn_arg *in);

/* ---- data ------------------------------------------------------------------------------------ */

/* A table of numbers, rows x columns, f32 or f64, without labels.
 *
 * Fields are separated by ',', or by ';' if the first line has one; they may stand in double
 * quotes; a first line without any number is a header and is skipped. Numbers have a decimal point,
 * whatever the locale. Lines end in LF or CRLF; blank lines at the end do not count.
 *
 * Never null: on failure an array that carries the error. DL_EFILE "path: No such file or
 * directory"; DL_EFORMAT "path:line:column: ..." with the place of the offending field: not a
 * number, NaN or infinity, out of the range of the dtype, an empty field, a row of another length
 * than the first, a line longer than 1 MiB, a number longer than 4095 characters, a broken quote,
 * nothing in the file. */
DL_API dl_array *dl_csv_read(const char *path, dl_dtype dtype);

/* ---- file:line, recorded by macros ----------------------------------------------------------- */

/* dl_net_forward, dl_net_params and dl_optimizer_step, called from `place`. */
DL_API dl_status dl_net_forward_at(const char *place, const dl_net *net, dl_val x,
                                   const char *const *layers, int n, dl_val *out);
DL_API dl_status dl_net_params_at(const char *place, const dl_net *net, dl_tape *t, dl_val *out);
DL_API dl_status dl_optimizer_step_at(const char *place, dl_optimizer *o, const dl_val *gradients);

#ifndef DL_NO_PLACES
#define dl_net_param(...) DL_PLACED(dl_net_param(__VA_ARGS__))
#define dl_net_predict(...) DL_PLACED(dl_net_predict(__VA_ARGS__))
#define dl_net_forward(...) dl_net_forward_at(DL_PLACE, __VA_ARGS__)
#define dl_net_params(...) dl_net_params_at(DL_PLACE, __VA_ARGS__)
#define dl_optimizer_step(...) dl_optimizer_step_at(DL_PLACE, __VA_ARGS__)
#endif

#ifdef __cplusplus
}
#endif
#endif
