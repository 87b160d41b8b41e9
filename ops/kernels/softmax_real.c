/* softmax_real.c: kernels of logsumexp, softmax and log_softmax. */
#include "groups.h"
#include "softmax.h"

GROUPS_1(logsumexp, REAL, true)
GROUPS_1(softmax, REAL, true)
GROUPS_1(log_softmax, REAL, true)
