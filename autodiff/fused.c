/* fused.c: runs a fused loop, piece by piece, strip by strip. What a strip is given and in which
 * order sums are added depends on sizes alone: the same bits for any number of threads. */
#include "fused.h"
#include "pairwise.h"

typedef struct run {
    const dl_fused *f;
    void *const *ptr;
    double *partial; /* by end and piece */
} run;

static bool splits_rows(const dl_fused *f) { return f->nend && f->piece < f->terms; }

/* Pieces do not cross the ends of lines: of rows, where these are longer than a piece. */
static int64_t line(const dl_fused *f) { return splits_rows(f) ? f->terms : f->numel; }

static int64_t pieces_per_line(const dl_fused *f) { return (line(f) + f->piece - 1) / f->piece; }

static int64_t pieces(const dl_fused *f) { return f->numel / line(f) * pieces_per_line(f); }

size_t dl__fused_work(const dl_fused *f)
{
    return splits_rows(f) ? f->nend * (size_t)pieces(f) * sizeof(double) : 0;
}

/* ---- slots ----------------------------------------------------------------------------------- */

/* Strips of their own follow each other in memory: first those of gathered operands. */
typedef struct table {
    void *slot[DL__SLOTS];
    dl_cursor cursor[DL__OPERANDS];
} table;

static void point(const run *r, table *t, int64_t first, char *memory)
{
    const dl_fused *f = r->f;
    size_t bytes = (size_t)f->strip * f->size, at = (size_t)first * f->size;
    uint32_t k = 0;
    for (uint32_t i = 0; i < f->noperand; i++) {
        const dl_fused_operand *x = &f->operand[i];
        if (x->gather) {
            t->cursor[i] = dl__cursor_at(x->gather, first);
            t->slot[i] = memory + k++ * bytes;
        } else {
            t->slot[i] = (char *)r->ptr[x->value] + (x->single ? 0 : at);
        }
    }
    for (uint32_t i = 0; i < f->nresult; i++)
        t->slot[f->noperand + i] = (char *)r->ptr[f->result[i]] + at;
    for (uint32_t i = 0; i < f->nstrip; i++)
        t->slot[f->noperand + f->nresult + i] = memory + k++ * bytes;
}

static void gather(const run *r, table *t, int64_t n)
{
    const dl_fused *f = r->f;
    for (uint32_t i = 0; i < f->noperand; i++)
        if (f->operand[i].gather)
            dl__gather(t->slot[i], f->operand[i].gather, &t->cursor[i], n,
                       r->ptr[f->operand[i].value], f->size);
}

static void advance(const dl_fused *f, table *t, int64_t n)
{
    size_t bytes = (size_t)n * f->size;
    for (uint32_t i = 0; i < f->noperand; i++)
        if (!f->operand[i].gather && !f->operand[i].single) t->slot[i] = (char *)t->slot[i] + bytes;
    for (uint32_t i = f->noperand; i < f->noperand + f->nresult; i++)
        t->slot[i] = (char *)t->slot[i] + bytes;
}

/* ---- reductions ------------------------------------------------------------------------------ */

typedef struct sums {
    pairwise total[DL__STEPS];
    int64_t fed; /* terms of the row that is being summed */
    int64_t row;
} sums;

static void finish_row(const run *r, sums *s, int64_t length, int64_t piece)
{
    const dl_fused *f = r->f;
    for (uint32_t e = 0; e < f->nend; e++) {
        const dl_fused_end *end = &f->end[e];
        double sum = pairwise_total(&s->total[e]);
        if (splits_rows(f)) r->partial[e * pieces(f) + piece] = sum;
        else
            end->fold->finish((char *)r->ptr[end->value] + s->row * (int64_t)f->size, sum,
                              (double)length);
        s->total[e].blocks = 0;
    }
    s->fed = 0;
    s->row++;
}

/* The next blocks of one sum; m terms, whole blocks but for the last one of a row. */
static void add_blocks(pairwise *total, const dl_fold *fold, const char *x, int64_t m, size_t size)
{
    const size_t bytes = DL_BLOCK * size;
    for (; fold->four && m >= 4 * DL_BLOCK; m -= 4 * DL_BLOCK, x += 4 * bytes) {
        double sum[4];
        fold->four(x, sum);
        pairwise_add_four(total, sum);
    }
    for (; m > 0; m -= DL_BLOCK, x += bytes)
        pairwise_add(total, fold->block(m < DL_BLOCK ? m : DL_BLOCK, x));
}

/* Strips end where blocks or rows end. */
static void feed(const run *r, const table *t, sums *s, int64_t n, int64_t length, int64_t piece)
{
    const dl_fused *f = r->f;
    for (int64_t i = 0, m; i < n; i += m) {
        m = n - i < length - s->fed ? n - i : length - s->fed;
        for (uint32_t e = 0; e < f->nend; e++) {
            const char *x = t->slot[f->end[e].slot];
            add_blocks(&s->total[e], f->end[e].fold, x + i * (int64_t)f->size, m, f->size);
        }
        s->fed += m;
        if (s->fed == length) finish_row(r, s, length, piece);
    }
}

/* Full pieces are subtrees of the row's tree; the last one may be less. */
static void join_pieces(const run *r)
{
    const dl_fused *f = r->f;
    int64_t per_row = pieces_per_line(f), rows = f->numel / f->terms;
    for (uint32_t e = 0; e < f->nend; e++)
        for (int64_t row = 0; row < rows; row++) {
            const double *part = r->partial + e * pieces(f) + row * per_row;
            pairwise total = { .blocks = 0 };
            for (int64_t k = 0; k < f->terms / f->piece; k++) pairwise_add(&total, part[k]);
            bool rest = f->terms % f->piece;
            double sum =
                rest ? pairwise_total_from(&total, part[per_row - 1]) : pairwise_total(&total);
            f->end[e].fold->finish((char *)r->ptr[f->end[e].value] + row * (int64_t)f->size, sum,
                                   (double)f->terms);
        }
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* Elements first .. first + n - 1, which are rows of `length` terms, or one piece of a row. */
static void run_span(const run *r, int64_t first, int64_t n, int64_t length, int64_t piece)
{
    const dl_fused *f = r->f;
    _Alignas(64) char memory[DL__STRIPS];
    table t;
    sums s;
    for (uint32_t e = 0; e < f->nend; e++) s.total[e].blocks = 0;
    s.fed = 0;
    s.row = f->nend && first ? first / f->terms : 0;
    point(r, &t, first, memory);
    for (int64_t m; n > 0; n -= m) {
        m = n < f->strip ? n : f->strip;
        if (f->nend && m > length - s.fed && f->strip < f->terms) m = length - s.fed;
        if (f->gathers) gather(r, &t, m);
        for (const dl_step *step = f->step; step < f->step + f->nstep; step++)
            step->run(m, step, t.slot);
        if (f->nend) feed(r, &t, &s, m, length, piece);
        if (n > m) advance(f, &t, m);
    }
}

static void run_piece(void *context, int64_t piece)
{
    const run *r = context;
    const dl_fused *f = r->f;
    int64_t in_line = piece % pieces_per_line(f) * f->piece;
    int64_t first = piece / pieces_per_line(f) * line(f) + in_line;
    int64_t n = line(f) - in_line < f->piece ? line(f) - in_line : f->piece;
    run_span(r, first, n, splits_rows(f) ? n : f->terms, piece);
}

void dl__fused_run(const dl_call *c)
{
    run r = { .f = c->ins->info, .ptr = c->ptr };
    if (r.f->numel == 0) return;
    if (r.f->numel <= r.f->piece) {
        run_span(&r, 0, r.f->numel, r.f->terms, 0);
        return;
    }
    if (splits_rows(r.f)) r.partial = dl_work(c);
    dl_parallel(pieces(r.f), run_piece, &r);
    if (splits_rows(r.f)) join_pieces(&r);
}

void dl__fused_direct(const dl_call *c)
{
    const dl_fused *f = c->ins->info;
    for (uint32_t i = 0; i < (f->gathers ? f->noperand : 0); i++) {
        const dl_fused_operand *x = &f->operand[i];
        dl_cursor start = { .at = 0 };
        if (x->gather && f->numel)
            dl__gather(c->ptr[x->gathered], x->gather, &start, f->numel, c->ptr[x->value], f->size);
    }
    for (const dl_step *step = f->direct; step < f->direct + f->nstep; step++)
        step->run(f->numel, step, c->ptr);
    for (const dl_fused_end *e = f->end; e < f->end + f->nend; e++) {
        const char *x = c->ptr[e->slot_value];
        char *y = c->ptr[e->value];
        int64_t row = f->terms * (int64_t)f->size;
        for (int64_t at = 0; at < f->numel * (int64_t)f->size; at += row, y += f->size)
            e->fold->finish(y, e->fold->block(f->terms, x + at), (double)f->terms);
    }
}
