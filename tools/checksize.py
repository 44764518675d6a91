#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the budgets: no file above 1,500 lines, no function above 120, no line
above 100 columns (tabs count 8; tables are exempt). Exceptions, each with its
reason, are in tools/size-allow.txt: "path" or "path:function"."""
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILE_MAX, FUNCTION_MAX, LINE_MAX = 1500, 120, 100
NAME = re.compile(r"(\w+)\s*\(")


def allowed():
    out = set()
    with open(os.path.join(TOP, "tools", "size-allow.txt"), encoding="utf-8") as f:
        for line in f:
            line = line.split("#")[0].strip()
            if line:
                out.add(line)
    return out


def functions(lines):
    """(name, first line, length): kernel style puts "{" and "}" in column 0."""
    start = None
    for no, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = no
        elif line.startswith("}") and start:
            # The name is in the nearest line above that starts in column 0.
            head = next((lines[i] for i in range(start - 2, max(-1, start - 12), -1)
                         if lines[i] and not lines[i][0].isspace()), "")
            m = NAME.search(head)
            yield (m[1] if m else "?"), start, no - start
            start = None


def check(path, allow, wrong):
    rel = os.path.relpath(path, TOP)
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("\n")
    if len(lines) - 1 > FILE_MAX and rel not in allow:
        wrong.append(f"{rel}: {len(lines) - 1} lines, the budget is {FILE_MAX}")
    for name, at, size in functions(lines):
        if size > FUNCTION_MAX and f"{rel}:{name}" not in allow:
            wrong.append(f"{rel}:{at}: {name} has {size} lines, the budget is {FUNCTION_MAX}")
    off, long = False, []
    for no, line in enumerate(lines, 1):
        off = off and "clang-format on" not in line or "clang-format off" in line
        if not off and len(line.expandtabs(8)) > LINE_MAX:
            long.append(no)
    if long:
        wrong.append(f"{rel}:{long[0]}: {len(long)} lines longer than {LINE_MAX} columns")


def main():
    allow, wrong = allowed(), []
    for top in ("src", "vmm", "include", "tests"):
        for ext in ("c", "h"):
            for path in sorted(glob.glob(os.path.join(TOP, top, "**", "*." + ext), recursive=True)):
                check(path, allow, wrong)
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
