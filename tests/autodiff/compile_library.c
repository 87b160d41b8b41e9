/* compile_library.c: compiled functions leave products and other instructions to the library: the
 * same bits as the plan, wherever values lie. */
#include "../harness/test.h"
#include "../harness/compile.h"

#include "../../autodiff/emit.h"
#include "../../autodiff/fn.h"
#include "../../ops/ops.h"

#include <string.h>

enum { N = 160, NUMEL = N * N };

/* Compiles into a cache of its own. */
static dl_status compile(dl_fn *f, const compile_folder *folder)
{
    setenv("XDG_CACHE_HOME", folder->path, 1);
    return dl_fn_compile(f);
}

static void fill(float *x, int n)
{
    for (int i = 0; i < n; i++) x[i] = (float)((i * 37) % 101) / 200 - 0.25f;
}

static dl_array *square(const char *name)
{
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(N, N));
    dl_array_set_name(a, name);
    return a;
}

/* w moves against the gradient of |tanh(w x)|; k becomes a product; z is an output that the library
 * writes and printed code reads, y one that the library reads. */
static dl_fn *model(bool strict)
{
    dl_tape *t = dl_tape_new();
    dl_array *a[] = { square("w"), square("x"), square("k") };
    dl_tape_strict(t, strict);
    dl_val w = dl_leaf(t, a[0]), x = dl_leaf(t, a[1]), k = dl_leaf(t, a[2]), g;
    dl_val z = dl_matmul(w, x), y = dl_tanh(z), loss = dl_norm_fro(dl_matmul(dl_transpose(y), y));
    dl_grad(loss, &w, 1, &g);
    dl_assign(a[0], dl_sub(w, dl_scale(g, 1e-3)));
    dl_assign(a[2], dl_matmul(k, w));
    dl_fn_arg in[] = { { "w", w }, { "x", x }, { "k", k } };
    dl_fn_arg out[] = { { "loss", loss }, { "z", z }, { "y", y } };
    dl_fn *f = dl_fn_create("model", in, 3, out, 3);
    CHECK_STR(dl_fn_message(f), "");
    for (int i = 0; i < 3; i++) dl_array_free(a[i]);
    dl_tape_free(t);
    return f;
}

typedef struct memory {
    float loss, w[NUMEL], x[NUMEL], k[NUMEL], z[NUMEL], y[NUMEL], new_w[NUMEL], new_k[NUMEL];
} memory;

/* A step beside the parameters, and two with the updates over them. */
static void run(const dl_fn *f, memory *m, void *work)
{
    const void *in[] = { m->w, m->x, m->k };
    fill(m->w, NUMEL), fill(m->x, NUMEL), fill(m->k, NUMEL);
    for (int step = 0; step < 3; step++) {
        void *beside[] = { &m->loss, m->z, m->y, m->new_w, m->new_k };
        void *over[] = { &m->loss, m->z, m->y, m->w, m->k };
        CHECK_INT(dl_fn_run(f, in, step ? over : beside, work), DL_OK);
    }
}

static void check_model(bool strict, int threads)
{
    compile_folder folder = compile_begin();
    dl_fn *f = model(strict);
    void *work = dl_fn_workspace_new(f);
    memory *got = calloc(1, sizeof *got), *want = calloc(1, sizeof *want);
    run(f, want, work);
    CHECK_INT(compile(f, &folder), DL_OK);
    dl_set_threads(threads);
    run(f, got, work); /* in the workspace that the plan has used, with the same pointers */
    dl_set_threads(1);
    CHECK(memcmp(got, want, sizeof *got) == 0);
    free(got), free(want);
    dl_fn_workspace_free(work);
    dl_fn_free(f);
    compile_end(&folder);
}

TEST(compile_library, gives_the_bits_of_the_plan)
{
    if (!compile_wanted()) SKIP("compiles");
    check_model(true, 1);
    check_model(true, 2);
    check_model(false, 1); /* the BLAS's, if there is one */
}

/* What the plan computes where an input lies, compiled code may not: a workspace that a plan has
 * used is bound anew. */
TEST(compile_library, a_plan_leaves_no_places_behind)
{
    if (!compile_wanted()) SKIP("compiles");
    compile_folder folder = compile_begin();
    dl_tape *t = dl_tape_new();
    dl_array *a = square("a");
    dl_val x = dl_leaf(t, a);
    dl_fn *f =
        dl_fn_create("twice", &(dl_fn_arg){ "x", x }, 1, &(dl_fn_arg){ "y", dl_scale(x, 2) }, 1);
    float *y = dl_array_write(a);
    char *work = calloc(1, dl_fn_workspace_size(f)), *end = work + dl_fn_workspace_size(f);
    const float *room = (const float *)(const void *)(end - f->room);
    fill(y, NUMEL);
    dl_fn_run(f, (const void *[]){ y }, (void *[]){ y }, work);
    CHECK(room[0] == 0 && y[0] == -0.5f);
    CHECK_INT(compile(f, &folder), DL_OK);
    dl_fn_run(f, (const void *[]){ y }, (void *[]){ y }, work);
    CHECK(room[0] != 0 && y[0] == -1);
    free(work);
    dl_fn_free(f);
    dl_array_free(a);
    dl_tape_free(t);
    compile_end(&folder);
}

static char *printed(const dl_fn *f, unsigned with)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    CHECK_INT(dl__emit(&f, (const char *const[]){ "f" }, 1, with, to), DL_OK);
    fclose(to);
    return text;
}

/* x w' summed along its rows from one side or the other, of n rows and columns. */
static dl_fn *sums(int64_t n, bool reverse)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(n, n));
    dl_val x = dl_leaf(t, a), y = dl_cumsum(dl_exp(x), "1", reverse);
    dl_fn *f = dl_fn_create("sums", &(dl_fn_arg){ "x", x }, 1,
                            &(dl_fn_arg){ "y", dl_add(dl_log(y), x) }, 1);
    dl_array_free(a);
    dl_tape_free(t);
    return f;
}

TEST(compile_library, what_is_printed_for_others_needs_none)
{
    dl_fn *small = sums(4, false), *large = sums(20, false);
    char *text[] = { printed(large, 0), printed(large, DL__CALLS), printed(small, DL__LIBRARY),
                     printed(large, DL__LIBRARY) };
    for (int i = 0; i < 3; i++) CHECK(!strstr(text[i], "dl_library"));
    CHECK_HAS(text[3], "dl_library(memory, ");
    CHECK_HAS(text[3], "; /* (20,20) = cumsum((20,20)) */");
    for (int i = 0; i < 4; i++) free(text[i]);
    dl_fn_free(small), dl_fn_free(large);
}

/* The direction is known to the plan alone, so both are one file. */
TEST(compile_library, functions_of_one_text_run_their_own_plans)
{
    if (!compile_wanted()) SKIP("compiles");
    enum { M = 20 };
    compile_folder folder = compile_begin();
    double x[M * M], got[M * M], want[M * M];
    char *text[2];
    for (int i = 0; i < M * M; i++) x[i] = 0.01 * ((i * 7) % 31);
    for (int reverse = 0; reverse < 2; reverse++) {
        dl_fn *f = sums(M, reverse);
        void *work = dl_fn_workspace_new(f);
        text[reverse] = printed(f, DL__LIBRARY);
        dl_fn_run(f, (const void *[]){ x }, (void *[]){ want }, work);
        CHECK_INT(compile(f, &folder), DL_OK);
        dl_fn_run(f, (const void *[]){ x }, (void *[]){ got }, work);
        CHECK(memcmp(got, want, sizeof got) == 0);
        dl_fn_workspace_free(work);
        dl_fn_free(f);
    }
    CHECK_STR(text[0], text[1]);
    free(text[0]), free(text[1]);
    compile_end(&folder);
}

/* The cotangent of a mean is one number that stands for all: it takes the place of one, in printed
 * code too. */
static dl_fn *linear_model(void)
{
    dl_tape *t = dl_tape_new();
    dl_array *a[] = { dl_array_new(DL_F32, NULL, DL_DIMS(1000, 8)),
                      dl_array_new(DL_F32, NULL, DL_DIMS(8, 16)) };
    dl_val x = dl_leaf(t, a[0]), w = dl_leaf(t, a[1]), g;
    dl_val loss = dl_mean(dl_scale(dl_matmul(x, w), 0.5), "all");
    dl_grad(loss, &w, 1, &g);
    dl_fn_arg in[] = { { "x", x }, { "w", w } }, out[] = { { "loss", loss }, { "g", g } };
    dl_fn *f = dl_fn_create("linear", in, 2, out, 2);
    CHECK_STR(dl_fn_message(f), "");
    for (int i = 0; i < 2; i++) dl_array_free(a[i]);
    dl_tape_free(t);
    return f;
}

TEST(compile_library, one_number_that_stands_for_all_lies_there_once)
{
    dl_fn *f = linear_model();
    char *text = printed(f, DL__CALLS);
    const char *told = strstr(text, "f_workspace_size");
    long long bytes = told ? strtoll(told + strcspn(told, "0123456789"), NULL, 10) : 0;
    CHECK_MSG(bytes > 0 && (size_t)bytes <= dl_fn_workspace_size(f),
              "a workspace of %lld bytes where the plan has %zu", bytes, dl_fn_workspace_size(f));
    free(text);
    if (compile_wanted()) {
        static float x[8000], w[128], loss[2], g[2][128];
        compile_folder folder = compile_begin();
        void *work = dl_fn_workspace_new(f);
        fill(x, 8000), fill(w, 128);
        dl_fn_run(f, (const void *[]){ x, w }, (void *[]){ &loss[0], g[0] }, work);
        CHECK_INT(compile(f, &folder), DL_OK);
        CHECK_STR(dl_fn_message(f), "");
        dl_fn_run(f, (const void *[]){ x, w }, (void *[]){ &loss[1], g[1] }, work);
        CHECK(loss[0] == loss[1] && memcmp(g[0], g[1], sizeof g[0]) == 0);
        dl_fn_workspace_free(work);
        compile_end(&folder);
    }
    dl_fn_free(f);
}

/* What an argument is called is nothing to the library: a panel of products, the rows of a sort. */
TEST(compile_library, arguments_may_have_the_names_of_what_is_printed)
{
    static const char *const names[] = { "panel", "r", "floorf", "sums", "v1", "i0" };
    if (!compile_wanted()) SKIP("compiles");
    compile_folder folder = compile_begin();
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(9, 9));
        fill(dl_array_write(a), 81);
        dl_val x = dl_leaf(t, a), y = dl_matmul(dl_sort(x, "1", DL_ASCENDING), dl_transpose(x));
        y = dl_add(y, dl_floor(x));
        float want[81], got[81];
        dl_fn *f = dl_fn_create("named", &(dl_fn_arg){ names[k], x }, 1, &(dl_fn_arg){ "y", y }, 1);
        CHECK_INT(compile(f, &folder), DL_OK);
        void *work = dl_fn_workspace_new(f);
        dl_fn_run(f, (const void *[]){ dl_array_data(a) }, (void *[]){ got }, work);
        CHECK_INT(dl_read(y, want, sizeof want), DL_OK);
        CHECK_MSG(memcmp(got, want, sizeof got) == 0, "an input called %s", names[k]);
        dl_fn_workspace_free(work);
        dl_fn_free(f);
        dl_tape_free(t);
        dl_array_free(a);
    }
    compile_end(&folder);
}

/* gcc 12 reads the wrong elements of a row that is read backward under a condition. */
TEST(compile_library, a_row_read_backward_has_the_bits_of_the_plan)
{
    static const int64_t sizes[][2] = { { 3, 4 }, { 3, 8 }, { 8, 4 }, { 64, 4 }, { 33, 16 } };
    if (!compile_wanted()) SKIP("compiles");
    compile_folder folder = compile_begin();
    for (size_t k = 0; k < 2 * sizeof sizes / sizeof *sizes; k++) {
        int64_t rows = sizes[k / 2][0], cols = sizes[k / 2][1];
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_new(k % 2 ? DL_F64 : DL_F32, NULL, DL_DIMS(rows, cols));
        for (int64_t i = 0; i < rows * cols; i++)
            dl_array_set(a, DL_DIMS(i / cols, i % cols), (double)(i * 37 % 101) / 50 - 1);
        dl_val x = dl_leaf(t, a), y = dl_flip(x, "1"), g;
        dl_val loss = dl_sum(dl_sin(dl_matmul(dl_hypot(y, y), dl_transpose(x))), "all");
        dl_grad(loss, &x, 1, &g);
        dl_fn *f = dl_fn_create("back", &(dl_fn_arg){ "x", x }, 1, &(dl_fn_arg){ "g", g }, 1);
        static double want[33 * 16], got[33 * 16];
        void *work = dl_fn_workspace_new(f);
        const void *in[] = { dl_array_data(a) };
        dl_fn_run(f, in, (void *[]){ want }, work);
        CHECK_INT(compile(f, &folder), DL_OK);
        dl_fn_run(f, in, (void *[]){ got }, work);
        CHECK_MSG(memcmp(got, want, dl_fn_output(f, 0).bytes) == 0, "(%lld,%lld) %s",
                  (long long)rows, (long long)cols, dl_dtype_name(k % 2 ? DL_F64 : DL_F32));
        dl_fn_workspace_free(work);
        dl_fn_free(f);
        dl_tape_free(t);
        dl_array_free(a);
    }
    compile_end(&folder);
}
