/* matrix_cases.c: products of matrices, the trace, the dot product. */
#include "driver.h"

#include <stdlib.h>

static dl_val build_matmul(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_matmul(in[0], in[1]);
}
static dl_val build_gram(dl_tape *t, const dl_val *in, const char *arg) { return dl_gram(in[0]); }
static dl_val build_trace(dl_tape *t, const dl_val *in, const char *arg) { return dl_trace(in[0]); }
static dl_val build_dot(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_dot(in[0], in[1]);
}
/* Both operands of the product are views. */
static dl_val build_of_transposes(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_transpose(dl_matmul(dl_transpose(in[1]), dl_transpose(in[0])));
}
static dl_val build_square_of(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_matmul(in[0], in[0]);
}

static dl_val build_outer_self(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_matmul(in[0], dl_transpose(in[0]));
}
static dl_val build_inner_self(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_matmul(dl_transpose(in[0]), in[0]);
}

/* ---- the reference --------------------------------------------------------------------------- */

/* Rank 2 or 3; a batch of one and a matrix serve every batch. */
static void matmul_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t d[3][DL_MAX_RANK], batch[3];
    const char *dims[3] = { c->in[0].dims, c->in[1].dims, c->dims };
    for (int i = 0; i < 3; i++) {
        int rank = op_sizes(dims[i], d[i]);
        batch[i] = rank == 3 ? d[i][0] : 1;
        if (rank == 3) memmove(d[i], d[i] + 1, 2 * sizeof **d);
    }
    int64_t m = d[0][0], l = d[0][1], n = d[1][1];
    for (int64_t b = 0; b < batch[2]; b++)
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                long double sum = 0;
                for (int64_t k = 0; k < l; k++)
                    sum += (long double)x[0][((batch[0] > 1 ? b : 0) * m + i) * l + k]
                           * (long double)x[1][((batch[1] > 1 ? b : 0) * l + k) * n + j];
                y[(b * m + i) * n + j] = (double)sum;
            }
}

static void square_of_reference(const op_case *c, const double *const *x, double *y)
{
    op_case both = *c;
    both.in[1] = both.in[0];
    matmul_reference(&both, (const double *const[]){ x[0], x[0] }, y);
}

static void gram_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t d[DL_MAX_RANK];
    op_sizes(c->in[0].dims, d);
    for (int64_t i = 0; i < d[1]; i++)
        for (int64_t j = 0; j < d[1]; j++) {
            double sum = 0;
            for (int64_t k = 0; k < d[0]; k++) sum += x[0][k * d[1] + i] * x[0][k * d[1] + j];
            y[i * d[1] + j] = sum;
        }
}

static void outer_self_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t d[DL_MAX_RANK];
    op_sizes(c->in[0].dims, d);
    for (int64_t i = 0; i < d[0]; i++)
        for (int64_t j = 0; j < d[0]; j++) {
            double sum = 0;
            for (int64_t k = 0; k < d[1]; k++) sum += x[0][i * d[1] + k] * x[0][j * d[1] + k];
            y[i * d[0] + j] = sum;
        }
}

static void trace_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t d[DL_MAX_RANK];
    op_sizes(c->in[0].dims, d);
    *y = 0;
    for (int64_t i = 0; i < d[0]; i++) *y += x[0][i * d[0] + i];
}

static void dot_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t d[DL_MAX_RANK], n = 1;
    for (int i = op_sizes(c->in[0].dims, d); i-- > 0;) n *= d[i];
    *y = 0;
    for (int64_t i = 0; i < n; i++) *y += x[0][i] * x[1][i];
}

/* ---- the cases ------------------------------------------------------------------------------- */

#define TWO(NAME, TEXT, A, B, Y)                                                              \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_X(A, "", op_mixed), OP_X(B, "", op_other)), Y, "", \
            .reference = NAME##_reference)
#define ONE(NAME, TEXT, A, Y)                                          \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_X(A, "", op_mixed)), Y, "", \
            .reference = NAME##_reference)

#define SELF(NAME, TEXT, A, Y, REFERENCE)                                      \
    OP_CASE("matmul_self", TEXT, build_##NAME, (OP_X(A, "", op_mixed)), Y, "", \
            .reference = REFERENCE, .flags = OP_COMPOSED)

static const op_case cases[] = {
    TWO(matmul, "matrices", "23", "34", "24"),
    TWO(matmul, "row and column", "15", "51", "11"),
    TWO(matmul, "column and row", "41", "15", "45"),
    TWO(matmul, "wide", "52", "29", "59"),
    TWO(matmul, "batches", "243", "235", "245"),
    TWO(matmul, "a matrix at the left", "43", "235", "245"),
    TWO(matmul, "a matrix at the right", "243", "35", "245"),
    TWO(matmul, "a batch of one at the left", "143", "235", "245"),
    TWO(matmul, "a batch of one at the right", "243", "135", "245"),
    TWO(matmul, "batches of one", "134", "42", "132"),
    OP_CASE("matmul", "of transposed views", build_of_transposes,
            (OP_X("23", "", op_mixed), OP_X("34", "", op_other)), "24", "",
            .reference = matmul_reference, .flags = OP_COMPOSED),
    ONE(gram, "tall", "43", "33"),
    ONE(gram, "wide", "25", "55"),
    ONE(gram, "a row", "13", "33"),
    SELF(outer_self, "a matrix and its transpose", "34", "33", outer_self_reference),
    SELF(outer_self, "a column and its transpose", "51", "55", outer_self_reference),
    SELF(inner_self, "a transpose and its matrix", "43", "33", gram_reference),
    SELF(inner_self, "a wide transpose and its matrix", "25", "55", gram_reference),
    ONE(trace, "square", "44", ""),
    ONE(trace, "one element", "11", ""),
    TWO(dot, "vectors", "7", "7", ""),
    TWO(dot, "matrices", "34", "34", ""),
    TWO(dot, "numbers", "", "", ""),
    OP_CASE("matmul", "a value with itself", build_square_of, (OP_X("33", "", op_mixed)), "33", "",
            .reference = square_of_reference),
    OP_CASE("dot", "with labels", build_dot, (OP_X("34", "CB", op_mixed), OP_X("34", "", op_other)),
            "", "", .reference = dot_reference),
};
const op_table op_matrix = OP_TABLE(cases);

OP_TESTS(matrix)

TEST(matrix, operands_that_do_not_fit_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("matmul", build_matmul, NULL, (OP_X("34", "", NULL), OP_X("56", "", NULL)),
               DL_ESHAPE, "a (3,4), b (5,6): inner sizes 4 and 5 differ"),
        OP_BAD("matmul", build_matmul, NULL, (OP_X("34", "CB", NULL), OP_X("45", "", NULL)),
               DL_ELABEL, "a (3 C, 4 B), b (4,5): labels have no meaning here"),
        OP_BAD("matmul", build_matmul, NULL, (OP_X("34", "", NULL), OP_X("4", "", NULL)), DL_ERANK,
               "rank 1, wanted 2 or more"),
        OP_BAD("matmul", build_matmul, NULL, (OP_X("", "", NULL), OP_X("4", "", NULL)), DL_ERANK,
               "rank 0"),
        OP_BAD("matmul", build_matmul, NULL, (OP_X("234", "", NULL), OP_X("345", "", NULL)),
               DL_ESHAPE, "batch sizes 2 and 3 of axis 0"),
        OP_BAD("matmul", build_matmul, NULL, (OP_X("2234", "", NULL), OP_X("245", "", NULL)),
               DL_ERANK, "ranks 4 and 3 differ"),
        OP_BAD("gram", build_gram, NULL, (OP_X("3", "", NULL)), DL_ERANK, "rank 1, wanted 2"),
        OP_BAD("gram", build_gram, NULL, (OP_X("234", "", NULL)), DL_ERANK, "rank 3, wanted 2"),
        OP_BAD("gram", build_gram, NULL, (OP_X("34", "CB", NULL)), DL_ELABEL, "labels"),
        OP_BAD("trace", build_trace, NULL, (OP_X("34", "", NULL)), DL_ESHAPE,
               "(3,4): the matrix is not"),
        OP_BAD("trace", build_trace, NULL, (OP_X("3", "", NULL)), DL_ERANK, "rank 1"),
        OP_BAD("trace", build_trace, NULL, (OP_X("33", "CB", NULL)), DL_ELABEL, "labels"),
        OP_BAD("dot", build_dot, NULL, (OP_X("34", "", NULL), OP_X("43", "", NULL)), DL_ESHAPE,
               "a (3,4), b (4,3): the sizes differ"),
    };
    OP_REJECTS(bad);
}

/* ---- sizes that cross the edges of tiles and blocks ------------------------------------------ */

typedef struct filled {
    double *x;
    dl_array *array;
} filled;

static filled fill(int64_t m, int64_t n, int64_t factor)
{
    filled f = { malloc((size_t)(m * n) * sizeof *f.x), NULL };
    for (int64_t i = 0; f.x && i < m * n; i++) f.x[i] = (double)(i * factor % 257 - 128) / 64;
    f.array = dl_array_wrap(f.x, DL_F64, NULL, DL_DIMS(m, n));
    return f;
}

static void drop(filled f)
{
    dl_array_free(f.array);
    free(f.x);
}

static void product_matches(int64_t m, int64_t k, int64_t n, bool left, bool right)
{
    filled a = fill(left ? k : m, left ? m : k, 31), b = fill(right ? n : k, right ? k : n, 57);
    dl_tape *t = dl_tape_new();
    dl_val x = dl_leaf(t, a.array), y = dl_leaf(t, b.array);
    if (left) x = dl_transpose(x);
    if (right) y = dl_transpose(y);
    const double *got = dl_data(dl_matmul(x, y));
    for (int64_t i = 0; got && i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0; /* exact: the terms are multiples of 2^-12 */
            for (int64_t p = 0; p < k; p++)
                sum += (left ? a.x[p * m + i] : a.x[i * k + p])
                       * (right ? b.x[j * k + p] : b.x[p * n + j]);
            CHECK_MSG(got[i * n + j] == sum, "matmul (%d,%d,%d): [%d,%d]: got %.17g, wanted %.17g",
                      (int)m, (int)k, (int)n, (int)i, (int)j, got[i * n + j], sum);
        }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    drop(a);
    drop(b);
}

TEST(matrix, products_of_any_size_match)
{
    static const int64_t sizes[][3] = { { 1, 256, 1 }, { 3, 257, 4 }, { 4, 255, 5 }, { 5, 600, 3 },
                                        { 9, 17, 8 },  { 8, 16, 16 }, { 17, 3, 33 }, { 1, 1, 70 } };
    for (size_t i = 0; i < 4 * sizeof sizes / sizeof *sizes; i++)
        product_matches(sizes[i / 4][0], sizes[i / 4][1], sizes[i / 4][2], i & 1, i & 2);
}

TEST(matrix, dots_and_traces_of_any_length_match)
{
    static const int64_t sizes[] = { 7, 8, 9, 127, 128, 129, 300 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t n = sizes[i];
        filled a = fill(n, 1, 31), b = fill(n, 1, 57), s = fill(n, n, 91);
        dl_tape *t = dl_tape_new();
        double dot = 0, trace = 0;
        for (int64_t k = 0; k < n; k++) dot += a.x[k] * b.x[k], trace += s.x[k * n + k];
        CHECK_CLOSE(dl_item(dl_dot(dl_leaf(t, a.array), dl_leaf(t, b.array))), dot, 0);
        CHECK_CLOSE(dl_item(dl_trace(dl_leaf(t, s.array))), trace, 0);
        dl_tape_free(t);
        drop(a);
        drop(b);
        drop(s);
    }
}

TEST(matrix, a_product_without_inner_elements_is_zero)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(2, 0)),
             *b = dl_array_new(DL_F64, NULL, DL_DIMS(0, 3));
    const double *y = dl_data(dl_matmul(dl_leaf(t, a), dl_leaf(t, b)));
    REQUIRE(y);
    for (int i = 0; i < 6; i++) CHECK_CLOSE(y[i], 0, 0);
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}
