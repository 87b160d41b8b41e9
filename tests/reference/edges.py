"""Arrays with NaN, infinities, equals and zeros. Where PyTorch's gradient is another one than dltape's,
values only are compared."""
import numpy as np
import torch
from torch.nn import functional as F

from cases import Cases, Input

cases = Cases("edges")
text = cases.text
INF, NAN = np.inf, np.nan
ODD = Input([[1.0, NAN, 3, 2], [INF, 2, -INF, 0.5], [-1, INF, 0, 4], [NAN, NAN, -INF, INF]])
FAR = Input([[INF, 2, 0.5, 1], [-INF, -INF, -INF, -INF], [-INF, 1, 2, -INF]])
EQUAL = Input([[2.0, 1, 2, 1], [1, 1, 1, 1], [0.5, 2, 2, 0.5]])
ZERO = Input([[0.0, 0, 0, 0], [3, 0, 0, -4], [0, 0, 2, 0]])
INPUTS = {"NaN": ODD, "infinities": FAR, "equals": EQUAL, "zeros": ZERO}


def edges(name, call, f, values_of=(), without=()):
    """values_of: the inputs of which no gradient is compared."""
    for word, x in INPUTS.items():
        if word not in without:
            value = (lambda x: f(x.detach()).numpy()) if word in values_of else f
            cases.add(f"{name}, {word}", call, [x], value)


def along(name, f, **more):
    edges(name, f'dl_{name}(x[0], "1")', f, **more)


def running(name, f, **more):
    edges(name, f'dl_{name}(x[0], "1", false)', f, **more)


def softmax(x):
    """0 beside an infinite element, which itself is NaN; PyTorch: all are NaN."""
    return torch.exp(x - torch.logsumexp(x, 1, True))


def median(x):
    """NumPy's is right of infinities, PyTorch's quantile is not."""
    return torch.tensor(np.median(x.numpy(), 1, keepdims=True))


def first_so_far(better):
    """Of equals the one met first, of NaN the first; PyTorch takes the last."""
    def f(x):
        best = torch.zeros(x.shape, dtype=torch.int64)
        for k in range(1, x.shape[1]):
            before = torch.gather(x, 1, best[:, k - 1:k])[:, 0]
            takes = (better(x[:, k], before) | x[:, k].isnan()) & ~before.isnan()
            best[:, k] = torch.where(takes, torch.tensor(k), best[:, k - 1])
        return torch.gather(x, 1, best)
    return f


def descending(x):
    """NaN last, as ascending; PyTorch's are first then."""
    return torch.from_numpy(np.argsort(-x.detach().numpy(), 1, kind="stable"))


STRANGE = ("NaN", "infinities")
along("sum", lambda x: x.sum(1, True))
along("mean", lambda x: x.mean(1, True))
along("prod", lambda x: x.prod(1, True), values_of=STRANGE)  # PyTorch divides by the element
along("std", lambda x: torch.std(x, 1, True, True))
along("var", lambda x: torch.var(x, 1, True, True), values_of=STRANGE)
along("vecnorm", lambda x: torch.linalg.vector_norm(x, 2, 1, True))
for p, c in ((1, "1"), (3, "3"), (-1, "-1"), (INF, "INFINITY"), (-INF, "-INFINITY")):
    edges(f"norm_p {p}".replace("-", "minus "), f'dl_norm_p(x[0], {c}, "1")',
          lambda x: torch.linalg.vector_norm(x, p, 1, True), values_of=STRANGE)  # PyTorch: sign(NaN) = 0
edges("norm_p 0", 'dl_norm_p(x[0], 0, "1")', lambda x: torch.linalg.vector_norm(x, 0, 1, True),
      without=("NaN",))  # NaN, as of any p; PyTorch counts NaN
along("amax", lambda x: torch.amax(x, 1, True), values_of=("NaN",))
along("amin", lambda x: torch.amin(x, 1, True), values_of=("NaN",))
along("argmax", lambda x: torch.argmax(x, 1, True))
along("argmin", lambda x: torch.argmin(x, 1, True))
edges("max_with_indices", 'dl_max_with_indices(x[0], "1", &y[0], &y[1]);', lambda x: torch.max(x, 1, keepdim=True)[0])
edges("min_with_indices", 'dl_min_with_indices(x[0], "1", &y[0], &y[1]);', lambda x: torch.min(x, 1, keepdim=True)[0])
along("median", median, values_of=INPUTS)
along("any", lambda x: torch.any(x != 0, 1, True))
along("count_nonzero", lambda x: torch.count_nonzero(x, 1)[:, None])
along("logsumexp", lambda x: torch.logsumexp(x, 1, True), values_of=("infinities",))  # 0 where all are -inf
along("softmax", softmax, values_of=STRANGE)
along("log_softmax", lambda x: x - torch.logsumexp(x, 1, True), values_of=STRANGE)
running("cumsum", lambda x: torch.cumsum(x, 1))
running("cumprod", lambda x: torch.cumprod(x, 1), values_of=STRANGE)  # PyTorch divides
running("cummax", first_so_far(torch.gt))
running("cummin", first_so_far(torch.lt))
running("logcumsumexp", lambda x: torch.logcumsumexp(x, 1), values_of=STRANGE)  # NaN where it is infinite
edges("sort", 'dl_sort(x[0], "1", DL_ASCENDING)', lambda x: torch.sort(x, stable=True, dim=1)[0])
edges("argsort", 'dl_argsort(x[0], "1", DL_ASCENDING)', lambda x: torch.sort(x, stable=True, dim=1)[1])
edges("sort descending", 'dl_sort(x[0], "1", DL_DESCENDING)', lambda x: torch.gather(x, 1, descending(x)))
edges("argsort descending", 'dl_argsort(x[0], "1", DL_DESCENDING)', descending)
edges("normalize by the norm", 'dl_normalize(x[0], "1", "norm")', lambda x: F.normalize(x, dim=1),
      values_of=("zeros",))  # PyTorch divides by 1e-12

HUGE = Input([[3e300, 4e300], [3e-300, 4e-300], [1.0, 1e200]])
cases.add("vecnorm, huge and tiny", 'dl_vecnorm(x[0], "1")', [HUGE], lambda x: torch.hypot(x[:, :1], x[:, 1:]))
cases.add("pdist2 of equals", "dl_pdist2(x[0], x[0])", [Input([[1.0, 2], [1, 2], [3, 4]])],
          lambda a: torch.linalg.vector_norm(a[:, None] - a[None], dim=2))
cases.add("l1loss of equals", "dl_l1loss(x[0], x[1])", [Input([[1.0, 2], [3, 4]], "CB"), Input([[1.0, 1], [3, 5]], "CB")],
          lambda y, t: F.l1_loss(y, t, reduction="sum") / 2)
cases.add("huber at its kinks", "dl_huber(x[0], x[1], 1, NULL)",
          [Input([[1.0, 2], [3, 4]], "CB"), Input([[2.0, 1], [3, 5.5]], "CB")],
          lambda y, t: F.huber_loss(y, t, reduction="sum") / 2)
NEVER = Input([[0, 1.0], [0.5, 0], [0.5, 0]], "CB", True)
cases.add("cross_entropy_logits of impossible classes", "dl_cross_entropy_logits(x[0], x[1], NULL)",
          [Input([[-INF, 2], [0, 1], [1, -INF]], "CB"), NEVER],
          lambda x, t: -torch.where(t == 0, torch.zeros_like(x), t * torch.log_softmax(x, 0)).sum() / 2)
cases.add("kl_divergence of zeros", "dl_kl_divergence(x[0], x[1], NULL)",
          [Input([[0.25, 0.5], [0.25, 0.25], [0.5, 0.25]], "CB"), NEVER],
          lambda y, t: F.kl_div(torch.log(y), t, reduction="sum") / 2)
cases.add("maxpool of equals and NaN", "dl_maxpool(x[0], (const int64_t[]){ 2 }, (dl_conv_options){ 0 })",
          [Input(np.array([1.0, 1, NAN, 2, INF, INF]).reshape(6, 1, 1), "SCB")],
          lambda x: F.max_pool1d(x.permute(2, 1, 0), 2, 1).permute(2, 1, 0))
