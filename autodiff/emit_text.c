/* emit_text.c: lines of C, and numbers; and what op.h lends to the rows. */
#define DL_NO_PLACES
#include "emit.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

/* ---- text ------------------------------------------------------------------------------------ */

/* Text that has a gap is not written on. */
static void append(dl_writer *w, const char *format, va_list args)
{
    va_list again;
    if (w->failed) return;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0 || !dl__grow(&w->text, &w->cap, w->n + (size_t)n + 1, 1)) w->failed = true;
    else w->n += (size_t)vsnprintf(w->text + w->n, (size_t)n + 1, format, again);
    va_end(again);
}

void dl__write(dl_writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append(w, format, args);
    va_end(args);
}

/* A { that begins the body of a loop stands behind its head; `joined` knows where, by depth. */
static void line(dl_writer *w, const char *format, va_list args)
{
    bool joins = *format == '{' && w->head && !w->failed, closes = *format == '}';
    bool joined = closes && w->joined >> w->depth & 1;
    w->head = false;
    if (joins) {
        w->n--; /* the end of the head's line */
        dl__write(w, " {\n");
        w->joined |= UINT64_C(1) << w->depth;
        return;
    }
    if (joined) w->joined &= ~(UINT64_C(1) << w->depth);
    if (closes) w->depth--;
    dl__write(w, "%*s", 4 * w->depth, "");
    append(w, format, args);
    dl__write(w, "\n");
    if (format[strlen(format) - 1] == '{' || joined) w->depth++;
}

void dl__write_line(dl_writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line(w, format, args);
    va_end(args);
}

void dl_emit_line(const dl_emit *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line(e->writer, format, args);
    va_end(args);
}

/* ---- loops ----------------------------------------------------------------------------------- */

int dl_emit_loop(const dl_emit *e, const char *index, int64_t n, int64_t step)
{
    dl_writer *w = e->writer;
    dl__write(w, "%*sfor (int %s = 0; %s < %lld; ", 4 * w->depth++, "", index, index, (long long)n);
    if (step == 1) dl__write(w, "%s++)\n", index);
    else dl__write(w, "%s += %lld)\n", index, (long long)step);
    w->head = true;
    return 1;
}

int dl_emit_loops(const dl_emit *e, const dl_loop *l, int inner, char index)
{
    int k = 0;
    for (; k < l->rank - inner; k++)
        dl_emit_loop(e, (char[]){ index, (char)('0' + k), '\0' }, l->dim[k], 1);
    return k;
}

void dl_emit_end(const dl_emit *e, int loops) { ((dl_writer *)e->writer)->depth -= loops; }

void dl_emit_term(dl_index *at, int64_t stride, const char *index)
{
    size_t n = strlen(at->text);
    const char *plus = n ? " + " : "";
    if (!index && stride)
        snprintf(at->text + n, sizeof at->text - n, "%s%lld", plus, (long long)stride);
    else if (stride == 1) snprintf(at->text + n, sizeof at->text - n, "%s%s", plus, index);
    else if (stride)
        snprintf(at->text + n, sizeof at->text - n, "%s%lld * %s", plus, (long long)stride, index);
}

void dl_emit_terms(dl_index *at, const dl_loop *l, int operand, char index)
{
    for (int k = 0; k < l->rank; k++)
        dl_emit_term(at, l->stride[operand][k], (char[]){ index, (char)('0' + k), '\0' });
}

void dl_emit_need(const dl_emit *e, const char *function) { dl__need(e->writer, function); }

/* ---- numbers --------------------------------------------------------------------------------- */

const char *dl__c_type(int dtype)
{
    static const char *const types[DL_NDTYPE] = {
        [DL_F32] = "float",   [DL_F64] = "double", [DL_I32] = "int32_t",
        [DL_I64] = "int64_t", [DL_U8] = "uint8_t",
    };
    return types[dtype];
}

const char *dl_emit_type(const dl_layout *l) { return dl__c_type(l->shape.dtype); }

static void real_literal(char *text, size_t n, double x, bool f32)
{
    if (isnan(x) || isinf(x)) {
        snprintf(text, n, "%s%s", x < 0 ? "-" : "", isnan(x) ? "NAN" : "INFINITY");
        return;
    }
    for (int digits = f32 ? 6 : 15; digits <= (f32 ? 9 : 17); digits++) {
        snprintf(text, n, "%.*g", digits, x);
        if (f32 ? strtof(text, NULL) == (float)x : strtod(text, NULL) == x) break;
    }
    char *point = text + strspn(text, "+-0123456789e");
    if (*point) *point = '.'; /* whatever the locale has there */
    else if (!strchr(text, 'e')) strcat(text, ".0");
    if (f32) strcat(text, "f");
}

dl_literal dl__c_literal(const void *data, int dtype, int64_t at)
{
    dl_literal l;
    if (dtype < DL_NREAL)
        real_literal(l.text, sizeof l.text, dl__load_real(data, (dl_dtype)dtype, at),
                     dtype == DL_F32);
    else if (dtype == DL_I32)
        snprintf(l.text, sizeof l.text, "%ld", (long)((const int32_t *)data)[at]);
    else if (dtype == DL_U8) snprintf(l.text, sizeof l.text, "%u", ((const uint8_t *)data)[at]);
    else {
        int64_t x = ((const int64_t *)data)[at];
        bool least = x == INT64_MIN; /* has no literal */
        snprintf(l.text, sizeof l.text, least ? "-%lld - 1" : "%lld",
                 (long long)(least ? INT64_MAX : x));
    }
    return l;
}
