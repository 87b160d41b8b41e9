/* products.c: matrix products of all small sizes and around the edges of blocks, any transposition,
 * against sums in the order of k. */
#define _GNU_SOURCE 1
#include "../harness/test.h"
#include "../harness/valgrind.h"

#include "../../autodiff/internal.h"
#include "../../ops/blas.h"
#include "../../ops/ops.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const isas[] = { "baseline", "avx2", "avx512" };

typedef struct product {
    dl_dtype dtype;
    int64_t m, k, n;
    bool left, right; /* given as their transposes */
    bool apart;       /* rows of what is given do not follow each other */
} product;

/* Whole short rows are 0, so that a sum of negative zeros is one that does not begin with 0. */
static double number(int64_t i)
{
    return i / 8 % 4 == 0 ? 0 : sin(1.7 * (double)i) + 1e-3 * (double)(i % 11);
}

/* Elements (i,j) at i * row + j * col, rounded to the dtype. */
static dl_array *filled(dl_dtype dtype, int64_t rows, int64_t cols, int64_t salt)
{
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(rows, cols));
    void *data = dl_array_write(a);
    for (int64_t i = 0; i < rows * cols; i++)
        if (dtype == DL_F32) ((float *)data)[i] = (float)number(i + salt);
        else ((double *)data)[i] = number(i + salt);
    return a;
}

/* The sum in the order of k, each term and each sum rounded. */
#define NAIVE(NAME, TYPE)                                                                          \
    static void NAME(const product *p, const TYPE *a, const TYPE *b, TYPE *y)                      \
    {                                                                                              \
        int64_t ar = p->left ? 1 : p->k, ac = p->left ? p->m : 1;                                  \
        int64_t br = p->right ? 1 : p->n, bc = p->right ? p->k : 1;                                \
        for (int64_t i = 0; i < p->m; i++)                                                         \
            for (int64_t j = 0; j < p->n; j++) {                                                   \
                TYPE sum = 0;                                                                      \
                for (int64_t k = 0; k < p->k; k++) sum += a[i * ar + k * ac] * b[k * br + j * bc]; \
                y[i * p->n + j] = sum;                                                             \
            }                                                                                      \
    }
NAIVE(naive_f32, float)
NAIVE(naive_f64, double)

static dl_val operand(dl_tape *t, const dl_array *a, bool transposed, bool apart)
{
    dl_val x = dl_leaf(t, a);
    if (apart) x = dl_slice(dl_cat((dl_val[]){ x, x }, 2, "1"), "1", 0, dl_size(x, 1));
    return transposed ? dl_transpose(x) : x;
}

static dl_val build(dl_tape *t, const product *p, const dl_array *a, const dl_array *b)
{
    return dl_matmul(operand(t, a, p->left, p->apart), operand(t, b, p->right, p->apart));
}

static void matches(dl_tape *t, product p)
{
    dl_array *a = filled(p.dtype, p.left ? p.k : p.m, p.left ? p.m : p.k, 0);
    dl_array *b = filled(p.dtype, p.right ? p.n : p.k, p.right ? p.k : p.n, 5);
    size_t bytes = (size_t)(p.m * p.n) * dl_dtype_size(p.dtype);
    void *want = malloc(bytes + 1);
    if (p.dtype == DL_F32) naive_f32(&p, dl_array_data(a), dl_array_data(b), want);
    else naive_f64(&p, dl_array_data(a), dl_array_data(b), want);
    dl_tape_reset(t);
    const void *got = dl_data(build(t, &p, a, b));
    CHECK_MSG(got && memcmp(got, want, bytes) == 0, "%s (%d,%d%s) (%d,%d%s)%s: other bits %s",
              dl_dtype_name(p.dtype), (int)p.m, (int)p.k, p.left ? " '" : "", (int)p.k, (int)p.n,
              p.right ? " '" : "", p.apart ? " apart" : "", dl_tape_message(t));
    free(want);
    dl_array_free(a);
    dl_array_free(b);
}

/* Under every instruction set that the processor has; the others fall back to those. */
static void each_isa(void (*claim)(dl_tape *t))
{
    const char *before = getenv("DLTAPE_ISA");
    char *kept = before ? strdup(before) : NULL;
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
        setenv("DLTAPE_ISA", isas[i], 1);
        dl_tape *t = dl_tape_new();
        claim(t);
        dl_tape_free(t);
    }
    if (kept) setenv("DLTAPE_ISA", kept, 1);
    else unsetenv("DLTAPE_ISA");
    free(kept);
}

static void forms(dl_tape *t, int64_t m, int64_t k, int64_t n, int number_of_forms)
{
    for (int form = 0; form < number_of_forms; form++)
        matches(t, (product){ .dtype = form & 4 ? DL_F64 : DL_F32,
                              .m = m,
                              .k = k,
                              .n = n,
                              .left = form & 1,
                              .right = form & 2,
                              .apart = form & 8 });
}

static void sweep(dl_tape *t, const int64_t *sizes, int nsizes)
{
    for (int i = 0; i < nsizes * nsizes * nsizes; i++)
        forms(t, sizes[i % nsizes], sizes[i / nsizes % nsizes], sizes[i / nsizes / nsizes], 8);
}

static void few_sizes(dl_tape *t)
{
    if (is_slow()) sweep(t, (const int64_t[]){ 0, 1, 3, 4, 9, 17 }, 6);
    else sweep(t, (const int64_t[]){ 0, 1, 2, 3, 4, 5, 7, 9, 17 }, 9);
}

/* Columns in vectors that lie over each other, and any rest of terms behind whole fours. */
static void many_columns(dl_tape *t)
{
    static const int64_t rows[] = { 1, 4, 6 };
    const int64_t step = is_slow() ? 7 : 1;
    for (int i = 0; i < 3; i++)
        for (int64_t k = 4; k < 12; k += step / 3 + 1)
            for (int64_t n = 1; n < 42; n += step) forms(t, rows[i], k, n, 16);
}

static void all_sizes(dl_tape *t)
{
    int64_t sizes[34];
    for (int i = 0; i < 34; i++) sizes[i] = i;
    sweep(t, sizes, 34);
}

static void is_at_most_as_named(dl_tape *t)
{
    int named = 0;
    while (strcmp(isas[named], getenv("DLTAPE_ISA")) != 0) named++;
    CHECK_MSG((int)t->isa <= named, "%s gives %s", isas[named], isas[t->isa]);
    CHECK(named != DL_BASELINE || t->isa == DL_BASELINE);
}

TEST(products, an_instruction_set_that_is_missing_gives_a_lesser_one)
{
    each_isa(is_at_most_as_named);
}

TEST(products, of_small_sizes_are_sums_in_order) { each_isa(few_sizes); }

TEST(products, of_many_columns_are_sums_in_order) { each_isa(many_columns); }

TEST(slow_products, of_all_small_sizes_are_sums_in_order) { each_isa(all_sizes); }

/* ---- a matrix times its own transpose -------------------------------------------------------- */

static dl_val self_product(dl_tape *t, const dl_array *a, int form)
{
    dl_val x = dl_leaf(t, a);
    if (form == 0) return dl_matmul(x, dl_transpose(x));
    if (form == 1) return dl_matmul(dl_transpose(x), x);
    return dl_gram(form == 2 ? x : dl_transpose(x));
}

static void symmetric_matches(dl_tape *t, dl_dtype dtype, int64_t m, int64_t k, int form)
{
    dl_array *a = filled(dtype, m, k, 0), *same = filled(dtype, m, k, 0);
    bool inner = form == 1 || form == 2;
    dl_tape_reset(t);
    dl_val x = dl_leaf(t, a), y = dl_leaf(t, same), got = self_product(t, a, form);
    dl_val want = inner ? dl_matmul(dl_transpose(x), y) : dl_matmul(x, dl_transpose(y));
    size_t bytes = (size_t)dl_numel(want) * dl_dtype_size(dtype);
    const void *g = dl_data(got), *w = dl_data(want);
    CHECK_MSG(g && w && memcmp(g, w, bytes) == 0, "%s (%d,%d) form %d: other bits %s",
              dl_dtype_name(dtype), (int)m, (int)k, form, dl_tape_message(t));
    dl_array_free(a);
    dl_array_free(same);
}

static void symmetric_sizes(dl_tape *t)
{
    static const int64_t sizes[] = { 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 24, 31, 33, 50, 97 };
    enum { N = sizeof sizes / sizeof *sizes };
    for (int i = 0; i < N * N * 8; i += is_slow() ? 7 : 1)
        symmetric_matches(t, i & 1 ? DL_F64 : DL_F32, sizes[i / 8 % N], sizes[i / 8 / N],
                          i / 2 % 4);
}

TEST(products, with_the_own_transpose_are_products) { each_isa(symmetric_sizes); }

static int products_recorded(const dl_tape *t, uint32_t from)
{
    int n = 0;
    for (uint32_t i = from; i < t->n; i++) n += strncmp(t->rec[i].op->name, "matmul", 6) == 0;
    return n;
}

TEST(products, with_the_own_transpose_have_one_product_as_gradient)
{
    dl_array *a = filled(DL_F64, 3, 4, 0), *same = filled(DL_F64, 3, 4, 0);
    for (int inner = 0; inner < 2; inner++) {
        dl_tape *t = dl_tape_new();
        dl_val x = dl_leaf(t, a), y = dl_leaf(t, same), g, parts[2];
        dl_val own = self_product(t, a, inner);
        dl_val two = inner ? dl_matmul(dl_transpose(x), y) : dl_matmul(x, dl_transpose(y));
        dl_val seed = dl_reshape(dl_slice(dl_reshape(x, DL_DIMS(12)), "0", 0, 9), DL_DIMS(3, 3));
        if (inner) seed = dl_matmul(dl_transpose(x), x);
        x = dl_leaf(t, a);
        uint32_t from = t->n;
        dl_grad_seeded(own, seed, &x, 1, &g);
        CHECK_INT(products_recorded(t, from), 1);
        dl_grad_seeded(two, seed, (dl_val[]){ x, y }, 2, parts);
        check_doubles("gradient", dl_data(g), dl_data(dl_add(parts[0], parts[1])), 12, 1e-14);
        CHECK_STR(dl_tape_message(t), "");
        dl_tape_free(t);
    }
    dl_array_free(a);
    dl_array_free(same);
}

TEST(products, keep_the_gradient_of_a_wanted_transpose_apart)
{
    dl_array *a = filled(DL_F64, 3, 4, 0);
    dl_tape *t = dl_tape_new();
    dl_val x = dl_leaf(t, a), view = dl_transpose(x), y = dl_matmul(x, view), g[2];
    dl_grad_seeded(y, dl_matmul(x, view), (dl_val[]){ view, x }, 2, g);
    dl_val own = dl_matmul(view, y), whole = dl_matmul(dl_add(y, dl_transpose(y)), x);
    check_doubles("the transpose", dl_data(g[0]), dl_data(own), 12, 1e-14);
    check_doubles("the matrix", dl_data(g[1]), dl_data(whole), 12, 1e-14);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
}

/* ---- large products -------------------------------------------------------------------------- */

static double exact(const product *p, const double *a, const double *b, int64_t i, int64_t j,
                    double *size)
{
    double sum = *size = 0;
    for (int64_t k = 0; k < p->k; k++) {
        double term =
            a[p->left ? k * p->m + i : i * p->k + k] * b[p->right ? j * p->k + k : k * p->n + j];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

/* Any order of k terms is within k roundings of the sum of their sizes. */
static void close_to_exact(dl_tape *t, product p)
{
    double *y = malloc((size_t)(p.m * p.n) * sizeof *y), size;
    dl_array *a = filled(DL_F64, p.left ? p.k : p.m, p.left ? p.m : p.k, 0);
    dl_array *b = filled(DL_F64, p.right ? p.n : p.k, p.right ? p.k : p.n, 5);
    dl_tape_reset(t);
    dl_read(build(t, &p, a, b), y, (size_t)(p.m * p.n) * sizeof *y);
    for (int64_t e = 0; e < p.m * p.n; e += 1 + e % 7) {
        double want = exact(&p, dl_array_data(a), dl_array_data(b), e / p.n, e % p.n, &size);
        CHECK_MSG(fabs(y[e] - want) <= DBL_EPSILON * (double)p.k * size,
                  "(%d,%d) (%d,%d) form %d: [%d]: got %.17g, wanted %.17g", (int)p.m, (int)p.k,
                  (int)p.k, (int)p.n, p.left + 2 * p.right, (int)e, y[e], want);
    }
    CHECK_STR(dl_tape_message(t), "");
    free(y);
    dl_array_free(a);
    dl_array_free(b);
}

/* Around the sides of blocks and panels, and from where a BLAS takes over. */
static const int64_t large[][3] = { { 97, 257, 33 },   { 96, 256, 256 }, { 6, 700, 513 },
                                    { 131, 130, 127 }, { 300, 64, 260 }, { 33, 32, 2100 },
                                    { 530, 129, 47 },  { 128, 513, 128 } };

TEST(products, of_large_sizes_are_close_to_exact)
{
    dl_tape *t = dl_tape_new();
    for (size_t i = 0; i < 4 * sizeof large / sizeof *large; i += is_slow() ? 11 : 1)
        close_to_exact(t, (product){ .dtype = DL_F64,
                                     .m = large[i / 4][0],
                                     .k = large[i / 4][1],
                                     .n = large[i / 4][2],
                                     .left = i & 1,
                                     .right = i & 2 });
    dl_tape_free(t);
}

/* The bits of a large product with its operands as they are, copied, and given transposed. */
static void same_bits_for_any_strides(dl_dtype dtype, const int64_t *size)
{
    int64_t m = size[0], k = size[1], n = size[2];
    dl_array *a = filled(dtype, m, k, 0), *b = filled(dtype, k, n, 5);
    dl_tape *t = dl_tape_new();
    size_t bytes = (size_t)(m * n) * dl_dtype_size(dtype);
    for (unsigned off = 0; off < 2; off++) {
        dl_tape_disable(t, off ? DL_VIEWS : 0);
        dl_tape_reset(t);
        dl_val x = dl_leaf(t, a), y = dl_leaf(t, b);
        dl_val turned = dl_transpose(dl_scale(dl_transpose(y), 1));
        const void *want = dl_data(dl_matmul(x, y)), *got = dl_data(dl_matmul(x, turned));
        CHECK_MSG(want && got && memcmp(want, got, bytes) == 0, "%s (%d,%d,%d): other bits %s",
                  dl_dtype_name(dtype), (int)m, (int)k, (int)n, dl_tape_message(t));
        got = dl_data(dl_matmul(dl_transpose(dl_scale(dl_transpose(x), 1)), y));
        CHECK(want && got && memcmp(want, got, bytes) == 0);
    }
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

TEST(products, of_large_sizes_have_the_same_bits_for_any_strides)
{
    for (size_t i = 0; i < 2 * sizeof large / sizeof *large; i += is_slow() ? 7 : 1)
        same_bits_for_any_strides(i & 1 ? DL_F64 : DL_F32, large[i / 2]);
}

TEST(products, of_a_strict_tape_are_sums_in_order_at_any_size_and_number_of_threads)
{
    int before = dl_threads();
    for (int threads = 1; threads <= 4; threads *= is_slow() ? 4 : 2) {
        dl_set_threads(threads);
        dl_tape *t = dl_tape_new();
        dl_tape_strict(t, true);
        for (size_t i = 0; i < 2 * sizeof large / sizeof *large; i += is_slow() ? 5 : 1)
            matches(t, (product){ .dtype = i & 1 ? DL_F64 : DL_F32,
                                  .m = large[i / 2][0],
                                  .k = large[i / 2][1],
                                  .n = large[i / 2][2],
                                  .right = i & 2 });
        dl_tape_free(t);
    }
    dl_set_threads(before);
}

TEST(products, of_large_sizes_have_the_same_bits_for_any_number_of_threads)
{
    bool slow = is_slow();
    int64_t m = slow ? 300 : 700, k = slow ? 90 : 160, n = slow ? 270 : 520;
    size_t bytes = (size_t)(m * n) * sizeof(double);
    dl_array *a = filled(DL_F64, m, k, 0), *b = filled(DL_F64, k, n, 5);
    char *first = malloc(2 * bytes), *again = first + bytes;
    int before = dl_threads();
    dl_tape *t = dl_tape_new();
    for (int threads = 1; threads <= (slow ? 2 : 4); threads *= 2) {
        dl_set_threads(threads);
        dl_tape_reset(t);
        dl_val y = dl_matmul(dl_leaf(t, a), dl_leaf(t, b));
        char *to = threads == 1 ? first : again;
        dl_read(dl_matmul(y, dl_gram(y)), to, bytes);
        CHECK_MSG(memcmp(first, to, bytes) == 0, "%d threads: other bits", threads);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_set_threads(before);
    dl_tape_free(t);
    free(first);
    dl_array_free(a);
    dl_array_free(b);
}

TEST(products, with_the_own_transpose_are_symmetric_when_large)
{
    static const int64_t sizes[][2] = { { 150, 200 }, { 300, 90 }, { 520, 70 } };
    for (int i = 0; i < 12; i += is_slow() ? 5 : 1) {
        int64_t m = sizes[i / 4][0], k = sizes[i / 4][1];
        bool inner = i % 4 == 1 || i % 4 == 2;
        product p = { .dtype = DL_F64, .m = m, .k = k, .n = m, .left = inner, .right = !inner };
        dl_array *a = filled(DL_F64, inner ? k : m, inner ? m : k, 0);
        dl_tape *t = dl_tape_new();
        const double *y = dl_data(self_product(t, a, i % 4)), *x = dl_array_data(a);
        double size;
        for (int64_t e = 0; y && e < m * m; e += 1 + e % 5) {
            double want = exact(&p, x, x, e / m, e % m, &size);
            CHECK(y[e] == y[e % m * m + e / m]);
            CHECK(fabs(y[e] - want) <= DBL_EPSILON * (double)k * size);
        }
        CHECK_STR(dl_tape_message(t), "");
        dl_tape_free(t);
        dl_array_free(a);
    }
}

TEST(products, of_large_sizes_keep_nan_and_infinity_in_their_rows)
{
    enum { N = 160 };
    dl_array *a = filled(DL_F64, N, N, 0), *b = filled(DL_F64, N, N, 5);
    dl_tape *t = dl_tape_new();
    dl_array_set(a, DL_DIMS(3, 150), NAN);
    dl_array_set(a, DL_DIMS(100, 7), INFINITY);
    dl_array_set(b, DL_DIMS(7, 9), 0);
    const double *y = dl_data(dl_matmul(dl_leaf(t, a), dl_leaf(t, b)));
    for (int64_t i = 0; y && i < N * N; i++) {
        bool wrong = i / N == 3 ? !isnan(y[i]) : i / N == 100 ? isfinite(y[i]) : !isfinite(y[i]);
        CHECK_MSG(!wrong, "[%d,%d]: got %g", (int)(i / N), (int)(i % N), y[i]);
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

static void blas_pays(const char *core, bool sse, bool avx2, bool avx512)
{
    CHECK_MSG(dl__core_pays(core, DL_BASELINE) == sse && dl__core_pays(core, DL_AVX2) == avx2
                  && dl__core_pays(core, DL_AVX512) == avx512,
              "%s on SSE %d, AVX2 %d, AVX-512 %d", core, dl__core_pays(core, DL_BASELINE),
              dl__core_pays(core, DL_AVX2), dl__core_pays(core, DL_AVX512));
}

TEST(products, go_to_an_openblas_whose_kernels_are_as_good_as_the_processor)
{
    blas_pays("Prescott", true, false, false);
    blas_pays("OPTERON_SSE3", true, false, false);
    blas_pays("Sandybridge", true, true, false);
    blas_pays("Haswell", true, true, true);
    blas_pays("SkylakeX", true, true, true);
    blas_pays("one of later days", true, true, true);
}

/* A product that says by its bits who computed it, on tapes for every instruction set. */
static bool own_kernels[DL_NISA];

static void ask_who_computes(dl_tape *t)
{
    enum { N = 192 };
    dl_array *a = filled(DL_F32, N, N, 0);
    dl_tape *own = dl_tape_new();
    dl_tape_strict(own, true);
    dl_val x = dl_leaf(t, a), y = dl_leaf(own, a);
    const void *got = dl_data(dl_matmul(x, x)), *want = dl_data(dl_matmul(y, y));
    own_kernels[t->isa] = got && want && memcmp(got, want, N * N * sizeof(float)) == 0;
    dl_tape_free(own);
    dl_array_free(a);
}

TEST(products, of_large_sizes_are_computed_by_the_same_kernels_on_all_tapes_of_a_process)
{
    bool before = dl__blas_pays();
    each_isa(ask_who_computes);
    for (int isa = 0; isa <= (int)dl_processor_isa(); isa++) {
        CHECK(own_kernels[isa] == own_kernels[DL_BASELINE]);
        CHECK_MSG(before || own_kernels[isa], "the BLAS computes, although it does not pay");
    }
    CHECK(dl__blas_pays() == before);
}

/* 2^64 terms: whoever counts them in 64 bits finds none and answers at once, with zeros. */
TEST(products, of_more_terms_than_can_be_counted_are_not_empty)
{
    pid_t child = fork();
    if (!child) {
        int64_t k = (int64_t)1 << 48;
        dl_tape *t = dl_tape_new();
        dl_val a = dl_ones(t, DL_F32, DL_DIMS(256, k)), b = dl_ones(t, DL_F32, DL_DIMS(k, 256));
        dl_val y = dl_matmul(a, b);
        ualarm(200000, 0);
        dl_eval(t, &y, 1);
        _exit(1);
    }
    int status = 0;
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
}
