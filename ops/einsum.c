/* einsum.c: sums of products by letters, made of permuted products of matrices. */
#include "linear.h"

#include <stdio.h>

enum { LETTERS = DL_MAX_RANK + 1, TERMS_TEXT = 256 };

/* A value and the letters of its axes. */
typedef struct term {
    dl_val x;
    char letter[LETTERS];
} term;

/* Before a malformed text is met, `tape` has no error. */
typedef struct sum {
    dl_tape *tape;
    const char *text;
    char plain[TERMS_TEXT]; /* without blanks */
    const char *behind;     /* ->, or null */
    char result[2 * 26 + 1];
} sum;

static bool fail(const sum *s, dl_status status, const char *what, char letter)
{
    dl_fail(s->tape, status, "einsum", letter ? "\"%.80s\": %s %c" : "\"%.80s\": %s", s->text, what,
            letter);
    return false;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* ---- the text -------------------------------------------------------------------------------- */

static int count(const char *from, const char *end, char c)
{
    int n = 0;
    for (; from < end && *from; from++) n += *from == c;
    return n;
}

/* What stands behind ->, or the letters that occur once. */
static bool read_result(sum *s)
{
    const char *end = s->behind ? s->behind : s->plain + strlen(s->plain);
    size_t n = 0;
    if (!s->behind) {
        for (int c = 'A'; c <= 'z'; c++)
            if (is_letter((char)c) && count(s->plain, end, (char)c) == 1) s->result[n++] = (char)c;
        return true;
    }
    for (const char *p = s->behind + 2; *p; p++) {
        if (!is_letter(*p)) return fail(s, DL_EARG, "the result has", *p);
        if (strchr(s->result, *p)) return fail(s, DL_EARG, "the result has twice", *p);
        if (!count(s->plain, end, *p)) return fail(s, DL_EARG, "no term has", *p);
        s->result[n++] = *p;
    }
    return true;
}

static bool read_text(sum *s, int n)
{
    size_t length = 0;
    for (const char *p = s->text; *p; p++) {
        if (*p == ' ') continue;
        if (length + 1 == TERMS_TEXT) return fail(s, DL_EARG, "too long", 0);
        s->plain[length++] = *p;
    }
    s->behind = strstr(s->plain, "->");
    const char *end = s->behind ? s->behind : s->plain + length;
    for (const char *p = s->plain; p < end; p++)
        if (!is_letter(*p) && *p != ',') return fail(s, DL_EARG, "a term has", *p);
    if (count(s->plain, end, ',') != n - 1)
        return fail(s, DL_EARG, "another number of terms than of values", 0);
    return read_result(s);
}

/* ---- one term -------------------------------------------------------------------------------- */

/* Axes `first` and `second` become the last two. */
static dl_val to_the_end(dl_val x, int first, int second)
{
    int64_t order[DL_MAX_RANK];
    int k = 0, rank = dl_rank(x);
    for (int i = 0; i < rank; i++)
        if (i != first && i != second) order[k++] = i;
    order[k++] = first;
    order[k] = second;
    return dl_permute(x, rank, order);
}

static void drop(char *letter, int at)
{
    memmove(letter + at, letter + at + 1, strlen(letter + at));
}

/* Diagonals, so that every letter occurs once; sizes that one letter has must agree. */
static bool diagonals(const sum *s, term *t)
{
    for (int i = 0; t->letter[i]; i++) {
        const char *again = strchr(t->letter + i + 1, t->letter[i]);
        if (!again) continue;
        int j = (int)(again - t->letter);
        char c = t->letter[i];
        if (dl_size(t->x, i) != dl_size(t->x, j)) return fail(s, DL_ESHAPE, "two sizes for", c);
        t->x = dl_diag(to_the_end(t->x, i, j), 0);
        drop(t->letter, j);
        drop(t->letter, i);
        size_t n = strlen(t->letter);
        t->letter[n] = c, t->letter[n + 1] = '\0';
        i = -1;
    }
    return !dl_tape_status(s->tape);
}

/* Sums over letters that are in neither text. */
static void sum_others(term *t, const char *keep, const char *also)
{
    dl_shape left = { .dtype = (int32_t)dl_dtype_of(t->x) };
    uint32_t mask = 0;
    char letter[LETTERS] = "";
    if (dl_tape_status(t->x.tape)) return;
    for (int i = 0; t->letter[i]; i++)
        if (strchr(keep, t->letter[i]) || strchr(also, t->letter[i])) {
            letter[left.rank] = t->letter[i];
            left.dim[left.rank++] = dl_size(t->x, i);
        } else mask |= 1u << i;
    if (!mask) return;
    t->x = dl__reshape_to(dl__sum_mask(t->x, mask, false), &left);
    memcpy(t->letter, letter, sizeof letter);
}

/* ---- two terms ------------------------------------------------------------------------------- */

/* Letters of a that are, or are not, in b and in keep, appended to `to`. */
static void choose(const term *a, const char *b, bool in_b, const char *keep, bool kept, char *to)
{
    size_t n = strlen(to);
    for (const char *p = a->letter; *p; p++)
        if (!strchr(b, *p) == !in_b && (!in_b || !strchr(keep, *p) == !kept)) to[n++] = *p;
    to[n] = '\0';
}

static int64_t sizes_of(const term *t, const char *letters, int64_t *dim)
{
    int64_t n = 1;
    for (int i = 0; letters[i]; i++) {
        int64_t size = dl_size(t->x, (int)(strchr(t->letter, letters[i]) - t->letter));
        if (dim) dim[i] = size;
        n *= size;
    }
    return n;
}

/* The axes in the order of three groups, as three axes. */
static dl_val grouped(const term *t, const char *one, const char *two, const char *three)
{
    int64_t order[DL_MAX_RANK];
    int n = 0;
    const char *const group[] = { one, two, three };
    for (int i = 0; i < 3; i++)
        for (const char *p = group[i]; *p; p++) order[n++] = strchr(t->letter, *p) - t->letter;
    dl_shape s = { .dtype = (int32_t)dl_dtype_of(t->x), .rank = 3 };
    for (int i = 0; i < 3; i++) s.dim[i] = sizes_of(t, group[i], NULL);
    return dl__reshape_to(n ? dl_permute(t->x, n, order) : t->x, &s);
}

static bool sizes_agree(const sum *s, const term *a, const term *b)
{
    for (int i = 0; a->letter[i]; i++) {
        const char *other = strchr(b->letter, a->letter[i]);
        if (other && dl_size(a->x, i) != dl_size(b->x, (int)(other - b->letter)))
            return fail(s, DL_ESHAPE, "two sizes for", a->letter[i]);
    }
    return true;
}

/* a becomes the sum of a b over the letters that are not kept. */
static bool multiply(const sum *s, term *a, term *b, const char *keep)
{
    char batch[LETTERS] = "", over[LETTERS] = "", rows[LETTERS] = "", cols[LETTERS] = "";
    dl_shape to = { .dtype = (int32_t)dl_dtype_of(a->x) };
    if (!sizes_agree(s, a, b)) return false;
    sum_others(a, keep, b->letter);
    sum_others(b, keep, a->letter);
    if (dl_tape_status(s->tape)) return false;
    choose(a, b->letter, true, keep, true, batch);
    choose(a, b->letter, true, keep, false, over);
    choose(a, b->letter, false, keep, true, rows);
    choose(b, a->letter, false, keep, true, cols);
    if (strlen(batch) + strlen(rows) + strlen(cols) > DL_MAX_RANK)
        return fail(s, DL_ERANK, "a product has more than 8 letters", 0);
    sizes_of(a, batch, to.dim);
    sizes_of(a, rows, to.dim + strlen(batch));
    sizes_of(b, cols, to.dim + strlen(batch) + strlen(rows));
    dl_val left = grouped(a, batch, rows, over), right = grouped(b, batch, over, cols);
    dl_val product = *over ? dl_matmul(left, right) : dl_mul(left, right);
    to.rank = (int32_t)(strlen(batch) + strlen(rows) + strlen(cols));
    a->x = dl__reshape_to(product, &to);
    snprintf(a->letter, sizeof a->letter, "%s%s%s", batch, rows, cols);
    return true;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool term_of(const sum *s, dl_val x, const char **from, term *t)
{
    char shape[DL_SHAPE_TEXT];
    int n = 0;
    while (is_letter((*from)[n])) n++;
    dl_shape_text(dl_shape_of(x), shape, sizeof shape);
    if (dl_shape_of(x)->labels[0])
        return dl_fail(s->tape, DL_ELABEL, "einsum",
                       "%s: labels have no meaning here, strip them with dl_stripdims", shape),
               false;
    if (n != dl_rank(x))
        return dl_fail(s->tape, DL_ERANK, "einsum", "\"%.80s\": %d letters for %s", s->text, n,
                       shape),
               false;
    *t = (term){ .x = x };
    memcpy(t->letter, *from, (size_t)n);
    *from += n + 1;
    return diagonals(s, t);
}

static dl_val in_order(const term *t, const char *result)
{
    int64_t order[DL_MAX_RANK];
    int n = 0;
    for (; result[n]; n++) order[n] = strchr(t->letter, result[n]) - t->letter;
    return n && strcmp(t->letter, result) != 0 ? dl_permute(t->x, n, order) : t->x;
}

dl_val dl_einsum(const char *text, const dl_val *x, int n)
{
    dl_tape *tape = dl_any_tape(x, n);
    sum s = { .tape = tape, .text = text };
    char keep[TERMS_TEXT];
    term all, next;
    if (!text) return dl_fail(tape, DL_ENULL, "einsum", "no text");
    if (!x || n < 1) return dl_fail(tape, DL_EARG, "einsum", "no values");
    if (!dl__operands("einsum", x, n) || !read_text(&s, n)) return dl_none(tape);
    const char *from = s.plain;
    if (!term_of(&s, x[0], &from, &all)) return dl_none(tape);
    for (int k = 1; k < n; k++) {
        if (!term_of(&s, x[k], &from, &next)) return dl_none(tape);
        /* Later terms and the result; nothing behind -> but the result. */
        size_t later = k + 1 < n ? strcspn(from, "-") : 0;
        memcpy(keep, from, later);
        snprintf(keep + later, sizeof keep - later, "%s", s.result);
        if (!multiply(&s, &all, &next, keep)) return dl_none(tape);
    }
    sum_others(&all, s.result, "");
    return dl_tape_status(tape) ? dl_none(tape) : in_order(&all, s.result);
}
