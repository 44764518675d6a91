#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check that #include lines point down the layers of src/LAYERS.

src/FOLDER may include itself and the folders its line in src/LAYERS names;
include/hypar and vmm: vmm may include include/hypar, base and itself,
include/hypar only itself. LAYERS itself must be acyclic.
"""
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def read_layers(path):
    layers = {}
    for no, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, _, may = line.partition(":")
        for other in may.split():
            if other not in layers:
                sys.exit(f"src/LAYERS:{no}: {name} names {other}, which is not above it")
        layers[name.strip()] = set(may.split())
    return layers


def sources():
    for top in ("src", "vmm", "include"):
        for ext in ("c", "h", "def", "inc"):
            yield from glob.glob(os.path.join(TOP, top, "**", "*." + ext), recursive=True)


def check_file(path, layers, wrong):
    rel = os.path.relpath(path, TOP)
    top, folder = rel.split(os.sep)[:2]
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for m in INCLUDE.finditer(text):
        target = m[1].split("/")[0]
        at = f"{rel}:{text.count(chr(10), 0, m.start()) + 1}"
        if target == "hypar":
            ok = top != "src" or folder == "lib" or folder in layers
        elif target == "vmm" or "/" not in m[1]:
            # A name without a folder is of the same folder, in vmm only.
            ok = top == "vmm" and (target == "vmm" or
                                   os.path.exists(os.path.join(os.path.dirname(path), m[1])))
        elif top == "vmm":
            ok = target == "base"
        elif top == "include":
            ok = False
        else:
            ok = target == folder or target in layers.get(folder, ())
        if not ok:
            wrong.append(f"{at}: {rel.split(os.sep)[0]}/{folder} may not include {m[1]}")
    if top == "src" and len(rel.split(os.sep)) > 2 and folder not in layers:
        wrong.append(f"{rel}: src/LAYERS has no line for {folder}")


def main():
    layers = read_layers(os.path.join(TOP, "src", "LAYERS"))
    wrong = []
    for path in sorted(sources()):
        check_file(path, layers, wrong)
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
