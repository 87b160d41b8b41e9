/* compile.h: C files compiled and loaded by a test. In the plain runner only if DLTAPE_TEST_CC is
 * set: it runs under checkers, which are slow to start a compiler. */
#ifndef DL_TEST_COMPILE_H
#define DL_TEST_COMPILE_H

#include "test.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct compile_folder {
    char path[64];
} compile_folder;

static inline bool compile_wanted(void)
{
#ifdef DL_PLAIN
    return getenv("DLTAPE_TEST_CC") != NULL;
#else
    return true;
#endif
}

static inline compile_folder compile_begin(void)
{
    compile_folder f = { "/tmp/dltape-test-XXXXXX" };
    REQUIRE(mkdtemp(f.path));
    return f;
}

static inline void compile_end(const compile_folder *f)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", f->path);
    CHECK_INT(system(command), 0);
}

static inline FILE *compile_open(const compile_folder *f, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *file = fopen(path, "w");
    REQUIRE(file);
    return file;
}

/* Runs "COMPILER OPTIONS" in the folder; what it says becomes the message of a failure. */
static inline bool compile_run(const compile_folder *f, const char *command)
{
    char line[1024], said[1024] = "";
    snprintf(line, sizeof line, "cd %s && %s 2>&1 >/dev/null | head -n 20 >said && [ ! -s said ]",
             f->path, command);
    int status = system(line);
    snprintf(line, sizeof line, "%s/said", f->path);
    FILE *file = fopen(line, "r");
    if (file) {
        size_t n = fread(said, 1, sizeof said - 1, file);
        said[n] = '\0';
        fclose(file);
    }
    CHECK_MSG(status == 0, "%s: %s", command, said);
    return status == 0;
}

static inline void *compile_load(const compile_folder *f, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECK_MSG(library, "%s", dlerror());
    return library;
}

/* ---- printed functions that have been loaded ------------------------------------------------- */

typedef void compile_call(const void *const *in, void *const *out, void *workspace);

/* With a workspace of its size: it is not zeroed, and behind it nothing may be written. */
typedef struct compile_function {
    compile_call *call; /* null: the library does not have it */
    unsigned char *work;
    size_t size;
} compile_function;

enum { COMPILE_FENCE = 4096, COMPILE_FILL = 0xA5 };

static inline compile_function compile_find(void *library, const char *name)
{
    compile_function f = { NULL, NULL, 0 };
    size_t (*size)(void);
    char symbol[96];
    void *memory;
    snprintf(symbol, sizeof symbol, "%s_call", name);
    void *call = dlsym(library, symbol);
    snprintf(symbol, sizeof symbol, "%s_workspace_size", name);
    void *other = dlsym(library, symbol);
    CHECK_MSG(call && other, "%s is not in the library", name);
    if (!call || !other) return f;
    memcpy(&f.call, &call, sizeof f.call);
    memcpy(&size, &other, sizeof size);
    f.size = size();
    REQUIRE(posix_memalign(&memory, 64, f.size + COMPILE_FENCE) == 0);
    f.work = memset(memory, COMPILE_FILL, f.size + COMPILE_FENCE);
    return f;
}

static inline bool compile_kept_within(const compile_function *f)
{
    for (size_t i = 0; i < COMPILE_FENCE; i++)
        if (f->work[f->size + i] != COMPILE_FILL) return false;
    return true;
}

#define COMPILE_WARNINGS "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -ffp-contract=off "
/* Where gcc has the headers of a 32-bit target. */
#define COMPILE_IF_32 "echo '#include <math.h>' | gcc -m32 -E - >/dev/null 2>&1"
#define COMPILE_STRICT "-std=c99 " COMPILE_WARNINGS

#endif
