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
} op_row;

#define MILLION \
    1, { 1000000 }
#define SQUARE \
    2, { 512, 512 }

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

static const op_row ops[] = {
    ONE(exp, 0, 0),
    ONE(log, 0.1, 4),
    ONE(sqrt, 0.1, 4),
    ONE(tanh, -3, 3),
    ONE(sigmoid, -4, 4),
    ONE(erf, -2, 2),
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
};
enum { OPS = sizeof ops / sizeof *ops };

/* The op that is being timed: a workload's `record` has no data of its own. */
static const op_row *now;

static void forward(dl_tape *t, const dl_val *in, dl_val *out) { out[0] = now->apply(in); }

/* The cotangent of the result is the last input. */
static void gradient(dl_tape *t, const dl_val *in, dl_val *out)
{
    dl_grad_seeded(now->apply(in), in[now->nin], in, now->nin, out);
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
                               .nout = derive ? op->nin : 1,
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
    printf("\nops: 10^6 elements or 512^2, f32, medians (per call, recording included)\n");
    printf("  %-14s %12s %12s %7s %12s %12s %7s\n", "", "value", "libtorch", "ratio", "gradient",
           "libtorch", "ratio");
    for (int k = 0; k < OPS; k++) {
        printf("  %-14s", ops[k].name);
        for (int derive = 0; derive < 2; derive++) {
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
