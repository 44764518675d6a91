#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make a disk with Debian's fio for ppc64el: o/rootfs/fio.img.

    tools/fio.py [--rebuild]

fio is linked against everything it could do I/O with (Ceph, Gluster, RDMA and
so on), and its packages would double the root file system. So it goes onto a
disk of its own, an ext4 image to be mounted read-only anywhere: /bin/fio, the
libraries that its ELF files need in /lib, none of the packages' other files,
and no package database. "/run FILE..." starts it with those libraries, also
where there is no other libc. /bin/busybox is there as well, for its httpd. APT
fetches the packages by name (see ppc64el.py). The image is kept until this
script changes.
"""
import argparse
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys

import ppc64el

DIR = os.path.join(ppc64el.TOP, "o", "rootfs")
IMAGE = os.path.join(DIR, "fio.img")
WORK = os.path.join(DIR, "fio")
# Packages of fio's dependencies that hold no library which it loads.
SKIP = re.compile(r"lib(perl|python|pam|semanage|sepol|number-|text-|file-).*|.*-common$")
RUN = """#!/bin/sh
# Starts fio; $0 is where the disk is mounted.
top=${0%/*}
exec $top/lib/ld64.so.2 --library-path $top/lib $top/bin/fio "$@"
"""


def die(text):
    sys.exit(f"fio: {text}")


def fetch():
    """The folders with fio and the libraries of its dependencies, unpacked."""
    ppc64el.DIR = os.path.join(DIR, "apt")
    ppc64el.SUITES = ["bookworm"]
    ppc64el.configure()
    ppc64el.update()
    plan = ppc64el.apt("apt-get", "-q", "-y", "--no-install-recommends", "install", "-s", "fio",
                       capture_output=True, text=True).stdout
    names = [n for n in re.findall(r"^Inst (\S+) ", plan, re.M)
             if re.match(r"lib|zlib|fio$", n) and not SKIP.fullmatch(n)]
    debs = os.path.join(WORK, "debs")
    os.makedirs(debs)
    print(f"fio: fetching {len(names)} packages", flush=True)
    if ppc64el.apt("apt-get", "-q", "download", *names, cwd=debs, check=False,
                   stdout=subprocess.DEVNULL).returncode:
        die("cannot fetch the packages")
    tree = os.path.join(WORK, "tree")
    os.makedirs(tree)
    for deb in glob.glob(f"{debs}/*.deb"):
        subprocess.run(["dpkg-deb", "-x", deb, tree], check=True)
    return tree


def needed(path):
    """The sonames that an ELF file asks for."""
    text = subprocess.run(["readelf", "-dW", path], capture_output=True, text=True,
                          check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", text)


def libraries(tree):
    found = {}
    for folder, _, names in os.walk(tree):
        for name in names:
            if ".so" in name:
                found.setdefault(name, os.path.join(folder, name))
    return found


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rebuild", action="store_true", help="make it anew")
    args = p.parse_args()
    with open(__file__, "rb") as f:
        key = hashlib.sha256(f.read()).hexdigest()
    if os.path.exists(IMAGE) and not args.rebuild and os.path.exists(IMAGE + ".key"):
        with open(IMAGE + ".key", encoding="utf-8") as f:
            if f.read() == key:
                return
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    shutil.rmtree(WORK, ignore_errors=True)
    tree = fetch()
    known = libraries(tree)
    disk = os.path.join(WORK, "disk")
    os.makedirs(f"{disk}/bin")
    os.makedirs(f"{disk}/lib")
    shutil.copy(f"{tree}/usr/bin/fio", f"{disk}/bin/fio")
    shutil.copy(os.path.join(ppc64el.TOP, "o/ppc64el/busybox"), f"{disk}/bin/busybox")
    todo, have = [f"{disk}/bin/fio"], set()
    while todo:
        for name in needed(todo.pop()):
            if name in have:
                continue
            if name not in known:
                die(f"no package has {name}")
            have.add(name)
            shutil.copy(known[name], f"{disk}/lib/{name}")
            todo.append(f"{disk}/lib/{name}")
    ppc64el.write(f"{disk}/run", RUN)
    os.chmod(f"{disk}/run", 0o755)
    if os.path.exists(IMAGE + ".part"):
        os.unlink(IMAGE + ".part")
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-L", "fio", "-E",
                    "root_owner=0:0", "-d", disk, IMAGE + ".part", "160M"], check=True,
                   stdout=subprocess.DEVNULL)
    os.replace(IMAGE + ".part", IMAGE)
    ppc64el.write(IMAGE + ".key", key)
    shutil.rmtree(WORK)
    print(f"fio: {os.path.relpath(IMAGE, ppc64el.TOP)} is there, with {len(have)} libraries",
          flush=True)


if __name__ == "__main__":
    main()
