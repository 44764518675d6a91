#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guest scm.c: NVDIMMs over files that live, die, are cut, locked and
missing. Ends with "N passed, N failed"."""
import contextlib
import os
import re
import resource
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/guest"))
import run_tpm  # noqa: E402

HYPAR = run_tpm.HYPAR
SLOW = run_tpm.SLOW
BLOCK = 256 << 20
SIZE = 7 * BLOCK
LABELS = 128 << 10
TOTAL = SIZE + LABELS + 4096
RECORD = SIZE + LABELS


class Guest(run_tpm.Guest):
    kernel = "o/guest/scm.elf"

    def health(self):
        n = self.text.count("done h")
        self.type("h")
        self.wait("done h", n + 1)
        m = re.findall(r"^health 0 ([0-9a-f]{16})", self.text, re.M)
        return {b for b in range(64) if int(m[-1], 16) >> (63 - b) & 1} if m else None


@contextlib.contextmanager
def guest(*options):
    g = Guest(*options)
    try:
        yield g
    finally:
        g.kill()


def dimm(path, more=""):
    return ["--nvdimm", f"file={path},size=1792M{more}"]


def ctl(path, *words):
    p = subprocess.run([HYPAR, "ctl", path, *words], stdin=subprocess.DEVNULL, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60 * SLOW, check=False)
    return p.returncode, p.stdout


def empty(path):
    with open(path, "wb"):
        pass
    return path


def statuses(folder, check):
    one, two = (empty(os.path.join(folder, n)) for n in ("one", "two"))
    with guest(*dimm(one), "--nvdimm", f"file={two},size=256M,label-size=0") as g:
        check(g.press("a"), "every status of every call")
        check(g.press("i"), "a connector that is isolated")
        check(g.health() == {3}, f"a new file: health {g.health()}")
        check(g.end(), "as it should be")
    check(os.path.getsize(one) == TOTAL and os.path.getsize(two) == BLOCK + 4096, "sizes of the files")
    check(os.stat(two).st_blocks * 512 >= BLOCK, "the host's disk space is taken at the start")


def lives(folder, check):
    path = empty(os.path.join(folder, "live"))
    with guest(*dimm(path)) as g:
        check(g.press("w") and g.end(), "written and flushed")
    with guest(*dimm(path)) as g:
        check(g.press("v"), "found again")
        check(g.health() == {2}, f"after a clean end: health {g.health()}")
        g.kill()
    with guest(*dimm(path)) as g:
        check(g.press("v"), "found after kill -9")
        check(g.health() == {1}, f"after that: health {g.health()}")
        n = g.text.count("ready")
        g.type("r")
        check(g.wait("ready", n + 1), "restarted with blocks bound")
        check(g.health() == {2}, f"then: health {g.health()}")
        check(g.press("v") and g.end(), "nothing was bound, and everything is there")
    with open(path, "rb") as f:
        f.seek(RECORD)
        record = f.read(64)
    check(record[:8] == b"HYPARDP1" and record[23] == 1 and record[47] == 1,
          "the file's last page: closed, and one end that was not clean")
    with guest(*dimm(path, ",unarmed")) as g:
        check(g.health() == {0, 2}, f"unarmed: health {g.health()}")
        check(g.press("u") and g.end(), "unarmed: what is written is forgotten")
    with guest(*dimm(path, ",flush=none")) as g:
        check(7 in g.health(), "flush=none: health bit 7")
        check(g.press("v") and g.end(), "after the unarmed one")


def controlled(folder, check):
    path = empty(os.path.join(folder, "ctl"))
    mon = os.path.join(folder, "mon")
    with guest(*dimm(path, ",id=pm"), "--monitor", f"unix:{mon}") as g:
        for bit in range(11):
            check(ctl(mon, "nvdimm-health", "pm", "set", str(bit))[0] == 0 and bit in g.health(),
                  f"health bit {bit} set")
            check(ctl(mon, "nvdimm-health", "pm", "clear", str(bit))[0] == 0 and
                  bit not in g.health(), f"health bit {bit} cleared")
        for words in (("pm", "set", "11"), ("pm", "set"), ("none",), ("pm", "put", "1")):
            check(ctl(mon, "nvdimm-health", *words)[0] != 0, f"nvdimm-health {' '.join(words)}")
        text = ctl(mon, "drc", "pmem")[1]
        check(re.search(r"90000000 +PMEM 0 +configured +guest.* pm ", text), "ctl drc pmem")
        check(ctl(mon, "remove-nvdimm", "none")[0] != 0, "remove-nvdimm: no such one")
        second = empty(os.path.join(folder, "second"))
        spec = f"file={second},size=256M"
        status, text = ctl(mon, "add-nvdimm", spec, "--no-wait")
        check(status == 0, f"add-nvdimm: {text.strip()}")
        check(ctl(mon, "add-nvdimm", spec, "--no-wait")[0] != 0, "add-nvdimm: locked")
        text = ctl(mon, "drc", "pmem")[1]
        check(re.search(r"90000001 +PMEM 1 +unusable +none.* nvdimm0 ", text), "it waits for the guest")
        check(ctl(mon, "remove-nvdimm", "nvdimm0", "--no-wait")[0] == 0, "remove-nvdimm")
        check("nvdimm0" not in ctl(mon, "drc", "pmem")[1], "it is gone")
        check(g.end(), "the guest saw nothing of it")


def cut(folder, check):
    path = empty(os.path.join(folder, "cut"))
    with guest(*dimm(path)) as g:
        check(g.press("w"), "written")
        os.truncate(path, 3 * BLOCK)
        check(g.press("t"), "the file is cut while the guest looks at it")
        check(6 in g.health(), "health bit 6 stays")
        os.truncate(path, TOTAL)
        check(6 in g.health(), "also when the file is as long as before")
        check(g.end() and "was cut" in g.text, "the user is told, and nothing dies")


def bad_files(folder, check):
    def refuse(value, words, name, **kw):
        p = subprocess.run([HYPAR, "run", "--kernel", "o/guest/scm.elf", "--memory", "512M",
                            "--timeout", "20", "--nvdimm", value], cwd=TOP,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=60 * SLOW, check=False, **kw)
        text = p.stdout.decode()
        check(p.returncode in (1, 2) and "--nvdimm" in text and words in text and
              text.count("\n") == 1, f"{name}: {text.strip()[-70:]}")

    path = os.path.join(folder, "bad")
    refuse(f"file={path},size=256M", "No such file", "missing")
    refuse(f"file={folder},size=256M", "directory", "a directory")
    refuse("file=/dev/null,size=256M", "regular file", "a device")
    empty(path)
    os.truncate(path, BLOCK)
    refuse(f"file={path},size=256M", "too small", "too small")
    os.truncate(path, 2 * BLOCK)
    refuse(f"file={path},size=256M", "too large", "too large")
    empty(path)
    refuse(f"file={path},size=256M,unarmed", "empty", "empty and unarmed")
    refuse(f"file={path},size=100M", "multiple of 256 MiB", "no whole blocks")
    refuse(f"file={path},size=2T", "more than", "larger than the room there is")
    refuse(f"file={path}", "size= is missing", "no size")
    refuse("size=256M", "file= is missing", "no file")
    refuse(f"file={path},size=256M,label-size=4K", "label-size", "few labels")
    refuse(f"file={path},size=256M,label-size=200001", "label-size", "odd labels")
    refuse(f"file={path},size=256M,uuid=1", "not a UUID", "uuid=1")
    refuse(f"file={path},size=256M,uuid=00000000-0000-0000-0000-000000000000", "not a UUID", "null UUID")
    refuse(f"file={path},size=256M,flush=never", "flush", "flush=never")
    refuse(f"file={path},size=256M,sync", "unknown part", "unknown part")
    check(os.path.getsize(path) == 0, "none of that has touched the file")
    refuse(f"file={path},size=256M", "large", "no room for the file",
           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (BLOCK, BLOCK)))
    check(os.path.getsize(path) == 0, "which is as it was")
    with guest("--nvdimm", f"file={path},size=256M") as g:
        refuse(f"file={path},size=256M", "locked", "locked")
        refuse(f"file={path},size=256M,unarmed", "locked", "locked, unarmed")
        check(g.end(), "the first one has it")
    refuse(f"file={path},size=256M,label-size=0", "too large", "other labels")
    with open(path, "r+b") as f:
        f.seek(BLOCK + LABELS + 30)
        f.write(b"x")
    refuse(f"file={path},size=256M", "last 4 KiB", "a damaged last page")


def full_disk(folder, check):
    """A file system of its own, if that is allowed here."""
    mnt = os.path.join(folder, "mnt")
    os.mkdir(mnt)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300M", "none", mnt], check=False,
                      stderr=subprocess.DEVNULL).returncode:
        return
    try:
        path = empty(os.path.join(mnt, "file"))
        with guest("--nvdimm", f"file={path},size=256M") as g:
            check(7 in g.health() and g.end(), "a file in memory: health bit 7")
        other = empty(os.path.join(mnt, "other"))
        p = subprocess.run([HYPAR, "run", "--kernel", "o/guest/scm.elf", "--nvdimm",
                            f"file={other},size=256M"], cwd=TOP, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60 * SLOW,
                           check=False)
        check(p.returncode and b"No space left" in p.stdout, f"a full disk: {p.stdout.decode().strip()[-60:]}")
    finally:
        subprocess.run(["umount", mnt], check=False)


def main():
    results = []

    def check(ok, name):
        print(f"{'ok' if ok else 'FAIL':4} {name}", flush=True)
        results.append(bool(ok))

    # on a disk, not in memory: flushes are to mean something
    where = os.path.join(TOP, "o")
    with tempfile.TemporaryDirectory(prefix="scm-", dir=where) as folder:
        for part in (bad_files, statuses, lives, controlled, cut, full_disk):
            part(folder, check)
            for name in os.listdir(folder):
                if os.path.isfile(os.path.join(folder, name)):
                    os.unlink(os.path.join(folder, name))
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return not all(results)


if __name__ == "__main__":
    sys.exit(main())
