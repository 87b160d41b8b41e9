/* turn.h: four by four elements transposed in registers, to[p] = from[i * across + p] for p < 4 and
 * i < 4; or for i < 2, where a register takes two, and for i < 8, where it takes eight. */
#ifndef DLTAPE_TURN_H
#define DLTAPE_TURN_H

#include "real.h"

#define VECTOR_OF(n) \
    __attribute__((vector_size(n * sizeof(REAL)), aligned(sizeof(REAL)), may_alias))
#define INLINE static inline __attribute__((always_inline))
#define MIX(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

typedef REAL quad VECTOR_OF(4);

#if DL_REAL == 64 && VECTOR_BYTES == 16

enum { TURN = 2 };
typedef REAL few VECTOR_OF(2);

INLINE void turn_2(const REAL *from, int64_t across, few *to)
{
    for (int p = 0; p < 4; p += 2) {
        few a = *(const few *)(from + p), b = *(const few *)(from + across + p);
        to[p] = MIX(a, b, 0, 2);
        to[p + 1] = MIX(a, b, 1, 3);
    }
}

INLINE void turn(const REAL *from, int64_t across, few *to) { turn_2(from, across, to); }

#else

enum { TURN = 4 };
typedef quad few;

/* Each of these is one instruction. */
#if DL_REAL == 32
#define LOW(a, b) MIX(a, b, 0, 4, 1, 5)
#define HIGH(a, b) MIX(a, b, 2, 6, 3, 7)
#define EVEN(a, b) LOW(a, b)
#define ODD(a, b) HIGH(a, b)
#else
#define LOW(a, b) MIX(a, b, 0, 1, 4, 5)
#define HIGH(a, b) MIX(a, b, 2, 3, 6, 7)
#define EVEN(a, b) MIX(a, b, 0, 4, 2, 6)
#define ODD(a, b) MIX(a, b, 1, 5, 3, 7)
#endif

INLINE void turn_4(const REAL *from, int64_t across, quad *to)
{
    quad a = *(const quad *)from, b = *(const quad *)(from + across),
         c = *(const quad *)(from + 2 * across), d = *(const quad *)(from + 3 * across);
    to[0] = EVEN(LOW(a, c), LOW(b, d));
    to[1] = ODD(LOW(a, c), LOW(b, d));
    to[2] = EVEN(HIGH(a, c), HIGH(b, d));
    to[3] = ODD(HIGH(a, c), HIGH(b, d));
}

INLINE void turn(const REAL *from, int64_t across, few *to) { turn_4(from, across, to); }

#endif

#define OCTETS (DL_REAL == 32 && VECTOR_BYTES >= 32)
#if OCTETS
typedef REAL octet VECTOR_OF(8);

INLINE octet two_fours(const REAL *from, int64_t apart)
{
    return MIX(*(const quad *)from, *(const quad *)(from + apart), 0, 1, 2, 3, 4, 5, 6, 7);
}

#define LOWS(a, b) MIX(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGHS(a, b) MIX(a, b, 2, 10, 3, 11, 6, 14, 7, 15)

/* The upper halves are what the lower ones are, of four columns further on. */
INLINE void turn_8(const REAL *from, int64_t across, octet *to)
{
    int64_t apart = 4 * across;
    octet a = two_fours(from, apart), b = two_fours(from + across, apart),
          c = two_fours(from + 2 * across, apart), d = two_fours(from + 3 * across, apart);
    to[0] = LOWS(LOWS(a, c), LOWS(b, d));
    to[1] = HIGHS(LOWS(a, c), LOWS(b, d));
    to[2] = LOWS(HIGHS(a, c), HIGHS(b, d));
    to[3] = HIGHS(HIGHS(a, c), HIGHS(b, d));
}
#endif

#endif
