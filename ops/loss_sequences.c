/* loss_sequences.c: losses of sequences. The recursion over time is made of ops, so that the tape
 * differentiates it to any order. Inside, values are (times, labels, observations): what happens at
 * one time lies together. */
#include "losses_internal.h"

#include <math.h>

/* The logarithm of what cannot be: finite, so that no 0 meets an infinity. */
static const double never = -1e30;

typedef struct sequences {
    int64_t classes, observations, times, labels;
    dl_val label, target_length, length; /* i64: (1,labels,observations), (1,1,observations) */
    dl_val used, bad, wrong; /* masks: a label counts; it is no class; a sequence has such a one */
} sequences;

/* ---- what is given --------------------------------------------------------------------------- */

static bool take_y(sequences *s, dl_val y)
{
    char is[DL_SHAPE_TEXT];
    const dl_shape *of = dl_shape_of(y);
    bool labels = !of->labels[0] || strcmp(of->labels, "CBT") == 0;
    if (of->rank == 3 && labels) {
        s->classes = of->dim[0], s->observations = of->dim[1], s->times = of->dim[2];
        return true;
    }
    dl_fail(y.tape, labels ? DL_ESHAPE : DL_ELABEL, "ctc", "y %s, wanted the axes C B T",
            dl_shape_text(of, is, sizeof is));
    return false;
}

/* Integers of these sizes as i64, without labels; `labels` -1: one for each observation. */
static bool take_integers(const char *what, dl_val *x, int64_t observations, int64_t labels)
{
    char is[DL_SHAPE_TEXT];
    const dl_shape *of = dl_shape_of(*x);
    dl_dtype dtype = (dl_dtype)of->dtype;
    if (dtype != DL_I32 && dtype != DL_I64) {
        dl_fail(x->tape, DL_EDTYPE, "ctc", "%s is %s, wanted i32 or i64", what,
                dl_dtype_name(dtype));
        return false;
    }
    if (of->rank != (labels < 0 ? 1 : 2) || of->dim[0] != observations) {
        dl_fail(x->tape, DL_ESHAPE, "ctc", "%s %s, wanted %s for %lld observations", what,
                dl_shape_text(of, is, sizeof is), labels < 0 ? "a vector" : "a matrix",
                (long long)observations);
        return false;
    }
    *x = dl_cast(dl_stripdims(*x), DL_I64);
    if (labels < 0) *x = dl_reshape(*x, 3, (const int64_t[]){ 1, 1, observations });
    return true;
}

/* Empty: `all` for each observation. */
static bool take_length(const char *what, dl_val *x, dl_val y, const sequences *s, int64_t all)
{
    if (!x->tape) *x = dl_arange_i64(y.tape, all, 0, s->observations);
    return dl_usable("ctc", (dl_val[]){ y, *x }, 2) && take_integers(what, x, s->observations, -1);
}

static dl_val outside(dl_val x, int64_t last)
{
    return dl_or(dl_lt_scalar(x, 0), dl_gt_scalar(x, (double)last));
}

static void find_wrong(sequences *s, dl_tape *t, int64_t blank)
{
    dl_val place = dl_arange_i64(t, 0, 1, s->labels);
    place = dl_reshape(place, 3, (const int64_t[]){ 1, s->labels, 1 });
    s->used = dl_lt(place, s->target_length);
    s->bad = dl_or(outside(s->label, s->classes - 1), dl_eq_scalar(s->label, (double)blank));
    dl_val lengths = dl_or(outside(s->target_length, s->labels), outside(s->length, s->times));
    s->wrong = dl_or(lengths, dl_any(dl_and(s->used, s->bad), "1"));
}

static bool take(sequences *s, dl_val y, dl_val target, int64_t blank)
{
    if (!take_y(s, y) || !dl_usable("ctc", (dl_val[]){ y, target }, 2)
        || !take_integers("target", &target, s->observations, 0))
        return false;
    if (blank < 0 || blank >= s->classes) {
        dl_fail(y.tape, DL_EARG, "ctc", "blank %lld is none of %lld classes", (long long)blank,
                (long long)s->classes);
        return false;
    }
    s->labels = dl_size(target, 1);
    if (!take_length("target_length", &s->target_length, y, s, s->labels)
        || !take_length("length", &s->length, y, s, s->times))
        return false;
    s->label = dl_reshape(dl_permute(target, 2, (const int64_t[]){ 1, 0 }), 3,
                          (const int64_t[]){ 1, s->labels, s->observations });
    find_wrong(s, y.tape, blank);
    return !dl_tape_status(y.tape);
}

/* ---- the recursion --------------------------------------------------------------------------- */

/* log of a sum of exponentials of values of the same sizes. */
static dl_val log_of_sum(const dl_val *x, int n) { return dl_logsumexp(dl_cat(x, n, "0"), "0"); }

static dl_val first(dl_val x, int64_t n) { return dl_slice(x, "1", 0, n); }
static dl_val at_time(dl_val x, int64_t time) { return dl_slice(x, "0", time, time + 1); }

static dl_val full(const sequences *s, dl_val y, int64_t rows, double value)
{
    return dl_full(y.tape, dl_dtype_of(y), value, 3, (const int64_t[]){ 1, rows, s->observations });
}

/* y of each label at each time. */
static dl_val of_labels(const sequences *s, dl_val y)
{
    const int64_t all[3] = { s->times, s->labels, s->observations };
    dl_val x = dl_take_along(y, "1", dl_expand(s->label, 3, all));
    return dl_masked_fill(x, dl_or(dl_not(s->used), s->bad), never);
}

/* Where a label is that of before; of the first one it does not matter. */
static dl_val repeated(const sequences *s)
{
    dl_val label = dl_cast(s->label, DL_F64);
    return dl_eq(label, first(dl__pad_zeros(label, 1, 1, 0), s->labels));
}

/* The elements, (1,1,observations), of y (times,classes,observations). */
static dl_val minus_log_probability(const sequences *s, dl_val y, int64_t blank, bool lengths)
{
    int64_t n = s->labels;
    dl_val of_blank = dl_slice(y, "1", blank, blank + 1), of_label = of_labels(s, y);
    dl_val same = repeated(s), wall = full(s, y, 1, never), label = full(s, y, n, never);
    dl_val blanks[2] = { full(s, y, 1, 0), full(s, y, n, never) }, at = dl_cat(blanks, 2, "1");
    for (int64_t k = 0; k < s->times && !dl_tape_status(y.tape); k++) {
        dl_val behind = dl_cat((dl_val[]){ wall, label }, 2, "1");
        dl_val skip = dl_masked_fill(first(behind, n), same, never);
        dl_val next = log_of_sum((dl_val[]){ at, behind }, 2);
        dl_val next_label = log_of_sum((dl_val[]){ label, first(at, n), skip }, 3);
        next = dl_add(next, at_time(of_blank, k));
        next_label = dl_add(next_label, at_time(of_label, k));
        dl_val over = lengths ? dl_le_scalar(s->length, (double)k) : (dl_val){ 0 };
        at = lengths ? dl_where(over, at, next) : next;
        label = lengths ? dl_where(over, label, next_label) : next_label;
    }
    dl_val behind = dl_cat((dl_val[]){ wall, label }, 2, "1");
    dl_val end = log_of_sum((dl_val[]){ at, behind }, 2);
    return dl_neg(dl_take_along(end, "1", s->target_length));
}

dl_val dl_ctc(dl_val y, dl_val target, dl_val target_length, dl_val length, int64_t blank,
              const dl_loss_options *o)
{
    dl_loss l;
    sequences s = { .target_length = target_length, .length = length };
    dl_tape *t = dl_any_tape((dl_val[]){ y, target }, 2);
    if (!dl__loss_open(&l, "ctc", y, o, DL_MEAN_BATCH) || !take(&s, y, target, blank))
        return dl_none(t);
    dl_shape flat = dl__loss_flat(y, 0);
    flat.dim[2] = 1;
    flat.numel = s.observations;
    y = dl_permute(dl_stripdims(dl__loss_seen(&l, y)), 3, (const int64_t[]){ 2, 0, 1 });
    dl_val e = minus_log_probability(&s, y, blank, length.tape);
    e = dl_masked_fill(e, dl_gt_scalar(e, -0.1 * never), INFINITY);
    e = dl_masked_fill(e, s.wrong, NAN);
    return dl__loss_reduce(&l, dl__reshape_to(e, &flat));
}
