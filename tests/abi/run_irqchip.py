#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Interrupt controllers through libhypar: compile irqchip.c, machine_irqchip.c and
use_irqchip.c against include/hypar and libhypar.so alone, and run them. The last
one is the example of docs/howto/use-irqchips.md, whose code must be in it.
--long: boots of both kernels, more processors. The last line is "N passed, N failed"."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "cli"))
import guest  # noqa: E402

BUILD = os.path.join(guest.TOP, os.environ.get("HYPAR_BUILD", "o/rel"))
OUT = os.path.join(guest.TOP, "o", "test", "irqchip")
KERNELS = os.path.join(guest.TOP, "o", "ppc64el")
HOWTO = os.path.join(guest.TOP, "docs", "howto", "use-irqchips.md")
SANITIZERS = {"asan": "address,undefined", "ubsan": "undefined", "tsan": "thread"}  # by build
BAD_BOOT = re.compile(r"BUG: |WARNING: CPU|soft lockup|rcu: .*stall|Oops|spurious|runtime error|Sanitizer")


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, ok, name, detail=""):
        print(f"{'ok' if ok else 'FAIL':4} abi/irqchip {name}", flush=True)
        self.passed += ok
        self.failed += not ok
        if not ok:
            for line in detail.splitlines()[-25:]:
                print("     | " + line)


def build(name):
    """The library is found by its soname, as after an installation."""
    os.makedirs(OUT, exist_ok=True)
    link = os.path.join(OUT, "libhypar.so.0")
    if os.path.lexists(link):
        os.unlink(link)
    os.symlink(os.path.join(BUILD, "libhypar.so"), link)
    sanitizer = next((s for n, s in SANITIZERS.items() if BUILD.endswith(n)), None)
    program = os.path.join(OUT, name)
    subprocess.run([os.environ.get("CC", "gcc"), "-std=gnu17", "-O2", "-g", "-Wall", "-Wextra",
                    "-Werror", *(["-fsanitize=" + sanitizer] if sanitizer else []),
                    "-I" + os.path.join(guest.TOP, "include"), "-o", program,
                    os.path.join(HERE, name + ".c"), link, "-Wl,-rpath," + OUT, "-pthread"],
                   check=True)
    return program


def execute(args):
    try:
        p = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=120 * guest.SLOW)
        return p.returncode, p.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as e:
        return "late", (e.stdout or b"").decode("utf-8", "replace")


def count(tally, part, args):
    """A program with a line for each check; its failures are shown with what is before them."""
    status, text = execute(args)
    note = ""
    for line in text.splitlines():
        head, _, name = line.partition(" ")
        if head in ("ok", "FAIL"):
            tally.add(head == "ok", f"{part}: {name}", note)
        note = line if head == "#" else ""
    failed = re.search(r"^FAIL ", text, re.M)
    if status != (1 if failed else 0):
        tally.add(False, f"{part}: exit status {status}", text)
    return text


def boot(tally, initrd, what):
    kernel, chip, cpus = what
    name = f"{kernel} {chip} {cpus} vCPUs"
    text = count(tally, name, [os.path.join(OUT, "machine_irqchip"),
                               os.path.join(KERNELS, "vmlinux-" + kernel), initrd, chip, cpus])
    whole = all(t in text for t in ("Run /bin/busybox as init", "reboot: Power down"))
    tally.add(whole and not BAD_BOOT.search(text), f"{name}: console", text)


def check_example(tally, program):
    status, text = execute([program])
    tally.add(status == 0, "example", text)

    def squeeze(code):
        return re.sub(r"\s+", " ", code).strip()

    with open(HOWTO, encoding="utf-8") as f:
        parts = re.findall(r"^ *```c\n(.*?)^ *```", f.read(), re.S | re.M)
    with open(os.path.join(HERE, "use_irqchip.c"), encoding="utf-8") as f:
        source = squeeze(f.read())
    wrong = [p for p in parts if squeeze(p) not in source]
    tally.add(parts and not wrong, "example: is what the document shows", "".join(wrong))


def main():
    tally = Tally()
    guest.build()
    check_example(tally, build("use_irqchip"))
    count(tally, "devices", [build("irqchip")])
    count(tally, "machine", [build("machine_irqchip"), guest.GUEST])
    initrd = os.path.join(OUT, "initramfs.gz")
    subprocess.run([os.path.join(guest.TOP, "tools/mkinitramfs.py"), "-o", initrd, "--busybox",
                    os.path.join(KERNELS, "busybox")], check=True, cwd=guest.TOP)
    boots = [("6.12", "xive", "4"), ("6.12", "xics", "4")]
    if "--long" in sys.argv:
        boots += [(k, c, n) for k in ("6.1", "6.12") for c in ("xive", "xics") for n in ("1", "8")]
    for what in boots:
        boot(tally, initrd, what)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return tally.failed != 0


if __name__ == "__main__":
    sys.exit(main())
