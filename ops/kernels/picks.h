/* picks.h: how the classes lie: for pick, put and flags, and for whoever prints them. */
#ifndef DLTAPE_PICKS_H
#define DLTAPE_PICKS_H

#include "../../autodiff/op.h"

/* pick and put: the axis of the classes, and how many there are. */
typedef struct pick_attr {
    int64_t axis, classes;
} pick_attr;

/* flags: the dtype of the result, and the integer that is told from all others. */
typedef struct flags_attr {
    int64_t dtype, value;
} flags_attr;

/* Elements before the axis, along it, and behind one step of it. */
typedef struct picks {
    int64_t before, classes, behind;
} picks;

static inline picks picks_of(const dl_shape *s, const pick_attr *a)
{
    picks p = { 1, a->classes, 1 };
    for (int i = 0; i < s->rank; i++) {
        if (i < a->axis) p.before *= s->dim[i];
        if (i > a->axis) p.behind *= s->dim[i];
    }
    return p;
}

#endif
