/* random_compare.c: the results of random programs, and what differs between two modes. */
#include "random_programs.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- results --------------------------------------------------------------------------------- */

void rp_result_clear(rp_result *r)
{
    r->nout = 0;
    r->at[0] = 0;
    r->message[0] = 0;
}

void rp_result_free(rp_result *r)
{
    free(r->bytes);
    *r = (rp_result){ 0 };
}

void rp_fail(rp_result *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->message, sizeof r->message, format, args);
    va_end(args);
}

void *rp_output(rp_result *r, const char *name, size_t bytes)
{
    size_t at = r->at[r->nout], end = at + bytes;
    if (end + 1 > r->room) {
        r->room = 2 * end + 64;
        r->bytes = realloc(r->bytes, r->room);
    }
    snprintf(r->name[r->nout], RP_NAME, "%s", name);
    r->at[++r->nout] = end;
    return r->bytes + at;
}

void rp_finish(const rp_program *p, rp_inputs *in, dl_tape *t, rp_recorded *r, rp_result *to)
{
    size_t size = dl_dtype_size(p->dtype);
    rp_result_clear(to);
    dl_eval(t, r->out, r->nout);
    for (int i = 0; i < r->nout && !dl_tape_status(t); i++) {
        size_t bytes = (size_t)dl_numel(r->out[i]) * size;
        dl_read(r->out[i], rp_output(to, r->name[i], bytes), bytes);
    }
    for (int i = 0; i < r->nassigned; i++) {
        char name[RP_NAME];
        snprintf(name, sizeof name, "new_%s", dl_array_name(r->assigned[i]));
        rp_pack(r->assigned[i], rp_output(to, name, (size_t)dl_array_numel(r->assigned[i]) * size));
    }
    if (dl_tape_status(t)) rp_fail(to, "%s", dl_tape_message(t));
    rp_inputs_restore(p, in);
}

/* ---- a case ---------------------------------------------------------------------------------- */

static double number(dl_dtype dtype, const rp_result *r, int i, size_t k)
{
    const unsigned char *at = r->bytes + r->at[i];
    return dtype == DL_F32 ? (double)((const float *)(const void *)at)[k]
                           : ((const double *)(const void *)at)[k];
}

static size_t count(dl_dtype dtype, const rp_result *r, int i)
{
    return (r->at[i + 1] - r->at[i]) / dl_dtype_size(dtype);
}

/* On a tape of its own, one thread, every part switched off. */
static void simplest(const rp_program *p, rp_inputs *in, rp_result *to)
{
    rp_recorded r;
    dl_tape *t = dl_tape_new();
    dl_tape_strict(t, true);
    dl_tape_disable(t, 511);
    rp_record(p, t, in, RP_STEPS, false, NULL, &r);
    rp_finish(p, in, t, &r, to);
    dl_tape_free(t);
}

static double unit(dl_dtype dtype) { return dtype == DL_F32 ? (double)FLT_EPSILON : DBL_EPSILON; }

static void find_spread(rp_case *c)
{
    static const double nudges[] = { 1, -1, 3 };
    rp_result other = { 0 };
    for (int n = 0; n < 3; n++) {
        rp_inputs in;
        rp_inputs_open(&in, &c->p, 0, nudges[n] * unit(c->p.dtype));
        simplest(&c->p, &in, &other);
        for (int i = 0; i < c->want[0].nout; i++)
            for (size_t k = 0; k < count(c->p.dtype, &c->want[0], i); k++) {
                double d =
                    fabs(number(c->p.dtype, &c->want[0], i, k) - number(c->p.dtype, &other, i, k));
                c->spread[i] = fmax(c->spread[i], isnan(d) ? (double)INFINITY : d);
            }
        rp_inputs_close(&in);
    }
    rp_result_free(&other);
}

void rp_case_open(rp_case *c, const rp_program *p)
{
    *c = (rp_case){ .p = *p };
    for (int i = 0; i < 2; i++) {
        rp_inputs_open(&c->in[i], p, i, 0);
        simplest(p, &c->in[i], &c->want[i]);
    }
    if (rp_tame(p) && !c->want[0].message[0]) find_spread(c);
}

void rp_case_close(rp_case *c)
{
    for (int i = 0; i < 2; i++) {
        rp_inputs_close(&c->in[i]);
        rp_result_free(&c->want[i]);
    }
}

/* ---- differences ----------------------------------------------------------------------------- */

static bool same(dl_dtype dtype, const rp_result *a, const rp_result *b, int i, size_t k)
{
    size_t size = dl_dtype_size(dtype);
    if (memcmp(a->bytes + a->at[i] + k * size, b->bytes + b->at[i] + k * size, size) == 0)
        return true;
    return isnan(number(dtype, a, i, k)) && isnan(number(dtype, b, i, k));
}

static double largest(dl_dtype dtype, const rp_result *r, int i)
{
    double most = 0;
    for (size_t k = 0; k < count(dtype, r, i); k++) most = fmax(most, fabs(number(dtype, r, i, k)));
    return most;
}

static const char *told(const rp_case *c, const rp_result *want, const rp_result *got, int i,
                        size_t k, double allowed)
{
    static char text[300];
    double w = number(c->p.dtype, want, i, k), g = number(c->p.dtype, got, i, k);
    snprintf(text, sizeof text, "%s[%zu] of %zu: got %.17g (%a), wanted %.17g (%a), allowed %g",
             want->name[i], k, count(c->p.dtype, want, i), g, g, w, w, allowed);
    return text;
}

const char *rp_difference(const rp_case *c, const rp_result *want, const rp_result *got, bool loose)
{
    if (want->message[0]) return want->message;
    if (got->message[0]) return got->message;
    if (got->nout != want->nout) return "other outputs";
    if (memcmp(got->at, want->at, sizeof *got->at * (size_t)(got->nout + 1)) != 0)
        return "other sizes";
    for (int i = 0; i < got->nout; i++) {
        double allowed = 0;
        if (loose)
            allowed = RP_CONDITION * c->spread[i]
                      + RP_ROUNDING * unit(c->p.dtype) * largest(c->p.dtype, want, i);
        for (size_t k = 0; k < count(c->p.dtype, want, i); k++) {
            if (same(c->p.dtype, want, got, i, k)) continue;
            double d = fabs(number(c->p.dtype, want, i, k) - number(c->p.dtype, got, i, k));
            if (!loose || (!(d <= allowed) && isfinite(allowed)))
                return told(c, want, got, i, k, allowed);
        }
    }
    return NULL;
}

/* ---- all modes ------------------------------------------------------------------------------- */

/* What the letters of the script gave, against what was wanted. */
static const char *try(const rp_mode *m, void *state, const rp_case *c, int index, rp_result *got)
{
    static char text[500];
    for (const char *letter = m->script; *letter; letter++) {
        bool other = *letter == 'b';
        if (other && m->engine->frozen && rp_reads(&c->p)) continue;
        rp_result_clear(got);
        m->engine->step(state, index, *letter, got);
        if (!strchr("abc", *letter)) continue;
        const char *differs = rp_difference(c, &c->want[other], got, m->loose);
        if (!differs) continue;
        snprintf(text, sizeof text, "step %d of \"%s\": %s", (int)(letter - m->script) + 1,
                 m->script, differs);
        return text;
    }
    return NULL;
}

static void note(rp_failure *f, const rp_mode *m, const char *text)
{
    size_t used = strlen(f->which);
    if (!f->modes++) {
        f->mode = m;
        snprintf(f->text, sizeof f->text, "%s", text);
    }
    snprintf(f->which + used, sizeof f->which - used, "%s%s", used ? "; " : "", m->name);
}

int rp_compare(const rp_program *p, int n, const rp_mode *const *modes, rp_failure *failure)
{
    rp_case *c = malloc((size_t)n * sizeof *c);
    rp_result got = { 0 };
    int failures = 0, first = n, threads = dl_threads();
    rp_failure *f = calloc((size_t)n, sizeof *f);
    for (int i = 0; i < n; i++) rp_case_open(&c[i], &p[i]);
    for (; *modes; modes++) {
        const rp_mode *m = *modes;
        void *state = m->engine->open(m, c, n);
        dl_set_threads(m->threads ? m->threads : 1);
        for (int i = 0; state && i < n; i++) {
            if (m->loose && !rp_tame(&p[i])) continue;
            const char *differs = try(m, state, &c[i], i, &got);
            if (differs) note(&f[i], m, differs);
        }
        if (state) m->engine->close(state);
    }
    dl_set_threads(threads);
    for (int i = n - 1; i >= 0; i--)
        if (f[i].modes) failures++, first = i;
    if (first < n) *failure = f[first], failure->program = p[first];
    for (int i = 0; i < n; i++) rp_case_close(&c[i]);
    free(c), free(f);
    rp_result_free(&got);
    return failures;
}
