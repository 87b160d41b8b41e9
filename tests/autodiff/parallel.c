/* parallel.c: dl_parallel and its pool: every part once, from any thread, after any fork. */
#define _GNU_SOURCE 1
#include "tests/harness/test.h"
#include "tests/harness/valgrind.h"

#include "autodiff/op.h"
#include "autodiff/scratch.h"
#include "ops/ops.h"

#include <dlfcn.h>
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1000, PATIENCE_S = 60 };

static const int thread_counts[] = { 1, 2, 4, 8 };
#define COUNTS (int)(sizeof thread_counts / sizeof *thread_counts)

/* Two threads from here on, which a build without threads does not have. */
static void need_two_threads(void)
{
    dl_set_threads(2);
    if (dl_threads() < 2) SKIP("built without threads");
}

static void count(void *context, int64_t k) { atomic_fetch_add((atomic_int *)context + k, 1); }

/* Whether each of `parts` parts, and none beside them, runs once. */
static bool each_runs_once(int64_t parts)
{
    atomic_int runs[MOST + 1] = { 0 };
    dl_parallel(parts, count, runs);
    for (int64_t k = 0; k <= MOST; k++)
        if (runs[k] != (k < parts)) return false;
    return true;
}

TEST(parallel, every_part_runs_once)
{
    int before = dl_threads();
    for (int round = 0; round < 20; round++)
        for (int i = 0; i < COUNTS; i++) {
            static const int64_t parts[] = { 0, 1, 2, 7, MOST, -1 };
            dl_set_threads(thread_counts[i]);
            for (int p = 0; p < 6; p++)
                CHECK_MSG(each_runs_once(parts[p]), "%lld parts, %d threads", (long long)parts[p],
                          thread_counts[i]);
        }
    dl_set_threads(before);
}

TEST(parallel, the_number_of_threads_is_what_was_set)
{
    int before = dl_threads();
    need_two_threads();
    dl_set_threads(3);
    CHECK_INT(dl_threads(), 3);
    dl_set_threads(1 << 20);
    CHECK_INT(dl_threads(), 1024);
    dl_set_threads(0);
    int all = dl_threads();
    CHECK(all >= 1);
    dl_set_threads(-7);
    CHECK_INT(dl_threads(), all);
    dl_set_threads(1);
    CHECK_INT(dl_threads(), 1);
    dl_set_threads(before);
}

/* ---- scratch memory -------------------------------------------------------------------------- */

typedef struct desks {
    uint64_t taken;
    atomic_int at[64]; /* who works there */
    atomic_int shared, highest;
} desks;

static void sit(void *context, int64_t k)
{
    desks *d = context;
    int place = dl_scratch_take(&d->taken);
    if (atomic_fetch_add(&d->at[place], 1)) atomic_store(&d->shared, 1);
    for (int seen = d->highest; seen < place;)
        if (atomic_compare_exchange_weak(&d->highest, &seen, place)) break;
    nanosleep(&(struct timespec){ .tv_nsec = k % 7 * 10000 }, NULL);
    atomic_fetch_sub(&d->at[place], 1);
    dl_scratch_give(&d->taken, place);
}

TEST(parallel, parts_that_run_together_have_scratch_memory_of_their_own)
{
    int before = dl_threads();
    for (int i = 0; i < COUNTS; i++) {
        desks d = { 0 };
        dl_set_threads(thread_counts[i]);
        dl_parallel(MOST, sit, &d);
        CHECK(!d.shared && d.taken == 0);
        CHECK_MSG(d.highest < dl_threads(), "place %d, %d threads", d.highest, dl_threads());
    }
    uint64_t taken = 0;
    for (int k = 0; k < 64; k++) CHECK_INT(dl_scratch_take(&taken), k);
    dl_scratch_give(&taken, 63), dl_scratch_give(&taken, 5);
    CHECK_INT(dl_scratch_take(&taken), 5);
    CHECK_INT(dl_scratch_take(&taken), 63);
    dl_set_threads(before);
}

/* ---- at the same time ------------------------------------------------------------------------ */

/* What a region leaves behind whose two parts wait for each other, so that two threads meet. */
typedef struct meeting {
    atomic_int begun;
    pthread_t caller;
    bool elsewhere; /* a part ran in another thread; the rest is about that one */
    bool takes_signals, hides_faults;
    int rounding[2];
    double third[2];
} meeting;

static bool wait_for(atomic_int *value, int wanted)
{
    for (long ms = 0; atomic_load(value) < wanted; ms++) {
        if (ms > PATIENCE_S * 1000) return false;
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    return true;
}

static void meet(void *context, int64_t k)
{
    meeting *m = context;
    volatile double one = 1, three = 3;
    atomic_fetch_add(&m->begun, 1);
    wait_for(&m->begun, 2);
    m->rounding[k] = fegetround();
    m->third[k] = one / three;
    if (pthread_equal(pthread_self(), m->caller)) return;
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    m->elsewhere = true;
    m->takes_signals = !sigismember(&blocked, SIGALRM) || !sigismember(&blocked, SIGTERM);
    m->hides_faults = sigismember(&blocked, SIGSEGV) || sigismember(&blocked, SIGFPE);
}

static meeting hold_meeting(void)
{
    meeting m = { .caller = pthread_self() };
    dl_parallel(2, meet, &m);
    return m;
}

TEST(parallel, two_parts_run_at_the_same_time)
{
    int before = dl_threads();
    need_two_threads();
    for (int k = 0; k < 10; k++) CHECK(hold_meeting().elsewhere);
    dl_set_threads(before);
}

TEST(parallel, signals_are_left_to_the_host_and_faults_are_not_hidden)
{
    int before = dl_threads();
    need_two_threads();
    meeting m = hold_meeting();
    CHECK(m.elsewhere && !m.takes_signals && !m.hides_faults);
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    CHECK(!sigismember(&blocked, SIGTERM));
    dl_set_threads(before);
}

TEST(parallel, parts_round_as_the_caller_does)
{
    int before = dl_threads();
    need_two_threads();
    CHECK_INT(hold_meeting().rounding[1], FE_TONEAREST);
    fesetround(FE_UPWARD);
    meeting up = hold_meeting();
    fesetround(FE_TONEAREST);
    meeting back = hold_meeting();
    for (int k = 0; k < 2; k++) {
        CHECK_INT(up.rounding[k], FE_UPWARD);
        CHECK_INT(back.rounding[k], FE_TONEAREST);
    }
    CHECK_CLOSE(up.third[1], up.third[0], 0);
    dl_set_threads(before);
}

/* ---- within each other, and beside each other ------------------------------------------------ */

static void count_within(void *context, int64_t k)
{
    (void)k;
    if (each_runs_once(7) && each_runs_once(MOST)) atomic_fetch_add((atomic_int *)context, 1);
}

TEST(parallel, parts_may_call_it_again)
{
    int before = dl_threads();
    for (int i = 0; i < COUNTS; i++) {
        atomic_int good = 0;
        dl_set_threads(thread_counts[i]);
        dl_parallel(20, count_within, &good);
        CHECK_INT(good, 20);
    }
    dl_set_threads(before);
}

enum { CALLERS = 4, REGIONS = 300 };

static void *call_often(void *good)
{
    for (int k = 0; k < REGIONS; k++)
        if (each_runs_once(k % 40)) atomic_fetch_add((atomic_int *)good, 1);
    return NULL;
}

TEST(parallel, threads_may_call_it_at_the_same_time_while_the_number_changes)
{
    int before = dl_threads();
    pthread_t caller[CALLERS];
    atomic_int good = 0;
    dl_set_threads(2);
    for (int k = 0; k < CALLERS; k++) REQUIRE(!pthread_create(&caller[k], NULL, call_often, &good));
    for (int k = 0; k < REGIONS; k++) {
        dl_set_threads(1 + k % 5);
        if (each_runs_once(9)) atomic_fetch_add(&good, 1);
    }
    for (int k = 0; k < CALLERS; k++) pthread_join(caller[k], NULL);
    CHECK_INT(good, (CALLERS + 1) * REGIONS);
    dl_set_threads(before);
}

TEST(parallel, workers_sleep_and_wake)
{
    int before = dl_threads();
    need_two_threads();
    for (int k = 0; k < 20; k++) {
        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
        CHECK(each_runs_once(k));
    }
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double burnt =
        (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)to.tv_nsec - 1e-9 * (double)from.tv_nsec;
    CHECK_MSG(burnt < 0.1, "%g s of 0.3 s", burnt);
    dl_set_threads(before);
}

/* ---- fork ------------------------------------------------------------------------------------ */

/* A child that would hang is ended by its alarm. */
static bool child_is_fine(pid_t child)
{
    int status = -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && !WEXITSTATUS(status);
}

static void live_as_child(void)
{
    alarm(PATIENCE_S);
    bool fine = each_runs_once(MOST) && hold_meeting().elsewhere && each_runs_once(7);
    _exit(fine ? 0 : 1);
}

static bool fork_is_fine(void)
{
    pid_t child = fork();
    if (!child) live_as_child();
    return child > 0 && child_is_fine(child);
}

TEST(parallel, a_forked_child_has_a_pool_of_its_own)
{
    int before = dl_threads();
    need_two_threads();
    CHECK(fork_is_fine());
    CHECK(each_runs_once(7));
    CHECK(fork_is_fine());
    CHECK(hold_meeting().elsewhere);
    dl_set_threads(before);
}

static atomic_int keep_busy;

static void *be_busy(void *good)
{
    bool fine = true;
    while (atomic_load(&keep_busy)) fine = each_runs_once(50) && fine;
    *(bool *)good = fine;
    return NULL;
}

TEST(parallel, forking_while_another_thread_has_the_pool)
{
    int before = dl_threads();
    need_two_threads();
    pthread_t other;
    bool good = false;
    keep_busy = 1;
    REQUIRE(!pthread_create(&other, NULL, be_busy, &good));
    for (int k = under_valgrind() ? 16 : 0; k < 20; k++) CHECK(fork_is_fine());
    keep_busy = 0;
    pthread_join(other, NULL);
    CHECK(good);
    dl_set_threads(before);
}

typedef struct fork_within {
    pthread_t caller;
    pid_t parent, child;
    atomic_int runs, begun;
} fork_within;

/* The caller forks while its worker is inside; in the child the region goes on without it. */
static void fork_once(void *context, int64_t k)
{
    (void)k;
    fork_within *f = context;
    if (atomic_fetch_add(&f->begun, 1) < 2) wait_for(&f->begun, 2);
    if (pthread_equal(pthread_self(), f->caller) && getpid() == f->parent && !f->child) {
        f->child = fork();
        if (!f->child) alarm(PATIENCE_S);
    }
    atomic_fetch_add(&f->runs, 1);
}

TEST(parallel, a_part_may_fork)
{
    int before = dl_threads();
    need_two_threads();
    fork_within f = { .caller = pthread_self(), .parent = getpid() };
    dl_parallel(20, fork_once, &f);
    if (getpid() != f.parent) {
        if (f.runs < 1) _exit(2);
        live_as_child();
    }
    CHECK_INT(f.runs, 20);
    CHECK(f.child > 0 && child_is_fine(f.child));
    dl_set_threads(before);
}

/* ---- the threads of the BLAS ----------------------------------------------------------------- */

static void multiply(void)
{
    enum { N = 200 };
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(N, N));
    dl_tape *t = dl_tape_new();
    dl_val x = dl_leaf(t, a);
    dl_item(dl_sum(dl_matmul(x, x), "all"));
    dl_tape_free(t);
    dl_array_free(a);
}

static void *keep_multiplying(void *unused)
{
    while (atomic_load(&keep_busy)) multiply();
    return unused;
}

/* How many threads OpenBLAS would take, asked behind dltape's back; 0: there is no OpenBLAS. */
static int blas_threads(void)
{
    int (*get)(void) = NULL;
    void *found = dlsym(RTLD_DEFAULT, "openblas_get_num_threads");
    memcpy(&get, &found, sizeof get);
    return get ? get() : 0;
}

static bool child_has_blas_threads(int want)
{
    pid_t child = fork();
    if (!child) {
        alarm(PATIENCE_S);
        multiply();
        _exit(blas_threads() == want ? 0 : 1);
    }
    return child > 0 && child_is_fine(child);
}

TEST(parallel, a_child_forked_beside_a_product_has_the_threads_of_the_blas)
{
    pthread_t other;
    int want = blas_threads();
    if (want < 2) SKIP("no OpenBLAS with threads");
    if (under_valgrind()) SKIP("what the other thread holds is lost in the child: a leak to it");
    keep_busy = 1;
    REQUIRE(!pthread_create(&other, NULL, keep_multiplying, NULL));
    for (int k = 0; k < 10; k++) CHECK(child_has_blas_threads(want));
    keep_busy = 0;
    pthread_join(other, NULL);
    CHECK_INT(blas_threads(), want);
}
