/* reduce_small_real.c: the sums of reduce_real.c, in the same order, of a matrix of few elements:
 * without loop nests, four terms side by side. A lane that has nothing to add adds 0, which changes
 * no bits, as no sum is -0. */
#include "pack.h"
#include "../reduce.h"

typedef double four __attribute__((vector_size(4 * sizeof(double)), aligned(8), may_alias));

static inline four load(const REAL *x) { return __builtin_convertvector(*(const quad *)x, four); }

static inline four term(four x, bool square)
{
    if (square) x *= x;
    return x;
}

/* n < 4 elements, then zeros. */
static inline four load_few(const REAL *x, int64_t n)
{
    return (four){ n > 0 ? (double)x[0] : 0, n > 1 ? (double)x[1] : 0, n > 2 ? (double)x[2] : 0 };
}

/* The sum of a block: terms i, i + 8, ... in lane i, then pairwise over the lanes. */
static inline __attribute__((always_inline)) double sum_row(const REAL *x, int64_t n, bool square)
{
    four low = { 0 }, high = { 0 };
    for (; n >= 8; n -= 8, x += 8) {
        low += term(load(x), square);
        high += term(load(x + 4), square);
    }
    if (n >= 4) {
        low += term(load(x), square);
        if (n > 4) high += term(load_few(x + 4, n - 4), square);
    } else if (n) low += term(load_few(x, n), square);
    return ((low[0] + low[1]) + (low[2] + low[3])) + ((high[0] + high[1]) + (high[2] + high[3]));
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

/* The operand with neighbouring columns, copied if it has none; and how far apart its rows are. */
static inline const REAL *matrix(const dl_call *c, REAL *block, int64_t *step)
{
    const dl_reduction *r = c->ins->info;
    const REAL *x = dl_operand(c, 0);
    *step = r->row_step;
    if (r->col_step == 1 && (r->columns || r->rows == r->results)) return x;
    pack(r->rows, r->cols, x, r->row_step, r->col_step, block, r->cols);
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
    if (!r->columns)
        for (int64_t i = 0; i < r->results; i++, x += step)
            y[i] = last(sum_row(x, r->terms, square), terms);
    else if (r->cols < 4)
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

static inline void store(REAL *y, four x) { *(quad *)y = __builtin_convertvector(x, quad); }

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
    else
        for (int64_t i = 0; i < rows; i++, x += step, y += cols) {
            double mean = sum_row(x, cols, false) / terms;
            for (int64_t j = 0;; j = next_four(j, cols)) {
                store(y + j, load(x + j) - mean);
                if (j + 4 == cols) break;
            }
        }
}
