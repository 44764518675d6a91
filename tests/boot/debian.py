# SPDX-License-Identifier: Apache-2.0
"""Boots of the Debian of tools/rootfs.py."""
import os
from dataclasses import dataclass

from machine import ROOTFS, Boot
from peer import RootPeer


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
