#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check that every header compiles alone, with the warnings of the build, and
the public ones as C++ too. A header that has not changed since its last good
check, nor anything it includes, is not compiled again."""
import glob
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STAMPS = os.path.join(TOP, "o", "test", "headers")
CC = os.environ.get("CC", "gcc")
FLAGS = ["-Isrc", "-Iinclude", "-Wall", "-Wextra", "-Wundef", "-Wshadow", "-Werror", "-fsyntax-only"]
C = ["-std=gnu17", "-Wstrict-prototypes", "-Wold-style-definition", "-Wno-unused-function",
     "-Wno-unused-variable", "-mcx16"]
CXX = ["-xc++", "-std=c++17", "-Wno-unused-function"]


def fresh(stamp):
    """The stamp holds what the header reads, as the compiler listed it."""
    try:
        when = os.path.getmtime(stamp)
        with open(stamp, encoding="utf-8") as f:
            names = f.read().split()
        return bool(names) and all(os.path.getmtime(os.path.join(TOP, n)) <= when for n in names)
    except OSError:
        return False


def compile_one(compiler, flags, header, stamp):
    if fresh(stamp):
        return ""
    text = f'#include "{header}"\n'
    args = [compiler] + FLAGS + flags + ["-MMD", "-MF", stamp + ".d"]
    if "-xc++" not in flags:
        args.append("-xc")
    if "x86" not in os.uname().machine:
        args = [a for a in args if a != "-mcx16"]
    run = subprocess.run(args + ["-"], input=text, capture_output=True, text=True, cwd=TOP)
    if run.returncode:
        return run.stderr
    with open(stamp + ".d", encoding="utf-8") as f:
        names = re.findall(r"[^\s\\]+\.(?:h|def|inc)\b", f.read())
    with open(stamp, "w", encoding="utf-8") as f:
        f.write("\n".join(names))
    return ""


def jobs():
    for top in ("src", "vmm", "include"):
        for path in sorted(glob.glob(os.path.join(TOP, top, "**", "*.h"), recursive=True)):
            rel = os.path.relpath(path, TOP)
            name = rel if top == "vmm" else os.path.relpath(path, os.path.join(TOP, top))
            stamp = os.path.join(STAMPS, rel.replace("/", "_"))
            yield CC, C, "../" + name if top == "vmm" else name, stamp
            if top == "include" and shutil.which("g++"):
                yield "g++", CXX, name, stamp + ".cxx"


def main():
    os.makedirs(STAMPS, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda j: compile_one(*j), jobs())
        wrong = [a for a in answers if a]
    for text in wrong:
        print(text.rstrip())
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
