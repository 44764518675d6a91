# SPDX-License-Identifier: Apache-2.0
"""A folder of the host that virtiofsd serves to the guest."""
import hashlib
import os
import random
import socket
import stat
import subprocess
import tempfile
from dataclasses import dataclass

from machine import TOP, Boot


class Server:
    """virtiofsd with a folder that is removed at the end."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hypar-share-")
        self.socket = os.path.join(self.folder.name, "socket")
        self.log = os.path.join(self.folder.name, "log")
        self.share = os.path.join(self.folder.name, "share")
        os.mkdir(self.share)
        found = subprocess.run([os.path.join(TOP, "tools/virtiofsd.sh")], capture_output=True,
                               text=True, check=False)
        self.program = found.stdout.strip()
        self.proc = None
        self.trouble = found.stderr.strip() or self.start()

    def start(self):
        """Why it does not run, or nothing."""
        # who is not root is so in a name space of his own
        command = [self.program] if os.geteuid() == 0 else ["unshare", "-r", self.program]
        options = ["-o", f"source={self.share}"]
        if "libexec" in self.program:  # the one in Rust
            options = ["--shared-dir", self.share]
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        with open(self.log, "wb") as log, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.socket)
            listener.listen(1)
            self.proc = subprocess.Popen([*command, f"--fd={listener.fileno()}", *options],
                                         pass_fds=[listener.fileno()], stdout=log,
                                         stderr=subprocess.STDOUT)
        try:
            self.proc.wait(0.5)
        except subprocess.TimeoutExpired:
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f"{self.program}: {f.read().strip()[-200:]}"

    def again(self):
        """Killed in the middle; another one takes its place."""
        self.proc.kill()
        self.proc.wait()
        self.trouble = self.start()

    def close(self):
        if self.proc:
            self.proc.kill()
            self.proc.wait()
        self.folder.cleanup()


@dataclass
class ShareBoot(Boot):
    size: int = 1  # MiB
    stages: int = 1

    def prepare(self):
        self.peer = Server()
        if self.peer.trouble:
            self.skip = self.peer.trouble
            self.peer.close()
            return
        data = random.Random(5).randbytes(self.size << 20)
        self.put("from-host", data)
        self.put("sum", hashlib.sha256(data).hexdigest().encode())
        self.options = ["--device", f"virtio-fs,socket={self.peer.socket},tag=share"]
        self.append = f"hypar.share={self.size} hypar.stages={self.stages} " \
                      f"hypar.owner={os.geteuid()}"
        self.on_text = (("share: kill the server\n", lambda _: self.peer.again()),)

    def put(self, name, data):
        with open(os.path.join(self.peer.share, name), "wb") as f:
            f.write(data)

    def finish(self, why):
        try:
            self.look(why)
        except OSError as e:
            why.append(str(e))
        if self.peer.trouble:
            why.append(self.peer.trouble)
        self.peer.close()

    def look(self, why):
        """The host's view of what the guest made."""
        with open(os.path.join(self.peer.share, "made"), encoding="utf-8") as f:
            made = [line.split() for line in f]
        if len(made) != 4:
            why.append(f"the guest lists {len(made)} files")
        for digest, name in made:
            with open(os.path.join(self.peer.share, name), "rb") as f:
                if hashlib.sha256(f.read()).hexdigest() != digest:
                    why.append(f"{name} differs")
        for i in set(range(300)) - set(range(10, 20)):
            with open(os.path.join(self.peer.share, f"small/moved/f{i}"), encoding="ascii") as f:
                if f.read() != f"file {i}\n":
                    why.append(f"small file {i} differs")
        target = os.lstat(os.path.join(self.peer.share, "target"))
        if stat.S_IMODE(target.st_mode) != 0o640 or target.st_nlink != 2:
            why.append("mode or links of target")
        if os.readlink(os.path.join(self.peer.share, "link")) != "target":
            why.append("the symbolic link")


def share(kernel, cpu, irq, smp, size=1, stages=1):
    end = ("share: kill the server", "stands still until the guest resets it", "share: alive")
    expect = (r"share: stage 1 passed=\d+ failed=0", *end)
    if stages == 3:
        expect = (r"share: stage 1 passed=\d+ failed=0", "share: rebooting",
                  r"share: stage 2 passed=\d+ failed=0", *end,
                  r"share: stage 3 passed=\d+ failed=0", "share: ok umount")
    return ShareBoot(f"share-{stages}-{kernel}-{cpu}-{irq}-{smp}cpu", kernel, cpu, irq, str(smp),
                     "1G", script="share", size=size, stages=stages, limit=float(stages),
                     expect=(*expect, "reboot: Power down"))
