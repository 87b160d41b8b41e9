/* fullyconnect.c: a product with a matrix of weights, over all axes S and C. */
#include "support.h"

dl_val dl_fullyconnect(dl_val x, dl_val w, dl_val b)
{
    static const char name[] = "fullyconnect";
    char is[DL_SHAPE_TEXT], other[DL_SHAPE_TEXT];
    dl_val in[] = { x, w, b };
    int n = b.tape ? 3 : 2, k = 0;
    dl_tape *t = dl_any_tape(in, n);
    if (!dl__operands(name, in, n)) return dl_none(t);
    const dl_shape *s = dl_shape_of(x), *v = dl_shape_of(w);
    dl_shape_text(s, is, sizeof is), dl_shape_text(v, other, sizeof other);
    int channel = dl_finddim(x, 'C');
    if (channel < 0 || dl_finddim(x, 'U') >= 0)
        return dl_fail(t, DL_ELABEL, name,
                       "x %s: wanted labels with C and without U, give them with dl_label", is);
    if (v->labels[0]) return dl_fail(t, DL_ELABEL, name, "weights %s have labels", other);
    if (v->rank != 2)
        return dl_fail(t, DL_ERANK, name, "weights %s: rank %d, wanted 2", other, v->rank);
    int64_t inputs = 1, rest = 1, dim[DL_MAX_RANK] = { v->dim[0] };
    char labels[DL_MAX_RANK + 1] = "C";
    for (int i = 0; i <= channel; i++) inputs *= s->dim[i];
    for (int i = channel + 1; i < s->rank; i++) {
        rest *= dim[++k] = s->dim[i];
        labels[k] = s->labels[i];
    }
    if (inputs != v->dim[1])
        return dl_fail(t, DL_ESHAPE, name,
                       "x %s, weights %s: %lld elements over S and C, the weights take %lld", is,
                       other, (long long)inputs, (long long)v->dim[1]);
    if (b.tape && dl_numel(b) != v->dim[0])
        return dl_fail(t, DL_ESHAPE, name, "weights %s: %lld elements of the bias, wanted %lld",
                       other, (long long)dl_numel(b), (long long)v->dim[0]);
    dl_val y = dl_matmul(w, dl_reshape(x, DL_DIMS(inputs, rest)));
    y = dl_label(dl_reshape(y, k + 1, dim), labels);
    if (!b.tape) return y;
    return dl_add(y, dl_label(dl_reshape(dl_stripdims(b), DL_DIMS(v->dim[0])), "C"));
}
