#!/usr/bin/python3
"""Prints the reference values of tests/reference/*.inc, from mpmath, NumPy, SciPy and PyTorch.

    tests/reference/make.py           writes them
    tests/reference/make.py --check   says whether they are what is printed now

Values of mpmath are rounded correctly and must be the same to the bit; in those of the other
libraries the last digits may differ from one version, or processor, to another. Debian 12:
apt install python3-mpmath python3-numpy python3-scipy python3-torch."""
import os
import re
import sys

sys.dont_write_bytecode = True

import deep
import edges
import elementwise
import linalg
import losses
import reductions
import slopes

FILES = {
    "elementwise.inc": elementwise.text,
    "slopes.inc": slopes.text,
    "reductions.inc": reductions.text,
    "linalg.inc": linalg.text,
    "losses.inc": losses.text,
    "deep.inc": deep.text,
    "edges.inc": edges.text,
}
NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]?\d+)?|-?\d+(?:e[-+]?\d+)?")


def alike(old, new):
    """Equal but for the last digits of decimal numbers, and for where lines end."""
    old, new = " ".join(old.split()), " ".join(new.split())
    if NUMBER.split(old) != NUMBER.split(new):
        return False
    pairs = [(float(a), float(b)) for a, b in zip(NUMBER.findall(old), NUMBER.findall(new))]
    return all(abs(a - b) <= 1e-12 * max(abs(a), abs(b), 1) for a, b in pairs)


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    folder = os.path.dirname(os.path.abspath(__file__))
    wrong = 0
    for name, text in FILES.items():
        path, new = os.path.join(folder, name), text(name)
        if not check:
            with open(path, "w") as file:
                file.write(new)
            continue
        with open(path) as file:
            old = file.read()
        good = old == new if name == "elementwise.inc" else alike(old, new)
        print(name, "is up to date" if good else "DIFFERS")
        wrong += not good
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
