/* emit.c: functions as C: whole training steps, large values, names; under every compiler. */
#include "../harness/test.h"
#include "../harness/compile.h"

#include "dltape.h"
#include "autodiff/emit.h"

enum { MOST = 64 };

/* ---- a function, its plan and its C on the same numbers -------------------------------------- */

typedef struct arguments {
    void *in[MOST], *out[MOST];
} arguments;

static void *memory_of(const dl_fn_info *info)
{
    void *memory = calloc(1, info->bytes ? info->bytes : 1);
    REQUIRE(memory);
    return memory;
}

static void *random_data(const dl_fn_info *info, unsigned seed)
{
    char *data = memory_of(info);
    size_t n = info->bytes / dl_dtype_size(info->dtype);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        double x = (double)(seed >> 8) / 8388608.0 - 1;
        if (info->dtype == DL_F32) ((float *)(void *)data)[i] = (float)x;
        else ((double *)(void *)data)[i] = x;
    }
    return data;
}

static arguments arguments_of(const dl_fn *f)
{
    arguments a = { { 0 }, { 0 } };
    REQUIRE(dl_fn_inputs(f) <= MOST && dl_fn_outputs(f) <= MOST);
    for (int i = 0; i < dl_fn_inputs(f); i++) {
        dl_fn_info in = dl_fn_input(f, i);
        a.in[i] = random_data(&in, (unsigned)i + 1);
    }
    for (int i = 0; i < dl_fn_outputs(f); i++) {
        dl_fn_info out = dl_fn_output(f, i);
        a.out[i] = out.updates >= 0 ? a.in[out.updates] : memory_of(&out);
    }
    return a;
}

static void arguments_free(const dl_fn *f, arguments *a)
{
    for (int i = 0; i < dl_fn_outputs(f); i++)
        if (dl_fn_output(f, i).updates < 0) free(a->out[i]);
    for (int i = 0; i < dl_fn_inputs(f); i++) free(a->in[i]);
}

static void same_outputs(const dl_fn *f, const arguments *got, const arguments *want)
{
    for (int i = 0; i < dl_fn_outputs(f); i++) {
        dl_fn_info o = dl_fn_output(f, i);
        CHECK_MSG(memcmp(got->out[i], want->out[i], o.bytes) == 0, "output %s has other bits",
                  o.name);
    }
}

static void run_loaded(const dl_fn *f, void *library, const char *name)
{
    compile_function c = compile_find(library, name);
    if (!c.call) return;
    arguments want = arguments_of(f), got = arguments_of(f);
    void *work = dl_fn_workspace_new(f);
    for (int step = 0; step < 3; step++) { /* updates go into the inputs */
        CHECK_INT(dl_fn_run(f, (const void *const *)want.in, want.out, work), DL_OK);
        c.call((const void *const *)got.in, got.out, c.work);
        same_outputs(f, &got, &want);
    }
    CHECK_MSG(compile_kept_within(&c), "more than the workspace of %zu bytes is written", c.size);
    free(c.work);
    dl_fn_workspace_free(work);
    arguments_free(f, &want);
    arguments_free(f, &got);
}

static const char *const quick[] = { "cc -O2 " COMPILE_STRICT "-shared -fPIC -o f.so f.c -lm",
                                     NULL };

/* The first command makes f.so from f.c; no others are run without their compiler. */
static void check_bits(dl_fn *f, const char *const *commands)
{
    const char *name = "model";
    CHECK_STR(dl_fn_message(f), "");
    compile_folder folder = compile_begin();
    FILE *to = compile_open(&folder, "f.c");
    CHECK_INT(dl__emit((const dl_fn *const *)&f, &name, 1, DL__CALLS, to), DL_OK);
    fclose(to);
    bool ok = compile_wanted();
    for (int k = 0; commands[k] && ok; k++) ok = compile_run(&folder, commands[k]);
    void *library = ok ? compile_load(&folder, "f.so") : NULL;
    if (library) {
        run_loaded(f, library, name);
        dlclose(library);
    }
    dl_fn_free(f);
    compile_end(&folder);
}

/* ---- functions ------------------------------------------------------------------------------- */

/* A constant of which one reader takes nothing and another one all. */
static dl_fn *nothing_of_a_constant(void)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(0));
    dl_val x = dl_leaf(t, a), s = dl_scalar(t, DL_F64, -1.5), g[2];
    dl_val some = dl_reshape(dl_zeros_like(s), DL_DIMS(1, 1)), none = dl_slice(some, "1", 0, 0);
    dl_val y = dl_mean(dl_tanh(dl_matmul(none, dl_reshape(x, DL_DIMS(0, 1)))), "all");
    dl_grad(y, DL_VALS(x, s), g);
    dl_fn_arg in[] = { { "x", x }, { "s", s } };
    dl_fn_arg out[] = { { "y", y }, { "gx", g[0] }, { "gs", g[1] } };
    dl_fn *f = dl_fn_create("model", in, 2, out, 3);
    dl_array_free(a);
    dl_tape_free(t);
    return f;
}

/* A step of Adam on a net, with its updates. */
static dl_fn *training_step(dl_dtype dtype, int hidden, int batch)
{
    const dl_layer layers[] = { dl_sequence_input("in", 5), dl_fully_connected("fc_1", hidden),
                                dl_tanh_layer("tanh"), dl_fully_connected("fc_2", 5) };
    dl_net *net = dl_net_new(dtype, 42, layers, 4);
    dl_optimizer *adam = dl_adam_new(net, DL_ADAM_DEFAULTS);
    dl_tape *t = dl_tape_new();
    dl_array *data = dl_array_new(dtype, "CB", DL_DIMS(5, batch));
    dl_val x = dl_leaf(t, data), y, p[4], g[4];
    dl_net_forward(net, x, (const char *[]){ "fc_2" }, 1, &y);
    dl_net_params(net, t, p);
    dl_val loss = dl_add(dl_mse(y, x), dl_scale(dl_norm_fro(p[0]), 0.01));
    dl_grad(loss, p, 4, g);
    dl_optimizer_step(adam, g);
    dl_fn_arg in[] = { { "x", x }, { "W1", p[0] }, { "b1", p[1] }, { "W2", p[2] }, { "b2", p[3] } };
    dl_fn_arg out[] = { { "loss", loss }, { "grad_W1", g[0] } };
    dl_fn *f = dl_fn_create("training_step", in, 5, out, 2);
    dl_tape_free(t);
    dl_array_free(data);
    dl_optimizer_free(adam);
    dl_net_free(net);
    return f;
}

/* Long rows, long sums, columns, strided and broadcast operands, in the workspace and on the stack.
 */
static dl_fn *large(dl_dtype dtype, int rows, int columns)
{
    dl_tape *t = dl_tape_new();
    dl_tape_strict(t, true); /* a BLAS has bits of its own */
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(rows, columns)),
             *b = dl_array_new(dtype, NULL, DL_DIMS(columns, rows)),
             *c = dl_array_new(dtype, NULL, DL_DIMS(rows, 1));
    dl_val x = dl_leaf(t, a), y = dl_leaf(t, b), z = dl_leaf(t, c), g[3];
    dl_val s = dl_tanh(dl_add(dl_mul(x, dl_transpose(y)), z));
    dl_val along = dl_mean(s, "1"), down = dl_sum_squares(dl_sub(s, x), "0");
    dl_val cov = dl_cov(s), product = dl_matmul(s, y), centered = dl_center(s, "1");
    dl_val whole = dl_vecnorm(dl_mul(centered, x), "all"), flipped = dl_vecnorm(dl_exp(y), "0");
    dl_val loss = dl_add_n(dl_norm_fro(cov), dl_norm_fro(product), dl_sum(along, "all"), whole,
                           dl_sum(dl_sqrt(dl_shift(down, 1)), "all"), dl_sum(flipped, "all"),
                           dl_dot(x, s), dl_trace(dl_matmul(s, dl_transpose(x))));
    dl_grad(loss, DL_VALS(x, y, z), g);
    dl_fn_arg in[] = { { "x", x }, { "y", y }, { "z", z } };
    dl_fn_arg out[] = { { "loss", loss },   { "gx", g[0] },         { "gy", g[1] },
                        { "gz", g[2] },     { "cov", cov },         { "along", along },
                        { "again", along }, { "product", product }, { "same", dl_transpose(y) },
                        { "down", down } };
    dl_fn *f = dl_fn_create("large", in, 3, out, 10);
    dl_tape_free(t);
    dl_array_free(a), dl_array_free(b), dl_array_free(c);
    return f;
}

/* Sums of columns of several matrices, more columns than one loop takes at a time. */
static dl_fn *planes(dl_dtype dtype, int columns)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(2, 3, columns));
    dl_val x = dl_leaf(t, a);
    dl_fn *f = dl_fn_create("planes", &(dl_fn_arg){ "x", x }, 1,
                            &(dl_fn_arg){ "sums", dl_sum(x, "1") }, 1);
    dl_tape_free(t);
    dl_array_free(a);
    return f;
}

/* Loops that call several functions: over rows, over blocks, with and without a sum behind them. */
static dl_fn *calls(dl_dtype dtype, int rows, int columns)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(rows, columns)),
             *b = dl_array_new(dtype, NULL, DL_DIMS(rows, 1));
    dl_val x = dl_leaf(t, a), z = dl_leaf(t, b), g[2], alone = dl_exp(dl_sigmoid(dl_tanh(x)));
    dl_val d = dl_add(x, z), e = dl_exp(d), y = dl_mul(dl_log(dl_shift(e, 1.5)), dl_tanh(d));
    dl_val sums = dl_sum(dl_mul(dl_sigmoid(y), e), "1");
    dl_grad(dl_mean(sums, "all"), DL_VALS(x, z), g);
    dl_fn_arg in[] = { { "x", x }, { "z", z } };
    dl_fn_arg out[] = {
        { "alone", alone }, { "y", y }, { "sums", sums }, { "gx", g[0] }, { "gz", g[1] }
    };
    dl_fn *f = dl_fn_create("calls", in, 2, out, 5);
    dl_tape_free(t);
    dl_array_free(a), dl_array_free(b);
    return f;
}

/* ---- the claims ------------------------------------------------------------------------------ */

TEST(emit, a_training_step_has_the_bits_of_the_plan)
{
    check_bits(training_step(DL_F32, 4, 10), quick);
    check_bits(training_step(DL_F64, 40, 130), quick);
}

TEST(emit, nothing_of_a_constant_is_declared_once) { check_bits(nothing_of_a_constant(), quick); }

TEST(emit, long_rows_and_sums_have_the_bits_of_the_plan)
{
    check_bits(large(DL_F32, 3, 7), quick);
    check_bits(large(DL_F32, 17, 300), quick);
    check_bits(large(DL_F64, 300, 17), quick);
    check_bits(large(DL_F64, 130, 128), quick);
    check_bits(planes(DL_F64, 32), quick);
    check_bits(planes(DL_F32, 33), quick);
    check_bits(planes(DL_F64, 100), quick);
}

TEST(emit, loops_of_several_calls_have_the_bits_of_the_plan)
{
    check_bits(calls(DL_F32, 1, 1), quick);
    check_bits(calls(DL_F64, 3, 100), quick);
    check_bits(calls(DL_F32, 1, 300), quick);
    check_bits(calls(DL_F32, 2, 256), quick);
}

static const char *const all_compilers[] = {
    "cc -O3 -march=native " COMPILE_STRICT "-shared -fPIC -o f.so f.c -lm",
    "if command -v clang; then clang -O1 " COMPILE_STRICT "-c -o clang.o f.c; fi",
    "if command -v g++; then g++ -x c++ -O1 -Wall -Wextra -Wpedantic -Werror -c -o cpp.o f.c; fi",
    "if " COMPILE_IF_32 "; then gcc -m32 -O1 " COMPILE_STRICT "-c -o m32.o f.c; fi",
    NULL,
};

TEST(emit, every_compiler_takes_it_without_a_warning)
{
    check_bits(training_step(DL_F32, 16, 40), all_compilers);
    check_bits(large(DL_F64, 9, 140), all_compilers);
    check_bits(calls(DL_F32, 7, 70), all_compilers);
    check_bits(calls(DL_F64, 5, 300), all_compilers);
}

/* One function of n scalars called so, which calls all kinds of printed functions. */
static dl_fn *named(const char *const *names, int n)
{
    dl_tape *t = dl_tape_new();
    dl_array *row = dl_array_new(DL_F32, NULL, DL_DIMS(300, 2));
    dl_fn_arg in[MOST], out[] = { { "double", { 0 } }, { "HUGE_VALF", { 0 } } };
    REQUIRE(n < MOST);
    dl_val sum = dl_leaf(t, row);
    in[n] = (dl_fn_arg){ "row", sum };
    for (int i = 0; i < n; i++) {
        in[i] = (dl_fn_arg){ names[i], dl_scalar(t, DL_F32, 0) };
        sum = dl_add(i % 9 ? sum : dl_sin(dl_tanh(sum)), in[i].value);
    }
    out[0].value = sum;
    out[1].value = dl_sum(dl_mean(sum, "0"), "all");
    dl_fn *f = dl_fn_create("any", in, n + 1, out, 2);
    dl_array_free(row);
    dl_tape_free(t);
    return f;
}

static const char *const all_dialects[] = {
    "cc -std=c99 -O1 " COMPILE_WARNINGS "-shared -fPIC -o f.so f.c -lm",
    "cc " COMPILE_WARNINGS "-c -o gnu.o f.c",
    "if command -v g++; then g++ -x c++ -Wall -Wextra -Werror -c -o cpp.o f.c; fi",
    "if command -v clang; then clang -std=c99 " COMPILE_WARNINGS "-c -o clang.o f.c; fi",
    "if command -v clang; then clang " COMPILE_WARNINGS "-c -o clang_gnu.o f.c; fi",
    "if command -v clang++; then clang++ -x c++ -Wall -Wextra -Werror -c -o clang_cpp.o f.c; fi",
    NULL,
};

/* Words of C and C++, macros, and names that the printed code has for its own. */
TEST(emit, any_names_do)
{
    static const char *const names[] = {
        "class",     "v2",          "i",         "x",         "dl_sum_f32",  "sum",
        "_",         "i_",          "DL_APART",  "xDL_APART", "DL_RESTRICT", "in",
        "HUGE_VAL",  "FP_NAN",      "INT32_MAX", "SIZE_MAX",  "SIZE_MAX_",   "M_PI",
        "M_E",       "M_1_PI",      "M_PIf",     "MAXFLOAT",  "typeof",      "asm",
        "linux",     "bool",        "requires",  "char8_t",   "round",       "gamma",
        "y1",        "jn",          "index",     "drem",      "signgam",     "float_t",
        "ptrdiff_t", "isnan",       "signbit",   "memset",    "errno",       "offsetof",
        "W_1",       "W_in",        "NAN",       "SNAN",      "BYTE_ORDER",  "std",
        "NULL",      "DL_NEAR_F32",
    };
    check_bits(named(names, sizeof names / sizeof *names), all_dialects);
}

static dl_status emit_to_memory(const dl_fn *f, const char *name, char **text)
{
    size_t n;
    FILE *to = open_memstream(text, &n);
    dl_status s = dl_emit_c(f, name, to);
    fclose(to);
    return s;
}

/* Each takes the next free one. */
TEST(emit, names_that_are_taken_are_lengthened)
{
    enum { LINES = 40 };
    static char text[LINES + 1][LINES + 4];
    const char *names[LINES + 1];
    for (int i = 0; i <= LINES; i++) {
        snprintf(text[i], sizeof text[i], "in%.*s", i < LINES ? i + 1 : 0,
                 "________________________________________");
        names[i] = text[i];
    }
    check_bits(named(names, LINES + 1), all_dialects);
}

/* _, __ and on become x_, x__ and on, where x_, x__ and on are. */
TEST(emit, refuses_names_when_none_is_free)
{
    enum { LINES = 54, ALL = 2 * LINES };
    static char text[ALL][LINES + 4];
    dl_fn_arg in[ALL];
    dl_tape *t = dl_tape_new();
    for (int i = 0; i < ALL; i++) {
        snprintf(text[i], sizeof text[i], "%s%.*s", i < LINES ? "x" : "", i % LINES + 1,
                 "______________________________________________________");
        in[i] = (dl_fn_arg){ text[i], dl_scalar(t, DL_F32, 0) };
    }
    dl_fn *f = dl_fn_create("f", in, ALL, &(dl_fn_arg){ "y", in[0].value }, 1);
    CHECK_STR(dl_fn_message(f), "");
    char *said;
    CHECK_INT(emit_to_memory(f, "f", &said), DL_EARG);
    CHECK_HAS(said, "#error \"emit_c: no name is free for ___");
    free(said);
    dl_fn_free(f);
    dl_tape_free(t);
}

TEST(emit, tells_what_it_prints)
{
    char *text;
    dl_fn *f = training_step(DL_F32, 4, 10);
    CHECK_INT(emit_to_memory(f, "model", &text), DL_OK);
    CHECK_HAS(text, "void model(const float *x, const float *W1,");
    CHECK_HAS(text, " *   x                  float (5 C, 10 B)\n");
    CHECK_HAS(text, " *   new_m_fc_1_Weights float (4,5)\n");
    CHECK_HAS(text, " *   new_W1             float (4,5), replaces W1 and may lie in its memory\n");
    CHECK_HAS(text, "size_t model_workspace_size(void);\n");
    CHECK_HAS(text, " = matmul(W1 (4,5), ");
    CHECK(!strstr(text, "malloc") && !strstr(text, " \n"));
    free(text);
    dl_fn_free(f);
}

static void no_infer(dl_infer *c) { c->same = 0; }
static void no_eval(const dl_call *c) { (void)c; }
static void no_strip(int64_t n, const dl_step *s, void *const *slot)
{
    (void)n, (void)s, (void)slot;
}
static void emit_twice(const dl_emit *e)
{
    dl_emit_line(e, "%s[0] = 2 * %s[0];", e->name[0], e->name[1]);
}

static const dl_op silent = {
    .name = "silent",
    .nin = 1,
    .shapes = "any -> same",
    .infer = no_infer,
    .eval = { { no_eval, no_eval }, { no_eval, no_eval }, { no_eval, no_eval } },
    .vjp = dl_vjp_zero
};

/* What an op that is called so makes of a scalar. */
static void check_text(dl_op op, const char *name, dl_status status, const char *says)
{
    char *text;
    op.name = name;
    dl_tape *t = dl_tape_new();
    dl_val x = dl_scalar(t, DL_F32, 1), y = dl_apply(&op, NULL, x);
    dl_fn *f = dl_fn_create("f", &(dl_fn_arg){ "x", x }, 1, &(dl_fn_arg){ "y", y }, 1);
    CHECK_INT(emit_to_memory(f, "f", &text), status);
    CHECK_HAS(text, says);
    free(text);
    dl_fn_free(f);
    dl_tape_free(t);
}

TEST(emit, names_of_ops_end_no_comment)
{
    static const dl_op elementwise = {
        .nin = 1,
        .shapes = "any -> same",
        .infer = no_infer,
        .strip = { { no_strip, no_strip }, { no_strip, no_strip }, { no_strip, no_strip } },
        .formula = "x + x",
        .vjp = dl_vjp_zero
    };
    dl_op twice = silent;
    twice.emit = emit_twice;
    check_text(twice, "a*/b\\", DL_OK, "= a__b_(x ()) */\n");
    check_text(twice, "lstm 1.0-b_2", DL_OK, "= lstm 1.0-b_2(x ()) */\n");
    check_text(elementwise, "/*\n?/\n*/", DL_OK, " 1 element: y = ________ */\n");
    check_text(silent, "\"\n#", DL_EARG, "#error \"emit_c: op ___ has no C\"\n");
}

TEST(emit, refuses_what_it_cannot_print)
{
    dl_tape *t = dl_tape_new();
    dl_val x = dl_scalar(t, DL_F32, 1), y = dl_apply(&silent, NULL, x);
    dl_fn *f = dl_fn_create("f", &(dl_fn_arg){ "x", x }, 1, &(dl_fn_arg){ "y", y }, 1);
    char *text;
    CHECK_INT(emit_to_memory(f, "f", &text), DL_EARG);
    CHECK_STR(text, "#error \"emit_c: op silent has no C\"\n");
    free(text);
    static const char *const bad[] = {
        "",          "2f",      "f g",    "while",     "template",    "dl_f",     "_f",
        "round",     "floor",   "fmin",   "hypot",     "nan",         "lgamma",   "cbrt",
        "isnan",     "signbit", "memset", "strlen",    "float_t",     "SIZE_MAX", "FP_NAN",
        "ptrdiff_t", "gamma",   "y0",     "y1l",       "HUGE_VAL",    "ynf",      "jn",
        "drem",      "M_PI",    "M_E",    "index",     "DL_RESTRICT", "typeof",   "signgam",
        "DL_APART",  "sinf32",  "fadd",   "lgammaf_r", "printf",      "exit",     "random_r",
        "div",       "select",  "cabsl",  "fmaxf64x",  "v2",          "main",     "errno",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(emit_to_memory(f, bad[i], &text), DL_EARG);
        CHECK_MSG(!strncmp(text, "#error \"emit_c: ", 16), "a function may be called %s", bad[i]);
        free(text);
    }
    CHECK_INT(emit_to_memory(f, "2\"\n", &text), DL_EARG);
    CHECK_STR(text, "#error \"emit_c: the function's name is no identifier of C\"\n");
    free(text);
    CHECK_INT(emit_to_memory(f, "while", &text), DL_EARG);
    CHECK_STR(text, "#error \"emit_c: while means something in C, C++ or their libraries\"\n");
    free(text);
    CHECK_INT(dl_emit_c(f, NULL, stdout), DL_ENULL);
    CHECK_INT(dl_emit_c(f, "f", NULL), DL_ENULL);
    CHECK_INT(dl_emit_c(NULL, "f", stdout), DL_ENULL);
    FILE *full = fopen("/dev/full", "w");
    dl_fn *g = training_step(DL_F32, 4, 10);
    if (full) CHECK_INT(dl_emit_c(g, "f", full), DL_EFILE);
    if (full) fclose(full);
    dl_fn_free(f);
    dl_fn_free(g);
    dl_tape_free(t);
}
