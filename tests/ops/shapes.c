/* shapes.c: what a row says of shapes, "(m,k) (k,n) -> (m,n)", is what its shape rule does, over
 * all nodes that the cases record for values and derivatives.
 *
 * A shape is a list of sizes in parentheses, or a word: any; same, as the first operand; broadcast,
 * all operands together; reduced, as the first operand but where the size is 1, or rank 0. Whatever
 * follows such a word of a result is not looked at, but for a dtype. A size is a name, which means
 * the same number wherever it stands, a number, or a sum of both; names that no operand has are of
 * the attributes and may be anything. "..." is any axes, and a list with it may be rank 0. */
#include "driver.h"

#include "../../autodiff/internal.h"
#include "../../ops/support.h"

#include <ctype.h>
#include <stdlib.h>

enum { NAMES = 16, LENGTH = 24, ROWS = 512 };

typedef struct names {
    int n;
    char name[NAMES][LENGTH];
    int64_t size[NAMES];
} names;

/* What is wrong, if anything is. */
typedef struct verdict {
    char text[120];
} verdict;

static void wrong(verdict *v, const char *what, const char *of, int64_t got, int64_t want)
{
    if (!*v->text)
        snprintf(v->text, sizeof v->text, "%s %.40s is %lld, not %lld", what, of, (long long)got,
                 (long long)want);
}

static int64_t *size_of(names *all, const char *name, size_t length)
{
    for (int i = 0; i < all->n; i++)
        if (strlen(all->name[i]) == length && memcmp(all->name[i], name, length) == 0)
            return &all->size[i];
    return NULL;
}

/* "n", "2", "m+n-1"; false: it has a name without a size, which gets this one if it stands alone in
 * an operand. */
static bool evaluate(names *all, const char *text, size_t length, int64_t size, bool define,
                     int64_t *value)
{
    bool known = true;
    int sign = 1;
    *value = 0;
    for (size_t i = 0; i < length;) {
        if (text[i] == '+' || text[i] == '-') {
            sign = text[i++] == '+' ? 1 : -1;
            continue;
        }
        size_t n = i;
        while (n < length && (isalnum((unsigned char)text[n]) || text[n] == '_')) n++;
        if (n == i) return false;
        const int64_t *bound = size_of(all, text + i, n - i);
        if (isdigit((unsigned char)text[i])) *value += sign * atoll(text + i);
        else if (bound) *value += sign * *bound;
        else if (define && n == length && i == 0 && n < LENGTH && all->n < NAMES) {
            memcpy(all->name[all->n], text, n);
            all->size[all->n++] = *value = size;
        } else known = false;
        i = n;
    }
    return known;
}

/* "(m,...,n)": the sizes before the first "..." and behind the last one. */
static void list_holds(names *all, const char *text, size_t length, const dl_shape *s, bool define,
                       verdict *v)
{
    struct {
        const char *text;
        size_t length;
        bool any;
    } item[DL_MAX_RANK + 4];
    int n = 0, first = -1, last = -1;
    for (size_t i = 0; i < length && n < (int)(sizeof item / sizeof *item); n++) {
        size_t end = i;
        while (end < length && text[end] != ',') end++;
        item[n].text = text + i, item[n].length = end - i;
        item[n].any = end - i >= 3 && memcmp(text + end - 3, "...", 3) == 0;
        if (item[n].any) first = first < 0 ? n : first, last = n;
        i = end + 1;
    }
    int fixed = n;
    if (first >= 0 && s->rank == 0) return;
    for (int k = 0; k < n; k++) fixed -= item[k].any;
    if (first < 0 ? s->rank != n : s->rank < fixed) wrong(v, "the rank", "", s->rank, fixed);
    for (int k = 0; k < n && !*v->text; k++) {
        if (first >= 0 && k >= first && k <= last) continue;
        int64_t value, size = s->dim[first < 0 || k < first ? k : s->rank - n + k];
        if (evaluate(all, item[k].text, item[k].length, size, define, &value) && value != size) {
            char name[LENGTH];
            snprintf(name, sizeof name, "%.*s", (int)item[k].length, item[k].text);
            wrong(v, "the size", name, size, value);
        }
    }
}

static void as_first(const dl_shape *s, const dl_shape *first, bool reduced, verdict *v)
{
    if (reduced && s->rank == 0) return;
    if (s->rank != first->rank) wrong(v, "the rank", "", s->rank, first->rank);
    for (int k = 0; k < s->rank && !*v->text; k++)
        if (s->dim[k] != first->dim[k] && !(reduced && s->dim[k] == 1))
            wrong(v, "a size", "", s->dim[k], first->dim[k]);
}

static void as_all(const dl_shape *s, const dl_shape *const *in, int n, verdict *v)
{
    for (int k = 0; k < s->rank; k++) {
        int64_t size = 1;
        for (int i = 0; i < n; i++)
            if (k < in[i]->rank && in[i]->dim[k] != 1) size = in[i]->dim[k];
        if (s->dim[k] != size) wrong(v, "a size", "", s->dim[k], size);
    }
}

/* The dtype that stands behind a shape; -1: none. */
static int dtype_named(const char *text, size_t length)
{
    for (int d = 0; d < DL_NDTYPE; d++)
        if (strlen(dl_dtype_name((dl_dtype)d)) == length
            && memcmp(text, dl_dtype_name((dl_dtype)d), length) == 0)
            return d;
    return -1;
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(text, word, length) == 0;
}

/* What one word, or list, says of a shape; false: it is none that is known. */
static bool says(names *all, const char *text, size_t length, const dl_shape *s,
                 const dl_shape *const *in, int nin, bool result, verdict *v)
{
    if (*text == '(') list_holds(all, text + 1, length - 2, s, !result, v);
    else if (is_word(text, length, "same")) as_first(s, in[0], false, v);
    else if (is_word(text, length, "reduced")) as_first(s, in[0], true, v);
    else if (is_word(text, length, "broadcast")) as_all(s, in, nin, v);
    else return is_word(text, length, "any");
    return true;
}

/* Follows the text over operands and result. `checked`: everything in it was understood. */
static verdict agrees(const dl_op *op, const dl_shape *const *in, const dl_shape *out,
                      bool *checked)
{
    names all = { 0 };
    verdict v = { "" };
    const char *p = op->shapes;
    const dl_shape *s = NULL;
    int operand = 0;
    bool result = false;
    *checked = true;
    while (*(p += strspn(p, " ")) && !*v.text) {
        size_t n = strcspn(p, *p == '(' ? ")" : " ");
        n += *p == '(' && p[n] == ')';
        int dtype = dtype_named(p, n);
        if (*p == '(' && p[n - 1] != ')') wrong(&v, "a list", "without end", 0, 1);
        else if (is_word(p, n, "->")) {
            if (operand != op->nin) wrong(&v, "the number", "of operands", operand, op->nin);
            result = true, s = NULL;
        } else if (dtype >= 0 && s) {
            if (s->dtype != dtype) wrong(&v, "the dtype", "", s->dtype, dtype);
        } else if (result && s) {
            break; /* words */
        } else if (!result && operand >= op->nin) {
            wrong(&v, "the number", "of operands", operand + 1, op->nin);
        } else {
            s = result ? out : in[operand++];
            *checked &= says(&all, p, n, s, in, op->nin, result, &v);
        }
        p += n;
    }
    if (!*v.text && !result) wrong(&v, "the text", "has no result", 0, 1);
    return v;
}

static void tape_agrees(const dl_tape *t, const op_case *c, bool *known)
{
    for (uint32_t id = 0; id < t->n; id++) {
        const dl_rec *r = &t->rec[id];
        const dl_shape *in[DL_MAX_IN] = { NULL };
        int k = op_row_index(r->op);
        bool checked;
        if (k < 0) continue;
        for (int i = 0; i < r->op->nin; i++) in[i] = &dl__layout(t, t->rec[r->in[i]].shape)->shape;
        verdict v = agrees(r->op, in, &dl__layout(t, r->shape)->shape, &checked);
        CHECK_MSG(!*v.text, "%s (%s): the row %s says \"%s\", but %s", c->op, c->name, r->op->name,
                  r->op->shapes, v.text);
        if (k < ROWS) known[k] |= checked;
    }
}

static void case_agrees(const op_case *c, bool *known)
{
    op_run r;
    dl_val out[OP_INPUTS];
    op_open(&r, c, DL_F32);
    if (op_record(&r) && r.nreal && c->result == DL_F32)
        dl_hvp(dl_sum_squares(r.y, "all"), r.in, r.in, r.nreal, out);
    tape_agrees(r.t, c, known);
    op_close(&r);
}

TEST(rows, shapes_string_agrees_with_infer)
{
    bool known[ROWS] = { false };
    int n = 0, checked = 0;
    for (const op_table *const *t = op_tables; *t; t++)
        for (int i = 0; i < (*t)->n; i++) case_agrees(&(*t)->cases[i], known);
    for (const dl_family *const *f = dl__families; *f; f++)
        for (const dl_op *const *row = (*f)->ops; *row; row++, n++) checked += known[n];
    CHECK_MSG(4 * checked > 3 * n, "only %d of %d rows say what can be read", checked, n);
}

/* The reader itself: texts that are wrong of a (2,3) and a (3,4) that become (2,4). */
TEST(rows, shapes_that_do_not_hold_are_told)
{
    static const struct {
        const char *shapes;
        bool holds;
    } texts[] = {
        { "(m,k) (k,n) -> (m,n)", true },
        { "(2,k) (k,4) -> (2,4)", true },
        { "(...,k) (k,...) -> (m,...)", true },
        { "(m,k) (k,n) -> (k-1,k+1) f32", true },
        { "any any -> any", true },
        { "(m,k) any -> sizes of its own", true },
        { "(m,k) (k,n) -> (m,k)", false },
        { "(m,m) (k,n) -> any", false },
        { "(m,k) (k,n) -> (m)", false },
        { "(m,k) (k,n) -> (n-m,n)", true },
        { "(m,k) (k,n) -> (m+n,n)", false },
        { "(m,k) -> any", false },
        { "(m,k) any any -> any", false },
        { "(m,k) (n,k) -> any", false },
        { "any any -> same", false },
        { "any any -> broadcast", false },
        { "any any -> reduced axes", false },
        { "any u8 any -> any", false },
        { "any any -> any i32", false },
        { "any any", false },
        { "any same -> any", false },
        { "(...,4) any -> any", false },
        { "(a,b,c,...) any -> any", false },
        { "any any -> (m,n", false },
    };
    dl_shape a = { .rank = 2, .dim = { 2, 3 } }, b = { .rank = 2, .dim = { 3, 4 } };
    dl_shape y = { .rank = 2, .dim = { 2, 4 } };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bool checked;
        dl_op op = { .nin = 2, .shapes = texts[i].shapes };
        verdict v = agrees(&op, (const dl_shape *const[]){ &a, &b }, &y, &checked);
        CHECK_MSG(!*v.text == texts[i].holds, "\"%s\": got \"%s\"", texts[i].shapes, v.text);
    }
}
