#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time hot-plug: 16 GiB of memory in one request until Linux has it online, and 8
processors until they are online, on hypar and on qemu-system-ppc64.

    tests/bench/hotplug.py [--rounds N] [--program o/rel/hypar] [--no-peer]
                           [--memory GIB] [--cpus N] [--json FILE]

Debian's kernel 6.12 with busybox, which puts added memory online itself. The two take
turns, so that a noisy machine hits both. The time begins with the request and ends with
a line on the console; the guest looks each 20 ms. Prints each round, the best of all,
the ratios and the load of the machine. Not for gates: a bench.
"""
import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KERNEL = os.path.join(TOP, "o/ppc64el/vmlinux-6.12")
INITRD = os.path.join(TOP, "o/test/initramfs-hotplug.gz")
APPEND = "console=hvc0 quiet memhp_default_state=online"
GIB = 1 << 30
LIMIT = 1800


class Console:
    """A machine and its console."""

    def __init__(self, args):
        self.text = ""
        self.news = threading.Condition()
        self.proc = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            data = os.read(self.proc.stdout.fileno(), 65536)
            with self.news:
                self.text += data.decode("utf-8", "replace")
                self.news.notify_all()
            if not data:
                return

    def type(self, text):
        self.proc.stdin.write(text.encode())
        self.proc.stdin.flush()

    def wait(self, pattern):
        end = time.monotonic() + LIMIT
        with self.news:
            while not re.search(pattern, self.text):
                if time.monotonic() > end or self.proc.poll() is not None:
                    sys.stdout.write(self.text[-2000:])
                    sys.exit(f"hotplug: no \"{pattern}\" from {self.proc.args[0]}")
                self.news.wait(1)

    def close(self):
        self.proc.kill()
        self.proc.wait()


class Qmp:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + 60
        while True:
            try:
                self.sock.connect(path)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        self.file = self.sock.makefile("rw")
        self.file.readline()
        self.call("qmp_capabilities")

    def call(self, command, **args):
        json.dump({"execute": command, "arguments": args}, self.file)
        self.file.write("\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                sys.exit(f"hotplug: {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]


def hypar(opt, folder):
    total = 2 + opt.memory
    c = Console([opt.program, "run", "--kernel", KERNEL, "--initrd", INITRD, "--append", APPEND,
                 "--memory", f"2G,max={total}G", "--smp", f"1,max={1 + opt.cpus}",
                 "--monitor", f"unix:{folder}/hypar"])
    return c, f"{folder}/hypar"


def peer(opt, folder):
    c = Console(["qemu-system-ppc64", "-M", "pseries,x-vof=on", "-cpu", "POWER10", "-accel",
                 "tcg,thread=multi", "-m", f"2G,slots=4,maxmem={2 + opt.memory}G", "-smp",
                 f"1,maxcpus={1 + opt.cpus}", "-nographic", "-nodefaults", "-serial", "stdio",
                 "-kernel", KERNEL, "-initrd", INITRD, "-append", APPEND,
                 "-qmp", f"unix:{folder}/qemu,server=on,wait=off"])
    return c, f"{folder}/qemu"


def add_memory(q, opt):
    q.call("object-add", **{"qom-type": "memory-backend-ram"}, id="m0", size=opt.memory * GIB)
    q.call("device_add", driver="pc-dimm", id="d0", memdev="m0")


def add_cpus(q, opt):
    driver = q.call("query-hotpluggable-cpus")[0]["type"]
    for n in range(1, 1 + opt.cpus):
        q.call("device_add", driver=driver, id=f"c{n}", **{"core-id": n})


def timed(opt, make, add, name, condition):
    """Seconds from the request until the guest finds @condition."""
    with tempfile.TemporaryDirectory(prefix="hypar-hotplug-") as folder:
        c, path = make(opt, folder)
        try:
            c.wait(r"hypar:\S*# ")
            q = Qmp(path)
            c.type(f"stty -echo; echo re\"\"ady; until {condition}; do usleep 20000; done; "
                   f"echo ha\"\"s-{name}\n")
            c.wait(r"ready\r?\n")
            time.sleep(1)
            begin = time.monotonic()
            add(q, opt)
            c.wait(rf"has-{name}\r?\n")
            return time.monotonic() - begin
        finally:
            c.close()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--program", default=os.path.join(TOP, "o/rel/hypar"))
    p.add_argument("--no-peer", action="store_true")
    p.add_argument("--memory", type=int, default=16, help="GiB")
    p.add_argument("--cpus", type=int, default=8)
    p.add_argument("--json", default=os.path.join(TOP, "o/test/hotplug.json"))
    opt = p.parse_args()
    os.makedirs(os.path.dirname(opt.json), exist_ok=True)
    subprocess.run([sys.executable, os.path.join(TOP, "tools/mkinitramfs.py"), "-o", INITRD],
                   check=True)
    both = [("hypar", hypar)]
    if not opt.no_peer and shutil.which("qemu-system-ppc64"):
        both.append(("qemu", peer))
    blocks = (2 + opt.memory) * 4
    todo = [("memory", add_memory, "[ $(cat /sys/devices/system/memory/memory*/state | "
             f"grep -c online) -ge {blocks} ]", f"{opt.memory} GiB"),
            ("cpus", add_cpus, "[ $(grep -c ^processor /proc/cpuinfo) "
             f"-ge {1 + opt.cpus} ]", f"{opt.cpus} processors")]
    times = {}
    for n in range(opt.rounds):
        for name, add, condition, what in todo:
            for who, make in both:
                t = timed(opt, make, add, name, condition)
                times.setdefault(name, {}).setdefault(who, []).append(t)
                print(f"round {n + 1}: {who:6} {what:14} {t:8.2f} s  load "
                      f"{os.getloadavg()[0]:.1f}", flush=True)
    for name, _, _, what in todo:
        best = {who: min(t) for who, t in times[name].items()}
        text = ", ".join(f"{who} {t:.2f} s" for who, t in best.items())
        if "qemu" in best:
            text += f", {best['hypar'] / best['qemu']:.2f} times qemu's time"
        print(f"best, {what}: {text}")
    with open(opt.json, "w", encoding="utf-8") as f:
        json.dump(times, f, indent=1)


if __name__ == "__main__":
    main()
