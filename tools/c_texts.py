"""Cuts headers of small functions into pieces that C files can be printed with.

    c_texts.py OUT.c HEADER...

A piece is what stands between two empty lines and defines a function, a macro or a struct, with its
comment. A piece over REAL, KERNEL_F(dl_name), becomes two, dl_name_f32 and dl_name_f64.
The table in OUT.c holds for each its name, the pieces that it calls, and its text."""
import re
import sys

DEFINITION = re.compile(r"^(?:static inline \w+ |typedef struct |#define )(dl_\w+|DL_\w+)", re.M)
# What autodiff/emit_helpers.c has.
SUMS = {"dl_sum_f32", "dl_sum_f64", "dl_pairwise", "dl_pairwise_add", "dl_pairwise_total"}
REALS = {"f32": {"REAL": "float", "WORD": "uint32_t", "FABS": "fabsf"},
         "f64": {"REAL": "double", "WORD": "uint64_t", "FABS": "fabs"}}


def versions(text):
    """The text, or that of each dtype: see ops/kernels/real.h."""
    if not re.search(r"\bREAL\b|\bKERNEL_F\b", text):
        return [text]
    found = []
    for suffix, words in REALS.items():
        t = re.sub(r"\bKERNEL_F\((\w+)\)", r"\1_" + suffix, text)
        t = re.sub(r"\b(EXP|LOG|POW)\(", lambda m: "dl_%s_%s(" % (m.group(1).lower(), suffix), t)
        found.append(re.sub(r"\b(%s)\b" % "|".join(words), lambda m: words[m.group(1)], t))
    return found


def pieces(path):
    text = re.sub(r"/\* ---- .*\n", "", open(path).read())
    for part in (version for part in text.split("\n\n") for version in versions(part.strip("\n"))):
        name = DEFINITION.search(part)
        functions = re.findall(r"^static inline \w+ (dl_\w+)", part, re.M)
        assert len(functions) < 2, "no empty line between %s" % functions
        if name and not part.startswith("#ifndef") and not name.group(1).startswith("DLTAPE_"):
            yield name.group(1), part + "\n"


def quoted(text):
    lines = text.replace("\\", "\\\\").replace('"', '\\"').split("\n")[:-1]
    return "\n".join('      "%s\\n"' % line for line in lines)


def main(out, headers):
    found = [piece for path in headers for piece in pieces(path)]
    names = [name for name, _ in found]
    assert len(names) == len(set(names)), "a name is defined twice"
    with open(out, "w") as to:
        to.write('#include "autodiff/op.h"\n\n')
        to.write("extern const dl_c_text dl__texts[];\nconst dl_c_text dl__texts[] = {\n")
        for k, (name, text) in enumerate(found):
            code = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
            words = set(re.findall(r"\w+", code)) - {name}
            uses = [n for n in names if n in words]
            late = [n for n in uses if names.index(n) > k]
            uses += sorted(SUMS & words)
            assert not late, "%s calls %s, which stands behind it" % (name, late)
            to.write('    { "%s", " %s",\n%s },\n' % (name, "".join(u + " " for u in uses), quoted(text)))
        to.write("    { 0, 0, 0 },\n};\n")


main(sys.argv[1], sys.argv[2:])
