/* linear_emit.c: printed C of matrices that are too large for arrays on the stack, and of products
 * and distances in blocks: within the workspace, with the bits of the plan. */
#include "driver.h"
#include "../harness/compile.h"

#include "../../autodiff/emit.h"

enum { N = 40, MAX_OUT = 8 };

static dl_fn *model(const double *x)
{
    dl_tape *t = dl_tape_new();
    dl_array *array = dl_array_wrap((void *)x, DL_F64, NULL, DL_DIMS(N, N));
    dl_val in = dl_leaf(t, array), w, u, s, v, q, r, g;
    dl_eigh(in, &w, NULL);
    dl_svd(in, &u, &s, &v);
    dl_qr(in, &q, &r);
    dl_val y = dl_add_n(dl_sum(w, "all"), dl_sum(u, "all"), dl_sum(r, "all"),
                        dl_sum(dl_expm(dl_scale(in, 1.0 / N)), "all"), dl_sum(dl_inv(in), "all"),
                        dl_logdet(in), dl_sum(dl_pinv(in), "all"));
    dl_grad(y, &in, 1, &g);
    dl_fn_arg from = { "x", in }, to[] = { { "y", y }, { "g", g } };
    dl_fn *f = dl_fn_create("large", &from, 1, to, 2);
    CHECK_STR(dl_fn_message(f), "");
    dl_tape_free(t);
    dl_array_free(array);
    return f;
}

/* The outputs, `bytes` of each, against the plan; none of the arrays on the stack exceeds 16 KiB.
 */
static void check_printed(dl_fn *f, const void *const *in, int n, const size_t *bytes)
{
    void *want[MAX_OUT], *got[MAX_OUT];
    for (int i = 0; i < n; i++) want[i] = malloc(bytes[i]), got[i] = malloc(bytes[i]);
    void *work = dl_fn_workspace_new(f);
    CHECK_INT(dl_fn_run(f, in, want, work), DL_OK);
    dl_fn_workspace_free(work);
    compile_folder folder = compile_begin();
    FILE *to = compile_open(&folder, "all.c");
    const dl_fn *const list[] = { f };
    CHECK_INT(dl__emit(list, (const char *const[]){ "f" }, 1, DL__CALLS, to), DL_OK);
    fclose(to);
    bool ok = compile_wanted()
              && compile_run(&folder, "cc -O1 " COMPILE_STRICT
                                      "-Wlarger-than=16384 -shared -fPIC -o all.so all.c -lm");
    void *library = ok ? compile_load(&folder, "all.so") : NULL;
    if (library) {
        compile_function c = compile_find(library, "f");
        c.call(in, got, c.work);
        CHECK(compile_kept_within(&c));
        free(c.work);
        for (int i = 0; i < n; i++)
            CHECK_MSG(memcmp(got[i], want[i], bytes[i]) == 0, "output %d", i);
        dlclose(library);
    }
    compile_end(&folder);
    for (int i = 0; i < n; i++) free(want[i]), free(got[i]);
}

TEST(emit, large_matrices_are_computed_in_the_workspace)
{
    static double x[N * N];
    for (int i = 0; i < N * N; i++)
        x[i] = i / N == i % N ? 2 * N + i / N : sin(1 + i / N + 2.0 * (i % N));
    dl_fn *f = model(x);
    check_printed(f, (const void *[]){ x }, 2, (size_t[]){ sizeof *x, sizeof x });
    dl_fn_free(f);
}

static dl_array *filled(dl_dtype dtype, double from, int64_t rows, int64_t cols)
{
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(rows, cols));
    void *x = dl_array_write(a);
    for (int64_t i = 0; i < rows * cols; i++) {
        double element = sin(from + 0.7 * (double)i);
        if (dtype == DL_F32) ((float *)x)[i] = (float)element;
        else ((double *)x)[i] = element;
    }
    return a;
}

/* ---- products in blocks ---------------------------------------------------------------------- */

/* More rows, columns and terms than a block has, and a rest of each. */
enum { ROWS = 13, TERMS = 600, COLS = 37 };

static void products_of(dl_dtype dtype)
{
    dl_tape *t = dl_tape_new();
    dl_array *array[] = { filled(dtype, 1, ROWS, TERMS), filled(dtype, 2, TERMS, COLS) };
    dl_val a = dl_leaf(t, array[0]), b = dl_leaf(t, array[1]);
    dl_val c = dl_transpose(a), d = dl_transpose(b);
    dl_fn_arg from[] = { { "a", a }, { "b", b } };
    const dl_val y[] = { dl_matmul(a, b),
                         dl_matmul(d, c),
                         dl_matmul(a, c),
                         dl_matmul(d, b),
                         dl_matmul(c, a),
                         dl_matmul(dl_slice(a, "0", 0, 1), b),
                         dl_matmul(a, dl_slice(b, "1", 0, 1)) };
    enum { NY = sizeof y / sizeof *y };
    dl_fn_arg to[NY];
    size_t bytes[NY];
    static const char *const name[] = { "ab", "ba", "aa", "bb", "cc", "row", "column" };
    for (int i = 0; i < NY; i++) {
        to[i] = (dl_fn_arg){ name[i], y[i] };
        bytes[i] = (size_t)dl_numel(y[i]) * (dtype == DL_F32 ? 4 : 8);
    }
    dl_fn *f = dl_fn_create("products", from, 2, to, NY);
    CHECK_STR(dl_fn_message(f), "");
    const void *in[] = { dl_array_data(array[0]), dl_array_data(array[1]) };
    check_printed(f, in, NY, bytes);
    dl_fn_free(f);
    dl_tape_free(t);
    for (int k = 0; k < 2; k++) dl_array_free(array[k]);
}

TEST(emit, products_in_blocks_have_the_bits_of_the_plan)
{
    products_of(DL_F32);
    products_of(DL_F64);
}

/* ---- distances in blocks --------------------------------------------------------------------- */

/* More rows, columns and terms than a block has, and a rest of each; slopes as far as the third. */
static void distances_of(dl_dtype dtype)
{
    enum { A = 69, B = 131, D = 133 };
    dl_tape *t = dl_tape_new();
    dl_array *array[] = { filled(dtype, 1, A, D), filled(dtype, 2, D, B) };
    dl_val in[] = { dl_leaf(t, array[0]), dl_leaf(t, array[1]) };
    dl_val y[6] = { dl_pdist2(in[0], dl_transpose(in[1])) };
    dl_grad(dl_sum_squares(dl_sqrt(y[0]), "all"), in, 2, y + 1);
    y[3] = dl_pdist2_squared(in[0], dl_transpose(in[1]));
    dl_grad(dl_add(dl_sum(dl_square(y[1]), "all"), dl_sum(dl_square(y[2]), "all")), in, 2, y + 4);
    dl_fn_arg from[] = { { "a", in[0] }, { "b", in[1] } }, to[6];
    static const char *const name[] = { "d", "ga", "gb", "s", "ha", "hb" };
    size_t bytes[6];
    for (int i = 0; i < 6; i++) {
        to[i] = (dl_fn_arg){ name[i], y[i] };
        bytes[i] = (size_t)dl_numel(y[i]) * (dtype == DL_F32 ? 4 : 8);
    }
    dl_fn *f = dl_fn_create("distances", from, 2, to, 6);
    CHECK_STR(dl_fn_message(f), "");
    check_printed(f, (const void *[]){ dl_array_data(array[0]), dl_array_data(array[1]) }, 6,
                  bytes);
    dl_fn_free(f);
    dl_tape_free(t);
    for (int k = 0; k < 2; k++) dl_array_free(array[k]);
}

TEST(emit, distances_in_blocks_have_the_bits_of_the_plan)
{
    distances_of(DL_F32);
    distances_of(DL_F64);
}
