/* test_loss.c: the reference loss against its published values, through every path. */
#include "harness/test.h"

#include "autodiff/autodiff.h"
#include "ops/ops.h"
#include "reference_loss.h"

#include <stdlib.h>
#include <string.h>

enum { VALUES = 5 + 40 }; /* l1 to l4, loss; dw1, db1, dw2, db2 */

typedef struct network {
    dl_array *x, *t, *w1, *b1, *w2, *b2;
} network;

static dl_array *array_of(dl_dtype dtype, int rows, int columns, const double *from)
{
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(rows, columns));
    void *to = dl_array_write(a);
    for (int i = 0; i < rows * columns; i++)
        if (dtype == DL_F32) ((float *)to)[i] = (float)from[i];
        else ((double *)to)[i] = from[i];
    return a;
}

static network network_new(dl_dtype dtype, const reference_case *c)
{
    return (network){
        array_of(dtype, 4, 10, c->x), array_of(dtype, 4, 10, c->t), array_of(dtype, 4, 4, c->w1),
        array_of(dtype, 4, 1, c->b1), array_of(dtype, 4, 4, c->w2), array_of(dtype, 4, 1, c->b2),
    };
}

static void network_free(network *n)
{
    dl_array *const all[] = { n->x, n->t, n->w1, n->b1, n->w2, n->b2 };
    for (int i = 0; i < 6; i++) dl_array_free(all[i]);
}

static dl_val norm(dl_val x, bool literal)
{
    return literal ? dl_sqrt(dl_sum(dl_gram(x), "all")) : dl_norm_fro(x);
}

/* The four terms, the loss, the gradients of w1, b1, w2, b2. */
static void record(dl_tape *t, const network *n, double lambda, bool literal, dl_val out[9])
{
    dl_val w1 = dl_leaf(t, n->w1), b1 = dl_leaf(t, n->b1);
    dl_val w2 = dl_leaf(t, n->w2), b2 = dl_leaf(t, n->b2);
    dl_val h = dl_add(dl_matmul(w1, dl_leaf(t, n->x)), b1);
    dl_val q = dl_add(dl_matmul(w2, h), b2);
    dl_val cov_h = dl_cov(dl_transpose(h)), cov_q = dl_cov(dl_transpose(q));
    dl_val eye = dl_eye_like(cov_h);
    dl_val ortho = dl_norm_fro(dl_sub(dl_matmul(w1, dl_transpose(w1)), eye));
    out[0] = norm(dl_sub(dl_scale(cov_h, lambda), eye), literal);
    out[1] = dl_scale(norm(dl_add(dl_scale(h, 0.25), dl_scale(ortho, lambda)), literal), lambda);
    out[2] = dl_scale(norm(dl_sub(cov_q, eye), literal), lambda);
    out[3] = dl_mse(q, dl_leaf(t, n->t));
    out[4] = dl_add_n(out[0], out[1], out[2], out[3]);
    dl_grad(out[4], DL_VALS(w1, b1, w2, b2), out + 5);
}

static void read_all(dl_tape *t, const dl_val out[9], double *to)
{
    dl_eval(t, out, 9);
    for (int k = 0; k < 9; k++) {
        const void *from = dl_data(out[k]);
        REQUIRE(from != NULL);
        for (int64_t i = 0; i < dl_numel(out[k]); i++)
            *to++ = dl_dtype_of(out[k]) == DL_F32 ? (double)((const float *)from)[i]
                                                  : ((const double *)from)[i];
    }
}

static void wanted(const reference_case *c, double *to)
{
    memcpy(to, &c->l1, 5 * sizeof *to);
    memcpy(to + 5, c->dw1, 16 * sizeof *to);
    memcpy(to + 21, c->db1, 4 * sizeof *to);
    memcpy(to + 25, c->dw2, 16 * sizeof *to);
    memcpy(to + 41, c->db2, 4 * sizeof *to);
}

/* Relative to the largest element of each group: terms, dw1, db1, dw2, db2. */
static void compare(const char *what, const double *got, const double *want, double tolerance)
{
    static const int group[] = { 0, 5, 21, 25, 41, VALUES };
    for (int g = 0; g < 5; g++) {
        double largest = 0;
        for (int i = group[g]; i < group[g + 1]; i++)
            if (want[i] > largest || -want[i] > largest) largest = want[i] < 0 ? -want[i] : want[i];
        for (int i = group[g]; i < group[g + 1]; i++)
            CHECK_MSG(got[i] - want[i] <= tolerance * largest
                          && want[i] - got[i] <= tolerance * largest,
                      "%s: value %d is %.17g, wanted %.17g", what, i, got[i], want[i]);
    }
}

static void check_case(const reference_case *c, dl_dtype dtype, double tolerance)
{
    double want[VALUES], got[VALUES], again[VALUES];
    network n = network_new(dtype, c);
    dl_tape *t = dl_tape_new();
    dl_val out[9];
    wanted(c, want);
    record(t, &n, c->lambda, c->literal_norm, out);
    read_all(t, out, got);
    CHECK_STR(dl_tape_message(t), "");
    compare("define-by-run", got, want, tolerance);

    dl_tape_reset(t);
    record(t, &n, c->lambda, c->literal_norm, out);
    read_all(t, out, again);
    CHECK_INT(dl_cache_stats(t).followed, 1);
    CHECK(memcmp(got, again, sizeof got) == 0);

    static const unsigned switches[] = {
        DL_FOLLOW, DL_FOLLOW | DL_HASH, DL_CACHE, DL_CSE, DL_FOLD, DL_VIEWS, DL_REUSE,
        DL_FUSE,   DL_REWRITE,          511
    };
    for (size_t s = 0; s < sizeof switches / sizeof *switches; s++) {
        dl_tape_disable(t, switches[s]);
        for (int round = 0; round < 2; round++) {
            dl_tape_reset(t);
            record(t, &n, c->lambda, c->literal_norm, out);
            read_all(t, out, again);
            CHECK_MSG(memcmp(got, again, sizeof got) == 0, "other bits with %u disabled",
                      switches[s]);
        }
    }
    dl_tape_free(t);
    network_free(&n);
}

TEST(reference_loss, agrees_to_1e_12_in_f64_by_every_path)
{
    check_case(&reference_cases[0], DL_F64, 1e-12);
    check_case(&reference_cases[1], DL_F64, 1e-12);
}

TEST(reference_loss, agrees_to_1e_5_in_f32_by_every_path)
{
    check_case(&reference_cases[0], DL_F32, 1e-5);
    check_case(&reference_cases[1], DL_F32, 1e-5);
}

TEST(reference_loss, has_the_same_bits_on_every_instruction_set)
{
    double values[2][VALUES];
    network n = network_new(DL_F32, &reference_cases[0]);
    for (int k = 0; k < 2; k++) {
        if (k) setenv("DLTAPE_ISA", "baseline", 1);
        dl_tape *t = dl_tape_new();
        dl_val out[9];
        record(t, &n, 1, false, out);
        read_all(t, out, values[k]);
        dl_tape_free(t);
    }
    unsetenv("DLTAPE_ISA");
    CHECK(memcmp(values[0], values[1], sizeof values[0]) == 0);
    network_free(&n);
}

TEST(reference_loss, passes_the_gradient_check_in_both_precisions)
{
    for (int k = 0; k < 2; k++) {
        network n = network_new(k ? DL_F32 : DL_F64, &reference_cases[k]);
        dl_tape *t = dl_tape_new();
        dl_val out[9];
        dl_check_report report;
        record(t, &n, 1, reference_cases[k].literal_norm, out);
        size_t nodes = dl_tape_nodes(t);
        CHECK_INT(dl_gradcheck(out[4], DL_VALS(dl_leaf(t, n.w1), dl_leaf(t, n.b2)), NULL, &report),
                  DL_OK);
        CHECK_INT(report.verdict, DL_PASS);
        CHECK_INT(report.inputs[0].checked + report.inputs[1].checked, 20);
        CHECK_INT(dl_tape_nodes(t), nodes);
        CHECK_CLOSE(report.value, reference_cases[k].loss, k ? 1e-6 : 1e-13);
        dl_check_report_free(&report);
        dl_tape_free(t);
        network_free(&n);
    }
}
