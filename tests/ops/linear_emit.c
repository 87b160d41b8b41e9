/* linear_emit.c: matrices that are too large for arrays on the stack: printed C computes them in
 * its workspace, within its size, with the bits of the plan. */
#include "driver.h"
#include "../harness/compile.h"

#include "../../autodiff/emit.h"

enum { N = 40 };

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

TEST(emit, large_matrices_are_computed_in_the_workspace)
{
    static double x[N * N], want[2][N * N], got[2][N * N];
    for (int i = 0; i < N * N; i++)
        x[i] = i / N == i % N ? 2 * N + i / N : sin(1 + i / N + 2.0 * (i % N));
    dl_fn *f = model(x);
    const void *in[] = { x };
    void *out[] = { want[0], want[1] }, *printed[] = { got[0], got[1] };
    void *work = dl_fn_workspace_new(f);
    CHECK_INT(dl_fn_run(f, in, out, work), DL_OK);
    dl_fn_workspace_free(work);
    compile_folder folder = compile_begin();
    FILE *to = compile_open(&folder, "all.c");
    const dl_fn *const list[] = { f };
    CHECK_INT(dl__emit(list, (const char *const[]){ "f" }, 1, true, to), DL_OK);
    fclose(to);
    /* None of the arrays that are left exceeds 16 KiB. */
    bool ok = compile_wanted()
              && compile_run(&folder, "cc -O1 " COMPILE_STRICT
                                      "-Wlarger-than=16384 -shared -fPIC -o all.so all.c -lm");
    void *library = ok ? compile_load(&folder, "all.so") : NULL;
    if (library) {
        compile_function c = compile_find(library, "f");
        c.call(in, printed, c.work);
        CHECK(compile_kept_within(&c));
        free(c.work);
        CHECK(memcmp(got[0], want[0], sizeof *x) == 0);
        CHECK(memcmp(got[1], want[1], sizeof x) == 0);
        dlclose(library);
    }
    compile_end(&folder);
    dl_fn_free(f);
}
