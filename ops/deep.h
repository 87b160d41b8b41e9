/* deep.h: the operations of deep learning, on labelled values. What holds for all ops stands in
 * ops.h. */
#ifndef DLTAPE_DEEP_H
#define DLTAPE_DEEP_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x has labels (else DL_ELABEL; give them with dl_label), weights and biases have none. A bias may
 * be left out: (dl_val){ 0 }. */

/* ---- weights --------------------------------------------------------------------------------- */

/* w x + b: x (S.. C B T), w (m, k) with k the number of elements over all S and C, in row-major
 * order (C is the fastest), b (m): the result is (m C, B, T), with B and T where x has them. */
DL_API dl_val dl_fullyconnect(dl_val x, dl_val w, dl_val b);

/* For each convolved axis: a stride and a dilation (0 means 1), zeros before and after it.
 * `same`: as many zeros as give ceil(size / stride) places, the odd one after; before and after
 * are not read. `groups` (0 means 1): channels are split into so many parts, each with filters of
 * its own. */
typedef struct dl_conv_options {
    int64_t stride[3], dilation[3], before[3], after[3], groups;
    int same;
} dl_conv_options;

/* Convolution (cross-correlation, as dlconv) over the one to three axes S of x, or over T where x
 * has no S: y[o, f] = b[f] + sum over taps t and channels c of w[t, c, f] x[o stride + t dilation -
 * before, c]. w is (filter sizes.., channels of a group, filters of a group), with groups an axis
 * more at the end; channel c of group q is channel q C/groups + c of x, and filters likewise.
 * b (filters). Places beyond the padded input are not begun: (size + before + after - (filter - 1)
 * dilation - 1) / stride + 1 of them, rounded down. A zero of the padding is left out, not
 * multiplied. Derivatives are convolutions again. Errors: DL_ELABEL, DL_ERANK, DL_ESHAPE, DL_EARG.
 */
DL_API dl_val dl_conv(dl_val x, dl_val w, dl_val b, dl_conv_options options);

/* The transposed convolution (dltranspconv): adjoint of dl_conv in x. w is (filter sizes.., filters
 * of a group, channels of a group[, groups]). before and after are cropped: (size - 1) stride +
 * (filter - 1) dilation + 1 - before - after places; `same` gives size stride of them (else
 * DL_ESHAPE: filter smaller than stride). */
DL_API dl_val dl_transposed_conv(dl_val x, dl_val w, dl_val b, dl_conv_options options);

/* ---- normalisation: (x - mean) / sqrt(variance + epsilon), times scale, plus offset -----------
 */

/* offset and scale: (C) each. Variances are divided by n. Derivatives: those of the formula; where
 * the variance is 0 and epsilon too, NaN. Error: sizes that are not that of C (DL_ESHAPE). */
/* Over all axes but C. mean and variance, if not null, receive those of x, (C): for running ones.
 */
DL_API dl_status dl_batchnorm(dl_val x, dl_val offset, dl_val scale, double epsilon, dl_val *y,
                              dl_val *mean, dl_val *variance);
/* With given mean and variance, (C): for inference. */
DL_API dl_val dl_batchnorm_given(dl_val x, dl_val offset, dl_val scale, dl_val mean,
                                 dl_val variance, double epsilon);
/* Over S and C, for each observation and each time step, as in Ba, Kiros and Hinton 2016. (MATLAB's
 * layernorm is over S, T, C and U, for each observation.) */
DL_API dl_val dl_layernorm(dl_val x, dl_val offset, dl_val scale, double epsilon);
/* Over the axes of which the label is among the letters: "C", or "STCU" as MATLAB. Letters that x
 * does not have name none; others than S, C, B, T and U: DL_EARG. */
DL_API dl_val dl_layernorm_over(dl_val x, const char *letters, dl_val offset, dl_val scale,
                                double epsilon);
/* Over S and T (groups: and over the channels of each of `groups` equal groups), for each
 * observation. Ulyanov 2016; Wu and He 2018. */
DL_API dl_val dl_instancenorm(dl_val x, dl_val offset, dl_val scale, double epsilon);
DL_API dl_val dl_groupnorm(dl_val x, int64_t groups, dl_val offset, dl_val scale, double epsilon);
/* x / sqrt(mean of x^2 over C + epsilon) times scale. Zhang and Sennrich 2019. */
DL_API dl_val dl_rmsnorm(dl_val x, dl_val scale, double epsilon);
/* x / (k + alpha s / window)^beta, s the sum of the squares of `window` channels: (window - 1) / 2
 * before its own, rounded down, and window / 2 after it. Channels that are not there count as
 * zeros. MATLAB's defaults: alpha 1e-4, beta 0.75, k 2. Errors: DL_ELABEL; DL_EARG unless window >=
 * 1, alpha >= 0, k > 0, all numbers finite. Krizhevsky, Sutskever and Hinton 2012, 3.3. */
DL_API dl_val dl_crosschannelnorm(dl_val x, int64_t window, double alpha, double beta, double k);

/* ---- pooling --------------------------------------------------------------------------------- */

/* The mean over windows of one size for each axis S; strides (0 means 1), zeros around and `same`
 * as for dl_conv. Zeros of the padding count as elements. */
DL_API dl_val dl_avgpool(dl_val x, const int64_t *window, dl_conv_options options);
/* The mean over all axes S, which stay with size 1. */
DL_API dl_val dl_global_avgpool(dl_val x);

/* The largest element of windows over the axes S; zeros around are in no window and
 * fewer than a window has; dilation and groups are not taken (DL_EARG). A NaN is larger than all.
 * The derivative goes to the first of the largest. index: i64, where in x each lies, counted in
 * row-major order; may be null. */
DL_API dl_val dl_maxpool(dl_val x, const int64_t *window, dl_conv_options options);
DL_API dl_status dl_maxpool_indices(dl_val x, const int64_t *window, dl_conv_options options,
                                    dl_val *y, dl_val *index);
/* The largest element over all axes S, which stay with size 1; NaN, if one is. The derivative goes
 * to the first of the largest. No axis S: DL_ELABEL; no elements along them: DL_ESHAPE. */
DL_API dl_val dl_global_maxpool(dl_val x);
/* Zeros with the sizes and labels of like, and the elements of y added where index says; an index
 * outside is left out. The derivative takes the elements back (of an index outside: NaN). */
DL_API dl_val dl_maxunpool(dl_val y, dl_val index, dl_val like);

/* ---- attention ------------------------------------------------------------------------------- */

/* Zero or empty in a field takes its default. */
typedef struct dl_attention_options {
    double scale; /* of the scores; 0: 1 / sqrt(channels of a head) */
    int causal;   /* a query does not see keys behind its own place */
    /* (keys, queries, heads, observations), of which sizes may be 1 and the last ones missing. u8:
     * which keys a query sees; of the dtype of the queries: numbers added to the scores. */
    dl_val mask;
    dl_val padding; /* u8, sizes and labels of the keys but 1 along C: which keys are seen at all */
    double dropout; /* the probability to drop a weight, as dl_dropout, and its key */
    dl_val key;
} dl_attention_options;

/* softmax(scale k'q) over the keys, and v times that, for each head and observation: MATLAB's
 * `attention`. queries (C, B, T), keys and values of as many observations, places of their own, and
 * the labels of the queries, or none; S may stand for T, and B be missing. C is parted into `heads`
 * parts; queries and keys have equal numbers of channels, the values may have another, which is
 * that of the result (C, B, T of the queries). options null: all defaults. A query all of whose
 * keys are hidden gets 0, and no derivative; hidden keys and values must be finite numbers, as they
 * are multiplied by 0. Derivatives of all operands and of a mask of numbers. Errors: DL_ELABEL,
 * DL_ESHAPE, DL_EARG (heads). Vaswani et al., Attention is all you need, 2017. */
DL_API dl_val dl_attention(dl_val queries, dl_val keys, dl_val values, int64_t heads,
                           const dl_attention_options *options);
/* The same, and the weights before dropout, (keys, queries, heads, observations); either may be
 * null. */
DL_API dl_status dl_attention_weights(dl_val queries, dl_val keys, dl_val values, int64_t heads,
                                      const dl_attention_options *options, dl_val *y,
                                      dl_val *weights);

/* ---- recurrent layers: x (C, B, T), else DL_ELABEL ------------------------------------------- */

/* With H hidden units and G gates: w (G H, C), r (G H, H), b (G H), states h0 and c0 (H, B); their
 * labels are dropped. y is (H C, B, T), the last states are (H C, B); either may be null. Errors:
 * DL_ESHAPE, with the sizes wanted. s is the sigmoid, * elementwise. */
/* h = tanh(w x + r h + b). Elman 1990. */
DL_API dl_status dl_rnn(dl_val x, dl_val h0, dl_val w, dl_val r, dl_val b, dl_val *y, dl_val *h);
/* Rows of w, r and b: reset q, update z, candidate. k = tanh(wk x + bk + q * (rk h)), then h = (1 -
 * z) * k + z * h: reset after the product, as dlarray's default. Cho 2014. */
DL_API dl_status dl_gru(dl_val x, dl_val h0, dl_val w, dl_val r, dl_val b, dl_val *y, dl_val *h);
/* Rows: input i, forget f, cell g, output o. c = s(f) * c + s(i) * tanh(g), h = s(o) * tanh(c).
 * Hochreiter and Schmidhuber 1997; Gers 2000. */
DL_API dl_status dl_lstm(dl_val x, dl_val h0, dl_val c0, dl_val w, dl_val r, dl_val b, dl_val *y,
                         dl_val *h, dl_val *c);

#ifdef __cplusplus
}
#endif
#endif
