# SPDX-License-Identifier: Apache-2.0
"""Another kernel by kexec while requests wait: it has what the first one had, and
what waited then is done by its administrator."""
import os
import shutil
from dataclasses import dataclass

from dr import begin, configured, connectors, consistent, image, tool, unit_of, where
from machine import ROOTFS, TOP
from session import SessionBoot, Trouble


def whole_sectors(path, to):
    """A copy that can be a disk."""
    shutil.copyfile(path, to)
    size = os.path.getsize(to)
    os.truncate(to, size + -size % 512)
    return to


def states(s):
    """What a kernel that begins does not change."""
    return {i: [r[k] for k in ("state", "owner", "resource", "attached", "enabled", "wanted-back")]
            for i, r in connectors(s).items()}


@dataclass
class KexecBoot(SessionBoot):

    def more_options(self):
        folder = self.peer.folder.name
        files = (whole_sectors(os.path.join(TOP, f"o/ppc64el/vmlinux-{self.kernel}"),
                               f"{folder}/vmlinux"),
                 whole_sectors(os.path.join(ROOTFS, "initramfs.gz"), f"{folder}/initrd"))
        return [w for f in files for w in ("--disk", f"file={f},readonly,id={os.path.basename(f)}")]

    def play(self, s):
        begin(s)
        self.sum = {n: image(f"{self.peer.folder.name}/{n}", i)
                    for i, n in enumerate(("old", "new", "slot"))}
        self.change(s)
        self.leave(s)
        before = states(s)
        self.kexec(s)
        begin(s)
        if states(s) != before:
            differ = {i: (before[i], r) for i, r in states(s).items() if r != before[i]}
            raise Trouble(f"kexec changed {differ}")
        self.finish_requests(s)
        self.go_on(s)
        bad = s.sh("trouble", status=None)
        if bad:
            raise Trouble(bad)

    def change(self, s):
        """The second kernel's memory and processors are not those of the start."""
        s.ok("add-memory", "512M", "--id", "more")
        s.ok("add-cpu", "2")
        tool(s, "drmgr -c cpu -r -q 1")
        tool(s, "drmgr -c mem -r -q 1")
        s.ok("add-pci", f"disk,file={self.peer.folder.name}/old,id=old")
        s.sh(f"disk_works old {self.sum['old']}")
        consistent(s)

    def leave(self, s):
        """Nobody acts on these: rtas_errd is not there."""
        s.sh("systemctl stop rtas_errd")
        folder = self.peer.folder.name
        for words in (("remove-pci", "old"), ("add-pci", f"disk,file={folder}/new,id=new"),
                      ("add-phb", "1"), ("add-slot", f"disk,file={folder}/slot,if=vscsi,id=slot")):
            s.ok("--no-wait", *words)

    def waiting(self, s):
        return [r["what"] for r in s.ok("events")
                if r["state"] not in ("done", "refused", "cancelled")]

    def kexec(self, s):
        for name in ("vmlinux", "initrd"):
            s.sh(f"disk_is {name} there; dd if=/dev/$disk of=/root/{name} bs=1M status=none")
        s.sh("kexec -l /root/vmlinux --initrd=/root/initrd --command-line=\"$(cat /proc/cmdline)\"")
        at = len(s.text)
        s.type("systemctl kexec\n")
        s.wait("I'm in purgatory", at)
        s.login(len(s.text))
        if len(self.waiting(s)) != 4:
            raise Trouble(f"after kexec {self.waiting(s)} wait")

    def finish_requests(self, s):
        s.note("what waited")
        s.sh("systemctl stop rtas_errd")
        tool(s, f"drmgr -V -c pci -r -s {where(s, 'old')['name']} -n && disk_is old gone")
        tool(s, f"drmgr -V -c pci -a -s {where(s, 'new')['name']} -n && "
                f"disk_works new {self.sum['new']}")
        tool(s, "drmgr -c phb -a -s 'PHB 1'")
        row = where(s, "slot")
        tool(s, f"drmgr -c slot -a -s {row['name']} && "
                f"slot_disk_works {unit_of(row)} {self.sum['slot']}")
        if self.waiting(s):
            raise Trouble(f"{self.waiting(s)} still wait")
        consistent(s)

    def go_on(self, s):
        """Requests by the host, which the second kernel and its rtas_errd act on."""
        s.note("as ever")
        s.sh("systemctl start rtas_errd")
        n = len(configured(connectors(s), 1))
        tool(s, "drmgr -c cpu -a -q 1")
        tool(s, "drmgr -c mem -a -q 1")
        s.ok("add-memory", "256M", "--id", "yet-more")
        s.ok("remove-memory", "yet-more")
        s.ok("remove-cpu", "1")
        s.ok("remove-pci", "new")
        s.sh("disk_is new gone")
        s.ok("remove-phb", "1")
        rows, _ = consistent(s)
        if len(configured(rows, 1)) != n:
            raise Trouble(f"{len(configured(rows, 1))} processors, not {n}")


def drkexec(kernel, cpu, irq):
    words = "memhp_default_state=online_movable"
    if kernel == "6.1":  # it empties the DMA window of the first kernel, and then uses it
        words += " disable_ddw"
    return KexecBoot(f"drkexec-{kernel}-{cpu}-{irq}", kernel, cpu, irq, "2,max=5", "1G,max=4G",
                     limit=4.0, more_append=words)
