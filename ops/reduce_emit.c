/* reduce_emit.c: reductions as C text: the sums of reduce_real.c. */
#include "support.h"
#include "reduce.h"

#include <stdio.h>

/* The place of a term of the nest under the result whose first term stands at `at`. */
static dl_index term_at(const dl_reduction *r, int operand, dl_index at)
{
    dl_emit_terms(&at, &r->summed, operand, 'k');
    return at;
}

/* Terms under one result, whose first is x[at]: leaves their sum in the double `sum`. */
static void emit_sum(const dl_emit *e, const dl_reduction *r, dl_index at, const char *fold)
{
    char f[32];
    long long n = r->terms;
    bool near = r->summed.rank == 0 || (r->summed.rank == 1 && r->summed.stride[0][0] == 1);
    snprintf(f, sizeof f, "dl_%s_%s", fold, e->type);
    dl_emit_need(e, f);
    if (near && n <= DL_BLOCK) {
        dl_emit_line(e, "const double sum = %s(%lld, %s%s%s);", f, n, e->name[1],
                     *at.text ? " + " : "", at.text);
        return;
    }
    if (n > DL_BLOCK) {
        dl_emit_need(e, "dl_pairwise_total");
        dl_emit_line(e, "dl_pairwise total = { { 0 }, 0 };");
    }
    dl_emit_line(e, "%s part[%lld];", e->real, n < DL_BLOCK ? n : DL_BLOCK);
    dl_emit_line(e, "int filled = 0;");
    dl_index x = term_at(r, 0, at);
    int loops = dl_emit_loops(e, &r->summed, 0, 'k');
    dl_emit_line(e, "{");
    dl_emit_line(e, "part[filled++] = %s[%s];", e->name[1], dl_place(&x));
    if (n > DL_BLOCK)
        dl_emit_line(e, "if (filled == %d) dl_pairwise_add(&total, %s(filled, part)), filled = 0;",
                     DL_BLOCK, f);
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
    if (n % DL_BLOCK && n > DL_BLOCK)
        dl_emit_line(e, "dl_pairwise_add(&total, %s(filled, part));", f);
    dl_emit_line(e,
                 n > DL_BLOCK ? "const double sum = dl_pairwise_total(&total);"
                              : "const double sum = %s(filled, part);",
                 f);
}

enum { STRIP = 32 };

/* The same under n neighbouring results: sums[j]. */
static void emit_columns(const dl_emit *e, const dl_reduction *r, dl_index at, int64_t stride,
                         int64_t n, const char *fold)
{
    bool squares = strcmp(fold, "sum_squares") == 0, long_ = r->terms > DL_BLOCK;
    dl_index x = at;
    long long m = n;
    dl_emit_term(&x, stride, "j");
    x = term_at(r, 0, x);
    dl_emit_line(e, "double sums[%lld];", m);
    if (long_) {
        dl_emit_line(e, "double part[%lld];", m);
        dl_emit_line(e, "int filled = 0;");
    }
    const char *to = long_ ? "part" : "sums";
    dl_emit_line(e, "for (int j = 0; j < %lld; j++) sums[j] = %s0;", m, long_ ? "part[j] = " : "");
    if (!r->terms) return;
    int loops = dl_emit_loops(e, &r->summed, 0, 'k');
    dl_emit_line(e, "{");
    dl_emit_line(e, "for (int j = 0; j < %lld; j++) {", m);
    dl_emit_line(e, "const double term = (double)%s[%s];", e->name[1], dl_place(&x));
    dl_emit_line(e, "%s[j] += %s;", to, squares ? "term * term" : "term");
    dl_emit_line(e, "}");
    if (long_) {
        dl_emit_line(e, "if (++filled %% %d == 0)", DL_BLOCK);
        dl_emit_line(e, "    for (int j = 0; j < %lld; j++) sums[j] += part[j], part[j] = 0;", m);
    }
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
    if (long_ && r->terms % DL_BLOCK)
        dl_emit_line(e, "for (int j = 0; j < %lld; j++) sums[j] += part[j];", m);
}

static void emit_reduction(const dl_emit *e, const dl_reduction *r, const char *fold,
                           const char *value, dl_emit_finish *finish)
{
    dl_loop outer = r->kept;
    int last = outer.rank - 1;
    int64_t columns = r->columns ? outer.dim[last] : 1, x = r->columns ? outer.stride[0][last] : 0;
    if (r->columns) outer.rank--;
    int64_t strips = columns / STRIP * STRIP;
    int loops = dl_emit_loops(e, &outer, 0, 'i');
    bool two = strips && strips < columns; /* blocks in the body of the loops */
    if (two) dl_emit_line(e, "{");
    for (int64_t first = 0, n; first < columns; first += n) {
        n = !r->columns ? 0 : first < strips ? STRIP : columns - strips;
        int inner = n == STRIP && strips > STRIP ? dl_emit_loop(e, "j0", strips, STRIP) : 0;
        dl_index at = { "" }, to = { "" };
        dl_emit_terms(&at, &outer, 0, 'i'), dl_emit_terms(&to, &outer, 1, 'i');
        if (inner) dl_emit_term(&at, x, "j0"), dl_emit_term(&to, 1, "j0");
        dl_emit_term(&at, first * x, NULL), dl_emit_term(&to, first, NULL);
        dl_emit_line(e, "{");
        if (n) emit_columns(e, r, at, x, n, fold);
        else if (r->terms) emit_sum(e, r, at, fold);
        else dl_emit_line(e, "const double sum = 0;");
        if (n) {
            dl_emit_line(e, "for (int j = 0; j < %lld; j++) {", (long long)n);
            dl_emit_line(e, "const double sum = sums[j];");
            dl_emit_term(&at, x, "j"), dl_emit_term(&to, 1, "j");
        }
        finish(e, r, value, at, to, n);
        if (n) dl_emit_line(e, "}");
        dl_emit_line(e, "}");
        dl_emit_end(e, inner);
        if (inner) n = strips;
        if (!n) break;
    }
    if (two) dl_emit_line(e, "}");
    dl_emit_end(e, loops);
}

void dl__emit_value(const dl_emit *e, const dl_reduction *r, const char *value, dl_index at,
                    dl_index to, int64_t n)
{
    (void)at, (void)n;
    if (strstr(value, " n")) dl_emit_line(e, "const double n = %lld;", (long long)r->terms);
    dl_emit_line(e, "%s[%s] = (%s)(%s);", e->name[0], dl_place(&to), e->real, value);
}

/* In f64 squares may overflow or vanish: then once more, with the largest term scaled to 1. */
void dl__emit_norm(const dl_emit *e, const dl_reduction *r, const char *value, dl_index at,
                   dl_index to, int64_t n)
{
    dl_index x = term_at(r, 0, at);
    (void)n;
    if (e->layout[0]->shape.dtype == DL_F32 || !r->terms) {
        dl__emit_value(e, r, value, at, to, n);
        return;
    }
    dl_emit_line(e, "double norm = %s;", value);
    dl_emit_line(e, "if (!(norm > 1e-140 && norm < 1e150)) {");
    dl_emit_line(e, "double largest = 0, squares = 0;");
    int loops = dl_emit_loops(e, &r->summed, 0, 'k');
    dl_emit_line(e, "{");
    dl_emit_line(e, "const double term = fabs(%s[%s]);", e->name[1], dl_place(&x));
    dl_emit_line(e, "if (term > largest || term != term) largest = term;");
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
    dl_emit_line(e, "norm = largest;");
    dl_emit_line(e, "if (largest > 0 && largest < INFINITY) {");
    loops = dl_emit_loops(e, &r->summed, 0, 'k');
    dl_emit_line(e, "{");
    dl_emit_line(e, "const double term = fabs(%s[%s]) / largest;", e->name[1], dl_place(&x));
    dl_emit_line(e, "squares += term * term;");
    dl_emit_line(e, "}");
    dl_emit_end(e, loops);
    dl_emit_line(e, "norm = largest * sqrt(squares);");
    dl_emit_line(e, "}");
    dl_emit_line(e, "}");
    dl_emit_line(e, "%s[%s] = norm;", e->name[0], dl_place(&to));
}

static void emit_centered(const dl_emit *e, const dl_reduction *r, const char *value, dl_index at,
                          dl_index to, int64_t n)
{
    dl_index x = term_at(r, 0, at), y = term_at(r, 1, to);
    (void)value, (void)n;
    dl_emit_line(e, "const double mean = sum / %lld.0;", (long long)r->terms);
    int loops = dl_emit_loops(e, &r->summed, 0, 'k');
    dl_emit_line(e, "%s[%s] = (%s)((double)%s[%s] - mean);", e->name[0], dl_place(&y), e->real,
                 e->name[1], dl_place(&x));
    dl_emit_end(e, loops);
}

/* Results lie one behind the other. */
void dl__emit_results(const dl_emit *e, const char *fold, const char *value, dl_emit_finish *finish)
{
    dl_reduction r = *(const dl_reduction *)e->info;
    int64_t stride = 1;
    for (int k = r.kept.rank - 1; k >= 0; k--) {
        r.kept.stride[1][k] = stride;
        stride *= r.kept.dim[k];
    }
    emit_reduction(e, &r, fold, value, finish);
}

void dl__emit_center(const dl_emit *e)
{
    const dl_reduction *r = e->info;
    if (r->terms) emit_reduction(e, r, "sum", NULL, emit_centered);
}
