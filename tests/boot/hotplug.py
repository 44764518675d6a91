# SPDX-License-Identifier: Apache-2.0
"""Boots to which memory and PCI devices are added, and from which they are taken."""
import os
import re
import subprocess
import tempfile
import threading
from dataclasses import dataclass

from machine import Boot


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


def grow(kernel, cpu, irq):
    return MemoryBoot(f"memory-{kernel}-{cpu}-{irq}", kernel, cpu, irq, memory="1G,max=4G",
                      script="memory")


@dataclass
class DrmgrBoot(Boot):
    """Its script asks for what the host is to do, which is "hypar ctl"."""

    def open_folder(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hypar-dr-")
        self.said = []

    def image(self, name):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as f:
            f.truncate(64 << 20)
        return path

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


@dataclass
class PciBoot(DrmgrBoot):
    """Disks, a card and a bridge that come and go by drmgr, errors, a reboot in between."""

    def prepare(self):
        self.open_folder()
        image = {name: self.image(name) for name in ("cold", "late", "hot", "early")}
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


def pci_hotplug(kernel, cpu, irq, smp):
    return PciBoot(f"pci-hotplug-{kernel}-{cpu}-{irq}", kernel, cpu, irq, str(smp), "1G",
                   script="pci")


@dataclass
class VioBoot(DrmgrBoot):
    """Disks, cards and a terminal in virtual slots that come and go by drmgr, a reboot."""

    def prepare(self):
        self.open_folder()
        self.typed = os.path.join(self.folder.name, "terminal")
        self.options = ["--monitor", f"unix:{self.folder.name}/sock",
                        "--disk", f"file={self.image('cold')},if=vscsi,id=cold"]
        hot = [("add-slot", f"disk,file={self.image('hot')},if=vscsi,id=hot")]
        card = [("add-slot", "net,user,if=veth,id=card")]
        todo = (("add hot", hot), ("remove hot", [("remove-slot", "hot")]),
                ("add card", card), ("remove card", [("remove-slot", "card")]),
                ("add card again", card), ("remove card again", [("remove-slot", "card")]),
                ("add terminal", [("add-slot", f"device,vty,chardev=file:{self.typed},id=term")]),
                ("remove terminal", [("remove-slot", "term")]),
                ("add hot again", hot),
                ("leave requests", [("remove-slot", "hot"), *card,
                                    ("add-slot", f"disk,file={self.image('early')},if=vscsi,"
                                                 "id=early")]),
                ("remove early", [("remove-slot", "early"), ("remove-slot", "card")]))
        self.on_text = tuple((f"vio: host: {name}\n", self.host(calls)) for name, calls in todo)
        self.expect = (r"vio: rebooting passed=\d+\n", "vio: after the reboot",
                       r"vio: done passed=\d+ failed=0", r"reboot: Power down")

    def finish(self, why):
        try:
            with open(self.typed, "rb") as f:
                text = f.read()
        except OSError:
            text = b""
        if b"to the host" not in text:
            why.append(f"the terminal's file holds {text!r}")
        super().finish(why)


def vio_hotplug(kernel, cpu, irq, smp):
    return VioBoot(f"vio-hotplug-{kernel}-{cpu}-{irq}", kernel, cpu, irq, str(smp), "1G",
                   script="vio")
