/* binary_rows.h: elementwise ops of two operands: name, value of a and b, cotangents of a and of b
 * from g, a, b and y. What was broadcast is summed by the engine. */
#define BINARY(ROW)                                                                                \
    ROW(add, a + b, g, g)                                                                          \
    ROW(sub, a - b, g, dl_neg(g))                                                                  \
    ROW(mul, a *b, dl_mul(g, b), dl_mul(g, a))                                                     \
    ROW(div, a / b, dl_div(g, b), dl_neg(dl_div(dl_mul(g, y), b)))                                 \
    ROW(power, POW(a, b), dl_mul(g, power_slope(a, b)), dl_mul(g, power_log(a, b)))                \
    ROW(max, a > b || a != a ? a : b, dl_mul(g, larger(a, b)), dl_mul(g, larger(b, a)))            \
    ROW(min, a < b || a != a ? a : b, dl_mul(g, smaller(a, b)), dl_mul(g, smaller(b, a)))          \
    ROW(atan2, ATAN2(a, b), dl_mul(g, angle_slope(b, a)), dl_neg(dl_mul(g, angle_slope(a, b))))    \
    ROW(hypot, HYPOT(a, b), dl_mul(g, dl__div_or_zero(a, y)), dl_mul(g, dl__div_or_zero(b, y)))    \
    ROW(mod, MOD(a, b), g, dl_neg(dl_mul(g, floors(a, b))))                                        \
    ROW(rem, FMOD(a, b), g, dl_neg(dl_mul(g, fixes(a, b))))                                        \
    ROW(copysign, COPYSIGN(a, b), dl_mul(g, dl_mul(dl_sign(a), sign_bit(b))), dl_none(g.tape))     \
    /* a / b rounded down, and towards 0 */                                                        \
    ROW(floors, FLOORS(a, b), dl_none(g.tape), dl_none(g.tape))                                    \
    ROW(fixes, FIXES(a, b), dl_none(g.tape), dl_none(g.tape))                                      \
    /* 1 where a is taken, a NaN before all, 1/2 where both are or none is, else 0 */              \
    ROW(larger, (REAL)0.5 * (REAL)(1 + ((a > b) | (a != a)) - ((b > a) | (b != b))),               \
        dl_none(g.tape), dl_none(g.tape))                                                          \
    ROW(smaller, (REAL)0.5 * (REAL)(1 + ((a < b) | (a != a)) - ((b < a) | (b != b))),              \
        dl_none(g.tape), dl_none(g.tape))                                                          \
    ROW(gate, b > 0 ? a : 0, dl__gate(g, b), dl_none(g.tape))                                      \
    ROW(div_or_zero, b == 0 ? 0 : a / b, dl__div_or_zero(g, b),                                    \
        dl_neg(dl__div_or_zero(dl_mul(g, y), b)))                                                  \
    ROW(mul_or_zero, b == 0 ? 0 : a * b, mul_or_zero(g, b), dl_mul(g, a))                          \
    /* the derivatives of pow by a and by b, and theirs */                                         \
    ROW(power_slope, b == 0 ? 0 : b * POW(a, b - 1),                                               \
        mul_or_zero(mul_or_zero(power_slope(a, dl_shift(b, -1)), b), g),                           \
        dl_mul(g, dl_add(dl_power(a, dl_shift(b, -1)), dl_mul(b, power_log(a, dl_shift(b, -1)))))) \
    ROW(power_log, a == 0 && b >= 0 ? 0 : POW(a, b) * LOG(a),                                      \
        dl_mul(g, dl_add(dl_power(a, dl_shift(b, -1)), dl_mul(b, power_log(a, dl_shift(b, -1))))), \
        dl_mul(g, mul_or_zero(dl_log(a), y)))
