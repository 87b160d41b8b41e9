/* run.c: a system at work: its copy of the inputs, its steps, its outputs beside another's. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

static size_t element(const bench_workload *w) { return w->f64 ? sizeof(double) : sizeof(float); }

size_t bench_numel(const bench_array *a)
{
    size_t n = 1;
    for (int i = 0; i < a->rank; i++) n *= (size_t)a->dims[i];
    return n;
}

int bench_taken_over(const bench_workload *w, int k)
{
    for (int i = 0; i < w->nin; i++)
        if (strcmp(w->in[i].name, w->out[k].name) == 0) return i;
    return -1;
}

static void fill(const bench_array *a, bool f64, void *to, uint32_t *state)
{
    bool given = a->low != 0 || a->high != 0;
    double low = given ? a->low : -1, high = given ? a->high : 1;
    size_t n = bench_numel(a);
    for (size_t i = 0; i < n; i++) {
        *state = *state * 1664525u + 1013904223u;
        double x = low + (high - low) * (*state >> 8) / 16777216.0;
        if (f64) ((double *)to)[i] = x;
        else ((float *)to)[i] = (float)x;
    }
}

/* Places arrays in one block, aligned but for those of rank 0; `placed` picks them. */
static void *place(const bench_workload *w, const bench_array *a, int n, const bool *placed,
                   void **to)
{
    size_t at[BENCH_ARRAYS], end = 0;
    for (int i = 0; i < n; i++) {
        if (a[i].rank > 0) end = (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        at[i] = end;
        if (placed[i]) end += bench_numel(&a[i]) * element(w);
    }
    char *block = aligned_alloc(ALIGNMENT, (end + ALIGNMENT) / ALIGNMENT * ALIGNMENT);
    for (int i = 0; block && i < n; i++)
        if (placed[i]) to[i] = block + at[i];
    return block;
}

static bool make_inputs(bench_run *r)
{
    const bench_workload *w = r->w;
    bool placed[BENCH_ARRAYS] = { false };
    uint32_t state = 12345;
    for (int i = 0; i < w->nin; i++) placed[i] = true;
    r->block = place(w, w->in, w->nin, placed, r->in);
    if (!r->block) return false;
    for (int i = 0; i < w->nin; i++) fill(&w->in[i], w->f64, r->in[i], &state);
    if (w->make) w->make(w, r->in);
    return true;
}

void *bench_make_outputs(const bench_workload *w, void *const *in, void **out)
{
    bool placed[BENCH_ARRAYS] = { false };
    for (int k = 0; k < w->nout; k++) {
        int over = bench_taken_over(w, k);
        placed[k] = over < 0;
        if (over >= 0) out[k] = in[over];
    }
    return place(w, w->out, w->nout, placed, out);
}

bool bench_open(bench_run *r, const bench_workload *w, const bench_system *s)
{
    *r = (bench_run){ .w = w, .s = s };
    r->state = make_inputs(r) ? s->begin(s, w, r->in) : NULL;
    if (!r->state) fprintf(stderr, "%s: %s (%s) does not begin\n", w->name, s->system, s->mode);
    return r->state;
}

double bench_step(bench_run *r)
{
    r->steps++;
    if (r->w->advance) r->w->advance(r->in, r->steps);
    return r->s->step(r->state);
}

void bench_close(bench_run *r)
{
    if (r->state && r->s->end) r->s->end(r->state);
    free(r->block);
}

const void *bench_output(bench_run *r, int k, bool *f64)
{
    int in = bench_taken_over(r->w, k);
    *f64 = r->w->f64 || (in < 0 && r->s->f64);
    return in < 0 ? r->s->output(r->state, k) : r->in[in];
}

/* ---- comparing ------------------------------------------------------------------------------- */

static double element_of(const void *x, bool f64, size_t i)
{
    return f64 ? ((const double *)x)[i] : (double)((const float *)x)[i];
}

/* The element of x that is farthest from y, as a multiple of what is allowed. */
static double farthest(const void *x, bool x64, const void *y, bool y64, size_t n, double tolerance,
                       size_t *where)
{
    double largest = 0, worst = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(element_of(y, y64, i)));
    for (size_t i = 0; i < n; i++) {
        double want = element_of(y, y64, i), off = fabs(element_of(x, x64, i) - want);
        double multiple = off == 0 ? 0 : off / (tolerance * (fabs(want) + largest));
        if (multiple <= worst) continue;
        *where = i;
        worst = multiple == multiple ? multiple : INFINITY;
        if (worst == INFINITY) break;
    }
    return worst;
}

bool bench_agree(bench_run *a, bench_run *b)
{
    const bench_workload *w = a->w;
    for (int k = 0; k < w->nout; k++) {
        bool a64, b64;
        size_t i = 0;
        const void *x = bench_output(a, k, &a64), *y = bench_output(b, k, &b64);
        if (!x || !y) continue;
        if (farthest(x, a64, y, b64, bench_numel(&w->out[k]), w->tolerance, &i) <= 1) continue;
        fprintf(stderr, "%s: %s[%zu] is %.9g by %s (%s), %.9g by %s (%s)\n", w->name,
                w->out[k].name, i, element_of(x, a64, i), a->s->system, a->s->mode,
                element_of(y, b64, i), b->s->system, b->s->mode);
        return false;
    }
    return true;
}
