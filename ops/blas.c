/* blas.c: what is decided about the BLAS once for all products.
 *
 * A result is cut into panels that depend on its sizes only, and each panel is one call that runs
 * in one thread: the bits do not depend on the number of threads. OpenBLAS has one number of
 * threads for the whole process, so it is set to 1 while the first product enters until the last
 * one leaves, and then put back. A user's own call of OpenBLAS in another thread is right
 * meanwhile, but runs in one thread. Other libraries are told nothing; their panels are computed
 * one after the other.
 *
 * An OpenBLAS that does not know the processor falls back to kernels for old ones, which the own
 * kernels outrun. Which kernels it has is asked once, and compared with the processor, not with the
 * tape: all tapes of a process go the same way. */
#include "blas.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    LEAST_SIDE = 32,     /* below it a BLAS may change to other kernels */
    LEAST_WORK = 1 << 21 /* m n k; see docs/kernels.md for the measurement */
};

bool dl__use_blas(const dl_prepare *p, const dl_product *x)
{
    return DL_BLAS && !p->strict && dl__blas_pays() && x->m >= LEAST_SIDE && x->n >= LEAST_SIDE
           && x->k >= LEAST_SIDE && x->m < INT32_MAX && x->n < INT32_MAX && x->k < INT32_MAX
           && x->m * x->n >= LEAST_WORK / x->k;
}

/* OpenBLAS's names of kernels without 256-bit vectors, and of those with them but without their
 * integers and fused products (some AMD). What is not listed is newer, or another architecture. */
static const char sse_cores[] = " katmai coppermine northwood prescott banias atom core2 penryn "
                                "dunnington nehalem athlon opteron opteron_sse3 barcelona nano "
                                "bobcat ";
static const char avx_cores[] = " sandybridge bulldozer piledriver steamroller excavator ";

static bool lists(const char *names, const char *core)
{
    char word[32];
    snprintf(word, sizeof word, " %.29s ", core);
    for (char *c = word; *c; c++) *c = (char)tolower((unsigned char)*c);
    return strstr(names, word);
}

bool dl__core_pays(const char *core, dl_isa processor)
{
    return processor == DL_BASELINE
           || (!lists(sse_cores, core) && (processor == DL_AVX2 || !lists(avx_cores, core)));
}

#if DL_OPENBLAS

#include <cblas.h>
#include <pthread.h>

static bool pays;

static void ask_core(void) { pays = dl__core_pays(openblas_get_corename(), dl_processor_isa()); }

bool dl__blas_pays(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, ask_core);
    return pays;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int inside, before; /* products; OpenBLAS's threads without them */
static bool forking;

void dl__blas_begin(void)
{
    pthread_mutex_lock(&lock);
    while (forking) pthread_cond_wait(&changed, &lock);
    if (inside++ == 0) {
        before = openblas_get_num_threads();
        if (before != 1) openblas_set_num_threads(1);
    }
    pthread_mutex_unlock(&lock);
}

void dl__blas_end(void)
{
    pthread_mutex_lock(&lock);
    if (--inside == 0) {
        if (before != 1) openblas_set_num_threads(before);
        if (forking) pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
}

/* A fork waits until no product is inside: the child would find OpenBLAS's locks taken by threads
 * that it does not have, and its number of threads at 1. */
static void fork_begins(void)
{
    pthread_mutex_lock(&lock);
    forking = true;
    while (inside) pthread_cond_wait(&changed, &lock);
}

static void fork_is_over(void)
{
    forking = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void begin_as_child(void)
{
    forking = false;
    lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
}

__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(fork_begins, fork_is_over, begin_as_child);
}

/* A sequential build may lack the locks that calls from several threads need. */
void dl__blas_parallel(int64_t parts, void (*part)(void *context, int64_t k), void *context)
{
    if (parts > 1 && openblas_get_parallel() != 0) dl_parallel(parts, part, context);
    else
        for (int64_t k = 0; k < parts; k++) part(context, k);
}

#else

bool dl__blas_pays(void) { return DL_BLAS; }

void dl__blas_begin(void) {}
void dl__blas_end(void) {}

void dl__blas_parallel(int64_t parts, void (*part)(void *context, int64_t k), void *context)
{
    for (int64_t k = 0; k < parts; k++) part(context, k);
}

#endif
