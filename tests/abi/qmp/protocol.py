# SPDX-License-Identifier: Apache-2.0
"""The protocol: negotiation, messages good and bad, several clients, bounds."""
import json
import os
import re
import socket
import time

import guest
from client import Client, Machine


def rows():
    with open(os.path.join(guest.TOP, "vmm/mon.def"), encoding="utf-8") as f:
        return re.findall(r'^MON\(\w+,\s*"([^"]+)",\s*"([^"]*)"', f.read(), re.M)


def negotiation(folder):
    with Machine(folder) as m:
        c = m.client(negotiate=False)
        c.refused("query-status", "CommandNotFound")
        c.refused("qmp_capabilities", enable=["oob"])
        c.refused("query-status", "CommandNotFound")
        assert c.execute("qmp_capabilities", enable=[]) == {}
        c.refused("qmp_capabilities", "CommandNotFound")
        assert c.execute("query-status") == {"status": "running", "running": True}
        assert m.client(negotiate=False).greeting == c.greeting


def ids(folder):
    with Machine(folder) as m:
        c = m.client()
        for want in (0, -1, "x", None, [1, {"a": []}], {"b": 2.5}, True, "\u00e9\U0001f600"):
            c.send(json.dumps({"id": want, "execute": "query-name"}).encode())
            o = c.answer()
            assert "id" in o and o["id"] == want and o["return"] == {}, o
            c.send(json.dumps({"id": want, "execute": "nope"}).encode())
            assert c.answer()["id"] == want
        c.send(b'{"execute":"query-name"}')
        assert c.answer() == {"return": {}}


def streams(folder):
    """Messages split anywhere, several at once, over several lines."""
    with Machine(folder) as m:
        c = m.client()
        for byte in b'{ "execute" :\r\n\t"query-kvm" , "id": "a}\\"]{" }':
            c.send(bytes([byte]))
        assert c.answer() == {"return": {"enabled": False, "present": False}, "id": 'a}"]{'}
        c.send(b"".join(b'{"execute":"query-name","id":%d}' % i for i in range(3000)))
        assert [c.answer()["id"] for _ in range(3000)] == list(range(3000))


BAD = [
    # what is sent, what the description has to say
    (b"hello\n", "not JSON"),
    (b"1 2 3\n", "not JSON"),
    (b"}\n", "not JSON"),
    (b'{"execute":"query-name"]\n', "not JSON"),
    (b'{"execute" "query-name"}\n', "not JSON"),
    (b'{"execute":"query-name",}\n', "not JSON"),
    (b"{'execute':'query-name'}\n", "not JSON"),
    (b'{"execute":"query-name","execute":"stop"}\n', "duplicate"),
    (b'{"execute":"\xff"}\n', "not JSON"),
    (b'{"execute":"a\tb"}\n', "control"),
    (b"{\"execute\":\"query-name\n", "control"),
    (b'{"execute":"\\u0000"}\n', "not JSON"),
    (b"[]\n", "object"),
    (b"{}\n", "execute"),
    (b'{"execute":1}\n', "execute"),
    (b'{"exec-oob":"query-name"}\n', "exec-oob"),
    (b'{"execute":"query-name","arguments":[]}\n', "arguments"),
    (b'{"execute":"query-name","arguments":{"x":1}}\n', '"x"'),
    (b'{"execute":"human-monitor-command"}\n', "command-line"),
    (b'{"execute":"human-monitor-command","arguments":{"command-line":1}}\n', "string"),
    (b'{"execute":"x-hypar-registers","arguments":{"cpu":-1}}\n', "not negative"),
    (b'{"execute":"x-hypar-registers","arguments":{"cpu":1.5}}\n', "not negative"),
    (b'{"execute":"x-hypar-registers","arguments":{"cpu":1e99}}\n', "not negative"),
    (b'{"execute":"x-hypar-registers","arguments":{"cpu":99999999999999999999}}\n', "not JSON"),
    (b'{"execute":"x-hypar-disassemble","arguments":{"address":"xyz"}}\n', "address"),
    (b'{"execute":"x-hypar-disassemble","arguments":{"address":"0x10000000000000000"}}\n',
     "address"),
    (b"[" * 65 + b"]" * 65 + b"\n", "64 brackets"),
    (b"[" * 1000000 + b"\n", "64 brackets"),
    (b'{"execute":"' + b"x" * 300000 + b'"}\n', "256 KiB"),
    (b'{"a":[' + b"1," * 200000 + b"1]}\n", "256 KiB"),
]


def bad_json(folder):
    """One error each; then the same client goes on, and so does the guest."""
    with Machine(folder) as m:
        c = m.client()
        for data, want in BAD:
            c.send(data)
            o = c.answer()
            assert "error" in o and want in o["error"]["desc"], (data[:80], o)
            assert c.execute("query-name") == {}, data[:80]
        m.type(b"x")
        m.until(b"x")


def half_message(folder):
    """A client that leaves in the middle, or closes one direction only."""
    with Machine(folder) as m:
        for data in (b"", b'{"execute', b'{"execute":"stop', b'{"execute":"query-name"}' * 100):
            c = m.client()
            c.send(data)
            c.close()
        c = m.client()
        c.send(b'{"execute":"query-name","id":1}')
        c.sock.shutdown(socket.SHUT_WR)
        assert c.answer() == {"return": {}, "id": 1}
        try:
            raise AssertionError(c.message())
        except EOFError:
            pass
        assert m.client().execute("query-status")["running"]


def several(folder):
    """All clients hear all events; those that did not negotiate hear none."""
    with Machine(folder) as m:
        clients = [m.client() for _ in range(5)]
        silent = m.client(negotiate=False)
        for _ in range(3):
            clients[1].execute("stop")
            clients[2].execute("cont")
        for c in clients:
            for _ in range(3):
                c.wait_event("STOP")
                c.wait_event("RESUME")
        silent.refused("stop", "CommandNotFound")
        assert not silent.events
        more = [m.client(negotiate=False) for _ in range(10)]
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(guest.LIMIT)
        s.connect(m.path)
        text = s.makefile("rb").read()
        assert b"16 clients" in text, text
        for c in more:
            c.close()
        time.sleep(0.2)
        m.client().execute("query-name")


def deaf(folder):
    """A client that never reads is dropped or waited for; nobody else notices."""
    with Machine(folder) as m:
        lazy = m.client()
        lazy.sock.setblocking(False)
        c = m.client()
        # of commands, no more are taken while their answers lie there
        try:
            while True:
                lazy.send(b'{"execute":"query-commands"}' * 1000)
        except BlockingIOError:
            pass
        assert c.execute("query-status")["running"]
        # of events, it is dropped when a megabyte waits: its end is closed then
        for i in range(40000):
            c.execute("stop")
            c.execute("cont")
            c.events.clear()
            if i % 500 == 499 and gone(lazy.sock):
                break
        else:
            raise AssertionError("the client is still there")
        m.type(b"x")
        m.until(b"x")


def gone(sock):
    try:
        sock.send(b" ")
    except BlockingIOError:
        return False
    except OSError:
        return True
    return False


def bytes_at_random(folder):
    """Bytes that are no messages, from several clients at once."""
    import random
    r = random.Random(5)
    with Machine(folder) as m:
        words = [b'{"execute":', b'"stop"', b'"cont"', b"}", b"{", b"[", b"]", b'"', b"\\", b"\n",
                 b'"arguments":', b'{"cpu":0}', b",", b"1", b"\x00", b"\xff", b'"id":[]',
                 b'"x-hypar-registers"', b'"qmp_capabilities"', b" "]
        for _ in range(30):
            clients = [Client(m.path, negotiate=r.random() < 0.7) for _ in range(3)]
            for c in clients:
                c.send(b"".join(r.choice(words) for _ in range(r.randrange(2000))))
            for c in clients:
                c.close()
        c = m.client()
        c.execute("cont")
        assert c.execute("query-status")["running"]


def commands(folder):
    """query-commands and the table agree; each command answers something."""
    with Machine(folder) as m:
        c = m.client()
        names = {o["name"] for o in c.execute("query-commands")}
        assert names == {name for name, _ in rows()}, names
        for name in sorted(names - {"quit", "qmp_capabilities", "system_reset", "inject-nmi",
                                    "human-monitor-command", "system_powerdown"}):
            if re.search(r":[a-z](?!\?)", dict(rows())[name]):
                assert "missing" in c.refused(name)
            elif name == "x-hypar-remove-memory":
                c.refused(name)
            else:
                c.execute(name)
        with open(os.path.join(guest.TOP, "docs/howto/control.md"), encoding="utf-8") as f:
            text = f.read()
        for name in names:
            assert f"`{name}`" in text, f"docs/howto/control.md has no {name}"


def tests():
    yield "negotiation", negotiation
    yield "ids", ids
    yield "streams", streams
    yield "bad-json", bad_json
    yield "half-message", half_message
    yield "several-clients", several
    yield "deaf-client", deaf
    yield "bytes-at-random", bytes_at_random
    yield "commands", commands
