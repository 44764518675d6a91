# SPDX-License-Identifier: Apache-2.0
"""Machines that are killed while an ext4 file system is written.

The guest (scripts/crash) names each file on the console when its fsync has
returned. The host kills hypar, takes from the image what a host without power
would have lost (power.c), lets e2fsck replay the journal in a copy, and looks
for the files. The next boot mounts the image as it is: Linux replays, too.
"""
import os
import random
import re
import struct
import subprocess
import tempfile
from dataclasses import dataclass

from machine import LIMIT, TOP, TROUBLE, Boot, Console

WRITE, WRITTEN, SYNC, SYNCED = range(1, 5)
RECORD = struct.Struct("=IIQQ")


def content(n):
    size = n * 7919 % 60000 + 1
    line = f"file {n}\n".encode()
    return (line * (size // len(line) + 1))[:size]


def lose(log, image, rng, keep):
    """Takes back writes that no fdatasync covers; each stays with chance @keep.
    Returns how many of how many went."""
    with open(log, "rb") as f:
        data = f.read()
    pending, written, covers, at = {}, set(), {}, 0
    while at + RECORD.size <= len(data):
        kind, length, number, offset = RECORD.unpack_from(data, at)
        at += RECORD.size
        if kind == WRITE:
            if at + 2 * length > len(data):
                break
            pending[number] = (offset, data[at:at + length], data[at + length:at + 2 * length])
            at += 2 * length
        elif kind == WRITTEN:
            written.add(number)
        elif kind == SYNC:
            covers[number] = frozenset(written)
        else:
            for n in covers.pop(number):
                pending.pop(n, None)
                written.discard(n)
    with open(image, "r+b") as f:
        for offset, old, _ in reversed(pending.values()):
            f.seek(offset)
            f.write(old)
        lost = 0
        for offset, _, new in pending.values():
            if rng.random() < keep:
                f.seek(offset)
                f.write(new)
            else:
                lost += 1
    return lost, len(pending)


def run_tool(*command):
    run = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False,
                         env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin",
                                  LC_ALL="C"))
    return run.returncode, run.stdout + run.stderr


@dataclass
class CrashBoot(Boot):
    """@kills boots of one image, each killed at a random moment."""
    disk_if: str = "virtio"
    kills: int = 2
    seed: int = 0  # of the moments; 0: another each time
    lie: bool = False

    def prepare(self):
        self.temp = tempfile.TemporaryDirectory(prefix="hypar-crash-")
        self.path = {n: os.path.join(self.temp.name, n)
                     for n in ("disk.img", "copy.img", "power.log", "power.so", "files")}
        with open(self.path["disk.img"], "wb") as f:
            f.truncate(128 << 20)
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-pthread", "-o", self.path["power.so"],
                        os.path.join(TOP, "tests/boot/power.c"), "-ldl"], check=True)
        status, text = run_tool("mke2fs", "-q", "-t", "ext4", "-O", "metadata_csum",
                                self.path["disk.img"])
        if status:
            raise RuntimeError(f"mke2fs: {text}")
        self.options = ["--disk", f"file={self.path['disk.img']},if={self.disk_if}"]
        self.env = dict(os.environ, LD_PRELOAD=self.path["power.so"],
                        HYPAR_POWER_IMAGE=self.path["disk.img"],
                        HYPAR_POWER_LOG=self.path["power.log"])
        if self.lie:
            self.env["HYPAR_POWER_LIE"] = "1"

    def execute(self, program, log):
        seed = self.seed or random.randrange(1, 1 << 32)
        rng = random.Random(seed)
        log.write(f"seed {seed}\n".encode())
        words, first, said, why = self.append, 1, set(), []
        for turn in range(self.kills):
            last = first + rng.randrange(2, 25)
            self.append = f"{words} hypar.first={first}"
            self.on_text = ((rf"crash: file {last}\n", f"kill {rng.random() * 0.4:.3f}"),)
            console = Console(self, program)
            if not console.run(LIMIT, log):
                why.append("not killed in time")
            said |= {int(n) for n in re.findall(r"^crash: file (\d+)$", console.text, re.M)}
            why += re.findall(r"^crash: FAIL .*", console.text, re.M)
            why += [s for s in console.text.splitlines() if TROUBLE.search(s)][:3]
            if last not in said:
                why.append(f"no \"crash: file {last}\"")
            if turn and "recovery complete" not in console.text:
                why.append("Linux did not replay the journal")
            lost = lose(self.path["power.log"], self.path["disk.img"], rng, (0.5, 0, 1)[turn % 3])
            note = f"kill {turn + 1}: {len(said)} files, {lost[0]} of {lost[1]} writes lost"
            log.write((note + "\n").encode())
            why += self.inspect(said, log)
            if why:
                why.append(f"at kill {turn + 1}, seed {seed}")
                break
            first = max(said) + 2
        return why, console.text

    def inspect(self, said, log):
        """What is wrong with a copy of the image when its journal was replayed."""
        copy, files = self.path["copy.img"], self.path["files"]
        subprocess.run(["cp", "--sparse=always", self.path["disk.img"], copy], check=True)
        status, text = run_tool("e2fsck", "-p", copy)
        log.write(f"e2fsck -p, status {status}: {text}".encode())
        if status not in (0, 1) or "recovering journal" not in text:
            return [f"e2fsck -p, status {status}: {text.strip()[-300:]}"]
        status, text = run_tool("e2fsck", "-fn", copy)
        if status:
            return [f"e2fsck -fn, status {status}: {text.strip()[-300:]}"]
        subprocess.run(["rm", "-rf", files], check=True)
        os.mkdir(files)
        run_tool("debugfs", "-R", f"rdump /files {files}", copy)
        for n in sorted(said):
            name = os.path.join(files, "files", f"{n}.moved" if n % 4 == 0 else str(n))
            if not os.path.exists(name):
                return [f"file {n} was synced and is lost"]
            with open(name, "rb") as f:
                if f.read() != content(n):
                    return [f"file {n} was synced and differs"]
        return []

    def finish(self, why):
        self.temp.cleanup()


def crash(disk_if, kills, kernel="6.12", **kw):
    return CrashBoot(f"crash-{disk_if}-{kernel}-{kills}kills", kernel, memory="1G", script="crash",
                     disk_if=disk_if, kills=kills, **kw)
