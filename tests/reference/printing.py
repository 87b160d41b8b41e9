"""How references are printed: as C that tests/reference/*.c include."""
import math


def number(x):
    """The shortest C constant: 1, -0.0, 0x1.8p-1074, INFINITY, NAN."""
    x = float(x)
    if math.isnan(x):
        return "NAN"
    if math.isinf(x):
        return "INFINITY" if x > 0 else "-INFINITY"
    if x == int(x) and abs(x) < 1e6:
        return "-0.0" if x == 0 and math.copysign(1, x) < 0 else str(int(x))
    mantissa, exponent = x.hex().split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return min(f"{mantissa}p{exponent.lstrip('+')}", repr(x), key=len)


def exact(x):
    """In decimals, with a point."""
    text = repr(float(x))
    return {"nan": "NAN", "inf": "INFINITY", "-inf": "-INFINITY"}.get(text, text)


def decimal(x):
    """To 16 digits, which is more than two libraries agree to."""
    text = f"{float(x) + 0.0:.16g}"
    return {"nan": "NAN", "inf": "INFINITY", "-inf": "-INFINITY"}.get(text, text)


def lines(words, width=100, indent=4):
    """Words with commas, filled into lines."""
    line = " " * indent
    for word in words:
        if len(line) + len(word) + 2 > width and line.strip():
            yield line.rstrip()
            line = " " * indent
        line += word + ", "
    if line.strip():
        yield line.rstrip()


def head(name, what):
    return f"/* {name}: printed by tests/reference/make.py. {what} */\n"
