/* wide.h: elementwise ops of one operand against functions of long double. */
#ifndef DL_WIDE_H
#define DL_WIDE_H

#include "../harness/ulps.h"
#include "driver.h"

/* wide_NAME, and the reference of a case. */
#define WIDE_REFERENCE(NAME, VALUE)                                                   \
    static long double wide_##NAME(long double x) { return VALUE; }                   \
    static void NAME##_reference(const op_case *c, const double *const *x, double *y) \
    {                                                                                 \
        int64_t dim[DL_MAX_RANK], n = 1;                                              \
        for (int i = op_sizes(c->in[0].dims, dim); i-- > 0;) n *= dim[i];             \
        for (int64_t i = 0; i < n; i++) y[i] = (double)wide_##NAME(x[0][i]);          \
    }

/* Denormals, kinks, where a function changes its formula, where results are denormal or vanish. */
static const double wide_special[] = {
    0,
    5e-324,
    1e-310,
    1e-45,
    1e-40,
    1.17549435e-38,
    1e-20,
    1e-9,
    1e-8,
    0.25,
    0.5,
    0.75,
    1,
    1.19,
    1.5,
    2,
    2.5,
    3,
    4,
    5,
    5.5,
    5.95,
    8,
    10,
    16.635,
    20.5,
    26.5,
    27.2,
    28.5,
    34.5,
    36,
    37.5,
    38.5,
    40.5,
    88,
    88.7,
    89,
    103.9,
    171.5,
    172,
    709,
    710,
    745,
    1000,
    4194305,
    8388607.5,
    16777217,
    1e9,
    4503599627370497.0,
    3.4e38,
    1e300,
    1.7976931348623157e308,
    INFINITY,
    NAN,
};
enum { WIDE_SPECIAL = 2 * (sizeof wide_special / sizeof *wide_special) };

/* The special numbers of both signs. */
static inline void wide_points(double x[WIDE_SPECIAL])
{
    for (int i = 0; i < WIDE_SPECIAL; i++)
        x[i] = i % 2 ? -wide_special[i / 2] : wide_special[i / 2];
}

/* Numbers of all sizes, the same in every run. */
static inline void wide_sweep(int n, double *x)
{
    static const double range[] = { 1, 2, 8, 40, 110, 750 };
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < n; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        double u = (double)(state >> 11) * 0x1p-52 - 1;
        x[i] = i % 7 < 6 ? u * range[i % 7] : ldexp(u, (int)(state % 256) - 128);
    }
}

typedef struct wide_function {
    const char *name;
    op_build *build;
    long double (*wide)(long double);
    double (*scale)(double); /* near zeros: see docs/accuracy.md; or null */
} wide_function;

/* The n numbers are within so many ulps. */
static inline void wide_check(const wide_function *f, dl_dtype dtype, double most, int n,
                              const double *x)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(dtype, NULL, DL_DIMS(n));
    for (int i = 0; i < n; i++) dl_array_set(a, DL_DIMS(i), x[i]);
    dl_val in = dl_leaf(t, a), y = f->build(t, &in, NULL);
    const void *got = dl_data(y);
    CHECK_STR(dl_tape_message(t), "");
    double worst = 0, at = 0;
    for (int i = 0; i < n && got; i++) {
        double v = dtype == DL_F32 ? (double)((const float *)got)[i] : ((const double *)got)[i];
        double from = dtype == DL_F32 ? (double)(float)x[i] : x[i];
        double e = ulps_of(dtype, v, f->wide(from), f->scale ? (long double)f->scale(from) : 0);
        if (!(e <= worst)) worst = e, at = from;
    }
    CHECK_MSG(worst <= most, "%s %s: %.3g ulp at %.17g", f->name, dl_dtype_name(dtype), worst, at);
    dl_tape_free(t);
    dl_array_free(a);
}

#endif
