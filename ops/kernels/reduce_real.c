/* reduce_real.c: sums over axes.
 *
 * Terms are added in double. Their order is the logical order of the axes, whatever the strides:
 * blocks of 128 consecutive terms, eight partial sums in each, blocks added pairwise; or, where the
 * last axis stays, one running sum a column in blocks of 128. Which of the two is a matter of sizes
 * alone, so that a view and its copy give the same bits. The error is at most a few hundred
 * roundings of double for any length. */
#include "blocks.h"
#include "../reduce.h"

enum { BLOCK = DL_BLOCK, STRIP = 32 };

typedef double finish(double sum, double terms);

static inline double sum_finish(double sum, double terms) { return (void)terms, sum; }
static inline double mean_finish(double sum, double terms) { return sum / terms; }
static inline double norm_finish(double sum, double terms) { return (void)terms, sqrt(sum); }

/* Fills a block from the loops under one result. */
static int64_t gather(nest *w, bool *more, int64_t *inner, const REAL *x, REAL *block)
{
    const dl_loop *l = w->loop;
    int64_t m = l->dim[l->rank - 1], s = l->stride[0][l->rank - 1], n = 0;
    while (n < BLOCK && *more) {
        for (; n < BLOCK && *inner < m; ++*inner) block[n++] = x[w->at[0] + *inner * s];
        if (*inner == m) {
            *inner = 0;
            *more = nest_next(w, 1);
        }
    }
    return n;
}

static inline __attribute__((always_inline)) double sum_one(const dl_reduction *r, const REAL *x,
                                                            term *f)
{
    const dl_loop *l = &r->summed;
    if (r->terms == 0) return 0;
    if (l->rank <= 1 && r->terms <= BLOCK)
        return block_sum(x, l->rank ? l->stride[0][0] : 1, r->terms, f);
    pairwise total = { .blocks = 0 };
    if (l->rank == 1) {
        int64_t s = l->stride[0][0], i = 0;
        for (; s == 1 && i + 4 * BLOCK <= r->terms; i += 4 * BLOCK) {
            double sum[4];
            four_block_sums(x + i, f == square_term, sum);
            pairwise_add_four(&total, sum);
        }
        for (; i < r->terms; i += BLOCK)
            pairwise_add(&total,
                         block_sum(x + i * s, s, r->terms - i < BLOCK ? r->terms - i : BLOCK, f));
        return pairwise_total(&total);
    }
    REAL block[BLOCK];
    nest w = nest_begin(l);
    bool more = true;
    for (int64_t inner = 0; more;)
        pairwise_add(&total, block_sum(block, 1, gather(&w, &more, &inner, x, block), f));
    return pairwise_total(&total);
}

/* STRIP neighbouring columns, whose terms lie at equal distances: the sums of sum_strip. */
static inline __attribute__((always_inline)) void
sum_wide_strip(const REAL *x, int64_t down, int64_t n, bool square, double *total)
{
    enum { PARTS = STRIP / WIDE };
    wide sum[PARTS] = { { 0 } };
    while (n > 0) {
        wide part[PARTS] = { { 0 } };
        int64_t rows = n < BLOCK ? n : BLOCK;
        for (int64_t i = 0; i < rows; i++, x += down)
#pragma GCC unroll 8
            for (int k = 0; k < PARTS; k++) {
                wide f = load_wide(x + k * WIDE);
                if (square) f *= f;
                part[k] += f;
            }
        for (int k = 0; k < PARTS; k++) sum[k] += part[k];
        n -= rows;
    }
    memcpy(total, sum, sizeof sum);
}

/* Up to STRIP results side by side. */
static inline __attribute__((always_inline)) void
sum_strip(const dl_reduction *r, const REAL *x, int64_t stride, int64_t n, term *f, double *total)
{
    const dl_loop *l = &r->summed;
    double part[STRIP];
    nest w = nest_begin(l);
    bool more = r->terms > 0;
    for (int64_t j = 0; j < n; j++) total[j] = part[j] = 0;
    for (int64_t k = 1; more; k++) {
        const REAL *row = x + w.at[0];
        if (stride == 1)
            for (int64_t j = 0; j < n; j++) part[j] += f(row[j]);
        else
            for (int64_t j = 0; j < n; j++) part[j] += f(row[j * stride]);
        more = nest_next(&w, 0);
        if (k % BLOCK && more) continue;
        for (int64_t j = 0; j < n; j++) total[j] += part[j], part[j] = 0;
    }
}

/* The same sums of `cols` columns, where their terms lie at equal distances. */
static inline __attribute__((always_inline)) void
sum_few(int cols, const REAL *x, int64_t stride, int64_t down, int64_t n, term *f, double *total)
{
    double sum[4] = { 0 };
    for (int64_t i = 0; i < n;) {
        double part[4] = { 0 };
        for (int64_t end = n - i < BLOCK ? n : i + BLOCK; i < end; i++)
            for (int j = 0; j < cols; j++) part[j] += f(x[i * down + j * stride]);
        for (int j = 0; j < cols; j++) sum[j] += part[j];
    }
    for (int j = 0; j < cols; j++) total[j] = sum[j];
}

/* n neighbouring columns. */
static inline __attribute__((always_inline)) void
sum_columns(const dl_reduction *r, const REAL *x, int64_t stride, int64_t n, term *f, double *total)
{
    int64_t j = 0, down = r->summed.stride[0][0];
    if (r->summed.rank == 1 && stride == 1 && n == STRIP) {
        sum_wide_strip(x, down, r->terms, f == square_term, total);
        return;
    }
    if (r->summed.rank != 1 || (stride == 1 && n >= 8)) {
        sum_strip(r, x, stride, n, f, total);
        return;
    }
    for (; j + 4 <= n; j += 4) sum_few(4, x + j * stride, stride, down, r->terms, f, total + j);
    for (; j < n; j++) sum_few(1, x + j * stride, stride, down, r->terms, f, total + j);
}

/* All results in order. */
static inline __attribute__((always_inline)) void reduce(const dl_call *c, term *f, finish *last)
{
    const dl_reduction *r = c->ins->info;
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c);
    double terms = (double)r->terms, total[STRIP];
    if (r->results == 0) return;
    nest w = nest_begin(&r->kept);
    if (!r->columns) {
        do *y++ = (REAL)last(sum_one(r, x + w.at[0], f), terms);
        while (nest_next(&w, 0));
        return;
    }
    int inner = r->kept.rank - 1;
    int64_t m = r->kept.dim[inner], stride = r->kept.stride[0][inner];
    do
        for (int64_t j = 0; j < m; j += STRIP) {
            int64_t n = m - j < STRIP ? m - j : STRIP;
            sum_columns(r, x + w.at[0] + j * stride, stride, n, f, total);
            for (int64_t i = 0; i < n; i++) *y++ = (REAL)last(total[i], terms);
        }
    while (nest_next(&w, 1));
}

dl_kernel KERNEL(dl__sum), KERNEL(dl__sum_squares), KERNEL(dl__mean), KERNEL(dl__vecnorm),
    KERNEL(dl__center);

void KERNEL(dl__sum)(const dl_call *c) { reduce(c, identity_term, sum_finish); }

void KERNEL(dl__sum_squares)(const dl_call *c) { reduce(c, square_term, sum_finish); }

void KERNEL(dl__mean)(const dl_call *c) { reduce(c, identity_term, mean_finish); }

/* The norm under result k again, with the largest term scaled to 1. */
static double scaled_norm(const dl_reduction *r, const REAL *x, int64_t k)
{
    nest w = nest_begin(&r->kept);
    while (k-- > 0) nest_next(&w, 0);
    x += w.at[0];
    double largest = 0, sum = 0;
    for (int pass = 0; pass < 2; pass++) {
        nest v = nest_begin(&r->summed);
        do {
            double a = fabs((double)x[v.at[0]]);
            if (pass == 0) largest = a > largest || isnan(a) ? a : largest;
            else sum += (a / largest) * (a / largest);
        } while (nest_next(&v, 0));
        if (largest == 0 || !isfinite(largest)) return largest;
    }
    return largest * sqrt(sum);
}

/* In f32 the squares of double neither overflow nor vanish. */
void KERNEL(dl__rescale_norms)(const dl_call *c)
{
    const dl_reduction *r = c->ins->info;
    REAL *y = dl_result(c);
    for (int64_t k = 0; sizeof(REAL) == sizeof(double) && r->terms && k < r->results; k++)
        if (!((double)y[k] > 1e-140 && (double)y[k] < 1e150))
            y[k] = (REAL)scaled_norm(r, dl_operand(c, 0), k);
}

void KERNEL(dl__vecnorm)(const dl_call *c)
{
    reduce(c, square_term, norm_finish);
    KERNEL(dl__rescale_norms)(c);
}

/* n neighbouring columns less their means; the result's lie side by side. */
static void subtract(const dl_reduction *r, const REAL *x, int64_t stride, REAL *y, int64_t n,
                     const double *mean)
{
    const dl_loop *l = &r->summed;
    int last = l->rank - 1;
    int64_t m = last < 0 ? 1 : l->dim[last];
    int64_t down = last < 0 ? 0 : l->stride[0][last], ydown = last < 0 ? 0 : l->stride[1][last];
    nest w = nest_begin(l);
    do {
        const REAL *from = x + w.at[0];
        REAL *restrict to = y + w.at[1];
        if (n == 1)
            for (int64_t i = 0; i < m; i++) to[i * ydown] = (REAL)((double)from[i * down] - *mean);
        else if (n == 4)
            for (int64_t i = 0; i < m; i++, from += down, to += ydown)
                for (int j = 0; j < 4; j++) to[j] = (REAL)((double)from[j * stride] - mean[j]);
        else
            for (int64_t i = 0; i < m; i++, from += down, to += ydown)
                for (int64_t j = 0; j < n; j++) to[j] = (REAL)((double)from[j * stride] - mean[j]);
    } while (nest_next(&w, 1));
}

void KERNEL(dl__center)(const dl_call *c)
{
    const dl_reduction *r = c->ins->info;
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c);
    double mean[STRIP];
    if (r->results == 0 || r->terms == 0) return;
    nest w = nest_begin(&r->kept);
    int inner = r->kept.rank - 1;
    int64_t m = r->columns ? r->kept.dim[inner] : 1;
    int64_t sx = r->columns ? r->kept.stride[0][inner] : 0;
    do
        for (int64_t j = 0; j < m; j += STRIP) {
            const REAL *from = x + w.at[0] + j * sx;
            int64_t n = m - j < STRIP ? m - j : STRIP;
            if (r->columns) sum_columns(r, from, sx, n, identity_term, mean);
            else *mean = sum_one(r, from, identity_term);
            for (int64_t i = 0; i < n; i++) mean[i] /= (double)r->terms;
            subtract(r, from, sx, y + w.at[1] + j, n, mean);
        }
    while (nest_next(&w, r->columns ? 1 : 0));
}
