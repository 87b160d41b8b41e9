"""Which ops PyTorch differentiates, and how often: the column of docs/features.md. Each op is followed by a
square, so that one that is linear has a second derivative too. Run as it is: python3 derivable.py"""
import warnings

import torch
import torch.nn.functional as F

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
la, special, D = torch.linalg, torch.special, torch.float64
eye = torch.eye(4, dtype=D)


def definite(x):
    return x @ x.T + eye


def ctc(x):
    return F.ctc_loss(torch.log_softmax(x[:, None], 2), torch.tensor([[1, 2]]), torch.tensor([4]), torch.tensor([2]))


OPS = {
    "erfinv": torch.erfinv, "lgamma": torch.lgamma, "digamma": torch.digamma,
    "polygamma": lambda x: torch.polygamma(1, x), "bessel_j0": special.bessel_j0, "bessel_y1": special.bessel_y1,
    "atan2": lambda x: torch.atan2(x, x + 1), "remainder": lambda x: torch.remainder(x, x + 1),
    "hypot": lambda x: torch.hypot(x, x), "copysign": lambda x: torch.copysign(x, -x), "mish": F.mish,
    "gelu": F.gelu, "median": lambda x: x.median(1), "mode": lambda x: x.mode(1), "cummax": lambda x: x.cummax(1),
    "cumprod": lambda x: x.cumprod(1), "logcumsumexp": lambda x: x.logcumsumexp(1), "sort": lambda x: x.sort(1),
    "topk": lambda x: x.topk(2), "vector norm, p 3": lambda x: la.vector_norm(x, 3), "det": la.det,
    "slogdet": lambda x: la.slogdet(x)[1], "inv": la.inv, "solve": lambda x: la.solve(x, x + 1),
    "solve_triangular": lambda x: la.solve_triangular(x.triu(), x, upper=True), "lu": lambda x: la.lu(x)[2],
    "cholesky": lambda x: la.cholesky(definite(x)), "qr": la.qr, "eigh": lambda x: la.eigh(definite(x)), "svd": la.svd,
    "pinv": la.pinv, "expm": torch.matrix_exp, "sqrtm": lambda x: la.sqrtm(x), "power": lambda x: la.matrix_power(x, 3),
    "nuclear norm": lambda x: la.matrix_norm(x, "nuc"), "2-norm": lambda x: la.matrix_norm(x, 2), "cov": torch.cov,
    "corrcoef": torch.corrcoef, "einsum": lambda x: torch.einsum("ij,kj->ik", x, x),
    "cdist": lambda x: torch.cdist(x, x + 1), "rfft": lambda x: torch.fft.rfft(x).abs(),
    "conv": lambda x: F.conv1d(x[None], torch.ones(2, 4, 3, dtype=D)),
    "transposed conv": lambda x: F.conv_transpose1d(x[None], torch.ones(4, 2, 3, dtype=D)),
    "max_pool": lambda x: F.max_pool1d(x[None], 2), "avg_pool": lambda x: F.avg_pool1d(x[None], 2),
    "max_unpool": lambda x: F.max_unpool1d(*F.max_pool1d(x[None], 2, return_indices=True), 2),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True), "layer_norm": lambda x: F.layer_norm(x, (4,)),
    "group_norm": lambda x: F.group_norm(x, 2), "local_response_norm": lambda x: F.local_response_norm(x[None], 3),
    "lstm": lambda x: torch.nn.LSTM(4, 4).double()(x[:, None])[0],
    "gru": lambda x: torch.nn.GRU(4, 4).double()(x[:, None])[0],
    "attention": lambda x: torch.nn.MultiheadAttention(4, 2).double()(x[:, None], x[:, None], x[:, None])[0],
    "interpolate, linear": lambda x: F.interpolate(x[None], scale_factor=2, mode="linear"), "ctc": ctc,
    "huber": lambda x: F.huber_loss(x, 0 * x), "gaussian_nll": lambda x: F.gaussian_nll_loss(x, 0 * x, x + 1),
    "triplet": lambda x: F.triplet_margin_loss(x, x + 1, 2 * x),
}


def derivatives(f):
    torch.manual_seed(1)
    x = torch.rand(4, 4, dtype=D).add(0.1 * eye).requires_grad_()
    try:
        y = f(x)
        y = y if isinstance(y, torch.Tensor) else next(v for v in y if v.is_floating_point())
    except AttributeError:
        return "no such op"
    if not y.requires_grad:
        return "value only"
    slope, = torch.autograd.grad((y * y).sum(), x, create_graph=True)
    try:
        torch.autograd.grad((slope * slope).sum(), x)
        return "second"
    except RuntimeError as error:
        return "first only: " + str(error).split("\n")[0]


print("PyTorch", torch.__version__)
for name, op in OPS.items():
    print("%-20s %s" % (name, derivatives(op)))
