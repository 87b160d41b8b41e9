/* emit.c: every case of every op as C: value, gradient and second derivative, compiled, give the
 * bits of the plan. */
#include "driver.h"
#include "../harness/compile.h"
#include "../harness/valgrind.h"

#include "../../autodiff/emit.h"

enum { OUTPUTS = 1 + 2 * OP_INPUTS, FUNCTIONS = 1200 };

/* A case that has been frozen, with what the plan makes of it. */
typedef struct frozen {
    const op_case *c;
    dl_dtype dtype;
    dl_fn *fn;
    char name[16];
    double in[OP_INPUTS + 1][OP_ELEMENTS], want[OUTPUTS][OP_ELEMENTS], got[OUTPUTS][OP_ELEMENTS];
} frozen;

static void lists(frozen *z, double (*out)[OP_ELEMENTS], const void **in, void **to)
{
    for (int i = 0; i < dl_fn_inputs(z->fn); i++) in[i] = z->in[i];
    for (int i = 0; i < dl_fn_outputs(z->fn); i++) to[i] = out[i];
}

static void freeze(frozen *z, op_run *r)
{
    static const char *const names[] = { "a",  "b",  "c",  "d",  "seed", "y",  "ga",
                                         "gb", "gc", "gd", "ha", "hb",   "hc", "hd" };
    double w[OP_ELEMENTS], memory[OP_ELEMENTS];
    dl_val g[OP_INPUTS], h[OP_INPUTS];
    dl_fn_arg in[OP_INPUTS + 1], out[OUTPUTS];
    dl_array *a = NULL;
    const void *from[OP_INPUTS + 1];
    void *to[OUTPUTS];
    int nin = 0, nout = 0;
    if (!op_record(r)) return;
    out[nout++] = (dl_fn_arg){ "y", r->y };
    for (int k = 0; k < r->nin; k++) {
        in[nin++] = (dl_fn_arg){ names[k], r->in[k] };
        memcpy(z->in[k], r->memory[k], sizeof z->in[k]);
    }
    if (r->c->result == DL_F32) {
        op_random(19, r->ny, w);
        dl_val seed = op_like(r, r->y, w, memory, &a);
        dl_grad_seeded(r->y, seed, r->in, r->nreal, g);
        dl_hvp(dl_sum_squares(r->y, "all"), r->in, r->in, r->nreal, h);
        for (int k = 0; k < r->nreal; k++) {
            out[nout++] = (dl_fn_arg){ names[6 + k], g[k] };
            out[nout++] = (dl_fn_arg){ names[10 + k], h[k] };
        }
        memcpy(z->in[nin], memory, sizeof memory);
        in[nin++] = (dl_fn_arg){ "seed", seed };
    }
    z->c = r->c;
    z->dtype = r->dtype;
    z->fn = dl_fn_create("f", in, nin, out, nout);
    CHECK_STR(dl_fn_message(z->fn), "");
    void *work = dl_fn_workspace_new(z->fn);
    lists(z, z->want, from, to);
    CHECK_INT(dl_fn_run(z->fn, from, to, work), DL_OK);
    dl_fn_workspace_free(work);
    dl_tape_reset(r->t);
    dl_array_free(a);
}

static int freeze_table(const op_table *table, frozen *z)
{
    op_run r;
    int n = 0;
    for (int i = 0; i < table->n; i++)
        for (int dtype = DL_F32; dtype <= DL_F64; dtype++) {
            if (under_valgrind() && (i + dtype) % 3) continue;
            REQUIRE(n < FUNCTIONS);
            op_open(&r, &table->cases[i], (dl_dtype)dtype);
            snprintf(z[n].name, sizeof z[n].name, "f%d", n);
            freeze(&z[n++], &r);
            op_close(&r);
        }
    return n;
}

static double element(const frozen *z, const void *data, size_t i)
{
    return z->dtype == DL_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

static void same_bits(const frozen *z, int output)
{
    dl_fn_info out = dl_fn_output(z->fn, output);
    const char *got = (const char *)z->got[output], *want = (const char *)z->want[output];
    size_t size = dl_dtype_size((dl_dtype)out.dtype), i = 0;
    while (i < out.bytes && memcmp(got + i, want + i, size) == 0) i += size;
    if (i < out.bytes)
        CHECK_MSG(false, "%s (%s) %s: output %s has other bits at %zu: got %a, wanted %a", z->c->op,
                  z->c->name, dl_dtype_name(z->dtype), out.name, i / size,
                  element(z, got, i / size), element(z, want, i / size));
}

static void run_loaded(frozen *z, void *library)
{
    const void *from[OP_INPUTS + 1];
    void *to[OUTPUTS];
    compile_function c = compile_find(library, z->name);
    if (!c.call) return;
    lists(z, z->got, from, to);
    c.call(from, to, c.work);
    CHECK_MSG(compile_kept_within(&c), "%s (%s) %s: more than %zu bytes of workspace are written",
              z->c->op, z->c->name, dl_dtype_name(z->dtype), c.size);
    free(c.work);
    for (int i = 0; i < dl_fn_outputs(z->fn); i++) same_bits(z, i);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Whether an argument may be called so: then printed code must not mean something else by it. */
static bool may_be_an_argument(const char *word)
{
    static const char *const own[] = { "a",  "b",  "c",  "d",  "seed", "y",  "ga",
                                       "gb", "gc", "gd", "ha", "hb",   "hc", "hd" };
    char name[DL__C_NAME];
    for (size_t k = 0; k < sizeof own / sizeof *own; k++)
        if (strcmp(word, own[k]) == 0) return false;
    return strncmp(word, "dl_", 3) != 0 && dl__c_name(name, word, NULL, 0, 0)
           && strcmp(name, word) == 0;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define LETTERS_AND_DIGITS LETTERS "0123456789"

/* The words of the body of a function, but not those of comments, numbers and members. */
static void check_words(const char *text, const char *op)
{
    const char *end = strstr(text, "\n}\n");
    while (text < end) {
        char word[64];
        size_t n = strspn(text, LETTERS_AND_DIGITS ".");
        if (strncmp(text, "/*", 2) == 0) text = strstr(text, "*/");
        else if (n && strchr(LETTERS, *text)) {
            n = strspn(text, LETTERS_AND_DIGITS);
            snprintf(word, sizeof word, "%.*s", (int)n, text);
            CHECK_MSG(!may_be_an_argument(word), "%s: the printed code has a \"%s\" of its own", op,
                      word);
        }
        text += n ? n : 1;
    }
}

/* Whatever an argument is called, it hides nothing that the code means. */
static void check_names(const char *text, const frozen *z)
{
    char head[32];
    snprintf(head, sizeof head, "\nvoid %s(", z->name);
    const char *body = text; /* behind the last head: the first one ends in a semicolon */
    while ((text = strstr(text + 1, head))) body = text;
    body = strchr(body, '{');
    CHECK(body != NULL);
    if (body) check_words(body, z->c->op);
}

static void write_table(frozen *z, int n, FILE *to)
{
    const dl_fn *fn[FUNCTIONS];
    const char *name[FUNCTIONS];
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    REQUIRE(memory);
    for (int i = 0; i < n; i++) fn[i] = z[i].fn, name[i] = z[i].name;
    CHECK_INT(dl__emit(fn, name, n, DL__CALLS, memory), DL_OK);
    fclose(memory);
    for (int i = 0; i < n; i++) check_names(text, &z[i]);
    fwrite(text, 1, size, to);
    free(text);
}

/* `command` compiles all.c; the first one makes all.so. */
static void compile_table(const op_table *table, const char *const *commands)
{
    frozen *z = calloc(FUNCTIONS, sizeof *z);
    REQUIRE(z);
    compile_folder folder = compile_begin();
    int n = freeze_table(table, z);
    FILE *to = compile_open(&folder, "all.c");
    write_table(z, n, to);
    fclose(to);
    bool ok = compile_wanted();
    for (int k = 0; commands[k] && ok; k++) ok = compile_run(&folder, commands[k]);
    void *library = ok ? compile_load(&folder, "all.so") : NULL;
    for (int i = 0; i < n && library; i++) run_loaded(&z[i], library);
    if (library) dlclose(library);
    for (int i = 0; i < n; i++) dl_fn_free(z[i].fn);
    free(z);
    compile_end(&folder);
}

static const char *const quick[] = {
    "cc -O0 " COMPILE_STRICT "-shared -fPIC -o all.so all.c -lm",
    NULL,
};

static const char *const thorough[] = {
    "cc -O3 -march=native " COMPILE_STRICT "-shared -fPIC -o all.so all.c -lm",
    "if command -v clang; then clang -O0 " COMPILE_STRICT "-c -o clang.o all.c; fi",
    "if command -v g++; then g++ -x c++ -O0 -Wall -Wextra -Wpedantic -Werror -c -o o all.c; fi",
    "if " COMPILE_IF_32 "; then gcc -m32 -O0 " COMPILE_STRICT "-c -o m32.o all.c; fi",
    NULL,
};

#define SAME_BITS(FAMILY)                                                                  \
    TEST(emit, FAMILY##_compiles_to_the_same_bits) { compile_table(&op_##FAMILY, quick); } \
    TEST(slow_emit, FAMILY##_compiles_everywhere) { compile_table(&op_##FAMILY, thorough); }
SAME_BITS(unary)
SAME_BITS(binary)
SAME_BITS(reduce)
SAME_BITS(matrix)
SAME_BITS(view)
SAME_BITS(join)
SAME_BITS(create)
SAME_BITS(loss)
SAME_BITS(stats)
SAME_BITS(extremes)
SAME_BITS(order)
SAME_BITS(scan)
SAME_BITS(softmax)
SAME_BITS(norms)
SAME_BITS(count)
SAME_BITS(lu)
SAME_BITS(solve)
SAME_BITS(decompose)
SAME_BITS(matrix_function)
SAME_BITS(product)
SAME_BITS(loss_numbers)
SAME_BITS(loss_classes)
SAME_BITS(loss_vectors)
SAME_BITS(loss_sequences)
SAME_BITS(compare)
SAME_BITS(index)
SAME_BITS(draw)
SAME_BITS(resize)
SAME_BITS(step)
SAME_BITS(math)
SAME_BITS(activation)
SAME_BITS(predicate)
SAME_BITS(special)
SAME_BITS(deep)
SAME_BITS(attention)
SAME_BITS(pool)
SAME_BITS(recurrent)
SAME_BITS(spectral)
SAME_BITS(interpolate)
SAME_BITS(triangle)
SAME_BITS(weighted)
