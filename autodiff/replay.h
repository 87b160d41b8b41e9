/* replay.h: a recorded function, once more, on a tape of its own and in another precision. */
#ifndef DLTAPE_REPLAY_H
#define DLTAPE_REPLAY_H

#include "internal.h"

typedef struct dl_replay {
    dl_tape *tape;
    dl_val y, *wrt;
    int n;
    dl_array **array; /* of all leaves; the first n are the inputs */
    size_t narray, cap_array;
} dl_replay;

/* Records the nodes between wrt and y again, with `dtype` in the place of f32 and f64, and wrt as
 * leaves. On failure `from` has the error. Always to be freed. */
bool dl__replay(dl_replay *r, dl_val y, const dl_val *wrt, int n, dl_dtype dtype);
void dl__replay_free(dl_replay *r);

#endif
