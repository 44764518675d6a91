#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The other side of the guest console.c: types, does not read for a while,
sends SIGTERM. Ends with "N passed, N failed"."""
import os
import re
import select
import signal
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HYPAR = os.environ.get("HYPAR", os.path.join(TOP, "o/rel/hypar"))
SLOW = float(os.environ.get("HYPAR_SLOW", "1"))
FLOOD = 400 << 10


class Guest:
    def __init__(self, name, *args):
        self.text = b""
        self.p = subprocess.Popen(
            [HYPAR, "run", "--kernel", f"o/guest/{name}.elf", *args], cwd=TOP, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def until(self, pattern, limit=20):
        """Reads until @pattern; False: late or the end."""
        end = time.monotonic() + limit * SLOW
        while not re.search(pattern, self.text, re.M):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.p.stdout], [], [], left)[0]:
                return False
            piece = os.read(self.p.stdout.fileno(), 65536)
            if not piece:
                return False
            self.text += piece
        return True

    def type(self, data):
        self.p.stdin.write(data)

    def ended(self, limit=20):
        """Exit status, or None when late."""
        self.until(rb"(?!)", limit)
        try:
            return self.p.wait(limit * SLOW)
        except subprocess.TimeoutExpired:
            return None

    def stop(self):
        if self.p.poll() is None:
            self.p.kill()
        self.p.wait()


def checksum(data):
    value = 0
    for b in data:
        value = (value * 31 + b) & 0xffffffff
    return value


def mode(name, check):
    g = Guest("console", "--interrupt-controller", name)
    try:
        check(g.until(rb"^ready"), f"console {name}: the guest is ready")
        for size in (1, 15, 16, 17, 300, 20000):
            data = bytes(97 + i % 5 for i in range(size - 1)) + b"q"
            g.type(data)
            want = b"got %d bytes, sum %d" % (size, checksum(data))
            check(g.until(re.escape(want)), f"console {name}: {size} bytes typed")
        g.type(b"f")
        time.sleep(1)  # reads nothing: pipe and buffers fill
        check(g.until(rb"^busy some times"), f"console {name}: H_PUT_TERM_CHAR answered H_BUSY")
        check(g.text.count(b".") >= FLOOD // 16 * 15, f"console {name}: nothing of the flood is lost")
        g.p.send_signal(signal.SIGTERM)
        check(g.until(rb"^end: "), f"console {name}: SIGTERM is an EPOW event")
        status = g.ended()
        check(b"not ok -" not in g.text and status == 0,
              f"console {name}: the guest powers off, status {status}")
        for line in re.findall(rb"^not ok -.*(?:\n  .*)?", g.text, re.M):
            print("     | " + line.decode("utf-8", "replace"))
    finally:
        g.stop()


def no_answer(check):
    g = Guest("hang_self")
    try:
        check(g.until(rb"^loops"), "SIGTERM: the guest loops")
        g.p.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        check(g.p.poll() is None, "SIGTERM: the first one asks")
        g.p.send_signal(signal.SIGTERM)
        check(g.ended(10) == 128 + signal.SIGTERM, "SIGTERM: the second one stops the machine")
    finally:
        g.stop()


def main():
    results = []

    def check(ok, name):
        print(f"{'ok' if ok else 'FAIL':4} {name}", flush=True)
        results.append(bool(ok))

    mode("xics", check)
    mode("xive", check)
    no_answer(check)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return not all(results)


if __name__ == "__main__":
    sys.exit(main())
