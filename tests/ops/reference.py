#!/usr/bin/env python3
"""Reference values to 17 digits, from mpmath at 40: python3 tests/ops/reference.py > tests/ops/reference.h"""
from mpmath import mp, mpf, exp, log, tanh, sqrt, power

mp.dps = 40

MIXED = [0.75, -1.25, 2.5, -0.5, 1.125, -2.25]
POSITIVE = [0.8125, 1.25, 2.5, 0.5625, 1.125, 2.25]
OTHER = [-0.6875, 1.3125, 0.4375, 2.0625, -1.4375, 0.8125]


def mean(x):
    return sum(x) / len(x)


def var(x, n):
    m = mean(x)
    return sum((v - m) ** 2 for v in x) / n


def columns(x, m):
    return [x[j::m] for j in range(m)]


def cov(x, m, n):
    c = [[v - mean(col) for v in col] for col in columns(x, m)]
    return [sum(a * b for a, b in zip(p, q)) / n for p in c for q in c]


def table(name, values):
    text = "".join(f"    {mp.nstr(mpf(v), 20)},\n" for v in values)
    print(f"static const double {name}[] = {{\n{text}}};")


mixed, positive, other = ([mpf(v) for v in x] for x in (MIXED, POSITIVE, OTHER))
print("/* reference.h: printed by reference.py. */")
table("sqrt_of_positive", [sqrt(v) for v in positive])
table("log_of_positive", [log(v) for v in positive])
table("exp_of_mixed", [exp(v) for v in mixed])
table("tanh_of_mixed", [tanh(v) for v in mixed])
table("sigmoid_of_mixed", [1 / (1 + exp(-v)) for v in mixed])
table("power_of_positive_and_other", [power(a, b) for a, b in zip(positive, other)])
table("fourth_root_of_positive", [power(v, mpf(0.25)) for v in positive])
table("std_of_columns", [sqrt(var(c, 2)) for c in columns(mixed, 2)])
table("std_n_of_columns", [sqrt(var(c, 3)) for c in columns(mixed, 2)])
table("var_of_columns", [var(c, 2) for c in columns(mixed, 2)])
table("var_n_of_all", [var(mixed, 6)])
table("cov_of_mixed", cov(mixed, 2, 2))
table("cov_n_of_mixed", cov(mixed, 2, 3))
table("norm_of_mixed", [sqrt(sum(v * v for v in mixed))])
table("half_mse_of_mixed_and_other", [sum((a - b) ** 2 for a, b in zip(mixed, other)) / 6])
