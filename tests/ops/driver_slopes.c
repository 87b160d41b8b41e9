/* driver_slopes.c: the laws of derivatives.
 *
 * The function differentiated is the sum of w y(x), w fixed random numbers and the sum taken here,
 * in long double. Numeric slopes are central differences at h, h/2 and h/4 extrapolated twice
 * (Richardson): their own error is estimated, and a slope that has not converged is a failure too.
 */
#include "driver.h"

static const double STEP = 1.0 / 128;

typedef struct slope {
    double value, bar;
} slope;

/* From differences at h, h/2, h/4. */
static slope extrapolate(const double d[3])
{
    double e = (4 * d[1] - d[0]) / 3, f = (4 * d[2] - d[1]) / 3, g = (16 * f - e) / 15;
    return (slope){ g, fabs(g - f) };
}

static void slope_agrees(const op_run *r, const char *what, int input, int64_t at, double got,
                         slope want)
{
    double scale = 1 + fabs(want.value);
    bool converged = want.bar <= 1e-5 * scale;
    bool same = fabs(got - want.value) <= want.bar + 1e-9 * scale;
    CHECK_MSG(converged && same,
              "%s (%s) %s: %s by input %d [%lld]: got %.15g, wanted %.15g +- %.1g%s", r->c->op,
              r->c->name, dl_dtype_name(r->dtype), what, input, (long long)at, got, want.value,
              want.bar, converged ? "" : ", which has not converged");
}

/* Gradients of <w, y>, by seed. */
static bool gradients(op_run *r, const double *w, double (*g)[OP_ELEMENTS])
{
    dl_val out[OP_INPUTS];
    double memory[OP_ELEMENTS];
    dl_array *a;
    dl_val seed = op_like(r, r->y, w, memory, &a);
    dl_grad_seeded(r->y, seed, r->in, r->nreal, out);
    bool ok = op_ok(r, "gradient");
    for (int k = 0; k < r->nreal && ok; k++) ok = op_read(r, out[k], g[k]);
    dl_tape_reset(r->t);
    dl_array_free(a);
    return ok;
}

/* ---- first derivatives ----------------------------------------------------------------------- */

static bool functional(op_run *r, const double *w, double *value)
{
    double y[OP_ELEMENTS];
    if (!op_record(r) || !op_read(r, r->y, y)) return false;
    long double sum = 0;
    for (int64_t i = 0; i < r->ny; i++) sum += (long double)w[i] * (long double)y[i];
    *value = (double)sum;
    return true;
}

static bool numeric(op_run *r, const double *w, int k, int64_t i, slope *s)
{
    double x = r->x[k][i], d[3], up, down;
    for (int level = 0; level < 3; level++) {
        double h = STEP / (1 << level);
        r->x[k][i] = x + h;
        bool ok = functional(r, w, &up);
        r->x[k][i] = x - h;
        ok = ok && functional(r, w, &down);
        r->x[k][i] = x;
        if (!ok) return false;
        d[level] = (up - down) / (2 * h);
    }
    *s = extrapolate(d);
    return true;
}

/* Both dtypes at once: numeric slopes judge f64, and f64 judges f32. */
static void gradient_matches(op_run *r)
{
    double w[OP_ELEMENTS], g[OP_INPUTS][OP_ELEMENTS], g32[OP_INPUTS][OP_ELEMENTS];
    op_run narrow;
    slope s;
    op_random(1, r->ny, w);
    if (r->c->result != DL_F32 || r->dtype != DL_F64 || !op_record(r) || !gradients(r, w, g))
        return;
    for (int k = 0; k < r->nreal; k++)
        for (int64_t i = 0; i < r->nx[k] && numeric(r, w, k, i, &s); i++)
            slope_agrees(r, "derivative", k, i, g[k][i], s);
    op_open(&narrow, r->c, DL_F32);
    memcpy(narrow.x, r->x, sizeof narrow.x);
    bool ok = op_record(&narrow) && gradients(&narrow, w, g32);
    for (int k = 0; k < r->nreal && ok; k++)
        op_close_to(&narrow, "gradient against that of f64", g32[k], g[k], r->nx[k], 1e-4, 1e-2);
    op_close(&narrow);
}

void op_gradients_match(const op_table *table) { op_sweep(table, gradient_matches); }

/* ---- linearity in the seed ------------------------------------------------------------------- */

static void vjp_is_linear(op_run *r)
{
    double u[3][OP_ELEMENTS], zero[OP_ELEMENTS] = { 0 }, g[4][OP_INPUTS][OP_ELEMENTS];
    if (r->c->result != DL_F32) return;
    op_random(2, r->ny, u[0]);
    op_random(3, r->ny, u[1]);
    for (int64_t i = 0; i < r->ny; i++) u[2][i] = 3 * u[0][i] - 0.5 * u[1][i];
    const double *seed[4] = { u[0], u[1], u[2], zero };
    for (int j = 0; j < 4; j++)
        if (!op_record(r) || !gradients(r, seed[j], g[j])) return;
    for (int k = 0; k < r->nreal; k++) {
        double sum[OP_ELEMENTS];
        for (int64_t i = 0; i < r->nx[k]; i++) sum[i] = 3 * g[0][k][i] - 0.5 * g[1][k][i];
        op_close_to(r, "vjp of 3 u - v/2", g[2][k], sum, r->nx[k],
                    r->dtype == DL_F32 ? 1e-5 : 1e-13, 1);
        op_close_to(r, "vjp of a zero seed", g[3][k], zero, r->nx[k], 0, 0);
    }
}

void op_vjps_are_linear(const op_table *table) { op_sweep(table, vjp_is_linear); }

/* ---- forward and reverse --------------------------------------------------------------------- */

/* Leaves along the inputs. */
typedef struct directions {
    double v[OP_INPUTS][OP_ELEMENTS], memory[OP_INPUTS][OP_ELEMENTS];
    dl_array *array[OP_INPUTS];
    dl_val leaf[OP_INPUTS];
} directions;

static void direct(op_run *r, directions *d, unsigned seed)
{
    for (int k = 0; k < r->nreal; k++) {
        op_random(seed + (unsigned)k, r->nx[k], d->v[k]);
        d->leaf[k] = op_like(r, r->in[k], d->v[k], d->memory[k], &d->array[k]);
    }
}

static void release(op_run *r, directions *d)
{
    dl_tape_reset(r->t);
    for (int k = 0; k < r->nreal; k++) dl_array_free(d->array[k]);
}

/* The sum of products, and that of their absolute values. */
static double inner(const op_run *r, double (*a)[OP_ELEMENTS], double (*b)[OP_ELEMENTS],
                    double *size)
{
    double sum = 0;
    for (int k = 0; k < r->nreal; k++)
        for (int64_t i = 0; i < r->nx[k]; i++) {
            sum += a[k][i] * b[k][i];
            *size += fabs(a[k][i] * b[k][i]);
        }
    return sum;
}

static void forward_is_adjoint(op_run *r)
{
    double u[OP_ELEMENTS], jv[OP_ELEMENTS], ju[OP_INPUTS][OP_ELEMENTS], left = 0, size = 0;
    directions d;
    if (r->c->result != DL_F32) return;
    op_random(5, r->ny, u);
    if (!op_record(r) || !gradients(r, u, ju) || !op_record(r)) return;
    direct(r, &d, 7);
    dl_val tangent = dl_jvp(r->y, r->in, d.leaf, r->nreal);
    bool ok = op_ok(r, "jvp") && op_read(r, tangent, jv);
    if (ok) CHECK_STR(dl_dims(tangent), dl_dims(r->y));
    if (ok) CHECK_INT(dl_rank(tangent), dl_rank(r->y));
    release(r, &d);
    for (int64_t i = 0; i < r->ny && ok; i++) left += u[i] * jv[i];
    double right = inner(r, ju, d.v, &size);
    if (ok)
        op_close_to(r, "<u, J v> against <J'u, v>", &left, &right, 1,
                    r->dtype == DL_F32 ? 1e-5 : 1e-13, 1 + size);
}

void op_forward_is_adjoint(const op_table *table) { op_sweep(table, forward_is_adjoint); }

/* ---- second derivatives ---------------------------------------------------------------------- */

static bool hessian_product(op_run *r, const double *w, unsigned seed, double (*v)[OP_ELEMENTS],
                            double (*hv)[OP_ELEMENTS])
{
    double memory[OP_ELEMENTS];
    dl_array *a;
    dl_val out[OP_INPUTS];
    directions d;
    if (!op_record(r)) return false;
    direct(r, &d, seed);
    dl_val f = dl_dot(op_like(r, r->y, w, memory, &a), r->y);
    dl_hvp(f, r->in, d.leaf, r->nreal, out);
    bool ok = op_ok(r, "hvp");
    for (int k = 0; k < r->nreal && ok; k++) ok = op_read(r, out[k], hv[k]);
    memcpy(v, d.v, sizeof d.v);
    release(r, &d);
    dl_array_free(a);
    return ok;
}

static bool gradient_along(op_run *r, const double *w, double h, double (*v)[OP_ELEMENTS],
                           double (*g)[OP_ELEMENTS])
{
    double x[OP_INPUTS][OP_ELEMENTS];
    memcpy(x, r->x, sizeof x);
    for (int k = 0; k < r->nreal; k++)
        for (int64_t i = 0; i < r->nx[k]; i++) r->x[k][i] += h * v[k][i];
    bool ok = op_record(r) && gradients(r, w, g);
    memcpy(r->x, x, sizeof x);
    return ok;
}

static void curvature_agrees(op_run *r, const double *w, double (*v)[OP_ELEMENTS],
                             double (*hv)[OP_ELEMENTS])
{
    static double up[3][OP_INPUTS][OP_ELEMENTS], down[3][OP_INPUTS][OP_ELEMENTS];
    for (int level = 0; level < 3; level++) {
        double h = STEP / (1 << level);
        if (!gradient_along(r, w, h, v, up[level]) || !gradient_along(r, w, -h, v, down[level]))
            return;
    }
    for (int k = 0; k < r->nreal; k++)
        for (int64_t i = 0; i < r->nx[k]; i++) {
            double d[3];
            for (int level = 0; level < 3; level++)
                d[level] = (up[level][k][i] - down[level][k][i]) / (2 * STEP / (1 << level));
            slope_agrees(r, "H v", k, i, hv[k][i], extrapolate(d));
        }
}

static void second_derivative_matches(op_run *r)
{
    double w[OP_ELEMENTS], u[OP_INPUTS][OP_ELEMENTS], v[OP_INPUTS][OP_ELEMENTS];
    double hu[OP_INPUTS][OP_ELEMENTS], hv[OP_INPUTS][OP_ELEMENTS], size = 0;
    if (!r->nreal || r->c->result != DL_F32) return;
    op_random(11, r->ny, w);
    if (!hessian_product(r, w, 13, u, hu) || !hessian_product(r, w, 17, v, hv)) return;
    double right = inner(r, v, hu, &size), left = inner(r, u, hv, &size);
    op_close_to(r, "u'Hv against v'Hu", &left, &right, 1, r->dtype == DL_F32 ? 1e-5 : 1e-12,
                1 + size);
    if (r->dtype == DL_F64) curvature_agrees(r, w, v, hv);
}

void op_second_derivatives_match(const op_table *table)
{
    op_sweep(table, second_derivative_matches);
}

/* ---- other points ---------------------------------------------------------------------------- */

/* Around the inputs of the case, which lie 1/16 and more from the next kink. */
void op_slopes_match_nearby(const op_table *table, int points)
{
    op_run r;
    double move[OP_ELEMENTS];
    for (int i = 0; i < table->n; i++)
        for (int p = 0; p < points; p++) {
            op_open(&r, &table->cases[i], DL_F64);
            for (int k = 0; k < r.nreal; k++) {
                op_random((unsigned)(100 * p + k), r.nx[k], move);
                for (int64_t e = 0; e < r.nx[k]; e++) r.x[k][e] += move[e] / 128;
            }
            gradient_matches(&r);
            second_derivative_matches(&r);
            op_close(&r);
        }
}
