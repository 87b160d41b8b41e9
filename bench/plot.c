/* plot.c: the ratios to the floor as dots on a log axis, one column for each workload, by gnuplot.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES = 24, COLUMNS = 24 };

typedef struct chart {
    const char *workload[COLUMNS], *label[COLUMNS];
    int columns;
    struct {
        char title[96];
    } series[SERIES];
    int nseries;
} chart;

/* Hand-written rows beside the floor, curves and overheads are left to the tables. */
static bool is_drawn(const bench_row *r)
{
    return r->workload[0] == 'W' && strcmp(r->system, "hand") != 0;
}

static void title_of(const bench_row *r, char *to, size_t n)
{
    if (strcmp(r->system, "dltape") != 0) snprintf(to, n, "%s", r->system);
    else if (r->threads == 1) snprintf(to, n, "dltape, %s", r->mode);
    else snprintf(to, n, "dltape, %s, %d threads", r->mode, r->threads);
}

static int column_of(chart *c, const bench_row *r)
{
    for (int k = 0; k < c->columns; k++)
        if (strcmp(c->workload[k], r->workload) == 0) return k;
    if (c->columns == COLUMNS) return COLUMNS - 1;
    c->workload[c->columns] = r->workload;
    c->label[c->columns] = r->label;
    return c->columns++;
}

static int series_of(chart *c, const bench_row *r)
{
    char title[sizeof c->series->title];
    title_of(r, title, sizeof title);
    for (int k = 0; k < c->nseries; k++)
        if (strcmp(c->series[k].title, title) == 0) return k;
    if (c->nseries == SERIES) return SERIES - 1;
    memcpy(c->series[c->nseries].title, title, sizeof title);
    return c->nseries++;
}

static void write_data(FILE *to, chart *c, const bench_row *rows, int n)
{
    for (int s = 0; s < c->nseries; s++) {
        fprintf(to, "$series%d << EOD\n", s);
        for (int i = 0; i < n; i++)
            if (is_drawn(&rows[i]) && series_of(c, &rows[i]) == s)
                fprintf(to, "%d %.6g\n", column_of(c, &rows[i]), rows[i].to_hand);
        fprintf(to, "EOD\n");
    }
}

/* Blues for dltape's modes, other colours for the peers. */
static const char *colour_of(const chart *c, int series)
{
    static const char *const own[] = { "#08306b", "#2171b5", "#6baed6",
                                       "#00897b", "#80cbc4", "#000000" };
    static const char *const others[] = { "#e6550d", "#8c6d31", "#9e3fa5", "#636363" };
    int dltape = 0, before = 0;
    for (int k = 0; k < series; k++) {
        bool is_own = strncmp(c->series[k].title, "dltape", 6) == 0;
        dltape += is_own, before += !is_own;
    }
    return strncmp(c->series[series].title, "dltape", 6) == 0 ? own[dltape % 6]
                                                              : others[before % 4];
}

/* Series stand side by side within a column, so that equal ratios do not hide each other. */
static void write_commands(FILE *to, const chart *c, bool png, const char *path)
{
    fprintf(to, "set terminal %s\nset output '%s'\n",
            png ? "pngcairo size 1000,620 font 'sans,10'" : "svg size 1000,620 font 'sans,13'",
            path);
    fprintf(
        to,
        "set title 'Time of a step, as a multiple of the same written by hand in C'\n"
        "set logscale y\nset format y '%%g'\nset yrange [0.5:*]\nset bmargin 10\n"
        "set key horizontal at screen 0.5, screen 0.02 center bottom samplen 1\n"
        "set pointsize %g\nset grid ytics lc rgb '#dddddd' lt 1\nset border 3\nset tics nomirror\n",
        png ? 1.4 : 0.9);
    fprintf(to, "set xtics scale 0\nset xrange [-0.6:%g]\nset xtics (", c->columns - 0.4);
    for (int k = 0; k < c->columns; k++)
        fprintf(to, "%s\"%s\\n%s\" %d", k ? ", " : "", c->workload[k], c->label[k], k);
    fprintf(to, ")\nplot 1 with lines lc rgb '#444444' lw 1.5 title 'by hand'");
    for (int s = 0; s < c->nseries; s++) {
        double shift = c->nseries > 1 ? 0.56 * s / (c->nseries - 1) - 0.28 : 0;
        const char *colour = colour_of(c, s);
        fprintf(to,
                ", \\\n  $series%d using ($1+%g):(1):(0):($2-1) with vectors nohead lc rgb '%s' "
                "notitle",
                s, shift, colour);
        fprintf(to, ", \\\n  $series%d using ($1+%g):2 with points pt 7 lc rgb '%s' title '%s'", s,
                shift, colour, c->series[s].title);
    }
    fprintf(to, "\n");
}

bool bench_plot(const char *path, const bench_row *rows, int n)
{
    chart c = { 0 };
    const char *suffix = strrchr(path, '.');
    bool png = suffix && strcmp(suffix, ".png") == 0;
    if (!png && !(suffix && strcmp(suffix, ".svg") == 0))
        return fprintf(stderr, "--plot %s: the name must end in .svg or .png\n", path), false;
    for (int i = 0; i < n; i++)
        if (is_drawn(&rows[i])) column_of(&c, &rows[i]);
    for (int i = 0; i < n; i++) /* dltape's modes stand together */
        if (is_drawn(&rows[i]) && strcmp(rows[i].system, "dltape") == 0) series_of(&c, &rows[i]);
    for (int i = 0; i < n; i++)
        if (is_drawn(&rows[i])) series_of(&c, &rows[i]);
    if (c.columns == 0)
        return fprintf(stderr, "--plot %s: no workload with a floor was run\n", path), false;
    if (system("command -v gnuplot >/dev/null") != 0)
        return fprintf(stderr, "--plot needs gnuplot: apt-get install gnuplot-nox\n"), false;
    FILE *gnuplot = popen("gnuplot", "w");
    if (!gnuplot) return perror("gnuplot"), false;
    write_data(gnuplot, &c, rows, n);
    write_commands(gnuplot, &c, png, path);
    return pclose(gnuplot) == 0;
}
