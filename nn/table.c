/* table.c: learnables, or one value for each of them, as a table. */
#include "internal.h"

#include <math.h>

/* One line: what is printed, and the numbers behind it. */
typedef struct row {
    dl_learnable of;
    const void *data; /* row-major, without gaps */
    char sizes[48];
} row;

typedef struct summary {
    double mean, min, max, norm;
} summary;

static double element(const void *data, dl_dtype dtype, int64_t i)
{
    return dtype == DL_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
}

static summary summarize(const void *data, dl_dtype dtype, int64_t n)
{
    summary s = { .min = INFINITY, .max = -INFINITY };
    for (int64_t i = 0; i < n; i++) {
        double x = element(data, dtype, i);
        s.mean += x / (double)n;
        s.norm = hypot(s.norm, x);
        if (x < s.min) s.min = x;
        if (x > s.max) s.max = x;
    }
    return s;
}

static int wider(int width, const char *text)
{
    int n = (int)strlen(text);
    return n > width ? n : width;
}

static dl_status print(const row *rows, int n, dl_dtype dtype, FILE *to)
{
    int w[3] = { 5, 9, 5 };
    for (int i = 0; i < n; i++) {
        w[0] = wider(w[0], rows[i].of.layer);
        w[1] = wider(w[1], rows[i].of.parameter);
        w[2] = wider(w[2], rows[i].sizes);
    }
    fprintf(to, "%-*s  %-*s  %-*s  %10s  %10s  %10s  %10s\n", w[0], "Layer", w[1], "Parameter",
            w[2], "Value", "Mean", "Min", "Max", "Norm");
    for (int i = 0; i < n; i++) {
        summary s = summarize(rows[i].data, dtype, dl_array_numel(rows[i].of.value));
        fprintf(to, "%-*s  %-*s  %-*s  %10.4g  %10.4g  %10.4g  %10.4g\n", w[0], rows[i].of.layer,
                w[1], rows[i].of.parameter, w[2], rows[i].sizes, s.mean, s.min, s.max, s.norm);
    }
    return ferror(to) ? DL_EFILE : DL_OK;
}

/* The rows with their sizes, no data yet; null: no memory. */
static row *rows_of(const dl_net *net)
{
    row *rows = dl__zalloc((size_t)dl_net_learnables(net) * sizeof *rows);
    for (int i = 0; rows && i < dl_net_learnables(net); i++) {
        rows[i].of = dl_net_learnable(net, i);
        const dl_array *a = rows[i].of.value;
        snprintf(rows[i].sizes, sizeof rows[i].sizes, "{%lldx%lld %s}",
                 (long long)dl_array_size(a, 0), (long long)dl_array_size(a, 1),
                 dl_dtype_name(net->dtype));
        rows[i].data = dl_array_data(a);
    }
    return rows;
}

dl_status dl_net_print(const dl_net *net, FILE *to)
{
    if (dl_net_status(net)) return dl_net_status(net);
    if (!to) return DL_ENULL;
    row *rows = rows_of(net);
    if (!rows) return DL_ENOMEM;
    dl_status s = print(rows, dl_net_learnables(net), net->dtype, to);
    dl__free(rows);
    return s;
}

/* Reads the values into the rows. */
static dl_status read_values(row *rows, const dl_val *values, int n, dl_dtype dtype)
{
    dl_tape *t = dl_any_tape(values, n);
    if (!t) return DL_ENULL;
    if (dl_eval(t, values, n)) return dl_tape_status(t);
    for (int i = 0; i < n; i++) {
        char is[DL_SHAPE_TEXT];
        if (dl_numel(values[i]) != dl_array_numel(rows[i].of.value)
            || dl_dtype_of(values[i]) != dtype)
            return dl_tape_reject(t, DL_ESHAPE, "table: value %s %s, but %s.%s is %s",
                                  dl_dtype_name(dl_dtype_of(values[i])),
                                  dl_shape_text(dl_shape_of(values[i]), is, sizeof is),
                                  rows[i].of.layer, rows[i].of.parameter, rows[i].sizes);
        rows[i].data = dl_data(values[i]);
        if (dl_tape_status(t)) return dl_tape_status(t);
    }
    return DL_OK;
}

dl_status dl_table_print(const dl_net *net, const dl_val *values, FILE *to)
{
    int n = dl_net_learnables(net);
    if (dl_net_status(net)) return dl_net_status(net);
    if (!to || !values) return DL_ENULL;
    row *rows = rows_of(net);
    if (!rows) return DL_ENOMEM;
    dl_status s = n ? read_values(rows, values, n, net->dtype) : DL_OK;
    if (!s) s = print(rows, n, net->dtype, to);
    dl__free(rows);
    return s;
}
