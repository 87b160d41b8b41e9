/* rows.c: every op of the library is complete, and has been met by some case. */
#include "driver.h"

#include "../../autodiff/internal.h"
#include "../../ops/support.h"

enum { ROWS = 512 };

int op_row_index(const dl_op *op)
{
    int n = 0;
    for (const dl_family *const *f = dl__families; *f; f++)
        for (const dl_op *const *row = (*f)->ops; *row; row++, n++)
            if (*row == op) return n;
    return -1;
}

/* The engine's own, and those that a test or a user makes, stand in no list. */
static bool is_listed(const dl_op *op)
{
    static const dl_op *const own[] = { &dl__leaf_op, &dl__scalar_op, &dl__constant_op,
                                        &dl__detach_op, &dl__copy_op };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (op == own[i]) return true;
    return op_row_index(op) >= 0;
}

/* Value, gradient, second derivative and Jacobian on one tape. */
static void meet(const op_case *c, bool *met)
{
    op_run r;
    dl_val out[OP_INPUTS];
    op_open(&r, c, DL_F64);
    if (op_record(&r) && r.nreal && c->result == DL_F32) {
        dl_hvp(dl_sum_squares(r.y, "all"), r.in, r.in, r.nreal, out);
        if (dl_numel(r.y)) dl_jacobian(r.y, r.in[0]);
    }
    op_ok(&r, "second derivative and jacobian");
    for (uint32_t i = 0; i < r.t->n; i++) {
        int k = op_row_index(r.t->rec[i].op);
        if (k >= 0 && k < ROWS) met[k] = true;
        CHECK_MSG(is_listed(r.t->rec[i].op), "%s (%s): the row %s is in no list of families.c",
                  c->op, c->name, r.t->rec[i].op->name);
    }
    op_close(&r);
}

TEST(rows, every_op_has_a_case)
{
    bool met[ROWS] = { false };
    for (const op_table *const *t = op_tables; *t; t++)
        for (int i = 0; i < (*t)->n; i++) meet(&(*t)->cases[i], met);
    int n = 0;
    for (const dl_family *const *f = dl__families; *f; f++)
        for (const dl_op *const *row = (*f)->ops; *row; row++, n++)
            CHECK_MSG(n < ROWS && met[n], "%s of family %s is in no case", (*row)->name,
                      (*f)->name);
    CHECK(n > 0);
}

TEST(slow_ops, slopes_match_at_a_hundred_points_around_each_case)
{
    for (const op_table *const *t = op_tables; *t; t++) op_slopes_match_nearby(*t, 100);
}

static void row_is_complete(const dl_op *op)
{
    const char *name = op->name ? op->name : "(no name)";
    CHECK_MSG(op->name && *op->name, "an op has no name");
    CHECK_MSG(op->shapes && *op->shapes, "%s has no shapes", name);
    CHECK_MSG(op->infer, "%s has no shape rule", name);
    CHECK_MSG(op->vjp, "%s has no derivative", name);
    CHECK_MSG(op->nin >= 0 && op->nin <= DL_MAX_IN, "%s has %d operands", name, op->nin);
    for (int isa = 0; isa < DL_NISA; isa++)
        for (int dtype = 0; dtype < DL_NREAL; dtype++)
            CHECK_MSG(!!op->view + !!op->eval[isa][dtype] + !!op->strip[isa][dtype] == 1,
                      "%s of isa %d and %s has not one of view, eval and strip", name, isa,
                      dl_dtype_name((dl_dtype)dtype));
    CHECK_MSG(!op->strip[0][0] == !op->formula, "%s has a strip without a formula", name);
    CHECK_MSG(op->emit || op->view || op->formula, "%s has no C text", name);
    CHECK_MSG(!op->fold[0][0] || (op->fold_sum && op->fold_value), "%s folds without C text", name);
    CHECK_MSG(!op->view || op->nin == 1, "%s is a view of %d operands", name, op->nin);
    CHECK_MSG(op->attr_size % sizeof(int64_t) == 0, "%s has attributes of %zu bytes, with padding?",
              name, op->attr_size);
}

TEST(rows, every_row_is_complete)
{
    for (const dl_family *const *f = dl__families; *f; f++) {
        CHECK((*f)->name && (*f)->ops && *(*f)->ops);
        for (const dl_op *const *row = (*f)->ops; *row; row++) row_is_complete(*row);
    }
}

TEST(rows, no_two_ops_share_a_name)
{
    const dl_op *all[ROWS];
    int n = 0;
    for (const dl_family *const *f = dl__families; *f; f++)
        for (const dl_op *const *row = (*f)->ops; *row && n < ROWS; row++) all[n++] = *row;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            CHECK_MSG(strcmp(all[i]->name, all[j]->name) != 0, "two ops are called %s",
                      all[i]->name);
}
