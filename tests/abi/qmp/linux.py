# SPDX-License-Identifier: Apache-2.0
"""Linux under the monitor: its clock over a pause, NMI, powerdown."""
import os
import re
import subprocess
import time

import guest
from client import Machine

KERNEL = os.path.join(guest.TOP, "o/ppc64el/vmlinux-6.12")
INITRD = os.path.join(guest.OUT, "initramfs-qmp.gz")


class Linux(Machine):
    def __init__(self, folder, *options, smp="2", **kw):
        if not os.path.exists(INITRD):
            subprocess.run([os.path.join(guest.TOP, "tools/mkinitramfs.py"), "-o", INITRD],
                           cwd=guest.TOP, check=True)
        super().__init__(folder, "--initrd", INITRD, "--append", "console=hvc0", "--smp", smp,
                         "--timeout", str(int(300 * guest.SLOW)), *options, kernel=KERNEL,
                         limit=False, ready=kw.pop("ready", b"BusyBox"), **kw)

    def uptime(self):
        self.type(b"echo up $(cut -d. -f1 /proc/uptime)$((1)) end\n")
        return float(re.search(rb"up (\d+)1 end", self.until(b"1 end"))[1])


def pause(folder):
    """A pause of 12 s: the guest sees none of it, and no stall."""
    with Linux(folder) as m:
        c = m.client()
        before = m.uptime()
        begin = time.monotonic()
        c.execute("stop")
        time.sleep(12)
        c.execute("cont")
        after = m.uptime()
        ran = time.monotonic() - begin - 12
        assert after - before < ran + 2, (before, after, ran)
        m.type(b"dmesg | tail -5; echo x$((1))x\n")
        text = m.until(b"x1x")
        assert b"stall" not in text and b"lockup" not in text and b"hrtimer" not in text, text
        # many short ones, while it works
        m.type(b"i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; echo y$((1))y\n")
        for _ in range(200):
            c.execute("stop")
            c.execute("x-hypar-registers")
            c.execute("cont")
        m.until(b"y1y")
        c.execute("system_powerdown")
        c.wait_event("POWERDOWN")
        m.type(b"poweroff -f\n")
        assert c.wait_event("SHUTDOWN")["data"] == {"guest": True, "reason": "guest-shutdown"}
        assert m.ends() == 0


def reset(folder):
    """A reset in the middle of the boot, twice, and Linux boots again."""
    with Linux(folder) as m:
        c = m.client()
        for delay in (0.3, 1):
            c.execute("system_reset")
            c.wait_event("RESET")
            time.sleep(delay)
        c.execute("system_reset")
        m.until(b"BusyBox", 120 * guest.SLOW)
        tree = c.execute("x-hypar-device-tree", format="dts")["data"]
        assert "linux,rtas-base" in tree or "ibm,architecture-vec-5" in tree, tree[:500]


def nmi(folder):
    """The kernel says why it dies: System Reset."""
    with Linux(folder) as m:
        c = m.client()
        c.execute("inject-nmi")
        m.until(b"System Reset", 120 * guest.SLOW)


def tests():
    if not os.path.exists(KERNEL):
        return
    yield "linux-pause", pause
    yield "linux-reset", reset
    yield "linux-nmi", nmi
