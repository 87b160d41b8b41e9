/* autoencoder_chart.c: the curves of the terms, as text and through gnuplot. */
#include "autoencoder.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 66, HEIGHT = 15, EMPTY = TERMS };

/* ---- text ------------------------------------------------------------------------------------ */

static const char marks[] = "1234* ";
static const int terminal_colours[TERMS] = { 36, 33, 35, 32, 1 };
/* Okabe and Ito's, which can be told apart by the colour-blind. */
static const char *const rgb[TERMS] = { "#0072b2", "#d55e00", "#cc79a7", "#009e73", "#000000" };

typedef struct range {
    double low, high; /* powers of ten */
} range;

static range range_of(const history *h)
{
    range r = { INFINITY, -INFINITY };
    for (int64_t e = 0; e < h->epochs; e++)
        for (int k = 0; k < TERMS; k++) {
            double x = h->mean[e][k];
            if (!(x > 0) || isinf(x)) continue;
            r.low = fmin(r.low, log10(x));
            r.high = fmax(r.high, log10(x));
        }
    if (r.high - r.low < 0.1) r.high = r.low + 0.1;
    return r;
}

/* The epoch in a column of the chart: both axes are logarithmic. */
static int64_t epoch_at(const history *h, int column)
{
    return llround(pow((double)h->epochs, (double)column / (WIDTH - 1))) - 1;
}

static void draw(const history *h, range r, unsigned char grid[HEIGHT][WIDTH])
{
    memset(grid, EMPTY, HEIGHT * WIDTH);
    for (int c = 0; c < WIDTH; c++)
        for (int k = TERMS - 1; k >= 0; k--) {
            double x = h->mean[epoch_at(h, c)][k];
            if (!(x > 0) || isinf(x)) continue;
            double at = (r.high - log10(x)) / (r.high - r.low) * (HEIGHT - 1);
            grid[(int)lround(at)][c] = (unsigned char)k;
        }
}

static void put_mark(int k)
{
    if (k < TERMS && is_terminal()) printf("\033[%dm%c\033[0m", terminal_colours[k], marks[k]);
    else putchar(marks[k]);
}

void chart_print(const history *h)
{
    unsigned char grid[HEIGHT][WIDTH];
    bool fine = can_unicode();
    range r = range_of(h);
    if (!isfinite(r.low)) return;
    draw(h, r, grid);
    for (int i = 0; i < HEIGHT; i++) {
        double x = pow(10, r.high - (r.high - r.low) * i / (HEIGHT - 1));
        if (i % 7 == 0) printf("  %9.3g %s", x, fine ? "\u2524" : "+");
        else printf("  %9s %s", "", fine ? "\u2502" : "|");
        for (int c = 0; c < WIDTH; c++) put_mark(grid[i][c]);
        putchar('\n');
    }
    printf("  %9s %s", "", fine ? "\u2514" : "+");
    for (int c = 0; c < WIDTH; c++) fputs(fine ? "\u2500" : "-", stdout);
    printf("\n  %9s  1%*lld\n  %9s ", "epoch", WIDTH - 1, (long long)h->epochs, "");
    for (int k = 0; k < TERMS; k++) {
        putchar(' ');
        put_mark(k);
        printf(" %s  ", term_names[k]);
    }
    printf(" (mean over the batches)\n");
}

/* ---- gnuplot --------------------------------------------------------------------------------- */

/* The name in single quotes, which double inside. */
static void put_quoted(const char *path, FILE *to)
{
    putc('\'', to);
    for (; *path; path++) {
        if (*path == '\'') putc('\'', to);
        putc(*path, to);
    }
    putc('\'', to);
}

static void put_script(const history *h, const char *path, FILE *to)
{
    const char *dot = strrchr(path, '.');
    bool svg = dot && strcmp(dot, ".svg") == 0;
    if (svg) fprintf(to, "set terminal svg size 960,600 font 'sans,14' background 'white'\n");
    else
        fprintf(to, "if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) "
                    "set terminal pngcairo size 960,600 font 'sans,12'; "
                    "else set terminal png size 960,600\n");
    fprintf(to, "set output ");
    put_quoted(path, to);
    fprintf(to, "\nset logscale xy\nset format xy '%%g'\nset grid lc rgb '#dddddd'\n"
                "set xlabel 'epoch'\nset ylabel 'mean over the batches'\n");
    fprintf(to, "set xrange [1:%lld]\n", h->epochs > 1 ? (long long)h->epochs : 2);
    fprintf(to, "$terms << END\n");
    for (int64_t e = 0; e < h->epochs; e++) {
        fprintf(to, "%lld", (long long)e + 1);
        for (int k = 0; k < TERMS; k++) fprintf(to, " %.9g", h->mean[e][k]);
        putc('\n', to);
    }
    fprintf(to, "END\nplot ");
    for (int k = TERMS - 1; k >= 0; k--) {
        fprintf(to, "$terms using 1:%d with lines lw %d lc rgb '%s' ", k + 2, k == TOTAL ? 3 : 2,
                rgb[k]);
        fprintf(to, "title \"%s = %s\" noenhanced%s", term_names[k], term_formulas[k],
                k ? ", " : "\n");
    }
}

bool chart_plot(const history *h, const char *path)
{
    if (system("command -v gnuplot >/dev/null 2>&1") != 0) {
        printf("  no picture: gnuplot is not installed\n");
        return true;
    }
    FILE *probe = fopen(path, "w");
    if (!probe) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    fclose(probe);
    signal(SIGPIPE, SIG_IGN);
    FILE *to = popen("gnuplot", "w");
    if (!to) {
        fprintf(stderr, "%s: gnuplot cannot be started\n", path);
        return false;
    }
    put_script(h, path, to);
    bool good = pclose(to) == 0;
    if (good) printf("  the curves: %s\n", path);
    else fprintf(stderr, "%s: gnuplot could not draw it\n", path);
    return good;
}
