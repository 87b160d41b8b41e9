/* losses.h: losses. What holds for all ops stands in ops.h.
 *
 * Every loss but the four oldest takes its options last: `dl_huber(y, t, 1, NULL)`, or
 *     dl_huber(y, t, 1, &(dl_loss_options){ .weights = w, .reduction = DL_MEAN_BATCH })
 * and those four have a second form: dl_mse(y, t) is dl_mse_with(y, t, NULL). A loss is made of
 * elements; which, each says. An element is multiplied by its weight and by its mask, and then all
 * are reduced. "/ N" below is the default of dlarray, DL_MEAN_BATCH: a sum over all elements,
 * divided by the size of axis B (by 1 without one). That is the default unless a loss names
 * another.
 *
 * y (or x) and target have the same sizes and labels, or one of them has no labels (else DL_ESHAPE,
 * DL_ELABEL): a loss that broadcasts hides mistakes. Losses are differentiable by all values they
 * take, to any order; kinks as the ops say of which they are made. Log probabilities are taken of
 * max(y, tiny), tiny the smallest normal number of the dtype: below it the value is finite (-87.3
 * in f32, -708.4 in f64) and the derivative 0. */
#ifndef DLTAPE_LOSSES_H
#define DLTAPE_LOSSES_H

#include "../autodiff/autodiff.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dl_loss_reduction {
    DL_REDUCTION_DEFAULT, /* that of the loss */
    DL_NO_REDUCTION,      /* the elements */
    DL_SUM,               /* their sum; this and all below: rank 0 */
    DL_MEAN_BATCH,        /* the sum divided by the size of axis B */
    DL_MEAN_ELEMENTS,     /* the sum divided by the number of elements, masked ones included */
    DL_MEAN_INCLUDED,     /* the sum divided by the number of elements whose mask is not 0 and whose
                           * index is not ignored; of none 0 */
} dl_loss_reduction;

/* Zero or empty in a field takes its default. */
typedef struct dl_loss_options {
    dl_loss_reduction reduction;
    /* A factor of each element, of the dtype of y; broadcasts to the elements. */
    dl_val weights;
    /* Another one, u8 (0 or not) or of the dtype of y; broadcasts to y. Where it is 0, y, target
     * and weights are not looked at: a NaN there reaches neither the value nor a gradient. It has
     * no derivative. */
    dl_val mask;

    /* Only of losses over classes, the axis of those of vectors too; others reject them (DL_EARG).
     */
    const char *axis;     /* of the classes: null: C, or without labels the last one */
    dl_val class_weights; /* one number for each class, a factor of the terms of that class */
    double smoothing;     /* s: the target becomes (1 - s) target + s / number of classes; 0 to 1 */
    const int64_t *ignore; /* of index losses: what stands for no class, &(int64_t){ -1 } */
} dl_loss_options;

/* ---- of numbers: elements of the sizes of y -------------------------------------------------- */

/* dlarray's mse, the HALF mean squared error: (y - t)^2 / 2, / N. */
DL_API dl_val dl_mse(dl_val y, dl_val target);
DL_API dl_val dl_mse_with(dl_val y, dl_val target, const dl_loss_options *o);
/* The plain one: (y - t)^2. Default: DL_MEAN_ELEMENTS. */
DL_API dl_val dl_mean_squared_error(dl_val y, dl_val target);
DL_API dl_val dl_mean_squared_error_with(dl_val y, dl_val target, const dl_loss_options *o);
DL_API dl_val dl_l1loss(dl_val y, dl_val target); /* |y - t|, / N; derivative 0 where y = t */
DL_API dl_val dl_l1loss_with(dl_val y, dl_val target, const dl_loss_options *o);
DL_API dl_val dl_l2loss(dl_val y, dl_val target); /* (y - t)^2, / N, without the half */
DL_API dl_val dl_l2loss_with(dl_val y, dl_val target, const dl_loss_options *o);

/* With d = y - t: d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), / N. delta > 0, 1 gives
 * dlarray's "smooth L1"; it may change without a new plan. Huber 1964. */
DL_API dl_val dl_huber(dl_val y, dl_val target, double delta, const dl_loss_options *o);
/* log cosh d, / N: d^2 / 2 near 0, |d| - log 2 far from it; within 6 ulp of it everywhere, and
 * finite where d is. Derivative tanh d. */
DL_API dl_val dl_log_cosh(dl_val y, dl_val target, const dl_loss_options *o);
/* sqrt(d^2 + epsilon^2), / N, finite where d is, epsilon > 0. Charbonnier et al. 1994. */
DL_API dl_val dl_charbonnier(dl_val y, dl_val target, double epsilon, const dl_loss_options *o);
/* Poisson: e^x - t x, / N, x the logarithm of the rate; log t! is left out. */
DL_API dl_val dl_poisson_nll(dl_val x, dl_val target, const dl_loss_options *o);
/* Gauss: (log v + (y - t)^2 / v) / 2, / N, with v = max(variance, least), least > 0, of the sizes
 * of y; log(2 pi) / 2 is left out. Nix and Weigend 1994. */
DL_API dl_val dl_gaussian_nll(dl_val y, dl_val target, dl_val variance, double least,
                              const dl_loss_options *o);
/* max(0, 1 - t y), t -1 or 1, / N; derivative 0 at the kink. */
DL_API dl_val dl_hinge(dl_val y, dl_val target, const dl_loss_options *o);

/* ---- of probabilities ------------------------------------------------------------------------ */

/* dlarray's crossentropy of one label: y and t are probabilities of classes, elements
 * -t log y of the sizes of y, / N. */
DL_API dl_val dl_cross_entropy(dl_val y, dl_val target, const dl_loss_options *o);
/* dlarray's crossentropy of several labels, the binary one: -t log y - (1 - t) log(1 - y), elements
 * of the sizes of y, / N. class_weights are taken, smoothing counts two classes. */
DL_API dl_val dl_binary_cross_entropy(dl_val y, dl_val target, const dl_loss_options *o);
/* dlarray's focalCrossEntropy: -alpha t (1 - y)^gamma log y, / N. alpha 0.25 and gamma 2 in the
 * paper: Lin et al., Focal Loss for Dense Object Detection, 2017. 0 <= alpha <= 1
 * and gamma >= 0, else DL_EARG. */
DL_API dl_val dl_focal_cross_entropy(dl_val y, dl_val target, double alpha, double gamma,
                                     const dl_loss_options *o);
/* Of t from y, KL(t || y): t (log t - log y), 0 where t = 0, / N. Kullback and Leibler 1951. */
DL_API dl_val dl_kl_divergence(dl_val y, dl_val target, const dl_loss_options *o);
/* 1 - (2 sum y t + e) / (sum y + sum t + e), the sums over the axes S; without labels, or without
 * an axis S, over all axes, e >= 0; 0 / 0 is 0. The elements are those sums, weights broadcast to
 * them, a mask to y. Default: DL_MEAN_ELEMENTS. Milletari et al., V-Net, 2016 (without the
 * squares). */
DL_API dl_val dl_dice(dl_val y, dl_val target, double e, const dl_loss_options *o);

/* ---- of logits: stable for any size of x ----------------------------------------------------- */

/* dl_cross_entropy of softmax(x) over the classes: -t log softmax(x), elements of the sizes of x,
 * / N. A class with t = 0 adds 0 even if x is -inf there. A mask is the same for all classes of an
 * observation (size 1, or missing, along their axis), else DL_ESHAPE. */
DL_API dl_val dl_cross_entropy_logits(dl_val x, dl_val target, const dl_loss_options *o);
/* dl_binary_cross_entropy of sigmoid(x): max(x, 0) - t x + log(1 + e^-|x|), / N. */
DL_API dl_val dl_binary_cross_entropy_logits(dl_val x, dl_val target, const dl_loss_options *o);
/* The focal loss of the paper, of independent labels t (0 or 1): with z = (1 - 2t) x, and a = alpha
 * where t = 1, else 1 - alpha: a sigmoid(z)^gamma log(1 + e^z), / N. */
DL_API dl_val dl_focal_logits(dl_val x, dl_val target, double alpha, double gamma,
                              const dl_loss_options *o);

/* ---- of class indices: i32 or i64, counted from 0 -------------------------------------------- */

/* The index has the sizes of x without the axis of the classes, or with size 1 there. Elements have
 * size 1 there, / N. An index that is no class gives NaN, unless it is the one to ignore, whose
 * element is 0 with zero gradient; another negative index or one from the number of classes on is a
 * mistake that shows. Errors: DL_EDTYPE, DL_ESHAPE, DL_ELABEL, DL_EAXIS. */

/* -log softmax(x)[index]; with smoothing s it is (1 - s) of that and s of the mean over the
 * classes. PyTorch's cross_entropy is this one with DL_MEAN_INCLUDED; it divides by the sum of
 * the class weights instead where it has some. */
DL_API dl_val dl_index_cross_entropy_logits(dl_val x, dl_val index, const dl_loss_options *o);
/* dlarray's indexcrossentropy, of probabilities: -log y[index]. */
DL_API dl_val dl_index_cross_entropy(dl_val y, dl_val index, const dl_loss_options *o);
/* The negative log likelihood, of log probabilities: -y[index]. */
DL_API dl_val dl_nll(dl_val y, dl_val index, const dl_loss_options *o);
/* y[index] along the axis (null: C, or the last one): what these losses pick. An index outside
 * gives NaN and no gradient. */
DL_API dl_val dl_pick(dl_val y, dl_val index, const char *axis);

/* ---- of sequences ---------------------------------------------------------------------------- */

/* Connectionist temporal classification: -log of the probability of all alignments that spell the
 * target. An alignment names a class at each time, its probability is the product of theirs; it
 * spells what is left when repetitions become one and blanks are left out. Elements, of size 1
 * along C and T, / N.
 *
 * y are log probabilities, dl_log_softmax(x, "C"), with the labels C B T or none: (classes,
 * observations, times); else DL_ELABEL, DL_ESHAPE. target (observations, labels) holds i32 or i64,
 * counted from 0, and target_length (observations) how many of them count; length (observations)
 * says how many times do. A length that is empty, (dl_val){ 0 }, stands for all. The labels of
 * these three mean nothing; they have no derivative. What is behind a length is not looked at:
 * a NaN there reaches nothing. blank is a class, else DL_EARG.
 *
 * With b_u the logarithm of the probability of having spelled u labels and being at a blank, l_u at
 * the last label, from b_0 = 0 and nothing else, at each time
 *     b_u = y(blank) + log(e^b_u + e^l_u)
 *     l_u = y(label u) + log(e^l_u + e^b_(u-1) + e^l_(u-1)), the last term unless label u - 1 is
 *                                                            the same
 * and the element is -log(e^b_n + e^l_n), n the length of the target. What cannot be is -1e30.
 * A target that no alignment spells, or whose alignments have probability 0 (the element were more
 * than 1e29), gives inf, and one with a label that is the blank or no class, or with a length that
 * is not there, NaN; either has zero gradient. A plan grows with the number of times. Graves et
 * al., 2006. */
DL_API dl_val dl_ctc(dl_val y, dl_val target, dl_val target_length, dl_val length, int64_t blank,
                     const dl_loss_options *o);

/* ---- of vectors: along C, or without labels along the last axis, or `axis` ------------------- */

/* Elements have size 1 along that axis, / N. |.| is the Euclidean norm, whose derivative at 0 is 0.
 * Weights broadcast to the elements; a mask too, it has size 1 (or none) along that axis. */

/* max(0, |anchor - positive| - |anchor - negative| + margin). Schroff et al., FaceNet, 2015. */
DL_API dl_val dl_triplet_margin(dl_val anchor, dl_val positive, dl_val negative, double margin,
                                const dl_loss_options *o);
/* With D = |a - b| and t 1 for a pair that belongs together, else 0, of the sizes of the elements:
 * t D^2 / 2 + (1 - t) max(0, margin - D)^2 / 2. Hadsell et al. 2006. */
DL_API dl_val dl_contrastive(dl_val a, dl_val b, dl_val target, double margin,
                             const dl_loss_options *o);
/* With c = a.b / (|a| |b|), 0 if either is 0, and t 1 or -1, of the sizes of the elements:
 * 1 - c for t = 1, max(0, c - margin) for t = -1. */
DL_API dl_val dl_cosine_embedding(dl_val a, dl_val b, dl_val target, double margin,
                                  const dl_loss_options *o);

/* ---- of critics: Arjovsky et al., Wasserstein GAN, 2017 -------------------------------------- */

/* mean(fake) - mean(real) over all scores; the sizes may differ. */
DL_API dl_val dl_wasserstein_critic(dl_val real, dl_val fake);
DL_API dl_val dl_wasserstein_generator(dl_val fake); /* -mean(fake) */
/* The mean over observations of (|d score / d x| - 1)^2, the norm over all axes of x but B (without
 * labels all but the first); derivative of the norm 0 at 0. `score` was computed from x, one
 * observation from its own x. It holds a gradient, so its own is a second derivative. Gulrajani et
 * al., 2017. */
DL_API dl_val dl_gradient_penalty(dl_val score, dl_val x);

#ifdef __cplusplus
}
#endif
#endif
