/* reduce_real.c: sums over axes.
 *
 * Terms are added in double. Their order is the logical order of the axes, whatever the strides: blocks
 * of 128 consecutive terms, eight partial sums in each, blocks added pairwise; or, where the last axis
 * stays, one running sum a column in blocks of 128. Which of the two is a matter of sizes alone, so
 * that a view and its copy give the same bits. The error is at most a few hundred roundings of double
 * for any length. */
#include "real.h"
#include "../reduce.h"

enum { BLOCK = 128, LANES = 8, STRIP = 32 };

typedef double term(REAL x);
typedef double finish(double sum, double terms);

static inline double identity_term(REAL x) { return (double)x; }
static inline double square_term(REAL x) { return (double)x * (double)x; }
static inline double sum_finish(double sum, double terms) { return (void)terms, sum; }
static inline double mean_finish(double sum, double terms) { return sum / terms; }
static inline double norm_finish(double sum, double terms) { return (void)terms, sqrt(sum); }

static inline __attribute__((always_inline)) double block_sum(const REAL *x, int64_t stride,
                                                              int64_t n, term *f)
{
    double lane[LANES] = { 0 };
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += f(x[(i + j) * stride]);
    for (int j = 0; i + j < n; j++) lane[j] += f(x[(i + j) * stride]);
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

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
        int64_t s = l->stride[0][0];
        for (int64_t i = 0; i < r->terms; i += BLOCK)
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

/* Up to STRIP results side by side. */
static inline __attribute__((always_inline)) void sum_strip(const dl_reduction *r, const REAL *x,
                                                            int64_t stride, int64_t n, term *f,
                                                            double *total)
{
    const dl_loop *l = &r->summed;
    double part[STRIP] = { 0 };
    nest w = nest_begin(l);
    bool more = r->terms > 0;
    for (int64_t j = 0; j < n; j++) total[j] = 0;
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

/* All results in order: to `y`, or as double to `wide`. */
static inline __attribute__((always_inline)) void reduce(const dl_call *c, term *f, finish *last,
                                                         REAL *y, double *wide)
{
    const dl_reduction *r = c->ins->aux;
    const REAL *x = dl_operand(c, 0);
    double terms = (double)r->terms, total[STRIP];
    if (r->results == 0) return;
    nest w = nest_begin(&r->kept);
    int64_t k = 0;
    if (!r->columns) {
        do {
            double s = last(sum_one(r, x + w.at[0], f), terms);
            if (wide) wide[k++] = s;
            else y[k++] = (REAL)s;
        } while (nest_next(&w, 0));
        return;
    }
    int inner = r->kept.rank - 1;
    int64_t m = r->kept.dim[inner], stride = r->kept.stride[0][inner];
    do {
        for (int64_t j = 0; j < m; j += STRIP) {
            int64_t n = m - j < STRIP ? m - j : STRIP;
            sum_strip(r, x + w.at[0] + j * stride, stride, n, f, total);
            for (int64_t i = 0; i < n; i++) {
                double s = last(total[i], terms);
                if (wide) wide[k++] = s;
                else y[k++] = (REAL)s;
            }
        }
    } while (nest_next(&w, 1));
}

dl_kernel KERNEL(dl__sum), KERNEL(dl__sum_squares), KERNEL(dl__mean), KERNEL(dl__vecnorm),
    KERNEL(dl__center);

void KERNEL(dl__sum)(const dl_call *c)
{
    reduce(c, identity_term, sum_finish, dl_result(c), NULL);
}

void KERNEL(dl__sum_squares)(const dl_call *c)
{
    reduce(c, square_term, sum_finish, dl_result(c), NULL);
}

void KERNEL(dl__mean)(const dl_call *c)
{
    reduce(c, identity_term, mean_finish, dl_result(c), NULL);
}

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

void KERNEL(dl__vecnorm)(const dl_call *c)
{
    const dl_reduction *r = c->ins->aux;
    REAL *y = dl_result(c);
    reduce(c, square_term, norm_finish, y, NULL);
    /* In f32 the squares of double neither overflow nor vanish. */
    for (int64_t k = 0; sizeof(REAL) == sizeof(double) && r->terms && k < r->results; k++)
        if (!((double)y[k] > 1e-140 && (double)y[k] < 1e150))
            y[k] = (REAL)scaled_norm(r, dl_operand(c, 0), k);
}

void KERNEL(dl__center)(const dl_call *c)
{
    const dl_reduction *r = c->ins->aux;
    const dl_loop *l = &r->all;
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c);
    double *mean = dl_work(c);
    if (dl_result_layout(c)->shape.numel == 0) return;
    reduce(c, identity_term, mean_finish, NULL, mean);
    nest w = nest_begin(l);
    int last = l->rank - 1;
    int64_t m = l->rank ? l->dim[last] : 1;
    int64_t sx = l->rank ? l->stride[0][last] : 1, sm = l->rank ? l->stride[1][last] : 1;
    do {
        const REAL *from = x + w.at[0];
        const double *mu = mean + w.at[1];
        for (int64_t i = 0; i < m; i++) y[i] = (REAL)((double)from[i * sx] - mu[i * sm]);
        y += m;
    } while (nest_next(&w, 1));
}
