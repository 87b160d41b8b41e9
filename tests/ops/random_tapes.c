/* random_tapes.c: random programs of ops give the same bits in every mode of the engine, whether a
 * step is new, repeated or found by key, and wherever it is cut by reading a value. */
#include "../harness/test.h"

#include "../../ops/ops.h"

#include <math.h>
#include <string.h>

enum { INPUTS = 3, VALUES = 24, TAPES = 150, MODES = 13 };

typedef struct program {
    uint32_t state;
    int64_t rows, columns;
    dl_dtype dtype;
} program;

static uint32_t draw(program *p, uint32_t below)
{
    p->state = p->state * 1664525u + 1013904223u;
    return (p->state >> 8) % below;
}

static dl_val pick(program *p, const dl_val *v, int n) { return v[draw(p, (uint32_t)n)]; }

static bool matrix(dl_val x) { return dl_rank(x) == 2 && !dl_dims(x)[0]; }

static bool same(dl_val a, dl_val b)
{
    return matrix(a) && matrix(b) && dl_size(a, 0) == dl_size(b, 0)
           && dl_size(a, 1) == dl_size(b, 1);
}

static dl_val of_one(program *p, dl_val x)
{
    switch (draw(p, 14)) {
    case 0: return dl_tanh(x);
    case 1: return dl_square(dl_sigmoid(x));
    case 2: return dl_relu(x);
    case 3: return dl_transpose(x);
    case 4: return dl_center(x, draw(p, 2) ? "0" : "1");
    case 5: return dl_mean(x, draw(p, 2) ? "0" : "1");
    case 6: return dl_scale(x, 0.5 + draw(p, 3));
    case 7: return dl_slice(x, "0", 0, dl_size(x, 0) - (dl_size(x, 0) > 1 && draw(p, 2)));
    case 8: return dl_reshape(x, DL_DIMS(-1, 1));
    case 9: return dl_cov(x);
    case 10: return dl_vecnorm(x, "1");
    case 11: return dl_permute(x, DL_DIMS(1, 0));
    case 12: return dl_detach(x);
    default: return dl_abs(dl_shift(x, -0.25));
    }
}

static dl_val of_two(program *p, dl_val a, dl_val b)
{
    if (matrix(a) && matrix(b) && dl_size(a, 1) == dl_size(b, 0) && draw(p, 2))
        return dl_matmul(a, b);
    if (same(a, b) && draw(p, 4) == 0) return dl_cat((dl_val[]){ a, b }, 2, "1");
    for (int i = 0; i < 2; i++)
        if (dl_size(a, i) != dl_size(b, i) && dl_size(a, i) != 1 && dl_size(b, i) != 1)
            return dl_gram(a);
    switch (draw(p, 5)) {
    case 0: return dl_add(a, b);
    case 1: return dl_sub(a, b);
    case 2: return dl_mul(a, b);
    case 3: return dl_max(a, b);
    default: return dl_div(a, dl_shift(dl_square(b), 1));
    }
}

/* Loss, gradients and a Hessian-vector product of a program; `cut` reads a value on the way. */
static size_t run(dl_tape *t, program p, dl_array *const *input, bool cut, unsigned char *to)
{
    dl_val v[VALUES], x[INPUTS], out[1 + 2 * INPUTS];
    int n = INPUTS;
    dl_tape_reset(t);
    for (int i = 0; i < INPUTS; i++) v[i] = x[i] = dl_leaf(t, input[i]);
    for (; n < VALUES; n++) {
        dl_val a = pick(&p, v, n), b = pick(&p, v, n);
        v[n] = draw(&p, 2) ? of_one(&p, a) : of_two(&p, a, b);
        if (dl_numel(v[n]) > 4096) v[n] = dl_mean(v[n], "0");
        if (cut && n % 7 == 0) dl_item(dl_sum(v[n], "all"));
    }
    dl_val loss = dl_sum(dl_tanh(v[INPUTS]), "all");
    for (int i = INPUTS + 1; i < VALUES; i++) loss = dl_add(loss, dl_mean(dl_tanh(v[i]), "all"));
    out[0] = loss;
    dl_grad(loss, x, INPUTS, out + 1);
    dl_hvp(loss, x, x, INPUTS, out + 1 + INPUTS);
    dl_eval(t, out, 1 + 2 * INPUTS);
    size_t at = 0;
    for (int i = 0; i < 1 + 2 * INPUTS; i++) {
        size_t bytes = (size_t)dl_numel(out[i]) * dl_dtype_size(p.dtype);
        dl_read(out[i], to + at, bytes);
        at += bytes;
    }
    return at;
}

static void compare(uint32_t seed, dl_array *const *input, program p)
{
    static const unsigned modes[MODES] = { 0,       DL_FOLLOW,  DL_HASH,  DL_CACHE,
                                           DL_CSE,  DL_FOLD,    DL_VIEWS, DL_REUSE,
                                           DL_FUSE, DL_REWRITE, 511,      DL_FUSE | DL_FOLLOW,
                                           0 };
    static unsigned char first[8192], again[8192];
    dl_tape *t = dl_tape_new();
    dl_tape_strict(t, true);
    size_t n = run(t, p, input, false, first);
    CHECK_MSG(!dl_tape_status(t), "tape %u: %s", seed, dl_tape_message(t));
    for (int m = 0; m < MODES; m++) {
        dl_tape_disable(t, modes[m]);
        for (int round = 0; round < 3; round++) {
            bool cut = round == 1;
            size_t k = run(t, p, input, cut, again);
            CHECK_MSG(k == n && memcmp(first, again, n) == 0,
                      "tape %u: other bits with %u disabled, round %d: %s", seed, modes[m], round,
                      dl_tape_message(t));
        }
    }
    dl_tape_free(t);
}

TEST(random_tapes, give_the_same_bits_in_every_mode)
{
    for (uint32_t seed = 1; seed <= TAPES; seed++) {
        program p = { .state = seed * 2654435761u, .dtype = seed % 2 ? DL_F32 : DL_F64 };
        p.rows = 1 + draw(&p, 5);
        p.columns = 1 + draw(&p, 5);
        dl_array *input[INPUTS];
        for (int i = 0; i < INPUTS; i++) {
            input[i] = dl_array_new(p.dtype, NULL, DL_DIMS(i == 1 ? p.columns : p.rows, p.columns));
            for (int64_t r = 0; r < dl_array_size(input[i], 0); r++)
                for (int64_t c = 0; c < p.columns; c++)
                    dl_array_set(input[i], DL_DIMS(r, c),
                                 sin(i + 1.3 * (double)r + 2.1 * (double)c));
        }
        compare(seed, input, p);
        for (int i = 0; i < INPUTS; i++) dl_array_free(input[i]);
    }
}
