"""First derivatives of elementwise ops in f64: of mpmath at ordinary points, of PyTorch at zeros, kinks,
infinities and NaN."""
import math
import random

import torch
from mpmath import mp
from torch.nn import functional as F

import elementwise
import printing

EXACT = {
    "neg": lambda x: -x,
    "abs": abs,
    "square": lambda x: x * x,
    "relu": lambda x: max(x, 0),
    "scale": lambda x: mp.mpf(0.3) * x,
    "shift": lambda x: x + mp.mpf(0.3),
    "reciprocal": lambda x: 1 / x,
    "max_scalar": lambda x: max(x, 1.5),
    "min_scalar": lambda x: min(x, 1.5),
    "hardtanh": lambda x: min(max(x, -1), 1),
    "leaky_relu": lambda x: x if x > 0 else mp.mpf(0.3) * x,
    "clamp": lambda x: min(max(x, -0.5), 2),
    "prelu": lambda a, b: a if a > 0 else a * b,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "max": max,
    "min": min,
    "rem": lambda a, b: mp.sign(a) * mp.fmod(abs(a), abs(b)),
    "mod": lambda a, b: a - b * mp.floor(a / b),
    "copysign": lambda a, b: abs(a) * mp.sign(b),
    "fma": lambda a, b: a * b + b,
    "lerp": lambda a, b: a + (b - a) / 4,
    "where": lambda a, b: a if a > 0 else b,
    "masked_fill": lambda x: mp.mpf(0.75) if x < 0.25 else x,
}
CONSTANT = ("sign", "floor", "ceil", "round", "fix")
TORCH = {
    "erf": torch.special.erf,
    "scale": lambda x: 0.3 * x,
    "shift": lambda x: x + 0.3,
    "logit": torch.special.logit,
    "fix": torch.trunc,
    "erfc": torch.special.erfc,
    "softplus": F.softplus,
    "log_sigmoid": F.logsigmoid,
    "softsign": F.softsign,
    "silu": F.silu,
    "mish": F.mish,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "hardtanh": F.hardtanh,
    "hard_sigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.3),
    "elu": lambda x: F.elu(x, 0.75),
    "selu": F.selu,
    "clamp": lambda x: torch.clamp(x, -0.5, 2),
    "prelu": lambda a, b: F.prelu(a, b.reshape(1)),
    "erfinv": torch.special.erfinv,
    "polygamma_1": lambda x: torch.polygamma(1, x),
    "polygamma_2": lambda x: torch.polygamma(2, x),
    "power_scalar": lambda x: torch.pow(x, 3.0),
    "power": torch.pow,
    "max_scalar": lambda x: torch.maximum(x, torch.tensor(1.5, dtype=torch.float64)),
    "min_scalar": lambda x: torch.minimum(x, torch.tensor(1.5, dtype=torch.float64)),
    "max": torch.maximum,
    "min": torch.minimum,
    "mod": torch.remainder,
    "rem": torch.fmod,
    "fma": lambda a, b: a * b + b,
    "lerp": lambda a, b: a + 0.25 * (b - a),
    "where": lambda a, b: torch.where(a > 0, a, b),
    "masked_fill": lambda x: x.masked_fill(x < 0.25, 0.75),
}
NAN, INF = math.nan, math.inf


def nans(x):
    return any(math.isnan(v) for v in x)


# Where dltape has decided otherwise than PyTorch: of a point and its slopes what they are instead.
DECIDED = {
    # sign(NaN) is NaN; PyTorch's is 0
    "abs": lambda x, g: [NAN] if nans(x) else g,
    # x > 0 decides; PyTorch asks whether x <= 0, and hands g through a NaN
    "relu": lambda x, g: [0] if nans(x) else g,
    # a NaN is what is taken, half of each of two; PyTorch gives all of g to both
    "max": lambda x, g: nan_taken(*x) if nans(x) else g,
    "min": lambda x, g: nan_taken(*x) if nans(x) else g,
    # -g y / (2 x) of y = -inf at -0; PyTorch: -g y^3 / 2
    "rsqrt": lambda x, g: [-INF] if x[0] == 0 else g,
    # g / (x (1 - x)) also where the value is NaN, as log and PyTorch's log do
    "logit": lambda x, g: g if nans(x) else [quotient(1, x[0] * (1 - x[0]))],
    # (x - 1) (x + 1) is -0 at -1, where the value is NaN
    "acosh": lambda x, g: [-INF] if x[0] == -1 else g,
    # 0 at the origin; PyTorch: 0 / 0
    "atan2": lambda x, g: [0, 0] if x == (0, 0) else g,
    "hypot": lambda x, g: [0, 0] if x == (0, 0) else g,
    # mod(a, 0) = a; PyTorch's is NaN
    "mod": lambda x, g: [1, 0] if x[1] == 0 and not nans(x) else g,
    # NaN where the value is; PyTorch: -g fix(a / b)
    "rem": lambda x, g: [1, NAN] if x[1] == 0 or math.isinf(x[0]) else g,
    # what the slope tends to; PyTorch: 0 times infinity, and of gelu_tanh x^3 overflows
    **{name: lambda x, g: [float(x[0] > 0)] if abs(x[0]) > 1e5 else g for name in ("silu", "mish", "gelu", "gelu_tanh")},
    "softsign": lambda x, g: [0] if math.isinf(x[0]) else g,
    # as relu, and as x + 3
    "hardtanh": lambda x, g: [0] if nans(x) else g,
    "hardswish": lambda x, g: [NAN] if nans(x) else g,
    # PyTorch's is 1/6 of float
    "hard_sigmoid": lambda x, g: [v and 1 / 6 for v in g],
    # alpha e^x; PyTorch asks whether x <= 0
    "elu": lambda x, g: [NAN] if nans(x) else g,
    "selu": lambda x, g: [NAN] if nans(x) else g,
    # PyTorch's polygamma has 9 digits, and no poles
    "digamma": lambda x, g: [psi(1, x[0])],
    "polygamma_1": lambda x, g: [psi(2, x[0])],
    "polygamma_2": lambda x, g: [psi(3, x[0])],
    # as the maximum that it is
    "clamp": lambda x, g: [1] if nans(x) else g,
    # PyTorch divides infinity by itself
    "copysign": lambda x, g: [signs(*x), 0] if math.isinf(x[0]) else g,
}


def psi(n, x):
    if math.isfinite(x) and (x > 0 or x != math.floor(x)):
        return float(mp.psi(n, x))
    return x if math.isnan(x) else elementwise.psi(n, x)


def quotient(a, b):
    return a / b if b else math.copysign(INF, b)


def signs(a, b):
    return math.copysign(1, a) * math.copysign(1, b)


def nan_taken(a, b):
    return [0.5, 0.5] if math.isnan(a) and math.isnan(b) else [float(math.isnan(a)), float(math.isnan(b))]


SPECIAL = [0.0, -0.0, 1, -1, 1.5, INF, -INF, NAN, 1e300, -1e300, 1e-310]
PAIRS = [0.0, 1, -2, INF, -INF, NAN]


def ordinary(op):
    f = EXACT.get(op.name, op.f)
    if op.name in CONSTANT:
        f = lambda x: mp.mpf(0)
    if op.name == "mod":
        f = EXACT["mod"]
    draw = random.Random("slope of " + op.name)
    domain = "real" if op.domain == "wide" else op.domain
    for _ in range(12):
        x = [elementwise.DOMAINS[domain](draw) for _ in range(op.operands)]
        if op.name == "power":
            x[0] = abs(x[0])
        orders = [(1, 0), (0, 1)] if op.operands == 2 else [1]
        args = [mp.mpf(v) for v in x]
        slopes = [mp.diff(f, tuple(args) if op.operands == 2 else args[0], n) for n in orders]
        if all(isinstance(v, mp.mpf) for v in slopes):
            yield x, [float(v) for v in slopes]


def special(op):
    f = TORCH.get(op.name) or getattr(torch, op.name, None)
    if f is None:
        return
    points = [(v,) for v in SPECIAL] if op.operands == 1 else [(a, b) for a in PAIRS for b in PAIRS]
    for x in points:
        leaves = [torch.tensor(float(v), dtype=torch.float64, requires_grad=True) for v in x]
        slopes = torch.autograd.grad(f(*leaves), leaves, allow_unused=True)
        want = [0.0 if g is None else float(g) for g in slopes]
        yield x, DECIDED.get(op.name, lambda x, g: g)(x, want)


def text(name):
    parts = [printing.head(name, "Operands and the derivatives by them, row by row.")]
    entries = []
    for op in elementwise.OPS:
        if op.result:
            continue
        rows = list(ordinary(op)) + list(special(op))
        parts.append(f"static const double {op.name}_slopes[] = {{\n")
        for x, slopes in rows:
            parts.append("    " + ", ".join(printing.exact(v) for v in [*x, *slopes]) + ",\n")
        parts.append("};\n")
        entries.append(f"    SLOPES({op.name}, {op.operands}),")
    parts.append("static const slopes slope_references[] = {\n" + "\n".join(entries) + "\n};\n")
    return "".join(parts)
