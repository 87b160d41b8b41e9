/* dltape_systems.c: dltape's modes, for every workload that has a `record`. A mode is a row below.
 */
#define _GNU_SOURCE
#include "bench.h"

#include "dltape.h"

#include <dlfcn.h>
#include <stdlib.h>

/* ---- define-by-run: recorded anew in every step ---------------------------------------------- */

typedef struct tape_state {
    const bench_workload *w;
    int threads;
    void *const *in;
    int taken_over[BENCH_ARRAYS];
    dl_tape *tape;
    dl_array *array[BENCH_ARRAYS];
    dl_val out[BENCH_ARRAYS];
} tape_state;

static void *tape_begin(const bench_system *s, const bench_workload *w, void *const *in)
{
    tape_state *d = calloc(1, sizeof *d);
    dl_dtype dtype = w->f64 ? DL_F64 : DL_F32;
    *d = (tape_state){ .w = w, .threads = s->threads, .in = in, .tape = dl_tape_new() };
    for (int k = 0; k < w->nout; k++) d->taken_over[k] = bench_taken_over(w, k);
    for (int i = 0; i < w->nin; i++)
        if (w->in[i].rank > 0)
            d->array[i] = dl_array_wrap(in[i], dtype, NULL, w->in[i].rank, w->in[i].dims);
    dl_tape_disable(d->tape, s->disabled);
    return d;
}

/* A number is recorded by value, an array by name. */
static dl_val input(const tape_state *d, int i)
{
    if (d->array[i]) return dl_leaf(d->tape, d->array[i]);
    return d->w->f64 ? dl_scalar(d->tape, DL_F64, *(const double *)d->in[i])
                     : dl_scalar(d->tape, DL_F32, (double)*(const float *)d->in[i]);
}

static void record(tape_state *d, dl_val *in)
{
    if (d->w->threads) dl_set_threads(d->threads);
    dl_tape_reset(d->tape);
    for (int i = 0; i < d->w->nin; i++) in[i] = input(d, i);
    d->w->record(d->tape, in, d->out);
}

static double tape_step(void *state)
{
    tape_state *d = state;
    dl_val in[BENCH_ARRAYS], read[BENCH_ARRAYS];
    int n = 0;
    record(d, in);
    for (int k = 0; k < d->w->nout; k++) {
        if (d->taken_over[k] < 0) read[n++] = d->out[k];
        else dl_assign(d->array[d->taken_over[k]], d->out[k]);
    }
    if (dl_eval(d->tape, read, n) == DL_OK) return 0;
    fprintf(stderr, "%s: %s\n", d->w->name, dl_tape_message(d->tape));
    return -1;
}

/* A tape that has seen nothing yet: its plan is made. */
static double first_step(void *state)
{
    tape_state *d = state;
    dl_tape_free(d->tape);
    d->tape = dl_tape_new();
    return tape_step(d);
}

static const void *tape_output(void *state, int k)
{
    return dl_data(((tape_state *)state)->out[k]);
}

static void tape_end(void *state)
{
    tape_state *d = state;
    if (d->w->threads) dl_set_threads(1);
    dl_tape_free(d->tape);
    for (int i = 0; i < d->w->nin; i++) dl_array_free(d->array[i]);
    free(d);
}

/* ---- fn: recorded once, frozen, called in every step ----------------------------------------- */

typedef void emitted_call(const void *const *in, void *const *out, void *workspace);

typedef struct fn_state {
    const bench_workload *w;
    int threads;
    const void *in[BENCH_ARRAYS];
    void *out[BENCH_ARRAYS];
    void *block, *workspace;
    dl_fn *fn;
    emitted_call *call; /* of the mode "emitted" */
} fn_state;

static dl_fn *freeze(tape_state *d)
{
    static char names[2 * BENCH_ARRAYS][16];
    dl_fn_arg in[BENCH_ARRAYS], out[BENCH_ARRAYS];
    dl_val value[BENCH_ARRAYS];
    record(d, value);
    for (int i = 0; i < d->w->nin; i++) {
        snprintf(names[i], sizeof names[i], "in_%d", i);
        in[i] = (dl_fn_arg){ names[i], value[i] };
    }
    int n = 0; /* outputs that replace inputs come last */
    for (int k = 0; k < d->w->nout; k++) {
        char *name = names[BENCH_ARRAYS + k];
        if (d->taken_over[k] >= 0) {
            dl_assign(d->array[d->taken_over[k]], d->out[k]);
            continue;
        }
        snprintf(name, sizeof *names, "out_%d", k);
        out[n++] = (dl_fn_arg){ name, d->out[k] };
    }
    return dl_fn_create("workload", in, d->w->nin, out, n);
}

static void *fn_begin(const bench_system *s, const bench_workload *w, void *const *in)
{
    fn_state *f = calloc(1, sizeof *f);
    tape_state *d = tape_begin(s, w, in);
    *f = (fn_state){ .w = w, .threads = s->threads, .fn = freeze(d) };
    tape_end(d);
    for (int i = 0; i < w->nin; i++) f->in[i] = in[i];
    f->block = bench_make_outputs(w, in, f->out);
    f->workspace = dl_fn_workspace_new(f->fn);
    if (dl_fn_status(f->fn)) fprintf(stderr, "%s: %s\n", w->name, dl_fn_message(f->fn));
    return f;
}

static void fn_end(void *state)
{
    fn_state *f = state;
    if (f->w->threads) dl_set_threads(1);
    dl_fn_workspace_free(f->workspace);
    dl_fn_free(f->fn);
    free(f->block);
    free(f);
}

/* The same, compiled by the system's compiler when it begins. */
static void *compiled_begin(const bench_system *s, const bench_workload *w, void *const *in)
{
    fn_state *f = fn_begin(s, w, in);
    if (dl_fn_compile(f->fn) == DL_OK) return f;
    fprintf(stderr, "%s: %s\n", w->name, dl_fn_message(f->fn));
    fn_end(f);
    return NULL;
}

static double fn_step(void *state)
{
    fn_state *f = state;
    if (f->w->threads) dl_set_threads(f->threads);
    return dl_fn_run(f->fn, f->in, f->out, f->workspace) ? -1 : 0;
}

static const void *fn_output(void *state, int k) { return ((fn_state *)state)->out[k]; }

/* ---- emitted: the printed C, built as a program of its own would, and called without dltape -- */

static bool build(const char *source, const char *library)
{
    char command[512];
    snprintf(command, sizeof command,
             "cc -std=c99 -O3 -march=native -fno-math-errno -fno-trapping-math -fPIC -shared -o %s "
             "%s -lm",
             library, source);
    return system(command) == 0;
}

/* What calls it with lists, as dl_fn_run does. */
static void print_call(const bench_workload *w, FILE *to)
{
    fprintf(to, "void workload_call(const void *const *in, void *const *out, void *work);\n"
                "void workload_call(const void *const *in, void *const *out, void *work)\n"
                "{\n    workload(");
    for (int i = 0; i < w->nin; i++) fprintf(to, "in[%d], ", i);
    for (int k = 0; k < w->nout; k++) fprintf(to, "out[%d], ", k);
    fprintf(to, "work);\n}\n");
}

static emitted_call *load(const fn_state *f, char *folder)
{
    char source[128], library[128];
    if (!mkdtemp(folder)) return NULL;
    snprintf(source, sizeof source, "%s/workload.c", folder);
    snprintf(library, sizeof library, "%s/workload.so", folder);
    FILE *to = fopen(source, "w");
    bool written = to && dl_emit_c(f->fn, "workload", to) == DL_OK;
    if (written) print_call(f->w, to);
    if (to) fclose(to);
    void *loaded = written && build(source, library) ? dlopen(library, RTLD_NOW) : NULL;
    remove(source), remove(library), remove(folder);
    return loaded ? (emitted_call *)(uintptr_t)dlsym(loaded, "workload_call") : NULL;
}

static void *emitted_begin(const bench_system *s, const bench_workload *w, void *const *in)
{
    char folder[] = "/tmp/dltape-bench-XXXXXX";
    fn_state *f = fn_begin(s, w, in);
    if (!(f->call = load(f, folder))) fprintf(stderr, "%s: cannot be emitted\n", w->name);
    return f;
}

static double emitted_step(void *state)
{
    fn_state *f = state;
    if (!f->call) return -1;
    f->call(f->in, f->out, f->workspace);
    return 0;
}

/* ---- the modes; the first has rows for more threads ------------------------------------------ */

#define DEFINE_BY_RUN .begin = tape_begin, .step = tape_step, .output = tape_output, .end = tape_end
#define FIRST_STEP .begin = tape_begin, .step = first_step, .output = tape_output, .end = tape_end
#define FROZEN .begin = fn_begin, .step = fn_step, .output = fn_output, .end = fn_end

#define COMPILED .begin = compiled_begin, .step = fn_step, .output = fn_output, .end = fn_end
#define EMITTED .begin = emitted_begin, .step = emitted_step, .output = fn_output, .end = fn_end

const bench_system bench_dltape[] = {
    { "dltape", "define-by-run", DEFINE_BY_RUN },
    { "dltape", "define-by-run, by key", DEFINE_BY_RUN, .disabled = DL_FOLLOW, .only = "W1" },
    { "dltape", "first step of a tape", FIRST_STEP, .only = "W2" },
    { "dltape", "fn", FROZEN },
    { "dltape", "compiled", COMPILED },
    { "dltape", "emitted", EMITTED },
};
const int bench_dltape_n = sizeof bench_dltape / sizeof *bench_dltape;
