/* autoencoder_options.c: the command line. An option is a row: what it is called, what it sets,
 * what it accepts, what --help says. */
#include "autoencoder.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#ifndef IRIS_CSV
#define IRIS_CSV "examples/data/iris.csv"
#endif

typedef struct option_row option_row;
struct option_row {
    const char *name, *argument, *help;
    bool (*set)(const option_row *row, void *field, const char *text); /* false: not accepted */
    size_t field;
    double low, high;
    const char *accepts; /* for messages; words separated by '|' for choices */
};

static bool set_text(const option_row *row, void *field, const char *text)
{
    *(const char **)field = text;
    return row && *text;
}

static bool set_plot(const option_row *row, void *field, const char *text)
{
    const char *dot = strrchr(text, '.');
    return dot && (strcmp(dot, ".svg") == 0 || strcmp(dot, ".png") == 0)
           && set_text(row, field, text);
}

static bool set_real(const option_row *row, void *field, const char *text)
{
    char *end;
    double x = *(double *)field = strtod(text, &end);
    return end != text && !*end && x >= row->low && x <= row->high;
}

static bool set_count(const option_row *row, void *field, const char *text)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    *(int64_t *)field = n;
    return end != text && !*end && !errno && (double)n >= row->low && (double)n <= row->high;
}

static bool set_flag(const option_row *row, void *field, const char *text)
{
    (void)row;
    (void)text;
    return *(bool *)field = true;
}

/* The number of the word among those accepted. */
static int choice(const option_row *row, const char *text)
{
    const char *p = row->accepts;
    for (int i = 0;; i++, p++) {
        size_t n = strcspn(p, "|");
        if (strlen(text) == n && memcmp(p, text, n) == 0) return i;
        if (!*(p += n)) return -1;
    }
}

static bool set_optimizer(const option_row *row, void *field, const char *text)
{
    *(bool *)field = choice(row, text) == 0;
    return choice(row, text) >= 0;
}

static bool set_dtype(const option_row *row, void *field, const char *text)
{
    *(dl_dtype *)field = choice(row, text) == 0 ? DL_F32 : DL_F64;
    return choice(row, text) >= 0;
}

/* clang-format off */
#define ROW(option, text, setter, member, ...) \
    { .name = option, .help = text, .set = setter, .field = offsetof(options, member), __VA_ARGS__ }
#define TAKES(what, from) .argument = what, .accepts = from
/* clang-format on */
static const option_row rows[] = {
    ROW("data", "a CSV of numbers, rows are observations (Fisher's Iris)", set_text, data,
        TAKES("FILE", "a file name")),
    ROW("lambda", "the weight of the constraints (1)", set_real, lambda,
        TAKES("X", "a number from 0 to 1e6"), .high = 1e6),
    ROW("hidden", "hidden units (4)", set_count, hidden, TAKES("N", "1 to 1024"), .low = 1,
        .high = 1024),
    ROW("epochs", "passes over the data (400)", set_count, epochs, TAKES("N", "1 to 1000000"),
        .low = 1, .high = 1e6),
    ROW("batch", "rows per step (10)", set_count, batch, TAKES("N", "2 to 1000000"), .low = 2,
        .high = 1e6),
    ROW("rate", "learning rate, falling to 0 (adam 0.01, sgdm 0.0005)", set_real, rate,
        TAKES("X", "a number from 1e-12 to 1000"), .low = 1e-12, .high = 1e3),
    ROW("optimizer", "adam or sgdm (adam)", set_optimizer, adam, TAKES("NAME", "adam|sgdm")),
    ROW("seed", "of weights and of the order of the rows (1)", set_count, seed,
        TAKES("N", "a whole number from 0 to 9e18"), .high = 9e18),
    ROW("dtype", "f32 or f64 (f32)", set_dtype, dtype, TAKES("NAME", "f32|f64")),
    ROW("literal-norm", "root of the sum of all entries of x'x, in place of Frobenius", set_flag,
        literal_norm, .argument = NULL),
    ROW("plot", "draw the curves as .svg or .png (needs gnuplot)", set_plot, plot,
        TAKES("FILE", "a name that ends in .svg or .png")),
    { .name = "help", .help = "this text" },
};
enum { NROWS = sizeof rows / sizeof *rows };

static void help(const char *program)
{
    printf("usage: %s [OPTION...]\n\n"
           "Trains an autoencoder under a loss of four terms: hidden units decorrelated, weights\n"
           "orthogonal, outputs decorrelated, input reconstructed.\n\n",
           program);
    for (int i = 0; i < NROWS; i++) {
        char left[40];
        snprintf(left, sizeof left, "--%s %s", rows[i].name,
                 rows[i].argument ? rows[i].argument : "");
        printf("  %-18s %s\n", left, rows[i].help);
    }
}

static bool refuse(const char *program, int *status, const char *name, const char *text,
                   const char *accepts)
{
    fprintf(stderr, "%s: --%s %s: wanted %s\n", program, name, text, accepts);
    *status = 2;
    return false;
}

/* What no option has set. */
static bool complete(options *o, const char *program, int argc, char **argv, int *status)
{
    if (optind < argc) {
        fprintf(stderr, "%s: unexpected argument %s (try --help)\n", program, argv[optind]);
        *status = 2;
        return false;
    }
    if (o->rate == 0) o->rate = o->adam ? 0.01 : 0.0005;
    return true;
}

bool options_parse(options *o, int argc, char **argv, int *status)
{
    char *slash = strrchr(argv[0], '/'), *program = slash ? slash + 1 : argv[0];
    struct option list[NROWS + 1] = { 0 };
    int k;
    argv[0] = program; /* which getopt_long prints, too */
    *o = (options){ .data = IRIS_CSV,
                    .lambda = 1,
                    .hidden = 4,
                    .epochs = 400,
                    .batch = 10,
                    .seed = 1,
                    .dtype = DL_F32,
                    .adam = true };
    for (int i = 0; i < NROWS; i++)
        list[i] = (struct option){ rows[i].name, rows[i].argument ? required_argument : no_argument,
                                   NULL, i + 1 };
    while ((k = getopt_long(argc, argv, "", list, NULL)) != -1) {
        const option_row *row = k > 0 && k <= NROWS ? &rows[k - 1] : NULL;
        if (!row) {
            fprintf(stderr, "%s: try --help\n", program);
            *status = 2;
            return false;
        }
        if (!row->set) {
            help(program);
            *status = 0;
            return false;
        }
        if (!row->set(row, (char *)o + row->field, optarg))
            return refuse(program, status, row->name, optarg, row->accepts);
    }
    return complete(o, program, argc, argv, status);
}
