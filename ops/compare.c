/* compare.c: comparisons, and logic on masks; the operators are in compare_rows.h. Integers and
 * masks are computed by the kernels of f32, which look at the operands' dtype. */
#include "support.h"
#include "compare_rows.h"

#include <math.h>

static void mask_infer(dl_infer *c)
{
    if (dl__broadcast(c)) c->out.dtype = DL_U8;
}

static void comparison_infer(dl_infer *c)
{
    int a = c->in[0]->dtype, b = c->in[1]->dtype;
    if (a == b) mask_infer(c);
    else
        dl_reject(c, DL_EDTYPE, "dtypes %s and %s differ", dl_dtype_name((dl_dtype)a),
                  dl_dtype_name((dl_dtype)b));
}

static void connective_infer(dl_infer *c)
{
    for (int i = 0; i < 2; i++)
        if (c->in[i]->dtype != DL_U8) {
            dl_reject(c, DL_EDTYPE, "%s is no mask, wanted u8",
                      dl_dtype_name((dl_dtype)c->in[i]->dtype));
            return;
        }
    mask_infer(c);
}

/* `format` makes a line of the places of the result and of both operands. */
static void emit_mask(const dl_emit *e, const char *format)
{
    const dl_loop *l = e->info;
    dl_index at[3] = { { "" }, { "" }, { "" } };
    for (int k = 0; k < 3; k++) dl_emit_terms(&at[k], l, k, 'i');
    int loops = dl_emit_loops(e, l, 0, 'i');
    const char *sign = strcmp(e->name[1], e->name[2]) ? "" : "+"; /* or clang warns */
    dl_emit_line(e, format, e->name[0], dl_place(&at[0]), e->name[1], dl_place(&at[1]), sign,
                 e->name[2], dl_place(&at[2]));
    dl_emit_end(e, loops);
}

#define ROW(NAME, SHAPES, INFER, FORMAT)                                \
    DL_DECLARE_KERNELS(dl__##NAME);                                     \
    static void NAME##_emit(const dl_emit *e) { emit_mask(e, FORMAT); } \
    static const dl_op NAME##_op = {                                    \
        .name = #NAME,                                                  \
        .nin = 2,                                                       \
        .flags = DL_STRIDED,                                            \
        .shapes = SHAPES,                                               \
        .infer = INFER,                                                 \
        .prepare = dl__prepare_loop,                                    \
        .eval = DL_KERNELS(dl__##NAME),                                 \
        .emit = NAME##_emit,                                            \
        .vjp = dl_vjp_zero,                                             \
    };
#define COMPARISON(NAME, OP)                               \
    ROW(NAME, "any any -> broadcast u8", comparison_infer, \
        "%s[%s] = (uint8_t)(%s[%s] " #OP " %s%s[%s]);")
#define CONNECTIVE(NAME, OP)                                     \
    ROW(NAME, "any u8 any u8 -> broadcast u8", connective_infer, \
        "%s[%s] = (uint8_t)((%s[%s] != 0) " #OP " (%s%s[%s] != 0));")

COMPARISONS(COMPARISON)
CONNECTIVES(CONNECTIVE)

/* ---- choices by comparisons: only plans have them -------------------------------------------- */

#define CHOICE(NAME, OP)                          \
    DL_DECLARE_STRIPS(dl__choose_##NAME);         \
    static const dl_op choose_##NAME##_op = {     \
        .name = "choose_" #NAME,                  \
        .nin = 4,                                 \
        .flags = DL_STRIDED,                      \
        .shapes = "any any any any -> broadcast", \
        .strip = DL_KERNELS(dl__choose_##NAME),   \
        .formula = "a " #OP " b ? c : d",         \
    };
COMPARISONS(CHOICE)

void dl__choose_by_comparison(dl_rewrite *w)
{
#define PAIR(NAME, OP) { &NAME##_op, &choose_##NAME##_op },
    static const struct {
        const dl_op *mask, *choice;
    } rows[] = { COMPARISONS(PAIR) };
    dl_term mask = dl_term_of(w, w->node.in[0]);
    int dtype = w->node.shape->dtype;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (mask.op != rows[i].mask || dtype >= DL_NREAL) continue;
        if (dl_term_of(w, mask.in[0]).shape->dtype != dtype) continue;
        const uint32_t in[] = { mask.in[0], mask.in[1], w->node.in[1], w->node.in[2] };
        w->node.op = rows[i].choice;
        memcpy(w->node.in, in, sizeof in);
        return;
    }
}

#define ROW_ADDRESS(NAME, OP) &NAME##_op,
static const dl_op *const rows[] = { COMPARISONS(ROW_ADDRESS) CONNECTIVES(ROW_ADDRESS) NULL };
const dl_family dl__compare_family = { "compare", rows };

static dl_val apply(const dl_op *op, dl_val a, dl_val b)
{
    if (!dl__align(op->name, &a, &b)) return dl_none(a.tape);
    return dl_apply(op, NULL, a, b);
}

static bool holds(dl_dtype dtype, double s)
{
    static const struct {
        double least, beyond;
    } range[DL_NDTYPE] = {
        [DL_I32] = { -0x1p31, 0x1p31 },
        [DL_I64] = { -0x1p63, 0x1p63 },
        [DL_U8] = { 0, 0x1p8 },
    };
    return s >= range[dtype].least && s < range[dtype].beyond && s == trunc(s);
}

/* A number to compare x with; that of an integer is part of the structure. */
static dl_val number_like(const char *name, dl_val x, double s)
{
    if (!dl_usable(name, &x, 1)) return dl_none(x.tape);
    dl_dtype dtype = dl_dtype_of(x);
    if (dtype < DL_NREAL) return dl_scalar_like(name, x, s);
    if (!holds(dtype, s))
        return dl_fail(x.tape, DL_EARG, name, "%g is no %s", s, dl_dtype_name(dtype));
    return dl_constant(x.tape, dtype, s);
}

#define FUNCTIONS(NAME, OP)                                                       \
    dl_val dl_##NAME(dl_val a, dl_val b) { return apply(&NAME##_op, a, b); }      \
    dl_val dl_##NAME##_scalar(dl_val x, double s)                                 \
    {                                                                             \
        return dl_apply(&NAME##_op, NULL, x, number_like(#NAME "_scalar", x, s)); \
    }
COMPARISONS(FUNCTIONS)

dl_val dl_and(dl_val a, dl_val b) { return apply(&and_op, a, b); }
dl_val dl_or(dl_val a, dl_val b) { return apply(&or_op, a, b); }
dl_val dl_xor(dl_val a, dl_val b) { return apply(&xor_op, a, b); }

dl_val dl_not(dl_val a)
{
    if (!dl_usable("not", &a, 1)) return dl_none(a.tape);
    if (dl_dtype_of(a) != DL_U8)
        return dl_fail(a.tape, DL_EDTYPE, "not", "%s is no mask, wanted u8",
                       dl_dtype_name(dl_dtype_of(a)));
    return dl_apply(&eq_op, NULL, a, dl_constant(a.tape, DL_U8, 0));
}

dl_val dl_isclose(dl_val a, dl_val b, double relative, double absolute)
{
    if (!dl__operands("isclose", (dl_val[]){ a, b }, 2)) return dl_none(a.tape);
    dl_val apart = dl_abs(dl_sub(a, b));
    dl_val bound = dl_shift(dl_scale(dl_abs(b), relative), absolute);
    dl_val near = dl_and(dl_le(apart, bound), dl_lt_scalar(apart, (double)INFINITY));
    return dl_or(dl_eq(a, b), near);
}

/* ---- what kind of number --------------------------------------------------------------------- */

dl_val dl_isnan(dl_val x) { return dl_usable("isnan", &x, 1) ? dl_ne(x, x) : dl_none(x.tape); }

dl_val dl_isinf(dl_val x)
{
    if (!dl_usable("isinf", &x, 1)) return dl_none(x.tape);
    if (dl_dtype_of(x) >= DL_NREAL) return dl_ne(x, x);
    return dl_eq(dl_abs(x), dl_constant(x.tape, dl_dtype_of(x), (double)INFINITY));
}

dl_val dl_isfinite(dl_val x)
{
    if (!dl_usable("isfinite", &x, 1)) return dl_none(x.tape);
    if (dl_dtype_of(x) >= DL_NREAL) return dl_eq(x, x);
    return dl_lt(dl_abs(x), dl_constant(x.tape, dl_dtype_of(x), (double)INFINITY));
}
