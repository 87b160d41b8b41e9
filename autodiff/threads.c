/* threads.c */
#include "op.h"
void dl_parallel(int64_t parts, void (*part)(void *context, int64_t k), void *context)
{
    for (int64_t k = 0; k < parts; k++) part(context, k);
}
