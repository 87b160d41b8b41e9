"""Elementwise ops: values of mpmath at 60 digits, rounded once, and where an operand is 0, infinite
or NaN those of NumPy and SciPy, which are C's. One line of OPS is one op."""
import math
import random
from fractions import Fraction

import mpmath
import numpy as np
from mpmath import mp
from scipy import special

import printing

mp.dps = 60
INF, NAN = math.inf, math.nan
np.seterr(all="ignore")


class Real:
    def __init__(self, name, type_, bits, least, most):
        self.name, self.type = name, type_
        self.bits, self.least, self.most = bits, least, most
        self.tiny, self.huge = float(np.finfo(type_).tiny), float(np.finfo(type_).max)
        self.eps = float(np.finfo(type_).eps)
        self.smallest = math.ldexp(1, least)

    def round(self, n, q):
        """n 2^q, n a whole number, to the nearest, halves to even; infinite beyond the largest."""
        size = abs(n)
        shift = max(size.bit_length() + q - self.bits, self.least) - q
        if shift > size.bit_length():
            size = 0
        elif shift > 0:
            half, rest = 1 << (shift - 1), size & ((1 << shift) - 1)
            size >>= shift
            size += rest > half or (rest == half and size & 1)
            q += shift
        value = math.inf if size.bit_length() + q > self.most else math.ldexp(size, q if size else 0)
        return -value if n < 0 else value

    def of_mpf(self, v):
        if mp.isnan(v) or mp.isinf(v) or v == 0:
            return float(v)
        sign, man, exp, _ = v._mpf_
        return self.round(-int(man) if sign else int(man), int(exp))

    def of_fraction(self, v):
        """Of a fraction with a power of 2 below."""
        q = v.denominator.bit_length() - 1
        assert v.denominator == 1 << q
        return self.round(v.numerator, -q)


F32 = Real("F32", np.float32, 24, -149, 128)
F64 = Real("F64", np.float64, 53, -1074, 1024)

# ---- where ops are asked -------------------------------------------------------------------------

DOMAINS = {
    "real": lambda r: (2 * r.random() - 1) * 2.0 ** (12 * r.random() - 6),
    "positive": lambda r: r.random() * 2.0 ** (40 * r.random() - 20),
    "unit": lambda r: 2 * r.random() - 1,
    "share": lambda r: r.random(),
    "above 1": lambda r: 1 + r.random() * 2.0 ** (20 * r.random() - 10),
    "wide": lambda r: (2 * r.random() - 1) * 2.0 ** (120 * r.random() - 60),
    "whole": lambda r: (2 * r.random() - 1) * 2.0 ** (26 * r.random()),
}


def edges(real):
    """What every op of one operand is asked, and the same with the other sign."""
    x = [0.0, real.smallest, real.tiny - real.smallest, real.tiny, real.eps, 0.25, 0.5, 1 - real.eps / 2,
         1, 1 + real.eps, 1.5, 2, 2.5, 10, real.huge, math.inf]
    return [v for a in x for v in (a, -a)] + [math.nan]


def corners(real):
    x = [0.0, -0.0, 1, -2.5, real.smallest, real.huge, math.inf, -math.inf, math.nan]
    return [(a, b) for a in x for b in x]


def inputs(op, real):
    """Lists of operands, each a number of the type."""
    draw = random.Random(op.name + real.name)
    if op.operands == 1:
        x = [(v,) for v in edges(real) + [s * v for v in op.near for s in (1, -1)]]
    else:
        x = corners(real) + list(op.near)
    while len(x) < (45 if op.operands == 1 else 86) + 16 * (op.f is not None):
        x.append(tuple(DOMAINS[op.domain](draw) for _ in range(op.operands)))
    rounded = [tuple(float(real.type(v)) for v in row) for row in x]
    rounded = [row for row in rounded if all(not math.isfinite(v) or abs(v) <= op.most for v in row)]
    return list(dict.fromkeys((tuple(printing.number(v) for v in row), row) for row in rounded))


# ---- what an op is -------------------------------------------------------------------------------


class Op:
    """name: dl_NAME(operands) unless `call` says otherwise. f: of mpmath, or None where `special`,
    of NumPy in the op's own type, is exact. ulps: how far the op may be off, of the value, or of
    `floor` if that is more. most: it is asked of no larger numbers."""

    def __init__(self, name, f, special_, ulps=0, operands=1, domain="real", near=(), call=None,
                 result=None, floor=0, most=math.inf):
        self.name, self.f, self.special, self.ulps = name, f, special_, ulps
        self.operands, self.domain, self.near, self.result = operands, domain, near, result
        self.floor, self.most = floor, most
        self.call = call or f"dl_{name}({', '.join(f'x[{i}]' for i in range(operands))})"

    def value(self, x, real):
        if self.f is None:
            return float(self.special(*(real.type(v) for v in x)))
        if all(v != 0 and math.isfinite(v) for v in x):
            y = self.exact(x)
            if isinstance(y, Fraction):
                return real.of_fraction(y)
            if y is not None and y != 0:
                return real.of_mpf(y)
        return float(real.type(self.special(*(np.float64(v) for v in x))))

    def exact(self, x):
        """None: a pole."""
        try:
            y = self.f(*(mp.mpf(v) for v in x))
        except (ZeroDivisionError, ValueError):
            return None
        return mp.nan if isinstance(y, mpmath.mpc) else y if isinstance(y, Fraction) else mp.mpf(y)


def unary(name, f, special_, ulps=2, **more):
    return Op(name, f, special_, ulps if f else 0, **more)


def binary(name, f, special_, ulps=0, **more):
    return Op(name, f, special_, ulps, operands=2, **{"domain": "wide", **more})


def bessel(name, f, special_, **more):
    """Near its zeros as far from the value as it is large elsewhere."""
    def at(x):
        """C's at infinity; SciPy's is NaN."""
        if np.isinf(x):
            return NAN if x < 0 and "y" in name else 1 / abs(x) if "0" in name else 1 / x
        return special_(x)

    return Op(name, f, at, 4, floor=0.125, most=60, near=(0.001, 8, 25, 2.404825557695773), **more)


def mask(name, f, **more):
    return Op(name, None, f, result="U8", **more)


def cast(to, f):
    return Op(f"cast_{to.lower()}", None, f, domain="whole", result=to, call=f"dl_cast(x[0], DL_{to})",
              near=(255, 256, 2147483647, 2147483648, 2.0 ** 63, 1e10))


def away(x):
    """To the nearest whole number, halves away from 0."""
    whole = np.floor(np.abs(x))
    return np.copysign(whole + (np.abs(x) - whole >= 0.5), x)


def sign(x):
    return x if x == 0 or np.isnan(x) else np.sign(x)


def relu(x):
    """PyTorch keeps -0."""
    return x if x > 0 or np.isnan(x) else 0


def power(a, b):
    if a > 0:
        return mp.power(a, b)
    if b != mp.floor(b):
        return mp.nan
    return mp.power(-a, b) * (-1 if int(b) % 2 else 1)


def remainder(a, b):
    """a - b floor(a / b), exactly; where it is 0, with the sign of b."""
    a, b = (Fraction(float(v)) for v in (a, b))
    r = a - b * (a // b)
    return r if r else mp.mpf(0)


def mod(a, b):
    """As Python's % of infinities and zeros, but of b = 0 it is a, as MATLAB's."""
    return a if b == 0 else np.copysign(0, b) if np.fmod(a, b) == 0 else np.mod(a, b)


def larger(a, b):
    """NaN if either is; of zeros the second."""
    return b if a == b else np.maximum(a, b)


def smaller(a, b):
    return b if a == b else np.minimum(a, b)


def whole(least, most):
    """Cut towards 0, the nearest that there is, of NaN 0."""
    return lambda x: 0 if np.isnan(x) else min(max(math.trunc(np.clip(x, -1e30, 1e30)), least), most)


def close(a, b):
    return np.isclose(a, b, rtol=0.125, atol=0.5)


def vanishing(x):
    """Of functions x s(x), s(x) from 0 to 1: at -inf 0, as it is on the way there."""
    return x if x > 0 or np.isnan(x) else np.copysign(0, x)


def erfc(x):
    """mpmath gives up far away, where the value is 0 or 2 long since."""
    return mp.erfc(max(min(x, 10000), -10000))


def gelu_tanh(x):
    return x / (1 + mp.exp(-2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x ** 3)))


def gamma(x):
    """Infinite at the zeros, NaN at the poles below."""
    return np.copysign(INF, x) if x == 0 else x if x == INF else NAN


def psi(n, x):
    """Where it is infinite, or x is, or NaN; of even n it changes sign at the poles, which are NaN but 0."""
    if x == INF:
        return INF if n == 0 else -0.0 if n % 2 == 0 else 0.0
    if n % 2 == 0:
        return np.copysign(INF, -x) if x == 0 else NAN
    return INF if x > -INF else NAN


SELU = mp.mpf("1.0507009873554804934193349852946"), mp.mpf("1.6732632423543772848170429916717")


MASKS = "dl_%s(dl_ne_scalar(x[0], 0), dl_ne_scalar(x[1], 0))"

OPS = [
    unary("neg", None, np.negative),
    unary("abs", None, np.abs),
    unary("sign", None, sign),
    unary("square", None, np.square, domain="wide"),
    unary("sqrt", mp.sqrt, np.sqrt, 0, domain="positive"),
    unary("exp", mp.exp, np.exp, near=(88.72, 88.73, 103.97, 709.78, 709.79, 745.13, 745.14)),
    unary("log", mp.log, np.log, domain="positive"),
    unary("tanh", mp.tanh, np.tanh, near=(9.01, 19.06, 22)),
    unary("sigmoid", lambda x: 1 / (1 + mp.exp(-x)), special.expit, near=(16.6, 36.7, 104, 746)),
    unary("erf", mp.erf, special.erf, near=(3.9, 5.9)),
    unary("sin", mp.sin, np.sin, near=(3.141592653589793, 1e5, 1e22)),
    unary("cos", mp.cos, np.cos, near=(1.5707963267948966, 1e5, 1e22)),
    unary("relu", None, relu),
    unary("scale", None, lambda x: x * x.dtype.type(0.3), call="dl_scale(x[0], 0.3)"),
    unary("shift", None, lambda x: x + x.dtype.type(0.3), call="dl_shift(x[0], 0.3)"),
    unary("reciprocal", None, np.reciprocal, domain="wide"),
    unary("rsqrt", lambda x: 1 / mp.sqrt(x), lambda x: 1 / np.sqrt(x), domain="positive"),
    unary("cbrt", lambda x: mp.sign(x) * mp.cbrt(abs(x)), np.cbrt, domain="wide", near=(27,)),
    unary("exp2", lambda x: mp.power(2, x), np.exp2, near=(127.99, 150, 1023.99, 1075)),
    unary("expm1", mp.expm1, np.expm1, near=(1e-20, 1e-5, 17.4, 88.72, 709.78)),
    unary("log1p", mp.log1p, np.log1p, near=(1e-20, 1e-5, 0.999)),
    unary("log2", lambda x: mp.log(x) / mp.log(2), np.log2, domain="positive", near=(8, 2.0 ** -30)),
    unary("log10", lambda x: mp.log(x) / mp.log(10), np.log10, domain="positive", near=(1000,)),
    unary("logit", lambda x: mp.log(x / (1 - x)), special.logit, domain="share"),
    unary("sinh", mp.sinh, np.sinh, near=(1e-5, 89.4, 89.5, 710.4, 710.5)),
    unary("cosh", mp.cosh, np.cosh, near=(1e-5, 89.4, 89.5, 710.4, 710.5)),
    unary("asinh", mp.asinh, np.arcsinh, near=(1e-5, 1e10)),
    unary("acosh", mp.acosh, np.arccosh, domain="above 1", near=(1e10,)),
    unary("atanh", mp.atanh, np.arctanh, domain="unit", near=(1e-5,)),
    unary("asin", mp.asin, np.arcsin, domain="unit", near=(1e-5,)),
    unary("acos", mp.acos, np.arccos, domain="unit", near=(1e-5,)),
    unary("atan", mp.atan, np.arctan, near=(1e-5, 1e10)),
    unary("floor", None, np.floor, domain="whole"),
    unary("ceil", None, np.ceil, domain="whole"),
    unary("round", None, away, domain="whole", near=(0.49999999999999994, 0.49999997, 8388607.5)),
    unary("fix", None, np.trunc, domain="whole"),
    unary("tan", mp.tan, np.tan, near=(1.5707963267948966, 1e5, 1e22)),
    unary("cot", lambda x: 1 / mp.tan(x), lambda x: 1 / np.tan(x), near=(3.141592653589793, 1e5)),
    unary("sec", lambda x: 1 / mp.cos(x), lambda x: 1 / np.cos(x), near=(1.5707963267948966, 1e5)),
    unary("csc", lambda x: 1 / mp.sin(x), lambda x: 1 / np.sin(x), near=(3.141592653589793, 1e5)),
    unary("power_scalar", lambda x: power(x, mp.mpf(3)), lambda x: np.power(x, 3.0),
          call="dl_power_scalar(x[0], 3)"),
    unary("max_scalar", None, lambda x: larger(x, x.dtype.type(1.5)), call="dl_max_scalar(x[0], 1.5)"),
    unary("min_scalar", None, lambda x: smaller(x, x.dtype.type(1.5)), call="dl_min_scalar(x[0], 1.5)"),
    # functions of neural networks
    unary("erfc", erfc, special.erfc, near=(3, 9.9, 26.5)),
    unary("softplus", lambda x: mp.log1p(mp.exp(x)), lambda x: np.logaddexp(0, x), near=(20, 40, 104, 746)),
    unary("log_sigmoid", lambda x: -mp.log1p(mp.exp(-x)), lambda x: -np.logaddexp(0, -x), near=(20, 40, 104, 746)),
    unary("softsign", lambda x: x / (1 + abs(x)), lambda x: np.sign(x) if np.isinf(x) else x / (1 + abs(x))),
    unary("silu", lambda x: x / (1 + mp.exp(-x)), vanishing, near=(20, 40, 104, 746)),
    unary("mish", lambda x: x * mp.tanh(mp.log1p(mp.exp(x))), vanishing, near=(20, 40, 104, 746)),
    unary("gelu", lambda x: x * erfc(-x / mp.sqrt(2)) / 2, vanishing, near=(3, 8, 14, 38)),
    unary("gelu_tanh", gelu_tanh, vanishing, near=(3, 8, 10, 21)),
    unary("hardtanh", None, lambda x: np.clip(x, -1, 1)),
    unary("hard_sigmoid", lambda x: min(max((x + 3) / 6, 0), 1), lambda x: np.clip((x + 3) / 6, 0, 1), near=(3, 2.875)),
    unary("hardswish", lambda x: x * min((x + 3) / 6, 1) if x > -3 else 0, lambda x: x if x == 0 else relu(x),
          near=(3, 2.875)),
    unary("leaky_relu", None, lambda x: x if x > 0 else x * x.dtype.type(0.3), call="dl_leaky_relu(x[0], 0.3)"),
    unary("elu", lambda x: x if x > 0 else 0.75 * mp.expm1(x), lambda x: x if x > 0 else 0.75 * np.expm1(x) + 0,
          call="dl_elu(x[0], 0.75)", near=(1e-5, 17.4, 104)),
    unary("selu", lambda x: SELU[0] * (x if x > 0 else SELU[1] * mp.expm1(x)),
          lambda x: float(SELU[0]) * (x if x > 0 else float(SELU[1]) * np.expm1(x) + 0), near=(1e-5, 17.4, 104)),
    unary("clamp", None, lambda x: np.clip(x, -0.5, 2), call="dl_clamp(x[0], -0.5, 2)"),
    binary("prelu", None, lambda a, b: a if a > 0 else a * b),
    mask("isnan", np.isnan),
    mask("isinf", np.isinf),
    mask("isfinite", np.isfinite),
    # special functions
    unary("erfinv", mp.erfinv, lambda x: x if x == 0 else special.erfinv(x), 4, domain="unit", near=(1e-5, 0.999)),
    unary("gamma", mp.gamma, gamma, 4, near=(5, 0.001, 35.04, 171.62), most=1000),
    unary("lgamma", lambda x: mp.loggamma(x).real, lambda x: 0 if x in (1, 2) else x if np.isnan(x) else INF, 4, floor=1,
          near=(3, 100.5)),
    unary("digamma", mp.digamma, lambda x: psi(0, x), 4, floor=1, near=(1.4616321449683622, 100.5), most=1e6),
    unary("polygamma_1", lambda x: mp.psi(1, x), lambda x: psi(1, x), 4, call="dl_polygamma(1, x[0])", most=1e6),
    unary("polygamma_2", lambda x: mp.psi(2, x), lambda x: psi(2, x), 4, call="dl_polygamma(2, x[0])",
          domain="positive", most=1e6, floor=1),
    bessel("bessel_j0", lambda x: mp.besselj(0, x), special.j0),
    bessel("bessel_j1", lambda x: mp.besselj(1, x), special.j1),
    bessel("bessel_y0", lambda x: mp.bessely(0, x), special.y0),
    bessel("bessel_y1", lambda x: mp.bessely(1, x), special.y1),
    bessel("besselj_3", lambda x: mp.besselj(3, x), lambda x: special.jv(3, x) if x else x, call="dl_besselj(3, x[0])"),
    bessel("bessely_3", lambda x: mp.bessely(3, x), lambda x: special.yv(3, x), call="dl_bessely(3, x[0])"),
    binary("add", None, np.add),
    binary("sub", None, np.subtract),
    binary("mul", None, np.multiply),
    binary("div", None, np.divide),
    binary("power", power, np.power, 2, domain="real", near=((2, 0.5), (-2, 3), (-8, 1 / 3))),
    binary("max", None, larger),
    binary("min", None, smaller),
    binary("atan2", mp.atan2, np.arctan2, 2),
    binary("hypot", mp.hypot, np.hypot, 1),
    binary("mod", remainder, mod, domain="real", near=((5.5, 2), (-5.5, 2), (5.5, -2), (-6, 2))),
    binary("rem", None, np.fmod, domain="real", near=((5.5, 2), (-5.5, 2), (5.5, -2), (-6, 2))),
    binary("copysign", None, np.copysign),
    Op("fma", None, lambda a, b: a * b + b, operands=2, call="dl_fma(x[0], x[1], x[1])"),
    Op("lerp", None, lambda a, b: a + a.dtype.type(0.25) * (b - a), operands=2,
       call="dl_lerp(x[0], x[1], dl_scalar(x[0].tape, dl_dtype_of(x[0]), 0.25))"),
    mask("eq", np.equal, operands=2),
    mask("ne", np.not_equal, operands=2),
    mask("lt", np.less, operands=2),
    mask("le", np.less_equal, operands=2),
    mask("gt", np.greater, operands=2),
    mask("ge", np.greater_equal, operands=2),
    mask("isclose", close, operands=2, call="dl_isclose(x[0], x[1], 0.125, 0.5)"),
    mask("and", lambda a, b: bool(a) & bool(b), operands=2, call=MASKS % "and"),
    mask("or", lambda a, b: bool(a) | bool(b), operands=2, call=MASKS % "or"),
    mask("xor", lambda a, b: bool(a) ^ bool(b), operands=2, call=MASKS % "xor"),
    mask("not", lambda x: x == 0, call="dl_not(dl_ne_scalar(x[0], 0))"),
    mask("lt_scalar", lambda x: x < 0.25, call="dl_lt_scalar(x[0], 0.25)"),
    mask("eq_scalar", lambda x: x == 0.25, call="dl_eq_scalar(x[0], 0.25)"),
    mask("ne_scalar", lambda x: x != 0.25, call="dl_ne_scalar(x[0], 0.25)"),
    mask("le_scalar", lambda x: x <= 0.25, call="dl_le_scalar(x[0], 0.25)"),
    mask("gt_scalar", lambda x: x > 0.25, call="dl_gt_scalar(x[0], 0.25)"),
    mask("ge_scalar", lambda x: x >= 0.25, call="dl_ge_scalar(x[0], 0.25)"),
    binary("where", None, lambda a, b: b if np.isnan(a) or a <= 0 else a,
           call="dl_where(dl_gt_scalar(x[0], 0), x[0], x[1])"),
    unary("masked_fill", None, lambda x: 0.75 if x < 0.25 else x,
          call="dl_masked_fill(x[0], dl_lt_scalar(x[0], 0.25), 0.75)"),
    cast("F32", np.float32),
    cast("F64", np.float64),
    cast("I32", whole(-2 ** 31, 2 ** 31 - 1)),
    cast("I64", whole(-2 ** 63, 2 ** 63 - 1)),
    cast("U8", whole(0, 255)),
]

# ---- printing ------------------------------------------------------------------------------------


def table(op, real):
    rows = []
    for words, x in inputs(op, real):
        rows.append("    %s, %s," % (", ".join(words), printing.number(op.value(x, real))))
    return f"static const double {op.name}_{real.name}[] = {{\n" + "\n".join(rows) + "\n};\n"


def text(name):
    parts = [printing.head(name, "Operands and result, row by row.")]
    entries = []
    for op in OPS:
        parts.append(f"static dl_val {op.name}_call(const dl_val *x) {{ return {op.call}; }}\n")
        for real in (F32, F64):
            parts.append(table(op, real))
            result = op.result or real.name
            entries.append(f"    ENTRY({op.name}, {real.name}, {result}, {op.operands}, {op.ulps}, {op.floor}),")
    parts.append("static const elementwise elementwise_references[] = {\n" + "\n".join(entries) + "\n};\n")
    return "".join(parts)
