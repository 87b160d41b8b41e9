/* triangle_cases.c: indices of triangles, against a walk through the whole matrix. */
#include "driver.h"

#include <stdlib.h>

typedef dl_val make(dl_tape *t, int64_t rows, int64_t columns, int64_t k);

/* "34-1": rows, columns, and a diagonal. */
static dl_val call(make *f, dl_tape *t, const char *arg)
{
    return f(t, arg[0] - '0', arg[1] - '0', atoi(arg + 2));
}
#define BUILD(NAME)                                                           \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) \
    {                                                                         \
        return call(dl_##NAME, t, arg);                                       \
    }
BUILD(tril_indices)
BUILD(triu_indices)
BUILD(tril_places)
BUILD(triu_places)

/* The lower triangle of a matrix as a vector, and a triangle of a vector. */
static dl_val build_taken(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_index_select(dl_flatten(in[0], 0, -1), "0", call(dl_tril_places, t, arg));
}
static dl_val build_put(dl_tape *t, const dl_val *in, const char *arg)
{
    int64_t m = arg[0] - '0', n = arg[1] - '0';
    dl_val zero = dl_zeros(t, dl_dtype_of(in[0]), DL_DIMS(m * n));
    dl_val places = call(dl_triu_places, t, arg);
    return dl_reshape(dl_scatter(zero, "0", places, in[0]), DL_DIMS(m, n));
}
/* Rows of x by the first line of indices. */
static dl_val build_rows(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val i = dl_slice(call(dl_tril_indices, t, arg), "0", 0, 1);
    return dl_index_select(in[0], "0", dl_reshape(i, DL_DIMS(-1)));
}

/* ---- the reference --------------------------------------------------------------------------- */

static int64_t walk(int64_t rows, int64_t columns, int64_t k, bool upper, double *row,
                    double *column)
{
    int64_t n = 0;
    for (int64_t at = 0; at < rows * columns; at++) {
        int64_t i = at / columns, j = at % columns;
        if (upper ? j - i < k : j - i > k) continue;
        row[n] = (double)i, column[n++] = (double)j;
    }
    return n;
}

static int64_t walk_of(const op_case *c, double *row, double *column)
{
    return walk(c->arg[0] - '0', c->arg[1] - '0', atoi(c->arg + 2), strstr(c->op, "triu"), row,
                column);
}

static void indices_reference(const op_case *c, const double *const *x, double *y)
{
    double column[OP_ELEMENTS];
    int64_t n = walk_of(c, y, column);
    memcpy(y + n, column, (size_t)n * sizeof *y);
}

static void places_reference(const op_case *c, const double *const *x, double *y)
{
    double column[OP_ELEMENTS];
    for (int64_t n = walk_of(c, y, column); n-- > 0;) y[n] = y[n] * (c->arg[1] - '0') + column[n];
}

static void taken_reference(const op_case *c, const double *const *x, double *y)
{
    double at[OP_ELEMENTS];
    int64_t n = walk(c->arg[0] - '0', c->arg[1] - '0', atoi(c->arg + 2), false, y, at);
    for (int64_t k = 0; k < n; k++) y[k] = x[0][(int64_t)(y[k] * (c->arg[1] - '0') + at[k])];
}

static void put_reference(const op_case *c, const double *const *x, double *y)
{
    double row[OP_ELEMENTS], column[OP_ELEMENTS];
    int64_t m = c->arg[0] - '0', size = c->arg[1] - '0';
    int64_t n = walk(m, size, atoi(c->arg + 2), true, row, column);
    for (int64_t k = 0; k < m * size; k++) y[k] = 0;
    for (int64_t k = 0; k < n; k++) y[(int64_t)(row[k] * (double)size + column[k])] = x[0][k];
}

static void rows_reference(const op_case *c, const double *const *x, double *y)
{
    double row[OP_ELEMENTS], column[OP_ELEMENTS];
    int64_t n = walk(c->arg[0] - '0', c->arg[1] - '0', atoi(c->arg + 2), false, row, column);
    for (int64_t k = 0; k < 2 * n; k++) y[k] = x[0][(int64_t)row[k / 2] * 2 + k % 2];
}

#define NEW(NAME, ARG, Y, REFERENCE)                                                      \
    OP_CASE(#NAME, ARG, build_##NAME, (OP_X("2", "", op_mixed)), Y, "", .result = DL_I64, \
            .arg = ARG, .reference = REFERENCE##_reference, .flags = OP_FIXED | OP_COMPOSED)
#define USE(OP, NAME, ARG, X, Y)                                                         \
    OP_CASE(OP, #NAME " " ARG, build_##NAME, (OP_X(X, "", op_mixed)), Y, "", .arg = ARG, \
            .reference = NAME##_reference, .flags = OP_FIXED | OP_COMPOSED)

static const op_case cases[] = {
    NEW(tril_indices, "330", "26", indices),      NEW(tril_indices, "341", "29", indices),
    NEW(tril_indices, "52-2", "25", indices),     NEW(tril_indices, "23-2", "20", indices),
    NEW(tril_indices, "233", "26", indices),      NEW(triu_indices, "330", "26", indices),
    NEW(triu_indices, "241", "25", indices),      NEW(triu_indices, "42-1", "25", indices),
    NEW(triu_indices, "233", "20", indices),      NEW(tril_places, "340", "6", places),
    NEW(tril_places, "43-1", "6", places),        NEW(triu_places, "340", "9", places),
    NEW(triu_places, "251", "7", places),         USE("index_select", taken, "340", "34", "6"),
    USE("index_select", taken, "420", "42", "7"), USE("scatter", put, "330", "6", "33"),
    USE("scatter", put, "351", "9", "35"),        USE("index_select", rows, "330", "32", "62"),
};
const op_table op_triangle = OP_TABLE(cases);
OP_TESTS(triangle)

/* ---- all small matrices ---------------------------------------------------------------------- */

static void check_all(bool upper, int64_t rows, int64_t columns, int64_t k)
{
    double row[64], column[64];
    int64_t got[128], n = walk(rows, columns, k, upper, row, column);
    dl_tape *t = dl_tape_new();
    dl_val y = (upper ? dl_triu_indices : dl_tril_indices)(t, rows, columns, k);
    CHECK_INT(dl_size(y, 1), n);
    if (dl_size(y, 1) == n) {
        CHECK_INT(dl_read(y, got, (size_t)(2 * n) * sizeof *got), DL_OK);
        for (int64_t i = 0; i < n; i++)
            CHECK_MSG(got[i] == (int64_t)row[i] && got[n + i] == (int64_t)column[i],
                      "%s (%lld,%lld), %lld: element %lld is %lld, %lld", upper ? "triu" : "tril",
                      (long long)rows, (long long)columns, (long long)k, (long long)i,
                      (long long)got[i], (long long)got[n + i]);
    }
    dl_tape_free(t);
}

TEST(triangle, all_small_matrices_are_walked_through)
{
    for (int upper = 0; upper < 2; upper++)
        for (int64_t rows = 0; rows < 5; rows++)
            for (int64_t columns = 0; columns < 5; columns++)
                for (int64_t k = -6; k <= 6; k++) check_all(upper, rows, columns, k);
    check_all(false, 3, 4, INT64_MAX);
    check_all(false, 3, 4, INT64_MIN);
    check_all(true, 3, 4, INT64_MAX);
    check_all(true, 3, 4, INT64_MIN);
}

#define REJECTED(NAME, CALL) \
    static dl_val build_##NAME(dl_tape *t, const dl_val *in, const char *arg) { return CALL; }
REJECTED(negative, dl_tril_indices(t, -1, 3, 0))
REJECTED(narrow, dl_triu_places(t, 3, -2, 0))
REJECTED(huge, dl_triu_indices(t, INT64_C(1) << 31, INT64_C(1) << 31, 0))
REJECTED(wide, dl_tril_places(t, INT64_MAX, 0, 0))

TEST(triangle, sizes_that_cannot_be_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("tril_indices", build_negative, NULL, (OP_X(NULL, NULL, NULL)), DL_ESHAPE,
               "sizes -1 and 3"),
        OP_BAD("triu_places", build_narrow, NULL, (OP_X(NULL, NULL, NULL)), DL_ESHAPE,
               "sizes 3 and -2"),
        OP_BAD("triu_indices", build_huge, NULL, (OP_X(NULL, NULL, NULL)), DL_EOVERFLOW,
               "the sizes overflow"),
    };
    OP_REJECTS(bad);
    dl_tape *t = dl_tape_new();
    CHECK_INT(dl_size(build_wide(t, NULL, NULL), 0), 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
}
