/* An op of one's own: snake(x) = x + sin(x)^2 (Ziyin, Hartwig and Ueda 2020) as a row, used in a
 * loss, its gradient checked, the loss frozen and printed as C. docs/custom-ops.md tells about each
 * part. */
#include <autodiff/op.h>
#include <dltape.h>

#include <math.h>

/* ---- the row: shape rule, kernels, C text, derivative ---------------------------------------- */

static void snake_infer(dl_infer *c)
{
    if (c->in[0]->dtype < DL_NREAL) c->same = 0; /* the result has the shape of operand 0 */
    else dl_reject(c, DL_EDTYPE, "%s does not compute", dl_dtype_name((dl_dtype)c->in[0]->dtype));
}

/* Operands are contiguous: the row does not say DL_STRIDED. */
static void snake_f32(const dl_call *c)
{
    const float *x = dl_operand(c, 0);
    float *y = dl_result(c);
    int64_t n = dl_result_layout(c)->shape.numel;
    for (int64_t i = 0; i < n; i++) y[i] = x[i] + sinf(x[i]) * sinf(x[i]);
}

static void snake_f64(const dl_call *c)
{
    const double *x = dl_operand(c, 0);
    double *y = dl_result(c);
    int64_t n = dl_result_layout(c)->shape.numel;
    for (int64_t i = 0; i < n; i++) y[i] = x[i] + sin(x[i]) * sin(x[i]);
}

static void snake_emit(const dl_emit *e)
{
    const char *y = e->name[0], *x = e->name[1], *f = *e->real == 'f' ? "sinf" : "sin";
    int loops = dl_emit_loop(e, "i", e->layout[0]->shape.numel, 1);
    dl_emit_line(e, "%s[i] = %s[i] + %s(%s[i]) * %s(%s[i]);", y, x, f, x, f, x);
    dl_emit_end(e, loops);
}

/* 1 + sin(2 x), in ops: so it has derivatives in turn. */
static dl_val snake_vjp(const dl_node *y, int i, dl_val g)
{
    return dl_mul(g, dl_shift(dl_sin(dl_scale(dl_in(y, i), 2)), 1));
}

static const dl_op snake = {
    .name = "snake",
    .nin = 1,
    .shapes = "any -> same",
    .infer = snake_infer,
    .eval = { { snake_f32, snake_f64 } }, /* for every instruction set */
    .emit = snake_emit,
    .vjp = snake_vjp,
};

static dl_val my_snake(dl_val x) { return dl_apply(&snake, NULL, x); }
#define my_snake(...) DL_PLACED(my_snake(__VA_ARGS__)) /* messages name the line of the call */

/* ---- a loss with it -------------------------------------------------------------------------- */

int main(void)
{
    dl_array *w = dl_array_new(DL_F32, NULL, DL_DIMS(3, 2));
    dl_array *x = dl_array_new(DL_F32, NULL, DL_DIMS(2, 5));
    for (int i = 0; i < 6; i++) dl_array_set(w, DL_DIMS(i / 2, i % 2), 0.5 * i - 1);
    for (int i = 0; i < 10; i++) dl_array_set(x, DL_DIMS(i / 5, i % 5), 1 - 0.25 * i);
    dl_array_set_name(w, "W");

    dl_tape *t = dl_tape_new();
    dl_val a = dl_leaf(t, w), b = dl_leaf(t, x), y = my_snake(dl_matmul(a, b)), g;
    dl_val loss =
        dl_huber(y, dl_zeros_like(y), 1, &(dl_loss_options){ .reduction = DL_MEAN_ELEMENTS });

    dl_check_report report;
    dl_gradcheck(loss, &a, 1, NULL, &report);
    dl_check_report_print(&report, stderr);
    bool good = !dl_tape_status(t) && report.verdict == DL_PASS;
    dl_check_report_free(&report);

    dl_grad(loss, &a, 1, &g);
    dl_fn_arg in[] = { { "W", a }, { "x", b } }, out[] = { { "loss", loss }, { "grad_W", g } };
    dl_fn *f = dl_fn_create("snake_loss", in, 2, out, 2);
    float value, grad[6];
    void *work = dl_fn_workspace_new(f);
    const void *from[] = { dl_array_data(w), dl_array_data(x) };
    good = good && !dl_fn_run(f, from, (void *[]){ &value, grad }, work);
    if (good) fprintf(stderr, "loss %.6f, frozen %.6f\n", dl_item(loss), (double)value);
    good = good && !dl_emit_c(f, "snake_loss", stdout);

    if (dl_tape_status(t)) fprintf(stderr, "%s\n", dl_tape_message(t));
    if (*dl_fn_message(f)) fprintf(stderr, "%s\n", dl_fn_message(f));
    dl_fn_workspace_free(work), dl_fn_free(f), dl_tape_free(t), dl_array_free(w), dl_array_free(x);
    return !good;
}
