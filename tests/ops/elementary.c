/* elementary.c: the functions of kernels/elementary_f32.h and _f64.h against libm in a wider type,
 * value by value, and against the kernels of every instruction set, bit by bit. */
#include "../harness/test.h"
#include "../harness/ulps.h"

#include "../../ops/kernels/elementary_f32.h"
#include "../../ops/kernels/elementary_f64.h"
#include "../../ops/ops.h"

#include <stdlib.h>

static double sigmoid(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }

static long double sigmoidl(long double x)
{
    return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x));
}

typedef struct function {
    const char *name;
    float (*f32)(float);
    double (*f64)(double);
    double (*wanted)(double);
    long double (*wantedl)(long double);
    double near32, near64; /* the largest finite |x| that the function takes */
    dl_val (*op)(dl_val);  /* or null */
} function;

#define ROW(NAME, WANTED, WANTEDL, NEAR_32, NEAR_64, OP)                               \
    {                                                                                  \
#NAME, dl_##NAME##_f32, dl_##NAME##_f64, WANTED, WANTEDL, NEAR_32, NEAR_64, OP \
    }
static const function functions[] = {
    ROW(exp, exp, expl, INFINITY, INFINITY, (dl_exp)),
    ROW(log, log, logl, INFINITY, INFINITY, (dl_log)),
    ROW(tanh, tanh, tanhl, INFINITY, INFINITY, (dl_tanh)),
    ROW(sigmoid, sigmoid, sigmoidl, INFINITY, INFINITY, (dl_sigmoid)),
    ROW(erf, erf, erfl, INFINITY, INFINITY, (dl_erf)),
    ROW(sin, sin, sinl, 1e30f, 1e20, (dl_sin)),
    ROW(cos, cos, cosl, 1e30f, 1e20, (dl_cos)),
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* ---- distances ------------------------------------------------------------------------------- */

static double ulps32(float got, double want)
{
    return got == (float)want && got != 0 ? 0.5 : ulps(DL_F32, got, want);
}

static double ulps64(double got, long double want) { return ulps(DL_F64, got, want); }

/* The worst value so far. */
typedef struct worst {
    double ulps, x;
} worst;

static void worst_of(worst *w, double ulps, double x)
{
    if (ulps > w->ulps) *w = (worst){ ulps, x };
}

/* A distance that cannot be the worst, because an ulp is 2^-24 |want| at least, is not measured. */
static void try32(worst *w, const function *f, float x)
{
    if (fabsf(x) > (float)f->near32 && !isinf(x)) return;
    float got = f->f32(x);
    double want = f->wanted((double)x);
    if (got != 0 && fabs((double)got - want) < w->ulps * fabs(want) * 0x1p-24) return;
    worst_of(w, ulps32(got, want), (double)x);
}

static void try64(worst *w, const function *f, double x)
{
    if (!(fabs(x) > f->near64) || isinf(x))
        worst_of(w, ulps64(f->f64(x), f->wantedl((long double)x)), x);
}

static void report(const function *f, const char *dtype, worst w)
{
    CHECK_MSG(w.ulps <= 2, "%s %s: %.3g ulp at %.17g (%a)", f->name, dtype, w.ulps, w.x, w.x);
}

/* ---- special values -------------------------------------------------------------------------- */

/* Where a function overflows, underflows, or changes its formula, and what every one must take. */
static const double special[] = {
    0.0,
    1e-45,
    5.877e-39,
    1.17549435e-38,
    5e-324,
    1e-310,
    2.2250738585072014e-308,
    1e-20,
    1e-8,
    2.98023224e-8,
    0.5,
    0.625,
    0.70710678118654752,
    0.92,
    1,
    1.4142135623730951,
    2,
    3,
    4,
    5.95,
    9.0109,
    16.635,
    19.0615,
    87.3365448,
    88.7228394,
    103.972084,
    708.39641853226408,
    709.78271289338397,
    745.13321910194111,
    1024,
    8388607.5,
    8388609,
    16777217,
    1e9,
    4503599627370497.0,
    9007199254740993.0,
    3.40282347e38,
    1e300,
    1.7976931348623157e308,
    INFINITY,
    NAN,
};
enum { SPECIAL = sizeof special / sizeof *special };

TEST(elementary, special_values_are_those_of_libm)
{
    for (int k = 0; k < FUNCTIONS; k++) {
        const function *f = &functions[k];
        worst w32 = { 0 }, w64 = { 0 };
        for (int i = 0; i < 2 * SPECIAL; i++) {
            double x = i % 2 ? -special[i / 2] : special[i / 2];
            try32(&w32, f, (float)x);
            if (!under_valgrind()) try64(&w64, f, x);
        }
        report(f, "f32", w32);
        report(f, "f64", w64);
    }
}

TEST(elementary, exact_values_are_exact)
{
    static const struct {
        int function;
        double x, y;
    } rows[] = {
        { 0, 0, 1 },
        { 0, -0.0, 1 },
        { 0, INFINITY, INFINITY },
        { 0, -INFINITY, 0 },
        { 1, 1, 0 },
        { 1, 0, -INFINITY },
        { 1, -0.0, -INFINITY },
        { 1, -1, NAN },
        { 1, -INFINITY, NAN },
        { 2, 0, 0 },
        { 2, -0.0, -0.0 },
        { 2, INFINITY, 1 },
        { 2, -INFINITY, -1 },
        { 2, 1e-300, 1e-300 },
        { 3, 0, 0.5 },
        { 3, INFINITY, 1 },
        { 3, -INFINITY, 0 },
        { 4, -0.0, -0.0 },
        { 4, INFINITY, 1 },
        { 4, -INFINITY, -1 },
        { 5, 0, 0 },
        { 5, -0.0, -0.0 },
        { 5, 1e-20, 1e-20 },
        { 6, 0, 1 },
        { 0, NAN, NAN },
        { 1, NAN, NAN },
        { 2, NAN, NAN },
        { 3, NAN, NAN },
        { 4, NAN, NAN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const function *f = &functions[rows[i].function];
        double got = f->f64(rows[i].x), got32 = (double)f->f32((float)rows[i].x);
        CHECK_MSG(ulps64(got, (long double)rows[i].y) == 0, "%s(%g): got %.17g, wanted %g", f->name,
                  rows[i].x, got, rows[i].y);
        CHECK_MSG(ulps(DL_F32, got32, (float)rows[i].y) == 0, "%s(%g) f32: got %.9g, wanted %g",
                  f->name, rows[i].x, got32, rows[i].y);
    }
}

TEST(elementary, pow_takes_every_pair_of_special_values)
{
    for (int i = 0; i < 2 * SPECIAL; i++)
        for (int j = 0; j < 2 * SPECIAL; j++) {
            double a = i % 2 ? -special[i / 2] : special[i / 2];
            double b = j % 2 ? -special[j / 2] : special[j / 2];
            float x = (float)a, y = (float)b;
            double e = ulps32(dl_pow_f32(x, y), pow((double)x, (double)y));
            CHECK_MSG(e <= 2, "pow(%a, %a) f32: %.3g ulp", (double)x, (double)y, e);
            if (under_valgrind()) continue;
            e = ulps64(dl_pow_f64(a, b), powl((long double)a, (long double)b));
            CHECK_MSG(e <= 2, "pow(%a, %a): %.3g ulp", a, b, e);
        }
}

/* ---- accuracy -------------------------------------------------------------------------------- */

static uint64_t state = 88172645463325252u;

static uint64_t bits(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* Between a and b. */
static double between(double a, double b) { return a + (b - a) * (double)(bits() >> 11) * 0x1p-53; }

/* Any exponent, or the range where things happen. */
static double any(void)
{
    switch (bits() % 4) {
    case 0: return between(-750, 750);
    case 1: return ldexp(between(-1, 1), (int)(bits() % 2100) - 1075);
    case 2: return 1 + between(-0.01, 0.01);
    default: return between(-8, 8);
    }
}

static void sweep32(const function *f, uint64_t step, worst *w)
{
    for (uint64_t u = 0; u < (uint64_t)1 << 32; u += step) try32(w, f, dl_of_bits_f32((uint32_t)u));
}

TEST(elementary, f32_is_within_2_ulp)
{
    uint64_t step = under_valgrind() ? 400009 : 4099, around = under_valgrind() ? 20 : 1000;
    for (int k = 0; k < FUNCTIONS; k++) {
        worst w = { 0 };
        sweep32(&functions[k], step, &w);
        for (int i = 0; i < SPECIAL; i++) {
            uint32_t at = dl_bits_f32((float)special[i]) - (uint32_t)around;
            for (uint32_t u = 0; u < 2 * around; u++) {
                try32(&w, &functions[k], dl_of_bits_f32(at + u));
                try32(&w, &functions[k], -dl_of_bits_f32(at + u));
            }
        }
        report(&functions[k], "f32", w);
    }
}

TEST(elementary, f64_is_within_2_ulp)
{
    if (under_valgrind()) SKIP("valgrind computes long double in double");
    for (int k = 0; k < FUNCTIONS; k++) {
        worst w = { 0 };
        for (int i = 0; i < 100000; i++) try64(&w, &functions[k], any());
        for (int i = 0; i < SPECIAL; i++)
            for (uint64_t u = 0; u < 200; u++)
                try64(&w, &functions[k], dl_of_bits_f64(dl_bits_f64(special[i]) - 100 + u));
        report(&functions[k], "f64", w);
    }
}

/* Powers of every size: y near d / log x. */
static worst powers(int64_t n, worst *f32)
{
    worst w = { 0 };
    for (int64_t i = 0; i < n; i++) {
        double x = fabs(any()), y = between(-745, 745) / log(x);
        if (i % 8 == 0) x = -x, y = rint(y);
        float a = (float)x, b = (float)(y / 7);
        worst_of(f32, ulps32(dl_pow_f32(a, b), pow((double)a, (double)b)), (double)a);
        if (!under_valgrind())
            worst_of(&w, ulps64(dl_pow_f64(x, y), powl((long double)x, (long double)y)), x);
    }
    return w;
}

TEST(elementary, pow_is_within_2_ulp)
{
    worst f32 = { 0 }, f64 = powers(under_valgrind() ? 5000 : 200000, &f32);
    CHECK_MSG(f32.ulps <= 2, "pow f32: %.3g ulp at x = %a", f32.ulps, f32.x);
    CHECK_MSG(f64.ulps <= 2, "pow f64: %.3g ulp at x = %a", f64.ulps, f64.x);
}

TEST(slow_elementary, every_float_is_within_2_ulp)
{
    for (int k = 0; k < FUNCTIONS; k++) {
        worst w = { 0 };
        sweep32(&functions[k], 1, &w);
        report(&functions[k], "f32", w);
        printf("# %s f32: %.3f ulp at %a\n", functions[k].name, w.ulps, w.x);
        fflush(stdout);
    }
    worst f32 = { 0 }, f64 = powers(50000000, &f32);
    printf("# pow f32: %.3f ulp, f64: %.3f ulp\n", f32.ulps, f64.ulps);
    CHECK(f32.ulps <= 2 && f64.ulps <= 2);
}

/* ---- the same bits in vectors and alone ------------------------------------------------------ */

enum { COUNT = 1003 }; /* whole vectors and a rest */

static dl_val power_of_itself(dl_val x) { return (dl_power)(x, (dl_scale)(x, -1.5)); }

static double power_alone(double x) { return dl_pow_f64(x, x * -1.5); }

static float power_alone32(float x) { return dl_pow_f32(x, x * -1.5f); }

/* The kernel of an instruction set over a vector and over every second element of one. */
static void kernel_agrees(const function *f, dl_dtype dtype, const char *isa, const double *x)
{
    if (isa) setenv("DLTAPE_ISA", isa, 1);
    dl_tape *t = dl_tape_new();
    if (isa) unsetenv("DLTAPE_ISA");
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(COUNT, 2));
    for (int i = 0; i < 2 * COUNT; i++) dl_array_set(a, DL_DIMS(i / 2, i % 2), x[i]);
    dl_val whole = f->op(dl_leaf(t, a)), column = f->op(dl_slice(dl_leaf(t, a), "1", 0, 1));
    static double y[3 * COUNT];
    static float y32[3 * COUNT];
    bool single = dtype == DL_F32;
    size_t size = dl_dtype_size(dtype);
    dl_read(whole, single ? (void *)y32 : y, 2 * COUNT * size);
    dl_read(column, single ? (void *)(y32 + 2 * COUNT) : y + 2 * COUNT, COUNT * size);
    CHECK_MSG(!dl_tape_status(t), "%s: %s", f->name, dl_tape_message(t));
    int wrong = 0;
    for (int i = 0; i < 3 * COUNT; i++) {
        double at = i < 2 * COUNT ? x[i] : x[2 * (i - 2 * COUNT)];
        if (single) wrong += dl_bits_f32(y32[i]) != dl_bits_f32(f->f32((float)at));
        else wrong += dl_bits_f64(y[i]) != dl_bits_f64(f->f64(at));
    }
    CHECK_MSG(!wrong, "%s %s, %s kernels: %d of %d differ from single values", f->name,
              single ? "f32" : "f64", isa ? isa : "the best", wrong, 3 * COUNT);
    dl_tape_free(t);
    dl_array_free(a);
}

TEST(elementary, kernels_of_every_instruction_set_give_the_bits_of_single_values)
{
    static const char *const isas[] = { NULL, "baseline", "avx2", "avx512" };
    const function power = { "pow", power_alone32, power_alone, .op = power_of_itself };
    static double x[2 * COUNT];
    for (int i = 0; i < 2 * COUNT; i++) x[i] = i < SPECIAL - 1 ? special[i] : any();
    for (int k = 0; k <= FUNCTIONS; k++)
        for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
            const function *f = k < FUNCTIONS ? &functions[k] : &power;
            if (!f->op) continue;
            kernel_agrees(f, DL_F32, isas[i], x);
            kernel_agrees(f, DL_F64, isas[i], x);
        }
}
