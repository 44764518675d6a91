# SPDX-License-Identifier: Apache-2.0
"""GDB's remote serial protocol, the side of the debugger."""
import re
import select
import socket
import time
import xml.etree.ElementTree as ET


class Client:
    def __init__(self, address, limit, acks=False):
        self.limit = limit
        end = time.monotonic() + limit
        while True:
            family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
            self.sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                self.sock.connect(address)
                break
            except OSError:
                self.sock.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        self.data = b""
        self.acks = True
        self.regs = {}
        if not acks:
            assert self.ask("QStartNoAckMode") == "OK"
            self.acks = False

    # ---- bytes ----

    def byte(self, limit=None):
        if not self.data:
            if not select.select([self.sock], [], [], limit or self.limit)[0]:
                raise TimeoutError("no answer")
            self.data = self.sock.recv(65536)
            if not self.data:
                raise EOFError("connection closed")
        c, self.data = self.data[:1], self.data[1:]
        return c

    def raw(self, data):
        self.sock.sendall(data)

    @staticmethod
    def frame(data):
        data = data if isinstance(data, bytes) else data.encode()
        return b"$" + data + b"#%02x" % (sum(data) & 255)

    def send(self, data):
        self.raw(self.frame(data))
        if self.acks:
            c = self.byte()
            assert c == b"+", c

    def receive(self, limit=None):
        """The next packet's data, unescaped."""
        while True:
            c = self.byte(limit)
            if c == b"$":
                break
            assert c in b"+", f"{c!r} between packets"
        body = b""
        while True:
            c = self.byte(limit)
            if c == b"#":
                break
            body += c
        told = int(self.byte() + self.byte(), 16)
        assert told == sum(body) & 255, "wrong sum"
        if self.acks:
            self.raw(b"+")
        return re.sub(rb"}(.)", lambda m: bytes([m[1][0] ^ 0x20]), body, flags=re.S).decode("latin-1")

    def ask(self, data, limit=None):
        self.send(data)
        return self.receive(limit)

    def ok(self, data):
        answer = self.ask(data)
        assert answer == "OK", f"{data!r}: {answer!r}"

    def error(self, data):
        answer = self.ask(data)
        assert re.fullmatch("E[0-9a-f]{2}", answer), f"{data!r}: {answer!r}, want an error"

    def close(self):
        self.sock.close()

    # ---- registers and memory ----

    def document(self, annex, size=600):
        text = ""
        while True:
            part = self.ask(f"qXfer:{annex}:{len(text):x},{size:x}")
            assert part[0] in "ml", part[:40]
            text += part[1:]
            if part[0] == "l":
                return text

    def description(self):
        root = ET.fromstring(self.document("features:read:target.xml"))
        self.regs = {r.get("name"): (int(r.get("regnum")), int(r.get("bitsize")), f.get("name"))
                     for f in root.iter("feature") for r in f.iter("reg")}
        return root

    def order(self, little):
        self.endian = "little" if little else "big"
        self.description()

    def get(self, name):
        answer = self.ask(f"p{self.regs[name][0]:x}")
        assert len(answer) * 4 == self.regs[name][1], f"{name}: {answer}"
        return int.from_bytes(bytes.fromhex(answer), self.endian)

    def put(self, name, value):
        n = self.regs[name][1] // 8
        self.ok(f"P{self.regs[name][0]:x}={value.to_bytes(n, self.endian).hex()}")

    def read(self, at, n):
        answer = self.ask(f"m{at:x},{n:x}")
        assert not answer.startswith("E"), answer
        return bytes.fromhex(answer)

    def write(self, at, data):
        self.ok(f"M{at:x},{len(data):x}:{data.hex()}")

    def u64(self, at):
        return int.from_bytes(self.read(at, 8), self.endian)

    # ---- running ----

    @staticmethod
    def parse(reply):
        assert reply[0] == "T", reply
        out = {"signal": int(reply[1:3], 16)}
        for part in reply[3:].split(";"):
            if part:
                key, _, value = part.partition(":")
                out[key] = value
        out["thread"] = int(out["thread"], 16)
        return out

    def go(self, what="vCont;c", limit=None):
        return self.parse(self.ask(what, limit))

    def interrupt(self):
        self.raw(b"\x03")
        return self.parse(self.receive())

    def command(self, line):
        """The text that "monitor LINE" prints."""
        self.send("qRcmd," + line.encode().hex())
        text = ""
        while True:
            answer = self.receive()
            if not answer.startswith("O") or answer == "OK":
                assert answer == "OK", answer
                return text
            text += bytes.fromhex(answer[1:]).decode()
