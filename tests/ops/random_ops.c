/* random_ops.c: every public op as a kind of step. */
#include "random_deep.h"
#include "random_fit.h"
#include "random_linear.h"

#include <math.h>
#include <string.h>

/* ---- the kinds ------------------------------------------------------------------------------- */

#define KIND(NAME) \
    static rp_var NAME(rp_recording *r, const rp_kind *k, uint32_t arg, rp_var a, rp_var b)

KIND(one)
{
    (void)arg, (void)b;
    return rp_say(r, k->f.one(a.val), "dl_%s(v%d)", k->name, a.name);
}

KIND(of_matrix)
{
    (void)arg, (void)b;
    a = rp_narrow(r, rp_matrix(r, a));
    return rp_say(r, k->f.one(a.val), "dl_%s(v%d)", k->name, a.name);
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

KIND(of_square)
{
    (void)arg, (void)b;
    a = rp_matrix(r, a);
    int64_t n = least(least(dl_size(a.val, 0), dl_size(a.val, 1)), 40);
    a = rp_cut(r, rp_cut(r, a, 0, n), 1, n);
    return rp_say(r, k->f.one(a.val), "dl_%s(v%d)", k->name, a.name);
}

KIND(of_vector)
{
    (void)arg, (void)b;
    a = rp_flatten(r, a);
    return rp_say(r, k->f.one(a.val), "dl_%s(v%d)", k->name, a.name);
}

KIND(transpose)
{
    (void)arg, (void)b;
    a = dl_rank(a.val) > 2 ? rp_strip(r, a) : rp_matrix(r, a);
    return rp_say(r, k->f.one(a.val), "dl_%s(v%d)", k->name, a.name);
}

KIND(number)
{
    static const double numbers[] = { 0.5, 2, -1, 1, 0, 3, 0.001, -0.25 };
    double s = numbers[arg % 8];
    (void)b;
    return rp_say(r, k->f.number(a.val, s), "dl_%s(v%d, %g)", k->name, a.name, s);
}

KIND(two)
{
    (void)arg;
    rp_fit(r, &a, &b);
    return rp_say(r, k->f.two(a.val, b.val), "dl_%s(v%d, v%d)", k->name, a.name, b.name);
}

static bool equal_sizes(rp_var a, rp_var b)
{
    if (dl_rank(a.val) != dl_rank(b.val)) return false;
    if (rp_labelled(a) && rp_labelled(b) && strcmp(dl_dims(a.val), dl_dims(b.val)) != 0)
        return false;
    for (int i = 0; i < dl_rank(a.val); i++)
        if (dl_size(a.val, i) != dl_size(b.val, i)) return false;
    return true;
}

KIND(pair)
{
    (void)arg;
    if (!equal_sizes(a, b)) {
        a = rp_flatten(r, a), b = rp_flatten(r, b);
        a = rp_cut(r, a, 0, dl_size(b.val, 0)), b = rp_cut(r, b, 0, dl_size(a.val, 0));
    }
    return rp_say(r, k->f.two(a.val, b.val), "dl_%s(v%d, v%d)", k->name, a.name, b.name);
}

static const char *axes_of(rp_var x, uint32_t arg, char text[20])
{
    int rank = dl_rank(x.val), n = 0;
    uint32_t style = arg % 4, mask = arg >> 3;
    if (style == 0 || !rank) return "all";
    if (style == 1) return snprintf(text, 20, "%d", (int)(mask % (uint32_t)rank)), text;
    if (style == 2 && !rp_labelled(x))
        return snprintf(text, 20, "-%d", (int)(mask % (uint32_t)rank) + 1), text;
    for (int i = 0; i < rank; i++)
        if (mask >> i & 1) text[n++] = style == 2 ? dl_dims(x.val)[i] : (char)('0' + i);
    text[n] = 0;
    return n ? text : "all";
}

KIND(reduce)
{
    char text[20];
    const char *axes = axes_of(a, arg, text);
    (void)b;
    return rp_say(r, k->f.axes(a.val, axes), "dl_%s(v%d, \"%s\")", k->name, a.name, axes);
}

KIND(scan)
{
    (void)b;
    if (!dl_rank(a.val)) a = rp_flatten(r, a);
    char axis[] = { (char)('0' + arg % (uint32_t)dl_rank(a.val)), 0 };
    bool back = arg >> 8 & 1;
    return rp_say(r, k->f.scan(a.val, axis, back), "dl_%s(v%d, \"%s\", %d)", k->name, a.name, axis,
                  back);
}

/* The first of two results. */
KIND(first_of)
{
    char text[20];
    const char *axes = axes_of(a, arg, text);
    dl_val y, other;
    (void)b;
    if (!dl_numel(a.val)) return a;
    k->f.pair(a.val, axes, &y, &other);
    return rp_say(r, y, "first(dl_%s, v%d, \"%s\")", k->name, a.name, axes);
}

/* Its result is of integers, which no other kind takes: it is recorded only. */
KIND(counted)
{
    char text[20];
    (void)b;
    k->f.axes(a.val, axes_of(a, arg, text));
    return a;
}

KIND(norm_p)
{
    static const double powers[] = { 3, 0.5, -1, 0, 1, 2, (double)INFINITY, -(double)INFINITY };
    char text[20];
    const char *axes = axes_of(a, arg, text);
    double p = powers[arg >> 4 & 7];
    (void)k, (void)b;
    return rp_say(r, dl_norm_p(a.val, p, axes), "dl_norm_p(v%d, %g, \"%s\")", a.name, p, axes);
}

KIND(matmul)
{
    (void)k, (void)arg;
    a = dl_rank(a.val) > 2 ? rp_strip(r, a) : rp_matrix(r, a);
    b = dl_rank(b.val) > 2 ? rp_strip(r, b) : rp_matrix(r, b);
    int m = dl_rank(a.val), n = dl_rank(b.val);
    bool batch = m == n || m == 2 || n == 2;
    for (int i = 0; batch && m == n && i < m - 2; i++) {
        int64_t p = dl_size(a.val, i), q = dl_size(b.val, i);
        batch = p == q || p == 1 || q == 1;
    }
    if (!batch) a = rp_matrix(r, a), b = rp_matrix(r, b), m = n = 2;
    a = rp_cut(r, a, m - 1, dl_size(b.val, n - 2));
    b = rp_cut(r, b, n - 2, dl_size(a.val, m - 1));
    if (dl_numel(a.val) * dl_size(b.val, n - 1) > 20 * r->p->limit) b = rp_cut(r, b, n - 1, 2);
    if (dl_numel(b.val) * dl_size(a.val, m - 2) > 20 * r->p->limit) a = rp_cut(r, a, m - 2, 2);
    return rp_say(r, dl_matmul(a.val, b.val), "dl_matmul(v%d, v%d)", a.name, b.name);
}

KIND(matmul_self)
{
    (void)k, (void)b;
    a = dl_rank(a.val) > 2 ? rp_strip(r, a) : rp_matrix(r, a);
    int rank = dl_rank(a.val), axis = rank - 2 + (int)(arg & 1);
    if (dl_numel(a.val) * dl_size(a.val, axis) > 20 * r->p->limit) a = rp_cut(r, a, axis, 2);
    rp_var x = rp_say(r, dl_transpose(a.val), "dl_transpose(v%d)", a.name);
    if (arg & 1) return rp_say(r, dl_matmul(x.val, a.val), "dl_matmul(v%d, v%d)", x.name, a.name);
    return rp_say(r, dl_matmul(a.val, x.val), "dl_matmul(v%d, v%d)", a.name, x.name);
}

KIND(reshape_to)
{
    static const int64_t divisors[] = { 2, 3, 4, 5, 1 };
    int64_t n = dl_numel(a.val), d = divisors[arg % 5];
    (void)k, (void)b;
    if (n % d) d = 1;
    switch (arg / 5 % 4) {
    case 0: return rp_reshape(r, a, DL_DIMS(n));
    case 1: return rp_reshape(r, a, DL_DIMS(d, n / d));
    case 2: return rp_reshape(r, a, DL_DIMS(n / d, 1, d));
    default: return n == 1 ? rp_reshape(r, a, 0, NULL) : rp_reshape(r, a, DL_DIMS(n / d, d));
    }
}

KIND(permute)
{
    int64_t order[DL_MAX_RANK];
    char text[120];
    (void)k, (void)b;
    a = rp_strip(r, a);
    int rank = dl_rank(a.val);
    for (int i = 0; i < rank; i++) order[i] = i;
    for (int i = rank - 1; i > 0; i--, arg /= 5) {
        int j = (int)(arg % (uint32_t)(i + 1));
        int64_t swap = order[i];
        order[i] = order[j], order[j] = swap;
    }
    return rp_say(r, dl_permute(a.val, rank, order), "dl_permute(v%d, %s)", a.name,
                  rp_dims_text(rank, order, text));
}

KIND(expand)
{
    int64_t dim[DL_MAX_RANK], numel = dl_numel(a.val);
    char text[120];
    (void)k, (void)b;
    int rank = dl_rank(a.val);
    bool room = !rp_labelled(a) && rank < 4 && arg % 3;
    for (int i = 0; i < rank + room; i++, arg /= 3) {
        dim[i] = i < rank ? dl_size(a.val, i) : 1;
        int64_t times = dim[i] == 1 ? 1 + arg % 3 : 1;
        if (numel * times > r->p->limit) times = 1;
        dim[i] *= times, numel *= times;
    }
    return rp_say(r, dl_expand(a.val, rank + room, dim), "dl_expand(v%d, %s)", a.name,
                  rp_dims_text(rank + room, dim, text));
}

KIND(slice_of)
{
    (void)k, (void)b;
    if (!dl_rank(a.val)) a = rp_flatten(r, a);
    int axis = (int)(arg % (uint32_t)dl_rank(a.val));
    int64_t n = dl_size(a.val, axis), begin = 0, end = n;
    arg >>= 3;
    if (n) begin = arg % (uint32_t)n, end = n - (arg >> 8) % (uint32_t)(n - begin);
    if ((arg >> 20) % 16 == 0) end = begin;
    if ((arg >> 24 & 1) && begin) begin -= n;
    return rp_slice(r, a, axis, begin, end);
}

KIND(cat)
{
    (void)k;
    int rank = dl_rank(a.val);
    if (!rank || rank != dl_rank(b.val) || strcmp(dl_dims(a.val), dl_dims(b.val)) != 0)
        a = rp_flatten(r, a), b = rp_flatten(r, b), rank = 1;
    int axis = (int)(arg % (uint32_t)rank);
    for (int i = 0; i < rank; i++) {
        if (i == axis) continue;
        a = rp_cut(r, a, i, dl_size(b.val, i));
        b = rp_cut(r, b, i, dl_size(a.val, i));
    }
    int n = dl_numel(a.val) + dl_numel(b.val) > r->p->limit ? 1 : 2 + (arg >> 8 & 1);
    rp_var list[] = { a, b, a };
    char text[] = { (char)('0' + axis), 0 }, names[40];
    return rp_say(r, dl_cat(rp_values(list, n, names).val, n, text), "dl_cat(%s, \"%s\")", names,
                  text);
}

/* Places: the order of the elements, or the first, the last, the last but one .. */
KIND(indexed)
{
    (void)k, (void)b;
    if (!dl_rank(a.val)) a = rp_flatten(r, a);
    char axis[] = { (char)('0' + (arg >> 3) % (uint32_t)dl_rank(a.val)), 0 };
    int64_t n = dl_size(a.val, axis[0] - '0');
    uint32_t which = arg >> 12 & 7;
    dl_order order = (dl_order)(arg >> 8 & 1);
    dl_val some = dl_arange_i64(r->t, 0, -1, least(n, 5)), at = dl_argsort(a.val, axis, order), y;
    const char *last = order ? "DL_DESCENDING" : "DL_ASCENDING";
    switch (which) {
    case 0:
        if (order) y = dl_masked_select(a.val, dl_ones_like(a.val)), last = "all";
        else y = dl_index_select(a.val, axis, some), last = "0, -1, -2 ..";
        break;
    case 1: y = dl_take_along(a.val, axis, at); break;
    case 2: y = dl_scatter(a.val, axis, at, dl_neg(a.val)); break;
    case 3: y = dl_scatter_add(a.val, axis, at, a.val); break;
    case 4: dl_topk(a.val, axis, least(n, 3), order, &y, NULL); break;
    case 5: y = dl_onehot(dl_flatten(at, 0, -1), 3, r->p->dtype), last = "3"; break;
    case 6:
        some = dl_triu_places(r->t, 1, least(n, 5), order), last = order ? "1, 2 .." : "0, 1 ..";
        y = dl_embed(dl_reshape(a.val, DL_DIMS(-1, 1)), some);
        break;
    default: y = dl_sort(a.val, axis, order); break;
    }
    return rp_say(r, y, "indexed_%u(v%d, \"%s\", %s)", which, a.name, axis, last);
}

KIND(stepped)
{
    (void)k, (void)b;
    if (!dl_rank(a.val)) a = rp_flatten(r, a);
    char axis[] = { (char)('0' + (arg >> 3) % (uint32_t)dl_rank(a.val)), 0 };
    int64_t n = dl_size(a.val, axis[0] - '0'), width = least(n, 2);
    dl_pad_mode mode = (dl_pad_mode)(arg >> 8 & 3);
    if (mode == DL_PAD_REFLECT && width) width = least(n - 1, 2);
    dl_val y;
    switch (arg & 7) {
    case 0: y = dl_slice_step(a.val, axis, 0, -1, 2); break;
    case 1: y = n ? dl_slice_step(a.val, axis, -1, -1, -2) : a.val; break;
    case 2: y = dl_flip(a.val, "all"); break;
    case 3: y = dl_circshift(a.val, (int64_t)(arg >> 8 & 15) - 7, axis); break;
    case 4: y = dl_pad(a.val, axis, width, 1 < width ? 1 : width, mode, 0.5); break;
    case 5: y = n ? dl_repelem(dl_slice_step(a.val, axis, 0, 1, 1), axis, 2) : a.val; break;
    case 6: y = dl_squeeze(a.val, "all"); break;
    default: y = dl_flip(a.val, axis); break;
    }
    return rp_say(r, y, "stepped_%u(v%d, \"%s\", %d)", arg & 7, a.name, axis, (int)mode);
}

/* Of an order and a value. */
KIND(ordered)
{
    int n = (int)(arg >> 2 & 3);
    (void)k, (void)b;
    switch (arg & 3) {
    case 0: return rp_say(r, dl_polygamma(n, a.val), "dl_polygamma(%d, v%d)", n, a.name);
    case 1: return rp_say(r, dl_bessely(n, a.val), "dl_bessely(%d, v%d)", n, a.name);
    default: return rp_say(r, dl_besselj(n - 1, a.val), "dl_besselj(%d, v%d)", n - 1, a.name);
    }
}

KIND(drawn)
{
    static const char *const names[] = { "rand", "randn", "bernoulli", "dropout" };
    int64_t n = least(dl_rank(a.val) ? dl_size(a.val, 0) : 3, 40),
            dim[] = { n, 1 + (arg >> 4) % 3 };
    int rank = (int)(arg >> 8) % 3;
    dl_val key = dl_random_split(dl_random_key(r->t, arg >> 3, 7), arg & 15);
    char text[120] = "";
    (void)k, (void)b;
    rp_dims_text(rank, dim, text);
    dl_val order = dl_randperm(key, 3), y;
    switch (arg & 3) {
    case 0: y = dl_rand(key, r->p->dtype, rank, dim); break;
    case 1: y = dl_randn(key, r->p->dtype, rank, dim); break;
    case 2: y = dl_bernoulli(key, r->p->dtype, 0.25, rank, dim); break;
    default: y = dl_dropout(a.val, 0.25, key); break;
    }
    (void)order;
    return rp_say(r, y, "dl_%s(key, v%d, %s)", names[arg & 3], a.name, text);
}

KIND(spaced)
{
    static const double numbers[] = { 0.5, -1, 2, 0.125 };
    double step = numbers[arg >> 4 & 3];
    int64_t n = dl_rank(a.val) ? dl_size(a.val, 0) : 3;
    (void)k, (void)b;
    if (n > 40) n = 40;
    return rp_say(r,
                  arg & 1 ? dl_linspace(r->t, r->p->dtype, -1, step, n)
                          : dl_arange(r->t, r->p->dtype, -1, step, n),
                  "%s(t, dtype, -1, %g, %lld)", arg & 1 ? "dl_linspace" : "dl_arange", step,
                  (long long)n);
}

KIND(add_n)
{
    (void)k;
    rp_fit(r, &a, &b);
    rp_var list[] = { a, b, a, b };
    char names[40];
    int n = 1 + (int)(arg % 4);
    rp_list l = rp_values(list, n, names);
    return rp_say(r, dl_add_list(l.val, n), "dl_add_list(%s)", names);
}

KIND(label)
{
    static const char *const labels[5][4] = { { "", "", "", "" },
                                              { "C", "B", "T", "S" },
                                              { "CB", "BC", "SU", "TS" },
                                              { "SCB", "TCB", "USS", "BUC" },
                                              { "SCBT", "TBCS", "SSSS", "UCUB" } };
    (void)k, (void)b;
    a = rp_strip(r, a);
    int rank = dl_rank(a.val);
    if (!rank || rank > 4) return a;
    const char *text = labels[rank][arg % 4];
    return rp_say(r, dl_label(a.val, text), "dl_label(v%d, \"%s\")", a.name, text);
}

/* A new value, as large as the first axis of an operand. */
KIND(created)
{
    const char *dtype = r->p->dtype == DL_F32 ? "DL_F32" : "DL_F64";
    int64_t n = dl_rank(a.val) ? dl_size(a.val, 0) : 3, dim[] = { n < 40 ? n : 40, 1 + arg % 3 };
    int rank = (int)(arg >> 4) % 3;
    char text[120];
    (void)k, (void)b;
    rp_dims_text(rank, dim, text);
    switch (arg >> 8 & 3) {
    case 0:
        return rp_say(r, dl_zeros(r->t, r->p->dtype, rank, dim), "dl_zeros(t, %s, %s)", dtype,
                      text);
    case 1:
        return rp_say(r, dl_ones(r->t, r->p->dtype, rank, dim), "dl_ones(t, %s, %s)", dtype, text);
    case 2:
        return rp_say(r, dl_full(r->t, r->p->dtype, -1.5, rank, dim), "dl_full(t, %s, -1.5, %s)",
                      dtype, text);
    default:
        return rp_say(r, dl_eye(r->t, r->p->dtype, dim[0]), "dl_eye(t, %s, %lld)", dtype,
                      (long long)dim[0]);
    }
}

/* Cut to a range. */
KIND(clamped)
{
    double lo = -0.25 * (arg & 7), hi = 0.25 * (arg >> 3 & 7);
    (void)k, (void)b;
    return rp_say(r, dl_clamp(a.val, lo, hi), "dl_clamp(v%d, %g, %g)", a.name, lo, hi);
}

/* 1 where an element is of a kind. */
KIND(told)
{
    (void)b, (void)arg;
    rp_var m = rp_say(r, k->f.one(a.val), "dl_%s(v%d)", k->name, a.name);
    return rp_say(r, dl_cast(m.val, r->p->dtype), "dl_cast(v%d, %s)", m.name,
                  r->p->dtype == DL_F32 ? "DL_F32" : "DL_F64");
}

/* A choice by a mask that two comparisons make. */
KIND(chosen)
{
    static const struct {
        const char *name;
        dl_val (*two)(dl_val a, dl_val b);
    } compare[] = { { "eq", dl_eq }, { "ne", dl_ne }, { "lt", dl_lt },
                    { "le", dl_le }, { "gt", dl_gt }, { "ge", dl_ge } },
      join[] = { { "and", dl_and }, { "or", dl_or }, { "xor", dl_xor } };
    int i = (int)(arg % 3), j = (int)(arg / 3 % 3) + 3, n = (int)(arg / 9 % 3);
    const char *dtype = r->p->dtype == DL_F32 ? "DL_F32" : "DL_F64";
    (void)k;
    rp_fit(r, &a, &b);
    rp_var m =
        rp_say(r, compare[i].two(a.val, b.val), "dl_%s(v%d, v%d)", compare[i].name, a.name, b.name);
    rp_var q =
        rp_say(r, compare[j].two(b.val, a.val), "dl_%s(v%d, v%d)", compare[j].name, b.name, a.name);
    q = rp_say(r, join[n].two(m.val, q.val), "dl_%s(v%d, v%d)", join[n].name, m.name, q.name);
    a = rp_say(r, dl_where(m.val, a.val, b.val), "dl_where(v%d, v%d, v%d)", m.name, a.name, b.name);
    b = rp_say(r, dl_cast(q.val, r->p->dtype), "dl_cast(v%d, %s)", q.name, dtype);
    return rp_say(r, dl_add(a.val, b.val), "dl_add(v%d, v%d)", a.name, b.name);
}

/* A number that is read here and now. */
KIND(item)
{
    (void)k, (void)arg;
    b = rp_say(r, dl_mean(b.val, "all"), "dl_mean(v%d, \"all\")", b.name);
    return rp_say(r, dl_scale(a.val, dl_item(b.val)), "dl_scale(v%d, dl_item(v%d))", a.name,
                  b.name);
}

/* The gradient of one value by another, of any that came before. */
KIND(grad)
{
    dl_val g = b.val;
    (void)k, (void)arg;
    if (dl_tape_nodes(r->t) > 600) return b;
    a = rp_say(r, dl_tanh(a.val), "dl_tanh(v%d)", a.name);
    a = rp_say(r, dl_sum(a.val, "all"), "dl_sum(v%d, \"all\")", a.name);
    dl_grad(a.val, &b.val, 1, &g);
    return rp_say(r, g, "gradient(v%d, v%d)", a.name, b.name);
}

/* ---- losses ---------------------------------------------------------------------------------- */

static void same_sizes(rp_recording *r, rp_var *a, rp_var *b)
{
    if (equal_sizes(*a, *b)) return;
    *a = rp_flatten(r, *a), *b = rp_flatten(r, *b);
    *a = rp_cut(r, *a, 0, dl_size(b->val, 0)), *b = rp_cut(r, *b, 0, dl_size(a->val, 0));
}

KIND(loss)
{
    (void)k;
    same_sizes(r, &a, &b);
    if (arg & 1)
        return rp_say(r, dl_log_cosh(a.val, b.val, NULL), "dl_log_cosh(v%d, v%d, NULL)", a.name,
                      b.name);
    return rp_say(r, dl_binary_cross_entropy_logits(a.val, b.val, NULL),
                  "dl_binary_cross_entropy_logits(v%d, v%d, NULL)", a.name, b.name);
}

/* A column of whole numbers, copied by the tape. */
static dl_val column(dl_tape *t, dl_dtype dtype, int64_t n, uint32_t arg)
{
    dl_array *column = dl_array_new(dtype, NULL, DL_DIMS(n < 64 ? n : 64));
    for (int64_t i = 0; i < dl_array_numel(column); i++)
        dl_array_set(column, DL_DIMS(i), (double)(arg >> i % 24 & 3));
    dl_val x = dl_leaf(t, column);
    dl_array_free(column);
    return x;
}

KIND(masked_loss)
{
    (void)k;
    same_sizes(r, &a, &b);
    if (!dl_rank(a.val)) return a;
    a = rp_cut(r, rp_strip(r, a), 0, 64), b = rp_cut(r, rp_strip(r, b), 0, 64);
    dl_loss_options o = { .mask = column(r->t, DL_U8, dl_size(a.val, 0), arg) };
    return rp_say(r, dl_huber(a.val, b.val, 1, &o), "dl_huber(v%d, v%d, 1, masked by 0x%x)", a.name,
                  b.name, arg);
}

KIND(index_loss)
{
    (void)k, (void)b;
    a = rp_cut(r, rp_matrix(r, a), 0, 64);
    dl_val index = column(r->t, DL_I32, dl_size(a.val, 0), arg);
    dl_loss_options o = { .ignore = &(int64_t){ 3 }, .reduction = DL_NO_REDUCTION };
    return rp_say(r, dl_nll(a.val, index, &o), "dl_nll(v%d, indices of 0x%x, 3 is none)", a.name,
                  arg);
}

KIND(dropped)
{
    (void)r, (void)k, (void)arg, (void)b;
    return a;
}

#define ONE(NAME, HOW) { #NAME, HOW, { .one = dl_##NAME } },
#define TWO(NAME, HOW) { #NAME, HOW, { .two = dl_##NAME } },
#define NUMBER(NAME) { #NAME, number, { .number = dl_##NAME } },
#define AXES(NAME) { #NAME, reduce, { .axes = dl_##NAME } },
#define SCAN(NAME) { #NAME, scan, { .scan = dl_##NAME } },
#define FIRST(NAME) { #NAME, first_of, { .pair = dl_##NAME } },
#define COUNT(NAME) { #NAME, counted, { .axes = dl_##NAME } },
#define OWN(NAME, HOW) { #NAME, HOW, { NULL } },
/* clang-format off */
const rp_kind rp_kinds[] = {
    OWN(dropped, dropped)
    ONE(neg, one) ONE(abs, one) ONE(sign, one) ONE(square, one) ONE(sqrt, one) ONE(exp, one)
    ONE(log, one) ONE(erf, one) ONE(sin, one) ONE(cos, one) ONE(tanh, one) ONE(sigmoid, one) ONE(relu, one) ONE(detach, one) ONE(keep, one)
    ONE(stripdims, one) ONE(zeros_like, one) ONE(ones_like, one) ONE(norm_fro, one)
    NUMBER(scale) NUMBER(shift) NUMBER(power_scalar)
    TWO(add, two) TWO(sub, two) TWO(mul, two) TWO(div, two) TWO(power, two) TWO(max, two)
    TWO(min, two) TWO(add, two) TWO(sub, two) TWO(mul, two) OWN(add_n, add_n)
    AXES(sum) AXES(sum_squares) AXES(mean) AXES(center) AXES(var) AXES(var_n) AXES(std)
    AXES(std_n) AXES(vecnorm)
    AXES(prod) AXES(amax) AXES(amin) AXES(median) AXES(mode) AXES(logsumexp) AXES(softmax)
    AXES(log_softmax) OWN(norm_p, norm_p)
    SCAN(cumsum) SCAN(cumprod) SCAN(cummax) SCAN(cummin) SCAN(logcumsumexp)
    FIRST(max_with_indices) FIRST(min_with_indices) FIRST(moments)
    COUNT(any) COUNT(all) COUNT(count_nonzero)
    ONE(norm, of_vector) ONE(gram, of_matrix) ONE(cov, of_matrix) ONE(cov_n, of_matrix)
    ONE(trace, of_square) ONE(eye_like, of_square) ONE(transpose, transpose)
    OWN(matmul, matmul) OWN(matmul, matmul) OWN(matmul_self, matmul_self) TWO(dot, pair)
    TWO(mse, pair) TWO(mean_squared_error, pair) TWO(l1loss, pair) TWO(l2loss, pair)
    OWN(reshape, reshape_to) OWN(permute, permute) OWN(expand, expand) OWN(slice, slice_of)
    OWN(loss, loss) OWN(masked_loss, masked_loss) OWN(index_loss, index_loss)
    TWO(atan2, two) TWO(hypot, two) TWO(mod, two) TWO(rem, two) TWO(copysign, two)
    NUMBER(max_scalar) NUMBER(min_scalar) OWN(chosen, chosen) OWN(chosen, chosen)
    ONE(reciprocal, one) ONE(rsqrt, one) ONE(cbrt, one) ONE(exp2, one) ONE(expm1, one) ONE(log1p, one)
    ONE(log2, one) ONE(log10, one) ONE(logit, one) ONE(sinh, one) ONE(cosh, one) ONE(asinh, one)
    ONE(acosh, one) ONE(atanh, one) ONE(asin, one) ONE(acos, one) ONE(atan, one) ONE(floor, one)
    ONE(ceil, one) ONE(round, one) ONE(fix, one) ONE(tan, one) ONE(cot, one) ONE(sec, one)
    ONE(csc, one)
    ONE(erfc, one) ONE(softplus, one) ONE(log_sigmoid, one) ONE(softsign, one) ONE(silu, one)
    ONE(mish, one) ONE(gelu, one) ONE(gelu_tanh, one) ONE(hardtanh, one) ONE(hard_sigmoid, one)
    ONE(hardswish, one) ONE(selu, one) NUMBER(leaky_relu) NUMBER(elu) TWO(prelu, two)
    OWN(clamp, clamped) ONE(isnan, told) ONE(isinf, told) ONE(isfinite, told)
    OWN(cat, cat) OWN(label, label) OWN(created, created) OWN(item, item) OWN(grad, grad)
    ONE(inv, rp_of_definite) ONE(det, rp_of_definite) ONE(logdet, rp_of_definite) ONE(cholesky, rp_of_definite)
    ONE(sqrtm, rp_of_definite) ONE(pinv, rp_of_tall) TWO(solve, rp_with_definite)
    { "slogdet", rp_of_definite, { .one = rp_slogdet } },
    { "lu", rp_of_definite, { .one = rp_lu_u } }, { "lu_solve", rp_with_definite, { .two = rp_lu_solve } },
    { "qr", rp_of_tall, { .one = rp_qr_r } },
    { "eigh", rp_of_definite, { .one = rp_eigh_values } },
    { "eigh", rp_of_definite, { .one = rp_eigh_vectors } },
    { "svd", rp_of_tall, { .one = rp_svd_u } },
    { "expm", rp_of_definite, { .one = rp_expm } },
    OWN(solve_triangular, rp_solve_triangular) OWN(triu, rp_triangle)
    OWN(diag, rp_diagonal) OWN(einsum, rp_einsum)
    OWN(indexed, indexed) OWN(indexed, indexed)
    OWN(stepped, stepped)
    OWN(ordered, ordered) ONE(erfinv, one) ONE(gamma, one) ONE(lgamma, one) ONE(digamma, one)
    ONE(bessel_j0, one) ONE(bessel_j1, one) ONE(bessel_y0, one) ONE(bessel_y1, one)
    OWN(spaced, spaced) OWN(drawn, drawn)
    OWN(convolved, rp_convolved)
    OWN(pooled, rp_pooled)
    OWN(spectrum, rp_spectrum)
    OWN(resized, rp_resized)
    OWN(distances, rp_distances)
};
/* clang-format on */
const int rp_nkind = sizeof rp_kinds / sizeof *rp_kinds;

int rp_kind_named(const char *name)
{
    for (int i = 0; i < rp_nkind; i++)
        if (strcmp(rp_kinds[i].name, name) == 0) return i;
    return 0;
}
