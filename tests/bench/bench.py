#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time the boot of Debian 6.12, one vCPU, from start to user space and to its
power-off, on hypar and, where qemu-system-ppc64 is installed, on that.

    tests/bench/bench.py [--rounds N] [--program o/rel/hypar] [--cpu power10]
                         [--no-peer] [--json FILE] [-- OPTIONS OF HYPAR RUN]

The two take turns, so that a noisy machine hits both. hypar's --stats gives
the instructions ("instructions: N") and the time its processors ran
("run-time-ns: N"). Prints each round, the best of all, and the ratio.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KERNEL = os.path.join(TOP, "o/ppc64el/vmlinux-6.12")
INITRD = os.path.join(TOP, "o/initramfs-bench.gz")
# hypar.test names no test: /init says so and powers off.
APPEND = "console=hvc0 hypar.test=none"
MARKER = b"hypar: user space"
LIMIT = 900


def timed(args):
    """Run; seconds to the marker, to the end, and the output."""
    begin = time.monotonic()
    proc = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    text, user = b"", None
    while True:
        data = os.read(proc.stdout.fileno(), 65536)
        if not data:
            break
        text += data
        if user is None and MARKER in text:
            user = time.monotonic() - begin
        if time.monotonic() - begin > LIMIT:
            proc.kill()
    status = proc.wait()
    if status or user is None:
        sys.stdout.write(text[-3000:].decode("utf-8", "replace"))
        sys.exit(f"bench: {args[0]} ended with status {status}"
                 + ("" if user else ", without user space"))
    usage = {"user_space_s": user, "total_s": time.monotonic() - begin}
    return usage, text.decode("utf-8", "replace")


def hypar(opt):
    usage, text = timed([opt.program, "run", "--kernel", KERNEL, "--initrd", INITRD,
                         "--append", APPEND, "--memory", "2G", "--smp", "1", "--cpu", opt.cpu,
                         "--stats"] + opt.options)
    for key, name in (("instructions", "instructions"), ("run-time-ns", "run_time_ns")):
        m = re.search(rf"^\s*{key}:\s*([\d,]+)", text, re.M)
        if m:
            usage[name] = int(m[1].replace(",", ""))
    if usage.get("instructions") and usage.get("run_time_ns"):
        usage["ns_per_insn"] = usage["run_time_ns"] / usage["instructions"]
    return usage


def peer(opt):
    return timed(["qemu-system-ppc64", "-M", "pseries,x-vof=on", "-cpu", opt.cpu.upper(),
                  "-accel", "tcg", "-m", "2G", "-smp", "1", "-nographic", "-nodefaults",
                  "-serial", "stdio", "-kernel", KERNEL, "-initrd", INITRD,
                  "-append", APPEND])[0]


def show(name, usage):
    text = f"{name:6} user space {usage['user_space_s']:7.2f} s  total {usage['total_s']:7.2f} s"
    if "instructions" in usage:
        text += f"  {usage['instructions']:,} instructions"
    if "ns_per_insn" in usage:
        text += f"  {usage['ns_per_insn']:.2f} ns per instruction"
    print(text, flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--program", default=os.path.join(TOP, "o/rel/hypar"))
    p.add_argument("--cpu", default="power10")
    p.add_argument("--no-peer", action="store_true")
    p.add_argument("--json", default=os.path.join(TOP, "o/test/bench.json"))
    p.add_argument("options", nargs="*")
    opt = p.parse_args()
    with_peer = not opt.no_peer and shutil.which("qemu-system-ppc64")
    ours, theirs = [], []
    for _ in range(opt.rounds):
        ours.append(hypar(opt))
        show("hypar", ours[-1])
        if with_peer:
            theirs.append(peer(opt))
            show("qemu", theirs[-1])
    best = min(ours, key=lambda u: u["user_space_s"])
    result = {"cpu": opt.cpu, "hypar": ours, "qemu": theirs}
    print("best:")
    show("hypar", best)
    if theirs:
        other = min(theirs, key=lambda u: u["user_space_s"])
        show("qemu", other)
        result["ratio"] = best["user_space_s"] / other["user_space_s"]
        print(f"ratio to user space: {result['ratio']:.2f} times qemu's time")
    elif not opt.no_peer:
        print("qemu-system-ppc64 is not installed: no comparison")
    os.makedirs(os.path.dirname(opt.json), exist_ok=True)
    with open(opt.json, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)


if __name__ == "__main__":
    main()
