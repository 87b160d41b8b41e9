/* driver_forms.c: the same call in other forms: other strides, no elements, parts of the engine
 * switched off, operands that are none. */
#include "driver.h"
#include "../harness/valgrind.h"

#include <stdlib.h>

/* Under valgrind each case meets some of the forms or modes only, the next case others. */
static size_t stride_of(size_t every, size_t *first)
{
    static size_t turn;
    *first = under_valgrind() ? turn++ % every : 0;
    return under_valgrind() ? every : 1;
}

/* ---- what is compared: value, gradients, a second derivative --------------------------------- */

typedef struct outcome {
    double y[OP_ELEMENTS], g[OP_INPUTS][OP_ELEMENTS], h[OP_INPUTS][OP_ELEMENTS];
} outcome;

static bool second(op_run *r, outcome *o)
{
    dl_val h[OP_INPUTS];
    dl_hvp(dl_sum_squares(r->y, "all"), r->in, r->in, r->nreal, h);
    bool ok = op_ok(r, "hvp");
    for (int k = 0; k < r->nreal && ok; k++) ok = op_read(r, h[k], o->h[k]);
    return ok;
}

static bool observe(op_run *r, outcome *o)
{
    double w[OP_ELEMENTS], memory[OP_ELEMENTS];
    dl_val g[OP_INPUTS];
    dl_array *a;
    if (!op_record(r)) return false;
    if (r->c->result != DL_F32) return op_read(r, r->y, o->y);
    op_random(19, r->ny, w);
    dl_val seed = op_like(r, r->y, w, memory, &a);
    dl_grad_seeded(r->y, seed, r->in, r->nreal, g);
    bool ok = op_ok(r, "gradient") && op_read(r, r->y, o->y);
    for (int k = 0; k < r->nreal && ok; k++) ok = op_read(r, g[k], o->g[k]);
    ok = ok && second(r, o);
    dl_tape_reset(r->t);
    dl_array_free(a);
    return ok;
}

static bool same_outcome(const op_run *r, const char *what, const outcome *got, const outcome *want)
{
    char part[96];
    bool same = op_same_bits(r, what, got->y, want->y, r->ny);
    for (int k = 0; k < r->nreal && same && r->c->result == DL_F32; k++) {
        snprintf(part, sizeof part, "%s, gradient of input %d", what, k);
        same = op_same_bits(r, part, got->g[k], want->g[k], r->nx[k]);
        snprintf(part, sizeof part, "%s, second derivative of input %d", what, k);
        same = same && op_same_bits(r, part, got->h[k], want->h[k], r->nx[k]);
    }
    return same;
}

/* ---- strides --------------------------------------------------------------------------------- */

static void row_major(const op_run *r, int k, int64_t *stride)
{
    int64_t n = 1;
    for (int i = r->rank[k] - 1; i >= 0; i--) {
        stride[i] = n;
        n *= r->dim[k][i];
    }
}

/* Column-major, every second element. */
static void column_major(const op_run *r, int k, int64_t *stride)
{
    int64_t n = 2;
    for (int i = 0; i < r->rank[k]; i++) {
        stride[i] = n;
        n *= r->dim[k][i];
    }
}

static dl_val columns_array(op_run *r, int k)
{
    int64_t stride[DL_MAX_RANK];
    column_major(r, k, stride);
    return op_array_leaf(r, k, r->c->in[k].labels, r->dim[k], stride, 0);
}

static dl_val repeated_array(op_run *r, int k)
{
    int64_t stride[DL_MAX_RANK];
    row_major(r, k, stride);
    if (r->axis < r->rank[k]) stride[r->axis] = 0;
    return op_array_leaf(r, k, r->c->in[k].labels, r->dim[k], stride, 0);
}

static dl_val labelled(const op_run *r, int k, dl_val x)
{
    const char *labels = r->c->in[k].labels;
    return labels && *labels ? dl_label(x, labels) : x;
}

/* The permuted view of an array whose axes are reversed. */
static dl_val permuted_view(op_run *r, int k)
{
    int64_t stride[DL_MAX_RANK], dim[DL_MAX_RANK], back[DL_MAX_RANK], order[DL_MAX_RANK];
    int rank = r->rank[k];
    column_major(r, k, stride);
    for (int i = 0; i < rank; i++) {
        dim[i] = r->dim[k][rank - 1 - i];
        back[i] = stride[rank - 1 - i];
        order[i] = rank - 1 - i;
    }
    op_array_leaf(r, k, NULL, r->dim[k], stride, 0); /* fills the memory */
    dl_array_free(r->array[k]);
    r->array[k] = dl_array_wrap_strided(r->memory[k], op_dtype(r, k), NULL, rank, dim, back);
    return labelled(r, k, dl_permute(dl_leaf(r->t, r->array[k]), rank, order));
}

/* An array whose memory has the labels in another order, U before T before B before C before S; the
 * logical order is the same. */
static dl_val relabelled_array(op_run *r, int k)
{
    const char *labels = r->c->in[k].labels;
    int64_t stride[DL_MAX_RANK], dim[DL_MAX_RANK], own[DL_MAX_RANK];
    char text[DL_MAX_RANK + 1] = "";
    int axes = 0;
    if (!labels || !*labels) return op_plain_leaf(r, k);
    column_major(r, k, stride);
    for (const char *label = "UTBCS"; *label; label++)
        for (int i = 0; i < r->rank[k]; i++) {
            if (labels[i] != *label) continue;
            text[axes] = *label;
            dim[axes] = r->dim[k][i];
            own[axes++] = stride[i];
        }
    op_array_leaf(r, k, NULL, r->dim[k], stride, 0); /* fills the memory */
    dl_array_free(r->array[k]);
    r->array[k] = dl_array_wrap_strided(r->memory[k], op_dtype(r, k), text, r->rank[k], dim, own);
    return dl_leaf(r->t, r->array[k]);
}

/* The inner part of an array that is longer by 2 along its first axis. */
static dl_val sliced_view(op_run *r, int k)
{
    int64_t stride[DL_MAX_RANK], dim[DL_MAX_RANK];
    if (!r->rank[k]) return op_plain_leaf(r, k);
    row_major(r, k, stride);
    memcpy(dim, r->dim[k], sizeof dim);
    dim[0] += 2;
    return labelled(r, k, dl_slice(op_array_leaf(r, k, NULL, dim, stride, stride[0]), "0", 1, -1));
}

/* One element, or row, or column, repeated by the tape. */
static dl_val expanded_view(op_run *r, int k)
{
    int64_t stride[DL_MAX_RANK], dim[DL_MAX_RANK];
    if (r->axis >= r->rank[k]) return op_plain_leaf(r, k);
    row_major(r, k, stride);
    memcpy(dim, r->dim[k], sizeof dim);
    dim[r->axis] = 1;
    stride[r->axis] = 0;
    return labelled(r, k,
                    dl_expand(op_array_leaf(r, k, NULL, dim, stride, 0), r->rank[k], r->dim[k]));
}

/* Makes each input constant along r->axis. */
static void repeat(op_run *r)
{
    for (int k = 0; k < r->nin; k++) {
        int64_t stride[DL_MAX_RANK];
        if (r->axis >= r->rank[k]) continue;
        row_major(r, k, stride);
        int64_t step = stride[r->axis], run = step * r->dim[k][r->axis];
        for (int64_t i = 0; i < r->nx[k]; i++) r->x[k][i] = r->x[k][i / run * run + i % step];
    }
}

static const struct form {
    const char *name;
    op_leaf *leaf;
    bool repeats;
} forms[] = {
    { "a column-major array", columns_array, false },
    { "an array of permuted labels", relabelled_array, false },
    { "a permuted view", permuted_view, false },
    { "a sliced view", sliced_view, false },
    { "an array of stride 0", repeated_array, true },
    { "an expanded view", expanded_view, true },
};

static void compare_form(op_run *r, const struct form *f)
{
    static outcome plain, other;
    double x[OP_INPUTS][OP_ELEMENTS];
    memcpy(x, r->x, sizeof x);
    if (f->repeats) repeat(r);
    r->leaf = op_plain_leaf;
    bool ok = observe(r, &plain);
    r->leaf = f->leaf;
    if (ok && observe(r, &other)) same_outcome(r, f->name, &other, &plain);
    memcpy(r->x, x, sizeof x);
}

static void strides_do_not_matter(op_run *r)
{
    size_t first, stride = stride_of(3, &first);
    for (size_t i = first; i < sizeof forms / sizeof *forms; i += stride)
        for (r->axis = 0; r->axis < (forms[i].repeats ? 3 : 1); r->axis++)
            compare_form(r, &forms[i]);
}

void op_strides_change_nothing(const op_table *table) { op_sweep(table, strides_do_not_matter); }

/* ---- no elements ----------------------------------------------------------------------------- */

/* The text with each digit `size` turned into 0. */
static const char *emptied(const char *dims, char size, char *text)
{
    if (!dims) return NULL;
    char *p = strcpy(text, dims);
    for (; (p = strchr(p, size)); p++) *p = '0';
    return text;
}

static void try_empty(const op_case *c, dl_dtype dtype, char size)
{
    char text[OP_INPUTS + 1][DL_MAX_RANK + 1];
    static outcome o;
    op_run r;
    op_case empty = *c;
    for (int k = 0; k < OP_INPUTS; k++) empty.in[k].dims = emptied(c->in[k].dims, size, text[k]);
    empty.dims = emptied(c->dims, size, text[OP_INPUTS]);
    op_open(&r, &empty, dtype);
    if (observe(&r, &o) && c->result == DL_F32 && op_record(&r)) {
        dl_val g[OP_INPUTS], seed = dl_zeros_like(r.y);
        dl_grad_seeded(r.y, seed, r.in, r.nreal, g);
        CHECK_MSG(dl_numel(r.y) == r.ny, "%s (%s) without %c: got %lld elements, wanted %lld",
                  c->op, c->name, size, (long long)dl_numel(r.y), (long long)r.ny);
        for (int k = 0; k < r.nreal; k++) CHECK_INT(dl_numel(g[k]), r.nx[k]);
    }
    op_close(&r);
}

static void may_be_empty(op_run *r)
{
    if (r->c->flags & OP_FIXED) return;
    for (char size = '2'; size <= '9'; size++)
        for (int k = 0; k < r->nin; k++)
            if (strchr(r->c->in[k].dims, size)) {
                try_empty(r->c, r->dtype, size);
                break;
            }
}

void op_empty_inputs_are_fine(const op_table *table) { op_sweep(table, may_be_empty); }

/* ---- modes ----------------------------------------------------------------------------------- */

static const struct mode {
    const char *name;
    unsigned disabled;
    const char *isa; /* null: the best */
} modes[] = {
    { "without follow", DL_FOLLOW, NULL },   { "without hash", DL_HASH, NULL },
    { "without cache", DL_CACHE, NULL },     { "without cse", DL_CSE, NULL },
    { "without fold", DL_FOLD, NULL },       { "without views", DL_VIEWS, NULL },
    { "without reuse", DL_REUSE, NULL },     { "without fuse", DL_FUSE, NULL },
    { "without rewrite", DL_REWRITE, NULL }, { "with nothing", 511, NULL },
    { "in the same way", 0, NULL },          { "by baseline kernels", 0, "baseline" },
};

/* The second step repeats the first; the fourth finds its plan after another step came between. */
static void steps_agree(op_run *r, const char *name, const outcome *want)
{
    static outcome o;
    for (int step = 1; step <= 4; step++) {
        char what[64];
        if (step == 3) {
            if (!op_record(r) || !op_read(r, r->y, o.y)) return;
            continue;
        }
        snprintf(what, sizeof what, "%s, step %d", name, step);
        if (!observe(r, &o) || !same_outcome(r, what, &o, want)) return;
    }
}

static void modes_do_not_matter(op_run *r)
{
    static outcome want;
    op_run other;
    dl_tape_strict(r->t, true);
    if (!observe(r, &want)) return;
    size_t first, stride = stride_of(5, &first);
    for (size_t i = first; i < sizeof modes / sizeof *modes; i += stride) {
        if (modes[i].isa) setenv("DLTAPE_ISA", modes[i].isa, 1);
        op_open(&other, r->c, r->dtype);
        dl_tape_disable(other.t, modes[i].disabled);
        dl_tape_strict(other.t, true);
        if (modes[i].isa) unsetenv("DLTAPE_ISA");
        steps_agree(&other, modes[i].name, &want);
        op_close(&other);
    }
}

void op_modes_agree(const op_table *table) { op_sweep(table, modes_do_not_matter); }

/* ---- operands that are none ------------------------------------------------------------------ */

/* Each gives a bad operand in place of in[k]. */
static dl_val empty_handle(op_run *r, dl_tape *other, int k) { return (dl_val){ 0 }; }

static dl_val of_another_tape(op_run *r, dl_tape *other, int k)
{
    r->array[k] = dl_array_new(op_dtype(r, k), r->c->in[k].labels, r->rank[k], r->dim[k]);
    return dl_leaf(other, r->array[k]);
}

static dl_val of_another_epoch(op_run *r, dl_tape *other, int k)
{
    dl_val x = op_plain_leaf(r, k);
    x.epoch--;
    return x;
}

static dl_val of_dtype(op_run *r, dl_dtype dtype, int k)
{
    r->array[k] = dl_array_new(dtype, r->c->in[k].labels, r->rank[k], r->dim[k]);
    return dl_leaf(r->t, r->array[k]);
}

static dl_val of_integers(op_run *r, dl_tape *other, int k) { return of_dtype(r, DL_I32, k); }

static dl_val of_the_other_real(op_run *r, dl_tape *other, int k)
{
    return of_dtype(r, r->dtype == DL_F32 ? DL_F64 : DL_F32, k);
}

static const struct fault {
    const char *name;
    dl_val (*make)(op_run *r, dl_tape *other, int k);
    dl_status status;
    int least; /* operands */
} faults[] = {
    { "an empty handle", empty_handle, DL_ENULL, 1 },
    { "a value of another tape", of_another_tape, DL_ETAPE, 2 },
    { "a value of another epoch", of_another_epoch, DL_ESTALE, 1 },
    { "an i32 operand", of_integers, DL_EDTYPE, 1 },
    { "f32 with f64", of_the_other_real, DL_EDTYPE, 2 },
};

static void fault_is_named(op_run *r, dl_tape *other, const struct fault *f, int bad)
{
    op_reset(r);
    for (int k = 0; k < r->nin; k++)
        r->in[k] = k == bad ? f->make(r, other, k) : op_plain_leaf(r, k);
    dl_val y = r->c->build(r->t, r->in, r->c->arg);
    bool alone = f->make == empty_handle && r->nin == 1; /* no tape to carry the error */
    dl_tape *t = alone ? y.tape : dl_tape_status(other) ? other : r->t;
    size_t n = strlen(r->c->op);
    const char *text = dl_tape_message(t);
    bool named = alone || (strncmp(text, r->c->op, n) == 0 && text[n] == ':');
    CHECK_MSG(dl_tape_status(t) == f->status && named, "%s (%s) with %s as input %d: got %s \"%s\"",
              r->c->op, r->c->name, f->name, bad, dl_status_name(dl_tape_status(t)), text);
}

static void bad_operands_are_named(op_run *r)
{
    bool any = r->c->flags & OP_ANY_DTYPE;
    if (r->c->flags & OP_COMPOSED) return;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        for (int bad = 0; bad < r->nin; bad++) {
            bool dtype = faults[i].status == DL_EDTYPE;
            if ((dtype ? r->nreal : r->nin) < faults[i].least
                || (dtype && (any || bad >= r->nreal)))
                continue;
            dl_tape *other = dl_tape_new();
            fault_is_named(r, other, &faults[i], bad);
            dl_tape_free(other);
        }
}

void op_bad_operands_are_named(const op_table *table) { op_sweep(table, bad_operands_are_named); }

void op_rejects(const op_bad *bad, int n)
{
    for (int i = 0; i < n; i++) {
        dl_tape *t = dl_tape_new();
        dl_array *a[OP_INPUTS] = { NULL };
        dl_val in[OP_INPUTS] = { { 0 } };
        for (int k = 0; k < OP_INPUTS && bad[i].in[k].dims; k++) {
            int64_t dim[DL_MAX_RANK];
            int rank = op_sizes(bad[i].in[k].dims, dim);
            a[k] = dl_array_new(bad[i].in[k].dtype, bad[i].in[k].labels, rank, dim);
            in[k] = dl_leaf(t, a[k]);
        }
        CHECK_STR(dl_tape_message(t), "");
        bad[i].build(t, in, bad[i].arg);
        const char *text = dl_tape_message(t);
        size_t length = strlen(bad[i].op);
        bool named = strncmp(text, bad[i].op, length) == 0 && text[length] == ':';
        CHECK_MSG(dl_tape_status(t) == bad[i].status && named && strstr(text, bad[i].says),
                  "%s: got %s \"%s\", wanted %s with \"%s\"", bad[i].op,
                  dl_status_name(dl_tape_status(t)), text, dl_status_name(bad[i].status),
                  bad[i].says);
        dl_tape_free(t);
        for (int k = 0; k < OP_INPUTS; k++) dl_array_free(a[k]);
    }
}
