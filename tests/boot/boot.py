#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot Debian kernels on hypar and check what they say and how they end.

    tests/boot/boot.py [--long] [--list] [--program o/rel/hypar] [NAME...]

NAME selects the boots whose name contains it. One line a boot, the console
text in o/test/boot/NAME.log, and at the end the line "N passed, N failed".
HYPAR_SLOW=FACTOR stretches the time limits (sanitizer builds, slow machines).
"""
import argparse
import os
import sys
import time

from crash import crash
from debian import debian, debian_fio, tree
from disks import disk, fio, flush, pci
from drkexec import drkexec
from drmgr import drmgr
from drstress import stress
from hotplug import grow, pci_hotplug, vio_hotplug
from machine import LOGS, TOP, Boot
from nvdimm import nvdimm
from share import share
from slof import slof


def smoke(kernel, cpu, irq, smp, memory):
    return Boot(f"{kernel}-{cpu}-{irq}-{smp}cpu-{memory}", kernel, cpu, irq, str(smp), memory)


def special():
    """How a machine ends: asked from outside, restarted, panicked."""
    yield Boot("shutdown", script="idle", expect=("idle: waiting", "reboot: Power down"),
               on_text=(("idle: waiting", "term"),))
    yield Boot("restart", script="reboot", smp="1", status=None,
               expect=("reboot: restarting", "hypar: user space", "reboot: restarting"),
               on_text=((r"(?s)reboot: restarting.*reboot: restarting", "kill"),))
    yield Boot("panic", initrd=False, smp="1", status="bad", expect=("Kernel panic",),
               trouble_ok=True)
    yield Boot("auto-controller", irq="auto", smp="2,threads=2", memory="1G")


def short_matrix():
    yield smoke("6.12", "power10", "xive", 1, "2G")
    yield smoke("6.12", "power9", "xics", 2, "1G")
    yield smoke("6.12", "power10", "xics", 4, "8G")
    yield smoke("6.1", "power9", "xive", 4, "2G")
    yield smoke("6.1", "power10", "xive", 2, "8G")
    yield smoke("6.1", "power9", "xics", 1, "1G")
    yield disk("6.12", "power10", "xive", 2)
    yield disk("6.1", "power9", "xics", 1, size=8 << 20)
    yield disk("6.12", "power9", "xics", 2, "vscsi", "veth", size=8 << 20)
    yield disk("6.12", "power10", "xive", 2, "vscsi", "veth")
    yield disk("6.1", "power9", "xics", 1, "vscsi", "veth", size=8 << 20)
    yield pci("intx", "xive", words="pci=nomsi")
    yield pci("window32-bridges", "xics", words="disable_ddw", bridges=True)
    yield flush("virtio")
    yield crash("virtio", 2)
    yield pci_hotplug("6.12", "power10", "xive", 2)
    yield pci_hotplug("6.1", "power9", "xics", 1)
    yield vio_hotplug("6.12", "power10", "xive", 2)
    yield vio_hotplug("6.1", "power9", "xics", 1)
    yield grow("6.12", "power10", "xive")
    yield grow("6.1", "power9", "xics")
    yield share("6.12", "power10", "xive", 2)
    yield slof("6.12", "power10", "xive", 2)
    yield from special()


def long_matrix():
    for kernel in ("6.1", "6.12"):
        for cpu in ("power9", "power10"):
            for irq in ("xics", "xive"):
                for smp in (1, 2, 4):
                    for size in ("1G", "2G", "8G"):
                        yield smoke(kernel, cpu, irq, smp, size)
                    yield disk(kernel, cpu, irq, smp)
                    yield disk(kernel, cpu, irq, smp, "vscsi", "veth")
    for irq in ("xics", "xive"):
        yield pci("intx", irq, words="pci=nomsi")
        yield pci("window32", irq, words="disable_ddw")
        yield pci("bridges", irq, bridges=True)
    for blocks in range(20, 40):
        yield flush("vscsi" if blocks % 4 == 3 else "virtio", blocks)
    yield fio("6.12", "power10", "xive", 1, "virtio")
    yield fio("6.12", "power9", "xics", 4, "virtio")
    yield fio("6.1", "power10", "xive", 2, "vscsi")
    yield fio("6.12", "power9", "xics", 1, "vscsi")
    yield debian_fio("6.12", "power10", "xive", 4)
    yield tree("6.12", "power10", "xive", 2, "vscsi", "virtio")
    yield tree("6.1", "power9", "xics", 2, "virtio", "veth")
    for kernel in ("6.1", "6.12"):
        yield grow(kernel, "power9", "xics")
        yield grow(kernel, "power10", "xive")
        yield pci_hotplug(kernel, "power9", "xics", 1)
        yield pci_hotplug(kernel, "power10", "xive", 2)
        yield vio_hotplug(kernel, "power9", "xics", 1)
        yield vio_hotplug(kernel, "power10", "xive", 2)
    for kernel in ("6.1", "6.12"):
        yield drmgr(kernel, "power9", "xics")
        yield drmgr(kernel, "power10", "xive")
    yield drkexec("6.12", "power10", "xive")
    yield drkexec("6.1", "power9", "xics")
    yield stress("6.12", "power10", "xive", 200)
    yield stress("6.1", "power9", "xics", 200, seed=2)
    yield crash("virtio", 20)
    yield crash("vscsi", 20)
    yield share("6.12", "power10", "xive", 4, size=64, stages=3)
    yield nvdimm("power10", "xive", 2)
    yield nvdimm("power9", "xics", 1)
    yield share("6.12", "power9", "xics", 1, size=64, stages=3)
    yield share("6.1", "power9", "xive", 2, size=64, stages=3)
    yield slof("6.12", "power9", "xics", 4, "vscsi")
    yield slof("6.1", "power10", "xive", 1, "vscsi")
    yield slof("6.12", "power10", "xive", 2, is_debian=True)
    yield slof("6.12", "power9", "xics", 2, "vscsi", is_debian=True)
    n = 0
    for cpu in ("power9", "power10"):
        for irq in ("xics", "xive"):
            for disk_if in ("virtio", "vscsi"):
                for net_if in ("virtio", "veth"):
                    kernel = ("6.1", "6.12")[n.bit_count() % 2]
                    yield debian(kernel, cpu, irq, (1, 2, 4)[n % 3], disk_if, net_if)
                    n += 1
    yield from special()


def run(boot, program):
    os.makedirs(LOGS, exist_ok=True)
    path = os.path.join(LOGS, boot.name + ".log")
    begin = time.monotonic()
    boot.prepare()
    if boot.skip:
        print(f"skip boot {boot.name}: {boot.skip}", flush=True)
        return None
    with open(path, "wb", buffering=0) as log:
        log.write((" ".join(boot.command(program)) + "\n").encode())
        log.flush()
        why, text = boot.execute(program, log)
    boot.finish(why)
    seconds = time.monotonic() - begin
    print(f"{'FAIL' if why else 'ok':4} boot {boot.name} ({seconds:.1f} s)"
          + (": " + "; ".join(why) if why else ""), flush=True)
    if why:
        for line in text.splitlines()[-15:]:
            print("     | " + line)
    return not why


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--long", action="store_true", help="every combination")
    p.add_argument("--list", action="store_true", help="names only")
    p.add_argument("--program", default=os.path.join(TOP, "o/rel/hypar"))
    p.add_argument("names", nargs="*")
    args = p.parse_args()
    boots = list(long_matrix() if args.long else short_matrix())
    if args.names:
        boots = [b for b in boots if any(n in b.name for n in args.names)]
    if args.list:
        print("\n".join(b.name for b in boots))
        return 0
    if not os.path.exists(args.program):
        print(f"boot: {args.program} is not built")
        print(f"0 passed, {len(boots)} failed")
        return 1
    results = [run(b, os.path.abspath(args.program)) for b in boots]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return False in results


if __name__ == "__main__":
    sys.exit(main())
