/* special_rows.h: special functions, as in unary_rows.h and, of an order a and of b, as in
 * binary_rows.h. */
#define SPECIAL(ROW)                                                                           \
    ROW(erfinv, ERFINV(x), dl_mul(dl_scale(g, 0.88622692545275801), dl_exp(dl_square(y))))     \
    ROW(gamma, GAMMA(x), dl_mul(g, dl_mul(y, dl_digamma(x))))                                  \
    ROW(lgamma, LGAMMA(x), dl_mul(g, dl_digamma(x)))                                           \
    ROW(digamma, DIGAMMA(x), dl_mul(g, dl_polygamma(1, x)))                                    \
    ROW(bessel_j0, J0(x), dl_neg(dl_mul(g, dl_bessel_j1(x))))                                  \
    ROW(bessel_j1, J1(x), dl_mul(g, dl_scale(dl_sub(dl_bessel_j0(x), dl_besselj(2, x)), 0.5))) \
    ROW(bessel_y0, Y0(x), dl_neg(dl_mul(g, dl_bessel_y1(x))))                                  \
    ROW(bessel_y1, Y1(x),                                                                      \
        dl_mul(g, steep(y, dl_scale(dl_sub(dl_bessel_y0(x), dl_bessely(2, x)), 0.5))))

/* The order is a number of rank 0 in the dtype of b: it has no derivative. */
#define ORDERED(ROW)                                                                             \
    ROW(polygamma, POLYGAMMA(a, b), dl_none(g.tape), dl_mul(g, ordered(&polygamma_op, a, 1, b))) \
    ROW(besselj, JN(a, b), dl_none(g.tape), dl_mul(g, between(&besselj_op, a, b)))               \
    ROW(bessely, YN(a, b), dl_none(g.tape), dl_mul(g, steep(y, between(&bessely_op, a, b))))
