/* threads.c: dl_parallel and the pool of threads behind it.
 *
 * There is one pool. A caller takes it for one region of parts; whoever finds it taken, another
 * thread or a part itself, runs its parts alone, so nobody ever waits for the pool. The caller
 * opens the region, works along, closes it, and waits for the workers that are inside: one that
 * slept through it finds it closed and is not waited for. Nothing is allocated here. */
#define _GNU_SOURCE 1
#include "op.h"

#if DL_THREADS
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A kernel may hold 256 KiB; what a checker adds to a thread lies on its stack, too. */
enum { MAX_THREADS = 1024, STACK = 2 << 20, LINE = 64 };
/* How long one looks for a change before one sleeps: about what a sleep and its end cost. */
enum { SPIN_NS = 30000, LOOKS = 16 };
/* pool.inside: a worker inside counts WORKER. */
enum { OPEN = 1, CALLER_SLEEPS = 2, WORKER = 4 };

static struct pool {
    /* The region; written while no worker is inside. */
    void (*part)(void *context, int64_t k);
    void *context;
    int64_t parts;
    fenv_t arithmetic; /* the caller's: the bits must not depend on who works */

    _Alignas(LINE) atomic_int_least64_t next; /* part */
    _Alignas(LINE) atomic_uint inside;
    _Alignas(LINE) atomic_size_t calls; /* regions opened; a worker waits for it to change */
    atomic_int sleepers;
    atomic_bool quit;

    pthread_mutex_t lock; /* for sleeping and waking only */
    pthread_cond_t called, left;
    /* Of whoever has taken the pool. */
    pthread_t worker[MAX_THREADS - 1];
    int workers, made_for; /* fewer than made_for - 1 where threads could not be created */
    bool spins;            /* not where threads outnumber processors */
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER,
           .called = PTHREAD_COND_INITIALIZER,
           .left = PTHREAD_COND_INITIALIZER };

static atomic_bool taken;
static _Thread_local bool holding; /* the pool */
static atomic_int threads;         /* 0: nobody has asked yet */

/* ---- how many -------------------------------------------------------------------------------- */

static int processors(void)
{
#ifdef CPU_COUNT
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set)) return CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (int)n;
}

static int within_bounds(long n)
{
    return n < 1 ? processors() : n > MAX_THREADS ? MAX_THREADS : (int)n;
}

static int from_environment(void)
{
    const char *text = getenv("DLTAPE_THREADS");
    char *end = NULL;
    long n = text ? strtol(text, &end, 10) : 1;
    return text && (end == text || *end) ? 1 : within_bounds(n);
}

void dl_set_threads(int n) { atomic_store(&threads, within_bounds(n)); }

int dl_threads(void)
{
    int n = atomic_load_explicit(&threads, memory_order_relaxed), unset = 0;
    if (n) return n;
    n = from_environment();
    return atomic_compare_exchange_strong(&threads, &unset, n) ? n : unset;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool called_since(size_t seen)
{
    return atomic_load_explicit(&pool.calls, memory_order_acquire) != seen;
}

static bool nobody_inside(size_t unused)
{
    return !(atomic_load_explicit(&pool.inside, memory_order_acquire) & ~(unsigned)CALLER_SLEEPS);
}

static bool soon(bool (*come)(size_t), size_t seen)
{
    for (int64_t until = 0, now = 0; now <= until; now = now_ns()) {
        for (int k = 0; k < LOOKS; k++) {
            if (come(seen)) return true;
            if (!pool.spins) return false;
            pause_briefly();
        }
        if (!until) until = now_ns() + SPIN_NS;
    }
    return false;
}

/* Who sleeps says so before it looks for the last time; who changes something looks for sleepers
 * after that. Both are sequentially consistent, so one of the two sees the other. */
static size_t next_call(size_t seen)
{
    if (!soon(called_since, seen)) {
        pthread_mutex_lock(&pool.lock);
        atomic_fetch_add(&pool.sleepers, 1);
        while (atomic_load(&pool.calls) == seen) pthread_cond_wait(&pool.called, &pool.lock);
        atomic_fetch_sub(&pool.sleepers, 1);
        pthread_mutex_unlock(&pool.lock);
    }
    return atomic_load(&pool.calls);
}

static void call(int64_t wanted)
{
    atomic_fetch_add(&pool.calls, 1);
    int64_t sleepers = atomic_load(&pool.sleepers);
    if (!sleepers) return;
    pthread_mutex_lock(&pool.lock);
    if (wanted >= sleepers) pthread_cond_broadcast(&pool.called);
    else
        for (int64_t k = 0; k < wanted; k++) pthread_cond_signal(&pool.called);
    pthread_mutex_unlock(&pool.lock);
}

/* ---- a region -------------------------------------------------------------------------------- */

static void work(void)
{
    for (;;) {
        int64_t k = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed);
        if (k >= pool.parts) return;
        pool.part(pool.context, k);
    }
}

static void *serve(void *seen_at_first)
{
    for (size_t seen = (size_t)seen_at_first;;) {
        seen = next_call(seen);
        if (atomic_load(&pool.quit)) return NULL;
        if (atomic_fetch_add(&pool.inside, WORKER) & OPEN) {
            fesetenv(&pool.arithmetic);
            work();
        }
        if (atomic_fetch_sub(&pool.inside, WORKER) == (WORKER | CALLER_SLEEPS)) {
            pthread_mutex_lock(&pool.lock);
            pthread_cond_signal(&pool.left);
            pthread_mutex_unlock(&pool.lock);
        }
    }
}

static void await_workers(void)
{
    if (soon(nobody_inside, 0)) return;
    pthread_mutex_lock(&pool.lock);
    atomic_fetch_or(&pool.inside, CALLER_SLEEPS);
    while (!nobody_inside(0)) pthread_cond_wait(&pool.left, &pool.lock);
    atomic_fetch_and(&pool.inside, ~(unsigned)CALLER_SLEEPS);
    pthread_mutex_unlock(&pool.lock);
}

static void run_together(int64_t parts, void (*part)(void *context, int64_t k), void *context)
{
    pool.parts = parts, pool.part = part, pool.context = context;
    fegetenv(&pool.arithmetic);
    atomic_store_explicit(&pool.next, 0, memory_order_relaxed);
    atomic_fetch_or(&pool.inside, OPEN);
    call(parts - 1);
    work();
    atomic_fetch_and(&pool.inside, ~(unsigned)OPEN);
    await_workers();
}

/* ---- the workers' life ----------------------------------------------------------------------- */

static void stop(void)
{
    atomic_store(&pool.quit, true);
    call(pool.workers);
    for (int k = 0; k < pool.workers; k++) pthread_join(pool.worker[k], NULL);
    atomic_store(&pool.quit, false);
    pool.workers = 0;
}

/* Signals are the host's, but for those that a fault raises in the thread that is at fault:
 * blocked, they would pass by the host's handlers. */
static void block_signals(sigset_t *before)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
    sigset_t blocked;
    sigfillset(&blocked);
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) sigdelset(&blocked, faults[k]);
    pthread_sigmask(SIG_SETMASK, &blocked, before);
}

/* Where a thread cannot be created, those that could be do the work. */
static void start(int n)
{
    pool.made_for = n;
    pool.spins = n <= processors();
    pthread_attr_t small;
    if (pthread_attr_init(&small)) return;
    pthread_attr_setstacksize(&small, STACK);
    sigset_t before;
    block_signals(&before);
    void *seen = (void *)atomic_load(&pool.calls);
    while (pool.workers < n - 1 && !pthread_create(&pool.worker[pool.workers], &small, serve, seen))
        pool.workers++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&small);
}

/* In a forked child: the workers are not there, whatever they were doing. If it was forked by a
 * part, its region goes on without them. */
static void forget_workers(void)
{
    pool.workers = pool.made_for = 0;
    pool.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    pool.called = pool.left = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    atomic_store(&pool.inside, holding ? OPEN : 0);
    atomic_store(&pool.sleepers, 0);
    atomic_store(&pool.quit, false);
    atomic_store(&taken, holding);
}

/* Before the first region: a fork beside it would not see a handler that comes with it. */
__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, forget_workers);
}

static bool take(void)
{
    if (atomic_load_explicit(&taken, memory_order_relaxed)) return false;
    return holding = !atomic_exchange(&taken, true);
}

static void give_back(void)
{
    holding = false;
    atomic_store(&taken, false);
}

/* When the process ends, or a shared object is unloaded, no thread is left behind; the pool stays
 * taken. A region that is still running keeps its workers. */
__attribute__((destructor)) static void stop_for_good(void)
{
    if (take()) stop();
}

void dl_parallel(int64_t parts, void (*part)(void *context, int64_t k), void *context)
{
    int n = dl_threads();
    if (n > 1 && parts > 1 && take()) {
        if (pool.made_for != n) stop(), start(n);
        run_together(parts, part, context);
        give_back();
        return;
    }
    for (int64_t k = 0; k < parts; k++) part(context, k);
}

#else /* without threads */

void dl_set_threads(int n) { (void)n; }
int dl_threads(void) { return 1; }
void dl_parallel(int64_t parts, void (*part)(void *context, int64_t k), void *context)
{
    for (int64_t k = 0; k < parts; k++) part(context, k);
}

#endif
