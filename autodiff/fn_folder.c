/* fn_folder.c: the folder with what dl_fn_compile has had compiled, $XDG_CACHE_HOME/dltape.
 *
 * It is ours alone, and nobody else but root may move it or a folder above it: that is seen once,
 * from the root down, then names may be trusted. Files get their names when they are complete and
 * on the disk, so any number of processes may share the folder. Each ends with a digest, which the
 * loader does not read: loading a file that a crash or a full disk has cut would kill the process.
 * Nothing is ever removed but temporary files. */
#define _GNU_SOURCE 1 /* secure_getenv */
#include "fn_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static const char *const temporary[] = { ".c", ".log", ".tmp" };
enum { TEMPORARY = sizeof temporary / sizeof *temporary, OLD_S = 3600 };

static bool __attribute__((format(printf, 2, 3))) failed(dl_folder *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(d->why, sizeof d->why, format, args);
    va_end(args);
    return false;
}

static bool failed_at(dl_folder *d, const char *path)
{
    return failed(d, "%.120s: %s", path, strerror(errno));
}

static bool failed_by(dl_folder *d, const char *path, const char *what, const struct stat *s)
{
    return failed(d, "%.120s %s: its mode is %03o, its owner %lu", path, what,
                  (unsigned)s->st_mode & 07777, (unsigned long)s->st_uid);
}

/* ---- the folder ------------------------------------------------------------------------------ */

static bool ours_alone(const struct stat *s)
{
    return s->st_uid == geteuid() && !(s->st_mode & (S_IRWXG | S_IRWXO));
}

/* In a sticky folder others may move what is theirs only. */
static bool steady(const struct stat *s)
{
    return (s->st_uid == geteuid() || s->st_uid == 0)
           && (!(s->st_mode & (S_IWGRP | S_IWOTH)) || s->st_mode & S_ISVTX);
}

/* All folders of a path without links, from the root down. */
static bool all_steady(dl_folder *d, const char *path)
{
    struct stat s;
    char at[DL__PATH];
    for (size_t n = 1;; n += strcspn(path + n, "/")) {
        snprintf(at, sizeof at, "%.*s", (int)n, path);
        if (lstat(at, &s) != 0) return failed_at(d, at);
        if (!steady(&s)) return failed_by(d, at, "lets others move what is in it", &s);
        if (!path[n]) return true;
        n += path[n] == '/';
    }
}

/* What contains the folder; made if it is not there. */
static bool find_parent(dl_folder *d)
{
    const char *cache = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
    char wanted[DL__PATH];
    bool own = cache && *cache == '/';
    if (!own && !(home && *home == '/'))
        return failed(d, "neither XDG_CACHE_HOME nor HOME names a folder");
    int n = snprintf(wanted, sizeof wanted, "%s%s", own ? cache : home, own ? "" : "/.cache");
    if (n >= (int)sizeof wanted) return failed(d, "the cache's path is too long");
    mkdir(wanted, 0700);
    char *real = realpath(wanted, NULL);
    if (!real) return failed_at(d, wanted);
    n = snprintf(d->path, sizeof d->path, "%s", real);
    free(real);
    return n + 8 < (int)sizeof d->path || failed(d, "the cache's path is too long");
}

bool dl__folder_open(dl_folder *d)
{
    struct stat s;
    if (!find_parent(d) || !all_steady(d, d->path)) return false;
    size_t n = strlen(d->path);
    snprintf(d->path + n, sizeof d->path - n, "/dltape");
    mkdir(d->path, 0700);
    d->open = open(d->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (d->open < 0 || fstat(d->open, &s) != 0) return failed_at(d, d->path);
    return ours_alone(&s) || failed_by(d, d->path, "is not ours alone", &s);
}

/* ---- its files ------------------------------------------------------------------------------- */

dl_path dl__folder_file(const dl_folder *d, const char *name, const char *end)
{
    dl_path p;
    snprintf(p.text, sizeof p.text, "%s/%s%s", d->path, name, end);
    return p;
}

static dl_path within(const char *name, const char *end)
{
    dl_path p;
    snprintf(p.text, sizeof p.text, "%s%s", name, end);
    return p;
}

static FILE *open_file(const dl_folder *d, dl_path name, int flags, const char *mode)
{
    int number = openat(d->open, name.text, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    FILE *file = number < 0 ? NULL : fdopen(number, mode);
    if (number >= 0 && !file) close(number);
    return file;
}

/* Of the next n bytes. */
static bool digest(FILE *from, size_t n, XXH128_canonical_t *sum)
{
    char block[4096];
    XXH3_state_t h;
    XXH3_128bits_reset(&h);
    for (size_t got; n; n -= got) {
        got = fread(block, 1, n < sizeof block ? n : sizeof block, from);
        if (!got) return false;
        XXH3_128bits_update(&h, block, got);
    }
    XXH128_canonicalFromHash(sum, XXH3_128bits_digest(&h));
    return true;
}

static bool is_sealed(FILE *file, size_t bytes)
{
    XXH128_canonical_t got, want;
    return bytes > sizeof got && digest(file, bytes - sizeof got, &want)
           && fread(&got, sizeof got, 1, file) == 1 && !memcmp(&got, &want, sizeof got);
}

static bool seal(FILE *file)
{
    XXH128_canonical_t sum;
    struct stat s;
    return fstat(fileno(file), &s) == 0 && digest(file, (size_t)s.st_size, &sum)
           && fseek(file, 0, SEEK_END) == 0 && fwrite(&sum, sizeof sum, 1, file) == 1
           && fflush(file) == 0 && fchmod(fileno(file), 0700) == 0 && fsync(fileno(file)) == 0;
}

bool dl__folder_has(const dl_folder *d)
{
    struct stat s;
    FILE *file = open_file(d, within(d->key, ".so"), O_RDONLY, "r");
    bool good = file && fstat(fileno(file), &s) == 0 && S_ISREG(s.st_mode) && ours_alone(&s)
                && is_sealed(file, (size_t)s.st_size);
    if (file) fclose(file);
    return good;
}

/* The stem is drawn: in containers, two processes at once have the same number. */
bool dl__folder_begin(dl_folder *d, const char *source, size_t bytes)
{
    unsigned long long drawn;
    if (getentropy(&drawn, sizeof drawn) != 0) return failed_at(d, "getentropy");
    snprintf(d->stem, sizeof d->stem, "%s.%016llx", d->key, drawn);
    FILE *to = open_file(d, within(d->stem, ".c"), O_WRONLY | O_CREAT | O_EXCL, "w");
    bool written = to && fwrite(source, 1, bytes, to) == bytes;
    if (to && fclose(to) != 0) written = false;
    return written || failed_at(d, d->path);
}

bool dl__folder_keep(dl_folder *d)
{
    dl_path made = within(d->stem, ".tmp"), kept = within(d->key, ".so");
    FILE *file = open_file(d, made, O_RDWR, "r+");
    bool sealed = file && seal(file);
    int error = errno;
    if (file) fclose(file);
    if (sealed && renameat(d->open, made.text, d->open, kept.text) == 0) return true;
    if (!sealed) errno = error;
    return failed_at(d, d->path);
}

static bool is_temporary(const char *name)
{
    const char *end = strrchr(name, '.');
    for (int k = 0; end && k < TEMPORARY; k++)
        if (!strcmp(end, temporary[k])) return true;
    return false;
}

/* What processes that were killed have left. */
static void remove_old(const dl_folder *d)
{
    DIR *dir = opendir(d->path);
    struct stat s;
    time_t old = time(NULL) - OLD_S;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (is_temporary(e->d_name) && fstatat(d->open, e->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0
            && s.st_mtime < old)
            unlinkat(d->open, e->d_name, 0);
    if (dir) closedir(dir);
}

void dl__folder_end(const dl_folder *d)
{
    for (int k = 0; k < TEMPORARY; k++) unlinkat(d->open, within(d->stem, temporary[k]).text, 0);
    remove_old(d);
}
