# SPDX-License-Identifier: Apache-2.0
"""A file tree that the host makes up: the same for the same seed.

Files of all sizes, odd names, modes, symbolic and hard links; content and
checksums are made when they are asked for, and never lie on the host's disk.
"""
import hashlib
import io
import random
import stat
import tarfile
from dataclasses import dataclass


@dataclass
class File:
    name: str  # relative
    seed: int
    size: int
    mode: int

    def content(self):
        return random.Random(self.seed).randbytes(self.size)


class Tree:
    def __init__(self, size, seed):
        rng = random.Random(seed)
        self.folders = [f"d{i}/{name}" for i in range(12)
                        for name in ("plain", "with space", "größe", "deep/er/and/deeper")]
        self.files = []
        left, n = size, 0
        while left:
            # most are small, most bytes are in large ones
            limit = rng.choices((1, 4096, 65536, 1 << 20, 24 << 20), (1, 30, 40, 10, 4))[0]
            length = min(left, rng.randrange(limit))
            name = f"{rng.choice(self.folders)}/{n}{rng.choice(('', '.x', ' y', '-ü', '+z'))}"
            self.files.append(File(name, rng.getrandbits(60), length,
                                   rng.choice((0o644, 0o600, 0o755, 0o444))))
            left -= length
            n += 1
        linked = rng.sample(self.files, 40)
        self.hard = {f"hard/{i}": f for i, f in enumerate(linked[:20])}
        self.soft = {f"soft/{i}": f"../{f.name}" for i, f in enumerate(linked[20:])}

    def all_folders(self):
        out = {"hard", "soft"}
        for folder in self.folders:
            parts = folder.split("/")
            out |= {"/".join(parts[:i + 1]) for i in range(len(parts))}
        return sorted(out)

    def sums(self):
        """What "b2sum -c" reads."""
        return "".join(f"{hashlib.blake2b(f.content()).hexdigest()}  ./{f.name}\n"
                       for f in self.files).encode()

    def listing(self):
        """The start of the checksum of what scripts/tree makes with find."""
        twice = {f.name for f in self.hard.values()}
        lines = [f"d {0o755:o} ./{d}" for d in self.all_folders()] + [f"d {0o755:o} ."]
        lines += [f"f {f.mode:o} {2 if f.name in twice else 1} {f.size}  ./{f.name}"
                  for f in self.files]
        lines += [f"f {f.mode:o} 2 {f.size}  ./{n}" for n, f in self.hard.items()]
        lines += [f"l 777 1 {len(to.encode())} {to} ./{n}" for n, to in self.soft.items()]
        text = "".join(sorted((s + "\n" for s in lines), key=lambda s: s.encode()))
        return hashlib.blake2b(text.encode()).hexdigest()[:64]

    def write_tar(self, out):
        with tarfile.open(fileobj=out, mode="w|", format=tarfile.GNU_FORMAT) as tar:
            for d in self.all_folders():
                self._add(tar, d, tarfile.DIRTYPE, 0o755)
            for f in self.files:
                self._add(tar, f.name, tarfile.REGTYPE, f.mode, f.content())
            for name, f in self.hard.items():
                self._add(tar, name, tarfile.LNKTYPE, f.mode, link=f.name)
            for name, to in self.soft.items():
                self._add(tar, name, tarfile.SYMTYPE, 0o777, link=to)

    @staticmethod
    def _add(tar, name, kind, mode, data=b"", link=""):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.linkname = kind, stat.S_IMODE(mode), link
        info.size, info.mtime = len(data), 1700000000
        tar.addfile(info, io.BytesIO(data))
