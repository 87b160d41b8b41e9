/* resize_real.c: kernels that read values between their elements, and of the transposed map. */
#include "real.h"
#include "resize_lines.h"
#include "../resize_call.h"

typedef void resize_lines(const dl_resize_line *a, int64_t width, const REAL *x, REAL *y);

static void all_lines(const dl_call *c, resize_lines *lines)
{
    const dl_resize_attr *a = c->ins->info;
    const dl_shape *from = &dl_operand_layout(c, 0)->shape, *to = &dl_result_layout(c)->shape;
    const REAL *x = dl_operand(c, 0);
    REAL *y = dl_result(c);
    int64_t rows = 1, width = 1;
    for (int i = 0; i < to->rank; i++)
        if (i != a->axis) *(i < a->axis ? &rows : &width) *= to->dim[i];
    for (int64_t i = 0; width && i < rows; i++)
        lines(&a->line, width, x + i * from->dim[a->axis] * width,
              y + i * to->dim[a->axis] * width);
}

dl_kernel KERNEL(dl__resize), KERNEL(dl__resize_back);
void KERNEL(dl__resize)(const dl_call *c) { all_lines(c, KERNEL_F(dl_resize)); }
void KERNEL(dl__resize_back)(const dl_call *c) { all_lines(c, KERNEL_F(dl_resize_back)); }
