/* softmax_real.c: kernels of logsumexp, softmax and log_softmax. */
#include "groups.h"
#include "softmax.h"

GROUPS_1(logsumexp, REAL, TURNED)
GROUPS_1(softmax, REAL, TURNED)
GROUPS_1(log_softmax, REAL, TURNED)
