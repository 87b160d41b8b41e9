/* order_cases.c: medians and modes. */
#include "groups.h"

#include <stdlib.h>

BUILD_AXES(median)
BUILD_AXES(mode)

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void median_group(int64_t n, const double *x, double *y)
{
    double *s = malloc((size_t)n * sizeof *s);
    memcpy(s, x, (size_t)n * sizeof *s);
    qsort(s, (size_t)n, sizeof *s, compare);
    *y = (s[n / 2] + s[(n - 1) / 2]) / 2;
    free(s);
}

/* By counting, element by element. */
static void mode_group(int64_t n, const double *x, double *y)
{
    int64_t most = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t equal = 0;
        for (int64_t k = 0; k < n; k++) equal += x[k] == x[i];
        if (equal > most || (equal == most && x[i] < *y)) most = equal, *y = x[i];
    }
}

GROUP_REFERENCE(median, false, median_group)
GROUP_REFERENCE(mode, false, mode_group)

#define OP_median "median"
#define OP_mode "mode"

static const op_case cases[] = {
    AXES_REDUCED(median, op_mixed, .flags = 0),
    AXES_REDUCED(mode, op_other, .flags = 0),
};
const op_table op_order = OP_TABLE(cases);

OP_TESTS(order)

TEST(order, edges_are_as_documented)
{
    static const group_edge edges[] = {
        { "median of one", build_median, 1, 1, { 5 }, { 5 }, { 1 } },
        { "median of two", build_median, 2, 1, { 5, 2 }, { 3.5 }, { 0.5, 0.5 } },
        { "median of three", build_median, 3, 1, { 5, 2, 3 }, { 3 }, { 0, 0, 1 } },
        { "median of four", build_median, 4, 1, { 4, 1, 3, 2 }, { 2.5 }, { 0, 0, 0.5, 0.5 } },
        { "median of ties", build_median, 4, 1, { 2, 2, 2, 2 }, { 2 }, { 0, 0.5, 0.5, 0 } },
        { "median of a tie", build_median, 5, 1, { 3, 1, 3, 3, 9 }, { 3 }, { 0, 0, 1, 0, 0 } },
        { "median of a pair", build_median, 4, 1, { 1, 7, 7, 9 }, { 7 }, { 0, 0.5, 0.5, 0 } },
        { "median of zeros", build_median, 3, 1, { -0.0, 0.0, -0.0 }, { 0 }, { 0, 1, 0 } },
        { "median across 0", build_median, 2, 1, { -1, 3 }, { 1 }, { 0.5, 0.5 } },
        { "median with NaN", build_median, 3, 1, { 1, NAN, 2 }, { NAN }, { NAN, NAN, NAN } },
        { "median of inf", build_median, 2, 1, { INFINITY, INFINITY }, { INFINITY }, { .5, .5 } },
        { "median of inf and 1", build_median, 2, 1, { 1, INFINITY }, { INFINITY }, { .5, .5 } },
        { "median of both inf", build_median, 2, 1, { INFINITY, -INFINITY }, { NAN }, { .5, .5 } },
        { "median and -inf", build_median, 3, 1, { -INFINITY, 4, INFINITY }, { 4 }, { 0, 1, 0 } },
        { "median of large", build_median, 2, 1, { 2e38, 3e38 }, { 2.5e38 }, { 0.5, 0.5 } },
        { "median of small", build_median, 3, 1, { 1e-38, -1e-38, 0 }, { 0 }, { 0, 0, 1 } },
        { "median of nothing", build_median, 0, 1, { 0 }, { NAN }, { 0 } },
        { "mode", build_mode, 5, 1, { 3, 1, 3, 2, 1 }, { 1 }, { 0, 0.5, 0, 0, 0.5 } },
        { "mode of distinct", build_mode, 3, 1, { 3, 1, 2 }, { 1 }, { 0, 1, 0 } },
        { "mode of equals", build_mode, 2, 1, { 7, 7 }, { 7 }, { 0.5, 0.5 } },
        { "mode of the larger", build_mode, 4, 1, { 1, 4, 2, 4 }, { 4 }, { 0, 0.5, 0, 0.5 } },
        { "mode with NaN", build_mode, 4, 1, { NAN, 2, NAN, NAN }, { 2 }, { 0, 1, 0, 0 } },
        { "mode of NaN", build_mode, 2, 1, { NAN, NAN }, { NAN }, { 0.5, 0.5 } },
        { "mode of inf", build_mode, 3, 1, { INFINITY, 1, INFINITY }, { INFINITY }, { .5, 0, .5 } },
        { "mode of -inf", build_mode, 2, 1, { -INFINITY, 1 }, { -INFINITY }, { 1, 0 } },
        { "mode of zeros", build_mode, 3, 1, { -0.0, 1, 0.0 }, { 0 }, { 0.5, 0, 0.5 } },
        { "mode of nothing", build_mode, 0, 1, { 0 }, { NAN }, { 0 } },
    };
    GROUP_EDGES(edges);
}

TEST(order, groups_of_any_length_match)
{
    static const group_op ops[] = {
        { "median", build_median, median_group, false, 1e-15 },
        { "mode", build_mode, mode_group, false, 0 },
    };
    LONG_GROUPS(ops);
}

/* Many equals, so that runs matter. */
TEST(order, the_mode_of_few_numbers_matches)
{
    for (int64_t n = 1; n <= 60; n++) {
        double x[60], want;
        for (int64_t i = 0; i < n; i++) x[i] = (double)(i * i * 31 % (n % 7 + 3)) - 2;
        mode_group(n, x, &want);
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_wrap(x, DL_F64, NULL, DL_DIMS(n));
        double got = dl_item(dl_mode(dl_leaf(t, a), "all"));
        CHECK_MSG(got == want, "mode of %lld: got %g, wanted %g", (long long)n, got, want);
        dl_tape_free(t);
        dl_array_free(a);
    }
}

TEST(order, axes_that_are_not_there_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("median", build_median, "2", (OP_X("34", "", NULL)), DL_EAXIS, "no axis \"2\""),
        OP_BAD("mode", build_mode, "T", (OP_X("34", "CB", NULL)), DL_EAXIS, "no axis \"T\""),
        OP_BAD("mode", build_mode, NULL, (OP_X("34", "", NULL)), DL_ENULL, "no axes"),
    };
    OP_REJECTS(bad);
}

/* What is sorted for a mode: rising, falling, equal, up and down, few values, many, with NaN. */
static double of_pattern(int pattern, int64_t i, int64_t n)
{
    uint32_t mixed = (uint32_t)i * 2654435761u >> 7;
    switch (pattern) {
    case 0: return (double)i;
    case 1: return (double)-i;
    case 2: return -0.0;
    case 3: return (double)(i < n / 2 ? i : n - i);
    case 4: return mixed % 5;
    case 5: return mixed % 997;
    default: return mixed % 3 ? (double)(mixed % 31) : (double)NAN;
    }
}

static double mode_by_counting(int64_t n, const double *x)
{
    double best = NAN;
    int64_t most = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t count = 0;
        for (int64_t k = 0; k < n; k++) count += x[k] == x[i];
        if (count > most || (count == most && x[i] < best)) best = x[i], most = count;
    }
    return best;
}

TEST(order, modes_of_any_pattern_are_found)
{
    static const int64_t lengths[] = { 1, 2, 16, 17, 40, 333 };
    static double x[333];
    for (int pattern = 0; pattern < 7; pattern++)
        for (int k = 0; k < 6; k++) {
            int64_t n = lengths[k];
            for (int64_t i = 0; i < n; i++) x[i] = of_pattern(pattern, i, n);
            dl_tape *t = dl_tape_new();
            dl_array *a = dl_array_wrap(x, DL_F64, NULL, DL_DIMS(n));
            double got = dl_item(dl_mode(dl_leaf(t, a), "0")), want = mode_by_counting(n, x);
            CHECK_MSG(got == want || (isnan(got) && isnan(want)),
                      "pattern %d, %lld elements: got %g, wanted %g", pattern, (long long)n, got,
                      want);
            dl_tape_free(t);
            dl_array_free(a);
        }
}
