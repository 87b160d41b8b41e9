/* ops.c: single ops and their gradients beside libtorch, whose functions stand in
 * peers/torch_ops.cpp under the same names. All in f32, on one thread. */
#include "bench.h"

#include "dltape.h"

#include <string.h>

enum { MOST_IN = 4 };

/* An op: its operands, of which the last `fixed` have no gradient, and its result. */
typedef struct op_row {
    const char *name;
    dl_val (*apply)(const dl_val *x);
    int nin;
    bench_array in[MOST_IN], out;
    int fixed;
    bool valued; /* of its value only */
} op_row;

#define MILLION \
    1, { 1000000 }
#define SQUARE \
    2, { 512, 512 }
#define SMALL \
    2, { 64, 64 }
#define INDEX "index", 1, { 512 }, 0, 512

#define ONE(NAME, LOW, HIGH)                                                   \
    {                                                                          \
#NAME, NAME##_of, 1, { { "x", MILLION, LOW, HIGH } }, { "y", MILLION } \
    }
#define TWO(NAME, LOW, HIGH)                                                               \
    {                                                                                      \
#NAME, NAME##_of, 2, { { "a", MILLION, LOW, HIGH }, { "b", MILLION, LOW, HIGH } }, \
        {                                                                                  \
            "y", MILLION                                                                   \
        }                                                                                  \
    }

#define APPLY(NAME, ...) \
    static dl_val NAME##_of(const dl_val *x) { return __VA_ARGS__; }
APPLY(exp, dl_exp(x[0]))
APPLY(log, dl_log(x[0]))
APPLY(sqrt, dl_sqrt(x[0]))
APPLY(tanh, dl_tanh(x[0]))
APPLY(sigmoid, dl_sigmoid(x[0]))
APPLY(erf, dl_erf(x[0]))
APPLY(silu, dl_silu(x[0]))
APPLY(mish, dl_mish(x[0]))
APPLY(gelu, dl_gelu(x[0]))
APPLY(gelu_tanh, dl_gelu_tanh(x[0]))
APPLY(softplus, dl_softplus(x[0]))
APPLY(sin, dl_sin(x[0]))
APPLY(abs, dl_abs(x[0]))
APPLY(relu, dl_relu(x[0]))
APPLY(square, dl_square(x[0]))
APPLY(add, dl_add(x[0], x[1]))
APPLY(mul, dl_mul(x[0], x[1]))
APPLY(div, dl_div(x[0], x[1]))
APPLY(max, dl_max(x[0], x[1]))
APPLY(power, dl_power(x[0], x[1]))
APPLY(sum, dl_sum(x[0], "all"))
APPLY(sum_rows, dl_sum(x[0], "1"))
APPLY(sum_columns, dl_sum(x[0], "0"))
APPLY(norm, dl_norm_fro(x[0]))
APPLY(var, dl_var(x[0], "1"))
APPLY(matmul, dl_matmul(x[0], x[1]))
APPLY(transpose, dl_mul(dl_transpose(x[0]), x[1]))
APPLY(cov, dl_cov(x[0]))

APPLY(mean, dl_mean(x[0], "1"))
APPLY(amax, dl_amax(x[0], "1"))
APPLY(prod, dl_prod(x[0], "1"))
APPLY(softmax, dl_softmax(x[0], "1"))
APPLY(log_softmax, dl_log_softmax(x[0], "1"))
APPLY(logsumexp, dl_logsumexp(x[0], "1"))
APPLY(cumsum_long, dl_cumsum(x[0], "0", false))
APPLY(cumsum, dl_cumsum(x[0], "1", false))
APPLY(cumsum_down, dl_cumsum(x[0], "0", false))
APPLY(cumprod, dl_cumprod(x[0], "1", false))
APPLY(sort, dl_sort(x[0], "0", DL_ASCENDING))
APPLY(sort_rows, dl_sort(x[0], "1", DL_ASCENDING))
APPLY(median, dl_median(x[0], "1"))
APPLY(mode, dl_mode(x[0], "1"))
APPLY(where, dl_where(dl_gt(x[0], x[1]), x[0], x[1]))
APPLY(huber, dl_huber(x[0], x[1], 0.5, &(dl_loss_options){ .reduction = DL_SUM }))
APPLY(pdist, dl_pdist2(x[0], x[1]))
APPLY(power_spectrum, dl_power_spectrum(x[0], "1"))
APPLY(index_select, dl_index_select(x[0], "0", dl_cast(x[1], DL_I64)))
APPLY(gather, dl_take_along(x[0], "1", dl_cast(x[1], DL_I64)))
APPLY(scatter_add, dl_scatter_add(x[0], "1", dl_cast(x[2], DL_I64), x[1]))
APPLY(cross_entropy, dl_index_cross_entropy_logits(x[0], dl_cast(x[1], DL_I64),
                                                   &(dl_loss_options){ .reduction = DL_SUM }))
/* Random numbers differ: times 0, so that results can be compared. */
APPLY(randn,
      dl_scale(dl_add(dl_randn(dl_random_key(x[0].tape, 1, 2), DL_F32, DL_DIMS(1000000)), x[0]), 0))
APPLY(dropout, dl_scale(dl_dropout(x[0], 0.5, dl_random_key(x[0].tape, 1, 2)), 0))

/* A value of which a function of several results gives one. */
#define FIRST(NAME, ...)                            \
    static dl_val NAME##_of(const dl_val *x)        \
    {                                               \
        dl_val y = dl_scalar(x[0].tape, DL_F32, 0); \
        __VA_ARGS__;                                \
        return y;                                   \
    }
FIRST(topk, dl_topk(x[0], "1", 10, DL_DESCENDING, &y, NULL))
FIRST(svd, dl_svd(x[0], NULL, &y, NULL))

/* Symmetric and positive definite; and far from singular. */
static dl_val definite(dl_val x)
{
    dl_val one = dl_eye(x.tape, DL_F32, 64);
    return dl_add(dl_matmul(x, dl_transpose(x)), one);
}
APPLY(cholesky, dl_cholesky(definite(x[0])))
FIRST(eigh, dl_eigh(definite(x[0]), &y, NULL))
APPLY(solve, dl_solve(dl_add(x[0], dl_scale(dl_eye(x[0].tape, DL_F32, 64), 16)), x[1]))

/* Deep learning; memory is as dltape has it, (S,S,C,B) and (C,B,T), and libtorch gets views of it.
 */
static dl_val image(dl_val x)
{
    dl_val y = dl_reshape(x, DL_DIMS(dl_size(x, 0), dl_size(x, 1), dl_size(x, 2), 1));
    return dl_label(y, "SSCB");
}
static dl_val plane(dl_val y)
{
    return dl_reshape(y, DL_DIMS(dl_size(y, 0), dl_size(y, 1), dl_size(y, 2)));
}
static dl_conv_options with(int64_t stride, int same)
{
    return (dl_conv_options){ .stride = { stride, stride }, .same = same };
}
APPLY(conv2d,
      plane(dl_conv(image(x[0]), dl_reshape(x[1], DL_DIMS(3, 3, 64, 64)), x[2], with(1, 1))))
APPLY(maxpool, plane(dl_maxpool(image(x[0]), (const int64_t[]){ 2, 2 }, with(2, 0))))
APPLY(layernorm, dl_layernorm(dl_label(x[0], "CB"), x[1], x[2], 1e-5))
FIRST(batchnorm, dl_batchnorm(dl_label(x[0], "CB"), x[1], x[2], 1e-5, &y, NULL, NULL))
static dl_val lstm_of(const dl_val *x)
{
    dl_val y = dl_scalar(x[0].tape, DL_F32, 0);
    dl_val none = dl_zeros(x[0].tape, DL_F32, DL_DIMS(64, 64));
    dl_lstm(dl_label(x[0], "CBT"), none, none, x[1], x[2], x[3], &y, NULL, NULL);
    return y;
}

#define ROWS(NAME, LOW, HIGH)                                \
    {                                                        \
#NAME, NAME##_of, 1, { { "x", SQUARE, LOW, HIGH } }, \
        {                                                    \
            "y", 2, { 512, 1 }                               \
        }                                                    \
    }
#define SAME(NAME, LOW, HIGH)                                                \
    {                                                                        \
#NAME, NAME##_of, 1, { { "x", SQUARE, LOW, HIGH } }, { "y", SQUARE } \
    }

static const op_row ops[] = {
    ONE(exp, 0, 0),
    ONE(log, 0.1, 4),
    ONE(sqrt, 0.1, 4),
    ONE(tanh, -3, 3),
    ONE(sigmoid, -4, 4),
    ONE(erf, -2, 2),
    ONE(silu, -6, 6),
    ONE(mish, -6, 6),
    ONE(gelu, -6, 6),
    ONE(gelu_tanh, -6, 6),
    ONE(softplus, -6, 6),
    ONE(sin, -3, 3),
    ONE(abs, 0, 0),
    ONE(relu, 0, 0),
    ONE(square, 0, 0),
    TWO(add, 0, 0),
    TWO(mul, 0, 0),
    TWO(div, 0.5, 2),
    TWO(max, 0, 0),
    TWO(power, 0.5, 2),
    { "sum", sum_of, 1, { { "x", MILLION } }, { "y" } },
    { "sum_rows", sum_rows_of, 1, { { "x", SQUARE } }, { "y", 2, { 512, 1 } } },
    { "sum_columns", sum_columns_of, 1, { { "x", SQUARE } }, { "y", 2, { 1, 512 } } },
    { "norm", norm_of, 1, { { "x", MILLION } }, { "y" } },
    { "var", var_of, 1, { { "x", SQUARE } }, { "y", 2, { 512, 1 } } },
    { "matmul", matmul_of, 2, { { "a", SQUARE }, { "b", SQUARE } }, { "y", SQUARE } },
    { "transpose", transpose_of, 2, { { "a", SQUARE }, { "b", SQUARE } }, { "y", SQUARE } },
    { "cov", cov_of, 1, { { "x", SQUARE } }, { "y", SQUARE } },
    ROWS(mean, 0, 0),
    ROWS(amax, 0, 0),
    ROWS(prod, 0.99, 1.01),
    SAME(softmax, 0, 0),
    SAME(log_softmax, 0, 0),
    ROWS(logsumexp, 0, 0),
    ONE(cumsum_long, 0, 1),
    SAME(cumsum, 0, 1),
    SAME(cumsum_down, 0, 1),
    SAME(cumprod, 0.99, 1.01),
    ONE(sort, 0, 0),
    SAME(sort_rows, 0, 0),
    { "topk", topk_of, 1, { { "x", SQUARE } }, { "y", 2, { 512, 10 } } },
    { "median", median_of, 1, { { "x", 2, { 512, 511 } } }, { "y", 2, { 512, 1 } } },
    /* equals share the gradient, which libtorch gives one of them */
    { "mode", mode_of, 1, { { "x", SQUARE } }, { "y", 2, { 512, 1 } }, .valued = true },
    TWO(where, 0, 0),
    { "index_select", index_select_of, 2, { { "x", SQUARE }, { INDEX } }, { "y", SQUARE }, 1 },
    { "gather",
      gather_of,
      2,
      { { "x", SQUARE }, { "index", SQUARE, 0, 512 } },
      { "y", SQUARE },
      1 },
    { "scatter_add",
      scatter_add_of,
      3,
      { { "x", SQUARE }, { "v", SQUARE }, { "index", SQUARE, 0, 512 } },
      { "y", SQUARE },
      1 },
    { "huber", huber_of, 2, { { "a", MILLION }, { "b", MILLION } }, { "y" }, 1 },
    { "cross_entropy", cross_entropy_of, 2, { { "x", SQUARE }, { INDEX } }, { "y" }, 1 },
    { "randn", randn_of, 1, { { "x", MILLION } }, { "y", MILLION }, .valued = true },
    ONE(dropout, 0, 0),
    { "pdist", pdist_of, 2, { { "a", 2, { 512, 64 } }, { "b", 2, { 512, 64 } } }, { "y", SQUARE } },
    { "power_spectrum", power_spectrum_of, 1, { { "x", SQUARE } }, { "y", 2, { 512, 257 } } },
    { "solve", solve_of, 2, { { "a", SMALL }, { "b", SMALL } }, { "y", SMALL } },
    { "cholesky", cholesky_of, 1, { { "x", SMALL } }, { "y", SMALL } },
    { "eigh", eigh_of, 1, { { "x", SMALL } }, { "y", 1, { 64 } } },
    { "svd", svd_of, 1, { { "x", SMALL } }, { "y", 1, { 64 } } },
    { "layernorm",
      layernorm_of,
      3,
      { { "x", SQUARE }, { "offset", 1, { 512 } }, { "scale", 1, { 512 } } },
      { "y", SQUARE } },
    { "batchnorm",
      batchnorm_of,
      3,
      { { "x", SQUARE }, { "offset", 1, { 512 } }, { "scale", 1, { 512 } } },
      { "y", SQUARE } },
    { "conv2d",
      conv2d_of,
      3,
      { { "x", 3, { 32, 32, 64 } }, { "w", 3, { 9, 64, 64 } }, { "b", 1, { 64 } } },
      { "y", 3, { 32, 32, 64 } } },
    { "maxpool", maxpool_of, 1, { { "x", 3, { 64, 64, 64 } } }, { "y", 3, { 32, 32, 64 } } },
    { "lstm",
      lstm_of,
      4,
      { { "x", 3, { 64, 64, 16 } },
        { "w", 2, { 256, 64 }, -0.2, 0.2 },
        { "r", 2, { 256, 64 }, -0.2, 0.2 },
        { "b", 1, { 256 } } },
      { "y", 3, { 64, 64, 16 } } },
};
enum { OPS = sizeof ops / sizeof *ops };

/* The op that is being timed: a workload's `record` has no data of its own. */
static const op_row *now;

static void forward(dl_tape *t, const dl_val *in, dl_val *out) { out[0] = now->apply(in); }

/* The cotangent of the result is the last input. */
static void gradient(dl_tape *t, const dl_val *in, dl_val *out)
{
    dl_grad_seeded(now->apply(in), in[now->nin], in, now->nin - now->fixed, out);
}

static int measure(const op_row *op, bool derive, bench_row *rows)
{
    static const char *const names[MOST_IN] = { "d0", "d1", "d2", "d3" };
    bench_array in[MOST_IN + 1], out[MOST_IN];
    char peer[64];
    memcpy(in, op->in, sizeof op->in);
    memcpy(out, op->in, sizeof op->in);
    for (int i = 0; i < MOST_IN; i++) out[i].name = names[i];
    in[op->nin] = op->out;
    now = op;
    snprintf(peer, sizeof peer, "%s %s", derive ? "gradient" : "forward", op->name);
    const bench_workload w = { .name = derive ? "op, gradient" : "op",
                               .label = op->name,
                               .peer = peer,
                               .in = in,
                               .out = derive ? out : &op->out,
                               .nin = op->nin + derive,
                               .nout = derive ? op->nin - op->fixed : 1,
                               .seconds = 0.4,
                               .tolerance = 1e-4,
                               .growing = true,
                               .plain = true,
                               .record = derive ? gradient : forward };
    return bench_time(&w, 1, rows);
}

static void print_pair(const bench_row *rows, int n)
{
    char text[32];
    printf(" %12s", bench_scaled(rows[0].median, text, sizeof text));
    if (n < 2) printf(" %12s %7s", "-", "-");
    else
        printf(" %12s %7.2f", bench_scaled(rows[1].median, text, sizeof text), rows[0].to_libtorch);
}

int bench_ops(bench_row *rows)
{
    int n = 0;
    printf("\nops: 10^6 elements or 512^2 (factorisations 64^2, conv2d 32^2 of 64 channels, lstm "
           "64 units, 64 "
           "observations, 16 steps), f32, medians (per call, recording included)\n");
    printf("  %-14s %12s %12s %7s %12s %12s %7s\n", "", "value", "libtorch", "ratio", "gradient",
           "libtorch", "ratio");
    for (int k = 0; k < OPS; k++) {
        printf("  %-14s", ops[k].name);
        for (int derive = 0; derive < 2 - ops[k].valued; derive++) {
            int added = measure(&ops[k], derive, rows + n);
            if (added < 0) return -1;
            print_pair(rows + n, added);
            n += added;
        }
        printf("\n");
        fflush(stdout);
    }
    return n;
}
