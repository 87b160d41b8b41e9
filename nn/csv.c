/* csv.c: a table of numbers from a text file. The file is read as a whole, then line by line; the
 * first error ends it. */
#include "internal.h"

#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

enum { MAX_LINE = 1 << 20, MAX_NUMBER = 4095, SHOWN_PATH = 80, SHOWN_FIELD = 24 };

typedef struct reader {
    const char *path;
    dl_dtype dtype;
    char *text;
    size_t length, cap_text;
    char separator;
    const char *line;      /* where the current one begins */
    int64_t number, first; /* of the current line, and of the first row's */
    int64_t rows, columns;
    double *value;
    size_t n, cap_value;
    dl_array *error; /* null while all is well */
} reader;

typedef struct field {
    const char *begin; /* where it stands, for messages */
    const char *text;  /* without quotes and blanks around */
    size_t length;
} field;

/* ---- errors ---------------------------------------------------------------------------------- */

/* A long path loses its beginning. */
static const char *shown(const char *path)
{
    size_t n = strlen(path);
    return n > SHOWN_PATH ? path + n - SHOWN_PATH : path;
}

static bool file_error(reader *r, const char *why)
{
    if (!r->error) r->error = dl__array_error(DL_EFILE, "%s: %s", shown(r->path), why);
    return false;
}

static bool no_memory(reader *r)
{
    if (!r->error) r->error = dl__array_error(DL_ENOMEM, "%s: out of memory", shown(r->path));
    return false;
}

__attribute__((format(printf, 3, 4))) static bool reject(reader *r, const char *at,
                                                         const char *format, ...)
{
    char why[104];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    if (!r->error)
        r->error = dl__array_error(DL_EFORMAT, "%s:%lld:%lld: %s", shown(r->path),
                                   (long long)r->number, (long long)(at - r->line) + 1, why);
    return false;
}

static bool reject_field(reader *r, const field *f, const char *why)
{
    char text[SHOWN_FIELD + 4];
    size_t n = f->length < SHOWN_FIELD ? f->length : SHOWN_FIELD;
    for (size_t i = 0; i < n; i++)
        text[i] = (unsigned char)f->text[i] < ' ' || f->text[i] == 127 ? '?' : f->text[i];
    snprintf(text + n, sizeof text - n, "%s", n < f->length ? "..." : "");
    return reject(r, f->begin, "\"%s\" %s", text, why);
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Makes room for `need` elements in *p, which holds n. */
static bool grow(reader *r, void *p, size_t n, size_t *cap, size_t need, size_t element)
{
    if (need <= *cap) return true;
    size_t more = *cap ? 2 * *cap : 4096;
    bool possible = more >= need && more <= PTRDIFF_MAX / element;
    void *old, *fresh = possible ? dl__alloc(more * element) : NULL;
    if (!fresh) return no_memory(r);
    memcpy(&old, p, sizeof old);
    if (n) memcpy(fresh, old, n * element);
    dl__free(old);
    memcpy(p, &fresh, sizeof fresh);
    *cap = more;
    return true;
}

static bool load(reader *r)
{
    FILE *from = fopen(r->path, "rb");
    if (!from) return file_error(r, strerror(errno));
    size_t got = 1;
    while (got) {
        if (!grow(r, &r->text, r->length, &r->cap_text, r->length + 1, 1)) break;
        got = fread(r->text + r->length, 1, r->cap_text - r->length, from);
        r->length += got;
    }
    if (ferror(from)) file_error(r, strerror(errno));
    fclose(from);
    return !r->error;
}

/* ---- fields ---------------------------------------------------------------------------------- */

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && is_blank(*p)) p++;
    return p;
}

static bool quoted(reader *r, field *f, const char **p, const char *end)
{
    const char *q = f->text = *p + 1;
    while (q < end && (*q != '"' || (q + 1 < end && q[1] == '"'))) q += *q == '"' ? 2 : 1;
    if (q >= end) return reject(r, f->begin, "the quote is not closed on this line");
    f->length = (size_t)(q - f->text);
    *p = skip_blanks(q + 1, end);
    if (*p < end && **p != r->separator) return reject(r, *p, "text behind the closing quote");
    return true;
}

/* The field at *p, which moves to the separator behind it or to the end. */
static bool next_field(reader *r, field *f, const char **p, const char *end)
{
    *p = f->begin = skip_blanks(*p, end);
    if (*p < end && **p == '"') return quoted(r, f, p, end);
    f->text = *p;
    while (*p < end && **p != r->separator) ++*p;
    const char *last = *p;
    while (last > f->text && is_blank(last[-1])) last--;
    f->length = (size_t)(last - f->text);
    return true;
}

/* "nan", "-Infinity" and the like, which count as numbers and are rejected as such. */
static bool names_no_number(const field *f)
{
    static const char *const words[] = { "nan", "na", "inf", "infinity" };
    size_t sign = f->length && strchr("+-", f->text[0]) ? 1 : 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == f->length - sign
            && strncasecmp(f->text + sign, words[i], f->length - sign) == 0)
            return true;
    return false;
}

/* In the C locale, and in C's decimal notation only. */
static bool parse(const field *f, double *x)
{
    char text[MAX_NUMBER + 1], *end;
    if (f->length == 0 || f->length > MAX_NUMBER) return false;
    for (size_t i = 0; i < f->length; i++)
        if (!f->text[i] || !strchr("0123456789+-.eE", f->text[i])) return false;
    memcpy(text, f->text, f->length);
    text[f->length] = '\0';
    *x = strtod(text, &end);
    return *end == '\0';
}

static bool store(reader *r, const field *f)
{
    double x, largest = r->dtype == DL_F32 ? (double)FLT_MAX : DBL_MAX;
    if (f->length == 0) return reject(r, f->begin, "empty field");
    if (names_no_number(f)) return reject_field(r, f, "is not a finite number");
    if (!parse(f, &x)) return reject_field(r, f, "is not a number");
    if (fabs(x) > largest)
        return reject_field(r, f,
                            r->dtype == DL_F32 ? "is too large for f32" : "is too large for f64");
    if (!grow(r, &r->value, r->n, &r->cap_value, r->n + 1, sizeof *r->value)) return false;
    r->value[r->n++] = x;
    return true;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool is_header(reader *r, const char *end)
{
    double x;
    field f;
    for (const char *p = r->line;; p++) {
        if (!next_field(r, &f, &p, end)) return false;
        if (f.length == 0 || names_no_number(&f) || parse(&f, &x)) return false;
        if (p >= end) return true;
    }
}

static bool parse_row(reader *r, const char *end)
{
    field f;
    int64_t columns = 0;
    for (const char *p = r->line;; p++) {
        if (!next_field(r, &f, &p, end)) return false;
        if (r->rows && columns == r->columns)
            return reject(r, f.begin, "more than %lld fields, as many as line %lld has",
                          (long long)r->columns, (long long)r->first);
        if (!store(r, &f)) return false;
        columns++;
        if (p >= end) break;
    }
    if (r->rows && columns < r->columns)
        return reject(r, end, "%lld fields, wanted %lld as in line %lld", (long long)columns,
                      (long long)r->columns, (long long)r->first);
    if (!r->rows++) {
        r->columns = columns;
        r->first = r->number;
    }
    return true;
}

/* ';' if the line has one outside quotes. */
static char separator_of(const char *p, const char *end)
{
    bool inside = false;
    for (; p < end; p++) {
        inside ^= *p == '"';
        if (!inside && *p == ';') return ';';
    }
    return ',';
}

static bool only_blanks(const char *p, const char *end)
{
    while (p < end && (is_blank(*p) || *p == '\r' || *p == '\n')) p++;
    return p == end;
}

static bool parse_line(reader *r, const char *end)
{
    if (end - r->line > MAX_LINE)
        return reject(r, r->line + MAX_LINE, "the line is longer than 1 MiB");
    if (only_blanks(r->line, end)) return reject(r, r->line, "a blank line before the end");
    return (r->number == 1 && is_header(r, end)) || parse_row(r, end);
}

static void parse_all(reader *r)
{
    const char *p = r->text, *end = r->text + r->length;
    if (r->length >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) p += 3; /* a byte order mark */
    while (p < end && !only_blanks(p, end)) {
        const char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline ? newline : end;
        r->line = p;
        p = newline ? newline + 1 : end;
        if (stop > r->line && stop[-1] == '\r') stop--;
        if (r->number++ == 0) r->separator = separator_of(r->line, stop);
        if (!parse_line(r, stop)) return;
    }
    if (r->rows) return;
    r->line = p;
    r->number++;
    reject(r, p, r->number == 1 ? "the file is empty" : "a header, but no row of numbers");
}

/* ---- the array ------------------------------------------------------------------------------- */

static dl_array *array_of(reader *r)
{
    if (r->error) return r->error;
    dl_array *a = dl_array_new(r->dtype, NULL, 2, (const int64_t[]){ r->rows, r->columns });
    void *to = dl_array_write(a);
    for (size_t i = 0; to && i < r->n; i++)
        if (r->dtype == DL_F64) ((double *)to)[i] = r->value[i];
        else ((float *)to)[i] = (float)r->value[i];
    return a;
}

dl_array *dl_csv_read(const char *path, dl_dtype dtype)
{
    if (!path) return dl__array_error(DL_ENULL, "csv_read: no path");
    if (dtype != DL_F32 && dtype != DL_F64)
        return dl__array_error(DL_EDTYPE, "csv_read: %s does not compute, use f32 or f64",
                               dl_dtype_name(dtype));
    reader r = { .path = path, .dtype = dtype };
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = plain ? uselocale(plain) : (locale_t)0;
    if (!plain) no_memory(&r);
    else if (load(&r)) parse_all(&r);
    dl_array *a = array_of(&r);
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    dl__free(r.text);
    dl__free(r.value);
    return a;
}
