/* fn_compile.c: a frozen function compiled by the system's compiler and loaded.
 *
 * What has been compiled is kept in a folder of the user's own, under the hash of all that decides
 * what it is. Files get their names when they are complete, so any number of processes may share
 * the folder. Whatever fails leaves the function as it was: it runs its plan. */
#define _GNU_SOURCE 1 /* secure_getenv */
#define DL_NO_PLACES
#include "emit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#define XXH_INLINE_ALL
#include <xxhash.h>

extern char **environ;

enum { PATH = 1024, WORDS = 32 };

static const char *const flags[] = {
    "-std=c99",
    "-O3",
    "-march=native",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fPIC",
    "-shared",
#if defined(__x86_64__) || defined(__i386__)
    /* Tuned for Zen, gcc 12 keeps what does not fit into vector registers in general ones; a chain
     * of sums then waits for the way there and back. */
    "-mtune=generic",
#endif
};
enum { FLAGS = sizeof flags / sizeof *flags };

typedef struct job {
    dl_fn *f;
    char *source;
    size_t bytes;
    char compiler[PATH]; /* the words of CC, each ended by a null character */
    char *word[WORDS + FLAGS + 8];
    int nword;
    char folder[PATH], key[40], stem[80]; /* stem: of this run's temporary files */
    int dir;                              /* the open folder; -1: none */
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
    dl_status s = dl__emit(&f, &name, 1, true, to);
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
static void hash_processor(XXH3_state_t *h)
{
#if defined(__x86_64__) || defined(__i386__)
    static const unsigned leaves[] = { 0x80000002, 0x80000003, 0x80000004, 1, 7 };
    for (size_t k = 0; k < sizeof leaves / sizeof *leaves; k++) {
        unsigned r[4] = { 0 };
        __get_cpuid_count(leaves[k], 0, &r[0], &r[1], &r[2], &r[3]);
        if (leaves[k] == 1) r[1] = 0; /* the core we are on */
        XXH3_128bits_update(h, r, sizeof r);
    }
#else
    hash_text(h, "one processor");
#endif
}

/* Another version of the compiler is another file. */
static void hash_program(XXH3_state_t *h, const char *program)
{
    const char *path = strchr(program, '/') ? "" : getenv("PATH");
    struct stat s;
    char at[PATH];
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
    static atomic_uint runs;
    XXH3_state_t *h = XXH3_createState();
    if (!h) return fail(j, DL_ENOMEM, "out of memory");
    XXH3_128bits_reset(h);
    XXH3_128bits_update(h, j->source, j->bytes);
    for (int k = 0; k < j->nword; k++) hash_text(h, j->word[k]);
    hash_program(h, j->word[0]);
    hash_processor(h);
    XXH128_hash_t key = XXH3_128bits_digest(h);
    XXH3_freeState(h);
    snprintf(j->key, sizeof j->key, "%016llx%016llx", (unsigned long long)key.high64,
             (unsigned long long)key.low64);
    snprintf(j->stem, sizeof j->stem, "%s.%ld.%u", j->key, (long)getpid(),
             atomic_fetch_add(&runs, 1));
    return DL_OK;
}

/* ---- the folder ------------------------------------------------------------------------------ */

static bool private(const struct stat *s)
{
    return s->st_uid == geteuid() && !(s->st_mode & (S_IWGRP | S_IWOTH));
}

static dl_status open_folder(job *j)
{
    const char *cache = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
    char parent[PATH - 16];
    struct stat s;
    bool own = cache && *cache == '/';
    if (!own && !(home && *home == '/'))
        return fail(j, DL_EFILE, "neither XDG_CACHE_HOME nor HOME names a folder");
    int n = snprintf(parent, sizeof parent, "%s%s", own ? cache : home, own ? "" : "/.cache");
    if (n < 0 || n >= (int)sizeof parent) return fail(j, DL_EFILE, "the cache's path is too long");
    mkdir(parent, 0700);
    snprintf(j->folder, sizeof j->folder, "%s/dltape", parent);
    mkdir(j->folder, 0700);
    j->dir = open(j->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (j->dir < 0 || fstat(j->dir, &s) != 0)
        return fail(j, DL_EFILE, "%.120s: %s", j->folder, strerror(errno));
    if (!private(&s))
        return fail(j, DL_EFILE, "%.120s is not ours alone: its mode is %03o", j->folder,
                    (unsigned)s.st_mode & 0777);
    return DL_OK;
}

static const char *in_folder(const job *j, char *path, size_t n, const char *name, const char *end)
{
    snprintf(path, n, "%s/%s%s", j->folder, name, end);
    return path;
}

static void forget(const job *j, const char *name, const char *end)
{
    char file[128];
    snprintf(file, sizeof file, "%s%s", name, end);
    unlinkat(j->dir, file, 0);
}

/* ---- compiling ------------------------------------------------------------------------------- */

static bool store_source(const job *j)
{
    char file[128];
    snprintf(file, sizeof file, "%s.c", j->stem);
    int to = openat(j->dir, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0) return false;
    size_t done = 0;
    while (done < j->bytes) {
        ssize_t n = write(to, j->source + done, j->bytes - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += (size_t)n;
    }
    return close(to) == 0 && done == j->bytes;
}

/* The first line that speaks of an error, or the first. */
static dl_status tell(job *j, int status)
{
    char path[PATH + 128], line[200], first[200] = "";
    FILE *log = fopen(in_folder(j, path, sizeof path, j->stem, ".log"), "re");
    while (log && fgets(line, sizeof line, log)) {
        line[strcspn(line, "\n")] = '\0';
        bool error = strstr(line, "error");
        if (!*first || error) snprintf(first, sizeof first, "%s", line);
        if (error) break;
    }
    if (log) fclose(log);
    if (*first) return fail(j, DL_EFILE, "%s", first);
    return fail(j, DL_EFILE, "%s failed with status %d", j->word[0],
                WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static int spawn(job *j, pid_t *pid)
{
    char c[PATH + 128], so[PATH + 128], log[PATH + 128];
    posix_spawn_file_actions_t actions;
    int n = j->nword, error;
    j->word[n++] = "-o";
    j->word[n++] = (char *)(uintptr_t)in_folder(j, so, sizeof so, j->stem, ".tmp");
    j->word[n++] = (char *)(uintptr_t)in_folder(j, c, sizeof c, j->stem, ".c");
    j->word[n++] = "-lm";
    j->word[n] = NULL;
    if ((error = posix_spawn_file_actions_init(&actions))) return error;
    in_folder(j, log, sizeof log, j->stem, ".log");
    error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!error)
        error =
            posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (!error) error = posix_spawnp(pid, j->word[0], &actions, NULL, j->word, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static dl_status run_compiler(job *j)
{
    pid_t pid;
    int status = 0, error = spawn(j, &pid);
    if (error) return fail(j, DL_EFILE, "%.120s: %s", j->word[0], strerror(error));
    pid_t got;
    while ((got = waitpid(pid, &status, 0)) < 0 && errno == EINTR) {
    }
    /* Where children are not waited for (SIGCHLD ignored) its file tells. */
    if (got == pid && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) return tell(j, status);
    char tmp[128], so[128];
    snprintf(tmp, sizeof tmp, "%s.tmp", j->stem);
    snprintf(so, sizeof so, "%s.so", j->key);
    if (fchmodat(j->dir, tmp, 0700, 0) != 0 || renameat(j->dir, tmp, j->dir, so) != 0)
        return tell(j, status);
    return DL_OK;
}

static dl_status compile(job *j)
{
    dl_status s;
    if (store_source(j)) s = run_compiler(j);
    else s = fail(j, DL_EFILE, "%.120s: %s", j->folder, strerror(errno));
    static const char *const ends[] = { ".c", ".log", ".tmp" };
    for (int k = 0; k < 3; k++) forget(j, j->stem, ends[k]);
    return s;
}

/* ---- loading --------------------------------------------------------------------------------- */

static bool there(const job *j)
{
    char file[128];
    struct stat s;
    snprintf(file, sizeof file, "%s.so", j->key);
    return fstatat(j->dir, file, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(s.st_mode) && private(&s);
}

static dl_status load(job *j)
{
    char path[PATH + 128];
    dl_fn *f = j->f;
    size_t (*size)(void) = NULL;
    void (*call)(const void *const *, void *const *, void *) = NULL;
    void *library = dlopen(in_folder(j, path, sizeof path, j->key, ".so"), RTLD_NOW | RTLD_LOCAL);
    if (!library) return fail(j, DL_EFILE, "%.160s", dlerror());
    void *symbols[] = { dlsym(library, "compiled_workspace_size"),
                        dlsym(library, "compiled_call") };
    memcpy(&size, &symbols[0], sizeof size);
    memcpy(&call, &symbols[1], sizeof call);
    if (!size || !call || size() > dl__up(f->plan->block_bytes) + f->room) {
        dlclose(library);
        return fail(j, DL_EFILE, "%.120s holds something else", path);
    }
    f->library = library;
    f->compiled = call;
    return DL_OK;
}

/* A broken file is made again, once. */
static dl_status obtain(job *j)
{
    if (there(j) && load(j) == DL_OK) return DL_OK;
    dl_status s = compile(j);
    if (s) return s;
    return there(j) ? load(j)
                    : fail(j, DL_EFILE, "%.120s: what was compiled is not ours", j->folder);
}

bool dl_fn_compiled(const dl_fn *f) { return f && f->compiled; }

dl_status dl_fn_compile(dl_fn *f)
{
    if (!f || f->status) return dl_fn_status(f);
    if (f->compiled) return DL_OK;
    job *j = dl__zalloc(sizeof *j);
    if (!j) return DL_ENOMEM;
    j->f = f;
    j->dir = -1;
    dl_status s = write_source(j);
    find_compiler(j);
    if (!s) s = make_key(j);
    if (!s) s = open_folder(j);
    if (!s) s = obtain(j);
    if (!s) f->message[0] = '\0';
    if (j->dir >= 0) close(j->dir);
    free(j->source);
    dl__free(j);
    return s;
}
