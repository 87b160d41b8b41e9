/* autoencoder_report.c: progress, tables, and the hash of the result. */
#include "autoencoder.h"

#include <langinfo.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

const char *const term_names[TERMS] = { "l1", "l2", "l3", "l4", "loss" };
const char *const term_formulas[TERMS] = {
    /* clang-format off */
    "|lambda cov(H) - I|",
    "lambda |H/4 + lambda |W1 W1' - I||",
    "lambda |cov(Q) - I|",
    "1/2 sum (Q - X)^2",
    "l1 + l2 + l3 + l4",
    /* clang-format on */
};

bool is_terminal(void) { return isatty(STDOUT_FILENO); }

bool can_unicode(void) { return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

static void bar(int64_t done, int64_t epochs, double loss)
{
    enum { WIDTH = 40 };
    const char *full = can_unicode() ? "\u2588" : "#", *empty = can_unicode() ? "\u2591" : ".";
    printf("\r  ");
    for (int i = 0; i < WIDTH; i++) fputs(i < done * WIDTH / epochs ? full : empty, stdout);
    printf(" %3d%%  epoch %lld/%lld  loss %.4g  ", (int)(100 * done / epochs), (long long)done,
           (long long)epochs, loss);
    if (done == epochs) putchar('\n');
    fflush(stdout);
}

void report_progress(int64_t done, int64_t epochs, double loss)
{
    int64_t parts = is_terminal() ? 100 : 10;
    if (done != 1 && done * parts / epochs == (done - 1) * parts / epochs) return;
    if (is_terminal()) bar(done, epochs, loss);
    else printf("  epoch %6lld/%lld  loss %.6g\n", (long long)done, (long long)epochs, loss);
}

void report_terms(const double before[TERMS], const double after[TERMS])
{
    printf("\n  %-5s %-36s %12s %12s\n", "Term", "Formula", "Before", "After");
    for (int k = 0; k < TERMS; k++)
        printf("  %-5s %-36s %12.5f %12.5f\n", term_names[k], term_formulas[k], before[k],
               after[k]);
}

static void print_row(const double *c, int64_t row, int64_t n, int64_t shown)
{
    for (int64_t j = 0; j < shown; j++) printf(" %8.3f", c[row * n + j]);
    if (shown < n) printf(" ...");
}

void report_covariances(const double *before, const double *after, int64_t n)
{
    int64_t shown = n < 6 ? n : 6;
    int width = (int)(9 * shown + (shown < n ? 4 : 0));
    printf("  %-*s    %s\n", width, " before", " after");
    for (int64_t i = 0; i < shown; i++) {
        printf("  ");
        print_row(before, i, n, shown);
        printf("    ");
        print_row(after, i, n, shown);
        putchar('\n');
    }
    if (shown < n) printf("   ... (%lld x %lld)\n", (long long)n, (long long)n);
}

uint64_t hash_of(const dl_net *net)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (int i = 0; i < dl_net_learnables(net); i++) {
        const dl_array *a = dl_net_learnable(net, i).value;
        const unsigned char *p = dl_array_data(a);
        size_t bytes = (size_t)dl_array_numel(a) * dl_dtype_size(dl_array_dtype(a));
        for (size_t k = 0; k < bytes; k++) h = (h ^ p[k]) * UINT64_C(0x100000001B3);
    }
    return h;
}
