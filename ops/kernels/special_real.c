/* special_real.c: strips of special functions. */
#include "unary_strip.h"
#include "binary_strip.h"
#include "bessel.h"
#include "../special_rows.h"

#define ERFINV(x) KERNEL_F(dl_erfinv)(x)
#define GAMMA(x) KERNEL_F(dl_gamma)(x)
#define LGAMMA(x) KERNEL_F(dl_lgamma)(x)
#define DIGAMMA(x) KERNEL_F(dl_digamma)(x)
#define J0(x) KERNEL_F(dl_j0)(x)
#define J1(x) KERNEL_F(dl_j1)(x)
#define Y0(x) KERNEL_F(dl_y0)(x)
#define Y1(x) KERNEL_F(dl_y1)(x)
#define POLYGAMMA(n, x) KERNEL_F(dl_polygamma)(n, x)
#define JN(n, x) KERNEL_F(dl_jn)(n, x)
#define YN(n, x) KERNEL_F(dl_yn)(n, x)

SPECIAL(STRIP)
ORDERED(BINARY_STRIP)
