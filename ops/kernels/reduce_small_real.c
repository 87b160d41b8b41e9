/* reduce_small_real.c: the sums of reduce_real.c, in the same order, of a matrix of few elements:
 * without loop nests, four terms side by side. A lane that has nothing to add adds 0, which changes
 * no bits, as no sum is -0. */
#include "pack.h"
#include "widen.h"
#include "../reduce.h"

static inline four load(const REAL *x) { return widen(*(const quad *)x); }

static inline four term(four x, bool square)
{
    if (square) x *= x;
    return x;
}

/* The last n < 4 elements of at least 4, then zeros. */
static inline __attribute__((always_inline)) four load_last(const REAL *x, int64_t n)
{
    quad zero = { 0 }, last = *(const quad *)(x + n - 4);
    if (n == 1) last = __builtin_shufflevector(last, zero, 3, 4, 4, 4);
    else if (n == 2) last = __builtin_shufflevector(last, zero, 2, 3, 4, 4);
    else last = __builtin_shufflevector(last, zero, 1, 2, 3, 4);
    return widen(last);
}

/* Lanes 0 .. 3 and 4 .. 7 of a block: terms i, i + 8, ... are added in lane i. */
static inline __attribute__((always_inline)) void lanes(const REAL *x, int64_t n, bool square,
                                                        four *low, four *high)
{
    *low = *high = (four){ 0 };
    if (n < 4) {
        *low =
            (four){ n > 0 ? (double)x[0] : 0, n > 1 ? (double)x[1] : 0, n > 2 ? (double)x[2] : 0 };
        *low = (four){ 0 } + term(*low, square);
        return;
    }
    for (; n >= 8; n -= 8, x += 8) {
        *low += term(load(x), square);
        *high += term(load(x + 4), square);
    }
    if (n >= 4) {
        *low += term(load(x), square);
        if (n > 4) *high += term(load_last(x + 4, n - 4), square);
    } else if (n) *low += term(load_last(x, n), square);
}

/* (x[0] + x[1]) + (x[2] + x[3]) of each of four vectors. */
static inline __attribute__((always_inline)) four sum_lanes(const four *x)
{
    four a = __builtin_shufflevector(x[0], x[1], 0, 4, 2, 6);
    four b = __builtin_shufflevector(x[0], x[1], 1, 5, 3, 7);
    four c = __builtin_shufflevector(x[2], x[3], 0, 4, 2, 6);
    four d = __builtin_shufflevector(x[2], x[3], 1, 5, 3, 7);
    a += b, c += d;
    return __builtin_shufflevector(a, c, 0, 1, 4, 5) + __builtin_shufflevector(a, c, 2, 3, 6, 7);
}

static inline __attribute__((always_inline)) double sum_row(const REAL *x, int64_t n, bool square)
{
    four l, h;
    lanes(x, n, square, &l, &h);
    return ((l[0] + l[1]) + (l[2] + l[3])) + ((h[0] + h[1]) + (h[2] + h[3]));
}

/* The sums of four rows, one in each lane. */
static inline __attribute__((always_inline)) four sum_rows(const REAL *x, int64_t step, int64_t n,
                                                           bool square)
{
    four low[4], high[4];
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) lanes(x + r * step, n, square, &low[r], &high[r]);
    return sum_lanes(low) + sum_lanes(high);
}

/* Columns j .. j + 3, each from top to bottom. */
static inline __attribute__((always_inline)) four sum_column(const REAL *x, int64_t rows,
                                                             int64_t step, bool square)
{
    four sum = { 0 };
    for (; rows > 0; rows--, x += step) sum += term(load(x), square);
    return sum;
}

static inline __attribute__((always_inline)) double sum_one_column(const REAL *x, int64_t rows,
                                                                   int64_t step, bool square)
{
    double sum = 0;
    for (; rows > 0; rows--, x += step) sum += square ? (double)*x * (double)*x : (double)*x;
    return sum;
}

/* Where the groups of four begin: the last one is moved back. */
static inline int64_t next_four(int64_t j, int64_t n) { return j + 8 <= n ? j + 4 : n - 4; }

static __attribute__((noinline)) void copy(const dl_reduction *r, const REAL *x, REAL *block)
{
    pack(r->rows, r->cols, x, r->row_step, r->col_step, block, r->cols);
}

/* The operand with neighbouring columns, copied if it has none; and how far apart its rows are. */
static inline const REAL *matrix(const dl_call *c, REAL *block, int64_t *step)
{
    const dl_reduction *r = c->ins->info;
    const REAL *x = dl_operand(c, 0);
    *step = r->row_step;
    if (r->col_step == 1 && (r->columns || r->rows == r->results)) return x;
    copy(r, x, block);
    *step = r->columns ? r->cols : r->terms;
    return block;
}

static inline __attribute__((always_inline)) void reduce(const dl_call *c, bool square,
                                                         REAL (*last)(double sum, double terms))
{
    const dl_reduction *r = c->ins->info;
    REAL block[DL_SMALL_REDUCTION], *y = dl_result(c);
    double terms = (double)r->terms;
    int64_t step;
    const REAL *x = matrix(c, block, &step);
    if (!r->columns) {
        int64_t i = 0;
        for (; i + 4 <= r->results; i += 4, x += 4 * step) {
            four sum = sum_rows(x, step, r->terms, square);
            for (int k = 0; k < 4; k++) y[i + k] = last(sum[k], terms);
        }
        for (; i < r->results; i++, x += step) y[i] = last(sum_row(x, r->terms, square), terms);
    } else if (r->cols < 4)
        for (int64_t j = 0; j < r->cols; j++)
            y[j] = last(sum_one_column(x + j, r->rows, step, square), terms);
    else
        for (int64_t j = 0;; j = next_four(j, r->cols)) {
            four sum = sum_column(x + j, r->rows, step, square);
            for (int i = 0; i < 4; i++) y[j + i] = last(sum[i], terms);
            if (j + 4 == r->cols) break;
        }
}

static inline REAL sum_last(double sum, double terms) { return (void)terms, (REAL)sum; }
static inline REAL mean_last(double sum, double terms) { return (REAL)(sum / terms); }
static inline REAL norm_last(double sum, double terms) { return (void)terms, (REAL)sqrt(sum); }

dl_kernel KERNEL(dl__sum_small), KERNEL(dl__sum_squares_small), KERNEL(dl__mean_small),
    KERNEL(dl__vecnorm_small), KERNEL(dl__center_small);

void KERNEL(dl__sum_small)(const dl_call *c) { reduce(c, false, sum_last); }
void KERNEL(dl__sum_squares_small)(const dl_call *c) { reduce(c, true, sum_last); }
void KERNEL(dl__mean_small)(const dl_call *c) { reduce(c, false, mean_last); }

void KERNEL(dl__vecnorm_small)(const dl_call *c)
{
    reduce(c, true, norm_last);
    KERNEL(dl__rescale_norms)(c);
}

static inline void store(REAL *y, four x) { *(quad *)y = narrow(x); }

static inline void subtract(const REAL *x, int64_t n, double mean, REAL *y)
{
    for (int64_t j = 0;; j = next_four(j, n)) {
        store(y + j, load(x + j) - mean);
        if (j + 4 == n) return;
    }
}

void KERNEL(dl__center_small)(const dl_call *c)
{
    const dl_reduction *r = c->ins->info;
    REAL block[DL_SMALL_REDUCTION], *y = dl_result(c);
    int64_t step, rows = r->columns ? r->rows : r->results, cols = r->columns ? r->cols : r->terms;
    double terms = (double)r->terms;
    const REAL *x = matrix(c, block, &step);
    if (cols < 4) {
        double mean = 0;
        for (int64_t i = 0; !r->columns && i < rows; i++, x += step, y += cols) {
            mean = sum_row(x, cols, false) / terms;
            for (int64_t j = 0; j < cols; j++) y[j] = (REAL)((double)x[j] - mean);
        }
        for (int64_t j = 0; r->columns && j < cols; j++) {
            mean = sum_one_column(x + j, rows, step, false) / terms;
            for (int64_t i = 0; i < rows; i++)
                y[i * cols + j] = (REAL)((double)x[i * step + j] - mean);
        }
    } else if (r->columns)
        for (int64_t j = 0;; j = next_four(j, cols)) {
            four mean = sum_column(x + j, rows, step, false) / terms;
            for (int64_t i = 0; i < rows; i++)
                store(y + i * cols + j, load(x + i * step + j) - mean);
            if (j + 4 == cols) break;
        }
    else {
        for (; rows >= 4; rows -= 4) {
            four mean = sum_rows(x, step, cols, false) / terms;
#pragma GCC unroll 4
            for (int k = 0; k < 4; k++, x += step, y += cols) subtract(x, cols, mean[k], y);
        }
        for (; rows > 0; rows--, x += step, y += cols)
            subtract(x, cols, sum_row(x, cols, false) / terms, y);
    }
}
