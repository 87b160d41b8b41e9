/* loss_special_cases.c: elements of losses and their slopes at special numbers, of every pair of a
 * prediction and a target, against formulas in a wider type. */
#include "driver.h"
#include "../harness/valgrind.h"

#include <float.h>

typedef long double wide;

/* The largest and the smallest normal number of the dtype. */
typedef struct range {
    wide most, tiny;
} range;

/* A product as the dtype has it: too large ones are infinite. */
static wide cap(wide x, range r) { return fabsl(x) > r.most ? copysignl(INFINITY, x) : x; }
static wide sign(wide x) { return isnan(x) ? x : (x > 0) - (x < 0); }
static wide logistic(wide x) { return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x)); }
static wide soft(wide x) { return fmaxl(x, 0) + log1pl(expl(-fabsl(x))); }
static wide clip(wide x, wide most) { return x > most ? most : x < -most ? -most : x; }
static wide log_cosh(wide d)
{
    wide a = fabsl(d);
    return a < 1 ? log1pl(2 * sinhl(a / 2) * sinhl(a / 2)) : a + log1pl(expl(-2 * a)) - logl(2);
}
static wide huber(wide d) { return fabsl(d) > 1.25L ? 1.25L * (fabsl(d) - 0.625L) : d * d / 2; }
/* log max(x, tiny), and its slope. */
static wide logp(wide x, range r) { return x <= r.tiny ? logl(r.tiny) : logl(x); }
static wide logp_1(wide x, range r) { return x <= r.tiny ? 0 : 1 / x; }
static wide rest(wide y) { return y < 1 ? 1 - y : isnan(y) ? y : 0; }
/* a b, and 0 where b is 0. */
static wide counted(wide a, wide b) { return b == 0 ? 0 : a * b; }
static wide logits(wide x, wide t)
{
    return (x > 0 ? counted(x, 1 - t) : counted(-x, t)) + log1pl(expl(-fabsl(x)));
}
/* Of z = (1 - 2 t) x, with alpha 1/4 and gamma 2. */
static wide focal(wide z, wide t)
{
    wide s = logistic(z);
    return (t == 1 ? 0.25L : 0.75L) * (s * s * soft(z));
}
static wide focal_1(wide z, wide t)
{
    wide s = logistic(z), a = (t == 1 ? 0.25L : 0.75L) * (1 - 2 * t);
    return a * (s * s * (2 * counted(soft(z), logistic(-z)) + s));
}

static dl_val call_gaussian_nll(dl_val y, dl_val t, const dl_loss_options *o)
{
    return dl_gaussian_nll(y, t, dl_scale(dl_ones_like(y), 0.75), 0.5, o);
}

/* Of products the slopes may be 0 times infinity, where a number is infinite. */
enum { NUMBERS, PRODUCTS, SHARES, LOGITS };

/* Name, call, inputs, the value of d = y - t, y and t, and its slope by y. */
#define LOSSES(ROW)                                                                               \
    ROW(mse, dl_mse_with(y, t, o), NUMBERS, cap(d *d, r) / 2, d)                                  \
    ROW(mean_squared_error, dl_mean_squared_error_with(y, t, o), NUMBERS, d *d, 2 * d)            \
    ROW(l2loss, dl_l2loss_with(y, t, o), NUMBERS, d *d, 2 * d)                                    \
    ROW(l1loss, dl_l1loss_with(y, t, o), NUMBERS, fabsl(d), sign(d))                              \
    ROW(huber, dl_huber(y, t, 1.25, o), NUMBERS, huber(d), clip(d, 1.25L))                        \
    ROW(log_cosh, dl_log_cosh(y, t, o), NUMBERS, log_cosh(d), tanhl(d))                           \
    ROW(charbonnier, dl_charbonnier(y, t, 0.5, o), NUMBERS, hypotl(d, 0.5L), d / hypotl(d, 0.5L)) \
    ROW(poisson_nll, dl_poisson_nll(y, t, o), PRODUCTS, cap(expl(y), r) - cap(t * y, r),          \
        cap(expl(y), r) - t)                                                                      \
    ROW(gaussian_nll, call_gaussian_nll(y, t, o), NUMBERS,                                        \
        (logl(0.75L) + cap(d * d, r) / 0.75L) / 2, d / 0.75L)                                     \
    ROW(hinge, dl_hinge(y, t, o), PRODUCTS, isnan(t *y) ? NAN : fmaxl(0, 1 - t * y),              \
        t *y < 1 ? -t : 0)                                                                        \
    ROW(cross_entropy, dl_cross_entropy(y, t, o), SHARES, -(t * logp(y, r)), -(t * logp_1(y, r))) \
    ROW(binary_cross_entropy, dl_binary_cross_entropy(y, t, o), SHARES,                           \
        -(t * logp(y, r) + (1 - t) * logp(1 - y, r)),                                             \
        (1 - t) * logp_1(1 - y, r) - t * logp_1(y, r))                                            \
    ROW(focal_cross_entropy, dl_focal_cross_entropy(y, t, 0.25, 2, o), SHARES,                    \
        rest(y) * rest(y) * (t * logp(y, r)) / -4,                                                \
        t * rest(y) * (2 * logp(y, r) - rest(y) * logp_1(y, r)) / 4)                              \
    ROW(kl_divergence, dl_kl_divergence(y, t, o), SHARES, t *(logp(t, r) - logp(y, r)),           \
        -(t * logp_1(y, r)))                                                                      \
    ROW(binary_cross_entropy_logits, dl_binary_cross_entropy_logits(y, t, o), LOGITS,             \
        logits(y, t), logistic(y) - t)                                                            \
    ROW(focal_logits, dl_focal_logits(y, t, 0.25, 2, o), LOGITS, focal((1 - 2 * t) * y, t),       \
        focal_1((1 - 2 * t) * y, t))

#define DEFINE(NAME, CALL, KIND, VALUE, SLOPE)                \
    static wide NAME##_of(int order, wide y, wide t, range r) \
    {                                                         \
        wide d = y - t;                                       \
        (void)d, (void)r;                                     \
        return order ? SLOPE : VALUE;                         \
    }                                                         \
    static dl_val build_##NAME(dl_val y, dl_val t, const dl_loss_options *o) { return CALL; }
LOSSES(DEFINE)

#define FUNCTION(NAME, CALL, KIND, VALUE, SLOPE) { #NAME, KIND, build_##NAME, NAME##_of },
static const struct {
    const char *name;
    int kind;
    dl_val (*build)(dl_val y, dl_val t, const dl_loss_options *o);
    wide (*of)(int order, wide y, wide t, range r);
} losses[] = { LOSSES(FUNCTION) };

/* ---- the numbers ----------------------------------------------------------------------------- */

static const double numbers[] = {
    0,    -0.0,  5e-324, -1e-310, 1e-45, -1e-38, 1e-20, -1e-8,    0.5,       -1,   1,
    1.25, -1.25, 2,      -2.25,   40,    -88,    89,    -104,     710,       -745, 1e10,
    1e19, -1e19, 1e30,   -1e38,   1e150, -1e160, 1e300, INFINITY, -INFINITY, NAN,
};
static const double number_targets[] = { 0, -0.0, 1, -1, 0.75, -1e10, 1e30, INFINITY, NAN };
static const double shares[] = {
    0,           -0.0,        5e-324,  1e-320, 1e-45, 1e-40,    1e-30, 1e-20,
    1e-10,       0x1p-24,     0x1p-20, 0.125,  0.25,  0.5,      0.75,  0.875,
    1 - 0x1p-20, 1 - 0x1p-24, 1,       1.5,    -0.5,  INFINITY, NAN,
};
static const double share_targets[] = { 0, 0.25, 1, NAN };
static const double logit_targets[] = { 0, 1 };

typedef struct list {
    const double *x;
    int n;
} list;
#define LIST(x)                           \
    {                                     \
        x, (int)(sizeof(x) / sizeof *(x)) \
    }
static const list predictions[] = { LIST(numbers), LIST(numbers), LIST(shares), LIST(numbers) };
static const list targets[] = { LIST(number_targets), LIST(number_targets), LIST(share_targets),
                                LIST(logit_targets) };

static double load(dl_dtype dtype, const void *from, int i)
{
    return dtype == DL_F32 ? (double)((const float *)from)[i] : ((const double *)from)[i];
}

/* Within 2^-19 or 2^-47 of the number, or of 1 where parts cancel. */
static bool near(dl_dtype dtype, double got, wide want, wide least, range r)
{
    wide close = dtype == DL_F32 ? 0x1p-19L : 0x1p-47L;
    want = cap(want, r);
    if (isnan(want) || isnan(got)) return isnan(want) && isnan(got);
    if (isinf(want) || isinf(got)) return (wide)got == want;
    return fabsl((wide)got - want) <= close * fmaxl(fabsl(want), least);
}

static void elements_are_near(int k, dl_dtype dtype)
{
    list p = predictions[losses[k].kind], q = targets[losses[k].kind];
    range r = { dtype == DL_F32 ? FLT_MAX : DBL_MAX, dtype == DL_F32 ? FLT_MIN : DBL_MIN };
    dl_loss_options o = { .reduction = DL_NO_REDUCTION };
    dl_tape *tape = dl_tape_new();
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(p.n, q.n));
    dl_array *b = dl_array_new(dtype, NULL, DL_DIMS(p.n, q.n));
    for (int i = 0; i < p.n * q.n; i++) {
        dl_array_set(a, DL_DIMS(i / q.n, i % q.n), p.x[i / q.n]);
        dl_array_set(b, DL_DIMS(i / q.n, i % q.n), q.x[i % q.n]);
    }
    dl_val y = dl_leaf(tape, a), t = dl_leaf(tape, b), e = losses[k].build(y, t, &o), g;
    dl_grad(dl_sum(e, "all"), &y, 1, &g);
    const void *value = dl_data(e), *slope = dl_data(g);
    CHECK_STR(dl_tape_message(tape), "");
    REQUIRE(value && slope);
    int kind = losses[k].kind;
    bool product = kind == PRODUCTS;
    wide least = kind == NUMBERS ? r.tiny : 1;
    for (int i = 0; i < p.n * q.n; i++) {
        double from = load(dtype, dl_data(y), i), to = load(dtype, dl_data(t), i);
        wide want[2] = { losses[k].of(0, from, to, r), losses[k].of(1, from, to, r) };
        double got[2] = { load(dtype, value, i), load(dtype, slope, i) };
        bool told = !isnan(want[0]) && (!product || (isfinite(from) && isfinite(to)));
        for (int order = 0; order < 1 + told; order++)
            CHECK_MSG(near(dtype, got[order], want[order], least, r),
                      "%s(%g, %g) %s: derivative %d: got %.9g, wanted %.9g", losses[k].name, from,
                      to, dl_dtype_name(dtype), order, got[order], (double)want[order]);
    }
    dl_tape_free(tape);
    dl_array_free(a);
    dl_array_free(b);
}

TEST(loss_specials, elements_and_slopes_are_those_of_wider_formulas)
{
    if (under_valgrind()) SKIP("long double is double");
    if (LDBL_MANT_DIG < 64) SKIP("long double is double");
    for (size_t k = 0; k < sizeof losses / sizeof *losses; k++)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++)
            elements_are_near((int)k, (dl_dtype)dtype);
}
