/* loss_vectors.c: losses of vectors, which lie along an axis, and of critics. */
#include "losses_internal.h"

static dl_val none(dl_val a, dl_val b) { return dl_none(dl_any_tape((dl_val[]){ a, b }, 2)); }

/* Options and sizes of two lists of vectors; vectors behind the mask become 0. */
static bool begin(dl_loss *l, const char *name, dl_val *a, dl_val *b, const dl_loss_options *o)
{
    if (!dl__loss_matches(name, *a, *b) || !dl__loss_open_axis(l, name, *a, o, false)
        || !dl__loss_axis(l, *a) || !dl__loss_mask_along(l, *a))
        return false;
    *a = dl__loss_seen(l, *a);
    *b = dl__loss_seen(l, *b);
    return !dl_tape_status(a->tape);
}

/* A number for each vector. */
static bool take_target(const dl_loss *l, dl_val a, dl_val *target)
{
    return dl__operands(l->name, (dl_val[]){ a, *target }, 2)
           && dl__loss_flatten(l->name, "target", target, a, l->axis);
}

static dl_val norm(const dl_loss *l, dl_val x)
{
    return dl_vecnorm(x, dl__axis_text(l->axis).text);
}

dl_val dl_triplet_margin(dl_val anchor, dl_val positive, dl_val negative, double margin,
                         const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "triplet_margin", &anchor, &positive, o)
        || !dl__loss_matches("triplet_margin", anchor, negative))
        return none(anchor, positive);
    negative = dl__loss_seen(&l, negative);
    dl_val near = norm(&l, dl_sub(anchor, positive)), far = norm(&l, dl_sub(anchor, negative));
    return dl__loss_reduce(&l, dl_relu(dl_shift(dl_sub(near, far), margin)));
}

/* t first / 2 + (1 - t) second / 2 */
static dl_val either(dl_val t, dl_val first, dl_val second)
{
    dl_val other = dl__plus(dl_neg(t), 1);
    return dl__times(dl_add(dl_mul(t, first), dl_mul(other, second)), 0.5);
}

dl_val dl_contrastive(dl_val a, dl_val b, dl_val target, double margin, const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "contrastive", &a, &b, o) || !take_target(&l, a, &target)) return none(a, b);
    dl_val d = dl_sub(a, b), square = dl_sum_squares(d, dl__axis_text(l.axis).text);
    dl_val short_of = dl_relu(dl_shift(dl_neg(norm(&l, d)), margin));
    return dl__loss_reduce(&l, either(dl__loss_seen(&l, target), square, dl_square(short_of)));
}

dl_val dl_cosine_embedding(dl_val a, dl_val b, dl_val target, double margin,
                           const dl_loss_options *o)
{
    dl_loss l;
    if (!begin(&l, "cosine_embedding", &a, &b, o) || !take_target(&l, a, &target))
        return none(a, b);
    const dl_axis_text axis = dl__axis_text(l.axis);
    dl_val c = dl_mul(dl_normalize(a, axis.text, "norm"), dl_normalize(b, axis.text, "norm"));
    c = dl_sum(c, axis.text);
    dl_val same = dl__plus(dl_neg(c), 1), other = dl_relu(dl_shift(c, -margin));
    dl_val t = dl__times(dl__plus(dl__loss_seen(&l, target), 1), 0.5);
    return dl__loss_reduce(&l, dl__times(either(t, same, other), 2));
}

/* ---- critics --------------------------------------------------------------------------------- */

dl_val dl_wasserstein_critic(dl_val real, dl_val fake)
{
    if (!dl__operands("wasserstein_critic", (dl_val[]){ real, fake }, 2)) return none(real, fake);
    return dl_sub(dl_mean(fake, "all"), dl_mean(real, "all"));
}

dl_val dl_wasserstein_generator(dl_val fake)
{
    if (!dl__operands("wasserstein_generator", &fake, 1)) return dl_none(fake.tape);
    return dl_neg(dl_mean(fake, "all"));
}

/* The norm over all axes but that of observations. */
static dl_val norms(dl_val g)
{
    char over[DL_MAX_RANK + 1] = "";
    int n = 0, own = *dl_dims(g) ? dl_finddim(g, 'B') : 0;
    for (int i = 0; i < dl_rank(g); i++)
        if (i != own) over[n++] = (char)('0' + i);
    return n ? dl_vecnorm(g, over) : dl_abs(g);
}

dl_val dl_gradient_penalty(dl_val score, dl_val x)
{
    dl_val g;
    if (!dl__operands("gradient_penalty", (dl_val[]){ score, x }, 2)
        || dl_grad_seeded(score, dl_ones_like(score), &x, 1, &g))
        return none(score, x);
    return dl_mean(dl_square(dl__plus(norms(g), -1)), "all");
}
