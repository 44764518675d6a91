# SPDX-License-Identifier: Apache-2.0
"""Boots of the Debian of tools/rootfs.py."""
import os
import sys
from dataclasses import dataclass

from machine import ROOTFS, Boot
from peer import RootPeer, TreePeer

PROMPT = r"root@hypar:\S*# "
LOGIN = r"hypar login: "


@dataclass
class RootBoot(Boot):
    """Debian with systemd from a disk: its own checks, the network, a reboot."""
    disk_if: str = "virtio"
    net_if: str = "virtio"
    more_append: str = ""

    def make_peer(self):
        return RootPeer()

    def more_options(self):
        return []

    def run_script(self, name, args):
        """The command that fetches a script of the tests and runs it. Whoever logs in
        at once may be earlier than DHCP."""
        url = f"http://10.0.2.2:{self.peer.port}/script/{name}"
        return f"until wget -q -O {name} {url}; do sleep 1; done; sh {name} {args}\n"

    def dialogue(self):
        """What is typed, and what must be on the console."""
        self.on_text = (
            (LOGIN, "root\n"),
            (PROMPT, "systemctl --failed --plain; "
                     "echo is-$(systemctl is-system-running --wait)\n"),
            (PROMPT, "[ -z \"$(dpkg --audit)\" ] && apt-get check && echo whole-$((40 + 2))\n"),
            (PROMPT, f"wget -q -O data http://10.0.2.2:{self.peer.port}/data; sha256sum data\n"),
            (PROMPT, "systemctl reboot\n"),
            (LOGIN, "root\n"),
            (PROMPT, "sha256sum data\n"),
            (PROMPT, "systemctl poweroff\n"))
        self.expect = (LOGIN, r"is-running\n", r"whole-42\n", self.peer.sum,
                       r"reboot: Restarting", LOGIN, self.peer.sum, r"reboot: Power down")

    def prepare(self):
        self.peer = self.make_peer()
        self.initrd = os.path.join(ROOTFS, "initramfs.gz")
        self.append = "hypar.root=/dev/" + ("vda" if self.disk_if == "virtio" else "sda") + \
            f" {self.more_append}"
        self.options = ["--disk", f"file={self.peer.image},if={self.disk_if}",
                        "--net", f"user,if={self.net_if},"
                        f"hostfwd=tcp:127.0.0.1:{self.peer.forward}-:80",
                        "--device", "virtio-rng"] + self.more_options()
        self.dialogue()

    def finish(self, why):
        why += self.peer.close()


def programs():
    path = os.path.join(ROOTFS, "fio.img")
    if not os.path.exists(path):
        sys.exit("boot: no o/rootfs/fio.img; \"make rootfs\" makes it")
    return path


@dataclass
class TreeBoot(RootBoot):
    """A large file tree on a second disk, of the interface that the first has not."""

    def make_peer(self):
        return TreePeer()

    def more_options(self):
        # one vSCSI disk at most: the order of several is not certain
        other = "vscsi" if self.disk_if == "virtio" else "virtio"
        return ["--disk", f"file={self.peer.disk},if={other}",
                "--disk", f"file={programs()},readonly"]

    def dialogue(self):
        self.on_text = (
            (LOGIN, "root\n"),
            (PROMPT, self.run_script("tree", f"write {self.peer.port}")),
            (PROMPT, "systemctl reboot\n"),
            (LOGIN, "root\n"),
            (PROMPT, self.run_script("tree", f"read {self.peer.port}")),
            (PROMPT, "systemctl poweroff\n"))
        listing = self.peer.tree.listing()
        self.expect = (f"tree: write read .* listing {listing}", "reboot: Restarting",
                       f"tree: read read .* listing {listing}", r"tree: served .* MiB",
                       "reboot: Power down")


@dataclass
class FioRootBoot(RootBoot):
    """fio in a Debian, on disks of both kinds."""

    SIZE = 128 << 20

    def more_options(self):
        self.disks = [os.path.join(self.peer.folder.name, n) for n in ("virtio", "vscsi")]
        for path in self.disks:
            with open(path, "wb") as f:
                f.truncate(self.SIZE)
        return ["--disk", f"file={programs()},readonly", "--disk", f"file={self.disks[0]}",
                "--disk", f"file={self.disks[1]},if=vscsi"]

    def dialogue(self):
        self.on_text = (
            (LOGIN, "root\n"),
            (PROMPT, "mkdir -p /opt/fio; mount -o ro LABEL=fio /opt/fio\n"),
            (PROMPT, self.run_script("fio", "/opt/fio /dev/vdc")),
            (PROMPT, "sh fio /opt/fio /dev/sda\n"),
            (PROMPT, "systemctl poweroff\n"))
        done = r"fio: done passed=1\d failed=0"
        self.expect = ("fio: /dev/vdc", done, "fio: /dev/sda", done, "reboot: Power down")


def debian(kernel, cpu, irq, smp, disk_if="virtio", net_if="virtio"):
    return RootBoot(f"debian-{disk_if}-{net_if}-{kernel}-{cpu}-{irq}-{smp}cpu", kernel, cpu, irq,
                    str(smp), disk_if=disk_if, net_if=net_if, limit=5.0)


def tree(kernel, cpu, irq, smp, disk_if, net_if):
    return TreeBoot(f"tree-{disk_if}-{net_if}-{kernel}-{cpu}-{irq}-{smp}cpu", kernel, cpu, irq,
                    str(smp), disk_if=disk_if, net_if=net_if, limit=8.0)


def debian_fio(kernel, cpu, irq, smp):
    return FioRootBoot(f"fio-debian-{kernel}-{cpu}-{irq}-{smp}cpu", kernel, cpu, irq, str(smp),
                       limit=5.0)
