# SPDX-License-Identifier: Apache-2.0
"""Dynamic reconfiguration of a Debian: what hypar says of its connectors and what the
guest has, and the tools of POWER's administrators."""
import hashlib
import os
import random
import re
import time

from session import Trouble

MIB = 1 << 20
KINDS = {1: "cpu", 2: "phb", 3: "slot", 4: "pci", 8: "memory"}
# Networks that come later belong to a test of their own, not to networkd.
LEAVE_ALONE = "mkdir -p /run/systemd/network; card=$(ip -o route get 10.0.2.2 | " \
    "sed 's/.* dev \\([^ ]*\\) .*/\\1/'); printf '[Match]\\nType=ether\\nName=!%s\\n[Link]\\n" \
    "Unmanaged=yes\\n' $card > /run/systemd/network/10-hot.network; " \
    "systemctl restart systemd-networkd"


def image(path, seed):
    """A disk of 64 MiB with a random megabyte at its start: the sum of that."""
    data = random.Random(seed).randbytes(MIB)
    with open(path, "wb") as f:
        f.write(data)
        f.truncate(64 * MIB)
    return hashlib.sha256(data).hexdigest()


# ---- who says what -----------------------------------------------------------

def connectors(s, kind=None):
    rows = s.ok("drc", *([kind] if kind else []))
    return {int(r["index"], 0): r for r in rows}


def guest_view(s):
    """What the guest has, by its own word."""
    out = {}
    for line in s.sh("view").splitlines():
        m = re.match(r"(tree|memory|lmbs|functions|online) (.*)", line)
        if m:
            out[m[1]] = m[2].split()
    words = [int(w, 16) for w in out["lmbs"]]
    owned = set()
    for n, _, _, first, _, flags in (words[1 + i * 6:7 + i * 6] for i in range(words[0])):
        if flags & 0x88:  # assigned, or reserved as the RMA is
            owned |= set(range(first, first + n))
    return {"tree": {int(w, 16) for w in out["tree"]},
            "memory": {0x80000000 + int(w) for w in out["memory"]},
            "assigned": owned, "functions": int(out["functions"][0]),
            "online": int(out["online"][0])}


def consistent(s):
    """What hypar says of each connector is what the guest has, and nobody waits for anything."""
    rows, view, why = connectors(s), guest_view(s), []
    has = {i for i, r in rows.items() if r["state"] == "configured"}
    for i, r in rows.items():
        if (r["state"] == "configured") != (r["owner"] == "guest") or r["wanted-back"] or \
                r["enabled"] and not r["attached"]:
            why.append(f"{r}")
    memory = {i for i in has if i >> 28 == 8}
    for name, hypar, guest in (
            ("tree", has - memory, view["tree"]), ("memory blocks", memory, view["memory"]),
            ("assigned memory", memory, view["assigned"]),
            ("PCI functions", sum(i >> 28 == 4 for i in has), view["functions"]),
            ("processors", sum(i >> 28 == 1 for i in has), view["online"])):
        if hypar != guest:
            if isinstance(hypar, set):
                hypar, guest = ([hex(i) for i in sorted(v)] for v in (hypar - guest, guest - hypar))
            why.append(f"{name}: hypar {hypar}, guest {guest}")
    for r in s.ok("events"):
        if r["state"] not in ("done", "refused", "cancelled"):
            why.append(f"request {r['request']} is {r['state']}")
    if why:
        raise Trouble("inconsistent: " + "; ".join(why))
    return rows, view


def configured(rows, kind):
    return {i: r for i, r in rows.items() if i >> 28 == kind and r["state"] == "configured"}


def where(s, device):
    """The connector of a device."""
    for r in connectors(s).values():
        if r["resource"] == device and r["attached"]:
            return r
    raise Trouble(f"no connector has {device}")


def unit_of(row):
    """The unit address of a virtual slot, as /sys/bus/vio has it."""
    return f"{0x71000000 | int(row['index'], 0) & 0xffff:x}"


def resident(s):
    """(MiB of the guest's memory, MiB of all else, threads, descriptors) of hypar."""
    guest = own = size = 0
    with open(f"/proc/{s.proc.pid}/smaps", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("Size:"):
                size = int(line.split()[1])
            elif line.startswith("Rss:"):
                rss = int(line.split()[1])
                if size < 128 << 10:
                    own += rss
                else:
                    guest += rss
    return (guest >> 10, own >> 10, len(os.listdir(f"/proc/{s.proc.pid}/task")),
            len(os.listdir(f"/proc/{s.proc.pid}/fd")))


def begin(s):
    s.fetch("dr")
    s.sh("dd if=/dev/urandom of=/root/random bs=64k count=16 status=none")
    s.sh(LEAVE_ALONE)
    s.sh("modprobe rpadlpar_io")
    s.sh("until systemctl is-active -q rtas_errd; do sleep 1; done")


def tool(s, line, limit=300):
    """A tool of powerpc-ibm-utils. A drmgr that rtas_errd started may still hold their lock
    when what it was asked for is done."""
    end = time.monotonic() + limit
    while True:
        out = s.sh(f"{line} 2>&1; echo status $?", limit)
        out, _, status = out.rpartition("status ")
        if "dr_config_lock" not in out or time.monotonic() > end:
            break
        time.sleep(1)
    if status != "0":
        raise Trouble(f"{line}: status {status} {out[-300:]}")
    return out.strip()
