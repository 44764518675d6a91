# SPDX-License-Identifier: Apache-2.0
"""How a run ends: exit statuses, signals, the time limit, what is printed."""
import os
import re
import signal
import time

from guest import LIMIT, command, read_until, run, start


def power_off(_):
    status, out, err = run(command(), b"abc q")
    assert (status, out, err) == (0, b"ready\r\nabc ", ""), (status, out, err)


def reboot(_):
    p = start(command())
    read_until(p.stdout.fileno(), b"ready")
    os.write(p.stdin.fileno(), b"1r")
    read_until(p.stdout.fileno(), b"ready")
    os.write(p.stdin.fileno(), b"2q")
    assert b"2" in p.communicate(timeout=LIMIT)[0] and p.returncode == 0


def os_term(_):
    status, out, err = run(command("--trace", "rtas"), b"o")
    assert status == 5, status
    assert "hypar: ibm,os-term: gone\n" in err, err
    assert re.search(r"^cpu0 nia [0-9a-f]{16} ", err, re.M), err
    assert "the last trace records" in err and err.count("ibm,os-term") >= 3, err


def checkstop(_):
    status, out, err = run(command("--smp", "2"), b"k")
    assert status == 4, status
    assert re.search(r"^hypar: checkstop: .*0x700", err, re.M), err
    assert re.search(r"^cpu0 .*^cpu1 ", err, re.M | re.S), err


def timeout(_):
    begin = time.monotonic()
    status, out, err = run(command("--timeout", "1", limit=False))
    assert status == 124 and 0.9 < time.monotonic() - begin < 5 + LIMIT, status
    assert err.count("\n") == 1 and "--timeout 1:" in err, err


def timeout_hung(_):
    status, _, err = run(command("--timeout=2", "--smp=2", limit=False), b"h")
    assert status == 124, (status, err)


def by_signals(signals, want):
    def test(_):
        p = start(command())
        read_until(p.stdout.fileno(), b"ready")
        for i, sig in enumerate(signals):
            if i:
                time.sleep(0.3)
                assert p.poll() is None, p.returncode
            p.send_signal(sig)
        err = p.communicate(timeout=LIMIT)[1].decode()
        assert p.returncode == want, (p.returncode, err)
        assert "SIGTERM" in err or signal.SIGTERM not in signals, err
    return test


def sigpipe(_):
    """Nobody reads the output: the machine goes on."""
    p = start(command("--timeout", "2", limit=False))
    read_until(p.stdout.fileno(), b"ready")
    p.stdout.close()
    os.write(p.stdin.fileno(), b"fabcq")
    assert p.wait(LIMIT) == 0, p.stderr.read()
    p.stderr.close()
    p.stdin.close()


def stats(_):
    status, _, err = run(command("--stats"), b"q")
    assert status == 0 and re.search(r"^instructions: \d+$", err, re.M), err


def trace(folder):
    path = os.path.join(folder, "trace")
    with open(path, "w") as f:
        f.write("old " * 100000)
    status, _, err = run(command("--trace", "hcall,rtas", "--trace-file", path), b"q")
    assert (status, err) == (0, ""), (status, err)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    assert "H_PUT_TERM_CHAR" in text and "power-off" in text and "old" not in text, text[-500:]
    status, _, err = run(command("--trace=hcall"), b"q")
    assert status == 0 and "H_PUT_TERM_CHAR" in err, err[-500:]


def trace_full(_):
    status, _, err = run(command("--trace", "hcall", "--trace-file", "/dev/full"), b"q")
    assert status == 1 and "--trace-file /dev/full" in err, (status, err)


def spellings(_):
    from guest import GUEST, PROGRAM
    for args in (["-kernel", GUEST, "-append", "", "-m", "512", "-smp", "cpus=2,threads=2"],
                 [f"--kernel={GUEST}", "--append=x=y", "-m", "size=512M", "--smp=4,threads=4"],
                 ["-m", "524288K", "-kernel", GUEST, "--rtc", "2026-11-20T12:00:00",
                  "--seed", "0xfF", "--cpu", "power9", "--interrupt-controller", "xics"],
                 ["-kernel", GUEST, "--rtc", "+5", "--seed", "18446744073709551615",
                  "--rtc=localtime"][:-1]):
        status, out, err = run([PROGRAM, "run", "--timeout", "20", *args], b"q")
        assert (status, out, err) == (0, b"ready\r\n", ""), (args, status, out, err)


def nvram(folder):
    path = os.path.join(folder, "nvram")
    assert run(command("--nvram", path), b"q")[0] == 0
    assert os.path.getsize(path) == 65536
    assert run(command("--nvram", path), b"q")[0] == 0


def no_stdin(_):
    """Standard input is closed: what is opened must not take its place."""
    p = start(command("--timeout", "1", limit=False), stdin=None, preexec_fn=lambda: os.close(0))
    out, err = p.communicate(timeout=LIMIT)
    assert p.returncode == 124 and out == b"ready\r\n", (p.returncode, out, err)


def tests():
    yield "power-off", power_off
    yield "reboot", reboot
    yield "os-term", os_term
    yield "checkstop", checkstop
    yield "timeout", timeout
    yield "timeout-hung-guest", timeout_hung
    yield "sigterm-twice", by_signals([signal.SIGTERM, signal.SIGTERM], 128 + 15)
    yield "sigint", by_signals([signal.SIGINT], 128 + 2)
    yield "sighup", by_signals([signal.SIGHUP], 128 + 1)
    yield "sigquit", by_signals([signal.SIGQUIT], 128 + 3)
    yield "sigpipe", sigpipe
    yield "stats", stats
    yield "trace", trace
    yield "trace-full-disk", trace_full
    yield "spellings", spellings
    yield "nvram", nvram
    yield "no-stdin", no_stdin
