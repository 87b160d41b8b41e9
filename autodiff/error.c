/* error.c: the one error of a tape, and the places that messages name. */
#define DL_NO_PLACES
#include "internal.h"

#include <stdarg.h>

/* Called with the first error only: a breakpoint here catches all. */
static dl_status set_status(dl_tape *t, dl_status status)
{
    t->status = status;
    t->error_place = t->call_place;
    t->message[0] = '\0';
    return status;
}

static dl_status fail(dl_tape *t, dl_status status, const char *prefix, const char *format,
                      va_list args)
{
    if (!t) return status;
    if (t->status) return t->status;
    int at = snprintf(t->text, sizeof t->text, "%s", prefix);
    if (at >= 0 && (size_t)at < sizeof t->text)
        vsnprintf(t->text + at, sizeof t->text - (size_t)at, format, args);
    return set_status(t, status);
}

dl_status dl__tape_fail(dl_tape *t, dl_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    dl_status s = fail(t, status, "", format, args);
    va_end(args);
    return s;
}

dl_status dl__node_fail(dl_tape *t, uint32_t node, dl_status status, const char *format, ...)
{
    va_list args;
    bool first = !t->status;
    va_start(args, format);
    dl_status s = fail(t, status, "", format, args);
    va_end(args);
    if (first && node < t->n && t->place[node]) t->error_place = t->place[node];
    return s;
}

dl_status dl__no_memory(dl_tape *t, const char *what)
{
    return dl__tape_fail(t, DL_ENOMEM, "%s: out of memory", what);
}

dl_status dl_tape_reject(dl_tape *t, dl_status status, const char *format, ...)
{
    va_list args;
    if (!t) return DL_ENULL;
    va_start(args, format);
    dl_status s = fail(t, status ? status : DL_EARG, "", format ? format : "rejected", args);
    va_end(args);
    return s;
}

dl_val dl_fail(dl_tape *t, dl_status status, const char *name, const char *format, ...)
{
    char prefix[80];
    va_list args;
    snprintf(prefix, sizeof prefix, "%s: ", name);
    va_start(args, format);
    fail(t, status, prefix, format, args);
    va_end(args);
    return dl_none(t);
}

void dl_reject(dl_infer *c, dl_status status, const char *format, ...)
{
    static const char *const letters = "a b c d";
    char prefix[80 + DL_MAX_IN * (DL_SHAPE_TEXT + 8)], shape[DL_SHAPE_TEXT];
    const char *name = c->op->operands ? c->op->operands : letters;
    size_t at = (size_t)snprintf(prefix, sizeof prefix, "%.60s: ", c->op->name);
    for (int i = 0; i < c->op->nin; i++) {
        int length = (int)strcspn(name, " ");
        at += (size_t)snprintf(
            prefix + at, sizeof prefix - at, "%.*s %s%s", length > 6 ? 6 : length, name,
            dl_shape_text(c->in[i], shape, sizeof shape), i + 1 < c->op->nin ? ", " : ": ");
        name += length + (name[length] == ' ');
    }
    va_list args;
    va_start(args, format);
    fail(c->tape, status, prefix, format, args);
    va_end(args);
}

dl_status dl_tape_status(const dl_tape *t) { return t ? t->status : DL_ENULL; }

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *dl_tape_message(const dl_tape *tape)
{
    if (!tape) return "tape: null pointer";
    if (tape->frozen || !tape->status) return tape->message;
    dl_tape *t = (dl_tape *)(uintptr_t)tape; /* the message is composed when it is first read */
    if (t->error_place)
        snprintf(t->message, sizeof t->message, "%s [%s]", t->text, base_name(t->error_place));
    else snprintf(t->message, sizeof t->message, "%s", t->text);
    return t->message;
}

/* ---- places ---------------------------------------------------------------------------------- */

static __attribute__((noinline)) dl_val place_all(dl_val x, const char *place)
{
    dl_tape *t = x.tape;
    for (; t->placed < t->n; t->placed++) t->place[t->placed] = place;
    return x;
}

/* Every op comes by here, and most are one node. */
static inline dl_val placed(dl_val x, const char *place)
{
    dl_tape *t = x.tape;
    if (t->placed + 1 != t->n) return place_all(x, place);
    t->place[t->placed++] = place;
    return x;
}

dl_val dl_placed(dl_val x, const char *place)
{
    dl_tape *t = x.tape;
    if (!t || t->frozen) return x;
    if (t->status && !t->error_place) t->error_place = place;
    return placed(x, place);
}

/* "embed: index_select: ..."; the name of an op that begins as the message's does stays away. */
static void name_call(dl_tape *t, const char *name)
{
    char text[sizeof t->text];
    if (strncmp(t->text, name, strcspn(t->text, ":")) == 0) return;
    memcpy(text, t->text, sizeof text);
    int n = snprintf(t->text, sizeof t->text, "%.40s: ", name);
    snprintf(t->text + n, sizeof t->text - (size_t)n, "%.*s", (int)sizeof t->text - n - 1, text);
}

static __attribute__((noinline, cold)) dl_val failed(dl_val x, const char *place, const char *name)
{
    name_call(x.tape, name);
    return dl_placed(x, place);
}

dl_val dl_called(dl_val x, const char *place, const char *name)
{
    dl_tape *t = x.tape;
    if (!t || t->frozen) return x;
    if (t->status && !t->error_place) return failed(x, place, name);
    return placed(x, place);
}

dl_status dl_finish(dl_tape *t)
{
    if (t && t->call_place && !t->frozen) dl_placed((dl_val){ .tape = t }, t->call_place);
    return dl__called(t);
}

dl_val dl_here(dl_val x, const char *place)
{
    dl_tape_here(x.tape, place);
    return x;
}

dl_tape *dl_tape_here(dl_tape *t, const char *place)
{
    if (t && !t->frozen) t->call_place = place;
    return t;
}
