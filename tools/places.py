"""Prints ops/places.h: for each function of the public headers of ops/ a macro that records where it
is called.

    places.py HEADER... > ops/places.h"""
import re
import sys

TOP = """/* places.h: every op call records its file and line, for messages. A function's address, or a call
 * in parentheses, (dl_add)(a, b), leaves it out. Printed by tools/places.py. */
#ifndef DLTAPE_PLACES_H
#define DLTAPE_PLACES_H

#ifndef DL_NO_PLACES"""
VALUE = "#define {0}(...) DL_CALLED({1}, __VA_ARGS__)"
STATUS = "#define {0}(x, ...) {0}(dl_here(x, DL_PLACE), __VA_ARGS__)"
END = """#endif

#endif"""


def main(headers):
    print(TOP)
    for path in headers:
        for kind, name, first in re.findall(r"^DL_API (dl_val|dl_status)\s+(dl_\w+)\(\s*(\w+)", open(path).read(), re.M):
            if kind == "dl_status" and first == "const":
                continue  # called by a callback of the user's, where there is no tape
            assert kind == "dl_val" or first == "dl_val", name + " returns a status and takes no value first"
            print((VALUE if kind == "dl_val" else STATUS).format(name, name[3:]))
    print(END)


main(sys.argv[1:])
