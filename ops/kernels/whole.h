/* whole.h: numbers as integers: cut towards 0; what does not fit becomes the nearest that does, NaN
 * 0. */
#ifndef DLTAPE_WHOLE_H
#define DLTAPE_WHOLE_H

#include <stdint.h>

/* ---- whole numbers of numbers ---------------------------------------------------------------- */

static inline int64_t dl_whole_f64(double x)
{
    int64_t most = 0x7fffffffffffffff;
    if (x >= 9223372036854775808.0) return most;
    if (x <= -9223372036854775808.0) return -most - 1;
    return x == x ? (int64_t)x : 0;
}

static inline int64_t dl_whole_f32(float x) { return dl_whole_f64((double)x); }

/* ---- shorter ones ---------------------------------------------------------------------------- */

static inline int32_t dl_short_i32(int64_t x)
{
    int32_t most = 0x7fffffff;
    return x > most ? most : x < -most - 1 ? -most - 1 : (int32_t)x;
}

static inline uint8_t dl_short_u8(int64_t x) { return x > 255 ? 255 : x < 0 ? 0 : (uint8_t)x; }

#endif
