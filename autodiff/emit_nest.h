/* emit_nest.h: the nest of loops that a fused loop becomes in C. */
#ifndef DLTAPE_EMIT_NEST_H
#define DLTAPE_EMIT_NEST_H

#include "emit.h"

enum { DL__NEST = 12 }; /* loops */

typedef struct dl_nest {
    dl_writer *w;
    const dl_fused *f;
    int64_t size[DL__NEST];                       /* outermost first */
    int n, rows;                                  /* loops; the first ones, over rows */
    bool blocks;                                  /* rows of more than a block */
    dl_value_name name[DL__OPERANDS + DL__STEPS]; /* of operands and results */
    int16_t step[DL__SLOTS];                      /* which computed what is there now; -1: none */
    uint8_t part[DL__STEPS], parts;               /* of the body, each a loop */
    bool kept[DL__STEPS];  /* read by a later part, or summed: lies in a strip */
    bool strip[DL__SLOTS]; /* an array of one block */
    const char *real, *type;
} dl_nest;

void dl__nest_sizes(dl_nest *l);                     /* fills in size, n, rows, blocks */
const char *dl__nest_index(const dl_nest *l, int k); /* what the variable of loop k is called */
/* Places of an element: of what lies without gaps, from loop `first` to loop `end`; and of a
 * gathered operand. */
dl_index dl__nest_place(const dl_nest *l, int first, int end);
dl_index dl__nest_gathered(const dl_nest *l, const dl_loop *g);

#endif
