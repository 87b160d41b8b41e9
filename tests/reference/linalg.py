"""Matrices. Signs of vectors are fixed as dltape fixes them."""
import numpy as np
import scipy.linalg
import scipy.spatial.distance
import torch

from cases import Cases, Input, mixed

cases = Cases("linalg")
add = cases.add
text = cases.text
S = mixed(3, 3)
T = mixed(3, 3, seed=1)
TALL, WIDE = mixed(4, 3), mixed(2, 4)
BATCH = mixed(2, 3, 3)
NEAR = Input(np.eye(3) * 3 + mixed(3, 3, seed=2).values / 4)
la = torch.linalg


def definite(x):
    """A symmetric positive definite matrix near a multiple of the identity."""
    return Input((x + x.T) / 8 + 3 * np.eye(len(x)))


P = definite(S.values)


def half(x):
    return (x + x.mT) / 2


def signs(u):
    """Of the largest component of each column."""
    largest = torch.argmax(u.detach().abs(), 0, keepdim=True)
    return torch.gather(u.detach(), 0, largest).sign()


def lu(x):
    """Row i of l u is row order[i] of x."""
    p, l, u = la.lu(x)
    return l, u, torch.argmax(p.detach(), 0)


def qr(x):
    q, r = la.qr(x)
    s = torch.sign(torch.diagonal(r)).detach()
    return q * s, s[:, None] * r


def eigh(x):
    w, v = la.eigh(half(x))
    return w, v * signs(v)


def svd(x):
    u, s, vh = la.svd(x, full_matrices=False)
    return u * signs(u), s, vh.mT * signs(u)


def root(x):
    w, v = la.eigh(half(x))
    return v @ torch.diag(torch.sqrt(w)) @ v.mT


def triangle(how, x, b):
    upper, transposed, unit = how & 1, how & 2, how & 4
    t = torch.triu(x) if upper else torch.tril(x)
    if unit:
        t = t - torch.diag(torch.diagonal(t)) + torch.eye(3, dtype=x.dtype)
    return la.solve(t.mT if transposed else t, b)


add("matmul", "dl_matmul(x[0], x[1])", [TALL, mixed(3, 2)], torch.matmul)
add("matmul of batches", "dl_matmul(x[0], x[1])", [mixed(2, 2, 3), mixed(2, 3, 2, seed=1)], torch.matmul)
add("matmul, one for all", "dl_matmul(x[0], x[1])", [mixed(2, 3), mixed(2, 3, 2, seed=1)], torch.matmul)
add("transpose", "dl_transpose(x[0])", [mixed(2, 2, 3)], lambda x: x.mT)
add("gram", "dl_gram(x[0])", [TALL], lambda x: x.mT @ x)
add("trace", "dl_trace(x[0])", [S], torch.trace)
add("cov", "dl_cov(x[0])", [TALL], lambda x: torch.cov(x.mT))
add("cov_n", "dl_cov_n(x[0])", [TALL], lambda x: torch.cov(x.mT, correction=0))
add("corrcoef", "dl_corrcoef(x[0])", [TALL], lambda x: torch.corrcoef(x.mT))
add("dot", "dl_dot(x[0], x[1])", [S, T], lambda a, b: (a * b).sum())
add("outer", "dl_outer(x[0], x[1])", [mixed(3), mixed(2, seed=1)], torch.outer)
add("kron", "dl_kron(x[0], x[1])", [mixed(2, 3), mixed(2, 2, seed=1)], torch.kron)
add("cross", 'dl_cross(x[0], x[1], "1")', [mixed(2, 3), mixed(2, 3, seed=1)], lambda a, b: torch.cross(a, b, 1))
add("einsum", 'dl_einsum("bij,bjk,k->bi", x, 3)', [mixed(2, 2, 3), mixed(2, 3, 2, seed=1), mixed(2, seed=2)],
    lambda a, b, c: torch.einsum("bij,bjk,k->bi", a, b, c))
add("einsum of a diagonal", 'dl_einsum("iij->j", x, 1)', [mixed(3, 3, 2)], lambda a: torch.einsum("iij->j", a))
add("pagemtimes", "dl_pagemtimes(x[0], x[1])", [mixed(2, 3, 2), mixed(3, 2, 2, seed=1)],
    lambda a, b: torch.einsum("ikp,kjp->ijp", a, b))
add("pdist2", "dl_pdist2(x[0], x[1])", [mixed(3, 2), mixed(4, 2, seed=1)],
    lambda a, b: torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist"))
add("pdist2 of SciPy", "dl_pdist2(x[0], x[1])", [mixed(3, 2), mixed(4, 2, seed=1)],
    lambda a, b: scipy.spatial.distance.cdist(a.detach(), b.detach()))
add("pdist2_squared", "dl_pdist2_squared(x[0], x[1])", [mixed(3, 2), mixed(4, 2, seed=1)],
    lambda a, b: ((a[:, None] - b[None]) ** 2).sum(2))

add("solve", "dl_solve(x[0], x[1])", [NEAR, mixed(3, 2)], la.solve)
add("solve of batches", "dl_solve(x[0], x[1])", [BATCH, mixed(2, 3, 1)], la.solve, 1e-11)
add("inv", "dl_inv(x[0])", [NEAR], la.inv)
add("lu_solve", "dl_val l, u, order; dl_lu(x[0], &l, &u, &order); y[0] = dl_lu_solve(l, u, order, x[1]);",
    [S, mixed(3, 2)], la.solve)
add("lu", "dl_lu(x[0], &y[0], &y[1], &y[2]);", [S], lu)
add("lu of two rows", "dl_lu(x[0], &y[0], &y[1], &y[2]);", [Input([[1.0, 2], [4, 6]])], lu)
for how in range(8):
    words = ["upper" if how & 1 else "lower"] + ["transposed"] * (how >> 1 & 1) + ["unit"] * (how >> 2 & 1)
    flags = " | ".join("DL_" + w.upper() for w in words)
    add("solve_triangular " + " ".join(words), f"dl_solve_triangular(x[0], x[1], {flags})",
        [NEAR, mixed(3, 2)], lambda x, b: triangle(how, x, b))
add("det", "dl_det(x[0])", [S], la.det)
add("det of a singular matrix", "dl_det(x[0])", [Input([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])],
    lambda x: x[0] @ torch.cross(x[1], x[2], 0))
add("det of batches", "dl_det(x[0])", [BATCH], la.det)
add("slogdet", "dl_slogdet(x[0], &y[0], &y[1]);", [S], lambda x: tuple(la.slogdet(x)))
add("logdet", "dl_logdet(x[0])", [P], lambda x: la.slogdet(half(x))[1])
add("cholesky", "dl_cholesky(x[0])", [P], lambda x: la.cholesky(half(x)))
add("qr", "dl_qr(x[0], &y[0], &y[1]);", [TALL], qr, 1e-11)
add("qr of a square matrix", "dl_qr(x[0], &y[0], &y[1]);", [NEAR], qr)
add("eigh", "dl_eigh(x[0], &y[0], &y[1]);", [S], eigh, 1e-11)
add("svd", "dl_svd(x[0], &y[0], &y[1], &y[2]);", [TALL], svd, 1e-11)
add("svd of a wide matrix", "dl_svd(x[0], &y[0], &y[1], &y[2]);", [WIDE], svd, 1e-11)
add("pinv", "dl_pinv(x[0])", [TALL], la.pinv)
add("pinv of rank 1", "dl_pinv(x[0])", [Input([[1.0, 2], [2, 4], [-1, -2]])],
    lambda x: np.linalg.pinv(x.detach().numpy()))
add("sqrtm", "dl_sqrtm(x[0])", [P], root)
add("sqrtm of SciPy", "dl_sqrtm(x[0])", [P], lambda x: scipy.linalg.sqrtm(x.detach().numpy()))
add("expm", "dl_expm(x[0])", [S], torch.matrix_exp)
add("expm of SciPy", "dl_expm(x[0])", [T], lambda x: scipy.linalg.expm(x.detach().numpy()))
for p in (-2, 0, 5):
    add(f"matrix_power {p}".replace("-", "minus "), f"dl_matrix_power(x[0], {p})", [NEAR],
        lambda x: la.matrix_power(x, p) if p else torch.eye(3, dtype=x.dtype))
add("norm_nuclear", "dl_norm_nuclear(x[0])", [TALL], lambda x: la.matrix_norm(x, "nuc"))
add("norm_2", "dl_norm_2(x[0])", [TALL], lambda x: la.matrix_norm(x, 2))
add("norm_1", "dl_norm_1(x[0])", [TALL], lambda x: la.matrix_norm(x, 1))
add("norm_inf", "dl_norm_inf(x[0])", [TALL], lambda x: la.matrix_norm(x, np.inf))
for k in (-1, 0, 1):
    word = "minus 1" if k < 0 else str(k)
    add(f"tril {word}", f"dl_tril(x[0], {k})", [mixed(3, 4)], lambda x: torch.tril(x, k))
    add(f"triu {word}", f"dl_triu(x[0], {k})", [mixed(3, 4)], lambda x: torch.triu(x, k))
    add(f"diag {word}", f"dl_diag(x[0], {k})", [mixed(3, 4)], lambda x: torch.diagonal(x, k))
    add(f"diag_embed {word}", f"dl_diag_embed(x[0], {k})", [mixed(3)], lambda x: torch.diag_embed(x, k))
    add(f"diagflat {word}", f"dl_diagflat(x[0], {k})", [mixed(2, 2)], lambda x: torch.diagflat(x, k))
