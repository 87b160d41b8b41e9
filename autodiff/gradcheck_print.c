/* gradcheck_print.c: the report of a gradient check as a text table. */
#define DL_NO_PLACES
#include "internal.h"

static const char *const verdicts[] = { "PASS", "FAIL", "INCONCLUSIVE" };

static const char *place(const dl_check_input *in, char *text, size_t n)
{
    dl_shape s = { .rank = in->rank };
    memcpy(s.dim, in->worst, sizeof in->worst);
    memcpy(s.labels, in->labels, DL_MAX_RANK);
    return in->checked ? dl_shape_text(&s, text, n) : "-";
}

dl_status dl_check_report_print(const dl_check_report *r, FILE *to)
{
    if (!r || !to) return DL_ENULL;
    char size[DL_SHAPE_TEXT], worst[DL_SHAPE_TEXT];
    fprintf(to, "gradient check: %s   value %.10g, %lld evaluations in f64\n", verdicts[r->verdict],
            r->value, (long long)r->evaluations);
    fprintf(to, "%-20s %-14s %8s %-14s %14s %14s %9s %9s %9s  %s\n", "Input", "Size", "Checked",
            "Worst at", "Analytic", "Numeric", "Error", "Bar", "f32", "Verdict");
    for (int k = 0; k < r->ninputs; k++) {
        const dl_check_input *in = &r->inputs[k];
        dl_shape s = { .rank = in->rank };
        memcpy(s.dim, in->dims, sizeof in->dims);
        memcpy(s.labels, in->labels, DL_MAX_RANK);
        fprintf(to, "%-20s %-14s %8lld %-14s %14.6g %14.6g %9.1e %9.1e %9.1e  %s", in->name,
                dl_shape_text(&s, size, sizeof size), (long long)in->checked,
                place(in, worst, sizeof worst), in->analytic, in->numeric, in->error, in->bar,
                in->f32_distance, verdicts[in->verdict]);
        if (in->failed) fprintf(to, ", %lld failed", (long long)in->failed);
        if (in->inconclusive) fprintf(to, ", %lld inconclusive", (long long)in->inconclusive);
        fprintf(to, "\n");
    }
    return ferror(to) ? DL_EFILE : DL_OK;
}
