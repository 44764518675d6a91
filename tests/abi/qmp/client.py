# SPDX-License-Identifier: Apache-2.0
"""A QMP client written from the protocol's specification, and a machine to talk
to. It checks each message's form as it comes."""
import json
import os
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "cli"))
import guest  # noqa: E402

CLASSES = {"GenericError", "CommandNotFound", "DeviceNotActive", "DeviceNotFound",
           "KVMMissingCap"}


class QmpError(Exception):
    def __init__(self, error):
        super().__init__(f"{error['class']}: {error['desc']}")
        self.error_class = error["class"]


class Client:
    """Reads by messages; events are kept in order, in self.events."""

    def __init__(self, path, negotiate=True):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(guest.LIMIT)
        self.sock.connect(path)
        self.data = b""
        self.events = []
        self.n = 0
        self.greeting = self.message()
        qmp = self.greeting["QMP"]
        assert set(self.greeting) == {"QMP"} and set(qmp) == {"version", "capabilities"}, qmp
        assert qmp["capabilities"] == [], qmp
        assert all(isinstance(qmp["version"]["qemu"][k], int)
                   for k in ("major", "minor", "micro")), qmp
        if negotiate:
            assert self.execute("qmp_capabilities") == {}

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.sock.sendall(data)

    def message(self):
        """The next message, an object on a line; EOFError: closed."""
        while b"\n" not in self.data:
            piece = self.sock.recv(65536)
            if not piece:
                raise EOFError("the monitor hung up")
            self.data += piece
        line, self.data = self.data.split(b"\n", 1)
        o = json.loads(line.decode("utf-8"))
        assert isinstance(o, dict) and len(o.keys() & {"QMP", "return", "error", "event"}) == 1, o
        if "error" in o:
            assert set(o["error"]) == {"class", "desc"} and o["error"]["class"] in CLASSES, o
            assert o["error"]["desc"], o
        if "event" in o:
            stamp = o["timestamp"]
            assert set(stamp) == {"seconds", "microseconds"} and "id" not in o, o
            assert abs(stamp["seconds"] - time.time()) < 120 * guest.SLOW, o
            assert 0 <= stamp["microseconds"] < 1000000, o
        return o

    def answer(self):
        """The next message that is no event."""
        while True:
            o = self.message()
            if "event" not in o:
                return o
            self.events.append(o)

    def execute(self, command, **arguments):
        self.n += 1
        m = {"execute": command, "id": self.n}
        if arguments:
            m["arguments"] = {k.replace("_", "-"): v for k, v in arguments.items()}
        self.send(json.dumps(m).encode() + b"\n")
        o = self.answer()
        assert o.get("id") == self.n, o
        if "error" in o:
            raise QmpError(o["error"])
        return o["return"]

    def refused(self, command, error_class="GenericError", **arguments):
        """It fails, and with that class; the description."""
        try:
            got = self.execute(command, **arguments)
        except QmpError as e:
            assert e.error_class == error_class, e
            return str(e)
        raise AssertionError(f"{command} {arguments} was answered {got}")

    def wait_event(self, name):
        while True:
            for i, o in enumerate(self.events):
                if o["event"] == name:
                    del self.events[:i + 1]
                    return o
            o = self.message()
            assert "event" in o, o
            self.events.append(o)


class Machine:
    """hypar with a monitor; its console is pipes."""

    def __init__(self, folder, *options, ready=b"ready", **kw):
        self.path = os.path.join(folder, "monitor")
        self.process = guest.start(guest.command("--monitor", "unix:" + self.path, *options, **kw))
        try:
            self.until(ready, 60 * guest.SLOW)
        except EOFError:
            raise AssertionError(self.process.stderr.read()) from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def client(self, **kw):
        return Client(self.path, **kw)

    def type(self, text):
        os.write(self.process.stdin.fileno(), text)

    def until(self, text, limit=None):
        return guest.read_until(self.process.stdout.fileno(), text, limit)

    def ends(self):
        """The exit status."""
        return self.process.wait(guest.LIMIT)

    def ctl(self, *words):
        return guest.run([guest.PROGRAM, "ctl", self.path, *words])
