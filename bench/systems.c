/* systems.c: which systems compute a workload: functions of its own, dltape's modes, peers. */
#define _GNU_SOURCE
#include "bench.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- functions ------------------------------------------------------------------------------- */

typedef struct function_state {
    const bench_workload *w;
    bench_function *run;
    void *const *in;
    void *out[BENCH_ARRAYS];
    void *block;
} function_state;

void *bench_function_begin(const bench_system *s, const bench_workload *w, void *const *in)
{
    function_state *f = calloc(1, sizeof *f);
    *f = (function_state){ .w = w, .run = s->run, .in = in };
    f->block = bench_make_outputs(w, in, f->out);
    return f;
}

double bench_function_step(void *state)
{
    function_state *f = state;
    f->run(f->w, f->in, f->out);
    return 0;
}

const void *bench_function_output(void *state, int k) { return ((function_state *)state)->out[k]; }

void bench_function_end(void *state)
{
    function_state *f = state;
    free(f->block);
    free(f);
}

/* ---- peers ----------------------------------------------------------------------------------- */

const char *const bench_peer_names[BENCH_PEERS] = { "libtorch", "ADOL-C", "Sacado" };
static const char *const modules[BENCH_PEERS] = { "torch", "adolc", "sacado" };

static bench_peer *load(const char *module)
{
    char self[4096], path[4200];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0) return NULL;
    self[n] = 0;
    *strrchr(self, '/') = 0;
    snprintf(path, sizeof path, "%s/peers/peer_%s.so", self, module);
    if (access(path, R_OK) != 0) return NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    bench_peer *peer = library ? (bench_peer *)dlsym(library, "peer") : NULL;
    if (!peer) fprintf(stderr, "%s\n", dlerror());
    return peer;
}

const bench_system *bench_peer_system(int peer, const char *workload)
{
    static bench_peer *loaded[BENCH_PEERS];
    static bool tried[BENCH_PEERS];
    if (!tried[peer]) loaded[peer] = load(modules[peer]);
    tried[peer] = true;
    return loaded[peer] ? loaded[peer](workload) : NULL;
}

/* ---- all ------------------------------------------------------------------------------------- */

static void add(bench_system *systems, int *n, const bench_system *s, const char *name, int threads)
{
    if (name && strcmp(s->system, name) != 0) return;
    systems[*n] = *s;
    systems[(*n)++].threads = threads;
}

int bench_systems(const bench_workload *w, const char *name, int threads, bench_system *systems)
{
    int n = 0;
    for (int k = 0; k < w->n; k++) add(systems, &n, &w->systems[k], name, 1);
    for (int k = 0; w->record && k < (w->plain ? 1 : bench_dltape_n); k++)
        if (!bench_dltape[k].only || strcmp(bench_dltape[k].only, w->name) == 0)
            add(systems, &n, &bench_dltape[k], name, 1);
    if (w->threads && threads > 1) add(systems, &n, &bench_dltape[0], name, threads);
    for (int k = 0; k < BENCH_PEERS; k++) {
        if (name && strcmp(bench_peer_names[k], name) != 0) continue;
        const bench_system *peer = bench_peer_system(k, w->peer ? w->peer : w->name);
        if (peer) add(systems, &n, peer, NULL, 1);
    }
    return n;
}
