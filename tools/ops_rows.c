/* ops_rows.c: prints every row of the library, a line each, fields between tabs: family, name,
 * shapes, names of operands, how it computes, value as C. For tools/ops_doc.py. */
#include "ops/support.h"

#include <stdio.h>

static const char *how(const dl_op *op)
{
    if (op->view) return "a view";
    if (op->strip[0][0]) return "elementwise";
    return op->fold[0][0] ? "a reduction that may end a fused loop" : "a kernel";
}

int main(void)
{
    for (const dl_family *const *f = dl__families; *f; f++)
        for (const dl_op *const *row = (*f)->ops; *row; row++)
            printf("%s\t%s\t%s\t%s\t%s\t%s\n", (*f)->name, (*row)->name, (*row)->shapes,
                   (*row)->operands ? (*row)->operands : "", how(*row),
                   (*row)->formula ? (*row)->formula : "");
    return 0;
}
