/* groups.h: kernels of ops over a span of axes: their functions, run over all groups. */
#ifndef DLTAPE_GROUPS_H
#define DLTAPE_GROUPS_H

#include "group.h"
#include "turn.h"
#include "../span.h"

/* What dl_X is called with: operands are null where an op has fewer. */
typedef void group_function(dl_group g, void *y, const void *a, const void *b);

typedef struct group_run {
    const dl_spread *s;
    group_function *function;
    char *at[3]; /* the result, and the operands */
    int64_t size[3], strips, parts;
} group_run;

/* One part of all strips, where a strip is up to DL_GROUPS groups side by side. */
static void run_groups(void *context, int64_t part)
{
    const group_run *r = context;
    const dl_spread *s = r->s;
    int64_t all = s->before * r->strips;
    for (int64_t k = all * part / r->parts; k < all * (part + 1) / r->parts; k++) {
        int64_t i = k / r->strips, j = k % r->strips * DL_GROUPS;
        char *at[3] = { NULL };
        for (int p = 0; p < 3 && r->at[p]; p++)
            at[p] = r->at[p] + (i * s->along[p] * s->behind + j) * r->size[p];
        dl_group g = { s->along[1], s->behind,
                       s->behind - j < DL_GROUPS ? s->behind - j : DL_GROUPS, s->how, 1 };
        r->function(g, at[0], at[1], at[2]);
    }
}

/* Groups of few neighbours, up to DL_GROUPS of them side by side in a copy. */
static void run_short(void *context, int64_t part)
{
    const group_run *r = context;
    const dl_spread *s = r->s;
    int64_t n = s->along[1], blocks = (s->before + DL_GROUPS - 1) / DL_GROUPS;
    bool same = s->along[0] == n && n != 1;
    REAL x[DL_SHORT * DL_GROUPS], y[DL_SHORT * DL_GROUPS];
    for (int64_t k = blocks * part / r->parts; k < blocks * (part + 1) / r->parts; k++) {
        int64_t i = k * DL_GROUPS, m = s->before - i < DL_GROUPS ? s->before - i : DL_GROUPS;
        const REAL *from = (const REAL *)(void *)r->at[1] + i * n;
        char *to = r->at[0] + i * s->along[0] * r->size[0];
        for (int64_t j = 0; j < m; j++)
            for (int64_t l = 0; l < n; l++) x[l * m + j] = from[j * n + l];
        r->function((dl_group){ n, m, m, s->how, 1 }, same ? (void *)y : to, x, NULL);
        for (int64_t j = 0; j < m && same; j++)
            for (int64_t l = 0; l < n; l++) ((REAL *)(void *)to)[j * n + l] = y[l * m + j];
    }
}

/* Groups of neighbours one behind the other, some of them at a time: they need not wait for each
 * other. */
enum { ABREAST = 16 };
static void run_abreast(void *context, int64_t part)
{
    const group_run *r = context;
    const dl_spread *s = r->s;
    int64_t n = s->along[1], blocks = (s->before + ABREAST - 1) / ABREAST;
    for (int64_t k = blocks * part / r->parts; k < blocks * (part + 1) / r->parts; k++) {
        int64_t i = k * ABREAST, m = s->before - i < ABREAST ? s->before - i : ABREAST;
        char *at[3] = { NULL };
        for (int p = 0; p < 3 && r->at[p]; p++) at[p] = r->at[p] + i * n * r->size[p];
        r->function((dl_group){ n, 1, m, s->how, n }, at[0], at[1], at[2]);
    }
}

/* to[p][i] = from[i][p] for i < rows and p < cols. */
static void turn_round(int64_t rows, int64_t cols, const REAL *from, int64_t across, REAL *to,
                       int64_t to_across)
{
    for (int64_t i = 0, p; i < rows; i += TURN) {
        const REAL *row = from + i * across;
        int64_t high = rows - i < TURN ? rows - i : TURN;
        few turned[4];
        for (p = 0; high == TURN && p + 4 <= cols; p += 4) {
            turn(row + p, across, turned);
            for (int k = 0; k < 4; k++) *(few *)(to + (p + k) * to_across + i) = turned[k];
        }
        for (; p < cols; p++)
            for (int64_t k = 0; k < high; k++) to[p * to_across + i + k] = row[k * across + p];
    }
}

/* The same of lines that are not long, side by side in a copy, of which the last operand becomes
 * the result. */
enum { TURNED_LINE = 1024 };
static void run_turned(void *context, int64_t part)
{
    const group_run *r = context;
    const dl_spread *s = r->s;
    int64_t n = s->along[1], blocks = (s->before + ABREAST - 1) / ABREAST;
    int operands = r->at[2] ? 2 : 1;
    REAL copy[2][TURNED_LINE * ABREAST];
    for (int64_t k = blocks * part / r->parts; k < blocks * (part + 1) / r->parts; k++) {
        int64_t i = k * ABREAST, m = s->before - i < ABREAST ? s->before - i : ABREAST;
        for (int p = 0; p < operands; p++)
            turn_round(m, n, (const REAL *)(void *)r->at[p + 1] + i * n, n, copy[p], m);
        r->function((dl_group){ n, m, m, s->how, 1 }, copy[operands - 1], copy[0], copy[1]);
        turn_round(n, m, copy[operands - 1], m, (REAL *)(void *)r->at[0] + i * n, n);
    }
}

enum { GROUP_PART = 1 << 15 }; /* elements that are worth a thread */

/* Whether the function gives the same bits for short groups, whether they lie side by side or not;
 * or takes groups that lie one behind the other (scans). */
typedef enum group_turn { PLAIN, TURNED, ABREAST_TOO } group_turn;

/* sizes: of an element of the result and of the operands that are read; 0: none. */
static inline void each_group(const dl_call *c, group_function *function, const int64_t *sizes,
                              group_turn turn)
{
    const dl_spread *s = c->ins->info;
    group_run r = { s, function, { NULL }, { 0 }, (s->behind + DL_GROUPS - 1) / DL_GROUPS, 1 };
    int64_t all = s->before * r.strips,
            whole = s->along[0] > s->along[1] ? s->along[0] : s->along[1];
    if (!all) return;
    for (int p = 0; p < 3 && sizes[p]; p++) {
        r.at[p] = p ? (char *)(uintptr_t)dl_operand(c, p - 1) : dl_result(c);
        bool one = p && dl_operand_layout(c, p - 1)->shape.numel == 1; /* serves all groups */
        r.size[p] = one ? 0 : sizes[p];
    }
    r.parts = s->before * whole * s->behind / GROUP_PART;
    r.parts = r.parts < 1 ? 1 : r.parts < all ? r.parts : all;
    if (r.parts > 64) r.parts = 64;
    bool rows = s->behind == 1 && s->before > 1, spread = r.size[1] && (!r.at[2] || r.size[2]);
    void (*run)(void *, int64_t) = turn == TURNED && rows && s->along[1] <= DL_SHORT ? run_short
                                   : turn == ABREAST_TOO && rows && spread
                                       ? s->along[1] <= TURNED_LINE ? run_turned : run_abreast
                                       : run_groups;
    if (r.parts == 1) run(&r, 0);
    else dl_parallel(r.parts, run, &r);
}

/* The kernel dl__NAME from the function dl_NAME of one operand, or of two. */
#define GROUPS_1(NAME, Y, TURN)                                                              \
    dl_kernel KERNEL(dl__##NAME);                                                            \
    static void NAME##_groups(dl_group g, void *y, const void *a, const void *b)             \
    {                                                                                        \
        (void)b;                                                                             \
        KERNEL_F(dl_##NAME)(g, y, a);                                                        \
    }                                                                                        \
    void KERNEL(dl__##NAME)(const dl_call *c)                                                \
    {                                                                                        \
        each_group(c, NAME##_groups, (const int64_t[]){ sizeof(Y), sizeof(REAL), 0 }, TURN); \
    }
#define GROUPS_2(NAME, Y, B, TURN)                                                            \
    dl_kernel KERNEL(dl__##NAME);                                                             \
    static void NAME##_groups(dl_group g, void *y, const void *a, const void *b)              \
    {                                                                                         \
        KERNEL_F(dl_##NAME)(g, y, a, b);                                                      \
    }                                                                                         \
    void KERNEL(dl__##NAME)(const dl_call *c)                                                 \
    {                                                                                         \
        each_group(c, NAME##_groups, (const int64_t[]){ sizeof(Y), sizeof(REAL), sizeof(B) }, \
                   TURN);                                                                     \
    }

#endif
