# SPDX-License-Identifier: Apache-2.0
"""Boots by firmware in the guest: SLOF finds the disk, GRUB the kernel."""
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from debian import LOGIN, PROMPT
from machine import INITRD, ROOTFS, TOP, Boot
from peer import be_patient

GREETING = r"Welcome to Open Firmware"
PHANDLE = "phandle = <"
# A host bridge that was added names the interrupt controller as SLOF does.
SAME = "t=/proc/device-tree; cmp <(tail -c +17 $t/pci@800000020000001/interrupt-map | head -c 4) " \
       "$t/interrupt-controller*/phandle && echo same-$((40 + 2))\n"


@dataclass
class SlofBoot(Boot):
    """Linux with the initramfs of the tests, or Debian, from a disk of tools/slofdisk.py."""
    disk_if: str = "virtio"
    is_debian: bool = False

    def command(self, program):
        cmd = super().command(program)
        for option in ("--kernel", "--append"):
            i = cmd.index(option)
            del cmd[i:i + 2]
        return cmd

    def make_disk(self):
        disk = os.path.join(self.folder.name, "disk.img")
        words = super().command("")
        append = words[words.index("--append") + 1]
        args = [os.path.join(TOP, "tools/slofdisk.py"), "-o", disk, "--kernel",
                os.path.join(TOP, f"o/ppc64el/vmlinux-{self.kernel}")]
        if self.is_debian:
            name = "/dev/vda2" if self.disk_if == "virtio" else "/dev/sda2"
            root = os.path.join(self.folder.name, "root.img")
            subprocess.run(["cp", "--sparse=always", os.path.join(ROOTFS, "debian.img"), root],
                           check=True)
            be_patient(root)
            args += ["--root", root, "--append", f"console=hvc0 hypar.root={name}", "--initrd",
                     os.path.join(ROOTFS, "initramfs.gz")]
        else:
            args += ["--root", "none", "--append", append, "--initrd", INITRD]
        if subprocess.run(args, check=False).returncode:
            sys.exit("boot: slofdisk.py failed")
        return disk

    def prepare(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hypar-slof-")
        self.monitor = os.path.join(self.folder.name, "monitor")
        self.tree = None
        self.initrd = False
        self.options = ["--firmware", os.path.join(TOP, "o/ppc64el/slof.bin"), "--disk",
                        f"file={self.make_disk()},if={self.disk_if}", "--monitor",
                        "unix:" + self.monitor]
        if self.is_debian:
            self.options += ["--net", "user", "--device", "virtio-rng"]
            self.expect = (GREETING, LOGIN, r"is-running\n", r"same-42\n", r"reboot: Restarting", GREETING, LOGIN,
                           r"reboot: Power down")
            self.on_text = ((LOGIN, "root\n"),
                            (PROMPT, "echo is-$(systemctl is-system-running --wait)\n"),
                            (PROMPT, self.look), (r"", SAME), (r"same-42\n", "systemctl reboot\n"),
                            (LOGIN, "root\n"), (PROMPT, "systemctl poweroff\n"))
        else:
            self.expect = (GREETING, r"smoke: done passed=\d+ failed=0", r"reboot: Power down")
            self.on_text = ((r"hypar: user space", self.look),)

    def execute(self, program, log):
        self.program = program
        return super().execute(program, log)

    def look(self, _console):
        """The tree that SLOF handed over, while the guest runs."""
        p = subprocess.run([self.program, "ctl", self.monitor, "device-tree"], text=True,
                           capture_output=True, timeout=60, check=False)
        self.tree = p.stdout
        if self.is_debian:
            subprocess.run([self.program, "ctl", "--timeout", "120", self.monitor, "add-phb", "1"],
                           timeout=200, check=False)

    def finish(self, why):
        # nodes that SLOF alone makes, and the disk as it names it
        for text in ("rtas-base", "mass-storage@" if self.disk_if == "virtio" else "disk@8",
                     "openprom", PHANDLE):
            if not self.tree or text not in self.tree:
                why.append(f"the device tree has no \"{text}\"")
        self.folder.cleanup()


def slof(kernel, cpu, irq, smp, disk_if="virtio", is_debian=False):
    name = f"slof-{'debian-' if is_debian else ''}{disk_if}-{kernel}-{cpu}-{irq}-{smp}cpu"
    return SlofBoot(name, kernel, cpu, irq, str(smp), "2G", disk_if=disk_if, is_debian=is_debian,
                    limit=6.0 if is_debian else 2.0)
