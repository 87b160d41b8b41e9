"""Reductions, running sums, order, softmax, sizes, places."""
import numpy as np
import scipy.stats
import torch
from torch.nn import functional as F

from cases import Cases, Input, fixed, mixed, positive

cases = Cases("reductions")
add = cases.add
text = cases.text
A = mixed(3, 4)
B = mixed(2, 3, 2)
TIES = Input([[1.5, -0.5, 1.5], [2.0, -0.5, 0.25], [1.5, 2.0, 0.25], [-1.0, 2.0, -3.0]])
ZEROS = Input([[1.5, 0, -2.0, 0.5], [0, 1.25, 0, 3.0], [2.0, -0.5, 0.75, 1.0]])
FAR = Input([[700.0, 710.0, -5.0], [-800.0, 709.5, -4.0]])
BOTH = [("0", 0, "rows"), ("1", 1, "columns")]
I64 = np.int64


def var(x, n):
    return lambda v: torch.var(v, x, unbiased=not n, keepdim=True)


def reverse(f):
    return lambda x: torch.flip(f(torch.flip(x, (1,))), (1,))


for axis, k, over in BOTH:
    def one(name, f, x=A, call=None):
        add(f"{name} over {over}", call or f'dl_{name}(x[0], "{axis}")', [x], f)

    one("sum", lambda x: x.sum(k, True))
    one("sum_squares", lambda x: (x * x).sum(k, True))
    one("mean", lambda x: x.mean(k, True))
    one("center", lambda x: x - x.mean(k, True))
    one("var", var(k, False))
    one("var_n", var(k, True))
    one("std", lambda x: torch.std(x, k, True, True))
    one("std_n", lambda x: torch.std(x, k, False, True))
    one("vecnorm", lambda x: torch.linalg.vector_norm(x, 2, k, True))
    one("prod", lambda x: x.prod(k, True))
    one("logsumexp", lambda x: torch.logsumexp(x, k, True))
    one("amax", lambda x: torch.amax(x, k, True), TIES)
    one("amin", lambda x: torch.amin(x, k, True), TIES)
    one("argmax", lambda x: torch.argmax(x, k, True))
    one("argmin", lambda x: torch.argmin(x, k, True))
    one("median", lambda x: torch.quantile(x, 0.5, k, True))
    one("softmax", lambda x: torch.softmax(x, k))
    one("log_softmax", lambda x: torch.log_softmax(x, k))
    one("any", lambda x: torch.any(x != 0, k, True), ZEROS)
    one("all", lambda x: torch.all(x != 0, k, True), ZEROS)
    one("count_nonzero", lambda x: torch.count_nonzero(x, k).unsqueeze(k), ZEROS)

add("sum of all", 'dl_sum(x[0], "all")', [B], lambda x: x.sum())
add("mean of all", 'dl_mean(x[0], "all")', [B], lambda x: x.mean())
add("var of two axes", 'dl_var(x[0], "02")', [B], lambda x: torch.var(x, (0, 2), True, True))
add("std of all", 'dl_std(x[0], "all")', [B], lambda x: torch.std(x))
add("prod with zeros", 'dl_prod(x[0], "1")', [ZEROS], lambda x: x.prod(1, True))
add("prod of all", 'dl_prod(x[0], "all")', [B], lambda x: x.prod())
add("logsumexp of far numbers", 'dl_logsumexp(x[0], "1")', [FAR], lambda x: torch.logsumexp(x, 1, True))
add("norm of a vector", "dl_norm(x[0])", [mixed(5)], torch.linalg.norm)
add("norm_fro", "dl_norm_fro(x[0])", [A], lambda x: torch.linalg.norm(x, "fro"))
for p, name in ((0.5, "half"), (1, "1"), (2, "2"), (3, "3"), (-1, "minus 1"), (0, "0")):
    add(f"norm_p {name}", f'dl_norm_p(x[0], {p}, "1")', [A],
        lambda x: torch.linalg.vector_norm(x, p, 1, True))
add("norm_p infinite", 'dl_norm_p(x[0], INFINITY, "1")', [TIES],
    lambda x: torch.linalg.vector_norm(x, np.inf, 1, True))
add("norm_p minus infinity", 'dl_norm_p(x[0], -INFINITY, "1")', [TIES],
    lambda x: torch.linalg.vector_norm(x, -np.inf, 1, True))
add("max_with_indices", 'dl_max_with_indices(x[0], "1", &y[0], &y[1]);', [A],
    lambda x: torch.max(x, 1, keepdim=True))
add("min_with_indices", 'dl_min_with_indices(x[0], "0", &y[0], &y[1]);', [A],
    lambda x: torch.min(x, 0, keepdim=True))
add("median of five", 'dl_median(x[0], "0")', [mixed(5, 2)], lambda x: torch.median(x, 0, True)[0])
add("mode", 'dl_mode(x[0], "1")', [Input([[2.0, 1, 1, 2, 3], [0.5, 3, 3, 0.5, 3]])],
    lambda x: scipy.stats.mode(x.detach().numpy(), axis=1, keepdims=True)[0])

for axis, reversed_, name in (("1", "false", ""), ("1", "true", " reversed")):
    def running(op, f, x):
        add(op + name, f'dl_{op}(x[0], "{axis}", {reversed_})', [x], reverse(f) if name else f)

    running("cumsum", lambda x: torch.cumsum(x, 1), A)
    running("cumprod", lambda x: torch.cumprod(x, 1), ZEROS)
    running("cummax", lambda x: torch.cummax(x, 1)[0], A)
    running("cummin", lambda x: torch.cummin(x, 1)[0], A)
    running("logcumsumexp", lambda x: torch.logcumsumexp(x, 1), A)
add("logcumsumexp of far numbers", 'dl_logcumsumexp(x[0], "1", false)', [FAR],
    lambda x: torch.logcumsumexp(x, 1))
add("softmax of far numbers", 'dl_softmax(x[0], "1")', [FAR], lambda x: torch.softmax(x, 1))
add("log_softmax of far numbers", 'dl_log_softmax(x[0], "1")', [FAR], lambda x: torch.log_softmax(x, 1))
add("softmax of two axes", 'dl_softmax(x[0], "12")', [B],
    lambda x: torch.softmax(x.flatten(1), 1).reshape(x.shape))
add("softmax over channels", 'dl_softmax(x[0], "C")', [mixed(3, 4, labels="CB")],
    lambda x: torch.softmax(x, 0))


def least(x):
    return torch.amin(x, 0, True)


for method, f in (("zscore", lambda x: (x - x.mean(0)) / torch.std(x, 0)),
                  ("center", lambda x: x - x.mean(0)),
                  ("scale", lambda x: x / torch.std(x, 0)),
                  ("norm", lambda x: F.normalize(x, dim=0)),
                  ("range", lambda x: (x - least(x)) / (torch.amax(x, 0, True) - least(x)))):
    add(f"normalize {method}", f'dl_normalize(x[0], "0", "{method}")', [mixed(4, 3)], f)
add("moments", 'dl_moments(x[0], "0", &y[0], &y[1]);', [A],
    lambda x: (x.mean(0, True), torch.var(x, 0, False, True)))

# ---- weights -------------------------------------------------------------------------------------

WEIGHTS = positive(4, seed=2)
add("weighted_mean of rows", 'dl_weighted_mean(x[0], x[1], "0")', [mixed(4, 3), WEIGHTS],
    lambda x, w: ((w / w.sum()) @ x)[None])
add("weighted_mean, a weight each", 'dl_weighted_mean(x[0], x[1], "1")', [A, positive(3, 4)],
    lambda x, w: (w * x).sum(1, True) / w.sum(1, True))
for name, correction in (("", 1), ("_n", 0)):
    def scatter(x, w):
        return torch.cov(x.T, correction=correction, aweights=w)

    add(f"weighted_cov{name}", f"dl_weighted_cov{name}(x[0], x[1])", [mixed(4, 3), WEIGHTS], scatter)
    add(f"weighted_var{name}", f'dl_weighted_var{name}(x[0], x[1], "0")', [mixed(4, 3), WEIGHTS],
        lambda x, w: scatter(x, w).diagonal()[None])
    add(f"weighted_std{name}", f'dl_weighted_std{name}(x[0], x[1], "1")', [mixed(3, 4), WEIGHTS],
        lambda x, w: scatter(x.T, w).diagonal().sqrt()[:, None])
    add(f"weighted_cov{name}, a weight of 0", f"dl_weighted_cov{name}(x[0], x[1])",
        [mixed(4, 3), Input([1.5, 0, 0.25, 3])], scatter)

# ---- order and places ----------------------------------------------------------------------------

for order, down in (("ASCENDING", False), ("DESCENDING", True)):
    word = order.lower()
    add(f"sort {word}", f'dl_sort(x[0], "1", DL_{order})', [A],
        lambda x: torch.sort(x, 1, down)[0])
    add(f"argsort {word}, equals", f'dl_argsort(x[0], "0", DL_{order})', [TIES],
        lambda x: torch.sort(x, stable=True, dim=0, descending=down)[1])
    add(f"topk {word}", f'dl_topk(x[0], "1", 2, DL_{order}, &y[0], &y[1]);', [A],
        lambda x: torch.topk(x, 2, 1, down))
PLACES = fixed(np.array([2, 0, 2, 1], dtype=I64))
ALONG = fixed(np.array([[0, 2, 1, 0], [2, 2, 0, 1]], dtype=I64))
add("index_select", 'dl_index_select(x[0], "0", x[1])', [A, PLACES], lambda x, i: torch.index_select(x, 0, i))
add("take_along", 'dl_take_along(x[0], "0", x[1])', [A, ALONG], lambda x, i: torch.gather(x, 0, i))
add("embed", "dl_embed(x[0], x[1])", [A, ALONG], lambda x, i: F.embedding(i, x))
add("scatter", 'dl_scatter(x[0], "0", x[1], x[2])',
    [A, fixed(np.array([[0, 2, 1, 0], [2, 1, 0, 1]], dtype=I64)), mixed(2, 4, seed=1)],
    lambda x, i, v: torch.scatter(x, 0, i, v))
add("scatter_add", 'dl_scatter_add(x[0], "0", x[1], x[2])', [A, ALONG, mixed(2, 4, seed=1)],
    lambda x, i, v: torch.scatter_add(x, 0, i, v))
MASK = fixed(np.array([[1, 0, 2, 0], [0, 3, 0, -4], [0, 5, 6, 7]], dtype=I64))
add("masked_select", "dl_masked_select(x[0], x[1])", [A, MASK], lambda x, m: torch.masked_select(x, m != 0))
add("nonzero", "dl_nonzero(x[0])", [ZEROS], lambda x: torch.nonzero(x.flatten()).flatten())
add("onehot", "dl_mul(x[0], dl_onehot(x[1], 3, dl_dtype_of(x[0])))", [mixed(4, 3), PLACES],
    lambda x, i: x * F.one_hot(i, 3))

add("onehot_decode", 'dl_onehot_decode(x[0], "1")', [A], lambda x: x.argmax(1).numpy())

# ---- new values ----------------------------------------------------------------------------------

NEW = "x[0].tape, dl_dtype_of(x[0])"
add("add_list", "dl_add_list(x, 3)", [A, mixed(3, 4, seed=1), mixed(3, 4, seed=2)], lambda a, b, c: a + b + c)
add("zeros", f"dl_zeros({NEW}, DL_DIMS(2, 3))", [A], lambda x: np.zeros((2, 3)))
add("ones", f"dl_ones({NEW}, DL_DIMS(2, 3))", [A], lambda x: np.ones((2, 3)))
add("full", f"dl_full({NEW}, 0.5, DL_DIMS(2, 3))", [A], lambda x: np.full((2, 3), 0.5))
add("eye", f"dl_eye({NEW}, 3)", [A], lambda x: np.eye(3))
add("arange_i64", "dl_arange_i64(x[0].tape, 1, 2, 4)", [A], lambda x: np.arange(1, 9, 2, dtype=I64))
add("zeros_like", "dl_zeros_like(x[0])", [A], lambda x: np.zeros((3, 4)))
add("ones_like", "dl_ones_like(x[0])", [A], lambda x: np.ones((3, 4)))
add("eye_like", "dl_eye_like(x[0])", [mixed(3, 3)], lambda x: np.eye(3))

# ---- sizes ---------------------------------------------------------------------------------------

add("reshape", "dl_reshape(x[0], DL_DIMS(2, 6))", [A], lambda x: x.reshape(2, 6))
add("permute", "dl_permute(x[0], DL_DIMS(2, 0, 1))", [mixed(2, 3, 4)], lambda x: x.permute(2, 0, 1))
add("stripdims", "dl_stripdims(x[0])", [mixed(2, 3, labels="CB")], lambda x: x)
add("label", 'dl_label(x[0], "CB")', [mixed(2, 3)], lambda x: x)
add("squeeze", 'dl_squeeze(x[0], "1")', [mixed(2, 1, 3)], lambda x: x.squeeze(1))
add("unsqueeze", "dl_unsqueeze(x[0], 1)", [mixed(2, 3)], lambda x: x.unsqueeze(1))
add("flatten", "dl_flatten(x[0], 0, 1)", [mixed(2, 3, 2)], lambda x: x.flatten(0, 1))
add("split", 'dl_split(x[0], "1", 2, y);', [A], lambda x: torch.split(x, 2, 1))
add("split_sizes", 'dl_split_sizes(x[0], "1", 2, (const int64_t[]){ 1, 3 }, y);', [A],
    lambda x: torch.split(x, [1, 3], 1))
add("expand", "dl_expand(x[0], DL_DIMS(3, 4, 2))", [mixed(3, 1)],
    lambda x: x.unsqueeze(2).expand(3, 4, 2))
add("slice", 'dl_slice(x[0], "1", 1, -1)', [A], lambda x: x[:, 1:-1])
add("slice_step", 'dl_slice_step(x[0], "1", 3, 2, -2)', [mixed(3, 5)], lambda x: x[:, [3, 1]])
add("flip", 'dl_flip(x[0], "01")', [A], lambda x: torch.flip(x, (0, 1)))
add("circshift", 'dl_circshift(x[0], -1, "0")', [A], lambda x: torch.roll(x, -1, 0))
add("repmat", "dl_repmat(x[0], DL_DIMS(2, 2))", [mixed(2, 3)], lambda x: x.repeat(2, 2))
add("repelem", 'dl_repelem(x[0], "1", 2)', [mixed(2, 3)], lambda x: x.repeat_interleave(2, 1))
add("cat", 'dl_cat(x, 2, "1")', [A, mixed(3, 2, seed=1)], lambda a, b: torch.cat((a, b), 1))
add("stack", "dl_stack(x, 2, 1)", [A, mixed(3, 4, seed=1)], lambda a, b: torch.stack((a, b), 1))
for mode in ("constant", "reflect", "replicate", "circular"):
    add(f"pad {mode}", f'dl_pad(x[0], "1", 2, 1, DL_PAD_{mode.upper()}, 0.5)', [A],
        lambda x: F.pad(x[None], (2, 1), mode, **({"value": 0.5} if mode == "constant" else {}))[0])
add("linspace", "dl_add(x[0], dl_linspace(x[0].tape, dl_dtype_of(x[0]), -1, 2, 5))", [mixed(5)],
    lambda x: x + torch.linspace(-1, 2, 5, dtype=torch.float64))
add("arange", "dl_add(x[0], dl_arange(x[0].tape, dl_dtype_of(x[0]), -1, 0.75, 5))", [mixed(5)],
    lambda x: x + torch.arange(-1, 2.75, 0.75, dtype=torch.float64))
for side in ("tril", "triu"):
    for rows, columns, k in ((3, 4, 0), (4, 3, 0), (3, 3, -1), (2, 5, 2)):
        add(f"{side}_indices of {rows}, {columns}, {k}", f"dl_{side}_indices(x[0].tape, {rows}, {columns}, {k})", [A],
            lambda x: getattr(torch, side + "_indices")(rows, columns, k))
    add(f"{side}_places", f'dl_index_select(dl_flatten(x[0], 0, -1), "0", dl_{side}_places(x[0].tape, 3, 4, 1))', [A],
        lambda x: x[tuple(getattr(torch, side + "_indices")(3, 4, 1))])
add("meshgrid", "dl_meshgrid(x[0], x[1], &y[0], &y[1]);", [mixed(3), mixed(2, seed=1)],
    lambda x, y: torch.meshgrid(x, y, indexing="xy"))

# ---- spectra -------------------------------------------------------------------------------------


def parts(f):
    """Real and imaginary part."""
    return lambda x: (f(x).real, f(x).imag)


for n in (1, 2, 5, 7, 8, 9):
    add(f"rfft of {n}", 'dl_rfft(x[0], "0", &y[0], &y[1]);', [mixed(n, 2)], parts(lambda x: torch.fft.rfft(x, dim=0)))
    add(f"irfft of {n}", f'dl_irfft(x[0], x[1], "1", {n})', [mixed(2, n // 2 + 1), mixed(2, n // 2 + 1, seed=1)],
        lambda re, im: torch.fft.irfft(torch.complex(re, im), n, 1))
add("power_spectrum", 'dl_power_spectrum(x[0], "T")', [mixed(2, 2, 7, labels="CBT")],
    lambda x: torch.fft.rfft(x, dim=2).real ** 2 + torch.fft.rfft(x, dim=2).imag ** 2)
