"""Losses: the elements are PyTorch's where it has the loss, else the formula of the paper or of dlarray;
weights, masks and reductions are dlarray's, and PyTorch's where they are the same."""
import math

import torch
from torch.nn import functional as F

from cases import Cases, Input, fixed, flags, mixed, positive, share

cases = Cases("losses")
text = cases.text
CLASSES, BATCH = 3, 2
SHAPE = (CLASSES, BATCH)
NUMBERS = [mixed(*SHAPE, labels="CB"), mixed(*SHAPE, seed=1, labels="CB")]
SHARES = [share(*SHAPE, labels="CB"), share(*SHAPE, seed=1, labels="CB")]
LOGITS = [mixed(*SHAPE, labels="CB"), SHARES[1]]
LABELS = Input(torch.tensor([[1.0, 0], [0, 1], [1, 1]]).double().numpy(), "CB", True)
SIGNS = Input(torch.tensor([[1.0, -1], [-1, 1], [1, 1]]).double().numpy(), "CB")
INDEX = fixed(torch.tensor([[2, 0]]).numpy(), "CB")
WEIGHTS = positive(*SHAPE, seed=3, labels="CB")
MASK = Input([[1, 1], [0, 1], [1, 0]], "CB", True)
MASK.values = MASK.values.astype("uint8")
ONE_MASK = Input([[0, 1]], "CB", True)
ONE_MASK.values = ONE_MASK.values.astype("uint8")
ONE_WEIGHT = positive(1, BATCH, seed=3, labels="CB")


def reduced(e, how, w, m):
    """dlarray's, where 2 is the size of axis B."""
    counted = e if m is None else torch.where(m != 0, e, torch.zeros_like(e))
    counted = counted if w is None else counted * w
    if how == "DL_NO_REDUCTION":
        return counted
    if how == "DL_MEAN_INCLUDED":
        return counted.sum() / (e.numel() if m is None else (m != 0).sum())
    return counted.sum() / {"DL_SUM": 1, "DL_MEAN_BATCH": BATCH, "DL_MEAN_ELEMENTS": e.numel()}[how]


def options(k, how, w, m, more=""):
    parts = [f".reduction = {how}"] if how else []
    parts += [f".weights = x[{k}]"] if w else []
    parts += [f".mask = x[{k + bool(w)}]"] if m else []
    parts += [more] if more else []
    return "&(dl_loss_options){ %s }" % ", ".join(parts) if parts else "NULL"


WAYS = [(None, 0, 0), ("DL_NO_REDUCTION", 0, 0), ("DL_SUM", 1, 0), ("DL_MEAN_BATCH", 0, 1),
        ("DL_MEAN_ELEMENTS", 1, 1), ("DL_MEAN_INCLUDED", 0, 1)]


def loss(name, call, inputs, f, default="DL_MEAN_BATCH", weights=WEIGHTS, mask=MASK, rel=1e-12, ways=WAYS,
         more=""):
    """call: with %s for the options; f: elements of the inputs."""
    for how, w, m in ways:
        extra = [weights] * w + [mask] * m

        def result(*x):
            more_x = list(x[len(inputs):])
            return reduced(f(*x[:len(inputs)]), how or default, more_x.pop(0) if w else None,
                           more_x.pop(0) if m else None)

        word = (how or "default").replace("DL_", "").replace("_", " ").lower()
        title = f"{name}, {word}" + ", weights" * w + ", mask" * m
        cases.add(title, call % options(len(inputs), how, w, m, more), inputs + extra, result, rel)


def alone(name, call, inputs, f):
    """PyTorch's own reduction."""
    cases.add(name, call, inputs, f)


PAIR = [mixed(3, 2, labels="CB"), mixed(3, 2, seed=1, labels="CB")]
alone("mse by default", "dl_mse(x[0], x[1])", PAIR, lambda y, t: F.mse_loss(y, t, reduction="sum") / 4)
alone("l1loss by default", "dl_l1loss(x[0], x[1])", PAIR, lambda y, t: F.l1_loss(y, t, reduction="sum") / 2)
alone("l2loss by default", "dl_l2loss(x[0], x[1])", PAIR, lambda y, t: F.mse_loss(y, t, reduction="sum") / 2)
loss("mse", "dl_mse_with(x[0], x[1], %s)", NUMBERS, lambda y, t: F.mse_loss(y, t, reduction="none") / 2)
loss("mean_squared_error", "dl_mean_squared_error_with(x[0], x[1], %s)", NUMBERS,
     lambda y, t: F.mse_loss(y, t, reduction="none"), "DL_MEAN_ELEMENTS")
alone("mean_squared_error of PyTorch", "dl_mean_squared_error(x[0], x[1])", NUMBERS, F.mse_loss)
loss("l1loss", "dl_l1loss_with(x[0], x[1], %s)", NUMBERS, lambda y, t: F.l1_loss(y, t, reduction="none"))
loss("l2loss", "dl_l2loss_with(x[0], x[1], %s)", NUMBERS, lambda y, t: F.mse_loss(y, t, reduction="none"))
loss("huber", "dl_huber(x[0], x[1], 1, %s)", NUMBERS, lambda y, t: F.smooth_l1_loss(y, t, reduction="none"))
loss("huber of 0.75", "dl_huber(x[0], x[1], 0.75, %s)", NUMBERS,
     lambda y, t: F.huber_loss(y, t, reduction="none", delta=0.75))
loss("log_cosh", "dl_log_cosh(x[0], x[1], %s)", NUMBERS, lambda y, t: torch.log(torch.cosh(y - t)))
loss("charbonnier", "dl_charbonnier(x[0], x[1], 0.125, %s)", NUMBERS,
     lambda y, t: torch.sqrt((y - t) ** 2 + 0.125 ** 2))
loss("poisson_nll", "dl_poisson_nll(x[0], x[1], %s)", [NUMBERS[0], positive(*SHAPE, labels="CB")],
     lambda x, t: F.poisson_nll_loss(x, t, reduction="none"))
loss("gaussian_nll", "dl_gaussian_nll(x[0], x[1], x[2], 0.5, %s)",
     NUMBERS + [positive(*SHAPE, seed=5, labels="CB")],
     lambda y, t, v: 0.5 * (torch.log(torch.clamp(v, 0.5)) + (y - t) ** 2 / torch.clamp(v, 0.5)))
alone("gaussian_nll of PyTorch", "dl_gaussian_nll(x[0], x[1], x[2], 1e-6, &(dl_loss_options){ .reduction = "
      "DL_MEAN_ELEMENTS })", NUMBERS + [positive(*SHAPE, seed=5, labels="CB")], F.gaussian_nll_loss)
loss("hinge", "dl_hinge(x[0], x[1], %s)", [NUMBERS[0], SIGNS], lambda y, t: torch.relu(1 - t * y))

loss("cross_entropy", "dl_cross_entropy(x[0], x[1], %s)", SHARES, lambda y, t: -t * torch.log(y))
loss("binary_cross_entropy", "dl_binary_cross_entropy(x[0], x[1], %s)", [SHARES[0], LABELS],
     lambda y, t: F.binary_cross_entropy(y, t, reduction="none"))
loss("focal_cross_entropy", "dl_focal_cross_entropy(x[0], x[1], 0.25, 2, %s)", SHARES,
     lambda y, t: -0.25 * t * (1 - y) ** 2 * torch.log(y))
loss("kl_divergence", "dl_kl_divergence(x[0], x[1], %s)", SHARES,
     lambda y, t: F.kl_div(torch.log(y), t, reduction="none"))
alone("kl_divergence of PyTorch", "dl_kl_divergence(x[0], x[1], NULL)", SHARES,
      lambda y, t: F.kl_div(torch.log(y), t, reduction="sum") / BATCH)
alone("dice", "dl_dice(x[0], x[1], 1, NULL)", SHARES,
      lambda y, t: 1 - (2 * (y * t).sum() + 1) / (y.sum() + t.sum() + 1))
PICTURES = [share(2, 3, 2, labels="SSB"), share(2, 3, 2, seed=1, labels="SSB")]
alone("dice of pictures", "dl_dice(x[0], x[1], 1, NULL)", PICTURES,
      lambda y, t: (1 - (2 * (y * t).sum((0, 1)) + 1) / (y.sum((0, 1)) + t.sum((0, 1)) + 1)).mean())

loss("cross_entropy_logits", "dl_cross_entropy_logits(x[0], x[1], %s)", LOGITS,
     lambda x, t: -t * torch.log_softmax(x, 0), mask=ONE_MASK, ways=WAYS[:4])
loss("binary_cross_entropy_logits", "dl_binary_cross_entropy_logits(x[0], x[1], %s)", LOGITS,
     lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none"))
FAR = Input(torch.tensor([[800.0, -800], [40, -40], [1e-3, -745]]).double().numpy(), "CB")
loss("binary_cross_entropy_logits far", "dl_binary_cross_entropy_logits(x[0], x[1], %s)", [FAR, LABELS],
     lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none"), ways=WAYS[1:2])


def focal(x, t):
    """The paper's, also of torchvision."""
    p = torch.sigmoid(x)
    right = p * t + (1 - p) * (1 - t)
    return (0.25 * t + 0.75 * (1 - t)) * (1 - right) ** 2 * F.binary_cross_entropy_with_logits(x, t, reduction="none")


loss("focal_logits", "dl_focal_logits(x[0], x[1], 0.25, 2, %s)", [NUMBERS[0], LABELS], focal)

# ---- classes -------------------------------------------------------------------------------------

CLASS_WEIGHTS = positive(CLASSES, seed=7)


def to_rows(x):
    """(C,B) to PyTorch's (B,C)."""
    return x.T


alone("cross_entropy_logits of PyTorch", "dl_cross_entropy_logits(x[0], x[1], NULL)", LOGITS,
      lambda x, t: F.cross_entropy(to_rows(x), to_rows(t)))
alone("cross_entropy_logits, smoothing", "dl_cross_entropy_logits(x[0], x[1], &(dl_loss_options){ .smoothing = "
      "0.25 })", LOGITS, lambda x, t: F.cross_entropy(to_rows(x), to_rows(t), label_smoothing=0.25))
alone("cross_entropy_logits, class weights", "dl_cross_entropy_logits(x[0], x[1], &(dl_loss_options){ "
      ".class_weights = x[2] })", LOGITS + [CLASS_WEIGHTS],
      lambda x, t, w: -(w[:, None] * t * torch.log_softmax(x, 0)).sum() / BATCH)
alone("cross_entropy_logits, class weights of PyTorch", "dl_cross_entropy_logits(x[0], x[1], &(dl_loss_options){ "
      ".class_weights = x[2] })", LOGITS + [fixed(CLASS_WEIGHTS.values)],
      lambda x, t, w: F.cross_entropy(to_rows(x), to_rows(t), w))
alone("binary_cross_entropy_logits of PyTorch", "dl_binary_cross_entropy_logits(x[0], x[1], &(dl_loss_options){ "
      ".reduction = DL_MEAN_ELEMENTS })", LOGITS, F.binary_cross_entropy_with_logits)

MORE = mixed(CLASSES, 4, seed=2, labels="CB")
FOUR = fixed(torch.tensor([2, 0, 1, 2]).numpy(), "B")
SHARE4 = Input(torch.softmax(torch.tensor(MORE.values), 0).numpy(), "CB")
for name, x, f in (("index_cross_entropy_logits", MORE, F.cross_entropy),
                   ("index_cross_entropy", SHARE4, lambda y, i, **o: F.nll_loss(torch.log(y), i, **o)),
                   ("nll", MORE, F.nll_loss)):
    def index_loss(title, fields, inputs, g):
        alone(f"{name}, {title}", f"dl_{name}(x[0], x[1], &(dl_loss_options){{ {fields} }})", [x, FOUR] + inputs, g)

    index_loss("default", ".axis = \"C\"", [], lambda x, i: f(to_rows(x), i))
    index_loss("elements", ".reduction = DL_NO_REDUCTION", [],
               lambda x, i: f(to_rows(x), i, reduction="none")[None])
    index_loss("sum", ".reduction = DL_SUM", [], lambda x, i: f(to_rows(x), i, reduction="sum"))
    index_loss("ignored", ".reduction = DL_MEAN_INCLUDED, .ignore = &(int64_t){ 2 }", [],
               lambda x, i: f(to_rows(x), i, ignore_index=2))
    index_loss("class weights", ".reduction = DL_SUM, .class_weights = x[2]", [fixed(CLASS_WEIGHTS.values)],
               lambda x, i, w: f(to_rows(x), i, weight=w, reduction="sum"))
    index_loss("weights", ".reduction = DL_MEAN_BATCH, .weights = x[2]", [positive(1, 4, seed=3, labels="CB")],
               lambda x, i, w: (f(to_rows(x), i, reduction="none") * w[0]).mean())
    index_loss("mask", ".reduction = DL_MEAN_INCLUDED, .mask = x[2]", [fixed(flags(1, 4).values, "CB")],
               lambda x, i, m: f(to_rows(x), i, reduction="none")[m[0] != 0].mean())
alone("index_cross_entropy_logits, smoothing", "dl_index_cross_entropy_logits(x[0], x[1], &(dl_loss_options){ "
      ".smoothing = 0.25 })", [MORE, FOUR], lambda x, i: F.cross_entropy(to_rows(x), i, label_smoothing=0.25))
alone("index_cross_entropy_logits, smoothing and class weights", "dl_index_cross_entropy_logits(x[0], x[1], "
      "&(dl_loss_options){ .reduction = DL_SUM, .smoothing = 0.25, .class_weights = x[2] })",
      [MORE, FOUR, fixed(CLASS_WEIGHTS.values)],
      lambda x, i, w: F.cross_entropy(to_rows(x), i, w, label_smoothing=0.25, reduction="sum"))
alone("pick", "dl_pick(x[0], x[1], \"C\")", [MORE, FOUR], lambda x, i: torch.gather(x, 0, i[None]))

# ---- vectors -------------------------------------------------------------------------------------

VECTORS = [mixed(3, 4, seed=k, labels="CB") for k in range(3)]
PAIRS = Input([[1.0, 0, 0, 1]], "CB", True)
EITHER = Input([[1.0, -1, -1, 1]], "CB", True)
FOURS = dict(weights=positive(1, 4, seed=3, labels="CB"), mask=fixed(flags(1, 4).values, "CB"))


def four(e, how):
    return {"NO_REDUCTION": e[None], "SUM": e.sum(), "MEAN_BATCH": e.mean()}[how]


def apart(a, b):
    return torch.linalg.vector_norm(a - b, dim=0)


for how in ("NO_REDUCTION", "SUM", "MEAN_BATCH"):
    o = "&(dl_loss_options){ .reduction = DL_%s }" % how
    word = how.replace("_", " ").lower()
    alone(f"triplet_margin, {word}", f"dl_triplet_margin(x[0], x[1], x[2], 1, {o})", VECTORS,
          lambda a, p, n: four(torch.relu(apart(a, p) - apart(a, n) + 1), how))
    alone(f"contrastive, {word}", f"dl_contrastive(x[0], x[1], x[2], 2.5, {o})", VECTORS[:2] + [PAIRS],
          lambda a, b, t: four((t * apart(a, b) ** 2 / 2 + (1 - t) * torch.relu(2.5 - apart(a, b)) ** 2 / 2)[0], how))
    alone(f"cosine_embedding, {word}", f"dl_cosine_embedding(x[0], x[1], x[2], 0.125, {o})", VECTORS[:2] + [EITHER],
          lambda a, b, t: four(F.cosine_embedding_loss(a.T, b.T, t[0], 0.125, reduction="none"), how))
alone("wasserstein_critic", "dl_wasserstein_critic(x[0], x[1])", [mixed(1, 4, labels="CB"), mixed(1, 3, labels="CB")],
      lambda r, f: f.mean() - r.mean())
alone("wasserstein_generator", "dl_wasserstein_generator(x[0])", [mixed(1, 4, labels="CB")], lambda f: -f.mean())


def penalty(x, w):
    score = torch.tanh(w @ x)
    slope, = torch.autograd.grad(score.sum(), x, create_graph=True)
    return ((torch.linalg.vector_norm(slope, dim=0) - 1) ** 2).mean()


alone("gradient_penalty", "dl_gradient_penalty(dl_label(dl_tanh(dl_matmul(x[1], dl_stripdims(x[0]))), \"CB\"), x[0])",
      [mixed(3, 4, labels="CB"), mixed(1, 3, seed=1)], penalty)
