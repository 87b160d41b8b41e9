"""Calls on small arrays: inputs, results, and the gradient of the results times fixed numbers, all of
NumPy, SciPy or PyTorch. One call of Cases.add is one case."""
import random
import re

import numpy as np
import torch

import printing

torch.set_num_threads(1)
DTYPES = {"float64": "F64", "int64": "I64", "int32": "I32", "uint8": "U8", "bool": "U8"}


class Input:
    """In logical order: S C B T U. Without a gradient where `fixed`."""

    def __init__(self, values, labels="", fixed=False):
        self.values, self.labels = np.asarray(values), labels
        self.fixed = fixed or self.values.dtype != np.float64


def mixed(*shape, seed=0, labels="", fixed=False):
    """Different numbers of both signs, multiples of 1/32, none nearer to 0 than 1/16."""
    n = int(np.prod(shape))
    pool = [v for v in range(-max(96, n), max(96, n) + 1) if abs(v) > 1]
    values = random.Random(f"mixed {seed} {shape}").sample(pool, n)
    return Input(np.array(values, dtype=np.float64).reshape(shape) / 32, labels, fixed)


def positive(*shape, seed=0, labels="", fixed=False):
    values = random.Random(f"positive {seed} {shape}").sample(range(4, 124), int(np.prod(shape)))
    return Input(np.array(values, dtype=np.float64).reshape(shape) / 32, labels, fixed)


def share(*shape, seed=0, labels="", fixed=False):
    """Between 0 and 1."""
    values = random.Random(f"share {seed} {shape}").sample(range(8, 120), int(np.prod(shape)))
    return Input(np.array(values, dtype=np.float64).reshape(shape) / 128, labels, fixed)


def flags(*shape, seed=0, labels=""):
    draw = random.Random(f"flags {seed} {shape}")
    values = [draw.random() < 0.7 for _ in range(int(np.prod(shape)))]
    return Input(np.array(values, dtype=np.uint8).reshape(shape), labels)


def fixed(values, labels=""):
    return Input(values, labels, True)


def cotangent(shape, k):
    """What result k is multiplied by, for a gradient; the test has it too."""
    n = int(np.prod(shape))
    return torch.tensor([((5 * i + 3 * k) % 13 - 5) / 8 for i in range(n)], dtype=torch.float64).reshape(shape)


def gradients(results, leaves):
    loss = sum((y * cotangent(y.shape, k)).sum() for k, y in enumerate(results) if y.is_floating_point())
    wanted = torch.autograd.grad(loss, leaves, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, wanted)]


def sizes(shape):
    assert all(n < 10 for n in shape)
    return "".join(str(n) for n in shape)


class Cases:
    def __init__(self, name):
        self.name, self.parts, self.entries = name, [], []

    def add(self, title, call, inputs, f, rel=1e-12):
        """call: C that sets y[k] from x[i]; f: the same of tensors. A result that is an array of NumPy
        has no gradient."""
        identifier = re.sub(r"\W+", "_", f"{self.name} {title}")
        x = [torch.tensor(i.values.astype(np.float64 if not i.fixed else i.values.dtype),
                          requires_grad=not i.fixed) for i in inputs]
        results = f(*x)
        results = list(results) if isinstance(results, (tuple, list)) else [results]
        y = [torch.as_tensor(r) for r in results]
        leaves = [v for v in x if v.requires_grad]
        slopes = bool(leaves) and all(isinstance(r, torch.Tensor) for r in results) and any(r.requires_grad for r in y)
        data = [("x", v) for v in x] + [("y", v) for v in y]
        data += [("slope", v) for v in (gradients(y, leaves) if slopes else [])]
        y_types = [DTYPES[str(v.detach().numpy().dtype)] for v in y]
        if not call.endswith(";"):
            call = f"y[0] = {call};"
        self.parts.append(f"\nstatic void {identifier}(const dl_val *x, dl_val *y)\n{{\n    {call}\n}}\n"
                          f"static const double {identifier}_data[] = {{\n")
        for what, v in data:
            words = [printing.decimal(n) for n in v.detach().numpy().reshape(-1)]
            self.parts.append(f"    /* {what} */\n" + "".join(l + "\n" for l in printing.lines(words)))
        self.parts.append("    0 /* end */\n};\n")
        into = ", ".join('{ "%s", "%s", DL_%s, %d }' % (sizes(i.values.shape), i.labels,
                         DTYPES[str(i.values.dtype)], slopes and not i.fixed) for i in inputs)
        out = ", ".join('{ "%s", "", DL_%s, 0 }' % (sizes(v.shape), t) for v, t in zip(y, y_types))
        self.entries.append(f'    {{ "{title}", {identifier}, {rel:g}, {{ {into} }}, {{ {out} }}, {identifier}_data }},\n')

    def text(self, file):
        return "".join([printing.head(file, "Inputs, results, gradients."), *self.parts,
                        f"\nstatic const stored {self.name}_references[] = {{\n", *self.entries, "};\n"])
