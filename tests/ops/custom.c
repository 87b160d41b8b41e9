/* custom.c: ops of callbacks: their values and derivatives, and what happens when one fails. */
#include "../harness/test.h"

#include "autodiff/op.h"
#include "dltape.h"

#include <stdlib.h>

/* ---- an op of callbacks: sum over elements of w (a - b)^2, with a counter and a fuse ----------
 */

typedef struct state {
    double w;
    int forwards, backwards;
    int fuse;     /* forward number `fuse` fails */
    int burnt;    /* backward fails */
    double wrong; /* a factor of the gradient */
} state;

static double at(const dl_custom_array *a, int64_t i)
{
    return a->dtype == DL_F32 ? (double)((const float *)a->data)[i] : ((const double *)a->data)[i];
}

static void put(const dl_custom_array *a, int64_t i, double x)
{
    if (a->dtype == DL_F32) ((float *)a->data)[i] = (float)x;
    else ((double *)a->data)[i] = x;
}

static dl_status scalar(dl_custom_call *c, void *user)
{
    c->out.rank = 0;
    memset(c->out.labels, 0, sizeof c->out.labels);
    return c->in[0].numel == c->in[1].numel
               ? DL_OK
               : dl_custom_fail(c, DL_ESHAPE, "%lld and %lld elements", (long long)c->in[0].numel,
                                (long long)c->in[1].numel);
}

static dl_status forward(const dl_custom_call *c, void *user)
{
    state *s = user;
    double sum = 0;
    if (++s->forwards == s->fuse) return dl_custom_fail(c, DL_EFORMAT, "call %d", s->forwards);
    for (int64_t i = 0; i < c->in[0].numel; i++) {
        double d = at(&c->in[0], i) - at(&c->in[1], i);
        sum += s->w * d * d;
    }
    put(&c->out, 0, sum);
    return DL_OK;
}

static dl_status backward(const dl_custom_call *c, void *user)
{
    state *s = user;
    s->backwards++;
    if (s->burnt) return DL_EVERSION; /* without a text */
    for (int64_t i = 0; i < c->in[0].numel; i++) {
        double d = at(&c->in[0], i) - at(&c->in[1], i), g = at(&c->grad, 0);
        put(&c->in_grad[0], i, s->wrong * 2 * s->w * g * d);
        put(&c->in_grad[1], i, -2 * s->w * g * d);
    }
    return DL_OK;
}

static const dl_custom_op squares = {
    .name = "squares", .nin = 2, .infer = scalar, .forward = forward, .backward = backward
};

static state good(void) { return (state){ .w = 0.5, .wrong = 1 }; }

typedef struct bench {
    dl_tape *t;
    dl_array *a, *b;
    dl_val x, z;
} bench;

static bench start(dl_dtype dtype)
{
    bench w = { .t = dl_tape_new(),
                .a = dl_array_new(dtype, "CB", DL_DIMS(2, 3)),
                .b = dl_array_new(dtype, "CB", DL_DIMS(2, 3)) };
    for (int i = 0; i < 6; i++) {
        dl_array_set(w.a, DL_DIMS(i / 3, i % 3), 0.25 * i);
        dl_array_set(w.b, DL_DIMS(i / 3, i % 3), 1 - 0.5 * i);
    }
    w.x = dl_leaf(w.t, w.a);
    w.z = dl_leaf(w.t, w.b);
    return w;
}

static void again(bench *w)
{
    dl_tape_reset(w->t);
    w->x = dl_leaf(w->t, w->a);
    w->z = dl_leaf(w->t, w->b);
}

static void stop(bench *w)
{
    dl_tape_free(w->t);
    dl_array_free(w->a);
    dl_array_free(w->b);
}

/* The same in ops. */
static dl_val in_ops(const bench *w)
{
    return dl_scale(dl_sum_squares(dl_sub(w->x, w->z), "all"), 0.5);
}

TEST(custom, value_and_gradient_are_those_of_the_callbacks)
{
    for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
        bench w = start((dl_dtype)dtype);
        state s = good();
        dl_val y = dl_custom(&squares, &s, DL_VALS(w.x, w.z)), g[2], want[2], other = in_ops(&w);
        dl_grad(dl_square(y), DL_VALS(w.x, w.z), g);
        dl_grad(dl_square(other), DL_VALS(w.x, w.z), want);
        CHECK_CLOSE(dl_item(y), dl_item(other), 1e-6);
        for (int k = 0; k < 2; k++) {
            CHECK_STR(dl_dims(g[k]), "CB");
            CHECK_CLOSE(dl_item(dl_norm_fro(dl_sub(g[k], want[k]))), 0, 0);
            CHECK(dl_item(dl_norm_fro(g[k])) > 1);
        }
        CHECK_STR(dl_tape_message(w.t), "");
        stop(&w);
    }
}

TEST(custom, backward_runs_once_for_all_operands)
{
    bench w = start(DL_F64);
    state s = good();
    dl_val y = dl_custom(&squares, &s, DL_VALS(w.x, w.z)), g[2];
    dl_grad(y, DL_VALS(w.x, w.z), g);
    CHECK_INT(dl_eval(w.t, (dl_val[]){ y, g[0], g[1] }, 3), DL_OK);
    CHECK_INT(s.forwards, 1);
    CHECK_INT(s.backwards, 1);
    stop(&w);
}

TEST(custom, equal_nodes_are_two_unless_the_op_is_pure)
{
    for (int pure = 0; pure < 2; pure++) {
        bench w = start(DL_F64);
        state s = good();
        dl_custom_op op = squares;
        op.flags = pure ? DL_CUSTOM_PURE : 0;
        dl_val y =
            dl_add(dl_custom(&op, &s, DL_VALS(w.x, w.z)), dl_custom(&op, &s, DL_VALS(w.x, w.z)));
        dl_item(y);
        CHECK_INT(s.forwards, pure ? 1 : 2);
        stop(&w);
    }
}

TEST(custom, what_depends_on_constants_only_is_not_computed_beforehand)
{
    dl_tape *t = dl_tape_new();
    state s = good();
    for (int step = 1; step <= 3; step++) {
        dl_tape_reset(t);
        dl_val x = dl_zeros(t, DL_F64, DL_DIMS(2)), y = dl_ones(t, DL_F64, DL_DIMS(2));
        CHECK_CLOSE(dl_item(dl_custom(&squares, &s, DL_VALS(x, y))), 1, 0);
        CHECK_INT(s.forwards, step);
    }
    dl_tape_free(t);
}

TEST(custom, a_plan_never_runs_with_the_pointer_of_another)
{
    bench w = start(DL_F64);
    state one = good(), two = good();
    two.w = 3;
    double base = dl_item(in_ops(&w)) / 0.5;
    for (int step = 0; step < 6; step++) {
        state *s = step % 2 ? &two : &one;
        again(&w);
        CHECK_CLOSE(dl_item(dl_custom(&squares, s, DL_VALS(w.x, w.z))), s->w * base, 1e-15);
    }
    CHECK_INT(one.forwards, 3);
    CHECK_INT(two.forwards, 3);
    stop(&w);
}

/* A new op in the memory of an old one is a new op. */
TEST(custom, the_struct_is_copied)
{
    bench w = start(DL_F64);
    state s = good();
    dl_custom_op op = squares;
    dl_val y = dl_custom(&op, &s, DL_VALS(w.x, w.z)), g;
    memset(&op, 0, sizeof op);
    dl_grad(y, &w.x, 1, &g);
    CHECK(dl_item(dl_norm_fro(g)) > 1);
    CHECK_STR(dl_tape_message(w.t), "");
    stop(&w);
}

/* ---- failing --------------------------------------------------------------------------------- */

static void failed(dl_tape *t, dl_status status, const char *text)
{
    CHECK_INT(dl_tape_status(t), status);
    CHECK_STR(dl_tape_message(t), text);
}

TEST(custom, a_forward_that_fails_is_named_with_its_place_and_the_tape_goes_on)
{
    bench w = start(DL_F64);
    state s = good();
    char want[128];
    double value = dl_item(in_ops(&w));
    s.fuse = 2;
    for (int step = 1; step <= 4; step++) {
        again(&w);
        dl_val twice = dl_scale(w.x, 1);
        int line = __LINE__ + 1;
        dl_val y = dl_custom(&squares, &s, DL_VALS(twice, w.z)), z = dl_exp(y);
        snprintf(want, sizeof want, "squares: forward failed: DL_EFORMAT: call 2 [custom.c:%d]",
                 line);
        CHECK_INT(dl_tape_status(w.t), DL_OK);
        double got = dl_item(z);
        failed(w.t, step == 2 ? DL_EFORMAT : DL_OK, step == 2 ? want : "");
        if (step == 2) CHECK(isnan(got));
        else CHECK_CLOSE(got, exp(value), 1e-14);
    }
    CHECK_INT(s.forwards, 4);
    stop(&w);
}

TEST(custom, every_node_of_a_call_has_its_place)
{
    bench w = start(DL_F64);
    state s = good();
    s.fuse = 1;
    dl_val y = (dl_custom)(&squares, &s, DL_VALS((dl_scale)(w.x, 2), w.z));
    dl_item((dl_exp)(dl_placed(y, "model.c:7")));
    failed(w.t, DL_EFORMAT, "squares: forward failed: DL_EFORMAT: call 1 [model.c:7]");
    stop(&w);
}

TEST(custom, a_backward_that_fails_names_the_op_that_was_differentiated)
{
    bench w = start(DL_F64);
    state s = good();
    char want[128];
    s.burnt = 1;
    int line = __LINE__ + 1;
    dl_val y = dl_custom(&squares, &s, DL_VALS(w.x, w.z)), g;
    dl_grad(y, &w.x, 1, &g);
    CHECK_INT(dl_tape_status(w.t), DL_OK);
    CHECK(dl_item(y) > 0);
    CHECK(dl_data(g) == NULL);
    snprintf(want, sizeof want, "squares: backward failed: DL_EVERSION [custom.c:%d]", line);
    failed(w.t, DL_EVERSION, want);
    stop(&w);
}

TEST(custom, an_assignment_is_not_carried_out_when_an_op_fails)
{
    bench w = start(DL_F64);
    state s = good();
    s.fuse = 1;
    dl_val y = dl_custom(&squares, &s, DL_VALS(w.x, w.z));
    dl_assign(w.a, dl_mul(w.x, y));
    CHECK_INT(dl_eval(w.t, NULL, 0), DL_EFORMAT);
    CHECK_CLOSE(dl_array_get(w.a, DL_DIMS(1, 2)), 1.25, 0);
    again(&w);
    CHECK_INT(dl_eval(w.t, NULL, 0), DL_OK);
    CHECK_CLOSE(dl_array_get(w.a, DL_DIMS(1, 2)), 1.25, 0);
    stop(&w);
}

TEST(custom, a_frozen_function_returns_the_status_and_runs_again)
{
    bench w = start(DL_F64);
    state s = good();
    double a[6] = { 1, 2, 3, 4, 5, 6 }, b[6] = { 0 }, y, g[6];
    dl_val out = dl_custom(&squares, &s, DL_VALS(w.x, w.z)), grad;
    dl_grad(out, &w.x, 1, &grad);
    dl_fn *f = dl_fn_create("f", (dl_fn_arg[]){ { "a", w.x }, { "b", w.z } }, 2,
                            (dl_fn_arg[]){ { "y", out }, { "g", grad } }, 2);
    CHECK_STR(dl_fn_message(f), "");
    stop(&w);
    void *work = dl_fn_workspace_new(f);
    const void *in[] = { a, b };
    void *to[] = { &y, g };
    CHECK_INT(dl_fn_run(f, in, to, work), DL_OK);
    CHECK_CLOSE(y, 45.5, 0);
    check_doubles("gradient", g, a, 6, 0);
    s.fuse = s.forwards + 1;
    CHECK_INT(dl_fn_run(f, in, to, work), DL_EFORMAT);
    CHECK_STR(dl_fn_error(work), "fn f: squares: forward failed: DL_EFORMAT: call 2");
    CHECK_INT(dl_fn_run(f, in, to, work), DL_OK);
    CHECK_STR(dl_fn_error(work), "");
    CHECK_CLOSE(y, 45.5, 0);
    dl_fn_workspace_free(work);

    FILE *file = tmpfile();
    char text[256] = "";
    CHECK_INT(dl_emit_c(f, "f", file), DL_EARG);
    rewind(file);
    while (fgets(text, sizeof text, file) && !strstr(text, "#error"))
        ;
    CHECK_HAS(text, "op squares has no C");
    fclose(file);
    CHECK_INT(dl_fn_compile(f), DL_EARG);
    CHECK(!dl_fn_compiled(f));
    dl_fn_free(f);
}

static dl_status of_no_kind(const dl_custom_call *c, void *user) { return (dl_status)99; }

TEST(custom, a_failure_is_seen_with_all_parts_of_the_engine_off)
{
    bench w = start(DL_F64);
    static const dl_custom_op op = { .name = "odd", .nin = 1, .forward = of_no_kind };
    dl_tape_disable(w.t, 511);
    int line = __LINE__ + 1;
    dl_val y = dl_exp(dl_custom(&op, NULL, &w.x, 1));
    char want[64];
    snprintf(want, sizeof want, "odd: forward failed: DL_EARG [custom.c:%d]", line);
    dl_item(dl_sum(y, "all"));
    failed(w.t, DL_EARG, want);
    stop(&w);
}

/* ---- derivatives ----------------------------------------------------------------------------- */

TEST(custom, gradcheck_finds_a_wrong_backward)
{
    for (int wrong = 0; wrong < 2; wrong++) {
        bench w = start(DL_F32);
        state s = good();
        s.wrong = wrong ? 1.01 : 1;
        dl_val y = dl_custom(&squares, &s, DL_VALS(w.x, w.z));
        dl_check_report r;
        CHECK_INT(dl_gradcheck(y, DL_VALS(w.x, w.z), NULL, &r), DL_OK);
        CHECK_INT(r.inputs[0].verdict, wrong ? DL_FAIL : DL_PASS);
        CHECK_INT(r.inputs[1].verdict, DL_PASS);
        dl_check_report_free(&r);
        stop(&w);
    }
}

TEST(custom, a_second_derivative_of_a_callback_is_an_error_that_says_so)
{
    bench w = start(DL_F64);
    state s = good();
    dl_val y = dl_custom(&squares, &s, DL_VALS(w.x, w.z)), g, h;
    dl_grad(y, &w.x, 1, &g);
    CHECK_INT(dl_grad(dl_sum_squares(g, "all"), &w.x, 1, &h), DL_EGRAD);
    CHECK_HAS(dl_tape_message(w.t),
              "squares: a second derivative, and backward is a callback, which has none: give vjp");
    again(&w);
    dl_custom_op op = squares;
    op.backward = NULL;
    y = dl_custom(&op, &s, DL_VALS(w.x, w.z));
    CHECK_INT(dl_grad(y, &w.x, 1, &g), DL_EGRAD);
    CHECK_HAS(dl_tape_message(w.t), "squares: neither backward nor vjp: no derivative");
    stop(&w);
}

static dl_val squares_vjp(int i, const dl_val *in, dl_val y, dl_val g, void *user)
{
    dl_val d = dl_scale(dl_sub(in[0], in[1]), 2 * ((state *)user)->w);
    return dl_mul(g, i ? dl_neg(d) : d);
}

TEST(custom, a_derivative_in_ops_has_derivatives_in_turn)
{
    bench w = start(DL_F64);
    state s = good();
    dl_custom_op op = squares;
    op.vjp = squares_vjp;
    dl_val h, y = dl_custom(&op, &s, DL_VALS(w.x, w.z)), v = dl_ones_like(w.x);
    CHECK_INT(dl_hvp(y, &w.x, &v, 1, &h), DL_OK);
    CHECK_CLOSE(dl_item(dl_sum(h, "all")), 6, 0);
    CHECK_INT(s.backwards, 0);
    stop(&w);
}

/* ---- three and four operands, integers ------------------------------------------------------- */

/* y = a b + c where the index k is not 0. */
static dl_status blend(const dl_custom_call *c, void *user)
{
    for (int64_t i = 0; i < c->out.numel; i++) {
        bool on = ((const int32_t *)c->in[3].data)[i];
        put(&c->out, i, on ? at(&c->in[0], i) * at(&c->in[1], i) + at(&c->in[2], i) : 0);
    }
    return DL_OK;
}

static dl_status blend_back(const dl_custom_call *c, void *user)
{
    CHECK(c->in_grad[3].data == NULL);
    for (int64_t i = 0; i < c->out.numel; i++) {
        if (!((const int32_t *)c->in[3].data)[i]) continue;
        put(&c->in_grad[0], i, at(&c->grad, i) * at(&c->in[1], i));
        put(&c->in_grad[1], i, at(&c->grad, i) * at(&c->in[0], i));
        put(&c->in_grad[2], i, at(&c->grad, i));
    }
    return DL_OK;
}

TEST(custom, four_operands_of_which_one_is_an_index)
{
    static const dl_custom_op op = {
        .name = "blend", .nin = 4, .forward = blend, .backward = blend_back
    };
    bench w = start(DL_F32);
    dl_array *k = dl_array_new(DL_I32, "CB", DL_DIMS(2, 3));
    for (int i = 0; i < 6; i += 2) dl_array_set(k, DL_DIMS(i / 3, i % 3), 1);
    dl_val turned = dl_permute(dl_stripdims(w.z), DL_DIMS(1, 0)); /* strided where it is read */
    dl_val c = dl_label(dl_permute(turned, DL_DIMS(1, 0)), "CB"), g[3];
    dl_val y = dl_custom(&op, NULL, DL_VALS(w.x, w.z, c, dl_leaf(w.t, k)));
    dl_grad(dl_sum(y, "all"), DL_VALS(w.x, w.z, c), g);
    const float *a = dl_array_data(w.a), *b = dl_array_data(w.b);
    const float *got = dl_data(y), *ga = dl_data(g[0]), *gc = dl_data(g[2]);
    REQUIRE(got && ga && gc);
    for (int i = 0; i < 6; i++) {
        CHECK_CLOSE((double)got[i], i % 2 ? 0 : (double)(a[i] * b[i] + b[i]), 1e-6);
        CHECK_CLOSE((double)ga[i], i % 2 ? 0 : (double)b[i], 0);
        CHECK_CLOSE((double)gc[i], i % 2 ? 0 : 1, 0);
    }
    CHECK_STR(dl_tape_message(w.t), "");
    stop(&w);
    dl_array_free(k);
}

static dl_status cubes(const dl_custom_call *c, void *user)
{
    for (int64_t i = 0; i < c->out.numel; i++) put(&c->out, i, pow(at(&c->in[0], i), 3));
    return DL_OK;
}

static dl_status cubes_back(const dl_custom_call *c, void *user)
{
    for (int64_t i = 0; i < c->out.numel; i++) {
        double x = at(&c->in[0], i);
        put(&c->in_grad[0], i, 3 * x * x * at(&c->grad, i));
    }
    return DL_OK;
}

TEST(custom, a_jacobian_runs_backward_row_by_row_and_no_elements_are_fine)
{
    static const dl_custom_op op = {
        .name = "cubes", .nin = 1, .forward = cubes, .backward = cubes_back
    };
    bench w = start(DL_F64);
    dl_val j = dl_jacobian(dl_custom(&op, NULL, &w.z, 1), w.z), g;
    const double *got = dl_data(j), *x = dl_array_data(w.b);
    REQUIRE(got);
    for (int i = 0; i < 36; i++) CHECK_CLOSE(got[i], i % 7 ? 0 : 3 * x[i / 7] * x[i / 7], 0);
    dl_val none = dl_slice(w.x, "B", 1, 1), y = dl_custom(&op, NULL, &none, 1);
    dl_grad(dl_sum(y, "all"), &none, 1, &g);
    CHECK_CLOSE(dl_item(dl_sum(g, "all")), 0, 0);
    CHECK_INT(dl_numel(g), 0);
    CHECK_STR(dl_tape_message(w.t), "");
    stop(&w);
}

TEST(custom, a_plan_that_is_printed_names_the_op)
{
    bench w = start(DL_F64);
    state s = good();
    dl_val y = dl_custom(&squares, &s, DL_VALS(w.x, w.z));
    char text[1024] = "";
    FILE *file = tmpfile();
    REQUIRE(file);
    CHECK_INT(dl_plan_print(file, &y, 1, DL_TEXT), DL_OK);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    CHECK_HAS(text, " = squares(");
    CHECK_STR(dl_name_of(y), "squares");
    CHECK_INT(s.forwards, 0);
    fclose(file);
    stop(&w);
}

/* ---- what is rejected ------------------------------------------------------------------------ */

static dl_status negative(dl_custom_call *c, void *user)
{
    c->out.dims[0] = -1;
    return DL_OK;
}
static dl_status integers(dl_custom_call *c, void *user)
{
    c->out.dtype = DL_F32;
    return DL_OK;
}
static dl_status unlabelled(dl_custom_call *c, void *user)
{
    strcpy(c->out.labels, "BC");
    return DL_OK;
}
static dl_status refusing(dl_custom_call *c, void *user) { return DL_ERANK; }

TEST(custom, what_is_wrong_is_told_under_the_name_of_the_op)
{
    static const struct {
        dl_custom_op op;
        int n;
        dl_status status;
        const char *says;
    } bad[] = {
        { { .name = "a", .nin = 2 }, 2, DL_ENULL, "custom: an op without a forward callback" },
        { { .nin = 2, .forward = forward }, 2, DL_ENULL, "custom: an op without a name" },
        { { .name = "a", .nin = 2, .forward = forward }, 1, DL_EARG, "a: 1 operands, wanted 2" },
        { { .name = "a", .nin = 5, .forward = forward }, 5, DL_EARG, "(of 1 to 4)" },
        { { .name = "a", .nin = 2, .forward = forward, .infer = negative },
          2,
          DL_ESHAPE,
          "a: infer gives no sizes of rank 0 to 8 [custom.c:" },
        { { .name = "a", .nin = 2, .forward = forward, .infer = integers },
          2,
          DL_EDTYPE,
          "a: infer gives f32, the operands are f64" },
        { { .name = "a", .nin = 2, .forward = forward, .infer = unlabelled },
          2,
          DL_ELABEL,
          "a: infer gives labels \"BC\" for rank 2" },
        { { .name = "a", .nin = 2, .forward = forward, .infer = refusing },
          2,
          DL_ERANK,
          "a: infer failed: DL_ERANK" },
    };
    bench w = start(DL_F64);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        again(&w);
        dl_val in[5] = { w.x, w.z, w.x, w.x, w.x };
        dl_custom(&bad[i].op, NULL, in, bad[i].n);
        CHECK_INT(dl_tape_status(w.t), bad[i].status);
        CHECK_HAS(dl_tape_message(w.t), bad[i].says);
    }
    again(&w);
    dl_custom(NULL, NULL, &w.x, 1);
    CHECK_STR(dl_status_name(dl_tape_status(w.t)), "DL_ENULL");
    again(&w);
    dl_custom(&squares, NULL, (dl_val[]){ w.x, { 0 } }, 2);
    CHECK_HAS(dl_tape_message(w.t), "squares: the second operand is an empty handle");
    again(&w);
    dl_custom(&squares, NULL, DL_VALS(w.x, dl_slice(w.z, "B", 0, 2)));
    CHECK_HAS(dl_tape_message(w.t), "squares: infer failed: DL_ESHAPE: 6 and 4 elements");
    again(&w);
    dl_custom(&squares, NULL, DL_VALS(w.x, dl_scalar(w.t, DL_F32, 1)));
    CHECK_HAS(dl_tape_message(w.t), "squares: dtypes f64 and f32 differ");
    stop(&w);
}

/* A row of one's own with a kernel for the baseline only, which may fail. */
static void same(dl_infer *c) { c->same = 0; }

static void root_eval(const dl_call *c)
{
    const double *x = dl_operand(c, 0);
    double *y = dl_result(c);
    for (int64_t i = 0; i < dl_result_layout(c)->shape.numel; i++) {
        if (x[i] < 0) {
            dl_call_fail(c, DL_EARG, "root: element %lld is negative", (long long)i);
            return;
        }
        y[i] = sqrt(x[i]);
    }
}

static const dl_op root = {
    .name = "root",
    .nin = 1,
    .flags = DL_MAY_FAIL,
    .shapes = "any -> same",
    .infer = same,
    .eval = { { root_eval, root_eval } },
};

TEST(custom, a_row_may_fail_too)
{
    bench w = start(DL_F64);
    dl_val y = dl_placed(dl_apply(&root, NULL, w.x), "mine.c:7");
    CHECK_CLOSE(dl_item(dl_sum_squares(y, "all")), 3.75, 1e-15);
    y = dl_exp(dl_placed(dl_apply(&root, NULL, w.z), "mine.c:8"));
    CHECK_INT(dl_eval(w.t, &y, 1), DL_EARG);
    CHECK_STR(dl_tape_message(w.t), "root: element 3 is negative [mine.c:8]");
    stop(&w);
}
