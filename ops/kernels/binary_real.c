/* binary_real.c: strips of the elementwise ops of two operands. */
#include "binary_strip.h"
#include "../binary_rows.h"

BINARY(BINARY_STRIP)
