/* gradcheck.c: derivatives against differences, on a replay of the tape in f64. */
#define DL_NO_PLACES
#include "replay.h"

#include "grad.h"

#include <float.h>
#include <math.h>

/* The replayed function, as a plan that is run again and again with other inputs. */
typedef struct probe {
    dl_replay replay;
    dl_plan *plan;
    dl_bound bound;
    dl_arena mark; /* where the arena stood: each run starts there again */
    int64_t evaluations;
} probe;

static bool probe_begin(probe *p, dl_tape *owner)
{
    dl_tape *t = p->replay.tape;
    dl_key key;
    /* y may be one of the inputs itself: then there is nothing to run. */
    if (!t->data[p->replay.y.id]) {
        if (!dl__key_make(t, &p->replay.y.id, 1, false, &key, &p->bound)
            || !(p->plan = dl__cache_plan(t, &key)))
            return dl__no_memory(owner, "gradcheck"), false;
    }
    /* The inputs are written between runs, on purpose. */
    for (int k = 0; k < p->replay.n; k++)
        t->leaf[t->rec[p->replay.wrt[k].id].in[0]].borrowed = false;
    p->mark = t->arena;
    return true;
}

static bool value(probe *p, double *y, dl_tape *owner)
{
    dl_tape *t = p->replay.tape;
    t->arena.now = p->mark.now;
    t->arena.at = p->mark.at;
    t->arena.end = p->mark.end;
    p->evaluations++;
    if (p->plan && dl__run(t, p->plan, p->bound.ext, p->bound.out))
        return dl__tape_fail(owner, t->status, "gradcheck: %s", t->text), false;
    *y = *(const double *)t->data[p->replay.y.id];
    return true;
}

/* One estimate and how wrong it may be: central differences at h and h/2, extrapolated. */
static bool estimate(probe *p, double *x, double h, double *slope, double *bar, dl_tape *owner)
{
    double at = *x, f[2][2], largest = 0, d[2];
    for (int k = 0; k < 2; k++) {
        double step = k ? h / 2 : h, up, down;
        for (int side = 0; side < 2; side++) {
            *x = side ? at - step : at + step;
            if (side) down = *x;
            else up = *x;
            bool ok = value(p, &f[k][side], owner);
            *x = at;
            if (!ok) return false;
            largest = fmax(largest, fabs(f[k][side]));
        }
        d[k] = (f[k][0] - f[k][1]) / (up - down);
    }
    *slope = d[1] + (d[1] - d[0]) / 3;
    *bar = fabs(d[1] - d[0]) / 3 + 8 * DBL_EPSILON * largest / h;
    return true;
}

/* Refines the step while that makes the bar smaller. */
static bool differentiate(probe *p, double *x, double step, double enough, double *slope,
                          double *bar, dl_tape *owner)
{
    double h = step * fmax(1, fabs(*x)), s, b;
    if (!estimate(p, x, h, slope, bar, owner)) return false;
    for (int level = 0; level < 4 && !(*bar <= enough); level++) {
        h /= 8;
        if (!estimate(p, x, h, &s, &b, owner)) return false;
        if (b < *bar || isnan(*bar)) *slope = s, *bar = b;
    }
    return true;
}

/* ---- one input ------------------------------------------------------------------------------- */

static void coordinates(dl_check_input *in, int64_t element)
{
    for (int k = in->rank - 1; k >= 0; k--) {
        in->worst[k] = element % in->dims[k];
        element /= in->dims[k];
    }
}

static dl_verdict judge(double error, double bar, double rtol)
{
    if (error <= rtol) return DL_PASS;
    return error <= bar ? DL_INCONCLUSIVE : DL_FAIL;
}

static void note(dl_check_input *in, int64_t element, double analytic, double numeric, double scale,
                 double bar, double rtol)
{
    double unit = fmax(fmax(fabs(analytic), fabs(numeric)), scale);
    double gap = fabs(analytic - numeric), error = gap == 0 ? 0 : gap / unit;
    dl_verdict verdict = judge(error, unit > 0 ? bar / unit : bar, rtol);
    in->checked++;
    in->failed += verdict == DL_FAIL;
    in->inconclusive += verdict == DL_INCONCLUSIVE;
    bool graver = verdict == DL_FAIL && in->verdict != DL_FAIL;
    bool milder = verdict != DL_FAIL && in->verdict == DL_FAIL;
    if (in->checked == 1 || graver || (!milder && !(error <= in->error))) {
        in->analytic = analytic;
        in->numeric = numeric;
        in->error = error;
        in->bar = unit > 0 ? bar / unit : bar;
        coordinates(in, element);
    }
    if (verdict == DL_FAIL || in->verdict == DL_PASS) in->verdict = verdict;
}

static void describe(dl_check_input *in, dl_val x)
{
    const dl_shape *s = dl_shape_of(x);
    snprintf(in->name, sizeof in->name, "%s", dl_name_of(x));
    in->rank = s->rank;
    in->numel = s->numel;
    memcpy(in->dims, s->dim, sizeof in->dims);
    memcpy(in->labels, s->labels, sizeof in->labels);
}

static double largest(const double *g, int64_t n)
{
    double m = 0;
    for (int64_t i = 0; i < n; i++) m = fmax(m, fabs(g[i]));
    return m;
}

static bool check_input(probe *p, int k, const double *g, const dl_check_options *o,
                        dl_check_input *in, dl_tape *owner)
{
    double *x = p->replay.tape->data[p->replay.wrt[k].id];
    double scale = 1e-3 * largest(g, in->numel);
    int64_t n = o->elements && o->elements < in->numel ? o->elements : in->numel;
    for (int64_t i = 0; i < n; i++) {
        int64_t e = n == in->numel ? i : (int64_t)((double)i * (double)in->numel / (double)n);
        double slope, bar, enough = 0.1 * o->rtol * fmax(fabs(g[e]), scale);
        if (!differentiate(p, &x[e], o->step, enough, &slope, &bar, owner)) return false;
        note(in, e, g[e], slope, scale, bar, o->rtol);
    }
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The gradients of a replay, copied out one after the other; null: the owner has the error. */
static void *gradients(dl_replay *r, dl_tape *owner)
{
    dl_val *g = dl__alloc((size_t)r->n * sizeof *g);
    size_t bytes = 0, at = 0, size = dl_dtype_size(dl_dtype_of(r->y));
    for (int k = 0; k < r->n; k++) bytes += (size_t)dl_numel(r->wrt[k]) * size;
    char *all = dl__alloc(bytes);
    bool ok = g && all;
    if (!ok) dl__no_memory(owner, "gradcheck");
    if (ok) ok = !dl_grad(r->y, r->wrt, r->n, g) && !dl_eval(r->tape, g, r->n);
    for (int k = 0; ok && k < r->n; k++) {
        size_t part = (size_t)dl_numel(g[k]) * size;
        ok = !dl_read(g[k], all + at, part);
        at += part;
    }
    if (!ok && r->tape->status)
        dl__tape_fail(owner, r->tape->status, "gradcheck: %s", r->tape->text);
    dl__free(g);
    if (ok) return all;
    dl__free(all);
    return NULL;
}

/* How far the f32 gradient lies from the f64 one, relative to the largest derivative of the input.
 */
static bool compare_f32(dl_val y, const dl_val *wrt, int n, const double *g,
                        dl_check_report *report)
{
    dl_replay r;
    bool ok = dl__replay(&r, y, wrt, n, DL_F32);
    float *f = ok ? gradients(&r, y.tape) : NULL;
    const float *at = f;
    for (int k = 0; f && k < n; k++) {
        dl_check_input *in = &report->inputs[k];
        double most = largest(g, in->numel);
        for (int64_t i = 0; i < in->numel; i++) {
            double gap = fabs((double)at[i] - g[i]);
            if (gap > in->f32_distance * most) in->f32_distance = gap / most;
        }
        g += in->numel;
        at += in->numel;
    }
    dl__free(f);
    dl__replay_free(&r);
    return f != NULL;
}

static bool check(probe *p, dl_val y, const dl_val *wrt, const dl_check_options *o,
                  dl_check_report *report)
{
    double *g = gradients(&p->replay, y.tape);
    const double *at = g;
    bool ok = g && probe_begin(p, y.tape) && value(p, &report->value, y.tape);
    for (int k = 0; ok && k < report->ninputs; k++) {
        describe(&report->inputs[k], wrt[k]);
        ok = check_input(p, k, at, o, &report->inputs[k], y.tape);
        at += report->inputs[k].numel;
        if (report->inputs[k].verdict == DL_FAIL || report->verdict == DL_PASS)
            report->verdict = report->inputs[k].verdict;
    }
    report->evaluations = p->evaluations;
    if (ok && dl_dtype_of(y) == DL_F32) ok = compare_f32(y, wrt, report->ninputs, g, report);
    dl__free(g);
    return ok;
}

static dl_status gradcheck(dl_val y, const dl_val *wrt, int n, const dl_check_options *options,
                           dl_check_report *report)
{
    dl_check_options o = options ? *options : (dl_check_options){ 0 };
    if (report) *report = (dl_check_report){ .verdict = DL_PASS };
    if (!dl__differentiable("gradcheck", y, wrt, n) || !dl__single("gradcheck", y))
        return y.tape ? y.tape->status : DL_ENULL;
    if (!report) return dl__tape_fail(y.tape, DL_ENULL, "gradcheck: no report");
    if (o.rtol < 0 || o.step < 0 || o.elements < 0)
        return dl__tape_fail(y.tape, DL_EARG, "gradcheck: a negative option");
    if (!(o.rtol > 0)) o.rtol = 1e-6;
    if (!(o.step > 0)) o.step = 1e-3;
    report->inputs = dl__zalloc((size_t)n * sizeof *report->inputs);
    if (!report->inputs) return dl__no_memory(y.tape, "gradcheck");
    report->ninputs = n;
    probe p = { 0 };
    if (dl__replay(&p.replay, y, wrt, n, DL_F64)) check(&p, y, wrt, &o, report);
    dl__replay_free(&p.replay);
    return y.tape->status;
}

dl_status dl_gradcheck(dl_val y, const dl_val *wrt, int n, const dl_check_options *options,
                       dl_check_report *report)
{
    gradcheck(y, wrt, n, options, report);
    return dl__called(y.tape);
}

void dl_check_report_free(dl_check_report *report)
{
    if (!report) return;
    dl__free(report->inputs);
    *report = (dl_check_report){ 0 };
}
