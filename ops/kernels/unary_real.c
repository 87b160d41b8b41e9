/* unary_real.c: strips of the elementwise ops of one operand. */
#include "unary_strip.h"
#include "../unary_rows.h"

UNARY(STRIP)
CIRCULAR(CIRCULAR_STRIP)
