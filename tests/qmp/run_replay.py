#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replay what was taken from QEMU (record.py) against the monitor of hypar.

    tests/qmp/run_replay.py [SESSION...]

To each request the answer must have at least the keys that QEMU's had, with
their types, the same class of error, and be followed or preceded by the same
events. HYPAR names the program. The last line is "N passed, N failed".
"""
import functools
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "abi", "qmp"))
import client  # noqa: E402  (finds cases and guest)
import cases  # noqa: E402
import guest  # noqa: E402
import steps  # noqa: E402

# Where we differ on purpose: (session, request): what we answer instead.
# hypar offers no capabilities, so it can enable none, and nothing comes after it.
OTHERWISE = {
    ("oob", "1"): {"id": 1, "error": "GenericError"},
    ("oob", "3"): {"id": 3, "error": "GenericError"},
    ("oob", "4"): {"id": 4, "error": "CommandNotFound"},
}
ORDERED = ("stop", "cont")  # events that come before the answer, in QEMU's words
OWN_STATUS = {"panic": 5}   # a panic is a success for QEMU


def without_own(data):
    """Members of events that are ours alone say so."""
    return {k: x for k, x in data.items() if not k.startswith("x-hypar-")}


class Replay:
    def __init__(self, name, machine):
        self.name = name
        self.m = machine
        self.c = machine.client(negotiate=False)

    def take(self, n):
        """The next @n messages as shapes."""
        out = []
        while len(out) < n:
            out.append(steps.shape_of_message(self.c.message()))
        return out

    def compare(self, step, want, got):
        what = step.get("send", step.get("type"))
        if any(c in what for c in ORDERED):
            assert ["event" in x for x in want] == ["event" in x for x in got], (what, got)
        for kind in (True, False):
            w = [x for x in want if ("event" in x) is kind]
            g = [x for x in got if ("event" in x) is kind]
            assert len(w) == len(g), (what, want, got)
            for a, b in zip(w, g):
                a = OTHERWISE.get((self.name, str(a.get("id"))), a)
                for key in ("id", "event", "error"):
                    assert a.get(key) == b.get(key), (what, a, b)
                for key in ("return", "data", "QMP"):
                    assert (key in a) == (key in b), (what, a, b)
                    wrong = steps.differs(a.get(key), b.get(key), key) if key in a else []
                    assert not wrong, f"{what}: " + "; ".join(wrong)
                extra = set(without_own(b.get("data", {}))) - set(a.get("data", {}))
                assert not extra, (what, extra)

    def step(self, step):
        if "greeting" in step:
            want = step["greeting"][0]["QMP"]["version"]
            assert not steps.differs(want, steps.shape(self.c.greeting["QMP"]["version"]))
        elif "answers" in step:
            if "send" in step:
                self.c.send(step["send"].encode() + b"\n")
            else:
                self.m.type(step["type"].encode())
            self.compare(step, step["answers"], self.take(len(step["answers"])))
            if step.get("type") == "r":
                self.m.until(b"ready")  # what is typed before is lost
        else:
            want = OWN_STATUS.get(self.name, step["status"])
            if want is None:
                self.quiet()
                return
            self.quiet()
            status = self.m.ends()
            assert status == want, f"exit status {status}, not {want}"

    def quiet(self):
        """Nothing more came than QEMU said."""
        self.c.sock.settimeout(0.3)
        try:
            more = self.c.message()
        except (TimeoutError, EOFError):
            return
        raise AssertionError(f"one message too many: {more}")


def replay(name, todo, folder):
    asked = [x[1] for x in steps.SESSIONS[name] if x[0] == "send"]
    assert [x["send"] for x in todo if "send" in x] == asked, \
        "steps.py has changed: tests/qmp/record.py"
    disk = os.path.join(folder, "disk")
    with open(disk, "wb") as f:
        f.truncate(1 << 26)
    with client.Machine(folder, "--smp", "2", "--disk", f"file={disk},id=disk0",
                        "--net", "user,id=net0") as m:
        r = Replay(name, m)
        for step in todo:
            r.step(step)


def tests():
    chosen = cases.words()
    with open(os.path.join(HERE, "transcript.json"), encoding="utf-8") as f:
        doc = json.load(f)
    for name, todo in doc.items():
        if not isinstance(todo, str) and (not chosen or name in chosen):
            yield name, functools.partial(replay, name, todo)


def main():
    guest.build()
    return cases.run("replay", tests())


if __name__ == "__main__":
    sys.exit(main())
