#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fetch Debian's ppc64el packages that the guest boots from.

    tools/ppc64el.py fetch [6.1] [6.12] [busybox] [utils] [slof] [grub] [ndctl]

APT runs with a configuration of its own below o/ppc64el (lists, status,
cache), architecture ppc64el only; the host's package database is not touched
and no root is needed. The mirror is the one the host uses for Debian's main
archive, or HYPAR_MIRROR if that is set. Each .deb is fetched by name, without
its dependencies, checked by APT against the archive's signature, and unpacked
beside: o/ppc64el/root-6.12 and so on, with links vmlinux-6.1, vmlinux-6.12,
busybox, slof.bin and grub (a folder of modules); "utils" are powerpc-ibm-utils
with the libraries that drmgr needs, with a link drmgr; "ndctl" is ndctl with what it needs, e2fsprogs and kexec. What is there already is
not fetched again.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DIR = os.path.join(TOP, "o", "ppc64el")
UTILS = ["powerpc-ibm-utils", "librtas2", "libnuma1", "libc6", "zlib1g"]
NDCTL = ["ndctl", "libndctl6", "libdaxctl1", "libcxl1", "libiniparser1", "libjson-c5",
         "libkeyutils1", "libkmod2", "libtraceevent1", "libtracefs1", "libuuid1", "libudev1",
         "libcap2", "libssl3", "libzstd1", "liblzma5", "zlib1g", "libc6", "e2fsprogs",
         "libext2fs2", "libblkid1", "libcom-err2", "kexec-tools"]
SUITES = ["bookworm", "bookworm-backports"]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
RELEASES = {"bookworm", "trixie", "forky", "sid", "stable", "oldstable",
            "testing", "unstable", "bullseye"}


def die(text):
    sys.exit(f"ppc64el: {text}")


def deb822_entries(text):
    """(uris, suites, components, signed-by) of each enabled "deb" stanza."""
    for stanza in re.split(r"\n\s*\n", text):
        field, key = {}, None
        for line in stanza.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0] in " \t" and key:
                field[key] += " " + line.strip()
            elif ":" in line:
                key, value = line.split(":", 1)
                key = key.strip().lower()
                field[key] = value.strip()
        if field.get("enabled", "yes").lower() == "no":
            continue
        if "deb" in field.get("types", "").split():
            yield (field.get("uris", "").split(), field.get("suites", "").split(),
                   field.get("components", "").split(), field.get("signed-by", ""))


def list_entries(text):
    """The same of one-line entries: deb [options] uri suite component..."""
    for line in text.splitlines():
        m = re.match(r"\s*deb\s+(\[[^]]*\]\s*)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if m:
            yield [m[2]], [m[3]], m[4].split(), m[1] or ""


def host_entries():
    etc = "/etc/apt"
    for path in [f"{etc}/sources.list"] + sorted(glob.glob(f"{etc}/sources.list.d/*")):
        try:
            with open(path, encoding="utf-8", errors="replace") as f:
                text = f.read()
        except OSError:
            continue
        if path.endswith(".sources"):
            yield from deb822_entries(text)
        elif path.endswith(".list"):
            yield from list_entries(text)


def mirror_score(uri, suites, components, signed):
    """0: not Debian's main archive. Third parties fail one of these."""
    path = uri.rstrip("/")
    if "main" not in components or not RELEASES & set(suites):
        return 0
    if not (path.endswith("/debian") or path.endswith("/debian.list") or
            re.search(r"/archive/debian/\d{8}T\d{6}Z$", path)):
        return 0
    score = 1
    if "debian-archive-keyring" in signed:
        score += 2
    if any(s.endswith("-updates") for s in suites):
        score += 1
    return score


def choose_mirror(entries):
    best, best_score = None, 0
    for uris, suites, components, signed in entries:
        for uri in uris:
            score = mirror_score(uri, suites, components, signed)
            if score > best_score:
                best, best_score = uri, score
    return best


def mirror():
    uri = os.environ.get("HYPAR_MIRROR") or choose_mirror(host_entries())
    if not uri:
        die("the host's APT sources name no Debian mirror; HYPAR_MIRROR=URI does")
    return uri


def host_settings():
    """How the host reaches a mirror: proxies, certificates, retries, dates."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True,
                          check=True).stdout
    wanted = re.compile(r"Acquire::(https?|ftp|Retries|Check-|ForceIPv|Proxy)", re.I)
    return [line for line in dump.splitlines() if wanted.match(line)]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def configure():
    for folder in ("state/lists/partial", "cache/archives/partial", "etc/parts", "log"):
        os.makedirs(os.path.join(DIR, folder), exist_ok=True)
    signed = f"Signed-By: {KEYRING}\n" if os.path.exists(KEYRING) else ""
    write(f"{DIR}/etc/debian.sources",
          f"Types: deb\nURIs: {mirror()}\nSuites: {' '.join(SUITES)}\n"
          f"Components: main\nArchitectures: ppc64el\n{signed}")
    open(f"{DIR}/state/status", "a", encoding="utf-8").close()
    lines = host_settings() + [
        'APT::Architecture "ppc64el";',
        'APT::Architectures { "ppc64el"; };',
        'APT::Sandbox::User "root";',
        'Acquire::Languages "none";',
        'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";',
        f'Dir::State "{DIR}/state";',
        f'Dir::State::status "{DIR}/state/status";',
        f'Dir::Cache "{DIR}/cache";',
        f'Dir::Log "{DIR}/log";',
        f'Dir::Etc::main "{DIR}/etc/none";',
        f'Dir::Etc::parts "{DIR}/etc/parts";',
        f'Dir::Etc::sourcelist "{DIR}/etc/debian.sources";',
        f'Dir::Etc::sourceparts "{DIR}/etc/parts";',
        f'Dir::Etc::preferencesparts "{DIR}/etc/parts";',
        f'Dir::Etc::preferences "{DIR}/etc/none";',
    ]
    # The host's keys and its passwords for mirrors stay where they are.
    write(f"{DIR}/etc/apt.conf", "\n".join(lines) + "\n")


def apt(*args, **kw):
    env = dict(os.environ, APT_CONFIG=f"{DIR}/etc/apt.conf", LC_ALL="C")
    return subprocess.run(args, env=env, check=kw.pop("check", True), **kw)


def update():
    print("ppc64el: reading the package lists", flush=True)
    if apt("apt-get", "-q", "update", check=False).returncode:
        die("apt-get update failed; HYPAR_MIRROR=URI names another Debian mirror")


def kernel_package(series):
    """(name, version) of the kernel the metapackage of that series depends on."""
    text = apt("apt-cache", "show", "linux-image-powerpc64le", capture_output=True,
               text=True, check=False).stdout
    best = None
    for record in text.split("\n\n"):
        version = re.search(r"^Version: (\S+)", record, re.M)
        m = re.search(r"^Depends: .*?(linux-image-(\d+\.\d+)\S*) \(= (\S+)\)", record, re.M)
        if version and m and m[2] == series:
            best = best or (m[1], m[3])
    if not best:
        die(f"no linux-image-powerpc64le of {series} in {' '.join(SUITES)}")
    return best


def download(name, version=None):
    debs = os.path.join(DIR, "debs")
    os.makedirs(debs, exist_ok=True)
    spec = f"{name}={version}" if version else name
    print(f"ppc64el: fetching {spec}", flush=True)
    if apt("apt-get", "-q", "download", spec, cwd=debs, check=False).returncode:
        die(f"cannot fetch {spec}")
    found = sorted(glob.glob(os.path.join(debs, f"{name}_*.deb")), key=os.path.getmtime)
    if not found:
        die(f"no file for {spec}")
    return found[-1]


def unpack(debs, root):
    part = root + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    for deb in debs:
        subprocess.run(["dpkg-deb", "-x", deb, part], check=True)
    shutil.rmtree(root, ignore_errors=True)
    os.rename(part, root)


def link(target, name):
    path = os.path.join(DIR, name)
    if os.path.islink(path):
        os.unlink(path)
    os.symlink(os.path.relpath(target, DIR), path)


# What is no kernel: the packages, where the thing is in it, and its link.
OTHERS = {
    "busybox": (["busybox-static"], ("bin/busybox", "usr/bin/busybox"), "busybox"),
    "slof": (["qemu-system-data"], ("usr/share/qemu/slof.bin",), "slof.bin"),
    "grub": (["grub-ieee1275-bin"], ("usr/lib/grub/powerpc-ieee1275",), "grub"),
    "ndctl": (NDCTL, ("usr/bin/ndctl",), "ndctl"),
    "utils": (UTILS, ("usr/sbin/drmgr",), "drmgr"),
}


def fetch(what):
    root = os.path.join(DIR, "root-" + what)
    if what in OTHERS:
        packages, paths, name = OTHERS[what]
        unpack([download(p) for p in packages], root)
        found = [f"{root}/{p}" for p in paths if os.path.exists(f"{root}/{p}")]
    else:
        unpack([download(*kernel_package(what))], root)
        found = glob.glob(f"{root}/boot/vmlinu*")
        name = "vmlinux-" + what
    if not found:
        die(f"{root} holds no {name}")
    link(found[0], name)


def have(what):
    return os.path.exists(os.path.join(DIR, OTHERS[what][2] if what in OTHERS else "vmlinux-" + what))


def main():
    if len(sys.argv) < 3 or sys.argv[1] != "fetch":
        sys.exit(__doc__)
    known = ("6.1", "6.12", *OTHERS)
    for what in sys.argv[2:]:
        if what not in known:
            die(f"{what}: not one of {' '.join(known)}")
    missing = [w for w in sys.argv[2:] if not have(w)]
    if not missing:
        return
    for tool in ("apt-get", "apt-cache", "dpkg-deb"):
        if not shutil.which(tool):
            die(f"{tool} is not installed; this needs a Debian host, or put the files "
                "vmlinux-6.1, vmlinux-6.12 and busybox (ppc64el) into o/ppc64el by hand")
    configure()
    update()
    for what in missing:
        fetch(what)


if __name__ == "__main__":
    main()
