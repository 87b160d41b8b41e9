/* fn_compile.c: a frozen function compiled by the system's compiler and loaded.
 *
 * What has been compiled is kept in a folder (fn_folder.c) under the hash of all that decides what
 * it is. Whatever fails leaves the function as it was: it runs its plan. */
#define _GNU_SOURCE 1 /* secure_getenv */
#define DL_NO_PLACES
#include "emit.h"
#include "fn_folder.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#elif __has_include(<sys/auxv.h>)
#include <sys/auxv.h>
#endif

#define XXH_INLINE_ALL
#include <xxhash.h>

extern char **environ;

enum { WORDS = 32 };

static const char *const flags[] = {
    "-std=c99",           "-O3",   "-march=native", "-ffp-contract=off", "-fno-math-errno",
    "-fno-trapping-math", "-fPIC", "-shared",       "-fno-sanitize=all",
};
enum { FLAGS = sizeof flags / sizeof *flags };

typedef struct job {
    dl_fn *f;
    char *source;
    size_t bytes;
    char compiler[DL__PATH]; /* the words of CC, each ended by a null character */
    char *word[WORDS + FLAGS + 8];
    int nword;
    dl_folder folder;
} job;

static dl_status __attribute__((format(printf, 3, 4)))
fail(job *j, dl_status status, const char *format, ...)
{
    dl_fn *f = j->f;
    va_list args;
    int n = snprintf(f->message, sizeof f->message, "fn %s: not compiled: ", f->name);
    va_start(args, format);
    vsnprintf(f->message + n, sizeof f->message - (size_t)n, format, args);
    va_end(args);
    return status;
}

/* ---- the source and its key ------------------------------------------------------------------ */

static dl_status write_source(job *j)
{
    const dl_fn *f = j->f;
    const char *name = "compiled";
    FILE *to = open_memstream(&j->source, &j->bytes);
    if (!to) return fail(j, DL_ENOMEM, "out of memory");
    dl_status s = dl__emit(&f, &name, 1, DL__CALLS | DL__LIBRARY, to);
    if (fclose(to) != 0 && !s) s = DL_ENOMEM;
    if (s == DL_EARG) return fail(j, s, "%.160s", j->source);
    return s ? fail(j, s, "no C of it: %s", dl_status_name(s)) : DL_OK;
}

/* CC may hold options, between spaces. */
static void find_compiler(job *j)
{
    const char *cc = secure_getenv("CC");
    snprintf(j->compiler, sizeof j->compiler, "%s", cc && cc[strspn(cc, " ")] ? cc : "cc");
    for (char *c = j->compiler; *(c += strspn(c, " ")) && j->nword < WORDS;) {
        j->word[j->nword++] = c;
        c += strcspn(c, " ");
        if (*c) *c++ = '\0';
    }
    for (int k = 0; k < FLAGS; k++) j->word[j->nword++] = (char *)(uintptr_t)flags[k];
}

static void hash_text(XXH3_state_t *h, const char *text)
{
    XXH3_128bits_update(h, text, strlen(text) + 1);
}

/* -march=native means this processor. */
#if defined(__x86_64__) || defined(__i386__)
static void hash_processor(XXH3_state_t *h)
{
    static const struct {
        unsigned leaf, below;
    } page[] = { { 0x80000001, 0 }, { 0x80000002, 0 }, { 0x80000003, 0 }, { 0x80000004, 0 },
                 { 0x80000008, 0 }, { 1, 0 },          { 7, 0 },          { 7, 1 } };
    for (size_t k = 0; k < sizeof page / sizeof *page; k++) {
        unsigned r[4] = { 0 };
        __get_cpuid_count(page[k].leaf, page[k].below, &r[0], &r[1], &r[2], &r[3]);
        if (page[k].leaf == 1) r[1] = 0; /* the core we are on */
        XXH3_128bits_update(h, r, sizeof r);
    }
    /* Whether the system keeps the wide registers. */
    const int wide[] = { __builtin_cpu_supports("avx"), __builtin_cpu_supports("avx512f") };
    XXH3_128bits_update(h, wide, sizeof wide);
}
#else
/* How the architectures begin a line of /proc/cpuinfo that tells the model. */
static const char *const model[] = { "model name", "cpu model",       "cpu\t",
                                     "CPU part",   "CPU implementer", "CPU variant",
                                     "Features",   "features",        "isa",
                                     "uarch",      "processor" };

static void hash_processor(XXH3_state_t *h)
{
#if __has_include(<sys/auxv.h>)
    const unsigned long abilities[] = { getauxval(AT_HWCAP), getauxval(AT_HWCAP2) };
    XXH3_128bits_update(h, abilities, sizeof abilities);
#endif
    char line[2048];
    FILE *info = fopen("/proc/cpuinfo", "re");
    while (info && fgets(line, sizeof line, info))
        for (size_t k = 0; k < sizeof model / sizeof *model; k++)
            if (!strncmp(line, model[k], strlen(model[k]))) hash_text(h, line);
    if (info) fclose(info);
}
#endif

/* Another version of the compiler is another file. */
static void hash_program(XXH3_state_t *h, const char *program)
{
    const char *path = strchr(program, '/') ? "" : getenv("PATH");
    struct stat s;
    char at[DL__PATH];
    for (const char *p = path ? path : ""; p; p = *p ? p + 1 : NULL) {
        size_t n = strcspn(p, ":");
        snprintf(at, sizeof at, "%.*s%s%s", (int)n, p, n ? "/" : "", program);
        p += n;
        if (access(at, X_OK) != 0 || stat(at, &s) != 0) continue;
        hash_text(h, at);
        XXH3_128bits_update(h, &s.st_size, sizeof s.st_size);
        XXH3_128bits_update(h, &s.st_mtim, sizeof s.st_mtim);
        return;
    }
}

static dl_status make_key(job *j)
{
    XXH3_state_t *h = XXH3_createState();
    if (!h) return fail(j, DL_ENOMEM, "out of memory");
    XXH3_128bits_reset(h);
    XXH3_128bits_update(h, j->source, j->bytes);
    for (int k = 0; k < j->nword; k++) hash_text(h, j->word[k]);
    for (int k = 0; k < j->nword; k++) /* CC may be "ccache gcc" */
        if (*j->word[k] != '-') hash_program(h, j->word[k]);
    hash_processor(h);
    XXH128_hash_t key = XXH3_128bits_digest(h);
    XXH3_freeState(h);
    snprintf(j->folder.key, sizeof j->folder.key, "%016llx%016llx", (unsigned long long)key.high64,
             (unsigned long long)key.low64);
    return DL_OK;
}

/* ---- compiling ------------------------------------------------------------------------------- */

/* The first line that speaks of an error, or the first. */
static dl_status tell(job *j, int status)
{
    char line[200], first[200] = "";
    FILE *log = fopen(dl__folder_file(&j->folder, j->folder.stem, ".log").text, "re");
    while (log && fgets(line, sizeof line, log)) {
        line[strcspn(line, "\n")] = '\0';
        bool error = strstr(line, "error");
        if (!*first || error) snprintf(first, sizeof first, "%s", line);
        if (error) break;
    }
    if (log) fclose(log);
    if (*first) return fail(j, DL_EFILE, "%s", first);
    if (status == 0) return fail(j, DL_EFILE, "%.120s made no file", j->word[0]);
    return fail(j, DL_EFILE, "%.120s failed with status %d", j->word[0],
                WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static int spawn(job *j, pid_t *pid)
{
    const dl_folder *d = &j->folder;
    dl_path c = dl__folder_file(d, d->stem, ".c"), so = dl__folder_file(d, d->stem, ".tmp"),
            log = dl__folder_file(d, d->stem, ".log");
    posix_spawn_file_actions_t actions;
    int n = j->nword, error;
    j->word[n++] = "-o";
    j->word[n++] = so.text;
    j->word[n++] = c.text;
    j->word[n++] = "-lm";
    j->word[n] = NULL;
    if ((error = posix_spawn_file_actions_init(&actions))) return error;
    error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, 1, log.text, O_WRONLY | O_CREAT | O_EXCL,
                                                 0600);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (!error) error = posix_spawnp(pid, j->word[0], &actions, NULL, j->word, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static bool made(const dl_folder *d)
{
    return access(dl__folder_file(d, d->stem, ".tmp").text, F_OK) == 0;
}

static dl_status run_compiler(job *j)
{
    pid_t pid, got;
    int status = 0, error = spawn(j, &pid);
    if (error) return fail(j, DL_EFILE, "%.120s: %s", j->word[0], strerror(error));
    while ((got = waitpid(pid, &status, 0)) < 0 && errno == EINTR) {
    }
    /* Where children are not waited for (SIGCHLD ignored) its file tells. */
    return (got == pid && status) || !made(&j->folder) ? tell(j, status) : DL_OK;
}

static dl_status in_folder(job *j, bool done)
{
    return done ? DL_OK : fail(j, DL_EFILE, "%s", j->folder.why);
}

static dl_status compile(job *j)
{
    dl_status s = in_folder(j, dl__folder_begin(&j->folder, j->source, j->bytes));
    if (!s) s = run_compiler(j);
    if (!s) s = in_folder(j, dl__folder_keep(&j->folder));
    dl__folder_end(&j->folder);
    return s;
}

/* ---- loading --------------------------------------------------------------------------------- */

static dl_status load(job *j)
{
    dl_path path = dl__folder_file(&j->folder, j->folder.key, ".so");
    dl_fn *f = j->f;
    size_t (*size)(void) = NULL;
    void (*call)(const void *const *, void *const *, void *) = NULL;
    void *library = dlopen(path.text, RTLD_NOW | RTLD_LOCAL);
    if (!library) return fail(j, DL_EFILE, "%.160s", dlerror());
    void *symbols[] = { dlsym(library, "compiled_workspace_size"),
                        dlsym(library, "compiled_call") };
    memcpy(&size, &symbols[0], sizeof size);
    memcpy(&call, &symbols[1], sizeof call);
    if (!size || !call || size() > dl__up(f->plan->block_bytes) + f->room) {
        dlclose(library);
        return fail(j, DL_EFILE, "%.120s holds something else", path.text);
    }
    f->library = library;
    f->serial = dl__fn_serial();
    f->compiled = call;
    return DL_OK;
}

/* A broken file is made again, once. */
static dl_status obtain(job *j)
{
    if (dl__folder_has(&j->folder) && load(j) == DL_OK) return DL_OK;
    dl_status s = compile(j);
    if (s) return s;
    return dl__folder_has(&j->folder)
               ? load(j)
               : fail(j, DL_EFILE, "%.120s: what was compiled is not there", j->folder.path);
}

bool dl_fn_compiled(const dl_fn *f) { return f && f->compiled; }

dl_status dl_fn_compile(dl_fn *f)
{
    if (!f || f->status) return dl_fn_status(f);
    if (f->compiled) return DL_OK;
    job *j = dl__zalloc(sizeof *j);
    if (!j) return DL_ENOMEM;
    j->f = f;
    j->folder.open = -1;
    dl_status s = write_source(j);
    find_compiler(j);
    if (!s) s = make_key(j);
    if (!s) s = in_folder(j, dl__folder_open(&j->folder));
    if (!s) s = obtain(j);
    if (!s) f->message[0] = '\0';
    if (j->folder.open >= 0) close(j->folder.open);
    free(j->source);
    dl__free(j);
    return s;
}
