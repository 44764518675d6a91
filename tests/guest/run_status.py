#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prove that every row of hcall.def and rtas.def is called by a guest and
answers each of its statuses, and no other.

The guests of GUESTS run with --trace; (call, status) pairs of the trace are
compared with the rows. UNSEEN names the pairs that no guest can provoke, with
the reason. Ends with "N passed, N failed".
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))
sys.path.insert(0, os.path.join(TOP, "tests"))
sys.path.insert(0, os.path.join(TOP, "tests/guest"))
import checktables  # noqa: E402
import run  # noqa: E402
import run_scm  # noqa: E402
import run_tpm  # noqa: E402

HYPAR = os.environ.get("HYPAR", os.path.join(TOP, "o/rel/hypar"))
GUESTS = ["hcalls", "hcalls_xive", "hcalls_flat", "rtas", "nmi", "reboot", "os_term", "pci", "vio",
          "dr", "update_dt"]
# What a guest gets besides its guest-args; {disk}: an empty one.
MORE = {"vio": ["--interrupt-controller", "xics", "--disk", "file={disk},if=vscsi",
                "--net", "user,if=veth", "--device", "vty,chardev=null"],
        "update_dt": ["--disk", "file={disk},if=vscsi"]}

UNSEEN = {
    ("H_FREE_CRQ", "LONG_BUSY_10_MS"): "while the host's disk is slow: unit/dev/test_vscsi.c",
    ("H_PUT_TERM_CHAR", "BUSY"): "while the reader is slow: run_console.py",
    ("H_RPT_INVALIDATE", "NOT_AVAILABLE"): "only without radix, which CAS does not grant",
    ("H_SCM_HEALTH", "HARDWARE"): "only when it is injected",
    ("H_SCM_PERFORMANCE_STATS", "AUTHORITY"): "only when it is injected",
    ("H_SCM_PERFORMANCE_STATS", "PRIVILEGE"): "from problem state: no call is traced; scm.c",
    ("display-character", "BUSY"): "while the reader is slow: run_console.py",
    ("check-exception", "SUCCESS"): "after an event of the host: run_console.py",
    ("check-exception", "HARDWARE"): "after an event of the host: run_console.py",
    ("event-scan", "SUCCESS"): "after an event of the host: run_console.py",
    ("event-scan", "HARDWARE"): "after an event of the host: run_console.py",
    ("ibm,change-msi", "HARDWARE"): "only when hundreds of functions have taken all messages",
    ("set-indicator", "BUSY"): "while a reset is on its way: unit/papr/test_dr.c",
    ("ibm,configure-connector", "BUSY"): "as set-indicator",
    ("ibm,configure-connector", "MORE_MEMORY"): "no property is that long: unit/papr/test_dr.c",
    ("ibm,configure-pe", "HARDWARE"): "of a function that was pulled out: unit/papr/test_dr_pci.c",
    ("ibm,set-eeh-option", "HARDWARE"): "as ibm,configure-pe",
    ("ibm,set-slot-reset", "HARDWARE"): "as ibm,configure-pe",
    ("nvram-store", "HARDWARE"): "only when the file of --nvram cannot be written",
}

# Seen or not, as fast as the host's disk is.
SOMETIMES = {("H_SCM_FLUSH", f"LONG_BUSY_{n}_MS") for n in (1, 10, 100)}


def listed(path, macro):
    """{call: set of statuses} of a table."""
    out = {}
    for _, name, columns, _ in checktables.rows(os.path.join(TOP, path)):
        if name != macro:
            continue
        statuses = [c for c in columns if re.fullmatch(r"S\(.*\)", c, re.S)][0]
        out[columns[0].strip('"')] = set(re.findall(r"\w+", statuses[2:-1]))
    return out


def trace_of(guest):
    """The trace's lines of one guest."""
    source = os.path.join(TOP, "tests/guest", guest + ".c")
    d = run.directives(source)
    with tempfile.NamedTemporaryFile("r", suffix=".trace") as f, \
            tempfile.NamedTemporaryFile(suffix=".disk") as disk:
        disk.truncate(1 << 20)
        args = [HYPAR, "run", "--kernel", f"o/guest/{guest}.elf", "--trace", "hcall,rtas",
                "--trace-file", f.name]
        args += [word for text in d.get("args", []) for word in shlex.split(text)]
        args += [word.format(disk=disk.name) for word in MORE.get(guest, [])]
        subprocess.run(args, cwd=TOP, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL, timeout=60 * run.SLOW, check=False)
        return f.read().split("\n")


def trace_of_scm():
    """That of scm.c, which is typed to, with a file that is cut."""
    with tempfile.TemporaryDirectory(prefix="scm-", dir=os.path.join(TOP, "o")) as folder:
        one, two, trace = (run_scm.empty(os.path.join(folder, n)) for n in ("one", "two", "trace"))
        with run_scm.guest(*run_scm.dimm(one), "--nvdimm", f"file={two},size=256M,label-size=0",
                           "--trace", "hcall", "--trace-file", trace) as g:
            g.press("a")
            g.press("w")
            os.truncate(one, 3 * run_scm.BLOCK)
            g.press("t")
            g.end()
        with open(trace, encoding="utf-8", errors="replace") as f:
            return [line for line in f if " H_SCM_" in line]


def trace_of_tpm():
    """That of tpm.c, with a TPM that answers once, and without one."""
    with tempfile.TemporaryDirectory(prefix="hypar-tpm-") as folder:
        trace = os.path.join(folder, "trace")
        options = ["--trace", "hcall", "--trace-file", trace]
        lines = []
        once = iter([True])
        tpm = run_tpm.Fake(folder, lambda c: next(once, False) and run_tpm.in_pieces(c))
        for words, keys in ((["--tpm-comm", f"unix:{tpm.path}"], "orb"), ([], "f")):
            with run_tpm.guest(*options, *words) as g:
                for key in keys:
                    g.press(key)
                g.end()
            with open(trace, encoding="utf-8", errors="replace") as f:
                lines += [line for line in f if " H_TPM_COMM" in line]
        return lines


def traces():
    for guest in GUESTS:
        if os.path.exists(os.path.join(TOP, "tests/guest", guest + ".c")):
            yield trace_of(guest)
    yield trace_of_scm()
    yield trace_of_tpm()


def seen_pairs():
    hcalls, calls = set(), set()
    for trace in traces():
        for line in trace:
            m = re.search(r" hcall (H_\w+)\(.*?\) = (?:H_)?(\w+)", line)
            if m:
                hcalls.add((m[1], m[2]))
            m = re.search(r" rtas ([\w,-]+)\(.*?\) = (\w+)", line)
            if m:
                calls.add((m[1], m[2]))
    return hcalls, calls


def compare(table, seen, always):
    """(passed, failed): one check per row and direction. @always: pairs' statuses of the dispatcher."""
    passed = failed = 0
    for call, statuses in sorted(table.items()):
        got = {s for c, s in seen if c == call}
        missing = {s for s in statuses - got
                   if (call, s) not in UNSEEN and (call, s) not in SOMETIMES}
        extra = got - statuses - always
        needless = {s for s in got if (call, s) in UNSEEN}
        if not missing and not extra and not needless:
            passed += 1
            continue
        failed += 1
        for what, names in (("never answered", missing), ("answered, not in its row", extra),
                            ("answered, but in UNSEEN", needless)):
            if names:
                print(f"FAIL {call}: {what}: {' '.join(sorted(names))}")
    for call in sorted({c for c, _ in seen} - set(table)):
        if call.startswith("H_"):
            failed += 1
            print(f"FAIL {call}: not a row")
    return passed, failed


def main():
    hcalls, calls = seen_pairs()
    # FUNCTION: the other interrupt mode; PARAMETER: wrong counts
    a = compare(listed("src/papr/hcall.def", "HCALL"), hcalls, {"FUNCTION"})
    b = compare(listed("src/papr/rtas/rtas.def", "RTAS"), calls, {"PARAMETER"})
    print(f"{a[0] + b[0]} passed, {a[1] + b[1]} failed")
    return bool(a[1] + b[1])


if __name__ == "__main__":
    sys.exit(main())
