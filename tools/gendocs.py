#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write docs/ref from the tables: one page per .def file with its rows, an
index, the index of specification clauses that the sources cite, and the man
page that the program prints from its option table ("hypar --man")."""
import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tools"))
import checktables  # noqa: E402
import docs_insn  # noqa: E402

REF = os.path.join(TOP, "docs", "ref")
CITE = re.compile(r"\[((?:ISA|PAPR|LoPAR|XIVE|KVM|virtio|OF|IEEE)[ /][^\]\n]{1,60})\]")


def tables():
    for top in ("src", "vmm"):
        yield from sorted(glob.glob(os.path.join(TOP, top, "**", "*.def"), recursive=True))


def cell(text):
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def header_comment(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for m in re.finditer(r"/\*(.*?)\*/", text, re.S):
        body = re.sub(r"^\s*\* ?", "", m[1], flags=re.M).strip()
        if "SPDX" not in body:
            return body
    return ""


def page(path):
    rel = os.path.relpath(path, TOP)
    name = rel.replace("src/", "").replace("/", "-")[:-4] + ".md"
    rows = list(checktables.rows(path))
    with open(os.path.join(REF, name), "w", encoding="utf-8") as f:
        f.write(f"# {rel}\n\nMade by `make docs`.\n\n{header_comment(path)}\n")
        for macro in dict.fromkeys(r[1] for r in rows):
            mine = [r[2] for r in rows if r[1] == macro]
            wide = max(len(r) for r in mine)
            f.write(f"\n## {macro} ({len(mine)} rows)\n\n")
            f.write("|" + " |" * wide + "\n|" + "---|" * wide + "\n")
            for row in mine:
                row = [f"`{cell(c)}`" if c else "" for c in row] + [""] * (wide - len(row))
                f.write("| " + " | ".join(row) + " |\n")
    return name, rel, len(rows)


def citations():
    found = {}
    for ext in ("c", "h", "def", "inc"):
        for path in glob.glob(os.path.join(TOP, "src", "**", "*." + ext), recursive=True):
            with open(path, encoding="utf-8") as f:
                for m in CITE.finditer(f.read()):
                    found.setdefault(m[1], set()).add(os.path.relpath(path, TOP))
    key = lambda c: [int(w) if w.isdigit() else 0 for w in re.split(r"\D+", c)]
    with open(os.path.join(REF, "spec-coverage.md"), "w", encoding="utf-8") as f:
        f.write("# Clauses that the sources cite\n\nMade by `make docs`.\n\n| clause | where |\n|---|---|\n")
        for clause in sorted(found, key=lambda c: (c.split()[0], key(c), c)):
            f.write(f"| {cell(clause)} | {', '.join(sorted(found[clause]))} |\n")
    return len(found)


def man_page():
    for mode in ("rel", "dbg", "asan"):
        program = os.path.join(TOP, "o", mode, "hypar")
        if os.path.exists(program):
            run = subprocess.run([program, "--man"], capture_output=True, text=True)
            if run.returncode == 0 and run.stdout.startswith("."):
                with open(os.path.join(REF, "hypar.1"), "w", encoding="utf-8") as f:
                    f.write(run.stdout)
                return True
    return False


def main():
    os.makedirs(REF, exist_ok=True)
    pages = [page(p) for p in tables()]
    with open(os.path.join(REF, "README.md"), "w", encoding="utf-8") as f:
        f.write("# Reference\n\nMade by `make docs` from the tables in the sources.\n\n")
        for name, rel, n in pages:
            f.write(f"- [{rel}]({name}), {n} rows\n")
        f.write("- [instructions](instructions.md) by mnemonic, with their encodings\n")
        f.write("- [clauses cited](spec-coverage.md)\n")
    n = citations()
    docs_insn.page(REF)
    man = "with" if man_page() else "without"
    print(f"docs/ref: {len(pages)} tables, {n} clauses cited, {man} the man page")


if __name__ == "__main__":
    main()
