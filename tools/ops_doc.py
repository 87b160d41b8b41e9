"""Prints docs/ops.md: every public function of ops/ with its comment, and what its row says.

    ops_doc.py ROWS HEADER... > docs/ops.md    ROWS: what tools/ops_rows prints; errors in ulp
                                               are those of docs/accuracy.md
    ops_doc.py --undocumented HEADER...        functions that stand under no comment, one a line
    ops_doc.py --unexampled HEADER...          ops without an example, but those that can have none
    ops_doc.py --unmapped PAGE... -- HEADER...
                                               ops that a page does not name
    ops_doc.py --undeclared PAGE... -- HEADER...
                                               words dl_... of pages that no header declares

A comment describes the declarations that follow it, up to an empty line or the next comment; a
comment at the end of a line that line."""
import os
import re
import sys
import textwrap
from collections import namedtuple

sys.dont_write_bytecode = True

from examples import examples

Entry = namedtuple("Entry", "title code notes names")  # names: of functions; code: lines

TOP = """# Every op

Printed by `tools/ops_doc.py` from the headers of `ops/` and the rows of the library; do not edit. `g` is the
gradient that arrives and `y` the value; behind a semicolon stands what an operand gets. A row's shapes: letters are
sizes, `...` any axes, `any` any sizes, `same` those of the first operand, `broadcast` those of all together. A function
without a row is made of others, whose rows appear in its plan. Examples are of the reference values that the tests
compare with (`tests/reference/`), to four digits; a matrix stands row by row between semicolons, other arrays with their
sizes.
"""

TOKEN = re.compile(r"/\*(?P<comment>.*?)\*/|(?P<typedef>typedef\s.*?\}\s*\w+;)|(?P<macro>#define [^\n]*(?:\\\n[^\n]*)*)"
                   r"|(?P<declaration>DL_API\b[^;]*;)|(?P<preprocessor>#[^\n]*)|(?P<gap>\n[ \t]*\n)|\n|[ \t]+|\S", re.S)


def text_of(comment):
    lines = [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in comment.strip().split("\n")]
    return "\n".join(lines).strip()


def signature(code):
    return re.sub(r"\s+", " ", re.sub(r"^DL_API\s+", "", code)).replace("* ", "*").strip()


def tokens(source):
    source = re.sub(r"\A.*?extern \"C\" \{\n#endif\n", "", source, flags=re.S)
    source = re.sub(r"#ifdef __cplusplus\n\}.*\Z", "", source, flags=re.S)
    line_end = 0
    for match in TOKEN.finditer(source):
        kind, value = match.lastgroup, match.group()
        same_line = "\n" not in source[line_end:match.start()]
        if kind in ("typedef", "macro", "declaration"):
            line_end = match.end()
        yield kind, match.group(kind) if kind else value, same_line and line_end > 0


def entries(path):
    """The comment at the top of a header, and its entries."""
    source = open(path).read()
    top = text_of(re.match(r"/\*(.*?)\*/", source, re.S).group(1))
    title, code, notes, names, lead, found = "", [], [], [], "", []

    def close():
        nonlocal code, notes, names, lead
        if code:
            found.append(Entry(title, code, ([lead] if lead else []) + notes, names))
        code, notes, names, lead = [], [], [], ""

    for kind, value, same_line in tokens(source):
        if kind == "comment" and same_line and code:
            notes.append((code[-1], text_of(value)))
        elif kind == "comment":
            close()
            section = re.match(r"\s*-{4} (.*?) -+\s*$", value, re.S)
            if section:
                title = re.sub(r"\s+", " ", section.group(1))
            else:
                lead = text_of(value)
        elif kind == "gap":
            if code:
                close()
        elif kind == "declaration":
            name = re.search(r"\b(dl_\w+)\s*\(", value)
            code.append(signature(value))
            names.append(name.group(1) if name else "")
        elif kind == "typedef":
            code += value.split("\n")
        elif kind == "macro":
            code.append(re.sub(r"\s*\\\n\s*", " ", value))
    close()
    return top, found


def undocumented(headers):
    for path in headers:
        for entry in entries(path)[1]:
            lead = any(isinstance(note, str) for note in entry.notes)
            own = {note[0] for note in entry.notes if not isinstance(note, str)}
            for line in entry.code:
                name = re.search(r"\b(dl_\w+)\s*\(", line)
                if name and not line.startswith("#") and name.group(1) in entry.names and not lead and line not in own:
                    yield path + ": " + name.group(1)


# Their results are no reference library's, or need a program of their own.
UNEXAMPLED = {"dl_ctc", "dl_custom", "dl_custom_fail", "dl_random_key", "dl_random_split", "dl_rand", "dl_randn",
              "dl_bernoulli", "dl_randperm", "dl_dropout"}


def ops(headers):
    for path in headers:
        for entry in entries(path)[1]:
            for line in entry.code:
                name = re.match(r"dl_(?:val|status) (dl_\w+)\(", line)
                if name:
                    yield path, name.group(1)


def unexampled(headers):
    points, arrays = examples()
    for path, name in ops(headers):
        if name not in UNEXAMPLED | set(points) | set(arrays):
            yield path + ": " + name


def unmapped(pages, headers):
    for page in pages:
        named = set(re.findall(r"\bdl_\w+", open(page).read()))
        for _, name in ops(headers):
            if name not in named:
                yield page + ": " + name


def undeclared(pages, headers):
    declared = set()
    for path in headers:
        declared |= set(re.findall(r"\bdl_\w+", re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)))
    for path in pages:
        text = open(path).read()
        for word in sorted(set(re.findall(r"\bdl_[a-z]\w*", text))):
            if word not in declared and not word.endswith("_"):
                yield path + ": " + word


def errors():
    """Of a row the largest errors found, "f32 / f64", each with the order it was of."""
    page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "docs", "accuracy.md")
    table, found = re.compile(r"^\| (\w+)( \d+)?\*? \| ([\d.]+) \|[^|]*\| ([\d.]+) \|", re.M), {}
    for name, order, f32, f64 in table.findall(open(page).read()):
        found.setdefault(name, []).append("`%s`%s %s / %s" % (name, order and " of order" + order, f32, f64))
    return found


def say_examples(entry, points, arrays):
    of_numbers = [points[name] for name in entry.names if name in points]
    if of_numbers:
        print(textwrap.fill("Examples: %s." % ", ".join(of_numbers), 118, break_long_words=False) + "\n")
    of_arrays = [arrays[name] for name in entry.names if name in arrays and name not in points]
    if of_arrays:
        print("```\n%s\n```\n" % "\n".join(of_arrays))


def say(entry, rows, used, ulps, told):
    own = dict(note for note in entry.notes if not isinstance(note, str))
    lead = [note for note in entry.notes if isinstance(note, str)]
    code = [line for line in entry.code if line not in own]
    if code:
        print("```c\n" + "\n".join(code) + "\n```\n")
    for note in lead:
        print(note + "\n")
    for line in entry.code:
        if line in own:
            print("- `%s` %s" % (line.rstrip(";"), own[line].replace("\n", "\n  ")))
    if own:
        print()
    kinds = {}
    for name in entry.names:
        if name[3:] in rows:
            row = rows[name[3:]]
            used.add(row["name"])
            kinds.setdefault(row_text(row), []).append("`%s`" % row["name"])
    measured = [text for name in entry.names for text in ulps.get(name[3:], [])]
    if measured:
        print(textwrap.fill("Largest error measured, ulp in f32 / f64: %s." % ", ".join(measured), 118) + "\n")
    for text, names in kinds.items():
        print("%s %s: %s.\n" % ("Rows" if len(names) > 1 else "Row", ", ".join(names), text))
    say_examples(entry, *told)


def row_text(row):
    operands = "`%s`, " % row["operands"] if row["operands"] else ""
    return "%s`%s`, %s" % (operands, row["shapes"], row["how"])


def document(rows_path, headers):
    fields = ("family", "name", "shapes", "operands", "how", "formula")
    rows = [dict(zip(fields, line.rstrip("\n").split("\t"))) for line in open(rows_path)]
    by_name, used, ulps, told = {row["name"]: row for row in rows}, set(), errors(), examples()
    print(TOP)
    for path in headers:
        top, found = entries(path)
        name, _, about = top.partition(":")
        print("## `%s`:%s\n" % (path, re.sub(r"\s*What holds for all ops stands in ops.h\.", "", about)))
        title = ""
        for entry in found:
            if entry.title != title:
                title = entry.title
                if title:
                    print("### " + title[:1].upper() + title[1:] + "\n")
            say(entry, by_name, used, ulps, told)
    print("## Rows without a function of their name\n\nThey are parts of other functions, and of derivatives.\n")
    print("| row | shapes | how | value |\n|---|---|---|---|")
    for row in rows:
        if row["name"] not in used:
            value = "`" + row["formula"].replace("|", "\\|") + "`" if row["formula"] else ""
            print("| `%s` | `%s` | %s | %s |" % (row["name"], row["shapes"], row["how"], value))


def main(arguments):
    if arguments[0] == "--undocumented":
        print("".join(line + "\n" for line in undocumented(arguments[1:])), end="")
    elif arguments[0] == "--unexampled":
        print("".join(line + "\n" for line in unexampled(arguments[1:])), end="")
    elif arguments[0] in ("--undeclared", "--unmapped"):
        at, lines = arguments.index("--"), undeclared if arguments[0] == "--undeclared" else unmapped
        print("".join(line + "\n" for line in lines(arguments[1:at], arguments[at + 1:])), end="")
    else:
        document(arguments[0], arguments[1:])


main(sys.argv[1:])
