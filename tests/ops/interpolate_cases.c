/* interpolate_cases.c: values read between their elements, against formulas in numbers that are
 * rounded; and what only whole numbers get right. */
#include "driver.h"

#include <math.h>
#include <stdlib.h>

/* "LHR01=46": method N or L; places H, A (align corners) or S (asymmetric); rounding R, D, F, C;
 * the axes; '=' and a digit for each size, or '*' and a scale for all axes. */
static dl_resize_options options_of(const char *arg, char axes[12])
{
    size_t n = strcspn(arg + 3, "=*");
    memcpy(axes, arg + 3, n);
    axes[n] = '\0';
    return (dl_resize_options){ .method = arg[0] == 'L' ? DL_RESIZE_LINEAR : DL_RESIZE_NEAREST,
                                .places = (dl_resize_places)(strchr("HAS", arg[1]) - "HAS"),
                                .rounding = (dl_resize_rounding)(strchr("RDFC", arg[2]) - "RDFC"),
                                .axes = n ? axes : NULL };
}

static dl_val build_resize(dl_tape *t, const dl_val *in, const char *arg)
{
    char axes[12];
    dl_resize_options o = options_of(arg, axes);
    const char *end = strpbrk(arg, "=*");
    if (*end == '*') {
        double scale = atof(end + 1);
        return dl_resize_by(in[0], 1, &scale, o);
    }
    int64_t size[DL_MAX_RANK];
    int n = op_sizes(end + 1, size);
    return dl_resize(in[0], n, size, o);
}

/* ---- the reference --------------------------------------------------------------------------- */

static double place_of(const dl_resize_options *o, double n, double m, double scale, double j)
{
    switch (o->places) {
    case DL_HALF_PIXEL: return ((2 * j + 1) / scale - 1) / 2;
    case DL_ALIGN_CORNERS: return m > 1 ? j * (n - 1) / (m - 1) : 0;
    default: return j / scale;
    }
}

static double nearest(dl_resize_rounding rounding, double place)
{
    switch (rounding) {
    case DL_NEAREST_ROUND: return floor(place + 0.5);
    case DL_NEAREST_ROUND_DOWN: return ceil(place - 0.5);
    case DL_NEAREST_FLOOR: return floor(place);
    default: return ceil(place);
    }
}

/* Element j of m read from n elements that lie `step` apart. */
static double read_at(const dl_resize_options *o, const double *x, int64_t n, int64_t step,
                      double place)
{
    double last = (double)(n - 1);
    if (o->method == DL_RESIZE_NEAREST)
        return x[(int64_t)fmin(fmax(nearest(o->rounding, place), 0), last) * step];
    place = fmin(fmax(place, 0), last);
    double first = floor(place), share = place - first;
    double u = x[(int64_t)first * step];
    return share > 0 ? (1 - share) * u + share * x[((int64_t)first + 1) * step] : u;
}

/* Axis k of x, whose sizes it changes. */
static void read_axis(const dl_resize_options *o, int64_t *dim, int rank, int k, int64_t m,
                      double scale, double *x)
{
    static double y[4096];
    int64_t before = 1, behind = 1, n = dim[k];
    for (int i = 0; i < rank; i++)
        if (i != k) *(i < k ? &before : &behind) *= dim[i];
    for (int64_t i = 0; i < before; i++)
        for (int64_t j = 0; j < m; j++)
            for (int64_t l = 0; l < behind; l++)
                y[(i * m + j) * behind + l] =
                    read_at(o, x + i * n * behind + l, n, behind,
                            place_of(o, (double)n, (double)m, scale, (double)j));
    dim[k] = m;
    memcpy(x, y, (size_t)(before * m * behind) * sizeof *x);
}

static void resize_reference(const op_case *c, const double *const *in, double *y)
{
    char axes[12];
    static double x[4096];
    int64_t dim[DL_MAX_RANK], numel = 1;
    dl_resize_options o = options_of(c->arg, axes);
    const char *end = strpbrk(c->arg, "=*") + 1;
    bool sizes = end[-1] == '=';
    int rank = op_sizes(c->in[0].dims, dim);
    for (int k = 0; k < rank; k++) numel *= dim[k];
    memcpy(x, in[0], (size_t)numel * sizeof *x);
    for (int k = 0; k < rank; k++) {
        if (o.axes ? !strchr(o.axes, '0' + k) : c->in[0].labels[k] != 'S') continue;
        double scale = sizes ? (double)(*end - '0') / (double)dim[k] : atof(end);
        int64_t m = sizes ? *end++ - '0' : (int64_t)floor((double)dim[k] * scale);
        read_axis(&o, dim, rank, k, m, scale, x);
    }
    numel = 1;
    for (int k = 0; k < rank; k++) numel *= dim[k];
    memcpy(y, x, (size_t)numel * sizeof *y);
}

/* ---- the cases ------------------------------------------------------------------------------- */

#define CASE(HOW, X, LABELS, Y)                                                           \
    OP_CASE("resize", HOW " of " X, build_resize, (OP_X(X, LABELS, op_mixed)), Y, LABELS, \
            .arg = HOW, .reference = resize_reference, .flags = OP_FIXED)
#define BY(HOW, X, LABELS, Y)                                                                \
    OP_CASE("resize_by", HOW " of " X, build_resize, (OP_X(X, LABELS, op_mixed)), Y, LABELS, \
            .arg = HOW, .reference = resize_reference, .flags = OP_FIXED)
/* More and fewer elements, whole and other quotients, of each way to find a place. */
#define EACH(HOW)                                                                                  \
    CASE(HOW "0=7", "3", "", "7"), CASE(HOW "0=3", "7", "", "3"), CASE(HOW "1=6", "33", "", "36"), \
        CASE(HOW "0=4", "1", "", "4")

static const op_case cases[] = {
    EACH("NHR"),
    EACH("NHD"),
    EACH("NHF"),
    EACH("NHC"),
    EACH("NAR"),
    EACH("NAF"),
    EACH("NSR"),
    EACH("NSD"),
    EACH("NSF"),
    EACH("NSC"),
    EACH("LHR"),
    EACH("LAR"),
    EACH("LSR"),
    CASE("NHR=35", "2321", "SSCB", "3521"),
    CASE("LHR=35", "2321", "SSCB", "3521"),
    CASE("LAR=42", "2421", "SSCB", "4221"),
    CASE("LHR=213", "32221", "SSSCB", "21321"),
    CASE("LHR02=34", "222", "", "324"),
    CASE("LHR0=7", "5", "", "7"),
    CASE("LAR1=1", "251", "", "211"),
    CASE("NAR0=2", "82", "", "22"),
    BY("NHR0*2", "32", "", "62"),
    BY("NSF0*1.5", "5", "", "7"),
    BY("LHR0*1.5", "5", "", "7"),
    BY("LSR0*1.5", "5", "", "7"),
    BY("LAR0*1.5", "5", "", "7"),
    BY("LHR*0.75", "4421", "SSCB", "3321"),
    BY("NHC1*0.375", "19", "", "13"),
    BY("LHR0*0.3125", "9", "", "2"),
    BY("LHR0*1.125", "4", "", "4"),
};
const op_table op_interpolate = OP_TABLE(cases);
OP_TESTS(interpolate)

static dl_val build_no_size(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_resize(in[0], 1, NULL, (dl_resize_options){ 0 });
}
static dl_val build_unknown(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_resize(in[0], DL_DIMS(3), (dl_resize_options){ .rounding = 9 });
}
static dl_val build_negative(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_resize(in[0], DL_DIMS(-1), (dl_resize_options){ 0 });
}
static dl_val build_huge(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_resize(in[0], DL_DIMS(INT64_MAX), (dl_resize_options){ 0 });
}

TEST(interpolate, bad_calls_are_rejected)
{
    static const op_bad bad[] = {
        OP_BAD("resize", build_resize, "NHR=3", (OP_X("34", "CB", 0)), DL_EAXIS, "no axis \"S\""),
        OP_BAD("resize", build_resize, "NHR2=3", (OP_X("34", "", 0)), DL_EAXIS, "no axis \"2\""),
        OP_BAD("resize", build_resize, "NHR0=3", (OP_X("04", "", 0)), DL_ESHAPE,
               "(0,4), axis 0: 3 elements from 0"),
        OP_BAD("resize", build_resize, "NHR0=3", (OP_INT(DL_U8, "4", "", 0)), DL_EDTYPE,
               "u8 does not compute"),
        OP_BAD("resize", build_negative, "", (OP_X("34", "SC", 0)), DL_ESHAPE,
               "-1 elements from 3"),
        OP_BAD("resize", build_huge, "", (OP_X("34", "SC", 0)), DL_EOVERFLOW, "elements from 3"),
        OP_BAD("resize", build_resize, "NHR=3", (OP_X("345", "SSC", 0)), DL_ERANK,
               "1 numbers for 2 axes"),
        OP_BAD("resize", build_no_size, "", (OP_X("34", "SC", 0)), DL_ENULL, "no numbers"),
        OP_BAD("resize", build_unknown, "", (OP_X("34", "SC", 0)), DL_EARG,
               "no such method, places or rounding: 0, 0, 9"),
        OP_BAD("resize_by", build_resize, "NHR0*0", (OP_X("4", "", 0)), DL_EARG, "a scale of 0"),
        OP_BAD("resize_by", build_resize, "NHR0*nan", (OP_X("4", "", 0)), DL_EARG, "a scale of"),
        OP_BAD("resize_by", build_resize, "NHR0*2e9", (OP_X("4", "", 0)), DL_EARG, "wanted 2^-10"),
        OP_BAD("resize_by", build_resize, "NHR0*1e-4", (OP_X("4", "", 0)), DL_EARG, "0.0001"),
    };
    OP_REJECTS(bad);
}

/* ---- places are whole numbers and quotients of them ------------------------------------------ */

/* 0, 1, .. read along the first axis of (n, width), as double. */
static void counted(dl_dtype dtype, int64_t n, int64_t width, const int64_t *size,
                    const double *scale, dl_resize_options o, int64_t m, double *y)
{
    dl_tape *t = dl_tape_new();
    dl_val x = dl_reshape(dl_arange(t, dtype, 0, 1, n), DL_DIMS(n, 1));
    x = dl_expand(x, DL_DIMS(n, width));
    o.axes = "0";
    x = size ? dl_resize(x, 1, size, o) : dl_resize_by(x, 1, scale, o);
    CHECK_STR(dl_tape_message(t), "");
    if (dl_numel(x) == m * width) dl_read(dl_cast(x, DL_F64), y, (size_t)(m * width) * sizeof *y);
    else CHECK_INT(dl_numel(x), m * width);
    dl_tape_free(t);
}

TEST(interpolate, large_sizes_are_read_exactly)
{
    enum { N = 20011, M = 14009 };
    static double single[M], both[M];
    for (int rounding = 0; rounding < 4; rounding++) {
        dl_resize_options o = { .rounding = (dl_resize_rounding)rounding };
        counted(DL_F32, N, 1, (const int64_t[]){ M }, NULL, o, M, single);
        counted(DL_F64, N, 1, (const int64_t[]){ M }, NULL, o, M, both);
        CHECK(memcmp(single, both, sizeof both) == 0);
        for (int64_t j = 0; j < M; j++) {
            /* twice the place times m, and the distances to the one before and behind */
            int64_t twice = (2 * j + 1) * N - M, before = twice / (2 * M);
            int64_t rest = twice - before * 2 * M;
            int64_t want = rounding == DL_NEAREST_FLOOR   ? before
                           : rounding == DL_NEAREST_CEIL  ? before + (rest > 0)
                           : rounding == DL_NEAREST_ROUND ? before + (rest >= M)
                                                          : before + (rest > M);
            if (want > N - 1) want = N - 1;
            CHECK_MSG(both[j] == (double)want, "rounding %d: %lld reads %g, not %lld", rounding,
                      (long long)j, both[j], (long long)want);
        }
    }
}

TEST(interpolate, a_scale_is_the_fraction_that_has_its_double)
{
    static const struct {
        double scale;
        int64_t n, m, p, q;
    } table[] = {
        { 1.0 / 3, 9, 3, 1, 3 },          { 0.1, 50, 5, 1, 10 },
        { 0.7, 30, 21, 7, 10 },           { 2.0 / 3, 27, 18, 2, 3 },
        { 1 / 1023.0, 3069, 3, 1, 1023 }, { 4.0 / 3, 12, 16, 4, 3 },
        { 1e4, 1, 10000, 10000, 1 },      { 0.29, 100, 29, 29, 100 },
        { 1.1, 10, 11, 11, 10 },          { 3.141592653589793, 100, 314, 245850922, 78256779 },
    };
    static double y[10000];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        dl_resize_options o = { .places = DL_ASYMMETRIC, .rounding = DL_NEAREST_FLOOR };
        counted(DL_F64, table[i].n, 1, NULL, &table[i].scale, o, table[i].m, y);
        for (int64_t j = 0; j < table[i].m; j++)
            CHECK_MSG(y[j] == (double)(j * table[i].q / table[i].p), "scale %g: %lld reads %g",
                      table[i].scale, (long long)j, y[j]);
    }
}

/* Lines side by side, more of them than are added at a time, are those of one alone. */
TEST(interpolate, neighbours_are_read_like_one_alone)
{
    enum { N = 13, M = 29, WIDTH = 600 };
    static double many[M * WIDTH], one[M];
    for (int method = 0; method < 2; method++) {
        dl_resize_options o = { .method = (dl_resize_method)method };
        counted(DL_F64, N, WIDTH, (const int64_t[]){ M }, NULL, o, M, many);
        counted(DL_F64, N, 1, (const int64_t[]){ M }, NULL, o, M, one);
        for (int k = 0; k < M * WIDTH; k++) CHECK(many[k] == one[k / WIDTH]);
    }
}

/* <y, g> = <x, J'g> for all small sizes, and J'g of lines side by side. */
static void check_transposed(int64_t n, int64_t m, int64_t width, dl_resize_options o)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(n, width));
    double *x = dl_array_write(a), y[24 * 300], want = 0, got = 0;
    for (int64_t k = 0; k < n * width; k++) x[k] = (double)(k * 37 % 101 - 50) / 8;
    o.axes = "0";
    dl_val in = dl_leaf(t, a), to;
    dl_val out = dl_resize(in, DL_DIMS(m), o);
    dl_array *seed = dl_array_new(DL_F64, NULL, DL_DIMS(m, width));
    double *s = dl_array_write(seed);
    for (int64_t k = 0; k < m * width; k++) s[k] = (double)(k * 53 % 89 - 44) / 16;
    dl_val w = dl_leaf(t, seed);
    dl_grad_seeded(out, w, &in, 1, &to);
    dl_read(out, y, (size_t)(m * width) * sizeof *y);
    for (int64_t k = 0; k < m * width; k++) want += y[k] * s[k];
    dl_read(to, y, (size_t)(n * width) * sizeof *y);
    for (int64_t k = 0; k < n * width; k++) got += y[k] * x[k];
    CHECK_MSG(fabs(got - want) <= 1e-11 * (1 + fabs(want)), "%lld to %lld, width %lld: %g, not %g",
              (long long)n, (long long)m, (long long)width, got, want);
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(seed);
}

TEST(interpolate, the_gradient_is_the_transposed_map)
{
    for (int how = 0; how < 6; how++)
        for (int64_t n = 1; n <= 9; n += 4)
            for (int64_t m = 1; m <= 10; m += 3)
                check_transposed(n, m, how % 2 ? 270 : 1,
                                 (dl_resize_options){ .method = (dl_resize_method)(how / 3),
                                                      .places = (dl_resize_places)(how % 3) });
}

TEST(slow_interpolate, all_small_sizes_are_transposed)
{
    for (int how = 0; how < 24; how++)
        for (int64_t n = 1; n <= 24; n++)
            for (int64_t m = 1; m <= 24; m++)
                check_transposed(
                    n, m, 1 + n % 2 * 269,
                    (dl_resize_options){ .method = (dl_resize_method)(how / 12),
                                         .places = (dl_resize_places)(how % 3),
                                         .rounding = (dl_resize_rounding)(how / 3 % 4) });
}

/* Values and gradients of so many elements that threads share them, by rows and by columns. */
static double *shared_out(int threads, int64_t rows, int64_t n, int64_t width, int64_t m)
{
    int64_t y = rows * m * width, x = rows * n * width;
    double *out = malloc((size_t)(x + y) * sizeof *out);
    dl_tape *t = dl_tape_new();
    dl_set_threads(threads);
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(rows, n, width));
    double *to = dl_array_write(a);
    for (int64_t k = 0; k < x; k++) to[k] = (double)(k * 7919 % 1013 - 506) / 307;
    dl_val in = dl_leaf(t, a), g;
    dl_resize_options o = { .method = DL_RESIZE_LINEAR, .axes = "1" };
    dl_val v = dl_resize(in, DL_DIMS(m), o);
    dl_grad(dl_sum_squares(v, "all"), &in, 1, &g);
    dl_read(v, out, (size_t)y * sizeof *out);
    dl_read(g, out + y, (size_t)x * sizeof *out);
    CHECK_STR(dl_tape_message(t), "");
    dl_tape_free(t);
    dl_array_free(a);
    return out;
}

TEST(interpolate, any_number_of_threads_gives_the_same_bits)
{
    static const int64_t sizes[][4] = { { 90, 60, 9, 80 },
                                        { 2, 7, 4500, 10 },
                                        { 3, 9000, 1, 16000 } };
    int before = dl_threads();
    for (int k = 0; k < 3; k++) {
        const int64_t *s = sizes[k];
        double *one = shared_out(1, s[0], s[1], s[2], s[3]);
        double *many = shared_out(5, s[0], s[1], s[2], s[3]);
        CHECK(memcmp(one, many, (size_t)(s[0] * (s[1] + s[3]) * s[2]) * sizeof *one) == 0);
        free(one);
        free(many);
    }
    dl_set_threads(before);
}

/* What has no share is not read. */
TEST(interpolate, elements_without_a_share_are_left_out)
{
    double x[] = { INFINITY, 1, NAN, 2, -INFINITY }, y[9];
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(x, DL_F64, "S", DL_DIMS(5));
    dl_resize_options o = { .method = DL_RESIZE_LINEAR, .places = DL_ALIGN_CORNERS };
    dl_read(dl_resize(dl_leaf(t, a), DL_DIMS(9), o), y, sizeof y);
    CHECK(y[0] == INFINITY && y[1] == INFINITY && y[2] == 1 && y[3] != y[3] && y[4] != y[4]);
    CHECK(y[5] != y[5] && y[6] == 2 && y[7] == -INFINITY && y[8] == -INFINITY);
    dl_tape_free(t);
    dl_array_free(a);
}

TEST(interpolate, equal_sizes_record_nothing)
{
    dl_tape *t = dl_tape_new();
    dl_val x = dl_ones(t, DL_F32, DL_DIMS(4, 3));
    size_t before = dl_tape_nodes(t);
    for (int places = 0; places < 3; places++) {
        dl_resize_options o = { .places = (dl_resize_places)places, .axes = "01" };
        CHECK_INT(dl_resize(x, DL_DIMS(4, 3), o).id, x.id);
        CHECK_INT(dl_resize_by(x, 2, (const double[]){ 1, 1 }, o).id, x.id);
    }
    CHECK_INT(dl_tape_nodes(t), before);
    dl_tape_free(t);
}

TEST(interpolate, nothing_gives_nothing)
{
    static const int64_t dims[][2] = { { 0, 3 }, { 3, 0 }, { 4, 3 } };
    for (int i = 0; i < 3; i++) {
        dl_tape *t = dl_tape_new();
        dl_val x = dl_zeros(t, DL_F64, 2, dims[i]), g;
        dl_resize_options o = { .method = DL_RESIZE_LINEAR, .axes = "0" };
        int64_t m = i == 1 ? 5 : 0;
        dl_val y = dl_resize(x, 1, &m, o);
        dl_grad(dl_sum(y, "all"), &x, 1, &g);
        CHECK_INT(dl_size(y, 0), m);
        double sum = dl_item(dl_sum(g, "all"));
        CHECK(sum == 0);
        CHECK_STR(dl_tape_message(t), "");
        dl_tape_free(t);
    }
}
