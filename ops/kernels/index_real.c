/* index_real.c: kernels that read and write at places which are values themselves. */
#include "index.h"
#include "order.h"
#include "real.h"
#include "../attributes.h"

dl_kernel KERNEL(dl__spread), KERNEL(dl__index_select), KERNEL(dl__index_add),
    KERNEL(dl__take_along), KERNEL(dl__put_along), KERNEL(dl__writers), KERNEL(dl__onehot),
    KERNEL(dl__argsort), KERNEL(dl__arange), KERNEL(dl__triangle);

/* The sizes before, along and behind an axis. */
typedef struct span {
    int64_t rows, n, unit;
} span;

static span span_of(const dl_layout *l, int64_t axis)
{
    span s = { 1, l->shape.dim[axis], 1 };
    for (int i = 0; i < l->shape.rank; i++)
        if (i != axis) *(i < axis ? &s.rows : &s.unit) *= l->shape.dim[i];
    return s;
}

/* Places, of any dtype of integers. */
typedef struct places {
    const void *data;
    int dtype;
} places;

static places places_of(const dl_call *c, int operand)
{
    return (places){ dl_operand(c, operand), dl_operand_layout(c, operand)->shape.dtype };
}

static inline int64_t place(places p, int64_t i, int64_t n)
{
    int64_t k = p.dtype == DL_I64   ? ((const int64_t *)p.data)[i]
                : p.dtype == DL_I32 ? ((const int32_t *)p.data)[i]
                                    : ((const uint8_t *)p.data)[i];
    return dl_place_of(k, n);
}

static void clear(const dl_call *c)
{
    memset(dl_result(c), 0, (size_t)dl_result_layout(c)->shape.numel * sizeof(REAL));
}

void KERNEL(dl__spread)(const dl_call *c)
{
    const step_attr *a = c->ins->info;
    span to = span_of(dl_result_layout(c), a->axis);
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c);
    clear(c);
    for (int64_t r = 0; r < to.rows; r++)
        for (int64_t j = 0; to.unit && j < a->count; j++)
            memcpy(y + (r * to.n + a->begin + j * a->step) * to.unit,
                   x + (r * a->count + j) * to.unit, (size_t)to.unit * sizeof(REAL));
}

void KERNEL(dl__index_select)(const dl_call *c)
{
    const index_attr *a = c->ins->info;
    span to = span_of(dl_result_layout(c), a->axis),
         from = span_of(dl_operand_layout(c, 0), a->axis);
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c), lost = a->nan ? (REAL)NAN : 0;
    places at = places_of(c, 1);
    for (int64_t r = 0; r < to.rows; r++)
        for (int64_t j = 0; to.unit && j < to.n; j++) {
            int64_t k = place(at, j, from.n);
            REAL *line = y + (r * to.n + j) * to.unit;
            if (k >= 0)
                memcpy(line, x + (r * from.n + k) * to.unit, (size_t)to.unit * sizeof(REAL));
            else
                for (int64_t i = 0; i < to.unit; i++) line[i] = lost;
        }
}

void KERNEL(dl__index_add)(const dl_call *c)
{
    const index_attr *a = c->ins->info;
    span to = span_of(dl_result_layout(c), a->axis),
         from = span_of(dl_operand_layout(c, 0), a->axis);
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c);
    places at = places_of(c, 1);
    clear(c);
    for (int64_t r = 0; r < to.rows; r++)
        for (int64_t j = 0; j < from.n; j++) {
            int64_t k = place(at, j, to.n);
            const REAL *line = x + (r * from.n + j) * to.unit;
            for (int64_t i = 0; k >= 0 && i < to.unit; i++)
                y[(r * to.n + k) * to.unit + i] += line[i];
        }
}

/* Along an axis, places are as many as elements. A line is what lies side by side in both: along
 * the axis if it is the last one, else behind it. Places of some elements are read at a time. */
enum { SOME = 128 };
typedef struct line {
    int64_t length, unit, step; /* place k of element i: k * unit + i * step */
} line;

static line line_of(span s)
{
    return s.unit == 1 ? (line){ s.n, 1, 0 } : (line){ s.unit, s.unit, 1 };
}

#define READ_PLACES(TYPE)                                                          \
    do {                                                                           \
        const TYPE *k = (const TYPE *)p.data + first;                              \
        for (int64_t i = 0; i < count; i++) to[i] = dl_place_of((int64_t)k[i], n); \
    } while (0)

static void read_places(places p, int64_t first, int64_t count, int64_t n, int64_t *to)
{
    if (p.dtype == DL_I64) READ_PLACES(int64_t);
    else if (p.dtype == DL_I32) READ_PLACES(int32_t);
    else READ_PLACES(uint8_t);
}

void KERNEL(dl__take_along)(const dl_call *c)
{
    const index_attr *a = c->ins->info;
    span to = span_of(dl_result_layout(c), a->axis),
         from = span_of(dl_operand_layout(c, 0), a->axis);
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c), lost = a->nan ? (REAL)NAN : 0;
    places at = places_of(c, 1);
    line l = line_of(to);
    int64_t k[SOME], of_row = to.n * to.unit;
    for (int64_t here = 0; here < to.rows * of_row; here += l.length) {
        const REAL *row = x + here / of_row * from.n * from.unit;
        for (int64_t i = 0, n; i < l.length; i += n) {
            n = l.length - i < SOME ? l.length - i : SOME;
            read_places(at, here + i, n, from.n, k);
            for (int64_t j = 0; j < n; j++)
                y[here + i + j] = k[j] >= 0 ? row[k[j] * l.unit + (i + j) * l.step] : lost;
        }
    }
}

void KERNEL(dl__put_along)(const dl_call *c)
{
    const index_attr *a = c->ins->info;
    span to = span_of(dl_result_layout(c), a->axis),
         from = span_of(dl_operand_layout(c, 0), a->axis);
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c);
    places at = places_of(c, 1);
    line l = line_of(from);
    int64_t k[SOME], of_row = from.n * from.unit;
    clear(c);
    for (int64_t here = 0; here < from.rows * of_row; here += l.length) {
        REAL *row = y + here / of_row * to.n * to.unit;
        for (int64_t i = 0, n; i < l.length; i += n) {
            n = l.length - i < SOME ? l.length - i : SOME;
            read_places(at, here + i, n, to.n, k);
            for (int64_t j = 0; j < n; j++)
                if (k[j] >= 0) row[k[j] * l.unit + (i + j) * l.step] += x[here + i + j];
        }
    }
}

void KERNEL(dl__writers)(const dl_call *c)
{
    const index_attr *a = c->ins->info;
    span to = span_of(dl_result_layout(c), a->axis),
         from = span_of(dl_operand_layout(c, 0), a->axis);
    int64_t *y = dl_result(c);
    places at = places_of(c, 0);
    for (int64_t r = 0; r < to.rows; r++)
        for (int64_t j = 0; j < to.n; j++)
            for (int64_t i = 0; i < to.unit; i++) y[(r * to.n + j) * to.unit + i] = from.n + j;
    for (int64_t r = 0; r < from.rows; r++)
        for (int64_t j = 0; j < from.n; j++)
            for (int64_t i = 0; i < from.unit; i++) {
                int64_t k = place(at, (r * from.n + j) * from.unit + i, to.n);
                if (k >= 0) y[(r * to.n + k) * to.unit + i] = j;
            }
}

void KERNEL(dl__onehot)(const dl_call *c)
{
    const dl_shape *from = &dl_operand_layout(c, 0)->shape;
    const onehot_attr *a = c->ins->info;
    REAL *y = dl_result(c);
    places at = places_of(c, 0);
    clear(c);
    for (int64_t i = 0; i < from->numel; i++) {
        int64_t k = place(at, i, a->classes);
        if (k >= 0) y[i * a->classes + k] = 1;
    }
}

/* ---- order: by digits, or, of few, merging from runs; the heap of printed C finds the same order
 */

typedef struct keyed {
    REAL key;
    int64_t place;
} keyed;

enum { RUN = 16 };

/* Sorts by insertion; equals keep their order. */
static void sort_run(keyed *x, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        keyed own = x[i];
        int64_t k = i;
        for (; k > 0 && own.key < x[k - 1].key; k--) x[k] = x[k - 1];
        x[k] = own;
    }
}

/* Which one comes next is a number, not a branch that is guessed. */
static void merge(const keyed *x, int64_t m, int64_t n, keyed *y)
{
    int64_t i = 0, j = m, k = 0;
    while (i < m && j < n) {
        int64_t right = x[j].key < x[i].key;
        y[k++] = x[i + right * (j - i)];
        j += right;
        i += 1 - right;
    }
    memcpy(y + k, x + i, (size_t)(m - i) * sizeof *y);
    k += m - i;
    memcpy(y + k, x + j, (size_t)(n - j) * sizeof *y);
}

/* Sorts x, with y of as many elements beside it; returns the one that holds the result. */
static keyed *merge_sort(keyed *x, keyed *y, int64_t n)
{
    for (int64_t i = 0; i < n; i += RUN) sort_run(x + i, n - i < RUN ? n - i : RUN);
    for (int64_t m = RUN; m < n; m *= 2) {
        for (int64_t i = 0; i < n; i += 2 * m) {
            int64_t both = n - i < 2 * m ? n - i : 2 * m;
            merge(x + i, m < both ? m : both, both, y + i);
        }
        keyed *swap = x;
        x = y, y = swap;
    }
    return x;
}

/* The same, digit by digit from the last one on; digits that all keys share are passed over. */
static keyed *radix_sort(keyed *x, keyed *y, int64_t n)
{
    enum { BITS = 8, DIGITS = 8 * sizeof(WORD) / BITS };
    int64_t count[DIGITS][1 << BITS] = { { 0 } };
    for (int64_t i = 0; i < n; i++) {
        WORD k = KERNEL_F(dl_rank)(x[i].key);
        for (int d = 0; d < (int)DIGITS; d++) count[d][k >> (BITS * d) & 255]++;
    }
    for (int d = 0; d < (int)DIGITS; d++) {
        int64_t *at = count[d], first = 0, most = 0;
        for (int b = 0; b < 1 << BITS; b++) {
            int64_t own = at[b];
            most = own > most ? own : most;
            at[b] = first;
            first += own;
        }
        if (most == n) continue;
        for (int64_t i = 0; i < n; i++)
            y[at[KERNEL_F(dl_rank)(x[i].key) >> (BITS * d) & 255]++] = x[i];
        keyed *swap = x;
        x = y, y = swap;
    }
    return x;
}

enum { FEW = 64 * sizeof(REAL) }; /* so many are merged as fast */

/* The places of the first k of n elements, `step` apart. */
static void sort_places(const REAL *x, int64_t n, int64_t k, int64_t step, bool down, keyed *work,
                        int64_t *y)
{
    int64_t m = 0;
    for (int64_t j = 0; j < n; j++) {
        REAL key = x[j * step];
        if (key == key) work[m++] = (keyed){ (down ? -key : key) + 0, j }; /* no -0 */
    }
    for (int64_t j = 0, at = m; at < k && j < n; j++)
        if (x[j * step] != x[j * step]) y[at++ * step] = j;
    const keyed *sorted =
        m > (int64_t)FEW ? radix_sort(work, work + n, m) : merge_sort(work, work + n, m);
    for (int64_t j = 0; j < m && j < k; j++) y[j * step] = sorted[j].place;
}

void KERNEL(dl__argsort)(const dl_call *c)
{
    const sort_attr *a = c->ins->info;
    span s = span_of(dl_operand_layout(c, 0), a->axis);
    bool heap = a->k <= 32 && a->k <= s.n / 8;
    for (int64_t r = 0; r < s.rows; r++)
        for (int64_t i = 0; i < s.unit; i++) {
            const REAL *x = (const REAL *)dl_operand(c, 0) + r * s.n * s.unit + i;
            int64_t *y = (int64_t *)dl_result(c) + r * a->k * s.unit + i;
            if (heap) KERNEL_F(dl_argsort)(x, s.n, a->k, s.unit, (int)a->down, y);
            else sort_places(x, s.n, a->k, s.unit, a->down, dl_work(c), y);
        }
}

/* Of integers the first kernel serves both dtypes. */
void KERNEL(dl__arange)(const dl_call *c)
{
    const arange_attr *a = c->ins->info;
    void *y = dl_result(c);
    for (int64_t i = 0; i < a->n; i++) {
        int64_t k = a->start + i * a->step;
        if (a->dtype == DL_I64) ((int64_t *)y)[i] = k;
        else if (a->dtype == DL_I32) ((int32_t *)y)[i] = (int32_t)k;
        else ((REAL *)y)[i] = (REAL)k;
    }
}

void KERNEL(dl__triangle)(const dl_call *c)
{
    const triangle_attr *a = c->ins->info;
    dl_triangle(a->rows, a->columns, a->k, (int)a->upper, a->places ? 0 : a->n, dl_result(c));
}
