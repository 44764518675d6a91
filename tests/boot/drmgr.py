# SPDX-License-Identifier: Apache-2.0
"""Dynamic reconfiguration of a Debian with the tools of POWER's administrators:
drmgr inside, hypar ctl outside with rtas_errd and the kernel as those who act.
Each kind of resource once."""
import re
from dataclasses import dataclass

from dr import KINDS, begin, configured, consistent, image, tool, unit_of, where
from session import SessionBoot, Trouble


@dataclass
class DrmgrBoot(SessionBoot):
    """Each kind of resource by drmgr, by the host; what the tools show; files of rpaphp."""

    def play(self, s):
        begin(s)
        self.sum = image(f"{self.peer.folder.name}/hot", 1)
        self.try_memory(s)
        self.try_cpus(s)
        self.try_pci(s)
        self.try_bridge(s)
        self.try_card(s)
        self.try_slots(s)
        self.try_shown(s)
        bad = s.sh("trouble", status=None)
        if bad:
            raise Trouble(bad)

    def step(self, s, text):
        s.note(text)
        return consistent(s)

    def try_memory(self, s):
        rows, _ = self.step(s, "memory")
        n = len(configured(rows, 8))
        s.ok("add-memory", "1G", "--id", "more")
        rows, _ = self.step(s, "add-memory")
        self.count(rows, 8, n + 4)
        # of the memory of the start the kernel uses some for itself
        last = max(configured(rows, 8))
        tool(s, f"drmgr -c mem -r -s 0x{last:x}")
        rows, _ = self.step(s, "drmgr -c mem -r -s")
        if last in configured(rows, 8):
            raise Trouble(f"0x{last:x} is still there")
        tool(s, f"drmgr -c mem -a -s 0x{last:x}")
        for line, change in (("-r -q 1", -1), ("-a -q 1", 0), ("-r -q 2", -2), ("-a -q 2", 0)):
            tool(s, f"drmgr -c mem {line}")
            rows, _ = self.step(s, f"drmgr -c mem {line}")
            self.count(rows, 8, n + 4 + change)
        s.ok("remove-memory", "more")
        rows, _ = self.step(s, "remove-memory")
        self.count(rows, 8, n)
        # what is not there cannot be given
        tool(s, "! drmgr -c mem -a -q 1")
        self.step(s, "drmgr -c mem -a without any")

    def count(self, rows, kind, n):
        if len(configured(rows, kind)) != n:
            raise Trouble(f"{len(configured(rows, kind))} of {KINDS[kind]}, not {n}")

    def try_cpus(self, s):
        rows, _ = self.step(s, "processors")
        n = len(configured(rows, 1))
        for line, change in (("-r -q 1", -1), ("-a -q 1", 0)):
            tool(s, f"drmgr -c cpu {line}")
            rows, _ = self.step(s, f"drmgr -c cpu {line}")
            self.count(rows, 1, n + change)
        s.ok("add-cpu", "2")
        rows, _ = self.step(s, "add-cpu")
        self.count(rows, 1, n + 2)
        index = max(configured(rows, 1))
        tool(s, f"drmgr -c cpu -r -s 0x{index:x}; drmgr -c cpu -a -s 0x{index:x}")
        rows, _ = self.step(s, "drmgr -c cpu -r -s, -a -s")
        self.count(rows, 1, n + 2)
        s.ok("remove-cpu", "2")
        rows, _ = self.step(s, "remove-cpu")
        self.count(rows, 1, n)

    def try_pci(self, s):
        s.ok("add-pci", f"disk,file={self.peer.folder.name}/hot,id=hot")
        s.sh(f"disk_works hot {self.sum}")
        rows, _ = self.step(s, "add-pci disk")
        name = where(s, "hot")["name"]
        index = where(s, "hot")["index"]
        for what in (name, index):
            tool(s, f"drmgr -V -c pci -r -s {what} -n && disk_is hot gone")
            self.step(s, f"drmgr -c pci -r -s {what}")
            tool(s, f"drmgr -V -c pci -a -s {what} -n && disk_works hot {self.sum}")
            self.step(s, f"drmgr -c pci -a -s {what}")
        listed = tool(s, f"lsslot -c pci -s {name}")
        if "Empty" in listed or name not in listed:
            raise Trouble(f"lsslot -c pci: {listed}")
        s.ok("remove-pci", "hot")
        s.sh("disk_is hot gone")
        self.step(s, "remove-pci disk")
        if "Empty" not in tool(s, f"lsslot -c pci -s {name}"):
            raise Trouble("lsslot -c pci does not say Empty")

    def attention(self, s, name):
        at = f"/sys/bus/pci/slots/{name}"
        for value in ("1", "0"):
            s.sh(f"echo {value} > {at}/attention")
            indicator = where(s, "hot")["indicator"]
            said = s.sh(f"cat {at}/attention")
            s.note(f"attention {value}: indicator {indicator}, read {said}")
            if bool(indicator) != (value == "1") or said != value:
                raise Trouble(f"attention {value}: indicator {indicator}, read {said}")

    def try_bridge(self, s):
        s.ok("add-phb", "1")
        self.step(s, "add-phb")
        s.ok("add-pci", f"disk,file={self.peer.folder.name}/hot,id=hot,phb=1")
        s.sh(f"disk_works hot {self.sum}")
        self.step(s, "add-pci behind it")
        listed = tool(s, "lsslot -c phb")
        if sorted(re.findall(r"^PHB (\d)", listed, re.M)) != ["0", "1"]:
            raise Trouble(f"lsslot -c phb: {listed}")
        tool(s, "drmgr -c phb -r -s 'PHB 1' && disk_is hot gone")
        self.step(s, "drmgr -c phb -r")
        tool(s, f"drmgr -c phb -a -s 'PHB 1' && disk_works hot {self.sum}")
        self.step(s, "drmgr -c phb -a")
        # rpaphp switches what was there when the bridge came; it knows the first slot alone
        self.attention(s, where(s, "hot")["name"])
        at = f"/sys/bus/pci/slots/{where(s, 'hot')['name']}"
        s.sh(f"echo 0 > {at}/power && disk_is hot gone")  # it stays in the tree, configured
        s.sh(f"echo 1 > {at}/power && disk_works hot {self.sum}")
        self.step(s, "power on")
        if s.sh(f"cat {at}/power {at}/adapter") != "100\n1":
            raise Trouble("power and adapter of an occupied slot")
        s.ok("remove-phb", "1")
        s.sh("disk_is hot gone")
        self.step(s, "remove-phb")
        if "PHB 1" in tool(s, "lsslot -c phb"):
            raise Trouble("lsslot -c phb still shows PHB 1")

    def try_card(self, s):
        mac = "52:54:00:d0:00:01"
        s.ok("add-pci", f"net,user,id=card,mac={mac}")
        s.sh(f"card_works {mac} {self.peer.port}")
        self.step(s, "add-pci net")
        s.ok("remove-pci", "card")
        s.sh(f"! grep -q {mac} /sys/class/net/*/address")
        self.step(s, "remove-pci net")

    def try_slots(self, s):
        """Virtual adapters: the host puts them in, drmgr -c slot takes and gives them."""
        mac = "52:54:00:d0:00:02"
        for spec, works, gone in (
                (f"disk,file={self.peer.folder.name}/hot,if=vscsi",
                 "slot_disk_works {unit} " + self.sum, "slot_disk_is {unit} gone"),
                (f"net,user,if=veth,mac={mac}", f"card_works {mac} {self.peer.port}",
                 f"! grep -q {mac} /sys/class/net/*/address")):
            kind = spec.split(",", maxsplit=1)[0]
            s.ok("--no-wait", "add-slot", f"{spec},id=virtual")
            row = where(s, "virtual")
            name, unit = row["name"], unit_of(row)
            works, gone = works.format(unit=unit), gone.format(unit=unit)
            tool(s, f"drmgr -c slot -a -s {name} && {works}")
            self.step(s, f"add-slot {kind}, drmgr -c slot -a")
            tool(s, f"slot_idle {unit}; drmgr -c slot -r -s {name} && {gone}")
            self.step(s, f"drmgr -c slot -r {kind}")
            tool(s, f"drmgr -c slot -a -s {name} && {works}")
            self.step(s, f"drmgr -c slot -a {kind}")
            if f"{name} " not in tool(s, "lsslot -c slot") + " ":
                raise Trouble(f"lsslot -c slot does not show {name}")
            s.ok("--no-wait", "remove-slot", "virtual")
            tool(s, f"slot_idle {unit}; drmgr -c slot -r -s {name} && {gone}")
            self.step(s, f"remove-slot {kind}, drmgr -c slot -r")

    def try_shown(self, s):
        """lsslot, lsprop and lparstat tell what is true."""
        rows, view = self.step(s, "lsslot, lsprop")
        listed = {int(i, 16) for i in re.findall(r"DRC Index: (\w+)", tool(s, "lsslot -c mem"))}
        lmbs = set(configured(rows, 8))
        # those of the RMA are left out
        if not listed or lmbs - listed not in ({0x80000000}, set()) or listed - lmbs:
            raise Trouble(f"lsslot -c mem: {[hex(i) for i in listed]}")
        listed = re.findall(r"^(C\d+) .* (\S+) *$", tool(s, "lsslot -c pci"), re.M)
        pci = {r["name"] for r in configured(rows, 4).values()}
        if {name for name, what in listed if what != "Empty"} != pci:
            raise Trouble(f"lsslot -c pci: {listed}, {pci}")
        text = s.sh("lsprop $(find /proc/device-tree/cpus/ -name ibm,my-drc-index)")
        indexes = {int(i, 16) for i in re.findall(r"ibm,my-drc-index\s+(\w{8})", text)}
        if indexes != set(configured(rows, 1)):
            raise Trouble(f"lsprop: {text}")
        if "ibm,drc-info" not in s.sh("lsprop /proc/device-tree/cpus"):
            raise Trouble("lsprop: no ibm,drc-info below cpus")
        # Debian's kernels have no /proc/ppc64/lparcfg; lparstat says so
        s.note(s.sh("lparstat 2>&1; lparstat -i 2>&1 | head -20", status=None))


def drmgr(kernel, cpu, irq):
    return DrmgrBoot(f"drmgr-{kernel}-{cpu}-{irq}", kernel, cpu, irq, "2,max=5", "1G,max=4G",
                     limit=4.0, more_append="memhp_default_state=online_movable")
