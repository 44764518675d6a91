# SPDX-License-Identifier: Apache-2.0
"""Wrong command lines and files: status 2, nothing on standard output, and one
line on standard error that names the option and the reason."""
import os
import socket
import struct

from guest import GUEST, PROGRAM, run

K = ["--kernel", GUEST]

# (arguments after "run", what the line has to hold)
WORDS = [
    ([], "--kernel", "no kernel"),
    (["vmlinux"], "vmlinux", "not an option"),
    (["--frob"], "--frob", "unknown option"),
    (["--frob=1"], "--frob", "unknown option"),
    (["-x"], "-x", "unknown option"),
    (["-"], '"-"', "not an option"),
    (["--kern", GUEST], "--kern:", "unknown option"),
    (["--kernel"], "--kernel", "missing"),
    (["-kernel"], "--kernel", "missing"),
    (["--kernel", "--stats"], "--kernel", "missing"),
    (["--kernel="], "--kernel", "empty"),
    (["--kernel", ""], "--kernel", "empty"),
    (K + K, "--kernel", "twice"),
    (["--stats", "--stats"], "--stats", "twice"),
    (["--memory", "1G", "-m", "1G"], "--memory", "twice"),
    (["--stats=yes"], "--stats", "takes no value"),
    (["--memory", "0"], "--memory 0", "zero"),
    (["-m", "0G"], "--memory 0G", "zero"),
    (["--memory", "-1G"], "--memory -1G", "negative"),
    (["--memory", "1000M"], "--memory 1000M", "256 MiB"),
    (["--memory", "1"], "--memory 1", "256 MiB"),
    (["--memory", "256M"] + K, "--memory", "512 MiB"),
    (["--memory", "2T"], "--memory 2T", "1024 GiB"),
    (["--memory", "17179869185G"], "--memory", "1024 GiB"),
    (["--memory", "18446744073709551616"], "--memory", "too large"),
    (["--memory", "2GB"], "--memory 2GB", '"B"'),
    (["--memory", "1.5G"], "--memory 1.5G", '".5G"'),
    (["--memory", "G"], "--memory G", "not a number"),
    (["--memory", " 2G"], "--memory", "not a number"),
    (["-m", "size=2G,slots=x"], "--memory", "not a number"),
    (["-m", "2G,slots=4,cores=2"], "--memory", '"cores=2"'),
    (["-m", "2G,"], "--memory 2G,", "empty part"),
    (["-m", "max=4G"], "--memory max=4G", "size is missing"),
    (["-m", "2G,max=1G"], "--memory 2G,max=1G", "less"),
    (["-m", "2G,max=4G,maxmem=4G"], "--memory", "max given twice"),
    (["-m", "2G,size=2G"], "--memory", "twice"),
    (["-m", "2G,max=1000M"], "--memory", "256 MiB"),
    (["-m", "2G,max=2T"], "--memory", "1024 GiB"),
    (["--numa", "node,mem=1G"] + K, "--numa", "1024 MiB", "2048 MiB"),
    (["--numa", "node,mem=100M"], "--numa", "256 MiB"),
    (["--numa", "node,mem=4G"] + K, "--numa", "more memory"),
    (["--numa", "nodes"], "--numa nodes", "neither"),
    (["--numa", "node,cpu=1"], "--numa", '"cpu=1"'),
    (["--numa", "node,"], "--numa", "empty part"),
    (["--numa", "node,nodeid=16"], "--numa", "more than 15"),
    (["--numa", "node,nodeid=1", "--numa", "node,nodeid=1"], "--numa", "twice"),
    (["--numa", "node,cpus=3-1"], "--numa", "lower first"),
    (["--numa", "node,cpus=0-256"], "--numa", "255"),
    (["--numa", "node,cpus=0-1", "--numa", "node,cpus=1"], "--numa", "two nodes"),
    (["--numa", "node,phb=8"], "--numa", "more than 7"),
    (["--numa", "node,phb=1", "--numa", "node,phb=1"], "--numa", "two nodes"),
    (["--numa", "node", "--numa", "node,cpus=1", "--smp", "2,threads=2"] + K, "--numa", "core"),
    (["--numa", "dist,src=0,dst=1"], "--numa", "missing"),
    (["--numa", "dist,src=0,dst=1,val=10"], "--numa", "11 to 254"),
    (["--numa", "dist,src=0,dst=1,val=255"], "--numa", "254"),
    (["--numa", "dist,src=0,dst=0,val=20"], "--numa", "10 from itself"),
    (["--numa", "node", "--numa", "dist,src=0,dst=1,val=20"] + K, "--numa", "not both"),
    (["--smp", "0"], "--smp 0", "1 to 256"),
    (["--smp", "10000"], "--smp 10000", "1 to 256"),
    (["--smp", "-1"], "--smp -1", "negative"),
    (["--smp", "2x"], "--smp 2x", '"x"'),
    (["--smp", "4,threads=3"], "--smp", "1, 2, 4 or 8"),
    (["--smp", "3,threads=2"], "--smp", "whole cores"),
    (["--smp", "threads=2"], "--smp", "missing"),
    (["--smp", "2,threads=2,threads=2"], "--smp", "twice"),
    (["--smp", "2,3"], "--smp", '"3"'),
    (["--smp", "2,"], "--smp", "unknown part"),
    (["--smp", "2,cores=2"], "--smp", "cores=2"),
    (["--smp", "4,max=2"], "--smp", "less than the 4"),
    (["--smp", "4,max=7,threads=2"], "--smp", "at most 7"),
    (["--smp", "4,maxcpus=300"], "--smp", "maxcpus must be 1 to 256"),
    (["--smp", "4,max=8,maxcpus=8"], "--smp", "twice"),
    (["--cpu", "power8"], "--cpu power8", "power9, power10"),
    (["--interrupt-controller", "mpic"], "--interrupt-controller mpic", "auto, xics, xive"),
    (["--console", "tty"], "--console tty", "stdio, pty"),
    (["--console", "file:"], "--console", "path"),
    (["--console", "unix:"], "--console", "path"),
    (["--monitor", "unix:"], "--monitor", "path"),
    (["--monitor", "tcp:1"], "--monitor tcp:1", "unix:PATH"),
    (["--rtc", "now"], "--rtc now", "utc"),
    (["--rtc", "2026-02-29T00:00:00"], "--rtc", "date"),
    (["--rtc", "2026-11-20T24:00:00"], "--rtc", "date"),
    (["--rtc", "2026-11-20T12:00:00Z"], "--rtc", "date"),
    (["--rtc", "1969-12-31T23:59:59"], "--rtc", "1970"),
    (["--rtc", "+5s"], "--rtc +5s", '"s"'),
    (["--rtc", "+99999999999999999999"], "--rtc", "too large"),
    (["--seed", "0"], "--seed 0", "zero"),
    (["--seed", "0x"], "--seed 0x", "not a number"),
    (["--seed", "12g"], "--seed 12g", '"g"'),
    (["--seed", "0x10000000000000000"], "--seed", "too large"),
    (["--timeout", "0"], "--timeout 0", "zero"),
    (["--timeout", "1.5"], "--timeout 1.5", '".5"'),
    (["--timeout", "999999999999"], "--timeout", "ten years"),
    (["--trace", "hcall,foo"], "--trace hcall,foo", '"foo"'),
    (["--trace", ","], "--trace ,", "not one of"),
    (K + ["--trace-file", "/dev/null"], "--trace-file /dev/null", "--trace"),
    (["--kernel", "/"], "--kernel /", "directory"),
    (["--kernel", "/dev/zero"], "--kernel /dev/zero", "regular"),
    (K + ["--initrd", "/dev/zero"], "--initrd /dev/zero", "regular"),
    (K + ["--console", "file:/"], "--console file:/", "directory"),
    (K + ["--nvram", "/"], "--nvram /", "directory"),
    (K + ["--trace", "all", "--trace-file", "/"], "--trace-file /", "directory"),
    (["--kernel", "/no\nline\x1b[2J"], "--kernel", "No such file"),
    (["--kernel", "/" + "x/" * 1500 + "end"], "--kernel ...", "end: "),
]


def check(args, holds):
    status, out, err = run([PROGRAM, *args])
    assert status == 2, (status, err)
    assert out == b"", out
    assert err.startswith("hypar: ") and err.count("\n") == 1 and err.endswith("\n"), err
    assert all(32 <= ord(c) for c in err[:-1]), repr(err)
    for text in holds:
        assert text in err, f"no {text!r} in {err!r}"


def write(folder, name, data, size=None):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(data)
        if size is not None:
            f.truncate(size)
    return path


def elf(machine=21, phoff=64, vaddr=0, filesz=4, memsz=4, data=2):
    order = ">" if data == 2 else "<"
    head = b"\x7fELF" + bytes([2, data, 1]) + bytes(9)
    head += struct.pack(order + "HHIQQQIHHHHHH", 2, machine, 1, vaddr, phoff, 0, 2, 64, 56, 1, 0, 0, 0)
    head += struct.pack(order + "IIQQQQQQ", 1, 7, 120, vaddr, vaddr, filesz, memsz, 4096)
    return head + bytes(4)


def kernels(folder):
    """(file, what the line has to hold)"""
    with open(GUEST, "rb") as f:
        whole = f.read()
    yield write(folder, "empty", b""), "empty"
    yield write(folder, "text", b"#!/bin/sh\nexit 0\n"), "text"
    yield write(folder, "gzip", b"\x1f\x8b\x08\0" + bytes(60)), "gzip"
    yield write(folder, "head-cut", whole[:40]), "head-cut"
    yield write(folder, "data-cut", whole[:4200]), "data-cut"
    yield write(folder, "x86", elf(machine=62)), "machine 62"
    yield write(folder, "elf32", b"\x7fELF" + bytes([1, 2, 1]) + bytes(120)), "elf32"
    yield write(folder, "huge", elf(memsz=1 << 33)), "RAM"
    yield write(folder, "far", elf(vaddr=0x7fff0000_0000)), "far"
    yield write(folder, "wraps", elf(vaddr=(1 << 64) - 4096, memsz=8192)), "wraps"
    yield write(folder, "no-headers", elf(phoff=1 << 40)), "no-headers"
    yield write(folder, "raw-huge", b"\x48\0\0\0" * 4, 3 << 30), "RAM"
    yield os.path.join(folder, "missing"), "No such file"
    yield os.path.join(folder, "empty", "below"), "Not a directory"


def bad_kernels(folder):
    for path, text in kernels(folder):
        check(["run", "-m", "512M", "-kernel", path], ("--kernel", text))
    fifo = os.path.join(folder, "fifo")
    os.mkfifo(fifo)
    check(["run", "--kernel", fifo], ("--kernel " + fifo, "regular"))
    if os.getuid():
        os.chmod(write(folder, "secret", b"x"), 0)
        check(["run", "--kernel", os.path.join(folder, "secret")], ("--kernel", "denied"))


def bad_initrds(folder):
    k = ["run", "-m", "512M", *K]
    check(k + ["-initrd", write(folder, "big", b"x", 600 << 20)], ("--initrd", "do not fit"))
    check(k + ["-initrd", write(folder, "empty", b"")], ("--initrd", "empty"))
    check(k + ["-initrd", os.path.join(folder, "none")], ("--initrd", "No such file"))


def bad_nvram(folder):
    k = ["run", *K, "--nvram"]
    check(k + [write(folder, "short", b"x")], ("--nvram", "65536"))
    check(k + [os.path.join(folder, "no", "file")], ("--nvram", "No such file"))
    fifo = os.path.join(folder, "fifo")
    os.mkfifo(fifo)
    check(k + [fifo], ("--nvram",))


def bad_consoles(folder):
    k = ["run", *K, "--console"]
    check(k + ["unix:" + os.path.join(folder, "no", "s")], ("--console unix:", "No such file"))
    check(k + ["unix:" + os.path.join(folder, "s" * 120)], ("--console", "too long"))
    check(k + ["unix:" + write(folder, "plain", b"x")], ("--console unix:", "not a socket"))
    check(k + ["file:" + os.path.join(folder, "no", "f")], ("--console file:", "No such file"))
    taken = os.path.join(folder, "taken")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(taken)
        s.listen()
        check(k + ["unix:" + taken], ("--console unix:", "in use"))
        check(k + ["file:" + taken], ("--console file:",))


def conflicts(folder):
    a, b = os.path.join(folder, "a"), os.path.join(folder, "..", os.path.basename(folder), "a")
    t = ["--trace", "hcall", "--trace-file"]
    check(["run", *K, "--console", "file:" + a, *t, b], ("--trace-file", "--console"))
    check(["run", *K, "--nvram", a, *t, b], ("--trace-file", "--nvram"))
    check(["run", *K, "--nvram", a, "--console", "file:" + b], ("--console", "--nvram"))
    assert not os.path.exists(a), "a file was made"
    link = os.path.join(folder, "kernel")
    os.symlink(GUEST, link)
    for option in (["--nvram", link], ["--console", "file:" + link], [*t, link]):
        check(["run", *K, *option], ("--kernel", option[-2]))
    write(folder, "a", b"x" * 70000)
    check(["run", *K, "--initrd", a, "--nvram", b], ("--nvram", "--initrd"))


def keeps_files(folder):
    """A wrong kernel leaves the console's and the trace's old files alone."""
    a, b = write(folder, "a", b"old"), write(folder, "b", b"old")
    check(["run", "--kernel", write(folder, "text", b"text\n" * 9), "--console", "file:" + a,
           "--trace", "all", "--trace-file", b], ("--kernel", "text file"))
    for path in (a, b):
        with open(path, "rb") as f:
            assert f.read() == b"old", path


def commands(_):
    check([], ("no command",))
    check(["boot"], ("boot", "unknown command"))
    check(["--frob"], ("--frob", "unknown option"))
    check(["--version", "x"], ("x", "unexpected"))


def tests():
    yield "bad-commands", commands
    for i, (args, *holds) in enumerate(WORDS):
        name = "-".join(args[-2:]).replace("/", "_")[:40]
        name = "".join(c if c.isprintable() else "?" for c in name)
        yield f"bad-{i:02}-{name}", lambda _, a=args, h=holds: check(["run", *a], h)
    yield "bad-kernels", bad_kernels
    yield "bad-initrds", bad_initrds
    yield "bad-nvram", bad_nvram
    yield "bad-consoles", bad_consoles
    yield "conflicts", conflicts
    yield "keeps-files", keeps_files
