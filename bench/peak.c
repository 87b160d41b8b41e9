/* peak.c: the peak memory of one system, in a process of its own: what it holds at most, less what
 * the process holds at rest (libraries loaded, nothing computed), less the pages of libraries that
 * it touches for the first time while it works. The inputs count. */
#define _GNU_SOURCE
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS = 4 };

/* A field of /proc/self/status in KiB, below 0 if there is none. */
static double status_of(const char *field)
{
    char line[256];
    size_t length = strlen(field);
    double found = -1;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && found < 0 && fgets(line, sizeof line, f))
        if (strncmp(line, field, length) == 0 && line[length] == ':')
            found = strtod(line + length + 1, NULL);
    if (f) fclose(f);
    return found;
}

/* The high-water mark starts from what is held now. */
static void reset_high_water(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (!f) return;
    fputs("5", f);
    fclose(f);
}

int bench_peak_child(const bench_workload *w, const bench_system *s)
{
    bench_run run;
    reset_high_water();
    double rest = status_of("VmRSS"), files = status_of("RssFile");
    if (!bench_open(&run, w, s)) return 1;
    for (int i = 0; i < STEPS; i++)
        if (bench_step(&run) < 0) return 1;
    double most = status_of("VmHWM") - rest - (status_of("RssFile") - files);
    if (rest < 0 || files < 0) return 1;
    printf("%.4f\n", most > 0 ? most / 1024 : 0);
    return 0;
}

double bench_peak(const bench_workload *w, const bench_system *s)
{
    char self[4096], command[4300];
    double peak;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0) return -1;
    self[n] = 0;
    snprintf(command, sizeof command, "exec '%s' --peak '%s:%s:%s:%d'", self, w->name, s->system,
             s->mode, s->threads);
    FILE *child = popen(command, "r");
    if (!child) return -1;
    bool told = fscanf(child, "%lf", &peak) == 1;
    return pclose(child) == 0 && told ? peak : -1;
}
