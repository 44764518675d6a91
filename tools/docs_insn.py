#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/ref/instructions.md: every instruction with its encoding, in the order
of the mnemonics. The rows are printed by tests/insn/disasm_words, since masks
are C expressions. tools/gendocs.py calls page()."""
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "insn"))
import objdump_check  # noqa: E402

HEAD = """# Instructions

Made by `make docs` from the tables in src/isa. {count} instructions, {p10} of
them for POWER10 and later only.

A dot stands for an operand bit; bit 0 is on the left. Reserved bits are zeros.
Operands in assembler order are those of `src/isa/operand.def`. After a mnemonic
stand the suffixes that bits of the word add to it: `o` (OE), `.` (Rc), `l` (LK),
`a` (AA). Clauses are books and sections of Power ISA 3.1B.

| mnemonic | encoding | operands | level | clause |
|---|---|---|---|---|
"""
LEVELS = {"0": "3.0", "1": "3.1"}


def picture(mask, match):
    bits = "".join("01"[match >> i & 1] if mask >> i & 1 else "." for i in range(31, -1, -1))
    return "`%s`" % " ".join((bits[:6], bits[6:11], bits[11:16], bits[16:21], bits[21:]))


def page(folder):
    """Writes the page, returns the number of rows."""
    exe = objdump_check.build()
    text = subprocess.run([exe, "31", "docs"], check=True, capture_output=True, text=True).stdout
    rows = sorted(line.split("\t") for line in text.splitlines())
    p10 = sum(r[2] == "1" for r in rows)
    with open(os.path.join(folder, "instructions.md"), "w", encoding="utf-8") as f:
        f.write(HEAD.format(count=len(rows), p10=p10))
        for name, suffixes, level, pmask, pmatch, mask, match, clause, ops in rows:
            code = picture(int(mask, 16), int(match, 16))
            if int(pmask, 16):
                code = picture(int(pmask, 16), int(pmatch, 16)) + "<br>" + code
            extra = " `%s`" % suffixes[1:] if suffixes != "-" else ""
            f.write("| %s%s | %s | %s | %s | %s |\n" %
                    (name, extra, code, ops, LEVELS[level], clause))
    return len(rows)
