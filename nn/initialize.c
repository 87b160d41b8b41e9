/* initialize.c: the weights that a network starts with. */
#include "internal.h"

#include <math.h>

typedef double draw(dl_rng *rng, double scale);

static dl_status fill(dl_array *w, dl_rng *rng, draw *one, double scale)
{
    dl_dtype dtype = dl_array_dtype(w);
    void *to = dl_array_write(w);
    if (!to || !rng) return w && dl_array_status(w) ? dl_array_status(w) : DL_ENULL;
    if (dtype != DL_F32 && dtype != DL_F64) return DL_EDTYPE;
    for (int64_t i = 0; i < dl_array_numel(w); i++) {
        double x = one(rng, scale);
        if (dtype == DL_F64) ((double *)to)[i] = x;
        else ((float *)to)[i] = (float)x;
    }
    return DL_OK;
}

static double uniform_within(dl_rng *rng, double bound)
{
    return bound * (2 * dl_rng_uniform(rng) - 1);
}

static double normal_of(dl_rng *rng, double deviation) { return deviation * dl_rng_normal(rng); }

dl_status dl_glorot(dl_array *w, dl_rng *rng)
{
    double out = (double)dl_array_size(w, 0), in = (double)dl_array_size(w, 1);
    return fill(w, rng, uniform_within, sqrt(6 / (in + out)));
}

dl_status dl_he(dl_array *w, dl_rng *rng)
{
    return fill(w, rng, normal_of, sqrt(2 / (double)dl_array_size(w, 1)));
}
