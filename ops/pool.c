/* pool.c: averages over windows, and pools over all places. An average is a convolution with one
 * filter for all channels: they are taken as observations, of which a convolution may have any
 * number. */
#include "support.h"

dl_val dl_avgpool(dl_val x, const int64_t *window, dl_conv_options options)
{
    char text[DL_SHAPE_TEXT], labels[] = "SSSCB";
    if (!dl__operands("avgpool", &x, 1)) return dl_none(x.tape);
    const dl_shape s = *dl_shape_of(x);
    int axes = 0;
    while (s.labels[axes] == 'S') axes++;
    if (axes < 1 || axes > 3)
        return dl_fail(x.tape, DL_ELABEL, "avgpool", "x %s: wanted one to three axes S",
                       dl_shape_text(&s, text, sizeof text));
    if (!window) return dl_fail(x.tape, DL_ENULL, "avgpool", "no window");
    if (options.groups > 1)
        return dl_fail(x.tape, DL_EARG, "avgpool", "%lld groups, wanted none",
                       (long long)options.groups);
    int64_t dim[DL_MAX_RANK], filter[5], rest = 1;
    double n = 1;
    for (int i = 0; i < axes; i++) {
        if (window[i] < 1)
            return dl_fail(x.tape, DL_EARG, "avgpool", "window of %lld, wanted 1 or more",
                           (long long)window[i]);
        dim[i] = s.dim[i], filter[i] = window[i];
        n *= (double)window[i];
    }
    for (int i = axes; i < s.rank; i++) rest *= s.dim[i];
    dim[axes] = filter[axes] = filter[axes + 1] = 1, dim[axes + 1] = rest;
    dl_val w = dl__times(dl_ones(x.tape, dl_dtype_of(x), axes + 2, filter), 1 / n);
    dl_val one = dl_label(dl_reshape(x, axes + 2, dim), labels + 3 - axes);
    dl_val y = dl_conv(one, w, (dl_val){ 0 }, options);
    if (dl_tape_status(x.tape)) return y;
    dl_shape to = s;
    for (int i = 0; i < axes; i++) to.dim[i] = dl_size(y, i);
    return dl__reshape_to(y, &to);
}

dl_val dl_global_avgpool(dl_val x)
{
    char text[DL_SHAPE_TEXT];
    if (!dl__operands("global_avgpool", &x, 1)) return dl_none(x.tape);
    const dl_shape *s = dl_shape_of(x);
    if (s->labels[0] == 'S') return dl_mean(x, "S");
    return dl_fail(x.tape, DL_ELABEL, "global_avgpool", "x %s: wanted axes S",
                   dl_shape_text(s, text, sizeof text));
}

dl_val dl_global_maxpool(dl_val x)
{
    char text[DL_SHAPE_TEXT];
    dl_val y, index;
    if (!dl__operands("global_maxpool", &x, 1)) return dl_none(x.tape);
    const dl_shape *s = dl_shape_of(x);
    int64_t places = 1;
    int axes = 0;
    while (s->labels[axes] == 'S') places *= dl_size(x, axes++);
    if (!axes || !places)
        return dl_fail(x.tape, axes ? DL_ESHAPE : DL_ELABEL, "global_maxpool",
                       "x %s: wanted axes S with elements", dl_shape_text(s, text, sizeof text));
    dl_max_with_indices(x, "S", &y, &index);
    return y;
}
