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

/* ---- choices by comparisons ------------------------------------------------------------------ */

enum { RUN = 128 };

/* An operand that is one element is repeated once for all runs. */
static inline __attribute__((always_inline)) void
choose(int64_t n, const dl_step *s, void *const *slot, int (*holds)(REAL, REAL))
{
    REAL repeated[4][RUN];
    for (int k = 0; k < 4; k++)
        for (int64_t i = 0; s->single[k] && i < RUN; i++)
            repeated[k][i] = *(const REAL *)slot[s->x[k]];
    for (int64_t first = 0; first < n; first += RUN) {
        int64_t rest = n - first < RUN ? n - first : RUN;
        REAL *y = (REAL *)slot[s->y] + first;
        const REAL *x[4];
        for (int k = 0; k < 4; k++)
            x[k] = s->single[k] ? repeated[k] : (const REAL *)slot[s->x[k]] + first;
        const REAL *a = x[0], *b = x[1], *c = x[2], *d = x[3];
        INDEPENDENT
        for (int64_t i = 0; i < rest; i++) {
            REAL yes = c[i], no = d[i];
            y[i] = holds(a[i], b[i]) ? yes : no;
        }
    }
}

#define CHOICE(NAME, OP)                                                           \
    static inline int NAME##_holds(REAL a, REAL b) { return a OP b; }              \
    dl_strip KERNEL(dl__choose_##NAME);                                            \
    void KERNEL(dl__choose_##NAME)(int64_t n, const dl_step *s, void *const *slot) \
    {                                                                              \
        choose(n, s, slot, NAME##_holds);                                          \
    }
COMPARISONS(CHOICE)
