#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make a disk with Debian bookworm for ppc64el: o/rootfs/debian.img.

    tools/rootfs.py [--rebuild] [--program o/rel/hypar] [--add PACKAGE,...]

First stage, on the host: APT (see ppc64el.py: a configuration of its own,
HYPAR_MIRROR, signatures checked) fetches the packages; they are unpacked into
o/rootfs/root with a package database that calls them unpacked, as dpkg would
have left them; mke2fs makes an ext4 image of that. Second stage, on hypar
itself: Debian's kernel boots and the packages configure themselves on that
disk (tools/rootfs/second-stage, log in o/rootfs/second-stage.log). So no
foreign program runs on the host and nothing is decompressed in the guest.
What takes long is the second stage. The image is kept until the packages
asked for, the kernel or these scripts change. Besides it goes
o/rootfs/initramfs.gz, which boots it with "hypar.root=/dev/vda". Needs no
root: fakeroot keeps the owners of files.
"""
import argparse
import fnmatch
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

import mkinitramfs
import ppc64el

TOP = ppc64el.TOP
DIR = os.path.join(TOP, "o", "rootfs")
ROOT = os.path.join(DIR, "root")
IMAGE = os.path.join(DIR, "debian.img")
KERNEL = os.path.join(TOP, "o/ppc64el/vmlinux-6.12")
KERNELS = [os.path.join(TOP, "o/ppc64el/root-" + s) for s in ("6.1", "6.12")]
SIZE = "1536M"
PACKAGES = ["usr-is-merged", "apt", "systemd-sysv", "udev", "kmod", "iproute2", "passwd",
            "e2fsprogs", "wget", "powerpc-ibm-utils", "librtas2", "ppc64-diag",
            "kexec-tools"]
# rpaphp and rpadlpar_io: nothing in the image loads them when drmgr needs them.
BOOT_MODULES = "crc32c_generic,ext4,virtio_pci,virtio_blk,ibmvscsi,sd_mod,rpaphp,rpadlpar_io"
MODULES = BOOT_MODULES + ",virtio_net,virtio_rng,ibmveth,autofs4"
# Not unpacked, now or later: dpkg is told the same.
EXCLUDE = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*",
           "/usr/share/lintian/*", "/usr/share/bug/*"]
KEEP = "/usr/share/doc/*/copyright"
SCRIPTS = [os.path.join(TOP, "tools", n) for n in
           ("rootfs.py", "rootfs/second-stage", "rootfs/configure")]

SETTINGS = {
    "etc/fstab": "LABEL=hypar / ext4 defaults,noatime,errors=remount-ro 0 1\n",
    "etc/hostname": "hypar\n",
    "etc/hosts": "127.0.0.1 localhost hypar\n::1 localhost\n",
    "etc/resolv.conf": "nameserver 10.0.2.3\n",
    "etc/apt/sources.list": "deb http://deb.debian.org/debian bookworm main\n",
    "etc/systemd/network/20-dhcp.network":
        "[Match]\nType=ether\n\n[Network]\nDHCP=ipv4\nIPv6AcceptRA=no\n",
    "etc/dpkg/dpkg.cfg.d/hypar":
        "".join(f"path-exclude={p}\n" for p in EXCLUDE) + f"path-include={KEEP}\n",
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
}


def say(text):
    print(f"rootfs: {text}", flush=True)


def die(text):
    sys.exit(f"rootfs: {text}")


def key(packages):
    h = hashlib.sha256("\n".join(packages).encode())
    for path in SCRIPTS:
        with open(path, "rb") as f:
            h.update(f.read())
    for path in KERNELS:
        if os.path.isdir(path):
            h.update("".join(os.listdir(os.path.join(path, "lib/modules"))).encode())
    return h.hexdigest()


# ---- first stage ------------------------------------------------------------

def fetch(packages):
    """The .deb files of the essential packages, @packages and their needs."""
    ppc64el.DIR = os.path.join(DIR, "apt")
    ppc64el.SUITES = ["bookworm"]
    ppc64el.configure()
    ppc64el.update()
    known = ppc64el.apt("apt-cache", "dumpavail", capture_output=True, text=True).stdout
    essential = [re.search(r"^Package: (\S+)", p, re.M)[1] for p in known.split("\n\n")
                 if re.search(r"^Essential: yes", p, re.M)]
    install = ["apt-get", "-q", "-y", "--no-install-recommends", "install"]
    wanted = sorted(set(essential)) + packages
    say("fetching the packages")
    if ppc64el.apt(*install, "--download-only", *wanted, stdout=subprocess.DEVNULL,
                   check=False).returncode:
        die("cannot fetch the packages")
    # With everything there, what it would install is what to unpack.
    plan = ppc64el.apt(*install, "-s", *wanted, capture_output=True, text=True).stdout
    archives = os.path.join(ppc64el.DIR, "cache", "archives")
    debs = []
    for name, version, arch in re.findall(r"^Inst (\S+) \((\S+) .*\[(\w+)\]\)", plan, re.M):
        path = os.path.join(archives, f"{name}_{version.replace(':', '%3a')}_{arch}.deb")
        if not os.path.exists(path):
            die(f"no {path}")
        debs.append(path)
    return debs


def fields(control):
    return dict(re.findall(r"^([A-Za-z0-9-]+): *(.*)$", control, re.M))


def conffiles(folder):
    """The field Conffiles: each configuration file and its sum as shipped."""
    path = os.path.join(folder, "conffiles")
    if not os.path.exists(path):
        return ""
    out = "Conffiles:\n"
    with open(path, encoding="utf-8") as f:
        for name in f.read().split("\n"):
            if name.startswith("/"):
                with open(ROOT + name, "rb") as c:
                    out += f" {name} {hashlib.md5(c.read()).hexdigest()}\n"
    return out


def triggers(path, name, interests):
    with open(path, encoding="utf-8") as f:
        for line in f:
            m = re.match(r"(interest\S*)\s+(\S+)", line)
            if m:
                who = name + ("/noawait" if m[1] == "interest-noawait" else "")
                interests.setdefault(m[2], []).append(who)


def unpack(deb, interests):
    """One package into ROOT; returns its record for dpkg's status file."""
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], capture_output=True,
                          check=True).stdout
    names = subprocess.run(["tar", "-t", "--quoting-style=literal"], input=data,
                           capture_output=True, check=True).stdout.decode()
    subprocess.run(["tar", "-C", ROOT, "-xp", "--numeric-owner", "--keep-directory-symlink",
                    "--warning=no-timestamp"] + [f"--exclude=.{p}" for p in EXCLUDE],
                   input=data, check=True)
    keep = [n for n in names.splitlines() if fnmatch.fnmatch(n, "." + KEEP)]
    if keep:
        subprocess.run(["tar", "-C", ROOT, "-xp", "--numeric-owner"] + keep, input=data,
                       check=True)

    folder = os.path.join(DIR, "control")
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-e", deb, folder], check=True)
    with open(os.path.join(folder, "control"), encoding="utf-8") as f:
        control = f.read().rstrip("\n") + "\n"
    field = fields(control)
    name = field["Package"]
    if field.get("Multi-Arch") == "same":
        name += ":" + field["Architecture"]
    info = os.path.join(ROOT, "var/lib/dpkg/info")
    for part in os.listdir(folder):
        if part != "control":
            shutil.copy2(os.path.join(folder, part), f"{info}/{name}.{part}")
    with open(f"{info}/{name}.list", "w", encoding="utf-8") as f:
        for line in names.splitlines():
            f.write((line[1:].rstrip("/") or "/.") + "\n")
    if os.path.exists(os.path.join(folder, "triggers")):
        triggers(os.path.join(folder, "triggers"), name, interests)
    first, rest = control.split("\n", 1)
    return f"{first}\nStatus: install ok unpacked\n{rest}{conffiles(folder)}\n"


def unpack_all(debs):
    shutil.rmtree(ROOT, ignore_errors=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        os.makedirs(f"{ROOT}/usr/{name}", exist_ok=True)
        os.symlink(f"usr/{name}", f"{ROOT}/{name}")
    for name in ("info", "updates", "triggers", "alternatives", "parts"):
        os.makedirs(f"{ROOT}/var/lib/dpkg/{name}")
    os.chmod(ROOT, 0o755)
    interests, status = {}, []
    for deb in debs:
        status.append(unpack(deb, interests))
    db = f"{ROOT}/var/lib/dpkg"
    ppc64el.write(f"{db}/status", "".join(status))
    ppc64el.write(f"{db}/available", "")
    ppc64el.write(f"{db}/diversions", "")
    ppc64el.write(f"{db}/statoverride", "")
    ppc64el.write(f"{db}/info/format", "1\n")
    files = [f"{at} {who}\n" for at, names in interests.items() for who in names
             if at.startswith("/")]
    ppc64el.write(f"{db}/triggers/File", "".join(files))
    for at, names in interests.items():
        if not at.startswith("/"):
            ppc64el.write(f"{db}/triggers/{at}", "".join(n + "\n" for n in names))


def kernel_modules():
    """The modules of both kernels and their tables of what is built in."""
    for root in KERNELS:
        if not os.path.isdir(root):
            continue
        release, order = mkinitramfs.find_modules(root, MODULES.split(","))
        source = os.path.join(root, "lib/modules", release)
        target = os.path.join(ROOT, "usr/lib/modules", release)
        os.makedirs(os.path.join(target, "kernel"))
        for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
            if os.path.exists(os.path.join(source, name)):
                shutil.copy(os.path.join(source, name), target)
        for name, data in order:
            with open(os.path.join(target, "kernel", name + ".ko"), "wb") as f:
                f.write(data)


def settings():
    for name, text in SETTINGS.items():
        ppc64el.write(os.path.join(ROOT, name), text)
    os.chmod(os.path.join(ROOT, "usr/sbin/policy-rc.d"), 0o755)
    # Scripts of packages want awk before the alternatives are there.
    os.symlink("mawk", os.path.join(ROOT, "usr/bin/awk"))
    shutil.copy(os.path.join(TOP, "tools/rootfs/configure"), os.path.join(ROOT, "root/configure"))
    # Empty: each machine finds its own at its first boot.
    ppc64el.write(os.path.join(ROOT, "etc/machine-id"), "")


def first_stage(packages):
    begin = time.monotonic()
    debs = fetch(packages)
    say(f"unpacking {len(debs)} packages")
    unpack_all(debs)
    settings()
    kernel_modules()
    part = IMAGE + ".part"
    if os.path.exists(part):
        os.unlink(part)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-L", "hypar", "-d", ROOT, part, SIZE],
                   check=True)
    shutil.rmtree(ROOT)
    say(f"first stage: {time.monotonic() - begin:.0f} s")


# ---- second stage -----------------------------------------------------------

def initramfs(path, modules, tests=None):
    cmd = [sys.executable, os.path.join(TOP, "tools/mkinitramfs.py"), "-o", path,
           "--modules", modules]
    for root in KERNELS:
        if os.path.isdir(root):
            cmd += ["--root", root]
    if tests:
        cmd += ["--tests", tests]
    subprocess.run(cmd, check=True)


def second_stage(program):
    begin = time.monotonic()
    log = os.path.join(DIR, "second-stage.log")
    initrd = os.path.join(DIR, "second-stage.gz")
    initramfs(initrd, BOOT_MODULES, os.path.join(TOP, "tools/rootfs"))
    say(f"second stage on {os.path.relpath(program, TOP)}; log in {os.path.relpath(log, TOP)}")
    text = ""
    with open(log, "w", encoding="utf-8") as out:
        run = subprocess.Popen(
            [program, "run", "--kernel", KERNEL, "--initrd", initrd, "--memory", "1G", "--append",
             "console=hvc0 quiet hypar.test=second-stage", "--timeout", "7200",
             "--disk", f"file={IMAGE}.part"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace")
        for line in run.stdout:
            out.write(line)
            out.flush()
            text += line
            if sys.stdout.isatty() and line.startswith("rootfs:"):
                print("\r\033[K" + line.strip(), end="", flush=True)
    if sys.stdout.isatty():
        print()
    if run.wait() or "rootfs: second stage done" not in text:
        print("".join(text.splitlines(True)[-20:]))
        die(f"the second stage failed, status {run.returncode}")
    if subprocess.run(["e2fsck", "-fp", IMAGE + ".part"], stdout=subprocess.DEVNULL,
                      check=False).returncode > 1:
        die("the second stage left a file system with errors")
    say(f"second stage: {time.monotonic() - begin:.0f} s")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rebuild", action="store_true", help="make it anew")
    p.add_argument("--program", default=os.path.join(TOP, "o/rel/hypar"))
    p.add_argument("--add", default="", help="further packages, with commas")
    p.add_argument("--first-stage", action="store_true", help=argparse.SUPPRESS)
    args = p.parse_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    packages = PACKAGES + [a for a in args.add.split(",") if a]
    if args.first_stage:
        first_stage(packages)
        return
    stamp, now = IMAGE + ".key", key(packages)
    if not args.rebuild and os.path.exists(IMAGE) and os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as f:
            if f.read() == now:
                return
    os.makedirs(DIR, exist_ok=True)
    cmd = [sys.executable, os.path.abspath(__file__), "--first-stage", "--add", args.add]
    if os.geteuid():
        cmd.insert(0, "fakeroot")
    if subprocess.run(cmd, check=False).returncode:
        sys.exit(1)
    second_stage(os.path.abspath(args.program))
    initramfs(os.path.join(DIR, "initramfs.gz"), BOOT_MODULES)
    os.replace(IMAGE + ".part", IMAGE)
    ppc64el.write(stamp, now)
    say(f"{os.path.relpath(IMAGE, TOP)} is there")


if __name__ == "__main__":
    main()
