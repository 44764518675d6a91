# SPDX-License-Identifier: Apache-2.0
"""--disk, --net and --device: what is refused and how, and that hypar leaves the
files of a machine that does not start as they were."""
import fcntl
import os
import socket
import struct

from bad_input import check, write
from guest import GUEST, run, command

K = ["run", "--kernel", GUEST, "--memory", "512M"]

# (arguments after "run", what the line has to hold)
WORDS = [
    (["--disk", "file="], "--disk", "file is empty"),
    (["--disk", "readonly"], "--disk readonly", "file="),
    (["--disk", "disk.img"], "--disk disk.img", "unknown part"),
    (["--disk", "file=a,file=b"], "--disk", "file given twice"),
    (["--disk", "file=a,if=ide"], "--disk", "virtio or vscsi"),
    (["--disk", "file=a,"], "--disk", "empty part"),
    (["--disk", "file=a,cache=none"], "--disk", "cache=none"),
    (["--disk", "file=/no\nline\x1b[2J"], "--disk", "No such file"),
    (["--disk", "file=/nowhere/x"], "--disk /nowhere/x", "No such file"),
    (["--disk", "file=/"], "--disk /", "directory"),
    (["--disk", "file=/dev/null"], "--disk /dev/null", "neither"),
    (["--disk", "file=/nowhere/a,,b"], "--disk /nowhere/a,b", "No such file"),
    (["--net", "usr"], "--net usr", "user or tap=NAME"),
    (["--net", "user,if=e1000"], "--net", "virtio or veth"),
    (["--net", "user,mac=1:2"], "--net", "mac=1:2"),
    (["--net", "user,mac=01:00:00:00:00:01"], "--net", "group"),
    (["--net", "user,hostfwd=80-:80"], "--net", "hostfwd"),
    (["--net", "user,hostfwd=tcp::0-:80"], "--net", "hostfwd=tcp::0-:80"),
    (["--net", "tap=x,hostfwd=tcp::1-:80"], "--net", "user only"),
    (["--net", "tap=" + "x" * 16], "--net", "15"),
    (["--device", "e1000"], "--device e1000", "virtio-rng"),
    (["--device", "virtio-rng,chardev=pty"], "--device", "chardev=pty"),
    (["--device", "virtio-console"], "--device", "chardev= is missing"),
    (["--device", "virtio-console,chardev=tty"], "--device", "unix:PATH"),
    (["--device", "virtio-fs,tag=t"], "--device", "socket= is missing"),
    (["--device", "virtio-fs,socket=/nowhere/s"], "--device", "tag= is missing"),
    (["--device", "virtio-fs,socket=,tag=t"], "--device", "socket is empty"),
    (["--device", "virtio-fs,socket=/nowhere/s,tag=t"], "--device /nowhere/s", "No such file"),
    (["--device", "virtio-fs,socket=/" + "x" * 200 + ",tag=t"], "--device", "too long"),
    (["--device", "virtio-fs,socket=/nowhere/s,tag=t,chardev=pty"], "--device", "chardev=pty"),
    (["--device", "vty,chardev=null,tag=t"], "--device", "tag=t"),
    (["--device", "virtio-rng,id=a b"], "--device", "id=a b"),
    (["--device", "virtio-rng,id=" + "x" * 64], "--device", "63"),
    (["--device", "virtio-rng,id=a", "--device", "virtio-rng,id=a"], "--device", "id=a"),
    (["--device", "virtio-rng,id=net0", "--net", "user"], "id=net0"),
    (["--device", "virtio-rng"] * 33, "--device", "32"),
]


def words(_folder):
    for args, *holds in WORDS:
        check(K + args, holds)


def disks(folder):
    check(K + ["--disk", "file=" + write(folder, "empty", b"")], ("--disk", "empty"))
    check(K + ["--disk", "file=" + write(folder, "odd", b"x" * 1000)], ("--disk", "sectors"))
    fifo = os.path.join(folder, "fifo")
    os.mkfifo(fifo)
    check(K + ["--disk", f"file={fifo},readonly"], ("--disk", "neither"))
    disk = write(folder, "disk", b"x" * 512, 1 << 20)
    check(K + ["--disk", "file=" + disk, "--disk", "file=" + disk], ("--disk " + disk, "in use"))
    check(K + ["--disk", "file=" + disk, "--nvram", disk], ("--disk", "--nvram"))
    check(K + ["--disk", "file=" + disk, "--trace", "irq", "--trace-file", disk],
          ("--disk", "--trace-file"))
    check(K + ["--disk", "file=" + GUEST], ("--disk", "--kernel"))
    console = ["--device", "virtio-console,chardev=file:" + disk]
    check(K + ["--disk", "file=" + disk, *console], ("--device", "--disk"))
    check(K + [*console, *console], ("--device", "--device"))
    check(K + ["--device", "vty,chardev=file:" + GUEST], ("--device", "--kernel"))
    with open(disk, "rb") as f:
        data = f.read()
    assert data == b"x" * 512 + bytes((1 << 20) - 512), "the disk was changed"


def locked(folder):
    """Against another process, for writing and for reading."""
    disk = write(folder, "disk", b"", 1 << 20)
    whole = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
    with open(disk, "r+b") as f:
        fcntl.fcntl(f, 37, whole)  # F_OFD_SETLK
        check(K + ["--disk", "file=" + disk], ("--disk " + disk, "in use"))
        status, _, err = run(command("--disk", f"file={disk},readonly", "--timeout", "1",
                                     limit=False))
        assert status != 2, err


def ports(_folder):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        port = s.getsockname()[1]
        check(K + ["--net", f"user,hostfwd=tcp:127.0.0.1:{port}-:80"],
              ("--net", f"port {port}", "in use"))


def keeps_chardev(folder):
    """A machine that does not start leaves the file of a console alone."""
    old = write(folder, "old", b"old")
    check(K + ["--device", f"virtio-console,chardev=file:{old}", "--device", "virtio-rng,id=dev0"],
          ("--device", "id=dev0"))
    with open(old, "rb") as f:
        assert f.read() == b"old"


def tests():
    yield "device-words", words
    yield "device-disks", disks
    yield "device-locked", locked
    yield "device-ports", ports
    yield "device-keeps-chardev", keeps_chardev
