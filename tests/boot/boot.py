#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot Debian kernels on hypar and check what they say and how they end.

    tests/boot/boot.py [--long] [--list] [--program o/rel/hypar] [NAME...]

NAME selects the boots whose name contains it. One line a boot, the console
text in o/test/boot/NAME.log, and at the end the line "N passed, N failed".
HYPAR_SLOW=FACTOR stretches the time limits (sanitizer builds, slow machines).
"""
import argparse
import hashlib
import http.server
import os
import random
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOGS = os.path.join(TOP, "o", "test", "boot")
INITRD = os.path.join(TOP, "o", "initramfs-test.gz")
ROOTFS = os.path.join(TOP, "o", "rootfs")  # tools/rootfs.py
LIMIT = 300 * float(os.environ.get("HYPAR_SLOW", "1"))
TROUBLE = re.compile(
    r"Kernel panic|Oops:|BUG: |WARNING: CPU|soft lockup|hard LOCKUP|rcu: .*stall|"
    r"Unable to mount|Segmentation fault|Bad page|unhandled|Machine check")


@dataclass
class Boot:
    name: str
    kernel: str = "6.12"
    cpu: str = "power10"
    irq: str = "xive"
    smp: str = "2"
    memory: str = "2G"
    script: str = "smoke"
    append: str = ""
    initrd: object = True  # or the path of another than INITRD
    options: list = field(default_factory=list)
    # What the console must hold, in this order, and the exit status ("bad":
    # any but 0); what is done when a text shows up, one after the other:
    # "term" and "kill" are signals, a function is called with the Console,
    # anything else is typed.
    expect: tuple = (r"smoke: done passed=\d+ failed=0", r"reboot: Power down")
    status: object = 0
    on_text: tuple = ()
    trouble_ok: bool = False
    limit: float = 1.0  # times LIMIT
    peer: object = None  # a Peer, while it runs

    def prepare(self):
        """Before the boot: what it needs of the host."""

    def finish(self, why):
        """After the boot: adds to @why what the host did not find."""

    def command(self, program):
        size = self.memory.split(",")[0]
        mib = int(size[:-1]) * {"G": 1024, "M": 1}[size[-1]]
        cpus = self.smp.split(",")[0]
        append = f"console=hvc0 hypar.test={self.script} hypar.cpus={cpus} hypar.mem={mib} " \
                 f"hypar.cpu={self.cpu.upper()} {self.append}".rstrip()
        if self.irq != "auto":
            append += f" hypar.irq={self.irq.upper()}"
        cmd = [program, "run", "--kernel", os.path.join(TOP, f"o/ppc64el/vmlinux-{self.kernel}"),
               "--append", append, "--memory", self.memory, "--smp", self.smp,
               "--cpu", self.cpu, "--interrupt-controller", self.irq]
        if self.initrd:
            cmd += ["--initrd", INITRD if self.initrd is True else self.initrd]
        return cmd + self.options


class Peer:
    """The host's side of a disk test: data over HTTP, ports, the image."""

    SIZE = 64 << 20
    IMAGE = 192 << 20

    def __init__(self, size):
        self.folder = tempfile.TemporaryDirectory(prefix="hypar-disk-")
        self.data = random.Random(3).randbytes(size)
        self.sum = hashlib.sha256(self.data).hexdigest()
        self.image = os.path.join(self.folder.name, "disk.img")
        self.readonly = os.path.join(self.folder.name, "readonly.img")
        for path, n in ((self.image, self.IMAGE), (self.readonly, 16 << 20)):
            with open(path, "wb") as f:
                f.truncate(n)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.forward = s.getsockname()[1]
        self.why = ["the guest did not serve"]
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = peer.answer(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path):
        if path == "/data":
            return self.data
        if path == "/sum":
            return f"{len(self.data)} {self.sum}\n".encode()
        if path == "/go":
            self.fetch()
            return b"go\n"
        return None

    def fetch(self):
        """What the guest's own server has, through the forwarded port."""
        base = f"http://127.0.0.1:{self.forward}/"
        try:
            with urllib.request.urlopen(base + "hello", timeout=60) as r:
                hello = r.read().decode()
            with urllib.request.urlopen(base + "part", timeout=60) as r:
                part = r.read()
        except OSError as e:
            self.why = [f"the guest's server: {e}"]
            return
        self.why = []
        if self.sum not in hello:
            self.why.append("the guest's file does not name the checksum")
        if part != self.data[:len(part)] or len(part) != 1 << 20:
            self.why.append("the guest's copy differs")

    def close(self):
        """The reasons why the host is not content."""
        self.server.shutdown()
        self.server.server_close()
        with open(self.image, "rb") as f:
            if f.read(len(self.data)) != self.data:
                self.why.append("the image does not hold the data")
        if os.path.getsize(self.image) != self.IMAGE:
            self.why.append("the image changed its size")
        with open(self.readonly, "rb") as f:
            if f.read().strip(b"\0"):
                self.why.append("the read-only image was written")
        self.folder.cleanup()
        return self.why


class RootPeer(Peer):
    """The host's side of a Debian: data over HTTP and a copy of its disk."""

    def __init__(self):
        super().__init__(8 << 20)
        image = os.path.join(ROOTFS, "debian.img")
        if not os.path.exists(image):
            sys.exit(f"boot: no {os.path.relpath(image, TOP)}; \"make rootfs\" makes it")
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", image, self.image], check=True)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        check = subprocess.run(["/sbin/e2fsck", "-fn", self.image], capture_output=True,
                               text=True, check=False)
        self.folder.cleanup()
        return [f"e2fsck: {check.stdout[-300:]}"] if check.returncode else []


@dataclass
class RootBoot(Boot):
    """Debian with systemd from a disk: its own checks, the network, a reboot."""
    disk_if: str = "virtio"
    net_if: str = "virtio"

    def prepare(self):
        self.peer = RootPeer()
        self.initrd = os.path.join(ROOTFS, "initramfs.gz")
        self.append = "hypar.root=" + ("/dev/vda" if self.disk_if == "virtio" else "/dev/sda")
        self.options = ["--disk", f"file={self.peer.image},if={self.disk_if}",
                        "--net", f"user,if={self.net_if}", "--device", "virtio-rng"]
        prompt = r"root@hypar:\S*# "
        self.on_text = (
            (r"hypar login: ", "root\n"),
            (prompt, "systemctl --failed --plain; "
                     "echo is-$(systemctl is-system-running --wait)\n"),
            (prompt, "[ -z \"$(dpkg --audit)\" ] && apt-get check && echo whole-$((40 + 2))\n"),
            (prompt, f"wget -q -O data http://10.0.2.2:{self.peer.port}/data; sha256sum data\n"),
            (prompt, "systemctl reboot\n"),
            (r"hypar login: ", "root\n"),
            (prompt, "sha256sum data\n"),
            (prompt, "systemctl poweroff\n"))
        self.expect = (r"hypar login: ", r"is-running\n", r"whole-42\n", self.peer.sum,
                       r"reboot: Restarting", r"hypar login: ", self.peer.sum,
                       r"reboot: Power down")

    def finish(self, why):
        why += self.peer.close()


def debian(kernel, cpu, irq, smp, disk_if="virtio", net_if="virtio"):
    return RootBoot(f"debian-{disk_if}-{net_if}-{kernel}-{cpu}-{irq}-{smp}cpu", kernel, cpu, irq,
                    str(smp), disk_if=disk_if, net_if=net_if, limit=5.0)


@dataclass
class DiskBoot(Boot):
    """Disks and a network card against a server of the host."""
    disk_if: str = "virtio"
    net_if: str = "virtio"
    size: int = Peer.SIZE
    words: str = ""  # further ones for the kernel
    bridges: bool = False  # each device behind a PCI host bridge of its own

    def prepare(self):
        self.peer = Peer(self.size)
        disk = "vda" if self.disk_if == "virtio" else "sda"
        self.append = f"hypar.disk={disk} hypar.web={self.peer.port} {self.words}"
        self.options = [
            "--disk", f"file={self.peer.image},if={self.disk_if}",
            "--disk", f"file={self.peer.readonly},readonly,if={self.disk_if}",
            "--net", f"user,if={self.net_if},hostfwd=tcp:127.0.0.1:{self.peer.forward}-:80",
            "--device", "virtio-rng"]
        if self.bridges:
            self.options[1::2] = [o + f",phb={2 * i + 1}" for i, o in enumerate(self.options[1::2])]

    def finish(self, why):
        why += self.peer.close()


def pci(name, irq, **kw):
    """What the kernel does not use when it has the choice, and several bridges."""
    return DiskBoot(f"pci-{name}-{irq}", irq=irq, memory="1G", script="disk", size=8 << 20,
                    expect=(r"disk: done passed=\d+ failed=0", r"reboot: Power down"), **kw)


def disk(kernel, cpu, irq, smp, disk_if="virtio", net_if="virtio", size=Peer.SIZE):
    return DiskBoot(f"disk-{disk_if}-{net_if}-{kernel}-{cpu}-{irq}-{smp}cpu", kernel, cpu, irq,
                    str(smp), "1G", script="disk", disk_if=disk_if, net_if=net_if, size=size,
                    expect=(r"disk: done passed=\d+ failed=0", r"reboot: Power down"))


@dataclass
class FlushBoot(Boot):
    """Writes and flushes; killed in the middle, after @blocks of them."""
    disk_if: str = "virtio"
    blocks: int = 20

    def prepare(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hypar-flush-")
        self.image = os.path.join(self.folder.name, "disk.img")
        with open(self.image, "wb") as f:
            f.truncate(128 << 20)
        self.options = ["--disk", f"file={self.image},if={self.disk_if}"]

    def finish(self, why):
        with open(os.path.join(LOGS, self.name + ".log"), "rb") as f:
            said = [int(n) for n in re.findall(rb"^flush: block (\d+)\r?$", f.read(), re.M)]
        with open(self.image, "rb") as f:
            for n in [1, 2, 3] + said:
                f.seek(n * 4096)
                if f.read(64).rstrip() != f"block {n}".encode():
                    why.append(f"block {n} was flushed and is lost")
                    break
        if len(said) < self.blocks:
            why.append(f"{len(said)} blocks were flushed, not {self.blocks}")
        self.folder.cleanup()


def flush(disk_if, blocks=20, **kw):
    return FlushBoot(f"flush-{disk_if}-{blocks}", memory="1G", script="flush", disk_if=disk_if,
                     blocks=blocks, status=None, on_text=((f"flush: block {blocks + 4}\n", "kill"),),
                     expect=("flush: rebooting", "hypar: user space", "flush: block 20"), **kw)


@dataclass
class MemoryBoot(Boot):
    """Memory added and removed by the host and by the guest, on two nodes."""

    def prepare(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hypar-memory-")
        self.monitor = os.path.join(self.folder.name, "sock")
        self.rss = []
        self.threads = []
        self.said = []
        self.options = ["--monitor", f"unix:{self.monitor}",
                        "--numa", "node,cpus=0,mem=512M", "--numa", "node,cpus=1,mem=512M",
                        "--numa", "dist,src=0,dst=1,val=40"]
        self.append = "memhp_default_state=online_movable movable_node"
        self.on_text = (
            (r"memory: please add 1024\n", self.ctl("add-memory", "1G", "--id", "more",
                                                     "--node", "1")),
            (r"memory: filled\n", self.note_rss),
            (r"memory: please remove\n", self.ctl("remove-memory", "more")),
            (r"memory: removed\n", self.note_rss))
        node = r"memory: node{} distance {} cpus {} \d+ kB\n"
        self.expect = (node.format(0, "10 40", 0), node.format(1, "40 10", 1),
                       r"memory: done passed=8 failed=0", "memory: rebooting",
                       "hypar: user space", r"node1 .* 1[45]\d{5} kB\n",
                       r"memory: done passed=4 failed=0", r"reboot: Power down")

    def ctl(self, *words):
        """An action: hypar ctl, while the guest goes on."""
        def act(console):
            t = threading.Thread(target=self.run_ctl, args=(console.proc.args[0], words))
            self.threads.append(t)
            t.start()
        return act

    def run_ctl(self, program, words):
        done = subprocess.run([program, "ctl", "--timeout", "120", self.monitor, *words],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            self.said.append(f"ctl {' '.join(words)}: {done.returncode} {done.stderr.strip()}")

    def note_rss(self, console):
        with open(f"/proc/{console.proc.pid}/status", encoding="ascii") as f:
            self.rss.append(int(re.search(r"VmRSS:\s*(\d+) kB", f.read())[1]) >> 10)

    def finish(self, why):
        for t in self.threads:
            t.join(timeout=60)
        why += self.said
        if len(self.rss) == 2 and self.rss[0] - self.rss[1] < 500:
            why.append(f"{self.rss[0]} MiB resident before 1024 were removed, "
                       f"{self.rss[1]} afterwards")
        self.folder.cleanup()


def memory(kernel, cpu, irq):
    return MemoryBoot(f"memory-{kernel}-{cpu}-{irq}", kernel, cpu, irq, memory="1G,max=4G",
                      script="memory")


@dataclass
class PciBoot(Boot):
    """Disks, a card and a bridge that come and go by drmgr, errors, a reboot in between."""

    def prepare(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hypar-pci-")
        self.said = []
        image = {}
        for name in ("cold", "late", "hot", "early"):
            image[name] = os.path.join(self.folder.name, name)
            with open(image[name], "wb") as f:
                f.truncate(64 << 20)
        self.options = ["--monitor", f"unix:{self.folder.name}/sock",
                        "--disk", f"file={image['cold']}"]
        hot = ("add-pci", f"disk,file={image['hot']},id=hot")
        todo = {
            "add hot": [hot],
            "remove hot": [("remove-pci", "hot")],
            "add net": [("add-pci", "net,user,id=card")],
            "remove net": [("remove-pci", "card")],
            "add bridge": [("add-phb", "1"), (hot[0], hot[1] + ",phb=1")],
            "remove bridge": [("remove-phb", "1")],
            "freeze": [("freeze-pci", "hot")],
            "leave requests": [("remove-pci", "hot"), ("add-phb", "1"),
                               ("add-pci", f"disk,file={image['early']},id=early,phb=1")],
            "remove early": [("remove-pci", "early")],
        }
        order = ("add hot", "remove hot", "add net", "remove net", "add bridge", "remove bridge",
                 "add hot", "freeze", "leave requests", "remove early")
        self.on_text = tuple((f"pci: host: {name}\n", self.host(todo[name])) for name in order)
        self.expect = (r"pci: rebooting passed=\d+\n", "pci: after the reboot",
                       r"pci: done passed=\d+ failed=0", r"reboot: Power down")

    def host(self, calls):
        """An action: the calls of hypar ctl, then Enter."""
        def act(console):
            for words in calls:
                cmd = [console.proc.args[0], "ctl", f"{self.folder.name}/sock", *words]
                if words[0] != "freeze-pci":
                    cmd.append("--no-wait")
                done = subprocess.run(cmd, capture_output=True, text=True, check=False, timeout=60)
                if done.returncode:
                    self.said.append(f"{' '.join(words)}: {done.stderr.strip()}")
            console.proc.stdin.write(b"\n")
            console.proc.stdin.flush()
        return act

    def finish(self, why):
        why += self.said
        self.folder.cleanup()


def pci_hotplug(kernel, cpu, irq, smp):
    return PciBoot(f"pci-hotplug-{kernel}-{cpu}-{irq}", kernel, cpu, irq, str(smp), "1G",
                   script="pci")


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
    yield pci_hotplug("6.12", "power10", "xive", 2)
    yield pci_hotplug("6.1", "power9", "xics", 1)
    yield memory("6.12", "power10", "xive")
    yield memory("6.1", "power9", "xics")
    yield from special()


def long_matrix():
    for kernel in ("6.1", "6.12"):
        for cpu in ("power9", "power10"):
            for irq in ("xics", "xive"):
                for smp in (1, 2, 4):
                    for memory in ("1G", "2G", "8G"):
                        yield smoke(kernel, cpu, irq, smp, memory)
                    yield disk(kernel, cpu, irq, smp)
                    yield disk(kernel, cpu, irq, smp, "vscsi", "veth")
    for irq in ("xics", "xive"):
        yield pci("intx", irq, words="pci=nomsi")
        yield pci("window32", irq, words="disable_ddw")
        yield pci("bridges", irq, bridges=True)
    for blocks in range(20, 40):
        yield flush("vscsi" if blocks % 4 == 3 else "virtio", blocks)
    for kernel in ("6.1", "6.12"):
        yield memory(kernel, "power9", "xics")
        yield memory(kernel, "power10", "xive")
        yield pci_hotplug(kernel, "power9", "xics", 1)
        yield pci_hotplug(kernel, "power10", "xive", 2)
    yield debian("6.12", "power10", "xive", 2)
    yield debian("6.12", "power9", "xics", 2, "vscsi", "veth")
    yield debian("6.1", "power9", "xive", 1)
    yield debian("6.1", "power10", "xics", 4, "vscsi", "veth")
    yield from special()


class Console:
    """A running hypar: its output, and what is to be done about it."""

    def __init__(self, boot, program):
        self.boot = boot
        self.text = ""
        self.todo = list(boot.on_text)
        self.at = 0
        self.proc = subprocess.Popen(boot.command(program), stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=TOP)

    def act(self):
        while self.todo:
            m = re.compile(self.todo[0][0]).search(self.text, self.at)
            if not m:
                return
            self.at = m.end()
            what = self.todo.pop(0)[1]
            if what in ("term", "kill"):
                self.proc.send_signal(signal.SIGTERM if what == "term" else signal.SIGKILL)
            elif callable(what):
                what(self)
            else:
                self.proc.stdin.write(what.encode())
                self.proc.stdin.flush()

    def run(self, limit, log):
        """True when it ended by itself (or as on_text wants) in time."""
        deadline = time.monotonic() + limit
        sel = selectors.DefaultSelector()
        sel.register(self.proc.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if not sel.select(timeout=1):
                continue
            data = os.read(self.proc.stdout.fileno(), 65536)
            if not data:
                break
            log.write(data)
            self.text += data.decode("utf-8", "replace").replace("\r", "")
            self.act()
        try:
            self.proc.wait(max(1, min(20, deadline - time.monotonic())))
            return True
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
            return False


def judge(boot, console, in_time, limit):
    """The reasons why the boot did not pass."""
    why = []
    status = console.proc.returncode
    if not in_time:
        why.append(f"not ended after {limit:.0f} s")
    elif boot.status == "bad" and status <= 0 or boot.status == 0 and status != 0:
        why.append(f"exit status {status}")
    at = 0
    for pattern in boot.expect:
        m = re.compile(pattern).search(console.text, at)
        if not m:
            why.append(f"no \"{pattern}\"")
            break
        at = m.end()
    why += re.findall(r"^(?:smoke|disk|memory|pci): FAIL .*", console.text, re.M)[:5]
    if not boot.trouble_ok:
        why += [line for line in console.text.splitlines() if TROUBLE.search(line)][:3]
    return why


def run(boot, program):
    os.makedirs(LOGS, exist_ok=True)
    path = os.path.join(LOGS, boot.name + ".log")
    begin = time.monotonic()
    boot.prepare()
    with open(path, "wb") as log:
        log.write((" ".join(boot.command(program)) + "\n").encode())
        log.flush()
        console = Console(boot, program)
        in_time = console.run(LIMIT * boot.limit, log)
    why = judge(boot, console, in_time, LIMIT * boot.limit)
    boot.finish(why)
    seconds = time.monotonic() - begin
    print(f"{'FAIL' if why else 'ok':4} boot {boot.name} ({seconds:.1f} s)"
          + (": " + "; ".join(why) if why else ""), flush=True)
    if why:
        for line in console.text.splitlines()[-15:]:
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
    passed = sum(run(b, os.path.abspath(args.program)) for b in boots)
    print(f"{passed} passed, {len(boots) - passed} failed")
    return passed != len(boots)


if __name__ == "__main__":
    sys.exit(main())
