# SPDX-License-Identifier: Apache-2.0
"""Many additions and removals of all kinds while the guest is busy."""
import os
import random
import re
import time
from dataclasses import dataclass

from dr import begin, configured, connectors, consistent, image, resident, tool, unit_of, where
from session import SessionBoot, Trouble


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
        for n in range(12):
            name = "dv"[n // 6] + str(n % 6)
            self.sum[name] = image(f"{self.peer.folder.name}/{name}", n)
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
        self.s.note(f"{when}: {m[0]} MiB of the guest's memory resident, {m[1]} MiB of hypar's, "
                    f"{m[2]} threads, {m[3]} descriptors")
        return m

    def compare(self, before, after):
        has = 256 * len(configured(connectors(self.s), 8))
        if after[0] > has:
            raise Trouble(f"{after[0]} MiB of the guest's memory resident, it has {has}")
        for name, a, b, room in zip(("MiB of its own", "threads", "descriptors"), before[1:],
                                    after[1:], (8, 0, 0)):
            if b > a + room:
                raise Trouble(f"{a} {name} before, {b} afterwards")

    # One line of the log each; kinds of what is done, by the host and by the guest.
    KINDS = ("add-memory", "remove-memory", "drmgr-r-mem", "drmgr-a-mem", "add-cpu", "remove-cpu",
             "drmgr-r-cpu", "drmgr-a-cpu", "add-disk", "add-card", "remove-pci", "drmgr-r-pci",
             "drmgr-a-pci", "add-phb", "remove-phb", "drmgr-r-phb", "drmgr-a-phb",
             "add-vscsi", "add-veth", "remove-slot", "drmgr-r-slot", "drmgr-a-slot")

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
        return f"52:54:00:d0:0{'nw'.index(name[0])}:0{name[1:]}"

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

    # ---- virtual slots: drmgr takes and gives what the host puts in and wants back

    def virtual(self, rows, state=None):
        """Adapters that were added, by name, as hot() has cards."""
        return {r["resource"]: r for i, r in rows.items()
                if i >> 28 == 3 and r["attached"] and re.fullmatch(r"[vw]\d", r["resource"]) and
                (state is None or (r["state"] == "configured") == state)}

    def check_slot(self, name, row):
        if name[0] == "v":
            self.s.sh(f"slot_disk_works {unit_of(row)} {self.sum[name]}")
        else:
            self.s.sh(f"card_works {self.mac(name)} {self.peer.port}")

    def take(self, name):
        row = where(self.s, name)
        tool(self.s, f"drmgr -c slot -a -s {row['name']}")
        self.check_slot(name, row)

    def give(self, name, row):
        tool(self.s, f"slot_idle {unit_of(row)}; drmgr -c slot -r -s {row['name']}")
        if name[0] == "v":
            self.s.sh(f"slot_disk_is {unit_of(row)} gone")
        else:
            self.gone(name)

    def add_slot(self, rows, letter, spec):
        name = self.free_name(rows, letter)
        if not name or len(self.virtual(rows)) > 3:
            return None
        self.s.ok("--no-wait", "add-slot", spec(name) + f",id={name}")
        self.take(name)
        return name

    def add_vscsi(self, rows):
        return self.add_slot(rows, "v",
                             lambda n: f"disk,file={self.peer.folder.name}/{n},if=vscsi")

    def add_veth(self, rows):
        return self.add_slot(rows, "w", lambda n: f"net,user,if=veth,mac={self.mac(n)}")

    def remove_slot(self, rows):
        slots = self.virtual(rows)
        if not slots:
            return None
        name = self.pick(slots)
        self.s.ok("--no-wait", "remove-slot", name)
        if slots[name]["state"] == "configured":
            self.give(name, slots[name])
        return name

    def drmgr_r_slot(self, rows):
        slots = self.virtual(rows, True)
        if not slots:
            return None
        name = self.pick(slots)
        self.give(name, slots[name])
        return name

    def drmgr_a_slot(self, rows):
        slots = self.virtual(rows, False)
        if not slots:
            return None
        name = self.pick(slots)
        self.take(name)
        return name

    # ---- as it was

    def restore(self):
        s = self.s
        s.note("as it was")
        rows = connectors(s)
        for name in self.hot(rows):
            s.ok("remove-pci", name)
        for act in (self.remove_phb, self.remove_slot):
            while act(connectors(s)) is not None:
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
