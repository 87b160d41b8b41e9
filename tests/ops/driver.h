/* driver.h: what every op must hold, proved over tables of cases.
 *
 * A case is a call of a public function on small inputs. Sizes are written as digits ("23" is
 * (2,3),
 * "" rank 0); axes of one case that need not agree have different sizes, so that a case can be made
 * empty by turning one digit into 0. Values are exact in f32. */
#ifndef DLTAPE_OPS_DRIVER_H
#define DLTAPE_OPS_DRIVER_H

#include "../../ops/ops.h"
#include "../harness/test.h"

enum { OP_INPUTS = 4, OP_POOL = 32, OP_ELEMENTS = 64 };

typedef struct op_case op_case;
/* Calls the op on its inputs; `arg` is the text of the case: axes, labels. */
typedef dl_val op_build(dl_tape *t, const dl_val *in, const char *arg);
/* The result from the inputs, in plain C. */
typedef void op_reference(const op_case *c, const double *const *x, double *y);

typedef struct op_input {
    const char *dims, *labels; /* dims null: no such input */
    const double *values;
    dl_dtype dtype; /* DL_F32: that of the run; others stand behind these */
} op_input;

enum {
    OP_ANY_DTYPE = 1, /* takes integers too */
    OP_FIXED = 2,     /* the call names sizes: it cannot be made empty */
    OP_COMPOSED = 4   /* of several ops: a bad operand is met by another one */
};

struct op_case {
    const char *op, *name, *arg;
    op_build *build;
    op_input in[OP_INPUTS];
    const char *dims, *labels; /* of the result */
    op_reference *reference;   /* or: */
    const double *want;
    unsigned flags;
    dl_dtype result; /* DL_F32: that of the run; others have no derivative */
};

#define OP_LIST(...) __VA_ARGS__
#define OP_X(DIMS, LABELS, VALUES)   \
    {                                \
        DIMS, LABELS, VALUES, DL_F32 \
    }
/* Indices or a mask; these inputs come last, the call may reorder them. */
#define OP_INT(DTYPE, DIMS, LABELS, VALUES) \
    {                                       \
        DIMS, LABELS, VALUES, DTYPE         \
    }
/* What follows the labels of the result: .reference or .want, and .arg and .flags if need be. */
#define OP_CASE(OP, NAME, BUILD, IN, DIMS, LABELS, ...)                             \
    {                                                                               \
        .op = OP, .name = NAME, .build = BUILD, .in = { OP_LIST IN }, .dims = DIMS, \
        .labels = LABELS, __VA_ARGS__                                               \
    }

typedef struct op_table {
    const op_case *cases;
    int n;
} op_table;

#define OP_TABLE(cases)                               \
    {                                                 \
        cases, (int)(sizeof(cases) / sizeof *(cases)) \
    }

extern const op_table op_unary, op_binary, op_reduce, op_matrix, op_view, op_join, op_create,
    op_loss, op_stats;
extern const op_table op_extremes;
extern const op_table op_order;
extern const op_table op_scan;
extern const op_table op_softmax;
extern const op_table op_norms;
extern const op_table op_count;
extern const op_table op_lu, op_solve, op_decompose, op_matrix_function, op_product;
extern const op_table op_loss_numbers, op_loss_classes, op_loss_vectors;
extern const op_table op_loss_sequences;
extern const op_table op_compare;
extern const op_table op_index;
extern const op_table op_draw;
extern const op_table op_resize;
extern const op_table op_step;
extern const op_table op_math;
extern const op_table op_activation;
extern const op_table op_predicate;
extern const op_table op_special;
extern const op_table op_deep, op_recurrent;
extern const op_table op_attention;
extern const op_table op_pool;
extern const op_table op_spectral;
extern const op_table op_interpolate;
extern const op_table op_triangle;
extern const op_table op_weighted;
extern const op_table *const op_tables[]; /* ends with null */

/* Numbers to choose inputs from. No two of op_mixed and op_other are closer than 1/16, and none is
 * closer than 1/16 to 0. */
extern const double op_mixed[OP_POOL], op_other[OP_POOL], op_positive[OP_POOL];

/* ---- the laws -------------------------------------------------------------------------------- */

void op_values_match(const op_table *table);
void op_gradients_match(const op_table *table);
void op_vjps_are_linear(const op_table *table);
void op_forward_is_adjoint(const op_table *table);
void op_second_derivatives_match(const op_table *table);
void op_slopes_match_nearby(const op_table *table, int points);
void op_strides_change_nothing(const op_table *table);
void op_empty_inputs_are_fine(const op_table *table);
void op_modes_agree(const op_table *table);
void op_bad_operands_are_named(const op_table *table);

#define OP_TESTS(FAMILY)                                                                  \
    TEST(FAMILY, values_match_the_reference) { op_values_match(&op_##FAMILY); }           \
    TEST(FAMILY, gradients_match_differences) { op_gradients_match(&op_##FAMILY); }       \
    TEST(FAMILY, vjps_are_linear_in_the_seed) { op_vjps_are_linear(&op_##FAMILY); }       \
    TEST(FAMILY, forward_is_adjoint_to_reverse) { op_forward_is_adjoint(&op_##FAMILY); }  \
    TEST(FAMILY, second_derivatives_match) { op_second_derivatives_match(&op_##FAMILY); } \
    TEST(FAMILY, strides_change_nothing) { op_strides_change_nothing(&op_##FAMILY); }     \
    TEST(FAMILY, empty_inputs_are_fine) { op_empty_inputs_are_fine(&op_##FAMILY); }       \
    TEST(FAMILY, all_modes_give_the_same_bits) { op_modes_agree(&op_##FAMILY); }          \
    TEST(FAMILY, bad_operands_are_named) { op_bad_operands_are_named(&op_##FAMILY); }

/* A call that is rejected: status, and a part of the message. The inputs are zeros, f32 or as said.
 */
typedef struct op_bad {
    const char *op, *arg;
    op_build *build;
    op_input in[OP_INPUTS];
    dl_status status;
    const char *says;
} op_bad;
#define OP_BAD(OP, BUILD, ARG, IN, STATUS, SAYS)     \
    {                                                \
        OP, ARG, BUILD, { OP_LIST IN }, STATUS, SAYS \
    }
void op_rejects(const op_bad *bad, int n);
#define OP_REJECTS(table) op_rejects(table, (int)(sizeof(table) / sizeof *(table)))

/* An edge of one or two numbers: value and derivatives. NaN wants NaN, OP_ANY anything. */
#define OP_ANY (-12345.0)
typedef struct op_point {
    const char *op;
    op_build *build;
    double a, b, y, da, db;
} op_point;
void op_points_hold(const op_point *points, int n, int nin);

/* ---- one case on one tape -------------------------------------------------------------------- */

typedef struct op_run op_run;
typedef dl_val op_leaf(op_run *r, int k);
struct op_run {
    const op_case *c;
    dl_dtype dtype;
    int nin, nreal;            /* inputs, and those with a derivative, which come first */
    int rank[OP_INPUTS], axis; /* axis: the one along which a storage repeats */
    int64_t dim[OP_INPUTS][DL_MAX_RANK], nx[OP_INPUTS], ny;
    double x[OP_INPUTS][OP_ELEMENTS];
    op_leaf *leaf; /* how an input is stored */
    dl_tape *t;
    dl_array *array[OP_INPUTS];
    double memory[OP_INPUTS][4 * OP_ELEMENTS];
    dl_val in[OP_INPUTS], y;
};

void op_open(op_run *r, const op_case *c, dl_dtype dtype);
void op_close(op_run *r);
void op_reset(op_run *r);
/* Forgets the last step and records y from r->x; false: a failure has been reported. */
bool op_record(op_run *r);
/* Elements as double, in logical order; false: a failure has been reported. */
bool op_read(op_run *r, dl_val v, double *to);
dl_dtype op_dtype(const op_run *r, int k); /* of an input */
bool op_ok(const op_run *r, const char *what);
/* A leaf like a value, or like the result, from numbers. */
dl_val op_like(op_run *r, dl_val like, const double *values, double *memory, dl_array **array);
struct dl_op;
int op_row_index(const struct dl_op *op); /* among all ops of the library, or -1 */
int op_sizes(const char *text, int64_t *dim);
op_leaf op_plain_leaf;
/* A plain array of r->dim[k], with other strides, sizes or values in r->memory[k]. */
dl_val op_array_leaf(op_run *r, int k, const char *labels, const int64_t *dim,
                     const int64_t *stride, int64_t offset);

/* Numbers in (-1, 1), exact in f32, never 0; the same for the same seed. */
void op_random(unsigned seed, int64_t n, double *to);

/* Reports where two lists differ by more than rel * max(|want|, floor). */
bool op_close_to(const op_run *r, const char *what, const double *got, const double *want,
                 int64_t n, double rel, double floor);
bool op_same_bits(const op_run *r, const char *what, const double *got, const double *want,
                  int64_t n);

typedef void op_law(op_run *r);
void op_sweep(const op_table *table, op_law *law);

#endif
