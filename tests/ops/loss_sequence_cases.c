/* loss_sequence_cases.c: losses of sequences against sums over all alignments. */
#include "losses.h"

#include <math.h>

/* "tl", "l": the next inputs are lengths of targets and of sequences; "last": the blank is class 2,
 * else class 0. */
static dl_val build_ctc(dl_tape *t, const dl_val *in, const char *arg)
{
    int more = 1 + loss_has(arg, "w");
    dl_val target = in[more++], extra[2] = { in[1], in[1] };
    dl_val target_length = loss_has(arg, "tl") ? in[more++] : (dl_val){ 0 };
    dl_val length = loss_has(arg, "l") ? in[more++] : (dl_val){ 0 };
    if (loss_has(arg, "m")) extra[loss_has(arg, "w")] = in[more];
    return dl_ctc(in[0], target, target_length, length, loss_has(arg, "last") ? 2 : 0,
                  loss_options(arg, extra));
}

/* ---- the reference --------------------------------------------------------------------------- */

typedef struct sequences {
    int64_t classes, observations, times, labels, blank;
    const double *y, *target;
} sequences;

/* Whether the classes of an alignment, digits of a number, spell n labels; its log probability. */
static bool spells(const sequences *s, int64_t b, int64_t n, int64_t times, int64_t alignment,
                   double *log_probability)
{
    int64_t done = 0, before = s->blank;
    *log_probability = 0;
    for (int64_t k = 0; k < times; k++, alignment /= s->classes) {
        int64_t now = alignment % s->classes;
        *log_probability += s->y[(now * s->observations + b) * s->times + k];
        if (now != before && now != s->blank) {
            if (done == n || (int64_t)s->target[b * s->labels + done] != now) return false;
            done++;
        }
        before = now;
    }
    return done == n;
}

static double minus_log_probability(const sequences *s, int64_t b, int64_t n, int64_t times)
{
    int64_t alignments = 1;
    double sum = 0, one;
    for (int64_t k = 0; k < times; k++) alignments *= s->classes;
    for (int64_t i = 0; i < alignments; i++)
        if (spells(s, b, n, times, i, &one)) sum += exp(one);
    return -log(sum);
}

static void ctc_reference(const op_case *c, const double *const *x, double *y)
{
    double e[8];
    int64_t dim[DL_MAX_RANK], to[DL_MAX_RANK];
    int more = 1;
    op_sizes(c->in[0].dims, dim);
    const double *w = loss_has(c->arg, "w") ? x[more++] : NULL;
    op_sizes(c->in[more].dims, to);
    sequences s = {
        dim[0], dim[1], dim[2], to[1], loss_has(c->arg, "last") ? 2 : 0, x[0], x[more++]
    };
    const double *target_length = loss_has(c->arg, "tl") ? x[more++] : NULL;
    const double *length = loss_has(c->arg, "l") ? x[more++] : NULL;
    const double *mask = loss_has(c->arg, "m") ? x[more] : NULL;
    for (int64_t b = 0; b < s.observations; b++)
        e[b] = minus_log_probability(&s, b, target_length ? (int64_t)target_length[b] : s.labels,
                                     length ? (int64_t)length[b] : s.times);
    loss_reduce(c->arg, "batch", loss_observations(c->in[0].dims, c->in[0].labels), s.observations,
                e, w, mask, y);
}

/* ---- the cases ------------------------------------------------------------------------------- */

static const double two[] = { 1, 2, 2, 2 }, low[] = { 0, 1, 1, 1 };
static const double padded[] = { 1, 1, 2, 2, 7, -5, 0, -1, 1 }, counts[] = { 3, 1, 0 };
static const double short_counts[] = { 2, 1, 0 }, times[] = { 5, 2, 3 },
                    short_times[] = { 3, 2, 1 };

#define CTC(NAME, IN, DIMS, LABELS, ...)                                                    \
    OP_CASE("ctc", NAME, build_ctc, (OP_LIST IN), DIMS, LABELS, .reference = ctc_reference, \
            .flags = OP_FIXED | OP_COMPOSED, __VA_ARGS__)
#define Y OP_X("325", "CBT", op_mixed)
static const op_case cases[] = {
    CTC("default", (Y, OP_INT(DL_I32, "22", "", two)), "", "", .arg = NULL),
    CTC("blank last", (OP_X("325", "", op_other), OP_INT(DL_I64, "22", "BT", low)), "121", "",
        .arg = "none last"),
    CTC("lengths",
        (Y, OP_INT(DL_I64, "23", "", padded), OP_INT(DL_I64, "2", "B", counts),
         OP_INT(DL_I32, "2", "", times)),
        "", "", .arg = "elements tl l"),
    CTC("short ones",
        (OP_X("333", "CBT", op_mixed), OP_INT(DL_I32, "33", "", padded),
         OP_INT(DL_I32, "3", "", short_counts), OP_INT(DL_I64, "3", "B", short_times)),
        "131", "CBT", .arg = "none tl l"),
    CTC("empty targets", (Y, OP_INT(DL_I32, "20", "", two)), "", "", .arg = "sum"),
    CTC("weights and a mask",
        (Y, OP_X("2", "B", op_positive), OP_INT(DL_I32, "22", "", two),
         OP_INT(DL_U8, "2", "B", loss_mask)),
        "", "", .arg = "included w m"),
    CTC("one label", (OP_X("223", "CBT", op_mixed), OP_INT(DL_I32, "21", "", low + 1)), "", "",
        .arg = "elements"),
};
const op_table op_loss_sequences = OP_TABLE(cases);

OP_TESTS(loss_sequences)

/* ---- edges ----------------------------------------------------------------------------------- */

/* Of one observation of 3 classes and 3 times whose y are all log 1/4: the loss and its slopes. */
static double loss_of(double *y, const int64_t *target, int64_t n, int64_t length, double *slope)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(y, DL_F64, "CBT", DL_DIMS(3, 1, 3)),
             *b = dl_array_wrap((void *)(uintptr_t)target, DL_I64, NULL, DL_DIMS(1, 2)),
             *c = dl_array_wrap(&n, DL_I64, NULL, DL_DIMS(1)),
             *d = dl_array_wrap(&length, DL_I64, NULL, DL_DIMS(1));
    dl_val v = dl_leaf(t, a), g;
    dl_val loss = dl_ctc(v, dl_leaf(t, b), dl_leaf(t, c), dl_leaf(t, d), 0, NULL);
    double value = dl_item(loss);
    dl_grad(loss, &v, 1, &g);
    const double *got = dl_data(g);
    CHECK_STR(dl_tape_message(t), "");
    for (int i = 0; i < 9 && got; i++) slope[i] = got[i];
    dl_tape_free(t);
    dl_array_free(a), dl_array_free(b), dl_array_free(c), dl_array_free(d);
    return value;
}

static bool all_zero(const double *x)
{
    bool zero = true;
    for (int i = 0; i < 9; i++) zero = zero && x[i] == 0;
    return zero;
}

TEST(loss_sequences, what_cannot_be_spelled_is_infinite_and_flat)
{
    double y[9], slope[9] = { 1 };
    for (int i = 0; i < 9; i++) y[i] = -log(4);
    static const int64_t twice[2] = { 1, 1 }, both[2] = { 1, 2 };
    CHECK_CLOSE(loss_of(y, twice, 2, 3, slope), 3 * log(4), 1e-15); /* 1 blank 1 */
    CHECK(fabs(slope[0 + 1] + 1) < 1e-15 && fabs(slope[3] + 1) < 1e-15);
    CHECK(loss_of(y, twice, 2, 2, slope) == INFINITY && all_zero(slope));
    CHECK_CLOSE(loss_of(y, both, 2, 2, slope), 2 * log(4), 1e-15);
    CHECK(loss_of(y, both, 2, 1, slope) == INFINITY && all_zero(slope));
    CHECK(loss_of(y, both, 1, 0, slope) == INFINITY && all_zero(slope));
    CHECK(loss_of(y, both, 0, 0, slope) == 0 && all_zero(slope));
    y[1] = -INFINITY; /* no blank at time 1 */
    CHECK(loss_of(y, twice, 2, 3, slope) == INFINITY && all_zero(slope));
    CHECK_CLOSE(loss_of(y, both, 2, 3, slope), 3 * log(4) - log(4), 1e-15);
    for (int i = 0; i < 9; i++) CHECK(isfinite(slope[i]));
    for (int i = 0; i < 9; i++) y[i] = -INFINITY;
    CHECK(loss_of(y, both, 2, 3, slope) == INFINITY && all_zero(slope));
}

TEST(loss_sequences, wrong_labels_and_lengths_show)
{
    double y[9], slope[9] = { 1 };
    for (int i = 0; i < 9; i++) y[i] = -log(4);
    static const int64_t bad[][2] = { { 1, 0 }, { 1, 3 }, { -1, 1 }, { 1, INT64_MAX } };
    static const int64_t good[2] = { 1, 2 };
    for (int k = 0; k < 4; k++) {
        CHECK(isnan(loss_of(y, bad[k], 2, 3, slope)) && all_zero(slope));
        if (bad[k][0] == 1) CHECK_CLOSE(loss_of(y, bad[k], 1, 1, slope), log(4), 1e-15);
    }
    CHECK(isnan(loss_of(y, good, 3, 3, slope)) && all_zero(slope));
    CHECK(isnan(loss_of(y, good, -1, 3, slope)) && all_zero(slope));
    CHECK(isnan(loss_of(y, good, 2, 4, slope)) && all_zero(slope));
    CHECK(isnan(loss_of(y, good, 2, -1, slope)) && all_zero(slope));
}

TEST(loss_sequences, what_is_behind_a_length_is_not_looked_at)
{
    double y[9], slope[9] = { 0 };
    for (int i = 0; i < 9; i++) y[i] = i % 3 == 2 ? NAN : -log(4);
    static const int64_t target[2] = { 1, 2 };
    CHECK_CLOSE(loss_of(y, target, 2, 2, slope), 2 * log(4), 1e-15);
    for (int i = 0; i < 9; i++) CHECK(slope[i] == (i == 3 || i == 7 ? -1 : 0));
    CHECK(isnan(loss_of(y, target, 2, 3, slope)));
}

/* Of 70 times with two classes that are equally likely the alignments of one label are its
 * intervals, 70 * 71 / 2. */
TEST(loss_sequences, long_sequences_are_cut_at_every_time)
{
    enum { TIMES = 70 };
    double y[2 * TIMES];
    int32_t one = 1;
    for (int i = 0; i < 2 * TIMES; i++) y[i] = -log(2);
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(y, DL_F64, NULL, DL_DIMS(2, 1, TIMES)),
             *b = dl_array_wrap(&one, DL_I32, NULL, DL_DIMS(1, 1));
    dl_val v = dl_leaf(t, a), none = { 0 }, g;
    dl_val loss = dl_ctc(v, dl_leaf(t, b), none, none, 0, NULL);
    double all = TIMES * (TIMES + 1) / 2;
    CHECK_CLOSE(dl_item(loss), TIMES * log(2) - log(all), 1e-13);
    dl_grad(loss, &v, 1, &g);
    const double *got = dl_data(g);
    REQUIRE(got);
    for (int k = 0; k < TIMES; k++)
        CHECK_CLOSE(got[TIMES + k], -(k + 1) * (TIMES - k) / all, 1e-12);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a), dl_array_free(b);
}

TEST(loss_sequences, no_observations_have_no_loss)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(NULL, DL_F32, "CBT", DL_DIMS(3, 0, 5)),
             *b = dl_array_wrap(NULL, DL_I32, NULL, DL_DIMS(0, 2));
    dl_val none = { 0 };
    dl_val loss = dl_ctc(dl_leaf(t, a), dl_leaf(t, b), none, none, 0,
                         &(dl_loss_options){ .reduction = DL_SUM });
    CHECK_CLOSE(dl_item(loss), 0, 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a), dl_array_free(b);
}

/* ---- what is rejected ------------------------------------------------------------------------ */

static dl_val build_blank(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val none = { 0 };
    return dl_ctc(in[0], in[1], none, none, *arg == '-' ? -1 : 3, NULL);
}

TEST(loss_sequences, bad_sizes_labels_and_classes_are_told)
{
#define TARGET OP_INT(DL_I32, "42", "", NULL)
#define ZEROS OP_X("345", "CBT", NULL)
    static const op_bad bad[] = {
        OP_BAD("ctc", build_blank, "-", (ZEROS, TARGET), DL_EARG, "blank -1 is none of 3 classes"),
        OP_BAD("ctc", build_blank, "3", (ZEROS, TARGET), DL_EARG, "blank 3 is none of 3 classes"),
        OP_BAD("ctc", build_ctc, NULL, (OP_X("34", "", NULL), TARGET), DL_ESHAPE,
               "y (3,4), wanted the axes C B T"),
        OP_BAD("ctc", build_ctc, NULL, (OP_X("345", "SCB", NULL), TARGET), DL_ELABEL,
               "wanted the axes C B T"),
        OP_BAD("ctc", build_ctc, NULL, (ZEROS, OP_X("42", "", NULL)), DL_EDTYPE,
               "target is f32, wanted i32 or i64"),
        OP_BAD("ctc", build_ctc, NULL, (ZEROS, OP_INT(DL_I32, "4", "", NULL)), DL_ESHAPE,
               "target (4), wanted a matrix for 4 observations"),
        OP_BAD("ctc", build_ctc, NULL, (ZEROS, OP_INT(DL_I32, "32", "", NULL)), DL_ESHAPE,
               "target (3,2), wanted a matrix for 4 observations"),
        OP_BAD("ctc", build_ctc, "tl", (ZEROS, TARGET, OP_INT(DL_I32, "3", "", NULL)), DL_ESHAPE,
               "target_length (3), wanted a vector for 4 observations"),
        OP_BAD("ctc", build_ctc, "l", (ZEROS, TARGET, OP_INT(DL_U8, "4", "", NULL)), DL_EDTYPE,
               "length is u8, wanted i32 or i64"),
        OP_BAD("ctc", build_ctc, "0", (ZEROS, TARGET), DL_EARG, "of losses over classes"),
        OP_BAD("ctc", build_ctc, "m", (ZEROS, TARGET, OP_INT(DL_U8, "345", "CBT", NULL)), DL_ESHAPE,
               "mask (3 C, 4 B, 5 T) does not broadcast to (1 C, 4 B, 1 T)"),
    };
    OP_REJECTS(bad);
}
