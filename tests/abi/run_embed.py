#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compile embed.c against include/hypar and libhypar.so alone, and run it. It is
what docs/howto/embed.md shows. The last line is "N passed, N failed"."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "cli"))
import guest  # noqa: E402

BUILD = os.path.join(guest.TOP, os.environ.get("HYPAR_BUILD", "o/rel"))
OUT = os.path.join(guest.TOP, "o", "test", "abi")


def build(program):
    """The library is found by its soname, as after an installation."""
    os.makedirs(OUT, exist_ok=True)
    link = os.path.join(OUT, "libhypar.so.0")
    if os.path.lexists(link):
        os.unlink(link)
    os.symlink(os.path.join(BUILD, "libhypar.so"), link)
    cc = os.environ.get("CC", "gcc")
    subprocess.run([cc, "-std=gnu17", "-O2", "-g", "-Wall", "-Wextra", "-Werror",
                    "-I" + os.path.join(guest.TOP, "include"), "-o", program,
                    os.path.join(HERE, "embed.c"), link, "-Wl,-rpath," + OUT, "-pthread"],
                   check=True)


def main():
    program = os.path.join(OUT, "embed")
    guest.build()
    build(program)
    try:
        p = subprocess.run([program, guest.GUEST], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=120 * guest.SLOW)
        status, text = p.returncode, p.stdout
    except subprocess.TimeoutExpired as e:
        status, text = "late", e.stdout or b""
    lines = text.decode("utf-8", "replace").splitlines()
    for line in lines:
        head, _, name = line.partition(" ")
        print(f"{head:4} abi/embed {name}" if head in ("ok", "FAIL") else line)
    passed = sum(line.startswith("ok ") for line in lines)
    failed = sum(line.startswith("FAIL ") for line in lines)
    if status != (1 if failed else 0):
        print(f"FAIL abi/embed: exit status {status}")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
