/* order.c: median and mode over axes, whose elements are brought side by side. */
#include "span.h"

#define middle_vjp dl_vjp_zero
SPAN_ROW(middle, 1, SPAN_SAME, dl__span_same_infer, 1)

static dl_val median_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val x = dl_in(y, i);
    return dl_mul(g, dl__span_again(y, &middle_op, 0, &x));
}
SPAN_ROW(median, 1, SPAN_REDUCED, dl__span_reduced_infer, 1)

dl_val dl_median(dl_val x, const char *axes)
{
    dl_span s;
    if (!dl__span_begin(&s, "median", x, axes, DL_SPAN_LAST)) return dl_none(x.tape);
    return dl__span_reduced(&s, dl__span_apply(&s, &median_op, 0, &s.x));
}

#define ascending_vjp dl_vjp_zero /* mode reads equals, which are not moved by it */
SPAN_ROW(ascending, 1, SPAN_SAME, dl__span_same_infer, 1)

static dl_val mode_vjp(const dl_node *y, int i, dl_val g)
{
    return i ? dl_vjp_zero(y, i, g) : dl_mul(g, dl__shares(y, dl_in(y, 0)));
}
SPAN_ROW(mode, 2, "(...,n) (...,n) -> (...,1)", dl__span_reduced_infer, 2)

dl_val dl_mode(dl_val x, const char *axes)
{
    dl_span s;
    if (!dl__span_begin(&s, "mode", x, axes, DL_SPAN_LAST)) return dl_none(x.tape);
    dl_val sorted = dl__span_apply(&s, &ascending_op, 0, &s.x);
    dl_val y = dl__span_apply(&s, &mode_op, 0, (const dl_val[]){ s.x, sorted });
    return dl__span_reduced(&s, y);
}

static const dl_op *const rows[] = { &median_op, &middle_op, &mode_op, &ascending_op, NULL };
const dl_family dl__order_family = { "order", rows };
