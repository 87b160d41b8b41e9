/* compare_real.c: comparisons, and logic on masks. */
#include "lines.h"
#include "../compare_rows.h"

#if DL_REAL == 32
#define OF_INTEGERS(NAME, OP)                         \
    LINE_OF_TWO(NAME##_i32, uint8_t, int32_t, a OP b) \
    LINE_OF_TWO(NAME##_i64, uint8_t, int64_t, a OP b) \
    LINE_OF_TWO(NAME##_u8, uint8_t, uint8_t, a OP b)
#define BY_DTYPE(NAME)                              \
    static dl_kernel *const by_dtype[DL_NDTYPE] = { \
        [DL_F32] = NAME##_real,                     \
        [DL_I32] = NAME##_i32,                      \
        [DL_I64] = NAME##_i64,                      \
        [DL_U8] = NAME##_u8,                        \
    };                                              \
    by_dtype[dl_operand_layout(c, 0)->shape.dtype](c)
#else
#define OF_INTEGERS(NAME, OP)
#define BY_DTYPE(NAME) NAME##_real(c)
#endif

#define COMPARISON(NAME, OP)                        \
    LINE_OF_TWO(NAME##_real, uint8_t, REAL, a OP b) \
    OF_INTEGERS(NAME, OP)                           \
    dl_kernel KERNEL(dl__##NAME);                   \
    void KERNEL(dl__##NAME)(const dl_call *c) { BY_DTYPE(NAME); }

#define CONNECTIVE(NAME, OP)                                         \
    LINE_OF_TWO(NAME##_masks, uint8_t, uint8_t, (a != 0) OP(b != 0)) \
    dl_kernel KERNEL(dl__##NAME);                                    \
    void KERNEL(dl__##NAME)(const dl_call *c) { NAME##_masks(c); }

COMPARISONS(COMPARISON)
CONNECTIVES(CONNECTIVE)
