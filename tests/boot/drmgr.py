# SPDX-License-Identifier: Apache-2.0
"""Dynamic reconfiguration of a Debian with the tools of POWER's administrators:
drmgr inside, hypar ctl outside with rtas_errd and the kernel as those who act."""
import hashlib
import os
import random
import re
import time
from dataclasses import dataclass

from session import SessionBoot, Trouble

MIB = 1 << 20
KINDS = {1: "cpu", 2: "phb", 3: "slot", 4: "pci", 8: "memory"}
# Networks that come later belong to a test of their own, not to networkd.
LEAVE_ALONE = "mkdir -p /run/systemd/network; card=$(ip -o route get 10.0.2.2 | " \
    "sed 's/.* dev \\([^ ]*\\) .*/\\1/'); printf '[Match]\\nType=ether\\nName=!%s\\n[Link]\\n" \
    "Unmanaged=yes\\n' $card > /run/systemd/network/10-hot.network; " \
    "systemctl restart systemd-networkd"


def image(path, seed):
    """A disk of 64 MiB with a random megabyte at its start: the sum of that."""
    data = random.Random(seed).randbytes(MIB)
    with open(path, "wb") as f:
        f.write(data)
        f.truncate(64 * MIB)
    return hashlib.sha256(data).hexdigest()


# ---- who says what -----------------------------------------------------------

def connectors(s, kind=None):
    rows = s.ok("drc", *([kind] if kind else []))
    return {int(r["index"], 0): r for r in rows}


def guest_view(s):
    """What the guest has, by its own word."""
    out = {}
    for line in s.sh("view").splitlines():
        m = re.match(r"(tree|memory|lmbs|functions|online) (.*)", line)
        if m:
            out[m[1]] = m[2].split()
    words = [int(w, 16) for w in out["lmbs"]]
    owned = set()
    for n, _, _, first, _, flags in (words[1 + i * 6:7 + i * 6] for i in range(words[0])):
        if flags & 0x88:  # assigned, or reserved as the RMA is
            owned |= set(range(first, first + n))
    return {"tree": {int(w, 16) for w in out["tree"]},
            "memory": {0x80000000 + int(w) for w in out["memory"]},
            "assigned": owned, "functions": int(out["functions"][0]),
            "online": int(out["online"][0])}


def consistent(s):
    """What hypar says of each connector is what the guest has, and nobody waits for anything."""
    rows, view, why = connectors(s), guest_view(s), []
    has = {i for i, r in rows.items() if r["state"] == "configured"}
    for i, r in rows.items():
        if (r["state"] == "configured") != (r["owner"] == "guest") or r["wanted-back"] or \
                r["enabled"] and not r["attached"]:
            why.append(f"{r}")
    memory = {i for i in has if i >> 28 == 8}
    for name, hypar, guest in (
            ("tree", has - memory, view["tree"]), ("memory blocks", memory, view["memory"]),
            ("assigned memory", memory, view["assigned"]),
            ("PCI functions", sum(i >> 28 == 4 for i in has), view["functions"]),
            ("processors", sum(i >> 28 == 1 for i in has), view["online"])):
        if hypar != guest:
            if isinstance(hypar, set):
                hypar, guest = ([hex(i) for i in sorted(v)] for v in (hypar - guest, guest - hypar))
            why.append(f"{name}: hypar {hypar}, guest {guest}")
    for r in s.ok("events"):
        if r["state"] not in ("done", "refused", "cancelled"):
            why.append(f"request {r['request']} is {r['state']}")
    if why:
        raise Trouble("inconsistent: " + "; ".join(why))
    return rows, view


def configured(rows, kind):
    return {i: r for i, r in rows.items() if i >> 28 == kind and r["state"] == "configured"}


def where(s, device):
    """The connector of a device."""
    for r in connectors(s).values():
        if r["resource"] == device and r["attached"]:
            return r
    raise Trouble(f"no connector has {device}")


def resident(s):
    """(MiB of all, MiB without the guest's memory, threads, descriptors) of hypar."""
    everything = own = size = 0
    with open(f"/proc/{s.proc.pid}/smaps", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("Size:"):
                size = int(line.split()[1])
            elif line.startswith("Rss:"):
                rss = int(line.split()[1])
                everything += rss
                own += rss if size < 128 << 10 else 0
    return (everything >> 10, own >> 10, len(os.listdir(f"/proc/{s.proc.pid}/task")),
            len(os.listdir(f"/proc/{s.proc.pid}/fd")))


def begin(s):
    s.fetch("dr")
    s.sh("dd if=/dev/urandom of=/root/random bs=64k count=16 status=none")
    s.sh(LEAVE_ALONE)
    s.sh("until systemctl is-active -q rtas_errd; do sleep 1; done")


def tool(s, line, limit=300):
    """A tool of powerpc-ibm-utils. A drmgr that rtas_errd started may still hold their lock
    when what it was asked for is done."""
    end = time.monotonic() + limit
    while True:
        out = s.sh(f"{line} 2>&1; echo status $?", limit)
        out, _, status = out.rpartition("status ")
        if "dr_config_lock" not in out or time.monotonic() > end:
            break
        time.sleep(1)
    if status != "0":
        raise Trouble(f"{line}: status {status} {out[-300:]}")
    return out.strip()


# ---- each tool once ----------------------------------------------------------

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
        """Virtual adapters: drmgr -c slot."""

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


# ---- many, with the guest busy -----------------------------------------------

@dataclass
class StressBoot(SessionBoot):
    """@rounds random additions and removals while the guest is busy. HYPAR_DR_ROUNDS
    and HYPAR_DR_SEED change them."""

    rounds: int = 200
    seed: int = 1

    def play(self, s):
        self.rounds = int(os.environ.get("HYPAR_DR_ROUNDS", self.rounds))
        self.seed = int(os.environ.get("HYPAR_DR_SEED", self.seed))
        self.random = random.Random(self.seed)
        self.s = s
        self.sum = {}
        self.tally = {}
        begin(s)
        for n in range(6):
            self.sum[f"d{n}"] = image(f"{self.peer.folder.name}/d{n}", n)
        self.first = {k: len(configured(connectors(s), k)) for k in (1, 2, 4, 8)}
        for kind in self.KINDS:  # what is made once is made now
            self.act(kind)
        self.restore()
        before = self.measure("before")
        s.sh(f"busy {self.peer.port} {self.peer.sum}")
        s.sh("busy_goes_on")
        for n in range(self.rounds):
            self.round(n)
        s.sh("busy_goes_on")
        s.note("did " + s.sh("quiet").splitlines()[-1])
        self.restore()
        s.note(", ".join(f"{n} {k}" for k, n in sorted(self.tally.items())))
        self.compare(before, self.measure("afterwards"))
        bad = s.sh("trouble", status=None)
        if bad:
            raise Trouble(bad)

    def measure(self, when):
        self.s.sh("fill", limit=600)
        m = resident(self.s)
        self.s.note(f"{when}: {m[0]} MiB resident, {m[1]} of them not the guest's, "
                    f"{m[2]} threads, {m[3]} descriptors")
        return m

    def compare(self, before, after):
        for name, a, b, room in zip(("MiB resident", "MiB not the guest's", "threads",
                                     "descriptors"), before, after, (32, 8, 0, 0)):
            if b > a + room:
                raise Trouble(f"{a} {name} before, {b} afterwards")

    # One line of the log each; kinds of what is done, by the host and by the guest.
    KINDS = ("add-memory", "remove-memory", "drmgr-r-mem", "drmgr-a-mem", "add-cpu", "remove-cpu",
             "drmgr-r-cpu", "drmgr-a-cpu", "add-disk", "add-card", "remove-pci", "drmgr-r-pci",
             "drmgr-a-pci", "add-phb", "remove-phb", "drmgr-r-phb", "drmgr-a-phb")

    def round(self, n):
        begin_s = time.monotonic()
        what = None
        while what is None:
            kind = self.random.choice(self.KINDS)
            what = self.act(kind)
        if n % 5 == 4 or n > self.rounds - 10:
            consistent(self.s)
        self.s.note(f"round {n}: {kind} {what} ({time.monotonic() - begin_s:.1f} s)")

    def act(self, kind):
        """What was done; None: there is nothing of it to be done now."""
        rows = connectors(self.s)
        what = getattr(self, kind.replace("-", "_"))(rows)
        if what is not None:
            self.tally[kind] = self.tally.get(kind, 0) + 1
        return what

    def pick(self, things):
        return self.random.choice(sorted(things))

    def may_fail(self, *words):
        """A removal of memory: the guest may keep it, and then says so or nothing."""
        status, _, err = self.s.ctl("--timeout", "40", *words)
        if status == 124:
            self.s.ok("events", "cancel", re.search(r"request (\d+) goes on", err)[1])
        if status not in (0, 1, 124):
            raise Trouble(err)
        return "" if status == 0 else f"({err})"

    # ---- memory

    def add_memory(self, rows):
        room = sum(not r["attached"] for i, r in rows.items() if i >> 28 == 8)
        if not room:
            return None
        n = self.random.randint(1, min(room, 3))
        self.s.ok("add-memory", f"{n * 256}M")
        return n

    def remove_memory(self, rows):
        here = len(configured(rows, 8))
        if here <= self.first[8]:
            return None
        n = self.random.randint(1, min(here - self.first[8], 3))
        return f"{n}" + self.may_fail("remove-memory", f"{n * 256}M")

    def drmgr_r_mem(self, rows):
        if len(configured(rows, 8)) < self.first[8]:
            return None
        return tool(self.s, "drmgr -c mem -r -q 1 || echo refused", 600).splitlines()[-1]

    def drmgr_a_mem(self, rows):
        if not any(r["attached"] and r["state"] != "configured" for i, r in rows.items()
                   if i >> 28 == 8):
            return None
        tool(self.s, "drmgr -c mem -a -q 1")
        return 1

    # ---- processors

    def add_cpu(self, rows):
        room = sum(not r["attached"] for i, r in rows.items() if i >> 28 == 1)
        if not room:
            return None
        n = self.random.randint(1, room)
        self.s.ok("add-cpu", str(n))
        return n

    def remove_cpu(self, rows):
        here = configured(rows, 1)
        attached = [i for i, r in rows.items() if i >> 28 == 1 and r["attached"]]
        n = self.random.randint(1, 2)
        # the host takes the highest ones; one that the guest has has to stay
        if not set(sorted(attached)[:-n]) & set(here):
            return None
        self.s.ok("remove-cpu", str(n))
        return n

    def drmgr_r_cpu(self, rows):
        if len(configured(rows, 1)) < 2:
            return None
        index = self.pick(configured(rows, 1))
        tool(self.s, f"drmgr -c cpu -r -s 0x{index:x}")
        return hex(index)

    def drmgr_a_cpu(self, rows):
        free = [i for i, r in rows.items()
                if i >> 28 == 1 and r["attached"] and r["state"] != "configured"]
        if not free:
            return None
        index = self.pick(free)
        tool(self.s, f"drmgr -c cpu -a -s 0x{index:x}")
        return hex(index)

    # ---- PCI

    def hot(self, rows, state=None):
        """Devices that were added, by name: the connectors of those in @state."""
        return {r["resource"]: r for i, r in rows.items()
                if i >> 28 == 4 and r["attached"] and re.fullmatch(r"[dn]\d", r["resource"]) and
                (state is None or (r["state"] == "configured") == state)}

    def bridges(self, rows):
        """Those that the guest has, but for the first, with their numbers."""
        return [i & 0xff for i in configured(rows, 2) if i & 0xff]

    def free_name(self, rows, letter):
        taken = {r["resource"] for r in rows.values() if r["attached"]}
        free = [f"{letter}{n}" for n in range(6) if f"{letter}{n}" not in taken]
        return self.pick(free) if free else None

    def check(self, name):
        if name[0] == "d":
            self.s.sh(f"disk_works {name} {self.sum[name]}")
        else:
            self.s.sh(f"card_works {self.mac(name)} {self.peer.port}")

    def mac(self, name):
        return f"52:54:00:d0:00:0{name[1:]}"

    def add(self, rows, letter, spec):
        name = self.free_name(rows, letter)
        if not name or len(self.hot(rows)) > 7:
            return None
        # one behind each of the others: docs/howto/pci.md
        phb = self.pick([0] + [n for n in self.bridges(rows) if not self.behind(rows, n)])
        self.s.ok("add-pci", spec(name) + f",id={name},phb={phb}")
        self.check(name)
        return f"{name} behind {phb}"

    def add_disk(self, rows):
        return self.add(rows, "d", lambda n: f"disk,file={self.peer.folder.name}/{n}")

    def add_card(self, rows):
        return self.add(rows, "n", lambda n: f"net,user,mac={self.mac(n)}")

    def gone(self, name):
        if name[0] == "d":
            self.s.sh(f"disk_is {name} gone")
        else:
            self.s.sh(f"! grep -q {self.mac(name)} /sys/class/net/*/address")

    def remove_pci(self, rows):
        names = self.hot(rows)
        if not names:
            return None
        name = self.pick(names)
        self.s.ok("remove-pci", name)
        self.gone(name)
        return name

    def drmgr_r_pci(self, rows):
        names = self.hot(rows, True)
        if not names:
            return None
        name = self.pick(names)
        tool(self.s, f"drmgr -V -c pci -r -s {names[name]['name']} -n")
        self.gone(name)
        return name

    def drmgr_a_pci(self, rows):
        bridges = [0] + self.bridges(rows)
        names = {n: r for n, r in self.hot(rows, False).items()
                 if int(r["name"][1:]) >> 16 in bridges}
        if not names:
            return None
        name = self.pick(names)
        tool(self.s, f"drmgr -V -c pci -a -s {names[name]['name']} -n")
        self.check(name)
        return name

    # ---- bridges

    def add_phb(self, rows):
        free = [n for n in (1, 2) if not rows[0x20000000 + n]["attached"]]
        if not free:
            return None
        n = self.pick(free)
        self.s.ok("add-phb", str(n))
        name = self.free_name(rows, "d")
        if name:
            self.s.ok("add-pci", f"disk,file={self.peer.folder.name}/{name},id={name},phb={n}")
            self.check(name)
        return f"{n} with {name}"

    def behind(self, rows, n):
        return [d for d, r in self.hot(rows).items() if int(r["name"][1:]) >> 16 == n]

    def remove_phb(self, rows):
        here = [n for n in (1, 2) if rows[0x20000000 + n]["attached"]]
        if not here:
            return None
        n = self.pick(here)
        self.s.ok("remove-phb", str(n))
        for d in self.behind(rows, n):
            self.gone(d)
        return n

    def drmgr_r_phb(self, rows):
        here = self.bridges(rows)
        if not here:
            return None
        n = self.pick(here)
        tool(self.s, f"drmgr -c phb -r -s 'PHB {n}'")
        for d in self.behind(rows, n):
            self.gone(d)
        return n

    def drmgr_a_phb(self, rows):
        free = [n for n in (1, 2) if rows[0x20000000 + n]["attached"] and
                rows[0x20000000 + n]["state"] != "configured"]
        if not free:
            return None
        n = self.pick(free)
        tool(self.s, f"drmgr -c phb -a -s 'PHB {n}'")
        return n

    # ---- as it was

    def restore(self):
        s = self.s
        s.note("as it was")
        rows = connectors(s)
        for name in self.hot(rows):
            s.ok("remove-pci", name)
        while self.remove_phb(connectors(s)) is not None:
            pass
        for act in (self.drmgr_a_mem, self.drmgr_a_cpu):
            while act(connectors(s)) is not None:
                pass
        n = len(configured(connectors(s), 1)) - self.first[1]
        if n:
            s.ok("remove-cpu" if n > 0 else "add-cpu", str(abs(n)))
        n = len(configured(connectors(s), 8)) - self.first[8]
        while n:
            status, _, err = s.ctl("--timeout", "60", "remove-memory" if n > 0 else "add-memory",
                                   f"{abs(n) * 256}M")
            if status == 124:
                s.ok("events", "cancel", re.search(r"request (\d+) goes on", err)[1])
            left = len(configured(connectors(s), 8)) - self.first[8]
            if left == n:
                raise Trouble(f"{n} blocks too many: {err}")
            n = left
        consistent(s)


def stress(kernel, cpu, irq, rounds, seed=1):
    return StressBoot(f"drstress-{kernel}-{cpu}-{irq}-{rounds}", kernel, cpu, irq, "2,max=5",
                      "1G,max=3G", limit=1 + rounds / 5, rounds=rounds, seed=seed,
                      more_append="memhp_default_state=online_movable")
