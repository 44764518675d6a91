# SPDX-License-Identifier: Apache-2.0
"""Debian's kernel with papr_scm and libnvdimm (tools/kmod.py) on NVDIMMs: killed
and started again, a second kernel by kexec, health by the host, hot-plug."""
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from machine import TOP, Boot

MODULES = "papr_scm,nd_pmem,nd_btt,crc32c_generic,ext4,virtio_pci,virtio_blk"
KERNEL = os.path.join(TOP, "o/ppc64el/root-6.12")
UTILS = os.path.join(TOP, "o/ppc64el/root-ndctl")


def tool(*words):
    return subprocess.run([sys.executable, *words], cwd=TOP, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


def padded(path, source):
    """A copy of whole sectors: a disk."""
    with open(source, "rb") as f:
        data = f.read()
    with open(path, "wb") as f:
        f.write(data + bytes(-len(data) % 512))
    return path


@dataclass
class NvdimmBoot(Boot):
    script: str = "nvdimm"
    memory: str = "2G"

    def prepare(self):
        for words in (["tools/ppc64el.py", "fetch", "ndctl"], ["tools/kmod.py"]):
            done = tool(*words)
            if done.returncode:
                self.skip = done.stdout.strip().splitlines()[-1]
                return
        self.folder = tempfile.TemporaryDirectory(prefix="nvdimm-", dir=os.path.join(TOP, "o"))
        self.initrd = self.path("initrd")
        done = tool("tools/mkinitramfs.py", "-o", self.initrd, "--tests", "tests/boot/scripts",
                    "--modules", MODULES, "--root", KERNEL, "--utils", UTILS)
        if done.returncode:
            self.skip = done.stdout.strip()
        for name in ("pm0", "pm1", "pm2"):
            open(self.path(name), "wb").close()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def ctl(self, *words):
        """Tells the machine; the answer is looked at in the end."""
        done = subprocess.run([self.program, "ctl", self.path("mon"), *words], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        self.said.append(f"{' '.join(words[:1])}: {done.returncode} {done.stdout.strip()}")

    def stage(self, number, log):
        """(reasons, console) of one process."""
        second = ",unarmed" if number == 2 else ""
        self.append = f"quiet hypar.stage={number}"
        self.options = ["--nvdimm", f"file={self.path('pm0')},size=1G",
                        "--nvdimm", f"file={self.path('pm1')},size=256M{second}",
                        "--trace", "hcall", "--trace-file", self.path(f"trace{number}"),
                        "--monitor", f"unix:{self.path('mon')}"]
        self.expect = (rf"nvdimm: stage {number} passed=\d+ failed=0",)
        self.status = 0
        self.on_text = ()
        if number == 1:
            self.on_text = (("nvdimm: kill me", "kill 2"),)
            self.status = None
        if number == 2:
            spec = f"file={self.path('pm2')},size=512M"
            self.on_text = (
                ("nvdimm: add", lambda: self.ctl("add-nvdimm", spec, "--timeout", "60")),
                ("nvdimm: remove", lambda: self.ctl("remove-nvdimm", "nvdimm2", "--timeout", "60")),
                ("nvdimm: set health", lambda: self.ctl("nvdimm-health", "nvdimm0", "set", "4")),
            )
        if number == 3:
            self.options += ["--disk", f"file={padded(self.path('k'), self.kernel_file())},readonly",
                             "--disk", f"file={padded(self.path('i'), self.initrd)},readonly"]
            self.expect += (r"nvdimm: stage 4 passed=\d+ failed=0", "reboot: Power down")
        why, text = super().execute(self.program, log)
        why = [w for w in why if not (number == 1 and w == "exit status -9")]
        why += re.findall(r"^nvdimm: FAIL .*", text, re.M)[:5]
        return [f"stage {number}: {w}" for w in why], text

    def kernel_file(self):
        return os.path.join(TOP, f"o/ppc64el/vmlinux-{self.kernel}")

    def execute(self, program, log):
        self.program, self.said = program, []
        why, all_text = [], ""
        for number in (1, 2, 3):
            more, text = self.stage(number, log)
            why += more
            all_text += text
            if more:
                break
        if not why:
            why += self.look()
        why += [s for s in self.said if not re.match(r"[\w-]+: 0 ", s)]
        return why, all_text

    def look(self):
        """The second kernel of stage 3 asked where its blocks are, and unbound nothing."""
        with open(self.path("trace3"), encoding="utf-8", errors="replace") as f:
            calls = re.findall(r"hcall (H_SCM_\w+)\(0x90000000.*?\) = (\w+)", f.read())
        binds = [status for call, status in calls if call == "H_SCM_BIND_MEM"]
        why = []
        if "H_OVERLAP" not in binds:
            why.append(f"kexec: BIND_MEM answered {' '.join(binds)}")
        if ("H_SCM_QUERY_BLOCK_MEM_BINDING", "H_SUCCESS") not in calls:
            why.append("kexec: no QUERY_BLOCK_MEM_BINDING")
        if any(call.startswith("H_SCM_UNBIND") for call, _ in calls):
            why.append("kexec: unbound")
        return why

    def finish(self, why):
        self.folder.cleanup()


def nvdimm(cpu, irq, smp):
    return NvdimmBoot(f"nvdimm-6.12-{cpu}-{irq}-{smp}cpu", "6.12", cpu, irq, str(smp))
