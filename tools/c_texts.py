"""Cuts headers of small functions into pieces that C files can be printed with.

    c_texts.py OUT.c HEADER...

A piece is what stands between two empty lines and defines a function, a macro or a struct, with its
comment.
The table in OUT.c holds for each its name, the pieces that it calls, and its text."""
import re
import sys

DEFINITION = re.compile(r"^(?:static inline \w+ |#define |typedef struct )(dl_\w+|DL_\w+)", re.M)


def pieces(path):
    text = re.sub(r"/\* ---- .*\n", "", open(path).read())
    for part in text.split("\n\n"):
        part = part.strip("\n")
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
            assert not late, "%s calls %s, which stands behind it" % (name, late)
            to.write('    { "%s", " %s",\n%s },\n' % (name, "".join(u + " " for u in uses), quoted(text)))
        to.write("    { 0, 0, 0 },\n};\n")


main(sys.argv[1], sys.argv[2:])
