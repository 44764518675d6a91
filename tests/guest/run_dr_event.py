#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The host of the guest dr_event.c: asks for memory and cores, lets each step
fail, and looks whether guest and host are consistent and the next request
works. Ends with "N passed, N failed"."""
import os
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/abi/qmp"))
from client import Machine  # noqa: E402
import guest  # noqa: E402

STEPS = (("get-sensor-state", "-1"), ("get-sensor-state", "PARAMETER"), ("set-indicator", "-1"),
         ("set-indicator", "-3"), ("set-indicator", "-9000"), ("set-indicator", "-9001"),
         ("set-indicator", "-9002"), ("ibm,configure-connector", "-1"),
         ("ibm,configure-connector", "-3"), ("ibm,configure-connector", "-9003"))
LATER = (("set-indicator", "9900"), ("set-indicator", "9905"), ("set-indicator", "BUSY"),
         ("ibm,configure-connector", "BUSY"), ("ibm,configure-connector", "9902"))
RESULTS = []


def check(ok, name):
    print(f"{'ok' if ok else 'FAIL':4} {name}", flush=True)
    RESULTS.append(bool(ok))


def over(c, limit=20):
    """The last request, when it is over, or late."""
    end = time.monotonic() + limit * guest.SLOW
    while True:
        r = c.execute("x-hypar-query-requests")[-1]
        if r["state"] in ("done", "refused", "cancelled") or time.monotonic() > end:
            return r
        time.sleep(0.01)


def consistent(c):
    for o in c.execute("x-hypar-query-connectors"):
        if (o["state"] == "configured") != (o["owner"] == "guest") or o["wanted-back"] or \
                (o["enabled"] and not o["attached"]):
            return False
    return True


def removal(c, kind):
    c.execute(f"x-hypar-remove-{kind}", **({"id": "m"} if kind == "memory" else {"count": 1}))


def addition(c, kind):
    c.execute(f"x-hypar-add-{kind}", **({"id": "m", "size": 512 << 20} if kind == "memory" else
                                        {"count": 1}))


def steps(c, kind, drc, name):
    for call, status in STEPS:
        for nth in (1, 2) if call == "set-indicator" else (1,):
            c.execute("x-hypar-inject", call=call, status=status, drc=drc)
            if nth == 2:  # the first of them is carried out, late
                c.execute("x-hypar-clear-injections")
                c.execute("x-hypar-inject", call=call, drc=drc, **{"delay-us": 1000})
                c.execute("x-hypar-inject", call=call, status=status, drc=drc)
            c.events.clear()
            addition(c, kind)
            r = over(c, 3)
            if r["state"] in ("seen", "progress"):  # it never had that to give back
                c.execute("x-hypar-cancel-request", request=r["request"])
            ok = r["state"] in ("seen", "progress", "refused") and consistent(c)
            hits = [o["hits"] for o in c.execute("x-hypar-query-injections")]
            c.execute("x-hypar-clear-injections")
            if kind == "memory" and c.execute("query-memory-devices"):
                removal(c, kind)  # half of it, which came by an event of its own
                ok = ok and over(c)["state"] == "done"
            addition(c, kind)
            again = over(c)["state"]
            removal(c, kind)
            gone = over(c)["state"]
            check(ok and hits == [1] * nth and again == gone == "done" and consistent(c),
                  f"{name}: {call} {status}, call {nth}: {r['state']}, then {again}, {gone}")


def later(c, kind, drc, name):
    for call, status in LATER:
        if status.startswith("99") and call != "set-indicator":
            continue  # this guest has no clock there
        c.execute("x-hypar-inject", call=call, status=status, drc=drc, count=3)
        addition(c, kind)
        state = over(c)["state"]
        c.execute("x-hypar-clear-injections")
        removal(c, kind)
        check(state == over(c)["state"] == "done", f"{name}: {call} {status}, three times: {state}")


def refusals(c, kind, drc, name):
    """The guest fails to give it back, and keeps it."""
    addition(c, kind)
    over(c)
    c.execute("x-hypar-inject", call="set-indicator", status="-1", drc=drc)
    c.events.clear()
    removal(c, kind)
    r = over(c)
    event = c.wait_event("DEVICE_UNPLUG_GUEST_ERROR")["data"]
    check(r["state"] == "refused" and event["x-hypar-request"] == r["request"] and consistent(c),
          f"{name}: a removal is refused: {r['why']}")
    c.execute("x-hypar-clear-injections")
    removal(c, kind)
    over(c)


def one(name, *options):
    with tempfile.TemporaryDirectory(prefix="hypar-dr-") as folder:
        with Machine(folder, *options, "--smp", "1,max=2", memory="1G,max=4G", limit=False,
                     kernel=os.path.join(TOP, f"o/guest/{name}.elf")) as m, m.client() as c:
            label = " ".join((name,) + options)
            for kind, drc in (("memory", "0x80000005"), ("cpus", "0x10000001")):
                steps(c, kind, drc, f"{label}: {kind}")
                later(c, kind, drc, f"{label}: {kind}")
                if kind == "cpus":
                    refusals(c, kind, drc, f"{label}: {kind}")
            m.type(b"q")
            text = m.until(b"events\n", 20 * guest.SLOW)
            check(b"not ok" not in text.replace(b" 0 not ok", b""), f"{label}: the guest agrees")


def main():
    guest.build()
    one("dr_event")
    if guest.SLOW < 6:  # sanitizer builds take minutes for one of the two
        one("dr_event", "--flat-tree")
    print(f"{sum(RESULTS)} passed, {len(RESULTS) - sum(RESULTS)} failed")
    return not all(RESULTS)


if __name__ == "__main__":
    sys.exit(main())
