/* scan.c: products, and running sums and products along one axis. `how` of the rows: see
 * kernels/scan.h.
 *
 * No derivative divides, so zeros do no harm: what all factors but one give is the product of those
 * in front of it and of those behind it, and the derivative of a running product is a linear
 * recurrence, whose own derivatives are such recurrences again (the other way round). */
#include "span.h"
#include "scan_rows.h"

enum { REVERSE = 1, EXCLUSIVE = 2, OF_PREVIOUS = 2, FROM_INFINITY = 2 };

static dl_val cumsum_vjp(const dl_node *y, int i, dl_val g);
static dl_val shifted_vjp(const dl_node *y, int i, dl_val g);
static dl_val recurrence_vjp(const dl_node *y, int i, dl_val g);
static dl_val cumprod_vjp(const dl_node *y, int i, dl_val g);
static dl_val prod_vjp(const dl_node *y, int i, dl_val g);
static dl_val logcumsumexp_vjp(const dl_node *y, int i, dl_val g);

SPAN_ROW(cumsum, 1, SPAN_SAME, dl__span_same_infer, 1)
SPAN_ROW(shifted, 1, SPAN_SAME, dl__span_same_infer, 1)
SPAN_ROW(recurrence, 2, "(...,n,...) (...,n,...) -> same", dl__span_same_infer, 2)
SPAN_ROW(cumprod, 1, SPAN_SAME, dl__span_same_infer, 1)
SPAN_ROW(prod, 1, SPAN_REDUCED, dl__span_reduced_infer, 1)
SPAN_ROW(logcumsumexp, 1, SPAN_SAME, dl__span_same_infer, 1)

static int64_t other_way(const dl_node *y) { return ~dl__span_how(y) & REVERSE; }

static dl_val shifted(const dl_node *y, int64_t how, dl_val x)
{
    return dl__span_again(y, &shifted_op, how, &x);
}

static dl_val recurrence(const dl_node *y, int64_t how, dl_val a, dl_val b)
{
    return dl__span_again(y, &recurrence_op, how, (const dl_val[]){ a, b });
}

/* ---- sums ------------------------------------------------------------------------------------ */

static dl_val cumsum_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return dl__span_again(y, &cumsum_op, other_way(y), &g);
}

static dl_val shifted_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i;
    return shifted(y, other_way(y), g);
}

/* With u_i = g_i + a_(i+1) u_(i+1): u for b, u_i y_(i-1) for a; and where a_(i-1) is taken, u_i =
 * g_i + a_i u_(i+1), and u_(i+1) y_i for a. */
static dl_val recurrence_vjp(const dl_node *y, int i, dl_val g)
{
    int64_t back = other_way(y), of_previous = dl__span_how(y) & OF_PREVIOUS;
    dl_val u = recurrence(y, back | (of_previous ^ OF_PREVIOUS), dl_in(y, 0), g);
    if (i) return u;
    return of_previous ? dl_mul(shifted(y, back, u), dl_out(y))
                       : dl_mul(u, shifted(y, back ^ REVERSE, dl_out(y)));
}

/* ---- products -------------------------------------------------------------------------------- */

static dl_val product_before(const dl_node *y, int64_t reverse, dl_val x)
{
    return dl__span_again(y, &cumprod_op, reverse | EXCLUSIVE, &x);
}

static dl_val prod_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val x = dl_in(y, i);
    return dl_mul(g, dl_mul(product_before(y, 0, x), product_before(y, REVERSE, x)));
}

/* x_i is a factor of all results from i on: of the product before it, and what they have behind it,
 * weighted by g and summed: u_i = g_i + x_(i+1) u_(i+1). Without the element itself, i + 1 takes
 * the place of i: of v_i = g_i + x_i v_(i+1), v_(i+1). */
static dl_val cumprod_vjp(const dl_node *y, int i, dl_val g)
{
    int64_t back = other_way(y);
    dl_val x = dl_in(y, i);
    if (dl__span_how(y) & EXCLUSIVE)
        return dl_mul(dl_out(y), shifted(y, back, recurrence(y, back, x, g)));
    return dl_mul(product_before(y, back ^ REVERSE, x), recurrence(y, back | OF_PREVIOUS, x, g));
}

/* ---- log of a sum of exp --------------------------------------------------------------------- */

/* exp(a - b) where b is at least a; 0 where b is -inf. */
DL_DECLARE_STRIPS(dl__exp_below);
static dl_val exp_below_vjp(const dl_node *node, int i, dl_val g)
{
    dl_val z = dl_mul(g, dl_out(node));
    return i ? dl_neg(z) : z;
}

#define STRIP_ROW(NAME, VALUE)           \
    static const dl_op NAME##_op = {     \
        .name = #NAME,                   \
        .nin = 2,                        \
        .flags = DL_STRIDED,             \
        .shapes = "any same -> same",    \
        .infer = dl__span_same_infer,    \
        .strip = DL_KERNELS(dl__##NAME), \
        .formula = #VALUE,               \
        .vjp = NAME##_vjp,               \
    };
SCAN_STRIPS(STRIP_ROW)

static dl_val exp_below(dl_val a, dl_val b) { return dl_apply(&exp_below_op, NULL, a, b); }

/* The sum over k >= i of g_k exp(x_i - y_k), as exp(x_i - y_i) u_i with u_i = g_i + exp(y_i -
 * y_(i+1)) u_(i+1): no factor exceeds 1. */
static dl_val logcumsumexp_vjp(const dl_node *node, int i, dl_val g)
{
    int64_t back = other_way(node);
    dl_val y = dl_out(node), next = shifted(node, back | FROM_INFINITY, y);
    return dl_mul(exp_below(dl_in(node, i), y), recurrence(node, back, exp_below(y, next), g));
}

/* ---- public functions ------------------------------------------------------------------------ */

static dl_val scan(const dl_op *op, dl_val x, const char *axis, bool reverse)
{
    dl_span s;
    if (!dl__span_axis(&s, op->name, x, axis)) return dl_none(x.tape);
    return dl__span_apply(&s, op, reverse ? REVERSE : 0, &s.x);
}

dl_val dl_cumsum(dl_val x, const char *axis, bool reverse)
{
    return scan(&cumsum_op, x, axis, reverse);
}

dl_val dl_cumprod(dl_val x, const char *axis, bool reverse)
{
    return scan(&cumprod_op, x, axis, reverse);
}

dl_val dl_logcumsumexp(dl_val x, const char *axis, bool reverse)
{
    return scan(&logcumsumexp_op, x, axis, reverse);
}

dl_val dl_prod(dl_val x, const char *axes)
{
    dl_span s;
    if (!dl__span_begin(&s, "prod", x, axes, 0)) return dl_none(x.tape);
    return dl__span_reduced(&s, dl__span_apply(&s, &prod_op, 0, &s.x));
}

static const dl_op *const rows[] = { &prod_op,   &cumprod_op,   &recurrence_op,   &shifted_op,
                                     &cumsum_op, &exp_below_op, &logcumsumexp_op, NULL };
const dl_family dl__scan_family = { "scan", rows };
