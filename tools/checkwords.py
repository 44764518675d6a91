#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check for names and texts that have no place here: functions that overrun or
end the process, below src/; absolute paths of somebody's machine, missing
licence lines, and markers without meaning, everywhere."""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

BANNED = re.compile(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|gets|strtok|abort|exit|_exit|"
                    r"alloca|atoi|atol|setjmp|longjmp)\s*\(")
BANNED_INCLUDE = re.compile(r"#\s*include\s*<(assert|alloca)\.h>")
# The loop that runs a processor may leave by longjmp; BUG_ON may end us.
EXEMPT = {("src/base/bug.c", "abort"), ("src/base/err.c", "abort"),
          ("src/cpu/run.c", "setjmp"), ("src/cpu/run.c", "longjmp"),
          ("src/hv/run.c", "setjmp"), ("src/hv/run.c", "longjmp")}
PATH = re.compile(r"(?<![\w$.{}])/(home|work|root|Users|mnt)/[A-Za-z0-9_.-]+/")
MARKER = re.compile(r"\b(TODO|FIXME|XXX)\b")
# The licence line is asked of what we write; data and prose need none.
NEEDS_SPDX = re.compile(r"\.(c|h|def|inc|S|s|py|sh|ld)$|(^|/)Makefile$")
SKIP = re.compile(r"^(LICENSE$|tests/fuzz/corpus/|tests/golden/|\.git)")


def strip_code(text):
    """C without comments and strings, line numbers kept."""
    keep = lambda m: "\n" * m[0].count("\n") if m[0][0] == "/" else '""'
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', keep, text, flags=re.S)


def tracked():
    run = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP,
                         capture_output=True, text=True)
    if run.returncode == 0:
        return run.stdout.split("\n")[:-1]
    out = []
    for folder, _, names in os.walk(TOP):
        if "/o" not in folder[len(TOP):]:
            out += [os.path.relpath(os.path.join(folder, n), TOP) for n in names]
    return out


def line_of(text, m):
    return text.count("\n", 0, m.start()) + 1


def check_c(rel, text, wrong):
    code = strip_code(text)
    for m in BANNED.finditer(code):
        if (rel, m[1]) not in EXEMPT:
            wrong.append(f"{rel}:{line_of(code, m)}: {m[1]} is banned below src/")
    for m in BANNED_INCLUDE.finditer(text):
        wrong.append(f"{rel}:{line_of(text, m)}: {m[1]}.h is banned below src/")


def check(rel, wrong):
    path = os.path.join(TOP, rel)
    if SKIP.search(rel) or not os.path.isfile(path):
        return
    with open(path, "rb") as f:
        raw = f.read()
    if b"\0" in raw:
        return
    text = raw.decode("utf-8", "replace")
    if rel.startswith("src/") and rel.endswith((".c", ".h", ".inc", ".def")):
        check_c(rel, text, wrong)
    if rel == "tools/checkwords.py":
        return
    for m in PATH.finditer(text):
        wrong.append(f"{rel}:{line_of(text, m)}: a path of one machine: {m[0]}")
    if rel.startswith(("src/", "vmm/", "include/")):
        for m in MARKER.finditer(text):
            wrong.append(f"{rel}:{line_of(text, m)}: {m[1]}; say DEVIATION:, UNIMPL: or HACK:")
    if NEEDS_SPDX.search(rel) and "SPDX-License-Identifier: Apache-2.0" not in text[:300]:
        wrong.append(f"{rel}:1: no SPDX line")
    for no, line in enumerate(text.split("\n"), 1):
        if line.endswith((" ", "\t")) and not rel.endswith((".md", ".txt")):
            wrong.append(f"{rel}:{no}: blank at the end of the line")
            break


def main():
    wrong = []
    for rel in tracked():
        check(rel, wrong)
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
