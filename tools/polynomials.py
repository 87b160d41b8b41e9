#!/usr/bin/env python3
"""Fits the polynomials of ops/kernels/*.h in 60 digits, through Chebyshev points: polynomials.py [NAME...]

Prints for each its coefficients, lowest first, rounded to double, and the largest error that remains,
relative to `scale`: what the polynomial is added to or multiplied by."""
import sys
from mpmath import *

mp.dps = 60


def fit(f, a, b, n):
    """n coefficients in (x - shift), through the Chebyshev points of [a, b]."""
    a, b = mpf(a), mpf(b)
    x = [(a + b) / 2 + (b - a) / 2 * cos(pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    y = [f(v) for v in x]
    for j in range(1, n):                       # divided differences
        for i in range(n - 1, j - 1, -1):
            y[i] = (y[i] - y[i - 1]) / (x[i] - x[i - j])
    c = [y[n - 1]]
    for k in range(n - 2, -1, -1):              # c = c * (x - x[k]) + y[k]
        c = [mpf(0)] + c
        for i in range(len(c) - 1):
            c[i] -= x[k] * c[i + 1]
        c[0] += y[k]
    return c


def worst(f, c, a, b, scale):
    e = mpf(0)
    for k in range(201):
        x = mpf(a) + (mpf(b) - mpf(a)) * k / 200
        e = max(e, abs((polyval(c[::-1], x) - f(x)) * scale(x)))
    return e


def safe(f, at=0):
    """f with its limit where it is 0 / 0: within 1e-18 of `at` the value beside it."""
    return lambda x: f(x if abs(x - at) > mpf(10) ** -18 else at + mpf(10) ** -18)


def zero(f, guess):
    return findroot(f, mpf(guess))


def lngamma(x):
    return log(gamma(x))


def tail(t):
    """(1 + 2 a) e^(a^2) erfc(a) of t = (a - 2) / (a + 2)."""
    if t > mpf(1) - mpf(10) ** -20:
        return 2 / sqrt(pi)
    a = 2 * (1 + t) / (1 - t)
    return (1 + 2 * a) * erfcx(a)


def tail_f32(t):
    """(a + 3) e^(a^2) erfc(a) of t = (a - 3) / (a + 3)."""
    a = 3 * (1 + t) / (1 - t)
    return (a + 3) * erfcx(a)


def erfcx(a):
    if a < 60:
        return exp(a * a) * erfc(a)
    s, t = mpf(0), mpf(1)
    for k in range(1, 20):
        s += t
        t *= -(2 * k - 1) / (2 * a * a)
    return s / (a * sqrt(pi))


def hankel(nu):
    """P and Q (times x) of sqrt(2 / (pi x)) (P cos - Q sin) as functions of w = 64 / x^2."""
    def both(w):
        x = 8 / sqrt(w if w > mpf(10) ** -24 else mpf(10) ** -24)
        chi = x - (2 * nu + 1) * pi / 4
        j, y, s = besselj(nu, x), bessely(nu, x), sqrt(pi * x / 2)
        return s * (j * cos(chi) + y * sin(chi)), x * s * (y * cos(chi) - j * sin(chi))
    return lambda w: both(w)[0], lambda w: both(w)[1]


P0, Q0 = hankel(0)
P1, Q1 = hankel(1)
j0, j1 = (lambda x: besselj(0, x)), (lambda x: besselj(1, x))
y0, y1 = (lambda x: bessely(0, x)), (lambda x: bessely(1, x))
Z = {
    "j0_1": zero(j0, 2.4), "j0_2": zero(j0, 5.52), "j0_3": zero(j0, 8.65),
    "j1_1": zero(j1, 3.83), "j1_2": zero(j1, 7.01),
    "y0_1": zero(y0, 0.89), "y0_2": zero(y0, 3.95), "y0_3": zero(y0, 7.08), "y1_1": zero(y1, 2.19),
    "y1_2": zero(y1, 5.43), "y1_3": zero(y1, 8.6), "digamma": zero(digamma, 1.46),
}


def about(f, z, shift):
    """f(x) / (x - z) of x - shift."""
    return safe(lambda u: f(u + shift) / (u + shift - z), z - shift)


def even(f, z, shift):
    """f(x) / (x^2 - z^2) of x^2 - shift."""
    def of(u):
        w = max(u + shift, mpf(10) ** -40)
        return f(sqrt(w)) / (w - z * z)
    return safe(of, z * z - shift)


def inverse_erf(w):
    """erfinv(x) / x at w = -log(1 - x^2)."""
    w = w if w > mpf(10) ** -18 else mpf(10) ** -18
    x = sqrt(-expm1(-w))
    return erfinv(x) / x


def one(x):
    return mpf(1)


y0_rest = lambda x: y0(x) - 2 / pi * j0(x) * log(x / Z["y0_1"])
y1_rest = lambda x: x * (y1(x) - 2 / pi * j1(x) * log(x / Z["y1_1"]))
y1_small = lambda w: (y1(sqrt(w)) - 2 / pi * (j1(sqrt(w)) * log(w) / 2 - 1 / sqrt(w))) / sqrt(w) \
    if w > mpf(10) ** -20 else (2 * euler - 1) / (2 * pi) - (log(2) / pi)
half = log(2) / 2
FITS = {
    "expm1": (safe(lambda r: (expm1(r) - r) / r**2), -half, half, 12, lambda r: r),
    "exp2": (safe(lambda r: expm1(r * log(2)) / r), -0.5, 0.5, 12, lambda r: r),
    "sinh": (safe(lambda z: (sinh(sqrt(z)) - sqrt(z)) / sqrt(z) ** 3), 0, 1, 8, lambda z: z),
    "atan": (safe(lambda z: (atan(sqrt(z)) - sqrt(z)) / sqrt(z) ** 3), 0, 0.17158, 12, lambda z: z),
    "asin": (safe(lambda z: (asin(sqrt(z)) - sqrt(z)) / sqrt(z) ** 3), 0, 0.25, 14, lambda z: z),
    "cbrt": (lambda r: r ** (mpf(-1) / 3), 0.89, 1.12, 5, one),
    "tail": (tail, -1, 1, 30, one),
    "tail_f32": (tail_f32, -1, mpf("7.7") / mpf("13.7"), 12, one),
    "softplus_f32": (safe(lambda z: 2 * atanh(sqrt(z)) / sqrt(z)), 0, mpf(1) / 9, 6, one),
    "erfinv_near": (lambda u: inverse_erf(u + 3.125), -3.125, 3.125, 27, one),
    "erfinv_mid": (lambda u: inverse_erf((u + 3.25) ** 2), -0.75, 0.75, 22, one),
    "erfinv_far": (lambda u: inverse_erf((u + 5.125) ** 2), -1.125, 1.125, 22, one),
    "gamma": (lambda u: gamma(u + 2.5), -0.5, 0.5, 19, one),
    "lgamma12": (safe(safe(lambda u: lngamma(u + 1.5) / (u * u - 0.25), mpf(0.5)), mpf(-0.5)), -0.5, 0.5, 22, one),
    "lgamma23": (safe(lambda u: lngamma(u + 2.5) / (u + 0.5), mpf(-0.5)), -0.5, 0.5, 18, one),
    "digamma": (about(digamma, Z["digamma"], mpf(1.5)), -0.5, 0.5, 22, one),
    "j0_near": (even(j0, Z["j0_1"], 8), -8, 8, 14, one),
    "j0_mid": (about(j0, Z["j0_2"], mpf(5)), -1, 1, 16, one),
    "j0_far": (about(j0, Z["j0_3"], mpf(7)), -1, 1, 16, one),
    "j1_near": (even(lambda x: j1(x) / x, Z["j1_1"], 10), -6, 6, 13, one),
    "j1_mid": (about(j1, Z["j1_1"], mpf(5)), -1, 1, 16, one),
    "j1_far": (about(j1, Z["j1_2"], mpf(7)), -1, 1, 16, one),
    "y0_near": (even(y0_rest, Z["y0_1"], 2), -2, 2, 11, one),
    "y0_low": (about(y0, Z["y0_2"], mpf(3)), -1, 1, 24, one),
    "y0_mid": (about(y0, Z["y0_2"], mpf(5)), -1, 1, 18, one),
    "y0_far": (about(y0, Z["y0_3"], mpf(7)), -1, 1, 16, one),
    "y1_small": (y1_small, 0, 1, 9, lambda w: sqrt(w)),
    "y1_near": (even(y1_rest, Z["y1_1"], 8), -8, 8, 16, one),
    "y1_mid": (about(y1, Z["y1_2"], mpf(5)), -1, 1, 18, one),
    "y1_far": (about(y1, Z["y1_3"], mpf(7)), -1, 1, 18, one),
    "p0": (P0, 0, 1, 14, one), "q0": (Q0, 0, 1, 14, one),
    "p1": (P1, 0, 1, 14, one), "q1": (Q1, 0, 1, 14, one),
}

if __name__ == "__main__":
    for name in sys.argv[1:] or FITS:
        f, a, b, n, scale = FITS[name]
        exact = fit(f, a, b, n)
        c = [float(v) for v in exact]
        low = float(exact[0] - c[0])
        e = worst(f, [mpf(c[0]) + low] + [mpf(v) for v in c[1:]], a, b, scale)
        print(f"/* {name}: {n} coefficients, error 2^{nstr(log(e, 2), 4)} with {low!r} added */")
        for v in c:
            print(f"    {v!r},")
    if not sys.argv[1:]:
        for name, v in Z.items():
            head = float(v)
            print(f"/* zero of {name}: {head!r} + {float(v - head)!r} */")
