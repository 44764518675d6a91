#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The decoder and disassembler against binutils, both ways.

Random encodings of every row, each fixed bit of every row wrong, every
extended opcode with several operand patterns, and random words and prefixed
pairs go through our disassembler and through objdump -M power9/power10,raw.
Both must know the same words and print the same text, except for invalid forms
(isa_valid_form in isa/encode.h), which objdump treats in several ways, and for

  tests/insn/not-built.txt   "MNEMONIC REASON": objdump knows it, no row does
  tests/insn/differs.txt     "KIND MNEMONIC REASON": known differences of a row
        more   our row accepts words that objdump does not
        fewer  objdump accepts words that our row does not
        text   printed differently

o/insn/missing.txt lists what has no row, o/insn/differs.txt every difference.
Exit status 1 when something is not in those lists.
"""
import argparse
import collections
import os
import random
import re
import shutil
import struct
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, "o", "insn")
HERE = os.path.join(ROOT, "tests", "insn")
LEVELS = ((30, "power9"), (31, "power10"))
PREFIX = 0x04000000
# Primary opcodes with an extended opcode within the low eleven bits.
EXTENDED = (4, 19, 30, 31, 57, 58, 59, 60, 61, 62, 63)
UNKNOWN = ".long"


def build():
    """Our side, from the instruction table alone."""
    os.makedirs(OUT, exist_ok=True)
    exe = os.path.join(OUT, "disasm_words")
    src = ["src/isa/%s.c" % n for n in ("insn", "decode", "operand", "disasm", "encode")]
    cmd = [os.environ.get("CC") or "gcc", "-std=gnu17", "-O1", "-g", "-Isrc", "-Iinclude",
           "-o", exe, "tests/insn/disasm_words.c"] + src
    subprocess.run(cmd, cwd=ROOT, check=True)
    return exe


def output_of(cmd, text=None):
    return subprocess.run(cmd, input=text, check=True, capture_output=True, text=True).stdout


class Table:
    """The rows, asked from our program."""

    def __init__(self, exe):
        self.names = {}
        self.suffixes = {}
        for line in output_of([exe, "31", "rows"]).splitlines():
            number, name, _, suffixes = line.split()
            self.names[int(number)] = name
            self.suffixes[int(number)] = suffixes

    def mnemonics(self):
        """Every mnemonic that can be printed, and the row's own."""
        out = {}
        for i, name in self.names.items():
            forms = [name]
            for letter in "ola.":
                if letter in self.suffixes[i]:
                    forms += [f + letter for f in forms]
            out.update((f, name) for f in forms)
        return out


def of_rows(exe, level, count, seed):
    """Random encodings of each row, and each of its fixed bits wrong once: (prefix, word)."""
    out = []
    text = output_of([exe, str(level), "gen", str(count), str(seed)])
    for line in text.splitlines():
        _, prefix, word = line.split()
        out.append((int(prefix, 16), int(word, 16)))
    return out


def sweep(count, rng):
    """Every extended opcode; reserved fields are mostly zero in one of the patterns."""
    fields = [0x1f << s for s in (11, 16, 21)]
    out = []
    for primary in range(64):
        if primary == 1:
            continue
        step = range(2048) if primary in EXTENDED else range(0, 2048, 64)
        for low in step:
            for i in range(count):
                high = rng.getrandbits(26) & 0x03fff800
                for bit, field in enumerate(fields):
                    if i >> bit & 1:
                        high &= ~field
                if i >= 8:  # few bits
                    high &= rng.getrandbits(26) & rng.getrandbits(26)
                out.append((0, primary << 26 | high | low))
    return out


def random_words(count, rng):
    out = []
    while len(out) < count:
        word = rng.getrandbits(32)
        if word >> 26 != 1:
            out.append((0, word))
    return out


def random_pairs(count, rng):
    """Prefixes with mostly zero reserved bits, so that many are valid."""
    out = []
    for _ in range(count):
        prefix = PREFIX | rng.getrandbits(26)
        if rng.random() < 0.8:
            prefix &= rng.choice((0xfff3ffff, 0xfff0ffff, 0xfff000ff, 0xfff00007, 0xfff00000))
            prefix &= ~(rng.getrandbits(4) << 20)
        word = rng.getrandbits(32)
        if rng.random() < 0.2:  # matrix multiplication
            prefix = 0x07900000 | rng.getrandbits(16) & rng.choice((0xffff, 0xc0ff, 0xf0ff, 0xff))
            word = 59 << 26 | word & 0x039fffff
        elif rng.random() < 0.5:
            word = rng.choice((32, 33, 34)) << 26 | word & 0x03ffffff
        out.append((prefix, word))
    return out


def layout(codes):
    """The bytes, and for each code its address. A prefixed pair never crosses 64 bytes."""
    data, at, pos = [], [], 0
    for prefix, word in codes:
        if prefix:
            if pos % 8:
                data.append(0x60000000)
                pos += 4
            data.append(prefix)
        at.append(pos)
        data.append(word)
        pos += 8 if prefix else 4
    return struct.pack("<%dI" % len(data), *data), at


def clean(text):
    """One space after the mnemonic, no comment."""
    return " ".join(text.split("#")[0].split())


def by_objdump(objdump, codes, cpu):
    data, at = layout(codes)
    path = os.path.join(OUT, "words.bin")
    with open(path, "wb") as f:
        f.write(data)
    text = output_of([objdump, "-D", "-z", "-b", "binary", "-m", "powerpc:common64", "-EL",
                      "-M", cpu + ",raw", path])
    lines = {}
    for m in re.finditer(r"^ *([0-9a-f]+):\t[0-9a-f ]+\t(.*)$", text, re.M):
        lines[int(m.group(1), 16)] = clean(m.group(2))
    return [lines.get(a, UNKNOWN) for a in at]


def by_us(exe, codes, level):
    _, at = layout(codes)
    lines = ["%x %x %x" % ((a, p, w) if p else (a, w, 0)) for a, (p, w) in zip(at, codes)]
    return [clean(x) for x in output_of([exe, str(level)], "\n".join(lines)).splitlines()]


# What objdump prints without the operand that Power ISA 3.1 added.
SHORT_ON_POWER9 = re.compile(r"^((?:sync|wait|slbiag|paste\.) .*),[01]$")
ALIASES = {"cpabort": "cp_abort"}
# objdump's raw mnemonics of the matrix-multiply assist are those of its extension.
DENSE_MATH = ((re.compile(r"^(pm)?dm(xv|xxm[ft]acc)"), r"\1\2"), (re.compile("^dmset"), "xxset"))
# objdump's mnemonics for what is an operand bit of our row.
VARIANTS = {"tendall.": "tend.", "dssall": "dss", "dststt": "dstst", "dstt": "dst"}


def normal(text, cpu):
    """Without quirks that are no statement about the instruction."""
    text = re.sub(r"^mfcr (r\d+),-1$", r"mfcr \1", text)
    if text == "tendall.":
        text = "tend. 1"
    for raw, name in DENSE_MATH:
        text = raw.sub(name, text)
    if cpu == "power9":
        text = SHORT_ON_POWER9.sub(r"\1", text)
    # Our rows of the data streams keep the bit that makes objdump's other mnemonic.
    m = re.match(r"(dst|dstst|dss)( .*),([01])$", text)
    if m and m[2].count(",") == (0 if m[1] == "dss" else 2):
        text = "dssall" if m[1] == "dss" and m[3] == "1" else m[1] + "t" * int(m[3]) + m[2]
    # objdump cuts absolute branch targets to 32 bits.
    m = re.match(r"(bl?a|bcl?a) (.*)0x([0-9a-f]+)$", text)
    if m:
        text = "%s %s0x%x" % (m[1], m[2], int(m[3], 16) & 0xffffffff)
    return UNKNOWN if text.startswith(UNKNOWN) else ALIASES.get(text, text)


def mnemonic(text):
    return text.split()[0]


def load(name, columns):
    """A list file: the first columns make the key; it must be sorted and free of repetition."""
    path = os.path.join(HERE, name)
    keys = []
    if not os.path.exists(path):
        return set()
    with open(path, encoding="ascii") as f:
        for line in f:
            if line.startswith("#") or not line.strip():
                continue
            words = line.split()
            if len(words) <= columns:
                sys.exit("%s: a line without a reason: %s" % (name, line.strip()))
            keys.append(tuple(words[:columns]))
    if keys != sorted(set(keys)):
        sys.exit("%s: not sorted or an entry twice" % name)
    return set(keys)


class Report:
    def __init__(self):
        self.missing = collections.Counter()
        self.differ = collections.defaultdict(list)
        self.compared = 0

    def compare(self, cpu, codes, ours, theirs, names):
        for (prefix, word), a, b in zip(codes, ours, theirs):
            self.compared += 1
            invalid = a.startswith("! ")
            a, b = normal(a[2:] if invalid else a, cpu), normal(b, cpu)
            if a == b or (invalid and (b == UNKNOWN or mnemonic(a) == mnemonic(b))):
                continue
            code = ("%08x " % prefix if prefix else "") + "%08x" % word
            line = "%s %s: %s, objdump: %s" % (cpu, code, a, b)
            if a == UNKNOWN:
                m = mnemonic(b)
                if m in names:
                    self.differ["fewer", names[m]].append(line)
                else:
                    self.missing[m] += 1
            elif b == UNKNOWN:
                self.differ["more", names[mnemonic(a)]].append(line)
            else:
                self.differ["text", names[mnemonic(a)]].append(line)


def write_reports(report, not_built, differs):
    with open(os.path.join(OUT, "missing.txt"), "w", encoding="ascii") as f:
        for m, n in sorted(report.missing.items()):
            f.write("%-20s %6d%s\n" % (m, n, "" if (m,) in not_built else "  not listed"))
    with open(os.path.join(OUT, "differs.txt"), "w", encoding="ascii") as f:
        for key, lines in sorted(report.differ.items()):
            f.write("%s %s: %d%s\n" % (key + (len(lines), " (listed)" if key in differs else "")))
            for line in lines[:8]:
                f.write("    %s\n" % line)


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--rows", type=int, default=30, help="encodings of each row")
    ap.add_argument("--words", type=int, default=300000, help="random words, for POWER9 a third")
    ap.add_argument("--pairs", type=int, default=40000, help="random prefixed pairs")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--only", help="report only mnemonics that match this expression")
    args = ap.parse_args()
    objdump = shutil.which(os.environ.get("CROSS", "powerpc64le-linux-gnu-") + "objdump")
    if not objdump:
        sys.exit("no powerpc64le-linux-gnu-objdump: install binutils-powerpc64le-linux-gnu")
    exe = build()
    table = Table(exe)
    not_built = load("not-built.txt", 1)
    differs = load("differs.txt", 2)
    report = Report()
    for level, cpu in LEVELS:
        # A generator for each, so that a new row does not change the other words.
        codes = of_rows(exe, level, args.rows, args.seed)
        codes += sweep(12, random.Random(args.seed))
        codes += random_words(args.words if level > 30 else args.words // 3,
                              random.Random(args.seed + 1))
        codes += random_pairs(args.pairs, random.Random(args.seed + 2))
        names = table.mnemonics()
        names.update((v, n) for v, n in VARIANTS.items() if n in names)
        report.compare(cpu, codes, by_us(exe, codes, level), by_objdump(objdump, codes, cpu), names)
    write_reports(report, not_built, differs)
    keep = re.compile(args.only or "")
    bad = 0
    for key, lines in sorted(report.differ.items()):
        if key not in differs and keep.search(key[1]):
            bad += 1
            print("%s %s, %d words:" % (key + (len(lines),)))
            for line in lines[:3]:
                print("    " + line)
    unlisted = [m for m in sorted(report.missing) if (m,) not in not_built and keep.search(m)]
    if unlisted:
        print("no row and not in not-built.txt: " + " ".join(unlisted))
    built = {m for (m,) in not_built} & set(table.mnemonics())
    if built:
        print("in not-built.txt but there is a row: " + " ".join(sorted(built)))
    print("%d rows, %d words compared, %d mnemonics without a row (%d not listed)" %
          (len(table.names), report.compared, len(report.missing), len(unlisted)))
    failed = bad + len(unlisted) + len(built)
    print("%d passed, %d failed" % (len(table.names) - bad, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
