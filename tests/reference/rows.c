/* rows.c: which rows of the library the stored references are of: all but a few. */
#include "reference.h"

#include "../../autodiff/internal.h"
#include "../../ops/support.h"

#include "../ops/driver.h"

enum { ROWS = sizeof(rows_met) / sizeof(bool) };

void rows_meet(rows_met *met, const dl_tape *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        int k = op_row_index(t->rec[i].op);
        if (k >= 0 && k < ROWS) met->row[k] = true;
    }
}

/* Those without one, which others test: no library draws the same numbers, and these ops stand in
 * second derivatives and in Jacobians only. */
static const char *const exempt[] = {
    "rand",          "randn",        "bernoulli",
    "randperm",      "random_split", /* random_cases.c: published ones */
    "mul_or_zero",                   /* binary_cases.c: powers */
    "pdist2_slopes",                 /* product_cases.c: second derivatives */
    "unit",                          /* create_cases.c */
};
enum { EXEMPT = sizeof exempt / sizeof *exempt };

static bool is_exempt(const char *op)
{
    for (int i = 0; i < EXEMPT; i++)
        if (strcmp(exempt[i], op) == 0) return true;
    return false;
}

TEST(reference, every_op_has_a_reference)
{
    rows_met met = { { false } };
    rows_meet_elementwise(&met);
    rows_meet_arrays(&met);
    int n = 0;
    for (const dl_family *const *f = dl__families; *f; f++)
        for (const dl_op *const *row = (*f)->ops; *row; row++, n++) {
            bool has = n < ROWS && met.row[n];
            CHECK_MSG(has || is_exempt((*row)->name), "%s of family %s has no reference",
                      (*row)->name, (*f)->name);
            CHECK_MSG(!has || !is_exempt((*row)->name),
                      "%s of family %s is exempt, but has a reference", (*row)->name, (*f)->name);
        }
    CHECK(n > EXEMPT);
}
