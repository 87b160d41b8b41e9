/* lines.h: kernels over a nest of loops of strided operands of any dtype, whose innermost lines
 * vectorise where operands are contiguous or do not move. The result has no gaps. */
#ifndef DLTAPE_LINES_H
#define DLTAPE_LINES_H

#include "real.h"

/* The length of a line, and how operand j moves along it; 0 is the result. */
static inline int64_t line_length(const dl_loop *l) { return l->rank ? l->dim[l->rank - 1] : 1; }
static inline int64_t line_step(const dl_loop *l, int j)
{
    return l->rank ? l->stride[j][l->rank - 1] : 0;
}

/* y[] = VALUE of a[] and b[]: a line. */
#define LINE_OF_TWO(NAME, TO, FROM, VALUE)                                                        \
    static void NAME##_line(int64_t n, TO *y, const FROM *p, int64_t i, const FROM *q, int64_t j) \
    {                                                                                             \
        if (i == 1 && j == 1) {                                                                   \
            INDEPENDENT                                                                           \
            for (int64_t k = 0; k < n; k++) {                                                     \
                FROM a = p[k], b = q[k];                                                          \
                y[k] = (TO)(VALUE);                                                               \
            }                                                                                     \
        } else if (i == 1 && j == 0) {                                                            \
            FROM b = *q;                                                                          \
            INDEPENDENT                                                                           \
            for (int64_t k = 0; k < n; k++) {                                                     \
                FROM a = p[k];                                                                    \
                y[k] = (TO)(VALUE);                                                               \
            }                                                                                     \
        } else if (i == 0 && j == 1) {                                                            \
            FROM a = *p;                                                                          \
            INDEPENDENT                                                                           \
            for (int64_t k = 0; k < n; k++) {                                                     \
                FROM b = q[k];                                                                    \
                y[k] = (TO)(VALUE);                                                               \
            }                                                                                     \
        } else {                                                                                  \
            for (int64_t k = 0; k < n; k++) {                                                     \
                FROM a = p[k * i], b = q[k * j];                                                  \
                y[k] = (TO)(VALUE);                                                               \
            }                                                                                     \
        }                                                                                         \
    }                                                                                             \
    static void NAME(const dl_call *c)                                                            \
    {                                                                                             \
        nest w = nest_begin(c->ins->info);                                                        \
        int64_t n = line_length(w.loop), i = line_step(w.loop, 1), j = line_step(w.loop, 2);      \
        TO *y = dl_result(c);                                                                     \
        const FROM *a = dl_operand(c, 0), *b = dl_operand(c, 1);                                  \
        if (!dl_result_layout(c)->shape.numel) return;                                            \
        do NAME##_line(n, y + w.at[0], a + w.at[1], i, b + w.at[2], j);                           \
        while (nest_next(&w, 1));                                                                 \
    }

#endif
