/* norms_real.c: kernel of the p-norm. */
#include "groups.h"
#include "norms.h"

GROUPS_2(norm_p, REAL, REAL, PLAIN)
