#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check that what the documents say is still so.

  - README.md names every file of src/ and vmm/ with a DEVIATION: or UNIMPL:
    marker.
  - Its table of instructions that are not built agrees with
    tests/insn/not-built.txt, reason by reason; `*` stands for any characters.
  - Paths in backticks and links between documents lead somewhere. What `make
    docs` writes below docs/ref is left out.
  - The indexes of docs/decisions and docs/howto list all pages.
  - Every folder of src/ with sources has a README, and is in ARCHITECTURE.md.
"""
import fnmatch
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MARKER = re.compile(r"\b(DEVIATION|UNIMPL):")
PLACE = re.compile(r"^(src|vmm|include|tools|tests|docs)/[\w./-]*[\w/]$")


def read(rel):
    with open(os.path.join(TOP, rel), encoding="utf-8") as f:
        return f.read()


def check_markers(readme, wrong):
    for folder in ("src", "vmm"):
        for path in sorted(glob.glob(os.path.join(TOP, folder, "**", "*.[chd]*"), recursive=True)):
            rel = os.path.relpath(path, TOP)
            m = MARKER.search(read(rel))
            if m and f"`{rel}`" not in readme:
                wrong.append(f"README.md: the limits do not name {rel}, which has {m[0]}")


def check_not_built(readme, wrong):
    reasons = {}
    for line in read("tests/insn/not-built.txt").split("\n"):
        if line and not line.startswith("#"):
            mnemonic, reason = line.split()[:2]
            reasons.setdefault(reason, []).append(mnemonic)
    rows = {m[1]: re.findall(r"`([^`]+)`", m[2])
            for m in re.finditer(r"^\| `(\w+)` \| (`[^|]*) \|$", readme, re.M)}
    for reason in sorted(set(reasons) | set(rows)):
        names, patterns = reasons.get(reason, []), rows.get(reason, [])
        for n in names:
            if not any(fnmatch.fnmatchcase(n, p) for p in patterns):
                wrong.append(f"README.md: {n} ({reason}) is not built and not listed")
        for p in patterns:
            if not fnmatch.filter(names, p):
                wrong.append(f"README.md: {p} ({reason}) is not in tests/insn/not-built.txt")


def check_places(rel, wrong):
    text = re.sub(r"^```.*?^```", "", read(rel), flags=re.S | re.M)
    for word in re.findall(r"`([^`\n]+)`", text):
        if PLACE.match(word) and not word.startswith("docs/ref") and \
                not os.path.exists(os.path.join(TOP, word)):
            wrong.append(f"{rel}: {word} is not there")
    for to in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        path = os.path.normpath(os.path.join(os.path.dirname(rel), to))
        if not path.startswith("docs/ref") and not os.path.exists(os.path.join(TOP, path)):
            wrong.append(f"{rel}: the link to {to} leads nowhere")


def check_indexes(wrong):
    for folder in ("docs/decisions", "docs/howto"):
        index = read(f"{folder}/README.md")
        for path in sorted(glob.glob(os.path.join(TOP, folder, "*.md"))):
            name = os.path.basename(path)
            if name != "README.md" and f"({name})" not in index:
                wrong.append(f"{folder}/README.md: {name} is not listed")


def check_folders(wrong):
    architecture = read("docs/ARCHITECTURE.md")
    for path in sorted(glob.glob(os.path.join(TOP, "src", "*", ""))):
        rel = os.path.relpath(path, TOP)
        if not glob.glob(os.path.join(path, "**", "*.[ch]"), recursive=True):
            continue
        if not os.path.exists(os.path.join(path, "README")):
            wrong.append(f"{rel}: no README (what, entry points, who may call)")
        if f"`{rel}`" not in architecture:
            wrong.append(f"docs/ARCHITECTURE.md: the code map lacks {rel}")


def main():
    wrong = []
    readme = read("README.md")
    check_markers(readme, wrong)
    check_not_built(readme, wrong)
    documents = ["README.md"] + [os.path.relpath(p, TOP) for p in sorted(
        glob.glob(os.path.join(TOP, "docs", "**", "*.md"), recursive=True))]
    for rel in documents:
        if not rel.startswith("docs/ref"):
            check_places(rel, wrong)
    check_indexes(wrong)
    check_folders(wrong)
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
