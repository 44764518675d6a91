#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check that libhypar.so (of the build in HYPAR_BUILD, o/rel) exports what
include/hypar declares and nothing else. Passes when it is not built."""
import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIB = os.path.join(TOP, os.environ.get("HYPAR_BUILD", "o/rel"), "libhypar.so")


def declared():
    names = set()
    for path in glob.glob(os.path.join(TOP, "include/hypar/*.h")):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        text = re.sub(r"static inline[^;{]*\{.*?^\}", "", text, flags=re.S | re.M)
        text = re.sub(r"^typedef[^;]*;", "", text, flags=re.M)
        names |= set(re.findall(r"^[A-Za-z][^\n#(]*?\b(hypar_\w+)\s*\(", text, re.M))
    return names


def main():
    if not os.path.exists(LIB):
        return 0
    run = subprocess.run(["nm", "-D", "--defined-only", LIB], capture_output=True, text=True)
    exported = {line.split()[-1].split("@")[0] for line in run.stdout.splitlines()
                if line.split()[-2] in "TDBRWVi"}
    wrong = [f"{n} is declared but not exported" for n in sorted(declared() - exported)]
    wrong += [f"{n} is exported but in no public header" for n in sorted(exported - declared())]
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
