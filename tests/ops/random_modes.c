/* random_modes.c: the modes that random programs run in: a tape with parts switched off, with other
 * kernels and threads, a frozen function, and its C. */
#include "random_programs.h"

#include <stdlib.h>
#include <string.h>

/* ---- a tape ---------------------------------------------------------------------------------- */

typedef struct on_tape {
    const rp_mode *m;
    rp_case *cases;
    int index;
    dl_tape *t;
} on_tape;

static unsigned parts(const rp_mode *m, const rp_program *p)
{
    if (m->disabled != RP_DRAWN) return m->disabled;
    uint64_t state = p->seed + (uint64_t)(unsigned char)m->name[strlen(m->name) - 1];
    return rp_random(&state, 512);
}

dl_tape *rp_tape(const rp_mode *m, const rp_program *p)
{
    const char *was = getenv("DLTAPE_ISA");
    char *before = was ? strdup(was) : NULL;
    if (m->isa) setenv("DLTAPE_ISA", m->isa, 1);
    dl_tape *t = dl_tape_new();
    if (m->isa && before) setenv("DLTAPE_ISA", before, 1);
    else if (m->isa) unsetenv("DLTAPE_ISA");
    free(before);
    dl_tape_strict(t, !m->loose);
    dl_tape_disable(t, parts(m, p));
    return t;
}

static void *tape_open(const rp_mode *m, rp_case *cases, int n)
{
    on_tape *s = malloc(sizeof *s);
    (void)n;
    *s = (on_tape){ m, cases, -1, NULL };
    return s;
}

static void something_else(dl_tape *t, dl_dtype dtype) { dl_item(dl_exp(dl_scalar(t, dtype, 1))); }

static void tape_step(void *state, int index, char letter, rp_result *got)
{
    on_tape *s = state;
    rp_case *c = &s->cases[index];
    rp_inputs *in = &c->in[letter == 'b'];
    rp_recorded r;
    if (s->index != index) dl_tape_free(s->t), s->t = rp_tape(s->m, &c->p), s->index = index;
    dl_tape_reset(s->t);
    if (letter == 'r') {
        dl_cache_clear(s->t);
        return;
    }
    if (letter == 'n') {
        something_else(s->t, c->p.dtype);
        return;
    }
    int steps = letter == 'h' ? (c->p.nstep + 1) / 2 : RP_STEPS;
    rp_record(&c->p, s->t, in, steps, letter == 'c', NULL, &r);
    rp_finish(&c->p, in, s->t, &r, got);
}

static void tape_close(void *state)
{
    on_tape *s = state;
    dl_tape_free(s->t);
    free(s);
}

static const rp_engine tape = { tape_open, tape_step, tape_close, .frozen = false };

/* ---- the modes ------------------------------------------------------------------------------- */

enum { ALL = 511 };
#define MODE(NAME, SCRIPT, ENGINE, DISABLED, THREADS, ISA, LOOSE) \
    &(const rp_mode) { NAME, SCRIPT, &ENGINE, DISABLED, THREADS, ISA, LOOSE }
#define STRICT(...) MODE(__VA_ARGS__, false)
#define LOOSE(...) MODE(__VA_ARGS__, true)
#define BEST NULL
const rp_mode *const rp_modes[] = {
    STRICT("default", "abhaca", tape, 0, 1, BEST),
    STRICT("found by key", "anbna", tape, 0, 1, BEST),
    STRICT("made again", "arb", tape, 0, 1, BEST),
    STRICT("without follow", "ab", tape, DL_FOLLOW, 1, BEST),
    STRICT("without hash", "ab", tape, DL_HASH, 1, BEST),
    STRICT("without cache", "ab", tape, DL_CACHE, 1, BEST),
    STRICT("without cse", "ab", tape, DL_CSE, 1, BEST),
    STRICT("without fold", "ab", tape, DL_FOLD, 1, BEST),
    STRICT("without views", "ab", tape, DL_VIEWS, 1, BEST),
    STRICT("without reuse", "ab", tape, DL_REUSE, 1, BEST),
    STRICT("without fuse", "ab", tape, DL_FUSE, 1, BEST),
    STRICT("without rewrite", "ab", tape, DL_REWRITE, 1, BEST),
    STRICT("without any", "abc", tape, ALL, 1, BEST),
    STRICT("without some 1", "abc", tape, RP_DRAWN, 1, BEST),
    STRICT("without some 2", "acb", tape, RP_DRAWN, 1, BEST),
    STRICT("baseline", "ab", tape, 0, 1, "baseline"),
    STRICT("baseline without any", "a", tape, ALL, 1, "baseline"),
    STRICT("2 threads", "aba", tape, 0, 2, BEST),
    STRICT("4 threads", "ab", tape, 0, 4, BEST),
    STRICT("4 threads without fuse", "ab", tape, DL_FUSE, 4, BEST),
    STRICT("fn", "aba", rp_fn, 0, 1, BEST),
    STRICT("fn baseline, 2 threads", "ab", rp_fn, 0, 2, "baseline"),
    STRICT("fn without any", "ab", rp_fn, ALL, 1, BEST),
    STRICT("fn, outputs over inputs", "aba", rp_over, 0, 1, BEST),
    STRICT("fn, outputs over inputs, 2 threads", "ab", rp_over, 0, 2, BEST),
    STRICT("emitted", "aba", rp_emitted, 0, 1, BEST),
    STRICT("emitted without any", "ab", rp_emitted, ALL, 1, BEST),
    STRICT("compiled", "aba", rp_compiled, 0, 1, BEST),
    STRICT("compiled without any", "ab", rp_compiled, ALL, 1, BEST),
    LOOSE("not strict", "ab", tape, 0, 1, BEST),
    LOOSE("not strict without any", "ab", tape, ALL, 1, BEST),
    LOOSE("not strict, 4 threads, fn", "ab", rp_fn, 0, 4, BEST),
    NULL,
};
