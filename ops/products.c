/* products.c: products of vectors and matrices that are made of other ops. */
#include "linear.h"

/* Both compute, are of one dtype and have no labels; false: the tape has the error. */
static bool plain(const char *op, dl_val a, dl_val b)
{
    char text[DL_SHAPE_TEXT];
    dl_val in[] = { a, b };
    if (!dl__operands(op, in, 2)) return false;
    for (int i = 0; i < 2; i++)
        if (dl_shape_of(in[i])->labels[0])
            return dl_fail(a.tape, DL_ELABEL, op,
                           "%s: labels have no meaning here, strip them with dl_stripdims",
                           dl_shape_text(dl_shape_of(in[i]), text, sizeof text)),
                   false;
    return true;
}

/* Elements of x with other sizes; of a good handle. */
static dl_val sized(dl_val x, int rank, const int64_t *dims)
{
    dl_shape s = { .dtype = (int32_t)dl_dtype_of(x), .rank = rank };
    if (dl_tape_status(x.tape)) return x;
    memcpy(s.dim, dims, (size_t)rank * sizeof *dims);
    return dl__reshape_to(x, &s);
}

dl_val dl_outer(dl_val a, dl_val b)
{
    if (!plain("outer", a, b)) return dl_none(dl_any_tape((dl_val[]){ a, b }, 2));
    return dl_mul(sized(a, DL_DIMS(dl_numel(a), 1)), sized(b, DL_DIMS(1, dl_numel(b))));
}

/* Matrices with leading axes that fit, in rank at most `most`. */
static bool matrices_fit(const char *op, dl_val *a, dl_val *b, int most)
{
    char text[DL_SHAPE_TEXT];
    if (!dl__operands(op, (dl_val[]){ *a, *b }, 2) || !dl__matrices(op, *a, false)
        || !dl__matrices(op, *b, false) || !dl__match_batches(op, a, b))
        return false;
    if (dl_rank(*a) <= most) return true;
    return dl_fail(a->tape, DL_ERANK, op, "%s: rank %d, wanted 2 to %d",
                   dl_shape_text(dl_shape_of(*a), text, sizeof text), dl_rank(*a), most),
           false;
}

dl_val dl_kron(dl_val a, dl_val b)
{
    dl_tape *t = dl_any_tape((dl_val[]){ a, b }, 2);
    if (!matrices_fit("kron", &a, &b, DL_MAX_RANK - 2)) return dl_none(t);
    int lead = dl_rank(a) - 2;
    int64_t x[DL_MAX_RANK], y[DL_MAX_RANK], to[DL_MAX_RANK];
    for (int i = 0; i < lead; i++) {
        x[i] = dl_size(a, i), y[i] = dl_size(b, i);
        to[i] = x[i] == 1 ? y[i] : x[i];
    }
    for (int i = 0; i < 2; i++) {
        int64_t m = dl_size(a, lead + i), p = dl_size(b, lead + i);
        x[lead + 2 * i] = m, x[lead + 2 * i + 1] = 1;
        y[lead + 2 * i] = 1, y[lead + 2 * i + 1] = p;
        if (__builtin_mul_overflow(m, p, &to[lead + i]))
            return dl_fail(t, DL_EOVERFLOW, "kron", "the sizes overflow");
    }
    return sized(dl_mul(sized(a, lead + 4, x), sized(b, lead + 4, y)), lead + 2, to);
}

/* Elements k, k + 1, k + 2 (mod 3) along the axis. */
static dl_val turned(dl_val x, const char *axis, int k)
{
    return dl_cat((dl_val[]){ dl_slice(x, axis, k, 3), dl_slice(x, axis, 0, k) }, 2, axis);
}

dl_val dl_cross(dl_val a, dl_val b, const char *axis)
{
    char text[DL_SHAPE_TEXT];
    dl_val in[] = { a, b };
    if (!dl__operands("cross", in, 2)) return dl_none(dl_any_tape(in, 2));
    for (int i = 0; i < 2; i++) {
        int k = dl__axis("cross", in[i], axis);
        if (k < 0) return dl_none(a.tape);
        if (dl_size(in[i], k) != 3)
            return dl_fail(a.tape, DL_ESHAPE, "cross", "%s: size %lld of axis %d, wanted 3",
                           dl_shape_text(dl_shape_of(in[i]), text, sizeof text),
                           (long long)dl_size(in[i], k), k);
    }
    return dl_sub(dl_mul(turned(a, axis, 1), turned(b, axis, 2)),
                  dl_mul(turned(a, axis, 2), turned(b, axis, 1)));
}

/* ---- pages: matrices in front, batches behind ------------------------------------------------ */

/* Axes from..rank-1 come first, `rank` being that of the other operand too. */
static dl_val pages_first(dl_val x, int rank)
{
    int64_t dim[DL_MAX_RANK], order[DL_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        dim[i] = i < dl_rank(x) ? dl_size(x, i) : 1;
        order[i] = (i + 2) % rank;
    }
    return dl_permute(sized(x, rank, dim), rank, order);
}

dl_val dl_pagemtimes(dl_val a, dl_val b)
{
    char is[DL_SHAPE_TEXT], other[DL_SHAPE_TEXT];
    dl_val in[] = { a, b };
    if (!dl__operands("pagemtimes", in, 2)) return dl_none(dl_any_tape(in, 2));
    const dl_shape *x = dl_shape_of(a), *y = dl_shape_of(b);
    dl_shape_text(x, is, sizeof is), dl_shape_text(y, other, sizeof other);
    if (strcmp(x->labels, y->labels) != 0)
        return dl_fail(a.tape, DL_ELABEL, "pagemtimes", "a %s, b %s: the labels differ", is, other);
    if (x->rank < 2 || y->rank < 2)
        return dl_fail(a.tape, DL_ERANK, "pagemtimes", "a %s, b %s: rank %d, wanted 2 or more", is,
                       other, x->rank < 2 ? x->rank : y->rank);
    if (x->dim[1] != y->dim[0])
        return dl_fail(a.tape, DL_ESHAPE, "pagemtimes",
                       "a %s, b %s: inner sizes %lld and %lld differ", is, other,
                       (long long)x->dim[1], (long long)y->dim[0]);
    int rank = x->rank > y->rank ? x->rank : y->rank;
    for (int i = 2; i < rank; i++)
        if (dl__dim(x, i) != dl__dim(y, i) && dl__dim(x, i) != 1 && dl__dim(y, i) != 1)
            return dl_fail(a.tape, DL_ESHAPE, "pagemtimes",
                           "a %s, b %s: page sizes %lld and %lld of axis %d neither match nor are "
                           "1",
                           is, other, (long long)dl__dim(x, i), (long long)dl__dim(y, i), i);
    int64_t back[DL_MAX_RANK];
    for (int i = 0; i < rank; i++) back[(i + 2) % rank] = i;
    dl_val product = dl_matmul(pages_first(a, rank), pages_first(b, rank));
    dl_val pages = dl_permute(product, rank, back);
    return x->labels[0] ? dl_label(pages, x->labels) : pages;
}

/* ---- statistics ------------------------------------------------------------------------------ */

dl_val dl_corrcoef(dl_val x)
{
    char text[DL_SHAPE_TEXT];
    if (!dl__matrices("corrcoef", x, false)) return dl_none(x.tape);
    if (dl_rank(x) != 2)
        return dl_fail(x.tape, DL_ERANK, "corrcoef",
                       "%s has rank %d, wanted 2: rows are observations",
                       dl_shape_text(dl_shape_of(x), text, sizeof text), dl_rank(x));
    dl_val centred = dl_center(x, "0");
    return dl_gram(dl_div(centred, dl_vecnorm(centred, "0")));
}
