/* plan.c: what the passes of the planner make of a function, and that a plan can be read. */
#include "../harness/test.h"
#include "../harness/valgrind.h"

#include "../../ops/ops.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct sizes {
    int inputs, nodes, instructions, outputs;
    long block, out;
} sizes;

static void print(dl_val y, dl_plan_format format, char *text, size_t bytes)
{
    FILE *f = fmemopen(text, bytes, "w");
    dl_plan_print(f, &y, 1, format);
    fclose(f);
}

static sizes plan_of(dl_val y)
{
    static char text[1 << 16];
    sizes s = { 0 };
    print(y, DL_TEXT, text, sizeof text);
    int n = sscanf(text,
                   "%d inputs, %d nodes, %d instructions, %d outputs; %ld bytes of temporaries, "
                   "%ld of outputs",
                   &s.inputs, &s.nodes, &s.instructions, &s.outputs, &s.block, &s.out);
    CHECK_INT(n, 6);
    return s;
}

static int count_in_plan(dl_val y, const char *word)
{
    char text[1 << 14];
    int n = 0;
    print(y, DL_TEXT, text, sizeof text);
    for (const char *at = text; (at = strstr(at, word)); at++) n++;
    return n;
}

static dl_val filled(dl_tape *t, dl_array **a, dl_dtype dtype, int rank, const int64_t *dims)
{
    *a = dl_array_new(dtype, NULL, rank, dims);
    int64_t n = dl_array_numel(*a);
    void *data = dl_array_write(*a);
    for (int64_t i = 0; i < n; i++) {
        double x = sin(0.37 * (double)i) + 0.01 * (double)(i % 7);
        if (dtype == DL_F32) ((float *)data)[i] = (float)x;
        else ((double *)data)[i] = x;
    }
    return dl_leaf(t, *a);
}

/* ---- printing -------------------------------------------------------------------------------- */

TEST(plan, reads_as_text)
{
    char text[2048];
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = filled(t, &a, DL_F32, DL_DIMS(2, 3));
    dl_val square = dl_square(x); /* C leaves open which operand is recorded first */
    dl_val y = dl_norm_fro(dl_tanh(dl_matmul(dl_transpose(x), square)));
    print(y, DL_TEXT, text, sizeof text);
    CHECK_MSG(strcmp(text,
                     "1 inputs, 5 nodes, 3 instructions, 1 outputs; 104 bytes of temporaries, "
                     "64 of outputs\n"
                     "     0    loop over 6 f32\n"
                     "          v1 = square(x0)  block at 0\n"
                     "     1    v3 (3,3) = matmul(v2 (3,2), v1 (2,3))  block at 24\n"
                     "     2    loop over 9 f32\n"
                     "          strip0 = tanh(v3)\n"
                     "          v5 () = vecnorm(strip0)  output at 0\n")
                  == 0,
              "got %.900s", text);
    print(y, DL_DOT, text, sizeof text);
    CHECK(strncmp(text, "digraph plan {", 14) == 0 && strstr(text, "i0 -> i1"));
    CHECK(strstr(text, "label=\"tanh\\nvecnorm\"") && strstr(text, "x0 -> i0"));
    dl_array_free(a);
    dl_tape_free(t);
}

TEST(plan, says_when_it_cannot_be_printed)
{
    dl_tape *t = dl_tape_new();
    dl_val x = dl_scalar(t, DL_F64, 1);
    CHECK_INT(dl_plan_print(stdout, NULL, 0, DL_TEXT), DL_ENULL);
    CHECK_INT(dl_plan_print(NULL, &x, 1, DL_TEXT), DL_ENULL);
    CHECK_STR(dl_tape_message(t), "plan_print: no stream");
    dl_tape_reset(t);
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        x = dl_exp(dl_scalar(t, DL_F64, 1));
        setvbuf(full, NULL, _IONBF, 0);
        CHECK_INT(dl_plan_print(full, &x, 1, DL_TEXT), DL_EFILE);
        CHECK_STR(dl_tape_message(t), "plan_print: the stream takes no more");
        fclose(full);
    }
    dl_tape_free(t);
}

/* ---- rewrites -------------------------------------------------------------------------------- */

TEST(plan, transposes_that_undo_each_other_vanish)
{
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = filled(t, &a, DL_F64, DL_DIMS(3, 3));
    dl_val two = dl_add(dl_transpose(dl_transpose(x)), x);
    CHECK_INT(plan_of(two).instructions, 1);
    dl_val order = dl_permute(dl_permute(x, DL_DIMS(1, 0)), DL_DIMS(1, 0));
    CHECK_INT(plan_of(dl_add(order, x)).instructions, 1);
    CHECK_STR(dl_tape_message(t), "");
    dl_array_free(a);
    dl_tape_free(t);
}

/* Forward and reverse; of masks that something else reads there still is one. */
TEST(plan, choices_by_comparisons_need_no_mask)
{
    static dl_val (*const compare[])(dl_val, dl_val) = { dl_eq, dl_ne, dl_lt, dl_le, dl_gt, dl_ge };
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = filled(t, &a, DL_F64, DL_DIMS(40, 30)), g;
    for (size_t k = 0; k < sizeof compare / sizeof *compare; k++) {
        dl_val y = dl_where(compare[k](x, dl_scale(x, 2)), dl_exp(x), dl_square(x));
        CHECK_INT(plan_of(y).instructions, 1);
        dl_grad(dl_sum(y, "all"), &x, 1, &g);
        CHECK_INT(plan_of(g).instructions, 1);
    }
    dl_val mask = dl_gt_scalar(x, 0.5), both = dl_and(mask, dl_lt_scalar(x, 2));
    CHECK_INT(plan_of(dl_where(mask, x, dl_cast(both, DL_F64))).instructions, 5);
    CHECK_STR(dl_tape_message(t), "");
    dl_array_free(a);
    dl_tape_free(t);
}

static bool gathers(dl_val y)
{
    static char text[1 << 14];
    print(y, DL_TEXT, text, sizeof text);
    return strstr(text, "gathered");
}

TEST(plan, a_symmetric_matrix_is_its_own_transpose)
{
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = filled(t, &a, DL_F64, DL_DIMS(4, 3)), g;
    dl_val s = dl_shift(dl_scale(dl_gram(x), 0.5), 1);
    CHECK(!gathers(dl_add(s, dl_transpose(s))));
    CHECK(gathers(dl_add(dl_matmul(dl_gram(x), dl_gram(dl_square(x))),
                         dl_transpose(dl_matmul(dl_gram(x), dl_gram(dl_square(x)))))));
    dl_grad(dl_norm_fro(dl_sub(dl_gram(x), dl_eye(t, DL_F64, 3))), &x, 1, &g);
    CHECK(!gathers(g));
    dl_tape_disable(t, DL_REWRITE);
    CHECK(gathers(dl_add(s, dl_transpose(s))));
    dl_array_free(a);
    dl_tape_free(t);
}

static bool says(dl_val y, const char *word)
{
    static char text[1 << 14];
    print(y, DL_TEXT, text, sizeof text);
    return strstr(text, word);
}

TEST(plan, squares_and_means_are_met_in_f64_where_the_bits_are_the_same)
{
    for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
        double got[2][2 + 12];
        dl_tape *t = dl_tape_new();
        dl_array *a;
        for (int mode = 0; mode < 2; mode++) {
            dl_tape_reset(t);
            dl_tape_disable(t, mode ? DL_REWRITE : 0);
            dl_val x = filled(t, &a, (dl_dtype)dtype, DL_DIMS(3, 4)), y[3];
            y[0] = dl_sum(dl_square(x), "all");
            y[1] = dl_sum(dl_mul(x, x), "all");
            y[2] = dl_sub(x, dl_mean(x, "1"));
            for (int i = 0; i < 2; i++) got[mode][i] = dl_item(y[i]);
            const void *data = dl_data(y[2]);
            for (int i = 0; i < 12; i++)
                got[mode][2 + i] =
                    dtype == DL_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
            bool met = mode == 0 && dtype == DL_F64;
            dl_val again = dl_sub(x, dl_mean(x, "1"));
            CHECK(says(dl_tanh(again), "center") == met);
            CHECK(says(dl_sum(dl_square(x), "0"), "sum_squares") == met);
            dl_array_free(a);
        }
        CHECK(memcmp(got[0], got[1], sizeof *got) == 0);
        dl_tape_free(t);
    }
}

TEST(plan, the_transpose_of_a_product_is_the_other_product)
{
    dl_tape *t = dl_tape_new();
    dl_array *a, *b;
    dl_val x = filled(t, &a, DL_F32, DL_DIMS(3, 4)), y = filled(t, &b, DL_F32, DL_DIMS(4, 5));
    dl_val p = dl_matmul(x, y);
    CHECK(says(dl_tanh(dl_transpose(p)), "matmul_transposed"));
    CHECK(!says(dl_matmul(dl_transpose(p), p), "matmul_transposed")); /* it is needed itself */
    dl_array_free(a);
    dl_array_free(b);
    dl_tape_free(t);
}

/* The chains that derivative rules make: constants of the structure. */
static dl_val chain(dl_val x)
{
    dl_dtype dtype = dl_dtype_of(x);
    return dl_mul(dl_mul(x, dl_ones(dl_tape_of(x), dtype, 0, NULL)),
                  dl_ones(dl_tape_of(x), dtype, 0, NULL));
}

TEST(plan, a_factor_of_one_vanishes)
{
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = filled(t, &a, DL_F32, DL_DIMS(5)), y = dl_tanh(chain(x));
    static char text[1 << 12];
    print(y, DL_TEXT, text, sizeof text);
    CHECK(!strstr(text, "mul"));
    dl_array_free(a);
    dl_tape_free(t);
}

/* The second derivative of a mean of squares, which is a constant times x. */
static int factors_joined(dl_tape *t, unsigned disabled, bool strict, float *got, int n)
{
    dl_array *a;
    dl_tape_reset(t);
    dl_tape_strict(t, strict);
    dl_tape_disable(t, disabled);
    dl_val x = filled(t, &a, DL_F32, DL_DIMS(n)), g, h;
    dl_grad(dl_mean(dl_square(x), "all"), &x, 1, &g);
    dl_grad(dl_mean(dl_square(g), "all"), &x, 1, &h);
    int left = count_in_plan(h, " mul(");
    CHECK(dl_read(h, got, (size_t)n * sizeof *got) == DL_OK);
    dl_array_free(a);
    return left;
}

TEST(plan, factors_are_joined_unless_every_bit_counts)
{
    enum { N = 1000 };
    float joined[N], kept[N], strict[N];
    dl_tape *t = dl_tape_new();
    int n = factors_joined(t, 0, false, joined, N);
    CHECK_INT(n, 1);
    CHECK(factors_joined(t, DL_REWRITE, false, kept, N) > n);
    CHECK(factors_joined(t, 0, true, strict, N) > n);
    CHECK_STR(dl_tape_message(t), "");
    CHECK(memcmp(strict, kept, sizeof kept) == 0);
    for (int i = 0; i < N; i++) CHECK(fabsf(joined[i] - kept[i]) <= 4 * 0x1p-23f * fabsf(kept[i]));
    dl_tape_free(t);
}

/* ---- fused loops ----------------------------------------------------------------------------- */

TEST(plan, a_chain_is_one_loop_and_needs_no_memory)
{
    dl_tape *t = dl_tape_new();
    dl_array *a;
    dl_val x = filled(t, &a, DL_F32, DL_DIMS(100, 100)), y = x;
    for (int i = 0; i < 30; i++) y = dl_tanh(dl_add(y, x));
    sizes s = plan_of(dl_sum(y, "all"));
    CHECK_INT(s.nodes, 61);
    CHECK_INT(s.instructions, 1);
    CHECK_INT(s.block, 0);
    dl_tape_disable(t, DL_FUSE);
    CHECK_INT(plan_of(dl_sum(y, "all")).instructions, 61);
    dl_array_free(a);
    dl_tape_free(t);
}

static void same_bits(dl_dtype dtype, int rank, const int64_t *dims, const char *axes)
{
    static unsigned char want[1 << 22], got[sizeof want];
    dl_tape *t = dl_tape_new();
    dl_array *a, *b;
    size_t bytes = 0;
    for (int mode = 0; mode < 2; mode++) {
        unsigned char *to = mode ? got : want;
        dl_tape_reset(t);
        dl_tape_disable(t, mode ? DL_FUSE : 0);
        dl_val x = filled(t, &a, dtype, rank, dims), v[4];
        int64_t column[DL_MAX_RANK] = { dims[0] };
        for (int i = 1; i < rank; i++) column[i] = 1;
        dl_val c = filled(t, &b, dtype, rank, column), y = dl_mul(dl_tanh(dl_add(x, c)), x);
        v[0] = dl_sum(y, axes);
        v[1] = dl_mean(dl_square(y), axes);
        v[2] = dl_sum_squares(y, axes);
        v[3] = dl_vecnorm(dl_sub(y, x), axes);
        dl_eval(t, v, 4);
        bytes = 0;
        for (int i = 0; i < 4; i++) {
            size_t n = (size_t)dl_numel(v[i]) * dl_dtype_size(dtype);
            dl_read(v[i], to + bytes, n);
            bytes += n;
        }
        dl_array_free(a);
        dl_array_free(b);
    }
    CHECK_STR(dl_tape_message(t), "");
    CHECK_MSG(memcmp(want, got, bytes) == 0, "other bits over %s of %lld x %lld", axes,
              (long long)dims[0], (long long)(rank > 1 ? dims[1] : 1));
    dl_tape_free(t);
}

/* Rows within a strip, of several strips, of several pieces; the sums keep their tree. */
TEST(plan, sums_at_the_end_of_a_loop_keep_their_bits)
{
    static const int64_t shapes[][2] = { { 3, 5 },     { 7, 128 },   { 5, 129 },   { 40, 300 },
                                         { 3, 1000 },  { 2, 32768 }, { 2, 40000 }, { 1, 50003 },
                                         { 3, 70000 }, { 900, 129 }, { 70000, 2 } };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i += is_slow() ? 3 : 1)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
            same_bits((dl_dtype)dtype, 2, shapes[i], "1");
            same_bits((dl_dtype)dtype, 2, shapes[i], "all");
            same_bits((dl_dtype)dtype, 2, shapes[i], "0");
        }
}

/* More terms than a block has, but so few elements that the loop has no table. */
TEST(plan, a_short_loop_sums_in_blocks)
{
    double got[2];
    dl_array *a = NULL;
    for (int k = 0; k < 2; k++) {
        dl_tape *t = dl_tape_new();
        dl_tape_disable(t, k ? DL_FUSE : 0);
        got[k] = dl_item(dl_mean(dl_tanh(filled(t, &a, DL_F64, DL_DIMS(8, 17))), "all"));
        dl_array_free(a);
        dl_tape_free(t);
    }
    CHECK_CLOSE(got[0], got[1], 0);
}

TEST(plan, a_constant_of_broadcast_constants_is_folded)
{
    dl_tape *t = dl_tape_new();
    dl_val eye = dl_eye(t, DL_F64, 3);
    double y[9] = { 0 };
    dl_read(dl_add(eye, dl_slice(eye, "0", 1, 2)), y, sizeof y);
    check_doubles("sum", y, ((double[]){ 1, 1, 0, 0, 2, 0, 0, 1, 1 }), 9, 0);
    dl_tape_free(t);
}

TEST(plan, a_constant_of_copied_constants_is_folded)
{
    dl_tape *t = dl_tape_new();
    dl_val eye = dl_eye(t, DL_F64, 2), column = dl_slice(eye, "1", 1, 2);
    double y[4] = { -1, -1, -1, -1 };
    dl_read(dl_cat(DL_VALS(column, column), "0"), y, sizeof y);
    check_doubles("joined", y, ((double[]){ 0, 1, 0, 1 }), 4, 0);
    dl_tape_free(t);
}

/* A strip of two operands is six blocks long, so four blocks that are summed at once begin within a
 * tree of four: the sum is that of the same blocks one by one. */
TEST(plan, a_sum_does_not_depend_on_where_strips_end)
{
    enum { LENGTH = 7001 };
    for (int seed = 0; seed < 20; seed++) {
        double sum[2];
        for (int fused = 0; fused < 2; fused++) {
            dl_tape *t = dl_tape_new();
            dl_array *a[2];
            dl_val x[2];
            dl_tape_disable(t, fused ? 0 : DL_FUSE);
            for (int k = 0; k < 2; k++) {
                a[k] = dl_array_new(DL_F64, NULL, DL_DIMS(LENGTH));
                double *to = dl_array_write(a[k]);
                for (int i = 0; i < LENGTH; i++) to[i] = sin(i + k + 7 * seed) * exp2(i % 40);
                x[k] = dl_leaf(t, a[k]);
            }
            sum[fused] = dl_item(dl_sum(dl_mul(x[0], x[1]), "all"));
            for (int k = 0; k < 2; k++) dl_array_free(a[k]);
            dl_tape_free(t);
        }
        CHECK(memcmp(&sum[0], &sum[1], sizeof *sum) == 0);
    }
}
