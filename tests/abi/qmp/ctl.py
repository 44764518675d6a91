# SPDX-License-Identifier: Apache-2.0
"""hypar ctl and shell completion."""
import json
import os
import re
import subprocess
import threading
import time

import guest
from client import Machine


def rows():
    with open(os.path.join(guest.TOP, "vmm/ctl.def"), encoding="utf-8") as f:
        return re.findall(r'^CTL\(\w+,\s*"([^"]+)"', f.read(), re.M)


def good(m, *words):
    status, out, err = m.ctl(*words)
    assert (status, err) == (0, ""), (words, status, out, err)
    return out.decode()


def tables(folder):
    with Machine(folder, "--smp", "2") as m:
        text = good(m, "status")
        assert re.search(r"^status +running$", text, re.M) and "512 MiB" in text, text
        assert re.search(r"^ +1 +1 +stopped +\d+$", text, re.M), text
        assert good(m, "stop") == ""
        assert "paused" in good(m, "status")
        text = good(m, "registers")
        assert text.count("nia") == 2 and text.startswith("cpu0\n"), text
        assert good(m, "registers", "--cpu", "1").startswith("cpu1\n")
        assert len(good(m, "disassemble").split("\n")) == 17
        text = good(m, "disassemble", "0x100", "3", "--cpu=1")
        assert text.startswith("0000000000000100  "), text
        assert good(m, "device-tree").startswith("/dts-v1/;")
        assert re.search(r"^instructions +\d+$", good(m, "stats"), re.M)
        assert good(m, "trace") == "traced: nothing\n"
        assert good(m, "trace", "on") == "traced: hcall rtas\n"
        assert good(m, "trace", "on", "exc,of") == "traced: exc of\n"
        assert good(m, "trace", "off") == "traced: nothing\n"
        good(m, "cont")
        good(m, "nmi")
        assert m.ends() == 4


def as_json(folder):
    with Machine(folder) as m:
        assert json.loads(good(m, "--json", "status"))["status"]["running"] is True
        for command in ("stop", "registers", "disassemble", "device-tree", "trace", "stats",
                        "cont", "reset", "powerdown"):
            json.loads(good(m, command, "--json"))


def waits(folder):
    with Machine(folder) as m:
        got = []
        threads = [threading.Thread(target=lambda w=w: got.append(m.ctl("wait", *w)))
                   for w in (["RESET"], ["RESET", "--json"], ["SHUTDOWN", "--timeout", "60"],
                             ["STOP", "--timeout=0.3"], ["STOP"])]
        for t in threads:
            t.start()
        time.sleep(1)
        good(m, "reset")
        m.until(b"ready")
        m.type(b"q")
        for t in threads:
            t.join(guest.LIMIT)
        got.sort(key=lambda x: (x[0], x[1]))
        assert got[0][:2] == (0, b"RESET host-qmp-system-reset\n"), got
        assert got[1][:2] == (0, b"SHUTDOWN guest-shutdown\n"), got
        assert got[2][0] == 0 and json.loads(got[2][1])["event"] == "RESET", got
        assert got[3][0] == 1 and "gone" in got[3][2], got
        assert got[4][0] == 124 and "within 0.3 s" in got[4][2], got


def refused(folder):
    def bad(want_status, want, *words):
        status, out, err = guest.run([guest.PROGRAM, "ctl", *words])
        assert status == want_status and want in err and not out, (words, status, out, err)
        assert err.count("\n") == 1 and len(err) < 200, err

    none = os.path.join(folder, "none")
    bad(2, "no socket")
    bad(2, "no command", none)
    bad(2, "unknown command", none, "frob")
    bad(2, "unknown option", none, "status", "--frob")
    bad(2, "one word too many", none, "status", "x")
    bad(2, "one word too many", none, "disassemble", "1", "2", "3")
    bad(2, "missing", none, "wait")
    bad(2, "missing", none, "wait", "STOP", "--timeout")
    bad(2, "--cpu", none, "status", "--cpu", "0")
    bad(2, "--timeout", none, "status", "--timeout", "1")
    bad(2, "--no-wait", none, "status", "--no-wait")
    bad(2, "unknown option", none, "add-memory", "1G", "--no-wait=1")
    bad(2, "--surprise", none, "remove-memory", "1G", "--surprise")
    bad(2, "missing", none, "add-cpu")
    bad(1, "No such file", none, "status")
    bad(1, "too long", "x" * 150, "status")
    with open(none, "w", encoding="utf-8"):
        pass
    bad(1, none, none, "status")
    with Machine(folder) as m:
        bad(2, "no such event", m.path, "wait", "stop")
        bad(2, "--timeout", m.path, "wait", "STOP", "--timeout", "-1")
        bad(2, "not a number", m.path, "registers", "--cpu", "x")
        bad(2, "not a number", m.path, "disassemble", "0", "x")
        bad(1, "no vCPU 7", m.path, "registers", "--cpu", "7")
        bad(1, "address", m.path, "disassemble", "zzz")
        bad(2, "add-pci", m.path, "add-slot", "disk,file=x")
        bad(2, "add-slot", m.path, "add-pci", "disk,file=x,if=vscsi")
        bad(2, "--at needs", m.path, "remove-memory", "m0", "--at", "0")
        bad(2, "not a number", m.path, "events", "x")
        bad(2, "events takes", m.path, "events", "cancel")
        bad(2, "--delay", m.path, "inject", "H_CEDE")
        bad(1, "type", m.path, "drc", "frob")
        bad(1, "whole cores", m.path, "add-cpu", "0")
        bad(1, "begin", m.path, "add-pci", "frob")
        bad(1, "file", m.path, "add-pci", "disk,readonly")
        bad(2, "trace takes", m.path, "trace", "maybe")
        bad(2, "trace takes", m.path, "trace", "off", "hcall")
        bad(1, "not one of", m.path, "trace", "on", "frob")


def other_server(folder):
    """What answers is no monitor."""
    import socket
    for text, want in ((b"hello\n", "no monitor"), (b"[]\n", "no monitor"), (b"", "gone"),
                       (b'{"a":1}\n', "no monitor"),
                       (b'{"error":{"class":"GenericError","desc":"full"}}\n', "full")):
        path = os.path.join(folder, "s")
        s = socket.socket(socket.AF_UNIX)
        s.bind(path)
        s.listen(1)
        s.settimeout(30)  # it may not even come
        p = subprocess.Popen([guest.PROGRAM, "ctl", path, "status"], stderr=subprocess.PIPE)
        c = s.accept()[0]
        c.send(text)
        c.close()
        err = p.communicate(timeout=guest.LIMIT)[1].decode()
        assert p.returncode == 1 and want in err, (text, err)
        s.close()
        os.unlink(path)


def help_(_):
    status, out, err = guest.run([guest.PROGRAM, "ctl", "--help"])
    assert (status, err) == (0, "")
    text = out.decode()
    assert all(f"\n  {name}" in text for name in rows())
    man = guest.run([guest.PROGRAM, "--man"])[1].decode()
    assert all(name.replace("-", "\\-") in man for name in rows())


def complete(words):
    """What bash offers behind @words."""
    script = subprocess.run([guest.PROGRAM, "--completion", "bash"], check=True,
                            stdout=subprocess.PIPE).stdout.decode()
    quoted = " ".join("'" + w + "'" for w in words)
    script += (f"\nCOMP_WORDS=({quoted})\nCOMP_CWORD={len(words) - 1}\n_hypar\n"
               'printf "%s\\n" "${COMPREPLY[@]}"\n')
    out = subprocess.run(["bash", "-u", "-c", script], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, cwd=guest.TOP, check=True)
    assert not out.stderr, out.stderr
    return out.stdout.decode().split()


def completion(_):
    assert complete(["hypar", ""])[:2] == ["run", "ctl"]
    with open(os.path.join(guest.TOP, "vmm/opt.def"), encoding="utf-8") as f:
        options = ["--" + n for n in re.findall(r'^OPT\(\w+,\s*"([^"]+)"', f.read(), re.M)]
    assert complete(["hypar", "run", "--"]) == options
    assert complete(["hypar", "run", "--mon"]) == ["--monitor"]
    assert complete(["hypar", "run", "--cpu", ""]) == ["power9", "power10"]
    assert complete(["hypar", "run", "--interrupt-controller", "xiv"]) == ["xive"]
    assert complete(["hypar", "run", "--console", ""]) == ["stdio", "pty", "unix:", "file:", "null"]
    assert complete(["hypar", "run", "--kernel", "README"]) == ["README.md"]
    assert complete(["hypar", "run", "--trace", "hcall,r"]) == ["hcall,rtas"]
    assert complete(["hypar", "ctl", "READ"]) == ["README.md"]
    assert complete(["hypar", "ctl", "s", ""]) == rows()
    assert complete(["hypar", "ctl", "--json", "s", "st"]) == ["status", "stop", "stats"]
    assert "GUEST_PANICKED" in complete(["hypar", "ctl", "s", "wait", ""])
    assert complete(["hypar", "ctl", "s", "trace", "o"]) == ["on", "off"]
    assert complete(["hypar", "ctl", "s", "trace", "on", "exc,i"]) == ["exc,insn", "exc,irq"]
    assert complete(["hypar", "ctl", "s", "--j"]) == ["--json"]
    assert complete(["hypar", "ctl", "s", "drc", "p"]) == ["phb", "pci", "pmem"]
    assert complete(["hypar", "ctl", "s", "--count", ""]) == []
    assert complete(["hypar", "ctl", "--at", "0", "s", "remove-m"]) == ["remove-memory"]


def tests():
    yield "ctl-tables", tables
    yield "ctl-json", as_json
    yield "ctl-wait", waits
    yield "ctl-refused", refused
    yield "ctl-other-server", other_server
    yield "ctl-help", help_
    yield "completion", completion
