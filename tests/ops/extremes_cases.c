/* extremes_cases.c: the largest and smallest over axes, where they are, and so far. */
#include "groups.h"

BUILD_AXES(amax)
BUILD_AXES(amin)
BUILD_AXES(argmax)
BUILD_AXES(argmin)

#define BUILD_PAIR(NAME, OP, WHICH)                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        dl_val pair[2];                                                       \
        dl_##OP(in[0], arg, &pair[0], &pair[1]);                              \
        return pair[WHICH];                                                   \
    }
BUILD_PAIR(max_values, max_with_indices, 0)
BUILD_PAIR(max_places, max_with_indices, 1)
BUILD_PAIR(min_values, min_with_indices, 0)
BUILD_PAIR(min_places, min_with_indices, 1)

#define BUILD_SCAN(NAME, OP, REVERSE)                                         \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##OP(in[0], arg, REVERSE);                                  \
    }
BUILD_SCAN(cummax, cummax, false)
BUILD_SCAN(cummax_back, cummax, true)
BUILD_SCAN(cummin, cummin, false)
BUILD_SCAN(cummin_back, cummin, true)

/* ---- the references -------------------------------------------------------------------------- */

static int64_t place_of(int64_t n, const double *x, double sign)
{
    int64_t k = n - 1;
    for (int64_t i = n; i-- > 0;)
        if (sign * x[i] >= sign * x[k]) k = i;
    return k;
}

static void largest(int64_t n, const double *x, double *y) { *y = x[place_of(n, x, 1)]; }
static void smallest(int64_t n, const double *x, double *y) { *y = x[place_of(n, x, -1)]; }
static void at_largest(int64_t n, const double *x, double *y) { *y = (double)place_of(n, x, 1); }
static void at_smallest(int64_t n, const double *x, double *y) { *y = (double)place_of(n, x, -1); }

static void largest_so_far(int64_t n, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) largest(i + 1, x, &y[i]);
}
static void smallest_so_far(int64_t n, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) smallest(i + 1, x, &y[i]);
}
static void largest_from(int64_t n, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) largest(n - i, x + i, &y[i]);
}
static void smallest_from(int64_t n, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) smallest(n - i, x + i, &y[i]);
}

GROUP_REFERENCE(amax, false, largest)
GROUP_REFERENCE(amin, false, smallest)
GROUP_REFERENCE(argmax, false, at_largest)
GROUP_REFERENCE(argmin, false, at_smallest)
GROUP_REFERENCE(max_values, false, largest)
GROUP_REFERENCE(max_places, false, at_largest)
GROUP_REFERENCE(min_values, false, smallest)
GROUP_REFERENCE(min_places, false, at_smallest)
GROUP_REFERENCE(cummax, true, largest_so_far)
GROUP_REFERENCE(cummax_back, true, largest_from)
GROUP_REFERENCE(cummin, true, smallest_so_far)
GROUP_REFERENCE(cummin_back, true, smallest_from)

#define OP_amax "amax"
#define OP_amin "amin"
#define OP_argmax "argmax"
#define OP_argmin "argmin"
#define OP_max_values "max_with_indices"
#define OP_max_places "max_with_indices"
#define OP_min_values "min_with_indices"
#define OP_min_places "min_with_indices"
#define OP_cummax "cummax"
#define OP_cummax_back "cummax"
#define OP_cummin "cummin"
#define OP_cummin_back "cummin"
#define PLACES .result = DL_I64, .flags = OP_FIXED

static const op_case cases[] = {
    AXES_REDUCED(amax, op_mixed, .flags = 0),
    AXES_REDUCED(amin, op_other, .flags = 0),
    AXES_REDUCED(argmax, op_mixed, PLACES),
    AXES_REDUCED(argmin, op_other, PLACES),
    AXES_REDUCED(max_values, op_mixed, .flags = OP_FIXED),
    AXES_REDUCED(max_places, op_mixed, PLACES),
    AXES_REDUCED(min_values, op_mixed, .flags = OP_FIXED),
    AXES_REDUCED(min_places, op_mixed, PLACES),
    AXIS_SAME(cummax, op_mixed, .flags = 0),
    AXIS_SAME(cummax_back, op_mixed, .flags = 0),
    AXIS_SAME(cummin, op_other, .flags = 0),
    AXIS_SAME(cummin_back, op_other, .flags = 0),
};
const op_table op_extremes = OP_TABLE(cases);

OP_TESTS(extremes)

/* ---- edges ----------------------------------------------------------------------------------- */

TEST(extremes, edges_are_as_documented)
{
    static const group_edge edges[] = {
        { "amax of ties", build_amax, 4, 1, { 1, 3, 3, 2 }, { 3 }, { 0, 0.5, 0.5, 0 } },
        { "amax of equals", build_amax, 4, 1, { 2, 2, 2, 2 }, { 2 }, { .25, .25, .25, .25 } },
        { "amax of zeros", build_amax, 2, 1, { -0.0, 0.0 }, { 0 }, { 0.5, 0.5 } },
        { "amax with NaN", build_amax, 3, 1, { 1, NAN, 2 }, { NAN }, { 0, 1, 0 } },
        { "amax of NaN first", build_amax, 3, 1, { NAN, 1, 2 }, { NAN }, { 1, 0, 0 } },
        { "amax of two NaN", build_amax, 3, 1, { NAN, 1, NAN }, { NAN }, { 0.5, 0, 0.5 } },
        { "amax of inf", build_amax, 3, 1, { 1, INFINITY, 2 }, { INFINITY }, { 0, 1, 0 } },
        { "amax of -inf", build_amax, 2, 1, { -INFINITY, -INFINITY }, { -INFINITY }, { .5, .5 } },
        { "amax of nothing", build_amax, 0, 1, { 0 }, { -INFINITY }, { 0 } },
        { "amax of inf and NaN", build_amax, 2, 1, { INFINITY, NAN }, { NAN }, { 0, 1 } },
        { "amin of ties", build_amin, 4, 1, { 1, 3, 1, 2 }, { 1 }, { 0.5, 0, 0.5, 0 } },
        { "amin with NaN", build_amin, 3, 1, { 1, NAN, 2 }, { NAN }, { 0, 1, 0 } },
        { "amin of -inf and NaN", build_amin, 2, 1, { -INFINITY, NAN }, { NAN }, { 0, 1 } },
        { "amin of inf", build_amin, 2, 1, { INFINITY, INFINITY }, { INFINITY }, { 0.5, 0.5 } },
        { "amin of nothing", build_amin, 0, 1, { 0 }, { INFINITY }, { 0 } },
        { "argmax of ties", build_argmax, 4, 1, { 1, 3, 3, 2 }, { 1 }, { 0 } },
        { "argmax with NaN", build_argmax, 4, 1, { 5, NAN, 9, NAN }, { 1 }, { 0 } },
        { "argmax of -inf", build_argmax, 3, 1, { -INFINITY, -INFINITY, -INFINITY }, { 0 }, { 0 } },
        { "argmax of zeros", build_argmax, 3, 1, { -1, -0.0, 0.0 }, { 1 }, { 0 } },
        { "argmax of inf", build_argmax, 3, 1, { -1, INFINITY, INFINITY }, { 1 }, { 0 } },
        { "argmin of ties", build_argmin, 4, 1, { 4, 3, 3, 3 }, { 1 }, { 0 } },
        { "argmin with NaN", build_argmin, 3, 1, { -INFINITY, 1, NAN }, { 2 }, { 0 } },
        { "argmin of inf", build_argmin, 2, 1, { INFINITY, INFINITY }, { 0 }, { 0 } },
        { "values of ties", build_max_values, 4, 1, { 1, 3, 3, 2 }, { 3 }, { 0, 1, 0, 0 } },
        { "values with NaN", build_max_values, 3, 1, { 1, 3, NAN }, { NAN }, { 0, 0, 1 } },
        { "least values", build_min_values, 3, 1, { 1, 1, 2 }, { 1 }, { 1, 0, 0 } },
        { "cummax", build_cummax, 5, 5, { 1, 0, 1, 3, 2 }, { 1, 1, 1, 3, 3 }, { 6, 0, 0, 9, 0 } },
        { "cummax with NaN",
          build_cummax,
          4,
          4,
          { 1, NAN, 5, NAN },
          { 1, NAN, NAN, NAN },
          { 1, 9, 0, 0 } },
        { "cummax back", build_cummax_back, 4, 4, { 1, 3, 2, 2 }, { 3, 3, 2, 2 }, { 0, 3, 0, 7 } },
        { "cummax of -inf",
          build_cummax,
          3,
          3,
          { -INFINITY, -INFINITY, 1 },
          { -INFINITY, -INFINITY, 1 },
          { 3, 0, 3 } },
        { "cummin", build_cummin, 4, 4, { 2, 3, 1, 1 }, { 2, 2, 1, 1 }, { 3, 0, 7, 0 } },
        { "cummin back", build_cummin_back, 3, 3, { 1, 2, 3 }, { 1, 2, 3 }, { 1, 2, 3 } },
    };
    GROUP_EDGES(edges);
}

TEST(extremes, groups_of_any_length_match)
{
    static const group_op ops[] = {
        { "amax", build_amax, largest, false, 0 },
        { "amin", build_amin, smallest, false, 0 },
        { "argmax", build_argmax, at_largest, false, 0 },
        { "argmin", build_argmin, at_smallest, false, 0 },
        { "max_with_indices", build_max_values, largest, false, 0 },
        { "cummax", build_cummax, largest_so_far, true, 0 },
        { "cummin", build_cummin_back, smallest_from, true, 0 },
    };
    LONG_GROUPS(ops);
}

static dl_val build_nowhere(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val y;
    return dl_max_with_indices(in[0], arg, &y, NULL), y;
}

TEST(extremes, what_has_no_extreme_is_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("argmax", build_argmax, "1", (OP_X("30", "", NULL)), DL_ESHAPE,
               "(3,0): no elements along the axes"),
        OP_BAD("argmin", build_argmin, "all", (OP_X("30", "", NULL)), DL_ESHAPE, "no elements"),
        OP_BAD("argmin", build_argmin, "2", (OP_X("34", "", NULL)), DL_EAXIS, "no axis \"2\""),
        OP_BAD("amax", build_amax, "T", (OP_X("34", "CB", NULL)), DL_EAXIS, "(3 C, 4 B)"),
        OP_BAD("amin", build_amin, NULL, (OP_X("34", "", NULL)), DL_ENULL, "no axes"),
        OP_BAD("cummax", build_cummax, "all", (OP_X("34", "", NULL)), DL_EAXIS, "is not one axis"),
        OP_BAD("cummin", build_cummin, "01", (OP_X("34", "", NULL)), DL_EAXIS, "is not one axis"),
        OP_BAD("max_with_indices", build_max_values, "3", (OP_X("34", "", NULL)), DL_EAXIS,
               "\"3\""),
        OP_BAD("max_with_indices", build_nowhere, "1", (OP_X("34", "", NULL)), DL_ENULL,
               "no place for the results"),
    };
    OP_REJECTS(bad);
}
