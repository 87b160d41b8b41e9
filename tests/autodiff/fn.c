/* fn.c: frozen functions: the same bits as the tape, inputs by name, workspaces of one's own. */
#include "../harness/test.h"

#include "../../autodiff/frozen.h"
#include "../../ops/ops.h"

#include <stdlib.h>
#include <string.h>

enum { M = 3, N = 4 };

/* loss = |tanh(w x)| + s |w|, and its gradient in w. */
typedef struct model {
    dl_tape *t;
    dl_array *w, *x;
    dl_val wv, xv, sv, loss, grad;
} model;

static model make(dl_dtype dtype)
{
    model m = { .t = dl_tape_new(),
                .w = dl_array_new(dtype, NULL, DL_DIMS(M, N)),
                .x = dl_array_new(dtype, NULL, DL_DIMS(N, M)) };
    for (int64_t i = 0; i < M; i++)
        for (int64_t k = 0; k < N; k++) {
            dl_array_set(m.w, DL_DIMS(i, k), 0.3 * (double)i - 0.2 * (double)k + 0.1);
            dl_array_set(m.x, DL_DIMS(k, i), 0.1 * (double)(i * k) - 0.3);
        }
    dl_array_set_name(m.w, "w");
    m.wv = dl_leaf(m.t, m.w);
    m.xv = dl_leaf(m.t, m.x);
    m.sv = dl_scalar(m.t, dtype, 0.5);
    m.loss = dl_add(dl_norm_fro(dl_tanh(dl_matmul(m.wv, m.xv))), dl_mul(m.sv, dl_norm_fro(m.wv)));
    dl_grad(m.loss, DL_VALS(m.wv), &m.grad);
    return m;
}

static void drop(model *m)
{
    dl_array_free(m->w);
    dl_array_free(m->x);
    dl_tape_free(m->t);
}

static dl_fn *freeze(const model *m)
{
    dl_fn_arg in[] = { { "w", m->wv }, { "x", m->xv }, { "s", m->sv } };
    dl_fn_arg out[] = { { "loss", m->loss }, { "grad_w", m->grad } };
    return dl_fn_create("model", in, 3, out, 2);
}

TEST(fn, gives_the_bits_of_the_tape_without_it)
{
    model m = make(DL_F64);
    dl_fn *f = freeze(&m);
    CHECK_STR(dl_fn_message(f), "");
    double loss = dl_item(m.loss), grad[M * N], got_loss, got[M * N], s = 0.5;
    dl_read(m.grad, grad, sizeof grad);
    double w[M * N], x[N * M];
    memcpy(w, dl_array_data(m.w), sizeof w);
    memcpy(x, dl_array_data(m.x), sizeof x);
    drop(&m);
    void *work = dl_fn_workspace_new(f);
    for (int round = 0; round < 2; round++) {
        CHECK_INT(dl_fn_run(f, (const void *[]){ w, x, &s }, (void *[]){ &got_loss, got }, work),
                  DL_OK);
        CHECK(got_loss == loss && memcmp(got, grad, sizeof grad) == 0);
    }
    s = 0;
    dl_fn_run(f, (const void *[]){ w, x, &s }, (void *[]){ &got_loss, NULL }, work);
    CHECK(got_loss < loss);
    dl_fn_workspace_free(work);
    dl_fn_free(f);
}

TEST(fn, every_call_uses_the_pointers_it_is_given)
{
    model m = make(DL_F64);
    dl_fn *f = freeze(&m);
    double w[2][M * N], x[N * M], s[2] = { 0.5, 2 }, want[2], loss[2];
    memcpy(w[0], dl_array_data(m.w), sizeof w[0]);
    memcpy(x, dl_array_data(m.x), sizeof x);
    for (int i = 0; i < M * N; i++) w[1][i] = -3 * w[0][i];
    drop(&m);
    for (int k = 0; k < 2; k++) {
        void *work = dl_fn_workspace_new(f);
        dl_fn_run(f, (const void *[]){ w[k], x, &s[k] }, (void *[]){ &want[k], NULL }, work);
        dl_fn_workspace_free(work);
    }
    CHECK(want[0] != want[1]);
    void *work = dl_fn_workspace_new(f);
    for (int call = 0; call < 12; call++) {
        int k = call / 2 % 2, to = call / 3 % 2;
        loss[0] = loss[1] = -1;
        if (call % 5 == 4)
            CHECK_INT(dl_fn_run(f, (const void *[]){ w[k], NULL, &s[k] },
                                (void *[]){ &loss[to], NULL }, work),
                      DL_ENULL);
        dl_fn_run(f, (const void *[]){ w[k], x, &s[k] }, (void *[]){ &loss[to], NULL }, work);
        CHECK(loss[to] == want[k] && loss[!to] == -1);
    }
    dl_fn_workspace_free(work);
    dl_fn_free(f);
}

TEST(fn, forgets_what_the_tape_has_computed)
{
    model m = make(DL_F32);
    float first = (float)dl_item(m.loss);
    dl_fn *f = freeze(&m);
    CHECK_STR(dl_fn_message(f), "");
    float w[M * N] = { 0 }, x[N * M] = { 0 }, s = 1, loss = -1;
    void *work = dl_fn_workspace_new(f);
    dl_fn_run(f, (const void *[]){ w, x, &s }, (void *[]){ &loss, NULL }, work);
    CHECK(loss == 0 && first != 0);
    dl_fn_workspace_free(work);
    dl_fn_free(f);
    drop(&m);
}

TEST(fn, an_output_may_lie_over_an_input)
{
    model m = make(DL_F64);
    dl_assign(m.w, dl_sub(m.wv, dl_scale(m.grad, 0.1)));
    dl_fn *f = freeze(&m);
    CHECK_STR(dl_fn_message(f), "");
    CHECK_INT(dl_fn_outputs(f), 3);
    CHECK_STR(dl_fn_output(f, 2).name, "new_w");
    CHECK_INT(dl_fn_output(f, 2).updates, 0);
    CHECK_INT(dl_fn_output(f, 0).updates, -1);
    void *work = dl_fn_workspace_new(f);
    double s = 0.5, w[M * N], want[M * N];
    memcpy(w, dl_array_data(m.w), sizeof w);
    for (int step = 0; step < 3; step++)
        dl_fn_run(f, (const void *[]){ w, dl_array_data(m.x), &s }, (void *[]){ NULL, NULL, w },
                  work);
    for (int step = 0; step < 3; step++) {
        model again = m;
        dl_tape_reset(m.t);
        again.wv = dl_leaf(m.t, m.w);
        again.xv = dl_leaf(m.t, m.x);
        dl_val loss = dl_add(dl_norm_fro(dl_tanh(dl_matmul(again.wv, again.xv))),
                             dl_mul(dl_scalar(m.t, DL_F64, s), dl_norm_fro(again.wv)));
        dl_grad(loss, DL_VALS(again.wv), &again.grad);
        dl_assign(m.w, dl_sub(again.wv, dl_scale(again.grad, 0.1)));
        dl_eval(m.t, &loss, 1);
    }
    memcpy(want, dl_array_data(m.w), sizeof want);
    CHECK(memcmp(w, want, sizeof w) == 0);
    dl_fn_workspace_free(work);
    dl_fn_free(f);
    drop(&m);
}

/* ---- outputs over inputs --------------------------------------------------------------------- */

enum { LONG = 3000 };

/* a and b, and what makes two outputs of them; `parts` are disabled. */
static dl_fn *pair(void (*record)(dl_val a, dl_val b, dl_val *out), unsigned parts)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(LONG)),
             *b = dl_array_new(DL_F32, NULL, DL_DIMS(LONG));
    dl_tape_disable(t, parts);
    dl_val x = dl_leaf(t, a), y = dl_leaf(t, b), out[2];
    record(x, y, out);
    dl_fn *f = dl_fn_create("pair", (dl_fn_arg[]){ { "a", x }, { "b", y } }, 2,
                            (dl_fn_arg[]){ { "p", out[0] }, { "q", out[1] } }, 2);
    CHECK_STR(dl_fn_message(f), "");
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
    return f;
}

/* The values of three steps with outputs at these elements of memory that begins with a and b; and
 * whether the room for outputs that lie elsewhere was left alone. */
static bool steps(const dl_fn *f, size_t p, size_t q, float *memory)
{
    size_t size = dl_fn_workspace_size(f);
    char *work = calloc(1, size);
    for (int i = 0; i < 2 * LONG; i++) memory[i] = (float)((i * 37) % 101) / 50;
    for (int k = 0; k < 3; k++)
        CHECK_INT(dl_fn_run(f, (const void *[]){ memory, memory + LONG },
                            (void *[]){ memory + p, memory + q }, work),
                  DL_OK);
    bool untouched = true;
    for (size_t i = size - f->room; i < size; i++) untouched = untouched && !work[i];
    free(work);
    return untouched;
}

/* The same by way of other memory, copied at the end of a step. */
static bool is_as_if_copied(dl_fn *f, size_t p, size_t q)
{
    static float got[4 * LONG], want[4 * LONG], to[2][LONG];
    void *work = dl_fn_workspace_new(f);
    bool direct = steps(f, p, q, got);
    for (int i = 0; i < 2 * LONG; i++) want[i] = (float)((i * 37) % 101) / 50;
    for (int k = 0; k < 3; k++) {
        dl_fn_run(f, (const void *[]){ want, want + LONG }, (void *[]){ to[0], to[1] }, work);
        memcpy(want + p, to[0], sizeof to[0]);
        memcpy(want + q, to[1], sizeof to[1]);
    }
    CHECK(memcmp(got, want, 2 * LONG * sizeof *got) == 0);
    dl_fn_workspace_free(work);
    dl_fn_free(f);
    return direct;
}

/* As momentum: q is read after p, b before. */
static void momentum(dl_val a, dl_val b, dl_val *out)
{
    out[1] = dl_add(dl_scale(b, 0.9), dl_scale(a, 0.1));
    out[0] = dl_sub(a, dl_scale(out[1], 0.5));
}

static void crosswise(dl_val a, dl_val b, dl_val *out)
{
    out[0] = dl_scale(b, 2);
    out[1] = dl_scale(a, 0.25);
}

/* p is there before all of a has been read. */
static void neighbours(dl_val a, dl_val b, dl_val *out)
{
    out[0] = dl_scale(a, 0.5);
    out[1] = dl_add(dl_flip(a, "0"), b);
}

static void sorted(dl_val a, dl_val b, dl_val *out)
{
    out[0] = dl_cumsum(a, "0", false);
    out[1] = dl_scale(b, 0.5);
}

TEST(fn, what_no_one_reads_later_is_overwritten)
{
    CHECK(is_as_if_copied(pair(momentum, 0), 0, LONG));
    CHECK(!is_as_if_copied(pair(momentum, DL_REUSE), 0, LONG));
    is_as_if_copied(pair(momentum, DL_FUSE), 0, LONG);
    is_as_if_copied(pair(momentum, 0), LONG, 0);
}

TEST(fn, what_is_read_later_is_replaced_at_the_end)
{
    CHECK(!is_as_if_copied(pair(crosswise, 0), 0, LONG));
    CHECK(!is_as_if_copied(pair(neighbours, 0), 0, LONG));
    CHECK(!is_as_if_copied(pair(sorted, 0), 0, LONG));
    CHECK(!is_as_if_copied(pair(crosswise, 0), LONG / 2, 3 * LONG)); /* over parts of both */
    CHECK(!is_as_if_copied(pair(momentum, 0), 1, 3 * LONG));
}

TEST(fn, of_outputs_at_one_place_the_last_stays)
{
    is_as_if_copied(pair(momentum, 0), 0, 0);
    is_as_if_copied(pair(momentum, 0), LONG, LONG);
    is_as_if_copied(pair(crosswise, 0), 0, 0);
}

static dl_status refuse(const dl_custom_call *c, void *user)
{
    (void)user;
    return dl_custom_fail(c, DL_EARG, "never");
}

static void failing(dl_val a, dl_val b, dl_val *out)
{
    static const dl_custom_op op = { .name = "refuse", .nin = 1, .forward = refuse };
    out[0] = dl_sub(a, dl_scale(b, 0.5));
    out[1] = dl_custom(&op, NULL, &out[0], 1);
}

TEST(fn, one_that_fails_leaves_its_inputs_alone)
{
    static float in[2][LONG], kept[2][LONG];
    dl_fn *f = pair(failing, 0);
    void *work = dl_fn_workspace_new(f);
    for (int i = 0; i < LONG; i++) in[0][i] = in[1][i] = (float)i;
    memcpy(kept, in, sizeof in);
    CHECK_INT(dl_fn_run(f, (const void *[]){ in[0], in[1] }, (void *[]){ in[0], in[1] }, work),
              DL_EARG);
    CHECK(memcmp(kept, in, sizeof in) == 0);
    dl_fn_workspace_free(work);
    dl_fn_free(f);
}

TEST(fn, names_the_input_that_does_not_fit)
{
    model m = make(DL_F32);
    dl_fn *f = freeze(&m);
    void *work = dl_fn_workspace_new(f);
    dl_array *s = dl_array_new(DL_F32, NULL, 0, NULL),
             *wide = dl_array_new(DL_F32, NULL, DL_DIMS(N, 9));
    dl_array *loss = dl_array_new(DL_F32, NULL, 0, NULL),
             *other = dl_array_new(DL_F64, NULL, 0, NULL);
    CHECK_INT(
        dl_fn_call(f, (const dl_array *[]){ m.w, m.x, s }, (dl_array *[]){ loss, NULL }, work),
        DL_OK);
    CHECK_STR(dl_fn_error(work), "");
    CHECK_INT(
        dl_fn_call(f, (const dl_array *[]){ m.w, wide, s }, (dl_array *[]){ loss, NULL }, work),
        DL_ESHAPE);
    CHECK_STR(dl_fn_error(work), "fn model: input x is (4,9), it was frozen as (4,3)");
    CHECK_INT(
        dl_fn_call(f, (const dl_array *[]){ m.w, m.x, other }, (dl_array *[]){ loss, NULL }, work),
        DL_EDTYPE);
    CHECK_STR(dl_fn_error(work), "fn model: input s is f64, it was frozen as f32");
    CHECK_INT(
        dl_fn_call(f, (const dl_array *[]){ m.w, m.x, NULL }, (dl_array *[]){ loss, NULL }, work),
        DL_ENULL);
    CHECK_STR(dl_fn_error(work), "fn model: input s is a null pointer");
    CHECK_INT(dl_fn_call(f, (const dl_array *[]){ m.w, m.x, s }, (dl_array *[]){ m.w, NULL }, work),
              DL_ERANK);
    CHECK_INT(dl_fn_run(f, NULL, NULL, work), DL_ENULL);
    CHECK_INT(dl_fn_run(f, NULL, NULL, NULL), DL_ENULL);
    CHECK_INT(dl_fn_run(NULL, NULL, NULL, work), DL_ENULL);
    dl_array *const arrays[] = { s, wide, loss, other };
    for (int i = 0; i < 4; i++) dl_array_free(arrays[i]);
    dl_fn_workspace_free(work);
    dl_fn_free(f);
    drop(&m);
}

static void check_refused(const dl_fn_arg *in, int nin, const dl_fn_arg *out, int nout,
                          dl_status status, const char *message)
{
    dl_fn *f = dl_fn_create("f", in, nin, out, nout);
    CHECK_INT(dl_fn_status(f), status);
    CHECK_STR(dl_fn_message(f), message);
    CHECK_INT(dl_fn_inputs(f), 0);
    CHECK(dl_fn_workspace_new(f) == NULL);
    /* Its workspace has no bytes, so that none may be written. */
    char nothing = 'n';
    CHECK_INT(dl_fn_workspace_size(f), 0);
    CHECK_INT(dl_fn_run(f, (const void *[]){ NULL }, (void *[]){ NULL }, &nothing), status);
    CHECK_INT(dl_fn_call(f, (const dl_array *[]){ NULL }, (dl_array *[]){ NULL }, &nothing),
              status);
    CHECK_INT(nothing, 'n');
    dl_fn_free(f);
}

TEST(fn, refuses_what_it_cannot_freeze)
{
    model m = make(DL_F32), other = make(DL_F32);
    dl_fn_arg w = { "w", m.wv }, loss = { "loss", m.loss };
    check_refused(&(dl_fn_arg){ "y", m.loss }, 1, &loss, 1, DL_EARG,
                  "fn f: input y is the result of add, inputs are leaves or scalars");
    check_refused(&(dl_fn_arg){ "2w", m.wv }, 1, &loss, 1, DL_EARG,
                  "fn f: input 0 is called \"2w\", which is no name in C");
    check_refused(&w, 1, &(dl_fn_arg){ "w", m.loss }, 1, DL_EARG,
                  "fn f: two inputs or outputs are called w");
    check_refused((dl_fn_arg[]){ w, { "w2", m.wv } }, 2, &loss, 1, DL_EARG,
                  "fn f: inputs w and w2 are the same value");
    check_refused(&(dl_fn_arg){ "w", other.wv }, 1, &loss, 1, DL_ETAPE,
                  "fn f: input w: not a value of the same tape as the first output");
    check_refused(&w, 1, NULL, 0, DL_EARG, "fn f: 1 inputs and 0 outputs");
    dl_fn *f = dl_fn_create("no name", &w, 1, &loss, 1);
    CHECK_STR(dl_fn_message(f), "fn: \"no name\" is no name in C");
    dl_fn_free(f);
    drop(&m);
    drop(&other);
}

/* Each value fits into memory arithmetic, their sum does not. */
TEST(fn, a_block_that_no_memory_holds_is_an_error)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(1 << 15));
    dl_val x = dl_leaf(t, a), p = dl_mul(dl_unsqueeze(x, 0), dl_unsqueeze(x, 1)), c[3];
    int64_t n = 1 << 15;
    dl_val q = dl_mul(dl_reshape(p, DL_DIMS(n, n, 1, 1)), dl_reshape(p, DL_DIMS(1, 1, n, n)));
    for (int k = 0; k < 3; k++) c[k] = dl_cumsum(q, ((const char *[]){ "0", "1", "2" })[k], false);
    dl_val y = dl_sum(dl_add_n(c[0], c[1], c[2]), "all");
    CHECK_STR(dl_tape_message(t), "");
    dl_fn *f = dl_fn_create("vast", &(dl_fn_arg){ "x", x }, 1, &(dl_fn_arg){ "y", y }, 1);
    CHECK_INT(dl_fn_status(f), DL_ENOMEM);
    CHECK_INT(dl_fn_workspace_size(f), 0);
    dl_fn_free(f);
    CHECK(isnan(dl_item(y)));
    CHECK_INT(dl_tape_status(t), DL_ENOMEM);
    dl_tape_free(t);
    dl_array_free(a);
}

/* Twenty of 2^59 bytes. */
TEST(fn, outputs_that_no_memory_holds_are_an_error)
{
    enum { MANY = 20, SIDE = 1 << 14 };
    static const char names[] = "a\0b\0c\0d\0e\0f\0g\0h\0k\0l\0m\0o\0p\0q\0r\0s\0t\0u\0w\0z";
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F32, NULL, DL_DIMS(SIDE));
    dl_val x = dl_leaf(t, a), pair = dl_mul(dl_unsqueeze(x, 0), dl_unsqueeze(x, 1)), out[MANY];
    dl_val four = dl_mul(dl_reshape(pair, DL_DIMS(SIDE, SIDE, 1, 1)),
                         dl_reshape(pair, DL_DIMS(1, 1, SIDE, SIDE)));
    dl_fn_arg to[MANY];
    four = dl_add(dl_scale(dl_unsqueeze(four, 4), 2), dl_ones(t, DL_F32, DL_DIMS(1, 1, 1, 1, 2)));
    for (int k = 0; k < MANY; k++) {
        out[k] = dl_scale(four, k + 2);
        to[k] = (dl_fn_arg){ names + 2 * k, out[k] };
    }
    CHECK_STR(dl_tape_message(t), "");
    dl_fn *f = dl_fn_create("wide", &(dl_fn_arg){ "x", x }, 1, to, MANY);
    CHECK_INT(dl_fn_status(f), DL_ENOMEM);
    dl_fn_free(f);
    CHECK_INT(dl_eval(t, out, MANY), DL_ENOMEM);
    dl_tape_free(t);
    dl_array_free(a);
}

/* An array at the address of another one, which the tape has copied and the program freed. */
TEST(fn, an_array_at_the_address_of_a_freed_one_is_another)
{
    enum { MANY = 300, EARLIER = 50, FREED = 8 };
    dl_array *many[MANY];
    int n = 0;
    for (; n < EARLIER; n++) many[n] = dl_array_new(DL_F32, NULL, DL_DIMS(4));
    dl_tape *t = dl_tape_new();
    dl_array *w = dl_array_new(DL_F32, NULL, DL_DIMS(4));
    uintptr_t place = (uintptr_t)w;
    dl_val x = dl_leaf(t, w);
    for (int i = 0; i < FREED; i++) dl_array_free(many[i]); /* fills the allocator's own cache */
    dl_array_free(w);
    do many[n] = dl_array_new(DL_F32, NULL, DL_DIMS(4));
    while ((uintptr_t)many[n++] != place && n < MANY);
    bool same_place = (uintptr_t)many[n - 1] == place;
    dl_assign(many[n - 1], dl_scale(x, 2));
    dl_fn_arg in = { "x", x }, out = { "y", dl_sum(x, "all") };
    dl_fn *f = dl_fn_create("f", &in, 1, &out, 1);
    CHECK_INT(dl_fn_status(f), DL_OK);
    CHECK_INT(dl_fn_output(f, 1).updates, -1);
    dl_fn_free(f);
    dl_tape_free(t);
    while (n > FREED) dl_array_free(many[--n]);
    if (!same_place) SKIP("the allocator gives no address twice");
}
