#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of --gdb: the protocol by a client of our own, good packets and bad
ones, against tests/guest/gdb.c in both byte orders; and gdb-multiarch with
Debian's kernel on one vCPU and two.

    tests/abi/gdb/run_gdb.py [NAME...]

NAME selects tests whose name contains it. HYPAR names the program. The last
line is "N passed, N failed".
"""
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "cli"))
import cases  # noqa: E402
import guest  # noqa: E402
import rsp  # noqa: E402

LIMIT = guest.LIMIT
CROSS = os.environ.get("CROSS", "powerpc64le-linux-gnu-")
LINUX = os.path.join(guest.TOP, "o/ppc64el/vmlinux-6.12")
GDB = shutil.which("gdb-multiarch")
SYMBOLS = {}


def elf(be):
    return os.path.join(guest.TOP, "o/guest", "gdb_be.elf" if be else "gdb.elf")


def build():
    subprocess.run(["make", "--no-print-directory", "o/guest/gdb.elf", "o/guest/gdb_be.elf"],
                   cwd=guest.TOP, check=True, stdout=subprocess.DEVNULL)
    for be in (False, True):
        out = subprocess.run([CROSS + "readelf", "-sW", elf(be)], check=True,
                             stdout=subprocess.PIPE).stdout.decode()
        # a function's local entry is where its neighbours call it
        SYMBOLS[be] = {m[3]: int(m[1], 16) + int(m[2] or 0) for m in re.finditer(
            r"^ *\d+: ([0-9a-f]{16}) .*? (?:\[<localentry>: (\d+)\] +)?\w+ (\w+)$", out, re.M)}


class Machine:
    """hypar with the guest, waiting for a debugger at a socket."""

    def __init__(self, folder, *options, be=False, wait=True, kernel=None, cpus=2, memory="512M"):
        self.be = be
        self.sym = SYMBOLS[be]
        self.path = os.path.join(folder, "gdb")
        args = [guest.PROGRAM, "run", "--kernel", kernel or elf(be), "--memory", memory,
                "--smp", str(cpus), "--gdb", "unix:" + self.path, "--timeout", str(int(3 * LIMIT)),
                *options] + (["--gdb-wait"] if wait else [])
        self.process = guest.start(args)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def client(self, acks=False):
        c = rsp.Client(self.path, LIMIT, acks)
        if not acks:
            c.order(not self.be)
        return c

    def started(self):
        """A client at the beginning of inner() on the first vCPU, with both counting."""
        c = self.client()
        c.ok(f"Z0,{self.sym['inner']:x},4")
        seen = set()
        while seen != {1, 2}:
            seen.add(c.go()["thread"])
        c.ok(f"z0,{self.sym['inner']:x},4")
        return c

    def end(self, c):
        """Lets the guest leave; its status."""
        c.write(self.sym["leave"], b"\1" * 8)
        assert c.ask("vCont;c") == "W00"
        assert self.process.wait(LIMIT) == 0, self.process.returncode


def both(test):
    """The test in both byte orders."""
    yield test.__name__ + "_le", lambda folder: test(folder, False)
    yield test.__name__ + "_be", lambda folder: test(folder, True)


# ---- the protocol ----

def handshake(folder, be):
    with Machine(folder, be=be) as m:
        c = m.client(acks=True)
        c.order(not be)
        have = c.ask("qSupported:multiprocess+;swbreak+;hwbreak+;xmlRegisters=i386").split(";")
        for word in ("QStartNoAckMode+", "qXfer:features:read+", "vContSupported+", "swbreak+"):
            assert word in have, have
        size = int(dict(w.split("=") for w in have if "=" in w)["PacketSize"], 16)
        assert size >= 0x1000
        c.ok("QStartNoAckMode")
        c.acks = False
        root = c.description()
        assert root.find("architecture").text == "powerpc:common64"
        numbers = [n for n, _, _ in c.regs.values()]
        assert sorted(numbers) == list(range(len(numbers))), "numbers are not 0, 1, 2 ..."
        for name, feature in (("r31", "core"), ("pc", "core"), ("f0", "fpu"), ("fpscr", "fpu"),
                              ("vr31", "altivec"), ("vs0h", "vsx"), ("tar", "tar")):
            assert c.regs[name][2] == "org.gnu.gdb.power." + feature, name
        assert c.regs["srr0"][2] == "hypar.power.spr"
        assert [c.regs[n][0] for n in ("r0", "f0", "pc", "msr", "fpscr")] == [0, 32, 64, 65, 70]
        assert c.ask("?").startswith("T05thread:1;")
        assert c.ask("qfThreadInfo") == "m1,2" and c.ask("qsThreadInfo") == "l"
        assert c.ask("qC") == "QC1" and c.ask("qAttached") == "1"
        assert bytes.fromhex(c.ask("qThreadExtraInfo,2")) == b"vCPU 1, not started"
        assert c.document("threads:read:", 50).count("<thread ") == 2
        assert "c" in c.ask("vCont?").split(";") and c.ask("vMustReplyEmpty") == ""
        assert c.get("pc") == m.sym["_start"], hex(c.get("pc"))


def bad_packets(folder, be):
    with Machine(folder, be=be) as m:
        c = m.client(acks=True)
        good = c.frame("qC")
        c.raw(good[:-1] + (b"0" if good[-1:] != b"0" else b"1"))
        assert c.byte() == b"-", "a wrong sum"
        c.raw(b"$qC#zz")
        assert c.byte() == b"-", "a sum of no digits"
        assert c.ask("qC") == "QC1"
        c.raw(b"-")
        assert c.receive() == "QC1", "sent again"
        c.raw(b"+++garbage\0\xff#00$half$" + c.frame("qC")[1:])
        assert c.byte() == b"+" and c.receive() == "QC1", "a packet after garbage"
        c.error("m" + "0" * 0x5000 + ",1")
        c.ok("QStartNoAckMode")
        c.acks = False
        c.order(not be)
        for what in ("", "y", "vAttach;1", "qNothing", "QNothing", "Z5,0,4", "!", "R00", "vFile:open:0",
                     "qXfer:nothing:read::0,10"):
            assert c.ask(what) == "", what
        for what in ("m", "m,", "m1", "mx,4", "m0,", "m0,4junk", "m" + "f" * 17 + ",4",
                     "mfffffffffffffff0,20", "m6000000000000,8", "M0,4:00", "M0,4:0000000g",
                     "M0,2:000000", "X0,4:abc", "p", "pfff", "pffffffffffffffff", "P", "P0", "P0=",
                     "P0=00", "P0=" + "0" * 18, "Pfff=00", "G00", "Gzz", "H", "Hx1", "Hg3", "Hgz", "T0g",
                     "T3", "T-1", "Z0", "Z0,", "Z0,0", "Z0,1,4", "Z2,0,0", "Z2,ffffffffffffffff,2",
                     "vCont;x", "vCont;c:3", "vCont;s:1;q", "vCont;r1:1", "vCont;C:1", "qRcmd,0",
                     "qRcmd,zz", "qRcmd," + "61" * 300, "qXfer:features:read:target.xml:0",
                     "qXfer:features:read:target.xml:fffffff,10", "qXfer:features:read:other:0,10",
                     "Qqemu.PhyMemMode:2", "C", "m0\0,4"):
            c.error(what)
        assert c.ask("qC") == "QC1"
        rng = random.Random(3 + be)
        for _ in range(2000):  # none of them runs, ends or frees anything
            head = rng.choice(["m", "M", "X", "p", "P", "g", "G", "H", "T", "q", "Q", "Z", "z", "v"])
            tail = "".join(rng.choice("0123456789abcdef,:;=-xz.") for _ in range(rng.randrange(20)))
            if head + tail[:5] not in ("vCont;", "vKill"):
                c.ask(head + tail)
        assert c.ask("qfThreadInfo") == "m1,2"


def registers(folder, be):
    with Machine(folder, be=be) as m:
        c = m.client()
        total = sum(bits for n, bits, _ in c.regs.values() if n < 137)
        assert len(c.ask("g")) == total // 4
        rng = random.Random(7)
        want = {}
        for name, (n, bits, _) in c.regs.items():
            value = c.get(name)
            if n < 137 and name not in ("pc", "msr", "xer", "vscr"):
                value = want[name] = rng.getrandbits(bits)
                c.put(name, value)
        for name, value in want.items():
            assert c.get(name) == value, name
        for name in ("sprg0", "srr0", "srr1", "dar", "tar", "dscr", "ppr"):
            c.put(name, 0x0123456789abcdef)
            assert c.get(name) == 0x0123456789abcdef, name
        c.put("xer", 0xe00c0000)
        assert c.get("xer") == 0xe00c0000
        c.put("pc", 0x400123)
        assert c.get("pc") == 0x400120
        c.put("msr", c.get("msr") | 1 << 13)
        assert c.get("msr") & 1 << 13
        image = c.ask("g")
        for name in want:
            c.put(name, 0)
        c.ok("G" + image)
        assert c.ask("g") == image
        c.ok("Hg2")
        assert c.get("r1") == 0 and c.get("pir") == 1
        c.ok("Hg1")
        assert c.get("f3") == want["f3"]
        # the high half of VSR 1, and VSR 33 as a vector
        at = c.regs["vr1"][0]
        c.ok(f"P{at:x}=" + (0x00112233445566778899aabbccddeeff).to_bytes(16, c.endian).hex())
        assert c.get("vr1") == 0x00112233445566778899aabbccddeeff
        if be:
            c.command("endian little")
            assert c.ask(f"p{c.regs['pc'][0]:x}") == (0x400120).to_bytes(8, "little").hex()
            c.command("endian auto")
        assert c.get("pc") == 0x400120


def memory(folder, be):
    with Machine(folder, be=be) as m:
        c = m.started()
        at = m.sym["scratch"]
        c.write(at, bytes(range(64)))
        assert c.read(at, 64) == bytes(range(64))
        assert c.ask(f"m{at:x},0") == ""
        special = b"#$}*\0\n\x03" + bytes(range(256))[:100]
        escaped = b"".join(b"}" + bytes([x ^ 0x20]) if x in b"#$}*" else bytes([x]) for x in special)
        c.ok(b"X%x,%x:" % (at, len(special)) + escaped)
        assert c.read(at, len(special)) == special
        c.ok(f"X{at:x},0:")
        assert len(c.ask(f"m{at:x},ffffffffffff")) == 0x4000
        # real mode ignores the first four bits of an address; a real address has none
        assert c.read(0xc << 60 | at, 4) == special[:4]
        assert c.ask("qqemu.PhyMemMode") == "0"
        c.ok("Qqemu.PhyMemMode:1")
        assert c.ask("qqemu.PhyMemMode") == "1"
        assert c.read(at, 4) == special[:4]
        c.error(f"m{0xc << 60 | at:x},4")
        assert c.ask(f"m{(512 << 20) - 2:x},8") == "0000", "up to the end of RAM"
        c.error(f"m{512 << 20:x},8")
        c.error(f"M{(512 << 20) - 1:x},2:0000")
        c.ok("Qqemu.PhyMemMode:0")
        assert "effective" in c.command("phys")
        assert c.command(f"translate {at:x}").strip() == hex(at)


def breakpoints(folder, be):
    with Machine(folder, be=be) as m:
        c = m.client()
        c.ask("qSupported:swbreak+;hwbreak+")
        inner, straight = m.sym["inner"], m.sym["straight"]
        c.ok(f"Z0,{inner:x},4")
        c.ok(f"Z0,{inner:x},4")  # once more changes nothing
        seen = {1: 0, 2: 0}
        for _ in range(40):
            s = c.go()
            assert s["signal"] == 5 and "swbreak" in s, s
            assert c.get("pc") == inner
            # the counter is that of the rounds before
            t = s["thread"]
            assert c.u64(m.sym["counter"] + 8 * (t - 1)) == seen[t], (t, seen)
            seen[t] += 1
        assert seen[1] and seen[2], seen
        c.ok(f"z0,{inner:x},4")
        c.ok(f"z0,{inner:x},4")
        c.ok(f"Z1,{straight:x},4")
        for _ in range(5):
            s = c.go()
            assert s["thread"] == 1 and "hwbreak" in s and c.get("pc") == straight
        # both kinds in one place
        c.ok(f"Z0,{straight:x},4")
        c.ok(f"z1,{straight:x},4")
        assert "swbreak" in c.go()
        c.ok(f"z0,{straight:x},4")
        # many, and more than there can be
        for i in range(512):
            c.ok(f"Z0,{0x800000 + 4 * i:x},4")
        c.error("Z0,900000,4")
        for i in range(512):
            c.ok(f"z0,{0x800000 + 4 * i:x},4")
        m.end(c)


def steps(folder, be):
    with Machine(folder, be=be) as m:
        c = m.started()
        straight = m.sym["straight"]
        c.ok(f"Z0,{straight:x},4")
        while c.go()["thread"] != 1:
            pass
        c.ok(f"z0,{straight:x},4")
        before = c.u64(m.sym["counter"] + 8)
        for i in range(1, 9):
            s = c.go("vCont;s:1")
            assert s["thread"] == 1 and s["signal"] == 5 and c.get("pc") == straight + 4 * i
        assert c.u64(m.sym["counter"] + 8) == before, "the other vCPU stayed"
        c.ok("Hc1")
        s = c.parse(c.ask("s"))
        assert s["thread"] == 1 and c.get("pc") == c.get("lr") & ~3, "blr"
        s = c.go("vCont;s:1;c")
        assert s["thread"] == 1
        # one step of the other
        c.ok("Hg2")
        pc = c.get("pc")
        s = c.go("vCont;s:2;t:1")
        assert s["thread"] == 2 and c.get("pc") != pc
        # a range: up to its end in one answer
        c.ok(f"Z0,{straight:x},4")
        while c.go()["thread"] != 1:
            pass
        c.ok(f"z0,{straight:x},4")
        s = c.go(f"vCont;r{straight:x},{straight + 24:x}:1")
        assert s["thread"] == 1 and c.get("pc") == straight + 24, hex(c.get("pc"))
        # to where a breakpoint is
        c.ok(f"Z0,{straight + 28:x},4")
        c.go("vCont;s:1")
        assert c.get("pc") == straight + 28
        c.ok(f"z0,{straight + 28:x},4")
        # steps through hypercalls up to the end
        c.write(m.sym["leave"], b"\1" * 8)
        for _ in range(20000):
            answer = c.ask("vCont;s:1")
            if answer == "W00":
                break
            assert answer.startswith("T05thread:1;"), answer
        assert answer == "W00"


def watchpoints(folder, be):
    with Machine(folder, be=be) as m:
        c = m.started()
        written, read_here = m.sym["written"], m.sym["read_here"]
        c.ok(f"Z2,{written:x},8")
        s = c.go()
        assert int(s["watch"], 16) == written and s["thread"] == 1, s
        old = c.u64(written)
        c.ok(f"z2,{written:x},8")
        c.go("vCont;s:1")
        assert c.u64(written) == c.u64(m.sym["counter"]) != old, "the store comes after the stop"
        c.ok(f"Z2,{written + 4:x},1")
        first = c.go()
        assert int(first["watch"], 16) == written + 4
        second = c.go()  # passes over it by itself
        assert second["watch"] == first["watch"] and c.u64(written) != old
        c.ok(f"z2,{written + 4:x},1")
        c.ok(f"Z3,{read_here:x},8")
        s = c.go()
        assert int(s["rwatch"], 16) == read_here, s
        c.ok(f"z3,{read_here:x},8")
        c.ok(f"Z3,{written:x},8")  # never read
        c.ok(f"Z2,{read_here:x},8")  # never written
        c.ok(f"Z4,{m.sym['counter'] + 8:x},8")
        s = c.go()
        assert s["thread"] == 2 and int(s["awatch"], 16) == m.sym["counter"] + 8, s
        for point in (f"z3,{written:x},8", f"z2,{read_here:x},8", f"z4,{m.sym['counter'] + 8:x},8"):
            c.ok(point)
        m.end(c)


def coming_and_going(folder, be):
    with Machine(folder, be=be, wait=False) as m:
        guest.read_until(m.process.stdout.fileno(), b"here")
        c = m.client()  # stops it
        a = c.u64(m.sym["counter"])
        time.sleep(0.1)
        assert c.u64(m.sym["counter"]) == a, "it stands still"
        other = rsp.socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        other.connect(m.path)
        assert other.recv(10) == b"", "one client at a time"
        other.close()
        c.send("vCont;c")
        time.sleep(0.1)
        c.error("g")
        s = c.interrupt()
        assert s["signal"] == 2
        assert c.u64(m.sym["counter"]) > a, "it ran"
        c.raw(b"\x03")  # it stands still already
        assert c.ask("qC").startswith("QC")
        c.send("vCont;c")
        assert c.parse(c.ask("?"))["signal"] == 2, "? stops it, too"
        c.ok(f"Z0,{m.sym['inner']:x},4")
        c.close()  # without a word: its breakpoint goes, too
        c = m.client()
        a = c.u64(m.sym["counter"])
        # attaching stops it, on a busy host before it has done a step
        for _ in range(50):
            c.ok("D")
            time.sleep(0.02)
            c = m.client()
            if c.u64(m.sym["counter"]) > a:
                break
        assert c.u64(m.sym["counter"]) > a, "it went on"
        c.send("vCont;c")
        c.close()
        c = m.client()
        c.write(m.sym["leave"], b"\1" * 8)
        c.ok("D")
        assert m.process.wait(LIMIT) == 0


def monitor(folder, be):
    with Machine(folder, be=be) as m:
        c = m.started()
        text = c.command("registers")
        assert "cpu1 nia" in text, text
        assert "instructions:" in c.command("stats") and "translate" in c.command("help")
        c.command("trace")
        assert "not a command" in c.command("nonsense")
        c.error("qRcmd," + b"phys maybe".hex())
        c.send("qRcmd," + b"reset".hex())
        assert c.receive() == "OK"
        c.ok(f"Z0,{m.sym['main']:x},4")
        s = c.go()
        assert c.get("pc") == m.sym["main"] and s["thread"] == 1, "it started again"
        c.send("qRcmd," + b"quit".hex())
        assert c.receive() == "OK"
        assert m.process.wait(LIMIT) == 3


def with_monitor(folder, be):
    """Two that stop the machine: it runs when both let it."""
    control = os.path.join(folder, "control")

    def ctl(word):
        return subprocess.run([guest.PROGRAM, "ctl", control, word], stdout=subprocess.PIPE, timeout=LIMIT,
                              stderr=subprocess.STDOUT).stdout.decode()

    with Machine(folder, "--monitor", "unix:" + control, be=be) as m:
        c = m.started()
        counter = m.sym["counter"]
        assert "paused" in ctl("status")
        before = c.u64(counter)
        ctl("cont")
        time.sleep(0.1)
        assert c.u64(counter) == before, "the debugger has it"
        ctl("stop")
        c.send("vCont;c")
        time.sleep(0.1)
        c.interrupt()
        assert c.u64(counter) == before, "the monitor has it"
        c.send("vCont;c")
        ctl("cont")
        time.sleep(0.1)
        assert "running" in ctl("status")
        c.interrupt()
        assert c.u64(counter) > before, "nobody has it"
        m.end(c)


def killed(folder, be):
    for word in ("k", "vKill;1"):
        with Machine(folder, be=be) as m:
            c = m.client()
            c.send(word)
            assert m.process.wait(LIMIT) == 3, m.process.returncode


def slow_reader(folder, be):
    """A client that asks and asks and never reads does not keep the machine from ending."""
    with Machine(folder, be=be) as m:
        c = m.client()
        c.sock.setblocking(False)
        try:
            while True:
                c.sock.send(c.frame("g") * 50)
        except BlockingIOError:
            pass
        m.process.terminate()
        m.process.terminate()
        time.sleep(0.2)
        m.process.terminate()
        assert m.process.wait(2 * LIMIT) is not None


def tcp(folder):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    for address in (f"tcp:{port}", f"tcp:127.0.0.1:{port}", f"tcp:localhost:{port}"):
        args = guest.command("--gdb", address, "--gdb-wait", kernel=elf(False))
        p = guest.start(args)
        try:
            c = rsp.Client(("127.0.0.1", port), LIMIT)
            assert c.ask("qC") == "QC1"
            status, _, err = guest.run(args)
            assert status == 2 and "in use" in err, (status, err)
            c.send("k")
            assert p.wait(LIMIT) == 3
        finally:
            p.kill()
            p.communicate()


def options(folder):
    for value, want in (("x", "unix:PATH"), ("tcp:", "port"), ("tcp:0", "port"), ("tcp:65536", "port"),
                        ("tcp:a", "port"), ("tcp::1", "host"), ("tcp:::1:5", "brackets"), ("unix:", "path"),
                        ("tcp:no.such.host.invalid:5", "--gdb"), ("unix:/nonexistent/a", "No such"),
                        ("unix:" + "a" * 200, "too long"), ("unix:/dev/null", "not a socket"),
                        ("unix:" + elf(False), "same file")):
        status, _, err = guest.run(guest.command("--gdb", value, kernel=elf(False)))
        assert status == 2 and want in err and err.count("\n") == 1, (value, status, err)
    status, _, err = guest.run(guest.command("--gdb-wait", kernel=elf(False)))
    assert status == 2 and "--gdb is missing" in err


# ---- GDB itself ----

def gdb_script(folder, m, symbols, lines):
    assert GDB, "gdb-multiarch is not installed"
    path = os.path.join(folder, "script")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(["set pagination off", "set confirm off", "set sysroot /nonexistent",
                           f"file {symbols}", f"target remote {m.path}", *lines]) + "\n")
    end = time.monotonic() + LIMIT
    while not os.path.exists(m.path) and time.monotonic() < end:
        time.sleep(0.05)
    run = subprocess.run([GDB, "-nx", "-q", "-batch", "-x", path], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=6 * LIMIT, stdin=subprocess.DEVNULL)
    return run.stdout.decode("utf-8", "replace")


def must_hold(text, *parts):
    at = 0
    for part in parts:
        found = text.find(part, at)
        assert found >= 0, f"no {part!r} after the others in\n{text}"
        at = found + len(part)


def gdb_guest(folder, be):
    with Machine(folder, be=be) as m:
        text = gdb_script(folder, m, elf(be), [
            "break straight", "continue", "bt 3", "info threads", "stepi", "stepi",
            "delete", "watch *(unsigned long *)&written", "continue", "delete",
            "print/x *(unsigned char *)&leave", "set var *(unsigned long *)&leave = 1",
            "print $vr0.uint128", "print $f0", "print/x $srr1", "continue"])
        must_hold(text, "Breakpoint 1, ", "straight", "#1", "outer", "Thread 2", "Old value", "New value",
                  "exited normally]")
        assert m.process.wait(LIMIT) == 0


def linux(cpus, *more):
    def test(folder):
        ram_disk = os.path.join(folder, "initramfs.gz")
        subprocess.run([sys.executable, "tools/mkinitramfs.py", "-o", ram_disk], cwd=guest.TOP,
                       check=True, stdout=subprocess.DEVNULL)
        with Machine(folder, "--initrd", ram_disk, "--append", "console=hvc0", "--console", "null",
                     *more, kernel=LINUX, cpus=cpus, memory="1G") as m:
            text = gdb_script(folder, m, LINUX, [
                "break start_kernel", "continue", "bt", "info threads", "stepi", "nexti",
                "print/x $msr", "x/s (char *)&linux_banner", "monitor translate c000000000008000",
                "watch *(unsigned long *)&jiffies_64", "continue", "bt", "delete",
                # on the second vCPU, where there is one
                "break start_secondary" if cpus > 1 else "break run_init_process", "continue", "bt 2",
                "info threads", "thread apply all -q print/x $pc", "delete",
                "break run_init_process", "continue", "bt 3", "monitor quit"])
        must_hold(text, "Breakpoint 1, ", "in start_kernel ()", "#0", "start_kernel", "#1", "start_here_common",
                  "* 1    Thread 1", "0x80000000", "Linux version 6.12", "0x8000\n", "Hardware watchpoint 2",
                  "Old value", "New value", "#1")
        if cpus > 1:
            must_hold(text, "Breakpoint 3, ", "start_secondary", "#0", "* 2    Thread 2", "$")
        must_hold(text, "run_init_process")
        assert "warning: Error" not in text and "Cannot" not in text, text
    return test


def tests():
    for test in (handshake, bad_packets, registers, memory, breakpoints, steps, watchpoints,
                 coming_and_going, monitor, with_monitor, killed, slow_reader, gdb_guest):
        yield from both(test)
    yield "tcp", tcp
    yield "options", options
    yield "linux_1cpu_power10", linux(1)
    yield "linux_2cpus_power10", linux(2)
    yield "linux_2cpus_power9_xics", linux(2, "--cpu", "power9", "--interrupt-controller", "xics")


def main():
    build()
    return cases.run("gdb", tests(), cases.words())


if __name__ == "__main__":
    sys.exit(main())
