/* select_real.c: selection by a mask, and other dtypes. Integers go through the kernels of f32. */
#include "lines.h"
#include "whole.h"

/* ---- where ----------------------------------------------------------------------------------- */

/* Both sides are read, so that the choice is a blend. */
#define CHOICE(NAME, TYPE)                                                                     \
    static inline __attribute__((always_inline)) void NAME##_steps(                            \
        int64_t n, TYPE *y, const uint8_t *mask, int64_t h, const TYPE *a, int64_t i,          \
        const TYPE *b, int64_t j)                                                              \
    {                                                                                          \
        INDEPENDENT                                                                            \
        for (int64_t k = 0; k < n; k++) {                                                      \
            TYPE u = a[k * i], v = b[k * j];                                                   \
            y[k] = mask[k * h] ? u : v;                                                        \
        }                                                                                      \
    }                                                                                          \
    static void NAME##_line(int64_t n, TYPE *y, const uint8_t *mask, int64_t h, const TYPE *a, \
                            int64_t i, const TYPE *b, int64_t j)                               \
    {                                                                                          \
        if (h == 1 && i == 1 && j == 1) NAME##_steps(n, y, mask, 1, a, 1, b, 1);               \
        else if (h == 1 && i == 1 && j == 0) NAME##_steps(n, y, mask, 1, a, 1, b, 0);          \
        else if (h == 1 && i == 0 && j == 1) NAME##_steps(n, y, mask, 1, a, 0, b, 1);          \
        else NAME##_steps(n, y, mask, h, a, i, b, j);                                          \
    }                                                                                          \
    static void NAME(const dl_call *c)                                                         \
    {                                                                                          \
        nest w = nest_begin(c->ins->info);                                                     \
        int64_t n = line_length(w.loop), h = line_step(w.loop, 1), i = line_step(w.loop, 2);   \
        int64_t j = line_step(w.loop, 3);                                                      \
        TYPE *y = dl_result(c);                                                                \
        const uint8_t *mask = dl_operand(c, 0);                                                \
        const TYPE *a = dl_operand(c, 1), *b = dl_operand(c, 2);                               \
        if (!dl_result_layout(c)->shape.numel) return;                                         \
        do NAME##_line(n, y + w.at[0], mask + w.at[1], h, a + w.at[2], i, b + w.at[3], j);     \
        while (nest_next(&w, 1));                                                              \
    }

dl_kernel KERNEL(dl__where), KERNEL(dl__cast);

CHOICE(where_real, REAL)
#if DL_REAL == 32
CHOICE(where_i32, int32_t)
CHOICE(where_i64, int64_t)
CHOICE(where_u8, uint8_t)

void KERNEL(dl__where)(const dl_call *c)
{
    static dl_kernel *const by_dtype[DL_NDTYPE] = {
        [DL_F32] = where_real, [DL_I32] = where_i32, [DL_I64] = where_i64, [DL_U8] = where_u8
    };
    by_dtype[dl_result_layout(c)->shape.dtype](c);
}
#else
void KERNEL(dl__where)(const dl_call *c) { where_real(c); }
#endif

/* ---- cast ------------------------------------------------------------------------------------ */

#define CONVERSION(NAME, TO, FROM, VALUE)                          \
    static void NAME(const dl_call *c)                             \
    {                                                              \
        nest w = nest_begin(c->ins->info);                         \
        int64_t n = line_length(w.loop), i = line_step(w.loop, 1); \
        TO *y = dl_result(c);                                      \
        const FROM *from = dl_operand(c, 0);                       \
        if (!dl_result_layout(c)->shape.numel) return;             \
        do {                                                       \
            TO *to = y + w.at[0];                                  \
            const FROM *p = from + w.at[1];                        \
            if (i == 1) {                                          \
                INDEPENDENT                                        \
                for (int64_t k = 0; k < n; k++) {                  \
                    FROM x = p[k];                                 \
                    to[k] = VALUE;                                 \
                }                                                  \
            } else {                                               \
                for (int64_t k = 0; k < n; k++) {                  \
                    FROM x = p[k * i];                             \
                    to[k] = VALUE;                                 \
                }                                                  \
            }                                                      \
        } while (nest_next(&w, 1));                                \
    }

#define WHOLE(x) KERNEL_F(dl_whole)(x)
CONVERSION(real_of_f32, REAL, float, (REAL)x)
CONVERSION(real_of_f64, REAL, double, (REAL)x)
CONVERSION(real_of_i32, REAL, int32_t, (REAL)x)
CONVERSION(real_of_i64, REAL, int64_t, (REAL)x)
CONVERSION(real_of_u8, REAL, uint8_t, (REAL)x)
CONVERSION(i32_of_real, int32_t, REAL, dl_short_i32(WHOLE(x)))
CONVERSION(i64_of_real, int64_t, REAL, WHOLE(x))
CONVERSION(u8_of_real, uint8_t, REAL, dl_short_u8(WHOLE(x)))
#if DL_REAL == 32
CONVERSION(i32_of_i64, int32_t, int64_t, dl_short_i32(x))
CONVERSION(i32_of_u8, int32_t, uint8_t, x)
CONVERSION(i64_of_i32, int64_t, int32_t, x)
CONVERSION(i64_of_u8, int64_t, uint8_t, x)
CONVERSION(u8_of_i32, uint8_t, int32_t, dl_short_u8(x))
CONVERSION(u8_of_i64, uint8_t, int64_t, dl_short_u8(x))
#endif

#define TO_REAL                                                        \
    {                                                                  \
        real_of_f32, real_of_f64, real_of_i32, real_of_i64, real_of_u8 \
    }

/* By dtype of the result and of the operand. */
static dl_kernel *const conversions[DL_NDTYPE][DL_NDTYPE] = {
#if DL_REAL == 32
    [DL_F32] = TO_REAL,
    [DL_I32] = { i32_of_real, NULL, NULL, i32_of_i64, i32_of_u8 },
    [DL_I64] = { i64_of_real, NULL, i64_of_i32, NULL, i64_of_u8 },
    [DL_U8] = { u8_of_real, NULL, u8_of_i32, u8_of_i64, NULL },
#else
    [DL_F64] = TO_REAL,
    [DL_I32] = { [DL_F64] = i32_of_real },
    [DL_I64] = { [DL_F64] = i64_of_real },
    [DL_U8] = { [DL_F64] = u8_of_real },
#endif
};

void KERNEL(dl__cast)(const dl_call *c)
{
    conversions[dl_result_layout(c)->shape.dtype][dl_operand_layout(c, 0)->shape.dtype](c);
}
