#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the rows of the tables, src/**/*.def and vmm/*.def.

A row is MACRO(column, ...), on one line or several. RULES says what is known
of a macro's columns; a macro without a rule is checked for whole-row repeats
only. Rules:
    unique=(columns)   no two rows have the same value there
    sorted=column      the numbers rise
    multiple=(column, n)  the numbers below PRIVATE are multiples of n
    statuses=(table, prefix)  S(...) names statuses that are rows of that table
    shared=True        the table is split over several files
"""
import glob
import os
import re
import sys
from dataclasses import dataclass

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


# Hypercalls from here on are KVM's own and have other numbers.
PRIVATE = 0xf000


@dataclass
class Rule:
    unique: tuple = ()
    sorted: int = None
    multiple: tuple = None
    statuses: tuple = None
    shared: bool = False


RULES = {
    "HCALL": Rule(unique=(0, 1), multiple=(1, 4), statuses=("src/papr/hstatus.def", "H_")),
    "RTAS": Rule(unique=(0, 1), statuses=("src/papr/rtas/status.def", "")),
    "INSN": Rule(unique=(0,), shared=True),
    "PINSN": Rule(unique=(0,), shared=True),
    "SCSI": Rule(unique=(0, 1), sorted=0),
    "EXC": Rule(unique=(0,)),
    "SPR": Rule(unique=(0,)),
    "OPT": Rule(unique=(0,)),
    "HSTATUS": Rule(unique=(0, 1)),
}


def strip_comments(text):
    keep = lambda m: "\n" * m[0].count("\n")
    return re.sub(r"/\*.*?\*/|//[^\n]*", keep, text, flags=re.S)


def split_columns(text):
    """Columns of a row: split at commas that no bracket or quote holds."""
    out, depth, at, quoted = [], 0, 0, False
    for i, c in enumerate(text):
        if c == '"' and text[i - 1:i] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and not depth:
            out.append(text[at:i].strip())
            at = i + 1
    return out + [text[at:].strip()]


def rows(path):
    """(line number, macro, columns) of each row."""
    with open(path, encoding="utf-8") as f:
        text = strip_comments(f.read())
    text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.M)
    for m in re.finditer(r"^([A-Z][A-Z0-9_]*)\(", text, re.M):
        depth, quoted, i = 1, False, m.end()
        while i < len(text) and depth:
            c = text[i]
            if c == '"' and text[i - 1] != "\\":
                quoted = not quoted
            elif not quoted:
                depth += (c == "(") - (c == ")")
            i += 1
        yield (text.count("\n", 0, m.start()) + 1, m[1], split_columns(text[m.end():i - 1]),
               depth == 0)


def number(text):
    try:
        return int(text.rstrip("uUlL"), 0)
    except ValueError:
        return None


def check_row(at, macro, columns, seen, last):
    rule = RULES.get(macro, Rule())
    key = (macro, "row", tuple(columns))
    if key in seen and len(columns) > 1:
        yield f"{at}: {macro} row repeats {seen[key]}"
    seen.setdefault(key, at)
    for col in rule.unique:
        if col >= len(columns):
            yield f"{at}: {macro} row has only {len(columns)} columns"
            continue
        value = number(columns[col])
        key = (macro, col, columns[col] if value is None else value)
        if key in seen:
            yield f"{at}: {macro} column {col + 1}, {columns[col]}, is taken by {seen[key]}"
        seen.setdefault(key, at)
    if rule.sorted is not None and rule.sorted < len(columns):
        value = number(columns[rule.sorted])
        if value is not None and value <= last.get(macro, -1):
            yield f"{at}: {macro} rows are not in order at {columns[rule.sorted]}"
        last[macro] = value if value is not None else last.get(macro, -1)
    if rule.multiple and rule.multiple[0] < len(columns):
        value = number(columns[rule.multiple[0]])
        if value is not None and value < PRIVATE and value % rule.multiple[1]:
            yield f"{at}: {macro} number {columns[rule.multiple[0]]} is no multiple of {rule.multiple[1]}"
    if rule.statuses:
        known = {c[0] for _, _, c, _ in rows(os.path.join(TOP, rule.statuses[0]))}
        lists = [c for c in columns if re.fullmatch(r"S\(.*\)", c, re.S)]
        if len(lists) != 1:
            yield f"{at}: {macro} row without S(statuses)"
        for name in re.findall(r"\w+", lists[0][2:-1]) if lists else []:
            if rule.statuses[1] + name not in known:
                yield f"{at}: {macro} status {name} is not in {rule.statuses[0]}"


def main():
    wrong, common = [], {}
    paths = glob.glob(os.path.join(TOP, "src", "**", "*.def"), recursive=True)
    paths += glob.glob(os.path.join(TOP, "vmm", "*.def"))
    for path in sorted(paths):
        rel = os.path.relpath(path, TOP)
        seen, last = {}, {}
        for line, macro, columns, closed in rows(path):
            at = f"{rel}:{line}"
            if not closed:
                wrong.append(f"{at}: {macro} row does not end")
                break
            shared = RULES.get(macro, Rule()).shared
            wrong += check_row(at, macro, columns, common if shared else seen, last)
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
