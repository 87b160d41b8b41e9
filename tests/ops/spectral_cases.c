/* spectral_cases.c: Fourier transforms against the sums that define them. */
#include "driver.h"

#include "../harness/valgrind.h"

#include <math.h>
#include <stdlib.h>

static dl_val build_re(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val re;
    dl_rfft(in[0], arg, &re, NULL);
    return re;
}

static dl_val build_im(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val im;
    dl_rfft(in[0], arg, NULL, &im);
    return im;
}

static dl_val build_power(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_power_spectrum(in[0], arg);
}

/* arg: an axis, a blank, and n. */
static dl_val build_back(dl_tape *t, const dl_val *in, const char *arg)
{
    char axis[] = { arg[0], '\0' };
    return dl_irfft(in[0], in[1], axis, atoi(arg + 2));
}

/* There and back. */
static dl_val build_both(dl_tape *t, const dl_val *in, const char *arg)
{
    dl_val re, im;
    char axis[] = { arg[0], '\0' };
    dl_rfft(in[0], axis, &re, &im);
    return dl_irfft(re, im, axis, atoi(arg + 2));
}

/* ---- the references -------------------------------------------------------------------------- */

static long double turn(int64_t n, int64_t k, int sine)
{
    const long double angle =
        6.283185307179586476925286766559L * (long double)(k % n) / (long double)n;
    return sine ? sinl(angle) : cosl(angle);
}

static void transform(int64_t n, int64_t step, const double *x, int64_t k, long double *re,
                      long double *im)
{
    *re = *im = 0;
    for (int64_t j = 0; j < n; j++) {
        *re += (long double)x[j * step] * turn(n, j * k, 0);
        *im -= (long double)x[j * step] * turn(n, j * k, 1);
    }
}

/* From (before, n, behind) to (before, half, behind). */
static void spectrum(const op_case *c, const double *x, double *y, int what)
{
    int64_t dim[DL_MAX_RANK], before = 1, behind = 1;
    const char *labels = c->in[0].labels, *label = strchr(labels, c->arg[0]);
    int rank = op_sizes(c->in[0].dims, dim), axis = label ? (int)(label - labels) : c->arg[0] - '0';
    for (int i = 0; i < rank; i++)
        if (i != axis) *(i < axis ? &before : &behind) *= dim[i];
    int64_t n = dim[axis], half = n / 2 + 1;
    for (int64_t i = 0; i < before; i++)
        for (int64_t k = 0; k < half; k++)
            for (int64_t j = 0; j < behind; j++) {
                long double re, im;
                transform(n, behind, x + i * n * behind + j, k, &re, &im);
                y[(i * half + k) * behind + j] = (double)(what == 0   ? re
                                                          : what == 1 ? im
                                                                      : re * re + im * im);
            }
}

static void re_reference(const op_case *c, const double *const *x, double *y)
{
    spectrum(c, x[0], y, 0);
}
static void im_reference(const op_case *c, const double *const *x, double *y)
{
    spectrum(c, x[0], y, 1);
}
static void power_reference(const op_case *c, const double *const *x, double *y)
{
    spectrum(c, x[0], y, 2);
}

static void back_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t dim[DL_MAX_RANK], before = 1, behind = 1, n = atoi(c->arg + 2);
    int rank = op_sizes(c->in[0].dims, dim), axis = c->arg[0] - '0';
    for (int i = 0; i < rank; i++)
        if (i != axis) *(i < axis ? &before : &behind) *= dim[i];
    for (int64_t i = 0; i < before * behind; i++) {
        int64_t half = n / 2 + 1, from = i / behind * half * behind + i % behind;
        for (int64_t j = 0; j < n; j++) {
            long double sum = 0;
            for (int64_t k = 0; k < half; k++) {
                bool end = k == 0 || 2 * k == n;
                long double re = (long double)x[0][from + k * behind];
                long double im = end ? 0 : (long double)x[1][from + k * behind];
                sum += (end ? 1 : 2) * (re * turn(n, j * k, 0) - im * turn(n, j * k, 1));
            }
            y[i / behind * n * behind + j * behind + i % behind] = (double)(sum / (long double)n);
        }
    }
}

static void same_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t dim[DL_MAX_RANK], n = 1;
    for (int k = op_sizes(c->in[0].dims, dim) - 1; k >= 0; k--) n *= dim[k];
    for (int64_t i = 0; i < n; i++) y[i] = x[0][i];
}

#define ROW(NAME, OP, AXIS, X, LX, Y)                                                          \
    OP_CASE(OP, #NAME " axis " AXIS " of " X LX, build_##NAME, (OP_X(X, LX, op_mixed)), Y, LX, \
            .arg = AXIS, .reference = NAME##_reference, .flags = OP_FIXED | OP_COMPOSED)
/* Lengths: even and odd, powers of 2, with 3, 5 and 7, primes; several lines of each storage. */
#define FORWARD(NAME, OP)                                                         \
    ROW(NAME, OP, "0", "1", "", "1"), ROW(NAME, OP, "0", "2", "", "2"),           \
        ROW(NAME, OP, "0", "3", "", "2"), ROW(NAME, OP, "0", "4", "", "3"),       \
        ROW(NAME, OP, "0", "5", "", "3"), ROW(NAME, OP, "0", "6", "", "4"),       \
        ROW(NAME, OP, "0", "7", "", "4"), ROW(NAME, OP, "0", "8", "", "5"),       \
        ROW(NAME, OP, "0", "9", "", "5"), ROW(NAME, OP, "1", "34", "", "33"),     \
        ROW(NAME, OP, "0", "63", "", "43"), ROW(NAME, OP, "1", "252", "", "232"), \
        ROW(NAME, OP, "0", "29", "", "29"), ROW(NAME, OP, "T", "234", "CBT", "233")
#define BACK(AXIS_N, X, Y)                                                        \
    OP_CASE("irfft", "irfft " AXIS_N " of " X, build_back,                        \
            (OP_X(X, "", op_mixed), OP_X(X, "", op_other)), Y, "", .arg = AXIS_N, \
            .reference = back_reference, .flags = OP_FIXED)
#define BOTH(AXIS_N, X)                                                                         \
    OP_CASE("irfft", "there and back " AXIS_N " of " X, build_both, (OP_X(X, "", op_mixed)), X, \
            "", .arg = AXIS_N, .reference = same_reference, .flags = OP_FIXED | OP_COMPOSED)

static const op_case cases[] = {
    FORWARD(re, "rfft"),
    FORWARD(im, "rfft"),
    ROW(power, "power_spectrum", "0", "8", "", "5"),
    ROW(power, "power_spectrum", "1", "25", "", "23"),
    ROW(power, "power_spectrum", "S", "63", "SC", "43"),
    BACK("0 1", "1", "1"),
    BACK("0 2", "2", "2"),
    BACK("0 3", "2", "3"),
    BACK("0 4", "3", "4"),
    BACK("0 5", "3", "5"),
    BACK("0 6", "4", "6"),
    BACK("0 8", "5", "8"),
    BACK("0 9", "5", "9"),
    BACK("1 6", "34", "36"),
    BACK("1 7", "242", "272"),
    BACK("0 4", "39", "49"),
    BOTH("1 9", "39"),
    BOTH("0 8", "83"),
};
const op_table op_spectral = OP_TABLE(cases);

OP_TESTS(spectral)

/* ---- long lines ------------------------------------------------------------------------------ */

/* Lines of n numbers that are the sum of two waves and a few spikes, of which the spectrum is known
 * at every place; storage: side by side, or one behind the other. */
enum { SPIKES = 3 };

static double line_at(int64_t n, int64_t line, int64_t j)
{
    double y = 0;
    for (int64_t s = 0; s < SPIKES; s++)
        if (j == (7 * s * s + 3 * line + 1) % n) y += (double)(s + 1 + line) / 8;
    return y;
}

static void check_lines(int64_t n, int64_t lines, bool beside, dl_dtype dtype)
{
    dl_tape *t = dl_tape_new();
    int64_t half = n / 2 + 1, dim[] = { beside ? n : lines, beside ? lines : n };
    double *x = malloc((size_t)(n * lines) * sizeof *x);
    double *re = malloc((size_t)(half * lines) * sizeof *re),
           *im = malloc((size_t)(half * lines) * sizeof *im);
    double *back = malloc((size_t)(n * lines) * sizeof *back), worst = 0, away = 0;
    for (int64_t l = 0; l < lines; l++)
        for (int64_t j = 0; j < n; j++) x[beside ? j * lines + l : l * n + j] = line_at(n, l, j);
    dl_array *array = dl_array_wrap(x, DL_F64, "", 2, dim);
    dl_val v = dl_cast(dl_leaf(t, array), dtype), a, b;
    dl_rfft(v, beside ? "0" : "1", &a, &b);
    dl_val y = dl_irfft(a, b, beside ? "0" : "1", n);
    CHECK(dl_read(dl_cast(a, DL_F64), re, (size_t)(half * lines) * sizeof *re) == DL_OK);
    CHECK(dl_read(dl_cast(b, DL_F64), im, (size_t)(half * lines) * sizeof *im) == DL_OK);
    CHECK(dl_read(dl_cast(y, DL_F64), back, (size_t)(n * lines) * sizeof *back) == DL_OK);
    for (int64_t l = 0; l < lines; l++) {
        int64_t place[SPIKES];
        for (int64_t s = 0; s < SPIKES; s++) place[s] = (7 * s * s + 3 * l + 1) % n;
        for (int64_t k = 0; k < half; k += 1 + half / 50) {
            long double wr = 0, wi = 0;
            for (int64_t s = 0; s < SPIKES; s++) {
                long double size = (long double)(s + 1 + l) / 8;
                wr += size * turn(n, place[s] * k, 0), wi -= size * turn(n, place[s] * k, 1);
            }
            int64_t at = beside ? k * lines + l : l * half + k;
            worst = fmax(worst, fabs(re[at] - (double)wr));
            worst = fmax(worst, fabs(im[at] - (double)wi));
        }
    }
    for (int64_t i = 0; i < n * lines; i++) away = fmax(away, fabs(back[i] - x[i]));
    double rel = dtype == DL_F32 ? 4e-7 : 3e-15;
    CHECK_MSG(worst <= rel * 2 * (double)(lines + 3), "n %lld, %lld lines: off by %g", (long long)n,
              (long long)lines, worst);
    CHECK_MSG(away <= rel * (double)(lines + 3), "n %lld, %lld lines: back off by %g", (long long)n,
              (long long)lines, away);
    dl_array_free(array);
    free(x), free(re), free(im), free(back);
    dl_tape_free(t);
}

static const int64_t lengths[] = { 11,  16,  31,  32,  37,  45,  60,   64,   67,   74,   97,
                                   100, 121, 127, 128, 210, 254, 1000, 1009, 1024, 1155, 2018 };

TEST(spectral, long_lines_match)
{
    if (under_valgrind()) SKIP("long double is double");
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        check_lines(lengths[i], 1, false, DL_F64);
        check_lines(lengths[i], 9, i % 2, i % 4 < 2 ? DL_F64 : DL_F32);
    }
}

TEST(slow_spectral, all_lengths_match)
{
    for (int64_t n = 1; n < 400; n++)
        for (int form = 0; form < 4; form++)
            check_lines(n, form & 1 ? 1 : 10, form & 1, form & 2 ? DL_F64 : DL_F32);
    check_lines(100003, 1, false, DL_F64);
    check_lines(1 << 17, 3, true, DL_F64);
}

/* Lines share nothing: an infinity stays in its own. */
TEST(spectral, infinities_stay_in_their_line)
{
    dl_tape *t = dl_tape_new();
    double x[3 * 6], y[3 * 4];
    for (int i = 0; i < 18; i++) x[i] = i == 8 ? INFINITY : op_mixed[i];
    dl_val re;
    dl_array *array = dl_array_wrap(x, DL_F64, "", DL_DIMS(3, 6));
    dl_rfft(dl_leaf(t, array), "1", &re, NULL);
    CHECK(dl_read(re, y, sizeof y) == DL_OK);
    for (int i = 0; i < 12; i++)
        CHECK_MSG((isfinite(y[i]) != 0) == (i / 4 != 1), "element %d is %g", i, y[i]);
    dl_array_free(array);
    dl_tape_free(t);
}

TEST(spectral, no_lines_are_fine)
{
    dl_tape *t = dl_tape_new();
    dl_val re, im;
    dl_rfft(dl_zeros(t, DL_F32, DL_DIMS(0, 6)), "1", &re, &im);
    CHECK(dl_size(re, 0) == 0 && dl_size(im, 1) == 4);
    dl_val y = dl_irfft(re, im, "1", 7);
    CHECK(dl_size(y, 1) == 7 && dl_tape_status(t) == DL_OK);
    float nothing;
    CHECK(dl_read(y, &nothing, 0) == DL_OK);
    dl_tape_free(t);
}

static const op_bad bad[] = {
    OP_BAD("rfft", build_re, "2", (OP_X("34", "", 0)), DL_EAXIS, "rfft"),
    OP_BAD("rfft", build_re, "1", (OP_X("30", "", 0)), DL_ESHAPE, "no elements along axis 1"),
    OP_BAD("rfft", build_re, "0", (OP_INT(DL_I32, "3", "", 0)), DL_EDTYPE, "does not compute"),
    OP_BAD("power_spectrum", build_power, "T", (OP_X("3", "C", 0)), DL_EAXIS, "power_spectrum"),
    OP_BAD("irfft", build_back, "0 6", (OP_X("3", "", 0), OP_X("3", "", 0)), DL_ESHAPE,
           "axis 0: size 3, wanted n / 2 + 1 of n 6"),
    OP_BAD("irfft", build_back, "0 0", (OP_X("1", "", 0), OP_X("1", "", 0)), DL_ESHAPE, "n 0"),
    OP_BAD("irfft", build_back, "0 4", (OP_X("3", "", 0), OP_X("31", "", 0)), DL_ESHAPE,
           "the sizes differ"),
};
TEST(spectral, bad_calls_are_rejected) { OP_REJECTS(bad); }
