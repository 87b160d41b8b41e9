/* random_tapes.c: random programs of ops give the same bits in every mode of the engine. One that
 * does not is made smaller and printed. DLTAPE_SEED=n replays one program, DLTAPE_SEED=n-m a range;
 * DLTAPE_SHRINK=fork tries smaller programs in children, so that a crash counts as a failure too.
 */
#define _GNU_SOURCE 1
#include "../harness/test.h"
#include "../harness/valgrind.h"
#include "driver.h"
#include "random_programs.h"

#include "../../autodiff/internal.h"
#include "../../ops/support.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TAPES = 200,
    TAPES_UNDER_VALGRIND = 12,
    SLOW_TAPES = 20000,
    BATCH = 20,
    MODES = 64,
    ROWS = 512
};

/* ---- telling --------------------------------------------------------------------------------- */

/* The program as C; the caller frees it. */
static char *text_of(const rp_program *p)
{
    char *text = NULL;
    size_t bytes;
    FILE *to = open_memstream(&text, &bytes);
    rp_inputs in;
    rp_recorded r;
    rp_inputs_open(&in, p, 0, 0);
    rp_inputs_print(p, &in, to);
    dl_tape *t = dl_tape_new();
    rp_record(p, t, &in, RP_STEPS, false, to, &r);
    dl_tape_free(t);
    rp_inputs_close(&in);
    fclose(to);
    return text;
}

static bool fails(const rp_program *p, void *context)
{
    const rp_mode *modes[] = { context, NULL };
    rp_failure f;
    return rp_compare(p, 1, modes, &f) > 0;
}

static bool fails_or_crashes(const rp_program *p, void *context)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (!child) {
        if (!freopen("/dev/null", "w", stderr)) _exit(1);
        _exit(fails(p, context));
    }
    return waitpid(child, &status, 0) == child && status;
}

static bool how_to_shrink(const char *this)
{
    const char *how = getenv("DLTAPE_SHRINK");
    return how && strcmp(how, this) == 0;
}

static void tell(const rp_failure *f)
{
    bool children = how_to_shrink("fork");
    rp_mode mode = *f->mode;
    rp_program small = f->program;
    if (!how_to_shrink("no")) small = rp_shrink(small, children ? fails_or_crashes : fails, &mode);
    rp_failure now = { .text = "" };
    if (!children) rp_compare(&small, 1, (const rp_mode *[]){ f->mode, NULL }, &now);
    char *text = text_of(&small);
    CHECK_MSG(false, "DLTAPE_SEED=%u, %s: %s\nmodes that fail: %s\n", f->program.seed,
              f->mode->name, f->text, f->which);
    CHECK_MSG(false, "smallest program that fails (%s):\n%s", now.text, text);
    free(text);
}

/* How many modes of a program fail or crash. */
static int crashes(const rp_program *p, rp_failure *f)
{
    *f = (rp_failure){ .program = *p, .text = "it crashes, or see without DLTAPE_SHRINK" };
    for (const rp_mode *const *m = rp_modes; *m; m++) {
        rp_mode mode = **m;
        if (!fails_or_crashes(p, &mode)) continue;
        if (!f->modes++) f->mode = *m;
        strncat(f->which, mode.name, sizeof f->which - strlen(f->which) - 1);
        strncat(f->which, "; ", sizeof f->which - strlen(f->which) - 1);
    }
    return f->modes;
}

/* The program that is being run, for whoever sees a crash. */
static uint32_t first_seed, last_seed;

static void tell_crash(int number)
{
    char text[120];
    int n = snprintf(text, sizeof text, "random_tapes: signal %d in DLTAPE_SEED=%u-%u\n", number,
                     first_seed, last_seed);
    if (write(STDERR_FILENO, text, (size_t)n) != n) _exit(1);
    signal(number, SIG_DFL);
    raise(number);
}

/* All modes, or those that need no compiler, which takes far longer than all else. */
static void choose_modes(const rp_mode **to, bool printed)
{
    int n = 0;
    for (const rp_mode *const *m = rp_modes; *m && n + 1 < MODES; m++)
        if (printed || !(*m)->engine->compiles) to[n++] = *m;
    to[n] = NULL;
}

/* Programs of these seeds in batches, each in all modes, but printed one batch of `print` only;
 * stops at the first failure. */
static void run_seeds(uint32_t first, uint32_t last, uint32_t print, const char *progress)
{
    const rp_mode *modes[MODES];
    static const int signals[] = { SIGABRT, SIGSEGV, SIGFPE };
    void (*before[3])(int);
    for (int i = 0; i < 3; i++) before[i] = signal(signals[i], tell_crash);
    rp_program *p = malloc(BATCH * sizeof *p);
    uint32_t batch = how_to_shrink("fork") ? 1 : BATCH;
    for (uint32_t seed = first; seed <= last; seed += batch) {
        int n = last - seed + 1 < batch ? (int)(last - seed + 1) : (int)batch;
        rp_failure f = { .modes = 0 };
        for (int i = 0; i < n; i++) p[i] = rp_draw(seed + (uint32_t)i);
        first_seed = seed, last_seed = seed + (uint32_t)n - 1;
        if (progress && (seed - first) % 1000 == 0) fprintf(stderr, "%s %u\n", progress, seed);
        choose_modes(modes, (seed - first) / batch % print == 0);
        if (!(how_to_shrink("fork") ? crashes(p, &f) : rp_compare(p, n, modes, &f))) continue;
        tell(&f);
        if (!progress) break;
    }
    free(p);
    for (int i = 0; i < 3; i++) signal(signals[i], before[i]);
}

static void run_some(uint32_t last, bool slow)
{
    const char *text = getenv("DLTAPE_SEED");
    char *end;
    if (!text || !*text) {
        run_seeds(1, last, slow ? 20 : 5, slow ? getenv("DLTAPE_PROGRESS") : NULL);
        return;
    }
    uint32_t from = (uint32_t)strtoul(text, &end, 10), to = from;
    if (*end == '-') to = (uint32_t)strtoul(end + 1, NULL, 10);
    run_seeds(from, to, 1, getenv("DLTAPE_PROGRESS"));
}

TEST(random_tapes, give_the_same_bits_in_every_mode)
{
    run_some(under_valgrind() ? TAPES_UNDER_VALGRIND : is_slow() ? TAPES / 4 : TAPES, false);
}

TEST(slow_random_tapes, give_the_same_bits_in_every_mode) { run_some(SLOW_TAPES, true); }

/* ---- the programs meet every op -------------------------------------------------------------- */

static void meet(uint32_t seed, bool *met)
{
    rp_program p = rp_draw(seed);
    rp_inputs in;
    rp_recorded r;
    rp_inputs_open(&in, &p, 0, 0);
    dl_tape *t = dl_tape_new();
    rp_record(&p, t, &in, RP_STEPS, false, NULL, &r);
    CHECK_MSG(!dl_tape_status(t), "seed %u: %s", seed, dl_tape_message(t));
    for (uint32_t i = 0; i < t->n; i++) {
        int k = op_row_index(t->rec[i].op);
        if (k >= 0 && k < ROWS) met[k] = true;
    }
    dl_tape_free(t);
    rp_inputs_close(&in);
}

TEST(random_tapes, meet_every_op)
{
    bool met[ROWS] = { false };
    int n = 0;
    if (under_valgrind()) SKIP("what is drawn does not depend on it");
    for (uint32_t seed = 1; seed <= 8 * TAPES; seed++) meet(seed, met); /* recorded only */
    for (const dl_family *const *f = dl__families; *f; f++)
        for (const dl_op *const *row = (*f)->ops; *row; row++, n++)
            CHECK_MSG(n < ROWS && met[n], "%s of family %s is in no random program", (*row)->name,
                      (*f)->name);
}

/* ---- the tools themselves -------------------------------------------------------------------- */

/* A mode that is wrong where a program takes the erf of more than five elements. */
static void *planted_open(const rp_mode *m, rp_case *cases, int n)
{
    (void)m, (void)n;
    return cases;
}

static void planted_step(void *state, int index, char letter, rp_result *got)
{
    const rp_case *c = (const rp_case *)state + index;
    const rp_result *want = &c->want[letter == 'b'];
    size_t bytes = want->at[want->nout];
    rp_recorded r;
    for (int i = 0; i < want->nout; i++)
        rp_output(got, want->name[i], want->at[i + 1] - want->at[i]);
    if (bytes) memcpy(got->bytes, want->bytes, bytes);
    dl_tape *t = dl_tape_new();
    rp_record(&c->p, t, &c->in[0], RP_STEPS, false, NULL, &r);
    for (uint32_t i = 0; i < t->n; i++) {
        dl_val x = { t, i, t->epoch };
        if (strcmp(t->rec[i].op->name, "erf") == 0 && dl_numel(x) > 5 && bytes)
            got->bytes[bytes - 1] ^= 1;
    }
    dl_tape_free(t);
}

static void planted_close(void *state) { (void)state; }

TEST(random_tapes, a_failing_program_is_made_small)
{
    static const rp_engine planted = { planted_open, planted_step, planted_close, .frozen = false };
    const rp_mode mode = { .name = "planted", .script = "ab", .engine = &planted, .threads = 1 };
    const rp_mode *modes[] = { &mode, NULL };
    int found = 0;
    for (uint32_t seed = 1; found < 3 && seed < 400; seed++) {
        rp_program p = rp_draw(seed);
        rp_failure f = { .modes = 0 };
        if (p.nstep < 10 || !rp_compare(&p, 1, modes, &f)) continue;
        found++;
        rp_mode context = mode;
        rp_program small = rp_shrink(p, fails, &context);
        char *text = text_of(&small);
        CHECK_MSG(rp_steps_left(&small) <= 2, "seed %u: %s", seed, text);
        CHECK_HAS(text, "dl_erf(");
        free(text);
    }
    CHECK_INT(found, 3);
}
