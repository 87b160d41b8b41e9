/* count_real.c: how many elements of groups are not 0, and which, of any dtype. */
#include "real.h"
#include "../span.h"

/* ---- how many -------------------------------------------------------------------------------- */

#define COUNT(TYPE)                                                                 \
    static int64_t count_##TYPE(const void *x, int64_t at, int64_t n, int64_t step) \
    {                                                                               \
        const TYPE *from = (const TYPE *)x + at;                                    \
        int64_t count = 0;                                                          \
        for (int64_t i = 0; i < n; i++) count += from[i * step] != 0;               \
        return count;                                                               \
    }
COUNT(float)
COUNT(double)
COUNT(int32_t)
COUNT(int64_t)
COUNT(uint8_t)

static int64_t (*const counts[DL_NDTYPE])(const void *, int64_t, int64_t, int64_t) = {
    [DL_F32] = count_float,   [DL_F64] = count_double, [DL_I32] = count_int32_t,
    [DL_I64] = count_int64_t, [DL_U8] = count_uint8_t,
};

/* The number under result k. */
static int64_t count_at(const dl_call *c, int64_t k)
{
    const dl_spread *s = c->ins->info;
    int64_t n = s->along[1], at = k / s->behind * n * s->behind + k % s->behind;
    return counts[dl_operand_layout(c, 0)->shape.dtype](dl_operand(c, 0), at, n, s->behind);
}

#define KERNEL_OF(NAME, TYPE, VALUE)                          \
    dl_kernel KERNEL(dl__##NAME);                             \
    void KERNEL(dl__##NAME)(const dl_call *c)                 \
    {                                                         \
        const dl_spread *s = c->ins->info;                    \
        TYPE *y = dl_result(c);                               \
        for (int64_t k = 0; k < s->before * s->behind; k++) { \
            int64_t count = count_at(c, k);                   \
            y[k] = VALUE;                                     \
        }                                                     \
    }
KERNEL_OF(count_nonzero, int64_t, count)
KERNEL_OF(any, uint8_t, count != 0)
KERNEL_OF(all, uint8_t, count == s->along[1])

/* ---- which ----------------------------------------------------------------------------------- */

/* The first `most`, and n, which is outside, for those that are not there. */
#define PLACES(TYPE)                                                              \
    static void places_##TYPE(const void *x, int64_t n, int64_t most, int64_t *y) \
    {                                                                             \
        const TYPE *from = x;                                                     \
        int64_t found = 0;                                                        \
        for (int64_t i = 0; i < n && found < most; i++) {                         \
            y[found] = i;                                                         \
            found += from[i] != 0;                                                \
        }                                                                         \
        for (; found < most; found++) y[found] = n;                               \
    }
PLACES(float)
PLACES(double)
PLACES(int32_t)
PLACES(int64_t)
PLACES(uint8_t)

static void (*const places[DL_NDTYPE])(const void *, int64_t, int64_t, int64_t *) = {
    [DL_F32] = places_float,   [DL_F64] = places_double, [DL_I32] = places_int32_t,
    [DL_I64] = places_int64_t, [DL_U8] = places_uint8_t,
};

dl_kernel KERNEL(dl__nonzero);
void KERNEL(dl__nonzero)(const dl_call *c)
{
    const dl_shape *x = &dl_operand_layout(c, 0)->shape;
    places[x->dtype](dl_operand(c, 0), x->numel, dl_result_layout(c)->shape.numel, dl_result(c));
}
