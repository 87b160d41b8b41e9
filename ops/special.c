/* special.c: special functions; the formulas are in special_rows.h. */
#include "binary_op.h"
#include "unary_op.h"
#include "special_rows.h"

/* The slope of y: where y is infinite, infinite the other way, as at a pole; there the neighbours
 * in order are so too, and their difference no number. */
static dl_val steep(dl_val y, dl_val slope) { return dl_where(dl_isinf(y), dl_neg(y), slope); }

SPECIAL(DEFINE_UNARY)

/* ---- of an order and a value ----------------------------------------------------------------- */

static void ordered_infer(dl_infer *c)
{
    if (dl__computing(c)) dl__broadcast(c);
}

static const dl_op polygamma_op, besselj_op, bessely_op;

/* The function of order a + more. */
static dl_val ordered(const dl_op *op, dl_val a, double more, dl_val b)
{
    return dl_apply(op, NULL, dl_shift(a, more), b);
}

/* Half the difference of the neighbours in order. */
static dl_val between(const dl_op *op, dl_val a, dl_val b)
{
    return dl_scale(dl_sub(ordered(op, a, -1, b), ordered(op, a, 1, b)), 0.5);
}

#define DEFINE_ORDERED(NAME, VALUE, VJP_A, VJP_B)                                               \
    DEFINE_BINARY(NAME, #VALUE, VJP_A, VJP_B, .shapes = "() any -> any", .operands = "order x", \
                  .infer = ordered_infer)

ORDERED(DEFINE_ORDERED)

static const dl_op *const rows[] = { SPECIAL(UNARY_ADDRESS) ORDERED(BINARY_ADDRESS) NULL };
const dl_family dl__special_family = { "special", rows };

/* ---- public functions ------------------------------------------------------------------------ */

dl_val dl_erfinv(dl_val x) { return dl_apply(&erfinv_op, NULL, x); }
dl_val dl_gamma(dl_val x) { return dl_apply(&gamma_op, NULL, x); }
dl_val dl_lgamma(dl_val x) { return dl_apply(&lgamma_op, NULL, x); }
dl_val dl_digamma(dl_val x) { return dl_apply(&digamma_op, NULL, x); }
dl_val dl_bessel_j0(dl_val x) { return dl_apply(&bessel_j0_op, NULL, x); }
dl_val dl_bessel_j1(dl_val x) { return dl_apply(&bessel_j1_op, NULL, x); }
dl_val dl_bessel_y0(dl_val x) { return dl_apply(&bessel_y0_op, NULL, x); }
dl_val dl_bessel_y1(dl_val x) { return dl_apply(&bessel_y1_op, NULL, x); }

static dl_val of_order(const dl_op *op, int64_t n, int64_t least, int64_t most, dl_val x)
{
    if (!dl_usable(op->name, &x, 1)) return dl_none(x.tape);
    if (n < least || n > most)
        return dl_fail(x.tape, DL_EARG, op->name, "order (%lld): wanted %lld to %lld", (long long)n,
                       (long long)least, (long long)most);
    return dl_apply(op, NULL, dl_scalar_like(op->name, x, (double)n), x);
}

dl_val dl_polygamma(int64_t n, dl_val x) { return of_order(&polygamma_op, n, 0, 170, x); }
dl_val dl_besselj(int64_t n, dl_val x) { return of_order(&besselj_op, n, -1000, 1000, x); }
dl_val dl_bessely(int64_t n, dl_val x) { return of_order(&bessely_op, n, -1000, 1000, x); }
