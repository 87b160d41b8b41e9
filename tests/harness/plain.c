/*
 * The plain runner: every test in this one process, in the order of the source, TAP on stdout.
 * It allocates nothing, so that a leak report speaks of the tests alone.
 */
#define _GNU_SOURCE 1
#include "test.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

static struct test *first, **last = &first;
static jmp_buf leave;
static bool failed;
static const char *skipped;

void test__register(struct test *t)
{
    *last = t;
    last = &t->next;
}

void test__fail(const char *file, int line, const char *fmt, ...)
{
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    failed = true;
    printf("# %s:%d: ", file, line);
    for (const char *c = text; *c; c++) fputs(*c == '\n' ? "\n# " : (char[]){ *c, 0 }, stdout);
    putchar('\n');
}

void test__stop(void) { longjmp(leave, 1); }

void test__skip(const char *reason)
{
    skipped = reason;
    longjmp(leave, 1);
}

/* Every n-th test from the k-th on: parts of a run may go on side by side. */
static int part = 0, parts = 1;

static bool chosen(const struct test *t, int number, const char *glob)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", t->suite, t->name);
    return number % parts == part && (!glob || !fnmatch(glob, path, FNM_EXTMATCH));
}

static void run(const struct test *t)
{
    failed = false;
    skipped = NULL;
    if (!setjmp(leave)) t->run();
}

int main(int argc, char **argv)
{
    const char *glob = NULL;
    bool list = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--list")) {
            list = true;
        } else if (!strcmp(argv[i], "--filter") && i + 1 < argc) {
            glob = argv[++i];
        } else if (!strcmp(argv[i], "--part") && i + 1 < argc
                   && sscanf(argv[i + 1], "%d/%d", &part, &parts) == 2 && parts > 0) {
            i++;
        } else {
            fprintf(stderr,
                    "usage: %s [--list] [--filter SUITE/NAME] [--part K/N]\n"
                    "       (a glob; every N-th test from the K-th on, counted from 0)\n",
                    argv[0]);
            return 2;
        }
    }
    /* A test that crashes must not take the lines before it along. */
    static char buffer[BUFSIZ];
    setvbuf(stdout, buffer, _IOLBF, sizeof buffer);

    int number = 0, count = 0, passes = 0, failures = 0, skips = 0;
    for (const struct test *t = first; t; t = t->next) count += chosen(t, number++, glob);
    number = 0;
    if (!list) printf("1..%d\n", count);
    for (const struct test *t = first; t; t = t->next) {
        if (!chosen(t, number++, glob)) continue;
        if (list) {
            printf("%s/%s\n", t->suite, t->name);
            continue;
        }
        run(t);
        bool skip = skipped && !failed;
        *(failed ? &failures : skip ? &skips : &passes) += 1;
        printf("%s %d - %s/%s%s%s\n", failed ? "not ok" : "ok", passes + failures + skips, t->suite,
               t->name, skip ? " # SKIP " : "", skip ? skipped : "");
    }
    if (list) return 0;
    printf("%d passed, %d failed", passes, failures);
    if (skips) printf(", %d skipped", skips);
    putchar('\n');
    return failures || passes + skips == 0;
}
