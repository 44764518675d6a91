#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guests vio.c and vio_be.c with a disk and a second terminal: types there,
looks at what the guest wrote. Ends with "N passed, N failed"."""
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HYPAR = os.environ.get("HYPAR", os.path.join(TOP, "o/rel/hypar"))
SLOW = float(os.environ.get("HYPAR_SLOW", "1"))
DISK = 1 << 20


def talk(path, got):
    """The other side of the second terminal."""
    end = time.monotonic() + 20 * SLOW
    while time.monotonic() < end:
        try:
            s = socket.socket(socket.AF_UNIX)
            s.connect(path)
            break
        except OSError:
            time.sleep(0.02)
    else:
        return
    with s:
        # what is typed before the machine's first reset is lost, so it is typed again
        s.settimeout(0.2)
        while time.monotonic() < end + 40 * SLOW:
            try:
                if not got:
                    s.sendall(b"x")
                piece = s.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                return
            if not piece:
                return
            got.append(piece)


def one(name, check):
    with tempfile.TemporaryDirectory(prefix="hypar-vio-") as folder:
        disk, sock = os.path.join(folder, "disk"), os.path.join(folder, "vty")
        with open(disk, "wb") as f:
            f.truncate(DISK)
        got = []
        t = threading.Thread(target=talk, args=(sock, got), daemon=True)
        t.start()
        try:
            p = subprocess.run(
                [HYPAR, "run", "--kernel", f"o/guest/{name}.elf", "--interrupt-controller", "xics",
                 "--disk", f"file={disk},if=vscsi", "--net", "user,if=veth",
                 "--device", f"vty,chardev=unix:{sock}"],
                cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=60 * SLOW)
            text, status = p.stdout.decode("utf-8", "replace"), p.returncode
        except subprocess.TimeoutExpired as e:
            text, status = (e.stdout or b"").decode("utf-8", "replace"), None
        t.join(5)
        m = re.search(r"^end: (\d+) ok, (\d+) not ok", text, re.M)
        check(status == 0 and m and m[2] == "0", f"{name}: {m[1] if m else 'no'} checks, "
              f"status {status}")
        for line in re.findall(r"^(?:not ok -.*(?:\n  .*)?|.*Sanitizer.*)", text, re.M)[:10] or \
                ([] if m else text.splitlines()[-5:]):
            print("     | " + line)
        with open(disk, "rb") as f:
            image = f.read()
        want = bytes((i * 31 + (i >> 8)) & 255 for i in range(4096))
        check(len(image) == DISK and image[8192:8192 + 4096] == want, f"{name}: the disk")
        check(b"second\r\n" in b"".join(got), f"{name}: the second terminal")


def main():
    results = []

    def check(ok, name):
        print(f"{'ok' if ok else 'FAIL':4} {name}", flush=True)
        results.append(bool(ok))

    one("vio", check)
    one("vio_be", check)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return not all(results)


if __name__ == "__main__":
    sys.exit(main())
