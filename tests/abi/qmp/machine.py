# SPDX-License-Identifier: Apache-2.0
"""What commands do to the machine, and what they say about it."""
import base64
import os
import shutil
import subprocess
import time

import guest
from client import Machine


def stop_cont(folder):
    """The guest says nothing while it is paused, and everything afterwards."""
    with Machine(folder) as m:
        c = m.client()
        c.execute("stop")
        assert c.execute("query-status") == {"status": "paused", "running": False}
        assert [e["event"] for e in c.events] == ["STOP"]
        c.execute("stop")
        m.type(b"abc")
        try:
            raise AssertionError(m.until(b"a", 0.5))
        except TimeoutError:
            pass
        tb = [c.execute("x-hypar-registers")[0]["registers"]["tb"] for _ in range(2)]
        assert tb[0] == tb[1], tb
        c.execute("cont")
        m.until(b"abc")
        c.execute("cont")
        assert [e["event"] for e in c.events] == ["STOP", "RESUME"]


def clock(folder):
    """The time base does not jump over a pause."""
    def tb(c):
        return int(c.execute("x-hypar-registers", cpu=0)[0]["registers"]["tb"], 16)

    with Machine(folder) as m:
        c = m.client()
        begin = time.monotonic()
        first = tb(c)
        for _ in range(4):
            c.execute("stop")
            time.sleep(0.5)
            c.execute("cont")
        ran = time.monotonic() - begin - 2
        assert 0 <= (tb(c) - first) / 512e6 < ran + 0.05, (tb(c) - first, ran)


def quit_(folder):
    with Machine(folder) as m:
        c = m.client()
        assert c.execute("quit") == {}
        assert c.wait_event("SHUTDOWN")["data"] == {"guest": False, "reason": "host-qmp-quit"}
        assert m.ends() == 0 and not os.path.exists(m.path)
    with Machine(folder) as m:
        c = m.client()
        c.execute("stop")
        c.execute("quit")
        assert m.ends() == 0


def reset(folder):
    with Machine(folder) as m:
        c = m.client()
        c.execute("system_reset")
        assert c.wait_event("RESET")["data"] == \
            {"guest": False, "reason": "host-qmp-system-reset"}
        m.until(b"ready")
        m.type(b"r")
        assert c.wait_event("RESET")["data"] == {"guest": True, "reason": "guest-reset"}
        m.until(b"ready")
        # a paused machine is reset at once and stays paused
        c.execute("stop")
        for _ in range(2):
            c.execute("system_reset")
            c.wait_event("RESET")
            assert c.execute("query-status") == {"status": "prelaunch", "running": False}
        try:
            raise AssertionError(m.until(b"ready", 0.3))
        except TimeoutError:
            pass
        c.execute("cont")
        m.until(b"ready")
        assert c.execute("query-status") == {"status": "running", "running": True}
        # one that the guest asked for as well
        m.type(b"r")
        c.wait_event("RESET")
        m.until(b"ready")


def ends(folder):
    """The last event says why."""
    for key, status, data in ((b"q", 0, {"guest": True, "reason": "guest-shutdown"}),
                              (b"o", 5, {"guest": True, "reason": "guest-panic"}),
                              (b"k", 4, {"guest": True, "reason": "guest-panic"})):
        with Machine(folder) as m:
            c = m.client()
            m.type(key)
            assert c.wait_event("SHUTDOWN")["data"] == data
            assert m.ends() == status
    with Machine(folder) as m:
        c = m.client()
        m.type(b"o")
        panic = c.wait_event("GUEST_PANICKED")["data"]
        assert panic == {"action": "poweroff", "x-hypar-reason": "gone"}, panic
    with Machine(folder) as m:
        c = m.client()
        m.process.terminate()
        c.wait_event("POWERDOWN")
        m.process.terminate()
        assert c.wait_event("SHUTDOWN")["data"] == {"guest": False, "reason": "host-signal"}


def powerdown(folder):
    with Machine(folder) as m:
        c = m.client()
        c.execute("system_powerdown")
        c.wait_event("POWERDOWN")


def nmi(folder):
    """The guest's vector 0x100 holds zeros: an endless run of interrupts, a checkstop."""
    with Machine(folder) as m:
        c = m.client()
        c.execute("inject-nmi")
        c.wait_event("GUEST_PANICKED")
        assert m.ends() == 4
        assert b"checkstop" in m.process.stderr.read()


def cpus(folder):
    with Machine(folder, "--smp", "4,threads=2") as m:
        c = m.client()
        all_ = c.execute("query-cpus-fast")
        assert [x["cpu-index"] for x in all_] == [0, 1, 2, 3]
        assert [x["props"]["core-id"] for x in all_] == [0, 0, 2, 2]
        assert [x["x-hypar-state"] for x in all_] == ["running"] + 3 * ["stopped"], all_
        for x in all_:
            assert os.path.isdir(f"/proc/{m.process.pid}/task/{x['thread-id']}"), x


def devices(folder):
    image = os.path.join(folder, "image")
    with open(image, "wb") as f:
        f.truncate(1 << 20)
    with Machine(folder, "--disk", f"file={image},readonly,id=boot", "--device",
                 "virtio-rng,id=dice") as m:
        c = m.client()
        disk, = c.execute("query-block")
        assert disk["device"] == "boot" and disk["inserted"]["ro"] is True, disk
        assert disk["inserted"]["image"]["virtual-size"] == 1 << 20, disk
        bus, = c.execute("query-pci")
        found = {d["qdev_id"]: d for d in bus["devices"]}
        assert bus["bus"] == 0 and set(found) == {"boot", "dice"}, found
        for d, number in ((found["boot"], 0x1042), (found["dice"], 0x1044)):
            assert d["id"]["vendor"] == 0x1af4 and d["id"]["device"] == number, d
            assert all(r["size"] and not r["address"] % r["size"] for r in d["regions"]), d
        assert len({d["slot"] for d in bus["devices"]}) == 2
    with Machine(folder) as m:
        assert m.client().execute("query-block") == []


def registers(folder):
    with Machine(folder, "--smp", "2") as m:
        c = m.client()
        both = c.execute("x-hypar-registers")
        assert [x["cpu"] for x in both] == [0, 1]
        r = both[0]["registers"]
        assert all(f"r{i}" in r and len(r[f"r{i}"]) == 18 for i in range(32)), r
        assert r["pvr"] == "0x00801200" and r["pir"] == "0x00000000", r
        assert both[1]["registers"]["pir"] == "0x00000001"
        c.refused("x-hypar-registers", cpu=2)
        text = c.execute("human-monitor-command", command_line="info registers")
        assert text.startswith("CPU#0\nnia ") and "\nr31 " in text.replace(" r31 ", "\nr31 "), text
        text = c.execute("human-monitor-command", command_line="info registers -a")
        assert "CPU#1" in text
        text = c.execute("human-monitor-command", command_line="info registers", cpu_index=1)
        assert text.startswith("CPU#1")
        c.refused("human-monitor-command", command_line="help", cpu_index=2)
        assert "unknown command: frob" in \
            c.execute("human-monitor-command", command_line=" frob 1")
        assert "info registers" in c.execute("human-monitor-command", command_line="help")
        assert c.execute("human-monitor-command", command_line="stop") == ""
        assert "paused" in c.execute("human-monitor-command", command_line="info status")


def disassemble(folder):
    """The guest's first words, at the address that the program header gives."""
    with Machine(folder) as m:
        c = m.client()
        with open(guest.GUEST, "rb") as f:
            elf = f.read()
        entry = int.from_bytes(elf[24:32], "big")
        got = c.execute("x-hypar-disassemble", address=hex(entry), count=2)
        assert got["cpu"] == 0 and len(got["instructions"]) == 2
        first = got["instructions"][0]
        assert first == {"address": f"0x{entry:016x}", "word": "0x429f0005",
                         "text": f"bcl 20,4*cr7+so,0x{entry + 4:x}"} or \
            first["word"] == "0x429f0005" and first["text"].startswith("bcl"), first
        assert got == c.execute("x-hypar-disassemble", address=entry, count=2)
        c.execute("stop")
        nia = c.execute("x-hypar-registers", cpu=0)[0]["registers"]["nia"]
        got = c.execute("x-hypar-disassemble")["instructions"]
        assert got[0]["address"] == nia and len(got) == 16
        c.refused("x-hypar-disassemble", address="0x7000000000000")
        for count in (0, 1025, 1 << 62):
            c.refused("x-hypar-disassemble", count=count)
        # up to the end of memory
        got = c.execute("x-hypar-disassemble", address=(512 << 20) - 8, count=16)
        assert len(got["instructions"]) == 2


def device_tree(folder):
    """The blob is a tree, and the text gives the same one."""
    with Machine(folder, "--append", 'a="b\\c"') as m:
        c = m.client()
        dtb = base64.b64decode(c.execute("x-hypar-device-tree")["data"], validate=True)
        dts = c.execute("x-hypar-device-tree", format="dts")["data"]
        c.refused("x-hypar-device-tree", format="json")
    assert dtb[:4] == b"\xd0\x0d\xfe\xed" and b'a="b\\c"\0' in dtb
    if not shutil.which("dtc"):
        return

    def text(fmt, data):
        return subprocess.run(["dtc", "-q", "-s", "-I", fmt, "-O", "dts", "-"], input=data,
                              stdout=subprocess.PIPE, check=True).stdout

    def blob(fmt, data):
        return subprocess.run(["dtc", "-q", "-s", "-I", fmt, "-O", "dtb", "-"], input=data,
                              stdout=subprocess.PIPE, check=True).stdout
    assert text("dtb", blob("dts", dts.encode())) == text("dtb", dtb)


def trace(folder):
    path = os.path.join(folder, "trace")
    with Machine(folder, "--trace-file", path) as m:
        c = m.client()
        assert c.execute("x-hypar-trace") == {"list": []}
        assert c.execute("x-hypar-trace", enable=True, list="hcall,insn") == \
            {"list": ["hcall", "insn"]}
        m.type(b"z")
        m.until(b"z")
        assert c.execute("x-hypar-trace", enable=False) == {"list": []}
        size = os.path.getsize(path)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        assert "H_PUT_TERM_CHAR" in text and " sc 1" in text, text[-300:]
        m.type(b"z")
        m.until(b"z")
        c.execute("x-hypar-trace", enable=False)
        assert os.path.getsize(path) == size
        c.refused("x-hypar-trace", list="hcall")
        c.refused("x-hypar-trace", enable=True, list="frob")
        c.refused("x-hypar-trace", enable=True, list="")
        assert len(c.execute("x-hypar-trace", enable=True, list="all")["list"]) == 6


def stats(folder):
    with Machine(folder) as m:
        c = m.client()
        m.type(b"a")
        m.until(b"a")  # behind "ready", so all of that was said
        a, b = c.execute("x-hypar-stats"), c.execute("x-hypar-stats")
        assert 0 < a["instructions"] <= b["instructions"] and a["hypercalls"] > 7, (a, b)
        assert a["run-time-ns"] < b["run-time-ns"]


def unused(folder):
    """A path that another run holds, one that a killed run left, one that is a file."""
    with Machine(folder) as m:
        status, _, err = guest.run(guest.command("--monitor", "unix:" + m.path))
        assert status == 2 and "--monitor" in err and err.count("\n") == 1, err
        m.process.kill()
        m.process.wait()
        assert os.path.exists(m.path)
    with Machine(folder) as m:
        m.client().execute("query-name")
    path = os.path.join(folder, "file")
    with open(path, "w", encoding="utf-8"):
        pass
    status, _, err = guest.run(guest.command("--monitor", "unix:" + path))
    assert status == 2 and "not a socket" in err, err
    status, _, err = guest.run(guest.command("--monitor", "unix:" + path, "--console",
                                             "unix:" + path))
    assert status == 2 and "same file" in err, err


def tests():
    yield "stop-cont", stop_cont
    yield "clock", clock
    yield "quit", quit_
    yield "reset", reset
    yield "ends", ends
    yield "powerdown", powerdown
    yield "nmi", nmi
    yield "cpus", cpus
    yield "devices", devices
    yield "registers", registers
    yield "disassemble", disassemble
    yield "device-tree", device_tree
    yield "trace", trace
    yield "stats", stats
    yield "paths", unused
