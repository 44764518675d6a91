# SPDX-License-Identifier: Apache-2.0
"""Dynamic reconfiguration as people and programs ask for it: requests, events,
refusals, injected failures at each step, and what is consistent afterwards."""
import json
import os
import time

import guest
import linux
from client import Machine
from linux import Linux

MIB = 1 << 20
LMB = 256 * MIB
MEMORY = "2G,max=8G"
MAX = 8 << 30


class Ctl:
    """What hypar ctl said."""

    def __init__(self, returncode, stdout, stderr):
        self.returncode = returncode
        self.stdout = stdout.decode()
        self.stderr = stderr

    def __repr__(self):
        return f"{self.returncode} {self.stdout!r} {self.stderr!r}"


def ctl(m, *words):
    return Ctl(*m.ctl(*words))


class Guest(Linux):
    def __init__(self, folder, *options, **kw):
        super().__init__(folder, *options, memory=MEMORY, **kw)
        # what is added can be taken back: the kernel keeps nothing of its own there
        self.shell("echo online_movable > /sys/devices/system/memory/auto_online_blocks")
        self.shell("echo 1 > /proc/sys/kernel/printk")

    def shell(self, line):
        self.type(b"echo s$((1))s; " + line.encode() + b"; echo e$((2))e\n")
        text = self.until(b"e2e").decode(errors="replace")
        return text.split("s1s", 1)[1].split("e2e")[0].strip()

    def lmbs(self):
        """Memory that Linux has online, in blocks."""
        return int(self.shell("cat /sys/devices/system/memory/memory*/state | grep -c online"))

    def ok(self, *words):
        r = ctl(self, *words, "--json")
        assert r.returncode == 0, (words, r.stdout, r.stderr)
        return json.loads(r.stdout)

    def bad(self, status, *words):
        r = ctl(self, *words)
        assert r.returncode == status, (words, r.stdout, r.stderr)
        assert r.stderr.startswith("hypar: "), r.stderr
        return r.stderr


def connectors(c, kind):
    return {o["index"]: o for o in c.execute("x-hypar-query-connectors", type=kind)}


def consistent(c):
    """Whoever has it says the same, and nobody waits for anything."""
    for o in c.execute("x-hypar-query-connectors"):
        configured = o["state"] == "configured"
        assert configured == (o["owner"] == "guest"), o
        assert not o["enabled"] or o["attached"], o
        assert not o["wanted-back"], o
    for r in c.execute("x-hypar-query-requests"):
        assert r["state"] in ("done", "refused", "cancelled"), r


def memory(folder):
    """Added and removed in all ways, by ctl; bad input."""
    with Guest(folder) as m, m.client() as c:
        before = m.lmbs()
        r = m.ok("add-memory", "1G")
        assert (r["state"], r["done"], r["wanted"], r["action"]) == ("done", 4, 4, "add"), r
        assert c.wait_event("MEMORY_DEVICE_SIZE_CHANGE")["data"]["size"] == 1 << 30
        assert m.lmbs() == before + (4 << 28) // linux_block(m)
        m.ok("add-memory", "256M", "--id", "little", "--node", "0")
        assert {d["data"]["id"]: d["data"]["size"] for d in
                c.execute("query-memory-devices")} == {"mem0": 1 << 30, "little": LMB}
        size = c.execute("query-memory-size-summary")
        assert size == {"base-memory": 2 << 30, "plugged-memory": 5 * LMB}, size
        m.bad(1, "add-memory", "256M", "--id", "little")
        assert "max" in m.bad(1, "add-memory", "16G")
        m.bad(2, "add-memory", "100M")
        m.bad(2, "add-memory", "much")
        m.bad(1, "remove-memory", "nobody")
        m.bad(1, "remove-memory", "256M", "--at", "0")
        m.bad(1, "remove-memory", "256M", "--at", "0x100000001")
        assert m.ok("remove-memory", "little")["done"] == 1
        gone = c.wait_event("DEVICE_DELETED")["data"]
        assert gone["device"] == "little", gone
        assert m.ok("remove-memory", "512M", "--at", "0x80000000")["done"] == 2
        assert m.ok("remove-memory", "512M")["done"] == 2
        assert c.execute("query-memory-size-summary")["base-memory"] + c.execute(
            "query-memory-size-summary")["plugged-memory"] == 2 << 30
        pieces(m, c)
        consistent(c)


def pieces(m, c):
    """What does not fit in one piece comes and goes in several."""
    most = c.execute("query-memory-size-summary")
    free = MAX // LMB - sum(most.values()) // LMB
    for n in range(free):
        m.ok("add-memory", "256M", "--id", f"piece{n}")
    for n in (1, 3):
        m.ok("remove-memory", f"piece{n}")
    assert "512 MiB are free" in m.bad(1, "add-memory", "768M")
    r = m.ok("add-memory", "512M", "--id", "both")
    assert (r["state"], r["done"]) == ("done", 2), r
    at = {d["data"]["addr"]: d["data"]["size"] for d in c.execute("query-memory-devices")
          if d["data"]["id"] == "both"}
    assert list(at.values()) == [LMB, LMB] and max(at) - min(at) > LMB, at
    assert m.ok("remove-memory", "both")["done"] == 2
    for n in set(range(free)) - {1, 3}:
        m.ok("remove-memory", f"piece{n}")


def linux_block(m):
    return int(m.shell("cat /sys/devices/system/memory/block_size_bytes"), 16)


def online(m):
    return int(m.shell("grep -c ^processor /proc/cpuinfo"))


def cpus(folder):
    """Cores, the last one, more than there can be; and as other monitors ask for them."""
    with Guest(folder, smp="2,max=6") as m, m.client() as c:
        assert m.ok("add-cpu", "3")["done"] == 3
        m.shell("for i in /sys/devices/system/cpu/cpu*/online; do echo 1 > $i; done 2>/dev/null")
        assert online(m) == 5
        m.bad(1, "add-cpu", "2")
        m.bad(1, "remove-cpu", "6")
        m.bad(1, "remove-cpu", "0")
        assert m.ok("remove-cpu", "3")["done"] == 3
        assert online(m) == 2
        every = c.execute("query-hotpluggable-cpus")
        assert len(every) == 6 and sum("qom-path" in o for o in every) == 2, every
        c.events.clear()
        c.execute("device_add", driver="power10_v2.0-spapr-cpu-core", id="extra", core_id=4)
        wait_done(c)
        c.execute("device_del", id="extra")
        c.wait_event("DEVICE_DELETED")
        c.refused("device_del", error_class="DeviceNotFound", id="extra")
        consistent(c)


def wait_done(c, limit=60):
    """The last request, when it is over."""
    end = time.monotonic() + limit * guest.SLOW
    while time.monotonic() < end:
        r = c.execute("x-hypar-query-requests")[-1]
        if r["state"] in ("done", "refused", "cancelled"):
            return r
        time.sleep(0.05)
    raise AssertionError(f"not over: {r}")


def dimm(folder):
    """Memory as other monitors add it."""
    with Guest(folder) as m, m.client() as c:
        c.refused("device_add", "DeviceNotFound", driver="pc-dimm", id="d0", memdev="m0")
        c.refused("object-add", qom_type="rng-random", id="m0", size=LMB)
        c.refused("object-add", qom_type="memory-backend-ram", id="m0", size=LMB + 1)
        assert c.execute("object-add", **{"qom-type": "memory-backend-ram"}, id="m0",
                         size=2 * LMB) == {}
        c.refused("object-add", qom_type="memory-backend-ram", id="m0", size=LMB)
        assert c.execute("device_add", driver="pc-dimm", id="d0", memdev="m0") == {}
        assert wait_done(c)["state"] == "done"
        (d,) = c.execute("query-memory-devices")
        assert d["type"] == "dimm" and d["data"]["id"] == "d0", d
        assert (d["data"]["addr"], d["data"]["size"]) == (2 << 30, 2 * LMB), d
        assert d["data"]["memdev"] == "/objects/m0", d
        assert "in use" in c.refused("object-del", id="m0")
        c.refused("device_add", driver="pc-dimm", id="d0", memdev="m0")
        c.execute("device_del", id="d0")
        assert c.wait_event("DEVICE_DELETED")["data"]["device"] == "d0"
        assert c.execute("query-memory-devices") == []
        c.execute("object-del", id="m0")
        c.refused("object-del", id="m0")
        c.refused("device_add", driver="e1000")
        consistent(c)


# The calls of an addition in their order, each with what it is told: 9003 is asked,
# set-indicator for 9003 and for 9001, the walk from its beginning and in its middle.
STEPS = (("get-sensor-state", "-1", 0), ("get-sensor-state", "-3", 0),
         ("get-sensor-state", "-9002", 0),
         ("set-indicator", "-1", 0), ("set-indicator", "-3", 0), ("set-indicator", "-9001", 0),
         ("set-indicator", "-1", 1), ("set-indicator", "-3", 1), ("set-indicator", "-9000", 1),
         ("ibm,configure-connector", "-1", 0), ("ibm,configure-connector", "-9003", 0),
         ("ibm,configure-connector", "-9001", 0), ("ibm,configure-connector", "-9002", 0),
         ("ibm,configure-connector", "5", 0),
         ("ibm,configure-connector", "-1", 1), ("ibm,configure-connector", "-9003", 3))
LATER = (("set-indicator", "9900", 0), ("set-indicator", "BUSY", 0), ("set-indicator", "9900", 1),
         ("set-indicator", "BUSY", 1), ("ibm,configure-connector", "BUSY", 0),
         ("ibm,configure-connector", "9900", 0), ("ibm,configure-connector", "BUSY", 2))


def fail_at(m, c, words, undo, index):
    """A failure at each call of each step, for connector @index: the request fails or
    the guest says nothing; afterwards all is consistent and the same works."""
    for call, status, skip in STEPS:
        print(f"     {words[0]}: {call} {status} after {skip}", flush=True)
        m.ok("inject", call, status, "--drc", index, "--skip", str(skip))
        number = m.ok(*words, "--no-wait")["request"]
        state = struck(c, number)
        (hit,) = c.execute("x-hypar-query-injections")
        assert hit["hits"] == 1 and hit["over"], (call, hit)
        if state["state"] != "refused":  # the guest did not come as far as giving anything back
            assert state["state"] in ("seen", "progress"), (call, status, state)
            m.ok("events", "cancel", str(number))
        else:
            assert state["why"], state
        m.ok("inject", "clear")
        same_view(m, c)
        assert m.ok(*words)["state"] == "done"
        same_view(m, c)
        assert m.ok(*undo)["state"] == "done"
        same_view(m, c)
    for call, status, skip in LATER:
        m.ok("inject", call, status, "--count", "2", "--drc", index, "--skip", str(skip))
        assert m.ok(*words)["state"] == "done", (call, status)
        assert c.execute("x-hypar-query-injections")[0]["hits"] == 2
        m.ok("inject", "clear")
        assert m.ok(*undo)["state"] == "done"


def wait_hit(c, limit=60):
    """The injection strikes, sooner or later."""
    end = time.monotonic() + limit * guest.SLOW
    while not c.execute("x-hypar-query-injections")[0]["hits"]:
        assert time.monotonic() < end, "the injection did not strike"
        time.sleep(0.05)


def struck(c, number, still=3):
    """The request, when the injection struck and the guest does nothing more."""
    wait_hit(c)
    last, since = None, 0
    while True:
        r = c.execute("x-hypar-query-requests", request=number)
        calls = [o["calls"] for o in c.execute("x-hypar-query-connectors")]
        if calls != last:
            last, since = calls, time.monotonic()
        if r["state"] in ("done", "refused") or time.monotonic() - since > still * guest.SLOW:
            return r
        time.sleep(0.05)


def same_view(m, c):
    """Consistent, and what is configured is what Linux has: blocks and cores."""
    consistent(c)
    rows = connectors(c, "memory").values()
    lmbs = sum(o["state"] == "configured" for o in rows)
    has = int(m.shell("ls -d /sys/devices/system/memory/memory[0-9]* | wc -l"))
    assert has == lmbs * LMB // linux_block(m), (has, lmbs)
    cores = sum(o["state"] == "configured" for o in connectors(c, "cpu").values())
    end = time.monotonic() + 10 * guest.SLOW  # they are online a little later
    while online(m) != cores and time.monotonic() < end:
        time.sleep(0.2)
    nodes = int(m.shell("ls -d /proc/device-tree/cpus/PowerPC* | wc -l"))
    assert nodes == cores == online(m), (nodes, cores, online(m))


def inject_memory(folder):
    with Guest(folder) as m, m.client() as c:
        fail_at(m, c, ("add-memory", "512M", "--id", "x"), ("remove-memory", "x"), "0x80000009")


def inject_cpu(folder):
    with Guest(folder, smp="1,max=3") as m, m.client() as c:
        fail_at(m, c, ("add-cpu", "1"), ("remove-cpu", "1"), "0x10000001")


def settled(c, kind, index, state, limit=60):
    """The connector is in @state, sooner or later."""
    end = time.monotonic() + limit * guest.SLOW
    while connectors(c, kind)[index]["state"] != state:
        assert time.monotonic() < end, connectors(c, kind)[index]
        time.sleep(0.2)


def inject_start(folder):
    """A processor that Linux has configured and that does not start: it gives it back."""
    with Guest(folder, smp="1,max=3") as m, m.client() as c:
        for status in ("-1", "-9001", "-2"):
            m.ok("inject", "start-cpu", status, "--drc", "0x10000001")
            ctl(m, "add-cpu", "1", "--timeout", str(20 * guest.SLOW))
            wait_hit(c)  # done means configured
            settled(c, "cpu", "0x10000001", "unusable")
            m.ok("inject", "clear")
            same_view(m, c)
            assert m.ok("add-cpu", "1")["state"] == "done"
            same_view(m, c)
            assert m.ok("remove-cpu", "1")["state"] == "done"
            same_view(m, c)
        # and one whose threads are said to run when Linux takes it offline
        m.ok("add-cpu", "1")
        same_view(m, c)
        m.ok("inject", "query-cpu-stopped-state", "-1", "--drc", "0x10000001", "--count", "3")
        ctl(m, "remove-cpu", "1", "--timeout", str(20 * guest.SLOW))
        m.ok("inject", "clear")
        for o in c.execute("x-hypar-query-requests"):
            if o["state"] in ("seen", "progress"):
                m.ok("events", "cancel", str(o["request"]))
        same_view(m, c)
        if len([o for o in connectors(c, "cpu").values() if o["state"] == "configured"]) > 1:
            m.ok("remove-cpu", "1")
        m.ok("add-cpu", "2")
        same_view(m, c)


def inject_event(folder):
    """The event is late, or its call fails: Linux then acts on what it has in its buffer,
    the addition before, which it refuses; the interrupt comes again, for the event is still there."""
    with Guest(folder) as m, m.client() as c:
        m.ok("inject", "check-exception", "--delay", "1000000")
        begin = time.monotonic()
        assert m.ok("add-memory", "256M", "--id", "a")["state"] == "done"
        assert time.monotonic() - begin > 1
        m.ok("inject", "clear")
        for status in ("1", "-1"):
            m.ok("inject", "check-exception", status)
            assert m.ok("add-memory", "256M", "--id", "b")["state"] == "done"
            assert c.execute("x-hypar-query-injections")[0]["hits"] == 1
            m.ok("inject", "clear")
            assert m.ok("add-memory", "256M", "--id", "c")["state"] == "done"
            settled(c, "memory", "0x80000009", "configured")
            assert wait_done(c)["state"] == "done"
            same_view(m, c)
            for name in ("c", "b"):
                assert m.ok("remove-memory", name)["state"] == "done"
            assert m.ok("add-memory", "256M", "--id", "d")["state"] == "done"
            assert m.ok("remove-memory", "d")["state"] == "done"
            same_view(m, c)
            m.ok("remove-memory", "a")
            m.ok("add-memory", "256M", "--id", "a")  # what the buffer holds now


def inject_other(folder):
    """Delays, hypercalls, bad input; a delay does not keep the machine from being paused."""
    with Guest(folder) as m, m.client() as c:
        for words in (("H_NOTHING", "0"), ("set-indicator", "4711"), ("H_CEDE", "-9001"),
                      ("set-indicator", "H_BUSY"), ("H_CEDE", "-1", "--drc", "0x10000000"),
                      ("set-indicator", "-1", "--drc", "0x7"), ("set-indicator", "0x1")):
            m.bad(1, "inject", *words)
        m.bad(2, "inject", "H_CEDE")
        m.bad(1, "inject", "clear", "99")
        m.ok("inject", "get-time-of-day", "--delay", "1500000", "--count", "1")
        m.type(b"hwclock -r; echo q$((1))q\n")
        time.sleep(0.5)
        begin = time.monotonic()
        c.execute("stop")
        c.execute("cont")
        assert time.monotonic() - begin < 1 * guest.SLOW
        m.until(b"q1q")
        m.ok("inject", "H_RANDOM", "H_HARDWARE", "--count", "0")
        m.ok("inject", "H_PUT_TERM_CHAR", "H_BUSY", "--count", "5")
        assert m.shell("echo still here") == "still here"
        hits = {o["call"]: o for o in c.execute("x-hypar-query-injections")}
        assert hits["H_PUT_TERM_CHAR"]["hits"] == 5, hits
        assert hits["get-time-of-day"]["hits"] <= 1, hits
        r = ctl(m, "inject", "list")
        assert r.returncode == 0 and "H_RANDOM" in r.stdout and "all" in r.stdout, r.stdout
        m.ok("inject", "clear")
        assert c.execute("x-hypar-query-injections") == []


def in_the_middle(folder):
    """Requests around a reset, and none that the guest does not answer."""
    with Linux(folder, memory=MEMORY, ready=b"Booting Linux") as m, m.client() as c:
        c.execute("stop")
        number = c.execute("x-hypar-add-memory", size=LMB)["request"]
        assert c.execute("x-hypar-query-requests", request=number)["state"] == "waiting"
        c.execute("system_reset")
        c.execute("cont")
        c.wait_event("RESET")  # it begins
        assert wait_done(c)["state"] == "done"
        # Open Firmware runs, or Linux that has not come far: it takes it when it has
        second = c.execute("x-hypar-add-memory", size=LMB)["request"]
        m.until(b"BusyBox", 120 * guest.SLOW)
        assert wait_done(c)["request"] == second
        assert wait_done(c)["state"] == "done"
        text = ctl(m, "drc", "memory").stdout
        assert "mem1" in text and "LMB 9" in text, text
        r = ctl(m, "events")
        assert r.returncode == 0 and "done" in r.stdout, r.stdout
        consistent(c)
        for n in range(70):  # more than are kept
            c.execute("x-hypar-add-memory", size=LMB)
            wait_done(c)
            c.execute("x-hypar-remove-memory", id="mem2")
            assert wait_done(c)["state"] == "done", n
        assert len(c.execute("x-hypar-query-requests")) == 64
        c.refused("x-hypar-query-requests", request=number)


def back_ends(folder):
    """Disks and networks as other monitors add them: back end first."""
    image = os.path.join(folder, "image")
    with open(image, "wb") as f:
        f.truncate(MIB)
    with Machine(folder) as m, m.client() as c:
        c.refused("device_add", driver="virtio-blk-pci")
        c.refused("device_add", "DeviceNotFound", driver="virtio-blk-pci", drive="n0")
        c.refused("blockdev-add", driver="qcow2", node_name="n0", filename=image)
        c.refused("blockdev-add", driver="raw", node_name="n0")
        c.execute("blockdev-add", driver="raw", node_name="n0", read_only=True,
                  file={"driver": "file", "filename": image})
        c.refused("blockdev-add", driver="file", node_name="n0", filename=image)
        c.execute("device_add", driver="virtio-blk-pci", drive="n0", id="d0")
        c.refused("device_add", driver="virtio-blk-pci", drive="n0", id="d1")
        c.refused("blockdev-del", node_name="n0")
        c.refused("netdev_add", type="user", id="u0", ifname="tap0")
        c.refused("netdev_add", type="bridge", id="u0")
        c.execute("netdev_add", type="user", id="u0")
        c.execute("device_add", driver="virtio-net-pci", netdev="u0", id="e0", bus="pci.0")
        c.refused("device_add", driver="virtio-net-pci", netdev="u0", id="e1")
        c.refused("device_add", driver="virtio-rng-pci", id="e0")
        c.refused("device_add", driver="virtio-rng-pci", id="r0", bus="pci.9")
        held = {o["resource"] for o in connectors(c, "pci").values()}
        assert {"d0", "e0"} <= held, held
        for name in ("d0", "e0"):  # this guest never took them
            c.execute("device_del", id=name)
            assert c.wait_event("DEVICE_DELETED")["data"]["device"] == name
        c.execute("blockdev-del", node_name="n0")
        c.execute("netdev_del", id="u0")


def slots(folder):
    """Virtual adapters and terminals, by both names; the guest never takes them."""
    image = [os.path.join(folder, name) for name in ("a", "b", "c")]
    for path in image:
        with open(path, "wb") as f:
            f.truncate(MIB)
    cold = [word for path, name in zip(image[:2], ("one", "two"))
            for word in ("--disk", f"file={path},if=vscsi,id={name}")]
    with Machine(folder, *cold) as m, m.client() as c:
        c.refused("device_add", driver="spapr-vscsi", id="d0")
        c.refused("device_add", driver="spapr-vscsi", file=image[2], id="d0", bus="pci.0")
        c.refused("device_add", driver="spapr-vscsi", file=image[2], id="one")
        c.refused("device_add", driver="spapr-vscsi", file=image[2], id="vscsi0")
        c.execute("device_add", driver="spapr-vscsi", file=image[2], id="d0")
        c.execute("device_add", driver="spapr-vlan", id="e0")
        c.execute("device_add", driver="spapr-vty", id="t0", chardev="null")
        held = {o["name"]: o["resource"] for o in connectors(c, "slot").values() if o["attached"]}
        assert held == {"V1-C512": "vscsi0", "V1-C513": "d0", "V1-C768": "e0", "V1-C1": "t0"}, held
        c.refused("x-hypar-freeze-device", id="d0")
        for name in ("d0", "e0", "t0"):
            c.execute("device_del", id=name)
            assert c.wait_event("DEVICE_DELETED")["data"]["device"] == name
        assert "goes as a whole" in c.refused("device_del", id="one")
        r = ctl(m, "add-slot", f"disk,file={image[2]},if=vscsi,id=d1", "--timeout", "0.3")
        assert r.returncode == 124 and "drmgr -c slot -a -s V1-C513" in r.stderr, r
        r = ctl(m, "remove-slot", "d1")
        assert r.returncode == 0, r
        assert c.wait_event("DEVICE_DELETED")["data"]["device"] == "d1"
        # pulled out with its disks
        c.execute("x-hypar-remove-device", id="vscsi0", surprise=True)
        assert c.wait_event("DEVICE_DELETED")["data"]["device"] == "vscsi0"
        assert not any(o["attached"] for o in connectors(c, "slot").values())
        c.execute("device_add", driver="spapr-vscsi", file=image[0], id="one")


def nobody_home(folder):
    """A guest that knows nothing of it: what is asked waits, and is told so."""
    with Machine(folder, memory="1G,max=64G") as m, m.client() as c:
        r = ctl(m, "add-memory", "256M", "--timeout", "0.5")
        assert r.returncode == 124 and "not fetched" in r.stderr, r
        r = ctl(m, "add-memory", "256M", "--no-wait")
        assert r.returncode == 0 and r.stdout == "request 2\n", r
        for _ in range(62):
            c.execute("x-hypar-add-memory", size=LMB)
        before = c.execute("query-memory-size-summary")
        assert "64 requests" in c.refused("x-hypar-add-memory", size=LMB)
        assert c.execute("query-memory-size-summary") == before
        c.execute("x-hypar-cancel-request", request=5)
        c.refused("x-hypar-cancel-request", request=5)
        c.refused("x-hypar-cancel-request", request=500)
        assert c.execute("query-memory-size-summary")["plugged-memory"] == 63 * LMB


def tests():
    yield "nobody_home", nobody_home
    yield "dr-back-ends", back_ends
    yield "dr-slots", slots
    if not os.path.exists(linux.KERNEL):
        return
    yield "dr-memory", memory
    yield "dr-cpus", cpus
    yield "dr-dimm", dimm
    yield "dr-inject-memory", inject_memory
    yield "dr-inject-cpu", inject_cpu
    yield "dr-inject-start", inject_start
    yield "dr-inject-event", inject_event
    yield "dr-inject-other", inject_other
    yield "dr-in-the-middle", in_the_middle
