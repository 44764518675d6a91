#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the test suites that are named and count what they say.

    tests/run.py [--build o/rel] [--long] SUITE...

Suites: lint, unit, insn, guest, fuzz, boot, asan, clang, and any folder below
tests/ with programs run*.py or run*.sh, which end with "N passed, N failed".
The last line is the count of all: "N passed, N failed".

A guest (tests/guest/NAME.S or .c) is run with "hypar run --kernel". Comments
among its first 40 lines say more:
    guest-args: --memory 64M --smp 2     options of hypar run
    guest-expect: REGEX                  the console must hold it (repeatable)
    guest-status: 0                      exit status
    guest-run: no                        something else starts it
Console lines that begin with "not ok" or "FAIL" fail it in any case.
"""
import argparse
import glob
import os
import re
import shlex
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SLOW = float(os.environ.get("HYPAR_SLOW", "1"))
COUNT = re.compile(r"^(\d+) passed, (\d+) failed", re.M)


class Tally:
    def __init__(self):
        self.passed = 0
        self.failures = []

    def add(self, ok, name, detail=""):
        print(f"{'ok' if ok else 'FAIL':4} {name}", flush=True)
        if ok:
            self.passed += 1
            return
        self.failures.append(name)
        for line in detail.rstrip().split("\n")[-25:]:
            print("     | " + line)

    def add_count(self, name, passed, failed, detail=""):
        print(f"{'FAIL' if failed else 'ok':4} {name}: {passed} passed, {failed} failed", flush=True)
        self.passed += passed
        self.failures += [name] * failed
        if failed and detail:
            for line in detail.rstrip().split("\n")[-25:]:
                print("     | " + line)


def execute(args, limit, **kw):
    """(exit status or None when late, output)."""
    try:
        run = subprocess.run(args, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             stdin=subprocess.DEVNULL, timeout=limit * SLOW, **kw)
        return run.returncode, run.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as e:
        return None, (e.stdout or b"").decode("utf-8", "replace") + f"\nnot ended after {limit * SLOW:.0f} s"
    except OSError as e:
        return 126, str(e)


def relay(tally, name, args, env=None):
    """Run something that prints its own lines and ends with a count."""
    proc = subprocess.Popen(args, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            stdin=subprocess.DEVNULL, env=env)
    last = ""
    for raw in proc.stdout:
        line = raw.decode("utf-8", "replace").rstrip()
        if COUNT.match(line):
            last = line
        else:
            print(line, flush=True)
    status = proc.wait()
    m = COUNT.match(last)
    passed, failed = (int(m[1]), int(m[2])) if m else (0, 0)
    if status and not failed or not m:
        failed += 1
        print(f"FAIL {name}: exit status {status}" + ("" if m else ", no count"))
    tally.passed += passed
    tally.failures += [name] * failed


def cmocka_suite(tally, opt, suite):
    programs = []
    for source in sorted(glob.glob(os.path.join(TOP, "tests", suite, "**", "test_*.c"), recursive=True)):
        programs.append(os.path.join(TOP, opt.build, os.path.relpath(source, TOP)[:-2]))
    for program in programs:
        name = os.path.relpath(program, os.path.join(TOP, opt.build, "tests"))
        status, text = execute([program], 300)
        passed = sum(int(n) for n in re.findall(r"^\[  PASSED  \] (\d+) test", text, re.M))
        failed = sum(int(n) for n in re.findall(r"^\[  FAILED  \] [^\n]*?(\d+) test", text, re.M))
        if status != 0 and not failed:
            failed = 1
        if status == 0 and not passed:
            passed = 1
        if status != 0:
            text += f"\nexit status {status}"
        tally.add_count(name, passed, failed, text)
    scripts(tally, opt, suite)


def scripts(tally, opt, suite):
    env = dict(os.environ, HYPAR=os.path.join(TOP, opt.build, "hypar"), HYPAR_BUILD=opt.build)
    found = sorted(glob.glob(os.path.join(TOP, "tests", suite, "run*.py")) +
                   glob.glob(os.path.join(TOP, "tests", suite, "run*.sh")))
    for path in found:
        shell = [sys.executable] if path.endswith(".py") else ["bash"]
        relay(tally, os.path.relpath(path, TOP),
              shell + [path] + (["--long"] if opt.long else []), env)


def directives(source):
    out = {}
    with open(source, encoding="utf-8") as f:
        for line in f.read().split("\n")[:40]:
            m = re.search(r"guest-(\w+):\s*(.*?)\s*(?:\*/)?$", line)
            if m:
                out.setdefault(m[1], []).append(m[2])
    return out


def guest(tally, opt, source):
    d = directives(source)
    name = os.path.splitext(os.path.basename(source))[0]
    if d.get("run") == ["no"]:
        return
    args = [os.path.join(opt.build, "hypar"), "run", "--kernel", f"o/guest/{name}.elf"]
    args += [word for text in d.get("args", []) for word in shlex.split(text)]
    status, text = execute(args, 60)
    want = int(d.get("status", ["0"])[0])
    why = [] if status == want else [f"exit status {status}, want {want}"]
    why += [f"no \"{e}\"" for e in d.get("expect", []) if not re.search(e, text, re.M)]
    why += re.findall(r"^(?:not ok|FAIL).*", text, re.M)[:5]
    if re.search(r"runtime error:|ERROR: \w+Sanitizer", text):
        why.append("a sanitizer's report")
    tally.add(not why, f"guest/{name}", text + "\n" + "; ".join(why))


def guest_suite(tally, opt):
    for source in sorted(glob.glob(os.path.join(TOP, "tests/guest/*.[Sc]"))):
        guest(tally, opt, source)
    scripts(tally, opt, "guest")


def fuzz_suite(tally, opt):
    for source in sorted(glob.glob(os.path.join(TOP, "tests/fuzz/fuzz_*.c"))):
        name = os.path.basename(source)[:-2]
        args = [os.path.join(TOP, opt.build, "tests/fuzz", name)]
        corpus = os.path.join(TOP, "tests/fuzz/corpus", name[5:])
        args += [corpus] if os.path.isdir(corpus) else []
        args += ["-runs=2000"] if opt.build.endswith("fuzz") else ["-n", "20000" if opt.long else "1000"]
        status, text = execute(args, 300)
        tally.add(status == 0, f"fuzz/{name}", f"{text}\nexit status {status}")
    scripts(tally, opt, "fuzz")


def boot_suite(tally, opt):
    relay(tally, "boot", [sys.executable, "tests/boot/boot.py", "--program",
                          os.path.join(opt.build, "hypar")] + (["--long"] if opt.long else []))


def lint_suite(tally, opt):
    relay(tally, "lint", [sys.executable, "tools/lint.py"])


def make(*args):
    jobs = str(min(2, os.cpu_count() or 1))
    return execute(["make", "--no-print-directory", "-j", jobs] + list(args), 1800)


def asan_suite(tally, opt):
    status, text = make("m=asan", "all", "tests")
    if status:
        tally.add(False, "asan build", text)
        return
    env = dict(os.environ, HYPAR_SLOW=str(SLOW * 6))
    relay(tally, "asan", [sys.executable, "tests/run.py", "--build", "o/asan",
                          "unit", "insn", "guest", "fuzz"], env)
    # The longest boots are left out: one will do, and only in the long run.
    if opt.long:
        relay(tally, "asan boot", [sys.executable, "tests/boot/boot.py", "--program",
                                   "o/asan/hypar", "6.12-power10-xive-1cpu-2G"], env)


def clang_suite(tally, opt):
    status, text = make("CC=clang", "B=o/clang", "all", "tests")
    tally.add(status == 0, "clang build", text)


def suites(tally, opt):
    builtin = {"lint": lint_suite, "guest": guest_suite, "fuzz": fuzz_suite, "boot": boot_suite,
               "asan": asan_suite, "clang": clang_suite}
    for suite in opt.suites:
        begin = time.monotonic()
        if suite in builtin:
            builtin[suite](tally, opt)
        elif os.path.isdir(os.path.join(TOP, "tests", suite)):
            cmocka_suite(tally, opt, suite)
        else:
            sys.exit(f"run.py: no suite {suite}")
        print(f"---- {suite}: {time.monotonic() - begin:.0f} s", flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default="o/rel")
    p.add_argument("--long", action="store_true")
    p.add_argument("suites", nargs="+")
    opt = p.parse_args()
    tally = Tally()
    suites(tally, opt)
    if tally.failures:
        print("failed: " + " ".join(sorted(set(tally.failures))))
    print(f"{tally.passed} passed, {len(tally.failures)} failed")
    return bool(tally.failures)


if __name__ == "__main__":
    sys.exit(main())
