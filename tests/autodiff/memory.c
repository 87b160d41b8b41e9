/* memory.c: steady loops allocate nothing, every allocation may fail, long tapes need no stack. */
#include "tests/harness/test.h"

#include "autodiff/autodiff.h"
#include "autodiff/fn.h"
#include "ops/ops.h"
#include "tests/harness/counting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A training step of the reference loss with gradient descent, all in one plan. */
typedef struct training {
    dl_tape *t;
    dl_array *x, *w1, *b1, *w2, *b2;
    double loss;
} training;

static void fill(dl_array *a, double from)
{
    for (int64_t i = 0; i < dl_array_size(a, 0); i++)
        for (int64_t j = 0; j < dl_array_size(a, 1); j++)
            dl_array_set(a, DL_DIMS(i, j), sin(from + 3 * (double)i + (double)j));
}

static training training_new(void)
{
    training s = {
        .t = dl_tape_new(),
        .x = dl_array_new(DL_F64, "CB", DL_DIMS(4, 300)), /* large: borrowed */
        .w1 = dl_array_new(DL_F64, NULL, DL_DIMS(4, 4)),
        .b1 = dl_array_new(DL_F64, NULL, DL_DIMS(4, 1)),
        .w2 = dl_array_new(DL_F64, NULL, DL_DIMS(4, 4)),
        .b2 = dl_array_new(DL_F64, NULL, DL_DIMS(4, 1)),
    };
    dl_array *const all[] = { s.x, s.w1, s.b1, s.w2, s.b2 };
    for (int i = 0; i < 5; i++) fill(all[i], i);
    return s;
}

static void training_free(training *s)
{
    dl_array *const all[] = { s->x, s->w1, s->b1, s->w2, s->b2 };
    for (int i = 0; i < 5; i++) dl_array_free(all[i]);
    dl_tape_free(s->t);
}

static dl_status train(training *s)
{
    dl_tape *t = s->t;
    dl_array *const all[] = { s->w1, s->b1, s->w2, s->b2 };
    dl_val p[4], g[4];
    dl_tape_reset(t);
    for (int i = 0; i < 4; i++) p[i] = dl_leaf(t, all[i]);
    dl_val x = dl_stripdims(dl_leaf(t, s->x));
    dl_val h = dl_add(dl_matmul(p[0], x), p[1]), q = dl_add(dl_matmul(p[2], h), p[3]);
    dl_val cov = dl_cov(dl_transpose(h)), eye = dl_eye_like(cov);
    dl_val ortho = dl_norm_fro(dl_sub(dl_matmul(p[0], dl_transpose(p[0])), eye));
    dl_val loss = dl_add_n(dl_norm_fro(dl_sub(cov, eye)), dl_scale(ortho, 0.1),
                           dl_mean_squared_error(q, x), dl_mean(dl_std(q, "1"), "all"));
    for (int i = 0; i < 80; i++) /* cotangents of slices lie side by side, in two layers */
        loss = dl_add(loss, dl_scale(dl_norm_fro(dl_slice(q, "1", i, i + 2)), 1e-4));
    dl_grad(loss, p, 4, g);
    for (int i = 0; i < 4; i++) dl_assign(all[i], dl_sub(p[i], dl_scale(g[i], 0.01)));
    dl_eval(t, &loss, 1);
    s->loss = dl_item(loss);
    return dl_tape_status(t);
}

TEST(memory, steady_state_allocates_nothing)
{
    counting c;
    counting_begin(&c);
    training s = training_new();
    CHECK_INT(train(&s), DL_OK);
    CHECK_INT(train(&s), DL_OK);
    double first = s.loss;
    long calls = c.calls;
    for (int i = 0; i < 1000; i++) train(&s);
    CHECK_INT(c.calls, calls);
    CHECK(s.loss < first);
    CHECK_STR(dl_tape_message(s.t), "");
    training_free(&s);
    CHECK_INT(c.live, 0);
    CHECK_INT(c.bytes, 0);
    counting_end();
}

/* The whole of it with call number n failing; true if that call was reached. */
static bool fails_well(counting *c, long n, bool for_ever)
{
    c->calls = 0;
    c->fail_at = n;
    c->for_ever = for_ever;
    training s = training_new();
    dl_status status = train(&s);
    if (status == DL_OK) status = train(&s);
    bool reached = c->calls >= n;
    CHECK_MSG(!reached || status == DL_ENOMEM, "call %ld fails and the status is %s", n,
              dl_status_name(status));
    if (status) CHECK_HAS(dl_tape_message(s.t), "out of memory");
    c->fail_at = 0;
    bool whole = dl_tape_status(s.t) == DL_OK || (dl_tape_reset(s.t), !dl_tape_status(s.t));
    dl_array *const all[] = { s.x, s.w1, s.b1, s.w2, s.b2 };
    for (int i = 0; i < 5; i++) whole = whole && !dl_array_status(all[i]);
    if (whole) CHECK_MSG(train(&s) == DL_OK, "after call %ld: %s", n, dl_tape_message(s.t));
    training_free(&s);
    CHECK_MSG(c->live == 0, "call %ld: %ld blocks leak", n, c->live);
    return reached;
}

TEST(memory, every_allocation_may_fail)
{
    counting c;
    counting_begin(&c);
    long injected = 0;
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (long n = 1; fails_well(&c, n, for_ever); n++) injected++;
    CHECK_MSG(injected > 60, "only %ld faults", injected);
    counting_end();
}

TEST(memory, the_gradient_check_survives_failing_allocations)
{
    counting c;
    counting_begin(&c);
    for (long n = 1; n < 2000; n++) {
        training s = training_new();
        c.calls = 0;
        c.fail_at = n;
        dl_val w = dl_leaf(s.t, s.w1), y = dl_sum(dl_exp(dl_matmul(w, w)), "all");
        dl_check_report report;
        dl_status status = dl_gradcheck(y, &w, 1, NULL, &report);
        bool reached = c.calls >= n;
        CHECK_MSG(status == (reached ? DL_ENOMEM : DL_OK), "call %ld: %s", n,
                  dl_status_name(status));
        dl_check_report_free(&report);
        c.fail_at = 0;
        training_free(&s);
        CHECK_INT(c.live, 0);
        if (!reached) break;
    }
    counting_end();
}

/* A function with loops in loops, a step of its parameter, and a product of turned matrices. */
static dl_fn *freeze(dl_tape *t, dl_array *w, dl_array *x)
{
    dl_val p = dl_leaf(t, w), q = dl_leaf(t, x), g;
    dl_val turned = dl_matmul(dl_transpose(p), dl_transpose(q));
    dl_val loss = dl_norm_fro(dl_tanh(dl_add(turned, dl_mean(turned, "1"))));
    dl_grad(loss, &p, 1, &g);
    dl_assign(w, dl_sub(p, dl_scale(g, 0.01)));
    dl_fn_arg in[] = { { "p", p }, { "q", q } }, out[] = { { "loss", loss }, { "turned", turned } };
    return dl_fn_create("step", in, 2, out, 2);
}

/* Made, printed, and printed for a compiler, which has no folder; true if call n was reached. */
static bool freezes_well(counting *c, long n, bool for_ever, FILE *to)
{
    dl_tape *t = dl_tape_new();
    dl_array *w = dl_array_new(DL_F32, NULL, DL_DIMS(5, 6)),
             *x = dl_array_new(DL_F32, NULL, DL_DIMS(6, 5));
    c->calls = 0;
    c->fail_at = n;
    c->for_ever = for_ever;
    dl_fn *f = freeze(t, w, x);
    dl_status status = dl_fn_status(f);
    if (status == DL_OK) status = dl_emit_c(f, "step", to);
    if (status == DL_OK) status = dl_fn_compile(f);
    bool reached = c->calls >= n;
    CHECK_MSG(status == (reached ? DL_ENOMEM : DL_EFILE), "call %ld fails and the status is %s", n,
              dl_status_name(status));
    c->fail_at = 0;
    dl_fn_free(f);
    dl_array_free(w), dl_array_free(x);
    dl_tape_free(t);
    CHECK_MSG(c->live == 0, "call %ld: %ld blocks leak", n, c->live);
    return reached;
}

TEST(memory, freezing_and_printing_survive_failing_allocations)
{
    counting c;
    const char *cache = getenv("XDG_CACHE_HOME");
    char *old = cache ? strdup(cache) : NULL;
    FILE *null = fopen("/dev/null", "w");
    REQUIRE(null);
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
    counting_begin(&c);
    long injected = 0;
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (long n = 1; freezes_well(&c, n, for_ever, null); n++) injected++;
    CHECK_MSG(injected > 60, "only %ld faults", injected);
    counting_end();
    if (old) setenv("XDG_CACHE_HOME", old, 1);
    else unsetenv("XDG_CACHE_HOME");
    free(old);
    fclose(null);
}

/* A chain of n nodes, its value and its gradient; on a small stack. */
static int long_chain(uint32_t n)
{
    dl_tape *t = dl_tape_new();
    dl_val x = dl_scalar(t, DL_F64, 1), y = x, g;
    for (uint32_t i = 0; i < n; i++) y = i % 2 ? dl_neg(y) : dl_add(y, x);
    dl_grad(y, &x, 1, &g);
    dl_eval(t, DL_VALS(y, g));
    double value = 1, slope = 1;
    for (uint32_t i = 0; i < n; i++)
        value = i % 2 ? -value : value + 1, slope = i % 2 ? -slope : slope + 1;
    int wrong = dl_item(y) != value || dl_item(g) != slope || dl_tape_status(t);
    dl_tape_free(t);
    return wrong;
}

TEST(memory, a_million_nodes_need_no_stack)
{
#if defined(__SANITIZE_ADDRESS__)
    SKIP("the sanitizer needs stack of its own");
#endif
    if (getenv("VALGRIND_LIB")
        || strstr(getenv("LD_PRELOAD") ? getenv("LD_PRELOAD") : "", "vgpreload"))
        SKIP("valgrind needs stack of its own");
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_STACK, &(struct rlimit){ 64 * 1024, 64 * 1024 });
        _exit(long_chain(1000000));
    }
    int status = 0;
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0, "ended with %d", status);
}

static long peak_of_chain(uint32_t n, size_t *nodes)
{
    counting c;
    counting_begin(&c);
    dl_tape *t = dl_tape_new();
    dl_val x = dl_scalar(t, DL_F64, 1), y = x, g;
    for (uint32_t i = 0; i < n; i++) y = dl_tanh(y);
    dl_grad(y, &x, 1, &g);
    dl_eval(t, &g, 1);
    *nodes = dl_tape_nodes(t);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    counting_end();
    return c.peak;
}

TEST(memory, grows_linearly_with_the_tape)
{
    size_t few, many;
    long small = peak_of_chain(1 << 12, &few), large = peak_of_chain(1 << 15, &many);
    CHECK_MSG((double)large / (double)small < 1.2 * (double)many / (double)few,
              "%ld bytes for %zu nodes, %ld for %zu", small, few, large, many);
}
