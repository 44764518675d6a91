# SPDX-License-Identifier: Apache-2.0
"""Boots of the initramfs with disks."""
import os
import re
import tempfile
from dataclasses import dataclass

from debian import programs
from machine import LOGS, Boot
from peer import Peer


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
class FioBoot(Boot):
    """fio with verification; its programs come on a disk of their own."""
    disk_if: str = "virtio"

    SIZE = 128 << 20

    def prepare(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hypar-fio-")
        image = os.path.join(self.folder.name, "disk.img")
        with open(image, "wb") as f:
            f.truncate(self.SIZE)
        self.append = f"hypar.size={self.SIZE}"
        self.options = ["--disk", f"file={image},if={self.disk_if}",
                        "--disk", f"file={programs()},readonly,if={self.disk_if}"]

    def finish(self, why):
        self.folder.cleanup()


def fio(kernel, cpu, irq, smp, disk_if):
    """With virtio, the disk has as many queues as there are vCPUs."""
    return FioBoot(f"fio-{disk_if}-{kernel}-{cpu}-{irq}-{smp}cpu", kernel, cpu, irq, str(smp),
                   "1G", script="fio", disk_if=disk_if,
                   expect=(r"fio: done passed=\d+ failed=0", r"reboot: Power down"))
