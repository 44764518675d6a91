#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guest tpm.c with a real swtpm, and with TPMs that misbehave: slow, silent,
gone, too talkative. Ends with "N passed, N failed"."""
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tty

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HYPAR = os.environ.get("HYPAR", os.path.join(TOP, "o/rel/hypar"))
SLOW = float(os.environ.get("HYPAR_SLOW", "1"))
READ_OK = bytes.fromhex("80010000000a00000000")


class Guest:
    """press() types a letter and waits until it was obeyed."""

    kernel = "o/guest/tpm.elf"

    def __init__(self, *options):
        self.p = subprocess.Popen(
            [HYPAR, "run", "--kernel", self.kernel, "--memory", "512M", *options], cwd=TOP,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        self.text = ""
        self.more = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()
        self.wait("ready")

    def read(self):
        while True:
            piece = os.read(self.p.stdout.fileno(), 65536)
            with self.more:
                self.text += piece.decode("utf-8", "replace")
                if not piece:
                    self.text += "\n<end>\n"
                self.more.notify_all()
            if not piece:
                return

    def wait(self, what, times=1, seconds=60):
        end = time.monotonic() + seconds * SLOW
        with self.more:
            while self.text.count(what) < times and "<end>" not in self.text:
                left = end - time.monotonic()
                if left <= 0:
                    break
                self.more.wait(left)
            return self.text.count(what) >= times

    def type(self, letter):
        self.p.stdin.write(letter.encode())

    def press(self, letter):
        n = self.text.count(f"done {letter}")
        self.type(letter)
        return self.wait(f"done {letter}", n + 1)

    def end(self):
        """True: the guest found nothing wrong."""
        self.type("q")
        self.wait("<end>")
        status = self.p.wait(60 * SLOW)
        m = re.search(r"^end: (\d+) ok, (\d+) not ok", self.text, re.M)
        good = status == 0 and m is not None and m[2] == "0" and "Sanitizer" not in self.text
        if not good:
            for line in re.findall(r"^(?:not ok -.*(?:\n  .*)?|.*Sanitizer.*)", self.text, re.M) or \
                    self.text.splitlines()[-5:]:
                print("     | " + line)
        return good

    def kill(self):
        if self.p.poll() is None:
            self.p.kill()
        self.p.wait()


@contextlib.contextmanager
def guest(*options):
    g = Guest(*options)
    try:
        yield g
    finally:
        g.kill()


class Swtpm:
    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, "tpm")
        self.start()

    def start(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.p = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.folder}", "--server",
             f"type=unixio,path={self.path}", "--flags", "not-need-init,startup-clear"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20 * SLOW
        while not os.path.exists(self.path) and time.monotonic() < end:
            time.sleep(0.01)

    def kill(self):
        self.p.send_signal(signal.SIGKILL)
        self.p.wait()


class Fake:
    """A TPM that answers each command with what answer(connection) does."""

    def __init__(self, folder, answer):
        self.path = os.path.join(folder, f"fake{time.monotonic_ns()}")
        self.s = socket.socket(socket.AF_UNIX)
        self.s.bind(self.path)
        self.s.listen(8)
        self.sessions, self.commands, self.closed = 0, 0, 0
        self.answer = answer
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            c, _ = self.s.accept()
            self.sessions += 1
            threading.Thread(target=self.talk, args=(c,), daemon=True).start()

    def talk(self, c):
        with c, contextlib.suppress(OSError):
            while c.recv(4096):
                self.commands += 1
                if not self.answer(c):
                    break
        self.closed += 1


def in_pieces(c):
    for b in READ_OK:
        c.sendall(bytes([b]))
        time.sleep(0.002)
    return True


def sends(data, keep=True):
    def answer(c):
        c.sendall(data)
        return keep
    return answer


def device(fd):
    with contextlib.suppress(OSError):
        while os.read(fd, 4096):
            os.write(fd, READ_OK)


def with_swtpm(folder, check):
    t = Swtpm(folder)
    monitor = os.path.join(folder, "monitor")
    with guest("--tpm-comm", f"unix:{t.path}", "--monitor", f"unix:{monitor}") as g:
        check(g.press("a"), "swtpm: the statuses of the arguments")
        check(g.press("p"), "swtpm: PCRs, a sealed secret")
        check(g.press("c") and g.press("o"), "swtpm: a session closed, another opened")

        # paused in the middle of a command
        t.p.send_signal(signal.SIGSTOP)
        n = g.text.count("done o")
        g.type("o")
        time.sleep(0.3)
        ctl = [HYPAR, "ctl", monitor]
        ok = all(subprocess.run(ctl + [word], stdout=subprocess.DEVNULL,
                                timeout=20 * SLOW).returncode == 0
                 for word in ("stop", "status", "cont", "stop", "cont"))
        check(ok and not g.wait("done o", n + 1, 0.3), "swtpm: the machine pauses in a command")
        t.p.send_signal(signal.SIGCONT)
        check(g.wait("done o", n + 1), "swtpm: and the command is completed")

        # killed in the middle of a command
        t.p.send_signal(signal.SIGSTOP)
        n = g.text.count("done r")
        g.type("r")
        time.sleep(0.3)
        t.kill()
        check(g.wait("done r", n + 1), "swtpm killed in a command")
        check(g.press("r"), "swtpm is gone")
        t.start()
        check(g.press("o") and g.press("p"), "swtpm is back")

        # a reset in the middle of a command
        t.p.send_signal(signal.SIGSTOP)
        g.type("o")
        time.sleep(0.3)
        n = g.text.count("ready")
        subprocess.run(ctl + ["reset"], stdout=subprocess.DEVNULL, timeout=20 * SLOW, check=False)
        check(g.wait("ready", n + 1), "swtpm: a reset in a command")
        # this swtpm serves one connection after another; the old one's answer goes nowhere
        t.p.send_signal(signal.SIGCONT)
        check(g.press("o"), "swtpm: a session after the reset")
        check(g.end(), "swtpm: the guest's checks")
    t.kill()


def with_fakes(folder, check):
    cases = [
        ("in pieces", in_pieces, "oo", 1, 2),
        ("a byte too many", sends(READ_OK + b"x"), "rr", 2, 2),
        ("a size too large", sends(bytes.fromhex("80010000100100000000")), "rr", 2, 2),
        ("a size too small", sends(bytes.fromhex("80010000000900000000")), "rr", 2, 2),
        ("hangs up half-way", sends(READ_OK[:5], False), "rr", 2, 2),
        ("hangs up after the answer", sends(READ_OK, False), "oo", 2, 2),
        ("silent", lambda c: True, "r", 1, 1),
    ]
    for name, answer, keys, sessions, commands in cases:
        f = Fake(folder, answer)
        with guest("--tpm-comm", f"unix:{f.path},timeout=1") as g:
            ok = f.sessions == 0
            for k in keys:
                ok &= g.press(k)
                time.sleep(0.05)
            ok &= (f.sessions, f.commands) == (sessions, commands)
            check(g.end() and ok, f"a TPM that answers {name}: {f.sessions} sessions, "
                  f"{f.commands} commands")
    # a character device: raw, so that it carries any byte
    master, slave = os.openpty()
    tty.setraw(slave)
    threading.Thread(target=device, args=(master,), daemon=True).start()
    with guest("--tpm-comm", os.ttyname(slave)) as g:
        check(g.press("o") and g.press("c") and g.press("o") and g.end(), "a character device")
    with guest() as g:
        check(g.press("f") and g.end(), "no TPM")


def bad_options(folder, check):
    file = os.path.join(folder, "file")
    with open(file, "wb"):
        pass
    cases = [
        (f"unix:{folder}/nothing", "No such file"), (f"unix:{file}", "not a socket"),
        (file, "not a character device"), (folder, "not a character device"),
        ("unix:", "not the path of a socket"), (f"unix:{'x' * 200}", "not the path of a socket"),
        ("/dev/null,timeout=0", "timeout"), ("/dev/null,time=1", "unknown part"), ("", "empty"), (",timeout=5", "names no TPM"),
    ]
    for value, words in cases:
        p = subprocess.run([HYPAR, "run", "--kernel", "o/guest/tpm.elf", "--tpm-comm", value],
                           cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=20 * SLOW)
        text = p.stdout.decode()
        check(p.returncode and "--tpm-comm" in text and words in text,
              f"--tpm-comm {os.path.basename(value)[:30]}: {text.strip()[-60:]}")


def main():
    results = []

    def check(ok, name):
        print(f"{'ok' if ok else 'FAIL':4} {name}", flush=True)
        results.append(bool(ok))

    with tempfile.TemporaryDirectory(prefix="hypar-tpm-") as folder:
        with_swtpm(folder, check)
        with_fakes(folder, check)
        bad_options(folder, check)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return not all(results)


if __name__ == "__main__":
    sys.exit(main())
