/* families.c: all ops of the library, and what they lend to the engine. */
#include "support.h"

/* A line for each, so that branches that add one merge. */
/* clang-format off */
const dl_family *const dl__families[] = {
    &dl__unary_family,
    &dl__binary_family,
    &dl__reduce_family,
    &dl__matrix_family,
    &dl__view_family,
    &dl__join_family,
    &dl__create_family,
    &dl__extremes_family,
    &dl__order_family,
    &dl__scan_family,
    &dl__softmax_family,
    &dl__norms_family,
    &dl__count_family,
    &dl__lu_family,
    &dl__solve_family,
    &dl__decompose_family,
    &dl__matrix_function_family,
    &dl__band_family,
    &dl__loss_family,
    &dl__compare_family,
    &dl__select_family,
    &dl__step_family,
    &dl__index_family,
    &dl__sizes_family,
    &dl__random_family,
    &dl__math_family,
    &dl__conv_family,
    &dl__pool_family,
    &dl__activation_family,
    &dl__special_family,
    &dl__spectral_family,
    &dl__resize_family,
    &dl__triangle_family,
    &dl__distance_family,
    NULL,
};
/* clang-format on */

static const dl_algebra algebra = {
    .like = dl__like,
    .hold = dl__hold,
    .add = dl_add,
    .is_part = dl__is_part,
    .assemble = dl__assemble,
    .conform = dl__conform,
    .dot = dl_dot,
    .unit = dl__unit,
    .stack = dl__stack,
    .transpose = dl_transpose,
    .texts = dl__texts,
};

dl_tape *dl_tape_new(void) { return dl_tape_create(&algebra); }
