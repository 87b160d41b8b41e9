/* random_frozen.c: modes without a tape: frozen functions, run as plans, as the C that they print,
 * compiled, and as C that leaves all but loops to the library. Outputs and inputs are the same, so
 * all share what is around the call. */
#include "random_programs.h"

#include "../../autodiff/emit.h"
#include "../harness/compile.h"

typedef struct frozen {
    dl_fn *fn;
    void *work, *library;     /* library: of this function alone */
    compile_function printed; /* of compiled ones */
    char said[160];           /* or why there is none */
} frozen;

typedef struct batch {
    rp_case *cases;
    frozen *f;
    int n;
    bool over;     /* outputs lie over inputs */
    unsigned with; /* of printed C; 0: it is not printed */
    void *library; /* of all functions */
} batch;

static dl_fn *freeze(const rp_mode *m, const rp_case *c)
{
    dl_fn_arg in[RP_LEAVES], out[RP_OUTS];
    char name[RP_LEAVES][4];
    rp_recorded r;
    int nin = 0;
    dl_tape *t = rp_tape(m, &c->p);
    rp_record(&c->p, t, &c->in[0], RP_STEPS, false, NULL, &r);
    for (int i = 0; i < c->p.nleaf; i++) {
        if (!r.leaf[i].tape) continue;
        snprintf(name[nin], sizeof name[nin], "a%c", (char)('0' + i));
        in[nin] = (dl_fn_arg){ name[nin], r.leaf[i] };
        nin++;
    }
    for (int i = 0; i < r.nout; i++) out[i] = (dl_fn_arg){ r.name[i], r.out[i] };
    dl_fn *f = dl_fn_create("program", in, nin, out, r.nout);
    dl_tape_free(t);
    return f;
}

static batch *freeze_all(const rp_mode *m, rp_case *cases, int n)
{
    batch *b = calloc(1, sizeof *b);
    b->cases = cases;
    b->n = n;
    b->f = calloc((size_t)n, sizeof *b->f);
    for (int i = 0; i < n; i++) {
        b->f[i].fn = freeze(m, &cases[i]);
        b->f[i].work = dl_fn_workspace_new(b->f[i].fn);
    }
    return b;
}

/* Every input in memory of its own, and over it the first output of its size. */
static dl_status run_over(const frozen *f, const void **in, void **out)
{
    int nin = dl_fn_inputs(f->fn), nout = dl_fn_outputs(f->fn);
    void *room[RP_LEAVES], *to[RP_OUTS];
    bool taken[RP_LEAVES] = { false };
    for (int i = 0; i < nin; i++) {
        size_t bytes = dl_fn_input(f->fn, i).bytes;
        room[i] = memcpy(malloc(bytes + 1), in[i], bytes);
    }
    for (int k = 0; k < nout; k++) {
        size_t bytes = dl_fn_output(f->fn, k).bytes;
        int i = 0;
        while (i < nin && (taken[i] || !bytes || dl_fn_input(f->fn, i).bytes != bytes)) i++;
        to[k] = i < nin ? room[i] : out[k];
        if (i < nin) taken[i] = true;
    }
    dl_status s = dl_fn_run(f->fn, (const void *const *)room, to, f->work);
    for (int k = 0; k < nout; k++)
        if (to[k] != out[k]) memcpy(out[k], to[k], dl_fn_output(f->fn, k).bytes);
    for (int i = 0; i < nin; i++) free(room[i]);
    return s;
}

/* Inputs that take no part are not among those of the function. */
static void step(void *state, int index, char letter, rp_result *got)
{
    const batch *b = state;
    const frozen *f = &b->f[index];
    const rp_case *c = &b->cases[index];
    const void *in[RP_LEAVES];
    void *out[RP_OUTS];
    int nin = 0;
    if (dl_fn_status(f->fn)) rp_fail(got, "%s", dl_fn_message(f->fn));
    else if (b->with && !f->printed.call) rp_fail(got, "the C is not good: %s", f->said);
    if (got->message[0]) return;
    for (int i = 0; i < c->p.nleaf; i++)
        if (rp_uses(&c->p, i)) in[nin++] = c->in[letter == 'b'].packed[i];
    for (int i = 0; i < dl_fn_outputs(f->fn); i++)
        rp_output(got, dl_fn_output(f->fn, i).name, dl_fn_output(f->fn, i).bytes);
    for (int i = 0; i < got->nout; i++) out[i] = got->bytes + got->at[i];
    if (b->over || !b->with || b->with & DL__LIBRARY) {
        dl_status s = b->over ? run_over(f, in, out) : dl_fn_run(f->fn, in, out, f->work);
        if (s) rp_fail(got, "%s", dl_fn_error(f->work));
        return;
    }
    f->printed.call(in, out, f->printed.work);
    if (!compile_kept_within(&f->printed)) rp_fail(got, "more than its workspace is written");
}

static void close_all(void *state)
{
    batch *b = state;
    for (int i = 0; i < b->n; i++) {
        dl_fn_workspace_free(b->f[i].work);
        free(b->f[i].printed.work);
        dl_fn_free(b->f[i].fn);
        if (b->f[i].library) dlclose(b->f[i].library);
    }
    if (b->library) dlclose(b->library);
    free(b->f);
    free(b);
}

static void *open_fn(const rp_mode *m, rp_case *cases, int n) { return freeze_all(m, cases, n); }

static void *open_over(const rp_mode *m, rp_case *cases, int n)
{
    batch *b = freeze_all(m, cases, n);
    b->over = true;
    return b;
}

const rp_engine rp_fn = { open_fn, step, close_all, .frozen = true };
const rp_engine rp_over = { open_over, step, close_all, .frozen = true };

/* ---- printed and compiled -------------------------------------------------------------------- */

/* -O1 is what a test has time for; warnings are errors. */
#define COMMAND "cc -O1 " COMPILE_STRICT "-shared -fPIC -o all.so all.c -lm"

/* Functions first .. first + n - 1 in one library; null: not all of them are good C. */
static void *compile(batch *b, int first, int n)
{
    const dl_fn **fn = malloc((size_t)n * sizeof *fn);
    const char **name = malloc((size_t)n * sizeof *name);
    char(*text)[16] = malloc((size_t)n * sizeof *text), line[300], path[128];
    compile_folder folder = compile_begin();
    void *library = NULL;
    for (int i = 0; i < n; i++) {
        snprintf(text[i], sizeof text[i], "f%d", first + i);
        fn[i] = b->f[first + i].fn, name[i] = text[i];
    }
    FILE *to = compile_open(&folder, "all.c");
    dl_status status = dl__emit(fn, name, n, b->with, to);
    fclose(to);
    snprintf(line, sizeof line, "cd %s && %s >said 2>&1", folder.path, COMMAND);
    char *why = b->f[first].said;
    snprintf(why, sizeof b->f->said, "%s", dl_status_name(status));
    if (!status && system(line) == 0) library = compile_load(&folder, "all.so");
    snprintf(path, sizeof path, "%s/said", folder.path);
    FILE *said = fopen(path, "r");
    while (said && !library && fgets(why, sizeof b->f->said, said))
        if (strstr(why, "error")) break;
    if (said) fclose(said);
    compile_end(&folder);
    free(fn), free(name), free(text);
    return library;
}

/* One library; if it is not to be had, one for each function, so that the bad ones are found. */
static batch *open_printed(const rp_mode *m, rp_case *cases, int n, unsigned with)
{
    if (!compile_wanted()) return NULL;
    char name[16];
    batch *b = freeze_all(m, cases, n);
    b->with = with;
    b->library = compile(b, 0, n);
    for (int i = 0; i < n; i++) {
        frozen *f = &b->f[i];
        if (!b->library && n > 1 && !dl_fn_status(f->fn)) f->library = compile(b, i, 1);
        void *library = b->library ? b->library : f->library;
        snprintf(name, sizeof name, "f%d", i);
        if (library) f->printed = compile_find(library, name);
    }
    return b;
}

static void *open_emitted(const rp_mode *m, rp_case *cases, int n)
{
    return open_printed(m, cases, n, DL__CALLS);
}

/* As dl_fn_compile does it, but all in one file. */
static void *open_compiled(const rp_mode *m, rp_case *cases, int n)
{
    batch *b = open_printed(m, cases, n, DL__CALLS | DL__LIBRARY | DL__LIBRARY_ALL);
    for (int i = 0; b && i < n; i++) {
        if (!b->f[i].printed.call) continue;
        b->f[i].fn->compiled = b->f[i].printed.call;
        b->f[i].fn->serial = dl__fn_serial();
    }
    return b;
}

const rp_engine rp_emitted = { open_emitted, step, close_all, .frozen = true, .compiles = true };
const rp_engine rp_compiled = { open_compiled, step, close_all, .frozen = true, .compiles = true };
