/* dltape_systems.c: dltape's modes, for every workload that has a `record`. A mode is a row below.
 */
#include "bench.h"

#include "dltape.h"

#include <stdlib.h>

/* ---- threads --------------------------------------------------------------------------------- */

#ifdef DLTAPE_HAS_THREADS
bool bench_use_threads(int n) { return dl_set_threads(n), true; }
#else
bool bench_use_threads(int n) { return (void)n, false; }
#endif

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

static double tape_step(void *state)
{
    tape_state *d = state;
    dl_val in[BENCH_ARRAYS], read[BENCH_ARRAYS];
    int n = 0;
    if (d->w->threads) bench_use_threads(d->threads);
    dl_tape_reset(d->tape);
    for (int i = 0; i < d->w->nin; i++) in[i] = input(d, i);
    d->w->record(d->tape, in, d->out);
    for (int k = 0; k < d->w->nout; k++) {
        if (d->taken_over[k] < 0) read[n++] = d->out[k];
        else dl_assign(d->array[d->taken_over[k]], d->out[k]);
    }
    if (dl_eval(d->tape, read, n) == DL_OK) return 0;
    fprintf(stderr, "%s: %s\n", d->w->name, dl_tape_message(d->tape));
    return -1;
}

static const void *tape_output(void *state, int k)
{
    return dl_data(((tape_state *)state)->out[k]);
}

static void tape_end(void *state)
{
    tape_state *d = state;
    dl_tape_free(d->tape);
    for (int i = 0; i < d->w->nin; i++) dl_array_free(d->array[i]);
    free(d);
}

#define DEFINE_BY_RUN .begin = tape_begin, .step = tape_step, .output = tape_output, .end = tape_end

/* ---- the modes; the first has rows for more threads ------------------------------------------ */

const bench_system bench_dltape[] = {
    { "dltape", "define-by-run", DEFINE_BY_RUN },
    { "dltape", "define-by-run, by key", DEFINE_BY_RUN, .disabled = DL_FOLLOW, .only = "W1" },
};
const int bench_dltape_n = sizeof bench_dltape / sizeof *bench_dltape;
