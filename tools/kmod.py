#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Build kernel modules that Debian's ppc64el kernel lacks, from its own source.

    tools/kmod.py

libnvdimm, nd_pmem, nd_btt and papr_scm for the kernel of o/ppc64el/vmlinux-6.12,
into the folder "extra" among that kernel's modules. Debian leaves LIBNVDIMM and PAPR_SCM out of its
ppc64el configuration; the rest of the kernel has what they need. The headers,
the host tools of Kbuild and linux-source are Debian packages of that very
version, fetched as tools/ppc64el.py fetches; the compiler is
powerpc64le-linux-gnu-gcc, and Kbuild's host tools, which are ppc64el programs,
run by qemu-ppc64le-static. What is there already is not built again.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tarfile

import ppc64el
from ppc64el import DIR, die

MODULES = ["libnvdimm", "nd_pmem", "nd_btt", "papr_scm"]
LIBS = "lib/powerpc64le-linux-gnu"
TOOL_LIBS = ["libc6", "libelf1", "libssl3", "zlib1g"]
# What Kconfig would have set.
CONFIG = ["LIBNVDIMM_MODULE", "BLK_DEV_PMEM_MODULE", "ND_BTT_MODULE", "BTT", "ND_CLAIM",
          "NVDIMM_PFN", "NVDIMM_DAX", "PAPR_SCM_MODULE"]
LIBNVDIMM = ["core", "bus", "dimm_devs", "dimm", "region_devs", "region", "namespace_devs",
             "label", "badrange", "nd_perf", "claim", "btt_devs", "pfn_devs", "dax_devs"]
KBUILD = """
obj-m := libnvdimm.o nd_pmem.o nd_btt.o papr_scm.o
libnvdimm-y := %s
nd_pmem-y := pmem.o
nd_btt-y := btt.o
ccflags-y := %s -I$(src)
"""


def packages():
    """Names and version of what belongs to the kernel of 6.12."""
    name, version = ppc64el.kernel_package("6.12")
    release = name[len("linux-image-"):]
    base = release.rsplit("-", 1)[0]
    return release, version, [f"linux-headers-{release}", f"linux-headers-{base}-common",
                              f"linux-kbuild-{base}"]


def fetched(name, version=None):
    """The .deb, fetched if it is not there."""
    found = sorted(glob.glob(os.path.join(DIR, "debs", f"{name}_*.deb")))
    wanted = version and version.replace(":", "%3a")
    found = [f for f in found if not wanted or f"_{wanted}_" in f]
    return found[-1] if found else ppc64el.download(name, version)


def wrap_tools(root):
    """Replaces each ppc64el program by a script that runs it."""
    qemu = shutil.which("qemu-ppc64le-static") or die("qemu-user-static is not installed")
    for top, _, files in os.walk(root):
        for name in files:
            path = os.path.join(top, name)
            if os.path.islink(path) or not os.access(path, os.X_OK):
                continue
            with open(path, "rb") as f:
                head = f.read(20)
            if head[:4] != b"\x7fELF" or head[18] != 21 or ".so" in name:
                continue
            os.rename(path, path + ".ppc64el")
            with open(path, "w", encoding="utf-8") as f:
                f.write(f'#!/bin/sh\nexec {qemu} "{root}/{LIBS}/ld64.so.2" --library-path '
                        f'"{root}/{LIBS}:{root}/usr/{LIBS}" "{path}.ppc64el" "$@"\n')
            os.chmod(path, 0o755)
    # these are chosen by a program that starts them itself
    for kind in (".real-powerpc", ".real-lsb-64"):
        for path in glob.glob(f"{root}/usr/lib/linux-kbuild-*/**/*{kind}", recursive=True):
            with open(path[:-len(kind)], "w", encoding="utf-8") as f:
                f.write(f'#!/bin/sh\nexec "{path}" "$@"\n')


def make_tree(work):
    """The packages side by side, links inside. Answers the build folder."""
    release, version, names = packages()
    root = os.path.join(work, "root")
    debs = [fetched(n, version) for n in names] + [fetched(n) for n in TOOL_LIBS]
    ppc64el.unpack(debs, root)
    for path in glob.glob(f"{root}/usr/src/linux-headers-*/**/*", recursive=True) + \
            glob.glob(f"{root}/usr/src/linux-headers-*/*"):
        if os.path.islink(path) and os.readlink(path).startswith("/"):
            target = root + os.readlink(path)
            os.unlink(path)
            os.symlink(target, path)
    build = f"{root}/usr/src/linux-headers-{release}"
    common = f"{root}/usr/src/linux-headers-{release.rsplit('-', 1)[0]}-common"
    for name in ("Makefile", ".kernelvariables"):
        path = f"{build}/{name}"
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                text = f.read()
            with open(path, "w", encoding="utf-8") as f:
                f.write(re.sub(r"(?<![\w.])/usr/(src|lib)/linux-", rf"{root}/usr/\1/linux-", text))
    wrap_tools(root)
    return build, common, version


def source(work, version):
    """drivers/nvdimm and papr_scm from linux-source, and nothing else."""
    tree = os.path.join(work, "source")
    part = os.path.join(work, "source-deb")
    wanted = re.compile(r"[^/]+/(drivers/nvdimm/[^/]+\.[ch]|drivers/acpi/nfit/[^/]+\.h|"
                        r"arch/powerpc/platforms/pseries/papr_scm\.c)$")
    os.makedirs(tree, exist_ok=True)
    ppc64el.unpack([fetched("linux-source-6.12", version)], part)
    with tarfile.open(glob.glob(f"{part}/usr/src/linux-source-6.12.tar.*")[0]) as tar:
        for member in tar:
            if wanted.match(member.name):
                with open(os.path.join(tree, os.path.basename(member.name)), "wb") as f:
                    shutil.copyfileobj(tar.extractfile(member), f)
    shutil.rmtree(part)
    with open(os.path.join(tree, "Kbuild"), "w", encoding="utf-8") as f:
        f.write(KBUILD % (" ".join(o + ".o" for o in LIBNVDIMM),
                          " ".join(f"-DCONFIG_{c}=1" for c in CONFIG)))
    return tree


def main():
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    kernel = glob.glob(os.path.join(DIR, "root-6.12/lib/modules/*"))
    if not kernel:
        die("no kernel 6.12: tools/ppc64el.py fetch 6.12")
    out = os.path.join(kernel[0], "extra")
    if all(os.path.exists(f"{out}/{m}.ko") for m in MODULES):
        return
    for tool in ("powerpc64le-linux-gnu-gcc", "make", "dpkg-deb"):
        shutil.which(tool) or die(f"{tool} is not installed")
    ppc64el.configure()
    ppc64el.update()
    work = os.path.join(DIR, "kmod-work")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    build, _, version = make_tree(work)
    tree = source(work, version)
    print("kmod: building", " ".join(MODULES), flush=True)
    log = os.path.join(DIR, "kmod.log")
    with open(log, "w", encoding="utf-8") as f:
        status = subprocess.run(
            ["make", "-C", build, f"M={tree}", "ARCH=powerpc", "modules",
             "CROSS_COMPILE=powerpc64le-linux-gnu-", "CC=powerpc64le-linux-gnu-gcc",
             "KBUILD_MODPOST_WARN=1", "CONFIG_DEBUG_INFO_BTF_MODULES="], stdout=f,
            stderr=subprocess.STDOUT, check=False).returncode
    if status:
        die(f"the build failed: {log}")
    os.makedirs(out, exist_ok=True)
    for m in MODULES:
        subprocess.run(["powerpc64le-linux-gnu-strip", "-g", "-o", f"{out}/{m}.ko",
                        f"{tree}/{m}.ko"], check=True)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
