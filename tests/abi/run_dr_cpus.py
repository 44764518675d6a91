#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processors that come and go in a running Debian kernel: dr_cpus.c, with both interrupt
controllers. --long: both kernels, one and two threads, 20 rounds of additions and removals
under load. The last line is "N passed, N failed"."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "cli"))
import guest  # noqa: E402

BUILD = os.path.join(guest.TOP, os.environ.get("HYPAR_BUILD", "o/rel"))
OUT = os.path.join(guest.TOP, "o", "test", "dr_cpus")
KERNELS = os.path.join(guest.TOP, "o", "ppc64el")
LONG = "--long" in sys.argv
# kernel, controller, threads of a core, rounds
RUNS = [(k, irq, t, 20) for k in ("6.1", "6.12") for irq in ("xive", "xics") for t in (1, 2)] \
    if LONG else [("6.12", "xive", 1, 6), ("6.12", "xics", 2, 3)]
SANITIZERS = {"asan": "address,undefined", "ubsan": "undefined", "tsan": "thread"}


def build():
    os.makedirs(OUT, exist_ok=True)
    program = os.path.join(OUT, "dr_cpus")
    sanitizer = next((s for n, s in SANITIZERS.items() if BUILD.endswith(n)), None)
    subprocess.run([os.environ.get("CC", "gcc"), "-std=gnu17", "-O2", "-g", "-Wall", "-Wextra",
                    "-Werror", *(["-fsanitize=" + sanitizer] if sanitizer else []),
                    "-I" + os.path.join(guest.TOP, "include"), "-o", program,
                    os.path.join(HERE, "dr_cpus.c"), os.path.join(BUILD, "libhypar.a"),
                    "-lfdt", "-lslirp", "-lm", "-pthread"], check=True)
    return program


def initrd():
    path = os.path.join(OUT, "initramfs.gz")
    subprocess.run([sys.executable, os.path.join(guest.TOP, "tools", "mkinitramfs.py"), "-o", path,
                    "--busybox", os.path.join(KERNELS, "busybox")], check=True,
                   stdout=subprocess.DEVNULL)
    return path


def main():
    program, ramdisk = build(), initrd()
    passed = failed = 0
    for kernel, irq, threads, rounds in RUNS:
        name = f"abi/dr_cpus {kernel} {irq} {threads} threads"
        try:
            p = subprocess.run([program, os.path.join(KERNELS, "vmlinux-" + kernel), ramdisk, irq,
                                str(threads), str(rounds)], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=600 * guest.SLOW)
            status, text = p.returncode, p.stdout.decode("utf-8", "replace")
        except subprocess.TimeoutExpired as e:
            status, text = "late", (e.stdout or b"").decode("utf-8", "replace")
        bad = len(re.findall("^FAIL", text, re.M)) + (status == "late" or status not in (0, 1))
        passed += len(re.findall("^ok ", text, re.M))
        failed += bad
        print(f"{'FAIL' if bad else 'ok':4} {name}", flush=True)
        if bad:
            print(f"     | status {status}")
            for line in text.splitlines():
                if not line.startswith("ok "):
                    print("     | " + line)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
