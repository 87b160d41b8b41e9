/* product_cases.c: products that are made of others, parts of matrices, distances. */
#include "driver.h"

#include <stdlib.h>

static dl_val build_outer(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_outer(in[0], in[1]);
}
static dl_val build_kron(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_kron(in[0], in[1]);
}
static dl_val build_cross(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_cross(in[0], in[1], arg);
}
static dl_val build_einsum(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_einsum(arg, in,
                     arg ? 1 + !!strchr(arg, ',') + (strchr(arg, ',') != strrchr(arg, ',')) : 1);
}
static dl_val build_pagemtimes(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_pagemtimes(in[0], in[1]);
}
static dl_val build_corrcoef(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_corrcoef(in[0]);
}
static dl_val build_pdist2(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_pdist2(in[0], in[1]);
}
static dl_val build_pdist2_squared(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_pdist2_squared(in[0], in[1]);
}
static dl_val build_tril(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_tril(in[0], atoi(arg));
}
static dl_val build_triu(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_triu(in[0], atoi(arg));
}
static dl_val build_diag(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_diag(in[0], atoi(arg));
}
static dl_val build_diag_embed(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_diag_embed(in[0], atoi(arg));
}
static dl_val build_diagflat(dl_tape *t, const dl_val *in, const char *arg)
{
    return dl_diagflat(in[0], atoi(arg));
}

/* ---- the reference --------------------------------------------------------------------------- */

typedef struct sizes {
    int64_t batch, m, n;
} sizes;

static sizes sizes_of(const char *dims)
{
    int64_t dim[DL_MAX_RANK];
    int rank = op_sizes(dims, dim);
    sizes s = { 1, rank > 1 ? dim[rank - 2] : 1, rank ? dim[rank - 1] : 1 };
    for (int i = 0; i < rank - 2; i++) s.batch *= dim[i];
    return s;
}

static int64_t numel(const char *dims)
{
    sizes s = sizes_of(dims);
    return s.batch * s.m * s.n;
}

static void outer_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t m = numel(c->in[0].dims), n = numel(c->in[1].dims);
    for (int64_t i = 0; i < m * n; i++) y[i] = x[0][i / n] * x[1][i % n];
}

static void kron_reference(const op_case *c, const double *const *x, double *y)
{
    sizes a = sizes_of(c->in[0].dims), b = sizes_of(c->in[1].dims), s = sizes_of(c->dims);
    for (int64_t p = 0; p < s.batch; p++)
        for (int64_t i = 0; i < s.m; i++)
            for (int64_t j = 0; j < s.n; j++)
                y[(p * s.m + i) * s.n + j] =
                    x[0][((a.batch > 1 ? p : 0) * a.m + i / b.m) * a.n + j / b.n]
                    * x[1][((b.batch > 1 ? p : 0) * b.m + i % b.m) * b.n + j % b.n];
}

/* Along axis `arg` of up to two: the step between the three numbers. */
static void cross_reference(const op_case *c, const double *const *x, double *y)
{
    sizes s = sizes_of(c->dims);
    bool first = (*c->arg == '0' || *c->arg == 'C') && c->dims[1];
    int64_t step = first ? s.n : 1, vectors = s.m * s.n / 3;
    for (int64_t k = 0; k < vectors; k++) {
        int64_t at = first ? k : 3 * k;
        for (int i = 0; i < 3; i++) {
            int64_t p = at + (i + 1) % 3 * step, q = at + (i + 2) % 3 * step;
            y[at + i * step] = x[0][p] * x[1][q] - x[0][q] * x[1][p];
        }
    }
}

/* All letters counted through; arg has -> and no blanks. */
static void einsum_reference(const op_case *c, const double *const *x, double *y)
{
    char letter[32] = "";
    int size[32], index[32] = { 0 }, n = 0;
    int64_t all = 1;
    const char *term[4] = { c->arg };
    for (int k = 0; k < OP_INPUTS && c->in[k].dims; k++) {
        for (int i = 0; c->in[k].dims[i]; i++)
            if (!strchr(letter, term[k][i])) {
                size[n] = c->in[k].dims[i] - '0';
                all *= size[n];
                letter[n++] = term[k][i];
            }
        term[k + 1] = term[k] + strlen(c->in[k].dims) + 1;
    }
    const char *result = strstr(c->arg, "->") + 2;
    memset(y, 0, (size_t)numel(c->dims) * sizeof *y);
    for (int64_t step = 0; step < all; step++) {
        int64_t at = 0;
        double product = 1;
        for (int k = 0, rest = (int)step; k < n; rest /= size[k++]) index[k] = rest % size[k];
        for (int k = 0; k < OP_INPUTS && c->in[k].dims; k++) {
            int64_t from = 0;
            for (int i = 0; c->in[k].dims[i]; i++) {
                int l = (int)(strchr(letter, term[k][i]) - letter);
                from = from * size[l] + index[l];
            }
            product *= x[k][from];
        }
        for (int i = 0; result[i]; i++) {
            int l = (int)(strchr(letter, result[i]) - letter);
            at = at * size[l] + index[l];
        }
        y[at] += product;
    }
}

/* Sizes of up to four axes, 1 behind the last; y[i,j,p,q] from strides. */
static void pagemtimes_reference(const op_case *c, const double *const *x, double *y)
{
    int64_t d[3][DL_MAX_RANK];
    const char *dims[] = { c->in[0].dims, c->in[1].dims, c->dims };
    for (int k = 0; k < 3; k++)
        for (int i = op_sizes(dims[k], d[k]); i < 4; i++) d[k][i] = 1;
    int64_t inner = d[0][1];
    for (int64_t at = 0; at < numel(c->dims); at++) {
        int64_t q = at % d[2][3], p = at / d[2][3] % d[2][2], j = at / d[2][3] / d[2][2] % d[2][1];
        int64_t i = at / d[2][3] / d[2][2] / d[2][1], pa = p % d[0][2], pb = p % d[1][2];
        int64_t qa = q % d[0][3], qb = q % d[1][3];
        y[at] = 0;
        for (int64_t k = 0; k < inner; k++)
            y[at] += x[0][((i * d[0][1] + k) * d[0][2] + pa) * d[0][3] + qa]
                     * x[1][((k * d[1][1] + j) * d[1][2] + pb) * d[1][3] + qb];
    }
}

static void corrcoef_reference(const op_case *c, const double *const *x, double *y)
{
    sizes s = sizes_of(c->in[0].dims);
    for (int64_t i = 0; i < s.n; i++)
        for (int64_t j = 0; j < s.n; j++) {
            long double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
            for (int64_t k = 0; k < s.m; k++)
                a += (long double)x[0][k * s.n + i], b += (long double)x[0][k * s.n + j];
            a /= s.m, b /= s.m;
            for (int64_t k = 0; k < s.m; k++) {
                long double p = (long double)x[0][k * s.n + i] - a;
                long double q = (long double)x[0][k * s.n + j] - b;
                aa += p * p, bb += q * q, ab += p * q;
            }
            y[i * s.n + j] = (double)(ab / sqrtl(aa * bb));
        }
}

static void pdist2_squared_reference(const op_case *c, const double *const *x, double *y)
{
    sizes a = sizes_of(c->in[0].dims), b = sizes_of(c->in[1].dims), s = sizes_of(c->dims);
    for (int64_t p = 0; p < s.batch; p++)
        for (int64_t i = 0; i < s.m; i++)
            for (int64_t j = 0; j < s.n; j++) {
                double sum = 0;
                for (int64_t k = 0; k < a.n; k++) {
                    double d = x[0][((a.batch > 1 ? p : 0) * a.m + i) * a.n + k]
                               - x[1][((b.batch > 1 ? p : 0) * b.m + j) * b.n + k];
                    sum += d * d;
                }
                y[(p * s.m + i) * s.n + j] = sum;
            }
}

static void pdist2_reference(const op_case *c, const double *const *x, double *y)
{
    pdist2_squared_reference(c, x, y);
    for (int64_t i = 0; i < numel(c->dims); i++) y[i] = sqrt(y[i]);
}

static void band_reference(const op_case *c, const double *const *x, double *y)
{
    sizes s = sizes_of(c->dims);
    int64_t k = atoi(c->arg);
    for (int64_t at = 0; at < numel(c->dims); at++) {
        int64_t diagonal = at % s.n - at / s.n % s.m;
        bool in = strcmp(c->op, "tril") == 0 ? diagonal <= k : diagonal >= k;
        y[at] = in ? x[0][at] : 0;
    }
}

/* Number i of diagonal k of batch p of matrices. */
static int64_t on_diagonal(sizes s, int64_t k, int64_t p, int64_t i)
{
    return (p * s.m + i + (k < 0 ? -k : 0)) * s.n + i + (k > 0 ? k : 0);
}

static void diag_reference(const op_case *c, const double *const *x, double *y)
{
    sizes from = sizes_of(c->in[0].dims);
    int64_t length = sizes_of(c->dims).n;
    for (int64_t i = 0; i < from.batch * length; i++)
        y[i] = x[0][on_diagonal(from, atoi(c->arg), i / length, i % length)];
}

static void diag_embed_reference(const op_case *c, const double *const *x, double *y)
{
    sizes to = sizes_of(c->dims);
    int64_t k = atoi(c->arg), length = to.n - llabs(k);
    memset(y, 0, (size_t)numel(c->dims) * sizeof *y);
    for (int64_t i = 0; i < to.batch * length; i++)
        y[on_diagonal(to, k, i / length, i % length)] = x[0][i];
}

/* ---- the cases ------------------------------------------------------------------------------- */

#define TWO(NAME, TEXT, ARG, A, B, LABELS, Y)                                                     \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_X(A, LABELS, op_mixed), OP_X(B, LABELS, op_other)), Y, \
            LABELS, .arg = ARG, .reference = NAME##_reference)
#define FIXED(NAME, TEXT, ARG, A, B, LABELS, Y)                                                   \
    OP_CASE(#NAME, TEXT, build_##NAME, (OP_X(A, LABELS, op_mixed), OP_X(B, LABELS, op_other)), Y, \
            LABELS, .arg = ARG, .reference = NAME##_reference, .flags = OP_FIXED)
#define PART(NAME, ARG, A, Y, REFERENCE)                                                   \
    OP_CASE(#NAME, ARG " of " A, build_##NAME, (OP_X(A, "", op_mixed)), Y, "", .arg = ARG, \
            .reference = REFERENCE##_reference, .flags = OP_FIXED)
#define SUM_1(TEXT, A, Y)                                                              \
    OP_CASE("einsum", TEXT, build_einsum, (OP_X(A, "", op_mixed)), Y, "", .arg = TEXT, \
            .reference = einsum_reference)
#define SUM_2(TEXT, A, B, Y)                                                                     \
    OP_CASE("einsum", TEXT, build_einsum, (OP_X(A, "", op_mixed), OP_X(B, "", op_other)), Y, "", \
            .arg = TEXT, .reference = einsum_reference)
#define SUM_3(TEXT, A, B, C, Y)                                                              \
    OP_CASE("einsum", TEXT, build_einsum,                                                    \
            (OP_X(A, "", op_mixed), OP_X(B, "", op_other), OP_X(C, "", op_positive)), Y, "", \
            .arg = TEXT, .reference = einsum_reference)

static const op_case cases[] = {
    TWO(outer, "vectors", NULL, "4", "3", "", "43"),
    FIXED(outer, "matrices", NULL, "23", "2", "", "62"),
    TWO(outer, "numbers", NULL, "", "", "", "11"),
    FIXED(kron, "matrices", NULL, "23", "32", "", "66"),
    FIXED(kron, "batches", NULL, "222", "221", "", "242"),
    FIXED(kron, "one matrix for every batch", NULL, "12", "321", "", "322"),
    FIXED(cross, "vectors", "0", "3", "3", "", "3"),
    FIXED(cross, "columns", "0", "34", "34", "", "34"),
    FIXED(cross, "rows", "-1", "43", "43", "", "43"),
    FIXED(cross, "with labels", "C", "34", "34", "CB", "34"),
    SUM_2("ij,jk->ik", "23", "34", "24"),
    SUM_2("ij,jk->ki", "23", "34", "42"),
    SUM_2("ji,jk->ik", "32", "34", "24"),
    SUM_2("bij,bjk->bik", "223", "234", "224"),
    SUM_2("bij,bkj->ikb", "223", "243", "242"),
    SUM_2("i,j->ij", "3", "4", "34"),
    SUM_2("i,i->", "5", "5", ""),
    SUM_2("i,i->i", "5", "5", "5"),
    SUM_2("ij,kl->", "23", "45", ""),
    SUM_2("ij,ij->j", "34", "34", "4"),
    SUM_2("ii,ij->j", "33", "34", "4"),
    SUM_2("ijk,kl->il", "234", "45", "25"),
    SUM_2(",i->i", "", "4", "4"),
    SUM_1("ij->ji", "34", "43"),
    SUM_1("ij->", "34", ""),
    SUM_1("ij->i", "34", "3"),
    SUM_1("ii->", "44", ""),
    SUM_1("ii->i", "44", "4"),
    SUM_1("iji->j", "323", "2"),
    SUM_1("iii->i", "333", "3"),
    SUM_1("ijkl->lkji", "1234", "4321"),
    SUM_3("ij,jk,kl->il", "23", "34", "42", "22"),
    SUM_3("i,ij,j->", "3", "34", "4", ""),
    SUM_3("i,i,i->i", "4", "4", "4", "4"),
    SUM_3("ij,ik,il->jkl", "32", "32", "32", "222"),
    TWO(pagemtimes, "matrices", NULL, "23", "34", "", "24"),
    TWO(pagemtimes, "pages", NULL, "234", "324", "", "224"),
    TWO(pagemtimes, "one matrix for every page", NULL, "23", "324", "", "224"),
    TWO(pagemtimes, "one page", NULL, "2341", "32", "", "2241"),
    FIXED(pagemtimes, "two axes of pages", NULL, "2222", "2222", "", "2222"),
    FIXED(pagemtimes, "with labels", NULL, "223", "243", "SCB", "243"),
    OP_CASE("corrcoef", "three variables", build_corrcoef, (OP_X("43", "", op_mixed)), "33", "",
            .reference = corrcoef_reference, .flags = OP_FIXED),
    TWO(pdist2, "points of the plane", NULL, "32", "42", "", "34"),
    TWO(pdist2, "batches", NULL, "232", "242", "", "234"),
    TWO(pdist2, "one set for every batch", NULL, "32", "242", "", "234"),
    TWO(pdist2_squared, "points of the plane", NULL, "32", "42", "", "34"),
    TWO(pdist2_squared, "batches", NULL, "232", "242", "", "234"),
    PART(tril, "0", "44", "44", band),
    PART(tril, "1", "34", "34", band),
    PART(tril, "-1", "243", "243", band),
    PART(tril, "9", "34", "34", band),
    PART(triu, "0", "44", "44", band),
    PART(triu, "2", "34", "34", band),
    PART(triu, "-1", "243", "243", band),
    PART(triu, "4", "34", "34", band),
    PART(triu, "99999", "34", "34", band),
    PART(tril, "-99999", "34", "34", band),
    PART(diag, "0", "44", "4", diag),
    PART(diag, "1", "34", "3", diag),
    PART(diag, "2", "34", "2", diag),
    PART(diag, "-1", "243", "23", diag),
    PART(diag, "-3", "42", "1", diag),
    PART(diag, "4", "34", "0", diag),
    PART(diag_embed, "0", "4", "44", diag_embed),
    PART(diag_embed, "1", "3", "44", diag_embed),
    PART(diag_embed, "-2", "23", "255", diag_embed),
    PART(diagflat, "0", "22", "44", diag_embed),
    PART(diagflat, "-1", "", "22", diag_embed),
};
const op_table op_product = OP_TABLE(cases);

OP_TESTS(product)

TEST(product, operands_that_do_not_fit_are_rejected)
{
#define SAYS(TEXT, A, B, STATUS, WHAT) \
    OP_BAD("einsum", build_einsum, TEXT, (OP_X(A, "", NULL), OP_X(B, "", NULL)), STATUS, WHAT)
    static const op_bad bad[] = {
        OP_BAD("outer", build_outer, NULL, (OP_X("34", "CB", NULL), OP_X("3", "", NULL)), DL_ELABEL,
               "labels"),
        OP_BAD("kron", build_kron, NULL, (OP_X("3", "", NULL), OP_X("34", "", NULL)), DL_ERANK,
               "rank 1"),
        OP_BAD("kron", build_kron, NULL, (OP_X("1111111", "", NULL), OP_X("1111111", "", NULL)),
               DL_ERANK, "rank 7, wanted 2 to 6"),
        OP_BAD("cross", build_cross, "1", (OP_X("34", "", NULL), OP_X("34", "", NULL)), DL_ESHAPE,
               "(3,4): size 4 of axis 1, wanted 3"),
        OP_BAD("cross", build_cross, "2", (OP_X("34", "", NULL), OP_X("34", "", NULL)), DL_EAXIS,
               "no axis"),
        SAYS("ij,jk->ik", "34", "56", DL_ESHAPE, "two sizes for j"),
        SAYS("ii,ij->", "34", "35", DL_ESHAPE, "two sizes for i"),
        SAYS("ij,j", "345", "4", DL_ERANK, "2 letters for (3,4,5)"),
        SAYS("ij,jk->iz", "34", "45", DL_EARG, "no term has z"),
        SAYS("ij,jk->ii", "34", "45", DL_EARG, "twice i"),
        SAYS("ij,j3->i", "34", "45", DL_EARG, "a term has 3"),
        SAYS("ij,jk->i;", "34", "45", DL_EARG, "the result has ;"),
        SAYS("abcde,fghij->abcdefghij", "11111", "11111", DL_ERANK, "more than 8 letters"),
        OP_BAD("einsum", build_einsum, NULL, (OP_X("34", "", NULL)), DL_ENULL, "no text"),
        OP_BAD("einsum", build_einsum, "ij->j", (OP_X("34", "CB", NULL)), DL_ELABEL, "labels"),
        OP_BAD("pagemtimes", build_pagemtimes, NULL,
               (OP_X("234", "SCB", NULL), OP_X("324", "", NULL)), DL_ELABEL, "the labels differ"),
        OP_BAD("pagemtimes", build_pagemtimes, NULL, (OP_X("234", "", NULL), OP_X("424", "", NULL)),
               DL_ESHAPE, "inner sizes 3 and 4 differ"),
        OP_BAD("pagemtimes", build_pagemtimes, NULL, (OP_X("234", "", NULL), OP_X("325", "", NULL)),
               DL_ESHAPE, "page sizes 4 and 5 of axis 2"),
        OP_BAD("pagemtimes", build_pagemtimes, NULL, (OP_X("3", "", NULL), OP_X("325", "", NULL)),
               DL_ERANK, "rank 1"),
        OP_BAD("corrcoef", build_corrcoef, NULL, (OP_X("234", "", NULL)), DL_ERANK,
               "(2,3,4) has rank 3, wanted 2"),
        OP_BAD("pdist2", build_pdist2, NULL, (OP_X("34", "", NULL), OP_X("35", "", NULL)),
               DL_ESHAPE, "sizes 4 and 5 differ"),
        OP_BAD("tril", build_tril, "0", (OP_X("3", "", NULL)), DL_ERANK, "rank 1"),
        OP_BAD("triu", build_triu, "0", (OP_X("34", "CB", NULL)), DL_ELABEL, "labels"),
        OP_BAD("diag", build_diag, "0", (OP_X("3", "", NULL)), DL_ERANK, "rank 1"),
        OP_BAD("diag_embed", build_diag_embed, "0", (OP_X("", "", NULL)), DL_ERANK,
               "rank 0, wanted 1 to 7"),
        OP_BAD("diag_embed", build_diag_embed, "0", (OP_X("3", "C", NULL)), DL_ELABEL, "labels"),
    };
    OP_REJECTS(bad);
}

TEST(product, einsum_knows_what_is_not_said_and_ignores_blanks)
{
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_new(DL_F64, NULL, DL_DIMS(2, 3)),
             *b = dl_array_new(DL_F64, NULL, DL_DIMS(4, 3));
    dl_val x = dl_leaf(t, a), y = dl_leaf(t, b), z = dl_einsum(" kj , ij ", DL_VALS(x, y));
    CHECK_INT(dl_rank(z), 2); /* the letters in alphabetical order: ik */
    CHECK_INT(dl_size(z, 0), 4);
    CHECK_INT(dl_size(z, 1), 2);
    CHECK_INT(dl_rank(dl_einsum("ij,ij->", DL_VALS(x, x))), 0);
    CHECK_STR(dl_tape_message(t), "");
    dl_einsum("ij->i", DL_VALS(x, y));
    CHECK_HAS(dl_tape_message(t), "another number of terms than of values");
    dl_tape_free(t);
    dl_array_free(a);
    dl_array_free(b);
}

TEST(product, the_distance_of_a_point_from_itself_has_no_slope)
{
    static double points[] = { 1, 2, -3, 0.5 };
    dl_tape *t = dl_tape_new();
    dl_array *a = dl_array_wrap(points, DL_F64, NULL, DL_DIMS(2, 2));
    dl_val x = dl_leaf(t, a), g, d = dl_pdist2(x, x);
    dl_grad(dl_sum(d, "all"), &x, 1, &g);
    const double *distance = dl_data(d), *slope = dl_data(g);
    REQUIRE(distance && slope);
    CHECK_CLOSE(distance[0], 0, 0);
    CHECK_CLOSE(distance[1], hypot(4, 1.5), 1e-15);
    CHECK_CLOSE(slope[0], 2 * 4 / hypot(4, 1.5), 1e-15);
    CHECK_CLOSE(slope[3], -2 * 1.5 / hypot(4, 1.5), 1e-15);
    dl_tape_free(t);
    dl_array_free(a);
}
