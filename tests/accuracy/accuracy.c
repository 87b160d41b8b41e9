/* accuracy.c: the largest error of every elementary and special function, as docs/accuracy.md.
 *
 *     accuracy [--points N] [--stride N] [NAME...] > docs/accuracy.md
 *
 * f32: every float, or every N-th, against libm in double (see subjects.c). f64: N points (10^7),
 * three quarters of them where things happen and a quarter of any bits, against libm in long
 * double, whose error is some thousandths of an ulp of a double; a point that might be the worst so
 * far (by 0.02 ulp) is computed anew in MPFR with 200 bits, and that decides. So MPFR, which takes
 * microseconds, is asked seldom, and yet the maximum is its. Kernels of every instruction set
 * compute doubles, and one chunk of floats in 16, and are compared bit by bit. One process per
 * processor; fails if a function exceeds its bound. */
#include "accuracy.h"
#include "../harness/ulps.h"

#include "../../autodiff/fn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK = 4096, ISAS = 3, MOST = 64 };

typedef struct found {
    double ulps, at;
    uint64_t points;
    bool same, failed; /* same: the bits of all instruction sets */
} found;

typedef struct shared {
    int next;
    found of[MOST][2];
} shared;

static uint64_t points = 10000000, stride = 1;
static char *const *wanted;
static shared *results;

/* ---- errors in ulp --------------------------------------------------------------------------- */

static long double scale_of(const subject *s, double x)
{
    return s->scale ? (long double)s->scale(x) : 0;
}

static double error(const subject *s, dl_dtype dtype, double x, double got, long double want)
{
    return ulps_of(dtype, got, want, scale_of(s, x));
}

/* The same of doubles against 200 bits. */
static double exact_error(const subject *s, double x, double got, mpfr_ptr y, mpfr_ptr z)
{
    mpfr_set_d(z, x, MPFR_RNDN);
    s->exact(y, z);
    long double want = mpfr_get_ld(y, MPFR_RNDN);
    if (!mpfr_number_p(y) || !isfinite(got) || fabsl(want) >= 0x1p1024L)
        return error(s, DL_F64, x, got, want);
    mpfr_sub_d(y, y, got, MPFR_RNDN);
    int last = ulp_exponent(DL_F64, want, scale_of(s, x));
    return fabs((double)ldexpl(mpfr_get_ld(y, MPFR_RNDN), -last));
}

/* ---- the function, frozen for every instruction set ------------------------------------------ */

typedef struct kernels {
    dl_fn *fn[ISAS];
    void *work[ISAS];
} kernels;

static kernels freeze(const subject *s, dl_dtype dtype)
{
    static const char *const isas[ISAS] = { "baseline", "avx2", "avx512" };
    kernels k;
    for (int i = 0; i < ISAS; i++) {
        setenv("DLTAPE_ISA", isas[i], 1);
        dl_tape *t = dl_tape_new();
        dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(CHUNK));
        dl_val x = dl_leaf(t, a);
        dl_fn_arg in = { "x", x }, out = { "y", s->op(x) };
        k.fn[i] = dl_fn_create("f", &in, 1, &out, 1);
        k.work[i] = dl_fn_workspace_new(k.fn[i]);
        dl_tape_free(t);
        dl_array_free(a);
    }
    return k;
}

static void melt(kernels *k)
{
    for (int i = 0; i < ISAS; i++) {
        dl_fn_workspace_free(k->work[i]);
        dl_fn_free(k->fn[i]);
    }
}

static double number(const void *x, size_t size, int i)
{
    return size == sizeof(float) ? (double)((const float *)x)[i] : ((const double *)x)[i];
}

/* A NaN is a NaN, whatever its sign. */
static bool same_bits(const void *x, const void *y, size_t size)
{
    if (memcmp(x, y, CHUNK * size) == 0) return true;
    for (int i = 0; i < CHUNK; i++) {
        size_t at = (size_t)i * size;
        if (memcmp((const char *)x + at, (const char *)y + at, size) != 0
            && !(isnan(number(x, size, i)) && isnan(number(y, size, i))))
            return false;
    }
    return true;
}

/* y, and whether the first `isas` instruction sets give the same. */
static void compute(const kernels *k, const void *x, void *y, size_t size, int isas, found *f)
{
    static double other[CHUNK];
    for (int i = 0; i < isas; i++) {
        void *to = i ? other : y;
        if (dl_fn_run(k->fn[i], &x, &to, k->work[i]) != DL_OK) f->failed = true;
        if (i && !same_bits(y, other, size)) f->same = false;
    }
}

/* ---- floats ---------------------------------------------------------------------------------- */

static bool inside(const subject *s, double x) { return x >= s->least && x <= s->most; }

static void judge_floats(const subject *s, const float *x, const float *y, found *f)
{
    for (int i = 0; i < CHUNK; i++) {
        double at = (double)x[i], got = (double)y[i];
        if (!inside(s, at)) continue;
        double want = s->in_double(at);
        f->points++;
        if (got == want || fabs(got - want) < f->ulps * fabs(want) * 0x1p-24) continue;
        double e = error(s, DL_F32, at, got, (long double)want);
        if (e > f->ulps) f->ulps = e, f->at = at;
    }
}

static void floats(const subject *s, found *f)
{
    static float x[CHUNK], y[CHUNK];
    kernels k = freeze(s, DL_F32);
    uint64_t step = stride * (s->sparse ? s->sparse : 1), chunk = 0;
    for (uint64_t u = 0; u < (uint64_t)1 << 32;) {
        for (int i = 0; i < CHUNK; i++, u += step) {
            uint32_t bits = (uint32_t)(u >> 32 ? 0 : u);
            memcpy(&x[i], &bits, sizeof bits);
        }
        compute(&k, x, y, sizeof *y, chunk++ % 16 ? 1 : ISAS, f);
        judge_floats(s, x, y, f);
    }
    melt(&k);
}

/* ---- doubles --------------------------------------------------------------------------------- */

static uint64_t bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static double between(uint64_t *state, double a, double b)
{
    return a + (b - a) * (double)(bits(state) >> 11) * 0x1p-53;
}

static double drawn(const subject *s, uint64_t *state)
{
    double x;
    switch (bits(state) % 8) {
    case 0:
    case 1: return between(state, s->from, s->to);
    case 2: return between(state, fmax(s->from, -8), fmin(s->to, 8));
    case 3: /* close to an end */
        x = between(state, -1, 1) * ldexp(1, -(int)(bits(state) % 50));
        return x < 0 ? s->from - x : s->to - x;
    case 4: /* close to 0 and to 1 */
        return (double)(bits(state) & 1) + ldexp(between(state, -1, 1), -(int)(bits(state) % 50));
    case 5: return ldexp(between(state, -1, 1), (int)(bits(state) % 32));
    default: {
        uint64_t any = bits(state);
        memcpy(&x, &any, sizeof x);
        return x;
    }
    }
}

static void judge_doubles(const subject *s, const double *x, const double *y, mpfr_ptr a,
                          mpfr_ptr b, found *f)
{
    for (int i = 0; i < CHUNK; i++) {
        if (!inside(s, x[i])) continue;
        double e = error(s, DL_F64, x[i], y[i], s->in_long((long double)x[i]));
        f->points++;
        if (e <= f->ulps - 0.02) continue;
        if (s->exact) e = exact_error(s, x[i], y[i], a, b);
        if (e > f->ulps) f->ulps = e, f->at = x[i];
    }
}

static void doubles(const subject *s, found *f)
{
    static double x[CHUNK], y[CHUNK];
    uint64_t state = 88172645463325252u;
    kernels k = freeze(s, DL_F64);
    mpfr_t a, b;
    mpfr_inits2(200, a, b, (mpfr_ptr)0);
    for (uint64_t n = 0; n < points; n += CHUNK) {
        for (int i = 0; i < CHUNK; i++) x[i] = drawn(s, &state);
        compute(&k, x, y, sizeof *y, ISAS, f);
        judge_doubles(s, x, y, a, b, f);
    }
    mpfr_clears(a, b, (mpfr_ptr)0);
    melt(&k);
}

/* ---- the table ------------------------------------------------------------------------------- */

static bool chosen(const subject *s)
{
    for (int i = 0; wanted[i]; i++)
        if (strcmp(wanted[i], s->name) == 0) return true;
    return !wanted[0];
}

static void work(void)
{
    for (;;) {
        int k = __atomic_fetch_add(&results->next, 1, __ATOMIC_SEQ_CST);
        if (k >= 2 * subject_count) return;
        const subject *s = &subjects[k / 2];
        found f = { .same = true };
        if (!chosen(s)) continue;
        if (k % 2) doubles(s, &f);
        else floats(s, &f);
        results->of[k / 2][k % 2] = f;
        fprintf(stderr, "%s %s: %.3f ulp at %a\n", s->name, k % 2 ? "f64" : "f32", f.ulps, f.at);
    }
}

static const char about[] =
    "The largest error in units of the last place, and where. `bits`: whether the kernels of "
    "baseline, AVX2 and AVX-512\n"
    "gave the same ones, at every double and at one float in 16. Functions marked * have zeros "
    "without end: there an ulp is "
    "that of the larger of\n"
    "the value and of a scale, which is for x < 0 that of 1 (lgamma, polygamma) or of log |x| "
    "(digamma), and for Bessel\n"
    "functions the amplitude (2 / (pi |x|))^(1/2) from |x| = 8 on, of order 2 from 2 on. Of floats "
    "polygamma and the\nBessel functions of order 2 got a 64th.\n";

static int print(void)
{
    int bad = 0;
    char every[40] = "every float";
    if (stride > 1) snprintf(every, sizeof every, "one float in %llu", (unsigned long long)stride);
    printf("# Accuracy\n\nPrinted by `build/tests/accuracy` (`tests/accuracy/accuracy.c`, whose "
           "head says how it "
           "measures); do not edit.\nf32: %s; f64: %llu points; as far as they lie in the "
           "domain.\n\n%s\n",
           every, (unsigned long long)points, about);
    printf("| function | f32 | at | f64 | at | domain | bits |\n|---|---|---|---|---|---|---|\n");
    for (int k = 0; k < subject_count; k++) {
        const subject *s = &subjects[k];
        const found *f = results->of[k];
        if (!chosen(s)) continue;
        printf("| %s%s | %.3f | %.9g | %.3f | %.17g | [%g, %g] | %s |\n", s->name,
               s->scale ? "*" : "", f[0].ulps, f[0].at, f[1].ulps, f[1].at, s->least, s->most,
               f[0].same && f[1].same ? "same" : "differ");
        for (int i = 0; i < 2; i++)
            bad += !(f[i].ulps <= s->bound) || !f[i].same || f[i].failed || !f[i].points;
    }
    return bad;
}

int main(int argc, char **argv)
{
    wanted = argv + 1;
    for (; argc > 2 && strncmp(wanted[0], "--", 2) == 0; argc -= 2, wanted += 2) {
        uint64_t n = strtoull(wanted[1], NULL, 10);
        if (strcmp(wanted[0], "--points") == 0 && n) points = n;
        else if (strcmp(wanted[0], "--stride") == 0 && n) stride = n;
        else return 2;
    }
    results =
        mmap(NULL, sizeof *results, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (results == MAP_FAILED || subject_count > MOST) return 2;
    memset(results, 0, sizeof *results);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    for (long i = 0; i < n; i++)
        if (fork() == 0) {
            work();
            _exit(0);
        }
    int status, died = 0;
    while (wait(&status) > 0) died += status != 0;
    return print() + died ? 1 : 0;
}
