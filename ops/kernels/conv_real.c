/* conv_real.c: the three products of a convolution: y from x and w, x from y and w, w from x and y.
 *
 * All walk the same nest: groups, outer places of y, taps, places along the last axis; at each
 * place, or for a row of places, a product of small matrices is added to the result where it lies.
 * Batches come last in memory, so that no patch is ever copied: with several of them their elements
 * fill the vectors, else the channels do. Each element is one sum, in the order of the nest and
 * then of the channels (or batches) summed over: the same bits for any number of threads. */
#include "turn.h"
#include "../conv.h"

#define LANES (VECTOR_BYTES * 8 / DL_REAL)

enum { ROWS = 6, MOST_PARTS = 8, LEAST_PART = 1 << 19 };

/* c (m,n) += a (m,k) b (k,n); the columns of b and c are neighbours. */
typedef struct matrices {
    int64_t m, n, k, a_row, a_col, b_row, c_row;
    const REAL *a, *b;
    REAL *c;
} matrices;

/* WIDTH neighbouring elements, VECTORS of them, `rows` rows. */
#define TILE(NAME, WIDTH, VECTORS)                                                               \
    typedef REAL NAME##_vector VECTOR_OF(WIDTH);                                                 \
    INLINE void NAME##_rows(int rows, const matrices *p, int64_t i0, int64_t j0)                 \
    {                                                                                            \
        NAME##_vector acc[ROWS][VECTORS];                                                        \
        const REAL *a = p->a + i0 * p->a_row, *b = p->b + j0;                                    \
        REAL *c = p->c + i0 * p->c_row + j0;                                                     \
        int64_t a_row = p->a_row, a_col = p->a_col, b_row = p->b_row, c_row = p->c_row;          \
        _Pragma("GCC unroll 6") for (int i = 0; i < rows; i++) for (int v = 0; v < VECTORS; v++) \
            acc[i][v] = *(const NAME##_vector *)(c + i * c_row + v * WIDTH);                     \
        for (int64_t k = p->k; k > 0; k--, a += a_col, b += b_row) {                             \
            NAME##_vector x[VECTORS];                                                            \
            for (int v = 0; v < VECTORS; v++) x[v] = *(const NAME##_vector *)(b + v * WIDTH);    \
            _Pragma("GCC unroll 6") for (int i = 0; i < rows; i++) for (int v = 0; v < VECTORS;  \
                                                                        v++) acc[i][v] +=        \
                a[i * a_row] * x[v];                                                             \
        }                                                                                        \
        _Pragma("GCC unroll 6") for (int i = 0; i < rows; i++) for (int v = 0; v < VECTORS; v++) \
            * (NAME##_vector *)(c + i * c_row + v * WIDTH) = acc[i][v];                          \
    }                                                                                            \
    static void NAME(const matrices *p, int64_t j0)                                              \
    {                                                                                            \
        int64_t i = 0;                                                                           \
        for (; i + ROWS <= p->m; i += ROWS) NAME##_rows(ROWS, p, i, j0);                         \
        for (; i + 2 <= p->m; i += 2) NAME##_rows(2, p, i, j0);                                  \
        if (i < p->m) NAME##_rows(1, p, i, j0);                                                  \
    }
TILE(two_vectors, LANES, 2)
TILE(one_vector, LANES, 1)
#if LANES > 4
TILE(four_wide, 4, 1)
#endif
TILE(one_wide, 1, 1)

static void add_product(const matrices *p)
{
    int64_t j = 0, n = p->n;
    for (; j + 2 * LANES <= n; j += 2 * LANES) two_vectors(p, j);
    for (; j + LANES <= n; j += LANES) one_vector(p, j);
#if LANES > 4
    for (; j + 4 <= n; j += 4) four_wide(p, j);
#endif
    for (; j < n; j++) one_wide(p, j);
}

/* ---- the nest -------------------------------------------------------------------------------- */

typedef struct job {
    const dl_conv_shape *s;
    const REAL *x, *y, *w; /* one of them is the result */
    const REAL *turned;    /* of w, or of y, where columns must be neighbours */
    int64_t columns, parts;
    void (*row)(const struct job *j, const matrices *part, int64_t i, int64_t o, int64_t w,
                int64_t places);
} job;

/* Elements from one place to the next. */
static int64_t x_step(const dl_conv_shape *s) { return s->groups * s->c * s->n; }
static int64_t y_step(const dl_conv_shape *s) { return s->groups * s->f * s->n; }

/* part->c: the first column; part->n: how many. i, o and w: where the first place and the tap lie,
 * in elements. */
static void conv_row(const job *j, const matrices *part, int64_t i, int64_t o, int64_t w,
                     int64_t places)
{
    const dl_conv_shape *s = j->s;
    int64_t from = part->m;
    int64_t dx = s->stride[2] * x_step(s), dy = y_step(s);
    REAL *y = (REAL *)j->y + o + from;
    if (s->n == 1) {
        add_product(
            &(matrices){ places, part->n, s->c, dx, 1, s->f, dy, j->x + i, j->w + w + from, y });
        return;
    }
    for (int64_t k = 0; k < places; k++)
        add_product(&(matrices){ s->f, part->n, s->c, 1, s->f, s->n, s->n, j->w + w,
                                 j->x + i + from + k * dx, y + k * dy });
}

static void input_row(const job *j, const matrices *part, int64_t i, int64_t o, int64_t w,
                      int64_t places)
{
    const dl_conv_shape *s = j->s;
    int64_t from = part->m;
    int64_t dx = s->stride[2] * x_step(s), dy = y_step(s);
    REAL *x = (REAL *)j->x + i + from;
    if (s->n == 1) {
        add_product(&(matrices){ places, part->n, s->f, dy, 1, s->c, dx, j->y + o,
                                 j->turned + w + from, x });
        return;
    }
    for (int64_t k = 0; k < places; k++)
        add_product(&(matrices){ s->c, part->n, s->f, s->f, 1, s->n, s->n, j->w + w,
                                 j->y + o + from + k * dy, x + k * dx });
}

static void weight_row(const job *j, const matrices *part, int64_t i, int64_t o, int64_t w,
                       int64_t places)
{
    const dl_conv_shape *s = j->s;
    int64_t from = part->m;
    int64_t dx = s->stride[2] * x_step(s), dy = y_step(s), channels = s->groups * s->f;
    REAL *to = (REAL *)j->w + w + from;
    if (s->n == 1) {
        add_product(
            &(matrices){ s->c, part->n, places, 1, dx, dy, s->f, j->x + i, j->y + o + from, to });
        return;
    }
    int64_t place = o / y_step(s), first = o % y_step(s) / s->n;
    const REAL *y = j->turned + place * dy + first + from;
    for (int64_t k = 0; k < places; k++)
        add_product(&(matrices){ s->c, part->n, s->n, s->n, 1, channels, s->f, j->x + i + k * dx,
                                 y + k * dy, to });
}

static void taps_of(const job *j, const matrices *part, int64_t g, int64_t o0, int64_t o1)
{
    const dl_conv_shape *s = j->s;
    int64_t w = g * s->filter[0] * s->filter[1] * s->filter[2];
    for (int64_t t0 = 0; t0 < s->filter[0]; t0++)
        for (int64_t t1 = 0; t1 < s->filter[1]; t1++) {
            int64_t i0 = o0 * s->stride[0] + t0 * s->dilation[0] - s->before[0];
            int64_t i1 = o1 * s->stride[1] + t1 * s->dilation[1] - s->before[1];
            bool in = i0 >= 0 && i0 < s->in[0] && i1 >= 0 && i1 < s->in[1];
            for (int64_t t2 = 0; t2 < s->filter[2]; t2++, w++) {
                int64_t o2, end;
                dl__conv_range(s, 2, t2, &o2, &end);
                if (!in || o2 >= end) continue;
                int64_t i2 = o2 * s->stride[2] + t2 * s->dilation[2] - s->before[2];
                int64_t i = ((i0 * s->in[1] + i1) * s->in[2] + i2) * x_step(s);
                int64_t o = ((o0 * s->out[1] + o1) * s->out[2] + o2) * y_step(s);
                j->row(j, part, i + g * s->c * s->n, o + g * s->f * s->n, w * s->c * s->f,
                       end - o2);
            }
        }
}

static void part(void *context, int64_t k)
{
    const job *j = context;
    const dl_conv_shape *s = j->s;
    int64_t unit = 2 * LANES, units = (j->columns + unit - 1) / unit;
    int64_t begin = units * k / j->parts * unit, end = units * (k + 1) / j->parts * unit;
    if (end > j->columns) end = j->columns;
    matrices columns = { .m = begin, .n = end - begin };
    for (int64_t g = 0; g < s->groups; g++)
        for (int64_t o0 = 0; o0 < s->out[0]; o0++)
            for (int64_t o1 = 0; o1 < s->out[1]; o1++) taps_of(j, &columns, g, o0, o1);
}

static void walk(const dl_call *call, job *j, REAL *result)
{
    const dl_conv_shape *s = j->s;
    double work = (double)s->groups * (double)(s->c * s->f) * (double)s->n;
    for (int i = 0; i < 3; i++) work *= (double)(s->out[i] * s->filter[i]);
    memset(result, 0, (size_t)dl_result_layout(call)->shape.numel * sizeof(REAL));
    if (work == 0) return;
    j->parts = (j->columns + 2 * LANES - 1) / (2 * LANES);
    if (j->parts > MOST_PARTS) j->parts = MOST_PARTS;
    while (j->parts > 1 && work / (double)j->parts < LEAST_PART) j->parts--;
    if (j->parts == 1) part(j, 0);
    else dl_parallel(j->parts, part, j);
}

dl_kernel KERNEL(dl__conv), KERNEL(dl__conv_input), KERNEL(dl__conv_weight);

void KERNEL(dl__conv)(const dl_call *c)
{
    const dl_conv_shape *s = c->ins->info;
    REAL *y = dl_result(c);
    job j = { .s = s, .x = dl_operand(c, 0), .w = dl_operand(c, 1), .y = y, .row = conv_row };
    j.columns = s->n == 1 ? s->f : s->n;
    walk(c, &j, y);
}

/* `count` matrices (rows,cols) -> (cols,rows). */
static const REAL *transposed(const REAL *x, int64_t count, int64_t rows, int64_t cols, REAL *to)
{
    for (int64_t q = 0; q < count; q++)
        for (int64_t i = 0; i < cols; i++)
            for (int64_t k = 0; k < rows; k++)
                to[(q * cols + i) * rows + k] = x[(q * rows + k) * cols + i];
    return to;
}

void KERNEL(dl__conv_input)(const dl_call *c)
{
    const dl_conv_shape *s = c->ins->info;
    REAL *x = dl_result(c);
    job j = { .s = s, .y = dl_operand(c, 0), .w = dl_operand(c, 1), .x = x, .row = input_row };
    j.columns = s->n == 1 ? s->c : s->n;
    if (s->n == 1) {
        int64_t taps = s->groups * s->filter[0] * s->filter[1] * s->filter[2];
        j.turned = transposed(j.w, taps, s->c, s->f, dl_work(c));
    }
    walk(c, &j, x);
}

void KERNEL(dl__conv_weight)(const dl_call *c)
{
    const dl_conv_shape *s = c->ins->info;
    REAL *w = dl_result(c);
    job j = { .s = s, .x = dl_operand(c, 0), .y = dl_operand(c, 1), .w = w, .row = weight_row };
    j.columns = s->f;
    if (s->n > 1)
        j.turned =
            transposed(j.y, s->out[0] * s->out[1] * s->out[2], s->groups * s->f, s->n, dl_work(c));
    walk(c, &j, w);
}
