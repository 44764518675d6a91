# SPDX-License-Identifier: Apache-2.0
"""Builds the guest console.S and starts hypar with it."""
import os
import re
import select
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(os.environ.get("HYPAR", os.path.join(TOP, "o/rel/hypar")))
OUT = os.path.join(TOP, "o", "test", "cli")
GUEST = os.path.join(OUT, "console.elf")
SLOW = float(os.environ.get("HYPAR_SLOW", "1"))
LIMIT = 20 * SLOW


def tokens():
    """The RTAS tokens that the guest needs, from the table."""
    with open(os.path.join(TOP, "src/papr/rtas/rtas.def"), encoding="utf-8") as f:
        rows = dict(re.findall(r'^RTAS\("([^"]+)",\s*(0x[0-9a-f]+)', f.read(), re.M))
    for name in ("power-off", "system-reboot", "ibm,os-term"):
        yield "-DRTAS_%s=%s" % (re.sub(r"\W", "_", name.replace("ibm,", "")).upper(), rows[name])


def build():
    os.makedirs(OUT, exist_ok=True)
    cross = os.environ.get("CROSS", "powerpc64le-linux-gnu-")
    subprocess.run([cross + "gcc", "-mbig", "-mabi=elfv2", "-Wa,-many", "-nostdlib", "-static",
                    "-no-pie", "-Wl,--build-id=none", "-Wl,-z,max-page-size=4096",
                    "-Wl,-T," + os.path.join(TOP, "tests/guest/guest.ld"),
                    "-Wl,--no-warn-rwx-segments", *tokens(), "-o", GUEST,
                    os.path.join(HERE, "console.S")], check=True)


def command(*options, kernel=GUEST, limit=True, memory="512M"):
    return [PROGRAM, "run", "--kernel", kernel, "--memory", memory] + \
        (["--timeout", str(int(LIMIT))] if limit else []) + list(options)


def run(args, stdin=b"", **kw):
    """Runs to the end: (status, standard output, standard error)."""
    p = subprocess.run(args, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=2 * LIMIT, cwd=TOP, **kw)
    return p.returncode, p.stdout, p.stderr.decode("utf-8", "replace")


def start(args, **kw):
    kw = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kw}
    return subprocess.Popen(args, cwd=TOP, **kw)


def read_until(fd, text, limit=None):
    """What comes from the file descriptor up to @text; EOFError, TimeoutError."""
    data = b""
    end = time.monotonic() + (limit or LIMIT)
    while text not in data:
        left = end - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            raise TimeoutError(f"no {text!r} in {data[-300:]!r}")
        try:
            piece = os.read(fd, 65536)
        except BlockingIOError:
            continue
        except OSError:
            piece = b""
        if not piece:
            raise EOFError(f"end before {text!r}, after {data[-300:]!r}")
        data += piece
    return data


def flood():
    """What the guest writes for "f"."""
    return b"".join(i.to_bytes(8, "big") + (i ^ (1 << 64) - 1).to_bytes(8, "big")
                    for i in range(65536))
