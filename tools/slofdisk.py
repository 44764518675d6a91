#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make a disk that firmware boots from: GRUB, a kernel and Debian.

    tools/slofdisk.py -o FILE [--root o/rootfs/debian.img|none] [--kernel o/ppc64el/vmlinux-6.12]
                      [--initrd o/rootfs/initramfs.gz] [--append STR]

The file system of tools/rootfs.py becomes the second partition of FILE, with
the kernel, the initramfs and GRUB's menu in its /boot; without one it is a new
file system that holds nothing else. The first is a PReP
partition with GRUB's image for Open Firmware, made by grub-mkimage of the
modules that "tools/ppc64el.py fetch grub" unpacked. Needs no root.
"""
import argparse
import os
import shutil
import struct
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECTOR = 512
PREP_START, PREP_SECTORS = 2048, 16384  # 1 MiB, and 8 MiB of room
PREP, LINUX, ACTIVE = 0x41, 0x83, 0x80
MODULES = "ext2 part_msdos linux normal configfile search search_fs_file echo ls boot test".split()
FIRST = """search.file /boot/grub/grub.cfg root
set prefix=($root)/boot/grub
configfile /boot/grub/grub.cfg
"""
MENU = """set timeout=0
menuentry "Debian" {{
	linux /boot/vmlinux {append}
	initrd /boot/initramfs.gz
}}
"""


def path(*parts):
    return os.path.join(TOP, *parts)


def grub(folder):
    """GRUB's image with the first commands in it."""
    image, config = os.path.join(folder, "core.elf"), os.path.join(folder, "first.cfg")
    with open(config, "w", encoding="ascii") as f:
        f.write(FIRST)
    modules = path("o/ppc64el/grub")
    if not os.path.isdir(modules):
        sys.exit('slofdisk: no o/ppc64el/grub; "tools/ppc64el.py fetch grub" gets it')
    subprocess.run(["grub-mkimage", "-d", modules, "-O", "powerpc-ieee1275", "-p", "/boot/grub",
                    "-c", config, "-o", image, *MODULES], check=True)
    with open(image, "rb") as f:
        return f.read()


def entry(flags, kind, start, n):
    """A row of the partition table; firmware goes by sectors, not by cylinders."""
    return struct.pack("<B3sB3sII", flags, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", start, n)


def files(folder, args):
    """What /boot has: name, file of the host."""
    menu = os.path.join(folder, "grub.cfg")
    with open(menu, "w", encoding="ascii") as f:
        f.write(MENU.format(append=args.append))
    return {"vmlinux": args.kernel, "initramfs.gz": args.initrd, "grub/grub.cfg": menu}


def fill_boot(image, folder, args):
    """Puts them into a file system that is there."""
    boot = files(folder, args)
    commands = ["mkdir /boot", "mkdir /boot/grub"]
    commands += [f"write {os.path.abspath(path)} /boot/{name}" for name, path in boot.items()]
    # it says what exists already, on standard error, and leaves with 0
    subprocess.run(["debugfs", "-w", "-f", "-", image], input="\n".join(commands) + "\n", text=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    for name in boot:
        out = subprocess.run(["debugfs", "-R", f"stat /boot/{name}", image], text=True,
                             capture_output=True, check=True).stdout
        if "Inode:" not in out:
            sys.exit(f"slofdisk: {args.root}: no room for {name}")


def make_boot(image, folder, args):
    """A file system for them alone."""
    tree = os.path.join(folder, "tree")
    for name, path in files(folder, args).items():
        os.makedirs(os.path.dirname(os.path.join(tree, "boot", name)), exist_ok=True)
        shutil.copy(path, os.path.join(tree, "boot", name))
    size = sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(tree) for f in fs)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", tree, image,
                    f"{(size >> 20) + 32}M"], check=True)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("-o", "--output", required=True)
    p.add_argument("--root", default=path("o/rootfs/debian.img"))
    p.add_argument("--kernel", default=path("o/ppc64el/vmlinux-6.12"))
    p.add_argument("--initrd", default=path("o/rootfs/initramfs.gz"))
    p.add_argument("--append", default="console=hvc0 hypar.root=/dev/vda2")
    args = p.parse_args()
    if args.root != "none" and not os.path.exists(args.root):
        sys.exit(f'slofdisk: no {args.root}; "make rootfs" makes it')
    with tempfile.TemporaryDirectory(prefix="slofdisk-",
                                     dir=os.path.dirname(os.path.abspath(args.output))) as folder:
        part = os.path.join(folder, "part")
        if args.root == "none":
            make_boot(part, folder, args)
        else:
            subprocess.run(["cp", "--sparse=always", args.root, part], check=True)
            fill_boot(part, folder, args)
        core, start = grub(folder), PREP_START + PREP_SECTORS
        n = os.path.getsize(part) // SECTOR
        if len(core) > PREP_SECTORS * SECTOR:
            sys.exit("slofdisk: GRUB's image is too large")
        with open(args.output, "wb") as f:
            f.truncate((start + n) * SECTOR)
            f.seek(446)
            f.write(entry(ACTIVE, PREP, PREP_START, PREP_SECTORS) + entry(0, LINUX, start, n) +
                    bytes(32) + b"\x55\xaa")
            f.seek(PREP_START * SECTOR)
            f.write(core)
        subprocess.run(["dd", f"if={part}", f"of={args.output}", "bs=1M", "oflag=seek_bytes",
                        f"seek={start * SECTOR}", "conv=notrunc,sparse", "status=none"], check=True)


if __name__ == "__main__":
    main()
