/* emit_nest.c: over which sizes the loops of a fused loop run in C, and where elements lie.
 *
 * The loops run over the sizes that all gathered operands have in common, the rows of reductions
 * included. Where they have none, or where a reduction runs over more than a block, there is one
 * flat loop, and places of gathered operands are worked out by division. */
#define DL_NO_PLACES
#include "emit_nest.h"

/* ---- sizes ----------------------------------------------------------------------------------- */

static bool add_boundary(int64_t *at, int *n, int64_t inner)
{
    int k = 0;
    while (k < *n && at[k] < inner) k++;
    if (k < *n && at[k] == inner) return true;
    if (*n == DL__NEST + 1) return false;
    memmove(at + k + 1, at + k, (size_t)(*n - k) * sizeof *at);
    at[k] = inner;
    ++*n;
    return true;
}

/* Products of inner sizes, ascending; false: too many, or they do not divide each other. */
static bool boundaries(const dl_fused *f, int64_t *at, int *n)
{
    bool ok = add_boundary(at, n, 1) && add_boundary(at, n, f->numel)
              && (!f->nend || add_boundary(at, n, f->terms));
    for (uint32_t i = 0; i < f->noperand && ok; i++) {
        const dl_loop *l = f->operand[i].gather;
        int64_t inner = 1;
        for (int k = l ? l->rank - 1 : -1; k > 0 && ok; k--)
            ok = add_boundary(at, n, inner *= l->dim[k]);
    }
    for (int k = 1; k < *n && ok; k++) ok = at[k] % at[k - 1] == 0;
    return ok;
}

void dl__nest_sizes(dl_nest *l)
{
    const dl_fused *f = l->f;
    int64_t at[DL__NEST + 1];
    int n = 0;
    l->blocks = f->nend && f->terms > DL_BLOCK;
    bool nest = !l->blocks && boundaries(f, at, &n);
    if (!nest) {
        n = 0;
        add_boundary(at, &n, 1);
        add_boundary(at, &n, f->numel);
        if (f->nend) add_boundary(at, &n, f->terms);
    }
    for (int k = n - 1; k > 0; k--) {
        l->size[l->n++] = at[k] / at[k - 1];
        l->rows += f->nend && at[k - 1] >= f->terms;
    }
    if (!nest) l->n = -l->n; /* flat */
}

/* ---- places ---------------------------------------------------------------------------------- */

const char *dl__nest_index(const dl_nest *l, int k)
{
    static const char *const names[] = { "i0", "i1", "i2", "i3", "i4",  "i5",
                                         "i6", "i7", "i8", "i9", "i10", "i11" };
    return l->n == 1 || l->n == -1 ? "i" : names[k];
}

/* An element of what lies without gaps, from loop `first` on. */
dl_index dl__nest_place(const dl_nest *l, int first, int end)
{
    dl_index at = { "" };
    for (int k = first; k < end; k++) {
        int64_t inner = 1;
        for (int m = k + 1; m < end; m++) inner *= l->size[m];
        dl_emit_term(&at, inner, dl__nest_index(l, k));
    }
    return at;
}

static dl_index by_loops(const dl_nest *l, const dl_loop *g)
{
    dl_index at = { "" };
    int64_t inner = l->f->numel;
    for (int k = 0; k < l->n; k++) {
        inner /= l->size[k];
        int64_t below = 1;
        int m = g->rank - 1;
        while (m >= 0 && below * g->dim[m] <= inner) below *= g->dim[m--];
        if (m >= 0) dl_emit_term(&at, g->stride[0][m] * (inner / below), dl__nest_index(l, k));
    }
    return at;
}

/* Sizes that are whole blocks have the same place in all of a block, whose first element is j. */
static dl_index by_division(const dl_nest *l, const dl_loop *g)
{
    const dl_fused *f = l->f;
    dl_index at = { "" };
    bool aligned = l->blocks && (f->terms == f->numel || f->terms % DL_BLOCK == 0);
    int64_t inner = 1;
    for (int k = g->rank - 1; k >= 0; k--) {
        char part[64] = "i";
        char first = aligned && inner % DL_BLOCK == 0 ? 'j' : 'i';
        if (inner > 1) snprintf(part, sizeof part, "(%c / %lld)", first, (long long)inner);
        if (k) snprintf(part + strlen(part), 24, " %% %lld", (long long)g->dim[k]);
        char grouped[72];
        snprintf(grouped, sizeof grouped, k ? "(%s)" : "%s", part);
        dl_emit_term(&at, g->stride[0][k], grouped);
        inner *= g->dim[k];
    }
    return at;
}

dl_index dl__nest_gathered(const dl_nest *l, const dl_loop *g)
{
    return l->n < 0 ? by_division(l, g) : by_loops(l, g);
}
