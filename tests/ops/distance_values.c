/* distance_values.c: distances of many points, of near and of far ones; threads; products of their
 * slopes that are known. */
#include "driver.h"

typedef struct points {
    dl_tape *t;
    dl_array *array[2];
    dl_val a, b;
} points;

static points begin(const double *a, int64_t n, const double *b, int64_t m, int64_t d)
{
    points p = { .t = dl_tape_new() };
    p.array[0] = dl_array_wrap((void *)a, DL_F64, NULL, DL_DIMS(n, d));
    p.array[1] = dl_array_wrap((void *)b, DL_F64, NULL, DL_DIMS(m, d));
    p.a = dl_leaf(p.t, p.array[0]), p.b = dl_leaf(p.t, p.array[1]);
    return p;
}

static void end(points *p)
{
    CHECK_STR(dl_tape_message(p->t), "");
    dl_tape_free(p->t);
    dl_array_free(p->array[0]);
    dl_array_free(p->array[1]);
}

/* More rows, columns and coordinates than are computed at once, and a rest of each. */
enum { N = 67, M = 37, D = 131 };
static double a[N * D], b[M * D];

static void fill(void)
{
    for (int i = 0; i < N * D; i++) a[i] = sin(1 + 0.7 * i);
    for (int i = 0; i < M * D; i++) b[i] = cos(2 + 0.3 * i);
}

TEST(distance, sums_of_many_points_and_coordinates_are_right)
{
    fill();
    points p = begin(a, N, b, M, D);
    dl_val g[2];
    dl_val y = dl_pdist2(p.a, p.b);
    dl_grad(dl_sum(y, "all"), DL_VALS(p.a, p.b), g);
    const double *distance = dl_data(y), *ga = dl_data(g[0]), *gb = dl_data(g[1]);
    static double want_a[N * D], want_b[M * D];
    memset(want_a, 0, sizeof want_a), memset(want_b, 0, sizeof want_b);
    REQUIRE(distance && ga && gb);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < M; j++) {
            double sum = 0;
            for (int k = 0; k < D; k++) sum += pow(a[i * D + k] - b[j * D + k], 2);
            CHECK_CLOSE(distance[i * M + j], sqrt(sum), 1e-14);
            for (int k = 0; k < D; k++) {
                double slope = (a[i * D + k] - b[j * D + k]) / sqrt(sum);
                want_a[i * D + k] += slope, want_b[j * D + k] -= slope;
            }
        }
    for (int i = 0; i < N * D; i++) CHECK_MSG(fabs(ga[i] - want_a[i]) < 1e-13, "a %d", i);
    for (int i = 0; i < M * D; i++) CHECK_MSG(fabs(gb[i] - want_b[i]) < 1e-13, "b %d", i);
    end(&p);
}

/* 1e6 and 2^-20 beside it: by |a|^2 + |b|^2 - 2 a b the distance would be 0. */
TEST(distance, near_points_lose_nothing)
{
    static const double x[] = { 1e6, -1e6, 0 },
                        y[] = { 1e6 + 0x1p-20, -1e6, 0, 1e6, -1e6, 0x1p-60 };
    points p = begin(x, 1, y, 2, 3);
    dl_val d = dl_pdist2(p.a, p.b), g;
    dl_grad(dl_sum(d, "all"), &p.b, 1, &g);
    const double *distance = dl_data(d), *slope = dl_data(g);
    REQUIRE(distance && slope);
    CHECK_CLOSE(distance[0], 0x1p-20, 0);
    CHECK_CLOSE(distance[1], 0x1p-60, 0);
    for (int i = 0; i < 6; i++) CHECK_CLOSE(slope[i], i == 0 || i == 5, 0);
    end(&p);
}

TEST(distance, squares_neither_overflow_nor_vanish)
{
    static const double x[] = { 0, 0 },
                        y[] = { 3e200, 4e200, 3e-200, -4e-200, INFINITY, 1, NAN, 1 };
    points p = begin(x, 1, y, 4, 2);
    const double *d = dl_data(dl_pdist2(p.a, p.b));
    REQUIRE(d);
    CHECK_CLOSE(d[0], 5e200, 1e-15);
    CHECK_CLOSE(d[1], 5e-200, 1e-15);
    CHECK(isinf(d[2]) && isnan(d[3]));
    end(&p);
}

TEST(distance, any_number_of_threads_gives_the_same_bits)
{
    static double seen[2][N * M + N * D + M * D];
    int before = dl_threads();
    fill();
    for (int k = 0; k < 2; k++) {
        dl_set_threads(k ? 3 : 1);
        points p = begin(a, N, b, M, D);
        dl_val y[3] = { dl_pdist2(p.a, p.b) };
        dl_grad(dl_sum_squares(y[0], "all"), DL_VALS(p.a, p.b), y + 1);
        double *to = seen[k];
        for (int i = 0; i < 3; i++) {
            const double *from = dl_data(y[i]);
            REQUIRE(from);
            memcpy(to, from, (size_t)dl_numel(y[i]) * sizeof *to);
            to += dl_numel(y[i]);
        }
        end(&p);
    }
    CHECK_INT(memcmp(seen[0], seen[1], sizeof seen[0]), 0);
    dl_set_threads(before);
}
