/* groups.h: references of ops over axes, from what becomes of one group of elements. */
#ifndef DLTAPE_OPS_GROUPS_H
#define DLTAPE_OPS_GROUPS_H

#include "driver.h"

/* y is one number, or n of them where the op keeps sizes. */
typedef void group_reference(int64_t n, const double *x, double *y);

/* Over the axes c->arg of the first input, whose values x are. */
void over_groups(const op_case *c, const double *x, double *y, bool same, group_reference *f);

#define GROUP_REFERENCE(NAME, SAME, GROUP)                                            \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        over_groups(c, x[0], y, SAME, GROUP);                                         \
    }
#define BUILD_AXES(NAME)                                                      \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return dl_##NAME(in[0], arg);                                         \
    }

/* The same op over axes of all kinds; ... are further fields. */
#define AXES_ROW(NAME, AXES, X, LX, Y, LY, VALUES, ...)                                      \
    OP_CASE(OP_##NAME, "axes " AXES " of " X LX, build_##NAME, (OP_X(X, LX, VALUES)), Y, LY, \
            .arg = AXES, .reference = NAME##_reference, __VA_ARGS__)
#define AXES_REDUCED(NAME, VALUES, ...)                                        \
    AXES_ROW(NAME, "all", "34", "", "", "", VALUES, __VA_ARGS__),              \
        AXES_ROW(NAME, "all", "", "", "", "", VALUES, __VA_ARGS__),            \
        AXES_ROW(NAME, "all", "23", "CB", "", "", VALUES, __VA_ARGS__),        \
        AXES_ROW(NAME, "0", "34", "", "14", "", VALUES, __VA_ARGS__),          \
        AXES_ROW(NAME, "1", "34", "", "31", "", VALUES, __VA_ARGS__),          \
        AXES_ROW(NAME, "-1", "234", "", "231", "", VALUES, __VA_ARGS__),       \
        AXES_ROW(NAME, "02", "234", "", "131", "", VALUES, __VA_ARGS__),       \
        AXES_ROW(NAME, "02", "314", "", "111", "", VALUES, __VA_ARGS__),       \
        AXES_ROW(NAME, "1", "234", "", "214", "", VALUES, __VA_ARGS__),        \
        AXES_ROW(NAME, "C", "43", "CB", "13", "CB", VALUES, __VA_ARGS__),      \
        AXES_ROW(NAME, "CT", "432", "CBT", "131", "CBT", VALUES, __VA_ARGS__), \
        AXES_ROW(NAME, "S", "234", "SSC", "114", "SSC", VALUES, __VA_ARGS__),  \
        AXES_ROW(NAME, "0", "7", "", "1", "", VALUES, __VA_ARGS__),            \
        AXES_ROW(NAME, "1", "51", "", "51", "", VALUES, __VA_ARGS__)
#define AXES_SAME(NAME, VALUES, ...)                                           \
    AXES_ROW(NAME, "all", "34", "", "34", "", VALUES, __VA_ARGS__),            \
        AXES_ROW(NAME, "all", "", "", "", "", VALUES, __VA_ARGS__),            \
        AXES_ROW(NAME, "0", "34", "", "34", "", VALUES, __VA_ARGS__),          \
        AXES_ROW(NAME, "1", "34", "", "34", "", VALUES, __VA_ARGS__),          \
        AXES_ROW(NAME, "02", "234", "", "234", "", VALUES, __VA_ARGS__),       \
        AXES_ROW(NAME, "C", "43", "CB", "43", "CB", VALUES, __VA_ARGS__),      \
        AXES_ROW(NAME, "CT", "432", "CBT", "432", "CBT", VALUES, __VA_ARGS__), \
        AXES_ROW(NAME, "S", "234", "SSC", "234", "SSC", VALUES, __VA_ARGS__),  \
        AXES_ROW(NAME, "1", "51", "", "51", "", VALUES, __VA_ARGS__)
#define AXIS_SAME(NAME, VALUES, ...)                                      \
    AXES_ROW(NAME, "0", "34", "", "34", "", VALUES, __VA_ARGS__),         \
        AXES_ROW(NAME, "1", "34", "", "34", "", VALUES, __VA_ARGS__),     \
        AXES_ROW(NAME, "1", "234", "", "234", "", VALUES, __VA_ARGS__),   \
        AXES_ROW(NAME, "B", "43", "CB", "43", "CB", VALUES, __VA_ARGS__), \
        AXES_ROW(NAME, "0", "7", "", "7", "", VALUES, __VA_ARGS__),       \
        AXES_ROW(NAME, "1", "51", "", "51", "", VALUES, __VA_ARGS__)

/* One group of n elements, and what the op over "0" makes of it: ny results, and the gradient from
 * the seed 1, 2, 3 ... OP_ANY stands for any number, NaN for NaN. */
enum { EDGE = 6 };
typedef struct group_edge {
    const char *name;
    op_build *build;
    int64_t n, ny;
    double x[EDGE], y[EDGE], g[EDGE];
} group_edge;
void group_edges_hold(const group_edge *e, int n);
#define GROUP_EDGES(edges) group_edges_hold(edges, (int)(sizeof edges / sizeof *edges))

/* Groups of all lengths about those of blocks and strips, along both axes of a matrix, by one
 * thread and by three. */
typedef struct group_op {
    const char *name;
    op_build *build;
    group_reference *reference;
    bool same;
    double rel; /* of |wanted|, or of 1 where that is less */
} group_op;
void long_groups_match(const group_op *ops, int n);
#define LONG_GROUPS(ops) long_groups_match(ops, (int)(sizeof ops / sizeof *ops))

#endif
