#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write a small initramfs (gzip'd cpio, "newc") without being root.

    tools/mkinitramfs.py -o FILE [--busybox FILE] [--tests DIR] [--programs DIR]
                         [--modules LIST --root DIR...] [--utils DIR]

It holds Debian's static busybox with a link for each of its applets, /init,
and the two device nodes that the kernel wants before devtmpfs is mounted.
It starts a shell on the console, or, when the kernel's command line has
"hypar.test=NAME", runs /tests/NAME; then it powers the machine off. With
"hypar.root=DEV" it loads its modules, mounts DEV (ext4) and starts the init
that is there instead. --tests
adds the files of DIR as /tests and data files with their checksums as
/tests/data; --programs adds the programs of DIR as /bin/NAME. --modules adds
the kernel modules of LIST (names with commas) and what they depend on, out of
each --root, as /lib/modules/RELEASE/NN-NAME.ko: "modules" in the guest loads
them in that order. --utils adds drmgr, lsslot, ndctl, kexec and
mkfs.ext4 of the tree DIR, as far as they are there, and the shared libraries
that they need. The same inputs give the same bytes.
"""
import argparse
import gzip
import hashlib
import io
import lzma
import os
import random
import re
import stat
import struct
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

INIT = r"""#!/bin/sh
# The first process. A line with "hypar: user space" says that it runs. It
# becomes busybox's init, which answers the kernel's wish to power off.
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
echo "hypar: user space"
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
mount -t tmpfs tmp /tmp
hostname hypar
for word in $(cat /proc/cmdline); do
	case $word in
	hypar.root=*) exec /bin/switch ${word#*=} ;;
	esac
done
exec init
"""

SWITCH = r"""#!/bin/sh
# Gives the machine over to the init of the file system in device $1.
modules
i=0; while [ ! -b $1 ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done
mkdir /root.new
if mount -t ext4 -o ro $1 /root.new && { [ -L /root.new/sbin/init ] || [ -x /root.new/sbin/init ]; }; then
	umount /dev/pts /tmp
	for m in proc sys dev; do mount -o move /$m /root.new/$m; done
	exec switch_root /root.new /sbin/init
fi
echo "hypar: no root file system in $1"
exec init
"""

INITTAB = """::once:/etc/session
::ctrlaltdel:/bin/reboot
::shutdown:/bin/sync
"""

SESSION = r"""#!/bin/sh
# One test or one shell, then the machine goes off.
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=${TERM:-vt220}
test=
for word in $(cat /proc/cmdline); do
	case $word in
	hypar.test=*) test=${word#hypar.test=} ;;
	esac
done
if [ -n "$test" ]; then
	if [ -x "/tests/$test" ]; then
		"/tests/$test"
		echo "hypar: test $test ended with status $?"
	else
		echo "hypar: no test $test"
	fi
else
	cd /root
	echo "Linux $(uname -r) on $(uname -m), $(grep -c ^processor /proc/cpuinfo) CPU(s)." \
		"\"exit\" or Ctrl-D powers off."
	setsid cttyhack sh -l
fi
sync
poweroff -f
"""

MODULES = r"""#!/bin/sh
# Loads the kernel modules that the initramfs brings, but for those in $*.
for m in /lib/modules/$(uname -r)/*.ko; do
	name=${m##*/??-}
	case " $* " in *" ${name%.ko} "*) continue ;; esac
	[ -e "$m" ] && { insmod "$m" || echo "modules: $m"; }
done
"""

PROFILE = r"""PS1='hypar:\w# '
alias ll='ls -l'
"""


class Cpio:
    """An archive in the format "newc": a header of hex words, name, data."""

    def __init__(self):
        self.out = io.BytesIO()
        self.ino = 0
        self.known = set()

    def add(self, name, mode, data=b"", rdev=(0, 0)):
        if name in self.known:
            return
        self.known.add(name)
        self.ino += 1
        self._entry(name, self.ino, mode, data, rdev)

    def _entry(self, name, ino, mode, data, rdev):
        raw = name.encode() + b"\0"
        words = [ino, mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, 0, len(data),
                 0, 0, rdev[0], rdev[1], len(raw), 0]
        self.out.write(b"070701" + b"".join(b"%08X" % w for w in words) + raw)
        self._pad()
        self.out.write(data)
        self._pad()

    def _pad(self):
        self.out.write(b"\0" * (-self.out.tell() % 4))

    def folder(self, name, mode=0o755):
        self.add(name, stat.S_IFDIR | mode)

    def file(self, name, data, mode=0o644):
        self.add(name, stat.S_IFREG | mode, data)

    def symlink(self, name, target):
        self.add(name, stat.S_IFLNK | 0o777, target.encode())

    def chardev(self, name, major, minor, mode=0o600):
        self.add(name, stat.S_IFCHR | mode, b"", (major, minor))

    def finish(self):
        self._entry("TRAILER!!!", 0, 0, b"", (0, 0))
        self.out.write(b"\0" * (-self.out.tell() % 512))
        return self.out.getvalue()


def applets(busybox):
    """The names in busybox's own table: sorted, each ended by a zero byte."""
    at = busybox.find(b"\0[\0[[\0")
    names = []
    if at >= 0:
        for raw in busybox[at + 1:at + 8192].split(b"\0"):
            name = raw.decode("latin-1")
            if not re.fullmatch(r"[\[a-z0-9][\[a-zA-Z0-9_.-]*", name) or \
                    (names and name <= names[-1]):
                break
            names.append(name)
    if "sh" not in names or "poweroff" not in names:
        sys.exit("mkinitramfs: cannot find the applet table of busybox")
    return names


def base(cpio, busybox):
    for name in ("bin", "dev", "etc", "proc", "root", "run", "sys", "tmp", "usr",
                 "usr/bin", "usr/sbin", "var"):
        cpio.folder(name)
    cpio.symlink("sbin", "bin")
    cpio.chardev("dev/console", 5, 1)
    cpio.chardev("dev/null", 1, 3, 0o666)
    cpio.file("bin/busybox", busybox, 0o755)
    for name in applets(busybox):
        cpio.symlink("bin/" + name, "busybox")
    cpio.file("init", INIT.encode(), 0o755)
    cpio.file("bin/switch", SWITCH.encode(), 0o755)
    cpio.file("etc/inittab", INITTAB.encode())
    cpio.file("etc/session", SESSION.encode(), 0o755)
    cpio.file("etc/profile", PROFILE.encode())
    cpio.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    cpio.file("etc/group", b"root:x:0:\n")


def data_files(cpio):
    """Files of odd sizes with known sums, for the guest to check."""
    rng = random.Random(20)
    sums = {"md5": [], "sha1": [], "sha256": [], "sha512": []}
    cpio.folder("tests/data")
    for size in (0, 1, 63, 64, 4097, 65536, 100003, 400000):
        data = rng.randbytes(size)
        name = f"tests/data/f{size}"
        cpio.file(name, data)
        for algo, lines in sums.items():
            lines.append(f"{hashlib.new(algo, data).hexdigest()}  /{name}\n")
    for algo, lines in sums.items():
        cpio.file(f"tests/data/{algo}sums", "".join(lines).encode())


def add_folder(cpio, source, target, mode):
    for name in sorted(os.listdir(source)):
        path = os.path.join(source, name)
        if os.path.isfile(path) and not name.startswith("."):
            with open(path, "rb") as f:
                cpio.file(f"{target}/{name}", f.read(), mode)


def read_module(path):
    with open(path, "rb") as f:
        data = f.read()
    return lzma.decompress(data) if path.endswith(".xz") else data


def depends(module):
    """The names in the field "depends" of .modinfo."""
    m = re.search(rb"\0depends=([^\0]*)\0", module)
    return [n.decode().replace("-", "_") for n in m[1].split(b",") if n] if m else []


def find_modules(root, wanted):
    """(release, [(name, data)]): the modules @wanted of the kernel below @root,
    each after what it needs."""
    top = os.path.join(root, "lib/modules")
    release = os.listdir(top)[0]
    found, order = {}, []
    for folder, _, names in os.walk(os.path.join(top, release)):
        for name in names:
            if re.search(r"\.ko(\.xz)?$", name):
                found[name.split(".ko")[0].replace("-", "_")] = os.path.join(folder, name)

    def visit(name, needed):
        if name in dict(order):
            return
        if name not in found:
            if needed:
                sys.exit(f"mkinitramfs: {release} has no module {name}")
            return  # built in
        data = read_module(found[name])
        for other in depends(data):
            visit(other, True)
        order.append((name, data))

    for name in wanted:
        visit(name.replace("-", "_"), False)
    return release, order


def add_modules(cpio, root, wanted):
    release, order = find_modules(root, wanted)
    for folder in ("lib", "lib/modules", f"lib/modules/{release}"):
        cpio.folder(folder)
    for i, (name, data) in enumerate(order):
        cpio.file(f"lib/modules/{release}/{i:02}-{name}.ko", data)


def needed(elf):
    """The interpreter and the libraries of a 64-bit little-endian program."""
    shoff, shentsize, shnum = (struct.unpack_from("<Q", elf, 40)[0],
                               *struct.unpack_from("<HH", elf, 58))
    heads = [struct.unpack_from("<IIQQQQIIQQ", elf, shoff + i * shentsize) for i in range(shnum)]
    names = []
    for head in heads:
        if head[1] != 6:  # SHT_DYNAMIC
            continue
        strings = heads[head[6]][4]
        for at in range(head[4], head[4] + head[5], 16):
            tag, value = struct.unpack_from("<QQ", elf, at)
            if tag == 1:  # DT_NEEDED
                end = elf.index(b"\0", strings + value)
                names.append(elf[strings + value:end].decode())
    return names


def add_utils(cpio, root):
    """Programs of @root, and the libraries that they need, which are there as well."""
    libraries, todo = {}, []
    for folder, _, names in os.walk(root):
        for name in names:
            if ".so" in name:
                libraries.setdefault(name, os.path.join(folder, name))
    for folder in ("lib", "lib64", "lib/powerpc64le-linux-gnu", "var/log", "var/lock", "run/lock"):
        cpio.folder(folder)

    def add(path, target):
        with open(path, "rb") as f:
            data = f.read()
        cpio.file(target, data, 0o755)
        todo.extend(needed(data))

    for name in ("usr/sbin/drmgr", "usr/sbin/lsslot", "usr/bin/ndctl", "sbin/kexec"):
        path = os.path.join(root, name)
        if os.path.islink(path):
            cpio.symlink(name, os.readlink(path))
        elif os.path.exists(path):
            add(path, name)
    if os.path.exists(os.path.join(root, "sbin/mke2fs")):
        add(os.path.join(root, "sbin/mke2fs"), "sbin/mkfs.ext4")  # before busybox's mke2fs
        cpio.folder("etc")
        with open(os.path.join(root, "etc/mke2fs.conf"), "rb") as f:
            cpio.file("etc/mke2fs.conf", f.read())
    add(libraries["ld64.so.2"], "lib64/ld64.so.2")
    while todo:
        name = todo.pop()
        target = "lib/powerpc64le-linux-gnu/" + name
        if target not in cpio.known:
            add(libraries[name], target)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-o", "--output", required=True)
    p.add_argument("--busybox", default=os.path.join(TOP, "o/ppc64el/busybox"))
    p.add_argument("--tests")
    p.add_argument("--programs")
    p.add_argument("--modules", default="")
    p.add_argument("--root", action="append", default=[])
    p.add_argument("--utils")
    args = p.parse_args()
    try:
        with open(args.busybox, "rb") as f:
            busybox = f.read()
    except OSError as e:
        sys.exit(f"mkinitramfs: {args.busybox}: {e.strerror}; "
                 "tools/ppc64el.py fetch busybox gets it")
    cpio = Cpio()
    base(cpio, busybox)
    if args.tests:
        cpio.folder("tests")
        add_folder(cpio, args.tests, "tests", 0o755)
        data_files(cpio)
    if args.programs and os.path.isdir(args.programs):
        add_folder(cpio, args.programs, "bin", 0o755)
    if args.modules:
        cpio.file("bin/modules", MODULES.encode(), 0o755)
        for root in args.root:
            add_modules(cpio, root, args.modules.split(","))
    if args.utils:
        add_utils(cpio, args.utils)
    image = gzip.compress(cpio.finish(), 6, mtime=0)
    os.makedirs(os.path.dirname(os.path.abspath(args.output)), exist_ok=True)
    part = args.output + ".part"
    with open(part, "wb") as f:
        f.write(image)
    os.replace(part, args.output)


if __name__ == "__main__":
    main()
