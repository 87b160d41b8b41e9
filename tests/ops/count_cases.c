/* count_cases.c: how many elements are not 0, and which, of every dtype. */
#include "groups.h"

BUILD_AXES(count_nonzero)
BUILD_AXES(any)
BUILD_AXES(all)

static void count_group(int64_t n, const double *x, double *y)
{
    *y = 0;
    for (int64_t i = 0; i < n; i++)
        if (x[i] < 0 || x[i] > 0 || isnan(x[i])) ++*y;
}

static void any_group(int64_t n, const double *x, double *y)
{
    count_group(n, x, y);
    *y = *y > 0;
}

static void all_group(int64_t n, const double *x, double *y)
{
    count_group(n, x, y);
    *y = *y == (double)n;
}

GROUP_REFERENCE(count_nonzero, false, count_group)
GROUP_REFERENCE(any, false, any_group)
GROUP_REFERENCE(all, false, all_group)

#define OP_count_nonzero "count_nonzero"
#define OP_any "any"
#define OP_all "all"

static const double some[OP_POOL] = { 1, 0, 2, 0, 0, 3, 0.5, 4, 0, 5, 6,   7, 0, 8, 9, 1,
                                      0, 0, 2, 3, 0, 4, 0,   0, 1, 2, 0.5, 0, 0, 1, 0, 2 };
static const double whole[OP_POOL] = { 1, 0, 2, 0, 0, 3, 0, 4, 0, 5, 6, 7, 0, 8, 9, 1,
                                       0, 0, 2, 3, 0, 4, 0, 0, 1, 2, 0, 0, 0, 1, 0, 2 };

#define WHOLE(NAME, DTYPE, RESULT)                                                                 \
    OP_CASE(#NAME, #DTYPE, build_##NAME, (OP_INT(DTYPE, "234", "", whole)), "214", "", .arg = "1", \
            .reference = NAME##_reference, .flags = OP_ANY_DTYPE, .result = RESULT),               \
        OP_CASE(#NAME, #DTYPE " all", build_##NAME, (OP_INT(DTYPE, "34", "CB", whole)), "", "",    \
                .arg = "all", .reference = NAME##_reference, .flags = OP_ANY_DTYPE,                \
                .result = RESULT),                                                                 \
        OP_CASE(#NAME, #DTYPE " apart", build_##NAME, (OP_INT(DTYPE, "234", "", whole)), "131",    \
                "", .arg = "02", .reference = NAME##_reference, .flags = OP_ANY_DTYPE,             \
                .result = RESULT)
#define EVERY(NAME, RESULT)                                            \
    AXES_REDUCED(NAME, some, .flags = OP_ANY_DTYPE, .result = RESULT), \
        WHOLE(NAME, DL_I32, RESULT), WHOLE(NAME, DL_I64, RESULT), WHOLE(NAME, DL_U8, RESULT)

/* Of the 12 elements of `whole` that a (3,4) has, 7 are not 0, of the first 5 two. */
static dl_val build_nonzero(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_nonzero(in[0]);
}

static void nonzero_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t dim[DL_MAX_RANK], n = 1;
    for (int k = op_sizes(c->in[0].dims, dim); k-- > 0;) n *= dim[k];
    for (int64_t i = 0; i < n; i++)
        if (x[0][i] < 0 || x[0][i] > 0) *y++ = (double)i;
}

#define NONZERO(DTYPE)                                                                     \
    OP_CASE("nonzero", #DTYPE, build_nonzero, (OP_INT(DTYPE, "34", "CB", whole)), "7", "", \
            .reference = nonzero_reference, .flags = OP_FIXED | OP_ANY_DTYPE, .result = DL_I64)

static const op_case cases[] = {
    OP_CASE("nonzero", "of numbers", build_nonzero, (OP_X("5", "", some)), "2", "",
            .reference = nonzero_reference, .flags = OP_FIXED | OP_ANY_DTYPE, .result = DL_I64),
    NONZERO(DL_I32),
    NONZERO(DL_I64),
    NONZERO(DL_U8),
    EVERY(count_nonzero, DL_I64),
    EVERY(any, DL_U8),
    EVERY(all, DL_U8),
};
const op_table op_count = OP_TABLE(cases);

OP_TESTS(count)

TEST(count, edges_are_as_documented)
{
    static const group_edge edges[] = {
        { "count of nothing", build_count_nonzero, 0, 1, { 0 }, { 0 }, { 0 } },
        { "count of zeros", build_count_nonzero, 3, 1, { 0, -0.0, 0 }, { 0 }, { 0 } },
        { "count of NaN", build_count_nonzero, 3, 1, { NAN, 0, INFINITY }, { 2 }, { 0 } },
        { "count of denormals", build_count_nonzero, 2, 1, { 1e-40, -1e-40 }, { 2 }, { 0 } },
        { "any of nothing", build_any, 0, 1, { 0 }, { 0 }, { 0 } },
        { "any of NaN", build_any, 2, 1, { NAN, 0 }, { 1 }, { 0 } },
        { "any of -0", build_any, 1, 1, { -0.0 }, { 0 }, { 0 } },
        { "all of nothing", build_all, 0, 1, { 0 }, { 1 }, { 0 } },
        { "all of NaN", build_all, 2, 1, { NAN, 1 }, { 1 }, { 0 } },
        { "all but one", build_all, 3, 1, { 1, 0, 1 }, { 0 }, { 0 } },
    };
    GROUP_EDGES(edges);
}

TEST(count, groups_of_any_length_match)
{
    static const group_op ops[] = {
        { "count_nonzero", build_count_nonzero, count_group, false, 0 },
        { "all", build_all, all_group, false, 0 },
    };
    LONG_GROUPS(ops);
}

TEST(count, axes_that_are_not_there_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("any", build_any, "2", (OP_INT(DL_U8, "34", "", NULL)), DL_EAXIS, "no axis \"2\""),
        OP_BAD("all", build_all, "T", (OP_X("34", "CB", NULL)), DL_EAXIS, "no axis \"T\""),
        OP_BAD("count_nonzero", build_count_nonzero, NULL, (OP_X("34", "", NULL)), DL_ENULL,
               "no axes"),
    };
    OP_REJECTS(bad);
}
