/* compile.c: functions compiled and loaded at run time: the same bits, the cache, and that whatever
 * fails leaves a function that runs. */
#include "../harness/test.h"
#include "../harness/compile.h"

#include "../../autodiff/fn.h"
#include "../../ops/ops.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { N = 12, PATH = 800 };

/* y = |tanh(w x)|, and a step of w against its gradient. */
static dl_fn *model(double rate)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(N, N));
    dl_array_set_name(a, "w");
    dl_val w = dl_leaf(t, a), x = dl_scalar(t, DL_F32, 0), g;
    dl_val y = dl_norm_fro(dl_tanh(dl_mul(dl_shift(w, 0.5), x)));
    dl_grad(y, &w, 1, &g);
    dl_assign(a, dl_sub(w, dl_scale(g, rate)));
    dl_fn_arg in[] = { { "w", w }, { "x", x } };
    dl_fn *f = dl_fn_create("model", in, 2, &(dl_fn_arg){ "y", y }, 1);
    CHECK_STR(dl_fn_message(f), "");
    dl_tape_free(t);
    dl_array_free(a);
    return f;
}

typedef struct outcome {
    float w[N * N], y;
} outcome;

static outcome run(const dl_fn *f)
{
    outcome o = { { 0 }, 0 };
    float x = 0.75f;
    void *work = dl_fn_workspace_new(f);
    for (int i = 0; i < N * N; i++) o.w[i] = 0.01f * (float)i - 0.5f;
    for (int step = 0; step < 3; step++)
        CHECK_INT(dl_fn_run(f, (const void *[]){ o.w, &x }, (void *[]){ &o.y, o.w }, work), DL_OK);
    /* Not every output need be wanted. */
    CHECK_INT(dl_fn_run(f, (const void *[]){ o.w, &x }, (void *[]){ &o.y, NULL }, work), DL_OK);
    dl_fn_workspace_free(work);
    return o;
}

static void check_runs(const dl_fn *f)
{
    dl_fn *plain = model(0.1);
    outcome got = run(f), want = run(plain);
    CHECK(memcmp(&got, &want, sizeof got) == 0);
    dl_fn_free(plain);
}

/* ---- a cache of its own for each test -------------------------------------------------------- */

typedef struct cache {
    compile_folder folder;
    char *old_cc, *old_xdg;
} cache;

static void set(const char *name, const char *value)
{
    if (value) setenv(name, value, 1);
    else unsetenv(name);
}

static char *copy(const char *text) { return text ? strdup(text) : NULL; }

static cache cache_begin(void)
{
    if (!compile_wanted()) SKIP("compiles");
    cache c = { compile_begin(), copy(getenv("CC")), copy(getenv("XDG_CACHE_HOME")) };
    setenv("XDG_CACHE_HOME", c.folder.path, 1);
    unsetenv("CC");
    return c;
}

static void cache_end(cache *c)
{
    set("CC", c->old_cc);
    set("XDG_CACHE_HOME", c->old_xdg);
    free(c->old_cc), free(c->old_xdg);
    compile_end(&c->folder);
}

static const char *in_cache(const cache *c, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", c->folder.path, name);
    return path;
}

/* How many files the folder has; the last one's path, if wanted. */
static int find_files(const cache *c, char (*path)[PATH])
{
    DIR *dir = opendir(in_cache(c, "dltape"));
    int n = 0;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        if (path) snprintf(*path, sizeof *path, "%s/%s", in_cache(c, "dltape"), e->d_name);
        n++;
    }
    if (dir) closedir(dir);
    return n;
}

static int files(const cache *c) { return find_files(c, NULL); }

/* A shell script as the compiler, and an option for it; $out is what it is to make. */
static void use_script(const cache *c, const char *lines)
{
    char command[600];
    FILE *to = compile_open(&c->folder, "script");
    fprintf(to, "#!/bin/sh\nfor out; do case $out in *.tmp) break ;; esac done\n");
    fprintf(to, "cd %s || exit 1\n%s\n", c->folder.path, lines);
    fclose(to);
    chmod(in_cache(c, "script"), 0700);
    snprintf(command, sizeof command, "%s -g0", in_cache(c, "script"));
    setenv("CC", command, 1);
}

/* Other bits than the plan's are a failure, in any thread and in a child without Criterion. */
static bool compiles(double rate)
{
    dl_fn *f = model(rate), *plain = model(rate);
    bool fine = dl_fn_compile(f) == DL_OK && dl_fn_compiled(f);
    outcome got = run(f), want = run(plain);
    dl_fn_free(f), dl_fn_free(plain);
    return fine && memcmp(&got, &want, sizeof got) == 0;
}

static void check_refused(const char *says)
{
    dl_fn *f = model(0.1);
    CHECK_INT(dl_fn_compile(f), DL_EFILE);
    CHECK(!dl_fn_compiled(f));
    CHECK_INT(dl_fn_status(f), DL_OK);
    CHECK_HAS(dl_fn_message(f), "fn model: not compiled: ");
    CHECK_HAS(dl_fn_message(f), says);
    check_runs(f);
    dl_fn_free(f);
}

/* ---- the claims ------------------------------------------------------------------------------ */

TEST(compile, gives_the_bits_of_the_plan)
{
    cache c = cache_begin();
    dl_fn *f = model(0.1);
    CHECK(!dl_fn_compiled(f));
    CHECK_INT(dl_fn_compile(f), DL_OK);
    CHECK_STR(dl_fn_message(f), "");
    CHECK(dl_fn_compiled(f));
    CHECK_INT(dl_fn_compile(f), DL_OK);
    check_runs(f);
    dl_fn_free(f);
    struct stat s;
    REQUIRE(stat(in_cache(&c, "dltape"), &s) == 0);
    CHECK_INT(s.st_mode & 0777, 0700);
    CHECK_INT(files(&c), 1);
    cache_end(&c);
}

TEST(compile, compiles_the_same_once)
{
    cache c = cache_begin();
    use_script(&c, "echo run >>runs; exec cc \"$@\"");
    const double rates[] = { 0.1, 0.1, 0.2 };
    const long long runs[] = { 4, 4, 8 };
    for (int i = 0; i < 3; i++) {
        struct stat s;
        CHECK(compiles(rates[i]));
        CHECK(stat(in_cache(&c, "runs"), &s) == 0);
        CHECK_INT(s.st_size, runs[i]);
    }
    CHECK_INT(files(&c), 2);
    cache_end(&c);
}

/* Each word of $CC that is a program: "ccache gcc". */
TEST(compile, a_compiler_that_has_changed_compiles_again)
{
    cache c = cache_begin();
    char command[600];
    use_script(&c, "exec cc \"$@\"");
    snprintf(command, sizeof command, "nice -n 0 %s", in_cache(&c, "script"));
    setenv("CC", command, 1);
    CHECK(compiles(0.1));
    use_script(&c, "echo error: changed; exit 1");
    setenv("CC", command, 1);
    check_refused("error: changed");
    cache_end(&c);
}

/* What their run-time library needs, the process that loads the code has not. */
TEST(compile, sanitizers_in_the_compilers_options_do_no_harm)
{
    cache c = cache_begin();
    setenv("CC", "cc -fsanitize=address,undefined", 1);
    CHECK(compiles(0.1));
    cache_end(&c);
}

static void write_bytes(const char *path, const char *data, long n)
{
    FILE *to = fopen(path, "w");
    REQUIRE(to);
    CHECK_INT(fwrite(data, 1, (size_t)n, to), n);
    fclose(to);
}

/* Cut, with and without zeros behind, and one byte changed: none is loaded, which would kill. The
 * compiler repeats what it once made. */
TEST(compile, a_damaged_file_is_made_again)
{
    cache c = cache_begin();
    char path[PATH], *whole, *damaged;
    struct stat s;
    use_script(&c, "echo run >>runs; [ -e made ] || cc \"$@\" -o made; cp made $out");
    CHECK(compiles(0.1));
    REQUIRE(find_files(&c, &path) == 1 && stat(path, &s) == 0);
    long n = (long)s.st_size, remade = 0;
    REQUIRE((whole = malloc((size_t)n)) && (damaged = malloc((size_t)n)));
    FILE *from = fopen(path, "r");
    REQUIRE(from);
    CHECK_INT(fread(whole, 1, (size_t)n, from), n);
    fclose(from);
    for (long cut = 0; cut < n; cut += 1024) {
        write_bytes(path, whole, cut);
        CHECK(compiles(0.1));
        memset(damaged, 0, (size_t)n);
        memcpy(damaged, whole, (size_t)cut);
        write_bytes(path, damaged, n);
        CHECK(compiles(0.1));
        memcpy(damaged, whole, (size_t)n);
        damaged[cut] ^= 1;
        write_bytes(path, damaged, n);
        CHECK(compiles(0.1));
        remade += 3;
    }
    CHECK(stat(in_cache(&c, "runs"), &s) == 0);
    CHECK_INT(s.st_size, 4 * (1 + remade));
    CHECK_INT(files(&c), 1);
    free(whole), free(damaged);
    cache_end(&c);
}

/* A process that was killed leaves its temporary files; another one may have the same id, or this
 * one, in a container. */
TEST(compile, what_killed_processes_left_does_no_harm)
{
    static const char *const ends[] = { "c", "log", "tmp" };
    cache c = cache_begin();
    char path[PATH], left[PATH + 64];
    CHECK(compiles(0.1));
    REQUIRE(find_files(&c, &path) == 1);
    unlink(path);
    for (int k = 0; k < 30; k++) {
        snprintf(left, sizeof left, "%.*s.%ld.%d.%s", (int)strlen(path) - 3, path, (long)getpid(),
                 k / 3, ends[k % 3]);
        write_bytes(left, "", 0);
    }
    CHECK(compiles(0.1));
    CHECK_INT(files(&c), 31);
    snprintf(left, sizeof left, "touch -d '2 hours ago' %s/dltape/*", c.folder.path);
    CHECK_INT(system(left), 0);
    CHECK(compiles(0.2));
    CHECK_INT(files(&c), 2);
    cache_end(&c);
}

TEST(compile, without_a_compiler_the_plan_runs)
{
    cache c = cache_begin();
    setenv("CC", "/nonexistent/cc", 1);
    check_refused("/nonexistent/cc: No such file or directory");
    setenv("CC", "/bin/false", 1);
    check_refused("/bin/false failed with status 1");
    use_script(&c, "echo here it is: >&2; echo error: the reason >&2; exit 1");
    check_refused("not compiled: error: the reason");
    setenv("CC", "/bin/true", 1); /* says nothing and makes nothing */
    check_refused("/bin/true made no file");
    CHECK_INT(files(&c), 0);
    cache_end(&c);
}

/* What was compiled cannot get its name, or its digest. */
TEST(compile, a_file_that_cannot_be_kept_is_named_with_its_reason)
{
    cache c = cache_begin();
    use_script(&c, "cc \"$@\"; mkdir -p ${out%%.*}.so");
    check_refused("/dltape: Is a directory");
    CHECK_INT(files(&c), 1);
    use_script(&c, "mkdir $out");
    check_refused("/dltape: Is a directory");
    cache_end(&c);
}

TEST(compile, without_a_private_folder_the_plan_runs)
{
    cache c = cache_begin();
    mkdir(in_cache(&c, "dltape"), 0700);
    chmod(in_cache(&c, "dltape"), 0770);
    check_refused("is not ours alone: its mode is 770");
    chmod(in_cache(&c, "dltape"), 0707);
    check_refused("is not ours alone: its mode is 707");
    chmod(in_cache(&c, "dltape"), 0755);
    check_refused("is not ours alone: its mode is 755");
    rmdir(in_cache(&c, "dltape"));
    CHECK_INT(symlink("/tmp", in_cache(&c, "dltape")), 0);
    check_refused("/dltape: ");
    unlink(in_cache(&c, "dltape"));
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
    check_refused("/proc/nowhere: No such file or directory");
    if (geteuid() != 0) { /* root writes anywhere */
        setenv("XDG_CACHE_HOME", c.folder.path, 1);
        mkdir(in_cache(&c, "dltape"), 0500);
        check_refused("Permission denied");
    }
    char *home = copy(getenv("HOME"));
    setenv("XDG_CACHE_HOME", "relative", 1);
    unsetenv("HOME");
    check_refused("neither XDG_CACHE_HOME nor HOME names a folder");
    set("HOME", home);
    free(home);
    cache_end(&c);
}

/* Whoever may rename the folder, or one above it, could put another in its place. */
TEST(compile, where_others_may_move_the_folder_the_plan_runs)
{
    cache c = cache_begin();
    CHECK(compiles(0.1));
    chmod(c.folder.path, 0777);
    check_refused("lets others move what is in it: its mode is 777");
    chmod(c.folder.path, 0770);
    check_refused("lets others move what is in it: its mode is 770");
    setenv("XDG_CACHE_HOME", in_cache(&c, "below/dltape"), 1);
    CHECK_INT(mkdir(in_cache(&c, "below"), 0700), 0);
    check_refused("lets others move what is in it: its mode is 770");
    chmod(c.folder.path, 01777);
    CHECK(compiles(0.1));
    if (chown(in_cache(&c, "below"), geteuid() + 1, getegid()) == 0) {
        check_refused("lets others move what is in it: its mode is 700");
        CHECK_INT(chown(in_cache(&c, "below"), geteuid(), getegid()), 0);
    }
    CHECK_INT(symlink("below", in_cache(&c, "link")), 0);
    setenv("XDG_CACHE_HOME", in_cache(&c, "link/dltape"), 1);
    CHECK(compiles(0.1));
    cache_end(&c);
}

#ifdef __SANITIZE_THREAD__
/* It does not see the lock of the loader, where one thread frees what another has allocated. */
const char *__tsan_default_suppressions(void) __attribute__((visibility("default")));
const char *__tsan_default_suppressions(void) { return "race:ld-linux\n"; }
#endif

enum { THREADS = 4, PATIENCE_S = 300 };

typedef struct worker {
    pthread_t thread;
    double rate;
    bool fine;
} worker;

static void *compile_some(void *self)
{
    worker *w = self;
    w->fine = compiles(0.1) && compiles(w->rate) && compiles(0.1);
    return NULL;
}

/* One function that all have, and one that two have. */
static bool threads_compile(double rate)
{
    worker w[THREADS];
    bool fine = true;
    for (int k = 0; k < THREADS; k++) {
        w[k].rate = rate + k / 2;
        REQUIRE(!pthread_create(&w[k].thread, NULL, compile_some, &w[k]));
    }
    for (int k = 0; k < THREADS; k++) {
        pthread_join(w[k].thread, NULL);
        fine = fine && w[k].fine;
    }
    return fine;
}

TEST(compile, in_threads_of_parent_and_child_at_once)
{
    cache c = cache_begin();
    CHECK(threads_compile(1));
    CHECK_INT(files(&c), 3);
    int status = -1;
    pid_t child = fork();
    if (!child) {
        alarm(PATIENCE_S);
        _exit(threads_compile(3) ? 0 : 1);
    }
    CHECK(threads_compile(3));
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
    CHECK_INT(files(&c), 5);
    cache_end(&c);
}

TEST(compile, refuses_a_function_in_error)
{
    dl_fn *f = dl_fn_create("no name", NULL, 0, NULL, 0);
    CHECK_INT(dl_fn_compile(f), DL_EARG);
    CHECK_INT(dl_fn_compile(NULL), DL_ENULL);
    CHECK(!dl_fn_compiled(f) && !dl_fn_compiled(NULL));
    dl_fn_free(f);
}
