/* emit_fused.c: a fused loop as C: a nest of loops whose body holds one line for each step.
 *
 * Where a loop over a block calls several functions it is cut behind each call, and what later
 * parts read lies in strips: a processor overlaps elements only while several of them fit into its
 * window, and one element of such a body fills it. */
#define DL_NO_PLACES
#include "emit_nest.h"

#include <ctype.h>

enum { LONG = 32 }; /* elements of a strip that is worth a loop for each part */

/* ---- steps ----------------------------------------------------------------------------------- */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

/* What a formula reads: an element, a number, or what an earlier step has computed. */
typedef struct term {
    char text[DL__C_NAME + 280];
} term;

static bool is_result(const dl_fused *f, uint32_t slot)
{
    return slot >= f->noperand && slot < f->noperand + f->nresult;
}

static term term_of(const dl_nest *l, int part, uint32_t slot, const char *at, const char *in_block)
{
    term t;
    dl_literal number;
    if (l->step[slot] >= 0) {
        bool stored = is_result(l->f, slot), here = l->part[l->step[slot]] == part;
        if (here) snprintf(t.text, sizeof t.text, "e%d", l->step[slot]);
        else if (stored) snprintf(t.text, sizeof t.text, "%s[%s]", l->name[slot].text, at);
        else snprintf(t.text, sizeof t.text, "s%u[%s]", slot, in_block);
        return t;
    }
    const dl_fused_operand *x = &l->f->operand[slot];
    dl_index place = { "" };
    if (x->gather) place = dl__nest_gathered(l, x->gather);
    if (dl__c_constant(l->w, x->value, &number))
        snprintf(t.text, sizeof t.text, *number.text == '-' ? "(%s)" : "%s", number.text);
    else
        snprintf(t.text, sizeof t.text, "%s[%s]", l->name[slot].text,
                 x->gather   ? dl_place(&place)
                 : x->single ? "0"
                             : at);
    return t;
}

/* What EXP is called, dl_exp_f32 or expf; true: it is one that is printed beside the function. */
static bool function_name(const dl_nest *l, const char *word, size_t length, char *name)
{
    char lower[32] = "";
    const dl_c_text *t = l->w->f->algebra->texts;
    for (size_t k = 0; k < length && k < sizeof lower - 1; k++)
        lower[k] = (char)tolower((unsigned char)word[k]);
    snprintf(name, 48, "dl_%s_%s", lower, l->type);
    while (t && t->name && strcmp(t->name, name) != 0) t++;
    if (t && t->name) return true;
    snprintf(name, 48, "%s%s", lower, l->f->size == 4 ? "f" : "");
    return false;
}

static size_t word_length(const char *text)
{
    size_t n = strspn(text, LETTERS);
    return n ? n + strspn(text + n, LETTERS "0123456789") : 0;
}

static bool calls(const dl_nest *l, const char *text)
{
    char name[48];
    for (size_t n; *text; text += n ? n : 1) {
        n = word_length(text);
        if (n && function_name(l, text, n, name)) return true;
    }
    return false;
}

/* A formula with the operands put in: x, or a, b, c and d; REAL; and FUNCTION( by its name in C. */
static void formula(dl_nest *l, const char *text, const term *operand)
{
    dl_writer *w = l->w;
    for (const char *c = text; *c;) {
        size_t n = word_length(c), number = strspn(c, ".0123456789");
        char name[48];
        if (n == 1 && (*c == 'x' || *c == 'a')) dl__write(w, "%s", operand[0].text);
        else if (n == 1 && *c >= 'b' && *c <= 'd') dl__write(w, "%s", operand[*c - 'a'].text);
        else if (n == 4 && memcmp(c, "REAL", 4) == 0) dl__write(w, "%s", l->real);
        else if (n) {
            if (function_name(l, c, n, name)) dl__need(w, name);
            dl__write(w, "%s", name);
        } else if (number) {
            n = number + strspn(c + number, LETTERS);
            dl__write(w, "%.*s", (int)n, c);
        } else {
            bool product = *c == '*' && c[1] != ' '; /* clang-format takes it for a pointer */
            dl__write(w, "%c%s", *c, product ? " " : "");
            n = 1;
        }
        c += n;
    }
}

/* In the part that computes it, or in a later one. */
static bool is_read(const dl_nest *l, uint32_t step, bool later)
{
    const dl_fused *f = l->f;
    uint32_t slot = f->step[step].y;
    for (uint32_t k = step + 1; k < f->nstep; k++) {
        bool other = l->part[k] != l->part[step];
        for (int i = 0; i < f->op[k]->nin; i++)
            if (f->step[k].x[i] == slot && other == later) return true;
        if (f->step[k].y == slot) return false;
    }
    return false;
}

/* With AVX-512, gcc 12 reads the wrong elements where a condition decides whether the elements of a
 * row are read from its last one on: these are read before. */
static void read_before(dl_nest *l, uint32_t k, int i, term *operand)
{
    const dl_step *s = &l->f->step[k];
    bool backward =
        l->step[s->x[i]] < 0 && l->f->operand[s->x[i]].gather && strchr(operand->text, '-');
    if (!backward || !strchr(l->f->op[k]->formula, '?')) return;
    uint32_t v = l->f->operand[s->x[i]].value, name = k * DL_MAX_IN + (uint32_t)i;
    dl__write_line(l->w, "const %s k%u = %s;", dl__c_type(l->w->p->layout[v]->shape.dtype), name,
                   operand->text);
    snprintf(operand->text, sizeof operand->text, "k%u", name);
}

static void write_step(dl_nest *l, uint32_t k, const char *at, const char *in_block)
{
    const dl_fused *f = l->f;
    dl_writer *w = l->w;
    const dl_step *s = &f->step[k];
    term operand[DL_MAX_IN];
    for (int i = 0; i < f->op[k]->nin; i++) {
        operand[i] = term_of(l, l->part[k], s->x[i], at, in_block);
        read_before(l, k, i, &operand[i]);
    }
    bool stored = is_result(f, s->y);
    bool named = is_read(l, k, false) || (!stored && !l->kept[k]);
    dl__write(w, "%*s", 4 * w->depth, "");
    if (named) dl__write(w, "const %s e%u = ", l->real, k);
    else if (stored) dl__write(w, "%s[%s] = ", l->name[s->y].text, at);
    else dl__write(w, "s%u[%s] = ", s->y, in_block);
    formula(l, f->op[k]->formula, operand);
    dl__write(w, ";\n");
    if (named && stored) dl__write_line(w, "%s[%s] = e%u;", l->name[s->y].text, at, k);
    if (named && l->kept[k]) dl__write_line(w, "s%u[%s] = e%u;", s->y, in_block, k);
    l->step[s->y] = (int16_t)k;
}

static void write_steps(dl_nest *l, int part, const char *at, const char *in_block)
{
    for (uint32_t k = 0; k < l->f->nstep; k++)
        if (l->part[k] == part) write_step(l, k, at, in_block);
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* What is summed is what the last step to write there has computed. */
static bool is_summed(const dl_fused *f, uint32_t k)
{
    bool summed = false;
    for (uint32_t e = 0; e < f->nend; e++) summed = summed || f->end[e].slot == f->step[k].y;
    for (uint32_t m = k + 1; m < f->nstep; m++) summed = summed && f->step[m].y != f->step[k].y;
    return summed;
}

static void find_parts(dl_nest *l)
{
    const dl_fused *f = l->f;
    bool rows = f->nend && (l->blocks || l->n > 0), flat = !f->nend && (l->n == 1 || l->n == -1);
    int64_t strip = rows ? f->terms : flat ? f->numel : 0;
    int ncall = 0;
    memset(l->step, -1, sizeof l->step);
    for (uint32_t k = 0; k < f->nstep; k++) ncall += calls(l, f->op[k]->formula);
    bool cut = ncall > 1 && strip >= LONG;
    for (uint32_t k = 0; k < f->nstep; k++) {
        l->part[k] = k ? (uint8_t)(l->part[k - 1] + (cut && calls(l, f->op[k - 1]->formula))) : 0;
        l->parts = (uint8_t)(l->part[k] + 1);
    }
    for (uint32_t k = 0; k < f->nstep; k++) {
        l->kept[k] = !is_result(f, f->step[k].y) && (is_read(l, k, true) || is_summed(f, k));
        l->strip[f->step[k].y] = l->strip[f->step[k].y] || l->kept[k];
    }
}

/* ---- reductions ------------------------------------------------------------------------------ */

static void sum_name(const dl_nest *l, const dl_fused_end *end, char *name)
{
    snprintf(name, 48, "dl_%s_%s", end->op->fold_sum, l->type);
    dl__need(l->w, name);
}

/* What is summed: a strip of this block, or elements from `at` on. */
static void summed_text(const dl_nest *l, const dl_fused_end *end, const char *at, char *text,
                        size_t n)
{
    if (l->strip[end->slot]) snprintf(text, n, "s%u", end->slot);
    else if (!*at) snprintf(text, n, "%s", l->name[end->slot].text);
    else snprintf(text, n, "%s + %s", l->name[end->slot].text, at);
}

/* The value of the row from `sum`; of the formula's words only n is not what it says. */
static void finish_row(dl_nest *l, const dl_fused_end *end, const char *value, const char *row,
                       const char *sum)
{
    dl_writer *w = l->w;
    dl__write(w, "%*s%s[%s] = (%s)%s", 4 * w->depth, "", value, row, l->real,
              strcmp(end->op->fold_value, "sum") ? "(" : "");
    for (const char *c = end->op->fold_value; *c;) {
        size_t word = strspn(c, "abcdefghijklmnopqrstuvwxyz");
        if (word == 1 && *c == 'n') dl__write(w, "%lld.0", (long long)l->f->terms);
        else if (word == 3 && memcmp(c, "sum", 3) == 0) dl__write(w, "%s", sum);
        else dl__write(w, "%.*s", (int)(word ? word : 1), c);
        c += word ? word : 1;
    }
    dl__write(w, "%s;\n", strcmp(end->op->fold_value, "sum") ? ")" : "");
}

static void declare_strips(const dl_nest *l, int64_t n)
{
    for (uint32_t s = 0; s < DL__SLOTS; s++)
        if (l->strip[s]) dl__write_line(l->w, "%s s%u[%lld];", l->real, s, (long long)n);
}

static void open_loop(dl_nest *l, const char *index, int64_t n)
{
    dl__write_line(l->w, "for (int %s = 0; %s < %lld; %s++) {", index, index, (long long)n, index);
}

static void close_loops(dl_nest *l, int n)
{
    while (n-- > 0) dl__write_line(l->w, "}");
}

/* Elements from `begin` to `end`, block by block: j is the first of its block. */
static void open_blocks(dl_nest *l, const char *begin, const char *end, bool even)
{
    dl_writer *w = l->w;
    dl__write_line(w, "for (int j = %s; j < %s; j += %d) {", begin, end, DL_BLOCK);
    if (even) dl__write_line(w, "const int n = %d;", DL_BLOCK);
    else
        dl__write_line(w, "const int n = %s - j < %d ? %s - j : %d;", end, DL_BLOCK, end, DL_BLOCK);
    declare_strips(l, DL_BLOCK);
    for (int part = 0; part < l->parts; part++) {
        dl__write_line(w, "for (int i = j; i < j + n; i++) {");
        write_steps(l, part, "i", "i - j");
        close_loops(l, 1);
    }
}

/* Rows of at most one block. */
static void write_rows(dl_nest *l, dl_value_name *value)
{
    const dl_fused *f = l->f;
    dl_writer *w = l->w;
    char text[400], sum[460], name[48];
    int n = l->n < 0 ? -l->n : l->n;
    for (int k = 0; k < l->rows; k++) open_loop(l, dl__nest_index(l, k), l->size[k]);
    if (!l->rows) dl__write_line(w, "{");
    declare_strips(l, f->terms);
    dl_index at = dl__nest_place(l, 0, n), row = dl__nest_place(l, 0, l->rows),
             in_row = dl__nest_place(l, l->rows, n);
    for (int part = 0; part < l->parts; part++) {
        for (int k = l->rows; k < n; k++) open_loop(l, dl__nest_index(l, k), l->size[k]);
        if (l->n < -1) dl__write_line(w, "const int i = %s;", at.text);
        write_steps(l, part, dl_place(&at), dl_place(&in_row));
        close_loops(l, n - l->rows);
    }
    dl_index first = { "" };
    for (int k = 0; k < l->rows; k++) {
        int64_t inner = f->terms;
        for (int m = k + 1; m < l->rows; m++) inner *= l->size[m];
        dl_emit_term(&first, inner, dl__nest_index(l, k));
    }
    for (uint32_t e = 0; e < f->nend; e++) {
        sum_name(l, &f->end[e], name);
        summed_text(l, &f->end[e], first.text, text, sizeof text);
        snprintf(sum, sizeof sum, "%s(%lld, %s)", name, (long long)f->terms, text);
        finish_row(l, &f->end[e], value[e].text, dl_place(&row), sum);
    }
    close_loops(l, l->rows ? l->rows : 1);
}

/* Longer rows. */
static void write_blocks(dl_nest *l, dl_value_name *value)
{
    const dl_fused *f = l->f;
    dl_writer *w = l->w;
    char text[400], name[48], begin[48], end[48];
    int64_t rows = f->numel / f->terms;
    dl__need(w, "dl_pairwise_total");
    if (rows > 1) open_loop(l, "i0", rows);
    else dl__write_line(w, "{");
    for (uint32_t e = 0; e < f->nend; e++) dl__write_line(w, "dl_pairwise q%u = { { 0 }, 0 };", e);
    snprintf(begin, sizeof begin, rows > 1 ? "%lld * i0" : "0", (long long)f->terms);
    snprintf(end, sizeof end, rows > 1 ? "%lld * (i0 + 1)" : "%lld", (long long)f->terms);
    open_blocks(l, begin, end, f->terms % DL_BLOCK == 0);
    for (uint32_t e = 0; e < f->nend; e++) {
        sum_name(l, &f->end[e], name);
        summed_text(l, &f->end[e], "j", text, sizeof text);
        dl__write_line(w, "dl_pairwise_add(&q%u, %s(n, %s));", e, name, text);
    }
    dl__write_line(w, "}");
    for (uint32_t e = 0; e < f->nend; e++) {
        snprintf(text, sizeof text, "dl_pairwise_total(&q%u)", e);
        finish_row(l, &f->end[e], value[e].text, rows > 1 ? "i0" : "0", text);
    }
    dl__write_line(w, "}");
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void write_elements(dl_nest *l)
{
    int n = l->n < 0 ? -l->n : l->n;
    dl_index at = dl__nest_place(l, 0, n);
    bool block = false; /* for names that one element needs */
    char end[32];
    if (l->parts > 1) {
        snprintf(end, sizeof end, "%lld", (long long)l->f->numel);
        open_blocks(l, "0", end, l->f->numel % DL_BLOCK == 0);
        close_loops(l, 1);
        return;
    }
    for (uint32_t k = 0; k < l->f->nstep && n == 0; k++)
        block = block || !is_result(l->f, l->f->step[k].y) || is_read(l, k, false);
    if (block) dl__write_line(l->w, "{");
    for (int k = 0; k < n; k++) open_loop(l, dl__nest_index(l, k), l->size[k]);
    write_steps(l, 0, dl_place(&at), dl_place(&at));
    close_loops(l, n + block);
}

static void describe(const dl_nest *l, const dl_value_name *value)
{
    const dl_fused *f = l->f;
    dl_writer *w = l->w;
    dl__write(w, "%*s/* %lld element%s:", 4 * w->depth, "", (long long)f->numel,
              f->numel > 1 ? "s" : "");
    for (uint32_t k = 0; k < f->nstep; k++) {
        dl__write(w, "%s ", k ? "," : "");
        if (is_result(f, f->step[k].y)) dl__write(w, "%s = ", l->name[f->step[k].y].text);
        dl__write(w, "%s", dl__c_op(f->op[k]->name).text);
    }
    for (uint32_t e = 0; e < f->nend; e++)
        dl__write(w, "%s %s = %s", f->nstep || e ? "," : "", value[e].text,
                  dl__c_op(f->end[e].op->name).text);
    dl__write(w, " */\n");
}

void dl__emit_fused(dl_writer *w, const dl_fused *f)
{
    dl_nest l = { .w = w,
                  .f = f,
                  .real = f->size == 4 ? "float" : "double",
                  .type = f->size == 4 ? "f32" : "f64" };
    dl_value_name value[DL__STEPS];
    dl_literal number;
    for (uint32_t i = 0; i < f->noperand && !f->numel; i++) dl__c_unread(w, f->operand[i].value);
    if (!f->numel) return;
    for (uint32_t i = 0; i < f->noperand; i++)
        if (!dl__c_constant(w, f->operand[i].value, &number))
            l.name[i] = dl__c_value(w, f->operand[i].value, false);
    for (uint32_t i = 0; i < f->nresult; i++)
        l.name[f->noperand + i] = dl__c_value(w, f->result[i], true);
    for (uint32_t e = 0; e < f->nend; e++) value[e] = dl__c_value(w, f->end[e].value, true);
    dl__nest_sizes(&l);
    find_parts(&l);
    describe(&l, value);
    if (!f->nend) write_elements(&l);
    else if (l.blocks) write_blocks(&l, value);
    else write_rows(&l, value);
}
