# SPDX-License-Identifier: Apache-2.0
"""Each kind of console, and the terminal's state and keys through a pty."""
import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import time

from guest import LIMIT, command, flood, read_until, run, start


# ---- standard input and output ----

def pipes_whole(_):
    """A reader slower than the guest loses nothing."""
    p = start(command())
    os.write(p.stdin.fileno(), b"f")
    time.sleep(0.5)
    data = read_until(p.stdout.fileno(), b"done\r\n")
    os.write(p.stdin.fileno(), b"q")
    assert p.wait(LIMIT) == 0
    p.communicate()
    assert data == b"ready\r\n" + flood() + b"done\r\n", (len(data), data[:64])


def pipes_input(_):
    """More input than the guest's buffer holds, and its end."""
    text = b"0123456789ABCDEF" * 4096
    status, out, _ = run(command(), text + b"q")
    assert status == 0 and out == b"ready\r\n" + text, (status, len(out))


def socket_output(_):
    ours, theirs = socket.socketpair()
    p = start(command(), stdout=theirs)
    theirs.close()
    read_until(ours.fileno(), b"ready")
    os.write(p.stdin.fileno(), b"f")
    data = read_until(ours.fileno(), b"done\r\n")
    p.stdin.write(b"q")
    p.communicate(timeout=LIMIT)
    ours.close()
    assert p.returncode == 0 and data.lstrip(b"\r\n") == flood().lstrip(b"\r\n") + b"done\r\n", len(data)


# ---- null and file ----

def null(_):
    p = start(command("--console", "null", "--timeout", "1", limit=False))
    out, err = p.communicate(b"q", timeout=LIMIT)
    assert p.returncode == 124 and out == b"", (p.returncode, out, err)


def to_file(folder):
    path = os.path.join(folder, "log")
    with open(path, "wb") as f:
        f.write(b"x" * 1000)
    status, out, _ = run(command("--console", "file:" + path, "--timeout", "1", limit=False), b"q")
    with open(path, "rb") as f:
        text = f.read()
    assert (status, out, text) == (124, b"", b"ready\r\n"), (status, out, text)


def full_file(_):
    status, _, err = run(command("--console", "file:/dev/full", "--timeout", "1", limit=False))
    assert status == 124 and "--console file:/dev/full: No space" in err, (status, err)


# ---- socket ----

def connect(path, p):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end and p.poll() is None:
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(path)
            return s
        except OSError:
            s.close()
            time.sleep(0.05)
    raise TimeoutError(f"no connection, {p.poll()} {p.stderr.read()}")


def ask(s, what, answer):
    s.sendall(what)
    return read_until(s.fileno(), answer)


def unix(folder):
    path = os.path.join(folder, "s")
    p = start(command("--console", "unix:" + path))
    with connect(path, p) as s:
        assert os.stat(path).st_mode & 0o777 == 0o600
        ask(s, b"abc", b"abc")
        with connect(path, p) as second:
            read_until(second.fileno(), b"client already")
        ask(s, b"xyz", b"xyz")
    with connect(path, p) as s:
        ask(s, b"again", b"again")
        s.shutdown(socket.SHUT_WR)
        s.settimeout(0.3)
    with connect(path, p) as s:
        s.sendall(b"q")
        assert p.wait(LIMIT) == 0
    assert p.communicate() == (b"", b"") and not os.path.exists(path)


def unix_stalled(folder):
    """A client that does not read does not stop the guest."""
    path = os.path.join(folder, "s")
    p = start(command("--console", "unix:" + path))
    with connect(path, p) as s:
        ask(s, b"a", b"a")
        s.sendall(b"f")
        time.sleep(1)
        s.sendall(b"q")
        assert p.wait(LIMIT) == 0, "the guest waits for the client"
    p.communicate()


def unix_dropped(folder):
    """Nothing of what was written without a client, nor for the one before."""
    path = os.path.join(folder, "s")
    p = start(command("--console", "unix:" + path))
    with connect(path, p) as s:
        ask(s, b"a", b"a")
        s.sendall(b"f")
    time.sleep(0.7)
    with connect(path, p) as s:
        time.sleep(0.3)
        data = ask(s, b"z", b"z")
        assert data == b"z", data[:100]
        s.sendall(b"q")
        assert p.wait(LIMIT) == 0
    p.communicate()


def unix_stale(folder):
    """The socket of a run that was killed is replaced."""
    path = os.path.join(folder, "s")
    p = start(command("--console", "unix:" + path))
    connect(path, p).close()
    p.kill()
    p.communicate()
    assert os.path.exists(path)
    p = start(command("--console", "unix:" + path))
    with connect(path, p) as s:
        ask(s, b"a", b"a")
        s.sendall(b"q")
        assert p.wait(LIMIT) == 0
    p.communicate()


# ---- pseudo-terminal ----

def pseudo(_):
    p = start(command("--console", "pty"))
    line = read_until(p.stderr.fileno(), b"\n").decode()
    name = re.search(r"the console is (/dev/\S+)", line)[1]
    for text in (b"abc", b"again"):
        fd = os.open(name, os.O_RDWR | os.O_NOCTTY)
        time.sleep(0.4)
        os.write(fd, text + b"\x01")
        read_until(fd, text + b"\x01")
        os.close(fd)
        time.sleep(0.4)
    fd = os.open(name, os.O_RDWR | os.O_NOCTTY)
    time.sleep(0.4)
    os.write(fd, b"f")
    time.sleep(1)
    os.write(fd, b"q")
    assert p.wait(LIMIT) == 0, "the guest waits for the reader"
    os.close(fd)
    p.communicate()


# ---- the user's terminal ----

class Terminal:
    """hypar as the foreground job of a session of its own."""

    def __init__(self, *options, limit=True):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.proc = subprocess.Popen(command(*options, limit=limit), stdin=self.slave,
                                     stdout=self.slave, stderr=self.slave,
                                     start_new_session=True, preexec_fn=self.control)
        self.saw = self.until(b"ready")

    def control(self):
        import fcntl
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def until(self, text):
        return read_until(self.master, text)

    def type(self, keys):
        os.write(self.master, keys)

    def is_raw(self):
        mode = termios.tcgetattr(self.slave)
        return not mode[3] & (termios.ICANON | termios.ECHO | termios.ISIG) and \
            not mode[1] & termios.OPOST

    def end(self, want):
        end = time.monotonic() + LIMIT
        rest = b""
        while self.proc.poll() is None and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                rest += os.read(self.master, 65536)
        while select.select([self.master], [], [], 0)[0]:
            rest += os.read(self.master, 65536)
        after = termios.tcgetattr(self.slave)
        if self.proc.poll() is None:
            self.proc.kill()
        status = self.proc.wait()
        os.close(self.master)
        os.close(self.slave)
        assert status == want, (status, rest[-500:])
        assert after == self.before, "the terminal is not as it was"
        return rest


def keys(_):
    t = Terminal()
    assert b"Ctrl-A x quits" in t.saw and t.is_raw(), t.saw
    t.type(b"\x01h")
    text = t.until(b"to the guest")
    assert text.count(b"\r\n") >= 2 and b"\n" not in text.replace(b"\r\n", b""), text
    t.type(b"\x03\x1a\x04\x1c\x7f\r\n")       # keys that a cooked terminal would eat
    t.until(b"\x03\x1a\x04\x1c\x7f\r\n")
    t.type(b"a\x01\x01b\x01ac")
    t.until(b"a\x01b\x01c")
    t.type(b"\x01?")
    t.until(b"to the guest")
    t.type(b"\x01zd")                            # not a key: nothing is sent
    t.until(b"d")
    t.type(b"\x01")
    time.sleep(0.2)
    t.type(b"x")
    t.end(3)


def quit_hung(_):
    """A guest that reads nothing, and a lot typed for it."""
    t = Terminal()
    t.type(b"h")
    time.sleep(0.3)
    for _ in range(60):
        t.type(b"x" * 2000)
    time.sleep(0.2)
    t.type(b"\x01x")
    t.end(3)


def restored(how, want):
    def test(_):
        t = Terminal()
        assert t.is_raw()
        how(t)
        t.end(want)
    return test


def suspended(_):
    t = Terminal()
    t.proc.send_signal(signal.SIGTSTP)
    for _ in range(100):
        time.sleep(0.05)
        with open(f"/proc/{t.proc.pid}/stat", encoding="utf-8") as f:
            if f.read().split(")")[1].split()[0] == "T":
                break
    else:
        raise AssertionError("not stopped")
    assert termios.tcgetattr(t.slave) == t.before
    t.proc.send_signal(signal.SIGCONT)
    for _ in range(100):
        time.sleep(0.05)
        if t.is_raw():
            break
    else:
        raise AssertionError("not raw again")
    t.type(b"abc")
    t.until(b"abc")
    t.type(b"q")
    t.end(0)


def twice(t):
    t.proc.send_signal(signal.SIGTERM)
    t.until(b"once more stops it\r\n")
    t.proc.send_signal(signal.SIGTERM)


def tests():
    yield "stdio-keeps-output", pipes_whole
    yield "stdio-keeps-input", pipes_input
    yield "stdio-socket", socket_output
    yield "null", null
    yield "file", to_file
    yield "file-full-disk", full_file
    yield "unix", unix
    yield "unix-stalled-client", unix_stalled
    yield "unix-no-client", unix_dropped
    yield "unix-stale-socket", unix_stale
    yield "pty", pseudo
    yield "terminal-keys", keys
    yield "terminal-quit-hung", quit_hung
    yield "terminal-suspended", suspended
    yield "terminal-after-power-off", restored(lambda t: t.type(b"q"), 0)
    yield "terminal-after-os-term", restored(lambda t: t.type(b"o"), 5)
    yield "terminal-after-sigterm", restored(twice, 128 + 15)
    yield "terminal-after-sigint", restored(lambda t: t.proc.send_signal(signal.SIGINT), 128 + 2)
    for sig in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
        yield f"terminal-after-{sig.name.lower()}", \
            restored(lambda t, s=sig: t.proc.send_signal(s), -sig)
