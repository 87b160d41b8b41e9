/* curves.c: how time and memory grow with the length of the tape, and time with the size of the
 * loss. */
#include "bench.h"

#include "dltape.h"
#include "tests/harness/counting.h"

#include <string.h>

/* ---- the length of the tape ------------------------------------------------------------------ */

/* The time to record a chain of n products with its gradient and, if asked, to compute it. */
static double chain(dl_tape *tape, int n, bool compute)
{
    double start = bench_now();
    dl_tape_reset(tape);
    dl_val x = dl_scalar(tape, DL_F64, 0.5), y = x, g;
    for (int i = 0; i < n; i++) y = dl_mul(y, x);
    dl_grad(y, &x, 1, &g);
    if (compute) dl_item(g);
    if (dl_tape_status(tape)) fprintf(stderr, "growth: %s\n", dl_tape_message(tape));
    return bench_now() - start;
}

int bench_growth(bench_row *rows)
{
    static const struct {
        const char *name;
        int nodes, repeats;
    } sizes[] = { { "growth 1e2", 100, 1000 },  { "growth 1e3", 1000, 100 },
                  { "growth 1e4", 10000, 20 },  { "growth 1e5", 100000, 20 },
                  { "growth 1e6", 1000000, 3 }, { "growth 1e7", 10000000, 2 } };
    int n = 0;
    printf("\ngrowth: a scalar chain of mul with its gradient, all per node\n");
    printf("  %10s %14s %14s %12s %12s %12s\n", "nodes", "first step", "next steps", "tape",
           "with plan", "at most");
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        int products = sizes[k].nodes / 4; /* the gradient brings the other three quarters */
        double next = 1e9;
        counting memory;
        counting_begin(&memory);
        dl_tape *tape = dl_tape_new();
        chain(tape, products, false);
        double nodes = (double)dl_tape_nodes(tape), recorded = (double)memory.bytes;
        dl_tape_free(tape);
        tape = dl_tape_new();
        double first = chain(tape, products, true);
        for (int i = 0; i < sizes[k].repeats; i++) {
            double once = chain(tape, products, true);
            if (once < next) next = once;
        }
        printf("  %10.0f %11.1f ns %11.1f ns %10.1f B %10.1f B %10.1f B\n", nodes,
               first / nodes * 1e9, next / nodes * 1e9, recorded / nodes,
               (double)memory.bytes / nodes, (double)memory.peak / nodes);
        fflush(stdout);
        dl_tape_free(tape);
        counting_end();
        first /= nodes, next /= nodes;
        rows[n++] =
            (bench_row){ sizes[k].name, "", "dltape", "first step", 1, first, first, .peak = -1 };
        rows[n++] =
            (bench_row){ sizes[k].name, "", "dltape", "next steps", 1, next, next, .peak = -1 };
    }
    return n;
}

/* ---- the size of the loss -------------------------------------------------------------------- */

static bool is_dltape(const bench_row *r) { return strcmp(r->system, "dltape") == 0; }

static void print_heads(const bench_row *rows, int n)
{
    printf("  %6s", "n");
    for (int k = 0; k < n; k++)
        printf(" %14s", is_dltape(&rows[k]) ? rows[k].mode : rows[k].system);
    printf("   define-by-run to hand, to libtorch\n");
}

static void print_size(int size, const bench_row *rows, int n)
{
    char text[32];
    const bench_row *first = rows;
    while (first < rows + n - 1 && !is_dltape(first)) first++;
    printf("  %6d", size);
    for (int k = 0; k < n; k++) printf(" %14s", bench_scaled(rows[k].median, text, sizeof text));
    printf(" %23.2f", first->to_hand);
    if (first->to_libtorch > 0) printf(" %12.2g\n", first->to_libtorch);
    else printf(" %12s\n", "-");
    fflush(stdout);
}

int bench_sizes(bench_row *rows)
{
    int n = 0;
    printf("\nsizes: the reference loss of n features x 2 n columns, medians (per step)\n");
    for (int i = 0; i < bench_loss_sizes_n; i++) {
        int added = bench_time(&bench_loss_sizes[i], 1, rows + n);
        if (added < 0) return -1;
        if (i == 0) print_heads(rows, added);
        print_size((int)bench_loss_sizes[i].in[0].dims[0], rows + n, added);
        n += added;
    }
    return n;
}
