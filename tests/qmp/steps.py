# SPDX-License-Identifier: Apache-2.0
"""What is sent to both monitors, session by session, and how answers become
shapes.

A step is ("send", text), ("type", key for the guest console.S) or ("wait",
names of events). A shape has the keys and the types of an answer and no values,
but for those that mean the same everywhere (SAME) and ids, which the request
gave. "?" before a key: not every element of a list has it.
"""
import json

# members whose values are part of the interface
SAME = {"status", "running", "reason", "guest", "action", "arch", "enabled", "present"}


def q(command, ident=None, **arguments):
    m = {"execute": command}
    if arguments:
        m["arguments"] = {k.replace("_", "-"): v for k, v in arguments.items()}
    if ident is not None:
        m["id"] = ident
    return ("send", json.dumps(m))


SESSIONS = {
    # before the negotiation, in it, and a second one
    "negotiation": [
        q("query-status"),
        q("frob", 1),
        ("send", '{"exec-oob": "query-status", "id": 2}'),
        q("qmp_capabilities", 3, enable=["frob"]),
        q("qmp_capabilities", 4, enable="oob"),
        q("qmp_capabilities", 5, frob=1),
        q("qmp_capabilities", 6, enable=[]),
        q("qmp_capabilities", 7),
        ("send", '{"exec-oob": "query-status", "id": 8}'),
        q("query-name", 9),
    ],
    # a capability that only QEMU offers
    "oob": [
        q("qmp_capabilities", 1, enable=["oob"]),
        ("send", '{"exec-oob": "query-status", "id": 2}'),
        ("send", '{"exec-oob": "frob", "id": 3}'),
        q("query-name", 4),
    ],
    # messages that are wrong, and ids of each type
    "messages": [
        q("qmp_capabilities"),
        q("query-name", 7), q("query-name", -7), q("query-name", 1.5), q("query-name", ""),
        q("query-name", "a\u00e9\u20ac\"\\"), q("query-name", []), q("query-name", {"a": [1, None]}),
        q("query-name", True), ("send", '{"execute": "query-name", "id": null}'),
        q("frob", 1), q("stop", 2, frob=1), q("human-monitor-command", 3),
        q("human-monitor-command", 4, command_line=5),
        q("human-monitor-command", 5, command_line="info status", cpu_index=9),
        q("human-monitor-command", 6, command_line="info status", cpu_index="0"),
        ("send", '{"execute": "stop", "arguments": [], "id": 7}'),
        ("send", '{"execute": "stop", "frob": 1, "id": 8}'),
        ("send", '{"execute": 5, "id": 9}'),
        ("send", '{"execute": null, "id": 10}'),
        ("send", '{"id": 11}'), ("send", "{}"), ("send", "[]"),
        ("send", '"x"'), ("send", "5"), ("send", '{"a":}'),
        ("send", '{"execute": "query-name", "execute": "stop", "id": 12}'),
        ("send", '{"execute": "query-name",\n "id": 13\n}'),
        ("send", '{"execute": "query-name"}{"execute": "query-name", "id": 14}'),
    ],
    # what is asked; the machine has two vCPUs, a virtio disk and a network card
    "questions": [
        q("qmp_capabilities"),
        q("query-version"), q("query-commands"), q("query-name"), q("query-kvm"),
        q("query-target"), q("query-machines"), q("query-status"), q("query-cpus-fast"),
        q("query-memory-size-summary"), q("query-block"), q("query-pci"),
        q("human-monitor-command", command_line="info status"),
        q("human-monitor-command", command_line="info cpus"),
        q("human-monitor-command", command_line="info registers", cpu_index=1),
        q("human-monitor-command", command_line="frob"),
    ],
    "control": [
        q("qmp_capabilities"),
        q("stop", 1), q("query-status"), q("stop", 2), q("cont", 3), q("query-status"),
        q("cont", 4),
        q("system_powerdown", 5), ("wait", ["POWERDOWN"]),
        q("system_reset", 6), ("wait", ["RESET"]), q("query-status"),
        # paused, it is reset at once and stays so
        q("stop", 7), q("system_reset", 8), ("wait", ["RESET"]), q("query-status"),
        q("system_reset", 9), ("wait", ["RESET"]), q("stop", 10), q("query-status"),
        q("cont", 11), q("query-status"),
        # the guest has no handler, so it stays paused until it leaves
        q("stop", 12), q("inject-nmi", 13), q("query-status"),
        q("quit", 14), ("wait", ["SHUTDOWN"]),
    ],
    "reboot": [
        q("qmp_capabilities"), ("type", "r"), ("wait", ["RESET"]), q("query-status"),
        ("type", "q"), ("wait", ["SHUTDOWN"]),
    ],
    "panic": [
        q("qmp_capabilities"), ("type", "o"), ("wait", ["GUEST_PANICKED", "SHUTDOWN"]),
    ],
}


def type_of(v):
    return {str: "string", bool: "boolean", int: "integer", float: "number",
            type(None): "null"}[type(v)]


def merge(a, b):
    """The shape of a list's elements, of which one has shape @a and one @b."""
    if not (isinstance(a, dict) and isinstance(b, dict)):
        return a
    out = {}
    for key in sorted({k.lstrip("?") for k in (*a, *b)}):
        here = [x[k] for x in (a, b) for k in (key, "?" + key) if k in x]
        sure = key in a and key in b
        out[key if sure else "?" + key] = here[0] if len(here) == 1 else merge(*here)
    return out


def shape(v, key=None):
    if isinstance(v, dict):
        return {k: shape(x, k) for k, x in sorted(v.items())}
    if isinstance(v, list):
        if not v:
            return []
        out = shape(v[0])
        for x in v[1:]:
            out = merge(out, shape(x))
        return [out]
    if key in SAME:
        return {"=": v}
    return type_of(v)


def shape_of_message(o):
    """A line from a monitor."""
    out = {k: o[k] for k in ("id", "event") if k in o}
    if "error" in o:
        out["error"] = o["error"]["class"]
    for k in ("return", "data", "QMP"):
        if k in o:
            out[k] = shape(o[k])
    return out


def differs(want, got, at=""):
    """How @got, a shape, has less than @want: a text for each. More keys are fine."""
    if isinstance(want, dict) and "=" in want:
        return [] if got == want else [f"{at}: {got} instead of {want}"]
    if isinstance(want, dict):
        if not isinstance(got, dict) or "=" in got:
            return [f"{at}: {got} instead of an object"]
        out = []
        for key, x in want.items():
            name = key.lstrip("?")
            if name in got or "?" + name in got and key[0] == "?":
                out += differs(x, got.get(name, got.get("?" + name)), f"{at}.{name}")
            elif key[0] != "?":
                out.append(f"{at}.{name}: missing, or not in every element")
        return out
    if isinstance(want, list):
        if not isinstance(got, list):
            return [f"{at}: {got} instead of a list"]
        return differs(want[0], got[0], at + "[]") if want and got else []
    return [] if got == want or (want, got) == ("number", "integer") else \
        [f"{at}: {got} instead of {want}"]
