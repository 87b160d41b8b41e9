"""Examples of ops: calls with small inputs and their results, out of tests/reference/*.inc, whose values
are of mpmath, NumPy, SciPy and PyTorch and are what the tests compare with."""
import os
import re

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "reference")
ARRAYS = ("reductions", "linalg", "losses", "deep")
MOST = 24  # numbers; of larger ones only the sizes are told
CALL = re.compile(r"static void (\w+)\(const dl_val \*x, dl_val \*y\)\n\{\n(.*?)\n\}\n"
                  r"static const double \1_data\[\] = \{(.*?)\};", re.S)
SLOTS = r"\{ ((?:\{[^}]*\}(?:, )?)*) \}"
ROW = re.compile(r'\{ "[^"]*", (\w+), \S+, ' + SLOTS + ", " + SLOTS + r", \w+_data \}")
SLOT = re.compile(r'\{ "(\d*)", "(\w*)", DL_(\w+), \d \}')
POINT = re.compile(r"static dl_val (\w+)_call\(const dl_val \*x\)\s*\{\s*return (.*?);\s*\}\n"
                   r"(?:static const double \1_F32\[\] = \{.*?\};\n)?static const double \1_F64\[\] = \{\n(.*?)\};", re.S)


def number(text):
    text = text.strip().replace("INFINITY", "inf").replace("NAN", "nan")
    return float.fromhex(text) if "0x" in text else float(text)


def numbers(text):
    return [number(item) for item in text.split(",") if item.strip()]


def shown(x):
    return "%.4g" % (x + 0.0)


def array(slot, values):
    """Rows between semicolons, as MATLAB writes a matrix; what has more axes row by row, with its sizes."""
    dims, labels, _ = slot
    sizes = ",".join(size + (" " + label if labels else "") for size, label in zip(dims, labels or dims))
    if len(values) > MOST or any(size == "0" for size in dims):
        return "(%s)" % sizes
    if not dims:
        return shown(values[0])
    width = int(dims[-1]) if len(dims) == 2 else len(values)
    rows = [" ".join(shown(x) for x in values[i:i + width]) for i in range(0, len(values), width)]
    told = " (%s)" % sizes if labels or len(dims) > 2 else ""
    return "[" + "; ".join(rows) + "]" + told


def named(text, n):
    """x and y where there is one of them, else x0, x1, ..; t for their tape."""
    nx, ny = n
    text = text.replace("x[0].tape", "t").replace("dl_dtype_of(x[0])", "DL_F64")
    text = re.sub(r"\bx\[(\d)\]", lambda m: "x" if nx == 1 else "x" + m.group(1), text)
    return re.sub(r"\by\[(\d)\]", lambda m: "y" if ny == 1 else "y" + m.group(1), text)


def sections(data):
    parts = re.split(r"/\* (x|y|slope|end) \*/", data)
    found = {"x": [], "y": []}
    for kind, text in zip(parts[1::2], parts[2::2]):
        if kind in found:
            found[kind].append(numbers(text))
    return found


def listed(name, n, slots, values):
    return [named("%s[%d]" % (name, i), n) + " = " + array(slot, v) for i, (slot, v) in enumerate(zip(slots, values))]


def array_examples(source):
    """What is called first, what else is, how many numbers, text."""
    slots = {name: (SLOT.findall(x), SLOT.findall(y)) for name, x, y in ROW.findall(source)}
    for name, body, data in CALL.findall(source):
        x, y = slots[name]
        call = " ".join(line.strip() for line in body.split("\n"))
        single = re.match(r"y\[0\] = (.*);$", call)
        called = re.findall(r"\b(dl_\w+)\(", single.group(1) if single else call)
        if not called or "for (" in call:
            continue
        given = sections(re.sub(r"\n\s*0 /\* end \*/\s*", "\n", data))
        n = len(x), len(y)
        shape = named("y = " + single.group(1) if single else call.rstrip(";"), n)
        operands = listed("x", n, x, given["x"]) if re.search(r"\bx\d?\b", shape) else []
        lines = [shape] + operands + listed("y", n, y, given["y"])
        yield called, sum(map(len, given["x"] + given["y"])), "\n    ".join(lines)


def plain(x):
    """Either exact, or a number with some digits: none that is rounded to an edge."""
    return abs(x) < 1000 and (float(shown(x)) == x or len(re.findall(r"\d", shown(x))) >= 4 and "." in shown(x))


def worth(operands, result):
    """The lower the better: short numbers that say something."""
    dull = 2 * any(x in (0, 1) for x in operands) + (result in (0, 1)) + (result in operands)
    dull += 2 * (len(set(operands)) < len(operands)) + 2 * any(abs(x) < 0.01 for x in operands + [result])
    return (dull, sum(len(shown(x)) for x in operands), abs(operands[0] - 0.5))


def point_examples(source):
    for _, call, rows in POINT.findall(source):
        leading = re.match(r"(dl_\w+)\(", call)
        table = [numbers(line) for line in rows.strip().split("\n")]
        good = [row for row in table if all(map(plain, row[:-1])) and abs(row[-1]) < 1e6]
        if not leading or not good:
            continue
        row = min(good, key=lambda row: worth(row[:-1], row[-1]))
        text = call.replace("x[0].tape", "t").replace("dl_dtype_of(x[0])", "DL_F64")
        for i, x in enumerate(row[:-1]):
            text = text.replace("x[%d]" % i, shown(x))
        yield leading.group(1), "`%s` %s" % (text, shown(row[-1]))


def examples():
    """Of functions of numbers "`call` value", of functions of arrays text of several lines."""
    points, arrays, least = {}, {}, {}
    for name, text in point_examples(open(os.path.join(FOLDER, "elementwise.inc")).read()):
        points.setdefault(name, text)
    for file in ARRAYS:
        for called, size, text in array_examples(open(os.path.join(FOLDER, file + ".inc")).read()):
            for name in called:
                weight = (name != called[0], size)
                if name not in least or weight < least[name]:
                    least[name], arrays[name] = weight, text
    return points, arrays
